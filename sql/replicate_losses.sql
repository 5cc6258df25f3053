-- What does not come along, or fails, is told, counted, and tried again. Data: test/fixtures/losses.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA losses;
-- a table of one's own: a JSON column takes no index, and text is not compared with a number
CREATE TABLE losses.item (id int, doc json, n text);
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'truncate') ORDER BY source COLLATE "C";
SELECT status, warnings FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT source, notes FROM replicate.run_tables WHERE run = (SELECT max(id) FROM replicate.runs) ORDER BY source COLLATE "C";
-- the next run tries again what failed, and makes nothing twice
ALTER TABLE losses.item ALTER doc TYPE text, ALTER n TYPE int USING n::int, DROP CONSTRAINT pk_item CASCADE;
ALTER TABLE losses.line DROP CONSTRAINT pk_line;
SELECT kind, target, statement FROM replicate_plan('mssql', include => '{losses.%}', on_existing => 'truncate', verify => 'none')
WHERE kind NOT IN ('load', 'truncate', 'analyze');
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'truncate') ORDER BY source COLLATE "C";
SELECT conrelid::regclass, conname, convalidated FROM pg_constraint WHERE connamespace = 'losses'::regnamespace AND contype <> 'n' ORDER BY conname COLLATE "C";
SELECT indexname FROM pg_indexes WHERE schemaname = 'losses' ORDER BY indexname COLLATE "C";
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'truncate') ORDER BY source COLLATE "C";
-- a key of another name does as well
ALTER TABLE losses.line DROP CONSTRAINT pk_line, DROP CONSTRAINT fk_line_item;
ALTER TABLE losses.line ADD CONSTRAINT mine PRIMARY KEY (id), ADD CONSTRAINT to_item FOREIGN KEY (itemid) REFERENCES losses.item;
SELECT source, rows, status FROM replicate_table('mssql', 'losses.Line', on_existing => 'truncate');
SELECT conname FROM pg_constraint WHERE conrelid = 'losses.line'::regclass AND contype <> 'n' ORDER BY conname COLLATE "C";
-- the detail of what the rows do not allow; and what is not validated is tried again, too
DROP TABLE losses.line;
INSERT INTO losses.item VALUES (3, '3', 3);
DELETE FROM losses.item WHERE id = 2;
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'skip') ORDER BY source COLLATE "C";
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'skip') ORDER BY source COLLATE "C";
SELECT source, rows, status FROM replicate_table('mssql', 'losses.Line', on_existing => 'truncate');
SELECT source, rows, status FROM replicate_all('mssql', include => '{losses.%}', on_existing => 'truncate') ORDER BY source COLLATE "C";
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'losses.line'::regclass AND contype <> 'n' ORDER BY conname COLLATE "C";
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT kind, source, status, note FROM replicate_schema('mssql', 'structure', include => '{losses.%}', exclude => '{losses.Line}')
WHERE status <> 'done';
-- what stays behind is in the plan
SET client_min_messages = notice;
DROP SCHEMA losses CASCADE;
SELECT kind, source, target, note FROM replicate_plan('mssql', include => '{losses.%}') WHERE statement IS NULL;
-- views and schemas without anything
SELECT * FROM replicate_table('mssql', 'losses.items');
SELECT * FROM replicate_table('mssql', 'losses.Nothing');
CREATE SCHEMA nothing;
IMPORT FOREIGN SCHEMA losses_empty FROM SERVER mssql INTO nothing;
IMPORT FOREIGN SCHEMA losses LIMIT TO (item, itme) FROM SERVER mssql INTO nothing;
SET client_min_messages = warning;
DROP SCHEMA nothing, structure CASCADE;
-- a schema of that name
\set here :DBNAME
CREATE DATABASE mssql_fdw_taken;
\c mssql_fdw_taken
\set SHOW_CONTEXT never
CREATE SCHEMA replicate;
CREATE EXTENSION mssql_fdw;
\c :here
DROP DATABASE mssql_fdw_taken;
