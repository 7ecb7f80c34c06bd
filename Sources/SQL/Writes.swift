import Flow

extension SQLReader {
    mutating func insert() -> Write? {
        let isReplace = current.isWord("replace")
        advance()
        var write = Write(.insert, table: nil)
        if isReplace { write.conflict = Conflict(columns: [], action: .replace) }
        if take("or") {
            switch current.text {
            case "ignore": write.conflict = Conflict(columns: [], action: .nothing)
            case "replace": write.conflict = Conflict(columns: [], action: .replace)
            default: break
            }
            advance()
        }
        if take("ignore") { write.conflict = Conflict(columns: [], action: .nothing) }
        guard take("into"), let table = name() else { return nil }
        write.table = table
        if take("as") {
            advance()
        } else if current.kind == .word, !["values", "select", "default", "set", "with", "on", "returning", "overriding"].contains(current.text) {
            advance()
        }
        let columns = current.isSymbol("(") && !peek().isWord("select") ? columnList() : []
        if take("overriding") { while !atStatementEnd, !take("value") { advance() } }
        nested = []
        if take("values") {
            values(for: columns, into: &write)
            attachNested(to: &write)
        } else if take("default") {
            _ = take("values")
        } else if take("set") {
            assign(to: &write)
        } else if current.isWord("with") || current.isWord("select") || current.isSymbol("(") {
            let parenthesised = current.isSymbol("(")
            if current.isWord("with") { while !atStatementEnd, !current.isWord("select") { if current.isSymbol("(") { skipParentheses() } else { advance() } } }
            let start = at
            write.source = insertSource()
            if at == start { advance() }
            if parenthesised { _ = take(symbol: ")") }
            write.assignments = columns.map { Assignment($0, .unknown) }
        } else if current.kind == .hole {
            write.openValues.append(.hole(current.text))
            advance()
        }
        conflictClause(into: &write)
        returning(into: &write)
        if write.conflict?.action == .update || write.conflict?.action == .replace { write.operation = .upsert }
        return write
    }

    /// The SELECT of an INSERT ends where ON CONFLICT or RETURNING begins.
    private mutating func insertSource() -> Read? {
        var open = 0, end = at
        while tokens[end].kind != .end {
            let token = tokens[end]
            if token.isSymbol("(") { open += 1 }
            if token.isSymbol(")") { open -= 1 }
            if open < 0
                || (open == 0
                    && (token.isSymbol(";") || token.isWord("returning")
                        || (token.isWord("on")
                            && (tokens[min(end + 1, tokens.count - 1)].isWord("conflict") || tokens[min(end + 1, tokens.count - 1)].isWord("duplicate")))))
            {
                break
            }
            end += 1
        }
        let saved = tokens[end]
        tokens[end] = Token(kind: .symbol, start: saved.start, end: saved.start, text: ";")
        let read = select()
        tokens[end] = saved
        at = end
        return read
    }

    private mutating func values(for columns: [String], into write: inout Write) {
        var index = 0
        if current.kind == .hole { write.partlyUnknown = true; advance(); return }
        guard take(symbol: "(") else { return }
        while !atStatementEnd, !current.isSymbol(")") {
            let before = at
            let value = take("default") ? Value.unknown : expression()
            if index < columns.count { write.assignments.append(Assignment(columns[index], value)) }
            index += 1
            if !take(symbol: ","), at == before { advance() }
        }
        _ = take(symbol: ")")
        // The first row speaks for the others.
        while take(symbol: ",") { if current.isSymbol("(") { skipParentheses() } else if current.kind == .hole { advance() } }
    }

    private mutating func conflictClause(into write: inout Write) {
        while take("on") {
            if take("conflict") {
                var columns: [String] = []
                if current.isSymbol("(") { columns = columnList() }
                if take("on") { _ = take("constraint"); _ = name() }
                if take("where") { _ = expression() }
                guard take("do") else { return }
                if take("nothing") {
                    write.conflict = Conflict(columns: columns, action: .nothing)
                } else if take("update") {
                    var conflict = Conflict(columns: columns, action: .update)
                    if take("set") { conflict.assignments = assignments() }
                    if take("where") { conflict.filters = expression().predicates }
                    write.conflict = conflict
                }
            } else if take("duplicate") {
                _ = take("key")
                _ = take("update")
                var conflict = Conflict(columns: [], action: .update)
                conflict.assignments = assignments()
                write.conflict = conflict
            } else {
                return
            }
        }
    }

    private mutating func returning(into write: inout Write) {
        if take("returning") { write.returning = true }
    }

