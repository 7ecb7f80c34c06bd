import { createClient } from '@supabase/supabase-js';
import { issueTokens } from '@/lib/tokens';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function POST(request: Request) {
  const { code } = await request.json();
  const { data: grant } = await supabase.from('oauth_authorization_codes').select('*').eq('code', code).single();
  if (!grant || grant.redeemed_at) {
    return Response.json({ error: 'invalid_grant' }, { status: 400 });
  }
  await supabase.from('oauth_authorization_codes').update({ redeemed_at: new Date().toISOString() }).eq('code', code);
  return Response.json(await issueTokens(grant.user_id, grant.auth_grant_family_id));
}
