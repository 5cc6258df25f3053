\echo Use "CREATE EXTENSION mssql_fdw" to load this file. \quit

-- Expressions here, those of functions with a SQL body too, mean PostgreSQL's own operators and
-- functions, whatever else the schema has into which the extension goes.
SET LOCAL search_path = pg_catalog, pg_temp;

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
-- State of replication: what ran, and the row types that its plan is made of. Runs once, at CREATE
-- EXTENSION.

CREATE SCHEMA replicate;
COMMENT ON SCHEMA replicate IS 'mssql_fdw: history and progress of replication';
GRANT USAGE ON SCHEMA replicate TO PUBLIC;

CREATE SEQUENCE replicate.run_id;
COMMENT ON SEQUENCE replicate.run_id IS 'numbers of runs';

-- One row a finished run. A run in the caller's transaction is there when that commits; one that
-- failed left nothing at all. No foreign key: pg_restore -j loads tables in any order, and rows
-- come from _write_history() alone.
CREATE TABLE replicate._runs (
    id bigint PRIMARY KEY DEFAULT nextval('replicate.run_id'),
    server name NOT NULL,
    function text NOT NULL,
    arguments jsonb NOT NULL,
    role name NOT NULL,
    started timestamptz NOT NULL,
    finished timestamptz NOT NULL,
    status text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    warnings text[] NOT NULL,
    notes text[] NOT NULL,
    source_database text,
    source_version text,
    isolation text
);

CREATE TABLE replicate._run_tables (
    run bigint NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    rows bigint,
    bytes bigint,
    elapsed interval,
    status text NOT NULL,
    notes text[] NOT NULL,
    PRIMARY KEY (run, source)
);

-- Everybody sees his own history; pg_read_all_stats sees all. It is written by C code
-- (src/pg/copy/run.cpp) as the extension's owner, who alone may delete. Views filter and not
-- row-level security, because pg_dump writes the policies of an extension's tables out as if the
-- user had made them.
CREATE VIEW replicate.runs WITH (security_barrier) AS
SELECT * FROM replicate._runs WHERE role = current_user OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
CREATE VIEW replicate.run_tables WITH (security_barrier) AS
SELECT * FROM replicate._run_tables AS t WHERE EXISTS (SELECT FROM replicate.runs AS r WHERE r.id = t.run);
COMMENT ON VIEW replicate.runs IS 'finished runs of replication';
COMMENT ON COLUMN replicate.runs.status IS 'ok; ok, with notes: the source has something that the target lacks; differs: a table''s rows';
COMMENT ON COLUMN replicate.runs.warnings IS 'what failed: keys, indexes, checks and defaults, with error and statement; counts that differ; patterns without a match';
COMMENT ON COLUMN replicate.runs.notes IS 'what was not carried over: not translated, not made, or not copied';
COMMENT ON VIEW replicate.run_tables IS 'the tables of finished runs';
COMMENT ON COLUMN replicate.run_tables.elapsed IS 'all steps of the table: load, check, keys, indexes, statistics; its NOTICE tells the time of the load alone';
COMMENT ON COLUMN replicate.run_tables.status IS 'as the function returned it; docs/replicate.md lists them';
COMMENT ON COLUMN replicate.run_tables.notes IS 'what failed, is not carried over, or is not the same here';
COMMENT ON COLUMN replicate.runs.id IS 'number of the run';
COMMENT ON COLUMN replicate.runs.server IS 'foreign server of the source';
COMMENT ON COLUMN replicate.runs.function IS 'function that was called';
COMMENT ON COLUMN replicate.runs.arguments IS 'its arguments';
COMMENT ON COLUMN replicate.runs.role IS 'who called it';
COMMENT ON COLUMN replicate.runs.started IS 'when it began';
COMMENT ON COLUMN replicate.runs.finished IS 'when it ended';
COMMENT ON COLUMN replicate.runs.rows IS 'rows loaded in all tables';
COMMENT ON COLUMN replicate.runs.bytes IS 'bytes of their values here, without headers, padding and compression';
COMMENT ON COLUMN replicate.runs.source_database IS 'database on SQL Server';
COMMENT ON COLUMN replicate.runs.source_version IS 'version of SQL Server';
COMMENT ON COLUMN replicate.runs.isolation IS 'isolation level at which the source was read';
COMMENT ON COLUMN replicate.run_tables.run IS 'number of the run, replicate.runs.id';
COMMENT ON COLUMN replicate.run_tables.source IS 'table on SQL Server';
COMMENT ON COLUMN replicate.run_tables.target IS 'table here';
COMMENT ON COLUMN replicate.run_tables.rows IS 'rows loaded';
COMMENT ON COLUMN replicate.run_tables.bytes IS 'bytes of their values here, without headers, padding and compression';
GRANT SELECT ON replicate.runs, replicate.run_tables TO PUBLIC;

-- Which tables are copies, and of what: the ledger that on_existing => 'refresh' asks. _claim()
-- writes it. A table is meant by its name, and has to be the very relation; after a restore
-- (`database` is 0) or in a copy of the database, where the numbers are others, the table of that
-- name and of the same owner.
CREATE TABLE replicate._targets (
    target_schema name NOT NULL,
    target_name name NOT NULL,
    relation oid NOT NULL,
    database oid NOT NULL,
    owner name NOT NULL,   -- the table's, when it was claimed
    server name NOT NULL,
    source_schema text NOT NULL,
    source_table text NOT NULL,
    PRIMARY KEY (target_schema, target_name, database)
);
GRANT SELECT ON replicate._targets TO PUBLIC;

-- Who restores a database that he owns can write any row: he speaks for tables of his roles only,
-- '' is nobody's. And he speaks by name, as a dump does that is restored into its own database,
-- where the tables have other numbers now; what the ledger knows of such a table already, it knows
-- better.
CREATE FUNCTION _mssql_fdw._own_words() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    present oid := (SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE c.relname = NEW.target_name AND n.nspname = NEW.target_schema);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = NEW.owner AND pg_has_role(current_user, r.oid, 'MEMBER')) THEN
        NEW.owner := '';
    END IF;
    IF NEW.relation IS DISTINCT FROM present OR NEW.database <> (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
       OR NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = TG_RELID AND pg_has_role(current_user, c.relowner, 'MEMBER')) THEN
        NEW.database := 0;
        IF EXISTS (SELECT FROM replicate._targets AS o WHERE o.target_schema = NEW.target_schema AND o.target_name = NEW.target_name
                   AND (o.database = 0 OR o.relation = present)) THEN
            RETURN NULL;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER own_words BEFORE INSERT ON replicate._targets FOR EACH ROW EXECUTE FUNCTION _mssql_fdw._own_words();

-- A restore into its own database finds the history there.
CREATE FUNCTION _mssql_fdw._not_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_there boolean;
BEGIN
    IF TG_TABLE_NAME = '_runs' THEN
        is_there := EXISTS (SELECT FROM replicate._runs AS r WHERE r.id = NEW.id AND to_jsonb(r) = to_jsonb(NEW));
    ELSE
        is_there := EXISTS (SELECT FROM replicate._run_tables AS t WHERE t.run = NEW.run AND t.source = NEW.source AND to_jsonb(t) = to_jsonb(NEW));
    END IF;
    RETURN CASE WHEN NOT is_there THEN NEW END;
END
$$;
CREATE TRIGGER not_again BEFORE INSERT ON replicate._runs FOR EACH ROW EXECUTE FUNCTION _mssql_fdw._not_again();
CREATE TRIGGER not_again BEFORE INSERT ON replicate._run_tables FOR EACH ROW EXECUTE FUNCTION _mssql_fdw._not_again();

SELECT pg_catalog.pg_extension_config_dump('replicate.run_id', '');
SELECT pg_catalog.pg_extension_config_dump('replicate._runs', '');
SELECT pg_catalog.pg_extension_config_dump('replicate._run_tables', '');
SELECT pg_catalog.pg_extension_config_dump('replicate._targets', '');
-- What pg_dump reads and pg_restore writes, for an owner of the database who is no superuser.
GRANT SELECT, INSERT ON replicate._runs, replicate._run_tables, replicate._targets TO pg_database_owner;
GRANT SELECT, UPDATE ON SEQUENCE replicate.run_id TO pg_database_owner;

-- What is being copied at this moment, by any session of this database. A run holds the lock `run`
-- until its transaction ends, and `voice` while it works: then the beginning of its query text is
-- what it says of itself, for no other session can look up a table that is not committed. Nobody
-- else can take these locks (src/pg/copy/run.hpp). A load reports like COPY, with the estimate and
-- the clock in slots that COPY does not use. Reading another role's progress takes
-- pg_read_all_stats, as for pg_stat_progress_copy.
CREATE VIEW replicate.progress AS
SELECT s.srvname AS server,
       run.pid,
       CASE WHEN c.pid IS NOT NULL THEN 'load' WHEN i.pid IS NOT NULL THEN 'index' ELSE coalesce(said.words ->> 0, 'other') END AS phase,
       said.words ->> 1 AS source,
       said.words ->> 2 AS target,
       nullif((said.words ->> 3)::int, 0) AS table_number,
       nullif((said.words ->> 4)::int, 0) AS tables,
       c.param3 AS rows,
       c.param1 AS bytes,
       nullif(c.param11, 0) AS estimated_rows,
       nullif(c.param2, 0) AS estimated_bytes,
       t.elapsed,
       round((c.param3 / nullif(t.seconds, 0))::numeric) AS rows_per_second,
       CASE WHEN c.param3 > 0 AND c.param11 >= c.param3 THEN t.elapsed * ((c.param11 - c.param3)::float8 / c.param3) END AS remaining,
       nullif(pg_catalog.pg_blocking_pids(run.pid), '{}') AS blocked_by
FROM pg_catalog.pg_locks AS run
JOIN pg_catalog.pg_foreign_server AS s ON s.oid = run.objid
LEFT JOIN pg_catalog.pg_locks AS voice ON voice.locktype = 'object' AND voice.database = run.database
     AND voice.classid = run.classid AND voice.objid = run.objid AND voice.objsubid = 2 AND voice.pid = run.pid AND voice.granted
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = voice.pid
LEFT JOIN pg_catalog.pg_stat_get_progress_info('COPY') AS c ON c.pid = voice.pid
LEFT JOIN pg_catalog.pg_stat_get_progress_info('CREATE INDEX') AS i ON i.pid = voice.pid
LEFT JOIN LATERAL (SELECT substring(a.query, E'^/\\* mssql_fdw: (\\[(?:"(?:[^"\\\\]|\\\\.)*"|null|[0-9]+|, )*\\]) \\*/')::jsonb AS words) AS said ON true
LEFT JOIN LATERAL (
    -- param12 is a TimestampTz: microseconds since 2000
    SELECT clock_timestamp() - (timestamptz '2000-01-01 00:00:00+00' + make_interval(secs => c.param12 / 1e6)) AS elapsed,
           extract(epoch FROM clock_timestamp()) - 946684800 - c.param12 / 1e6 AS seconds
) AS t ON c.param12 > 0
WHERE run.locktype = 'object' AND run.classid = 'pg_catalog.pg_foreign_server'::regclass AND run.objsubid = 1 AND run.granted
  AND run.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database());
COMMENT ON VIEW replicate.progress IS 'replication that runs now, in any session of this database';
COMMENT ON COLUMN replicate.progress.phase IS 'catalog: the source''s is read; lock: tables that are to be refreshed are locked; load; index: one is built; else the kind of a step of the plan, or other';
COMMENT ON COLUMN replicate.progress.tables IS 'how many tables this run has';
COMMENT ON COLUMN replicate.progress.table_number IS 'which of the tables, in load order, the step is for';
COMMENT ON COLUMN replicate.progress.rows IS 'of this load, so far; so are bytes and elapsed';
COMMENT ON COLUMN replicate.progress.estimated_rows IS 'as the source''s catalog has them';
COMMENT ON COLUMN replicate.progress.remaining IS 'of this load, if the rest goes as fast';
COMMENT ON COLUMN replicate.progress.blocked_by IS 'processes whose locks it waits for, as pg_blocking_pids() has them: 0 for a prepared transaction';
COMMENT ON COLUMN replicate.progress.server IS 'foreign server of the source';
COMMENT ON COLUMN replicate.progress.pid IS 'process of the session that runs it';
COMMENT ON COLUMN replicate.progress.source IS 'table on SQL Server';
COMMENT ON COLUMN replicate.progress.target IS 'table here';
COMMENT ON COLUMN replicate.progress.bytes IS 'bytes of their values here, without headers, padding and compression';
COMMENT ON COLUMN replicate.progress.estimated_bytes IS 'of its pages there, with its indexes: no measure of bytes';
COMMENT ON COLUMN replicate.progress.elapsed IS 'time since the load of this table began';
COMMENT ON COLUMN replicate.progress.rows_per_second IS 'rows by elapsed';
GRANT SELECT ON replicate.progress TO PUBLIC;

-- Row types of the source's catalog (plan/catalog.sql), with those columns of the queries in
-- src/core/tsql/catalog.cpp that are used. Private, as those that follow: they may change with any
-- version.
CREATE TYPE replicate._source_database AS (
    name text,
    snapshot_isolation_state int,  -- NULL: the login does not see it
    product_version text,
    view_definition boolean,       -- whether the login may
    login text
);

CREATE TYPE replicate._source_table AS (
    schema text,
    "table" text,
    is_view boolean,
    rows bigint,
    bytes bigint,
    comment text,
    temporal_type int,
    is_memory_optimized boolean,
    is_external boolean,
    is_graph boolean,
    ledger_type int,
    is_dropped_ledger boolean,
    is_filtered boolean,
    left_out text[]        -- columns of the catalog whose text this database's encoding cannot hold
);

CREATE TYPE replicate._source_column AS (
    schema text,
    "table" text,
    column_id int,
    "column" text,
    type text,
    max_length int,
    "precision" int,
    scale int,
    "collation" text,
    is_nullable boolean,
    is_identity boolean,
    seed numeric,
    increment numeric,
    last_value numeric,
    has_default boolean,
    default_definition text,
    is_computed boolean,
    is_hidden boolean,
    is_masked boolean,
    is_encrypted boolean,
    is_column_set boolean,
    comment text,
    left_out text[]
);

CREATE TYPE replicate._source_index AS (
    schema text,
    "table" text,
    index text,
    constraint_type text,
    is_unique boolean,
    type_desc text,
    is_disabled boolean,
    filter_definition text,
    key_ordinal int,
    "column" text,
    is_descending boolean,
    is_included boolean
);

CREATE TYPE replicate._source_foreign_key AS (
    schema text,
    "table" text,
    "constraint" text,
    ordinal int,
    "column" text,
    referenced_schema text,
    referenced_table text,
    referenced_column text,
    delete_action text,
    update_action text,
    is_disabled boolean,
    is_not_trusted boolean
);

CREATE TYPE replicate._source_check AS (
    schema text,
    "table" text,
    "constraint" text,
    definition text,
    is_disabled boolean,
    is_not_trusted boolean
);

CREATE TYPE replicate._source_sequence AS (
    schema text,
    sequence text,
    type text,
    start_value numeric,
    increment numeric,
    minimum numeric,
    maximum numeric,
    is_cycling boolean,
    last_value numeric
);

CREATE TYPE replicate._source_program AS (
    kind text,
    schema text,
    name text
);

-- What is set aside, for one of its names cannot be a name here.
CREATE TYPE replicate._unnameable AS (
    of text,               -- the query: tables, columns, ...
    schema text,
    "table" text,
    sequence text,
    index text,
    "constraint" text,
    "column" text,
    is_view boolean,
    unnameable text[]      -- which of them
);

-- Row types of the model (plan/map.sql, plan/model.sql) and of the plan.
CREATE TYPE replicate._table AS (
    id int,
    schema text,
    name text,
    source text,           -- schema and name as messages show them: dbo.Posts, [odd schema].[a.b]
    target_schema name,
    target_name name,
    target text,           -- both, quoted where needed
    relation oid,          -- the local relation of that name, if there is one
    relkind "char",
    rows bigint,           -- estimates
    bytes bigint,
    comment text,
    position int,          -- in load order; NULL: not selected
    action text,           -- create, replace, switch or refill (run/staging.sql), skip, keep (the structure is there), missing
    note text,
    is_memory_optimized boolean
);

CREATE TYPE replicate._column AS (
    table_id int,
    ordinal int,
    name text,
    target name,
    type text,             -- SQL Server's
    max_length int,
    precision int,
    scale int,
    source_collation text,
    local_type text,
    is_nullable boolean,
    generator text,        -- what numbers an identity column: identity, sequence, NULL
    seed numeric,
    increment numeric,
    last_value numeric,
    lowest bigint,         -- bounds of the generator
    highest bigint,
    default_definition text,
    is_masked boolean,
    comment text,
    loaded boolean,        -- false: the local column is generated and computes its own value
    note text
);

-- Indexes, sequences and constraints: the local names that they get.
CREATE TYPE replicate._object AS (
    kind text,             -- sequence, identity (the sequence of a column), index, check, foreign key
    table_id int,          -- NULL: a sequence of its own
    schema text,           -- on the source
    name text,             -- on the source; of the column, for identity
    target_schema name,
    target name,
    note text
);

-- What became of a step, or of a constraint or an index that its rows violate. A loss, where the
-- target lacks something of the source after it.
CREATE TYPE replicate._outcome AS (
    step int,              -- number in the plan
    table_id int,          -- NULL: nothing of a table's
    kind text,             -- a step's
    source text,
    target text,
    outcome text,          -- done, failed, skipped
    verb text,             -- of a loss: failed, not validated, not translated, not made, without a source, a match or tables, not copied; '' of a finding
    note text,
    answer text[],         -- first row of what the statement answered
    elapsed interval
);

CREATE TYPE replicate._step AS (
    phase int,             -- order: phase, position, ordinal
    position int,
    ordinal int,
    table_id int,
    kind text,
    source text,
    target text,
    statement text,        -- NULL: nothing to do, the note says why
    note text
);
-- Pass-through statements, connections, and what the C++ core knows of T-SQL for the SQL functions
-- of replicate. All are SECURITY INVOKER: USAGE on the foreign server and a user mapping are what a
-- caller needs.

