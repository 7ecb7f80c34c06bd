create table affiliate_coupon_daily_count (
  affiliate_id uuid not null,
  ymd text not null,
  count integer not null check (count >= 0),
  updated_at timestamptz not null default now(),
  primary key (affiliate_id, ymd)
);

create function affiliate_coupon_claim_slot(p_affiliate_id uuid, p_ymd text, p_cap integer)
returns integer
language sql
security definer
set search_path = ''
as $$
  insert into public.affiliate_coupon_daily_count as c (affiliate_id, ymd, count)
  select p_affiliate_id, p_ymd, 1 where p_cap >= 1
  on conflict (affiliate_id, ymd) do update set count = c.count + 1, updated_at = now() where c.count < p_cap
  returning count;
$$;

create function affiliate_coupon_release_slot(p_affiliate_id uuid, p_ymd text)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.affiliate_coupon_daily_count set count = count - 1, updated_at = now()
  where affiliate_id = p_affiliate_id and ymd = p_ymd and count > 0;
$$;

-- Once a day, where pg_cron is at hand:
--   select cron.schedule('affiliate-coupon-prune', '17 3 * * *', 'select affiliate_coupon_prune()');
create function affiliate_coupon_prune()
returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.affiliate_coupon_daily_count where ymd < to_char(now() - interval '60 days', 'YYYY-MM-DD');
$$;
