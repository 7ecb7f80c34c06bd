import Flow

// The SQL inside PL/pgSQL: statements with INTO, calls of other functions, expressions.
extension SQLReader {
    typealias Term = Procedure.Term

    /// `EXECUTE 'SELECT … WHERE id = $1' INTO row USING p_id`: text that is known is a statement.
    mutating func dynamic(_ start: Int) -> Procedure.Part {
        advance()
        let text = current
        advance()
        var into: [String] = [], values: [Value] = []
        if take("into") { into = targets() }
        if take("using") { repeat { values.append(expression()) } while take(symbol: ",") }
        if take("into") { into = targets() }
        let isWhole = atStatementEnd
        skipToStatementEnd()
        guard text.kind == .string, isWhole, var statement = SQLReader.statements(in: Array(text.text.utf8)).first else { return part(.opaque, start) }
        statement = statement.bound { part in
            part.placeholderName.flatMap { Int($0) }.map { $0 >= 1 && $0 <= values.count ? values[$0 - 1] : .unknown } ?? part
        }
        return part(.statement(statement, into: into), start)
    }

    /// The variables behind INTO.
    mutating func targets() -> [String] {
        var found: [String] = []
        _ = take("strict")
        while current.kind == .word || current.kind == .identifier {
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

    /// The SQL statement from here to where it ends, without the INTO that names variables; or the call that it is.
    mutating func slice(until isEnd: (Token) -> Bool) -> (statement: Statement, into: [String], call: (name: String, arguments: [Term])?) {
        var kept: [Token] = [], into: [String] = [], open = 0, hasFrom = false
        let verb = current.text, start = current.start
        while current.kind != .end, open > 0 || !isEnd(current) {
            if current.isSymbol("(") { open += 1 }
            if current.isSymbol(")") { open = max(0, open - 1) }
            if open == 0, current.isWord("from") { hasFrom = true }
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
        if verb == "perform" { kept[0].text = "select" }
        var inner = SQLReader(tokens: kept)
        inner.variables = variables
        inner.routine = routine
        if !hasFrom, verb == "perform" || verb == "select" || verb == "call" {
            var head = inner
            head.advance()
            let term = head.term()
            if case .operation(.call(let name), let arguments) = term.value, head.atStatementEnd, !Procedure.isBuiltIn(name) || name.contains("advisory"),
                inner.statement().operations.allSatisfy({ $0.isPlainRead })
            {
                return (Statement(operations: [], start: start, end: end), into, (name, arguments.map { Term(value: $0) }))
            }
            inner.at = 0
        }
        // `SELECT … FROM f(…)`: the rows are what the function gives.
        if hasFrom, verb == "select" || verb == "perform", let from = kept.firstIndex(where: { $0.isWord("from") }) {
            var rows = inner
            rows.at = from + 1
            let term = rows.term()
            if case .operation(.call(let name), let arguments) = term.value, !Procedure.isBuiltIn(name), !rows.current.isSymbol(","),
                !rows.current.isWord("join")
            {
                return (Statement(operations: [], start: start, end: end), into, (name, arguments.map { Term(value: $0) }))
            }
        }
        var statement = inner.statement()
        statement.start = start
        statement.end = end
        return (statement, into, nil)
    }

}

extension Statement.Operation {
    fileprivate var isPlainRead: Bool {
        switch self {
        case .read(let read): read.table == nil
        case .lock, .opaque: true
        default: false
        }
    }
}
