public import Foundation
import Migrations

/// A cap that two requests cannot both pass.
///
/// One row holds the count of a scope and period, and a claim is one statement, so that no other request can come between
/// the check and the act. Incident: a cap of 50 a day that counted its rows and then inserted let 54 through.
///
/// ```swift
/// let coupons = try SlotCounter(.affiliateCoupon, cap: 50, timeZone: istanbul, store: store)
/// switch try await coupons.claim(affiliate) {
/// case .taken(let used, let remaining, let period): …
/// case .full: …                               // answer 429
/// }
/// ```
public struct SlotCounter: Sendable {
    /// What is counted, and in which table.
    public struct Surface: Sendable {
        let tables: SlotCounterTables

        init(own prefix: String, _ table: String, _ scope: String, key type: KeyType = .text, _ period: SlotCounterTables.Period) {
            tables = SlotCounterTables(
                prefix: .init(own: prefix), table: .init(own: table), scope: .init(own: scope), type: type, period: period)
        }

        /// A surface of your own.
        /// - Parameters:
        ///   - prefix: What its functions begin with: `course` makes `course_claim_slot`.
        ///   - table: The table of its counters.
        ///   - scope: The column that each counter is for, holding text.
        ///   - period: When a counter begins anew.
        /// - Throws: ``GuardedError/invalidKey(_:)`` for a name that no database takes: empty, over 63 bytes, with control characters.
        public init(prefix: String, table: String, scope: String, period: Period) throws(GuardedError) {
            tables = SlotCounterTables(
                prefix: try Keys.identifier(prefix), table: try Keys.identifier(table), scope: try Keys.identifier(scope), type: .text, period: period.own)
        }

        /// Sign-ups with an affiliate's coupon, a day: `affiliate_coupon_daily_count`, keyed by the UUID `affiliate_id`.
        public static let affiliateCoupon = Surface(own: "affiliate_coupon", "affiliate_coupon_daily_count", "affiliate_id", key: .uuid, .day)
        /// Uses of a promo code, over its whole life. ``PromoCodes`` also counts them for each person.
        public static let promoCode = Surface(own: "promo_code", "promo_code_count", "code", .forever)
        /// Enrolments in a loyalty programme, a day.
        public static let loyaltyEnrolment = Surface(own: "loyalty_enrolment", "loyalty_enrolment_daily_count", "programme_id", .day)
        /// Seats of one bookable slot. A cancelled reservation releases its seats.
        public static let reservationSlot = Surface(own: "reservation_slot", "reservation_slot_count", "slot_id", .forever)
        /// Places on a waiting list, a day.
        public static let waitlistJoin = Surface(own: "waitlist_join", "waitlist_join_daily_count", "list_id", .day)
        /// Payment requests of one address and session, a minute.
        static let paymentRate = Surface(own: "payment_rate", "payment_rate_count", "caller", .minute)
    }

    /// When a counter begins anew, by the calendar of the counter's time zone.
    public enum Period: String, CaseIterable, Sendable {
        case minute, day, month, forever

        var own: SlotCounterTables.Period {
            switch self {
            case .minute: .minute
            case .day: .day
            case .month: .month
            case .forever: .forever
            }
        }
    }

    /// What became of a claim.
    public enum Claim: Hashable, Sendable {
        /// The slots are taken; `used` counts them too. Keep the period with what was sold: a later release needs it.
        case taken(used: Int, remaining: Int, period: String)
        /// They do not fit any more, and nothing was written.
        case full(used: Int, remaining: Int)

        public var isTaken: Bool {
            switch self {
            case .taken: true
            case .full: false
            }
        }
    }

    /// How much of a cap is used: "today 28 of 50 used, 22 left".
    public struct Usage: Hashable, Sendable {
        public var used: Int, remaining: Int
        /// The period that this is of, as `2026-05-23`.
        public var period: String

        package init(used: Int, remaining: Int, period: String) { (self.used, self.remaining, self.period) = (used, remaining, period) }
    }

    private let tables: SlotCounterTables, plan: Blueprint, cap: Int, zone: TimeZone, store: GuardedStore

