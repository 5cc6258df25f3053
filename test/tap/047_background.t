#!/usr/bin/env bash
# A run in the background: it outlives its caller, is seen, waited for and cancelled by others, and its error is kept. The source stalls in mid-table.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 56

start() { query "SELECT status FROM replicate_all('$1', target_schema => '${2:-copies}', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')" 2>/dev/null; }
number_of() { sed -n 's/^run \([0-9]*\) works in the background$/\1/p'; }
status_of() { query "SELECT status FROM replicate.runs WHERE id = $1"; }
stalled() { wait_until 30 "SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND rows > 0"; }
stall() { no_faults && fault stall_after_rows 5000 tap_behind; }

tsql "CREATE TABLE dbo.tap_behind (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_behind SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 6000)"
make_server mssql

# The caller's session is over when the run has hardly begun.
stall
run=$(start mssql | number_of)
like "$run" '^[0-9]+$' "a run in the background has a number"
ok "stalled" "... and works when its caller's session has ended"
is "$(query "SELECT status, finished IS NULL, pid = (SELECT pid FROM replicate.progress), function, arguments ->> 'target_schema' FROM replicate.runs WHERE id = $run")" \
  'running|t|t|replicate_all|copies' "... stands in history, with its process"
is "$(query "SELECT backend_type, application_name = 'mssql_fdw run $run' FROM pg_stat_activity WHERE pid = (SELECT pid FROM replicate.progress)")" \
  'mssql_fdw run|t' "... and is told from others"
like "$(error_of "SELECT * FROM replicate_all('mssql', target_schema => 'copies')")" "ERROR:  55006.*DETAIL:  By run $run, process [0-9]+.*SELECT replicate_cancel\($run\) ends it" "another run of the server is refused, and told of this one"
like "$(error_of "SELECT * FROM replicate_all('mssql', options => '{\"wait\": false}')")" 'ERROR:  55006.*replicate\.progress' "... in the background, too, and at once"
background waits "SELECT * FROM replicate_wait($run)"
no_faults
query "SELECT pg_cancel_backend($(backend_of waits))" >/dev/null
like "$(finish waits)" 'canceling statement due to user request' "who waits may stop waiting"
is "$(status_of "$run")" running "... and the run goes on"
is "$(query "SELECT replicate_cancel($run)")" t "another session cancels it"
like "$(error_of "SELECT * FROM replicate_wait($run)")" '57014: +canceling statement due to user request.*Run [0-9]+ cancelled at' "... and who waits gets the error"
is "$(query "SELECT status, sqlstate, error, finished > started, pid IS NULL FROM replicate.runs WHERE id = $run")" \
  'cancelled|57014|canceling statement due to user request|t|t' "... which history keeps"
is "$(query "SELECT to_regnamespace('copies') IS NULL")" t "... and nothing else is left"
is "$(query "SELECT replicate_cancel($run)")" f "what has ended is not cancelled"

run=$(start mssql | number_of)
is "$(query "SELECT source, rows, status FROM replicate_wait($run)")" 'dbo.tap_behind|6000|ok' "who waits gets the tables"
is "$(query "SELECT status, rows, sqlstate IS NULL, pid IS NULL FROM replicate.runs WHERE id = $run")" 'ok|6000|t|t' "... as history has them"
is "$(query "SELECT count(*), sum(id) FROM copies.tap_behind")" '6000|18003000' "... and they are there"
is "$(query "SELECT count(*) FROM replicate.runs")" 2 "... once"

# Its process ends without a word, also for one who began to wait while it was at work.
stall
run=$(start mssql | number_of)
ok "stalled" "the next one works"
background waits "SELECT count(*) FROM pg_stat_activity; SELECT * FROM replicate_wait($run)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waits' AND wait_event = 'PgSleep'\"" "... and is waited for"
query "SELECT pg_terminate_backend(pid) FROM replicate.progress" >/dev/null
ok "wait_until 30 \"SELECT status = 'died' FROM replicate.runs WHERE id = $run\"" "a run whose process was ended has died"
like "$(error_of "SELECT * FROM replicate_wait($run)")" "58000: +run [0-9]+ ended without a word.*HINT:  The server's log may say why" "... and who waits is told"
is "$(query "SELECT notes, error_hint ~ '^The server''s log may say why, of process [0-9]+ or its workers[.]$' FROM replicate.runs WHERE id = $run")" '{}|t' "... as in history, where nothing is left"
like "$(finish waits)" 'run [0-9]+ ended without a word' "... who waited, too"
no_faults

