import Flow
import GRDBSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that is made for the purpose and removed afterwards. Whatever a statement says, it cannot leave that file.
final class SQLiteDatabase: Database {
    let engine = Proof.Engine.sqlite
    let version: String
    private let folder: TemporaryFolder
    private var lanes: [LaneName: SQLiteSession] = [:]
    private var clients: [SQLiteSession] = []
    /// What was filled in last, and the pages that this gave.
    private var kept: (tables: [String], inserts: [Statement], image: SQLiteImage)?
    private var path: String { folder.path + "/proof.db" }

    init() throws(Obstacle) {
        folder = try TemporaryFolder(in: temporaryFolder())
        version = "SQLite " + String(cString: sqlite3_libversion())
        for lane in [LaneName.first, .second] { lanes[lane] = try SQLiteSession(path, patience: 0) }
    }

    private func session(_ lane: LaneName) throws(Obstacle) -> SQLiteSession {
        guard let session = lanes[lane] else { throw Obstacle("the database is closed") }
        return session
    }

    func build(_ definitions: [String]) throws(Obstacle) {
        let session = try session(.first)
        abandon()
        kept = nil
        session.isTrusted = true
        defer { session.isTrusted = false }
        for name in try session.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
            try session.execute("DROP TABLE \(quoted(name))")
        }
        for definition in definitions { try session.execute(definition) }
    }

    func add(_ definition: String) throws(Obstacle) {
        let session = try session(.first)
        abandon()
        kept = nil
        session.isTrusted = true
        defer { session.isTrusted = false }
        try session.execute(definition)
    }

    func fill(_ tables: [String], _ inserts: [Statement]) throws(Obstacle) {
        abandon()
        let session = try session(.first)
        if let kept, kept.tables == tables, kept.inserts == inserts, session.take(kept.image) { return }
        try session.execute("BEGIN IMMEDIATE")
        for table in tables { try session.execute("DELETE FROM \(quoted(table))") }
        for insert in inserts {
            guard case .refused(let message, _) = session.run(insert) else { continue }
            try session.execute("ROLLBACK")
            throw Obstacle("the rows to begin with are refused: \(message)")
        }
        try session.execute("COMMIT")
        kept = session.image().map { (tables, inserts, $0) }
    }

    private func abandon() { for session in lanes.values { session.rollBack() } }

    func run(_ statement: Statement, in lane: LaneName) -> Reply { lanes[lane]?.run(statement) ?? .refused("the database is closed", .other) }

    func resume(_ lane: LaneName) -> Reply { lanes[lane]?.resume() ?? .refused("the database is closed", .other) }

    func rows(of table: Stage.Table) throws(Obstacle) -> [Datum.Row] {
        guard case .answer(let outcome) = try session(.first).run(table.allRows) else { throw Obstacle("the rows of \(table.name) could not be read") }
        return outcome.rows
    }

    func begin(_ isolation: Isolation) -> String { isolation == .exclusive ? "BEGIN IMMEDIATE" : "BEGIN" }

    func contest(clients count: Int, setup: [Statement], _ body: @escaping @Sendable (Int, (Statement) -> Reply) -> Bool) throws(Obstacle) -> Int {
        abandon()
        for statement in setup { _ = try session(.first).run(statement) }
        while clients.count < count { clients.append(try SQLiteSession(path, patience: 20_000)) }
        let crowd = clients
        return Crowd.winners(of: count) { client in
            defer { crowd[client].rollBack() }
            return body(client) { crowd[client].run($0) }
        }
    }
}

/// The pages of a database, in memory.
final class SQLiteImage {
    fileprivate let handle: OpaquePointer?

    init?() {
        var handle: OpaquePointer?
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK else {
            sqlite3_close_v2(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { sqlite3_close_v2(handle) }

    fileprivate static func copy(from source: OpaquePointer?, to target: OpaquePointer?) -> Bool {
        guard let backup = sqlite3_backup_init(target, "main", source, "main") else { return false }
        let isDone = sqlite3_backup_step(backup, -1) == SQLITE_DONE
        return sqlite3_backup_finish(backup) == SQLITE_OK && isDone
    }
}

/// Where temporary files go.
func temporaryFolder() -> String {
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return named.isEmpty ? "/tmp" : named.hasSuffix("/") ? String(named.dropLast()) : named
}

/// One connection. It may read and write rows of its own file, and nothing else.
private final class SQLiteSession: @unchecked Sendable {
    private var handle: OpaquePointer?
    private var waiting: Statement?
    /// Whether it may make and drop tables just now.
    var isTrusted = false

    init(_ path: String, patience: Int32) throws(Obstacle) {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK else {
            sqlite3_close_v2(handle)
            throw Obstacle("the database could not be opened in \(path)")
        }
        sqlite3_busy_timeout(handle, patience)
        isTrusted = true
        for pragma in ["journal_mode = WAL", "synchronous = OFF", "temp_store = MEMORY", "trusted_schema = OFF"] { try execute("PRAGMA \(pragma)") }
        isTrusted = false
        _ = sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        let own = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_set_authorizer(
            handle,
            { own, action, _, _, _, _ in
                guard let own else { return SQLITE_DENY }
                return Unmanaged<SQLiteSession>.fromOpaque(own).takeUnretainedValue().allows(action) ? SQLITE_OK : SQLITE_DENY
            }, own)
    }

    deinit { sqlite3_close_v2(handle) }

    private func allows(_ action: Int32) -> Bool {
        switch action {
        case SQLITE_READ, SQLITE_SELECT, SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE, SQLITE_TRANSACTION, SQLITE_FUNCTION: true
        case SQLITE_CREATE_TABLE, SQLITE_CREATE_INDEX, SQLITE_DROP_TABLE, SQLITE_DROP_INDEX, SQLITE_REINDEX: isTrusted
        default: false
        }
    }

    /// A copy of all pages, which is put back far sooner than thousands of rows are inserted.
    func image() -> SQLiteImage? {
        guard let image = SQLiteImage() else { return nil }
        return SQLiteImage.copy(from: handle, to: image.handle) ? image : nil
    }

    func take(_ image: SQLiteImage) -> Bool { SQLiteImage.copy(from: image.handle, to: handle) }

    func execute(_ sql: String) throws(Obstacle) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw Obstacle("SQLite refuses \(sql.prefix(120)): \(message)") }
    }

    private var message: String { String(cString: sqlite3_errmsg(handle)) }

    func rollBack() {
        waiting = nil
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    func texts(_ sql: String) throws(Obstacle) -> [String] {
        var statement = Statement(.read, sql)
        statement.results = ["name"]
        guard case .answer(let outcome) = run(statement) else { throw Obstacle("SQLite refuses \(sql): \(message)") }
        return outcome.rows.compactMap { if case .text(let text) = $0.value("name") { text } else { nil } }
    }

    func resume() -> Reply { waiting.map { run($0) } ?? .refused("nothing waits", .other) }

    func run(_ statement: Statement) -> Reply {
        waiting = nil
        let (sql, values) = statement.prepared { _, _ in "?" }
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK else { return refusal(statement) }
        defer { sqlite3_finalize(prepared) }
        for (at, value) in values.enumerated() { bind(value, at: Int32(at + 1), prepared) }
        var outcome = Outcome()
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW:
                if statement.kind == .write || outcome.rows.count < 100_000 { outcome.rows.append(row(prepared, statement.results)) }
            case SQLITE_DONE:
                if statement.kind == .write { outcome.affected = Int(sqlite3_changes(handle)) }
                return .answer(outcome)
            default: return refusal(statement)
            }
        }
    }

