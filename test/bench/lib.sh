# What the scripts of test/bench that copy a database share: a stand-in and a scratch PostgreSQL with this checkout's extension. Sourced.
# shellcheck source=ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../ci/lib.sh"

run=

# bench_begin: where everything happens, and its end.
bench_begin() {
  claim_directory "$work"
  logs=$work/log/bench
  mkdir -p "$logs"
  trap bench_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  run=$(mktemp -d "$work/run.XXXXXX") && chmod 755 "$run" || die "no scratch directory could be made in $work"
}

bench_end() {
  stop_guarded
  [ -n "$run" ] || return 0
  stop_stand_in "$run/source" >/dev/null 2>&1
  stop_postgres "$run/postgres" "$run/target"
  rm -rf "$run"
}

# bench_servers FILL: builds this checkout, starts both servers, lets FILL make the rows of the database bench, and makes the server so for it.
bench_servers() {
  prepare_machine || return 1
  exec 9>"$work/lock"
  flock 9
  stage_sources || die "the sources could not be copied to $sources"
  task "build the stand-in" cmake_build build tds_server || return 1
  task "build the extension" build_extension || return 1
  task "install it into a private PostgreSQL" make_prefix "$run/postgres" || return 1
  cp "$(stand_in_binary)" "$run/" || return 1
  flock -u 9
  exec 9>&-
  task "start the stand-in" start_stand_in "$run/source" || return 1
  use_stand_in "$run/source"
  export MSSQL_TEST_DATABASE=bench
  create_database bench && task "the rows" "$1" || return 1
  task "start PostgreSQL" start_postgres "$run/postgres" "$run/target" || return 1
  use_postgres "$run/target"
  export PGHOST=$pg_host PGPORT=$pg_port PGUSER=postgres PGDATABASE=postgres
  sql -c "ALTER SYSTEM SET autovacuum = off" -c "SELECT pg_reload_conf()" -c "CREATE EXTENSION mssql_fdw" >/dev/null &&
    sql -c "CREATE SERVER so FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '127.0.0.1', port '$MSSQL_TEST_PORT', database 'bench', encrypt 'request')" \
      -c "CREATE USER MAPPING FOR CURRENT_USER SERVER so OPTIONS (username 'sa', password '$MSSQL_TEST_PASSWORD')"
}

sql() { "$bindir/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
