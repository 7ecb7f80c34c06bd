CREATE TABLE affiliate_coupon_daily_count (
  affiliate_id UUID NOT NULL,
  ymd TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (affiliate_id, ymd)
);
