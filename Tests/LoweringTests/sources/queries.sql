CREATE TABLE a (id int primary key);
-- name: ClaimSlot :one
INSERT INTO counters (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = counters.n + 1 WHERE counters.n < $2 RETURNING n;
/* @name FindUser */
SELECT * FROM users WHERE id = :id;
SELECT 'unnamed';
