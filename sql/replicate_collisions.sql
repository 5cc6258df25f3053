-- Source objects that would get the same name here: which is called what, in every run, whatever comes and goes at the source.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE PROCEDURE pg_temp.at_source(statement text) LANGUAGE sql AS $$ SELECT mssql_exec('mssql', statement) $$;
CALL pg_temp.at_source('CREATE SCHEMA zz');
CALL pg_temp.at_source('CREATE SEQUENCE zz.Turn START WITH 100');
CALL pg_temp.at_source('CREATE TABLE zz.Gadget (id int PRIMARY KEY DEFAULT (NEXT VALUE FOR zz.Turn), word varchar(10))');
CALL pg_temp.at_source('INSERT INTO zz.Gadget (word) VALUES (''zz'')');
SELECT source, target, rows, status FROM replicate_all('mssql', 'met', '{zz.%}');

-- one that is new and comes first by name steps aside, selected or not, be it a table or a sequence
CALL pg_temp.at_source('CREATE SCHEMA aa');
CALL pg_temp.at_source('CREATE SEQUENCE aa.Turn START WITH 7');
CALL pg_temp.at_source('CREATE TABLE aa.Gadget (id int PRIMARY KEY DEFAULT (NEXT VALUE FOR aa.Turn), word varchar(10))');
CALL pg_temp.at_source('INSERT INTO aa.Gadget (word) VALUES (''aa''), (''aa'')');
CALL pg_temp.at_source('CREATE SCHEMA mm');
CALL pg_temp.at_source('CREATE TABLE mm.Turn (a int)');
CALL pg_temp.at_source('INSERT INTO zz.Gadget (word) VALUES (''zz''), (''zz'')');
SELECT source, target, rows, status FROM replicate_all('mssql', 'met', '{zz.%}');
SELECT source, target, source_rows, target_rows, status FROM replicate_verify('mssql', 'met', '{aa.%,zz.%}') ORDER BY source COLLATE "C";
SELECT source, target, rows, status FROM replicate_all('mssql', 'met', '{aa.%,mm.%,zz.%}') ORDER BY source COLLATE "C";
SELECT t.source, t.notes FROM replicate.run_tables AS t WHERE t.run = (SELECT max(id) FROM replicate.runs) ORDER BY t.source COLLATE "C";
SELECT DISTINCT word FROM met.gadget;
SELECT sequence, last_value, status FROM replicate_sequences('mssql', 'met', '{aa.%,zz.%}') ORDER BY 1;
INSERT INTO met.gadget (word) VALUES ('here') RETURNING id;
SELECT source, target, source_rows, target_rows, status FROM replicate_verify('mssql', 'met', '{aa.%,zz.%}') ORDER BY source COLLATE "C";

-- nor does one move into the place of what is gone
CALL pg_temp.at_source('DROP TABLE zz.Gadget');
CALL pg_temp.at_source('DROP SEQUENCE zz.Turn');
SELECT source, target, rows, status FROM replicate_all('mssql', 'met', '{aa.%,mm.%}') ORDER BY source COLLATE "C";
SELECT t.source, t.notes FROM replicate.run_tables AS t WHERE t.run = (SELECT max(id) FROM replicate.runs) ORDER BY t.source COLLATE "C";
SELECT sequence, last_value, status FROM replicate_sequences('mssql', 'met', '{aa.%}');
-- where one would, the ledger says that it is another's
CALL pg_temp.at_source('CREATE TABLE mm.Gadget (id int PRIMARY KEY, word varchar(10))');
SELECT source, target, rows, status FROM replicate_all('mssql', 'met', '{mm.%}');
SELECT source, target, source_rows, target_rows, status FROM replicate_verify('mssql', 'met', '{mm.Gadget}');

-- a table that takes the place of another one there, whose key it had: here that is still the key of the one that it had been
CALL pg_temp.at_source('CREATE TABLE mm.Plate (id int IDENTITY CONSTRAINT PK_Plate PRIMARY KEY, word varchar(10) CONSTRAINT UQ_Plate UNIQUE)');
SELECT source, target, status FROM replicate_all('mssql', 'met', '{mm.Plate%}');
CALL pg_temp.at_source('EXEC sp_rename ''mm.Plate'', ''PlateOld''');
CALL pg_temp.at_source('CREATE TABLE mm.Plate (id int IDENTITY CONSTRAINT PK_Plate2 PRIMARY KEY, word varchar(10) CONSTRAINT UQ_Plate2 UNIQUE)');
SELECT source, target, status FROM replicate_all('mssql', 'met', '{mm.Plate%}') ORDER BY source COLLATE "C";
SELECT source, target, status FROM replicate_all('mssql', 'met', '{mm.Plate%}') ORDER BY source COLLATE "C";
SELECT conrelid::regclass, conname, contype FROM pg_constraint
WHERE conrelid IN ('met.plate'::regclass, 'met.plateold'::regclass) AND contype IN ('p', 'u') ORDER BY 1, 2;

-- IMPORT FOREIGN SCHEMA calls tables and columns what a copy of them is called
CALL pg_temp.at_source('CREATE TABLE aa.OrderLine (OrderId int, "order id" int, order_id int, Order_Id2 int, OrderId2 int)');
CALL pg_temp.at_source('CREATE TABLE aa.order_line (a int)');
CALL pg_temp.at_source('CREATE TABLE aa.Order_Line2 (a int)');
CALL pg_temp.at_source('CREATE TABLE aa.OrderLine2 (a int)');
CREATE SCHEMA copied;
SELECT source, target, status FROM replicate_all('mssql', 'copied', '{aa.Order%}', options => '{"name_case": "snake"}') ORDER BY source COLLATE "C";
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA aa FROM SERVER mssql INTO imported OPTIONS (name_case 'snake');
SELECT c.relname, a.attname, count(*) AS both FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace IN ('imported'::regnamespace, 'copied'::regnamespace) AND c.relname LIKE 'order%'
GROUP BY c.relname, a.attname, a.attnum ORDER BY c.relname COLLATE "C", a.attnum;

CALL pg_temp.at_source('DROP TABLE aa.Gadget, mm.Turn, mm.Gadget, mm.Plate, mm.PlateOld, aa.OrderLine, aa.order_line, aa.Order_Line2, aa.OrderLine2');
CALL pg_temp.at_source('DROP SEQUENCE aa.Turn');
CALL pg_temp.at_source('DROP SCHEMA aa');
CALL pg_temp.at_source('DROP SCHEMA mm');
CALL pg_temp.at_source('DROP SCHEMA zz');
DROP SCHEMA met, copied, imported CASCADE;
