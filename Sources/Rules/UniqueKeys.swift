import Flow

// Whether a unique key makes a test for absence safe.
extension Check {
    /// What the schema's keys say about a check for absence; false where they make it safe.
    mutating func judgeKeys(_ act: Act, _ paths: Paths, _ project: Project) -> Bool {
        let checked = Wording.keys(read.filters)
        let handlesConflict = paths.looksAtFailure(of: act) || act.write.findsOnConflict
        guard let name = act.write.table, let table = project.schema.table(name) else {
            if paths.uses.namesUniqueViolation || act.write.findsOnConflict { return false }
            reason = ""
            return true
        }
        // Two that pass the same check insert the same there: what was checked, what is computed from it, constants.
        let known = Set(read.filters.filter { $0.comparison == .equal && $0.through == nil }.map(\.value))
        let names = (checked + act.write.assignments.filter { $0.value.isDetermined(by: known) }.map(\.column)).map { table.column($0) }
        let created = act.write.created(in: table)
        let keys = table.keys.filter { key in
            let names = names + (key.nullsCollide ? created.filter { $0.comparison == .isNull }.map(\.column) : [])
            return !key.columns.isEmpty && (holds(key.condition, read.filters) || holds(key.condition, created))
                && key.columns.allSatisfy { column in table.sources(of: column).allSatisfy { source in names.contains { Naming.same($0, source) } } }
        }
        let loose = read.filters.filter { $0.comparison == .other }.map { table.column($0.column) }
        // `a = ? OR b = ?` finds nobody: each column has a key of its own.
        let isEachKey = !loose.isEmpty && loose.allSatisfy { column in table.keys.contains { $0.condition == nil && $0.columns == [column] } }
        let covering = isEachKey ? table.keys.first : keys.first { Self.nullColumn(of: $0, table, act.write) == nil }
        if covering != nil {
            guard !handlesConflict else { return false }
            confidence = .low
            reason = "the unique key makes the second insert fail, and nothing handles that"
            return true
        }
        // Looked for by what is no column: rows of another table decide, and its keys.
        if !table.columns.isEmpty, !table.relations.isEmpty, !checked.isEmpty,
            !checked.contains(where: table.holds)
        {
            confidence = .low
            return true
        }
        let isWhole = !checked.isEmpty && loose.isEmpty && read.openFilters.isEmpty && !read.partlyUnknown
        if !isWhole {
            // Which rows were looked for is not known, so neither is whether a key covers them.
            let asksForAnyRow = read.filters.isEmpty && read.openFilters.isEmpty && !read.partlyUnknown
            confidence = checked.isEmpty && !asksForAnyRow ? .low : .medium
        } else if !table.keys.isEmpty || !table.columns.isEmpty {
            confidence = .high
            nullColumn = keys.first.flatMap { Self.nullColumn(of: $0, table, act.write) }
            if let column = nullColumn {
                reason = "rows whose `\(column)` is NULL do not collide"
                return true
            }
            // The code expects a key. It may mean one over more columns; else a migration that is not here may have added it.
            let hasWider = table.keys.contains { key in
                !key.isPrimary && !key.isExpression && key.condition == nil && key.columns.count > checked.count
                    && checked.allSatisfy { key.columns.contains(table.column($0)) }
            }
            if paths.uses.namesUniqueViolation { confidence = hasWider ? .medium : .low }
            reason = "no unique key on `\(name)` (\(checked.joined(separator: ", ")))"
        }
        return true
    }

    /// The column through which two rows pass by a key: it may hold NULL, and the insert may leave it so.
    private static func nullColumn(of key: Schema.UniqueKey, _ table: Schema.Table, _ write: Write) -> String? {
        guard !key.isExpression, !key.nullsCollide else { return nil }
        return key.columns.first { column in
            guard table.nullable.contains(column) else { return false }
            if let assigned = write.assignments.last(where: { Naming.same(table.column($0.column), column) }) { return assigned.value.mayBeNull }
            return !write.assignments.isEmpty && !write.partlyUnknown && !table.defaults.contains(column)
        }
    }

    /// A partial index protects only the rows that its condition describes: the check must have asked for the same.
    private func holds(_ condition: [Predicate]?, _ filters: [Predicate]) -> Bool {
        (condition ?? []).allSatisfy { wanted in
            filters.contains { Naming.same($0.column, wanted.column) && $0.comparison == wanted.comparison && isSame($0.value, wanted.value) }
        }
    }

    /// Constants are compared without case: `Status.Pending` is the state 'pending'.
    private func isSame(_ a: Value, _ b: Value) -> Bool {
        if let one = a.stringLiteral, let other = b.stringLiteral { return Naming.same(one, other) }
        return a == b
    }
}

extension Write {
    /// What is true of the rows that it makes: the constants, and no value where it gives none.
    fileprivate func created(in table: Schema.Table) -> [Predicate] {
        let constants = assignments.filter { $0.value.isConstant }.map { Predicate($0.column, $0.value == .literal(.null) ? .isNull : .equal, $0.value) }
        guard !assignments.isEmpty, !isPartlyUnknown else { return constants }
        let named = Set(assignments.map { table.column($0.column) })
        let empty = table.nullable.filter { !named.contains($0) && !table.defaults.contains($0) && !named.contains($0 + "_id") }
        return constants + empty.sorted().map { Predicate($0, .isNull, .literal(.null)) }
    }
}

extension Value {
    /// It is one of these values, a constant, or computed from nothing else.
    func isDetermined(by known: Set<Value>) -> Bool {
        if known.contains(self) { return self != .unknown }
        switch self {
        case .literal(.null): return false
        case .literal: return true
        case .operation(.call(let name), let operands):
            return !operands.isEmpty && !Self.neverSame.contains { name.contains($0) }
                && operands.allSatisfy { $0.isDetermined(by: known) }
        case .operation(_, let operands): return operands.allSatisfy { $0.isDetermined(by: known) }
        case .outcome, .member, .parameter, .input, .column, .name, .object, .list, .either, .unknown: return false
        }
    }

    /// Calls that give another value each time.
    private static let neverSame = [
        "random", "uuid", "nanoid", "cuid", "Date", "nextval", "serial", "sequence", "salt", "sign", "token", "now", "clock", "time",
    ]

    /// The code itself says that it may be NULL. A value of which nothing is known is taken for one.
    fileprivate var mayBeNull: Bool {
        switch self {
        case .literal(.null), .name("undefined"): true
        case .either(let items): items.contains(where: \.mayBeNull)
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.last?.mayBeNull ?? false
        case .operation(.conditional, let parts): parts.dropFirst().contains(where: \.mayBeNull)
        case .literal, .outcome, .member, .parameter, .input, .column, .name, .operation, .object, .list, .unknown: false
        }
    }
}
