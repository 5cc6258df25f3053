-- State of replication: what ran, and the row types that its plan is made of. Runs once, at CREATE
-- EXTENSION.

CREATE SCHEMA replicate;
COMMENT ON SCHEMA replicate IS 'mssql_fdw: history and progress of replication';
GRANT USAGE ON SCHEMA replicate TO PUBLIC;

CREATE SEQUENCE replicate.run_id;
COMMENT ON SEQUENCE replicate.run_id IS 'numbers of runs';

-- One row a run. One in the caller's transaction is there when that commits; if it failed, it left
-- nothing at all. One with workers or in the background is there while it works. No foreign key:
-- pg_restore -j loads tables in any order, and rows come from functions of run/run.sql alone.
CREATE TABLE replicate._runs (
    id bigint PRIMARY KEY DEFAULT nextval('replicate.run_id'),
    server name NOT NULL,
    function text NOT NULL,
    arguments jsonb NOT NULL,
    role name NOT NULL,
    started timestamptz NOT NULL,
    finished timestamptz,
    status text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    warnings text[] NOT NULL,
    notes text[] NOT NULL,
    source_database text,
    source_version text,
    isolation text,
    pid int,               -- that works on it
    sqlstate text,
    error text,
    error_detail text,
    error_hint text,
    error_context text,
    consistency text
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
    hash uuid,
    PRIMARY KEY (run, source)
);

-- What workers have loaded, each row committed with the rows that it is of; a table that is loaded in
-- chunks has one more, its chunk 0. `kept_by`: the run in
-- whose schemas they stand, which may have been resumed since; NULL: they are in their place, or
-- dropped. It is no part of a dump: the word of one would pass for rows.
CREATE TABLE replicate._chunks (
    run bigint NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    chunk int NOT NULL,
    rows bigint,
    bytes bigint,
    hash uuid,                   -- sum of the rows' hashes (src/pg/copy/row_hash.hpp); NULL: they were not hashed
    elapsed interval,
    attempts int NOT NULL,
    error text,                  -- of the last attempt that failed
    finished timestamptz NOT NULL,
    pid int NOT NULL,
    kept_by bigint,
    begun_by bigint,             -- the run that has made a table which is loaded in chunks; NULL: it is not
    role oid NOT NULL,           -- of the run
    relation oid,
    state text,                  -- the relation's, when it was committed: _state_of()
    fingerprint text NOT NULL,   -- of what makes the rows what they are: _work()
    origin text NOT NULL,        -- of whose rows they are: _identity_of_source()
    columns text[],              -- of the source
    key text[],                  -- by whose ranges its chunks are read: columns, their types and collations
    key_types text[],
    key_collations text[],
    bounds text[],               -- between its chunks: _range_bounds()
    outcomes jsonb,
    PRIMARY KEY (run, source, chunk)
);
CREATE INDEX ON replicate._chunks (kept_by);
CREATE INDEX ON replicate._chunks (begun_by);

