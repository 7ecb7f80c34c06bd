import Flow
import Proof
import Testing

/// At which level a transaction runs, wherever the project says so; where that cannot be told nothing is proved.
@Suite(.serialized) struct IsolationTests {
    /// A balance that is read, lowered and written by a session that is in a transaction from its first statement on.
    private static func alchemy(_ engines: String, begins: String = "", ends: String = "") -> [(String, String)] {
        [
            (
                "app.py",
                """
                from sqlalchemy import Column, Integer, create_engine, select, update
                from sqlalchemy.orm import Session, declarative_base
                \(engines)
                Base = declarative_base()

                class Wallet(Base):
                    __tablename__ = "wallets"
                    id = Column(Integer, primary_key=True)
                    balance = Column(Integer, nullable=False)

                def buy(db: Session, wallet_id: int, price: int):
                \(begins)
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

    /// No two rows of the same seat: both requests read and insert inside of a transaction.
    private static func seats(_ settings: String = "", begins: String = "await client.query('BEGIN');", pool: String = "") -> [(String, String)] {
        [
            ("migrations/1.sql", "CREATE TABLE seats (id serial PRIMARY KEY, place text NOT NULL, person text NOT NULL); \(settings)"),
            (
                "take.ts",
                """
                import { Pool } from 'pg';
                const pool = new Pool();
                \(pool)
                export async function take(req, res) {
                  const client = await pool.connect();
                  \(begins)
                  const { rows } = await client.query('SELECT id FROM seats WHERE place = $1', [req.body.place]);
                  if (rows.length) return res.status(409).end();
                  await client.query('INSERT INTO seats (place, person) VALUES ($1, $2)', [req.body.place, req.body.person]);
                  \(begins.isEmpty ? "" : "await client.query('COMMIT');")
                  res.json({ ok: true });
                }
                """
            ),
        ]
    }

    /// The same through Prisma, whose transaction is opened by `open`, with what stands in another file.
    private static func prisma(_ elsewhere: String, _ open: String, _ close: String) -> [(String, String)] {
        [
            ("schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}\nmodel Seat {\n  id String @id @default(cuid())\n  place String\n}"),
            (
                "tx.ts",
                """
                import { PrismaClient, Prisma } from '@prisma/client';
                export const prisma = new PrismaClient();
                \(elsewhere)
                """
            ),
            (
                "take.ts",
                """
                import express from 'express';
                import { prisma, strictly, STRICT } from './tx';
                const app = express();
                app.post('/seats', async (req, res) => {
                  await \(open)async (tx) => {
                    const taken = await tx.seat.findFirst({ where: { place: req.body.place } });
                    if (taken) throw new Error('taken');
                    await tx.seat.create({ data: { place: req.body.place } });
                  }\(close));
                  res.json({ ok: true });
                });
                """
            ),
        ]
    }

    /// A balance in a service whose method is decorated.
    private static func decorated(_ decorator: String) -> [(String, String)] {
        [
            (
                "wallet.entity.ts",
                """
                import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
                @Entity('wallets')
                export class Wallet {
                  @PrimaryGeneratedColumn('uuid') id: string;
                  @Column('int') balance: number;
                }
                """
            ),
            (
                "wallet.service.ts",
                """
                import { Injectable } from '@nestjs/common';
                import { Repository } from 'typeorm';
                import { InjectRepository } from '@nestjs/typeorm';
                import { Transactional, IsolationLevel } from 'typeorm-transactional';
                import { Wallet } from './wallet.entity';
                @Injectable()
                export class WalletService {
                  constructor(@InjectRepository(Wallet) private readonly wallets: Repository<Wallet>) {}
                  \(decorator)
                  async spend(id: string, amount: number) {
                    const wallet = await this.wallets.findOneBy({ id });
                    if (!wallet || wallet.balance < amount) throw new Error('poor');
                    wallet.balance = wallet.balance - amount;
                    await this.wallets.save(wallet);
                  }
                }
                """
            ),
        ]
    }

    /// A balance in a view of Django.
    private static func django(_ options: String) -> [(String, String)] {
        [
            ("shop/settings.py", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop'\(options)}}"),
            (
                "shop/models.py",
                """
                from django.db import models

                class Wallet(models.Model):
                    owner = models.OneToOneField("auth.User", on_delete=models.CASCADE)
                    balance = models.IntegerField()
                """
            ),
            (
                "shop/views.py",
                """
                from django.http import JsonResponse
                from .models import Wallet

                def spend(request):
                    amount = int(request.POST["amount"])
                    wallet = Wallet.objects.get(owner=request.user)
                    if wallet.balance < amount:
                        return JsonResponse({"error": "poor"}, status=402)
                    wallet.balance -= amount
                    wallet.save()
                    return JsonResponse({"ok": True})
                """
            ),
        ]
    }

    private static let unknown = "whether these transactions run at that level is not known"

    static let cases = [
        ProjectCase("no level is asked for", alchemy("engine = create_engine('postgresql://x')"), .proved),
        ProjectCase("every engine repeats what it has read", alchemy("engine = create_engine('postgresql://x', isolation_level='REPEATABLE READ')"), nil),
        ProjectCase("so do its options", alchemy("engine = create_engine('postgresql://x', execution_options={'isolation_level': 'REPEATABLE READ'})"), nil),
        ProjectCase(
            "MySQL writes all the same", alchemy("engine = create_engine('mysql+pymysql://x', isolation_level='REPEATABLE READ')"), .proved, "MySQL is not run"),
        ProjectCase(
            "one of two engines asks for nothing",
            alchemy("engine = create_engine('postgresql://x', isolation_level='SERIALIZABLE')\nother = create_engine('postgresql://y')"), .notExecutable,
            unknown),
        ProjectCase(
            "the transaction ends between", alchemy("engine = create_engine('postgresql://x', isolation_level='SERIALIZABLE')", ends: "    db.commit()"),
            .proved),
        ProjectCase(
            "a level of one session among others",
            alchemy("engine = create_engine('postgresql://x')\nreports = engine.execution_options(isolation_level='SERIALIZABLE')"), .notExecutable, unknown),
        ProjectCase(
            "a level of this session alone",
            alchemy("engine = create_engine('postgresql://x')", begins: "    db.connection(execution_options={'isolation_level': 'SERIALIZABLE'})"),
            .notExecutable, unknown),
        ProjectCase(
            "a weaker level somewhere",
            alchemy("engine = create_engine('postgresql://x')\nreports = engine.execution_options(isolation_level='AUTOCOMMIT')"), .proved),
        ProjectCase("the database begins every transaction so", seats("ALTER DATABASE app SET default_transaction_isolation = 'serializable';"), nil),
        ProjectCase(
            "a level for transactions, and there is none", seats("ALTER DATABASE app SET default_transaction_isolation = 'serializable';", begins: ""), .proved),
        ProjectCase(
            "a level that lets phantoms in", seats("ALTER DATABASE app SET default_transaction_isolation = 'repeatable read';"), .proved,
            "BEGIN ISOLATION LEVEL REPEATABLE READ"),
        ProjectCase("a remark about levels", seats("-- default_transaction_isolation = 'serializable' was too slow"), .proved),
        ProjectCase("a level for a while", seats("SET LOCAL default_transaction_isolation = 'serializable';"), .proved),
        ProjectCase(
            "a pool that sets a level when it connects",
            seats(
                pool:
                    "pool.on('connect', (client) => client.query('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE'));"),
            .notExecutable, unknown),
        ProjectCase(
            "the same, and no transaction",
            seats(
                begins: "",
                pool:
                    "pool.on('connect', (client) => client.query('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE'));"),
            .proved),
        ProjectCase("a level that a variable names", seats(begins: "await client.query(`BEGIN ISOLATION LEVEL ${'SERIALIZABLE'}`);"), nil),
        ProjectCase(
            "a level that nobody knows", seats(begins: "await client.query(`BEGIN ISOLATION LEVEL ${process.env.LEVEL}`);"), .notExecutable,
            "at which level this transaction runs is not known"),
        ProjectCase("no options", prisma("", "prisma.$transaction(", ""), .proved),
        ProjectCase(
            "options of another file",
            prisma("export const STRICT = { isolationLevel: Prisma.TransactionIsolationLevel.Serializable };", "prisma.$transaction(", ", STRICT"),
            nil),
        ProjectCase(
            "other options of another file", prisma("export const STRICT = { timeout: 5_000 };", "prisma.$transaction(", ", STRICT"), .proved),
        ProjectCase(
            "a helper with a level of its own",
            prisma(
                "export function strictly<T>(work: (tx: Prisma.TransactionClient) => Promise<T>, level: string = 'Serializable') {\n  return prisma.$transaction(work, { isolationLevel: level });\n}",
                "strictly(", ""), nil),
        ProjectCase(
            "the caller asks it for less",
            prisma(
                "export function strictly<T>(work: (tx: Prisma.TransactionClient) => Promise<T>, level: string = 'Serializable') {\n  return prisma.$transaction(work, { isolationLevel: level });\n}",
                "strictly(", ", 'ReadCommitted'"), .proved),
        ProjectCase("a decorator that asks for nothing", decorated("@Transactional()"), .proved),
        ProjectCase("a decorator with a level", decorated("@Transactional({ isolationLevel: IsolationLevel.SERIALIZABLE })"), nil),
        ProjectCase("a level, and no transaction", django(", 'OPTIONS': {'isolation_level': IsolationLevel.SERIALIZABLE}"), .proved),
        ProjectCase(
            "a level, and each request in a transaction",
            django(", 'ATOMIC_REQUESTS': True, 'OPTIONS': {'isolation_level': IsolationLevel.SERIALIZABLE}"), nil),
        ProjectCase("no level, and each request in a transaction", django(", 'ATOMIC_REQUESTS': True"), .proved, "BEGIN"),
    ]

    @Test(arguments: cases) func decides(_ item: ProjectCase) async throws { try await item.decide() }
}
