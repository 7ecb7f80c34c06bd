import { Hono } from 'hono';
import { stripe } from './stripe';

const app = new Hono<{ Bindings: { DB: D1Database } }>();

app.post('/payouts/:id/:decision{approve|reject}', async (c) => {
  const id = c.req.param('id');
  const status = c.req.param('decision') === 'approve' ? 'approved' : 'rejected';
  await c.env.DB.prepare('UPDATE payouts SET status = ?, reviewer = ? WHERE id = ?').bind(status, c.get('admin'), id).run();

  if (status === 'approved') {
    const payout = await c.env.DB.prepare('SELECT * FROM payouts WHERE id = ?').bind(id).first();
    await stripe.transfers.create({ amount: payout.amount_cents, currency: 'eur', destination: payout.affiliate_id });
  }
  return c.json({ status });
});

export default app;
