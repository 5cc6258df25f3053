#!/usr/bin/env bash
# Tables that cannot be switched, of which a run writes what differs: nobody who reads them waits, and who subscribes gets the changes alone.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
. "$tap_root/test/tap/lib/cluster.sh"
needs_stand_in
plan 58
trap 'status=$?; stop_cluster; (exit $status); tap_end' EXIT

# all [ARGUMENT]: a run of all three; refill: the beginning of one of those that are refilled.
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_refill_%}', on_existing => 'truncate'${1:+, $1})"; }
readonly refill="SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_refill_a,tap_refill_b}'"
readonly ok=$'dbo.tap_refill_a|1000|ok\ndbo.tap_refill_b|1000|ok'
# Fails instead of waiting.
at_once() { query "SET statement_timeout = '60s'; $1" 2>&1; }
sums() { at_once "SELECT (SELECT sum(v) FROM copies.tap_refill_a), (SELECT sum(v) FROM copies.tap_refill_b), (SELECT sum(v) FROM copies.tap_refill_c)"; }
# hold NAME SQL: a transaction that stays open; end NAME: as if it had never been.
hold() {
  background "$1" "BEGIN; $2; SELECT pg_sleep(600)"
  ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = '$1' AND wait_event = 'PgSleep'\"" "a transaction: $2"
}
end() {
  query "SELECT pg_terminate_backend($(backend_of "$1"))" >/dev/null
  finish "$1" >/dev/null
}
waits_for() { ok "wait_until 60 \"SELECT phase = '$2' AND blocked_by = ARRAY[$(backend_of "$3")] FROM replicate.progress\"" "$4"; }
# What a subscriber would get: messages of the replication protocol by their kind.
changes() {
  query "SELECT string_agg(kind || count, ' ' ORDER BY kind) FROM (SELECT chr(get_byte(data, 0)) AS kind, count(*)
    FROM pg_logical_slot_get_binary_changes('subscriber', NULL, NULL, 'proto_version', '1', 'publication_names', 'all_of_a') GROUP BY 1) AS k WHERE kind IN ('I', 'U', 'D', 'T')"
}
# In each table one row goes, one is another one, and one is new: one more in sum.
change_source() {
  for name in a b c; do
    tsql "DELETE FROM dbo.tap_refill_$name WHERE id = $1; INSERT INTO dbo.tap_refill_$name VALUES ($1 + 1000, 1); UPDATE dbo.tap_refill_$name SET v = 2 WHERE id = $1 + 500"
  done
}

for name in a b c; do
  tsql "CREATE TABLE dbo.tap_refill_$name (id int NOT NULL PRIMARY KEY, v int NULL)"
  tsql "INSERT INTO dbo.tap_refill_$name SELECT n, 1 FROM $(numbers 1000)"
done
start_cluster "wal_level = logical"
make_server mssql
query "CREATE SCHEMA copies; CREATE TABLE copies.tap_refill_a (id int PRIMARY KEY, v int); CREATE PUBLICATION all_of_a FOR TABLE copies.tap_refill_a;
  CREATE TABLE copies.tap_refill_b (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
  CREATE TABLE copies.part_1 PARTITION OF copies.tap_refill_b FOR VALUES FROM (1) TO (500); CREATE TABLE copies.part_2 PARTITION OF copies.tap_refill_b DEFAULT"
query "SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')" >/dev/null
is "$(query "$(all)" 2>/dev/null)" "$ok"$'\ndbo.tap_refill_c|1000|ok' "a first run, of a published, a partitioned and another table"
is "$(changes)" I1000 "... whose rows a subscriber gets"

# Readers.
change_source 1
hold reader "SELECT count(*) FROM copies.tap_refill_a, copies.tap_refill_b"
hold gate "SELECT pg_advisory_lock(1)"
background caller "BEGIN; $refill); SELECT pg_advisory_xact_lock(1); COMMIT"
ok "wait_until 60 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'caller' AND wait_event = 'advisory'\"" "... for which a run does not wait"
is "$(query "SELECT relation::regclass, mode FROM pg_locks WHERE pid = $(backend_of caller) AND mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = 'copies'::regnamespace) ORDER BY 1")" \
  "$(printf 'copies.%s|ExclusiveLock\n' tap_refill_a tap_refill_b part_1 part_2)" "... and who comes later waits only to write, or to lock rows"
