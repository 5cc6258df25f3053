-- Replicate: the source's catalog as one value, read once a call in one remote transaction.
-- The queries and the order of their columns are those of src/core/tsql/catalog.hpp.

-- Which sequences have given out a value: schema, sequence, last value. Before SQL Server 2017 nothing tells a sequence that was
-- never used from one that was used once, and this is NULL.
CREATE OR REPLACE FUNCTION @extschema@._used_sequences(server name, database jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF split_part(database ->> 'product_version', '.', 1)::int < 14 AND (database ->> 'engine_edition')::int NOT IN (5, 8) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT coalesce(jsonb_agg(u), '[]') FROM @extschema@._query(server,
            'SELECT CAST(SCHEMA_NAME(q.schema_id) AS nvarchar(128)), CAST(q.name AS nvarchar(128)), '
            'CAST(q.last_used_value AS nvarchar(40)) '
            'FROM sys.sequences AS q WHERE q.last_used_value IS NOT NULL') AS u (schema text, sequence text, last_value text));
END
$$;

-- `tables` with their bytes, which are an estimate for order and progress, where the login may ask for them.
CREATE OR REPLACE FUNCTION @extschema@._with_sizes(server name, tables jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sizes jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM @extschema@._query(server,
        'SELECT CASE WHEN OBJECT_ID(N''sys.dm_db_partition_stats'') IS NULL THEN 0 '
        'ELSE HAS_PERMS_BY_NAME(DB_NAME(), ''DATABASE'', ''VIEW DATABASE STATE'') '
        '* HAS_PERMS_BY_NAME(DB_NAME(), ''DATABASE'', ''VIEW DEFINITION'') END') AS q (allowed int) WHERE q.allowed = 1) THEN
        RETURN tables;
    END IF;
    SELECT jsonb_object_agg(q.object_id, q.bytes) INTO sizes
    FROM @extschema@._query(server, @extschema@._catalog_query('table_sizes')) AS q (object_id int, bytes bigint);
    RETURN (SELECT coalesce(jsonb_agg(t || jsonb_build_object('bytes', sizes -> (t ->> 'object_id'))), '[]')
            FROM jsonb_array_elements(tables) AS t);
END
$$;

-- `columns` with seed and increment of those identity columns of which sys.identity_columns does not tell them.
CREATE OR REPLACE FUNCTION @extschema@._with_identities(server name, columns jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    query text;
    found jsonb;
BEGIN
    SELECT string_agg(format('SELECT %s AS n, CAST(IDENT_SEED(%s) AS nvarchar(40)), CAST(IDENT_INCR(%2$s) AS nvarchar(40))',
                             c.at - 1, 'N''' || replace(@extschema@._quote_name(c.value ->> 'schema') || '.' ||
                                                           @extschema@._quote_name(c.value ->> 'table'), '''', '''''') || ''''),
                      ' UNION ALL ') INTO query
    FROM jsonb_array_elements(columns) WITH ORDINALITY AS c (value, at)
    WHERE (c.value ->> 'is_identity')::boolean AND c.value ->> 'seed' IS NULL;
    IF query IS NULL THEN
        RETURN columns;
    END IF;
    SELECT jsonb_object_agg(q.n, jsonb_build_object('seed', q.seed, 'increment', q.increment)) INTO found
    FROM @extschema@._query(server, query) AS q (n int, seed text, increment text);
    RETURN (SELECT jsonb_agg(c.value || coalesce(found -> (c.at - 1)::text, '{}') ORDER BY c.at)
            FROM jsonb_array_elements(columns) WITH ORDINALITY AS c (value, at));
END
$$;

CREATE OR REPLACE FUNCTION @extschema@._catalog(server name) RETURNS jsonb
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    WITH database AS MATERIALIZED (
        SELECT to_jsonb(d) AS row FROM @extschema@._query(server, @extschema@._catalog_query('database')) AS d
            (name text, "collation" text, snapshot_isolation_state int, is_read_committed_snapshot_on boolean,
             compatibility_level int, product_version text, engine_edition int)
    )
    SELECT jsonb_build_object(
        'database', (SELECT d.row FROM database AS d),
        'used_sequences', (SELECT @extschema@._used_sequences(server, d.row) FROM database AS d),
        'tables', (
            SELECT @extschema@._with_sizes(server, coalesce(jsonb_agg(t), '[]'))
            FROM @extschema@._query(server, @extschema@._catalog_query('tables')) AS t
                (schema text, "table" text, object_id int, is_view boolean, rows bigint, bytes bigint, comment text,
                 temporal_type int, is_memory_optimized boolean, is_external boolean)),
        'columns', (
            SELECT @extschema@._with_identities(server, coalesce(jsonb_agg(c), '[]'))
            FROM @extschema@._query(server, @extschema@._catalog_query('columns')) AS c
                (schema text, "table" text, column_id int, "column" text, type text, user_type text, max_length int,
                 precision int, scale int, "collation" text, is_nullable boolean, is_identity boolean, seed text, increment text,
                 last_value text, default_name text, default_definition text, is_computed boolean, computed_definition text,
                 is_persisted boolean, is_rowguidcol boolean, is_hidden boolean, is_masked boolean, comment text)),
        'indexes', (
            SELECT coalesce(jsonb_agg(i), '[]') FROM @extschema@._query(server, @extschema@._catalog_query('indexes')) AS i
                (schema text, "table" text, index text, constraint_type text, is_unique boolean, is_clustered boolean,
                 type_desc text, is_disabled boolean, filter_definition text, key_ordinal int, "column" text,
                 is_descending boolean, is_included boolean)),
        'foreign_keys', (
            SELECT coalesce(jsonb_agg(f), '[]')
            FROM @extschema@._query(server, @extschema@._catalog_query('foreign_keys')) AS f
                (schema text, "table" text, "constraint" text, ordinal int, "column" text, referenced_schema text,
                 referenced_table text, referenced_column text, delete_action text, update_action text, is_disabled boolean,
                 is_not_trusted boolean)),
        'checks', (
            SELECT coalesce(jsonb_agg(k), '[]') FROM @extschema@._query(server, @extschema@._catalog_query('checks')) AS k
                (schema text, "table" text, "constraint" text, definition text, is_disabled boolean, is_not_trusted boolean)),
        'sequences', (
            SELECT coalesce(jsonb_agg(s), '[]') FROM @extschema@._query(server, @extschema@._catalog_query('sequences')) AS s
                (schema text, sequence text, type text, start_value text, increment text, minimum text, maximum text,
                 is_cycling text, cache_size text, current_value text)))
$$;