    /// - Parameters:
    ///   - store: The database.
    ///   - surface: What is counted, and in which table.
    ///   - cap: How many fit into one period of one scope; at least 1.
    ///   - timeZone: Where days and months begin, by a name of the IANA database. Two servers with different zones would count different days.
    /// - Throws: ``GuardedError/invalidCap(_:)``.
    public init(_ surface: Surface, cap: Int, timeZone: TimeZone = .gmt, store: GuardedStore) throws(GuardedError) {
        self.cap = try Keys.cap(cap)
        // PostgreSQL reads names of its own making, such as GMT+3, the other way round.
        guard TimeZone.knownTimeZoneIdentifiers.contains(timeZone.identifier) || ["GMT", "UTC"].contains(timeZone.identifier) else {
            throw .invalidKey(timeZone.identifier)
        }
        // A minute is one everywhere, and in local time an hour of them comes twice a year.
        (tables, zone, self.store) = (surface.tables, surface.tables.period == .minute ? .gmt : timeZone, store)
        do { plan = try surface.tables.blueprint().checked() } catch { throw .invalidKey(surface.tables.table.name) }
    }

    /// Takes slots if they are left, in one statement.
    /// - Parameters:
    ///   - scope: Whose counter: an affiliate, a code, a slot. 1 to 255 bytes; a UUID where the surface says so.
    ///   - quantity: How many; all of them are taken or none.
    /// - Throws: ``GuardedError/invalidKey(_:)``, ``GuardedError/invalidQuantity(_:)``, ``GuardedError/clockWentBackwards(newest:)``, and what
    ///   the database ran into: ``GuardedError/mayHaveHappened`` says whether the slots may be taken.
    public func claim(_ scope: String, quantity: Int = 1) async throws(GuardedError) -> Claim {
        let arguments = ["scope": try key(scope), "quantity": try Keys.quantity(quantity), "cap": .integer(cap), "period": period]
        if let row = try await store.run(plan["claim_slot"], of: plan, arguments).first, let used = row.integer("count") {
            return .taken(used: used, remaining: cap - used, period: row.text("period") ?? "")
        }
        let (usage, newest) = try await state(scope)
        if let newest, newest > usage.period { throw .clockWentBackwards(newest: newest) }
        return .full(used: usage.used, remaining: usage.remaining)
    }

    /// Gives slots back, when a claim turns out to be fraud or is rejected. Never below zero.
    ///
    /// A counter does not know its claims: release each of them once, in the transaction that marks it as released.
    /// - Parameters:
    ///   - scope: As it was claimed.
    ///   - quantity: How many.
    ///   - period: That of the claim; the current one by default. Yesterday's claim does not make room in today's cap.
    /// - Returns: How many are used then; `nil` where nothing was ever claimed.
    /// - Throws: As ``claim(_:quantity:)``.
    public func release(_ scope: String, quantity: Int = 1, period: String? = nil) async throws(GuardedError) -> Int? {
        var arguments = ["scope": try key(scope), "quantity": try Keys.quantity(quantity), "period": self.period]
        if let period { arguments["period"] = try Keys.checked(period) }
        return try await store.run(plan["release_slot"], of: plan, arguments).first?.integer("count")
    }

    /// How much is used, for a dashboard. It decides nothing: between this answer and an act others claim.
    public func usage(_ scope: String) async throws(GuardedError) -> Usage { try await state(scope).usage }

    /// Removes the counters that nobody touched for so many days. A counter that never begins anew is never pruned: it would
    /// begin at nothing again.
    /// - Parameter days: At least the length of a period: 2 for days, 32 for months.
    /// - Returns: How many rows are gone.
    public func prune(olderThanDays days: Int = 60) async throws(GuardedError) -> Int {
        if tables.period == .forever { return 0 }
        return try await store.prune(plan, olderThanDays: days)
    }

    private func state(_ scope: String) async throws(GuardedError) -> (usage: Usage, newest: String?) {
        let row = try await store.run(plan["remaining"], of: plan, ["scope": try key(scope), "cap": .integer(cap), "period": period]).first
        let usage = Usage(used: row?.integer("used") ?? 0, remaining: row?.integer("remaining") ?? cap, period: row?.text("period") ?? "")
        return (usage, row?.text("newest_period"))
    }

    private var period: Argument { .period(tables.period, zone) }

    private func key(_ scope: String) throws(GuardedError) -> Argument {
        let checked = try Keys.checked(scope)
        guard tables.scope.type == .uuid else { return checked }
        // Both engines must see one spelling: SQLite compares text.
        guard let id = UUID(uuidString: scope) else { throw .invalidKey(scope) }
        return .text(id.uuidString.lowercased())
    }
}

extension SlotCounter: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}
