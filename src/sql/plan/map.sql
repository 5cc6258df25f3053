-- Replicate: source objects to local names and types. The names do not depend on which tables are
-- selected, and what the ledger knows under one of its names keeps that, so a table or a sequence
-- is called the same in every run. Where two would be called the same, the first keeps the name and
-- the others get a suffix that is a hash of their source name.

-- Says that `folded`, which is the source's `name`, is cut and ends in a hash; NULL: it is not.
CREATE OR REPLACE FUNCTION _mssql_fdw._cut_note(name text, folded text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(folded) > 54 AND folded ~ '_[0-9a-f]{8}$' AND right(lower(folded), 9) <> right(lower(name), 9)
            THEN 'renamed: its name is longer than 63 bytes' END;
COMMENT ON FUNCTION _mssql_fdw._cut_note IS 'note that a folded name is cut and ends in a hash; NULL: it is not';

-- PostgreSQL's own, and the extension's.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_reserved_schema(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN starts_with(name, 'pg_') OR name IN ('information_schema', 'replicate', '_mssql_fdw');
COMMENT ON FUNCTION _mssql_fdw._is_reserved_schema IS 'whether a schema is PostgreSQL''s own or the extension''s';

-- The schema that a source schema's tables go to, when the caller names none.
CREATE OR REPLACE FUNCTION _mssql_fdw._local_schema(schema text, name_case text) RETURNS name
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    folded text := _mssql_fdw._local_name(schema, name_case);
BEGIN
    IF schema = 'dbo' THEN
        RETURN 'public';
    ELSIF _mssql_fdw._is_reserved_schema(folded) THEN
        RETURN _mssql_fdw._local_name('mssql_' || schema, name_case);
    END IF;
    RETURN folded;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._local_schema IS
    'schema that a source schema''s tables go to, when the caller names none';

-- All base tables of the source with their local names; position and action are still open. `kept`,
-- `suffixed`: the copy that is there under the name, or under the one with a suffix.
CREATE OR REPLACE FUNCTION _mssql_fdw._map_tables(server name, model jsonb, target_schema name, name_case text) RETURNS SETOF replicate._table
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH copies AS MATERIALIZED (
        SELECT k.* FROM _mssql_fdw._copies() AS k WHERE k.server = _map_tables.server
    ), sequences AS (
        SELECT k.target_schema, k.target_name
        FROM _mssql_fdw._source_sequences(model) AS s
        JOIN copies AS k ON k.source_schema = s.schema AND k.source_name = s.sequence
    ), listed AS (
        SELECT t.*, coalesce(_map_tables.target_schema, _mssql_fdw._local_schema(t.schema, name_case)) AS local_schema,
               _mssql_fdw._local_name(t."table", name_case)::name AS folded
        FROM _mssql_fdw._source_tables(model) AS t
        WHERE NOT t.is_view AND NOT t.is_external AND NOT t.is_dropped_ledger
    ), known AS (
        SELECT l.*, _mssql_fdw._distinct_name(l.folded, l.schema || '.' || l."table") AS other_name FROM listed AS l
    ), ranked AS (
        SELECT k.*, kept.relation IS NOT NULL AS is_kept, suffixed.relation IS NOT NULL AS is_suffixed, s.target_name IS NOT NULL AS is_sequence,
               row_number() OVER (ORDER BY k.schema COLLATE "C", k."table" COLLATE "C") AS id,
               count(*) OVER (PARTITION BY k.local_schema, k.folded) AS rivals,
               row_number() OVER (PARTITION BY k.local_schema, k.folded
                                  ORDER BY kept.relation IS NULL, suffixed.relation IS NOT NULL, k.schema <> 'dbo', k."table" <> k.folded,
                                           k.schema COLLATE "C", k."table" COLLATE "C") AS rank
        FROM known AS k
        LEFT JOIN copies AS kept ON kept.source_schema = k.schema AND kept.source_name = k."table"
             AND kept.target_schema = k.local_schema AND kept.target_name = k.folded
        LEFT JOIN copies AS suffixed ON suffixed.source_schema = k.schema AND suffixed.source_name = k."table"
             AND suffixed.target_schema = k.local_schema AND suffixed.target_name = k.other_name
        LEFT JOIN sequences AS s ON s.target_schema = k.local_schema AND s.target_name = k.folded
    ), named AS (
        SELECT r.*, NOT r.is_kept AND (r.rank > 1 OR r.is_suffixed OR r.is_sequence) AS is_renamed FROM ranked AS r
    ), widths AS (
        -- for a login that is not told sizes: values as long as half of what a column takes, and not too long
        SELECT c.schema, c."table", sum(CASE WHEN c.max_length < 0 OR c.type IN ('text', 'ntext', 'image', 'xml') THEN 256
                                             WHEN c.type LIKE '%var%' THEN least(c.max_length / 2, 64) ELSE c.max_length END)::bigint AS width
        FROM _mssql_fdw._source_columns(model) AS c GROUP BY c.schema, c."table"
    ), final AS (
        SELECT n.*, CASE WHEN n.is_renamed THEN n.other_name ELSE n.folded END AS local_name FROM named AS n
    )
    SELECT n.id::int, n.schema, n."table", _mssql_fdw._source_name(n.schema, n."table"), n.local_schema, n.local_name,
           format('%I.%I', n.local_schema, n.local_name), c.oid, c.relkind, n.rows, coalesce(n.bytes, n.rows * w.width), n.comment, NULL::int, NULL::text,
           concat_ws('; ',
               CASE WHEN n.is_renamed THEN
                   format(CASE WHEN n.is_sequence THEN 'renamed: a sequence is called %I.%I too'
                               WHEN n.rivals > 1 THEN 'renamed: another table is called %I.%I too'
                               ELSE 'renamed: another relation was called %I.%I when it was first copied' END, n.local_schema, n.folded)
                    ELSE _mssql_fdw._cut_note(n."table", n.folded) END,
               CASE WHEN _map_tables.target_schema IS NULL AND starts_with(n.local_schema, 'mssql_') AND NOT starts_with(lower(n.schema), 'mssql_')
                    THEN format('schema renamed: "%s" is reserved', n.schema) END), n.is_memory_optimized
    FROM final AS n
    LEFT JOIN widths AS w ON w.schema = n.schema AND w."table" = n."table"
    LEFT JOIN pg_namespace AS s ON s.nspname = n.local_schema
    LEFT JOIN pg_class AS c ON c.relnamespace = s.oid AND c.relname = n.local_name
$$;
COMMENT ON FUNCTION _mssql_fdw._map_tables IS 'base tables of the source with their local names';

-- What an identity column's numbers may be, and what makes them here.
CREATE OR REPLACE FUNCTION _mssql_fdw._identity_range(type text, "precision" int, scale int, seed numeric, increment numeric,
    last_value numeric, OUT generator text, OUT lowest bigint, OUT highest bigint)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    generator := CASE WHEN type IN ('tinyint', 'smallint', 'int', 'bigint') THEN 'identity' ELSE 'sequence' END;
    lowest := CASE type WHEN 'tinyint' THEN 0 WHEN 'smallint' THEN -32768 WHEN 'int' THEN -2147483648
                   WHEN 'bigint' THEN -9223372036854775808
                   ELSE greatest(-9223372036854775808, 1 - 10::numeric ^ least("precision", 30)) END;
    highest := CASE type WHEN 'tinyint' THEN 255 WHEN 'smallint' THEN 32767 WHEN 'int' THEN 2147483647
                    WHEN 'bigint' THEN 9223372036854775807
                    ELSE least(9223372036854775807, 10::numeric ^ least("precision", 30) - 1) END;
    IF increment IS NULL OR increment = 0 OR seed IS NULL OR scale <> 0
        OR seed NOT BETWEEN lowest AND highest OR increment NOT BETWEEN -9223372036854775807 AND 9223372036854775807 THEN
        generator := NULL;
    -- PostgreSQL's own bounds, unless the source has been beyond them (a negative seed, DBCC
    -- CHECKIDENT ... RESEED)
    ELSIF increment > 0 AND seed >= 1 AND coalesce(last_value, 0) + increment >= 1 THEN
        lowest := 1;
    ELSIF increment < 0 AND seed <= -1 AND coalesce(last_value, 0) + increment <= -1 THEN
        highest := -1;
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._identity_range IS 'what an identity column''s numbers may be, and what makes them here';

-- The local type: the default mapping, and PostGIS types by their full name where the extension is,
-- whatever search_path says.
CREATE OR REPLACE FUNCTION _mssql_fdw._column_type(type text, max_length int, "precision" int, scale int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    postgis name;
BEGIN
    IF type IN ('geometry', 'geography') THEN
        SELECT n.nspname INTO postgis
        FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'postgis';
        IF FOUND THEN
            RETURN format('%I.%I', postgis, type);
        END IF;
    END IF;
    RETURN _mssql_fdw._local_type(type, max_length, "precision", scale);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._column_type IS
    'local type of a column, PostGIS types by their full name; NULL for an unknown one';

-- All columns of the source's base tables.
CREATE OR REPLACE FUNCTION _mssql_fdw._map_columns(model jsonb, name_case text) RETURNS SETOF replicate._column
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT t.id, t.relation, t.action, c.*, _mssql_fdw._local_column_name(c."column", name_case) AS wanted
        FROM _mssql_fdw._mapped_tables(model) AS t
        JOIN _mssql_fdw._source_columns(model) AS c
          ON c.schema = t.schema AND c."table" = t.name
    ), ranked AS (
        SELECT l.*, row_number() OVER (PARTITION BY l.id, l.wanted ORDER BY l.column_id) AS rank
        FROM listed AS l
    ), named AS (
        SELECT r.*, CASE WHEN r.rank = 1 THEN r.wanted::name
                         ELSE _mssql_fdw._distinct_name(r.wanted, r."column") END AS target
        FROM ranked AS r
    ), types AS MATERIALIZED (
        SELECT d.*, _mssql_fdw._column_type(d.type, d.max_length, d."precision", d.scale) AS local_type,
               _mssql_fdw._lossy_note(d.type, d.max_length, d."precision", d.scale) AS note
        FROM (SELECT DISTINCT l.type, l.max_length, l."precision", l.scale FROM listed AS l) AS d
    )
    SELECT n.id, n.column_id, n."column", n.target, n.type, n.max_length, n."precision", n.scale, n."collation",
           -- 38,38 is what some servers say when they do not know an expression's scale: any
           -- numeric fits
           CASE WHEN n.is_computed AND n.type IN ('decimal', 'numeric') AND n.scale = 38 THEN 'numeric' ELSE y.local_type END,
           -- what the source fills in by itself, nobody fills in here: new rows must be able to go
           -- without
           n.is_nullable OR n.is_computed OR n.is_hidden OR n.type IN ('timestamp', 'rowversion'),
           CASE WHEN n.is_identity THEN g.generator END, n.seed, n.increment, n.last_value, g.lowest, g.highest,
           CASE WHEN NOT n.is_computed AND n.type NOT IN ('timestamp', 'rowversion') THEN n.default_definition END,
           coalesce(n.is_masked, false), n.comment, coalesce(a.attgenerated, '') = '',
           nullif(concat_ws('; ',
               CASE WHEN n.rank > 1 THEN 'renamed: another column has the same name'
                    WHEN n.wanted <> _mssql_fdw._local_name(n."column", name_case) THEN 'renamed: a system column has this name'
                    ELSE _mssql_fdw._cut_note(n."column", n.wanted) END,
               CASE WHEN n.is_computed THEN 'computed there, holds the computed value here' END,
               CASE WHEN n.type IN ('timestamp', 'rowversion') THEN 'holds the source''s version; new rows here get none' END,
               CASE WHEN n.is_identity AND g.generator = 'sequence' THEN 'identity of a type that PostgreSQL numbers by a sequence'
                    WHEN n.is_identity AND g.generator IS NULL THEN 'identity not carried over: its numbers do not fit a sequence' END,
               CASE WHEN a.attgenerated <> '' THEN 'not loaded: generated here' END,
               y.note), '')
    FROM named AS n
    JOIN types AS y ON (y.type, y.max_length, y."precision", y.scale) = (n.type, n.max_length, n."precision", n.scale)
    LEFT JOIN pg_attribute AS a ON a.attrelid = n.relation AND a.attname = n.target AND NOT a.attisdropped AND n.action IN ('switch', 'refill')
    CROSS JOIN LATERAL _mssql_fdw._identity_range(n.type, n."precision", n.scale, n.seed, n.increment, n.last_value) AS g
$$;
COMMENT ON FUNCTION _mssql_fdw._map_columns IS 'columns of the source''s base tables with their local names and types';

-- Indexes and sequences share one name space with tables: their names go in order of importance,
-- and step aside for what exists. An index or a copied sequence that stands keeps its name. Tables
-- that are left alone (skip, keep) keep theirs and are not listed.
CREATE OR REPLACE FUNCTION _mssql_fdw._map_relations(server name, model jsonb, target_schema name, name_case text)
RETURNS SETOF replicate._object
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), made AS MATERIALIZED (
        SELECT * FROM t WHERE t.action IN ('create', 'replace', 'switch', 'refill')
    ), sequences AS MATERIALIZED (
        SELECT s.schema, s.sequence, coalesce(target_schema, _mssql_fdw._local_schema(s.schema, name_case)) AS local_schema
        FROM _mssql_fdw._source_sequences(model) AS s
    ), copies AS MATERIALIZED (
        SELECT k.* FROM _mssql_fdw._copies() AS k WHERE k.server = _map_relations.server AND k.relkind = 'S'
    ), listed AS (
        SELECT 1 AS class, 'sequence' AS kind, NULL::int AS table_id, s.schema AS source_schema, s.sequence AS name,
               s.schema || '.' || s.sequence AS source, s.local_schema AS schema, _mssql_fdw._local_name(s.sequence, name_case) AS folded,
               NULL::oid AS relation
        FROM sequences AS s
        UNION ALL
        SELECT 2, 'identity', m.id, m.schema, c.name, m.source || '.' || c.name, m.target_schema,
               _mssql_fdw._local_name(m.target_name || '_' || c.target || '_seq', 'preserve'),
               CASE WHEN m.action IN ('switch', 'refill') THEN m.relation END
        FROM _mssql_fdw._columns(model) AS c JOIN made AS m ON m.id = c.table_id
        WHERE c.generator IS NOT NULL
        UNION ALL
        SELECT DISTINCT CASE WHEN i.constraint_type IS NULL THEN 4 ELSE 3 END, 'index', m.id, m.schema, i.index,
               m.source || '.' || i.index, m.target_schema, _mssql_fdw._local_name(i.index, name_case),
               CASE WHEN m.action IN ('switch', 'refill') THEN m.relation END
        FROM _mssql_fdw._source_indexes(model) AS i
        JOIN made AS m ON m.schema = i.schema AND m.name = i."table"
    ), wanted AS (
        SELECT l.*, _mssql_fdw._distinct_name(l.folded, l.source) AS other_name FROM listed AS l
    ), taken AS (
        SELECT t.target_schema AS schema, t.target_name AS name, NULL::oid AS owner FROM t
        UNION
        SELECT n.nspname, c.relname, coalesce(x.indrelid, d.refobjid)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
        LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
             AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relkind = 'S'
        WHERE NOT EXISTS (SELECT FROM made AS m WHERE m.relation = c.oid OR m.action = 'replace' AND m.relation IN (x.indrelid, d.refobjid))
          -- a sequence that replication made before is taken up again
          AND NOT (c.relkind = 'S' AND d.objid IS NULL
                   AND EXISTS (SELECT FROM wanted AS w WHERE w.class = 1 AND w.schema = n.nspname AND w.folded = c.relname))
    ), ranked AS (
        SELECT w.*, kept.relation IS NULL
                    AND (k.name IS NOT NULL OR suffixed.relation IS NOT NULL
                         OR row_number() OVER (PARTITION BY w.schema, w.folded
                                               ORDER BY i.indexrelid IS NULL AND kept.relation IS NULL, suffixed.relation IS NOT NULL, w.class,
                                                        w.name <> w.folded, w.source COLLATE "C") > 1) AS suffixed
        FROM wanted AS w
        LEFT JOIN copies AS kept ON w.class = 1 AND kept.source_schema = w.source_schema AND kept.source_name = w.name
             AND kept.target_schema = w.schema AND kept.target_name = w.folded
        LEFT JOIN copies AS suffixed ON w.class = 1 AND suffixed.source_schema = w.source_schema AND suffixed.source_name = w.name
             AND suffixed.target_schema = w.schema AND suffixed.target_name = w.other_name
        LEFT JOIN taken AS k ON k.schema = w.schema AND k.name = w.folded AND (k.owner = w.relation) IS NOT TRUE
        LEFT JOIN pg_namespace AS n ON n.nspname = w.schema
        LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.folded
        LEFT JOIN pg_index AS i ON i.indexrelid = c.oid AND i.indrelid = w.relation
    )
    SELECT r.kind, r.table_id, r.source_schema, r.name, r.schema,
           CASE WHEN r.suffixed THEN r.other_name ELSE r.folded::name END,
           CASE WHEN r.kind = 'identity' THEN CASE WHEN r.suffixed THEN format('its sequence is not called %I, for another relation is', r.folded) END
                WHEN r.suffixed THEN format('renamed: another relation is called %I.%I', r.schema, r.folded)
                ELSE _mssql_fdw._cut_note(r.name, r.folded) END
    FROM ranked AS r
