-- Replicate: steps for schemas, sequences, tables and data. Each function answers the steps of one
-- kind; a step's statement is what the run executes, so the plan shows all of it. Phases:
--   0 isolation, publication   10 schema   20 drop foreign key   25 drop table   30 sequence   35 staging schema   40 table   42 sequence owner   45 default
--   60 a table's staging, load, verify, keys, indexes, checks and statistics   70 foreign key   72 validate   75 comment   80 sequence value
-- In a run of workers (run/workers.sql) 35, 40 and 60 are theirs, and what touches other tables, or names of new ones, comes after it:
--   61 drop foreign key   62 drop table   63 move   64 sequence owner   65 default
-- and from here on, with locks that others wait for, what changes tables that they use: first what readers do not wait for,
--   82 lock   83 delete, update, insert, verify and analyze of tables that are refilled by difference
-- then, with exclusive locks,
--   84 switch   85 drop foreign key, drop check   86 truncate   87 refill   88 drop table   89 drop schema   90 check
--   91 keys, indexes, checks and defaults that a kept table lacks   92 foreign key   93 validate   94 sequence value   96 analyze
--   97 what has no source any more   98 what stays behind

CREATE OR REPLACE FUNCTION _mssql_fdw._text_array(value jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(value) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value)) END;
COMMENT ON FUNCTION _mssql_fdw._text_array IS 'a jsonb array of strings as an array; NULL for JSON''s null';

-- The source's sequences that go along: those that the patterns select, and those that a default of
-- a selected table draws from. `is_taken`: it is a copy, or becomes one: by on_existing, where it
-- stands already. `fits`: its numbers can be had from a sequence of ours, which counts in bigint; a
-- decimal one may begin beyond that.
CREATE OR REPLACE FUNCTION _mssql_fdw._sequences(model jsonb)
RETURNS TABLE (schema text, name text, source text, target_schema name, target_name name, target text, relation oid, note text,
    type text, start_value numeric, increment numeric, lowest numeric, highest numeric, is_cycling boolean, last_value numeric,
    fits boolean, is_taken boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.schema, s.sequence, _mssql_fdw._source_name(s.schema, s.sequence), o.target_schema, o.target,
           format('%I.%I', o.target_schema, o.target), c.oid, o.note,
           s.type, s.start_value, s.increment, b.lowest, b.highest, s.is_cycling, s.last_value,
           b.lowest < b.highest AND s.start_value BETWEEN b.lowest AND b.highest
               AND s.increment BETWEEN -9223372036854775807 AND 9223372036854775807,
           CASE WHEN c.oid IS NULL THEN true
                ELSE model ->> 'what' <> 'sequences' AND model ->> 'on_existing' IN ('truncate', 'replace')
                     OR _mssql_fdw._is_copy(c.oid, (model ->> 'server')::name, s.schema, s.sequence) END
    FROM _mssql_fdw._source_sequences(model) AS s
    CROSS JOIN LATERAL (SELECT greatest(s.minimum, -9223372036854775808) AS lowest, least(s.maximum, 9223372036854775807) AS highest) AS b
    JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'sequence' AND o.schema = s.schema AND o.name = s.sequence
    LEFT JOIN pg_namespace AS n ON n.nspname = o.target_schema
    LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.target AND c.relkind = 'S'
    WHERE (model ->> 'only_table' IS NULL
           AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(s.schema, s.sequence, _mssql_fdw._text_array(model -> 'include')))
           AND NOT _mssql_fdw._matches(s.schema, s.sequence, _mssql_fdw._text_array(model -> 'exclude')))
       OR EXISTS (SELECT FROM _mssql_fdw._columns(model) AS d JOIN _mssql_fdw._tables(model) AS t ON t.id = d.table_id
                  WHERE d.default_definition ILIKE '%NEXT VALUE FOR%'
                    AND strpos(d.default_definition, _mssql_fdw._quote_name(s.sequence)) > 0)
