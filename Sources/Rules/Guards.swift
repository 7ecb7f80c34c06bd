import Flow

/// What makes check and act one, so that no other request comes between them.
extension Paths {
    /// A reason why nothing can come between the read and the act; nil where something can.
    func protection(of check: StepID, _ act: Act) -> Protection? {
        guard let context = contexts[check], let read = question(of: check) else { return nil }
        if Set(context.locks).intersection(act.context.locks).contains(where: { covers($0, read, act) }) { return .lock }
        let insertsWhereNothingWas = act.write.operation == .insert || act.write.operation == .upsert
        if let lock = read.lock, lock != .share, isHeld(check, act), !(insertsWhereNothingWas && Naming.same(read.table, act.write.table)) { return .rowLock }
        if isIsolated(check, read, act) { return .isolation }
        if let transaction = context.transaction, transaction.number == act.context.transaction?.number {
            // SQLite has one writer, and refuses the write of a transaction whose reads have gone stale.
            if act.write.api?.dialect == .sqlite { return .isolation }
            if hasRowLock(before: check, in: transaction.number, act) { return .rowLock }
        } else if hasRowLock(before: check, in: nil, act) {
            return .rowLock
        }
        if claims(of: act).contains(where: { $0.id != check && isAbout(claim: $0, read, act) }) { return .claim }
        return nil
    }

    /// What a check asks the database: an update that changes no row has asked for it too.
    private func question(of check: StepID) -> Read? {
        switch steps[check]?.kind {
        case .read(let read): return read
        case .write(let write) where write.operation == .update: return Read(changedBy: write)
        default: return nil
        }
    }

    /// The transaction of both fails when another has made its check untrue: by the level that it asks for, or else by that of
    /// the project's connections.
    private func isIsolated(_ check: StepID, _ read: Read, _ act: Act) -> Bool {
        let transaction = contexts[check]?.transaction
        guard transaction?.number == act.context.transaction?.number, transaction != nil || isOneByItself(check, read, act) else { return false }
        let asked = transaction?.isolation ?? .standard
        switch asked == .standard ? read.api?.isolation ?? .standard : asked {
        case .serializable, .exclusive: return true
        // The change of a row that somebody else has changed since it was read fails; MySQL's does not.
        case .repeatableRead: return !read.aggregate.isNumber && act.write.api?.dialect != .mysql && changes(read.table, in: transaction?.number)
        case .standard, .readCommitted: return false
        }
    }

    /// A session that is in a transaction from its first statement on has not ended it between check and act.
    private func isOneByItself(_ check: StepID, _ read: Read, _ act: Act) -> Bool {
        read.api?.beginsItself == true && act.write.api?.beginsItself == true && !isEnded(after: check, before: act)
    }

    private func isEnded(after step: StepID, before act: Act) -> Bool {
        act.earlier.drop { $0.id != step }.contains { if case .end = $0.kind { true } else { false } }
    }

    private func changes(_ table: String?, in transaction: Int?) -> Bool {
        acts.contains { $0.context.transaction?.number == transaction && $0.write.operation != .insert && Naming.same($0.write.table, table) }
    }

    enum Protection { case lock, rowLock, isolation, claim }

    /// A lock keyed by one thing is none on another: a value of its key chooses what is checked or written. Of a key that is
    /// constant or unknown the best is assumed.
    private func covers(_ lock: StepID, _ read: Read, _ act: Act) -> Bool {
        guard case .lock(let held)? = steps[lock]?.kind, !read.partlyUnknown else { return true }
        // `event_lock(event.pk)`, and the rows whose `event` is that one.
        let values = choosing(read, act).flatMap { value in
            if case .outcome(_, .row) = value { [value, value.member("id"), value.member("pk")] } else { [value] }
        }
        return concern([held.key], chosen(by: values, of: read))
    }

    /// Of a row that came with another, the values by which that was looked up choose it too.
    private func chosen(by values: [Value], of read: Read) -> [Value] { read.standsFor == .given ? traced(values) : values }

