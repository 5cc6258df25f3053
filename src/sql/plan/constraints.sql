-- Replicate: steps for keys, indexes, checks and foreign keys, all of them made after the data.

-- How many bytes of an index row a column may take at most; NULL: no bound. UTF-8 needs up to 3
-- bytes for 2 of UTF-16, and for 1 of a code page.
CREATE OR REPLACE FUNCTION _mssql_fdw._index_width(type text, max_length int, source_collation text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN max_length < 0 OR type IN ('text', 'ntext', 'image', 'xml', 'sql_variant', 'geometry', 'geography') THEN NULL
            WHEN type IN ('nchar', 'nvarchar', 'sysname') THEN max_length * 3 / 2 + 4
            WHEN type IN ('char', 'varchar') AND source_collation NOT LIKE E'%\\_UTF8' THEN max_length * 3 + 4
            ELSE max_length + 4 END;
COMMENT ON FUNCTION _mssql_fdw._index_width IS 'bytes of an index row that a column may take at most; NULL: no bound';

-- What translating a table's expressions takes: its columns there, here, and their declared types.
CREATE OR REPLACE FUNCTION _mssql_fdw._column_lists(model jsonb) RETURNS TABLE (table_id int, sources text[], targets text[], types text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.table_id, array_agg(c.name ORDER BY c.ordinal), array_agg(quote_ident(c.target) ORDER BY c.ordinal),
           array_agg(_mssql_fdw._declare(c.type, c.max_length, c.precision, c.scale) ORDER BY c.ordinal)
    FROM _mssql_fdw._columns(model) AS c
    GROUP BY c.table_id
$$;
COMMENT ON FUNCTION _mssql_fdw._column_lists IS
    'remote and local names and types of each table''s columns, for expressions';

-- Tables that are made anew get everything; one that is kept gets what it lacks, after its load. So
-- what failed once is tried again.
CREATE OR REPLACE FUNCTION _mssql_fdw._key_phase(action text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN action IN ('create', 'replace') THEN 60 ELSE 91 END;
COMMENT ON FUNCTION _mssql_fdw._key_phase IS 'phase of the plan in which keys and indexes of a table are made';

-- Does a kept table have this key or index, or one that does the same? `keys`: names of its
-- columns, in order.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_index(relation oid, target name, constraint_type text, is_unique boolean, keys name[],
    is_filtered boolean) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = relation AND i.indisvalid
      AND (c.relname = target OR i.indisprimary AND constraint_type = 'PK'
           OR i.indisunique >= is_unique AND (i.indpred IS NOT NULL) = is_filtered
              AND keys = ARRAY(SELECT a.attname FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, at)
                               JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = k.attnum
                               WHERE k.at <= i.indnkeyatts ORDER BY k.at)));
COMMENT ON FUNCTION _mssql_fdw._has_index IS 'whether a kept table has a key or index, or one that does the same';

-- The source's indexes, a row each, with local column lists; `reason` says why one is not made.
CREATE OR REPLACE FUNCTION _mssql_fdw._indexes(model jsonb)
RETURNS TABLE (table_id int, name text, target name, note text, constraint_type text, is_unique boolean, keys text, plain_keys text,
    includes text, has_null boolean, filter text, reason text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH entries AS (
        SELECT o.table_id, o.target, o.note, i.*, c.target AS column_target, c.is_nullable,
               _mssql_fdw._index_width(c.type, c.max_length, c.source_collation) AS width,
               c.scale = 7 AND c.type IN ('time', 'datetime2', 'datetimeoffset') AS is_cut,
               i.is_included AS included, NOT i.is_included AND i.key_ordinal > 0 AS is_key
        FROM _mssql_fdw._source_indexes(model) WITH ORDINALITY AS i
            (schema, "table", index, constraint_type, is_unique, type_desc, is_disabled, filter_definition, key_ordinal, "column",
             is_descending, is_included, at)
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = i.schema AND t.name = i."table" AND t.action IN ('create', 'replace', 'switch', 'refill')
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'index' AND o.table_id = t.id AND o.name = i.index
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.name = i."column"
    ), grouped AS (
        SELECT e.table_id, e.index, e.target, e.note, e.constraint_type, e.is_unique, e.type_desc, e.is_disabled, e.filter_definition,
               string_agg(quote_ident(e.column_target) || CASE WHEN e.is_descending THEN ' DESC' ELSE '' END, ', ' ORDER BY e.key_ordinal)
                   FILTER (WHERE e.is_key) AS keys,
               string_agg(quote_ident(e.column_target), ', ' ORDER BY e.key_ordinal) FILTER (WHERE e.is_key) AS plain_keys,
               array_agg(e.column_target ORDER BY e.key_ordinal) FILTER (WHERE e.is_key) AS key_names,
               string_agg(quote_ident(e.column_target), ', ' ORDER BY e.at) FILTER (WHERE e.included) AS includes,
               bool_or(e.is_nullable) FILTER (WHERE e.is_key) AS has_null, bool_or(e.is_cut) FILTER (WHERE e.is_key) AS is_cut,
               -- a B-tree row holds 2,704 bytes and an index 32 columns; a NULL width must count as
               -- too much
               count(*) FILTER (WHERE e.is_key OR e.included) > 32
                   OR coalesce(bool_or(e.width IS NULL) FILTER (WHERE e.included), false)
                   OR sum(e.width) FILTER (WHERE e.is_key OR e.included) > 2600 AS too_wide
        FROM entries AS e
        GROUP BY e.table_id, e.index, e.target, e.note, e.constraint_type, e.is_unique, e.type_desc, e.is_disabled, e.filter_definition
    ), filtered AS (
        SELECT g.*, CASE WHEN g.filter_definition IS NOT NULL THEN
                   _mssql_fdw._translate_check(g.filter_definition, n.sources, n.targets, n.types) END AS filter
        FROM grouped AS g
        LEFT JOIN _mssql_fdw._column_lists(model) AS n ON n.table_id = g.table_id AND g.filter_definition IS NOT NULL
    )
    SELECT f.table_id, f.index, f.target,
           nullif(concat_ws('; ', f.note, CASE WHEN f.too_wide AND f.includes IS NOT NULL
                                               THEN format('INCLUDE (%s) left out: too wide', f.includes) END,
                             CASE WHEN f.is_unique AND f.is_cut THEN 'rows that differ in the seventh digit of a time only are the same to it' END), ''),
           f.constraint_type, f.is_unique, f.keys, f.plain_keys, CASE WHEN NOT f.too_wide THEN f.includes END,
           coalesce(f.has_null, false), f.filter,
           CASE WHEN f.type_desc LIKE '%COLUMNSTORE%' OR f.type_desc IN ('XML', 'SPATIAL')
                    THEN format('no counterpart for a %s index', lower(f.type_desc))
                WHEN f.is_disabled THEN 'disabled on the source'
                WHEN f.keys IS NULL THEN 'has no key columns'
                WHEN f.filter_definition IS NOT NULL AND f.filter IS NULL THEN format('filter not translated: %s', f.filter_definition) END
    FROM filtered AS f JOIN _mssql_fdw._tables(model) AS t ON t.id = f.table_id
    WHERE t.action NOT IN ('switch', 'refill') OR NOT _mssql_fdw._has_index(t.relation, f.target, f.constraint_type, f.is_unique, f.key_names,
                                                               f.filter_definition IS NOT NULL)
$$;
COMMENT ON FUNCTION _mssql_fdw._indexes(jsonb) IS
    'the source''s indexes with local column lists, and why one is not made';

-- SQL Server counts NULLs as equal in a unique key.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_indexes(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT _mssql_fdw._key_phase(t.action) AS phase, t.position, t.id, t.source, t.target AS table_target, _mssql_fdw._made(model, t) AS made, i.*,
               CASE WHEN i.constraint_type = 'PK' THEN 'primary key' WHEN i.constraint_type = 'UQ' THEN 'unique' ELSE 'index' END AS kind,
               CASE WHEN i.is_unique AND i.has_null AND i.constraint_type IS DISTINCT FROM 'PK'
                    AND current_setting('server_version_num')::int >= 150000 THEN ' NULLS NOT DISTINCT' ELSE '' END AS nulls
        FROM _mssql_fdw._indexes(model) AS i JOIN _mssql_fdw._tables(model) AS t ON t.id = i.table_id
        WHERE i.is_unique OR (model #>> '{options,indexes}')::boolean
    )
    SELECT l.phase, l.position,
           10 + row_number() OVER (PARTITION BY l.id ORDER BY l.kind <> 'primary key', l.kind <> 'unique', l.target COLLATE "C")::int,
           l.id, l.kind, l.source, l.table_target,
           CASE WHEN l.reason IS NOT NULL THEN NULL
                WHEN l.kind = 'primary key' THEN
                    format('ALTER TABLE %s ADD CONSTRAINT %I PRIMARY KEY (%s)', l.made, l.target, l.plain_keys)
                WHEN l.kind = 'unique' THEN
                    format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE%s (%s)', l.made, l.target, l.nulls, l.plain_keys)
                ELSE format('CREATE %sINDEX %I ON %s (%s)%s%s%s', CASE WHEN l.is_unique THEN 'UNIQUE ' ELSE '' END, l.target,
                            l.made, l.keys, ' INCLUDE (' || l.includes || ')', l.nulls, ' WHERE ' || l.filter) END,
           nullif(concat_ws('; ', l.note,
               CASE WHEN l.reason IS NOT NULL THEN format('index %s not made: %s', quote_ident(l.name), l.reason) END,
               CASE WHEN l.is_unique AND l.has_null AND l.nulls = '' AND l.kind <> 'primary key'
                    THEN 'several NULLs are allowed here: NULLS NOT DISTINCT came with PostgreSQL 15' END), '')
    FROM listed AS l
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_indexes IS 'steps: keys and indexes';

-- A kept table's constraint of this name: is it validated? NULL: there is none.
CREATE OR REPLACE FUNCTION _mssql_fdw._constraint_state(t replicate._table, constraint_name name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT k.convalidated FROM pg_constraint AS k
        WHERE k.conrelid = t.relation AND k.conname = constraint_name AND t.action NOT IN ('create', 'replace'));
COMMENT ON FUNCTION _mssql_fdw._constraint_state IS
    'whether a kept table''s constraint is validated; NULL: there is none';

-- Checks and foreign keys of tables that get new rows which the source has disabled, or does not
-- vouch for. `id`: here.
CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted(model jsonb)
RETURNS TABLE (table_id int, kind text, target name, id oid, is_disabled boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT 'check' AS kind, k.schema, k."table", k."constraint", k.is_disabled, k.is_not_trusted
        FROM _mssql_fdw._source_checks(model) AS k
        UNION
        SELECT 'foreign key', f.schema, f."table", f."constraint", f.is_disabled, f.is_not_trusted
        FROM _mssql_fdw._source_foreign_keys(model) AS f
    )
    SELECT t.id, l.kind, o.target, k.oid, l.is_disabled
    FROM listed AS l
    JOIN _mssql_fdw._tables(model) AS t ON t.schema = l.schema AND t.name = l."table" AND t.action IN ('switch', 'refill')
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = l.kind AND o.table_id = t.id AND o.name = l."constraint"
    JOIN pg_constraint AS k ON k.conrelid = t.relation AND k.conname = o.target AND k.contype = CASE l.kind WHEN 'check' THEN 'c' ELSE 'f' END
    WHERE l.is_disabled OR l.is_not_trusted
$$;
COMMENT ON FUNCTION _mssql_fdw._untrusted IS
    'checks and foreign keys of loaded tables that the source has disabled or does not vouch for';

-- The same, as _switch() takes them.
CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted_names(model jsonb) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT format('%I.%I %I', t.target_schema, t.target_name, u.target)
                 FROM _mssql_fdw._untrusted(model) AS u JOIN _mssql_fdw._tables(model) AS t ON t.id = u.table_id
                 ORDER BY t.position, u.target COLLATE "C")
$$;
COMMENT ON FUNCTION _mssql_fdw._untrusted_names IS
    'names of the checks and foreign keys that the source does not vouch for, as _switch() takes them';

-- A check that is disabled on the source is not enforced here either. INSERT would enforce one that
-- is only not trusted, so it comes back after a refill.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_untrusted_checks(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT t.*, u.target AS check_name, u.is_disabled, pg_get_constraintdef(u.id) AS definition,
               obj_description(u.id, 'pg_constraint') AS words, row_number() OVER (PARTITION BY t.id ORDER BY u.target COLLATE "C")::int AS ordinal
        FROM _mssql_fdw._untrusted(model) AS u JOIN _mssql_fdw._tables(model) AS t ON t.id = u.table_id
        WHERE u.kind = 'check' AND (u.is_disabled OR t.action = 'refill')
    )
    SELECT 85, l.position, l.ordinal, l.id, 'drop check', l.source, l.target,
           format('ALTER TABLE %s DROP CONSTRAINT %I', l.target, l.check_name),
           CASE WHEN l.is_disabled THEN format('check %I dropped: disabled on the source', l.check_name) END
    FROM listed AS l
    UNION ALL
    SELECT 90, l.position, l.ordinal, l.id, 'check', l.source, l.target,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', l.target, l.check_name, regexp_replace(l.definition, ' NOT VALID$', ''))
               || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS ', l.check_name, l.target) || quote_literal(l.words), ''), NULL
    FROM listed AS l WHERE NOT l.is_disabled
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_untrusted_checks IS
    'steps: drops checks that the source has disabled, and for a refill those that it does not vouch for';

-- What the source does not vouch for stays NOT VALID: enforced from now on, not checked for what is
-- there.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_checks(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT _mssql_fdw._key_phase(t.action) AS phase, t.position, t.id, t.source, t.target AS table_target, _mssql_fdw._made(model, t) AS made, o.target, o.note, k.definition, k.is_disabled, k.is_not_trusted,
               _mssql_fdw._constraint_state(t, o.target) AS is_valid,
               row_number() OVER (PARTITION BY t.id ORDER BY o.target COLLATE "C")::int AS ordinal,
               _mssql_fdw._translate_check(k.definition, n.sources, n.targets, n.types) AS expression
        FROM _mssql_fdw._source_checks(model) AS k
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = k.schema AND t.name = k."table" AND t.action IN ('create', 'replace', 'switch', 'refill')
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'check' AND o.table_id = t.id AND o.name = k."constraint"
        JOIN _mssql_fdw._column_lists(model) AS n ON n.table_id = t.id
        WHERE (model #>> '{options,checks}')::boolean
    )
    SELECT l.phase, l.position, 500 + l.ordinal, l.id, 'check', l.source, l.table_target,
           CASE WHEN l.expression IS NOT NULL AND NOT l.is_disabled THEN
               format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s) NOT VALID', l.made, l.target, l.expression) END,
           nullif(concat_ws('; ', l.note, CASE WHEN l.is_disabled THEN format('check %I not made: disabled on the source', l.target)
                                               WHEN l.expression IS NULL THEN format('check %I not translated: %s', l.target, l.definition)
                                               WHEN l.is_not_trusted THEN 'not trusted on the source: not validated' END), '')
    FROM listed AS l WHERE l.is_valid IS NULL
    UNION ALL
    SELECT l.phase, l.position, 700 + l.ordinal, l.id, 'validate', l.source, l.table_target,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', l.made, l.target), NULL
    FROM listed AS l
    WHERE l.expression IS NOT NULL AND NOT l.is_disabled AND NOT l.is_not_trusted AND l.is_valid IS NOT TRUE
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_checks IS 'steps: checks';

-- The source's foreign keys, a row each, with local names. `parent_exists`: in this run, or in the
-- database already. `is_late`: they hold for rows that only the end of the run brings.
CREATE OR REPLACE FUNCTION _mssql_fdw._foreign_keys(model jsonb)
RETURNS TABLE (table_id int, "position" int, source text, child text, target name, note text, definition text, parent text,
    parent_exists boolean, is_disabled boolean, is_not_trusted boolean, is_valid boolean, is_late boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH everything AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), grouped AS (
        SELECT f.schema, f."table", f."constraint", f.referenced_schema, f.referenced_table, f.delete_action, f.update_action,
               bool_or(f.is_disabled) AS is_disabled, bool_or(f.is_not_trusted) AS is_not_trusted,
               string_agg(quote_ident(c.target), ', ' ORDER BY f.ordinal) AS columns,
               string_agg(quote_ident(r.target), ', ' ORDER BY f.ordinal) AS referenced_columns,
               array_agg(c.target ORDER BY f.ordinal) AS column_names
        FROM _mssql_fdw._source_foreign_keys(model) AS f
        JOIN everything AS child ON child.schema = f.schema AND child.name = f."table"
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = child.id AND c.name = f."column"
        LEFT JOIN everything AS parent ON parent.schema = f.referenced_schema AND parent.name = f.referenced_table
        LEFT JOIN _mssql_fdw._columns(model) AS r ON r.table_id = parent.id AND r.name = f.referenced_column
        GROUP BY f.schema, f."table", f."constraint", f.referenced_schema, f.referenced_table, f.delete_action, f.update_action
    )
    SELECT t.id, t.position, t.source, t.target, o.target, o.note,
           format('FOREIGN KEY (%s) REFERENCES %s (%s)%s%s', g.columns, p.target, g.referenced_columns,
                  ' ON DELETE ' || nullif(replace(g.delete_action, '_', ' '), 'NO ACTION'),
                  ' ON UPDATE ' || nullif(replace(g.update_action, '_', ' '), 'NO ACTION')),
           _mssql_fdw._source_name(g.referenced_schema, g.referenced_table), p.position IS NOT NULL AND p.action <> 'missing' OR p.relation IS NOT NULL,
           g.is_disabled, g.is_not_trusted, _mssql_fdw._constraint_state(t, o.target),
           t.action IN ('switch', 'refill') OR coalesce(p.action IN ('switch', 'refill') OR p.id IN (SELECT s.id FROM _mssql_fdw._tables_that_stay(model) AS s), false)
    FROM grouped AS g
    JOIN everything AS t ON t.schema = g.schema AND t.name = g."table"
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'foreign key' AND o.table_id = t.id AND o.name = g."constraint"
    LEFT JOIN everything AS p ON p.schema = g.referenced_schema AND p.name = g.referenced_table
    WHERE t.position IS NOT NULL
      AND (t.action IN ('create', 'replace')
           -- a kept table whose rows stay gets its keys to parents that are only made now
           OR (t.action IN ('switch', 'refill') OR t.action = 'keep' AND p.action IN ('create', 'replace'))
              AND _mssql_fdw._constraint_state(t, o.target) IS NOT TRUE
              AND NOT EXISTS (
                  SELECT FROM pg_constraint AS k WHERE k.conrelid = t.relation AND k.confrelid = p.relation AND k.contype = 'f'
                   AND k.conname <> o.target AND g.column_names = ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, at)
                                              JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.at)))
