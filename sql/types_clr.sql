-- Types that do not travel as themselves. Data: test/fixtures/types_clr.sql.
SET client_min_messages = warning;
CREATE SCHEMA fdw_clr;
IMPORT FOREIGN SCHEMA fdw_clr FROM SERVER mssql INTO fdw_clr;
SET search_path = fdw_clr, public;
SELECT * FROM hierarchy ORDER BY id;
SELECT * FROM spatial ORDER BY id;
-- without the collation, which is the database's
SELECT id, v - 'c' AS v FROM variant ORDER BY id;
-- fractions as they are declared
CREATE FOREIGN TABLE fractions (v jsonb OPTIONS (remote_type 'sql_variant')) SERVER mssql OPTIONS (query 'SELECT v FROM (VALUES
    (CAST(CAST(''12:34:56.789'' AS time(3)) AS sql_variant)), (CAST(CAST(''12:34:56'' AS time(0)) AS sql_variant)),
    (CAST(CAST(''2020-01-02 12:34:56.7'' AS datetime2(1)) AS sql_variant)), (CAST(CAST(''2020-01-02 12:34:56.78 +02:00'' AS datetimeoffset(2)) AS sql_variant)),
    (CAST(CAST(''2020-01-02 12:34:56 -08:00'' AS datetimeoffset(0)) AS sql_variant))) AS t(v)');
SELECT v ->> 'v' AS v FROM fractions;
SELECT id, length(rv) FROM version ORDER BY id;
SELECT count(DISTINCT rv) FROM version;
-- a lone surrogate is no text
SELECT * FROM surrogate;
ALTER FOREIGN TABLE surrogate OPTIONS (nul_policy 'replace');
SELECT * FROM surrogate;
ALTER FOREIGN TABLE surrogate OPTIONS (SET nul_policy 'strip');
SELECT * FROM surrogate;
-- without remote_type the form of the values is not known
CREATE FOREIGN TABLE raw_hierarchy (id int, h text) SERVER mssql OPTIONS (schema_name 'fdw_clr', table_name 'Hierarchy');
SELECT * FROM raw_hierarchy;
CREATE FOREIGN TABLE raw_variant (id int, v text) SERVER mssql OPTIONS (schema_name 'fdw_clr', table_name 'Variant');
SELECT * FROM raw_variant;
-- spatial values as hexadecimal EWKB
ALTER FOREIGN TABLE spatial ALTER g TYPE text;
SELECT id, g FROM spatial ORDER BY id;
DROP SCHEMA fdw_clr CASCADE;
