-- Replicate: the plan as a whole, and its execution.

-- The planner's settings are those of _model(), for the same reason.
CREATE OR REPLACE FUNCTION @extschema@._plan(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET join_collapse_limit = 1 SET jit = off AS $$
    SELECT s.* FROM (
        SELECT * FROM @extschema@._plan_schemas(model)
        UNION ALL SELECT * FROM @extschema@._plan_existing_foreign_keys(model)
        UNION ALL SELECT * FROM @extschema@._plan_drop_tables(model)
        UNION ALL SELECT * FROM @extschema@._plan_sequences(model)
        UNION ALL SELECT * FROM @extschema@._plan_tables(model)
        UNION ALL SELECT * FROM @extschema@._plan_owned_sequences(model)
        UNION ALL SELECT * FROM @extschema@._plan_defaults(model)
        UNION ALL SELECT * FROM @extschema@._plan_truncate(model) WHERE model ->> 'what' = 'all'
        UNION ALL SELECT * FROM @extschema@._plan_loads(model, verify) WHERE model ->> 'what' = 'all'
        UNION ALL SELECT * FROM @extschema@._plan_indexes(model)
        UNION ALL SELECT * FROM @extschema@._plan_checks(model)
        UNION ALL SELECT * FROM @extschema@._plan_foreign_keys(model)
        UNION ALL SELECT * FROM @extschema@._plan_identities(model)
        UNION ALL SELECT * FROM @extschema@._plan_comments(model)) AS s
    ORDER BY s.phase, s."position", s.ordinal, s.kind, s.target COLLATE "C"
$$;

-- One run per server at a time in this database: the lock, which is the transaction's, is also what replicate.progress looks for.
CREATE OR REPLACE FUNCTION @extschema@._lock_server(server name) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id bigint;
BEGIN
    SELECT s.oid::bigint INTO id FROM pg_foreign_server AS s WHERE s.srvname = server;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'server "%" does not exist', server USING ERRCODE = 'undefined_object';
    END IF;
    -- the four bytes of an oid as an int
    IF NOT pg_try_advisory_xact_lock(1836282737, (CASE WHEN id > 2147483647 THEN id - 4294967296 ELSE id END)::int) THEN
        RAISE EXCEPTION 'server "%" is being replicated by another session', server USING ERRCODE = 'object_in_use',
            HINT = 'replicate.progress shows the session and how far it is.';
    END IF;
END
$$;

-- Executes a step whose failure costs a constraint, an index or a default, not the data. NULL: done; else why not.
CREATE OR REPLACE FUNCTION @extschema@._try(statement text) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION
    WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded OR feature_not_supported
        OR syntax_error_or_access_rule_violation THEN
        IF SQLSTATE = '42501' THEN
            RAISE;
        END IF;
        RETURN SQLERRM;
END
$$;

CREATE OR REPLACE FUNCTION @extschema@._may_fail(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN kind IN ('default', 'primary key', 'unique', 'index', 'check', 'foreign key', 'validate');

-- 'dbo.Posts -> public.posts: 50000 rows, 43 MB in 1.2 s (41000 rows/s)'
CREATE OR REPLACE FUNCTION @extschema@._load_message(source text, target text, rows bigint, bytes bigint, elapsed interval) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('%s -> %s: %s rows%s in %s s%s', source, target, rows, ', ' || pg_size_pretty(bytes),
                  round(extract(epoch FROM elapsed)::numeric, 1),
                  -- too short a time says nothing
                  CASE WHEN rows >= 1000 AND elapsed >= interval '0.1 s'
                       THEN format(' (%s rows/s)', round((rows / extract(epoch FROM elapsed))::numeric, -2)) END)
$$;

-- Source rows by the remote session, target rows by ours.
CREATE OR REPLACE FUNCTION @extschema@._count(server name, remote_table text, target regclass,
    OUT source_rows bigint, OUT target_rows bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT q.n INTO source_rows FROM @extschema@._query(server, 'SELECT COUNT_BIG(*) FROM ' || remote_table) AS q (n bigint);
    EXECUTE format('SELECT count(*) FROM %s%s',
                   CASE WHEN (SELECT c.relkind FROM pg_class AS c WHERE c.oid = target) = 'p' THEN '' ELSE 'ONLY ' END, target)
    INTO target_rows;
END
$$;

-- Executes the steps in order; answers a row for every table, in load order. Whatever is not said to may fail ends the run.
CREATE OR REPLACE FUNCTION @extschema@._execute(model jsonb, steps replicate._step[]) RETURNS SETOF replicate.run_tables
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s replicate._step;
    results replicate.run_tables[];
    at int[] := '{}';      -- by table id: index into results
    i int;
    t record;
    began timestamptz;
    failure text;
    first_count bigint;
    second_count bigint;
BEGIN
    FOR t IN SELECT x.* FROM @extschema@._tables(model) AS x ORDER BY x.position LOOP
        results := array_append(results, ROW(0, t.source, t.target, NULL, NULL, interval '0',
            CASE t.action WHEN 'skip' THEN 'skipped: exists' ELSE 'loaded' END, '{}')::replicate.run_tables);
        at[t.id] := cardinality(results);
    END LOOP;
    FOREACH s IN ARRAY steps LOOP
        i := at[s.table_id];
        began := clock_timestamp();
        failure := NULL;
        IF s.kind IN ('load', 'verify') THEN
            EXECUTE s.statement INTO first_count, second_count;
        ELSIF s.statement IS NULL THEN
            NULL;
        ELSIF @extschema@._may_fail(s.kind) THEN
            failure := @extschema@._try(s.statement);
        ELSE
            EXECUTE s.statement;
        END IF;
        IF s.kind = 'load' THEN
            results[i].rows := first_count;
            results[i].bytes := second_count;
            RAISE NOTICE '%', @extschema@._load_message(s.source, s.target, first_count, second_count, clock_timestamp() - began);
        ELSIF s.kind = 'verify' THEN
            results[i].status := CASE WHEN first_count = second_count THEN 'ok'
                                      ELSE format('count differs: source %s, target %s', first_count, second_count) END;
        ELSIF failure IS NOT NULL THEN
            RAISE WARNING '% of % failed: %', s.kind, s.target, failure USING DETAIL = s.statement;
        END IF;
        IF i IS NOT NULL THEN
            results[i].elapsed := results[i].elapsed + (clock_timestamp() - began);
            IF failure IS NOT NULL THEN
                results[i].notes := results[i].notes || format('%s failed: %s (%s)', s.kind, failure, s.statement);
                results[i].status := CASE WHEN results[i].status IN ('ok', 'loaded') THEN results[i].status || ', with warnings'
                                          ELSE results[i].status END;
            ELSIF s.note IS NOT NULL AND s.kind NOT IN ('load', 'drop foreign key') THEN
                results[i].notes := results[i].notes || s.note;
            END IF;
        END IF;
    END LOOP;
    RETURN QUERY SELECT r.* FROM unnest(results) AS r;
END
$$;

-- The body of replicate_all and replicate_table.
CREATE OR REPLACE FUNCTION @extschema@._replicate(caller text, arguments jsonb, server name, target_schema name, include text[],
    exclude text[], only_table text, on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb)
RETURNS SETOF replicate.run_tables
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    began timestamptz := clock_timestamp();
    model jsonb;
    results replicate.run_tables[];
    run_id bigint;
BEGIN
    PERFORM @extschema@._check_run_arguments(jobs, chunk_rows, verify);
    PERFORM @extschema@._lock_server(server);
    model := @extschema@._model('all', server, target_schema, include, exclude, only_table, on_existing, options);
    results := ARRAY(SELECT r FROM @extschema@._execute(model, ARRAY(SELECT s FROM @extschema@._plan(model, verify) AS s)) AS r);
    INSERT INTO replicate.runs (server, function, arguments, started, finished, status, rows, bytes, warnings,
        source_database, source_version, isolation)
    SELECT server, caller, jsonb_strip_nulls(arguments), began, clock_timestamp(),
           CASE WHEN bool_or(r.status LIKE 'count differs%') THEN 'differs'
                WHEN bool_or(r.status LIKE '%with warnings') THEN 'ok with warnings' ELSE 'ok' END,
           coalesce(sum(r.rows), 0), coalesce(sum(r.bytes), 0),
           coalesce((SELECT array_agg(w.source || ': ' || n.note) FROM unnest(results) AS w CROSS JOIN unnest(w.notes) AS n (note)
                     WHERE n.note LIKE '% failed: %'), '{}'),
           model #>> '{catalog,database,name}', model #>> '{catalog,database,product_version}', @extschema@._isolation(server, model)
    FROM unnest(results) AS r
    RETURNING id INTO run_id;
    INSERT INTO replicate.run_tables
    SELECT run_id, r.source, r.target, r.rows, r.bytes, r.elapsed, r.status, r.notes FROM unnest(results) AS r;
    RETURN QUERY SELECT r.* FROM unnest(results) AS r;
END
$$;

-- What the connection reads at: the server's option, else SNAPSHOT where the database allows it (src/pg/connection.cpp).
CREATE OR REPLACE FUNCTION @extschema@._isolation(server name, model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        replace(nullif(@extschema@._server_option(server, 'isolation'), 'automatic'), '_', ' '),
        CASE WHEN (model #>> '{catalog,database,snapshot_isolation_state}')::int = 1 THEN 'snapshot' ELSE 'read committed' END)
$$;
