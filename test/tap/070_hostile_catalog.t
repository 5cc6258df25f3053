#!/usr/bin/env bash
# A server that lies in its catalog: each column of each catalog query is answered with hostile text, one at a time. No statement of the
# plan may have another shape than under a harmless name, and nothing may be executed that is not of the plan.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 14

export MSSQL_TEST_DATABASE=mssql_fdw_hostile
own_database() {
  (
    MSSQL_TEST_DATABASE=master
    tsql "DROP DATABASE IF EXISTS mssql_fdw_hostile"
    tsql "CREATE DATABASE mssql_fdw_hostile"
  )
  tsql "CREATE TABLE dbo.Parent (id int NOT NULL IDENTITY(5, 2) CONSTRAINT pk_parent PRIMARY KEY, code nvarchar(20) NULL CONSTRAINT uq_code UNIQUE)"
  tsql "CREATE SEQUENCE dbo.Ticket AS int START WITH 10 INCREMENT BY 5"
  tsql "CREATE TYPE dbo.Word FROM nvarchar(30) NOT NULL"
  tsql "CREATE TABLE dbo.Child (id int NOT NULL CONSTRAINT df_id DEFAULT (NEXT VALUE FOR dbo.Ticket), parent int NULL, word dbo.Word, twice AS (id * 2),
    price decimal(9, 2) NOT NULL CONSTRAINT df_price DEFAULT (1.5), CONSTRAINT pk_child PRIMARY KEY (id),
    CONSTRAINT fk_parent FOREIGN KEY (parent) REFERENCES dbo.Parent (id) ON DELETE CASCADE ON UPDATE SET NULL, CONSTRAINT ck_price CHECK (price >= 0))"
  tsql "CREATE INDEX ix_price ON dbo.Child (price DESC) INCLUDE (parent) WHERE (price > 0)"
  tsql "EXEC('CREATE VIEW dbo.Few AS SELECT id FROM dbo.Child')"
  tsql "EXEC('CREATE PROCEDURE dbo.Nothing AS SELECT 1 AS one')"
  tsql "EXEC sp_addextendedproperty N'MS_Description', N'a table', N'SCHEMA', N'dbo', N'TABLE', N'Child'"
  tsql "EXEC sp_addextendedproperty N'MS_Description', N'a column', N'SCHEMA', N'dbo', N'TABLE', N'Child', N'COLUMN', N'price'"
  tsql "INSERT INTO dbo.Parent (code) VALUES (N'x')"
  tsql "INSERT INTO dbo.Child (parent, word, price) VALUES (5, N'y', 2)"
}
own_database
make_server mssql
make_server knobs # its own session: what is ordered over it is in no transaction of a run

query "CREATE TABLE canary (id int);
CREATE TABLE shapes (query text, col text, answer text, shape text);
CREATE TABLE failures (query text, col text, answer text, state text, message text);

-- A statement with all that names and values may change taken out: literals, names, numbers, and how many of them stand in a list.
CREATE FUNCTION shape(statement text) RETURNS text LANGUAGE sql AS \$\$
  SELECT regexp_replace(regexp_replace(regexp_replace(statement,
    '\mE''(?:[^''\\\\]|''''|\\\\.)*''|''(?:[^'']|'''')*''|\"(?:[^\"]|\"\")*\"', 'i', 'g'),
    '-?\m(?:[0-9][0-9.]*|[a-z_][a-z0-9_]*)\M', 'i', 'g'), 'i(?:[ .,:\n]+(?:i|NOT NULL|NULL))*', 'i', 'g') \$\$;

CREATE FUNCTION answers() RETURNS TABLE (query text, col text) LANGUAGE sql AS \$\$
  SELECT k.query, a.attname
  FROM (VALUES ('database', 'replicate._source_database'::regclass), ('tables', 'replicate._source_table'), ('columns', 'replicate._source_column'),
    ('indexes', 'replicate._source_index'), ('foreign_keys', 'replicate._source_foreign_key'), ('checks', 'replicate._source_check'),
    ('sequences', 'replicate._source_sequence'), ('programs', 'replicate._source_program')) AS k (query, type)
  JOIN pg_attribute AS a ON a.attrelid = k.type AND a.attname <> 'left_out' \$\$;