# Whose process has another's number now is as dead as before.
query "INSERT INTO replicate._runs (server, function, arguments, role, started, status, rows, bytes, warnings, notes, pid)
  SELECT 'mssql', 'replicate_all', '{}', current_user, now(), 'running', 0, 0, '{}', '{}', min(pid) FROM pg_stat_activity"
run=$(query "SELECT max(id) FROM replicate.runs")
is "$(status_of "$run")" died "a process of the same number does not bring a run back"
is "$(query "SELECT replicate_cancel($run)")" f "... nor is it cancelled"
query "DELETE FROM replicate._runs WHERE id = $run"

# Whoever waits for what waits for him is told.
query "SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'])" >/dev/null 2>&1
said=$(answer "BEGIN; SELECT count(*) FROM copies.tap_behind; SELECT status AS started FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}') \gset
  SELECT * FROM replicate_wait(substring(:'started' from '[0-9]+')::bigint); COMMIT")
like "$said" 'ERROR:  40P01: +run [0-9]+ waits for this transaction.*HINT:  Commit it' "a run that waits for who waits for it"
ok "wait_until 30 \"SELECT status = 'ok' FROM replicate.runs ORDER BY id DESC LIMIT 1\"" "... goes on when he has gone"
like "$(error_of "BEGIN; LOCK replicate._runs; SELECT * FROM replicate_all('mssql', options => '{\"wait\": false}')")" 'ERROR:  40P01: +background worker waits for this transaction' \
  "so does a worker that cannot begin"
ok "wait_until 30 \"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'mssql_fdw run'\"" "... and does not begin then"
background holds "BEGIN; LOCK replicate._runs IN SHARE MODE; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holds' AND wait_event = 'PgSleep'\"" "while nobody may write history"
background gives_up "SELECT * FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND backend_type = 'mssql_fdw run'\"" "... a worker waits to begin"
query "SELECT pg_cancel_backend($(backend_of gives_up))" >/dev/null
like "$(finish gives_up)" 'canceling statement due to user request' "... and its caller gives up"
query "SELECT pg_cancel_backend($(backend_of holds))" >/dev/null
finish holds >/dev/null
ok "wait_until 30 \"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'mssql_fdw run'\"" "... then there is no run"
is "$(query "SELECT count(*) FROM replicate.runs WHERE status = 'running'")" 0 "... at work"
like "$(error_of "BEGIN; CREATE SERVER young FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host 'nowhere'); SELECT * FROM replicate_all('young', options => '{\"wait\": false}')")" \
  'ERROR:  42704: +the server is not there for a background worker.*Commit before' "a server that is not committed"
