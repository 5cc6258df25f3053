#!/usr/bin/env bash
# A run that leaves alone what has not changed says why, and loads whatever may have: no change at the source, or here, is passed by.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 152

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

# Rows that an earlier run has read are those of then: they are gone on with, and prove nothing.
query "$(all)" >/dev/null 2>&1
fault error_after_rows 100 '[id] >= CONVERT'
query "$(all "include => '{rows}', jobs => 1, chunk_rows => 300")" >/dev/null 2>&1
no_faults
no_workers
both "UPDATE @ SET v = 1000 WHERE id = 10"
answered=$(answer "$(all "include => '{rows}', jobs => 1, chunk_rows => 300")")
like "$answered" '1 of 4 chunks, .* as run [0-9]+ has loaded them until' "chunks of a run that has failed are gone on with"
like "$answered" 'dbo.rows\|999\|ok' "... which is no proof that nothing has changed"
is "$(became 'jobs => 1, chunk_rows => 300' | cut -d' ' -f1,2) $(query "SELECT v FROM copies.rows WHERE id IN (9, 10) ORDER BY id" | tr '\n' ' ')" "rows 999 12 1000 " "... and the next run has what is new"

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

# What others make of a copy while a run is at work: whoever writes is waited for, and then it is counted again.
query "$(all)" >/dev/null 2>&1
say "SELECT pg_backend_pid();"
readonly writer_pid=$REPLY
waits() { ok "wait_until 60 \"SELECT EXISTS (SELECT FROM replicate.progress WHERE phase = 'lock' AND $1 = ANY (blocked_by))\"" "$2"; }
readonly written='dbo.versions\|\|set aside: the copy has been written during the run: its rows are 899 now, and were 999'
for jobs in 0 1; do
  query "$(all)" >/dev/null 2>&1
  say "BEGIN; DELETE FROM copies.versions WHERE id > 900; SELECT 1;"
  background meanwhile "$(all "jobs => $jobs")"
  waits "$writer_pid" "jobs => $jobs: who has deleted rows of a table that stays, and has not committed, is waited for"
  say "COMMIT; SELECT 1;"
  answered=$(finish meanwhile)
  like "$answered" "WARNING:  dbo.versions is set aside: the copy has been written .*HINT:  The next run loads it.*$written" "... and what he has made of it is not unchanged"
  like "$(query "SELECT r.status, array_to_string(r.warnings, ' '), t.rows, t.notes FROM replicate.runs AS r JOIN replicate.run_tables AS t ON t.run = r.id AND t.source = 'dbo.versions' ORDER BY r.id DESC LIMIT 1")" \
    "^incomplete\|dbo.versions: the copy has been written .* were 999 The next run loads it.\|\|\{\"the copy has been written[^,]*, and were 999\"\}$" "... as history says"
  is "$(query "SELECT count(*) FROM replicate._positions WHERE source_table = 'versions'")" 0 "... nothing is known of it"
  like "$(became)" 'versions 999 $' "... and the next run loads it"
done
say "BEGIN; UPDATE copies.versions SET v = v WHERE id = 9; SELECT 1;"
at=$(query "SELECT run FROM replicate._positions WHERE source_table = 'versions'")
background meanwhile "$(all "jobs => 1")"
waits "$writer_pid" "a run that waits so, with all that stays"
query "INSERT INTO copies.rows VALUES (5000, 1)"
say "ROLLBACK; SELECT 1;"
answered=$(finish meanwhile)
like "$answered" "dbo.rows -> copies.rows: unchanged since run .*dbo.rows\|\|set aside: the copy has been written during the run: its rows are 999 now, and were 998.*dbo.versions\|\|unchanged since run $at:" \
  "... tells what others have written behind the comparison of rows from what nobody has"
