/// A guard for the database: its tables, its operations and what keeps it small. The runtime runs the same operations that
/// the migration files hold, so there is one source of the SQL.
package struct Blueprint: Sendable {
    /// What its functions and files begin with.
    package var prefix: Identifier
    package var schema: Identifier
    /// What a reader of the migration has to know, a sentence a line.
    var purpose: [String]
    var tables: [Table]
    /// Rows that a table is born with.
    var seeds: [Seed] = []
    package var operations: [Procedure]
    /// Columns of a table that is there already.
    var borrowed: [Identifier] = []

    struct Table: Sendable {
        var name: Identifier
        var columns: [Column]
        var constraints: [Constraint]
        var indexes: [Index] = []
        /// Whether its few rows are written again and again.
        var isHot = false
    }

    struct Column: Sendable {
        var name: Identifier
        var kind: Kind
        var rules: String

        init(_ name: Identifier, _ kind: Kind, _ rules: String = "NOT NULL") { (self.name, self.kind, self.rules) = (name, kind, rules) }
        init(_ name: String, _ kind: Kind, _ rules: String = "NOT NULL") { self.init(Identifier(own: name), kind, rules) }
    }

    enum Constraint: Sendable {
        case primaryKey([Identifier])
        case unique([Identifier])
        case check(String)
        /// What is referred to cannot go before what refers to it, unless it takes that along.
        case references(Identifier, Identifier, key: Identifier, cascades: Bool = false)
    }

    struct Seed: Sendable {
        var table: Identifier
        /// Rows of text.
        var rows: [[String]]
    }

    struct Index: Sendable {
        var name: Identifier
        /// What stands behind ON table: columns and condition.
        var on: String
    }

    package subscript(_ operation: String) -> Procedure {
        guard let found = operations.first(where: { $0.name == operation }) else { preconditionFailure("\(prefix.name) has no \(operation)") }
        return found
    }
}

extension Blueprint {
    /// Its tables in an order in which their rows can be taken away, but for those whose rows are part of it.
    package var emptied: [String] {
        tables.reversed().map(\.name.name).filter { name in !seeds.contains { $0.table.name == name } }
    }

    /// What the functions' parameters begin with: `p_`, unless a column of the user's does, which would then be taken for one.
    package var parameterPrefix: String {
        let columns = tables.flatMap { $0.columns.map(\.name.name) } + borrowed.map(\.name)
        return ["p_", "in_", "arg_", "guarded_"].first { prefix in !columns.contains { $0.lowercased().hasPrefix(prefix) } } ?? "guarded_parameter_"
    }

    /// This blueprint, if no two columns of a table have one name. SQLite does not tell letters by their case.
    package func checked() throws(MigrationError) -> Blueprint {
        for table in tables {
            var seen: Set<String> = []
            for column in table.columns where !seen.insert(column.name.name.lowercased()).inserted { throw .sameName(column.name.name) }
        }
        return self
    }
}

/// The name of a table, as a statement of either engine writes it.
struct TableName {
    var identifier: Identifier, schema: Identifier

    var postgres: String { schema.sql + "." + identifier.sql }
    var sqlite: String { identifier.sql }
    func sql(in dialect: Dialect) -> String { dialect.hasFunctions ? postgres : sqlite }
}

extension Blueprint {
    /// Makes the tables, their rows and, where the dialect has them, the functions. Running it twice changes nothing.
    package func up(_ dialect: Dialect) -> String {
        let head = purpose.map { "-- " + $0 } + [""]
        let tables = tables.map { definition($0, dialect) }
        let seeds = seeds.map { seed($0, dialect) }
        guard dialect.hasFunctions else { return (head + tables + seeds).joined(separator: "\n") + "\n" + indexes(dialect) }
        let functions = operations.map { "\n" + $0.definition(prefix: prefix, schema: schema, parameter: parameterPrefix) }
        let body =
            head + [
                "BEGIN;", "-- A migration that has to wait for a lock must not make everybody else wait behind it.",
                "SET LOCAL lock_timeout = '5s';", "SET LOCAL statement_timeout = '60s';", "",
            ]
        return (body + tables + seeds + functions + ["", rights(dialect), "", "COMMIT;"]).joined(separator: "\n") + "\n"
    }

    /// Takes everything away again, rows included.
    package func down(_ dialect: Dialect) -> String {
        let tables = tables.reversed().map { "DROP TABLE IF EXISTS \(name($0, dialect));" }
        guard dialect.hasFunctions else { return tables.joined(separator: "\n") + "\n" }
        let functions = operations.map { "DROP FUNCTION IF EXISTS \($0.signature(prefix: prefix, schema: schema));" }
        return
            (["-- squawk-ignore-file ban-drop-function, ban-drop-table", "BEGIN;", "SET LOCAL lock_timeout = '5s';", "SET LOCAL statement_timeout = '60s';"]
            + functions + tables + ["COMMIT;"])
            .joined(separator: "\n") + "\n"
    }

    /// The indexes, apart: PostgreSQL builds them beside live traffic only outside of a transaction.
    package func indexes(_ dialect: Dialect) -> String {
        let statements = indexStatements(dialect)
        guard !statements.isEmpty else { return "" }
        let head =
            dialect.hasFunctions
            ? ["-- Not in a transaction: CONCURRENTLY refuses to run in one.", "SET lock_timeout = '5s';", "SET statement_timeout = 0;"] : []
        return (head + statements).joined(separator: "\n") + "\n"
    }

