/// One defect, with everything a reporter needs to show it.
package struct Finding: Hashable, Sendable {
    package var rule: String
    package var severity: Severity
    package var confidence: Confidence
    /// The fact, in one full sentence with the user's own names.
    package var message: String
    /// What to do, in one imperative sentence.
    package var help: String
    /// The corrected statement, with the user's own names.
    package var remedy: String
    /// The act: where the harm is done and the finding is reported.
    package var span: Span
    /// Check, decision, act, side effect, in order.
    package var evidence: [Evidence]
    /// The two requests, moment by moment.
    package var timeline: [Moment]
    package var routine: String
    /// The table that it is about, where it is about one.
    package var table: String?
    /// The column, where it is about a field of that table.
    package var column: String?
    /// How the race runs, where it is one.
    package var course: Course?
    /// How it runs on other ways that lead to the same act.
    package var otherCourses: [Course] = []
    /// Where the same stands in definitions of this function of the database that later migrations have replaced.
    package var earlier: [Span] = []

    package init(
        rule: String, severity: Severity, confidence: Confidence, message: String, help: String, remedy: String,
        span: Span, evidence: [Evidence], timeline: [Moment], routine: String, table: String? = nil
    ) {
        self.rule = rule
        self.severity = severity
        self.confidence = confidence
        self.message = message
        self.help = help
        self.remedy = remedy
        self.span = span
        self.evidence = evidence
        self.timeline = timeline
        self.routine = routine
        self.table = table
    }
}

extension Finding {
    /// Everywhere that it speaks of.
    package var spans: [Span] { [span] + evidence.map(\.span) }
}

package enum Severity: String, CaseIterable, Comparable, Sendable {
    case note, warning, error

    package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int {
        switch self {
        case .note: 0;
        case .warning: 1;
        case .error: 2
        }
    }
}

package enum Confidence: String, CaseIterable, Comparable, Sendable {
    case low, medium, high

    package static func < (a: Confidence, b: Confidence) -> Bool { a.rank < b.rank }
    private var rank: Int {
        switch self {
        case .low: 0;
        case .medium: 1;
        case .high: 2
        }
    }

    package var lowered: Confidence {
        switch self {
        case .high: .medium;
        case .medium, .low: .low
        }
    }
}

package struct Evidence: Hashable, Sendable {
    package var role: Role
    package var span: Span
    package var note: String
    /// The step of the routine that it speaks of, where one place is reached in several ways.
    package var step: StepID?

    package init(_ role: Role, _ span: Span, _ note: String, step: StepID? = nil) {
        self.role = role
        self.span = span
        self.note = note
        self.step = step
    }

    /// `call` is a step on the way: the place where another function, which holds what comes next, is called.
    package enum Role: String, Hashable, Sendable { case call, check, decision, act, effect }
}

/// One line of the interleaving: which request, what it does, and where in the code that is.
package struct Moment: Hashable, Sendable {
    package var lane: Lane
    package var text: String
    /// Index into the finding's evidence, where the moment is one of its steps.
    package var evidence: Int?

    package init(_ lane: Lane, _ text: String, evidence: Int? = nil) {
        self.lane = lane
        self.text = text
        self.evidence = evidence
    }

    package enum Lane: String, Hashable, Sendable { case first, second, both }
}

/// A finding as it is shown: with its fingerprint.
package struct Report: Hashable, Sendable {
    package var finding: Finding
    /// Rule, path, normalised code of the act and an occurrence index: it survives moved lines and changed confidence.
    package var fingerprint: String
    /// The same of the code alone, by which the finding is known in a file that was renamed.
    package var code: String
    /// Why it is not shown, where it is not.
    package var excuse: Excuse?
    /// It is reason enough for the scan to fail.
    package var fails = false
    /// What came of playing it, where that was asked for.
    package var proof: Proof?

    package init(finding: Finding, fingerprint: String, code: String) {
        self.finding = finding
        self.fingerprint = fingerprint
        self.code = code
    }

    package enum Excuse: Hashable, Sendable {
        /// Somebody has written a comment, with this reason.
        case comment(String)
        /// It was there before.
        case baseline

        package var reason: String {
            switch self {
            case .comment(let reason): reason
            case .baseline: "It was there before."
            }
        }
    }
}
