import Foundation
import GuardedRuntime
import Testing

@Suite struct SlotCounterTests {
    private func counter(_ engine: Engine, cap: Int, _ surface: SlotCounter.Surface = .waitlistJoin, zone: TimeZone = .gmt, clock: TestClock = TestClock())
        async throws -> SlotCounter
    {
        let store = try Database(engine).store(clock)
        let counter = try SlotCounter(surface, cap: cap, timeZone: zone, store: store)
        try await store.migrate(counter)
        try await store.migrate(counter)
        return counter
    }

    /// The published statement checks the cap only where a row exists already.
    @Test(arguments: Engine.allCases) func theFirstClaimObeysTheCap(_ engine: Engine) async throws {
        let counter = try await counter(engine, cap: 2)
        #expect(try await counter.claim("a", quantity: 3) == .full(used: 0, remaining: 2))
        #expect(try await counter.claim("a", quantity: 2) == .taken(used: 2, remaining: 0, period: "2026-05-23"))
        #expect(try await counter.claim("a") == .full(used: 2, remaining: 0))
        #expect(try await counter.claim("b") == .taken(used: 1, remaining: 1, period: "2026-05-23"))
    }

    @Test(arguments: Engine.allCases) func releasing(_ engine: Engine) async throws {
        let clock = TestClock(), counter = try await counter(engine, cap: 3, clock: clock)
        #expect(try await counter.release("a") == nil)
        _ = try await counter.claim("a", quantity: 2)
        #expect(try await counter.release("a") == 1)
        #expect(try await counter.release("a", quantity: 9) == 0)
        #expect(try await counter.usage("a") == .init(used: 0, remaining: 3, period: "2026-05-23"))
        // A claim of yesterday that turns out to be fraud makes no room today.
        _ = try await counter.claim("a", quantity: 3)
        clock.move(86_400)
        _ = try await counter.claim("a", quantity: 3)
        #expect(try await counter.release("a", period: "2026-05-23") == 2)
        #expect(try await !counter.claim("a").isTaken)
    }

    /// Days begin where the counter's zone says; summer time and the end of a month change nothing.
    @Test(arguments: Engine.allCases) func periods(_ engine: Engine) async throws {
        let zone = try #require(TimeZone(identifier: "Europe/Istanbul"))
        // 20:59:59 in Greenwich is a second before midnight in Istanbul, on the last of the month.
        let clock = TestClock(Date(timeIntervalSince1970: 1_780_261_199))
        let counter = try await counter(engine, cap: 1, zone: zone, clock: clock)
        #expect(try await counter.claim("a").isTaken)
        #expect(try await counter.usage("a").period == "2026-05-31")
        #expect(try await !counter.claim("a").isTaken)
        clock.move(1)
        #expect(try await counter.claim("a").isTaken)
        #expect(try await counter.usage("a").period == "2026-06-01")
        let surface = try SlotCounter.Surface(prefix: "course", table: "course \"2026\" seats", scope: "select", period: .month)
        let monthly = try await self.counter(engine, cap: 1, surface, zone: zone, clock: clock)
        #expect(try await monthly.claim("a").isTaken)
        #expect(try await monthly.usage("a").period == "2026-06")
        clock.move(29 * 86_400)
        #expect(try await !monthly.claim("a").isTaken)
        clock.move(86_400)
        #expect(try await monthly.claim("a").isTaken)
    }

    /// The server's clock and zones, where no other is given.
    @Test func theServersClock() async throws {
        let store = try Database(.postgres).store(nil)
        for identifier in ["UTC", "Pacific/Kiritimati", "America/New_York"] {
            let zone = try #require(TimeZone(identifier: identifier))
            let counter = try SlotCounter(try .init(prefix: "p", table: "t", scope: "s", period: .day), cap: 5, timeZone: zone, store: store)
            try await store.migrate(counter)
            let before = Date()
            let claimed = try await counter.claim(identifier), usage = try await counter.usage(identifier)
            #expect(claimed.isTaken)
            let formatter = DateFormatter()
            (formatter.locale, formatter.timeZone, formatter.dateFormat) = (Locale(identifier: "en_US_POSIX"), zone, "yyyy-MM-dd")
            #expect((formatter.string(from: before)...formatter.string(from: Date())).contains(usage.period))
        }
    }

