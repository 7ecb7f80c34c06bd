import Flow
import Proof
import Testing

/// What models and connections say of the database that decides: levels of isolation, defaults, CHECKs, names.
@Suite(.serialized) struct ModelTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let files: [(String, String)]
        /// nil where nothing is found.
        let verdict: Proof.Verdict?
        let says: String
        var testDescription: String { name }

        init(_ name: String, _ files: [(String, String)], _ verdict: Proof.Verdict?, _ says: String = "") {
            (self.name, self.files, self.verdict, self.says) = (name, files, verdict, says)
        }
    }

    /// A balance that is read, lowered and written by a session that is in a transaction from its first statement on.
    private static func alchemy(_ engines: String, _ column: String = "Integer, nullable=False", _ options: String = "pass", ends: String = "") -> [(
        String, String
    )] {
        [
            (
                "app.py",
                """
                from sqlalchemy import CheckConstraint, Column, Integer, create_engine, select, update
                from sqlalchemy.orm import Session, declarative_base
                \(engines)
                Base = declarative_base()

                class Wallet(Base):
                    __tablename__ = "wallets"
                    \(options)
                    id = Column(Integer, primary_key=True)
                    balance = Column(\(column))

                def buy(db: Session, wallet_id: int, price: int):
                    wallet = db.execute(select(Wallet).where(Wallet.id == wallet_id)).scalar_one()
                    if wallet.balance < price:
                        raise ValueError("poor")
                \(ends)
                    wallet.balance -= price
                    db.commit()
                """
            )
        ]
    }

    /// One vote of a person in a poll; the key stands in a migration, or beside the class.
    private static func alembic(_ operation: String, _ beside: String = "") -> [(String, String)] {
        [
            (
                "migrations/versions/1_votes.py",
                """
                from alembic import op
                import sqlalchemy as sa

                def upgrade():
                    op.create_table("votes", sa.Column("id", sa.Integer, primary_key=True), sa.Column("poll", sa.Integer), sa.Column("person", sa.Integer))
                    \(operation)

                def downgrade():
                    op.drop_table("votes")
                """
            ),
            (
                "app.py",
                """
                from sqlalchemy import Column, Index, Integer, select
                from sqlalchemy.orm import Session, declarative_base
                Base = declarative_base()

                class Vote(Base):
                    __tablename__ = "votes"
                    id = Column(Integer, primary_key=True)
                    poll = Column(Integer)
                    person = Column(Integer)

                \(beside)

                def vote(db: Session, poll: int, person: int):
                    if db.execute(select(Vote).where(Vote.poll == poll, Vote.person == person)).scalar_one_or_none():
                        raise ValueError("voted")
                    db.add(Vote(poll=poll, person=person))
                    db.commit()
                """
            ),
        ]
    }

    private static func taken(_ options: String) -> [(String, String)] {
        [
            (
                "app.py",
                """
                from sqlalchemy import CheckConstraint, Column, Integer, create_engine, select, update
                from sqlalchemy.orm import Session, declarative_base
                Base = declarative_base()

                class Item(Base):
                    __tablename__ = "items"
                    \(options)
                    id = Column(Integer, primary_key=True)
                    stock = Column(Integer, nullable=False)

                def buy(db: Session, item_id: int):
                    item = db.execute(select(Item).where(Item.id == item_id)).scalar_one()
                    if item.stock < 1:
                        raise ValueError("none left")
                    db.execute(update(Item).where(Item.id == item_id).values(stock=Item.stock - 1))
                    db.commit()
                """
            )
        ]
    }

    /// One signup of a user for an event, whose state is filled in.
    private static func django(_ state: String, _ constraint: String) -> [(String, String)] {
        [
            (
                "shop/models.py",
                """
                from django.db import models
                from django.db.models import F, Q, UniqueConstraint

                class Signup(models.Model):
                    class State(models.TextChoices):
                        ACTIVE = "active", "Active"
                        GONE = "gone", "Gone"

                    event = models.IntegerField()
                    user = models.IntegerField()
                    state = models.CharField(max_length=10, choices=State.choices\(state))

                    class Meta:
                        constraints = [\(constraint)]
                """
            ),
            (
                "shop/views.py",
                """
                from .models import Signup

                def join(request, event):
                    if Signup.objects.filter(event=event, user=request.user.id).exists():
                        return None
                    return Signup.objects.create(event=event, user=request.user.id)
                """
            ),
        ]
    }

    private static func drizzle(_ check: String) -> [(String, String)] {
        [
            (
                "schema.ts",
                """
                import { check, integer, pgTable } from 'drizzle-orm/pg-core';
                import { sql } from 'drizzle-orm';
                export const items = pgTable('items', {
                  id: integer('id').primaryKey(),
                  left: integer('stock').notNull(),
                }, (t) => [\(check)]);
                """
            ),
            (
                "buy.ts",
                """
                import { eq, sql } from 'drizzle-orm';
                import { items } from './schema';
                import { db } from './db';
                export async function buy(req, res) {
                  const [item] = await db.select().from(items).where(eq(items.id, req.body.id));
                  if (item.left < 1) return res.status(409).end();
                  await db.update(items).set({ left: sql`${items.left} - 1` }).where(eq(items.id, req.body.id));
                  res.json({ ok: true });
                }
                """
            ),
        ]
    }

    /// No two rows of the same seat: both requests read and insert inside of a transaction.
    private static func transaction(_ settings: String, _ opens: Bool = true) -> [(String, String)] {
        [
            ("migrations/1.sql", "CREATE TABLE seats (id serial PRIMARY KEY, place text NOT NULL, person text NOT NULL); \(settings)"),
            (
                "take.ts",
                """
                import { Pool } from 'pg';
                const pool = new Pool();
                export async function take(req, res) {
                  const client = await pool.connect();
                  \(opens ? "await client.query('BEGIN');" : "")
                  const { rows } = await client.query('SELECT id FROM seats WHERE place = $1', [req.body.place]);
                  if (rows.length) return res.status(409).end();
                  await client.query('INSERT INTO seats (place, person) VALUES ($1, $2)', [req.body.place, req.body.person]);
                  \(opens ? "await client.query('COMMIT');" : "")
                  res.json({ ok: true });
                }
                """
            ),
        ]
    }

    static let cases = [
        Case("no level is asked for", alchemy("engine = create_engine('postgresql://x')"), .proved),
        Case("every engine repeats what it has read", alchemy("engine = create_engine('postgresql://x', isolation_level='REPEATABLE READ')"), nil),
        Case("so do its options", alchemy("engine = create_engine('postgresql://x', execution_options={'isolation_level': 'REPEATABLE READ'})"), nil),
        Case(
            "MySQL writes all the same", alchemy("engine = create_engine('mysql+pymysql://x', isolation_level='REPEATABLE READ')"), .proved, "MySQL is not run"),
        Case(
            "one of two engines asks for nothing",
            alchemy("engine = create_engine('postgresql://x', isolation_level='SERIALIZABLE')\nother = create_engine('postgresql://y')"), .proved),
        Case(
            "the transaction ends between", alchemy("engine = create_engine('postgresql://x', isolation_level='SERIALIZABLE')", ends: "    db.commit()"),
            .proved),
        Case("the database begins every transaction so", transaction("ALTER DATABASE app SET default_transaction_isolation = 'serializable';"), nil),
        Case(
            "a level for transactions, and there is none", transaction("ALTER DATABASE app SET default_transaction_isolation = 'serializable';", false), .proved
        ),
        Case(
            "a level that lets phantoms in", transaction("ALTER DATABASE app SET default_transaction_isolation = 'repeatable read';"), .proved,
            "BEGIN ISOLATION LEVEL REPEATABLE READ"),
        Case(
            "a level of one session among others",
            alchemy("engine = create_engine('postgresql://x')\nreports = engine.execution_options(isolation_level='SERIALIZABLE')"), .proved),
        Case("a remark about levels", transaction("-- default_transaction_isolation = 'serializable' was too slow"), .proved),
        Case("a level for a while", transaction("SET LOCAL default_transaction_isolation = 'serializable';"), .proved),
        Case("a key that Alembic makes", alembic("op.create_index(op.f('once'), 'votes', ['poll', 'person'], unique=True)"), .refuted, "a unique key"),
        Case(
            "a key of a batch", alembic("with op.batch_alter_table('votes') as batch:\n        batch.create_unique_constraint('once', ['poll', 'person'])"),
            .refuted, "a unique key"),
        Case("an index that is no key", alembic("op.create_index('often', 'votes', ['poll', 'person'])"), .proved),
        Case(
            "a key that Alembic takes away",
            alembic("op.create_unique_constraint('once', 'votes', ['poll', 'person'])\n    op.drop_constraint('once', 'votes')"), .proved),
        Case("a key beside its class", alembic("pass", "Index('once', Vote.poll, Vote.person, unique=True)"), .refuted, "a unique key"),
        Case("a CHECK as text", taken("__table_args__ = (CheckConstraint('stock >= 0'),)"), nil),
        Case("a CHECK of two columns as text", taken("__table_args__ = (CheckConstraint('stock >= 0 OR id = 0'),)"), .refuted, "a CHECK refuses"),
        Case("no CHECK", taken("pass"), .proved),
        Case(
            "a key for rows of the state that is filled in",
            django(", default=State.ACTIVE", "UniqueConstraint(fields=['event', 'user'], condition=Q(state='active'), name='once')"), .refuted, "a unique key"),
        Case(
            "a key for rows of another state",
            django(", default=State.ACTIVE", "UniqueConstraint(fields=['event', 'user'], condition=Q(state='gone'), name='once')"), .proved),
        Case(
            "a key for rows that are not in a state",
            django(", default='active'", "UniqueConstraint(fields=['event', 'user'], condition=~Q(state='gone'), name='once')"), .refuted, "a unique key"),
        Case("a key over expressions", django("", "UniqueConstraint(F('event'), F('user'), name='once')"), .refuted, "a unique key"),
        Case("Drizzle's CHECK", drizzle("check('some', sql`${t.left} >= 0`)"), nil),
        Case("none of Drizzle's", drizzle(""), .proved),
    ]

    @Test(arguments: cases) func decides(_ item: Case) async throws {
        let (project, findings) = try await Playground.scan(item.files, .low)
        guard let verdict = item.verdict else { return #expect(findings.isEmpty) }
        let proof = Prover(project).prove(try #require(findings.first))
        #expect(proof.verdict == verdict, "\(proof.reason)")
        let said = [proof.reason] + proof.assumptions + proof.transcript.map(\.text)
        #expect(item.says.isEmpty || said.contains { $0.contains(item.says) }, "\(said)")
    }

    /// Corrected SQL speaks as the database does.
    @Test(arguments: [
        (
            "class State(enum.Enum):\n    OPEN = 'open'\n    PAID = 'paid'", "Enum(State)", "SET state = 'PAID'"
        ),
        (
            "class State(enum.Enum):\n    OPEN = 'open'\n    PAID = 'paid'", "Enum(State, values_callable=lambda e: [m.value for m in e])", "SET state = 'paid'"
        ),
    ]) func statesAreSpelledAsTheyAreStored(_ states: String, _ type: String, _ remedy: String) async throws {
        let (_, findings) = try await Playground.scan(
            [
                (
                    "app.py",
                    """
                    import enum
                    from sqlalchemy import Column, Enum, Integer, update
                    from sqlalchemy.orm import Session, declarative_base
                    Base = declarative_base()

                    \(states)

                    class Invoice(Base):
                        __tablename__ = "invoices"
                        __table_args__ = {"schema": "billing"}
                        id = Column(Integer, primary_key=True)
                        state = Column(\(type), nullable=False)

                    def settle(db: Session, invoice_id: int):
                        db.execute(update(Invoice).where(Invoice.id == invoice_id).values(state=State.PAID))
                        db.commit()
                        send_receipt(invoice_id)
                    """
                )
            ], .low)
        let finding = try #require(findings.first { $0.rule == "unguarded-status-write" })
        #expect(finding.remedy.contains(remedy), "\(finding.remedy)")
        #expect(finding.remedy.contains("UPDATE billing.invoices"), "\(finding.remedy)")
    }

    @Test func prismaMapsTheStates() async throws {
        let (_, findings) = try await Playground.scan(
            [
                (
                    "prisma/schema.prisma",
                    """
                    datasource db {
                      provider = "postgresql"
                      url = env("DATABASE_URL")
                    }
                    enum State {
                      OPEN @map("open")
                      PAID @map("paid")
                    }
                    model Invoice {
                      id Int @id
                      state State
                      @@map("invoices")
                      @@schema("billing")
                    }
                    """
                ),
                (
                    "settle.ts",
                    """
                    import { PrismaClient } from '@prisma/client';
                    const prisma = new PrismaClient();
                    export async function settle(req, res) {
                      await prisma.invoice.update({ where: { id: req.body.id }, data: { state: 'PAID' } });
                      await sendReceipt(req.body.id);
                      res.json({ ok: true });
                    }
                    """
                ),
            ], .low)
        let finding = try #require(findings.first { $0.rule == "unguarded-status-write" })
        #expect(finding.remedy.contains("UPDATE billing.invoices SET state = 'paid'"), "\(finding.remedy)")
    }
}
