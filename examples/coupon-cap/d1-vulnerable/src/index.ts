import { Hono } from 'hono';

type Bindings = { DB: D1Database };
const app = new Hono<{ Bindings: Bindings }>();
const DAILY_CAP = 50;

app.post('/coupons/claim', async (c) => {
  const { affiliateId, email } = await c.req.json<{ affiliateId: string; email: string }>();
  const today = new Date().toISOString().slice(0, 10);

  const count = await c.env.DB.prepare(
    'SELECT COUNT(*) AS c FROM coupon_claims WHERE affiliate_id = ? AND DATE(claimed_at) = ?',
  )
    .bind(affiliateId, today)
    .first<{ c: number }>();
  if (count && count.c >= DAILY_CAP) {
    return c.json({ error: 'daily_cap_reached' }, 409);
  }

  await c.env.DB.prepare('INSERT INTO coupon_claims (affiliate_id, email, claimed_at) VALUES (?, ?, ?)')
    .bind(affiliateId, email, new Date().toISOString())
    .run();
  return c.json({ ok: true });
});

app.post('/waitlist/join', async (c) => {
  const { eventId, email } = await c.req.json();
  const { results } = await c.env.DB.prepare('SELECT id FROM waitlist_entries WHERE event_id = ?').bind(eventId).all();
  if (results.length >= 100) return c.json({ error: 'waitlist_full' }, 409);
  await c.env.DB.prepare('INSERT INTO waitlist_entries (event_id, email) VALUES (?, ?)').bind(eventId, email).run();
  return c.json({ ok: true });
});

export default app;
