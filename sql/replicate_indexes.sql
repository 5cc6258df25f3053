-- A second run of a table with indexes, checks and statistics that the source does not know.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET default_toast_compression = 'pglz';  -- how long an index row is depends on it
CREATE SCHEMA indexed;
SELECT mssql_exec('mssql', 'CREATE TABLE rep.Indexed (a int NOT NULL CONSTRAINT pk_indexed PRIMARY KEY, b int NOT NULL, c int NOT NULL)');
SELECT mssql_exec('mssql', 'INSERT INTO rep.Indexed VALUES (1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 2, 2)');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');

-- an index stays where it is, wherever new ones go
SET allow_in_place_tablespaces = true;
CREATE TABLESPACE index_place LOCATION '';
CREATE INDEX placed ON indexed.indexed (c) TABLESPACE index_place;
SET default_tablespace = 'index_place';
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
RESET default_tablespace;
SELECT c.relname, s.spcname FROM pg_class AS c LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
WHERE c.relnamespace = 'indexed'::regnamespace AND c.relkind IN ('r', 'i') ORDER BY 1;
DROP INDEX indexed.placed;
DROP TABLESPACE index_place;

-- one that could not be built stays as it is
CREATE UNIQUE INDEX CONCURRENTLY bad ON indexed.indexed (b);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = 'indexed.bad'::regclass;
DELETE FROM indexed.indexed WHERE a IN (2, 4);
REINDEX INDEX indexed.bad;
SELECT indisvalid FROM pg_index WHERE indexrelid = 'indexed.bad'::regclass;
-- an error names the table's own, in its fields too, and what a user's says stays
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
DO $$
DECLARE
    relation text;
    name text;
BEGIN
    PERFORM replicate_table('mssql', 'rep.Indexed', 'indexed');
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS relation = TABLE_NAME, name = CONSTRAINT_NAME;
    RAISE WARNING '% of %', name, relation;
END
$$;
DROP INDEX indexed.bad;
CREATE FUNCTION indexed.refuse(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_setting('indexed.refuse', true) = 'on' THEN
        RAISE 'not for "refused_new"';
    END IF;
    RETURN $1;
END
$$;
CREATE INDEX refused ON indexed.indexed (indexed.refuse(a));
SET indexed.refuse = on;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
RESET indexed.refuse;
DROP INDEX indexed.refused;

-- a collation that is its type's, but not its column's
ALTER TABLE indexed.indexed ADD word text COLLATE "C" DEFAULT 'word';
CREATE INDEX collated ON indexed.indexed (word COLLATE "default", word, (word || 'y') COLLATE "default", (word || 'z') COLLATE "POSIX");
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
ALTER TABLE indexed.indexed DROP word;

-- an expression over the whole row
CREATE FUNCTION indexed.sum(indexed.indexed) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a + $1.b';
CREATE INDEX whole ON indexed.indexed (indexed.sum(indexed));
CREATE INDEX whole_where ON indexed.indexed (a) WHERE indexed.sum(indexed) > 1;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
SET enable_seqscan = off;
SELECT a FROM indexed.indexed AS i WHERE indexed.sum(i) = 6;
RESET enable_seqscan;
DROP INDEX indexed.whole, indexed.whole_where;
-- a check over it, and what is about the table itself
ALTER TABLE indexed.indexed ADD CONSTRAINT whole CHECK (indexed.sum(indexed) > 0);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
ALTER TABLE indexed.indexed DROP CONSTRAINT whole, ADD CONSTRAINT itself CHECK (tableoid = 'indexed.indexed'::regclass);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'indexed.indexed'::regclass AND contype = 'c';
ALTER TABLE indexed.indexed DROP CONSTRAINT itself, ADD home oid GENERATED ALWAYS AS (tableoid) STORED;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
SELECT DISTINCT home::regclass FROM indexed.indexed;
ALTER TABLE indexed.indexed DROP home;

-- statistics of several columns are those of the new rows
CREATE STATISTICS indexed.several (dependencies, mcv) ON b, c FROM indexed.indexed;
ANALYZE indexed.indexed;
SELECT most_common_vals FROM pg_stats_ext WHERE statistics_name = 'several';
SELECT mssql_exec('mssql', 'UPDATE rep.Indexed SET b = 7, c = 8');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Indexed', 'indexed');
SELECT most_common_vals FROM pg_stats_ext WHERE statistics_name = 'several';

-- new rows that do not fit: an index goes, a unique one ends the run
SELECT mssql_exec('mssql', 'CREATE TABLE rep.Link (id int CONSTRAINT pk_link PRIMARY KEY, url varchar(1700) COLLATE Latin1_General_CI_AS, other int, '
    'at datetime2(7) NOT NULL CONSTRAINT uq_link UNIQUE)');
SELECT mssql_exec('mssql', 'CREATE INDEX ix_other ON rep.Link (other) INCLUDE (url)');
SELECT mssql_exec('mssql', 'INSERT INTO rep.Link VALUES (1, ''x'', 1, ''2020-01-01 00:00:00.1234561'')');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Link', 'indexed');
SELECT kind, note FROM replicate_plan('mssql', 'linked', '{rep.Link}') WHERE kind IN ('unique', 'index') AND note IS NOT NULL;
CREATE INDEX by_url ON indexed.link (url);
SELECT * FROM mssql_query('mssql', 'INSERT INTO rep.Link OUTPUT inserted.id VALUES (2, @P1, 1, ''2020-01-02'')',
    (SELECT string_agg(chr(192 + ('x' || left(md5(i::text), 2))::bit(8)::int % 61), '') FROM generate_series(1, 1700) AS i)) AS t (id int);
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Link', 'indexed');
SELECT indexname FROM pg_indexes WHERE schemaname = 'indexed' AND tablename = 'link' ORDER BY indexname COLLATE "C";
SELECT status, warnings FROM replicate.runs ORDER BY id DESC LIMIT 1;
SELECT mssql_exec('mssql', 'INSERT INTO rep.Link VALUES (3, ''y'', 1, ''2020-01-01 00:00:00.1234562'')');
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Link', 'indexed');
ALTER TABLE indexed.link DROP CONSTRAINT uq_link;
SELECT source, rows, status FROM replicate_table('mssql', 'rep.Link', 'indexed');
SELECT mssql_exec('mssql', 'DROP TABLE rep.Link');

SELECT mssql_exec('mssql', 'DROP TABLE rep.Indexed');
DROP SCHEMA indexed CASCADE;
