public import Foundation
import Migrations

/// Promo codes that run out, for the code and for the person.
///
/// The policy, stated once: a quantity of n takes n redemptions; a released redemption gives its n back to the code and to the
/// person; the cap of a person covers all codes of a campaign and the tickets without one, whatever they cost. Incident: a
/// 100 % code without a limit made free tickets for everybody who asked.
public struct PromoCodes: Sendable {
    public enum Redemption: Hashable, Sendable {
        /// Taken. A discount of 100 % makes the ticket free, and it is counted all the same.
        case redeemed(discountPercent: Int, remaining: Int)
        /// Fewer redemptions are left than were asked for.
        case exhausted(remaining: Int)
        /// This person has as many tickets of the campaign as one may have.
        case identityLimit
        case inactive
        case expired
        /// This attempt was redeemed and then released: a new redemption needs a new attempt.
        case released
        case unknown
    }

    private let plan: Blueprint, store: GuardedStore

    /// - Parameters:
    ///   - store: The database.
    ///   - prefix: What its tables begin with: `promo_codes`, `promo_identities`, `promo_redemptions`.
    public init(prefix: String = "promo", store: GuardedStore) throws(GuardedError) {
        let name = try Keys.identifier(prefix)
        (plan, self.store) = (PromoTables(prefix: name).blueprint(), store)
    }

    /// Redeems a code.
    /// - Parameters:
    ///   - code: The code, 1 to 255 bytes.
    ///   - identity: The person: an account, or a normalised address as ``Account/key`` gives it.
    ///   - quantity: How many tickets; all or none.
    ///   - attempt: The name of this redemption, such as the number of the order. The same attempt is redeemed once, and is what
    ///     ``release(_:)`` takes back.
    public func redeem(_ code: String, by identity: String, quantity: Int = 1, attempt: String) async throws(GuardedError) -> Redemption {
        let arguments = [
            "code": try Keys.checked(code), "identity": try Keys.checked(identity), "quantity": try Keys.quantity(quantity),
            "attempt": try Keys.checked(attempt),
        ]
        guard let row = try await store.run(plan["redeem"], of: plan, arguments).first else { return .unknown }
        let remaining = row.integer("remaining") ?? 0
        switch row.text("outcome") {
        case "redeemed": return .redeemed(discountPercent: row.integer("discount_percent") ?? 0, remaining: remaining)
        case "exhausted": return .exhausted(remaining: remaining)
        case "identity_limit": return .identityLimit
        case "inactive": return .inactive
        case "expired": return .expired
        case "attempt_reused": throw .attemptReused(attempt)
        default: return .released
        }
    }

    /// Gives a redemption back, as when its order is cancelled: once, however often it is called.
    /// - Returns: Whether there was something to give back.
    public func release(_ attempt: String) async throws(GuardedError) -> Bool {
        try await store.run(plan["release"], of: plan, ["attempt": try Keys.checked(attempt)]).first?.text("outcome") == "released"
    }

    /// Counts tickets without a code for their person.
    /// - Parameters:
    ///   - campaign: What the caps of persons are for: an event, a season.
    ///   - identity: The person.
    ///   - quantity: How many tickets; all or none.
    ///   - cap: How many tickets of the campaign one person may have: the same as `max_per_identity` of its codes.
    ///   - attempt: The name of this admission, such as the number of the order; ``release(_:)`` takes it back.
    /// - Returns: Whether they fit.
    public func admit(_ identity: String, to campaign: String, quantity: Int = 1, cap: Int, attempt: String) async throws(GuardedError) -> Bool {
        let arguments: [String: Argument] = [
            "campaign": try Keys.checked(campaign), "identity": try Keys.checked(identity), "quantity": try Keys.quantity(quantity),
            "cap": .integer(try Keys.cap(cap)), "attempt": try Keys.checked(attempt),
        ]
        let outcome = try await store.run(plan["admit"], of: plan, arguments).first?.text("outcome")
        if outcome == "attempt_reused" { throw .attemptReused(attempt) }
        return outcome == "admitted"
    }

    /// Adds a code.
    /// - Parameters:
    ///   - campaign: What the caps of persons are for: an event, a season.
    ///   - code: The code, 1 to 255 bytes.
    ///   - discountPercent: 0 to 100.
    ///   - expires: When it ends; never, by default.
    ///   - limit: How often it can be redeemed, over its whole life. There is no code without a limit.
    ///   - perIdentity: How many tickets of the campaign one person may have.
    /// - Returns: Whether it is new; a code that exists stays as it is.
    public func add(
        _ code: String, campaign: String, discountPercent: Int, limit: Limit, perIdentity: Int = 1, expires: Date? = nil
    ) async throws(GuardedError) -> Bool {
        guard (0...100).contains(discountPercent) else { throw .invalidQuantity(discountPercent) }
        let arguments: [String: Argument] = [
            "code": try Keys.checked(code), "campaign": try Keys.checked(campaign), "discount": .integer(discountPercent),
            "uses": try limit.argument, "single": .integer(limit == .singleUse ? 1 : 0), "person": .integer(try Keys.cap(perIdentity)),
            "expires": expires.map { .instant(milliseconds($0)) } ?? .null,
        ]
        return try await !store.run(plan["add"], of: plan, arguments).isEmpty
    }

    /// How often a code can be redeemed.
    public enum Limit: Hashable, Sendable {
        case uses(Int)
        case singleUse

        fileprivate var argument: Argument {
            get throws(GuardedError) {
                switch self {
                case .uses(let number): .integer(try Keys.cap(number))
                case .singleUse: .null
                }
            }
        }
    }
}

extension PromoCodes: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}
