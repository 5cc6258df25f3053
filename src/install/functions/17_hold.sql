-- Replicate: statements of a run go by names, and its model is made before it has a lock. So what it names is held, and asked once more who could
-- have written what it evaluates.

-- Locks the relations against whatever alters them, keeps the schemas' names, until the transaction ends (src/pg/hold.hpp), and calls _check_held()
-- in a snapshot of then.
CREATE OR REPLACE FUNCTION _mssql_fdw._hold(schemas name[], relations oid[], targets text[], tables jsonb) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hold' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

-- targets[i] is the name of relations[i].
CREATE OR REPLACE FUNCTION _mssql_fdw._check_held(relations oid[], targets text[], tables jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed text;
BEGIN
    SELECT string_agg(h.target, ', ' ORDER BY h.target COLLATE "C") INTO changed FROM unnest(relations, targets) AS h (relation, target)
    WHERE to_regclass(h.target) IS DISTINCT FROM h.relation::regclass;
    IF changed IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('55000', 'tables have been dropped, renamed or made anew since the run began', changed || '.', 'Run again.');
    END IF;
    PERFORM _mssql_fdw._check_owners(tables, 'all');
    PERFORM _mssql_fdw._check_type_owners(tables);
END
$$;

-- The tables that a run alters first: then no key from or to them is made any more, and the other ends of the keys that are dropped and made again
-- are known.
CREATE OR REPLACE FUNCTION _mssql_fdw._hold_targets(model jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _mssql_fdw._hold(
        ARRAY(SELECT t.target_schema FROM _mssql_fdw._tables(model) AS t UNION SELECT s.target_schema FROM _mssql_fdw._sequences(model) AS s),
        coalesce(array_agg(t.relation), '{}'), coalesce(array_agg(t.target), '{}'), model -> 'tables')
    FROM _mssql_fdw._tables(model) AS t WHERE t.action IN ('switch', 'refill', 'replace');
    PERFORM _mssql_fdw._hold('{}', coalesce(array_agg(e.relation), '{}'), coalesce(array_agg(e.name), '{}'), model -> 'tables')
    FROM _mssql_fdw._existing_keys(model) AS k
    CROSS JOIN LATERAL (VALUES (k.child, k.child_name), (k.parent, k.parent_name)) AS e (relation, name);
END
$$;
