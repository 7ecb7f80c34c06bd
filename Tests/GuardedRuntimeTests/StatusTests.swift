import Foundation
import GuardedRuntime
import Testing

@Suite struct StatusTests {
    private func payouts(_ engine: Engine, _ clock: TestClock = TestClock()) async throws -> (StatusMachine<PayoutStatus>, GuardedStore) {
        let store = try Database(engine).store(clock), machine = try StatusMachine<PayoutStatus>.payouts(makesTable: true, store: store)
        try await store.migrate(machine)
        _ = try await store.engine.query("INSERT INTO payouts VALUES (47828, 'requested')", [])
        return (machine, store)
    }

    /// The incident: approve and reject at once, and a transfer that must not leave if it is rejected.
    @Test(arguments: Engine.allCases) func oneWinner(_ engine: Engine) async throws {
        let (machine, store) = try await payouts(engine)
        let transfer = Outbox.Draft(topic: "transfer", payload: "310 EUR")
        #expect(try await machine.transition(47828, from: .requested, to: .rejected, by: "ben", reason: "duplicate", attempt: "b") == .done)
        let late = try await machine.transition(47828, from: .requested, to: .approved, by: "anna", sending: transfer, attempt: "a")
        #expect(late == .conflict(current: .rejected, reviewer: "ben"))
        #expect(late.httpStatus == 409 && late.code == "status_conflict")
        let nothing = try await machine.outbox.deliver(worker: "w") { _ in Issue.record("nothing may leave") }
        #expect(nothing == .init())
        #expect(
            try await store.engine.query("SELECT row_id, prior_status, new_status, actor_id, reason FROM payouts_transition_log", [])
                == [["47828", "requested", "rejected", "ben", "duplicate"]])
        // The same request again is answered as before.
        #expect(try await machine.transition(47828, from: .requested, to: .rejected, by: "ben", attempt: "b") == .done)
        #expect(try await store.engine.query("SELECT count(*) FROM payouts_transition_log", []) == [["1"]])
        // The same attempt for something else is refused: another row, another status, another actor.
        _ = try await store.engine.query("INSERT INTO payouts VALUES (2, 'requested')", [])
        for (id, next, actor) in [(2, PayoutStatus.rejected, "ben"), (47828, .approved, "ben"), (47828, .rejected, "anna"), (99, .rejected, "ben")] {
            await #expect(throws: GuardedError.attemptReused("b")) { _ = try await machine.transition(id, from: .requested, to: next, by: actor, attempt: "b") }
        }
    }

    /// Every pair of statuses: only what the incident's table allows is done.
    @Test(arguments: Engine.allCases) func theTable(_ engine: Engine) async throws {
        let (machine, store) = try await payouts(engine)
        let legal: [PayoutStatus: Set<PayoutStatus>] = [
            .requested: [.approved, .rejected], .approved: [.processing, .cancelled], .processing: [.paid, .failed], .failed: [.requested],
            .cancelled: [.requested],
        ]
        for prior in PayoutStatus.allCases {
            for next in PayoutStatus.allCases {
                _ = try await store.engine.query("UPDATE payouts SET status = $1", [prior.rawValue])
                let outcome = try await machine.transition(47828, from: prior, to: next, by: "anna")
                #expect(outcome == (legal[prior, default: []].contains(next) ? .done : .illegal(current: prior)), "\(prior) to \(next)")
            }
        }
        let illegal = try await machine.transition(47828, from: .paid, to: .requested, by: "anna")
        #expect(illegal.httpStatus == 422 && illegal.code == "illegal_transition")
        let missing = try await machine.transition(1, from: .requested, to: .approved, by: "anna")
        #expect(missing == .missing && missing.httpStatus == 404)
        await #expect(throws: GuardedError.self) { _ = try await machine.transition(47828, from: .requested, to: .approved, by: "an\u{0}na") }
    }

    /// At least once, under one key; what fails waits and is tried again; a lease that ends goes to the next worker.
    @Test(arguments: Engine.allCases) func delivery(_ engine: Engine) async throws {
        struct Down: Error {}
        let clock = TestClock(), (machine, _) = try await payouts(engine, clock)
        #expect(
            try await machine.transition(
                47828, from: .requested, to: .approved, by: "anna", sending: .init(topic: "mail", payload: "approved"), attempt: "key 1")
                == .done)
        let failed = try await machine.outbox.deliver(worker: "a", pause: 30) { _ in throw Down() }
        let waiting = try await machine.outbox.deliver(worker: "b") { _ in Issue.record("it waits") }
        #expect(failed == .init(failed: 1) && waiting == .init())
        clock.move(31)
        let late = try await machine.outbox.deliver(worker: "b", lease: 10) { message in
            #expect(message == .init(idempotencyKey: "key 1", topic: "mail", payload: "approved", tries: 2))
            // It takes longer than its lease, and another worker sends it too, under the same key.
            clock.move(11)
            let other = try await machine.outbox.deliver(worker: "c") { #expect($0.idempotencyKey == "key 1") }
            #expect(other == .init(sent: 1))
        }
        #expect(late == .init(late: 1))
        clock.move(86_400)
        let done = try await machine.outbox.deliver(worker: "d") { _ in Issue.record("it is sent") }
        #expect(done == .init())
    }
}

