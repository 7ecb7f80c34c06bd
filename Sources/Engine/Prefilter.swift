import Discovery
import Flow
import Vocabulary

/// Decides by its bytes whether a file is worth a parse at all.
struct Prefilter: Sendable {
    /// The names by which database calls begin, by their last byte, each with the set of APIs that have it.
    private let openings: [[(name: [UInt8], apis: UInt64)]]

    init(_ vocabulary: Vocabulary) {
        var openings = [[(name: [UInt8], apis: UInt64)]](repeating: [], count: 256)
        func add(_ name: String, _ indices: [Int]) {
            let bytes = Array(name.utf8)
            guard let last = bytes.last else { return }
            openings[Int(last)].append((bytes, indices.reduce(0) { $0 | 1 << UInt64($1 & 63) }))
        }
        for (name, indices) in vocabulary.openings.sorted(by: { $0.key < $1.key }) { add(name, indices) }
        for (name, indices) in vocabulary.instances.sorted(by: { $0.key < $1.key }) { add(name, indices) }
        self.openings = openings
    }

    /// A file that was named is wanted, however it looks; only what no parser could read is left out.
    static func reasonToSkip(_ bytes: [UInt8], _ file: Discovered.File) -> Discovered.Skip? {
        if bytes.prefix(8_000).contains(0) { return .binary }
        guard file.language != .sql, file.origin == .found else { return nil }
        if isMinified(bytes) { return .minified }
        if isGenerated(bytes) { return .generated }
        return nil
    }

    /// The APIs whose statements may be opened in the text: one of their names before `(`, `<` or a backtick. A file
    /// without any has neither a read nor a write, so that no rule can speak of it.
    func databases(in bytes: [UInt8]) -> UInt64 {
        var found: UInt64 = 0
        bytes.withUnsafeBufferPointer { text in
            var index = 0
            while index < text.count {
                let byte = text[index]
                if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "<") { found |= openings(before: index, in: text) }
                index += 1
            }
        }
        return found
    }

    private func openings(before call: Int, in text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var end = call
        // `query (`, `query?.(`, `query!(`
        while end > 0, text[end - 1] <= 0x20 || text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "?") || text[end - 1] == UInt8(ascii: "!") {
            end -= 1
        }
        guard end > 0 else { return 0 }
        var found: UInt64 = 0
        for (name, apis) in openings[Int(text[end - 1])] where name.count <= end {
            var at = 0
            while at < name.count, text[end - name.count + at] == name[at] { at += 1 }
            if at == name.count { found |= apis }
        }
        return found
    }

    /// Code in lines that no one writes, and hardly a line besides. A long line that is one literal is data, not code, and a
    /// long line among ordinary ones was pasted by somebody who writes the others.
    private static func isMinified(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 20_000 else { return false }
        var inLongLines = 0, marks = 0, ordinary = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard line.count > 1_000 else {
                if line.contains(where: { $0 > 0x20 }) { ordinary += 1 }
                continue
            }
            inLongLines += line.count
            for byte in line where byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: ";") { marks += 1 }
        }
        return inLongLines > 1_000 * (ordinary + 1) && marks > inLongLines / 50
    }

    private static func isGenerated(_ bytes: [UInt8]) -> Bool {
        let head = bytes.prefix(400)
        return marks.contains { mark in head.indices.contains { head[$0...].starts(with: mark) } }
    }

    private static let marks = ["@generated", "DO NOT EDIT", "do not edit"].map { Array($0.utf8) }
}
