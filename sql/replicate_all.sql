-- One call, all of a schema: structure, data, keys, defaults, sequences, comments. Data: test/fixtures/replicate.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT source, target, rows, bytes, elapsed > '0' AS took_time, status
FROM replicate_all('mssql', include => '{rep.%}') ORDER BY source COLLATE "C";
\d rep.product
\d rep.sale
SELECT id, name, price, stock, active, made, tag, ticket, kind, body, total FROM rep.product ORDER BY id;
SELECT * FROM rep.heap ORDER BY a, b;
SELECT obj_description('rep.product'::regclass), col_description('rep.product'::regclass, 3);
-- sequences go on: behind the identity, and behind the sequence that a default draws from
INSERT INTO rep.product (price, kind) VALUES (1, 'c') RETURNING id, name, stock, active, ticket, made IS NOT NULL AS made, tag IS NOT NULL AS tag;
SELECT seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle FROM pg_sequence WHERE seqrelid = 'rep.ticket'::regclass;
-- a second run gives the same again; what was added here is gone, and so is the gap in the numbers
SELECT source, target, rows, status FROM replicate_all('mssql', include => '{rep.%}') ORDER BY source COLLATE "C";
INSERT INTO rep.product (price, kind) VALUES (1, 'c') RETURNING id;
SELECT count(*) FROM pg_constraint WHERE conrelid = 'rep.sale'::regclass AND contype = 'f' AND convalidated;
SELECT * FROM replicate_verify('mssql', include => '{rep.%}') ORDER BY source COLLATE "C";
SELECT * FROM replicate_sequences('mssql', include => '{rep.%}') ORDER BY target;
SELECT * FROM replicate_verify('mssql', include => '{rep.%}') ORDER BY source COLLATE "C";
-- one table, in every spelling
SELECT source, target, rows, status FROM replicate_table('mssql', 'rep.Sale');
SELECT source, target, rows, status FROM replicate_table('mssql', '[rep].[sale]', verify => 'none');
SELECT source, target, rows, status FROM replicate_table('mssql', 'rep.Sale', target_schema => 'elsewhere', options => '{"unlogged": true}');
SELECT relpersistence FROM pg_class WHERE oid = 'elsewhere.sale'::regclass;
-- structure only
SELECT kind, source, target, status, note FROM replicate_schema('mssql', 'empty_copy', include => '{rep.Product,rep.Sale}');
SELECT count(*) FROM empty_copy.product;
SELECT kind, source, target, status, note FROM replicate_schema('mssql', 'empty_copy', include => '{rep.Product,rep.Sale}');
-- names in other cases
SELECT source, target FROM replicate_all('mssql', 'as_it_is', '{rep.Sale}', options => '{"name_case": "preserve"}');
SELECT source, target FROM replicate_all('mssql', 'snake', '{rep.Sale}', options => '{"name_case": "snake"}');
SELECT attrelid::regclass, attname FROM pg_attribute WHERE attrelid IN ('as_it_is."Sale"'::regclass, 'snake.sale'::regclass) AND attnum > 0
ORDER BY attrelid::regclass::text, attnum;
-- rows come frozen, as by COPY FREEZE: an index-only scan needs no VACUUM
SELECT relname, relallvisible = relpages AS all_visible FROM pg_class WHERE oid IN ('rep.product'::regclass, 'rep.sale'::regclass) ORDER BY 1;
-- history
SELECT server, function, arguments - 'jobs' AS arguments, status, rows, source_database IS NOT NULL AS source FROM replicate.runs ORDER BY id LIMIT 2;
SELECT t.source, t.target, t.rows, t.status, t.notes FROM replicate.run_tables AS t
WHERE t.run = (SELECT min(id) FROM replicate.runs) ORDER BY t.source COLLATE "C";
SELECT count(*) FROM replicate.progress;
DROP SCHEMA rep, elsewhere, empty_copy, as_it_is, snake CASCADE;
