import Foundation
import Migrations

/// Messages that are rows of the transaction which causes them, and are sent afterwards.
///
/// A message is sent at least once: a worker that dies between sending and saying so leaves it to the next. Pass its key to the
/// receiver, as `Idempotency-Key` (Stripe, Adyen and most providers take one), and it is acted upon once.
public struct Outbox: Sendable {
    /// What is to be sent.
    public struct Draft: Hashable, Sendable {
        public var topic: String, payload: String

        public init(topic: String, payload: String) { (self.topic, self.payload) = (topic, payload) }
    }

    /// A message on its way.
    public struct Message: Hashable, Sendable {
        /// The same whenever this message is sent.
        public var idempotencyKey: String
        public var topic: String, payload: String
        /// How often it was tried, this time included.
        public var tries: Int

        package init(idempotencyKey: String, topic: String, payload: String, tries: Int) {
            (self.idempotencyKey, self.topic, self.payload, self.tries) = (idempotencyKey, topic, payload, tries)
        }
    }

    /// How a round went.
    public struct Round: Hashable, Sendable {
        public var sent = 0, failed = 0
        /// Sent, but later than the lease lasted: another worker may send them again.
        public var late = 0

        package init(sent: Int = 0, failed: Int = 0, late: Int = 0) { (self.sent, self.failed, self.late) = (sent, failed, late) }
    }

    private let plan: Blueprint, store: GuardedStore

    /// Removes messages that were sent so many days ago.
    /// - Parameter days: At least 1.
    /// - Returns: How many rows are gone.
    public func prune(olderThanDays days: Int = 60) async throws(GuardedError) -> Int {
        try await store.prune(plan, "outbox_prune", olderThanDays: days)
    }

    init(plan: Blueprint, store: GuardedStore) { (self.plan, self.store) = (plan, store) }

    /// Takes messages that wait, sends them one after the other, and writes down what became of each.
    /// - Parameters:
    ///   - worker: The name of this worker, different from all others.
    ///   - batch: How many to take at most.
    ///   - lease: For how many seconds they are this worker's. Longer than a round takes.
    ///   - pause: How many seconds a message waits after a failure; it doubles with each try, up to an hour.
    ///   - send: Sends one message; an error gives it back.
    public func deliver(
        worker: String, batch: Int = 10, lease: Int = 60, pause: Int = 30, send: (Message) async throws -> Void
    ) async throws(GuardedError) -> Round {
        let name = try Keys.checked(worker)
        let rows = try await store.run(
            plan["outbox_claim"], of: plan, ["worker": name, "batch": try Keys.quantity(batch), "lease": .integer(try Keys.cap(lease))])
        var round = Round()
        let end = store.now.addingTimeInterval(Double(lease))
        for row in rows {
            // What is not begun in time is left to the next worker.
            if store.now >= end { break }
            guard let key = row.text("idempotency_key"), let topic = row.text("topic") else { continue }
            let message = Message(idempotencyKey: key, topic: topic, payload: row.text("payload") ?? "", tries: row.integer("tries") ?? 1)
            do {
                try await send(message)
            } catch {
                round.failed += 1
                let wait = min(3_600, max(1, pause) << min(10, max(0, message.tries - 1)))
                let why = String("\(error)".prefix(500))
                _ = try await store.run(plan["outbox_failed"], of: plan, ["key": .text(key), "worker": name, "error": .text(why), "pause": .integer(wait)])
                continue
            }
            let isHeld = try await !store.run(plan["outbox_sent"], of: plan, ["key": .text(key), "worker": name]).isEmpty
            if isHeld { round.sent += 1 } else { round.late += 1 }
        }
        return round
    }
}