    /// The same, to be run one by one.
    package func indexStatements(_ dialect: Dialect) -> [String] {
        tables.flatMap { table in
            table.indexes.flatMap { index in
                (dialect.hasFunctions ? [withoutInvalid(index)] : []) + [
                    "CREATE INDEX \(dialect.hasFunctions ? "CONCURRENTLY " : "")IF NOT EXISTS \(index.name.sql) ON \(name(table, dialect)) \(index.on);"
                ]
            }
        }
    }

    /// A build that was interrupted leaves an index that nobody uses, and that IF NOT EXISTS takes for a good one.
    private func withoutInvalid(_ index: Index) -> String {
        let block = """
            BEGIN
                IF EXISTS (
                    SELECT 1 FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = \(schema.name.literal) AND c.relname = \(index.name.name.literal) AND NOT i.indisvalid
                ) THEN
                    EXECUTE pg_catalog.format('DROP INDEX %I.%I', \(schema.name.literal), \(index.name.name.literal));
                END IF;
            END
            """
        return "DO \(block.dollarQuoted);"
    }

    private func name(_ table: Table, _ dialect: Dialect) -> String { TableName(identifier: table.name, schema: schema).sql(in: dialect) }

    /// Afterwards these rows are there and no others.
    private func seed(_ seed: Seed, _ dialect: Dialect) -> String {
        let rows = seed.rows.map { "    (" + $0.map(\.literal).joined(separator: ", ") + ")" }
        let name = TableName(identifier: seed.table, schema: schema).sql(in: dialect)
        let columns = tables.first { $0.name == seed.table }?.columns.map(\.name.sql).joined(separator: ", ") ?? ""
        return "INSERT INTO \(name) VALUES\n" + rows.joined(separator: ",\n") + "\nON CONFLICT DO NOTHING;\n"
            + "DELETE FROM \(name) WHERE (\(columns)) NOT IN (VALUES\n" + rows.joined(separator: ",\n") + ");"
    }

    private func constraint(_ constraint: Constraint, _ dialect: Dialect) -> String {
        switch constraint {
        case .primaryKey(let columns): "PRIMARY KEY (\(columns.map(\.sql).joined(separator: ", ")))"
        case .unique(let columns): "UNIQUE (\(columns.map(\.sql).joined(separator: ", ")))"
        case .check(let condition): "CHECK (\(condition))"
        case .references(let column, let table, let key, let cascades):
            "FOREIGN KEY (\(column.sql)) REFERENCES \(TableName(identifier: table, schema: schema).sql(in: dialect)) (\(key.sql))"
                + (cascades ? " ON DELETE CASCADE" : "")
        }
    }

    private func definition(_ table: Table, _ dialect: Dialect) -> String {
        let now = dialect.hasFunctions ? "now()" : "(CAST(strftime('%s', 'now') AS INTEGER) * 1000)"
        let columns = table.columns.map { column in
            let parts = [column.name.sql, column.kind.name(in: dialect), column.rules.replacing("{now}", with: now)]
            return "    " + parts.filter { !$0.isEmpty }.joined(separator: " ")
        }
        let constraints = table.constraints.map { "    " + constraint($0, dialect) }
        // Half of each page stays free, so that a counter is updated in its place and its old versions go with the next one.
        let end = dialect.hasFunctions ? (table.isHot ? ") WITH (fillfactor = 50);" : ");") : ") WITHOUT ROWID;"
        return "CREATE TABLE IF NOT EXISTS \(name(table, dialect)) (\n" + (columns + constraints).joined(separator: ",\n") + "\n" + end
    }

    /// Who may do what. On Supabase every function and table of an exposed schema is a public HTTP endpoint until it is closed.
    private func rights(_ dialect: Dialect) -> String {
        let signatures = operations.map { $0.signature(prefix: prefix, schema: schema) }
        let names = tables.map { name($0, dialect) }
        var lines = ["-- Nobody but the owner, and who is granted it below, reads these tables or calls these functions."]
        lines += names.map { "REVOKE ALL ON TABLE \($0) FROM PUBLIC;" } + signatures.map { "REVOKE ALL ON FUNCTION \($0) FROM PUBLIC;" }
        guard dialect == .supabase else {
            return (lines + ["-- GRANT EXECUTE ON FUNCTION … TO your_application_role;"]).joined(separator: "\n")
        }
        lines += names.map { "ALTER TABLE \($0) ENABLE ROW LEVEL SECURITY;" }
        var block = [
            "DECLARE", "    role_name text;", "BEGIN",
            "    FOR role_name IN SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP",
        ]
        block += (names.map { "TABLE " + $0 } + signatures.map { "FUNCTION " + $0 }).map {
            "        EXECUTE pg_catalog.format('REVOKE ALL ON \($0.replacing("'", with: "''").replacing("%", with: "%%")) FROM %I', role_name);"
        }
        block += ["    END LOOP;", "    IF EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = 'service_role') THEN"]
        block += signatures.map { "        GRANT EXECUTE ON FUNCTION \($0) TO service_role;" }
        return (lines + ["DO " + (block + ["    END IF;", "END"]).joined(separator: "\n").dollarQuoted + ";"]).joined(separator: "\n")
    }
}
