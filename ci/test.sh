#!/usr/bin/env bash
# All tests: lint, builds, unit tests (plain, sanitized, under valgrind), fuzzing, the stand-in's client tests, pg_regress, TAP.
#
#   bash ci/test.sh              everything; the last line is "N passed, N failed", the exit status 0 only without a failure
#   bash ci/test.sh STAGE...     only these stages and what they need: lint unit asan valgrind fuzz clients regress tap
#
# No stage stops the run, and nothing keeps running afterwards. With MSSQL_TEST_HOST (and _PORT, _USER, _PASSWORD) set, that
# SQL Server is used instead of the stand-in: its database mssql_fdw_test is dropped and made anew, no other is touched.
# ci/README.md says what each stage checks and what to do when it fails.
# shellcheck source=ci/lib.sh disable=SC2034 # the *_built and *_ready variables are read by name
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all_stages='lint unit asan valgrind fuzz clients regress tap'
passed=0
failed=0
skipped=0
run=

main() {
  local name
  case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; return 0 ;; esac
  for name in "$@"; do
    [[ " $all_stages " == *" $name "* ]] || die "test.sh: unknown stage \"$name\"; the stages are: $all_stages"
  done
  chosen=${*:-$all_stages}

  claim_directory "$work"
  logs=$work/log/test
  rm -rf "$logs"
  mkdir -p "$logs"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  run=$(mktemp -d "$work/run.XXXXXX") && chmod 755 "$run" || die "no scratch directory could be made in $work"

  printf '\nmssql_fdw: all tests; logs in %s\n\n' "$logs"
  prepare_machine clang-format freetds-bin python3-tds valgrind krb5-kdc krb5-admin-server krb5-user gss-ntlmssp postgresql-N-cron || { failed=1; finish; }
  if wants lint; then stage "lint" 600 count_tap bash "$repo_root/ci/lint.sh"; fi
  build
  if wants unit; then needs unit_built "unit tests" 600 count_ctest ctest --test-dir "$work/build" -j"$jobs" --output-on-failure; fi
  if wants asan; then needs asan_built "unit tests, ASan and UBSan" 900 count_one "$work/build-asan/unit_tests" --gtest_brief=1 --gtest_filter='-*ServerTest.*'; fi
  if wants valgrind; then needs unit_built "unit tests, valgrind" 900 count_one run_valgrind; fi
  if wants fuzz; then fuzz_stage; fi
  if wants clients || wants regress || wants tap; then server_stages; fi
  finish
}

wants() { [[ " $chosen " == *" $1 "* ]]; }

# build: under a lock, for the demo of the same checkout may be at it, too. Sets *_built to 1 where it worked.
unit_built='' asan_built='' extension_built='' stand_in_built=''
build() {
  exec 9>"$work/lock"
  flock 9
  stage_sources || die "the sources could not be copied to $sources"
  if wants unit || wants valgrind; then stage "build core and unit tests" 1800 count_one cmake_build build unit_tests && unit_built=1; fi
  if wants asan; then
    if [ -r /proc/self/maps ]; then
      stage "build unit tests with ASan and UBSan" 1800 count_one cmake_build build-asan unit_tests -DMSSQL_FDW_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug && asan_built=1
    else
      skip "unit tests, ASan and UBSan" "they need /proc"
      chosen=" $chosen "
      chosen=${chosen/ asan / }
    fi
  fi
  if wants clients || wants regress || wants tap; then
    if [ -z "${MSSQL_TEST_HOST:-}" ]; then
      stage "build the stand-in" 1800 count_one cmake_build build tds_server && cp "$(stand_in_binary)" "$run/tds_server" && stand_in_built=1
    fi
  fi
  if wants regress || wants tap; then
    stage "build the extension" 1800 count_one build_extension &&
      stage "make install" 300 count_one make_prefix "$run/postgres" && extension_built=1
  fi
  flock -u 9
  exec 9>&-
}

fuzz_stage() {
  if [ -r /proc/self/maps ]; then
    stage "fuzz targets, a minute each" 2400 count_tap env MSSQL_CI_STAGED=1 bash "$repo_root/ci/fuzz.sh"
  else
    skip "fuzz targets" "they need /proc"
  fi
}

run_valgrind() {
  valgrind --quiet --suppressions="$sources/ci/valgrind.supp" --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    "$work/build/unit_tests" --gtest_brief=1 --gtest_filter='-*ServerTest.*'
}

