-- A second run: what it takes for a copy of its own, what it keeps, and what nobody can make it do. Data: test/fixtures/replicate.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA again;
CREATE ROLE refresh_owner;
CREATE ROLE refresh_other;
GRANT USAGE ON FOREIGN SERVER mssql TO refresh_owner, refresh_other;
GRANT CREATE, USAGE ON SCHEMA again TO refresh_owner, refresh_other;

-- a table of the same name and columns that no run made is not touched, but when that is said
CREATE TABLE again.heap (a int, b int, mine text);
INSERT INTO again.heap VALUES (42, 42, 'precious');
SELECT source, rows, status FROM replicate_all('mssql', 'again', '{rep.Heap,rep.Empty}');
SELECT source, rows, status FROM replicate_schema('mssql', 'again', '{rep.Heap,rep.Empty}') AS t (kind, source, rows, status);
SELECT * FROM again.heap;
SELECT to_regclass('again.empty');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again', on_existing => 'truncate');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
-- another table under that name is no copy, nor is one from another server or source
DROP TABLE again.heap;
CREATE TABLE again.heap (a int, b int);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
CREATE SERVER "other one" FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'nowhere');
SELECT _mssql_fdw._claim('other one', '{dbo}', '{odd name}', '{again.heap}');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
DROP SERVER "other one";
DROP TABLE again.heap;
-- a table that replicate_schema made is one
SELECT kind, target, status FROM replicate_schema('mssql', 'again', '{rep.Heap}') WHERE kind = 'table';
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
-- who may not empty and fill a table cannot call it a copy
CREATE TABLE again.precious (a int, b int);
GRANT INSERT ON again.precious TO refresh_other;
SET ROLE refresh_other;
SELECT _mssql_fdw._claim('mssql', '{rep}', '{Heap}', '{again.precious}');
INSERT INTO replicate._targets VALUES ('again', 'precious', 1, 1, 'postgres', 'mssql', 'rep', 'Heap');
SELECT _mssql_fdw._write_targets('mssql', '{rep}', '{Heap}', '{again.precious}');
RESET ROLE;

-- the table stays the same one, with all that belongs to it
SELECT source, rows, status FROM replicate_all('mssql', 'again', '{rep.Product,rep.Sale}');
CREATE VIEW again.products AS SELECT id, name FROM again.product;
ALTER TABLE again.product ADD note text DEFAULT 'new', ADD big text, DROP body, ADD length int GENERATED ALWAYS AS (length(name)) STORED;
ALTER TABLE again.product ADD body text;
ALTER TABLE again.product ALTER name SET STATISTICS 10, ALTER note SET NOT NULL, SET (fillfactor = 70);
CREATE INDEX product_expression ON again.product (lower(name)) WHERE stock > 0;
CREATE UNIQUE INDEX product_note ON again.product (note, id DESC) INCLUDE (stock);
ALTER TABLE again.product REPLICA IDENTITY USING INDEX pk_product;
CLUSTER again.product USING ix_product_name;
CREATE FUNCTION again.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER no BEFORE INSERT ON again.product FOR EACH ROW EXECUTE FUNCTION again.no();
GRANT SELECT ON again.product TO refresh_other;
CREATE TEMP TABLE before AS
SELECT c.oid, c.relname, c.relfilenode, c.reltoastrelid, c.reloptions, c.relacl FROM pg_class AS c WHERE c.relnamespace = 'again'::regnamespace AND c.relkind IN ('r', 'i');
SELECT source, rows, status FROM replicate_all('mssql', 'again', '{rep.Product,rep.Sale}');
SELECT c.relname, c.relfilenode = b.relfilenode AS same_file, c.reloptions = b.reloptions AS same_options, c.relacl = b.relacl AS same_rights
FROM pg_class AS c LEFT JOIN before AS b ON b.oid = c.oid
WHERE c.relnamespace = 'again'::regnamespace AND c.relkind IN ('r', 'i') AND c.relname <> 'precious' ORDER BY 1;
-- TOAST tables are called after their tables, and belong to them
SELECT c.relname, t.relname = 'pg_toast_' || c.oid AS named, i.relname = 'pg_toast_' || c.oid || '_index' AS index_named, d.deptype, t.relrewrite = 0 AS settled
FROM pg_class AS c JOIN pg_class AS t ON t.oid = c.reltoastrelid JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS i ON i.oid = x.indexrelid
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.refobjid = c.oid
WHERE c.oid = 'again.product'::regclass;
SELECT count(*) FROM pg_class WHERE (relname LIKE 'pg\_temp\_%' OR relname LIKE '%\_new') AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'replicate\_%');
SELECT relname, relallvisible = relpages AS all_visible, reltuples FROM pg_class WHERE oid IN ('again.product'::regclass, 'again.sale'::regclass) ORDER BY 1;
SELECT tablename, attname, inherited FROM pg_stats WHERE schemaname = 'again' AND attname IN ('name', 'lower', 'productid') ORDER BY 1, 2;
SELECT id, name, note, length, body FROM again.product ORDER BY id;
TABLE again.products ORDER BY id;
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT id FROM again.product WHERE lower(name) = 'bolt' AND stock > 0;
SELECT id FROM again.product WHERE lower(name) = 'bolt' AND stock > 0;
SELECT id FROM again.product WHERE id = 3;
RESET enable_seqscan;
SELECT conname, convalidated FROM pg_constraint WHERE conrelid IN ('again.product'::regclass, 'again.sale'::regclass) AND contype IN ('c', 'f') ORDER BY 1;
DELETE FROM again.product WHERE id = 1;
ALTER TABLE again.product DROP COLUMN big;
VACUUM FULL again.product;
REINDEX TABLE again.product;
-- a value that goes to the TOAST table
SELECT mssql_exec('mssql', 'UPDATE rep.Product SET Body = REPLICATE(CAST(N''long '' AS nvarchar(max)), 20000) WHERE Id = 2');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Product', 'again', options => '{"analyze": false}');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Product', 'again');
SELECT mssql_exec('mssql', 'UPDATE rep.Product SET Body = NULL WHERE Id = 2');
SELECT id, length(body) FROM again.product ORDER BY id;
-- it all goes back, and a cursor that reads the table stops the run
BEGIN;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Product', 'again');
SELECT id, length(body) FROM again.product ORDER BY id;
ROLLBACK;
SELECT id, length(body) FROM again.product ORDER BY id;
BEGIN;
DECLARE reader CURSOR FOR SELECT id FROM again.product ORDER BY id;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Product', 'again');
ROLLBACK;
-- twice in one transaction, and in a subtransaction that fails
BEGIN;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'again');
SAVEPOINT one;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'again', jobs => 0);
ROLLBACK TO one;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'again', jobs => 0);
COMMIT;
SELECT count(*) FROM again.sale;

