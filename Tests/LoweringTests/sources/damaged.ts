export async function before(pool) {
  await pool.query('DELETE FROM a');
}

export async function broken(pool {
  const x = = 3;
  await pool.query('DELETE FROM b'

export async function after(pool) {
  await pool.query('DELETE FROM c');
}
