-- Replicate: going on with what the workers of an earlier run have left (src/pg/copy/workers.hpp).
-- A table is done in one transaction, with a row of replicate._chunks that says what its rows are
-- of; and it stands in the schemas of the run, until this or a later run puts it into its place.

-- What a table is by itself, its file, too: another run may have given it newer rows meanwhile.
CREATE OR REPLACE FUNCTION _mssql_fdw._state_of(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws(E'\n', c.relkind, c.relam, c.relowner, c.reltablespace, c.relpersistence, c.reloptions, pg_relation_filenode(c.oid),
        (SELECT string_agg(a::text, E'\n' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
        (SELECT string_agg(i::text, E'\n' ORDER BY i.indexrelid) FROM pg_index AS i WHERE i.indrelid = c.oid),
        (SELECT string_agg(k::text, E'\n' ORDER BY k.oid) FROM pg_constraint AS k WHERE k.conrelid = c.oid))
    FROM pg_class AS c WHERE c.oid = relation
$$;
COMMENT ON FUNCTION _mssql_fdw._state_of IS 'what a table is by itself: columns, indexes, constraints, file';

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
CREATE OR REPLACE FUNCTION _mssql_fdw._work(model jsonb, steps replicate._step[]) RETURNS SETOF replicate._work
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS MATERIALIZED (
        SELECT x.table_id,
               string_agg(concat_ws(' ', x.kind, CASE x.kind WHEN 'load' THEN regexp_replace(x.statement, ', [0-9]+, [0-9]+((, true)?[)])$', E'\\1')
                                                 ELSE x.statement END, x.note), E'\n' ORDER BY x.at) AS statements
        FROM unnest(steps) WITH ORDINALITY AS x (phase, "position", ordinal, table_id, kind, source, target, statement, note, at)
        WHERE x.phase IN (40, 60) GROUP BY x.table_id
    ), c AS MATERIALIZED (
        SELECT x.table_id, array_agg(format('%I %s', x.name, concat_ws(' ', x.type, x.max_length, x.precision, x.scale,
                   CASE WHEN x.is_nullable THEN 'NULL' ELSE 'NOT NULL' END)) ORDER BY x.ordinal) AS columns,
               coalesce(array_agg(x.target) FILTER (WHERE x.loaded), '{}') AS loaded
        FROM _mssql_fdw._columns(model) AS x GROUP BY x.table_id
    ), granted AS MATERIALIZED (
        SELECT d.schema, string_agg(d.statement, E'\n' ORDER BY d.statement COLLATE "C") AS statements
        FROM _mssql_fdw._default_privileges(model) AS d GROUP BY d.schema
    )
    SELECT t.id, t.source, t.target, m.name,
           md5(replace(concat_ws(E'\n', s.statements, g.statements), format('replicate_%s', model ->> 'run'), 'replicate_')
               || coalesce(E'\n' || _mssql_fdw._state_of(t.relation), '')), c.columns,
           CASE WHEN t.action IN ('switch', 'refill') THEN _mssql_fdw._code_of_load(t.relation, c.loaded) END
    FROM _mssql_fdw._tables(model) AS t
    CROSS JOIN LATERAL (
        SELECT CASE t.action WHEN 'switch' THEN format('%I.pg_temp_%s', _mssql_fdw._staging_schema(model), t.relation)
                             WHEN 'refill' THEN _mssql_fdw._staging_table(model, t) ELSE _mssql_fdw._made(model, t) END
    ) AS m (name)
    LEFT JOIN s ON s.table_id = t.id
    LEFT JOIN c ON c.table_id = t.id
    LEFT JOIN granted AS g ON t.action IN ('create', 'replace') AND g.schema = _mssql_fdw._staging_schema(model, t.target_schema)
    WHERE t.action IN ('create', 'replace', 'switch', 'refill')
    ORDER BY coalesce(t.bytes, 0) DESC, coalesce(t.rows, 0) DESC, t.position
$$;
COMMENT ON FUNCTION _mssql_fdw._work IS 'what workers are to do, a row a table, the largest first';

-- Those that follow are called by C as the extension's owner, whose schemas and rows these are. All
-- answer a number.

-- In the transaction of a worker that has done a table. 1.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_chunk(run bigint, work replicate._work, outcomes replicate._outcome[], attempts int) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO replicate._chunks (run, source, target, chunk, rows, bytes, elapsed, attempts, finished, pid, kept_by, relation, fingerprint, columns, outcomes)
    SELECT run, work.source, work.target, 1, max(o.answer[1]::bigint) FILTER (WHERE o.kind = 'load'), max(o.answer[2]::bigint) FILTER (WHERE o.kind = 'load'),
           sum(o.elapsed), attempts, clock_timestamp(), pg_backend_pid(), run, to_regclass(work.made), work.fingerprint, work.columns, to_jsonb(outcomes)
    FROM unnest(outcomes) AS o;
    SELECT 1::bigint
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_chunk IS 'writes into the ledger what a worker has loaded';

-- A table that is loaded anew: what stands of it goes. The session that leads the run waits for it,
-- and may have a lock on it: that is an error.
CREATE OR REPLACE FUNCTION _mssql_fdw._forget_chunk(run bigint, source text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning SET lock_timeout = '5s' AS $$
DECLARE
    left_over regclass;
BEGIN
    FOR left_over IN
        UPDATE replicate._chunks AS c SET kept_by = NULL, relation = NULL, columns = NULL, outcomes = NULL
        FROM (SELECT o.run, o.source, o.chunk, o.relation FROM replicate._chunks AS o
              WHERE o.kept_by = _forget_chunk.run AND o.source = _forget_chunk.source) AS o
        WHERE (c.run, c.source, c.chunk) = (o.run, o.source, o.chunk)
        RETURNING (SELECT r.oid::regclass FROM pg_class AS r WHERE r.oid = o.relation AND _mssql_fdw._is_staging_schema(r.relnamespace, _forget_chunk.run))
    LOOP
        IF left_over IS NOT NULL THEN
            EXECUTE format('DROP TABLE %s', left_over);
        END IF;
    END LOOP;
    RETURN 1;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._forget_chunk IS 'drops what an earlier run has left of a table';

-- What stands of these tables already, and is what a worker would make of them now; NULL outcomes:
-- it is not, and is loaded anew.
CREATE OR REPLACE FUNCTION _mssql_fdw._kept(run bigint, work replicate._work[])
RETURNS TABLE (table_id int, outcomes replicate._outcome[], message text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.table_id,
           CASE WHEN s.is_same THEN ARRAY(SELECT jsonb_populate_record(NULL::replicate._outcome, o.value)
                                          FROM jsonb_array_elements(c.outcomes) WITH ORDINALITY AS o (value, at) ORDER BY o.at) END,
           CASE WHEN s.is_same THEN format('%s rows, as run %s has loaded them at %s', c.rows, c.run, date_trunc('second', c.finished))
                ELSE format('%s is loaded anew: it is not what run %s has loaded', w.source, c.run) END,
           CASE WHEN s.is_same THEN NULL
                WHEN NOT s.is_logged THEN 'What it has loaded is not logged, or has been dropped.'
                WHEN w.columns IS DISTINCT FROM c.columns THEN concat_ws(' ',
                    'Columns at the source are new, or others now: ' || (SELECT string_agg(x, ', ') FROM unnest(w.columns) AS x WHERE x <> ALL (c.columns)) || '.',
                    'Have gone, or were others then: ' || (SELECT string_agg(x, ', ') FROM unnest(c.columns) AS x WHERE x <> ALL (w.columns)) || '.')
                ELSE 'Its keys, indexes or checks are others, options are, or the table here has changed.' END
    FROM unnest(work) AS w
    JOIN replicate._chunks AS c ON c.kept_by = _kept.run AND c.source = w.source
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pg_class AS r WHERE r.oid = c.relation AND r.oid = to_regclass(w.made) AND r.relpersistence = 'p')) AS p (is_logged)
    CROSS JOIN LATERAL (SELECT p.is_logged AND c.fingerprint = w.fingerprint AND c.target = w.target, p.is_logged) AS s (is_same, is_logged)
$$;
COMMENT ON FUNCTION _mssql_fdw._kept IS 'what an earlier run has left of tables, and whether it can stay';

-- Runs of the same role, server and target whose workers have left something, and nobody works on.
CREATE OR REPLACE FUNCTION _mssql_fdw._earlier_runs(role name, server name, target_schema name, only_table text) RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.id FROM replicate._runs AS r
    WHERE r.role = _earlier_runs.role AND r.server = _earlier_runs.server
      AND r.arguments ->> 'target_schema' IS NOT DISTINCT FROM _earlier_runs.target_schema::text
      AND r.arguments ->> 'source_table' IS NOT DISTINCT FROM only_table
      AND EXISTS (SELECT FROM replicate._chunks AS c WHERE c.kept_by = r.id) AND NOT _mssql_fdw._is_worked_on(r.id)
$$;
COMMENT ON FUNCTION _mssql_fdw._earlier_runs IS 'runs of the same role, server and target that have left something';

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

-- The last of them, unless the call wants none, or what it has left is older than it may be, but
-- where the call wants it all the same.
CREATE OR REPLACE FUNCTION _mssql_fdw._resumable_run(role name, server name, target_schema name, only_table text, jobs int, options jsonb) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(e.run) FROM _mssql_fdw._earlier_runs(role, server, target_schema, only_table) AS e (run)
    WHERE jobs > 0 AND coalesce((options ->> 'resume')::boolean, NOT EXISTS (
        SELECT FROM replicate._chunks AS c WHERE c.kept_by = e.run AND c.finished < now() - interval '12 hours'))
$$;
COMMENT ON FUNCTION _mssql_fdw._resumable_run IS 'run that a call goes on with; NULL: none';

CREATE OR REPLACE FUNCTION _mssql_fdw._is_staging_schema(schema oid, run bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM pg_namespace AS n WHERE n.oid = schema AND n.nspname ~ format('^replicate_%s(_|$)', run)
               AND pg_get_userbyid(n.nspowner) = current_user
               AND obj_description(n.oid, 'pg_namespace') = format('mssql_fdw: what run %s has loaded, on its way', run));
COMMENT ON FUNCTION _mssql_fdw._is_staging_schema IS 'whether a schema is one of a run''s, made by _create_staging_schema()';

-- What an earlier run has left becomes this one's.
CREATE OR REPLACE FUNCTION _mssql_fdw._resume(run bigint, resumed bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    schema name;
    renamed text;
BEGIN
    FOR schema IN SELECT n.nspname FROM pg_namespace AS n WHERE _mssql_fdw._is_staging_schema(n.oid, resumed) LOOP
        renamed := regexp_replace(schema, '^replicate_[0-9]+', format('replicate_%s', run));
        IF octet_length(renamed) > 63 THEN  -- only what it was cut to: its tables are loaded anew
            CONTINUE;
        END IF;
        EXECUTE format('ALTER SCHEMA %I RENAME TO %I', schema, renamed);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', renamed, format('mssql_fdw: what run %s has loaded, on its way', run));
    END LOOP;
    UPDATE replicate._chunks AS c SET kept_by = _resume.run WHERE c.kept_by = resumed;
    PERFORM _mssql_fdw._say(false, format('goes on with what run %s has left', resumed), hint => 'options => ''{"resume": false}'' loads all anew.');
    RETURN resumed;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._resume IS 'makes what an earlier run has left this one''s';

-- Drops what the workers of a run have left: objects of its schemas, of whatever kind, up to so many,
-- for each takes locks; then the schemas. How many of all.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_staging(run bigint, at_most bigint DEFAULT 9223372036854775807) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
    schema record;
    object record;
    dropped bigint := 0;
BEGIN
    FOR schema IN SELECT n.oid, n.nspname FROM pg_namespace AS n WHERE _mssql_fdw._is_staging_schema(n.oid, run) LOOP
        FOR object IN SELECT d.classid, d.objid FROM pg_depend AS d
                      WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = schema.oid AND d.deptype = 'n'
                      LIMIT at_most - dropped LOOP
            PERFORM _mssql_fdw._drop_object(object.classid, object.objid);
            dropped := dropped + 1;
        END LOOP;
        IF dropped >= at_most THEN
            RETURN dropped;
        END IF;
        EXECUTE format('DROP SCHEMA %I CASCADE', schema.nspname);
        dropped := dropped + 1;
    END LOOP;
    UPDATE replicate._chunks AS c SET kept_by = NULL, relation = NULL, columns = NULL, outcomes = NULL WHERE c.kept_by = _discard_staging.run;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_staging IS 'drops what the workers of a run have left, or some of it';

-- One that another one's fall has taken along is not there any more.
CREATE OR REPLACE FUNCTION _mssql_fdw._drop_object(class oid, object oid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known record;
BEGIN
    IF EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = class AND d.objid = object) THEN
        SELECT i.type, i.identity INTO known FROM pg_identify_object(class, object, 0) AS i;
        EXECUTE format('DROP %s %s CASCADE', known.type, known.identity);
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._drop_object IS 'drops an object of whatever kind with what depends on it';

-- A run has ended without its tables: what is done of them stays for the next call, unless nothing
-- is, this one was to leave nothing, or who called it has rolled it back. Somebody who reads it is not
-- waited for. 0: all is done that can be.
CREATE OR REPLACE FUNCTION _mssql_fdw._leave_staging(run bigint, rolled_back boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '10s' AS $$
BEGIN
    IF NOT rolled_back AND EXISTS (SELECT FROM replicate._runs AS r JOIN replicate._chunks AS c ON c.kept_by = r.id
                                   WHERE r.id = _leave_staging.run AND (r.arguments #>> '{options,resume}')::boolean IS NOT false) THEN
        RETURN 0;
    END IF;
    RETURN _mssql_fdw._discard_staging(run, 200);
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._leave_staging IS 'drops what the workers of a run have left, unless a later one may go on with it';

-- Drops what nobody will go on with, when a run of this call has begun: what is not complete, runs
-- whose server or role has gone, and those of the same role, server and target: the one that this
-- call goes on with is its own by now. What cannot be dropped now stays until the next run. 0: no more can be dropped.
CREATE OR REPLACE FUNCTION _mssql_fdw._discard_leftovers(role name, server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    left_by bigint;
    dropped bigint := 0;
    dropped_of_run bigint;
BEGIN
    FOR left_by IN
        SELECT DISTINCT n.run
        FROM (SELECT substring(x.nspname, '^replicate_([0-9]{1,18})(?:_|$)')::bigint AS run
              FROM pg_namespace AS x WHERE pg_get_userbyid(x.nspowner) = current_user AND x.nspname ~ '^replicate_[0-9]{1,18}(_|$)') AS n
        WHERE (n.run IN (SELECT e FROM _mssql_fdw._earlier_runs(role, server, target_schema, only_table) AS e)
               OR NOT EXISTS (SELECT FROM replicate._runs AS r JOIN pg_foreign_server AS f ON f.srvname = r.server JOIN pg_roles AS o ON o.rolname = r.role
                              WHERE r.id = n.run AND r.status IN ('running', 'failed', 'cancelled')
                                AND EXISTS (SELECT FROM replicate._chunks AS c WHERE c.kept_by = r.id)))
    LOOP
        BEGIN
            SELECT _mssql_fdw._discard_staging(left_by, 200 - dropped) INTO dropped_of_run WHERE NOT _mssql_fdw._is_worked_on(left_by);
            dropped := dropped + coalesce(dropped_of_run, 0);
            EXIT WHEN dropped >= 200;
        EXCEPTION
            WHEN lock_not_available THEN PERFORM set_config('lock_timeout', '1ms', true);  -- who reads it keeps no run waiting for longer
            WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    RETURN CASE WHEN dropped >= 200 THEN dropped ELSE 0 END;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._discard_leftovers IS 'drops what the workers of earlier runs have left and nobody will go on with';

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
