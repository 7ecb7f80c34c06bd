import Flow
import SQL
import Testing

/// What the reader makes of single statements: placeholders, holes, keys, damage.
@Suite struct ReaderTests {
    private func outline(_ sql: String) -> [String] {
        SQLReader.statements(in: Array(sql.utf8)).flatMap(\.operations).map { operation in
            switch operation {
            case .read(let read): read.outline
            case .write(let write): write.outline
            case .begin(let isolation, _): "begin \(isolation.rawValue)"
            case .end: "end"
            case .lock(let lock): "lock \(lock.kind.rawValue)"
            case .call(let name, let arguments, let column): "call \(name)(\(arguments.map(\.outline).joined(separator: ", "))) \(column ?? "rows")"
            case .schema: "schema"
            case .define(let procedure): "define \(procedure.name)/\(procedure.arity)"
            case .dropProcedure(let name, _): "drop \(name)"
            case .trigger(let name, let trigger): "trigger \(name) on \(trigger.table)"
            case .dropTrigger(let name, _): "drop trigger \(name)"
            case .opaque: "opaque"
            }
        }
    }

    @Test(arguments: [
        ("?", "1"), ("?1", "1"), ("$1", "1"), (":name", "name"), ("@name", "name"), ("%s", "1"), ("%(name)s", "name"),
    ])
    func placeholders(_ written: String, _ name: String) {
        #expect(
            outline("UPDATE t SET a = \(written) WHERE b = \(written == "?" || written == "%s" ? "2" : written)")
                == ["update t set a = placeholder.\(name) where b equal \(written == "?" || written == "%s" ? "2" : "placeholder.\(name)")"])
    }

    @Test(arguments: [
        ("BEGIN", "begin standard"), ("BEGIN IMMEDIATE", "begin exclusive"), ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "begin serializable"),
        ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "begin repeatableRead"), ("COMMIT", "end"), ("ROLLBACK", "end"),
        ("ROLLBACK TO SAVEPOINT a", "opaque"),
        ("SELECT pg_advisory_xact_lock(1)", "lock advisory"), ("SELECT GET_LOCK('a', 10)", "lock advisory"), ("LOCK TABLE t IN EXCLUSIVE MODE", "lock table"),
        ("INSERT INTO t (a, b) VALUES (1, 2) ON DUPLICATE KEY UPDATE b = b + 1", "upsert t set a = 1, b = 2 on conflict () update b = add(`b`, 1)"),
        ("INSERT IGNORE INTO t (a) VALUES (1)", "insert t set a = 1 on conflict () nothing"), ("CREATE POLICY p ON t FOR UPDATE USING (true)", "opaque"),
        ("SELECT take($1, 2)", "call take(placeholder.1, 2) take"), ("SELECT public.take(1) AS won;", "call take(1) won"),
        ("SELECT * FROM take(1) t WHERE t.won", "call take(1) rows"), ("CALL take(1)", "call take(1) take"),
        ("SELECT upper(a) FROM t", "read rows t [… as upper]"),
        ("SELECT EXTRACT(DAY FROM a) FROM t", "read rows t [… as extract]"), ("SELECT take(1), b FROM t", "read rows t [… as take, b]"),
        ("SELECT pg_advisory_unlock(1)", "opaque"), ("SELECT a FROM t LOCK IN SHARE MODE", "read rows t [a] for share"),
        ("DELETE FROM t WHERE ${x}", "delete t …"),
    ])
    func statements(_ sql: String, _ expected: String) {
        #expect(outline(sql.replacing("${x}", with: "\u{1}0\u{1}")) == [expected])
    }

    @Test func mergeWritesUnderItsClauses() {
        #expect(
            outline("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (2)")
                == ["update t set a = 1", "insert t set a = 2"])
    }

    @Test func schemaAfterMigrations() {
        let sql = """
            CREATE TYPE state AS ENUM ('open', 'closed');
            CREATE TABLE a (id int PRIMARY KEY, s state, email text UNIQUE, kind text CHECK (kind IN ('x', 'y')), CONSTRAINT both UNIQUE (s, kind));
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_open ON a USING btree (email, (lower(kind)) DESC) WHERE s = 'open';
            ALTER TABLE a ADD COLUMN slug text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE, ADD CONSTRAINT named UNIQUE (slug, s);
            ALTER TYPE state ADD VALUE 'gone';
            DROP INDEX IF EXISTS both;
            CREATE TABLE b (id int); DROP TABLE b;
            ALTER TABLE a RENAME TO c;
            """
        let schema = Schema.after(
            SQLReader.statements(in: Array(sql.utf8)).flatMap(\.operations).compactMap { if case .schema(let change) = $0 { change } else { nil } })
        let table = schema.table("C")
        #expect(schema.table("a") == nil && schema.table("b") == nil)
        #expect(table?.keys.map(\.columns) == [["id"], ["email"], ["email", "kind"], ["slug"], ["slug", "s"]])
        #expect(table?.keys[2].condition == [Predicate("s", .equal, .literal(.string("open")))])
        #expect(table?.states == ["s": ["open", "closed", "gone"], "kind": ["x", "y"]])
        #expect(table?.sources(of: "slug") == ["email"])
    }

    private func schema(_ sql: String) -> String {
        Schema.after(SQLReader.statements(in: Array(sql.utf8)).flatMap(\.operations).compactMap { if case .schema(let change) = $0 { change } else { nil } })
            .outline.joined()
    }

    @Test(arguments: [
        (
            "CREATE TABLE t (id serial PRIMARY KEY, a text NOT NULL, b text DEFAULT 'x', c int NULL, UNIQUE NULLS NOT DISTINCT (b, c))",
            "table t\n  id default\n  a\n  b nullable default\n  c nullable\n  primary (id)\n  unique (b, c) nulls collide\n"
        ),
        ("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))", "table t\n  a\n  b\n  primary (a, b)\n"),
        ("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)", "table t\n  id default\n  primary (id)\n"),
        ("CREATE TABLE t (a text UNIQUE); DROP TABLE t; CREATE TABLE t (a text)", "table t\n  a nullable\n"),
        ("CREATE TABLE t (a text UNIQUE); ALTER TABLE t DROP CONSTRAINT t_a_key", "table t\n  a nullable\n"),
        ("CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (a)", "table t\n  a\n  primary (a)\n"),
        ("CREATE TABLE t (a int, UNIQUE KEY once (a)); ALTER TABLE t DROP INDEX once", "table t\n  a nullable\n"),
        ("CREATE TABLE t (a int, UNIQUE KEY once (a)); DROP INDEX once ON t", "table t\n  a nullable\n"),
        ("CREATE TABLE t (a int UNIQUE, b int); ALTER TABLE t DROP COLUMN IF EXISTS a", "table t\n  b nullable\n"),
        ("CREATE TABLE t (a int UNIQUE); ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t ALTER b SET NOT NULL", "table t\n  b\n  unique (b)\n"),
        ("CREATE TABLE t (a int NOT NULL); ALTER TABLE t CHANGE a b int UNIQUE", "table t\n  b nullable\n  unique (b)\n"),
        ("CREATE TABLE n (a int UNIQUE); DROP TABLE IF EXISTS t; ALTER TABLE n RENAME TO t", "table t\n  a nullable\n  unique (a)\n"),
        ("CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT WHERE b IS NULL", "table t\n  unique (a) nulls collide i where b isNull null\n"),
        ("CREATE UNIQUE INDEX i ON a (x); CREATE UNIQUE INDEX j ON a (x); DROP INDEX i", "table a\n  unique (x) j\n"),
    ])
    func schemas(_ sql: String, _ expected: String) { #expect(schema(sql) == expected) }

    /// A model is laid over what migrations made, also of a file that comes first.
    @Test func modelsComeAfterMigrations() {
        func model(_ name: String, _ columns: [String], aliases: [String] = [], guessed: Bool = false) -> SchemaChange {
            var definition = SchemaChange.TableDefinition(name: name)
            definition.aliases = aliases
            definition.isNameGuessed = guessed
            definition.columns = columns.map { .init(name: $0, type: "") }
            definition.columns[0].isNullable = false
            definition.keys = [Schema.UniqueKey(name: "model", columns: columns)]
            return .declareTable(definition)
        }
        let migrations = SQLReader.statements(
            in: Array(
                "CREATE TABLE user_cards (user_id int, n int, UNIQUE (user_id)); DROP TABLE cups; CREATE TABLE cards (a int); CREATE TABLE card (a int)".utf8)
        ).flatMap(\.operations).compactMap { if case .schema(let change) = $0 { change } else { nil } }
        let models = [
            model("UserCard", ["userId"], guessed: true), model("cups", ["id"], aliases: ["cup", "both"]), model("mugs", ["id"], aliases: ["mug", "both"]),
        ]
        let schema = Schema.after(models + migrations)
        #expect(schema.table("UserCards")?.keys.map(\.columns) == [["user_id"]])
        #expect(schema.table("usercard")?.keys.map(\.name) == ["model"])
        #expect(schema.table("user_card")?.nullable == ["n"])
        #expect(schema.table("user_cards")?.column("userId") == "user_id")
        #expect(schema.table("Cup")?.keys.count == 1)
        #expect(schema.table("both") == nil && schema.table("c_ards") == nil && schema.table("card")?.columns == ["a"])
    }

    @Test func spansMapBackThroughHoles() {
        var text = SQLText()
        text.append(Array("SELECT 1; DELETE FROM ".utf8), host: 100)
        text.appendHole(0, host: 122)
        text.append(Array(" WHERE id = 1".utf8), host: 130)
        let statements = SQLReader.statements(in: text)
        #expect(statements.count == 2)
        #expect(text.host(at: statements[1].start) == 110)
        #expect(text.host(at: statements[1].end - 1) == 142)
    }

    /// Whatever it is given, the reader ends, and in time that grows with the input only.
    @Test(arguments: [
        "SELECT", "SELECT FROM WHERE", "INSERT INTO", "UPDATE t SET", "WITH a AS (", "CREATE TABLE t (", "'never closed", "/* never closed", "$$ never closed",
        "((((((", "))))",
        "SELECT CASE WHEN", "ON CONFLICT DO", "SELECT * FROM t WHERE a = = b", "\u{1}", "DELETE FROM t WHERE a IN (",
        "CREATE TRIGGER x BEGIN SELECT 1; SELECT 2; END; SELECT 3",
        "INSERT INTO t VALUES (1)(2),,", "ALTER TABLE", "CREATE UNIQUE INDEX ON", "SELECT ::::", "UPDATE a SET b = (SELECT", "MERGE INTO", "SELECT \"",
        "SELECT [x", ";;;;",
    ])
    func damage(_ sql: String) {
        _ = SQLReader.statements(in: Array(sql.utf8))
        for cut in sql.utf8.indices { _ = SQLReader.statements(in: Array(sql.utf8[..<cut])) }
    }

    @Test func deepNestingAndLongListsAreLinear() {
        let deep = "SELECT " + String(repeating: "(", count: 50_000) + "1" + String(repeating: ")", count: 50_000)
        let long = "INSERT INTO t (a) VALUES " + Array(repeating: "(1)", count: 50_000).joined(separator: ",")
        let many = String(repeating: "SELECT a FROM t WHERE b = 1;", count: 20_000)
        let nots = "SELECT " + String(repeating: "NOT ", count: 50_000) + "1"
        let subqueries = String(repeating: "SELECT (", count: 5_000)
        let joined = ["AND", "OR", "+", "*", "||", "="].map { "SELECT " + Array(repeating: "a", count: 100_000).joined(separator: " \($0) ") }
        let indexed = "SELECT a" + String(repeating: "[1]", count: 100_000), with = String(repeating: "WITH a AS (", count: 20_000)
        for sql in [deep, long, many, nots, subqueries, indexed, with] + joined { _ = SQLReader.statements(in: Array(sql.utf8)) }
        #expect(SQLReader.statements(in: Array(many.utf8)).count == 20_000)
    }
}
