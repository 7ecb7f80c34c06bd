import Flow

extension SQLReader {
    mutating func create() -> [SchemaChange] {
        advance()
        _ = take(words: "or", "replace")
        while take("temp") || take("temporary") || take("unlogged") || take("global") || take("local") {}
        if take("table") { return createTable() }
        let unique = take("unique")
        if take("index") { return createIndex(unique: unique) }
        if take("type") {
            guard let name = name(), take("as"), take("enum") else { return [] }
            return [.createEnum(name.lowercased(), Set(strings()))]
        }
        skipToStatementEnd(hasBody: true)
        return []
    }

    private mutating func createTable() -> [SchemaChange] {
        _ = take(words: "if", "not", "exists")
        guard let table = name()?.lowercased(), take(symbol: "(") else { return [] }
        var columns: [SchemaChange.Column] = [], keys: [Schema.UniqueKey] = [], states: [String: Set<String>] = [:]
        while !atStatementEnd, !current.isSymbol(")") {
            tableItem(columns: &columns, keys: &keys, states: &states)
            while !atStatementEnd, !current.isSymbol(","), !current.isSymbol(")") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
            _ = take(symbol: ",")
        }
        return [.createTable(table, columns: columns, keys: keys, states: states)]
    }

    private mutating func tableItem(columns: inout [SchemaChange.Column], keys: inout [Schema.UniqueKey], states: inout [String: Set<String>]) {
        var constraint: String?
        if take("constraint") { constraint = name() }
        if take(words: "primary", "key") || take("unique") {
            _ = take("key") || take("index")
            if current.kind == .identifier || (current.kind == .word && !current.isSymbol("(")) { if !current.isWord("nulls") { advance() } }
            keys.append(Schema.UniqueKey(name: constraint, columns: columnList()))
            return
        }
        if current.isWord("check") { check(into: &states); return }
        if ["foreign", "exclude", "key", "index", "fulltext", "like"].contains(current.text), current.kind == .word { return }
        guard let column = current.kind == .word || current.kind == .identifier ? current.text.lowercased() : nil else { return }
        advance()
        let type = current.kind == .word || current.kind == .identifier ? name() ?? "" : ""
        columns.append(.init(name: column, type: type))
        if type == "enum" { states[column, default: []].formUnion(strings()) }
        columnConstraints(of: column, keys: &keys, states: &states, sources: &columns[columns.count - 1].sources)
    }

    private mutating func columnConstraints(of column: String, keys: inout [Schema.UniqueKey], states: inout [String: Set<String>], sources: inout [String]) {
        while !atStatementEnd, !current.isSymbol(","), !current.isSymbol(")") {
            if take(words: "always", "as"), current.isSymbol("(") {
                let close = matchingClose()
                for case .column(let source) in expression().parts { sources.append(source.lowercased()) }
                at = max(at, close)
                _ = take(symbol: ")")
            } else if take("unique") || take(words: "primary", "key") {
                keys.append(Schema.UniqueKey(name: nil, columns: [column]))
            } else if current.isWord("check") {
                check(into: &states)
            } else if current.isSymbol("(") {
                skipParentheses()
            } else {
                advance()
            }
        }
    }

    /// CHECK (status IN ('a', 'b')), CHECK (status = ANY (ARRAY['a', 'b'])), CHECK (status = 'a' OR status = 'b').
    private mutating func check(into states: inout [String: Set<String>]) {
        advance()
        let close = matchingClose()
        guard take(symbol: "(") else { return }
        let condition = expression()
        at = max(at, close)
        _ = take(symbol: ")")
        for predicate in predicates(of: condition) {
            let allowed = predicate.value.parts.compactMap(\.stringLiteral)
            if !allowed.isEmpty { states[predicate.column.lowercased(), default: []].formUnion(allowed) }
        }
    }

    private mutating func strings() -> [String] {
        var found: [String] = []
        guard take(symbol: "(") else { return [] }
        while !atStatementEnd, !current.isSymbol(")") {
            if current.kind == .string { found.append(current.text) }
            advance()
        }
        _ = take(symbol: ")")
        return found
    }

    private mutating func createIndex(unique: Bool) -> [SchemaChange] {
        _ = take("concurrently")
        _ = take(words: "if", "not", "exists")
        var index: String?
        if !current.isWord("on") { index = name() }
        guard take("on") else { return [] }
        _ = take("only")
        guard let table = name()?.lowercased() else { return [] }
        if take("using") { advance() }
        guard unique else { return [] }
        let close = matchingClose()
        var columns: [String] = [], isExpression = false
        guard take(symbol: "(") else { return [] }
        while at < close {
            for part in expression().parts {
                if case .column(let name) = part { columns.append(name) } else { isExpression = true }
            }
            while at < close, !current.isSymbol(",") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
            _ = take(symbol: ",")
        }
        at = max(at, close)
        _ = take(symbol: ")")
        while !atStatementEnd, !current.isWord("where") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
        var key = Schema.UniqueKey(name: index, columns: columns)
        key.isExpression = isExpression
        if take("where") { key.condition = predicates(of: expression()) }
        return [.addKey(table, key)]
    }

    mutating func alter() -> [SchemaChange] {
        advance()
        if take("type") {
            guard let name = name(), take("add"), take("value") else { return [] }
            _ = take(words: "if", "not", "exists")
            return [.createEnum(name.lowercased(), current.kind == .string ? [current.text] : [])]
        }
        guard take("table") else { return [] }
        _ = take(words: "if", "exists")
        _ = take("only")
        guard let table = name()?.lowercased() else { return [] }
        var changes: [SchemaChange] = []
        repeat { changes += alteration(of: table) } while nextAlteration()
        return changes
    }

    private mutating func nextAlteration() -> Bool {
        while !atStatementEnd {
            if take(symbol: ",") { return true }
            if current.isSymbol("(") { skipParentheses() } else { advance() }
        }
        return false
    }

    private mutating func alteration(of table: String) -> [SchemaChange] {
        if take("rename") {
            guard take("to"), let new = name() else { return [] }
            return [.renameTable(table, to: new.lowercased())]
        }
        if take("drop") {
            guard take("constraint") || take("index") || take("key") else { return [] }
            _ = take(words: "if", "exists")
            return name().map { [.dropKey($0.lowercased())] } ?? []
        }
        guard take("add") else { return [] }
        var columns: [SchemaChange.Column] = [], keys: [Schema.UniqueKey] = [], states: [String: Set<String>] = [:]
        let named = current.isWord("column")
        _ = take("column")
        _ = take(words: "if", "not", "exists")
        if !named, take("constraint"), let constraint = name() {
            if take("unique") || take(words: "primary", "key") {
                if take("using") { return [] }
                return [.addKey(table, Schema.UniqueKey(name: constraint, columns: columnList()))]
            }
        }
        tableItem(columns: &columns, keys: &keys, states: &states)
        return columns.map { .addColumn(table, $0, states: states[$0.name] ?? []) } + keys.map { .addKey(table, $0) }
            + (columns.isEmpty ? states.map { .addStates(table, column: $0.key, $0.value) }.sorted { "\($0)" < "\($1)" } : [])
    }

    mutating func drop() -> [SchemaChange] {
        advance()
        if take("table") {
            _ = take(words: "if", "exists")
            return name().map { [.dropTable($0.lowercased())] } ?? []
        }
        if take("index") {
            _ = take("concurrently")
            _ = take(words: "if", "exists")
            return name().map { [.dropKey($0.lowercased())] } ?? []
        }
        return []
    }
}