-- Everybody sees his own history; pg_read_all_stats sees all. It is written by C code
-- (src/pg/copy/run.cpp) as the extension's owner, who alone may delete. Views filter and not
-- row-level security, because pg_dump writes the policies of an extension's tables out as if the
-- user had made them.
-- A run that nobody works on any more has died, unless it wrote its last words since the query's
-- snapshot.
CREATE FUNCTION _mssql_fdw._has_died(run bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_has_died' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._has_died IS 'whether a run has ended without a word';
CREATE VIEW replicate.runs WITH (security_barrier) AS
SELECT r.id, r.server, r.function, r.arguments, r.role, r.started, r.finished,
       CASE WHEN r.status = 'running' AND _mssql_fdw._has_died(r.id) THEN 'died' ELSE r.status END AS status,
       r.rows, r.bytes, r.warnings,
       CASE WHEN r.status = 'running' AND _mssql_fdw._has_died(r.id)
            THEN r.notes || ARRAY(SELECT format('%s left for the next call: see replicate.leftovers', CASE count(*) WHEN 1 THEN '1 table was' ELSE count(*) || ' tables were' END)
                                  FROM replicate._chunks AS c JOIN pg_catalog.pg_class AS k ON k.oid = c.relation WHERE c.kept_by = r.id HAVING count(*) > 0)
            ELSE r.notes END AS notes,
       r.source_database, r.source_version, r.isolation, r.pid, r.sqlstate,
       CASE WHEN r.status = 'running' AND _mssql_fdw._has_died(r.id) THEN 'ended without a word: its process, or the server, was terminated' ELSE r.error END AS error,
       r.error_detail,
       CASE WHEN r.status = 'running' AND _mssql_fdw._has_died(r.id)
            THEN concat(CASE WHEN EXISTS (SELECT FROM replicate._chunks AS c JOIN pg_catalog.pg_class AS k ON k.oid = c.relation WHERE c.kept_by = r.id)
                             THEN format('Call again with jobs, and it goes on with what is done; SELECT replicate_discard(%s) drops that. ', r.id) END,
                        format('The server''s log may say why, of process %s or its workers.', r.pid))
            ELSE r.error_hint END AS error_hint,
       r.error_context, r.consistency
FROM replicate._runs AS r WHERE r.role = current_user OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');
CREATE VIEW replicate.run_tables WITH (security_barrier) AS
SELECT * FROM replicate._run_tables AS t WHERE EXISTS (SELECT FROM replicate.runs AS r WHERE r.id = t.run);
COMMENT ON VIEW replicate.runs IS 'runs of replication; those with workers or in the background while they work, too';
COMMENT ON COLUMN replicate.runs.status IS
    'ok; ok, with notes: the source has something that the target lacks; differs: a table''s rows; incomplete: without tables that have been set aside (options on_error, if_changed); of runs with workers or in the background also running, failed, cancelled, and died: ended without a word';
COMMENT ON COLUMN replicate.runs.pid IS 'process that works on it';
COMMENT ON COLUMN replicate.runs.sqlstate IS 'SQLSTATE of the error that ended it';
COMMENT ON COLUMN replicate.runs.error IS 'the error that ended it; in the source''s own words it may quote a value';
COMMENT ON COLUMN replicate.runs.error_detail IS 'its detail; that of an error that values made is in the server''s log';
COMMENT ON COLUMN replicate.runs.error_hint IS 'its hint';
COMMENT ON COLUMN replicate.runs.error_context IS 'its context: the table that was loaded, and after how many rows';
COMMENT ON COLUMN replicate.runs.consistency IS
    'what the copy is a picture of: one moment; a moment a worker: each has read its tables and chunks at one; or a moment a chunk: each was read at its own';
COMMENT ON COLUMN replicate.runs.warnings IS 'what failed: keys, indexes, checks and defaults, with error and statement; counts that differ; publications left behind; patterns without a match';
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
COMMENT ON COLUMN replicate.run_tables.hash IS 'sum of the hashes of its rows, as the source gave them, modulo 2^128: independent of their order; NULL with row_hash false';
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
COMMENT ON FUNCTION _mssql_fdw._own_words IS
    'trigger of replicate._targets: what a restore says of copies is believed of the tables of the one who restores';
CREATE TRIGGER own_words BEFORE INSERT ON replicate._targets FOR EACH ROW EXECUTE FUNCTION _mssql_fdw._own_words();

-- A restore into its own database finds the history there: of a run in the background that worked
-- when it was dumped, more of it by now. And who restores a database that he owns can write any row:
-- a number beyond 2^53, which runs do not reach otherwise, is none, so that enough are left.
CREATE FUNCTION _mssql_fdw._not_again() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = '_run_tables' THEN
        RETURN CASE WHEN NOT EXISTS (SELECT FROM replicate._run_tables AS t WHERE t.run = NEW.run AND t.source = NEW.source AND to_jsonb(t) = to_jsonb(NEW))
                    THEN NEW END;
    END IF;
    IF NEW.id > 9007199254740992 AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = TG_RELID AND pg_has_role(current_user, c.relowner, 'MEMBER')) THEN
        PERFORM _mssql_fdw._raise('22003', format('%s is the number of no run', NEW.id), 'Runs to come are counted on from the greatest, and it leaves them none.');
    END IF;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM replicate._runs AS r
                                 WHERE r.id = NEW.id AND r.server = NEW.server AND r.role = NEW.role AND r.started = NEW.started)
                THEN NEW END;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._not_again IS
    'trigger of history: a row that is there already, as after a restore into its own database, is left out';
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
-- until its transaction ends, and `voice` while it works, as each of its workers does: then the
-- beginning of its query text is what it says of itself, for no other session can look up a table that is not committed. Nobody
-- else can take these locks (src/pg/copy/run.hpp). A load reports like COPY, with the estimate, the
-- clock and whether max_rate makes it wait in slots that COPY does not use. Reading another role's progress takes
-- pg_read_all_stats, as for pg_stat_progress_copy.
CREATE VIEW replicate.progress AS
SELECT s.srvname AS server,
       coalesce(voice.pid, run.pid) AS pid,
       CASE WHEN c.pid IS NOT NULL THEN 'load' WHEN i.pid IS NOT NULL THEN 'index' ELSE coalesce(said.words ->> 0, 'other') END AS phase,
       said.words ->> 1 AS source,
       said.words ->> 2 AS target,
       nullif((said.words ->> 3)::int, 0) AS table_number,
       nullif((said.words ->> 4)::int, 0) AS tables,
       n.rows,
       n.bytes,
       nullif(n.estimated_rows, 0) AS estimated_rows,
       nullif(n.estimated_bytes, 0) AS estimated_bytes,
       t.elapsed,
       round((n.rows / nullif(t.seconds, 0))::numeric) AS rows_per_second,
       -- Within a load by rows: what the source says of bytes are pages, with indexes, and of those
       -- nobody knows how many have been read. Tables have rows of many widths: there it is pages.
       t.elapsed * CASE WHEN c.pid IS NULL THEN (n.estimated_bytes - n.done_bytes)::float8 / nullif(n.done_bytes, 0)
                        WHEN n.estimated_rows >= n.rows THEN (n.estimated_rows - n.rows)::float8 / nullif(n.rows, 0) END AS remaining,
       w.blocked_by,
       nullif((said.words ->> 5)::int, 0) AS chunk,
       nullif((said.words ->> 6)::int, 0) AS chunks,
       round((n.bytes / nullif(t.seconds, 0))::numeric) AS bytes_per_second,
       CASE WHEN w.blocked_by IS NOT NULL THEN 'lock'
            WHEN said.words ->> 0 = 'workers' AND a.wait_event = 'MessageQueueInternal' THEN 'workers'  -- they are coming
            WHEN a.wait_event_type IS DISTINCT FROM 'Extension' THEN NULL
            WHEN c.param13 = 1 THEN 'max_rate'
            WHEN said.words ->> 0 IN ('workers', 'resume', 'staging schema') THEN 'workers'
            WHEN said.words ->> 0 IN ('lock', 'switch') THEN 'lock'
            WHEN said.words ->> 0 = 'retry' THEN 'retry'
            ELSE 'source' END AS waits_for
