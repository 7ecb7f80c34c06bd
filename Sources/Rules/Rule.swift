package import Flow

/// A rule: what it is called, how bad its finding is, and the function that finds it. It sees `Flow` only.
package struct Rule: Sendable {
    package let id: String
    package let summary: String
    package let severity: Severity
    package let check: @Sendable (Routine, Project) -> [Finding]

    /// Every rule, in the order of the documentation.
    package static let all: [Rule] = [.countThenInsert, .selectThenUpdate, .unguardedStatusWrite]
}

extension Rule {
    func finding(
        _ confidence: Confidence, _ act: Act, in routine: Routine, message: String, help: String, remedy: String, evidence: [Evidence], timeline: [Moment]
    ) -> Finding {
        Finding(
            rule: id, severity: severity, confidence: confidence, message: message, help: help, remedy: remedy, span: act.step.span,
            evidence: evidence, timeline: timeline, routine: routine.name)
    }
}
