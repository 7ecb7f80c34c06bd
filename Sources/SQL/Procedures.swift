import Flow

// CREATE FUNCTION, PROCEDURE and TRIGGER: the heads of stored code.
extension SQLReader {
    /// From behind FUNCTION or PROCEDURE.
    mutating func createProcedure(from start: Int) -> Statement.Operation? {
        guard let name = name()?.lowercased() else { return nil }
        var procedure = Procedure(name: name)
        let parameters = procedureParameters()
        procedure.parameters = parameters.map(\.name)
        procedure.outputs = parameters.filter(\.isOutput).map(\.name)
        procedure.arity = parameters.count { !$0.isOutput }
        var body: Token?, isPlain = false, standard: [Token]?
        while !atStatementEnd {
            if current.isWord("begin"), peek().isWord("atomic") {
                standard = standardBody()
                break
            }
            if take("language") {
                isPlain = current.isWord("sql")
                guard isPlain || current.isWord("plpgsql") || current.text == "plpgsql" || current.text == "sql" else { return nil }
                isPlain = current.text == "sql"
            } else if take("returns") {
                if current.isWord("trigger") { procedure.returnsTrigger = true }
                procedure.returnsRows = current.isWord("setof") || current.isWord("table")
            } else if current.kind == .string, body == nil, tokens[max(0, at - 1)].isWord("as") {
                body = current
            }
            advance()
        }
        procedure.start = start
        procedure.end = tokens[max(at - 1, 0)].end
        var reader: SQLReader
        if let standard {
            reader = SQLReader(tokens: standard)
        } else if let body {
            // The tag of a dollar quote stands on both sides of its text; a plain quote has one byte.
            let margin = (body.end - body.start - body.text.utf8.count) / 2
            reader = SQLReader(tokens: Lexer.tokens(of: Array(body.text.utf8)).map { $0.moved(by: body.start + margin) })
        } else {
            return nil
        }
        reader.scope = Scope(routine: name, variables: Set(procedure.parameters.filter { !$0.isEmpty }).union(["found", "new", "old"]))
        procedure.body = isPlain || standard != nil ? reader.plainBody(returnsRows: procedure.returnsRows) : reader.procedureBlock()
        procedure.records = reader.scope?.records ?? []
        return .define(procedure)
    }

    /// `BEGIN ATOMIC …; … END`: the statements of a body that is no text.
    private mutating func standardBody() -> [Token] {
        advance()
        advance()
        let first = at
        var open = 0
        while current.kind != .end {
            if current.isWord("case") { open += 1 }
            if current.isWord("end") {
                if open == 0 { break }
                open -= 1
            }
            advance()
        }
        let body = tokens[first..<at] + [Token(kind: .end, start: current.start, end: current.start, text: "")]
        _ = take("end")
        return Array(body)
    }

    /// `(p_id uuid, IN p_count int DEFAULT 1, OUT left int)`
    private mutating func procedureParameters() -> [(name: String, isOutput: Bool)] {
        guard take(symbol: "(") else { return [] }
        var found: [(name: String, isOutput: Bool)] = []
        while !atStatementEnd, !current.isSymbol(")") {
            var isOutput = false
            if current.isWord("out") { isOutput = true }
            if ["in", "out", "inout", "variadic"].contains(current.text), current.kind == .word { advance() }
            let isNamed = !peek().isSymbol(",") && !peek().isSymbol(")") && !peek().isSymbol("(")
            found.append((isNamed ? current.text.lowercased() : "", isOutput))
            var brackets = 0
            while !atStatementEnd, brackets > 0 || (!current.isSymbol(",") && !current.isSymbol(")")) {
                if current.isSymbol("[") { brackets += 1 }
                if current.isSymbol("]") { brackets -= 1 }
                if current.isSymbol("(") { skipParentheses() } else { advance() }
            }
            _ = take(symbol: ",")
        }
        _ = take(symbol: ")")
        return found
    }

    /// From behind TRIGGER.
    mutating func createTrigger() -> Statement.Operation? {
        guard let name = name()?.lowercased() else { return nil }
        var trigger = Trigger(name: name, table: "", function: "")
        while !atStatementEnd {
            if current.isWord("after") || current.isWord("instead") { trigger.isBefore = false }
            if current.isWord("insert"), trigger.table.isEmpty { trigger.onInsert = true }
            if current.isWord("update"), trigger.table.isEmpty { trigger.onUpdate = true }
            // It sees no row.
            if current.isWord("statement") { return nil }
            if take("on"), trigger.table.isEmpty { trigger.table = self.name()?.lowercased() ?? "" }
            if take("execute") {
                guard take("function") || take("procedure"), let function = self.name()?.lowercased() else { return nil }
                trigger.function = function
                return trigger.table.isEmpty ? nil : .trigger(trigger)
            }
            // SQLite: the statements stand in the trigger itself.
            if current.isWord("begin") || current.isWord("when"), !trigger.table.isEmpty, let guarded = refusal(by: trigger) { return guarded }
            advance()
        }
        return nil
    }

    /// `WHEN (SELECT count(*) …) >= 50 BEGIN SELECT RAISE(ABORT, 'full'); END`: SQLite has one writer, so that what such a
    /// trigger tests holds when the row is written.
    private func refusal(by trigger: Trigger) -> Statement.Operation? {
        var reads = false, raises = false, old: String?, index = at, open = 0
        while index < tokens.count - 1 {
            let token = tokens[index], next = tokens[index + 1]
            if token.isWord("execute") { return nil }
            if token.isWord("begin") || token.isWord("case") { open += 1 }
            if token.isWord("end") { open -= 1 }
            if token.isSymbol(";"), open <= 0 { break }
            if token.isWord("raise"), next.isSymbol("("), !tokens[min(index + 2, tokens.count - 1)].isWord("ignore") { raises = true }
            if token.isWord("from") { reads = true }
            if token.isWord("old"), next.isSymbol("."), old == nil { old = tokens[min(index + 2, tokens.count - 1)].text.lowercased() }
            index += 1
        }
        guard raises, trigger.isBefore else { return nil }
        if trigger.onInsert, reads { return .schema(.guardInserts(trigger.table, by: trigger.name)) }
        if trigger.onUpdate, let old { return .schema(.guardChanges(trigger.table, column: old, by: trigger.name)) }
        return nil
    }

    /// DROP FUNCTION, DROP TRIGGER.
    mutating func dropProcedure() -> Statement.Operation? {
        let start = at
        advance()
        if take("function") || take("procedure") || take("routine") {
            _ = take(words: "if", "exists")
            guard let name = name()?.lowercased() else { return nil }
            return .dropProcedure(name, arity: current.isSymbol("(") ? procedureParameters().count { !$0.isOutput } : nil)
        }
        if take("trigger") {
            _ = take(words: "if", "exists")
            guard let name = name()?.lowercased() else { return nil }
            return .dropTrigger(name, on: take("on") ? self.name()?.lowercased() : nil)
        }
        at = start
        return nil
    }
}

extension Token {
    fileprivate func moved(by offset: Int) -> Token {
        var copy = self
        copy.start += offset
        copy.end += offset
        return copy
    }
}
