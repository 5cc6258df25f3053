-- Scans: what they ask for, how they stream, and how several of them share one session. Data: test/fixtures/types.sql.
SET client_min_messages = warning;
SET DateStyle = ISO;
CREATE FOREIGN TABLE many (
    id int OPTIONS (remote_type 'int', key 'true'), grp int OPTIONS (remote_type 'int'), name varchar(40) OPTIONS (remote_type 'nvarchar(40)'),
    price numeric(10,2) OPTIONS (remote_type 'decimal(10,2)'), created timestamp(3) OPTIONS (remote_type 'datetime2(3)'),
    flag boolean OPTIONS (remote_type 'bit'), code uuid OPTIONS (remote_type 'uniqueidentifier')
) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many');
-- only what is needed is selected
EXPLAIN (VERBOSE, COSTS OFF) SELECT id, price FROM many;
EXPLAIN (VERBOSE, COSTS OFF) SELECT count(*) FROM many;
EXPLAIN (VERBOSE, COSTS OFF) SELECT m FROM many AS m;
EXPLAIN (VERBOSE, COSTS OFF) SELECT id FROM many WHERE name = 'x';
SELECT count(*), count(name), sum(id), sum(price), min(created), max(created) FROM many;
SELECT m FROM many AS m WHERE id <= 2 ORDER BY id;
SELECT tableoid::regclass, id FROM many WHERE id = 5;
SELECT ctid FROM many WHERE id = 5;
-- a part of the rows is enough
SELECT count(*) FROM (SELECT id FROM many LIMIT 3) AS three;
SELECT EXISTS (SELECT FROM many WHERE id > 0);
-- two scans of one session, and one that starts again and again, where the server does not join
SET mssql_fdw.pushdown = off;
SELECT count(*) FROM many AS a JOIN many AS b ON a.id = b.id + 1;
SELECT count(*) FROM many AS a, LATERAL (SELECT * FROM many AS b WHERE b.id % 100 = a.id AND b.grp = a.grp LIMIT 1) AS b WHERE a.id <= 20;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*) FROM many AS a JOIN many AS b ON a.id = b.id + 1 WHERE a.id < 30 AND b.id < 30;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
RESET mssql_fdw.pushdown;
SELECT count(*) FROM many WHERE id IN (SELECT grp FROM many);
SELECT id FROM many UNION ALL SELECT -id FROM many ORDER BY 1 LIMIT 3;
-- cursors stay open while others read
BEGIN;
DECLARE one CURSOR FOR SELECT id FROM many ORDER BY id;
DECLARE two CURSOR FOR SELECT id FROM many WHERE id > 1000 - 500;
FETCH 2 FROM one;
SELECT count(*) FROM many WHERE id < 10;
FETCH 2 FROM one;
MOVE 10 IN two;
SELECT count(*) FROM many WHERE id < 10;
MOVE ALL IN two;
CLOSE two;
-- also over the end of a subtransaction that read them
DECLARE three CURSOR FOR SELECT id FROM many;
SAVEPOINT s;
MOVE 5 IN three;
SELECT 1 / 0;
ROLLBACK TO s;
MOVE 5 IN three;
SELECT count(*) FROM many;
MOVE ALL IN three;
COMMIT;
-- rows that had to make room go to disk
SET work_mem = '64kB';
BEGIN;
DECLARE big CURSOR FOR SELECT * FROM many;
MOVE 1 IN big;
SELECT count(*) FROM many;
MOVE ALL IN big;
ROLLBACK;
RESET work_mem;
DO $$
DECLARE
    m record;
    caught int := 0;
    seen int := 0;
BEGIN
    FOR m IN SELECT id FROM many WHERE id <= 100 LOOP
        BEGIN
            PERFORM 1 / (m.id % 10);
            PERFORM count(*) FROM many WHERE id = m.id;
            seen := seen + 1;
        EXCEPTION WHEN division_by_zero THEN
            caught := caught + 1;
        END;
    END LOOP;
    RAISE WARNING '% seen, % caught', seen, caught;
END
$$;
-- a table that lost a column, and one over a query
ALTER FOREIGN TABLE many DROP COLUMN grp;
SELECT * FROM many WHERE id = 1;
CREATE FOREIGN TABLE asked (id int OPTIONS (remote_type 'int'), double int OPTIONS (column_name 'twice', remote_type 'int')) SERVER mssql
    OPTIONS (query 'SELECT id, id * 2 AS twice FROM fdw.Many WHERE id <= 3 -- a comment');
