CREATE OR REPLACE FUNCTION public.f(p_id uuid, p_n int DEFAULT 1, OUT o_left int)
RETURNS int AS $fn$
<<outer>>
DECLARE
  v_row tickets%ROWTYPE;
  v_a int; v_b text := 'x';
  c CURSOR FOR SELECT * FROM t;
BEGIN
  EXECUTE 'SELECT taken, cap FROM slots WHERE id = $1 FOR UPDATE' INTO v_a, v_b USING p_id;
  EXECUTE format('UPDATE %I SET x = 1', v_b);
  BEGIN
    INSERT INTO claims(user_id) VALUES (p_id) RETURNING id INTO v_a;
  EXCEPTION
    WHEN unique_violation OR check_violation THEN
      RETURN;
    WHEN OTHERS THEN
      RAISE WARNING 'oops %', SQLERRM;
  END;
  CASE v_b
    WHEN 'a', 'b' THEN UPDATE t SET x = 1 WHERE id = p_id;
    ELSE RAISE EXCEPTION 'no';
  END CASE;
  WHILE v_a > 0 LOOP
    v_a := v_a - 1;
    CONTINUE WHEN v_a = 3;
    PERFORM other_fn(p_id, v_a);
  END LOOP;
  FOR v_row IN SELECT * FROM tickets WHERE event_id = p_id LOOP
    UPDATE tickets SET used = true WHERE id = v_row.id;
  END LOOP;
  FOR i IN 1..10 LOOP NULL; END LOOP;
  WITH moved AS (DELETE FROM q WHERE id = p_id RETURNING *) INSERT INTO r SELECT * FROM moved;
  IF v_row IS NULL THEN v_a = 5; ELSEIF v_a IS NULL THEN v_a := 6; ELSE v_a := 7; END IF;
  SELECT other_fn(p_id) INTO v_a;
  v_a := other_fn(p_id);
  o_left := v_a;
  LOOP EXIT; END LOOP;
  RETURN QUERY SELECT id FROM tickets WHERE event_id = p_id;
END;
$fn$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE OR REPLACE FUNCTION g(p_id uuid, p_tags text[] DEFAULT ARRAY['a','b'], p_n int DEFAULT 2) RETURNS boolean AS $$
DECLARE
  arr int[]; r record; k int := 5; ok boolean := check_it(p_id);
  due CURSOR FOR SELECT id FROM jobs WHERE done = false FOR UPDATE;
  n int := 0;
BEGIN
  INSERT INTO t (a, b, c) VALUES (arr[k], 7, 'x');
  UPDATE t SET n = (arr[1]).n, st = 'y' WHERE id = arr[k];
  IF NOT can_do(p_id) THEN RETURN false; END IF;
  SELECT * INTO r FROM find_it(p_id);
  FOR r IN SELECT * FROM list_it(p_id) LOOP UPDATE t SET st = 'z' WHERE id = r.id; END LOOP;
  BEGIN n := 1; EXCEPTION WHEN unique_violation THEN n := 2; END;
  PERFORM helper(p_id => p_id, p_count => 3);
  IF NOT pg_try_advisory_xact_lock(hashtext(p_id::text)) THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext(p_id::text));
  OPEN due; FETCH due INTO r; CLOSE due;
  r.n := r.n - 1;
  UPDATE t SET n = r.n WHERE id = p_id;
  FOREACH k IN ARRAY arr LOOP DELETE FROM t WHERE id = k; END LOOP;
  n := 0;
  LOOP n := n + 1; EXIT WHEN n > 5; END LOOP;
  arr[2] := 9;
  UPDATE t SET n = arr[2] WHERE n % 2 = 1 AND lower(st) = 'q';
  RETURN ok AND n = 1;
END $$ LANGUAGE plpgsql;

-- Named and positional arguments, a trigger after the row, the last of two definitions.
CREATE FUNCTION helper(p_id uuid, p_count int) RETURNS int LANGUAGE sql AS $$
  UPDATE counters SET n = n + p_count WHERE id = p_id RETURNING n;
$$;

CREATE FUNCTION noted() RETURNS trigger AS 'BEGIN INSERT INTO log (ticket) VALUES (NEW.id); RETURN NULL; END' LANGUAGE plpgsql;
CREATE TRIGGER noted AFTER INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION noted();

CREATE FUNCTION twice(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM wrong WHERE id = a; RETURN 1; END $$;
CREATE OR REPLACE FUNCTION twice(b int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM kept WHERE id = b; RETURN 2; END $$;
CREATE FUNCTION gone(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM wrong WHERE id = a; RETURN 1; END $$;
DROP FUNCTION IF EXISTS gone(int);
