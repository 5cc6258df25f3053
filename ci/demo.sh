#!/usr/bin/env bash
# The newcomer's command: builds mssql_fdw, starts a SQL Server stand-in with a StackOverflow database and a scratch PostgreSQL,
# copies the one into the other with `SELECT * FROM replicate_all('stackoverflow')`, and leaves both running.
#
#   bash ci/demo.sh [--rows N]   N rows in all nine tables together, 100000 by default
#   bash ci/demo.sh --stop       ends it and removes everything but the build directory
#
# With MSSQL_TEST_HOST (and _PORT, _USER, _PASSWORD, _DATABASE) set, that SQL Server is the source instead of the stand-in.
# It may be called again while it runs. ci/README.md says where things are.
# shellcheck source=ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state=/tmp/mssql_fdw_demo.$uid
database=${MSSQL_TEST_DATABASE:-StackOverflow2010}
tables='Users Posts Comments Votes Badges PostLinks VoteTypes PostTypes LinkTypes'
rows=100000
started= # this call has taken over from a demo that ran before

main() {
  local stop=
  while [ $# -gt 0 ]; do
    case $1 in
    --rows) rows=${2:-}; shift ;;
    --rows=*) rows=${1#*=} ;;
    --stop) stop=1 ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; return 0 ;;
    *) die "demo.sh: unknown argument \"$1\"; it takes --rows N and --stop" ;;
    esac
    shift
  done
  [[ $rows =~ ^[0-9]+$ ]] && ((rows >= 1000 && rows <= 1000000000)) || die "demo.sh: --rows takes a number between 1000 and 1000000000"
  [ -z "$stop" ] || { stop_demo; return; }

  claim_directory "$work"
  logs=$work/log/demo
  mkdir -p "$logs"
  printf '\nmssql_fdw: a SQL Server database inside PostgreSQL\n\n'
  trap 'stop_guarded; abandon' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  prepare || exit 1
  start_servers || exit 1
  show || exit 1
  trap - EXIT
}

# Builds under a lock: a test run of the same checkout may be at it, too.
prepare() {
  prepare_machine || return 1
  exec 9>"$work/lock"
  flock 9
  stage_sources || die "the sources could not be copied to $sources"
  task "build the extension" build_extension || return 1
  if [ -z "${MSSQL_TEST_HOST:-}" ]; then
    task "build the SQL Server stand-in" cmake_build build tds_server || return 1
  fi
  stop_demo quietly
  started=1
  claim_directory "$state"
  printf '%s\n' "$pg_config" "$stand_in_pg_config" "$server_user" >"$state/owner"
  task "install it into a private PostgreSQL" make_prefix "$state/postgres" || return 1
  [ -n "${MSSQL_TEST_HOST:-}" ] || cp "$(stand_in_binary)" "$state/tds_server" || return 1
  flock -u 9
  exec 9>&-
}

start_servers() {
  if [ -z "${MSSQL_TEST_HOST:-}" ]; then
    task "start the SQL Server stand-in" start_stand_in "$state/source" || return 1
    use_stand_in "$state/source"
  fi
  task "database $database" load_database || return 1
  task "start PostgreSQL" start_postgres "$state/postgres" "$state/target" || return 1
  use_postgres "$state/target"
  "$bindir/psql" -X -q -h "$pg_host" -p "$pg_port" -U postgres -c 'CREATE DATABASE stackoverflow'
}

# Fills the source, unless its nine tables are there: then they are somebody's own and stay as they are.
load_database() {
  local found table names=
  for table in $tables; do names+="${names:+, }N'$table'"; done
  create_database "$database" || return 1
  found=$(tsql -d "$database" -q "SELECT COUNT(*) FROM sys.tables WHERE name IN ($names)") || return 1
  [ "$found" != 9 ] || return 0
  [ "$found" = 0 ] || die "The database $database has $found of the nine tables. Set MSSQL_TEST_DATABASE to an empty or a complete one."
  fill_tables && return 0
  # A half-filled database would pass for a complete one the next time.
  for table in PostLinks Badges Votes Comments Posts Users VoteTypes PostTypes LinkTypes; do
    tsql -d "$database" -q "DROP TABLE dbo.$table" >/dev/null 2>&1
  done
  return 1
}

fill_tables() {
  local directory=$sources/test/stackoverflow
  tsql -d "$database" "$directory/schema.sql" &&
    bash "$directory/generate.sh" "$rows" | tsql -d "$database" - &&
    tsql -d "$database" "$directory/keys.sql" &&
    { tsql -d "$database" "$directory/untrusted_key.sql" || [ ! -d "$state/source" ]; }
}

