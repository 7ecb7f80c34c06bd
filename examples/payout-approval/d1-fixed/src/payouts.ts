import { Hono } from 'hono';
import { stripe } from './stripe';

const app = new Hono<{ Bindings: { DB: D1Database } }>();

const transitions: Record<string, string[]> = {
  requested: ['approved', 'rejected'],
  approved: ['processing', 'cancelled'],
  processing: ['paid', 'failed'],
  failed: ['requested'],
  cancelled: ['requested'],
};

app.post('/payouts/:id/transition', async (c) => {
  const id = c.req.param('id');
  const { from, to, reason } = await c.req.json();
  if (!transitions[from]?.includes(to)) return c.json({ error: 'illegal_transition' }, 422);

  const claimed = await c.env.DB.prepare('UPDATE payouts SET status = ?, reviewer = ? WHERE id = ? AND status = ?')
    .bind(to, c.get('admin'), id, from)
    .run();
  if (claimed.meta.changes === 0) {
    const current = await c.env.DB.prepare('SELECT status, reviewer FROM payouts WHERE id = ?').bind(id).first();
    return c.json({ error: 'conflict', current_status: current?.status, current_reviewer: current?.reviewer }, 409);
  }
  await c.env.DB.prepare(
    'INSERT INTO payout_audit (payout_id, prior_status, new_status, actor_id, transition_at, reason) VALUES (?, ?, ?, ?, ?, ?)',
  )
    .bind(id, from, to, c.get('admin'), new Date().toISOString(), reason)
    .run();

  if (to === 'approved') {
    const payout = await c.env.DB.prepare('SELECT * FROM payouts WHERE id = ?').bind(id).first();
    await stripe.transfers.create(
      { amount: payout.amount_cents, currency: 'eur', destination: payout.affiliate_id },
      { idempotencyKey: `payout-${id}` },
    );
  }
  return c.json({ status: to });
});

export default app;
