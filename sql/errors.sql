-- Error paths of connecting and reading. Only SQLSTATEs where the text holds the address of the server.
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set database `echo "$MSSQL_TEST_DATABASE"`
SET client_min_messages = warning;
\set VERBOSITY sqlstate
CREATE SERVER broken FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'host.invalid', port :'port', database :'database', connect_timeout '5');
CREATE USER MAPPING FOR CURRENT_USER SERVER broken OPTIONS (username :'user', password :'password');
CREATE FOREIGN TABLE broken (id int) SERVER broken OPTIONS (schema_name 'fdw', table_name 'Many');
-- host, port, database, password
SELECT * FROM broken;
ALTER SERVER broken OPTIONS (SET host :'host', SET port '1');
SELECT * FROM broken;
ALTER SERVER broken OPTIONS (SET port :'port', SET database 'no_such_database');
SELECT * FROM broken;
ALTER SERVER broken OPTIONS (SET database :'database');
ALTER USER MAPPING FOR CURRENT_USER SERVER broken OPTIONS (SET password 'not the password');
SELECT * FROM broken;
-- none of them leaves a session
SELECT count(*) FROM mssql_connections() WHERE server_name = 'broken';
DROP SERVER broken CASCADE;
-- objects
CREATE FOREIGN TABLE missing (id int) SERVER mssql OPTIONS (schema_name 'fdw', table_name 'NoSuchTable');
SELECT * FROM missing;
ANALYZE missing;
ALTER FOREIGN TABLE missing OPTIONS (SET table_name 'Many');
ALTER FOREIGN TABLE missing ADD COLUMN no_such_column int;
SELECT * FROM missing;
SELECT id FROM missing ORDER BY id LIMIT 1;
ALTER FOREIGN TABLE missing OPTIONS (DROP schema_name, DROP table_name, ADD query 'SELECT no sense');
SELECT id FROM missing;
DROP FOREIGN TABLE missing;
\set VERBOSITY default
-- an error in the middle of the rows is an error, not an end
CREATE FOREIGN TABLE failing (id int) SERVER mssql OPTIONS (query 'SELECT 100 / (500 - id) AS id FROM fdw.Many');
\set VERBOSITY sqlstate
SELECT count(id) FROM failing;
CREATE TEMP TABLE target (id int);
INSERT INTO target SELECT id FROM failing;
\set VERBOSITY default
SELECT count(*) FROM target;
DROP FOREIGN TABLE failing;
-- names that SQL Server cannot have
CREATE FOREIGN TABLE endless (a int) SERVER mssql OPTIONS (table_name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn');
SELECT * FROM endless;
DROP FOREIGN TABLE endless;
-- the session is as good as new
SELECT * FROM mssql_query('mssql', 'SELECT 1') AS t(a int);