FROM pg_catalog.pg_locks AS run
JOIN pg_catalog.pg_foreign_server AS s ON s.oid = run.objid
LEFT JOIN pg_catalog.pg_locks AS voice ON voice.locktype = 'object' AND voice.database = run.database
     AND voice.classid = run.classid AND voice.objid = run.objid AND voice.objsubid = 2 AND voice.granted
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = voice.pid
LEFT JOIN pg_catalog.pg_stat_get_progress_info('COPY') AS c ON c.pid = voice.pid
LEFT JOIN pg_catalog.pg_stat_get_progress_info('CREATE INDEX') AS i ON i.pid = voice.pid
LEFT JOIN LATERAL (SELECT substring(a.query, E'^/\\* mssql_fdw: (\\[(?:"(?:[^"\\\\]|\\\\.)*"|null|[0-9]+|, )*\\]) \\*/')::jsonb AS words) AS said ON true
CROSS JOIN LATERAL (SELECT nullif(pg_catalog.pg_blocking_pids(coalesce(voice.pid, run.pid)), '{}') AS blocked_by) AS w
CROSS JOIN LATERAL (
    SELECT coalesce(c.param3, (said.words ->> 7)::bigint) AS rows, coalesce(c.param1, (said.words ->> 8)::bigint) AS bytes,
           coalesce(c.param11, (said.words ->> 9)::bigint) AS estimated_rows, coalesce(c.param2, (said.words ->> 10)::bigint) AS estimated_bytes,
           (said.words ->> 11)::bigint AS done_bytes, coalesce(c.param12, (said.words ->> 12)::bigint) AS began
) AS n
LEFT JOIN LATERAL (
    -- a TimestampTz: microseconds since 2000
    SELECT clock_timestamp() - (timestamptz '2000-01-01 00:00:00+00' + make_interval(secs => n.began / 1e6)) AS elapsed,
           extract(epoch FROM clock_timestamp()) - 946684800 - n.began / 1e6 AS seconds
) AS t ON n.began > 0
WHERE run.locktype = 'object' AND run.classid = 'pg_catalog.pg_foreign_server'::regclass AND run.objsubid = 1 AND run.granted
  AND run.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database());
