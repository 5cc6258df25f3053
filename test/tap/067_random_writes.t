#!/usr/bin/env bash
# Random writes on a foreign table and on a local copy leave both equal; test/differential/writes.py makes them. The seed is printed;
# DIFFERENTIAL_SEED and DIFFERENTIAL_COUNT say another one, and how many.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 4

seed=${DIFFERENTIAL_SEED:-$RANDOM}
count=${DIFFERENTIAL_COUNT:-300}
echo "# seed $seed, $count statements a time"

tsql "DROP TABLE IF EXISTS dbo.tap_random"
# A key of characters whose blanks count, too: SQL Server's own comparison pads.
tsql "CREATE TABLE dbo.tap_random (k1 int NOT NULL, k2 nvarchar(10) COLLATE Latin1_General_100_BIN2 NOT NULL, i int NULL, l bigint NULL, d decimal(12, 2) NULL, f float NULL,
  b bit NULL, t nvarchar(200) NULL, v varchar(40) NULL, ts datetime2(3) NULL, u uniqueidentifier NULL, y varbinary(20) NULL,
  bytes AS CAST(k2 AS varbinary(20)) PERSISTED, length AS DATALENGTH(k2) PERSISTED, UNIQUE (k1, bytes, length))"
make_server mssql

# One run: with the option that it is given, and the next seed.
run() {
  query "DROP FOREIGN TABLE IF EXISTS there; DROP TABLE IF EXISTS here, counts; DROP FUNCTION IF EXISTS run, same, compare;
    CREATE FOREIGN TABLE there (k1 int OPTIONS (remote_type 'int', key 'true'), k2 varchar(10) OPTIONS (remote_type 'nvarchar(10)', key 'true') COLLATE \"C\",
      i int OPTIONS (remote_type 'int'), l bigint OPTIONS (remote_type 'bigint'), d numeric(12,2) OPTIONS (remote_type 'decimal(12,2)'), f float8 OPTIONS (remote_type 'float'),
      b boolean OPTIONS (remote_type 'bit'), t varchar(200) OPTIONS (remote_type 'nvarchar(200)'), v varchar(40) OPTIONS (remote_type 'varchar(40)'),
      ts timestamp(3) OPTIONS (remote_type 'datetime2(3)'), u uuid OPTIONS (remote_type 'uniqueidentifier'), y bytea OPTIONS (remote_type 'varbinary(20)'))
      SERVER mssql OPTIONS (table_name 'tap_random'${1:+, $1})" 2>/dev/null
  tsql "DELETE FROM dbo.tap_random"
  "${TEST_PYTHON:-python3}" "$tap_root/test/differential/writes.py" --seed "$seed" --count "$count" | psql_tap -f - 2>&1
  seed=$((seed + 1))
}
for option in "" "batch_size '1'"; do
  answer=$(run "$option")
  unlike "$answer" 'DIFFERENT|ERROR' "both tables are equal after each of $count writes${option:+, $option}"
  like "$(tail -n 1 <<<"$answer")" "^[0-9]+ statements" "... all of which were made"
  diag "$(tail -n 1 <<<"$answer")"
done
