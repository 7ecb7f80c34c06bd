/// What `git diff -U0 --full-index` says: https://git-scm.com/docs/diff-format#generate_patch_text_with_p
struct Patch {
    private(set) var files: [File] = []

    struct File {
        var old: String?
        var new: String?
        /// The object that the file was.
        var object: String?
        /// Lines of the new file that are not in the old one, counted from 1.
        var lines: [ClosedRange<Int>] = []
        /// Lines of the new file behind which some were taken out, and none put in.
        var removals: [Int] = []
    }

    init(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...], current: File?
        while let line = lines.popFirst() {
            if line.starts(with: "diff --git ".utf8) {
                if let current { files.append(current) }
                current = File()
                continue
            }
            guard var file = current else { continue }
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("@@ "), let hunk = Hunk(text) {
                if hunk.added > 0 { file.lines.append(hunk.start...(hunk.start + hunk.added - 1)) } else { file.removals.append(hunk.start) }
                // What follows is code, whatever it looks like.
                var left = hunk.added + hunk.removed
                while left > 0, let code = lines.popFirst() { if code.first != UInt8(ascii: "\\") { left -= 1 } }
            } else if text.hasPrefix("--- ") {
                file.old = Self.name(text.dropFirst(4), side: "a/") ?? file.old
            } else if text.hasPrefix("+++ ") {
                file.new = Self.name(text.dropFirst(4), side: "b/") ?? file.new
            } else if text.hasPrefix("rename from ") {
                file.old = Self.name(text.dropFirst(12), side: "")
            } else if text.hasPrefix("rename to ") {
                file.new = Self.name(text.dropFirst(10), side: "")
            } else if text.hasPrefix("index ") {
                let object = text.dropFirst(6).prefix { $0 != "." }
                file.object = object.allSatisfy { $0 == "0" } ? nil : String(object)
            }
            current = file
        }
        if let current { files.append(current) }
        // A change of nothing but the mode names no file.
        files.removeAll { $0.old == nil && $0.new == nil }
    }

    /// The name of a file, without its side; nil for /dev/null. Quoted where it holds what a terminal would act on.
    private static func name(_ text: Substring, side: String) -> String? {
        var text = text
        if text.last == "\t" { text.removeLast() }
        if text == "/dev/null" { return nil }
        let name = text.first == "\"" ? unquoted(text) : String(text)
        return name.hasPrefix(side) ? String(name.dropFirst(side.count)) : name
    }

    /// `"a\tb\303\244"`, as C writes it.
    private static func unquoted(_ text: Substring) -> String {
        let bytes = Array(text.utf8.dropFirst().dropLast())
        var out: [UInt8] = [], at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count else {
                out.append(bytes[at])
                at += 1
                continue
            }
            let digits = bytes[(at + 1)...].prefix(3)
            if digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
                out.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 48) })
                at += 4
            } else {
                out.append(escapes[bytes[at + 1]] ?? bytes[at + 1])
                at += 2
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "v"): 11,
        UInt8(ascii: "f"): 12,
    ]
}

/// `@@ -12,3 +14 @@`
private struct Hunk {
    let removed: Int
    let start: Int
    let added: Int

    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count >= 3, let old = Self.range(parts[1]), let new = Self.range(parts[2]) else { return nil }
        (removed, start, added) = (old.count, new.start, new.count)
    }

    private static func range(_ text: Substring) -> (start: Int, count: Int)? {
        let numbers = text.dropFirst().split(separator: ",")
        guard let first = numbers.first, let start = Int(first) else { return nil }
        guard numbers.count > 1 else { return (start, 1) }
        return Int(numbers[1]).map { (start, $0) }
    }
}
