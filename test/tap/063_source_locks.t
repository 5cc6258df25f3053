#!/usr/bin/env bash
# A copy is nobody's obstacle at the source: of a deadlock it is the victim, and it waits for a lock for a time that is given. What else the
# session is used for knows nothing of that.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 21

readonly tables="target_schema => 'copies', include => ARRAY['dbo.tap_locked%']"
# all [OPTIONS [JOBS]]
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', $tables, jobs => ${2:-0}, options => '{\"resume\": false${1:+, $1}}') ORDER BY source;"; }
readonly good='dbo.tap_locked_a\|3000\|ok.dbo.tap_locked_b\|500\|ok'
# As the server shows them: LOCK_TIMEOUT and DEADLOCK_PRIORITY of who has this application_name.
of_sessions() { tsql "SELECT lock_timeout, deadlock_priority FROM sys.dm_exec_sessions WHERE program_name = N'$1'" | sort | tr '\t\n' '| '; }
readonly own="SELECT * FROM mssql_query('mssql', 'SELECT lock_timeout, deadlock_priority FROM sys.dm_exec_sessions WHERE session_id = @@SPID') AS t(t int, p int);"

# lock_b: from now on, until let_go, nobody reads it.
lock_b() {
  background holder "SET statement_timeout = '120s'; BEGIN; SELECT mssql_exec('holder', 'ALTER TABLE dbo.tap_locked_b ADD held int NULL'); SELECT wait_for_word(); ROLLBACK"
}
readonly locked="wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep'\""
let_go() {
  query "INSERT INTO words VALUES (1)"
  finish holder >/dev/null
  query "DELETE FROM words"
}
# loads_a NAME SQL: a run that has begun to load the one table, and takes its time.
loads_a() {
  background "$1" "$2"
  wait_until 30 "SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_locked_a' AND rows > 0"
}

for name in a b; do tsql "CREATE TABLE dbo.tap_locked_$name (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"; done
tsql "INSERT INTO dbo.tap_locked_a (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 3000)"
tsql "INSERT INTO dbo.tap_locked_b (id, t) SELECT n, N'b' FROM $(numbers 500)"
make_server mssql "application_name 'tap_source_locks'"
make_server holder "isolation 'read_committed'"
query "CREATE TABLE words (word int);
  CREATE FUNCTION wait_for_word() RETURNS void LANGUAGE plpgsql AS \$\$
  BEGIN
    FOR i IN 1 .. 1200 LOOP EXIT WHEN EXISTS (SELECT FROM words); PERFORM pg_sleep(0.05); END LOOP;
  END \$\$"

# A table that is locked all the time.
lock_b
ok "$locked" "somebody alters a table of the source"
readonly too_long='ERROR:  55P03: Lock request time out period exceeded.*error 1222.*HINT: .*"source_lock_timeout"'
like "$(error_of "$(all '"source_lock_timeout": 0.5')")" "$too_long" "a run waits for it no longer than it is told"
like "$(error_of "SELECT * FROM replicate_verify('mssql', $tables, options => '{\"source_lock_timeout\": 0.5}')")" "$too_long" "... nor does replicate_verify"
background endless "$(all '"source_lock_timeout": 0')"
ok "for i in {1..300}; do [ \"\$(of_sessions tap_source_locks)\" = '-1|-5 ' ] && break; sleep 0.1; done; [ \$i -lt 300 ]" \
  "0 is to wait without end, and to be the victim of a deadlock all the same"
let_go
like "$(finish endless)" "$good" "... until it is let go"

# One that is locked before its turn has come.
for jobs in 0 1; do
  # in a transaction that has begun with something else, where it can
  loads_a "waits_$jobs" "\\set VERBOSITY verbose
$([ $jobs = 0 ] && echo "BEGIN; $own")
$(all '"source_lock_timeout": 1.5, "max_rate": 0.2' $jobs)"
  is "$(of_sessions tap_source_locks)" "$([ $jobs = 0 ] && echo '1500|-5 ' || echo '1500|-5 1500|-5 ')" "each session of a run yields, jobs => $jobs"
  lock_b
  ok "$locked" "a table is locked while another one is loaded"
  if [ $jobs = 0 ]; then
    like "$(finish waits_0)" "$too_long" "... and its load waits no longer than it is told"
    let_go
    is "$(query "SELECT count(*) FROM copies.tap_locked_b")" 500 "... and all is as it was"
  else
    ok "for i in {1..300}; do grep -q 'attempt 1 at dbo.tap_locked_b has failed' $tap_directory/waits_1 && break; sleep 0.1; done; [ \$i -lt 300 ]" \
      "... and a worker has waited in vain"
    let_go
    said=$(finish waits_1)
    like "$said" 'attempt 1 at dbo.tap_locked_b has failed.*Lock request time out.*HINT: .*"source_lock_timeout"' "... says so"
    like "$said" "$good" "... and tries it again"
  fi
done

# What else a session is used for.
readonly short="$(all '"source_lock_timeout": 1.5')"
is "$(query "$short $own" 2>/dev/null | tail -n 1)" '-1|0' "behind a run the session is as it was"
is "$(query "BEGIN; $short $own COMMIT" 2>/dev/null | tail -n 1)" '-1|0' "... in the same transaction, too"
is "$(query "$own BEGIN; SELECT mssql_exec('mssql', 'SET LOCK_TIMEOUT 77; SET DEADLOCK_PRIORITY HIGH'); $own COMMIT; $own" | tr '\n' ' ')" '-1|0 0 77|5 -1|0 ' \
  "what a user sets there is his, for one transaction"
is "$(query "BEGIN; SELECT mssql_exec('mssql', 'SET LOCK_TIMEOUT 77'); $short $own COMMIT" 2>/dev/null | tail -n 1)" '-1|0' "... and not beyond a run"
query "CREATE FUNCTION copies.seen() RETURNS int LANGUAGE sql AS 'SELECT t FROM public.mssql_query(''mssql'', ''SELECT @@LOCK_TIMEOUT'') AS t(t int)';
  ALTER TABLE copies.tap_locked_b ADD seen int DEFAULT copies.seen()" 2>/dev/null
is "$(query "$short SELECT DISTINCT seen FROM copies.tap_locked_b" 2>/dev/null | tail -n 1)" -1 "code that a load calls reads as ever"
query "ALTER TABLE copies.tap_locked_b DROP seen"

# What that costs.
readonly requests="SELECT session_statements FROM mssql_query('mssql', 'EXEC tds_server_stats')
  AS t(connections_open bigint, connections_total bigint, statements bigint, attentions bigint, rows_sent bigint, session_statements bigint)"
requests_of() { # a run of these tables, in a transaction
  query "BEGIN; $requests \gset before_
    SELECT count(*) AS n FROM replicate_all('mssql', target_schema => 'copies', include => '{$1}') \gset
    $requests \gset after_
    SELECT :after_session_statements - :before_session_statements; COMMIT" 2>/dev/null
}
is "$(($(requests_of 'tap_locked_a,tap_locked_b') - $(requests_of tap_locked_a)))" 2 "a table is two requests: its rows, and their number"

like "$(error_of "$(all '"source_lock_timeout": -1')")" 'ERROR:  22023: +invalid value for option "source_lock_timeout": -1.*number of seconds' "the time is a number"
query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in a b; do tsql "DROP TABLE dbo.tap_locked_$name"; done