    /// Both lists of values come from the same request or row in some part; of constants and of what is unknown the best is assumed.
    private func concern(_ a: [Value], _ b: [Value]) -> Bool {
        let keys = a.flatMap(\.sources), used = Set(b.flatMap(\.sources))
        return keys.isEmpty || used.isEmpty || keys.contains { used.contains($0) }
    }

    /// The values that say which rows are checked, and which is written: of a new row those in the columns that the check
    /// asked for. Whose row it is besides makes no lock on what was counted.
    private func choosing(_ read: Read, _ act: Act) -> [Value] {
        let own =
            act.write.operation == .update
            ? []
            : act.write.assignments.filter { assignment in
                read.filters.isEmpty || read.filters.contains { Naming.same($0.column, assignment.column) }
            }
        return read.filters.map(\.value) + act.write.filters.map(\.value) + own.map(\.value)
    }

    /// An earlier `FOR UPDATE`, or an update of the same row, in the same transaction.
    private func hasRowLock(before check: StepID, in transaction: Int?, _ act: Act) -> Bool {
        for step in act.earlier {
            if step.id == check { return false }
            guard contexts[step.id]?.transaction?.number == transaction, !act.unsure.contains(step.id) else { continue }
            switch step.kind {
            case .read(let read): if let lock = read.lock, lock != .share, isHeld(step.id, act), isAbout(read, check, act) { return true }
            case .write(let write):
                guard transaction != nil, write.operation == .update || write.operation == .upsert, let checked = question(of: check) else { continue }
                if sharesRow(write.filters, checked) { return true }
            default: continue
            }
        }
        return false
    }

    /// A row lock lasts as long as its transaction: outside of one it is gone with the statement. A function that others
    /// call may have been given theirs.
    private func isHeld(_ lock: StepID, _ act: Act) -> Bool {
        guard !act.unsure.contains(lock) else { return false }
        if let transaction = contexts[lock]?.transaction { return transaction.number == act.context.transaction?.number }
        if case .read(let read)? = steps[lock]?.kind, read.isWithin || read.api?.beginsItself == true {
            // `session.commit()` gives the lock back.
            return !isEnded(after: lock, before: act)
        }
        switch routine.entry {
        case .none, .query, .stored: return true
        case .route, .action, .module, .script: return false
        }
    }

    /// The locked row is the checked one, or its parent: a value by which it was chosen chooses the check or the act too.
    private func isAbout(_ locked: Read, _ check: StepID, _ act: Act) -> Bool {
        guard let checked = question(of: check), !locked.filters.isEmpty else { return false }
        // Of conditions that could not be read the best is assumed.
        if checked.partlyUnknown { return true }
        if Naming.same(locked.table, checked.table) { return true }
        let chosen = locked.filters.map(\.value)
        let used = self.chosen(by: choosing(checked, act), of: checked)
        return chosen.contains { $0 == .unknown || used.contains($0) }
            || used.contains { $0.steps.contains { id in if case .read(let read)? = steps[id]?.kind { read == locked } else { false } } }
    }

    private func sharesRow(_ filters: [Predicate], _ checked: Read) -> Bool {
        let used = chosen(by: checked.filters.filter { $0.comparison == .equal }.map(\.value), of: checked)
        return filters.contains { $0.comparison == .equal && $0.value != .unknown && used.contains($0.value) }
    }

    /// The path goes on only where an atomic write (a conditional update, a counter with RETURNING, a stored function) succeeded.
    func claimsFirst(_ act: Act) -> Bool { !claims(of: act).isEmpty }

    /// The atomic writes that had to succeed for the act to be reached.
    private func claims(of act: Act) -> [Step] { claims[act.step.id] ?? [] }

    func claims(in facts: [Fact]) -> [Step] {
        facts.compactMap { fact in
            guard case .changed = fact.meaning, let step = steps[fact.step] else { return nil }
            switch step.kind {
            case .write(let write): return isClaim(write) ? step : nil
            case .call(let call): return call.callee.hasPrefix("rpc:") ? step : nil
            default: return nil
            }
        }
    }

