#!/usr/bin/env bash
# What a refresh locks, and what comes of it where others have more locks than one: cancels, deadlocks, sequences, schemas.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 42

readonly call="replicate_all('mssql', target_schema => 'copies', include => '{dbo.tap_locks%}')"
readonly run="SELECT target, rows, status FROM $call"
readonly waits="FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock')
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
readonly switching="SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'switch' AND blocked_by <> '{}'"
# Fails instead of waiting.
at_once() { query "SET statement_timeout = '60s'; $1" 2>&1; }
# hold NAME SQL: a transaction that stays open.
hold() {
  background "$1" "BEGIN; $2; SELECT pg_sleep(600)"
  ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$1' AND wait_event = 'PgSleep'\"" "a transaction: $2"
}
end() {
  query "SELECT pg_terminate_backend($(backend_of "$1"))" >/dev/null
  finish "$1" >/dev/null
}

tsql "CREATE TABLE dbo.tap_locks (id int IDENTITY NOT NULL PRIMARY KEY, a int NULL)"
tsql "CREATE SEQUENCE dbo.tap_locks_numbers AS int START WITH 10"
tsql "CREATE TABLE dbo.tap_locks_too (id int NOT NULL PRIMARY KEY)"
tsql "INSERT INTO dbo.tap_locks (a) VALUES (1), (2), (3)"
tsql "INSERT INTO dbo.tap_locks_too VALUES (1), (2)"
make_server mssql
like "$(query "$run" 2>/dev/null)" 'tap_locks\|3\|ok' "a first run"
query "CREATE FUNCTION wait_for_run() RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
  FOR i IN 1 .. 600 LOOP
    EXIT WHEN EXISTS (SELECT $waits);
    PERFORM pg_sleep(0.05);
  END LOOP;
END
\$\$; CREATE TABLE noted (a text)"

# A cancel while it waits, caught.
hold reader "SELECT count(*) FROM copies.tap_locks"
background caller "BEGIN; INSERT INTO noted VALUES ('before'); DO \$\$ BEGIN
    BEGIN INSERT INTO noted VALUES ('undone'); PERFORM * FROM $call; EXCEPTION WHEN query_canceled THEN INSERT INTO noted VALUES ('cancelled'); END;
    INSERT INTO noted VALUES ('after');
  END \$\$; COMMIT; INSERT INTO noted VALUES ('later')"
ok "wait_until 60 \"SELECT pg_cancel_backend(pid) \$waits\"" "... which a run waits for, that is cancelled"
finish caller >/dev/null
is "$?" 0 "... its session goes on"
is "$(query "SELECT string_agg(a, ' ' ORDER BY a) FROM noted")" 'after before cancelled later' "... with what was written before and after"
is "$(query "SELECT count(*) FROM pg_class WHERE relname LIKE 'pg\_temp\_%'")" 0 "... and without staging relations"
end reader

# Sessions that never look for a deadlock themselves.
background writer "SET deadlock_timeout = '1h'; BEGIN; SELECT count(*) FROM copies.tap_locks_too; SELECT wait_for_run(); UPDATE copies.tap_locks SET a = 7 WHERE id = 1; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'PgSleep'\"" "a transaction that has read a table"
said=$(error_of "SET deadlock_timeout = '1h'; SET statement_timeout = '120s'; $run")
like "$said" '40P01' "... and, while a run waits for it, writes another one: a deadlock of the run"
like "$said" 'wait for table "tap_locks_too"' "... which says over what"
finish writer >/dev/null
is "$?" 0 "... and not of the transaction"
is "$(query "SELECT a FROM copies.tap_locks WHERE id = 1")" 7 "... which has written"
background writer "SET deadlock_timeout = '1h'; BEGIN; SELECT count(*) FROM copies.tap_locks_too; SELECT wait_for_run(); SELECT count(*) FROM copies.tap_locks; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'PgSleep'\"" "a transaction that has read another one"
like "$(query "SET deadlock_timeout = '1h'; SET statement_timeout = '120s'; $run" 2>/dev/null)" 'tap_locks\|3\|ok' "... and then reads that one ends no run"
finish writer >/dev/null
is "$?" 0 "... nor is it ended"

