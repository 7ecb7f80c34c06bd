import Engine
import Flow
import Testing
import Triage

/// What a finding tells its reader to type: the names and values of the database, in a statement that would do what it says.
@Suite struct WordingTests {
    private func scan(_ texts: (String, String)...) async throws -> [Finding] {
        let texts = try texts.map { path, text in (path, try #require(Language(fileName: path)), Array(text.utf8)) }
        return try await Engine(threads: 1, triage: Triage()).scan(texts: texts).reports.merged.map(\.finding)
    }

    /// Code says `ReviewState.APPROVED`; the row says `approved`.
    @Test func statesAsTheyAreStored() async throws {
        let found = try await scan(
            ("states.py", "class ReviewState(TextChoices):\n    OPEN = \"open\", _(\"Open\")\n    APPROVED = \"approved\", _(\"Approved\")\n"),
            ("models.py", "from django.db import models\n\nclass Payout(models.Model):\n    state = models.CharField(max_length=20)\n"),
            (
                "views.py",
                """
                from django.core.mail import send_mail
                from models import Payout
                from states import ReviewState

                def approve(request, pk):
                    payout = Payout.objects.get(pk=pk)
                    if payout.state != ReviewState.OPEN:
                        return
                    payout.state = ReviewState.APPROVED
                    payout.save(update_fields=["state"])
                    send_mail("approved", "", None, ["a@example.org"])
                """
            ))
        let finding = try #require(found.first)
        #expect(finding.remedy.contains("state = 'approved'") && finding.remedy.contains("state = 'open'"), "\(finding.remedy)")
        #expect(!finding.remedy.contains("APPROVED"))
    }

    /// A name that somebody writes in quotes is its own value, whatever else is called so.
    @Test func namesThatAreValues() async throws {
        let found = try await scan(
            ("labels.ts", "export const LABELS = { CANCELLED: 'cancelled order' };\n"),
            (
                "orders.ts",
                """
                import { Pool } from 'pg';
                export async function cancel(pool: Pool, id: string) {
                  const { rows } = await pool.query("SELECT status FROM orders WHERE id = $1", [id]);
                  if (rows[0].status !== 'PENDING') return;
                  await pool.query("UPDATE orders SET status = 'CANCELLED' WHERE id = $1", [id]);
                }
                """
            ))
        #expect(try #require(found.first).remedy.contains("'CANCELLED'"))
    }

    /// A NULL in the key of a counter is like no other NULL: every row would pass. A constant tells no rows apart.
    @Test func countersHaveNoEmptyKeys() async throws {
        let found = try await scan(
            (
                "projects.ts",
                """
                import { PrismaClient } from '@prisma/client';
                const prisma = new PrismaClient();
                export async function create(team: string, name: string) {
                  const n = await prisma.project.count({ where: { teamId: team, kind: 'LIVE', deletedAt: null } });
                  if (n >= 10) throw new Error('full');
                  await prisma.project.create({ data: { teamId: team, name, kind: 'LIVE' } });
                }
                """
            ))
        let remedy = try #require(found.first).remedy
        #expect(remedy.contains("ON CONFLICT (\"teamId\", period) DO UPDATE"), "\(remedy)")
        #expect(remedy.contains("FROM project WHERE kind = 'LIVE' AND \"deletedAt\" IS NULL GROUP BY \"teamId\";"), "\(remedy)")
        #expect(!remedy.split(separator: "-- once")[0].contains("deletedAt"), "\(remedy)")
    }

    /// Prisma's own words for the key, and its names in quotes where PostgreSQL would fold them.
    @Test func namesOfModels() async throws {
        let schema = "datasource db {\n  provider = \"postgresql\"\n}\nmodel TaskRun {\n  id String @id\n  jobKey String\n  runStatus String\n}\n"
        let found = try await scan(
            ("schema.prisma", schema),
            (
                "runs.ts",
                """
                import { PrismaClient } from '@prisma/client';
                const prisma = new PrismaClient();
                export async function start(jobKey: string) {
                  if (await prisma.taskRun.findFirst({ where: { jobKey } })) return;
                  await prisma.taskRun.create({ data: { jobKey, runStatus: 'new' } });
                }
                export async function finish(id: string) {
                  const run = await prisma.taskRun.findUnique({ where: { id } });
                  if (run.runStatus !== 'new') return;
                  await prisma.taskRun.update({ where: { id }, data: { runStatus: 'paid' } });
                }
                """
            ))
        #expect(found.map(\.rule) == ["count-then-insert", "select-then-update"])
        #expect(found.first?.remedy.hasPrefix("@@unique([jobKey])") == true, "\(found.map(\.remedy))")
        #expect(found.last?.remedy.hasPrefix("UPDATE \"TaskRun\" SET \"runStatus\" = 'paid'") == true, "\(found.map(\.remedy))")
    }

    /// Two ways to one decision and act are one defect, which names both.
    @Test func oneFindingForOneDecision() async throws {
        let found = try await scan(
            (
                "orders.ts",
                """
                import { Pool } from 'pg';
                async function mark(pool: Pool, id: string) {
                  await pool.query("UPDATE coupons SET used = true WHERE id = $1", [id]);
                }
                async function use(pool: Pool, id: string) {
                  const { rows } = await pool.query("SELECT used FROM coupons WHERE id = $1", [id]);
                  if (rows[0].used) throw new Error('used');
                  await mark(pool, id);
                }
                export async function web(pool: Pool, id: string) { await use(pool, id); }
                export async function app(pool: Pool, id: string) { await use(pool, id); }
                """
            ))
        #expect(found.count == 1)
        #expect(Set(found[0].evidence.filter { $0.role == .call }.map(\.span)).count == 3)
    }

    /// What one caller has taken back by a comment stays open for another, though both come to one decision.
    @Test func aCommentSpeaksForItsOwnWay() async throws {
        let text = """
            import { Pool } from 'pg';
            async function look(pool: Pool, id: string) {
              const { rows } = await pool.query("SELECT used FROM coupons WHERE id = $1", [id]);
              if (rows[0].used) throw new Error('used');
            }
            async function mark(pool: Pool, id: string) {
              await pool.query("UPDATE coupons SET used = true WHERE id = $1", [id]);
            }
            export async function admin(pool: Pool, id: string) {
              await look(pool, id);
              // interlock-ignore[select-then-update]: only an administrator comes here
              await mark(pool, id);
            }
            export async function web(pool: Pool, id: string) {
              await look(pool, id);
              await mark(pool, id);
            }
            export async function app(pool: Pool, id: string) {
              await look(pool, id);
              await mark(pool, id);
            }
            """
        let result = try await Engine(threads: 1, triage: Triage()).scan(texts: [("coupons.ts", .typescript, Array(text.utf8))])
        #expect(result.excused.count == 1 && result.reports.count == 2)
        let merged = result.reports.merged
        #expect(merged.count == 1 && merged[0].finding.evidence.contains { $0.note == "comes here, too" })
    }

    /// What is left out of a count is left out of its counter, and the default of a column is not the column.
    @Test func exclusionsAndDefaultsOfPython() async throws {
        let counted = try await scan(
            (
                "views.py",
                """
                from django.db import models

                class Booking(models.Model):
                    event_id = models.IntegerField()
                    status = models.CharField(max_length=9, default="open")

                def book(request, pk):
                    if Booking.objects.filter(event_id=pk).exclude(status="cancelled").count() >= 10:
                        raise ValueError("full")
                    Booking.objects.create(event_id=pk)
                """
            ))
        #expect(try #require(counted.first).remedy.contains("WHERE status <> 'cancelled' GROUP BY event_id;"))
        let guarded = try await scan(
            (
                "main.py",
                """
                import stripe
                from sqlmodel import Session, SQLModel, update

                class Payout(SQLModel, table=True):
                    id: int
                    status: str = "pending"

                def approve(id: int, session: Session):
                    done = session.exec(update(Payout).where(Payout.id == id, Payout.status == "pending").values(status="approved"))
                    if done.rowcount == 0:
                        raise ValueError("gone")
                    stripe.Transfer.create(amount=1)
                """
            ))
        #expect(guarded.isEmpty)
    }
}
