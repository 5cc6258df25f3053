-- A run says what it did not do: rows that did not arrive, columns and copies whose source is gone.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA told;

-- the closing line, of a clean run and of one with notes
SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.a', 'told.a', 3000, 23000000, interval '0', 'ok', '{}', NULL)]::replicate.run_tables[], '{}', '0.73 s', 7);
SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.a', 'told.a', 30, 2300, interval '0', 'ok', '{}', NULL)]::replicate.run_tables[],
    ARRAY[ROW(1, 1, 'column', 'dbo.a', 'told.a', 'skipped', 'without a source', 'gone', NULL, NULL),
          ROW(2, NULL, 'copy', 'dbo.b', 'told.b', 'skipped', 'without a source', 'gone', NULL, NULL),
          ROW(3, NULL, 'view', 'dbo.v', NULL, 'skipped', 'not copied', 'not copied', NULL, NULL)]::replicate._outcome[], '0.01 s', 8);

SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.a', 'told.a', 1, 23, interval '0', 'ok', '{}', NULL), ROW(7, 'dbo.b', 'told.b', NULL, NULL, NULL, 'skipped: exists', '{}', NULL)]::replicate.run_tables[], '{}', '0.02 s', 9);
SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.b', 'told.b', NULL, NULL, NULL, 'skipped: exists', '{}', NULL)]::replicate.run_tables[], '{}', '0.02 s', 9);

-- a refill whose rows a rule or a trigger keeps out
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Told (Id int NOT NULL PRIMARY KEY, A int, B nvarchar(10))');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.Told VALUES (1, 10, N''x''), (2, 20, N''y''), (3, 30, N''z'')');
CREATE TABLE told.told (id int PRIMARY KEY, a int, b text) PARTITION BY RANGE (id);
CREATE TABLE told.told_1 PARTITION OF told.told DEFAULT;
CREATE FUNCTION told.keep_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id <> 2 THEN NEW END; END $$;
CREATE TRIGGER keep_out BEFORE INSERT ON told.told_1 FOR EACH ROW EXECUTE FUNCTION told.keep_out();
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told', on_existing => 'truncate');
SELECT status FROM replicate.runs ORDER BY id DESC LIMIT 1;
DROP TRIGGER keep_out ON told.told_1;
CREATE RULE nothing AS ON INSERT TO told.told DO INSTEAD NOTHING;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
DROP RULE nothing ON told.told;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
SELECT kind, statement FROM replicate_plan('mssql', 'told', '{dbo.Told}') WHERE kind IN ('stage', 'insert', 'verify');

-- a column that the source has no more
DROP TABLE told.told;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
ALTER TABLE told.told ADD mine int DEFAULT 5, ADD twice int GENERATED ALWAYS AS (a * 2) STORED;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Told DROP COLUMN B');
SELECT kind, source, target, note FROM replicate_plan('mssql', 'told', '{dbo.Told}') WHERE statement IS NULL;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
TABLE told.told ORDER BY id;

-- a table that the source has no more: its copy stays, and everything says so within the patterns
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Told2 (Id int NOT NULL PRIMARY KEY)');
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told2', 'told');
ALTER TABLE told.told DROP b;
SELECT mssql_exec('mssql', 'DROP TABLE dbo.Told2');
SELECT kind, source, target, note FROM replicate_plan('mssql', 'told', '{dbo.Told%}') WHERE statement IS NULL;
SELECT source, rows, status FROM replicate_all('mssql', 'told', '{dbo.Told%}');
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT source, target, source_rows, target_rows, status FROM replicate_verify('mssql', 'told', '{dbo.Told%}');
SELECT source, rows, status FROM replicate_all('mssql', 'told', '{dbo.Told%}', '{Told2}');
SELECT status FROM replicate.runs ORDER BY id DESC LIMIT 1;
DROP TABLE told.told2;
SELECT source, target, source_rows, target_rows, status FROM replicate_verify('mssql', 'told', '{dbo.Told%}');