COMMENT ON VIEW replicate.progress IS 'replication that runs now, in any session of this database';
COMMENT ON COLUMN replicate.progress.phase IS 'catalog: the source''s is read; lock: tables that are to be refreshed are locked; workers: it waits for them, who have rows of their own; resume: what an earlier run has left of a table is taken over; load; moment: they begin to read at one; bounds: the source divides a table into chunks; retry: before the next attempt; index: one is built; else the kind of a step of the plan, or other';
COMMENT ON COLUMN replicate.progress.tables IS 'how many tables this run has';
COMMENT ON COLUMN replicate.progress.table_number IS 'which of the tables, in load order, the step is for';
COMMENT ON COLUMN replicate.progress.rows IS 'of this load, so far; so are bytes and elapsed; where it waits for workers, what they have done of all tables';
COMMENT ON COLUMN replicate.progress.estimated_rows IS 'as the source''s catalog has them';
COMMENT ON COLUMN replicate.progress.remaining IS 'of this load, if the rest goes as fast; where it waits for workers, of all that they are to do, by pages at the source';
COMMENT ON COLUMN replicate.progress.blocked_by IS 'processes whose locks it waits for, as pg_blocking_pids() has them: 0 for a prepared transaction';
COMMENT ON COLUMN replicate.progress.server IS 'foreign server of the source';
COMMENT ON COLUMN replicate.progress.pid IS 'process of the session that runs it, or of a worker';
COMMENT ON COLUMN replicate.progress.source IS 'table on SQL Server';
COMMENT ON COLUMN replicate.progress.target IS 'table here';
COMMENT ON COLUMN replicate.progress.bytes IS 'bytes of their values here, without headers, padding and compression';
COMMENT ON COLUMN replicate.progress.estimated_bytes IS 'of its pages there, with its indexes: no measure of bytes';
COMMENT ON COLUMN replicate.progress.elapsed IS 'time since this load, or that of all workers, began';
COMMENT ON COLUMN replicate.progress.rows_per_second IS 'rows by elapsed';
COMMENT ON COLUMN replicate.progress.chunk IS 'which chunk of the table is loaded; NULL: it is loaded as a whole';
COMMENT ON COLUMN replicate.progress.chunks IS 'how many the table has';
COMMENT ON COLUMN replicate.progress.bytes_per_second IS 'bytes by elapsed';
COMMENT ON COLUMN replicate.progress.waits_for IS 'source: its answer, rows or connection (not seen with FreeTDS); max_rate; retry: the time of the next attempt; workers; lock: blocked_by, or a pause between two tries at it; NULL: it is at work';
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
    verb text,             -- of a loss: failed, not validated, left behind, not translated, not made, without a source, a match or tables, not copied; '' of a finding
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

