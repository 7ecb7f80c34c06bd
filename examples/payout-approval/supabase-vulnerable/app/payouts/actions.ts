'use server';
import { createClient } from '@supabase/supabase-js';
import { stripe } from '@/lib/stripe';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function approvePayout(id: number, reviewer: string) {
  const { data: payout } = await supabase.from('payouts').update({ status: 'approved', reviewer }).eq('id', id).select().single();
  await stripe.transfers.create({ amount: payout.amount_cents, currency: 'eur', destination: payout.affiliate_id });
}

export async function rejectPayout(id: number, reviewer: string) {
  await supabase.from('payouts').update({ status: 'rejected', reviewer }).eq('id', id);
}
