import Flow

/// As CI servers read it: https://github.com/testmoapp/junitxml. A file is a suite, a finding a case that fails.
enum JUnitReporter {
    static func render(_ presentation: Presentation) -> String {
        let files = Dictionary(grouping: presentation.reports) { $0.finding.span.file }.sorted { $0.key < $1.key }
        let suites = files.map { _, reports in suite(reports, presentation) }
        // A report without a case is taken for one that went missing.
        let clean = XML(
            name: "testsuite", attributes: [("name", "interlock"), ("tests", "1"), ("failures", "0")],
            children: [XML(name: "testcase", attributes: [("name", "\(presentation.filesScanned) files scanned"), ("classname", "interlock")])])
        let count = presentation.reports.count, refuted = presentation.reports.count(where: \.isRefuted)
        return XML(
            name: "testsuites", attributes: [("name", "interlock"), ("tests", "\(max(1, count))"), ("failures", "\(count - refuted)")],
            children: suites.isEmpty ? [clean] : suites
        ).document
    }

    private static func suite(_ reports: [Report], _ presentation: Presentation) -> XML {
        let path = presentation.path(reports[0].finding.span), refuted = reports.count(where: \.isRefuted)
        return XML(
            name: "testsuite",
            attributes: [("name", path), ("tests", "\(reports.count)"), ("failures", "\(reports.count - refuted)"), ("skipped", "\(refuted)")],
            children: reports.map { report in
                let finding = report.finding, region = presentation.region(finding.span)
                let failure = XML(
                    // What the database prevents is no failure.
                    name: report.isRefuted ? "skipped" : "failure",
                    attributes: [("message", finding.message)] + (report.isRefuted ? [] : [("type", finding.severity.rawValue)]),
                    text: "\(path.printable):\(region.line):\(region.column)\n\(finding.help.printable)"
                        + finding.remedy.split(separator: "\n").map { "\n    " + $0 }.joined())
                return XML(
                    name: "testcase",
                    attributes: [
                        ("name", "\(finding.rule) in line \(region.line)"), ("classname", "interlock." + finding.rule), ("file", path),
                        ("line", "\(region.line)"),
                    ], children: [failure])
            })
    }
}

extension Report {
    fileprivate var isRefuted: Bool { proof?.verdict == .refuted }
}
