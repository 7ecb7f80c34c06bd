import Flow
import Foundation
import Proof
import Testing

/// What is played in place of check and act is what the finding offers, with its own names, and not something like it.
@Suite(.serialized) struct FixTests {
    private static let signUp = """
        export async function signUp(event: string, room: string, email: string) {
          const { rows } = await pool.query('SELECT count(*) AS n FROM seats WHERE event_id = $1 AND state = $2', [event, 'booked']);
          if (Number(rows[0].n) >= 20) throw new Error('full');
          await pool.query('INSERT INTO seats (event_id, room_id, email, state) VALUES ($1, $2, $3, $4)', [event, room, email, 'booked']);
        }
        """

    private static let seats = "CREATE TABLE seats (id text PRIMARY KEY, event_id text NOT NULL, room_id text, email text, state text NOT NULL);"

    private func finding(_ schema: String, _ code: String, _ rule: String = "count-then-insert") async throws -> (Project, Finding) {
        let (project, findings) = try await Playground.scan([("migrations/1.sql", schema), ("src/code.ts", Playground.ordering + "\n" + code)], .low)
        return (project, try #require(findings.first { $0.rule == rule }))
    }

    /// The counter begins with the rows that are there, in the table that the migration makes; one request claims by the statement
    /// of the remedy, the other by the migration's function.
    @Test(arguments: Proof.Engine.allCases) func theCounterIsTheOneThatIsOffered(_ engine: Proof.Engine) async throws {
        let (project, finding) = try await finding(Self.seats, Self.signUp)
        #expect(finding.remedy.contains("interlock migrate counter --dialect postgres --table seats_count --scope event_id --cap 20 --period forever"))
        let proof = Prover(project, engine: engine).prove(finding), fix = try #require(proof.fix, "\(proof.reason)")
        #expect(fix.holds && fix.winners == 1 && fix.clients == 64, "\(fix.reason)")
        let cast = engine == .postgres ? "CAST(event_id AS text)" : "event_id"
        #expect(
            fix.statements.first
                == "INSERT INTO seats_count (event_id, period, count) SELECT \(cast), 'always', count(*) FROM seats WHERE state = 'booked' GROUP BY event_id")
        let claim =
            "INSERT INTO seats_count (event_id, period, count) SELECT 'event-1', 'always', 1 WHERE 20 >= 1 ON CONFLICT (event_id, period) DO UPDATE SET count = seats_count.count + 1 WHERE seats_count.count < 20"
        #expect(fix.statements.contains(claim), "\(fix.statements)")
        // Word for word the remedy, but for its values.
        let offered = finding.remedy.split(separator: "\nRETURNING")[0].split { $0 == "\n" || $0 == " " }.joined(separator: " ")
        #expect(offered == claim.replacing("'event-1'", with: ":event_id"))
    }

    /// Two columns are no scope that a migration could be asked for: the remedy says what the key is.
    @Test(arguments: Proof.Engine.allCases) func aScopeOfTwoColumns(_ engine: Proof.Engine) async throws {
        let code = Self.signUp.replacing("event_id = $1 AND state = $2', [event, 'booked']", with: "event_id = $1 AND room_id = $2', [event, room]")
        let (project, finding) = try await finding(Self.seats, code)
        #expect(finding.remedy.contains("seats_count has PRIMARY KEY (event_id, room_id, period)"))
        let fix = try #require(Prover(project, engine: engine).prove(finding).fix)
        #expect(fix.holds && fix.statements.contains { $0.contains("ON CONFLICT (event_id, room_id, period)") }, "\(fix.reason) \(fix.statements)")
    }

    @Test(arguments: Proof.Engine.allCases) func aDayIsAPeriod(_ engine: Proof.Engine) async throws {
        let code = Self.signUp.replacing("state = $2', [event, 'booked']", with: "created_at >= $2', [event, new Date(new Date().setHours(0, 0, 0, 0))]")
        let (project, finding) = try await finding(
            Self.seats.replacing("room_id text,", with: "room_id text, created_at timestamp NOT NULL DEFAULT now(),"), code)
        #expect(finding.remedy.contains("SELECT :event_id, :ymd, 1") && !finding.remedy.contains("--period"))
        let fix = try #require(Prover(project, engine: engine).prove(finding).fix)
        #expect(fix.holds && fix.statements.contains { $0.contains("SELECT 'event-1', '2026-01-15', 1") }, "\(fix.reason) \(fix.statements)")
    }

