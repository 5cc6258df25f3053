#!/usr/bin/env bash
# A refresh beside other sessions: they read the old rows until its very end, and nobody can keep it away or speak for it.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 53

readonly run="SELECT * FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_refresh%'])"
readonly stalled="SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_refreshed' AND rows > 0"
readonly waits="SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND mode = 'AccessExclusiveLock'"
# Fails instead of waiting.
at_once() { query "SET lock_timeout = '20s'; $1" 2>&1; }
state() { query "SELECT (SELECT count(*) FROM copies.tap_refreshed), (SELECT count(*) FROM copies.tap_refreshed_too)"; }

tsql "CREATE TABLE dbo.tap_refreshed (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"
tsql "CREATE TABLE dbo.tap_refreshed_too (id int NOT NULL PRIMARY KEY CONSTRAINT fk_refreshed REFERENCES dbo.tap_refreshed (id))"
tsql "INSERT INTO dbo.tap_refreshed SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 6000)"
tsql "INSERT INTO dbo.tap_refreshed_too SELECT id FROM dbo.tap_refreshed"
make_server mssql
query "SET client_min_messages = warning; CREATE ROLE tap_refresh_guest LOGIN" 2>/dev/null
like "$(query "$run" 2>/dev/null)" 'tap_refreshed\|6000' "a first run"
query "DELETE FROM copies.tap_refreshed_too WHERE id > 10; DELETE FROM copies.tap_refreshed WHERE id > 10"

# In mid-load.
fault stall_after_rows 5000 tap_refreshed
background first "$run"
ok "wait_until 30 \"\$stalled\"" "a second run is in mid-load"
is "$(at_once "SELECT count(*) FROM copies.tap_refreshed")" 10 "others read the old rows"
is "$(at_once "UPDATE copies.tap_refreshed SET t = 'x' WHERE id = 1; SELECT t FROM copies.tap_refreshed WHERE id = 1")" x "... and write them"
is "$(query "SELECT count(*) FROM pg_locks WHERE relation = 'copies.tap_refreshed'::regclass AND mode = 'AccessExclusiveLock'")" 0 \
  "... for the run has not locked them out"
is "$(query "SELECT count(DISTINCT relation) FROM pg_locks WHERE relation IN ('copies.tap_refreshed'::regclass, 'copies.tap_refreshed_too'::regclass)
  AND mode = 'ShareUpdateExclusiveLock' AND granted")" 2 "... but from altering them, all of them from its beginning"
query "SELECT pg_cancel_backend($(backend_of first))" >/dev/null
like "$(finish first)" 'canceling statement due to user request' "cancelled there"
is "$(state)" '10|10' "... it has changed nothing"
is "$(query "SELECT count(*) FROM pg_class WHERE relname LIKE 'pg\_temp\_%' OR relname LIKE '%\_new'")" 0 "... and leaves nothing"
no_faults

# At its end.
background reader "BEGIN; SELECT count(*) FROM copies.tap_refreshed_too; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reader' AND wait_event = 'PgSleep'\"" "a transaction that has read a table"
said=$(error_of "SET lock_timeout = '1s'; $run")
like "$said" '55P03' "... makes a run with a lock_timeout fail"
unlike "$said" '_mssql_fdw' "... in whose context our functions are no news"
is "$(state)" '10|10' "... which changes nothing"
background second "$run"
ok "wait_until 60 \"SELECT phase = 'switch' AND blocked_by = ARRAY[$(backend_of reader)] FROM replicate.progress\"" \
  "without one the run waits for the reader when everything is loaded, and says so"
