-- Replicate: whose code a run meets. Whoever owns a relation writes what is evaluated when a query
-- over it is planned or executed.

-- Who may write code that a run evaluates with the caller's rights.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_trusted(role oid) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_is_trusted' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._is_trusted IS
    'whether a role may have written code that a run evaluates with the caller''s rights';

-- Does the expression call anything but PostgreSQL's own IMMUTABLE functions? Those call nothing
-- else.
CREATE OR REPLACE FUNCTION _mssql_fdw._calls_code(expression pg_node_tree) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_calls_code' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._calls_code IS
    'whether an expression calls more than built-in immutable functions';

CREATE OR REPLACE FUNCTION _mssql_fdw._with_partitions(relations oid[]) RETURNS TABLE (relation oid, root oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE members (relation, root) AS (
        SELECT r.oid, r.oid FROM unnest(relations) AS r (oid)
        UNION
        SELECT i.inhrelid, m.root
        FROM members AS m JOIN pg_class AS c ON c.oid = m.relation AND c.relkind = 'p' JOIN pg_inherits AS i ON i.inhparent = m.relation
    )
    SELECT m.relation, m.root FROM members AS m
$$;
COMMENT ON FUNCTION _mssql_fdw._with_partitions IS 'each relation with its partitions, whose root it is';

-- An error where planning a query over one of these relations, or over its partitions, evaluates
-- what an untrusted role has written: PostgreSQL folds what is IMMUTABLE of the expressions of
-- indexes, statistics and partition keys and of checks. To be asked when they are locked against
-- whoever would make such.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_planned(relations oid[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH others AS (
        SELECT DISTINCT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS name
        FROM _mssql_fdw._with_partitions(relations) AS m JOIN pg_class AS c ON c.oid = m.relation
        JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT _mssql_fdw._is_trusted(c.relowner)
    ), written AS (
        SELECT o.oid, 'it is no table' AS what, true AS is_code FROM others AS o WHERE o.relkind NOT IN ('r', 'p')
        UNION ALL
        SELECT i.indrelid, format('index "%s"', c.relname), coalesce(_mssql_fdw._calls_code(i.indexprs), false) OR coalesce(_mssql_fdw._calls_code(i.indpred), false)
        FROM others AS o JOIN pg_index AS i ON i.indrelid = o.oid JOIN pg_class AS c ON c.oid = i.indexrelid
        UNION ALL
        SELECT e.stxrelid, format('statistics "%s"', e.stxname), _mssql_fdw._calls_code(e.stxexprs)
        FROM others AS o JOIN pg_statistic_ext AS e ON e.stxrelid = o.oid
        UNION ALL
        SELECT p.partrelid, 'its partition key', _mssql_fdw._calls_code(p.partexprs) FROM others AS o JOIN pg_partitioned_table AS p ON p.partrelid = o.oid
        UNION ALL
        SELECT k.conrelid, format('check "%s"', k.conname), _mssql_fdw._calls_code(k.conbin)
        FROM others AS o JOIN pg_constraint AS k ON k.conrelid = o.oid AND k.contype = 'c'
        UNION ALL
        SELECT a.attrelid, format('column "%s"', a.attname), _mssql_fdw._calls_code(d.adbin)
        FROM others AS o JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attgenerated = 'v'
        JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    )
    SELECT o.name, pg_get_userbyid(o.relowner) AS owner, w.what INTO other FROM others AS o JOIN written AS w ON w.oid = o.oid
    WHERE w.is_code ORDER BY o.name COLLATE "C", w.what COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('%s, which foreign keys of the run join, belongs to role %I', other.name, other.owner),
            format('What %I has written would run with the rights of %I: %s.', other.owner, current_user, other.what),
            format('Drop it or the foreign key; or, when you have read what it evaluates, ALTER TABLE %s OWNER TO %I.', other.name, current_user));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_planned IS
    'error for a relation of another role where planning a query over it evaluates what he has written';

