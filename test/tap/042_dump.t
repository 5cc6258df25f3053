#!/usr/bin/env bash
# A database with copies is dumped and restored by its owner, who is no superuser, in parallel; history and ledger go along.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 33

readonly run="SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['rep.Sale', 'rep.Heap', 'rep.Ticket'])"
readonly owner=tap_dump_owner_$$
readonly database=$PGDATABASE restored=${PGDATABASE}_restored
readonly dump=$tap_directory/dump
# owned DATABASE: what takes a superuser.
owned() {
  psql -X -q -d "$1" -c "SET client_min_messages = warning" -c "CREATE EXTENSION mssql_fdw" -c "GRANT USAGE ON FOREIGN DATA WRAPPER mssql_fdw TO $owner" \
    -c "GRANT CREATE ON SCHEMA public TO $owner"
}
as_owner() { PGUSER=$owner "$@"; }
clean_up() {
  local status=$?
  psql -X -q -d postgres -c "DROP DATABASE IF EXISTS \"$database\" WITH (FORCE)" -c "DROP DATABASE IF EXISTS \"$restored\" WITH (FORCE)" \
    -c "DROP ROLE IF EXISTS $owner" >/dev/null 2>&1
  (exit "$status")
  tap_end
}
trap clean_up EXIT

psql -X -q -d postgres -c "CREATE ROLE $owner LOGIN" -c "ALTER DATABASE \"$PGDATABASE\" OWNER TO $owner" -c "CREATE DATABASE \"$restored\" OWNER $owner TEMPLATE template0"
owned "$PGDATABASE"
as_owner make_server mssql >/dev/null 2>&1
like "$(as_owner query "$run" 2>/dev/null)" 'rep.Heap\|3\|' "the owner copies"
is "$(query "SELECT role, status IS NOT NULL FROM replicate.runs")" "$owner|t" "... and that is history"
is "$(query "SELECT count(*) FROM replicate._targets WHERE target_name = 'ticket'")" 1 "... the sequence, too"

ok "as_owner pg_dump -Fd -j2 -f '$dump' '$PGDATABASE'" "the owner dumps it, in parallel"
owned "$restored"
ok "as_owner pg_restore -j2 --no-comments --exit-on-error -d '$restored' '$dump'" "... and restores it, in parallel"
export PGDATABASE=$restored
is "$(query "SELECT count(*) FROM copies.sale")" 3 "rows are there"
is "$(query "SELECT role, function FROM replicate.runs")" "$owner|replicate_all" "... and history"
is "$(query "SELECT count(*) FROM replicate.run_tables")" 2 "... of the tables, too"
is "$(query "SELECT last_value >= (SELECT max(id) FROM replicate.runs) FROM replicate.run_id")" t "... and the number that comes next"
like "$(as_owner query "$run" 2>/dev/null)" 'rep.Sale\|3\|' "a refresh there knows its copies"
is "$(query "SELECT target_name, database = (SELECT oid FROM pg_database WHERE datname = current_database()) FROM replicate._targets WHERE target_name = 'ticket'")" \
  'ticket|t' "... the sequence, too"
is "$(query "SELECT count(*) FROM replicate.runs")" 2 "... and is history itself"
is "$(query "SELECT count(*) FROM replicate._targets AS t JOIN pg_database AS d ON d.oid = t.database WHERE d.datname = current_database()")" 3 \
  "... and they are this database's now"
query "DROP TABLE copies.heap; CREATE TABLE copies.heap (a int, b int)"
like "$(as_owner error_of "$run")" '42P07' "another table of that name is none"
like "$(as_owner error_of "DELETE FROM replicate._runs")" '42501' "who restores history still may not delete it"

# back into the database that it was made of, by its owner, to whom the extension and its ledger stay, and by a superuser
query "DROP TABLE copies.heap" && as_owner query "$run" >/dev/null 2>&1
# restore AS...: what fails, but that the extension is not the owner's to drop.
restore() { "$@" pg_restore --clean --if-exists --no-comments -d "$restored" "$dump.again" 2>&1 | grep 'error:' | grep -v 'must be owner of extension'; }
known() {
  query "SELECT string_agg(target_name, ' ' ORDER BY target_name) FROM replicate._targets AS t JOIN pg_database AS d ON d.oid = t.database
         WHERE d.datname = current_database() AND t.relation = to_regclass(format('%I.%I', target_schema, target_name))"
}
for who in as_owner ''; do
  ok "$who pg_dump -Fc -f '$dump.again' '$restored'" "dumped again, ${who:-as superuser}"
  as_owner query "$run" >/dev/null 2>&1
  is "$(restore $who)" '' "... and restored into the same database"
  is "$(known)" '' "... where the tables are others"
  like "$(as_owner query "$run" 2>&1)" 'rep.Sale\|3\|' "... that a refresh knows"
  is "$(known)" 'heap sale ticket' "... from then on by their numbers"
done

# a run works while the database is dumped, and has ended when that is restored
readonly behind="SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['rep.Heap'], options => '{\"wait\": false}')"
background holds "BEGIN; LOCK TABLE copies.heap IN SHARE MODE; SELECT pg_sleep(600)"
wait_until 30 "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'copies.heap'::regclass AND mode = 'ShareLock' AND granted"
number=$(as_owner query "$behind" 2>/dev/null | sed -n 's/^run \([0-9]*\) works in the background$/\1/p')
ok "as_owner pg_dump -Fc -f '$dump.again' '$restored'" "dumped while a run works"
like "$(pg_restore -f - -a -t _runs "$dump.again" | grep "^$number	")" 'running' "... which is in it"
query "SELECT pg_terminate_backend($(backend_of holds))" >/dev/null
finish holds >/dev/null
is "$(as_owner query "SELECT source, status FROM replicate_wait($number)" 2>/dev/null)" 'rep.Heap|ok' "... and has ended"
is "$(restore as_owner)" '' "... when it is restored into the same database"
is "$(query "SELECT status FROM replicate.runs WHERE id = $number")" ok "... whose history stays as it is"

# numbers are left for the runs to come
forge() { as_owner error_of "INSERT INTO replicate._runs SELECT (jsonb_populate_record(r, '{\"id\": $1}')).* FROM replicate._runs AS r LIMIT 1"; }
like "$(forge 9223372036854775807)" '22003: +9223372036854775807 is the number of no run' "a number beyond all runs is refused"
is "$(forge 9007199254740992)" '' "... another is believed"
like "$(as_owner query "$run" 2>/dev/null)" 'rep.Sale\|3\|' "... and runs go on"
