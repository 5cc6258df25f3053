#!/usr/bin/env bash
# A cancel of the local session ends a remote statement in good time, although the server stays mute for ever, and the server
# gets rid of the connection. Limits are generous: what is tested is that there is an end, which there is none on the server's side.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 15

readonly patience=10

# stat NAME: one of the stand-in's counters.
stat() {
  local field
  case $1 in open) field=1 ;; total) field=2 ;; statements) field=3 ;; attentions) field=4 ;; esac
  tsql 'EXEC tds_server_stats' | cut -f "$field"
}
# wait_for_open COUNT: until the server has so many connections left.
wait_for_open() {
  local deadline=$((SECONDS + patience))
  while [ "$(stat open)" -gt "$1" ]; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}
arm() { no_faults && fault mute_attention 1 tap_cancel && fault stall_after_rows 10 tap_cancel; }
# stalled NAME: a background session that reads a table until the server stops talking. What is counted is a column without
# remote_type, of which all rows come.
stalled() {
  arm
  background "$1" 'SELECT count(t) FROM tap_cancel'
  wait_until "$patience" "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$1' AND state = 'active'" || return 1
  sleep 2 # past the login and the ten rows, into the silence
}

tsql "CREATE TABLE dbo.tap_cancel (id int NOT NULL PRIMARY KEY, t nvarchar(100) NULL)"
tsql "INSERT INTO dbo.tap_cancel SELECT n, N'row' FROM $(numbers 2000)"
make_server mssql
query "CREATE FOREIGN TABLE tap_cancel (id int, t text) SERVER mssql OPTIONS (table_name 'tap_cancel')"
is "$(query 'SELECT count(t) FROM tap_cancel')" 2000 "the table can be read"
open=$(stat open)

arm
started=$SECONDS
like "$(error_of "SET statement_timeout = '2s'; SELECT count(t) FROM tap_cancel")" '57014: canceling statement due to statement timeout' \
  "statement_timeout ends a statement"
at_most $((SECONDS - started)) $patience "... in time"
ok "wait_for_open $open" "... and the server is rid of it"

stalled canceled
ok "wait_until 1 'SELECT pg_cancel_backend($(backend_of canceled))'" "pg_cancel_backend is called"
started=$SECONDS
finish canceled >/dev/null # not in $(), whose subshell has no children to wait for
like "$(cat "$tap_directory/canceled")" 'canceling statement due to user request' "... and ends the statement"
at_most $((SECONDS - started)) $patience "... in time"
ok "wait_for_open $open" "... and the server is rid of it"

stalled terminated
pid=$(backend_of terminated)
ok "wait_until 1 'SELECT pg_terminate_backend($pid)'" "pg_terminate_backend is called"
ok "wait_until $patience 'SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid'" "... and ends the session in time"
finish terminated >/dev/null
ok "wait_for_open $open" "... and the server is rid of it"

arm
query "ALTER SERVER mssql OPTIONS (ADD query_timeout '2')"
started=$SECONDS
like "$(error_of 'SELECT count(t) FROM tap_cancel')" '08006: .*silent for 2 s' "a server that is silent for query_timeout is lost"
at_most $((SECONDS - started)) $patience "... in time"
query "ALTER SERVER mssql OPTIONS (DROP query_timeout)"

# A scan that ends early stops the remote statement and keeps the session.
no_faults
attentions=$(stat attentions)
is "$(query "BEGIN; DECLARE c CURSOR FOR SELECT id FROM tap_cancel a; FETCH 1 FROM c; CLOSE c;
  SELECT count(*) FROM mssql_query('mssql', 'SELECT 1') AS t(a int); COMMIT" | wc -l)" 2 "a scan that ends early leaves a usable session"
ok "[ $(stat attentions) -gt $attentions ]" "... by an attention where rows were left"
tsql "DROP TABLE dbo.tap_cancel"
