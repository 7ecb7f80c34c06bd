public import Foundation
package import Migrations

/// A database that guards ask. `GuardedSQLite` and `GuardedPostgres` make them.
public struct GuardedStore: Sendable {
    package let engine: any Engine
    /// Where the time comes from.
    let time: TimeSource

    package init(engine: any Engine, time: TimeSource) { (self.engine, self.time) = (engine, time) }

    /// Makes the tables and functions of these guards. Running it again changes nothing.
    ///
    /// Use the files of `interlock migrate` where migrations are reviewed and deployed; they hold the same statements.
    ///
    /// - Throws: ``GuardedError/notApplied(_:)`` when the database refuses; what it had made by then stays.
    public func migrate(_ guards: any Migrating...) async throws(GuardedError) {
        for one in guards {
            try await engine.execute(one.blueprint.up(engine.dialect))
            // PostgreSQL builds indexes beside live traffic one statement at a time, outside of a transaction.
            guard engine.dialect.hasFunctions else { continue }
            for statement in one.blueprint.indexStatements(engine.dialect) { try await engine.execute(statement) }
        }
    }

    /// The time of this process, for what is only ever compared with itself.
    var now: Date { given ?? Date() }

    private var given: Date? {
        switch time {
        case .database: nil
        case .given(let clock): clock()
        }
    }

    /// Runs a retention job.
    func prune(_ blueprint: Blueprint, _ name: String = "prune", olderThanDays days: Int) async throws(GuardedError) -> Int {
        let procedure = blueprint[name], least = procedure.leastDays ?? 0
        guard days >= least else { throw .shortRetention(days: days, least: least) }
        // Beyond a century some clocks have not begun.
        return try await run(procedure, of: blueprint, ["days": .integer(min(days, 36_500))]).first?.integer("removed") ?? 0
    }

    func run(_ operation: Procedure, of blueprint: Blueprint, _ arguments: [String: Argument]) async throws(GuardedError) -> [Row] {
        var arguments = arguments
        // One look at the clock, so that a call is not of two days. None: PostgreSQL looks at its own.
        if let now = engine.dialect.hasFunctions ? given : self.now {
            if operation.parameters.contains(where: { $0.name == "now" }) { arguments["now"] = .instant(milliseconds(now)) }
            for case (let name, .period(let period, let zone)) in arguments { arguments[name] = .text(period.text(at: now, in: zone)) }
        }
        return try await engine.run(Call(blueprint: blueprint, operation: operation, arguments: arguments))
    }
}

/// Where a guard takes the time from.
public enum TimeSource: Sendable {
    /// The database's own clock in PostgreSQL, which all clients share; the system's clock in SQLite.
    case database
    /// A clock of the caller's, for tests and simulations.
    case given(@Sendable () -> Date)
}

/// Something with tables of its own, that ``GuardedStore/migrate(_:)`` can make.
public protocol Migrating: Sendable {
    /// Its tables and operations.
    var design: GuardDesign { get }
}

/// The tables and statements of a guard, for ``GuardedStore/migrate(_:)``.
public struct GuardDesign: Sendable {
    let blueprint: Blueprint
}

extension Migrating {
    var blueprint: Blueprint { design.blueprint }
}

/// What runs operations: SQLite or PostgreSQL.
package protocol Engine: Sendable {
    var dialect: Dialect { get }
    /// Runs an operation whole or not at all, and gives its rows.
    func run(_ call: Call) async throws(GuardedError) -> [Row]
    /// Runs the statements of a migration.
    func execute(_ script: String) async throws(GuardedError)
    /// Runs one statement as it is, with parameters `$1`, `$2`: how code without a guard would. Never tried again.
    func query(_ sql: String, _ values: [String?]) async throws(GuardedError) -> [[String?]]
}

package struct Call: Sendable {
    package var blueprint: Blueprint
    package var operation: Procedure
    package var arguments: [String: Argument]
}

package enum Argument: Hashable, Sendable {
    case null
    case text(String)
    case integer(Int)
    /// Milliseconds since 1970.
    case instant(Int)
    /// The period that it is now, by the clock of the database.
    case period(SlotCounterTables.Period, TimeZone)
}

/// A row of an answer: instants are milliseconds since 1970, flags 0 and 1.
package struct Row: Hashable, Sendable {
    private var values: [String: Argument]

    package init(_ values: [String: Argument]) { self.values = values }

    func text(_ name: String) -> String? {
        switch values[name] {
        case .text(let text): text
        case .integer(let number), .instant(let number): String(number)
        case .null, .period, nil: nil
        }
    }

    func integer(_ name: String) -> Int? {
        switch values[name] {
        case .integer(let number), .instant(let number): number
        case .text(let text): Int(text)
        case .null, .period, nil: nil
        }
    }

    func date(_ name: String) -> Date? { integer(name).map { Date(timeIntervalSince1970: Double($0) / 1000) } }
}

func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1000).rounded(.down)) }

extension SlotCounterTables.Period {
    /// As `to_char` writes it in PostgreSQL.
    func text(at date: Date, in zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func padded(_ number: Int?, _ width: Int = 2) -> String {
            let digits = String(number ?? 0)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let month = padded(parts.year, 4) + "-" + padded(parts.month), day = month + "-" + padded(parts.day)
        return switch self {
        case .minute: day + "T" + padded(parts.hour) + ":" + padded(parts.minute)
        case .day: day
        case .month: month
        case .forever: "always"
        }
    }
}
