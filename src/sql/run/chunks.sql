-- Replicate: tables that several workers load at once, in chunks (src/pg/copy/workers.hpp). The
-- rows of a chunk are those of a range of a key, whose bounds the source computes
-- (src/core/tsql/key_range.hpp). One worker makes the table, or its staging relation; then each
-- chunk is loaded in a transaction of its own; and one worker does what is left.

-- The key whose ranges a table can be read in: a unique one, whose values change least, of the
-- clustered index where that is one, else the primary key's; else the clustered index's. As far as its
-- columns are never NULL, have values that can be bounds, and are not masked: masks have another order.
CREATE OR REPLACE FUNCTION _mssql_fdw._range_keys(model jsonb) RETURNS TABLE (table_id int, names text[], types text[], collations text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH entries AS MATERIALIZED (
        SELECT t.id, i.index, i.type_desc, i.constraint_type, i.is_unique, i.key_ordinal, c.name, c.source_collation,
               _mssql_fdw._declare(c.type, c.max_length, c.precision, c.scale) AS declared,
               coalesce(NOT (c.is_nullable OR c.is_masked) AND _mssql_fdw._can_bound(c.type), false) AS is_usable
        FROM _mssql_fdw._source_indexes(model) AS i
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = i.schema AND t.name = i."table" AND t.action IN ('create', 'replace', 'switch', 'refill')
        LEFT JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.name = i."column"
        WHERE NOT i.is_disabled AND i.filter_definition IS NULL AND NOT i.is_included AND i.key_ordinal > 0
          AND i.type_desc IN ('CLUSTERED', 'NONCLUSTERED') AND (i.type_desc = 'CLUSTERED' OR i.constraint_type = 'PK' OR i.is_unique)
    ), usable AS (
        SELECT e.*, bool_and(e.is_usable) OVER (PARTITION BY e.id, e.index ORDER BY e.key_ordinal) AS so_far FROM entries AS e
    )
    SELECT DISTINCT ON (u.id) u.id, array_agg(u.name ORDER BY u.key_ordinal), array_agg(u.declared ORDER BY u.key_ordinal),
           array_agg(coalesce(u.source_collation, '') ORDER BY u.key_ordinal)
    FROM usable AS u WHERE u.so_far AND u.key_ordinal <= 4
    GROUP BY u.id, u.index, u.type_desc, u.constraint_type, u.is_unique
    ORDER BY u.id, NOT u.is_unique, u.type_desc <> 'CLUSTERED', u.constraint_type IS DISTINCT FROM 'PK', u.index COLLATE "C"
$$;
COMMENT ON FUNCTION _mssql_fdw._range_keys IS 'keys by whose ranges tables can be read';

-- Which tables would leave workers idle, were they loaded as a whole: `sizes`, in descending order,
-- go to the worker that has least to do; one that makes that a tenth more than its share is split.
CREATE OR REPLACE FUNCTION _mssql_fdw._too_large(sizes bigint[], jobs int) RETURNS boolean[]
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    share float8 := (SELECT sum(s) FROM unnest(sizes) AS s) / jobs;
    busy float8[] := array_fill(0::float8, ARRAY[jobs]);
    split boolean[] := '{}';
    least int;
    size bigint;
BEGIN
    FOREACH size IN ARRAY sizes LOOP
        least := array_position(busy, (SELECT min(b) FROM unnest(busy) AS b));
        split := split || (jobs > 1 AND size >= 67108864 AND busy[least] + size > 1.1 * share);
        IF NOT split[cardinality(split)] THEN
            busy[least] := busy[least] + size;
        END IF;
    END LOOP;
    RETURN split;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._too_large IS 'which tables would leave workers idle, were they loaded as a whole';

CREATE OR REPLACE FUNCTION _mssql_fdw._processors() RETURNS int
AS 'MODULE_PATHNAME', 'mssql_fdw_processors' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._processors IS 'processors of this machine that are online';

-- How many workers a run takes that may choose: none where one process is soon through, else as many
-- as there are processors, up to eight, which the source has to bear; and no more than there is work
-- for, with at least 64 MB each. One where the run is to go on without a table that fails, or whose
-- rows are here already: that takes a worker. None where all is to be of one moment, which one session has for certain.
CREATE OR REPLACE FUNCTION _mssql_fdw._chosen_jobs(model jsonb, options jsonb) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN options ->> 'consistency' = 'require' THEN 0 WHEN n.jobs >= 2 THEN n.jobs WHEN options ->> 'on_error' = 'continue' OR model -> 'known' <> '{}' THEN 1 ELSE 0 END
    FROM (SELECT least(_mssql_fdw._processors(), 8, trunc(coalesce(sum(t.bytes), 0) / 67108864))::int AS jobs
          FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill')) AS n
    WHERE NOT (EXISTS (SELECT FROM pg_publication AS p WHERE p.puballtables)
               AND EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace')))
$$;
COMMENT ON FUNCTION _mssql_fdw._chosen_jobs IS 'number of workers of a run that may choose; 0 or NULL: none';

-- How many chunks tables are read in, those with more than one: of `chunk_rows` rows where the call
-- says so, else of about a quarter of a worker's share, so that no one waits long for the last, and as
-- many for each.
CREATE OR REPLACE FUNCTION _mssql_fdw._chunk_counts(model jsonb, jobs int) RETURNS TABLE (table_id int, chunks int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.id, coalesce(x.rows, 0) AS rows, coalesce(x.bytes, 0) AS bytes, row_number() OVER (ORDER BY x.bytes DESC NULLS LAST, x.position) AS at
        FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('create', 'replace', 'switch', 'refill')
    ), s AS (
        SELECT _mssql_fdw._too_large(array_agg(t.bytes ORDER BY t.at), jobs) AS split, sum(t.bytes) / jobs / 4 AS quarter FROM t
    )
    SELECT c.id, c.chunks
    FROM (SELECT t.id, CASE WHEN model ->> 'chunk_rows' IS NOT NULL THEN least(ceil(t.rows / (model ->> 'chunk_rows')::numeric), 10000)
                            WHEN s.split[t.at] AND t.rows > 0 THEN least(ceil(t.bytes / greatest(s.quarter, 16777216) / jobs) * jobs, 1024)
                            ELSE 1 END::int AS chunks
          FROM t CROSS JOIN s) AS c
    WHERE c.chunks > 1
$$;
COMMENT ON FUNCTION _mssql_fdw._chunk_counts IS 'how many chunks large tables are read in';

-- The bounds between `chunks` ranges of a table's key, each an array of texts of the key's first
-- columns: of a sample of its pages where it is large. Fewer where it has fewer rows.
CREATE OR REPLACE FUNCTION _mssql_fdw._range_bounds(server name, schema text, name text, is_memory_optimized boolean, rows bigint, chunks int,
    key text[], types text[], collations text[]) RETURNS text[]
AS 'MODULE_PATHNAME', 'mssql_fdw_range_bounds' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._range_bounds IS 'bounds between ranges of a table''s key, as the source has them';

CREATE OR REPLACE FUNCTION _mssql_fdw._can_bound(type text) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_can_bound' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._can_bound IS 'whether values of a type of SQL Server''s can be bounds of ranges';

-- Those that follow are called by C as the extension's owner, as those of run/resume.sql are.

-- In the transaction of a worker that has made a table, or its staging relation: the row of the
-- table as such, which is its chunk 0. 1.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_split(run bigint, role oid, work replicate._work, outcomes replicate._outcome[], attempts int,
    bounds text[]) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO replicate._chunks (run, source, target, chunk, elapsed, attempts, finished, pid, kept_by, begun_by, role, relation, state, fingerprint,
        origin, columns, key, key_types, key_collations, bounds, outcomes)
    SELECT run, work.source, work.target, 0, sum(o.elapsed), attempts, clock_timestamp(), pg_backend_pid(), run, run, role, to_regclass(work.made),
           _mssql_fdw._state_of(to_regclass(work.made)), work.fingerprint, work.origin, work.columns, work.key, work.key_types, work.key_collations,
           bounds, to_jsonb(outcomes)
    FROM unnest(outcomes) AS o;
    SELECT 1::bigint
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_split IS 'writes into the ledger that a table is there whose chunks are to be loaded';

-- The row of a table whose chunks a run loads, whichever run has begun it.
CREATE OR REPLACE FUNCTION _mssql_fdw._split_table(run bigint, source text) RETURNS replicate._chunks
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT c FROM replicate._chunks AS c WHERE c.kept_by = _split_table.run AND c.source = _split_table.source AND c.chunk = 0);
COMMENT ON FUNCTION _mssql_fdw._split_table IS 'row of the ledger of a table whose chunks a run loads';

CREATE OR REPLACE FUNCTION _mssql_fdw._count_chunks(run bigint, source text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT coalesce(array_length(c.bounds, 1), 0) + 1 FROM _mssql_fdw._split_table(run, source) AS c);
COMMENT ON FUNCTION _mssql_fdw._count_chunks IS 'how many chunks a table has whose chunks a run loads';

-- Whatever it is by now, and only that: LOCK TABLE of a view locks what that reads, too.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_alone(relation oid, mode text) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_alone' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._lock_alone IS 'locks a relation and nothing that it is made of: row exclusive, share row exclusive or access exclusive';

-- Before a worker goes on with such a table: nobody alters it from here on, and nobody has since it
-- was made, where it was made. The range of the chunk; NULL: it has no bound there. Of chunk 0, the
-- end, there is none; and statistics of the user's, which ANALYZE would evaluate, are kept away, too.
CREATE OR REPLACE FUNCTION _mssql_fdw._chunk_range(run bigint, work replicate._work, chunk int, OUT key text[], OUT key_types text[],
    OUT key_collations text[], OUT lower text[], OUT upper text[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    split replicate._chunks := _mssql_fdw._split_table(run, work.source);
BEGIN
    IF to_regclass(work.made) = split.relation THEN
        PERFORM _mssql_fdw._lock_alone(split.relation, CASE chunk WHEN 0 THEN 'share row exclusive' ELSE 'row exclusive' END);
    END IF;
    IF to_regclass(work.made) IS DISTINCT FROM split.relation OR _mssql_fdw._state_of(split.relation) IS DISTINCT FROM split.state THEN
        PERFORM _mssql_fdw._raise('55000', format('what workers load for %s has been changed', work.source),
            format('Run %s has made it, and nobody else is to alter it until the run ends.', split.begun_by));
    END IF;
    key := split.key;
    key_types := split.key_types;
    key_collations := split.key_collations;
    lower := split.bounds[chunk - 1 : chunk - 1];
    upper := split.bounds[chunk : chunk];
    lower := CASE WHEN cardinality(lower) > 0 THEN lower END;
    upper := CASE WHEN cardinality(upper) > 0 THEN upper END;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._chunk_range IS 'range of a chunk of a table that stands as it was made';

-- What the loads among the steps of a table have hashed; NULL without any.
CREATE OR REPLACE FUNCTION _mssql_fdw._hash_of(outcomes replicate._outcome[]) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
RETURN _mssql_fdw._sum_of_hashes((SELECT array_agg(o.answer[3]::uuid) FROM unnest(outcomes) AS o WHERE o.kind = 'load'));
COMMENT ON FUNCTION _mssql_fdw._hash_of IS 'sum of the hashes of rows that steps have loaded';

-- In the transaction of a worker that has loaded a chunk. 1.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_chunk_of_split(run bigint, work replicate._work, outcomes replicate._outcome[], attempts int,
    chunk int, error text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO replicate._chunks (run, source, target, chunk, rows, bytes, hash, elapsed, attempts, error, finished, pid, begun_by, role, fingerprint,
        origin, outcomes)
    SELECT _keep_chunk_of_split.run, s.source, s.target, _keep_chunk_of_split.chunk, x.rows, x.bytes,
           _mssql_fdw._hash_of(_keep_chunk_of_split.outcomes), x.elapsed, _keep_chunk_of_split.attempts, _keep_chunk_of_split.error,
           clock_timestamp(), pg_backend_pid(), s.begun_by, s.role, s.fingerprint, s.origin, to_jsonb(_keep_chunk_of_split.outcomes)
    FROM _mssql_fdw._split_table(_keep_chunk_of_split.run, work.source) AS s
    CROSS JOIN (SELECT max(o.answer[1]::bigint) AS rows, max(o.answer[2]::bigint) AS bytes, sum(o.elapsed) AS elapsed
                FROM unnest(_keep_chunk_of_split.outcomes) AS o) AS x;
    SELECT 1::bigint
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_chunk_of_split IS 'writes into the ledger that a chunk is loaded';

-- What is loaded of a table, by whichever runs.
CREATE OR REPLACE FUNCTION _mssql_fdw._loaded_chunks(begun_by bigint, source text) RETURNS SETOF replicate._chunks
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.* FROM replicate._chunks AS c WHERE c.begun_by = _loaded_chunks.begun_by AND c.source = _loaded_chunks.source AND c.chunk > 0
$$;
COMMENT ON FUNCTION _mssql_fdw._loaded_chunks IS 'chunks of a table that are loaded';

-- What became of all steps of it so far.
CREATE OR REPLACE FUNCTION _mssql_fdw._outcomes_of_split(split replicate._chunks) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN split.outcomes || coalesce((SELECT jsonb_agg(o ORDER BY c.chunk) FROM _mssql_fdw._loaded_chunks(split.begun_by, split.source) AS c
                                   CROSS JOIN jsonb_array_elements(c.outcomes) AS o), '[]');
COMMENT ON FUNCTION _mssql_fdw._outcomes_of_split IS 'what became of all steps of a table that is loaded in chunks';

-- In the transaction of a worker that has done the rest: from here on it is as one that was loaded
-- as a whole. 1.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_finished(run bigint, work replicate._work, outcomes replicate._outcome[], attempts int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    split replicate._chunks := _mssql_fdw._split_table(run, work.source);
    loaded record;
BEGIN
    SELECT count(*) AS chunks, sum(c.rows) AS rows, sum(c.bytes) AS bytes, _mssql_fdw._sum_of_hashes(array_agg(c.hash)) AS hash, sum(c.elapsed) AS elapsed INTO loaded
    FROM _mssql_fdw._loaded_chunks(split.begun_by, split.source) AS c;
    IF loaded.chunks <> _mssql_fdw._count_chunks(run, work.source) THEN
        RAISE EXCEPTION 'of % chunks of % there are %', _mssql_fdw._count_chunks(run, work.source), work.source, loaded.chunks;
    END IF;
    UPDATE replicate._chunks AS c
    SET rows = loaded.rows, bytes = loaded.bytes, hash = loaded.hash, finished = clock_timestamp(), state = _mssql_fdw._state_of(c.relation),
        elapsed = c.elapsed + loaded.elapsed + (SELECT sum(o.elapsed) FROM unnest(_keep_finished.outcomes) AS o),
        outcomes = _mssql_fdw._outcomes_of_split(split) || to_jsonb(_keep_finished.outcomes)
    WHERE (c.run, c.source, c.chunk) = (split.run, split.source, 0);
    UPDATE replicate._chunks AS c SET outcomes = NULL
    WHERE (c.run, c.source, c.chunk) IN (SELECT l.run, l.source, l.chunk FROM _mssql_fdw._loaded_chunks(split.begun_by, split.source) AS l);
    RETURN 1;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_finished IS 'writes into the ledger that a table is done whose chunks are loaded';
