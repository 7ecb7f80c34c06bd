-- Moving the check into the database does not help: two calls count at the same time, and both insert.
create function claim_coupon(p_affiliate_id uuid, p_email text)
returns text
language plpgsql
as $$
declare
  v_today integer;
begin
  select count(*) into v_today
  from coupon_claims
  where affiliate_id = p_affiliate_id and claimed_at >= date_trunc('day', now());

  if v_today >= 50 then
    return 'daily_cap_reached';
  end if;

  insert into coupon_claims (affiliate_id, email) values (p_affiliate_id, p_email);
  return 'ok';
end;
$$;
