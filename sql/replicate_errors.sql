-- Wrong arguments, and what the hints say.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT * FROM replicate_all('nowhere');
SELECT * FROM replicate_plan('mssql', options => '{"indexs": true}');
SELECT * FROM replicate_plan('mssql', options => '{"wholly unknown thing": true}');
SELECT * FROM replicate_plan('mssql', options => '{"indexes": "yes"}');
SELECT * FROM replicate_plan('mssql', options => '{"name_case": "upper"}');
SELECT * FROM replicate_plan('mssql', options => '{"nul_policy": null}');
SELECT * FROM replicate_plan('mssql', options => '{"isolation": "serializable"}');
SELECT * FROM replicate_plan('mssql', options => '[1]');
SELECT * FROM replicate_plan('mssql', on_existing => 'append');
SELECT * FROM replicate_plan('mssql', on_existing => NULL);
SELECT * FROM replicate_plan('mssql', verify => 'checksum');
SELECT * FROM replicate_plan('mssql', verify => 'sum');
SELECT * FROM replicate_plan('mssql', jobs => 4);
SELECT * FROM replicate_plan('mssql', jobs => -1);
SELECT * FROM replicate_plan('mssql', chunk_rows => 0);
SELECT * FROM replicate_plan('mssql', target_schema => 'pg_catalog');
SELECT * FROM replicate_plan('mssql', target_schema => 'replicate');
SELECT * FROM replicate_plan('mssql', include => '{nothing.like.this}');
SELECT count(*) > 0 FROM replicate_plan('mssql', include => '{rep.Product,rep.Prodct}');
SELECT count(*) FROM replicate_plan('mssql', include => '{rep.Product}', exclude => '{%}');
SELECT * FROM replicate_table('mssql', 'rep.Prodct');
SELECT * FROM replicate_table('mssql', 'Product');
SELECT * FROM replicate_table('mssql', '[rep');
SELECT * FROM replicate_table('mssql', 'a.b.c.d');
SELECT * FROM _load('mssql', 'SELECT 1', 'pg_class', '{nope}', 'x');
