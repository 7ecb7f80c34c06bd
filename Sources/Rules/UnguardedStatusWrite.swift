import Flow

extension Rule {
    /// A status is set by key alone: whoever writes last wins, whatever has been sent or paid meanwhile.
    package static let unguardedStatusWrite = Rule(
        id: "unguarded-status-write", summary: "A status is written without asking what it was", severity: .error
    ) { paths, project in
        paths.acts.compactMap { act in
            guard act.write.operation == .update, let transition = Transition(act, paths, project) else { return nil }
            return transition.finding(act, paths)
        }
    }
}

private struct Transition {
    let column: String
    let value: Value
    let states: Set<String>
    /// The states that statements of the project write.
    let rivals: Set<String>
    let confidence: Confidence
    let kind: Kind
    let effect: Step?

    enum Kind {
        /// By key alone.
        case overwriting
        /// It asks for the prior state, and nobody looks at whether it changed a row.
        case ignored
        /// By key alone, to what a signed event of another service says.
        case news
    }

    init?(_ act: Act, _ paths: Paths, _ project: Project) {
        guard let table = act.write.table, let assignment = Self.assignment(act, paths) else { return nil }
        guard act.write.filters.contains(where: { ($0.comparison == .equal || $0.comparison == .oneOf) && !$0.column.isEmpty }) else { return nil }
        guard !assignment.isRelative, !paths.isOwnRow(act) else { return nil }
        if act.comparesVersion(project) { return nil }
        // Conditions that stand elsewhere, and somebody asks how many rows they let through.
        if !act.write.openFilters.isEmpty, paths.usesOutcome(of: act) { return nil }
        if let table = project.schema.table(table), table.guarded.contains(table.column(assignment.column)) { return nil }
        // A check of the same row stands before it: that is select-then-update's finding.
        if let stale = Stale(act, paths, project), stale.confidence > .low || stale.isIdempotent && paths.sideEffect(after: act) == nil { return nil }
        column = assignment.column
        value = assignment.value
        effect = paths.sideEffect(after: act)
        states = project.states(table, assignment.column)
        let changes = project.changed[ColumnName(table, assignment.column)] ?? .init()
        rivals = changes.states
        if act.write.filters.contains(where: { Naming.same($0.column, assignment.column) }) || !paths.conditions(of: act.write).isEmpty {
            kind = .ignored
            guard !paths.usesOutcome(of: act), effect != nil else { return nil }
            confidence = .medium
            return
        }
        let signed = act.earlier.filter { if case .call(let call) = $0.kind { call.verifiesBody } else { false } }
        kind = Self.isNews(assignment.value, signed) ? .news : .overwriting
        guard !Self.isProtected(act, paths), !act.write.isPartlyUnknown || assignment.value.isConstant else { return nil }
        let own = assignment.value.possibleStrings
        // Nobody writes another state, and nothing follows from this one.
        if effect == nil, own.count == 1, rivals.subtracting(own).isEmpty, !changes.setsAny, !Naming.movesMoney(table) {
            confidence = .low
            return
        }
        // A job that writes how far it has come is alone with its row.
        if own.count == 1, own.allSatisfy(Naming.isProgress), [.none, .query].contains(paths.routine.entry),
            Naming.isWork(table) || Naming.isWork(paths.routine.name)
        {
            confidence = .low
            return
        }
        let known = Self.confidence(table, assignment, states, effect, act, paths, hasStates: !rivals.isEmpty)
        // One that an event sets for good, where others set another: the one that comes last need not be the newest.
        confidence = kind == .news || !signed.isEmpty && own.count == 1 && states.count >= 2 ? max(known, .medium) : known
    }

    /// What was signed, or what came with a request whose signature was verified: such events come late, twice and in any
    /// order (https://docs.stripe.com/webhooks#event-ordering).
    private static func isNews(_ value: Value, _ signed: [Step]) -> Bool {
        let events = Set(signed.map(\.id))
        return !events.isEmpty && !value.isConstant && value.isSaid(by: events)
    }

