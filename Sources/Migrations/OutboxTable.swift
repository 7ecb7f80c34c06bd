/// Messages that leave only if the change they tell of was made: they are rows of the same transaction, and a worker sends
/// them afterwards, at least once, under a key that the receiver uses to take each of them once.
package struct OutboxTable: Sendable {
    package var prefix: Identifier
    package var schema: Identifier

    var table: TableName { .init(identifier: prefix.suffixed("outbox"), schema: schema) }

    var definition: Blueprint.Table {
        .init(
            name: table.identifier,
            columns: [
                .init("idempotency_key", .text), .init("topic", .text), .init("payload", .text), .init("created_at", .instant),
                .init("claimed_by", .text, ""), .init("lease_until", .instant, ""), .init("tries", .integer, "NOT NULL DEFAULT 0"),
                .init("last_error", .text, ""), .init("sent_at", .instant, ""),
            ],
            constraints: [.primaryKey([.init(own: "idempotency_key")])],
            indexes: [.init(name: table.identifier.suffixed("waiting"), on: "(created_at) WHERE sent_at IS NULL")])
    }

    /// The statement that adds a message; `condition` says when.
    func insert(_ dialect: Dialect, where condition: String) -> String {
        """
        INSERT INTO \(table.sql(in: dialect)) (idempotency_key, topic, payload, created_at)
        SELECT :attempt, :topic, :payload, :now WHERE \(condition)
        ON CONFLICT (idempotency_key) DO NOTHING
        """
    }

    var operations: [Procedure] { [claim, sent, failed, prune] }

    private var prune: Procedure {
        .pruning("Removes messages that were sent p_days days ago.", name: "outbox_prune", days: 60, least: 1) { dialect in
            ["DELETE FROM \(table.sql(in: dialect)) WHERE sent_at < \(dialect.earlier(":now", by: ":days * 86400"))"]
        }
    }

    /// In PostgreSQL the rows are picked once, apart: a plan may otherwise evaluate the LIMIT anew for each row.
    private var claim: Procedure {
        let picked = { (dialect: Dialect) in
            """
            SELECT o.idempotency_key FROM \(table.sql(in: dialect)) AS o
            WHERE o.sent_at IS NULL AND (o.lease_until IS NULL OR o.lease_until <= :now) AND :batch >= 1 AND :lease >= 1
            ORDER BY o.created_at, o.idempotency_key LIMIT :batch\(dialect.hasFunctions ? " FOR UPDATE SKIP LOCKED" : "")
            """
        }
        let set = { (dialect: Dialect) in "SET claimed_by = :worker, lease_until = \(dialect.later(":now", by: ":lease")), tries = tries + 1" }
        return Procedure(
            name: "outbox_claim", purpose: "Hands messages to a worker for as long as its lease lasts; two workers never hold the same one.",
            parameters: [.init("worker", .text), .init("batch", .integer, or: "10"), .init("lease", .integer, or: "60"), .now],
            results: [.init("idempotency_key", .text), .init("topic", .text), .init("payload", .text), .init("tries", .integer)],
            body: .init(
                postgres: .statement(
                    """
                    WITH picked AS MATERIALIZED (\(picked(.postgres)))
                    UPDATE \(table.postgres) AS m \(set(.postgres)) FROM picked
                    WHERE m.idempotency_key = picked.idempotency_key RETURNING m.idempotency_key, m.topic, m.payload, m.tries
                    """),
                sqlite: [
                    "UPDATE \(table.sqlite) \(set(.sqlite)) WHERE idempotency_key IN (\(picked(.sqlite))) RETURNING idempotency_key, topic, payload, tries"
                ]))
    }

    private var sent: Procedure {
        let sql = { (dialect: Dialect) in
            "UPDATE \(table.sql(in: dialect)) SET sent_at = :now WHERE idempotency_key = :key AND claimed_by = :worker AND sent_at IS NULL RETURNING idempotency_key"
        }
        return Procedure(
            name: "outbox_sent", purpose: "Says that a message went out. No row: the lease was lost to another worker.",
            parameters: [.init("key", .text), .init("worker", .text), .now], results: [.init("idempotency_key", .text)],
            body: .same(sql))
    }

    private var failed: Procedure {
        let sql = { (dialect: Dialect) in
            """
            UPDATE \(table.sql(in: dialect)) SET last_error = :error, lease_until = \(dialect.later(":now", by: ":pause"))
            WHERE idempotency_key = :key AND claimed_by = :worker AND sent_at IS NULL RETURNING idempotency_key
            """
        }
        return Procedure(
            name: "outbox_failed", purpose: "Gives a message back, to be tried again after a pause of p_pause seconds.",
            parameters: [.init("key", .text), .init("worker", .text), .init("error", .text), .init("pause", .integer), .now],
            results: [.init("idempotency_key", .text)], body: .same(sql))
    }
}
