import Flow
import Rainbow

/// The lines of the evidence in the act's own file, with carets, and the places elsewhere by name.
struct CodeFrame {
    private let presentation: Presentation
    private let finding: Finding
    private let paint: Paint
    private let width: Int
    private let marks: [Int: [Mark]]

    private struct Mark {
        let bytes: Range<Int>
        let note: String
    }

    init(_ finding: Finding, _ presentation: Presentation, _ paint: Paint) {
        self.presentation = presentation
        self.finding = finding
        self.paint = paint
        var marks: [Int: [Mark]] = [:]
        for (index, evidence) in finding.evidence.enumerated() where evidence.span.file == finding.span.file {
            let mark = Mark(bytes: Int(evidence.span.start)..<Int(evidence.span.end), note: Self.note(evidence, index, of: finding))
            marks[presentation.region(evidence.span).line, default: []].append(mark)
        }
        if finding.evidence.isEmpty { marks[presentation.region(finding.span).line] = [Mark(bytes: Int(finding.span.start)..<Int(finding.span.end), note: "")] }
        self.marks = marks
        width = String(marks.keys.max() ?? 1).count
    }

    func render() -> String {
        let edge = "  " + String(repeating: " ", count: width) + " " + paint("|", .cyan)
        var out = elsewhere() + edge + "\n", previous: Int?
        for (line, marks) in marks.sorted(by: { $0.key < $1.key }) {
            if let previous, line > previous + 1 { out += "  " + paint(String(repeating: ".", count: width), .cyan) + "\n" }
            out += render(line, marks, edge)
            previous = line
        }
        return out + edge + "\n"
    }

    /// A line that is too long for all its marks is shown again for the next one that does not fit.
    private func render(_ line: Int, _ marks: [Mark], _ edge: String) -> String {
        let (bytes, range) = presentation.line(line, in: finding.span.file), number = String(line)
        var out = "", shown: CodeLine?
        for mark in marks {
            let marked = min(mark.bytes.lowerBound, range.upperBound)..<max(mark.bytes.lowerBound, min(mark.bytes.upperBound, range.upperBound))
            let code: CodeLine
            if let shown, shown.holds(marked) {
                code = shown
            } else {
                code = CodeLine(bytes, line: range, around: marked)
                out += "  " + paint(String(repeating: " ", count: width - number.count) + number + " |", .cyan) + " " + code.text + "\n"
            }
            shown = code
            let caret = code.caret(marked)
            out +=
                edge + " " + String(repeating: " ", count: caret.column) + paint(String(repeating: "^", count: caret.length), .red)
                + (mark.note.isEmpty ? "" : " " + mark.note) + "\n"
        }
        return out
    }

    private func elsewhere() -> String {
        var out = ""
        for (index, evidence) in finding.evidence.enumerated() where evidence.span.file != finding.span.file {
            let place = "\(presentation.path(evidence.span).printable):\(presentation.region(evidence.span).line)"
            out += "  " + paint("...", .cyan) + " \(place)  \(Self.note(evidence, index, of: finding))\n"
        }
        return out
    }

    /// The steps are numbered where they stand in several files, since the frame shows those of one file together.
    private static func note(_ evidence: Evidence, _ index: Int, of finding: Finding) -> String {
        let isSpread = finding.evidence.contains { $0.span.file != finding.span.file }
        return (isSpread ? "\(index + 1). " : "") + "\(evidence.role.rawValue): \(evidence.note.printable)"
    }
}
