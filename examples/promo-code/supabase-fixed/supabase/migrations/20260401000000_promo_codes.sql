create table promo_codes (
  code text primary key,
  discount_percent numeric not null check (discount_percent between 0 and 100),
  active boolean not null default true,
  max_uses integer,
  used integer not null default 0
);

-- One statement tests the limit and counts. An order of three uses the code three times.
create function use_promo_code(p_code text, p_quantity integer)
returns numeric
language sql
as $$
  update promo_codes set used = used + p_quantity
  where code = p_code and active and (max_uses is null or used + p_quantity <= max_uses)
  returning discount_percent;
$$;
