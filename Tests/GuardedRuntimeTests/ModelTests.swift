import Foundation
import GuardedRuntime
import Racing
import Testing

/// Random walks of claim, release and prune beside a model that a reader believes at once.
@Suite struct ModelTests {
    /// The same numbers every time.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        /// SplitMix64 (Steele, Lea, Flood 2014).
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    @Test(arguments: Engine.allCases, [1, 2, 3] as [UInt64]) func oneAfterTheOther(_ engine: Engine, _ seed: UInt64) async throws {
        var dice = Dice(state: seed), counts: [String: [Int: (count: Int, touched: Date)]] = [:]
        let clock = TestClock(), store = try Database(engine).store(clock), cap = 5
        let counter = try SlotCounter(.waitlistJoin, cap: cap, store: store)
        try await store.migrate(counter)
        for _ in 0..<300 {
            let scope = ["a", "b", "c"].randomElement(using: &dice) ?? "a", quantity = Int.random(in: 1...3, using: &dice)
            let day = Int(clock.now.timeIntervalSince1970) / 86_400, count = counts[scope]?[day]?.count
            switch Int.random(in: 0..<10, using: &dice) {
            case 0..<5:
                let fits = (count ?? 0) + quantity <= cap
                if fits { counts[scope, default: [:]][day] = ((count ?? 0) + quantity, clock.now) }
                let used = counts[scope]?[day]?.count ?? 0, period = try await counter.usage(scope).period
                #expect(
                    try await counter.claim(scope, quantity: quantity)
                        == (fits ? .taken(used: used, remaining: cap - used, period: period) : .full(used: used, remaining: cap - used)))
            case 5..<7:
                if let count { counts[scope]?[day] = (max(0, count - quantity), clock.now) }
                #expect(try await counter.release(scope, quantity: quantity) == counts[scope]?[day]?.count)
            case 7:
                let edge = clock.now.addingTimeInterval(-3 * 86_400)
                let old = counts.values.reduce(0) { $0 + $1.values.filter { $0.touched < edge }.count }
                for scope in counts.keys { counts[scope] = counts[scope]?.filter { $0.value.touched >= edge } }
                #expect(try await counter.prune(olderThanDays: 3) == old)
            case 8: clock.move(Double.random(in: 0...40_000, using: &dice).rounded())
            default:
                let usage = try await counter.usage(scope)
                #expect(usage.used == count ?? 0 && usage.remaining == cap - (count ?? 0))
            }
        }
    }

    /// At once, in any order: what was taken and not released is what is stored, and it never exceeds the cap.
    @Test(arguments: Engine.allCases, [4, 5] as [UInt64]) func allAtOnce(_ engine: Engine, _ seed: UInt64) async throws {
        let clock = TestClock(), store = try Database(engine).store(clock, connections: 16), cap = 7
        let counter = try SlotCounter(.waitlistJoin, cap: cap, store: store)
        try await store.migrate(counter)
        let held = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<16 {
                group.addTask {
                    var dice = Dice(state: seed &* 100 &+ UInt64(client)), held = 0
                    for _ in 0..<30 {
                        if held > 0, Bool.random(using: &dice) {
                            // Only what is held is given back, so that the sum is known.
                            _ = try await counter.release("list")
                            held -= 1
                        } else if case .taken(let used, _, _) = try await counter.claim("list") {
                            #expect((1...cap).contains(used))
                            held += 1
                        }
                        if client == 0 { _ = try await counter.prune() }
                    }
                    return held
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(try await counter.usage("list").used == held)
        #expect(held <= cap)
    }

    /// Redeem and release of codes, with the cap of the person, beside a model.
    @Test(arguments: Engine.allCases, [6, 7] as [UInt64]) func codes(_ engine: Engine, _ seed: UInt64) async throws {
        var dice = Dice(state: seed), open: [(id: String, code: String, who: String, quantity: Int)] = []
        let store = try Database(engine).store(), promo = try PromoCodes(store: store)
        try await store.migrate(promo)
        let limits = ["free": 6, "half": 4, "once": 1]
        _ = try await promo.add("free", campaign: "gala", discountPercent: 100, limit: .uses(6), perIdentity: 3)
        _ = try await promo.add("half", campaign: "gala", discountPercent: 50, limit: .uses(4), perIdentity: 3)
        _ = try await promo.add("once", campaign: "gala", discountPercent: 100, limit: .singleUse, perIdentity: 3)
        for step in 0..<200 {
            if !open.isEmpty, Int.random(in: 0..<3, using: &dice) == 0 {
                let gone = open.remove(at: Int.random(in: 0..<open.count, using: &dice))
                #expect(try await promo.release(gone.id))
                #expect(try await !promo.release(gone.id))
                continue
            }
            let code = ["free", "half", "once"].randomElement(using: &dice) ?? "free", who = ["anna", "ben", "cem"].randomElement(using: &dice) ?? "anna"
            let quantity = Int.random(in: 1...3, using: &dice), limit = limits[code] ?? 0
            let used = open.filter { $0.code == code }.reduce(0) { $0 + $1.quantity }, own = open.filter { $0.who == who }.reduce(0) { $0 + $1.quantity }
            let result = try await promo.redeem(code, by: who, quantity: quantity, attempt: "order \(step)")
            if used + quantity > limit {
                #expect(result == .exhausted(remaining: limit - used))
            } else if own + quantity > 3 {
                #expect(result == .identityLimit)
            } else {
                open.append(("order \(step)", code, who, quantity))
                let expected = PromoCodes.Redemption.redeemed(discountPercent: code == "half" ? 50 : 100, remaining: limit - used - quantity)
                #expect(result == expected)
                // The same order again takes nothing again.
                #expect(try await promo.redeem(code, by: who, quantity: quantity, attempt: "order \(step)") == expected)
            }
        }
    }
}
