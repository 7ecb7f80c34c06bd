import Migrations

// Every operation of the runtime by which one of two requests must win.
extension RuntimeProof {
    package static func all() throws -> [RuntimeProof] {
        let schema = Identifier(own: "proof")
        var counter = SlotCounterTables(
            prefix: Identifier(own: "claims"), table: Identifier(own: "claims_count"), scope: Identifier(own: "affiliate_id"), type: .text, period: .day)
        (counter.schema, counter.cap) = (schema, 5)
        var lockout = LockoutTables(table: Identifier(own: "sign_ins"))
        lockout.schema = schema
        var status = StatusTables(table: Identifier(own: "payouts"), transitions: [.init("requested", "approved"), .init("requested", "rejected")])
        (status.schema, status.makesTable) = (schema, true)
        let promo = PromoTables(prefix: Identifier(own: "party"), schema: schema).blueprint()
        let token = TokenTables(prefix: Identifier(own: "login"), schema: schema).blueprint()
        let payment = PaymentTables(prefix: Identifier(own: "shop"), schema: schema).blueprint()
        let jobs = ClaimTables(table: Identifier(own: "jobs"), schema: schema).blueprint()
        let statuses = status.blueprint(), lock = try lockout.blueprint(), slots = try counter.blueprint()
        let attempt = [
            "scope": Argument.text("shop"), "account": .text("ada"), "threshold": .integer(lockout.threshold), "window": .integer(lockout.windowSeconds),
        ]
        let code = [
            "code": Argument.text("FREE"), "campaign": .text("spring"), "discount": .integer(100), "uses": .integer(5), "single": .integer(0),
            "person": .integer(5), "expires": .moment(86_400),
        ]
        let issue = [
            "hash": Argument.text("hash"), "kind": .text("code"), "family": .text("family"), "subject": .text("ada"), "binding": .text(""),
            "lifetime": .integer(600), "voids": .integer(0),
        ]
        let session = [
            "INSERT INTO shop_sessions (id, tenant_id, host_device_id, currency, expires_at) VALUES ('table-1', 'bar', 'ada', 'EUR', {later})",
            "INSERT INTO shop_orders (id, session_id, amount_minor) VALUES ('order-1', 'table-1', 2500)",
        ]
        let day = "2026-01-15"
        return [
            RuntimeProof(
                kind: "counter", operation: "claim_slot", promise: "the last slot of a cap of 5 is taken once", blueprint: slots,
                before: [("claim_slot", ["scope": .text("a"), "cap": .integer(5), "quantity": .integer(4), "period": .text(day)])],
                arguments: { _ in ["scope": .text("a"), "cap": .integer(5), "quantity": .integer(1), "period": .text(day)] }),
            RuntimeProof(
                kind: "promo", operation: "redeem", promise: "the last of a code's 5 uses is had by one person", blueprint: promo,
                before: [
                    ("add", code), ("redeem", ["code": .text("FREE"), "identity": .text("bob"), "quantity": .integer(4), "attempt": .text("before")]),
                ],
                arguments: { ["code": .text("FREE"), "identity": .text("person-\($0)"), "quantity": .integer(1), "attempt": .text("attempt-\($0)")] },
                answer: ("outcome", "redeemed")),
            RuntimeProof(
                kind: "promo", operation: "admit", promise: "one person has no more tickets than one person may have", blueprint: promo,
                arguments: {
                    [
                        "campaign": .text("spring"), "identity": .text("ada"), "quantity": .integer(1), "cap": .integer(1), "attempt": .text("attempt-\($0)"),
                    ]
                }, answer: ("outcome", "admitted")),
            RuntimeProof(
                kind: "lockout", operation: "attempt", promise: "the last attempt before the lock is made once", blueprint: lock,
                before: Array(repeating: ("attempt", attempt), count: lockout.threshold - 1), arguments: { _ in attempt }, answer: ("allowed", "true")),
            RuntimeProof(
                kind: "token", operation: "consume", promise: "a token is used once", blueprint: token, before: [("issue", issue)],
                arguments: { ["hash": .text("hash"), "kind": .text("code"), "binding": .text(""), "attempt": .text("attempt-\($0)")] },
                answer: ("outcome", "consumed")),
            RuntimeProof(
                kind: "token", operation: "rotate", promise: "a token has one successor", blueprint: token, before: [("issue", issue)],
                arguments: {
                    [
                        "hash": .text("hash"), "kind": .text("code"), "binding": .text(""), "attempt": .text("attempt-\($0)"), "next": .text("next-\($0)"),
                        "next_binding": .text(""), "lifetime": .integer(600),
                    ]
                }, answer: ("outcome", "consumed")),
            RuntimeProof(
                kind: "status", operation: "transition", promise: "a payout is approved or rejected, and not both", blueprint: statuses,
                rows: ["INSERT INTO payouts (id, status) VALUES (1, 'requested')"],
                arguments: {
                    [
                        "id": .integer(1), "prior": .text("requested"), "next": .text($0.isMultiple(of: 2) ? "approved" : "rejected"),
                        "actor": .text("admin-\($0)"), "attempt": .text("attempt-\($0)"),
                    ]
                }, answer: ("outcome", "done")),
            RuntimeProof(
                kind: "status", operation: "outbox_claim", promise: "a message is handed to one worker", blueprint: statuses,
                rows: ["INSERT INTO payouts (id, status) VALUES (1, 'requested')"],
                before: [
                    (
                        "transition",
                        [
                            "id": .integer(1), "prior": .text("requested"), "next": .text("approved"), "actor": .text("admin"), "attempt": .text("attempt"),
                            "topic": .text("mail"), "payload": .text(""),
                        ]
                    )
                ], arguments: { ["worker": .text("worker-\($0)"), "batch": .integer(10), "lease": .integer(60)] }),
            RuntimeProof(
                kind: "payment", operation: "open", promise: "a bill is paid by one payment", blueprint: payment, rows: session,
                arguments: {
                    [
                        "session": .text("table-1"), "tenant": .text("bar"), "actor": .text("ada"), "attempt": .text("attempt-\($0)"),
                        "payment": .text("payment-\($0)"),
                    ]
                }, answer: ("outcome", "open")),
            RuntimeProof(
                kind: "payment", operation: "refund", promise: "no more is given back than was paid", blueprint: payment, rows: session,
                before: [
                    (
                        "open",
                        ["session": .text("table-1"), "tenant": .text("bar"), "actor": .text("ada"), "attempt": .text("open"), "payment": .text("payment")]
                    ), ("settle", ["payment": .text("payment"), "amount": .integer(2_500), "actor": .text("stripe"), "attempt": .text("settle")]),
                ],
                arguments: {
                    [
                        "payment": .text("payment"), "tenant": .text("bar"), "amount": .integer(1_500), "actor": .text("ada"),
                        "attempt": .text("attempt-\($0)"),
                        "payload": .text(""),
                    ]
                }, answer: ("outcome", "refunded")),
            RuntimeProof(
                kind: "idempotency", operation: "claim", promise: "a run of a job is made by one worker", blueprint: jobs,
                arguments: { ["job": .text("nightly"), "run": .text(day), "worker": .text("worker-\($0)"), "lease": .integer(300)] }),
        ]
    }
}
