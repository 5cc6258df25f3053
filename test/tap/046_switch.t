#!/usr/bin/env bash
# The end of a refresh beside sessions that use of its tables what no lock on a table shows.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 31

readonly run="SELECT * FROM replicate_table('mssql', 'dbo.tap_switched', target_schema => 'switched')"
# until_told NAME [PID]: a run has said whom it waits for.
until_told() {
  local deadline=$((SECONDS + 60))
  until grep -q "^DETAIL:  In use, by.*${2:-}" "$tap_directory/$1"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
# holder NAME SQL [SQL]: a transaction that stays open until let_go, and then is committed, behind more of it.
holder() {
  background "$1" "SET deadlock_timeout = '1h'; SET statement_timeout = '120s'; BEGIN; $2; SELECT wait_for_word(); ${3:-}; COMMIT"
  wait_until 30 "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$1' AND wait_event = 'PgSleep'"
}
let_go() {
  local status
  query "INSERT INTO words VALUES (1)"
  finish "$1" >/dev/null
  status=$?
  query "DELETE FROM words"
  return $status
}

tsql "CREATE TABLE dbo.tap_switched (id int NOT NULL CONSTRAINT pk_switched PRIMARY KEY, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_switched VALUES (1, N'a'), (2, N'b')"
make_server mssql
query "$run; CREATE TABLE words (word int);
  CREATE FUNCTION wait_for_word() RETURNS void LANGUAGE plpgsql AS \$\$
  BEGIN
    FOR i IN 1 .. 1200 LOOP
      EXIT WHEN EXISTS (SELECT FROM words);
      PERFORM pg_sleep(0.05);
    END LOOP;
  END
  \$\$" >/dev/null 2>&1

# A prepared transaction has no process, though its virtual id is that of a session which goes on.
background innocent "BEGIN; SELECT count(*) FROM switched.tap_switched; PREPARE TRANSACTION 'tap_switched'; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'innocent' AND wait_event = 'PgSleep'\"" "a session that has prepared a transaction"
background first "$run"
ok "until_told first" "... for which a run waits"
ok "wait_until 60 \"SELECT blocked_by = '{0}' FROM replicate.progress\"" "... as one without a process"
query "ROLLBACK PREPARED 'tap_switched'"
like "$(finish first)" 'DETAIL:  In use, by these processes: table "tap_switched" \(prepared transaction [0-9]+\).*tap_switched\|2\|' "... and says so"
query "SELECT pg_terminate_backend($(backend_of innocent))" >/dev/null
finish innocent >/dev/null

# Rows of the catalog that the exchange updates.
for grant in "SELECT" "SELECT (missing)"; do
  query "ALTER TABLE switched.tap_switched DROP IF EXISTS missing, ADD missing int DEFAULT 5" 2>/dev/null
  holder "grantor of $grant" "GRANT $grant ON switched.tap_switched TO PUBLIC"
  background "refresh beside $grant" "$run"
  ok "until_told 'refresh beside $grant'" "a run waits for a GRANT"
  is "$(query "SET statement_timeout = '60s'; SELECT count(*) FROM switched.tap_switched" 2>&1 | tail -n 1)" 2 "... beside others who read the table"
  pid=$(backend_of "grantor of $grant")
  let_go "grantor of $grant"
  like "$(finish "refresh beside $grant")" "table \"tap_switched\" \\($pid\\).*tap_switched\\|2\\|" "... says whose, and goes on"
done
is "$(query "SELECT has_table_privilege('public', 'switched.tap_switched', 'SELECT')")" t "... and both are granted"

# A command that locks an index alone.
holder renamer "ALTER INDEX switched.pk_switched RENAME TO renamed"
background third "$run"
ok "until_told third" "a run waits for a command that uses an index"
is "$(query "SET statement_timeout = '60s'; SELECT count(*) FROM switched.tap_switched" 2>&1 | tail -n 1)" 2 "... beside others who read the table"
pid=$(backend_of renamer)
like "$(query "$(sed -n '/^    SELECT l\.pid, p\.gid/,/;$/p' "$tap_root/docs/operations.md")")" "^$pid\\|.*\\{switched\\.(pk_switched|renamed)\\}" "... which the query of docs/operations.md finds"
let_go renamer
like "$(finish third)" "relation \"(pk_switched|renamed)\" \\($pid\\).*tap_switched\\|2\\|" "... says whose, and goes on"

# The same transactions, when they want the table, too, which the run keeps from writers.
for hold in "GRANT SELECT ON switched.tap_switched TO PUBLIC" "ALTER INDEX switched.renamed RENAME TO pk_switched"; do
  holder "writer" "$hold" "INSERT INTO switched.tap_switched VALUES (9, 'x')"
  background waiting "SET statement_timeout = '120s'; $run"
  ok "until_told waiting" "a run waits for $hold"
  let_go writer
  is "$?" 0 "... which then writes the table, and ends"
  # Between two tries the run has no lock, and the writer may be faster: then its row is there when the run goes on, and is replaced.
  outcome=$(finish waiting)
  like "$outcome" 'deadlock detected.*wait for table "tap_switched"|tap_switched\|2\|' "... and the run ends as the deadlock's victim, or goes on behind it"
  case $outcome in *"deadlock detected"*) rows='a b x' ;; *) rows='a b' ;; esac
  is "$(query "SELECT string_agg(t, ' ' ORDER BY id) FROM switched.tap_switched")" "$rows" "... with nothing changed by halves"
  like "$(query "$run" 2>/dev/null)" 'tap_switched\|2\|' "... and later goes"
done

# Who stands behind another one is told when that has ended.
background reader "BEGIN; SELECT count(*) FROM switched.tap_switched; SELECT pg_sleep(600)"
wait_until 30 "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reader' AND wait_event = 'PgSleep'"
holder grantor "GRANT INSERT ON switched.tap_switched TO PUBLIC"
background told "$run"
ok "until_told told" "a run waits for a reader, and then for a GRANT"
pid=$(backend_of grantor)
query "SELECT pg_terminate_backend($(backend_of reader))" >/dev/null
finish reader >/dev/null
ok "until_told told \"($pid)\"" "... of which it tells, too"
let_go grantor
like "$(finish told)" 'tap_switched\|2\|' "... and goes on"

# More tables than a line of pg_stat_activity has room for.
many=
for i in {1..17}; do many+="CREATE TABLE dbo.tap_many_$(printf 'x%.0s' {1..48})_$i (id int NOT NULL PRIMARY KEY); "; done
tsql "$many"
all="SELECT * FROM replicate_all('mssql', target_schema => 'switched', include => '{dbo.tap_many%}')"
query "$all" >/dev/null 2>&1
holder reader "SELECT count(*) FROM switched.tap_many_$(printf 'x%.0s' {1..48})_1"
background many "$all"
ok "wait_until 60 \"SELECT phase = 'switch' AND target IS NULL FROM replicate.progress\"" "progress of a run of many tables says what it does"
let_go reader
finish many >/dev/null
is "$?" 0 "... which goes on"
tsql "$(sed -E 's/CREATE TABLE ([^ ]*) \([^;]*;/DROP TABLE \1;/g' <<<"$many")"
is "$(query "SELECT count(*) FROM pg_class WHERE relname LIKE 'pg\_temp\_%'")" 0 "nothing is left"
tsql "DROP TABLE dbo.tap_switched"
