import Flow
import Proof
import Testing

/// What stands around check and act decides the verdict: locks, sessions, calls before a key refuses, clocks, conversions.
@Suite(.serialized) struct VerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let files: [(String, String)]
        let verdict: Proof.Verdict
        /// What the reason, the transcript or the fix must say.
        let says: String
        var testDescription: String { name }
    }

    private static let bookings = "CREATE TABLE bookings (id bigint PRIMARY KEY, class_id int NOT NULL, user_id int NOT NULL);"

    private static func route(_ statements: String) -> String {
        Playground.ordering + """

            export async function POST(request: Request) {
              const { classId, userId } = await request.json();
            \(statements)
            }
            """
    }

    static let cases: [Case] = [
        Case(
            name: "a row that is only there to be locked",
            files: [
                ("migrations/1.sql", bookings + "CREATE TABLE locks (name text PRIMARY KEY);"),
                (
                    "app/api/book/route.ts",
                    route(
                        """
                          const client = await pool.connect();
                          await client.query('BEGIN');
                          await client.query("SELECT 1 FROM locks WHERE name = 'booking' FOR UPDATE");
                          const { rows } = await client.query('SELECT count(*) AS n FROM bookings WHERE class_id = $1', [classId]);
                          if (Number(rows[0].n) >= 12) return Response.json({}, { status: 409 });
                          await client.query('INSERT INTO bookings (class_id, user_id) VALUES ($1, $2)', [classId, userId]);
                          await client.query('COMMIT');
                        """)
                ),
            ], verdict: .refuted, says: "has to wait at `SELECT name FROM locks"),
        Case(
            name: "a session that begins by itself",
            files: [
                (
                    "app.py",
                    """
                    from flask import Flask, abort, request
                    from sqlalchemy import create_engine, select, func
                    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
                    Session = sessionmaker(create_engine("postgresql://x"))
                    app = Flask(__name__)
                    class Base(DeclarativeBase): pass
                    class Gate(Base):
                        __tablename__ = "gates"
                        name: Mapped[str] = mapped_column(primary_key=True)
                    class Booking(Base):
                        __tablename__ = "bookings"
                        id: Mapped[int] = mapped_column(primary_key=True)
                        class_id: Mapped[int]
                        user_id: Mapped[int]
                    @app.post("/book/<int:class_id>")
                    def book(class_id):
                        with Session() as s:
                            s.execute(select(Gate).where(Gate.name == "booking").with_for_update()).scalar_one()
                            taken = s.execute(select(func.count()).select_from(Booking).where(Booking.class_id == class_id)).scalar()
                            if taken >= 12:
                                abort(409)
                            s.add(Booking(class_id=class_id, user_id=request.json["user"]))
                            s.commit()
                        return {"ok": True}
                    """
                )
            ], verdict: .refuted, says: "has to wait at `SELECT name FROM gates"),
        Case(
            name: "money is taken twice, though a key refuses the second row",
            files: [
                (
                    "migrations/1.sql",
                    "CREATE TABLE purchases (id bigint PRIMARY KEY, class_id int NOT NULL, user_id int NOT NULL, UNIQUE (class_id, user_id));"
                ),
                (
                    "app/api/buy/route.ts",
                    "import Stripe from 'stripe';\nconst stripe = new Stripe('');\n"
                        + route(
                            """
                              const { rows } = await pool.query('SELECT id FROM purchases WHERE class_id = $1 AND user_id = $2', [classId, userId]);
                              if (rows.length > 0) return Response.json({}, { status: 409 });
                              await stripe.charges.create({ amount: 500 });
                              await pool.query('INSERT INTO purchases (class_id, user_id) VALUES ($1, $2)', [classId, userId]);
                            """)
                ),
            ], verdict: .proved, says: "stripe.charges.create is called twice"),
        Case(
            name: "a clock in a column of numbers",
            files: [
                ("migrations/1.sql", "CREATE TABLE invites (code text PRIMARY KEY, used_at bigint);"),
                (
                    "app/api/join/route.ts",
                    route(
                        """
                          const invite = (await pool.query('SELECT * FROM invites WHERE code = $1', [classId])).rows[0];
                          if (!invite || invite.used_at) return Response.json({}, { status: 409 });
                          await pool.query('UPDATE invites SET used_at = $1 WHERE code = $2', [Date.now(), classId]);
                          await sendMail(userId);
                        """)
                ),
            ], verdict: .proved, says: "AND used_at IS NULL"),
        Case(
            name: "a count that is read with its base, and may be reached",
            files: [
                ("migrations/1.sql", bookings),
                (
                    "app/api/book/route.ts",
                    route(
                        """
                          const { rows } = await pool.query('SELECT count(*) AS n FROM bookings WHERE class_id = $1', [classId]);
                          if (parseInt(rows[0].n, 10) > 4) return Response.json({}, { status: 409 });
                          await pool.query('INSERT INTO bookings (class_id, user_id) VALUES ($1, $2)', [classId, userId]);
                        """)
                ),
            ], verdict: .proved, says: "WHERE 5 >= 1"),
        Case(
            name: "a difference that must not run out",
            files: [
                ("migrations/1.sql", "CREATE TABLE promos (id int PRIMARY KEY, uses int NOT NULL DEFAULT 0, max_uses int NOT NULL);"),
                (
                    "app/api/promo/route.ts",
                    route(
                        """
                          const promo = (await pool.query('SELECT * FROM promos WHERE id = $1', [classId])).rows[0];
                          if (promo.max_uses - promo.uses <= 0) return Response.json({}, { status: 409 });
                          await pool.query('UPDATE promos SET uses = uses + 1 WHERE id = $1', [classId]);
                          await sendMail(userId);
                        """)
                ),
            ], verdict: .proved, says: "AND uses < max_uses"),
        Case(
            name: "a table that is there already keeps its keys",
            files: [
                ("migrations/1.sql", "CREATE TABLE votes (id bigint PRIMARY KEY, class_id int NOT NULL, user_id int NOT NULL);"),
                (
                    "migrations/2.sql",
                    "CREATE TABLE IF NOT EXISTS votes (id bigint PRIMARY KEY, class_id int NOT NULL, user_id int NOT NULL, UNIQUE (class_id, user_id));"
                ),
                (
                    "app/api/vote/route.ts",
                    route(
                        """
                          const { rows } = await pool.query('SELECT id FROM votes WHERE class_id = $1 AND user_id = $2', [classId, userId]);
                          if (rows.length > 0) return Response.json({}, { status: 409 });
                          await pool.query('INSERT INTO votes (class_id, user_id) VALUES ($1, $2)', [classId, userId]);
                        """)
                ),
            ], verdict: .proved, says: "votes ends with 2 rows"),
        Case(
            name: "a link that is deleted, as far as it has not expired",
            files: [
                ("migrations/1.sql", "CREATE TABLE magic_links (token text PRIMARY KEY, email text NOT NULL, expires_at timestamptz NOT NULL);"),
                (
                    "app/api/follow/route.ts",
                    "import jwt from 'jsonwebtoken';\n"
                        + route(
                            """
                              const { rows } = await pool.query('SELECT email FROM magic_links WHERE token = $1 AND expires_at > now()', [classId]);
                              if (!rows[0]) return Response.json({}, { status: 401 });
                              await pool.query('DELETE FROM magic_links WHERE token = $1', [classId]);
                              return Response.json({ jwt: jwt.sign({ sub: rows[0].email }, process.env.SECRET) });
                            """)
                ),
            ], verdict: .proved, says: "' AND expires_at > '"),
        Case(
            name: "a flag of a table that is not known, nothing until it is 1",
            files: [
                (
                    "app/api/redeem/route.ts",
                    route(
                        """
                          const voucher = (await pool.query('SELECT id, used FROM vouchers WHERE id = $1', [classId])).rows[0];
                          if (!voucher || voucher.used) return Response.json({}, { status: 409 });
                          await pool.query('UPDATE vouchers SET used = 1 WHERE id = $1', [classId]);
                          await sendMail(userId);
                        """)
                )
            ], verdict: .proved, says: "used IS DISTINCT FROM 1"),
    ]

    @Test(arguments: cases) func verdict(_ example: Case) async throws {
        let (project, findings) = try await Playground.scan(example.files, .low)
        let finding = try #require(findings.first { Prover.rules.contains($0.rule) })
        let proof = Prover(project, engine: .postgres).prove(finding)
        #expect(proof.verdict == example.verdict, "\(proof.reason)")
        let told = [proof.reason] + proof.transcript.map { "\($0)" } + (proof.fix?.statements ?? [])
        #expect(told.contains { $0.contains(example.says) }, "\(told)")
        if example.verdict == .proved { #expect(proof.fix?.holds == true, "\(proof.fix?.reason ?? "no fix")") }
    }

    /// A remedy is typed by somebody: what the scanned code calls its tables writes none of it.
    @Test func namesThatAreNoWords() async throws {
        let name = #"x\"; DROP TABLE y; --"#
        let (_, findings) = try await Playground.scan([
            (
                "app/api/x/route.ts",
                """
                import { createClient } from '@supabase/supabase-js';
                const supabase = createClient('', '');
                export async function POST(request: Request) {
                  const { k } = await request.json();
                  const { data } = await supabase.from("\(name)").select('id').eq('k', k);
                  if (data.length > 0) return Response.json({});
                  await supabase.from("\(name)").insert({ k });
                }
                """
            )
        ])
        let finding = try #require(findings.first)
        #expect(!finding.remedy.replacing("\"x\"\"; DROP TABLE y; --\"", with: "").contains("DROP TABLE y;"))
    }

    /// Rows are made of what a column must hold; where the condition sees it through something, nobody knows what that is.
    @Test(arguments: [
        ("length(code) > 3", Proof.Verdict.notExecutable), ("-delta > 100", .notExecutable), ("upper(code) = 'doc'", .notExecutable),
        ("data->>'kind' = 'x'", .notExecutable), ("code LIKE 'd%'", .notExecutable), ("pg_backend_pid() IS NOT NULL", .notExecutable),
        ("lower(code) = 'doc'", .proved), ("delta > 1", .proved),
    ]) func conditionsThroughFunctions(_ condition: String, _ verdict: Proof.Verdict) async throws {
        let files = [
            ("migrations/1.sql", "CREATE TABLE moves (id bigint PRIMARY KEY, class_id int NOT NULL, delta int NOT NULL, code text, data jsonb);"),
            (
                "app/api/move/route.ts",
                Self.route(
                    """
                      const { rows } = await pool.query(`SELECT count(*) AS n FROM moves WHERE class_id = $1 AND \(condition)`, [classId]);
                      if (Number(rows[0].n) >= 5) return Response.json({}, { status: 409 });
                      await pool.query("INSERT INTO moves (class_id, delta, code) VALUES ($1, 2, 'doc')", [classId]);
                    """)
            ),
        ]
        let (project, findings) = try await Playground.scan(files, .low)
        let proof = Prover(project).prove(try #require(findings.first))
        #expect(proof.verdict == verdict, "\(proof.reason)")
    }
}
