#!/usr/bin/env bash
# A run that leaves alone what has not changed says why, and loads whatever may have: no change at the source, or here, is passed by.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 92

readonly source_db=mssql_fdw_changed
export MSSQL_TEST_DATABASE=master
tsql "CREATE DATABASE $source_db; ALTER DATABASE $source_db SET ALLOW_SNAPSHOT_ISOLATION ON"
export MSSQL_TEST_DATABASE=$source_db
# Each is counted in another way: by row versions, and not at all.
tsql "CREATE TABLE dbo.versions (id int NOT NULL PRIMARY KEY, v int NULL, rv rowversion); INSERT INTO dbo.versions (id, v) SELECT value, value FROM GENERATE_SERIES(1, 1000)"
tsql "CREATE TABLE dbo.rows (id int NOT NULL PRIMARY KEY, v int NULL); INSERT INTO dbo.rows SELECT value, value FROM GENERATE_SERIES(1, 1000)"
make_server mssql

# all [ARGUMENTS [OPTIONS]]
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', ${1:-jobs => 2}, options => '{\"if_changed\": true${2:+, $2}}') ORDER BY source"; }
# What became of rows and versions: their numbers, or 'unchanged' and since which run.
became() { query "$(all "$@")" 2>/dev/null | sed -E 's/^dbo\.([a-z]+)\|([0-9]*)\|(unchanged since run ([0-9]+))?.*/\1 \2\3/' | tr '\n' ' '; }
run() { query "SELECT max(id) FROM replicate.runs WHERE status <> 'running'"; }
sums() { query "SELECT (SELECT sum(v) FROM copies.rows), (SELECT sum(v) FROM copies.versions)"; }
both() { for name in rows versions; do tsql "${1//@/dbo.$name}"; done; }
file_of() { query "SELECT pg_relation_filenode('copies.$1')"; }
left() { no_workers && query "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%') || ' ' || (SELECT count(*) FROM replicate.leftovers)"; }
readonly loaded='rows 1000 versions 1000 '
# unchanged RUN [RUN]
unchanged() { echo "rows unchanged since run $1 versions unchanged since run ${2:-$1} "; }

# Nothing has changed.
is "$(became)" "$loaded" "what is not known is loaded"
first=$(run)
files="$(file_of rows) $(file_of versions)"
answered=$(answer "$(all)")
like "$answered" "NOTICE:  00000: dbo.versions -> copies.versions: unchanged since run $first: no row version from 0x[0-9A-F]{16} on, 1000 rows" "what has not changed is left alone, by its row versions"
like "$answered" "NOTICE:  00000: table 1 of 1: dbo.rows -> copies.rows: unchanged since run $first: the hash of all rows is the same, 1000 rows" "... or by its rows, which are read"
like "$answered" "0 tables: 0 rows, 0 bytes in [0-9.]+ s; 2 unchanged.*dbo.rows\|\|unchanged since run $first: .*dbo.versions\|\|unchanged since run $first: " "... and all say so"
is "$(file_of rows) $(file_of versions) $(left)" "$files 0 0" "nothing has been put into their places, and nothing is left"
is "$(query "SELECT r.status, r.rows, count(t.hash), count(*) FILTER (WHERE t.rows IS NULL AND t.status LIKE 'unchanged since run $first: %' AND t.notes <> '{}') FROM replicate.runs AS r JOIN replicate.run_tables AS t ON t.run = r.id WHERE r.id = $(run) GROUP BY r.id, r.status, r.rows")" 'ok|0|0|2' "history has it"
is "$(became)" "$(unchanged "$first")" "it stays so"
is "$(became 'jobs => 0')" "rows 1000 versions unchanged since run $first " "without workers only the source's counts are a proof"
second=$(run)
is "$(became 'jobs => NULL')" "$(unchanged "$second" "$first")" "a call that may choose takes a worker for the rows"
is "$(became 'jobs => 2, chunk_rows => 300')" "$(unchanged "$second" "$first")" "rows that are read in chunks are known, too"
is "$(left)" '0 0' "... of which nothing is left"
like "$(query "SELECT string_agg(concat_ws(': ', kind, source, note), E'\n') FROM replicate_plan('mssql', target_schema => 'copies', jobs => 2, options => '{\"if_changed\": true}')" 2>/dev/null)" \
  "table: dbo.versions: unchanged since run $first: no row version .*load: dbo.rows: and dropped where they are the 1000 rows of run $second still" "the plan has what is known before"
is "$(query "SELECT rows, status FROM replicate_table('mssql', 'dbo.versions', target_schema => 'copies', options => '{\"if_changed\": true}')" 2>/dev/null | sed 's/:.*//')" "|unchanged since run $first" "so has a run of one table"

