-- The server that all tests read: MSSQL_TEST_HOST and its fellows say where, ci/test.sh has loaded test/fixtures there.
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set database `echo "$MSSQL_TEST_DATABASE"`
\set driver `echo "${MSSQL_TEST_DRIVER:-native}"`
SET client_min_messages = warning;
CREATE EXTENSION mssql_fdw;
-- A second time ci/test.sh runs files of replication with workers: all the same comes out.
\set jobs `echo "${MSSQL_TEST_JOBS:-0}"`
SET mssql_fdw_test.jobs = :jobs;
DO $$
DECLARE
    definition text;
BEGIN
    FOR definition IN SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p WHERE p.proname IN ('replicate_all', 'replicate_table') LOOP
        EXECUTE replace(definition, 'jobs integer DEFAULT NULL::integer', 'jobs integer DEFAULT ' || current_setting('mssql_fdw_test.jobs'));
    END LOOP;
END
$$;
CREATE SERVER mssql FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', database :'database', driver :'driver');
CREATE USER MAPPING FOR PUBLIC SERVER mssql OPTIONS (username :'user', password :'password');
-- The library and the extension are of one version.
SELECT split_part(mssql_fdw_version(), ' ', 1) = extversion AS same_version, mssql_fdw_version() ~ '^\d+\.\d+\.\d+ \(.+\)$' AS well_formed
FROM pg_extension WHERE extname = 'mssql_fdw';
SELECT * FROM mssql_query('mssql', 'SELECT 1 AS one') AS t(one int);
-- Whatever a user meets has a comment, and every function. Names that begin with _ are private.
SELECT pg_describe_object(classid, objid, 0) AS no_comment FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'mssql_fdw')
  AND classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_namespace'::regclass, 'pg_foreign_data_wrapper'::regclass)
  AND (classid = 'pg_proc'::regclass OR pg_describe_object(classid, objid, 0) !~ '(^| |\.)_') AND obj_description(objid, classid::regclass::name) IS NULL
ORDER BY 1;
SELECT c.oid::regclass AS view, a.attname AS no_comment
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'replicate'::regnamespace AND c.relkind = 'v' AND col_description(c.oid, a.attnum) IS NULL
ORDER BY 1, 2;
