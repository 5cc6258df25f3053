#!/usr/bin/env bash
# A run with workers: faster or not, it is all or nothing to others, it ends as one, and leaves nothing where it fails.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 85

readonly tables="include => ARRAY['dbo.tap_work%']"
# What is done of a run that fails stays for the next one: 052_resume.t. Here each leaves nothing.
run() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', $tables, jobs => ${1:-2}, options => '{\"resume\": false}') ORDER BY source"; }
sums() { query "SELECT (SELECT count(*) || ' ' || sum(id) FROM copies.tap_work_a), (SELECT count(*) || ' ' || sum(id) FROM copies.tap_work_b), (SELECT count(*) || ' ' || sum(id) FROM copies.tap_work_c)"; }
last() { query "SELECT status, sqlstate FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
ended() { wait_until 30 "SELECT status <> 'running' FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
no_leftovers() {
  no_workers &&
    query "SELECT count(*) FROM pg_class WHERE relname LIKE 'pg\_temp\_%' AND relkind <> 't' UNION ALL SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%'" | tr '\n' ' '
}
stalled="SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_work_b' AND rows > 0"
stall() { no_faults && fault stall_after_rows 5000 tap_work_b; }
slow() { no_faults && fault slow_row_us 800 tap_work_b; }
readonly whole='6000 18003000|6000 18003000|10 55'

for name in a b; do
  tsql "CREATE TABLE dbo.tap_work_$name (id int NOT NULL IDENTITY PRIMARY KEY, t nvarchar(max) NULL)"
  tsql "SET IDENTITY_INSERT dbo.tap_work_$name ON; INSERT INTO dbo.tap_work_$name (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 6000)"
done
tsql "CREATE TABLE dbo.tap_work_c (id int NOT NULL PRIMARY KEY REFERENCES dbo.tap_work_a (id), n int NULL CHECK (n > 0))"
tsql "INSERT INTO dbo.tap_work_c SELECT n, n FROM $(numbers 10)"
make_server mssql

# A first copy.
like "$(query "SELECT string_agg(kind || ' ' || coalesce(target, ''), ', ' ORDER BY step) FROM replicate_plan('mssql', target_schema => 'copies', $tables, jobs => 2)
  WHERE kind IN ('staging schema', 'move', 'drop schema')" 2>/dev/null)" '^staging schema replicate_n_copies, move copies.tap_work_a, .*, drop schema replicate_n_copies$' \
  "a plan shows where workers leave what they have made"
slow
background first "$(run)"
ok "wait_until 30 \"\$stalled\"" "a first run is in mid-load"
is "$(query "SELECT to_regnamespace('copies') IS NULL")" t "... whose tables nobody sees"
is "$(query "SELECT status, rows, pid = $(backend_of first) FROM replicate.runs")" 'running|0|t' "... which stands in history"
is "$(query "SELECT count(*) FROM replicate.progress WHERE pid = $(backend_of first) AND phase = 'workers' AND tables = 3")" 1 "... says that it waits for its workers"
ok "wait_until 30 \"SELECT rows BETWEEN 6000 AND 6010 AND bytes > 0 AND estimated_rows = 12010 AND remaining > interval '0' AND waits_for = 'workers' FROM replicate.progress WHERE phase = 'workers'\"" "... what they have done of all, and what is left"
is "$(query "SELECT table_number > 0, tables, rows < 6000, chunk FROM replicate.progress WHERE source = 'dbo.tap_work_b'")" 't|3|t|' "... and they have rows of their own"
is "$(query "SELECT DISTINCT backend_type, application_name, leader_pid = $(backend_of first) FROM pg_stat_activity WHERE backend_type LIKE 'mssql%' ORDER BY 1")" \
  'mssql_fdw keeper|mssql_fdw run 1|
mssql_fdw worker|mssql_fdw run 1|t' "... who are told from others, as is who keeps its history"
like "$(error_of "$(run)")" 'ERROR:  55006' "a second run is refused"
no_faults
like "$(finish first)" 'table [123] of 3.*3 tables: 12010 rows' "... and it tells of each table"
is "$(sums)" "$whole" "all rows are there"
is "$(query "SELECT status, rows, consistency, pid IS NULL FROM replicate.runs")" 'ok|12010|a moment a chunk|t' "... history has it, and that they are of several moments"
is "$(query "SELECT count(*) FILTER (WHERE contype = 'p'), count(*) FILTER (WHERE contype = 'f' AND convalidated), count(*) FILTER (WHERE contype = 'c' AND convalidated) FROM pg_constraint WHERE connamespace = 'copies'::regnamespace")" \
  '3|1|1' "... with keys and checks"
is "$(query "INSERT INTO copies.tap_work_a (t) VALUES ('next') RETURNING id")" 6001 "... and numbers that go on"
is "$(query "SELECT pg_get_serial_sequence('copies.tap_work_a', 'id')")" copies.tap_work_a_id_seq "... from a sequence of its schema"
is "$(no_leftovers)" '0 0 ' "nothing else is left"

# A refresh, beside others.
tsql "UPDATE dbo.tap_work_c SET n = 7"
slow
background refresh "$(run)"
ok "wait_until 30 \"\$stalled\"" "a refresh is in mid-load"
is "$(query "SELECT count(*), max(id) FROM copies.tap_work_a")" '6001|6001' "others read the old rows"
# Who waits for the leader's lock does not keep its workers waiting.
background alters "ALTER TABLE copies.tap_work_b ADD more int"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'\"" "who alters a table waits"
no_faults
like "$(finish refresh)" 'dbo.tap_work_a\|6000\|ok.dbo.tap_work_b\|6000\|ok.dbo.tap_work_c\|10\|ok' "... and the run does not wait for him"
finish alters >/dev/null
is "$(query "SELECT count(*) FROM pg_attribute WHERE attrelid = 'copies.tap_work_b'::regclass AND attname = 'more'")" 1 "... who is next"
is "$(sums) $(query "SELECT DISTINCT n FROM copies.tap_work_c")" "$whole 7" "all new rows are there"

# All end together.
stall
background cancelled "$(run)"
ok "wait_until 30 \"\$stalled\"" "the next one is in mid-load"
at_most "$(elapsed query "SELECT pg_cancel_backend($(backend_of cancelled)); SELECT pg_sleep(0.05)")" 1 "cancelled"
like "$(finish cancelled)" 'canceling statement due to user request' "... it ends"
ok "ended" "... its worker says so in history"
is "$(last)" 'cancelled|57014' "... as it was"
is "$(no_leftovers)" '0 0 ' "... and nothing is left"
is "$(sums)" "$whole" "... nor changed"
stall
background terminated "$(run)"
ok "wait_until 30 \"\$stalled\"" "one whose session ends"
query "SELECT pg_terminate_backend($(backend_of terminated))" >/dev/null
finish terminated >/dev/null
ok "ended" "... stands in history"
is "$(last)" 'failed|57P01' "... with the reason"
is "$(no_leftovers)" '0 0 ' "... and nothing is left"
stall
background loses "$(run)"
ok "wait_until 30 \"\$stalled\"" "one whose worker ends"
query "SELECT pg_terminate_backend(pid) FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_work_b'" >/dev/null
like "$(finish loses)" 'ERROR:  terminating background worker|ERROR:  background worker has ended' "... fails"
ok "ended" "... another worker says so in history"
is "$(last | cut -d '|' -f 1)" failed "... as it was"
is "$(no_leftovers)" '0 0 ' "... and leaves nothing"
no_faults
fault error_after_rows 100 tap_work_b
like "$(error_of "$(run)")" 'ERROR:  22P02: .*CONTEXT:.*load of dbo.tap_work_b into copies.tap_work_b' "an error of the source is one of the run"
ok "ended" "... and is kept"
is "$(query "SELECT status, sqlstate, error_context LIKE 'column%load of dbo.tap_work_b%' OR error_context LIKE '%load of dbo.tap_work_b%' FROM replicate.runs ORDER BY id DESC LIMIT 1")" 'failed|22P02|t' \
  "... with the table that was loaded"
no_faults

query "SET client_min_messages = error; CREATE PUBLICATION everything FOR ALL TABLES"
like "$(error_of "SELECT * FROM replicate_all('mssql', target_schema => 'others', $tables, jobs => 2)")" 'ERROR:  55000: +publication "everything" of all tables.*jobs => 0' \
  "new tables are not published under other names"
query "DROP PUBLICATION everything"

# Who reads what workers have committed keeps nobody else waiting.
slow
background read_on "$(run)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_class WHERE relname = 'pg_temp_' || 'copies.tap_work_a'::regclass::oid AND reltuples > 0\"" "while a table has been staged"
background dumps "BEGIN; SELECT count(*) FROM $(query "SELECT c.oid::regclass FROM pg_class AS c WHERE c.relname = 'pg_temp_' || 'copies.tap_work_a'::regclass::oid"); SELECT pg_sleep(600)"
no_faults
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'\"" "... and is read, its run waits"
is "$(query "SET lock_timeout = '5s'; SELECT count(*) FROM copies.tap_work_c")" 10 "... and nobody waits for the run"
query "SELECT pg_cancel_backend($(backend_of dumps))" >/dev/null
finish dumps >/dev/null
like "$(finish read_on)" 'dbo.tap_work_a.6000.ok' "... which goes on then"

# Code of the user's is called by no worker: those are of one lock group, which keeps nothing of what it does apart.
query "CREATE TABLE copies.large AS SELECT g AS b FROM generate_series(1, 400000) AS g; ANALYZE copies.large;
  CREATE FUNCTION copies.indexes() RETURNS int LANGUAGE plpgsql AS \$\$
  BEGIN
      IF to_regclass('copies.large_index') IS NULL THEN
          PERFORM set_config('max_parallel_maintenance_workers', '2', true), set_config('max_parallel_workers_per_gather', '2', true),
                  set_config('min_parallel_table_scan_size', '0', true), set_config('parallel_setup_cost', '0', true);
          CREATE INDEX large_index ON copies.large (b);
          ALTER TABLE copies.large ALTER b TYPE bigint;
          RETURN (SELECT count(*) FROM copies.large WHERE b % 2 = 0);
      END IF;
      RETURN 1;
  END\$\$;
  CREATE FUNCTION copies.who() RETURNS text LANGUAGE sql AS \$\$ SELECT backend_type FROM pg_stat_activity WHERE pid = pg_backend_pid() \$\$;
  CREATE FUNCTION copies.whose(int) RETURNS text LANGUAGE sql IMMUTABLE AS \$\$ SELECT copies.who() \$\$;
  CREATE DOMAIN copies.checked AS int CHECK (copies.who() = 'client backend');
  CREATE SEQUENCE copies.numbers;
  ALTER TABLE copies.tap_work_a ADD own int; ALTER TABLE copies.tap_work_a ALTER own SET DEFAULT copies.indexes();
  ALTER TABLE copies.tap_work_b ADD own text; ALTER TABLE copies.tap_work_b ALTER own SET DEFAULT copies.who();
  ALTER TABLE copies.tap_work_c ADD own int DEFAULT nextval('copies.numbers'), ADD at timestamptz DEFAULT now(), ADD key uuid DEFAULT gen_random_uuid(), ADD day date DEFAULT current_date"
answered=$(query "SET statement_timeout = '60s'; $(run)" 2>&1)
like "$answered" 'dbo.tap_work_a is loaded by this session itself, for the default or generated value of its column own.*dbo.tap_work_b is loaded by this session itself' "tables whose load calls code are the leader's"
like "$answered" 'dbo.tap_work_a.6000.ok.dbo.tap_work_b.6000.ok, with notes.dbo.tap_work_c.10.ok' "... and loaded"
unlike "$answered" 'dbo.tap_work_c is loaded by this session' "... those that want numbers, dates and the like are not"
is "$(query "SELECT (SELECT max(own) FROM copies.tap_work_a), (SELECT string_agg(DISTINCT own, ' ') FROM copies.tap_work_b), (SELECT count(DISTINCT own) FROM copies.tap_work_c)")" '200000|client backend|10' \
  "... nothing else has called it"
query "ALTER TABLE copies.tap_work_b DROP own; ALTER TABLE copies.tap_work_c DROP own, DROP at, DROP key, DROP day; ALTER TABLE copies.tap_work_b ADD own copies.checked;
  CREATE INDEX code_index ON copies.tap_work_c (copies.whose(id))"
like "$(query "$(run)" 2>&1)" 'dbo.tap_work_b is loaded by this session itself, for the type of its column own.*dbo.tap_work_c is loaded by this session itself, for the expression of its index code_index' \
  "... nor what a domain checks, or an index calls"
query "DROP INDEX copies.code_index; ALTER TABLE copies.tap_work_b DROP own"
query "ALTER TABLE copies.tap_work_a DROP own; DROP TABLE copies.large"
query "CREATE FUNCTION copies.begins() RETURNS int LANGUAGE sql AS \$\$ SELECT count(*)::int FROM replicate_all('mssql', target_schema => 'more', jobs => 1) \$\$;
  ALTER TABLE copies.tap_work_a ADD own int"
query "ALTER TABLE copies.tap_work_a ALTER own SET DEFAULT copies.begins()"
like "$(error_of "$(run)")" 'ERROR:  55(006|000): ' "nor a run with workers"
query "ALTER TABLE copies.tap_work_a DROP own"

like "$(error_of "$(run 65)")" 'ERROR:  22023: +jobs must be at most 64' "wrong arguments cost no workers"
is "$(query "SELECT count(*) FROM replicate.runs WHERE error LIKE 'jobs must%'")" 0 "... nor a row of history"

# What a crash has left.
query "CREATE SCHEMA replicate_1_read CREATE TABLE t (a int); COMMENT ON SCHEMA replicate_1_read IS 'mssql_fdw: what run 1 has loaded, on its way'"
background reads "BEGIN; TABLE replicate_1_read.t; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reads' AND wait_event = 'PgSleep'\"" "while somebody reads what another has left"
query "CREATE SCHEMA replicate_99_copies CREATE TABLE t (a int); COMMENT ON SCHEMA replicate_99_copies IS 'mssql_fdw: what run 99 has loaded, on its way'; CREATE SCHEMA replicate_98_mine"
query "$(run 2)" >/dev/null 2>&1
no_workers
is "$(query "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname LIKE 'replicate\__%'")" "replicate_1_read replicate_98_mine" "what a run has left goes with the next one, and nothing else"
query "SELECT pg_cancel_backend($(backend_of reads))" >/dev/null
finish reads >/dev/null
query "DROP SCHEMA replicate_1_read CASCADE; DROP SCHEMA replicate_98_mine"

# In a transaction.
is "$(query "BEGIN; SELECT count(*) FROM copies.tap_work_c; $(run); ROLLBACK" 2>/dev/null | tail -n 1)" 'dbo.tap_work_c|10|ok' "in a transaction that is rolled back"
ok "ended" "... it has an end"
is "$(last)" 'failed|40000' "... which history tells"
is "$(no_leftovers)$(sums)" "0 0 $whole" "... and nothing is left, or changed"
is "$(query "BEGIN; SAVEPOINT s; $(run); ROLLBACK TO s; $(run 0); COMMIT" 2>/dev/null | grep -c ok)" 6 "one that is rolled back to a savepoint, and one without workers"
ok "ended" "... has an end"
is "$(no_leftovers)$(query "SELECT string_agg(status, ' ' ORDER BY id) FROM (SELECT * FROM replicate.runs ORDER BY id DESC LIMIT 2) AS r")" "0 0 failed ok, with notes" "... and leaves nothing"
like "$(error_of "BEGIN; DELETE FROM copies.tap_work_c; $(run); COMMIT")" 'ERROR:  55000: +background workers would not see.*rolled back to a savepoint counts, too.*Commit before' "one that has changed something is told"
like "$(error_of "BEGIN ISOLATION LEVEL REPEATABLE READ; $(run)")" 'ERROR:  55000: +background workers.*jobs => 0' "a transaction that would not see what they have done is told"

# In the background, and for more workers than there is room for.
started=$(query "SELECT status FROM replicate_all('mssql', target_schema => 'copies', $tables, jobs => 2, options => '{\"wait\": false}')" 2>/dev/null | sed 's/^run \([0-9]*\) .*/\1/')
is "$(query "SELECT count(*), sum(rows) FROM replicate_wait($started)" 2>/dev/null)" '3|12010' "a run in the background has workers, too"
like "$(answer "$(run 64)")" '[0-9]+ of 64 background workers could be started.*max_worker_processes.*3 tables: 12010 rows' "with as many workers as there are"
like "$(query "SELECT status, notes FROM replicate.runs ORDER BY id DESC LIMIT 1")" '[0-9]+ of 64 background workers could be started' "... as history says, too"
like "$(query "SELECT FROM replicate_all('mssql', target_schema => 'copies', $tables, on_existing => 'skip', options => '{\"if_changed\": true}')" 2>&1)" \
  "option if_changed has no effect with on_existing => 'skip'" "what has no effect is told"

# The server goes meanwhile.
slow
background bereft "$(run)"
ok "wait_until 30 \"\$stalled\"" "while a run is in mid-load"
query "ALTER SERVER mssql RENAME TO other"
no_faults
like "$(finish bereft)" 'ERROR:  server "mssql" does not exist.DETAIL:  It has been dropped or renamed while a run was at work' "... its server is renamed, and it says so"
no_workers
is "$(query "ALTER SERVER other RENAME TO mssql; SELECT status, error_detail LIKE 'It has been dropped%' FROM replicate.runs ORDER BY id DESC LIMIT 1")" 'failed|t' "... as history does"
like "$(error_of "SELECT * FROM replicate_all('other', jobs => 1)")" 'ERROR:  42704: +server "other" does not exist$' "... of that one only"

# Nobody is asked who has not come, for he might sleep over it. A postmaster that is stopped starts no worker, nor a session.
readonly postmaster=$(head -n 1 "$(query "SHOW data_directory")/postmaster.pid")
until_true() { echo "DO \$\$ BEGIN FOR i IN 1 .. 600 LOOP PERFORM pg_stat_clear_snapshot(); EXIT WHEN $1; PERFORM pg_sleep(0.05); END LOOP; END \$\$;"; }
readonly leader="(SELECT pid FROM pg_stat_activity WHERE application_name = 'asks')"
# while_stopped SQL: what sees that the leader of a run waits for workers that do not come, and does that.
while_stopped() {
  background stops "SELECT pg_advisory_lock(49);
    $(until_true "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
\! kill -STOP $postmaster
    SELECT pg_advisory_unlock(49);
    $(until_true "EXISTS (SELECT FROM pg_stat_activity WHERE pid = $leader AND wait_event = 'MessageQueueInternal')")
    SELECT wait_event, phase, waits_for FROM pg_stat_activity JOIN replicate.progress USING (pid);
    $1
\! kill -CONT $postmaster"
  wait_until 30 "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
  background asks "SELECT pg_advisory_lock(49); SELECT pg_advisory_unlock(49); $(run)"
}
while_stopped ""
like "$(finish asks)" '3 tables: 12010 rows' "a run whose workers come late"
like "$(finish stops)" 'MessageQueueInternal.workers.workers' "... waits for them, and says so"
before=$(query "SELECT count(*) FROM replicate.runs")
while_stopped "SELECT pg_cancel_backend($leader); $(until_true "$leader IS NULL")"
like "$(finish asks)" 'canceling statement due to user request' "... and may be cancelled meanwhile"
like "$(finish stops)" 'MessageQueueInternal.workers.workers' "... before one has come"
ok no_workers "... none of whom stays"
is "$(query "SELECT count(*) - $before FROM replicate.runs")" 0 "... nor has begun a run"
kill -CONT "$postmaster"

# As an ordinary role, whose rights end at a schema.
role=tap_work_$$
query "CREATE ROLE $role LOGIN; CREATE SCHEMA theirs AUTHORIZATION $role; GRANT USAGE ON FOREIGN SERVER mssql TO $role;
  CREATE USER MAPPING FOR $role SERVER mssql OPTIONS (username '$MSSQL_TEST_USER', password '$MSSQL_TEST_PASSWORD')"
query "CREATE SCHEMA granted; ALTER DEFAULT PRIVILEGES IN SCHEMA granted GRANT SELECT ON TABLES TO $role; ALTER DEFAULT PRIVILEGES IN SCHEMA granted GRANT USAGE ON SEQUENCES TO $role;
  SELECT count(*) FROM replicate_all('mssql', target_schema => 'granted', $tables, jobs => 2)" >/dev/null 2>&1
is "$(PGUSER=$role query "SELECT count(*), sum(rows) FROM replicate_all('mssql', target_schema => 'theirs', $tables, jobs => 2)" 2>/dev/null)" '3|12010' "an ordinary role's run has workers"
is "$(query "SELECT has_table_privilege('$role', 'granted.tap_work_c', 'SELECT'), has_sequence_privilege('$role', 'granted.tap_work_a_id_seq', 'USAGE'), count(*) FROM pg_default_acl WHERE defaclnamespace <> 0")" 't|t|2' \
  "default privileges of a schema are those of its new tables, whoever makes them"
is "$(query "SELECT count(*) FROM pg_class WHERE relnamespace = 'theirs'::regnamespace AND relowner = '$role'::regrole AND relkind = 'r'")" 3 "... who work as that role"
run=$(query "SELECT max(id) + 1 FROM replicate.runs")
query "CREATE SCHEMA replicate_$run"
is "$(query "SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', $tables, jobs => 2)" 2>/dev/null)$(query "SELECT max(id) - $run FROM replicate.runs")" 31 "a name that is taken is no run's"
query "DROP SCHEMA replicate_$run"
like "$(PGUSER=$role error_of "SELECT _mssql_fdw._make_staging_schema('replicate_1')")" 'ERROR:  55000: +a step of replication' "... which makes no schema otherwise"
is "$(no_leftovers)" '0 0 ' "nothing is left in the end"
query "DROP OWNED BY $role; DROP ROLE $role; DROP SCHEMA copies, granted CASCADE" 2>/dev/null
for name in c a b; do tsql "DROP TABLE dbo.tap_work_$name"; done
