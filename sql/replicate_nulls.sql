-- Unique keys over columns that may be NULL. From PostgreSQL 15 on they allow one NULL as SQL Server does; before, several, with a note:
-- replicate_nulls_1.out. Data: test/fixtures/nulls.sql.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT kind, source, target, statement, note FROM replicate_plan('mssql', include => '{nulls.Room}') WHERE kind IN ('index', 'unique');
SELECT source, target, rows, status FROM replicate_all('mssql', include => '{nulls.%}') ORDER BY source COLLATE "C";
SELECT conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'nulls'::regnamespace AND contype IN ('f', 'u') ORDER BY conname COLLATE "C";
SELECT pg_get_indexdef('nulls.ux_room_door'::regclass);
INSERT INTO nulls.room VALUES (3, NULL, 8);
INSERT INTO nulls.room VALUES (4, 'D', NULL);
DROP SCHEMA nulls CASCADE;
