import Flow

// What a count-then-insert finding offers in place of check and act, and how it is written down.
extension Check {
    func cure(_ act: Act, _ paths: Paths) -> Cure? {
        switch kind {
        case .cap(let limit):
            guard let period, !act.write.letsPass, !isUncountable else { return nil }
            let assigned = scope.map { Assignment(paths.stored(Self.plain($0.column), of: read.table), $0.value) }
            // The counter's own columns have these names.
            guard !assigned.contains(where: { ["period", "ymd", "count"].contains($0.column.lowercased()) }) else { return nil }
            return .counter(
                Cure.Counter(
                    name: "\(paths.spelled(act.write.table))_count", scope: assigned, period: period, cap: limit,
                    counted: period == .forever ? counted(paths) : nil))
        case .absence:
            // The row itself is none of the others.
            let filters = read.filters.filter { !($0.comparison == .notEqual && ["id", "pk"].contains($0.column.lowercased())) }
            let keys = Wording.keys(filters)
            guard !keys.isEmpty, !filters.contains(where: { $0.leavesOpen || $0.isOfFunction }), !read.isPartlyUnknown else { return nil }
            // Rows whose column is NULL never collide: a partial index says for which rows the key counts.
            // So it does where the check asks for a constant.
            let some = filters.filter { $0.value.isWritten || $0.comparison == .isNull || $0.comparison == .isNotNull }.map { filter in
                // Libraries take a list for "one of these".
                if case .list = filter.value, filter.comparison == .equal { Predicate(filter.column, .oneOf, filter.value) } else { filter }
            }
            let own = keys.filter { key in !some.contains { $0.column == key } }
            // MySQL has no partial indexes.
            if act.write.api?.dialect == .mysql, !some.isEmpty, !own.isEmpty { return nil }
            let columns = own.isEmpty ? keys : own
            return .key(Cure.Key(columns: columns, rows: own.isEmpty ? [] : some, nullable: columns.first { Naming.same($0, nullColumn) }))
        case .quantity(_, let isCountedUp): return .supply(isCountedUp: isCountedUp)
        case .flag: return nil
        }
    }

    /// Amounts are no slots, and rows that leave the count as time goes by give theirs back to nobody.
    /// So are rows of which it is not known which they are, or that are alike in what a function makes of them.
    var isUncountable: Bool {
        adds || period == nil || read.isPartlyUnknown || read.filters.contains { $0.comparison == .other || $0.isOfFunction }
    }

    /// An index over the same functions can be written down: of others, such as parts of a document, the arguments are not known.
    private var isOfFunctions: Bool {
        read.filters.contains(where: \.isOfFunction)
            && read.filters.allSatisfy { $0.comparison == .equal && !$0.column.isEmpty && !$0.isOfTime && !$0.isDisguised }
    }

    /// What is compared with the cap is no number of rows.
    var adds: Bool { read.aggregate == .sum || read.aggregate == .maximum || read.columns.contains { $0.aggregate == .sum || $0.aggregate == .maximum } }

    /// The time over which rows are counted: all of it, or one day of the calendar; nil for any other stretch, where the check looks
    /// ahead, and where it looks at two moments of a row.
    private var period: Cure.Counter.Period? {
        let moments = read.filters.filter { filter in
            filter.isOfTime || (filter.comparison.isOrdering && (Naming.isMoment(filter.column) || filter.value.isClock))
        }
        guard let column = moments.first?.column else { return .forever }
        let isDay = moments.allSatisfy { Naming.same($0.column, column) && ($0.isOfDay || $0.value.isOneDay(isSetBack: isSetToMidnight)) } && !column.namesEnd
        return isDay ? .day : nil
    }

    /// The equalities that differ from row to row. A NULL is like no other: as a column of the counter's key it would let every row
    /// pass.
    private var scope: [Predicate] {
        let own = read.filters.filter { $0.comparison == .equal && !$0.value.isConstant && !$0.column.isEmpty && !$0.isOfTime }
        return own.enumerated().filter { at, filter in !own[..<at].contains { $0.column == filter.column } }.map(\.element)
    }

    /// What is asked besides, where all of it is constant and about columns of the counted table.
    private func counted(_ paths: Paths) -> [Predicate]? {
        let fixed = read.filters.filter { $0.value.isConstant && !$0.column.isEmpty && $0.comparison != .other }
        guard !(scope + fixed).contains(where: { Self.plain($0.column) != $0.column }), read.filters.count == scope.count + fixed.count, !read.isPartlyUnknown,
            fact.relation == nil
        else { return nil }
        // A row that belongs to nobody has no counter to be counted in.
        let open = scope.filter { paths.schema.table(read.table ?? "")?.allowsNull($0.column) == true }
        return (fixed + open.map { Predicate($0.column, .isNotNull, .literal(.null)) }).map { paths.stored($0, of: read.table, isWritten: false) }
    }

