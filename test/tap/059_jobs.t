#!/usr/bin/env bash
# How many workers a call has that does not say so: it is a statement of its own, and there is work for them, or it has none.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
[ "$(getconf _NPROCESSORS_ONLN)" -ge 2 ] || skip_all "one processor has one worker"
plan 20

# all [ARGUMENTS]
all() { echo "SELECT string_agg(rows || status, ' ' ORDER BY source) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_jobs_%}'${1:+, $1})"; }
# jobs SQL: how many workers the run of this statement had, and its result.
jobs() {
  local before answered
  before=$(query "SELECT coalesce(max(id), 0) FROM replicate.runs")
  answered=$(query "SET client_min_messages = error; $1" 2>&1 | grep -v '^$' | tr '\n' ' ')
  no_workers
  query "SELECT coalesce(arguments ->> 'jobs', 'none') || ' ' || CASE count(c) WHEN 0 THEN 'here' ELSE 'by workers' END FROM replicate.runs AS r LEFT JOIN replicate.run_chunks AS c ON c.run = r.id
    WHERE r.id > $before GROUP BY r.id, r.arguments ORDER BY r.id DESC LIMIT 1" | tr '\n' ' '
  echo "$answered"
}
readonly good='500ok 500ok '
for name in a b; do tsql "CREATE TABLE dbo.tap_jobs_$name (id int NOT NULL PRIMARY KEY); INSERT INTO dbo.tap_jobs_$name SELECT n FROM $(numbers 500)"; done
make_server mssql

is "$(jobs "$(all)")" "none here $good" "a small database is copied by the calling session"
large() { no_faults && tsql "EXEC tds_server_answer N'bytes', N'$1', N'AS [is_memory_optimized]'"; }
large 3000000000
many=$(query "SELECT least(_mssql_fdw._processors(), 8)")
is "$(jobs "$(all)")" "$many by workers $good" "a large one by workers, as many as there are processors"
is "$(jobs "$(all "options => '{\"resume\": false}'")")" "$many by workers $good" "... with whatever option"
large 70000000
is "$(jobs "$(all)")" "2 by workers $good" "... as many as there is work for"
large 60000000
is "$(jobs "$(all)")" "none here $good" "... and none where they would have little"
no_faults
tsql "EXEC tds_server_answer N'view_database_state', N'0', N'[view_database_state]'"
tsql "EXEC tds_server_answer N'rows', N'20000000', N'AS [is_memory_optimized]'"
is "$(jobs "$(all)")" "2 by workers $good" "what a login is not told of sizes is estimated from rows and columns"
large 3000000000
is "$(jobs "BEGIN; $(all); COMMIT")" "none here $good" "a transaction block has none: it goes on"
is "$(jobs "BEGIN ISOLATION LEVEL REPEATABLE READ; $(all); COMMIT")" "none here $good" "... at whatever level"
is "$(jobs "SET default_transaction_isolation = 'repeatable read'; $(all)")" "none here $good" "nor has a statement that sees one moment of what is here"
query "CREATE FUNCTION called() RETURNS text LANGUAGE plpgsql AS \$\$ DECLARE got text; BEGIN got := ($(all)); RETURN got; EXCEPTION WHEN division_by_zero THEN RETURN 'caught'; END \$\$" 2>/dev/null
is "$(jobs "SELECT called()")" "none here $good" "nor a block that catches errors"
is "$(jobs "CREATE TABLE kept AS $(all); SELECT * FROM kept")" "none here $good" "nor a statement that has written before"
is "$(jobs "INSERT INTO kept $(all) RETURNING 1")" "$many by workers 1 " "... but one that only writes what it answers"
is "$(query "SELECT * FROM kept" | tail -1) " "$good" "... does so"
is "$(jobs "$(all 'jobs => 0')")" "0 here $good" "0 is none"
is "$(query "SELECT count(*) FROM replicate_plan('mssql', target_schema => 'copies', include => '{tap_jobs_%}') WHERE kind = 'staging schema'" 2>/dev/null) $(query "BEGIN; SELECT count(*) FROM replicate_plan('mssql', target_schema => 'copies', include => '{tap_jobs_%}') WHERE kind = 'staging schema'" 2>/dev/null)" \
  '1 0' "the plan is that of the call that would be made there"
is "$(jobs "SELECT replicate_wait(id) IS NULL FROM replicate.runs WHERE false; $(all "options => '{\"wait\": false}'"); SELECT count(*) FROM replicate.runs AS r, replicate_wait(r.id) WHERE r.status = 'running'")" "$many by workers 2 " "a run in the background has them, too"
query "CREATE PUBLICATION everything FOR ALL TABLES; DROP SCHEMA copies CASCADE" 2>/dev/null
is "$(jobs "$(all)")" "none here $good" "new tables that would be published under other names are made by none"
query "DROP PUBLICATION everything"
no_faults
is "$(jobs "$(all "options => '{\"on_error\": \"continue\"}'")")" "1 by workers $good" "a run that goes on without a table has one at least"
like "$(error_of "BEGIN; $(all "options => '{\"on_error\": \"continue\"}'")")" 'ERROR:  22023: only workers can go on without a table' "... where it may have any"
like "$(error_of "SELECT _mssql_fdw._start_workers(3)")" 'ERROR:  XX000: workers are not chosen here' "nobody else starts them"

query "DROP SCHEMA copies CASCADE; DROP TABLE kept; DROP FUNCTION called()" 2>/dev/null
for name in a b; do tsql "DROP TABLE dbo.tap_jobs_$name"; done
