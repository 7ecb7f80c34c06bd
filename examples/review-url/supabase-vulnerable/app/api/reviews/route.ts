import { createClient } from '@supabase/supabase-js';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_KEY!);

export async function PUT(request: Request) {
  const { restaurantId, review_url } = await request.json();
  await supabase.from('google_reviews_config').update({ review_url }).eq('restaurant_id', restaurantId);
  return Response.json({ ok: true });
}
