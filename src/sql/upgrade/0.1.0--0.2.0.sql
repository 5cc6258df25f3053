-- From 0.1.0 to 0.2.0: what stands in src/sql/tables, and functions that have gone or have other
-- arguments. All others are made again behind this.

DROP FUNCTION _mssql_fdw._untrusted_indexes(oid[]);

COMMENT ON FUNCTION _mssql_fdw._own_words IS
    'trigger of replicate._targets: what a restore says of copies is believed of the tables of the one who restores';
-- A restore into its own database finds the history there: of a run in the background that worked
-- when it was dumped, more of it by now. And who restores a database that he owns can write any row:
-- a number beyond 2^53, which runs do not reach otherwise, is none, so that enough are left.
CREATE OR REPLACE FUNCTION _mssql_fdw._not_again() RETURNS trigger
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

ALTER TABLE replicate._runs ALTER finished DROP NOT NULL, ADD pid int, ADD sqlstate text, ADD error text, ADD error_detail text,
    ADD error_hint text, ADD error_context text, ADD consistency text;
ALTER TABLE replicate._run_tables ADD hash uuid;
DROP FUNCTION _mssql_fdw._staging_table(replicate._table);
DROP FUNCTION _mssql_fdw._load(name, text, text, text[], text[], regclass, name[], text, text, bigint, bigint, boolean);
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
-- A run that nobody works on any more has died, unless it wrote its last words since the query's
-- snapshot.
CREATE FUNCTION _mssql_fdw._has_died(run bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_has_died' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._has_died IS 'whether a run has ended without a word';
CREATE OR REPLACE VIEW replicate.runs WITH (security_barrier) AS
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
COMMENT ON VIEW replicate.runs IS 'runs of replication; those with workers or in the background while they work, too';
COMMENT ON COLUMN replicate.runs.status IS
    'ok; ok, with notes: the source has something that the target lacks; differs: a table''s rows; incomplete: without tables that have been set aside (options on_error, if_changed); of runs with workers or in the background also running, failed, cancelled, and died: ended without a word';
COMMENT ON COLUMN replicate.runs.pid IS 'process that works on it';
COMMENT ON COLUMN replicate.runs.warnings IS 'what failed: keys, indexes, checks and defaults, with error and statement; counts that differ; publications left behind; patterns without a match';
COMMENT ON COLUMN replicate.runs.sqlstate IS 'SQLSTATE of the error that ended it';
COMMENT ON COLUMN replicate.runs.error IS 'the error that ended it; in the source''s own words it may quote a value';
COMMENT ON COLUMN replicate.runs.error_detail IS 'its detail; that of an error that values made is in the server''s log';
COMMENT ON COLUMN replicate.runs.error_hint IS 'its hint';
COMMENT ON COLUMN replicate.runs.error_context IS 'its context: the table that was loaded, and after how many rows';
COMMENT ON COLUMN replicate.runs.consistency IS
    'what the copy is a picture of: one moment; a moment a worker: each has read its tables and chunks at one; or a moment a chunk: each was read at its own';
CREATE OR REPLACE VIEW replicate.run_tables WITH (security_barrier) AS
SELECT * FROM replicate._run_tables AS t WHERE EXISTS (SELECT FROM replicate.runs AS r WHERE r.id = t.run);
COMMENT ON COLUMN replicate.run_tables.hash IS 'sum of the hashes of its rows, as the source gave them, modulo 2^128: independent of their order; NULL with row_hash false';
CREATE OR REPLACE VIEW replicate.progress AS
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
COMMENT ON COLUMN replicate.progress.phase IS 'catalog: the source''s is read; lock: tables that are to be refreshed are locked; workers: it waits for them, who have rows of their own; resume: what an earlier run has left of a table is taken over; load; moment: they begin to read at one; bounds: the source divides a table into chunks; retry: before the next attempt; index: one is built; else the kind of a step of the plan, or other';
COMMENT ON COLUMN replicate.progress.pid IS 'process of the session that runs it, or of a worker';
COMMENT ON COLUMN replicate.progress.elapsed IS 'time since this load, or that of all workers, began';
COMMENT ON COLUMN replicate.progress.remaining IS 'of this load, if the rest goes as fast; where it waits for workers, of all that they are to do, by pages at the source';
COMMENT ON COLUMN replicate.progress.rows IS 'of this load, so far; so are bytes and elapsed; where it waits for workers, what they have done of all tables';
COMMENT ON COLUMN replicate.progress.chunk IS 'which chunk of the table is loaded; NULL: it is loaded as a whole';
COMMENT ON COLUMN replicate.progress.chunks IS 'how many the table has';
COMMENT ON COLUMN replicate.progress.bytes_per_second IS 'bytes by elapsed';
COMMENT ON COLUMN replicate.progress.waits_for IS 'source: its answer, rows or connection (not seen with FreeTDS); max_rate; retry: the time of the next attempt; workers; lock: blocked_by, or a pause between two tries at it; NULL: it is at work';

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
