-- The schema of private functions, and the foreign-data wrapper. Runs once, at CREATE EXTENSION.

DO $$
DECLARE
    taken name := (SELECT n.nspname FROM pg_namespace AS n WHERE n.nspname IN ('_mssql_fdw', 'replicate') ORDER BY 1 DESC LIMIT 1);
BEGIN
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" already exists', taken USING ERRCODE = 'duplicate_schema',
            DETAIL = CASE taken WHEN 'replicate' THEN 'mssql_fdw keeps the history of its runs in a schema of that name.'
                                ELSE 'mssql_fdw keeps its private functions in a schema of that name.' END,
            HINT = format('Give the other one a new name first: ALTER SCHEMA %I RENAME TO ...', taken);
    END IF;
END
$$;

-- Nobody else can create anything here, so that no call of a private function can mean somebody
-- else's.
CREATE SCHEMA _mssql_fdw;
COMMENT ON SCHEMA _mssql_fdw IS 'mssql_fdw: private functions, which may change with any version';
GRANT USAGE ON SCHEMA _mssql_fdw TO PUBLIC;

-- The two functions of the wrapper stand here, and not under api/, because it needs them.

CREATE FUNCTION @extschema@.mssql_fdw_handler() RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'mssql_fdw_handler' LANGUAGE C STRICT;

CREATE FUNCTION @extschema@.mssql_fdw_validator(options text[], catalog oid) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_validator' LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER mssql_fdw HANDLER @extschema@.mssql_fdw_handler VALIDATOR @extschema@.mssql_fdw_validator;
COMMENT ON FUNCTION @extschema@.mssql_fdw_handler() IS 'what PostgreSQL calls to use foreign tables of mssql_fdw';
COMMENT ON FUNCTION @extschema@.mssql_fdw_validator(text[], oid) IS 'checks the options of servers, user mappings, foreign tables and columns';
COMMENT ON FOREIGN DATA WRAPPER mssql_fdw IS 'tables of Microsoft SQL Server';
