#!/usr/bin/env bash
# A run of replicate as other sessions see it: its progress, its lock, its end. The source stalls in mid-table, so that nothing depends on speed.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 25

readonly run="SELECT * FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_stalls'])"
# FreeTDS waits by itself, and says nothing of that.
native() { [ "${MSSQL_TEST_DRIVER:-native}" = native ]; }
readonly stalled="SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_stalls' AND rows > 0"
stall() { no_faults && fault stall_after_rows 5000 tap_stalls; }
nothing_left() { query "SELECT to_regnamespace('copies') IS NULL, count(*) FROM replicate.runs"; }

tsql "CREATE TABLE dbo.tap_stalls (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_stalls SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 6000)"
make_server mssql
make_server elsewhere

is "$(query 'SELECT count(*) FROM replicate.progress')" 0 "no progress without a run"
stall
background first "$run"
ok "wait_until 30 \"\$stalled\"" "another session sees the load"
is "$(query "SELECT server, target, table_number, tables, rows <= 6000, estimated_rows, elapsed > interval '0', bytes_per_second > 0, remaining >= interval '0', chunk FROM replicate.progress")" \
  'mssql|copies.tap_stalls|1|1|t|6000|t|t|t|' "... its tables, rows, estimate, clock and rate"
ok "! native || wait_until 30 \"SELECT waits_for = 'source' FROM replicate.progress\"" "... and that it waits for the source"
like "$(error_of "$run")" 'ERROR:  55006.*DETAIL:  By process [0-9]+\.' "a second run from the same server is refused"
like "$(error_of "$run")" 'replicate\.progress' "... and told where to look"
no_faults
other=${run/mssql/elsewhere}
like "$(query "${other/copies/others}" 2>/dev/null)" 'others.tap_stalls\|6000\|' "a run from another server is not"
query 'DELETE FROM replicate.runs'

query "SELECT pg_cancel_backend($(backend_of first))" >/dev/null
like "$(finish first)" 'canceling statement due to user request' "a cancelled run says so"
is "$(nothing_left)" 't|0' "... and leaves nothing"
is "$(query 'SELECT count(*) FROM replicate.progress')" 0 "... nor progress"

stall
background second "$run"
ok "wait_until 30 \"\$stalled\"" "the next run starts"
query "SELECT pg_terminate_backend($(backend_of second))" >/dev/null
like "$(finish second)" 'terminating connection due to administrator command' "a terminated run says so"
is "$(nothing_left)" 't|0' "... and leaves nothing"

fault stall_after_rows 3 sys.columns
background catalog "$run"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'catalog' AND source IS NULL\"" "the reading of the catalog is seen"
query "SELECT pg_cancel_backend($(backend_of catalog))" >/dev/null
finish catalog >/dev/null

# An index waits for a lock that this test holds.
no_faults
query "CREATE FUNCTION wait_for_test() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_advisory_xact_lock(1); END \$\$;
  CREATE EVENT TRIGGER wait_for_test ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION wait_for_test()"
background holder "SELECT pg_advisory_lock(1); SELECT pg_sleep(120)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND granted\"" "(a lock is held)"
background keys "$run"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'primary key'\"" "a key that is made is seen, too"
ok "wait_until 30 \"SELECT waits_for = 'lock' AND blocked_by = ARRAY[$(backend_of holder)] FROM replicate.progress\"" "... and what it waits for"
is "$(query 'SELECT source, target, table_number, tables, rows FROM replicate.progress')" 'dbo.tap_stalls|copies.tap_stalls|1|1|' \
  "... with its table's names"
query "SELECT pg_cancel_backend($(backend_of keys))" >/dev/null
like "$(finish keys)" 'canceling statement due to user request' "... and can be cancelled"
query "SELECT pg_terminate_backend($(backend_of holder)); DROP EVENT TRIGGER wait_for_test" >/dev/null
finish holder >/dev/null

stall
background third "SET statement_timeout = '12s'; $run"
third=$(finish third)
like "$third" 'canceling statement due to statement timeout' "statement_timeout ends a run on a mute server"
ok "! native || [[ \$third =~ 'dbo.tap_stalls: '[0-9]+' rows, '.*' after 1'[0-9]' s; waits for the source' ]]" "... which has said what it waits for"
is "$(nothing_left)" 't|0' "... and leaves nothing"

no_faults
like "$(query "$run" 2>/dev/null)" 'copies.tap_stalls\|6000\|' "then a run goes through"
is "$(query 'SELECT count(*) FROM replicate.runs')" 1 "... and is history"
fault slow_row_us 2500 tap_stalls
like "$(answer "$run")" 'dbo.tap_stalls: [0-9]+ rows, [0-9]+ kB after [0-9]+ s, about [0-9]+ %, [0-9]+ s to go' "one that takes long says how far it is"
no_faults
tsql "DROP TABLE dbo.tap_stalls"
