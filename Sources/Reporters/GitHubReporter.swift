import Flow

/// Workflow commands: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
/// GitHub shows ten errors and ten warnings of a step and drops the rest without a word, so the worst come first and the
/// rest are counted in the log.
enum GitHubReporter {
    private static let shown = 10

    static func render(_ presentation: Presentation) -> String {
        var out = "", left = 0
        for severity in [Severity.error, .warning, .note] {
            let reports = presentation.reports.filter { $0.finding.severity == severity }.enumerated()
                .sorted { a, b in (b.element.finding.confidence, a.offset) < (a.element.finding.confidence, b.offset) }.map(\.element)
            for report in reports.prefix(shown) { out += annotation(report, severity, presentation) }
            left += max(0, reports.count - shown)
        }
        if left > 0 { out += "\(left) more finding\(left == 1 ? "" : "s") beyond what GitHub annotates; the text and SARIF formats list them all.\n" }
        return out
    }

    private static func annotation(_ report: Report, _ severity: Severity, _ presentation: Presentation) -> String {
        let finding = report.finding, region = presentation.region(finding.span)
        let command =
            switch severity {
            case .error: "error"
            case .warning: "warning"
            case .note: "notice"
            }
        var place = "file=\(property(presentation.path(finding.span))),line=\(region.line),endLine=\(region.endLine)"
        // Columns are for one line: GitHub refuses them otherwise.
        if region.line == region.endLine { place += ",col=\(region.column),endColumn=\(region.endColumn)" }
        return "::\(command) \(place),title=\(property("interlock \(finding.rule)"))::\(data(finding.message + " " + finding.help))\n"
    }

    /// What a log or a page would act on is made visible; line breaks have codes of their own.
    private static func data(_ text: String) -> String { replacing(text.printableLines, ["%": "%25", "\n": "%0A"]) }

    private static func property(_ text: String) -> String { replacing(text.printable, ["%": "%25", ":": "%3A", ",": "%2C"]) }

    private static func replacing(_ text: String, _ codes: [Unicode.Scalar: String]) -> String {
        var out = ""
        for scalar in text.unicodeScalars { if let code = codes[scalar] { out += code } else { out.unicodeScalars.append(scalar) } }
        return out
    }
}
