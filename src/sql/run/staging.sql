-- Replicate: tables that are there and get new rows. Those that can be are staged: loaded beside,
-- then switched (src/pg/copy/staging.hpp). The others are loaded into a temporary table and refilled
-- from it (plan/refill.sql).

-- The staging relation of a table; NULL: none.
CREATE OR REPLACE FUNCTION _mssql_fdw._staged(relation oid) RETURNS oid
AS 'MODULE_PATHNAME', 'mssql_fdw_staged' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._staged IS 'staging relation of a table; NULL: none';

-- Until the transaction ends nobody else alters these tables, makes indexes of them, vacuums or
-- analyzes them: the plan is about what they are. In the order of their numbers; those that the
-- user may neither alter nor empty are left out. True when one was not locked before, so that what
-- is known of it may be out of date. Without effect outside of a run.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_targets(relations oid[]) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_targets' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._lock_targets IS
    'locks tables of a run against changes of their definition; true when one was not locked before';

CREATE OR REPLACE FUNCTION _mssql_fdw._stage(relation regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_stage' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._stage IS 'makes the staging relation of a table';

-- The same of what a worker loads rows into that another table is refilled from: whoever decodes the
-- log is not to see them, as a subscriber to all tables would, who has no such table.
CREATE OR REPLACE FUNCTION _mssql_fdw._hide_rows(relation regclass, target regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_hide_rows' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._hide_rows IS 'keeps the rows of a table that a worker makes from who decodes the log';

CREATE OR REPLACE FUNCTION _mssql_fdw._stage_index(relation regclass, index regclass) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_stage_index' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._stage_index IS 'builds an index of a table over its staged rows';

-- As they are now: a snapshot of REPEATABLE READ may be older than an index.
CREATE OR REPLACE FUNCTION _mssql_fdw._indexes(relation regclass) RETURNS oid[]
AS 'MODULE_PATHNAME', 'mssql_fdw_indexes' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._indexes(regclass) IS 'indexes of a table as they are now, whatever the snapshot';

-- Has the switch drop an index that cannot be staged. False: not this one, which enforces
-- something.
CREATE OR REPLACE FUNCTION _mssql_fdw._leave_index_out(relation regclass, index regclass) RETURNS boolean
AS 'MODULE_PATHNAME', 'mssql_fdw_leave_index_out' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION _mssql_fdw._leave_index_out IS
    'has the switch drop an index that cannot be staged; false: not this one, which enforces something';

-- Builds the table's indexes over its new rows. Those that these do not fit into are answered, for
-- the switch drops them; one that is unique ends the run.
CREATE OR REPLACE FUNCTION _mssql_fdw._stage_indexes(relation regclass) RETURNS TABLE (index text, failure text, detail text, statement text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x record;
    state text;
BEGIN
    FOR x IN SELECT i.id, (pg_identify_object_as_address('pg_class'::regclass, i.id, 0)).object_names[2] AS name, n.nspname AS schema,
                    t.relname AS table_name, pg_get_indexdef(i.id) AS definition,
                    CASE WHEN k.oid IS NULL THEN format('DROP INDEX %s', i.id::regclass)
                         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, k.conname) END AS drop
             FROM unnest(_mssql_fdw._indexes(relation)) AS i (id)
             JOIN pg_class AS t ON t.oid = relation JOIN pg_namespace AS n ON n.oid = t.relnamespace
             LEFT JOIN pg_constraint AS k ON k.conrelid = relation AND k.conindid = i.id AND k.contype IN ('p', 'u', 'x')
             ORDER BY i.id LOOP
        BEGIN
            PERFORM _mssql_fdw._stage_index(relation, x.id);
        EXCEPTION
            WHEN integrity_constraint_violation OR data_exception OR program_limit_exceeded THEN
                GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, state = RETURNED_SQLSTATE;
                -- it would say where in the file that nobody sees
                detail := CASE WHEN state <> '54000' THEN nullif(detail, '') END;
                IF NOT _mssql_fdw._leave_index_out(relation, x.id) THEN
                    RAISE EXCEPTION USING ERRCODE = state, SCHEMA = x.schema, TABLE = x.table_name, CONSTRAINT = x.name,
                        MESSAGE = format('new rows of %s do not fit unique index "%s"', relation, x.name),
                        DETAIL = concat_ws('. ', failure, detail),
                        HINT = format('Correct them at the source, exclude the table, or do without: %s. A key of the source that a table lacks is '
                            'made where the rows allow it, and a warning where they do not.', x.drop);
                END IF;
                index := x.name;
                statement := x.definition;
                RETURN NEXT;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._stage_indexes IS
    'builds the indexes of a table over its staged rows; those that the rows do not fit into';

-- Locks writers out of the tables, their partitions and those at the other ends of their foreign
-- keys, and out of the user's sequences, as _switch() does it first: what is done between the two
-- must not wait for who waits for it. Out of `written`, of these, who locks rows, too. `staying`:
-- tables that are not switched, and are locked with their partitions alone. Tables that the user may
-- neither alter nor empty are an error.
CREATE OR REPLACE FUNCTION _mssql_fdw._lock_writers(relations regclass[], written regclass[], sequences regclass[], staying regclass[]) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_lock_writers' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._lock_writers IS 'locks writers out of tables of a run, and out of sequences that it sets';

-- Checks the constraints, then takes the exclusive locks, of tables that are refilled and sequences
-- that are set behind it, too, and switches. `untrusted`, as 'schema.table constraint', become NOT
-- VALID without a check. Policies that would hide rows from it are an error. `analyzed`: the new
-- rows are, or will be by this run. A row for each constraint that the rows violate; it is NOT
-- VALID now. `subject`: the one of the relations that it is about.
CREATE OR REPLACE FUNCTION _mssql_fdw._switch(relations regclass[], untrusted text[], refilled regclass[], sequences regclass[], analyzed boolean)
RETURNS TABLE (relation regclass, subject regclass, message text, detail text)
AS 'MODULE_PATHNAME', 'mssql_fdw_switch' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET row_security = off;
COMMENT ON FUNCTION _mssql_fdw._switch IS
    'gives tables the files of their staging relations; the constraints that the new rows violate';

-- An expression that means another thing in another table: it has the whole row, whose type is the
-- table's, or `tableoid`.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_of_its_table(expression pg_node_tree) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN expression::text ~ ':varattno (0|-[0-9]+) ';
COMMENT ON FUNCTION _mssql_fdw._is_of_its_table IS
    'whether an expression means another thing in another table: it has the whole row or tableoid';

-- Those of the relations that are in a publication.
CREATE OR REPLACE FUNCTION _mssql_fdw._published(relations oid[]) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.oid
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_publication_tables AS p ON p.schemaname = n.nspname AND p.tablename = c.relname
    WHERE c.oid = ANY (relations)
$$;
COMMENT ON FUNCTION _mssql_fdw._published IS 'those of the relations that are in a publication';

-- Can it be staged and switched, by this user? Not where an index is more than its file (exclusion
-- constraints), where an index, a check that is held against the new rows, or a generated column is
-- about the table itself, a column has no value in the file (virtual), a foreign key is temporal,
-- somebody subscribes to the rows, whom an exchange of files does not tell, or the name that the
-- staging relation gets is taken.
CREATE OR REPLACE FUNCTION _mssql_fdw._can_stage(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't' AND pg_has_role(c.relowner, 'USAGE')
        AND c.relam = (SELECT m.oid FROM pg_am AS m WHERE m.amname = 'heap')
        AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid
                        AND (i.indisexclusion OR _mssql_fdw._is_of_its_table(i.indexprs) OR _mssql_fdw._is_of_its_table(i.indpred)))
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated
                        AND _mssql_fdw._is_of_its_table(k.conbin))
        AND NOT EXISTS (SELECT FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                        WHERE a.attrelid = c.oid AND (a.attgenerated = 'v' OR a.attgenerated <> '' AND _mssql_fdw._is_of_its_table(d.adbin)))
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE c.oid IN (k.conrelid, k.confrelid) AND (to_jsonb(k) ->> 'conperiod')::boolean)
        AND NOT EXISTS (SELECT FROM _mssql_fdw._published(ARRAY[c.oid]))
        AND NOT EXISTS (SELECT FROM pg_class AS x WHERE x.relnamespace = c.relnamespace AND x.relname = 'pg_temp_' || c.oid AND x.relrewrite <> c.oid)
        AND NOT EXISTS (SELECT FROM pg_type AS y WHERE y.typnamespace = c.relnamespace AND y.typname = 'pg_temp_' || c.oid AND y.typrelid = 0)
    FROM pg_class AS c WHERE c.oid = relation
