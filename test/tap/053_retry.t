#!/usr/bin/env bash
# A worker tries again what may have passed, for as long as it may; all else ends the run at once.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 34

readonly tables="include => ARRAY['dbo.tap_retry%']"
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', $tables, jobs => 2, options => '{\"resume\": false${1:+, $1}}') ORDER BY source"; }
attempts() { query "SELECT string_agg(substr(source, 15) || attempts, ' ' ORDER BY source) FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)"; }
sums() { query "SELECT (SELECT count(*) || ' ' || sum(id) FROM copies.tap_retry_a), (SELECT count(*) || ' ' || sum(id) FROM copies.tap_retry_b)"; }
readonly whole='3000 4501500|2000 2001000'
readonly good='dbo.tap_retry_a\|3000\|ok.dbo.tap_retry_b\|2000\|ok'

for name in a b; do tsql "CREATE TABLE dbo.tap_retry_$name (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"; done
tsql "INSERT INTO dbo.tap_retry_a (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 3000)"
tsql "INSERT INTO dbo.tap_retry_b (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 2000)"
make_server mssql

# meets WHAT FAULT...: a run that meets it.
meets() {
  no_faults
  fault "${@:2}"
  answered=$(answer "$(all)")
  no_faults
  like "$answered" "WARNING:  01000: attempt 1 at dbo.tap_retry_a has failed, the next one is in [01].[0-9] s: .*$good" "$1 is tried again"
  is "$(attempts) $(sums)" "a2 b1 $whole" "... and all rows are there, once"
}
meets "a deadlock" error_at_statement 1205 'FROM [dbo].[tap_retry_a]'
meets "a lock that is held for too long" error_at_statement 1222 'FROM [dbo].[tap_retry_a]'
meets "a connection that is cut at once" drop_after_rows 0 'FROM [dbo].[tap_retry_a]'
meets "... in mid-load" drop_after_rows 1700 'FROM [dbo].[tap_retry_a]'
meets "... or in the middle of a value" drop_after_bytes 40000 'FROM [dbo].[tap_retry_a]'
meets "a server that is being shut down" error_at_statement 17188 'FROM [dbo].[tap_retry_a]'

tsql "EXEC tds_server_fault N'error_at_statement', 1205, N'FROM [dbo].[tap_retry_b]', 3"
answered=$(answer "$(all)")
like "$answered" "attempt 3 at dbo.tap_retry_b has failed, the next one is in [1234].[0-9] s.*$good" "what comes again is tried again, ever later"
is "$(attempts) $(sums)" "a1 b4 $whole" "... until it has passed"
tsql "EXEC tds_server_fault N'error_at_statement', 1205, N'FROM [dbo].[tap_retry_b]', 1000"
like "$(answer "$(all '"retry_budget": 2')")" 'attempt 1 at dbo.tap_retry_b has failed.*ERROR:  40P01: .*1205' "... or the budget is used up"
like "$(error_of "$(all '"retry_budget": 0')")" 'ERROR:  40P01: ' "... or nothing is to be tried again"
background waits "$(all)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'retry' AND source = 'dbo.tap_retry_b' AND waits_for = 'retry'\"" "while it waits for the next attempt, which others see"
at_most "$(elapsed query "SELECT pg_cancel_backend($(backend_of waits)); SELECT pg_sleep(0.05)"; )" 1 "... it is cancelled"
like "$(finish waits)" 'canceling statement due to user request' "... and ends"
no_faults
fault error_at_statement 229 'FROM [dbo].[tap_retry_a]'
unlike "$(answer "$(all)")" 'attempt' "what does not pass is told at once"
no_faults
like "$(error_of "$(all '"retry_budget": "long"')")" 'ERROR:  22023: +invalid value for option "retry_budget": "long".*number of seconds' "the budget is a number"

