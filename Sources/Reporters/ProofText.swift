import Flow
import Rainbow

/// What came of playing a finding, for people: the verdict, the rows to begin with, the two requests, and the fix.
struct ProofText {
    let proof: Proof
    let presentation: Presentation
    let paint: Paint
    /// A long schedule is told in its first and last moments.
    private static let shown = 40

    func render() -> String {
        var out = "  " + paint(headline, colour, bold: true) + " " + proof.reason.printable + place + "\n"
        for line in proof.stage { out += "    " + paint(line.printable, .lightBlack) + "\n" }
        if !proof.transcript.isEmpty {
            let middle = proof.transcript.count - Self.shown
            for (at, moment) in proof.transcript.enumerated() {
                if middle > 0, at == Self.shown / 2 { out += "      " + paint("… \(middle) more", .lightBlack) + "\n" }
                if middle > 0, at >= Self.shown / 2, at < Self.shown / 2 + middle { continue }
                let isFirst = moment.lane == .first
                out += "    " + paint(isFirst ? "A │ " : "B │ ", isFirst ? .blue : .magenta) + moment.text.printable + "\n"
            }
        }
        for assumption in proof.assumptions { out += "    " + paint("assumed: \(assumption.printable)", .lightBlack) + "\n" }
        if let fix = proof.fix {
            out +=
                "  " + paint(fix.holds ? "the fix holds:" : "no fix is offered, for this one does not hold:", fix.holds ? .green : .red, bold: true)
                + " \(fix.reason.printable)\n"
            for line in fix.statements { out += "    " + paint(line.printable, .green) + "\n" }
        }
        return out
    }

    private var headline: String { proof.verdict.rawValue + (proof.engine.isEmpty ? "" : " on \(proof.engine)") + ":" }

    private var place: String { proof.place.map { " (\(presentation.place($0).printable))" } ?? "" }

    private var colour: NamedColor {
        switch proof.verdict {
        case .proved: .red
        case .refuted: .green
        case .notExecutable: .yellow
        }
    }
}