is "$(sums)" '1000|1000|1000' "... and reads the old rows, as long as it is not committed"
end gate
like "$(finish caller)" "$ok" "... which it is at last"
is "$(sums)" '1001|1001|1000' "... with the new rows"
is "$(query "SELECT DISTINCT notes FROM replicate.run_tables WHERE run = (SELECT max(id) FROM replicate.runs)")" \
  '{"cannot be switched: refilled by difference","rows: 1 deleted, 1 updated, 1 inserted"}' "... and history says how many"
is "$(changes)" 'D1 I1 U1' "... which are all that a subscriber gets"

# Workers, which load into tables that others could see.
change_source 2
is "$(at_once "$refill, jobs => 2)" | grep '^dbo')" "$ok" "so it is with workers"
is "$(sums)" '1002|1002|1000' "... with the new rows"
is "$(changes)" 'D1 I1 U1' "... and a subscriber gets as few"
end reader

# Beside tables that are switched.
hold reader "SELECT count(*) FROM copies.tap_refill_c"
background switched "$(all)"
waits_for switched switch reader "... which a run of all tables waits for, at its end"
is "$(at_once "SELECT sum(v) FROM copies.tap_refill_a; SELECT sum(v) FROM copies.tap_refill_b")" $'1002\n1002' "... and nobody else waits who reads those that are refilled"
end reader
like "$(finish switched)" "$ok.*dbo.tap_refill_c\|1000\|ok" "... when it has ended the run goes on"
is "$(sums)" '1002|1002|1002' "... with the new rows"

# Writers.
change_source 3
hold gate "SELECT pg_advisory_lock(2)"
background writer "SET deadlock_timeout = '1h'; BEGIN; UPDATE copies.tap_refill_c SET v = 7 WHERE id = 10; SELECT pg_advisory_lock(2); UPDATE copies.tap_refill_a SET v = 7 WHERE id = 10; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'advisory'\"" "a transaction that has written a table which is switched"
background beside "$(all)"
waits_for beside lock writer "... is waited for before any is written"
end gate
finish writer >/dev/null
is "$?" 0 "... and may write one that is refilled"
like "$(finish beside)" "$ok.*dbo.tap_refill_c\|1000\|ok" "... and ends no run"
is "$(sums)" '1003|1003|1003' "... which takes what it has written for what it is"
hold gate "SELECT pg_advisory_lock(2)"
background writer "BEGIN; INSERT INTO copies.part_1 VALUES (1, 7); SELECT pg_advisory_lock(2); COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'advisory'\"" "a transaction that has written into a partition"
background beside "$refill)"
waits_for beside lock writer "... is waited for, too"
end gate
finish writer >/dev/null
like "$(finish beside)" "$ok" "... until it has ended"
is "$(sums)" '1003|1003|1003' "... and the row is gone that the source does not have"

