import { Hono } from 'hono';

type Bindings = { DB: D1Database };
const app = new Hono<{ Bindings: Bindings }>();
const DAILY_CAP = 50;

app.post('/coupons/claim', async (c) => {
  const { affiliateId, email } = await c.req.json<{ affiliateId: string; email: string }>();
  const now = new Date().toISOString();
  const today = now.slice(0, 10);

  const slot = await c.env.DB.prepare(
    `INSERT INTO affiliate_coupon_daily_count (affiliate_id, ymd, count, updated_at)
     SELECT ?1, ?2, 1, ?3 WHERE ?4 >= 1
     ON CONFLICT (affiliate_id, ymd) DO UPDATE SET count = count + 1, updated_at = ?3 WHERE count < ?4
     RETURNING count`,
  )
    .bind(affiliateId, today, now, DAILY_CAP)
    .first<{ count: number }>();
  if (!slot) {
    return c.json({ error: 'daily_cap_reached' }, 409);
  }

  await c.env.DB.prepare('INSERT INTO coupon_claims (affiliate_id, email, claimed_at) VALUES (?, ?, ?)')
    .bind(affiliateId, email, now)
    .run();
  return c.json({ ok: true, left: DAILY_CAP - slot.count });
});

app.post('/coupons/release', async (c) => {
  const { affiliateId, ymd } = await c.req.json();
  await c.env.DB.prepare('UPDATE affiliate_coupon_daily_count SET count = count - 1 WHERE affiliate_id = ? AND ymd = ? AND count > 0')
    .bind(affiliateId, ymd)
    .run();
  return c.json({ ok: true });
});

export default {
  fetch: app.fetch,
  async scheduled(_event: ScheduledEvent, env: Bindings) {
    await env.DB.prepare("DELETE FROM affiliate_coupon_daily_count WHERE ymd < date('now', '-60 days')").run();
  },
};
