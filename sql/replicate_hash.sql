-- What a load hashes is what stands here afterwards, of every type and however it is kept. Data: test/fixtures/types.sql, types_clr.sql,
-- replicate.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA hash;
SELECT coalesce(max(id), 0) AS before FROM replicate.runs \gset
-- what a load of all columns would have, which are in the source's order
CREATE FUNCTION hash.now(relation regclass) RETURNS uuid LANGUAGE sql AS $$
    SELECT _mssql_fdw._row_hash(relation, ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
                                                AND a.attgenerated = '' ORDER BY a.attnum)) $$;
CREATE FUNCTION hash.loaded(source text) RETURNS uuid LANGUAGE sql AS $$
    SELECT t.hash FROM replicate.run_tables AS t WHERE t.source = loaded.source ORDER BY t.run DESC LIMIT 1 $$;
SELECT count(*) AS odd_texts FROM replicate_all('mssql', include => '{fdw.Nul,fdw_clr.Surrogate}', options => '{"nul_policy": "replace"}');
SELECT count(*) > 17 AS all_others, bool_and(status LIKE 'ok%') AS ok
FROM replicate_all('mssql', include => '{fdw.%,fdw_clr.%,rep.%}', exclude => '{fdw.Nul,fdw_clr.Surrogate}');
SELECT source, rows, hash, hash.now(target) AS differs FROM replicate.run_tables WHERE run > :before AND hash IS DISTINCT FROM hash.now(target);
SELECT count(DISTINCT hash) = count(*) AS distinct, bool_and(hash <> '00000000-0000-0000-0000-000000000000') AS not_zero
FROM replicate.run_tables WHERE run > :before AND rows > 0;
SELECT source, hash FROM replicate.run_tables WHERE run > :before AND rows = 0 ORDER BY source COLLATE "C";
-- each worker's part has it, too
SELECT c.source FROM replicate.run_chunks AS c JOIN replicate.run_tables AS t USING (run, source) WHERE run > :before AND c.hash IS DISTINCT FROM t.hash;
-- a second load has the same, whichever way it goes
SELECT count(*) > 17 AS all_others FROM replicate_all('mssql', include => '{fdw.%,fdw_clr.%,rep.%}', exclude => '{fdw.Nul,fdw_clr.Surrogate}');
SELECT source FROM replicate.run_tables WHERE run > :before GROUP BY source HAVING count(DISTINCT hash) <> 1;

-- order, place and form of values do not count
CREATE TABLE hash.long AS SELECT * FROM fdw.long;
ALTER TABLE hash.long ALTER v SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
UPDATE hash.long SET v = v || '', b = b || '';
SELECT hash.now('hash.long') = hash.loaded('fdw.Long') AS same, pg_column_compression(v) IS NULL AS not_compressed FROM hash.long;
CREATE TABLE hash.reversed (LIKE fdw.many);
INSERT INTO hash.reversed SELECT * FROM fdw.many ORDER BY 1 DESC;
SELECT hash.now('hash.reversed') = hash.loaded('fdw.Many') AS same;
CREATE TABLE hash.numbers (id int, n numeric);
INSERT INTO hash.numbers VALUES (1, 1.50), (2, 1.50::numeric(1000, 64)::numeric(10, 2)), (3, 0.75 + 0.75), (4, round(1.5, 2)), (5, 1.5), (6, 1.500), (7, -1.50), (8, 'NaN'), (9, 0.00), (10, 0);
CREATE TABLE hash.one (n numeric);
CREATE TABLE hash.of_numbers (id int, hash uuid);
SELECT format('TRUNCATE hash.one; INSERT INTO hash.one SELECT n FROM hash.numbers WHERE id = %s; INSERT INTO hash.of_numbers VALUES (%1$s, hash.now(''hash.one''))', id)
FROM hash.numbers ORDER BY id \gexec
SELECT array_agg(id ORDER BY id) AS same FROM hash.of_numbers GROUP BY hash ORDER BY 1;

