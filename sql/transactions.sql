-- Remote transactions follow local ones. Data: the table Scratch of test/fixtures/types.sql.
SET client_min_messages = warning;
CREATE FOREIGN TABLE scratch (id int OPTIONS (remote_type 'int'), v text) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'Scratch');
CREATE FUNCTION add(id int) RETURNS bigint LANGUAGE sql AS $$ SELECT mssql_exec('mssql', format('INSERT INTO fdw.Scratch VALUES (%s, N''x'')', id)) $$;
CREATE FUNCTION ids() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(id::text, ',' ORDER BY id) FROM scratch $$;
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch');
-- commit and rollback
BEGIN;
SELECT add(1), ids();
COMMIT;
BEGIN;
SELECT add(2), ids();
ROLLBACK;
SELECT ids();
-- savepoints, also those below the one that wrote
BEGIN;
SELECT add(2);
SAVEPOINT a;
SELECT ids();
SAVEPOINT b;
SELECT add(3), ids();
ROLLBACK TO b;
SELECT ids();
SELECT add(4);
RELEASE b;
SELECT ids();
ROLLBACK TO a;
SELECT ids();
SAVEPOINT c;
SELECT add(5);
RELEASE c;
COMMIT;
SELECT ids();
-- an exception block undoes what it wrote
DO $$
BEGIN
    PERFORM add(6);
    BEGIN
        PERFORM add(7);
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        NULL;
    END;
    PERFORM add(8);
END
$$;
SELECT ids();
-- an error of the local side undoes the remote one
BEGIN;
SELECT add(9);
SELECT 1 / 0;
COMMIT;
SELECT ids();
-- procedures that commit on their way
DO $$
BEGIN
    FOR i IN 10..12 LOOP
        PERFORM add(i);
        IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
    END LOOP;
END
$$;
SELECT ids();
-- two phases are refused once something was written
BEGIN;
SELECT add(20);
PREPARE TRANSACTION 'regress_mssql';
SELECT ids();
BEGIN;
SELECT count(*) > 0 AS planned FROM replicate_plan('mssql', include => ARRAY['fdw.Scratch']);
PREPARE TRANSACTION 'regress_mssql';
-- a cursor over a write, and one held over the end
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM scratch ORDER BY id;
FETCH 1 FROM c;
SELECT add(21);
FETCH 1 FROM c;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM scratch ORDER BY id;
COMMIT;
FETCH 2 FROM held;
CLOSE held;
-- a statement that ends the transaction behind our back is found out
BEGIN;
SELECT add(22);
SELECT mssql_exec('mssql', 'ROLLBACK TRANSACTION');
SELECT ids();
COMMIT;
SELECT ids();
\set VERBOSITY sqlstate
SELECT mssql_exec('mssql', 'ROLLBACK TRANSACTION');
\set VERBOSITY default
SELECT ids();
-- what a statement changes of the session does not outlive its transaction
SELECT mssql_exec('mssql', 'SET ROWCOUNT 1; SET TEXTSIZE 3');
SELECT ids();
SELECT * FROM mssql_query('mssql', 'SELECT REPLICATE(N''x'', 5)') AS t(a text);
SELECT mssql_exec('mssql', 'EXEC sp_set_session_context N''key'', N''value''');
SELECT * FROM mssql_query('mssql', 'SELECT CAST(SESSION_CONTEXT(N''key'') AS nvarchar(10))') AS t(key text);
SELECT mssql_exec('mssql', 'SELECT 1 AS a INTO #left_behind') IS NOT NULL AS made;
\set VERBOSITY sqlstate
SELECT * FROM mssql_query('mssql', 'SELECT a FROM #left_behind') AS t(a int);
\set VERBOSITY default
SELECT mssql_exec('mssql', 'EXECUTE AS USER = ''guest''');
SELECT ids();
-- within one, a temporary table is there for the next statement
BEGIN;
SELECT mssql_exec('mssql', 'SELECT 1 AS a INTO #staging') IS NOT NULL AS made;
SELECT * FROM mssql_query('mssql', 'SELECT a FROM #staging') AS t(a int);
COMMIT;
-- a transaction that a statement opens is committed with ours
SELECT mssql_exec('mssql', 'BEGIN TRANSACTION; INSERT INTO fdw.Scratch VALUES (23, N''x'')');
SELECT mssql_disconnect('mssql') IS NOT NULL AS closed;
SELECT ids();
-- a statement's own savepoints are others than ours
BEGIN;
SELECT add(24);
SAVEPOINT a;
SELECT add(25);
SELECT mssql_exec('mssql', 'SAVE TRANSACTION s2; INSERT INTO fdw.Scratch VALUES (26, N''x''); ROLLBACK TRANSACTION s2; SAVE TRANSACTION s2') IS NOT NULL AS saved;
ROLLBACK TO a;
COMMIT;
SELECT ids();
-- of two transactions, one known to be lost, none is committed
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set database `echo "$MSSQL_TEST_DATABASE"`
\set driver `echo "$MSSQL_TEST_DRIVER"`
CREATE SERVER second FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', database :'database', driver :'driver');
CREATE USER MAPPING FOR CURRENT_USER SERVER second OPTIONS (username :'user', password :'password');
BEGIN;
SELECT add(27);
SELECT mssql_exec('second', 'PRINT N''here''; ROLLBACK TRANSACTION') IS NOT NULL AS ended;
COMMIT;
SELECT ids();
DROP SERVER second CASCADE;
SELECT mssql_exec('mssql', 'DELETE FROM fdw.Scratch') > 0 AS cleaned;
DROP FUNCTION add, ids;
DROP FOREIGN TABLE scratch;
