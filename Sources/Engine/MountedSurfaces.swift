import Flow
import Vocabulary

/// What frameworks verify and redeem by themselves where a project mounts it, for the inventory.
enum MountedSurfaces {
    /// - Parameter locksAccounts: the framework counts failures for each account.
    static func surfaces(in files: [Survey.File], _ vocabularies: Vocabularies, locksAccounts: Bool) -> [Surface] {
        files.indices.flatMap { at -> [Surface] in
            let known = vocabularies.of(files[at].language).surfaces.mounted
            guard files[at].isProgram, !known.isEmpty else { return [] }
            let firsts = Dictionary(grouping: known.indices) { WordSet.hash(firstWord(of: known[$0].text)) }
            var found: [Surface] = []
            files[at].bytes.withUnsafeBufferPointer { text in
                var previous: UInt64 = 0
                WordSet.forEachWord(in: text) { hash, place in
                    defer { previous = hash }
                    guard let candidates = firsts[hash], !defining.contains(previous), !isSaidOnly(place.lowerBound, in: text) else { return }
                    for number in candidates where stands(known[number].text, at: place.lowerBound, in: text) {
                        let item = known[number], span = Span(file: FileID(at), start: place.lowerBound, end: place.lowerBound + item.text.count)
                        let guardian: String? =
                            switch item.kind {
                            case .auth: locksAccounts ? "the backend of the framework" : nil
                            default: "the framework takes it once"
                            }
                        found.append(Surface(item.kind, item.name, span, routine: "", guardian: guardian.map { .init($0, span) }))
                    }
                }
            }
            return found
        }
    }

    private static let defining = WordSet(["class", "def", "function", "const", "let", "var"])

    private static func firstWord(of text: [UInt8]) -> String {
        String(decoding: text.prefix { WordSet.isWordByte($0) }, as: UTF8.self)
    }

    /// Whole, and with nothing behind it that makes it another name.
    private static func stands(_ wanted: [UInt8], at start: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let end = start + wanted.count
        guard end <= text.count, text[start..<end].elementsEqual(wanted) else { return false }
        guard let last = wanted.last, WordSet.isWordByte(last), end < text.count else { return true }
        return !WordSet.isWordByte(text[end]) && text[end] != UInt8(ascii: ".")
    }

    /// In an import or in a comment.
    private static func isSaidOnly(_ place: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = text[..<place].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = String(decoding: text[start..<place].prefix(200), as: UTF8.self).drop { $0 == " " || $0 == "\t" }
        return ["import ", "from ", "#", "//", "*", "/*", "<!--"].contains { line.hasPrefix($0) }
    }
}
