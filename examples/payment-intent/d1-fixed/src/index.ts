import { Hono } from 'hono';
import Stripe from 'stripe';
import { requireDevice } from './device';

type Bindings = { DB: D1Database; STRIPE_KEY: string };
const app = new Hono<{ Bindings: Bindings }>();

app.post('/api/stripe/payment-intent', async (c) => {
  const auth = await requireDevice(c);
  const { session_id } = await c.req.json();
  const owned = await c.env.DB.prepare('SELECT id FROM table_sessions WHERE id = ? AND host_device_id = ? AND expires_at > ? AND restaurant_id = ?')
    .bind(session_id, auth.deviceId, Date.now(), auth.restaurantId)
    .first();
  if (!owned) return c.json({ error: 'session_ownership_mismatch' }, 403);
  const order = await c.env.DB.prepare("SELECT id, total_cents, currency FROM orders WHERE session_id = ? AND status = 'pending'")
    .bind(session_id)
    .first<{ id: string; total_cents: number; currency: string }>();
  if (!order) return c.json({ error: 'nothing_to_pay' }, 404);
  const stripe = new Stripe(c.env.STRIPE_KEY);
  const intent = await stripe.paymentIntents.create({ amount: order.total_cents, currency: order.currency, metadata: { session_id } }, { idempotencyKey: order.id });
  return c.json({ client_secret: intent.client_secret });
});

app.post('/api/stripe/refund', async (c) => {
  const auth = await requireDevice(c);
  const { orderId } = await c.req.json();
  const stripe = new Stripe(c.env.STRIPE_KEY);
  const order = await c.env.DB.prepare('SELECT id, intent_id FROM orders WHERE id = ? AND host_device_id = ?')
    .bind(orderId, auth.deviceId)
    .first<{ id: string; intent_id: string }>();
  if (!order) return c.json({ error: 'session_ownership_mismatch' }, 403);
  await stripe.refunds.create({ payment_intent: order.intent_id }, { idempotencyKey: `refund-${order.id}` });
  return c.json({ ok: true });
});

export default app;
