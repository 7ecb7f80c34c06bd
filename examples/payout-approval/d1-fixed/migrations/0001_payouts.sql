CREATE TABLE payouts (
  id INTEGER PRIMARY KEY,
  affiliate_id TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'rejected', 'processing', 'paid', 'failed', 'cancelled')),
  reviewer TEXT
);
CREATE TABLE payout_audit (
  payout_id INTEGER NOT NULL,
  prior_status TEXT NOT NULL,
  new_status TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  transition_at TEXT NOT NULL,
  reason TEXT
);