# Everything that talks to a SQL Server.
server_ready='' target_ready=''
server_stages() {
  if [ -n "${MSSQL_TEST_HOST:-}" ]; then
    export MSSQL_TEST_PORT=${MSSQL_TEST_PORT:-1433} MSSQL_TEST_USER=${MSSQL_TEST_USER:-sa} MSSQL_TEST_PASSWORD=${MSSQL_TEST_PASSWORD:-}
    unset MSSQL_TEST_STAND_IN
  else
    needs stand_in_built "start the stand-in" 120 count_one start_stand_in "$run/source" && use_stand_in "$run/source" &&
      export MSSQL_TEST_STAND_IN=1 MSSQL_TEST_STAND_IN_DIR=$run/source TDS_SERVER_BIN=$run/tds_server
  fi
  [ -z "${MSSQL_TEST_HOST:-}" ] || server_ready=1
  # Another name would be somebody's database: it is not ours to fill or drop.
  case ${MSSQL_TEST_DATABASE:-} in mssql_fdw_test*) ;; *) MSSQL_TEST_DATABASE=mssql_fdw_test ;; esac
  export MSSQL_TEST_DATABASE

  if wants clients; then
    if [ -n "${MSSQL_TEST_STAND_IN:-}" ] || [ -z "$server_ready" ]; then
      needs server_ready "the stand-in's client tests" 900 count_tap client_tests
      needs server_ready "the stand-in's T-SQL" 300 count_tap engine_tests
    else
      skip "the stand-in's client tests and T-SQL" "MSSQL_TEST_HOST is set"
    fi
  fi
  needs server_ready "T-SQL fixtures" 300 count_tap load_fixtures
  if [ -n "$asan_built" ]; then
    needs server_ready "the driver and the server, ASan and UBSan" 300 count_gtest "$work/build-asan/unit_tests" --gtest_filter='*ServerTest.*'
  elif [ -n "$unit_built" ]; then
    needs server_ready "the driver and the server" 300 count_gtest "$work/build/unit_tests" --gtest_filter='*ServerTest.*'
  fi
  if wants regress || wants tap; then
    if [ -n "$server_ready" ]; then
      needs extension_built "start PostgreSQL" 120 count_one start_postgres "$run/postgres" "$run/target" && target_ready=1 && use_target && mount_small_disk
    fi
    for driver in native freetds; do
      export MSSQL_TEST_DRIVER=$driver
      if wants regress; then
        needs target_ready "pg_regress, $driver" 900 count_regress run_regress schedule
        [ "$driver" != native ] || needs target_ready "pg_regress with workers, $driver" 900 count_regress run_regress_with_workers schedule_workers
      fi
      if wants tap; then tap_stages; fi
    done
    [ -z "$target_ready" ] || stage "no server process crashed" 20 count_one no_crash
  fi
}

# Runs as the server's user, who may write only below $run.
client_tests() {
  create_database "$MSSQL_TEST_DATABASE" || return 1
  in_tests bash "$sources/test/tds_server/clients/run.sh" "$MSSQL_TEST_HOST" "$MSSQL_TEST_PORT" "$MSSQL_TEST_USER" "$MSSQL_TEST_PASSWORD" "$MSSQL_TEST_DATABASE"
}

engine_tests() {
  in_tests bash "$sources/test/tds_server/engine/selftest/run" "$MSSQL_TEST_HOST" "$MSSQL_TEST_PORT" "$MSSQL_TEST_USER" "$MSSQL_TEST_PASSWORD"
}

# A test a file. Tests that need what did not load will fail by themselves.
load_fixtures() {
  local file number=0 status=0
  local files=("$sources"/test/fixtures/*.sql)
  [ -e "${files[0]}" ] || files=()
  echo "1..$((${#files[@]} + 1))"
  fresh_database || { status=1; printf 'not '; }
  echo "ok $((++number)) - a fresh database"
  for file in "${files[@]}"; do
    tsql -d "$MSSQL_TEST_DATABASE" "$file" 2>&1 || { status=1; printf 'not '; }
    echo "ok $((++number)) - ${file##*/}"
  done
  return "$status"
}

