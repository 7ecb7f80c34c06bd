import { Hono } from 'hono';
import Stripe from 'stripe';

type Bindings = { DB: D1Database; STRIPE_KEY: string };
const app = new Hono<{ Bindings: Bindings }>();

app.post('/api/stripe/payment-intent', async (c) => {
  const { session_id, amount, currency } = await c.req.json();
  const stripe = new Stripe(c.env.STRIPE_KEY);
  const intent = await stripe.paymentIntents.create({ amount, currency, metadata: { session_id } });
  return c.json({ client_secret: intent.client_secret });
});

app.post('/api/stripe/refund', async (c) => {
  const { orderId } = await c.req.json();
  const stripe = new Stripe(c.env.STRIPE_KEY);
  const order = await c.env.DB.prepare('SELECT intent_id FROM orders WHERE id = ?').bind(orderId).first<{ intent_id: string }>();
  if (!order) return c.json({ error: 'unknown' }, 404);
  await stripe.refunds.create({ payment_intent: order.intent_id });
  return c.json({ ok: true });
});

export default app;
