-- Replicate: statements of a run go by names, and its model is made before it has a lock. So what
-- it names is held, and asked once more who could have written what it evaluates.

-- Locks the relations against whatever alters them, keeps the schemas' names, until the transaction
-- ends (src/pg/copy/hold.hpp), and calls _check_held() in a snapshot of then.
CREATE OR REPLACE FUNCTION _mssql_fdw._hold(schemas name[], relations oid[], targets text[], model jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hold' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._hold IS
    'locks relations and the names of schemas for a run, and lets _check_held() look at them';

-- targets[i] is the name of relations[i].
CREATE OR REPLACE FUNCTION _mssql_fdw._check_names(relations oid[], targets text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed text;
BEGIN
    SELECT string_agg(h.target, ', ' ORDER BY h.target COLLATE "C") INTO changed FROM unnest(relations, targets) AS h (relation, target)
    WHERE to_regclass(h.target) IS DISTINCT FROM h.relation::regclass;
    IF changed IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('55000', 'tables have been dropped, renamed or made anew since the run began', changed || '.', 'Run again.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_names IS 'error where a name of the run is by now another table''s';

-- Relations that the run does not write or drop are the ends of foreign keys.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_held(relations oid[], targets text[], model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._check_names(relations, targets);
    PERFORM _mssql_fdw._check_owners(model, 'all');
    PERFORM _mssql_fdw._check_type_owners(model);
    PERFORM _mssql_fdw._check_planned(ARRAY(
        SELECT unnest(relations)
        EXCEPT SELECT t.relation FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill', 'replace')));
    PERFORM _mssql_fdw._check_referred_types(model);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_held IS
    'error where a locked table is another one now, or evaluates what an untrusted role has written';

-- The columns that keys which are only made now will refer to, of tables that stand already,
-- whosever they are.
CREATE OR REPLACE FUNCTION _mssql_fdw._referred_columns(model jsonb) RETURNS TABLE (relation oid, target text, column_name name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT p.relation, p.target, c.target
    FROM _mssql_fdw._source_foreign_keys(model) AS f
    JOIN _mssql_fdw._tables(model) AS t ON t.schema = f.schema AND t.name = f."table" AND t.action IN ('create', 'replace', 'switch', 'refill', 'keep')
    JOIN _mssql_fdw._mapped_tables(model) AS p
      ON p.schema = f.referenced_schema AND p.name = f.referenced_table AND p.action IS DISTINCT FROM 'replace'
    JOIN _mssql_fdw._columns(model) AS c ON c.table_id = p.id AND c.name = f.referenced_column
    WHERE (model #>> '{options,foreign_keys}')::boolean AND has_any_column_privilege(p.relation, 'REFERENCES')
$$;
COMMENT ON FUNCTION _mssql_fdw._referred_columns IS 'columns of tables that stand already to which new keys will refer';

-- A key that is made is held against the rows by the casts of its types.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_referred_types(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH referred AS MATERIALIZED (
        SELECT r.target, r.column_name, a.atttypid
        FROM _mssql_fdw._referred_columns(model) AS r JOIN pg_attribute AS a ON a.attrelid = r.relation AND a.attname = r.column_name
    )
    SELECT r.target, r.column_name, u.part_name AS type, u.owner INTO other
    FROM referred AS r JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM referred AS x)) AS u ON u.type = r.atttypid
    ORDER BY r.target COLLATE "C", r.column_name COLLATE "C", u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('column "%s" of %s, which foreign keys are to refer to, is of type %s of role %I', other.column_name,
            other.target, other.type, other.owner),
            format('Casts that %I has written would run with the rights of %I.', other.owner, current_user),
            'Leave the keys out by options => ''{"foreign_keys": false}'', or use another target_schema.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_referred_types IS
    'error where a new key would compare by casts of an untrusted role';

-- The tables that a run alters first: then no key from or to them is made any more, and the other
-- ends of the keys that are dropped and made again are known. Who could have written what they
-- evaluate is asked when both are held.
CREATE OR REPLACE FUNCTION _mssql_fdw._hold_targets(model jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._hold(
        ARRAY(SELECT t.target_schema FROM _mssql_fdw._tables(model) AS t UNION SELECT s.target_schema FROM _mssql_fdw._sequences(model) AS s),
        coalesce(array_agg(t.relation), '{}'), coalesce(array_agg(t.target), '{}'), model)
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill', 'replace');
    PERFORM _mssql_fdw._hold('{}', coalesce(array_agg(e.relation), '{}'), coalesce(array_agg(e.name), '{}'), model)
    FROM (SELECT k.child, k.child_name FROM _mssql_fdw._existing_keys(model) AS k
          UNION SELECT k.parent, k.parent_name FROM _mssql_fdw._existing_keys(model) AS k
          UNION SELECT r.relation, r.target FROM _mssql_fdw._referred_columns(model) AS r) AS e (relation, name);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._hold_targets IS
    'locks all that a run alters, and asks who could have written what it evaluates';
