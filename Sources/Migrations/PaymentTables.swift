/// Payments that do not trust their client: the session must be the caller's, the amount comes from the orders that are
/// pending in it, and refunds together never exceed what was paid.
package struct PaymentTables: Sendable {
    package var prefix: Identifier
    package var schema: Identifier

    package init(prefix: Identifier, schema: Identifier = .init(own: "public")) { (self.prefix, self.schema) = (prefix, schema) }

    package func blueprint() -> Blueprint {
        Blueprint(
            prefix: prefix, schema: schema,
            purpose: [
                "Payments for the caller's own session, over an amount that the server adds up, each step with a row of \(events.identifier.name).",
                "An attempt is named by its idempotency key: the same key is answered as before and charges nothing twice.",
            ],
            tables: [
                .init(
                    name: sessions.identifier,
                    columns: [
                        .init("id", .text), .init("tenant_id", .text), .init("host_device_id", .text), .init("currency", .text), .init("expires_at", .instant),
                    ], constraints: [.primaryKey([.init(own: "id")])]),
                .init(
                    name: payments.identifier,
                    columns: [
                        .init("id", .text), .init("session_id", .text), .init("key", .text), .init("currency", .text), .init("amount_minor", .integer),
                        .init("paid_minor", .integer, "NOT NULL DEFAULT 0"), .init("refunded_minor", .integer, "NOT NULL DEFAULT 0"), .init("state", .text),
                        .init("created_at", .instant),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "id")]), .references(.init(own: "session_id"), sessions.identifier, key: .init(own: "id")),
                        .unique([.init(own: "session_id"), .init(own: "key")]), .check("amount_minor > 0"), .check("refunded_minor BETWEEN 0 AND paid_minor"),
                        .check("state IN ('open', 'paid', 'cancelled')"),
                    ]),
                .init(
                    name: orders.identifier,
                    columns: [
                        .init("id", .text), .init("session_id", .text), .init("amount_minor", .integer), .init("payment_id", .text, ""),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "id")]), .references(.init(own: "session_id"), sessions.identifier, key: .init(own: "id")),
                        .check("amount_minor >= 0"),
                    ],
                    indexes: [
                        .init(name: orders.identifier.suffixed("pending"), on: "(session_id) WHERE payment_id IS NULL"),
                        .init(name: orders.identifier.suffixed("payment"), on: "(payment_id)"),
                    ]),
                .init(
                    name: refunds.identifier,
                    columns: [
                        .init("id", .text), .init("payment_id", .text), .init("amount_minor", .integer), .init("actor_id", .text),
                        .init("refunded_at", .instant),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "id")]), .references(.init(own: "payment_id"), payments.identifier, key: .init(own: "id")),
                        .check("amount_minor > 0"),
                    ],
                    indexes: [.init(name: refunds.identifier.suffixed("payment"), on: "(payment_id)")]),
                .init(
                    name: events.identifier,
                    columns: [
                        .init("id", .text), .init("event", .text), .init("payment_id", .text), .init("actor_id", .text), .init("amount_minor", .integer),
                        .init("at", .instant),
                    ],
                    constraints: [.primaryKey([.init(own: "id"), .init(own: "event")])],
                    indexes: [.init(name: events.identifier.suffixed("payment"), on: "(payment_id, at)")]),
                outbox.definition,
            ],
            operations: [open, settle, cancel, refund] + outbox.operations)
    }

    private func table(_ suffix: String) -> TableName { .init(identifier: prefix.suffixed(suffix), schema: schema) }
    private var sessions: TableName { table("sessions") }
    private var orders: TableName { table("orders") }
    private var payments: TableName { table("payments") }
    private var refunds: TableName { table("refunds") }
    private var events: TableName { table("events") }
    private var outbox: OutboxTable { .init(prefix: prefix, schema: schema) }

    private func event(_ name: String, _ dialect: Dialect, payment: String, amount: String, where condition: String, id: String = ":attempt") -> String {
        """
        INSERT INTO \(events.sql(in: dialect)) (id, event, payment_id, actor_id, amount_minor, at)
        SELECT \(id), '\(name)', \(payment), :actor, \(amount), :now WHERE \(condition) ON CONFLICT (id, event) DO NOTHING
        """
    }

    private func isOwner(_ session: String, _ dialect: Dialect) -> String {
        """
        EXISTS (SELECT 1 FROM \(sessions.sql(in: dialect)) AS s WHERE s.id = \(session) AND s.tenant_id = :tenant
                AND s.host_device_id = :actor AND s.expires_at > :now)
        """
    }

    private func isPayment(_ condition: String, _ dialect: Dialect) -> String {
        "EXISTS (SELECT 1 FROM \(payments.sql(in: dialect)) AS e WHERE e.id = :payment AND \(condition))"
    }

    /// The pending orders are taken by the payment that adds them up, so that two payments never hold the same order. Its id is the
    /// server's; the key is the client's, and means something in its session only.
    private var open: Procedure {
        let take = { (dialect: Dialect) in
            """
            UPDATE \(orders.sql(in: dialect)) SET payment_id = :payment
            WHERE session_id = :session AND payment_id IS NULL AND \(isOwner(":session", dialect))
              AND NOT EXISTS (SELECT 1 FROM \(payments.sql(in: dialect)) AS p WHERE p.session_id = :session AND p.key = :attempt)
              AND EXISTS (SELECT 1 FROM \(orders.sql(in: dialect)) AS o WHERE o.session_id = :session AND o.payment_id IS NULL AND o.amount_minor > 0)
            """
        }
        let add = { (dialect: Dialect) in
            """
            INSERT INTO \(payments.sql(in: dialect)) (id, session_id, key, currency, amount_minor, state, created_at)
            SELECT :payment, s.id, :attempt, s.currency, sum(o.amount_minor), 'open', :now
            FROM \(orders.sql(in: dialect)) AS o JOIN \(sessions.sql(in: dialect)) AS s ON s.id = o.session_id
            WHERE o.payment_id = :payment AND s.id = :session GROUP BY s.id, s.currency HAVING sum(o.amount_minor) > 0
            """
        }
        let told = { (dialect: Dialect) in
            event(
                "payment_opened", dialect, payment: ":payment",
                amount: "(SELECT p.amount_minor FROM \(payments.sql(in: dialect)) AS p WHERE p.id = :payment)", where: isPayment("e.state = 'open'", dialect),
                id: ":payment")
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT CASE WHEN NOT \(isOwner(":session", dialect)) THEN 'session_ownership_mismatch' WHEN p.key = :attempt THEN p.state
                        WHEN p.id IS NOT NULL THEN 'pending' ELSE 'nothing_to_pay' END AS outcome,
                   p.id AS payment_id, p.amount_minor, p.currency
            FROM (SELECT :session AS id) AS given
            LEFT JOIN \(payments.sql(in: dialect)) AS p
              ON p.session_id = given.id AND \(isOwner(":session", dialect)) AND (p.state = 'open' OR p.key = :attempt)
            ORDER BY CASE WHEN p.key = :attempt THEN 0 ELSE 1 END, p.created_at DESC LIMIT 1
            """
        }
        return Procedure(
            name: "open",
            purpose:
                "Opens p_payment over what is pending in the caller's session: 'open', or what became of the same key: 'paid', 'cancelled'; 'pending' (another is open), 'nothing_to_pay', 'session_ownership_mismatch' (403).",
            parameters: [.init("session", .text), .init("tenant", .text), .init("actor", .text), .init("attempt", .text), .init("payment", .text), .now],
            results: [.init("outcome", .text), .init("payment_id", .text), .init("amount_minor", .integer), .init("currency", .text)],
            body: .init(
                postgres: .procedure(
                    declare: "",
                    """
                    \(take(.postgres));
                    IF FOUND THEN
                        \(add(.postgres).nested(1));
                        \(told(.postgres).nested(1));
                    END IF;
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [take(.sqlite), add(.sqlite), told(.sqlite), answer(.sqlite)]))
    }

    /// What the provider says and does not fit leaves a row too: money was taken.
    private var settle: Procedure {
        let fits = "e.state = 'paid' AND e.paid_minor = :amount"
        return step(
            "settle", purpose: "Records what the provider's signed webhook says was paid: 'paid', again and again; 'refused' for another state or amount.",
            parameters: [.init("payment", .text), .init("amount", .integer), .init("actor", .text), .init("attempt", .text), .now],
            change: { _ in "state = 'paid', paid_minor = :amount WHERE id = :payment AND state = 'open' AND amount_minor = :amount" },
            follow: { dialect in
                [
                    event(
                        "payment_settled", dialect, payment: ":payment", amount: ":amount",
                        where: isPayment(fits, dialect) + " AND " + isNew("payment_settled", dialect)),
                    event("payment_settle_refused", dialect, payment: ":payment", amount: ":amount", where: "NOT " + isPayment(fits, dialect)),
                ]
            }, outcome: "CASE WHEN p.state = 'paid' AND p.paid_minor = :amount THEN 'paid' ELSE 'refused' END", isOwned: false)
    }

    private var cancel: Procedure {
        step(
            "cancel", purpose: "Gives up the caller's open payment and frees its orders: 'cancelled', or 'refused' where it is paid. No row: not theirs.",
            parameters: [.init("payment", .text), .init("tenant", .text), .init("actor", .text), .init("attempt", .text), .now],
            change: { "state = 'cancelled' WHERE id = :payment AND state = 'open' AND \(isOwner("session_id", $0))" },
            follow: { dialect in
                [
                    "UPDATE \(orders.sql(in: dialect)) SET payment_id = NULL WHERE payment_id = :payment AND \(isPayment("e.state = 'cancelled'", dialect))",
                    event(
                        "payment_cancelled", dialect, payment: ":payment", amount: "0",
                        where: isPayment("e.state = 'cancelled'", dialect) + " AND " + isNew("payment_cancelled", dialect)),
                ]
            }, outcome: "CASE WHEN p.state = 'cancelled' THEN 'cancelled' ELSE 'refused' END", isOwned: true)
    }

    private func isNew(_ title: String, _ dialect: Dialect) -> String {
        "NOT EXISTS (SELECT 1 FROM \(events.sql(in: dialect)) AS n WHERE n.payment_id = :payment AND n.event = '\(title)')"
    }

    /// One statement bounds the sum: two refunds of 60 out of 100 cannot both read 0.
    private var refund: Procedure {
        let change = { (dialect: Dialect) in
            """
            UPDATE \(payments.sql(in: dialect)) SET refunded_minor = refunded_minor + :amount
            WHERE id = :payment AND state = 'paid' AND :amount >= 1 AND refunded_minor <= paid_minor - :amount
              AND EXISTS (SELECT 1 FROM \(sessions.sql(in: dialect)) AS s WHERE s.id = session_id AND s.tenant_id = :tenant)
              AND NOT EXISTS (SELECT 1 FROM \(refunds.sql(in: dialect)) AS r WHERE r.id = :attempt)
            """
        }
        let record = { (dialect: Dialect, condition: String) in
            """
            INSERT INTO \(refunds.sql(in: dialect)) (id, payment_id, amount_minor, actor_id, refunded_at)
            SELECT :attempt, :payment, :amount, :actor, :now\(condition)
            """
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT CASE WHEN r.id IS NOT NULL AND r.payment_id = p.id AND r.amount_minor = :amount THEN 'refunded' WHEN r.id IS NOT NULL THEN 'attempt_reused'
                        WHEN p.state <> 'paid' THEN 'refused' ELSE 'exceeds_paid' END AS outcome,
                   p.paid_minor - p.refunded_minor AS refundable_minor
            FROM \(payments.sql(in: dialect)) AS p
            JOIN \(sessions.sql(in: dialect)) AS s ON s.id = p.session_id AND s.tenant_id = :tenant
            LEFT JOIN \(refunds.sql(in: dialect)) AS r ON r.id = :attempt
            WHERE p.id = :payment
            """
        }
        let isMade = { (dialect: Dialect) in
            "EXISTS (SELECT 1 FROM \(refunds.sql(in: dialect)) AS m WHERE m.id = :attempt AND m.payment_id = :payment AND m.amount_minor = :amount)"
        }
        let told = { (dialect: Dialect) in event("payment_refunded", dialect, payment: ":payment", amount: ":amount", where: isMade(dialect)) }
        return Procedure(
            name: "refund",
            purpose:
                "Refunds part of a payment of this tenant: 'refunded', 'exceeds_paid' with what is left, 'refused', 'attempt_reused'. No row: not this tenant's payment.",
            parameters: [
                .init("payment", .text), .init("tenant", .text), .init("amount", .integer), .init("actor", .text), .init("attempt", .text),
                .init("topic", .text, or: "NULL"), .init("payload", .text, or: "''"), .now,
            ],
            results: [.init("outcome", .text), .init("refundable_minor", .integer)],
            body: .init(
                postgres: .procedure(
                    declare: "",
                    """
                    \(change(.postgres));
                    IF FOUND THEN
                        \(record(.postgres, "").nested(1));
                        \(told(.postgres).nested(1));
                        \(outbox.insert(.postgres, where: ":topic IS NOT NULL").nested(1));
                    END IF;
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [
                    change(.sqlite), record(.sqlite, " WHERE changes() = 1"), told(.sqlite),
                    outbox.insert(.sqlite, where: isMade(.sqlite) + " AND :topic IS NOT NULL"), answer(.sqlite),
                ]))
    }

    /// A step of one payment: a guarded update, what follows from it, and the answer. What follows asks for the state that the step
    /// leaves, so that a repetition changes nothing.
    private func step(
        _ name: String, purpose: String, parameters: [Procedure.Parameter], change: @escaping (Dialect) -> String, follow: @escaping (Dialect) -> [String],
        outcome: String, isOwned: Bool
    ) -> Procedure {
        let statements = { (dialect: Dialect) in ["UPDATE \(payments.sql(in: dialect)) SET " + change(dialect)] + follow(dialect) }
        let answer = { (dialect: Dialect) in
            "SELECT \(outcome) AS outcome, p.amount_minor FROM \(payments.sql(in: dialect)) AS p WHERE p.id = :payment"
                + (isOwned ? " AND " + isOwner("p.session_id", dialect) : "")
        }
        return Procedure(
            name: name, purpose: purpose, parameters: parameters, results: [.init("outcome", .text), .init("amount_minor", .integer)],
            body: .init(
                postgres: .procedure(declare: "", statements(.postgres).joined(separator: ";\n") + ";\nRETURN QUERY \(answer(.postgres));"),
                sqlite: statements(.sqlite) + [answer(.sqlite)]))
    }
}
