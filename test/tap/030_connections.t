#!/usr/bin/env bash
# The connection cache: one session per user mapping, kept over statements and transactions, replaced when it must be.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 22

# By a scan: a session of FreeTDS's ends with a statement that is not the extension's own.
readonly spid="SELECT s FROM own_spid;"
readonly count="SELECT count(*) FROM mssql_connections();"
# distinct SQL: how many different session numbers the statements of one local session see.
distinct() { query "SET client_min_messages = error; $1" | grep -E '^[0-9]+$' | sort -u | wc -l; }

make_server mssql
query "CREATE FOREIGN TABLE own_spid (s int) SERVER mssql OPTIONS (query 'SELECT CAST(@@SPID AS int) AS s')"
is "$(distinct "$spid $spid")" 1 "statements share a session"
is "$(distinct "BEGIN; $spid COMMIT; BEGIN; $spid ROLLBACK; $spid")" 1 "transactions share a session"
is "$(query "$spid $count" | tail -n 1)" 1 "mssql_connections() shows it"
is "$(query "$count")" 0 "a new local session has none"
is "$(query "$spid SELECT mssql_disconnect('mssql'); $count" | tail -n 2 | tr '\n' ' ')" 't 0 ' \
  "mssql_disconnect() closes it"
is "$(query "SELECT mssql_disconnect('mssql')")" f "... and says when there is nothing to close"
is "$(query "$spid SELECT mssql_disconnect_all(); $count" | tail -n 2 | tr '\n' ' ')" 't 0 ' \
  "mssql_disconnect_all() closes all"
like "$(query "BEGIN; $spid SELECT mssql_disconnect('mssql'); $count COMMIT" 2>&1)" 'still in use' \
  "a session in a transaction is not closed"

# Not by the session's number, which the server may give to the next session.
readonly alter="ALTER SERVER mssql OPTIONS (ADD application_name 'renamed');"
readonly renamed="SELECT s FROM mssql_query('mssql', 'SELECT CASE APP_NAME() WHEN ''renamed'' THEN 1 ELSE 0 END') AS t(s int);"
is "$(query "$renamed $alter $renamed ALTER SERVER mssql OPTIONS (DROP application_name);" | tr '\n' ' ')" '0 1 ' \
  "ALTER SERVER makes the next transaction log in anew"
is "$(query "BEGIN; $renamed $alter $renamed ROLLBACK;" | tr '\n' ' ')" '0 0 ' "... and not the present one"
like "$(error_of "$spid ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password 'certainly wrong'); $spid")" '28P01' \
  "ALTER USER MAPPING does so, too"
query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password $(quote_literal "$MSSQL_TEST_PASSWORD"))"
unlike "$(error_of "$spid ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password 'certainly wrong'); $spid")" 'certainly' \
  "... and no password shows"
query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password $(quote_literal "$MSSQL_TEST_PASSWORD"))"

query "ALTER SERVER mssql OPTIONS (ADD keep_connections 'off')"
is "$(query "$spid $count" | tail -n 1)" 0 "keep_connections off keeps none"
query "ALTER SERVER mssql OPTIONS (DROP keep_connections)"

# Two user mappings, two sessions.
query "CREATE SERVER other FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host $(quote_literal "$MSSQL_TEST_HOST"), port '$MSSQL_TEST_PORT',
    database $(quote_literal "$MSSQL_TEST_DATABASE"));
  CREATE USER MAPPING FOR CURRENT_USER SERVER other
    OPTIONS (username $(quote_literal "$MSSQL_TEST_USER"), password $(quote_literal "$MSSQL_TEST_PASSWORD"))"
is "$(distinct "$spid SELECT s FROM mssql_query('other', 'SELECT CAST(@@SPID AS int)') AS t(s int)")" 2 "two servers, two sessions"

# Several hosts: the first that lets us in. No wrong password is tried at the next one.
hosts() { query "ALTER SERVER mssql OPTIONS (SET host $(quote_literal "$1"))"; }
hosts "nowhere.invalid,$MSSQL_TEST_HOST"
is "$(distinct "$spid")" 1 "the second of two hosts, when the first is not to be reached"
hosts "$MSSQL_TEST_HOST,nowhere.invalid"
is "$(distinct "$spid")" 1 "the first of two hosts"
hosts "nowhere.invalid,elsewhere.invalid"
like "$(error_of "$spid")" '08001: could not connect to any host of "nowhere.invalid,elsewhere.invalid".*DETAIL:.*"nowhere.invalid".*"elsewhere.invalid"' \
  "no host is to be reached: the error tells of each"
hosts "$MSSQL_TEST_HOST,nowhere.invalid"
query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password 'certainly wrong')"
like "$(error_of "$spid")" 'ERROR:  28P01' "a wrong password is one at every host"
query "ALTER USER MAPPING FOR CURRENT_USER SERVER mssql OPTIONS (SET password $(quote_literal "$MSSQL_TEST_PASSWORD"))"
hosts "$MSSQL_TEST_HOST"

# A session that ended on the server is replaced at the next transaction.
background killed "$spid SELECT pg_sleep(4); $spid"
sleep 2
victim=$(head -n 1 "$tap_directory/killed")
if tsql "KILL $victim" 2>/dev/null; then
  output=$(finish killed)
  is "$(printf '%s\n' "$output" | grep -cE '^[0-9]+$')" 2 "a killed session is replaced at the next transaction"
  isnt "$(printf '%s\n' "$output" | grep -E '^[0-9]+$' | tail -n 1)" "$victim" "... by another one"
else
  pass "a killed session is replaced at the next transaction # skip KILL is not to be had here"
  pass "... by another one # skip KILL is not to be had here"
fi

# What the server gives every login: NOCOUNT, IMPLICIT_TRANSACTIONS, XACT_ABORT. Not on a server that is somebody's.
tsql "CREATE TABLE dbo.tap_options (id int NOT NULL)"
[ -z "${MSSQL_TEST_STAND_IN:-}" ] || tsql "EXEC sp_configure 'user options', 16898"
is "$(query "SELECT mssql_exec('mssql', 'INSERT INTO dbo.tap_options VALUES (1), (2)')")" 2 "a server's user options change no count"
is "$(query "SELECT n FROM mssql_query('mssql', 'SELECT COUNT(*) FROM dbo.tap_options') AS t(n int)")" 2 "... and no transaction"
[ -z "${MSSQL_TEST_STAND_IN:-}" ] || tsql "EXEC sp_configure 'user options', 0"
tsql "DROP TABLE dbo.tap_options"
