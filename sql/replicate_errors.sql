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
SELECT kind FROM replicate_plan('mssql', 'isolated', '{rep.Heap}', options => '{"isolation": "read_committed"}') WHERE kind = 'table';
ALTER SERVER mssql OPTIONS (ADD isolation 'repeatable_read');
SELECT * FROM replicate_plan('mssql', options => '{"isolation": "read_committed"}');
ALTER SERVER mssql OPTIONS (DROP isolation);
SELECT * FROM replicate_plan('mssql', options => '[1]');
SELECT * FROM replicate_plan('mssql', on_existing => 'append');
SELECT * FROM replicate_plan('mssql', on_existing => NULL);
SELECT * FROM replicate_plan('mssql', verify => 'checksum');
SELECT * FROM replicate_plan('mssql', verify => 'sum');
SELECT * FROM replicate_plan('mssql', jobs => 65);
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
-- that nothing at all is selected is an error; a sequence is something
SELECT count(*) FROM replicate_plan('mssql', include => '{rep.Product}', exclude => '{%}');
SELECT count(*) FROM replicate_plan('mssql', include => '{}');
SELECT count(*) FROM replicate_plan('mssql', exclude => '{%}');
SELECT kind, source FROM replicate_plan('mssql', include => '{rep.Ticket}');
-- a server without a database reads the login's own
\set host `echo "$MSSQL_TEST_HOST"`
\set port `echo "$MSSQL_TEST_PORT"`
\set user `echo "$MSSQL_TEST_USER"`
\set password `echo "$MSSQL_TEST_PASSWORD"`
\set driver `echo "${MSSQL_TEST_DRIVER:-native}"`
CREATE SERVER errors_other FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host :'host', port :'port', driver :'driver');
CREATE USER MAPPING FOR PUBLIC SERVER errors_other OPTIONS (username :'user', password :'password');
SELECT source, rows, status FROM replicate_all('errors_other', 'nowhere');
SELECT status, warnings, notes FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT source, rows, status FROM replicate_all('errors_other', 'nowhere', '{dbo.%}');
SELECT source, rows, status FROM replicate_all('errors_other', 'nowhere', '{}');
SELECT source, rows, status FROM replicate_table('errors_other', 'rep.Product');
SET client_min_messages = error;
DROP SERVER errors_other CASCADE;
SET client_min_messages = warning;
SELECT * FROM replicate_table('mssql', 'rep.Prodct');
SELECT * FROM replicate_table('mssql', 'Product');
SELECT * FROM replicate_table('mssql', '[rep');
SELECT * FROM replicate_table('mssql', 'a.b.c.d');
BEGIN READ ONLY;
SELECT * FROM replicate_schema('mssql', 'nowhere', include => '{rep.Sale}');
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM replicate_all('mssql', 'nowhere', include => '{rep.Sale}');
ROLLBACK;
-- arguments are checked before the catalog is read, which every function tells; so are options that it makes no use of
SET client_min_messages = notice;
SELECT * FROM replicate_all('mssql', on_existing => 'append');
SELECT * FROM replicate_all('mssql', options => '{"indexs": true}');
SELECT count(*) > 0 FROM replicate_plan('mssql', 'nowhere', '{rep.Heap}');
SELECT count(*) > 0 FROM replicate_verify('mssql', 'nowhere', '{rep.Heap}', options => '{"comments": true, "unlogged": true, "name_case": "lower"}');
SELECT count(*) FROM replicate_sequences('mssql', 'nowhere', '{rep.Heap}', options => '{"unlogged": false}');
BEGIN;
SELECT count(*) > 0 FROM replicate_schema('mssql', 'nowhere', '{rep.Heap}', options => '{"analyze": false}');
ROLLBACK;
SET client_min_messages = warning;
-- a statement that fails is all that the context names
CREATE SCHEMA occupied;
CREATE TYPE occupied.empty AS ENUM ('yes');
SELECT * FROM replicate_schema('mssql', 'occupied', include => '{rep.Empty}');
SELECT * FROM replicate_all('mssql', 'occupied', include => '{rep.Empty}');
DROP SCHEMA occupied CASCADE;
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
GRANT SELECT, INSERT, TRUNCATE ON closed.sale TO replicate_guest;
SET ROLE replicate_guest;
SELECT source, rows, status FROM replicate_all('mssql', 'closed', '{rep.Sale}', on_existing => 'truncate', options => '{"analyze": false}');
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER mssql FROM replicate_guest;
SET ROLE replicate_guest;
SELECT * FROM replicate_all('mssql', 'closed', '{rep.Sale}');
RESET ROLE;
DROP SCHEMA closed CASCADE;
DELETE FROM replicate._run_tables AS t USING replicate._runs AS r WHERE t.run = r.id AND r.role = 'replicate_guest';
DELETE FROM replicate._runs WHERE role = 'replicate_guest';
DROP ROLE replicate_guest;
