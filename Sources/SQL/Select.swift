import Flow

extension Value {
    fileprivate var columnItself: String? { if case .column(let name) = self { name } else { nil } }
}

extension SQLReader {
    /// SELECT up to its end, set operations included; of those the first branch speaks.
    mutating func select() -> Read? {
        depth += 1
        defer { depth -= 1 }
        guard depth < 60 else { return nil }
        if current.isSymbol("(") {
            let close = matchingClose()
            advance()
            let read = select()
            at = max(at, close)
            _ = take(symbol: ")")
            return read
        }
        if take("values") {
            while !atStatementEnd, !current.isSymbol(")") { if current.isSymbol("(") { skipParentheses() } else { advance() } }
            return Read(table: nil, aggregate: .rows)
        }
        guard take("select") else { return nil }
        let outerNested = nested
        nested = []
        if take("distinct"), take("on") { skipParentheses() }
        _ = take("all")
        var read = Read(table: nil, aggregate: .rows)
        selectList(into: &read)
        if take("into"), name() != nil {}
        if take("from") { fromClause(into: &read) }
        if take("where") { read.filters += expression().predicates }
        tail(of: &read)
        read.nested += nested
        nested = outerNested
        if read.table == nil, read.aggregate == .exists, let inner = read.nested.first {
            // SELECT EXISTS (SELECT … FROM t): the table that is asked about is the inner one.
            read.table = inner.table
            read.filters = inner.filters
        }
        return read
    }

    private mutating func selectList(into read: inout Read) {
        var aggregates: [Read.Aggregate] = [], plain = 0
        repeat {
            let before = at, inner = nested.count
            let value = expression()
            var alias: String?
            if take("as") { alias = name() } else if [.word, .identifier].contains(current.kind), !isClause(current) { alias = current.text; advance() }
            // `(SELECT count(*) FROM seats WHERE event_id = e.id)`: counted for each row.
            let counted = value.isSubquery ? nested.dropFirst(inner).last?.aggregate : nil, isOfRelations = counted == .count || counted == .sum
            let aggregate = isOfRelations ? counted : aggregate(of: value)
            if let aggregate, !isOfRelations { aggregates.append(aggregate) } else { plain += 1 }
            if read.columns.count < 100, at > before {
                let column: String? =
                    switch value {
                    // What is added up, or looked for the largest of.
                    case _ where aggregate == .sum || aggregate == .maximum: value.aggregatedColumn
                    case .column(let name): name
                    // A variable that is called like the column.
                    case let value where value.variableName != nil: value.variableName
                    case .operation(.call("coalesce"), let parts): parts.first?.columnItself
                    case .name("*"): "*"
                    default: nil
                    }
                var item = Read.Selection(alias: alias ?? (aggregate == nil ? column : nil) ?? defaultAlias(of: value), column: column, aggregate: aggregate)
                item.isOfRelations = isOfRelations
                item.isRemainder = aggregate == .count || aggregate == .sum ? value.subtractsAggregate : false
                read.columns.append(item)
            }
            if at == before, !current.isSymbol(",") { break }
        } while take(symbol: ",")
        if plain == 0, let first = aggregates.first { read.aggregate = first }
    }

    private func isClause(_ token: Token) -> Bool {
        token.kind == .word
            && [
                "from", "where", "group", "order", "having", "limit", "offset", "fetch", "for", "union", "except", "intersect", "into", "returning", "window",
                "on", "lock",
            ]
            .contains(token.text)
    }

    private func aggregate(of value: Value) -> Read.Aggregate? {
        for part in value.parts {
            switch part {
            case .operation(.call("count"), _): return .count
            case .operation(.call("sum"), _), .operation(.call("total"), _): return .sum
            case .operation(.call("max"), let arguments) where arguments.count == 1: return .maximum
            case .operation(.call("min"), let arguments) where arguments.count == 1: return .maximum
            case .operation(.subquery, let parts) where parts.first == .name("exists"): return .exists
            default: continue
            }
        }
        return nil
    }

    /// The name under which drivers return an expression without alias; PostgreSQL says `count`, SQLite `COUNT(*)`.
    private func defaultAlias(of value: Value) -> String {
        switch value {
        case .operation(.call(let name), _): name
        case .operation(.subquery, _): "exists"
        default: "?column?"
        }
    }

    private mutating func fromClause(into read: inout Read) {
        fromItem(into: &read, isFirst: true)
        while !atStatementEnd {
            if take(symbol: ",") {
                _ = take("lateral")
                fromItem(into: &read, isFirst: false)
            } else if ["join", "inner", "left", "right", "full", "cross", "natural", "outer"].contains(current.text), current.kind == .word {
                while ["inner", "left", "right", "full", "cross", "natural", "outer"].contains(current.text) { advance() }
                guard take("join") else { return }
                _ = take("lateral")
                fromItem(into: &read, isFirst: false)
                if take("on") { _ = expression() }
                if take("using") { skipParentheses() }
            } else {
                return
            }
        }
    }