fresh_database() {
  local name=$MSSQL_TEST_DATABASE
  if [ "$(tsql -d master -q "SELECT COUNT(*) FROM sys.databases WHERE name = N'$name'")" != 0 ]; then
    [ -n "${MSSQL_TEST_STAND_IN:-}" ] || tsql -d master -q "ALTER DATABASE [$name] SET SINGLE_USER WITH ROLLBACK IMMEDIATE" || true
    tsql -d master -q "DROP DATABASE [$name]" || return 1
  fi
  tsql -d master -q "CREATE DATABASE [$name]"
}

# A file system that is soon full, for the tests that need one, where it may be mounted.
mount_small_disk() {
  [ "$uid" = 0 ] && mkdir -p "$run/small" && mount -t tmpfs -o size=8m,mode=700 tmpfs "$run/small" 2>/dev/null || return 0
  chown "$server_user" "$run/small"
  export MSSQL_TEST_SMALL_DISK=$run/small
}

# Tests find the target by PG*, its tools first in PATH, and a place of their own in TMPDIR.
use_target() {
  use_postgres "$run/target"
  mkdir -p "$run/tmp"
  [ "$uid" != 0 ] || chown "$server_user" "$run/tmp"
  export PGHOST=$pg_host PGPORT=$pg_port PGUSER=postgres PGDATABASE=postgres PG_BINDIR=$run/postgres$bindir TEST_PYTHON=$python
}

in_tests() {
  mkdir -p "$run/tmp"
  [ "$uid" != 0 ] || chown "$server_user" "$run/tmp"
  as_server_user env TMPDIR="$run/tmp" PATH="${PG_BINDIR:-$bindir}:$PATH" "$@"
}

# run_regress SCHEDULE
run_regress() {
  local regress output=$run/tmp/$1_$MSSQL_TEST_DRIVER
  regress=$(dirname "$("$pg_config" --pgxs)")/../../src/test/regress/pg_regress
  in_tests mkdir -p "$output"
  in_tests "$regress" --inputdir="$sources" --outputdir="$output" --bindir="$run/postgres$bindir" --schedule="$sources/sql/$1" \
    --host="$PGHOST" --port="$PGPORT" --user=postgres --dbname=mssql_fdw_regression
  local status=$?
  [ ! -s "$output/regression.diffs" ] || cat "$output/regression.diffs"
  return "$status"
}

# Two workers load the tables of what is run by default.
run_regress_with_workers() { MSSQL_TEST_JOBS=2 run_regress "$1"; }

