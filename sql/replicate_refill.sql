-- Tables that cannot be switched: what differs is written, where rows have a key and nobody else has a part in it; the others are emptied.
\set SHOW_CONTEXT never
SET client_min_messages = error;
CREATE SCHEMA refill;
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.Refill (Id int NOT NULL PRIMARY KEY, Code nvarchar(10) NOT NULL, N decimal(10, 2), T nvarchar(max))');
SELECT mssql_exec('mssql', 'INSERT INTO dbo.Refill VALUES (1, N''a'', 1.00, N''<a/>''), (2, N''b'', 2, NULL), (3, N''c'', NULL, N''<c/>''), (4, N''d'', 4, N''<d/>'')');
\set fill 'SELECT source, rows, status FROM replicate_table(''mssql'', ''dbo.Refill'', ''refill'', on_existing => ''truncate'')'
\set notes 'SELECT notes FROM replicate.run_tables ORDER BY run DESC LIMIT 1'
-- Which rows are as they were on disk, too.
\set remember 'CREATE TEMP TABLE before AS SELECT tableoid AS part, ctid AS at, xmin AS writer FROM refill.refill'
\set compare 'SELECT r.*, EXISTS (SELECT FROM before AS b WHERE (b.part, b.at) = (r.tableoid, r.ctid) AND b.writer = r.xmin) AS untouched FROM refill.refill AS r ORDER BY id; DROP TABLE before'

-- values are compared byte by byte: 1.0 and 1.00, and what has no equality
CREATE TABLE refill.refill (id int PRIMARY KEY, code text NOT NULL, n numeric, t xml);
CREATE PUBLICATION refill FOR TABLE refill.refill;
SELECT kind, target, statement, note FROM replicate_plan('mssql', 'refill', '{dbo.Refill}', on_existing => 'truncate') WHERE kind NOT IN ('isolation', 'load');
:fill;
:notes;
UPDATE refill.refill SET n = 1.0 WHERE id = 1;
UPDATE refill.refill SET n = 0 WHERE id = 3;
DELETE FROM refill.refill WHERE id = 4;
INSERT INTO refill.refill VALUES (9, 'i');
:remember;
:fill;
:compare;
:notes;
:remember;
:fill;
:compare;
:notes;
DROP TABLE refill.refill;

-- keys are compared as their index does, and are written where they are others in bytes
CREATE COLLATION refill.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE refill.refill (id int, code text COLLATE refill.nocase NOT NULL, n numeric, t text COLLATE "C", CONSTRAINT code UNIQUE (code, id));
ALTER TABLE refill.refill ALTER id SET NOT NULL, REPLICA IDENTITY USING INDEX code;
INSERT INTO refill.refill VALUES (1, 'A', 1.00, '<a/>'), (2, 'b', 2.00, NULL);
ALTER PUBLICATION refill SET TABLE refill.refill;
:remember;
:fill;
:compare;
:notes;
DROP TABLE refill.refill;

-- an index may compare in another way than its column
CREATE TABLE refill.refill (id int NOT NULL, code text NOT NULL, n numeric, t text);
CREATE UNIQUE INDEX key ON refill.refill (code COLLATE refill.nocase, id);
ALTER TABLE refill.refill REPLICA IDENTITY USING INDEX key;
INSERT INTO refill.refill VALUES (1, 'A', 1.00, '<a/>');
ALTER PUBLICATION refill SET TABLE refill.refill;
:fill;
:notes;
DROP TABLE refill.refill;

-- a name as long as can be
SELECT mssql_exec('mssql', 'CREATE TABLE dbo.' || rpad('Refill', 63, 'x') || ' (Id int NOT NULL PRIMARY KEY)');
SELECT format('CREATE TABLE refill.%s (id int PRIMARY KEY)', rpad('refill', 63, 'x')), format('ALTER PUBLICATION refill SET TABLE refill.%s', rpad('refill', 63, 'x')) \gexec
SELECT length(target), rows, status FROM replicate_table('mssql', 'dbo.' || rpad('Refill', 63, 'x'), 'refill', on_existing => 'truncate');
:notes;
SELECT format('DROP TABLE refill.%s', rpad('refill', 63, 'x')) \gexec
SELECT mssql_exec('mssql', 'DROP TABLE dbo.' || rpad('Refill', 63, 'x'));