    /// What was claimed has to do with the rows that were counted: who pays a credit of his own has claimed no seat of the event.
    private func isAbout(claim: Step, _ read: Read, _ act: Act) -> Bool {
        let keys: [Value]
        switch claim.kind {
        case .write(let write):
            if !read.aggregate.isNumber || read.partlyUnknown || write.partlyUnknown || Naming.same(write.table, read.table) { return true }
            if write.pays { return false }
            let tested = conditions(of: write)
            keys =
                write.filters.filter { !tested.contains($0) }.map(\.value)
                + (write.operation == .insert || write.operation == .upsert ? write.assignments.map(\.value) : [])
        case .call(let call): keys = call.arguments
        default: return true
        }
        return keys.contains(.unknown) || concern(traced(keys), traced(read.filters.map(\.value)))
    }

    /// The values, and those by which the rows were looked up that they stand in.
    private func traced(_ values: [Value], depth: Int = 0) -> [Value] {
        guard depth < 4 else { return values }
        let asked = Set(values.flatMap(\.steps)).sorted().flatMap { id -> [Value] in
            if case .read(let read)? = steps[id]?.kind { read.filters.map(\.value) } else { [] }
        }
        return asked.isEmpty ? values : values + traced(asked, depth: depth + 1)
    }

    /// A write that can fail to happen because somebody else was first.
    private func isClaim(_ write: Write) -> Bool {
        switch write.operation {
        case .insert, .upsert:
            if let conflict = write.conflict { return conflict.action == .nothing || !conflict.filters.isEmpty }
            return write.source != nil
        case .update, .delete: return write.operation == .delete || conditions(of: write).count > 0
        }
    }

    /// The predicates of a write beyond those that say which row: tests of a column's state.
    func conditions(of write: Write) -> [Predicate] {
        write.filters.filter { predicate in
            switch predicate.comparison {
            case .isNull, .isNotNull, .less, .lessOrEqual, .greater, .greaterOrEqual, .notEqual, .distinct: return true
            case .equal, .oneOf, .notOneOf:
                return Naming.isStatus(predicate.column) || predicate.value.isConstant
                    || write.assignments.contains { Naming.same($0.column, predicate.column) }
                    || predicate.column.lowercased() == "version" || predicate.value.parts.contains { if case .column = $0 { true } else { false } }
            case .like, .other: return false
            }
        }
    }

    /// The row of the act was created by this very request, so that nobody else knows it yet.
    func isOwnRow(_ act: Act) -> Bool {
        for predicate in act.write.filters where predicate.comparison == .equal || predicate.comparison == .oneOf {
            for id in predicate.value.steps {
                if case .write(let write)? = steps[id]?.kind, write.operation == .insert || write.operation == .upsert { return true }
            }
            for step in act.earlier {
                guard case .write(let write) = step.kind, write.operation == .insert, Naming.same(write.table, act.write.table) else { continue }
                if write.assignments.contains(where: { Naming.same($0.column, predicate.column) && $0.value == predicate.value && $0.value != .unknown }) {
                    return true
                }
            }
        }
        return false
    }

    /// Both calls block the process: another request of the same process comes between them only where something else is awaited.
    func blocks(_ check: StepID, _ act: Act) -> Bool {
        guard case .read(let read)? = steps[check]?.kind else { return false }
        guard read.api?.blocking == true, act.write.api?.blocking == true else { return false }
        return !act.earlier.drop { $0.id != check }.contains { step in
            switch step.kind {
            case .effect: true
            case .call(let call): call.isAwaited
            case .read(let read): read.api?.blocking == false
            case .write(let write): write.api?.blocking == false
            // Something was awaited that does nothing by itself.
            case .opaque: true
            default: false
            }
        }
    }

