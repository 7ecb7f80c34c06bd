import Flow

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A private server, on which the two requests are a role that may read and write rows of one schema and nothing else.
final class PostgresDatabase: Database {
    let engine = Proof.Engine.postgres
    let version: String
    private let server: PostgresServer
    private let library: LibPQ
    private let keeper: PostgresSession
    private var lanes: [LaneName: PostgresSession] = [:]
    private var clients: [PostgresSession] = []

    init() throws(Obstacle) {
        let server = try PostgresServer()
        guard let library = LibPQ(folder: server.library) else { throw Obstacle("PostgreSQL's client library libpq is not installed") }
        let keeper = try PostgresSession(library, Self.address(server, "keeper"), patience: 30)
        (self.server, self.library, self.keeper) = (server, library, keeper)
        // Before anything is made or dropped: it is ours.
        try keeper.execute(
            "DO $$ BEGIN IF current_setting('data_directory') <> '\(server.folder)/data' THEN RAISE EXCEPTION 'another server answers'; END IF; END $$")
        let number = library.serverVersion(keeper.connection)
        version = "PostgreSQL \(number / 10_000).\(number % 10_000)"
        // What owns the tables is no superuser either, and a table of the code's hides one of the catalogue's, not the other way round.
        for statement in [
            "SET client_min_messages = error", "CREATE ROLE stage NOLOGIN", "CREATE ROLE request LOGIN", "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "CREATE SCHEMA proof AUTHORIZATION stage", "SET ROLE stage", "GRANT USAGE ON SCHEMA proof TO request",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA proof GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO request", "SET search_path = proof, pg_catalog",
        ] { try keeper.execute(statement) }
        for lane in [LaneName.first, .second] { lanes[lane] = try session() }
    }

    private static func address(_ server: PostgresServer, _ user: String) -> String {
        "host=\(server.folder) port=\(PostgresServer.port) user=\(user) dbname=postgres"
    }

    private func session() throws(Obstacle) -> PostgresSession {
        let session = try PostgresSession(library, Self.address(server, "request"), patience: 5)
        try session.execute(
            "SET client_min_messages = error; SET search_path = proof, pg_catalog; SET statement_timeout = '20s'; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'"
        )
        return session
    }

    func build(_ definitions: [String]) throws(Obstacle) {
        abandon()
        let drop =
            "DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'proof' LOOP EXECUTE format('DROP TABLE proof.%I CASCADE', name); END LOOP; END $$"
        try keeper.execute(drop)
        for definition in definitions { try keeper.execute(definition) }
    }

    func add(_ definition: String) throws(Obstacle) {
        abandon()
        try keeper.execute(definition)
    }

    func fill(_ tables: [String], _ inserts: [Statement]) throws(Obstacle) {
        abandon()
        try keeper.execute((["BEGIN"] + tables.map { "DELETE FROM \(quoted($0))" }).joined(separator: "; "))
        for insert in inserts {
            guard case .refused(let message, _) = keeper.finished(insert) else { continue }
            try keeper.execute("ROLLBACK")
            throw Obstacle("the rows to begin with are refused: \(message)")
        }
        try keeper.execute("COMMIT")
    }

    private func abandon() { for session in lanes.values { session.rollBack() } }

    func run(_ statement: Statement, in lane: LaneName) -> Reply {
        guard let session = lanes[lane] else { return .refused("the database is closed", .other) }
        return session.run(statement) { isBlocked(session) }
    }

    func resume(_ lane: LaneName) -> Reply {
        guard let session = lanes[lane] else { return .refused("the database is closed", .other) }
        return session.answer { isBlocked(session) }
    }

    /// Waits for a lock that the other holds.
    private func isBlocked(_ session: PostgresSession) -> Bool {
        var question = Statement(.read, "SELECT cardinality(pg_blocking_pids(\(session.process)))")
        question.results = ["n"]
        guard case .answer(let outcome) = keeper.finished(question) else { return false }
        return (outcome.rows.first?.value("n").number ?? 0) > 0
    }

    func rows(of table: Stage.Table) throws(Obstacle) -> [Datum.Row] {
        guard case .answer(let outcome) = keeper.finished(table.allRows) else { throw Obstacle("the rows of \(table.name) could not be read") }
        return outcome.rows
    }

    func begin(_ isolation: Isolation) -> String {
        switch isolation {
        case .standard: "BEGIN"
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable, .exclusive: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }

    func contest(clients count: Int, setup: [Statement], _ body: @escaping @Sendable (Int, (Statement) -> Reply) -> Bool) throws(Obstacle) -> Int {
        abandon()
        for statement in setup { if case .refused(let message, _) = keeper.finished(statement) { throw Obstacle(message) } }
        while clients.count < count { clients.append(try session()) }
        let crowd = clients
        return Crowd.winners(of: count) { client in
            defer { crowd[client].rollBack() }
            return body(client) { crowd[client].finished($0) }
        }
    }
}

/// One connection. It is used by one thread at a time.
private final class PostgresSession: @unchecked Sendable {
    let connection: LibPQ.Connection
    let process: Int32
    private let library: LibPQ
    private var asked: Statement?

