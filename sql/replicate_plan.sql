-- The plan: every step as it will run, in a transaction that can change nothing. Data: test/fixtures/replicate.sql.
\set SHOW_CONTEXT never
BEGIN READ ONLY;
\pset format unaligned
SELECT step, kind, source, target, regexp_replace(statement, '(_load.*), \d+, \d+\)$', '\1, ROWS, BYTES)') AS statement, note
FROM replicate_plan('mssql', include => '{rep.%}', exclude => '{%.Sale,%.Heap,%.Empty}');
-- without what can be left out; a parent that is not there
SELECT kind, target, note FROM replicate_plan('mssql', include => '{rep.Product,rep.Sale}', exclude => '{rep.Product}',
    options => '{"indexes": false, "checks": false, "comments": false, "defaults": false, "analyze": false}', verify => 'none');
SELECT kind, target FROM replicate_plan('mssql', include => '{rep.Product}', target_schema => 'shop', verify => 'none',
    options => '{"indexes": false, "checks": false, "comments": false, "defaults": false, "analyze": false, "foreign_keys": false}');
\pset format aligned
COMMIT;
-- and nothing was made
SELECT count(*) FROM pg_namespace WHERE nspname IN ('rep', 'shop');