is "$(query "SELECT count(*) FROM pg_locks WHERE relation = 'replicate._targets'::regclass AND mode = 'RowExclusiveLock' AND pid = $(backend_of second)")" 1 "... the ledger is written by then"
is "$(query "SET statement_timeout = '60s'; SELECT count(*) FROM copies.tap_refreshed" 2>&1 | tail -n 1)" 10 "... and nobody who reads another table waits with it"
is "$(query "SET statement_timeout = '60s'; SELECT count(*) FROM copies.tap_refreshed_too" 2>&1 | tail -n 1)" 10 "... nor, for long, who reads that one"
ok "wait_until 60 \"\$waits\"" "... and the run tries again"
readonly told="NOTICE:  waiting for tables that other sessions use.*table \"tap_refreshed_too\" \\($(backend_of reader)\\)"
query "SELECT pg_terminate_backend($(backend_of reader))" >/dev/null
like "$(finish second)" "$told.*copies.tap_refreshed_too\\|6000\\|" "... and goes on when that has ended; it told whom it waits for"
is "$(state)" '6000|6000' "the new rows are there"
is "$(query "SELECT convalidated FROM pg_constraint WHERE conname = 'fk_refreshed'")" t "... and the foreign key is valid"
is "$(query "SET enable_seqscan = off; SELECT count(*) FROM copies.tap_refreshed WHERE id BETWEEN 100 AND 199")" 100 "... and the index finds them"

# What autovacuum asks: was it analyzed, and how many rows have changed since?
readonly settled="SELECT count(*) = 2 FROM pg_stat_all_tables WHERE relid IN ('copies.tap_refreshed'::regclass, 'copies.tap_refreshed_too'::regclass)
  AND n_live_tup = 6000 AND n_dead_tup = 0 AND n_mod_since_analyze = 0"
ok "wait_until 20 \"\$settled\"" "... and autovacuum has no reason to analyze the tables again"

# A table that cannot be switched is locked with the others.
query "DELETE FROM copies.tap_refreshed_too; CREATE PUBLICATION one_table FOR TABLE copies.tap_refreshed_too" 2>/dev/null
background report "BEGIN; SELECT count(*) FROM copies.tap_refreshed_too; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'report' AND wait_event = 'PgSleep'\"" "a transaction that has read a published table"
background third "$run"
ok "wait_until 60 \"SELECT phase = 'switch' AND blocked_by = ARRAY[$(backend_of report)] FROM replicate.progress\"" "... is waited for before the others are switched"
is "$(query "SET statement_timeout = '60s'; SELECT count(*) FROM copies.tap_refreshed" 2>&1 | tail -n 1)" 6000 "... and nobody who reads another table waits with it"
query "SELECT pg_terminate_backend($(backend_of report))" >/dev/null
like "$(finish third)" 'copies.tap_refreshed_too\|6000\|' "... which all are refreshed when it has ended"
is "$(query "SELECT convalidated FROM pg_constraint WHERE conname = 'fk_refreshed'")" t "... with the foreign key between them"

# Whoever subscribes meanwhile is not passed by.
query "DROP PUBLICATION one_table; DELETE FROM copies.tap_refreshed_too"
background report_too "BEGIN; SELECT count(*) FROM copies.tap_refreshed_too; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'report_too' AND wait_event = 'PgSleep'\"" "a transaction that has read a table"
background fourth "$run"
ok "wait_until 60 \"SELECT phase = 'switch' AND blocked_by = ARRAY[$(backend_of report_too)] FROM replicate.progress\"" "... which a run waits for"
query "CREATE PUBLICATION all_tables FOR ALL TABLES" 2>/dev/null
query "SELECT pg_terminate_backend($(backend_of report_too))" >/dev/null
like "$(finish fourth)" 'ERROR:  table "tap_refreshed[_to]*" has got into a publication during the run' "... and which is published before it has ended: the run ends"
is "$(state)" '6000|0' "... and has changed nothing"
query "DROP PUBLICATION all_tables"

