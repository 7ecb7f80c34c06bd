import Flow

// Every cap of a routine, for the inventory: a number that is held against a limit, and rows of which there may be only one.
extension Rule {
    static func caps(in paths: Paths, _ project: Project, _ findings: [Finding]) -> [Surface] {
        let givesOut = !paths.acts.isEmpty || !paths.surfaces.isEmpty
        let racy = Set(findings.flatMap { [$0.span] + $0.evidence.map(\.span) })
        var found: [Surface] = []
        paths.routine.body.visit { step in
            guard case .branch(let condition, let then, let otherwise) = step.kind, !condition.isConstant else { return }
            let turnsAway = then.alwaysLeaves || otherwise.alwaysLeaves
            let decision = Decision(number: -1, condition: condition, holds: !then.alwaysLeaves, span: step.span, leaving: turnsAway ? .thrown : .not)
            guard let cap = Cap(decision, turnsAway, refuses: then.refuses, paths, project) else { return }
            let acts = paths.acts.filter { act in act.decisions.contains { $0.span == step.span } }
            // Where nothing is given out, no number is capped.
            guard givesOut || cap.isSingle else { return }
            // A number that turns nobody away, and after which nothing is written, only chooses what is shown.
            guard turnsAway || cap.isMoving && (!acts.isEmpty || cap.isTaken(from: paths)) else { return }
            let isRacy = racy.contains(step.span) || cap.check.flatMap { paths.steps[$0] }.map { racy.contains($0.span) } == true && !acts.isEmpty
            let guardian = cap.key(of: acts, paths, project) ?? (isRacy ? nil : cap.guardian(before: acts, paths))
            var surface = Surface(.cap, cap.name, step.span, routine: paths.routine.name, guardian: guardian.map { .init($0, step.span) })
            surface.writes = acts.prefix(4).map { .init($0.step.span, isGuarded: guardian != nil) }
            found.append(surface)
        }
        return found
    }
}

/// A limit that a decision holds something against.
private struct Cap {
    let name: String
    /// The read whose answer is compared; nil where the request alone is.
    let check: StepID?
    let kind: Kind

    enum Kind {
        /// What is compared changes while requests come in.
        case moving
        /// One row, by these columns.
        case single(columns: [String])
        /// The request is held against what stands fast.
        case fixed
    }

    /// - Parameter refuses: who is turned away is told that there is one already.
    init?(_ decision: Decision, _ turnsAway: Bool, refuses: Bool, _ paths: Paths, _ project: Project) {
        for fact in paths.facts(of: decision) {
            guard case .read(let read)? = paths.steps[fact.step]?.kind, let table = read.table, !Naming.brakesGuessing(table), !Naming.countsAttempts(table)
            else { continue }
            let rows = fact.relation ?? paths.spelled(table)
            switch fact.meaning {
            case .below(let limit):
                (name, check, kind) = ("\(rows): " + (limit.capName.map { "at most \($0)" } ?? "a number of them"), fact.step, .moving)
                return
            case .above(let minimum):
                (name, check, kind) = ("\(rows): " + (minimum.capName.flatMap { $0 == "0" ? nil : "more than \($0)" } ?? "enough of them"), fact.step, .moving)
                return
            case .absent
            where turnsAway
                && (read.isPartlyUnknown || read.filters.contains { $0.comparison == .equal && !$0.value.isConstant && !Naming.isSecret($0.column) }):
                // A test of what is there, and what is written then stands here or with the caller.
                let writes = paths.acts.filter { act in act.decisions.contains { $0.span == decision.span } }
                let makes = writes.contains { act in
                    Naming.sameRows(act.write.table, table)
                        && (act.write.operation != .update
                            || act.write.assignments.contains { assignment in read.filters.contains { Naming.same($0.column, assignment.column) } })
                        && act.write.operation != .delete
                }
                guard makes || writes.isEmpty && refuses && decision.condition.isPresence(of: fact.step) else { continue }
                let columns = Wording.keys(read.filters)
                // Whether there is such a row at all.
                guard columns.isEmpty ? makes : columns.contains(where: { $0 != "id" && $0 != "_id" && $0 != "pk" }) else { continue }
                (name, check, kind) = (
                    "\(rows): one for each \(columns.isEmpty ? "of a kind" : columns.joined(separator: ", "))", fact.step, .single(columns: columns)
                )
                return
            case .column(let column, let op?, let other) where op.isOrdering:
                let limit = other?.isConstant == true ? nil : other?.capName
                guard Naming.isQuantity(column) || limit != nil, !Naming.isTime(column), !Naming.countsAttempts(column), other?.isClock != true
                else { continue }
                let table = project.schema.name(of: table) ?? table
                let moves = project.changed[ColumnName(table, column)] != nil || project.computedColumns(of: table).contains { Naming.same($0, column) }
                (name, check, kind) = (
                    "\(rows).\(Naming.isQuantity(column) ? column : limit ?? column)", fact.step, moves || Naming.isUsedUp(column) ? .moving : .fixed
                )
                return
            default: continue
            }
        }
        guard turnsAway, let limit = decision.condition.limitOfRequest else { return nil }
        (name, check, kind) = ("\(paths.routine.name): \(limit)", nil, .fixed)
    }

    var isSingle: Bool { if case .single = kind { true } else { false } }
    var isMoving: Bool { if case .moving = kind { true } else { false } }

