-- The server that all tests read: MSSQL_TEST_HOST and its fellows say where, ci/test.sh has loaded test/fixtures there.
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set database `echo "$MSSQL_TEST_DATABASE"`
\set driver `echo "${MSSQL_TEST_DRIVER:-native}"`
SET client_min_messages = warning;
CREATE EXTENSION mssql_fdw;
CREATE SERVER mssql FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', database :'database', driver :'driver');
CREATE USER MAPPING FOR PUBLIC SERVER mssql OPTIONS (username :'user', password :'password');
-- The library and the extension are of one version.
SELECT split_part(mssql_fdw_version(), ' ', 1) = extversion AS same_version, mssql_fdw_version() ~ '^\d+\.\d+\.\d+ \(.+\)$' AS well_formed
FROM pg_extension WHERE extname = 'mssql_fdw';
SELECT * FROM mssql_query('mssql', 'SELECT 1 AS one') AS t(one int);
