CREATE TABLE coupon_claims (
  id INTEGER PRIMARY KEY,
  affiliate_id TEXT NOT NULL,
  email TEXT NOT NULL,
  claimed_at TEXT NOT NULL
);
CREATE INDEX coupon_claims_day ON coupon_claims (affiliate_id, claimed_at);
CREATE TABLE waitlist_entries (id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, email TEXT NOT NULL);
