# TAP for tests that need more than one session, a kill or a fault. Sourced by test/tap/*.t:
#
#   . "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
#   plan 3
#   is "$(query 'SELECT 1')" 1 "the server answers"
#
# ci/test.sh provides the servers: PGHOST, PGPORT, PGUSER for the target and MSSQL_TEST_* for SQL Server. MSSQL_TEST_STAND_IN is set where
# that is the stand-in with its fault knobs. PG_BINDIR holds PostgreSQL's programs, TEST_PYTHON a python3 with pymssql.
# A test works in a database of its own, made here, and removed when the script ends.
# shellcheck shell=bash
set -u -o pipefail

tap_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
tap_number=0
tap_failed=0
tap_jobs=()
tap_directory=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX")
export PGDATABASE=tap_$$

# plan COUNT: first of all.
plan() { echo "1..$1"; }
skip_all() {
  echo "1..0 # skip $1"
  exit 0
}
bail_out() {
  echo "Bail out! $1"
  exit 1
}
# Skips the whole test with the other driver, where it makes no difference which one reads.
only_native() { [ "${MSSQL_TEST_DRIVER:-native}" = native ] || skip_all "the same with either driver"; }
# Skips the whole test unless it runs against the stand-in, whose fault knobs it needs.
needs_stand_in() { [ -n "${MSSQL_TEST_STAND_IN:-}" ] || skip_all "needs the stand-in"; }

tap_result() {
  tap_number=$((tap_number + 1))
  if [ "$1" = 0 ]; then
    echo "ok $tap_number - $2"
  else
    echo "not ok $tap_number - $2"
    tap_failed=$((tap_failed + 1))
  fi
  return "$1"
}

diag() { printf '%s\n' "$*" | sed 's/^/#   /'; }

# ok COMMAND-AS-STRING NAME: passes when the command succeeds.
ok() {
  local output status
  output=$(eval "$1" 2>&1)
  status=$?
  tap_result $((status != 0)) "$2" || diag "$1 ended with $status:" "$output"
}
pass() { tap_result 0 "$1"; }
fail() { tap_result 1 "$1"; }
# is GOT EXPECTED NAME
is() {
  [ "$1" = "$2" ]
  tap_result $? "$3" || { diag "got:      $1"; diag "expected: $2"; }
}
isnt() {
  [ "$1" != "$2" ]
  tap_result $? "$3" || diag "both are: $1"
}
# like GOT REGEX NAME, and its contrary: an extended regular expression over the whole text.
like() {
  [[ $1 =~ $2 ]]
  tap_result $? "$3" || { diag "got:            $1"; diag "does not match: $2"; }
}
unlike() {
  [[ ! $1 =~ $2 ]]
  tap_result $? "$3" || { diag "got:     $1"; diag "matches: $2"; }
}
# at_most GOT LIMIT NAME, for numbers with or without a fraction.
at_most() {
  awk -v got="$1" -v limit="$2" 'BEGIN { exit !(got != "" && got + 0 <= limit + 0) }'
  tap_result $? "$3" || diag "got $1, more than $2"
}

# ------------------------------------------------------------------------------------------------------------- sessions

