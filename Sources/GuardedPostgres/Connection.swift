import CPostgres
import Foundation

/// One connection to the server. Its pointer never leaves it; it connects when it is first used, and again when it broke.
struct Connection: ~Copyable {
    private let parameters: String, patience: TimeInterval
    private var pointer: OpaquePointer?
    /// The SQLSTATE of the last refusal.
    private var lastState = ""
    private var checkpoint = "0/0", checkpointRead = ContinuousClock.now - .seconds(3_600)
    /// Whether the server is behind a socket of this machine.
    private var isLocal = false

    init(_ parameters: String, patience: TimeInterval) { (self.parameters, self.patience) = (parameters, patience) }

    deinit { PQfinish(pointer) }

    /// Runs a command as one transaction. Its rows, with the number of the transaction, are sent back before the server is told to
    /// commit, so that a connection which breaks then leaves something to ask for.
    mutating func run(_ command: Command) -> Reply {
        if let failure = connect() { return failure }
        if command.isRead { return read(command.sql, command.values) }
        if let failure = lookAtCheckpoint() { return failure }
        guard PQenterPipelineMode(pointer) == 1 else { return broken(Reply.lostBefore) }
        let isSent = send(command.sql, command.values) && PQsendFlushRequest(pointer) == 1 && PQpipelineSync(pointer) == 1
        // Without the end of the pipeline the server commits nothing.
        guard isSent else { return broken(Reply.lostBefore) }
        let reply = receive()
        if PQstatus(pointer) == CONNECTION_OK, PQexitPipelineMode(pointer) != 1 { close() }
        return reply
    }

    /// What became of a transaction: `committed`, `aborted` or `in progress`; `unknown` where its number may have been given away again.
    ///
    /// After a crash the server counts on from the last transaction that its log knows, so that one which never reached the log
    /// leaves its number to another. A number that the checkpoint at the end of the recovery already counts was not given away,
    /// and where there was no checkpoint since, there was no crash.
    mutating func status(of transaction: Transaction) -> Reply {
        if let failure = connect() { return failure }
        let next = "split_part(next_xid, ':', 1)::bigint * 4294967296 + split_part(next_xid, ':', 2)::bigint"
        let reply = read(
            """
            SELECT CASE WHEN status = 'committed' AND checkpoint_lsn <> $2::pg_lsn AND $1::bigint >= \(next) THEN 'unknown' ELSE status END
            FROM pg_control_checkpoint(), pg_xact_status($1::text::xid8) AS status
            """, [transaction.id, transaction.checkpoint])
        // The number of a transaction "in the future": its turn never came.
        if case .refused = reply, lastState == "22023" { return .rows([["aborted"]]) }
        return reply
    }

    /// Runs one statement as it is, as a transaction of its own.
    mutating func query(_ sql: String, _ values: [String?]) -> Reply {
        if let failure = connect() { return failure }
        return read(sql, values)
    }

    /// Runs statements as they are.
    mutating func execute(_ script: String) -> Reply {
        if let failure = connect() { return failure }
        let result = PQexec(pointer, script)
        defer { PQclear(result) }
        let reply = reply(to: result) ?? .rows([])
        // A script that fails between its BEGIN and COMMIT leaves the session in a transaction that refuses everything.
        if PQstatus(pointer) == CONNECTION_OK, PQtransactionStatus(pointer) != PQTRANS_IDLE { close() }
        return reply
    }

    private func send(_ sql: String, _ values: [String?]) -> Bool {
        withCStrings(values) { PQsendQueryParams(pointer, sql, Int32(values.count), nil, $0, nil, nil, 0) } == 1
    }

    private mutating func read(_ sql: String, _ values: [String?]) -> Reply {
        let result = withCStrings(values) { PQexecParams(pointer, sql, Int32(values.count), nil, $0, nil, nil, 0) }
        defer { PQclear(result) }
        return reply(to: result) ?? .rows(rows(of: result))
    }

