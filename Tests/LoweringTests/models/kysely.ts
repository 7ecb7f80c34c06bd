import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<any>) {
  await db.schema.createType('rank').asEnum(['low', 'high']).execute();
  await db.schema
    .createTable('climbs')
    .ifNotExists()
    .addColumn('id', 'serial', (column) => column.primaryKey())
    .addColumn('route', 'text', (column) => column.notNull().unique())
    .addColumn('rank', 'rank')
    .addColumn('day', 'date')
    .addUniqueConstraint('climb_once', ['route', 'day'])
    .addUniqueConstraint('climb_rank', ['rank', 'day'], (constraint) => constraint.nullsNotDistinct())
    .execute();
  await db.schema.createIndex('climbs_day').unique().on('climbs').columns(['day', 'rank']).where('rank', 'is', null).execute();
  await db.schema.createIndex('climbs_lower').on('climbs').expression(sql`lower(route)`).unique().execute();
  await db.schema.createIndex('plain').on('climbs').column('day').execute();
  await db.schema.createTable('ropes').addColumn('a', 'integer').addColumn('b', 'integer').addPrimaryKeyConstraint('ropes_pk', ['a', 'b']).execute();
  await db.schema.alterTable('climbs').addColumn('grade', 'integer', (column) => column.notNull()).execute();
  await db.schema.alterTable('climbs').alterColumn('day', (column) => column.setNotNull()).execute();
  await db.schema.alterTable('climbs').dropConstraint('climb_rank').execute();
  await db.schema.alterTable('ropes').renameTo('lines').execute();
  await sql`CREATE UNIQUE INDEX climbs_grade ON climbs (grade)`.execute(db);
}

export async function down(db: Kysely<any>) {
  await db.schema.dropTable('climbs').execute();
}
