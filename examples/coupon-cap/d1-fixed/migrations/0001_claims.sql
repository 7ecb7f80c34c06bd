CREATE TABLE coupon_claims (
  id INTEGER PRIMARY KEY,
  affiliate_id TEXT NOT NULL,
  email TEXT NOT NULL,
  claimed_at TEXT NOT NULL
);
CREATE TABLE affiliate_coupon_daily_count (
  affiliate_id TEXT NOT NULL,
  ymd TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  updated_at TEXT NOT NULL,
  PRIMARY KEY (affiliate_id, ymd)
);
