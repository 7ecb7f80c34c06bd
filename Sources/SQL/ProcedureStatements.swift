import Flow

// The SQL inside PL/pgSQL: statements with INTO, calls of other functions, expressions.
extension SQLReader {
    typealias Term = Procedure.Term

    /// The variables behind INTO.
    mutating func targets() -> [String] {
        var found: [String] = []
        _ = take("strict")
        while current.kind == .word || current.kind == .identifier {
            skipQualifier()
            found.append(current.text.lowercased())
            advance()
            while current.isSymbol("."), [.word, .identifier].contains(peek().kind) {
                found[found.count - 1] += "." + peek().text.lowercased()
                advance()
                advance()
            }
            guard take(symbol: ",") else { break }
        }
        return found
    }

    mutating func term() -> Term {
        let outer = nested
        nested = []
        defer { nested = outer }
        let value = expression()
        return Term(value: value, reads: nested)
    }

    func part(_ form: Procedure.Form, _ start: Int) -> Procedure.Part {
        .init(form: form, start: start, end: max(start, tokens[max(at - 1, 0)].end))
    }

    /// The SQL statement from here to where it ends, without the INTO that names variables.
    mutating func slice(until isEnd: (Token) -> Bool) -> (statement: Statement, into: [String]) {
        var kept: [Token] = [], into: [String] = [], open = 0
        let start = current.start
        while current.kind != .end, open > 0 || !isEnd(current) {
            if current.isSymbol("(") { open += 1 }
            if current.isSymbol(")") { open = max(0, open - 1) }
            if open == 0, current.isWord("into"), !(kept.last.map { $0.isWord("insert") || $0.isWord("merge") || $0.isWord("replace") } ?? false) {
                advance()
                into = targets()
                continue
            }
            kept.append(current)
            advance()
        }
        let end = kept.last?.end ?? start
        kept.append(Token(kind: .end, start: end, end: end, text: ""))
        // PERFORM is a SELECT whose result nobody wants.
        if kept[0].isWord("perform") { kept[0].text = "select" }
        var inner = SQLReader(tokens: kept)
        inner.scope = scope
        var statement = inner.statement()
        statement.start = start
        statement.end = end
        return (statement, into)
    }
}
