import Flow

/// A summary for pages that show Markdown, such as the one of a GitHub job, which takes a megabyte:
/// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
enum MarkdownReporter {
    private static let rows = 200, details = 30

    static func render(_ presentation: Presentation) -> String {
        let reports = presentation.reports.enumerated().sorted { a, b in
            let (x, y) = (a.element.finding, b.element.finding)
            return (y.severity, y.confidence, a.offset) < (x.severity, x.confidence, b.offset)
        }.map(\.element)
        let files = "\(presentation.filesScanned) file\(presentation.filesScanned == 1 ? "" : "s")"
        guard !reports.isEmpty else { return "## Interlock\n\nNo findings in \(files).\n" }
        var out = "## Interlock\n\n\(reports.count) finding\(reports.count == 1 ? "" : "s") in \(files).\n\n| | rule | where | what |\n|---|---|---|---|\n"
        for report in reports.prefix(rows) {
            let finding = report.finding
            out += "| \(finding.severity.rawValue) | \(finding.rule) | \(place(finding, presentation)) | \(finding.message.markdown) |\n"
        }
        if reports.count > rows { out += "\n\(reports.count - rows) more are in the log.\n" }
        for report in reports.prefix(details) where !report.finding.timeline.isEmpty { out += detail(report.finding, presentation) }
        return out
    }

    private static func place(_ finding: Finding, _ presentation: Presentation) -> String {
        "\(presentation.path(finding.span).replacing("`", with: "'").markdown):\(presentation.region(finding.span).line)"
    }

    private static func detail(_ finding: Finding, _ presentation: Presentation) -> String {
        var out =
            "\n<details><summary>\(finding.rule) in \(presentation.place(finding.span).printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;"))</summary>\n\n| request A | request B |\n|---|---|\n"
        for moment in finding.timeline {
            switch moment.lane {
            case .first: out += "| \(moment.text.markdown) | |\n"
            case .second: out += "| | \(moment.text.markdown) |\n"
            case .both: out += "\nIn the end: \(moment.text.markdown).\n"
            }
        }
        out += "\n\(finding.help.markdown)\n"
        if !finding.remedy.isEmpty {
            out += "\n" + finding.remedy.fenced()
        }
        return out + "\n</details>\n"
    }
}

extension String {
    /// For one line or cell: names from the code cannot begin a tag, a link, a mention or a cell. What the sentences put
    /// between backticks stays code.
    var markdown: String {
        var out = "", isCode = false
        for scalar in printable.unicodeScalars {
            switch scalar {
            case "`":
                isCode.toggle()
                out += "`"
            case "|": out += "\\|"
            case "<" where !isCode: out += "&lt;"
            case "&" where !isCode: out += "&amp;"
            case "[", "]", "*", "_", "@", "#", "!", "~", "\\": out += isCode ? String(scalar) : scalar == "@" ? "&#64;" : "\\" + String(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return isCode ? out + "`" : out
    }

    /// As a block of code, whatever backticks are in it.
    func fenced(as language: String = "") -> String {
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`") + 1))
        return "\(fence)\(language)\n\(printableLines)\n\(fence)\n"
    }

    func longestRun(of character: Character) -> Int {
        var longest = 0, run = 0
        for next in self {
            run = next == character ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
