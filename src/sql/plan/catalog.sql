-- Replicate: the source's catalog, read once a call in one remote transaction. It crosses as one
-- value, whose keys are the queries of src/core/tsql/catalog.hpp, which names their columns; each
-- is an array of objects. A model keeps it as rows.

CREATE OR REPLACE FUNCTION _mssql_fdw._catalog(server name) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    catalog jsonb := _mssql_fdw._source_catalog(server);
BEGIN
    IF catalog @? '$.*[*].unnameable' THEN
        RETURN _mssql_fdw._set_aside(catalog);
    END IF;
    RETURN catalog;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._catalog IS
    'catalog of the source as a model takes it, without what cannot have a name here';

-- Not every server has sequences. Generic plans, for a plan of its own would have a copy of the
-- catalog wherever that stands in the query.
CREATE OR REPLACE FUNCTION _mssql_fdw._keep_catalog(model int, catalog jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_table, e) FROM jsonb_array_elements(catalog -> 'tables') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_column, e) FROM jsonb_array_elements(catalog -> 'columns') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_index, e) FROM jsonb_array_elements(catalog -> 'indexes') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_foreign_key, e) FROM jsonb_array_elements(catalog -> 'foreign_keys') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_check, e) FROM jsonb_array_elements(catalog -> 'checks') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_sequence, e) FROM jsonb_array_elements(catalog -> 'sequences') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._source_program, e) FROM jsonb_array_elements(catalog -> 'programs') AS e));
    PERFORM _mssql_fdw._keep_rows(model, ARRAY(
        SELECT jsonb_populate_record(NULL::replicate._unnameable, e) FROM jsonb_array_elements(catalog -> 'set_aside') AS e));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._keep_catalog IS 'keeps a catalog as the rows of a model';

