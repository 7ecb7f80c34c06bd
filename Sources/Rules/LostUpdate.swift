import Flow

// A value that was read is written back, with or without a change: what others have written meanwhile is lost.
extension Stale {
    // MARK: A value computed from what was read

    static func computed(_ act: Act, _ paths: Paths) -> [Stale] {
        act.write.changed.compactMap { assignment in
            guard !assignment.isRelative, !Naming.isOrder(assignment.column) else { return nil }
            guard let source = paths.source(of: assignment.value, in: act.write.table) else { return recounted(assignment, act, paths) }
            if source.isMerged, let table = act.write.table.flatMap({ paths.schema.table($0) }), !table.isDocument(assignment.column) { return nil }
            let isSameColumn = source.columns.contains { Naming.same($0, assignment.column) }
            guard isSameColumn || (source.isArithmetic && source.isOwn && Naming.isQuantity(assignment.column)) else { return nil }
            // Another row than the one that was read.
            if act.write.operation != .update, case .read(let read)? = paths.steps[source.step]?.kind, act.write.inserts(another: read) { return nil }
            // The value that was read stands in the WHERE: an optimistic lock.
            if let guarding = (act.write.filters + (act.write.conflict?.filters ?? [])).first(where: { filter in
                source.columns.contains { Naming.same($0, filter.column) } || act.write.compares(filter, withRowOf: source.step)
            }) {
                return paths.usesOutcome(of: act) || act.write.isPartlyUnknown
                    ? nil : Stale(source.step, nil, .ignored(column: guarding.column), .medium, paths)
            }
            // A switch that somebody sees and turns over, and what is noted in a log.
            let isGiven = if case .read(let read)? = paths.steps[source.step]?.kind { read.standsFor == .given } else { false }
            let isSwitch = if case .operation(.not, _) = assignment.value { true } else { false }
            if isGiven, isSwitch { return nil }
            let isPart = source.isMerged && !source.isArithmetic
            let isNote =
                isSwitch || act.write.table.map(Naming.isJournal) == true && !Naming.isQuantity(assignment.column)
                || isPart && !source.isList && (Naming.isSetting(assignment.column) || act.write.table.map(Naming.isSetting) == true)
            let confidence: Confidence =
                isNote ? .low : source.isArithmetic && isSameColumn ? .high : source.isArithmetic || isSameColumn && source.isMerged ? .medium : .low
            return Stale(source.step, nil, isPart ? .merged(column: assignment.column) : .computed(column: assignment.column), confidence, paths)
        }
    }

    /// `SET attendees = (what was counted a moment ago)`: the count of other rows, written as a plain number.
    private static func recounted(_ assignment: Assignment, _ act: Act, _ paths: Paths) -> Stale? {
        guard Naming.isQuantity(assignment.column), act.write.table.map(Naming.isJournal) != true, let check = paths.countedStep(assignment.value) else {
            return nil
        }
        return Stale(check, nil, .recounted(column: assignment.column), .medium, paths)
    }

    // MARK: A row that is written as a whole

    /// `wallet = get(id)`, `wallet.title = …`, `save(wallet)`: the balance of a moment ago is written with it.
    static func carried(_ act: Act, _ paths: Paths, _ project: Project) -> [Stale] {
        guard act.write.isWhole, act.write.operation == .update, let table = act.write.table else { return [] }
        // What is only copied is not touched either.
        let written = Set(act.write.assignments.filter { !$0.copiesItself }.map { Naming.fold($0.column) })
        let columns = project.computedColumns(of: table).filter { Naming.isQuantity($0) && !written.contains(Naming.fold($0)) }
        guard let column = columns.min() else { return [] }
        return paths.origins(of: act.write.filters.map(\.value), in: table).compactMap { Stale($0, nil, .carried(column: column), .medium, paths) }
    }
}

extension Write {
    /// What rows that were there before are given.
    var changed: [Assignment] {
        switch operation {
        case .insert, .upsert:
            guard let conflict, conflict.action == .update, !conflict.assignments.isEmpty else { return operation == .upsert ? assignments : [] }
            return conflict.assignments.map { change in
                // `SET n = excluded.n`
                guard case .name(let name) = change.value, name.hasPrefix("excluded."),
                    let given = assignments.last(where: { Naming.same($0.column, String(name.dropFirst(9))) })
                else { return change }
                return Assignment(change.column, given.value)
            }
        case .update: return assignments
        case .delete: return []
        }
    }

    /// It makes or changes a row of another key than the one that was asked for: today's, from yesterday's.
    fileprivate func inserts(another read: Read) -> Bool {
        let keys = conflict?.columns ?? []
        return read.filters.contains { asked in
            guard asked.comparison == .equal, asked.value != .unknown, keys.isEmpty || keys.contains(where: { Naming.same($0, asked.column) }),
                let given = assignments.last(where: { Naming.same($0.column, asked.column) })?.value
            else { return false }
            return given != asked.value && given != .unknown
        }
    }
}

extension Assignment {
    /// The column gets what was read of it.
    fileprivate var copiesItself: Bool {
        switch value {
        case .member(_, column): true
        case .operation(.conditional, let parts) where parts.count == 3: parts.dropFirst().contains { Assignment(column, $0).copiesItself }
        default: false
        }
    }
}

extension Write {
    /// What changes with every write is as it was read: a version, an etag, the moment of the last change.
    func compares(_ filter: Predicate, withRowOf check: StepID) -> Bool {
        if filter.column.lowercased() == "version" { return true }
        guard filter.comparison == .equal, filter.value.steps.contains(check) else { return false }
        return Naming.words(filter.column).contains("updated") || assignments.contains { Naming.same($0.column, filter.column) }
    }
}

extension Schema.Table {
    /// The column may hold a list or an object: what is added to a relation is a row of its own, and what the model does not
    /// declare is no column.
    fileprivate func isDocument(_ name: String) -> Bool {
        guard !columns.isEmpty else { return true }
        return relations[name.lowercased()] == nil && (holds(name) || columns.contains { $0.hasPrefix(name.lowercased() + ".") })
    }
}