CREATE FUNCTION order_answer(col text, answer text, query text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
  PERFORM mssql_exec('knobs', 'EXEC tds_server_fault N''clear''');
  PERFORM mssql_exec('knobs', format('EXEC tds_server_answer N%L, N''%s'', N%L', col, replace(answer, '''', ''''''),
    CASE query WHEN 'database' THEN 'AS [view_database_state]' WHEN 'tables' THEN 'AS [is_filtered]' WHEN 'columns' THEN 'AS [is_column_set]'
      WHEN 'indexes' THEN 'AS [key_ordinal]' WHEN 'foreign_keys' THEN 'AS [delete_action]' WHEN 'checks' THEN 'AS [definition]'
      WHEN 'sequences' THEN 'AS [is_cycling]' WHEN 'programs' THEN 'AS [kind]' END));
END \$\$;

CREATE FUNCTION probe(query text, col text, answer text) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE message text;
BEGIN
  PERFORM order_answer(col, answer, query);
  BEGIN
    INSERT INTO shapes SELECT probe.query, probe.col, probe.answer, shape(p.statement)
    FROM replicate_plan('mssql', on_existing => 'replace') AS p WHERE p.statement IS NOT NULL;
  EXCEPTION WHEN OTHERS THEN
    INSERT INTO failures VALUES (probe.query, probe.col, probe.answer, SQLSTATE, SQLERRM);
  END;
END \$\$;

CREATE FUNCTION probe_all(answer text) RETURNS void LANGUAGE plpgsql AS \$\$
DECLARE a record;
BEGIN
  FOR a IN SELECT * FROM columns_asked LOOP
    PERFORM probe(a.query, a.col, answer);
  END LOOP;
  PERFORM mssql_exec('knobs', 'EXEC tds_server_fault N''clear''');
END \$\$;
CREATE TABLE columns_asked AS SELECT query, col FROM answers();"

quiet='SET client_min_messages = error;'
# shellcheck disable=SC2016 # dollars are meant for SQL
hostile='E'"'"'x"]; DROP TABLE canary; -- '"''"'; DROP TABLE canary; /*\n*/ \\$$ $a$ (SELECT 1)'"'"
at_least=$(query "SELECT count(*) >= 70 FROM columns_asked")
is "$at_least" t "every column of the catalog is there to be answered for"
query "$quiet SELECT probe_all('Plain Name')" >/dev/null
is "$(query "SELECT count(DISTINCT query || col) > 30 FROM shapes")" t "a harmless name makes a plan"
query "$quiet SELECT probe_all($hostile)" >/dev/null
query "$quiet SELECT probe_all('CASCADE; ALTER ROLE CURRENT_USER SUPERUSER')" >/dev/null
query "$quiet SELECT probe_all('a\\0b')" >/dev/null
query "$quiet SELECT probe_all(repeat('\";''--', 3300))" >/dev/null
is "$(query "SELECT DISTINCT h.query, h.col, left(h.answer, 20), h.shape FROM shapes AS h WHERE h.answer <> 'Plain Name'
  AND NOT EXISTS (SELECT FROM shapes AS p WHERE p.answer = 'Plain Name' AND p.shape = h.shape)")" '' "no statement of the plan changes its shape"
is "$(query "SELECT DISTINCT state, message FROM failures WHERE answer <> 'Plain Name' AND state NOT IN ('HV000', '0A000', '42P01')")" '' \
  "what is refused is refused in words"
is "$(query "SELECT string_agg(DISTINCT query || '.' || col, ' ') FROM columns_asked AS c WHERE col ~ '^is_|^(seed|increment|last_value|start_value|minimum|maximum|max_length|precision|scale|column_id|ordinal|key_ordinal|product_version|delete_action|update_action|constraint_type|kind)\$'
  AND NOT EXISTS (SELECT FROM failures AS f WHERE f.query = c.query AND f.col = c.col AND f.answer LIKE 'CASCADE;%' AND f.state = 'HV000')")" '' \
  "what is a number, a flag or an enumeration is taken for nothing else"

# The statements themselves, and not only their plan.
query "$quiet DO \$outer\$
DECLARE a record;
BEGIN
  FOR a IN SELECT * FROM columns_asked LOOP
    PERFORM order_answer(a.col, $hostile, a.query);
    BEGIN
      PERFORM FROM replicate_schema('mssql', target_schema => 'taken', on_existing => 'replace');
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
      CREATE SCHEMA imported;
      IMPORT FOREIGN SCHEMA dbo FROM SERVER mssql INTO imported OPTIONS (import_default 'true');
      INSERT INTO failures SELECT 'import', a.col, relkind, 'made', relname FROM pg_class
      WHERE relnamespace = 'imported'::regnamespace AND relkind <> 'f';
      DROP SCHEMA imported CASCADE;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  PERFORM mssql_exec('knobs', 'EXEC tds_server_fault N''clear''');
END \$outer\$"
is "$(query "SELECT count(*) FROM canary")" 0 "executed, they leave what is not theirs alone"
is "$(query "SELECT * FROM failures WHERE query = 'import'")" '' "IMPORT FOREIGN SCHEMA makes foreign tables and nothing else"
is "$(query "$quiet SELECT count(*) > 0 FROM replicate_plan('mssql')")" t "the same server, honest again, is planned as ever"

# An honest server may have a sequence that counts beyond bigint.
tsql "EXEC tds_server_answer N'start_value', N'99999999999999999999', N'AS [is_cycling]'"
is "$(query "$quiet SELECT statement, note FROM replicate_plan('mssql', target_schema => 'beyond') WHERE kind = 'sequence'")" \
  '|sequence dbo.Ticket not made: its numbers do not fit a bigint' "a sequence that starts beyond bigint is not made"
like "$(query "$quiet SELECT source, rows FROM replicate_all('mssql', target_schema => 'beyond') ORDER BY source")" 'dbo\.Child\|1.*dbo\.Parent\|1' "... and ends no run"
no_faults

# Long texts are not for translation, and no server fills the memory.
tsql "EXEC tds_server_answer N'definition', N'([price]>=(0)$(printf ' or [price]>=(0)%.0s' {1..5000}))', N'AS [definition]'"
like "$(query "$quiet SELECT left(note, 60), length(note) < 66000 FROM replicate_plan('mssql', target_schema => 'long') WHERE kind = 'check'")" \
  'check ck_price not translated: .*\|t' "a check of 80 kB is not translated"
no_faults
tsql "CREATE TABLE dbo.Wide ($(printf 'c%s int NULL,' {1..1000}) id int)"
tsql "CREATE TABLE dbo.Wider ($(printf 'c%s int NULL,' {1..1000}) id int)"
tsql "EXEC tds_server_answer N'comment', N'$(printf 'x%.0s' {1..90000})', N'AS [is_column_set]'"
like "$(error_of "SELECT * FROM replicate_plan('mssql')")" '54000: +the server.s catalog is too large' "a catalog of more than 120 MB is refused"
like "$(error_of "IMPORT FOREIGN SCHEMA dbo FROM SERVER mssql INTO public")" '54000: +the server.s catalog is too large' "... by IMPORT FOREIGN SCHEMA, too"
is "$(query "$quiet IMPORT FOREIGN SCHEMA dbo LIMIT TO (\"Parent\") FROM SERVER mssql INTO public; SELECT count(*) FROM information_schema.foreign_tables")" 1 \
  "... but where LIMIT TO leaves little of it"
no_faults
