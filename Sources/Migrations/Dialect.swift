/// A database and the way to bring SQL to it. Supabase is PostgreSQL behind an HTTP door that needs bolts of its own; D1 is
/// SQLite without a shell: its statements are bound by position and run in a `batch()`.
package enum Dialect: String, CaseIterable, Sendable {
    case postgres, supabase, sqlite, d1

    package var hasFunctions: Bool {
        switch self {
        case .postgres, .supabase: true
        case .sqlite, .d1: false
        }
    }
}

/// What a column or a parameter holds. An instant is `timestamptz` in PostgreSQL and whole milliseconds since 1970 in SQLite,
/// which has no type for it.
package enum Kind: Hashable, Sendable {
    case text, integer, instant, flag
    /// A key of the user's: its type is theirs.
    case key(KeyType)

    func name(in dialect: Dialect) -> String {
        switch self {
        case .text: dialect.hasFunctions ? "text" : "TEXT"
        case .integer: dialect.hasFunctions ? "bigint" : "INTEGER"
        case .instant: dialect.hasFunctions ? "timestamptz" : "INTEGER"
        case .flag: dialect.hasFunctions ? "boolean" : "INTEGER"
        case .key(let type): dialect.hasFunctions ? type.rawValue : type.isNumber ? "INTEGER" : "TEXT"
        }
    }
}

/// The types that a key may have. A name from the command line is looked up here and never written as it came.
package enum KeyType: String, CaseIterable, Sendable {
    case text, uuid, bigint, integer

    var isNumber: Bool {
        switch self {
        case .text, .uuid: false
        case .bigint, .integer: true
        }
    }
}

extension Dialect {
    /// `instant` moved by a number of seconds, both of them SQL.
    func earlier(_ instant: String, by seconds: String) -> String {
        hasFunctions ? "\(instant) - make_interval(secs => \(seconds))" : "\(instant) - \(seconds) * 1000"
    }

    func later(_ instant: String, by seconds: String) -> String {
        hasFunctions ? "\(instant) + make_interval(secs => \(seconds))" : "\(instant) + \(seconds) * 1000"
    }

    func larger(_ a: String, _ b: String) -> String { hasFunctions ? "greatest(\(a), \(b))" : "max(\(a), \(b))" }
}
