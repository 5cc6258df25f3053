-- Replicate: going on with what the workers of an earlier run have left (src/pg/copy/workers.hpp).
-- A table is done in one transaction, with a row of replicate._chunks that says what its rows are
-- of; and it stands in the schemas of the run, until this or a later run, which takes it over into
-- its own, puts it into its place.

-- What a table is by itself, its file, too: another run may have given it newer rows meanwhile; and
-- what depends on it.
CREATE OR REPLACE FUNCTION _mssql_fdw._state_of(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT md5(concat_ws(E'\n', c.relkind, c.relam, c.relowner, c.reltablespace, c.relpersistence, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relacl, pg_relation_filenode(c.oid),
        (SELECT string_agg(a::text, E'\n' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
        (SELECT string_agg(d::text, E'\n' ORDER BY d.adnum) FROM pg_attrdef AS d WHERE d.adrelid = c.oid),
        (SELECT string_agg(i::text, E'\n' ORDER BY i.indexrelid) FROM pg_index AS i WHERE i.indrelid = c.oid),
        (SELECT string_agg(k::text, E'\n' ORDER BY k.oid) FROM pg_constraint AS k WHERE k.conrelid = c.oid),
        (SELECT string_agg(g::text, E'\n' ORDER BY g.oid) FROM pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
        (SELECT string_agg(p::text, E'\n' ORDER BY p.oid) FROM pg_policy AS p WHERE p.polrelid = c.oid),
        (SELECT string_agg(h.inhrelid::text, ' ' ORDER BY h.inhrelid) FROM pg_inherits AS h WHERE h.inhparent = c.oid),
        (SELECT string_agg(r::text, E'\n' ORDER BY r.oid) FROM pg_rewrite AS r WHERE r.ev_class = c.oid),
        (SELECT string_agg(x::text, E'\n' ORDER BY x.oid) FROM pg_statistic_ext AS x WHERE x.stxrelid = c.oid),
        (SELECT string_agg(format('%s %s', d.classid, d.objid), ' ' ORDER BY d.classid, d.objid, d.refobjsubid) FROM pg_depend AS d
         WHERE d.deptype = 'n' AND (d.refclassid, d.refobjid) IN (('pg_class'::regclass, c.oid), ('pg_type'::regclass, c.reltype)))))
    FROM pg_class AS c WHERE c.oid = relation
$$;
COMMENT ON FUNCTION _mssql_fdw._state_of IS 'hash of what a table is by itself: columns, indexes, constraints, rights, file, dependents';

-- Whose rows a run reads: that database of that server, as that login sees it.
CREATE OR REPLACE FUNCTION _mssql_fdw._identity_of_source(model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT concat_ws(E'\n', f.oid, f.srvoptions, model #>> '{database,name}', model #>> '{database,login}', model #>> '{options,allow_masked}',
                         model #>> '{options,allow_filtered}') FROM pg_foreign_server AS f WHERE f.srvname = model ->> 'server');
COMMENT ON FUNCTION _mssql_fdw._identity_of_source IS 'what tells the database that a run reads, and what its login sees, from others';

-- What the load of a table that is there would call of the user's: its workers are of one lock group
-- (src/pg/host/team.hpp), where nothing would keep that apart from what others do. A default that
-- the load gives no value to, a generated column, an index, a type that checks or casts; the first of
-- them. NULL: nothing.
CREATE OR REPLACE FUNCTION _mssql_fdw._code_of_load(relation oid, loaded name[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.what FROM (
        SELECT 1, a.attnum, format('default or generated value of its column %I', a.attname)
        FROM pg_attribute AS a JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = relation AND (a.attgenerated <> '' OR a.attname <> ALL (loaded)) AND NOT _mssql_fdw._is_self_contained(d.adbin)
        UNION ALL
        SELECT 2, a.attnum, format('type of its column %I', a.attname)
        FROM pg_attribute AS a JOIN pg_type AS y ON y.oid = a.atttypid LEFT JOIN pg_type AS e ON e.oid = y.typelem AND y.typlen = -1
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND y.oid >= 16384 AND coalesce(e.typtype, y.typtype) NOT IN ('b', 'e')
        UNION ALL
        SELECT 3, i.indexrelid::bigint, format('expression of its index %I', c.relname)
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = relation AND NOT (coalesce(_mssql_fdw._is_self_contained(i.indexprs), true) AND coalesce(_mssql_fdw._is_self_contained(i.indpred), true))
    ) AS x (kind, at, what) ORDER BY x.kind, x.at LIMIT 1
$$;
COMMENT ON FUNCTION _mssql_fdw._code_of_load IS 'what the load of a table would call of the user''s; NULL: nothing';

-- What workers are to do, a row a table, the largest first, so that no worker is left with it when
-- the others have nothing more to do. The estimates of a load are no part of what its rows are of.
CREATE OR REPLACE FUNCTION _mssql_fdw._work(model jsonb, steps replicate._step[], jobs int) RETURNS SETOF replicate._work
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS MATERIALIZED (
        SELECT x.table_id,
               string_agg(concat_ws(' ', x.kind, CASE x.kind WHEN 'load' THEN regexp_replace(x.statement, ', [0-9]+, [0-9]+((, true)?(, row_hash => false)?[)])$', E'\\1')
                                                 ELSE x.statement END, x.note), E'\n' ORDER BY x.at) AS statements
        FROM unnest(steps) WITH ORDINALITY AS x (phase, "position", ordinal, table_id, kind, source, target, statement, note, at)
        WHERE x.phase IN (40, 60) GROUP BY x.table_id
    ), c AS MATERIALIZED (
        SELECT x.table_id, array_agg(format('%I %s', x.name, concat_ws(' ', x.type, x.max_length, x.precision, x.scale,
                   CASE WHEN x.is_nullable THEN 'NULL' ELSE 'NOT NULL' END, CASE WHEN x.is_masked THEN 'masked' END)) ORDER BY x.ordinal) AS columns,
               coalesce(array_agg(x.target) FILTER (WHERE x.loaded), '{}') AS loaded
        FROM _mssql_fdw._columns(model) AS x GROUP BY x.table_id
    ), granted AS MATERIALIZED (
        SELECT d.schema, string_agg(d.statement, E'\n' ORDER BY d.statement COLLATE "C") AS statements
        FROM _mssql_fdw._default_privileges(model) AS d GROUP BY d.schema
    )
    SELECT t.id, t.source, t.target, m.name,
           md5(replace(concat_ws(E'\n', s.statements, g.statements, _mssql_fdw._state_of(t.relation)), format('replicate_%s', model ->> 'run'), 'replicate_')),
           md5(_mssql_fdw._identity_of_source(model)), c.columns,
           CASE WHEN t.action IN ('switch', 'refill') THEN _mssql_fdw._code_of_load(t.relation, c.loaded) END,
           t.schema, t.name, coalesce(t.is_memory_optimized, false), coalesce(t.rows, 0), coalesce(t.bytes, 0), CASE WHEN k.names IS NULL THEN 1 ELSE coalesce(n.chunks, 1) END,
           k.names, k.types, k.collations, (x.known ->> 'rows')::bigint, (x.known ->> 'hash')::uuid, (x.known ->> 'run')::bigint
    FROM _mssql_fdw._tables(model) AS t
    CROSS JOIN LATERAL (SELECT model -> 'known' -> t.id::text) AS x (known)
    CROSS JOIN LATERAL (
        SELECT CASE t.action WHEN 'switch' THEN format('%I.pg_temp_%s', _mssql_fdw._staging_schema(model), t.relation)
                             WHEN 'refill' THEN _mssql_fdw._staging_table(model, t) ELSE _mssql_fdw._made(model, t) END
    ) AS m (name)
    LEFT JOIN s ON s.table_id = t.id
    LEFT JOIN c ON c.table_id = t.id
    LEFT JOIN _mssql_fdw._range_keys(model) AS k ON k.table_id = t.id
    LEFT JOIN _mssql_fdw._chunk_counts(model, jobs) AS n ON n.table_id = t.id
    LEFT JOIN granted AS g ON t.action IN ('create', 'replace') AND g.schema = _mssql_fdw._staging_schema(model, t.target_schema)
    WHERE t.action IN ('create', 'replace', 'switch', 'refill')
    ORDER BY coalesce(t.bytes, 0) DESC, coalesce(t.rows, 0) DESC, t.position
$$;
COMMENT ON FUNCTION _mssql_fdw._work IS 'what workers are to do, a row a table, the largest first';

-- Who loads a table, for the plan. It is no note of a step's, which the fingerprint has: the next call
-- may have other workers, and goes on with what these have loaded.
CREATE OR REPLACE FUNCTION _mssql_fdw._work_notes(model jsonb, steps replicate._step[], jobs int) RETURNS TABLE (table_id int, note text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.table_id, concat_ws('; ', CASE WHEN w.code IS NOT NULL THEN format('by the calling session, for the %s', w.code)
                                            WHEN w.chunks > 1 THEN format('in up to %s chunks, by ranges of %s', w.chunks,
                                                (SELECT string_agg(_mssql_fdw._quote_name(k), ', ') FROM unnest(w.key) AS k)) END,
                                       CASE WHEN w.code IS NULL AND w.known_hash IS NOT NULL THEN format('and dropped where they are the %s of run %s still',
                                                CASE w.known_rows WHEN 1 THEN '1 row' ELSE w.known_rows || ' rows' END, w.known_run) END)
    FROM _mssql_fdw._work(model, steps, jobs) AS w
    WHERE jobs > 0 AND (w.code IS NOT NULL OR w.chunks > 1 OR w.known_hash IS NOT NULL)
$$;
COMMENT ON FUNCTION _mssql_fdw._work_notes IS 'who loads a table, where that is not one worker';

-- Those that follow are called by C as the extension's owner, whose schemas and rows these are. All
-- answer a number.

-- In the transaction of a worker that has done a table. 1.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_chunk(run bigint, role oid, work replicate._work, outcomes replicate._outcome[], attempts int,
    error text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO replicate._chunks (run, source, target, chunk, rows, bytes, hash, elapsed, attempts, error, finished, pid, kept_by, role, relation, state,
        fingerprint, origin, columns, outcomes)
    SELECT run, work.source, work.target, 1, max(o.answer[1]::bigint) FILTER (WHERE o.kind = 'load'), max(o.answer[2]::bigint) FILTER (WHERE o.kind = 'load'),
           _mssql_fdw._hash_of(outcomes), sum(o.elapsed), attempts, error, clock_timestamp(), pg_backend_pid(), run, role, to_regclass(work.made),
           _mssql_fdw._state_of(to_regclass(work.made)),
           work.fingerprint, work.origin, work.columns, to_jsonb(outcomes)
    FROM unnest(outcomes) AS o;
    SELECT 1::bigint
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_chunk IS 'writes into the ledger what a worker has loaded';

-- Runs of the same role, server and target whose workers have left something, and nobody works on.
-- The keeper of one that has ended may be cleaning up still: it drops what runs before that one have
-- left.
CREATE OR REPLACE FUNCTION _mssql_fdw._earlier_runs(role name, server name, target_schema name, only_table text) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.id FROM replicate._runs AS r
    WHERE r.role = _earlier_runs.role AND r.server = _earlier_runs.server
      AND r.arguments ->> 'target_schema' IS NOT DISTINCT FROM _earlier_runs.target_schema::text
      AND r.arguments ->> 'source_table' IS NOT DISTINCT FROM only_table
      AND EXISTS (SELECT FROM replicate._chunks AS c JOIN pg_roles AS o ON o.oid = c.role WHERE c.kept_by = r.id AND o.rolname = r.role)
      AND NOT ((r.status = 'running' OR r.arguments #>> '{options,resume}' IS NOT DISTINCT FROM 'false') AND _mssql_fdw._is_worked_on(r.id))
$$;
COMMENT ON FUNCTION _mssql_fdw._earlier_runs IS 'runs of the same role, server and target that have left something';

-- The same for one that stands in history.
CREATE OR REPLACE FUNCTION _mssql_fdw._runs_before(run bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e FROM replicate._runs AS r
    CROSS JOIN LATERAL _mssql_fdw._earlier_runs(r.role, r.server, (r.arguments ->> 'target_schema')::name, r.arguments ->> 'source_table') AS e
    WHERE r.id = _runs_before.run AND e < r.id
$$;
COMMENT ON FUNCTION _mssql_fdw._runs_before IS 'runs of the role, server and target of a run that have left something';

CREATE OR REPLACE FUNCTION _mssql_fdw._is_staging_schema(schema oid, run bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM pg_namespace AS n WHERE n.oid = schema AND n.nspname ~ format('^replicate_%s(_|$)', run)
               AND pg_get_userbyid(n.nspowner) = current_user
               AND obj_description(n.oid, 'pg_namespace') = format('mssql_fdw: what run %s has loaded, on its way', run));
COMMENT ON FUNCTION _mssql_fdw._is_staging_schema IS 'whether a schema is one of a run''s, made by _create_staging_schema()';

-- The last run, of whatever role and server, that has given a table rows, or has found them to be the
-- source's, since a run began that has left some of it: those would take it back in time, and its
-- file may be the same.
CREATE OR REPLACE FUNCTION _mssql_fdw._newer_run(target text, loaded_by bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT max(r.id) FROM replicate._runs AS l
        JOIN replicate._runs AS r ON r.id <> l.id AND r.finished > l.started
        JOIN replicate._run_tables AS t ON t.run = r.id AND t.target = _newer_run.target
             AND (t.rows IS NOT NULL OR t.status LIKE 'unchanged since run %')
        WHERE l.id = loaded_by);
COMMENT ON FUNCTION _mssql_fdw._newer_run IS 'run that has given a table newer rows than what another one has left; NULL: none';

-- What stands already of tables that are to be loaded, and whether it is what a worker would make
-- of them now: NULL outcomes: it is not, and is loaded anew. It is the role's by its number: a name
-- may be another role's by now. `chunks`: of a table that is not done, of which these are `loaded`.
CREATE OR REPLACE FUNCTION _mssql_fdw._kept(run bigint, role oid, work replicate._work[])
RETURNS TABLE (table_id int, loaded_by bigint, outcomes replicate._outcome[], message text, detail text, chunks int, loaded int[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH own AS MATERIALIZED (
        SELECT r.arguments #>> '{options,resume}' AS resume FROM replicate._runs AS r WHERE r.id = _kept.run
    ), newest AS MATERIALIZED (
        SELECT DISTINCT ON (c.source) c.*, _mssql_fdw._state_of(c.relation) IS DISTINCT FROM c.state AS has_changed,
               EXISTS (SELECT FROM pg_class AS r WHERE r.oid = c.relation AND r.relpersistence = 'p') AS is_logged,
               EXISTS (SELECT FROM pg_class AS r WHERE r.oid = c.relation AND _mssql_fdw._is_staging_schema(r.relnamespace, c.kept_by)) AS is_there
        FROM replicate._chunks AS c
        WHERE c.kept_by IN (SELECT e FROM _mssql_fdw._runs_before(_kept.run) AS e) ORDER BY c.source, c.finished DESC
    ), compared AS (
        SELECT w.table_id, w.source, w.target, CASE WHEN w.known_hash IS NULL THEN 'loaded' ELSE 'read' END AS taken, n.run, l.runs, greatest(n.finished, l.finished) AS finished, CASE WHEN n.rows IS NULL THEN l.rows ELSE n.rows END AS rows,
               CASE WHEN n.rows IS NULL THEN coalesce(array_length(n.bounds, 1), 0) + 1 END AS chunks, l.chunks AS loaded,
               CASE WHEN n.rows IS NULL THEN _mssql_fdw._outcomes_of_split(s.split) ELSE n.outcomes END AS outcomes,
               CASE WHEN n.origin <> w.origin THEN 'It is of another database, server or login, or of other rights there.'
                    WHEN n.columns IS DISTINCT FROM w.columns THEN concat_ws(' ',
                        'Columns at the source are new, or others now: ' || (SELECT string_agg(x, ', ') FROM unnest(w.columns) AS x WHERE x <> ALL (n.columns)) || '.',
                        'Have gone, or were others then: ' || (SELECT string_agg(x, ', ') FROM unnest(n.columns) AS x WHERE x <> ALL (w.columns)) || '.')
                    WHEN n.fingerprint <> w.fingerprint OR n.target <> w.target OR n.rows IS NULL AND (n.key, n.key_types, n.key_collations) IS DISTINCT FROM (w.key, w.key_types, w.key_collations) THEN 'Its keys, indexes or checks are others, options are, or the table here has changed.'
                    WHEN n.role <> _kept.role OR n.has_changed OR NOT n.is_there THEN 'What has been loaded has been changed, or is another role''s.'
                    WHEN NOT n.is_logged THEN 'What has been loaded is not logged.'
                    WHEN x.newer IS NOT NULL THEN format('Run %s has given it newer rows.', x.newer)
                    WHEN o.resume IS NULL AND greatest(n.finished, l.finished) < now() - interval '12 hours' THEN 'It is older than 12 hours; options => ''{"resume": true}'' takes it all the same.'
                    END AS difference
        FROM own AS o CROSS JOIN unnest(work) AS w JOIN newest AS n ON n.source = w.source
        LEFT JOIN LATERAL (
            SELECT c AS split FROM replicate._chunks AS c WHERE n.rows IS NULL AND c.run = n.run AND c.source = n.source AND c.chunk = 0
        ) AS s ON true
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(c.rows), 0) AS rows, coalesce(array_agg(c.chunk ORDER BY c.chunk), '{}') AS chunks, max(c.finished) AS finished,
                   string_agg(DISTINCT c.run::text, ' and ') AS runs
            FROM _mssql_fdw._loaded_chunks(n.begun_by, n.source) AS c WHERE n.rows IS NULL
        ) AS l
        CROSS JOIN LATERAL (SELECT _mssql_fdw._newer_run(w.target, coalesce(n.begun_by, n.run))) AS x (newer)
        WHERE o.resume IS DISTINCT FROM 'false' AND (n.rows IS NOT NULL OR cardinality(l.chunks) > 0)
    )
    SELECT c.table_id, c.run, CASE WHEN c.difference IS NULL THEN ARRAY(SELECT jsonb_populate_record(NULL::replicate._outcome, o.value)
                                                                 FROM jsonb_array_elements(c.outcomes) WITH ORDINALITY AS o (value, at) ORDER BY o.at) END,
           CASE WHEN c.difference IS NOT NULL THEN format('%s is %s anew: it is not what run %s has loaded', c.source, c.taken, c.run)
                ELSE concat(CASE WHEN c.chunks > 0 THEN format('%s of %s chunks, ', cardinality(c.loaded), c.chunks) END,
                            format('%s %s, as run %s has loaded them %s %s', c.rows, CASE c.rows WHEN 1 THEN 'row' ELSE 'rows' END, coalesce(c.runs, c.run::text),
                                   CASE WHEN c.chunks > 0 THEN 'until' ELSE 'at' END, date_trunc('second', c.finished))) END, c.difference,
           c.chunks, c.loaded
    FROM compared AS c
$$;
COMMENT ON FUNCTION _mssql_fdw._kept IS 'what earlier runs have left of tables, and whether it can stay';

-- The relation of what _kept() has found, and what it is compared by once more, for it is another
-- process that asks; 0: it is not that any more.
CREATE OR REPLACE FUNCTION _mssql_fdw._kept_relation(run bigint, loaded_by bigint, role oid, work replicate._work) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT c.relation::bigint FROM replicate._chunks AS c JOIN pg_class AS r ON r.oid = c.relation
                     WHERE c.run = loaded_by AND c.source = work.source AND c.role = _kept_relation.role
                       AND c.fingerprint = work.fingerprint AND c.origin = work.origin AND c.state = _mssql_fdw._state_of(c.relation)
                       AND c.kept_by IN (SELECT e FROM _mssql_fdw._runs_before(_kept_relation.run) AS e)
                       AND _mssql_fdw._is_staging_schema(r.relnamespace, c.kept_by)
                       AND _mssql_fdw._newer_run(work.target, coalesce(c.begun_by, c.run)) IS NULL), 0)
$$;
COMMENT ON FUNCTION _mssql_fdw._kept_relation IS 'relation that an earlier run has left of a table';

-- It becomes the run's, in the schema where a worker would make it. `rows`: what it holds. 0: it
-- cannot, for its rows have been changed: its owner may, as those of any table.
CREATE OR REPLACE FUNCTION _mssql_fdw._take_over(run bigint, loaded_by bigint, role oid, work replicate._work, rows bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    _relation oid := _mssql_fdw._kept_relation(run, loaded_by, role, work)::oid;
    schema name := (parse_ident(work.made))[1];
BEGIN
    IF _relation = 0 OR NOT _mssql_fdw._is_staging_schema(to_regnamespace(quote_ident(schema)), run) THEN
        RETURN 0;
    END IF;
    PERFORM _mssql_fdw._lock_alone(_relation, 'access exclusive');
    IF _mssql_fdw._kept_relation(run, loaded_by, role, work) <> _relation::bigint
       OR NOT EXISTS (SELECT FROM replicate._chunks AS c WHERE c.run = loaded_by AND c.relation = _relation
                      AND coalesce(c.rows, (SELECT coalesce(sum(l.rows), 0) FROM _mssql_fdw._loaded_chunks(c.begun_by, c.source) AS l)) = _take_over.rows) THEN
        RETURN 0;
    END IF;
    EXECUTE format('ALTER TABLE %s SET SCHEMA %I', _relation::regclass, schema);
    IF to_regclass(work.made) IS DISTINCT FROM _relation THEN
        PERFORM _mssql_fdw._raise('55000', format('%s is not %s', _relation::regclass, work.made));
    END IF;
    UPDATE replicate._chunks AS c SET kept_by = _take_over.run, state = _mssql_fdw._state_of(c.relation)
    WHERE c.run = loaded_by AND c.relation = _relation;
    RETURN 1;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._take_over IS 'makes a table that an earlier run has left this one''s';

-- A table that a run has left is not to be gone on with, whether or not it can be dropped now: what
-- is kept for that goes, of its chunks too, and bounds are values of rows.
CREATE OR REPLACE FUNCTION _mssql_fdw._forget_table(kept_by bigint, source text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    UPDATE replicate._chunks AS l SET outcomes = NULL
    FROM replicate._chunks AS c
    WHERE c.kept_by = _forget_table.kept_by AND c.source = _forget_table.source AND l.begun_by = c.begun_by AND l.source = c.source AND l.chunk > 0;
    UPDATE replicate._chunks AS c SET kept_by = NULL, relation = NULL, columns = NULL, bounds = NULL, outcomes = NULL
    WHERE c.kept_by = _forget_table.kept_by AND c.source = _forget_table.source
$$;
COMMENT ON FUNCTION _mssql_fdw._forget_table IS 'lets no later run go on with a table that a run has left';

-- The same of all of its tables.
CREATE OR REPLACE FUNCTION _mssql_fdw._forget_chunks(run bigint) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._forget_table(c.kept_by, c.source) FROM replicate._chunks AS c WHERE c.kept_by = _forget_chunks.run
$$;
COMMENT ON FUNCTION _mssql_fdw._forget_chunks IS 'lets no later run go on with what a run has left';

-- The keeper of a run that has just failed may be writing that down: before another one of the server
-- begins, for at most ten seconds.
CREATE OR REPLACE FUNCTION _mssql_fdw._await_ended_runs(server name) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    FOR pause IN 1 .. 1000 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM replicate._runs AS r
                              WHERE r.server = _await_ended_runs.server AND r.status = 'running' AND _mssql_fdw._is_worked_on(r.id));
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._await_ended_runs IS 'waits for the keepers of runs of a server that have ended';

-- Drops what is in a schema, of whatever kind, up to so many, for each takes locks; what depends on it
-- goes along, what only names it does not. How many.
CREATE OR REPLACE FUNCTION _mssql_fdw._drop_contents(schema oid, at_most bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_drop_contents' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._drop_contents IS 'drops what is in a schema, or some of it';

-- Drops what the workers of a run have left, or so many objects of it. How many.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_staging(run bigint, at_most bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    schema record;
    dropped bigint := 0;
BEGIN
    PERFORM _mssql_fdw._forget_chunks(run);
    FOR schema IN SELECT n.oid, n.nspname FROM pg_namespace AS n WHERE _mssql_fdw._is_staging_schema(n.oid, run) LOOP
        dropped := dropped + _mssql_fdw._drop_contents(schema.oid, at_most - dropped);
        IF dropped >= at_most THEN
            RETURN dropped;
        END IF;
        BEGIN
            EXECUTE format('DROP SCHEMA %I', schema.nspname);
            dropped := dropped + 1;
        EXCEPTION WHEN dependent_objects_still_exist OR invalid_schema_name THEN  -- somebody's own that names it; or another one was faster
            NULL;
        END;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_staging IS 'drops what the workers of a run have left, or some of it';

-- At the end of a run, before it is committed: its schemas, where nothing is in them and nothing
-- depends on them. What has been put there by others, or names them, may be locked: that is the
-- keeper's, later. 0.
CREATE OR REPLACE FUNCTION _mssql_fdw._drop_empty_staging(run bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    schema name;
    callers_timeout text := current_setting('lock_timeout');
BEGIN
    FOR schema IN SELECT n.nspname FROM pg_namespace AS n WHERE _mssql_fdw._is_staging_schema(n.oid, run)
                  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype <> 'a') LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '100ms', true);
            EXECUTE format('DROP SCHEMA %I', schema);
        EXCEPTION WHEN dependent_objects_still_exist OR lock_not_available THEN
            NULL;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', callers_timeout, true);
    PERFORM _mssql_fdw._forget_chunks(run);
    RETURN 0;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._drop_empty_staging IS 'drops the schemas of a run that are empty';

-- Behind a run, by its keeper: what earlier ones have left of tables that it has loaded, or found
-- unchanged, or has left itself; and what it has left, unless it has ended without its tables and a later one may go on
-- with them. Nobody who reads any of that is waited for, but long enough for autovacuum to give way
-- (deadlock_timeout). How much was dropped: there may be more.
CREATE OR REPLACE FUNCTION _mssql_fdw._clean_up(run bigint, keeps boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET lock_timeout = '3s' AS $$
DECLARE
    replaced record;
    dropped bigint := 0;
    left_by bigint;
    stays boolean := keeps AND (SELECT (r.arguments #>> '{options,resume}')::boolean IS NOT false FROM replicate._runs AS r WHERE r.id = run);
BEGIN
    IF NOT stays THEN  -- whether it can be dropped now or not
        PERFORM _mssql_fdw._forget_chunks(run);
    END IF;
    -- What is not logged no run goes on with; nor with a table of which no chunk has been loaded, for its bounds may be what is wrong;
    -- and of rows that have been read in chunks, and do not fit a key, the next one would not make better ones. So it is with what runs
    -- of the same role and server have left that had no keeper in the end.
    PERFORM _mssql_fdw._forget_table(x.kept_by, x.source)
    FROM (SELECT c.kept_by, c.source
          FROM replicate._chunks AS c JOIN replicate._runs AS r ON r.id = c.kept_by JOIN replicate._runs AS o ON o.id = _clean_up.run
          CROSS JOIN LATERAL (SELECT count(*) AS loaded FROM _mssql_fdw._loaded_chunks(c.begun_by, c.source)) AS l
          WHERE (r.id = o.id OR r.server = o.server AND r.role = o.role AND NOT _mssql_fdw._is_worked_on(r.id))
            AND (NOT EXISTS (SELECT FROM pg_class AS k WHERE k.oid = c.relation AND k.relpersistence = 'p')
                 OR c.chunk = 0 AND c.rows IS NULL
                    AND (l.loaded = 0 OR l.loaded > coalesce(array_length(c.bounds, 1), 0) AND r.sqlstate LIKE '23%'))
          ORDER BY c.kept_by, c.source) AS x;
    FOR replaced IN SELECT c.source, c.relation, c.kept_by FROM replicate._chunks AS c
                    WHERE c.kept_by IN (SELECT e FROM _mssql_fdw._runs_before(_clean_up.run) AS e)
                      AND (EXISTS (SELECT FROM replicate._run_tables AS t WHERE t.run = _clean_up.run AND t.source = c.source
                                      AND (t.rows IS NOT NULL OR t.status LIKE 'unchanged since run %'))
                           OR EXISTS (SELECT FROM replicate._chunks AS o WHERE o.kept_by = _clean_up.run AND o.source = c.source)) LOOP
        EXIT WHEN dropped >= 100;
        BEGIN
            IF EXISTS (SELECT FROM pg_class AS r WHERE r.oid = replaced.relation AND _mssql_fdw._is_staging_schema(r.relnamespace, replaced.kept_by)) THEN
                EXECUTE format('DROP TABLE %s CASCADE', replaced.relation::regclass);
            END IF;
            PERFORM _mssql_fdw._forget_table(replaced.kept_by, replaced.source);
            dropped := dropped + 1;
        EXCEPTION
            WHEN lock_not_available THEN PERFORM set_config('lock_timeout', '1ms', true);
            WHEN undefined_table THEN NULL;  -- another one was faster
            WHEN OTHERS THEN RAISE LOG 'mssql_fdw: what run % has left of % was not dropped: %', replaced.kept_by, replaced.source, SQLERRM;
        END;
    END LOOP;
    IF dropped >= 100 THEN
        RETURN dropped;
    END IF;
    FOR left_by IN SELECT DISTINCT x.run FROM (SELECT substring(n.nspname, '^replicate_([0-9]{1,18})(?:_|$)')::bigint AS run FROM pg_namespace AS n
                                               WHERE n.nspname ~ '^replicate_[0-9]{1,18}(_|$)') AS x
                   JOIN replicate._runs AS r ON r.id = x.run JOIN replicate._runs AS o ON o.id = _clean_up.run
                   WHERE r.id = o.id OR r.server = o.server AND r.role = o.role LOOP
        EXIT WHEN dropped >= 200;
        CONTINUE WHEN left_by <> run AND _mssql_fdw._is_worked_on(left_by);
        CONTINUE WHEN EXISTS (SELECT FROM replicate._chunks AS c WHERE c.kept_by = left_by);  -- one has done something meanwhile
        BEGIN
            dropped := dropped + _mssql_fdw._discard_staging(left_by, 200 - dropped);
        EXCEPTION WHEN OTHERS THEN
            RAISE LOG 'mssql_fdw: what run % has left was not dropped: %', left_by, SQLERRM;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
    UPDATE replicate._runs AS r
    SET notes = notes || (SELECT format('%s left for the next call: see replicate.leftovers', CASE count(*) WHEN 1 THEN '1 table was' ELSE count(*) || ' tables were' END)
                          FROM replicate._chunks AS c WHERE c.kept_by = r.id HAVING count(*) > 0)
    WHERE r.id = run AND dropped = 0 AND EXISTS (SELECT FROM replicate._chunks AS c WHERE c.kept_by = r.id);
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._clean_up IS 'drops what a run, and those before it, have left that no later one may go on with';

-- Runs that have schemas still. `of_use`: a later run may go on with what is there, which is
-- complete, of a server and a role that are there, and of a run that has not ended well.
CREATE OR REPLACE FUNCTION _mssql_fdw._runs_with_schemas() RETURNS TABLE (run bigint, role name, of_use boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.run, r.role, r.status IN ('running', 'failed', 'cancelled') AND EXISTS (SELECT FROM pg_foreign_server AS f WHERE f.srvname = r.server)
           AND EXISTS (SELECT FROM replicate._chunks AS c JOIN pg_roles AS o ON o.oid = c.role WHERE c.kept_by = r.id AND o.rolname = r.role) IS TRUE
    FROM (SELECT DISTINCT substring(x.nspname, '^replicate_([0-9]{1,18})(?:_|$)')::bigint AS run
          FROM pg_namespace AS x WHERE pg_get_userbyid(x.nspowner) = current_user AND x.nspname ~ '^replicate_[0-9]{1,18}(_|$)') AS n
    LEFT JOIN replicate._runs AS r ON r.id = n.run
$$;
COMMENT ON FUNCTION _mssql_fdw._runs_with_schemas IS 'runs whose workers have left something, and whether it is of use';

-- Drops what runs have left that nobody works on: of `unwanted` ones, and of others where it is of
-- no use, which is looked at when nobody works on them. What cannot be dropped now stays until a later
-- run. How much was dropped: there may be more; 0: there is not, for now.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_runs(runs bigint[], unwanted bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    each bigint;
    tables bigint;
    dropped bigint := 0;
BEGIN
    DELETE FROM replicate._chunks AS c
    WHERE (c.run, c.source, c.chunk) IN (SELECT o.run, o.source, o.chunk FROM replicate._chunks AS o
                                         WHERE o.kept_by IS NULL AND NOT EXISTS (SELECT FROM replicate._runs AS r WHERE r.id = o.run)
                                           AND NOT EXISTS (SELECT FROM replicate._chunks AS s WHERE s.begun_by = o.begun_by AND s.source = o.source AND s.kept_by IS NOT NULL)
                                         FOR UPDATE SKIP LOCKED);
    FOREACH each IN ARRAY runs LOOP
        EXIT WHEN dropped >= 200;
        CONTINUE WHEN _mssql_fdw._is_worked_on(each);
        CONTINUE WHEN each <> ALL (unwanted) AND EXISTS (SELECT FROM _mssql_fdw._runs_with_schemas() AS r WHERE r.run = each AND r.of_use);
        SELECT count(*) INTO tables FROM replicate._chunks AS c WHERE c.kept_by = each;
        PERFORM _mssql_fdw._forget_chunks(each);
        BEGIN
            dropped := dropped + _mssql_fdw._discard_staging(each, 200 - dropped);
            PERFORM _mssql_fdw._say(false, format('drops what run %s has left: %s %s', each, tables, CASE tables WHEN 1 THEN 'table' ELSE 'tables' END))
            WHERE tables > 0;
        EXCEPTION
            WHEN lock_not_available THEN
                PERFORM set_config('lock_timeout', '1ms', true);  -- who reads it keeps no run waiting for longer
                PERFORM _mssql_fdw._say(false, format('what run %s has left is dropped by a later run, for somebody has a lock on it', each)) WHERE tables > 0;
            WHEN OTHERS THEN
                RAISE LOG 'mssql_fdw: what run % has left was not dropped: %', each, SQLERRM;
        END;
    END LOOP;
    RETURN CASE WHEN dropped >= 200 THEN dropped ELSE 0 END;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_runs IS 'drops what the workers of runs have left';

-- When a run of this call begins: what its role has left that nobody goes on with, and what the call
-- says that it will not go on with. What is others' is none of what it waits for.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_leftovers(role name, server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unwanted bigint[] := ARRAY(SELECT e FROM _mssql_fdw._earlier_runs(role, server, target_schema, only_table) AS e
                               WHERE (options ->> 'resume')::boolean IS false AND jobs > 0);
BEGIN
    RETURN _mssql_fdw._discard_runs(ARRAY(SELECT r.run FROM _mssql_fdw._runs_with_schemas() AS r
                                          WHERE r.role = _discard_leftovers.role AND (NOT r.of_use OR r.run = ANY (unwanted))), unwanted);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_leftovers IS 'drops what the workers of earlier runs of a role have left and nobody will go on with';

-- Behind a run, by its keeper: whoever's.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_orphans() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._discard_runs(ARRAY(SELECT r.run FROM _mssql_fdw._runs_with_schemas() AS r WHERE r.of_use IS NOT TRUE), '{}')
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_orphans IS 'drops what the workers of runs have left that is of no use';

-- The same, called by everybody.
CREATE OR REPLACE FUNCTION _mssql_fdw._drop_leftovers(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_drop_leftovers' LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._drop_leftovers IS 'drops what the workers of earlier runs have left and nobody will go on with';

-- Drops what a run has left, for who has its role or may signal processes. False: it has left
-- nothing. An error where somebody works on it.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard(run bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_discard' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._discard IS 'drops what a run has left';