# Whatever changes at the source.
changes() {
  local at
  both "$1"
  is "$(became)" "${3:-$loaded}" "$2"
  at=$(run)
  is "$(became)" "$(unchanged "$at")" "... once"
}
changes "UPDATE @ SET v = v + 1 WHERE id = 7" "an update is loaded"
is "$(sums)" '500501|500501' "... as it is"
changes "INSERT INTO @ (id, v) VALUES (1001, 0)" "an insert is" 'rows 1001 versions 1001 '
changes "DELETE FROM @ WHERE id = 1001" "a delete is"
changes "DELETE FROM @ WHERE id = 1; INSERT INTO @ (id, v) VALUES (1, 5)" "as many deletes and inserts are"
both "UPDATE @ SET v = 1 WHERE id = 1; UPDATE @ SET v = 5 WHERE id = 1"
is "$(became)" "rows unchanged since run $(($(run) - 2)) versions 1000 " "a value that is as before is a version, and not another row"
changes "TRUNCATE TABLE @" "what is truncated is" 'rows 0 versions 0 '
changes "INSERT INTO @ (id, v) SELECT value, value FROM GENERATE_SERIES(1, 1000)" "and what is filled"
query "ALTER TABLE copies.rows ADD w text; ALTER TABLE copies.versions ADD w text"
changes "ALTER TABLE @ ADD w nvarchar(10) NULL" "a column that is new is"
changes "ALTER TABLE @ DROP COLUMN w; ALTER TABLE @ ADD w nvarchar(10) NULL DEFAULT N'x' WITH VALUES" "one that is dropped and made again is, too"
changes "ALTER TABLE @ ALTER COLUMN w nvarchar(20) NULL" "and one of another type"
tsql "DROP TABLE dbo.versions; CREATE TABLE dbo.versions (id int NOT NULL PRIMARY KEY, v int NULL, rv rowversion, w nvarchar(20) NULL); INSERT INTO dbo.versions (id, v) SELECT value, value FROM GENERATE_SERIES(1, 1000)"
like "$(became)" "versions 1000 " "a table that is made anew is loaded"

# Who has not committed yet has changed nothing that a run reads, and counts when he has.
coproc writer { psql_tap; }
say() { printf '%s\n' "$1" >&"${writer[1]}" && read -r -t 60 -u "${writer[0]}"; }
say "BEGIN; SELECT mssql_exec('mssql', 'UPDATE dbo.versions SET v = -1 WHERE id = 3; UPDATE dbo.rows SET v = -1 WHERE id = 3');"
both "UPDATE @ SET v = 0 WHERE id = 4"
is "$(became) $(sums)" "$loaded 500496|500496" "while somebody has written and not committed, what others have written is loaded"
say "COMMIT; SELECT 1;"
is "$(became) $(sums)" "$loaded 500492|500492" "... and when he has committed, what he has written is"
say "BEGIN; SELECT mssql_exec('mssql', 'DELETE FROM dbo.versions WHERE id = 5; DELETE FROM dbo.rows WHERE id = 5');"
at=$(run)
is "$(became)" "rows unchanged since run $at versions unchanged since run $at " "a delete that is not committed is no change"
say "COMMIT; SELECT 1;"
is "$(became)" 'rows 999 versions 999 ' "... until it is"
at=$(run)

# Whatever changes here, or in what is asked for.
query "DELETE FROM copies.rows; DELETE FROM copies.versions"
is "$(became)" 'rows 999 versions 999 ' "what has been emptied here is loaded"
query "TRUNCATE copies.rows, copies.versions; INSERT INTO copies.rows SELECT n FROM generate_series(1, 999) AS n; INSERT INTO copies.versions SELECT n FROM generate_series(1, 999) AS n"
is "$(became)" 'rows 999 versions 999 ' "... and filled"
query "DROP TABLE copies.rows"
like "$(became)" '^rows 999 ' "... and dropped"
query "SELECT format('ALTER TABLE copies.versions DROP CONSTRAINT %I', conname) FROM pg_constraint WHERE conrelid = 'copies.versions'::regclass AND contype = 'p' \\gexec"
like "$(became)" 'versions 999 $' "what lacks a key is"
is "$(query "SELECT count(*) FROM pg_constraint WHERE conrelid = 'copies.versions'::regclass AND contype = 'p'")" 1 "... which is made"
both "CREATE INDEX i ON @ (v)"
is "$(became)" 'rows 999 versions 999 ' "... or an index of the source"
at=$(run)
is "$(became 'jobs => 2' '"nul_policy": "strip"')" 'rows 999 versions 999 ' "what is loaded in another way is loaded"
query "ALTER SERVER mssql OPTIONS (ADD application_name 'another')"
is "$(became)" 'rows 999 versions 999 ' "... and by another server"
at=$(run)
query "ALTER TABLE copies.rows SET UNLOGGED"
like "$(became)" '^rows 999 ' "what a crash would empty is"
query "ALTER TABLE copies.rows SET LOGGED"
query "$(all 'jobs => 2' '"row_hash": false')" >/dev/null 2>&1
like "$(became)" '^rows 999 ' "what has not been hashed is"
like "$(became 'jobs => 2' '"row_hash": false')" '^rows 999 ' "... or is not to be"
query "$(all)" >/dev/null 2>&1

