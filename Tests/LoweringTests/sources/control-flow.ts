import { Pool } from 'pg';

export async function arms(pool: Pool, kind: string, id: number) {
  let table = 'a';
  if (kind === 'x') {
    table = 'b';
  } else if (kind === 'y') {
    return null;
  } else {
    throw new Error('unknown');
  }
  switch (kind) {
    case 'one':
    case 'two':
      await pool.query('DELETE FROM one WHERE id = $1', [id]);
      break;
    case 'three': {
      await pool.query('DELETE FROM three WHERE id = $1', [id]);
      return table;
    }
    default:
      await pool.query('DELETE FROM other WHERE id = $1', [id]);
  }
  for (let i = 0; i < 3; i++) await pool.query('INSERT INTO ticks (n) VALUES ($1)', [i]);
  while (await more(pool)) {
    if (kind) continue;
    break;
  }
  const row = kind ? (await pool.query('SELECT a FROM t')).rows[0] : undefined;
  const value = row?.a ?? (await fallback(pool));
  kind && (await pool.query('UPDATE t SET a = $1', [value]));
  return value;
}

export async function guarded(pool: Pool, id: number) {
  try {
    await pool.query('INSERT INTO a (id) VALUES ($1)', [id]);
  } catch (error) {
    if (error.code === '23505') return 'taken';
    throw error;
  } finally {
    await pool.query('DELETE FROM locks WHERE id = $1', [id]);
  }
  label: for (const { id: key, ...rest } of (await pool.query('SELECT id FROM a')).rows) {
    if (!key) continue label;
    await pool.query('UPDATE a SET n = n + 1 WHERE id = $1', [key]);
  }
}

const more = async (pool: Pool) => (await pool.query('SELECT count(*) FROM a')).rows[0].count > 0;
function fallback(pool: Pool) {
  return pool.query('SELECT b FROM u').then(({ rows }) => rows[0].b).catch(() => null).finally(() => console.log('done'));
}
