import Flow

extension Rule {
    /// A row is read, a branch or a computation uses what it said, and the row is then written as if it still said so.
    package static let selectThenUpdate = Rule(
        id: "select-then-update", summary: "A row is checked or computed from, then written without repeating the condition", severity: .error
    ) { paths, project in
        paths.acts.compactMap { act in
            guard act.write.operation != .insert || !act.write.changed.isEmpty else { return nil }
            return Stale(act, paths, project)?.finding(act, paths)
        }
    }
}

/// What makes a write rest on a row that may have changed.
struct Stale {
    let check: StepID
    let read: Read
    let span: Span
    let decision: Decision?
    let kind: Kind
    var confidence: Confidence
    /// What the code demanded of the column.
    var allowed: [Predicate] = []
    var isExact = false
    /// The row ends the same however often it is done.
    var isIdempotent = false

    enum Kind {
        /// A column was tested, and the write does not test it again.
        case condition(column: String)
        /// The written value was computed from the value that was read.
        case computed(column: String)
        /// A list or an object that was read is written back with a part of it changed.
        case merged(column: String)
        /// The written number was counted over other rows a moment ago.
        case recounted(column: String)
        /// The write tests the column, but nobody asks whether it changed a row.
        case ignored(column: String)
        /// The write is guarded and looked at, but money has moved before it.
        case late(column: String)
        /// A single-use row was found, and is deleted by key.
        case consumed
        /// The row is written back as a whole, with a number that others count.
        case carried(column: String)
        /// There were enough rows left to do without this one.
        case lastOne
    }

    init?(_ act: Act, _ paths: Paths, _ project: Project) {
        guard !paths.isOwnRow(act) else { return nil }
        if act.comparesVersion(project) { return nil }
        var candidates = Self.computed(act, paths)
        if act.write.operation != .insert {
            candidates += Self.conditions(act, paths) + Self.consumptions(act, paths) + Self.carried(act, paths, project)
        }
        for at in candidates.indices where candidates[at].isIdempotent && candidates[at].hasRivals(act, project) {
            candidates[at].isIdempotent = false
            candidates[at].confidence = .medium
        }
        // What was tested by courtesy first, and is tested again under a lock.
        let held = paths.holdsRows ? paths.facts(of: act).filter { paths.protection(of: $0.step, act) != nil && paths.isRow(of: act, readBy: $0.step) } : []
        let open = candidates.filter { one in
            paths.protection(of: one.check, act) == nil && !held.contains { $0.step > one.check && $0.meaning.tests(asDoes: one.kind) }
        }
        guard
            var best = open.enumerated().max(by: { a, b in
                (a.element.confidence, paths.closeness(of: a.element.check, to: act.step), a.element.rank, -a.offset)
                    < (b.element.confidence, paths.closeness(of: b.element.check, to: act.step), b.element.rank, -b.offset)
            })?.element
        else { return nil }
        if paths.blocks(best.check, act) { best.confidence = .low }
        // A brake on guessing is no cap: a few guesses more at once change nothing.
        if act.write.table.map(Naming.brakesGuessing) == true { best.confidence = .low }
        if let table = act.write.table.flatMap({ project.schema.table($0) }), best.isRefused(by: table, act) { return nil }
        // A relation is no column: what was read of it stands in other rows.
        if case .condition(let column) = best.kind, let table = act.write.table, project.schema.table(table)?.relations[column.lowercased()] != nil {
            best.confidence = .low
        }
        best.collectConditions(act, paths)
        self = best
    }

    /// Other code sets the status to something else, which may come between test and write.
    private func hasRivals(_ act: Act, _ project: Project) -> Bool {
        guard case .condition(let column) = kind, Naming.isStatus(column), let table = act.write.table, let changes = project.changed[ColumnName(table, column)]
        else { return false }
        let own = act.write.assignments.first { Naming.same($0.column, column) }?.value.possibleStrings ?? []
        return changes.setsAny || !changes.states.subtracting(own).isEmpty
    }

