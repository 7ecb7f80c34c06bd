import Flow

extension SQLReader {
    mutating func create() -> [Statement.Operation] {
        let start = current.start
        advance()
        _ = take(words: "or", "replace")
        if take("function") || take("procedure") { return createProcedure(from: start).map { [$0] } ?? [] }
        if current.isWord("trigger") || (current.isWord("constraint") && peek().isWord("trigger")) {
            _ = take("constraint")
            advance()
            let place = at, trigger = createTrigger()
            at = place
            skipToStatementEnd(hasBody: true)
            return trigger
        }
        while take("temp") || take("temporary") || take("unlogged") || take("global") || take("local") {}
        return definition().map { .schema($0) }
    }

    private mutating func definition() -> [SchemaChange] {
        if take("table") { return createTable() }
        let unique = take("unique")
        if take("index") { return createIndex(unique: unique) }
        if take("domain") { return createDomain() }
        if take("type") {
            guard let name = name(), take("as"), take("enum") else { return [] }
            return [.createEnum(name.lowercased(), Set(strings()))]
        }
        skipToStatementEnd(hasBody: true)
        return []
    }

    private mutating func createTable() -> [SchemaChange] {
        let isConditional = take(words: "if", "not", "exists"), namespace = namespace
        guard let table = name(), take(symbol: "(") else { return [] }
        var definition = SchemaChange.TableDefinition(name: table)
        definition.isConditional = isConditional
        definition.namespace = namespace
        while !atStatementEnd, !current.isSymbol(")") {
            tableItem(&definition)
            while !atStatementEnd, !current.isSymbol(","), !current.isSymbol(")") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
            _ = take(symbol: ",")
        }
        return [.createTable(definition)]
    }

    /// A column or a constraint; also what follows ADD in ALTER TABLE.
    mutating func tableItem(_ definition: inout SchemaChange.TableDefinition) {
        var constraint: String?
        if take("constraint") { constraint = name() }
        let isPrimary = take(words: "primary", "key")
        if isPrimary || take("unique") {
            _ = take("key") || take("index")
            let nullsCollide = takeNullsNotDistinct()
            // MySQL names the index here.
            if current.kind == .identifier || current.kind == .word, !current.isSymbol("(") { constraint = name() ?? constraint }
            var key = Schema.UniqueKey(name: constraint, columns: columnList())
            key.isPrimary = isPrimary
            key.nullsCollide = nullsCollide
            if !replacesOnConflict() { definition.keys.append(key) }
            return
        }
        if current.isWord("check") { check(into: &definition, named: constraint); return }
        if take("exclude") {
            if let key = exclusion(constraint) { definition.keys.append(key) }
            return
        }
        if take("like") {
            definition.likeness = likeness()
            return
        }
        if ["foreign", "key", "index", "fulltext"].contains(current.text), current.kind == .word { return }
        column(&definition)
    }

    /// The schema in front of a table's name, where it is not the one in which everybody looks first.
    private var namespace: String? {
        guard current.kind == .word || current.kind == .identifier, peek().isSymbol(".") else { return nil }
        return ["public", "main", "dbo", "temp", "pg_temp"].contains(current.text.lowercased()) ? nil : current.text
    }

    /// `LIKE orders INCLUDING ALL`
    private mutating func likeness() -> SchemaChange.TableDefinition.Likeness? {
        guard let model = name() else { return nil }
        var parts: Set<SchemaChange.TableDefinition.Likeness.Part> = []
        while current.isWord("including") || current.isWord("excluding") {
            let takes = current.isWord("including")
            advance()
            let named: Set<SchemaChange.TableDefinition.Likeness.Part> =
                switch current.text.lowercased() {
                case "all": [.keys, .checks, .defaults]
                case "indexes": [.keys]
                case "constraints": [.checks]
                case "defaults", "identity": [.defaults]
                default: []
                }
            advance()
            if takes { parts.formUnion(named) } else { parts.subtract(named) }
        }
        return .init(table: model, parts: parts)
    }

    /// `UNIQUE (desk, day) ON CONFLICT REPLACE` of SQLite: the second row takes the place of the first, and nobody is told.
    private mutating func replacesOnConflict() -> Bool {
        guard take(words: "on", "conflict") else { return false }
        return take("replace") || take("ignore")
    }

    private mutating func takeNullsNotDistinct() -> Bool {
        guard current.isWord("nulls") else { return false }
        if take(words: "nulls", "not", "distinct") { return true }
        _ = take(words: "nulls", "distinct")
        return false
    }

