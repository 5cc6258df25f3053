-- Replicate: rights of the caller here. What a run would ask for in its midst, or behind its loads,
-- it asks before anything is changed.

CREATE OR REPLACE FUNCTION _mssql_fdw._row_security_hint(target text, is_owned boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN is_owned THEN format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, or run this as a role with BYPASSRLS.', target)
            ELSE 'Run this as the table''s owner, or as a role with BYPASSRLS.' END;
COMMENT ON FUNCTION _mssql_fdw._row_security_hint IS 'hint for a table whose policies would hide rows from a run';

-- On what is written.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT x.*, n.oid AS namespace, c.relowner
             FROM _mssql_fdw._mapped_tables(model) AS x
             LEFT JOIN pg_namespace AS n ON n.nspname = x.target_schema
             LEFT JOIN pg_class AS c ON c.oid = x.relation
             WHERE x.position IS NOT NULL ORDER BY x.position LOOP
        IF t.namespace IS NULL AND NOT has_database_privilege(current_database(), 'CREATE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for database %I', current_database()),
                format('Schema %I, for %s, is to be made.', t.target_schema, t.source),
                format('GRANT CREATE ON DATABASE %I TO %I, or CREATE SCHEMA %I AUTHORIZATION %2$I.',
                       current_database(), current_user, t.target_schema));
        ELSIF t.action IN ('create', 'replace') AND NOT has_schema_privilege(t.namespace, 'CREATE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for schema %I', t.target_schema),
                format('Table %s, for %s, is to be made.', t.target, t.source),
                format('GRANT CREATE ON SCHEMA %I TO %I, or use another target_schema.', t.target_schema, current_user));
        ELSIF t.action = 'replace' AND NOT pg_has_role(t.relowner, 'USAGE') THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', t.target), format('It is to be replaced by %s.', t.source));
        ELSIF t.action IN ('switch', 'refill') AND NOT (has_table_privilege(t.relation, 'TRUNCATE') AND has_any_column_privilege(t.relation, 'INSERT')
                                                        AND has_any_column_privilege(t.relation, 'SELECT')) THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', t.target),
                format('It is to be emptied and loaded from %s.', t.source),
                format('GRANT SELECT, INSERT, TRUNCATE ON %s TO %I.', t.target, current_user));
        ELSIF t.action = 'refill' AND NOT has_database_privilege(current_database(), 'TEMPORARY') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied to create temporary tables in database %I', current_database()),
                format('Table %s cannot be switched, and is to be refilled from a temporary one.', t.target),
                format('GRANT TEMPORARY ON DATABASE %I TO %I.', current_database(), current_user));
        ELSIF t.action IN ('switch', 'refill') AND row_security_active(t.relation) THEN
            PERFORM _mssql_fdw._raise('0A000', format('row-level security of table %s applies to you', t.target),
                format('It is to be emptied and loaded from %s as a whole.', t.source),
                _mssql_fdw._row_security_hint(t.target, pg_has_role(t.relowner, 'USAGE')));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_privileges IS 'error where the caller lacks a right on what a run writes';

-- What else a table that is refilled takes: all columns are written, and its owner alone sets the
-- sequences of its columns and drops its checks.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_refill_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT x.target, x.source, pg_get_userbyid(r.relowner) AS owner,
                    (SELECT string_agg(quote_ident(c.target), ', ' ORDER BY c.ordinal) FROM _mssql_fdw._columns(model) AS c
                     WHERE c.table_id = x.id AND c.loaded AND NOT has_column_privilege(x.relation, c.target, 'INSERT')) AS closed,
                    NOT pg_has_role(r.relowner, 'USAGE') AS is_lent,
                    (SELECT string_agg(quote_ident(c.target), ', ' ORDER BY c.ordinal) FROM _mssql_fdw._columns(model) AS c
                     WHERE c.table_id = x.id AND c.generator IS NOT NULL AND pg_get_serial_sequence(x.target, c.target) IS NOT NULL) AS numbered,
                    (SELECT string_agg(quote_ident(u.target), ', ' ORDER BY u.target COLLATE "C") FROM _mssql_fdw._untrusted(model) AS u
                     WHERE u.table_id = x.id AND u.kind = 'check') AS checks
             FROM _mssql_fdw._tables(model) AS x JOIN pg_class AS r ON r.oid = x.relation
             WHERE x.action = 'refill' ORDER BY x.position LOOP
        IF t.closed IS NOT NULL THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', t.target),
                format('Columns that are to be loaded from %s: %s.', t.source, t.closed), format('GRANT INSERT ON %s TO %I.', t.target, current_user));
        ELSIF t.is_lent AND (t.numbered IS NOT NULL OR t.checks IS NOT NULL) THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', t.target),
                concat_ws(' ', format('Sequences of columns that %s numbers are to be set: %s.', t.source, t.numbered),
                          format('Checks that %s does not vouch for are to be dropped: %s.', t.source, t.checks)),
                format('Run this as %I.', t.owner));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_refill_privileges IS
    'error where the caller lacks a right that refilling a table takes';

