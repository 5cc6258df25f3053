-- The validator: names with hints, values, exclusions, privileges. Nothing here connects, but for the last part.
\set VERBOSITY default
-- names
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (hots 'x');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (something_else 'x');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', password 'secret1');
CREATE USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (usernam 'x');
CREATE USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (username 'x', passwrd 'secret2');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (tablename 'x');
CREATE FOREIGN TABLE bad (a int OPTIONS (columnname 'x')) SERVER mssql;
ALTER FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x');
-- values
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', port '0');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', port '14e3');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', encrypt 'maybe');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', keep_connections 'perhaps');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', fdw_startup_cost '-1');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', isolation 'dirty');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '');
CREATE FOREIGN TABLE bad (a int OPTIONS (remote_type 'imt')) SERVER mssql;
CREATE FOREIGN TABLE bad (a int OPTIONS (key 'yess')) SERVER mssql;
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', username 'y');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', usernam 'y');
-- a query is one SELECT of named columns, and stays in its parentheses
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a) AS [q]; INSERT INTO t VALUES (1); COMMIT; SELECT * FROM (SELECT 1 AS a');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a; DELETE FROM t');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a DELETE FROM t');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT ''1 AS a');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'EXEC dbo.p');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a INTO t');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT a, COUNT(*) FROM t GROUP BY a');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT t.a, u.a FROM t, u');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query 'SELECT a FROM t WHERE b = @P1');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (query ' ');
-- what excludes each other
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', servername 'y');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', instance 'y', port '1433');
CREATE FOREIGN TABLE bad (a int) SERVER mssql OPTIONS (table_name 'x', query 'SELECT 1 AS a');
-- what promises protection that the others take away
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', encrypt 'off', ca_file 'system');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', verify_host 'on');
CREATE SERVER bad FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', driver 'freetds', tls_name 'y');
CREATE SERVER safe FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', encrypt 'off');
ALTER SERVER safe OPTIONS (ADD ca_file 'system');
ALTER SERVER safe OPTIONS (ADD ca_file 'system', SET encrypt 'require');
ALTER SERVER safe OPTIONS (SET encrypt 'off');
ALTER SERVER safe OPTIONS (ADD verify_host 'on');
ALTER SERVER safe OPTIONS (DROP ca_file);
ALTER SERVER safe OPTIONS (DROP host);
CREATE USER MAPPING FOR CURRENT_USER SERVER safe OPTIONS (password 'secret3');
DROP SERVER safe CASCADE;
-- writing
CREATE FOREIGN TABLE written (a int OPTIONS (key 'true', generated 'identity'), b int OPTIONS (generated 'always')) SERVER mssql
    OPTIONS (updatable 'true', batch_size '100', tablock 'true');
ALTER FOREIGN TABLE written ALTER COLUMN a OPTIONS (SET generated 'sometimes');
ALTER FOREIGN TABLE written OPTIONS (SET batch_size '0');
DROP FOREIGN TABLE written;
-- tds_fdw's spellings
CREATE SERVER from_tds_fdw FOREIGN DATA WRAPPER mssql_fdw
    OPTIONS (servername 'sql01', port '1433', database 'd', tds_version '7.4', msg_handler 'notice', row_estimate_method 'execute');
CREATE FOREIGN TABLE from_tds_fdw (a int) SERVER from_tds_fdw OPTIONS (schema 'dbo', "table" 'T', match_column_names '1');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM from_tds_fdw;
CREATE FOREIGN TABLE from_tds_fdw_too (a int) SERVER from_tds_fdw OPTIONS ("table" 'sales.[a.b]');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM from_tds_fdw_too;
-- the table's name may have its schema, unless that has an option of its own
CREATE FOREIGN TABLE from_tds_fdw_3 (a int) SERVER from_tds_fdw OPTIONS (table_name 'sales.people');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM from_tds_fdw_3;
ALTER FOREIGN TABLE from_tds_fdw_3 OPTIONS (ADD schema_name 'dbo');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM from_tds_fdw_3;
CREATE FOREIGN TABLE "no.option" (a int) SERVER from_tds_fdw;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM "no.option";
CREATE FOREIGN TABLE bad (a int) SERVER from_tds_fdw OPTIONS (table_name 'db.dbo.people');
SET client_min_messages = warning;
DROP SERVER from_tds_fdw CASCADE;
RESET client_min_messages;
-- privileges
CREATE ROLE regress_mssql_user;
GRANT USAGE ON FOREIGN DATA WRAPPER mssql_fdw TO regress_mssql_user;
GRANT USAGE ON FOREIGN SERVER mssql TO regress_mssql_user;
SET ROLE regress_mssql_user;
CREATE SERVER own FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'x', ca_file '/etc/passwd');
CREATE SERVER own FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'localhost');
CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (username 'x', password_file '/etc/passwd');
CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (password_required 'false');
CREATE USER MAPPING FOR CURRENT_USER SERVER own;
SELECT * FROM mssql_query('own', 'SELECT 1') AS t(a int);
ALTER USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (ADD username 'x');
SELECT * FROM mssql_query('own', 'SELECT 1') AS t(a int);
SELECT * FROM mssql_query('mssql', 'SELECT 1') AS t(a int);
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER mssql FROM regress_mssql_user;
SET ROLE regress_mssql_user;
SELECT * FROM mssql_query('mssql', 'SELECT 1') AS t(a int);
SELECT mssql_exec('mssql', 'SELECT 1');
RESET ROLE;
-- a password file: readable by others is refused, and so is one that is not there
CREATE SERVER filed FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'localhost');
CREATE USER MAPPING FOR CURRENT_USER SERVER filed OPTIONS (username 'x', password_file '/etc/passwd');
SELECT * FROM mssql_query('filed', 'SELECT 1') AS t(a int);
ALTER USER MAPPING FOR CURRENT_USER SERVER filed OPTIONS (SET password_file '/nonexistent/file');
SELECT * FROM mssql_query('filed', 'SELECT 1') AS t(a int);
ALTER USER MAPPING FOR CURRENT_USER SERVER filed OPTIONS (SET password_file 'relative');
-- no mapping, no host, another wrapper's server
DROP USER MAPPING FOR CURRENT_USER SERVER filed;
SELECT * FROM mssql_query('filed', 'SELECT 1') AS t(a int);
CREATE SERVER nowhere FOREIGN DATA WRAPPER mssql_fdw;
CREATE FOREIGN DATA WRAPPER regress_other;
CREATE SERVER other FOREIGN DATA WRAPPER regress_other;
SELECT mssql_exec('other', 'SELECT 1');
SELECT mssql_exec('missing', 'SELECT 1');
DROP FOREIGN DATA WRAPPER regress_other CASCADE;
DROP SERVER filed CASCADE;
DROP OWNED BY regress_mssql_user CASCADE;
DROP ROLE regress_mssql_user;