tap_stages() {
  local file
  for file in "$sources"/test/tap/*.t; do
    [ -e "$file" ] || continue
    needs target_ready "$(basename "$file"), $MSSQL_TEST_DRIVER" 600 count_tap in_tests bash "$file"
  done
}

no_crash() { ! grep -E 'terminated by signal (4|6|7|8|11):|PANIC:|TRAP:' "$run/target/log"; }

# -------------------------------------------------------------------------------------------------------------- stages

# stage LABEL SECONDS COUNTER COMMAND...: runs it, counts its results, prints one line and the failures.
stage() {
  local label=$1 limit=$2 counter=$3 started=$SECONDS status log
  shift 3
  log=$logs/$(printf %s "$label" | tr -c 'A-Za-z0-9._\n' '_').log
  printf '  %-52s' "$label$(usual_time "$label")"
  run_guarded "$limit" "$log" "$@"
  status=$?
  stage_passed=0 stage_failed=0 stage_skipped=0
  "$counter" "$log" "$status"
  passed=$((passed + stage_passed))
  failed=$((failed + stage_failed))
  skipped=$((skipped + stage_skipped))
  printf '%5d passed, %d failed%s %8s\n' "$stage_passed" "$stage_failed" "$( ((stage_skipped == 0)) || echo ", $stage_skipped skipped")" "$(seconds "$started")"
  ((stage_skipped == 0)) || skip_reasons "$log"
  ((stage_failed == 0)) && return 0
  grep -aE '^not ok|^tsql: |^ *test .*FAILED|^.*\*\*\*(Failed|Exception|Timeout)|^\[  FAILED  \].*\(|^# (planned|no plan|all tests passed, but|ended after)' "$log" | grep -vi '# todo' | head -n 20 | sed 's/^/      /'
  [ "$counter" != count_one ] || tail -n 20 "$log" | sed 's/^/      /'
  printf '      log: %s\n' "$log"
  return 1
}

# Silence is no hang: what the long ones take on two cores, with nothing built before.
usual_time() {
  case $1 in
  'build core and unit tests') echo ', about 3 min' ;;
  'build unit tests with ASan and UBSan') echo ', about 3 min' ;;
  'build the stand-in' | 'build the extension') echo ', about 2 min' ;;
  'fuzz targets, a minute each') echo ', about 5 min' ;;
  *valgrind) echo ', about 3 min' ;;
  'pg_regress, '*) echo ', about 1 min' ;;
  esac
}

# Why tests were skipped, in TAP's, GoogleTest's and CTest's words.
skip_reasons() {
  { sed -nE 's/.*# [Ss][Kk][Ii][Pp]\w* *(.*)/\1/p' "$1"; grep -A 1 -E '^[^ ]+: Skipped$' "$1" | grep -vE ': Skipped$|^--$'; } |
    sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/      \1 skipped: \2/'
}

# needs VARIABLE LABEL ...: a stage whose condition failed before counts as one failure, never as nothing.
needs() {
  local variable=$1
  shift
  if [ -n "${!variable}" ]; then
    stage "$@"
  else
    printf '  %-52s not run: what it needs has failed\n' "$1"
    failed=$((failed + 1))
    return 1
  fi
}

skip() {
  printf '  %-52s skipped: %s\n' "$1" "$2"
  skipped=$((skipped + 1))
}

count_one() {
  if [ "$2" = 0 ]; then stage_passed=1; else stage_failed=1; fi
}

# "98% tests passed, 2 tests failed out of 123"; skipped tests count as passed there.
count_ctest() {
  local total
  stage_skipped=$(grep -cE '\*\*\*Skipped' "$1")
  total=$(sed -n 's/.* tests failed out of \([0-9][0-9]*\)$/\1/p' "$1" | tail -n 1)
  stage_failed=$(sed -n 's/.*passed, \([0-9][0-9]*\) tests failed out of .*/\1/p' "$1" | tail -n 1)
  if [ -z "$total" ] || [ "$total" = 0 ]; then
    stage_failed=1
  else
    stage_passed=$((total - stage_failed - stage_skipped))
    (($2 == 0 || stage_failed > 0)) || stage_failed=1
  fi
}

# "[  PASSED  ] 12 tests." and the like; a crash has no summary.
count_gtest() {
  local state
  for state in PASSED FAILED SKIPPED; do
    printf -v "stage_${state,,}" %d "$(sed -n "s/^\[ *$state *\] \([0-9][0-9]*\) tests\{0,1\}[.,].*/\1/p" "$1" | tail -n 1)"
  done
  (($2 == 0 && stage_passed > 0)) || ((stage_failed > 0)) || stage_failed=1
}

# "All 12 tests passed." or "1 of 12 tests failed", with a "# " before it since PostgreSQL 16.
count_regress() {
  local all some
  all=$(sed -n 's/^#\{0,1\} *All \([0-9][0-9]*\) tests* passed.*/\1/p' "$1" | tail -n 1)
  some=$(sed -n 's/^#\{0,1\} *\([0-9][0-9]*\) of \([0-9][0-9]*\) tests* failed.*/\1 \2/p' "$1" | tail -n 1)
  if [ -n "$all" ] && [ "$2" = 0 ]; then
    stage_passed=$all
  elif [ -n "$some" ]; then
    stage_failed=${some% *}
    stage_passed=$((${some#* } - stage_failed))
  else
    stage_failed=1
  fi
}

finish() {
  local summary="$passed passed, $failed failed"
  [ "$skipped" = 0 ] || printf '\n%d skipped\n' "$skipped"
  clean_up
  trap - EXIT
  printf '\n%s\n' "$summary"
  [ "$failed" = 0 ]
  exit
}

clean_up() {
  stop_guarded
  [ -n "$run" ] && [ -d "$run" ] || return 0
  keep_logs "$run/target" "$run/source"
  stop_postgres "$run/postgres" "$run/target"
  [ ! -d "$run/source" ] || stop_stand_in "$run/source" >"$logs/stand_in_stop.log" 2>&1
  [ -z "${MSSQL_TEST_SMALL_DISK:-}" ] || umount "$MSSQL_TEST_SMALL_DISK"
  rm -rf "$run"
}

main "$@"
