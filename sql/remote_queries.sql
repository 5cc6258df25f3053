-- What the server does beyond WHERE of one table: joins, groups, order, limits, lookups; and that the rows are the same without it.
-- Data: test/fixtures/types.sql.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = ISO;
CREATE SCHEMA remote_queries;
SET search_path = remote_queries, public;
IMPORT FOREIGN SCHEMA fdw LIMIT TO ("Many", "Strings", "Dates", "Decimals", "Integers", "Floats", "Binaries") FROM SERVER mssql INTO remote_queries OPTIONS (name_case 'preserve');
CREATE TABLE here AS SELECT g AS id, g * 3 AS k, 'name ' || g AS name FROM generate_series(1, 20) AS g;
ANALYZE here;
-- The statements of a query, why what is not in them stays, and whether the rows (in their order, where it has one) are the same without pushdown.
CREATE FUNCTION asked(query text, told boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    answer text := '';
    results text[];
    setting text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
        answer := answer || coalesce(E'\n  ' || substring(line FROM '(?:Remote SQL|Not Pushed): .*'), '');
    END LOOP;
    FOREACH setting IN ARRAY ARRAY['on', 'off'] LOOP
        PERFORM set_config('mssql_fdw.pushdown', setting, true);
        BEGIN
            EXECUTE format('SELECT coalesce(string_agg(x::text, '' '' %s), ''none'') FROM (%s) AS x',
                           CASE WHEN query ~ 'ORDER BY' THEN '' ELSE 'ORDER BY x::text COLLATE "C"' END, query) INTO line;
        EXCEPTION WHEN OTHERS THEN line := SQLSTATE;
        END;
        results := results || line;
    END LOOP;
    PERFORM set_config('mssql_fdw.pushdown', 'on', true);
    RETURN concat(query) || CASE WHEN told THEN answer ELSE '' END || E'\n  = ' || left(results[1], 100) || CASE WHEN results[1] = results[2] THEN '' ELSE E'\n  DIFFERENT: ' || left(results[2], 100) END;
END
$$;
\pset format unaligned
\pset tuples_only on
-- groups
SELECT asked(q) FROM (VALUES
    ('SELECT grp, count(*), count(name), sum(id), avg(id), avg(price), min(created), max(price) FROM "Many" GROUP BY grp'),
    ('SELECT count(*) FROM "Many"'), ('SELECT count(*) FROM "Many" WHERE id < 0'), ('SELECT sum(id), avg(price), max(id) FROM "Many" WHERE id < 0'),
    ('SELECT name, count(*) FROM "Many" GROUP BY name HAVING count(*) > 300'), ('SELECT name, count(*) FROM "Many" GROUP BY name HAVING avg(price) > 258'),
    ('SELECT flag, bool_and(flag), bool_or(grp = 3), every(id > 0) FROM "Many" GROUP BY flag'),
    ('SELECT date_trunc(''month'', created) AS month, count(*) FROM "Many" GROUP BY 1'), ('SELECT extract(year FROM created), count(DISTINCT name) FROM "Many" GROUP BY 1'),
    ('SELECT count(*) FILTER (WHERE flag), sum(id) FILTER (WHERE name = ''one'') FROM "Many"'), ('SELECT sum(DISTINCT grp), avg(DISTINCT grp), count(DISTINCT code) FROM "Many"'),
    ('SELECT round(avg(price), 2), sum(price) / count(*) FROM "Many"'), ('SELECT grp + 1, count(*) FROM "Many" GROUP BY grp + 1'), ('SELECT round(price), count(*) FROM "Many" WHERE id < 9 GROUP BY round(price)'),
    ('SELECT sum(l), sum(i), sum(s), sum(t), min(l), max(t) FROM "Integers"'), ('SELECT avg(l) FROM "Integers"'), ('SELECT sum(d), avg(d), min(big), max(small) FROM "Decimals"'), ('SELECT sum(big) FROM "Decimals"'),
    ('SELECT sum(f), min(r) FROM "Floats"'), ('SELECT min(vc), max(nc) FROM "Strings"'), ('SELECT count(DISTINCT vc), count(DISTINCT nvc), count(DISTINCT nc) FROM "Strings"'),
    ('SELECT vc, count(*) FROM "Strings" GROUP BY vc'), ('SELECT c, count(*) FROM "Strings" GROUP BY c'), ('SELECT grp, name, count(*) FROM "Many" GROUP BY GROUPING SETS ((grp), (name))'),
    ('SELECT string_agg(name, '','') FROM "Many" WHERE id < 5'), ('SELECT stddev(id) FROM "Many"'), ('SELECT DISTINCT grp FROM "Many"'), ('SELECT DISTINCT name, flag FROM "Many"'), ('SELECT DISTINCT t7 FROM "Dates"'), ('SELECT DISTINCT ON (grp) grp, id FROM "Many" ORDER BY grp, id')
) AS v(q);
-- order and limits
SELECT asked(q) FROM (VALUES
    ('SELECT id, price FROM "Many" ORDER BY price DESC, id LIMIT 3'), ('SELECT id FROM "Many" ORDER BY price NULLS FIRST, id DESC LIMIT 3'), ('SELECT id FROM "Many" ORDER BY price DESC NULLS LAST, id LIMIT 3'),
    ('SELECT id FROM "Many" ORDER BY id OFFSET 3 LIMIT 4'), ('SELECT id FROM "Many" ORDER BY id OFFSET 1021'), ('SELECT id FROM "Many" ORDER BY id LIMIT 0'), ('SELECT id FROM "Many" ORDER BY id LIMIT NULL OFFSET 1022'), ('SELECT id FROM "Many" ORDER BY id LIMIT (SELECT 2)'),
    ('SELECT id FROM "Many" ORDER BY id LIMIT -1'), ('SELECT count(*) FROM (SELECT FROM "Many" LIMIT 7) AS few'), ('SELECT id FROM "Many" ORDER BY name, id LIMIT 3'), ('SELECT id FROM "Many" ORDER BY code, id LIMIT 3'), ('SELECT id FROM "Many" WHERE id IN (10, 20) ORDER BY grp FETCH FIRST 1 ROWS WITH TIES'),
    ('SELECT id, t7 FROM "Dates" ORDER BY t7, id'), ('SELECT id FROM "Dates" ORDER BY id, t7'), ('SELECT id, b FROM "Integers" ORDER BY b, id'), ('SELECT id, f FROM "Floats" ORDER BY f, id'), ('SELECT grp, count(*) FROM "Many" GROUP BY grp ORDER BY 2 DESC, 1 LIMIT 3'), ('SELECT grp, avg(id) FROM "Many" GROUP BY grp ORDER BY 2, 1 LIMIT 2'), ('SELECT DISTINCT grp FROM "Many" ORDER BY grp DESC LIMIT 2'),
    ('SELECT id FROM "Many" WHERE lower(name) = ''one'' ORDER BY id LIMIT 2'), ('SELECT upper(name) FROM "Many" WHERE name IS NOT NULL ORDER BY id LIMIT 2'), ('SELECT generate_series(1, 2), id FROM "Many" ORDER BY id LIMIT 3')
) AS v(q);
-- joins
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT asked(q) FROM (VALUES
    ('SELECT a.id, b.name FROM "Many" AS a JOIN "Many" AS b ON a.id = b.grp WHERE a.flag AND b.id < 30'), ('SELECT a.id, b.id FROM "Many" AS a LEFT JOIN "Many" AS b ON a.id = b.grp AND b.id < 30 WHERE a.id < 12'), ('SELECT a.id, b.id FROM "Many" AS a RIGHT JOIN "Many" AS b ON a.id = b.grp AND a.flag WHERE b.id < 12'),
    ('SELECT a.id, b.id FROM (SELECT id FROM "Many" WHERE id < 5) AS a FULL JOIN (SELECT id FROM "Many" WHERE id BETWEEN 3 AND 8) AS b USING (id)'), ('SELECT count(*) FROM "Many" AS a FULL JOIN "Many" AS b ON a.id = b.id + 1'),
    ('SELECT count(*) FROM "Many" AS a WHERE EXISTS (SELECT FROM "Many" AS b WHERE b.grp = a.id AND b.price > 2)'), ('SELECT count(*) FROM "Many" AS a WHERE NOT EXISTS (SELECT FROM "Many" AS b WHERE b.grp = a.id)'), ('SELECT count(*) FROM "Many" AS a WHERE id IN (SELECT grp FROM "Many" AS b WHERE b.price < 5)'), ('SELECT count(*) FROM "Many" WHERE id NOT IN (SELECT grp FROM "Many" WHERE grp IS NOT NULL)'),
    ('SELECT count(*) FROM "Many" AS a LEFT JOIN "Many" AS b ON a.id = b.grp WHERE b.id IS NULL'), ('SELECT a.id, b.name FROM "Many" AS a LEFT JOIN "Many" AS b ON a.id = b.grp AND b.id < 0 WHERE b.id IS NULL AND a.id < 4'),
    ('SELECT a.id, b.id, c.id FROM "Many" AS a JOIN "Many" AS b ON a.id = b.grp JOIN "Many" AS c ON c.id = b.id WHERE c.id < 12'), ('SELECT a.grp, count(*), sum(b.price) FROM "Many" AS a JOIN "Many" AS b ON a.id = b.grp GROUP BY a.grp ORDER BY 2 DESC, 1 LIMIT 3'), ('SELECT count(*) FROM "Many" AS a JOIN "Many" AS b ON a.name = b.name AND a.grp = b.id'),
    ('SELECT count(*) FROM "Strings" AS a JOIN "Strings" AS b ON a.vc = b.nvc'), ('SELECT a.id FROM "Strings" AS a JOIN "Strings" AS b ON a.c = b.nc'), ('SELECT count(*) FROM "Many" AS a JOIN "Many" AS b ON a.id < b.grp AND lower(a.name) = b.name'), ('SELECT a, b.id FROM "Many" AS a JOIN "Many" AS b ON a.id = b.grp WHERE b.id < 2'), ('SELECT count(*) FROM "Many" AS a, "Many" AS b WHERE a.id < 3'),
    ('SELECT a.id, coalesce(b.name, ''none'') FROM "Many" AS a LEFT JOIN (SELECT grp, coalesce(name, ''-'') AS name FROM "Many" WHERE id < 20) AS b ON a.id = b.grp WHERE a.id < 12')
) AS v(q);
-- lookups by what is here
ALTER SERVER mssql OPTIONS (ADD fdw_startup_cost '1');
SELECT asked(q) FROM (VALUES
    ('SELECT h.id, m.name FROM here AS h JOIN "Many" AS m ON m.id = h.k'), ('SELECT h.id, m.name FROM here AS h LEFT JOIN "Many" AS m ON m.id = h.k AND m.flag'), ('SELECT h.id, m.c FROM here AS h, LATERAL (SELECT count(*) AS c FROM "Many" AS m WHERE m.grp = h.k) AS m'),
    ('SELECT h.id, m.id FROM here AS h, LATERAL (SELECT id FROM "Many" AS m WHERE m.id > h.k ORDER BY id LIMIT 2) AS m'), ('SELECT id FROM "Many" WHERE id > (SELECT 1015 + max(id) / 5 FROM here)'), ('SELECT m.id, (SELECT count(*) FROM "Many" AS b WHERE b.grp = m.id) FROM "Many" AS m WHERE m.id < 5'), ('SELECT count(*) FROM here AS h JOIN "Many" AS m ON m.name = h.name')
) AS v(q);
ALTER SERVER mssql OPTIONS (DROP fdw_startup_cost);
RESET enable_hashjoin;
RESET enable_mergejoin;
-- values
SELECT asked(q) FROM (VALUES
    ('SELECT id FROM "Many" WHERE coalesce(grp, 0) = 0 AND id < 50'), ('SELECT id FROM "Many" WHERE length(name) > 3 AND id < 9'), ('SELECT id FROM "Many" WHERE name LIKE ''o%e'' AND id < 9'), ('SELECT id FROM "Many" WHERE name NOT LIKE ''o%'' AND id < 9'), ('SELECT id FROM "Many" WHERE name LIKE ''o_e'''), ('SELECT id FROM "Many" WHERE substring(name, 1, 1) = ''n'' AND id < 9'), ('SELECT id FROM "Many" WHERE left(name, 2) || ''x'' = ''onx'' AND id < 9'),
    ('SELECT id FROM "Many" WHERE (grp, id) > (9, 1000)'), ('SELECT id FROM "Many" WHERE (price * 2 + 1) > 1025'), ('SELECT id FROM "Many" WHERE price / 2 > 256'), ('SELECT id FROM "Many" WHERE id / 100 = 5 AND id % 100 > 97'), ('SELECT id FROM "Many" WHERE id / (grp - 3) > 200'), ('SELECT id FROM "Many" WHERE CASE WHEN flag THEN grp ELSE -1 END = 3 AND id < 99'), ('SELECT id FROM "Many" WHERE CASE grp WHEN 1 THEN ''a'' WHEN 2 THEN ''b'' END = ''b'' AND id < 50'), ('SELECT id FROM "Many" WHERE nullif(grp, 3) IS NULL AND id < 30'),
    ('SELECT id FROM "Many" WHERE name IS DISTINCT FROM ''one'' AND id < 5'), ('SELECT id FROM "Many" WHERE grp IS NOT DISTINCT FROM id'), ('SELECT id FROM "Many" WHERE (flag OR NULL) AND id < 5'), ('SELECT id FROM "Many" WHERE id::text = ''17'''), ('SELECT id FROM "Many" WHERE extract(month FROM created) = 1 AND id < 5'), ('SELECT id FROM "Many" WHERE created::date = ''2020-01-01'' AND id < 5'),
    ('SELECT id, vc FROM "Strings" WHERE vc = ''abc'''), ('SELECT id, vc FROM "Strings" WHERE vc <> ''abc'''), ('SELECT id FROM "Strings" WHERE vc IN (''abc'', ''ABC'', NULL)'), ('SELECT id FROM "Strings" WHERE nvc NOT IN (''abc'', ''x'')'), ('SELECT id FROM "Strings" WHERE c = ''abc'''), ('SELECT id FROM "Strings" WHERE vc > ''a'''), ('SELECT id FROM "Binaries" WHERE vb = ''\x01'''), ('SELECT id FROM "Binaries" WHERE b < ''\x0203'''),
    ('SELECT id FROM "Floats" WHERE f > 0.1'), ('SELECT id FROM "Floats" WHERE r < f'), ('SELECT id FROM "Floats" WHERE f < ''infinity'''), ('SELECT id FROM "Dates" WHERE dt < dt3'), ('SELECT id FROM "Dates" WHERE d = dt3'), ('SELECT id FROM "Integers" WHERE i + i > 0'), ('SELECT id FROM "Integers" WHERE abs(i) > 5'), ('SELECT id FROM "Integers" WHERE t + t > 255')
) AS v(q);
-- an outer row's text, arrays, generic plans
PREPARE by_name(text, int) AS SELECT count(*), min(id) FROM "Many" WHERE name = $1 AND id IN ($2, 7, 9);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE by_name('one', 5);
EXECUTE by_name('one', 5);
EXECUTE by_name(NULL, 5);
EXECUTE by_name('One', NULL);
PREPARE page(bigint, bigint) AS SELECT id FROM "Many" ORDER BY id LIMIT $1 OFFSET $2;
EXECUTE page(2, 3);
EXECUTE page(0, 3);
EXECUTE page(NULL, 1022);
\set VERBOSITY terse
EXECUTE page(-1, 3);
EXECUTE page(1, -3);
\set VERBOSITY default
RESET plan_cache_mode;
-- locks, and changes of what is joined, are no affair of the server's statement
EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM "Many" ORDER BY id LIMIT 1 FOR UPDATE;
SELECT id FROM "Many" ORDER BY id LIMIT 1 FOR UPDATE;
UPDATE here SET name = m.name FROM "Many" AS m JOIN "Many" AS n ON n.id = m.grp WHERE m.id = here.id AND here.id < 4;
SELECT id, name FROM here WHERE id < 4 ORDER BY id;
-- what has gone wrong once
CREATE FOREIGN TABLE odd (id int OPTIONS (column_name E'i\001d', remote_type 'int'), n int OPTIONS (column_name 'n', remote_type 'int')) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many');
EXPLAIN (COSTS OFF) SELECT * FROM odd WHERE id < 5;
CREATE SEQUENCE counted;
CREATE TABLE parts (id int, grp int, name text) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE parts_1 (id int OPTIONS (remote_type 'int'), grp int OPTIONS (remote_type 'int'), name text OPTIONS (remote_type 'nvarchar(40)')) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many');
CREATE TABLE parts_too (id int, grp int, name text) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE parts_too_1 (id int OPTIONS (remote_type 'int', column_name 'grp'), grp int OPTIONS (remote_type 'int', column_name 'id'), name text OPTIONS (remote_type 'nvarchar(40)')) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (0) TO (2000);
ALTER TABLE parts_too ATTACH PARTITION parts_too_1 FOR VALUES FROM (0) TO (2000);
SET enable_partitionwise_join = on;
SELECT asked(q, false) FROM (VALUES
    ('SELECT count(*) FROM (SELECT count(*) FROM "Many" AS a JOIN "Many" AS b ON a.id = b.grp) AS s'), ('SELECT count(*) FROM (SELECT max(a.id) FROM "Many" AS a, "Many" AS b WHERE a.id = b.id AND a.id < 0) AS s'), ('SELECT 1 FROM "Many" AS a JOIN "Many" AS b ON a.id = b.id HAVING count(*) > 5 OR true'),
    ('SELECT a.id, s.n FROM parts AS a LEFT JOIN (SELECT id, coalesce(name, ''-'') AS n FROM parts_too) AS s ON a.id = s.id WHERE a.id BETWEEN 8 AND 12'), ('SELECT count(*) FROM parts AS a LEFT JOIN (SELECT id, 5 AS n FROM parts_too) AS s ON a.id = s.id WHERE s.n IS NULL'),
    ('SELECT id FROM "Floats" WHERE CASE WHEN f > 0.05 THEN f END > 0.2'), ('SELECT id FROM "Floats" WHERE nullif(f, 0.1) > 0.05'), ('SELECT h.id, m.id FROM here AS h, LATERAL (SELECT id FROM "Many" WHERE CASE WHEN id < h.k THEN 1 ELSE 2 END = h.id AND id < 9) AS m'),
    ('SELECT count(*) FROM "Strings" WHERE nvc = repeat(''x'', 5000)'), ('SELECT count(*) FROM "Strings" WHERE nvc <> repeat(''x'', 5000)'), ('SELECT count(*) FROM "Strings" WHERE nvc IN (repeat(''x'', 5000), ''a'')'),
    ('SELECT id FROM "Strings" WHERE vc::bpchar IN (''blanks'', ''abc'')'), ('SELECT id FROM "Strings" WHERE vc::bpchar = ''blanks'''), ('SELECT DISTINCT vc::bpchar FROM "Strings"'), ('SELECT count(DISTINCT vc::bpchar) FROM "Strings"'),
    ('SELECT id FROM "Many" WHERE CASE id WHEN (CASE grp WHEN 1 THEN 11 ELSE 6 END) THEN ''a'' ELSE ''b'' END = ''a'''), ('SELECT id FROM "Binaries" WHERE vb IN (''\x00'', ''\x01'')'),
    ('SELECT a.id FROM "Many" AS a LEFT JOIN "Many" AS b ON a.id = b.grp WHERE b.grp IS NULL AND b.flag IS NOT TRUE AND a.id < 15'), ('SELECT count(*) FROM "Many" AS a LEFT JOIN "Many" AS b ON a.id = b.grp WHERE b.id IS NULL AND coalesce(b.grp, 5) = 5'),
    ('SELECT id FROM "Strings" WHERE vc = nullif(nvc, ''x'')'), ('SELECT h.id FROM here AS h, LATERAL (SELECT id FROM "Many" AS m WHERE CASE WHEN h.id = 3 THEN m.id < 2 ELSE m.id < 6 / (h.id - 3) END) AS m WHERE h.id < 5'), ('SELECT id FROM "Dates" WHERE d = sdt'), ('SELECT id FROM "Dates" WHERE d < dt'), ('SELECT abs(d) * d FROM "Decimals"')
) AS v(q);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_partitionwise_join;
SELECT nextval('counted'), id FROM "Many" ORDER BY id OFFSET 3 LIMIT 2;
PREPARE guarded(int) AS SELECT id FROM "Many" WHERE CASE WHEN $1 = 0 THEN id = 5 ELSE id = 10 / $1 END;
SET plan_cache_mode = force_generic_plan;
EXECUTE guarded(0);
EXECUTE guarded(2);
RESET plan_cache_mode;
-- a policy comes before what its user asks, whose errors would tell of rows that it hides
CREATE POLICY few ON parts USING (lower(name) = 'one' AND id < 6);
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
CREATE ROLE remote_reader;
GRANT USAGE ON SCHEMA remote_queries TO remote_reader;
GRANT SELECT ON parts TO remote_reader;
SET ROLE remote_reader;
EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM parts WHERE 10 / (id - 2) > -100;
RESET ROLE;
-- what came over the wire
EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id FROM "Many" WHERE id <= 3;
EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT grp, count(*) FROM "Many" GROUP BY grp;
DROP SCHEMA remote_queries CASCADE;
DROP ROLE remote_reader;
