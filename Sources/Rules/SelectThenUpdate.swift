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
        let open = candidates.filter { paths.protection(of: $0.check, act) == nil }
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
        let api = act.write.api, table = act.write.table.flatMap { paths.schema.table($0) }
        var tests: [Predicate] = []
        for fact in paths.facts(of: act) where fact.step == check {
            guard case .column(let tested, let op, let other) = fact.meaning, Naming.same(tested, column), op?.isOrdering != true else { continue }
            let new = act.write.assignments.first { Naming.same($0.column, column) }?.value
            let demand = Wording.demand(column, op, other, writing: new, within: fact.decision.bound(of: column, readBy: check), table),
                text = Wording.demanded(demand, api)
            if !tests.contains(where: { Wording.demanded($0, api) == text }) { tests.append(demand) }
        }
        // The state that it must have says all.
        if let exact = tests.first(where: { ($0.comparison == .equal && $0.value != .unknown) || [.oneOf, .isNull].contains($0.comparison) }) {
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

    private init?(_ check: StepID, _ decision: Decision?, _ kind: Kind, _ confidence: Confidence, _ paths: Paths) {
        guard case .read(let read)? = paths.steps[check]?.kind, let span = paths.steps[check]?.span else { return nil }
        self.check = check
        self.read = read
        self.span = span
        self.decision = decision
        self.kind = kind
        self.confidence = confidence
    }

    // MARK: A value computed from what was read

    private static func computed(_ act: Act, _ paths: Paths) -> [Stale] {
        return act.write.changed.compactMap { assignment in
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

    // MARK: A condition that is not repeated

    private static func conditions(_ act: Act, _ paths: Paths) -> [Stale] {
        var found: [Stale] = []
        let origins = paths.origins(of: act.write.filters.map(\.value), in: act.write.table)
        for fact in paths.facts(of: act) {
            guard case .read(let read)? = paths.steps[fact.step]?.kind else { continue }
            // `include: {members: true}`: the rows that were counted came with their parent.
            guard
                Naming.same(read.table, act.write.table)
                    || (act.write.operation == .delete && fact.relation.map({ Naming.sameRows($0, act.write.table) }) == true)
            else { continue }
            if case .above = fact.meaning, !act.write.filters.isEmpty,
                let stale = Stale(fact.step, fact.decision, .lastOne, fact.decision.leaving == .not ? .low : .medium, paths)
            {
                found.append(stale)
            }
            // "Is there another one?", and this one goes.
            if case .present = fact.meaning, act.write.leaves(another: read), let stale = Stale(fact.step, fact.decision, .lastOne, .medium, paths) {
                found.append(stale)
                continue
            }
            if read.aggregate.isNumber || fact.relation != nil { continue }
            // Where the written row is known to come from one read, what others said about other rows decides nothing.
            if !origins.isEmpty ? !origins.contains(fact.step) : act.write.isOfAnotherRow(than: read) { continue }
            switch fact.meaning {
            case .column(let column, let op, let other):
                if let stale = judge(column, op, other, fact.step, fact.decision, act, paths) { found.append(stale) }
            // "Is it used already?", asked of the database: the condition is that it is not.
            case .absent:
                for filter in read.filters where !isIdentity(filter) && act.write.chooses(likewise: read) {
                    guard act.write.assignments.contains(where: { Naming.same($0.column, filter.column) && $0.value == filter.value }) else { continue }
                    if let stale = judge(filter.column, .notEqual, filter.value, fact.step, fact.decision, act, paths) { found.append(stale) }
                }
            case .present:
                // What the query itself asked for was found: `… WHERE token = ? AND used_at IS NULL`.
                for filter in read.filters where !isIdentity(filter) {
                    if let stale = judge(filter.column, nil, filter.value, fact.step, fact.decision, act, paths) { found.append(stale) }
                }
                if let stale = spent(by: act, read, fact, paths) { found.append(stale) }
            case .below, .above, .changed: continue
            }
        }
        // `for (const job of due) … WHERE id = job.id`: being in the list was the condition.
        for check in origins {
            guard case .read(let read)? = paths.steps[check]?.kind, !found.contains(where: { $0.check == check }) else { continue }
            for filter in read.filters where !isIdentity(filter) {
                if let stale = judge(filter.column, nil, filter.value, check, nil, act, paths) { found.append(stale) }
            }
        }
        return found
    }

    /// A row is found by its token, and the token is cleared or replaced by the key: both find it before either has done so.
    private static func spent(by act: Act, _ read: Read, _ fact: Fact, _ paths: Paths) -> Stale? {
        let token = read.filters.first { filter in
            filter.comparison == .equal && isIdentity(filter) && Naming.isSecret(filter.column)
                && !act.write.filters.contains { Naming.same($0.column, filter.column) }
                && act.write.assignments.contains {
                    Naming.same($0.column, filter.column) && ($0.value == .literal(.null) || $0.value.isFresh && Naming.worksOnce(filter.column))
                }
        }
        // Clearing it is all that it does: nobody gets anything twice.
        guard let token, act.write.assignments.contains(where: { $0.value != .literal(.null) }) || !act.later(because: fact.decision).isEmpty else {
            return nil
        }
        var stale = Stale(fact.step, fact.decision, .condition(column: token.column), .medium, paths)
        stale?.allowed = [Predicate(token.column, .equal, token.value)]
        return stale
    }

    private static func judge(_ column: String, _ op: Operator?, _ other: Value?, _ check: StepID, _ decision: Decision?, _ act: Act, _ paths: Paths) -> Stale?
    {
        guard !Naming.isTime(column) || Naming.isConsumption(column), !column.isEmpty, !Naming.isOrder(column) else { return nil }
        // Whoever knows the old password may set a new one, as often as they like.
        if Naming.isPassword(column), !Naming.isConsumption(column), op.map({ ![.not, .isNull, .isNotNull].contains($0) }) ?? true,
            other != .literal(.null)
        {
            return nil
        }
        let isPeople = act.write.table.map(Naming.isPeople) == true
        if op?.isOrdering == true, other?.isClock == true { return nil }
        let assignment = act.write.assignments.first { Naming.same($0.column, column) }
        let isWritten = assignment != nil
        // `seatsLeft === 0` turns away: as good as `seatsLeft < 1`.
        let isBound = op?.isOrdering == true || (op == .notEqual && other == .literal(.number("0")) && Naming.isQuantity(column))
        // `if (bid <= lot.bid) refuse`, `if (code === user.lastUsedCode) refuse`: what is written had to be more, or another, than what stood there.
        let isOutdone = assignment.map { $0.value == other && !$0.value.isConstant } == true
        let isKept = isOutdone && ((op == .less || op == .lessOrEqual) && Naming.isOutdone(column) || Naming.remembersUse(column))
        // `if (row.name !== name) update({name})` writes what it compared with: nothing to lose.
        if isOutdone, !isKept { return nil }
        // `if (row.code !== code) refuse`, and the code is cleared while something else is given.
        let isSpent =
            op == .equal && Naming.isSecret(column) && assignment?.value == .literal(.null) && other.map { !$0.isConstant && $0 != .unknown } == true
            && act.write.assignments.contains { !$0.value.isConstant && !$0.value.isMoment }
        let isLife =
            isKept || isSpent || Naming.isStatus(column) || Naming.isConsumption(column)
            || (isBound && (Naming.isQuantity(column) || assignment?.isRelative == true))
        let writesLife = act.write.assignments.contains {
            Naming.isStatus($0.column) || Naming.isConsumption($0.column) || $0.isRelative && !(isPeople && Naming.countsAttempts($0.column))
        }
        guard isWritten || (isLife && (writesLife || act.write.operation == .delete)) else { return nil }
        // A number that this write leaves alone is no number that it uses up.
        if op?.isOrdering == true, !isWritten { return nil }
        if let relative = assignment, relative.isRelative, !isBound { return nil }
        let isRepeated = act.write.filters.contains { Naming.same($0.column, column) || act.write.compares($0, withRowOf: check) }
        if isRepeated {
            let goesOn = act.later(because: decision).contains(where: \.kind.isConsequence)
            if paths.usesOutcome(of: act) {
                guard isLife, paths.sideEffect(before: act, after: check) != nil else { return nil }
                return Stale(check, decision, .late(column: column), .medium, paths)
            }
            guard goesOn else { return nil }
            return Stale(check, decision, .ignored(column: column), isLife ? .high : .medium, paths)
        }
        // Another column of the same row is tested instead: as good, when the result is looked at, and no id-only write in any case.
        if !paths.conditions(of: act.write).isEmpty, paths.usesOutcome(of: act) || !isWritten { return nil }
        if act.write.isPartlyUnknown, act.write.filters.isEmpty || (!act.write.openFilters.isEmpty && paths.usesOutcome(of: act)) { return nil }
        let isFilledOnce =
            isWritten && assignment?.value.isConstant == false && assignment.map({ act.write.derives($0) }) != true
            && (op == .not || op == .isNull || (op == .equal && other == .literal(.null)))
        var stale = Stale(check, decision, .condition(column: column), confidence(isLife, isWritten, isFilledOnce, decision, act), paths)
        stale?.allowed = [
            Wording.demand(
                column, op, other, writing: assignment?.value, within: decision?.bound(of: column, readBy: check),
                act.write.table.flatMap { paths.schema.table($0) })
        ]
        // What is filled in where it is empty, on a row that somebody else has read.
        if isFilledOnce, !isLife, stale?.read.standsFor == .given { stale?.confidence = .low }
        // All of somebody's rows are deleted, whichever was looked at.
        if act.write.operation == .delete, let read = stale?.read, !act.write.filters.contains(where: { $0.value.steps.contains(check) }),
            !act.write.chooses(likewise: read)
        {
            stale?.confidence = .low
        }
        // What is written would have passed the test: it keeps nobody out who comes later either.
        if op == .notEqual, let other, other.isConstant, let new = assignment?.value, new.isConstant, new != other, stale?.confidence == .high {
            stale?.confidence = .medium
        }
        // The test for the very state that is written is the one that matters.
        stale?.isExact = assignment.map { $0.value == other } ?? false
        // Setting what does not depend on the moment ends the same however often it is done, where nothing else follows.
        if act.write.assignments.allSatisfy({ $0.value.isConstant || $0.value.isMoment || act.write.derives($0) }), !act.write.isPartlyUnknown, !isLife,
            !paths.hasConsequence(of: check, decision, act)
        {
            stale?.confidence = .low
        }
        // Closed is closed, by whomever, where nothing follows that only one may do. Who uses something up, or is paid, was let in.
        if assignment.map({ endsAlike(column, op, other, $0.value) }) == true,
            act.write.assignments.allSatisfy({ $0.value.isConstant || $0.value.isMoment }), !paths.hasConsequence(of: check, decision, act)
        {
            stale?.isIdempotent = true
            stale?.confidence = .low
        }
        // A brake on guessing is no cap: a few guesses more at once change nothing.
        if isPeople, Naming.countsAttempts(column) { stale?.confidence = .low }
        // Clearing what is set ends the same however often it is done.
        if assignment?.value == .literal(.null), !isSpent, paths.sideEffect(after: act, because: decision) == nil { stale?.confidence = .low }
        // So does a mark: deleted, hidden, last seen. Only money that follows from it makes a second one matter.
        if Naming.isMark(column: column), !Naming.remembersUse(column), !act.later(because: decision).contains(where: \.kind.movesMoney) {
            stale?.confidence = .low
        }
        return stale
    }

    /// The test only asks whether the column already says what is now written.
    private static func endsAlike(_ column: String, _ op: Operator?, _ other: Value?, _ new: Value) -> Bool {
        // The second stamp says the same as the first.
        if new.isMoment { return Naming.isFinal(column) && (op == .isNull || op == .not || other == .literal(.null)) }
        if new == .literal(.boolean(false)) { return op == nil && other == nil || other == .literal(.boolean(true)) }
        let isRaised = new == .literal(.boolean(true)) && (op == .not || other == .literal(.boolean(false)))
        guard isRaised || new == other else { return false }
        if Naming.isFinal(column) { return true }
        return Naming.isStatus(column) && new.stringLiteral.map { !Naming.isPaid($0) && !Naming.isConsumption($0) } == true
    }

    private static func confidence(_ isLife: Bool, _ isWritten: Bool, _ isFilledOnce: Bool, _ decision: Decision?, _ act: Act) -> Confidence {
        let goesOn = act.later(because: decision).contains(where: \.kind.isConsequence)
        if isLife, isWritten { return .high }
        if isLife || isFilledOnce { return .medium }
        return goesOn ? .medium : .low
    }

    /// A predicate that says which row, not in which state.
    private static func isIdentity(_ filter: Predicate) -> Bool {
        switch filter.comparison {
        case .equal, .oneOf: !filter.value.isConstant
        case .like, .other: true
        case .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull, .notOneOf, .distinct: false
        }
    }

    // MARK: A row that is written as a whole

    /// `wallet = get(id)`, `wallet.title = …`, `save(wallet)`: the balance of a moment ago is written with it.
    private static func carried(_ act: Act, _ paths: Paths, _ project: Project) -> [Stale] {
        guard act.write.isWhole, act.write.operation == .update, let table = act.write.table else { return [] }
        // What is only copied is not touched either.
        let written = Set(act.write.assignments.filter { !$0.copiesItself }.map { Naming.fold($0.column) })
        let columns = project.computedColumns(of: table).filter { Naming.isQuantity($0) && !written.contains(Naming.fold($0)) }
        guard let column = columns.min() else { return [] }
        return paths.origins(of: act.write.filters.map(\.value), in: table).compactMap { Stale($0, nil, .carried(column: column), .medium, paths) }
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

extension Write {
    /// What rows that were there before are given.
    fileprivate var changed: [Assignment] {
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

    /// The value is made of nothing but what says which row it is for, and of constants: everybody writes the same.
    fileprivate func derives(_ assignment: Assignment) -> Bool {
        let keys = Set(filters.filter { $0.comparison == .equal && !$0.value.isConstant && $0.value != .unknown }.map(\.value))
        return !keys.isEmpty && !assignment.value.isConstant && assignment.value.isDetermined(by: keys)
    }

    /// What says which row was asked for says which is written.
    fileprivate func chooses(likewise read: Read) -> Bool {
        let asked = read.filters.filter { $0.comparison == .equal && !$0.value.isConstant && $0.value != .unknown }
        return !asked.isEmpty && asked.allSatisfy { filter in filters.contains { Naming.same($0.column, filter.column) && $0.value == filter.value } }
    }

    /// `… AND user_id <> $2` was asked for, and the row of `user_id = $2` is deleted.
    fileprivate func leaves(another read: Read) -> Bool {
        operation == .delete
            && read.filters.contains { other in
                other.comparison == .notEqual && filters.contains { $0.comparison == .equal && Naming.same($0.column, other.column) && $0.value == other.value }
            }
    }

    /// One row was asked for by one thing that the caller gave, and another is written by another: `from` and `to`.
    fileprivate func isOfAnotherRow(than read: Read) -> Bool {
        filters.contains { own in
            own.comparison == .equal
                && read.filters.contains { $0.comparison == .equal && Naming.same($0.column, own.column) && $0.value.isGivenBeside(own.value) }
        }
    }
}

extension Value {
    /// Two parameters, or two properties of one thing.
    fileprivate func isGivenBeside(_ other: Value) -> Bool {
        switch (self, other) {
        case (.parameter(let one, _), .parameter(let another, _)): one != another
        case (.member(let base, let one), .member(let same, let another)): base == same && one != another
        default: false
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
    fileprivate func compares(_ filter: Predicate, withRowOf check: StepID) -> Bool {
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
