-- Replicate: tables that a run leaves alone, for the source has what a run has loaded before (the
-- option if_changed). What is not proved is loaded. A proof is either SQL Server's own count of
-- changes (src/core/tsql/changes.hpp), which is asked when the plan is made; or the rows themselves,
-- which workers read, and drop where they are the same (src/pg/copy/table_steps.hpp).
--
-- The model has, for that, under the keys
--   source_position  where the source's counts are, before anything is read: version, row_version, and
--                    identity, which says whether they may have gone back; null: it does not tell
--   positions        by the table's id: kind, position and state that replicate._positions is to have
--   unchanged        by the table's id: why it is left alone
--   known            by the table's id: rows, hash and run of the copy that is here
--   copies           by the table's id, of all that something is known of: rows and state of the copy
--   same             the ids of those whose rows workers have found to be the same

CREATE OR REPLACE FUNCTION _mssql_fdw._ask_of_changes(server name, question text, schema text DEFAULT '', name text DEFAULT '',
    "column" text DEFAULT '', version bigint DEFAULT 0) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_ask_of_changes' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._ask_of_changes IS 'what the source says of changes; NULL: it does not';

-- Before anything else is read: what is committed behind it counts as changed. Where there are several
-- hosts to choose from, workers may read from one that has seen less.
CREATE OR REPLACE FUNCTION _mssql_fdw._source_position(server name) RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('version', nullif(p.words[1], '')::bigint, 'row_version', p.words[2]::bigint, 'identity', p.words[3])
    FROM regexp_match(_mssql_fdw._ask_of_changes(server, 'position'), '^([0-9]{0,18}) ([0-9]{1,18}) (.+)$') AS p (words)
    WHERE p.words IS NOT NULL
      AND concat(_mssql_fdw._server_option(server, 'host'), _mssql_fdw._server_option(server, 'servername')) NOT LIKE '%,%'
$$;
COMMENT ON FUNCTION _mssql_fdw._source_position IS 'where the source''s counts of changes are; NULL: it does not tell';

-- Of a table, without a query, and so that the transaction has written nothing, for workers may have
-- to be started in it.
CREATE OR REPLACE FUNCTION _mssql_fdw._scan_rows(relation regclass) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_scan_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._scan_rows IS 'number of rows of a table, which is scanned';

-- What a copy is of itself: its columns and files, and since when partitions are attached. NULL where a crash empties it.
CREATE OR REPLACE FUNCTION _mssql_fdw._state_of_copy(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT md5(concat_ws(E'\n', string_agg(format('%s %s %s', c.oid, pg_relation_filenode(c.oid), i.xmin), E'\n' ORDER BY c.oid),
                             (SELECT string_agg(format('%s %I %s %s %s', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attgenerated), E'\n' ORDER BY a.attnum)
                              FROM pg_attribute AS a WHERE a.attrelid = _state_of_copy.relation AND a.attnum > 0 AND NOT a.attisdropped)))
        FROM _mssql_fdw._with_partitions(ARRAY[_state_of_copy.relation]) AS m JOIN pg_class AS c ON c.oid = m.relation
        LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
        HAVING bool_and(c.relpersistence = 'p'));
COMMENT ON FUNCTION _mssql_fdw._state_of_copy IS 'hash of what a copy is of itself: columns, files; NULL: a crash empties it';

