package import Flow

/// What is shown of a file's findings, and how seriously it is taken.
package struct Policy: Sendable {
    package var minimumConfidence: Confidence
    package var minimumSeverity: Severity
    package var failOn: Severity
    /// Where a rule's findings are to have another severity than its own; off where there is none.
    package var severities: [String: Severity?]
    package var ignoresTable: @Sendable (String) -> Bool

    package init(
        minimumConfidence: Confidence = .medium, minimumSeverity: Severity = .note, failOn: Severity = .warning, severities: [String: Severity?] = [:],
        ignoresTable: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.minimumConfidence = minimumConfidence
        self.minimumSeverity = minimumSeverity
        self.failOn = failOn
        self.severities = severities
        self.ignoresTable = ignoresTable
    }

    /// The finding as this project takes it; nil where the project does not want to hear of it.
    func judged(_ finding: Finding) -> Finding? {
        if let table = finding.table, ignoresTable(table) { return nil }
        guard let asked = severities[finding.rule] else { return finding }
        guard let asked else { return nil }
        var finding = finding
        finding.severity = asked
        return finding
    }

    func shows(_ finding: Finding) -> Bool { finding.confidence >= minimumConfidence && finding.severity >= minimumSeverity }
}
