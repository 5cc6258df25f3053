-- What becomes of foreign keys to tables that are replaced. Data: test/fixtures/losses.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA renewed;
CREATE VIEW renewed.keys AS SELECT conrelid::regclass AS child, conname, convalidated FROM pg_constraint WHERE contype = 'f' AND connamespace = 'renewed'::regnamespace;
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item,losses.Line}');
-- somebody's own key, over columns that are no key of the source: known before anything is done
ALTER TABLE renewed.item ADD UNIQUE (id, n);
CREATE TABLE renewed.own (item int, n int, CONSTRAINT own_item FOREIGN KEY (item, n) REFERENCES renewed.item (id, n));
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace');
SELECT kind FROM replicate_schema('mssql', 'renewed', '{losses.Item}', on_existing => 'replace');
TABLE renewed.keys ORDER BY 1, 2;
-- over a key it comes back; where rows violate it, it is not valid, and history says so
ALTER TABLE renewed.own DROP CONSTRAINT own_item, ADD CONSTRAINT own_item FOREIGN KEY (item) REFERENCES renewed.item ON DELETE CASCADE;
SELECT kind, source, target, statement FROM replicate_plan('mssql', 'renewed', '{losses.Item}', on_existing => 'replace') WHERE kind LIKE '%foreign key';
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace');
TABLE renewed.keys ORDER BY 1, 2;
INSERT INTO renewed.item VALUES (9, '9', 9);
INSERT INTO renewed.own VALUES (9);
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace');
SELECT status, warnings, array_position(warnings || notes, NULL) AS nothing FROM replicate.runs ORDER BY id DESC LIMIT 1;
TABLE renewed.keys ORDER BY 1, 2;
-- one that cannot be made for another reason ends the run, and stays
DELETE FROM renewed.own;
SELECT mssql_exec('mssql', 'CREATE TABLE losses.Kind (Id int NOT NULL CONSTRAINT PK_Kind PRIMARY KEY)');
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Kind}');
CREATE TABLE renewed.own_kind (kind int CONSTRAINT own_kind REFERENCES renewed.kind);
SELECT mssql_exec('mssql', 'DROP TABLE losses.Kind');
SELECT mssql_exec('mssql', 'CREATE TABLE losses.Kind (Id datetime NOT NULL CONSTRAINT PK_Kind PRIMARY KEY)');
\set VERBOSITY terse
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Kind}', on_existing => 'replace');
\set VERBOSITY default
SELECT conname FROM renewed.keys WHERE conname = 'own_kind';
SELECT mssql_exec('mssql', 'DROP TABLE losses.Kind');
-- the source's own key of a table outside of the run is lost with a warning, and a run that includes the table makes it again
ALTER TABLE renewed.own DROP CONSTRAINT own_item;
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Line DROP CONSTRAINT FK_Line_Item');
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Item DROP CONSTRAINT PK_Item');
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Line ADD CONSTRAINT FK_Line_Item FOREIGN KEY (Id) REFERENCES losses.Line (Id)');
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace');
SELECT status, warnings FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Line DROP CONSTRAINT FK_Line_Item');
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Item ADD CONSTRAINT PK_Item PRIMARY KEY (Id)');
SELECT mssql_exec('mssql', 'ALTER TABLE losses.Line ADD CONSTRAINT FK_Line_Item FOREIGN KEY (ItemId) REFERENCES losses.Item (Id)');
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item,losses.Line}', on_existing => 'replace');
TABLE renewed.keys ORDER BY 1, 2;
-- a permanent table cannot refer to one that becomes UNLOGGED
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace', options => '{"unlogged": true}');
TABLE renewed.keys ORDER BY 1, 2;
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item,losses.Line}', on_existing => 'replace', options => '{"unlogged": true}');
SELECT relname, relpersistence FROM pg_class WHERE oid IN ('renewed.item'::regclass, 'renewed.line'::regclass) ORDER BY 1;
-- publications lose what is replaced, or go on with it, and subscribers are not told
ALTER TABLE renewed.item SET LOGGED;
ALTER TABLE renewed.line SET LOGGED;
SET client_min_messages = error;
CREATE PUBLICATION some_tables FOR TABLE renewed.item, renewed.line;
CREATE PUBLICATION everything FOR ALL TABLES;
SET client_min_messages = warning;
SELECT target, statement, note FROM replicate_plan('mssql', 'renewed', '{losses.Item,losses.Line}', on_existing => 'replace') WHERE kind = 'publication';
SELECT count(*) FROM replicate_plan('mssql', 'renewed', '{losses.Item,losses.Line}') WHERE kind = 'publication';
SELECT source, rows, status FROM replicate_all('mssql', 'renewed', '{losses.Item}', on_existing => 'replace', jobs => 0);
SELECT status, warnings FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT tablename FROM pg_publication_tables WHERE pubname = 'some_tables';
ALTER PUBLICATION some_tables ADD TABLE renewed.item;
SELECT kind FROM replicate_schema('mssql', 'renewed', '{losses.Item}', on_existing => 'replace') WHERE kind = 'table';
DROP PUBLICATION some_tables, everything;
DROP SCHEMA renewed CASCADE;
