import Foundation
import GuardedRuntime
import Logging
import Synchronization
import Testing

@Suite struct LockoutTests {
    private func lockout(_ engine: Engine, _ policy: Lockout.Policy, _ clock: TestClock, log: Logger = .silent) async throws -> Lockout {
        let store = try Database(engine).store(clock), lockout = try Lockout(policy, store: store, log: log)
        try await store.migrate(lockout)
        return lockout
    }

    @Test(arguments: Engine.allCases, [Lockout.Policy.password, .pin, .magicLink]) func thresholds(_ engine: Engine, _ policy: Lockout.Policy) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, policy, clock), anna = try Account(email: "anna@example.com")
        for left in (0..<policy.threshold).reversed() { #expect(try await lockout.attempt(anna) == .proceed(left: left)) }
        let end = clock.now.addingTimeInterval(Double(policy.window))
        #expect(try await lockout.attempt(anna) == .locked(until: end))
        #expect(try await lockout.attempt(anna, tenant: "another") == .proceed(left: policy.threshold - 1))
        // Hammering does not make it longer.
        for _ in 0..<5 {
            clock.move(Double(policy.window) / 6)
            #expect(try await lockout.attempt(anna) == .locked(until: end))
        }
        clock.move(Double(policy.window) / 6)
        #expect(try await lockout.attempt(anna) == .proceed(left: policy.threshold - 1))
    }

    /// However the attempts are spread, no window holds more than the threshold of them.
    @Test(arguments: Engine.allCases) func noWindowHoldsMore(_ engine: Engine) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, .password, clock), anna = try Account(name: "anna")
        var dice = ModelTests.Dice(state: 11), looks: [Date] = []
        for _ in 0..<400 {
            clock.move(Double.random(in: 0...600, using: &dice).rounded())
            if case .proceed = try await lockout.attempt(anna) { looks.append(clock.now) }
        }
        for (first, last) in zip(looks, looks.dropFirst(10)) { #expect(last.timeIntervalSince(first) >= 1_800) }
        #expect(looks.count > 20)
    }

    /// Fewer in a window are never refused: a link every ten minutes is not five in a quarter of an hour.
    @Test(arguments: Engine.allCases) func theWindowSlides(_ engine: Engine) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, .magicLink, clock), anna = try Account(name: "anna")
        for _ in 0..<20 {
            guard case .proceed = try await lockout.attempt(anna) else { Issue.record("refused"); return }
            clock.move(600)
        }
    }

    /// The incident: 6,200 attempts in 24 hours, evenly. The alarm rings while they go on.
    @Test(arguments: Engine.allCases) func theIncidentRingsTheAlarm(_ engine: Engine) async throws {
        let rung = Rung(), clock = TestClock(Date(timeIntervalSince1970: 1_779_580_000))
        var policy = Lockout.Policy.password
        policy.alarm = 500
        let lockout = try await lockout(engine, policy, clock, log: Logger(label: "test") { _ in rung }), anna = try Account(name: "anna")
        for _ in 0..<620 {
            _ = try await lockout.attempt(anna)
            clock.move(139)
        }
        #expect(rung.events.withLock { $0.count } >= 1)
    }

    @Test(arguments: Engine.allCases) func aLoginCountsBeforeItLooks(_ engine: Engine) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, .password, clock), anna = try Account(name: "anna")
        let seen = Mutex<[String]>([])
        func login(_ account: Account, _ password: String, exists: Bool = true) async throws -> Lockout.Login<Int> {
            try await lockout.login(account, find: { exists ? (subject: 7, hash: "hash of right") : nil }, decoy: "decoy") { hash in
                seen.withLock { $0.append(hash) }
                return hash == "hash of " + password
            }
        }
        for _ in 0..<9 { guard case .failure = try await login(anna, "wrong") else { Issue.record("not a failure"); return } }
        guard case .success(7) = try await login(anna, "right") else { Issue.record("the tenth is right"); return }
        // The count begins anew, but not that of the day.
        #expect(try await lockout.state(anna) == .init(attempts: 0, attemptsToday: 10, lockedUntil: nil))
        for _ in 0..<10 { _ = try await login(anna, "wrong") }
        guard case .locked = try await login(anna, "right") else { Issue.record("locked, even with the right password"); return }
        #expect(seen.withLock { $0.count } == 20, "a locked account is not looked at")
        // An unknown account takes the same way: one comparison, against the decoy.
        guard case .failure(9) = try await login(Account(name: "nobody"), "right", exists: false) else { Issue.record("not a failure"); return }
        #expect(seen.withLock { $0.last } == "decoy")
    }

    /// A comparison that throws, or a transaction of the caller that is rolled back, stays counted.
    @Test(arguments: Engine.allCases) func failuresOutliveTheirLogin(_ engine: Engine) async throws {
        let lockout = try await lockout(engine, .pin, TestClock()), anna = try Account(name: "anna")
        struct Broken: Error {}
        for _ in 0..<3 {
            await #expect(throws: Broken.self) {
                _ = try await lockout.login(anna, find: { (subject: 1, hash: "x") }, decoy: "d", verify: { _ in throw Broken() })
            }
        }
        #expect(try await lockout.state(anna).attempts == 3)
    }

    @Test(arguments: Engine.allCases) func theAlarmRingsOnce(_ engine: Engine) async throws {
        var policy = Lockout.Policy.password
        policy.alarm = 25
        let rung = Rung(), clock = TestClock()
        let lockout = try await lockout(engine, policy, clock, log: Logger(label: "test") { _ in rung })
        let anna = try Account(name: "anna")
        for _ in 0..<60 { _ = try await lockout.attempt(anna) }
        #expect(rung.events.withLock { $0 } == ["lockout_alarm"])
        #expect(Lockout.Policy.password.alarm == 5_000)
        clock.move(86_401)
        for _ in 0..<24 { _ = try await lockout.attempt(anna) }
        #expect(rung.events.withLock { $0.count } == 1)
        _ = try await lockout.attempt(anna)
        #expect(rung.events.withLock { $0.count } == 2)
    }

    @Test(arguments: Engine.allCases) func aClockThatGoesBack(_ engine: Engine) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, .password, clock), anna = try Account(name: "anna")
        _ = try await lockout.attempt(anna)
        clock.move(-61)
        await #expect(throws: GuardedError.self) { _ = try await lockout.attempt(anna) }
        clock.move(1)
        #expect(try await lockout.attempt(anna) == .proceed(left: 8))
    }

    @Test(arguments: Engine.allCases) func pruning(_ engine: Engine) async throws {
        let clock = TestClock(), lockout = try await lockout(engine, .password, clock)
        _ = try await lockout.attempt(Account(name: "anna"))
        await #expect(throws: GuardedError.shortRetention(days: 1, least: 2)) { _ = try await lockout.prune(olderThanDays: 1) }
        clock.move(61 * 86_400)
        #expect(try await lockout.prune() == 1)
    }

    @Test func badPolicies() throws {
        let store = try Database(.sqlite).store()
        var policy = Lockout.Policy.password
        policy.threshold = 0
        #expect(throws: GuardedError.invalidCap(0)) { _ = try Lockout(policy, store: store) }
    }

    @Test(arguments: [
        ("Anna@Example.COM", "anna@example.com"), (" a.n.n.a+news@gmail.com ", "anna@gmail.com"), ("Anna@GoogleMail.com", "anna@gmail.com"),
        ("a.b@example.com", "a.b@example.com"), ("anna+x@example.com", "anna@example.com"), ("anna@example.com.", "anna@example.com"),
        ("+x@example.com", "+x@example.com"), ("Rene\u{301}@example.com", "ren\u{e9}@example.com"),
    ]) func addresses(_ given: String, _ key: String) throws { #expect(try Account(email: given).key == key) }

    @Test(arguments: ["", "anna", "@example.com", "anna@", "an na@example.com", "...@gmail.com", "anna@exa\u{0}mple.com"]) func badAddresses(_ given: String) {
        #expect(throws: GuardedError.self) { _ = try Account(email: given) }
    }

    @Test func messages() {
        let now = Date(timeIntervalSince1970: 0), end = now.addingTimeInterval(1_741)
        #expect(
            Lockout.message(until: end, now: now, language: "tr")
                == "Çok fazla deneme yapıldı. Güvenliğiniz için bu hesap kilitlendi; 30 dk sonra tekrar deneyin.")
        #expect(Lockout.message(until: end, now: now, language: "de-AT").contains("30 Min."))
        #expect(Lockout.message(until: end, now: now, language: "xx, fr-CH;q=0.9, en;q=0.5").contains("verrouillé"))
        #expect(Lockout.message(until: now, now: now, language: "") == Lockout.message(until: now, now: now, language: "en"))
        #expect(Set(["de", "en", "fr", "tr"]).isSubset(of: Lockout.languages))
        for language in Lockout.languages { #expect(!Lockout.message(until: end, now: now, language: language).contains("{")) }
    }
}

/// Collects what is logged.
private struct Rung: LogHandler {
    final class Events: Sendable {
        private let all = Mutex<[String]>([])
        func withLock<Value>(_ body: (inout [String]) -> Value) -> Value { all.withLock { body(&$0) } }
    }

    let events = Events()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let name = event.metadata?["event"].map { "\($0)" } ?? event.message.description
        events.withLock { $0.append(name) }
    }
}
