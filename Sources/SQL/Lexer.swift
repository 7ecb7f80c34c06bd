struct Token {
    var kind: Kind
    var start: Int
    var end: Int
    /// Lower-case for words; the content for quoted identifiers and strings; the name or number for placeholders.
    var text: String

    enum Kind { case word, identifier, string, number, placeholder, hole, symbol, end }

    func isWord(_ word: String) -> Bool { kind == .word && text == word }
    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

/// Bytes → tokens, in one pass; every byte is looked at a bounded number of times.
struct Lexer {
    private let bytes: [UInt8]
    private var at = 0
    private var questionMarks = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func tokens(of bytes: [UInt8]) -> [Token] {
        var lexer = Lexer(bytes), tokens: [Token] = []
        while let token = lexer.next() { tokens.append(token) }
        tokens.append(Token(kind: .end, start: bytes.count, end: bytes.count, text: ""))
        return tokens
    }

    private func peek(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }

    private mutating func next() -> Token? {
        skipSpaceAndComments()
        guard at < bytes.count else { return nil }
        let start = at, byte = bytes[at]
        switch byte {
        case SQLText.mark:
            at += 1
            while at < bytes.count, bytes[at] != SQLText.mark { at += 1 }
            let name = text(start + 1, at)
            at = min(at + 1, bytes.count)
            return token(.hole, start, name)
        case UInt8(ascii: "'"):
            return token(.string, start, quoted(by: byte))
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            return token(.identifier, start, quoted(by: byte))
        case UInt8(ascii: "["):
            // T-SQL and SQLite quote identifiers so; PostgreSQL subscripts arrays so.
            guard isLetter(peek(1)), !isAttached, let close = closingBracket() else { at += 1; return token(.symbol, start, "[") }
            let name = text(start + 1, close)
            at = close + 1
            return token(.identifier, start, name)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            while isLetter(peek()) || isDigit(peek()) || (peek() == UInt8(ascii: ".") && isDigit(peek(1))) { at += 1 }
            return token(.number, start, text(start, at))
        case UInt8(ascii: "?"):
            at += 1
            if peek() == UInt8(ascii: "|") || peek() == UInt8(ascii: "&") { at += 1; return token(.symbol, start, "?|") }
            while isDigit(peek()) { at += 1 }
            if at == start + 1 {
                questionMarks += 1
                return token(.placeholder, start, String(questionMarks))
            }
            return token(.placeholder, start, text(start + 1, at))
        case UInt8(ascii: "$"):
            return dollar(start)
        case UInt8(ascii: ":"), UInt8(ascii: "@"):
            if peek(1) == UInt8(ascii: ":") { at += 2; return token(.symbol, start, "::") }
            if byte == UInt8(ascii: ":"), peek(1) == UInt8(ascii: "=") { at += 2; return token(.symbol, start, ":=") }
            at += 1
            guard isLetter(peek()) else { return token(.symbol, start, operatorText(start)) }
            while isLetter(peek()) || isDigit(peek()) { at += 1 }
            return token(.placeholder, start, text(start + 1, at))
        case UInt8(ascii: "%"):
            if peek(1) == UInt8(ascii: "s"), !isLetter(peek(2)), !isDigit(peek(2)) {
                at += 2
                questionMarks += 1
                return token(.placeholder, start, String(questionMarks))
            }
            if peek(1) == UInt8(ascii: "(") {
                at += 2
                let name = at
                while at < bytes.count, bytes[at] != UInt8(ascii: ")") { at += 1 }
                let text = text(name, at)
                at = min(at + 2, bytes.count)
                return token(.placeholder, start, text)
            }
            at += 1
            return token(.symbol, start, "%")
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "."), UInt8(ascii: "]"):
            at += 1
            if byte == UInt8(ascii: "."), isDigit(peek()) {
                while isDigit(peek()) { at += 1 }
                return token(.number, start, text(start, at))
            }
            return token(.symbol, start, text(start, at))
        default:
            if isLetter(byte) {
                if (byte | 0x20) == UInt8(ascii: "e"), peek(1) == UInt8(ascii: "'") {
                    at += 1
                    return token(.string, start, quoted(by: UInt8(ascii: "'"), escapes: true))
                }
                while isLetter(peek()) || isDigit(peek()) || peek() == UInt8(ascii: "$") { at += 1 }
                return token(.word, start, text(start, at).lowercased())
            }
            at += 1
            return token(.symbol, start, operatorText(start))
        }
    }

    private mutating func dollar(_ start: Int) -> Token {
        at += 1
        if isDigit(peek()) {
            while isDigit(peek()) { at += 1 }
            return token(.placeholder, start, text(start + 1, at))
        }
        while isLetter(peek()) || isDigit(peek()) { at += 1 }
        guard peek() == UInt8(ascii: "$") else {
            return at > start + 1 ? token(.placeholder, start, text(start + 1, at)) : token(.symbol, start, "$")
        }
        at += 1
        let tag = Array(bytes[start..<at]), body = at
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "$"), at + tag.count <= bytes.count, bytes[at..<(at + tag.count)].elementsEqual(tag) {
                let content = text(body, at)
                at += tag.count
                return token(.string, start, content)
            }
            at += 1
        }
        return token(.string, start, text(body, at))
    }

    private mutating func operatorText(_ start: Int) -> String {
        while at < bytes.count, at - start < 4, Self.operators.contains(bytes[at]) {
            if bytes[at] == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") { break }
            if bytes[at] == UInt8(ascii: "-"), bytes[at - 1] == UInt8(ascii: "=") { break }
            at += 1
        }
        return text(start, at)
    }

    private static let operators: Set<UInt8> = Set("=<>!|&~^#-*+/@".utf8)

    /// Reads a quoted text; a doubled quote stands for itself. An unclosed quote runs to the end.
    private mutating func quoted(by quote: UInt8, escapes: Bool = false) -> String {
        at += 1
        var content: [UInt8] = []
        while at < bytes.count {
            if bytes[at] == quote {
                if peek(1) == quote { at += 1 } else { at += 1; break }
            } else if bytes[at] == UInt8(ascii: "\\"), escapes || peek(1) == quote, at + 2 < bytes.count {
                at += 1
            }
            content.append(bytes[at])
            at += 1
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// What stands right before is subscripted: `seats[i]`.
    private var isAttached: Bool {
        at > 0 && (isLetter(bytes[at - 1]) || isDigit(bytes[at - 1]) || bytes[at - 1] == UInt8(ascii: ")") || bytes[at - 1] == UInt8(ascii: "]"))
    }

    private func closingBracket() -> Int? {
        var index = at + 1
        while index < bytes.count, isLetter(bytes[index]) || isDigit(bytes[index]) || bytes[index] == 0x20 { index += 1 }
        // Not after ARRAY: that bracket opens a list.
        if at >= 5, text(at - 5, at).lowercased() == "array" { return nil }
        return index < bytes.count && bytes[index] == UInt8(ascii: "]") ? index : nil
    }

    private mutating func skipSpaceAndComments() {
        while at < bytes.count {
            let byte = bytes[at]
            if byte == 0x20 || (byte >= 9 && byte <= 13) || byte == 0 {
                at += 1
            } else if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
                while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                at += 2
                while at < bytes.count, !(bytes[at] == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) { at += 1 }
                at = min(at + 2, bytes.count)
            } else if byte == 0xEF, peek(1) == 0xBB, peek(2) == 0xBF {
                at += 3
            } else {
                return
            }
        }
    }

    private func token(_ kind: Token.Kind, _ start: Int, _ text: String) -> Token { Token(kind: kind, start: start, end: at, text: text) }

    private func text(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<max(start, min(end, bytes.count))], as: UTF8.self) }

    private func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
