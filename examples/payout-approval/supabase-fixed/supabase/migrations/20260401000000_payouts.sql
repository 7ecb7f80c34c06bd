create type payout_status as enum ('requested', 'approved', 'rejected', 'processing', 'paid', 'failed', 'cancelled');
create table payouts (
  id bigint generated always as identity primary key,
  affiliate_id text not null,
  amount_cents integer not null,
  status payout_status not null default 'requested',
  reviewer uuid
);
