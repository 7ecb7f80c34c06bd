/// The patterns of one .gitignore, for paths relative to the folder that holds it.
/// Semantics: https://git-scm.com/docs/gitignore#_pattern_format
struct IgnoreFile: Sendable {
    private var patterns: [Pattern] = []

    private struct Pattern: Sendable {
        var segments: [[UInt8]]
        var isNegated: Bool
        var directoriesOnly: Bool
        var isAnchored: Bool
    }

    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            var text = line
            if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
            while text.last == UInt8(ascii: " "), text.dropLast().last != UInt8(ascii: "\\") { text = text.dropLast() }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let isNegated = first == UInt8(ascii: "!")
            if isNegated { text = text.dropFirst() }
            let directoriesOnly = text.last == UInt8(ascii: "/")
            if directoriesOnly { text = text.dropLast() }
            let isAnchored = text.contains(UInt8(ascii: "/"))
            if text.first == UInt8(ascii: "/") { text = text.dropFirst() }
            guard !text.isEmpty else { continue }
            let segments = text.split(separator: UInt8(ascii: "/")).map { Array($0) }
            patterns.append(Pattern(segments: segments, isNegated: isNegated, directoriesOnly: directoriesOnly, isAnchored: isAnchored))
        }
    }

    var isEmpty: Bool { patterns.isEmpty }

    /// Whether this file decides about a path, given as segments; nil where no pattern speaks of it.
    func verdict(_ path: [[UInt8]], isDirectory: Bool) -> Bool? {
        var verdict: Bool?
        for pattern in patterns where isDirectory || !pattern.directoriesOnly {
            let matches =
                pattern.isAnchored ? Self.matches(pattern.segments, path) : path.last.map { Self.matches(pattern.segments[0][...], $0[...]) } ?? false
            if matches { verdict = !pattern.isNegated }
        }
        return verdict
    }

    /// Segment by segment. `**` is any number of them, at the end at least one; as below, only the last one is returned to.
    private static func matches(_ pattern: [[UInt8]], _ path: [[UInt8]]) -> Bool {
        var p = 0, t = 0, star: (Int, Int)?
        while t < path.count {
            if p < pattern.count, pattern[p] == [UInt8(ascii: "*"), UInt8(ascii: "*")] {
                star = (p, t)
                p += 1
            } else if p < pattern.count, matches(pattern[p][...], path[t][...]) {
                p += 1
                t += 1
            } else {
                guard let (starP, starT) = star else { return false }
                star = (starP, starT + 1)
                p = starP + 1
                t = starT + 1
            }
        }
        return p == pattern.count
    }

    /// `*`, `?` and `[…]` within one segment; greedy with one point of return, so linear in practice and bounded always.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var p = pattern.startIndex, t = text.startIndex, star: (Int, Int)?
        while t < text.endIndex {
            if p < pattern.endIndex {
                switch pattern[p] {
                case UInt8(ascii: "*"):
                    star = (p, t)
                    p += 1
                    continue
                case UInt8(ascii: "?"):
                    p += 1
                    t += 1
                    continue
                case UInt8(ascii: "["):
                    if let set = CharacterClass(pattern[(p + 1)...]), set.contains(text[t]) {
                        p = set.end
                        t += 1
                        continue
                    }
                case UInt8(ascii: "\\") where p + 1 < pattern.endIndex && pattern[p + 1] == text[t]:
                    p += 2
                    t += 1
                    continue
                default:
                    if pattern[p] == text[t] {
                        p += 1
                        t += 1
                        continue
                    }
                }
            }
            guard let (starP, starT) = star else { return false }
            star = (starP, starT + 1)
            p = starP + 1
            t = starT + 1
        }
        while p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.endIndex
    }
}

/// `[a-z]`, `[!a]`, `[]a]`: a `]` that comes first, or after a backslash, is a member.
private struct CharacterClass {
    private var ranges: [ClosedRange<UInt8>] = []
    private let isNegated: Bool
    /// Behind the bracket that closes it.
    private(set) var end: Int

    /// Nil where no bracket closes it.
    init?(_ pattern: ArraySlice<UInt8>) {
        isNegated = pattern.first == UInt8(ascii: "!") || pattern.first == UInt8(ascii: "^")
        end = pattern.startIndex + (isNegated ? 1 : 0)
        let first = end
        while true {
            guard end < pattern.endIndex else { return nil }
            if pattern[end] == UInt8(ascii: "]"), end > first { break }
            guard let low = Self.member(pattern, &end) else { return nil }
            guard end + 1 < pattern.endIndex, pattern[end] == UInt8(ascii: "-"), pattern[end + 1] != UInt8(ascii: "]") else {
                ranges.append(low...low)
                continue
            }
            end += 1
            guard let high = Self.member(pattern, &end) else { return nil }
            if low <= high { ranges.append(low...high) }
        }
        end += 1
    }

    private static func member(_ pattern: ArraySlice<UInt8>, _ index: inout Int) -> UInt8? {
        if pattern[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < pattern.endIndex else { return nil }
        defer { index += 1 }
        return pattern[index]
    }

    func contains(_ byte: UInt8) -> Bool { ranges.contains { $0.contains(byte) } != isNegated }
}
