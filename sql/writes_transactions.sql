-- Writes on foreign tables in transactions. Data: the schema writes of test/fixtures/writes.sql.
SET client_min_messages = warning;
SET search_path = written, public;
SELECT empty_all();
CREATE FUNCTION rows() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(id || ':' || coalesce(n::text, '-'), ' ' ORDER BY id) FROM written.plain $$;
-- commit and rollback
BEGIN;
INSERT INTO plain VALUES (1, 1), (2, 2);
UPDATE plain SET n = 20 WHERE id = 2;
SELECT rows();
COMMIT;
BEGIN;
DELETE FROM plain;
SELECT rows();
ROLLBACK;
SELECT rows();
-- savepoints
BEGIN;
INSERT INTO plain VALUES (3, 3);
SAVEPOINT a;
UPDATE plain SET n = 0;
SAVEPOINT b;
DELETE FROM plain WHERE id = 1;
SELECT rows();
ROLLBACK TO b;
SELECT rows();
INSERT INTO plain VALUES (1, 1);
ROLLBACK TO a;
INSERT INTO plain VALUES (4, 4);
RELEASE a;
COMMIT;
SELECT rows();
-- an error in an exception block undoes what the block has written, and no more
DO $$
BEGIN
    INSERT INTO plain VALUES (5, 5);
    BEGIN
        INSERT INTO plain VALUES (6, 6);
        INSERT INTO plain VALUES (5, 55);
    EXCEPTION WHEN unique_violation THEN
        INSERT INTO plain VALUES (7, 7);
    END;
    BEGIN
        UPDATE plain SET n = n / 0 WHERE id = 1;
    EXCEPTION WHEN division_by_zero THEN
        NULL;
    END;
    UPDATE plain SET n = 70 WHERE id = 7;
END
$$;
SELECT rows();
-- what is written is seen by later scans, prepared ones too, and settings of others do not reach it
PREPARE add(int, int) AS INSERT INTO plain VALUES ($1, $2);
BEGIN;
EXECUTE add(10, 1);
EXECUTE add(11, 2);
SELECT mssql_exec('mssql', 'SET ROWCOUNT 1; SET NOCOUNT ON') IS NOT NULL AS set;
EXECUTE add(12, 3);
INSERT INTO plain VALUES (13, 4), (14, 5), (15, 6);
SELECT * FROM mssql_query('mssql', 'SELECT COUNT(*), SUM(n) FROM writes.Plain WHERE id >= 10') AS t(count int, sum int);
ROLLBACK;
DEALLOCATE add;
-- an identity that is given leaves nothing behind
BEGIN;
INSERT INTO served (id, name) VALUES (1000, 'a'), (1001, 'b');
SAVEPOINT a;
INSERT INTO served (id, name) VALUES (1000, 'c');
ROLLBACK TO a;
INSERT INTO served (id, name) VALUES (1002, 'd');
INSERT INTO served (name) VALUES ('e') RETURNING id;
ROLLBACK;
-- cursors, and a function that reads what is being written
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM plain ORDER BY id;
FETCH 1 FROM c;
UPDATE plain SET n = 100 WHERE id = 1;
FETCH 1 FROM c;
ROLLBACK;
CREATE FUNCTION count_plain() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT count(*) FROM written.plain $$;
INSERT INTO plain SELECT 20 + g, count_plain() FROM generate_series(1, 3) AS g;
SELECT rows();
DELETE FROM plain WHERE id > 20;
-- read-only
BEGIN READ ONLY;
SELECT count(*) FROM plain;
SAVEPOINT a;
\set VERBOSITY sqlstate
INSERT INTO plain VALUES (9, 9);
ROLLBACK TO a;
UPDATE plain SET n = 9;
ROLLBACK TO a;
DELETE FROM plain;
ROLLBACK TO a;
TRUNCATE plain;
ROLLBACK TO a;
COPY plain FROM stdin;
\.
\set VERBOSITY default
COMMIT;
-- two phases
BEGIN;
UPDATE plain SET n = 9 WHERE id = 1;
PREPARE TRANSACTION 'regress_mssql';
SELECT rows();
-- a statement that ends the transaction behind our back
BEGIN;
UPDATE plain SET n = 9 WHERE id = 1;
SELECT mssql_exec('mssql', 'ROLLBACK TRANSACTION');
UPDATE plain SET n = 10 WHERE id = 1;
COMMIT;
SELECT rows();
-- two servers
DO $$ BEGIN EXECUTE (SELECT format('CREATE SERVER second FOREIGN DATA WRAPPER mssql_fdw OPTIONS (%s)', string_agg(format('%s %L', split_part(o, '=', 1), split_part(o, '=', 2)), ', ')) FROM pg_foreign_server, unnest(srvoptions) AS o WHERE srvname = 'mssql'); END $$;
DO $$ BEGIN EXECUTE (SELECT format('CREATE USER MAPPING FOR PUBLIC SERVER second OPTIONS (%s)', string_agg(format('%s %L', split_part(o, '=', 1), split_part(o, '=', 2)), ', ')) FROM pg_user_mappings, unnest(umoptions) AS o WHERE srvname = 'mssql'); END $$;
CREATE FOREIGN TABLE second_log (id int OPTIONS (remote_type 'int', key 'true', generated 'identity'), what text OPTIONS (remote_type 'nvarchar(100)')) SERVER second OPTIONS (schema_name 'writes', table_name 'Log');
BEGIN;
INSERT INTO second_log (what) VALUES ('from the second');
UPDATE plain SET n = 1 WHERE id = 1;
ROLLBACK;
SELECT rows(), count(*) FROM second_log;
BEGIN;
INSERT INTO second_log (what) VALUES ('from the second');
UPDATE plain SET n = -1 WHERE id = 1;
COMMIT;
SELECT rows(), count(*) FROM second_log;
-- one of them lost before the commit: nothing of the other
BEGIN;
UPDATE plain SET n = -2 WHERE id = 1;
INSERT INTO second_log (what) VALUES ('lost');
SELECT mssql_exec('second', 'ROLLBACK TRANSACTION');
COMMIT;
SELECT rows(), count(*) FROM second_log;
DELETE FROM second_log;
-- what may not run in a transaction
SELECT mssql_exec('mssql', 'INSERT INTO writes.Plain VALUES (50, 50, NULL), (51, 51, NULL)', transactional => false);
BEGIN;
SELECT count(*) FROM plain;
SELECT mssql_exec('mssql', 'DELETE FROM writes.Plain WHERE id >= 50', transactional => false);
ROLLBACK;
SELECT rows();
SELECT mssql_exec('mssql', 'SELECT 1 / 0', transactional => false);
SELECT mssql_exec('mssql', 'IF @@TRANCOUNT = 0 UPDATE writes.Plain SET n = 2 WHERE id = 1', false), mssql_exec('mssql', 'IF @@TRANCOUNT = 1 UPDATE writes.Plain SET n = 1 WHERE id = 1', true);
BEGIN;
UPDATE plain SET n = 0;
SELECT mssql_exec('mssql', 'UPDATE writes.Plain SET n = 1', transactional => false);
ROLLBACK;
BEGIN READ ONLY;
SELECT mssql_exec('mssql', 'SELECT 1', transactional => false);
ROLLBACK;
DROP SERVER second CASCADE;
DROP FUNCTION rows(), count_plain();
SELECT empty_all();