-- `catalog` without what has, or stands on, a name that this database's encoding cannot hold; what
-- was taken out is "set_aside". An index or a foreign key goes as a whole: without one of its
-- columns it would be another.
CREATE OR REPLACE FUNCTION _mssql_fdw._set_aside(catalog jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH entries AS (
        SELECT k.key, r.value AS row, r.at,
               CASE k.key WHEN 'indexes' THEN r.value ->> 'index' WHEN 'foreign_keys' THEN r.value ->> 'constraint' ELSE r.at::text END AS object
        FROM jsonb_each(catalog) AS k CROSS JOIN jsonb_array_elements(k.value) WITH ORDINALITY AS r (value, at)
        WHERE k.key <> 'database'
    ), judged AS (
        SELECT e.*, bool_or(e.row ? 'unnameable') OVER (PARTITION BY e.key, e.row ->> 'schema', e.row ->> 'table', e.object) AS aside
        FROM entries AS e
    ), kept AS (
        SELECT j.key, coalesce(jsonb_agg(j.row ORDER BY j.at) FILTER (WHERE NOT j.aside), '[]') AS rows
        FROM judged AS j GROUP BY j.key
    )
    SELECT catalog || (SELECT jsonb_object_agg(k.key, k.rows) FROM kept AS k)
        || jsonb_build_object('set_aside', (SELECT coalesce(jsonb_agg(j.row || jsonb_build_object('of', j.key) ORDER BY j.key, j.at), '[]')
                                            FROM judged AS j WHERE j.aside))
$$;
COMMENT ON FUNCTION _mssql_fdw._set_aside IS
    'a catalog without what has, or stands on, a name that this database''s encoding cannot hold';

-- What the catalog tells that nobody should have to find out later: what is not copied, or copied
-- as something else, or could not be looked at. `schema` and `name`: the table that it is about,
-- NULL for the database.
CREATE OR REPLACE FUNCTION _mssql_fdw._catalog_findings(model jsonb)
RETURNS TABLE (schema text, name text, severity text, object text, finding text, advice text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH d AS (
        SELECT * FROM jsonb_to_record(model -> 'database') AS d
            (name text, snapshot_isolation_state int, view_definition boolean, login text)
    ), t AS MATERIALIZED (
        SELECT t.*, _mssql_fdw._source_name(t.schema, t."table") AS source
        FROM _mssql_fdw._source_tables(model) AS t
        WHERE NOT t.is_view
    ), c AS MATERIALIZED (
        SELECT c.*, _mssql_fdw._source_name(c.schema, c."table") || '.' || c."column" AS source
        FROM _mssql_fdw._source_columns(model) AS c
        JOIN t ON t.schema = c.schema AND t."table" = c."table"
    )
    SELECT NULL, NULL, 'warning', d.name, 'the login may see only a part of the database: tables it has no right on, row-level security and '
               'definitions are invisible to it', format('GRANT VIEW DEFINITION TO %s', coalesce(_mssql_fdw._quote_name(d.login), 'the login'))
    FROM d WHERE NOT d.view_definition
    UNION ALL
    SELECT NULL, NULL, 'warning', d.name, 'the login does not see whether the database allows SNAPSHOT isolation, so it is read at READ COMMITTED',
           'Set the server''s option isolation'
    FROM d WHERE d.snapshot_isolation_state IS NULL
    UNION ALL
    SELECT t.schema, t."table", x.severity, t.source, x.finding, x.advice
    FROM t CROSS JOIN LATERAL (VALUES
        (t.is_dropped_ledger, 'note', 'a dropped ledger table: not copied', NULL),
        (t.ledger_type > 0 AND NOT t.is_dropped_ledger, 'note', 'a ledger table: copied as an ordinary one, which proves nothing', NULL),
        (t.temporal_type = 2, 'note', 'system-versioned: copied as an ordinary table, which keeps no history', NULL),
        (t.temporal_type = 1, 'note', 'the history of a system-versioned table: copied as an ordinary table', NULL),
        (t.is_memory_optimized, 'note', 'memory-optimized: copied as an ordinary table', NULL),
        (t.is_graph, 'note', 'a graph table: its node and edge ids are copied as text', NULL),
        (t.left_out IS NOT NULL, 'note', 'its comment has characters that this database''s encoding lacks: left out', NULL)
    ) AS x (applies, severity, finding, advice)
    WHERE x.applies
    UNION ALL
    SELECT c.schema, c."table", x.severity, c.source, x.finding, x.advice
    FROM c CROSS JOIN LATERAL (VALUES
        (c.is_encrypted, 'warning', 'encrypted by the client (Always Encrypted): the ciphertext is copied, as bytea', NULL),
        (c.is_column_set, 'note', 'a column set: copied as the XML of the sparse columns', NULL),
        (c.default_name IS NOT NULL AND c.default_definition IS NULL, 'warning', 'the login may not see its default: not copied',
            'GRANT VIEW DEFINITION to the login'),
        (c.left_out IS NOT NULL, 'note', 'its comment has characters that this database''s encoding lacks: left out', NULL)
    ) AS x (applies, severity, finding, advice)
    WHERE x.applies
    UNION ALL
    SELECT a.schema, coalesce(a."table", a.sequence), 'warning',
           _mssql_fdw._source_name(a.schema, coalesce(a."table", a.sequence)) || coalesce('.' || coalesce(a.index, a."constraint", a."column"), ''),
           format('set aside: %s has characters that encoding %s lacks',
                  CASE a.of WHEN 'tables' THEN 'its name' WHEN 'columns' THEN 'the column''s name' WHEN 'sequences' THEN 'the sequence''s name'
                            ELSE 'a name in it' END, getdatabaseencoding()),
           'Rename it on the source, or replicate into a database of encoding UTF8'
    FROM (SELECT DISTINCT x.of, x.schema, x."table", x.sequence, x.index, x."constraint",
                 CASE WHEN x.of = 'columns' THEN x."column" END AS "column", coalesce(x.is_view, false) AS is_view
          FROM _mssql_fdw._unnameable(model) AS x
          -- what stands on a table that is set aside goes with it
          WHERE x.of = 'tables' OR x.of = 'sequences' OR x.of IN ('columns', 'indexes', 'foreign_keys', 'checks')
                AND NOT coalesce(x.unnameable && '{schema,table}', false)) AS a
    WHERE NOT a.is_view
$$;
COMMENT ON FUNCTION _mssql_fdw._catalog_findings IS
    'what a catalog tells of losses: not copied, copied as something else, or not to be looked at';