    mutating func update() -> Write? {
        advance()
        if take("or") { advance() }
        _ = take("low_priority")
        _ = take("ignore")
        _ = take("only")
        guard let table = name() else { return nil }
        var write = Write(.update, table: table)
        if take("as") { advance() } else if [.word, .identifier].contains(current.kind), !current.isWord("set") { advance() }
        while !atStatementEnd, !current.isWord("set") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
        guard take("set") else { return nil }
        nested = []
        assign(to: &write)
        if take("from") {
            var source = Read(table: nil, aggregate: .rows)
            source.table = name()
            write.source = source
            while !atStatementEnd, !current.isWord("where"), !current.isWord("returning"), !current.isSymbol(")") {
                if current.isSymbol("(") { skipParentheses() } else { advance() }
            }
        }
        finish(&write)
        return write
    }

    mutating func delete() -> Write? {
        advance()
        guard take("from") else { return nil }
        _ = take("only")
        guard let table = name() else { return nil }
        var write = Write(.delete, table: table)
        nested = []
        while !atStatementEnd, !current.isWord("where"), !current.isWord("returning"), !current.isSymbol(")") {
            if take("using") { write.source = name().map { Read(table: $0, aggregate: .rows) } }
            if current.isSymbol("(") { skipParentheses() } else { advance() }
        }
        finish(&write)
        return write
    }

    private mutating func finish(_ write: inout Write) {
        if take("where") {
            if current.kind == .hole, peek().kind == .end || peek().isSymbol(";") || peek().isWord("returning") { write.partlyUnknown = true }
            let condition = expression()
            write.filters = condition.predicates
            if write.filters.isEmpty, condition != .unknown { write.partlyUnknown = true }
        } else if current.kind == .hole {
            write.partlyUnknown = true
        }
        while !atStatementEnd, !current.isWord("returning"), !current.isSymbol(")") {
            if current.kind == .hole { write.partlyUnknown = true }
            if current.isSymbol("(") { skipParentheses() } else { advance() }
        }
        returning(into: &write)
        attachNested(to: &write)
    }

    /// What sub-selects in values and conditions read, the statement reads.
    private func attachNested(to write: inout Write) {
        if !nested.isEmpty {
            var source = write.source ?? Read(table: nested[0].table, aggregate: nested[0].aggregate)
            source.nested += nested
            write.source = source
        }
        guard write.operation != .insert, let source = write.source else { return }
        // `WHERE id IN (SELECT id … WHERE status = 'queued' FOR UPDATE SKIP LOCKED)`: what was asked of the locked rows holds of these.
        let named = ([source] + source.nested).map { $0.table.flatMap { lockedRows[$0.lowercased()] } ?? $0 }
        if let locked = named.first(where: { $0.lock != nil && $0.lock != .share && $0.table == write.table }) { write.filters += locked.filters }
    }

    /// The list behind SET. An object may stand for some of it: `SET ?`, `SET ${sql(order)}`.
    private mutating func assign(to write: inout Write) {
        repeat {
            write.assignments += assignments()
            guard current.kind == .hole || current.kind == .placeholder else { return }
            write.openValues.append(expression())
        } while take(symbol: ",")
    }

    private mutating func assignments() -> [Assignment] {
        var found: [Assignment] = []
        repeat {
            if current.isSymbol("(") {
                let columns = columnList()
                _ = take(symbol: "=")
                let value = expression()
                for (index, column) in columns.enumerated() {
                    if case .list(let items) = value, index < items.count {
                        found.append(Assignment(column, items[index]))
                    } else {
                        found.append(Assignment(column, value))
                    }
                }
                continue
            }
            if current.kind == .hole, !peek().isSymbol("=") { break }
            guard let column = name() else { break }
            guard take(symbol: "=") || take(symbol: ":=") else { break }
            let value = take("default") ? Value.unknown : expression()
            if found.count < 200 { found.append(Assignment(column, value)) }
        } while take(symbol: ",")
        return found
    }

    /// MERGE writes to one table, deciding by a join: its WHEN clauses are the writes.
    mutating func merge() -> [Statement.Operation] {
        advance()
        _ = take("into")
        guard let table = name() else { return [] }
        var writes: [Statement.Operation] = []
        while !atStatementEnd {
            if take("then") {
                if take("update") {
                    var write = Write(.update, table: table)
                    if take("set") { assign(to: &write) }
                    writes.append(.write(write))
                } else if take("insert") {
                    var write = Write(.insert, table: table)
                    let columns = columnList()
                    if take("values") { values(for: columns, into: &write) }
                    writes.append(.write(write))
                } else if take("delete") {
                    writes.append(.write(Write(.delete, table: table)))
                }
            } else {
                advance()
            }
        }
        return writes
    }
}