-- a copy that is not of one moment, but where the server's option says so
CREATE TEMP VIEW isolation AS SELECT source, note FROM replicate_plan('mssql', 'told', '{dbo.Told}') WHERE kind = 'isolation';
BEGIN;
ALTER SERVER mssql OPTIONS (ADD isolation 'read_committed');
TABLE isolation;
ROLLBACK;
BEGIN;
SELECT _mssql_fdw._make_model() AS rows \gset
SELECT _mssql_fdw._keep_rows(:rows, ARRAY(SELECT jsonb_populate_record(NULL::replicate._table, '{"position": 1, "action": "create"}')));
SELECT s.kind, s.source, s.note, d.state
FROM (VALUES (0), (1), (2)) AS d (state)
CROSS JOIN _mssql_fdw._plan_isolation(jsonb_build_object('rows', :rows, 'what', 'all', 'server', 'mssql', 'database',
    jsonb_build_object('name', 'a]b', 'snapshot_isolation_state', d.state))) AS s;
COMMIT;
SET client_min_messages = notice;
SELECT outcome, verb IS NOT NULL AS lost
FROM _mssql_fdw._execute('{}', ARRAY[ROW(0, 0, 0, NULL, 'isolation', 'db', NULL, NULL, 'not of one moment')::replicate._step]);
SET client_min_messages = warning;

-- what others read of a run has no values of rows
ALTER TABLE told.told ADD CONSTRAINT small CHECK (a < 30) NOT VALID;
DELETE FROM told.told WHERE id > 2;
ALTER TABLE told.told VALIDATE CONSTRAINT small;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT notes FROM replicate.run_tables WHERE run = (SELECT max(id) FROM replicate.runs);

-- patterns: as plans and results write the sources; those that match nothing are told
SELECT mssql_exec('mssql', 'CREATE SCHEMA [to.ld]');
SELECT mssql_exec('mssql', 'CREATE TABLE [to.ld].[a]]b_c] (Id int)');
SELECT mssql_exec('mssql', 'CREATE TABLE [to.ld].[Other] (Id int)');
SELECT source FROM replicate_verify('mssql', 'told', '{to.ld.%}') ORDER BY source COLLATE "C";
SELECT source FROM replicate_verify('mssql', 'told', '{[to.ld].[a]]b_c]}');
SELECT source FROM replicate_verify('mssql', 'told', '{to.ld.%}', '{[to.ld].[a]]b_c],dbo.Nothing,Nobody%}');
SELECT source, rows, status FROM replicate_all('mssql', 'told', '{[to.ld].[Other],Prodct,Ticket}', '{Nobody%}');
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT kind, note FROM replicate_plan('mssql', 'told', '{[to.ld].[Other],Prodct}', '{Nobody%}') WHERE kind = 'pattern';
SELECT mssql_exec('mssql', 'DROP TABLE [to.ld].[a]]b_c]');
SELECT mssql_exec('mssql', 'DROP TABLE [to.ld].[Other]');
SELECT mssql_exec('mssql', 'DROP SCHEMA [to.ld]');

