import Flow

extension SQLReader {
    /// A scalar or boolean expression. What it does not understand becomes `.unknown`, and it always stops before
    /// a closing parenthesis, a comma or a clause keyword.
    mutating func expression() -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth < 60 else { skipExpression(); return .unknown }
        return joined(by: "or", .or) { $0.conjunction() }.bounded
    }

    private mutating func conjunction() -> Value { joined(by: "and", .and) { $0.negation() } }

    /// `a AND b AND c` as one operation of many operands, so that no list of conditions makes a deep tree.
    private mutating func joined(by word: String, _ op: Operator, _ part: (inout SQLReader) -> Value) -> Value {
        let first = part(&self)
        guard current.isWord(word) else { return first }
        var parts = [first]
        while take(word) {
            let next = part(&self)
            if parts.count < Self.breadth { parts.append(next) }
        }
        return .operation(op, parts)
    }

    /// How many operands of one operator are kept; the others are read and forgotten.
    private static let breadth = 100

    private mutating func negation() -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth < 120 else { skipExpression(); return .unknown }
        if take("not") { return .operation(.not, [negation()]) }
        return comparison()
    }

    private mutating func comparison() -> Value {
        var value = sum(), length = 0
        while true {
            length += 1
            if length > Self.breadth { value = .unknown }
            if current.kind == .symbol, let op = Self.comparisons[current.text] {
                advance()
                if take("any") || take("all") || take("some") {
                    value = .operation(.oneOf, [value, primary()])
                } else {
                    value = .operation(op, [value, sum()])
                }
            } else if take("is") {
                value = isTest(of: value)
            } else if current.isWord("not"), ["in", "like", "ilike", "between", "similar"].contains(peek().text) {
                advance()
                value = .operation(.not, [membership(of: value)])
            } else if ["in", "like", "ilike", "between", "similar", "glob", "regexp", "match"].contains(current.text), current.kind == .word {
                value = membership(of: value)
            } else if take("isnull") {
                value = .operation(.isNull, [value])
            } else if take("notnull") {
                value = .operation(.isNotNull, [value])
            } else if current.kind == .symbol, Self.otherOperators.contains(current.text) {
                advance()
                value = .operation(.call("operator"), [value, sum()])
            } else {
                return value
            }
        }
    }

    private static let comparisons: [String: Operator] = [
        "=": .equal, "==": .equal, "<>": .notEqual, "!=": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual,
        "<=>": .equal,
    ]

    private static let otherOperators: Set<String> = [
        "~", "~*", "!~", "!~*", "@>", "<@", "&&", "?|", "@@", "#>", "#>>", "|", "&", "#", "<<", ">>", "^", "!~~", "~~",
    ]

    private mutating func isTest(of value: Value) -> Value {
        let negated = take("not")
        if take("null") { return .operation(negated ? .isNotNull : .isNull, [value]) }
        if take("true") { return .operation(negated ? .notEqual : .equal, [value, .literal(.boolean(true))]) }
        if take("false") { return .operation(negated ? .notEqual : .equal, [value, .literal(.boolean(false))]) }
        if take(words: "distinct", "from") { return .operation(negated ? .equal : .notEqual, [value, sum()]) }
        return .operation(negated ? .notEqual : .equal, [value, sum()])
    }

    private mutating func membership(of value: Value) -> Value {
        let word = current.text
        advance()
        switch word {
        case "in":
            guard current.isSymbol("(") else { return .operation(.oneOf, [value, primary()]) }
            return .operation(.oneOf, [value, primary()])
        case "between":
            let low = sum()
            _ = take("and")
            return .operation(.and, [.operation(.greaterOrEqual, [value, low]), .operation(.lessOrEqual, [value, sum()])])
        default:
            if word == "similar" { _ = take("to") }
            let pattern = sum()
            if take("escape") { _ = sum() }
            return .operation(.like, [value, pattern])
        }
    }

    private mutating func sum() -> Value {
        var value = product(), length = 0
        while current.kind == .symbol {
            length += 1
            if length > Self.breadth { value = .unknown }
            switch current.text {
            case "+": advance(); value = .operation(.add, [value, product()])
            case "-": advance(); value = .operation(.subtract, [value, product()])
            case "||": advance(); value = .operation(.text, [value, product()])
            default: return value
            }
        }
        return value
    }

    private mutating func product() -> Value {
        var value = postfix(), length = 0
        while current.kind == .symbol {
            length += 1
            if length > Self.breadth { value = .unknown }
            switch current.text {
            case "*": advance(); value = .operation(.multiply, [value, postfix()])
            case "/": advance(); value = .operation(.divide, [value, postfix()])
            case "%": advance(); value = .operation(.call("mod"), [value, postfix()])
            default: return value
            }
        }
        return value
    }

    private mutating func postfix() -> Value {
        var value = primary(), length = 0
        while true {
            length += 1
            if length > Self.breadth { value = .unknown }
            if take(symbol: "::") {
                let isDay = current.isWord("date")
                typeName()
                if isDay, case .column = value { value = .operation(.call("date"), [value]) }
            } else if current.isSymbol("->") || current.isSymbol("->>") {
                advance()
                let key = primary()
                // A part of a document is seen through the column as a whole.
                if case .column = value { value = .operation(.call("json"), [value]) }
                if scope != nil, case .member = value, let name = key.stringLiteral { value = value.member(name) }
            } else if current.isSymbol("."), [.word, .identifier].contains(peek().kind) {
                advance()
                value = value.member(current.text.lowercased())
                advance()
            } else if take(symbol: "[") {
                value = .operation(.call("subscript"), [value, expression()])
                _ = take(symbol: "]")
            } else if take("collate") {
                advance()
            } else if take(words: "at", "time", "zone") {
                _ = primary()
            } else {
                return value
            }
        }
    }

    mutating func typeName() {
        _ = name()
        while ["precision", "varying", "zone", "time", "with", "without"].contains(current.text), current.kind == .word { advance() }
        if current.isSymbol("(") { skipParentheses() }
        while current.isSymbol("["), peek().isSymbol("]") { advance(); advance() }
    }

    mutating func skipExpression() {
        while !atStatementEnd, !current.isSymbol(")"), !current.isSymbol(",") {
            if current.isSymbol("(") { skipParentheses() } else { advance() }
        }
    }
}