    /// Sums have no slots, and what runs out by itself gives none back: neither is told to count.
    @Test(arguments: [
        ("SELECT sum(size) AS n FROM seats WHERE event_id = $1", "[event]"),
        ("SELECT count(*) AS n FROM seats WHERE event_id = $1 AND expires_at > $2", "[event, new Date()]"),
        ("SELECT count(*) AS n FROM seats WHERE event_id = $1 AND starts_at > now() - interval \\'7 days\\'", "[event]"),
        // A counter of each day would let twice as many through in 24 hours.
        ("SELECT count(*) AS n FROM seats WHERE event_id = $1 AND starts_at > now() - interval \\'24 hours\\'", "[event]"),
        ("SELECT count(*) AS n FROM seats WHERE event_id = $1 OR email = $2", "[event, email]"),
        ("SELECT count(*) AS n FROM seats WHERE lower(email) = lower($1)", "[email]"),
        ("SELECT count(*) AS n FROM seats WHERE event_id = $1 AND starts_at < $2 AND ends_at > $3", "[event, new Date(), new Date()]"),
    ]) func whatACounterCannotCount(_ query: String, _ values: String) async throws {
        let schema = Self.seats.replacing("room_id text", with: "size int, starts_at timestamp, ends_at timestamp, expires_at timestamp, room_id text")
        let code = Self.signUp.replacing(
            "SELECT count(*) AS n FROM seats WHERE event_id = $1 AND state = $2', [event, 'booked']", with: "\(query)', \(values)")
        let (_, finding) = try await finding(schema, code)
        #expect(finding.remedy.contains("FOR UPDATE") && !finding.remedy.contains("seats_count"))
        #expect(finding.help.hasPrefix("Lock the row"))
    }

    @Test(arguments: Proof.Engine.allCases) func thePartialKeyIsTheOneThatIsOffered(_ engine: Proof.Engine) async throws {
        let code = """
            export async function book(room: string, email: string) {
              const { rows } = await pool.query("SELECT id FROM seats WHERE room_id = $1 AND state IN ('booked', 'paid')", [room]);
              if (rows.length > 0) throw new Error('taken');
              await pool.query("INSERT INTO seats (room_id, email, state) VALUES ($1, $2, 'booked')", [room, email]);
            }
            """
        let (project, finding) = try await finding(Self.seats, code)
        let key = "CREATE UNIQUE INDEX seats_room_id_once ON seats (room_id) WHERE state IN ('booked', 'paid')"
        #expect(finding.remedy.hasPrefix(key + ";\n"))
        let fix = try #require(Prover(project, engine: engine).prove(finding).fix)
        #expect(fix.holds && fix.statements.first == key, "\(fix.reason) \(fix.statements)")
        #expect(fix.statements.last?.hasSuffix("ON CONFLICT (room_id) WHERE state IN ('booked', 'paid') DO NOTHING") == true, "\(fix.statements)")
    }

    /// A key over `lower(email)` can be written down; one over a part of a document has arguments that nobody knows here.
    @Test(arguments: [("lower(email)", "CREATE UNIQUE INDEX seats_email_once ON seats (lower(email));"), ("data->>'code'", "FOR UPDATE")])
    func keysOverFunctions(_ asked: String, _ remedy: String) async throws {
        let code = """
            export async function keep(email: string) {
              const { rows } = await pool.query("SELECT 1 FROM seats WHERE \(asked) = $1", [email]);
              if (rows.length > 0) throw new Error('taken');
              await pool.query("INSERT INTO seats (email, data) VALUES ($1, $2)", [email, { code: email }]);
            }
            """
        let (_, finding) = try await finding(Self.seats.replacing("room_id text", with: "room_id text, data jsonb"), code)
        #expect(finding.remedy.contains(remedy) && !finding.remedy.contains("json("), "\(finding.remedy)")
    }