-- the owner of a referenced table does not pass a foreign key by a refresh
ALTER TABLE again.heap OWNER TO refresh_owner;
TRUNCATE again.heap;
INSERT INTO again.heap VALUES (1, 1), (99, 99);
ALTER TABLE again.heap ADD UNIQUE (a, b);
CREATE TABLE again.theirs (x int, y int, CONSTRAINT to_heap FOREIGN KEY (x, y) REFERENCES again.heap (a, b));
INSERT INTO again.theirs VALUES (1, 1), (NULL, 98);
SELECT mssql_exec('mssql', 'DELETE FROM rep.Heap');
SELECT mssql_exec('mssql', 'INSERT INTO rep.Heap VALUES (1, 1), (2, 2)');
SET ROLE refresh_owner;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
RESET ROLE;
GRANT SELECT ON again.theirs TO refresh_owner;
SET ROLE refresh_owner;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
RESET ROLE;
INSERT INTO again.heap VALUES (98, 98);
INSERT INTO again.theirs VALUES (98, 98);
SET ROLE refresh_owner;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
RESET ROLE;
SELECT count(*) FROM again.heap;
-- another role than the owner would evaluate what he has written, a superuser above all
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
ALTER TABLE again.heap OWNER TO CURRENT_USER;
-- the owner of both is warned; the key no longer claims to be valid
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'again.theirs'::regclass;
SELECT mssql_exec('mssql', 'DELETE FROM rep.Heap');
SELECT mssql_exec('mssql', 'INSERT INTO rep.Heap VALUES (1, 1), (1, 1), (NULL, NULL)');

