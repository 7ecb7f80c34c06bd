import Flow

// The statements of PL/pgSQL: https://www.postgresql.org/docs/current/plpgsql.html
extension SQLReader {
    /// `LANGUAGE sql`: statements in a row, of which the last gives the result.
    mutating func plainBody(returnsRows: Bool) -> [Procedure.Part] {
        var parts: [Procedure.Part] = []
        while current.kind != .end {
            if take(symbol: ";") { continue }
            let start = current.start, first = at
            // `SELECT EXISTS (…)`: an expression, which is what the function gives.
            if !returnsRows, let value = selectedValue() {
                parts.append(part(.returns(value), start))
                continue
            }
            let inner = slice(until: { $0.isSymbol(";") })
            if at == first { advance(); continue }
            parts.append(part(.statement(inner.statement, into: []), start))
        }
        if case .statement(let last, _)? = parts.last?.form { parts[parts.count - 1].form = .returnsRows(last) }
        return parts
    }

    /// The expression of a last `SELECT` that asks no table by itself.
    private mutating func selectedValue() -> Procedure.Term? {
        guard current.isWord("select") else { return nil }
        var ahead = 1, open = 0
        while peek(ahead).kind != .end, !peek(ahead).isSymbol(";") {
            if peek(ahead).isSymbol("(") { open += 1 }
            if peek(ahead).isSymbol(")") { open -= 1 }
            if open == 0, peek(ahead).isWord("from") || peek(ahead).isSymbol(",") { return nil }
            ahead += 1
        }
        // Something stands behind it.
        while peek(ahead).isSymbol(";") { ahead += 1 }
        guard peek(ahead).kind == .end else { return nil }
        advance()
        let value = term()
        skipToStatementEnd()
        return value
    }

    /// `[DECLARE …] BEGIN … [EXCEPTION …] END`
    mutating func procedureBlock() -> [Procedure.Part] {
        depth += 1
        defer { depth -= 1 }
        guard depth < 40 else { skipToStatementEnd(hasBody: true); return [] }
        let start = current.start
        skipLabel()
        var parts: [Procedure.Part] = []
        if take("declare") { parts = declarations() }
        guard take("begin") else { return parts }
        let body = procedureParts()
        var handlers: [Procedure.Handler] = []
        if take("exception") {
            while take("when") {
                var conditions: [String] = []
                while !current.isWord("then"), current.kind != .end {
                    if current.kind == .word || current.kind == .string, !current.isWord("or"), !current.isWord("sqlstate") {
                        conditions.append(current.text.lowercased())
                    }
                    advance()
                }
                _ = take("then")
                handlers.append(.init(conditions: conditions, body: procedureParts()))
            }
        }
        if take("end"), current.kind == .word || current.kind == .identifier { advance() }
        _ = take(symbol: ";")
        return handlers.isEmpty ? parts + body : parts + [part(.block(body, handlers: handlers), start)]
    }

    private mutating func skipLabel() {
        guard current.isSymbol("<<") else { return }
        while current.kind != .end, !current.isSymbol(">>") {
            let label = current.text.lowercased()
            if current.kind == .word || current.kind == .identifier { scope?.labels.insert(label) }
            advance()
        }
        advance()
    }

    private mutating func declarations() -> [Procedure.Part] {
        var parts: [Procedure.Part] = []
        while !current.isWord("begin"), current.kind != .end {
            let start = current.start
            guard current.kind == .word || current.kind == .identifier else { advance(); continue }
            let name = current.text.lowercased()
            scope?.variables.insert(name)
            advance()
            if current.isWord("cursor") || peek().isWord("cursor") {
                while !atStatementEnd, !current.isWord("for"), !current.isWord("is") { advance() }
                advance()
                let query = slice(until: { $0.isSymbol(";") }).statement
                scope?.cursors[name] = query
                _ = take(symbol: ";")
                continue
            }
            while !atStatementEnd, !current.isSymbol(":="), !current.isSymbol("="), !current.isWord("default") {
                if current.isWord("record") || current.isWord("rowtype") { scope?.records.insert(name) }
                advance()
            }
            if !atStatementEnd {
                advance()
                parts.append(part(.assign(name, term()), start))
            }
            skipToStatementEnd()
            _ = take(symbol: ";")
        }
        return parts
    }

