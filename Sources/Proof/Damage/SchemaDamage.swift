import Flow

/// Questions that the tables themselves suggest, whatever code works on them.
struct SchemaDamage {
    let schema: Schema
    let engine: Proof.Engine

    /// The tables that statements of the project name, folded.
    private let stored: Set<String>

    init(_ schema: Schema, _ engine: Proof.Engine, stored: Set<String> = []) { (self.schema, self.engine, self.stored) = (schema, engine, stored) }

    private typealias Named = (name: String, table: Schema.Table)

    private var tables: [Named] { schema.tables.sorted { $0.key < $1.key }.map { ($0.value.spelling ?? $0.key, $0.value) } }

    private func column(_ table: Schema.Table, where isIt: ([String]) -> Bool) -> String? { table.spelledColumns.first { isIt($0.nameWords) } }

    private func identity(_ table: Schema.Table) -> String? {
        // Django's own key stands in no model.
        table.columns.first { ["id", "pk"].contains($0) } ?? table.keys.first { $0.isPrimary && $0.columns.count == 1 }?.columns.first.map(table.spelled)
            ?? (table.keys.contains { $0.columns == ["id"] } ? "id" : nil)
    }

    /// Its type does not say that it is something else.
    private func isNumber(_ column: String, of table: Schema.Table) -> Bool {
        let type = table.types[column.lowercased()] ?? ""
        return !["bool", "text", "char", "date", "time", "json", "uuid"].contains(where: type.contains)
    }

    // MARK: URLs

    /// What a browser runs, shows as a page of its own, or takes from the visitor's machine.
    private static let forbidden = ["javascript", "vbscript", "data", "file", "blob"]

    /// Browsers take tabs and line ends out of a URL, and control characters and blanks off its beginning, before they look at its
    /// scheme: https://url.spec.whatwg.org/#concept-basic-url-parser
    func urls(_ table: String?, _ column: String?) -> Damage {
        guard let table, let column else { return Damage(untold: "in which column of which table the URL is kept is not known.") }
        // Where no migration is known, the code's own names are those of the database.
        let found = schema.name(of: table) ?? schema.name(of: table + "s")
        guard found != nil || stored.contains(Schema.fold(table)) else {
            return Damage(untold: "whether `\(column)` of `\(table)` is kept in a table is not known.")
        }
        let name = found ?? table, known = schema.tables[name] ?? Schema.Table()
        let field = known.column(column)
        guard known.columns.isEmpty || known.columns.contains(field) else {
            return Damage(untold: "\(known.spelling ?? name) has no column `\(column)`.")
        }
        let key = identity(known).map { spelled($0) + ", " } ?? "", value = spelled(known.spelled(field))
        let plain: String, condition: String
        switch engine {
        case .postgres:
            plain = "regexp_replace(regexp_replace(\(value), '[\\t\\n\\r]', '', 'g'), '^[\\u0001-\\u0020]+', '')"
            condition = "\(plain) ~* '^(\(Self.forbidden.joined(separator: "|"))):'"
        case .sqlite:
            let inner = [9, 10, 13].reduce("lower(\(value))") { "replace(\($0), char(\($1)), '')" }
            plain = "ltrim(\(inner), char(\((1...32).map(String.init).joined(separator: ","))))"
            condition = Self.forbidden.map { "u LIKE '\($0):%'" }.joined(separator: " OR ")
        }
        let source = schema.source(name)
        let lines =
            engine == .postgres
            ? ["SELECT \(key)\(value)", "FROM \(source)", "WHERE \(condition)"]
            : ["SELECT \(key)\(value)", "FROM (SELECT \(key)\(value), \(plain) AS u FROM \(source)) AS t", "WHERE \(condition)"]
        return Damage(lines, text: "Each row of \(known.spelling ?? name) whose `\(known.spelled(field))` has a scheme that can do harm.")
    }

    // MARK: Bursts

    func bursts() -> Damage {
        for (name, table) in tables {
            let words = name.nameWords
            guard words.contains(where: { ["attempt", "attempts", "failure", "failures", "logins", "login", "signins"].contains($0) }) else { continue }
            let account = column(table) { words in
                words.contains { ["account", "user", "email", "username", "login", "subject"].contains($0) } && words.last != "agent"
            }
            let time = column(table) { words in ["at", "time", "timestamp", "created", "date"].contains(words.last ?? "") }
            guard let account, let time else { continue }
            let success = table.spelledColumns.first { ["success", "succeeded", "successful", "ok", "issuccess", "wassuccessful"].contains($0.folded) }
            let minute = engine == .postgres ? "date_trunc('hour', \(spelled(time)))" : "strftime('%Y-%m-%d %H:00', \(spelled(time)))"
            var lines = ["SELECT \(spelled(account)), \(minute) AS hour, count(*) AS failures", "FROM \(schema.source(name))"]
            if let success { lines.append("WHERE NOT \(spelled(success))") }
            lines += ["GROUP BY \(spelled(account)), \(minute)", "HAVING count(*) > 10", "ORDER BY failures DESC"]
            return Damage(lines, text: "Each account with more than ten failures in an hour.")
        }
        return Damage(
            untold:
                "no table keeps failed attempts. One with the account, the time and whether it succeeded would tell; `interlock migrate lockout` writes one."
        )
    }

    // MARK: Refunds