-- what sorts rows has 40 MB, unless somebody has said how much
CREATE TABLE refill.refill (id int PRIMARY KEY, code text, n numeric, t text, own text DEFAULT current_setting('maintenance_work_mem'));
ALTER PUBLICATION refill SET TABLE refill.refill;
:fill;
SELECT DISTINCT own FROM refill.refill;
SET maintenance_work_mem = '50MB';
DELETE FROM refill.refill;
:fill;
SELECT DISTINCT own FROM refill.refill;
RESET maintenance_work_mem;
DROP TABLE refill.refill;

-- values that change places in other unique indexes and exclusion constraints
CREATE TABLE refill.refill (id int PRIMARY KEY, code text UNIQUE, n numeric, t text, EXCLUDE (t WITH =));
INSERT INTO refill.refill VALUES (1, 'b', 1.00, '<c/>'), (2, 'a', 2.00, NULL), (3, 'c', NULL, '<a/>'), (4, 'd', 0, '<d/>'), (5, 'e', 5, NULL);
ALTER PUBLICATION refill SET TABLE refill.refill;
:remember;
:fill;
:compare;
:notes;
DROP TABLE refill.refill;
CREATE TABLE refill.refill (id int PRIMARY KEY, code text, n numeric, t text);
CREATE UNIQUE INDEX ON refill.refill (upper(code));
INSERT INTO refill.refill VALUES (1, 'b', 1.00, '<a/>'), (2, 'a', 2.00, NULL);
ALTER PUBLICATION refill SET TABLE refill.refill;
:fill;
:notes;
DROP TABLE refill.refill;

-- columns that are generated, numbered always, of a domain, or of the table's own: these keep what they have
CREATE DOMAIN refill.code AS varchar(10) CHECK (VALUE <> 'x');
CREATE TABLE refill.refill (twice text GENERATED ALWAYS AS (code || code) STORED, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code refill.code, n numeric, t text,
    own text DEFAULT 'new', other text);
INSERT INTO refill.refill (id, code, n, t, own, other) OVERRIDING SYSTEM VALUE VALUES (1, 'a', 0, '<a/>', 'old', 'old'), (2, 'B', 2.00, NULL, 'old', 'old');
ALTER PUBLICATION refill SET TABLE refill.refill;
:remember;
:fill;
:compare;
:notes;
SELECT mssql_exec('mssql', 'UPDATE dbo.Refill SET Code = N''x'' WHERE Id = 3');
:fill;
SELECT mssql_exec('mssql', 'UPDATE dbo.Refill SET Code = N''c'' WHERE Id = 3');
DROP TABLE refill.refill;

-- rows that go to another partition; a key of one of the partitions
CREATE TABLE refill.refill (id int, code text, n numeric, t text, PRIMARY KEY (code, id)) PARTITION BY LIST (code);
CREATE TABLE refill.refill_a PARTITION OF refill.refill FOR VALUES IN ('a', 'b');
CREATE TABLE refill.refill_b PARTITION OF refill.refill DEFAULT;
CREATE UNIQUE INDEX ON refill.refill_a (n);
INSERT INTO refill.refill VALUES (1, 'a', 2.00, '<a/>'), (2, 'b', 1.00, NULL), (3, 'c', 3, NULL), (4, 'a', 4.00, '<d/>');
:remember;
:fill;
:compare;
:notes;
DROP TABLE refill.refill;
-- a partition alone, and a table that others inherit from
CREATE TABLE refill.whole (id int, code text, n numeric, t text, PRIMARY KEY (id, code)) PARTITION BY RANGE (id);
CREATE TABLE refill.refill PARTITION OF refill.whole FOR VALUES FROM (1) TO (9);
:fill;
:fill;
:notes;
ALTER PUBLICATION refill SET TABLE refill.whole;
ALTER TABLE refill.refill REPLICA IDENTITY NOTHING;
:fill;
:notes;
DROP TABLE refill.whole;
CREATE TABLE refill.refill (id int PRIMARY KEY, code text, n numeric, t text);
CREATE TABLE refill.heir () INHERITS (refill.refill);
INSERT INTO refill.heir VALUES (1, 'heir'), (7, 'heir');
ALTER PUBLICATION refill SET TABLE ONLY refill.refill;
:fill;
:notes;
SELECT count(*) FROM refill.heir WHERE code = 'heir';
DROP TABLE refill.heir;

