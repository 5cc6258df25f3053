#!/usr/bin/env bash
# Fuzzing: bytes that no sane server sends, into what reads a server's bytes. Prints TAP; the last line is "N passed, N failed".
#
#   bash ci/fuzz.sh                       every target for a minute
#   bash ci/fuzz.sh SECONDS [TARGET...]   these targets (tokens login tls text decode bulk), each for so long
#   bash ci/fuzz.sh 0 [TARGET...]         what was found before, once: the corpora and the crashes that were kept
#
# A target passes when no input makes it crash, read or write out of bounds, behave undefinedly, leak, hang, or allocate much more than
# it was sent. An input that does is kept, and tried first by the next run. ci/README.md says what to do with it.
# shellcheck source=ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all_targets='tokens login tls text decode bulk'
longest_input=4096
memory_mb=512     # of the whole process; sanitizers and corpus take a part of it
allocation_mb=16  # of one allocation: thousands of times the input
patience=10       # seconds for one input
# What is freed and still held counts as memory of the process; of an allocation one frame is kept, for walking the stack takes long.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=1
lanes=()

main() {
  local seconds=60 target
  case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; return 0 ;; esac
  [[ ! ${1:-} =~ ^[0-9]+$ ]] || { seconds=$1; shift; }
  for target in "$@"; do
    [[ " $all_targets " == *" $target "* ]] || die "fuzz.sh: unknown target \"$target\"; the targets are: $all_targets"
  done
  local targets=(${*:-$all_targets}) # a list of words

  claim_directory "$work"
  logs=$work/log/fuzz
  found=$work/fuzz
  rm -rf "$logs"
  mkdir -p "$logs" "$found"
  trap stop_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  printf '\nmssql_fdw: fuzzing; logs in %s\n\n' "$logs"
  prepare_machine clang || exit 1
  task "libFuzzer and the sanitizers" install_runtime || exit 1
  exec 9>"$work/lock" # a test of the same checkout may be at it, too
  flock 9
  [ -n "${MSSQL_CI_STAGED:-}" ] || stage_sources || die "the sources could not be copied to $sources"
  task "build the fuzz targets" cmake_build build-fuzz all -DMSSQL_FDW_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ || exit 1
  flock -u 9
  exec 9>&-
  local vectors=() MSSQL_TEST_VECTORS=${MSSQL_TEST_VECTORS:-$repo_root/../shared/vectors}
  [ ! -d "$MSSQL_TEST_VECTORS" ] || vectors=("$MSSQL_TEST_VECTORS")
  task "write the seeds" "$work/build-fuzz/test/fuzz/fuzz_seeds" "$found/seeds" "${vectors[@]}" || exit 1

  local lane
  for ((lane = 0; lane < jobs; ++lane)); do
    run_lane "$lane" "$seconds" "${targets[@]}" &
    lanes+=($!)
  done
  wait "${lanes[@]}"
  report "${targets[@]}"
}

# A package of its own from clang 14 on, which clang only recommends.
install_runtime() {
  local package
  package=libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev
  [ -z "$(apt-cache pkgnames "$package" 2>/dev/null)" ] || install_packages "$package"
}

stop_all() {
  stop_guarded
  [ ${#lanes[@]} -eq 0 ] || { kill "${lanes[@]}" && wait "${lanes[@]}"; } 2>/dev/null
}

# run_lane NUMBER SECONDS TARGET...: every so-many-th target; as many lanes as there are cores run at once.
run_lane() {
  local lane=$1 seconds=$2 i
  shift 2
  local targets=("$@")
  trap 'trap "" INT TERM HUP; stop_guarded' EXIT
  trap 'exit 143' INT TERM HUP
  for ((i = lane; i < ${#targets[@]}; i += jobs)); do fuzz "${targets[i]}" "$seconds" >"$logs/${targets[i]}.tap"; done
}

report() {
  local target file number=0 failed=0
  printf '\n1..%d\n' $#
  for target in "$@"; do
    file=$logs/$target.tap
    number=$((number + 1))
    [ -s "$file" ] || echo "not ok - $target" >"$file"
    sed "s/^\(ok\|not ok\) -/\1 $number -/" "$file"
    ! grep -q '^not ok' "$file" || failed=$((failed + 1))
  done
  printf '\n%d passed, %d failed\n' "$((number - failed))" "$failed"
  [ "$failed" = 0 ]
}

# fuzz TARGET SECONDS: the corpus grows in the work directory; the checkout's is only read.
fuzz() {
  local target=$1 seconds=$2 log=$logs/$1.log
  local corpus=$found/corpus/$target crashes=$found/crashes/$target
  mkdir -p "$corpus" "$crashes"
  if run_guarded "$((seconds + 300))" "$log" run_target "$target" "$seconds"; then
    echo "ok - $target # $(statistic number_of_executed_units) inputs, $(statistic average_exec_per_sec) a second"
  else
    echo "not ok - $target"
    grep -aE '^SUMMARY: |^fuzz: |runtime error: |Test unit written to ' "$log" | head -n 10 | sed 's/^/#   /'
    echo "#   log: $log; kept inputs: $crashes"
  fi
}

statistic() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }

run_target() {
  local binary=$work/build-fuzz/test/fuzz/fuzz_$1 file
  local options=(-max_len=$longest_input -rss_limit_mb=$memory_mb -malloc_limit_mb=$allocation_mb -timeout=$patience -print_final_stats=1
    -entropic=0 -detect_leaks=0) # a check for leaks after each input would take longer than the input; there is one at the end
  local seeds=("$found/seeds/$1")
  [ ! -d "$sources/test/fuzz/corpus/$1" ] || seeds+=("$sources/test/fuzz/corpus/$1")
  for file in "$crashes"/*; do
    [ ! -e "$file" ] || "$binary" "${options[@]}" "$file" || return 1
  done
  if [ "$2" = 0 ]; then
    "$binary" "${options[@]}" -runs=0 "$corpus" "${seeds[@]}"
  else
    "$binary" "${options[@]}" -max_total_time="$2" -artifact_prefix="$crashes/" "$corpus" "${seeds[@]}"
  fi
}

main "$@"
