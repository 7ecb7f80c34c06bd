import Engine
import Flow
import Foundation
import Proof
import Testing
import Triage

/// Examples and pieces of code, scanned and played.
enum Playground {
    static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "examples")

    /// The findings of a piece of code, with the project that they were found in.
    static func scan(_ texts: [(String, String)], _ confidence: Confidence = .medium) async throws -> (project: Project, findings: [Finding]) {
        var engine = try Engine(threads: 1, triage: Triage { _ in Policy(minimumConfidence: confidence) })
        engine.keepsProject = true
        let files = try texts.map { path, text in (path: path, language: try #require(Language(fileName: path)), bytes: Array(text.utf8)) }
        let result = try await engine.scan(texts: files)
        return (try #require(result.project), result.reports.map(\.finding))
    }

    static func texts(of example: String) throws -> [(String, String)] {
        let folder = examples.appending(path: example)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return try paths.filter { Language(fileName: $0) != nil }.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) }
    }

    /// The folders of the examples whose defect is a race.
    static func races(_ ending: String) throws -> [String] {
        try ["coupon-cap", "oauth-code", "payout-approval"].flatMap { name in
            try FileManager.default.contentsOfDirectory(atPath: examples.appending(path: name).path).filter { $0.hasSuffix(ending) }.sorted().map {
                "\(name)/\($0)"
            }
        }
    }

    static let ordering = """
        import { Pool } from 'pg';
        const pool = new Pool();
        """
}

@Suite(.serialized) struct ProofTests {
    @Test(arguments: try Playground.races("-vulnerable")) func everyExampleIsProvedAndItsFixHolds(_ example: String) async throws {
        let (project, findings) = try await Playground.scan(try Playground.texts(of: example))
        let races = findings.filter { Prover.rules.contains($0.rule) }
        #expect(!races.isEmpty)
        let prover = Prover(project)
        for finding in races {
            let proof = prover.prove(finding)
            #expect(proof.verdict == .proved, "\(example): \(proof.reason)")
            #expect(proof.fix?.holds == true, "\(example): \(proof.fix?.reason ?? "no fix")")
            #expect(proof.fix?.clients == 64)
        }
    }