# What a run that fails has read is no ground for the next one.
both "UPDATE @ SET v = v + 1 WHERE id = 9"
tsql "EXEC tds_server_fault N'error_at_statement', 229, N'COUNT_BIG(*) AS [rows]', 1000"
for jobs in 0 2; do like "$(error_of "$(all "jobs => $jobs" '"resume": false')")" 'ERROR' "a run that fails, jobs => $jobs"; done
no_faults
no_workers
is "$(became 'jobs => 0')" 'rows 999 versions 999 ' "... leaves all to be loaded"
both "UPDATE @ SET v = v + 1 WHERE id = 9"
fault error_after_rows 700 'FROM [dbo].[rows]'
query "$(all 'jobs => 1')" >/dev/null 2>&1
no_faults
no_workers
both "UPDATE @ SET v = v + 1 WHERE id = 9"
is "$(became 'jobs => 1')" 'rows 999 versions 999 ' "one that goes on with what another has loaded"
like "$(became 'jobs => 1')" 'versions 999 $' "... does not say that it is newer than it is"
is "$(query "SELECT v FROM copies.versions WHERE id = 9") $(tsql "SELECT v FROM dbo.versions WHERE id = 9" | tail -1)" "12 12" "... so that it is"

# A proof is one of the same database, which has not gone back; that there is none fails no run.
at=$(run)
query "$(all)" >/dev/null 2>&1
for lacks in sys.database_recovery_status sys.change_tracking_tables '>= CONVERT(binary(8)'; do
  tsql "EXEC tds_server_fault N'error_at_statement', 229, N'$lacks', 1000"
  like "$(query "$(all)" 2>/dev/null | tail -1)" 'versions\|\|unchanged since run [0-9]+: the hash' "without $lacks there are the rows"
  no_faults
  query "$(all)" >/dev/null 2>&1
done
like "$(query "$(all)" 2>/dev/null | tail -1)" 'versions\|\|unchanged since run [0-9]+: no row version' "... and with it the count goes on"
tsql "EXEC tds_server_answer N'position', N' 9223372036854775000 another 2020', N'recovery_fork_guid'"
like "$(query "$(all)" 2>/dev/null | tail -1)" 'versions\|\|unchanged since run [0-9]+: the hash' "a database that has been restored is another one"
no_faults

