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
  cp "$run/target/log" "$logs/postgres.log" 2>/dev/null
  rm -rf "$run"
}

# find_tds_fdw: sets tds_fdw where there is one to compare with.
tds_fdw=
find_tds_fdw() {
  local package
  package=postgresql-$(pg_major "$pg_config")-tds-fdw
  installed "$package" || task "tds_fdw, to compare with" install_packages "$package" || echo "  (without tds_fdw)"
  [ ! -e "$("$pg_config" --sharedir)/extension/tds_fdw.control" ] || tds_fdw=1
}

# make_tds_fdw LIKE: its extension, server and, in the schema tds_fdw, foreign tables of the names and columns of the tables in the schema LIKE.
make_tds_fdw() {
  sql <<SQL
CREATE EXTENSION tds_fdw;
CREATE SCHEMA tds_fdw;
CREATE SERVER tds_fdw FOREIGN DATA WRAPPER tds_fdw OPTIONS (servername '127.0.0.1', port '$MSSQL_TEST_PORT', database 'bench', tds_version '7.4');
CREATE USER MAPPING FOR CURRENT_USER SERVER tds_fdw OPTIONS (username 'sa', password '$MSSQL_TEST_PASSWORD');
SELECT format('CREATE FOREIGN TABLE tds_fdw.%I (%s) SERVER tds_fdw OPTIONS (schema_name ''dbo'', table_name %L, use_remote_estimate ''0'')',
              c.relname, string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum), c.relname)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = '$1'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
GROUP BY c.relname \gexec
SQL
}

# bench_servers FILL [COMMAND]: builds this checkout, starts both servers, lets FILL make the rows of the database bench, and makes the server so for it.
# COMMAND comes before the installation is copied.
bench_servers() {
  prepare_machine && "${2:-true}" || return 1
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
drop_copies() { sql -c "SET client_min_messages = warning" -c "DROP SCHEMA IF EXISTS copies CASCADE" -c CHECKPOINT; }

# postmaster: the process number.
postmaster() { head -n 1 "$run/target/data/postmaster.pid"; }

# In clock ticks: of all processes of the cluster that have ended.
ended_cpu() { awk '{ sub(/.*\) /, ""); print $14 + $15 }' "/proc/$(postmaster)/stat"; }

# In clock ticks, of everybody: user, nice, system, irq, softirq.
busy_cpu() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8; exit }' /proc/stat; }

# Waits, twenty seconds at most, until others leave nine tenths of the processors for two seconds.
wait_for_quiet() {
  local i before
  for ((i = 0; i < 10; ++i)); do
    before=$(busy_cpu)
    sleep 2
    (($(busy_cpu) - before > 2 * $(getconf CLK_TCK) * $(nproc) / 10)) || return 0
  done
}

# measured COMMAND...: sets wall_us, and cpu_us of all processes of the cluster that have ended with it; its output is in $run/answer.
measured() {
  local started before
  before=$(ended_cpu)
  started=${EPOCHREALTIME/./}
  "$@" >"$run/answer" || return 1
  wall_us=$((${EPOCHREALTIME/./} - started))
  sleep 0.5
  cpu_us=$((($(ended_cpu) - before) * 1000000 / $(getconf CLK_TCK)))
}

# read_for LABEL SCRIPT: two sessions of pgbench, which logs a line a transaction with microseconds as its third column, for read_seconds.
read_for() {
  rm -f "$run"/read.log*
  "$bindir/pgbench" -n -M simple -c 2 -j 1 -T "$read_seconds" -f "$2" -l --log-prefix="$run/read.log" postgres >"$logs/pgbench.log" 2>&1 || die "pgbench failed, see $logs/pgbench.log"
  cat "$run"/read.log* | cut -d' ' -f3 | sort -n | awk -v label="$1" '{ v[NR] = $1 }
    END { printf "%-26s %6.2f %9.2f %9.2f %7d\n", label, v[int(NR * 0.5) + 1] / 1000, v[int(NR * 0.99) + 1] / 1000, v[NR] / 1000, NR }'
}

# read_beside REFRESH SCRIPT: without a refresh, and beside it, again and again. It takes no answer.
read_beside() {
  printf '\nreaders                      p50       p99       max   reads\n'
  read_for "without a refresh" "$2"
  refresh_for "$1" &
  read_for "while tables are refreshed" "$2"
  wait
  cat "$run/refreshes"
}

refresh_for() {
  local started=$EPOCHREALTIME end=$((SECONDS + read_seconds)) count=0
  while ((SECONDS < end)); do
    "$1" >/dev/null || break
    count=$((count + 1))
  done
  awk -v from="$started" -v to="$EPOCHREALTIME" -v n="$count" 'BEGIN { printf "%d refreshes, %.2f s each\n", n, n ? (to - from) / n : 0 }' >"$run/refreshes"
}
