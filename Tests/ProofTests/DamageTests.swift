import Flow
@testable import Proof
import Testing

/// Each kind of question, asked of the database that a race has left and of the one that its fix has left.
@Suite(.serialized) struct DamageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// Of the finding that is played; nil for the first.
        var rule: String? = nil
        /// Of the finding that is asked, where it is another one.
        var asks: String? = nil
        let schema: String
        let code: String
        var isLocked = false
        /// Victims there are where one request comes after the other, too: nothing is asked before it is done.
        var isAlwaysBroken = false
        /// What the reader puts in for a parameter of the question.
        var given: [String: String] = [:]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "a cap by a number", schema: "CREATE TABLE claims (id bigint PRIMARY KEY, event text NOT NULL, email text NOT NULL);",
            code: """
                export async function claim(event: string, email: string) {
                  const { rows } = await pool.query('SELECT count(*) AS n FROM claims WHERE event = $1', [event]);
                  if (Number(rows[0].n) >= 5) return;
                  await pool.query('INSERT INTO claims (event, email) VALUES ($1, $2)', [event, email]);
                }
                """),
        Case(
            name: "a cap for a day, which the code reckons",
            schema: "CREATE TABLE claims (id bigint PRIMARY KEY, event text NOT NULL, email text NOT NULL, claimed_at timestamp NOT NULL DEFAULT now());",
            code: """
                export async function claim(event: string, email: string) {
                  const today = new Date();
                  today.setHours(0, 0, 0, 0);
                  const { rows } = await pool.query('SELECT count(*) AS n FROM claims WHERE event = $1 AND claimed_at >= $2', [event, today]);
                  if (Number(rows[0].n) >= 5) return;
                  await pool.query('INSERT INTO claims (event, email) VALUES ($1, $2)', [event, email]);
                }
                """),
        Case(
            name: "a cap in another table",
            schema: """
                CREATE TABLE events (id bigint PRIMARY KEY, capacity integer NOT NULL);
                CREATE TABLE seats (id bigint PRIMARY KEY, event_id bigint NOT NULL, email text NOT NULL);
                """,
            code: """
                export async function book(eventId: number, email: string) {
                  const event = (await pool.query('SELECT id, capacity FROM events WHERE id = $1', [eventId])).rows[0];
                  const taken = (await pool.query('SELECT count(*) AS n FROM seats WHERE event_id = $1', [eventId])).rows[0];
                  if (Number(taken.n) >= event.capacity) throw new Error('full');
                  await pool.query('INSERT INTO seats (event_id, email) VALUES ($1, $2)', [eventId, email]);
                }
                """),
        Case(
            name: "a key that is missing", schema: "CREATE TABLE members (id bigint PRIMARY KEY, team_id text NOT NULL, email text NOT NULL);",
            code: """
                export async function join(teamId: string, email: string) {
                  const { rows } = await pool.query('SELECT id FROM members WHERE team_id = $1 AND email = $2', [teamId, email]);
                  if (rows.length > 0) return;
                  await pool.query('INSERT INTO members (team_id, email) VALUES ($1, $2)', [teamId, email]);
                }
                """),
        Case(
            name: "a code that works once",
            schema: """
                CREATE TABLE codes (id bigint PRIMARY KEY, code text NOT NULL UNIQUE, used boolean NOT NULL DEFAULT false);
                CREATE TABLE grants (id bigint PRIMARY KEY, code_id bigint NOT NULL, user_id text NOT NULL);
                """,
            code: """
                export async function redeem(given: string, userId: string) {
                  const code = (await pool.query('SELECT id, used FROM codes WHERE code = $1', [given])).rows[0];
                  if (!code || code.used) return;
                  await pool.query('UPDATE codes SET used = true WHERE id = $1', [code.id]);
                  await pool.query('INSERT INTO grants (code_id, user_id) VALUES ($1, $2)', [code.id, userId]);
                }
                """),
        Case(
            name: "stock below nothing", schema: "CREATE TABLE products (id bigint PRIMARY KEY, stock integer NOT NULL);",
            code: """
                export async function buy(id: number, quantity: number) {
                  const product = (await pool.query('SELECT stock FROM products WHERE id = $1', [id])).rows[0];
                  if (!product || product.stock < quantity) throw new Error('sold out');
                  await pool.query('UPDATE products SET stock = stock - $2 WHERE id = $1', [id, quantity]);
                }
                """),
        Case(
            name: "a code beyond its limit",
            schema: "CREATE TABLE coupons (id bigint PRIMARY KEY, used integer NOT NULL DEFAULT 0, max_uses integer NOT NULL);",
            code: """
                export async function use(id: number) {
                  const coupon = (await pool.query('SELECT used, max_uses FROM coupons WHERE id = $1', [id])).rows[0];
                  if (!coupon || coupon.used >= coupon.max_uses) throw new Error('exhausted');
                  await pool.query('UPDATE coupons SET used = used + 1 WHERE id = $1', [id]);
                }
                """),
        Case(
            name: "a cap of a day", schema: "CREATE TABLE scans (id bigint PRIMARY KEY, user_id text NOT NULL, day text NOT NULL);",
            code: """
                export async function scan(userId: string) {
                  const day = new Date().toISOString().slice(0, 10);
                  const { rows } = await pool.query('SELECT count(*) AS n FROM scans WHERE user_id = $1 AND day = $2', [userId, day]);
                  if (Number(rows[0].n) >= 20) throw new Error('enough for today');
                  await pool.query('INSERT INTO scans (user_id, day) VALUES ($1, $2)', [userId, day]);
                }
                """),
        Case(
            name: "a cap of a sum", schema: "CREATE TABLE withdrawals (id bigint PRIMARY KEY, user_id text NOT NULL, amount integer NOT NULL);",
            code: """
                export async function withdraw(userId: string, amount: number) {
                  const { rows } = await pool.query('SELECT sum(amount) AS taken FROM withdrawals WHERE user_id = $1', [userId]);
                  if (Number(rows[0].taken) + amount > 1000) throw new Error('over the limit');
                  await pool.query('INSERT INTO withdrawals (user_id, amount) VALUES ($1, $2)', [userId, amount]);
                }
                """, isLocked: true),
        Case(
            name: "a cap from the settings", schema: "CREATE TABLE pages (id bigint PRIMARY KEY, owner_id text NOT NULL);",
            code: """
                export async function create(ownerId: string) {
                  const { rows } = await pool.query('SELECT count(*) AS n FROM pages WHERE owner_id = $1', [ownerId]);
                  if (Number(rows[0].n) >= Number(process.env.MAX_PAGES)) throw new Error('no more pages');
                  await pool.query('INSERT INTO pages (owner_id) VALUES ($1)', [ownerId]);
                }
                """, given: ["max_pages": "1"]),
        Case(
            name: "a number beside what it counts", rule: "select-then-update",
            schema: """
                CREATE TABLE posts (id bigint PRIMARY KEY, like_count integer NOT NULL DEFAULT 0);
                CREATE TABLE post_likes (id bigint PRIMARY KEY, post_id bigint NOT NULL, user_id text NOT NULL);
                """,
            code: """
                export async function like(postId: number, userId: string) {
                  await pool.query('INSERT INTO post_likes (post_id, user_id) VALUES ($1, $2)', [postId, userId]);
                  const { rows } = await pool.query('SELECT count(*) AS n FROM post_likes WHERE post_id = $1', [postId]);
                  await pool.query('UPDATE posts SET like_count = $2 WHERE id = $1', [postId, Number(rows[0].n)]);
                }
                """, isLocked: true),
        Case(
            name: "a row that is used and gone", rule: "select-then-update",
            schema: """
                CREATE TABLE links (id bigint PRIMARY KEY, token text NOT NULL UNIQUE, email text NOT NULL);
                CREATE TABLE sessions (id bigint PRIMARY KEY, link_id bigint NOT NULL, email text NOT NULL);
                """,
            code: """
                export async function follow(token: string) {
                  const link = (await pool.query('SELECT id, email FROM links WHERE token = $1', [token])).rows[0];
                  if (!link) throw new Error('unknown');
                  await pool.query('DELETE FROM links WHERE id = $1', [link.id]);
                  await pool.query('INSERT INTO sessions (link_id, email) VALUES ($1, $2)', [link.id, link.email]);
                }
                """),
        Case(
            name: "failures that pass a limit together", rule: "count-then-insert", asks: "auth-without-lockout",
            schema:
                "CREATE TABLE login_attempts (id bigint PRIMARY KEY, email text NOT NULL, success boolean NOT NULL, created_at timestamp NOT NULL DEFAULT now());",
            code: """
                export async function signIn(email: string, password: string) {
                  const today = new Date();
                  today.setUTCHours(0, 0, 0, 0);
                  const { rows } = await pool.query('SELECT count(*) AS n FROM login_attempts WHERE email = $1 AND success = false AND created_at >= $2', [email, today]);
                  if (Number(rows[0].n) >= 10) throw new Error('locked');
                  await pool.query('INSERT INTO login_attempts (email, success, created_at) VALUES ($1, false, $2)', [email, new Date()]);
                }
                """ + DamageTests.unlock),
        Case(
            name: "a refund given twice", rule: "select-then-update", asks: "unowned-payment",
            schema: "CREATE TABLE orders (id bigint PRIMARY KEY, total_cents integer NOT NULL, refunded_amount integer NOT NULL);",
            code: """
                export async function refund(id: number, amount: number) {
                  const order = (await pool.query('SELECT total_cents, refunded_amount FROM orders WHERE id = $1', [id])).rows[0];
                  if (!order || order.refunded_amount + amount > order.total_cents) throw new Error('more than was paid');
                  await pool.query('UPDATE orders SET refunded_amount = refunded_amount + $2 WHERE id = $1', [id, amount]);
                  await stripe.refunds.create({ amount });
                }
                """ + DamageTests.refund),
        Case(
            name: "a payout that was both", rule: "unguarded-status-write",
            schema: """
                CREATE TABLE payouts (id bigint PRIMARY KEY, status text NOT NULL CHECK (status IN ('requested', 'approved', 'rejected')));
                CREATE TABLE payout_events (id bigint PRIMARY KEY, payout_id bigint NOT NULL, to_status text NOT NULL);
                """,
            code: """
                export async function decide(id: number, verdict: 'approved' | 'rejected') {
                  await pool.query('UPDATE payouts SET status = $2 WHERE id = $1', [id, verdict]);
                  await pool.query('INSERT INTO payout_events (payout_id, to_status) VALUES ($1, $2)', [id, verdict]);
                }
                """, isAlwaysBroken: true),
    ]

    @Test(arguments: cases, Proof.Engine.allCases) func findsTheVictimsOfARaceAndNoneOfItsFix(_ one: Case, _ engine: Proof.Engine) async throws {
        let (project, findings) = try await Playground.scan(
            [("migrations/1.sql", one.schema), ("src/code.ts", Playground.ordering + "\n" + one.code)], one.asks == nil ? .medium : .low)
        let raced = try #require(findings.first { one.rule == nil || $0.rule == one.rule })
        let asked = try #require(findings.first { one.asks == nil ? $0 == raced : $0.rule == one.asks })
        let damage = Auditor(project, engine: engine).damage(of: asked)
        let query = one.given.reduce(try #require(damage.query, "\(damage.text)")) { $0.replacing(":" + $1.key, with: $1.value) }
        let found = Prover(project, engine: engine).victims(of: raced, asking: query)
        #expect(found.proof.verdict == .proved, "\(found.proof.reason)")
        #expect(found.race == 1, "\(query)")
        #expect(found.serial == (one.isAlwaysBroken ? 1 : 0), "\(query)")
        // Where the remedy is a lock, there is no statement to be played.
        #expect(found.fix == (one.isLocked ? nil : 0), "\(query)")
    }

    static let unlock = """

        app.post('/unlock', async (request, response) => {
          const { rows } = await pool.query('SELECT id, password_hash FROM accounts WHERE email = $1', [request.body.email]);
          if (!rows[0] || !(await bcrypt.compare(request.body.password, rows[0].password_hash))) return response.sendStatus(401);
          response.json({ id: rows[0].id });
        });
        """

    static let refund = """

        app.post('/refund', async (request, response) => {
          await stripe.refunds.create({ payment_intent: request.body.payment, amount: request.body.amount });
          response.sendStatus(204);
        });
        """

    /// What no race leaves: rows of every kind, of which some are victims.
    struct Rows: Sendable, CustomTestStringConvertible {
        let name: String
        /// Of the finding that is asked.
        let rule: String
        let schema: String
        let code: String
        let rows: [String]
        let victims: Int
        var testDescription: String { name }
    }

    static let kept: [Rows] = [
        Rows(
            name: "a cap for a month", rule: "count-then-insert",
            schema: "CREATE TABLE claims (id integer PRIMARY KEY, person integer, claimed_at timestamp);",
            code: """
                app.post('/claims', async (request, response) => {
                  const { rows } = await pool.query(`SELECT count(*) AS n FROM claims WHERE person = $1 AND date_trunc('month', claimed_at) = date_trunc('month', now())`, [request.body.person]);
                  if (Number(rows[0].n) >= 2) return response.sendStatus(409);
                  await pool.query('INSERT INTO claims (person, claimed_at) VALUES ($1, now())', [request.body.person]);
                  response.sendStatus(204);
                });
                """,
            rows: (1...3).map { "INSERT INTO claims VALUES (\($0), 1, '2026-01-\(10 + $0) 12:00:00')" }
                + (4...6).map { "INSERT INTO claims VALUES (\($0), 2, '2026-0\($0)-15 12:00:00')" }, victims: 1),
        Rows(
            name: "URLs", rule: "unsafe-url-field", schema: "CREATE TABLE reviews (id integer PRIMARY KEY, review_url text);",
            code: """
                app.post('/reviews', async (request, response) => {
                  await pool.query('INSERT INTO reviews (review_url) VALUES ($1)', [request.body.reviewUrl]);
                  response.sendStatus(204);
                });
                """,
            rows: [
                "INSERT INTO reviews VALUES (1, 'https://a.example'), (2, '/here'), (3, 'javascript:alert(1)'), (4, ' JavaScript:alert(1)'), (5, NULL), (6, 'mailto:a@b.example'), (7, 'data:text/html,x'), (8, 'host.example:80/data:'), (11, 'blob:https://a.example/x'), (9, 'https://a.example/?q=javascript:x')",
                "INSERT INTO reviews VALUES (10, 'java' || 'TAB' || 'script:alert(1)')",
            ], victims: 5),
        Rows(
            name: "bursts of failures", rule: "auth-without-lockout",
            schema: "CREATE TABLE login_attempts (id integer PRIMARY KEY, email text, success boolean, created_at timestamp);", code: unlock,
            rows: (1...11).map { "INSERT INTO login_attempts VALUES (\($0), 'a@x.example', false, '2026-01-15 12:\(10 + $0):00')" }
                + (12...40).map { "INSERT INTO login_attempts VALUES (\($0), 'b@x.example', true, '2026-01-15 12:\($0):00')" }
                + (41...50).map { "INSERT INTO login_attempts VALUES (\($0), 'c@x.example', false, '2026-01-15 12:\($0):00')" }, victims: 1),
        Rows(
            name: "refunds", rule: "unowned-payment",
            schema:
                "CREATE TABLE payments (id integer PRIMARY KEY, amount_cents integer); CREATE TABLE refunds (id integer PRIMARY KEY, payment_id integer, amount_cents integer);",
            code: refund, rows: ["INSERT INTO payments VALUES (1, 100), (2, 100), (3, 100)", "INSERT INTO refunds VALUES (1, 1, 60), (2, 1, 60), (3, 2, 100)"],
            victims: 1),
        Rows(
            name: "refunds beside the payment", rule: "unowned-payment",
            schema: "CREATE TABLE orders (id integer PRIMARY KEY, total_cents integer, refunded_amount integer);", code: refund,
            rows: ["INSERT INTO orders VALUES (1, 100, 0), (2, 100, 120), (3, 100, 100)"], victims: 1),
        Rows(
            name: "codes that nothing counts", rule: "uncapped-code",
            schema: "CREATE TABLE promo_codes (id integer PRIMARY KEY, code text, percent integer, max_uses integer, used integer);", code: redeem,
            rows: ["INSERT INTO promo_codes VALUES (1, 'A', 50, 3, 3), (2, 'B', 50, 3, 4), (3, 'C', 50, NULL, 99)"], victims: 1),
        Rows(
            name: "codes that are counted elsewhere", rule: "uncapped-code",
            schema:
                "CREATE TABLE promo_codes (id integer PRIMARY KEY, code text, percent integer, max_uses integer); CREATE TABLE orders (id integer PRIMARY KEY, promo_code_id integer, email text);",
            code: redeem,
            rows: [
                "INSERT INTO promo_codes VALUES (1, 'A', 50, 2), (2, 'B', 50, 1), (3, 'C', 50, NULL)",
                "INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'a'), (3, 2, 'b'), (4, 2, 'c'), (5, 3, 'c')",
            ], victims: 1),
        Rows(
            name: "codes without a limit", rule: "uncapped-code",
            schema:
                "CREATE TABLE promo_codes (id integer PRIMARY KEY, code text, percent integer); CREATE TABLE orders (id integer PRIMARY KEY, promo_code_id integer, email text);",
            code: redeem,
            rows: [
                "INSERT INTO promo_codes VALUES (1, 'A', 50), (2, 'B', 50), (3, 'C', 50)",
                "INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'a'), (3, 3, 'b'), (4, NULL, 'c')",
            ],
            victims: 2),
    ]

    static let redeem = """

        app.post('/redeem', async (request, response) => {
          const { rows } = await pool.query('SELECT id, percent FROM promo_codes WHERE code = $1', [request.body.code]);
          if (!rows[0]) return response.sendStatus(404);
          await pool.query('INSERT INTO orders (promo_code_id, email) VALUES ($1, $2)', [rows[0].id, request.body.email]);
          response.sendStatus(204);
        });
        """

    @Test(arguments: kept, Proof.Engine.allCases) func findsExactlyTheVictims(_ one: Rows, _ engine: Proof.Engine) async throws {
        let (project, findings) = try await Playground.scan([("migrations/1.sql", one.schema), ("src/code.ts", Playground.ordering + "\n" + one.code)], .low)
        let finding = try #require(findings.first { $0.rule == one.rule })
        let database: any Database = engine == .sqlite ? try SQLiteDatabase() : try PostgresDatabase()
        try database.build(one.schema.split(separator: ";").map(String.init))
        let query = try #require(Auditor(project, engine: engine).damage(of: finding).query)
        let ask = { () -> Int? in
            if case .answer(let outcome) = database.run(Statement(.read, query.replacing(";", with: "")), in: .first) { outcome.rows.count } else { nil }
        }
        #expect(ask() == 0, "\(query)")
        for row in one.rows {
            let tab = engine == .sqlite ? "char(9)" : "chr(9)"
            guard case .answer = database.run(Statement(.other, row.replacing("'TAB'", with: tab)), in: .first) else { Issue.record("\(row)"); continue }
        }
        #expect(ask() == one.victims, "\(query)")
    }

    /// An audit table shows rows that were both.
    @Test(arguments: Proof.Engine.allCases) func contradictoryStatuses(_ engine: Proof.Engine) async throws {
        let schema =
            "CREATE TABLE payouts (id integer PRIMARY KEY, status text); CREATE TABLE payout_events (id integer PRIMARY KEY, payout_id integer, to_status text);"
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", schema),
                (
                    "src/code.ts",
                    Playground.ordering + """

                        export async function approve(id: number) {
                          await pool.query("UPDATE payouts SET status = 'approved' WHERE id = $1", [id]);
                          await stripe.transfers.create({ amount: 1 });
                        }
                        export async function reject(id: number) {
                          await pool.query("UPDATE payouts SET status = 'rejected' WHERE id = $1", [id]);
                        }
                        """
                ),
            ])
        let finding = try #require(findings.first { $0.rule == "unguarded-status-write" })
        let query = try #require(Auditor(project, engine: engine).damage(of: finding).query)
        let database: any Database = engine == .sqlite ? try SQLiteDatabase() : try PostgresDatabase()
        try database.build(schema.split(separator: ";").map(String.init))
        _ = database.run(
            Statement(
                .other, "INSERT INTO payout_events VALUES (1, 1, 'approved'), (2, 1, 'rejected'), (3, 2, 'approved'), (4, 3, 'rejected'), (5, 2, 'approved')"),
            in: .first)
        guard case .answer(let outcome) = database.run(Statement(.read, query.replacing(";", with: "")), in: .first) else { Issue.record("\(query)"); return }
        #expect(outcome.rows.count == 1)
    }

    @Test func namesKeepTheirCapitals() async throws {
        let (project, findings) = try await Playground.scan([
            ("migrations/1.sql", "CREATE TABLE \"Booking\" (\"id\" serial PRIMARY KEY, \"eventId\" text NOT NULL);"),
            (
                "src/book.ts",
                Playground.ordering + """

                    export async function book(event: string) {
                      const { rows } = await pool.query('SELECT count(*) AS n FROM "Booking" WHERE "eventId" = $1', [event]);
                      if (Number(rows[0].n) >= 50) throw new Error('full');
                      await pool.query('INSERT INTO "Booking" ("eventId") VALUES ($1)', [event]);
                    }
                    """
            ),
        ])
        let finding = try #require(findings.first { $0.rule == "count-then-insert" })
        let query = try #require(Auditor(project).damage(of: finding).query)
        #expect(query.contains("t.\"eventId\"") && query.contains("FROM \"Booking\""), "\(query)")
    }

    @Test func whatIsMissingIsNamed() async throws {
        let (project, findings) = try await Playground.scan(try Playground.texts(of: "payout-approval/d1-vulnerable"))
        let damage = Auditor(project).damage(of: try #require(findings.first { $0.rule == "unguarded-status-write" }))
        #expect(damage.query == nil)
        #expect(damage.text.contains("payout_id"))
    }
}

