public import Foundation
import Migrations

/// A status that changes only from the status that the decision was made on.
///
/// Of approve and reject, pressed at once, one wins; the other is told who won, and its money stays where it is. The change, the
/// row of the log and the message that it causes are one transaction; the message is sent afterwards, by ``Outbox``. Incident: a
/// payout that was approved and rejected at once, rejected in the database and paid at the bank.
public struct StatusMachine<Status: RawRepresentable & Hashable & Sendable>: Sendable where Status.RawValue == String {
    /// What became of a transition.
    public enum Outcome: Hashable, Sendable {
        case done
        /// Somebody was faster: answer 409 with what the row is now, and who made it so.
        case conflict(current: Status, reviewer: String?)
        /// No row of the machine leads from the one status to the other: answer 422 `illegal_transition`.
        case illegal(current: Status)
        /// There is no such row: answer 404.
        case missing

        /// The status of the answer to the request.
        public var httpStatus: Int {
            switch self {
            case .done: 200
            case .conflict: 409
            case .illegal: 422
            case .missing: 404
            }
        }

        /// The word for what went wrong, in the answer to the request.
        public var code: String? {
            switch self {
            case .done: nil
            case .conflict: "status_conflict"
            case .illegal: "illegal_transition"
            case .missing: "not_found"
            }
        }
    }

    private let plan: Blueprint, store: GuardedStore
    /// The messages that its transitions cause.
    public let outbox: Outbox

    /// - Parameters:
    ///   - store: The database.
    ///   - table: A table with an integer key `id` and a text column `status`.
    ///   - transitions: Which status may follow which. What is not in it is illegal.
    ///   - makesTable: Whether ``GuardedStore/migrate(_:)`` makes the table too.
    /// - Throws: ``GuardedError/invalidKey(_:)`` for a table name that no database takes.
    public init(table: String, transitions: [Status: Set<Status>], makesTable: Bool = false, store: GuardedStore) throws(GuardedError) {
        let name = try Keys.identifier(table)
        let all = transitions.flatMap { prior, next in next.map { StatusTables.Transition(prior.rawValue, $0.rawValue) } }
        var tables = StatusTables(table: name, transitions: all.sorted { ($0.prior, $0.next) < ($1.prior, $1.next) })
        tables.makesTable = makesTable
        (plan, self.store) = (tables.blueprint(), store)
        outbox = Outbox(plan: plan, store: store)
    }

    /// Changes a status, if it still is `prior`.
    /// - Parameters:
    ///   - id: The key of the row.
    ///   - next: What the status becomes.
    ///   - reason: Why, for the log.
    ///   - prior: What the actor saw when they decided.
    ///   - actor: Who decided; it stands in the log.
    ///   - message: What must be sent because of it. It is sent if and only if the transition is made.
    ///   - attempt: The name of this request, and the idempotency key of its message. The same attempt is made once only, and asked again
    ///     answers as before.
    /// - Throws: ``GuardedError/invalidKey(_:)`` for an actor, a reason or an attempt with control characters, and what the database ran into.
    public func transition(
        _ id: Int, from prior: Status, to next: Status, by actor: String, reason: String? = nil, sending message: Outbox.Draft? = nil,
        attempt: String = UUID().uuidString
    ) async throws(GuardedError) -> Outcome {
        var arguments: [String: Argument] = [
            "id": .integer(id), "prior": .text(prior.rawValue), "next": .text(next.rawValue), "actor": try Keys.checked(actor),
            "attempt": try Keys.checked(attempt), "reason": .null, "topic": .null, "payload": try Keys.payload(message?.payload ?? ""),
        ]
        if let reason { arguments["reason"] = try Keys.checked(reason) }
        if let message { arguments["topic"] = try Keys.checked(message.topic) }
        guard let row = try await store.run(plan["transition"], of: plan, arguments).first else { return .missing }
        let current = row.text("current_status").flatMap(Status.init(rawValue:)) ?? prior
        switch row.text("outcome") {
        case "done": return .done
        case "illegal": return .illegal(current: current)
        case "missing": return .missing
        case "attempt_reused": throw .attemptReused(attempt)
        default: return .conflict(current: current, reviewer: row.text("current_reviewer"))
        }
    }
}

extension StatusMachine: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}

/// The life of a payout.
public enum PayoutStatus: String, CaseIterable, Sendable { case requested, approved, rejected, processing, paid, failed, cancelled }

extension StatusMachine where Status == PayoutStatus {
    /// The payouts of the incident: what is paid or rejected stays so.
    public static func payouts(makesTable: Bool = false, store: GuardedStore) throws(GuardedError) -> StatusMachine {
        var transitions: [PayoutStatus: Set<PayoutStatus>] = [:]
        for one in StatusTables.payouts {
            if let prior = PayoutStatus(rawValue: one.prior), let next = PayoutStatus(rawValue: one.next) { transitions[prior, default: []].insert(next) }
        }
        return try StatusMachine(table: "payouts", transitions: transitions, makesTable: makesTable, store: store)
    }
}
