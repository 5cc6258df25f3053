#!/usr/bin/env bash
# What there is not enough of: room on a disk, and connections at the source. Nothing is lost, nothing is left, and the next call is right.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 16

# all [OPTIONS]
all() { echo "SELECT string_agg(rows || status, ' ' ORDER BY source) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_scarce_%}', jobs => 2, options => '{\"resume\": false${1:+, $1}}')"; }
sums() { query "SELECT (SELECT count(*) || ' ' || sum(length(t)) FROM copies.tap_scarce_a), (SELECT count(*) || ' ' || sum(length(t)) FROM copies.tap_scarce_b)"; }
left() { no_workers && query "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%') || ' ' || (SELECT count(*) FROM replicate.leftovers)"; }
for name in a b; do tsql "CREATE TABLE dbo.tap_scarce_$name (id int NOT NULL PRIMARY KEY, t nvarchar(max) NOT NULL); INSERT INTO dbo.tap_scarce_$name SELECT n, REPLICATE(N'x', 100) FROM $(numbers 1000)"; done
make_server mssql

if [ -n "${MSSQL_TEST_SMALL_DISK:-}" ]; then
  space=tap_small_$$
  mkdir -p "$MSSQL_TEST_SMALL_DISK/$space"
  query "CREATE TABLESPACE $space LOCATION '$MSSQL_TEST_SMALL_DISK/$space'"
  is "$(query "SET client_min_messages = error; SET default_tablespace = $space; $(all)")" '1000ok 1000ok' "on a small disk a small copy"
  tsql "INSERT INTO dbo.tap_scarce_b SELECT 1000 + n, REPLICATE(N'x', 1000) FROM $(numbers 20000)"
  like "$(error_of "SET default_tablespace = $space; $(all)")" 'ERROR:  53100: could not extend file.*No space left on device.*HINT:  Check free disk space. replicate.leftovers has' "... and no large one, which says why"
  is "$(sums) $(left)" '1000 100000|1000 100000 0 0' "... what was there stays, and nothing else"
  like "$(error_of "SET default_tablespace = $space; $(all '"on_error": "continue"')")" 'ERROR:  53100: ' "a full disk is no table's fault"
  is "$(sums) $(left)" '1000 100000|1000 100000 0 0' "... and changes nothing"
  like "$(error_of "SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_scarce_%}', jobs => 0)")" 'ERROR:  53100: ' "without workers it is the same"
  is "$(sums) $(left)" '1000 100000|1000 100000 0 0' "... and leaves what there was"
  query "ALTER TABLE copies.tap_scarce_b SET TABLESPACE pg_default"
  is "$(query "$(all)" 2>/dev/null) $(sums) $(left)" '1000ok 21000ok 1000 100000|21000 20100000 0 0' "where there is room the next call is right"
  query "DROP SCHEMA copies CASCADE; DROP TABLESPACE $space" 2>/dev/null
else
  for test in 1 2 3 4 5 6 7 8; do pass "a full disk # skip none could be mounted"; done
fi

query "$(all)" >/dev/null 2>&1
before=$(sums)
# The session here has a connection; its workers are refused theirs.
tsql "EXEC tds_server_fault N'login_error', 10928, N'', 2"
is "$(query "$(all)" 2>/dev/null | tr -d '0-9')" 'ok ok' "connections that are refused for a while are tried again"
no_faults
is "$(sums) $(left)" "$before 0 0" "... and all rows are there"
tsql "EXEC tds_server_fault N'login_error', 10928, N'', 40"
like "$(error_of "SET client_min_messages = error; $(all '"retry_budget": 2')")" 'ERROR:  [0-9A-Z]{5}: .*10928' "for as long as they may"
until no_faults 2>/dev/null; do continue; done
is "$(sums) $(left)" "$before 0 0" "... then nothing has changed, and nothing is left"
# So many workers that there is no process for: as many as there are.
is "$(query "SET client_min_messages = error; SELECT string_agg(status, ' ') FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_scarce_%}', jobs => 64)") $(sums) $(left)" "ok ok $before 0 0" "more workers than there are processes for are as many as there are"
query "SET statement_timeout = '1ms'; $(all)" >/dev/null 2>&1
is "$(sums) $(left)" "$before 0 0" "a call without time has changed nothing"
background holds "BEGIN; SELECT count(*) FROM copies.tap_scarce_a; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE relation = 'copies.tap_scarce_a'::regclass AND mode = 'AccessShareLock' AND granted\" && grep -q 55P03 <<<\"\$(error_of \"SET lock_timeout = '300ms'; \$(all)\")\"" "one that waits for a reader no longer than it may"
query "SELECT pg_terminate_backend($(backend_of holds))" >/dev/null
finish holds >/dev/null
is "$(sums) $(left)" "$before 0 0" "... neither"

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in a b; do tsql "DROP TABLE dbo.tap_scarce_$name"; done
