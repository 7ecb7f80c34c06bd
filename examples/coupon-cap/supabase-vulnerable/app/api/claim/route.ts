import { createClient } from '@supabase/supabase-js';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function POST(request: Request) {
  const { affiliateId, email } = await request.json();
  const startOfDay = new Date();
  startOfDay.setUTCHours(0, 0, 0, 0);

  const { count, error } = await supabase
    .from('coupon_claims')
    .select('*', { count: 'exact', head: true })
    .eq('affiliate_id', affiliateId)
    .gte('claimed_at', startOfDay.toISOString());
  if (error) return Response.json({ error: 'unavailable' }, { status: 503 });
  if ((count ?? 0) >= 50) return Response.json({ error: 'daily_cap_reached' }, { status: 409 });

  await supabase.from('coupon_claims').insert({ affiliate_id: affiliateId, email });
  return Response.json({ ok: true });
}
