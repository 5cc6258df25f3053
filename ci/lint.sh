#!/usr/bin/env bash
# Checks the rules that a compiler does not: the walls between the layers, the boundary rules, the layout. Prints TAP.
# Each check names the offending lines; CONTRIBUTING.md says why the rule is there. Alarms (lengths, formatting) are comments, not failures.
set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export LC_ALL=C.UTF-8
shopt -s lastpipe # `... | check` counts in this shell

number=0
failed=0

# check NAME: passes when standard input is empty.
check() {
  local lines
  lines=$(cat)
  number=$((number + 1))
  if [ -z "$lines" ]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    printf '%s\n' "$lines" | sed 's/^/#   /'
    failed=$((failed + 1))
  fi
}

# files FOLDER...: the C++ files below them.
files() { find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' \) 2>/dev/null | LC_ALL=C sort; }
# includes PATTERN FOLDER...: #include lines that match.
includes() {
  local pattern=$1
  shift
  files "$@" | xargs -r -d '\n' grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$pattern" /dev/null
}
# code PATTERN FOLDER...: lines that match, comments left out.
code() {
  local pattern=$1
  shift
  files "$@" | xargs -r -d '\n' grep -nE "$pattern" /dev/null | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(//|\*)'
}

# ------------------------------------------------------------------------------------------------- walls between layers
includes '(postgres|fmgr|funcapi|miscadmin|access/|catalog/|commands/|executor/|foreign/|libpq|nodes/|optimizer/|parser/|storage/|utils/)' src/core |
  check "src/core includes no PostgreSQL header"
includes 'pg/' src/core | check "src/core includes nothing of src/pg"
includes '(sybdb|sybfront|sqlfront|sqldb|ctpublic|cspublic|tds)\.h' src | grep -v '^src/core/tds/freetds/' |
  check "only src/core/tds/freetds includes the client library"
includes "(core/tds/)?(freetds|native)/" src | grep -vE '^src/core/(tds/(freetds|native)/|access/connect\.cpp)' | check "nothing but access/connect.cpp knows the driver"
{
  includes 'core/(tds|tsql|copy|access)/' src/core/source
  includes 'core/(copy|access)/' src/core/tds
  includes 'core/(tds|copy|access)/' src/core/tsql
  includes 'core/(tds|tsql|access|source)/' src/core/copy
} | check "source stands below tsql, tsql below tds, access above them, and copy knows none of them"
includes 'core/tds/' src | grep -vE '^src/(core/(tds|access)|pg/datum)/' | check "TDS is known to access and to src/pg/datum only"
# Pairs of folders, the first of which includes the second: tsort names those of a cycle.
files src | xargs -d '\n' grep -E '^#include "(core|pg)/' /dev/null |
  sed -E 's/^(.*)\/[^/]*:#include "(.*)\/[^/]*"$/\1 src\/\2/' | awk '$1 != $2' | LC_ALL=C sort -u | tsort 2>&1 >/dev/null |
  sed 's/^tsort: //' | check "the folders of src include each other one way"
# What only a statement to SQL Server has in it; advice to people may be in its words.
tsql="\\bsys\\.[a-z]|\\bN'|@@[A-Z]|\\b(COUNT_BIG|OBJECT_ID|SERVERPROPERTY|TABLESAMPLE|QUOTENAME|NCHAR|DATALENGTH|DB_NAME)\\b|'\\[' *[|][|]|\"\\[\" *\\+|AS \\[|[|][|] *'\\]'|\\b(BEGIN|SAVE|COMMIT|ROLLBACK) TRAN|SET (LANGUAGE|ANSI_|XACT_ABORT|TRANSACTION ISOLATION)|WITH \\(SNAPSHOT"
{
  code "$tsql" src/pg src/core | grep -vE '^src/core/(tsql/|error\.cpp|tds/freetds/login\.cpp)|// NCHAR$'
  grep -nE "$tsql" src/sql/*.sql src/sql/*/*.sql | grep -vE '^[^:]+:[0-9]+:[[:space:]]*--'
} | check "T-SQL is written by src/core/tsql alone"
includes '.*src/|(core|pg)/' test/tds_server | check "the stand-in shares no code with src"
includes '(\.\./)*engine/' test/tds_server/wire | check "the stand-in's wire/ includes nothing of engine/"
includes '(\.\./)*wire/' test/tds_server/engine | check "the stand-in's engine/ includes nothing of wire/"
files src | xargs -d '\n' grep -nE '^#include "[^"]*/' /dev/null | grep -vE '^[^:]*:[0-9]+:#include "(core|pg)/|^src/pg/host/postgres\.hpp:' | check "an #include names its own folder's file, or the path from src"
{
  sed '/^#/d' src/sql/order | LC_ALL=C sort
  find src/sql -name '*.sql' ! -path '*/upgrade/*' -printf '%P\n' | sed 's/\.sql$//' | LC_ALL=C sort
} | LC_ALL=C sort | uniq -u | check "src/sql/order lists the files of src/sql"
includes '.*postgres\.h[>"]' src | grep -v '^src/pg/host/postgres\.hpp:' | check "postgres.h comes in through src/pg/host/postgres.hpp only"

# --------------------------------------------------------------------------------------------------------- boundary rules
code '\bPG_(TRY|CATCH|FINALLY|END_TRY|RE_THROW)\b' src | grep -vE '^src/pg/host/boundary\.[ch]pp:' | check "PG_TRY appears in boundary only"
code '\bcatch[[:space:]]*\(' src/pg | grep -vE '^src/pg/host/boundary\.[ch]pp:|catch \(const Error& [a-z]+\)' | check "src/pg catches in boundary only, but for an Error that is handled at once"
code '\b(ereport|elog|palloc[0-9a-z_]*|pfree|SPI_[a-z_]+)[[:space:]]*\(' src/core | check "src/core calls no backend function"
code '\bstd::j?thread\b|\bpthread_create\b|\bstd::async\b|\bsetjmp\b|\blongjmp\b' src | check "no threads and no longjmp in src"
code '\b(atexit|exit|abort)[[:space:]]*\(' src | check "nothing in src ends the process"

# ------------------------------------------------------------------------------------------------------------------ layout
for file in $(files src test | grep '\.hpp$'); do
  grep -qm1 '^#pragma once' "$file" || echo "$file"
done | check "every header says #pragma once"
for file in $(files src test/tds_server); do
  [ "${file%.cpp}" != "$file" ] && [ -e "${file%.cpp}.hpp" ] && continue
  head -n 1 "$file" | grep -q '^//' || echo "$file"
done | check "every header, and every C++ file without one, opens with a comment"
grep -rnIwE 'TO''DO|FIX''ME|XX''X' src test sql ci docs 2>/dev/null | grep -v '^ci/lint\.sh:' | check "nothing is left to do"
find . \( -name .git -o -path './build*' -o -path ./.cache -o -path ./.demo -o -path ./expected -o -path ./results \) -prune -o -type f \
  \( -name '*.[ch]pp' -o -name '*.sql' -o -name '*.sh' -o -name '*.py' -o -name '*.t' -o -name '*.md' -o -name '*.yaml' \) ! -name 'mssql_fdw--*' \
  -exec grep -nIE '[[:blank:]]+$' /dev/null {} + 2>/dev/null | cut -c1-160 | check "no trailing blanks"
files src test | xargs -r -d '\n' grep -nP '\t' /dev/null | check "no tabs in C++"
sed '/^#/d; /^tables\//d' src/sql/order | while IFS= read -r file; do
  grep -nE '^CREATE (FUNCTION|PROCEDURE|VIEW)' "src/sql/$file.sql" /dev/null
done | check "all of src/sql but tables/ says CREATE OR REPLACE"
# Such a string would mean something else under standard_conforming_strings = off, in the script and in the bodies of functions.
grep -nF '\' src/sql/*/*.sql | grep -vE "(^|[^[:alnum:]_])E'[^']*\\\\" | check "strings with a backslash in src/sql are E''"
control=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" mssql_fdw.control)
{
  [ "$(grep -c "\"version\": \"$control\"" META.json)" = 2 ] || echo "META.json does not say version $control, of itself and of what it provides"
  grep -qE "^## \[$control\]" CHANGELOG.md || echo "CHANGELOG.md has no section for $control"
} | check "the version is the same everywhere"
{
  for script in test/upgrade/mssql_fdw--*.sql; do
    released=${script#*--}
    printf '%s\n' src/sql/upgrade/*.sql | grep -qF "/${released%.sql}--" || echo "$script: src/sql/upgrade has no way from there"
  done
  for script in src/sql/upgrade/*.sql; do
    from=${script##*/}
    [ -e "test/upgrade/mssql_fdw--${from%%--*}.sql" ] || echo "$script: test/upgrade has no script of that version"
  done
  printf '%s\n' src/sql/upgrade/*.sql | sort -V | tail -n 1 | grep -qF -- "--$control.sql" || echo "the last script of src/sql/upgrade does not lead to $control"
} | check "each version before has its hop, and its script to test that"
# A source of core is found in the paths of test/unit, or in a row of test/README.md, and a test in the paths of src/core.
find src/core -name '*.cpp' -printf '%P\n' | LC_ALL=C sort | while IFS= read -r source; do
  [ -e "test/unit/core/${source%.cpp}_test.cpp" ] && continue
  tests=$(sed -n "s/^| \`core\/${source//\//\\/}\` | //p" test/README.md | grep -oE '`core/[^`]+_test\.cpp`' | tr -d '`')
  [ -n "$tests" ] || echo "src/core/$source has no test of its path, and no row in test/README.md that names one"
  for test in $tests; do [ -e "test/unit/$test" ] || echo "test/README.md: $test is not there"; done
done | check "every source of core has a test"
find test/unit -name '*_test.cpp' -printf '%P\n' | LC_ALL=C sort | while IFS= read -r test; do
  source=${test%_test.cpp}
  while [ ! -e "src/$source.cpp" ] && [ ! -e "src/$source.hpp" ]; do
    [[ ${source##*/} == *_* ]] || { echo "test/unit/$test has the path of no source"; break; }
    source=${source%_*}
  done
done | check "every unit test has the path of a source"
# named SECTION: the files that cells of its tables begin with or that stand behind a <br>; with those that are there, each comes twice.
named() { sed -n "/^## $1/,/^## [^${1:0:1}]/p" test/README.md | grep -oE '(^\| |\| |<br>)`[0-9a-z_.]+` ' | sed 's/.*`\(.*\)` /\1/'; }
unpaired() { sed 's/.*\///' | LC_ALL=C sort | uniq -c | awk '$1 != 2 { print $2 }'; }
{
  named "What is tested where"
  printf '%s\n' sql/*.sql test/tap/*.t | sed 's/\.[a-z]*$//'
} | unpaired | check "test/README.md says once what each file of sql and test/tap holds"
for list in 'sql/*.sql' 'expected/*.out'; do
  {
    sed -n 's/^test: //p' sql/schedule | tr ' ' '\n'
    for file in $list; do basename "${file%.*}"; done | sed 's/_[0-9]$//' | sort -u
  } | unpaired
done | check "sql/schedule names each file of sql, which has its output in expected"
find test/unit -name '*_test.cpp' -print0 | xargs -0 grep -LE '^TEST' | check "every unit test has a TEST"
{
  named Fixtures | grep '\.sql$'
  printf '%s\n' test/fixtures/*.sql
} | unpaired | check "test/README.md says once what each fixture holds"
# anchors FILE: the headings of a Markdown file as links name them.
anchors() { sed -n 's/^#\{1,6\} //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^[:alnum:] _-]//g; s/ /-/g'; }
find . \( -name .git -o -path './build*' -o -path ./.cache -o -path ./.demo \) -prune -o -type f -name '*.md' -print | LC_ALL=C sort | while IFS= read -r page; do
  grep -oE '\]\([^()[:space:]]+\)' "$page" | sed 's/^](//; s/)$//' | grep -vE '^[a-z]+:' | while IFS= read -r link; do
    target=$page
    case $link in '#'*) ;; *) target=${page%/*}/${link%%#*} ;; esac
    if [ ! -e "$target" ]; then
      echo "$page: $link is not there"
    elif [[ $link == *'#'* ]]; then
      anchors "$target" | grep -qxF -- "${link#*#}" || echo "$page: $link has no such heading"
    fi
  done
done | check "links in Markdown lead somewhere"
pgxs=$("${PG_CONFIG:-pg_config}" --pgxs 2>/dev/null)
if [ -e "$pgxs" ]; then
  # As root, a rule for a file named $(INSTALL_SCRIPT) overwrites /usr/bin/install.
  sed -n 's/^\([A-Za-z_]*\) *[:+]*=.*/\1/p' Makefile | while IFS= read -r name; do
    grep -qE "^$name[[:space:]]*[:?]*=" "${pgxs%makefiles/pgxs.mk}Makefile.global" && echo "Makefile sets $name, which PGXS sets to something else"
  done | check "the Makefile takes no variable of PGXS"
fi
files src test | xargs -r -d '\n' awk '/^ *\/\// && length($0) > 100 && !/[^ ]  +[^ ]/ { printf "%s:%d\n", FILENAME, FNR }' |
  check "comments end at 100 columns, but for tables"
# Each version of clang-format has its own mind: ci/format.sh names ours.
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if "${formatter:-false}" --version 2>/dev/null | grep -q 'version 14\.'; then
  files src test | xargs -r -d '\n' "$formatter" --dry-run 2>&1 | grep -oE '^[^:]+\.[ch]pp:[0-9]+' | check "C++ is as clang-format 14 writes it (make format)"
fi
for script in ci/*.sh ci/lib.sh test/tap/lib/*.sh test/tds_server/ctl test/tds_server/engine/selftest/run test/bench/{run,database,bounds,plan,switch,lib.sh,stackoverflow.sh} test/stackoverflow/*.sh .ci/run docker/*.sh; do
  [ -e "$script" ] && bash -n "$script" 2>&1
done | check "shell scripts parse"

# ------------------------------------------------------------------------------------------------------------------ alarms
alarm() { sed "s/^/# alarm: /"; }
files src test | while IFS= read -r file; do
  length=$(wc -l <"$file")
  case $file in
  *.hpp) limit=150 ;;
  *) limit=800 ;;
  esac
  ((length <= limit)) || echo "$file has $length lines (alarm at $limit)"
done | alarm
# A function is taken to start at a line in the first column that ends in "{" and to end at the next "}" in the first column.
files src test | while IFS= read -r file; do
  awk -v file="$file" '
    /^[A-Za-z_].*\{$/ && !/^(namespace|class|struct|enum|union|extern|constexpr|const|static const)/ { start = NR; name = $0 }
    /^}/ { if (start && NR - start > 60) printf "%s:%d: a function of %d lines\n", file, start, NR - start + 1; start = 0 }' "$file"
done | alarm
files src test | xargs -r -d '\n' awk 'length($0) > 120 { printf "%s:%d: %d characters\n", FILENAME, FNR, length($0) }' | alarm
if command -v shellcheck >/dev/null; then
  find ci test .ci docker -type f \( -name '*.sh' -o -path '*/run' -o -name ctl \) -print0 2>/dev/null | xargs -0 -r shellcheck -x -S warning -f gcc 2>/dev/null | alarm
fi

echo "1..$number"
[ "$failed" = 0 ]