-- all tables that lack columns, and how to add these
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Told3 (Id int NOT NULL, [Sel ect] nvarchar(10), D datetime2(3))');
SELECT status FROM replicate_table('mssql', 'dbo.Told3', 'told');
ALTER TABLE told.told3 DROP "sel ect", DROP d, ADD own int NOT NULL;
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Told ADD C decimal(10, 2)');
SELECT source, rows, status FROM replicate_all('mssql', 'told', '{dbo.Told%}', '{Told2}');
SELECT mssql_exec('mssql', 'DROP TABLE dbo.Told3');
-- but where they are there under another name_case, that is said
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.told4 (Id int, TheName nvarchar(10), TheValue int)');
SELECT status FROM replicate_table('mssql', 'dbo.told4', 'told', options => '{"name_case": "snake"}');
SELECT status FROM replicate_table('mssql', 'dbo.told4', 'told');
SELECT status FROM replicate_table('mssql', 'dbo.told4', 'told', options => '{"name_case": "preserve"}');
-- a table that is there stays logged, or not
SET client_min_messages = notice;
SELECT count(*) > 0 FROM replicate_plan('mssql', 'told', '{dbo.told4}', options => '{"name_case": "snake", "unlogged": true}');
ALTER TABLE told.told4 SET UNLOGGED;
SELECT count(*) > 0 FROM replicate_plan('mssql', 'told', '{dbo.told4}', options => '{"name_case": "snake", "unlogged": true}');
SELECT count(*) > 0 FROM replicate_plan('mssql', 'told', '{dbo.told4}', options => '{"name_case": "snake", "unlogged": false}');
SELECT count(*) > 0 FROM replicate_plan('mssql', 'told', '{dbo.told4}', on_existing => 'replace', options => '{"name_case": "snake", "unlogged": false}');
SET client_min_messages = warning;
SELECT mssql_exec('mssql', 'DROP TABLE dbo.told4');
DROP TABLE told.told4;

-- columns that were altered there
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.ToldAltered (id int PRIMARY KEY, a int, b decimal(8,2), c int, d varchar(10), e varchar(10), f smallint)');
SELECT source, status FROM replicate_all('mssql', 'told', include => '{dbo.ToldAltered}');
ALTER TABLE told.toldaltered ALTER e TYPE text, ALTER f TYPE bigint;
SELECT kind, note FROM replicate_plan('mssql', 'told', include => '{dbo.ToldAltered}') WHERE kind = 'stage';
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.ToldAltered ALTER COLUMN a bigint');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.ToldAltered ALTER COLUMN b decimal(12,4)');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.ToldAltered ALTER COLUMN c nvarchar(20)');
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.ToldAltered ALTER COLUMN d varchar(20)');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.ToldAltered VALUES (1, 1, 1.5, N''1'', ''d'', ''e'', 1)');
SELECT source, status FROM replicate_all('mssql', 'told', include => '{dbo.ToldAltered}');
SELECT t.notes FROM replicate.run_tables AS t WHERE t.run = (SELECT max(id) FROM replicate.runs);
SELECT mssql_exec('mssql', 'UPDATE dbo.ToldAltered SET a = 5000000000');
SELECT source, status FROM replicate_all('mssql', 'told', include => '{dbo.ToldAltered}');
SELECT mssql_exec('mssql', 'UPDATE dbo.ToldAltered SET a = 1, c = N''one''');
SELECT source, status FROM replicate_all('mssql', 'told', include => '{dbo.ToldAltered}');
SELECT mssql_exec('mssql', 'DROP TABLE dbo.ToldAltered');
DROP TABLE told.toldaltered;

-- locks beyond what there is room for
\set VERBOSITY terse
SELECT _mssql_fdw._warn_of_locks(100);
SELECT _mssql_fdw._warn_of_locks(1000000000000);
\set VERBOSITY default

-- row-level security that applies to the caller
CREATE ROLE told_owner;
CREATE ROLE told_other;
GRANT USAGE ON FOREIGN SERVER mssql TO told_owner, told_other;
GRANT ALL ON SCHEMA told TO told_owner, told_other;
ALTER TABLE told.told ADD c numeric, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, OWNER TO told_owner;
GRANT ALL ON told.told TO told_other;
SET ROLE told_owner;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
RESET ROLE;
SET ROLE told_other;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
RESET ROLE;
ALTER TABLE told.told NO FORCE ROW LEVEL SECURITY;
SET ROLE told_owner;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Told', 'told');
RESET ROLE;

SELECT mssql_exec('mssql', 'DROP TABLE dbo.Told');
DROP SCHEMA told CASCADE;
DROP OWNED BY told_owner, told_other;
DROP ROLE told_owner, told_other;
