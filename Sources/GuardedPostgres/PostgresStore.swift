public import Foundation
public import GuardedRuntime
import Migrations

extension GuardedStore {
    /// A store over PostgreSQL 13 or newer.
    ///
    /// Every operation is one call of a function that ``GuardedStore/migrate(_:)`` or `interlock migrate` made. When a connection
    /// breaks while an answer is due, the server is asked on a new one what became of the transaction (`pg_xact_status`), so that
    /// the error is certain wherever the server can be reached again.
    /// - Parameters:
    ///   - connection: As libpq takes it: `host=/run/postgresql dbname=app`, or `postgresql://app@db.example/app?sslmode=verify-full`.
    ///   - connections: How many connections are kept at most; 1 to 256. Calls beyond them wait for one another.
    ///   - time: Where the time comes from.
    ///   - patience: For how many seconds a call waits for locks, for a server that restarts and for conflicts to pass.
    /// - Throws: ``GuardedError/invalidCap(_:)`` for another number of connections. Nothing is connected yet.
    public static func postgres(_ connection: String, connections: Int = 8, time: TimeSource = .database, patience: TimeInterval = 10)
        throws(GuardedError) -> GuardedStore
    {
        guard (1...256).contains(connections) else { throw .invalidCap(connections) }
        let lanes = LanePool(most: connections) { Lane(connection, patience: patience) }
        return GuardedStore(engine: PostgresEngine(lanes: lanes, patience: patience), time: time)
    }
}

struct PostgresEngine: Engine {
    let lanes: LanePool
    let patience: TimeInterval
    let dialect = Dialect.postgres

    func run(_ call: Call) async throws(GuardedError) -> [Row] {
        let command = Command(call)
        let answer = try await trying(isRead: call.operation.isRead) { $0.run(command) }
        return answer.map { values in
            Row(Dictionary(uniqueKeysWithValues: zip(call.operation.results, values).map { column, text in (column.name, argument(text, column.kind)) }))
        }
    }

    func execute(_ script: String) async throws(GuardedError) {
        // A migration says the same thing however often it is said.
        _ = try await trying(isRead: true) { $0.execute(script) }
    }

    func query(_ sql: String, _ values: [String?]) async throws(GuardedError) -> [[String?]] {
        switch await lanes.perform({ $0.query(sql, values) }) {
        case .rows(let rows): return rows
        case .refused(let why), .conflict(let why), .lostBefore(let why): throw .notApplied(why)
        case .lost(let why), .lostDuring(let why, _, _): throw .outcomeUnknown(why)
        }
    }

    /// Tries until it works, the answer is a refusal, or the patience ends. What was written is never tried again.
    private func trying(isRead: Bool, _ work: @escaping @Sendable (inout Connection) -> Reply) async throws(GuardedError) -> [[String?]] {
        let end = Date().addingTimeInterval(patience)
        var pause = 2
        while true {
            let why: String
            switch await lanes.perform(work) {
            case .rows(let rows): return rows
            case .refused(let message): throw .notApplied(message)
            case .conflict(let message): why = message
            case .lost(let message) where isRead: why = message
            case .lost(let message): throw .outcomeUnknown(message)
            case .lostBefore(let message): why = message
            case .lostDuring(let message, let transaction, let rows):
                switch await fate(of: transaction, until: end) {
                case .committed:
                    guard let rows else { throw .outcomeUnknown(message) }
                    return rows
                case .aborted: why = message
                case .unknown: throw .outcomeUnknown(message)
                }
            }
            guard Date() < end, !Task.isCancelled else { throw .notApplied(why) }
            try? await Task.sleep(for: .milliseconds(Int.random(in: 1...pause)))
            pause = min(pause * 2, 500)
        }
    }

    private enum Fate { case committed, aborted, unknown }

    private func fate(of transaction: Transaction, until end: Date) async -> Fate {
        repeat {
            if case .rows(let rows) = await lanes.perform({ $0.status(of: transaction) }) {
                switch rows.first?.first ?? nil {
                case "committed": return .committed
                case "aborted": return .aborted
                case "unknown": return .unknown
                // In progress: the server has not noticed yet that its client is gone.
                default: break
                }
            }
            try? await Task.sleep(for: .milliseconds(50))
        } while Date() < end
        return .unknown
    }

    private func argument(_ text: String?, _ kind: Kind) -> Argument {
        guard let text else { return .null }
        switch kind {
        case .integer, .instant: return Int(text).map { .integer($0) } ?? .null
        case .flag: return .integer(text == "t" ? 1 : 0)
        case .text, .key: return .text(text)
        }
    }
}

/// The call of a function, as libpq sends it.
struct Command: Sendable {
    var sql: String
    var values: [String?]
    var isRead: Bool

    init(_ call: Call) {
        var values: [String?] = [], arguments: [String] = []
        func bound(_ value: String?) -> String {
            values.append(value)
            return "$\(values.count)"
        }
        for parameter in call.operation.parameters {
            let given: String
            switch call.arguments[parameter.name] {
            // What is not given has a default, which the server fills in by its own clock.
            case nil: continue
            case .null: given = bound(nil)
            case .text(let text): given = bound(text)
            case .integer(let number): given = bound(String(number))
            case .instant(let milliseconds): given = "to_timestamp(\(bound(String(milliseconds)))::double precision / 1000)"
            case .period(let period, let zone): given = "to_char(clock_timestamp() AT TIME ZONE \(bound(zone.identifier)), '\(period.pattern)')"
            }
            arguments.append("\(call.blueprint.parameterPrefix)\(parameter.name) => \(given)")
        }
        let columns = call.operation.results.map { column in
            let name = Identifier(own: column.name).sql
            return column.kind == .instant ? "floor(extract(epoch FROM \(name)) * 1000)::bigint" : name
        }
        let function = call.blueprint.schema.sql + "." + call.operation.function(of: call.blueprint.prefix).sql
        let number = call.operation.isRead ? [] : ["pg_current_xact_id()"]
        sql = "SELECT \((number + columns).joined(separator: ", ")) FROM \(function)(\(arguments.joined(separator: ", ")))"
        (self.values, isRead) = (values, call.operation.isRead)
    }
}

/// How a command ended.
enum Reply: Sendable {
    case rows([[String?]])
    /// The server said no; trying again changes nothing.
    case refused(String)
    /// Another transaction was in the way, and this one was rolled back.
    case conflict(String)
    /// The connection broke before the command can have run.
    case lostBefore(String)
    /// It broke while this transaction was under way. Rows may have come before.
    case lostDuring(String, transaction: Transaction, rows: [[String?]]?)
    /// It broke, and there is no transaction to ask for.
    case lost(String)
}

/// What the server is asked for when a connection broke: the number of a transaction, and a checkpoint before it.
struct Transaction: Hashable, Sendable {
    var id: String, checkpoint: String
}
