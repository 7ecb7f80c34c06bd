import Flow

/// Words that end an expression.
private let closing: Set<String> = [
    "from", "where", "group", "order", "having", "limit", "offset", "fetch", "for", "union", "except", "intersect", "returning", "on",
    "set", "values", "when", "then", "else", "end", "as", "join", "inner", "left", "right", "full", "cross", "natural", "using", "window",
    "do", "asc", "desc", "nulls", "into", "lock", "over", "filter", "default", "with", "qualify", "returns", "begin", "matched",
]

// What expressions are made of: literals, columns and variables, calls, CASE, sub-selects.
extension SQLReader {
    mutating func primary() -> Value {
        let token = current
        switch token.kind {
        case .end: return .unknown
        case .number: advance(); return .literal(.number(token.text))
        case .string: advance(); return .literal(.string(token.text))
        case .placeholder: advance(); return .placeholder(token.text)
        case .hole: advance(); return .hole(token.text)
        case .symbol: return symbolPrimary(token)
        case .identifier: return reference()
        case .word: return wordPrimary(token)
        }
    }

    private mutating func symbolPrimary(_ token: Token) -> Value {
        switch token.text {
        case "(":
            if peek().isWord("select") || peek().isWord("with") || peek().isWord("values") { return subquery() }
            advance()
            var items: [Value] = []
            while !atStatementEnd, !current.isSymbol(")") {
                let before = at
                let item = expression()
                if items.count < 50 { items.append(item) }
                if !take(symbol: ","), at == before { advance() }
            }
            _ = take(symbol: ")")
            return items.count == 1 ? items[0] : .list(items)
        case "-", "+", "~":
            advance()
            depth += 1
            defer { depth -= 1 }
            guard depth < 120 else { skipExpression(); return .unknown }
            return .operation(.subtract, [.literal(.number("0")), primary()])
        case "*": advance(); return .name("*")
        case ")", ",", ";": return .unknown
        default: advance(); return .unknown
        }
    }

    private mutating func wordPrimary(_ token: Token) -> Value {
        switch token.text {
        case "null": advance(); return .literal(.null)
        case "true", "false": advance(); return .literal(.boolean(token.text == "true"))
        case "exists":
            advance()
            return .operation(.subquery, [.name("exists"), subquery()])
        case "case": return caseExpression()
        case "cast", "try_cast":
            guard peek().isSymbol("(") else { return reference() }
            advance(); advance()
            var value = expression()
            if take("as") {
                let isDay = current.isWord("date")
                typeName()
                if isDay, case .column = value { value = .operation(.call("date"), [value]) }
            }
            while !atStatementEnd, !current.isSymbol(")") { advance() }
            _ = take(symbol: ")")
            return value
        case "interval", "date", "timestamp", "timestamptz", "time":
            guard peek().kind == .string || peek().kind == .placeholder || (token.text == "interval" && peek().kind == .number) else { return reference() }
            advance()
            let text = current.text
            advance()
            while ["day", "hour", "minute", "second", "month", "year", "week"].contains(current.text), current.kind == .word { advance() }
            return .literal(.string(text))
        case "array":
            guard peek().isSymbol("[") else { return reference() }
            advance(); advance()
            var items: [Value] = []
            while !atStatementEnd, !current.isSymbol("]") {
                let before = at
                items.append(expression())
                if !take(symbol: ","), at == before { advance() }
            }
            _ = take(symbol: "]")
            return .list(Array(items.prefix(50)))
        case "current_timestamp", "current_date", "current_time", "localtimestamp":
            advance()
            if current.isSymbol("(") { skipParentheses() }
            return .operation(.call("now"), [])
        case "distinct", "all", "row", "only": advance(); return primary()
        default:
            if closing.contains(token.text), !peek().isSymbol("(") || ["values", "on", "as", "from", "where"].contains(token.text) { return .unknown }
            return reference()
        }
    }

    /// A column, a qualified column or a function call.
    private mutating func reference() -> Value {
        let qualifier = current.text
        let isQualified = peek().isSymbol(".")
        guard let last = name() else { advance(); return .unknown }
        if current.isSymbol("."), peek().isSymbol("*") { advance(); advance(); return .name("*") }
        if current.isSymbol("(") { return call(last.lowercased()) }
        if let scope {
            let outer = qualifier.lowercased(), own = last.lowercased()
            if isQualified, scope.variables.contains(outer) { return Value.variable(outer).member(own) }
            if scope.variables.contains(own), !isQualified || outer == scope.routine || scope.labels.contains(outer) { return .variable(own) }
        }
        if isQualified, ["excluded", "new", "old"].contains(qualifier.lowercased()) { return .name("\(qualifier.lowercased()).\(last)") }
        return .column(last)
    }

    private mutating func call(_ function: String) -> Value {
        if peek().isWord("select") || peek().isWord("with") {
            return .operation(.call(function), [subquery()])
        }
        advance()
        var arguments: [Value] = [], named: [Value.Field] = []
        // `EXTRACT(MONTH FROM created_at)`
        if function == "extract", peek().isWord("from") {
            arguments.append(.literal(.string(current.text.lowercased())))
            advance()
            advance()
        }
        while !atStatementEnd, !current.isSymbol(")") {
            let before = at
            // `f(p_id => 1)`
            if current.kind == .word || current.kind == .identifier, peek().isSymbol("=>") || peek().isSymbol(":=") {
                let name = current.text.lowercased()
                advance()
                advance()
                named.append(.init(name, expression()))
                _ = take(symbol: ",")
                continue
            }
            let argument = expression()
            if arguments.count < 20 { arguments.append(argument) }
            if !take(symbol: ","), !current.isSymbol(")") {
                // `ORDER BY` inside an aggregate, `EXTRACT(x FROM y)`, `SUBSTRING(x FOR n)`.
                if at == before || closing.contains(current.text) || current.isWord("separator") { advance() }
            }
        }
        _ = take(symbol: ")")
        if take("filter") { skipParentheses() }
        if take("over") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
        if !named.isEmpty { arguments.append(.object(named, rest: nil)) }
        return .operation(.call(function), arguments)
    }

    private mutating func caseExpression() -> Value {
        advance()
        var parts: [Value] = []
        if !current.isWord("when") { parts.append(expression()) }
        while take("when") {
            parts.append(expression())
            if take("then") { parts.append(expression()) }
        }
        if take("else") { parts.append(expression()) }
        while !atStatementEnd, !current.isWord("end"), !current.isSymbol(")") { advance() }
        _ = take("end")
        return .operation(.conditional, parts)
    }

    private mutating func subquery() -> Value {
        let close = matchingClose()
        guard take(symbol: "(") else { return .unknown }
        guard depth < 20 else { at = close; _ = take(symbol: ")"); return .unknown }
        depth += 1
        defer { depth -= 1 }
        let outer = nested
        nested = []
        if current.isWord("with") {
            while at < close, !current.isWord("select") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
        }
        let read = select()
        nested = outer
        at = max(at, close)
        _ = take(symbol: ")")
        guard let read else { return .unknown }
        nested.append(read)
        if scope != nil { return .operation(.subquery, [.nested(nested.count - 1)]) }
        return .operation(.subquery, read.filters.map(\.value).filter { $0 != .unknown })
    }
}
