create table promo_codes (
  code text primary key,
  discount_percent numeric not null check (discount_percent between 0 and 100),
  active boolean not null default true
);