    @Test(arguments: Engine.allCases) func affiliatesAreUUIDs(_ engine: Engine) async throws {
        let counter = try await counter(engine, cap: 1, .affiliateCoupon)
        #expect(try await counter.claim("6F9619FF-8B86-D011-B42D-00CF4FC964FF").isTaken)
        #expect(try await !counter.claim("6f9619ff-8b86-d011-b42d-00cf4fc964ff").isTaken)
        await #expect(throws: GuardedError.invalidKey("anna")) { _ = try await counter.claim("anna") }
    }

    @Test(arguments: Engine.allCases) func badInputWritesNothing(_ engine: Engine) async throws {
        let store = try Database(engine).store()
        for cap in [0, -1, Int.min, Int.max] { #expect(throws: GuardedError.invalidCap(cap)) { try SlotCounter(.waitlistJoin, cap: cap, store: store) } }
        let offset = try #require(TimeZone(secondsFromGMT: 10_800))
        #expect(throws: GuardedError.self) { _ = try SlotCounter(.waitlistJoin, cap: 5, timeZone: offset, store: store) }
        #expect(throws: GuardedError.self) { _ = try SlotCounter(.init(prefix: "p", table: "t", scope: "count", period: .day), cap: 5, store: store) }
        let counter = try SlotCounter(.waitlistJoin, cap: 5, store: store)
        try await store.migrate(counter)
        for quantity in [0, -1, Int.min, Int.max] {
            await #expect(throws: GuardedError.invalidQuantity(quantity)) { _ = try await counter.claim("a", quantity: quantity) }
            await #expect(throws: GuardedError.invalidQuantity(quantity)) { _ = try await counter.release("a", quantity: quantity) }
        }
        for key in ["", "a\u{0}b", "a\nb", "\u{7F}", String(repeating: "x", count: 256), String(repeating: "é", count: 128)] {
            await #expect(throws: GuardedError.invalidKey(key)) { _ = try await counter.claim(key) }
        }
        await #expect(throws: GuardedError.shortRetention(days: 1, least: 2)) { _ = try await counter.prune(olderThanDays: 1) }
        for name in ["", "a\u{0}", String(repeating: "x", count: 64)] {
            #expect(throws: GuardedError.invalidKey(name)) { _ = try SlotCounter.Surface(prefix: name, table: "t", scope: "s", period: .day) }
        }
        #expect(try await store.engine.query("SELECT count(*) FROM waitlist_join_daily_count", []) == [["0"]])
        // What looks like SQL is a key like any other.
        #expect(try await counter.claim("'; DROP TABLE waitlist_join_daily_count; --").isTaken)
        #expect(try await counter.claim(String(repeating: "é", count: 127)).isTaken)
    }

    @Test(arguments: Engine.allCases) func aClockThatGoesBack(_ engine: Engine) async throws {
        let clock = TestClock(), counter = try await counter(engine, cap: 5, clock: clock)
        _ = try await counter.claim("a")
        clock.move(-86_400)
        await #expect(throws: GuardedError.clockWentBackwards(newest: "2026-05-23")) { _ = try await counter.claim("a") }
        #expect(try await counter.usage("a").used == 0)
        clock.move(86_400)
        #expect(try await counter.claim("a") == .taken(used: 2, remaining: 3, period: "2026-05-23"))
    }

    @Test(arguments: Engine.allCases) func pruning(_ engine: Engine) async throws {
        let clock = TestClock(), counter = try await counter(engine, cap: 5, clock: clock)
        for scope in ["a", "b"] { _ = try await counter.claim(scope) }
        clock.move(59 * 86_400)
        _ = try await counter.claim("a")
        #expect(try await counter.prune() == 0)
        clock.move(2 * 86_400)
        #expect(try await counter.prune() == 2)
        #expect(try await counter.usage("a").used == 0)
        let forever = try await self.counter(engine, cap: 1, .reservationSlot, clock: clock)
        _ = try await forever.claim("table 4")
        clock.move(400 * 86_400)
        #expect(try await forever.prune() == 0)
        #expect(try await !forever.claim("table 4").isTaken)
    }
}
