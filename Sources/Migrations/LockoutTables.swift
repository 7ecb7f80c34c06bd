/// Failures of one account, counted before the secret is looked at: two requests cannot both be the tenth.
package struct LockoutTables: Sendable {
    package var table: Identifier
    package var schema = Identifier(own: "public")
    package var scope: Identifier
    package var account: Identifier
    package var threshold = 10
    package var windowSeconds = 1800

    package init(table: Identifier, scope: Identifier = .init(own: "scope"), account: Identifier = .init(own: "account")) {
        (self.table, self.scope, self.account) = (table, scope, account)
    }

    package func blueprint() throws(MigrationError) -> Blueprint {
        guard threshold >= 1 else { throw .invalidCap(threshold) }
        return Blueprint(
            prefix: table, schema: schema,
            purpose: [
                "A lock for each account, beside the limit for each address: thousands of addresses that try one account four times an hour pass the latter.",
                "Ask \(table.name)_attempt before the secret is compared, and in a transaction of its own; call \(table.name)_clear after a success.",
            ],
            tables: [
                .init(
                    name: table,
                    columns: [
                        .init(scope, .text), .init(account, .text), .init("window_start", .instant), .init("attempts", .integer),
                        .init("last_attempt", .instant),
                        .init("refused", .integer, "NOT NULL DEFAULT 0"), .init("day_start", .instant), .init("day_attempts", .integer),
                    ],
                    constraints: [.primaryKey([scope, account]), .check("attempts >= 0")],
                    indexes: [.init(name: table.suffixed("window"), on: "(window_start)")], isHot: true)
            ],
            operations: [attempt, clear, state, prune])
    }

    private var name: TableName { .init(identifier: table, schema: schema) }

    /// The window is over when a whole one has passed since the last attempt that counted: so no 30 minutes, wherever they
    /// begin, hold more than `threshold` attempts. What is refused does not count, so hammering cannot make a lock longer.
    private var attempt: Procedure {
        let sql = { (dialect: Dialect) in
            let over = "t.last_attempt <= \(dialect.earlier(":now", by: ":window"))"
            let locked = "t.last_attempt > \(dialect.earlier(":now", by: ":window")) AND t.attempts >= :threshold"
            let newDay = "t.day_start <= \(dialect.earlier(":now", by: "86400"))"
            return """
                INSERT INTO \(name.sql(in: dialect)) AS t
                  (\(scope.sql), \(account.sql), window_start, attempts, last_attempt, refused, day_start, day_attempts)
                SELECT :scope, :account, :now, 1, :now, 0, :now, 1
                WHERE :threshold >= 1
                ON CONFLICT (\(scope.sql), \(account.sql)) DO UPDATE SET
                  window_start = CASE WHEN \(over) OR t.attempts = 0 THEN :now ELSE t.window_start END,
                  attempts = CASE WHEN \(over) THEN 1 WHEN t.attempts < :threshold THEN t.attempts + 1 ELSE t.attempts END,
                  refused = CASE WHEN \(locked) THEN t.refused + 1 ELSE 0 END,
                  last_attempt = CASE WHEN \(locked) THEN t.last_attempt ELSE \(dialect.larger("t.last_attempt", ":now")) END,
                  day_start = CASE WHEN \(newDay) THEN :now ELSE t.day_start END,
                  day_attempts = CASE WHEN \(newDay) THEN 1 ELSE t.day_attempts + 1 END
                WHERE t.last_attempt <= \(dialect.later(":now", by: "60"))
                RETURNING refused = 0 AS allowed, attempts, last_attempt, day_attempts
                """
        }
        return Procedure(
            name: "attempt",
            purpose: "Counts an attempt and says whether it may go on to the secret. No row: the clock has gone back; refuse.",
            parameters: [
                .init("scope", .text), .init("account", .text), .init("threshold", .integer, or: String(threshold)),
                .init("window", .integer, or: String(windowSeconds)), .now,
            ],
            results: [.init("allowed", .flag), .init("attempts", .integer), .init("last_attempt", .instant), .init("day_attempts", .integer)],
            body: .init(postgres: .statement(sql(.postgres)), sqlite: [sql(.sqlite)]))
    }

    /// The row stays, with the attempts of its day: an alarm must not forget 4,900 of them because somebody logged in.
    private var clear: Procedure {
        let sql = { (dialect: Dialect) in
            "UPDATE \(name.sql(in: dialect)) SET attempts = 0, refused = 0 WHERE \(scope.sql) = :scope AND \(account.sql) = :account AND attempts > 0 RETURNING day_attempts"
        }
        return Procedure(
            name: "clear", purpose: "Forgets the failures of an account whose secret was right.",
            parameters: [.init("scope", .text), .init("account", .text)], results: [.init("day_attempts", .integer)],
            body: .init(postgres: .statement(sql(.postgres)), sqlite: [sql(.sqlite)]))
    }

    private var state: Procedure {
        let sql = { (dialect: Dialect) in
            """
            SELECT CASE WHEN last_attempt <= \(dialect.earlier(":now", by: ":window")) THEN 0 ELSE attempts END AS attempts, last_attempt, day_attempts
            FROM \(name.sql(in: dialect)) WHERE \(scope.sql) = :scope AND \(account.sql) = :account
            """
        }
        return Procedure(
            name: "state", purpose: "What is counted for an account, for support staff and dashboards. It decides nothing; only an attempt does.",
            parameters: [.init("scope", .text), .init("account", .text), .init("window", .integer, or: String(windowSeconds)), .now],
            results: [.init("attempts", .integer), .init("last_attempt", .instant), .init("day_attempts", .integer)],
            body: .init(postgres: .statement(sql(.postgres)), sqlite: [sql(.sqlite)]))
    }

    private var prune: Procedure {
        .pruning("Removes the accounts that nobody tried for p_days days.", days: 60) { dialect in
            "DELETE FROM \(name.sql(in: dialect)) WHERE window_start < \(dialect.earlier(":now", by: ":days * 86400")) AND last_attempt < \(dialect.earlier(":now", by: ":days * 86400")) AND day_start < \(dialect.earlier(":now", by: ":days * 86400"))"
        }
    }
}