-- a key that is there twice
DROP TABLE refill.refill;
CREATE TABLE refill.refill (id int, code text NOT NULL, n numeric, t text PRIMARY KEY);
ALTER PUBLICATION refill SET TABLE refill.refill;
SELECT mssql_exec('mssql', 'UPDATE dbo.Refill SET T = N''<a/>'' WHERE Id IN (2, 3)');
:fill;
SELECT mssql_exec('mssql', 'UPDATE dbo.Refill SET T = NULL WHERE Id IN (2, 3)');
:fill;
SELECT count(*) FROM refill.refill;
DROP TABLE refill.refill;

-- what is emptied instead, and why
CREATE TABLE refill.refill (id int PRIMARY KEY, code text, n numeric CONSTRAINT positive CHECK (n > 0), t text);
ALTER PUBLICATION refill SET TABLE refill.refill;
\set why 'SELECT string_agg(kind, '' '') FILTER (WHERE kind IN (''delete'', ''truncate'', ''switch'')) AS steps, max(note) FILTER (WHERE kind = ''stage'') AS note FROM replicate_plan(''mssql'', ''refill'', ''{dbo.Refill}'', on_existing => ''truncate'')'
:why;
ALTER TABLE refill.refill REPLICA IDENTITY NOTHING;
:why;
ALTER TABLE refill.refill REPLICA IDENTITY FULL;
:why;
ALTER TABLE refill.refill ALTER t TYPE xml[] USING NULL;
:why;
ALTER TABLE refill.refill ALTER t TYPE varchar(99)[] USING NULL;
:why;
ALTER TABLE refill.refill ALTER t TYPE text USING NULL, ADD twice text GENERATED ALWAYS AS (code || code) STORED;
:why;
ALTER TABLE refill.refill DROP twice, REPLICA IDENTITY DEFAULT;
ALTER PUBLICATION refill SET (publish = 'insert, truncate');
:why;
ALTER PUBLICATION refill SET (publish = 'insert, update, delete');
:why;
BEGIN ISOLATION LEVEL REPEATABLE READ;
:why;
COMMIT;
CREATE TABLE refill.other (id int REFERENCES refill.refill);
:why;
DROP TABLE refill.other;
CREATE FUNCTION refill.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER no BEFORE TRUNCATE ON refill.refill EXECUTE FUNCTION refill.no();
:why;
ALTER TABLE refill.refill DISABLE TRIGGER no;
:why;
CREATE RULE nothing AS ON DELETE TO refill.refill DO INSTEAD NOTHING;
:why;
DROP RULE nothing ON refill.refill;
ALTER TABLE refill.refill DROP CONSTRAINT refill_pkey, ADD UNIQUE (id), ALTER id DROP NOT NULL;
:why;
ALTER TABLE refill.refill DROP CONSTRAINT refill_id_key, ALTER id SET NOT NULL, ALTER code SET NOT NULL;
CREATE UNIQUE INDEX refill_id_key ON refill.refill (id) WHERE id > 2;
CREATE UNIQUE INDEX ON refill.refill (id, upper(code));
:why;
DROP INDEX refill.refill_id_upper_idx;
ALTER TABLE refill.refill ADD CONSTRAINT refill_pkey PRIMARY KEY (id) DEFERRABLE;
:why;
ALTER TABLE refill.refill DROP CONSTRAINT refill_pkey, ADD PRIMARY KEY (id);
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Refill WITH NOCHECK ADD CONSTRAINT positive CHECK (N > 0)');
:why;
SELECT mssql_exec('mssql', 'ALTER TABLE dbo.Refill DROP CONSTRAINT positive');
:why;
-- a table that is lent
DROP PUBLICATION refill;
CREATE ROLE refill_other;
GRANT USAGE ON FOREIGN SERVER mssql TO refill_other;
GRANT USAGE ON SCHEMA refill TO refill_other;
GRANT SELECT, INSERT, TRUNCATE ON refill.refill TO refill_other;
SET ROLE refill_other;
:why;
RESET ROLE;
GRANT DELETE, UPDATE (id, code, n) ON refill.refill TO refill_other;
SET ROLE refill_other;
:why;
RESET ROLE;
GRANT UPDATE (t) ON refill.refill TO refill_other;
SET ROLE refill_other;
:why;
SELECT source, rows, status FROM replicate_table('mssql', 'dbo.Refill', 'refill', on_existing => 'truncate', options => '{"analyze": false}');
SELECT _mssql_fdw._lock_writers('{refill.refill}', '{}', '{}', '{}');
RESET ROLE;

SELECT mssql_exec('mssql', 'DROP TABLE dbo.Refill');
DROP SCHEMA refill CASCADE;
DROP OWNED BY refill_other;
DROP ROLE refill_other;