    /// To the code a row without a state is one that is not used yet; so it must be to the statement.
    @Test(arguments: Proof.Engine.allCases) func aStateThatMayBeMissing(_ engine: Proof.Engine) async throws {
        let code = """
            export async function use(id: string) {
              const { rows } = await pool.query('SELECT state FROM seats WHERE id = $1', [id]);
              if (rows[0].state === 'used') throw new Error('used');
              await pool.query("UPDATE seats SET state = 'used' WHERE id = $1", [id]);
              await mailer.send(id);
            }
            """
        for (schema, condition) in [
            (Self.seats, "state <> 'used'"), (Self.seats.replacing("state text NOT NULL", with: "state text"), "state IS DISTINCT FROM 'used'"),
        ] {
            let (project, finding) = try await finding(schema, code, "select-then-update")
            #expect(finding.remedy.contains("AND \(condition)"), "\(finding.remedy)")
            let proof = Prover(project, engine: engine).prove(finding), fix = try #require(proof.fix, "\(proof.reason)")
            let played = engine == .sqlite ? condition.replacing("IS DISTINCT FROM", with: "IS NOT") : condition
            #expect(fix.holds && fix.statements.first?.hasSuffix(played) == true, "\(fix.reason) \(fix.statements)")
        }
    }

    /// A fix that lets both through is told from one that holds.
    @Test(arguments: Proof.Engine.allCases) func whatDoesNotHoldIsNotOffered(_ engine: Proof.Engine) async throws {
        let (project, finding) = try await finding(
            Self.seats, Self.signUp.replacing("count(*) AS n", with: "id").replacing("Number(rows[0].n) >= 20", with: "rows.length > 0"))
        guard case .key(let offered)? = finding.course?.cure else { throw NotAKey() }
        for (rows, holds) in [(offered.rows, true), ([Predicate("state", .equal, .literal(.string("free")))], false)] {
            var other = finding
            other.course?.cure = .key(Cure.Key(columns: offered.columns, rows: rows, nullable: nil))
            let fix = try #require(Prover(project, engine: engine).prove(other).fix)
            #expect(fix.holds == holds, "\(fix.reason)")
        }
    }

    private struct NotAKey: Error {}

    private static let tickets = "CREATE TABLE tickets (id bigint PRIMARY KEY, state text NOT NULL, owner_id int NOT NULL);"

    private static func close(_ test: String, _ before: String = "", _ after: String = "await stripe.transfers.create({ amount: 1 });") -> String {
        """
        export async function close(id: number, me: number) {
          const { rows } = await pool.query('SELECT * FROM tickets WHERE id = $1', [id]);
          if (\(test)) throw new Error('no');
          \(before)
          await pool.query("UPDATE tickets SET state = 'closed' WHERE id = $1", [id]);
          \(after)
        }
        """
    }

    /// Where one test of several is enough, the statement lets all of them through; where the choice is between columns, it is none.
    @Test(arguments: [
        ("rows[0].state !== 'open' && rows[0].state !== 'pending'", "state IN ('open', 'pending')"),
        ("!(rows[0].state === 'open' || rows[0].state === 'pending')", "state IN ('open', 'pending')"),
        ("!rows[0] || rows[0].state !== 'open'", "state = 'open'"),
        ("rows[0].state !== 'open' && rows[0].owner_id !== me", "FOR UPDATE"),
    ]) func choicesStayOpen(_ test: String, _ remedy: String) async throws {
        let (project, finding) = try await finding(Self.tickets, Self.close(test), "select-then-update")
        #expect(finding.remedy.contains(remedy), "\(finding.remedy)")
        let fix = Prover(project).prove(finding).fix
        #expect(remedy == "FOR UPDATE" ? fix == nil : fix?.statements.contains { $0.contains(remedy) } == true, "\(fix?.statements ?? [])")
    }

    /// A payment that stands before the statement stays there twice, whatever the statement says.
    @Test func whatIsCalledBeforeHasToMove() async throws {
        let code = Self.close("rows[0].state !== 'open'", "await stripe.refunds.create({ charge: rows[0].id });", "")
        let (project, finding) = try await finding(Self.tickets, code, "select-then-update")
        #expect(finding.help.contains("call `stripe.refunds.create` behind it, not before"), "\(finding.help)")
        let fix = try #require(Prover(project).prove(finding).fix)
        #expect(fix.reason.hasSuffix("stripe.refunds.create has to be called behind it, not before"), "\(fix.reason)")
    }
}
