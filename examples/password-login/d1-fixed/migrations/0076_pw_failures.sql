CREATE TABLE pw_failures (
  restaurant_id TEXT NOT NULL,
  email_lc TEXT NOT NULL,
  window_start INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  last_attempt INTEGER NOT NULL,
  PRIMARY KEY (restaurant_id, email_lc)
);
CREATE INDEX pw_failures_window ON pw_failures (window_start);