$$;
COMMENT ON FUNCTION _mssql_fdw._can_stage IS 'whether a table can be staged and switched by this user';

CREATE OR REPLACE FUNCTION _mssql_fdw._analyze(relation regclass) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ANALYZE %s', coalesce(_mssql_fdw._staged(relation)::regclass, relation));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._analyze IS 'ANALYZE of a table, or of its staging relation';

-- The tables at the other ends of their foreign keys, valid or not, each as itself and with its
-- partitions.
CREATE OR REPLACE FUNCTION _mssql_fdw._foreign_key_partners(relations oid[]) RETURNS TABLE (relation oid, partner oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.relation, m.root FROM _mssql_fdw._with_partitions(ARRAY(
        SELECT k.confrelid FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conrelid = ANY (relations) AND k.confrelid <> ALL (relations)
        UNION
        SELECT k.conrelid FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confrelid = ANY (relations) AND k.conrelid <> ALL (relations)
    )) AS m
$$;
COMMENT ON FUNCTION _mssql_fdw._foreign_key_partners IS 'tables at the other ends of the relations'' foreign keys';

-- What a switch locks exclusively: the relations, those that are refilled behind it, where the
-- caller may TRUNCATE them, and both ends of his foreign keys from or to these, which go before
-- that; all with their partitions. And his sequences.
CREATE OR REPLACE FUNCTION _mssql_fdw._locked_by_switch(relations oid[], refilled oid[], sequences oid[]) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT m.relation FROM _mssql_fdw._with_partitions(ARRAY(
        SELECT unnest(relations)
        UNION
        SELECT r.relation FROM unnest(refilled) AS r (relation) WHERE has_table_privilege(r.relation, 'TRUNCATE')
        UNION
        SELECT unnest(ARRAY[k.conrelid, k.confrelid])
        FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
        WHERE k.contype = 'f' AND (k.conrelid = ANY (refilled) OR k.confrelid = ANY (refilled)) AND pg_has_role(c.relowner, 'USAGE')
    )) AS m
    UNION ALL
    SELECT s.oid FROM pg_class AS s WHERE s.oid = ANY (sequences) AND s.relkind = 'S' AND pg_has_role(s.relowner, 'USAGE')
$$;
COMMENT ON FUNCTION _mssql_fdw._locked_by_switch IS 'all that a switch locks exclusively';

-- "ONLY schema.table", of the staging relation where there is one.
CREATE OR REPLACE FUNCTION _mssql_fdw._rows_of(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || coalesce(_mssql_fdw._staged(c.oid), c.oid)::regclass
        FROM pg_class AS c WHERE c.oid = relation);
COMMENT ON FUNCTION _mssql_fdw._rows_of IS 'ONLY schema.table for FROM, of the staging relation where there is one';

-- '::schema.type', where a column's is another one.
CREATE OR REPLACE FUNCTION _mssql_fdw._cast_to(type oid, column_type oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN (SELECT CASE WHEN type = column_type THEN '' ELSE format('::%I.%I', n.nspname, y.typname) END
        FROM pg_type AS y JOIN pg_namespace AS n ON n.oid = y.typnamespace WHERE y.oid = type);
COMMENT ON FUNCTION _mssql_fdw._cast_to IS
    'a cast to the type of a foreign key''s operator, or nothing';

-- A query that finds a row without a partner, by the operators of the key and the types that they
-- take. One constraint of a partitioned table speaks for those of its partitions.
CREATE OR REPLACE FUNCTION _mssql_fdw._foreign_key_query(constraint_id oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM %s AS f LEFT JOIN %s AS p ON %s WHERE p.%I IS NULL AND (%s) LIMIT 1',
                  string_agg(format('f.%I', fa.attname), ', ' ORDER BY u.at), _mssql_fdw._rows_of(k.conrelid), _mssql_fdw._rows_of(k.confrelid),
                  string_agg(format('p.%I%s OPERATOR(%I.%s) f.%I%s', pa.attname, _mssql_fdw._cast_to(o.oprleft, pa.atttypid), n.nspname, o.oprname,
                                    fa.attname, _mssql_fdw._cast_to(o.oprright, fa.atttypid))
                             || CASE WHEN fa.attcollation <> pa.attcollation AND pa.attcollation <> 0
                                     THEN format(' COLLATE %I.%I', cn.nspname, c.collname) ELSE '' END, ' AND ' ORDER BY u.at),
                  min(pa.attname) FILTER (WHERE u.at = 1),
                  string_agg(format('f.%I IS NOT NULL', fa.attname), CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END ORDER BY u.at))
    FROM pg_constraint AS k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u (child, parent, operator, at)
    JOIN pg_attribute AS fa ON fa.attrelid = k.conrelid AND fa.attnum = u.child
    JOIN pg_attribute AS pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
    JOIN pg_operator AS o ON o.oid = u.operator JOIN pg_namespace AS n ON n.oid = o.oprnamespace
    LEFT JOIN pg_collation AS c ON c.oid = pa.attcollation LEFT JOIN pg_namespace AS cn ON cn.oid = c.collnamespace
    WHERE k.oid = constraint_id
    GROUP BY k.conrelid, k.confrelid, k.confmatchtype
$$;
COMMENT ON FUNCTION _mssql_fdw._foreign_key_query IS 'query that finds a row without a partner';

-- Every valid check of the tables and every valid foreign key from or to them, this with a query
-- that finds a row that violates it. `is_dropped`: before a table of `refilled` is.
CREATE OR REPLACE FUNCTION _mssql_fdw._constraint_queries(relations oid[], untrusted text[], refilled oid[])
RETURNS TABLE (id oid, relation oid, subject oid, to_check boolean, query text, message text, key text, parent text, releasable boolean, is_dropped boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH listed AS (
        SELECT k.*, r.relname, f.relname AS parent_name, format('%I.%I %I', n.nspname, r.relname, k.conname) = ANY (untrusted) AS untrusted,
               CASE k.contype WHEN 'c' THEN k.coninhcount = 0 AND NOT r.relhassubclass
                              ELSE k.conparentid = 0 AND r.relkind = 'r' AND f.relkind = 'r' END AS releasable
        FROM pg_constraint AS k
        JOIN pg_class AS r ON r.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = r.relnamespace
        LEFT JOIN pg_class AS f ON f.oid = k.confrelid
        WHERE k.convalidated AND (k.conrelid = ANY (relations) AND k.contype IN ('c', 'f') OR k.confrelid = ANY (relations) AND k.contype = 'f')
    ), valid AS (
        SELECT l.*, NOT (l.untrusted AND l.releasable) AS to_check FROM listed AS l
    )
    SELECT v.oid, v.conrelid, v.conrelid, v.to_check, NULL,
           format('check constraint "%s" of relation "%s" is violated by some row', v.conname, v.relname), NULL, NULL, v.releasable, false
    FROM valid AS v WHERE v.contype = 'c'
    UNION ALL
    SELECT v.oid, v.conrelid, CASE WHEN v.conrelid = ANY (relations) THEN v.conrelid ELSE v.confrelid END, v.to_check,
           CASE WHEN v.to_check THEN _mssql_fdw._foreign_key_query(v.oid) END,
           format('insert or update on table "%s" violates foreign key constraint "%s"', v.relname, v.conname),
           (SELECT string_agg(a.attname, ', ' ORDER BY u.at) FROM unnest(v.conkey) WITH ORDINALITY AS u (attnum, at)
            JOIN pg_attribute AS a ON a.attrelid = v.conrelid AND a.attnum = u.attnum), v.parent_name, v.releasable, v.conrelid = ANY (refilled) OR v.confrelid = ANY (refilled)
    FROM valid AS v WHERE v.contype = 'f' AND NOT EXISTS (SELECT FROM valid AS p WHERE p.oid = v.conparentid)
$$;
COMMENT ON FUNCTION _mssql_fdw._constraint_queries IS
    'constraints that new rows are held against, each with a query that finds a row that violates it';