    /// `owner_id` for `project__owner_id`: what a column of the counter's own is called.
    private static func plain(_ column: String) -> String {
        let parts = column.replacing("__", with: ".").split(separator: ".")
        return parts.last.map(String.init) ?? column
    }

    // MARK: In words

    func remedy(_ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, dialect = api?.dialect, source = paths.quoted(read.table, api), filters = read.filters.map { paths.stored($0, of: read.table) }
        switch (kind, cure(act, paths)) {
        case (_, .counter(var counter)?):
            counter.counted = counter.counted?.map { paths.stored($0, of: read.table) }
            return claim(counter, source, api) + migration(counter, api)
        case (_, .key(let key)?): return unique(key, act, paths)
        case (.cap, _) where act.write.letsPass:
            let parent = read.filters.first { $0.comparison == .equal }.map { Wording.value($0.value) } ?? ":parent"
            return "PERFORM 1 FROM … WHERE id = \(parent) FOR UPDATE;  -- the row that holds the cap\n-- now count, and RETURN NEW or RAISE"
        case (.absence, _) where isOfFunctions && dialect != .mysql: return uniqueExpression(act, paths)
        case (.cap, _), (.absence, _):
            return
                "BEGIN;\nSELECT 1 FROM … WHERE id = :parent FOR UPDATE;  -- the row to which the new one belongs\n-- now check and insert\nCOMMIT;"
        case (.quantity(let name, let isCountedUp), _):
            let column = Wording.name(paths.stored(name, of: read.table), api), identity = Wording.identity(filters, api)
            let condition = isCountedUp ? "\(column) + :quantity <= \(limit(of: name, paths, api))" : "\(column) >= :quantity"
            return Wording.tested(
                "UPDATE \(source) SET \(column) = \(column) \(isCountedUp ? "+" : "-") :quantity\nWHERE \(identity) AND \(condition)",
                returning: column, dialect, otherwise: isCountedUp ? "the limit is reached, stop here" : "not enough left, stop here")
        case (.flag(let name), _):
            let column = Wording.name(paths.stored(name, of: read.table), api)
            return Wording.tested(
                "UPDATE \(source) SET \(column) = \(Wording.parameter(name, "new_"))\nWHERE \(Wording.identity(filters, api)) AND \(column) = \(Wording.parameter(name, "expected_"))",
                dialect,
                otherwise: "somebody else was first, stop here")
        }
    }

    private func limit(of column: String, _ paths: Paths, _ api: API?) -> String {
        guard let bound = fact.decision.bound(of: column, readBy: fact.step) else { return ":limit" }
        return if case .column(let other) = bound.value { Wording.name(paths.stored(other, of: read.table), api) } else {
            Wording.sql(bound.value, "limit", api)
        }
    }

    private func unique(_ key: Cure.Key, _ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, dialect = api?.dialect, table = paths.quoted(act.write.table, api)
        let stored = key.columns.map { paths.stored($0, of: act.write.table) }
        let columns = stored.map { Wording.name($0, api) }.joined(separator: ", ")
        let rows = key.rows.isEmpty ? "" : " WHERE " + Wording.conditions(key.rows.map { paths.stored($0, of: act.write.table) }, api)
        if rows.isEmpty, key.nullable == nil, let unique = Wording.unique(over: key.columns, stored: stored, act) { return unique }
        let isUpdate = act.write.operation == .update, refused = "-- the UPDATE of whoever comes second fails: catch that, and say that it is taken"
        if dialect == .mysql {
            return "ALTER TABLE \(table) ADD UNIQUE KEY (\(columns));\n"
                + (isUpdate ? refused : Wording.tested("INSERT IGNORE INTO \(table) (\(columns), …) VALUES (…)", dialect, otherwise: "somebody else was first"))
        }
        // SQLite cannot be told that a NULL is like any other: there its key is over what stands for it.
        let isCoalesced = dialect == .sqlite && key.nullable != nil
        let own = zip(key.columns, stored).map { field, column in
            isCoalesced && field == key.nullable ? "coalesce(\(Wording.name(column, api)), '')" : Wording.name(column, api)
        }
        let collide = !isCoalesced && key.nullable != nil ? " NULLS NOT DISTINCT" : ""
        return
            "CREATE UNIQUE INDEX \(Cure.Key.name(on: paths.spelled(act.write.table), stored)) ON \(table) (\(own.joined(separator: ", ")))\(collide)\(rows);\n"
            + (isUpdate
                ? refused
                : Wording.tested(
                    "INSERT INTO \(table) (\(columns), …) VALUES (…)\nON CONFLICT (\(own.joined(separator: ", ")))\(rows) DO NOTHING", dialect,
                    otherwise: "somebody else was first"))
    }

