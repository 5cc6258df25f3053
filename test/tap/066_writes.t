#!/usr/bin/env bash
# Writes on foreign tables beside what other sessions do, over connections that break, and by way of a bulk load: nothing is lost
# without an error, and nothing is written twice.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 31

native() { [ "$MSSQL_TEST_DRIVER" != freetds ]; }
state_of() { error_of "$1" | sed -n 's/^ERROR:  \([0-9A-Z]*\):.*/\1/p' | head -n 1; }
rows_there() { tsql "SELECT COUNT(*) FROM dbo.tap_written"; }

tsql "DROP TABLE IF EXISTS dbo.tap_written; DROP TABLE IF EXISTS dbo.tap_numbered"
tsql "CREATE TABLE dbo.tap_written (id int NOT NULL PRIMARY KEY, n int NULL, t nvarchar(max) NULL)"
tsql "CREATE TABLE dbo.tap_numbered (id int IDENTITY NOT NULL PRIMARY KEY, t varchar(10) NULL)"
make_server mssql
make_server other
query "CREATE FOREIGN TABLE written (id int OPTIONS (remote_type 'int', key 'true'), n int OPTIONS (remote_type 'int'), t text OPTIONS (remote_type 'nvarchar(max)'))
    SERVER mssql OPTIONS (table_name 'tap_written');
  CREATE FOREIGN TABLE numbered (id int OPTIONS (remote_type 'int', key 'true', generated 'identity'), t text OPTIONS (remote_type 'varchar(10)')) SERVER mssql OPTIONS (table_name 'tap_numbered');
  CREATE FOREIGN TABLE elsewhere (id int OPTIONS (remote_type 'int', key 'true'), n int OPTIONS (remote_type 'int')) SERVER other OPTIONS (table_name 'tap_written');
  CREATE FUNCTION requests() RETURNS bigint LANGUAGE sql AS \$\$
    SELECT session_statements FROM mssql_query('mssql', 'EXEC tds_server_stats')
      AS t(connections_open bigint, connections_total bigint, statements bigint, attentions bigint, rows_sent bigint, session_statements bigint) \$\$"

# ---- how much is said for a statement
# cost STATEMENTS: the requests that they make within a transaction, less those of none. One of them takes back what
# the question, a statement of others, may have set.
cost() {
  query "BEGIN; SELECT requests() AS a \gset
    SELECT requests() AS b \gset
    $1
    SELECT requests() AS c \gset
    SELECT (:c - :b) - (:b - :a); ROLLBACK"
}
is "$(cost "INSERT INTO written VALUES (1, 1), (2, 2), (3, 3);")" 2 "rows of VALUES are one statement"
is "$(cost "INSERT INTO written SELECT g FROM generate_series(1, 1000) AS g;")" 11 "a thousand rows are ten of a hundred"
is "$(cost "INSERT INTO written (id) VALUES (1); UPDATE written SET n = 1 WHERE id = 1; DELETE FROM written WHERE id = 1;")" 6 \
  "an insert is one, an update and a delete are two with their scan"
if native; then
  is "$(cost "INSERT INTO written SELECT g FROM generate_series(1, 20000) AS g;")" 12 "beyond a thousand rows go in bulk"
  is "$(cost "COPY written (id) FROM PROGRAM 'seq 1 20000';")" 2 "so do all rows of COPY"
else
  is "$(cost "INSERT INTO written SELECT g FROM generate_series(1, 2000) AS g;")" 21 "FreeTDS loads nothing in bulk"
  pass "(not of this driver)"
fi
is "$(rows_there)" 0 "all of that was rolled back"

# ---- a connection that breaks
only() { no_faults && fault "$1" "$2" "$3"; }
only drop_after_bytes 1 'INSERT INTO'
is "$(state_of "INSERT INTO written VALUES (1)")" 08006 "a connection that breaks in an INSERT is an error"
no_faults
is "$(rows_there)" 0 "... which leaves nothing"
query "INSERT INTO written VALUES (1, 1), (2, 2), (3, 3)"
only drop_after_bytes 1 UPDATE
is "$(state_of "UPDATE written SET n = n + 1")" 08006 "... in an UPDATE"
no_faults
is "$(tsql "SELECT SUM(n) FROM dbo.tap_written")" 6 "... leaves nothing of its rows"
only drop_after_bytes 1 UPDATE
is "$(state_of "BEGIN; INSERT INTO written VALUES (10, 10);
  DO \$\$ BEGIN UPDATE written SET n = 0; EXCEPTION WHEN connection_failure THEN NULL; END \$\$;
  INSERT INTO written VALUES (11, 11); COMMIT")" 40003 "one that has written and was lost is not begun anew, though the error was caught"
no_faults
is "$(rows_there)" 3 "... and nothing of it stays"
only drop_after_bytes 1 UPDATE
is "$(state_of "BEGIN; INSERT INTO written VALUES (10, 10);
  DO \$\$ BEGIN UPDATE written SET n = 0; EXCEPTION WHEN connection_failure THEN NULL; END \$\$; COMMIT")" 40003 "... nor committed"
no_faults
is "$(rows_there)" 3 "... and nothing of it stays"
only drop_after_bytes 1 DELETE
is "$(state_of "BEGIN; INSERT INTO elsewhere VALUES (20, 20);
  DO \$\$ BEGIN DELETE FROM written; EXCEPTION WHEN connection_failure THEN NULL; END \$\$; COMMIT")" 40003 "of two servers"
