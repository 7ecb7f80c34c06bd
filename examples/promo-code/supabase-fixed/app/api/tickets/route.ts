import { createClient } from '@supabase/supabase-js';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_KEY!);

export async function POST(request: Request) {
  const { eventId, email, code } = await request.json();
  const { data: discount } = await supabase.rpc('use_promo_code', { p_code: code, p_quantity: 1 });
  if (discount === null) return Response.json({ error: 'code_exhausted' }, { status: 409 });
  await supabase.from('tickets').insert({ event_id: eventId, email, discount_percent: discount });
  return Response.json({ ok: true });
}
