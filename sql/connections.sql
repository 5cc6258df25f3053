-- The connection cache: listing, closing, invalidation.
SET client_min_messages = warning;
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set database `echo "$MSSQL_TEST_DATABASE"`
CREATE VIEW listed AS
SELECT server_name, user_name, spid > 0 AS has_spid, in_transaction, valid, remote_version ~ '^\d+\.\d+' AS has_version, connected_at <= clock_timestamp() AS has_time
FROM mssql_connections();
CREATE FOREIGN TABLE touch (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a');
SELECT mssql_disconnect_all();
SELECT * FROM listed;
SELECT a IS NOT NULL AS ran FROM touch;
SELECT * FROM listed;
-- one session for one mapping
SELECT spid AS first FROM mssql_connections() \gset
SELECT spid = :first AS same FROM mssql_connections(), touch;
-- in use: stays
BEGIN;
SELECT a IS NOT NULL AS ran FROM touch;
SELECT server_name, in_transaction FROM listed;
SELECT mssql_disconnect('mssql'), mssql_disconnect_all();
COMMIT;
SELECT mssql_disconnect('mssql'), mssql_disconnect('mssql');
SELECT mssql_disconnect('missing');
SELECT count(*) FROM listed;
-- a user of one's own has a session of one's own
CREATE ROLE regress_mssql_reader;
GRANT USAGE ON FOREIGN SERVER mssql TO regress_mssql_reader;
GRANT SELECT ON touch TO regress_mssql_reader;
CREATE USER MAPPING FOR regress_mssql_reader SERVER mssql OPTIONS (username :'user', password :'password');
SELECT a IS NOT NULL AS ran FROM touch;
SET ROLE regress_mssql_reader;
SELECT a IS NOT NULL AS ran FROM touch;
RESET ROLE;
SELECT server_name, user_name FROM listed ORDER BY user_name COLLATE "C";
-- a change of the mapping closes its session: at once when idle, at the end of the transaction when in use
ALTER USER MAPPING FOR regress_mssql_reader SERVER mssql OPTIONS (SET password 'wrong');
SELECT server_name, user_name FROM listed;
SET ROLE regress_mssql_reader;
\set VERBOSITY sqlstate
SELECT mssql_exec('mssql', 'SELECT 1');
\set VERBOSITY default
RESET ROLE;
DROP USER MAPPING FOR regress_mssql_reader SERVER mssql;
BEGIN;
SELECT a IS NOT NULL AS ran FROM touch;
ALTER SERVER mssql OPTIONS (ADD application_name 'regress');
SELECT server_name, valid FROM listed;
SELECT a IS NOT NULL AS ran FROM touch;
COMMIT;
SELECT count(*) FROM listed;
ALTER SERVER mssql OPTIONS (DROP application_name);
-- sessions that are not kept
CREATE SERVER fleeting FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', database :'database', keep_connections 'off');
CREATE USER MAPPING FOR CURRENT_USER SERVER fleeting OPTIONS (username :'user', password :'password');
BEGIN;
SELECT mssql_exec('fleeting', 'SELECT 1') IS NOT NULL AS ran;
SELECT server_name, valid FROM listed;
COMMIT;
SELECT count(*) FROM listed;
-- a dropped server
CREATE SERVER gone FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', database :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER gone OPTIONS (username :'user', password :'password');
BEGIN;
SELECT mssql_exec('gone', 'SELECT 1') IS NOT NULL AS ran;
DROP SERVER gone CASCADE;
SELECT server_name, valid FROM listed;
COMMIT;
SELECT count(*) FROM listed;
-- each isolation level, and encryption switched off
ALTER SERVER fleeting OPTIONS (ADD isolation 'read_committed');
SELECT mssql_exec('fleeting', 'SELECT 1') IS NOT NULL AS ran;
ALTER SERVER fleeting OPTIONS (SET isolation 'repeatable_read');
SELECT mssql_exec('fleeting', 'SELECT 1') IS NOT NULL AS ran;
ALTER SERVER fleeting OPTIONS (SET isolation 'serializable');
SELECT mssql_exec('fleeting', 'SELECT 1') IS NOT NULL AS ran;
ALTER SERVER fleeting OPTIONS (ADD encrypt 'off');
SELECT mssql_exec('fleeting', 'SELECT 1') IS NOT NULL AS ran;
DROP SERVER fleeting CASCADE;
DROP VIEW listed;
DROP FOREIGN TABLE touch;
REVOKE USAGE ON FOREIGN SERVER mssql FROM regress_mssql_reader;
DROP ROLE regress_mssql_reader;
