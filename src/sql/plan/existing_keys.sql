-- Replicate: foreign keys that stand in the way of DROP TABLE or of TRUNCATE. They are dropped and,
-- unless their table is dropped, made again.

-- Before PostgreSQL 18 a foreign key of a partitioned table cannot be NOT VALID.
CREATE OR REPLACE FUNCTION _mssql_fdw._takes_not_valid(relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN current_setting('server_version_num')::int >= 180000
    OR NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation AND c.relkind = 'p');
COMMENT ON FUNCTION _mssql_fdw._takes_not_valid IS
    'whether a foreign key of the table can be NOT VALID: before PostgreSQL 18 not of a partitioned one';

-- The keys. `source`: the table there whose key it is; NULL: it is somebody's own. `table_id`: the
-- table of the run on whose account it is dropped. Tables that are switched keep theirs, and keys
-- of dropped tables go with them.
CREATE OR REPLACE FUNCTION _mssql_fdw._existing_keys(model jsonb)
RETURNS TABLE (ordinal int, id oid, child oid, parent oid, child_name text, parent_name text, name name, source text, table_id int, is_parent_dropped boolean,
    is_valid boolean, takes_not_valid boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH everything AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._mapped_tables(model)
    ), t AS MATERIALIZED (
        SELECT e.id, e.relation, e.action FROM everything AS e WHERE e.position IS NOT NULL AND e.action IN ('refill', 'replace')
    ), ours AS MATERIALIZED (
        SELECT e.relation, e.source, o.target
        FROM everything AS e JOIN _mssql_fdw._objects(model) AS o ON o.kind = 'foreign key' AND o.table_id = e.id
    )
    SELECT row_number() OVER (ORDER BY n.nspname COLLATE "C", r.relname COLLATE "C", k.conname COLLATE "C")::int, k.oid, k.conrelid, k.confrelid,
           format('%I.%I', n.nspname, r.relname), format('%I.%I', pn.nspname, pr.relname), k.conname, o.source, coalesce(c.id, p.id), coalesce(p.action = 'replace', false),
           k.convalidated, _mssql_fdw._takes_not_valid(k.conrelid)
    FROM pg_constraint AS k
    JOIN pg_class AS r ON r.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = r.relnamespace
    JOIN pg_class AS pr ON pr.oid = k.confrelid
    JOIN pg_namespace AS pn ON pn.oid = pr.relnamespace
    LEFT JOIN t AS c ON c.relation = k.conrelid
    LEFT JOIN t AS p ON p.relation = k.confrelid
    LEFT JOIN ours AS o ON o.relation = k.conrelid AND o.target = k.conname
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (c.id IS NOT NULL OR p.id IS NOT NULL) AND c.action IS DISTINCT FROM 'replace'
$$;
COMMENT ON FUNCTION _mssql_fdw._existing_keys IS
    'foreign keys that are dropped before the loads of a run and made again behind them';

-- Does the source's table have a key over these columns, in whatever order? A foreign key has to
-- refer to one.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_source_key(model jsonb, table_id int, columns name[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM _mssql_fdw._source_indexes(model) AS i
        JOIN _mssql_fdw._tables(model) AS t ON t.schema = i.schema AND t.name = i."table"
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.name = i."column"
        WHERE t.id = _has_source_key.table_id AND i.is_unique AND NOT i.is_disabled AND i.filter_definition IS NULL AND NOT i.is_included
        GROUP BY i.index
        HAVING array_agg(c.target ORDER BY c.target) = ARRAY(SELECT w.name FROM unnest(columns) AS w (name) ORDER BY w.name))
$$;
COMMENT ON FUNCTION _mssql_fdw._has_source_key IS
    'whether the source''s table has a key over these columns, in whatever order';

-- A key that is dropped must come back: what is known to prevent that is an error before anything
-- is changed.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_existing_keys(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT x.*, t.id AS parent_id, t.source AS parent_source, c.relpersistence,
                    ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = d.confrelid AND a.attnum = ANY (d.confkey)) AS columns
             FROM _mssql_fdw._existing_keys(model) AS x
             JOIN _mssql_fdw._tables(model) AS t ON t.relation = x.parent
             JOIN pg_constraint AS d ON d.oid = x.id
             JOIN pg_class AS c ON c.oid = x.child
             WHERE x.is_parent_dropped ORDER BY x.ordinal LOOP
        IF k.relpersistence = 'p' AND (model #>> '{options,unlogged}')::boolean THEN
            PERFORM _mssql_fdw._raise('2BP01', format('foreign key "%s" of %s could not be made again', k.name, k.child_name),
                format('A permanent table cannot refer to %s, which would become UNLOGGED.', k.parent_name),
                format('Drop the key first: ALTER TABLE %s DROP CONSTRAINT %I; or leave the option unlogged out.', k.child_name, k.name));
        ELSIF k.source IS NULL AND NOT _mssql_fdw._has_source_key(model, k.parent_id, k.columns) THEN
            PERFORM _mssql_fdw._raise('2BP01', format('foreign key "%s" of %s could not be made again', k.name, k.child_name),
                format('It refers to (%s) of %s, over which %s has no key.', array_to_string(k.columns, ', '), k.parent_name, k.parent_source),
                format('Drop the key first: ALTER TABLE %s DROP CONSTRAINT %I; or use on_existing => ''truncate'', which keeps the table.',
                       k.child_name, k.name));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_existing_keys IS 'error for a foreign key that could not be made again';

-- One of the source that cannot be made again is noted, and any other ends the run: nobody would
-- make it later. So does one that cannot be NOT VALID, where the new rows violate it.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_existing_foreign_keys(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH k AS MATERIALIZED (
        SELECT x.*, pg_get_constraintdef(x.id) AS definition, obj_description(x.id, 'pg_constraint') AS comment FROM _mssql_fdw._existing_keys(model) AS x
    )
    SELECT CASE WHEN k.is_parent_dropped THEN _mssql_fdw._phase(model, 20) ELSE 85 END, 0, k.ordinal, k.table_id, 'drop foreign key', k.source, k.child_name,
           format('ALTER TABLE %s DROP CONSTRAINT %I', k.child_name, k.name), 'made again after the load'
    FROM k
    UNION ALL
    SELECT 92, 0, k.ordinal, k.table_id, CASE WHEN k.takes_not_valid AND k.source IS NOT NULL THEN 'foreign key' ELSE 'restore foreign key' END,
           k.source, k.child_name,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', k.child_name, k.name, k.definition,
                  CASE WHEN k.is_valid AND k.takes_not_valid THEN ' NOT VALID' ELSE '' END)
               || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS ', k.name, k.child_name) || quote_literal(k.comment), ''), NULL
    FROM k
    UNION ALL
    SELECT 93, 0, k.ordinal, k.table_id, 'validate', k.source, k.child_name,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.child_name, k.name), NULL
    FROM k WHERE k.is_valid AND k.takes_not_valid
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_existing_foreign_keys IS
    'steps: drops foreign keys that stand in the way, and makes them again';
