import { createClient } from '@supabase/supabase-js';
import { issueTokens } from '@/lib/tokens';

const supabase = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);

export async function POST(request: Request) {
  const { code } = await request.json();
  const { data: grant } = await supabase
    .from('oauth_authorization_codes')
    .update({ redeemed_at: new Date().toISOString() })
    .eq('code', code)
    .is('redeemed_at', null)
    .select('user_id, auth_grant_family_id')
    .maybeSingle();
  if (!grant) {
    await revokeFamilyOf(code);
    return Response.json({ error: 'invalid_grant' }, { status: 400 });
  }
  return Response.json(await issueTokens(grant.user_id, grant.auth_grant_family_id));
}

async function revokeFamilyOf(code: string) {
  const { data: used } = await supabase.from('oauth_authorization_codes').select('auth_grant_family_id').eq('code', code).maybeSingle();
  if (!used) return;
  console.warn('oauth.code_reuse', used.auth_grant_family_id);
  await supabase
    .from('oauth_refresh_tokens')
    .update({ revoked_at: new Date().toISOString() })
    .eq('auth_grant_family_id', used.auth_grant_family_id)
    .is('revoked_at', null);
}
