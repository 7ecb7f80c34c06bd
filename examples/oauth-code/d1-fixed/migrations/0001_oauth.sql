CREATE TABLE oauth_authorization_codes (
  code TEXT PRIMARY KEY,
  client_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  auth_grant_family_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  redeemed_at INTEGER
);
CREATE TABLE oauth_refresh_tokens (token_hash TEXT PRIMARY KEY, auth_grant_family_id TEXT NOT NULL, revoked_at INTEGER);
