-- Replicate: what is there already. Everything that on_existing would run into is an error before
-- anything is changed.

-- The first selected table whose target must not be touched, as an error.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_targets(server name, model jsonb, on_existing text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_list text;
    t replicate._table;
    owner_extension name;
BEGIN
    IF on_existing = 'error' THEN
        SELECT string_agg(x.target, ', ' ORDER BY x.position) INTO found_list
        FROM _mssql_fdw._tables(model) AS x WHERE x.relation IS NOT NULL;
        IF found_list IS NOT NULL THEN
            PERFORM _mssql_fdw._raise('42P07', 'target tables already exist', found_list || '.',
                'With on_existing => ''refresh'' copies that an earlier run made are loaded anew, with ''truncate'' all of them, with '
                    '''replace'' they are dropped and made anew, with ''skip'' they are left alone.');
        END IF;
    END IF;
    FOR t IN SELECT * FROM _mssql_fdw._tables(model) AS x
             WHERE x.action IN ('switch', 'refill', 'replace') ORDER BY x.position LOOP
        IF t.relkind NOT IN ('r', 'p') THEN
            PERFORM _mssql_fdw._raise('42809', format('target %s of %s is not a table', t.target, t.source),
                format('A %s has that name.', CASE t.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                    WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' ELSE 'relation' END),
                'Rename it, use another target_schema, or exclude the table.');
        END IF;
        SELECT e.extname INTO owner_extension
        FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = t.relation AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';
        IF FOUND THEN
            PERFORM _mssql_fdw._raise('42809', format('target %s of %s belongs to extension "%s"', t.target, t.source, owner_extension),
                hint => 'Use another target_schema, or exclude the table.');
        END IF;
    END LOOP;
    PERFORM _mssql_fdw._check_ours(server, model) WHERE on_existing = 'refresh';
    PERFORM _mssql_fdw._check_dependent_views(model);
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_targets IS 'error for the first selected table whose target must not be touched';

-- What the ledger does not know is somebody's own, whatever its name and its columns are.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_ours(server name, model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(CASE WHEN k.server IS NULL THEN format('%s was not made by replication', t.target)
                           ELSE format('%s is the copy of %s of server "%s"', t.target,
                                       _mssql_fdw._source_name(k.source_schema, k.source_name), k.server) END, ', ' ORDER BY t.position)
    INTO others
    FROM _mssql_fdw._mapped_tables(model) AS t
    LEFT JOIN _mssql_fdw._copies() AS k ON k.relation = t.relation
    WHERE t.position IS NOT NULL AND t.relation IS NOT NULL
      AND (k.server IS DISTINCT FROM _check_ours.server OR k.source_schema <> t.schema OR k.source_name <> t.name);
    IF others IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('42P07', 'target tables exist that are not copies of these tables', others || '.',
            'on_existing => ''truncate'' takes them over, which empties them, ''replace'' drops them, ''skip'' leaves them alone; '
                'or use another target_schema.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_ours IS 'error for a table that is there and no copy of the ledger''s';

-- Notes that relations are the copies of tables or sequences of the source. Their owner, or who may
-- empty and fill them, may say so: src/pg/copy/run.cpp.
CREATE OR REPLACE FUNCTION _mssql_fdw._claim(server name, source_schemas text[], source_names text[], targets regclass[]) RETURNS void
AS 'MODULE_PATHNAME', 'mssql_fdw_claim' LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION _mssql_fdw._claim IS
    'writes into the ledger that relations are copies of tables or sequences of the source';

-- Called by _claim() as the extension's owner: nobody else may write the table. What a row of this
-- database meant and is gone, no table of that name is in a copy of it either; and what was said of
-- a target's name elsewhere, or by a restore, counts no more. Only rows of the server go, which no
-- other run deletes, and what is known is not written again: runs of other servers do not wait for
-- this one.
CREATE OR REPLACE FUNCTION _mssql_fdw._write_targets(server name, source_schemas text[], source_names text[], targets regclass[]) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM replicate._targets AS o
    WHERE CASE WHEN o.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
               THEN o.server = _write_targets.server AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = o.relation)
               ELSE (o.target_schema, o.target_name) IN (SELECT n.nspname, c.relname FROM pg_class AS c
                                                         JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = ANY (targets)) END;
    WITH claimed AS (
        SELECT n.nspname AS target_schema, c.relname AS target_name, c.oid AS relation, d.oid AS database, pg_get_userbyid(c.relowner) AS owner,
               _write_targets.server, x.schema AS source_schema, x.name AS source_table
        FROM unnest(source_schemas, source_names, targets) AS x (schema, name, target)
        JOIN pg_class AS c ON c.oid = x.target JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_database AS d ON d.datname = current_database()
        EXCEPT
        SELECT o.target_schema, o.target_name, o.relation, o.database, o.owner, o.server, o.source_schema, o.source_table
        FROM replicate._targets AS o
    ), written AS (
        INSERT INTO replicate._targets AS o (target_schema, target_name, relation, database, owner, server, source_schema, source_table)
        SELECT c.* FROM claimed AS c ORDER BY c.target_schema, c.target_name
        ON CONFLICT (target_schema, target_name, database) DO UPDATE SET relation = excluded.relation, owner = excluded.owner,
            server = excluded.server, source_schema = excluded.source_schema, source_table = excluded.source_table
        RETURNING o.relation
    )
    SELECT count(*) FROM written
$$;
COMMENT ON FUNCTION _mssql_fdw._write_targets IS
    'the ledger''s rows for _claim(), which calls it as the extension''s owner';

-- A sequence that stands under the name of one of the source is somebody's own as a table is, and
-- so is its number.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_sequences(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(s.target, ', ' ORDER BY s.target COLLATE "C") INTO others FROM _mssql_fdw._sequences(model) AS s
    WHERE s.relation IS NOT NULL AND NOT s.is_taken;
    IF others IS NOT NULL AND model ->> 'on_existing' IN ('refresh', 'error') THEN
        PERFORM _mssql_fdw._raise('42P07', 'sequences exist that were not made by replication', others || '.',
            'on_existing => ''truncate'' takes them over, which sets their values, ''skip'' leaves them alone; or use another target_schema.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_sequences IS 'error for a sequence that is there and no copy of the ledger''s';

-- The tables that are there, each with all that inherit from it.
CREATE OR REPLACE FUNCTION _mssql_fdw._families(model jsonb) RETURNS TABLE (relation oid, name text, source text, "position" int, action text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE family (relation, source, "position", action) AS (
        SELECT t.relation, t.source, t.position, t.action FROM _mssql_fdw._tables(model) AS t
        WHERE t.action IN ('switch', 'refill', 'keep')
        UNION
        SELECT i.inhrelid, f.source, f.position, f.action FROM family AS f JOIN pg_inherits AS i ON i.inhparent = f.relation
    )
    SELECT f.relation, format('%I.%I', n.nspname, c.relname), f.source, f.position, f.action
    FROM family AS f JOIN pg_class AS c ON c.oid = f.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
$$;
COMMENT ON FUNCTION _mssql_fdw._families IS 'tables of a run that are there, each with all that inherit from it';

-- Writing into a table evaluates what its owner has written: checks, defaults, generated columns,
-- triggers, rules; those of its partitions, too. An owner who is neither the caller nor a superuser
-- would get the caller's rights that way, and so would who owns the function of a trigger, or has
-- written its condition or arguments: TRIGGER on the table is all that it takes to make one, and a
-- refill fires it. (To PostgreSQL 14 a partition's are internal that are its parent's, too.) A count
-- of a table is no code (src/pg/copy/hold.cpp), but where it is a view, or lies elsewhere.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_owners(model jsonb, what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH held AS MATERIALIZED (
        SELECT f.source, f.name, f.position, c.relowner, c.relkind, c.relrowsecurity
        FROM _mssql_fdw._families(model) AS f JOIN pg_class AS c ON c.oid = f.relation
    )
    SELECT h.source, h.name AS target, pg_get_userbyid(h.relowner) AS owner INTO other FROM held AS h
    WHERE NOT _mssql_fdw._is_trusted(h.relowner) AND (what <> 'verify' OR h.relkind IN ('v', 'f') OR h.relrowsecurity)
    ORDER BY h.position, h.name COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('target %s of %s belongs to role %I', other.target, other.source, other.owner),
            format('Checks, defaults, triggers or a query that %I has written would run with the rights of %I.', other.owner, current_user),
            format('Run this as %I; or, when you have read what it evaluates, ALTER TABLE %s OWNER TO %I.', other.owner, other.target, current_user));
    END IF;
    IF what = 'verify' THEN
        RETURN;
    END IF;
    WITH f AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._families(model) AS x
    )
    SELECT f.source, f.name AS target, a.parent, a.owner, a.what INTO other
    FROM _mssql_fdw._untrusted_ancestors(ARRAY(SELECT x.relation FROM f AS x)) AS a JOIN f ON f.relation = a.relation
    ORDER BY f.position, f.name COLLATE "C", a.what COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('target %s of %s evaluates what role %I has written', other.target, other.source, other.owner),
            format('It would run with the rights of %I: %s of %s.', current_user, other.what, other.parent),
            format('Run this as %I; or, when you have read it, ALTER TABLE %s OWNER TO %I.', other.owner, other.parent, current_user));
    END IF;
    WITH f AS MATERIALIZED (
        SELECT x.* FROM _mssql_fdw._families(model) AS x
    )
    SELECT f.source, f.name AS target, i.index, i.kind, i.code, i.owner INTO other
    FROM _mssql_fdw._untrusted_indexes(ARRAY(SELECT x.relation FROM f AS x)) AS i JOIN f ON f.relation = i.relation
    ORDER BY f.position, f.name COLLATE "C", i.index COLLATE "C", i.code COLLATE "C" LIMIT 1;
    IF FOUND AND other.owner IS NULL THEN
        PERFORM _mssql_fdw._raise('42501', format('index "%s" of %s may evaluate what another role has written', other.index, other.target),
            format('It does not show what it calls, and may be of a table that %s was a partition of; it would run with the rights of %I.',
                   other.target, current_user),
            'When you have read it, let a function of your own evaluate it; or drop the index.');
    ELSIF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('index "%s" of %s evaluates a %s of role %I', other.index, other.target, lower(other.kind), other.owner),
            format(CASE other.kind WHEN 'FUNCTION' THEN '%s would run with the rights of %I.'
                   ELSE 'Constraints, casts or functions of %s would run with the rights of %I.' END, other.code, current_user),
            format('When you have read it, ALTER %s %s OWNER TO %I; or drop the index.', other.kind, other.code, current_user));
    END IF;
    WITH fired AS MATERIALIZED (
        SELECT g.tgname, f.name, f.position, p.oid, p.proowner, g.tgnargs > 0 AND p.oid >= 16384 AS has_arguments,
               coalesce(_mssql_fdw._calls_code(g.tgqual), false) AS has_condition
        FROM _mssql_fdw._families(model) AS f
        JOIN pg_trigger AS g ON g.tgrelid = f.relation AND g.tgenabled <> 'D'
        JOIN pg_proc AS p ON p.oid = g.tgfoid
        WHERE f.action = 'refill'
    )
    SELECT f.tgname, f.name AS target, f.oid::regprocedure AS function, pg_get_userbyid(f.proowner) AS owner, f.has_condition,
           _mssql_fdw._is_trusted(f.proowner) AS is_trusted
    INTO other FROM fired AS f
    WHERE f.has_arguments OR f.has_condition OR NOT _mssql_fdw._is_trusted(f.proowner)
    ORDER BY f.position, f.name COLLATE "C", f.tgname COLLATE "C" LIMIT 1;
    IF FOUND AND other.is_trusted THEN
        PERFORM _mssql_fdw._raise('42501', CASE WHEN other.has_condition
                THEN format('condition of trigger "%s" of %s calls more than PostgreSQL''s own IMMUTABLE functions', other.tgname, other.target)
                ELSE format('trigger "%s" of %s gives arguments to %s', other.tgname, other.target, other.function) END,
            format('Whoever may make triggers of the table may have written it, and when the table is refilled it would run with the rights of %I.',
                   current_user),
            format('ALTER TABLE %s DISABLE TRIGGER %I; or let its function have no need of it.', other.target, other.tgname));
    ELSIF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('trigger "%s" of %s calls a function of role %I', other.tgname, other.target, other.owner),
            format('%s would run with the rights of %I when the table is refilled.', other.function, current_user),
            format('When you have read it, ALTER FUNCTION %s OWNER TO %I; or ALTER TABLE %s DISABLE TRIGGER %I.', other.function, current_user,
                   other.target, other.tgname));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_owners IS
    'error where writing into a table would evaluate what an untrusted role has written';

-- Of these types and all that they are made of (base types, elements, attributes, subtypes): what
-- an untrusted role owns. An array is its element's.
CREATE OR REPLACE FUNCTION _mssql_fdw._untrusted_parts(types oid[]) RETURNS TABLE (type oid, part oid, part_name text, owner name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE within (type, part) AS (
        SELECT t.type, t.type FROM unnest(types) AS t (type)
        UNION
        SELECT w.type, p.part
        FROM within AS w JOIN pg_type AS y ON y.oid = w.part CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[y.typbasetype, y.typelem])
            UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE y.oid IN (r.rngtypid, r.rngmultitypid)
            UNION ALL SELECT a.atttypid FROM pg_attribute AS a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ) AS p (part)
    ), parts AS MATERIALIZED (
        SELECT w.type, y.oid, y.typowner FROM within AS w JOIN pg_type AS y ON y.oid = w.part
        WHERE NOT (y.typtype = 'b' AND y.typelem <> 0 AND y.typlen = -1)
    )
    SELECT p.type, p.oid, format_type(p.oid, NULL), pg_get_userbyid(p.typowner) FROM parts AS p WHERE NOT _mssql_fdw._is_trusted(p.typowner)
$$;
COMMENT ON FUNCTION _mssql_fdw._untrusted_parts IS
    'what an untrusted role owns of types and of all that they are made of';

-- Keys from and to these tables compare by the casts of their types. Anybody with REFERENCES on a
-- copy makes one, so that this is asked again when the tables are locked
-- (src/pg/copy/constraint_check.cpp).
CREATE OR REPLACE FUNCTION _mssql_fdw._check_key_types(relations oid[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH compared AS MATERIALIZED (
        SELECT k.conname, n.nspname, c.relname, a.atttypid
        FROM pg_constraint AS k
        JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
        WHERE k.contype = 'f' AND (k.conrelid = ANY (relations) OR k.confrelid = ANY (relations))
    )
    SELECT c.conname, format('%I.%I', c.nspname, c.relname) AS child, u.part_name AS type, u.owner INTO other
    FROM compared AS c JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM compared AS x)) AS u ON u.type = c.atttypid
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C", c.conname COLLATE "C", u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('foreign key "%s" of %s compares type %s of role %I', other.conname, other.child, other.type,
            other.owner),
            format('Casts that %I has written would run with the rights of %I.', other.owner, current_user), 'Drop the foreign key first.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_key_types IS
    'error where a key of these tables would compare by casts of an untrusted role';

-- As above, of types: whoever owns a domain writes its constraints and its default, which a value
-- of it has to pass within an array or a composite, too; whoever owns any type, its casts, which
-- the text of a check or a foreign key may mean. Aligning sequences looks at their columns alone.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_type_owners(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    WITH loaded AS MATERIALIZED (
        SELECT t.target, t.position, a.attnum, a.attname, a.atttypid
        FROM _mssql_fdw._mapped_tables(model) AS t
        JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill', 'keep')
          AND (model ->> 'what' <> 'sequences' OR pg_get_serial_sequence(t.target, a.attname) IS NOT NULL)
    )
    SELECT l.target, l.attname, u.part_name AS type, u.owner, CASE y.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END AS kind INTO other
    FROM loaded AS l JOIN _mssql_fdw._untrusted_parts(ARRAY(SELECT DISTINCT x.atttypid FROM loaded AS x)) AS u ON u.type = l.atttypid
    JOIN pg_type AS y ON y.oid = u.part
    ORDER BY l.position, l.attnum, u.part LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('column "%s" of %s is of type %s, which belongs to role %I', other.attname, other.target,
            other.type, other.owner),
            format('Constraints, defaults or casts that %I has written would run with the rights of %I.', other.owner, current_user),
            format('When you have read them, ALTER %s %s OWNER TO %I; or give the column another type.', other.kind, other.type, current_user));
    END IF;
    PERFORM _mssql_fdw._check_key_types(ARRAY(SELECT t.relation FROM _mssql_fdw._tables(model) AS t
        WHERE t.action IN ('switch', 'refill', 'replace')));
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_type_owners IS
    'error where columns of these tables have types of an untrusted role';

-- DROP TABLE without CASCADE would name the views too, but not say what to do here.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_dependent_views(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dependents text;
BEGIN
    SELECT string_agg(DISTINCT format('%s depends on %s', v.oid::regclass, t.target), ', ') INTO dependents
    FROM _mssql_fdw._mapped_tables(model) AS t
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.relation AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS w ON w.oid = d.objid
    JOIN pg_class AS v ON v.oid = w.ev_class AND v.oid <> t.relation
    WHERE t.position IS NOT NULL AND t.action = 'replace';
    IF dependents IS NOT NULL THEN
        PERFORM _mssql_fdw._raise('2BP01', 'cannot replace tables that views depend on', dependents || '.',
            'Drop the views first, or use on_existing => ''truncate'', which keeps the tables.');
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_dependent_views IS 'error where views stand on a table that is to be replaced';

-- The name_case under which most of the columns are there that are missing; NULL: none.
CREATE OR REPLACE FUNCTION _mssql_fdw._other_name_case(model jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH missing AS MATERIALIZED (
        SELECT t.relation, c.name
        FROM _mssql_fdw._columns(model) AS c
        JOIN _mssql_fdw._mapped_tables(model) AS t ON t.id = c.table_id
        LEFT JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target AND NOT a.attisdropped
        WHERE t.position IS NOT NULL AND t.action IN ('switch', 'refill') AND a.attname IS NULL
    ), matched AS (
        SELECT v.at, v.name_case, count(*) AS columns
        FROM missing AS m CROSS JOIN unnest('{lower,preserve,snake}'::text[]) WITH ORDINALITY AS v (name_case, at)
        JOIN pg_attribute AS a ON a.attrelid = m.relation AND a.attname = _mssql_fdw._local_name(m.name, v.name_case) AND NOT a.attisdropped
        GROUP BY v.at, v.name_case
    )
    SELECT m.name_case FROM matched AS m WHERE m.columns * 2 > (SELECT count(*) FROM missing) ORDER BY m.columns DESC, m.at LIMIT 1
$$;
COMMENT ON FUNCTION _mssql_fdw._other_name_case IS
    'name_case under which most of the missing columns are there; NULL: none';

-- A table that is kept must have a column for each of the source's, and nothing else that must not
-- be NULL.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_columns(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    misfit record;
    other_case text := _mssql_fdw._other_name_case(model);
BEGIN
    WITH t AS MATERIALIZED (
        SELECT * FROM _mssql_fdw._tables(model) AS x
        WHERE x.action IN ('switch', 'refill')
    ), expected AS MATERIALIZED (
        SELECT t.id, t.relation, c.target, c.local_type
        FROM _mssql_fdw._columns(model) AS c JOIN t ON t.id = c.table_id
    ), problems AS (
        SELECT e.id, format('Table %s has no column %I', t.target, e.target) AS problem, format('ADD COLUMN %I %s', e.target, e.local_type) AS mend
        FROM expected AS e JOIN t ON t.id = e.id
        LEFT JOIN pg_attribute AS a ON a.attrelid = e.relation AND a.attname = e.target AND a.attnum > 0 AND NOT a.attisdropped
        WHERE a.attname IS NULL
        UNION ALL
        SELECT t.id, format('Column %I of %s must not be null, and the source has no such column', a.attname, t.target), NULL
        FROM pg_attribute AS a JOIN t ON t.relation = a.attrelid
        JOIN pg_type AS y ON y.oid = a.atttypid
        LEFT JOIN expected AS e ON e.relation = a.attrelid AND e.target = a.attname
        WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attnotnull OR y.typnotnull) AND NOT a.atthasdef AND a.attidentity = ''
          AND y.typdefault IS NULL AND e.id IS NULL
    ), misfits AS (
        SELECT t.source, t.target, string_agg(p.problem, '. ' ORDER BY p.mend IS NULL, p.problem COLLATE "C") AS problems,
               format('ALTER TABLE %s %s', t.target, string_agg(p.mend, ', ' ORDER BY p.mend COLLATE "C")) AS mend, count(p.mend) > 0 AS lacks
        FROM problems AS p JOIN t ON t.id = p.id
        GROUP BY t.source, t.target
    )
    SELECT CASE count(*) WHEN 1 THEN format('table %s cannot take the rows of %s', min(m.target), min(m.source))
                         ELSE format('%s tables cannot take the rows of their sources', count(*)) END AS message,
           string_agg(m.problems, '. ' ORDER BY m.source COLLATE "C") AS problems,
           string_agg(m.mend, '; ' ORDER BY m.source COLLATE "C") FILTER (WHERE m.lacks) || '.' AS mend
    INTO misfit FROM misfits AS m HAVING count(*) > 0;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42804', misfit.message, misfit.problems || '.',
            concat_ws(' ', coalesce('Most of the columns are there under options => ''{"name_case": "' || other_case || '"}''.', misfit.mend),
                'With on_existing => ''replace'' such a table is dropped and made anew.'));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_columns IS
    'error where a kept table lacks a column of the source, or has another that must not be NULL';

-- Columns of kept tables that do not take all that the types of their sources do: altered there, or
-- made so here on purpose.
CREATE OR REPLACE FUNCTION _mssql_fdw._narrow_columns(model jsonb) RETURNS TABLE (table_id int, note text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH typed AS (
        SELECT t.id, c.ordinal, c.target, c.local_type, to_regtype(c.local_type)::oid AS wanted, coalesce(nullif(y.typbasetype, 0), a.atttypid) AS type,
               CASE y.typtype WHEN 'd' THEN y.typtypmod ELSE a.atttypmod END AS modifier, format_type(a.atttypid, a.atttypmod) AS type_name
        FROM _mssql_fdw._tables(model) AS t
        JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.loaded
        JOIN pg_attribute AS a ON a.attrelid = t.relation AND a.attname = c.target
        JOIN pg_type AS y ON y.oid = a.atttypid
        WHERE t.action IN ('switch', 'refill')
    ), sized AS (
        -- precision and scale, or the length
        SELECT p.*, string_to_array(substring(format_type(p.type, p.modifier) FROM '[(]([0-9,]+)[)]'), ',')::int[] AS size,
               string_to_array(coalesce(substring(p.local_type FROM '[(]([0-9,]+)[)]'),
                   CASE p.local_type WHEN 'smallint' THEN '5,0' WHEN 'integer' THEN '10,0' WHEN 'bigint' THEN '19,0' END), ',')::int[] AS wanted_size
        FROM typed AS p WHERE p.type_name <> p.local_type
    )
    SELECT s.id, string_agg(format('column %I is %s, and would be made as %s now', s.target, s.type_name, s.local_type), '; ' ORDER BY s.ordinal)
    FROM sized AS s
    WHERE s.wanted <> s.type AND s.type NOT IN ('text'::regtype, 'varchar'::regtype) AND NOT EXISTS (SELECT FROM pg_cast AS k WHERE k.castsource = s.wanted AND k.casttarget = s.type AND k.castcontext = 'i')
       OR s.size IS NOT NULL AND (s.wanted_size IS NULL OR s.size[2] < s.wanted_size[2]
                                  OR s.size[1] - coalesce(s.size[2], 0) < s.wanted_size[1] - coalesce(s.wanted_size[2], 0))
    GROUP BY s.id
$$;
COMMENT ON FUNCTION _mssql_fdw._narrow_columns IS
    'columns of kept tables that do not take all that the types of their sources do';

-- What a kept table has and the source has not, any more or never: nothing fills it. One with a
-- default is its owner's own.
CREATE OR REPLACE FUNCTION _mssql_fdw._plan_columns_without_source(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 97, t.position, a.attnum::int, t.id, 'column', t.source, t.target, NULL::text,
           format(CASE WHEN r.table_id IS NULL THEN 'column %I has no source: NULL in every row' ELSE 'column %I has no source: NULL in new rows' END, a.attname)
    FROM _mssql_fdw._tables(model) AS t
    LEFT JOIN _mssql_fdw._refills(model) AS r ON r.table_id = t.id AND r.obstacle IS NULL
    JOIN pg_attribute AS a ON a.attrelid = t.relation
    JOIN pg_type AS y ON y.oid = a.atttypid
    LEFT JOIN _mssql_fdw._columns(model) AS c ON c.table_id = t.id AND c.target = a.attname
    WHERE t.action IN ('switch', 'refill') AND a.attnum > 0 AND NOT a.attisdropped AND c.target IS NULL
      AND NOT a.atthasdef AND a.attidentity = '' AND y.typdefault IS NULL
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_columns_without_source IS
    'steps: notes on columns of kept tables that nothing fills';

-- Copies whose source is gone: they stay as they are. The ledger knows them; the patterns and
-- target_schema say which of them are meant.
CREATE OR REPLACE FUNCTION _mssql_fdw._copies_without_source(model jsonb) RETURNS TABLE (source text, target text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT _mssql_fdw._source_name(k.source_schema, k.source_name), format('%I.%I', k.target_schema, k.target_name)
    FROM _mssql_fdw._copies() AS k
    WHERE k.server = model ->> 'server' AND model ->> 'only_table' IS NULL AND k.relkind <> 'S'
      AND k.target_schema = coalesce((model ->> 'target_schema')::name,
                                     _mssql_fdw._local_schema(k.source_schema, model #>> '{options,name_case}'))
      AND (model ->> 'include' IS NULL OR _mssql_fdw._matches(k.source_schema, k.source_name, _mssql_fdw._text_array(model -> 'include')))
      AND NOT _mssql_fdw._matches(k.source_schema, k.source_name, _mssql_fdw._text_array(model -> 'exclude'))
      AND NOT EXISTS (SELECT FROM _mssql_fdw._mapped_tables(model) AS t
                      WHERE t.schema = k.source_schema AND t.name = k.source_name)
$$;
COMMENT ON FUNCTION _mssql_fdw._copies_without_source IS 'copies whose source is gone';

CREATE OR REPLACE FUNCTION _mssql_fdw._plan_copies_without_source(model jsonb) RETURNS SETOF replicate._step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 97, 0, row_number() OVER (ORDER BY o.source COLLATE "C", o.target COLLATE "C")::int, NULL::int, 'copy', o.source, o.target,
           NULL::text, format('copy %s: its source is gone, or hidden from the login; the rows are those of an earlier run', o.target)
    FROM _mssql_fdw._copies_without_source(model) AS o
$$;
COMMENT ON FUNCTION _mssql_fdw._plan_copies_without_source IS 'steps: notes on copies whose source is gone';
