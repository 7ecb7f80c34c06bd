import postgres from 'postgres';
import Database from 'better-sqlite3';
import { createClient } from '@libsql/client';
const sql = postgres();
const db = new Database('x');
const turso = createClient({ url: '' });

export async function templates(id: string, dynamic) {
  const extra = sql`AND kind = ${dynamic.kind}`;
  const rows = await sql`SELECT id, status FROM orders WHERE id = ${id} ${extra} FOR UPDATE`;
  const result = await sql`UPDATE orders SET status = ${'paid'} WHERE id = ${rows[0].id} RETURNING id`;
  await sql.begin('serializable', async (tx) => {
    await tx`INSERT INTO ${sql('audit')} ${sql(dynamic)}`;
  });
  return result.count;
}

export const pay = db.transaction((id) => {
  const statement = db.prepare('SELECT * FROM orders WHERE id = @id');
  const order = statement.get({ id });
  return db.prepare('UPDATE orders SET status = ? WHERE id = ?').run('paid', order.id).changes;
});

export async function remote(id) {
  const { rowsAffected } = await turso.execute({ sql: 'DELETE FROM a WHERE id = ?', args: [id] });
  await mutex.runExclusive(async () => {
    await turso.execute('DELETE FROM b');
  });
  return rowsAffected;
}
