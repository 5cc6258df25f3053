-- Replicate: the plan as a whole, and its execution.

-- The planner's settings are those of _model(), for the same reason.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan(model jsonb, verify text) RETURNS SETOF replicate._step
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
COMMENT ON FUNCTION _mssql_fdw._plan IS 'the plan: what a run does, in order';

-- A copy that is not of one moment, where that is not the server option's doing: told by a NOTICE,
-- and no loss.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_isolation(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 0, 0, 0, NULL::int, 'isolation', d.name, NULL::text, NULL::text,
           format('not of one moment: read at READ COMMITTED, unless the source gets ALTER DATABASE %s SET ALLOW_SNAPSHOT_ISOLATION ON',
                  _mssql_fdw._quote_name(d.name))
    FROM jsonb_to_record(model -> 'catalog' -> 'database') AS d (name text, snapshot_isolation_state int)
    WHERE model ->> 'what' = 'all' AND d.snapshot_isolation_state <> 1
      AND coalesce(_mssql_fdw._server_option((model ->> 'server')::name, 'isolation'), 'automatic') = 'automatic'
      AND EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace', 'switch', 'refill'))
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_isolation IS 'step: note on a copy that is not of one moment';

-- What stays behind: views and programs, what was set aside when the catalog was read; and patterns
-- that match nothing.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_losses(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 98, 0, row_number() OVER (ORDER BY o.kind, o.schema COLLATE "C", o.name COLLATE "C")::int, NULL::int, o.kind,
           _mssql_fdw._source_name(o.schema, o.name), NULL::text, NULL::text, 'not copied'
    FROM _mssql_fdw._other_objects(model -> 'catalog') AS o
    WHERE model ->> 'only_table' IS NULL
      AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(o.schema, o.name, _mssql_fdw._text_array(model -> 'include')))
      AND NOT _mssql_fdw._matches(o.schema, o.name, _mssql_fdw._text_array(model -> 'exclude'))
    UNION ALL
    SELECT 98, 1, w.at::int, NULL, w.value ->> 'kind', NULL, NULL, NULL, w.value ->> 'message'
    FROM jsonb_array_elements(model -> 'warnings') WITH ORDINALITY AS w (value, at)
    UNION ALL
    SELECT 99, 0, f.at::int, NULL, 'finding', f.value ->> 'object', NULL, NULL, concat_ws('; ', f.value ->> 'finding', f.value ->> 'advice')
    FROM jsonb_array_elements(coalesce(model -> 'findings', '[]')) WITH ORDINALITY AS f (value, at)
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_losses IS 'steps: notes on what stays behind';

-- One run per server at a time in this database, until the transaction ends; an error when another
-- session has one.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_server(server name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_server' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._lock_server IS 'makes the transaction the only one with a run of this server';

-- For replicate.progress: what the run is doing now. Without effect outside of one.
CREATE OR REPLACE FUNCTION _mssql_fdw._show_progress(phase text, source text, target text, table_number int, tables int) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_show_progress' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._show_progress IS 'what the run is doing now, for replicate.progress';

-- Executes a step's statement, which is all that the CONTEXT of its error names. `as_callers`: with
-- the search_path of the run's caller, which is for what fires triggers and names nothing that a
-- search_path could choose.
CREATE OR REPLACE FUNCTION _mssql_fdw._do(statement text, as_callers boolean DEFAULT false) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_do' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._do IS 'executes a step''s statement';

-- Executes what may fail without harm to the data. failure NULL: done; else why not. `detail` may
-- hold values of rows: it is for the caller and not for the history, which others read.
CREATE OR REPLACE FUNCTION _mssql_fdw._try(statement text, OUT failure text, OUT detail text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._do(statement);
EXCEPTION
    WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded OR feature_not_supported
        OR syntax_error_or_access_rule_violation OR object_in_use THEN
        GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._try IS 'executes a statement that may fail without harm to the data; why it did';

CREATE OR REPLACE FUNCTION _mssql_fdw._may_fail(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN kind IN ('default', 'primary key', 'unique', 'index', 'check', 'foreign key', 'validate');
COMMENT ON FUNCTION _mssql_fdw._may_fail IS 'whether steps of a kind may fail without harm to the data';

-- Does one step. `undone` are the statements that failed so far: nothing is validated that was not
-- made. Whatever is not said to may fail ends the run. `loss`: what the target lacks of the source
-- after this step; its verb is NULL where nothing. `outcome`: done, failed, skipped.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_step(s replicate._step, INOUT undone text[], OUT outcome text, OUT loss replicate._loss,
    OUT counts bigint[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    added text := replace(s.statement, ' VALIDATE CONSTRAINT ', ' ADD CONSTRAINT ') || ' ';
    failure text;
    detail text;
    first_count bigint;
    second_count bigint;
BEGIN
    outcome := 'done';
    loss := ROW(s.table_id, s.kind, NULL, s.source, s.target, s.note);
    IF s.kind IN ('load', 'verify') THEN
        EXECUTE s.statement INTO first_count, second_count;
        counts := ARRAY[first_count, second_count];
    ELSIF s.kind = 'isolation' THEN
        outcome := 'skipped';
        PERFORM _mssql_fdw._say(false, s.note);
    ELSIF s.statement IS NULL THEN
        outcome := 'skipped';
        loss.verb := CASE WHEN s.kind = 'table' THEN NULL
                          WHEN s.kind IN ('default', 'check') AND s.note LIKE '%not translated: %' THEN 'not translated'
                          WHEN s.kind IN ('primary key', 'unique', 'index', 'check', 'foreign key') THEN 'not made'
                          WHEN s.kind IN ('column', 'copy') THEN 'without a source'
                          WHEN s.kind = 'finding' THEN ''
                          WHEN s.kind = 'pattern' THEN 'without a match'
                          WHEN s.kind = 'database' THEN 'without tables'
                          ELSE 'not copied' END;
    ELSIF s.kind = 'stage' THEN
        EXECUTE s.statement;
    ELSIF NOT _mssql_fdw._may_fail(s.kind) THEN
        PERFORM _mssql_fdw._do(s.statement, as_callers => s.kind IN ('truncate', 'refill'));
    ELSIF s.kind = 'validate' AND EXISTS (SELECT FROM unnest(undone) AS u (statement) WHERE starts_with(u.statement, added)) THEN
        outcome := 'skipped';
    ELSE
        SELECT t.failure, t.detail INTO failure, detail FROM _mssql_fdw._try(s.statement) AS t;
    END IF;
    IF failure IS NOT NULL THEN
        outcome := 'failed';
        undone := undone || s.statement;
        loss.verb := CASE WHEN s.kind = 'validate' THEN 'not validated' ELSE 'failed' END;
        loss.note := format('%s failed: %s. Statement: %s', s.kind, failure, s.statement);
        PERFORM _mssql_fdw._say(true, format('%s of %s failed: %s', s.kind, s.target, failure),
            concat_ws(' ', nullif(detail, ''), 'The statement was: ' || s.statement),
            CASE WHEN s.kind = 'validate' THEN 'The constraint stands, NOT VALID: it holds for new rows.'
                 ELSE format('The next run that includes %s tries it again.', s.source) END);
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._run_step IS 'does one step of a plan; what the target lacks after it';

-- Switches the tables, and tells which constraints the new rows violate.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_switch(model jsonb, statement text) RETURNS SETOF replicate._loss
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v record;
    t replicate._table;
BEGIN
    FOR v IN EXECUTE statement LOOP
        SELECT * INTO STRICT t FROM _mssql_fdw._tables(model) AS x WHERE x.relation = v.subject;
        PERFORM _mssql_fdw._say(true, format('constraint of %s is no longer valid: %s', v.relation, v.message), v.detail,
            'The constraint stands, NOT VALID: it holds for new rows.');
        RETURN NEXT ROW(t.id, 'validate', 'not validated', t.source, v.relation::text,
            format('constraint of %s is no longer valid: %s', v.relation, v.message))::replicate._loss;
    END LOOP;
    -- It may have waited long, and what follows goes by names.
    PERFORM _mssql_fdw._check_names(array_agg(x.relation), array_agg(x.target))
    FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('switch', 'refill');
END
$$;
COMMENT ON FUNCTION _mssql_fdw._run_switch IS 'does the step switch; the constraints that the new rows violate';

-- The others are notes.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_warning(loss replicate._loss) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (loss).verb IN ('failed', 'not validated', 'without a match', 'without tables');
COMMENT ON FUNCTION _mssql_fdw._is_warning IS 'whether a loss is a warning; the others are notes';

-- Builds the indexes of a staged table, and tells which are dropped because the new rows do not
-- fit.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_stage_indexes(s replicate._step) RETURNS SETOF replicate._loss
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x record;
BEGIN
    FOR x IN EXECUTE s.statement LOOP
        PERFORM _mssql_fdw._say(true, format('index "%s" of %s is dropped, for the new rows do not fit: %s', x.index, s.target, x.failure),
            concat_ws(' ', x.detail, 'The statement was: ' || x.statement), 'Where the source has it, the next run tries it again.');
        RETURN NEXT ROW(s.table_id, 'index', 'failed', s.source, s.target,
            format('index failed: %s. Statement: %s', x.failure, x.statement))::replicate._loss;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._run_stage_indexes IS
    'does the step stage indexes; those that are dropped because the new rows do not fit';

-- "1 check not translated, 16 views and 7 procedures not copied"; NULL: nothing is lost.
CREATE OR REPLACE FUNCTION _mssql_fdw._loss_summary(losses replicate._loss[]) RETURNS text
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

-- A table's result after one more of its steps. One difference is not made good by a later count: a
-- refill is counted twice.
CREATE OR REPLACE FUNCTION _mssql_fdw._with_step(INOUT result replicate.run_tables, kind text, note text, counts bigint[], took interval)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    result.elapsed := result.elapsed + took;
    IF kind = 'load' THEN
        result.rows := counts[1];
        result.bytes := counts[2];
    ELSIF kind = 'verify' THEN
        result.status := CASE WHEN result.status LIKE 'count differs%' THEN result.status
                              WHEN counts[1] = counts[2] THEN 'ok'
                              ELSE format('count differs: source %s, target %s', counts[1], counts[2]) END;
    ELSIF note IS NOT NULL AND kind <> 'drop foreign key' THEN
        result.notes := result.notes || note;
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._with_step IS 'a table''s result after one more of its steps';

-- Notes what is, or becomes, a copy by these steps.
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
    WHERE c.target IS NOT NULL
$$;
COMMENT ON FUNCTION _mssql_fdw._claim_copies IS 'writes into the ledger what is, or becomes, a copy by these steps';

-- Executes the steps in order. `results`: a row for every table, in load order; `losses`: what the
-- source has and the target lacks.
CREATE OR REPLACE FUNCTION _mssql_fdw._execute(model jsonb, steps replicate._step[], OUT results replicate.run_tables[],
    OUT losses replicate._loss[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s replicate._step;
    done record;
    lost replicate._loss;
    at int[] := '{}';      -- by table id: index into results
    i int;
    t record;
    began timestamptz;
    undone text[] := '{}';
    numbers int[] := '{}'; -- by table id: which of those that are loaded
    loads int := 0;
    is_claimed boolean := false; -- before others have to wait for the run
BEGIN
    FOR t IN SELECT x.* FROM _mssql_fdw._tables(model) AS x ORDER BY x.position LOOP
        results := array_append(results, ROW(0, t.source, t.target, NULL, NULL, interval '0',
            CASE t.action WHEN 'skip' THEN 'skipped: exists' ELSE 'loaded' END, '{}')::replicate.run_tables);
        at[t.id] := cardinality(results);
        IF t.action <> 'skip' THEN
            loads := loads + 1;
            numbers[t.id] := loads;
        END IF;
    END LOOP;
    FOREACH s IN ARRAY steps LOOP
        i := at[s.table_id];
        began := clock_timestamp();
        PERFORM _mssql_fdw._show_progress(s.kind, s.source, s.target, numbers[s.table_id], loads);
        IF s.phase >= 84 AND NOT is_claimed THEN
            PERFORM _mssql_fdw._claim_copies(model, steps);
            is_claimed := true;
        END IF;
        IF s.kind IN ('switch', 'stage indexes') THEN
            FOR lost IN SELECT * FROM _mssql_fdw._run_switch(model, s.statement) WHERE s.kind = 'switch'
                        UNION ALL SELECT * FROM _mssql_fdw._run_stage_indexes(s) WHERE s.kind <> 'switch' LOOP
                losses := array_append(losses, lost);
                results[at[lost.table_id]].notes := results[at[lost.table_id]].notes || lost.note;
            END LOOP;
            IF i IS NOT NULL THEN
                results[i].elapsed := results[i].elapsed + (clock_timestamp() - began);
            END IF;
            CONTINUE;
        END IF;
        SELECT * INTO done FROM _mssql_fdw._run_step(s, undone);
        undone := done.undone;
        IF s.kind = 'load' THEN
            PERFORM _mssql_fdw._say(false, format('table %s of %s: %s -> %s: %s', numbers[s.table_id], loads, s.source, s.target,
                _mssql_fdw._amount(done.counts[1], done.counts[2], clock_timestamp() - began)));
        END IF;
        IF (done.loss).verb IS NOT NULL THEN
            losses := array_append(losses, done.loss);
        END IF;
        IF i IS NOT NULL THEN
            results[i] := _mssql_fdw._with_step(results[i], s.kind, (done.loss).note, done.counts, clock_timestamp() - began);
        END IF;
    END LOOP;
    FOR i IN SELECT DISTINCT at[l.table_id] FROM unnest(losses) AS l WHERE l.table_id IS NOT NULL LOOP
        IF results[i].status IN ('ok', 'loaded') THEN
            results[i].status := results[i].status || ', with notes';
        END IF;
    END LOOP;
    IF NOT is_claimed THEN
        PERFORM _mssql_fdw._claim_copies(model, steps);
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._execute IS 'executes the steps of a plan in order; a result for each table';

-- A run without its history: what replicate.runs and replicate.run_tables will say of it, and what
-- was lost. Only _replicate() writes that down.
CREATE OR REPLACE FUNCTION _mssql_fdw._run(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb,
    OUT run replicate.runs, OUT tables replicate.run_tables[], OUT losses replicate._loss[])
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    difference text;
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    run.started := clock_timestamp();
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    model := _mssql_fdw._model('all', server, target_schema, include, exclude, only_table, on_existing, options);
    PERFORM _mssql_fdw._hold_targets(model);
    SELECT x.results, x.losses INTO tables, losses
    FROM _mssql_fdw._execute(model, ARRAY(SELECT s FROM _mssql_fdw._plan(model, verify) AS s)) AS x;
    tables := coalesce(tables, '{}');
    losses := coalesce(losses, '{}');
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
    run.source_database := model #>> '{catalog,database,name}';
    run.source_version := model #>> '{catalog,database,product_version}';
    run.isolation := _mssql_fdw._isolation(server, model);
    run.finished := clock_timestamp();
END
$$;
COMMENT ON FUNCTION _mssql_fdw._run IS 'a run without its history';

-- Called by _replicate() as the extension's owner: nobody else may write the tables. The run's id,
-- beyond those that are there: a restore may have set the sequence back.
CREATE OR REPLACE FUNCTION _mssql_fdw._write_history(run replicate.runs, tables replicate.run_tables[], role name) RETURNS bigint
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
COMMENT ON FUNCTION _mssql_fdw._write_history IS
    'writes a run''s history for _replicate(), which calls it as the extension''s owner; its id';

-- The body of replicate_all and replicate_table (only_table): locks the server, calls _run(),
-- writes history, and says a closing line; the rows of the tables. It sets search_path itself, and
-- lets triggers of the caller's see his (src/pg/copy/run.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._replicate(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS replicate.run_tables[]
AS 'MODULE_PATHNAME', 'mssql_fdw_replicate' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._replicate IS 'the body of replicate_all and replicate_table';

-- The run in a line: '11 tables: 50000 rows, 43 MB in 12.3 s; 2 skipped; 1 check not translated, 16
-- views not copied; see ...'.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_message(results replicate.run_tables[], losses replicate._loss[], took interval, id bigint)
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
COMMENT ON FUNCTION _mssql_fdw._run_message IS 'a run in a line';

-- What the connection reads at: the server's option, else SNAPSHOT where the database allows it
-- (src/pg/remote/connection.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._isolation(server name, model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        replace(nullif(_mssql_fdw._server_option(server, 'isolation'), 'automatic'), '_', ' '),
        CASE WHEN (model #>> '{catalog,database,snapshot_isolation_state}')::int = 1 THEN 'snapshot' ELSE 'read committed' END)
$$;
COMMENT ON FUNCTION _mssql_fdw._isolation IS 'isolation level at which the connection reads';