    /// Extended codes are macros that Swift does not see: https://sqlite.org/rescode.html
    private static let busySnapshot = SQLITE_BUSY | 2 << 8, duplicates: Set<Int32> = [SQLITE_CONSTRAINT | 6 << 8, SQLITE_CONSTRAINT | 8 << 8]

    private func refusal(_ statement: Statement) -> Reply {
        let code = sqlite3_extended_errcode(handle), message = message
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED:
            // What was read is no longer what stands there: waiting does not help.
            if code == Self.busySnapshot { return .refused("SQLITE_BUSY_SNAPSHOT: what the transaction has read was changed by another", .conflict) }
            waiting = statement
            return .waiting
        case SQLITE_CONSTRAINT:
            return .refused(message, Self.duplicates.contains(code) ? .duplicate : .check)
        default: return .refused(message, .other)
        }
    }

    private func bind(_ value: Datum, at place: Int32, _ prepared: OpaquePointer?) {
        switch value {
        case .boolean(let flag): sqlite3_bind_int64(prepared, place, flag ? 1 : 0)
        case .number(let number) where number == number.rounded() && number.magnitude < 9e15: sqlite3_bind_int64(prepared, place, Int64(number))
        case .number(let number): sqlite3_bind_double(prepared, place, number)
        case .text(let text): sqlite3_bind_text(prepared, place, text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        case .moment(let seconds): sqlite3_bind_text(prepared, place, Clock.text(seconds), -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
        case .null, .row, .rows, .list, .object, .unknown: sqlite3_bind_null(prepared, place)
        }
    }

    private func row(_ prepared: OpaquePointer?, _ names: [String]) -> Datum.Row {
        var row = Datum.Row()
        for at in 0..<sqlite3_column_count(prepared) where Int(at) < names.count {
            row.values[names[Int(at)]] =
                switch sqlite3_column_type(prepared, at) {
                case SQLITE_INTEGER, SQLITE_FLOAT: .number(sqlite3_column_double(prepared, at))
                case SQLITE_TEXT: sqlite3_column_text(prepared, at).map { .text(String(cString: $0)) } ?? .null
                default: .null
                }
        }
        return row
    }
}

/// Many clients at once, each on a thread of its own, let go at the same time.
enum Crowd {
    /// How many of them succeed.
    static func winners(of count: Int, _ body: @escaping @Sendable (Int) -> Bool) -> Int {
        let winners = Mutex(0)
        run(count) { client in if body(client) { winners.withLock { $0 += 1 } } }
        return winners.withLock { $0 }
    }

    private static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        final class Gate: Sendable {
            let open = Atomic(0)
        }
        final class Job: Sendable {
            let client: Int, gate: Gate, count: Int
            let body: @Sendable (Int) -> Void

            init(_ client: Int, _ gate: Gate, _ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
                (self.client, self.gate, self.count, self.body) = (client, gate, count, body)
            }
        }
        let gate = Gate()
        let threads = (0..<count).compactMap { client -> pthread_t? in
            let job = Unmanaged.passRetained(Job(client, gate, count, body))
            #if canImport(Darwin)
                var thread: pthread_t?
            #else
                var thread = pthread_t()
            #endif
            let failed = pthread_create(
                &thread, nil,
                { pointer in
                    #if canImport(Darwin)
                        let job = Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
                    #else
                        guard let pointer else { return nil }
                        let job = Unmanaged<Job>.fromOpaque(pointer).takeRetainedValue()
                    #endif
                    job.gate.open.add(1, ordering: .acquiringAndReleasing)
                    while job.gate.open.load(ordering: .acquiring) < job.count { sched_yield() }
                    job.body(job.client)
                    return nil
                }, job.toOpaque())
            if failed != 0 {
                job.release()
                gate.open.add(1, ordering: .acquiringAndReleasing)
                return nil
            }
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