    /// A status; or a flag that is raised once, where money moves because of it.
    private static func assignment(_ act: Act, _ paths: Paths) -> Assignment? {
        if let status = act.write.assignments.first(where: { Naming.isStatus($0.column) }) { return status }
        guard case .effect(let effect)? = paths.sideEffect(after: act)?.kind, effect.kind == .money else { return nil }
        return act.write.assignments.first { Naming.isConsumption($0.column) && $0.value == .literal(.boolean(true)) }
    }

    /// A lock, a serializable transaction or a won claim stands before the write.
    private static func isProtected(_ act: Act, _ paths: Paths) -> Bool {
        if paths.claimsFirst(act) { return true }
        for step in act.earlier {
            guard case .read(let read) = step.kind, Naming.same(read.table, act.write.table) else { continue }
            if paths.protection(of: step.id, act) != nil { return true }
        }
        return false
    }

    private static func confidence(
        _ table: String, _ assignment: Assignment, _ states: Set<String>, _ effect: Step?, _ act: Act, _ paths: Paths, hasStates: Bool
    ) -> Confidence {
        let hasLife = Naming.hasLife(table) || Naming.endSeveralWays(states.union(assignment.value.possibleStrings))
        switch assignment.value {
        case .literal(.string(let state)) where Naming.isMark(state) && effect == nil: return .low
        case .literal(.string), .literal(.number):
            if hasLife, let effect, case .effect(let what) = effect.kind, what.kind == .money || Naming.movesMoney(table) { return .high }
            if states.count >= 2 { return hasLife || effect != nil ? .high : .medium }
            return hasLife ? .medium : .low
        case .literal(.boolean(true)) where effect != nil: return .medium
        case .literal: return .low
        default:
            // The caller chooses the state: an administrator's form, approve and reject in one.
            let fromCaller = assignment.value.parts.contains { part in
                switch part {
                case .input, .parameter: true
                default: false
                }
            }
            // A `state` of which nobody knows any is a word of another meaning: what a sign-in hands back, an address.
            if Naming.words(assignment.column).last == "state", assignment.value.possibleStrings.isEmpty, states.isEmpty, !hasStates { return .low }
            if fromCaller || !assignment.value.possibleStrings.isEmpty {
                return hasLife
                    ? (effect != nil || states.count >= 2 || (fromCaller && Naming.movesMoney(table)) ? fromCaller && effect == nil ? .medium : .high : .medium)
                    : .low
            }
            return .low
        }
    }

    /// Which status may follow which is for the reader to fill in.
    private func migration(_ act: Act, _ paths: Paths) -> String {
        let next = value.possibleStrings.count == 1 ? value.stringLiteral ?? "NEXT" : "NEXT"
        let options = [("table", paths.spelled(act.write.table))] + (column == "status" ? [] : [("status", column)])
        return Wording.migration("status", options + [("transition", "PRIOR:" + next)], act.write.api)
    }

