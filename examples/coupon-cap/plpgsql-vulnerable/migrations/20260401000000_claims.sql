create table coupon_claims (
  id uuid primary key default gen_random_uuid(),
  affiliate_id uuid not null,
  email text not null,
  claimed_at timestamptz not null default now()
);
