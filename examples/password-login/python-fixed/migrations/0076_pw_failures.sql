CREATE TABLE pw_failures (
  email_lc text PRIMARY KEY,
  window_start timestamptz NOT NULL,
  attempts integer NOT NULL
);
CREATE INDEX pw_failures_window ON pw_failures (window_start);
