-- Replicate: the C functions it needs, and the checks of arguments that all its functions share.

-- Loads a remote table into the staging relation of a local one, or into one that is new;
-- src/pg/copy/loader.hpp says which. `types`: of source_columns, as sys.types calls them. `source`:
-- how messages and progress call the source. `hash`: NULL without row_hash.
CREATE OR REPLACE FUNCTION _mssql_fdw._load(server name, source_schema text, source_table text, source_columns text[], types text[],
    target regclass, columns name[], source text, nul_policy text DEFAULT 'error', estimated_rows bigint DEFAULT 0,
    estimated_bytes bigint DEFAULT 0, memory_optimized boolean DEFAULT false, row_hash boolean DEFAULT true,
    OUT rows bigint, OUT bytes bigint, OUT hash uuid)
AS 'MODULE_PATHNAME', 'mssql_fdw_load' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._load IS
    'loads a remote table into the staging relation of a local one, or into one that is new; rows, bytes and hash';

-- Of hashes, modulo 2^128; NULL where one is.
CREATE OR REPLACE FUNCTION _mssql_fdw._sum_of_hashes(hashes uuid[]) RETURNS uuid
AS 'MODULE_PATHNAME', 'mssql_fdw_sum_of_hashes' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._sum_of_hashes IS 'what hashes of parts add up to; NULL where one is';

