/// What came of playing a finding on a real database.
package struct Proof: Hashable, Sendable {
    package var verdict: Verdict
    /// One sentence: the broken invariant, what prevented it, or why nothing was run.
    package var reason: String
    /// The database that it ran on, with its version; empty where nothing ran.
    package var engine = ""
    /// The tables as they were made, and the rows that stood in them.
    package var stage: [String] = []
    /// What the two requests did, in order.
    package var transcript: [Moment] = []
    /// What was assumed where the code does not tell.
    package var assumptions: [String] = []
    /// Where the code stands that could not be played.
    package var place: Span?
    package var fix: Fix?

    package init(_ verdict: Verdict, _ reason: String) {
        self.verdict = verdict
        self.reason = reason
    }

    package enum Verdict: String, Hashable, Sendable, CaseIterable {
        case proved, refuted
        case notExecutable = "not executable"
    }

    /// The corrected statements under the same schedule, and among many clients at once.
    package struct Fix: Hashable, Sendable {
        /// What was run in place of check and act.
        package var statements: [String]
        package var holds: Bool
        /// How many clients ran at once, and how many of them got what they asked for.
        package var clients: Int, winners: Int
        /// What happened, in one sentence.
        package var reason: String

        package init(statements: [String], holds: Bool, clients: Int, winners: Int, reason: String) {
            self.statements = statements
            self.holds = holds
            self.clients = clients
            self.winners = winners
            self.reason = reason
        }
    }
}
