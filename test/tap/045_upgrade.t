#!/usr/bin/env bash
# A database of each version before, test/upgrade/mssql_fdw--VERSION.sql, has after ALTER EXTENSION
# ... UPDATE what a fresh one has, and its copies, its history and its ledger. Until then its functions
# run with the library of now: a C function keeps its arguments, or is another one under another name.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"

readonly database=$PGDATABASE
versions=()
for script in "$tap_root"/test/upgrade/mssql_fdw--*.sql; do
  script=${script##*--}
  versions+=("${script%.sql}")
done
plan $((1 + 7 * ${#versions[@]}))

readonly run="SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['rep.Sale', 'rep.Heap', 'rep.Ticket'])"
members() { psql_tap -f "$tap_root/test/upgrade/members.sql" >"$tap_directory/members.$1"; }
state() {
  query "SELECT id, server, function, role, started, finished, status, rows, bytes FROM replicate.runs ORDER BY id;
         SELECT run, source, target, rows, bytes, status FROM replicate.run_tables ORDER BY run, source;
         SELECT target_schema, target_name, relation::regclass, database, owner, server, source_schema, source_table
         FROM replicate._targets ORDER BY target_schema, target_name;
         SELECT last_value, is_called FROM replicate.run_id"
}

query "CREATE EXTENSION mssql_fdw"
members fresh
is "$(wc -l <"$tap_directory/members.fresh" | awk '{ print ($1 > 300) }')" 1 "a fresh database has members"

for old in "${versions[@]}"; do
  export PGDATABASE=${database}_$old
  psql -X -q -d postgres -c "CREATE DATABASE \"$PGDATABASE\" TEMPLATE template0 ENCODING 'UTF8'"
  ok "query \"CREATE EXTENSION mssql_fdw VERSION '$old'\"" "$old is installed"
  make_server mssql >/dev/null 2>&1
  like "$(query "$run" 2>&1)" 'rep.Sale\|3\|ok' "... and copies"
  before=$(state)
  ok "query 'ALTER EXTENSION mssql_fdw UPDATE'" "... and is updated"
  members "$old"
  is "$(diff "$tap_directory/members.$old" "$tap_directory/members.fresh" | head -n 40)" '' \
    "... to what a fresh one has (else src/sql/upgrade lacks something: < upgraded, > fresh)"
  is "$(state)" "$before" "... with its history and its ledger"
  like "$(query "$run" 2>&1)" 'rep.Sale\|3\|ok' "... by which its copies are refreshed"
  is "$(query "SELECT count(*), count(DISTINCT (target, t.rows, t.status)) FROM replicate.runs AS r JOIN replicate.run_tables AS t ON t.run = r.id")" '4|2' "... and that is history, too"
  psql -X -q -d postgres -c "DROP DATABASE \"$PGDATABASE\" WITH (FORCE)"
done
export PGDATABASE=$database
