/// A tolerant reader of Prisma's schema language, which is one of lines: a field and its attributes end with theirs.
///
/// The published grammars know neither views, nor `@map` inside enums, nor `Unsupported("…")`, nor `sort:` inside a key,
/// and recover from them by taking the pieces for fields and values; the language is small enough to be read by hand.
struct PrismaReader {
    struct Block {
        let kind: String
        let name: String
        /// Where the name ends.
        let end: Int
        var fields: [Field] = []
        var attributes: [Attribute] = []
    }

    struct Field {
        let name: String
        var type = ""
        var isList = false
        var isOptional = false
        var attributes: [Attribute] = []
        /// Behind an equals sign, in blocks that are no models: `provider = "mysql"`.
        var text: String?

        func attribute(_ name: String) -> Attribute? { attributes.first { $0.name == name } }
    }

    struct Attribute {
        let name: String
        /// The fields that it lists, without what stands in parentheses behind each.
        var fields: [String] = []
        /// Its strings: under "" the one without a label.
        var strings: [String: String] = [:]
        /// The word that it is given alone: `PENDING`, `false`, `0`, and no function.
        var word: String?
    }

    private enum Token: Equatable { case word(String), string(String), symbol(UInt8), attribute, blockAttribute, newline, end }

    private let bytes: [UInt8]
    private var at = 0
    private var current = Token.newline

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        advance()
    }

    mutating func blocks() -> [Block] {
        var blocks: [Block] = []
        while current != .end {
            guard case .word(let kind) = current else { advance(); continue }
            advance()
            guard case .word(let name) = current else { continue }
            let end = at
            advance()
            guard current == .symbol(UInt8(ascii: "{")) else { continue }
            blocks.append(block(kind, name, end))
        }
        return blocks
    }

    private mutating func block(_ kind: String, _ name: String, _ end: Int) -> Block {
        var block = Block(kind: kind, name: name, end: end)
        advance()
        while current != .end, current != .symbol(UInt8(ascii: "}")) {
            switch current {
            case .blockAttribute: block.attributes.append(attribute())
            case .word(let name): block.fields.append(field(name))
            default: advance()
            }
        }
        return block
    }

    private mutating func field(_ name: String) -> Field {
        var field = Field(name: name)
        advance()
        if case .word(let type) = current {
            field.type = type
            advance()
            if current == .symbol(UInt8(ascii: "(")) { _ = arguments() }
        }
        while current != .newline, current != .end, current != .symbol(UInt8(ascii: "}")) {
            if current == .attribute { field.attributes.append(attribute()); continue }
            if current == .symbol(UInt8(ascii: "[")) { field.isList = true }
            if current == .symbol(UInt8(ascii: "?")) { field.isOptional = true }
            if case .string(let text) = current { field.text = field.text ?? text }
            advance()
        }
        return field
    }

    private mutating func attribute() -> Attribute {
        advance()
        var name = ""
        while case .word(let word) = current {
            name += word
            advance()
            guard current == .symbol(UInt8(ascii: ".")) else { break }
            name += "."
            advance()
        }
        var attribute = Attribute(name: name)
        if current == .symbol(UInt8(ascii: "(")) { (attribute.fields, attribute.strings, attribute.word) = arguments() }
        return attribute
    }

    /// From an opening parenthesis to behind its closing one, over as many lines as it takes.
    private mutating func arguments() -> (fields: [String], strings: [String: String], word: String?) {
        var alone: String?
        var fields: [String] = [], strings: [String: String] = [:], label = "", parentheses = 0, brackets = 0
        repeat {
            switch current {
            case .symbol(UInt8(ascii: "(")): parentheses += 1
            case .symbol(UInt8(ascii: ")")): parentheses -= 1
            case .symbol(UInt8(ascii: "[")): brackets += 1
            case .symbol(UInt8(ascii: "]")): brackets -= 1
            case .symbol(UInt8(ascii: ",")): if parentheses == 1, brackets == 0 { label = "" }
            case .string(let text): if parentheses == 1, brackets == 0, strings[label] == nil { strings[label] = text }
            case .word(let word):
                advance()
                if parentheses == 1, brackets == 0, current == .symbol(UInt8(ascii: ":")) { label = word }
                if parentheses == 1, brackets == 0, label.isEmpty, alone == nil, current == .symbol(UInt8(ascii: ")")) { alone = word }
                if parentheses == 1, brackets == 1, label.isEmpty || label == "fields" { fields.append(word) }
                continue
            default: break
            }
            advance()
        } while parentheses > 0 && current != .end
        return (fields, strings, alone)
    }

    // MARK: Tokens

    private mutating func advance() {
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\n") { at += 1; current = .newline; return }
            if byte <= 0x20 { at += 1; continue }
            if byte == UInt8(ascii: "/"), at + 1 < bytes.count, bytes[at + 1] == byte { skip(to: "\n"); continue }
            if byte == UInt8(ascii: "/"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "*") { skip(to: "*/"); at += 2; continue }
            if byte == UInt8(ascii: "\"") { current = .string(string()); return }
            if Self.isPartOfWord(byte) {
                let start = at
                while at < bytes.count, Self.isPartOfWord(bytes[at]) { at += 1 }
                current = .word(String(decoding: bytes[start..<at], as: UTF8.self))
                return
            }
            at += 1
            guard byte == UInt8(ascii: "@") else { current = .symbol(byte); return }
            current = .attribute
            if at < bytes.count, bytes[at] == byte { at += 1; current = .blockAttribute }
            return
        }
        at = bytes.count
        current = .end
    }

    private mutating func skip(to end: StaticString) {
        let wanted = end.withUTF8Buffer { Array($0) }
        while at < bytes.count, !bytes[at...].starts(with: wanted) { at += 1 }
    }

    private mutating func string() -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\n") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at = min(at, bytes.count)
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if at < bytes.count, bytes[at] == UInt8(ascii: "\"") { at += 1 }
        return text
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
            || byte >= 0x80
    }
}
