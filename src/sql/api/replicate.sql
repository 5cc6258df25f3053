-- Replicate, the surface: the functions of docs/replicate.md.

CREATE OR REPLACE FUNCTION @extschema@.replicate_plan(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, on_existing text DEFAULT 'refresh', jobs int DEFAULT NULL, chunk_rows bigint DEFAULT NULL,
    verify text DEFAULT 'count', options jsonb DEFAULT '{}')
RETURNS TABLE (step int, kind text, source text, target text, statement text, note text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    model jsonb;
    workers int;
    steps replicate._step[];
    began timestamptz := clock_timestamp();
BEGIN
    PERFORM _mssql_fdw._hold_settings();
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    model := _mssql_fdw._model('all', server, target_schema, include, exclude, NULL, on_existing, options);
    workers := CASE WHEN jobs IS NULL AND _mssql_fdw._may_choose_workers() THEN _mssql_fdw._chosen_jobs(model, options) ELSE jobs END;
    model := model || jsonb_build_object('run', CASE WHEN workers > 0 THEN 'n' END, 'chunk_rows', chunk_rows, 'jobs', coalesce(workers, 0));
    steps := ARRAY(SELECT s FROM _mssql_fdw._plan(model, verify) AS s);
    RETURN QUERY
    SELECT p.step::int, p.kind, p.source, p.target, p.statement, nullif(concat_ws('; ', p.note, w.note), '')
    FROM unnest(steps) WITH ORDINALITY AS p (phase, "position", ordinal, table_id, kind, source, target, statement, note, step)
    LEFT JOIN _mssql_fdw._work_notes(model, steps, workers) AS w ON w.table_id = p.table_id AND p.kind = 'load'
    ORDER BY p.step;
    PERFORM _mssql_fdw._say_times(model, clock_timestamp() - began);
    PERFORM _mssql_fdw._forget_model(model);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_plan IS 'what replicate_all would do, a row a step; changes nothing';

CREATE OR REPLACE FUNCTION @extschema@.replicate_schema(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
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

CREATE OR REPLACE FUNCTION @extschema@.replicate_all(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
    exclude text[] DEFAULT NULL, on_existing text DEFAULT 'refresh', jobs int DEFAULT NULL, chunk_rows bigint DEFAULT NULL,
    verify text DEFAULT 'count', options jsonb DEFAULT '{}')
RETURNS TABLE (source text, target text, rows bigint, bytes bigint, elapsed interval, status text)
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT r.source, r.target, r.rows, r.bytes, r.elapsed, r.status
    FROM pg_catalog.unnest(_mssql_fdw._replicate(server, target_schema, include, exclude, NULL, on_existing, jobs, chunk_rows, verify, options)) AS r;
END;
COMMENT ON FUNCTION @extschema@.replicate_all IS 'copies a SQL Server database: schema, data, keys, indexes, constraints, sequences';

-- The run's tables when it has ended, or its error. Looks again ever less often, up to a second.
CREATE OR REPLACE FUNCTION @extschema@.replicate_wait(run bigint)
RETURNS TABLE (source text, target text, rows bigint, bytes bigint, elapsed interval, status text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waited replicate.runs;
    pause_s float8 := 0.01;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM _mssql_fdw._raise('25001', 'replicate_wait() works at READ COMMITTED only', 'At other levels a transaction does not see the run end.');
    END IF;
    LOOP
        waited := _mssql_fdw._find_run(run);
        EXIT WHEN waited.status <> 'running';
        -- that waits for the server, which this transaction has, or for tables
        IF pg_backend_pid() = ANY (pg_blocking_pids(waited.pid)) AND EXISTS (
               SELECT FROM pg_locks AS l WHERE l.pid = waited.pid AND NOT l.granted AND l.classid = 'pg_foreign_server'::regclass)
           OR EXISTS (SELECT FROM replicate.progress AS p WHERE p.server = waited.server AND pg_backend_pid() = ANY (p.blocked_by)) THEN
            PERFORM _mssql_fdw._raise('40P01', format('run %s waits for this transaction', run),
                hint => 'Commit it, and wait for the run in another one; replicate.progress shows what it waits for.');
        END IF;
        PERFORM pg_sleep(pause_s);
        pause_s := least(2 * pause_s, 1);
    END LOOP;
    IF waited.status IN ('failed', 'cancelled') THEN
        PERFORM _mssql_fdw._raise(waited.sqlstate, waited.error,
            concat_ws(' ', waited.error_detail, format('Run %s %s at %s%s.', run, waited.status, waited.finished, ', ' || waited.error_context)),
            waited.error_hint);
    ELSIF waited.status = 'died' THEN
        PERFORM _mssql_fdw._raise('58000', format('run %s ended without a word', run),
            'Nobody works on it any more; nothing has been changed.', waited.error_hint);
    END IF;
    PERFORM _mssql_fdw._say(false, format('run %s: %s; see notes and warnings in replicate.runs, id %s', run, waited.status, run))
    WHERE waited.status <> 'ok';
    RETURN QUERY SELECT t.source, t.target, t.rows, t.bytes, t.elapsed, t.status FROM replicate.run_tables AS t WHERE t.run = replicate_wait.run
        ORDER BY t.source COLLATE "C";
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_wait IS 'waits for a run that works; its tables, or its error';

CREATE OR REPLACE FUNCTION @extschema@.replicate_cancel(run bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cancelled replicate.runs := _mssql_fdw._find_run(run);
BEGIN
    RETURN cancelled.status = 'running' AND _mssql_fdw._cancel(run);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_cancel IS 'cancels a run that works; false: it has ended';

CREATE OR REPLACE FUNCTION @extschema@.replicate_discard(run bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    discarded replicate.runs := _mssql_fdw._find_run(run);
BEGIN
    RETURN _mssql_fdw._discard(discarded.id);
END
$$;
COMMENT ON FUNCTION @extschema@.replicate_discard IS 'drops what a run has left that did not end well; false: it has left nothing';

CREATE OR REPLACE FUNCTION @extschema@.replicate_table(server name, source_table text, target_schema name DEFAULT NULL,
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

CREATE OR REPLACE FUNCTION @extschema@.replicate_sequences(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
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

CREATE OR REPLACE FUNCTION @extschema@.replicate_verify(server name, target_schema name DEFAULT NULL, include text[] DEFAULT NULL,
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