    /// A key over what a function makes of columns: `lower(email)`.
    private func uniqueExpression(_ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, table = paths.quoted(act.write.table, api)
        let filters = read.filters.map { paths.stored($0, of: read.table) }
        let parts = filters.map { filter in filter.through.map { "\($0)(\(Wording.name(filter.column, api)))" } ?? Wording.name(filter.column, api) }
        let name = Cure.Key.name(on: paths.spelled(act.write.table), filters.map(\.column)), key = parts.joined(separator: ", ")
        return "CREATE UNIQUE INDEX \(name) ON \(table) (\(key));\n"
            + Wording.tested("INSERT INTO \(table) (…) VALUES (…)\nON CONFLICT (\(key)) DO NOTHING", api?.dialect, otherwise: "somebody else was first")
    }

    /// The slot counter's one statement; MySQL, which has no RETURNING, makes the row first and then counts under a condition.
    private func claim(_ counter: Cure.Counter, _ source: String, _ api: API?) -> String {
        let dialect = api?.dialect, name = Wording.name(counter.name, api)
        let cap = if case .literal(.number(let number)) = counter.cap { number } else { ":cap" }
        let key = counter.key.map { (column: Wording.name($0.column, api), value: Wording.sql($0.value, $0.column, api)) }
        let columns = key.map(\.column).joined(separator: ", "), values = key.map(\.value).joined(separator: ", ")
        let full = "the cap is reached, stop here"
        let claim =
            if dialect == .mysql {
                "INSERT IGNORE INTO \(name) (\(columns), count) VALUES (\(values), 0);\n"
                    + Wording.tested(
                        "UPDATE \(name) SET count = count + 1\nWHERE \(key.map { "\($0.column) = \($0.value)" }.joined(separator: " AND ")) AND count < \(cap)",
                        dialect, otherwise: full)
            } else {
                Wording.tested(
                    """
                    INSERT INTO \(name) (\(columns), count)
                    SELECT \(values), 1 WHERE \(cap) >= 1
                    ON CONFLICT (\(columns)) DO UPDATE SET count = \(name).count + 1
                      WHERE \(name).count < \(cap)
                    """, returning: "count", dialect, otherwise: full)
            }
        guard counter.period == .forever else { return claim }
        let row = key.map { "\($0.column) = \($0.value)" }.joined(separator: " AND ")
        return claim + start(counter, name, source, api)
            + "\n-- where one is given back: UPDATE \(name) SET count = count - 1 WHERE \(row) AND count > 0;"
    }

    /// A counter that never begins anew must know of the rows that are there.
    private func start(_ counter: Cure.Counter, _ name: String, _ source: String, _ api: API?) -> String {
        guard let fixed = counter.counted else { return "\n-- and once, for each scope, the number of rows that are there" }
        let columns = counter.key.map { Wording.name($0.column, api) }.joined(separator: ", ")
        let own = counter.scope.map { Wording.name($0.column, api) }
        let values = (own.isEmpty ? ["'all'"] : own) + ["'always'", "count(*)"]
        let rows = fixed.isEmpty ? "" : " WHERE " + Wording.conditions(fixed, api)
        let groups = own.isEmpty ? "" : " GROUP BY " + own.joined(separator: ", ")
        return "\n-- once: INSERT INTO \(name) (\(columns), count) SELECT \(values.joined(separator: ", ")) FROM \(source)\(rows)\(groups);"
    }

    /// The command that makes its table, for a counter that has one column beside its period; else what the table must have.
    private func migration(_ counter: Cure.Counter, _ api: API?) -> String {
        let key = counter.key.map { Wording.name($0.column, api) }.joined(separator: ", ")
        guard let column = counter.scopeColumn else { return "\n-- \(counter.name) has PRIMARY KEY (\(key)) and count integer NOT NULL" }
        let cap = if case .literal(.number(let number)) = counter.cap { [("cap", number)] } else { [(String, String)]() }
        let period = counter.period == .day ? [] : [("period", counter.period.rawValue)]
        return Wording.migration("counter", [("table", counter.name), ("scope", column)] + cap + period, api)
    }
}

extension Predicate {
    /// It asks for more rows than one key, partial or not, can hold apart.
    fileprivate var leavesOpen: Bool {
        comparison.isOrdering || comparison == .other || ([.notEqual, .oneOf, .notOneOf].contains(comparison) && !value.isWritten)
    }

    /// It compares what a function makes of the column.
    fileprivate var isOfFunction: Bool { through != nil && !isOfTime }
}

extension Value {
    /// The beginning of this day. The last 24 hours are none: a counter of each day would let twice as many through in them.
    /// - Parameter isSetBack: what is written as the present moment was set back to midnight afterwards: no row is younger than now.
    fileprivate func isOneDay(isSetBack: Bool) -> Bool {
        if isMoment, children.isEmpty { return isSetBack }
        if parts.contains(where: \.cutsToDay) { return true }
        if case .operation(.subtract, _) = self { return false }
        // `startOfDay.toISOString()` is of the moment, and of what a call of the project may have given.
        let moments = children.filter(\.isTime)
        return moments.count == 1 && moments[0].isOneDay(isSetBack: isSetBack)
    }

    /// Constants alone.
    fileprivate var isWritten: Bool { if case .list(let items) = self { !items.isEmpty && items.allSatisfy(\.isConstant) } else { isConstant } }
}
