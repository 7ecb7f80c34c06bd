import Foundation
import GuardedRuntime
import Racing
import Testing

/// The races of the incidents, on real databases.
@Suite(.serialized) struct RaceTests {
    /// Everybody looks before anybody acts: the interleaving of the incident, made certain by a barrier.
    @Test(arguments: Engine.allCases, Contest.allCases) func bothForms(_ engine: Engine, _ contest: Contest) async throws {
        let arena = try Arena(try Database(engine).store(connections: 16)), clients = 64
        try await arena.prepare()
        try await arena.open(contest, round: 1)
        let barrier = Barrier(clients), ticket = try await arena.ticket(contest)
        let racy = try await winners(of: 0..<clients) { try await arena.racy(contest, round: 1, client: $0) { await barrier.wait() } }
        #expect(racy == clients, "all have looked, and all act")
        let start = Barrier(clients)
        let guarded = try await winners(of: 0..<clients) { client in
            await start.wait()
            return try await arena.guarded(contest, round: 1, client: client, ticket: ticket)
        }
        #expect(guarded == contest.allowed)
    }

    /// 64 clients in four processes, 1,000 rounds: exactly the cap in each, never one more, none lost.
    @Test(arguments: Engine.allCases) func exactlyTheCap(_ engine: Engine) async throws {
        let database = try Database(engine), rounds = 1_000, processes = 4
        let arena = try Arena(try database.store())
        try await arena.prepare()
        let counts = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<processes {
                group.addTask { try await Client(["claims", database.ground.text, "0", "\(rounds)", "\(64 / processes)"]).lines().compactMap { Int($0) } }
            }
            return try await group.reduce(into: [[Int]]()) { $0.append($1) }
        }
        #expect(counts.allSatisfy { $0.count == rounds })
        let sums = (0..<rounds).map { round in counts.reduce(0) { $0 + $1[round] } }
        #expect(sums.filter { $0 != Contest.dailyCap.allowed }.isEmpty)
        let stored = try await arena.store.engine.query("SELECT min(count), max(count), count(*) FROM affiliate_coupon_daily_count", [])
        #expect(stored == [["50", "50", "1000"]])
    }

    /// One winner for each token and each transition: 64 clients, 1,000 rounds.
    @Test(arguments: Engine.allCases, [Contest.token, .payout]) func oneWinner(_ engine: Engine, _ contest: Contest) async throws {
        let arena = try Arena(try Database(engine).store(connections: 16))
        try await arena.prepare()
        for round in 0..<1_000 {
            try await arena.open(contest, round: round)
            let ticket = try await arena.ticket(contest)
            let won = try await winners(of: 0..<64) { try await arena.guarded(contest, round: round, client: $0, ticket: ticket) }
            #expect(won == 1, "round \(round)")
        }
    }

    /// 16 rotate one token at once: one gets the next token, and loses it when the others are noticed.
    @Test(arguments: Engine.allCases) func rotationLeavesOneGoodToken(_ engine: Engine) async throws {
        let store = try Database(engine).store(connections: 16)
        let vault = try TokenVault(pepper: Array("sixteen bytes or more".utf8), store: store, log: .silent)
        try await store.migrate(vault)
        for _ in 0..<20 {
            let first = try await vault.issue(.refreshToken, for: "anna")
            let results = try await withThrowingTaskGroup(of: TokenVault.Issued?.self) { group in
                for _ in 0..<16 { group.addTask { try await vault.rotate(first.token).1 } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let issued = results.compactMap { $0 }
            #expect(issued.count == 1)
            // A replay was seen, so the family is revoked: whoever got the new token cannot use it either.
            for one in issued { #expect(try await vault.redeem(one.token, .refreshToken) == .revoked) }
        }
    }

    @Test(arguments: Engine.allCases) func outboxGivesEachMessageToOneWorker(_ engine: Engine) async throws {
        let database = try Database(engine), store = try database.store(connections: 8)
        let payouts = try StatusMachine<PayoutStatus>.payouts(makesTable: true, store: store)
        try await store.migrate(payouts)
        for id in 1...60 {
            _ = try await store.engine.query("INSERT INTO payouts VALUES (\(id), 'requested')", [])
            let outcome = try await payouts.transition(id, from: .requested, to: .approved, by: "anna", sending: .init(topic: "transfer", payload: "\(id)"))
            #expect(outcome == .done)
        }
        let sent = Collected()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    while try await payouts.outbox.deliver(worker: "w\(worker)", batch: 5, send: { await sent.add($0.payload) }).sent > 0 {}
                }
            }
            try await group.waitForAll()
        }
        #expect(await sent.all.sorted() == (1...60).map(String.init).sorted())
    }
}

private actor Collected {
    var all: [String] = []
    func add(_ text: String) { all.append(text) }
}