-- checks that the source does not trust, or has disabled
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Checked (Id int NOT NULL PRIMARY KEY, A int CONSTRAINT CK_A CHECK (A > 0), B int CONSTRAINT CK_B CHECK (B > 0), C int CONSTRAINT CK_C CHECK (C > 0))');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Checked NOCHECK CONSTRAINT CK_A');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.Checked VALUES (1, -1, 1, 1)');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Checked WITH NOCHECK CHECK CONSTRAINT CK_A');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Checked NOCHECK CONSTRAINT CK_B');
CREATE VIEW again.checks AS SELECT conname, convalidated FROM pg_constraint WHERE conrelid = to_regclass('again.checked') AND contype = 'c';
\set run 'SELECT source, rows, status, notes FROM unnest(_mssql_fdw._replicate(''mssql'', ''again'', ''{dbo.Checked}'', NULL, NULL, ''refresh'', NULL, NULL, ''count'', ''{}''));'
:run
TABLE again.checks ORDER BY 1;
SELECT kind, target, note FROM replicate_plan('mssql', 'again', '{dbo.Checked}');
:run
TABLE again.checks ORDER BY 1;
-- one that was fine in an earlier run
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Checked NOCHECK CONSTRAINT CK_C');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.Checked VALUES (2, 1, -1, -1)');
:run
TABLE again.checks ORDER BY 1;
-- the same for a table that is refilled
DROP TABLE again.checked;
CREATE TABLE again.checked (id int, a int CONSTRAINT ck_a CHECK (a > 0), b int CONSTRAINT ck_b CHECK (b > 0), c int) PARTITION BY RANGE (id);
CREATE TABLE again.checked_1 PARTITION OF again.checked DEFAULT;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Checked', 'again', on_existing => 'truncate');
TABLE again.checks ORDER BY 1;
SELECT mssql_exec('mssql', 'DROP TABLE dbo.Checked');

-- published rows are written, not switched, so that subscribers get them; so are those of a table that is only lent
SET client_min_messages = error;
CREATE PUBLICATION again FOR TABLE again.sale;
SET client_min_messages = warning;
SELECT kind FROM replicate_plan('mssql', 'again', '{rep.Sale}', verify => 'none') WHERE kind IN ('switch', 'refill') AND target IS NOT NULL;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'again');
-- a key between one that is refilled and one that is switched, and one to a table outside of the run
ALTER PUBLICATION again SET TABLE again.product;
CREATE TABLE again.amounts (amount int PRIMARY KEY);
INSERT INTO again.amounts SELECT amount FROM again.sale;
ALTER TABLE again.sale ADD CONSTRAINT to_amounts FOREIGN KEY (amount) REFERENCES again.amounts;
ALTER TABLE again.product DISABLE TRIGGER no;
SELECT kind, target FROM replicate_plan('mssql', 'again', '{rep.Product,rep.Sale}', verify => 'none', options => '{"analyze": false}')
WHERE kind IN ('stage', 'stage indexes', 'drop foreign key', 'switch', 'truncate', 'refill', 'foreign key', 'validate');
SELECT source, rows, status FROM replicate_all('mssql', 'again', '{rep.Product,rep.Sale}');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'again.sale'::regclass AND contype = 'f' ORDER BY 1;
ALTER TABLE again.sale DISABLE TRIGGER ALL;
ALTER TABLE again.amounts DISABLE TRIGGER ALL;
DELETE FROM again.amounts WHERE amount = 5;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'again');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'again.sale'::regclass AND contype = 'f' ORDER BY 1;
DROP PUBLICATION again;
GRANT INSERT, TRUNCATE, SELECT ON again.precious TO refresh_other;
ALTER TABLE again.precious RENAME TO heap2;
DROP TABLE again.theirs;
ALTER TABLE again.heap RENAME TO heap1;
ALTER TABLE again.heap2 RENAME TO heap;
SET ROLE refresh_other;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again', on_existing => 'truncate', options => '{"analyze": false}');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'again', options => '{"analyze": false}');
-- history: one's own, and nobody writes it
SELECT server, function, status, role FROM replicate.runs WHERE status <> 'failed';
DELETE FROM replicate.runs;
INSERT INTO replicate.runs (id, server) VALUES (1, 'forged');
INSERT INTO replicate._runs (id, server) VALUES (1, 'forged');
SELECT count(*) FROM replicate._runs;
SELECT _mssql_fdw._write_history(NULL, NULL, 'postgres');
SELECT nextval('replicate.run_id');
RESET ROLE;
GRANT pg_read_all_stats TO refresh_other;
SET ROLE refresh_other;
SELECT count(DISTINCT role) FROM replicate.runs;
DELETE FROM replicate.runs;
UPDATE replicate.run_tables SET rows = 0;
INSERT INTO replicate.run_tables (run, source) VALUES (1, 'forged');
RESET ROLE;
-- without USAGE on the server its lock is not to be had
REVOKE USAGE ON FOREIGN SERVER mssql FROM refresh_other;
SET ROLE refresh_other;
SELECT _mssql_fdw._lock_server('mssql');
RESET ROLE;
DROP SCHEMA again CASCADE;
DROP OWNED BY refresh_owner, refresh_other;
DROP ROLE refresh_owner, refresh_other;