like "$(became)" "rows 998 versions unchanged since run $at" "... and the next run loads the one, and lets the other alone"
query "SELECT pg_advisory_lock(1), pg_sleep(600)" >/dev/null 2>&1 &
tap_jobs+=("gate=$!")
ok "wait_until 30 \"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted)\"" "a gate"
background writer "SET deadlock_timeout = '1h'; BEGIN; UPDATE copies.rows SET v = v WHERE id = 9; SELECT pg_advisory_lock(1); UPDATE copies.versions SET v = v WHERE id = 9; COMMIT"
ok "wait_until 30 \"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'advisory')\"" "a transaction that has written a table which is switched"
background meanwhile "$(all "jobs => 0")"
waits "$(backend_of writer)" "... is waited for before one that stays is locked"
query "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted" >/dev/null
finish writer >/dev/null
is "$?" 0 "... and may write that"
like "$(finish meanwhile)" "dbo.rows\|998\|ok.*dbo.versions\|\|unchanged since run $at:" "... and ends no run"
is "$(query "SELECT string_agg(kind || ' ' || coalesce(target, ''), ', ') FROM replicate_plan('mssql', target_schema => 'copies', include => '{rows,versions}', options => '{\"if_changed\": true}') WHERE kind IN ('lock', 'count', 'switch')" 2>/dev/null)" \
  'lock copies.versions, count copies.versions, switch copies.rows' "the plan has it"

# An older snapshot shows nothing of that.
query "$(all)" >/dev/null 2>&1
readonly one_line="SELECT string_agg(source || ' ' || status, ', ') FROM replicate_all('mssql', target_schema => 'copies', include => '{rows,versions}', jobs => 0, options => '{\"if_changed\": true}');"
for level in 'REPEATABLE READ' SERIALIZABLE; do
  say "BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM pg_class;"
  query "DELETE FROM copies.versions"
  say "$one_line"
  unlike "$REPLY" 'unchanged' "at $level all is loaded"
  say "COMMIT; SELECT count(*) FROM copies.versions;"
  is "$REPLY" 999 "... so that a copy is one"
  query "$(all)" >/dev/null 2>&1
done
like "$(answer "BEGIN ISOLATION LEVEL REPEATABLE READ; $one_line")" 'NOTICE:  00000: option if_changed has no effect, for the transaction is not READ COMMITTED' "... which is said"
like "$(query "BEGIN ISOLATION LEVEL READ UNCOMMITTED; $one_line" 2>/dev/null)" 'dbo.versions unchanged' "READ UNCOMMITTED is READ COMMITTED"

# A time without a zone is one of TimeZone's.
tsql "CREATE TABLE dbo.zoned (id int NOT NULL PRIMARY KEY, at datetime2 NULL, rv rowversion); INSERT INTO dbo.zoned (id, at) VALUES (1, '2020-01-01')"
query "CREATE DOMAIN copies.instant AS timestamptz; CREATE TYPE copies.timed AS (a int, at copies.instant); CREATE TABLE copies.zoned (id int PRIMARY KEY, at copies.instant, rv bytea)"
# zoned ZONE [JOBS]
zoned() { query "SET TimeZone = '$1'; SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => '{zoned}', on_existing => 'truncate', jobs => ${2:-0}, options => '{\"if_changed\": true}'); SET TimeZone = 'UTC'; SELECT at FROM copies.zoned" 2>/dev/null | sed -E 's/ since run.*//' | tr '\n' ' '; }
is "$(zoned UTC)$(zoned UTC)" 'ok 2020-01-01 00:00:00+00 unchanged 2020-01-01 00:00:00+00 ' "a time without a zone is known"
is "$(zoned Asia/Tokyo)" 'ok 2019-12-31 15:00:00+00 ' "... in the zone that it was loaded in"
is "$(zoned Asia/Tokyo)" 'unchanged 2019-12-31 15:00:00+00 ' "... as long as that is the session's"
is "$(zoned UTC 1)$(zoned UTC 1)" 'ok 2020-01-01 00:00:00+00 unchanged 2020-01-01 00:00:00+00 ' "... and a worker's"
is "$(query "SELECT string_agg(x, ' ' ORDER BY x) FROM unnest('{timestamptz,timetz[],tstzrange,tstzmultirange,copies.instant,copies.timed[],timestamp,text,int[],daterange}'::text[]) AS x WHERE _mssql_fdw._has_time_zone(x::regtype)")" \
  'copies.instant copies.timed[] timestamptz timetz[] tstzmultirange tstzrange' "... which says what values of some types are"
