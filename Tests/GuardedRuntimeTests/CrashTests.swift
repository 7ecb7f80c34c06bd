import Foundation
import GRDB
import GuardedRuntime
import Racing
import Running
import Testing

/// Processes that are killed, servers that fall, connections that break, databases that are busy: the invariants hold
/// afterwards, whatever the moment was.
@Suite struct CrashTests {
    /// What a killed client was told is in the database; what it was not told is at most one claim for each client.
    @Test(arguments: Engine.allCases) func clientsKilledInMidClaim(_ engine: Engine) async throws {
        let database = try Database(engine), store = try database.store(), clients = 6, cap = 1_000_000
        let counter = try SlotCounter(.waitlistJoin, cap: cap, store: store)
        try await store.migrate(counter)
        var told = 0
        for round in 1...3 {
            let running = try (0..<clients).map { _ in try Client(["drain", database.ground.text, "\(cap)"]) }
            // Each has made claims before it is killed, and none gets to its end.
            let heard = running.map { $0.firstBytes("taken\n".utf8.count * 20 * round) }
            for client in running { client.kill() }
            for (client, bytes) in zip(running, heard) {
                let rest = try await client.lines().joined(separator: "\n").utf8.count
                told += (bytes + rest + 1) / "taken\n".utf8.count
            }
            let used = try await counter.usage("the list").used
            #expect(used >= told && used <= told + clients * round, "told \(told), stored \(used)")
        }
        let used = try await counter.usage("the list").used
        let rest = try SlotCounter(.waitlistJoin, cap: used + 3, store: store)
        #expect(try await winners(of: 0..<10) { _ in try await rest.claim("the list").isTaken } == 3)
    }

    /// Every call ends as taken, as certainly not written, or as unknown; what is stored agrees with what was said.
    @Test func serverKilledInMidClaim() async throws {
        let folder = "/tmp/guarded-kill-\(ProcessInfo.processInfo.processIdentifier)"
        let server = try Server.start(in: folder, "--durable", "--for", "\(ProcessInfo.processInfo.processIdentifier)")
        defer { _ = try? Server.script("stop", folder) }
        let store = try Ground(server.connection).store(time: .given { Ground.noon }, connections: 16, patience: 300)
        let counter = try SlotCounter(.waitlistJoin, cap: 1_000_000, store: store)
        try await store.migrate(counter)
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { for _ in 0..<60 { await tally.count(counter) } } }
            group.addTask {
                for _ in 0..<2 {
                    while await tally.taken < 100 { try await Task.sleep(for: .milliseconds(1)) }
                    #expect(try Server.script("kill", folder).code == 0)
                    #expect(try Server.script("start", folder, ["--durable"]).code == 0)
                }
            }
            try await group.waitForAll()
        }
        let used = try await counter.usage("the list").used, (taken, unknown, refused) = await (tally.taken, tally.unknown, tally.refused)
        #expect(taken + unknown + refused == 960)
        #expect(used >= taken && used <= taken + unknown, "taken \(taken), unknown \(unknown), stored \(used)")
        #expect(refused == 0, "what was certainly not written is tried again, and the server comes back")
    }

    @Test func connectionsBroken() async throws {
        let database = try Database(.postgres), store = try database.store(connections: 8, patience: 300)
        let counter = try SlotCounter(.waitlistJoin, cap: 1_000_000, store: store)
        try await store.migrate(counter)
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<100 { await tally.count(counter) } } }
            group.addTask {
                for _ in 0..<5 {
                    let run = try Server.psql(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'guarded-runtime' AND datname = current_database()",
                        database.ground.text)
                    #expect(run.code == 0)
                }
            }
            try await group.waitForAll()
        }
        let used = try await counter.usage("the list").used, (taken, unknown) = await (tally.taken, tally.unknown)
        #expect(used >= taken && used <= taken + unknown, "taken \(taken), unknown \(unknown), stored \(used)")
        #expect(taken + unknown == 800, "a claim that was rolled back is tried again")
    }

    @Test func serializationFailuresAreTriedAgain() async throws {
        let database = try Database(.postgres)
        let name = database.ground.text.split(separator: "dbname=").last.map(String.init) ?? ""
        #expect(try Server.psql("ALTER DATABASE \(name) SET default_transaction_isolation = 'serializable'", database.ground.text).code == 0)
        let arena = try Arena(try database.store(connections: 16, patience: 300))
        try await arena.prepare()
        for contest in Contest.allCases {
            try await arena.open(contest, round: 1)
            let ticket = try await arena.ticket(contest)
            #expect(try await winners(of: 0..<64) { try await arena.guarded(contest, round: 1, client: $0, ticket: ticket) } == contest.allowed)
        }
    }

    /// Somebody else holds the writer's place for longer than the call has patience.
    @Test func busySQLite() async throws {
        let database = try Database(.sqlite), store = try database.store(), hasty = try database.store(patience: 0.05)
        let counter = try SlotCounter(.waitlistJoin, cap: 3, store: store)
        try await store.migrate(counter)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: database.ground.text, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: GuardedError.self) { _ = try await SlotCounter(.waitlistJoin, cap: 3, store: hasty).claim("the list") }
        #expect(error?.mayHaveHappened == false)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await counter.claim("the list") == .taken(used: 1, remaining: 2, period: "2026-05-23"))
    }

    @Test func lockedPostgresRow() async throws {
        let database = try Database(.postgres), other = try database.store(connections: 1)
        let store = try database.store(), hasty = try database.store(patience: 0.2)
        let counter = try SlotCounter(.waitlistJoin, cap: 3, store: store)
        try await store.migrate(counter)
        _ = try await counter.claim("the list")
        _ = try await other.engine.query("BEGIN", [])
        _ = try await other.engine.query("SELECT * FROM waitlist_join_daily_count FOR UPDATE", [])
        let error = await #expect(throws: GuardedError.self) { _ = try await SlotCounter(.waitlistJoin, cap: 3, store: hasty).claim("the list") }
        #expect(error?.mayHaveHappened == false)
        _ = try await other.engine.query("ROLLBACK", [])
        #expect(try await counter.claim("the list") == .taken(used: 2, remaining: 1, period: "2026-05-23"))
    }

    @Test func serverThatIsNotThere() async throws {
        let store = try Ground("host=/tmp/no-such-folder dbname=none").store(patience: 0.2)
        let counter = try SlotCounter(.waitlistJoin, cap: 3, store: store)
        let error = await #expect(throws: GuardedError.self) { _ = try await counter.claim("the list") }
        #expect(error?.mayHaveHappened == false)
        #expect(error?.description.contains("\n") == false)
    }
}

/// How calls ended.
private actor Tally {
    private(set) var taken = 0, refused = 0, unknown = 0

    nonisolated func count(_ counter: SlotCounter) async {
        do throws(GuardedError) {
            if try await counter.claim("the list").isTaken { await add(taken: 1) }
        } catch {
            await add(refused: error.mayHaveHappened ? 0 : 1, unknown: error.mayHaveHappened ? 1 : 0)
        }
    }

    private func add(taken: Int = 0, refused: Int = 0, unknown: Int = 0) {
        self.taken += taken
        self.refused += refused
        self.unknown += unknown
    }
}