-- Sequences of their own, which are set behind the loads.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_sequence_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
BEGIN
    SELECT q.target, q.source, pg_get_userbyid(c.relowner) AS owner INTO s
    FROM _mssql_fdw._sequences(model) AS q JOIN pg_class AS c ON c.oid = q.relation
    WHERE q.is_taken AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY q.target COLLATE "C" LIMIT 1;
    IF FOUND THEN
        PERFORM _mssql_fdw._raise('42501', format('must be owner of sequence %s', s.target), format('It is to go on where %s is.', s.source),
            format('Run this as %I, or exclude the sequence and what draws from it.', s.owner));
    END IF;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_sequence_privileges IS
    'error where the caller lacks a right on a sequence that a run sets';

-- On tables whose foreign keys are dropped and made again.
CREATE OR REPLACE FUNCTION _mssql_fdw._check_key_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT x.*, pg_get_userbyid(c.relowner) AS owner,
                    pg_has_role(c.relowner, 'USAGE') AS owns_child,
                    NOT x.is_parent_dropped AND NOT has_table_privilege(x.parent, 'REFERENCES')
                        AND NOT (SELECT bool_and(has_column_privilege(x.parent, u.attnum, 'REFERENCES')) FROM unnest(d.confkey) AS u (attnum)) AS lacks_references
             FROM _mssql_fdw._existing_keys(model) AS x
             JOIN pg_constraint AS d ON d.oid = x.id
             JOIN pg_class AS c ON c.oid = x.child
             ORDER BY x.ordinal LOOP
        IF NOT k.owns_child THEN
            PERFORM _mssql_fdw._raise('42501', format('must be owner of table %s', k.child_name),
                format('Its foreign key "%s", to %s, is to be dropped and made again.', k.name, k.parent_name),
                CASE WHEN k.is_parent_dropped THEN 'Use on_existing => ''truncate'', which keeps the table and its keys; or run' ELSE 'Run' END
                    || format(' this as a role that has the rights of %I too.', k.owner));
        ELSIF k.lacks_references THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', k.parent_name),
                format('Foreign key "%s" of %s is to be dropped and made again.', k.name, k.child_name),
                format('GRANT REFERENCES ON %s TO %I.', k.parent_name, current_user));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_key_privileges IS
    'error where the caller lacks a right on tables whose foreign keys are dropped and made again';

-- On the tables at the other ends of foreign keys that new rows are held against before the switch
-- (run/staging.sql).
CREATE OR REPLACE FUNCTION _mssql_fdw._check_partner_privileges(model jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    switched oid[] := ARRAY(SELECT t.relation FROM _mssql_fdw._tables(model) AS t WHERE t.action = 'switch');
    p record;
    said text;
BEGIN
    FOR p IN SELECT format('%I.%I', n.nspname, c.relname) AS target, c.oid, n.nspname, n.oid AS namespace, d.conname, d.conrelid::regclass AS child,
                    pg_has_role(c.relowner, 'USAGE') AS is_owned, has_table_privilege(c.oid, 'SELECT')
                        OR (SELECT bool_and(has_column_privilege(c.oid, u.attnum, 'SELECT')) FROM unnest(e.columns) AS u (attnum)) AS is_readable
             FROM _mssql_fdw._constraint_queries(switched, _mssql_fdw._untrusted_names(model), '{}') AS q
             JOIN pg_constraint AS d ON d.oid = q.id
             CROSS JOIN LATERAL (VALUES (d.conrelid, d.conkey), (d.confrelid, d.confkey)) AS e (relation, columns)
             JOIN pg_class AS c ON c.oid = e.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE q.key IS NOT NULL AND q.query IS NOT NULL AND c.oid <> ALL (switched)
               AND NOT EXISTS (SELECT FROM _mssql_fdw._existing_keys(model) AS x WHERE x.id = d.oid)
             ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", d.conname COLLATE "C" LOOP
        said := format('New rows are to be held against it: foreign key "%s" of %s.', p.conname, p.child);
        IF NOT has_schema_privilege(p.namespace, 'USAGE') THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for schema %I', p.nspname), said,
                format('GRANT USAGE ON SCHEMA %I TO %I.', p.nspname, current_user));
        ELSIF NOT p.is_readable THEN
            PERFORM _mssql_fdw._raise('42501', format('permission denied for table %s', p.target), said,
                format('GRANT SELECT ON %s TO %I.', p.target, current_user));
        ELSIF row_security_active(p.oid) THEN
            PERFORM _mssql_fdw._raise('0A000', format('row-level security of table %s applies to you', p.target), said,
                _mssql_fdw._row_security_hint(p.target, p.is_owned));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION _mssql_fdw._check_partner_privileges IS
    'error where the caller lacks a right on tables that new rows are held against';
