-- Pass-through statements, connections, and what the C++ core knows of T-SQL for the SQL functions
-- of replicate. All are SECURITY INVOKER: USAGE on the foreign server and a user mapping are what a
-- caller needs.

CREATE OR REPLACE FUNCTION @extschema@.mssql_query(server name, sql text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_query' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION @extschema@.mssql_query(name, text) IS 'rows of a T-SQL statement; needs a column definition list';

-- Not STRICT: a parameter may be NULL.
CREATE OR REPLACE FUNCTION @extschema@.mssql_query(server name, sql text, VARIADIC params "any") RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_query' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION @extschema@.mssql_query(name, text, "any") IS
    'rows of a T-SQL statement with parameters @P1, @P2, ...; needs a column definition list';

CREATE OR REPLACE FUNCTION @extschema@.mssql_exec(server name, sql text) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_exec' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.mssql_exec(name, text) IS 'runs a T-SQL batch in the transaction of the caller; rows affected';

-- Beside the other and not in its place: views may depend on that.
CREATE OR REPLACE FUNCTION @extschema@.mssql_exec(server name, sql text, transactional boolean) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_exec' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.mssql_exec(name, text, boolean) IS
    'the same; not transactional: in a session of its own, for what may not run in a transaction, and a rollback does not undo it';

CREATE OR REPLACE FUNCTION @extschema@.mssql_connections(
    OUT server_name name, OUT user_name name, OUT spid int, OUT in_transaction boolean, OUT valid boolean, OUT remote_version text,
    OUT connected_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_connections' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 10;
COMMENT ON FUNCTION @extschema@.mssql_connections() IS 'sessions that this backend keeps open';

CREATE OR REPLACE FUNCTION @extschema@.mssql_disconnect(server name) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_disconnect' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.mssql_disconnect(name) IS 'closes the idle sessions of a server; true when there was one';

CREATE OR REPLACE FUNCTION @extschema@.mssql_disconnect_all() RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_disconnect_all' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.mssql_disconnect_all() IS 'closes all idle sessions; true when there was one';

CREATE OR REPLACE FUNCTION @extschema@.mssql_fdw_version() RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_version' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.mssql_fdw_version() IS 'versions of the extension and of its client library';

-- The source's catalog, a key for each query of core/tsql/catalog.hpp, its rows as objects. Which
-- queries these are is not the caller's choice. A row may say which of its names this database's
-- encoding cannot hold ("unnameable") and which of its comments therefore are missing ("left_out").

-- The rows of a table there; `snapshot`: by the table hint that a memory-optimized table needs.
CREATE OR REPLACE FUNCTION _mssql_fdw._source_count(server name, schema text, name text, snapshot boolean) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_source_count' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._source_count IS 'number of rows of a source''s table';

-- Of the session that is open: it may have logged in before the database was altered.
CREATE OR REPLACE FUNCTION _mssql_fdw._session_isolation(server name) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_session_isolation' LANGUAGE C STRICT STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._session_isolation IS 'isolation level at which the session reads that is open; NULL: there is none';

-- A remote name as a local one: folded (lower, preserve, snake), and cut to 63 bytes with a hash
-- behind it. Not unique by itself.
CREATE OR REPLACE FUNCTION _mssql_fdw._local_name(name text, name_case text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._local_name IS
    'a remote name as a local one: folded, and cut to 63 bytes with a hash behind it';
-- Of a column: system columns have names that no other can have.
CREATE OR REPLACE FUNCTION _mssql_fdw._local_column_name(name text, name_case text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_column_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._local_column_name IS
    'a remote column''s name as a local one, other than those of system columns';

-- What a local name becomes that another one has already: with a hash of `source` behind it.
CREATE OR REPLACE FUNCTION _mssql_fdw._distinct_name(local text, source text) RETURNS name
AS 'MODULE_PATHNAME', 'mssql_fdw_distinct_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._distinct_name IS
    'what a local name becomes that another one has already: with a hash of the source''s behind it';

-- Types come as sys.types and sys.columns have them. The local type depends on whether PostGIS can
-- be seen.
CREATE OR REPLACE FUNCTION _mssql_fdw._local_type(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_type' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._local_type IS 'type here of a column of SQL Server';

-- What a copy of such a column may change; NULL: nothing.
CREATE OR REPLACE FUNCTION _mssql_fdw._lossy_note(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_lossy_note' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._lossy_note IS 'what a copy of such a column may change; NULL: nothing';

-- "decimal(18,2)"
CREATE OR REPLACE FUNCTION _mssql_fdw._declare(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_declare' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._declare IS 'a column''s type as T-SQL declares it: decimal(18,2)';

-- [name], whatever the name: for messages, and to look for in a definition.
CREATE OR REPLACE FUNCTION _mssql_fdw._quote_name(name text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_quote_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._quote_name IS 'a name in T-SQL: [name]';

-- A default as SQL Server stores it, in PostgreSQL's words; NULL: no translation is sure.
-- sequences[i], "schema.name", is locals[i].
CREATE OR REPLACE FUNCTION _mssql_fdw._translate_default(definition text, type text, max_length int, "precision" int, scale int,
    sequences text[] DEFAULT '{}', locals text[] DEFAULT '{}') RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_translate_default' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._translate_default IS
    'a default of SQL Server in PostgreSQL''s words; NULL: no translation is sure';

-- The same for a check constraint or an index's filter: columns[i] is locals[i], of the declared
-- type types[i], if that is given.
CREATE OR REPLACE FUNCTION _mssql_fdw._translate_check(definition text, columns text[], locals text[], types text[] DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_translate_check' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._translate_check IS
    'a check or an index''s filter of SQL Server in PostgreSQL''s words; NULL: no translation is sure';

-- Tables 0 .. tables-1 with parents before their children, the heavier first among those that are
-- free; weights may be empty.
CREATE OR REPLACE FUNCTION _mssql_fdw._load_order(tables int, children int[], parents int[], weights float8[] DEFAULT '{}') RETURNS int[]
AS 'MODULE_PATHNAME', 'mssql_fdw_load_order' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._load_order IS
    'numbers of tables, parents before their children, the heavier first among those that are free';