psql_tap() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
# query SQL: rows as a|b lines; the exit status is psql's.
query() { printf '%s\n' "$1" | psql_tap -f -; }
# error_of SQL: what goes wrong, with SQLSTATE, DETAIL and HINT; empty when nothing does.
error_of() { printf '%s\n' "$1" | psql_tap -v VERBOSITY=verbose -f - 2>&1 >/dev/null | grep -v '^LOCATION:' | sed 's/^psql:<stdin>:[0-9]*: //'; }
# answer SQL: both.
answer() { printf '%s\n' "$1" | psql_tap -v VERBOSITY=verbose -f - 2>&1 | grep -v '^LOCATION:' | sed 's/^psql:<stdin>:[0-9]*: //'; }
# T-SQL on the SQL Server side, in MSSQL_TEST_DATABASE.
tsql() { "${TEST_PYTHON:-python3}" "$tap_root/ci/tsql.py" -q "$1"; }
# numbers COUNT: T-SQL for FROM, a table whose column n counts from 1.
numbers() {
  echo "(SELECT TOP $1 ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS n FROM sys.columns a CROSS JOIN sys.columns b CROSS JOIN sys.columns c) AS numbers"
}
# fault NAME [VALUE [PATTERN]]: what the stand-in does wrong from now on (test/tds_server/wire/faults.hpp), where there is a PATTERN in
# statements that hold it; no_faults: nothing any more.
fault() { tsql "EXEC tds_server_fault N'$1'${2:+, $2}${3:+, N'$3'}"; }
no_faults() { fault clear; }
# own_source DIRECTORY COMMAND...: such a command at a stand-in that the test itself has started there.
own_source() {
  MSSQL_TEST_HOST=127.0.0.1 MSSQL_TEST_PORT=$(cat "$1/port") MSSQL_TEST_USER=sa MSSQL_TEST_PASSWORD=$(cat "$1/password") \
    MSSQL_TEST_DATABASE=master "${@:2}"
}

# background NAME SQL: a session of its own, its application_name is NAME; finish NAME waits for it and prints all its output.
background() {
  rm -f "$tap_directory/$1.status"
  (
    printf '%s\n' "$2" | PGAPPNAME=$1 psql_tap -f - >"$tap_directory/$1" 2>&1
    echo $? >"$tap_directory/$1.status"
  ) &
  tap_jobs+=("$1=$!")
}
# By a file, not by wait(1), which knows no children inside $().
finish() {
  until [ -s "$tap_directory/$1.status" ]; do sleep 0.05; done
  cat "$tap_directory/$1"
  return "$(cat "$tap_directory/$1.status")"
}
# backend_of NAME: the process id of a background session's backend.
backend_of() { query "SELECT pid FROM pg_stat_activity WHERE application_name = '$1' LIMIT 1"; }

# wait_until SECONDS SQL: polls until the query answers "t"; 1 when it never does.
wait_until() {
  local deadline=$((SECONDS + $1))
  while [ "$(query "$2" 2>/dev/null)" != t ]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# elapsed COMMAND...: its wall time in seconds, with three digits of fraction; output and status are dropped.
elapsed() {
  local started=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  awk -v from="$started" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", to - from }'
}

# no_workers: waits until the workers of all runs, and who keeps their history, have ended.
no_workers() { wait_until 60 "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'mssql_fdw %'"; }

quote_literal() { printf "'%s'" "${1//\'/\'\'}"; }

# make_server [NAME] [OPTION-LIST]: the extension, and a foreign server NAME (mssql) for MSSQL_TEST_* with further options such as "query_timeout '3'".
make_server() {
  local name=${1:-mssql} more=${2:-}
  query "SET client_min_messages = warning;
    CREATE EXTENSION IF NOT EXISTS mssql_fdw;
    CREATE SERVER $name FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host $(quote_literal "$MSSQL_TEST_HOST"), port '$MSSQL_TEST_PORT',
      database $(quote_literal "$MSSQL_TEST_DATABASE"), driver '${MSSQL_TEST_DRIVER:-native}'${more:+, $more});
    CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (username $(quote_literal "$MSSQL_TEST_USER"), password $(quote_literal "$MSSQL_TEST_PASSWORD"));"
}

tap_end() {
  local status=$? job
  for job in "${tap_jobs[@]}"; do kill "${job#*=}" 2>/dev/null; done
  wait 2>/dev/null
  psql -X -q -d postgres -c "DROP DATABASE IF EXISTS \"$PGDATABASE\" WITH (FORCE)" >/dev/null 2>&1
  rm -rf "$tap_directory"
  [ "$status" != 0 ] || [ "$tap_failed" = 0 ] || status=1
  exit "$status"
}
trap tap_end EXIT
trap 'exit 143' INT TERM HUP

psql -X -q -d postgres -c "CREATE DATABASE \"$PGDATABASE\" TEMPLATE template0 ENCODING 'UTF8'" || bail_out "no target database"
