package import Flow

/// A rule: what it is called, how bad its finding is, and the function that finds it. It sees `Flow` only,
/// through the paths of one routine.
package struct Rule: Sendable {
    package let id: String
    package let summary: String
    package let severity: Severity
    let check: @Sendable (Paths, Project) -> [Finding]

    /// Every rule, in the order of the documentation.
    package static let all: [Rule] = [.countThenInsert, .selectThenUpdate, .unguardedStatusWrite]

    /// What the rules find in one routine.
    package static func findings(of rules: [Rule], in routine: Routine, _ project: Project) -> [Finding] {
        var paths = Paths(routine, project.schema)
        paths.dismiss { project.isForeign($0.write) }
        guard !paths.acts.isEmpty else { return [] }
        return rules.flatMap { $0.check(paths, project) }
    }
}

extension Rule {
    func finding(
        _ confidence: Confidence, _ severity: Severity?, _ act: Act, _ paths: Paths, message: String, help: String, remedy: String, evidence: [Evidence],
        timeline: [Moment]
    ) -> Finding {
        let place = paths.meeting(of: evidence.first { $0.role == .check }?.step, and: act.step)
        let (evidence, places) = paths.withCalls(evidence)
        let timeline = timeline.map { Moment($0.lane, $0.text, evidence: $0.evidence.map { places[$0] }) }
        return Finding(
            // Nobody races with a script that a person runs by hand.
            rule: id, severity: severity ?? self.severity, confidence: paths.routine.entry == .script ? .low : confidence, message: message, help: help,
            remedy: remedy, span: place,
            evidence: evidence, timeline: timeline, routine: paths.routine.name)
    }
}
