import Flow
import Proof
import Testing

/// What the database itself has to say about a row that two requests change: CHECKs of every form, domains, triggers, defaults.
@Suite(.serialized) struct DecidersTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let schema: String
        /// How the verdict, or what it rests on, begins; nil where nothing is found.
        let verdict: Proof.Verdict?
        let says: String
        var testDescription: String { name }

        init(_ name: String, _ schema: String, _ verdict: Proof.Verdict?, _ says: String = "") {
            (self.name, self.schema, self.verdict, self.says) = (name, schema, verdict, says)
        }
    }

    private static let table = "CREATE TABLE products (id int PRIMARY KEY, stock int NOT NULL, held int NOT NULL DEFAULT 0"

    private static func trigger(_ body: String, _ moment: String = "BEFORE UPDATE") -> String {
        """
        \(table));
        CREATE TABLE totals (id int PRIMARY KEY, sold int NOT NULL);
        CREATE TABLE sales (id int, product int);
        CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) RETURN NEW; END $$;
        CREATE TRIGGER watched \(moment) ON products FOR EACH ROW EXECUTE FUNCTION watch();
        """
    }

    static let cases = [
        Case("nothing decides", "\(table));", .proved),
        Case("a function of the column", "\(table), CHECK (coalesce(stock, 0) >= 0));", .refuted, "a CHECK refuses the second change"),
        Case("one of two", "\(table), CHECK (held > 99 OR stock >= 0));", .refuted, "a CHECK refuses the second change"),
        Case("unless there is none", "\(table), CHECK (stock IS NULL OR stock >= 0));", nil),
        Case("a function of the project", "\(table), CHECK (is_enough(stock)));", .notExecutable, "the CHECK over `stock` of products decides too"),
        Case("a domain", "CREATE DOMAIN quantity AS integer CHECK (VALUE >= 0); CREATE TABLE products (id int PRIMARY KEY, stock quantity NOT NULL);", nil),
        Case("taken back by the same file", "-- +goose Up\n\(table), CHECK (stock >= 0));\n-- +goose Down\nDROP TABLE products;", nil),
        Case("dropped by its name", "\(table), CONSTRAINT enough CHECK (stock >= 0)); ALTER TABLE products DROP CONSTRAINT enough;", .proved),
        Case("dropped by the name that PostgreSQL gives", "\(table), CHECK (stock >= 0)); ALTER TABLE products DROP CONSTRAINT products_stock_check;", .proved),
        Case(
            "dropped by a new name",
            "\(table), CONSTRAINT enough CHECK (stock >= 0)); ALTER TABLE products RENAME CONSTRAINT enough TO some; ALTER TABLE products DROP CONSTRAINT some;",
            .proved),
        Case(
            "a domain that learns it later",
            "CREATE DOMAIN quantity AS integer; CREATE TABLE products (id int PRIMARY KEY, stock quantity NOT NULL); ALTER DOMAIN quantity ADD CONSTRAINT some CHECK (VALUE >= 0);",
            nil),
        Case(
            "a domain that forgets it",
            "CREATE DOMAIN quantity AS integer CONSTRAINT some CHECK (VALUE >= 0); CREATE TABLE products (id int PRIMARY KEY, stock quantity NOT NULL); ALTER DOMAIN quantity DROP CONSTRAINT some;",
            .proved),
        Case(
            "a type that brings it", "CREATE DOMAIN quantity AS integer CHECK (VALUE >= 0); \(table)); ALTER TABLE products ALTER COLUMN stock TYPE quantity;",
            nil),
        Case("a likeness", "\(table.replacing("products", with: "goods")), CHECK (stock >= 0)); CREATE TABLE products (LIKE goods INCLUDING ALL);", nil),
        Case(
            "a likeness without it",
            "\(table.replacing("products", with: "goods")), CHECK (stock >= 0)); CREATE TABLE products (LIKE goods INCLUDING INDEXES);", .proved),
        Case("not both", "\(table), CHECK (NOT (stock < 0 AND held < 99)));", .refuted, "a CHECK refuses the second change"),
        Case("a bound from above", "\(table), CHECK (held - stock >= -99));", .proved),
        Case("a trigger refuses", trigger("IF NEW.stock < 0 THEN RAISE EXCEPTION 'none left'; END IF;"), .notExecutable, "the trigger `watched` of products"),
        Case("a trigger about another column", trigger("IF NEW.held < 0 THEN RAISE EXCEPTION 'held'; END IF;"), .proved, "The trigger `watched`"),
        Case("a trigger of another event", trigger("IF NEW.stock < 0 THEN RAISE EXCEPTION 'no'; END IF;", "BEFORE DELETE"), .proved),
        Case("a trigger keeps a log", trigger("INSERT INTO sales (product) VALUES (NEW.id);", "AFTER UPDATE"), .proved, "The trigger `watched`"),
        Case("a trigger adds up", trigger("UPDATE totals SET sold = sold + 1 WHERE id = NEW.id;", "AFTER UPDATE"), .proved, "The trigger `watched`"),
        Case(
            "a trigger adds up under a CHECK",
            trigger("UPDATE totals SET sold = sold + 1 WHERE id = NEW.id;", "AFTER UPDATE") + "ALTER TABLE totals ADD CHECK (sold <= 50);", .notExecutable,
            "the trigger `watched`"),
        Case(
            "a trigger that is gone", trigger("IF NEW.stock < 0 THEN RAISE EXCEPTION 'none left'; END IF;") + "DROP TRIGGER watched ON products;", .proved),
    ]

    @Test(arguments: cases) func decides(_ item: Case) async throws {
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", item.schema),
                (
                    "src/buy.ts",
                    Playground.ordering + """

                        export async function buy(req, res) {
                          const { rows } = await pool.query("SELECT id, stock FROM products WHERE id = $1", [req.body.id]);
                          if (rows[0].stock < 1) return res.status(409).end();
                          await pool.query("UPDATE products SET stock = stock - 1 WHERE id = $1", [req.body.id]);
                          res.json({ ok: true });
                        }
                        """
                ),
            ], .low)
        guard let verdict = item.verdict else { return #expect(findings.isEmpty) }
        let proof = Prover(project).prove(try #require(findings.first))
        #expect(proof.verdict == verdict, "\(proof.reason)")
        #expect(([proof.reason] + proof.assumptions).contains { $0.hasPrefix(item.says) }, "\(proof.reason) \(proof.assumptions)")
        if verdict == .proved, item.says.isEmpty { #expect(!proof.assumptions.contains { $0.contains("trigger") || $0.contains("CHECK") }) }
    }

    /// What is written behind the act may be refused, and then the request ends: only one goes on.
    @Test func aKeyBehindTheActRefutes() async throws {
        let (project, findings) = try await Playground.scan([
            (
                "migrations/1.sql",
                """
                CREATE TABLE cards (id int PRIMARY KEY, code text NOT NULL UNIQUE, used_at timestamptz);
                CREATE TABLE redemptions (card_id int PRIMARY KEY, user_id int NOT NULL);
                """
            ),
            (
                "src/redeem.ts",
                Playground.ordering + """

                    export async function redeem(req, res) {
                      const { rows } = await pool.query("SELECT id, used_at FROM cards WHERE code = $1", [req.body.code]);
                      if (!rows[0] || rows[0].used_at) return res.status(400).end();
                      await pool.query("UPDATE cards SET used_at = now() WHERE id = $1", [rows[0].id]);
                      await pool.query("INSERT INTO redemptions (card_id, user_id) VALUES ($1, $2)", [rows[0].id, req.user.id]);
                      res.json({ ok: true });
                    }
                    """
            ),
        ])
        let finding = try #require(findings.first { $0.rule == "select-then-update" }), proof = Prover(project).prove(finding)
        #expect(proof.verdict == .refuted && proof.reason.hasPrefix("a unique key refuses"), "\(proof.reason)")
    }

    /// A key for rows that cannot be told is neither left out nor taken for a key over all rows.
    @Test func aKeyForUntoldRowsIsNotPlayed() async throws {
        let (project, findings) = try await Playground.scan(
            [
                (
                    "migrations/1.sql",
                    """
                    CREATE TABLE seats_old (id int PRIMARY KEY, event_id int NOT NULL, user_id int NOT NULL, n int NOT NULL DEFAULT 0, k text NOT NULL DEFAULT 'a');
                    CREATE UNIQUE INDEX once ON seats_old (event_id, user_id) WHERE n > 0 OR k = 'b';
                    ALTER TABLE seats_old RENAME TO seats;
                    """
                ),
                (
                    "src/seat.ts",
                    Playground.ordering + """

                        export async function seat(req, res) {
                          const { rows } = await pool.query("SELECT id FROM seats WHERE event_id = $1 AND user_id = $2", [req.body.event, req.user.id]);
                          if (rows.length > 0) return res.status(409).end();
                          await pool.query("INSERT INTO seats (event_id, user_id) VALUES ($1, $2)", [req.body.event, req.user.id]);
                          res.json({ ok: true });
                        }
                        """
                ),
            ], .low)
        let finding = try #require(findings.first), proof = Prover(project).prove(finding)
        #expect(proof.verdict == .notExecutable && proof.reason.contains("the key over `event_id`"), "\(proof.reason)")
        #expect(finding.remedy.contains("ON seats (event_id, user_id)"), "\(finding.remedy)")
    }

    /// A counter for each day is no counter for a month.
    @Test(arguments: [
        ("created_at >= date_trunc('day', now())", true), ("created_at >= date_trunc('month', now())", false),
        ("date_trunc('month', created_at) = date_trunc('month', now())", false), ("extract(month from created_at) = extract(month from now())", false),
        ("to_char(created_at, 'YYYY-MM') = to_char(now(), 'YYYY-MM')", false), ("created_at > now() - interval '30 days'", false),
    ])
    func aDayIsNoMonth(_ condition: String, _ isDay: Bool) async throws {
        let (_, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", "CREATE TABLE uses (id int PRIMARY KEY, user_id int NOT NULL, created_at timestamptz NOT NULL DEFAULT now());"),
                (
                    "src/use.ts",
                    Playground.ordering + """

                        export async function use(req, res) {
                          const { rows } = await pool.query("SELECT count(*) AS n FROM uses WHERE user_id = $1 AND \(condition)", [req.user.id]);
                          if (rows[0].n >= 20) return res.status(429).end();
                          await pool.query("INSERT INTO uses (user_id) VALUES ($1)", [req.user.id]);
                          res.json({ ok: true });
                        }
                        """
                ),
            ], .low)
        let finding = try #require(findings.first { $0.rule == "count-then-insert" })
        #expect(finding.remedy.contains("ymd") == isDay, "\(finding.remedy)")
    }
}