# One moment: what is known by a count is known of another one.
query "$(all)" >/dev/null 2>&1
both "UPDATE @ SET v = v WHERE id = 9"
tsql "CREATE TABLE dbo.more (id int NOT NULL PRIMARY KEY); INSERT INTO dbo.more VALUES (1)"
query "$(all)" >/dev/null 2>&1
consistency() { query "SELECT consistency FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
tsql "INSERT INTO dbo.more VALUES (2)"
query "$(all 'jobs => 1')" >/dev/null 2>&1
is "$(consistency)" 'a moment a worker' "what has been counted is of another moment than what a worker reads"
tsql "INSERT INTO dbo.more VALUES (3)"
query "$(all 'jobs => 0')" >/dev/null 2>&1
is "$(consistency)" 'one moment' "... and of the same, where one session does both"
like "$(query "$(all 'jobs => 1' '"consistency": "require"')" 2>/dev/null | tail -1)" 'versions\|\|unchanged since run [0-9]+: the hash' "one that is required is proved by rows"
is "$(consistency)" '' "... of which none is new"

# A key between what stays and what is put into its place is held against both.
query "CREATE TABLE copies.child (id int REFERENCES copies.more); INSERT INTO copies.child VALUES (3); ALTER TABLE copies.versions ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES copies.rows (id)"
query "$(all)" >/dev/null 2>&1
tsql "DELETE FROM dbo.more WHERE id = 3; DELETE FROM dbo.rows WHERE id = 100"
like "$(error_of "$(all)")" 'constraint of copies.versions is no longer valid.*versions_?|own' "a key of a table that stays is held against the new rows"
is "$(query "SELECT conname, convalidated FROM pg_constraint WHERE conname = 'own'")" 'own|f' "... and stands NOT VALID where they violate it"

# Identity columns of what stays go on where they were.
tsql "CREATE TABLE dbo.numbered (id int IDENTITY(1, 1) PRIMARY KEY, rv rowversion); INSERT INTO dbo.numbered DEFAULT VALUES; INSERT INTO dbo.numbered DEFAULT VALUES"
query "$(all)" >/dev/null 2>&1
query "$(all)" >/dev/null 2>&1
is "$(query "INSERT INTO copies.numbered (rv) VALUES (NULL) RETURNING id")" 3 "the numbers of a table that stays are its own"
is "$(query "$(all)" 2>/dev/null | grep numbered | cut -d'|' -f2,3)" '2|ok' "... and what was inserted here is seen by its number of rows"

# A transaction that has read before sees nothing that is committed since: what it loads is of no newer version.
query "$(all 'jobs => 0')" >/dev/null 2>&1
say "BEGIN; SET client_min_messages = error; SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', jobs => 0);"
both "UPDATE @ SET v = 2000 WHERE id = 11"
say "SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', jobs => 0);"
say "COMMIT; SELECT 1;"
like "$(became 'jobs => 0')" 'versions 999 ' "what is written between two runs of one transaction is loaded by the next"
is "$(query "SELECT v FROM copies.versions WHERE id = 11")" 2000 "... as it is"

# Values that are made when they are read have no version.
tsql "CREATE TABLE dbo.computed (id int NOT NULL PRIMARY KEY, n AS id + 1, rv rowversion); INSERT INTO dbo.computed (id) VALUES (1)"
query "$(all 'jobs => 0')" >/dev/null 2>&1
like "$(became 'jobs => 0')" '^computed 1 .* versions unchanged' "a table with a computed column is loaded each time"
tsql "DROP TABLE dbo.computed"

# Who may be asked another server knows no versions.
query "ALTER SERVER mssql OPTIONS (SET host '$MSSQL_TEST_HOST,$MSSQL_TEST_HOST')"
query "$(all 'jobs => 0')" >/dev/null 2>&1
unlike "$(became 'jobs => 0')" 'unchanged' "with several hosts all is loaded"
query "ALTER SERVER mssql OPTIONS (SET host '$MSSQL_TEST_HOST')"

# A copy that another server has filled is that server's, though its file stays.
export MSSQL_TEST_DATABASE=master
tsql "CREATE DATABASE ${source_db}_2"
export MSSQL_TEST_DATABASE=$source_db
for sign in '' -; do
  tsql "CREATE TABLE dbo.lent (id int NOT NULL PRIMARY KEY, v int NULL, rv rowversion); INSERT INTO dbo.lent (id, v) SELECT value, ${sign}value FROM GENERATE_SERIES(1, 100)"
  export MSSQL_TEST_DATABASE=${source_db}_2
done
make_server other
export MSSQL_TEST_DATABASE=$source_db
query "CREATE SCHEMA lent; CREATE TABLE lent.lent (id int PRIMARY KEY, v int, rv bytea NOT NULL); SET client_min_messages = error; CREATE PUBLICATION tap_lent FOR TABLE lent.lent"
lent() { query "SELECT source, status FROM replicate_all('$1', target_schema => 'lent', include => '{${2:-lent}}', jobs => 1, on_existing => 'truncate', options => '{\"if_changed\": true}')" 2>/dev/null; }
lent mssql >/dev/null
like "$(lent mssql)" 'unchanged' "a table that is refilled by difference is left alone, too"
lent other >/dev/null
is "$(query "SELECT sum(v) FROM lent.lent")" -5050 "... until another server has filled it"
is "$(lent mssql) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.lent|ok 5050' "... and is loaded then"
query "DROP TABLE lent.lent; CREATE TABLE lent.lent (id int PRIMARY KEY, v int, rv bytea NOT NULL) PARTITION BY RANGE (id); CREATE TABLE lent.part PARTITION OF lent.lent DEFAULT"
lent mssql >/dev/null
like "$(lent mssql)" 'unchanged' "so is a partitioned one"
export MSSQL_TEST_DATABASE=${source_db}_2
tsql "CREATE TABLE dbo.part (id int NOT NULL PRIMARY KEY, v int NULL, rv rowversion); INSERT INTO dbo.part (id, v) SELECT value, -value FROM GENERATE_SERIES(1, 100)"
export MSSQL_TEST_DATABASE=$source_db
lent other part >/dev/null
is "$(lent mssql) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.lent|ok 5050' "... until another server has filled a partition"
is "$(lent other part) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.part|ok -5050' "... which is not what it was when the whole has been filled"
query "DELETE FROM replicate._positions"
tsql "CREATE TABLE dbo.part (id int NOT NULL PRIMARY KEY, v int NULL, rv rowversion); INSERT INTO dbo.part (id, v) SELECT value, 7 FROM GENERATE_SERIES(1, 100)"
readonly both_loaded=$'dbo.lent|ok\ndbo.part|ok'
is "$(lent mssql lent,part | sort)" "$both_loaded" "... by the same run, too"
is "$(lent mssql part)" 'dbo.part|ok' "... which knows neither of them"
is "$(lent mssql lent,part | sort)" "$both_loaded" "... nor lets one alone that it fills with the other"
tsql "DROP TABLE dbo.part"
tsql "DROP TABLE dbo.lent"
query "DROP PUBLICATION tap_lent; DROP SCHEMA lent CASCADE" 2>/dev/null

# Change tracking, by answers that are put into its mouth: the stand-in has none (its T-SQL is tested by units).
query "CREATE OR REPLACE FUNCTION _mssql_fdw._ask_of_changes(server name, question text, schema text DEFAULT '', name text DEFAULT '', \"column\" text DEFAULT '',
    version bigint DEFAULT 0) RETURNS text LANGUAGE sql VOLATILE STRICT AS \$\$ SELECT CASE WHEN question = 'state' THEN CASE name WHEN 'rows' THEN 'tracked 1 ' || current_setting('tap.state') ELSE 'untracked 1 x' END
    ELSE current_setting('tap.' || replace(question, ' ', '_')) || CASE question WHEN 'changes' THEN CASE version WHEN 17 THEN '' ELSE ' of ' || version END ELSE '' END END \$\$" 2>/dev/null
