CREATE TABLE payouts (
  id INTEGER PRIMARY KEY,
  affiliate_id TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'rejected', 'processing', 'paid', 'failed', 'cancelled')),
  reviewer TEXT
);