-- An error about what the caller wrote, by its SQLSTATE; without a CONTEXT, for which private
-- function found it helps nobody.
CREATE OR REPLACE FUNCTION _mssql_fdw._raise(sqlstate text, message text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_raise' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._raise IS 'an error about what the caller wrote, by its SQLSTATE and without a CONTEXT';

-- A notice or a warning, with question marks for what the client's encoding lacks: it must not end
-- the run that it tells of.
CREATE OR REPLACE FUNCTION _mssql_fdw._say(warning boolean, message text, detail text DEFAULT NULL, hint text DEFAULT NULL) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_say' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._say IS 'a notice or a warning that no encoding of the client''s turns into an error';

CREATE OR REPLACE FUNCTION _mssql_fdw._client_can_read(value text) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_client_can_read' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._client_can_read IS 'whether the client''s encoding has all characters of a value';

-- Holds fixed, until the calling function ends, what would change a text form or a parse;
-- src/pg/host/settings.hpp says which settings.
CREATE OR REPLACE FUNCTION _mssql_fdw._hold_settings() RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hold_settings' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._hold_settings IS
    'holds fixed, until the calling function ends, what would change a text form or a parse';

CREATE OR REPLACE FUNCTION _mssql_fdw._nearest(word text, candidates text[]) RETURNS text
AS 'MODULE_PATHNAME', 'mssql_fdw_nearest' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._nearest IS 'the candidate that `word` most likely meant, or NULL';

-- An error where a cursor of the session reads the table: it could not be switched, emptied or
-- dropped.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_unused(relation regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_check_unused' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._check_unused IS
    'error where a cursor of the session reads the table: it could not be switched, emptied or dropped';

-- 'dbo.Users', '[odd schema].[a.b]', 'Users' to its parts; the schema is dbo where none is named.
CREATE OR REPLACE FUNCTION _mssql_fdw._parse_table_name(qualified_name text, OUT schema text, OUT name text)
AS 'MODULE_PATHNAME', 'mssql_fdw_parse_table_name' LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._parse_table_name IS
    'parts of a source''s table name: dbo.Users, [odd schema].[a.b], or Users in dbo';

-- Every key of `options` with its default, what it may be, and what it is used for (_model() has
-- the words).
CREATE OR REPLACE FUNCTION _mssql_fdw._option_list() RETURNS TABLE (key text, fallback jsonb, allowed text[], used_for text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM (VALUES
        ('name_case',    jsonb '"lower"', ARRAY['lower', 'preserve', 'snake'], '{all,schema,sequences,verify}'::text[]),
        ('nul_policy',   jsonb '"error"', ARRAY['error', 'replace', 'strip'], '{all}'),
        ('isolation',    jsonb '"automatic"', ARRAY['automatic', 'snapshot', 'read_committed', 'repeatable_read', 'serializable'],
                         '{all,schema,sequences,verify}'),
        ('unlogged',     jsonb 'false',   NULL::text[], '{all,schema}'),
        ('defaults',     jsonb 'true',    NULL, '{all,schema}'),
        ('indexes',      jsonb 'true',    NULL, '{all,schema}'),
        ('foreign_keys', jsonb 'true',    NULL, '{all,schema}'),
        ('checks',       jsonb 'true',    NULL, '{all,schema}'),
        ('comments',     jsonb 'true',    NULL, '{all,schema}'),
        ('analyze',      jsonb 'true',    NULL, '{all}'),
        ('allow_masked',   jsonb 'false', NULL, '{all}'),
        ('allow_filtered', jsonb 'false', NULL, '{all}'),
        ('consistency', jsonb '"any"', ARRAY['any', 'require'], '{all}'),
        ('on_error', jsonb '"stop"', ARRAY['stop', 'continue'], '{all}'),
        ('resume', jsonb 'null', NULL, '{all}'),
        ('if_changed', jsonb 'false', NULL, '{all}'),
        ('retry_budget', jsonb '300', NULL, '{all}'),
        ('max_rate', jsonb '0', NULL, '{all}'),
        ('source_lock_timeout', jsonb '300', NULL, '{all,schema,sequences,verify}'),
        ('row_hash', jsonb 'true', NULL, '{all}'),
        ('wait', jsonb 'true', NULL, '{all}')) AS v (key, fallback, allowed, used_for);
END;
COMMENT ON FUNCTION _mssql_fdw._option_list IS
    'all keys of the argument options: default, what each may be, and what uses it';

-- `options` complete with defaults; an unknown key or a wrong value is an error.
CREATE OR REPLACE FUNCTION _mssql_fdw._checked_options(options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given record;
    known record;
    suggestion text;
BEGIN
    IF jsonb_typeof(coalesce(options, '{}')) <> 'object' THEN
        PERFORM _mssql_fdw._raise('22023', 'options must be a JSON object',
            hint => 'Write for example options => ''{"unlogged": true}''.');
    END IF;
    FOR given IN SELECT e.key, e.value FROM jsonb_each(coalesce(options, '{}')) AS e LOOP
        SELECT * INTO known FROM _mssql_fdw._option_list() AS o WHERE o.key = given.key;
        IF NOT FOUND THEN
            suggestion := _mssql_fdw._nearest(given.key, ARRAY(SELECT o.key FROM _mssql_fdw._option_list() AS o));
            PERFORM _mssql_fdw._raise('22023', format('invalid option "%s"', given.key), hint => coalesce(
                CASE WHEN given.key IN ('target_schema', 'include', 'exclude', 'on_existing', 'jobs', 'chunk_rows', 'verify')
                     THEN format('It is an argument of its own: %s => ...', given.key) END,
                'Perhaps you meant the option "' || suggestion || '".',
                'Valid options are: ' || (SELECT string_agg(o.key, ', ') FROM _mssql_fdw._option_list() AS o) || '.'));
        ELSIF jsonb_typeof(known.fallback) = 'number' THEN
            IF jsonb_typeof(given.value) <> 'number' OR given.value <> '0'
               AND (given.value #>> '{}')::numeric NOT BETWEEN 0.001 AND (CASE given.key WHEN 'max_rate' THEN 1000000 ELSE 604800 END) THEN
                PERFORM _mssql_fdw._raise('22023', format('invalid value for option "%s": %s', given.key, given.value),
                    hint => format('It must be 0, or a number of %s.', CASE given.key WHEN 'max_rate' THEN 'MB a second from 0.001 to 1000000'
                                   ELSE 'seconds from 0.001 to 604800, a week' END));
            END IF;
        ELSIF known.allowed IS NULL AND jsonb_typeof(given.value) <> 'boolean' THEN
            PERFORM _mssql_fdw._raise('22023', format('invalid value for option "%s": %s', given.key, given.value),
                hint => 'It must be true or false.');
        ELSIF known.allowed IS NOT NULL
            AND (jsonb_typeof(given.value) <> 'string' OR given.value #>> '{}' <> ALL (known.allowed)) THEN
            PERFORM _mssql_fdw._raise('22023', format('invalid value for option "%s": %s', given.key, given.value),
                hint => 'Valid values are: ' || array_to_string(known.allowed, ', ') || '.');
        END IF;
    END LOOP;
    IF options ->> 'consistency' = 'require' AND options ->> 'on_error' = 'continue' THEN
        PERFORM _mssql_fdw._raise('22023', 'option consistency "require" and option on_error "continue" exclude each other',
            'A worker that has met an error goes on in another transaction at the source, at another moment.', 'Leave one of them out.');
    END IF;
    RETURN (SELECT jsonb_object_agg(o.key, o.fallback) FROM _mssql_fdw._option_list() AS o) || coalesce(options, '{}');
END
$$;
COMMENT ON FUNCTION _mssql_fdw._checked_options IS
    'the argument options complete with defaults; error for an unknown key or a wrong value';

-- `value`, or an error that names the argument and what it may be.
CREATE OR REPLACE FUNCTION _mssql_fdw._one_of(argument text, value text, allowed text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value = ANY (allowed) THEN
        RETURN value;
    END IF;
    PERFORM _mssql_fdw._raise('22023', format('invalid value for "%s": %L', argument, value),
        hint => 'Valid values are: ' || array_to_string(allowed, ', ') || '.');
END
$$;
COMMENT ON FUNCTION _mssql_fdw._one_of IS 'the value of an argument, or an error that says what it may be';

-- `value`, or an error where there is none.
CREATE OR REPLACE FUNCTION _mssql_fdw._given(argument text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF value IS NULL THEN
        PERFORM _mssql_fdw._raise('22004', format('%s must not be null', argument));
    END IF;
    RETURN value;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._given IS 'the value of an argument, or an error where there is none';

-- Arguments that a run cannot follow in every value.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_run_arguments(jobs int, chunk_rows bigint, verify text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF jobs < 0 THEN
        PERFORM _mssql_fdw._raise('22023', 'jobs must not be negative');
    ELSIF jobs > 64 THEN
        PERFORM _mssql_fdw._raise('22023', 'jobs must be at most 64');
    END IF;
    IF chunk_rows <= 0 THEN
        PERFORM _mssql_fdw._raise('22023', 'chunk_rows must be positive');
    END IF;
    PERFORM _mssql_fdw._check_verify(verify, '{none,count}');
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_run_arguments IS
    'error for values of jobs, chunk_rows and verify that a run cannot follow';

-- Of a run without workers. STABLE, for PERFORM ... WHERE would have an IMMUTABLE one called first.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_on_error(options jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF options ->> 'on_error' = 'continue' THEN
        PERFORM _mssql_fdw._raise('22023', 'only workers can go on without a table', 'Without them a run is one transaction, which an error ends.',
            'Say jobs => 1, or more, or leave the option on_error out.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_on_error IS 'error for a run that could not go on without a table, and is to';

-- The same for a run in the background, whose caller would not see the error.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_background(server name, target_schema name, include text[], exclude text[], only_table text,
    on_existing text, jobs int, chunk_rows bigint, verify text, options jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._check_run_arguments(jobs, chunk_rows, verify);
    PERFORM _mssql_fdw._check_arguments('all', server, target_schema, include, exclude, on_existing, options);
    PERFORM _mssql_fdw._parse_table_name(only_table);
    IF jobs = 0 THEN
        PERFORM _mssql_fdw._raise('22023', 'jobs => 0 works in the caller''s transaction, and cannot go on without it',
            hint => 'Leave jobs out, or wait.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_background IS 'error for arguments that a run in the background would fail with at once';

-- `allowed`: what this version does.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_verify(verify text, allowed text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF verify = 'checksum' THEN
        PERFORM _mssql_fdw._raise('0A000', 'verify => ''checksum'' is not supported by this version',
            hint => 'Valid values are: ' || array_to_string(allowed, ', ') || '.');
    END IF;
    PERFORM _mssql_fdw._one_of('verify', verify, allowed);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_verify IS 'error for a verify that this version does not do';

-- What ILIKE would stumble over for one table and not for another.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_patterns(argument text, patterns text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pattern text;
BEGIN
    FOREACH pattern IN ARRAY coalesce(patterns, '{}') LOOP
        IF pattern IS NULL THEN
            PERFORM _mssql_fdw._raise('22004', format('%s must not hold NULL', argument));
        ELSIF (length(pattern) - length(rtrim(pattern, chr(92)))) % 2 = 1 THEN
            PERFORM _mssql_fdw._raise('22025', format('pattern %s of %s must not end with an escape character', pattern, argument));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_patterns IS
    'error for a LIKE pattern that is NULL or ends with an escape character';

-- How plans and messages call a source object: dbo.Posts, and [odd schema].[a.b] where that is no
-- plain name.
CREATE OR REPLACE FUNCTION _mssql_fdw._source_name(schema text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN schema ~ '^[[:alnum:]_@$#]+$' AND name ~ '^[[:alnum:]_@$#]+$' THEN schema || '.' || name
            ELSE _mssql_fdw._quote_name(schema) || '.' || _mssql_fdw._quote_name(name) END;
COMMENT ON FUNCTION _mssql_fdw._source_name IS
    'how plans and messages call an object of the source: dbo.Posts, [odd schema].[a.b]';

-- Does any LIKE pattern match? A pattern with a dot is held against schema.table, one without
-- against the table's name; and one with a bracket against the ways of writing them with brackets,
-- which plans and results do.
CREATE OR REPLACE FUNCTION _mssql_fdw._matches(schema text, name text, patterns text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM unnest(patterns) AS p (pattern)
               WHERE CASE WHEN p.pattern LIKE '%.%' THEN schema || '.' || name ELSE name END ILIKE p.pattern
                  OR strpos(p.pattern, '[') > 0 AND EXISTS (
                      SELECT FROM (VALUES (_mssql_fdw._quote_name(schema) || '.', _mssql_fdw._quote_name(name))) AS q (schema, name)
                      CROSS JOIN LATERAL unnest(ARRAY[q.schema || q.name, _matches.schema || '.' || q.name, q.schema || _matches.name, q.name]) AS w (spelling)
                      WHERE w.spelling ILIKE p.pattern OR w.spelling = p.pattern));
COMMENT ON FUNCTION _mssql_fdw._matches IS
    'whether any LIKE pattern matches a table, by its name or by schema and name';
