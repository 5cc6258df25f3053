-- INSERT, UPDATE and DELETE on foreign tables. Data: the schema writes of test/fixtures/writes.sql.
SET client_min_messages = warning;
CREATE SCHEMA written;
IMPORT FOREIGN SCHEMA writes FROM SERVER mssql INTO written;
SET search_path = written, public;
CREATE FUNCTION public.empty_all() RETURNS void LANGUAGE sql AS $$
    SELECT mssql_exec('mssql', 'DELETE FROM writes.Plain; TRUNCATE TABLE writes.Served; DELETE FROM writes.Child; DELETE FROM writes.Parent;'
        || 'TRUNCATE TABLE writes.Audited; TRUNCATE TABLE writes.Log; DELETE FROM writes.TextKey; DELETE FROM writes.TimeKey; DELETE FROM writes.TickKey; DELETE FROM writes.FloatKey; DELETE FROM writes.ByteKey') $$;
SELECT empty_all();
-- what IMPORT FOREIGN SCHEMA knows
SELECT c.relname, a.attname, a.attfdwoptions FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relnamespace = 'written'::regnamespace AND c.relname IN ('served', 'audited') AND a.attnum > 0 ORDER BY 1, a.attnum;
SELECT table_name, is_insertable_into FROM information_schema.tables WHERE table_schema = 'written' AND table_name IN ('plain', 'totals') ORDER BY 1;
-- INSERT
INSERT INTO plain VALUES (1, 10, 'one'), (2, NULL, ''), (3, -3, NULL);
INSERT INTO plain (t, id) VALUES ('four', 4);
INSERT INTO plain (id, n) SELECT g, g * 10 FROM generate_series(5, 7) AS g RETURNING id, n, t;
INSERT INTO plain VALUES (8, DEFAULT, 'eight') RETURNING *;
WITH new AS (INSERT INTO plain (id, n) VALUES (9, 90) RETURNING *) SELECT n * 2 AS twice, t IS NULL AS unnamed FROM new;
SELECT * FROM plain ORDER BY id;
-- UPDATE
UPDATE plain SET n = n + 1 WHERE id <= 3;
UPDATE plain SET n = NULL, t = 'none' WHERE id = 7 RETURNING *;
UPDATE plain SET id = id + 100 WHERE id IN (8, 9) RETURNING id, t;
UPDATE plain AS p SET t = v.t FROM (VALUES (1, 'uno'), (4, 'cuatro'), (999, 'nobody')) AS v(id, t) WHERE v.id = p.id RETURNING p.id, p.t, v.t AS given;
UPDATE plain SET (n, t) = (SELECT 5, 'five') WHERE id = 5 RETURNING plain;
UPDATE plain SET n = 0 WHERE false;
SELECT * FROM plain ORDER BY id;
-- DELETE
DELETE FROM plain WHERE id = 1;
DELETE FROM plain WHERE t = 'none' RETURNING *;
DELETE FROM plain USING generate_series(108, 109) AS g(id) WHERE g.id = plain.id RETURNING plain.id, g.id AS given;
DELETE FROM plain WHERE id = 12345 RETURNING *;
SELECT id FROM plain ORDER BY id;
-- what the server fills in
INSERT INTO served (name) VALUES ('a') RETURNING id, name, state, amount, twice, length(version) AS version, pad;
INSERT INTO served (name, state, amount, pad) VALUES ('b', 'old', 2.345, 'xy') RETURNING id, name, state, amount, twice, pad || '|' AS pad;
INSERT INTO served (name, amount) VALUES ('c', NULL), ('d', 4) RETURNING id, amount, twice;
INSERT INTO served (id, name) VALUES (100, 'e'), (DEFAULT, 'f'), (50, 'g'), (NULL, 'h') RETURNING id, name;
INSERT INTO served SELECT NULL, 'i', 'state', 1 RETURNING id, name, state, amount;
UPDATE served SET amount = amount + 0.005, pad = 'z' WHERE name < 'c' RETURNING id, amount, twice, pad || '|' AS pad;
SELECT count(DISTINCT version) = count(*) AS versions_differ FROM served;
INSERT INTO served (name, twice) VALUES ('x', 1);
UPDATE served SET twice = 1;
UPDATE served SET version = '\x00';
UPDATE served SET id = 1;
INSERT INTO served (name) VALUES (NULL);
INSERT INTO plain VALUES (2, 0, 'there already');
INSERT INTO plain VALUES (2000, 0, repeat('x', 20)), (2000, 1, 'twice');
INSERT INTO child VALUES (1, 4711);
INSERT INTO parent VALUES (1, 'a', 0);
\set VERBOSITY sqlstate
INSERT INTO served (name, twice) VALUES ('x', 1);
UPDATE served SET twice = 1;
INSERT INTO plain VALUES (2, 0, 'there already');
INSERT INTO child VALUES (1, 4711);
\set VERBOSITY default
-- nor is anything known of it by its options
CREATE FOREIGN TABLE unknown_identity (id int OPTIONS (remote_type 'int', key 'true'), name text OPTIONS (remote_type 'varchar(20)'), twice numeric OPTIONS (remote_type 'decimal(12,2)'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Served');
INSERT INTO unknown_identity (id, name) VALUES (1, 'x');
UPDATE unknown_identity SET twice = 1;
INSERT INTO unknown_identity (name) VALUES ('y') RETURNING name, twice;
-- a table without options has what the server says
CREATE FOREIGN TABLE bare (id int OPTIONS (key 'true'), name text, state text, amount numeric, twice numeric) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Served');
INSERT INTO bare (name, amount) VALUES ('bare', 3.14159) RETURNING name, state, amount, twice;
UPDATE bare SET amount = 2.71828, name = 'bär' WHERE name = 'bare' RETURNING name, amount;
INSERT INTO bare (name, twice) VALUES ('x', 1);
DELETE FROM bare WHERE name = 'bär' RETURNING name, twice;
CREATE FOREIGN TABLE nowhere (id int OPTIONS (key 'true')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Nowhere');
INSERT INTO nowhere VALUES (1);
CREATE FOREIGN TABLE other_columns (id int OPTIONS (key 'true'), nothing int) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
INSERT INTO other_columns VALUES (1);
-- defaults of this side go before the server's
ALTER FOREIGN TABLE served ALTER COLUMN state SET DEFAULT 'here';
INSERT INTO served (name) VALUES ('j') RETURNING name, state;
INSERT INTO served (name, state) VALUES ('k', DEFAULT), ('l', 'given') RETURNING name, state;
-- ON CONFLICT DO NOTHING
DELETE FROM plain;
INSERT INTO plain VALUES (1, 1, 'first');
INSERT INTO plain VALUES (1, 2, 'second'), (2, 2, 'new') ON CONFLICT DO NOTHING;
INSERT INTO plain VALUES (1, 3, 'third'), (3, 3, 'new') ON CONFLICT DO NOTHING RETURNING *;
INSERT INTO parent (id, code) VALUES (1, 'a'), (2, 'b');
INSERT INTO parent (id, code) VALUES (3, 'b'), (4, NULL) ON CONFLICT DO NOTHING RETURNING *;
INSERT INTO parent (id, code, n) VALUES (5, 'c', -1) ON CONFLICT DO NOTHING;
INSERT INTO plain VALUES (1, 4, 'fourth') ON CONFLICT (id) DO NOTHING;
INSERT INTO plain VALUES (1, 4, 'fourth') ON CONFLICT (id) DO UPDATE SET n = 5;
SELECT * FROM plain ORDER BY id;
MERGE INTO plain USING (VALUES (1)) AS v(id) ON v.id = plain.id WHEN MATCHED THEN DELETE;
-- triggers over there
INSERT INTO audited (name) VALUES ('a');
INSERT INTO audited (name) VALUES ('b'), ('c');
INSERT INTO audited (name) VALUES ('d') RETURNING id, name, seen, length(version) AS version;
UPDATE audited SET name = name || '!' WHERE id > 2 RETURNING id, name, length(version) AS version;
DELETE FROM audited WHERE id = 1 RETURNING id, name, seen;
DELETE FROM audited WHERE id = 2;
SELECT what FROM log ORDER BY id;
\set VERBOSITY terse
INSERT INTO audited (id, name) VALUES (3, 'there already'), (30, 'new') ON CONFLICT DO NOTHING RETURNING id, name;
INSERT INTO audited (name) VALUES ('refused');
INSERT INTO audited (name) VALUES ('undone');
INSERT INTO audited (name) VALUES ('twice') ON CONFLICT DO NOTHING;
\set VERBOSITY default
SELECT id, name FROM audited ORDER BY id;
-- what is sent
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO plain (id, t) VALUES (1, 'x'), (2, 'y');
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO served (name) VALUES ('x') RETURNING id, twice;
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO plain (id) VALUES (1) ON CONFLICT DO NOTHING;
EXPLAIN (VERBOSE, COSTS OFF) UPDATE plain SET n = n + 1, t = 'x' WHERE id = 1 RETURNING n;
EXPLAIN (VERBOSE, COSTS OFF) DELETE FROM plain WHERE n > 1;
EXPLAIN (COSTS OFF) DELETE FROM plain WHERE n > 1;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM plain FOR UPDATE;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM plain FOR SHARE;
-- what is not updatable
INSERT INTO totals VALUES (1, 1);
DELETE FROM totals;
CREATE FOREIGN TABLE rows_of_query (id int OPTIONS (key 'true')) SERVER mssql OPTIONS (query 'SELECT id FROM writes.Plain');
INSERT INTO rows_of_query VALUES (1);
UPDATE rows_of_query SET id = 1;
ALTER FOREIGN TABLE plain OPTIONS (ADD updatable 'false');
INSERT INTO plain VALUES (99);
UPDATE plain SET n = 1;
DELETE FROM plain;
TRUNCATE plain;
COPY plain FROM stdin;
\.
ALTER FOREIGN TABLE plain OPTIONS (DROP updatable);
ALTER SERVER mssql OPTIONS (ADD updatable 'off');
INSERT INTO plain VALUES (99);
ALTER FOREIGN TABLE plain OPTIONS (ADD updatable 'on');
INSERT INTO plain VALUES (99) RETURNING id;
ALTER FOREIGN TABLE plain OPTIONS (DROP updatable);
ALTER SERVER mssql OPTIONS (DROP updatable);
-- without a key
CREATE FOREIGN TABLE keyless (id int OPTIONS (remote_type 'int'), n int OPTIONS (remote_type 'int')) SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
INSERT INTO keyless VALUES (77, 7);
UPDATE keyless SET n = 1;
DELETE FROM keyless;
ALTER FOREIGN TABLE keyless ALTER COLUMN n OPTIONS (ADD key 'true');
DELETE FROM keyless WHERE id = 77 RETURNING *;
UPDATE keyless SET id = id + 1 WHERE n IS NULL;
-- TRUNCATE
TRUNCATE plain, served;
SELECT count(*) FROM plain;
INSERT INTO served (name) VALUES ('goes on') RETURNING id;
TRUNCATE served RESTART IDENTITY;
INSERT INTO served (name) VALUES ('begins anew') RETURNING id;
BEGIN;
TRUNCATE served;
SELECT count(*) FROM served;
ROLLBACK;
SELECT count(*) FROM served;
-- twice, with no row between: the next number stays the next
INSERT INTO served (name) VALUES ('z') RETURNING id;
TRUNCATE served;
TRUNCATE served;
INSERT INTO served (name) VALUES ('z') RETURNING id;
TRUNCATE parent;
TRUNCATE plain CASCADE;
SELECT empty_all();