/// What runs can reach nothing but the rows of its own database.
@Suite(.serialized) struct ConfinementTests {
    @Test(arguments: [
        "ATTACH DATABASE '/tmp/interlock-other.db' AS other", "PRAGMA journal_mode = DELETE", "CREATE TABLE more (id)", "DROP TABLE t",
        "SELECT load_extension('x')",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END", "VACUUM INTO '/tmp/interlock-copy.db'",
    ]) func SQLiteRefuses(_ sql: String) throws {
        let database = try SQLiteDatabase()
        try database.build(["CREATE TABLE t (id)"])
        guard case .refused = database.run(Statement(.other, sql), in: .first) else { Issue.record("\(sql)"); return }
    }

    @Test(arguments: [
        "CREATE TABLE more (id int)", "DROP TABLE t", "COPY t TO PROGRAM 'true'", "COPY t FROM '/etc/passwd'", "SELECT pg_read_file('/etc/passwd')",
        "CREATE EXTENSION dblink",
        "CREATE ROLE more", "ALTER SYSTEM SET fsync = on", "SET ROLE keeper", "TRUNCATE t",
    ]) func postgresRefuses(_ sql: String) throws {
        let database = try PostgresDatabase()
        try database.build(["CREATE TABLE t (id int)"])
        guard case .refused = database.run(Statement(.other, sql), in: .first) else { Issue.record("\(sql)"); return }
    }