no_faults
is "$(rows_there)" 3 "... the other one is rolled back, too"
# An idle connection that has died is replaced without a word.
is "$(query "INSERT INTO written VALUES (4, 4);
  SELECT mssql_exec('mssql', 'EXECUTE AS USER = ''guest''') \gset
  INSERT INTO written VALUES (5, 5); SELECT count(*) FROM written" 2>/dev/null | tail -n 1)" 5 "a session that died while it was idle is replaced"

# ---- other sessions
query "UPDATE written SET n = 0 WHERE id = 1"
background first "BEGIN; UPDATE written SET n = n + 1 WHERE id = 1; SELECT pg_sleep(600)"
wait_until 20 "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE application_name = 'first'"
background second "UPDATE written SET n = n + 10 WHERE id = 1"
wait_until 20 "SELECT state = 'active' AND wait_event IS DISTINCT FROM 'ClientRead' FROM pg_stat_activity WHERE application_name = 'second'"
query "SELECT pg_cancel_backend($(backend_of first))" >/dev/null
finish first >/dev/null
finish second >/dev/null
is "$(tsql "SELECT n FROM dbo.tap_written WHERE id = 1")" 10 "who waited for a transaction that was rolled back goes on"
# SNAPSHOT: what has been changed since is not overwritten.
tsql "CREATE DATABASE tap_snapshot"
tsql "ALTER DATABASE tap_snapshot SET ALLOW_SNAPSHOT_ISOLATION ON"
tsql "CREATE TABLE tap_snapshot.dbo.seen (id int NOT NULL PRIMARY KEY, n int NULL); INSERT INTO tap_snapshot.dbo.seen VALUES (1, 1)"
make_server snapshot
query "ALTER SERVER snapshot OPTIONS (SET database 'tap_snapshot');
  CREATE FOREIGN TABLE seen (id int OPTIONS (remote_type 'int', key 'true'), n int OPTIONS (remote_type 'int')) SERVER snapshot"
is "$(answer "BEGIN; SELECT n FROM seen;
  SELECT mssql_exec('other', 'UPDATE tap_snapshot.dbo.seen SET n = 100', transactional => false);
  UPDATE seen SET n = n + 1; COMMIT" | sed -n 's/^ERROR:  \([0-9A-Z]*\):.*/\1/p')" 40001 "an update of what another has changed since is refused"
is "$(tsql "SELECT n FROM tap_snapshot.dbo.seen")" 100 "... and does not overwrite it"
query "DROP SERVER snapshot CASCADE"
tsql "DROP DATABASE tap_snapshot"
# A row that another session deletes between the scan and the write is none.
query "ALTER SERVER mssql OPTIONS (ADD isolation 'read_committed')"
is "$(query "CREATE FUNCTION delete_it() RETURNS int LANGUAGE sql AS \$\$ SELECT mssql_exec('other', 'DELETE FROM dbo.tap_written WHERE id = 2', transactional => false)::int \$\$;
  WITH gone AS (UPDATE written SET n = -1 - (SELECT delete_it()) WHERE id = 2 RETURNING id) SELECT count(*) FROM gone")" 0 "a row that is deleted meanwhile is not updated"
query "ALTER SERVER mssql OPTIONS (DROP isolation)"

# ---- bulk loads
query "TRUNCATE written"
is "$(state_of "COPY written (id) FROM PROGRAM 'seq 1 5000; echo 17'")" 23505 "a COPY that fails at its end"
is "$(rows_there)" 0 "... leaves nothing"
is "$(query "BEGIN; INSERT INTO written VALUES (1, 1);
  DO \$\$ BEGIN INSERT INTO written SELECT g % 4000 FROM generate_series(2, 5000) AS g; EXCEPTION WHEN unique_violation THEN NULL; END \$\$;
  INSERT INTO written SELECT g FROM generate_series(2, 3000) AS g; COMMIT; SELECT count(*) FROM written")" 3000 "a load that failed in an exception block can be tried again"
query "TRUNCATE written"
if native; then
  is "$(query "BEGIN; COPY numbered (id, t) FROM PROGRAM 'printf \"7\\ta\\n8\\tb\\n\"'; INSERT INTO numbered (t) VALUES ('c'); COMMIT;
    SELECT string_agg(id || t, ' ' ORDER BY id) FROM numbered")" '7a 8b 9c' "numbers that are given in bulk"
  is "$(query "BEGIN; DO \$\$ BEGIN COPY numbered (id, t) FROM PROGRAM 'printf \"20\\ta\\n7\\tb\\n\"'; EXCEPTION WHEN unique_violation THEN NULL; END \$\$;
    INSERT INTO numbered (t) VALUES ('d'); SELECT mssql_exec('mssql', 'SET IDENTITY_INSERT dbo.tap_numbered OFF'); COMMIT;
    SELECT count(*) FROM numbered" | tail -n 1)" 4 "... leave no setting behind"
else
  pass "(not of this driver)"
  pass "(not of this driver)"
fi
background copier "COPY written (id) FROM PROGRAM 'seq 1 5000; sleep 600'"
wait_until 20 "SELECT count(*) = 1 FROM pg_stat_progress_copy WHERE tuples_processed >= 4000"
is "$(query "SELECT pg_cancel_backend($(backend_of copier))")" t "a COPY under way is cancelled"
like "$(finish copier)" 'canceling statement' "... and ends"
is "$(rows_there)" 0 "... and leaves nothing"
only drop_after_bytes 1 'INSERT BULK'
if native; then
  is "$(state_of "COPY written (id) FROM PROGRAM 'seq 1 5000'")" 08006 "a connection that breaks at the beginning of a load"
else
  pass "(not of this driver)"
fi
no_faults
is "$(rows_there)" 0 "... leaves nothing"