@Suite struct JobTests {
    @Test(arguments: Engine.allCases) func oneWorkerARun(_ engine: Engine) async throws {
        let clock = TestClock(), store = try Database(engine).store(clock), jobs = JobClaims(store: store)
        try await store.migrate(jobs)
        guard case .made(5) = try await jobs.once("nightly", run: "2026-05-23", { 5 }) else { Issue.record("the first makes it"); return }
        guard case .held = try await jobs.once("nightly", run: "2026-05-23", { 5 }) else { Issue.record("the second does not"); return }
        guard case .made(6) = try await jobs.once("nightly", run: "2026-05-24", { 6 }) else { Issue.record("another run"); return }
        // A worker that died: its run is free again when the lease ends, and it may ask for it again itself.
        #expect(try await jobs.claim("weekly", run: "21", worker: "a", lease: 60))
        #expect(try await jobs.claim("weekly", run: "21", worker: "a", lease: 60))
        #expect(try await !jobs.claim("weekly", run: "21", worker: "b", lease: 60))
        clock.move(61)
        let late = try await jobs.once("weekly", run: "21", worker: "b", lease: 10) {
            clock.move(11)
            let isTaken = try await jobs.claim("weekly", run: "21", worker: "c", lease: 10)
            #expect(isTaken)
            return 1
        }
        guard case .late(1) = late else { Issue.record("its lease was over"); return }
        clock.move(61 * 86_400)
        #expect(try await jobs.prune() == 3)
    }
}

@Suite struct PaymentTests {
    private func desk(_ engine: Engine, _ clock: TestClock = TestClock()) async throws -> (PaymentDesk, GuardedStore) {
        let store = try Database(engine).store(clock), desk = try PaymentDesk(secret: Array("a secret for tests".utf8), store: store, log: .silent)
        try await store.migrate(desk, desk.rateLimit)
        let end = engine == .postgres ? "'2026-05-23 13:00Z'" : "1779541200000"
        for (session, device) in [("s1", "phone"), ("s2", "tablet")] {
            _ = try await store.engine.query("INSERT INTO pay_sessions VALUES ('\(session)', 'bistro', '\(device)', 'EUR', \(end))", [])
        }
        _ = try await store.engine.query(
            "INSERT INTO pay_orders (id, session_id, amount_minor) VALUES ('o1', 's1', 1250), ('o2', 's1', 850), ('o3', 's2', 99)", [])
        return (desk, store)
    }

    private let phone = PaymentDesk.Caller(tenant: "bistro", device: "phone", address: "192.0.2.1")