# Numbers drawn by others.
hold inserter "INSERT INTO copies.tap_locks (a) VALUES (1)"
background numbered "$run"
ok "wait_until 60 \"\$switching\"" "... is waited for together with the table"
is "$(at_once "INSERT INTO copies.tap_locks (a) VALUES (2) RETURNING a")" 2 "... and others insert meanwhile"
end inserter
like "$(finish numbered)" 'tap_locks\|3\|ok' "... until it has ended"
hold drawer "SELECT nextval('copies.tap_locks_id_seq')"
background numbered "$run"
ok "wait_until 60 \"\$switching\"" "... is waited for together with the tables"
isnt "$(at_once "SELECT nextval('copies.tap_locks_id_seq')")" '' "... and others draw meanwhile"
drawn_by=$(backend_of drawer)
ok "wait_until 60 \"SELECT count(*) > 0 \$waits\"" "... and the run tries again"
end drawer
said=$(finish numbered)
like "$said" "sequence \"tap_locks_id_seq\" \\(([0-9]+, )*$drawn_by" "... it told of the sequence"
like "$said" 'tap_locks\|3\|ok' "... and goes on"
is "$(query "INSERT INTO copies.tap_locks (a) VALUES (4) RETURNING id")" 4 "... which goes on behind the rows"

# A number, and then a row, while a run waits.
hold reader "SELECT count(*) FROM copies.tap_locks_too"
background numbered "$run"
ok "wait_until 60 \"\$switching\"" "... which a run waits for"
background writer "SET deadlock_timeout = '1h'; SET statement_timeout = '120s'; BEGIN; SELECT nextval('copies.tap_locks_id_seq');
  INSERT INTO copies.tap_locks (id, a) VALUES (900, 9); COMMIT"
ok "wait_until 60 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event_type = 'Lock'\"" "... and who draws a number for a row waits for the run"
end reader
like "$(finish numbered)" 'tap_locks\|3\|ok' "... and does not end it"
finish writer >/dev/null
is "$?" 0 "... and writes the row"

# Sequences alone.
hold drawer "SELECT nextval('copies.tap_locks_id_seq')"
background aligned "SELECT sequence, status FROM replicate_sequences('mssql', target_schema => 'copies', include => '{dbo.tap_locks%}')"
ok "wait_until 60 \"SELECT count(*) > 0 FROM pg_stat_activity AS a WHERE application_name = 'aligned' AND $(backend_of drawer) = ANY (pg_blocking_pids(pid))\"" "... is waited for by replicate_sequences"
is "$(at_once "SELECT nextval('copies.tap_locks_numbers')")" 10 "... and others draw from the other sequences meanwhile"
end drawer
like "$(finish aligned)" 'sequence "tap_locks_id_seq".*tap_locks_id_seq\|ok' "... until it has ended"

# The schema of a table that is emptied and refilled has a change that is not committed yet.
readonly refill="SELECT target, rows, status FROM replicate_table('mssql', 'dbo.tap_locks_too', target_schema => 'refilled')"
query "SET client_min_messages = error; $refill; CREATE PUBLICATION one_table FOR TABLE refilled.tap_locks_too; ALTER TABLE refilled.tap_locks_too REPLICA IDENTITY NOTHING" >/dev/null
background gate "SELECT pg_advisory_lock(1); SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'gate' AND wait_event = 'PgSleep'\"" "a gate"
background grantor "BEGIN; GRANT USAGE ON SCHEMA refilled TO PUBLIC; SELECT pg_advisory_xact_lock(1); COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'grantor' AND wait_event = 'advisory'\"" "a transaction that has changed the schema"
hold reader "SELECT count(*) FROM refilled.tap_locks_too"
background held "$refill"
ok "wait_until 60 \"\$switching\"" "... which a run waits for"
end gate
finish grantor >/dev/null
background renamer "ALTER SCHEMA refilled RENAME TO renamed"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'renamer' AND wait_event_type = 'Lock'\"" "... keeps others from renaming the schema"
end reader
like "$(finish held)" 'tap_locks_too\|2\|ok' "... to its end"
finish renamer >/dev/null

# Indexes that are younger than the snapshot.
query "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;
\! psql -X -q -c 'CREATE INDEX young ON copies.tap_locks (a); CREATE UNIQUE INDEX young_unique ON copies.tap_locks (a, id)'
$run; COMMIT" >/dev/null 2>&1
is "$?" 0 "a run in an old snapshot"
is "$(query "SET enable_seqscan = off; SELECT count(*), count(DISTINCT x.indexrelid) FROM copies.tap_locks AS t, pg_index AS x
  WHERE t.a > 0 AND x.indrelid = 'copies.tap_locks'::regclass")" '9|3' "... keeps the indexes that were made since"

tsql "DROP TABLE dbo.tap_locks_too"
tsql "DROP TABLE dbo.tap_locks"
tsql "DROP SEQUENCE dbo.tap_locks_numbers"