    /// The answers of a pipeline: the rows, and the end, which says that all of it is committed.
    private mutating func receive() -> Reply {
        var answer: [[String?]]?, failure: Reply?
        while PQstatus(pointer) == CONNECTION_OK {
            // Nothing stands between the results of one command and the next.
            guard let result = PQgetResult(pointer) else { continue }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: answer = rows(of: result)
            case PGRES_PIPELINE_SYNC: return failure ?? .rows((answer ?? []).map { Array($0.dropFirst()) })
            case PGRES_PIPELINE_ABORTED: continue
            default:
                guard PQstatus(pointer) == CONNECTION_OK, let reply = reply(to: result) else { continue }
                // What the server sends before it closes comes in order: the rows would have been first.
                if pointer == nil { return lost(reply, answer, orBefore: true) }
                failure = failure ?? reply
            }
        }
        let message = message
        close()
        // Through a socket of this machine everything that the server sent arrives: without rows it had not committed.
        return failure ?? lost(.lostBefore(message), answer, orBefore: isLocal)
    }

    private func lost(_ reply: Reply, _ answer: [[String?]]?, orBefore isBefore: Bool) -> Reply {
        guard case .lostBefore(let message) = reply else { return reply }
        guard let answer else { return isBefore ? reply : .lost(message) }
        // A command without rows has written nothing.
        guard let number = answer.first?.first ?? nil else { return .rows([]) }
        let transaction = Transaction(id: number, checkpoint: checkpoint)
        return .lostDuring(message, transaction: transaction, rows: answer.map { Array($0.dropFirst()) })
    }

    /// Reads where the last checkpoint was, now and then: later it tells whether the server may have crashed since.
    private mutating func lookAtCheckpoint() -> Reply? {
        guard checkpointRead.duration(to: .now) > .seconds(10) else { return nil }
        switch read("SELECT checkpoint_lsn FROM pg_control_checkpoint()", []) {
        case .rows(let rows): checkpoint = rows.first?.first.flatMap { $0 } ?? "0/0"
        // Nothing of the command was sent yet.
        case .lost(let message): return .lostBefore(message)
        case let failure: return failure
        }
        checkpointRead = .now
        return nil
    }

    /// What a result says beyond rows.
    private mutating func reply(to result: OpaquePointer?) -> Reply? {
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return nil }
        guard PQstatus(pointer) == CONNECTION_OK else { return broken(isLocal ? Reply.lostBefore : Reply.lost) }
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
        lastState = state
        let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? message
        // The server ends this connection: it shuts down, or an administrator has had enough of it.
        if state.hasPrefix("57P") || state.hasPrefix("08") {
            close()
            return .lostBefore(text)
        }
        // Serialization failure and deadlock: the manual asks for another try (PostgreSQL, 13.5).
        // A twin with the same attempt was faster: the next try is answered as it was.
        return ["40001", "40P01", "23505"].contains(state) ? .conflict(text) : .refused(text)
    }

    private func rows(of result: OpaquePointer?) -> [[String?]] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { PQgetisnull(result, row, $0) == 1 ? nil : PQgetvalue(result, row, $0).map { String(cString: $0) } }
        }
    }

    private var message: String {
        let text = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        return text.isEmpty ? "the connection was lost" : text.split(separator: "\n").joined(separator: "; ")
    }

    private mutating func broken(_ reply: (String) -> Reply) -> Reply {
        let answer = reply(message)
        close()
        return answer
    }

    private mutating func close() {
        PQfinish(pointer)
        pointer = nil
    }

    private mutating func connect() -> Reply? {
        if pointer != nil, isStale { close() }
        guard pointer == nil else { return nil }
        // Later words win: what the caller's string says of these stays.
        let keywords: [String?] = ["connect_timeout", "tcp_user_timeout", "keepalives_idle", "application_name", "dbname", nil]
        let values: [String?] = [String(max(2, Int(patience))), String(Int(patience * 1000)), "10", "guarded-runtime", parameters, nil]
        pointer = withCStrings(keywords) { names in withCStrings(values) { PQconnectdbParams(names, $0, 1) } }
        guard PQstatus(pointer) == CONNECTION_OK else { return broken(Reply.lostBefore) }
        guard PQserverVersion(pointer) >= 130_000 else {
            close()
            return .refused("the server is older than PostgreSQL 13")
        }
        isLocal = PQhost(pointer).map { $0.pointee == CChar(UInt8(ascii: "/")) } ?? false
        let limit = Int(patience * 1000)
        let result = PQexec(pointer, "SET client_min_messages = warning; SET lock_timeout = \(limit); SET statement_timeout = \(limit)")
        defer { PQclear(result) }
        return PQresultStatus(result) == PGRES_COMMAND_OK ? nil : broken(Reply.lostBefore)
    }

    /// Whether the server has closed this connection while it was not used.
    private var isStale: Bool {
        guard PQstatus(pointer) == CONNECTION_OK else { return true }
        var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 0) > 0 else { return false }
        return PQconsumeInput(pointer) != 1 || PQstatus(pointer) != CONNECTION_OK
    }
}

/// Strings for a C function that takes an array of them.
private func withCStrings<Value>(_ strings: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
    let copies = strings.map { $0.flatMap { strdup($0) } }
    defer { copies.forEach { free($0) } }
    return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer { body($0.baseAddress) }
}
