#!/usr/bin/env bash
# What servers in the field do and one in the cellar never does: they are not available yet, send the login elsewhere, grant packets that they
# then hang up on. The stand-in does it on order, by a session that is open already.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 15

readonly patience=10
readonly one="SELECT x FROM mssql_query('mssql', 'SELECT 1') AS t(x int);"
# order ARGUMENTS: the fault, as SQL for a session of ours; calm: an end to all of them, whatever failed before.
order() { printf "SELECT FROM mssql_exec('control', %s);\n" "$(quote_literal "EXEC tds_server_fault $1")"; }
calm() { printf '\\set ON_ERROR_STOP off\n%s\n%s' "$1" "$(order "N'clear'")"; }
readonly unavailable=$(order "N'login_error', 40613, N'', 100000")

# A session of FreeTDS's would end with the order, and a new one be refused.
MSSQL_TEST_DRIVER=native make_server control
make_server mssql "connect_timeout '2'"

is "$(query "ALTER SERVER mssql OPTIONS (SET connect_timeout '15'); $(order "N'login_error', 40613, N'', 2") $one")" 1 \
  "a database that wakes up is waited for"
query "ALTER SERVER mssql OPTIONS (SET connect_timeout '2')"
started=$SECONDS
like "$(error_of "$unavailable $(calm "$one")")" '57P03: Database .* is not currently available.*40613' "... within connect_timeout"
at_most $((SECONDS - started)) $patience "... and no longer"
query "ALTER SERVER mssql OPTIONS (SET connect_timeout '100')"
started=$SECONDS
like "$(error_of "$unavailable SET statement_timeout = '1s'; $(calm "$one SET statement_timeout = 0;")")" '57014: canceling statement due to statement timeout' \
  "... and a cancel ends the wait"
at_most $((SECONDS - started)) $patience "... in time"
started=$SECONDS
like "$(error_of "$(order "N'login_error', 40532, N'', 1") $(calm "$one")")" '40532' "what will not pass is not tried again"
at_most $((SECONDS - started)) $patience "... and ends at once"

query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password 'certainly wrong')"
refused=$(error_of "$one")
like "$refused" "28P01: Login failed.*The server is \"$MSSQL_TEST_HOST\", port $MSSQL_TEST_PORT" "a refused login names the server"
unlike "$refused" 'certainly' "... and no password"
query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password $(quote_literal "$MSSQL_TEST_PASSWORD"))"

# FreeTDS asks for what servers read, and takes what it is given.
[ "${MSSQL_TEST_DRIVER:-native}" != native ] || grant=$(order "N'grant_packets', 32767, N'', 1")
is "$(query "ALTER SERVER mssql OPTIONS (ADD packet_size '32767'); ${grant:-}
    SELECT length(x) FROM mssql_query('mssql', 'SELECT N''' || repeat('x', 200000) || '''') AS t(x text);")" 200000 \
  "packets under TLS are not longer than servers read, whatever they grant"
query "ALTER SERVER mssql OPTIONS (DROP packet_size)"

# An assignment counts what it has seen, in a trigger or procedure too; it has not changed it.
is "$(query "SELECT mssql_exec('mssql', 'CREATE TABLE #t (n int); INSERT INTO #t VALUES (1), (2), (3)');" | tail -n 1)" 3 "rows that are inserted are affected"
if [ "${MSSQL_TEST_DRIVER:-native}" = native ]; then
  is "$(query "SELECT mssql_exec('mssql', 'CREATE TABLE #t (n int); INSERT INTO #t VALUES (1), (2), (3);
    DECLARE @n int; SELECT @n = n FROM #t; SELECT n FROM #t; UPDATE #t SET n = 0 WHERE n = 1')")" 4 "... those that are selected are not"
  is "$(query "$(order "N'route', $MSSQL_TEST_PORT, N'$MSSQL_TEST_HOST', 1") $one")" 1 "a login goes where the server sends it"
  is "$(query "$(order "N'route', $MSSQL_TEST_PORT, N'$MSSQL_TEST_HOST\\MI1', 1") $one")" 1 "... to an instance, and says so there"
  is "$(query "$(order "N'route_without_ack', $MSSQL_TEST_PORT, N'$MSSQL_TEST_HOST\\MI1', 1") $one")" 1 "... without an acknowledgement"
else
  for name in "rows selected" "a route" "a route to an instance" "a route without acknowledgement"; do pass "$name # SKIP of the native driver"; done
fi
