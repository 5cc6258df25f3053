-- Many rows: COPY, INSERT .. SELECT, partitions, and triggers of this side. Data: the schema writes of test/fixtures/writes.sql.
SET client_min_messages = warning;
SET search_path = written, public;
SELECT empty_all();
-- COPY
COPY plain FROM stdin;
1	10	one
2	\N	end
3	-3	\N
\.
COPY plain (t, id) FROM stdin WITH (FORMAT csv);
"vier, ",4
"ünf",5
\.
SELECT *, length(t) FROM plain ORDER BY id;
COPY served (name, amount) FROM stdin;
a	1.255
b	\N
\.
COPY served (id, name) FROM stdin;
500	c
600	d
\.
COPY served (name) FROM stdin;
é
\.
SELECT id, name, state, amount, twice, length(version) AS version FROM served ORDER BY id;
\set VERBOSITY sqlstate
COPY plain FROM stdin;
6	6	six
1	1	there already
7	7	seven
\.
COPY plain FROM stdin;
6	6	six
x	7	no number
\.
COPY served (name) FROM stdin;
fine
жук
\.
COPY served (name) FROM stdin;
fine
\N
\.
COPY served (name, twice) FROM stdin;
fine	2
\.
COPY parent FROM stdin;
1	a	1
2	b	-1
\.
\set VERBOSITY default
SELECT count(*) FROM plain;
SELECT count(*) FROM served;
SELECT count(*) FROM parent;
-- over there every trigger fires
COPY audited (name) FROM stdin;
x
y
\.
SELECT what FROM log ORDER BY id;
\set VERBOSITY sqlstate
COPY audited (name) FROM stdin;
fine
refused
\.
\set VERBOSITY default
SELECT name FROM audited ORDER BY id;
-- INSERT .. SELECT
TRUNCATE plain;
INSERT INTO plain SELECT g, g % 7, 'row ' || g FROM generate_series(1, 5000) AS g;
SELECT count(*), count(DISTINCT id), sum(id), sum(n), max(t) FROM plain;
\set VERBOSITY sqlstate
INSERT INTO plain SELECT 5000 + g, g FROM generate_series(1, 4000) AS g UNION ALL SELECT 1, 1;
INSERT INTO plain SELECT 5000 + g, 10 / (3999 - g) FROM generate_series(1, 4000) AS g;
\set VERBOSITY default
SELECT count(*) FROM plain;
-- rows of which some leave the default to the server, or the identity
INSERT INTO served (id, name, amount) SELECT CASE WHEN g % 1000 = 0 THEN 100 * g END, 'n' || g, g / 100.0 FROM generate_series(1, 4000) AS g;
SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE id % 100000 = 0 AND name LIKE 'n%000') AS given, sum(amount) FROM served WHERE name LIKE 'n%';
-- what is read while rows are on their way
CREATE FUNCTION count_log() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM written.log); END $$;
INSERT INTO plain SELECT 10000 + g, CASE WHEN g % 900 = 0 THEN count_log() END FROM generate_series(1, 3000) AS g;
SELECT count(*), count(n), max(n) FROM plain WHERE id > 10000;
INSERT INTO plain SELECT id + 20000, n, t FROM plain WHERE id <= 5000;
SELECT count(*) FROM plain WHERE id > 20000;
-- with a lock on the whole table, and in statements of one row
ALTER FOREIGN TABLE plain OPTIONS (ADD tablock 'true');
TRUNCATE plain;
INSERT INTO plain SELECT g FROM generate_series(1, 2000) AS g;
ALTER FOREIGN TABLE plain OPTIONS (DROP tablock, ADD batch_size '1');
INSERT INTO plain SELECT 2000 + g FROM generate_series(1, 10) AS g;
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO plain VALUES (1), (2);
ALTER FOREIGN TABLE plain OPTIONS (SET batch_size '1000');
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO plain VALUES (1), (2);
INSERT INTO plain SELECT 3000 + g FROM generate_series(1, 900) AS g;
ALTER FOREIGN TABLE plain OPTIONS (DROP batch_size);
SELECT count(*) FROM plain;
TRUNCATE plain;
INSERT INTO plain VALUES (3);
-- triggers of this side
CREATE TABLE told (what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO told VALUES (format('%s %s %s: %s -> %s', TG_WHEN, TG_LEVEL, TG_OP, CASE WHEN TG_LEVEL = 'ROW' AND TG_OP <> 'INSERT' THEN OLD END, CASE WHEN TG_LEVEL = 'ROW' AND TG_OP <> 'DELETE' THEN NEW END));
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.n = 13 THEN RETURN NULL; END IF; NEW.t := coalesce(NEW.t, 'by trigger'); RETURN NEW; END $$;
CREATE TRIGGER after_row AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER after_statement AFTER INSERT OR UPDATE OR DELETE ON plain FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION change();
INSERT INTO plain VALUES (10, 1, NULL), (11, 13, NULL), (12, 2, 'given');
UPDATE plain SET n = n + 1 WHERE id >= 10;
DELETE FROM plain WHERE id >= 12;
COPY plain (id, n) FROM stdin;
14	4
15	13
\.
SELECT what FROM told;
SELECT * FROM plain ORDER BY id;
DROP TRIGGER after_row ON plain;
DROP TRIGGER after_statement ON plain;
-- what nobody has changed is not sent, with a trigger that could have
CREATE FUNCTION leave_alone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER before_row BEFORE UPDATE ON types FOR EACH ROW EXECUTE FUNCTION leave_alone();
SELECT mssql_exec('mssql', 'INSERT INTO writes.Types (id, dt27) VALUES (1, ''2020-01-01T00:00:00.1234567'')') AS rows;
UPDATE types SET ti = 5;
SELECT * FROM mssql_query('mssql', 'SELECT CAST(dt27 AS varchar(30)), ti FROM writes.Types') AS t(dt27 text, ti int);
DELETE FROM types;
DROP TRIGGER before_row ON types;
DROP TRIGGER before_row ON plain;
DELETE FROM plain;
-- generated columns of this side are stored over there
CREATE FOREIGN TABLE computed_here (id int OPTIONS (remote_type 'int', key 'true'), n int OPTIONS (remote_type 'int') GENERATED ALWAYS AS (id * 2) STORED, t text OPTIONS (remote_type 'nvarchar(20)'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
INSERT INTO computed_here (id) VALUES (1), (2) RETURNING *;
UPDATE computed_here SET id = id + 10 RETURNING *;
UPDATE computed_here SET t = 'x';
SELECT * FROM plain ORDER BY id;
DELETE FROM computed_here;
-- views over a foreign table
CREATE VIEW small AS SELECT id, n FROM plain WHERE n < 10 WITH CHECK OPTION;
INSERT INTO small VALUES (1, 1), (2, 2);
INSERT INTO small VALUES (3, 30);
UPDATE small SET n = n + 8;
UPDATE small SET n = n + 1 WHERE id = 1 RETURNING *;
DELETE FROM small WHERE id = 1 RETURNING *;
SELECT * FROM plain ORDER BY id;
DELETE FROM plain;
-- partitions
CREATE TABLE parts (id int, n int, t varchar(20)) PARTITION BY RANGE (id);
CREATE TABLE parts_here PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE FOREIGN TABLE parts_there (t varchar(20) OPTIONS (remote_type 'nvarchar(20)'), id int OPTIONS (remote_type 'int', key 'true'), n int OPTIONS (remote_type 'int'))
    SERVER mssql OPTIONS (schema_name 'writes', table_name 'Plain');
ALTER TABLE parts ATTACH PARTITION parts_there FOR VALUES FROM (100) TO (1000);
INSERT INTO parts VALUES (1, 1, 'here'), (101, 1, 'there'), (2, 2, 'here'), (102, 2, 'there') RETURNING tableoid::regclass, *;
INSERT INTO parts SELECT g, g FROM generate_series(90, 110) AS g WHERE g NOT IN (101, 102);
COPY parts FROM stdin;
50	50	copied here
150	150	copied there
51	51	copied here
151	\N	\N
\.
SELECT tableoid::regclass, count(*), sum(n) FROM parts GROUP BY 1 ORDER BY 1;
UPDATE parts SET n = n + 1000 WHERE id IN (2, 102) RETURNING tableoid::regclass, *;
UPDATE parts SET id = id + 200 WHERE id IN (50, 51) RETURNING tableoid::regclass, *;
UPDATE parts_here SET id = 200 WHERE id = 1;
DELETE FROM parts WHERE n > 1000 RETURNING tableoid::regclass, id;
\set VERBOSITY terse
UPDATE parts SET id = id + 100 WHERE id IN (90, 101);
UPDATE parts SET id = 60 WHERE id = 103;
UPDATE parts SET id = 5000 WHERE id = 103;
\set VERBOSITY default
SELECT tableoid::regclass, count(*), sum(id) FROM parts GROUP BY 1 ORDER BY 1;
TRUNCATE parts;
SELECT count(*) FROM parts;
-- inheritance
CREATE TABLE base (id int, n int);
ALTER FOREIGN TABLE plain INHERIT base;
INSERT INTO base VALUES (1, 1);
INSERT INTO plain VALUES (2, 2);
UPDATE base SET n = n * 10 RETURNING tableoid::regclass, *;
DELETE FROM base RETURNING tableoid::regclass, *;
ALTER FOREIGN TABLE plain NO INHERIT base;
-- a bulk load that the server refuses in the statement of another, who catches that: no row is missing without an error
INSERT INTO plain VALUES (1, 1, 'there already');
CREATE FUNCTION reads_and_catches() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(n) FROM served);
EXCEPTION WHEN OTHERS THEN RETURN NULL;
END $$;
ALTER FOREIGN TABLE served ADD COLUMN n int OPTIONS (column_name 'id');
CREATE FUNCTION fill() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plain SELECT CASE WHEN g = 1200 THEN 1 ELSE g END, CASE WHEN g % 500 = 0 THEN reads_and_catches() END FROM generate_series(2, 3000) AS g;
    RETURN 'filled';
EXCEPTION WHEN OTHERS THEN RETURN 'refused';
END $$;
SELECT fill();
SELECT count(*) FROM plain;
ALTER FOREIGN TABLE served DROP COLUMN n;
DROP FUNCTION reads_and_catches(), fill();
DROP TABLE parts, base, told;
DROP VIEW small;
DROP FOREIGN TABLE computed_here;
DROP FUNCTION tell(), change(), leave_alone(), count_log();
SELECT empty_all();
