import { and, eq, isNull, sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgSchema, pgTable, pgTableCreator, primaryKey, serial, text, timestamp, unique, uniqueIndex, varchar } from 'drizzle-orm/pg-core';
import { sqliteTable, text as sqliteText } from 'drizzle-orm/sqlite-core';
import { makeTable } from './make';
import { money } from './columns';

export const state = pgEnum('berth_state', ['free', 'taken']);
const KINDS = ['sail', 'motor'] as const;
const stamps = {
  createdAt: timestamp('created_at').notNull().defaultNow(),
  deletedAt: timestamp('deleted_at'),
};
const createTable = pgTableCreator((name) => `harbour_${name}`);

export const berths = pgTable(
  'berths',
  {
    id: serial('id').primaryKey(),
    pier: text('pier').notNull(),
    place: integer().notNull(),
    code: varchar('berth_code', { length: 8 }).unique('code_once'),
    state: state('state').default('free').notNull(),
    kind: text('kind', { enum: KINDS }),
    fee: money('fee'),
    ...stamps,
  },
  (t) => [
    uniqueIndex('place_once').on(t.pier, t.place).where(isNull(t.deletedAt)),
    uniqueIndex('free_once').on(t.pier).where(and(eq(t.state, 'free'), sql`${t.deletedAt} is null`)),
    uniqueIndex('lower_code').on(sql`lower(${t.code})`),
    unique('nulls').on(t.code, t.kind).nullsNotDistinct(),
    uniqueIndex('odd').on(t.kind).where(odd(t)),
    index('by_pier').on(t.pier),
    check('fees', sql`${t.kind} in ('sail', 'motor', 'none')`),
  ],
);

export const crews = createTable('crew', { boat: integer('boat_id'), sailor: integer('sailor_id') }, (t) => ({
  pk: primaryKey({ columns: [t.boat, t.sailor] }),
  once: uniqueIndex().on(t.sailor.desc()),
}));

export const visits = makeTable('visit', (d) => ({ id: d.uuid().primaryKey(), boat: d.text().notNull().unique() }));
export const logs = sqliteTable('logs', { line: sqliteText('line', { enum: ['in', 'out'] }).notNull() });
export const auth = pgSchema('auth');
export const members = auth.table('members', { mail: text('mail').unique().notNull() });
const loop = { ...loop, ...loop, on: text('on') };
export const loops = pgTable('loops', loop);
export const open = pgTable('open', { a: text('a') }, (t) => [uniqueIndex().on(...columns(t)), unique().on(t.a, t[b])]);
export const fine = z.enum(['a', 'b']);
