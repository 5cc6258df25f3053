#!/usr/bin/env bash
# What a copy with workers is a picture of, under SNAPSHOT isolation: of one moment where that is certain, and history never says more.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 39

readonly source_db=mssql_fdw_moments
export MSSQL_TEST_DATABASE=master
tsql "CREATE DATABASE $source_db; ALTER DATABASE $source_db SET ALLOW_SNAPSHOT_ISOLATION ON"
export MSSQL_TEST_DATABASE=$source_db
for name in a b c; do tsql "CREATE TABLE dbo.tap_moment_$name (id int NOT NULL PRIMARY KEY, v int NOT NULL); INSERT INTO dbo.tap_moment_$name SELECT value, 1 FROM GENERATE_SERIES(1, 2000)"; done
make_server mssql

# all ARGUMENTS [OPTIONS]
all() { echo "SELECT string_agg(rows || status, ' ' ORDER BY source) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_moment_%}', $1, options => '{${2:-}}')"; }
consistency() { query "SELECT consistency FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
values() { query "SELECT (SELECT string_agg(DISTINCT v::text, ' ') FROM copies.tap_moment_a), (SELECT string_agg(DISTINCT v::text, ' ') FROM copies.tap_moment_b), (SELECT string_agg(DISTINCT v::text, ' ') FROM copies.tap_moment_c)"; }
write() { for name in a b c; do tsql "UPDATE dbo.tap_moment_$name SET v = $1"; done; }
readonly good='2000ok 2000ok 2000ok'
untold() { tsql "EXEC tds_server_fault N'error_at_statement', $1, N'sys.dm_db_log_stats', 1000"; }
tell() { tsql "EXEC tds_server_answer N'log_end_lsn', N'$1', N'sys.dm_db_log_stats'"; }

query "$(all 'jobs => 0')" >/dev/null 2>&1
is "$(consistency)" 'one moment' "one session reads one moment"
query "$(all 'jobs => 1')" >/dev/null 2>&1
is "$(consistency)" 'one moment' "so does one worker"
# The source stands still: that it does is its word, here, for the stand-in's log moves on its own.
tell '00000020:00000123:0001'
query "$(all 'jobs => 3')" >/dev/null 2>&1
is "$(consistency)" 'one moment' "several do where nothing was written while they began"
no_faults
untold 262
is "$(query "$(all 'jobs => 3')" 2>/dev/null) $(consistency)" "$good a moment a worker" "a source that does not tell is read all the same, of a moment a worker"
no_faults
untold 208
is "$(query "$(all 'jobs => 3')" 2>/dev/null) $(consistency)" "$good a moment a worker" "... and one that is too old"
no_faults
tsql "EXEC tds_server_answer N'delayed_durability', N'1', N'sys.dm_db_log_stats'"
like "$(answer "SELECT DISTINCT note FROM replicate_plan('mssql', target_schema => 'copies', include => '{tap_moment_%}', jobs => 3) WHERE kind = 'isolation'")" 'of one moment only where nothing is written' "the plan says what can be known before"
no_faults

# What is written behind the beginning nobody sees, in whatever order tables and chunks are read.
tsql "EXEC tds_server_fault N'slow_row_us', 1000, N'FROM [dbo].[tap_moment_', 1000"
tell '00000020:00000123:0001'
for chunks in NULL 500; do
  write 10
  last=$(query "SELECT max(id) FROM replicate.runs")
  background moments "$(all "jobs => 2, chunk_rows => $chunks")"
  ok "wait_until 60 \"SELECT EXISTS (SELECT FROM replicate.progress WHERE phase = 'load' AND rows > 0) OR EXISTS (SELECT FROM replicate.run_chunks WHERE run > $last)\"" "while the first tables are loaded, chunks of $chunks"
  write 20
  is "$(finish moments 2>&1 | tail -1)" "$good" "... all are written"
  is "$(values)" '10|10|10' "... which none of them has"
  is "$(consistency)" 'one moment' "... so that they are of one moment"
  no_workers
done
no_faults

# The options of a run are all workers', whatever they are asked for first: 48 kB at 21 kB a second.
at_most 1.5 "$(elapsed query "$(all 'jobs => 3' '"max_rate": 0.02')")" "what bounds the rate bounds all workers"
# A worker that has lost its transaction goes on in another one, and history says so.
write 30
tell '00000020:00000123:0001'
fault drop_after_rows 700 'FROM [dbo].[tap_moment_b]'
is "$(query "$(all 'jobs => 2')" 2>/dev/null) $(consistency) $(values)" "$good a moment a chunk 30|30|30" "a connection that is lost is another moment"
no_faults
tell '00000020:00000123:0001'
fault drop_after_rows 700 'FROM [dbo].[tap_moment_b]'
like "$(error_of "$(all 'jobs => 2' '"consistency": "require"')")" 'ERROR:  08006: ' "... which ends a run that is to be of one, at once"
no_faults
no_workers
# ... as does what has been loaded before.
fault error_after_rows 700 'FROM [dbo].[tap_moment_c]'
query "$(all 'jobs => 1')" >/dev/null 2>&1
no_faults
no_workers
is "$(query "$(all 'jobs => 1')" 2>/dev/null) $(consistency)" "$good a moment a chunk" "what an earlier run has loaded is another moment"
fault error_after_rows 700 'FROM [dbo].[tap_moment_c]'
query "$(all 'jobs => 1')" >/dev/null 2>&1
no_faults
no_workers
is "$(query "$(all 'jobs => 1' '"consistency": "require"')" 2>/dev/null) $(consistency)" "$good one moment" "... and is not gone on with where one is required"
tell '00000020:00000123:0001'
is "$(query "$(all 'jobs => 3' '"consistency": "require"')" 2>/dev/null) $(consistency)" "$good one moment" "what is required is kept by several, too"
no_faults
untold 262
like "$(error_of "$(all 'jobs => 2' '"consistency": "require"')")" 'ERROR:  55000: the copy would not be of one moment.*HINT:  With jobs => 0 ' "... or is an error, before anything is loaded"
no_faults
# What this session loads itself it reads itself.
query "CREATE FUNCTION copies.own() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; ALTER TABLE copies.tap_moment_c ADD own int DEFAULT copies.own()"
tell '00000020:00000123:0001'
is "$(query "$(all 'jobs => 1')" 2>/dev/null) $(consistency)" "$good one moment" "one worker and this session are two readers"
no_faults
untold 262
is "$(query "$(all 'jobs => 1')" 2>/dev/null) $(consistency)" "$good a moment a worker" "... whose moments may be two"
no_faults
tell '00000020:00000123:0001'
is "$(query "BEGIN; SELECT count(*) > 0 FROM mssql_query('mssql', 'SELECT id FROM dbo.tap_moment_a') AS q (id int); $(all 'jobs => 1'); COMMIT" 2>/dev/null | tail -1) $(consistency)" "$good a moment a worker" "... and are, where this one has read before"
no_faults
query "ALTER TABLE copies.tap_moment_c DROP COLUMN own" 2>/dev/null
# A log that stands still is no proof where a commit may be on its way.
tell '00000020:00000123:0001'
background writes "BEGIN; SELECT mssql_exec('mssql', 'UPDATE dbo.tap_moment_b SET v = v'); SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writes' AND wait_event = 'PgSleep'\"" "while somebody has written and not yet committed"
is "$(query "$(all 'jobs => 2')" 2>/dev/null) $(consistency)" "$good a moment a worker" "... workers' moments may be several"
query "SELECT pg_terminate_backend($(backend_of writes))" >/dev/null
finish writes >/dev/null
no_faults
# Nor where the database is a replica, which may be applying what is in its log.
tell '00000020:00000123:0001'
tsql "EXEC tds_server_fault N'error_at_statement', 1205, N'sys.dm_tran_database_transactions', 1000"
is "$(query "$(all 'jobs => 2')" 2>/dev/null) $(consistency)" "$good a moment a worker" "a proof that fails fails no run"
no_faults
tell '00000020:00000123:0001'
tsql "ALTER DATABASE $source_db SET READ_ONLY"
is "$(query "$(all 'jobs => 2')" 2>/dev/null) $(consistency)" "$good a moment a worker" "a database that is read only may be a replica that is behind its log"
tsql "ALTER DATABASE $source_db SET READ_WRITE"
no_faults
# A table that cannot be read is set aside, though it is the first that workers read.
for first in a b c; do
  tsql "EXEC tds_server_fault N'error_at_statement', 229, N'FROM [dbo].[tap_moment_$first]', 1000"
  like "$(query "$(all 'jobs => 2' '"on_error": "continue"')" 2>/dev/null)" '2000ok' "a run goes on without a table that it cannot read, be it $first"
  no_faults
done
like "$(error_of "$(all 'jobs => 2' '"on_error": "continue", "consistency": "require"')")" 'ERROR:  22023: .*exclude each other' "but not where one moment is required"
# The level is the session's, which may be older than what the database says of itself, or newer.
background holds "BEGIN; LOCK TABLE copies.tap_moment_a IN SHARE UPDATE EXCLUSIVE MODE; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holds' AND wait_event = 'PgSleep'\"" "while the run waits"
tell '00000020:00000123:0001'
background waits "$(all 'jobs => 2' '"consistency": "require"')"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'lock'\"" "... behind its catalog"
tsql "ALTER DATABASE $source_db SET ALLOW_SNAPSHOT_ISOLATION OFF"
query "SELECT pg_terminate_backend($(backend_of holds))" >/dev/null
finish holds >/dev/null
like "$(finish waits)" 'the copy would not be of one moment' "... workers that log in at another level make no moment of it"
no_faults
no_workers
is "$(query "SELECT count(*) > 0 FROM mssql_query('mssql', 'SELECT 1') AS q (n int);
  \\! ${TEST_PYTHON:-python3} '$tap_root/ci/tsql.py' -q 'ALTER DATABASE $source_db SET ALLOW_SNAPSHOT_ISOLATION ON'
  $(all 'jobs => 0')" 2>/dev/null | tail -1) $(query "SELECT isolation, consistency FROM replicate.runs ORDER BY id DESC LIMIT 1")" \
  "$good read committed|a moment a chunk" "nor does a session that is older than SNAPSHOT isolation"
query "SELECT mssql_disconnect_all()" >/dev/null
tsql "ALTER DATABASE $source_db SET ALLOW_SNAPSHOT_ISOLATION OFF"
query "SELECT mssql_disconnect_all()" >/dev/null
like "$(error_of "$(all 'jobs => 0' '"consistency": "require"')")" 'ERROR:  55000: the copy would not be of one moment.*DETAIL:  The source is read at READ COMMITTED.*ALLOW_SNAPSHOT_ISOLATION' "without SNAPSHOT there is none"
is "$(query "$(all 'jobs => 2')" 2>/dev/null) $(consistency)" "$good a moment a chunk" "... and each chunk has its own"
no_workers
is "$(tsql "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE program_name = N'mssql_fdw' AND open_transaction_count > 0 AND session_id <> @@SPID" | tail -1)" 0 "no transaction is left at the source"

query "DROP SCHEMA copies CASCADE; SELECT mssql_disconnect_all()" >/dev/null 2>&1
export MSSQL_TEST_DATABASE=master
tsql "DROP DATABASE $source_db"
