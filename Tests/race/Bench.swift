import Foundation
import GuardedRuntime
import Racing

/// Claims a second, as ratios of one run: the atomic statement against COUNT-then-INSERT as in the incident, and against
/// SELECT … FOR UPDATE (in SQLite: BEGIN IMMEDIATE around the two statements), on one hot key and on 10,000.
struct Bench {
    let ground: Ground
    private let clients = 16, seconds = 1.0, rounds = 5

    func run() async throws {
        let store = try ground.store(connections: clients)
        let counter = try SlotCounter(.waitlistJoin, cap: 1_000_000_000, store: store)
        try await store.migrate(counter)
        try await store.engine.execute(
            """
            CREATE TABLE IF NOT EXISTS bench_claims (list_id text, claimed_by bigint);
            CREATE INDEX IF NOT EXISTS bench_claims_list ON bench_claims (list_id);
            CREATE TABLE IF NOT EXISTS bench_counts (list_id text PRIMARY KEY, count bigint);
            """)
        let locked = try await lockedForm(store)
        say("\(ground), \(clients) clients, medians of \(rounds) rounds")
        for (title, keys) in [("one hot key", 1), ("10,000 keys", 10_000)] {
            for key in 0..<keys { _ = try await store.engine.query("INSERT INTO bench_counts VALUES ($1, 0) ON CONFLICT DO NOTHING", [String(key)]) }
            var atomic: [Double] = [], racy: [Double] = [], lock: [Double] = []
            // In turns, since a disk is fast now and slow then.
            for _ in 0..<rounds {
                atomic.append(try await rate { _ = try await counter.claim(String(Int.random(in: 0..<keys))) })
                racy.append(
                    try await rate {
                        let key = String(Int.random(in: 0..<keys))
                        _ = try await store.engine.query("SELECT count(*) FROM bench_claims WHERE list_id = $1", [key])
                        _ = try await store.engine.query("INSERT INTO bench_claims VALUES ($1, 1)", [key])
                    })
                lock.append(try await rate { try await locked(String(Int.random(in: 0..<keys))) })
            }
            let (a, r, l) = (median(atomic), median(racy), median(lock))
            say("  \(title): atomic \(Int(a)) a second; \(ratio(a, r)) times the racy form, \(ratio(a, l)) times FOR UPDATE")
        }
    }

    /// In PostgreSQL a function that locks the row, looks and writes; in SQLite one transaction that takes the writer's place first.
    private func lockedForm(_ store: GuardedStore) async throws -> @Sendable (String) async throws -> Void {
        switch ground {
        case .postgres:
            try await store.engine.execute(
                """
                CREATE OR REPLACE FUNCTION bench_locked(p_key text) RETURNS bigint LANGUAGE plpgsql AS $$
                DECLARE n bigint;
                BEGIN
                    SELECT count INTO n FROM bench_counts WHERE list_id = p_key FOR UPDATE;
                    IF n >= 1000000000 THEN RETURN NULL; END IF;
                    UPDATE bench_counts SET count = n + 1 WHERE list_id = p_key;
                    RETURN n + 1;
                END $$;
                """)
            return { _ = try await store.engine.query("SELECT bench_locked($1)", [$0]) }
        case .sqlite:
            return { key in
                let quoted = key.filter(\.isNumber)
                try await store.engine.execute(
                    "SELECT count FROM bench_counts WHERE list_id = '\(quoted)'; UPDATE bench_counts SET count = count + 1 WHERE list_id = '\(quoted)';")
            }
        }
    }

    private func rate(_ claim: @escaping @Sendable () async throws -> Void) async throws -> Double {
        let end = Date().addingTimeInterval(seconds), start = Date()
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    var count = 0
                    while Date() < end {
                        try await claim()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(done) / Date().timeIntervalSince(start)
    }

    private func median(_ rates: [Double]) -> Double { rates.sorted()[rates.count / 2] }

    private func ratio(_ a: Double, _ b: Double) -> String { String(format: "%.2f", a / max(b, 1)) }
}
