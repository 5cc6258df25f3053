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

-- The same, and nextval(), now(), gen_random_uuid() and their like.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_self_contained(expression pg_node_tree) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_is_self_contained' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._is_self_contained IS
    'whether an expression calls only what is built in and calls nothing else';

CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted_function(expression pg_node_tree) RETURNS regprocedure
AS 'MODULE_PATHNAME', 'mssql_fdw_untrusted_function' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._untrusted_function IS
    'a function of an untrusted role that an expression calls; NULL: there is none';

-- Is there anything in the expression that neither its functions nor the types that it depends on
-- tell?
CREATE OR REPLACE FUNCTION _mssql_fdw._hides_calls(expression pg_node_tree) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_hides_calls' LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION _mssql_fdw._hides_calls IS
    'whether an expression calls what its functions and types do not tell';

-- Indexes that evaluate what an untrusted role has written, or may have (owner and code are NULL): a
-- function or a type, which he may exchange or alter yet. Not only the table's owner makes its
-- indexes: those of a partitioned table become its partitions', and stay with them when they are
-- detached. PostgreSQL's own types are no dependencies.
CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted_indexes(relations oid[]) RETURNS TABLE (relation oid, index name, kind text, code text, owner name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH indexes AS MATERIALIZED (
        SELECT i.indrelid, i.indexrelid, c.relname, e.expression
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid CROSS JOIN LATERAL (VALUES (i.indexprs), (i.indpred)) AS e (expression)
        WHERE i.indrelid = ANY (relations) AND e.expression IS NOT NULL
    ), used AS MATERIALIZED (
        SELECT DISTINCT i.indrelid, i.relname, d.refobjid AS type
        FROM indexes AS i JOIN pg_depend AS d ON d.objid = i.indexrelid
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_type'::regclass
    )
    SELECT i.indrelid, i.relname, 'FUNCTION', p.oid::regprocedure::text, pg_get_userbyid(p.proowner)
    FROM indexes AS i JOIN pg_proc AS p ON p.oid = _mssql_fdw._untrusted_function(i.expression)
    UNION ALL
    SELECT s.indrelid, s.relname, CASE y.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, u.part_name, u.owner
    FROM used AS s JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.type FROM used AS x)) AS u ON u.type = s.type
    JOIN pg_type AS y ON y.oid = u.part
    UNION ALL
    SELECT i.indrelid, i.relname, NULL, NULL, NULL FROM indexes AS i WHERE _mssql_fdw._hides_calls(i.expression)
$$;
COMMENT ON FUNCTION _mssql_fdw._untrusted_indexes IS 'indexes of these relations that evaluate what an untrusted role has written, or may have';

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

-- Whoever evaluates what a partition may hold evaluates the keys of all that it is a partition of,
-- and to plan a query over it is enough; an index of those is an index of the partition, too, though
-- its owner has not made it. What of that an untrusted role has written, with its table.
CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted_ancestors(relations oid[]) RETURNS TABLE (relation oid, parent text, owner name, what text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE above (relation, ancestor) AS (
        SELECT r.oid, r.oid FROM unnest(relations) AS r (oid)
        UNION
        SELECT a.relation, i.inhparent
        FROM above AS a JOIN pg_class AS c ON c.oid = a.ancestor AND c.relispartition JOIN pg_inherits AS i ON i.inhrelid = a.ancestor
    )
    SELECT a.relation, format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner), w.what
    FROM above AS a JOIN pg_class AS c ON c.oid = a.ancestor JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT 'partition key' FROM pg_partitioned_table AS p WHERE p.partrelid = c.oid AND _mssql_fdw._calls_code(p.partexprs)
        UNION ALL
        SELECT format('index "%s"', x.relname) FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND (_mssql_fdw._calls_code(i.indexprs) OR _mssql_fdw._calls_code(i.indpred))
    ) AS w (what)
    WHERE c.relkind = 'p' AND NOT _mssql_fdw._is_trusted(c.relowner)
$$;
COMMENT ON FUNCTION _mssql_fdw._untrusted_ancestors IS
    'partition keys and indexes of partitioned tables above the relations, and of these, that an untrusted role has written and that call code';

-- An error where planning a query over one of these relations, or over its partitions, evaluates
-- what an untrusted role has written: PostgreSQL folds what is IMMUTABLE of the expressions of
-- indexes, statistics and partition keys and of checks. To be asked when they are locked against
-- whoever would make such.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_planned(relations oid[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH members AS MATERIALIZED (
        SELECT DISTINCT c.oid, c.relkind, c.relowner, format('%I.%I', n.nspname, c.relname) AS name
        FROM _mssql_fdw._with_partitions(relations) AS m JOIN pg_class AS c ON c.oid = m.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ), others AS MATERIALIZED (
        SELECT m.oid, m.relkind, m.name, pg_get_userbyid(m.relowner) AS owner FROM members AS m WHERE NOT _mssql_fdw._is_trusted(m.relowner)
    ), written AS (
        SELECT o.name, o.owner, 'TABLE ' || o.name AS place, 'it is no table' AS what, true AS is_code FROM others AS o WHERE o.relkind NOT IN ('r', 'p')
        UNION ALL
        SELECT m.name, i.owner, i.kind || ' ' || i.code, concat_ws(' in ', i.code, format('index "%s"', i.index)), true
        FROM _mssql_fdw._untrusted_indexes(ARRAY(SELECT x.oid FROM members AS x WHERE _mssql_fdw._is_trusted(x.relowner))) AS i
        JOIN members AS m ON m.oid = i.relation
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('index "%s"', c.relname),
               coalesce(_mssql_fdw._calls_code(i.indexprs), false) OR coalesce(_mssql_fdw._calls_code(i.indpred), false)
        FROM others AS o JOIN pg_index AS i ON i.indrelid = o.oid JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE o.relkind <> 'p'
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('statistics "%s"', e.stxname), _mssql_fdw._calls_code(e.stxexprs)
        FROM others AS o JOIN pg_statistic_ext AS e ON e.stxrelid = o.oid
        UNION ALL
        SELECT m.name, a.owner, 'TABLE ' || a.parent, format('%s of %s', a.what, a.parent), true
        FROM _mssql_fdw._untrusted_ancestors(ARRAY(SELECT x.oid FROM members AS x)) AS a JOIN members AS m ON m.oid = a.relation
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('check "%s"', k.conname), _mssql_fdw._calls_code(k.conbin)
        FROM others AS o JOIN pg_constraint AS k ON k.conrelid = o.oid AND k.contype = 'c'
        UNION ALL
        SELECT o.name, o.owner, 'TABLE ' || o.name, format('column "%s"', a.attname), _mssql_fdw._calls_code(d.adbin)
        FROM others AS o JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attgenerated = 'v'
        JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    )
    SELECT w.* INTO other FROM written AS w WHERE w.is_code ORDER BY w.name COLLATE "C", w.what COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('%s, which foreign keys of the run join, evaluates what %s written', other.name,
            CASE WHEN other.owner IS NULL THEN 'another role may have' ELSE format('role %I has', other.owner) END),
            format('It would run with the rights of %I: %s.', current_user, other.what),
            'Drop it or the foreign key'
            || CASE WHEN other.place IS NULL THEN '' ELSE format('; or, when you have read what it evaluates, ALTER %s OWNER TO %I', other.place, current_user) END || '.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_planned IS
    'error for a relation of another role where planning a query over it evaluates what he has written';

