-- Replicate: the model. It holds the source's catalog, the local names, and for every table what
-- happens to it; the plan is made of nothing else but it and the local catalog. Its rows
-- (plan/rows.sql) are kept under a number; a jsonb value has that, and what is no rows. Its keys:
--   rows          the number of the rows
--   what, server, on_existing, options, target_schema, include, exclude, only_table    the call's arguments, checked
--   database      what the source says of its database
--   level         the isolation level at which the session has read it
--   read_s        how long that took to say what it has
--   source_position, positions, unchanged, known    what tables that have not changed are known by (run/changed.sql)
--   warnings      what of the selection most often is a mistake, an array of {kind: pattern or database, message, hint}
--   findings      what the user is to be told of the source, an array of {severity: warning or note, object, finding, advice (or null),
--                 table_id (of the table that lacks something by it, or null)}:
--                 what is set aside, becomes something else, or could not be looked at

-- What the source has besides tables that can be copied.
CREATE OR REPLACE FUNCTION _mssql_fdw._other_objects(model jsonb) RETURNS TABLE (kind text, schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN t.is_view THEN 'view' ELSE 'external table' END, t.schema, t."table"
    FROM _mssql_fdw._source_tables(model) AS t
    WHERE t.is_view OR t.is_external
    UNION ALL
    SELECT p.kind, p.schema, p.name
    FROM _mssql_fdw._source_programs(model) AS p
$$;
COMMENT ON FUNCTION _mssql_fdw._other_objects IS 'what the source has besides tables that can be copied';

-- The id of the one table that `wanted` names: exactly, or else but for case when that is
-- unambiguous.
CREATE OR REPLACE FUNCTION _mssql_fdw._find_table(model jsonb, wanted text, server name) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parts record;
    ids int[];
    other text;
    suggestion text;
BEGIN
    SELECT * INTO parts FROM _mssql_fdw._parse_table_name(wanted);
    SELECT array_agg(t.id) INTO ids FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.schema = parts.schema AND t.name = parts.name;
    IF ids IS NULL THEN
        SELECT array_agg(t.id) INTO ids FROM _mssql_fdw._mapped_tables(model) AS t
        WHERE lower(t.schema) = lower(parts.schema) AND lower(t.name) = lower(parts.name);
    END IF;
    IF cardinality(ids) = 1 THEN
        RETURN ids[1];
    ELSIF cardinality(ids) > 1 THEN
        PERFORM _mssql_fdw._raise('42P09', format('table name %s is ambiguous on server "%s"', wanted, server),
            hint => 'Several tables differ only by case: write the name exactly.');
    END IF;
    SELECT min(o.kind) INTO other FROM _mssql_fdw._other_objects(model) AS o
    WHERE lower(o.schema) = lower(parts.schema) AND lower(o.name) = lower(parts.name);
    IF other IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('42809',
            format('%s on server "%s" is not a table but a %s', _mssql_fdw._source_name(parts.schema, parts.name), server, other),
            hint => CASE WHEN other = 'view' THEN format('A foreign table reads it: IMPORT FOREIGN SCHEMA %I LIMIT TO (%I) FROM SERVER %I INTO '
                'a schema of yours; CREATE TABLE ... AS keeps its rows.', parts.schema, parts.name, server) END);
    END IF;
    suggestion := coalesce(
        _mssql_fdw._nearest(parts.schema || '.' || parts.name,
            ARRAY(SELECT t.source FROM _mssql_fdw._mapped_tables(model) AS t)),
        (SELECT min(t.source) FROM _mssql_fdw._mapped_tables(model) AS t WHERE lower(t.name) = lower(parts.name)));
    PERFORM _mssql_fdw._raise('42P01',
        format('table %s does not exist on server "%s"', _mssql_fdw._source_name(parts.schema, parts.name), server),
        hint => coalesce('Perhaps you meant ' || suggestion || '.', _mssql_fdw._database_hint(model, server),
                         'The login may lack permission to see it.'));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._find_table IS 'id of the one table that source_table names';

-- Everything that a pattern of include may be about.
CREATE OR REPLACE FUNCTION _mssql_fdw._selectable(model jsonb) RETURNS TABLE (schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.schema, t.name FROM _mssql_fdw._mapped_tables(model) AS t
    UNION ALL
    SELECT s.schema, s.sequence FROM _mssql_fdw._source_sequences(model) AS s
$$;
COMMENT ON FUNCTION _mssql_fdw._selectable IS 'names that a pattern of include may be about';

-- Everything that a pattern of exclude may be about: what the source has, and what copies of it the
-- ledger knows.
CREATE OR REPLACE FUNCTION _mssql_fdw._known_names(model jsonb, server name) RETURNS TABLE (schema text, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.schema, t."table" FROM _mssql_fdw._source_tables(model) AS t
    UNION ALL
    SELECT p.schema, p.name FROM _mssql_fdw._source_programs(model) AS p
    UNION ALL
    SELECT s.schema, s.sequence FROM _mssql_fdw._source_sequences(model) AS s
    UNION ALL
    SELECT o.source_schema, o.source_table FROM replicate._targets AS o WHERE o.server = _known_names.server
$$;
COMMENT ON FUNCTION _mssql_fdw._known_names IS
    'names that a pattern of exclude may be about: those of the source and of the ledger';

-- Where the server does not say which database it is, the login's default may be another than is
-- meant.
CREATE OR REPLACE FUNCTION _mssql_fdw._database_hint(model jsonb, server name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('The login''s own database "%s" was read, for the server names none: ALTER SERVER %I OPTIONS (ADD database ''...'').',
                  model #>> '{database,name}', server)
    WHERE _mssql_fdw._server_option(server, 'database') IS NULL
$$;
COMMENT ON FUNCTION _mssql_fdw._database_hint IS
    'hint where the login''s default database was read; NULL: the server names one';

-- The ids of the tables that include and exclude select. That nothing at all is selected is an
-- error.
CREATE OR REPLACE FUNCTION _mssql_fdw._select_tables(model jsonb, include text[], exclude text[], server name) RETURNS int[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ids int[];
    pattern text;
    database_hint text;
BEGIN
    SELECT coalesce(array_agg(t.id ORDER BY t.id), '{}') INTO ids
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE (include IS NULL OR _mssql_fdw._matches(t.schema, t.name, include))
      AND NOT _mssql_fdw._matches(t.schema, t.name, exclude);
    IF cardinality(ids) > 0 OR include IS NULL AND NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model))
        OR EXISTS (SELECT FROM _mssql_fdw._source_sequences(model) AS s
                   WHERE (include IS NULL OR _mssql_fdw._matches(s.schema, s.sequence, include))
                     AND NOT _mssql_fdw._matches(s.schema, s.sequence, exclude)) THEN
        RETURN ids;
    END IF;
    database_hint := _mssql_fdw._database_hint(model, server);
    FOREACH pattern IN ARRAY coalesce(include, '{}') LOOP
        PERFORM _mssql_fdw._raise('42P01', format('no table or sequence on server "%s" matches %L', server, pattern), hint => coalesce(database_hint,
            'Patterns are LIKE patterns over schema.table, case-insensitive; one without a dot is held against the table''s name.'))
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._selectable(model) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[pattern]));
    END LOOP;
    PERFORM _mssql_fdw._raise('42P01', format('include and exclude leave nothing of server "%s"', server), hint => database_hint);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._select_tables IS 'ids of the tables that include and exclude select';

-- What most often is a mistake and no error: patterns that match nothing, a database without
-- tables. It is told at once, and history keeps it.
CREATE OR REPLACE FUNCTION _mssql_fdw._selection_warnings(model jsonb, include text[], exclude text[], server name)
RETURNS TABLE (kind text, message text, hint text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'pattern', format('no table or sequence on server "%s" matches %L', server, p.pattern), NULL
    FROM unnest(include) AS p (pattern)
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._selectable(model) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[p.pattern]))
    UNION ALL
    SELECT 'pattern', format('nothing on server "%s" matches %L, which is to be excluded', server, p.pattern), NULL
    FROM unnest(exclude) AS p (pattern)
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._known_names(model, server) AS k WHERE _mssql_fdw._matches(k.schema, k.name, ARRAY[p.pattern]))
    UNION ALL
    SELECT 'database', format('database "%s" on server "%s" has no tables', model #>> '{database,name}', server),
           coalesce(_mssql_fdw._database_hint(model, server), 'The login sees tables that it has a right on.')
    WHERE NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model))
