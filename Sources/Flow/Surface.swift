/// A place of a kind that is worth an inventory: a URL field, an endpoint that verifies a secret, a status, a cap, a token
/// that works once, a payment.
package struct Surface: Hashable, Sendable {
    package var kind: Kind
    /// What a reader calls it: `links.url`, `login: password`.
    package var name: String
    package var span: Span
    package var routine: String
    /// What protects it; nil where nothing does.
    package var guardian: Guardian?
    /// The places that write it, where it is a field.
    package var writes: [Writing] = []
    /// The calls that lead there, outermost first.
    package var calls: [Span] = []
    /// The function that it is in, and stretches of others that run in it: whoever works on them works on it.
    package var functions: [Span] = []
    /// Of a URL: where it goes.
    package var sink: Sink?
    /// How sure it is that something is missing.
    package var confidence = Confidence.medium
    /// What a rule says of it.
    package var finding: Finding?

    package init(_ kind: Kind, _ name: String, _ span: Span, routine: String, guardian: Guardian?) {
        self.kind = kind
        self.name = name
        self.span = span
        self.routine = routine
        self.guardian = guardian
    }

    package enum Kind: String, Hashable, Sendable, CaseIterable { case url, auth, status, cap, token, payment }

    package struct Guardian: Hashable, Sendable {
        package let text: String
        package let span: Span

        package init(_ text: String, _ span: Span) {
            self.text = text
            self.span = span
        }
    }

    package struct Writing: Hashable, Sendable {
        package let span: Span
        package let isGuarded: Bool

        package init(_ span: Span, isGuarded: Bool) {
            self.span = span
            self.isGuarded = isGuarded
        }
    }
}
