-- Hostile names. Data: test/fixtures/names.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT source, target, rows, status
FROM replicate_all('mssql', include => ARRAY['odd schema.%', 'pg\_odd.%', 'replicate.%', 'Größe.%']) ORDER BY source COLLATE "C";
SELECT a.attrelid::regclass AS relation, a.attname, format_type(a.atttypid, a.atttypmod) AS type
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace IN ('"odd schema"'::regnamespace, 'mssql_pg_odd'::regnamespace, 'mssql_replicate'::regnamespace,
    'größe'::regnamespace) AND a.attnum > 0
ORDER BY a.attrelid::regclass::text COLLATE "C", a.attnum;
SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname IN ('odd schema', 'mssql_pg_odd', 'mssql_replicate', 'größe') ORDER BY schemaname COLLATE "C", indexname COLLATE "C";
SELECT * FROM "odd schema"."a.b]c" ORDER BY 1;
TABLE "odd schema"."order";
TABLE größe.straße;
SELECT t.source, t.notes FROM replicate.run_tables AS t
WHERE t.run = (SELECT max(id) FROM replicate.runs) AND t.notes <> '{}' ORDER BY t.source COLLATE "C";
-- every name can be found again
SELECT source, target, rows, status FROM replicate_table('mssql', '[odd schema].[a.b]]c]');
SELECT source, source_rows, target_rows, status
FROM replicate_verify('mssql', include => ARRAY['odd schema.%', 'pg\_odd.%', 'replicate.%', 'Größe.%']) ORDER BY source COLLATE "C";
SELECT count(*) FROM replicate_all('mssql', include => ARRAY['odd schema.%', 'Größe.%'], on_existing => 'replace');
-- and so by each way of writing it with brackets
SELECT p.pattern, _mssql_fdw._matches('dbo', 'a]b', ARRAY[p.pattern]) AS matches
FROM unnest('{"[dbo].[a]]b]","dbo.[a]]b]","DBO.[%]","[dbo].a]b","[a]]b]","[dbo].[a]b]",[dbo],"dbo.[a]"}'::text[]) AS p (pattern);
-- all in one schema, as they are written there
SELECT source, target, rows, status
FROM replicate_all('mssql', 'All of "it"', ARRAY['odd schema.%', 'replicate.%', 'Größe.%'], options => '{"name_case": "preserve"}')
ORDER BY source COLLATE "C";
DROP SCHEMA "odd schema", mssql_pg_odd, mssql_replicate, größe, "All of ""it""" CASCADE;
-- the sequence of an identity column steps aside
CREATE SCHEMA taken;
CREATE SEQUENCE taken.idused_id_seq;
SELECT target, note FROM replicate_plan('mssql', 'taken', '{keys.IdUsed,keys.IdEmpty}') WHERE kind = 'table' ORDER BY 1;
DROP SCHEMA taken CASCADE;
