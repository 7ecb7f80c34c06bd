import Flow

// SQL that a procedure puts together before it runs it.
extension SQLReader {
    /// `EXECUTE 'SELECT … WHERE id = $1' INTO row USING p_id`, `EXECUTE format('UPDATE %I SET …', name)`, `EXECUTE '…' || quote_ident(name) || '…'`
    mutating func dynamic(_ start: Int) -> Procedure.Part {
        advance()
        var text = DynamicText()
        text.add(expression())
        var into: [String] = [], values: [Value] = []
        if take("into") { into = targets() }
        if take("using") { repeat { values.append(expression()) } while take(symbol: ",") }
        if take("into") { into = targets() }
        let isWhole = atStatementEnd
        skipToStatementEnd()
        guard isWhole, text.isKnown, let statement = SQLReader.statements(in: text.bytes).first else { return part(.opaque, start) }
        let bound = statement.bound { part in
            if let hole = part.holeNumber { return hole < text.holes.count ? text.holes[hole] : .unknown }
            return part.placeholderName.flatMap { Int($0) }.map { $0 >= 1 && $0 <= values.count ? values[$0 - 1] : .unknown } ?? part
        }
        return part(.statement(bound, into: into), start)
    }
}

/// The text of a statement as far as it is known; what is put in between is a hole.
private struct DynamicText {
    var bytes: [UInt8] = []
    var holes: [Value] = []
    /// It begins with words, so that it can be told what it does.
    var isKnown: Bool { bytes.contains { $0 > 0x20 && $0 != 1 } }

    mutating func add(_ value: Value) {
        switch value {
        case .literal(.string(let text)): bytes += text.utf8
        case .operation(.text, let parts), .operation(.add, let parts): for part in parts { add(part) }
        case .operation(.call("operator"), let parts): for part in parts { add(part) }
        case .operation(.call("concat"), let parts): for part in parts { add(part) }
        case .operation(.call("format"), let parts):
            if let pattern = parts.first?.stringLiteral { add(pattern, Array(parts.dropFirst())) } else { hole(.unknown) }
        case .operation(.call("quote_ident"), let parts): if let name = parts.first?.stringLiteral { bytes += name.utf8 } else { hole(parts.first ?? .unknown) }
        case .operation(.call("quote_literal"), let parts), .operation(.call("quote_nullable"), let parts): hole(parts.first ?? .unknown)
        default: hole(value)
        }
    }

    /// `format('UPDATE %I SET n = %L', name, value)`; a name that is known is part of the text.
    private mutating func add(_ pattern: String, _ arguments: [Value]) {
        let text = Array(pattern.utf8)
        var at = 0, next = 0
        while at < text.count {
            guard text[at] == UInt8(ascii: "%"), at + 1 < text.count else {
                bytes.append(text[at])
                at += 1
                continue
            }
            var end = at + 1
            // `%1$I`
            if let dollar = text[end...].prefix(4).firstIndex(of: UInt8(ascii: "$")), let place = Int(String(decoding: text[end..<dollar], as: UTF8.self)) {
                (next, end) = (place - 1, dollar + 1)
            }
            guard end < text.count else { return }
            let kind = text[end]
            at = end + 1
            if kind == UInt8(ascii: "%") { bytes.append(kind); continue }
            let argument = next >= 0 && next < arguments.count ? arguments[next] : .unknown
            next += 1
            if kind != UInt8(ascii: "L"), let name = argument.stringLiteral { bytes += name.utf8 } else { hole(argument) }
        }
    }

    private mutating func hole(_ value: Value) {
        bytes += [1] + String(holes.count).utf8 + [1]
        holes.append(value)
    }
}
