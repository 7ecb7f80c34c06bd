import { issueTokens } from './tokens';

export async function onRequestPost({ request, env }: { request: Request; env: { DB: D1Database } }) {
  const form = await request.formData();
  const code = form.get('code');
  const grant = await env.DB.prepare(
    'SELECT code, user_id, auth_grant_family_id FROM oauth_authorization_codes WHERE code = ? AND redeemed_at IS NULL AND expires_at > ?',
  )
    .bind(code, Date.now())
    .first();
  if (!grant) return Response.json({ error: 'invalid_grant' }, { status: 400 });

  await env.DB.prepare('UPDATE oauth_authorization_codes SET redeemed_at = ? WHERE code = ?').bind(Date.now(), code).run();

  const tokens = await issueTokens(env, grant.user_id, grant.auth_grant_family_id);
  return Response.json(tokens);
}