    private mutating func column(_ definition: inout SchemaChange.TableDefinition) {
        guard let spelling = current.kind == .word || current.kind == .identifier ? current.text : nil else { return }
        let name = spelling.lowercased()
        advance()
        let type = current.kind == .word || current.kind == .identifier ? self.name() ?? "" : ""
        var column = SchemaChange.Column(name: spelling, type: type)
        if column.type == "enum" { definition.states[name, default: []].formUnion(strings()) }
        var isRequired = column.type.hasSuffix("serial")
        column.hasDefault = isRequired
        var constraint: String?
        while !atStatementEnd, !current.isSymbol(","), !current.isSymbol(")") {
            if take(words: "not", "null") {
                isRequired = true
            } else if take("unsigned") {
                // https://dev.mysql.com/doc/refman/8.4/en/out-of-range-and-overflow.html
                let least = Value.literal(.number("0"))
                definition.checks.append(
                    Schema.Check(.operation(.greaterOrEqual, [.column(name), least]), bounds: [Predicate(name, .greaterOrEqual, least)]))
            } else if take("default") {
                column.hasDefault = !current.isWord("null")
                column.fallback = constant
            } else if take(words: "always", "as", "identity") || take("auto_increment") {
                column.hasDefault = true
            } else if take(words: "always", "as"), current.isSymbol("(") {
                let close = matchingClose()
                for case .column(let source) in expression().parts { column.sources.append(source.lowercased()) }
                at = max(at, close)
                _ = take(symbol: ")")
            } else if take(words: "primary", "key") {
                isRequired = true
                var key = Schema.UniqueKey(name: nil, columns: [name])
                key.isPrimary = true
                definition.keys.append(key)
            } else if take("unique") {
                var key = Schema.UniqueKey(name: nil, columns: [name])
                key.nullsCollide = takeNullsNotDistinct()
                if !replacesOnConflict() { definition.keys.append(key) }
            } else if take("constraint") {
                constraint = self.name()
            } else if current.isWord("check") {
                check(into: &definition, named: constraint)
                constraint = nil
            } else if current.isSymbol("(") {
                skipParentheses()
            } else {
                advance()
            }
        }
        // Whether a computed column can be NULL is up to its expression.
        if column.sources.isEmpty { column.isNullable = !isRequired }
        definition.columns.append(column)
    }

    /// `EXCLUDE USING gist (room_id WITH =, during WITH &&)`: of two rows that agree in what is compared by `=`, and overlap
    /// in the rest, the second is refused.
    private mutating func exclusion(_ name: String?) -> Schema.UniqueKey? {
        if take("using") { advance() }
        let close = matchingClose()
        guard take(symbol: "(") else { return nil }
        var columns: [String] = [], overlaps = false
        while at < close {
            let value = expression()
            while at < close, !current.isWord("with"), !current.isSymbol(",") { advance() }
            if take("with"), current.isSymbol("="), case .column(let column) = value { columns.append(column) } else { overlaps = true }
            while at < close, !current.isSymbol(",") { advance() }
            _ = take(symbol: ",")
        }
        at = max(at, close)
        _ = take(symbol: ")")
        guard !columns.isEmpty else { return nil }
        var key = Schema.UniqueKey(name: name, columns: columns)
        // Rows that agree in these are refused where they overlap in the rest.
        key.isExpression = overlaps
        return key
    }

    /// CHECK (status IN ('a', 'b')), CHECK (status = ANY (ARRAY['a', 'b'])), CHECK (status = 'a' OR status = 'b'),
    /// CHECK (stock >= 0).
    private mutating func check(into definition: inout SchemaChange.TableDefinition, named name: String?) {
        guard let condition = checkedCondition() else { return }
        // CHECK (website ~ '^https?://'): the schemes are named.
        if condition.parts.contains(where: { $0.stringLiteral?.contains("http") == true }) {
            for case .column(let name) in condition.parts { definition.urls.insert(name.lowercased()) }
        }
        let found = condition.predicates
        // `kind = 'credit' OR balance >= 0` allows every kind.
        let isChoice = if case .operation(.or, _) = condition { Set(found.map(\.column)).count > 1 } else { false }
        for predicate in isChoice ? [] : found {
            let allowed = predicate.value.parts.compactMap(\.stringLiteral)
            if !allowed.isEmpty { definition.states[predicate.column.lowercased(), default: []].formUnion(allowed) }
        }
        definition.checks.append(Schema.Check(name: name, asking: condition))
    }

    /// From CHECK to behind its condition.
    mutating func checkedCondition() -> Value? {
        advance()
        let close = matchingClose()
        guard take(symbol: "(") else { return nil }
        let condition = expression()
        at = max(at, close)
        _ = take(symbol: ")")
        return condition
    }

    /// `CREATE DOMAIN stock AS integer CHECK (VALUE >= 0)`
    private mutating func createDomain() -> [SchemaChange] {
        guard let name = name()?.lowercased() else { return [] }
        _ = take("as")
        guard let base = self.name()?.lowercased() else { return [] }
        var checks: [Schema.Check] = [], own: String?
        while !atStatementEnd {
            if current.isWord("check") {
                if let condition = checkedCondition() { checks.append(Schema.Check(name: own, asking: condition)) }
                own = nil
            } else if take("constraint") {
                own = self.name()
            } else if current.isSymbol("(") {
                skipParentheses()
            } else {
                advance()
            }
        }
        return [.createDomain(name, on: base, checks)]
    }

    /// The constant at hand, where one stands there alone.
    var constant: Literal? {
        // `0 + 1`, `'a' || 'b'`, `true AND …`
        let next = peek()
        if next.isWord("and") || next.isWord("or") { return nil }
        if case .symbol = next.kind, !next.isSymbol(","), !next.isSymbol(")"), !next.isSymbol("::"), !next.isSymbol(";") { return nil }
        switch current.kind {
        case .string: return .string(current.text)
        case .number: return .number(current.text)
        case .word: return current.isWord("true") || current.isWord("false") ? .boolean(current.isWord("true")) : nil
        default: return nil
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
        var nullsCollide = false
        while !atStatementEnd, !current.isWord("where") {
            if takeNullsNotDistinct() {
                nullsCollide = true
            } else if current.isSymbol("(") {
                skipParentheses()
            } else {
                advance()
            }
        }
        var key = Schema.UniqueKey(name: index, columns: columns)
        key.isExpression = isExpression
        key.nullsCollide = nullsCollide
        if take("where") { key.condition = expression().predicates }
        return [.addKey(table, key)]
    }
}
