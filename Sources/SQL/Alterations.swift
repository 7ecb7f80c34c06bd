import Flow

// ALTER and DROP: what later migrations change.
extension SQLReader {
    mutating func alter() -> [SchemaChange] {
        advance()
        if take("type") {
            guard let name = name(), take("add"), take("value") else { return [] }
            _ = take(words: "if", "not", "exists")
            return [.createEnum(name.lowercased(), current.kind == .string ? [current.text] : [])]
        }
        if take("domain") { return domainAlteration() }
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
        if take("rename") { return renaming(of: table) }
        if take("drop") { return dropping(of: table) }
        if take("alter") { return columnAlteration(of: table) }
        // MySQL states the whole column anew.
        let renames = take("change")
        if renames || take("modify") {
            _ = take("column")
            guard let old = renames ? name()?.lowercased() : current.text.lowercased() else { return [] }
            var definition = SchemaChange.TableDefinition(name: table)
            tableItem(&definition)
            guard let column = definition.columns.first else { return [] }
            return (column.name == old ? [] : [.renameColumn(table, column: old, to: column.name)]) + additions(to: table, definition)
        }
        guard take("add") else { return [] }
        let isColumn = take("column")
        _ = take(words: "if", "not", "exists")
        var definition = SchemaChange.TableDefinition(name: table)
        // An index that stands already becomes the key.
        if !isColumn, current.isWord("constraint"), usesIndex() { return [] }
        tableItem(&definition)
        return additions(to: table, definition)
    }

    /// `CONSTRAINT name UNIQUE USING INDEX …`
    private func usesIndex() -> Bool {
        for index in at..<min(at + 6, tokens.count - 1) where tokens[index].isWord("using") && tokens[index + 1].isWord("index") { return true }
        return false
    }

    private func additions(to table: String, _ definition: SchemaChange.TableDefinition) -> [SchemaChange] {
        let states = definition.columns.isEmpty ? definition.states.sorted { $0.key < $1.key } : []
        return definition.columns.map { .addColumn(table, $0, states: definition.states[$0.name] ?? []) } + definition.keys.map { .addKey(table, $0) }
            + states.map { .addStates(table, column: $0.key, $0.value) } + definition.checks.map { .addCheck(table, $0) }
            + definition.urls.sorted().map { .addSchemes(table, column: $0) }
    }

    private mutating func renaming(of table: String) -> [SchemaChange] {
        if take("to") || take("as") { return name().map { [.renameTable(table, to: $0.lowercased())] } ?? [] }
        if take("constraint") || take("index") || take("key") {
            guard let old = name()?.lowercased(), take("to"), let new = name()?.lowercased() else { return [] }
            return [.renameKey(old, on: table, to: new)]
        }
        _ = take("column")
        guard let old = name()?.lowercased(), take("to"), let new = name()?.lowercased() else { return [] }
        return [.renameColumn(table, column: old, to: new)]
    }

    private mutating func dropping(of table: String) -> [SchemaChange] {
        if take(words: "primary", "key") { return [.dropPrimaryKey(table)] }
        if take("constraint") || take("index") || take("key") {
            _ = take(words: "if", "exists")
            return name().map { [.dropKey($0.lowercased(), on: table)] } ?? []
        }
        if take("check") {
            // MySQL
            return name().map { [.dropKey($0.lowercased(), on: table)] } ?? []
        }
        if current.isWord("foreign") { return [] }
        _ = take("column")
        _ = take(words: "if", "exists")
        return name().map { [.dropColumn(table, column: $0.lowercased())] } ?? []
    }

    /// `ALTER COLUMN c SET NOT NULL`, `ALTER COLUMN c DROP NOT NULL`, `ALTER COLUMN c SET DEFAULT 0`.
    private mutating func columnAlteration(of table: String) -> [SchemaChange] {
        _ = take("column")
        guard let column = name()?.lowercased() else { return [] }
        if take(words: "set", "default") { return [.setDefault(table, column: column, isNull: current.isWord("null"), constant)] }
        if take(words: "drop", "default") { return [.setDefault(table, column: column, isNull: true, nil)] }
        _ = take(words: "set", "data")
        // Of the type all is taken over that it brings: the CHECKs of a domain, the values of an enum.
        if take("type") { return name().map { [.addColumn(table, SchemaChange.Column(name: column, type: $0), states: [])] } ?? [] }
        if take(words: "set", "not", "null") { return [.setNullable(table, column: column, false)] }
        if take(words: "drop", "not", "null") { return [.setNullable(table, column: column, true)] }
        return []
    }

    /// `ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0)`
    private mutating func domainAlteration() -> [SchemaChange] {
        guard let domain = name()?.lowercased() else { return [] }
        if take(words: "drop", "constraint") {
            _ = take(words: "if", "exists")
            return name().map { [.dropDomainCheck(domain, named: $0.lowercased())] } ?? []
        }
        guard take("add") else { return [] }
        let own = take("constraint") ? name() : nil
        guard current.isWord("check"), let condition = checkedCondition() else { return [] }
        return [.addDomainCheck(domain, Schema.Check(name: own, asking: condition))]
    }

    mutating func drop() -> [SchemaChange] {
        advance()
        if take("table") {
            _ = take(words: "if", "exists")
            var changes: [SchemaChange] = []
            repeat { if let name = name() { changes.append(.dropTable(name.lowercased())) } } while take(symbol: ",")
            return changes
        }
        if take("index") {
            _ = take("concurrently")
            _ = take(words: "if", "exists")
            guard let index = name()?.lowercased() else { return [] }
            // MySQL: DROP INDEX name ON table.
            if take("on"), let table = name() { return [.dropKey(index, on: table.lowercased())] }
            return [.dropKey(index, on: nil)]
        }
        return []
    }
}
