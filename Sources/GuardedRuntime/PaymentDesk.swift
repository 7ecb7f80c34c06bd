import Crypto
import Foundation
public import Logging
import Migrations

/// Payments that do not trust their client.
///
/// The session must be the caller's and still open; the amount is what its pending orders add up to, whatever the request says;
/// one address may ask ten times a minute; refunds together never exceed what was paid; every step leaves a row of the audit
/// and is made once for each idempotency key. Incident: an endpoint that took the session and the amount from the body.
public struct PaymentDesk: Sendable {
    /// Who asks, as far as the server knows it itself.
    public struct Caller: Hashable, Sendable {
        public var tenant: String, device: String, address: String

        /// - Parameters:
        ///   - tenant: Whose payment it must be.
        ///   - device: The device or account that the server's own session names.
        ///   - address: The address of the peer, from the connection or a proxy that you run.
        public init(tenant: String, device: String, address: String) { (self.tenant, self.device, self.address) = (tenant, device, address) }
    }

    public enum Opening: Hashable, Sendable {
        /// Charge this amount, under this payment as idempotency key.
        case open(payment: String, amountMinor: Int, currency: String)
        /// Another payment of the session is open, over what was pending then.
        case pending(payment: String, amountMinor: Int, currency: String)
        /// The payment of the same key, which is paid by now.
        case paid(payment: String)
        /// The payment of the same key, which was given up: ask with a new key.
        case cancelled(payment: String)
        case nothingToPay
        /// Answer 403 `session_ownership_mismatch`.
        case ownershipMismatch
        /// Answer 429.
        case tooManyRequests
    }

    public enum Refund: Hashable, Sendable {
        case refunded(refundableMinor: Int)
        /// More than is left of what was paid; nothing was refunded.
        case exceedsPaid(refundableMinor: Int)
        /// The payment is not paid.
        case refused
        /// There is no such payment of this tenant: answer 404.
        case unknown
    }

    private let plan: Blueprint, store: GuardedStore, rate: SlotCounter, addressRate: SlotCounter, secret: SymmetricKey, log: Logger
    /// The messages that refunds cause.
    public let outbox: Outbox

    /// - Parameters:
    ///   - log: Where what is worth a look is written.
    ///   - prefix: What its tables begin with.
    ///   - store: The database.
    ///   - secret: At least 16 bytes, from which the salt of each day is made: addresses are stored as hashes that cannot be
    ///     joined from day to day.
    ///   - perMinute: How often one address may ask for one session; for all together ten times as often.
    public init(secret: [UInt8], prefix: String = "pay", perMinute: Int = 10, store: GuardedStore, log: Logger = Logger(label: "guarded.payments"))
        throws(GuardedError)
    {
        guard secret.count >= 16 else { throw .invalidKey("the secret of a payment desk") }
        let name = try Keys.identifier(prefix)
        (plan, self.store, self.secret, self.log) = (PaymentTables(prefix: name).blueprint(), store, SymmetricKey(data: secret), log)
        rate = try SlotCounter(.paymentRate, cap: perMinute, store: store)
        addressRate = try SlotCounter(.paymentRate, cap: perMinute * 10, store: store)
        outbox = Outbox(plan: plan, store: store)
    }

    /// The counters of the rate limit, to be migrated and pruned with the rest.
    public var rateLimit: SlotCounter { rate }

