-- Replicate: what a plan has besides where workers make and load the tables (src/pg/copy/workers.hpp). They commit what nobody
-- is to see yet: it stands in schemas of the run's own. The model has the run's number then, as `run`.

-- The one whose tables are to be in `target_schema`; without that, the one of all others. NULL: the
-- run is one transaction.
CREATE OR REPLACE FUNCTION _mssql_fdw._staging_schema(model jsonb, target_schema name DEFAULT NULL) RETURNS name
LANGUAGE sql IMMUTABLE
RETURN (SELECT CASE WHEN octet_length(s.name) <= 63 THEN s.name::name ELSE _mssql_fdw._distinct_name(s.name, s.name) END
        FROM (SELECT concat_ws('_', 'replicate', model ->> 'run', target_schema)) AS s (name) WHERE model ->> 'run' IS NOT NULL);
COMMENT ON FUNCTION _mssql_fdw._staging_schema IS 'schema in which workers leave what they have made; NULL: there are none';

-- Where a table stands while it is made.
CREATE OR REPLACE FUNCTION _mssql_fdw._made(model jsonb, t replicate._table) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN model ->> 'run' IS NOT NULL AND t.action IN ('create', 'replace')
            THEN format('%I.%I', _mssql_fdw._staging_schema(model, t.target_schema), t.target_name) ELSE t.target END;
COMMENT ON FUNCTION _mssql_fdw._made IS 'name of a table while it is made';

-- The phase of what workers must not do, and what has to wait for them.
CREATE OR REPLACE FUNCTION _mssql_fdw._phase(model jsonb, phase int) RETURNS int
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN model ->> 'run' IS NULL THEN phase ELSE CASE phase WHEN 20 THEN 61 WHEN 25 THEN 62 WHEN 42 THEN 64 WHEN 45 THEN 65 END END;
COMMENT ON FUNCTION _mssql_fdw._phase IS 'phase of a step that is the leader''s';

-- What the user grants by default on tables and sequences of the schemas that new ones are to be
-- in, for the schemas that they are made in.
CREATE OR REPLACE FUNCTION _mssql_fdw._default_privileges(model jsonb) RETURNS TABLE (schema name, statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.staging, format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s ON %s TO %s%s', s.staging,
                             string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
                             CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'SEQUENCES' END,
                             CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
                             CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM (SELECT DISTINCT t.target_schema, _mssql_fdw._staging_schema(model, t.target_schema) AS staging
          FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace') AND model ->> 'run' IS NOT NULL) AS s
    JOIN pg_namespace AS n ON n.nspname = s.target_schema
    JOIN pg_default_acl AS d ON d.defaclnamespace = n.oid AND d.defaclobjtype IN ('r', 'S')
         AND pg_get_userbyid(d.defaclrole) = current_user
    CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
    GROUP BY s.staging, d.defaclobjtype, a.grantee, a.is_grantable
$$;
COMMENT ON FUNCTION _mssql_fdw._default_privileges IS 'default privileges of the schemas of new tables, for those that they are made in';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_staging(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH schemas AS MATERIALIZED (
        SELECT DISTINCT CASE WHEN t.action IN ('create', 'replace') THEN _mssql_fdw._staging_schema(model, t.target_schema)
                             ELSE _mssql_fdw._staging_schema(model) END AS name
        FROM _mssql_fdw._tables(model) AS t
        WHERE t.action IN ('create', 'replace', 'switch', 'refill') AND model ->> 'run' IS NOT NULL AND model ->> 'what' = 'all'
    ), numbered AS (
        SELECT s.name, row_number() OVER (ORDER BY s.name COLLATE "C")::int AS ordinal FROM schemas AS s
    )
    SELECT 35, 0, s.ordinal, NULL::int, 'staging schema', NULL::text, quote_ident(s.name),
           format('SELECT _mssql_fdw._make_staging_schema(%L)', s.name), NULL::text
    FROM numbered AS s
    UNION ALL
    SELECT 35, 1, row_number() OVER (ORDER BY d.schema COLLATE "C", d.statement COLLATE "C")::int, NULL, 'staging schema', NULL, quote_ident(d.schema),
           d.statement, NULL
    FROM _mssql_fdw._default_privileges(model) AS d
    UNION ALL
    SELECT 63, t.position, 0, t.id, 'move', t.source, t.target,
           format('ALTER TABLE %s SET SCHEMA %I', _mssql_fdw._made(model, t), t.target_schema), NULL
    FROM _mssql_fdw._tables(model) AS t
    WHERE t.action IN ('create', 'replace') AND model ->> 'run' IS NOT NULL AND model ->> 'what' = 'all'
    UNION ALL
    SELECT 89, 0, 0, NULL, 'drop schema', NULL, string_agg(quote_ident(s.name), ', ' ORDER BY s.ordinal), 'SELECT _mssql_fdw._drop_staging_schemas()', NULL
    FROM numbered AS s HAVING count(*) > 0
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_staging IS 'steps: where workers leave what they have made, and its way from there';

-- The run that this session leads, or works for; NULL: none that has workers.
CREATE OR REPLACE FUNCTION _mssql_fdw._run_of_workers() RETURNS bigint
AS 'MODULE_PATHNAME', 'mssql_fdw_run_of_workers' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._run_of_workers IS 'number of the run that this session leads, or works for; NULL: none with workers';

-- As many as could be started.
CREATE OR REPLACE FUNCTION _mssql_fdw._workers() RETURNS int
AS 'MODULE_PATHNAME', 'mssql_fdw_workers' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._workers IS 'how many workers this session leads';

-- Whether this call may have workers without being told so: it is a statement of its own.
CREATE OR REPLACE FUNCTION _mssql_fdw._may_choose_workers() RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_may_choose_workers' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._may_choose_workers IS 'whether this call may have workers without being told how many';

-- Within a run that may choose, once.
CREATE OR REPLACE FUNCTION _mssql_fdw._start_workers(jobs int) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_start_workers' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._start_workers IS 'starts the workers of a run that chooses how many';

-- In a run, by its worker; and by its leader, when all that is to stay has left them.
CREATE OR REPLACE FUNCTION _mssql_fdw._make_staging_schema(name name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_make_staging_schema' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._make_staging_schema IS 'makes a schema for what workers of the run leave';
CREATE OR REPLACE FUNCTION _mssql_fdw._drop_staging_schemas() RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_drop_staging_schemas' LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._drop_staging_schemas IS 'drops the schemas that were made for workers of the run';

-- Called by C as the extension's owner, whose schema it is. 0.
CREATE OR REPLACE FUNCTION _mssql_fdw._create_staging_schema(name name, role name, run bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', name);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', name, role);
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', name, format('mssql_fdw: what run %s has loaded, on its way', run));
    RETURN 0;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._create_staging_schema IS 'makes a schema in which a role''s workers leave what they have made';

-- Whether a process works on a run, or cleans up behind it.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_worked_on(run bigint) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_is_worked_on' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._is_worked_on IS 'whether a process works on a run';

-- A publication of all tables takes in what workers make, under a name that no subscriber has.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_publications(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    publication name;
BEGIN
    SELECT min(p.pubname) INTO publication FROM pg_publication AS p WHERE p.puballtables;
    IF publication IS NOT NULL AND model ->> 'run' IS NOT NULL
       AND EXISTS (SELECT FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace')) THEN
        PERFORM _mssql_fdw._raise('55000', format('publication "%s" of all tables would publish what workers make under other names', publication),
            'New tables stand in a schema of the run''s own until its end, which no subscriber has.', 'Use jobs => 0.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_publications IS
    'error where a publication of all tables would publish new tables under the names that workers make them by';
