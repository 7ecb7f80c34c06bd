create table affiliate_coupon_daily_count (
  affiliate_id uuid not null,
  ymd text not null,
  count integer not null check (count >= 0),
  updated_at timestamptz not null default now(),
  primary key (affiliate_id, ymd)
);

-- Replaces the function of 20260402000000: the counter's row lets one request in at a time.
create or replace function claim_coupon(p_affiliate_id uuid, p_email text)
returns text
language plpgsql
as $$
declare
  v_count integer;
begin
  insert into affiliate_coupon_daily_count as c (affiliate_id, ymd, count)
  values (p_affiliate_id, to_char(now() at time zone 'utc', 'YYYY-MM-DD'), 1)
  on conflict (affiliate_id, ymd) do update set count = c.count + 1, updated_at = now() where c.count < 50
  returning count into v_count;

  if v_count is null then
    return 'daily_cap_reached';
  end if;

  insert into coupon_claims (affiliate_id, email) values (p_affiliate_id, p_email);
  return 'ok';
end;
$$;

-- For a daily job: nobody asks about a day that is 60 days old.
create function prune_affiliate_coupon_daily_count()
returns void
language sql
as $$
  delete from affiliate_coupon_daily_count where ymd < to_char(now() at time zone 'utc' - interval '60 days', 'YYYY-MM-DD');
$$;
