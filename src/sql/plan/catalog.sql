-- Replicate: the source's catalog, read once a call in one remote transaction. A model keeps it as
-- rows, a type for each of the queries of src/core/tsql/catalog.hpp, which name their columns.

CREATE OR REPLACE FUNCTION _mssql_fdw._read_catalog(model int, server name) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_read_catalog' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._read_catalog IS
    'reads the catalog of the source into a model; what cannot have a name here is set aside';

-- From now on what is read for a run waits so many seconds for a lock at the source; 0: without end.
CREATE OR REPLACE FUNCTION _mssql_fdw._limit_lock_waits(seconds float8) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_limit_lock_waits' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._limit_lock_waits IS
    'for how long what is read for a run waits for a lock at the source';

-- An index or a foreign key goes as a whole: without one of its columns it would be another.
CREATE OR REPLACE FUNCTION _mssql_fdw._set_aside(model jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rows int := model ->> 'rows';
BEGIN
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(
        SELECT i FROM _mssql_fdw._source_indexes(model) AS i
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._unnameable(model) AS u
                          WHERE u.of = 'indexes' AND u.schema = i.schema AND u."table" = i."table" AND u.index = i.index)));
    PERFORM _mssql_fdw._keep_rows(rows, ARRAY(
        SELECT f FROM _mssql_fdw._source_foreign_keys(model) AS f
        WHERE NOT EXISTS (SELECT FROM _mssql_fdw._unnameable(model) AS u
                          WHERE u.of = 'foreign_keys' AND u.schema = f.schema AND u."table" = f."table" AND u."constraint" = f."constraint")));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._set_aside IS 'takes out of a model what stands on a name that cannot be one here';

-- What the catalog tells that nobody should have to find out later: what is not copied, or copied
-- as something else, or could not be looked at. `schema` and `name`: the table that it is about,
-- NULL for the database.
CREATE OR REPLACE FUNCTION _mssql_fdw._catalog_findings(model jsonb)
RETURNS TABLE (schema text, name text, severity text, object text, finding text, advice text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH d AS (
        SELECT * FROM _mssql_fdw._source_database(model) AS d
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
        (c.has_default AND c.default_definition IS NULL, 'warning', 'the login may not see its default: not copied',
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
