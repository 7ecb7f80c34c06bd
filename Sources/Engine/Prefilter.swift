import Discovery
import Flow

/// Decides by its bytes whether a file is worth a parse at all.
enum Prefilter {
    /// A file that was named is wanted, however it looks; only what no parser could read is left out.
    static func reasonToSkip(_ bytes: [UInt8], _ file: Discovered.File) -> Discovered.Skip? {
        if bytes.prefix(8_000).contains(0) { return .binary }
        if file.language.isProgram, overwhelmsParser(bytes) { return .tooLarge }
        guard file.language.isProgram, file.origin == .found else { return nil }
        if isMinified(bytes) { return .minified }
        if isGenerated(bytes) { return .generated }
        return nil
    }

    // NB: libtree-sitter 0.20.7 counts the children of a node in 16 bits and aborts beyond (mended in 0.20.8). A node
    // gets that many only from as many lines, statements, or brackets and operators that nothing closes.
    private static func overwhelmsParser(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 65_000 else { return false }
        var counts = [Int](repeating: 0, count: 256)
        for byte in bytes { counts[Int(byte)] += 1 }
        func count(_ character: Unicode.Scalar) -> Int { counts[Int(UInt8(ascii: character))] }
        let unclosed = count("(") - count(")") + count("[") - count("]") + count("{") - count("}")
        return max(count("\n"), count(";"), count("!"), count(">"), count("~")) > 60_000 || unclosed > 30_000
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

    private static let marks = ["@generated", "DO NOT EDIT", "do not edit", "@licstart"].map { Array($0.utf8) }
}