query "CREATE RULE nothing AS ON UPDATE TO copies.tap_refill_b DO ALSO NOTHING"
hold gate "SELECT pg_advisory_lock(2)"
background writer "SET deadlock_timeout = '1h'; BEGIN; UPDATE copies.tap_refill_b SET v = 7 WHERE id = 10; SELECT pg_advisory_lock(2); UPDATE copies.tap_refill_a SET v = 7 WHERE id = 10; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'writer' AND wait_event = 'advisory'\"" "a transaction that has written a table which is emptied"
background beside "$refill)"
waits_for beside lock writer "... is waited for before any is written"
end gate
finish writer >/dev/null
is "$?" 0 "... and may write one that is not"
like "$(finish beside)" "$ok" "... and ends no run"
query "DROP RULE nothing ON copies.tap_refill_b"
change_source 4
hold locker "SELECT id FROM copies.tap_refill_a WHERE id = 10 FOR UPDATE"
background beside "$(all)"
waits_for beside lock locker "... which has locked a row, is waited for"
is "$(at_once "UPDATE copies.tap_refill_c SET v = 7 WHERE id = 10")" '' "... and others may write meanwhile"
end locker
like "$(finish beside)" "$ok" "... until it has ended"
is "$(sums)" '1004|1004|1004' "... and all is as at the source"

# What workers load them from is logged, so it outlives a crash. Nor does PostgreSQL crash again, as it does over the files of an UNLOGGED
# table whose making was rolled back just before (its BUG #17731).
readonly large="SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_refill_t,tap_refill_b}', jobs => 1)"
crash() {
  kill -9 "$(query "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")"
  wait_until 60 "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'walwriter'"
}
tsql "CREATE TABLE dbo.tap_refill_t (id int NOT NULL PRIMARY KEY, t nvarchar(max) NULL)"
tsql "INSERT INTO dbo.tap_refill_t SELECT n, CAST(NEWID() AS nvarchar(max)) + REPLICATE(CAST(N'grüße ' AS nvarchar(max)), 2000) FROM $(numbers 200)"
query "CREATE TABLE copies.tap_refill_t (id int PRIMARY KEY, t text); CREATE PUBLICATION everything FOR ALL TABLES; SELECT pg_create_logical_replication_slot('everything', 'pgoutput')" >/dev/null
query "SELECT FROM replicate_table('mssql', 'tap_refill_t', target_schema => 'copies', on_existing => 'truncate')" >/dev/null 2>&1
change_source 5
tsql "UPDATE dbo.tap_refill_t SET t = N'new' WHERE id = 7"
fault error_after_rows 0 tap_refill_b
like "$(at_once "$large")" 'ERROR:  Conversion failed' "a run of workers that fails"
no_workers
is "$(query "SELECT tables FROM replicate.leftovers")" 1 "... leaves what it was to refill a table from"
is "$(query "SELECT bool_and(c.relpersistence = 'p' AND c.relrewrite <> 0 AND t.relrewrite <> 0) FROM replicate._chunks AS k JOIN pg_class AS c ON c.oid = k.relation JOIN pg_class AS t ON t.oid = c.reltoastrelid
  WHERE k.kept_by IS NOT NULL")" t "... which who decodes the log passes over"