CREATE FUNCTION @extschema@.mssql_query(server name, sql text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_query' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION @extschema@.mssql_query(name, text) IS 'rows of a T-SQL statement; needs a column definition list';

-- Not STRICT: a parameter may be NULL.
CREATE FUNCTION @extschema@.mssql_query(server name, sql text, VARIADIC params "any") RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_query' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION @extschema@.mssql_query(name, text, "any") IS
    'rows of a T-SQL statement with parameters @P1, @P2, ...; needs a column definition list';

CREATE FUNCTION @extschema@.mssql_exec(server name, sql text) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_exec' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.mssql_exec(name, text) IS 'runs a T-SQL batch in the transaction of the caller; rows affected';

CREATE FUNCTION @extschema@.mssql_connections(
    OUT server_name name, OUT user_name name, OUT spid int, OUT in_transaction boolean, OUT valid boolean, OUT remote_version text,
    OUT connected_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mssql_fdw_connections' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 10;
COMMENT ON FUNCTION @extschema@.mssql_connections() IS 'sessions that this backend keeps open';

CREATE FUNCTION @extschema@.mssql_disconnect(server name) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_disconnect' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.mssql_disconnect(name) IS 'closes the idle sessions of a server; true when there was one';

CREATE FUNCTION @extschema@.mssql_disconnect_all() RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_disconnect_all' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.mssql_disconnect_all() IS 'closes all idle sessions; true when there was one';

CREATE FUNCTION @extschema@.mssql_fdw_version() RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_version' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.mssql_fdw_version() IS 'versions of the extension and of its client library';

-- The source's catalog, a key for each query of core/tsql/catalog.hpp, its rows as objects. Which
-- queries these are is not the caller's choice. A row may say which of its names this database's
-- encoding cannot hold ("unnameable") and which of its comments therefore are missing ("left_out").

-- The rows of a table there; `snapshot`: by the table hint that a memory-optimized table needs.
CREATE FUNCTION _mssql_fdw._source_count(server name, schema text, name text, snapshot boolean) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_source_count' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- A remote name as a local one: folded (lower, preserve, snake), and cut to 63 bytes with a hash
-- behind it. Not unique by itself.
CREATE FUNCTION _mssql_fdw._local_name(name text, name_case text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
-- Of a column: system columns have names that no other can have.
CREATE FUNCTION _mssql_fdw._local_column_name(name text, name_case text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_column_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- What a local name becomes that another one has already: with a hash of `source` behind it.
CREATE FUNCTION _mssql_fdw._distinct_name(local text, source text) RETURNS name
AS 'MODULE_PATHNAME', 'mssql_fdw_distinct_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- Types come as sys.types and sys.columns have them. The local type depends on whether PostGIS can
-- be seen.
CREATE FUNCTION _mssql_fdw._local_type(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_local_type' LANGUAGE C STRICT STABLE PARALLEL SAFE;

-- What a copy of such a column may change; NULL: nothing.
CREATE FUNCTION _mssql_fdw._lossy_note(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_lossy_note' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- "decimal(18,2)"
CREATE FUNCTION _mssql_fdw._declare(type text, max_length int, "precision" int, scale int) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_declare' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- [name], whatever the name: for messages, and to look for in a definition.
CREATE FUNCTION _mssql_fdw._quote_name(name text) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_quote_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- A default as SQL Server stores it, in PostgreSQL's words; NULL: no translation is sure.
-- sequences[i], "schema.name", is locals[i].
CREATE FUNCTION _mssql_fdw._translate_default(definition text, type text, max_length int, "precision" int, scale int,
    sequences text[] DEFAULT '{}', locals text[] DEFAULT '{}') RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_translate_default' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- The same for a check constraint or an index's filter: columns[i] is locals[i], of the declared
-- type types[i], if that is given.
CREATE FUNCTION _mssql_fdw._translate_check(definition text, columns text[], locals text[], types text[] DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_translate_check' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- Tables 0 .. tables-1 with parents before their children, the heavier first among those that are
-- free; weights may be empty.
CREATE FUNCTION _mssql_fdw._load_order(tables int, children int[], parents int[], weights float8[] DEFAULT '{}') RETURNS int[]
AS 'MODULE_PATHNAME', 'mssql_fdw_load_order' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
-- Replicate: the C functions it needs, and the checks of arguments that all its functions share.

-- Loads a remote table into the staging relation of a local one, or into one that is new;
-- src/pg/copy/loader.hpp says which. `types`: of source_columns, as sys.types calls them. `source`:
-- how messages and progress call the source.
CREATE FUNCTION _mssql_fdw._load(server name, source_schema text, source_table text, source_columns text[], types text[],
    target regclass, columns name[], source text, nul_policy text DEFAULT 'error', estimated_rows bigint DEFAULT 0,
    estimated_bytes bigint DEFAULT 0, memory_optimized boolean DEFAULT false, OUT rows bigint, OUT bytes bigint)
AS 'MODULE_PATHNAME', 'mssql_fdw_load' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- An error about what the caller wrote, by its SQLSTATE; without a CONTEXT, for which private
-- function found it helps nobody.
CREATE FUNCTION _mssql_fdw._raise(sqlstate text, message text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_raise' LANGUAGE C VOLATILE PARALLEL SAFE;

-- A notice or a warning, with question marks for what the client's encoding lacks: it must not end
-- the run that it tells of.
CREATE FUNCTION _mssql_fdw._say(warning boolean, message text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_say' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._client_can_read(value text) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_client_can_read' LANGUAGE C STRICT STABLE PARALLEL SAFE;

-- Holds fixed, until the calling function ends, what would change a text form or a parse;
-- src/pg/host/settings.hpp says which settings.
CREATE FUNCTION _mssql_fdw._hold_settings() RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hold_settings' LANGUAGE C VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._nearest(word text, candidates text[]) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_nearest' LANGUAGE C STRICT STABLE PARALLEL SAFE;

-- An error where a cursor of the session reads the table: it could not be switched, emptied or
-- dropped.
CREATE FUNCTION _mssql_fdw._check_unused(relation regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_check_unused' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- 'dbo.Users', '[odd schema].[a.b]', 'Users' to its parts; the schema is dbo where none is named.
CREATE FUNCTION _mssql_fdw._parse_table_name(qualified_name text, OUT schema text, OUT name text)
AS 'MODULE_PATHNAME', 'mssql_fdw_parse_table_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

-- Every key of `options` with its default, what it may be, and what it is used for (_model() has
-- the words).
CREATE FUNCTION _mssql_fdw._option_list() RETURNS TABLE (key text, fallback jsonb, allowed text[], used_for text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM (VALUES
        ('name_case',    jsonb '"lower"', ARRAY['lower', 'preserve', 'snake'], '{all,schema,sequences,verify}'::text[]),
        ('nul_policy',   jsonb '"error"', ARRAY['error', 'replace', 'strip'], '{all}'),
        ('isolation',    jsonb '"automatic"', ARRAY['automatic', 'snapshot', 'read_committed', 'repeatable_read', 'serializable'],
                         '{all,schema,sequences,verify}'),
        ('unlogged',     jsonb 'false',   NULL::text[], '{all,schema}'),
        ('defaults',     jsonb 'true',    NULL, '{all,schema}'),
        ('indexes',      jsonb 'true',    NULL, '{all,schema}'),
        ('foreign_keys', jsonb 'true',    NULL, '{all,schema}'),
        ('checks',       jsonb 'true',    NULL, '{all,schema}'),
        ('comments',     jsonb 'true',    NULL, '{all,schema}'),
        ('analyze',      jsonb 'true',    NULL, '{all}'),
        ('allow_masked',   jsonb 'false', NULL, '{all}'),
        ('allow_filtered', jsonb 'false', NULL, '{all}')) AS v (key, fallback, allowed, used_for);
END;

-- `options` complete with defaults; an unknown key or a wrong value is an error.
CREATE FUNCTION _mssql_fdw._checked_options(options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given record;
    known record;
    suggestion text;
BEGIN
    IF jsonb_typeof(coalesce(options, '{}')) <> 'object' THEN
        PERFORM _mssql_fdw._raise('22023', 'options must be a JSON object',
            hint => 'Write for example options => ''{"unlogged": true}''.');
    END IF;
    FOR given IN SELECT e.key, e.value FROM jsonb_each(coalesce(options, '{}')) AS e LOOP
        SELECT * INTO known FROM _mssql_fdw._option_list() AS o WHERE o.key = given.key;
        IF NOT FOUND THEN
            suggestion := _mssql_fdw._nearest(given.key, ARRAY(SELECT o.key FROM _mssql_fdw._option_list() AS o));
            PERFORM _mssql_fdw._raise('22023', format('invalid option "%s"', given.key), hint => coalesce(
                CASE WHEN given.key IN ('target_schema', 'include', 'exclude', 'on_existing', 'jobs', 'chunk_rows', 'verify')
                     THEN format('It is an argument of its own: %s => ...', given.key) END,
                'Perhaps you meant the option "' || suggestion || '".',
                'Valid options are: ' || (SELECT string_agg(o.key, ', ') FROM _mssql_fdw._option_list() AS o) || '.'));
        ELSIF known.allowed IS NULL AND jsonb_typeof(given.value) <> 'boolean' THEN
            PERFORM _mssql_fdw._raise('22023', format('invalid value for option "%s": %s', given.key, given.value),
                hint => 'It must be true or false.');
        ELSIF known.allowed IS NOT NULL
            AND (jsonb_typeof(given.value) <> 'string' OR given.value #>> '{}' <> ALL (known.allowed)) THEN
            PERFORM _mssql_fdw._raise('22023', format('invalid value for option "%s": %s', given.key, given.value),
                hint => 'Valid values are: ' || array_to_string(known.allowed, ', ') || '.');
        END IF;
    END LOOP;
    RETURN (SELECT jsonb_object_agg(o.key, o.fallback) FROM _mssql_fdw._option_list() AS o) || coalesce(options, '{}');
END
$$;

-- `value`, or an error that names the argument and what it may be.
CREATE FUNCTION _mssql_fdw._one_of(argument text, value text, allowed text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value = ANY (allowed) THEN
        RETURN value;
    END IF;
    PERFORM _mssql_fdw._raise('22023', format('invalid value for "%s": %L', argument, value),
        hint => 'Valid values are: ' || array_to_string(allowed, ', ') || '.');
END
$$;

-- `value`, or an error where there is none.
CREATE FUNCTION _mssql_fdw._given(argument text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value IS NULL THEN
        PERFORM _mssql_fdw._raise('22004', format('%s must not be null', argument));
    END IF;
    RETURN value;
END
$$;

-- Arguments that this version takes, but cannot yet follow in every value.
CREATE FUNCTION _mssql_fdw._check_run_arguments(jobs int, chunk_rows bigint, verify text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jobs < 0 THEN
        PERFORM _mssql_fdw._raise('22023', 'jobs must not be negative');
    ELSIF jobs > 0 THEN
        PERFORM _mssql_fdw._raise('0A000', 'parallel workers are not supported by this version',
            hint => 'Leave jobs out, or set it to 0: the run is then one transaction of the calling session.');
    END IF;
    IF chunk_rows <= 0 THEN
        PERFORM _mssql_fdw._raise('22023', 'chunk_rows must be positive');
    END IF;
    PERFORM _mssql_fdw._check_verify(verify, '{none,count}');
END
$$;

-- `allowed`: what this version does.
CREATE FUNCTION _mssql_fdw._check_verify(verify text, allowed text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF verify = 'checksum' THEN
        PERFORM _mssql_fdw._raise('0A000', 'verify => ''checksum'' is not supported by this version',
            hint => 'Valid values are: ' || array_to_string(allowed, ', ') || '.');
    END IF;
    PERFORM _mssql_fdw._one_of('verify', verify, allowed);
END
$$;

-- What ILIKE would stumble over for one table and not for another.
CREATE FUNCTION _mssql_fdw._check_patterns(argument text, patterns text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pattern text;
BEGIN
    FOREACH pattern IN ARRAY coalesce(patterns, '{}') LOOP
        IF pattern IS NULL THEN
            PERFORM _mssql_fdw._raise('22004', format('%s must not hold NULL', argument));
        ELSIF (length(pattern) - length(rtrim(pattern, chr(92)))) % 2 = 1 THEN
            PERFORM _mssql_fdw._raise('22025', format('pattern %s of %s must not end with an escape character', pattern, argument));
        END IF;
    END LOOP;
END
$$;

-- How plans and messages call a source object: dbo.Posts, and [odd schema].[a.b] where that is no
-- plain name.
CREATE FUNCTION _mssql_fdw._source_name(schema text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN schema ~ '^[[:alnum:]_@$#]+$' AND name ~ '^[[:alnum:]_@$#]+$' THEN schema || '.' || name
            ELSE _mssql_fdw._quote_name(schema) || '.' || _mssql_fdw._quote_name(name) END;

-- Does any LIKE pattern match? A pattern with a dot is held against schema.table, one without
-- against the table's name; and one with a bracket against the ways of writing them with brackets,
-- which plans and results do.
CREATE FUNCTION _mssql_fdw._matches(schema text, name text, patterns text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM unnest(patterns) AS p (pattern)
               WHERE CASE WHEN p.pattern LIKE '%.%' THEN schema || '.' || name ELSE name END ILIKE p.pattern
                  OR strpos(p.pattern, '[') > 0 AND EXISTS (
                      SELECT FROM (VALUES (_mssql_fdw._quote_name(schema) || '.', _mssql_fdw._quote_name(name))) AS q (schema, name)
                      CROSS JOIN LATERAL unnest(ARRAY[q.schema || q.name, _matches.schema || '.' || q.name, q.schema || _matches.name, q.name]) AS w (spelling)
                      WHERE w.spelling ILIKE p.pattern OR w.spelling = p.pattern));
-- Replicate: the rows of a model, the source's catalog and what is mapped of it. They are kept in
-- the session's memory by their row type, for nobody but who has made the model
-- (src/pg/copy/model.hpp); `model` has their number under the key rows.

CREATE FUNCTION _mssql_fdw._make_model() RETURNS int
AS 'MODULE_PATHNAME', 'mssql_fdw_make_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._forget_model(model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_forget_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._complete_model(model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_complete_model' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._keep_rows(model int, rows anyarray) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_keep_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._estimate_rows(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'mssql_fdw_estimate_rows' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _mssql_fdw._source_database(model jsonb) RETURNS SETOF replicate._source_database
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_tables(model jsonb) RETURNS SETOF replicate._source_table
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_columns(model jsonb) RETURNS SETOF replicate._source_column
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_indexes(model jsonb) RETURNS SETOF replicate._source_index
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_foreign_keys(model jsonb) RETURNS SETOF replicate._source_foreign_key
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_checks(model jsonb) RETURNS SETOF replicate._source_check
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_sequences(model jsonb) RETURNS SETOF replicate._source_sequence
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._source_programs(model jsonb) RETURNS SETOF replicate._source_program
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._unnameable(model jsonb) RETURNS SETOF replicate._unnameable
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._mapped_tables(model jsonb) RETURNS SETOF replicate._table
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._columns(model jsonb) RETURNS SETOF replicate._column
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._objects(model jsonb) RETURNS SETOF replicate._object
AS 'MODULE_PATHNAME', 'mssql_fdw_model_rows' LANGUAGE C STRICT STABLE PARALLEL UNSAFE SUPPORT _mssql_fdw._estimate_rows;

CREATE FUNCTION _mssql_fdw._tables(model jsonb) RETURNS SETOF replicate._table
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.position IS NOT NULL;
END;
-- Replicate: the source's catalog, read once a call in one remote transaction. A model keeps it as
-- rows, a type for each of the queries of src/core/tsql/catalog.hpp, which name their columns.

CREATE FUNCTION _mssql_fdw._read_catalog(model int, server name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_read_catalog' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- An index or a foreign key goes as a whole: without one of its columns it would be another.
CREATE FUNCTION _mssql_fdw._set_aside(model jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rows int := model ->> 'rows';
BEGIN
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(
        SELECT i FROM _mssql_fdw._source_indexes(model) AS i
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._unnameable(model) AS u
                          WHERE u.of = 'indexes' AND u.schema = i.schema AND u."table" = i."table" AND u.index = i.index)));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(
        SELECT f FROM _mssql_fdw._source_foreign_keys(model) AS f
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._unnameable(model) AS u
                          WHERE u.of = 'foreign_keys' AND u.schema = f.schema AND u."table" = f."table" AND u."constraint" = f."constraint")));
END
$$;

-- What the catalog tells that nobody should have to find out later: what is not copied, or copied
-- as something else, or could not be looked at. `schema` and `name`: the table that it is about,
-- NULL for the database.
CREATE FUNCTION _mssql_fdw._catalog_findings(model jsonb)
RETURNS TABLE (schema text, name text, severity text, object text, finding text, advice text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH d AS (
        SELECT * FROM _mssql_fdw._source_database(model) AS d
    ), t AS MATERIALIZED (
        SELECT t.*, _mssql_fdw._source_name(t.schema, t."table") AS source
        FROM _mssql_fdw._source_tables(model) AS t
        WHERE NOT t.is_view
    ), c AS MATERIALIZED (
        SELECT c.*, _mssql_fdw._source_name(c.schema, c."table") || '.' || c."column" AS source
        FROM _mssql_fdw._source_columns(model) AS c
        JOIN t ON t.schema = c.schema AND t."table" = c."table"
    )
    SELECT NULL, NULL, 'warning', d.name, 'the login may see only a part of the database: tables it has no right on, row-level security and '
               'definitions are invisible to it', format('GRANT VIEW DEFINITION TO %s', coalesce(_mssql_fdw._quote_name(d.login), 'the login'))
    FROM d WHERE NOT d.view_definition
    UNION ALL
    SELECT NULL, NULL, 'warning', d.name, 'the login does not see whether the database allows SNAPSHOT isolation, so it is read at READ COMMITTED',
           'Set the server''s option isolation'
    FROM d WHERE d.snapshot_isolation_state IS NULL
    UNION ALL
    SELECT t.schema, t."table", x.severity, t.source, x.finding, x.advice
    FROM t CROSS JOIN LATERAL (VALUES
        (t.is_dropped_ledger, 'note', 'a dropped ledger table: not copied', NULL),
        (t.ledger_type > 0 AND NOT t.is_dropped_ledger, 'note', 'a ledger table: copied as an ordinary one, which proves nothing', NULL),
        (t.temporal_type = 2, 'note', 'system-versioned: copied as an ordinary table, which keeps no history', NULL),
        (t.temporal_type = 1, 'note', 'the history of a system-versioned table: copied as an ordinary table', NULL),
        (t.is_memory_optimized, 'note', 'memory-optimized: copied as an ordinary table', NULL),
        (t.is_graph, 'note', 'a graph table: its node and edge ids are copied as text', NULL),
        (t.left_out IS NOT NULL, 'note', 'its comment has characters that this database''s encoding lacks: left out', NULL)
    ) AS x (applies, severity, finding, advice)
    WHERE x.applies
    UNION ALL
    SELECT c.schema, c."table", x.severity, c.source, x.finding, x.advice
    FROM c CROSS JOIN LATERAL (VALUES
        (c.is_encrypted, 'warning', 'encrypted by the client (Always Encrypted): the ciphertext is copied, as bytea', NULL),
        (c.is_column_set, 'note', 'a column set: copied as the XML of the sparse columns', NULL),
        (c.has_default AND c.default_definition IS NULL, 'warning', 'the login may not see its default: not copied',
            'GRANT VIEW DEFINITION to the login'),
        (c.left_out IS NOT NULL, 'note', 'its comment has characters that this database''s encoding lacks: left out', NULL)
    ) AS x (applies, severity, finding, advice)
    WHERE x.applies
    UNION ALL
    SELECT a.schema, coalesce(a."table", a.sequence), 'warning',
           _mssql_fdw._source_name(a.schema, coalesce(a."table", a.sequence)) || coalesce('.' || coalesce(a.index, a."constraint", a."column"), ''),
           format('set aside: %s has characters that encoding %s lacks',
                  CASE a.of WHEN 'tables' THEN 'its name' WHEN 'columns' THEN 'the column''s name' WHEN 'sequences' THEN 'the sequence''s name'
                            ELSE 'a name in it' END, getdatabaseencoding()),
           'Rename it on the source, or replicate into a database of encoding UTF8'
    FROM (SELECT DISTINCT x.of, x.schema, x."table", x.sequence, x.index, x."constraint",
                 CASE WHEN x.of = 'columns' THEN x."column" END AS "column", coalesce(x.is_view, false) AS is_view
          FROM _mssql_fdw._unnameable(model) AS x
          -- what stands on a table that is set aside goes with it
          WHERE x.of = 'tables' OR x.of = 'sequences' OR x.of IN ('columns', 'indexes', 'foreign_keys', 'checks')
                AND NOT coalesce(x.unnameable && '{schema,table}', false)) AS a
    WHERE NOT a.is_view
$$;
-- Replicate: the ledger. Whoever asks what is a copy of what asks here.

-- What earlier runs made or took over and is there still, under its name: the very relation; after
-- a restore or in a copy of the database, where the numbers are others, one of the same owner,
-- unless this database has its own word.
CREATE FUNCTION _mssql_fdw._copies()
RETURNS TABLE (server name, source_schema text, source_name text, target_schema name, target_name name, relation oid, relkind "char")
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT ON (c.oid) o.server, o.source_schema, o.source_table, o.target_schema, o.target_name, c.oid, c.relkind
    FROM replicate._targets AS o
    JOIN pg_namespace AS n ON n.nspname = o.target_schema
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.target_name
    CROSS JOIN LATERAL (SELECT o.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())) AS h (here)
    WHERE CASE WHEN h.here THEN o.relation = c.oid ELSE o.owner = pg_get_userbyid(c.relowner) END
    ORDER BY c.oid, h.here DESC, o.database;
END;

-- A relation that an earlier run made from this table or sequence of the server.
CREATE FUNCTION _mssql_fdw._is_copy(relation oid, server name, source_schema text, source_name text) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM _mssql_fdw._copies() AS k
    WHERE k.relation = _is_copy.relation AND k.server = _is_copy.server AND k.source_schema = _is_copy.source_schema
      AND k.source_name = _is_copy.source_name);
-- Replicate: source objects to local names and types. The names do not depend on which tables are
-- selected, and what the ledger knows under one of its names keeps that, so a table or a sequence
-- is called the same in every run. Where two would be called the same, the first keeps the name and
-- the others get a suffix that is a hash of their source name.

-- Says that `folded`, which is the source's `name`, is cut and ends in a hash; NULL: it is not.
CREATE FUNCTION _mssql_fdw._cut_note(name text, folded text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(folded) > 54 AND folded ~ '_[0-9a-f]{8}$' AND right(lower(folded), 9) <> right(lower(name), 9)
            THEN 'renamed: its name is longer than 63 bytes' END;

-- PostgreSQL's own, and the extension's.
CREATE FUNCTION _mssql_fdw._is_reserved_schema(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_with(name, 'pg_') OR name IN ('information_schema', 'replicate', '_mssql_fdw');

-- The schema that a source schema's tables go to, when the caller names none.
CREATE FUNCTION _mssql_fdw._local_schema(schema text, name_case text) RETURNS name
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    folded text := _mssql_fdw._local_name(schema, name_case);
BEGIN
    IF schema = 'dbo' THEN
        RETURN 'public';
    ELSIF _mssql_fdw._is_reserved_schema(folded) THEN
        RETURN _mssql_fdw._local_name('mssql_' || schema, name_case);
    END IF;
    RETURN folded;
END
$$;

-- All base tables of the source with their local names; position and action are still open. `kept`,
-- `suffixed`: the copy that is there under the name, or under the one with a suffix.
CREATE FUNCTION _mssql_fdw._map_tables(server name, model jsonb, target_schema name, name_case text) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH copies AS MATERIALIZED (
        SELECT k.* FROM _mssql_fdw._copies() AS k WHERE k.server = _map_tables.server
    ), sequences AS (
        SELECT k.target_schema, k.target_name
        FROM _mssql_fdw._source_sequences(model) AS s
        JOIN copies AS k ON k.source_schema = s.schema AND k.source_name = s.sequence
    ), listed AS (
        SELECT t.*, coalesce(_map_tables.target_schema, _mssql_fdw._local_schema(t.schema, name_case)) AS local_schema,
               _mssql_fdw._local_name(t."table", name_case)::name AS folded
        FROM _mssql_fdw._source_tables(model) AS t
        WHERE NOT t.is_view AND NOT t.is_external AND NOT t.is_dropped_ledger
    ), known AS (
        SELECT l.*, _mssql_fdw._distinct_name(l.folded, l.schema || '.' || l."table") AS other_name FROM listed AS l
    ), ranked AS (
        SELECT k.*, kept.relation IS NOT NULL AS is_kept, suffixed.relation IS NOT NULL AS is_suffixed, s.target_name IS NOT NULL AS is_sequence,
               row_number() OVER (ORDER BY k.schema COLLATE "C", k."table" COLLATE "C") AS id,
               count(*) OVER (PARTITION BY k.local_schema, k.folded) AS rivals,
               row_number() OVER (PARTITION BY k.local_schema, k.folded
                                  ORDER BY kept.relation IS NULL, suffixed.relation IS NOT NULL, k.schema <> 'dbo', k."table" <> k.folded,
                                           k.schema COLLATE "C", k."table" COLLATE "C") AS rank
        FROM known AS k
        LEFT JOIN copies AS kept ON kept.source_schema = k.schema AND kept.source_name = k."table"
             AND kept.target_schema = k.local_schema AND kept.target_name = k.folded
        LEFT JOIN copies AS suffixed ON suffixed.source_schema = k.schema AND suffixed.source_name = k."table"
             AND suffixed.target_schema = k.local_schema AND suffixed.target_name = k.other_name
        LEFT JOIN sequences AS s ON s.target_schema = k.local_schema AND s.target_name = k.folded
    ), named AS (
        SELECT r.*, NOT r.is_kept AND (r.rank > 1 OR r.is_suffixed OR r.is_sequence) AS is_renamed FROM ranked AS r
    ), final AS (
        SELECT n.*, CASE WHEN n.is_renamed THEN n.other_name ELSE n.folded END AS local_name FROM named AS n
    )
    SELECT n.id::int, n.schema, n."table", _mssql_fdw._source_name(n.schema, n."table"), n.local_schema, n.local_name,
           format('%I.%I', n.local_schema, n.local_name), c.oid, c.relkind, n.rows, n.bytes, n.comment, NULL::int, NULL::text,
           concat_ws('; ',
               CASE WHEN n.is_renamed THEN
                   format(CASE WHEN n.is_sequence THEN 'renamed: a sequence is called %I.%I too'
                               WHEN n.rivals > 1 THEN 'renamed: another table is called %I.%I too'
                               ELSE 'renamed: another relation was called %I.%I when it was first copied' END, n.local_schema, n.folded)
                    ELSE _mssql_fdw._cut_note(n."table", n.folded) END,
               CASE WHEN _map_tables.target_schema IS NULL AND starts_with(n.local_schema, 'mssql_') AND NOT starts_with(lower(n.schema), 'mssql_')
                    THEN format('schema renamed: "%s" is reserved', n.schema) END), n.is_memory_optimized
    FROM final AS n
    LEFT JOIN pg_namespace AS s ON s.nspname = n.local_schema
    LEFT JOIN pg_class AS c ON c.relnamespace = s.oid AND c.relname = n.local_name
$$;

-- What an identity column's numbers may be, and what makes them here.
CREATE FUNCTION _mssql_fdw._identity_range(type text, "precision" int, scale int, seed numeric, increment numeric,
    last_value numeric, OUT generator text, OUT lowest bigint, OUT highest bigint)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    generator := CASE WHEN type IN ('tinyint', 'smallint', 'int', 'bigint') THEN 'identity' ELSE 'sequence' END;
    lowest := CASE type WHEN 'tinyint' THEN 0 WHEN 'smallint' THEN -32768 WHEN 'int' THEN -2147483648
                   WHEN 'bigint' THEN -9223372036854775808
                   ELSE greatest(-9223372036854775808, 1 - 10::numeric ^ least("precision", 30)) END;
    highest := CASE type WHEN 'tinyint' THEN 255 WHEN 'smallint' THEN 32767 WHEN 'int' THEN 2147483647
                    WHEN 'bigint' THEN 9223372036854775807
                    ELSE least(9223372036854775807, 10::numeric ^ least("precision", 30) - 1) END;
    IF increment IS NULL OR increment = 0 OR seed IS NULL OR scale <> 0
        OR seed NOT BETWEEN lowest AND highest OR increment NOT BETWEEN -9223372036854775807 AND 9223372036854775807 THEN
        generator := NULL;
    -- PostgreSQL's own bounds, unless the source has been beyond them (a negative seed, DBCC
    -- CHECKIDENT ... RESEED)
    ELSIF increment > 0 AND seed >= 1 AND coalesce(last_value, 0) + increment >= 1 THEN
        lowest := 1;
    ELSIF increment < 0 AND seed <= -1 AND coalesce(last_value, 0) + increment <= -1 THEN
        highest := -1;
    END IF;
END
$$;

-- The local type: the default mapping, and PostGIS types by their full name where the extension is,
-- whatever search_path says.
CREATE FUNCTION _mssql_fdw._column_type(type text, max_length int, "precision" int, scale int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    postgis name;
BEGIN
    IF type IN ('geometry', 'geography') THEN
        SELECT n.nspname INTO postgis
        FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';
        IF FOUND THEN
            RETURN format('%I.%I', postgis, type);
        END IF;
    END IF;
    RETURN _mssql_fdw._local_type(type, max_length, "precision", scale);
END
$$;

-- All columns of the source's base tables.
CREATE FUNCTION _mssql_fdw._map_columns(model jsonb, name_case text) RETURNS SETOF replicate._column
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT t.id, t.relation, t.action, c.*, _mssql_fdw._local_column_name(c."column", name_case) AS wanted
        FROM _mssql_fdw._mapped_tables(model) AS t
        JOIN _mssql_fdw._source_columns(model) AS c
          ON c.schema = t.schema AND c."table" = t.name
    ), ranked AS (
        SELECT l.*, row_number() OVER (PARTITION BY l.id, l.wanted ORDER BY l.column_id) AS rank
        FROM listed AS l
    ), named AS (
        SELECT r.*, CASE WHEN r.rank = 1 THEN r.wanted::name
                         ELSE _mssql_fdw._distinct_name(r.wanted, r."column") END AS target
        FROM ranked AS r
    ), types AS MATERIALIZED (
        SELECT d.*, _mssql_fdw._column_type(d.type, d.max_length, d."precision", d.scale) AS local_type,
               _mssql_fdw._lossy_note(d.type, d.max_length, d."precision", d.scale) AS note
        FROM (SELECT DISTINCT l.type, l.max_length, l."precision", l.scale FROM listed AS l) AS d
    )
    SELECT n.id, n.column_id, n."column", n.target, n.type, n.max_length, n."precision", n.scale, n."collation",
           -- 38,38 is what some servers say when they do not know an expression's scale: any
           -- numeric fits
           CASE WHEN n.is_computed AND n.type IN ('decimal', 'numeric') AND n.scale = 38 THEN 'numeric' ELSE y.local_type END,
           -- what the source fills in by itself, nobody fills in here: new rows must be able to go
           -- without
           n.is_nullable OR n.is_computed OR n.is_hidden OR n.type IN ('timestamp', 'rowversion'),
           CASE WHEN n.is_identity THEN g.generator END, n.seed, n.increment, n.last_value, g.lowest, g.highest,
           CASE WHEN NOT n.is_computed AND n.type NOT IN ('timestamp', 'rowversion') THEN n.default_definition END,
           coalesce(n.is_masked, false), n.comment, coalesce(a.attgenerated, '') = '',
           nullif(concat_ws('; ',
               CASE WHEN n.rank > 1 THEN 'renamed: another column has the same name'
                    WHEN n.wanted <> _mssql_fdw._local_name(n."column", name_case) THEN 'renamed: a system column has this name'
                    ELSE _mssql_fdw._cut_note(n."column", n.wanted) END,
               CASE WHEN n.is_computed THEN 'computed there, holds the computed value here' END,
               CASE WHEN n.type IN ('timestamp', 'rowversion') THEN 'holds the source''s version; new rows here get none' END,
               CASE WHEN n.is_identity AND g.generator = 'sequence' THEN 'identity of a type that PostgreSQL numbers by a sequence'
                    WHEN n.is_identity AND g.generator IS NULL THEN 'identity not carried over: its numbers do not fit a sequence' END,
               CASE WHEN a.attgenerated <> '' THEN 'not loaded: generated here' END,
               y.note), '')
    FROM named AS n
    JOIN types AS y ON (y.type, y.max_length, y."precision", y.scale) = (n.type, n.max_length, n."precision", n.scale)
    LEFT JOIN pg_attribute AS a ON a.attrelid = n.relation AND a.attname = n.target AND NOT a.attisdropped AND n.action IN ('switch', 'refill')
    CROSS JOIN LATERAL _mssql_fdw._identity_range(n.type, n."precision", n.scale, n.seed, n.increment, n.last_value) AS g
$$;

-- Indexes and sequences share one name space with tables: their names go in order of importance,
-- and step aside for what exists. An index or a copied sequence that stands keeps its name. Tables
-- that are left alone (skip, keep) keep theirs and are not listed.
CREATE FUNCTION _mssql_fdw._map_relations(server name, model jsonb, target_schema name, name_case text)
RETURNS SETOF replicate._object
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), made AS MATERIALIZED (
        SELECT * FROM t WHERE t.action IN ('create', 'replace', 'switch', 'refill')
    ), sequences AS MATERIALIZED (
        SELECT s.schema, s.sequence, coalesce(target_schema, _mssql_fdw._local_schema(s.schema, name_case)) AS local_schema
        FROM _mssql_fdw._source_sequences(model) AS s
    ), copies AS MATERIALIZED (
        SELECT k.* FROM _mssql_fdw._copies() AS k WHERE k.server = _map_relations.server AND k.relkind = 'S'
    ), listed AS (
        SELECT 1 AS class, 'sequence' AS kind, NULL::int AS table_id, s.schema AS source_schema, s.sequence AS name,
               s.schema || '.' || s.sequence AS source, s.local_schema AS schema, _mssql_fdw._local_name(s.sequence, name_case) AS folded,
               NULL::oid AS relation
        FROM sequences AS s
        UNION ALL
        SELECT 2, 'identity', m.id, m.schema, c.name, m.source || '.' || c.name, m.target_schema,
               _mssql_fdw._local_name(m.target_name || '_' || c.target || '_seq', 'preserve'),
               CASE WHEN m.action IN ('switch', 'refill') THEN m.relation END
        FROM _mssql_fdw._columns(model) AS c JOIN made AS m ON m.id = c.table_id
        WHERE c.generator IS NOT NULL
        UNION ALL
        SELECT DISTINCT CASE WHEN i.constraint_type IS NULL THEN 4 ELSE 3 END, 'index', m.id, m.schema, i.index,
               m.source || '.' || i.index, m.target_schema, _mssql_fdw._local_name(i.index, name_case),
               CASE WHEN m.action IN ('switch', 'refill') THEN m.relation END
        FROM _mssql_fdw._source_indexes(model) AS i
        JOIN made AS m ON m.schema = i.schema AND m.name = i."table"
    ), wanted AS (
        SELECT l.*, _mssql_fdw._distinct_name(l.folded, l.source) AS other_name FROM listed AS l
    ), taken AS (
        SELECT t.target_schema AS schema, t.target_name AS name, NULL::oid AS owner FROM t
        UNION
        SELECT n.nspname, c.relname, coalesce(x.indrelid, d.refobjid)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
        LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
             AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S'
        WHERE NOT EXISTS (SELECT FROM made AS m WHERE m.relation = c.oid OR m.action = 'replace' AND m.relation IN (x.indrelid, d.refobjid))
          -- a sequence that replication made before is taken up again
          AND NOT (c.relkind = 'S' AND d.objid IS NULL
                   AND EXISTS (SELECT FROM wanted AS w WHERE w.class = 1 AND w.schema = n.nspname AND w.folded = c.relname))
    ), ranked AS (
        SELECT w.*, kept.relation IS NULL
                    AND (k.name IS NOT NULL OR suffixed.relation IS NOT NULL
                         OR row_number() OVER (PARTITION BY w.schema, w.folded
                                               ORDER BY i.indexrelid IS NULL AND kept.relation IS NULL, suffixed.relation IS NOT NULL, w.class,
                                                        w.name <> w.folded, w.source COLLATE "C") > 1) AS suffixed
        FROM wanted AS w
        LEFT JOIN copies AS kept ON w.class = 1 AND kept.source_schema = w.source_schema AND kept.source_name = w.name
             AND kept.target_schema = w.schema AND kept.target_name = w.folded
        LEFT JOIN copies AS suffixed ON w.class = 1 AND suffixed.source_schema = w.source_schema AND suffixed.source_name = w.name
             AND suffixed.target_schema = w.schema AND suffixed.target_name = w.other_name
        LEFT JOIN taken AS k ON k.schema = w.schema AND k.name = w.folded AND (k.owner = w.relation) IS NOT TRUE
        LEFT JOIN pg_namespace AS n ON n.nspname = w.schema
        LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.folded
        LEFT JOIN pg_index AS i ON i.indexrelid = c.oid AND i.indrelid = w.relation
    )
    SELECT r.kind, r.table_id, r.source_schema, r.name, r.schema,
           CASE WHEN r.suffixed THEN r.other_name ELSE r.folded::name END,
           CASE WHEN r.kind = 'identity' THEN CASE WHEN r.suffixed THEN format('its sequence is not called %I, for another relation is', r.folded) END
                WHEN r.suffixed THEN format('renamed: another relation is called %I.%I', r.schema, r.folded)
                ELSE _mssql_fdw._cut_note(r.name, r.folded) END
    FROM ranked AS r
$$;

-- Checks and foreign keys are named within their table, where the constraints that are indexes come
-- first.
CREATE FUNCTION _mssql_fdw._map_constraints(model jsonb, name_case text)
RETURNS SETOF replicate._object
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT 'check' AS kind, k.schema, k."table", k."constraint" AS name
        FROM _mssql_fdw._source_checks(model) AS k
        UNION ALL
        SELECT DISTINCT 'foreign key', f.schema, f."table", f."constraint"
        FROM _mssql_fdw._source_foreign_keys(model) AS f
    ), wanted AS (
        SELECT l.kind, l.schema, l.name, t.id, t.target_schema, _mssql_fdw._local_name(l.name, name_case) AS folded
        FROM listed AS l
        JOIN _mssql_fdw._mapped_tables(model) AS t ON t.schema = l.schema AND t.name = l."table"
    ), ranked AS (
        SELECT w.*, x.target IS NOT NULL OR row_number() OVER (
                        PARTITION BY w.id, w.folded ORDER BY w.name <> w.folded, w.name COLLATE "C") > 1 AS suffixed
        FROM wanted AS w
        LEFT JOIN _mssql_fdw._objects(model) AS x
               ON x.kind = 'index' AND x.table_id = w.id AND x.target = w.folded
    )
    SELECT r.kind, r.id, r.schema, r.name, r.target_schema,
           CASE WHEN r.suffixed THEN _mssql_fdw._distinct_name(r.folded, r.name) ELSE r.folded::name END,
           CASE WHEN r.suffixed THEN format('renamed: another constraint of the table is called %I', r.folded)
                ELSE _mssql_fdw._cut_note(r.name, r.folded) END
    FROM ranked AS r
$$;
-- Replicate: whose code a run meets. Whoever owns a relation writes what is evaluated when a query
-- over it is planned or executed.

-- Who may write code that a run evaluates with the caller's rights.
CREATE FUNCTION _mssql_fdw._is_trusted(role oid) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_is_trusted' LANGUAGE C STRICT STABLE PARALLEL SAFE;

-- Does the expression call anything but PostgreSQL's own IMMUTABLE functions? Those call nothing
-- else.
CREATE FUNCTION _mssql_fdw._calls_code(expression pg_node_tree) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_calls_code' LANGUAGE C STRICT STABLE PARALLEL SAFE;

CREATE FUNCTION _mssql_fdw._untrusted_function(expression pg_node_tree) RETURNS regprocedure
AS 'MODULE_PATHNAME', 'mssql_fdw_untrusted_function' LANGUAGE C STRICT STABLE PARALLEL SAFE;

-- Indexes that call a function of an untrusted role, who may exchange it. Not only the table's owner
-- makes its indexes: those of a partitioned table become its partitions', and stay with them when
-- they are detached.
CREATE FUNCTION _mssql_fdw._untrusted_indexes(relations oid[]) RETURNS TABLE (relation oid, index name, function regprocedure, owner name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.indrelid, c.relname, p.oid::regprocedure, pg_get_userbyid(p.proowner)
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_proc AS p ON p.oid = coalesce(_mssql_fdw._untrusted_function(i.indexprs), _mssql_fdw._untrusted_function(i.indpred))
    WHERE i.indrelid = ANY (relations) AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
$$;

CREATE FUNCTION _mssql_fdw._with_partitions(relations oid[]) RETURNS TABLE (relation oid, root oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE members (relation, root) AS (
        SELECT r.oid, r.oid FROM unnest(relations) AS r (oid)
        UNION
        SELECT i.inhrelid, m.root
        FROM members AS m JOIN pg_class AS c ON c.oid = m.relation AND c.relkind = 'p' JOIN pg_inherits AS i ON i.inhparent = m.relation
    )
    SELECT m.relation, m.root FROM members AS m
$$;

-- Whoever evaluates what a partition may hold evaluates the keys of all that it is a partition of,
-- and to plan a query over it is enough; an index of those is an index of the partition, too, though
-- its owner has not made it. What of that an untrusted role has written, with its table.
CREATE FUNCTION _mssql_fdw._untrusted_ancestors(relations oid[]) RETURNS TABLE (relation oid, parent text, owner name, what text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE above (relation, ancestor) AS (
        SELECT r.oid, r.oid FROM unnest(relations) AS r (oid)
        UNION
        SELECT a.relation, i.inhparent
        FROM above AS a JOIN pg_class AS c ON c.oid = a.ancestor AND c.relispartition JOIN pg_inherits AS i ON i.inhrelid = a.ancestor
    )
    SELECT a.relation, format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner), w.what
    FROM above AS a JOIN pg_class AS c ON c.oid = a.ancestor JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT 'partition key' FROM pg_partitioned_table AS p WHERE p.partrelid = c.oid AND _mssql_fdw._calls_code(p.partexprs)
        UNION ALL
        SELECT format('index "%s"', x.relname) FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND (_mssql_fdw._calls_code(i.indexprs) OR _mssql_fdw._calls_code(i.indpred))
    ) AS w (what)
    WHERE c.relkind = 'p' AND NOT _mssql_fdw._is_trusted(c.relowner)
$$;

-- An error where planning a query over one of these relations, or over its partitions, evaluates
-- what an untrusted role has written: PostgreSQL folds what is IMMUTABLE of the expressions of
-- indexes, statistics and partition keys and of checks. To be asked when they are locked against
-- whoever would make such.
CREATE FUNCTION _mssql_fdw._check_planned(relations oid[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH members AS MATERIALIZED (
        SELECT DISTINCT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS name
        FROM _mssql_fdw._with_partitions(relations) AS m JOIN pg_class AS c ON c.oid = m.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ), others AS MATERIALIZED (
        SELECT m.oid, m.relkind, m.name, pg_get_userbyid(m.relowner) AS owner FROM members AS m WHERE NOT _mssql_fdw._is_trusted(m.relowner)
    ), written AS (
        SELECT o.name, o.owner, 'TABLE ' || o.name AS place, 'it is no table' AS what, true AS is_code FROM others AS o WHERE o.relkind NOT IN ('r', 'p')
        UNION ALL
        SELECT m.name, i.owner, 'FUNCTION ' || i.function, format('%s in index "%s"', i.function, i.index), true
        FROM _mssql_fdw._untrusted_indexes(ARRAY(SELECT x.oid FROM members AS x WHERE _mssql_fdw._is_trusted(x.relowner))) AS i
        JOIN members AS m ON m.oid = i.relation
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('index "%s"', c.relname),
               coalesce(_mssql_fdw._calls_code(i.indexprs), false) OR coalesce(_mssql_fdw._calls_code(i.indpred), false)
        FROM others AS o JOIN pg_index AS i ON i.indrelid = o.oid JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE o.relkind <> 'p'
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('statistics "%s"', e.stxname), _mssql_fdw._calls_code(e.stxexprs)
        FROM others AS o JOIN pg_statistic_ext AS e ON e.stxrelid = o.oid
        UNION ALL
        SELECT m.name, a.owner, 'TABLE ' || a.parent, format('%s of %s', a.what, a.parent), true
        FROM _mssql_fdw._untrusted_ancestors(ARRAY(SELECT x.oid FROM members AS x)) AS a JOIN members AS m ON m.oid = a.relation
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('check "%s"', k.conname), _mssql_fdw._calls_code(k.conbin)
        FROM others AS o JOIN pg_constraint AS k ON k.conrelid = o.oid AND k.contype = 'c'
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('column "%s"', a.attname), _mssql_fdw._calls_code(d.adbin)
        FROM others AS o JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attgenerated = 'v'
        JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    )
    SELECT w.* INTO other FROM written AS w WHERE w.is_code ORDER BY w.name COLLATE "C", w.what COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('%s, which foreign keys of the run join, evaluates what role %I has written', other.name, other.owner),
            format('It would run with the rights of %I: %s.', current_user, other.what),
            format('Drop it or the foreign key; or, when you have read what it evaluates, ALTER %s OWNER TO %I.', other.place, current_user));
    END IF;
END
$$;

-- Replicate: what is there already. Everything that on_existing would run into is an error before
-- anything is changed.

-- The first selected table whose target must not be touched, as an error.
CREATE FUNCTION _mssql_fdw._check_targets(server name, model jsonb, on_existing text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_list text;
    t replicate._table;
    owner_extension name;
BEGIN
    IF on_existing = 'error' THEN
        SELECT string_agg(x.target, ', ' ORDER BY x.position) INTO found_list
        FROM _mssql_fdw._tables(model) AS x WHERE x.relation IS NOT NULL;
        IF found_list IS NOT NULL THEN
            PERFORM _mssql_fdw._raise('42P07', 'target tables already exist', found_list || '.',
                'With on_existing => ''refresh'' copies that an earlier run made are loaded anew, with ''truncate'' all of them, with '
                    '''replace'' they are dropped and made anew, with ''skip'' they are left alone.');
        END IF;
    END IF;
    FOR t IN SELECT * FROM _mssql_fdw._tables(model) AS x
             WHERE x.action IN ('switch', 'refill', 'replace') ORDER BY x.position LOOP
        IF t.relkind NOT IN ('r', 'p') THEN
            PERFORM _mssql_fdw._raise('42809', format('target %s of %s is not a table', t.target, t.source),
                format('A %s has that name.', CASE t.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                    WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' ELSE 'relation' END),
                'Rename it, use another target_schema, or exclude the table.');
        END IF;
        SELECT e.extname INTO owner_extension
        FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relation AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';
        IF FOUND THEN
            PERFORM _mssql_fdw._raise('42809', format('target %s of %s belongs to extension "%s"', t.target, t.source, owner_extension),
                hint => 'Use another target_schema, or exclude the table.');
        END IF;
    END LOOP;
    PERFORM _mssql_fdw._check_ours(server, model) WHERE on_existing = 'refresh';
    PERFORM _mssql_fdw._check_dependent_views(model);
END
$$;

-- What the ledger does not know is somebody's own, whatever its name and its columns are.
CREATE FUNCTION _mssql_fdw._check_ours(server name, model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(CASE WHEN k.server IS NULL THEN format('%s was not made by replication', t.target)
                           ELSE format('%s is the copy of %s of server "%s"', t.target,
                                       _mssql_fdw._source_name(k.source_schema, k.source_name), k.server) END, ', ' ORDER BY t.position)
    INTO others
    FROM _mssql_fdw._mapped_tables(model) AS t
    LEFT JOIN _mssql_fdw._copies() AS k ON k.relation = t.relation
    WHERE t.position IS NOT NULL AND t.relation IS NOT NULL
      AND (k.server IS DISTINCT FROM _check_ours.server OR k.source_schema <> t.schema OR k.source_name <> t.name);
    IF others IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('42P07', 'target tables exist that are not copies of these tables', others || '.',
            'on_existing => ''truncate'' takes them over, which empties them, ''replace'' drops them, ''skip'' leaves them alone; '
                'or use another target_schema.');
    END IF;
END
$$;

-- Notes that relations are the copies of tables or sequences of the source. Their owner, or who may
-- empty and fill them, may say so: src/pg/copy/run.cpp.
CREATE FUNCTION _mssql_fdw._claim(server name, source_schemas text[], source_names text[], targets regclass[]) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_claim' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;

-- Called by _claim() as the extension's owner: nobody else may write the table. What a row of this
-- database meant and is gone, no table of that name is in a copy of it either; and what was said of
-- a target's name elsewhere, or by a restore, counts no more. Only rows of the server go, which no
-- other run deletes, and what is known is not written again: runs of other servers do not wait for
-- this one.
CREATE FUNCTION _mssql_fdw._write_targets(server name, source_schemas text[], source_names text[], targets regclass[]) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM replicate._targets AS o
    WHERE CASE WHEN o.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
               THEN o.server = _write_targets.server AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = o.relation)
               ELSE (o.target_schema, o.target_name) IN (SELECT n.nspname, c.relname FROM pg_class AS c
                                                         JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = ANY (targets)) END;
    WITH claimed AS (
        SELECT n.nspname AS target_schema, c.relname AS target_name, c.oid AS relation, d.oid AS database, pg_get_userbyid(c.relowner) AS owner,
               _write_targets.server, x.schema AS source_schema, x.name AS source_table
        FROM unnest(source_schemas, source_names, targets) AS x (schema, name, target)
        JOIN pg_class AS c ON c.oid = x.target JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_database AS d ON d.datname = current_database()
        EXCEPT
        SELECT o.target_schema, o.target_name, o.relation, o.database, o.owner, o.server, o.source_schema, o.source_table
        FROM replicate._targets AS o
    ), written AS (
        INSERT INTO replicate._targets AS o (target_schema, target_name, relation, database, owner, server, source_schema, source_table)
        SELECT c.* FROM claimed AS c ORDER BY c.target_schema, c.target_name
        ON CONFLICT (target_schema, target_name, database) DO UPDATE SET relation = excluded.relation, owner = excluded.owner,
            server = excluded.server, source_schema = excluded.source_schema, source_table = excluded.source_table
        RETURNING o.relation
    )
    SELECT count(*) FROM written
$$;

-- A sequence that stands under the name of one of the source is somebody's own as a table is, and
-- so is its number.
CREATE FUNCTION _mssql_fdw._check_sequences(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(s.target, ', ' ORDER BY s.target COLLATE "C") INTO others FROM _mssql_fdw._sequences(model) AS s
    WHERE s.relation IS NOT NULL AND NOT s.is_taken;
    IF others IS NOT NULL AND model ->> 'on_existing' IN ('refresh', 'error') THEN
        PERFORM _mssql_fdw._raise('42P07', 'sequences exist that were not made by replication', others || '.',
            'on_existing => ''truncate'' takes them over, which sets their values, ''skip'' leaves them alone; or use another target_schema.');
    END IF;
END
$$;

-- The tables that are there, each with all that inherit from it.
CREATE FUNCTION _mssql_fdw._families(model jsonb) RETURNS TABLE (relation oid, name text, source text, "position" int, action text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE family (relation, source, "position", action) AS (
        SELECT t.relation, t.source, t.position, t.action FROM _mssql_fdw._tables(model) AS t
        WHERE t.action IN ('switch', 'refill', 'keep')
        UNION
        SELECT i.inhrelid, f.source, f.position, f.action FROM family AS f JOIN pg_inherits AS i ON i.inhparent = f.relation
    )
    SELECT f.relation, format('%I.%I', n.nspname, c.relname), f.source, f.position, f.action
    FROM family AS f JOIN pg_class AS c ON c.oid = f.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
$$;

-- Writing into a table evaluates what its owner has written: checks, defaults, generated columns,
-- triggers, rules; those of its partitions, too. An owner who is neither the caller nor a superuser
-- would get the caller's rights that way, and so would who owns the function of a trigger, or has
-- written its condition or arguments: TRIGGER on the table is all that it takes to make one, and a
-- refill fires it. A count of a table is no code (src/pg/copy/hold.cpp), but where it is a view, or
-- lies elsewhere.
CREATE FUNCTION _mssql_fdw._check_owners(model jsonb, what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH held AS MATERIALIZED (
        SELECT f.source, f.name, f.position, c.relowner, c.relkind, c.relrowsecurity
        FROM _mssql_fdw._families(model) AS f JOIN pg_class AS c ON c.oid = f.relation
    )
    SELECT h.source, h.name AS target, pg_get_userbyid(h.relowner) AS owner INTO other FROM held AS h
    WHERE NOT _mssql_fdw._is_trusted(h.relowner) AND (what <> 'verify' OR h.relkind IN ('v', 'f') OR h.relrowsecurity)
    ORDER BY h.position, h.name COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('target %s of %s belongs to role %I', other.target, other.source, other.owner),
            format('Checks, defaults, triggers or a query that %I has written would run with the rights of %I.', other.owner, current_user),
            format('Run this as %I; or, when you have read what it evaluates, ALTER TABLE %s OWNER TO %I.', other.owner, other.target, current_user));
    END IF;
    IF what = 'verify' THEN
        RETURN;
    END IF;
    WITH f AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._families(model) AS x
    )
    SELECT f.source, f.name AS target, a.parent, a.owner, a.what INTO other
    FROM _mssql_fdw._untrusted_ancestors(ARRAY(SELECT x.relation FROM f AS x)) AS a JOIN f ON f.relation = a.relation
    ORDER BY f.position, f.name COLLATE "C", a.what COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('target %s of %s evaluates what role %I has written', other.target, other.source, other.owner),
            format('It would run with the rights of %I: %s of %s.', current_user, other.what, other.parent),
            format('Run this as %I; or, when you have read it, ALTER TABLE %s OWNER TO %I.', other.owner, other.parent, current_user));
    END IF;
    WITH f AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._families(model) AS x
    )
    SELECT f.source, f.name AS target, i.index, i.function, i.owner INTO other
    FROM _mssql_fdw._untrusted_indexes(ARRAY(SELECT x.relation FROM f AS x)) AS i JOIN f ON f.relation = i.relation
    ORDER BY f.position, f.name COLLATE "C", i.index COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('index "%s" of %s calls a function of role %I', other.index, other.target, other.owner),
            format('%s would run with the rights of %I.', other.function, current_user),
            format('When you have read it, ALTER FUNCTION %s OWNER TO %I; or drop the index.', other.function, current_user));
    END IF;
    WITH fired AS MATERIALIZED (
        SELECT g.tgname, f.name, f.position, p.oid, p.proowner, g.tgnargs > 0 AND p.oid >= 16384 AS has_arguments,
               coalesce(_mssql_fdw._calls_code(g.tgqual), false) AS has_condition
        FROM _mssql_fdw._families(model) AS f
        JOIN pg_trigger AS g ON g.tgrelid = f.relation AND NOT g.tgisinternal AND g.tgenabled <> 'D'
        JOIN pg_proc AS p ON p.oid = g.tgfoid
        WHERE f.action = 'refill'
    )
    SELECT f.tgname, f.name AS target, f.oid::regprocedure AS function, pg_get_userbyid(f.proowner) AS owner, f.has_condition,
           _mssql_fdw._is_trusted(f.proowner) AS is_trusted
    INTO other FROM fired AS f
    WHERE f.has_arguments OR f.has_condition OR NOT _mssql_fdw._is_trusted(f.proowner)
    ORDER BY f.position, f.name COLLATE "C", f.tgname COLLATE "C" LIMIT 1;
    IF FOUND AND other.is_trusted THEN
        PERFORM _mssql_fdw._raise('42501', CASE WHEN other.has_condition
                THEN format('condition of trigger "%s" of %s calls more than PostgreSQL''s own IMMUTABLE functions', other.tgname, other.target)
                ELSE format('trigger "%s" of %s gives arguments to %s', other.tgname, other.target, other.function) END,
            format('Whoever may make triggers of the table may have written it, and when the table is refilled it would run with the rights of %I.',
                   current_user),
            format('ALTER TABLE %s DISABLE TRIGGER %I; or let its function have no need of it.', other.target, other.tgname));
    ELSIF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('trigger "%s" of %s calls a function of role %I', other.tgname, other.target, other.owner),
            format('%s would run with the rights of %I when the table is refilled.', other.function, current_user),
            format('When you have read it, ALTER FUNCTION %s OWNER TO %I; or ALTER TABLE %s DISABLE TRIGGER %I.', other.function, current_user,
                   other.target, other.tgname));
    END IF;
END
$$;

-- Of these types and all that they are made of (base types, elements, attributes, subtypes): what
-- an untrusted role owns. An array is its element's.
CREATE FUNCTION _mssql_fdw._untrusted_parts(types oid[]) RETURNS TABLE (type oid, part oid, part_name text, owner name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE within (type, part) AS (
        SELECT t.type, t.type FROM unnest(types) AS t (type)
        UNION
        SELECT w.type, p.part
        FROM within AS w JOIN pg_type AS y ON y.oid = w.part CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[y.typbasetype, y.typelem])
            UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE y.oid IN (r.rngtypid, r.rngmultitypid)
            UNION ALL SELECT a.atttypid FROM pg_attribute AS a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ) AS p (part)
    ), parts AS MATERIALIZED (
        SELECT w.type, y.oid, y.typowner FROM within AS w JOIN pg_type AS y ON y.oid = w.part
        WHERE NOT (y.typtype = 'b' AND y.typelem <> 0 AND y.typlen = -1)
    )
    SELECT p.type, p.oid, format_type(p.oid, NULL), pg_get_userbyid(p.typowner) FROM parts AS p WHERE NOT _mssql_fdw._is_trusted(p.typowner)
$$;

-- Keys from and to these tables compare by the casts of their types. Anybody with REFERENCES on a
-- copy makes one, so that this is asked again when the tables are locked
-- (src/pg/copy/constraint_check.cpp).
CREATE FUNCTION _mssql_fdw._check_key_types(relations oid[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH compared AS MATERIALIZED (
        SELECT k.conname, n.nspname, c.relname, a.atttypid
        FROM pg_constraint AS k
        JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
        WHERE k.contype = 'f' AND (k.conrelid = ANY (relations) OR k.confrelid = ANY (relations))
    )
    SELECT c.conname, format('%I.%I', c.nspname, c.relname) AS child, u.part_name AS type, u.owner INTO other
    FROM compared AS c JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM compared AS x)) AS u ON u.type = c.atttypid
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C", c.conname COLLATE "C", u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('foreign key "%s" of %s compares type %s of role %I', other.conname, other.child, other.type,
            other.owner),
            format('Casts that %I has written would run with the rights of %I.', other.owner, current_user), 'Drop the foreign key first.');
    END IF;
END
$$;

-- As above, of types: whoever owns a domain writes its constraints and its default, which a value
-- of it has to pass within an array or a composite, too; whoever owns any type, its casts, which
-- the text of a check or a foreign key may mean. Aligning sequences looks at their columns alone.
CREATE FUNCTION _mssql_fdw._check_type_owners(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH loaded AS MATERIALIZED (
        SELECT t.target, t.position, a.attnum, a.attname, a.atttypid
        FROM _mssql_fdw._mapped_tables(model) AS t
        JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill', 'keep')
          AND (model ->> 'what' <> 'sequences' OR pg_get_serial_sequence(t.target, a.attname) IS NOT NULL)
    )
    SELECT l.target, l.attname, u.part_name AS type, u.owner, CASE y.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END AS kind INTO other
    FROM loaded AS l JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM loaded AS x)) AS u ON u.type = l.atttypid
    JOIN pg_type AS y ON y.oid = u.part
    ORDER BY l.position, l.attnum, u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('column "%s" of %s is of type %s, which belongs to role %I', other.attname, other.target,
            other.type, other.owner),
            format('Constraints, defaults or casts that %I has written would run with the rights of %I.', other.owner, current_user),
            format('When you have read them, ALTER %s %s OWNER TO %I; or give the column another type.', other.kind, other.type, current_user));
    END IF;
    PERFORM _mssql_fdw._check_key_types(ARRAY(SELECT t.relation FROM _mssql_fdw._tables(model) AS t
        WHERE t.action IN ('switch', 'refill', 'replace')));
END
$$;

-- DROP TABLE without CASCADE would name the views too, but not say what to do here.
CREATE FUNCTION _mssql_fdw._check_dependent_views(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dependents text;
BEGIN
    SELECT string_agg(DISTINCT format('%s depends on %s', v.oid::regclass, t.target), ', ') INTO dependents
    FROM _mssql_fdw._mapped_tables(model) AS t
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.relation AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS w ON w.oid = d.objid
    JOIN pg_class AS v ON v.oid = w.ev_class AND v.oid <> t.relation
    WHERE t.position IS NOT NULL AND t.action = 'replace';
    IF dependents IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('2BP01', 'cannot replace tables that views depend on', dependents || '.',
            'Drop the views first, or use on_existing => ''truncate'', which keeps the tables.');
    END IF;
END
$$;

-- The name_case under which most of the columns are there that are missing; NULL: none.
CREATE FUNCTION _mssql_fdw._other_name_case(model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH missing AS MATERIALIZED (
        SELECT t.relation, c.name
        FROM _mssql_fdw._columns(model) AS c
        JOIN _mssql_fdw._mapped_tables(model) AS t ON t.id = c.table_id
        LEFT JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target AND NOT a.attisdropped
        WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill') AND a.attname IS NULL
    ), matched AS (
        SELECT v.at, v.name_case, count(*) AS columns
        FROM missing AS m CROSS JOIN unnest('{lower,preserve,snake}'::text[]) WITH ORDINALITY AS v (name_case, at)
        JOIN pg_attribute AS a ON a.attrelid = m.relation AND a.attname = _mssql_fdw._local_name(m.name, v.name_case) AND NOT a.attisdropped
        GROUP BY v.at, v.name_case
    )
    SELECT m.name_case FROM matched AS m WHERE m.columns * 2 > (SELECT count(*) FROM missing) ORDER BY m.columns DESC, m.at LIMIT 1
$$;

-- A table that is kept must have a column for each of the source's, and nothing else that must not
-- be NULL.
CREATE FUNCTION _mssql_fdw._check_columns(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    misfit record;
    other_case text := _mssql_fdw._other_name_case(model);
BEGIN
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._tables(model) AS x
        WHERE x.action IN ('switch', 'refill')
    ), expected AS MATERIALIZED (
        SELECT t.id, t.relation, c.target, c.local_type
        FROM _mssql_fdw._columns(model) AS c JOIN t ON t.id = c.table_id
    ), problems AS (
        SELECT e.id, format('Table %s has no column %I', t.target, e.target) AS problem, format('ADD COLUMN %I %s', e.target, e.local_type) AS mend
        FROM expected AS e JOIN t ON t.id = e.id
        LEFT JOIN pg_attribute AS a ON a.attrelid = e.relation AND a.attname = e.target AND a.attnum > 0 AND NOT a.attisdropped
        WHERE a.attname IS NULL
        UNION ALL
        SELECT t.id, format('Column %I of %s must not be null, and the source has no such column', a.attname, t.target), NULL
        FROM pg_attribute AS a JOIN t ON t.relation = a.attrelid
        JOIN pg_type AS y ON y.oid = a.atttypid
        LEFT JOIN expected AS e ON e.relation = a.attrelid AND e.target = a.attname
        WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attnotnull OR y.typnotnull) AND NOT a.atthasdef AND a.attidentity = ''
          AND y.typdefault IS NULL AND e.id IS NULL
    ), misfits AS (
        SELECT t.source, t.target, string_agg(p.problem, '. ' ORDER BY p.mend IS NULL, p.problem COLLATE "C") AS problems,
               format('ALTER TABLE %s %s', t.target, string_agg(p.mend, ', ' ORDER BY p.mend COLLATE "C")) AS mend, count(p.mend) > 0 AS lacks
        FROM problems AS p JOIN t ON t.id = p.id
        GROUP BY t.source, t.target
    )
    SELECT CASE count(*) WHEN 1 THEN format('table %s cannot take the rows of %s', min(m.target), min(m.source))
                         ELSE format('%s tables cannot take the rows of their sources', count(*)) END AS message,
           string_agg(m.problems, '. ' ORDER BY m.source COLLATE "C") AS problems,
           string_agg(m.mend, '; ' ORDER BY m.source COLLATE "C") FILTER (WHERE m.lacks) || '.' AS mend
    INTO misfit FROM misfits AS m HAVING count(*) > 0;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42804', misfit.message, misfit.problems || '.',
            concat_ws(' ', coalesce('Most of the columns are there under options => ''{"name_case": "' || other_case || '"}''.', misfit.mend),
                'With on_existing => ''replace'' such a table is dropped and made anew.'));
    END IF;
END
$$;

-- Columns of kept tables that do not take all that the types of their sources do: altered there, or
-- made so here on purpose.
CREATE FUNCTION _mssql_fdw._narrow_columns(model jsonb) RETURNS TABLE (table_id int, note text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH typed AS (
        SELECT t.id, c.ordinal, c.target, c.local_type, to_regtype(c.local_type)::oid AS wanted, coalesce(nullif(y.typbasetype, 0), a.atttypid) AS type,
               CASE y.typtype WHEN 'd' THEN y.typtypmod ELSE a.atttypmod END AS modifier, format_type(a.atttypid, a.atttypmod) AS type_name
        FROM _mssql_fdw._tables(model) AS t
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.loaded
        JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target
        JOIN pg_type AS y ON y.oid = a.atttypid
        WHERE t.action IN ('switch', 'refill')
    ), sized AS (
        -- precision and scale, or the length
        SELECT p.*, string_to_array(substring(format_type(p.type, p.modifier) FROM '[(]([0-9,]+)[)]'), ',')::int[] AS size,
               string_to_array(coalesce(substring(p.local_type FROM '[(]([0-9,]+)[)]'),
                   CASE p.local_type WHEN 'smallint' THEN '5,0' WHEN 'integer' THEN '10,0' WHEN 'bigint' THEN '19,0' END), ',')::int[] AS wanted_size
        FROM typed AS p WHERE p.type_name <> p.local_type
    )
    SELECT s.id, string_agg(format('column %I is %s, and would be made as %s now', s.target, s.type_name, s.local_type), '; ' ORDER BY s.ordinal)
    FROM sized AS s
    WHERE s.wanted <> s.type AND s.type NOT IN ('text'::regtype, 'varchar'::regtype) AND NOT EXISTS (SELECT FROM pg_cast AS k WHERE k.castsource = s.wanted AND k.casttarget = s.type AND k.castcontext = 'i')
       OR s.size IS NOT NULL AND (s.wanted_size IS NULL OR s.size[2] < s.wanted_size[2]
                                  OR s.size[1] - coalesce(s.size[2], 0) < s.wanted_size[1] - coalesce(s.wanted_size[2], 0))
    GROUP BY s.id
$$;

-- What a kept table has and the source has not, any more or never: nothing fills it. One with a
-- default is its owner's own.
CREATE FUNCTION _mssql_fdw._plan_columns_without_source(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 97, t.position, a.attnum::int, t.id, 'column', t.source, t.target, NULL::text,
           format('column %I has no source: NULL in every row', a.attname)
    FROM _mssql_fdw._tables(model) AS t
    JOIN pg_attribute AS a ON a.attrelid = t.relation
    JOIN pg_type AS y ON y.oid = a.atttypid
    LEFT JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.target = a.attname
    WHERE t.action IN ('switch', 'refill') AND a.attnum > 0 AND NOT a.attisdropped AND c.target IS NULL
      AND NOT a.atthasdef AND a.attidentity = '' AND y.typdefault IS NULL
$$;

-- Copies whose source is gone: they stay as they are. The ledger knows them; the patterns and
-- target_schema say which of them are meant.
CREATE FUNCTION _mssql_fdw._copies_without_source(model jsonb) RETURNS TABLE (source text, target text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._source_name(k.source_schema, k.source_name), format('%I.%I', k.target_schema, k.target_name)
    FROM _mssql_fdw._copies() AS k
    WHERE k.server = model ->> 'server' AND model ->> 'only_table' IS NULL AND k.relkind <> 'S'
      AND k.target_schema = coalesce((model ->> 'target_schema')::name,
                                     _mssql_fdw._local_schema(k.source_schema, model #>> '{options,name_case}'))
      AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(k.source_schema, k.source_name, _mssql_fdw._text_array(model -> 'include')))
      AND NOT _mssql_fdw._matches(k.source_schema, k.source_name, _mssql_fdw._text_array(model -> 'exclude'))
      AND NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model) AS t
                      WHERE t.schema = k.source_schema AND t.name = k.source_name)
$$;

CREATE FUNCTION _mssql_fdw._plan_copies_without_source(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 97, 0, row_number() OVER (ORDER BY o.source COLLATE "C", o.target COLLATE "C")::int, NULL::int, 'copy', o.source, o.target,
           NULL::text, format('copy %s: its source is gone, or hidden from the login; the rows are those of an earlier run', o.target)
    FROM _mssql_fdw._copies_without_source(model) AS o
$$;
-- Replicate: foreign keys that stand in the way of DROP TABLE or of TRUNCATE. They are dropped and,
-- unless their table is dropped, made again.

-- Before PostgreSQL 18 a foreign key of a partitioned table cannot be NOT VALID.
CREATE FUNCTION _mssql_fdw._takes_not_valid(relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN current_setting('server_version_num')::int >= 180000
    OR NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation AND c.relkind = 'p');

-- The keys. `source`: the table there whose key it is; NULL: it is somebody's own. `table_id`: the
-- table of the run on whose account it is dropped. Tables that are switched keep theirs, and keys
-- of dropped tables go with them.
CREATE FUNCTION _mssql_fdw._existing_keys(model jsonb)
RETURNS TABLE (ordinal int, id oid, child oid, parent oid, child_name text, parent_name text, name name, source text, table_id int, is_parent_dropped boolean,
    is_valid boolean, takes_not_valid boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH everything AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), t AS MATERIALIZED (
        SELECT e.id, e.relation, e.action FROM everything AS e WHERE e.position IS NOT NULL AND e.action IN ('refill', 'replace')
    ), ours AS MATERIALIZED (
        SELECT e.relation, e.source, o.target
        FROM everything AS e JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'foreign key' AND o.table_id = e.id
    )
    SELECT row_number() OVER (ORDER BY n.nspname COLLATE "C", r.relname COLLATE "C", k.conname COLLATE "C")::int, k.oid, k.conrelid, k.confrelid,
           format('%I.%I', n.nspname, r.relname), format('%I.%I', pn.nspname, pr.relname), k.conname, o.source, coalesce(c.id, p.id), coalesce(p.action = 'replace', false),
           k.convalidated, _mssql_fdw._takes_not_valid(k.conrelid)
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    JOIN pg_class AS pr ON pr.oid = k.confrelid
    JOIN pg_namespace AS pn ON pn.oid = pr.relnamespace
    LEFT JOIN t AS c ON c.relation = k.conrelid
    LEFT JOIN t AS p ON p.relation = k.confrelid
    LEFT JOIN ours AS o ON o.relation = k.conrelid AND o.target = k.conname
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (c.id IS NOT NULL OR p.id IS NOT NULL) AND c.action IS DISTINCT FROM 'replace'
$$;

-- Does the source's table have a key over these columns, in whatever order? A foreign key has to
-- refer to one.
CREATE FUNCTION _mssql_fdw._has_source_key(model jsonb, table_id int, columns name[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM _mssql_fdw._source_indexes(model) AS i
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = i.schema AND t.name = i."table"
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.name = i."column"
        WHERE t.id = _has_source_key.table_id AND i.is_unique AND NOT i.is_disabled AND i.filter_definition IS NULL AND NOT i.is_included
        GROUP BY i.index
        HAVING array_agg(c.target ORDER BY c.target) = ARRAY(SELECT w.name FROM unnest(columns) AS w (name) ORDER BY w.name))
$$;

-- A key that is dropped must come back: what is known to prevent that is an error before anything
-- is changed.
CREATE FUNCTION _mssql_fdw._check_existing_keys(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT x.*, t.id AS parent_id, t.source AS parent_source, c.relpersistence,
                    ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = d.confrelid AND a.attnum = ANY (d.confkey)) AS columns
             FROM _mssql_fdw._existing_keys(model) AS x
             JOIN _mssql_fdw._tables(model) AS t ON t.relation = x.parent
             JOIN pg_constraint AS d ON d.oid = x.id
             JOIN pg_class AS c ON c.oid = x.child
             WHERE x.is_parent_dropped ORDER BY x.ordinal LOOP
        IF k.relpersistence = 'p' AND (model #>> '{options,unlogged}')::boolean THEN
            PERFORM _mssql_fdw._raise('2BP01', format('foreign key "%s" of %s could not be made again', k.name, k.child_name),
                format('A permanent table cannot refer to %s, which would become UNLOGGED.', k.parent_name),
                format('Drop the key first: ALTER TABLE %s DROP CONSTRAINT %I; or leave the option unlogged out.', k.child_name, k.name));
        ELSIF k.source IS NULL AND NOT _mssql_fdw._has_source_key(model, k.parent_id, k.columns) THEN
            PERFORM _mssql_fdw._raise('2BP01', format('foreign key "%s" of %s could not be made again', k.name, k.child_name),
                format('It refers to (%s) of %s, over which %s has no key.', array_to_string(k.columns, ', '), k.parent_name, k.parent_source),
                format('Drop the key first: ALTER TABLE %s DROP CONSTRAINT %I; or use on_existing => ''truncate'', which keeps the table.',
                       k.child_name, k.name));
        END IF;
    END LOOP;
END
$$;

-- One of the source that cannot be made again is noted, and any other ends the run: nobody would
-- make it later. So does one that cannot be NOT VALID, where the new rows violate it.
CREATE FUNCTION _mssql_fdw._plan_existing_foreign_keys(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH k AS MATERIALIZED (
        SELECT x.*, pg_get_constraintdef(x.id) AS definition, obj_description(x.id, 'pg_constraint') AS comment FROM _mssql_fdw._existing_keys(model) AS x
    )
    SELECT CASE WHEN k.is_parent_dropped THEN 20 ELSE 85 END, 0, k.ordinal, k.table_id, 'drop foreign key', k.source, k.child_name,
           format('ALTER TABLE %s DROP CONSTRAINT %I', k.child_name, k.name), 'made again after the load'
    FROM k
    UNION ALL
    SELECT 92, 0, k.ordinal, k.table_id, CASE WHEN k.takes_not_valid AND k.source IS NOT NULL THEN 'foreign key' ELSE 'restore foreign key' END,
           k.source, k.child_name,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', k.child_name, k.name, k.definition,
                  CASE WHEN k.is_valid AND k.takes_not_valid THEN ' NOT VALID' ELSE '' END)
               || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS ', k.name, k.child_name) || quote_literal(k.comment), ''), NULL
    FROM k
    UNION ALL
    SELECT 93, 0, k.ordinal, k.table_id, 'validate', k.source, k.child_name,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.child_name, k.name), NULL
    FROM k WHERE k.is_valid AND k.takes_not_valid
$$;
-- Replicate: rights of the caller here. What a run would ask for in its midst, or behind its loads,
-- it asks before anything is changed.

CREATE FUNCTION _mssql_fdw._row_security_hint(target text, is_owned boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN is_owned THEN format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, or run this as a role with BYPASSRLS.', target)
            ELSE 'Run this as the table''s owner, or as a role with BYPASSRLS.' END;

-- On what is written.
CREATE FUNCTION _mssql_fdw._check_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT x.*, n.oid AS namespace, c.relowner
             FROM _mssql_fdw._mapped_tables(model) AS x
             LEFT JOIN pg_namespace AS n ON n.nspname = x.target_schema
             LEFT JOIN pg_class AS c ON c.oid = x.relation
             WHERE x.position IS NOT NULL ORDER BY x.position LOOP
        IF t.namespace IS NULL AND NOT has_database_privilege(current_database(), 'CREATE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for database %I', current_database()),
                format('Schema %I, for %s, is to be made.', t.target_schema, t.source),
                format('GRANT CREATE ON DATABASE %I TO %I, or CREATE SCHEMA %I AUTHORIZATION %2$I.',
                       current_database(), current_user, t.target_schema));
        ELSIF t.action IN ('create', 'replace') AND NOT has_schema_privilege(t.namespace, 'CREATE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for schema %I', t.target_schema),
                format('Table %s, for %s, is to be made.', t.target, t.source),
                format('GRANT CREATE ON SCHEMA %I TO %I, or use another target_schema.', t.target_schema, current_user));
        ELSIF t.action = 'replace' AND NOT pg_has_role(t.relowner, 'USAGE') THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', t.target), format('It is to be replaced by %s.', t.source));
        ELSIF t.action IN ('switch', 'refill') AND NOT (has_table_privilege(t.relation, 'TRUNCATE') AND has_any_column_privilege(t.relation, 'INSERT')
                                                        AND has_any_column_privilege(t.relation, 'SELECT')) THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', t.target),
                format('It is to be emptied and loaded from %s.', t.source),
                format('GRANT SELECT, INSERT, TRUNCATE ON %s TO %I.', t.target, current_user));
        ELSIF t.action = 'refill' AND NOT has_database_privilege(current_database(), 'TEMPORARY') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied to create temporary tables in database %I', current_database()),
                format('Table %s cannot be switched, and is to be refilled from a temporary one.', t.target),
                format('GRANT TEMPORARY ON DATABASE %I TO %I.', current_database(), current_user));
        ELSIF t.action IN ('switch', 'refill') AND row_security_active(t.relation) THEN
            PERFORM _mssql_fdw._raise('0A000', format('row-level security of table %s applies to you', t.target),
                format('It is to be emptied and loaded from %s as a whole.', t.source),
                _mssql_fdw._row_security_hint(t.target, pg_has_role(t.relowner, 'USAGE')));
        END IF;
    END LOOP;
END
$$;

-- What else a table that is refilled takes: all columns are written, and its owner alone sets the
-- sequences of its columns and drops its checks.
CREATE FUNCTION _mssql_fdw._check_refill_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT x.target, x.source, pg_get_userbyid(r.relowner) AS owner,
                    (SELECT string_agg(quote_ident(c.target), ', ' ORDER BY c.ordinal) FROM _mssql_fdw._columns(model) AS c
                     WHERE c.table_id = x.id AND c.loaded AND NOT has_column_privilege(x.relation, c.target, 'INSERT')) AS closed,
                    NOT pg_has_role(r.relowner, 'USAGE') AS is_lent,
                    (SELECT string_agg(quote_ident(c.target), ', ' ORDER BY c.ordinal) FROM _mssql_fdw._columns(model) AS c
                     WHERE c.table_id = x.id AND c.generator IS NOT NULL AND pg_get_serial_sequence(x.target, c.target) IS NOT NULL) AS numbered,
                    (SELECT string_agg(quote_ident(u.target), ', ' ORDER BY u.target COLLATE "C") FROM _mssql_fdw._untrusted(model) AS u
                     WHERE u.table_id = x.id AND u.kind = 'check') AS checks
             FROM _mssql_fdw._tables(model) AS x JOIN pg_class AS r ON r.oid = x.relation
             WHERE x.action = 'refill' ORDER BY x.position LOOP
        IF t.closed IS NOT NULL THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', t.target),
                format('Columns that are to be loaded from %s: %s.', t.source, t.closed), format('GRANT INSERT ON %s TO %I.', t.target, current_user));
        ELSIF t.is_lent AND (t.numbered IS NOT NULL OR t.checks IS NOT NULL) THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', t.target),
                concat_ws(' ', format('Sequences of columns that %s numbers are to be set: %s.', t.source, t.numbered),
                          format('Checks that %s does not vouch for are to be dropped: %s.', t.source, t.checks)),
                format('Run this as %I.', t.owner));
        END IF;
    END LOOP;
END
$$;

-- Sequences of their own, which are set behind the loads.
CREATE FUNCTION _mssql_fdw._check_sequence_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
BEGIN
    SELECT q.target, q.source, pg_get_userbyid(c.relowner) AS owner INTO s
    FROM _mssql_fdw._sequences(model) AS q JOIN pg_class AS c ON c.oid = q.relation
    WHERE q.is_taken AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY q.target COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('must be owner of sequence %s', s.target), format('It is to go on where %s is.', s.source),
            format('Run this as %I, or exclude the sequence and what draws from it.', s.owner));
    END IF;
END
$$;

-- On tables whose foreign keys are dropped and made again.
CREATE FUNCTION _mssql_fdw._check_key_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT x.*, pg_get_userbyid(c.relowner) AS owner,
                    pg_has_role(c.relowner, 'USAGE') AS owns_child,
                    NOT x.is_parent_dropped AND NOT has_table_privilege(x.parent, 'REFERENCES')
                        AND NOT (SELECT bool_and(has_column_privilege(x.parent, u.attnum, 'REFERENCES')) FROM unnest(d.confkey) AS u (attnum)) AS lacks_references
             FROM _mssql_fdw._existing_keys(model) AS x
             JOIN pg_constraint AS d ON d.oid = x.id
             JOIN pg_class AS c ON c.oid = x.child
             ORDER BY x.ordinal LOOP
        IF NOT k.owns_child THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', k.child_name),
                format('Its foreign key "%s", to %s, is to be dropped and made again.', k.name, k.parent_name),
                CASE WHEN k.is_parent_dropped THEN 'Use on_existing => ''truncate'', which keeps the table and its keys; or run' ELSE 'Run' END
                    || format(' this as a role that has the rights of %I too.', k.owner));
        ELSIF k.lacks_references THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', k.parent_name),
                format('Foreign key "%s" of %s is to be dropped and made again.', k.name, k.child_name),
                format('GRANT REFERENCES ON %s TO %I.', k.parent_name, current_user));
        END IF;
    END LOOP;
END
$$;

-- On the tables at the other ends of foreign keys that new rows are held against before the switch
-- (run/staging.sql).
CREATE FUNCTION _mssql_fdw._check_partner_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    switched oid[] := ARRAY(SELECT t.relation FROM _mssql_fdw._tables(model) AS t WHERE t.action = 'switch');
    p record;
    said text;
BEGIN
    FOR p IN SELECT format('%I.%I', n.nspname, c.relname) AS target, c.oid, n.nspname, n.oid AS namespace, d.conname, d.conrelid::regclass AS child,
                    pg_has_role(c.relowner, 'USAGE') AS is_owned, has_table_privilege(c.oid, 'SELECT')
                        OR (SELECT bool_and(has_column_privilege(c.oid, u.attnum, 'SELECT')) FROM unnest(e.columns) AS u (attnum)) AS is_readable
             FROM _mssql_fdw._constraint_queries(switched, _mssql_fdw._untrusted_names(model), '{}') AS q
             JOIN pg_constraint AS d ON d.oid = q.id
             CROSS JOIN LATERAL (VALUES (d.conrelid, d.conkey), (d.confrelid, d.confkey)) AS e (relation, columns)
             JOIN pg_class AS c ON c.oid = e.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE q.key IS NOT NULL AND q.query IS NOT NULL AND c.oid <> ALL (switched)
               AND NOT EXISTS (SELECT FROM _mssql_fdw._existing_keys(model) AS x WHERE x.id = d.oid)
             ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", d.conname COLLATE "C" LOOP
        said := format('New rows are to be held against it: foreign key "%s" of %s.', p.conname, p.child);
        IF NOT has_schema_privilege(p.namespace, 'USAGE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for schema %I', p.nspname), said,
                format('GRANT USAGE ON SCHEMA %I TO %I.', p.nspname, current_user));
        ELSIF NOT p.is_readable THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', p.target), said,
                format('GRANT SELECT ON %s TO %I.', p.target, current_user));
        ELSIF row_security_active(p.oid) THEN
            PERFORM _mssql_fdw._raise('0A000', format('row-level security of table %s applies to you', p.target), said,
                _mssql_fdw._row_security_hint(p.target, p.is_owned));
        END IF;
    END LOOP;
END
$$;
-- Replicate: tables that are there and get new rows. Those that can be are staged: loaded beside,
-- then switched (src/pg/copy/staging.hpp). The others are loaded into a temporary table, emptied
-- and refilled from it.

-- The staging relation of a table; NULL: none.
CREATE FUNCTION _mssql_fdw._staged(relation oid) RETURNS oid
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.oid FROM pg_class AS t JOIN pg_class AS s ON s.relnamespace = t.relnamespace AND s.relname = 'pg_temp_' || t.oid
    WHERE t.oid = relation AND s.relrewrite = t.oid;
END;

-- Until the transaction ends nobody else alters these tables, makes indexes of them, vacuums or
-- analyzes them: the plan is about what they are. In the order of their numbers; those that the
-- user may neither alter nor empty are left out. True when one was not locked before, so that what
-- is known of it may be out of date. Without effect outside of a run.
CREATE FUNCTION _mssql_fdw._lock_targets(relations oid[]) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_targets' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._stage(relation regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_stage' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

CREATE FUNCTION _mssql_fdw._stage_index(relation regclass, index regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_stage_index' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;

-- As they are now: a snapshot of REPEATABLE READ may be older than an index.
CREATE FUNCTION _mssql_fdw._indexes(relation regclass) RETURNS oid[]
AS 'MODULE_PATHNAME', 'mssql_fdw_indexes' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- Has the switch drop an index that cannot be staged. False: not this one, which enforces
-- something.
CREATE FUNCTION _mssql_fdw._leave_index_out(relation regclass, index regclass) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_leave_index_out' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- Builds the table's indexes over its new rows. Those that these do not fit into are answered, for
-- the switch drops them; one that is unique ends the run.
CREATE FUNCTION _mssql_fdw._stage_indexes(relation regclass) RETURNS TABLE (index text, failure text, detail text, statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x record;
    state text;
BEGIN
    FOR x IN SELECT i.id, (pg_identify_object_as_address('pg_class'::regclass, i.id, 0)).object_names[2] AS name, n.nspname AS schema,
                    t.relname AS table_name, pg_get_indexdef(i.id) AS definition,
                    CASE WHEN k.oid IS NULL THEN format('DROP INDEX %s', i.id::regclass)
                         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, k.conname) END AS drop
             FROM unnest(_mssql_fdw._indexes(relation)) AS i (id)
             JOIN pg_class AS t ON t.oid = relation JOIN pg_namespace AS n ON n.oid = t.relnamespace
             LEFT JOIN pg_constraint AS k ON k.conrelid = relation AND k.conindid = i.id AND k.contype IN ('p', 'u', 'x')
             ORDER BY i.id LOOP
        BEGIN
            PERFORM _mssql_fdw._stage_index(relation, x.id);
        EXCEPTION
            WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded THEN
                GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, state = RETURNED_SQLSTATE;
                -- it would say where in the file that nobody sees
                detail := CASE WHEN state <> '54000' THEN nullif(detail, '') END;
                IF NOT _mssql_fdw._leave_index_out(relation, x.id) THEN
                    RAISE EXCEPTION USING ERRCODE = state, SCHEMA = x.schema, TABLE = x.table_name, CONSTRAINT = x.name,
                        MESSAGE = format('new rows of %s do not fit unique index "%s"', relation, x.name),
                        DETAIL = concat_ws('. ', failure, detail),
                        HINT = format('Correct them at the source, exclude the table, or do without: %s. A key of the source that a table lacks is '
                            'made where the rows allow it, and a warning where they do not.', x.drop);
                END IF;
                index := x.name;
                statement := x.definition;
                RETURN NEXT;
        END;
    END LOOP;
END
$$;

-- Checks the constraints, then takes the exclusive locks, of tables that are refilled and sequences
-- that are set behind it, too, and switches. `untrusted`, as 'schema.table constraint', become NOT
-- VALID without a check. Policies that would hide rows from it are an error. `analyzed`: the new
-- rows are, or will be by this run. A row for each constraint that the rows violate; it is NOT
-- VALID now. `subject`: the one of the relations that it is about.
CREATE FUNCTION _mssql_fdw._switch(relations regclass[], untrusted text[], refilled regclass[], sequences regclass[], analyzed boolean)
RETURNS TABLE (relation regclass, subject regclass, message text, detail text)
AS 'MODULE_PATHNAME', 'mssql_fdw_switch' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET row_security = off;

-- An expression that means another thing in another table: it has the whole row, whose type is the
-- table's, or `tableoid`.
CREATE FUNCTION _mssql_fdw._is_of_its_table(expression pg_node_tree) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN expression::text ~ ':varattno (0|-[0-9]+) ';

-- Those of the relations that are in a publication.
CREATE FUNCTION _mssql_fdw._published(relations oid[]) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.oid
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_publication_tables AS p ON p.schemaname = n.nspname AND p.tablename = c.relname
    WHERE c.oid = ANY (relations)
$$;

-- Can it be staged and switched, by this user? Not where an index is more than its file (exclusion
-- constraints), where an index, a check that is held against the new rows, or a generated column is
-- about the table itself, a column has no value in the file (virtual), a foreign key is temporal,
-- somebody subscribes to the rows, whom an exchange of files does not tell, or the name that the
-- staging relation gets is taken.
CREATE FUNCTION _mssql_fdw._can_stage(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't' AND pg_has_role(c.relowner, 'USAGE')
        AND c.relam = (SELECT m.oid FROM pg_am AS m WHERE m.amname = 'heap')
        AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid
                        AND (i.indisexclusion OR _mssql_fdw._is_of_its_table(i.indexprs) OR _mssql_fdw._is_of_its_table(i.indpred)))
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
                        AND _mssql_fdw._is_of_its_table(k.conbin))
        AND NOT EXISTS (SELECT FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                        WHERE a.attrelid = c.oid AND (a.attgenerated = 'v' OR a.attgenerated <> '' AND _mssql_fdw._is_of_its_table(d.adbin)))
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE c.oid IN (k.conrelid, k.confrelid) AND (to_jsonb(k) ->> 'conperiod')::boolean)
        AND NOT EXISTS (SELECT FROM _mssql_fdw._published(ARRAY[c.oid]))
        AND NOT EXISTS (SELECT FROM pg_class AS x WHERE x.relnamespace = c.relnamespace AND x.relname = 'pg_temp_' || c.oid AND x.relrewrite <> c.oid)
        AND NOT EXISTS (SELECT FROM pg_type AS y WHERE y.typnamespace = c.relnamespace AND y.typname = 'pg_temp_' || c.oid AND y.typrelid = 0)
    FROM pg_class AS c WHERE c.oid = relation
$$;

CREATE FUNCTION _mssql_fdw._analyze(relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE %s', coalesce(_mssql_fdw._staged(relation)::regclass, relation));
END
$$;

-- The tables at the other ends of their foreign keys, valid or not, each as itself and with its
-- partitions.
CREATE FUNCTION _mssql_fdw._foreign_key_partners(relations oid[]) RETURNS TABLE (relation oid, partner oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.relation, m.root FROM _mssql_fdw._with_partitions(ARRAY(
        SELECT k.confrelid FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conrelid = ANY (relations) AND k.confrelid <> ALL (relations)
        UNION
        SELECT k.conrelid FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confrelid = ANY (relations) AND k.conrelid <> ALL (relations)
    )) AS m
$$;

-- What a switch locks exclusively: the relations, those that are refilled behind it, where the
-- caller may TRUNCATE them, and both ends of his foreign keys from or to these, which go before
-- that; all with their partitions. And his sequences.
CREATE FUNCTION _mssql_fdw._locked_by_switch(relations oid[], refilled oid[], sequences oid[]) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT m.relation FROM _mssql_fdw._with_partitions(ARRAY(
        SELECT unnest(relations)
        UNION
        SELECT r.relation FROM unnest(refilled) AS r (relation) WHERE has_table_privilege(r.relation, 'TRUNCATE')
        UNION
        SELECT unnest(ARRAY[k.conrelid, k.confrelid])
        FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND (k.conrelid = ANY (refilled) OR k.confrelid = ANY (refilled)) AND pg_has_role(c.relowner, 'USAGE')
    )) AS m
    UNION ALL
    SELECT s.oid FROM pg_class AS s WHERE s.oid = ANY (sequences) AND s.relkind = 'S' AND pg_has_role(s.relowner, 'USAGE')
$$;

-- "ONLY schema.table", of the staging relation where there is one.
CREATE FUNCTION _mssql_fdw._rows_of(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || coalesce(_mssql_fdw._staged(c.oid), c.oid)::regclass
        FROM pg_class AS c WHERE c.oid = relation);

-- '::schema.type', where a column's is another one.
CREATE FUNCTION _mssql_fdw._cast_to(type oid, column_type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE WHEN type = column_type THEN '' ELSE format('::%I.%I', n.nspname, y.typname) END
        FROM pg_type AS y JOIN pg_namespace AS n ON n.oid = y.typnamespace WHERE y.oid = type);

-- A query that finds a row without a partner, by the operators of the key and the types that they
-- take. One constraint of a partitioned table speaks for those of its partitions.
CREATE FUNCTION _mssql_fdw._foreign_key_query(constraint_id oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM %s AS f LEFT JOIN %s AS p ON %s WHERE p.%I IS NULL AND (%s) LIMIT 1',
                  string_agg(format('f.%I', fa.attname), ', ' ORDER BY u.at), _mssql_fdw._rows_of(k.conrelid), _mssql_fdw._rows_of(k.confrelid),
                  string_agg(format('p.%I%s OPERATOR(%I.%s) f.%I%s', pa.attname, _mssql_fdw._cast_to(o.oprleft, pa.atttypid), n.nspname, o.oprname,
                                    fa.attname, _mssql_fdw._cast_to(o.oprright, fa.atttypid))
                             || CASE WHEN fa.attcollation <> pa.attcollation AND pa.attcollation <> 0
                                     THEN format(' COLLATE %I.%I', cn.nspname, c.collname) ELSE '' END, ' AND ' ORDER BY u.at),
                  min(pa.attname) FILTER (WHERE u.at = 1),
                  string_agg(format('f.%I IS NOT NULL', fa.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END ORDER BY u.at))
    FROM pg_constraint AS k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u (child, parent, operator, at)
    JOIN pg_attribute AS fa ON fa.attrelid = k.conrelid AND fa.attnum = u.child
    JOIN pg_attribute AS pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
    JOIN pg_operator AS o ON o.oid = u.operator JOIN pg_namespace AS n ON n.oid = o.oprnamespace
    LEFT JOIN pg_collation AS c ON c.oid = pa.attcollation LEFT JOIN pg_namespace AS cn ON cn.oid = c.collnamespace
    WHERE k.oid = constraint_id
    GROUP BY k.conrelid, k.confrelid, k.confmatchtype
$$;

-- Every valid check of the tables and every valid foreign key from or to them, this with a query
-- that finds a row that violates it. `is_dropped`: before a table of `refilled` is.
CREATE FUNCTION _mssql_fdw._constraint_queries(relations oid[], untrusted text[], refilled oid[])
RETURNS TABLE (id oid, relation oid, subject oid, to_check boolean, query text, message text, key text, parent text, releasable boolean, is_dropped boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT k.*, r.relname, f.relname AS parent_name, format('%I.%I %I', n.nspname, r.relname, k.conname) = ANY (untrusted) AS untrusted,
               CASE k.contype WHEN 'c' THEN k.coninhcount = 0 AND NOT r.relhassubclass
                              ELSE k.conparentid = 0 AND r.relkind = 'r' AND f.relkind = 'r' END AS releasable
        FROM pg_constraint AS k
        JOIN pg_class AS r ON r.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = r.relnamespace
        LEFT JOIN pg_class AS f ON f.oid = k.confrelid
        WHERE k.convalidated AND (k.conrelid = ANY (relations) AND k.contype IN ('c', 'f') OR k.confrelid = ANY (relations) AND k.contype = 'f')
    ), valid AS (
        SELECT l.*, NOT (l.untrusted AND l.releasable) AS to_check FROM listed AS l
    )
    SELECT v.oid, v.conrelid, v.conrelid, v.to_check, NULL,
           format('check constraint "%s" of relation "%s" is violated by some row', v.conname, v.relname), NULL, NULL, v.releasable, false
    FROM valid AS v WHERE v.contype = 'c'
    UNION ALL
    SELECT v.oid, v.conrelid, CASE WHEN v.conrelid = ANY (relations) THEN v.conrelid ELSE v.confrelid END, v.to_check,
           CASE WHEN v.to_check THEN _mssql_fdw._foreign_key_query(v.oid) END,
           format('insert or update on table "%s" violates foreign key constraint "%s"', v.relname, v.conname),
           (SELECT string_agg(a.attname, ', ' ORDER BY u.at) FROM unnest(v.conkey) WITH ORDINALITY AS u (attnum, at)
            JOIN pg_attribute AS a ON a.attrelid = v.conrelid AND a.attnum = u.attnum), v.parent_name, v.releasable, v.conrelid = ANY (refilled) OR v.confrelid = ANY (refilled)
    FROM valid AS v WHERE v.contype = 'f' AND NOT EXISTS (SELECT FROM valid AS p WHERE p.oid = v.conparentid)
$$;
-- Replicate: the model. It holds the source's catalog, the local names, and for every table what
-- happens to it; the plan is made of nothing else but it and the local catalog. Its rows
-- (plan/rows.sql) are kept under a number; a jsonb value has that, and what is no rows. Its keys:
--   rows          the number of the rows
--   what, server, on_existing, options, target_schema, include, exclude, only_table    the call's arguments, checked
--   database      what the source says of its database
--   read_s        how long that took to say what it has
--   warnings      what of the selection most often is a mistake, an array of {kind: pattern or database, message, hint}
--   findings      what the user is to be told of the source, an array of {severity: warning or note, object, finding, advice (or null),
--                 table_id (of the table that lacks something by it, or null)}:
--                 what is set aside, becomes something else, or could not be looked at

-- What the source has besides tables that can be copied.
CREATE FUNCTION _mssql_fdw._other_objects(model jsonb) RETURNS TABLE (kind text, schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN t.is_view THEN 'view' ELSE 'external table' END, t.schema, t."table"
    FROM _mssql_fdw._source_tables(model) AS t
    WHERE t.is_view OR t.is_external
    UNION ALL
    SELECT p.kind, p.schema, p.name
    FROM _mssql_fdw._source_programs(model) AS p
$$;

-- The id of the one table that `wanted` names: exactly, or else but for case when that is
-- unambiguous.
CREATE FUNCTION _mssql_fdw._find_table(model jsonb, wanted text, server name) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts record;
    ids int[];
    other text;
    suggestion text;
BEGIN
    SELECT * INTO parts FROM _mssql_fdw._parse_table_name(wanted);
    SELECT array_agg(t.id) INTO ids FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.schema = parts.schema AND t.name = parts.name;
    IF ids IS NULL THEN
        SELECT array_agg(t.id) INTO ids FROM _mssql_fdw._mapped_tables(model) AS t
        WHERE lower(t.schema) = lower(parts.schema) AND lower(t.name) = lower(parts.name);
    END IF;
    IF cardinality(ids) = 1 THEN
        RETURN ids[1];
    ELSIF cardinality(ids) > 1 THEN
        PERFORM _mssql_fdw._raise('42P09', format('table name %s is ambiguous on server "%s"', wanted, server),
            hint => 'Several tables differ only by case: write the name exactly.');
    END IF;
    SELECT min(o.kind) INTO other FROM _mssql_fdw._other_objects(model) AS o
    WHERE lower(o.schema) = lower(parts.schema) AND lower(o.name) = lower(parts.name);
    IF other IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('42809',
            format('%s on server "%s" is not a table but a %s', _mssql_fdw._source_name(parts.schema, parts.name), server, other),
            hint => CASE WHEN other = 'view' THEN format('A foreign table reads it: IMPORT FOREIGN SCHEMA %I LIMIT TO (%I) FROM SERVER %I INTO '
                'a schema of yours; CREATE TABLE ... AS keeps its rows.', parts.schema, parts.name, server) END);
    END IF;
    suggestion := coalesce(
        _mssql_fdw._nearest(parts.schema || '.' || parts.name,
            ARRAY(SELECT t.source FROM _mssql_fdw._mapped_tables(model) AS t)),
        (SELECT min(t.source) FROM _mssql_fdw._mapped_tables(model) AS t WHERE lower(t.name) = lower(parts.name)));
    PERFORM _mssql_fdw._raise('42P01',
        format('table %s does not exist on server "%s"', _mssql_fdw._source_name(parts.schema, parts.name), server),
        hint => coalesce('Perhaps you meant ' || suggestion || '.', _mssql_fdw._database_hint(model, server),
                         'The login may lack permission to see it.'));
END
$$;

-- Everything that a pattern of include may be about.
CREATE FUNCTION _mssql_fdw._selectable(model jsonb) RETURNS TABLE (schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.schema, t.name FROM _mssql_fdw._mapped_tables(model) AS t
    UNION ALL
    SELECT s.schema, s.sequence FROM _mssql_fdw._source_sequences(model) AS s
$$;

-- Everything that a pattern of exclude may be about: what the source has, and what copies of it the
-- ledger knows.
CREATE FUNCTION _mssql_fdw._known_names(model jsonb, server name) RETURNS TABLE (schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.schema, t."table" FROM _mssql_fdw._source_tables(model) AS t
    UNION ALL
    SELECT p.schema, p.name FROM _mssql_fdw._source_programs(model) AS p
    UNION ALL
    SELECT s.schema, s.sequence FROM _mssql_fdw._source_sequences(model) AS s
    UNION ALL
    SELECT o.source_schema, o.source_table FROM replicate._targets AS o WHERE o.server = _known_names.server
$$;

-- Where the server does not say which database it is, the login's default may be another than is
-- meant.
CREATE FUNCTION _mssql_fdw._database_hint(model jsonb, server name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('The login''s own database "%s" was read, for the server names none: ALTER SERVER %I OPTIONS (ADD database ''...'').',
                  model #>> '{database,name}', server)
    WHERE _mssql_fdw._server_option(server, 'database') IS NULL
$$;

-- The ids of the tables that include and exclude select. That nothing at all is selected is an
-- error.
CREATE FUNCTION _mssql_fdw._select_tables(model jsonb, include text[], exclude text[], server name) RETURNS int[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ids int[];
    pattern text;
    database_hint text;
BEGIN
    SELECT coalesce(array_agg(t.id ORDER BY t.id), '{}') INTO ids
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE (include IS NULL OR _mssql_fdw._matches(t.schema, t.name, include))
      AND NOT _mssql_fdw._matches(t.schema, t.name, exclude);
    IF cardinality(ids) > 0 OR include IS NULL AND NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model))
        OR EXISTS (SELECT FROM _mssql_fdw._source_sequences(model) AS s
                   WHERE (include IS NULL OR _mssql_fdw._matches(s.schema, s.sequence, include))
                     AND NOT _mssql_fdw._matches(s.schema, s.sequence, exclude)) THEN
        RETURN ids;
    END IF;
    database_hint := _mssql_fdw._database_hint(model, server);
    FOREACH pattern IN ARRAY coalesce(include, '{}') LOOP
        PERFORM _mssql_fdw._raise('42P01', format('no table or sequence on server "%s" matches %L', server, pattern), hint => coalesce(database_hint,
            'Patterns are LIKE patterns over schema.table, case-insensitive; one without a dot is held against the table''s name.'))
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._selectable(model) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[pattern]));
    END LOOP;
    PERFORM _mssql_fdw._raise('42P01', format('include and exclude leave nothing of server "%s"', server), hint => database_hint);
END
$$;

-- What most often is a mistake and no error: patterns that match nothing, a database without
-- tables. It is told at once, and history keeps it.
CREATE FUNCTION _mssql_fdw._selection_warnings(model jsonb, include text[], exclude text[], server name)
RETURNS TABLE (kind text, message text, hint text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'pattern', format('no table or sequence on server "%s" matches %L', server, p.pattern), NULL
    FROM unnest(include) AS p (pattern)
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._selectable(model) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[p.pattern]))
    UNION ALL
    SELECT 'pattern', format('nothing on server "%s" matches %L, which is to be excluded', server, p.pattern), NULL
    FROM unnest(exclude) AS p (pattern)
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._known_names(model, server) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[p.pattern]))
    UNION ALL
    SELECT 'database', format('database "%s" on server "%s" has no tables', model #>> '{database,name}', server),
           coalesce(_mssql_fdw._database_hint(model, server), 'The login sees tables that it has a right on.')
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model))
$$;

-- Load order of the selected tables: referenced ones first, the larger first among those that do
-- not depend on each other.
CREATE FUNCTION _mssql_fdw._positions(model jsonb, ids int[]) RETURNS TABLE (id int, "position" int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH chosen AS MATERIALIZED (
        SELECT t.id, t.schema, t.name, coalesce(t.bytes, t.rows, 0)::float8 AS weight, row_number() OVER (ORDER BY t.id)::int - 1 AS index
        FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.id = ANY (ids)
    ), edges AS MATERIALIZED (
        SELECT DISTINCT child.index AS child, parent.index AS parent
        FROM _mssql_fdw._source_foreign_keys(model) AS f
        JOIN chosen AS child ON child.schema = f.schema AND child.name = f."table"
        JOIN chosen AS parent ON parent.schema = f.referenced_schema AND parent.name = f.referenced_table
    )
    SELECT c.id, o."position"::int
    FROM unnest(_mssql_fdw._load_order(
        (SELECT count(*)::int FROM chosen),
        ARRAY(SELECT e.child FROM edges AS e ORDER BY e.child, e.parent), ARRAY(SELECT e.parent FROM edges AS e ORDER BY e.child, e.parent),
        ARRAY(SELECT c.weight FROM chosen AS c ORDER BY c.index))) WITH ORDINALITY AS o (index, "position")
    JOIN chosen AS c ON c.index = o.index
$$;

-- Values that the login must not see would be masked without any error: refuse unless the caller
-- says that it is meant.
CREATE FUNCTION _mssql_fdw._check_masked(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    masked text;
BEGIN
    SELECT string_agg(t.source || '.' || c.name, ', ' ORDER BY t.position, c.ordinal) INTO masked
    FROM _mssql_fdw._columns(model) AS c
    JOIN _mssql_fdw._mapped_tables(model) AS t ON t.id = c.table_id
    WHERE c.is_masked AND t.position IS NOT NULL;
    IF masked IS NOT NULL AND NOT (model #>> '{options,allow_masked}')::boolean THEN
        PERFORM _mssql_fdw._raise('42501', 'the login would read masked values', format('Masked columns: %s.', masked),
            'GRANT UNMASK to the login, or copy the masks by options => ''{"allow_masked": true}''.');
    END IF;
END
$$;

-- As above, for row-level security (SQL Server 2016): a filter predicate hides rows from counts
-- too. A login without VIEW DEFINITION sees no predicates; then that is a finding.
CREATE FUNCTION _mssql_fdw._check_filtered(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    filtered text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO filtered
    FROM _mssql_fdw._source_tables(model) AS c
    JOIN _mssql_fdw._mapped_tables(model) AS t ON t.schema = c.schema AND t.name = c."table"
    WHERE c.is_filtered AND t.position IS NOT NULL;
    IF filtered IS NOT NULL AND NOT (model #>> '{options,allow_filtered}')::boolean THEN
        PERFORM _mssql_fdw._raise('42501', 'row-level security of the source may hide rows from the login',
            format('Tables with a filter predicate: %s.', filtered),
            'Use a login that the predicate lets see all rows and say so by options => ''{"allow_filtered": true}''.');
    END IF;
END
$$;

-- SNAPSHOT transactions cannot read memory-optimized tables at all (41332); the others can, by a
-- table hint.
CREATE FUNCTION _mssql_fdw._check_memory_optimized(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    server name := model ->> 'server';
    listed text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO listed
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.is_memory_optimized AND t.position IS NOT NULL AND t.action <> 'skip';
    IF listed IS NOT NULL AND _mssql_fdw._isolation(server, model) = 'snapshot' THEN
        PERFORM _mssql_fdw._raise('0A000', 'memory-optimized tables cannot be read at SNAPSHOT isolation',
            format('Memory-optimized tables: %s.', listed),
            format('Read the server at another level, as by ALTER SERVER %I OPTIONS (%s isolation ''read_committed''), or exclude the '
                'tables and copy them by a second server that does.', server,
                CASE WHEN _mssql_fdw._server_option(server, 'isolation') IS NULL THEN 'ADD' ELSE 'SET' END));
    END IF;
END
$$;

-- The model's findings: those of the catalog that are about what is selected, and what the caller
-- allowed to be incomplete. `tables` are the mapped ones, a position for each that is selected;
-- what is not mapped at all goes by the patterns.
CREATE FUNCTION _mssql_fdw._findings(model jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), found AS (
        SELECT f.severity, f.object, f.finding, f.advice, CASE f.severity WHEN 'warning' THEN t.id END AS table_id
        FROM _mssql_fdw._catalog_findings(model) AS f LEFT JOIN t ON t.schema = f.schema AND t.name = f.name
        WHERE f.schema IS NULL OR t.position IS NOT NULL
           OR t.id IS NULL AND model ->> 'only_table' IS NULL
              AND (jsonb_typeof(model -> 'include') = 'null' OR _mssql_fdw._matches(f.schema, f.name, _mssql_fdw._text_array(model -> 'include')))
              AND NOT _mssql_fdw._matches(f.schema, f.name, _mssql_fdw._text_array(model -> 'exclude'))
        UNION ALL
        SELECT 'warning', t.source || '.' || c.name, 'masked for this login: the masks are copied', 'GRANT UNMASK to the login', t.id
        FROM _mssql_fdw._columns(model) AS c JOIN t ON t.id = c.table_id
        WHERE c.is_masked AND t.position IS NOT NULL
        UNION ALL
        SELECT 'warning', t.source, 'row-level security may hide rows from this login', NULL, t.id
        FROM _mssql_fdw._source_tables(model) AS c
        JOIN t ON t.schema = c.schema AND t.name = c."table"
        WHERE c.is_filtered AND t.position IS NOT NULL
    )
    SELECT coalesce(jsonb_agg(f ORDER BY f.severity DESC, f.object COLLATE "C", f.finding COLLATE "C"), '[]') FROM found AS f
$$;

-- An option of the foreign server; NULL where it is not set.
CREATE FUNCTION _mssql_fdw._server_option(server name, option text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.option_value FROM pg_foreign_server AS f CROSS JOIN LATERAL pg_options_to_table(f.srvoptions) AS o
    WHERE f.srvname = server AND o.option_name = option
$$;

-- A connection reads at the isolation level that it logged in with, so the option can only confirm
-- it. `effective`: as _isolation() has it.
CREATE FUNCTION _mssql_fdw._check_isolation(server name, wanted text, effective text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted <> 'automatic' AND replace(wanted, '_', ' ') <> effective THEN
        PERFORM _mssql_fdw._raise('0A000', format('isolation "%s" is not what server "%s" is read at', wanted, server),
            format('It is read at %s.', upper(effective)),
            format('Isolation is an option of the server: ALTER SERVER %I OPTIONS (%s isolation %L).', server,
                CASE WHEN _mssql_fdw._server_option(server, 'isolation') IS NULL THEN 'ADD' ELSE 'SET' END, wanted));
    END IF;
END
$$;

-- A result that the client's encoding cannot show is an error, and would be found when all is done.
CREATE FUNCTION _mssql_fdw._check_readable(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unreadable text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO unreadable
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.position IS NOT NULL AND NOT _mssql_fdw._client_can_read(t.source || t.target);
    IF unreadable IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('22P05', format('client_encoding %s lacks characters of table names', current_setting('client_encoding')),
            unreadable || '.', 'SET client_encoding = ''UTF8''.');
    END IF;
END
$$;

-- The arguments that all functions share. The answer: the options, complete. Options that the
-- function makes no use of are told.
CREATE FUNCTION _mssql_fdw._check_arguments(what text, server name, target_schema name, include text[], exclude text[],
    on_existing text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    checked jsonb := _mssql_fdw._checked_options(options);
    idle text;
BEGIN
    PERFORM _mssql_fdw._given('server', server);
    PERFORM _mssql_fdw._check_patterns('include', include);
    PERFORM _mssql_fdw._check_patterns('exclude', exclude);
    PERFORM _mssql_fdw._one_of('on_existing', on_existing, '{refresh,truncate,replace,skip,error}');
    IF target_schema = '' THEN
        PERFORM _mssql_fdw._raise('42602', 'target_schema must not be empty',
            hint => 'Without it dbo goes to public, and every other schema keeps its name.');
    ELSIF _mssql_fdw._is_reserved_schema(target_schema) THEN
        PERFORM _mssql_fdw._raise('42939', format('target_schema must not be "%s"', target_schema),
            hint => CASE WHEN starts_with(target_schema, 'pg_') THEN 'Names that begin with pg_ are reserved for PostgreSQL.'
                         WHEN target_schema = 'information_schema' THEN 'The name is reserved for PostgreSQL.'
                         ELSE 'The schema is the extension''s own.' END);
    END IF;
    SELECT string_agg(o.key, ', ' ORDER BY o.key COLLATE "C") INTO idle
    FROM _mssql_fdw._option_list() AS o WHERE options ? o.key AND what <> ALL (o.used_for);
    IF idle IS NOT NULL THEN
        PERFORM _mssql_fdw._say(false, format('options without effect on replicate_%s: %s', what, idle));
    END IF;
    IF NOT coalesce(options, '{}') ? 'nul_policy' THEN
        checked := checked || jsonb_build_object('nul_policy', coalesce(_mssql_fdw._server_option(server, 'nul_policy'), 'error'));
    END IF;
    RETURN checked;
END
$$;

-- A table that is there stays logged or not, whatever is asked for.
CREATE FUNCTION _mssql_fdw._tell_persistence(model jsonb, what text, unlogged boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(t.target, ', ' ORDER BY t.position) INTO others
    FROM _mssql_fdw._mapped_tables(model) AS t JOIN pg_class AS c ON c.oid = t.relation
    WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill', 'keep') AND what IN ('all', 'schema')
      AND c.relkind = 'r' AND (c.relpersistence = 'u') <> unlogged;
    IF others IS NOT NULL THEN
        PERFORM _mssql_fdw._say(false, 'option unlogged is without effect on tables that are there',
            format('They stay %s: %s.', CASE WHEN unlogged THEN 'logged' ELSE 'UNLOGGED' END, others),
            format('ALTER TABLE ... SET %s, or on_existing => ''replace''.', CASE WHEN unlogged THEN 'UNLOGGED' ELSE 'LOGGED' END));
    END IF;
END
$$;

-- How many entries of the lock table a run fills: tables, indexes, TOAST tables, sequences and row
-- types; those of the staging relations, too.
CREATE FUNCTION _mssql_fdw._estimated_locks(model jsonb) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (
        SELECT x.table_id, count(*) AS count FROM _mssql_fdw._objects(model) AS x WHERE x.kind IN ('index', 'identity') GROUP BY x.table_id
    ), wide AS (
        SELECT DISTINCT c.table_id FROM _mssql_fdw._columns(model) AS c WHERE c.local_type ~ '^(text|bytea|xml|character varying($|[(][0-9]{4}))'
    )
    SELECT coalesce(sum(CASE WHEN t.action IN ('create', 'replace') THEN 3 + coalesce(m.count, 0) + CASE WHEN w.table_id IS NULL THEN 0 ELSE 2 END
                             ELSE 4 + 2 * (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = t.relation)
                                  + CASE c.reltoastrelid WHEN 0 THEN 0 ELSE 4 END END), 0)::bigint
    FROM _mssql_fdw._tables(model) AS t
    LEFT JOIN made AS m ON m.table_id = t.id
    LEFT JOIN wide AS w ON w.table_id = t.id
    LEFT JOIN pg_class AS c ON c.oid = t.relation
    WHERE t.action IN ('create', 'replace', 'switch', 'refill')
$$;

-- PostgreSQL has room for some more than it says, and others need some.
CREATE FUNCTION _mssql_fdw._warn_of_locks(estimate bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    room bigint := current_setting('max_locks_per_transaction')::bigint
        * (SELECT sum(s.setting::int) FROM pg_settings AS s WHERE s.name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes',
                                                                             'max_wal_senders', 'autovacuum_max_workers'));
BEGIN
    IF estimate > room THEN
        PERFORM _mssql_fdw._say(true, 'the run may need more locks than there is room for',
            format('It needs about %s, in one transaction; max_locks_per_transaction and others make room for about %s.', estimate, room),
            'Raise max_locks_per_transaction, which takes a restart, or copy in several runs (include).');
    END IF;
END
$$;

-- The mapped tables with the load order of those that are selected, and with what happens to them.
CREATE FUNCTION _mssql_fdw._with_actions(model jsonb, ids int[]) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.schema, t.name, t.source, t.target_schema, t.target_name, t.target, t.relation, t.relkind, t.rows, t.bytes, t.comment,
           p."position",
           CASE WHEN p.id IS NULL THEN NULL
                WHEN model ->> 'what' IN ('sequences', 'verify') THEN CASE WHEN t.relation IS NULL THEN 'missing' ELSE 'keep' END
                WHEN t.relation IS NULL THEN 'create'
                WHEN model ->> 'on_existing' NOT IN ('refresh', 'truncate') THEN model ->> 'on_existing'
                WHEN model ->> 'what' = 'schema' THEN 'keep'
                WHEN _mssql_fdw._can_stage(t.relation) THEN 'switch'
                ELSE 'refill' END,
           t.note, t.is_memory_optimized
    FROM _mssql_fdw._mapped_tables(model) AS t
    LEFT JOIN _mssql_fdw._positions(model, ids) AS p ON p.id = t.id
$$;

-- Builds the model. `what` is all, schema, sequences or verify; `only_table` names one table, as
-- for replicate_table. The planner knows how many rows a set has, and not how many of them meet: it
-- would join thousands of columns by nested loops, or by a name that tells little (tables have
-- their indexes and keys named alike), so joins stand in a good order and are taken in it. And
-- compiling does not pay here.
CREATE FUNCTION _mssql_fdw._model(what text, server name, target_schema name, include text[], exclude text[],
    only_table text, on_existing text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET join_collapse_limit = 1 SET jit = off AS $$
DECLARE
    checked jsonb := _mssql_fdw._check_arguments(what, server, target_schema, include, exclude, on_existing, options);
    name_case text := checked ->> 'name_case';
    rows int := _mssql_fdw._make_model();
    began timestamptz := clock_timestamp();
    model jsonb := jsonb_build_object('rows', rows);
    ids int[];
BEGIN
    PERFORM _mssql_fdw._say(false, format('reading the catalog of server "%s"', server));
    PERFORM _mssql_fdw._read_catalog(rows, server);
    PERFORM _mssql_fdw._set_aside(model) WHERE EXISTS (SELECT FROM _mssql_fdw._unnameable(model));
    model := model || jsonb_build_object('what', what, 'server', server, 'on_existing', on_existing, 'options', checked,
        'target_schema', target_schema, 'include', include, 'exclude', exclude, 'only_table', only_table,
        'database', (SELECT to_jsonb(d) FROM _mssql_fdw._source_database(model) AS d),
        'read_s', extract(epoch FROM clock_timestamp() - began), 'warnings', jsonb '[]');
    PERFORM _mssql_fdw._check_isolation(server, checked ->> 'isolation', _mssql_fdw._isolation(server, model));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._map_tables(server, model, target_schema, name_case) AS t));
    IF only_table IS NULL THEN
        ids := _mssql_fdw._select_tables(model, include, exclude, server);
        model := model || jsonb_build_object('warnings',
            (SELECT coalesce(jsonb_agg(w), '[]') FROM _mssql_fdw._selection_warnings(model, include, exclude, server) AS w));
        PERFORM _mssql_fdw._say(true, w.message, hint => w.hint) FROM jsonb_to_recordset(model -> 'warnings') AS w (message text, hint text);
    ELSE
        ids := ARRAY[_mssql_fdw._find_table(model, only_table, server)];
    END IF;
    WHILE on_existing IN ('refresh', 'truncate') AND _mssql_fdw._lock_targets(ARRAY(
              SELECT t.relation FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.id = ANY (ids) AND t.relation IS NOT NULL)) LOOP
        PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._map_tables(server, model, target_schema, name_case) AS t));
    END LOOP;
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._with_actions(model, ids) AS t));
    PERFORM _mssql_fdw._check_targets(server, model, on_existing) WHERE what IN ('all', 'schema');
    PERFORM _mssql_fdw._check_privileges(model) WHERE what IN ('all', 'schema');
    PERFORM _mssql_fdw._check_owners(model, what);
    PERFORM _mssql_fdw._check_unused(t.relation) FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE what = 'all' AND t.action IN ('switch', 'refill', 'replace');
    PERFORM _mssql_fdw._check_type_owners(model) WHERE what <> 'verify';
    PERFORM _mssql_fdw._tell_persistence(model, what, (options ->> 'unlogged')::boolean);
    PERFORM _mssql_fdw._check_readable(model);
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT c FROM _mssql_fdw._map_columns(model, name_case) AS c));
    PERFORM _mssql_fdw._check_columns(model) WHERE what = 'all';
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT r FROM _mssql_fdw._map_relations(server, model, target_schema, name_case) AS r));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT o FROM _mssql_fdw._objects(model) AS o
                                              UNION ALL SELECT k FROM _mssql_fdw._map_constraints(model, name_case) AS k));
    IF what IN ('all', 'schema') THEN
        PERFORM _mssql_fdw._check_sequences(model);
        PERFORM _mssql_fdw._check_existing_keys(model);
        PERFORM _mssql_fdw._check_sequence_privileges(model);
        PERFORM _mssql_fdw._check_key_privileges(model);
    END IF;
    IF what = 'all' THEN
        PERFORM _mssql_fdw._check_refill_privileges(model);
        PERFORM _mssql_fdw._check_partner_privileges(model);
        PERFORM _mssql_fdw._check_masked(model);
        PERFORM _mssql_fdw._check_filtered(model);
        PERFORM _mssql_fdw._check_memory_optimized(model);
        PERFORM _mssql_fdw._warn_of_locks(_mssql_fdw._estimated_locks(model));
    END IF;
    PERFORM _mssql_fdw._complete_model(model);
    RETURN model || jsonb_build_object('findings', _mssql_fdw._findings(model));
END
$$;
-- Replicate: steps for schemas, sequences, tables and data. Each function answers the steps of one
-- kind; a step's statement is what the run executes, so the plan shows all of it. Phases:
--   0 isolation   10 schema   20 drop foreign key   25 drop table   30 sequence   40 table   42 sequence owner   45 default
--   60 a table's staging, load, verify, keys, indexes, checks and statistics   70 foreign key   72 validate   75 comment   80 sequence value
-- and from here on, with exclusive locks, what changes tables that others use:
--   84 switch   85 drop foreign key, drop check   86 truncate   87 refill   88 drop table   90 check
--   91 keys, indexes, checks and defaults that a kept table lacks   92 foreign key   93 validate   94 sequence value   96 analyze
--   97 what has no source any more   98 what stays behind

CREATE FUNCTION _mssql_fdw._text_array(value jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(value) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value)) END;

-- The source's sequences that go along: those that the patterns select, and those that a default of
-- a selected table draws from. `is_taken`: it is a copy, or becomes one: by on_existing, where it
-- stands already. `fits`: its numbers can be had from a sequence of ours, which counts in bigint; a
-- decimal one may begin beyond that.
CREATE FUNCTION _mssql_fdw._sequences(model jsonb)
RETURNS TABLE (schema text, name text, source text, target_schema name, target_name name, target text, relation oid, note text,
    type text, start_value numeric, increment numeric, lowest numeric, highest numeric, is_cycling boolean, last_value numeric,
    fits boolean, is_taken boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.schema, s.sequence, _mssql_fdw._source_name(s.schema, s.sequence), o.target_schema, o.target,
           format('%I.%I', o.target_schema, o.target), c.oid, o.note,
           s.type, s.start_value, s.increment, b.lowest, b.highest, s.is_cycling, s.last_value,
           b.lowest < b.highest AND s.start_value BETWEEN b.lowest AND b.highest
               AND s.increment BETWEEN -9223372036854775807 AND 9223372036854775807,
           CASE WHEN c.oid IS NULL THEN true
                ELSE model ->> 'what' <> 'sequences' AND model ->> 'on_existing' IN ('truncate', 'replace')
                     OR _mssql_fdw._is_copy(c.oid, (model ->> 'server')::name, s.schema, s.sequence) END
    FROM _mssql_fdw._source_sequences(model) AS s
    CROSS JOIN LATERAL (SELECT greatest(s.minimum, -9223372036854775808) AS lowest, least(s.maximum, 9223372036854775807) AS highest) AS b
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'sequence' AND o.schema = s.schema AND o.name = s.sequence
    LEFT JOIN pg_namespace AS n ON n.nspname = o.target_schema
    LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.target AND c.relkind = 'S'
    WHERE (model ->> 'only_table' IS NULL
           AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(s.schema, s.sequence, _mssql_fdw._text_array(model -> 'include')))
           AND NOT _mssql_fdw._matches(s.schema, s.sequence, _mssql_fdw._text_array(model -> 'exclude')))
       OR EXISTS (SELECT FROM _mssql_fdw._columns(model) AS d JOIN _mssql_fdw._tables(model) AS t ON t.id = d.table_id
                  WHERE d.default_definition ILIKE '%NEXT VALUE FOR%'
                    AND strpos(d.default_definition, _mssql_fdw._quote_name(s.sequence)) > 0)
$$;

CREATE FUNCTION _mssql_fdw._plan_schemas(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 10, 0, row_number() OVER (ORDER BY w.schema COLLATE "C")::int, NULL::int, 'schema', NULL::text, quote_ident(w.schema),
           format('CREATE SCHEMA %I', w.schema), NULL::text
    FROM (SELECT t.target_schema FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace')
          UNION
          SELECT s.target_schema FROM _mssql_fdw._sequences(model) AS s WHERE s.fits) AS w (schema)
    WHERE NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = w.schema)
$$;

-- What is replaced goes in one statement, so that the tables' own foreign keys do not hold each
-- other.
CREATE FUNCTION _mssql_fdw._plan_drop_tables(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 25, 0, 0, NULL::int, 'drop table', NULL::text, string_agg(t.target, ', ' ORDER BY t.position),
           'DROP TABLE ' || string_agg(t.target, ', ' ORDER BY t.position), 'privileges granted on them are lost'
    FROM _mssql_fdw._tables(model) AS t WHERE t.action = 'replace' HAVING count(*) > 0
$$;

-- Sequences of their own; one that exists keeps its definition and only gets its value.
CREATE FUNCTION _mssql_fdw._plan_sequences(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS (
        SELECT q.*, row_number() OVER (ORDER BY q.target COLLATE "C")::int AS ordinal,
               CASE WHEN q.type IN ('tinyint', 'smallint') THEN 'smallint'
                    WHEN q.type = 'int' THEN 'integer' ELSE 'bigint' END AS local_type
        FROM _mssql_fdw._sequences(model) AS q
    )
    SELECT 30, 0, s.ordinal, NULL::int, 'sequence', s.source, s.target,
           CASE WHEN s.fits THEN
               format('CREATE SEQUENCE %s AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s%s', s.target, s.local_type,
                      s.start_value, s.increment, s.lowest, s.highest, CASE WHEN s.is_cycling THEN ' CYCLE' ELSE '' END) END,
           nullif(concat_ws('; ', s.note, CASE WHEN NOT s.fits THEN format('sequence %s not made: its numbers do not fit a bigint', s.source) END), '')
    FROM s WHERE s.relation IS NULL
    UNION ALL
    SELECT 94, 0, s.ordinal, NULL, 'sequence value', s.source, s.target,
           CASE WHEN s.relation IS NULL AND model ->> 'what' = 'sequences' THEN 'SELECT NULL, NULL, ''missing'''
                WHEN s.is_taken THEN format('SELECT * FROM _mssql_fdw._align_sequence(%L, %s, %s, %s)', s.target, s.start_value, s.increment,
                  coalesce(s.last_value::text, 'NULL'))
                ELSE format('SELECT %L, NULL, %L', s.target, 'not a copy') END, NULL
    FROM s WHERE model ->> 'what' <> 'schema' AND (s.fits OR s.relation IS NOT NULL)
      AND (s.is_taken OR model ->> 'what' = 'sequences')
$$;

-- MINVALUE and MAXVALUE, where they are not what CREATE SEQUENCE takes by itself.
CREATE FUNCTION _mssql_fdw._bounds(c replicate._column) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN c.lowest <> CASE WHEN c.increment > 0 THEN 1 WHEN c.type IN ('tinyint', 'smallint') THEN -32768
                                  WHEN c.type = 'int' THEN -2147483648 ELSE -9223372036854775808 END
            THEN ' MINVALUE ' || c.lowest ELSE '' END
    || CASE WHEN c.highest <> CASE WHEN c.increment < 0 THEN -1 WHEN c.type IN ('tinyint', 'smallint') THEN 32767
                                   WHEN c.type = 'int' THEN 2147483647 ELSE 9223372036854775807 END
            THEN ' MAXVALUE ' || c.highest ELSE '' END;

-- One line of CREATE TABLE. Numbers are GENERATED BY DEFAULT, not ALWAYS: rows of the source, and
-- later repairs, bring their own. This and _bounds have no SET clause, which would keep the planner
-- from inlining them: they are called for every column.
CREATE FUNCTION _mssql_fdw._column_definition(c replicate._column, sequence text) RETURNS text
LANGUAGE sql STABLE
RETURN quote_ident(c.target) || ' ' || c.local_type
    || CASE WHEN c.generator = 'identity' THEN
           format(' GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME %s START WITH %s INCREMENT BY %s%s)', sequence, c.seed, c.increment,
                  _mssql_fdw._bounds(c)) ELSE '' END
    || CASE WHEN c.is_nullable THEN '' ELSE ' NOT NULL' END;

-- What is not the same here, of the tables and their columns.
CREATE FUNCTION _mssql_fdw._table_notes(model jsonb) RETURNS TABLE (table_id int, note text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH o AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._objects(model) AS x
        JOIN _mssql_fdw._tables(model) AS t ON t.id = x.table_id AND t.action IN ('create', 'replace')
        WHERE x.kind = 'identity'
    ), c AS MATERIALIZED (
        SELECT x.table_id, x.ordinal, x.target, nullif(concat_ws('; ', x.note, o.note), '') AS note
        FROM _mssql_fdw._columns(model) AS x LEFT JOIN o ON o.table_id = x.table_id AND o.name = x.name
    )
    SELECT t.id, nullif(concat_ws('; ', nullif(t.note, ''), string_agg(format('%I: %s', c.target, c.note), '; ' ORDER BY c.ordinal)
               FILTER (WHERE c.note IS NOT NULL)), '')
    FROM _mssql_fdw._tables(model) AS t JOIN c ON c.table_id = t.id
    GROUP BY t.id, t.note
$$;

CREATE FUNCTION _mssql_fdw._plan_tables(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH c AS MATERIALIZED (
        SELECT x.table_id, x.ordinal, x AS whole,
               CASE WHEN o.target IS NOT NULL THEN format('%I.%I', o.target_schema, o.target) END AS sequence
        FROM _mssql_fdw._columns(model) AS x
        LEFT JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'identity' AND o.table_id = x.table_id AND o.name = x.name
    )
    SELECT 40, t.position, 0, t.id, 'table', t.source, t.target,
           format(E'CREATE %sTABLE %s (\n    %s\n)',
                  CASE WHEN (model #>> '{options,unlogged}')::boolean THEN 'UNLOGGED ' ELSE '' END, t.target,
                  string_agg(_mssql_fdw._column_definition(c.whole, c.sequence), E',\n    ' ORDER BY c.ordinal)),
           n.note
    FROM _mssql_fdw._tables(model) AS t JOIN c ON c.table_id = t.id JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id
    WHERE t.action IN ('create', 'replace')
    GROUP BY t.position, t.id, t.source, t.target, n.note
    UNION ALL
    SELECT 40, t.position, 0, t.id, 'table', t.source, t.target, NULL, 'exists: left alone'
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('skip', 'keep')
$$;

-- An identity that PostgreSQL has no identity for (decimal) draws from a sequence that the column
-- owns.
CREATE FUNCTION _mssql_fdw._plan_owned_sequences(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH owned AS (
        SELECT t.*, c.ordinal, c.target AS column_name, format('%I.%I', o.target_schema, o.target) AS sequence, c AS whole
        FROM _mssql_fdw._tables(model) AS t
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.generator = 'sequence'
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'identity' AND o.table_id = t.id AND o.name = c.name
        WHERE t.action IN ('create', 'replace')
    )
    SELECT 42, w.position, 1, w.id, 'sequence', w.source, w.sequence,
           format('CREATE SEQUENCE %s START WITH %s INCREMENT BY %s%s OWNED BY %s.%I', w.sequence, (w.whole).seed, (w.whole).increment,
                  _mssql_fdw._bounds(w.whole), w.target, w.column_name), NULL::text
    FROM owned AS w
    UNION ALL
    SELECT 42, w.position, 2, w.id, 'default', w.source, w.target,
           format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT nextval(%L)', w.target, w.column_name, w.sequence), NULL
    FROM owned AS w
$$;

CREATE FUNCTION _mssql_fdw._plan_defaults(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH names AS MATERIALIZED (
        SELECT coalesce(array_agg(s.schema || '.' || s.name), '{}') AS sources, coalesce(array_agg(s.target), '{}') AS targets
        FROM _mssql_fdw._sequences(model) AS s WHERE s.fits OR s.relation IS NOT NULL
    ), translated AS (
        SELECT CASE WHEN t.action IN ('switch', 'refill') THEN 91 ELSE 45 END AS phase,
               t.position, c.ordinal, t.id, t.source, t.target, c.target AS column_name, c.default_definition,
               _mssql_fdw._translate_default(c.default_definition, c.type, c.max_length, c.precision, c.scale,
                                              n.sources, n.targets) AS expression
        FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id CROSS JOIN names AS n
        LEFT JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target AND t.action IN ('switch', 'refill')
        WHERE (t.action IN ('create', 'replace') OR NOT a.atthasdef AND a.attidentity = '')
          AND c.default_definition IS NOT NULL AND c.generator IS NULL AND (model #>> '{options,defaults}')::boolean
    )
    SELECT d.phase, d.position, 1000 + d.ordinal, d.id, 'default', d.source, d.target,
           CASE WHEN d.expression IS NOT NULL THEN
               format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.target, d.column_name, d.expression) END,
           CASE WHEN d.expression IS NULL THEN format('default of %I not translated: %s', d.column_name, d.default_definition) END
    FROM translated AS d
$$;

-- The temporary table that a table is refilled from.
CREATE FUNCTION _mssql_fdw._staging_table(t replicate._table) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('pg_temp.%I', _mssql_fdw._distinct_name(t.target_name, t.source));

CREATE FUNCTION _mssql_fdw._plan_loads(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.*, CASE x.action WHEN 'refill' THEN _mssql_fdw._staging_table(x) ELSE x.target END AS loaded,
               x.action = 'switch' AND NOT EXISTS (SELECT FROM pg_statistic_ext AS e WHERE e.stxrelid = x.relation) AS analyzed_beside
        FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('create', 'replace', 'switch', 'refill')
    ), lists AS (
        SELECT c.table_id, array_agg(c.name ORDER BY c.ordinal)::text AS sources, array_agg(c.type ORDER BY c.ordinal)::text AS types,
               array_agg(c.target ORDER BY c.ordinal)::text AS targets
        FROM _mssql_fdw._columns(model) AS c WHERE c.loaded
        GROUP BY c.table_id
    )
    SELECT 60, t.position, 1, t.id, 'stage', t.source, t.target, format('SELECT _mssql_fdw._stage(%L)', t.target),
           nullif(concat_ws('; ', n.note, w.note), '')
    FROM t JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id LEFT JOIN _mssql_fdw._narrow_columns(model) AS w ON w.table_id = t.id
    WHERE t.action = 'switch'
    UNION ALL
    SELECT 60, t.position, 2, t.id, 'load', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._load(%L, %L, %L, %L, %L, %L, %L, %L, %L, %s, %s%s)', model ->> 'server', t.schema, t.name,
                  l.sources, l.types, t.loaded, l.targets, t.source, model #>> '{options,nul_policy}', coalesce(t.rows, 0),
                  coalesce(t.bytes, 0), CASE WHEN t.is_memory_optimized THEN ', true' ELSE '' END), NULL
    FROM t JOIN lists AS l ON l.table_id = t.id
    UNION ALL
    SELECT 60, t.position, 3, t.id, 'verify', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._count(%L, %L, %L, %s, %L)', model ->> 'server', t.schema, t.name,
                  t.is_memory_optimized::text, t.loaded), NULL
    FROM t WHERE verify = 'count'
    UNION ALL
    SELECT 60, t.position, 4, t.id, 'stage indexes', t.source, t.target, format('SELECT * FROM _mssql_fdw._stage_indexes(%L)', t.target), NULL
    FROM t WHERE t.action = 'switch'
    UNION ALL
    SELECT CASE WHEN t.analyzed_beside OR t.action IN ('create', 'replace') THEN 60 ELSE 96 END, t.position, 1000, t.id, 'analyze', t.source, t.target,
           CASE WHEN t.analyzed_beside THEN format('SELECT _mssql_fdw._analyze(%L)', t.target) ELSE 'ANALYZE ' || t.target END, NULL
    FROM t WHERE (model #>> '{options,analyze}')::boolean
$$;

-- Those that stand already and are set: whoever has drawn a number holds them until his transaction
-- ends, as he does his table.
CREATE FUNCTION _mssql_fdw._sequences_in_use(model jsonb) RETURNS regclass[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(
        SELECT x.sequence FROM (
            SELECT pg_get_serial_sequence(t.target, c.target)::regclass
            FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
            WHERE c.generator IS NOT NULL
              AND t.action = ANY (CASE model ->> 'what' WHEN 'all' THEN '{switch,refill}' ELSE '{keep}' END::text[])
            UNION
            SELECT s.relation::regclass FROM _mssql_fdw._sequences(model) AS s WHERE s.is_taken) AS x (sequence)
        WHERE x.sequence IS NOT NULL AND model ->> 'what' IN ('all', 'sequences') ORDER BY x.sequence::text COLLATE "C")
$$;

-- Constraints that the source does not vouch for are not held against the new rows. Tables that are
-- refilled behind it are locked with the others, and so are sequences that are set: what waits for
-- them in vain must not keep those locked meanwhile.
CREATE FUNCTION _mssql_fdw._plan_switch(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 84, 0, 0, NULL::int, 'switch', NULL::text, string_agg(t.target, ', ' ORDER BY t.position) FILTER (WHERE t.action = 'switch'),
           format('SELECT * FROM _mssql_fdw._switch(%L, %L, %L, %L, %s)',
                  coalesce(array_agg(t.target ORDER BY t.position) FILTER (WHERE t.action = 'switch'), '{}')::text,
                  _mssql_fdw._untrusted_names(model)::text,
                  coalesce(array_agg(t.target ORDER BY t.position) FILTER (WHERE t.action = 'refill'), '{}')::text,
                  u.sequences::text, (model #>> '{options,analyze}')::boolean::text),
           nullif(concat_ws('; ',
               'locked, and refilled next: ' || string_agg(t.target, ', ' ORDER BY t.position) FILTER (WHERE t.action = 'refill'),
               'locked, and set at the end: ' || nullif(array_to_string(u.sequences, ', '), '')), '')
    FROM (SELECT _mssql_fdw._sequences_in_use(model) AS sequences) AS u
    LEFT JOIN _mssql_fdw._tables(model) AS t ON t.action IN ('switch', 'refill')
    WHERE model ->> 'what' = 'all'
    GROUP BY u.sequences HAVING count(t.id) > 0 OR u.sequences <> '{}'
$$;

-- Partitioned tables, those of other roles, published ones: loaded into a temporary table of the
-- same types, domains aside, which then replaces the rows. A rule or a trigger may keep some of
-- them out, so they are counted once more.
CREATE FUNCTION _mssql_fdw._plan_refill(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.*, _mssql_fdw._staging_table(x) AS staged FROM _mssql_fdw._tables(model) AS x WHERE x.action = 'refill'
    ), lists AS (
        SELECT c.table_id, string_agg(quote_ident(c.target), ', ' ORDER BY c.ordinal) AS targets,
               string_agg(format('%I %s', c.target, format_type(coalesce(nullif(y.typbasetype, 0), a.atttypid),
                   CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END)), ', ' ORDER BY c.ordinal) AS definitions
        FROM _mssql_fdw._columns(model) AS c JOIN t ON t.id = c.table_id
        JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target
        JOIN pg_type AS y ON y.oid = a.atttypid
        WHERE c.loaded
        GROUP BY c.table_id
    )
    SELECT 60, t.position, 1, t.id, 'stage', t.source, t.target,
           format('CREATE TEMPORARY TABLE %s (%s) ON COMMIT DROP', t.staged, l.definitions),
           concat_ws('; ', 'cannot be switched: refilled at the end', n.note, w.note)
    FROM t JOIN lists AS l ON l.table_id = t.id JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id LEFT JOIN _mssql_fdw._narrow_columns(model) AS w ON w.table_id = t.id
    UNION ALL
    SELECT 86, 0, 0, NULL::int, 'truncate', NULL, string_agg(t.target, ', ' ORDER BY t.position),
           'TRUNCATE ' || string_agg(CASE WHEN t.relkind = 'r' THEN 'ONLY ' ELSE '' END || t.target, ', ' ORDER BY t.position), NULL
    FROM t HAVING count(*) > 0
    UNION ALL
    SELECT 87, t.position, 0, t.id, 'refill', t.source, t.target,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s', t.target, l.targets, l.targets, t.staged), NULL
    FROM t JOIN lists AS l ON l.table_id = t.id
    UNION ALL
    SELECT 87, t.position, 1, t.id, 'verify', t.source, t.target,
           format('SELECT _mssql_fdw._count_rows(%L), _mssql_fdw._count_rows(%L)', t.staged, t.target), NULL
    FROM t WHERE verify = 'count'
    UNION ALL
    SELECT 88, t.position, 0, t.id, 'drop table', t.source, t.staged, 'DROP TABLE ' || t.staged, NULL FROM t
$$;

CREATE FUNCTION _mssql_fdw._plan_comments(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 75, t.position, 0, t.id, 'comment', t.source, t.target, format('COMMENT ON TABLE %s IS %L', t.target, t.comment), NULL::text
    FROM _mssql_fdw._tables(model) AS t
    WHERE t.action IN ('create', 'replace') AND t.comment <> '' AND (model #>> '{options,comments}')::boolean
    UNION ALL
    SELECT 75, t.position, c.ordinal, t.id, 'comment', t.source, t.target,
           format('COMMENT ON COLUMN %s.%I IS %L', t.target, c.target, c.comment), NULL
    FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
    WHERE t.action IN ('create', 'replace') AND c.comment <> '' AND (model #>> '{options,comments}')::boolean
$$;
-- Replicate: steps for keys, indexes, checks and foreign keys, all of them made after the data.

-- How many bytes of an index row a column may take at most; NULL: no bound. UTF-8 needs up to 3
-- bytes for 2 of UTF-16, and for 1 of a code page.
CREATE FUNCTION _mssql_fdw._index_width(type text, max_length int, source_collation text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN max_length < 0 OR type IN ('text', 'ntext', 'image', 'xml', 'sql_variant', 'geometry', 'geography') THEN NULL
            WHEN type IN ('nchar', 'nvarchar', 'sysname') THEN max_length * 3 / 2 + 4
            WHEN type IN ('char', 'varchar') AND source_collation NOT LIKE E'%\\_UTF8' THEN max_length * 3 + 4
            ELSE max_length + 4 END;

-- What translating a table's expressions takes: its columns there, here, and their declared types.
CREATE FUNCTION _mssql_fdw._column_lists(model jsonb) RETURNS TABLE (table_id int, sources text[], targets text[], types text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.table_id, array_agg(c.name ORDER BY c.ordinal), array_agg(quote_ident(c.target) ORDER BY c.ordinal),
           array_agg(_mssql_fdw._declare(c.type, c.max_length, c.precision, c.scale) ORDER BY c.ordinal)
    FROM _mssql_fdw._columns(model) AS c
    GROUP BY c.table_id
$$;

-- Tables that are made anew get everything; one that is kept gets what it lacks, after its load. So
-- what failed once is tried again.
CREATE FUNCTION _mssql_fdw._key_phase(action text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN action IN ('create', 'replace') THEN 60 ELSE 91 END;

-- Does a kept table have this key or index, or one that does the same? `keys`: names of its
-- columns, in order.
CREATE FUNCTION _mssql_fdw._has_index(relation oid, target name, constraint_type text, is_unique boolean, keys name[],
    is_filtered boolean) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = relation AND i.indisvalid
      AND (c.relname = target OR i.indisprimary AND constraint_type = 'PK'
           OR i.indisunique >= is_unique AND (i.indpred IS NOT NULL) = is_filtered
              AND keys = ARRAY(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, at)
                               JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = k.attnum
                               WHERE k.at <= i.indnkeyatts ORDER BY k.at)));

-- The source's indexes, a row each, with local column lists; `reason` says why one is not made.
CREATE FUNCTION _mssql_fdw._indexes(model jsonb)
RETURNS TABLE (table_id int, name text, target name, note text, constraint_type text, is_unique boolean, keys text, plain_keys text,
    includes text, has_null boolean, filter text, reason text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH entries AS (
        SELECT o.table_id, o.target, o.note, i.*, c.target AS column_target, c.is_nullable,
               _mssql_fdw._index_width(c.type, c.max_length, c.source_collation) AS width,
               c.scale = 7 AND c.type IN ('time', 'datetime2', 'datetimeoffset') AS is_cut,
               i.is_included AS included, NOT i.is_included AND i.key_ordinal > 0 AS is_key
        FROM _mssql_fdw._source_indexes(model) WITH ORDINALITY AS i
            (schema, "table", index, constraint_type, is_unique, type_desc, is_disabled, filter_definition, key_ordinal, "column",
             is_descending, is_included, at)
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = i.schema AND t.name = i."table" AND t.action IN ('create', 'replace', 'switch', 'refill')
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'index' AND o.table_id = t.id AND o.name = i.index
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.name = i."column"
    ), grouped AS (
        SELECT e.table_id, e.index, e.target, e.note, e.constraint_type, e.is_unique, e.type_desc, e.is_disabled, e.filter_definition,
               string_agg(quote_ident(e.column_target) || CASE WHEN e.is_descending THEN ' DESC' ELSE '' END, ', ' ORDER BY e.key_ordinal)
                   FILTER (WHERE e.is_key) AS keys,
               string_agg(quote_ident(e.column_target), ', ' ORDER BY e.key_ordinal) FILTER (WHERE e.is_key) AS plain_keys,
               array_agg(e.column_target ORDER BY e.key_ordinal) FILTER (WHERE e.is_key) AS key_names,
               string_agg(quote_ident(e.column_target), ', ' ORDER BY e.at) FILTER (WHERE e.included) AS includes,
               bool_or(e.is_nullable) FILTER (WHERE e.is_key) AS has_null, bool_or(e.is_cut) FILTER (WHERE e.is_key) AS is_cut,
               -- a B-tree row holds 2,704 bytes and an index 32 columns; a NULL width must count as
               -- too much
               count(*) FILTER (WHERE e.is_key OR e.included) > 32
                   OR coalesce(bool_or(e.width IS NULL) FILTER (WHERE e.included), false)
                   OR sum(e.width) FILTER (WHERE e.is_key OR e.included) > 2600 AS too_wide
        FROM entries AS e
        GROUP BY e.table_id, e.index, e.target, e.note, e.constraint_type, e.is_unique, e.type_desc, e.is_disabled, e.filter_definition
    ), filtered AS (
        SELECT g.*, CASE WHEN g.filter_definition IS NOT NULL THEN
                   _mssql_fdw._translate_check(g.filter_definition, n.sources, n.targets, n.types) END AS filter
        FROM grouped AS g
        LEFT JOIN _mssql_fdw._column_lists(model) AS n ON n.table_id = g.table_id AND g.filter_definition IS NOT NULL
    )
    SELECT f.table_id, f.index, f.target,
           nullif(concat_ws('; ', f.note, CASE WHEN f.too_wide AND f.includes IS NOT NULL
                                               THEN format('INCLUDE (%s) left out: too wide', f.includes) END,
                             CASE WHEN f.is_unique AND f.is_cut THEN 'rows that differ in the seventh digit of a time only are the same to it' END), ''),
           f.constraint_type, f.is_unique, f.keys, f.plain_keys, CASE WHEN NOT f.too_wide THEN f.includes END,
           coalesce(f.has_null, false), f.filter,
           CASE WHEN f.type_desc LIKE '%COLUMNSTORE%' OR f.type_desc IN ('XML', 'SPATIAL')
                    THEN format('no counterpart for a %s index', lower(f.type_desc))
                WHEN f.is_disabled THEN 'disabled on the source'
                WHEN f.keys IS NULL THEN 'has no key columns'
                WHEN f.filter_definition IS NOT NULL AND f.filter IS NULL THEN format('filter not translated: %s', f.filter_definition) END
    FROM filtered AS f JOIN _mssql_fdw._tables(model) AS t ON t.id = f.table_id
    WHERE t.action NOT IN ('switch', 'refill') OR NOT _mssql_fdw._has_index(t.relation, f.target, f.constraint_type, f.is_unique, f.key_names,
                                                               f.filter_definition IS NOT NULL)
$$;

-- SQL Server counts NULLs as equal in a unique key.
CREATE FUNCTION _mssql_fdw._plan_indexes(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT _mssql_fdw._key_phase(t.action) AS phase, t.position, t.id, t.source, t.target AS table_target, i.*,
               CASE WHEN i.constraint_type = 'PK' THEN 'primary key' WHEN i.constraint_type = 'UQ' THEN 'unique' ELSE 'index' END AS kind,
               CASE WHEN i.is_unique AND i.has_null AND i.constraint_type IS DISTINCT FROM 'PK'
                    AND current_setting('server_version_num')::int >= 150000 THEN ' NULLS NOT DISTINCT' ELSE '' END AS nulls
        FROM _mssql_fdw._indexes(model) AS i JOIN _mssql_fdw._tables(model) AS t ON t.id = i.table_id
        WHERE i.is_unique OR (model #>> '{options,indexes}')::boolean
    )
    SELECT l.phase, l.position,
           10 + row_number() OVER (PARTITION BY l.id ORDER BY l.kind <> 'primary key', l.kind <> 'unique', l.target COLLATE "C")::int,
           l.id, l.kind, l.source, l.table_target,
           CASE WHEN l.reason IS NOT NULL THEN NULL
                WHEN l.kind = 'primary key' THEN
                    format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (%s)', l.table_target, l.target, l.plain_keys)
                WHEN l.kind = 'unique' THEN
                    format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE%s (%s)', l.table_target, l.target, l.nulls, l.plain_keys)
                ELSE format('CREATE %sINDEX %I ON %s (%s)%s%s%s', CASE WHEN l.is_unique THEN 'UNIQUE ' ELSE '' END, l.target,
                            l.table_target, l.keys, ' INCLUDE (' || l.includes || ')', l.nulls, ' WHERE ' || l.filter) END,
           nullif(concat_ws('; ', l.note,
               CASE WHEN l.reason IS NOT NULL THEN format('index %s not made: %s', quote_ident(l.name), l.reason) END,
               CASE WHEN l.is_unique AND l.has_null AND l.nulls = '' AND l.kind <> 'primary key'
                    THEN 'several NULLs are allowed here: NULLS NOT DISTINCT came with PostgreSQL 15' END), '')
    FROM listed AS l
$$;

-- A kept table's constraint of this name: is it validated? NULL: there is none.
CREATE FUNCTION _mssql_fdw._constraint_state(t replicate._table, constraint_name name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT k.convalidated FROM pg_constraint AS k
        WHERE k.conrelid = t.relation AND k.conname = constraint_name AND t.action NOT IN ('create', 'replace'));

-- Checks and foreign keys of tables that get new rows which the source has disabled, or does not
-- vouch for. `id`: here.
CREATE FUNCTION _mssql_fdw._untrusted(model jsonb)
RETURNS TABLE (table_id int, kind text, target name, id oid, is_disabled boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT 'check' AS kind, k.schema, k."table", k."constraint", k.is_disabled, k.is_not_trusted
        FROM _mssql_fdw._source_checks(model) AS k
        UNION
        SELECT 'foreign key', f.schema, f."table", f."constraint", f.is_disabled, f.is_not_trusted
        FROM _mssql_fdw._source_foreign_keys(model) AS f
    )
    SELECT t.id, l.kind, o.target, k.oid, l.is_disabled
    FROM listed AS l
    JOIN _mssql_fdw._tables(model) AS t ON t.schema = l.schema AND t.name = l."table" AND t.action IN ('switch', 'refill')
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = l.kind AND o.table_id = t.id AND o.name = l."constraint"
    JOIN pg_constraint AS k ON k.conrelid = t.relation AND k.conname = o.target AND k.contype = CASE l.kind WHEN 'check' THEN 'c' ELSE 'f' END
    WHERE l.is_disabled OR l.is_not_trusted
$$;

-- The same, as _switch() takes them.
CREATE FUNCTION _mssql_fdw._untrusted_names(model jsonb) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT format('%I.%I %I', t.target_schema, t.target_name, u.target)
                 FROM _mssql_fdw._untrusted(model) AS u JOIN _mssql_fdw._tables(model) AS t ON t.id = u.table_id
                 ORDER BY t.position, u.target COLLATE "C")
$$;

-- A check that is disabled on the source is not enforced here either. INSERT would enforce one that
-- is only not trusted, so it comes back after a refill.
CREATE FUNCTION _mssql_fdw._plan_untrusted_checks(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT t.*, u.target AS check_name, u.is_disabled, pg_get_constraintdef(u.id) AS definition,
               obj_description(u.id, 'pg_constraint') AS words, row_number() OVER (PARTITION BY t.id ORDER BY u.target COLLATE "C")::int AS ordinal
        FROM _mssql_fdw._untrusted(model) AS u JOIN _mssql_fdw._tables(model) AS t ON t.id = u.table_id
        WHERE u.kind = 'check' AND (u.is_disabled OR t.action = 'refill')
    )
    SELECT 85, l.position, l.ordinal, l.id, 'drop check', l.source, l.target,
           format('ALTER TABLE %s DROP CONSTRAINT %I', l.target, l.check_name),
           CASE WHEN l.is_disabled THEN format('check %I dropped: disabled on the source', l.check_name) END
    FROM listed AS l
    UNION ALL
    SELECT 90, l.position, l.ordinal, l.id, 'check', l.source, l.target,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', l.target, l.check_name, regexp_replace(l.definition, ' NOT VALID$', ''))
               || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS ', l.check_name, l.target) || quote_literal(l.words), ''), NULL
    FROM listed AS l WHERE NOT l.is_disabled
$$;

-- What the source does not vouch for stays NOT VALID: enforced from now on, not checked for what is
-- there.
CREATE FUNCTION _mssql_fdw._plan_checks(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT _mssql_fdw._key_phase(t.action) AS phase, t.position, t.id, t.source, t.target AS table_target, o.target, o.note, k.definition, k.is_disabled, k.is_not_trusted,
               _mssql_fdw._constraint_state(t, o.target) AS is_valid,
               row_number() OVER (PARTITION BY t.id ORDER BY o.target COLLATE "C")::int AS ordinal,
               _mssql_fdw._translate_check(k.definition, n.sources, n.targets, n.types) AS expression
        FROM _mssql_fdw._source_checks(model) AS k
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = k.schema AND t.name = k."table" AND t.action IN ('create', 'replace', 'switch', 'refill')
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'check' AND o.table_id = t.id AND o.name = k."constraint"
        JOIN _mssql_fdw._column_lists(model) AS n ON n.table_id = t.id
        WHERE (model #>> '{options,checks}')::boolean
    )
    SELECT l.phase, l.position, 500 + l.ordinal, l.id, 'check', l.source, l.table_target,
           CASE WHEN l.expression IS NOT NULL AND NOT l.is_disabled THEN
               format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s) NOT VALID', l.table_target, l.target, l.expression) END,
           nullif(concat_ws('; ', l.note, CASE WHEN l.is_disabled THEN format('check %I not made: disabled on the source', l.target)
                                               WHEN l.expression IS NULL THEN format('check %I not translated: %s', l.target, l.definition)
                                               WHEN l.is_not_trusted THEN 'not trusted on the source: not validated' END), '')
    FROM listed AS l WHERE l.is_valid IS NULL
    UNION ALL
    SELECT l.phase, l.position, 700 + l.ordinal, l.id, 'validate', l.source, l.table_target,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', l.table_target, l.target), NULL
    FROM listed AS l
    WHERE l.expression IS NOT NULL AND NOT l.is_disabled AND NOT l.is_not_trusted AND l.is_valid IS NOT TRUE
$$;

-- The source's foreign keys, a row each, with local names. `parent_exists`: in this run, or in the
-- database already. `is_late`: they hold for rows that only the end of the run brings.
CREATE FUNCTION _mssql_fdw._foreign_keys(model jsonb)
RETURNS TABLE (table_id int, "position" int, source text, child text, target name, note text, definition text, parent text,
    parent_exists boolean, is_disabled boolean, is_not_trusted boolean, is_valid boolean, is_late boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH everything AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), grouped AS (
        SELECT f.schema, f."table", f."constraint", f.referenced_schema, f.referenced_table, f.delete_action, f.update_action,
               bool_or(f.is_disabled) AS is_disabled, bool_or(f.is_not_trusted) AS is_not_trusted,
               string_agg(quote_ident(c.target), ', ' ORDER BY f.ordinal) AS columns,
               string_agg(quote_ident(r.target), ', ' ORDER BY f.ordinal) AS referenced_columns,
               array_agg(c.target ORDER BY f.ordinal) AS column_names
        FROM _mssql_fdw._source_foreign_keys(model) AS f
        JOIN everything AS child ON child.schema = f.schema AND child.name = f."table"
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = child.id AND c.name = f."column"
        LEFT JOIN everything AS parent ON parent.schema = f.referenced_schema AND parent.name = f.referenced_table
        LEFT JOIN _mssql_fdw._columns(model) AS r ON r.table_id = parent.id AND r.name = f.referenced_column
        GROUP BY f.schema, f."table", f."constraint", f.referenced_schema, f.referenced_table, f.delete_action, f.update_action
    )
    SELECT t.id, t.position, t.source, t.target, o.target, o.note,
           format('FOREIGN KEY (%s) REFERENCES %s (%s)%s%s', g.columns, p.target, g.referenced_columns,
                  ' ON DELETE ' || nullif(replace(g.delete_action, '_', ' '), 'NO ACTION'),
                  ' ON UPDATE ' || nullif(replace(g.update_action, '_', ' '), 'NO ACTION')),
           _mssql_fdw._source_name(g.referenced_schema, g.referenced_table), p.position IS NOT NULL OR p.relation IS NOT NULL,
           g.is_disabled, g.is_not_trusted, _mssql_fdw._constraint_state(t, o.target),
           t.action IN ('switch', 'refill') OR coalesce(p.action IN ('switch', 'refill'), false)
    FROM grouped AS g
    JOIN everything AS t ON t.schema = g.schema AND t.name = g."table"
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'foreign key' AND o.table_id = t.id AND o.name = g."constraint"
    LEFT JOIN everything AS p ON p.schema = g.referenced_schema AND p.name = g.referenced_table
    WHERE t.position IS NOT NULL
      AND (t.action IN ('create', 'replace')
           -- a kept table whose rows stay gets its keys to parents that are only made now
           OR (t.action IN ('switch', 'refill') OR t.action = 'keep' AND p.action IN ('create', 'replace'))
              AND _mssql_fdw._constraint_state(t, o.target) IS NOT TRUE
              AND NOT EXISTS (
                  SELECT FROM pg_constraint AS k WHERE k.conrelid = t.relation AND k.confrelid = p.relation AND k.contype = 'f'
                   AND k.conname <> o.target AND g.column_names = ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, at)
                                              JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.at)))
$$;

CREATE FUNCTION _mssql_fdw._plan_foreign_keys(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT f.*, _mssql_fdw._takes_not_valid(to_regclass(f.child)) AS takes_not_valid,
               1000 + row_number() OVER (ORDER BY f.position, f.target COLLATE "C")::int AS ordinal
        FROM _mssql_fdw._foreign_keys(model) AS f WHERE (model #>> '{options,foreign_keys}')::boolean
    )
    SELECT CASE WHEN l.is_late THEN 92 ELSE 70 END, l.position, l.ordinal, l.table_id, 'foreign key', l.source, l.child,
           CASE WHEN l.parent_exists THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', l.child, l.target, l.definition,
               CASE WHEN l.takes_not_valid THEN ' NOT VALID' ELSE '' END) END,
           nullif(concat_ws('; ', l.note,
               CASE WHEN NOT l.parent_exists THEN format('foreign key %I not made: %s is not replicated', l.target, l.parent)
                    WHEN l.is_disabled THEN 'disabled on the source: not validated'
                    WHEN l.is_not_trusted THEN 'not trusted on the source: not validated' END), '')
    FROM listed AS l WHERE l.is_valid IS NULL
    UNION ALL
    SELECT CASE WHEN l.is_late THEN 93 ELSE 72 END, l.position, l.ordinal, l.table_id, 'validate', l.source, l.child,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', l.child, l.target), NULL
    FROM listed AS l
    WHERE l.parent_exists AND NOT l.is_disabled AND NOT l.is_not_trusted AND l.takes_not_valid
$$;
-- Replicate: statements of a run go by names, and its model is made before it has a lock. So what
-- it names is held, and asked once more who could have written what it evaluates.

-- Locks the relations against whatever alters them, keeps the schemas' names, until the transaction
-- ends (src/pg/copy/hold.hpp), and calls _check_held() in a snapshot of then.
CREATE FUNCTION _mssql_fdw._hold(schemas name[], relations oid[], targets text[], model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hold' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- targets[i] is the name of relations[i].
CREATE FUNCTION _mssql_fdw._check_names(relations oid[], targets text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed text;
BEGIN
    SELECT string_agg(h.target, ', ' ORDER BY h.target COLLATE "C") INTO changed FROM unnest(relations, targets) AS h (relation, target)
    WHERE to_regclass(h.target) IS DISTINCT FROM h.relation::regclass;
    IF changed IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('55000', 'tables have been dropped, renamed or made anew since the run began', changed || '.', 'Run again.');
    END IF;
END
$$;

-- Relations that the run does not write or drop are the ends of foreign keys.
CREATE FUNCTION _mssql_fdw._check_held(relations oid[], targets text[], model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._check_names(relations, targets);
    PERFORM _mssql_fdw._check_owners(model, 'all');
    PERFORM _mssql_fdw._check_type_owners(model);
    PERFORM _mssql_fdw._check_planned(ARRAY(
        SELECT unnest(relations)
        EXCEPT SELECT t.relation FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill', 'replace')));
    PERFORM _mssql_fdw._check_referred_types(model);
END
$$;

-- The columns that keys which are only made now will refer to, of tables that stand already,
-- whosever they are.
CREATE FUNCTION _mssql_fdw._referred_columns(model jsonb) RETURNS TABLE (relation oid, target text, column_name name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT p.relation, p.target, c.target
    FROM _mssql_fdw._source_foreign_keys(model) AS f
    JOIN _mssql_fdw._tables(model) AS t ON t.schema = f.schema AND t.name = f."table" AND t.action IN ('create', 'replace', 'switch', 'refill', 'keep')
    JOIN _mssql_fdw._mapped_tables(model) AS p
      ON p.schema = f.referenced_schema AND p.name = f.referenced_table AND p.action IS DISTINCT FROM 'replace'
    JOIN _mssql_fdw._columns(model) AS c ON c.table_id = p.id AND c.name = f.referenced_column
    WHERE (model #>> '{options,foreign_keys}')::boolean AND has_any_column_privilege(p.relation, 'REFERENCES')
$$;

-- A key that is made is held against the rows by the casts of its types.
CREATE FUNCTION _mssql_fdw._check_referred_types(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH referred AS MATERIALIZED (
        SELECT r.target, r.column_name, a.atttypid
        FROM _mssql_fdw._referred_columns(model) AS r JOIN pg_attribute AS a ON a.attrelid = r.relation AND a.attname = r.column_name
    )
    SELECT r.target, r.column_name, u.part_name AS type, u.owner INTO other
    FROM referred AS r JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM referred AS x)) AS u ON u.type = r.atttypid
    ORDER BY r.target COLLATE "C", r.column_name COLLATE "C", u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('column "%s" of %s, which foreign keys are to refer to, is of type %s of role %I', other.column_name,
            other.target, other.type, other.owner),
            format('Casts that %I has written would run with the rights of %I.', other.owner, current_user),
            'Leave the keys out by options => ''{"foreign_keys": false}'', or use another target_schema.');
    END IF;
END
$$;

-- The tables that a run alters first: then no key from or to them is made any more, and the other
-- ends of the keys that are dropped and made again are known. Who could have written what they
-- evaluate is asked when both are held.
CREATE FUNCTION _mssql_fdw._hold_targets(model jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._hold(
        ARRAY(SELECT t.target_schema FROM _mssql_fdw._tables(model) AS t UNION SELECT s.target_schema FROM _mssql_fdw._sequences(model) AS s),
        coalesce(array_agg(t.relation), '{}'), coalesce(array_agg(t.target), '{}'), model)
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill', 'replace');
    PERFORM _mssql_fdw._hold('{}', coalesce(array_agg(e.relation), '{}'), coalesce(array_agg(e.name), '{}'), model)
    FROM (SELECT k.child, k.child_name FROM _mssql_fdw._existing_keys(model) AS k
          UNION SELECT k.parent, k.parent_name FROM _mssql_fdw._existing_keys(model) AS k
          UNION SELECT r.relation, r.target FROM _mssql_fdw._referred_columns(model) AS r) AS e (relation, name);
END
$$;
-- Replicate: identity columns and sequences go on where the source's would, and never give a number
-- that is already there.

-- Keeps others from drawing numbers of these, those of the user's, until the transaction ends: all
-- of them together, so that nobody who has drawn one is waited for with some of them locked.
CREATE FUNCTION _mssql_fdw._lock_sequences(sequences regclass[]) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_sequences' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- Sets `sequence` so that the next value is `next`; status says when it cannot be. Transactional:
-- setval() alone would survive a rollback, but RESTART gives the sequence a new file first, which
-- does not.
CREATE FUNCTION _mssql_fdw._set_sequence(sequence regclass, next numeric, step numeric, used boolean,
    OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s pg_sequence;
BEGIN
    SELECT * INTO STRICT s FROM pg_sequence AS x WHERE x.seqrelid = sequence;
    EXECUTE format('ALTER SEQUENCE %s RESTART', sequence);
    IF next BETWEEN s.seqmin AND s.seqmax THEN
        -- as used up to the value before, where that is one: last_value then reads as people expect
        IF used AND next - step BETWEEN s.seqmin AND s.seqmax AND step = s.seqincrement THEN
            last_value := setval(sequence, (next - step)::bigint, true);
        ELSE
            PERFORM setval(sequence, next::bigint, false);
        END IF;
        status := CASE WHEN used THEN 'ok' ELSE 'ok, not used yet' END;
    ELSIF (step > 0) = (next > s.seqmax) THEN
        last_value := setval(sequence, CASE WHEN step > 0 THEN s.seqmax ELSE s.seqmin END, true);
        status := CASE WHEN s.seqcycle THEN 'ok' ELSE 'exhausted' END;
    ELSE
        PERFORM setval(sequence, CASE WHEN step > 0 THEN s.seqmin ELSE s.seqmax END, false);
        status := format('starts at %s: %s is out of its range', CASE WHEN step > 0 THEN s.seqmin ELSE s.seqmax END, next);
    END IF;
END
$$;

-- For a sequence of its own; last NULL: never used.
CREATE FUNCTION _mssql_fdw._align_sequence(target regclass, start numeric, step numeric, last numeric,
    OUT sequence text, OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    sequence := target::text;
    SELECT a.last_value, a.status INTO last_value, status
    FROM _mssql_fdw._set_sequence(target, coalesce(last + step, start), step, last IS NOT NULL) AS a;
END
$$;

-- For an identity column: beyond the source's last value, and beyond every number in the table
-- (IDENTITY_INSERT, RESEED), or in its staging relation. An empty table whose last value is its
-- seed starts with the seed: some servers say so of a column that was never used.
CREATE FUNCTION _mssql_fdw._align_identity(target regclass, column_name name, start numeric, step numeric, last numeric,
    OUT sequence text, OUT last_value bigint, OUT status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    edge numeric;
    next numeric;
    used boolean;
BEGIN
    sequence := pg_get_serial_sequence(target::text, column_name);
    IF sequence IS NULL THEN
        status := 'no sequence: the column is not numbered here';
        RETURN;
    END IF;
    EXECUTE format('SELECT %s(x.%I)::numeric FROM %s AS x', CASE WHEN step > 0 THEN 'max' ELSE 'min' END, column_name,
                   coalesce(_mssql_fdw._staged(target)::regclass, target)) INTO edge;
    used := edge IS NOT NULL OR last <> start;
    next := CASE WHEN last IS NOT NULL AND used THEN last + step ELSE start END;
    IF edge IS NOT NULL THEN
        next := CASE WHEN step > 0 THEN greatest(next, edge + step) ELSE least(next, edge + step) END;
    END IF;
    SELECT a.last_value, a.status INTO last_value, status
    FROM _mssql_fdw._set_sequence(sequence::regclass, next, step, coalesce(used, false)) AS a;
END
$$;

CREATE FUNCTION _mssql_fdw._plan_identities(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN t.action IN ('create', 'replace') THEN 80 ELSE 94 END, t.position, c.ordinal, t.id, 'sequence value', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._align_identity(%L, %L, %s, %s, %s)', t.target, c.target, c.seed, c.increment,
                  coalesce(c.last_value::text, 'NULL')), NULL::text
    FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
    WHERE c.generator IS NOT NULL
      AND (t.action IN ('create', 'replace', 'switch', 'refill') AND model ->> 'what' = 'all'
           OR t.action = 'keep' AND model ->> 'what' = 'sequences')
$$;
-- Replicate: the plan as a whole, and its execution.

-- The planner's settings are those of _model(), for the same reason.
CREATE FUNCTION _mssql_fdw._plan(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET join_collapse_limit = 1 SET jit = off AS $$
    SELECT s.* FROM (
        SELECT * FROM _mssql_fdw._plan_isolation(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_schemas(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_existing_foreign_keys(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_drop_tables(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_sequences(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_tables(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_owned_sequences(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_defaults(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_loads(model, verify) WHERE model ->> 'what' = 'all'
        UNION ALL SELECT * FROM _mssql_fdw._plan_switch(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_refill(model, verify)
        UNION ALL SELECT * FROM _mssql_fdw._plan_untrusted_checks(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_indexes(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_checks(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_foreign_keys(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_identities(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_comments(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_columns_without_source(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_copies_without_source(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_losses(model)) AS s
    ORDER BY s.phase, s."position", s.ordinal, s.kind, s.target COLLATE "C"
$$;

-- A copy that is not of one moment, where that is not the server option's doing: told by a NOTICE,
-- and no loss.
CREATE FUNCTION _mssql_fdw._plan_isolation(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 0, 0, 0, NULL::int, 'isolation', d.name, NULL::text, NULL::text,
           format('not of one moment: read at READ COMMITTED, unless the source gets ALTER DATABASE %s SET ALLOW_SNAPSHOT_ISOLATION ON',
                  _mssql_fdw._quote_name(d.name))
    FROM jsonb_to_record(model -> 'database') AS d (name text, snapshot_isolation_state int)
    WHERE model ->> 'what' = 'all' AND d.snapshot_isolation_state <> 1
      AND coalesce(_mssql_fdw._server_option((model ->> 'server')::name, 'isolation'), 'automatic') = 'automatic'
      AND EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill'))
$$;

-- What a large database takes before the first step is done: the source's time and ours.
CREATE FUNCTION _mssql_fdw._say_times(model jsonb, took interval) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._say(false, format('plan made in %s s, of which reading the catalog of server "%s" took %s s',
                                         round(extract(epoch FROM took)::numeric, 1), model ->> 'server', round((model ->> 'read_s')::numeric, 1)))
    WHERE took >= interval '10 s'
$$;

-- What stays behind: views and programs, what was set aside when the catalog was read; and patterns
-- that match nothing.
CREATE FUNCTION _mssql_fdw._plan_losses(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 98, 0, row_number() OVER (ORDER BY o.kind, o.schema COLLATE "C", o.name COLLATE "C")::int, NULL::int, o.kind,
           _mssql_fdw._source_name(o.schema, o.name), NULL::text, NULL::text, 'not copied'
    FROM _mssql_fdw._other_objects(model) AS o
    WHERE model ->> 'only_table' IS NULL
      AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(o.schema, o.name, _mssql_fdw._text_array(model -> 'include')))
      AND NOT _mssql_fdw._matches(o.schema, o.name, _mssql_fdw._text_array(model -> 'exclude'))
    UNION ALL
    SELECT 98, 1, w.at::int, NULL, w.value ->> 'kind', NULL, NULL, NULL, w.value ->> 'message'
    FROM jsonb_array_elements(model -> 'warnings') WITH ORDINALITY AS w (value, at)
    UNION ALL
    SELECT 99, 0, f.at::int, (f.value ->> 'table_id')::int, 'finding', f.value ->> 'object', NULL, NULL, concat_ws('; ', f.value ->> 'finding', f.value ->> 'advice')
    FROM jsonb_array_elements(coalesce(model -> 'findings', '[]')) WITH ORDINALITY AS f (value, at)
$$;

-- One run per server at a time in this database, until the transaction ends; an error when another
-- session has one.
CREATE FUNCTION _mssql_fdw._lock_server(server name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_server' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- Executes the steps of a plan in order, in the transaction of its caller (src/pg/copy/steps.hpp),
-- and has _claim_copies() called before others have to wait for it. A row for each step, and one
-- for each constraint and index that the new rows violate.
CREATE FUNCTION _mssql_fdw._execute(model jsonb, steps replicate._step[]) RETURNS SETOF replicate._outcome
AS 'MODULE_PATHNAME', 'mssql_fdw_execute' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;

-- Called behind the switch, which may have waited long, and what follows goes by names.
CREATE FUNCTION _mssql_fdw._check_switched(model jsonb) RETURNS void
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._check_names(array_agg(t.relation), array_agg(t.target))
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill')
$$;

-- The others are notes.
CREATE FUNCTION _mssql_fdw._is_warning(loss replicate._outcome) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (loss).verb IN ('failed', 'not validated', 'without a match', 'without tables');

-- "1 check not translated, 16 views and 7 procedures not copied"; NULL: nothing is lost.
CREATE FUNCTION _mssql_fdw._loss_summary(losses replicate._outcome[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH counted AS (
        SELECT l.verb, count(*) || ' ' || CASE WHEN l.kind = 'copy' AND count(*) > 1 THEN 'copie' WHEN l.kind = 'unique' THEN 'unique constraint'
                                          WHEN l.kind = 'validate' THEN 'constraint' ELSE l.kind END
                   || CASE WHEN count(*) = 1 THEN '' WHEN l.kind = 'index' THEN 'es' ELSE 's' END AS said,
               row_number() OVER (PARTITION BY l.verb ORDER BY count(*) DESC, l.kind) AS n
        FROM unnest(losses) AS l GROUP BY l.verb, l.kind
    ), verbs AS (
        SELECT c.verb, array_agg(c.said ORDER BY c.n) AS said FROM counted AS c GROUP BY c.verb
    )
    SELECT string_agg(rtrim(concat_ws(' and ', nullif(array_to_string(trim_array(v.said, 1), ', '), ''), v.said[cardinality(v.said)])
                            || ' ' || v.verb), ', '
                      ORDER BY array_position('{failed,not validated,without tables,without a match,not translated,not made,without a source,not copied}', v.verb))
    FROM verbs AS v
$$;

-- '50000 rows, 43 MB in 1.2 s (41000 rows/s)'
CREATE FUNCTION _mssql_fdw._amount(rows bigint, bytes bigint, elapsed interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s %s%s in %s s%s', rows, CASE rows WHEN 1 THEN 'row' ELSE 'rows' END, ', ' || pg_size_pretty(bytes), round(extract(epoch FROM elapsed)::numeric, 1),
                  -- too short a time says nothing
                  CASE WHEN rows >= 1000 AND elapsed >= interval '0.1 s'
                       THEN format(' (%s rows/s)', round((rows / extract(epoch FROM elapsed))::numeric, -2)) END)
$$;

-- Of a table without those that inherit from it; an error where counting evaluates what another
-- role has written.
CREATE FUNCTION _mssql_fdw._count_rows(relation regclass) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_count_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- Source rows by the remote session, target rows by ours, staged ones where there are.
CREATE FUNCTION _mssql_fdw._count(server name, schema text, name text, snapshot boolean, target regclass,
    OUT source_rows bigint, OUT target_rows bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    source_rows := _mssql_fdw._source_count(server, schema, name, snapshot);
    target_rows := _mssql_fdw._count_rows(coalesce(_mssql_fdw._staged(target), target));
END
$$;

-- Notes what is, or becomes, a copy by these steps. Numbers alone make no copy.
CREATE FUNCTION _mssql_fdw._claim_copies(model jsonb, steps replicate._step[]) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._claim((model ->> 'server')::name, array_agg(c.schema), array_agg(c.name), array_agg(c.target))
    FROM (SELECT t.schema, t.name, to_regclass(t.target)
          FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill')
          UNION ALL
          SELECT s.schema, s.name, to_regclass(s.target) FROM _mssql_fdw._sequences(model) AS s
          WHERE model ->> 'on_existing' <> 'skip'
             OR EXISTS (SELECT FROM unnest(steps) AS x WHERE x.kind = 'sequence' AND x.target = s.target AND x.statement IS NOT NULL)
         ) AS c (schema, name, target)
    WHERE c.target IS NOT NULL AND model ->> 'what' <> 'sequences'
$$;

-- A row for every table, in load order. One difference is not made good by a later count: a refill
-- is counted twice.
CREATE FUNCTION _mssql_fdw._table_results(model jsonb, outcomes replicate._outcome[]) RETURNS replicate.run_tables[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH results AS (
        SELECT o.table_id, sum(o.elapsed) AS elapsed, bool_or(o.verb IS NOT NULL) AS lacks, bool_or(o.kind = 'verify') AS is_counted,
               max(o.answer[1]::bigint) FILTER (WHERE o.kind = 'load') AS rows, max(o.answer[2]::bigint) FILTER (WHERE o.kind = 'load') AS bytes,
               (array_agg(format('count differs: source %s, target %s', o.answer[1], o.answer[2]) ORDER BY o.step)
                   FILTER (WHERE o.kind = 'verify' AND o.answer[1] <> o.answer[2]))[1] AS difference,
               array_agg(CASE o.kind WHEN 'finding' THEN concat_ws(': ', o.source, o.note) ELSE o.note END ORDER BY o.step) FILTER (WHERE o.note IS NOT NULL AND o.kind NOT IN ('load', 'verify', 'drop foreign key')) AS notes
        FROM unnest(outcomes) AS o GROUP BY o.table_id
    )
    SELECT coalesce(array_agg(ROW(0, t.source, t.target, r.rows, r.bytes, coalesce(r.elapsed, '0'),
               CASE WHEN t.action = 'skip' THEN 'skipped: exists'
                    WHEN r.difference IS NOT NULL THEN r.difference
                    ELSE CASE WHEN r.is_counted THEN 'ok' ELSE 'loaded' END || CASE WHEN r.lacks THEN ', with notes' ELSE '' END END,
               coalesce(r.notes, '{}'))::replicate.run_tables ORDER BY t.position), '{}')
    FROM _mssql_fdw._tables(model) AS t LEFT JOIN results AS r ON r.table_id = t.id
$$;

-- A run without its history: what replicate.runs and replicate.run_tables will say of it, and what
-- was lost. Only _replicate() writes that down.
CREATE FUNCTION _mssql_fdw._run(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb,
    OUT run replicate.runs, OUT tables replicate.run_tables[], OUT losses replicate._outcome[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    steps replicate._step[];
    outcomes replicate._outcome[];
    difference text;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    run.started := clock_timestamp();
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    model := _mssql_fdw._model('all', server, target_schema, include, exclude, only_table, on_existing, options);
    PERFORM _mssql_fdw._hold_targets(model);
    steps := ARRAY(SELECT s FROM _mssql_fdw._plan(model, verify) AS s);
    PERFORM _mssql_fdw._say_times(model, clock_timestamp() - run.started);
    outcomes := ARRAY(SELECT o FROM _mssql_fdw._execute(model, steps) AS o);
    tables := _mssql_fdw._table_results(model, outcomes);
    losses := ARRAY(SELECT o FROM unnest(outcomes) AS o WHERE o.verb IS NOT NULL);
    run.server := server;
    run.function := CASE WHEN only_table IS NULL THEN 'replicate_all' ELSE 'replicate_table' END;
    run.arguments := jsonb_strip_nulls(jsonb_build_object('source_table', only_table, 'target_schema', target_schema,
        'include', include, 'exclude', exclude, 'on_existing', on_existing, 'jobs', jobs, 'chunk_rows', chunk_rows,
        'verify', verify, 'options', options));
    SELECT CASE WHEN bool_or(t.status LIKE 'count differs%') THEN 'differs'
                WHEN cardinality(losses) > 0 THEN 'ok, with notes' ELSE 'ok' END,
           coalesce(sum(t.rows), 0), coalesce(sum(t.bytes), 0)
    INTO run.status, run.rows, run.bytes FROM unnest(tables) AS t;
    run.warnings := ARRAY(SELECT t.source || ': ' || t.status FROM unnest(tables) AS t WHERE t.status LIKE 'count differs%');
    FOREACH difference IN ARRAY run.warnings LOOP
        PERFORM _mssql_fdw._say(true, difference, 'The copy stands all the same.',
            'Rows were written at the source during the run, or a rule or trigger of the target kept them out.');
    END LOOP;
    run.warnings := run.warnings
        || ARRAY(SELECT concat_ws(': ', coalesce(l.source, l.target), l.note) FROM unnest(losses) AS l WHERE _mssql_fdw._is_warning(l));
    run.notes := ARRAY(SELECT CASE WHEN l.verb = 'not copied' THEN l.kind || ' ' ELSE '' END || concat_ws(': ', coalesce(l.source, l.target), l.note)
                       FROM unnest(losses) AS l WHERE NOT _mssql_fdw._is_warning(l));
    run.source_database := model #>> '{database,name}';
    run.source_version := model #>> '{database,product_version}';
    run.isolation := _mssql_fdw._isolation(server, model);
    run.finished := clock_timestamp();
    PERFORM _mssql_fdw._forget_model(model);
END
$$;

-- Called by _replicate() as the extension's owner: nobody else may write the tables. The run's id,
-- beyond those that are there: a restore may have set the sequence back.
CREATE FUNCTION _mssql_fdw._write_history(run replicate.runs, tables replicate.run_tables[], role name) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT setval('replicate.run_id', coalesce(r.last, 1), r.last IS NOT NULL)
    FROM (SELECT max(x.id) AS last FROM replicate._runs AS x) AS r, replicate.run_id AS s
    WHERE r.last > s.last_value - CASE WHEN s.is_called THEN 0 ELSE 1 END OR s.last_value = 9223372036854775807;
    WITH added AS (
        INSERT INTO replicate._runs (server, function, arguments, role, started, finished, status, rows, bytes, warnings, notes,
            source_database, source_version, isolation)
        VALUES (run.server, run.function, run.arguments, role, run.started, run.finished, run.status, run.rows, run.bytes, run.warnings,
            run.notes, run.source_database, run.source_version, run.isolation)
        RETURNING id
    ), added_tables AS (
        INSERT INTO replicate._run_tables
        SELECT a.id, t.source, t.target, t.rows, t.bytes, t.elapsed, t.status, t.notes FROM added AS a CROSS JOIN unnest(tables) AS t
    )
    SELECT a.id FROM added AS a
$$;

-- The body of replicate_all and replicate_table (only_table): locks the server, calls _run(),
-- writes history, and says a closing line; the rows of the tables. It sets search_path itself, and
-- lets triggers of the caller's see his (src/pg/copy/run.cpp).
CREATE FUNCTION _mssql_fdw._replicate(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS replicate.run_tables[]
AS 'MODULE_PATHNAME', 'mssql_fdw_replicate' LANGUAGE C VOLATILE PARALLEL UNSAFE;

-- The run in a line: '11 tables: 50000 rows, 43 MB in 12.3 s; 2 skipped; 1 check not translated, 16
-- views not copied; see ...'.
CREATE FUNCTION _mssql_fdw._run_message(results replicate.run_tables[], losses replicate._outcome[], took interval, id bigint)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('; ',
        format('%s %s: %s', count(r.rows), CASE count(r.rows) WHEN 1 THEN 'table' ELSE 'tables' END,
               _mssql_fdw._amount(coalesce(sum(r.rows), 0)::bigint, coalesce(sum(r.bytes), 0)::bigint, took)),
        CASE count(*) FILTER (WHERE r.status LIKE 'count differs%') WHEN 0 THEN NULL WHEN 1 THEN '1 table differs'
            ELSE format('%s tables differ', count(*) FILTER (WHERE r.status LIKE 'count differs%')) END,
        nullif(count(*) FILTER (WHERE r.status LIKE 'skipped%'), 0) || ' skipped',
        _mssql_fdw._loss_summary(losses) || format('; see notes and warnings in replicate.runs, id %s', id))
    FROM unnest(results) AS r
$$;

-- What the connection reads at: the server's option, else SNAPSHOT where the database allows it
-- (src/pg/remote/connection.cpp).
CREATE FUNCTION _mssql_fdw._isolation(server name, model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        replace(nullif(_mssql_fdw._server_option(server, 'isolation'), 'automatic'), '_', ' '),
        CASE WHEN (model #>> '{database,snapshot_isolation_state}')::int = 1 THEN 'snapshot' ELSE 'read committed' END)
$$;
-- Replicate, the surface: the functions of docs/replicate.md.

CREATE FUNCTION @extschema@.replicate_plan(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, on_existing text DEFAULT 'refresh', jobs int DEFAULT NULL, chunk_rows bigint DEFAULT NULL,
    verify text DEFAULT 'count', options jsonb DEFAULT '{}')
RETURNS TABLE (step int, kind text, source text, target text, statement text, note text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    began timestamptz := clock_timestamp();
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    model := _mssql_fdw._model('all', server, target_schema, include, exclude, NULL, on_existing, options);
    RETURN QUERY
    SELECT p.step::int, p.kind, p.source, p.target, p.statement, p.note
    FROM _mssql_fdw._plan(model, verify)
        WITH ORDINALITY AS p (phase, "position", ordinal, table_id, kind, source, target, statement, note, step);
    PERFORM _mssql_fdw._say_times(model, clock_timestamp() - began);
    PERFORM _mssql_fdw._forget_model(model);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_plan IS 'what replicate_all would do, a row a step; changes nothing';

CREATE FUNCTION @extschema@.replicate_schema(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, on_existing text DEFAULT 'refresh', options jsonb DEFAULT '{}')
RETURNS TABLE (kind text, source text, target text, status text, note text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    outcomes replicate._outcome[];
    losses text;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    PERFORM _mssql_fdw._lock_server(server);
    model := _mssql_fdw._model('schema', server, target_schema, include, exclude, NULL, on_existing, options);
    PERFORM _mssql_fdw._hold_targets(model);
    outcomes := ARRAY(SELECT o FROM _mssql_fdw._execute(model, ARRAY(SELECT s FROM _mssql_fdw._plan(model, 'none') AS s)) AS o);
    losses := _mssql_fdw._loss_summary(ARRAY(SELECT o FROM unnest(outcomes) AS o WHERE o.verb IS NOT NULL));
    IF losses IS NOT NULL THEN
        PERFORM _mssql_fdw._say(false, losses || '; see the rows with a note');
    END IF;
    PERFORM _mssql_fdw._forget_model(model);
    RETURN QUERY SELECT o.kind, o.source, o.target, o.outcome, o.note FROM unnest(outcomes) AS o;
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_schema IS 'creates the local tables, keys, indexes and constraints without data';

CREATE FUNCTION @extschema@.replicate_all(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, on_existing text DEFAULT 'refresh', jobs int DEFAULT NULL, chunk_rows bigint DEFAULT NULL,
    verify text DEFAULT 'count', options jsonb DEFAULT '{}')
RETURNS TABLE (source text, target text, rows bigint, bytes bigint, elapsed interval, status text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT r.source, r.target, r.rows, r.bytes, r.elapsed, r.status
    FROM pg_catalog.unnest(_mssql_fdw._replicate(server, target_schema, include, exclude, NULL, on_existing, jobs, chunk_rows, verify, options)) AS r;
END;
COMMENT ON FUNCTION @extschema@.replicate_all IS 'copies a SQL Server database: schema, data, keys, indexes, constraints, sequences';

CREATE FUNCTION @extschema@.replicate_table(server name, source_table text, target_schema name DEFAULT NULL,
    on_existing text DEFAULT 'refresh', jobs int DEFAULT NULL, chunk_rows bigint DEFAULT NULL, verify text DEFAULT 'count',
    options jsonb DEFAULT '{}')
RETURNS TABLE (source text, target text, rows bigint, bytes bigint, elapsed interval, status text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT r.source, r.target, r.rows, r.bytes, r.elapsed, r.status
    FROM pg_catalog.unnest(_mssql_fdw._replicate(server, target_schema, NULL, NULL, _mssql_fdw._given('source_table', source_table), on_existing, jobs,
        chunk_rows, verify, options)) AS r;
END;
COMMENT ON FUNCTION @extschema@.replicate_table IS 'copies one table of a SQL Server database';

CREATE FUNCTION @extschema@.replicate_sequences(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS TABLE (target text, sequence text, last_value bigint, status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    PERFORM _mssql_fdw._lock_server(server);
    model := _mssql_fdw._model('sequences', server, target_schema, include, exclude, NULL, 'truncate', options);
    PERFORM _mssql_fdw._lock_sequences(_mssql_fdw._sequences_in_use(model));
    RETURN QUERY
    SELECT o.target, o.answer[1], o.answer[2]::bigint, o.answer[3]
    FROM _mssql_fdw._execute(model, ARRAY(SELECT s FROM _mssql_fdw._plan(model, 'none') AS s WHERE s.kind = 'sequence value')) AS o;
    PERFORM _mssql_fdw._forget_model(model);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_sequences IS 'sets identity columns and sequences to go on where the source is';

CREATE FUNCTION @extschema@.replicate_verify(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, verify text DEFAULT 'count', options jsonb DEFAULT '{}')
RETURNS TABLE (source text, target text, source_rows bigint, target_rows bigint, missing bigint, extra bigint, different bigint,
    status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    t replicate._table;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    PERFORM _mssql_fdw._check_verify(verify, '{count}');
    model := _mssql_fdw._model('verify', server, target_schema, include, exclude, NULL, 'truncate', options);
    FOR t IN SELECT x.* FROM _mssql_fdw._tables(model) AS x ORDER BY x.position LOOP
        source := t.source;
        target := t.target;
        source_rows := NULL;
        target_rows := NULL;
        IF t.relation IS NULL THEN
            status := 'missing table';
        ELSIF EXISTS (SELECT FROM _mssql_fdw._copies() AS k WHERE k.relation = t.relation AND k.server = replicate_verify.server
                      AND (k.source_schema, k.source_name) <> (t.schema, t.name)) THEN
            status := 'not a copy';
        ELSE
            SELECT c.source_rows, c.target_rows INTO source_rows, target_rows
            FROM _mssql_fdw._count(server, t.schema, t.name, t.is_memory_optimized, t.relation::regclass) AS c;
            status := CASE WHEN source_rows = target_rows THEN 'ok' ELSE 'differs' END;
        END IF;
        RETURN NEXT;
    END LOOP;
    FOR source, target IN SELECT o.source, o.target FROM _mssql_fdw._copies_without_source(model) AS o
                          ORDER BY o.source COLLATE "C", o.target COLLATE "C" LOOP
        source_rows := NULL;
        target_rows := NULL;
        status := 'missing source';
        RETURN NEXT;
    END LOOP;
    PERFORM _mssql_fdw._forget_model(model);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_verify IS 'compares the tables of both sides';
-- What the extension calls as its owner, nobody else has to call. All other private functions are
-- called by public ones, which run as their caller; sql/privileges.sql says why that is harmless.
REVOKE EXECUTE ON FUNCTION _mssql_fdw._write_history, _mssql_fdw._write_targets FROM PUBLIC;