$$;
COMMENT ON FUNCTION _mssql_fdw._sequences IS 'sequences of the source that go along';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_schemas(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 10, 0, row_number() OVER (ORDER BY w.schema COLLATE "C")::int, NULL::int, 'schema', NULL::text, quote_ident(w.schema),
           format('CREATE SCHEMA %I', w.schema), NULL::text
    FROM (SELECT t.target_schema FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('create', 'replace')
          UNION
          SELECT s.target_schema FROM _mssql_fdw._sequences(model) AS s WHERE s.fits) AS w (schema)
    WHERE NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = w.schema)
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_schemas IS 'steps: creates schemas';

-- What is replaced goes in one statement, so that the tables' own foreign keys do not hold each
-- other.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_drop_tables(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._phase(model, 25), 0, 0, NULL::int, 'drop table', NULL::text, string_agg(t.target, ', ' ORDER BY t.position),
           'DROP TABLE ' || string_agg(t.target, ', ' ORDER BY t.position), 'privileges granted on them are lost'
    FROM _mssql_fdw._tables(model) AS t WHERE t.action = 'replace' HAVING count(*) > 0
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_drop_tables IS 'steps: drops the tables that are replaced, in one statement';

-- A publication names tables by their numbers, so that it loses them; one of a schema, or of all, has
-- the new ones. No subscriber is told of DROP TABLE, nor gets the rows in its stead.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_publications(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH members AS MATERIALIZED (
        SELECT t.position, m.relation, m.root, format('%I.%I', n.nspname, c.relname) AS name, n.nspname, c.relname
        FROM _mssql_fdw._tables(model) AS t CROSS JOIN LATERAL _mssql_fdw._with_partitions(ARRAY[t.relation]) AS m
        JOIN pg_class AS c ON c.oid = m.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE t.action = 'replace'
    ), lost AS MATERIALIZED (
        SELECT m.position, m.root, m.name, p.pubname,
               concat(m.name, ' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
                                       WHERE a.attrelid = m.relation AND v.row -> 'prattrs' @> to_jsonb(a.attnum)) || ')',
                      CASE WHEN v.row ->> 'prqual' IS NOT NULL
                           THEN ' WHERE (' || (SELECT to_jsonb(x) ->> 'rowfilter' FROM pg_publication_tables AS x
                                              WHERE x.pubname = p.pubname AND x.schemaname = m.nspname AND x.tablename = m.relname) || ')' END) AS member
        FROM members AS m JOIN pg_publication_rel AS r ON r.prrelid = m.relation JOIN pg_publication AS p ON p.oid = r.prpubid
        CROSS JOIN to_jsonb(r) AS v (row)
    ), passed_by AS (
        SELECT m.position, m.name, v.pubname FROM members AS m JOIN pg_publication_tables AS v ON v.schemaname = m.nspname AND v.tablename = m.relname
        WHERE NOT EXISTS (SELECT FROM lost AS l WHERE l.root = m.root AND l.pubname = v.pubname)
    )
    SELECT 0, 1, row_number() OVER (ORDER BY x.pubname COLLATE "C", x.kind)::int, NULL::int, 'publication', NULL::text, x.targets, NULL::text, x.note
    FROM (SELECT l.pubname, 1 AS kind, string_agg(l.name, ', ' ORDER BY l.position, l.name) AS targets,
                 format('publication "%s" loses what is replaced: behind the run, ALTER PUBLICATION %I ADD TABLE %s, and let subscribers copy it anew',
                        l.pubname, l.pubname, string_agg(l.member, ', ' ORDER BY l.position, l.name)) AS note
          FROM lost AS l GROUP BY l.pubname
          UNION ALL
          SELECT p.pubname, 2, string_agg(p.name, ', ' ORDER BY p.position, p.name),
                 format('subscribers of publication "%s" keep the old rows of what is replaced: let them copy it anew', p.pubname)
          FROM passed_by AS p GROUP BY p.pubname) AS x
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_publications IS 'steps: notes on publications whose tables are replaced';

-- Sequences of their own; one that exists keeps its definition and only gets its value.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_sequences(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS (
        SELECT q.*, row_number() OVER (ORDER BY q.target COLLATE "C")::int AS ordinal,
               CASE WHEN q.type IN ('tinyint', 'smallint') THEN 'smallint'
                    WHEN q.type = 'int' THEN 'integer' ELSE 'bigint' END AS local_type
        FROM _mssql_fdw._sequences(model) AS q
    )
    SELECT 30, 0, s.ordinal, NULL::int, 'sequence', s.source, s.target,
           CASE WHEN s.fits THEN
               format('CREATE SEQUENCE %s AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s%s', s.target, s.local_type,
                      s.start_value, s.increment, s.lowest, s.highest, CASE WHEN s.is_cycling THEN ' CYCLE' ELSE '' END) END,
           nullif(concat_ws('; ', s.note, CASE WHEN NOT s.fits THEN format('sequence %s not made: its numbers do not fit a bigint', s.source) END), '')
    FROM s WHERE s.relation IS NULL
    UNION ALL
    SELECT 94, 0, s.ordinal, NULL, 'sequence value', s.source, s.target,
           CASE WHEN s.relation IS NULL AND model ->> 'what' = 'sequences' THEN 'SELECT NULL, NULL, ''missing'''
                WHEN s.is_taken THEN format('SELECT * FROM _mssql_fdw._align_sequence(%L, %s, %s, %s)', s.target, s.start_value, s.increment,
                  coalesce(s.last_value::text, 'NULL'))
                ELSE format('SELECT %L, NULL, %L', s.target, 'not a copy') END, NULL
    FROM s WHERE model ->> 'what' <> 'schema' AND (s.fits OR s.relation IS NOT NULL)
      AND (s.is_taken OR model ->> 'what' = 'sequences')
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_sequences IS 'steps: creates sequences of their own';

-- MINVALUE and MAXVALUE, where they are not what CREATE SEQUENCE takes by itself.
CREATE OR REPLACE FUNCTION _mssql_fdw._bounds(c replicate._column) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN c.lowest <> CASE WHEN c.increment > 0 THEN 1 WHEN c.type IN ('tinyint', 'smallint') THEN -32768
                                  WHEN c.type = 'int' THEN -2147483648 ELSE -9223372036854775808 END
            THEN ' MINVALUE ' || c.lowest ELSE '' END
    || CASE WHEN c.highest <> CASE WHEN c.increment < 0 THEN -1 WHEN c.type IN ('tinyint', 'smallint') THEN 32767
                                   WHEN c.type = 'int' THEN 2147483647 ELSE 9223372036854775807 END
            THEN ' MAXVALUE ' || c.highest ELSE '' END;
COMMENT ON FUNCTION _mssql_fdw._bounds IS
    'MINVALUE and MAXVALUE of a column''s sequence, where they are not CREATE SEQUENCE''s own';

-- One line of CREATE TABLE. Numbers are GENERATED BY DEFAULT, not ALWAYS: rows of the source, and
-- later repairs, bring their own. This and _bounds have no SET clause, which would keep the planner
-- from inlining them: they are called for every column.
CREATE OR REPLACE FUNCTION _mssql_fdw._column_definition(c replicate._column, sequence text) RETURNS text
LANGUAGE sql STABLE
RETURN quote_ident(c.target) || ' ' || c.local_type
    || CASE WHEN c.generator = 'identity' THEN
           format(' GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME %s START WITH %s INCREMENT BY %s%s)', sequence, c.seed, c.increment,
                  _mssql_fdw._bounds(c)) ELSE '' END
    || CASE WHEN c.is_nullable THEN '' ELSE ' NOT NULL' END;
COMMENT ON FUNCTION _mssql_fdw._column_definition IS 'a column in CREATE TABLE';

-- What is not the same here, of the tables and their columns.
CREATE OR REPLACE FUNCTION _mssql_fdw._table_notes(model jsonb) RETURNS TABLE (table_id int, note text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH o AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._objects(model) AS x
        JOIN _mssql_fdw._tables(model) AS t ON t.id = x.table_id AND t.action IN ('create', 'replace')
        WHERE x.kind = 'identity'
    ), c AS MATERIALIZED (
        SELECT x.table_id, x.ordinal, x.target, nullif(concat_ws('; ', x.note, o.note), '') AS note
        FROM _mssql_fdw._columns(model) AS x LEFT JOIN o ON o.table_id = x.table_id AND o.name = x.name
    )
    SELECT t.id, nullif(concat_ws('; ', nullif(t.note, ''), string_agg(format('%I: %s', c.target, c.note), '; ' ORDER BY c.ordinal)
               FILTER (WHERE c.note IS NOT NULL)), '')
    FROM _mssql_fdw._tables(model) AS t JOIN c ON c.table_id = t.id
    GROUP BY t.id, t.note
$$;
COMMENT ON FUNCTION _mssql_fdw._table_notes IS 'notes on what is not the same here, of tables and their columns';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_tables(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH c AS MATERIALIZED (
        SELECT x.table_id, x.ordinal, x AS whole,
               CASE WHEN o.target IS NOT NULL THEN format('%I.%I', coalesce(_mssql_fdw._staging_schema(model, o.target_schema), o.target_schema), o.target) END AS sequence
        FROM _mssql_fdw._columns(model) AS x
        LEFT JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'identity' AND o.table_id = x.table_id AND o.name = x.name
    )
    SELECT 40, t.position, 0, t.id, 'table', t.source, t.target,
           format(E'CREATE %sTABLE %s (\n    %s\n)',
                  CASE WHEN (model #>> '{options,unlogged}')::boolean THEN 'UNLOGGED ' ELSE '' END, _mssql_fdw._made(model, t),
                  string_agg(_mssql_fdw._column_definition(c.whole, c.sequence), E',\n    ' ORDER BY c.ordinal)),
           n.note
    FROM _mssql_fdw._tables(model) AS t JOIN c ON c.table_id = t.id JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id
    WHERE t.action IN ('create', 'replace')
    GROUP BY t.position, _mssql_fdw._made(model, t), t.id, t.source, t.target, n.note
    UNION ALL
    SELECT 40, t.position, 0, t.id, 'table', t.source, t.target, NULL, coalesce(model -> 'unchanged' ->> t.id::text, 'exists: left alone')
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('skip', 'keep')
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_tables IS 'steps: creates tables';

-- An identity that PostgreSQL has no identity for (decimal) draws from a sequence that the column
-- owns.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_owned_sequences(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH owned AS (
        SELECT t.*, c.ordinal, c.target AS column_name, format('%I.%I', o.target_schema, o.target) AS sequence, c AS whole
        FROM _mssql_fdw._tables(model) AS t
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.generator = 'sequence'
        JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'identity' AND o.table_id = t.id AND o.name = c.name
        WHERE t.action IN ('create', 'replace')
    )
    SELECT _mssql_fdw._phase(model, 42), w.position, 1, w.id, 'sequence', w.source, w.sequence,
           format('CREATE SEQUENCE %s START WITH %s INCREMENT BY %s%s OWNED BY %s.%I', w.sequence, (w.whole).seed, (w.whole).increment,
                  _mssql_fdw._bounds(w.whole), w.target, w.column_name), NULL::text
    FROM owned AS w
    UNION ALL
    SELECT _mssql_fdw._phase(model, 42), w.position, 2, w.id, 'default', w.source, w.target,
           format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT nextval(%L)', w.target, w.column_name, w.sequence), NULL
    FROM owned AS w
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_owned_sequences IS
    'steps: sequences that number columns for which there is no identity, the decimal ones';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_defaults(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH names AS MATERIALIZED (
        SELECT coalesce(array_agg(s.schema || '.' || s.name), '{}') AS sources, coalesce(array_agg(s.target), '{}') AS targets
        FROM _mssql_fdw._sequences(model) AS s WHERE s.fits OR s.relation IS NOT NULL
    ), translated AS (
        SELECT CASE WHEN t.action IN ('switch', 'refill') THEN 91 ELSE _mssql_fdw._phase(model, 45) END AS phase,
               t.position, c.ordinal, t.id, t.source, t.target, c.target AS column_name, c.default_definition,
               _mssql_fdw._translate_default(c.default_definition, c.type, c.max_length, c.precision, c.scale,
                                              n.sources, n.targets) AS expression
        FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id CROSS JOIN names AS n
        LEFT JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target AND t.action IN ('switch', 'refill')
        WHERE (t.action IN ('create', 'replace') OR NOT a.atthasdef AND a.attidentity = '')
          AND c.default_definition IS NOT NULL AND c.generator IS NULL AND (model #>> '{options,defaults}')::boolean
    )
    SELECT d.phase, d.position, 1000 + d.ordinal, d.id, 'default', d.source, d.target,
           CASE WHEN d.expression IS NOT NULL THEN
               format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.target, d.column_name, d.expression) END,
           CASE WHEN d.expression IS NULL THEN format('default of %I not translated: %s', d.column_name, d.default_definition) END
    FROM translated AS d
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_defaults IS 'steps: sets defaults';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_loads(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.*, CASE x.action WHEN 'refill' THEN _mssql_fdw._staging_table(model, x) ELSE _mssql_fdw._made(model, x) END AS loaded,
               x.action = 'switch' AND NOT EXISTS (SELECT FROM pg_statistic_ext AS e WHERE e.stxrelid = x.relation) AS analyzed_beside
        FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('create', 'replace', 'switch', 'refill')
    ), lists AS (
        SELECT c.table_id, array_agg(c.name ORDER BY c.ordinal)::text AS sources, array_agg(c.type ORDER BY c.ordinal)::text AS types,
               array_agg(c.target ORDER BY c.ordinal)::text AS targets
        FROM _mssql_fdw._columns(model) AS c WHERE c.loaded
        GROUP BY c.table_id
    )
    SELECT 60, t.position, 1, t.id, 'stage', t.source, t.target, format('SELECT _mssql_fdw._stage(%L)', t.target),
           nullif(concat_ws('; ', n.note, w.note), '')
    FROM t JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id LEFT JOIN _mssql_fdw._narrow_columns(model) AS w ON w.table_id = t.id
    WHERE t.action = 'switch'
    UNION ALL
    SELECT 60, t.position, 2, t.id, 'load', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._load(%L, %L, %L, %L, %L, %L, %L, %L, %L, %s, %s%s%s)', model ->> 'server', t.schema, t.name,
                  l.sources, l.types, t.loaded, l.targets, t.source, model #>> '{options,nul_policy}', coalesce(t.rows, 0),
                  coalesce(t.bytes, 0), CASE WHEN t.is_memory_optimized THEN ', true' ELSE '' END,
                  CASE WHEN (model #>> '{options,row_hash}')::boolean THEN '' ELSE ', row_hash => false' END), NULL
    FROM t JOIN lists AS l ON l.table_id = t.id
    UNION ALL
    SELECT 60, t.position, 3, t.id, 'verify', t.source, t.target,
           format('SELECT * FROM _mssql_fdw._count(%L, %L, %L, %s, %L)', model ->> 'server', t.schema, t.name,
                  t.is_memory_optimized::text, t.loaded), NULL
    FROM t WHERE verify = 'count'
    UNION ALL
    SELECT 60, t.position, 4, t.id, 'stage indexes', t.source, t.target, format('SELECT * FROM _mssql_fdw._stage_indexes(%L)', t.target), NULL
    FROM t WHERE t.action = 'switch'
    UNION ALL
    SELECT CASE WHEN t.analyzed_beside OR t.action IN ('create', 'replace') THEN 60 ELSE 96 END, t.position, 1000, t.id, 'analyze', t.source, t.target,
           CASE WHEN t.analyzed_beside THEN format('SELECT _mssql_fdw._analyze(%L)', t.target) ELSE 'ANALYZE ' || t.loaded END, NULL
    FROM t WHERE (model #>> '{options,analyze}')::boolean AND t.action <> 'refill'
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_loads IS 'steps: stages, loads, counts and analyzes tables';

-- Those that stand already and are set: whoever has drawn a number holds them until his transaction
-- ends, as he does his table.
CREATE OR REPLACE FUNCTION _mssql_fdw._sequences_in_use(model jsonb) RETURNS regclass[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(
        SELECT x.sequence FROM (
            SELECT pg_get_serial_sequence(t.target, c.target)::regclass
            FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
            WHERE c.generator IS NOT NULL
              AND t.action = ANY (CASE model ->> 'what' WHEN 'all' THEN '{switch,refill}' ELSE '{keep}' END::text[])
            UNION
            SELECT s.relation::regclass FROM _mssql_fdw._sequences(model) AS s WHERE s.is_taken) AS x (sequence)
        WHERE x.sequence IS NOT NULL AND model ->> 'what' IN ('all', 'sequences') ORDER BY x.sequence::text COLLATE "C")
$$;
COMMENT ON FUNCTION _mssql_fdw._sequences_in_use IS 'sequences that stand already and that are set';

-- Constraints that the source does not vouch for are not held against the new rows. Tables that are
-- emptied and refilled behind it are locked with the others, and so are sequences that are set: what
-- waits for them in vain must not keep those locked meanwhile.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_switch(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 84, 0, 0, NULL::int, 'switch', NULL::text, string_agg(t.target, ', ' ORDER BY t.position) FILTER (WHERE t.action = 'switch'),
           format('SELECT * FROM _mssql_fdw._switch(%L, %L, %L, %L, %s)',
                  coalesce(array_agg(t.target ORDER BY t.position) FILTER (WHERE t.action = 'switch'), '{}')::text,
                  _mssql_fdw._untrusted_names(model)::text,
                  coalesce(array_agg(t.target ORDER BY t.position) FILTER (WHERE t.action = 'refill'), '{}')::text,
                  u.sequences::text, (model #>> '{options,analyze}')::boolean::text),
           nullif(concat_ws('; ',
               'locked, and refilled next: ' || string_agg(t.target, ', ' ORDER BY t.position) FILTER (WHERE t.action = 'refill'),
               'locked, and set at the end: ' || nullif(array_to_string(u.sequences, ', '), '')), '')
    FROM (SELECT _mssql_fdw._sequences_in_use(model) AS sequences) AS u
    LEFT JOIN _mssql_fdw._tables(model) AS t ON t.action IN ('switch', 'refill')
        AND t.id NOT IN (SELECT r.table_id FROM _mssql_fdw._refills(model) AS r WHERE r.obstacle IS NULL)
    WHERE model ->> 'what' = 'all'
    GROUP BY u.sequences HAVING count(t.id) > 0 OR u.sequences <> '{}'
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_switch IS 'step: switches the tables that were staged';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_comments(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 75, t.position, 0, t.id, 'comment', t.source, t.target, format('COMMENT ON TABLE %s IS %L', t.target, t.comment), NULL::text
    FROM _mssql_fdw._tables(model) AS t
    WHERE t.action IN ('create', 'replace') AND t.comment <> '' AND (model #>> '{options,comments}')::boolean
    UNION ALL
    SELECT 75, t.position, c.ordinal, t.id, 'comment', t.source, t.target,
           format('COMMENT ON COLUMN %s.%I IS %L', t.target, c.target, c.comment), NULL
    FROM _mssql_fdw._tables(model) AS t JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id
    WHERE t.action IN ('create', 'replace') AND c.comment <> '' AND (model #>> '{options,comments}')::boolean
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_comments IS 'steps: comments on tables and columns';
