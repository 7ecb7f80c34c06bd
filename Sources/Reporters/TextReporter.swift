import Flow
import Rainbow

/// For people: the fact, the code, the two requests, the way out.
struct TextReporter {
    private let presentation: Presentation
    private let paint: Paint
    private static let lane = 44

    init(_ presentation: Presentation) {
        self.presentation = presentation
        paint = Paint(isOn: presentation.usesColour)
    }

    func render() -> String {
        var out = ""
        for report in presentation.reports { out += render(report) + "\n" }
        return out + closing() + "\n"
    }

    private func render(_ report: Report) -> String {
        let finding = report.finding, region = presentation.region(finding.span)
        var out = paint("\(finding.severity.rawValue)[\(finding.rule)]", finding.severity == .error ? .red : .yellow, bold: true)
        out += " " + paint(finding.message.printable, nil, bold: true) + "\n"
        out += "  " + paint("-->", .cyan) + " \(presentation.path(finding.span).printable):\(region.line):\(region.column)"
        if !finding.routine.isEmpty {
            // What a module exports without a name is known by its file.
            let name = finding.routine == "default" ? "" : finding.routine.hasPrefix("default.") ? finding.routine.dropFirst(8) : finding.routine[...]
            let place = name.isEmpty ? "" : "in \(String(name).printable), "
            out += paint("  \(place)\(finding.confidence.rawValue) confidence", .lightBlack)
        }
        out += excuse(report) + "\n"
        out += CodeFrame(finding, presentation, paint).render() + timeline(finding) + earlier(finding)
        if let proof = report.proof { out += ProofText(proof: proof, presentation: presentation, paint: paint).render() }
        out += "  " + paint("help:", .green, bold: true) + " " + finding.help.printable + "\n"
        for line in finding.remedy.split(separator: "\n", omittingEmptySubsequences: finding.remedy.isEmpty) {
            out += "        " + paint(String(line).printable, .green) + "\n"
        }
        return out
    }

    private func excuse(_ report: Report) -> String {
        switch report.excuse {
        case nil: ""
        case .baseline: paint("  (in the baseline)", .lightBlack)
        case .comment(let reason): paint("  (ignored: \(reason.printable))", .lightBlack)
        }
    }

    /// Where the same stood before.
    private func earlier(_ finding: Finding) -> String {
        guard !finding.earlier.isEmpty else { return "" }
        let places = finding.earlier.map { "\(presentation.path($0).printable):\(presentation.region($0).line)" }
        return "  " + paint("the same in earlier definitions, replaced since: ", .lightBlack) + places.joined(separator: ", ") + "\n"
    }

    // MARK: The two requests

    private func timeline(_ finding: Finding) -> String {
        guard !finding.timeline.isEmpty else { return "" }
        var out = "  " + paint(padded("request A"), .blue, bold: true) + paint("request B", .magenta, bold: true) + "\n"
        for moment in finding.timeline {
            let text = moment.text.printable
            switch moment.lane {
            case .first: out += "  " + paint("│ ", .blue) + text + "\n"
            case .second: out += "  " + padded("") + paint("│ ", .magenta) + text + "\n"
            case .both: out += "  " + paint("└─ " + text, .red) + "\n"
            }
        }
        return out
    }

    private func padded(_ text: String) -> String { text + String(repeating: " ", count: max(1, Self.lane - text.count)) }

    // MARK: The end

    private func closing() -> String {
        guard presentation.filesScanned > 0 else { return paint("Nothing was scanned.", .yellow) }
        guard !presentation.reports.isEmpty else {
            return paint("No findings in \(presentation.filesScanned) file\(presentation.filesScanned == 1 ? "" : "s").", .green)
        }
        var parts: [String] = []
        for rule in presentation.rules {
            let count = presentation.reports.count { $0.finding.rule == rule.id }
            if count > 0 { parts.append("\(count) \(rule.id)") }
        }
        let files = Set(presentation.reports.map(\.finding.span.file)).count, count = presentation.reports.count
        return paint("\(count) finding\(count == 1 ? "" : "s") in \(files) file\(files == 1 ? "" : "s")", nil, bold: true) + ": "
            + parts.joined(separator: ", ")
            + ". `interlock explain RULE` says more."
    }
}
