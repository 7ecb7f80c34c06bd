import { createClient } from '@supabase/supabase-js';
import { safeHref } from '../../../lib/safe-href';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_KEY!);

export async function PUT(request: Request) {
  const { restaurantId, review_url } = await request.json();
  const url = safeHref(review_url);
  if (!url) return Response.json({ error: 'invalid_review_url' }, { status: 422 });
  await supabase.from('google_reviews_config').update({ review_url: url }).eq('restaurant_id', restaurantId);
  return Response.json({ ok: true });
}
