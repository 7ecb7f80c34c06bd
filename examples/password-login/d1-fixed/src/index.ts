import bcrypt from 'bcryptjs';
import { Hono } from 'hono';
import { countFailure, forget, isLocked } from './lockout';

type Bindings = { DB: D1Database };
const app = new Hono<{ Bindings: Bindings }>();

app.post('/login', async (c) => {
  const { restaurantId, email, password } = await c.req.json();
  if (await isLocked(c.env.DB, restaurantId, email)) return c.json({ error: 'account_locked_30min' }, 429);
  const user = await c.env.DB.prepare('SELECT id, password_hash FROM users WHERE restaurant_id = ? AND email = ?')
    .bind(restaurantId, email)
    .first<{ id: string; password_hash: string }>();
  if (!user || !(await bcrypt.compare(password, user.password_hash))) {
    await countFailure(c.env.DB, restaurantId, email);
    return c.json({ error: 'invalid' }, 401);
  }
  await forget(c.env.DB, restaurantId, email);
  return c.json({ id: user.id });
});

export default app;
