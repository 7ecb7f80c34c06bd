import type { Knex } from 'knex';
import { Model } from 'objection';

const TABLE = 'looms';

export async function up(knex: Knex): Promise<void> {
  await knex.schema
    .createTable(TABLE, (t) => {
      t.increments();
      t.string('thread').notNullable().unique();
      t.integer('width').nullable();
      t.enum('state', ['idle', 'busy']).defaultTo('idle');
      t.string('spare');
      t.timestamp('woven_at');
      t.unique(['thread', 'width'], { indexName: 'looms_once', predicate: knex.whereNull('woven_at') });
      t.index(['width']);
      t.timestamps(true, true);
    })
    .createTable('public.yarns', function (table) {
      table.primary(['loom_id', 'colour']);
      table.integer('loom_id').references('id').inTable(TABLE);
      table.string('colour').notNullable();
      table.unique(['colour']);
    });
  if (!(await knex.schema.hasTable('spools'))) {
    await knex.schema.createTable('spools', (table) => table.string('label').unique());
  }
  await knex.schema.alterTable('yarns', (t) => {
    t.dropUnique(['colour']);
    t.unique(['colour', 'loom_id'], 'yarns_both');
    t.renameColumn('colour', 'tint');
  });
  await knex.schema.table(TABLE, (t) => {
    t.dropColumn('spare');
    t.string('owner').notNullable();
    t.dropNullable('width');
  });
  await knex.raw('CREATE UNIQUE INDEX looms_owner ON looms (owner) WHERE state = \'idle\'');
  await knex.schema.createTable('gone', (t) => t.increments()).dropTable('gone');
  await knex.schema.renameTable('spools', 'bobbins');
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('yarns').dropTable(TABLE);
}

export class Weaver extends Model {
  static tableName = 'weavers';
}

export class Dyer extends Model {
  static get tableName() {
    return 'dyers';
  }
}
