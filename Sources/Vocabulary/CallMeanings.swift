package import Flow

/// What calls outside the database mean: side effects, locks, entry points. Read from `words.yml`.
package struct CallMeanings: Sendable {
    /// First words of camel-case names → the effect of such calls.
    private let verbs: [String: Effect.Kind]
    /// Words inside such names that say more than the first.
    private let nouns: [(key: String, value: Effect.Kind)]
    /// Last component of a callee → the dotted endings that have an effect.
    private let callees: [String: [(ending: String, kind: Effect.Kind)]]
    /// Callees that move money, as they are written.
    let paying: [String]
    /// Methods that take a lock.
    package internal(set) var locks: [String: LockCall]
    /// Methods that register a request handler.
    package let routes: Set<String>
    /// Methods that call the function they are given themselves: what goes on with a promise, or through a list.
    package let onwards: Set<String>
    /// Options that say how many jobs of a queue run at once.
    package let serial: Set<String>
    /// Names of the parameters and calls through which a request comes in.
    package let inputs: [String: Input]
    /// The last components of those names, so that most properties are dismissed without spelling out their path.
    package let inputEndings: Set<String>

    /// How classes and decorators say that a function handles requests.
    package let handlers: Handlers
    package let forms: Forms
    /// Functions that stand for the result of another as a parameter's default: `Depends(get_order)`.
    package let providers: Set<String>
    /// Functions that never return, those of a package behind its name: `next/navigation:redirect`.
    package let leaving: Set<String>
    /// Functions of packages that throw unless what they are given first holds.
    package let asserting: Set<String>
    /// Static methods that give the one object of their class.
    package let instances: Set<String>

    package struct Handlers: Sendable {
        /// Endings of the names of base classes.
        package var classes: Set<String> = []
        package var methods: Set<String> = []
        package var decorators: Set<String> = []
        /// Decorators by which a method is read like a column.
        package var properties: Set<String> = []
    }

    /// Forms and serializers.
    package struct Forms: Sendable {
        /// Endings of the names of such classes and of their objects, in lower case.
        package var endings: [String] = []
        /// Methods that check before anything is saved.
        package var checks: [String] = []
        /// Attributes by which a view names its form.
        package var attributes: Set<String> = []
        /// Endings of the names of classes whose `load` makes a row.
        package var loaders: [String] = []
    }

    package struct LockCall: Sendable {
        package let kind: Lock.Kind
        /// Which argument is the key.
        package let key: Int?
        /// Parts of the receiver's name, where the method's name alone says too little.
        package let receiver: [String]?
        /// A word among the arguments without which the call is something else: `NX` of Redis's SET.
        package let needs: String?
        /// The project's configuration names it.
        package var isOwn = false
    }

    init(
        effects: [Effect.Kind: [String]], verbs: [String: Effect.Kind], nouns: [String: Effect.Kind], locks: [String: LockCall], routes: Set<String>,
        onwards: Set<String>, serial: Set<String>, inputs: [String: Input], handlers: Handlers, forms: Forms, providers: Set<String>, leaving: Set<String>,
        asserting: Set<String>, instances: Set<String>
    ) {
        self.handlers = handlers
        self.forms = forms
        self.providers = providers
        self.leaving = leaving
        self.asserting = asserting
        self.instances = instances
        var callees: [String: [(ending: String, kind: Effect.Kind)]] = [:]
        for kind in Effect.Kind.allCases {
            for name in effects[kind] ?? [] { callees[Self.lastComponent(name), default: []].append((name.lowercased(), kind)) }
        }
        self.callees = callees
        paying = effects[.money] ?? []
        self.verbs = verbs
        self.nouns = nouns.sorted { $0.key < $1.key }
        self.locks = locks
        self.routes = routes
        self.onwards = onwards
        self.serial = serial
        self.inputs = inputs
        inputEndings = Set(inputs.keys.map { String($0[($0.lastIndex(of: ".").map($0.index(after:)) ?? $0.startIndex)...]) })
    }

    /// The side effect that a call of this name has, if any.
    package func effect(of callee: String) -> Effect.Kind? {
        if let candidates = callees[Self.lastComponent(callee)] {
            let path = callee.lowercased()
            if let hit = candidates.first(where: { path == $0.ending || path.hasSuffix("." + $0.ending) }) { return hit.kind }
        }
        guard let kind = Self.firstWord(of: callee).flatMap({ verbs[$0] }) else { return nil }
        // `sendPayout` sends money, whatever `send` does otherwise.
        let last = Self.lastComponent(callee)
        return nouns.first { last.contains($0.key) }?.value ?? kind
    }

    private static func lastComponent(_ name: String) -> String { String(lastPart(of: name)).lowercased() }

    private static func lastPart(of name: String) -> Substring {
        let bytes = name.utf8
        return name[(bytes.lastIndex(of: UInt8(ascii: ".")).map { bytes.index(after: $0) } ?? bytes.startIndex)...]
    }

    /// The first word of a camel-case name of two words or more: `sendPayout` → `send`; a single word decides nothing.
    private static func firstWord(of callee: String) -> String? {
        let last = lastPart(of: callee).utf8
        guard let end = last.firstIndex(where: { !(97...122).contains($0) }), end > last.startIndex, (65...90).contains(last[end]) || last[end] == 95 else {
            return nil
        }
        return String(last[..<end])
    }
}
