#!/usr/bin/env bash
# The tests with every PostgreSQL from 14 to 18 and the compilers that come with them, each in a system of its own (ci/chroot.sh, which
# needs root, debootstrap and the network). What cannot be reached is skipped with a word.
#
#   bash ci/matrix.sh [--work-tree] [--only VERSION]... [STAGE]...   STAGE is one of ci/test.sh; unit and regress by default
#
# Systems with their packages and builds stay in $MSSQL_FDW_CHROOTS, /tmp/mssql_fdw_chroot by default, 2 GB each; logs beside them.
# The last line is "N passed, N failed": systems, each of which has a line of its own.
set -uo pipefail

cache=${MSSQL_FDW_CHROOTS:-/tmp/mssql_fdw_chroot}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# PostgreSQL and the suite that has it. Debian's trixie is before Ubuntu's noble because it has the key to it.
systems='15:bookworm 17:trixie 18:sid 16:noble 14:noble'
options=()
stages=()
only=
passed=0
failed=0
skipped=0

while [ $# -gt 0 ]; do
  case $1 in
  --work-tree) options+=("$1") ;;
  --only) only+=" ${2:?} "; shift ;;
  -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
  *) stages+=("$1") ;;
  esac
  shift
done
[ ${#stages[@]} -gt 0 ] || stages=(unit regress)
mkdir -p "$cache" || exit 1

for system in $systems; do
  version=${system%%:*}
  suite=${system#*:}
  [ -z "$only" ] || [[ $only == *" $version "* ]] || continue
  log=$cache/matrix-$version-$suite.log
  more=()
  [ "$version" != 14 ] || more=(--postgresql 14)
  started=$SECONDS
  printf 'PostgreSQL %s in %-10s' "$version" "$suite"
  bash "$here/chroot.sh" --keep --suite "$suite" "${more[@]}" "${options[@]}" "${stages[@]}" >"$log" 2>&1
  status=$?
  result=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  if [ "$status" = 0 ]; then
    passed=$((passed + 1))
  elif [ -z "$result" ] && ! grep -q '^=== ' "$log"; then
    skipped=$((skipped + 1))
    result="skipped, the system could not be made: $(tail -n 1 "$log")"
  else
    failed=$((failed + 1))
  fi
  printf '%s, %d s; log: %s\n' "${result:-failed}" "$((SECONDS - started))" "$log"
  [ "$status" = 0 ] || grep -E 'FAILED|^ *not ok|left over' "$log" | head -n 20 | sed 's/^/    /'
done
[ "$skipped" = 0 ] || printf '%d skipped\n' "$skipped"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
