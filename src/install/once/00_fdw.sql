-- The foreign-data wrapper. Its two functions stand here, and not under functions/, because the wrapper needs them.

CREATE FUNCTION @extschema@.mssql_fdw_handler() RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'mssql_fdw_handler' LANGUAGE C STRICT;

CREATE FUNCTION @extschema@.mssql_fdw_validator(options text[], catalog oid) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_validator' LANGUAGE C STRICT;

CREATE FOREIGN DATA WRAPPER mssql_fdw HANDLER @extschema@.mssql_fdw_handler VALIDATOR @extschema@.mssql_fdw_validator;
COMMENT ON FUNCTION @extschema@.mssql_fdw_handler() IS 'what PostgreSQL calls to use foreign tables of mssql_fdw';
COMMENT ON FUNCTION @extschema@.mssql_fdw_validator(text[], oid) IS 'checks the options of servers, user mappings, foreign tables and columns';
COMMENT ON FOREIGN DATA WRAPPER mssql_fdw IS 'tables of Microsoft SQL Server';