# tracked POSITION STATE CHANGES FROM: what becomes of dbo.rows then.
tracked() { query "SET tap.position = '$1 2001 id'; SET tap.state = '$2'; SET tap.changes = '$3'; SET tap.tracked_from = '$4'; SET tap.row_versions = '0 1'; $(all 'jobs => 0')" 2>/dev/null | grep '^dbo.rows' | cut -d'|' -f2- | sed 's/ since run [0-9]*//'; }
tracked 17 a 0 5 >/dev/null
is "$(tracked 17 a 0 5)" '|unchanged: no change tracked since version 17, 998 rows' "a table without tracked changes is left alone"
is "$(tracked 17 a 1 5)" '998|ok' "... one with a change is loaded"
is "$(tracked 17 a 0 17)" '998|ok' "... or whose changes may have been forgotten"
is "$(tracked 17 b 0 5)" '998|ok' "... or that has been altered, or tracked anew"
is "$(tracked 16 b 0 5)" '998|ok' "... or of a database whose versions have gone back"
tracked 17 b 0 5 >/dev/null
is "$(tracked 30 b 0 5)" '|unchanged: no change tracked since version 17, 998 rows' "what is left alone is so by the version of then"
is "$(tracked 31 b 0 5)" '998|ok' "... and next by that of the run that has asked"

# Everybody goes by what his own runs have loaded.
query "CREATE ROLE tap_changed_$$; GRANT USAGE ON FOREIGN SERVER mssql TO tap_changed_$$"
is "$(query "SET ROLE tap_changed_$$; SELECT count(*) FROM replicate._own_positions")" 0 "nobody sees what others know"
like "$(error_of "SET ROLE tap_changed_$$; SELECT _mssql_fdw._write_positions(1, '{}')")" 'permission denied for function _write_positions' "or writes it"
query "CREATE TABLE public.filtered (a int); INSERT INTO public.filtered VALUES (1); ALTER TABLE public.filtered ENABLE ROW LEVEL SECURITY; GRANT SELECT ON public.filtered TO tap_changed_$$"
like "$(error_of "SET ROLE tap_changed_$$; SELECT _mssql_fdw._scan_rows('public.filtered')")" 'row-level security hides rows' "or counts what a policy hides"
query "DROP TABLE public.filtered"
query "DROP OWNED BY tap_changed_$$; DROP ROLE tap_changed_$$"
is "$(left)" '0 0' "nothing is left"

exec {writer[1]}>&-
query "DROP SCHEMA copies CASCADE; SELECT mssql_disconnect_all()" >/dev/null 2>&1
export MSSQL_TEST_DATABASE=master
tsql "DROP DATABASE $source_db; DROP DATABASE ${source_db}_2"