# Not faster than it may: 280 kB a worker that has 100 kB a second of its own; the last batch is not waited for.
for jobs in 0 2; do
  limited="SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', $tables, jobs => $jobs, options => '{\"max_rate\": 0.2}')"
  at_most 1.5 "$(elapsed query "$limited")" "with max_rate it takes its time, jobs => $jobs"
  is "$(sums)" "$whole" "... for all rows"
done
for name in c d e; do tsql "CREATE TABLE dbo.tap_retry_$name (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL); INSERT INTO dbo.tap_retry_$name (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 500)"; done
at_most 1.5 "$(elapsed query "SELECT count(*) FROM replicate_all('mssql', target_schema => 'small', include => '{tap_retry_c,tap_retry_d,tap_retry_e}', options => '{\"max_rate\": 0.05}')")" "small tables take theirs, too"
query "DROP SCHEMA small CASCADE" 2>/dev/null
small() { echo "SELECT count(*) FROM replicate_all('mssql', target_schema => 'small', include => '{$1}', options => '{\"max_rate\": $2}'${3:-})"; }
tsql "CREATE TABLE dbo.tap_retry_f (id int NOT NULL PRIMARY KEY); INSERT INTO dbo.tap_retry_f VALUES (1)"
background owes "\\set ON_ERROR_STOP 0
$(small tap_retry_c 0.001);
SET statement_timeout = '60s';
$(small tap_retry_f 0.001)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND rows > 0\"" "a run that waits for a minute and a half"
query "SELECT pg_cancel_backend($(backend_of owes))" >/dev/null
like "$(finish owes)" 'user request.*1$' "... leaves the next one nothing to wait for"
query "DROP SCHEMA small CASCADE" 2>/dev/null
fault drop_after_rows 390 'FROM [dbo].[tap_retry_c]'
at_most 5.2 "$(elapsed query "$(small tap_retry_c 0.02 ', jobs => 1')")" "what an attempt has read that failed is counted"
no_faults
query "DROP SCHEMA small CASCADE" 2>/dev/null
# A source that has stood still is not read faster for that; nor by who has fewer tables than workers, or who calls a run in a run.
background stands "SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_retry_a}', options => '{\"max_rate\": 0.1}')"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND rows > 0 AND waits_for = 'max_rate'\"" "a load that keeps to a rate, and says so"
stopped=$(backend_of stands)
kill -STOP "$stopped"
sleep 4
before=$(query "SELECT bytes FROM replicate.progress WHERE phase = 'load'")
kill -CONT "$stopped"
sleep 1
after=$(query "SELECT bytes FROM replicate.progress WHERE phase = 'load'")
at_most "$((${after:-999999} - before))" 262144 "... and has stood still does not make up for that"
finish stands >/dev/null
query "DROP SCHEMA IF EXISTS small CASCADE" 2>/dev/null
ok "[ \$(elapsed query \"\$(small tap_retry_a 0.1 ', jobs => 16')\" | cut -d. -f1) -lt 40 ]" "one table has all of the rate, whoever has nothing to do"
query "$(small tap_retry_c 1)" >/dev/null 2>&1
query "CREATE FUNCTION small.nested() RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN PERFORM FROM public.replicate_all('mssql', include => '{tap_retry_d}'); RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 2; END \$\$;
  ALTER TABLE small.tap_retry_c ADD own int; ALTER TABLE small.tap_retry_c ALTER own SET DEFAULT small.nested()" 2>/dev/null
at_most 2.5 "$(elapsed query "SET client_min_messages = error; $(small tap_retry_c 0.02)")" "code that a load calls changes nothing of it"
query "DROP SCHEMA small CASCADE" 2>/dev/null
for name in c d e f; do tsql "DROP TABLE dbo.tap_retry_$name"; done
like "$(error_of "$(all '"max_rate": -1')")" 'ERROR:  22023: +invalid value for option "max_rate": -1.*MB a second from 0.001 to 1000000' "and that is a number, too"

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in a b; do tsql "DROP TABLE dbo.tap_retry_$name"; done
