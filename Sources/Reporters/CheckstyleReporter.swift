import Flow

/// https://github.com/checkstyle/checkstyle/blob/master/src/main/java/com/puppycrawl/tools/checkstyle/XMLLogger.java
enum CheckstyleReporter {
    static func render(_ presentation: Presentation) -> String {
        let files = Dictionary(grouping: presentation.reports) { $0.finding.span.file }.sorted { $0.key < $1.key }
        return XML(
            name: "checkstyle", attributes: [("version", "4.3")],
            children: files.map { _, reports in
                XML(
                    name: "file", attributes: [("name", presentation.path(reports[0].finding.span))],
                    children: reports.map { report in
                        let finding = report.finding, region = presentation.region(finding.span)
                        return XML(
                            name: "error",
                            attributes: [
                                ("line", "\(region.line)"), ("column", "\(region.column)"),
                                ("severity", finding.severity == .note ? "info" : finding.severity.rawValue),
                                ("message", finding.message + " " + finding.help), ("source", "interlock." + finding.rule),
                            ])
                    })
            }
        ).document
    }
}
