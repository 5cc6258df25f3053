#!/usr/bin/env bash
# What goes to the server around a statement: how often, what is waited for, and what one statement leaves to the next. A session that died
# while it was idle is replaced without a word; one that dies in a transaction is an error wherever one moment was promised.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 27

native() { [ "$MSSQL_TEST_DRIVER" != freetds ]; }

tsql "CREATE TABLE dbo.tap_state (id int NOT NULL PRIMARY KEY, t nvarchar(10) NULL)"
tsql "INSERT INTO dbo.tap_state VALUES (1, N'a'), (2, N'b'), (3, N'c'), (4, N'd'), (5, N'e')"
make_server mssql
query "CREATE FOREIGN TABLE tap_state (id int OPTIONS (remote_type 'int'), t text) SERVER mssql OPTIONS (table_name 'tap_state');
  CREATE FUNCTION requests() RETURNS bigint LANGUAGE sql AS \$\$
    SELECT session_statements FROM mssql_query('mssql', 'EXEC tds_server_stats')
      AS t(connections_open bigint, connections_total bigint, statements bigint, attentions bigint, rows_sent bigint, session_statements bigint) \$\$"

# cost STATEMENTS: the requests that they make, less those of none.
cost() {
  query "SELECT requests() AS a \gset
    SELECT requests() AS b \gset
    $1
    SELECT requests() AS c \gset
    SELECT (:c - :b) - (:b - :a)"
}
readonly scan='SELECT count(*) AS n FROM tap_state \gset
'
if native; then
  is "$(cost "$scan")" 2 "a lone scan is one request and a rollback"
  is "$(cost "$scan $scan $scan")" 6 "... each time"
  is "$(cost "BEGIN; $scan $scan $scan COMMIT;")" 4 "a transaction of three scans is three requests and a rollback"
  is "$(cost "PREPARE p(int) AS SELECT count(*) AS n FROM tap_state WHERE id > \$1; EXECUTE p(1) \gset
")" 2 "constants of a custom plan are in the text"
  is "$(cost "BEGIN; SELECT 1 AS n \gset
    COMMIT;")" 0 "a transaction without a scan makes none"
  # The answer to the rollback never comes: nobody waits for it.
  fault stall_after_rows 0 'ROLLBACK TRANSACTION'
  is "$(query "SELECT count(*) FROM tap_state")" 5 "the end of a reading transaction is not waited for"
  no_faults
  is "$(query "BEGIN; SELECT mssql_exec('mssql', 'SET ROWCOUNT 1'); SELECT count(*) FROM tap_state; COMMIT" | tail -n 1)" 5 \
    "a setting does not reach a scan of the same transaction"
  is "$(query "BEGIN; SELECT mssql_exec('mssql', 'INSERT INTO dbo.tap_state VALUES (6, NULL)'); SELECT count(*) FROM tap_state;
    SELECT count(*) FROM tap_state WHERE id > 4; ROLLBACK" | tail -n 2 | tr '\n' ' ')" '6 2 ' "... which sees what was written"
  is "$(query "BEGIN; SELECT mssql_exec('mssql', 'INSERT INTO dbo.tap_state VALUES (6, NULL)'); SELECT count(*) FROM tap_state;
    SAVEPOINT a; SELECT mssql_exec('mssql', 'DELETE FROM dbo.tap_state'); SELECT count(*) FROM tap_state; ROLLBACK TO a;
    SELECT count(*) FROM tap_state; ROLLBACK" | tr '\n' ' ')" '1 6 6 0 6 ' "... and keeps its savepoints"
  is "$(query "SELECT mssql_exec('mssql', 'SET NOEXEC ON'); SELECT count(*) FROM tap_state" | tr '\n' ' ')" '0 5 ' "execution that is switched off ends with its transaction"
else
  is "$(query "SELECT count(*) FROM tap_state; SELECT spid AS first FROM mssql_connections() \gset
    SELECT count(*) FROM tap_state; SELECT spid = :first FROM mssql_connections()" | tr '\n' ' ')" '5 5 t ' "two scans share a session"
  is "$(query "SELECT mssql_exec('mssql', 'SET ROWCOUNT 1'); SELECT count(*) FROM mssql_connections()" | tr '\n' ' ')" '0 0 ' \
    "that of a pass-through statement is closed"
  for i in 3 4 5 6 7 8 9 10; do pass "(not of this driver, $i)"; done
fi
is "$(query "SELECT count(*) FROM tap_state; SELECT mssql_exec('mssql', 'SET ROWCOUNT 1'); SELECT count(*) FROM tap_state" | tr '\n' ' ')" '5 0 5 ' \
  "a setting does not reach the next transaction"

# What only kills a session between two transactions is nobody's concern.
readonly reset_fails="SELECT mssql_exec('mssql', 'EXECUTE AS USER = ''guest''')"
is "$(query "$reset_fails; SELECT count(*) FROM tap_state; SELECT count(*) FROM tap_state WHERE id < 3" | tail -n 2 | tr '\n' ' ')" '5 2 ' \
  "a session that cannot be reset is replaced"
fault drop_after_rows 0 tap_state
is "$(query "SELECT spid > 0 FROM mssql_connections(); SELECT count(*) FROM mssql_query('mssql', 'SELECT 1') AS t(a int); SELECT count(*) FROM tap_state" 2>/dev/null | tr '\n' ' ')" \
  "$(native && echo '1 5 ' || echo '1 ')" "a kept session that is cut in its first statement is replaced"
