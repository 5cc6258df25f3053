#!/usr/bin/env bash
# ANALYZE of foreign tables reads a part of what is large, and keeps the beginning of what is long.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 12

tsql "CREATE TABLE dbo.tap_pages (id int NOT NULL PRIMARY KEY, pad char(200) NOT NULL)"
tsql "INSERT INTO dbo.tap_pages SELECT n, 'x' FROM $(numbers 20000)"
tsql "CREATE VIEW dbo.tap_view AS SELECT id FROM dbo.tap_pages"
tsql "CREATE TABLE dbo.tap_long (id int NOT NULL, v nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_long SELECT id, CASE WHEN id % 2 = 0 THEN REPLICATE(CAST(N'0123456789' AS nvarchar(max)), 20000) END
  FROM dbo.tap_pages WHERE id <= 400"
make_server mssql
query "CREATE FOREIGN TABLE tap_pages (id int OPTIONS (remote_type 'int'), pad text) SERVER mssql;
  CREATE FOREIGN TABLE tap_view (id int OPTIONS (remote_type 'int')) SERVER mssql;
  CREATE FOREIGN TABLE asked (id int) SERVER mssql OPTIONS (query 'SELECT id FROM dbo.tap_pages WHERE id <= 15000 ORDER BY id');
  CREATE FOREIGN TABLE tap_long (id int, v text OPTIONS (remote_type 'nvarchar(max)'), w text OPTIONS (column_name 'v')) SERVER mssql;"

# analyze TABLE: how many rows it says that there are, and how many it has read.
analyze() {
  psql_tap -c 'SET default_statistics_target = 1' -c "ANALYZE VERBOSE $1" 2>&1 |
    sed -n 's/.*foreign table contains \([0-9]*\) rows; \([0-9]*\) rows read.*/\1 \2/p'
}
for table in tap_pages:20000 tap_view:20000 asked:15000; do
  read -r rows seen <<<"$(analyze "${table%:*}")"
  is "$rows" "${table#*:}" "${table%:*}: the number of rows"
  at_most "$seen" 8000 "... of which a part was read"
done
is "$(analyze tap_long)" "400 400" "a small table is read whole"

# 400 rows with two values of 200 kB each, if they were kept.
peak="SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s*(\d+)')"
if [ -r /proc/self/status ]; then
  read -r before after <<<"$(psql_tap -c 'SELECT count(*) FROM tap_long' -c "$peak" -c 'ANALYZE tap_long' -c "$peak" | tail -n 2 | tr '\n' ' ')"
  at_most "$((after - before))" 16384 "long values take no memory (kB)"
else
  pass "long values take no memory # SKIP there is no /proc"
fi
query "ANALYZE tap_long"
is "$(query "SELECT attname, null_frac FROM pg_stats WHERE tablename = 'tap_long' AND attname IN ('v', 'w') ORDER BY 1")" $'v|0.5\nw|0.5' \
  "the statistics of long values"

# What looks at the whole of a value gets it.
tsql "CREATE TABLE dbo.tap_json (id int NOT NULL, v nvarchar(max) NULL); INSERT INTO dbo.tap_json VALUES (1, N'[' + REPLICATE(CAST(N'1,' AS nvarchar(max)), 2000) + N'1]')"
query "CREATE DOMAIN json_text AS text CHECK (VALUE::json IS NOT NULL); CREATE DOMAIN json_text_too AS json_text;
  CREATE FOREIGN TABLE tap_json (id int, v json_text_too OPTIONS (remote_type 'nvarchar(max)')) SERVER mssql"
is "$(error_of "ANALYZE tap_json")" '' "a domain's check"
query "ALTER FOREIGN TABLE tap_json ALTER v TYPE text; CREATE STATISTICS of_json ON (v::json ->> 0), id FROM tap_json"
is "$(error_of "ANALYZE tap_json")" '' "an expression of extended statistics"
query "DROP STATISTICS of_json; CREATE TABLE tap_parent (id int, v text) PARTITION BY LIST (id); ALTER TABLE tap_parent ATTACH PARTITION tap_json DEFAULT;
  CREATE STATISTICS of_json ON (v::json ->> 0), id FROM tap_parent"
is "$(error_of "ANALYZE tap_parent")" '' "an expression of a partitioned table's extended statistics"
tsql "DROP VIEW dbo.tap_view"
tsql "DROP TABLE dbo.tap_json"
tsql "DROP TABLE dbo.tap_pages, dbo.tap_long"