    func refunds() -> Damage {
        let isAmount = { (words: [String]) in
            words.contains { ["amount", "total", "sum", "cents", "price", "paid"].contains($0) }
                && !words.contains {
                    ["refunded", "refund", "tax", "fee", "fees", "discount", "shipping", "tip", "unit", "original", "currency", "at", "vat", "net", "coupon"]
                        .contains($0)
                }
        }
        /// What was paid, if a column says so; else what it came to.
        func paid(_ table: Schema.Table) -> String? {
            let amounts = table.spelledColumns.filter { isAmount($0.nameWords) && isNumber($0, of: table) }
            for words in [["paid", "captured", "charged"], ["total"], ["amount"]] {
                if let found = amounts.first(where: { $0.nameWords.contains(where: words.contains) }) { return found }
            }
            return amounts.first
        }
        for (name, table) in tables {
            let back = column(table) { words in
                words.contains { ["refunded", "refund"].contains($0) } && words.contains { ["amount", "total", "cents", "sum"].contains($0) }
            }
            guard let back, isNumber(back, of: table), let paid = paid(table) else { continue }
            let key = identity(table).map { spelled($0) + ", " } ?? ""
            return Damage(
                [
                    "SELECT \(key)\(spelled(paid)), \(spelled(back)), \(spelled(back)) - \(spelled(paid)) AS too_much", "FROM \(schema.source(name))",
                    "WHERE \(spelled(back)) > \(spelled(paid))",
                    "ORDER BY too_much DESC",
                ], text: "Each row of \(name) of which more was refunded than was paid.")
        }
        for (name, table) in tables where name.nameWords.contains(where: { $0 == "refund" || $0 == "refunds" }) {
            guard let amount = column(table, where: isAmount) else { continue }
            for (other, parent) in tables where other != name {
                let stem = Schema.fold(other)
                guard let link = table.spelledColumns.first(where: { $0.folded == stem + "id" }), let paid = paid(parent),
                    let key = identity(parent)
                else { continue }
                let taken = "sum(r.\(spelled(amount)))"
                return Damage(
                    [
                        "SELECT p.\(spelled(key)), p.\(spelled(paid)), \(taken) AS refunded", "FROM \(schema.source(other)) AS p",
                        "JOIN \(schema.source(name)) AS r ON r.\(spelled(link)) = p.\(spelled(key))",
                        "GROUP BY p.\(spelled(key)), p.\(spelled(paid))", "HAVING \(taken) > p.\(spelled(paid))",
                    ], text: "Each row of \(other) of which more was refunded than was paid.")
            }
        }
        return Damage(untold: "no table keeps what was refunded beside what was paid. A refund with its `amount` and the id of its payment would tell.")
    }

    // MARK: Codes

    func codes(_ table: String?) -> Damage {
        guard let table, let name = schema.name(of: table), let known = schema.tables[name] else {
            return Damage(untold: "the table of the codes is not known.")
        }
        let own = known.spelling ?? name
        let limit = column(known) { words in
            words.contains { ["max", "limit"].contains($0) } && words.contains { ["uses", "usage", "redemptions", "use", "count"].contains($0) }
        }
        let used = known.spelledColumns.first { name in
            let words = name.nameWords
            return words.contains { ["used", "uses", "redeemed", "usage", "redemptions"].contains($0) }
                && !words.contains { ["max", "limit", "at", "on", "last", "by", "is"].contains($0) } && isNumber(name, of: known)
        }
        if let limit, let used {
            let key = identity(known).map { spelled($0) + ", " } ?? ""
            return Damage(
                [
                    "SELECT \(key)\(spelled(limit)), \(spelled(used)), \(spelled(used)) - \(spelled(limit)) AS over_the_cap", "FROM \(schema.source(own))",
                    "WHERE \(spelled(used)) > \(spelled(limit))", "ORDER BY over_the_cap DESC",
                ], text: "Each code that was redeemed more often than it may be, and by how much.")
        }
        // Whoever keeps the code with what was bought can at least be counted.
        let stem = Schema.fold(own)
        for (other, using) in tables where other != own {
            guard let link = using.spelledColumns.first(where: { $0.folded == stem + "id" || $0.folded == stem }) else { continue }
            guard let limit, let key = identity(known) else {
                return Damage(
                    [
                        "SELECT \(spelled(link)), count(*) AS times", "FROM \(schema.source(other))", "WHERE \(spelled(link)) IS NOT NULL",
                        "GROUP BY \(spelled(link))", "ORDER BY times DESC",
                    ],
                    text: "Each code with how often \(other) holds it: no column says how often it may be.")
            }
            let cap = "c." + spelled(limit)
            return Damage(
                [
                    "SELECT c.\(spelled(key)), \(cap), count(*) AS times, count(*) - \(cap) AS over_the_cap", "FROM \(schema.source(own)) AS c",
                    "JOIN \(schema.source(other)) AS u ON u.\(spelled(link)) = c.\(spelled(key))", "GROUP BY c.\(spelled(key)), \(cap)",
                    "HAVING count(*) > \(cap)", "ORDER BY over_the_cap DESC",
                ], text: "Each code that \(other) holds more often than its `\(limit)` lets it, and by how much.")
        }
        return Damage(untold: "\(own) has no column that says how often a code may be redeemed, nor one that says how often it was.")
    }
}
