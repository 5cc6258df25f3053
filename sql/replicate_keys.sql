-- Foreign keys of every shape and identity columns in every state. Data: test/fixtures/keys.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT source, target, rows, status FROM replicate_all('mssql', include => '{keys.%}') ORDER BY source COLLATE "C";
-- parents come before their children, but for cycles
SELECT bool_and(p.step < c.step) AS parents_first
FROM replicate_plan('mssql', include => '{keys.%}') AS p JOIN replicate_plan('mssql', include => '{keys.%}') AS c
  ON p.kind = 'load' AND c.kind = 'load'
 AND (p.source, c.source) IN (('keys.Room', 'keys.Booking'), ('keys.Parent', 'keys.Child'));
SELECT conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'keys'::regnamespace AND contype IN ('f', 'c', 'p', 'u') ORDER BY conrelid::regclass::text COLLATE "C", conname COLLATE "C";
SELECT a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attidentity, s.seqstart, s.seqincrement, s.seqmin, s.seqmax
FROM pg_attribute AS a
JOIN pg_sequence AS s ON s.seqrelid = pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass
WHERE a.attrelid::regclass::text LIKE 'keys.%' AND a.attnum > 0 ORDER BY a.attrelid::regclass::text COLLATE "C";
-- the next numbers
INSERT INTO keys.idused (v) VALUES (0) RETURNING id;
INSERT INTO keys.idempty (v) VALUES (0) RETURNING id;
INSERT INTO keys.iddown (v) VALUES (0) RETURNING id;
INSERT INTO keys.idtiny (v) VALUES (0) RETURNING id;
INSERT INTO keys.iddecimal (v) VALUES (0) RETURNING id;
INSERT INTO keys.idinserted (v) VALUES (0) RETURNING id;
-- rows that came to us meanwhile count too
INSERT INTO keys.idused (id, v) VALUES (50, 0);
INSERT INTO keys.iddown (id, v) VALUES (-50, 0);
SELECT * FROM replicate_sequences('mssql', include => '{keys.Id%}') ORDER BY target COLLATE "C";
INSERT INTO keys.idused (v) VALUES (0) RETURNING id;
INSERT INTO keys.iddown (v) VALUES (0) RETURNING id;
-- an aborted run puts sequences back as well
BEGIN;
SELECT count(*) FROM replicate_all('mssql', include => '{keys.Id%}');
ROLLBACK;
INSERT INTO keys.idused (v) VALUES (0) RETURNING id;
-- full
ALTER SEQUENCE keys.idtiny_id_seq MAXVALUE 10;
INSERT INTO keys.idtiny (id) VALUES (10);
SELECT * FROM replicate_sequences('mssql', include => '{keys.IdTiny}');
INSERT INTO keys.idtiny (v) VALUES (0);
-- keys that others made to our tables live on, and go NOT VALID where the new rows do not fit
CREATE TABLE public.note (employee int REFERENCES keys.employee, product int REFERENCES keys.parent ON DELETE CASCADE DEFERRABLE);
INSERT INTO keys.parent VALUES (77);
INSERT INTO public.note VALUES (2, 77);
SELECT source, rows, status FROM replicate_all('mssql', include => '{keys.%}', exclude => '{keys.Id%}') ORDER BY source COLLATE "C";
SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'public.note'::regclass ORDER BY conname COLLATE "C";
SELECT source, rows, status FROM replicate_table('mssql', 'keys.Employee', on_existing => 'replace');
SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' AND confrelid = 'keys.employee'::regclass ORDER BY conname COLLATE "C";
DROP TABLE public.note;
-- a child alone: no key to what is not there
SELECT source, rows, status FROM replicate_table('mssql', 'keys.Child', target_schema => 'alone');
SELECT count(*) FROM pg_constraint WHERE conrelid = 'alone.child'::regclass AND contype = 'f';
SELECT notes FROM replicate.run_tables WHERE run = (SELECT max(id) FROM replicate.runs);
-- its parent comes later, and with it the key
SELECT source, rows, status FROM replicate_all('mssql', 'alone', '{keys.Child,keys.Parent}') ORDER BY source COLLATE "C";
SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'alone.child'::regclass AND contype = 'f';
DROP SCHEMA keys, alone CASCADE;
