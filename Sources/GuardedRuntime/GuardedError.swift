import Migrations

/// Why a guard did not do what it was asked to. Every case says whether anything was written.
public enum GuardedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A cap, a threshold or a lifetime below 1. Nothing was written.
    case invalidCap(Int)
    /// A quantity or an amount below 1, or one that no counter can hold. Nothing was written.
    case invalidQuantity(Int)
    /// A key that is empty, longer than 255 bytes, or holds control characters. Nothing was written.
    case invalidKey(String)
    /// A retention that would prune counters that are in use, in days. Nothing was written.
    case shortRetention(days: Int, least: Int)
    /// The clock says a time before one that the database has already seen. Nothing was written: a claim of yesterday would
    /// pass today's cap. Set the clock; the database in PostgreSQL keeps one for all.
    case clockWentBackwards(newest: String)
    /// The database refused, was busy for longer than the retries last, or lost the connection before anything was written.
    /// Nothing was written, and the same call may be made again.
    case notApplied(String)
    /// The connection was lost when the answer was due, and the database could not be asked what became of it. It may have
    /// been written. Calls that carry an attempt of their own (tokens, codes, transitions, payments) may be made again with
    /// the same attempt; a slot that was perhaps taken is best left taken.
    case outcomeUnknown(String)
    /// This attempt was used before, for something else: another row, person, amount. Nothing was written. An attempt is the name
    /// of one request and what it asks for; make a new one for the next.
    case attemptReused(String)
    /// A new family cannot take a token under this name. Nothing was written.
    case familyRevoked

    /// Whether something may have been written: `false` is certain.
    public var mayHaveHappened: Bool {
        switch self {
        case .outcomeUnknown: true
        case .invalidCap, .invalidQuantity, .invalidKey, .shortRetention, .clockWentBackwards, .notApplied, .attemptReused, .familyRevoked: false
        }
    }

    public var description: String {
        switch self {
        case .invalidCap(let cap): "\(cap) is no cap: it must be at least 1, and nothing was written."
        case .invalidQuantity(let quantity): "\(quantity) is no quantity: it must be at least 1 and below a trillion, and nothing was written."
        case .invalidKey(let key): "\(printable(key)): a key holds 1 to 255 bytes and no control characters, and nothing was written."
        case .shortRetention(let days, let least):
            "A retention of \(days) days would prune counters that are in use: keep at least \(least); nothing was written."
        case .clockWentBackwards(let newest): "The clock has gone back behind \(printable(newest)), which the database has seen; nothing was written."
        case .notApplied(let why): "Nothing was written: \(printable(why))"
        case .outcomeUnknown(let why): "It is not known whether this was written: \(printable(why))"
        case .attemptReused(let attempt): "The attempt \(printable(attempt)) was used for something else before, and nothing was written."
        case .familyRevoked: "This family of tokens is revoked, and no token was written."
        }
    }
}

/// Text for one line of a log: no control characters, not too long.
private func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? "?" : $0 }))
}

/// What may stand in a key, checked before anything is written.
enum Keys {
    static let longest = 255
    /// Sums of quantities must stay far from the end of 64 bits.
    static let largest = 1_000_000_000_000

    static func checked(_ key: String) throws(GuardedError) -> Argument {
        guard !key.isEmpty, key.utf8.count <= longest,
            key.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0.properties.generalCategory != .lineSeparator })
        else { throw .invalidKey(key) }
        return .text(key)
    }

    /// A name in the database.
    static func identifier(_ name: String) throws(GuardedError) -> Identifier {
        do { return try Identifier(name) } catch { throw .invalidKey(name) }
    }

    /// The text of a message. A NUL would end it where it is handed to C.
    static func payload(_ text: String) throws(GuardedError) -> Argument {
        guard !text.utf8.contains(0) else { throw .invalidKey("a payload with a NUL") }
        return .text(text)
    }

    static func quantity(_ quantity: Int) throws(GuardedError) -> Argument {
        guard (1...largest).contains(quantity) else { throw .invalidQuantity(quantity) }
        return .integer(quantity)
    }

    static func cap(_ cap: Int) throws(GuardedError) -> Int {
        guard (1...largest).contains(cap) else { throw .invalidCap(cap) }
        return cap
    }
}
