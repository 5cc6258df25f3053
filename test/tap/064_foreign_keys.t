#!/usr/bin/env bash
# Foreign keys are held against the rows by PostgreSQL's parallel workers, which VALIDATE CONSTRAINT never has: of new tables, and of staged rows.
# A session without workers of its own counts by them, too.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 15

readonly settings="LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on; SET auto_explain.log_settings = on; SET client_min_messages = log;
  SET maintenance_work_mem = '3MB'; SET hash_mem_multiplier = 8;
  SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2"
# run JOBS [SQL]: what is planned and said.
run() { query "$settings; SELECT * FROM replicate_all('mssql', target_schema => 'keys', include => '{dbo.tap_key_%}', jobs => $1); ${2:-}" 2>&1; }
# searches FILE: the plans of queries for a row without a partner, each up to its next one's text.
searches() { awk '/^Query Text: /{ on = /LEFT JOIN/ } on' "$1"; }
counts() { awk '/^Query Text: /{ on = /SELECT pg_catalog.count/ } on' "$1"; }

tsql "CREATE TABLE dbo.tap_key_parent (id int NOT NULL PRIMARY KEY, t nvarchar(20) NOT NULL)"
tsql "CREATE TABLE dbo.tap_key_child (id int NOT NULL PRIMARY KEY, parent int NULL, other int NOT NULL,
  CONSTRAINT tap_key_to_parent FOREIGN KEY (parent) REFERENCES dbo.tap_key_parent (id))"
tsql "INSERT INTO dbo.tap_key_parent SELECT value, CONCAT(N'row ', value) FROM GENERATE_SERIES(1, 2000)"
tsql "INSERT INTO dbo.tap_key_child SELECT value, NULLIF(value, 7), 1 + value % 2000 FROM GENERATE_SERIES(1, 2000)"
make_server mssql

for jobs in 0 2; do
  query "DROP SCHEMA IF EXISTS keys CASCADE" 2>/dev/null
  run $jobs >"$tap_directory/new"
  like "$(searches "$tap_directory/new")" 'FROM ONLY keys.tap_key_child AS f .*Workers Launched: [12]' "jobs => $jobs: the key of a new table is checked by parallel workers"
  is "$(searches "$tap_directory/new" | grep -c "^Settings: .*work_mem = '1MB'") $(searches "$tap_directory/new" | grep -c "hash_mem_multiplier = '8'")" "1 0" \
    "... who have a third of maintenance_work_mem each, as they are three"
  [ $jobs != 0 ] || like "$(counts "$tap_directory/new")" 'Workers Launched: [12]' "... and rows are counted by such"
  is "$(query "SELECT string_agg(conname || ' ' || convalidated, ',') FROM pg_constraint WHERE conrelid = 'keys.tap_key_child'::regclass AND contype = 'f'")" \
    "tap_key_to_parent true" "... and is valid"
  query "ALTER TABLE keys.tap_key_child ADD CONSTRAINT to_other FOREIGN KEY (other) REFERENCES keys.tap_key_parent"
  run $jobs >"$tap_directory/again"
  is "$(searches "$tap_directory/again" | grep -c 'Workers Launched: [12]')" 2 "a refresh checks both of its keys so, over the staged rows"
  unlike "$(searches "$tap_directory/again")" 'ONLY keys\.tap_key_child' "... of neither table as it is"
  tsql "UPDATE dbo.tap_key_child SET other = 2001 WHERE id = 1234"
  like "$(run $jobs)" 'WARNING:  constraint of keys.tap_key_child is no longer valid: .*"to_other".*DETAIL:  Key \(other\)=\(2001\) is not present in table "tap_key_parent"' \
    "a row without a partner is found"
  is "$(query "SELECT string_agg(conname || ' ' || convalidated, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'keys.tap_key_child'::regclass AND contype = 'f'")" \
    "tap_key_to_parent true,to_other false" "... and its key is NOT VALID"
  tsql "UPDATE dbo.tap_key_child SET other = 1 WHERE id = 1234"
done