    private func remedy(_ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, filters = paths.stored(act.write).filters, own = paths.stored(column, of: act.write.table), name = Wording.name(own, api)
        let written = Wording.sql(paths.spelled(value, in: column, of: act.write.table), own, api),
            update = "UPDATE \(paths.quoted(act.write.table, api)) SET \(name) = "
        let identity = Wording.identity(filters.filter { !Naming.same($0.column, own) }, api)
        func guarded(by asked: String) -> String {
            Wording.tested("\(update)\(written)\nWHERE \(asked)", api?.dialect, otherwise: "somebody else has changed it, stop here") + migration(act, paths)
        }
        switch kind {
        case .ignored: return guarded(by: Wording.conditions(filters, api))
        case .overwriting: return guarded(by: "\(identity) AND \(name) = \(Wording.parameter(own, "expected_"))")
        // An event that is older than the last one changes nothing.
        case .news:
            return Wording.tested(
                "\(update)\(Wording.parameter(own)), last_event_at = :event_created_at\nWHERE \(identity) AND (last_event_at IS NULL OR last_event_at < :event_created_at)",
                api?.dialect, otherwise: "a newer event was here before, stop here")
        }
    }

    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let to = Wording.value(value)
        var evidence = [
            Evidence(
                .act, act.step.span,
                kind == .ignored ? "sets `\(column)` to \(to), and nobody looks at how many rows changed" : "sets `\(column)` to \(to), whatever it was",
                step: act.step.id)
        ]
        if let effect, case .effect(let what) = effect.kind { evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)", step: effect.id)) }
        return Rule.unguardedStatusWrite.finding(
            confidence, confidence == .high || effect != nil ? .error : .warning, act, paths, .state(column: column),
            message: message(Wording.table(act.write.table), to), help: help(act), remedy: remedy(act, paths), evidence: evidence, timeline: timeline(to))
    }

    /// A state that other code writes; where this statement writes several, one of them; else one that the schema knows.
    private var other: String? {
        let own = value.possibleStrings, others = rivals.subtracting(own).sorted()
        let candidates = others.isEmpty ? own.count > 1 ? Array(own.dropFirst()) : states.subtracting(own).sorted() : others
        return Naming.opposite(of: value.stringLiteral, among: candidates)
    }

    private func message(_ table: String, _ to: String) -> String {
        var consequence = "."
        if let effect, case .effect(let what) = effect.kind { consequence = ", and \(what.name) is called all the same." }
        switch kind {
        case .ignored: return "The UPDATE of \(table) tests the prior state, but nothing looks at whether it changed a row\(consequence)"
        case .news:
            return
                "`\(column)` of \(table) is set to what an event says, by key alone: events come late and twice, so an old one overwrites what a newer one has written."
        case .overwriting:
            let prior = other.map { "the '\($0)' that" } ?? "whatever"
            return "`\(column)` of \(table) is set to \(to) by key alone, so it overwrites \(prior) another request has written meanwhile\(consequence)"
        }
    }

    private func help(_ act: Act) -> String {
        switch kind {
        case .ignored: "Test the number of changed rows, and stop when it is zero."
        case .news: "Keep when the event was made beside `\(column)`, and write only what is newer; or ask the service for its present state, and write that."
        case .overwriting:
            "Name the state that `\(column)` must have in the WHERE, and go on only when a row was changed." + Wording.advice(.claim, act, column: column)
        }
    }

    private func timeline(_ to: String) -> [Moment] {
        let second: String
        switch kind {
        case .news:
            return [
                Moment(.first, "the event of now sets `\(column)`", evidence: 0), Moment(.second, "one of before, sent again, sets it back", evidence: 0),
                Moment(.both, "the state of before stands, and no event will come that mends it"),
            ]
        case .ignored: second = "changes 0 rows, and does not notice"
        case .overwriting: second = "sets `\(column)` to \(other.map { "'\($0)'" } ?? "something else")"
        }
        return [Moment(.first, "sets `\(column)` to \(to)", evidence: 0), Moment(.second, second, evidence: 0)]
            + (effect == nil ? [] : [Moment(.first, "goes on to the side effect", evidence: 1)])
            + [Moment(.both, "the last writer wins; the other was told it had succeeded")]
    }
}

extension Call {
    /// A signature over what was sent, and not a key that somebody has: `constructEvent(body, …)`, `createHmac(…).update(body)`.
    fileprivate var verifiesBody: Bool {
        guard purpose == .authenticate else { return false }
        let words = Naming.words(callee)
        return words.contains { ["event", "webhook", "signature"].contains($0) }
            || arguments.contains { $0.parts.contains { part in if case .input(.body) = part { true } else { false } } }
    }
}

/// How functions begin that ask a service for what is so now.
private let asking: Set<String> = ["retrieve", "get", "fetch", "find", "load", "list", "query", "request", "read"]

extension Value {
    /// Whether an event says it, and no service was asked for its present state.
    fileprivate func isSaid(by events: Set<StepID>) -> Bool {
        switch self {
        case .input(.body): return true
        case .outcome(let step, _): return events.contains(step)
        case .operation(.call(let name), let operands):
            if case .outcome(let step, _)? = operands.first, events.contains(step) { return true }
            return !asking.contains(Naming.words(name).first ?? "") && operands.contains { $0.isSaid(by: events) }
        default: return children.contains { $0.isSaid(by: events) }
        }
    }
}