$$;
COMMENT ON FUNCTION _mssql_fdw._selection_warnings IS
    'what most often is a mistake and no error: patterns without a match, a database without tables';

-- Load order of the selected tables: referenced ones first, the larger first among those that do
-- not depend on each other.
CREATE OR REPLACE FUNCTION _mssql_fdw._positions(model jsonb, ids int[]) RETURNS TABLE (id int, "position" int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH chosen AS MATERIALIZED (
        SELECT t.id, t.schema, t.name, coalesce(t.bytes, t.rows, 0)::float8 AS weight, row_number() OVER (ORDER BY t.id)::int - 1 AS index
        FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.id = ANY (ids)
    ), edges AS MATERIALIZED (
        SELECT DISTINCT child.index AS child, parent.index AS parent
        FROM _mssql_fdw._source_foreign_keys(model) AS f
        JOIN chosen AS child ON child.schema = f.schema AND child.name = f."table"
        JOIN chosen AS parent ON parent.schema = f.referenced_schema AND parent.name = f.referenced_table
    )
    SELECT c.id, o."position"::int
    FROM unnest(_mssql_fdw._load_order(
        (SELECT count(*)::int FROM chosen),
        ARRAY(SELECT e.child FROM edges AS e ORDER BY e.child, e.parent), ARRAY(SELECT e.parent FROM edges AS e ORDER BY e.child, e.parent),
        ARRAY(SELECT c.weight FROM chosen AS c ORDER BY c.index))) WITH ORDINALITY AS o (index, "position")
    JOIN chosen AS c ON c.index = o.index
$$;
COMMENT ON FUNCTION _mssql_fdw._positions IS 'load order of the selected tables';

-- Values that the login must not see would be masked without any error: refuse unless the caller
-- says that it is meant.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_masked(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    masked text;
BEGIN
    SELECT string_agg(t.source || '.' || c.name, ', ' ORDER BY t.position, c.ordinal) INTO masked
    FROM _mssql_fdw._columns(model) AS c
    JOIN _mssql_fdw._mapped_tables(model) AS t ON t.id = c.table_id
    WHERE c.is_masked AND t.position IS NOT NULL;
    IF masked IS NOT NULL AND NOT (model #>> '{options,allow_masked}')::boolean THEN
        PERFORM _mssql_fdw._raise('42501', 'the login would read masked values', format('Masked columns: %s.', masked),
            'GRANT UNMASK to the login, or copy the masks by options => ''{"allow_masked": true}''.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_masked IS
    'error where the login would get masked values, unless the caller allows that';

-- As above, for row-level security (SQL Server 2016): a filter predicate hides rows from counts
-- too. A login without VIEW DEFINITION sees no predicates; then that is a finding.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_filtered(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    filtered text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO filtered
    FROM _mssql_fdw._source_tables(model) AS c
    JOIN _mssql_fdw._mapped_tables(model) AS t ON t.schema = c.schema AND t.name = c."table"
    WHERE c.is_filtered AND t.position IS NOT NULL;
    IF filtered IS NOT NULL AND NOT (model #>> '{options,allow_filtered}')::boolean THEN
        PERFORM _mssql_fdw._raise('42501', 'row-level security of the source may hide rows from the login',
            format('Tables with a filter predicate: %s.', filtered),
            'Use a login that the predicate lets see all rows and say so by options => ''{"allow_filtered": true}''.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_filtered IS
    'error where row-level security would hide rows from the login, unless the caller allows that';

-- SNAPSHOT transactions cannot read memory-optimized tables at all (41332); the others can, by a
-- table hint.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_memory_optimized(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    server name := model ->> 'server';
    listed text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO listed
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.is_memory_optimized AND t.position IS NOT NULL AND t.action <> 'skip';
    IF listed IS NOT NULL AND _mssql_fdw._isolation(server, model) = 'snapshot' THEN
        PERFORM _mssql_fdw._raise('0A000', 'memory-optimized tables cannot be read at SNAPSHOT isolation',
            format('Memory-optimized tables: %s.', listed),
            format('Read the server at another level, as by ALTER SERVER %I OPTIONS (%s isolation ''read_committed''), or exclude the '
                'tables and copy them by a second server that does.', server,
                CASE WHEN _mssql_fdw._server_option(server, 'isolation') IS NULL THEN 'ADD' ELSE 'SET' END));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_memory_optimized IS
    'error for memory-optimized tables that the isolation level cannot read';

-- The model's findings: those of the catalog that are about what is selected, and what the caller
-- allowed to be incomplete. `tables` are the mapped ones, a position for each that is selected;
-- what is not mapped at all goes by the patterns.
CREATE OR REPLACE FUNCTION _mssql_fdw._findings(model jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), found AS (
        SELECT f.severity, f.object, f.finding, f.advice, CASE f.severity WHEN 'warning' THEN t.id END AS table_id
        FROM _mssql_fdw._catalog_findings(model) AS f LEFT JOIN t ON t.schema = f.schema AND t.name = f.name
        WHERE f.schema IS NULL OR t.position IS NOT NULL
           OR t.id IS NULL AND model ->> 'only_table' IS NULL
              AND (jsonb_typeof(model -> 'include') = 'null' OR _mssql_fdw._matches(f.schema, f.name, _mssql_fdw._text_array(model -> 'include')))
              AND NOT _mssql_fdw._matches(f.schema, f.name, _mssql_fdw._text_array(model -> 'exclude'))
        UNION ALL
        SELECT 'warning', t.source || '.' || c.name, 'masked for this login: the masks are copied', 'GRANT UNMASK to the login', t.id
        FROM _mssql_fdw._columns(model) AS c JOIN t ON t.id = c.table_id
        WHERE c.is_masked AND t.position IS NOT NULL
        UNION ALL
        SELECT 'warning', t.source, 'row-level security may hide rows from this login', NULL, t.id
        FROM _mssql_fdw._source_tables(model) AS c
        JOIN t ON t.schema = c.schema AND t.name = c."table"
        WHERE c.is_filtered AND t.position IS NOT NULL
    )
    SELECT coalesce(jsonb_agg(f ORDER BY f.severity DESC, f.object COLLATE "C", f.finding COLLATE "C"), '[]') FROM found AS f
$$;
COMMENT ON FUNCTION _mssql_fdw._findings IS
    'findings of a model: what is about the selected tables, and what the caller allowed to be incomplete';

-- An option of the foreign server; NULL where it is not set.
CREATE OR REPLACE FUNCTION _mssql_fdw._server_option(server name, option text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.option_value FROM pg_foreign_server AS f CROSS JOIN LATERAL pg_options_to_table(f.srvoptions) AS o
    WHERE f.srvname = server AND o.option_name = option
$$;
COMMENT ON FUNCTION _mssql_fdw._server_option IS 'an option of a foreign server; NULL where it is not set';

-- A connection reads at the isolation level that it logged in with, so the option can only confirm
-- it. `effective`: as _isolation() has it.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_isolation(server name, wanted text, effective text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF wanted <> 'automatic' AND replace(wanted, '_', ' ') <> effective THEN
        PERFORM _mssql_fdw._raise('0A000', format('isolation "%s" is not what server "%s" is read at', wanted, server),
            format('It is read at %s.', upper(effective)),
            format('Isolation is an option of the server: ALTER SERVER %I OPTIONS (%s isolation %L).', server,
                CASE WHEN _mssql_fdw._server_option(server, 'isolation') IS NULL THEN 'ADD' ELSE 'SET' END, wanted));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_isolation IS
    'error where the option isolation is not what the connection reads at';

-- A result that the client's encoding cannot show is an error, and would be found when all is done.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_readable(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unreadable text;
BEGIN
    SELECT string_agg(t.source, ', ' ORDER BY t.position) INTO unreadable
    FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE t.position IS NOT NULL AND NOT _mssql_fdw._client_can_read(t.source || t.target);
    IF unreadable IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('22P05', format('client_encoding %s lacks characters of table names', current_setting('client_encoding')),
            unreadable || '.', 'SET client_encoding = ''UTF8''.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_readable IS 'error where the client''s encoding lacks characters of table names';

-- The arguments that all functions share. The answer: the options, complete. Options that the
-- function makes no use of are told.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_arguments(what text, server name, target_schema name, include text[], exclude text[],
    on_existing text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    checked jsonb := _mssql_fdw._checked_options(options);
    idle text;
BEGIN
    PERFORM _mssql_fdw._given('server', server);
    PERFORM _mssql_fdw._check_patterns('include', include);
    PERFORM _mssql_fdw._check_patterns('exclude', exclude);
    PERFORM _mssql_fdw._one_of('on_existing', on_existing, '{refresh,truncate,replace,skip,error}');
    IF target_schema = '' THEN
        PERFORM _mssql_fdw._raise('42602', 'target_schema must not be empty',
            hint => 'Without it dbo goes to public, and every other schema keeps its name.');
    ELSIF _mssql_fdw._is_reserved_schema(target_schema) THEN
        PERFORM _mssql_fdw._raise('42939', format('target_schema must not be "%s"', target_schema),
            hint => CASE WHEN starts_with(target_schema, 'pg_') THEN 'Names that begin with pg_ are reserved for PostgreSQL.'
                         WHEN target_schema = 'information_schema' THEN 'The name is reserved for PostgreSQL.'
                         ELSE 'The schema is the extension''s own.' END);
    END IF;
    SELECT string_agg(o.key, ', ' ORDER BY o.key COLLATE "C") INTO idle
    FROM _mssql_fdw._option_list() AS o WHERE options ? o.key AND what <> ALL (o.used_for);
    IF idle IS NOT NULL THEN
        PERFORM _mssql_fdw._say(false, format('options without effect on replicate_%s: %s', what, idle));
    END IF;
    IF NOT coalesce(options, '{}') ? 'nul_policy' THEN
        checked := checked || jsonb_build_object('nul_policy', coalesce(_mssql_fdw._server_option(server, 'nul_policy'), 'error'));
    END IF;
    RETURN checked;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_arguments IS
    'checks the arguments that all functions share; the options, complete';

-- A table that is there stays logged or not, whatever is asked for.
CREATE OR REPLACE FUNCTION _mssql_fdw._tell_persistence(model jsonb, what text, unlogged boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(t.target, ', ' ORDER BY t.position) INTO others
    FROM _mssql_fdw._mapped_tables(model) AS t JOIN pg_class AS c ON c.oid = t.relation
    WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill', 'keep') AND what IN ('all', 'schema')
      AND c.relkind = 'r' AND (c.relpersistence = 'u') <> unlogged;
    IF others IS NOT NULL THEN
        PERFORM _mssql_fdw._say(false, 'option unlogged is without effect on tables that are there',
            format('They stay %s: %s.', CASE WHEN unlogged THEN 'logged' ELSE 'UNLOGGED' END, others),
            format('ALTER TABLE ... SET %s, or on_existing => ''replace''.', CASE WHEN unlogged THEN 'UNLOGGED' ELSE 'LOGGED' END));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._tell_persistence IS
    'notice on tables that stay logged or unlogged, whatever is asked for';

-- How many entries of the lock table a run fills: tables, indexes, TOAST tables, sequences and row
-- types; those of the staging relations, too.
CREATE OR REPLACE FUNCTION _mssql_fdw._estimated_locks(model jsonb) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (
        SELECT x.table_id, count(*) AS count FROM _mssql_fdw._objects(model) AS x WHERE x.kind IN ('index', 'identity') GROUP BY x.table_id
    ), wide AS (
        SELECT DISTINCT c.table_id FROM _mssql_fdw._columns(model) AS c WHERE c.local_type ~ '^(text|bytea|xml|character varying($|[(][0-9]{4}))'
    )
    SELECT coalesce(sum(CASE WHEN t.action IN ('create', 'replace') THEN 3 + coalesce(m.count, 0) + CASE WHEN w.table_id IS NULL THEN 0 ELSE 2 END
                             ELSE 4 + 2 * (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = t.relation)
                                  + CASE c.reltoastrelid WHEN 0 THEN 0 ELSE 4 END END), 0)::bigint
    FROM _mssql_fdw._tables(model) AS t
    LEFT JOIN made AS m ON m.table_id = t.id
    LEFT JOIN wide AS w ON w.table_id = t.id
    LEFT JOIN pg_class AS c ON c.oid = t.relation
    WHERE t.action IN ('create', 'replace', 'switch', 'refill')
$$;
COMMENT ON FUNCTION _mssql_fdw._estimated_locks IS 'estimate of the entries of the lock table that a run fills';

-- PostgreSQL has room for some more than it says, and others need some.
CREATE OR REPLACE FUNCTION _mssql_fdw._warn_of_locks(estimate bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    room bigint := current_setting('max_locks_per_transaction')::bigint
        * (SELECT sum(s.setting::int) FROM pg_settings AS s WHERE s.name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes',
                                                                             'max_wal_senders', 'autovacuum_max_workers'));
BEGIN
    IF estimate > room THEN
        PERFORM _mssql_fdw._say(true, 'the run may need more locks than there is room for',
            format('It needs about %s, in one transaction; max_locks_per_transaction and others make room for about %s.', estimate, room),
            'Raise max_locks_per_transaction, which takes a restart, or copy in several runs (include).');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._warn_of_locks IS 'warning where a run may need more locks than there is room for';

-- The mapped tables with the load order of those that are selected, and with what happens to them.
CREATE OR REPLACE FUNCTION _mssql_fdw._with_actions(model jsonb, ids int[]) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.schema, t.name, t.source, t.target_schema, t.target_name, t.target, t.relation, t.relkind, t.rows, t.bytes, t.comment,
           p."position",
           CASE WHEN p.id IS NULL THEN NULL
                WHEN model ->> 'what' IN ('sequences', 'verify') THEN CASE WHEN t.relation IS NULL THEN 'missing' ELSE 'keep' END
                WHEN t.relation IS NULL THEN 'create'
                WHEN model ->> 'on_existing' NOT IN ('refresh', 'truncate') THEN model ->> 'on_existing'
                WHEN model ->> 'what' = 'schema' THEN 'keep'
                WHEN _mssql_fdw._can_stage(t.relation) THEN 'switch'
                ELSE 'refill' END,
           t.note, t.is_memory_optimized
    FROM _mssql_fdw._mapped_tables(model) AS t
    LEFT JOIN _mssql_fdw._positions(model, ids) AS p ON p.id = t.id
$$;
COMMENT ON FUNCTION _mssql_fdw._with_actions IS 'the mapped tables with their load order and what happens to them';

-- Builds the model. `what` is all, schema, sequences or verify; `only_table` names one table, as
-- for replicate_table. The planner knows how many rows a set has, and not how many of them meet: it
-- would join thousands of columns by nested loops, or by a name that tells little (tables have
-- their indexes and keys named alike), so joins stand in a good order and are taken in it. And
-- compiling does not pay here.
CREATE OR REPLACE FUNCTION _mssql_fdw._model(what text, server name, target_schema name, include text[], exclude text[],
    only_table text, on_existing text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET join_collapse_limit = 1 SET jit = off AS $$
DECLARE
    checked jsonb := _mssql_fdw._check_arguments(what, server, target_schema, include, exclude, on_existing, options);
    name_case text := checked ->> 'name_case';
    rows int := _mssql_fdw._make_model();
    began timestamptz := clock_timestamp();
    model jsonb := jsonb_build_object('rows', rows);
    if_changed boolean := what = 'all' AND (checked ->> 'if_changed')::boolean;
    ids int[];
BEGIN
    PERFORM _mssql_fdw._say(false, format('reading the catalog of server "%s"', server));
    PERFORM _mssql_fdw._limit_lock_waits((checked ->> 'source_lock_timeout')::float8);
    model := model || jsonb_build_object('source_position', CASE WHEN if_changed THEN _mssql_fdw._source_position(server) END);
    PERFORM _mssql_fdw._read_catalog(rows, server);
    PERFORM _mssql_fdw._set_aside(model) WHERE EXISTS (SELECT FROM _mssql_fdw._unnameable(model));
    model := model || jsonb_build_object('what', what, 'server', server, 'on_existing', on_existing, 'options', checked,
        'target_schema', target_schema, 'include', include, 'exclude', exclude, 'only_table', only_table,
        'database', (SELECT to_jsonb(d) FROM _mssql_fdw._source_database(model) AS d),
        'level', _mssql_fdw._session_isolation(server), 'read_s', extract(epoch FROM clock_timestamp() - began), 'warnings', jsonb '[]');
    PERFORM _mssql_fdw._check_isolation(server, checked ->> 'isolation', _mssql_fdw._isolation(server, model));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._map_tables(server, model, target_schema, name_case) AS t));
    IF only_table IS NULL THEN
        ids := _mssql_fdw._select_tables(model, include, exclude, server);
        model := model || jsonb_build_object('warnings',
            (SELECT coalesce(jsonb_agg(w), '[]') FROM _mssql_fdw._selection_warnings(model, include, exclude, server) AS w));
        PERFORM _mssql_fdw._say(true, w.message, hint => w.hint) FROM jsonb_to_recordset(model -> 'warnings') AS w (message text, hint text);
    ELSE
        ids := ARRAY[_mssql_fdw._find_table(model, only_table, server)];
    END IF;
    WHILE on_existing IN ('refresh', 'truncate') AND _mssql_fdw._lock_targets(ARRAY(
              SELECT t.relation FROM _mssql_fdw._mapped_tables(model) AS t WHERE t.id = ANY (ids) AND t.relation IS NOT NULL)) LOOP
        PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._map_tables(server, model, target_schema, name_case) AS t));
    END LOOP;
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT t FROM _mssql_fdw._with_actions(model, ids) AS t));
    PERFORM _mssql_fdw._check_targets(server, model, on_existing) WHERE what IN ('all', 'schema');
    PERFORM _mssql_fdw._check_privileges(model) WHERE what IN ('all', 'schema');
    PERFORM _mssql_fdw._check_owners(model, what);
    PERFORM _mssql_fdw._check_unused(t.relation) FROM _mssql_fdw._mapped_tables(model) AS t
    WHERE what = 'all' AND t.action IN ('switch', 'refill', 'replace');
    PERFORM _mssql_fdw._check_type_owners(model) WHERE what <> 'verify';
    PERFORM _mssql_fdw._tell_persistence(model, what, (options ->> 'unlogged')::boolean);
    PERFORM _mssql_fdw._check_readable(model);
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT c FROM _mssql_fdw._map_columns(model, name_case) AS c));
    PERFORM _mssql_fdw._check_columns(model) WHERE what = 'all';
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT r FROM _mssql_fdw._map_relations(server, model, target_schema, name_case) AS r));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(SELECT o FROM _mssql_fdw._objects(model) AS o
                                              UNION ALL SELECT k FROM _mssql_fdw._map_constraints(model, name_case) AS k));
    IF if_changed THEN
        model := model || _mssql_fdw._find_unchanged(model);
        PERFORM _mssql_fdw._keep_rows(rows, ARRAY(
            SELECT t FROM _mssql_fdw._tables_without(model, ARRAY(SELECT u::int FROM jsonb_object_keys(model -> 'unchanged') AS u)) AS t));
    END IF;
    IF what IN ('all', 'schema') THEN
        PERFORM _mssql_fdw._check_sequences(model);
        PERFORM _mssql_fdw._check_existing_keys(model);
        PERFORM _mssql_fdw._check_sequence_privileges(model);
        PERFORM _mssql_fdw._check_key_privileges(model);
    END IF;
    IF what = 'all' THEN
        PERFORM _mssql_fdw._check_refill_privileges(model);
        PERFORM _mssql_fdw._check_partner_privileges(model);
        PERFORM _mssql_fdw._check_masked(model);
        PERFORM _mssql_fdw._check_filtered(model);
        PERFORM _mssql_fdw._check_memory_optimized(model);
        PERFORM _mssql_fdw._warn_of_locks(_mssql_fdw._estimated_locks(model));
    END IF;
    PERFORM _mssql_fdw._complete_model(model);
    RETURN model || jsonb_build_object('findings', _mssql_fdw._findings(model));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._model IS
    'the model that plans are made of: the source''s catalog, mapped, selected and checked';
