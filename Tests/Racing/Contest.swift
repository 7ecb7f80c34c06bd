package import GuardedRuntime
import Logging
import Migrations

/// One race of the incidents: how many of the requests that come at once may get through, and two ways to decide it.
package enum Contest: String, CaseIterable, Sendable {
    case dailyCap = "daily cap", promoCode = "promo code", lockout = "password", token, payout, refund

    /// How many may get through.
    package var allowed: Int {
        switch self {
        case .dailyCap: 50
        case .promoCode, .lockout: 10
        case .token, .payout: 1
        case .refund: 3
        }
    }
}

/// A database on which contests are held, each round with rows of its own.
package struct Arena: Sendable {
    package let store: GuardedStore
    private let cap: SlotCounter, promo: PromoCodes, lockout: Lockout, tokens: TokenVault, payouts: StatusMachine<PayoutStatus>, desk: PaymentDesk

    package init(_ store: GuardedStore) throws {
        self.store = store
        let silent = Logger(label: "race") { _ in SwiftLogNoOpLogHandler() }
        cap = try SlotCounter(.affiliateCoupon, cap: Contest.dailyCap.allowed, store: store)
        promo = try PromoCodes(store: store)
        lockout = try Lockout(.password, store: store, log: silent)
        tokens = try TokenVault(pepper: Array("a pepper for tests".utf8), store: store, log: silent)
        payouts = try .payouts(makesTable: true, store: store)
        desk = try PaymentDesk(secret: Array("a secret for tests".utf8), store: store, log: silent)
    }

    /// Makes the tables of both forms.
    package func prepare() async throws {
        try await store.migrate(cap, promo, lockout, tokens, payouts, desk, desk.rateLimit)
        try await store.engine.execute(
            """
            CREATE TABLE IF NOT EXISTS coupon_claims (affiliate_id text, claimed_by text);
            CREATE TABLE IF NOT EXISTS racy_codes (code text PRIMARY KEY, used bigint, max_uses bigint);
            CREATE TABLE IF NOT EXISTS racy_failures (account text PRIMARY KEY, attempts bigint);
            CREATE TABLE IF NOT EXISTS racy_tokens (token text PRIMARY KEY, redeemed_at text);
            CREATE TABLE IF NOT EXISTS racy_payouts (id bigint PRIMARY KEY, status text);
            CREATE TABLE IF NOT EXISTS racy_payments (id text PRIMARY KEY, paid bigint, refunded bigint);
            """)
    }

    /// Rows for one round, at their boundary.
    package func open(_ contest: Contest, round: Int) async throws {
        let name = String(round)
        switch contest {
        case .dailyCap: break
        case .promoCode:
            _ = try await promo.add(name, campaign: name, discountPercent: 100, limit: .uses(contest.allowed))
            try await run("INSERT INTO racy_codes VALUES ($1, 0, 10)", name)
        case .lockout: try await run("INSERT INTO racy_failures VALUES ($1, 0)", name)
        case .token: try await run("INSERT INTO racy_tokens VALUES ($1, NULL)", name)
        case .payout:
            try await run("INSERT INTO payouts VALUES (\(round), 'requested')")
            try await run("INSERT INTO racy_payouts VALUES (\(round), 'requested')")
        case .refund:
            try await run("INSERT INTO pay_sessions VALUES ($1, 'tenant', 'device', 'EUR', \(store.engine.dialect.hasFunctions ? "now()" : "0"))", name)
            try await run(
                "INSERT INTO pay_payments (id, session_id, key, currency, amount_minor, paid_minor, state, created_at) VALUES ($1, $1, $1, 'EUR', 100, 100, 'paid', \(store.engine.dialect.hasFunctions ? "now()" : "0"))",
                name)
            try await run("INSERT INTO racy_payments VALUES ($1, 100, 0)", name)
        }
    }

    /// One request in the form that cannot be raced. `ticket` is what all requests of the round have in common.
    package func guarded(_ contest: Contest, round: Int, client: Int, ticket: String = "") async throws -> Bool {
        let name = String(round)
        switch contest {
        case .dailyCap: return try await cap.claim(affiliate(round)).isTaken
        case .promoCode:
            if case .redeemed = try await promo.redeem(name, by: "person \(client)", attempt: "\(round)/\(client)") { return true }
            return false
        case .lockout:
            if case .proceed = try await lockout.attempt(Account(name: name)) { return true }
            return false
        case .token:
            if case .consumed = try await tokens.redeem(ticket, .authorizationCode) { return true }
            return false
        case .payout:
            let next: PayoutStatus = client.isMultiple(of: 2) ? .approved : .rejected
            return try await payouts.transition(round, from: .requested, to: next, by: "admin \(client)") == .done
        case .refund:
            if case .refunded = try await desk.refund(name, tenant: "tenant", amountMinor: 30, by: "admin", key: "\(round)/\(client)") { return true }
            return false
        }
    }

    /// What the requests of a round share: the token of a token contest.
    package func ticket(_ contest: Contest) async throws -> String {
        contest == .token ? try await tokens.issue(.authorizationCode, for: "somebody", lifetime: 3_600).token : ""
    }

    /// One request in the form of the incident: look, decide, act. `between` is where the other request comes in.
    package func racy(_ contest: Contest, round: Int, client: Int, between: () async -> Void = {}) async throws -> Bool {
        let name = String(round)
        switch contest {
        case .dailyCap:
            let count = try await number("SELECT count(*) FROM coupon_claims WHERE affiliate_id = $1", name)
            await between()
            guard count < contest.allowed else { return false }
            try await run("INSERT INTO coupon_claims VALUES ($1, $2)", name, String(client))
        case .promoCode:
            let used = try await number("SELECT used FROM racy_codes WHERE code = $1", name)
            await between()
            guard used < contest.allowed else { return false }
            try await run("UPDATE racy_codes SET used = used + 1 WHERE code = $1", name)
        case .lockout:
            let attempts = try await number("SELECT attempts FROM racy_failures WHERE account = $1", name)
            await between()
            guard attempts < contest.allowed else { return false }
            try await run("UPDATE racy_failures SET attempts = attempts + 1 WHERE account = $1", name)
        case .token:
            let isFree = try await store.engine.query("SELECT redeemed_at FROM racy_tokens WHERE token = $1", [name]).first?.first == .some(nil)
            await between()
            guard isFree else { return false }
            try await run("UPDATE racy_tokens SET redeemed_at = 'now' WHERE token = $1", name)
        case .payout:
            let status = try await store.engine.query("SELECT status FROM racy_payouts WHERE id = \(round)", []).first?.first
            await between()
            guard status == "requested" else { return false }
            try await run("UPDATE racy_payouts SET status = $1 WHERE id = \(round)", client.isMultiple(of: 2) ? "approved" : "rejected")
        case .refund:
            let refunded = try await number("SELECT refunded FROM racy_payments WHERE id = $1", name)
            await between()
            guard refunded + 30 <= 100 else { return false }
            try await run("UPDATE racy_payments SET refunded = \(refunded + 30) WHERE id = $1", name)
        }
        return true
    }

    /// An affiliate of its own for each round.
    package func affiliate(_ round: Int) -> String {
        let digits = String(round, radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private func run(_ sql: String, _ values: String...) async throws { _ = try await store.engine.query(sql, values) }

    private func number(_ sql: String, _ values: String...) async throws -> Int {
        try await store.engine.query(sql, values).first?.first.flatMap { $0 }.flatMap(Int.init) ?? 0
    }
}