query "CREATE TABLE indexed AS SELECT 1 AS a;
  CREATE FUNCTION sneaks(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \$\$BEGIN PERFORM replicate_all('mssql', options => '{\"wait\": false}'); RETURN 1; END\$\$"
like "$(error_of "CREATE INDEX ON indexed (sneaks(a))")" 'ERROR:  42501: +cannot start background workers within security-restricted operation' "code of an index starts nothing"

# Errors: those of the call are its caller's, those of the run are kept, without values of rows.
like "$(error_of "SELECT * FROM replicate_all('mssql', jobs => 0, options => '{\"wait\": false}')")" '22023: +jobs => 0' "jobs => 0 does not go on alone"
like "$(error_of "SELECT * FROM replicate_all('mssql', on_existing => 'nothing', options => '{\"wait\": false}')")" '22023: +invalid value for "on_existing"' \
  "a wrong argument is the caller's error"
like "$(error_of "SELECT * FROM replicate_wait(0)")" '42704: +there is no run 0' "what is no run is not waited for"
like "$(error_of "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM replicate_wait($run)")" '25001' "nor by who would not see its end"
query "ALTER TABLE copies.tap_behind ADD must int; UPDATE copies.tap_behind SET must = 1; ALTER TABLE copies.tap_behind ALTER must SET NOT NULL"
run=$(start mssql | number_of)
like "$(error_of "SELECT * FROM replicate_wait($run)")" '42804: +table copies.tap_behind cannot take.*must.*Run [0-9]+ failed' "an error ends a run, and is told whole"
is "$(query "SELECT status, sqlstate, error, error_detail LIKE '%must%' FROM replicate.runs WHERE id = $run")" 'failed|42804|table copies.tap_behind cannot take the rows of dbo.tap_behind|t' "... and kept"
query "ALTER TABLE copies.tap_behind DROP must"
fault error_after_rows 100 tap_behind
run=$(start mssql | number_of)
like "$(error_of "SELECT * FROM replicate_wait($run)")" '22P02: ' "an error of the source is one of the run"
is "$(query "SELECT error_hint IS NULL FROM replicate.runs WHERE id = $run")" t "... about which nothing is to be altered here"
is "$(query "SELECT status, sqlstate, error_detail IS NULL, error_context LIKE '%load of dbo.tap_behind into copies.tap_behind%' FROM replicate.runs WHERE id = $run")" \
  'failed|22P02|t|t' "... whose detail is not kept, for it may hold values, but where it was"

# As whom: the caller, with his rights and settings, and for his eyes.
role=tap_behind_$$
query "CREATE ROLE $role LOGIN; GRANT CREATE ON DATABASE \"$PGDATABASE\" TO $role; GRANT USAGE ON FOREIGN SERVER mssql TO $role;
  CREATE USER MAPPING FOR $role SERVER mssql OPTIONS (username '$MSSQL_TEST_USER', password '$MSSQL_TEST_PASSWORD')"
run=$(PGUSER=$role query "SET search_path = nowhere; SELECT status FROM public.replicate_all('mssql', target_schema => 'theirs', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')" 2>/dev/null | number_of)
is "$(PGUSER=$role query "SELECT status FROM replicate_wait($run)")" ok "an ordinary role's run works"
run=$(query "SET ROLE $role; SELECT status FROM replicate_all('mssql', target_schema => 'theirs', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')" 2>/dev/null | number_of)
is "$(query "SET ROLE $role; SELECT status FROM replicate_wait($run)")" ok "... and one of a superuser who has become that role"
is "$(query "SELECT relowner::regrole::text = '$role' FROM pg_class WHERE oid = 'theirs.tap_behind'::regclass")" t "... as that role"
stall
run=$(query "SET ROLE $role; SELECT status FROM replicate_all('mssql', target_schema => 'theirs', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')" 2>/dev/null | number_of)
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND rows > 0\"" "... whose next one is in mid-load"
is "$(PGUSER=$role query "SELECT replicate_cancel($run)")" t "... and which cancels it, though a superuser has logged in"
ok "wait_until 30 \"SELECT status = 'cancelled' FROM replicate.runs WHERE id = $run\"" "... as it says then"
no_faults
run=$(query "SELECT min(id) FROM replicate.runs")
like "$(error_of "SET ROLE $role; SELECT replicate_cancel($run)")" '42704: +there is no run' "... which neither sees nor cancels runs of others"

# A call that follows at once is refused, or works first: the run in the background is there in either case.
before=$(query "SELECT max(id) FROM replicate.runs")
for n in {1..5}; do
  query "SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}');
    SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'])" >/dev/null 2>&1
  wait_until 60 "SELECT count(*) = 0 FROM replicate.runs WHERE status = 'running'"
done
is "$(query "SELECT count(*) FROM replicate.runs WHERE id > $before AND function = 'replicate_all' AND status <> 'ok'")" 0 "a call beside a run that begins in the background takes no place"

like "$(error_of "BEGIN; SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}');
  SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_behind'], jobs => 0); SET statement_timeout = '60s';
  SELECT replicate_wait(max(id)) FROM replicate.runs WHERE status = 'running'; COMMIT")" '(40P01: +run [0-9]+ waits for this transaction|55006: +server "mssql" is being replicated|42704: +there is no run)' "... and nobody waits for one that waits for him"
wait_until 60 "SELECT count(*) = 0 FROM replicate.runs WHERE status = 'running'"

# No room for workers.
no_faults
for n in {1..20}; do
  make_server "crowd$n"
  fault stall_after_rows 5000 tap_behind
  said=$(error_of "SELECT * FROM replicate_all('crowd$n', target_schema => 'crowd$n', include => ARRAY['dbo.tap_behind'], options => '{\"wait\": false}')")
  grep -q '^ERROR' <<<"$said" && break
done
like "$said" '53000: +could not start a background worker.*max_worker_processes' "too few worker processes are told"
query "SELECT replicate_cancel(id) FROM replicate.runs WHERE status = 'running'" >/dev/null
ok "wait_until 60 \"SELECT count(*) = 0 FROM replicate.runs WHERE status = 'running'\"" "... and all end when they are cancelled"
no_faults
query "DROP OWNED BY $role; DROP ROLE $role; DROP SCHEMA IF EXISTS copies, theirs CASCADE" 2>/dev/null
tsql "DROP TABLE dbo.tap_behind"
