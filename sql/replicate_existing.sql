-- What on_existing does to tables that are there, and what stands in its way. Data: test/fixtures/replicate.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT source, rows, status FROM replicate_all('mssql', 'here', '{rep.Sale,rep.Heap}') ORDER BY source COLLATE "C";
-- error: before anything is changed
SELECT * FROM replicate_all('mssql', 'here', '{rep.Sale,rep.Empty}', on_existing => 'error');
SELECT to_regclass('here.empty');
-- skip
INSERT INTO here.sale VALUES (100, 100, 100);
SELECT source, target, rows, status FROM replicate_all('mssql', 'here', '{rep.Sale,rep.Empty}', on_existing => 'skip') ORDER BY source COLLATE "C";
SELECT count(*) FROM here.sale;
-- refresh keeps the table and what was added to it; defaults and generated columns are computed
ALTER TABLE here.sale ADD seen date NOT NULL DEFAULT '2024-01-01', ADD twice int GENERATED ALWAYS AS (amount * 2) STORED, ADD free text;
CREATE VIEW here.sales AS SELECT id, amount, twice FROM here.sale;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
SELECT * FROM here.sale ORDER BY id;
TABLE here.sales ORDER BY id;
-- wider types take the rows
ALTER TABLE here.heap ALTER a TYPE bigint, ALTER b TYPE text;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'here');
SELECT * FROM here.heap ORDER BY a;
-- a check that the new rows violate is no longer valid; unique indexes and NOT NULL hold
TRUNCATE here.heap;
ALTER TABLE here.heap ADD CONSTRAINT small CHECK (a < 1), ADD CONSTRAINT large CHECK (a < 1000000);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'here');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'here.heap'::regclass ORDER BY 1;
SELECT count(*) FROM here.heap;
ALTER TABLE here.heap DROP CONSTRAINT small;
TRUNCATE here.heap;
ALTER TABLE here.heap ALTER a SET NOT NULL;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'here');
ALTER TABLE here.heap ALTER a DROP NOT NULL;
CREATE UNIQUE INDEX one ON here.heap (a);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Heap', 'here');
DROP INDEX here.one;
-- replace drops what is dropped without harm
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'replace');
DROP VIEW here.sales;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'replace');
\d here.sale
-- columns that do not fit
TRUNCATE here.sale;
ALTER TABLE here.sale DROP amount, ADD other int NOT NULL;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
DROP TABLE here.sale;
-- other relations
CREATE VIEW here.sale AS SELECT 1 AS id;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
DROP VIEW here.sale;
-- what cannot be switched is refilled: partitions
CREATE TABLE here.sale (id int, productid int, amount int) PARTITION BY RANGE (id);
CREATE TABLE here.sale_1 PARTITION OF here.sale FOR VALUES FROM (0) TO (2);
CREATE TABLE here.sale_2 PARTITION OF here.sale DEFAULT;
SELECT kind, target, note FROM replicate_plan('mssql', 'here', '{rep.Sale}', on_existing => 'truncate');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
SELECT tableoid::regclass, id FROM here.sale ORDER BY id;
DROP TABLE here.sale;
-- domains, and deferrable keys, which the rows have to satisfy at once
CREATE DOMAIN here.positive AS int CHECK (VALUE > 5);
CREATE TABLE here.sale (id int, productid int, amount here.positive);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
ALTER DOMAIN here.positive DROP CONSTRAINT positive_check;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
DROP TABLE here.sale;
CREATE TABLE here.sale (id int, productid int UNIQUE DEFERRABLE INITIALLY DEFERRED, amount int);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
DROP TABLE here.sale;
-- tables of extensions, and rows that a policy guards
CREATE ROLE replicate_tester;
GRANT USAGE ON FOREIGN SERVER mssql TO replicate_tester;
CREATE TABLE here.sale (id int, productid int, amount int);
ALTER TABLE here.sale ENABLE ROW LEVEL SECURITY;
GRANT ALL ON SCHEMA here TO replicate_tester;
GRANT ALL ON here.sale TO replicate_tester;
REVOKE USAGE ON FOREIGN SERVER mssql FROM replicate_tester;
SET ROLE replicate_tester;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
SELECT count(*) FROM replicate.runs;
RESET ROLE;
ALTER TABLE here.sale DISABLE ROW LEVEL SECURITY;
-- a partitioned table keeps its foreign key, which before PostgreSQL 18 cannot be NOT VALID
ALTER TABLE here.sale ADD PRIMARY KEY (id);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here', on_existing => 'truncate');
CREATE TABLE here.line (id int CONSTRAINT to_sale REFERENCES here.sale) PARTITION BY RANGE (id);
CREATE TABLE here.line_1 PARTITION OF here.line FOR VALUES FROM (0) TO (100);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'here.line'::regclass;
-- where the rows no longer allow that, the run fails and the key stays
INSERT INTO here.line SELECT min(id) FROM here.sale;
ALTER TABLE here.sale DROP CONSTRAINT sale_pkey CASCADE;
INSERT INTO here.line VALUES (99);
INSERT INTO here.sale (id) VALUES (99);
ALTER TABLE here.sale ADD PRIMARY KEY (id);
ALTER TABLE here.line ADD CONSTRAINT to_sale FOREIGN KEY (id) REFERENCES here.sale;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Sale', 'here');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'here.line'::regclass;
DROP SCHEMA here CASCADE;
DROP ROLE replicate_tester;
