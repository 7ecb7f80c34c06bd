package import Foundation
import GuardedPostgres
package import GuardedRuntime
import GuardedSQLite

/// A real database for a contest.
package enum Ground: Hashable, Sendable, CustomStringConvertible {
    case sqlite(path: String)
    case postgres(connection: String)

    /// As on a command line: a file, or a connection string.
    package init(_ text: String) { self = text.contains("=") || text.contains("://") ? .postgres(connection: text) : .sqlite(path: text) }

    /// Noon of a day in May, in the middle of its month, at which the clocks of contests stand.
    package static let noon = Date(timeIntervalSince1970: 1_779_537_600)

    package var text: String {
        switch self {
        case .sqlite(let path): path
        case .postgres(let connection): connection
        }
    }

    package var description: String {
        switch self {
        case .sqlite: "SQLite"
        case .postgres: "PostgreSQL"
        }
    }

    package func store(time: TimeSource = .database, connections: Int = 8, patience: TimeInterval = 30) throws -> GuardedStore {
        switch self {
        case .sqlite(let path): try .sqlite(path: path, time: time, patience: patience, survivesPowerLoss: false)
        case .postgres(let connection): try .postgres(connection, connections: connections, time: time, patience: patience)
        }
    }
}
