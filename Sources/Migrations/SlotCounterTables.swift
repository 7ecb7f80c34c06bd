/// A cap that cannot be exceeded: one row a scope and period, and a claim that is one statement.
///
/// The published form of this statement checks the cap in its DO UPDATE only, so that the first claim of a period passes
/// whatever the cap is. Here the row that would be inserted obeys it too.
package struct SlotCounterTables: Sendable {
    package enum Period: String, CaseIterable, Sendable {
        case minute, day, month, forever

        /// The length of time that a counter must be kept, in days: a pruned counter starts again at nothing.
        package var days: Int {
            switch self {
            case .minute: 1
            case .day: 2
            case .month: 32
            case .forever: 0
            }
        }

        /// How `to_char` writes it. Written so, later periods are larger texts.
        package var pattern: String {
            switch self {
            case .minute: "YYYY-MM-DD\"T\"HH24:MI"
            case .day: "YYYY-MM-DD"
            case .month: "YYYY-MM"
            case .forever: "\"always\""
            }
        }

        /// What its column is called unless the user says otherwise.
        package var column: String {
            switch self {
            case .minute: "minute"
            case .day: "ymd"
            case .month: "ym"
            case .forever: "period"
            }
        }
    }

    package var prefix: Identifier
    package var table: Identifier
    package var schema = Identifier(own: "public")
    package var scope: (name: Identifier, type: KeyType)
    package var period: Period
    package var periodColumn: Identifier
    /// A zone of the IANA database, in which days and months begin.
    package var zone = "UTC"
    /// Written into the function as its default; without one, every call names its cap.
    package var cap: Int?
    package var retentionDays = 60

    package init(prefix: Identifier, table: Identifier, scope: Identifier, type: KeyType, period: Period, periodColumn: Identifier? = nil) {
        (self.prefix, self.table, self.scope, self.period) = (prefix, table, (scope, type), period)
        self.periodColumn = periodColumn ?? Identifier(own: period.column)
    }

    /// What the functions of a counter begin with where nobody says: `affiliate_coupon_daily_count` counts for `affiliate_coupon`.
    package static func prefix(for table: String) -> String {
        let ends = ["_daily_counts", "_daily_count", "_monthly_counts", "_monthly_count", "_counters", "_counter", "_counts", "_count"]
        return ends.first { table.hasSuffix($0) && table.count > $0.count }.map { String(table.dropLast($0.count)) } ?? table
    }

    package func blueprint() throws(MigrationError) -> Blueprint {
        if let cap, cap < 1 { throw .invalidCap(cap) }
        if period != .forever, retentionDays < period.days { throw .shortRetention(days: retentionDays, least: period.days) }
        let key = Kind.key(scope.type), name = TableName(identifier: table, schema: schema)
        let columns: [Blueprint.Column] = [
            .init(scope.name, key), .init(periodColumn, .text), .init("count", .integer, "NOT NULL DEFAULT 0"),
            .init("updated_at", .instant, "NOT NULL DEFAULT {now}"),
        ]
        return Blueprint(
            prefix: prefix, schema: schema,
            purpose: [
                "A cap that two requests cannot both pass: \(table.name) holds one counter for each \(scope.name.name)\(period == .forever ? "" : " and \(period.rawValue)").",
                "A claim is one statement. A row comes back: the slot is taken. None: the cap is reached and nothing was written.",
            ],
            // No index on updated_at: it would be written with every claim, and keep PostgreSQL from updating a row in its place (HOT).
            tables: [
                .init(
                    name: table, columns: columns,
                    constraints: [.primaryKey([scope.name, periodColumn]), .check("count >= 0")], isHot: true)
            ],
            operations: [claim(name, key), release(name, key), remaining(name, key)] + (period == .forever ? [] : [prune(name)]))
    }

    private var periodParameter: Procedure.Parameter {
        .init("period", .text, or: "to_char(clock_timestamp() AT TIME ZONE \(zone.literal), '\(period.pattern)')")
    }

    private func claim(_ name: TableName, _ key: Kind) -> Procedure {
        let (s, p) = (scope.name.sql, periodColumn.sql)
        let sql = { (dialect: Dialect) in
            """
            INSERT INTO \(name.sql(in: dialect)) AS t (\(s), \(p), count, updated_at)
            SELECT :scope, :period, :quantity, :now
            WHERE :quantity >= 1 AND :quantity <= :cap
              AND NOT EXISTS (SELECT 1 FROM \(name.sql(in: dialect)) AS later WHERE later.\(s) = :scope AND later.\(p) > :period)
            ON CONFLICT (\(s), \(p)) DO UPDATE
            SET count = t.count + excluded.count, updated_at = \(dialect.larger("t.updated_at", "excluded.updated_at"))
            WHERE t.count <= :cap - excluded.count
            RETURNING count, \(p) AS period
            """
        }
        let cap = Procedure.Parameter("cap", .integer, or: cap.map(String.init), isBaked: cap != nil)
        return Procedure(
            name: "claim_slot",
            purpose: "Takes p_quantity slots if they are left. A row with the new count: taken. No row: nothing was written.",
            parameters: [.init("scope", key), cap, .init("quantity", .integer, or: "1"), periodParameter, .now],
            results: [.init("count", .integer), .init("period", .text)],
            body: .same(sql))
    }

    private func release(_ name: TableName, _ key: Kind) -> Procedure {
        let sql = { (dialect: Dialect) in
            """
            UPDATE \(name.sql(in: dialect))
            SET count = CASE WHEN count > :quantity THEN count - :quantity ELSE 0 END, updated_at = \(dialect.larger("updated_at", ":now"))
            WHERE \(scope.name.sql) = :scope AND \(periodColumn.sql) = :period AND :quantity >= 1
            RETURNING count
            """
        }
        return Procedure(
            name: "release_slot", purpose: "Gives slots back when a claim turns out invalid. The count never falls below zero.",
            parameters: [.init("scope", key), .init("quantity", .integer, or: "1"), periodParameter, .now], results: [.init("count", .integer)],
            body: .same(sql))
    }

    private func remaining(_ name: TableName, _ key: Kind) -> Procedure {
        let (s, p) = (scope.name.sql, periodColumn.sql)
        let sql = { (dialect: Dialect) in
            """
            SELECT used, CASE WHEN used < :cap THEN :cap - used ELSE 0 END AS remaining, :period AS period, newest_period
            FROM (
              SELECT coalesce((SELECT count FROM \(name.sql(in: dialect)) AS c WHERE c.\(s) = :scope AND c.\(p) = :period), 0) AS used,
                     (SELECT max(n.\(p)) FROM \(name.sql(in: dialect)) AS n WHERE n.\(s) = :scope) AS newest_period
            ) AS state
            """
        }
        return Procedure(
            name: "remaining", purpose: "How many slots are used and left: \"today 28 of 50 used, 22 left\". It decides nothing; only a claim does.",
            parameters: [.init("scope", key), .init("cap", .integer, or: cap.map(String.init), isBaked: cap != nil), periodParameter],
            results: [.init("used", .integer), .init("remaining", .integer), .init("period", .text), .init("newest_period", .text)],
            body: .same(sql))
    }

    private func prune(_ name: TableName) -> Procedure {
        .pruning(
            "Removes the counters that nobody touched for p_days days, so that the table does not grow without bound.", days: retentionDays, least: period.days
        ) { dialect in
            ["DELETE FROM \(name.sql(in: dialect)) WHERE updated_at < \(dialect.earlier(":now", by: ":days * 86400"))"]
        }
    }
}

extension Procedure {
    /// The retention job: what it deletes, and how many rows of the last kind that were. Fewer days than `least` delete nothing.
    static func pruning(_ purpose: String, name: String = "prune", days: Int, least: Int, _ deletes: @escaping (Dialect) -> [String]) -> Procedure {
        let bounded = { (dialect: Dialect) in deletes(dialect).map { $0 + " AND :days >= \(least)" } }
        let counted = bounded(.postgres).joined(separator: ";\n") + ";\nGET DIAGNOSTICS gone = ROW_COUNT;"
        var prune = Procedure(
            name: name, purpose: purpose, parameters: [.init("days", .integer, or: String(days)), .now], results: [.init("removed", .integer)],
            body: .init(
                postgres: .procedure(declare: "gone bigint;", counted + "\nRETURN QUERY SELECT gone;"),
                sqlite: bounded(.sqlite) + ["SELECT changes() AS removed"]))
        prune.leastDays = least
        return prune
    }
}
