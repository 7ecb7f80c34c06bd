import Flow

/// Code Quality: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
enum GitLabReporter {
    static func render(_ presentation: Presentation) -> String {
        JSONReporter.encode(presentation.reports.map { Issue($0, presentation) })
    }

    private struct Issue: Encodable {
        let description, check_name, fingerprint, severity: String
        let location: Location

        init(_ report: Report, _ presentation: Presentation) {
            let finding = report.finding, region = presentation.region(finding.span)
            description = finding.message + " " + finding.help
            check_name = finding.rule
            fingerprint = report.fingerprint
            severity =
                switch finding.severity {
                case .error: "critical"
                case .warning: "major"
                case .note: "info"
                }
            location = Location(path: presentation.path(finding.span), lines: .init(begin: region.line, end: region.endLine))
        }
    }

    private struct Location: Encodable {
        let path: String
        let lines: Lines

        struct Lines: Encodable { let begin, end: Int }
    }
}
