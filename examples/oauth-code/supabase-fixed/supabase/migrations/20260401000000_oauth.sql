create table oauth_authorization_codes (
  code text primary key,
  user_id uuid not null,
  auth_grant_family_id uuid not null,
  redeemed_at timestamptz
);
create table oauth_refresh_tokens (token_hash text primary key, auth_grant_family_id uuid not null, revoked_at timestamptz);
