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
    mutating func createTrigger() -> [Statement.Operation] {
        guard let name = name()?.lowercased() else { return [] }
        var trigger = StoredChange.Trigger()
        while !atStatementEnd {
            if current.isWord("after") || current.isWord("instead") { trigger.isBefore = false }
            if trigger.table.isEmpty, let event = Self.events[current.text], current.kind == .word { trigger.events.insert(event) }
            if current.isWord("statement") { trigger.seesRows = false }
            if take("on"), trigger.table.isEmpty { trigger.table = self.name()?.lowercased() ?? "" }
            if take("execute") {
                guard take("function") || take("procedure"), let function = self.name()?.lowercased() else { return [] }
                trigger.function = function
                return trigger.table.isEmpty ? [] : [.trigger(name, trigger)]
            }
            // SQLite and MySQL: the statements stand in the trigger itself.
            if current.isWord("begin") || current.isWord("when"), !trigger.table.isEmpty, let found = ownBody(of: trigger, named: name) {
                return found.map { .schema($0) }
            }
            advance()
        }
        return []
    }

    private static let events: [String: Schema.Trigger.Event] = ["insert": .insert, "update": .update, "delete": .delete]

    /// `WHEN (SELECT count(*) …) >= 50 BEGIN SELECT RAISE(ABORT, 'full'); END`: SQLite has one writer, so that what such a
    /// trigger tests holds when the row is written. Of a MySQL one (`SIGNAL`) it is known that it decides, and no more.
    private func ownBody(of trigger: StoredChange.Trigger, named name: String) -> [SchemaChange]? {
        var reads = false, raises = false, decides = false, old: String?, index = at, open = 0
        while index < tokens.count - 1 {
            let token = tokens[index], next = tokens[index + 1]
            if token.isWord("execute") { return nil }
            if token.isWord("begin") || token.isWord("case") { open += 1 }
            if token.isWord("end") { open -= 1 }
            if token.isSymbol(";"), open <= 0 { break }
            if token.isWord("raise"), next.isSymbol("(") {
                decides = true
                if !tokens[min(index + 2, tokens.count - 1)].isWord("ignore") { raises = true }
            }
            if token.isWord("signal") || token.isWord("update") { decides = true }
            if token.isWord("from") { reads = true }
            if token.isWord("old"), next.isSymbol("."), old == nil { old = tokens[min(index + 2, tokens.count - 1)].text.lowercased() }
            index += 1
        }
        var found: [SchemaChange] = [.addTrigger(trigger.table, Schema.Trigger(on: trigger.events, decides ? .always : .never), by: name)]
        guard raises else { return found }
        if trigger.events.contains(.insert), reads {
            found.append(.guardInserts(trigger.table, by: name))
        } else if trigger.events.contains(.update), let old {
            found.append(.guardChanges(trigger.table, column: old, by: name))
        }
        return found
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