    @Test(arguments: try Playground.races("-fixed")) func noFixedTwinIsProved(_ example: String) async throws {
        let (project, findings) = try await Playground.scan(try Playground.texts(of: example), .low)
        let prover = Prover(project)
        for finding in findings { #expect(prover.prove(finding).verdict != .proved, "\(example): \(finding.message)") }
    }

    @Test func theTranscriptIsTheSameInEveryRun() async throws {
        for example in ["coupon-cap/python-vulnerable", "coupon-cap/d1-vulnerable"] {
            let (project, findings) = try await Playground.scan(try Playground.texts(of: example))
            let once = Prover(project), again = Prover(project)
            #expect(findings.map { once.prove($0) } == findings.map { again.prove($0) })
        }
    }

    /// A key that no migration shows would be seen by nobody but the database; here the schema has it, and the rule lets it pass
    /// with low confidence, because nothing handles the failure.
    @Test func aUniqueKeyRefutes() async throws {
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", "CREATE TABLE members (id bigint PRIMARY KEY, team_id text NOT NULL, email text NOT NULL, UNIQUE (team_id, email));"),
                (
                    "src/join.ts",
                    Playground.ordering + """

                        export async function join(teamId: string, email: string) {
                          const { rows } = await pool.query('SELECT id FROM members WHERE team_id = $1 AND email = $2', [teamId, email]);
                          if (rows.length > 0) return;
                          await pool.query('INSERT INTO members (team_id, email) VALUES ($1, $2)', [teamId, email]);
                        }
                        """
                ),
            ], .low)
        let finding = try #require(findings.first { $0.rule == "count-then-insert" })
        for engine in Proof.Engine.allCases {
            let proof = Prover(project, engine: engine).prove(finding)
            #expect(proof.verdict == .refuted, "\(proof.reason)")
            #expect(proof.reason.contains("unique key"))
        }
    }

    /// What the code asks before it counts up, the corrected statement asks as it does: of 64 clients one gets the last use.
    @Test(arguments: Proof.Engine.allCases) func theFixOfACounterKeepsItsLimit(_ engine: Proof.Engine) async throws {
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", "CREATE TABLE coupons (id text PRIMARY KEY, used int NOT NULL, max_uses int NOT NULL);"),
                (
                    "src/use.ts",
                    Playground.ordering + """

                        export async function use(id: string) {
                          const { rows } = await pool.query('SELECT used, max_uses FROM coupons WHERE id = $1', [id]);
                          if (rows[0].used >= rows[0].max_uses) throw new Error('spent');
                          await pool.query('UPDATE coupons SET used = $1 WHERE id = $2', [rows[0].used + 1, id]);
                        }
                        """
                ),
            ])
        let finding = try #require(findings.first { $0.rule == "select-then-update" })
        #expect(finding.remedy.contains("AND used < max_uses"))
        let proof = Prover(project, engine: engine).prove(finding)
        #expect(proof.verdict == .proved, "\(proof.reason)")
        #expect(proof.stage.contains { $0.contains("used 0, max_uses 1") }, "\(proof.stage)")
        let fix = try #require(proof.fix)
        #expect(fix.holds && fix.winners == 1, "\(fix.reason)")
        #expect(fix.statements.contains { $0.contains("used < max_uses") })
    }

    /// A number that both have computed from the same count is the same, whatever identity the database gives to the rows.
    @Test func aKeyOverWhatBothHaveCountedRefutes() async throws {
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", "CREATE TABLE seats (id serial PRIMARY KEY, event_id text NOT NULL, seat_no int NOT NULL, UNIQUE (event_id, seat_no));"),
                (
                    "src/seat.ts",
                    Playground.ordering + """

                        export async function seat(event: string) {
                          const { rows } = await pool.query('SELECT count(*) AS n FROM seats WHERE event_id = $1', [event]);
                          const n = Number(rows[0].n);
                          if (n >= 20) throw new Error('full');
                          await pool.query('INSERT INTO seats (event_id, seat_no) VALUES ($1, $2)', [event, n + 1]);
                        }
                        """
                ),
            ], .low)
        let proof = Prover(project).prove(try #require(findings.first { $0.rule == "count-then-insert" }))
        #expect(proof.verdict == .refuted, "\(proof.reason)")
    }

    /// A new row is what its table makes of it: one that the check does not count exceeds no cap.
    @Test(arguments: Proof.Engine.allCases) func newRowsHaveTheirDefaults(_ engine: Proof.Engine) async throws {
        for (state, verdict) in [("pending", Proof.Verdict.notExecutable), ("booked", .proved)] {
            let (project, findings) = try await Playground.scan(
                [
                    (
                        "migrations/1.sql",
                        "CREATE TABLE seats (id text PRIMARY KEY, event_id text NOT NULL, state text NOT NULL DEFAULT '\(state)' CHECK (state IN ('pending', 'booked')));"
                    ),
                    (
                        "src/book.ts",
                        Playground.ordering + """

                            export async function book(event: string) {
                              const { rows } = await pool.query("SELECT count(*) AS n FROM seats WHERE event_id = $1 AND state = 'booked'", [event]);
                              if (Number(rows[0].n) >= 20) throw new Error('full');
                              await pool.query('INSERT INTO seats (event_id) VALUES ($1)', [event]);
                            }
                            """
                    ),
                ], .low)
            let proof = Prover(project, engine: engine).prove(try #require(findings.first { $0.rule == "count-then-insert" }))
            #expect(proof.verdict == verdict, "\(proof.reason)")
            #expect(
                proof.verdict != .proved || proof.stage.contains { $0.contains("state \(engine == .sqlite ? "TEXT" : "text") DEFAULT 'booked', ") },
                "\(proof.stage)")
        }
    }

    /// A lock that the other request holds is prevention, and no hang.
    @Test func aBlockedScheduleRefutes() async throws {
        let (project, findings) = try await Playground.scan(
            [
                ("migrations/1.sql", "CREATE TABLE wallets (id bigint PRIMARY KEY, balance numeric NOT NULL);"),
                (
                    "src/pay.ts",
                    Playground.ordering + """

                        export async function pay(id: number, amount: number) {
                          const { rows } = await pool.query('SELECT balance FROM wallets WHERE id = $1', [id]);
                          await pool.query('UPDATE wallets SET balance = $1 WHERE id = $2', [rows[0].balance - amount, id]);
                        }
                        """
                ),
            ])
        let finding = try #require(findings.first)
        var course = try #require(finding.course), routine = project.routines[course.routine]
        // The same routine as it would be with the lock that the finding asks for.
        routine.body = routine.body.flatMap { step -> [Step] in
            guard step.id == course.check, case .read(var read) = step.kind else { return [step] }
            read.lock = .update
            return [Step(id: routine.nextStep, span: step.span, kind: .begin(.standard)), Step(id: step.id, span: step.span, kind: .read(read))]
        }
        routine.nextStep += 1
        course.routine = 0
        var locked = finding
        locked.course = course
        let proof = Prover(Project(routines: [routine], schema: project.schema), engine: .postgres).prove(locked)
        #expect(proof.verdict == .refuted, "\(proof.reason)")
        #expect(proof.reason.contains("has to wait"))
        let open = Prover(project, engine: .postgres).prove(finding)
        #expect(open.verdict == .proved, "\(open.reason)")
        #expect(open.reason.contains("a change is lost"))
    }

    /// SQLite ends a transaction that would write what it has read in an older state.
    @Test func aSnapshotOfSQLiteRefutes() async throws {
        let (project, findings) = try await Playground.scan(try Playground.texts(of: "coupon-cap/d1-vulnerable"))
        let finding = try #require(findings.first)
        var course = try #require(finding.course), routine = project.routines[course.routine]
        routine.body.insert(Step(id: routine.nextStep, span: routine.span, kind: .begin(.standard)), at: 0)
        routine.nextStep += 1
        course.routine = 0
        var inside = finding
        inside.course = course
        let proof = Prover(Project(routines: [routine], schema: project.schema)).prove(inside)
        #expect(proof.verdict == .refuted, "\(proof.reason)")
        #expect(proof.reason.contains("SQLITE_BUSY_SNAPSHOT"))
    }

    @Test func whatCannotBePlayedSaysWhy() async throws {
        let (project, findings) = try await Playground.scan(try Playground.texts(of: "review-url/supabase-vulnerable"))
        let proof = Prover(project).prove(try #require(findings.first))
        #expect(proof.verdict == .notExecutable)
        #expect(proof.reason == "this rule is not about two requests that race")
    }

    /// What a decision is made of, beside the row: a limit from a helper that is asked for twice, a list of states, a helper that
    /// gives a reason or a row, an amount from another row. Each says how it must end.
    @Test(arguments: [
        (
            """
            const limit = readLimit('seats');
            const { rows } = await pool.query('SELECT count(*) AS c FROM seats WHERE event_id = $1', [req.params.id]);
            if (limit && Number(rows[0].c) >= limit) return res.status(409).end();
            await pool.query('INSERT INTO seats (event_id, guest) VALUES ($1, $2)', [req.params.id, req.body.guest]);
            """, "seats ends with"
        ),
        (
            """
            const { rows: [order] } = await pool.query('SELECT status FROM orders WHERE id = $1', [req.params.id]);
            if (!REFUNDABLE.includes(order.status)) return res.status(409).end();
            await pool.query("UPDATE orders SET status = 'refunded' WHERE id = $1", [req.params.id]);
            await stripe.refunds.create({ payment_intent: order.intent });
            """, "both requests change orders"
        ),
        (
            """
            const problem = await refuse(req.params.id);
            if (problem) return res.status(409).send(problem);
            await pool.query("UPDATE tokens SET used = true WHERE id = $1", [req.params.id]);
            await stripe.refunds.create({ payment_intent: req.body.intent });
            """, "is called twice"
        ),
        (
            """
            const { rows: [code] } = await pool.query('SELECT credit FROM codes WHERE id = $1', [req.body.code]);
            const { rows: [user] } = await pool.query('SELECT credits FROM accounts WHERE id = $1', [req.params.id]);
            await pool.query('UPDATE accounts SET credits = $1 WHERE id = $2', [user.credits + code.credit, req.params.id]);
            """, "a change is lost"
        ),
    ])
    func whatADecisionIsMadeOf(_ body: String, _ reason: String) async throws {
        let code = """
            \(Playground.ordering)
            const REFUNDABLE = ['paid', 'shipped'];
            async function refuse(id) {
              const { rows } = await pool.query('SELECT used FROM tokens WHERE id = $1', [id]);
              if (rows[0].used) return 'used already';
              return null;
            }
            app.post('/x/:id', async (req, res) => {
              \(body)
              res.json({ ok: true });
            });
            """
        let schema = """
            CREATE TABLE seats (id serial PRIMARY KEY, event_id text NOT NULL, guest text);
            CREATE TABLE orders (id text PRIMARY KEY, status text NOT NULL, intent text);
            CREATE TABLE tokens (id text PRIMARY KEY, used boolean NOT NULL);
            CREATE TABLE codes (id text PRIMARY KEY, credit int NOT NULL);
            CREATE TABLE accounts (id text PRIMARY KEY, credits int NOT NULL);
            """
        let (project, findings) = try await Playground.scan([("a.js", code), ("schema.sql", schema)])
        let proofs = findings.filter { Prover.rules.contains($0.rule) }.map { Prover(project).prove($0) }
        #expect(!proofs.isEmpty && proofs.allSatisfy { $0.verdict == .proved && ($0.reason.contains(reason)) }, "\(proofs.map(\.reason))")
    }

    /// The same question has the same answer twice, so that no way leads to the act.
    @Test func noWayLeadsThroughAContradiction() async throws {
        let code = """
            \(Playground.ordering)
            app.post('/x/:id', async (req, res) => {
              const { rows: [token] } = await pool.query('SELECT used FROM tokens WHERE id = $1', [req.params.id]);
              if (token.used) return res.status(409).end();
              if (req.body.dry) return res.json({ ok: true });
              if (req.body.dry) await pool.query('UPDATE tokens SET used = true WHERE id = $1', [req.params.id]);
              res.json({ ok: true });
            });
            """
        let (project, findings) = try await Playground.scan([("a.js", code)], .low)
        #expect(!findings.isEmpty)
        for finding in findings { #expect(Prover(project).prove(finding).verdict == .notExecutable) }
    }

    /// Django calls a table by app and class, and a reference by the column that holds it; the remedy is SQL, and speaks so.
    @Test func namesAreThoseOfTheDatabase() async throws {
        let (project, findings) = try await Playground.scan([
            (
                "club/models.py",
                """
                from django.db import models

                class Event(models.Model):
                    title = models.CharField(max_length=80)

                class Claim(models.Model):
                    event = models.ForeignKey(Event, on_delete=models.CASCADE)
                """
            ),
            (
                "club/views.py",
                """
                from club.models import Claim

                def claim(request, event):
                    if Claim.objects.filter(event=event).count() >= 50:
                        return False
                    Claim.objects.create(event=event)
                    return True
                """
            ),
        ])
        let finding = try #require(findings.first { $0.rule == "count-then-insert" }), proof = Prover(project).prove(finding)
        #expect(finding.remedy.contains("INSERT INTO club_claim_count (event_id, period, count)"), "\(finding.remedy)")
        #expect(finding.remedy.contains("FROM club_claim GROUP BY event_id"), "\(finding.remedy)")
        #expect(proof.verdict == .proved && proof.fix?.holds == true, "\(proof.reason)")
        #expect(proof.transcript.contains { $0.text.contains("FROM club_claim WHERE event_id") })
    }

    @Test(arguments: [("postgresql", Proof.Engine.postgres, "--dialect postgres"), ("sqlite", .sqlite, "--dialect sqlite")])
    func aSchemaOfPrismaTellsTheDatabase(_ provider: String, _ engine: Proof.Engine, _ said: String) async throws {
        let (project, findings) = try await Playground.scan([
            (
                "prisma/schema.prisma",
                """
                datasource db {
                  provider = "\(provider)"
                }
                model Event {
                  id       Int     @id
                  capacity Int
                  claims   Claim[]
                }
                model Claim {
                  id      Int   @id @default(autoincrement())
                  event   Event @relation(fields: [eventId], references: [id])
                  eventId Int   @map("event_id")
                }
                """
            ),
            (
                "src/claim.ts",
                """
                import { PrismaClient } from '@prisma/client';
                const prisma = new PrismaClient();
                export async function POST(req) {
                  const { id } = await req.json();
                  if ((await prisma.claim.count({ where: { eventId: id } })) >= 50) return new Response('full');
                  await prisma.claim.create({ data: { eventId: id } });
                  return new Response('ok');
                }
                export async function PUT(req) {
                  const { id } = await req.json();
                  const event = await prisma.event.findUnique({ where: { id }, include: { _count: { select: { claims: true } } } });
                  if (event._count.claims >= event.capacity) return new Response('full');
                  await prisma.claim.create({ data: { eventId: id } });
                  return new Response('ok');
                }
                """
            ),
        ])
        #expect(findings.count == 2)
        #expect(findings.contains { $0.remedy.contains(said) && $0.remedy.contains("(event_id, period, count)") })
        let prover = Prover(project)
        for finding in findings {
            let proof = prover.prove(finding)
            #expect(proof.verdict == .proved && proof.engine.lowercased().contains(engine.rawValue), "\(proof.reason)")
            #expect(!proof.assumptions.contains { $0.contains("Which database") })
        }
    }
}
