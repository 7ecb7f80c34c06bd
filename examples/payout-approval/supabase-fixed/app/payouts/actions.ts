'use server';
import { createClient } from '@supabase/supabase-js';
import { stripe } from '@/lib/stripe';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function approvePayout(id: number, reviewer: string) {
  const { data: payout } = await supabase
    .from('payouts')
    .update({ status: 'approved', reviewer })
    .eq('id', id)
    .eq('status', 'requested')
    .select()
    .maybeSingle();
  if (!payout) return conflict(id);
  await stripe.transfers.create(
    { amount: payout.amount_cents, currency: 'eur', destination: payout.affiliate_id },
    { idempotencyKey: `payout-${id}` },
  );
  return { status: 200 };
}

export async function rejectPayout(id: number, reviewer: string) {
  const { data: payout } = await supabase
    .from('payouts')
    .update({ status: 'rejected', reviewer })
    .eq('id', id)
    .eq('status', 'requested')
    .select()
    .maybeSingle();
  return payout ? { status: 200 } : conflict(id);
}

async function conflict(id: number) {
  const { data: current } = await supabase.from('payouts').select('status, reviewer').eq('id', id).single();
  return { status: 409, current_status: current?.status, current_reviewer: current?.reviewer };
}
