import Flow

// A row was tested, and is written as if it still passed.
extension Stale {
    // MARK: A condition that is not repeated

    static func conditions(_ act: Act, _ paths: Paths) -> [Stale] {
        var found: [Stale] = []
        let origins = paths.origins(of: act.write.filters.map(\.value), in: act.write.table)
        let chosen = origins.reduce(into: act.write.filters) { known, origin in
            if case .read(let read)? = paths.steps[origin]?.kind { known += read.filters }
        }
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
            if case .present = fact.meaning, act.write.leaves(another: read, chosenBy: chosen),
                let stale = Stale(fact.step, fact.decision, .lastOne, .medium, paths)
            {
                found.append(stale)
                continue
            }
            if read.aggregate.isNumber || fact.relation != nil { continue }
            // Where the written row is known to come from one read, what others said about other rows decides nothing.
            if !origins.isEmpty ? !origins.contains(fact.step) : act.write.isOfAnotherRow(than: read) { continue }
            if act.write.operation == .upsert, act.write.isForAnother(than: read, of: fact.step) { continue }
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
        // Django keeps in `_state` whether a row is new.
        guard !Naming.isTime(column) || Naming.isConsumption(column), !column.isEmpty, !Naming.isOrder(column), column != "_state" else { return nil }
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
            isKept || isSpent || Naming.isStatus(column) || Naming.isConsumption(column) || Naming.areStates(other, assignment?.value)
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
        // What the statement asks besides may be the very condition.
        if act.write.isPartlyUnknown, act.write.filters.isEmpty || (!act.write.openFilters.isEmpty && paths.usesOutcome(of: act)) { return nil }
        let isFilledOnce =
            isWritten && assignment?.value.isConstant == false && assignment.map({ act.write.derives($0) }) != true
            && (op == .not || op == .isNull || (op == .equal && other == .literal(.null)))
        var stale = Stale(check, decision, .condition(column: column), confidence(isLife, isWritten, isFilledOnce, decision, act), paths)
        stale?.allowed = [
            Wording.demand(
                column, op, other, writing: assignment?.value, within: decision?.bound(of: column, readBy: check),
                act.write.table.flatMap { paths.schema.table($0) })
        ].compactMap(\.self)
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
        // What becomes of it is decided by the row as it is under the lock.
        if paths.looksAgain(at: column, after: check, act) { stale?.confidence = .low }
        // A brake on guessing is no cap: a few guesses more at once change nothing.
        if isPeople, Naming.countsAttempts(column) { stale?.confidence = .low }
        // Clearing what is set ends the same however often it is done.
        if assignment?.value == .literal(.null), !isSpent, paths.sideEffect(after: act, because: decision) == nil { stale?.confidence = .low }
        // So does a mark: deleted, hidden, last seen. Only money that follows from it makes a second one matter.
        if Naming.isMark(column: column), !Naming.remembersUse(column), !act.later(because: decision).contains(where: \.kind.movesMoney),
            !act.write.assignments.contains(where: { $0.isRelative && Naming.isPaidWith($0.column) })
        {
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
        // `{ $set: { lastDaily: now }, $inc: { coins: 250 } }`: what is given stands in the write itself.
        let goesOn = act.later(because: decision).contains(where: \.kind.isConsequence) || isWritten && act.write.assignments.contains(where: \.isRelative)
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
}

extension Paths {
    /// The row that is written is the one that was read: its key comes from there, or is the one by which it was asked for.
    func isRow(of act: Act, readBy step: StepID) -> Bool {
        guard case .read(let read)? = steps[step]?.kind, Naming.same(read.table, act.write.table) else { return false }
        return act.write.filters.contains { own in
            own.value.steps.contains(step)
                || read.filters.contains { $0.comparison == .equal && Naming.same($0.column, own.column) && $0.value == own.value && own.value != .unknown }
        }
    }

    /// The new value is computed from a row that was read again under a lock, or something is decided by it.
    fileprivate func looksAgain(at column: String, after check: StepID, _ act: Act) -> Bool {
        guard holdsRows else { return false }
        func isHeld(_ value: Value) -> Bool { value.steps.contains { $0 > check && protection(of: $0, act) != nil && isRow(of: act, readBy: $0) } }
        if act.write.assignments.contains(where: { Naming.same($0.column, column) && isHeld($0.value) }) { return true }
        var looks = false
        routine.body.visit { step in
            guard !looks, step.id < act.step.id, case .branch(let condition, _, _) = step.kind else { return }
            looks = condition.parts.contains { if case .member(let row, let name) = $0 { Naming.same(name, column) && isHeld(row) } else { false } }
        }
        return looks
    }
}

extension Write {
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

    /// `… AND role = 'owner' AND user_id <> $2` was asked for, and the row of `user_id = $2` is deleted, or is an owner no more.
    fileprivate func leaves(another read: Read, chosenBy filters: [Predicate]) -> Bool {
        let goes =
            operation == .delete
            || operation == .update
                && read.filters.contains { asked in
                    asked.comparison == .equal && asked.value.isConstant
                        && assignments.contains { Naming.same($0.column, asked.column) && $0.value != asked.value }
                }
        return goes
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