    /// Opens a payment over what is pending in a session.
    /// - Parameters:
    ///   - caller: Who asks, as the server knows it.
    ///   - session: From the request.
    ///   - key: The idempotency key of the request, 1 to 255 bytes; the same key opens one payment.
    public func open(session: String, for caller: Caller, key: String) async throws(GuardedError) -> Opening {
        let name = try Keys.checked(session)
        // Whoever makes sessions up is still one address.
        guard try await addressRate.claim(bucket(caller, "")).isTaken, try await rate.claim(bucket(caller, session)).isTaken else {
            audit("rate_limited", session: session, caller)
            return .tooManyRequests
        }
        let arguments = [
            "session": name, "tenant": try Keys.checked(caller.tenant), "actor": try Keys.checked(caller.device),
            "attempt": try Keys.checked(key), "payment": .text(UUID().uuidString.lowercased()),
        ]
        let row = try await store.run(plan["open"], of: plan, arguments).first
        let outcome = row?.text("outcome") ?? "session_ownership_mismatch"
        audit(outcome, session: session, caller)
        let payment = row?.text("payment_id") ?? "", amount = row?.integer("amount_minor") ?? 0, currency = row?.text("currency") ?? ""
        switch outcome {
        case "open": return .open(payment: payment, amountMinor: amount, currency: currency)
        case "pending": return .pending(payment: payment, amountMinor: amount, currency: currency)
        case "paid": return .paid(payment: payment)
        case "cancelled": return .cancelled(payment: payment)
        case "nothing_to_pay": return .nothingToPay
        default: return .ownershipMismatch
        }
    }

    /// Records what the provider says was paid. Call it only with a webhook whose signature was verified.
    /// - Returns: Whether the payment is paid over exactly this amount, now or before.
    public func settle(_ payment: String, amountMinor: Int, by provider: String, event: String) async throws(GuardedError) -> Bool {
        let arguments = [
            "payment": try Keys.checked(payment), "amount": try Keys.quantity(amountMinor), "actor": try Keys.checked(provider),
            "attempt": try Keys.checked(event),
        ]
        return try await store.run(plan["settle"], of: plan, arguments).first?.text("outcome") == "paid"
    }

    /// Gives up a payment that is open, and frees its orders for the next one.
    /// - Returns: Whether it is cancelled, now or before.
    public func cancel(_ payment: String, for caller: Caller, key: String) async throws(GuardedError) -> Bool {
        let arguments = [
            "payment": try Keys.checked(payment), "tenant": try Keys.checked(caller.tenant), "actor": try Keys.checked(caller.device),
            "attempt": try Keys.checked(key),
        ]
        return try await store.run(plan["cancel"], of: plan, arguments).first?.text("outcome") == "cancelled"
    }

    /// Refunds part of a payment, in one statement that bounds the sum of all refunds.
    /// - Parameters:
    ///   - amountMinor: In the smallest unit of the currency: cents.
    ///   - payment: The payment, as ``open(session:for:key:)`` gave it.
    ///   - tenant: Whose payment it must be.
    ///   - actor: Who decided it.
    ///   - key: The idempotency key; the same key refunds once.
    ///   - message: What tells the provider; it is sent if and only if the refund is made.
    public func refund(
        _ payment: String, tenant: String, amountMinor: Int, by actor: String, key: String, sending message: Outbox.Draft? = nil
    ) async throws(GuardedError) -> Refund {
        var arguments: [String: Argument] = [
            "payment": try Keys.checked(payment), "tenant": try Keys.checked(tenant), "amount": try Keys.quantity(amountMinor),
            "actor": try Keys.checked(actor), "attempt": try Keys.checked(key), "topic": .null, "payload": try Keys.payload(message?.payload ?? ""),
        ]
        if let message { arguments["topic"] = try Keys.checked(message.topic) }
        guard let row = try await store.run(plan["refund"], of: plan, arguments).first else { return .unknown }
        let left = row.integer("refundable_minor") ?? 0
        switch row.text("outcome") {
        case "refunded": return .refunded(refundableMinor: left)
        case "exceeds_paid": return .exceedsPaid(refundableMinor: left)
        case "attempt_reused": throw .attemptReused(key)
        default: return .refused
        }
    }

    /// The address under the salt of the day, and the session: a household behind one address pays for two tables.
    private func bucket(_ caller: Caller, _ session: String) throws(GuardedError) -> String {
        let day = SlotCounterTables.Period.day.text(at: store.now, in: .gmt)
        let salt = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(day.utf8), using: secret))
        let text = "\(caller.address.utf8.count):\(caller.address)|\(session)"
        return Data(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: salt)).base64URL
    }

    private func audit(_ event: String, session: String, _ caller: Caller) {
        log.info("payment", metadata: ["event": "\(event)", "tenant": "\(caller.tenant)", "device": "\(caller.device)", "session": "\(session)"])
    }
}

extension PaymentDesk: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}