    /// Statements up to the word that ends their block.
    private mutating func procedureParts() -> [Procedure.Part] {
        var parts: [Procedure.Part] = []
        while current.kind != .end, !["end", "exception", "elsif", "elseif", "else", "when"].contains(current.text) || current.kind != .word {
            if take(symbol: ";") { continue }
            let before = at
            if let part = procedurePart() { parts.append(part) }
            if at == before { advance() }
        }
        return parts
    }

    private mutating func procedurePart() -> Procedure.Part? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 60 else { skipToStatementEnd(hasBody: true); return nil }
        skipLabel()
        let start = current.start
        guard current.kind == .word || current.kind == .identifier else { skipToStatementEnd(); return nil }
        switch current.text {
        case "declare", "begin":
            let inner = procedureBlock()
            return part(.block(inner, handlers: []), start)
        case "if": return condition(start)
        case "case": return choice(start)
        case "loop", "while", "for", "foreach": return loop(start)
        case "return": return returned(start)
        case "raise":
            advance()
            let isMessage = ["notice", "warning", "info", "log", "debug"].contains(current.text)
            skipToStatementEnd()
            return isMessage ? nil : part(.raise, start)
        case "exit", "continue":
            let endsLoop = current.isWord("exit")
            advance()
            if current.kind == .word, !current.isWord("when") { advance() }
            let condition = take("when") ? term() : nil
            skipToStatementEnd()
            return part(.leave(condition: condition, endsLoop: endsLoop), start)
        case "get":
            while !atStatementEnd, !current.isWord("diagnostics") { advance() }
            advance()
            let name = current.text.lowercased()
            let isCount = peek(2).isWord("row_count")
            skipToStatementEnd()
            return isCount ? part(.rowCount(name), start) : nil
        case "execute": return dynamic(start)
        case "fetch":
            // `FETCH NEXT FROM due INTO row`
            while !atStatementEnd, !current.isWord("into") {
                advance()
                if let query = scope?.cursors[current.text.lowercased()] {
                    while !atStatementEnd, !current.isWord("into") { advance() }
                    advance()
                    let names = targets()
                    skipToStatementEnd()
                    return part(.statement(query, into: names), start)
                }
            }
            skipToStatementEnd()
            return part(.opaque, start)
        case "null", "commit", "rollback", "assert", "open", "close", "move":
            skipToStatementEnd()
            return nil
        default: break
        }
        if let target = assigned() {
            let value = term()
            skipToStatementEnd()
            return part(.assign(target, value), start)
        }
        return statementPart(start)
    }

    /// `outer_block.v_left` is `v_left`.
    mutating func skipQualifier() {
        guard scope?.labels.contains(current.text.lowercased()) == true, peek().isSymbol(".") else { return }
        advance()
        advance()
    }

    /// `v_left := …`, `NEW.status = …`: the name, read past the sign.
    private mutating func assigned() -> String? {
        skipQualifier()
        var name = current.text.lowercased(), ahead = 1
        while peek(ahead).isSymbol("."), [.word, .identifier].contains(peek(ahead + 1).kind) {
            name += "." + peek(ahead + 1).text.lowercased()
            ahead += 2
        }
        // `seats[i] := …`: of the list nothing is known any more.
        if peek(ahead).isSymbol("["), isVariable(name) {
            while peek(ahead).kind != .end, !peek(ahead).isSymbol(":="), !peek(ahead).isSymbol("="), !peek(ahead).isSymbol(";") { ahead += 1 }
            name += "[]"
        }
        guard peek(ahead).isSymbol(":=") || (peek(ahead).isSymbol("=") && isVariable(String(name.prefix { $0 != "." && $0 != "[" }))) else {
            return nil
        }
        for _ in 0...ahead { advance() }
        return name
    }

    private func isVariable(_ name: String) -> Bool { scope?.variables.contains(name) == true }

    private mutating func statementPart(_ start: Int) -> Procedure.Part {
        let (statement, into) = slice(until: { $0.isSymbol(";") })
        return part(.statement(statement, into: into), start)
    }

    private mutating func condition(_ start: Int) -> Procedure.Part {
        var arms: [Procedure.Arm] = []
        repeat {
            advance()
            let condition = term()
            while current.kind != .end, !current.isSymbol(";"), !current.isWord("then") { advance() }
            _ = take("then")
            arms.append(.init(condition: condition, body: procedureParts()))
        } while current.isWord("elsif") || current.isWord("elseif")
        let otherwise = take("else") ? procedureParts() : []
        skipToStatementEnd()
        return part(.branch(arms, otherwise: otherwise), start)
    }

    /// `CASE status WHEN 'a' THEN … END CASE`, `CASE WHEN … THEN …`
    private mutating func choice(_ start: Int) -> Procedure.Part {
        advance()
        let subject = current.isWord("when") ? nil : term()
        var arms: [Procedure.Arm] = []
        while take("when") {
            var condition = term()
            if let subject {
                var values = [condition.value]
                while take(symbol: ",") { values.append(expression()) }
                condition.value = values.count == 1 ? .operation(.equal, [subject.value, values[0]]) : .operation(.oneOf, [subject.value, .list(values)])
            }
            while current.kind != .end, !current.isSymbol(";"), !current.isWord("then") { advance() }
            _ = take("then")
            arms.append(.init(condition: condition, body: procedureParts()))
        }
        let otherwise = take("else") ? procedureParts() : []
        skipToStatementEnd()
        return part(.branch(arms, otherwise: otherwise), start)
    }

    private mutating func loop(_ start: Int) -> Procedure.Part {
        var query: Statement?, names: [String] = [], condition: Term?, counters: [Procedure.Part] = []
        if take("while") {
            condition = term()
        } else if take("for") || take("foreach") {
            while !atStatementEnd, !current.isWord("in"), !current.isWord("slice") {
                if current.kind == .word || current.kind == .identifier { names.append(current.text.lowercased()) }
                advance()
            }
            scope?.variables.formUnion(names)
            while !atStatementEnd, !current.isWord("in") { advance() }
            advance()
            if current.isWord("select") || current.isWord("with") || current.isSymbol("(") || ["update", "insert", "delete"].contains(current.text) {
                query = slice(until: { $0.isWord("loop") }).statement
            } else if let known = scope?.cursors[current.text.lowercased()] {
                query = known
            } else {
                counters = names.map { part(.assign($0, Term(value: .unknown)), start) }
            }
        }
        while current.kind != .end, !current.isSymbol(";"), !current.isWord("loop") { advance() }
        _ = take("loop")
        let body = procedureParts()
        skipToStatementEnd()
        if let query { return part(.each(names, query, body), start) }
        let loop = part(.loop(condition: condition, body), start)
        return counters.isEmpty ? loop : part(.block(counters + [loop], handlers: []), start)
    }

    private mutating func returned(_ start: Int) -> Procedure.Part {
        advance()
        if take("query") {
            let rows = current.isWord("execute") ? nil : slice(until: { $0.isSymbol(";") }).statement
            skipToStatementEnd()
            return part(rows.map { .returnsRows($0) } ?? .opaque, start)
        }
        if take("next") {
            skipToStatementEnd()
            return part(.opaque, start)
        }
        let value = atStatementEnd ? Term(value: .unknown) : term()
        skipToStatementEnd()
        return part(.returns(value), start)
    }
}