-- A type whose text, or time without a zone, is read in the session's TimeZone.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_time_zone(type oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE y.typtype WHEN 'd' THEN _mssql_fdw._has_time_zone(y.typbasetype)
            WHEN 'r' THEN (SELECT _mssql_fdw._has_time_zone(r.rngsubtype) FROM pg_range AS r WHERE r.rngtypid = y.oid)
            WHEN 'm' THEN (SELECT _mssql_fdw._has_time_zone(r.rngsubtype) FROM pg_range AS r WHERE r.rngmultitypid = y.oid)
            WHEN 'c' THEN (SELECT bool_or(_mssql_fdw._has_time_zone(a.atttypid)) FROM pg_attribute AS a
                           WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
            ELSE CASE WHEN y.typcategory = 'A' AND y.typelem <> 0 THEN _mssql_fdw._has_time_zone(y.typelem)
                      ELSE y.oid IN ('timestamptz'::regtype, 'timetz'::regtype) END END
    FROM pg_type AS y WHERE y.oid = _has_time_zone.type
$$;
COMMENT ON FUNCTION _mssql_fdw._has_time_zone IS 'whether TimeZone says what a value of a type is';

-- Tables for whose rows TimeZone says what they are; a datetimeoffset brings its own.
CREATE OR REPLACE FUNCTION _mssql_fdw._zoned_tables(model jsonb) RETURNS SETOF int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH loaded AS MATERIALIZED (
        SELECT DISTINCT t.id, a.atttypid AS type
        FROM _mssql_fdw._tables(model) AS t
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.loaded AND c.type <> 'datetimeoffset'
        JOIN pg_attribute AS a ON a.attrelid = to_regclass(t.target) AND a.attname = c.target AND NOT a.attisdropped
    ), types AS MATERIALIZED (
        SELECT y.type FROM (SELECT DISTINCT l.type FROM loaded AS l) AS y WHERE _mssql_fdw._has_time_zone(y.type)
    )
    SELECT DISTINCT l.id FROM loaded AS l JOIN types AS y ON y.type = l.type
$$;
COMMENT ON FUNCTION _mssql_fdw._zoned_tables IS 'tables for whose rows TimeZone says what they are';

-- What makes the rows of the copies what they are, on both sides. Columns go by their numbers at the
-- source, too: one that is dropped and made again has another.
CREATE OR REPLACE FUNCTION _mssql_fdw._fingerprints(model jsonb) RETURNS TABLE (table_id int, relation oid, fingerprint text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH c AS MATERIALIZED (
        SELECT x.table_id, string_agg(format('%s %I %s %s %s %s %s %s %s %I %s', x.ordinal, x.name, x.type, x.max_length, x.precision, x.scale,
                                             x.source_collation, x.is_nullable, x.is_masked, x.target, x.loaded), E'\n' ORDER BY x.ordinal) AS columns
        FROM _mssql_fdw._columns(model) AS x GROUP BY x.table_id
    ), zoned AS MATERIALIZED (
        SELECT z.id FROM _mssql_fdw._zoned_tables(model) AS z (id)
    )
    SELECT t.id, r.relation, md5(concat_ws(E'\n', _mssql_fdw._identity_of_source(model), model #>> '{options,nul_policy}', t.source, c.columns,
                                           CASE WHEN t.id IN (SELECT z.id FROM zoned AS z) THEN current_setting('TimeZone') END))
                             || _mssql_fdw._state_of_copy(r.relation)
    FROM _mssql_fdw._tables(model) AS t JOIN c ON c.table_id = t.id CROSS JOIN LATERAL (SELECT to_regclass(t.target)::oid) AS r (relation)
    WHERE t.action IN ('create', 'replace', 'switch', 'refill', 'keep')
$$;
COMMENT ON FUNCTION _mssql_fdw._fingerprints IS 'what makes the rows of copies what they are, on both sides';

-- Tables of whose rows the counts of changes say all. Not of those that the counts pass by, or that
-- show values which are made when they are read: of other tables, of programs, of the moment.
CREATE OR REPLACE FUNCTION _mssql_fdw._counted_tables(model jsonb) RETURNS TABLE (table_id int, row_version text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, (SELECT min(c."column") FROM _mssql_fdw._source_columns(model) AS c
                  WHERE c.schema = t.schema AND c."table" = t.name AND c.type IN ('timestamp', 'rowversion') AND NOT c.is_nullable)
    FROM _mssql_fdw._tables(model) AS t
    JOIN _mssql_fdw._source_tables(model) AS s ON s.schema = t.schema AND s."table" = t.name
    WHERE (model #>> '{database,view_definition}')::boolean  -- else a row-level security policy would not be seen
      AND NOT (s.is_memory_optimized OR s.is_external OR s.is_graph OR s.is_filtered OR s.temporal_type = 1)
      AND NOT EXISTS (SELECT FROM _mssql_fdw._source_columns(model) AS c
                      WHERE c.schema = t.schema AND c."table" = t.name AND (c.is_computed OR c.type IN ('text', 'ntext', 'image', 'udt')))
$$;
COMMENT ON FUNCTION _mssql_fdw._counted_tables IS 'tables of whose rows the source''s counts of changes say all';

-- Copies that lack something which a run would make: they are no ground to leave it undone.
CREATE OR REPLACE FUNCTION _mssql_fdw._incomplete_copies(model jsonb) RETURNS SETOF int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.table_id FROM (
        SELECT * FROM _mssql_fdw._plan_defaults(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_untrusted_checks(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_indexes(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_checks(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_foreign_keys(model)) AS s
    WHERE s.statement IS NOT NULL AND s.table_id IS NOT NULL
$$;
COMMENT ON FUNCTION _mssql_fdw._incomplete_copies IS 'copies that lack something which a run would make';

-- Whose rows are written along with those of the relations: their partitions, and what they are
-- partitions of.
CREATE OR REPLACE FUNCTION _mssql_fdw._written_along(relations oid[]) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.relation FROM _mssql_fdw._with_partitions(relations) AS m WHERE m.relation <> m.root
    UNION
    SELECT a.relid FROM unnest(relations) AS r (relation) CROSS JOIN LATERAL pg_partition_ancestors(r.relation) AS a WHERE a.relid <> r.relation
$$;
COMMENT ON FUNCTION _mssql_fdw._written_along IS 'partitions of relations, and what these are partitions of';

-- Tables whose new rows triggers or rules see before they are in their place: what the source has
-- does not say what these are. An exchange of files passes both by.
CREATE OR REPLACE FUNCTION _mssql_fdw._rewritten_tables(model jsonb) RETURNS SETOF int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id FROM _mssql_fdw._tables(model) AS t
    WHERE t.action = 'refill' AND (_mssql_fdw._has_triggers(t.relation) OR _mssql_fdw._has_rules(t.relation))
$$;
COMMENT ON FUNCTION _mssql_fdw._rewritten_tables IS 'tables whose new rows triggers or rules see';

-- What is known of the copies that are to be loaded anew; `kind` NULL: nothing is. Of one that is
-- here as it was made, and lacks nothing, and that no other table of the run is written along with.
-- An older snapshot does not show what has become of it since.
CREATE OR REPLACE FUNCTION _mssql_fdw._known_copies(model jsonb) RETURNS TABLE (table_id int, known replicate._positions)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, ROW(p.*)::replicate._positions
    FROM _mssql_fdw._tables(model) AS t
    JOIN _mssql_fdw._fingerprints(model) AS f ON f.table_id = t.id
    JOIN replicate._own_positions AS p ON p.server = (model ->> 'server')::name AND p.source_schema = t.schema AND p.source_table = t.name
         AND p.relation = t.relation AND p.fingerprint = f.fingerprint
    WHERE t.action IN ('switch', 'refill') AND has_table_privilege(t.relation, 'SELECT') AND _mssql_fdw._is_read_committed()
      AND t.id NOT IN (SELECT i FROM _mssql_fdw._incomplete_copies(model) AS i)
      AND t.id NOT IN (SELECT r FROM _mssql_fdw._rewritten_tables(model) AS r)
      AND t.relation NOT IN (SELECT w FROM _mssql_fdw._written_along(ARRAY(
              SELECT x.relation FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('switch', 'refill') AND x.relation IS NOT NULL)) AS w)
$$;
COMMENT ON FUNCTION _mssql_fdw._known_copies IS 'what is known of copies that are here as they were made';

-- Which count of a table's changes there is, and what has to stay as it is, so that it goes on; NULL:
-- none.
CREATE OR REPLACE FUNCTION _mssql_fdw._position_of(model jsonb, t replicate._table, row_version text) RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('kind', k.kind, 'position', model -> 'source_position' -> CASE k.kind WHEN 'rowversion' THEN 'row_version' ELSE 'version' END,
                              'state', concat_ws(' ', s.state, row_version, model #>> '{source_position,identity}'))
    FROM (SELECT _mssql_fdw._ask_of_changes((model ->> 'server')::name, 'state', t.schema, t.name)) AS s (state)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.state LIKE 'tracked %' AND model #>> '{source_position,version}' IS NOT NULL THEN 'change tracking'
                    -- a table's partitions may change places with those of others, whose rows have versions of before
                    WHEN s.state ~ '^[a-z]+ 1 ' AND row_version IS NOT NULL THEN 'rowversion' END
    ) AS k (kind)
    WHERE k.kind IS NOT NULL
$$;
COMMENT ON FUNCTION _mssql_fdw._position_of IS 'which count of a table''s changes there is; NULL: none';

-- Why a table is known not to have changed, by the counts; NULL: it is not. A version of change
-- tracking has to be beyond the first valid one: of that one nobody knows whether it was switched on
-- again there.
CREATE OR REPLACE FUNCTION _mssql_fdw._proof_of_counts(model jsonb, t replicate._table, row_version text, known replicate._positions, now jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    server name := model ->> 'server';
BEGIN
    IF known.kind IS DISTINCT FROM now ->> 'kind' OR known.state IS DISTINCT FROM now ->> 'state' OR known.position > (now ->> 'position')::bigint THEN
        RETURN NULL;
    ELSIF known.kind = 'rowversion' THEN
        RETURN (SELECT 'no row version from 0x' || upper(lpad(to_hex(known.position), 16, '0')) || ' on'
                WHERE _mssql_fdw._ask_of_changes(server, 'row versions', t.schema, t.name, row_version, known.position) = known.rows || ' 0');
    ELSIF _mssql_fdw._ask_of_changes(server, 'changes', t.schema, t.name, version => known.position) = '0' THEN
        RETURN (SELECT format('no change tracked since version %s', known.position)
                WHERE substring(_mssql_fdw._ask_of_changes(server, 'tracked from', t.schema, t.name) FROM '^[0-9]{1,18}$')::bigint < known.position);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._proof_of_counts IS 'why a table is known not to have changed, by the source''s counts; NULL: it is not';

CREATE OR REPLACE FUNCTION _mssql_fdw._said_of_unchanged(run bigint, rows bigint, proof text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('unchanged since run %s: %s, %s %s', run, proof, rows, CASE rows WHEN 1 THEN 'row' ELSE 'rows' END);
COMMENT ON FUNCTION _mssql_fdw._said_of_unchanged IS 'unchanged since run 12: no change tracked since version 17, 1234 rows';

-- For the model: positions, unchanged, known, copies. The counts are asked by the leader, and workers read
-- later: where all is to be of one moment, only the rows prove anything.
CREATE OR REPLACE FUNCTION _mssql_fdw._find_unchanged(model jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    goes_by_counts boolean := model #>> '{options,consistency}' <> 'require';
    positions jsonb := '{}';
    unchanged jsonb := '{}';
    known jsonb := '{}';
    copies jsonb := '{}';
    each record;
    now jsonb;
    proof text;
BEGIN
    FOR each IN SELECT t, c.table_id IS NOT NULL AS is_counted, c.row_version, k.known
                FROM _mssql_fdw._tables(model) AS t
                LEFT JOIN _mssql_fdw._counted_tables(model) AS c ON c.table_id = t.id
                LEFT JOIN _mssql_fdw._known_copies(model) AS k ON k.table_id = t.id
                WHERE t.action IN ('create', 'replace', 'switch', 'refill') ORDER BY t.position LOOP
        now := CASE WHEN each.is_counted AND model ->> 'source_position' IS NOT NULL THEN _mssql_fdw._position_of(model, each.t, each.row_version) END;
        positions := positions || jsonb_build_object((each.t).id, now);
        CONTINUE WHEN (each.known).relation IS NULL OR _mssql_fdw._scan_rows((each.t).relation) <> (each.known).rows;
        proof := CASE WHEN goes_by_counts THEN _mssql_fdw._proof_of_counts(model, each.t, each.row_version, each.known, now) END;
        IF proof IS NOT NULL THEN
            unchanged := unchanged || jsonb_build_object((each.t).id, _mssql_fdw._said_of_unchanged((each.known).run, (each.known).rows, proof));
        ELSIF (each.known).hash IS NOT NULL AND (model #>> '{options,row_hash}')::boolean THEN
            known := known || jsonb_build_object((each.t).id,
                jsonb_build_object('rows', (each.known).rows, 'hash', (each.known).hash, 'run', (each.known).run));
        END IF;
        copies := copies || jsonb_build_object((each.t).id,
            jsonb_build_object('rows', (each.known).rows, 'state', _mssql_fdw._state_of_copy((each.t).relation)));
    END LOOP;
    RETURN jsonb_build_object('positions', positions, 'unchanged', unchanged, 'known', known, 'copies', copies);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._find_unchanged IS 'what is known of tables that have not changed, for a model';

-- What others have made of a copy since it was looked at: `state`, `rows`. NULL: nothing.
CREATE OR REPLACE FUNCTION _mssql_fdw._written_meanwhile(relation regclass, rows bigint, state text) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _mssql_fdw._state_of_copy(relation) IS DISTINCT FROM state THEN 'the copy has been emptied or altered during the run'
                WHEN n.count <> rows THEN format('the copy has been written during the run: its rows are %s now, and were %s', n.count, rows) END
    FROM _mssql_fdw._count_rows(relation) AS n (count)
$$;
COMMENT ON FUNCTION _mssql_fdw._written_meanwhile IS 'what others have made of a copy during a run that leaves it alone; NULL: nothing';

-- Whoever had written and not committed when the plan was made, or has written since, is waited for
-- by the step "lock": what stays is then what a refresh would make of it, or is no longer known.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_unchanged(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 82, t.position, 1, t.id, 'count', t.source, t.target,
           format('SELECT _mssql_fdw._written_meanwhile(%L, %s, %L)', t.target, x.copy ->> 'rows', x.copy ->> 'state'), NULL::text
    FROM _mssql_fdw._tables_that_stay(model) AS t CROSS JOIN LATERAL (SELECT model -> 'copies' -> t.id::text) AS x (copy)
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_unchanged IS 'steps: counts the rows of tables that stay';

-- What the ledger is to have of the tables that a run has loaded, or left alone. No hash and no kind:
-- nothing. What an earlier run has loaded was read before the position was asked for; what others
-- have written meanwhile, or triggers have seen, is not what the source has.
CREATE OR REPLACE FUNCTION _mssql_fdw._positions_of(model jsonb, tables replicate.run_tables[], outcomes replicate._outcome[]) RETURNS SETOF replicate._positions
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH done AS MATERIALIZED (
        SELECT t.id, t.schema, t.name, r.status NOT SIMILAR TO '(count differs|set aside)%' AND t.id NOT IN (SELECT x FROM _mssql_fdw._rewritten_tables(model) AS x) AS is_whole,
               r.status LIKE 'unchanged%' AS is_unchanged, r.rows, r.hash,
               CASE WHEN NOT EXISTS (SELECT FROM unnest(outcomes) AS o WHERE o.kind = 'resume' AND o.table_id = t.id)
                    THEN nullif(model -> 'positions' -> t.id::text, 'null') END AS now
        FROM _mssql_fdw._tables(model) AS t JOIN unnest(tables) AS r ON r.source = t.source
        WHERE r.rows IS NOT NULL OR r.status LIKE 'unchanged%'
           OR EXISTS (SELECT FROM unnest(outcomes) AS o WHERE o.kind = 'count' AND o.table_id = t.id AND o.answer[1] IS NOT NULL)
    )
    SELECT (model ->> 'server')::name, d.schema, d.name, f.relation, (SELECT o.oid FROM pg_roles AS o WHERE o.rolname = current_user),
           CASE WHEN d.is_unchanged THEN p.run END, CASE WHEN d.is_unchanged THEN p.rows ELSE d.rows END,
           CASE WHEN d.is_unchanged THEN p.hash WHEN d.is_whole THEN d.hash END, f.fingerprint,
           CASE WHEN d.is_whole THEN d.now ->> 'kind' END, (d.now ->> 'position')::bigint, d.now ->> 'state'
    FROM done AS d
    JOIN _mssql_fdw._fingerprints(model) AS f ON f.table_id = d.id
    LEFT JOIN replicate._own_positions AS p ON p.server = (model ->> 'server')::name AND p.source_schema = d.schema AND p.source_table = d.name
         AND p.relation = f.relation AND p.fingerprint = f.fingerprint
    WHERE f.relation IS NOT NULL AND NOT (d.is_unchanged AND (p.relation IS NULL OR d.now IS NULL))
$$;
COMMENT ON FUNCTION _mssql_fdw._positions_of IS 'what the ledger is to have of the tables of a run';

-- To be written with the run's history.
CREATE OR REPLACE FUNCTION _mssql_fdw._note_positions(positions anyarray) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_note_positions' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._note_positions IS 'notes what a run is to write into the ledger of which rows copies are';

-- Called by C as the extension's owner. What was known of a copy goes, from whatever source, for a
-- refill by difference leaves the file that it was known by; with a table that has been loaded, also
-- what was known of its partitions, and of what it is one of. What is of no use to anybody goes,
-- where no other run is at that.
CREATE OR REPLACE FUNCTION _mssql_fdw._write_positions(run bigint, positions replicate._positions[]) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    -- in one order: runs of other servers may be at rows of the same relations
    DELETE FROM replicate._positions AS o
    WHERE o.ctid = ANY (ARRAY(SELECT g.ctid FROM replicate._positions AS g
                              WHERE g.relation IN (SELECT p.relation FROM unnest(positions) AS p
                                                   UNION SELECT w FROM _mssql_fdw._written_along(ARRAY(SELECT p.relation FROM unnest(positions) AS p WHERE p.run IS NULL)) AS w)
                              ORDER BY g.relation, g.server, g.source_schema, g.source_table FOR UPDATE));
    DELETE FROM replicate._positions AS o
    WHERE o.ctid IN (SELECT g.ctid FROM replicate._positions AS g
                     WHERE _mssql_fdw._is_read_committed()
                       AND (NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = g.relation)
                            OR NOT EXISTS (SELECT FROM pg_foreign_server AS s WHERE s.srvname = g.server))
                     FOR UPDATE OF g SKIP LOCKED);
    INSERT INTO replicate._positions
    SELECT p.server, p.source_schema, p.source_table, p.relation, p.role, coalesce(p.run, _write_positions.run), p.rows, p.hash, p.fingerprint, p.kind,
           CASE WHEN p.kind IS NOT NULL THEN p.position END, CASE WHEN p.kind IS NOT NULL THEN p.state END
    FROM unnest(positions) AS p
    WHERE p.fingerprint IS NOT NULL AND (p.hash IS NOT NULL OR p.kind IS NOT NULL)
      AND p.relation NOT IN (SELECT w FROM _mssql_fdw._written_along(ARRAY(SELECT p.relation FROM unnest(positions) AS p WHERE p.run IS NULL)) AS w);
    SELECT _write_positions.run
$$;
COMMENT ON FUNCTION _mssql_fdw._write_positions IS 'writes into the ledger of which rows copies are';

-- In the transaction of a worker that has loaded a table, or the last of its chunks: whether it has
-- what is here already. 1: it has. What an earlier run has begun was read then, and proves nothing of
-- now.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_known(run bigint, work replicate._work) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT s.begun_by, sum(l.rows) AS rows, _mssql_fdw._sum_of_hashes(array_agg(l.hash)) AS hash
        FROM _mssql_fdw._split_table(_is_known.run, work.source) AS s CROSS JOIN LATERAL _mssql_fdw._loaded_chunks(s.begun_by, s.source) AS l
        GROUP BY s.begun_by) AS x
    WHERE x.rows = work.known_rows AND x.hash = work.known_hash AND x.begun_by = _is_known.run
$$;
COMMENT ON FUNCTION _mssql_fdw._is_known IS 'whether the chunks of a table are what is here already';
