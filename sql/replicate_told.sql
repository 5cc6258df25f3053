-- A run says what it did not do: rows that did not arrive, columns and copies whose source is gone.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA told;

-- the closing line, of a clean run and of one with notes
SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.a', 'told.a', 3000, 23000000, interval '0', 'ok', '{}')]::replicate.run_tables[], '{}', '0.73 s', 7);
SELECT _mssql_fdw._run_message(ARRAY[ROW(7, 'dbo.a', 'told.a', 30, 2300, interval '0', 'ok', '{}')]::replicate.run_tables[],
    ARRAY[ROW(1, 'column', 'without a source', 'dbo.a', 'told.a', 'gone'), ROW(NULL, 'copy', 'without a source', 'dbo.b', 'told.b', 'gone'),
          ROW(NULL, 'view', 'not copied', 'dbo.v', NULL, 'not copied')]::replicate._loss[], '0.01 s', 8);

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
SELECT kind, statement FROM replicate_plan('mssql', 'told', '{dbo.Told}') WHERE kind IN ('refill', 'verify');

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

SELECT mssql_exec('mssql', 'DROP TABLE dbo.Told');
DROP SCHEMA told CASCADE;
