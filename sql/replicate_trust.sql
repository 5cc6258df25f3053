-- Whose code runs with whose rights, and what nobody can do to rows that are staged. Data: test/fixtures/replicate.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA trust;
CREATE ROLE trust_owner;
CREATE ROLE trust_caller;
GRANT USAGE ON FOREIGN SERVER mssql TO trust_owner, trust_caller;
GRANT CREATE, USAGE ON SCHEMA trust TO trust_owner, trust_caller;

-- the steps of a run are nothing to be called by hand, not behind one that failed either
SET ROLE trust_owner;
CREATE TABLE trust.bytes (a bytea);
SELECT _mssql_fdw._stage('trust.bytes');
SELECT _mssql_fdw._stage_index('trust.bytes', 'trust.bytes');
SELECT * FROM _mssql_fdw._switch('{trust.bytes}', '{}', '{}', '{}', true);
SELECT * FROM _mssql_fdw._load('mssql', 'rep', 'Sale', '{Id}', '{int}', 'trust.bytes', '{a}', 'rep.Sale');
BEGIN;
SAVEPOINT one;
SELECT * FROM replicate_table('mssql', 'rep.Prodct', 'trust');
ROLLBACK TO one;
SELECT _mssql_fdw._stage('trust.bytes');
ROLLBACK;
DROP TABLE trust.bytes;

