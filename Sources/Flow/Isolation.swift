/// What a transaction may see of others while it runs.
package enum Isolation: String, Hashable, Sendable {
    /// What the database does for who asks for nothing.
    case standard
    case readCommitted, repeatableRead, serializable
    /// SQLite's BEGIN IMMEDIATE or EXCLUSIVE, or an engine that runs one transaction at a time: the write lock comes first.
    case exclusive

    /// How much it keeps apart.
    package var strength: Int {
        switch self {
        case .standard, .readCommitted: 0
        case .repeatableRead: 1
        case .serializable, .exclusive: 2
        }
    }

    /// The level that options name, of several the weakest: `'SERIALIZABLE'`, `{isolationLevel: Level.RepeatableRead}`.
    package init?(askedBy options: Value) {
        var found: Isolation?
        for part in options.parts {
            let word =
                switch part {
                case .literal(.string(let text)): text
                case .member(_, let name): name
                default: ""
                }
            if let level = Isolation(word), level.strength < found?.strength ?? .max { found = level }
        }
        guard let found else { return nil }
        self = found
    }

    private init?(_ word: String) {
        let letters = word.lowercased().filter(\.isLetter)
        if letters.contains("serializable") {
            self = .serializable
        } else if letters.contains("repeatable") {
            self = .repeatableRead
        } else if letters.contains("readcommitted") || letters.contains("readuncommitted") {
            self = .readCommitted
        } else if !letters.hasPrefix("set"), letters.contains("immediate") || letters.contains("exclusive") {
            self = .exclusive
        } else {
            return nil
        }
    }
}

extension Step.Kind {
    /// A transaction begins at the level that its options name; what a caller or another file says of them is known later.
    package static func begin(_ promised: Isolation, options: Value) -> Step.Kind {
        if let asked = Isolation(askedBy: options) { return .begin(asked) }
        return .begin(promised, asking: options.mayNameLevel ? options.bounded : nil)
    }
}

extension Value {
    /// Options of a transaction that somebody else gives, or whose level somebody else gives.
    fileprivate var mayNameLevel: Bool {
        switch self {
        case .name, .parameter, .member: true
        case .list(let items): items.contains(where: \.mayNameLevel)
        case .object(let fields, let rest):
            fields.contains { $0.name.lowercased().contains("isolation") && !$0.value.isConstant } || rest?.mayNameLevel == true
        case .operation(.coalesce, let parts), .operation(.or, let parts), .operation(.conditional, let parts): parts.contains(where: \.mayNameLevel)
        default: false
        }
    }
}
