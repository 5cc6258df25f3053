#!/usr/bin/env bash
# A run that goes on without the tables that fail: what is here of them stays, and all others are as if there had been no error.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 35

# all [ARGUMENTS [OPTIONS]]
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_aside%}', ${1:-jobs => 2}, options => '{\"on_error\": \"continue\"${2:+, $2}}') ORDER BY source"; }
sums() { for name in a b c; do query "SELECT count(*) || '/' || coalesce(sum(v), 0) FROM copies.tap_aside_$name" 2>/dev/null || echo -; done | tr '\n' ' '; }
left() { no_workers && query "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%') || ' ' || (SELECT count(*) FROM replicate.leftovers)"; }
last_run() { query "SELECT status, array_to_string(warnings, '; ') FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
key_of_c() { query "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'copies.tap_aside_c'::regclass AND contype = 'f'"; }
readonly failed_b="dbo.tap_aside_b\|\|set aside: .*permission"

tsql "CREATE TABLE dbo.tap_aside_a (id int NOT NULL PRIMARY KEY, v int NOT NULL); INSERT INTO dbo.tap_aside_a SELECT n, n FROM $(numbers 2000)"
tsql "CREATE TABLE dbo.tap_aside_b (id int IDENTITY(1, 1) PRIMARY KEY, v int NOT NULL); INSERT INTO dbo.tap_aside_b (v) SELECT n FROM $(numbers 1000)"
tsql "CREATE TABLE dbo.tap_aside_c (id int NOT NULL PRIMARY KEY, b int NULL CONSTRAINT tap_aside_c_b REFERENCES dbo.tap_aside_b (id), v int NOT NULL); INSERT INTO dbo.tap_aside_c SELECT n, n, n FROM $(numbers 500)"
make_server mssql
fails() { no_faults && fault error_at_statement 229 "FROM [dbo].[tap_aside_$1]"; }

# New tables.
fails b
answered=$(answer "$(all)")
like "$answered" "dbo.tap_aside_a\|2000\|ok.$failed_b.*dbo.tap_aside_c\|500\|ok, with notes" "a run goes on without a table that fails"
like "$answered" 'WARNING:  01000: dbo.tap_aside_b is set aside: .*permission' "... warns of it"
like "$answered" 'NOTICE:  00000: 2 tables: 2500 rows.*1 table set aside' "... and ends with it"
like "$(last_run)" '^incomplete\|dbo.tap_aside_b: .*permission.*SQL Server error 229.*remote SQL: SELECT' "history says so"
is "$(query "SELECT to_regclass('copies.tap_aside_b') IS NULL, (SELECT count(*) FROM replicate._targets WHERE source_table = 'tap_aside_b')") $(sums)" 't|0 2000/2001000 - 500/125250 ' "it is not made"
like "$(query "SELECT array_to_string(notes, '; ') FROM replicate.run_tables WHERE source = 'dbo.tap_aside_c'")" 'foreign key tap_aside_c_b not made: dbo.tap_aside_b is not replicated' "a key that refers to it is not made"
is "$(left)" '0 0' "nothing is left"
no_faults
like "$(query "$(all)" 2>/dev/null | tr '\n' ' ')" '^dbo.tap_aside_a\|2000\|ok dbo.tap_aside_b\|1000\|ok dbo.tap_aside_c\|500\|ok $' "the next run makes good for it"
is "$(key_of_c)" 'tap_aside_c_b|t' "... with the key"

# A refresh.
tsql "UPDATE dbo.tap_aside_a SET v = v + 1; UPDATE dbo.tap_aside_b SET v = v + 1; UPDATE dbo.tap_aside_c SET v = v + 1; INSERT INTO dbo.tap_aside_b (v) VALUES (0); INSERT INTO dbo.tap_aside_c VALUES (501, 1001, 0)"
before=$(query "SELECT 'copies.tap_aside_b'::regclass::oid, pg_relation_filenode('copies.tap_aside_b')")
fails b
answered=$(answer "$(all)")
like "$answered" "dbo.tap_aside_a\|2000\|ok.$failed_b.*dbo.tap_aside_c\|501\|ok, with notes" "a refresh goes on, too"
is "$(sums)" '2000/2003000 1000/500500 501/125750 ' "what is here of the table stays"
is "$(query "SELECT 'copies.tap_aside_b'::regclass::oid, pg_relation_filenode('copies.tap_aside_b')")" "$before" "... as it was"
is "$(key_of_c)" 'tap_aside_c_b|f' "a key that new rows violate stands NOT VALID"
no_faults
query "$(all)" >/dev/null 2>&1
is "$(sums)$(key_of_c)" '2000/2003000 1001/501500 501/125750 tap_aside_c_b|t' "until the next run"
# ... of tables that are replaced: the one that fails is not dropped.
fails b
like "$(answer "$(all "jobs => 1, on_existing => 'replace'")")" "$failed_b" "of tables that are replaced"
is "$(sums)$(key_of_c)" '2000/2003000 1001/501500 501/125750 tap_aside_c_b|t' "... none is dropped that fails, and keys are made again"
is "$(query "INSERT INTO copies.tap_aside_b (v) VALUES (1) RETURNING id; DELETE FROM copies.tap_aside_b WHERE id = 1002")" 1002 "... its numbers go on"
# ... of one that is refilled.
query "CREATE TABLE copies.parted (LIKE copies.tap_aside_a) PARTITION BY RANGE (id); CREATE TABLE copies.part PARTITION OF copies.parted DEFAULT; INSERT INTO copies.parted VALUES (1, 1); DROP TABLE copies.tap_aside_a; ALTER TABLE copies.parted RENAME TO tap_aside_a" 2>/dev/null
fails a
like "$(answer "$(all "jobs => 2, on_existing => 'truncate'")")" 'dbo.tap_aside_a\|\|set aside: .*dbo.tap_aside_b\|1001\|ok' "of tables that are refilled"
is "$(sums)" '1/1 1001/501500 501/125750 ' "... none is emptied that fails"
no_faults
query "$(all "jobs => 2, on_existing => 'truncate'")" >/dev/null 2>&1
is "$(sums)$(left)" '2000/2003000 1001/501500 501/125750 0 0' "... and the next run fills it"

# A chunk of a table, and its other chunks.
no_faults
fault error_after_rows 100 "N''1001''"
answered=$(answer "$(all 'jobs => 2, chunk_rows => 500')")
like "$answered" 'dbo.tap_aside_a\|\|set aside: .*dbo.tap_aside_b\|1001\|ok.*dbo.tap_aside_c\|501\|ok' "a chunk that fails sets its table aside"
is "$(sums)$(left)" '2000/2003000 1001/501500 501/125750 0 0' "... of which nothing is left"
no_faults
is "$(query "$(all 'jobs => 2, chunk_rows => 500')" 2>/dev/null | cut -d'|' -f2- | tr '\n' ' ')" '2000|ok 1001|ok 501|ok ' "the next run reads it anew"

# What may pass is tried again first; what will not pass for any table ends the run.
tsql "EXEC tds_server_fault N'error_at_statement', 1205, N'FROM [dbo].[tap_aside_b]', 1000"
like "$(answer "$(all 'jobs => 2' '"retry_budget": 2')")" 'attempt 1 at dbo.tap_aside_b has failed.*dbo.tap_aside_b is set aside: .*dbo.tap_aside_b\|\|set aside' "what may pass is tried again before that"
no_faults
tsql "EXEC tds_server_fault N'error_at_statement', 229, N'FROM [dbo].[tap_aside_', 1000"
like "$(error_of "$(all)")" 'ERROR:  HV000: no table could be loaded.*DETAIL:  dbo.tap_aside_[abc]: .*permission' "a run without a table fails"
no_faults
is "$(sums)$(left)" '2000/2003000 1001/501500 501/125750 0 0' "... and changes nothing"
tsql "EXEC tds_server_fault N'slow_row_us', 2000, N'FROM [dbo].[tap_aside_', 1000"
background cancelled "$(all 'jobs => 2' '"resume": false')"
ok "wait_until 30 \"SELECT count(*) > 0 FROM replicate.progress WHERE phase = 'load' AND rows > 0\"" "while it loads"
query "SELECT pg_cancel_backend($(backend_of cancelled))" >/dev/null
like "$(finish cancelled)" 'canceling statement due to user request' "a cancel sets nothing aside"
no_faults
no_workers

# A table that this session loads itself, for code of the user's.
query "CREATE FUNCTION copies.own() RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN RETURN 1 / nullif(current_setting('tap.divisor', true), '')::int; END \$\$;
  ALTER TABLE copies.tap_aside_c ADD own int DEFAULT copies.own()"
tsql "UPDATE dbo.tap_aside_b SET v = v + 1"
answered=$(answer "SET tap.divisor = 0; $(all)")
like "$answered" 'dbo.tap_aside_c is loaded by this session itself.*WARNING:  01000: dbo.tap_aside_c is set aside: division by zero.*dbo.tap_aside_b\|1001\|ok.dbo.tap_aside_c\|\|set aside: division by zero' "what this session loads itself is set aside, too"
is "$(sums)" '2000/2003000 1001/502501 501/125750 ' "... and what is here of it stays"
is "$(query "SET tap.divisor = 1; $(all)" 2>/dev/null | cut -d'|' -f2- | tr '\n' ' ')" '2000|ok 1001|ok 501|ok ' "... until it can be loaded"
like "$(error_of "SET tap.divisor = 0; SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_aside%}', jobs => 2, options => '{\"resume\": false}')")" 'ERROR:  22012: division by zero' "without the option it ends the run"
is "$(left)" '0 0' "nothing is left"
like "$(error_of "$(all 'jobs => 0')")" 'ERROR:  22023: only workers can go on without a table' "without workers there is no going on"
like "$(error_of "$(all 'jobs => 1' '"on_error": "resume"')")" 'ERROR:  22023: invalid value for option "on_error": "resume"' "the option has two values"
no_faults

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in c b a; do tsql "DROP TABLE dbo.tap_aside_$name"; done