no_faults
fault drop_after_rows 0 tap_state
is "$(query "SELECT count(*) FROM tap_state" 2>&1 | sed -n 's/.*ERROR: *//p' | grep -c lost)" 1 "a new one that is cut is an error"
no_faults

# A loss in the middle: read again with a warning, or an error where one moment was promised.
readonly lose="DO \$\$ BEGIN PERFORM * FROM tap_state WHERE id <> 4711; EXCEPTION WHEN connection_failure THEN NULL; END \$\$"
lost_in() { # the message of a scan behind the loss, in a transaction that begins with $1
  no_faults
  fault drop_after_rows 1 4711
  query "SET client_min_messages = warning; $1; SELECT count(*) FROM tap_state; $lose; $2; COMMIT" 2>&1 | sed -n 's/^psql[^ ]* *\(ERROR\|WARNING\): *\(.*\)/\1 \2/p' | head -n 1
}
readonly again='SELECT count(*) FROM tap_state'
like "$(lost_in 'BEGIN' "$again")" 'WARNING .*was lost and begins anew' "READ COMMITTED goes on with a warning"
like "$(lost_in 'BEGIN ISOLATION LEVEL REPEATABLE READ' "$again")" 'ERROR .*was lost' "REPEATABLE READ does not"
like "$(lost_in 'BEGIN ISOLATION LEVEL SERIALIZABLE' "$again")" 'ERROR .*was lost' "SERIALIZABLE does not"
readonly plan="SELECT count(*) FROM replicate_plan('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_state'])"
like "$(lost_in "BEGIN; $plan" "$plan")" 'ERROR .*was lost' "a run does not"
no_faults

# An interrupt that comes while a scan is called off hits its own statement, and no later one.
tsql "INSERT INTO dbo.tap_state SELECT n + 10, N'many' FROM $(numbers 2000)"
fault mute_attention 1 tap_state
fault stall_after_rows 10 tap_state
later=$(query "\set ON_ERROR_STOP off
  BEGIN; SAVEPOINT a; SET LOCAL statement_timeout = '1s'; SET LOCAL mssql_fdw.pushdown = off; SELECT id FROM tap_state LIMIT 5; ROLLBACK TO a;
  SELECT 'later', count(*) > 5 FROM tap_state" 2>&1)
like "$later" 'later\|t' "a kept interrupt does not hit a later statement"
like "$later" 'statement timeout' "... but its own"
no_faults
tsql "DELETE FROM dbo.tap_state WHERE id > 5"

# Errors of the server say where they come from.
query "CREATE FOREIGN TABLE gone (id int) SERVER mssql OPTIONS (table_name 'no_such_table')"
like "$(error_of 'SELECT * FROM gone')" 'CONTEXT: +foreign table "gone", remote SQL: SELECT .*no_such_table' "a scan's error names the foreign table and the remote SQL"
like "$(error_of 'ANALYZE gone')" \
  'CONTEXT: +foreign table "gone", remote SQL: SELECT ' "... ANALYZE's too"
like "$(error_of "SELECT * FROM mssql_query('mssql', 'SELECT 1/0') AS t(a int)")" 'CONTEXT: +mssql_query, remote SQL: SELECT 1/0' "... mssql_query's too"
fault error_at_statement 229 'sys.schemas'
like "$(error_of "CREATE SCHEMA imported; IMPORT FOREIGN SCHEMA dbo FROM SERVER mssql INTO imported")" \
  'CONTEXT: +import of remote schema "dbo", remote SQL: SELECT ' "... IMPORT's too"
no_faults
like "$(error_of "CREATE ROLE tap_nobody_$$; GRANT USAGE ON FOREIGN SERVER mssql TO tap_nobody_$$; GRANT SELECT ON tap_state TO tap_nobody_$$;
  SET ROLE tap_nobody_$$; SELECT * FROM tap_state")" \
  "user mapping not found for user \"tap_nobody_$$\", server \"mssql\".*CREATE USER MAPPING FOR tap_nobody_$$ SERVER mssql" "a missing mapping names user, server and remedy"
query "DROP OWNED BY tap_nobody_$$; DROP ROLE tap_nobody_$$"

# What is waited for, and what may be left to a later COMMIT PREPARED.
like "$(error_of "BEGIN; $plan; PREPARE TRANSACTION 'tap'")" 'cannot PREPARE a transaction that has run a function of replicate|prepared transactions are disabled' \
  "a run cannot be prepared"
fault stall_after_rows 2 tap_state
background waiting 'SELECT count(*) FROM tap_state'
if [ "$(query "SHOW server_version_num")" -ge 170000 ] && native; then
  ok "wait_until 10 \"SELECT wait_event = 'MssqlFdwQuery' FROM pg_stat_activity WHERE application_name = 'waiting'\"" "the wait has a name"
elif native; then
  ok "wait_until 10 \"SELECT wait_event = 'Extension' FROM pg_stat_activity WHERE application_name = 'waiting'\"" "the wait is the extension's"
else
  ok "wait_until 10 \"SELECT state = 'active' FROM pg_stat_activity WHERE application_name = 'waiting'\"" "it waits"
fi
query "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiting'" >/dev/null
finish waiting >/dev/null
no_faults
tsql "DROP TABLE dbo.tap_state"