$$;
COMMENT ON FUNCTION _mssql_fdw._foreign_keys IS 'the source''s foreign keys with local names';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_foreign_keys(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT f.*, _mssql_fdw._takes_not_valid(to_regclass(f.child)) AS takes_not_valid,
               1000 + row_number() OVER (ORDER BY f.position, f.target COLLATE "C")::int AS ordinal
        FROM _mssql_fdw._foreign_keys(model) AS f WHERE (model #>> '{options,foreign_keys}')::boolean
    )
    SELECT CASE WHEN l.is_late THEN 92 ELSE 70 END, l.position, l.ordinal, l.table_id, 'foreign key', l.source, l.child,
           CASE WHEN l.parent_exists THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', l.child, l.target, l.definition,
               CASE WHEN l.takes_not_valid THEN ' NOT VALID' ELSE '' END) END,
           nullif(concat_ws('; ', l.note,
               CASE WHEN NOT l.parent_exists THEN format('foreign key %I not made: %s is not replicated', l.target, l.parent)
                    WHEN l.is_disabled THEN 'disabled on the source: not validated'
                    WHEN l.is_not_trusted THEN 'not trusted on the source: not validated' END), '')
    FROM listed AS l WHERE l.is_valid IS NULL
    UNION ALL
    SELECT CASE WHEN l.is_late THEN 93 ELSE 72 END, l.position, l.ordinal, l.table_id, 'validate', l.source, l.child,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', l.child, l.target), NULL
    FROM listed AS l
    WHERE l.parent_exists AND NOT l.is_disabled AND NOT l.is_not_trusted AND l.takes_not_valid
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_foreign_keys IS 'steps: foreign keys';