EXPLAIN (VERBOSE, COSTS OFF) SELECT double FROM asked WHERE id >= 2;
SELECT double FROM asked WHERE id >= 2 ORDER BY 1;
-- what may stand only at the beginning or the end of a statement is put there; the condition is sent all the same
CREATE FOREIGN TABLE prepared (id int OPTIONS (remote_type 'int'), n int OPTIONS (remote_type 'int')) SERVER mssql
    OPTIONS (query 'WITH few AS (SELECT id, grp FROM fdw.Many WHERE id < 6), counted (id, n) AS (SELECT id, grp * 10 FROM few)
SELECT id, n FROM counted ORDER BY n DESC; -- the end');
EXPLAIN (VERBOSE, COSTS OFF) SELECT n FROM prepared WHERE id > 2;
SELECT n FROM prepared WHERE id > 2 ORDER BY n;
ALTER FOREIGN TABLE prepared OPTIONS (SET query 'SELECT TOP (3) id, grp AS n FROM fdw.Many ORDER BY id DESC OPTION (MAXDOP 1)');
EXPLAIN (VERBOSE, COSTS OFF) SELECT n FROM prepared;
SELECT id FROM prepared ORDER BY id;
ALTER FOREIGN TABLE prepared OPTIONS (SET query '(SELECT id, 1 AS n FROM fdw.Many WHERE id = 1) UNION ALL SELECT id, 2 FROM fdw.Many WHERE id = 2');
SELECT * FROM prepared ORDER BY id;
-- inside functions, views and INSERT
CREATE TEMP VIEW few AS SELECT id, name FROM many WHERE id < 4;
SELECT * FROM few ORDER BY id;
CREATE TEMP TABLE copied AS SELECT * FROM many;
SELECT count(*), sum(id) FROM copied;
-- statistics
ANALYZE many;
SELECT reltuples FROM pg_class WHERE oid = 'many'::regclass;
SELECT attname, null_frac, n_distinct FROM pg_stats WHERE tablename = 'many' AND attname IN ('id', 'flag') ORDER BY 1;
EXPLAIN (SUMMARY OFF) SELECT id FROM many WHERE id > 0;
-- a sample of the pages, and of the rows where there are no pages: the row counts are right all the same
SET default_statistics_target = 1;
CREATE FOREIGN TABLE viewed (id int OPTIONS (remote_type 'int'), flag boolean OPTIONS (remote_type 'bit')) SERVER mssql OPTIONS (query 'SELECT id, flag FROM fdw.Large');
CREATE FOREIGN TABLE large (id int OPTIONS (remote_type 'int'), flag boolean OPTIONS (remote_type 'bit'), pad text OPTIONS (remote_type 'char(200)'))
    SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Large');
ANALYZE large, viewed;
SELECT relname, reltuples FROM pg_class WHERE oid IN ('large'::regclass, 'viewed'::regclass) ORDER BY 1;
SELECT tablename, attname, n_distinct FROM pg_stats WHERE tablename IN ('large', 'viewed') AND attname IN ('id', 'flag') ORDER BY 1, 2;
RESET default_statistics_target;
-- of long values no more is read and kept than is looked at
CREATE FOREIGN TABLE long (id int OPTIONS (remote_type 'int'), v text OPTIONS (remote_type 'nvarchar(max)'), b bytea OPTIONS (remote_type 'varbinary(max)'),
    uncut text OPTIONS (column_name 'v')) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Long');
ANALYZE long;
SELECT attname, null_frac, avg_width BETWEEN 1025 AND 1200 AS cut FROM pg_stats WHERE tablename = 'long' AND attname <> 'id' ORDER BY 1;
DROP FOREIGN TABLE large, viewed, long, prepared;
CREATE FOREIGN TABLE counted (id int) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Many', use_remote_estimate 'true');
EXPLAIN (COSTS OFF) SELECT * FROM counted;
-- EXPLAIN alone never connects
CREATE SERVER unreachable FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'host.invalid');
CREATE USER MAPPING FOR PUBLIC SERVER unreachable OPTIONS (username 'x', password 'y');
CREATE FOREIGN TABLE far (a int OPTIONS (remote_type 'int')) SERVER unreachable;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM far WHERE a = 1;
DROP SERVER unreachable CASCADE;
DROP FOREIGN TABLE many, asked, counted CASCADE;