CREATE VIEW replicate.run_chunks WITH (security_barrier) AS
SELECT c.run, c.source, c.target, c.chunk, c.rows, c.bytes, c.elapsed, c.attempts, c.finished, c.pid, c.error, c.hash
FROM replicate._chunks AS c WHERE c.chunk > 0 AND EXISTS (SELECT FROM replicate.runs AS r WHERE r.id = c.run);
COMMENT ON VIEW replicate.run_chunks IS 'what workers have loaded, of runs that failed, too: a row a table, or a chunk of one';
COMMENT ON COLUMN replicate.run_chunks.run IS 'number of the run that has loaded it, replicate.runs.id';
COMMENT ON COLUMN replicate.run_chunks.source IS 'table on SQL Server';
COMMENT ON COLUMN replicate.run_chunks.target IS 'table here';
COMMENT ON COLUMN replicate.run_chunks.chunk IS 'which chunk of the table; it may have but one';
COMMENT ON COLUMN replicate.run_chunks.rows IS 'rows loaded';
COMMENT ON COLUMN replicate.run_chunks.bytes IS 'bytes of their values here, without headers, padding and compression';
COMMENT ON COLUMN replicate.run_chunks.elapsed IS 'load, of the last attempt; count, keys, indexes and statistics, too, of a table of one chunk';
COMMENT ON COLUMN replicate.run_chunks.attempts IS 'how often it was tried, with the one that was committed';
COMMENT ON COLUMN replicate.run_chunks.finished IS 'when it was committed';
COMMENT ON COLUMN replicate.run_chunks.pid IS 'process of the worker';
COMMENT ON COLUMN replicate.run_chunks.error IS 'of the last attempt that failed; that of a run is in replicate.runs';
COMMENT ON COLUMN replicate.run_chunks.hash IS 'sum of the hashes of its rows, as the source gave them: those of a table''s chunks add up to its own';
CREATE VIEW replicate.leftovers WITH (security_barrier) AS
SELECT r.id AS run, r.server, r.role, count(*) AS tables, sum(coalesce(c.bytes, (SELECT sum(l.bytes) FROM replicate._chunks AS l WHERE l.begun_by = c.begun_by AND l.source = c.source AND l.chunk > 0), 0)) AS bytes, min(c.finished) AS since
FROM replicate._chunks AS c JOIN replicate.runs AS r ON r.id = c.kept_by
WHERE r.status <> 'running' AND EXISTS (SELECT FROM pg_catalog.pg_class AS k WHERE k.oid = c.relation)
GROUP BY r.id, r.server, r.role;
COMMENT ON VIEW replicate.leftovers IS 'what the workers of runs have loaded that did not end well; the next call goes on with it, replicate_discard(run) drops it';
COMMENT ON COLUMN replicate.leftovers.run IS 'number of the run, replicate.runs.id';
COMMENT ON COLUMN replicate.leftovers.server IS 'foreign server of the source';
COMMENT ON COLUMN replicate.leftovers.role IS 'who called it';
COMMENT ON COLUMN replicate.leftovers.tables IS 'how many tables are done, or have chunks that are';
COMMENT ON COLUMN replicate.leftovers.bytes IS 'bytes of their values here, without headers, padding and compression';
COMMENT ON COLUMN replicate.leftovers.since IS 'when the first of them was done';
GRANT SELECT ON replicate.run_chunks, replicate.leftovers TO PUBLIC;
-- Of which rows of the source a copy is, and how far SQL Server had counted when they were read: what
-- a run with the option if_changed goes by. Written with the rows, in the run's own transaction. It
-- is no part of a dump, as replicate._chunks is none.
CREATE TABLE replicate._positions (
    server name NOT NULL,
    source_schema text NOT NULL,
    source_table text NOT NULL,
    relation oid NOT NULL,       -- the copy
    role oid NOT NULL,           -- of the run
    run bigint,                  -- that has loaded it
    rows bigint NOT NULL,
    hash uuid,                   -- of the rows (src/pg/copy/row_hash.hpp)
    fingerprint text NOT NULL,   -- of what makes the rows what they are, on both sides: _fingerprints()
    kind text,                   -- change tracking, rowversion; NULL: the hash is all that there is
    "position" bigint,           -- of the source, before the rows were read, or were found to be the same
    state text,                  -- what has to be as it was, so that the position means the same
    PRIMARY KEY (server, source_schema, source_table, relation)
);
CREATE VIEW replicate._own_positions WITH (security_barrier) AS
SELECT * FROM replicate._positions AS p WHERE pg_has_role(current_user, p.role, 'USAGE');
COMMENT ON VIEW replicate._own_positions IS 'of which rows of the source copies are, by runs of roles that the user has the rights of; private';
COMMENT ON COLUMN replicate._own_positions.server IS 'foreign server of the source';
COMMENT ON COLUMN replicate._own_positions.source_schema IS 'schema on SQL Server';
COMMENT ON COLUMN replicate._own_positions.source_table IS 'table on SQL Server';
COMMENT ON COLUMN replicate._own_positions.relation IS 'the copy';
COMMENT ON COLUMN replicate._own_positions.role IS 'role of the run';
COMMENT ON COLUMN replicate._own_positions.run IS 'number of the run that has loaded it';
COMMENT ON COLUMN replicate._own_positions.rows IS 'rows loaded';
COMMENT ON COLUMN replicate._own_positions.hash IS 'sum of their hashes, as replicate.run_tables has it';
COMMENT ON COLUMN replicate._own_positions.fingerprint IS 'of what makes the rows what they are, on both sides';
COMMENT ON COLUMN replicate._own_positions.kind IS 'change tracking, rowversion; NULL: the hash is all that there is';
COMMENT ON COLUMN replicate._own_positions."position" IS 'of the source, before the rows were read, or were found to be the same';
COMMENT ON COLUMN replicate._own_positions.state IS 'what has to be as it was, so that the position means the same';
GRANT SELECT ON replicate._own_positions TO PUBLIC;
CREATE TYPE replicate._work AS (
    table_id int,
    source text,
    target text,
    made text,             -- the relation that a worker makes
    fingerprint text,
    origin text,
    columns text[],
    code text,             -- of the user's that a worker would call; NULL: none
    schema text,           -- on the source
    name text,
    is_memory_optimized boolean,
    rows bigint,           -- estimates
    bytes bigint,
    chunks int,            -- that it is to be read in; 1: as a whole
    key text[],            -- by whose ranges: columns of the source, their types and collations
    key_types text[],
    key_collations text[],
    known_rows bigint,     -- of the copy that is here: it is left alone where the source has the same; NULL: it is not known
    known_hash uuid,
    known_run bigint       -- that has loaded it
);
