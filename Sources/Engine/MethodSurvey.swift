import Vocabulary

/// Finds, before anything is parsed, the methods that classes declare and those that are called on something, as far as
/// their names consist of two words or more: those can be told apart without knowing what they are called on.
struct MethodSurvey {
    private let text: UnsafeBufferPointer<UInt8>
    /// How far the members of the class are indented that the region declares; nil where it declares none.
    private var indent: Int?

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// From here on the words stand in this region.
    mutating func enter(_ region: Region) {
        indent = nil
        var at = region.start
        // `export default abstract class Orders {`, `class Orders:`
        while at < min(region.end, region.start + 200), WordSet.isWordByte(text[at]) {
            let first = at
            while at < region.end, WordSet.isWordByte(text[at]) { at += 1 }
            let word = WordSet.hash(of: text[first..<at])
            if word == Self.classWord { return indent = memberIndent(from: at, to: region.end) }
            guard Self.leading.contains(word) else { return }
            while at < region.end, text[at] == 0x20 { at += 1 }
        }
    }

    private func memberIndent(from start: Int, to end: Int) -> Int? {
        var line = start
        while let next = text[line..<end].firstIndex(of: UInt8(ascii: "\n")) {
            guard let first = text[(next + 1)..<end].firstIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
            if first > next + 1, text[first] > 0x20 { return first - next - 1 }
            line = next + 1
        }
        return nil
    }

    /// What a word is to the region: a method that it declares, one that it calls, or neither.
    func note(_ hash: UInt64, at place: Range<Int>, in region: inout Region) {
        guard place.upperBound < text.count, text[place.upperBound] == UInt8(ascii: "(") || text[place.upperBound] == UInt8(ascii: "<"), place.lowerBound > 0
        else { return }
        let before = text[place.lowerBound - 1]
        guard before == UInt8(ascii: ".") || indent != nil && (before == 0x20 || before == 0x09), saysSomething(place) else { return }
        if before == UInt8(ascii: ".") { region.called.insert(hash) } else if isDeclared(place.lowerBound) { region.methods.insert(hash) }
    }

    private func saysSomething(_ place: Range<Int>) -> Bool {
        text[place].dropFirst().contains { $0 == UInt8(ascii: "_") || (65...90).contains($0) }
    }

    /// Nothing but modifiers stand between the margin of the members and the name.
    private func isDeclared(_ start: Int) -> Bool {
        guard let indent else { return false }
        var line = start
        while line > 0, start - line < 120, text[line - 1] != UInt8(ascii: "\n") { line -= 1 }
        guard line + indent <= start, text[line..<(line + indent)].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { return false }
        var at = line + indent
        while at < start {
            let first = at
            while at < start, WordSet.isWordByte(text[at]) { at += 1 }
            guard at > first, Self.modifiers.contains(WordSet.hash(of: text[first..<at])) else { return false }
            while at < start, text[at] == 0x20 { at += 1 }
        }
        return true
    }

    private static let classWord = WordSet.hash("class")
    private static let leading = WordSet(["export", "default", "abstract"])
    private static let modifiers = WordSet(["async", "public", "private", "protected", "static", "override", "def"])
}