# Readers who take turns: of the two tables one is always in use.
query "CREATE PROCEDURE take_turns(mine regclass, other regclass) LANGUAGE plpgsql AS \$\$
BEGIN
  FOR turn IN 1 .. 100 LOOP
    EXECUTE 'SELECT count(*) FROM ' || mine;
    FOR i IN 1 .. 600 LOOP
      EXIT WHEN EXISTS (SELECT FROM pg_locks AS run JOIN pg_locks AS o ON o.relation = other AND o.granted AND o.mode IN ('AccessShareLock', 'AccessExclusiveLock')
                        WHERE run.relation = mine AND NOT run.granted AND run.mode = 'AccessExclusiveLock' AND o.pid <> pg_backend_pid());
      EXIT WHEN turn > 1 AND NOT EXISTS (SELECT FROM replicate.progress);
      PERFORM pg_sleep(0.05);
    END LOOP;
    COMMIT;
    EXIT WHEN turn > 1 AND NOT EXISTS (SELECT FROM replicate.progress);
  END LOOP;
END
\$\$"
readonly turns="SELECT count(DISTINCT relation) = 2 FROM pg_locks WHERE relation IN ('copies.tap_refreshed'::regclass, 'copies.tap_refreshed_too'::regclass) AND mode = 'AccessShareLock'"
background one "CALL take_turns('copies.tap_refreshed', 'copies.tap_refreshed_too')"
background two "CALL take_turns('copies.tap_refreshed_too', 'copies.tap_refreshed')"
ok "wait_until 30 \"\$turns\"" "readers who take turns"
like "$(query "$run" 2>&1)" 'tap_refreshed\|6000' \
  "... do not keep a run from its end for ever"
finish one >/dev/null
is "$?" 0 "... nor does it end them"
finish two >/dev/null

# Writers of a table and of one that references it, with a refresh of one of the two.
query "CREATE FUNCTION wait_for_run() RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
  FOR i IN 1 .. 600 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation' AND NOT granted);
    PERFORM pg_sleep(0.05);
  END LOOP;
END
\$\$"
background writer "BEGIN; INSERT INTO copies.tap_refreshed VALUES (7000, 'x'); SELECT wait_for_run(); INSERT INTO copies.tap_refreshed_too VALUES (7000); COMMIT; DELETE FROM copies.tap_refreshed_too WHERE id = 7000"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'PgSleep'\"" "a transaction that has written a table"
like "$(query "SELECT * FROM replicate_table('mssql', 'dbo.tap_refreshed', target_schema => 'copies')" 2>&1)" 'tap_refreshed\|6000' \
  "... is awaited by a run that refreshes it"
finish writer >/dev/null
is "$?" 0 "... and can write into another one that references it"

# What somebody makes of a table while a run waits for it.
tsql "CREATE TABLE dbo.tap_refresh_heap (a int)"
tsql "INSERT INTO dbo.tap_refresh_heap VALUES (1), (2)"
readonly heap="SELECT * FROM replicate_table('mssql', 'dbo.tap_refresh_heap', target_schema => 'copies')"
query "$heap" >/dev/null 2>&1
query "CREATE STATISTICS copies.heap_statistics ON (a * 2) FROM copies.tap_refresh_heap; $heap" >/dev/null 2>&1
ok "wait_until 20 \"SELECT n_live_tup = 2 AND n_mod_since_analyze = 0 FROM pg_stat_all_tables WHERE relid = 'copies.tap_refresh_heap'::regclass\"" \
  "a table with extended statistics and no index has its rows counted"
background builder "BEGIN; LOCK TABLE copies.tap_refresh_heap IN SHARE UPDATE EXCLUSIVE MODE; SELECT wait_for_run(); CREATE INDEX ON copies.tap_refresh_heap (a); COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'builder' AND wait_event = 'PgSleep'\"" "a transaction that has locked a table"
like "$(query "$heap" 2>&1)" 'tap_refresh_heap\|2' "... and then makes an index"
finish builder >/dev/null
is "$(query "SET enable_seqscan = off; SELECT a FROM copies.tap_refresh_heap WHERE a = 2")" 2 "... which has the new rows"
background builder "BEGIN; LOCK TABLE copies.tap_refresh_heap IN SHARE UPDATE EXCLUSIVE MODE; SELECT wait_for_run(); ALTER TABLE copies.tap_refresh_heap RENAME TO was_heap;
  CREATE TABLE copies.tap_refresh_heap (mine int); COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'builder' AND wait_event = 'PgSleep'\"" "a transaction that has locked a table"
