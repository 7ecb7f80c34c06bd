# dialect | statement, for the schema in oracle.py
both | SELECT * FROM users
both | SELECT id, name FROM users
both | SELECT COUNT(*) FROM users
both | SELECT COUNT(*) AS c FROM orders WHERE status = 'paid'
both | SELECT count(id) FROM users WHERE team_id = 3 AND status <> 'gone'
both | SELECT SUM(total) AS spent FROM orders WHERE user_id = 7
both | SELECT MAX(version) FROM users
both | SELECT u.id, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.status = 'open'
both | SELECT u.id FROM users AS u LEFT JOIN orders AS o ON o.user_id = u.id WHERE o.id IS NULL
both | SELECT id FROM users WHERE email LIKE '%@example.com'
both | SELECT id FROM users WHERE id IN (1, 2, 3)
both | SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM orders)
both | SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE orders.user_id = users.id)
both | SELECT EXISTS (SELECT 1 FROM users WHERE email = 'a')
both | SELECT id FROM users WHERE balance BETWEEN 1 AND 10
both | SELECT id FROM users WHERE (status = 'a' OR status = 'b') AND balance > 0
both | SELECT id FROM users WHERE NOT (status = 'a')
both | SELECT id FROM users ORDER BY created_at DESC LIMIT 10 OFFSET 20
both | SELECT status, COUNT(*) FROM orders GROUP BY status HAVING COUNT(*) > 2
both | SELECT DISTINCT status FROM orders
both | SELECT CASE WHEN balance > 0 THEN 'rich' ELSE 'poor' END AS kind FROM users WHERE id = 1
both | SELECT COALESCE(MAX(id), 0) + 1 FROM orders
both | SELECT 'it''s' AS text FROM users
both | SELECT id FROM users WHERE name IS NOT NULL AND email IS NULL
both | SELECT users.id FROM users, orders WHERE users.id = orders.user_id
both | SELECT id FROM (SELECT id, status FROM orders WHERE total > 5) AS big WHERE status = 'x'
both | WITH big AS (SELECT user_id FROM orders WHERE total > 100) SELECT id FROM users WHERE id IN (SELECT user_id FROM big)
postgres | WITH a AS (SELECT id FROM users), b AS (SELECT user_id FROM orders) SELECT COUNT(*) FROM a
both | SELECT id FROM users UNION SELECT id FROM orders
both | SELECT id FROM users UNION ALL SELECT user_id FROM orders WHERE total > 1
both | SELECT -1 * balance FROM users WHERE id = 1
both | SELECT "group" FROM "order" WHERE id = 1
both | SELECT id FROM users WHERE lower(email) = 'x'
both | SELECT id FROM users WHERE CAST(balance AS INTEGER) > 3
both | SELECT id /* not FROM orders */ FROM users -- WHERE x = 1
both | SELECT o.id FROM orders o INNER JOIN items i ON i.order_id = o.id INNER JOIN users u ON u.id = o.user_id WHERE i.sku = 's'
both | SELECT id FROM orders WHERE total = (SELECT MAX(total) FROM orders)
both | SELECT (SELECT COUNT(*) FROM items WHERE items.order_id = orders.id) AS n FROM orders WHERE id = 1
both | SELECT id FROM tokens JOIN users ON users.id = tokens.user_id WHERE redeemed_at IS NULL
both | SELECT row_number() OVER (ORDER BY id) FROM users
both | SELECT COUNT(*) FILTER (WHERE status = 'paid') FROM orders
both | INSERT INTO users (id, email) VALUES (1, 'a')
both | INSERT INTO users (id, email) VALUES (1, 'a'), (2, 'b')
both | INSERT INTO users DEFAULT VALUES
both | INSERT INTO orders (user_id, total) SELECT id, 5 FROM users WHERE status = 'active'
both | INSERT INTO users (email) VALUES ('a') ON CONFLICT DO NOTHING
both | INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) DO NOTHING
both | INSERT INTO users (email, name) VALUES ('a', 'b') ON CONFLICT (email) DO UPDATE SET name = excluded.name
both | INSERT INTO counters (scope, ymd, count) VALUES ('s', 'd', 1) ON CONFLICT (scope, ymd) DO UPDATE SET count = counters.count + 1 WHERE counters.count < 50 RETURNING count
both | INSERT INTO counters (scope, ymd, count) SELECT 's', 'd', 1 WHERE 50 >= 1 ON CONFLICT (scope, ymd) DO UPDATE SET count = counters.count + 1, updated_at = 'now' WHERE counters.count < 50 RETURNING count
both | INSERT INTO orders (user_id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM orders WHERE user_id = 1)
both | INSERT INTO orders (user_id) SELECT 1 WHERE (SELECT COUNT(*) FROM orders WHERE user_id = 1) < 3
both | INSERT INTO items (order_id, sku) VALUES ((SELECT MAX(id) FROM orders), 'x')
both | INSERT INTO users (email) VALUES ('a') RETURNING id
both | INSERT INTO users (email) VALUES ('a') RETURNING id, email AS mail
both | INSERT INTO "order" ("group") VALUES ('g')
both | UPDATE users SET balance = balance + 1 WHERE id = 1
both | UPDATE users SET balance = balance - 5, version = version + 1 WHERE id = 1 AND balance >= 5
both | UPDATE users SET status = 'x'
both | UPDATE tokens SET redeemed_at = 'now' WHERE code = 'c' AND redeemed_at IS NULL
both | UPDATE orders SET status = 'paid', paid_at = 'now' WHERE id = 1 AND status = 'pending' RETURNING id
both | UPDATE orders SET total = (SELECT SUM(price) FROM items WHERE items.order_id = orders.id) WHERE id = 1
both | UPDATE users SET name = CASE WHEN id = 1 THEN 'a' ELSE 'b' END WHERE team_id = 2
both | UPDATE orders SET status = 'x' WHERE id IN (SELECT order_id FROM items WHERE sku = 's')
both | UPDATE orders SET total = 0 WHERE status IN ('a', 'b') AND user_id <> 4
both | UPDATE orders SET total = i.price FROM items AS i WHERE i.order_id = orders.id AND orders.status = 'open'
both | UPDATE users SET balance = COALESCE(balance, 0) + 10 WHERE email = 'e'
both | UPDATE users SET (name, email) = ('a', 'b') WHERE id = 1
both | DELETE FROM users WHERE id = 1
both | DELETE FROM users
both | DELETE FROM tokens WHERE code = 'c' AND used = 0 RETURNING user_id
both | DELETE FROM orders WHERE user_id IN (SELECT id FROM users WHERE status = 'gone')
both | DELETE FROM counters WHERE ymd < '2026-01-01'
both | DELETE FROM items WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = items.order_id)
both | WITH gone AS (SELECT id FROM users WHERE status = 'gone') DELETE FROM orders WHERE user_id IN (SELECT id FROM gone)
both | WITH s AS (SELECT MAX(id) AS m FROM users) UPDATE users SET version = 1 WHERE id = (SELECT m FROM s)
both | WITH s AS (SELECT 1 AS n) INSERT INTO users (id) SELECT n FROM s
both | SELECT id FROM users WHERE balance = 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance = 1
both | DELETE FROM users WHERE balance = 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance = 1 OR team_id = 9
both | SELECT id FROM users WHERE balance <> 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance <> 1
both | DELETE FROM users WHERE balance <> 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance <> 1 OR team_id = 9
both | SELECT id FROM users WHERE balance < 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance < 1
both | DELETE FROM users WHERE balance < 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance < 1 OR team_id = 9
both | SELECT id FROM users WHERE balance <= 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance <= 1
both | DELETE FROM users WHERE balance <= 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance <= 1 OR team_id = 9
both | SELECT id FROM users WHERE balance > 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance > 1
both | DELETE FROM users WHERE balance > 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance > 1 OR team_id = 9
both | SELECT id FROM users WHERE balance >= 1
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance >= 1
both | DELETE FROM users WHERE balance >= 1 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance >= 1 OR team_id = 9
both | SELECT id FROM users WHERE balance IS NULL
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance IS NULL
both | DELETE FROM users WHERE balance IS NULL AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance IS NULL OR team_id = 9
both | SELECT id FROM users WHERE balance IS NOT NULL
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance IS NOT NULL
both | DELETE FROM users WHERE balance IS NOT NULL AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance IS NOT NULL OR team_id = 9
both | SELECT id FROM users WHERE balance IN (1, 2)
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance IN (1, 2)
both | DELETE FROM users WHERE balance IN (1, 2) AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance IN (1, 2) OR team_id = 9
both | SELECT id FROM users WHERE balance NOT IN (1, 2)
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance NOT IN (1, 2)
both | DELETE FROM users WHERE balance NOT IN (1, 2) AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance NOT IN (1, 2) OR team_id = 9
both | SELECT id FROM users WHERE balance BETWEEN 1 AND 2
both | UPDATE users SET name = 'n' WHERE id = 3 AND balance BETWEEN 1 AND 2
both | DELETE FROM users WHERE balance BETWEEN 1 AND 2 AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE balance BETWEEN 1 AND 2 OR team_id = 9
both | SELECT id FROM users WHERE status LIKE 'a%'
both | UPDATE users SET name = 'n' WHERE id = 3 AND status LIKE 'a%'
both | DELETE FROM users WHERE status LIKE 'a%' AND team_id = 1
both | SELECT COUNT(*) FROM users WHERE status LIKE 'a%' OR team_id = 9
postgres | SELECT id FROM users WHERE balance IS DISTINCT FROM 1
postgres | UPDATE users SET name = 'n' WHERE id = 3 AND balance IS DISTINCT FROM 1
postgres | DELETE FROM users WHERE balance IS DISTINCT FROM 1 AND team_id = 1
postgres | SELECT COUNT(*) FROM users WHERE balance IS DISTINCT FROM 1 OR team_id = 9
sqlite | SELECT * FROM users WHERE id = ?
sqlite | SELECT * FROM users WHERE id = ?1 AND email = ?2
sqlite | SELECT * FROM users WHERE email = :name
sqlite | SELECT * FROM users WHERE email = @name
sqlite | SELECT * FROM users WHERE email = $name
sqlite | INSERT OR IGNORE INTO users (email) VALUES (?)
sqlite | INSERT OR REPLACE INTO users (id, email) VALUES (?, ?)
sqlite | REPLACE INTO users (id, email) VALUES (1, 'a')
sqlite | INSERT OR ABORT INTO users (email) VALUES ('a')
sqlite | UPDATE OR IGNORE users SET email = ? WHERE id = ?
sqlite | SELECT [group] FROM [order] WHERE id = 1
sqlite | SELECT `group` FROM `order`
sqlite | SELECT id FROM users WHERE created_at > datetime('now', '-1 day')
sqlite | SELECT id FROM users WHERE name GLOB 'a*'
sqlite | INSERT INTO counters (scope, ymd, count) VALUES (?1, ?2, 1) ON CONFLICT (scope, ymd) DO UPDATE SET count = count + 1 WHERE count < ?3 RETURNING count
sqlite | SELECT date(created_at), COUNT(*) FROM users GROUP BY 1
sqlite | SELECT id FROM orders WHERE data ->> '$.kind' = 'x'
sqlite | SELECT json_extract(data, '$.a') FROM orders WHERE id = ?
sqlite | SELECT id FROM users INDEXED BY sqlite_autoindex_users_1 WHERE email = 'a'
sqlite | SELECT total(total) FROM orders
sqlite | SELECT id FROM users WHERE name = 'a' COLLATE NOCASE
sqlite | SELECT id FROM users LIMIT 5, 10
sqlite | INSERT INTO users VALUES (1, 'a', 'b', 0, 's', 1, 1, 'now')
sqlite | SELECT id FROM users WHERE email == 'a'
sqlite | SELECT id FROM users WHERE name NOTNULL
sqlite | UPDATE users SET name = ?2 WHERE id = ?1
sqlite | SELECT iif(balance > 0, 1, 0) FROM users
sqlite | SELECT id FROM users WHERE id = 1 AND name ISNULL
sqlite | SELECT max(balance, 0) FROM users
postgres | SELECT * FROM users WHERE id = $1
postgres | SELECT * FROM users WHERE id = $1 FOR UPDATE
postgres | SELECT * FROM users WHERE id = $1 FOR SHARE
postgres | SELECT * FROM users WHERE id = $1 FOR NO KEY UPDATE
postgres | SELECT * FROM orders WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
postgres | SELECT * FROM orders WHERE id = $1 FOR UPDATE NOWAIT
postgres | SELECT o.* FROM orders o JOIN users u ON u.id = o.user_id WHERE o.id = $1 FOR UPDATE OF o
postgres | SELECT COUNT(*)::int AS n FROM users WHERE team_id = $1
postgres | SELECT id FROM users WHERE id = ANY($1)
postgres | SELECT id FROM users WHERE id = ANY($1::uuid[])
postgres | SELECT id FROM users WHERE created_at > now() - interval '1 day'
postgres | SELECT id FROM users WHERE created_at > NOW() - INTERVAL '30 minutes' AND status = 'x'
postgres | SELECT id FROM users WHERE email ILIKE $1
postgres | SELECT id FROM users WHERE name ~* '^a'
postgres | SELECT DISTINCT ON (user_id) id FROM orders ORDER BY user_id, id DESC
postgres | SELECT data->>'kind' FROM orders WHERE data @> '{"a": 1}'
postgres | SELECT id FROM orders WHERE data #>> '{a,b}' = 'x'
postgres | SELECT id FROM public.users WHERE id = 1
postgres | SELECT id FROM "public"."users" WHERE "email" = $1
postgres | SELECT id FROM ONLY users
postgres | SELECT id FROM users FETCH FIRST 1 ROW ONLY
postgres | SELECT id, ROW_NUMBER() OVER (PARTITION BY team_id ORDER BY id) FROM users
postgres | SELECT array_agg(id ORDER BY id) FROM users
postgres | SELECT string_agg(name, ',') FROM users WHERE team_id = 2
postgres | SELECT E'it\'s' FROM users
postgres | SELECT $$text with 'quotes'$$ FROM users
postgres | SELECT $tag$a $$ b$tag$ FROM users
postgres | SELECT extract(epoch FROM created_at) FROM users WHERE id = 1
postgres | SELECT substring(name FROM 1 FOR 3) FROM users
postgres | SELECT u.id FROM users u CROSS JOIN LATERAL (SELECT id FROM orders WHERE user_id = u.id LIMIT 1) x
postgres | SELECT id FROM users WHERE (team_id, status) IN ((1, 'a'), (2, 'b'))
postgres | SELECT id FROM users WHERE created_at AT TIME ZONE 'UTC' > $1
postgres | SELECT ARRAY[1, 2] FROM users
postgres | SELECT id FROM users WHERE status = ANY(ARRAY['a', 'b'])
postgres | SELECT id FROM users TABLESAMPLE SYSTEM (10)
postgres | SELECT count(*) FROM orders WHERE user_id = $1 AND status NOT IN ('cancelled', 'failed')
postgres | INSERT INTO users (email) VALUES ($1) ON CONFLICT ON CONSTRAINT users_email_key DO UPDATE SET name = EXCLUDED.name RETURNING *
postgres | INSERT INTO users (email) VALUES ($1) ON CONFLICT (email) WHERE status = 'x' DO NOTHING
postgres | INSERT INTO users AS u (email, version) VALUES ($1, 1) ON CONFLICT (email) DO UPDATE SET version = u.version + 1 WHERE u.version < 9
postgres | INSERT INTO users (id, email) OVERRIDING SYSTEM VALUE VALUES (1, 'a')
postgres | INSERT INTO users (email, created_at) VALUES ($1, DEFAULT)
postgres | INSERT INTO orders (user_id, data) SELECT u.id, $1::jsonb FROM users u WHERE u.team_id = $2 RETURNING id
postgres | UPDATE ONLY users SET status = 'x' WHERE id = 1
postgres | UPDATE users u SET status = 'x' WHERE u.id = $1 AND u.status = 'y'
postgres | UPDATE users AS u SET balance = u.balance + o.total FROM orders o WHERE o.user_id = u.id AND o.id = $1 AND o.status = 'paid'
postgres | UPDATE users SET balance = GREATEST(balance - $1, 0) WHERE id = $2
postgres | UPDATE orders SET data = data || $1::jsonb WHERE id = $2
postgres | UPDATE orders SET data = jsonb_set(data, '{a}', to_jsonb($1::int)) WHERE id = $2 RETURNING *
postgres | UPDATE users SET (balance, version) = (SELECT total, 1 FROM orders WHERE id = $1) WHERE id = $2
postgres | UPDATE tokens SET used = 1 WHERE code = $1 AND used = 0 AND expires_at > now() RETURNING user_id
postgres | DELETE FROM users USING orders WHERE orders.user_id = users.id AND orders.status = 'x'
postgres | DELETE FROM ONLY users WHERE id = 1
postgres | DELETE FROM tokens t WHERE t.code = $1 RETURNING t.user_id
postgres | WITH claimed AS (UPDATE tokens SET redeemed_at = now() WHERE code = $1 AND redeemed_at IS NULL RETURNING user_id) INSERT INTO orders (user_id) SELECT user_id FROM claimed RETURNING id
postgres | WITH d AS (DELETE FROM tokens WHERE code = $1 RETURNING user_id) SELECT user_id FROM d
postgres | WITH i AS (INSERT INTO users (email) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id) SELECT id FROM i UNION ALL SELECT id FROM users WHERE email = $1
postgres | WITH next AS (SELECT id FROM orders WHERE status = 'queued' LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE orders SET status = 'running' FROM next WHERE orders.id = next.id RETURNING orders.id
postgres | WITH RECURSIVE t AS (SELECT id FROM users WHERE id = 1 UNION ALL SELECT o.id FROM orders o JOIN t ON t.id = o.user_id) SELECT COUNT(*) FROM t
postgres | WITH m AS MATERIALIZED (SELECT id FROM users) SELECT id FROM m
postgres | SELECT id FROM users WHERE balance > 0 AND NOT status = 'x'
postgres | SELECT NULLIF(balance, 0) FROM users
postgres | SELECT id FROM users ORDER BY id NULLS LAST
postgres | SELECT 1
postgres | VALUES (1, 2)
postgres | SELECT id FROM users WHERE name SIMILAR TO 'a%'
postgres | SELECT (balance > 5) IS TRUE FROM users
postgres | SELECT id FROM users WHERE status COLLATE "C" = 'x'
both | SELECT COUNT(*) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT COUNT(*) AS x FROM items AS i JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT COUNT(*) FROM orders o LEFT JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT COUNT(*) AS x FROM items AS i LEFT JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT COUNT(*) FROM orders o CROSS JOIN items i WHERE o.status = 'open' AND i.quantity > 2
both | SELECT COUNT(*) AS x FROM items AS i CROSS JOIN orders AS o WHERE o.id = 4
both | SELECT SUM(i.quantity) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT SUM(i.quantity) AS x FROM items AS i JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT SUM(i.quantity) FROM orders o LEFT JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT SUM(i.quantity) AS x FROM items AS i LEFT JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT SUM(i.quantity) FROM orders o CROSS JOIN items i WHERE o.status = 'open' AND i.quantity > 2
both | SELECT SUM(i.quantity) AS x FROM items AS i CROSS JOIN orders AS o WHERE o.id = 4
both | SELECT MAX(i.price) FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT MAX(i.price) AS x FROM items AS i JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT MAX(i.price) FROM orders o LEFT JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT MAX(i.price) AS x FROM items AS i LEFT JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT MAX(i.price) FROM orders o CROSS JOIN items i WHERE o.status = 'open' AND i.quantity > 2
both | SELECT MAX(i.price) AS x FROM items AS i CROSS JOIN orders AS o WHERE o.id = 4
both | SELECT i.sku FROM orders o JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT i.sku AS x FROM items AS i JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT i.sku FROM orders o LEFT JOIN items i ON i.order_id = o.id WHERE o.status = 'open' AND i.quantity > 2
both | SELECT i.sku AS x FROM items AS i LEFT JOIN orders AS o ON i.order_id = o.id WHERE o.id = 4
both | SELECT i.sku FROM orders o CROSS JOIN items i WHERE o.status = 'open' AND i.quantity > 2
both | SELECT i.sku AS x FROM items AS i CROSS JOIN orders AS o WHERE o.id = 4
both | UPDATE orders SET status = 'a' WHERE id = 1
both | UPDATE orders SET status = 'a' WHERE id = 1 AND status = 'b'
both | UPDATE orders SET status = 'a' WHERE user_id IN (SELECT id FROM users)
both | UPDATE orders SET status = 'a' WHERE id = 1 RETURNING id
both | UPDATE orders SET status = 'a' WHERE id = 1 AND status = 'b' RETURNING id
both | UPDATE orders SET status = 'a' WHERE user_id IN (SELECT id FROM users) RETURNING id
both | UPDATE orders SET status = 'a' WHERE id = 1 RETURNING *
both | UPDATE orders SET status = 'a' WHERE id = 1 AND status = 'b' RETURNING *
both | UPDATE orders SET status = 'a' WHERE user_id IN (SELECT id FROM users) RETURNING *
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1 AND status = 'b'
both | UPDATE orders SET status = 'a', total = total + 1 WHERE user_id IN (SELECT id FROM users)
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1 RETURNING id
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1 AND status = 'b' RETURNING id
both | UPDATE orders SET status = 'a', total = total + 1 WHERE user_id IN (SELECT id FROM users) RETURNING id
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1 RETURNING *
both | UPDATE orders SET status = 'a', total = total + 1 WHERE id = 1 AND status = 'b' RETURNING *
both | UPDATE orders SET status = 'a', total = total + 1 WHERE user_id IN (SELECT id FROM users) RETURNING *
