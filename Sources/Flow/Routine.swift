/// A function, handler, method or named query: an entry point and a body of steps in order.
package struct Routine: Hashable, Sendable {
    package var name: String
    package var entry: Entry
    package var isExported: Bool
    package var parameters: [String]
    /// Names of the function around it, whose values are not known here.
    package var captured: Set<String> = []
    /// What a parameter is where the caller gives nothing, as far as that is a constant.
    package var defaults: [Int: Value] = [:]
    package var body: [Step]
    /// The first identifier that no step of the body uses; linking continues from there.
    package var nextStep: StepID
    package var span: Span

    /// What a script is called that a page sends along.
    package static let pageScript = "script"

    package init(
        name: String, entry: Entry, isExported: Bool, parameters: [String], body: [Step], nextStep: StepID, span: Span
    ) {
        self.name = name
        self.entry = entry
        self.isExported = isExported
        self.parameters = parameters
        self.body = body
        self.nextStep = nextStep
        self.span = span
    }

    package enum Entry: String, Hashable, Sendable {
        case route, action, query, none
        /// A function of the database, which statements and triggers call.
        case stored
        /// Code that runs when its file is loaded.
        case module
        /// Part of a file that nobody imports and that serves no requests: somebody runs it by hand.
        case script
    }
}

/// What lowering one file gives.
package struct Unit: Sendable {
    package var routines: [Routine] = []
    package var schema = Schema()
    package var interface = Interface()
    /// Functions and triggers of the database, as this file defines and drops them, in order.
    package var stored: [StoredChange] = []
    /// The tables and classes of rows that the file declares, where they stand.
    package var declarations: [Declaration] = []
    /// The parser met text that the grammar does not know; the rest was still read.
    package var hasSyntaxErrors = false

    package init() {}
}

/// A table, or a class of what is stored, as its file declares it.
package struct Declaration: Hashable, Sendable {
    package let name: String
    package let fields: [String]
    package let span: Span
    /// It says what requests bring, and not what is stored.
    package let isRequest: Bool

    package init(name: String, fields: [String], span: Span, isRequest: Bool = false) {
        self.name = name
        self.fields = fields
        self.span = span
        self.isRequest = isRequest
    }
}
