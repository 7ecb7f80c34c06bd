import { createClient } from '@supabase/supabase-js';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function POST(request: Request) {
  const { affiliateId, email } = await request.json();
  const ymd = new Date().toISOString().slice(0, 10);

  const { data: claimed, error } = await supabase.rpc('affiliate_coupon_claim_slot', {
    p_affiliate_id: affiliateId,
    p_ymd: ymd,
    p_cap: 50,
  });
  if (error) return Response.json({ error: 'unavailable' }, { status: 503 });
  if (claimed === null) return Response.json({ error: 'daily_cap_reached' }, { status: 409 });

  const { error: failed } = await supabase.from('coupon_claims').insert({ affiliate_id: affiliateId, email });
  if (failed) {
    await supabase.rpc('affiliate_coupon_release_slot', { p_affiliate_id: affiliateId, p_ymd: ymd });
    return Response.json({ error: 'unavailable' }, { status: 503 });
  }
  return Response.json({ ok: true, left: 50 - claimed });
}