-- code that a run calls can alter what is staged, or write it: then nothing is switched
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap,rep.Sale,rep.Product}');
CREATE FUNCTION trust.spoil(statement text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(statement, 'trust.pg_temp_' || 'trust.heap'::regclass::oid);
    RETURN 1;
EXCEPTION WHEN undefined_table OR undefined_column OR duplicate_column THEN
    RETURN 0;
END
$$;
ALTER TABLE trust.product ADD spoilt int;
ALTER TABLE trust.sale ADD spoilt int;
\set run 'SELECT source, rows, status FROM replicate_all(''mssql'', ''trust'', ''{rep.Heap,rep.Sale,rep.Product}'', options => ''{"analyze": false}'');'
ALTER TABLE trust.sale ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s ALTER a TYPE bigint');
ALTER TABLE trust.product ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s ALTER a TYPE bigint');
:run
ALTER TABLE trust.sale ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s ADD c int');
ALTER TABLE trust.product ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s ADD c int');
:run
ALTER TABLE trust.sale ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s RENAME a TO c');
ALTER TABLE trust.product ALTER spoilt SET DEFAULT trust.spoil('ALTER TABLE %s RENAME a TO c');
:run
-- nor does it call a step
CREATE FUNCTION trust.load_again() RETURNS int LANGUAGE sql AS $$
    SELECT rows::int FROM _mssql_fdw._load('mssql', 'rep', 'Heap', '{A,B}', '{int,int}', 'trust.heap', '{a,b}', 'rep.Heap')
$$;
ALTER TABLE trust.sale ALTER spoilt SET DEFAULT trust.load_again();
ALTER TABLE trust.product ALTER spoilt DROP DEFAULT;
:run
ALTER TABLE trust.sale DROP spoilt;
ALTER TABLE trust.product DROP spoilt;
ALTER TABLE trust.sale ADD CONSTRAINT spoilt CHECK (trust.spoil('DELETE FROM %s') >= 0);
:run
ALTER TABLE trust.sale DROP CONSTRAINT spoilt;
ALTER TABLE trust.sale ADD CONSTRAINT locking CHECK (trust.spoil('SELECT FROM trust.product FOR SHARE') >= 0);
:run
ALTER TABLE trust.sale DROP CONSTRAINT locking;
-- nor what the run goes by
CREATE FUNCTION trust.forge() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    FOR model IN 1..1000 LOOP
        BEGIN
            PERFORM _mssql_fdw._keep_rows(model, '{}'::replicate._table[]);
            RETURN true;
        EXCEPTION WHEN undefined_object THEN
            CONTINUE;
        END;
    END LOOP;
    RETURN true;
END
$$;
ALTER TABLE trust.sale ADD CONSTRAINT forging CHECK (trust.forge());
:run
ALTER TABLE trust.sale DROP CONSTRAINT forging;
SELECT count(*) FROM trust.heap;
:run

-- a superuser, or any other role, does not evaluate what the owner has written
CREATE TABLE trust.log (who name);
CREATE FUNCTION trust.note(anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO trust.log VALUES (current_user); RETURN true; END $$;
ALTER TABLE trust.heap ADD CHECK (trust.note(a));
TRUNCATE trust.log;
GRANT ALL ON trust.heap TO trust_caller;
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
SELECT kind FROM replicate_plan('mssql', 'trust', '{rep.Heap}');
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
SET ROLE trust_caller;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
RESET ROLE;
TABLE trust.log;
-- nor by a view of the table's name that is counted, or by a partition
SET ROLE trust_owner;
CREATE VIEW trust.empty AS SELECT trust.note(1);
RESET ROLE;
SELECT status FROM replicate_verify('mssql', 'trust', '{rep.Empty}');
CREATE TABLE trust.parted (a int, b int) PARTITION BY LIST (a);
ALTER TABLE trust.heap DROP CONSTRAINT heap_a_check;
ALTER TABLE trust.heap RENAME TO part;
ALTER TABLE trust.parted ATTACH PARTITION trust.part DEFAULT;
ALTER TABLE trust.parted RENAME TO heap;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
DROP TABLE trust.heap;
TABLE trust.log;
-- a copy that was dropped speaks for no table of its name, in a copy of the database neither, and who restores speaks for himself
SET ROLE trust_owner;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
RESET ROLE;
UPDATE replicate._targets SET database = 1 WHERE target_schema = 'trust';
SET ROLE trust_owner;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
RESET ROLE;
UPDATE replicate._targets SET database = 1 WHERE target_schema = 'trust';
DROP TABLE trust.heap;
CREATE TABLE trust.heap (a int, b int);
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
DELETE FROM replicate._targets WHERE target_schema = 'trust';
GRANT INSERT ON replicate._targets TO trust_owner;
SET ROLE trust_owner;
INSERT INTO replicate._targets SELECT 'trust', 'heap', 'trust.heap'::regclass, d.oid, 'postgres', 'mssql', 'rep', 'Heap'
FROM pg_database AS d WHERE d.datname = current_database();
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
REVOKE INSERT ON replicate._targets FROM trust_owner;
DROP TABLE trust.product, trust.sale, trust.heap;
CREATE TABLE trust.gone (a int);
SELECT _mssql_fdw._claim('mssql', '{rep}', '{Heap}', '{trust.gone}');
DROP TABLE trust.gone;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
SELECT target_name, owner = current_user AS mine FROM replicate._targets WHERE target_schema = 'trust';
-- a sequence of one's own keeps its number
DELETE FROM replicate._targets WHERE target_name = 'ticket';
DROP TABLE trust.heap;
DROP SEQUENCE trust.ticket;
CREATE SEQUENCE trust.ticket START 4711;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap,rep.Ticket}');
SELECT sequence, status FROM replicate_sequences('mssql', 'trust', '{rep.Heap,rep.Ticket}') WHERE target = 'trust.ticket';
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap,rep.Ticket}', on_existing => 'skip');
SELECT last_value FROM trust.ticket;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap,rep.Ticket}', on_existing => 'truncate');
SELECT last_value FROM trust.ticket;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap,rep.Ticket}');
-- and that one copy is there does not make a copy of another
CREATE SCHEMA trust_too;
CREATE SEQUENCE trust_too.ticket START 7777;
SELECT source, rows, status FROM replicate_all('mssql', 'trust_too', '{rep.Heap,rep.Ticket}');
SELECT last_value FROM trust_too.ticket;
DROP SCHEMA trust_too CASCADE;
-- nor does a value pass the constraints of another role's domain, wherever it is in a type
SET ROLE trust_owner;
CREATE DOMAIN trust.word AS text DEFAULT 'x' CHECK (trust.note(VALUE));
RESET ROLE;
CREATE TYPE trust.words AS (words trust.word[]);
CREATE DOMAIN trust.phrase AS trust.words;
ALTER TABLE trust.heap ADD phrase trust.phrase;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
SELECT target, status FROM replicate_sequences('mssql', 'trust', '{rep.Heap}');
ALTER TABLE trust.heap DROP phrase, ADD word trust.word DEFAULT NULL;
TRUNCATE trust.log;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
TABLE trust.log;
ALTER DOMAIN trust.word OWNER TO CURRENT_USER;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
ALTER TABLE trust.heap DROP word;
-- whoever takes the name that a staging relation gets stops no run, and a trigger of his is not fired by the refill
GRANT TRIGGER ON trust.heap TO trust_owner;
SET ROLE trust_owner;
CREATE FUNCTION trust.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER fire BEFORE INSERT ON trust.heap FOR EACH ROW EXECUTE FUNCTION trust.fire();
DO $$ BEGIN EXECUTE format('CREATE TABLE trust.pg_temp_%s ()', 'trust.heap'::regclass::oid); END $$;
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
ALTER TABLE trust.heap DISABLE TRIGGER fire;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
DROP TRIGGER fire ON trust.heap;
DO $$ BEGIN EXECUTE format('DROP TABLE trust.pg_temp_%s', 'trust.heap'::regclass::oid); END $$;
-- who owns the database may set the numbers of runs
SELECT setval('replicate.run_id', 9223372036854775807) > 0 AS used_up;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
-- a key over another role's type would call his casts
SET ROLE trust_owner;
CREATE DOMAIN trust.number AS int;
RESET ROLE;
CREATE TABLE trust.numbers (number trust.number PRIMARY KEY);
ALTER TABLE trust.heap ADD FOREIGN KEY (b) REFERENCES trust.numbers NOT VALID;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
-- nor is a key made to a table of his that has such a type
SET ROLE trust_owner;
CREATE TYPE trust.shade AS ENUM ('x');
CREATE TABLE trust.product (id trust.shade PRIMARY KEY);
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Sale}');
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Sale}', options => '{"foreign_keys": false}');
-- whoever refers to a copy has what its planning evaluates read first
DROP TABLE trust.numbers, trust.product CASCADE;
\set run 'SELECT source, rows, status FROM replicate_all(''mssql'', ''trust'', ''{rep.Product}'');'
:run
GRANT REFERENCES ON trust.product TO trust_owner;
SET ROLE trust_owner;
CREATE FUNCTION trust.folded(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN trust.note($1); END $$;
CREATE TABLE trust.child (id int REFERENCES trust.product);
CREATE INDEX child_id ON trust.child (id) WHERE trust.folded(1);
RESET ROLE;
:run
SET ROLE trust_owner;
DROP INDEX trust.child_id;
CREATE STATISTICS trust.child_id ON (CASE WHEN trust.folded(1) THEN id END), id FROM trust.child;
RESET ROLE;
:run
SET ROLE trust_owner;
DROP STATISTICS trust.child_id;
CREATE INDEX ON trust.child (abs(id)) WHERE id > 0;
CREATE TABLE trust.children (id int REFERENCES trust.product) PARTITION BY LIST (id);
CREATE TABLE trust.grandchild PARTITION OF trust.children DEFAULT;
RESET ROLE;
:run
SET ROLE trust_owner;
CREATE INDEX grandchild_id ON trust.grandchild (id) WHERE trust.folded(1);
RESET ROLE;
:run
SET ROLE trust_owner;
DROP INDEX trust.grandchild_id;
CREATE TABLE trust.divided (id int) PARTITION BY HASH ((id + length(trust.folded(1)::text)));
CREATE INDEX grandchild_id ON trust.grandchild (id) WHERE satisfies_hash_partition('trust.divided'::regclass, 4, 0, 1);
RESET ROLE;
:run
-- and the key of what a table is a partition of
SET ROLE trust_owner;
DROP TABLE trust.children, trust.child;
CREATE TABLE trust.above (id int) PARTITION BY RANGE ((id + length(trust.folded(1)::text)));
CREATE TABLE trust.children PARTITION OF trust.above FOR VALUES FROM (0) TO (1000) PARTITION BY RANGE (id);
CREATE TABLE trust.child PARTITION OF trust.children FOR VALUES FROM (0) TO (1000);
ALTER TABLE trust.children ADD FOREIGN KEY (id) REFERENCES trust.product;
RESET ROLE;
ALTER TABLE trust.children OWNER TO CURRENT_USER;
ALTER TABLE trust.child OWNER TO CURRENT_USER;
TRUNCATE trust.log;
:run
DROP TABLE trust.above;
ALTER TABLE trust.heap RENAME TO heap_aside;
SET ROLE trust_owner;
CREATE TABLE trust.above (a int NOT NULL, b int) PARTITION BY RANGE ((a + length(trust.folded(1)::text)));
CREATE TABLE trust.heap PARTITION OF trust.above DEFAULT;
RESET ROLE;
ALTER TABLE trust.heap OWNER TO CURRENT_USER;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
SELECT source, status FROM replicate_verify('mssql', 'trust', '{rep.Heap}');
SELECT who FROM trust.log WHERE who <> 'trust_owner';
DROP TABLE trust.above;
-- an index of that is one of the table, too
SET ROLE trust_owner;
CREATE TABLE trust.above (a int NOT NULL, b int) PARTITION BY LIST (a);
CREATE TABLE trust.heap PARTITION OF trust.above DEFAULT;
RESET ROLE;
ALTER TABLE trust.heap OWNER TO CURRENT_USER;
SET ROLE trust_owner;
CREATE INDEX above_b ON trust.above (b) WHERE trust.folded(1);
RESET ROLE;
TRUNCATE trust.log;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
-- and stays one
SET ROLE trust_owner;
ALTER TABLE trust.above DETACH PARTITION trust.heap;
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}', on_existing => 'truncate');
SELECT source, status FROM replicate_verify('mssql', 'trust', '{rep.Heap}');
TABLE trust.log;
DROP TABLE trust.heap, trust.above;
-- a trigger, too; and whatever an index evaluates: a type, which he may alter yet, a function that opens his table, and what does not
-- show what it calls
SET ROLE trust_owner;
CREATE DOMAIN trust.dom AS int CHECK (trust.note(VALUE));
CREATE TYPE trust.pair AS (dom trust.dom);
CREATE FUNCTION trust.distance(int, int) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM trust.note($1); RETURN 1; END $$;
CREATE TYPE trust.span AS RANGE (subtype = int, subtype_diff = trust.distance);
CREATE TABLE trust.above (a int, b int) PARTITION BY LIST (a);
CREATE TABLE trust.heap PARTITION OF trust.above DEFAULT;
CREATE TRIGGER fire BEFORE INSERT ON trust.above FOR EACH ROW EXECUTE FUNCTION trust.fire();
RESET ROLE;
ALTER TABLE trust.heap OWNER TO CURRENT_USER;
\set run 'SELECT source, rows, status FROM replicate_all(''mssql'', ''trust'', ''{rep.Heap}'', on_existing => ''truncate'');'
:run
SET ROLE trust_owner;
DROP TRIGGER fire ON trust.above;
CREATE INDEX i1 ON trust.above ((b::trust.dom));
CREATE INDEX i2 ON trust.above (a) WHERE ROW(b)::trust.pair IS NOT NULL;
CREATE INDEX i3 ON trust.above (a) WHERE ARRAY[b]::trust.dom[] IS NOT NULL;
CREATE INDEX i4 ON trust.above USING gist ((CASE WHEN b > 0 THEN '[1,2)'::trust.span END));
CREATE INDEX i5 ON trust.above (a) WHERE b = 1::trust.dom;
CREATE INDEX i6 ON trust.above (a) WHERE satisfies_hash_partition('trust.divided'::regclass, 4, 0, 1);
CREATE INDEX i7 ON trust.above (a) WHERE satisfies_hash_partition('trust.divided'::regclass, 4, 0, b);
CREATE INDEX i8 ON trust.above (a) WHERE xmlelement(NAME x, b) IS NOT NULL;
ALTER TABLE trust.above DETACH PARTITION trust.heap;
RESET ROLE;
SELECT format('ALTER INDEX %s RENAME TO heap_%s', i.indexrelid::regclass, row_number() OVER (ORDER BY i.indexrelid))
FROM pg_index AS i WHERE i.indrelid = 'trust.heap'::regclass \gexec
TRUNCATE trust.log;
SELECT source, status FROM replicate_verify('mssql', 'trust', '{rep.Heap}');
TABLE trust.log;
:run
DROP INDEX trust.heap_1;
:run
DROP INDEX trust.heap_2;
:run
DROP INDEX trust.heap_3;
:run
DROP INDEX trust.heap_4;
:run
DROP INDEX trust.heap_5;
:run
DROP INDEX trust.heap_6;
:run
DROP INDEX trust.heap_7;
:run
-- of a table that is joined, too
SET ROLE trust_owner;
CREATE TABLE trust.roots (id int) PARTITION BY LIST (id);
CREATE TABLE trust.child PARTITION OF trust.roots DEFAULT;
ALTER TABLE trust.child ADD FOREIGN KEY (id) REFERENCES trust.product;
RESET ROLE;
ALTER TABLE trust.child OWNER TO CURRENT_USER;
SET ROLE trust_owner;
CREATE INDEX ON trust.roots (id) WHERE id = 1::trust.dom;
CREATE INDEX ON trust.roots (id) WHERE satisfies_hash_partition('trust.divided'::regclass, 4, 0, 1);
ALTER TABLE trust.roots DETACH PARTITION trust.child;
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Product}');
DROP INDEX trust.child_id_idx1;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Product}');
TABLE trust.log;
DROP TABLE trust.heap, trust.above, trust.child, trust.roots;
ALTER TABLE trust.heap_aside RENAME TO heap;
-- an index of one's own may have functions, types and casts of one's own and of PostgreSQL
CREATE FUNCTION trust.twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * $1';
CREATE DOMAIN trust.own_dom AS int CHECK (VALUE > -100);
CREATE TYPE trust.own_pair AS (dom trust.own_dom);
CREATE TYPE trust.own_span AS RANGE (subtype = int);
CREATE INDEX heap_1 ON trust.heap (trust.twice(a), (b::text COLLATE "C") text_pattern_ops, greatest(a, b), ((ARRAY[a, b])[1]));
CREATE INDEX heap_2 ON trust.heap ((b::trust.own_dom), ((ROW(b)::trust.own_pair).dom)) WHERE ROW(a, b) < ROW(1000, 1000);
CREATE INDEX heap_3 ON trust.heap USING gist ((CASE WHEN b > 0 THEN '[1,2)'::trust.own_span END));
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Heap}');
SELECT source, status FROM replicate_verify('mssql', 'trust', '{rep.Heap}');
DROP INDEX trust.heap_1, trust.heap_2, trust.heap_3;
-- so has whoever owns what a new key refers to
DROP TABLE trust.product;
DROP TABLE IF EXISTS trust.sale;
SET ROLE trust_owner;
CREATE TABLE trust.product (id int PRIMARY KEY);
CREATE INDEX product_id ON trust.product (id) WHERE trust.folded(1);
RESET ROLE;
SELECT source, rows, status FROM replicate_all('mssql', 'trust', '{rep.Sale}');
-- a trigger's condition and arguments are anybody's who may make triggers
\set run 'SELECT source, rows, status FROM replicate_all(''mssql'', ''trust'', ''{rep.Heap}'');'
CREATE FUNCTION trust.pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
DO $$ BEGIN EXECUTE format('CREATE TABLE trust.pg_temp_%s ()', 'trust.heap'::regclass::oid); END $$;
SET ROLE trust_owner;
CREATE TRIGGER pass BEFORE INSERT ON trust.heap FOR EACH ROW WHEN (trust.folded(NEW.a)) EXECUTE FUNCTION trust.pass();
RESET ROLE;
:run
DROP TRIGGER pass ON trust.heap;
CREATE TRIGGER pass BEFORE INSERT ON trust.heap FOR EACH ROW WHEN (query_to_xml('TABLE trust.log', true, true, '') IS NULL) EXECUTE FUNCTION trust.pass();
:run
DROP TRIGGER pass ON trust.heap;
CREATE TRIGGER pass BEFORE INSERT ON trust.heap FOR EACH ROW WHEN (satisfies_hash_partition('trust.divided'::regclass, 4, 0, 1)) EXECUTE FUNCTION trust.pass();
:run
DROP TRIGGER pass ON trust.heap;
CREATE TRIGGER pass BEFORE INSERT ON trust.heap FOR EACH ROW EXECUTE FUNCTION trust.pass('trust.folded');
:run
DROP TRIGGER pass ON trust.heap;
CREATE TRIGGER pass BEFORE INSERT ON trust.heap FOR EACH ROW WHEN (NEW.a IS NULL OR NEW.a <> -1) EXECUTE FUNCTION trust.pass();
:run
DROP TRIGGER pass ON trust.heap;
DO $$ BEGIN EXECUTE format('DROP TABLE trust.pg_temp_%s', 'trust.heap'::regclass::oid); END $$;
-- a table is counted without a plan, whosever it is; one that lies elsewhere is not
SET ROLE trust_owner;
DROP VIEW trust.empty;
CREATE TABLE trust.empty (a int);
CREATE INDEX ON trust.empty (a) WHERE trust.folded(1);
RESET ROLE;
TRUNCATE trust.log;
SELECT source_rows, target_rows, status FROM replicate_verify('mssql', 'trust', '{rep.Empty}');
TABLE trust.log;
SET ROLE trust_owner;
DROP TABLE trust.empty;
CREATE FOREIGN TABLE trust.empty (a int) SERVER mssql OPTIONS (query 'SELECT 1 AS a');
RESET ROLE;
SELECT source_rows, target_rows, status FROM replicate_verify('mssql', 'trust', '{rep.Empty}');
-- nor does the next number of a column of his type come by his casts
SET ROLE trust_owner;
CREATE TYPE trust.colour AS ENUM ('1', '2');
CREATE FUNCTION trust.number_of(trust.colour) RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN PERFORM trust.note(1); RETURN 2; END $$;
CREATE CAST (trust.colour AS numeric) WITH FUNCTION trust.number_of(trust.colour);
RESET ROLE;
DROP TABLE trust.product CASCADE;
CREATE TABLE trust.product (id trust.colour PRIMARY KEY);
CREATE SEQUENCE trust.product_number OWNED BY trust.product.id;
INSERT INTO trust.product VALUES ('1');
SELECT target, status FROM replicate_sequences('mssql', 'trust', '{rep.Product}');
TABLE trust.log;
-- a check calls what it was made with, and not what fits better by now
CREATE FUNCTION trust.fits(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';
ALTER TABLE trust.heap ADD CHECK (trust.fits(a));
SET ROLE trust_owner;
CREATE FUNCTION trust.fits(int) RETURNS boolean LANGUAGE sql AS 'SELECT trust.note($1)';
RESET ROLE;
:run
TABLE trust.log;
-- and nobody locks what he may not use
CREATE SCHEMA trust_secret CREATE TABLE heap ();
SELECT 'trust_secret.heap'::regclass::oid AS secret \gset
SET ROLE trust_caller;
SELECT _mssql_fdw._hold('{trust_secret}', '{}', '{}', '{}');
SELECT _mssql_fdw._count_rows(:secret);
START TRANSACTION READ ONLY;
SELECT _mssql_fdw._hold('{trust}', '{}', '{}', '{}');
ROLLBACK;
RESET ROLE;
DROP SCHEMA trust_secret CASCADE;
DROP SCHEMA trust CASCADE;
DROP OWNED BY trust_owner, trust_caller;
DROP ROLE trust_owner, trust_caller;
