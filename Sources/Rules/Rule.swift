package import Flow

/// A rule: what it is called, how bad its finding is, and the function that finds it. It sees `Flow` only.
package struct Rule: Sendable {
    package let id: String
    package let summary: String
    package let severity: Severity
    let method: Method

    enum Method: Sendable {
        /// Looks at the paths of one routine.
        case paths(@Sendable (Paths, Project) -> [Finding])
        /// Looks at surfaces: found in each routine first, then judged side by side.
        case surfaces(in: @Sendable (Paths, Project) -> [Surface], judged: @Sendable ([Surface], Project) -> [Finding])
    }

    init(id: String, summary: String, severity: Severity, check: @escaping @Sendable (Paths, Project) -> [Finding]) {
        self.init(id: id, summary: summary, severity: severity, .paths(check))
    }

    init(id: String, summary: String, severity: Severity, _ method: Method) {
        self.id = id
        self.summary = summary
        self.severity = severity
        self.method = method
    }

    /// Every rule, in the order of the documentation.
    package static let all: [Rule] = [
        .countThenInsert, .selectThenUpdate, .unguardedStatusWrite, .unsafeURLField, .authWithoutLockout, .clientSetAmount, .unownedPayment, .uncappedCode,
        .tokenReuseWithoutRevocation, .unboundedCounter,
    ]

    /// What the rules see in one routine: findings, and surfaces by the rule that knows them.
    /// - Parameter takesInventory: note guarded surfaces of races, too.
    package static func look(of rules: [Rule], at number: Int, _ project: Project, takesInventory: Bool = false) -> Seen {
        let routine = project.routines[number]
        var paths = Paths(routine, project.schema), seen = Seen()
        paths.dismiss { project.isForeign($0.write) }
        guard takesInventory || !paths.acts.isEmpty || !paths.surfaces.isEmpty else { return seen }
        for rule in rules {
            switch rule.method {
            case .paths(let check): if !paths.acts.isEmpty { seen.findings += check(paths, project) }
            case .surfaces(let find, _): seen.surfaces[rule.id, default: []] += find(paths, project)
            }
        }
        for at in seen.findings.indices { seen.findings[at].course?.routine = number }
        if routine.entry == .none, project.servesRequests { seen.doubt() }
        if takesInventory {
            let known = Set(seen.surfaces.values.joined().map(\.span))
            seen.races =
                races(in: paths, project, seen.findings) + caps(in: paths, project, seen.findings) + payments(in: paths, beyond: known)
                + handedURLs(in: paths, project, beyond: known) + lookups(in: paths, beyond: known)
            seen.note(routine)
        }
        return seen
    }

    /// What the rules find in a project, from what they saw in its routines.
    package static func findings(of rules: [Rule], in seen: [Seen], _ project: Project) -> [Finding] {
        var findings = seen.flatMap(\.findings)
        for rule in rules {
            guard case .surfaces(_, let judge) = rule.method else { continue }
            findings += judge(seen.flatMap { $0.surfaces[rule.id] ?? [] }, project)
        }
        return findings
    }

    package struct Seen: Sendable {
        var findings: [Finding] = []
        var surfaces: [String: [Surface]] = [:]
        var races: [Surface] = []

        package init() {}

        /// No request is seen to come here, where others are: a job may run it, or a command, or nobody.
        fileprivate mutating func doubt() {
            for at in findings.indices { findings[at].confidence = min(findings[at].confidence, .medium) }
            for rule in surfaces.keys {
                for at in surfaces[rule, default: []].indices {
                    if let confidence = surfaces[rule]?[at].finding?.confidence { surfaces[rule]?[at].finding?.confidence = min(confidence, .medium) }
                }
            }
        }

        /// What stands at the top of a file is in no function.
        fileprivate mutating func note(_ routine: Routine) {
            let functions = routine.stretches
            for at in races.indices { races[at].functions = functions }
            for rule in surfaces.keys { for at in surfaces[rule, default: []].indices { surfaces[rule]?[at].functions = functions } }
        }
    }
}

extension Rule {
    func finding(
        _ confidence: Confidence, _ severity: Severity?, _ act: Act, _ paths: Paths, _ promise: Course.Promise? = nil, cure: Cure? = nil, message: String,
        help: String, remedy: String, evidence: [Evidence], timeline: [Moment]
    ) -> Finding {
        let place = paths.meeting(of: evidence.first { $0.role == .check }?.step, and: act.step)
        var found = finding(confidence, severity, at: place, paths, message: message, help: help, remedy: remedy, evidence: evidence, timeline: timeline)
        found.table = act.write.table
        found.course = promise.map { promise in
            let decision = evidence.first { $0.role == .decision }?.span
            return Course(check: evidence.first { $0.role == .check }?.step, act: act.step.id, decision: decision, promise, cure: cure)
        }
        return found
    }

    func finding(
        _ confidence: Confidence, _ severity: Severity?, at place: Span, _ paths: Paths, message: String, help: String, remedy: String, evidence: [Evidence],
        timeline: [Moment]
    ) -> Finding {
        let (evidence, places) = paths.withCalls(evidence)
        let timeline = timeline.map { Moment($0.lane, $0.text, evidence: $0.evidence.map { places[$0] }) }
        return Finding(
            // Nobody races with a script that a person runs by hand.
            rule: id, severity: severity ?? self.severity, confidence: paths.routine.entry == .script ? .low : confidence, message: message, help: help,
            remedy: remedy, span: place,
            evidence: evidence, timeline: timeline, routine: paths.routine.name)
    }
}

extension Routine {
    /// Where its code stands: the function itself, where it is one, and in each other file from the first to the last of its steps.
    fileprivate var stretches: [Span] {
        var hulls: [FileID: (start: Int32, end: Int32)] = [:]
        body.visit { step in
            guard step.span.file != span.file else { return }
            let known = hulls[step.span.file] ?? (step.span.start, step.span.end)
            hulls[step.span.file] = (min(known.start, step.span.start), max(known.end, step.span.end))
        }
        return (entry == .module ? [] : [span])
            + hulls.sorted { $0.key < $1.key }.map { Span(file: $0.key, start: Int($0.value.start), end: Int($0.value.end)) }
    }
}
