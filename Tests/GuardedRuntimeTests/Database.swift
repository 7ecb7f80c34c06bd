import Foundation
import GuardedRuntime
import Racing
import Running
import Synchronization
import Testing

/// Which of the two engines a test runs on: every test of the runtime runs on both.
enum Engine: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }
}

/// A database of its own for one test.
struct Database {
    let ground: Ground

    init(_ engine: Engine) throws {
        switch engine {
        case .sqlite: ground = .sqlite(path: try Scratch.folder.get() + "/\(UUID().uuidString).db")
        case .postgres: ground = .postgres(connection: try Server.shared.get().newDatabase())
        }
    }

    /// With a clock that stands still unless the test moves it: a test that runs past midnight must not count two days.
    func store(_ clock: TestClock? = TestClock(), connections: Int = 8, patience: TimeInterval = 30) throws -> GuardedStore {
        try ground.store(time: clock.map { clock in .given { clock.now } } ?? .database, connections: connections, patience: patience)
    }
}

/// A folder for the files of all tests, which goes with them.
enum Scratch {
    static let folder: Result<String, any Error> = Result {
        let path = "/tmp/guarded-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: "/tmp/guarded-\(ProcessInfo.processInfo.processIdentifier)") }
        return path
    }
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let time: Mutex<Date>

    init(_ start: Date = Ground.noon) { time = Mutex(start) }

    var now: Date { time.withLock { $0 } }
    func move(_ seconds: TimeInterval) { time.withLock { $0.addTimeInterval(seconds) } }
}

/// A private PostgreSQL. Where none can be had, every test that needs one fails with the sentence that says what to install.
struct Server: Sendable {
    let folder: String, connection: String
    private static let numbers = Mutex(0)

    /// One for all tests: `GUARDED_POSTGRES` names it, or the tests start it, and it goes when they end.
    static let shared: Result<Server, any Error> = Result {
        if let given = ProcessInfo.processInfo.environment["GUARDED_POSTGRES"], !given.isEmpty { return Server(folder: "", connection: given) }
        let id = ProcessInfo.processInfo.processIdentifier
        return try Server.start(in: "/tmp/guarded-pg-\(id)", "--for", "\(id)")
    }

    static func start(in folder: String, _ options: String...) throws -> Server {
        let run = try script("start", folder, options)
        guard run.code == 0 else { throw Failure(description: run.errors) }
        return Server(folder: folder, connection: run.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    func newDatabase() throws -> String {
        let name = "t\(ProcessInfo.processInfo.processIdentifier)_\(Server.numbers.withLock { $0 += 1; return $0 })"
        let run = try psql("CREATE DATABASE \(name)")
        guard run.code == 0 else { throw Failure(description: run.errors) }
        return connection.replacing("dbname=postgres", with: "dbname=\(name)")
    }

    func psql(_ sql: String) throws -> Run { try Server.psql(sql, connection) }

    static func psql(_ sql: String, _ connection: String) throws -> Run {
        try Run(URL(filePath: "/usr/bin/env"), ["psql", "-v", "ON_ERROR_STOP=1", "-qAt", connection, "-c", sql])
    }

    static func script(_ action: String, _ folder: String, _ options: [String] = []) throws -> Run {
        try Run(Built.repository.appending(path: "scripts/postgres"), [action, folder] + options)
    }
}

struct Failure: Error, CustomStringConvertible { let description: String }
