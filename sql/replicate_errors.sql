-- Wrong arguments, and what the hints say.
\set SHOW_CONTEXT errors
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
SELECT * FROM replicate_plan('mssql', target_schema => '');
SELECT * FROM replicate_verify('mssql', verify => 'none');
SELECT * FROM replicate_verify('mssql', verify => 'checksum');
SELECT * FROM replicate_schema('mssql', on_existing => 'append');
SELECT * FROM replicate_sequences('nowhere');
SELECT * FROM replicate_verify('nowhere');
SELECT * FROM replicate_table('mssql', NULL);
SELECT * FROM replicate_plan(NULL);
SELECT * FROM replicate_verify(NULL);
SELECT * FROM replicate_plan('mssql', include => ARRAY[NULL]::text[]);
SELECT * FROM replicate_plan('mssql', exclude => ARRAY['rep.%' || chr(92)]);
SELECT * FROM replicate_plan('mssql', options => '{"verify": "none"}');
SELECT * FROM replicate_plan('mssql', include => '{nothing.like.this}');
SELECT count(*) > 0 FROM replicate_plan('mssql', include => '{rep.Product,rep.Prodct}');
SELECT count(*) FROM replicate_plan('mssql', include => '{rep.Product}', exclude => '{%}');
SELECT * FROM replicate_table('mssql', 'rep.Prodct');
SELECT * FROM replicate_table('mssql', 'Product');
SELECT * FROM replicate_table('mssql', '[rep');
SELECT * FROM replicate_table('mssql', 'a.b.c.d');
SELECT * FROM _load('mssql', 'rep', 'Sale', '{Id}', '{int}', 'pg_class', '{nope}', 'x');
-- a statement that fails is all that the context names
BEGIN READ ONLY;
SELECT * FROM replicate_schema('mssql', 'nowhere', include => '{rep.Sale}');
ROLLBACK;
-- rights that lack are found before anything is done
CREATE ROLE replicate_guest;
GRANT USAGE ON FOREIGN SERVER mssql TO replicate_guest;
CREATE SCHEMA closed;
CREATE TABLE closed.sale (id int, productid int, amount int);
GRANT USAGE ON SCHEMA closed TO replicate_guest;
SET ROLE replicate_guest;
SELECT * FROM replicate_plan('mssql', 'closed', '{rep.Sale}', on_existing => 'truncate');
SELECT * FROM replicate_plan('mssql', 'closed', '{rep.Sale}', on_existing => 'replace');
SELECT * FROM replicate_all('mssql', 'closed', '{rep.Sale,rep.Heap}', on_existing => 'skip');
\set VERBOSITY sqlstate
SELECT * FROM replicate_schema('mssql', 'none', '{rep.Sale}');
\set VERBOSITY default
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER mssql FROM replicate_guest;
SET ROLE replicate_guest;
SELECT * FROM replicate_all('mssql', 'closed', '{rep.Sale}');
RESET ROLE;
DROP SCHEMA closed CASCADE;
DROP ROLE replicate_guest;