tsql "CREATE TABLE dbo.offset (id int NOT NULL PRIMARY KEY, at datetimeoffset NULL, rv rowversion); INSERT INTO dbo.offset (id, at) VALUES (1, '2020-01-01 00:00:00 +02:00')"
offset() { query "SET TimeZone = '$1'; SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => '{offset}', jobs => 0, options => '{\"if_changed\": true}')" 2>/dev/null; }
offset UTC >/dev/null
like "$(offset Asia/Tokyo)" 'unchanged' "one that has its own is the same everywhere"
tsql "DROP TABLE dbo.zoned; DROP TABLE dbo.offset"

# Tables of whose rows the counts do not say all: by the catalog alone.
counted() {
  query "BEGIN; SELECT _mssql_fdw._make_model() AS rows \\gset
    SELECT _mssql_fdw._keep_rows(:rows, ARRAY(SELECT jsonb_populate_record(NULL::replicate._table, '{\"id\": 1, \"schema\": \"dbo\", \"name\": \"t\", \"position\": 1}'))),
           _mssql_fdw._keep_rows(:rows, ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_table, jsonb '{\"schema\": \"dbo\", \"table\": \"t\", \"is_memory_optimized\": false,
             \"is_external\": false, \"is_graph\": false, \"is_filtered\": false, \"temporal_type\": 0}' || '{$1}'))),
           _mssql_fdw._keep_rows(:rows, ARRAY(SELECT jsonb_populate_record(NULL::replicate._source_column, jsonb '{\"schema\": \"dbo\", \"table\": \"t\", \"column\": \"rv\",
             \"type\": \"timestamp\", \"is_nullable\": false, \"is_computed\": false}' || '{$2}'))) \\g /dev/null
    SELECT count(*), max(row_version) FROM _mssql_fdw._counted_tables(jsonb_build_object('rows', :rows, 'database', jsonb '{\"view_definition\": ${3:-true}}'))" 2>&1
}
is "$(counted '' '')" '1|rv' "the rows of a table are counted by a row version"
for flag in is_memory_optimized is_external is_graph is_filtered; do is "$(counted "\"$flag\": true" '')" '0|' "... but for $flag"; done
is "$(counted '"temporal_type": 1' '')" '0|' "... or a history"
is "$(counted '"temporal_type": 2' '')" '1|rv' "... (that of which there is one is counted)"
is "$(counted '' '"is_computed": true')" '0|' "... or a value that is made when it is read"
is "$(counted '' '"type": "ntext"')" '0|' "... or one that can be written past it"
is "$(counted '' '' false)" '0|' "... or where a policy would not be seen"
is "$(counted '' '"is_nullable": true')" '1|' "one that may be NULL tells nothing of a row"

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
say "BEGIN; DELETE FROM lent.part WHERE id = 1; SELECT 1;"
background meanwhile "SELECT status FROM replicate_all('mssql', target_schema => 'lent', include => '{lent}', jobs => 1, on_existing => 'truncate', options => '{\"if_changed\": true}')"
waits "$writer_pid" "... of which who has written into a partition is waited for"
say "COMMIT; SELECT 1;"
like "$(finish meanwhile)" 'set aside: the copy has been written during the run: its rows are 99 now, and were 100' "... and it is not unchanged then"
is "$(lent mssql)" 'dbo.lent|ok' "... but loaded next"
like "$(lent mssql)" 'unchanged' "... and left alone again"
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
# A table that was no partition for a while, which another server has used.
query "ALTER PUBLICATION tap_lent SET TABLE lent.part" 2>/dev/null
lent mssql >/dev/null
like "$(lent mssql)" 'unchanged' "a partitioned table with a published partition"
query "ALTER TABLE lent.lent DETACH PARTITION lent.part"
lent other part >/dev/null
query "ALTER TABLE lent.lent ATTACH PARTITION lent.part DEFAULT"
is "$(lent mssql) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.lent|ok 5050' "... is loaded when that has been detached and attached again"

# Triggers and rules say what rows are.
query "DROP TABLE lent.lent; CREATE TABLE lent.lent (id int PRIMARY KEY, v int, rv bytea) PARTITION BY RANGE (id); CREATE TABLE lent.part PARTITION OF lent.lent DEFAULT;
  CREATE FUNCTION lent.negate() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN NEW.v := -NEW.v; RETURN NEW; END \$\$"
lent mssql >/dev/null
like "$(lent mssql)" 'unchanged' "a table is known"
query "CREATE TRIGGER negate BEFORE INSERT ON lent.part FOR EACH ROW EXECUTE FUNCTION lent.negate()"
is "$(lent mssql) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.lent|ok -5050' "... until it has a trigger, or its partition"
is "$(lent mssql)" 'dbo.lent|ok' "... and nothing as long as it has"
query "DROP TRIGGER negate ON lent.part"
is "$(lent mssql) $(query "SELECT sum(v) FROM lent.lent")" 'dbo.lent|ok 5050' "... nor of what that has made of it"
query "CREATE RULE two AS ON INSERT TO lent.lent WHERE NEW.id = 2 DO INSTEAD NOTHING"
is "$(lent mssql | sed 's/:.*//')" 'dbo.lent|count differs' "a rule is another one"
query "DROP RULE two ON lent.lent; CREATE RULE two AS ON DELETE TO lent.lent DO ALSO NOTHING"
is "$(lent mssql)$(lent mssql)" 'dbo.lent|okdbo.lent|ok' "... whatever it is for"
query "DROP RULE two ON lent.lent"
tsql "DROP TABLE dbo.part"
tsql "DROP TABLE dbo.lent"
query "DROP PUBLICATION tap_lent; DROP SCHEMA lent CASCADE" 2>/dev/null

# Change tracking, by answers that are put into its mouth: the stand-in has none (its T-SQL is tested by units).
query "CREATE OR REPLACE FUNCTION _mssql_fdw._ask_of_changes(server name, question text, schema text DEFAULT '', name text DEFAULT '', \"column\" text DEFAULT '',
    version bigint DEFAULT 0) RETURNS text LANGUAGE sql VOLATILE STRICT AS \$\$ SELECT CASE WHEN question = 'state' THEN CASE name WHEN 'rows' THEN 'tracked 1 ' || current_setting('tap.state')
      ELSE 'untracked ' || coalesce(nullif(current_setting('tap.partitions', true), ''), '1') || ' x' END
    ELSE current_setting('tap.' || replace(question, ' ', '_')) || CASE question WHEN 'changes' THEN CASE version WHEN 17 THEN '' ELSE ' of ' || version END ELSE '' END END \$\$" 2>/dev/null
# tracked POSITION STATE CHANGES FROM: what becomes of dbo.rows then.
tracked() { query "SET tap.position = '$1 2001 id'; SET tap.state = '$2'; SET tap.changes = '$3'; SET tap.tracked_from = '$4'; SET tap.row_versions = '0 1'; $(all 'jobs => 0')" 2>/dev/null | grep '^dbo.rows' | cut -d'|' -f2- | sed 's/ since run [0-9]*//'; }
tracked 17 a 0 5 >/dev/null
is "$(tracked 17 a 0 5)" '|unchanged: no change tracked since version 17, 998 rows' "a table without tracked changes is left alone"
is "$(tracked 17 a 1 5)" '998|ok' "... one with a change is loaded"
is "$(tracked 17 a 0 17)" '998|ok' "... or whose changes may have been forgotten"
is "$(tracked 17 a 0 '')$(tracked 17 a 0 none)" '998|ok998|ok' "... or of which nobody says since when they are kept"
is "$(tracked 17 b 0 5)" '998|ok' "... or that has been altered, or tracked anew"
is "$(tracked 16 b 0 5)" '998|ok' "... or of a database whose versions have gone back"
tracked 17 b 0 5 >/dev/null
is "$(tracked 30 b 0 5)" '|unchanged: no change tracked since version 17, 998 rows' "what is left alone is so by the version of then"
is "$(tracked 31 b 0 5)" '998|ok' "... and next by that of the run that has asked"

# Partitions may change places with those of others, whose rows have versions of before.
parted() { query "SET tap.partitions = '$1'; SET tap.position = '40 2001 id'; SET tap.state = ''; SET tap.changes = ''; SET tap.tracked_from = ''; SET tap.row_versions = '999 0'; $(all 'jobs => 0')" 2>/dev/null | grep '^dbo.versions' | cut -d'|' -f3 | sed 's/ since.*//'; }
parted 1 >/dev/null
is "$(parted 1)" 'unchanged' "versions tell of a table that is not partitioned"
is "$(parted 2; parted 2)" $'ok\nok' "... and not of one that is"

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
