import Flow

/// One line a finding, as compilers write them, for editors, grep and whoever reads many.
enum CompactReporter {
    static func render(_ presentation: Presentation) -> String {
        presentation.reports.map { report in
            let finding = report.finding, region = presentation.region(finding.span)
            let place = "\(presentation.path(finding.span).printable):\(region.line):\(region.column)"
            return "\(place): \(finding.severity.rawValue)[\(finding.rule)] \(finding.message.printable)\n"
        }.joined()
    }
}
