-- Replicate: the plan as a whole, and its execution.

-- The planner's settings are those of _model(), for the same reason.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET join_collapse_limit = 1 SET jit = off AS $$
    SELECT s.* FROM (
        SELECT * FROM _mssql_fdw._plan_isolation(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_publications(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_schemas(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_existing_foreign_keys(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_drop_tables(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_sequences(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_staging(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_tables(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_owned_sequences(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_defaults(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_loads(model, verify) WHERE model ->> 'what' = 'all'
        UNION ALL SELECT * FROM _mssql_fdw._plan_lock(model)
        UNION ALL SELECT * FROM _mssql_fdw._plan_unchanged(model)
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
COMMENT ON FUNCTION _mssql_fdw._plan IS 'the plan: what a run does, in order';

-- A copy that is not of one moment, where that is not the server option's doing: told by a NOTICE,
-- and no loss.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_isolation(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 0, 0, 0, NULL::int, 'isolation', d.name, NULL::text, NULL::text,
           format('not of one moment: read at READ COMMITTED, unless the source gets ALTER DATABASE %s SET ALLOW_SNAPSHOT_ISOLATION ON',
                  _mssql_fdw._quote_name(d.name))
    FROM jsonb_to_record(model -> 'database') AS d (name text, snapshot_isolation_state int)
    WHERE model ->> 'what' = 'all' AND d.snapshot_isolation_state <> 1
      AND coalesce(_mssql_fdw._server_option((model ->> 'server')::name, 'isolation'), 'automatic') = 'automatic'
      AND EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill'))
    UNION ALL
    SELECT 0, 0, 1, NULL, 'isolation', model #>> '{database,name}', NULL, NULL,
           'the copy is of one moment only where nothing is written at the source while the workers begin to read, as replicate.runs.consistency tells; with jobs => 0 it always is'
    WHERE model ->> 'what' = 'all' AND model ->> 'run' IS NOT NULL AND _mssql_fdw._isolation((model ->> 'server')::name, model) = 'snapshot'
      AND model #>> '{options,consistency}' <> 'require' AND (model ->> 'jobs')::int <> 1
      AND (SELECT count(*) FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill')) > 1
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_isolation IS 'step: note on a copy that is not of one moment';

-- What stays beside a run that has no workers to go on with it.
CREATE OR REPLACE FUNCTION _mssql_fdw._say_leftovers(server name) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._say(false, format('what run %s has left stays: %s %s', l.run, l.tables, CASE l.tables WHEN 1 THEN 'table' ELSE 'tables' END), NULL,
                           format('SELECT replicate_discard(%s) drops it; a call with jobs goes on with what is as it was then.', l.run))
    FROM replicate.leftovers AS l WHERE l.server = _say_leftovers.server AND l.role = current_user
$$;
COMMENT ON FUNCTION _mssql_fdw._say_leftovers IS 'notice on what the workers of earlier runs have left, of a run without workers';

-- What a large database takes before the first step is done: the source's time and ours.
CREATE OR REPLACE FUNCTION _mssql_fdw._say_times(model jsonb, took interval) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._say(false, format('plan made in %s s, of which reading the catalog of server "%s" took %s s',
                                         round(extract(epoch FROM took)::numeric, 1), model ->> 'server', round((model ->> 'read_s')::numeric, 1)))
    WHERE took >= interval '10 s'
$$;
COMMENT ON FUNCTION _mssql_fdw._say_times IS 'notice on the source''s time and ours, where the plan took long';

-- What stays behind: views and programs, what was set aside when the catalog was read; and patterns
-- that match nothing.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_losses(model jsonb) RETURNS SETOF replicate._step
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
COMMENT ON FUNCTION _mssql_fdw._plan_losses IS 'steps: notes on what stays behind';

-- One run per server at a time in this database, until the transaction ends; an error when another
-- session has one.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_server(server name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_server' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._lock_server IS 'makes the transaction the only one with a run of this server';

-- Executes the steps of a plan in order, in the transaction of its caller (src/pg/copy/steps.hpp)
-- but for those that workers do (src/pg/copy/workers.hpp), and has _claim_copies() called before others have to wait for it. A row for each step, and one
-- for each constraint and index that the new rows violate.
CREATE OR REPLACE FUNCTION _mssql_fdw._execute(model jsonb, steps replicate._step[]) RETURNS SETOF replicate._outcome
AS 'MODULE_PATHNAME', 'mssql_fdw_execute' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._execute IS 'executes the steps of a plan in order; what became of each';

-- Called behind the switch, which may have waited long, and what follows goes by names.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_switched(model jsonb) RETURNS void
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._check_names(array_agg(t.relation), array_agg(t.target))
    FROM (SELECT x.relation, x.target FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('switch', 'refill')
          UNION ALL SELECT x.relation, x.target FROM _mssql_fdw._tables_that_stay(model) AS x) AS t
$$;
COMMENT ON FUNCTION _mssql_fdw._check_switched IS
    'error where the name of a table that has new rows, or stays, is by now another table''s';

-- The others are notes.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_warning(loss replicate._outcome) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (loss).verb IN ('set aside', 'failed', 'not validated', 'left behind', 'without a match', 'without tables');
COMMENT ON FUNCTION _mssql_fdw._is_warning IS 'whether a loss is a warning; the others are notes';

-- "1 check not translated, 16 views and 7 procedures not copied"; NULL: nothing is lost.
CREATE OR REPLACE FUNCTION _mssql_fdw._loss_summary(losses replicate._outcome[]) RETURNS text
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
                      ORDER BY array_position('{set aside,failed,not validated,left behind,without tables,without a match,not translated,not made,without a source,not copied}', v.verb))
    FROM verbs AS v
$$;
COMMENT ON FUNCTION _mssql_fdw._loss_summary IS
    'losses in a line: 1 check not translated, 16 views not copied; NULL: none';

-- '50000 rows, 43 MB in 1.2 s (41000 rows/s)'
CREATE OR REPLACE FUNCTION _mssql_fdw._amount(rows bigint, bytes bigint, elapsed interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s %s%s in %s s%s', rows, CASE rows WHEN 1 THEN 'row' ELSE 'rows' END, ', ' || pg_size_pretty(bytes), round(extract(epoch FROM elapsed)::numeric, 1),
                  -- too short a time says nothing
                  CASE WHEN rows >= 1000 AND elapsed >= interval '0.1 s'
                       THEN format(' (%s rows/s)', round((rows / extract(epoch FROM elapsed))::numeric, -2)) END)
$$;
COMMENT ON FUNCTION _mssql_fdw._amount IS '50000 rows, 43 MB in 1.2 s (41000 rows/s)';

-- Of a table without those that inherit from it; an error where counting evaluates what another
-- role has written.
CREATE OR REPLACE FUNCTION _mssql_fdw._count_rows(relation regclass) RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_count_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._count_rows IS 'number of rows of a table or view, nothing of another role''s evaluated';

-- The hash of rows that are here, as a load of the columns, in the order of the source's, has it
-- (src/pg/copy/row_hash.hpp). Of a table without those that inherit from it; nothing that another
-- role has written is evaluated.
CREATE OR REPLACE FUNCTION _mssql_fdw._row_hash(relation regclass, columns name[]) RETURNS uuid
AS 'MODULE_PATHNAME', 'mssql_fdw_row_hash' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._row_hash IS 'sum of the hashes of a table''s rows, as a load of these columns has it';

-- Source rows by the remote session, target rows by ours, staged ones where there are.
CREATE OR REPLACE FUNCTION _mssql_fdw._count(server name, schema text, name text, snapshot boolean, target regclass,
    OUT source_rows bigint, OUT target_rows bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    source_rows := _mssql_fdw._source_count(server, schema, name, snapshot);
    target_rows := _mssql_fdw._count_rows(coalesce(_mssql_fdw._staged(target), target));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._count IS 'numbers of rows of both sides';

-- Notes what is, or becomes, a copy by these steps. Numbers alone make no copy.
CREATE OR REPLACE FUNCTION _mssql_fdw._claim_copies(model jsonb, steps replicate._step[]) RETURNS void
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
COMMENT ON FUNCTION _mssql_fdw._claim_copies IS 'writes into the ledger what is, or becomes, a copy by these steps';

-- A row for every table, in load order. One difference is not made good by a later count: a refill
-- is counted twice.
CREATE OR REPLACE FUNCTION _mssql_fdw._table_results(model jsonb, outcomes replicate._outcome[]) RETURNS replicate.run_tables[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH results AS (
        SELECT o.table_id, sum(o.elapsed) AS elapsed, bool_or(o.verb <> 'unchanged') IS TRUE AS lacks, bool_or(o.kind = 'verify') AS is_counted,
               max(o.note) FILTER (WHERE o.verb = 'set aside') AS error, max(o.note) FILTER (WHERE o.verb = 'unchanged') AS unchanged,
               sum(o.answer[1]::bigint) FILTER (WHERE o.kind = 'load')::bigint AS rows, sum(o.answer[2]::bigint) FILTER (WHERE o.kind = 'load')::bigint AS bytes,
               _mssql_fdw._sum_of_hashes(array_agg(o.answer[3]::uuid) FILTER (WHERE o.kind = 'load')) AS hash,
               (array_agg(format('count differs: source %s, target %s', o.answer[1], o.answer[2]) ORDER BY o.step)
                   FILTER (WHERE o.kind = 'verify' AND o.answer[1] <> o.answer[2]))[1] AS difference,
               array_agg(CASE o.kind WHEN 'finding' THEN concat_ws(': ', o.source, o.note) ELSE o.note END ORDER BY o.step) FILTER (WHERE o.note IS NOT NULL AND o.kind NOT IN ('load', 'verify', 'drop foreign key')) AS notes,
               'rows: ' || string_agg(format('%s %s', o.answer[1], CASE o.kind WHEN 'insert' THEN 'inserted' ELSE o.kind || 'd' END), ', ' ORDER BY o.step)
                   FILTER (WHERE o.kind IN ('delete', 'update', 'insert')) AS differences
        FROM unnest(outcomes) AS o GROUP BY o.table_id
    )
    SELECT coalesce(array_agg(ROW(0, t.source, t.target, CASE WHEN s.stays IS NULL THEN r.rows END, CASE WHEN s.stays IS NULL THEN r.bytes END,
               coalesce(r.elapsed, '0'),
               CASE WHEN t.action = 'skip' THEN 'skipped: exists'
                    WHEN r.error IS NOT NULL THEN 'set aside: ' || r.error
                    WHEN s.unchanged IS NOT NULL THEN s.unchanged
                    WHEN r.difference IS NOT NULL THEN r.difference
                    ELSE CASE WHEN r.is_counted THEN 'ok' ELSE 'loaded' END || CASE WHEN r.lacks THEN ', with notes' ELSE '' END END,
               array_remove(coalesce(r.notes, '{}'), CASE WHEN r.error IS NOT NULL THEN s.unchanged END) || array_remove(ARRAY[r.differences], NULL), CASE WHEN s.stays IS NULL THEN r.hash END)::replicate.run_tables ORDER BY t.position), '{}')
    FROM _mssql_fdw._tables(model) AS t LEFT JOIN results AS r ON r.table_id = t.id
    CROSS JOIN LATERAL (SELECT coalesce(model -> 'unchanged' ->> t.id::text, r.unchanged)) AS u (said)
    CROSS JOIN LATERAL (SELECT u.said, coalesce(u.said, r.error)) AS s (unchanged, stays)
$$;
COMMENT ON FUNCTION _mssql_fdw._table_results IS 'a row for each table of a run, by what became of its steps';

-- What history says of the call of a run.
CREATE OR REPLACE FUNCTION _mssql_fdw._call(target_schema name, include text[], exclude text[], only_table text, on_existing text, jobs int,
    chunk_rows bigint, verify text, options jsonb, OUT function text, OUT arguments jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN only_table IS NULL THEN 'replicate_all' ELSE 'replicate_table' END,
           jsonb_strip_nulls(jsonb_build_object('source_table', only_table, 'target_schema', target_schema, 'include', include,
               'exclude', exclude, 'on_existing', on_existing, 'jobs', jobs, 'chunk_rows', chunk_rows, 'verify', verify, 'options', options))
$$;
COMMENT ON FUNCTION _mssql_fdw._call IS 'function and arguments of a run, as history has them';

-- A run without its history: what replicate.runs and replicate.run_tables will say of it, and what
-- was lost, or loaded by earlier runs. Only _replicate() writes that down.
CREATE OR REPLACE FUNCTION _mssql_fdw._run(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb,
    OUT run replicate.runs, OUT tables replicate.run_tables[], OUT losses replicate._outcome[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    steps replicate._step[];
    outcomes replicate._outcome[];
    difference text;
    chosen int;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    run.started := clock_timestamp();
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    model := _mssql_fdw._model('all', server, target_schema, include, exclude, only_table, on_existing, options);
    PERFORM _mssql_fdw._raise('55000', 'the copy would not be of one moment', format('The source is read at %s.', upper(i)),
        'That takes SNAPSHOT isolation: ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON at the source, and a connection that is newer: SELECT mssql_disconnect_all().')
    FROM _mssql_fdw._isolation(server, model) AS i WHERE options ->> 'consistency' = 'require' AND i <> 'snapshot';
    chosen := CASE WHEN _mssql_fdw._may_choose_workers() THEN _mssql_fdw._chosen_jobs(model, options) END;
    IF chosen > 0 THEN
        jobs := chosen;
        PERFORM _mssql_fdw._start_workers(jobs);
        PERFORM _mssql_fdw._say(false, format('loaded by background workers, %s or as many as there are', jobs), NULL, 'jobs => says how many there are to be, 0 for none.');
    END IF;
    PERFORM _mssql_fdw._drop_leftovers(server, target_schema, include, exclude, only_table, on_existing, 0, chunk_rows, verify, options),
            _mssql_fdw._say_leftovers(server)
    WHERE _mssql_fdw._run_of_workers() IS NULL;  -- else a worker has done it
    PERFORM _mssql_fdw._check_on_error(options) WHERE _mssql_fdw._run_of_workers() IS NULL;
    model := model || jsonb_build_object('run', _mssql_fdw._run_of_workers(), 'chunk_rows', chunk_rows, 'verify', verify, 'jobs', coalesce(jobs, 0),
        'isolation', _mssql_fdw._isolation(server, model),
        'logged', NOT EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.is_memory_optimized));  -- there are such whose rows are not
    PERFORM _mssql_fdw._say(false, 'option resume has no effect, for no workers load')
    WHERE (options ->> 'resume')::boolean AND _mssql_fdw._run_of_workers() IS NULL;
    PERFORM _mssql_fdw._say(false, 'option if_changed has no effect, for the transaction is not READ COMMITTED')
    WHERE (options ->> 'if_changed')::boolean AND NOT _mssql_fdw._is_read_committed();
    PERFORM _mssql_fdw._say(false, 'chunk_rows has no effect, for no workers load')
    WHERE chunk_rows IS NOT NULL AND _mssql_fdw._run_of_workers() IS NULL;
    PERFORM _mssql_fdw._say(false, format('option if_changed has no effect with on_existing => %L', on_existing))
    WHERE (options ->> 'if_changed')::boolean AND on_existing IN ('replace', 'skip');
    PERFORM _mssql_fdw._check_publications(model);
    PERFORM _mssql_fdw._hold_targets(model);
    steps := ARRAY(SELECT s FROM _mssql_fdw._plan(model, verify) AS s);
    PERFORM _mssql_fdw._say_times(model, clock_timestamp() - run.started);
    PERFORM _mssql_fdw._say(false, format('%s -> %s: %s', t.source, t.target, model -> 'unchanged' ->> t.id::text))
    FROM _mssql_fdw._tables(model) AS t WHERE model -> 'unchanged' ? t.id::text ORDER BY t.position;
    outcomes := ARRAY(SELECT o FROM _mssql_fdw._execute(model, steps) AS o ORDER BY o.step);
    tables := _mssql_fdw._table_results(model, outcomes);
    losses := ARRAY(SELECT o FROM unnest(outcomes) AS o WHERE o.verb <> 'unchanged');
    PERFORM _mssql_fdw._note_positions(ARRAY(SELECT p FROM _mssql_fdw._positions_of(model, tables, outcomes) AS p));
    run.server := server;
    SELECT c.* INTO run.function, run.arguments
    FROM _mssql_fdw._call(target_schema, include, exclude, only_table, on_existing, jobs, chunk_rows, verify, options) AS c;
    SELECT CASE WHEN bool_or(t.status LIKE 'set aside%') THEN 'incomplete'
                WHEN bool_or(t.status LIKE 'count differs%') THEN 'differs'
                WHEN cardinality(losses) > 0 THEN 'ok, with notes' ELSE 'ok' END,
           coalesce(sum(t.rows), 0), coalesce(sum(t.bytes), 0)
    INTO run.status, run.rows, run.bytes FROM unnest(tables) AS t;
    run.warnings := ARRAY(SELECT t.source || ': ' || t.status FROM unnest(tables) AS t WHERE t.status LIKE 'count differs%');
    FOREACH difference IN ARRAY run.warnings LOOP
        PERFORM _mssql_fdw._say(true, difference, 'The copy stands all the same.',
            'Rows were written at the source during the run, or a rule or trigger of the target kept them out.');
    END LOOP;
    run.warnings := run.warnings
        || ARRAY(SELECT concat_ws(': ', coalesce(l.source, l.target), concat_ws(' ', l.note, CASE l.verb WHEN 'set aside' THEN l.answer[1] END))
                 FROM unnest(losses) AS l WHERE _mssql_fdw._is_warning(l));
    run.notes := ARRAY(SELECT CASE WHEN l.verb = 'not copied' THEN l.kind || ' ' ELSE '' END || concat_ws(': ', coalesce(l.source, l.target), l.note)
                       FROM unnest(losses) AS l WHERE NOT _mssql_fdw._is_warning(l))
        || ARRAY(SELECT format('%s of %s background workers could be started', w, jobs) FROM _mssql_fdw._workers() AS w WHERE w < jobs);
    run.source_database := model #>> '{database,name}';
    run.source_version := model #>> '{database,product_version}';
    run.isolation := _mssql_fdw._isolation(server, model);
    run.consistency := CASE WHEN EXISTS (SELECT FROM unnest(tables) AS t WHERE t.rows IS NOT NULL)
        THEN coalesce((SELECT o.note FROM unnest(outcomes) AS o WHERE o.kind = 'consistency'),
                      CASE run.isolation WHEN 'snapshot' THEN 'one moment' ELSE 'a moment a chunk' END) END;
    -- workers begin to read when this session has asked for changes
    IF run.consistency = 'one moment' AND _mssql_fdw._run_of_workers() IS NOT NULL AND model -> 'unchanged' <> '{}' THEN
        run.consistency := 'a moment a worker';
    END IF;
    run.finished := clock_timestamp();
    losses := losses || ARRAY(SELECT o FROM unnest(outcomes) AS o WHERE o.kind = 'resume');
    PERFORM _mssql_fdw._forget_model(model);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._run IS 'a run without its history';

-- Those who write history are called by C as the extension's owner: nobody else may write the
-- tables. The next run's id is beyond those that are there: a restore may have set the sequence
-- back.
CREATE OR REPLACE FUNCTION _mssql_fdw._align_run_id() RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT setval('replicate.run_id', coalesce(r.last, 1), r.last IS NOT NULL)
    FROM (SELECT max(x.id) AS last FROM replicate._runs AS x) AS r, replicate.run_id AS s
    WHERE r.last > s.last_value - CASE WHEN s.is_called THEN 0 ELSE 1 END OR s.last_value = 9223372036854775807
$$;
COMMENT ON FUNCTION _mssql_fdw._align_run_id IS 'lets the number of the next run be one that none has';

-- A run that others see before it ends; its id.
CREATE OR REPLACE FUNCTION _mssql_fdw._begin_history(role name, server name, target_schema name, include text[], exclude text[],
    only_table text, on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb, pid int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM _mssql_fdw._await_ended_runs(server) WHERE jobs > 0;
    PERFORM _mssql_fdw._align_run_id();
    LOOP  -- a number whose schemas are free (plan/workers.sql)
        id := nextval('replicate.run_id');
        EXIT WHEN NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname ~ format('^replicate_%s(_|$)', id));
    END LOOP;
    INSERT INTO replicate._runs (id, server, function, arguments, role, started, status, rows, bytes, warnings, notes, pid)
    SELECT id, server, c.function, c.arguments, role, clock_timestamp(), 'running', 0, 0, '{}', '{}', pid
    FROM _mssql_fdw._call(target_schema, include, exclude, only_table, on_existing, jobs, chunk_rows, verify, options) AS c;
    RETURN id;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._begin_history IS 'writes a run into history that begins; its id';

-- Once: what a run in the background says of its end, its workers do not say again.
CREATE OR REPLACE FUNCTION _mssql_fdw._end_history(id bigint, sqlstate text, error text, error_detail text, error_hint text,
    error_context text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE replicate._runs AS r
        SET finished = clock_timestamp(), pid = NULL, sqlstate = _end_history.sqlstate, error = _end_history.error,
            error_detail = _end_history.error_detail, error_hint = _end_history.error_hint, error_context = _end_history.error_context,
            status = CASE _end_history.sqlstate WHEN '57014' THEN 'cancelled' ELSE 'failed' END
        WHERE r.id = _end_history.id AND r.status = 'running'
    )
    SELECT _end_history.id
$$;
COMMENT ON FUNCTION _mssql_fdw._end_history IS 'writes the error into history with which a run has ended';

CREATE OR REPLACE FUNCTION _mssql_fdw._finish_history(id bigint, run replicate.runs, tables replicate.run_tables[]) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO replicate._run_tables
    SELECT _finish_history.id, t.source, t.target, t.rows, t.bytes, t.elapsed, t.status, t.notes, t.hash FROM unnest(tables) AS t;
    UPDATE replicate._runs AS r
    SET arguments = run.arguments, finished = run.finished, pid = NULL, status = run.status, rows = run.rows, bytes = run.bytes, warnings = run.warnings,
        notes = run.notes, source_database = run.source_database, source_version = run.source_version, isolation = run.isolation,
        consistency = run.consistency
    WHERE r.id = _finish_history.id;
    SELECT _finish_history.id
$$;
COMMENT ON FUNCTION _mssql_fdw._finish_history IS 'writes into history how a run has ended that stands there already; its id';

-- Of a run that does not; its id.
CREATE OR REPLACE FUNCTION _mssql_fdw._write_history(run replicate.runs, tables replicate.run_tables[], role name) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._align_run_id();
    WITH added AS (
        INSERT INTO replicate._runs (server, function, arguments, role, started, finished, status, rows, bytes, warnings, notes,
            source_database, source_version, isolation, consistency)
        VALUES (run.server, run.function, run.arguments, role, run.started, run.finished, run.status, run.rows, run.bytes, run.warnings,
            run.notes, run.source_database, run.source_version, run.isolation, run.consistency)
        RETURNING id
    ), added_tables AS (
        INSERT INTO replicate._run_tables
        SELECT a.id, t.source, t.target, t.rows, t.bytes, t.elapsed, t.status, t.notes, t.hash FROM added AS a CROSS JOIN unnest(tables) AS t
    )
    SELECT a.id FROM added AS a
$$;
COMMENT ON FUNCTION _mssql_fdw._write_history IS
    'writes a run''s history for _replicate(), which calls it as the extension''s owner; its id';

-- The role of a run and the process that works on it, by the lock that this has
-- (src/pg/copy/run_lock.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._process_of_run(run bigint) RETURNS TABLE (role oid, pid int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT o.oid FROM pg_roles AS o WHERE o.rolname = r.role), l.pid
    FROM replicate._runs AS r
    JOIN pg_locks AS l ON l.locktype = 'object' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
         AND l.classid = 'replicate._runs'::regclass AND l.objid = (r.id & 4294967295)::oid AND l.objsubid = (r.id >> 32) % 65536
         AND l.mode = 'ShareLock' AND l.granted AND l.pid = r.pid
    WHERE r.id = _process_of_run.run AND r.status = 'running'
$$;
COMMENT ON FUNCTION _mssql_fdw._process_of_run IS 'role and process of a run that works';

-- Cancels what works on a run, for who has its role or may signal processes. False: nobody works on
-- it.
CREATE OR REPLACE FUNCTION _mssql_fdw._cancel(run bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_cancel' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._cancel IS 'cancels what works on a run';

-- What the caller of a run that goes on without him is told, and gets instead of its tables.
CREATE OR REPLACE FUNCTION _mssql_fdw._begun(id bigint) RETURNS replicate.run_tables[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._say(false, format('run %s works in the background', id),
        hint => format('SELECT * FROM replicate_wait(%s) waits for it, SELECT replicate_cancel(%s) ends it; replicate.progress shows how far it is.',
                       id, id));
    RETURN ARRAY[ROW(id, NULL, NULL, NULL, NULL, NULL, format('run %s works in the background', id), '{}'::text[], NULL)::replicate.run_tables];
END
$$;
COMMENT ON FUNCTION _mssql_fdw._begun IS 'tells of a run that works in the background; a row that says so';

-- The body of replicate_all and replicate_table (only_table): locks the server, calls _run(),
-- writes history, and says a closing line; the rows of the tables. It sets search_path itself, and
-- lets triggers of the caller's see his (src/pg/copy/run.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._replicate(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS replicate.run_tables[]
AS 'MODULE_PATHNAME', 'mssql_fdw_replicate' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._replicate IS 'the body of replicate_all and replicate_table';

-- What a run with workers says every ten seconds, of all of them: they do not speak themselves.
CREATE OR REPLACE FUNCTION _mssql_fdw._workers_progress(done int) RETURNS TABLE (message text, detail text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH p AS MATERIALIZED (
        SELECT * FROM replicate.progress
    ), leader AS (
        SELECT * FROM p WHERE p.pid = pg_backend_pid()
    ), workers AS (
        SELECT p.rows, p.bytes, row_number() OVER (ORDER BY p.table_number, p.chunk, p.pid) AS at,
               concat(p.phase, ' of ' || coalesce(p.source, p.target), ', chunk ' || p.chunk || ' of ' || p.chunks, ': ' || p.rows || ' rows', ', waits for ' || p.waits_for) AS said
        FROM p JOIN leader AS l ON l.server = p.server AND l.pid <> p.pid
    ), sums AS (
        SELECT coalesce(sum(w.rows), 0) AS rows, coalesce(sum(w.bytes), 0)::bigint AS bytes,
               string_agg(w.said, '; ' ORDER BY w.at) FILTER (WHERE w.at <= 8) || CASE WHEN count(*) > 8 THEN format('; and %s more', count(*) - 8) ELSE '' END AS said
        FROM workers AS w
    )
    SELECT concat(format('%s of %s tables done, %s rows, %s after %s s', done, l.tables, l.rows + s.rows, pg_size_pretty(l.bytes + s.bytes), round(extract(epoch FROM l.elapsed))),
                  ', about ' || round(extract(epoch FROM l.remaining)) || ' s to go'), s.said
    FROM leader AS l CROSS JOIN sums AS s
$$;
COMMENT ON FUNCTION _mssql_fdw._workers_progress IS 'what a run with workers says of them now and then';

-- The run in a line: '11 tables: 50000 rows, 43 MB in 12.3 s; 2 skipped; 1 check not translated, 16
-- views not copied; see ...'. What earlier runs have loaded stands beside, for the rate is not theirs.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_message(results replicate.run_tables[], losses replicate._outcome[], took interval, id bigint)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('; ',
        format('%s %s: %s', count(r.rows), CASE count(r.rows) WHEN 1 THEN 'table' ELSE 'tables' END,
               _mssql_fdw._amount(coalesce(sum(r.rows), 0)::bigint - k.rows, coalesce(sum(r.bytes), 0)::bigint - k.bytes, took)),
        CASE WHEN k.rows > 0 THEN format('%s %s, %s by earlier runs', k.rows, CASE k.rows WHEN 1 THEN 'row' ELSE 'rows' END, pg_size_pretty(k.bytes)) END,
        CASE count(*) FILTER (WHERE r.status LIKE 'count differs%') WHEN 0 THEN NULL WHEN 1 THEN '1 table differs'
            ELSE format('%s tables differ', count(*) FILTER (WHERE r.status LIKE 'count differs%')) END,
        nullif(count(*) FILTER (WHERE r.status LIKE 'skipped%'), 0) || ' skipped',
        nullif(count(*) FILTER (WHERE r.status LIKE 'unchanged%'), 0) || ' unchanged',
        _mssql_fdw._loss_summary(ARRAY(SELECT l FROM unnest(losses) AS l WHERE l.verb IS NOT NULL)) || format('; see notes and warnings in replicate.runs, id %s', id))
    FROM (SELECT coalesce(sum(l.answer[1]::bigint), 0)::bigint AS rows, coalesce(sum(l.answer[2]::bigint), 0)::bigint AS bytes
          FROM unnest(losses) AS l JOIN unnest(results) AS r ON r.source = l.source WHERE l.kind = 'resume' AND r.rows IS NOT NULL) AS k
    LEFT JOIN unnest(results) AS r ON true
    GROUP BY k.rows, k.bytes
$$;
COMMENT ON FUNCTION _mssql_fdw._run_message IS 'a run in a line';

-- What the connection reads at: where nobody has looked, the server's option, else SNAPSHOT where the
-- database allows it (src/pg/remote/connection.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._isolation(server name, model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(model ->> 'level',
        replace(nullif(_mssql_fdw._server_option(server, 'isolation'), 'automatic'), '_', ' '),
        CASE WHEN (model #>> '{database,snapshot_isolation_state}')::int = 1 THEN 'snapshot' ELSE 'read committed' END)
$$;
COMMENT ON FUNCTION _mssql_fdw._isolation IS 'isolation level at which the connection reads';

CREATE OR REPLACE FUNCTION _mssql_fdw._find_run(run bigint) RETURNS replicate.runs
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted replicate.runs;
BEGIN
    SELECT r.* INTO wanted FROM replicate.runs AS r WHERE r.id = run;
    IF NOT FOUND THEN
        PERFORM _mssql_fdw._raise('42704', format('there is no run %s', coalesce(run::text, 'NULL')), hint => 'replicate.runs has yours.');
    END IF;
    RETURN wanted;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._find_run IS 'a run of the caller''s, or an error';
