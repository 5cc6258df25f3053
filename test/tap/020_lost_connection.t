#!/usr/bin/env bash
# A connection that breaks in the middle of a result is an error with SQLSTATE 08006 and never a shorter result.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 30

readonly replicate="SELECT * FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_lost'], jobs => 0)"

only() { no_faults && fault "$1" "$2" tap_lost; }
state_of() { error_of "$1" | sed -n 's/^ERROR:  \([0-9A-Z]*\):.*/\1/p'; }

tsql "CREATE TABLE dbo.tap_lost (id int NOT NULL PRIMARY KEY, n decimal(18, 2) NULL, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_lost SELECT n, n / 4.0, REPLICATE(N'grüße ', 20) FROM $(numbers 1000)"
make_server mssql
query "CREATE FOREIGN TABLE tap_lost (id int, n numeric(18, 2), t text) SERVER mssql OPTIONS (table_name 'tap_lost')"
is "$(query 'SELECT count(*), count(t) FROM tap_lost')" '1000|1000' "the table can be read"

for rows in 0 1 100 999; do
  only drop_after_rows "$rows"
  is "$(state_of 'SELECT * FROM tap_lost')" 08006 "connection cut after $rows rows"
  only drop_after_rows "$rows"
  is "$(query 'SELECT * FROM tap_lost' 2>/dev/null)" '' "... gives no rows"
done
for bytes in 1 9 60 1000 50000; do
  only drop_after_bytes "$bytes"
  is "$(state_of 'SELECT id, n, t FROM tap_lost')" 08006 "connection cut after $bytes bytes"
done
only drop_after_rows 500
is "$(state_of 'CREATE TABLE copy AS SELECT * FROM tap_lost')" 08006 "connection cut in CREATE TABLE AS"
is "$(query "SELECT to_regclass('copy') IS NULL")" t "... leaves no table"
only drop_after_rows 500
is "$(state_of "SELECT * FROM mssql_query('mssql', 'SELECT id FROM tap_lost') AS q(id int)")" 08006 "connection cut in a pass-through query"

# What catches the error goes on with a new connection.
only drop_after_rows 10
is "$(query "DO \$\$ BEGIN PERFORM * FROM tap_lost; EXCEPTION WHEN connection_failure THEN NULL; END \$\$;
    SELECT count(*) FROM tap_lost" 2>/dev/null)" \
  1000 "the session goes on with a new connection"

only garble_after_rows 10
is "$(state_of 'SELECT * FROM tap_lost')" 08006 "an undefined token breaks the connection off"
# FreeTDS does not see that a message has ended inside a row and waits for the rest, which only query_timeout or a cancel ends.
only truncate_row 10
query "ALTER SERVER mssql OPTIONS (ADD query_timeout '2')"
isnt "$(state_of 'SELECT * FROM tap_lost')" '' "half a row is an error"
query "ALTER SERVER mssql OPTIONS (DROP query_timeout)"
only error_after_rows 10
is "$(state_of 'SELECT * FROM tap_lost')" 22P02 "a server error after rows has its own SQLSTATE"
only error_after_rows 10
is "$(query 'SELECT * FROM tap_lost' 2>/dev/null)" '' "... gives no rows"
only error_at_statement 1205
is "$(state_of 'SELECT * FROM tap_lost')" 40P01 "a deadlock is a deadlock"
only mute_login 1
query "ALTER SERVER mssql OPTIONS (ADD connect_timeout '2')"
is "$(state_of 'SELECT * FROM tap_lost')" 08001 "a server that is mute in the login"
only drop_at_login 1
is "$(state_of 'SELECT * FROM tap_lost')" 08001 "a server that closes in the login"
query "ALTER SERVER mssql OPTIONS (DROP connect_timeout)"

# A cursor gives way to another query while its connection is cut, the last bytes of its reply included. Caught, that ends the cursor with an error:
# it neither ends early nor reads on from what the session does next.
no_faults
make_server knobs
tsql "CREATE TABLE dbo.tap_few (id int NOT NULL)"
tsql "INSERT INTO dbo.tap_few VALUES (1), (2), (3)"
query "CREATE FOREIGN TABLE tap_few (id int OPTIONS (remote_type 'int')) SERVER mssql OPTIONS (schema_name 'dbo', table_name 'tap_few')"
query "CREATE FUNCTION tap_give_way(cut int) RETURNS text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS \$\$
DECLARE few refcursor; others refcursor; value int; above int := 0; last int := 1;
BEGIN
  PERFORM mssql_exec('knobs', format('EXEC tds_server_fault N''drop_after_bytes'', %s, N''tap_few''', cut));
  OPEN few FOR SELECT id FROM tap_few WHERE id > above;
  FETCH few INTO value;
  BEGIN PERFORM count(*) FROM tap_lost WHERE id > 1000; EXCEPTION WHEN OTHERS THEN NULL; END;
  PERFORM mssql_exec('knobs', 'EXEC tds_server_fault N''clear''');
  OPEN others FOR SELECT id FROM tap_lost WHERE id > 10;
  FETCH others INTO value;
  LOOP
    FETCH few INTO value;
    EXIT WHEN NOT FOUND;
    IF value <> last + 1 THEN RETURN 'wrong row'; END IF;
    last := value;
  END LOOP;
  RETURN CASE WHEN last = 3 THEN 'all rows' ELSE 'lost rows' END;
EXCEPTION WHEN OTHERS THEN
  PERFORM mssql_exec('knobs', 'EXEC tds_server_fault N''clear''');
  RETURN 'error';
END \$\$"
gave_way=$(for cut in {30..150..2}; do query "SELECT tap_give_way($cut)" 2>/dev/null; done | sort -u | tr '\n' ' ')
is "$gave_way" 'all rows error ' "a cursor that gave way while it was cut has all its rows or an error"
tsql "DROP TABLE dbo.tap_few"

# A run in the caller's transaction is all or nothing.
no_faults
ok "query \"\$replicate\"" "replicate works"
is "$(query 'SELECT count(*) FROM copies.tap_lost')" 1000 "... and copies every row"
query 'DROP SCHEMA copies CASCADE' 2>/dev/null
only drop_after_rows 300
is "$(state_of "$replicate")" 08006 \
  "connection cut during replicate"
is "$(query "SELECT to_regclass('copies.tap_lost') IS NULL")" t "... leaves no table"
no_faults
tsql "DROP TABLE dbo.tap_lost"