psql_demo() { "$bindir/psql" -X -h "$pg_host" -p "$pg_port" -U postgres -d stackoverflow -v ON_ERROR_STOP=1 -P pager=off -P null='' "$@"; }

# type_in SQL [SHOWN]: a statement as the user would type it at psql's prompt, and what psql answers. It goes in by standard input,
# so that a password is in no process list; SHOWN is what to show in its stead.
type_in() {
  printf '\nstackoverflow=# %s\n' "${2:-$1}"
  printf '%s\n' "$1" | psql_demo -f - 2>&1 | sed 's/^psql:<stdin>:[0-9]*: //'
}

quote_literal() { printf "'%s'" "${1//\'/\'\'}"; }

show() {
  local user password
  user=$(quote_literal "${MSSQL_TEST_USER:-sa}")
  password=$(quote_literal "${MSSQL_TEST_PASSWORD:-}")
  printf '\nWhat you would type, in psql on the PostgreSQL side:\n'
  type_in 'CREATE EXTENSION mssql_fdw;' || return 1
  type_in "CREATE SERVER stackoverflow FOREIGN DATA WRAPPER mssql_fdw
  OPTIONS (host $(quote_literal "$MSSQL_TEST_HOST"), port '${MSSQL_TEST_PORT:-1433}', database $(quote_literal "$database"));" || return 1
  type_in "CREATE USER MAPPING FOR CURRENT_USER SERVER stackoverflow
  OPTIONS (username $user, password $password);" "CREATE USER MAPPING FOR CURRENT_USER SERVER stackoverflow
  OPTIONS (username $user, password '********');" || return 1
  type_in "\\set QUIET on
\\timing on
\\set QUIET off
SELECT * FROM replicate_all('stackoverflow');" "SELECT * FROM replicate_all('stackoverflow');" || return 1

  printf '\nThe rows on both sides:\n'
  type_in "SELECT source, target, source_rows, target_rows, status FROM replicate_verify('stackoverflow');" || return 1
  compare_counts || return 1

  printf '\nThe ten users with the highest reputation, out of the copy:\n'
  type_in 'SELECT u.displayname, u.reputation, count(*) AS posts, sum(p.score) AS score, max(p.creationdate) AS last_post
FROM users u JOIN posts p ON p.owneruserid = u.id
GROUP BY u.id ORDER BY u.reputation DESC LIMIT 10;' || return 1

  printf '\nWithout a copy: the tables of SQL Server as foreign tables\n'
  type_in 'CREATE SCHEMA live;
IMPORT FOREIGN SCHEMA dbo FROM SERVER stackoverflow INTO live;
SELECT count(*), max(creationdate) FROM live.comments WHERE postid < 1000;' || return 1

  printf '\n%s. Have a look around:\n\n  psql postgresql://postgres:%s@127.0.0.1:%s/stackoverflow\n' \
    "$([ -d "$state/source" ] && echo 'Both servers go on running' || echo 'PostgreSQL goes on running')" "$pg_password" "$pg_port"
  printf '\nEnd it, and remove what it stored:\n\n  bash %q --stop\n\n' "$repo_root/ci/demo.sh"
}

# The counts once more, by clients that have nothing to do with mssql_fdw.
compare_counts() {
  local table there here
  for table in $tables; do
    there=$(tsql -d "$database" -q "SELECT COUNT_BIG(*) FROM dbo.$table") && here=$(psql_demo -A -t -c "SELECT count(*) FROM ${table,,}") || return 1
    [ "$there" = "$here" ] || die "$table has $there rows in SQL Server, but $here in PostgreSQL"
  done
  printf 'Counted by other clients, too: the same numbers.\n'
}

# stop_demo [quietly]
stop_demo() {
  if [ ! -e "$state" ]; then
    [ $# -gt 0 ] || echo "No demo is running."
    return 0
  fi
  claim_directory "$state"
  if [ -f "$state/owner" ]; then
    { read -r pg_config && read -r stand_in_pg_config && read -r server_user; } <"$state/owner"
    bindir=$("$pg_config" --bindir)
    stop_stand_in "$state/source" >/dev/null 2>&1
    stop_postgres "$state/postgres" "$state/target"
  fi
  rm -rf "$state"
  [ $# -gt 0 ] || echo "The demo has ended and its databases are gone. $work holds the build; remove it when you like."
}

# On a failure: nothing goes on running, the server's log stays readable.
abandon() {
  [ -n "$started" ] || return 0
  keep_logs "$state/target" "$state/source"
  stop_demo quietly
}

main "$@"
