-- Types that do not travel as themselves. Data: test/fixtures/types_clr.sql.
SET client_min_messages = warning;
CREATE SCHEMA fdw_clr;
IMPORT FOREIGN SCHEMA fdw_clr FROM SERVER mssql INTO fdw_clr;
SET search_path = fdw_clr, public;
SELECT * FROM hierarchy ORDER BY id;
SELECT * FROM spatial ORDER BY id;
-- without the collation, which is the database's
SELECT id, v - 'c' AS v FROM variant ORDER BY id;
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