    /// - Parameter patience: for how many seconds a server that starts is waited for.
    init(_ library: LibPQ, _ parameters: String, patience: Int) throws(Obstacle) {
        self.library = library
        for attempt in 0... {
            let made = library.connect(parameters)
            if let made, library.status(made) == 0 {
                connection = made
                process = library.backend(made)
                return
            }
            let message = library.message(made).map { String(cString: $0) } ?? ""
            library.finish(made)
            guard attempt < patience * 50 else { throw Obstacle("PostgreSQL did not answer: \(message.split(separator: "\n").first ?? "")") }
            usleep(20_000)
        }
        throw Obstacle("PostgreSQL did not answer")
    }

    deinit { library.finish(connection) }

    func execute(_ sql: String) throws(Obstacle) {
        let result = library.execute(connection, sql)
        defer { library.clear(result) }
        guard [1, 2].contains(library.resultStatus(result)) else {
            if library.transaction(connection) != 0 { library.clear(library.execute(connection, "ROLLBACK")) }
            throw Obstacle("PostgreSQL refuses `\(sql.prefix(120))`: \(message(result))")
        }
    }

    func rollBack() {
        // What still waits is given up with its connection's transaction.
        while asked != nil { if case .waiting = answer({ false }) { continue } }
        if library.transaction(connection) != 0 { library.clear(library.execute(connection, "ROLLBACK")) }
    }

    private func message(_ result: LibPQ.Result?) -> String { library.resultMessage(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "unknown" }

    func finished(_ statement: Statement) -> Reply { run(statement) { false } }

    func run(_ statement: Statement, _ isBlocked: () -> Bool) -> Reply {
        let (sql, values) = statement.prepared { number, kind in "$\(number)::\(kind.postgres)" }
        let texts = values.map { $0.wire.map { strdup($0) } ?? nil }
        defer { for text in texts { free(text) } }
        let sent = texts.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer {
            library.send(connection, sql, Int32(values.count), nil, $0.baseAddress, nil, nil, 0)
        }
        guard sent == 1 else { return .refused(library.message(connection).map { String(cString: $0) } ?? "it was not sent", .other) }
        asked = statement
        return answer(isBlocked)
    }

    func answer(_ isBlocked: () -> Bool) -> Reply {
        guard let statement = asked else { return .refused("nothing waits", .other) }
        while true {
            guard library.consume(connection) == 1 else {
                asked = nil
                return .refused("the connection broke", .other)
            }
            if library.isBusy(connection) == 0 { break }
            var descriptor = pollfd(fd: library.socket(connection), events: Int16(POLLIN), revents: 0)
            if poll(&descriptor, 1, 4) == 0, isBlocked() { return .waiting }
        }
        asked = nil
        var reply: Reply?
        while let result = library.result(connection) {
            reply = reply ?? self.reply(result, statement)
            library.clear(result)
        }
        return reply ?? .refused("no answer came", .other)
    }

    private func reply(_ result: LibPQ.Result, _ statement: Statement) -> Reply {
        guard [1, 2].contains(library.resultStatus(result)) else {
            let state = library.resultMessage(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
            let refusal: Reply.Refusal = state == "23505" ? .duplicate : state == "23514" ? .check : state.hasPrefix("40") ? .conflict : .other
            return .refused(message(result), refusal)
        }
        var outcome = Outcome()
        let count = library.columns(result)
        for row in 0..<library.rows(result) {
            var values: [String: Datum] = [:]
            for column in 0..<count where Int(column) < statement.results.count {
                values[statement.results[Int(column)]] =
                    library.isNull(result, row, column) == 1 ? .null : .text(library.value(result, row, column).map { String(cString: $0) } ?? "")
            }
            outcome.rows.append(Datum.Row(values: values))
        }
        outcome.affected = library.affected(result).flatMap { Int(String(cString: $0)) } ?? 0
        return .answer(outcome)
    }
}

extension Datum {
    /// As it is sent; nil for NULL.
    fileprivate var wire: String? {
        switch self {
        case .boolean(let flag): flag ? "t" : "f"
        case .number(let number): number.spelled
        case .text(let text): text.filter { $0 != "\0" }
        case .moment(let seconds): Clock.text(seconds)
        case .null, .row, .rows, .list, .object, .unknown: nil
        }
    }
}
