/// Failures of one account, counted before the secret is looked at: two requests cannot both be the tenth.
package struct LockoutTables: Sendable {
    package var table: Identifier
    package var schema = Identifier(own: "public")
    package var scope: Identifier
    package var account: Identifier
    package var threshold = 10
    package var windowSeconds = 1800

    package init(table: Identifier, scope: Identifier = .init(own: "tenant"), account: Identifier = .init(own: "account")) {
        (self.table, self.scope, self.account) = (table, scope, account)
    }

    package func blueprint() throws(MigrationError) -> Blueprint {
        guard threshold >= 1 else { throw .invalidCap(threshold) }
        let key: [Blueprint.Column] = [.init(scope, .text), .init(account, .text)]
        return Blueprint(
            prefix: table, schema: schema,
            purpose: [
                "A lock for each account, beside the limit for each address: thousands of addresses that try one account four times an hour pass the latter.",
                "Ask \(table.name)_attempt before the secret is compared, and in a transaction of its own; call \(table.name)_clear after a success.",
            ],
            tables: [
                .init(
                    name: table, columns: key + [.init("window_start", .instant), .init("attempts", .integer), .init("last_attempt", .instant)],
                    constraints: [.primaryKey([scope, account]), .check("attempts >= 0")],
                    indexes: [.init(name: table.suffixed("window"), on: "(window_start)")], isHot: true),
                .init(
                    name: times.identifier, columns: key + [.init("n", .integer), .init("at", .instant)],
                    constraints: [.primaryKey([scope, account, .init(own: "n")])]),
                .init(
                    name: hours.identifier, columns: key + [.init("hour", .integer), .init("attempts", .integer)],
                    constraints: [.primaryKey([scope, account, .init(own: "hour")])], isHot: true),
            ],
            operations: [attempt, clear, state, prune])
    }

    private var name: TableName { .init(identifier: table, schema: schema) }
    /// The attempts that count in the window, at most `threshold` for an account.
    private var times: TableName { .init(identifier: table.suffixed("times"), schema: schema) }
    /// All attempts by the hour, refused ones too, at most 25 hours for an account.
    private var hours: TableName { .init(identifier: table.suffixed("hours"), schema: schema) }

    private var isOne: String { "\(scope.sql) = :scope AND \(account.sql) = :account" }

    private func hour(_ dialect: Dialect) -> String { dialect.hasFunctions ? "floor(extract(epoch FROM :now) / 3600)::bigint" : ":now / 3600000" }

    private func today(_ dialect: Dialect) -> String {
        "coalesce((SELECT sum(h.attempts) FROM \(hours.sql(in: dialect)) AS h WHERE h.\(scope.sql) = :scope AND h.\(account.sql) = :account AND h.hour > \(hour(dialect)) - 24), 0)"
            + (dialect.hasFunctions ? "::bigint" : "")
    }

    /// The row of the account is locked first, so that its attempts are counted one after the other. What is refused is not among
    /// them, so that hammering cannot make a lock longer.
    private var attempt: Procedure {
        let lock = { (dialect: Dialect) in
            """
            INSERT INTO \(name.sql(in: dialect)) AS t (\(scope.sql), \(account.sql), window_start, attempts, last_attempt)
            SELECT :scope, :account, :now, 0, :now WHERE :threshold >= 1 AND :window >= 1
            ON CONFLICT (\(scope.sql), \(account.sql)) DO UPDATE SET attempts = t.attempts
            WHERE t.last_attempt <= \(dialect.later(":now", by: "60"))
            """
        }
        // In SQLite every statement asks again what the first one found: that the clock has not gone back.
        let isLocked =
            "EXISTS (SELECT 1 FROM \(name.sqlite) AS k WHERE k.\(scope.sql) = :scope AND k.\(account.sql) = :account AND k.last_attempt <= \(Dialect.sqlite.later(":now", by: "60"))) AND :threshold >= 1 AND :window >= 1"
        let forget = { (dialect: Dialect) in "DELETE FROM \(times.sql(in: dialect)) WHERE \(isOne) AND at <= \(dialect.earlier(":now", by: ":window"))" }
        let tidy = { (dialect: Dialect) in "DELETE FROM \(hours.sql(in: dialect)) WHERE \(isOne) AND hour < \(hour(dialect)) - 24" }
        let tally = { (dialect: Dialect) in
            """
            INSERT INTO \(hours.sql(in: dialect)) AS h (\(scope.sql), \(account.sql), hour, attempts)
            SELECT :scope, :account, \(hour(dialect)), 1\(dialect.hasFunctions ? "" : " WHERE " + isLocked)
            ON CONFLICT (\(scope.sql), \(account.sql), hour) DO UPDATE SET attempts = h.attempts + 1
            """
        }
        let count = { (dialect: Dialect) in
            """
            INSERT INTO \(times.sql(in: dialect)) (\(scope.sql), \(account.sql), n, at)
            SELECT :scope, :account, coalesce((SELECT max(n) FROM \(times.sql(in: dialect)) WHERE \(isOne)), 0) + 1, :now
            WHERE (SELECT count(*) FROM \(times.sql(in: dialect)) WHERE \(isOne)) < :threshold\(dialect.hasFunctions ? "" : " AND " + isLocked)
            """
        }
        let note = { (dialect: Dialect) in
            """
            UPDATE \(name.sql(in: dialect)) SET
              attempts = (SELECT count(*) FROM \(times.sql(in: dialect)) WHERE \(isOne)),
              window_start = (SELECT min(at) FROM \(times.sql(in: dialect)) WHERE \(isOne)),
              last_attempt = \(dialect.larger("last_attempt", ":now"))
            WHERE \(isOne)
            """
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT \(dialect.hasFunctions ? "is_allowed" : "changes() = 1") AS allowed, attempts, window_start, \(today(dialect)) AS day_attempts
            FROM \(name.sql(in: dialect)) WHERE \(isOne)
            """
        }
        return Procedure(
            name: "attempt",
            purpose: "Counts an attempt and says whether it may go on to the secret. No row: the clock has gone back; refuse.",
            parameters: [
                .init("scope", .text), .init("account", .text), .init("threshold", .integer, or: String(threshold), isBaked: true),
                .init("window", .integer, or: String(windowSeconds), isBaked: true), .now,
            ],
            results: [.init("allowed", .flag), .init("attempts", .integer), .init("window_start", .instant), .init("day_attempts", .integer)],
            body: .init(
                postgres: .procedure(
                    declare: "is_allowed boolean;",
                    """
                    \(lock(.postgres));
                    IF NOT FOUND THEN
                        RETURN;
                    END IF;
                    \(forget(.postgres));
                    \(tidy(.postgres));
                    \(tally(.postgres));
                    \(count(.postgres));
                    is_allowed := FOUND;
                    IF is_allowed THEN
                        \(note(.postgres).nested(1));
                    END IF;
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [
                    lock(.sqlite), forget(.sqlite), tidy(.sqlite), tally(.sqlite), count(.sqlite), note(.sqlite) + " AND changes() = 1",
                    answer(.sqlite) + " AND \(isLocked)",
                ]))
    }

    /// The hours stay: an alarm must not forget 4,900 attempts because somebody logged in.
    private var clear: Procedure {
        let delete = { (dialect: Dialect) in "DELETE FROM \(times.sql(in: dialect)) WHERE \(isOne)" }
        let reset = { (dialect: Dialect) in "UPDATE \(name.sql(in: dialect)) SET attempts = 0 WHERE \(isOne)" }
        return Procedure(
            name: "clear", purpose: "Forgets the failures of an account whose secret was right.",
            parameters: [.init("scope", .text), .init("account", .text)], results: [.init("attempts", .integer)],
            body: .init(
                postgres: .procedure(declare: "", "\(reset(.postgres));\n\(delete(.postgres));\nRETURN QUERY SELECT 0::bigint;"),
                sqlite: [reset(.sqlite), delete(.sqlite), "SELECT 0 AS attempts"]))
    }

    private var state: Procedure {
        let sql = { (dialect: Dialect) in
            """
            SELECT count(*) AS attempts, min(at) AS window_start, \(today(dialect)) AS day_attempts
            FROM \(times.sql(in: dialect)) WHERE \(isOne) AND at > \(dialect.earlier(":now", by: ":window"))
            """
        }
        return Procedure(
            name: "state", purpose: "What is counted for an account, for support staff and dashboards. It decides nothing; only an attempt does.",
            parameters: [.init("scope", .text), .init("account", .text), .init("window", .integer, or: String(windowSeconds), isBaked: true), .now],
            results: [.init("attempts", .integer), .init("window_start", .instant), .init("day_attempts", .integer)],
            body: .same(sql))
    }

    private var prune: Procedure {
        .pruning("Removes the accounts that nobody tried for p_days days.", days: 60, least: 2 + windowSeconds / 86_400) { dialect in
            let edge = dialect.earlier(":now", by: ":days * 86400")
            return [
                "DELETE FROM \(hours.sql(in: dialect)) WHERE hour < \(hour(dialect)) - :days * 24", "DELETE FROM \(times.sql(in: dialect)) WHERE at < \(edge)",
                "DELETE FROM \(name.sql(in: dialect)) WHERE window_start < \(edge) AND last_attempt < \(edge)",
            ]
        }
    }
}