    /// The routine writes the rows of which the number was asked.
    func isTaken(from paths: Paths) -> Bool {
        guard let asked = rows(paths) else { return false }
        return paths.acts.contains { $0.write.operation != .insert && Naming.sameRows($0.write.table, asked) }
    }

    /// The table of the rows that were asked for.
    private func rows(_ paths: Paths) -> String? {
        guard let check, case .read(let read)? = paths.steps[check]?.kind else { return nil }
        return read.table
    }

    /// A key that keeps a row the only one.
    func key(of acts: [Act], _ paths: Paths, _ project: Project) -> String? {
        guard case .single(let columns) = kind, let asked = rows(paths) else { return nil }
        let isKept = acts.contains { act in
            guard Naming.sameRows(act.write.table, asked), let table = act.write.table.flatMap({ project.schema.table($0) }) else { return false }
            let known = columns.map { table.column($0) }
            return table.keys.contains { $0.condition == nil && !$0.columns.isEmpty && $0.columns.allSatisfy(known.contains) }
        }
        return isKept ? "a unique key" : nil
    }

    /// What keeps the limit when two requests come at once.
    func guardian(before acts: [Act], _ paths: Paths) -> String? {
        if case .fixed = kind { return "each request is held against it" }
        let asked = rows(paths)
        for act in acts {
            // A bound on other rows keeps nothing here.
            if asked == nil || Naming.sameRows(asked, act.write.table),
                act.write.conflict?.filters.isEmpty == false || act.write.filters.contains(where: { $0.comparison.isOrdering })
            {
                return "the condition is in the statement"
            }
            if let check, let protection = paths.protection(of: check, act) { return protection.words }
        }
        return nil
    }
}

extension [Step] {
    /// It answers that there is one already: `409`, `'already taken'`.
    fileprivate var refuses: Bool {
        var found = false
        visit { step in
            switch step.kind {
            case .exit(.return(let value)): if value.saysTaken { found = true }
            case .call(let call): if call.arguments.contains(where: \.saysTaken) { found = true }
            default: return
            }
        }
        return found
    }
}

extension Value {
    fileprivate var saysTaken: Bool {
        parts.contains { part in
            switch part {
            case .literal(.number(let code)): ["400", "409", "422"].contains(code)
            case .literal(.string(let text)): ["already", "exist", "taken", "in use", "duplicate"].contains { text.lowercased().contains($0) }
            default: false
            }
        }
    }

    /// The whole condition asks whether a step has found something.
    fileprivate func isPresence(of step: StepID) -> Bool {
        switch self {
        case .outcome(let id, _): id == step
        case .member(let base, "length"), .member(let base, "rowCount"): base.isPresence(of: step)
        case .operation(.greater, let sides), .operation(.notEqual, let sides), .operation(.greaterOrEqual, let sides):
            sides.count == 2 && sides[1].isConstant && sides[0].isPresence(of: step)
        case .operation(.call("Boolean"), let parts): parts.contains { $0.isPresence(of: step) }
        default: false
        }
    }

    /// A comparison by which the request alone is turned away: `data.uses > 250`, `quantity > MAX_PER_ORDER`.
    fileprivate var limitOfRequest: String? {
        parts.firstMapped { part in
            guard case .operation(let op, let sides) = part, op.isOrdering, sides.count == 2 else { return nil }
            for (subject, limit) in [(sides[0], sides[1]), (sides[1], sides[0])] {
                guard subject.steps.isEmpty, limit.steps.isEmpty, !subject.isConstant, limit != .literal(.number("0")), limit != .literal(.number("1")),
                    limit.isConstant || limit.capName != nil, let name = subject.ownName, Naming.isQuantity(name), !Naming.countsAttempts(name),
                    !Naming.isPaging(name)
                else { continue }
                return name
            }
            return nil
        }
    }

    /// The name of a limit: `event.max_seats`, `MAX_UPLOADS`, `10`.
    fileprivate var capName: String? {
        if case .literal(.number(let text)) = self { return text }
        guard let name = parts.firstMapped(\.ownName), Naming.isLimit(name) else { return nil }
        return name
    }
}

extension Naming {
    fileprivate static func isLimit(_ name: String) -> Bool {
        words(name).contains {
            ["max", "maximum", "limit", "limits", "cap", "capacity", "quota", "allowed", "allowance", "seats", "slots", "places", "stock", "inventory"]
                .contains($0)
        } && !isPaging(name)
    }

    /// How much of a list is shown at a time.
    fileprivate static func isPaging(_ name: String) -> Bool {
        ["limit", "page", "offset", "take", "skip", "perpage", "pagesize", "total", "totalpages"].contains(fold(name))
            || words(name).contains { ["length", "size", "bytes", "page", "pages", "retries", "timeout", "width", "height", "depth"].contains($0) }
    }

    /// What goes down, or up, with everybody who comes.
    static func isUsedUp(_ column: String) -> Bool {
        words(column).contains {
            [
                "used", "remaining", "left", "sold", "taken", "booked", "available", "stock", "inventory", "balance", "credits", "seats", "redeemed",
                "redemptions", "claimed",
            ]
            .contains($0)
        }
    }
}

extension Paths.Protection {
    /// What it is, for a reader of the inventory.
    var words: String {
        switch self {
        case .lock: "a lock around check and act"
        case .rowLock: "the row is locked before it is checked"
        case .isolation: "the transaction's isolation"
        case .claim: "a claim that was won before"
        }
    }
}
