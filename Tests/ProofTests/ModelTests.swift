import Flow
import Proof
import Testing

/// What models say of the database that decides: defaults, keys, CHECKs, names.
@Suite(.serialized) struct ModelTests {
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

    static let cases = [
        ProjectCase("a key that Alembic makes", alembic("op.create_index(op.f('once'), 'votes', ['poll', 'person'], unique=True)"), .refuted, "a unique key"),
        ProjectCase(
            "a key of a batch", alembic("with op.batch_alter_table('votes') as batch:\n        batch.create_unique_constraint('once', ['poll', 'person'])"),
            .refuted, "a unique key"),
        ProjectCase("an index that is no key", alembic("op.create_index('often', 'votes', ['poll', 'person'])"), .proved),
        ProjectCase(
            "a key that Alembic takes away",
            alembic("op.create_unique_constraint('once', 'votes', ['poll', 'person'])\n    op.drop_constraint('once', 'votes')"), .proved),
        ProjectCase("a key beside its class", alembic("pass", "Index('once', Vote.poll, Vote.person, unique=True)"), .refuted, "a unique key"),
        ProjectCase("a CHECK as text", taken("__table_args__ = (CheckConstraint('stock >= 0'),)"), nil),
        ProjectCase("a CHECK of two columns as text", taken("__table_args__ = (CheckConstraint('stock >= 0 OR id = 0'),)"), .refuted, "a CHECK refuses"),
        ProjectCase("no CHECK", taken("pass"), .proved),
        ProjectCase(
            "a key for rows of the state that is filled in",
            django(", default=State.ACTIVE", "UniqueConstraint(fields=['event', 'user'], condition=Q(state='active'), name='once')"), .refuted, "a unique key"),
        ProjectCase(
            "a key for rows of another state",
            django(", default=State.ACTIVE", "UniqueConstraint(fields=['event', 'user'], condition=Q(state='gone'), name='once')"), .proved),
        ProjectCase(
            "a key for rows that are not in a state",
            django(", default='active'", "UniqueConstraint(fields=['event', 'user'], condition=~Q(state='gone'), name='once')"), .refuted, "a unique key"),
        ProjectCase("a key over expressions", django("", "UniqueConstraint(F('event'), F('user'), name='once')"), .refuted, "a unique key"),
        ProjectCase("Drizzle's CHECK", drizzle("check('some', sql`${t.left} >= 0`)"), nil),
        ProjectCase("none of Drizzle's", drizzle(""), .proved),
    ]

    @Test(arguments: cases) func decides(_ item: ProjectCase) async throws { try await item.decide() }

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