$$;
COMMENT ON FUNCTION _mssql_fdw._map_relations IS
    'local names of indexes, sequences and identities, which share one name space with tables';

-- Checks and foreign keys are named within their table, where the constraints that are indexes come
-- first.
CREATE OR REPLACE FUNCTION _mssql_fdw._map_constraints(model jsonb, name_case text)
RETURNS SETOF replicate._object
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT 'check' AS kind, k.schema, k."table", k."constraint" AS name
        FROM _mssql_fdw._source_checks(model) AS k
        UNION ALL
        SELECT DISTINCT 'foreign key', f.schema, f."table", f."constraint"
        FROM _mssql_fdw._source_foreign_keys(model) AS f
    ), wanted AS (
        SELECT l.kind, l.schema, l.name, t.id, t.target_schema, _mssql_fdw._local_name(l.name, name_case) AS folded
        FROM listed AS l
        JOIN _mssql_fdw._mapped_tables(model) AS t ON t.schema = l.schema AND t.name = l."table"
    ), ranked AS (
        SELECT w.*, x.target IS NOT NULL OR row_number() OVER (
                        PARTITION BY w.id, w.folded ORDER BY w.name <> w.folded, w.name COLLATE "C") > 1 AS suffixed
        FROM wanted AS w
        LEFT JOIN _mssql_fdw._objects(model) AS x
               ON x.kind = 'index' AND x.table_id = w.id AND x.target = w.folded
    )
    SELECT r.kind, r.id, r.schema, r.name, r.target_schema,
           CASE WHEN r.suffixed THEN _mssql_fdw._distinct_name(r.folded, r.name) ELSE r.folded::name END,
           CASE WHEN r.suffixed THEN format('renamed: another constraint of the table is called %I', r.folded)
                ELSE _mssql_fdw._cut_note(r.name, r.folded) END
    FROM ranked AS r
$$;
COMMENT ON FUNCTION _mssql_fdw._map_constraints IS 'local names of checks and foreign keys';
