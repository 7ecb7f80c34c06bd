import Flow

// What the writes of a routine are about, for the inventory: statuses, caps and tokens, whether anything is wrong with them or not.
extension Rule {
    static func races(in paths: Paths, _ project: Project, _ findings: [Finding]) -> [Surface] {
        let racy = Set(findings.flatMap { [$0.span] + $0.evidence.filter { $0.role == .act }.map(\.span) })
        return paths.acts.flatMap { act -> [Surface] in
            guard let table = act.write.table else { return [] }
            let name = paths.spelled(table), isRacy = racy.contains(act.step.span)
            // A helper that writes for many says little; its caller says what.
            let places = [act.step.span] + paths.calls(to: act.step.id).suffix(2)
            var found: [Surface] = []
            func add(_ kind: Surface.Kind, _ name: String, _ guardian: String?) {
                let guardian = isRacy ? nil : guardian.map { Surface.Guardian($0, act.step.span) }
                var surface = Surface(kind, name, act.step.span, routine: paths.routine.name, guardian: guardian)
                surface.writes = places.map { .init($0, isGuarded: guardian != nil) }
                found.append(surface)
            }
            let protection = paths.guarding(act)
            if act.write.operation == .update || act.write.operation == .upsert {
                for assignment in act.write.assignments where Naming.isStatus(assignment.column) || assignment.isStage {
                    let isTested = act.write.filters.contains { Naming.isStatus($0.column) || Naming.same($0.column, assignment.column) }
                    add(.status, name + "." + assignment.column, isTested ? "the condition is in the statement" : protection)
                }
            }
            if act.write.operation != .insert, isToken(act, paths) {
                let isAtomic = act.write.operation == .delete && paths.isAsked(act) || act.write.filters.contains { Naming.isConsumption($0.column) }
                add(.token, name, isAtomic ? "the statement takes it once" : protection)
            }
            if act.write.operation != .delete, let cap = cap(act, paths) {
                add(.cap, name, cap.isInStatement ? "the condition is in the statement" : protection)
            }
            return found
        }
    }

    /// What is redeemed: a row of a table of such things, or one that was found by a secret.
    private static func isToken(_ act: Act, _ paths: Paths) -> Bool {
        guard let table = act.write.table else { return false }
        let uses =
            act.write.operation == .delete
            || act.write.assignments.contains { assignment in
                Naming.isConsumption(assignment.column)
                    || Naming.isStatus(assignment.column) && assignment.value.possibleStrings.contains(where: Naming.isConsumption)
            }
        if uses, Naming.isSingleUse(table), !act.write.filters.isEmpty { return true }
        guard uses else { return false }
        return (act.earlier + [act.step]).contains { step in
            switch step.kind {
            case .read(let read): Naming.same(read.table, table) && read.filters.contains { $0.comparison == .equal && Naming.isSecret($0.column) }
            case .write(let write): step.id == act.step.id && write.filters.contains { $0.comparison == .equal && Naming.isSecret($0.column) }
            default: false
            }
        }
    }

    /// A number is held against a limit, before the statement or in it.
    private static func cap(_ act: Act, _ paths: Paths) -> (isInStatement: Bool, Void)? {
        let changed = Set(act.write.assignments.filter(\.isRelative).map { Naming.fold($0.column) })
        if act.write.conflict?.filters.isEmpty == false { return (true, ()) }
        if act.write.filters.contains(where: { $0.comparison.limits && changed.contains(Naming.fold($0.column)) }) { return (true, ()) }
        let isHeld = paths.facts(of: act).contains { fact in
            switch fact.meaning {
            case .below: true
            case .above: act.write.operation == .update && !changed.isEmpty
            default: false
            }
        }
        return isHeld ? (false, ()) : nil
    }
}

extension Assignment {
    /// It says that something has happened to the row: `paid = true`, `redeemed_at = now()`.
    fileprivate var isStage: Bool {
        guard Naming.isConsumption(column), !isRelative else { return false }
        switch value {
        case .literal(.boolean), .literal(.null): return true
        case .literal(.string), .literal(.number): return false
        default: return value.isTime || value.isClock || Naming.isMoment(column)
        }
    }
}

extension Predicate.Comparison {
    fileprivate var limits: Bool { [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(self) }
}

extension Paths {
    /// Somebody looks at how many rows an act has changed.
    fileprivate func isAsked(_ act: Act) -> Bool {
        var isAsked = false
        routine.body.visit { step in
            if !isAsked, case .branch(let condition, _, _) = step.kind { isAsked = condition.steps.contains(act.step.id) }
        }
        return isAsked
    }

    /// What makes check and act one; nil where nothing does.
    fileprivate func guarding(_ act: Act) -> String? {
        for step in act.earlier {
            guard case .read(let read) = step.kind, Naming.same(read.table, act.write.table) else { continue }
            switch protection(of: step.id, act) {
            case .lock: return "a lock around check and act"
            case .rowLock: return "the row is locked before it is checked"
            case .isolation: return "the transaction's isolation"
            case .claim: return "a claim that was won before"
            case nil: continue
            }
        }
        return claimsFirst(act) ? "a claim that was won before" : nil
    }
}