like "$(error_of "$heap")" '42P07' "... and then puts another one into its place"
finish builder >/dev/null
tsql "DROP TABLE dbo.tap_refresh_heap"

# Who may not read a table at the other end of a key does not keep writers from it.
query "CREATE SCHEMA guests; GRANT ALL ON SCHEMA guests TO tap_refresh_guest; GRANT USAGE ON FOREIGN SERVER mssql TO tap_refresh_guest;
  CREATE USER MAPPING FOR tap_refresh_guest SERVER mssql OPTIONS (username $(quote_literal "$MSSQL_TEST_USER"), password $(quote_literal "$MSSQL_TEST_PASSWORD"))"
readonly guests="SET ROLE tap_refresh_guest; SELECT * FROM replicate_table('mssql', 'dbo.tap_refreshed', target_schema => 'guests')"
like "$(query "$guests" 2>/dev/null)" 'tap_refreshed\|6000' "a guest's own copy"
query "CREATE TABLE guests.secret (id int); ALTER TABLE guests.secret ADD FOREIGN KEY (id) REFERENCES guests.tap_refreshed NOT VALID"
background writer "BEGIN; LOCK TABLE guests.secret IN ROW EXCLUSIVE MODE; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'PgSleep'\"" "a table that references it, and is somebody else's"
like "$(query "SET lock_timeout = '20s'; $guests" 2>/dev/null)" 'tap_refreshed\|6000' "... is not his to lock"
query "SELECT pg_terminate_backend($(backend_of writer))" >/dev/null
finish writer >/dev/null

# Nobody else takes the lock, or appears as a run.
background forger "SET ROLE tap_refresh_guest; /* mssql_fdw: [\"load\", \"forged\", \"forged\"] */ SELECT pg_advisory_lock(1836282737, (SELECT oid::int FROM pg_foreign_server)), pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'forger' AND wait_event = 'PgSleep'\"" "a guest with an advisory lock and a comment"
is "$(query "SELECT count(*) FROM replicate.progress")" 0 "... is no run"
like "$(query "$run" 2>/dev/null)" 'tap_refreshed\|6000' "... and stops none"
query "SELECT pg_terminate_backend($(backend_of forger))" >/dev/null
finish forger >/dev/null
query "SELECT * FROM replicate_table('mssql', 'dbo.tap_refreshed', target_schema => 'gone'); DROP TABLE gone.tap_refreshed" >/dev/null 2>&1
background idle "BEGIN; $run; /* mssql_fdw: [\"load\", \"forged\", \"forged\"] */ SELECT pg_sleep(600)"
ok "wait_until 60 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'idle' AND wait_event = 'PgSleep'\"" "a transaction that goes on after its run"
is "$(query "SELECT phase, source FROM replicate.progress")" 'other|' "... keeps the lock, and its own words count for nothing"
make_server other
like "$(at_once "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM replicate_table('other', 'dbo.tap_refreshed', target_schema => 'others'); COMMIT")" 'tap_refreshed\|6000' \
  "... while runs of another server go on"
query "SELECT pg_terminate_backend($(backend_of idle))" >/dev/null
finish idle >/dev/null
tsql "DROP TABLE dbo.tap_refreshed_too"
tsql "DROP TABLE dbo.tap_refreshed"
query "DROP TABLE guests.secret; DROP OWNED BY tap_refresh_guest; DROP ROLE tap_refresh_guest"