    @Test(arguments: Engine.allCases) func opening(_ engine: Engine) async throws {
        let clock = TestClock(), (desk, store) = try await desk(engine, clock)
        // The incident: somebody else's session.
        #expect(try await desk.open(session: "s2", for: phone, key: "k0") == .ownershipMismatch)
        #expect(try await desk.open(session: "s1", for: .init(tenant: "other", device: "phone", address: "192.0.2.1"), key: "k0") == .ownershipMismatch)
        #expect(try await desk.open(session: "none", for: phone, key: "k0") == .ownershipMismatch)
        // The amount is the server's; the same key is the same payment, here and in no other session.
        guard case .open(let first, 2_100, "EUR") = try await desk.open(session: "s1", for: phone, key: "k1") else { Issue.record("not opened"); return }
        #expect(try await desk.open(session: "s1", for: phone, key: "k1") == .open(payment: first, amountMinor: 2_100, currency: "EUR"))
        #expect(try await desk.open(session: "s1", for: phone, key: "k2") == .pending(payment: first, amountMinor: 2_100, currency: "EUR"))
        let tablet = PaymentDesk.Caller(tenant: "bistro", device: "tablet", address: "192.0.2.9")
        guard case .open(_, 99, "EUR") = try await desk.open(session: "s2", for: tablet, key: "k1") else { Issue.record("another session's key"); return }
        #expect(try await !desk.cancel(first, for: tablet, key: "c1"), "it is not theirs")
        #expect(try await desk.cancel(first, for: phone, key: "c1"))
        #expect(try await desk.open(session: "s1", for: phone, key: "k1") == .cancelled(payment: first))
        guard case .open(let second, 2_100, "EUR") = try await desk.open(session: "s1", for: phone, key: "k3") else { Issue.record("not opened again"); return }
        #expect(try await !desk.settle(second, amountMinor: 1, by: "provider", event: "e1"))
        for _ in 0..<2 { #expect(try await desk.settle(second, amountMinor: 2_100, by: "provider", event: "e2")) }
        // Giving a paid payment up frees nothing, whatever its key is.
        for key in ["c2", "e2", second] { #expect(try await !desk.cancel(second, for: phone, key: key)) }
        #expect(try await desk.open(session: "s1", for: phone, key: "k4") == .nothingToPay)
        #expect(try await desk.open(session: "s1", for: phone, key: "k3") == .paid(payment: second))
        #expect(try await !desk.settle(first, amountMinor: 2_100, by: "provider", event: "late"), "it was given up, and its money is noted")
        let events = try await store.engine.query("SELECT event, count(*) FROM pay_events GROUP BY event ORDER BY event", [])
        #expect(events == [["payment_cancelled", "1"], ["payment_opened", "3"], ["payment_settle_refused", "2"], ["payment_settled", "1"]])
        clock.move(3_600)
        #expect(try await desk.open(session: "s1", for: phone, key: "k5") == .ownershipMismatch, "the session is over")
    }

    @Test(arguments: Engine.allCases) func oneAddressOneMinute(_ engine: Engine) async throws {
        let clock = TestClock(), (desk, store) = try await desk(engine, clock)
        for _ in 0..<10 { #expect(try await desk.open(session: "none", for: phone, key: "k") == .ownershipMismatch) }
        #expect(try await desk.open(session: "none", for: phone, key: "k") == .tooManyRequests)
        #expect(try await desk.open(session: "none", for: .init(tenant: "bistro", device: "phone", address: "192.0.2.2"), key: "k") == .ownershipMismatch)
        clock.move(60)
        #expect(try await desk.open(session: "none", for: phone, key: "k") == .ownershipMismatch)
        #expect(try await store.engine.query("SELECT count(*) FROM payment_rate_count WHERE caller LIKE '%192%'", []) == [["0"]])
    }

    @Test(arguments: Engine.allCases) func refunds(_ engine: Engine) async throws {
        let (desk, store) = try await desk(engine)
        guard case .open(let payment, _, _) = try await desk.open(session: "s1", for: phone, key: "k") else { Issue.record("not opened"); return }
        #expect(try await desk.refund(payment, tenant: "bistro", amountMinor: 1, by: "anna", key: "r0") == .refused, "it is not paid")
        #expect(try await desk.settle(payment, amountMinor: 2_100, by: "provider", event: "e"))
        #expect(try await desk.refund(payment, tenant: "other", amountMinor: 1, by: "anna", key: "r0") == .unknown)
        let told = Outbox.Draft(topic: "refund", payload: "1200")
        for _ in 0..<2 {
            #expect(
                try await desk.refund(payment, tenant: "bistro", amountMinor: 1_200, by: "anna", key: "e", sending: told) == .refunded(refundableMinor: 900))
        }
        #expect(try await desk.refund(payment, tenant: "bistro", amountMinor: 901, by: "anna", key: "r2") == .exceedsPaid(refundableMinor: 900))
        // The same key for another amount is no repetition.
        await #expect(throws: GuardedError.attemptReused("e")) { _ = try await desk.refund(payment, tenant: "bistro", amountMinor: 5, by: "anna", key: "e") }
        #expect(try await desk.refund(payment, tenant: "bistro", amountMinor: 900, by: "anna", key: "r3") == .refunded(refundableMinor: 0))
        for amount in [0, -5, Int.max] {
            await #expect(throws: GuardedError.invalidQuantity(amount)) {
                _ = try await desk.refund(payment, tenant: "bistro", amountMinor: amount, by: "anna", key: "r4")
            }
        }
        let round = try await desk.outbox.deliver(worker: "w") { #expect($0.idempotencyKey == "e" && $0.payload == "1200") }
        #expect(round == .init(sent: 1))
        #expect(try await store.engine.query("SELECT count(*) FROM pay_events WHERE event = 'payment_refunded'", []) == [["2"]])
        #expect(try await desk.outbox.prune(olderThanDays: 1) == 0)
        await #expect(throws: GuardedError.self) { _ = try await store.engine.query("DELETE FROM pay_sessions", []) }
    }
}

@Suite struct PromoTests {
    @Test(arguments: Engine.allCases) func freeTickets(_ engine: Engine) async throws {
        let clock = TestClock(), store = try Database(engine).store(clock), promo = try PromoCodes(store: store)
        try await store.migrate(promo)
        #expect(try await promo.add("FREE", campaign: "gala", discountPercent: 100, limit: .uses(3), perIdentity: 2, expires: clock.now.addingTimeInterval(60)))
        #expect(try await !promo.add("FREE", campaign: "gala", discountPercent: 100, limit: .uses(9)))
        // Tickets without a code count for their person too, and the other way round.
        #expect(try await promo.admit("anna", to: "gala", cap: 2, attempt: "order 1"))
        #expect(try await promo.admit("anna", to: "gala", cap: 2, attempt: "order 1"), "asked again, counted once")
        #expect(try await promo.redeem("FREE", by: "anna", quantity: 2, attempt: "1") == .identityLimit)
        #expect(try await promo.redeem("FREE", by: "anna", attempt: "2") == .redeemed(discountPercent: 100, remaining: 2))
        #expect(try await !promo.admit("anna", to: "gala", cap: 2, attempt: "order 2"))
        #expect(try await promo.redeem("FREE", by: "ben", quantity: 2, attempt: "3") == .redeemed(discountPercent: 100, remaining: 0))
        #expect(try await promo.redeem("FREE", by: "cem", attempt: "4") == .exhausted(remaining: 0))
        // One attempt is one person's redemption of one code.
        await #expect(throws: GuardedError.attemptReused("2")) { _ = try await promo.redeem("FREE", by: "ben", attempt: "2") }
        await #expect(throws: GuardedError.attemptReused("2")) { _ = try await promo.redeem("FREE", by: "anna", quantity: 100, attempt: "2") }
        await #expect(throws: GuardedError.attemptReused("2")) { _ = try await promo.admit("anna", to: "gala", cap: 2, attempt: "2") }
        #expect(try await promo.release("order 1"))
        #expect(try await promo.admit("anna", to: "gala", cap: 2, attempt: "order 3"))
        #expect(try await promo.release("3"))
        #expect(try await promo.redeem("FREE", by: "ben", quantity: 2, attempt: "3") == .released)
        #expect(try await promo.redeem("FREE", by: "cem", attempt: "5") == .redeemed(discountPercent: 100, remaining: 1))
        #expect(try await promo.redeem("none", by: "cem", attempt: "6") == .unknown)
        clock.move(60)
        #expect(try await promo.redeem("FREE", by: "dan", attempt: "7") == .expired)
        _ = try await store.engine.query("UPDATE promo_codes SET active = \(engine == .postgres ? "false" : "0")", [])
        #expect(try await promo.redeem("FREE", by: "dan", attempt: "8") == .inactive)
    }

    @Test(arguments: Engine.allCases) func thereIsNoCodeWithoutALimit(_ engine: Engine) async throws {
        let store = try Database(engine).store(), promo = try PromoCodes(store: store)
        try await store.migrate(promo)
        for limit in [PromoCodes.Limit.uses(0), .uses(-1)] {
            await #expect(throws: GuardedError.self) { _ = try await promo.add("X", campaign: "c", discountPercent: 100, limit: limit) }
        }
        await #expect(throws: GuardedError.invalidQuantity(101)) { _ = try await promo.add("X", campaign: "c", discountPercent: 101, limit: .singleUse) }
        // Nor past this library.
        await #expect(throws: GuardedError.self) {
            _ = try await store.engine.query("INSERT INTO promo_codes (code, campaign, discount_percent) VALUES ('X', 'c', 100)", [])
        }
        #expect(try await promo.add("ONCE", campaign: "c", discountPercent: 50, limit: .singleUse, perIdentity: 5))
        #expect(try await promo.redeem("ONCE", by: "anna", quantity: 2, attempt: "1") == .exhausted(remaining: 1))
        #expect(try await promo.redeem("ONCE", by: "anna", attempt: "2") == .redeemed(discountPercent: 50, remaining: 0))
        await #expect(throws: GuardedError.invalidQuantity(0)) { _ = try await promo.redeem("ONCE", by: "anna", quantity: 0, attempt: "3") }
    }
}
