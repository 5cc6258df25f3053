-- IMPORT FOREIGN SCHEMA: options, names, collisions. Data: the schema fdw_import of test/fixtures/types.sql.
CREATE SCHEMA imported;
CREATE VIEW imported_tables AS
SELECT c.relname AS "table", (SELECT string_agg(o.option_name || '=' || o.option_value, ', ' ORDER BY o.option_name) FROM pg_options_to_table(f.ftoptions) AS o) AS options
FROM pg_foreign_table AS f JOIN pg_class AS c ON c.oid = f.ftrelid WHERE c.relnamespace = 'imported'::regnamespace;
CREATE VIEW imported_columns AS
SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type, CASE WHEN a.attname <> 'total' THEN a.attnotnull END AS required, pg_get_expr(d.adbin, d.adrelid) AS "default",
    (SELECT string_agg(o.option_name || '=' || o.option_value, ', ' ORDER BY o.option_name) FROM pg_options_to_table(a.attfdwoptions) AS o) AS options
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'imported'::regnamespace AND a.attnum > 0;
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO imported;
SELECT * FROM imported_tables ORDER BY "table" COLLATE "C";
SELECT * FROM imported_columns ORDER BY "table" COLLATE "C", "column" COLLATE "C";
SELECT * FROM imported.orderdetails ORDER BY 1, 2;
SELECT * FROM imported.ordertotals;
SET client_min_messages = warning;
DROP SCHEMA imported CASCADE;
RESET client_min_messages;
-- every option the other way round
CREATE SCHEMA imported;
CREATE OR REPLACE VIEW imported_tables AS SELECT c.relname AS "table", NULL::text AS options FROM pg_class AS c WHERE c.relnamespace = 'imported'::regnamespace;
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO imported
    OPTIONS (import_default 'true', import_not_null 'false', import_generated 'false', import_views 'false', name_case 'snake');
SELECT "table" FROM imported_tables ORDER BY 1;
SELECT a.attname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = 'imported.order_details'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SET client_min_messages = warning;
DROP SCHEMA imported CASCADE;
RESET client_min_messages;
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA fdw_import LIMIT TO ("OrderDetails", ordertotals) FROM SERVER mssql INTO imported OPTIONS (name_case 'preserve');
SELECT relname FROM pg_class WHERE relnamespace = 'imported'::regnamespace ORDER BY relname COLLATE "C";
SET client_min_messages = warning;
DROP SCHEMA imported CASCADE;
RESET client_min_messages;
CREATE SCHEMA imported;
IMPORT FOREIGN SCHEMA fdw_import EXCEPT (orderdetails, "OrderTotals") FROM SERVER mssql INTO imported;
SELECT relname FROM pg_class WHERE relnamespace = 'imported'::regnamespace ORDER BY relname COLLATE "C";
-- names of system columns
IMPORT FOREIGN SCHEMA "odd schema" LIMIT TO ("a.b]c") FROM SERVER mssql INTO imported;
IMPORT FOREIGN SCHEMA "odd schema" LIMIT TO ("two
lines") FROM SERVER mssql INTO imported;
TABLE imported."two
lines";
SELECT ctid_, tableoid_ FROM imported."a.b]c" WHERE "select" = 1;
-- what goes wrong
IMPORT FOREIGN SCHEMA no_such_schema FROM SERVER mssql INTO imported;
IMPORT FOREIGN SCHEMA odd FROM SERVER mssql INTO imported;
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO imported OPTIONS (import_defaults 'true');
IMPORT FOREIGN SCHEMA fdw_import FROM SERVER mssql INTO imported OPTIONS (name_case 'upper');
SET client_min_messages = warning;
DROP SCHEMA imported CASCADE;
RESET client_min_messages;
