import { createClient } from '@supabase/supabase-js';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_KEY!);

export async function POST(request: Request) {
  const { eventId, email, code } = await request.json();
  const { data: promo } = await supabase.from('promo_codes').select('*').eq('code', code).eq('active', true).single();
  if (!promo) return Response.json({ error: 'unknown_code' }, { status: 404 });
  await supabase.from('tickets').insert({ event_id: eventId, email, discount_percent: promo.discount_percent });
  return Response.json({ ok: true });
}
