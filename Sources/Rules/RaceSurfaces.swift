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
            // What goes down, whether or not anybody asks how much is left.
            for assignment in act.write.assignments
            where act.write.operation == .update && assignment.takesAway && !paths.isAsked(assignment.column, before: act) {
                add(.cap, name + "." + assignment.column, act.isLimited ? "the condition is in the statement" : protection)
            }
            if act.write.operation != .delete, act.isLimited, !act.write.assignments.contains(where: \.takesAway) {
                add(.cap, name, "the condition is in the statement")
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
        if uses, Naming.isSingleUse(table), !Naming.isBookmark(table), !act.write.filters.isEmpty { return true }
        guard uses else { return false }
        return (act.earlier + [act.step]).contains { step in
            switch step.kind {
            case .read(let read): Naming.same(read.table, table) && read.filters.contains { $0.comparison == .equal && Naming.isSecret($0.column) }
            case .write(let write): step.id == act.step.id && write.filters.contains { $0.comparison == .equal && Naming.isSecret($0.column) }
            default: false
            }
        }
    }
}

extension Act {
    /// The statement counts, and says how far.
    fileprivate var isLimited: Bool {
        let changed = Set(write.assignments.filter { $0.isRelative && !Naming.isOrder($0.column) }.map { Naming.fold($0.column) })
        return write.conflict?.filters.isEmpty == false || write.filters.contains { $0.comparison.isOrdering && changed.contains(Naming.fold($0.column)) }
    }
}

extension Assignment {
    /// It says that something has happened to the row: `paid = true`, `redeemed_at = now()`.
    fileprivate var isStage: Bool {
        guard !isRelative, Naming.isConsumption(column) || Naming.isSwitch(column) else { return false }
        switch value {
        case .literal(.boolean), .literal(.null): return true
        // MySQL's and SQLite's true and false.
        case .literal(.number(let text)): return text == "0" || text == "1"
        case .literal(.string): return false
        default: return value.isTime || value.isClock || Naming.isMoment(column) || value.isTruth || Naming.isAdjective(column)
        }
    }
}

extension Assignment {
    /// `stock = stock - quantity`
    fileprivate var takesAway: Bool {
        guard Naming.isUsedUp(column), case .operation(.subtract, let parts) = value, parts.count == 2 else { return false }
        return true
    }
}

extension Value {
    /// A comparison, or what is true or false.
    fileprivate var isTruth: Bool {
        switch self {
        case .literal(.boolean): true
        case .operation(let op, let parts): op.isComparison || op == .not || op == .conditional && parts.dropFirst().allSatisfy(\.isTruth)
        default: false
        }
    }
}

extension Naming {
    /// A link of a page, and not one that signs in.
    fileprivate static func isBookmark(_ table: String) -> Bool { ["link", "links", "url", "urls"].contains(words(table).joined()) }

    /// A column by which rows are let in or kept out: `deletedAt`, `enabled`, `isActive`.
    fileprivate static func isSwitch(_ column: String) -> Bool {
        let words = words(column)
        return words.first != "last"
            && words.contains {
                ["active", "enabled", "disabled", "deleted", "suspended", "banned", "blocked", "submitted", "archived", "frozen", "inactive"].contains($0)
            }
    }

    /// `isPaid`, `details_submitted`: true or false by its name.
    fileprivate static func isAdjective(_ column: String) -> Bool {
        let words = words(column)
        return ["is", "has", "was"].contains(words.first) || words.count > 1 && words.last.map { $0.hasSuffix("ed") } == true
    }
}

extension Paths {
    /// A decision holds the column against something: that one is the cap.
    fileprivate func isAsked(_ column: String, before act: Act) -> Bool {
        facts(of: act).contains { fact in if case .column(let asked, let op?, _) = fact.meaning { op.isOrdering && Naming.same(asked, column) } else { false } }
    }

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
            if let protection = protection(of: step.id, act) { return protection.words }
        }
        return claimsFirst(act) ? Protection.claim.words : nil
    }
}