no_faults
ok crash "... and a crash leaves it, too"
like "$(at_once "$large")" 'dbo.tap_refill_t -> copies.tap_refill_t: 200 rows, as run [0-9]+ has loaded them.*dbo.tap_refill_t.200.ok.dbo.tap_refill_b.1000.ok' "... so that the next one goes on with it"
is "$(sums) $(query "SELECT t FROM copies.tap_refill_t WHERE id = 7")" '1004|1005|1004 new' "... to the new rows"
is "$(query "SELECT count(*) FILTER (WHERE encode(data, 'escape') ~ 'replicate_[0-9]'), count(*) FILTER (WHERE encode(data, 'escape') ~ 'tap_refill_t') > 0
  FROM pg_logical_slot_get_binary_changes('everything', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything') WHERE chr(get_byte(data, 0)) = 'R'")" '0|t' \
  "... of which who subscribes to all tables gets what is in its place"
# Another run, of whatever call, gives the table newer rows before the next one of these: what was left would take it back.
tsql "UPDATE dbo.tap_refill_t SET t = N'newer' WHERE id = 7"
fault error_after_rows 0 tap_refill_b
at_once "$large" >/dev/null
no_workers
no_faults
tsql "UPDATE dbo.tap_refill_t SET t = N'newest' WHERE id = 7"
query "SELECT FROM replicate_table('mssql', 'tap_refill_t', target_schema => 'copies', jobs => 0)" >/dev/null 2>&1
like "$(at_once "$large")" 'dbo.tap_refill_t is loaded anew: it is not what run [0-9]+ has loaded.*Run [0-9]+ has given it newer rows' "what a run has left is not gone on with behind another one"
is "$(query "SELECT t FROM copies.tap_refill_t WHERE id = 7")" newest "... and the table is not taken back"
query "SELECT pg_drop_replication_slot('everything'); DROP PUBLICATION everything; DROP TABLE copies.tap_refill_t" >/dev/null
tsql "EXEC tds_server_fault N'slow_row_us', 5000, N'tap_refill_a', 1"
background cancelled "SET synchronous_commit = off; SELECT FROM replicate_table('mssql', 'tap_refill_a', target_schema => 'copies', jobs => 1)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load'\"" "one that is in mid-load"
query "SELECT pg_cancel_backend($(backend_of cancelled))" >/dev/null
finish cancelled >/dev/null
ok crash "... may be cancelled just before a crash"
no_faults
no_workers
is "$(at_once "$refill)" | grep '^dbo') $(sums)" "$ok 1005|1005|1004" "... and the next one refills"
query "SELECT FROM replicate_table('mssql', 'tap_refill_c', target_schema => 'copies')" >/dev/null 2>&1

# What the rows or a publication forbid.
query "DELETE FROM copies.tap_refill_a WHERE id > 1; ALTER TABLE copies.tap_refill_a DROP CONSTRAINT tap_refill_a_pkey, ADD PRIMARY KEY (v); INSERT INTO copies.tap_refill_a VALUES (1, 7)"
like "$(at_once "$refill, jobs => 2, options => '{\"on_error\": \"continue\"}')")" 'dbo.tap_refill_a\|\|set aside: could not create unique index .*dbo.tap_refill_b\|1000\|ok' \
  "a key that is there twice sets a table aside"
is "$(query "SELECT * FROM copies.tap_refill_a")" '1|7' "... which stays as it was"
[ "$(query "SHOW server_version_num")" -lt 150000 ] || query "ALTER PUBLICATION all_of_a SET TABLE copies.tap_refill_a WHERE (v > 0)"
[ "$(query "SHOW server_version_num")" -ge 150000 ] || query "ALTER TABLE copies.tap_refill_a REPLICA IDENTITY NOTHING"
like "$(query "SELECT note FROM replicate_plan('mssql', target_schema => 'copies', include => '{tap_refill_a}') WHERE kind = 'stage'" 2>/dev/null)" \
  'emptied and refilled, for .* published' "rows that are not all published are not written one by one"
# What is replaced leaves its publication: the run says how it gets back.
query "ALTER PUBLICATION all_of_a SET TABLE copies.tap_refill_a$([ "$(query "SHOW server_version_num")" -lt 150000 ] || echo ' (id, v) WHERE (v > 0)')"
members() { query "SELECT to_jsonb(p) - 'schemaname' FROM pg_publication_tables AS p"; }
before=$(members)
like "$(at_once "$refill, on_existing => 'replace', jobs => 1)")" 'WARNING:  publication "all_of_a" loses what is replaced.*DETAIL:  Replaced: copies.tap_refill_a.*HINT:  on_existing => .refresh' "what is replaced is published no more, which a run tells"
is "$(members)" '' "... for nobody publishes what has gone"
query "$(query "SELECT substring(w FROM 'ALTER PUBLICATION .*(?=, and let)') FROM replicate.runs, unnest(warnings) AS w ORDER BY id DESC LIMIT 1")"
is "$(members)" "$before" "... and what it says puts it back, with its columns and rows"

for name in a b c t; do tsql "DROP TABLE dbo.tap_refill_$name"; done
