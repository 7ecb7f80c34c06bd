import Discovery
import Flow
import Vocabulary

/// Decides by its bytes whether a file is worth a parse at all.
struct Prefilter: Sendable {
    /// The names by which database calls begin, by their last byte.
    private let openings: [[[UInt8]]]

    init(_ vocabulary: Vocabulary) {
        var openings = [[[UInt8]]](repeating: [], count: 256)
        for name in vocabulary.openings.keys.sorted() {
            let bytes = Array(name.utf8)
            if let last = bytes.last { openings[Int(last)].append(bytes) }
        }
        self.openings = openings
    }

    static func reasonToSkip(_ bytes: [UInt8], _ language: Language) -> Discovered.Skip? {
        if bytes.prefix(8_000).contains(0) { return .binary }
        guard language.isProgram else { return nil }
        if isMinified(bytes) { return .minified }
        if isGenerated(bytes) { return .generated }
        return nil
    }

    /// Whether a call that opens a database statement stands in the text: one of the known names before `(`, `<` or a
    /// backtick. A file without one has neither a read nor a write, so that no rule can speak of it.
    func mayReachDatabase(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { text in
            var index = 0
            while index < text.count {
                let byte = text[index]
                if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "<"), endsInOpening(text, index) { return true }
                index += 1
            }
            return false
        }
    }

    private func endsInOpening(_ text: UnsafeBufferPointer<UInt8>, _ call: Int) -> Bool {
        var end = call
        // `query (`, `query?.(`, `query!(`
        while end > 0, text[end - 1] <= 0x20 || text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "?") || text[end - 1] == UInt8(ascii: "!") {
            end -= 1
        }
        guard end > 0 else { return false }
        for name in openings[Int(text[end - 1])] where name.count <= end {
            var at = 0
            while at < name.count, text[end - name.count + at] == name[at] { at += 1 }
            if at == name.count { return true }
        }
        return false
    }

    /// Lines of several hundred bytes on average are written by no one.
    private static func isMinified(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 20_000 else { return false }
        var lines = 1
        for byte in bytes where byte == UInt8(ascii: "\n") { lines += 1 }
        return bytes.count / lines > 400
    }

    private static func isGenerated(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix(400)
        return marks.contains { mark in head.indices.contains { head[$0...].starts(with: mark) } }
    }

    private static let marks = ["@generated", "DO NOT EDIT", "do not edit"].map { Array($0.utf8) }
}
