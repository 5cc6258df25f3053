-- All that the extension has in this database, a line (object, aspect, value) each: two databases
-- have the same extension when they answer the same. Numbers of objects and of columns do not count,
-- their order does.
WITH member AS (
    SELECT d.classid, d.objid, i.type || ' ' || i.identity AS object
    FROM pg_depend AS d
    JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'mssql_fdw'
    CROSS JOIN pg_identify_object(d.classid, d.objid, 0) AS i
    WHERE d.deptype = 'e'
), relation AS (
    SELECT m.object, c.*
    FROM member AS m
    JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
                       OR m.classid = 'pg_type'::regclass AND c.oid = (SELECT t.typrelid FROM pg_type AS t WHERE t.oid = m.objid)
), attribute AS (
    SELECT r.object, a.*, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS place, d.adbin
    FROM relation AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
), acl (object, aspect, items) AS (
    SELECT m.object, 'rights', p.proacl FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
    UNION ALL SELECT r.object, 'rights', r.relacl FROM relation AS r
    UNION ALL SELECT a.object, 'rights of column ' || a.attname, a.attacl FROM attribute AS a
    UNION ALL SELECT m.object, 'rights', n.nspacl FROM member AS m JOIN pg_namespace AS n ON m.classid = 'pg_namespace'::regclass AND n.oid = m.objid
    UNION ALL SELECT m.object, 'rights', t.typacl FROM member AS m JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
    UNION ALL SELECT m.object, 'rights', w.fdwacl FROM member AS m
              JOIN pg_foreign_data_wrapper AS w ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid
    UNION ALL SELECT m.object, format('rights at first, %s %s', i.objsubid, i.privtype), i.initprivs
              FROM member AS m JOIN pg_init_privs AS i ON i.classoid = m.classid AND i.objoid = m.objid
), owner (object, role) AS (
    SELECT m.object, p.proowner FROM member AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
    UNION ALL SELECT r.object, r.relowner FROM relation AS r
    UNION ALL SELECT m.object, n.nspowner FROM member AS m JOIN pg_namespace AS n ON m.classid = 'pg_namespace'::regclass AND n.oid = m.objid
    UNION ALL SELECT m.object, t.typowner FROM member AS m JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
    UNION ALL SELECT m.object, w.fdwowner FROM member AS m
              JOIN pg_foreign_data_wrapper AS w ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid
), said (object, aspect, value) AS (
    SELECT object, 'is', 'there' FROM member
    UNION ALL SELECT object, 'owner', role::regrole::text FROM owner
    UNION ALL SELECT object, aspect, (SELECT string_agg(i::text, ' ' ORDER BY i::text) FROM unnest(items) AS i) FROM acl
    UNION ALL SELECT m.object, concat('comment ', a.attname), d.description
              FROM member AS m JOIN pg_description AS d ON d.classoid = m.classid AND d.objoid = m.objid
              LEFT JOIN pg_attribute AS a ON m.classid = 'pg_class'::regclass AND a.attrelid = m.objid AND a.attnum = d.objsubid AND d.objsubid > 0

    UNION ALL SELECT m.object, 'definition', pg_get_functiondef(m.objid) FROM member AS m WHERE m.classid = 'pg_proc'::regclass

    UNION ALL SELECT object, 'kind', concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, reloptions) FROM relation
    UNION ALL SELECT object, 'column ' || place,
                     concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attcollation <> 0 THEN attcollation::regcollation END,
                               CASE WHEN attnotnull THEN 'NOT NULL' END, pg_get_expr(adbin, attrelid), attidentity, attgenerated, attstorage,
                               attcompression)
              FROM attribute
    UNION ALL SELECT object, 'view', pg_get_viewdef(oid) FROM relation WHERE relkind IN ('v', 'm')
    UNION ALL SELECT r.object, 'sequence', concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
              FROM relation AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid
    UNION ALL SELECT r.object, 'constraint ' || c.conname, concat_ws(' ', pg_get_constraintdef(c.oid), c.convalidated)
              FROM relation AS r JOIN pg_constraint AS c ON c.conrelid = r.oid
    UNION ALL SELECT r.object, 'index', concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisreplident, i.indisclustered)
              FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid
    UNION ALL SELECT r.object, 'trigger', concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
              FROM relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL SELECT r.object, 'rule', concat_ws(' ', pg_get_ruledef(w.oid), w.ev_enabled) FROM relation AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL SELECT r.object, 'policy ' || p.polname,
                     concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, r.oid), pg_get_expr(p.polwithcheck, r.oid))
              FROM relation AS r JOIN pg_policy AS p ON p.polrelid = r.oid

    UNION ALL SELECT m.object, 'type', concat_ws(' ', t.typtype, t.typnotnull, format_type(t.typbasetype, t.typtypmod), t.typdefault)
              FROM member AS m JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
    UNION ALL SELECT m.object, 'type''s constraint ' || c.conname, pg_get_constraintdef(c.oid)
              FROM member AS m JOIN pg_constraint AS c ON m.classid = 'pg_type'::regclass AND c.contypid = m.objid
    UNION ALL SELECT m.object, 'labels', string_agg(l.enumlabel, ' ' ORDER BY l.enumsortorder)
              FROM member AS m JOIN pg_enum AS l ON m.classid = 'pg_type'::regclass AND l.enumtypid = m.objid
              GROUP BY m.object

    UNION ALL SELECT m.object, 'wrapper', concat_ws(' ', w.fdwhandler::regprocedure, w.fdwvalidator::regprocedure, w.fdwoptions)
              FROM member AS m JOIN pg_foreign_data_wrapper AS w ON m.classid = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.objid

    UNION ALL SELECT 'extension', 'properties', concat_ws(' ', e.extversion, e.extrelocatable, e.extnamespace::regnamespace, obj_description(e.oid, 'pg_extension'))
              FROM pg_extension AS e WHERE e.extname = 'mssql_fdw'
    UNION ALL SELECT 'extension', 'data in dumps ' || c.relation::regclass, c.condition
              FROM pg_extension AS e CROSS JOIN unnest(e.extconfig, e.extcondition) AS c (relation, condition) WHERE e.extname = 'mssql_fdw'
)
SELECT object, aspect, value FROM said ORDER BY object COLLATE "C", aspect COLLATE "C", value COLLATE "C";
