import { issueTokens } from './tokens';

export async function onRequestPost({ request, env }: { request: Request; env: { DB: D1Database } }) {
  const form = await request.formData();
  const code = form.get('code');
  const claimed = await env.DB.prepare(
    'UPDATE oauth_authorization_codes SET redeemed_at = ?1 WHERE code = ?2 AND redeemed_at IS NULL AND expires_at > ?1',
  )
    .bind(Date.now(), code)
    .run();
  const grant = await env.DB.prepare('SELECT user_id, auth_grant_family_id, redeemed_at FROM oauth_authorization_codes WHERE code = ?').bind(code).first();
  if (claimed.meta.changes === 0) {
    // A second use of a code revokes everything that its first use gave (RFC 6749, section 4.1.2).
    // One that has expired was given out to nobody.
    if (grant?.redeemed_at) await revokeFamily(env, grant.auth_grant_family_id);
    return Response.json({ error: 'invalid_grant' }, { status: 400 });
  }
  const tokens = await issueTokens(env, grant.user_id, grant.auth_grant_family_id);
  return Response.json(tokens);
}

async function revokeFamily(env: { DB: D1Database }, family: string) {
  console.warn('oauth.code_reuse', { family });
  await env.DB.prepare('UPDATE oauth_refresh_tokens SET revoked_at = ? WHERE auth_grant_family_id = ? AND revoked_at IS NULL')
    .bind(Date.now(), family)
    .run();
}
