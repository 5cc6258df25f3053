#!/usr/bin/env bash
# Long values are compressed by lz4 where PostgreSQL has it, unless somebody has said otherwise.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
only_native
[ "$(query "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")" = t ] || skip_all "PostgreSQL without lz4"
plan 14

tsql "CREATE TABLE dbo.tap_long (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_long VALUES (1, REPLICATE(CAST(N'abcdefghij' AS nvarchar(max)), 1000)), (2, REPLICATE(CAST(N'0123456789' AS nvarchar(max)), 1000))"
make_server mssql

# compressed_by JOBS [SQL-BEFORE]: what the values of a copy are compressed by, and what the session has set afterwards.
copy() { echo "SELECT count(*) AS n FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_long}', jobs => $1, options => '{\"resume\": false}') \\gset"; }
compressed_by() {
  query "SET client_min_messages = warning; ${2:-}
    $(copy "$1")
    SELECT DISTINCT pg_column_compression(t), current_setting('default_toast_compression'), source FROM copies.tap_long, pg_settings WHERE pg_settings.name = 'default_toast_compression'"
}
for jobs in 0 2; do
  is "$(compressed_by $jobs)" 'lz4|pglz|default' "a new table has lz4, jobs => $jobs"
  is "$(compressed_by $jobs)" 'lz4|pglz|default' "... one that is refreshed, too, and the session nothing of it"
  is "$(compressed_by $jobs "SET default_toast_compression = 'pglz';")" 'pglz|pglz|session' "... unless the user has set what he wants"
  query "ALTER TABLE copies.tap_long ALTER t SET COMPRESSION pglz"
  is "$(compressed_by $jobs)" 'pglz|pglz|default' "... or the column has a method of its own"
  query "DROP SCHEMA copies CASCADE" 2>/dev/null
done
query "ALTER DATABASE \"$PGDATABASE\" SET default_toast_compression = 'pglz'"
for jobs in 0 2; do
  is "$(compressed_by $jobs)" 'pglz|pglz|database' "... or whoever looks after the database has, jobs => $jobs"
  query "DROP SCHEMA copies CASCADE" 2>/dev/null
done
query "ALTER DATABASE \"$PGDATABASE\" RESET default_toast_compression"
is "$(compressed_by 0)" 'lz4|pglz|default' "without that it is lz4 again"
is "$(query "SELECT count(*) FROM pg_attribute WHERE attcompression <> '' AND attrelid = 'copies.tap_long'::regclass")" 0 "... and gives no column a method"
is "$(compressed_by 0 "BEGIN; SAVEPOINT a;" | tail -n 1)" 'lz4|pglz|default' "... within a transaction of the user's, too"
tsql "EXEC tds_server_fault N'error_at_statement', 229, N'FROM [dbo].[tap_long]'"
is "$(query "BEGIN; SAVEPOINT a;
  \\set ON_ERROR_STOP off
  $(copy 0)
  ROLLBACK TO a; SHOW default_toast_compression" 2>/dev/null)" pglz "... also when the run has failed"
no_faults
query "DROP SCHEMA IF EXISTS copies CASCADE" 2>/dev/null
tsql "DROP TABLE dbo.tap_long"