    /// Names and values come from code that nobody vouches for.
    @Test(arguments: Proof.Engine.allCases) func namesAndValuesStayWhatTheyAre(_ engine: Proof.Engine) async throws {
        let (project, findings) = try await Playground.scan(
            [
                (
                    "src/code.ts",
                    Playground.ordering + """

                        export async function claim(event: string, email: string) {
                          const { rows } = await pool.query(`SELECT count(*) AS n FROM "claims""; DROP TABLE x; --" WHERE "e'v" = $1 AND kind = 'a''; DROP TABLE y; --'`, [event]);
                          if (Number(rows[0].n) >= 5) return;
                          await pool.query(`INSERT INTO "claims""; DROP TABLE x; --" ("e'v", kind, email) VALUES ($1, 'a''; DROP TABLE y; --', $2)`, [event, email]);
                        }
                        """
                )
            ], .low)
        for finding in findings { #expect(Prover(project, engine: engine).prove(finding).verdict != .refuted) }
    }

    /// Tables and columns as libraries call them where nobody says.
    @Test(arguments: [
        (
            """
            import { Entity, PrimaryGeneratedColumn, Column, DeleteDateColumn } from 'typeorm';
            @Entity() export class EventSignup {
              @PrimaryGeneratedColumn() id: number;
              @Column() eventId: number;
              @DeleteDateColumn() deletedAt?: Date;
            }
            export async function POST(request) {
              const { eventId } = await request.json();
              const taken = await dataSource.getRepository(EventSignup).countBy({ eventId });
              if (taken >= 50) return;
              await dataSource.getRepository(EventSignup).insert({ eventId });
            }
            """, "FROM event_signup AS t\nWHERE t.\"deletedAt\" IS NULL"
        ),
        (
            """
            import { Sequelize, DataTypes } from 'sequelize';
            const sequelize = new Sequelize('');
            const EventPerson = sequelize.define('EventPerson', { eventId: DataTypes.INTEGER }, { underscored: true, paranoid: true });
            export async function POST(request) {
              const { eventId } = await request.json();
              const taken = await EventPerson.count({ where: { eventId } });
              if (taken >= 50) return;
              await EventPerson.create({ eventId });
            }
            """, "FROM event_people AS t\nWHERE t.deleted_at IS NULL"
        ),
        (
            """
            import { drizzle } from 'drizzle-orm/node-postgres';
            import { pgTable, integer } from 'drizzle-orm/pg-core';
            import { eq, count } from 'drizzle-orm';
            const db = drizzle(url, { casing: 'snake_case' });
            const seats = pgTable('seats', { eventId: integer().notNull() });
            export async function POST(request) {
              const { eventId } = await request.json();
              const [{ taken }] = await db.select({ taken: count() }).from(seats).where(eq(seats.eventId, eventId));
              if (taken >= 50) return;
              await db.insert(seats).values({ eventId });
            }
            """, "SELECT t.event_id, count(*) AS taken"
        ),
    ]) func namesByConvention(_ code: String, _ query: String) async throws {
        let (project, findings) = try await Playground.scan([("app/api/claim/route.ts", code)])
        let damage = Auditor(project, engine: .postgres).damage(of: try #require(findings.first { $0.rule == "count-then-insert" }))
        #expect(damage.query?.contains(query) == true, "\(damage.query ?? damage.text)")
    }

    /// A limit that holds for some only, and a number that may fall below nothing, are no questions for all.
    @Test(arguments: [
        (
            """
            const n = Number((await pool.query('SELECT count(*) AS n FROM projects WHERE owner = $1', [id])).rows[0].n);
            if (plan === 'free' && n >= 3) return;
            await pool.query('INSERT INTO projects (owner) VALUES ($1)', [id]);
            """, "the limit holds for some only"
        ),
        (
            """
            const n = Number((await pool.query("SELECT count(*) AS n FROM projects WHERE owner = $1 AND title LIKE 'x%'", [id])).rows[0].n);
            if (n >= 3) return;
            await pool.query("INSERT INTO projects (owner, title) VALUES ($1, 'x1')", [id]);
            """, "a condition of the check is of a form that is not known"
        ),
        (
            """
            const n = Number((await pool.query("SELECT count(*) AS n FROM projects WHERE owner = $1 AND length(title) > 4", [id])).rows[0].n);
            if (n >= 3) return;
            await pool.query("INSERT INTO projects (owner, title) VALUES ($1, 'x1')", [id]);
            """, "a condition of the check is of a form that is not known"
        ),
        (
            """
            const row = (await pool.query('SELECT balance, overdraft FROM accounts WHERE id = $1', [id])).rows[0];
            if (row.balance + row.overdraft < amount) return;
            await pool.query('UPDATE accounts SET balance = balance - $1 WHERE id = $2', [amount, id]);
            """, "may fall below nothing, as far as `overdraft` lets it"
        ),
    ]) func questionsForSome(_ body: String, _ reason: String) async throws {
        let schema =
            "CREATE TABLE projects (id int PRIMARY KEY, owner int, title text); CREATE TABLE accounts (id int PRIMARY KEY, balance int, overdraft int);"
        let code = Playground.ordering + "\nexport async function POST(request) {\nconst { id, plan, amount } = await request.json();\n" + body + "\n}"
        let (project, findings) = try await Playground.scan([("1.sql", schema), ("app/api/x/route.ts", code)], .low)
        let damage = Auditor(project).damage(of: try #require(findings.first { $0.course != nil }))
        #expect(damage.query == nil && damage.text.contains(reason), "\(damage.query ?? damage.text)")
    }
}