    /// Somebody looks at how many rows the write changed, or at the rows it gives back.
    func usesOutcome(of act: Act) -> Bool {
        if act.write.failsWhenMissing, !uses.swallowed.contains(act.step.id) { return true }
        return uses.outcomes.contains(act.step.id) || (act.write.throwsWhenMissing && uses.failures.contains(act.step.id))
    }

    /// Something else is written or done because of the check: twice, where two requests pass it.
    func hasConsequence(of check: StepID, _ decision: Decision?, _ act: Act) -> Bool {
        let steps = act.earlier.drop { $0.id != check }.dropFirst() + act.later(because: decision), since = Set(steps.map(\.id))
        return steps.contains { step in
            // Where being in a list led on, what follows the list has to do with it only if it speaks of its rows.
            if decision == nil, isList(check), !step.speaks(of: check) { return false }
            switch step.kind {
            case .effect: return true
            // What is deleted twice is gone, and nothing else; but two requests may each have looked up another row.
            case .write(let write):
                guard write.operation == .delete, !uses.outcomes.contains(step.id) else { return step.id != act.step.id }
                return write.filters.contains { !since.isDisjoint(with: $0.value.steps) }
            default: return false
            }
        }
    }

    private func isList(_ check: StepID) -> Bool { if case .read(let read)? = steps[check]?.kind { read.aggregate == .rows } else { false } }

    /// The first thing after the act that cannot be taken back.
    func sideEffect(after act: Act, because decision: Decision? = nil) -> Step? {
        act.later(because: decision).first { if case .effect = $0.kind { true } else { false } }
    }

    /// The nearest effect before the act but after the check: done before anything was claimed.
    func sideEffect(before act: Act, after check: StepID) -> Step? {
        guard let start = act.earlier.firstIndex(where: { $0.id == check }) else { return nil }
        return act.earlier[(start + 1)...].first { if case .effect(let effect) = $0.kind { effect.kind == .money } else { false } }
    }
}

extension Step {
    fileprivate func speaks(of row: StepID) -> Bool {
        var found = false
        _ = withValues { value in
            found = found || value.steps.contains(row)
            return value
        }
        return found
    }
}

extension Read {
    /// What an update asks: whether there is such a row.
    init(changedBy write: Write) {
        self.init(table: write.table, aggregate: .row)
        filters = write.filters
        partlyUnknown = write.partlyUnknown || !write.openFilters.isEmpty
        api = write.api
    }
}

extension Act {
    /// The library compares the version column of the row, and fails where somebody else has changed it.
    func comparesVersion(_ project: Project) -> Bool {
        write.checksVersion && write.table.flatMap { project.schema.table($0) }?.versions.isEmpty == false
    }
}

extension Value {
    /// Where a value comes from: parameters, input and results, with their properties.
    fileprivate var sources: [Value] {
        switch self {
        case .parameter, .outcome: [self]
        case .member(.input, _): [self]
        case .member(let base, _): base.sources.isEmpty ? [] : [self]
        case .literal, .column, .name, .unknown, .input: []
        case .operation, .object, .list, .either: children.flatMap(\.sources)
        }
    }
}

extension Step.Kind {
    /// Something that the loser of a race must not do too.
    var isConsequence: Bool {
        switch self {
        case .effect, .write: true
        case .read, .begin, .end, .lock, .unlock, .branch, .loop, .scope, .attempt, .call, .exit, .opaque: false
        }
    }

    var movesMoney: Bool { if case .effect(let effect) = self { effect.kind == .money } else { false } }
}

extension Write {
    /// `SET balance = balance - :amount WHERE balance >= :amount`: what is paid holds no place among those that are counted.
    fileprivate var pays: Bool {
        assignments.contains { assignment in
            assignment.isRelative && Naming.isPaidWith(assignment.column) && filters.contains { Naming.same($0.column, assignment.column) }
                && assignment.value.parts.contains { if case .operation(.subtract, let parts) = $0 { parts.last?.isConstant == false } else { false } }
        }
    }
}
