package struct Effect: Hashable, Sendable {
    package var kind: Kind
    package var name: String
    package var arguments: [Value]

    package init(_ kind: Kind, name: String, _ arguments: [Value] = []) {
        self.kind = kind
        self.name = name
        self.arguments = arguments
    }

    package enum Kind: String, Hashable, Sendable, CaseIterable { case money, mail, token, queue, http }
}

package struct Call: Hashable, Sendable {
    /// The callee as it is written: `checkLimit`, `this.orders.find`.
    package var callee: String
    package var arguments: [Value]
    /// The class of the object that the call is made on, where a declaration tells.
    package var type: String?
    /// Which arguments are functions; their bodies are the steps behind the call.
    package var callbacks: [Int] = []
    package var isAwaited = false
    /// What the method is called on: inside it, the row that it is a method of.
    package var receiver: Value?
    /// Runs SQL text that the caller gives: the first argument is the text, the second its parameters.
    package var runsText: API?
    /// The last argument is an object of those that are given by name.
    package var isNamed = false
    /// What it opens lasts for the steps behind it: `with locked(id):`, a decorator, a dependency that yields.
    package var context: Context?
    /// What it is for, as far as its name and its package tell; a callee of the project is looked into instead.
    package var purpose: Purpose?
    /// What its name says that it does, unless it is a function of the project: that one is looked into.
    package var effect: Effect.Kind?
    /// The project's configuration says so, and nobody looks into the callee to make sure.
    package var isVouchedFor = false

    package enum Purpose: Hashable, Sendable {
        /// Compares what somebody typed with what is stored.
        case verify(Secret)
        /// Counts attempts, or refuses them.
        case limit
        /// Puts a value where a browser follows or runs it.
        case sink(Sink)
        /// Lets a URL pass only with a scheme that does no harm.
        case sanitize
        /// Tests that a message was signed by its sender.
        case authenticate
        /// Works on somebody's payment, by its id.
        case payment
    }

    package enum Context: String, Hashable, Sendable { case opens, wraps, closes }

    /// The name under which a comparison of a secret with what somebody typed is written down.
    package static let comparison = "=="

    /// The name under which a route passes what another file gives and may be a limiter.
    package static let middleware = "<middleware>"

    /// The name of the operation that stands for a limiter, whose operand is the field by which it tells callers apart.
    package static let limiter = "<limiter>"

    /// The name of the call by which a generator hands something out.
    package static let yield = "yield"

    /// What the code calls it.
    package var name: String { callee == Self.middleware ? arguments.last?.stringLiteral ?? callee : callee }

    package init(_ callee: String, _ arguments: [Value], type: String? = nil) {
        self.callee = callee
        self.arguments = arguments
        self.type = type
    }
}

/// What a person proves to be by knowing it.
package enum Secret: String, Hashable, Sendable, CaseIterable {
    case password, pin, code, recovery, link
}

/// Where a URL does harm, and what harm.
package enum Sink: String, Hashable, Sendable, CaseIterable {
    /// A link, which runs when it is clicked.
    case link
    /// The page itself goes there.
    case navigation
    /// The server sends the browser there.
    case redirect
    /// An image or another resource: nothing runs.
    case image
    /// A frame or an object, in which a document runs.
    case frame
    /// A field of a row, from which it is shown later.
    case field
}
