import Flow
import Rainbow

/// For people: the fact, the code, the two requests, the way out.
struct TextReporter {
    private let presentation: Presentation
    private static let lane = 44

    init(_ presentation: Presentation) { self.presentation = presentation }

    func render() -> String {
        var out = ""
        for report in presentation.reports { out += render(report.finding) + "\n" }
        return out + closing() + "\n"
    }

    private func render(_ finding: Finding) -> String {
        let region = presentation.region(finding.span)
        var out = paint("\(finding.severity.rawValue)[\(finding.rule)]", finding.severity == .error ? .red : .yellow, bold: true)
        out += " " + paint(finding.message.printable, nil, bold: true) + "\n"
        out += "  " + paint("-->", .cyan) + " \(presentation.path(finding.span).printable):\(region.line):\(region.column)"
        out += paint("  in \(finding.routine.printable), \(finding.confidence.rawValue) confidence", .lightBlack) + "\n"
        out += frame(finding) + timeline(finding)
        out += "  " + paint("help:", .green, bold: true) + " " + finding.help.printable + "\n"
        for line in finding.remedy.split(separator: "\n", omittingEmptySubsequences: false) { out += "        " + paint(String(line).printable, .green) + "\n" }
        return out
    }

    // MARK: Code

    /// The lines of the evidence in the act's own file, and places elsewhere by name.
    private func frame(_ finding: Finding) -> String {
        var notes: [Int: [(region: Presentation.Region, note: String)]] = [:], elsewhere = ""
        for evidence in finding.evidence {
            let region = presentation.region(evidence.span)
            let note = "\(evidence.role.rawValue): \(evidence.note)"
            if evidence.span.file == finding.span.file {
                notes[region.line, default: []].append((region, note))
            } else {
                elsewhere += "  " + paint("...", .cyan) + " \(presentation.path(evidence.span).printable):\(region.line)  \(note.printable)\n"
            }
        }
        let shown = notes.keys.sorted()
        let width = String(shown.last ?? 1).count
        let gutter = "  " + String(repeating: " ", count: width) + " " + paint("|", .cyan)
        var out = elsewhere + gutter + "\n", previous: Int?
        for line in shown {
            if let previous, line > previous + 1 { out += "  " + paint(String(repeating: ".", count: width), .cyan) + "\n" }
            let text = presentation.text(ofLine: line, in: finding.span.file)
            let number = String(line)
            out += "  " + paint(String(repeating: " ", count: width - number.count) + number + " |", .cyan) + " " + cut(text.printable) + "\n"
            for (region, note) in notes[line] ?? [] {
                let before = String(text.unicodeScalars.prefix(region.column - 1).map(Character.init)).printable.count
                let length = region.endLine == region.line ? max(1, region.endColumn - region.column) : max(1, text.unicodeScalars.count - region.column + 1)
                let column = min(before, 100)
                out +=
                    gutter + " " + String(repeating: " ", count: column) + paint(String(repeating: "^", count: min(length, 100 - min(column, 90))), .red) + " "
                    + note.printable + "\n"
            }
            previous = line
        }
        return out + gutter + "\n"
    }

    private func cut(_ text: String) -> String { text.count > 160 ? text.prefix(159) + "…" : text }

    // MARK: The two requests

    private func timeline(_ finding: Finding) -> String {
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

    private func paint(_ text: String, _ colour: NamedColor?, bold: Bool = false) -> String {
        guard presentation.usesColour else { return text }
        // NB: Rainbow's own switch is process-wide and looks at the output by itself; the escape codes are written here from its colour numbers.
        var codes: [String] = bold ? ["1"] : []
        if let colour { codes.append("\(colour.value)") }
        return codes.isEmpty ? text : "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
