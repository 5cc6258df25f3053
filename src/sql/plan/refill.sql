-- Replicate: steps for tables that cannot be switched: partitioned ones, those of other roles,
-- published ones. They are loaded into a table of the same types, domains aside. Where they have a
-- key, what differs is written: rows that have gone are deleted, those that are others are updated,
-- new ones inserted. No reader waits for that. The others are emptied and refilled behind the
-- switch.

-- The table that a table is refilled from: a temporary one, or a worker's. That is not UNLOGGED: where
-- the transaction that makes such a one is rolled back, and PostgreSQL crashes before that is in WAL,
-- it does not start ("could not create file", its BUG #17731).
CREATE OR REPLACE FUNCTION _mssql_fdw._staging_table(model jsonb, t replicate._table) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('%I.%I', coalesce(_mssql_fdw._staging_schema(model), 'pg_temp'), _mssql_fdw._distinct_name(t.target_name, t.source));
COMMENT ON FUNCTION _mssql_fdw._staging_table IS 'name of the table that a table is refilled from';

-- Their columns that are loaded, as they are here. `type`: of the staged column.
CREATE OR REPLACE FUNCTION _mssql_fdw._refilled_columns(model jsonb)
RETURNS TABLE (table_id int, relation oid, ordinal int, name name, attnum int2, is_not_null boolean, is_always boolean, is_domain boolean, type oid, modifier int)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.id, t.relation, c.ordinal, a.attname, a.attnum, a.attnotnull, a.attidentity = 'a', y.typtype = 'd',
           coalesce(nullif(y.typbasetype, 0), a.atttypid), CASE WHEN y.typtype = 'd' THEN y.typtypmod ELSE a.atttypmod END
    FROM _mssql_fdw._tables(model) AS t
    JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.loaded
    JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target
    JOIN pg_type AS y ON y.oid = a.atttypid
    WHERE t.action = 'refill'
$$;
COMMENT ON FUNCTION _mssql_fdw._refilled_columns IS 'loaded columns of the tables that are refilled';

-- The columns of an index over columns alone.
CREATE OR REPLACE FUNCTION _mssql_fdw._key_columns(index oid) RETURNS TABLE (at int, attnum int2, class oid, collation oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.at, i.indkey[k.at], i.indclass[k.at], i.indcollation[k.at]
    FROM pg_index AS i CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k (at) WHERE i.indexrelid = index
$$;
COMMENT ON FUNCTION _mssql_fdw._key_columns IS 'columns of an index, each with its operator class and its collation';

-- By which key rows are told apart: the primary one, or another that holds for each row at once.
CREATE OR REPLACE FUNCTION _mssql_fdw._refill_keys(model jsonb) RETURNS TABLE (table_id int, key oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH c AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._refilled_columns(model)
    ), keys AS (
        SELECT t.table_id, i.indexrelid, i.indisprimary, i.indisreplident, i.indnkeyatts
        FROM (SELECT DISTINCT c.table_id, c.relation FROM c) AS t
        JOIN pg_index AS i ON i.indrelid = t.relation
        JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
        CROSS JOIN LATERAL _mssql_fdw._key_columns(i.indexrelid) AS k
        LEFT JOIN c ON c.relation = i.indrelid AND c.attnum = k.attnum AND c.is_not_null
        WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND NOT i.indisexclusion AND i.indexprs IS NULL AND i.indpred IS NULL
        GROUP BY t.table_id, i.indexrelid, i.indisprimary, i.indisreplident, i.indnkeyatts HAVING count(*) = count(c.attnum)
    )
    SELECT DISTINCT ON (k.table_id) k.table_id, k.indexrelid FROM keys AS k
    ORDER BY k.table_id, k.indisprimary DESC, k.indisreplident DESC, k.indnkeyatts, k.indexrelid
$$;
COMMENT ON FUNCTION _mssql_fdw._refill_keys IS 'keys by which rows of tables that are refilled are told apart';

-- An older snapshot shows neither what others have committed since, nor all rows that are to go.
CREATE OR REPLACE FUNCTION _mssql_fdw._is_read_committed() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
COMMENT ON FUNCTION _mssql_fdw._is_read_committed IS 'whether each statement sees what was committed before it';

-- Of the table or its partitions, whatever they fire for.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_triggers(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM _mssql_fdw._with_partitions(ARRAY[_has_triggers.relation]) AS m JOIN pg_trigger AS g ON g.tgrelid = m.relation
               WHERE (NOT g.tgisinternal OR g.tgparentid <> 0) AND g.tgenabled <> 'D');
COMMENT ON FUNCTION _mssql_fdw._has_triggers IS 'whether triggers of a table or its partitions are enabled';

CREATE OR REPLACE FUNCTION _mssql_fdw._has_rules(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = _has_rules.relation AND r.ev_enabled <> 'D');
COMMENT ON FUNCTION _mssql_fdw._has_rules IS 'whether rules of a table are enabled';

-- How each of them is refilled: by difference over its key; or why not. What fires for TRUNCATE and
-- INSERT would not, or would fire for something else; foreign keys would be held against rows that
-- are yet to come, checks against those that the source does not vouch for; an older snapshot does
-- not show all rows that are to go; and who subscribes has to be told which row that is.
CREATE OR REPLACE FUNCTION _mssql_fdw._refills(model jsonb) RETURNS TABLE (table_id int, key oid, obstacle text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.id, x.relation, k.key FROM _mssql_fdw._tables(model) AS x LEFT JOIN _mssql_fdw._refill_keys(model) AS k ON k.table_id = x.id
        WHERE x.action = 'refill'
    ), members AS MATERIALIZED (
        SELECT m.root, c.oid, c.relkind, c.relam, c.relreplident
        FROM _mssql_fdw._with_partitions(ARRAY(SELECT x.relation FROM t AS x)) AS m JOIN pg_class AS c ON c.oid = m.relation
    ), families AS MATERIALIZED (
        SELECT m.root, p.oid FROM members AS m CROSS JOIN LATERAL (SELECT a.relid FROM pg_partition_ancestors(m.oid) AS a UNION SELECT m.oid) AS p (oid)
    ), published AS MATERIALIZED (
        SELECT f.root, f.oid FROM families AS f WHERE f.oid IN (SELECT p FROM _mssql_fdw._published(ARRAY(SELECT x.oid FROM families AS x)) AS p)
    )
    SELECT t.id, t.key,
           CASE WHEN t.key IS NULL THEN 'it has no unique key over loaded columns that are NOT NULL'
                WHEN NOT _mssql_fdw._is_read_committed() THEN 'the transaction is not READ COMMITTED'
                WHEN t.relation IN (SELECT m.root FROM pg_constraint AS k CROSS JOIN LATERAL (VALUES (k.conrelid), (k.confrelid)) AS e (oid)
                                    JOIN members AS m ON m.oid = e.oid WHERE k.contype = 'f') THEN 'foreign keys go from it or to it'
                WHEN _mssql_fdw._has_triggers(t.relation) THEN 'it has triggers'
                WHEN _mssql_fdw._has_rules(t.relation) THEN 'it has rules'
                WHEN t.relation IN (SELECT m.root FROM members AS m WHERE m.relkind <> 'p'
                                    AND m.relam <> (SELECT h.oid FROM pg_am AS h WHERE h.amname = 'heap')) THEN 'it is not stored in heaps'
                WHEN t.id IN (SELECT u.table_id FROM _mssql_fdw._untrusted(model) AS u WHERE u.kind = 'check')
                    THEN 'it has a check that the source does not vouch for'
                WHEN NOT has_table_privilege(t.relation, 'DELETE')
                  OR t.id IN (SELECT c.table_id FROM _mssql_fdw._refilled_columns(model) AS c
                              WHERE NOT (has_column_privilege(c.relation, c.attnum, 'SELECT') AND has_column_privilege(c.relation, c.attnum, 'UPDATE')))
                    THEN 'you lack DELETE, or UPDATE or SELECT on a column'
                WHEN t.relation IN (SELECT p.root FROM published AS p JOIN members AS m ON m.root = p.root AND m.relkind = 'r'
                                    WHERE NOT _mssql_fdw._has_replica_identity(m.oid, m.relreplident)) THEN 'it is published without a replica identity that finds its rows'
                WHEN t.relation IN (SELECT p.root FROM published AS p JOIN pg_class AS c ON c.oid = p.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
                                    JOIN pg_publication_tables AS v ON v.schemaname = n.nspname AND v.tablename = c.relname
                                    JOIN pg_publication AS b ON b.pubname = v.pubname
                                    WHERE b.pubtruncate AND NOT (b.pubinsert AND b.pubupdate AND b.pubdelete))
                    THEN 'a publication has TRUNCATE, but not all changes of its rows'
                WHEN t.relation IN (SELECT p.root FROM published AS p JOIN pg_publication_rel AS r ON r.prrelid = p.oid CROSS JOIN to_jsonb(r) AS v (row)
                                    WHERE coalesce(v.row ->> 'prqual', v.row ->> 'prattrs') IS NOT NULL) THEN 'not all of its rows or columns are published'
           END
    FROM t
$$;
COMMENT ON FUNCTION _mssql_fdw._refills IS 'how tables are refilled: by difference over a key, or what stands in the way of that';

-- A type that two values of can be compared for equality by.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_equality(type oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN y.typtype = 'd' THEN _mssql_fdw._has_equality(y.typbasetype)
            WHEN y.typtype IN ('e', 'r', 'm') THEN true
            WHEN y.typtype = 'c' THEN false
            WHEN y.typcategory = 'A' AND y.typelem <> 0 THEN _mssql_fdw._has_equality(y.typelem)
            ELSE EXISTS (SELECT FROM pg_opclass AS o JOIN pg_am AS m ON m.oid = o.opcmethod AND m.amname IN ('btree', 'hash')
                         WHERE o.opcdefault AND (o.opcintype = y.oid OR EXISTS (
                             SELECT FROM pg_cast AS c WHERE c.castsource = y.oid AND c.casttarget = o.opcintype AND c.castmethod = 'b' AND c.castcontext = 'i'))) END
    FROM pg_type AS y WHERE y.oid = _has_equality.type
$$;
COMMENT ON FUNCTION _mssql_fdw._has_equality IS 'whether values of a type can be compared for equality; false of composite ones';

-- By all of a row a subscriber finds it by comparing. Before PostgreSQL 18 generated columns were
-- not published, and since then they need not be.
CREATE OR REPLACE FUNCTION _mssql_fdw._has_replica_identity(relation oid, identity "char") RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE identity WHEN 'f' THEN NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
                                                   AND (a.attgenerated <> '' OR NOT _mssql_fdw._has_equality(a.atttypid)))
                         WHEN 'n' THEN false
                         ELSE EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = relation AND i.indisvalid AND i.indimmediate
                                      AND CASE identity WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END) END
$$;
COMMENT ON FUNCTION _mssql_fdw._has_replica_identity IS 'whether subscribers can be told which row of a table is deleted or updated';

-- Columns that no UPDATE may set: those of other unique indexes, of partitions too, where two rows
-- that change places would meet half-way, and identities GENERATED ALWAYS. A row that is another
-- one there is deleted and inserted anew.
CREATE OR REPLACE FUNCTION _mssql_fdw._fixed_columns(relation oid, key oid) RETURNS SETOF name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH others AS MATERIALIZED (
        SELECT i.* FROM _mssql_fdw._with_partitions(ARRAY[_fixed_columns.relation]) AS m
        JOIN pg_index AS i ON i.indrelid = m.relation AND (i.indisunique OR i.indisexclusion)
        JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE i.indexrelid <> key AND (m.relation = m.root OR NOT x.relispartition)
    ), named AS MATERIALIZED (
        SELECT a.attname, a.attgenerated FROM others AS o CROSS JOIN LATERAL _mssql_fdw._key_columns(o.indexrelid) AS k
        JOIN pg_attribute AS a ON a.attrelid = o.indrelid AND a.attnum = k.attnum
    )
    SELECT a.attname FROM pg_attribute AS a
    WHERE a.attrelid = _fixed_columns.relation AND a.attnum > 0
      AND (a.attname IN (SELECT n.attname FROM named AS n)
           OR a.attidentity = 'a' AND a.attnum NOT IN (SELECT k.attnum FROM _mssql_fdw._key_columns(key) AS k)
           -- any column may have a part in these
           OR EXISTS (SELECT FROM others AS o WHERE o.indexprs IS NOT NULL OR o.indpred IS NOT NULL)
           OR EXISTS (SELECT FROM named AS n WHERE n.attgenerated <> ''))
$$;
COMMENT ON FUNCTION _mssql_fdw._fixed_columns IS 'columns that a refill by difference does not update';

-- What the statements of a refill by difference are made of. `matched`: a row of the table, t, and
-- a staged one, s, have the same key, by the operators of its index; other values are compared byte
-- by byte, for 1.0 and 1.00 are equal, and json has no equality. The cast is a way around what the
-- parser makes of two row constructors.
CREATE OR REPLACE FUNCTION _mssql_fdw._differences(model jsonb)
RETURNS TABLE (table_id int, key_columns text, matched text, same text, changed text, assignments text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH r AS MATERIALIZED (
        SELECT x.table_id, x.key, i.indrelid, ARRAY(SELECT f FROM _mssql_fdw._fixed_columns(i.indrelid, x.key) AS f) AS fixed
        FROM _mssql_fdw._refills(model) AS x
        JOIN pg_index AS i ON i.indexrelid = x.key WHERE x.obstacle IS NULL
    ), keys AS (
        SELECT r.table_id, string_agg(format('%I%s %I.%I', a.attname, l.clause, cn.nspname, o.opcname), ', ' ORDER BY k.at) AS columns,
               string_agg(format('t.%I%s OPERATOR(%I.%s) s.%I', a.attname, l.clause, pn.nspname, p.oprname, a.attname), ' AND ' ORDER BY k.at) AS matched
        FROM r CROSS JOIN LATERAL _mssql_fdw._key_columns(r.key) AS k
        JOIN pg_attribute AS a ON a.attrelid = r.indrelid AND a.attnum = k.attnum
        JOIN pg_opclass AS o ON o.oid = k.class JOIN pg_namespace AS cn ON cn.oid = o.opcnamespace
        JOIN pg_amop AS m ON m.amopfamily = o.opcfamily AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype AND m.amopstrategy = 3
        JOIN pg_operator AS p ON p.oid = m.amopopr JOIN pg_namespace AS pn ON pn.oid = p.oprnamespace
        CROSS JOIN LATERAL (SELECT coalesce((SELECT format(' COLLATE %I.%I', ln.nspname, c.collname)
                                             FROM pg_collation AS c JOIN pg_namespace AS ln ON ln.oid = c.collnamespace WHERE c.oid = k.collation), '')) AS l (clause)
        GROUP BY r.table_id
    ), columns AS MATERIALIZED (
        SELECT c.table_id, c.ordinal, c.name, c.is_always, format('t.%I', c.name) || CASE WHEN c.is_domain THEN format('::%I.%I', n.nspname, y.typname) ELSE '' END AS here,
               format('s.%I', c.name) AS staged, c.name = ANY (r.fixed) AS is_fixed
        FROM r JOIN _mssql_fdw._refilled_columns(model) AS c ON c.table_id = r.table_id
        JOIN pg_type AS y ON y.oid = c.type JOIN pg_namespace AS n ON n.oid = y.typnamespace
    ), lists AS (
        SELECT c.table_id, c.is_fixed, string_agg(c.here, ', ' ORDER BY c.ordinal) AS here, string_agg(c.staged, ', ' ORDER BY c.ordinal) AS staged,
               string_agg(format('%I = s.%I', c.name, c.name), ', ' ORDER BY c.ordinal) AS assignments
        FROM columns AS c WHERE c.is_fixed OR NOT c.is_always GROUP BY c.table_id, c.is_fixed
    )
    SELECT r.table_id, k.columns, k.matched,
           coalesce(' AND ROW(' || f.here || ')::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(' || f.staged || ')', ''),
           ' AND ROW(' || u.here || ')::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(' || u.staged || ')', u.assignments
    FROM r JOIN keys AS k ON k.table_id = r.table_id
    LEFT JOIN lists AS f ON f.table_id = r.table_id AND f.is_fixed
    LEFT JOIN lists AS u ON u.table_id = r.table_id AND NOT u.is_fixed
$$;
COMMENT ON FUNCTION _mssql_fdw._differences IS 'what the statements of a refill by difference are made of';

-- A unique index over what is loaded is an error that says which key is there twice, and the way to
-- merge joins, whatever the planner knows of the rows. Readers of tables that are switched wait for
-- all that is behind that. A rule or a trigger may keep rows out, so they are counted once more.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_refill(model jsonb, verify text) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.id, x."position", x.source, x.target, CASE x.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || x.target AS rows,
               _mssql_fdw._staging_table(model, x) AS staged, r.obstacle, d.*
        FROM _mssql_fdw._tables(model) AS x JOIN _mssql_fdw._refills(model) AS r ON r.table_id = x.id
        LEFT JOIN _mssql_fdw._differences(model) AS d ON d.table_id = x.id
    ), lists AS (
        SELECT c.table_id, string_agg(quote_ident(c.name), ', ' ORDER BY c.ordinal) AS targets,
               string_agg(format('%I %s', c.name, format_type(c.type, c.modifier)), ', ' ORDER BY c.ordinal) AS definitions
        FROM _mssql_fdw._refilled_columns(model) AS c GROUP BY c.table_id
    )
    SELECT 60, t."position", 1, t.id, 'stage', t.source, t.target,
           format(CASE WHEN model ->> 'run' IS NULL THEN 'CREATE TEMPORARY TABLE %s (%s) ON COMMIT DROP' ELSE 'CREATE TABLE %s (%s)' END, t.staged, l.definitions),
           concat_ws('; ', 'cannot be switched: ' || coalesce('emptied and refilled, for ' || t.obstacle, 'refilled by difference'), n.note, w.note)
    FROM t JOIN lists AS l ON l.table_id = t.id JOIN _mssql_fdw._table_notes(model) AS n ON n.table_id = t.id LEFT JOIN _mssql_fdw._narrow_columns(model) AS w ON w.table_id = t.id
    UNION ALL
    SELECT 60, t."position", 1, t.id, 'stage rows', t.source, t.target, format('SELECT _mssql_fdw._hide_rows(%L, %L)', t.staged, t.target), NULL
    FROM t WHERE model ->> 'run' IS NOT NULL
    UNION ALL
    SELECT 60, t."position", 4, t.id, 'stage key', t.source, t.target,
           format('CREATE UNIQUE INDEX ON %s (%s)', t.staged, t.key_columns), NULL
    FROM t WHERE t.obstacle IS NULL
    UNION ALL
    SELECT 83, t."position", 1, t.id, 'delete', t.source, t.target,
           format('DELETE FROM %s AS t WHERE NOT EXISTS (SELECT FROM %s AS s WHERE %s%s)', t.rows, t.staged, t.matched, t.same), NULL
    FROM t WHERE t.obstacle IS NULL
    UNION ALL
    SELECT 83, t."position", 2, t.id, 'update', t.source, t.target,
           format('UPDATE %s AS t SET %s FROM %s AS s WHERE %s%s', t.rows, t.assignments, t.staged, t.matched, t.changed), NULL
    FROM t WHERE t.assignments IS NOT NULL
    UNION ALL
    SELECT 83, t."position", 3, t.id, 'insert', t.source, t.target,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s AS s WHERE NOT EXISTS (SELECT FROM %s AS t WHERE %s)',
                  t.target, l.targets, l.targets, t.staged, t.rows, t.matched), NULL
    FROM t JOIN lists AS l ON l.table_id = t.id WHERE t.obstacle IS NULL
    UNION ALL
    SELECT 86, 0, 0, NULL::int, 'truncate', NULL, string_agg(t.target, ', ' ORDER BY t."position"), 'TRUNCATE ' || string_agg(t.rows, ', ' ORDER BY t."position"), NULL
    FROM t WHERE t.obstacle IS NOT NULL HAVING count(*) > 0
    UNION ALL
    SELECT 87, t."position", 0, t.id, 'refill', t.source, t.target,
           format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s', t.target, l.targets, l.targets, t.staged), NULL
    FROM t JOIN lists AS l ON l.table_id = t.id WHERE t.obstacle IS NOT NULL
    UNION ALL
    SELECT CASE WHEN t.obstacle IS NULL THEN 83 ELSE 87 END, t."position", 4, t.id, 'verify', t.source, t.target,
           format('SELECT _mssql_fdw._count_rows(%L), _mssql_fdw._count_rows(%L)', t.staged, t.target), NULL
    FROM t WHERE verify = 'count'
    UNION ALL
    SELECT CASE WHEN t.obstacle IS NULL THEN 83 ELSE 96 END, t."position", 1000, t.id, 'analyze', t.source, t.target, 'ANALYZE ' || t.target, NULL
    FROM t WHERE (model #>> '{options,analyze}')::boolean
    UNION ALL
    SELECT 88, t."position", 0, t.id, 'drop table', t.source, t.staged, 'DROP TABLE ' || t.staged, NULL FROM t
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_refill IS 'steps: refills the tables that cannot be switched';

-- All at once, for who has written into some of them gets to the others: what is written, what is
-- switched or emptied next, and what stays, whose rows are counted.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_lock(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH t AS MATERIALIZED (
        SELECT x.target, x."position", true AS is_written FROM _mssql_fdw._tables(model) AS x
        JOIN _mssql_fdw._refills(model) AS r ON r.table_id = x.id WHERE r.obstacle IS NULL
        UNION ALL
        SELECT x.target, x."position", false FROM _mssql_fdw._tables_that_stay(model) AS x
    )
    SELECT 82, 0, 0, NULL::int, 'lock', NULL::text, string_agg(t.target, ', ' ORDER BY t."position"),
           format('SELECT _mssql_fdw._lock_writers(%L, %L, %L, %L)',
                  ARRAY(SELECT x.target FROM _mssql_fdw._tables(model) AS x WHERE x.action IN ('switch', 'refill') ORDER BY x."position")::text,
                  coalesce(array_agg(t.target ORDER BY t."position") FILTER (WHERE t.is_written), '{}')::text, _mssql_fdw._sequences_in_use(model)::text,
                  coalesce(array_agg(t.target ORDER BY t."position") FILTER (WHERE NOT t.is_written), '{}')::text),
           'against writers, with all that is switched or emptied; readers do not wait'
    FROM t HAVING count(*) > 0
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_lock IS 'step: locks writers out of tables that are written or stay, and of all that is switched or emptied';
