-- What a refresh keeps of tables that it did not make so, and what code of theirs sees.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA kept;
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Kept (Id int NOT NULL PRIMARY KEY, A int NULL)');
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.KeptChild (Id int NOT NULL PRIMARY KEY, Parent int NULL CONSTRAINT FK_Kept REFERENCES dbo.Kept (Id))');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.Kept VALUES (1, 1), (2, 1), (3, 2)');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.KeptChild VALUES (1, 1)');
\set run 'SELECT source, rows, status FROM replicate_all(''mssql'', ''kept'', ''{dbo.Kept,dbo.KeptChild}'');'
:run

-- how ANALYZE looks at columns, and at an index's expressions
CREATE INDEX kept_expression ON kept.kept ((a % 7), (id + a));
ALTER TABLE kept.kept ALTER a SET (n_distinct = -0.5), ALTER id SET STATISTICS 1;
ALTER INDEX kept.kept_expression ALTER 1 SET STATISTICS 0;
ANALYZE kept.kept;
CREATE VIEW kept.statistics AS SELECT tablename, attname, n_distinct, array_length(histogram_bounds, 1) AS bounds
FROM pg_stats WHERE schemaname = 'kept' AND tablename IN ('kept', 'kept_expression');
TABLE kept.statistics ORDER BY 1, 2;
:run
TABLE kept.statistics ORDER BY 1, 2;

-- a domain is no less strict with a column that the source does not have
CREATE DOMAIN kept.required AS int NOT NULL;
CREATE DOMAIN kept.checked AS int CHECK (VALUE IS NOT NULL);
CREATE DOMAIN kept.filled AS kept.required DEFAULT 7;
ALTER TABLE kept.kept ADD x kept.required DEFAULT 1, ADD y kept.filled NOT NULL;
:run
ALTER TABLE kept.kept ALTER x DROP DEFAULT;
:run
ALTER TABLE kept.kept DROP x, ADD z kept.checked DEFAULT 1;
ALTER TABLE kept.kept ALTER z DROP DEFAULT;
:run
ALTER TABLE kept.kept DROP z;
SELECT * FROM kept.kept ORDER BY id;

-- functions of defaults, generated columns, checks and triggers find names as in an INSERT of the caller's, and what is stored stays what it is
CREATE TABLE kept.audit (id int, word text);
CREATE FUNCTION kept.word() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN unqualified(); END $$;
CREATE FUNCTION kept.unqualified() RETURNS text LANGUAGE sql AS $$ SELECT 'found' $$;
SET search_path = kept, pg_catalog, public;
CREATE FUNCTION kept.fine(text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT $1 = unqualified() $$;
CREATE FUNCTION kept.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'another one' $$;
CREATE FUNCTION kept.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit VALUES (CASE TG_OP WHEN 'INSERT' THEN NEW.id END, TG_OP);
    RETURN NEW;
END
$$;
ALTER TABLE kept.kept ADD word text DEFAULT kept.word(), ADD CHECK (kept.fine(word)), ADD CHECK (pg_catalog.lower(word) = 'found');
:run
SELECT id, word FROM kept ORDER BY id;
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'kept.kept'::regclass AND contype = 'c' ORDER BY 1;
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.KeptChild WITH NOCHECK ADD CONSTRAINT ck_kept CHECK (Id > 0)');
:run
CREATE TRIGGER note AFTER INSERT ON kept.keptchild FOR EACH ROW EXECUTE FUNCTION kept.note();
CREATE TRIGGER note_emptied AFTER TRUNCATE ON kept.keptchild FOR EACH STATEMENT EXECUTE FUNCTION kept.note();
SET client_min_messages = error;
CREATE PUBLICATION kept FOR TABLE kept.keptchild;
SET client_min_messages = warning;
COMMENT ON CONSTRAINT fk_kept ON kept.keptchild IS 'it''s kept';
COMMENT ON CONSTRAINT ck_kept ON kept.keptchild IS 'so is this';
:run
TABLE audit ORDER BY id;
SELECT obj_description(oid, 'pg_constraint'), convalidated FROM pg_constraint WHERE conname IN ('fk_kept', 'ck_kept') ORDER BY conname;
SHOW search_path;
RESET search_path;
:run

DROP PUBLICATION kept;
SELECT mssql_exec('mssql', 'DROP TABLE dbo.KeptChild');
SELECT mssql_exec('mssql', 'DROP TABLE dbo.Kept');
SET client_min_messages = error;
DROP SCHEMA kept CASCADE;