    private mutating func fromItem(into read: inout Read, isFirst: Bool) {
        _ = take("only")
        if current.isSymbol("(") {
            let close = matchingClose()
            advance()
            if let inner = select() {
                if isFirst {
                    read.table = inner.table
                    read.filters += inner.filters
                } else if let table = inner.table {
                    read.joined.append(table)
                }
            }
            at = max(at, close)
            _ = take(symbol: ")")
        } else if let table = name() {
            if current.isSymbol("(") {
                skipParentheses()
            } else if isFirst {
                read.table = table
            } else if read.joined.count < 40 {
                read.joined.append(table)
            }
        }
        _ = take("as")
        if [.word, .identifier].contains(current.kind), !isClause(current), !Self.afterTable.contains(current.text) || current.kind == .identifier {
            advance()
            if current.isSymbol("(") { skipParentheses() }
        }
        if take("indexed") { while take("by") || (current.kind == .identifier) { advance() } }
    }

    private static let afterTable: Set<String> = [
        "join", "inner", "left", "right", "full", "cross", "natural", "outer", "on", "using", "set", "tablesample", "indexed", "use", "force", "returning",
        "values", "when",
    ]

    private mutating func tail(of read: inout Read) {
        var limitsToOne = false
        while !atStatementEnd, !current.isSymbol(")") {
            if take("group") {
                read.aggregate = .rows
            } else if take("limit") {
                limitsToOne = current.text == "1"
            } else if take("fetch") {
                _ = take("first") || take("next")
                limitsToOne = current.text == "1" || current.isWord("row")
            } else if current.isWord("for"), peek().isWord("update") || peek().isWord("share") || peek().isWord("no") || peek().isWord("key") {
                advance()
                // FOR KEY SHARE lets everything be changed but the key.
                read.lock = current.isWord("share") ? .share : current.isWord("key") ? nil : .update
                while !atStatementEnd, !current.isSymbol(")") {
                    if current.isWord("skip") { read.lock = .skipLocked }
                    advance()
                }
                break
            } else if take(words: "lock", "in", "share", "mode") {
                read.lock = .share
            } else if current.isWord("union") || current.isWord("except") || current.isWord("intersect") {
                advance()
                _ = take("all")
                let own = nested
                if let other = select() { read.nested.append(other) }
                nested = own
                break
            } else if current.isSymbol("(") {
                skipParentheses()
            } else {
                advance()
            }
        }
        if limitsToOne, read.aggregate == .rows { read.aggregate = .row }
    }

    /// `SELECT pg_advisory_xact_lock(…)`, `SELECT GET_LOCK(…)`: the statement at hand takes a lock.
    var advisoryLock: Lock? {
        var index = at - 1
        while index >= 0, !tokens[index].isSymbol(";") {
            if tokens[index].kind == .word, tokens[index].text.contains("advisory"), tokens[index].text.contains("lock"),
                !tokens[index].text.contains("unlock"),
                // Whoever does not look at the answer holds nothing.
                !tokens[index].text.contains("try")
            {
                return Lock(.advisory, key: .literal(.string(tokens[index].text)))
            }
            if tokens[index].isWord("get_lock") { return Lock(.advisory, key: .unknown) }
            index -= 1
            if at - index > 40 { return nil }
        }
        return nil
    }
}

extension Value {
    /// A SELECT of its own, also as `coalesce((SELECT …), 0)` and `(SELECT …)::int`.
    fileprivate var isSubquery: Bool {
        switch self {
        case .operation(.subquery, let parts): parts.first != .name("exists")
        case .operation(.call, let parts): parts.first?.isSubquery == true
        default: false
        }
    }

    /// `capacity - count(*)`, `10 - coalesce(sum(seats), 0)`
    fileprivate var subtractsAggregate: Bool {
        switch self {
        case .operation(.subtract, let parts): parts.dropFirst().contains(where: \.holdsAggregate) && parts.first?.holdsAggregate == false
        case .operation(.call("coalesce"), let parts): parts.first?.subtractsAggregate == true
        case .operation(.call("greatest"), let parts): parts.contains(where: \.subtractsAggregate)
        default: false
        }
    }

    private var holdsAggregate: Bool {
        parts.contains { if case .operation(.call(let name), _) = $0 { ["count", "sum", "total"].contains(name) } else { false } }
    }

    /// `amount` of `coalesce(sum(amount), 0)`.
    fileprivate var aggregatedColumn: String? {
        guard case .operation(.call(let name), let operands) = self else { return nil }
        if name == "coalesce" { return operands.first?.aggregatedColumn }
        guard ["sum", "total", "max", "min"].contains(name), case .column(let column)? = operands.first else { return nil }
        return column
    }
}
