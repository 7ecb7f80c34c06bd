public import Foundation
import GRDB
public import GuardedRuntime
import Migrations

extension GuardedStore {
    /// A store over an SQLite file in WAL mode, which several processes of one machine may share.
    ///
    /// SQLite has one writer at a time; every operation takes that place before it looks (BEGIN IMMEDIATE), so that nothing it has
    /// seen can change before it writes.
    /// - Parameters:
    ///   - path: The file; it is made if it is missing.
    ///   - time: Where the time comes from.
    ///   - patience: For how many seconds a call waits for other writers before it gives up with ``GuardedError/notApplied(_:)``.
    ///   - survivesPowerLoss: Whether an answer waits until it is on the disk (`PRAGMA synchronous = FULL`). Without it a power cut,
    ///     but no crash of a process, can take the last claims back that were already answered.
    /// - Throws: ``GuardedError/notApplied(_:)`` when the file cannot be opened or is no database.
    public static func sqlite(path: String, time: TimeSource = .database, patience: TimeInterval = 10, survivesPowerLoss: Bool = true)
        throws(GuardedError) -> GuardedStore
    {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = \(survivesPowerLoss ? "FULL" : "NORMAL")") }
        do {
            return GuardedStore(engine: SQLiteEngine(pool: try DatabasePool(path: path, configuration: configuration), patience: patience), time: time)
        } catch {
            throw .notApplied("\(path) cannot be opened: \(sentence(of: error))")
        }
    }
}

struct SQLiteEngine: Engine {
    let pool: DatabasePool
    let patience: TimeInterval
    let dialect = Dialect.sqlite

    func run(_ call: Call) async throws(GuardedError) -> [GuardedRuntime.Row] {
        if call.operation.isRead { return try await trying { try await pool.read { db in try rows(call, db) } } }
        return try await trying { try await pool.write { db in try rows(call, db) } }
    }

    func execute(_ script: String) async throws(GuardedError) {
        try await trying { try await pool.write { db in try db.execute(sql: script) } }
    }

    func query(_ sql: String, _ values: [String?]) async throws(GuardedError) -> [[String?]] {
        // Not a transaction of reading and writing: each statement is one, as in code that gives no thought to it.
        try await trying {
            try await pool.writeWithoutTransaction { db in
                try GRDB.Row.fetchAll(db, sql: sql, arguments: StatementArguments(values)).map { row in
                    row.databaseValues.map { value in String.fromDatabaseValue(value) ?? Int.fromDatabaseValue(value).map(String.init) }
                }
            }
        }
    }

    private func rows(_ call: Call, _ db: Database) throws -> [GuardedRuntime.Row] {
        var last: [GRDB.Row] = []
        for statement in call.operation.statements {
            let values = statement.parameters.map { databaseValue(call.arguments[$0]) }
            last = try GRDB.Row.fetchAll(try db.cachedStatement(sql: statement.sql), arguments: StatementArguments(values))
        }
        return last.map { row in
            GuardedRuntime.Row(Dictionary(uniqueKeysWithValues: call.operation.results.map { ($0.name, argument(row[$0.name] as DatabaseValue?)) }))
        }
    }

    private func databaseValue(_ argument: Argument?) -> DatabaseValue {
        switch argument {
        case .text(let text): text.databaseValue
        case .integer(let number), .instant(let number): number.databaseValue
        case .null, .period, nil: .null
        }
    }

    private func argument(_ value: DatabaseValue?) -> Argument {
        switch value?.storage {
        case .int64(let number): .integer(Int(number))
        case .string(let text): .text(text)
        case .double, .blob, .null, nil: .null
        }
    }

    private func trying<Value: Sendable>(_ work: () async throws -> Value) async throws(GuardedError) -> Value {
        let end = Date().addingTimeInterval(patience)
        while true {
            do {
                return try await work()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < end {
                // Beyond the time that SQLite waits for a lock, some conflicts are told at once: a checkpoint, a reader that would write.
                try? await Task.sleep(for: .milliseconds(Int.random(in: 1...50)))
            } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
                // A disk that fails while the commit is written may have kept it.
                throw .outcomeUnknown(sentence(of: error))
            } catch {
                throw .notApplied(sentence(of: error))
            }
        }
    }
}

private func sentence(of error: any Error) -> String {
    guard let error = error as? DatabaseError else { return error is CancellationError ? "the task was cancelled" : "\(error)" }
    return error.resultCode == .SQLITE_BUSY ? "other writers held the database for too long" : error.message ?? "SQLite failed (\(error.resultCode))"
}