    /// What the path demanded of the row, all of it: a remedy that repeats one test of several lets through what the others refuse.
    private mutating func collectConditions(_ act: Act, _ paths: Paths) {
        guard case .condition(let column) = kind, let first = allowed.first else { return }
        // Where one test of several is enough, the one at hand would keep out what the others let in.
        if let states = decision?.choice(of: column, readBy: check) {
            return allowed = states.isEmpty ? [] : [Predicate(first.column, .oneOf, .list(states))]
        }
        let api = act.write.api, table = act.write.table.flatMap { paths.schema.table($0) }
        var tests: [Predicate] = []
        for fact in paths.facts(of: act) where fact.step == check {
            guard case .column(let tested, let op, let other) = fact.meaning, Naming.same(tested, column), op?.isOrdering != true else { continue }
            let new = act.write.assignments.first { Naming.same($0.column, column) }?.value
            guard let demand = Wording.demand(column, op, other, writing: new, within: nil, table) else { continue }
            let text = Wording.demanded(demand, api)
            if !tests.contains(where: { Wording.demanded($0, api) == text }) { tests.append(demand) }
        }
        // The state that it must have says all.
        if let exact = tests.first(where: { ($0.comparison == .equal && $0.value != .unknown) || [.oneOf, .isNull].contains($0.comparison) })
            ?? tests.first(where: { $0.comparison == .equal })
        {
            return allowed = [exact]
        }
        guard tests.contains(where: { Wording.demanded($0, api) == Wording.demanded(first, api) }) else { return }
        allowed = tests
    }

    /// A CHECK refuses the second decrease, a trigger the second change.
    private func isRefused(by table: Schema.Table, _ act: Act) -> Bool {
        guard case .condition(let column) = kind else { return false }
        let name = table.column(column)
        return table.guarded.contains(name)
            || (table.bounded.contains(name) && act.write.assignments.contains { $0.isRelative && Naming.same($0.column, column) })
    }

    /// The test for the very state that is written matters most, and the read without a lock more than the one with.
    private var rank: Int { (isExact ? 2 : 0) + (read.lock == nil ? 1 : 0) }

    init?(_ check: StepID, _ decision: Decision?, _ kind: Kind, _ confidence: Confidence, _ paths: Paths) {
        guard case .read(let read)? = paths.steps[check]?.kind, let span = paths.steps[check]?.span else { return nil }
        self.check = check
        self.read = read
        self.span = span
        self.decision = decision
        self.kind = kind
        self.confidence = confidence
    }

    // MARK: A row that works once

    private static func consumptions(_ act: Act, _ paths: Paths) -> [Stale] {
        guard act.write.operation == .delete, let table = act.write.table, Naming.isSingleUse(table), !paths.usesOutcome(of: act), !act.write.filters.isEmpty
        else { return [] }
        // Deleting is harmless in itself; the harm is what the holder of the row is given.
        return paths.facts(of: act).compactMap { fact in
            guard case .present = fact.meaning, case .read(let read)? = paths.steps[fact.step]?.kind, Naming.same(read.table, table) else { return nil }
            let because = Set(act.later(because: fact.decision).map(\.id))
            guard
                (act.later(because: nil) + act.earlier).contains(where: { step in
                    switch step.kind {
                    // A row that takes the place of the deleted one, whether there was one or not, is given to anybody.
                    case .write(let write) where Naming.same(write.table, table):
                        return write.operation == .insert
                            && (because.contains(step.id) || write.assignments.contains { $0.value.steps.contains(fact.step) })
                    case .write(let write): return write.operation != .delete
                    case .effect(let effect): return effect.kind == .token || effect.kind == .money
                    default: return false
                    }
                })
            else { return nil }
            return Stale(fact.step, fact.decision, .consumed, .medium, paths)
        }
    }
}

extension Fact.Meaning {
    /// Both demand something of one column.
    fileprivate func tests(asDoes kind: Stale.Kind) -> Bool {
        if case .column(let one, _, _) = self, case .condition(let another) = kind { Naming.same(one, another) } else { false }
    }
}