-- each value does, and its column
CREATE TABLE hash.item (a text, b text);
CREATE TABLE hash.seen (what text, hash uuid);
SELECT format('TRUNCATE hash.item; INSERT INTO hash.item VALUES %s; INSERT INTO hash.seen VALUES (%L, hash.now(''hash.item''))', v, v)
FROM unnest(ARRAY['(''a'', ''bc'')', '(''ab'', ''c'')', '('''', ''abc'')', '(''abc'', '''')', '(''abc'', NULL)', '(NULL, ''abc'')', '(NULL, NULL)', '('''', '''')',
                  '('''', NULL)', '(''a'', ''a'')', '(''a'', ''a''), (''a'', ''a'')', '(''a'', ''a''), (''a'', ''a''), (''a'', ''a'')']) AS v \gexec
SELECT hash, array_agg(what) FROM hash.seen GROUP BY hash HAVING count(*) > 1;
SELECT _mssql_fdw._row_hash('hash.item', '{a,b}') = _mssql_fdw._row_hash('hash.item', '{b,a}') AS same_values,
       _mssql_fdw._row_hash('fdw.dates', '{id,dt}') = _mssql_fdw._row_hash('fdw.dates', '{dt,id}') AS same;
UPDATE fdw.decimals SET id = id;
SELECT hash.now('fdw.decimals') = hash.loaded('fdw.Decimals') AS same;
UPDATE fdw.strings SET vc = vc || ' ' WHERE id = 1;
SELECT hash.now('fdw.strings') = hash.loaded('fdw.Strings') AS same;

-- parts add up to the whole
CREATE TABLE hash.parts (LIKE fdw.many) PARTITION BY HASH (id);
CREATE TABLE hash.part_1 PARTITION OF hash.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hash.part_2 (gone int, LIKE fdw.many);
ALTER TABLE hash.part_2 DROP gone;
ALTER TABLE hash.parts ATTACH PARTITION hash.part_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hash.parts SELECT * FROM fdw.many;
SELECT hash.now('hash.parts') = hash.loaded('fdw.Many') AS same,
       _mssql_fdw._sum_of_hashes(ARRAY[hash.now('hash.part_1'), hash.now('hash.part_2')]) = hash.loaded('fdw.Many') AS adds_up;
SELECT _mssql_fdw._sum_of_hashes('{ffffffff-ffff-ffff-ffff-ffffffffffff,00000000-0000-0000-0000-000000000003}') AS modulo,
       _mssql_fdw._sum_of_hashes('{}') AS nothing, _mssql_fdw._sum_of_hashes('{ffffffff-ffff-ffff-ffff-ffffffffffff,NULL}') AS unknown;

-- tables of one's own: columns in another order and beside, types that the source does not have, a trigger
CREATE TABLE hash.heap (mine int DEFAULT 7, b text, twice int GENERATED ALWAYS AS (a * 2) STORED, a int);
SELECT rows, status FROM replicate_table('mssql', 'rep.Heap', target_schema => 'hash', on_existing => 'truncate');
SELECT _mssql_fdw._row_hash('hash.heap', '{a,b}') = hash.loaded('rep.Heap') AS same, count(mine), count(twice) FROM hash.heap;
DROP TABLE hash.heap;
CREATE TABLE hash.heap (a int, b int) PARTITION BY LIST (a);
CREATE TABLE hash.heap_rest PARTITION OF hash.heap DEFAULT;
SELECT rows, status FROM replicate_table('mssql', 'rep.Heap', target_schema => 'hash', on_existing => 'truncate');
SELECT hash.now('hash.heap') = hash.loaded('rep.Heap') AS same;
CREATE FUNCTION hash.change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := 99; RETURN NEW; END $$;
CREATE TRIGGER change BEFORE INSERT ON hash.heap FOR EACH ROW EXECUTE FUNCTION hash.change();
CREATE TABLE hash.before AS SELECT hash.loaded('rep.Heap') AS hash;
SELECT rows, status FROM replicate_table('mssql', 'rep.Heap', target_schema => 'hash', on_existing => 'truncate');
SELECT hash.now('hash.heap') = hash.loaded('rep.Heap') AS same, hash = hash.loaded('rep.Heap') AS as_the_source_gave_it FROM hash.before;
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.HashOwn (id int NOT NULL, list varchar(40), kind varchar(10), price decimal(9, 2), pair varchar(40), doc nvarchar(100))');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.HashOwn VALUES (1, ''{1,NULL,3}'', ''a'', 1.5, ''(1,"x y")'', N''{"a": [1, 2.50, null]}''), (2, ''{}'', ''b'', NULL, ''(,)'', N''[]''), (3, NULL, NULL, -7, NULL, NULL)');
CREATE TYPE hash.colour AS ENUM ('c', 'b', 'a');
CREATE TYPE hash.pair AS (n int, t text);
CREATE DOMAIN hash.price AS numeric(18, 4) CHECK (VALUE > -1000);
CREATE DOMAIN hash.special AS hash.price CHECK (VALUE <> 13);
CREATE TABLE hash.hashown (id bigint, list int[], kind hash.colour, price hash.special, pair hash.pair, doc jsonb);
SELECT rows, status FROM replicate_table('mssql', 'HashOwn', target_schema => 'hash', on_existing => 'truncate');
SELECT hash.now('hash.hashown') = hash.loaded('dbo.HashOwn') AS same FROM (SELECT count(*) FROM hash.hashown) AS x;
SELECT mssql_exec('mssql', 'DROP TABLE dbo.HashOwn');

-- off
SELECT rows, status FROM replicate_table('mssql', 'rep.Heap', target_schema => 'hash', on_existing => 'truncate', options => '{"row_hash": false}');
SELECT t.rows, t.bytes, t.hash, c.hash AS of_chunk FROM replicate.run_tables AS t LEFT JOIN replicate.run_chunks AS c USING (run, source) ORDER BY t.run DESC LIMIT 1;
SELECT statement ~ ', row_hash => false\)$' AS told FROM replicate_plan('mssql', include => '{rep.Heap}', target_schema => 'hash', on_existing => 'truncate', options => '{"row_hash": false}') WHERE kind = 'load';
SELECT replicate_table('mssql', 'rep.Heap', options => '{"row_hash": "no"}');

-- of what one may read, and nothing else
CREATE VIEW hash.view AS SELECT * FROM hash.item;
SELECT _mssql_fdw._row_hash('hash.view', '{a}');
SELECT _mssql_fdw._row_hash('hash.item', '{a,c}');
SELECT _mssql_fdw._row_hash('hash.item', '{a,ctid}');
CREATE ROLE hash_reader;
GRANT USAGE ON SCHEMA hash TO hash_reader;
GRANT SELECT (a) ON hash.item TO hash_reader;
SELECT 'fdw.many'::regclass::oid AS elsewhere \gset
SET ROLE hash_reader;
SELECT _mssql_fdw._row_hash('hash.item', '{a}') IS NOT NULL AS may;
SELECT _mssql_fdw._row_hash('hash.item', '{a,b}');
SELECT _mssql_fdw._row_hash(:elsewhere, '{id}');
RESET ROLE;
ALTER TABLE hash.item ENABLE ROW LEVEL SECURITY;
SET ROLE hash_reader;
SELECT _mssql_fdw._row_hash('hash.item', '{a}');
RESET ROLE;
SELECT _mssql_fdw._row_hash('hash.item', '{a}') IS NOT NULL AS owner_may;
DROP SCHEMA hash, fdw, fdw_clr, rep CASCADE;
DROP ROLE hash_reader;
