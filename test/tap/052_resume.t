#!/usr/bin/env bash
# A run with workers that fails, or dies, leaves what is done, and the next call goes on with it: with what is the same still, and with
# nothing else.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 103

readonly tables="include => ARRAY['dbo.tap_resume%']"
# all [OPTIONS [SCHEMA]]: one worker, so that tables are done in order of size: a, b, c.
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => '${2:-copies}', $tables, jobs => 1, options => '{${1:-}}') ORDER BY source"; }
sums() { query "SELECT (SELECT count(*) || ' ' || sum(id) FROM ${1:-copies}.tap_resume_a), (SELECT count(*) || ' ' || sum(id) FROM ${1:-copies}.tap_resume_b), (SELECT count(*) || ' ' || sum(id) FROM ${1:-copies}.tap_resume_c)"; }
fails() { no_faults && fault error_after_rows 0 "${1:-tap_resume_c}"; }
ended() { wait_until 60 "SELECT status NOT IN ('running') FROM replicate.runs ORDER BY id DESC LIMIT 1"; }
# Behind a run that has ended its keeper may be at work yet.
left() { ended && no_workers && query "SELECT coalesce(sum(tables), 0) FROM replicate.leftovers"; }
schemas() { no_workers && query "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%'"; }
# What the last run has read itself.
read_by_last() { query "SELECT coalesce(string_agg(substr(source, 16), '' ORDER BY source), 'nothing') FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)"; }
up() { until query "SELECT 1" >/dev/null 2>&1; do sleep 0.1; done; }
readonly whole='3000 4501500|2000 2001000|10 55'
readonly good='dbo.tap_resume_a|3000|ok
dbo.tap_resume_b|2000|ok
dbo.tap_resume_c|10|ok'

for name in a b; do
  tsql "CREATE TABLE dbo.tap_resume_$name (id int NOT NULL IDENTITY PRIMARY KEY, t nvarchar(max) NULL)"
done
tsql "SET IDENTITY_INSERT dbo.tap_resume_a ON; INSERT INTO dbo.tap_resume_a (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 3000)"
tsql "SET IDENTITY_INSERT dbo.tap_resume_b ON; INSERT INTO dbo.tap_resume_b (id, t) SELECT n, REPLICATE(N'grüße ', 20) FROM $(numbers 2000)"
tsql "CREATE TABLE dbo.tap_resume_c (id int NOT NULL PRIMARY KEY REFERENCES dbo.tap_resume_a (id), n int NULL CHECK (n > 0))"
tsql "INSERT INTO dbo.tap_resume_c SELECT n, n FROM $(numbers 10)"
make_server mssql

# A first copy.
fails
like "$(error_of "$(all)")" 'ERROR:  22P02: .*load of dbo.tap_resume_c' "a first copy fails at its last table"
is "$(left)" 2 "... and leaves the others"
is "$(query "SELECT tables, bytes > 500000, role = current_user, server, since IS NOT NULL FROM replicate.leftovers")" '2|t|t|mssql|t' "... which everybody is told of his own"
is "$(query "SELECT to_regnamespace('copies') IS NULL")" t "... while nobody sees them in their place"
no_faults
answered=$(answer "$(all)")
like "$answered" 'table 1 of 3: dbo.tap_resume_a -> copies.tap_resume_a: 3000 rows, as run 1 has loaded them at .*"resume": false.*table 2 of 3: dbo.tap_resume_b -> .*: 2000 rows, as run 1.*table 3 of 3: dbo.tap_resume_c -> ' "the next call goes on with them"
like "$answered" "$good" "... and answers as if it had loaded all"
is "$(read_by_last)" c "... of which it has read one"
is "$(sums)" "$whole" "all rows are there"
is "$(query "SELECT count(*) FILTER (WHERE contype = 'p'), count(*) FILTER (WHERE contype = 'f' AND convalidated), count(*) FILTER (WHERE contype = 'c' AND convalidated) FROM pg_constraint WHERE connamespace = 'copies'::regnamespace")" \
  '3|1|1' "... with keys and checks"
is "$(query "INSERT INTO copies.tap_resume_a (t) VALUES ('next') RETURNING id")" 3001 "... and numbers that go on"
is "$(query "SELECT consistency, status, rows FROM replicate.runs ORDER BY id DESC LIMIT 1")" 'a moment a chunk|ok|5010' "history has it"
is "$(left) $(schemas)" '0 0' "nothing is left"

# A refresh, at once after one that has failed.
tsql "UPDATE dbo.tap_resume_c SET n = 7"
fails
query "$(all)" >/dev/null 2>&1
no_faults
is "$(query "$(all)" 2>/dev/null)" "$good" "a refresh goes on, too, also at once"
is "$(read_by_last)" c "... with all but what had failed"
is "$(sums) $(query "SELECT DISTINCT n FROM copies.tap_resume_c")" "$whole 7" "... and all rows are new"
is "$(left) $(schemas)" '0 0' "nothing is left of that"

# What is not what it would be now.
fails
query "$(all)" >/dev/null 2>&1
is "$(left)" 2 "one more has left two tables"
query "CREATE INDEX ON copies.tap_resume_a (t)"
query "SELECT FROM replicate_table('mssql', 'tap_resume_b', target_schema => 'copies')" >/dev/null 2>&1
no_faults
answered=$(answer "$(all)")
like "$answered" 'dbo.tap_resume_a is loaded anew: it is not what run [0-9]+ has loaded.*the table here has changed' "a table that has a new index is loaded anew"
like "$answered" 'dbo.tap_resume_b is loaded anew' "... and one that another run has given newer rows"
is "$(read_by_last) $(sums) $(schemas)" "abc $whole 0" "... all of it"
query "DROP INDEX copies.tap_resume_a_t_idx"
fails
query "$(all '' fresh)" >/dev/null 2>&1
is "$(left)" 2 "a first copy elsewhere has left two tables"
tsql "ALTER TABLE dbo.tap_resume_b ADD more int NULL; ALTER TABLE dbo.tap_resume_b ALTER COLUMN t nvarchar(500) NULL"
no_faults
like "$(answer "$(all '' fresh)")" 'dbo.tap_resume_b is loaded anew.*are new, or others now: t nvarchar 1000 .*, more int .*Have gone, or were others then: t nvarchar -1 ' "one whose source has changed says what has"
is "$(read_by_last) $(sums fresh) $(query "SELECT count(*) FROM pg_attribute WHERE attrelid = 'fresh.tap_resume_b'::regclass AND attname = 'more'")" "bc $whole 1" "... and has it"
tsql "ALTER TABLE dbo.tap_resume_b DROP COLUMN more"
query "DROP SCHEMA fresh CASCADE" 2>/dev/null
fails
query "$(all '"unlogged": true' fresh)" >/dev/null 2>&1
no_faults
is "$(query "$(all '"unlogged": true' fresh)" 2>/dev/null | wc -l) $(read_by_last)" "3 abc" "what is not logged might be empty after a crash: it is loaded anew"
query "DROP SCHEMA fresh CASCADE" 2>/dev/null
fails
query "$(all)" >/dev/null 2>&1
is "$(left)" 2 "one with other options is another one"
no_faults
query "$(all '"nul_policy": "strip"')" >/dev/null 2>&1
is "$(read_by_last) $(left)" "abc 0" "... and loads anew what its options make anew"

# Of another database, or what is another's by now, or has been changed: by nobody's word.
tsql "IF DB_ID(N'tap_resume_other') IS NOT NULL DROP DATABASE tap_resume_other"
tsql "CREATE DATABASE tap_resume_other"
for name in a b c; do
  tsql "USE tap_resume_other; CREATE TABLE dbo.tap_resume_$name (id int NOT NULL PRIMARY KEY, $([ $name = c ] && echo 'n int' || echo 't nvarchar(max)') NULL); INSERT INTO dbo.tap_resume_$name (id) VALUES (-1)"
done
fails
query "$(all '' fresh)" >/dev/null 2>&1
is "$(left)" 2 "what was read from one database"
no_faults
query "ALTER SERVER mssql OPTIONS (SET database 'tap_resume_other')"
like "$(answer "$(all '' fresh)")" 'dbo.tap_resume_a is loaded anew.*of another database.*dbo.tap_resume_a\|1\|ok.dbo.tap_resume_b\|1\|ok' "... is not a copy of another one"
query "ALTER SERVER mssql OPTIONS (SET database $(quote_literal "$MSSQL_TEST_DATABASE")); DROP SCHEMA fresh CASCADE" 2>/dev/null
tsql "DROP DATABASE tap_resume_other"
fails
query "$(all)" >/dev/null 2>&1
ended
for relation in $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_a'"); do query "TRUNCATE $relation"; done
for relation in $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_b'"); do query "DELETE FROM $relation WHERE id = 1"; done
no_faults
answered=$(answer "$(all)")
like "$answered" 'dbo.tap_resume_a is loaded anew.*has been changed' "what has been emptied is loaded anew"
like "$answered" 'left of dbo.tap_resume_b is loaded anew.*rows have been changed' "... and what has lost a row"
is "$(read_by_last) $(sums) $(left) $(schemas)" "abc $whole 0 0" "... and all rows are there"
# What is here already needs none of that; nor is it said to be loaded then.
fails
query "$(all)" >/dev/null 2>&1
is "$(left)" 2 "one more has left two tables"
query "TRUNCATE $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_a'");
  DELETE FROM $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_b'") WHERE id = 1"
no_faults
answered=$(answer "$(all '"if_changed": true')")
like "$answered" 'dbo.tap_resume_a is read anew: it is not what run.*left of dbo.tap_resume_b is read anew.*(.dbo.tap_resume_[abc]..unchanged since run [^|]*){3}' "tables that are the same go by their rows"
is "$(left) $(schemas)" '0 0' "... and what was left of them goes"
# Nor what nobody can go on with: behind a run of another table, too.
fails
query "$(all)" >/dev/null 2>&1
is "$(left)" 2 "one more has left two tables"
query "ALTER TABLE $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_b'") SET UNLOGGED"
no_faults
query "SELECT FROM replicate_table('mssql', 'tap_resume_c', target_schema => 'copies', jobs => 1)" >/dev/null 2>&1
is "$(left) $(schemas)" '1 1' "... of which another run forgets what no run can go on with"
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(left) $(schemas)" 'bc 0 0' "... and no more"
fails
query "$(all)" >/dev/null 2>&1
ended
query "UPDATE replicate._chunks SET role = 1 WHERE kept_by IS NOT NULL"
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last)" abc "what was a role's of the same name is not this one's"

# What others have put in its way.
fails
query "$(all '' fresh)" >/dev/null 2>&1
ended
schema=$(query "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replicate\_%'")
query "CREATE TABLE public.names (n regnamespace DEFAULT '$schema'::regnamespace); CREATE VIEW public.names_it AS SELECT '$schema'::regnamespace AS n;
  CREATE TYPE $schema.own AS (a int); CREATE STATISTICS $schema.own_statistics ON id, t FROM $schema.tap_resume_a"
background reads "BEGIN; SELECT count(*) FROM $schema.tap_resume_b; SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reads' AND wait_event = 'PgSleep'\"" "while somebody reads what is left, and names it, and has put something there"
no_faults
like "$(answer "$(all '' fresh)")" "left of dbo.tap_resume_b is loaded anew.*Somebody has a lock on it.*$good" "the next call does without"
is "$(read_by_last | tr -d a) $(sums fresh)" "bc $whole" "... and reads that again"
ok no_workers "... and nobody waits for him"
query "SELECT pg_cancel_backend($(backend_of reads))" >/dev/null
finish reads >/dev/null
query "$(all '' fresh)" >/dev/null 2>&1
is "$(left) $(schemas)" '0 1' "... and the one after that drops it, but the name"
is "$(query "SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = '$schema'::regnamespace AND classid NOT IN ('pg_attrdef'::regclass, 'pg_rewrite'::regclass)")$(query "TABLE public.names_it")" "0$schema" \
  "... that others' tables and views have"
query "DROP SCHEMA fresh CASCADE; DROP VIEW public.names_it; DROP TABLE public.names" 2>/dev/null
query "$(all)" >/dev/null 2>&1
no_workers
is "$(schemas)" 0 "... and when these have gone, that, too"
is "$(query "SELECT count(*), bool_and(substring(c, '^lock_timeout=(.*)')::interval > current_setting('deadlock_timeout')::interval) FROM pg_proc AS p, unnest(p.proconfig) AS c
  WHERE p.pronamespace = '_mssql_fdw'::regnamespace AND p.proname IN ('_clean_up', '_discard_runs') AND c LIKE 'lock_timeout=%'")" '2|t' "... and autovacuum is waited for until it gives way"
# What its owner has moved away is his; what has as many objects as a batch, or an extension, is dropped all the same.
fails
query "$(all)" >/dev/null 2>&1
ended
kept=$(query "SELECT relation FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_resume_a'")
query "ALTER TABLE $(query "SELECT $kept::regclass") SET SCHEMA public"
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(query "SELECT relnamespace::regnamespace FROM pg_class WHERE oid = $kept")" 'ac public' "what its owner has moved away is not taken back"
query "DROP TABLE $(query "SELECT $kept::regclass")"
fails
query "$(all '' fresh)" >/dev/null 2>&1
ended
schema=$(query "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replicate\_%'")
query "DO \$\$ BEGIN FOR i IN 1 .. 301 LOOP EXECUTE format('CREATE TABLE $schema.t%s (%s int GENERATED ALWAYS AS IDENTITY)', i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b int, a' END); END LOOP; END \$\$;
  CREATE TABLE $schema.parted (a int, b int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a); CREATE TABLE $schema.part PARTITION OF $schema.parted FOR VALUES IN (1);
  CREATE EXTENSION btree_gist SCHEMA $schema"
no_faults
query "$(all '"resume": false' fresh)" >/dev/null 2>&1
no_workers
is "$(left) $(schemas) $(query "SELECT count(*) FROM pg_class WHERE relnamespace = '$schema'::regnamespace AND relkind IN ('r', 'p', 'S')")" '0 1 0' "what has been put there goes, however much it is, but an extension"
query "DROP EXTENSION btree_gist; DROP SCHEMA $schema"
query "DROP SCHEMA fresh CASCADE" 2>/dev/null
# Code that a run calls does not execute steps of its own.
query "CREATE FUNCTION copies.steps() RETURNS int LANGUAGE sql AS \$\$ SELECT count(*)::int FROM _mssql_fdw._execute('{}'::jsonb, ARRAY[ROW(35, 0, 1, NULL, 'x', NULL, 'x', 'SELECT 1', NULL)::replicate._step]) \$\$;
  ALTER TABLE copies.tap_resume_c ADD own int; ALTER TABLE copies.tap_resume_c ALTER own SET DEFAULT copies.steps()"
like "$(error_of "$(all '"resume": false')")" 'ERROR:  55006: +steps cannot be executed by code that a run calls' "code of the user's sends workers no steps"
query "ALTER TABLE copies.tap_resume_c DROP own;
  CREATE FUNCTION copies.distance(float8, float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN RETURN \$1 - \$2; END \$\$; CREATE TYPE copies.own_range AS RANGE (subtype = float8, subtype_diff = copies.distance);
  CREATE INDEX own_index ON copies.tap_resume_c ((CASE WHEN n > 5 THEN '[1,2)'::copies.own_range ELSE '[3,9)'::copies.own_range END))"
like "$(answer "$(all)")" 'dbo.tap_resume_c is loaded by this session itself, for the expression of its index own_index' "a range type calls code where it is analyzed"
query "DROP INDEX copies.own_index"

# At once behind one that has failed, whose keeper waits for who reads what an earlier one has left.
fails
query "$(all)" >/dev/null 2>&1
ended
first=$(query "SELECT run FROM replicate.leftovers")
background reads "BEGIN; SELECT count(*) FROM replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_a'::regclass::oid"); SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reads' AND wait_event = 'PgSleep'\"" "while somebody reads what a run has left"
fails
query "$(all)" >/dev/null 2>&1
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(sums)" "c $whole" "... what the next one has loaded is there for the one after it, at once"
query "SELECT pg_cancel_backend($(backend_of reads))" >/dev/null
finish reads >/dev/null
no_workers
query "$(all)" >/dev/null 2>&1
# Who has changed one is no reason not to wait for who will let go of another.
fails
query "$(all)" >/dev/null 2>&1
ended
first=$(query "SELECT run FROM replicate.leftovers")
query "DELETE FROM replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_a'::regclass::oid") WHERE id = 1"
readonly until_awaited="DO \$\$ BEGIN FOR i IN 1 .. 600 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted); PERFORM pg_sleep(0.05); END LOOP; END \$\$"
background vacuums "BEGIN; LOCK TABLE replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_b'::regclass::oid") IN SHARE UPDATE EXCLUSIVE MODE; $until_awaited; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'vacuums' AND wait_event = 'PgSleep'\"" "while one is changed, and another one vacuumed"
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(sums)" "ac $whole" "... only the first is loaded anew"
finish vacuums >/dev/null
# Moved away, or dropped, while somebody waits to drop it.
fails
query "$(all)" >/dev/null 2>&1
ended && no_workers
first=$(query "SELECT run FROM replicate.leftovers")
kept=$(query "SELECT 'replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_a'::regclass::oid")'::regclass::oid")
background moves "BEGIN; ALTER TABLE $(query "SELECT $kept::regclass") SET SCHEMA public; $until_awaited; COMMIT"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'moves' AND wait_event = 'PgSleep'\"" "while its owner moves one away"
background discards "BEGIN; SELECT replicate_discard($first); SELECT pg_sleep(0.5); COMMIT"
is "$(finish moves)$(query "SELECT replicate_discard($first)") $(finish discards) $(query "SELECT count(*) FROM public.pg_temp_$(query "SELECT 'copies.tap_resume_a'::regclass::oid")")" "f t 3000" "... two who drop it leave that alone, and each other"
query "DROP TABLE $(query "SELECT $kept::regclass")"

# Two that fail while somebody reads what an earlier one has left: neither keeper drops what is newer.
fails
query "$(all)" >/dev/null 2>&1
ended && no_workers
first=$(query "SELECT run FROM replicate.leftovers")
background reads "BEGIN; SELECT count(*) FROM replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_b'::regclass::oid"); SELECT pg_sleep(600)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'reads' AND wait_event = 'PgSleep'\"" "while somebody reads what a run has left"
fails
query "$(all '"nul_policy": "strip"')" >/dev/null 2>&1
fails
query "$(all)" >/dev/null 2>&1
no_workers
is "$(query "SELECT sum(tables) FILTER (WHERE run = (SELECT max(id) FROM replicate.runs)) FROM replicate.leftovers")" 2 "... two more have failed, and what the last one has loaded stays"
# What is not to be gone on with is not, also where it cannot be dropped now.
fails
like "$(answer "$(all '"resume": false')")" "what run $first has left is dropped by a later run, for somebody has a lock on it" "... one that is not to be resumed says what it cannot drop"
no_workers
is "$(query "SELECT count(*) FROM replicate.leftovers")" 0 "... and leaves nothing to go on with"
query "SELECT pg_cancel_backend($(backend_of reads))" >/dev/null
finish reads >/dev/null
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(sums) $(schemas)" "abc $whole 0" "... so that the next one loads all, and drops it"
# What a view depends on could not take its place.
fails
query "$(all)" >/dev/null 2>&1
ended && no_workers
first=$(query "SELECT run FROM replicate.leftovers")
query "CREATE VIEW public.of_leftover AS SELECT id FROM replicate_$first.pg_temp_$(query "SELECT 'copies.tap_resume_a'::regclass::oid")"
no_faults
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(sums) $(schemas)" "ac $whole 0" "what a view has been made of is loaded anew"

# Whether at all.
fails
query "$(all '"resume": false')" >/dev/null 2>&1
is "$(left) $(schemas)" '0 0' "one that is not to be resumed leaves nothing"
query "$(all)" >/dev/null 2>&1
no_faults
fails
query "$(all)" >/dev/null 2>&1
no_faults
query "$(all '"resume": false')" >/dev/null 2>&1
is "$(read_by_last) $(left) $(schemas)" 'abc 0 0' "one that is not to resume another loads all, and drops that"
fails
query "$(all)" >/dev/null 2>&1
is "$(left)|$(query "SELECT notes FROM replicate.runs ORDER BY id DESC LIMIT 1")" '2|{"2 tables were left for the next call: see replicate.leftovers"}' "history says what stays"
no_faults
query "SELECT FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_resume_c}', jobs => 1)" >/dev/null 2>&1
is "$(left)" 2 "... also when a part is tried alone"
like "$(answer "SELECT FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_resume_c}', options => '{\"resume\": true}')")" 'what run [0-9]+ has left stays: 2 tables.*replicate_discard.*option resume has no effect, for no workers load' "... or without workers, which is told"
is "$(left)" 2 "... which leaves it, too"
query "$(all)" >/dev/null 2>&1
is "$(read_by_last) $(query "SELECT count(*) FROM replicate.run_tables WHERE run = (SELECT max(id) FROM replicate.runs) AND array_to_string(notes, ' ') ~ 'as run [0-9]+ has loaded them at'")" 'c 2' "... and history says which rows are older"
fails
query "$(all)" >/dev/null 2>&1
is "$(left)" 2 "one that is half a day old"
query "UPDATE replicate._chunks SET finished = finished - interval '13 hours' WHERE kept_by IS NOT NULL AND source LIKE '%a'"
no_faults
answered=$(answer "$(all)")
like "$answered" 'dbo.tap_resume_a is loaded anew.*older than 12 hours.*"resume": true' "... is told"
is "$(read_by_last) $(left) $(schemas)" 'ac 0 0' "... and not gone on with, table by table"
fails
query "$(all)" >/dev/null 2>&1
ended
query "UPDATE replicate._chunks SET finished = finished - interval '13 hours' WHERE kept_by IS NOT NULL"
no_faults
query "$(all '"resume": true')" >/dev/null 2>&1
is "$(read_by_last) $(sums)" "c $whole" "... unless who calls says so"
is "$(query "BEGIN; $(all); ROLLBACK" 2>/dev/null | wc -l)" 3 "one that is rolled back"
is "$(left) $(schemas)" '0 0' "... leaves nothing"
like "$(error_of "$(all '"resume": 1')")" 'ERROR:  22023: +invalid value for option "resume": 1' "resume is true or false"

# To be dropped.
fails
query "$(all)" >/dev/null 2>&1
ended
run=$(query "SELECT run FROM replicate.leftovers")
role=tap_resume_$$
query "CREATE ROLE $role LOGIN; GRANT pg_read_all_stats TO $role; GRANT USAGE ON FOREIGN SERVER mssql TO $role; CREATE SCHEMA theirs AUTHORIZATION $role;
  CREATE USER MAPPING FOR $role SERVER mssql OPTIONS (username '$MSSQL_TEST_USER', password '$MSSQL_TEST_PASSWORD')"
like "$(PGUSER=$role error_of "SELECT replicate_discard($run)")" 'ERROR:  42501: +permission denied to discard what the run has left.*It is of role' "what a run has left is dropped by nobody else"
query "REVOKE pg_read_all_stats FROM $role"
like "$(PGUSER=$role error_of "SELECT replicate_discard($run)")" "ERROR:  42704: +there is no run $run" "... who does not see it, either"
is "$(PGUSER=$role query "SELECT count(*) FROM replicate.leftovers")|$(PGUSER=$role query "SELECT count(*) FROM replicate.run_chunks")" '0|0' "... nor what it has loaded"
is "$(query "SELECT replicate_discard($run)") $(left) $(schemas)" 't 0 0' "who called it may"
is "$(query "SELECT replicate_discard($run)")" f "... once"
no_faults
fault slow_row_us 2000 tap_resume_b
background works "$(all)"
ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_resume_b' AND rows > 0\"" "while one works"
run=$(query "SELECT max(id) FROM replicate.runs")
like "$(error_of "SELECT replicate_discard($run)")" "ERROR:  55006: +run $run is at work.*replicate_cancel\\($run\\)" "... nothing is dropped"
is "$(query "SELECT tables FROM replicate.leftovers")" '' "... and nothing is left over"

# Cancelled, and as another role, which resumes what is its own.
query "SELECT pg_cancel_backend($(backend_of works))" >/dev/null
finish works >/dev/null
is "$(left)" 1 "a cancelled one leaves what it has"
fails
theirs=$(all '' theirs)
PGUSER=$role query "$theirs" >/dev/null 2>&1
is "$(left) $(query "SELECT count(*) FROM replicate.leftovers WHERE role = '$role'")" '3 1' "one of an ordinary role has left its own"
no_faults
is "$(PGUSER=$role query "$theirs" 2>/dev/null)" "$good" "... and goes on with that"
is "$(read_by_last) $(sums theirs) $(left)" "c $whole 1" "... and with nobody else's"
is "$(query "$(all '"wait": false')" 2>/dev/null | wc -l)" 1 "a call that does not wait goes on, too"
ok ended "... and ends"
is "$(read_by_last) $(sums) $(left) $(schemas)" "bc $whole 0 0" "... with nothing left"
fails
PGUSER=$role query "$theirs" >/dev/null 2>&1
is "$(left)" 2 "what a role has left"
query "DROP OWNED BY $role CASCADE; DROP ROLE $role" 2>/dev/null
no_faults
query "$(all)" >/dev/null 2>&1
is "$(left) $(schemas)" '0 0' "... goes with the role, and the next run"

# Crashes: of a worker, which takes all backends with it, and of all of PostgreSQL. The test server's own commits are not synchronous.
fault slow_row_us 2000 tap_resume_b
for what in worker server; do
  background "$what" "SET synchronous_commit = on; $(all)"
  ok "wait_until 30 \"SELECT count(*) = 1 FROM replicate.progress WHERE phase = 'load' AND source = 'dbo.tap_resume_b' AND rows > 0\"" "before the $what crashes"
  if [ "$what" = worker ]; then
    kill -9 "$(query "SELECT pid FROM replicate.progress WHERE phase = 'load'")"
  else
    directory=$(query "SHOW data_directory")
    "$PG_BINDIR/pg_ctl" -D "$directory" -m immediate -w stop >/dev/null 2>&1
    "$PG_BINDIR/pg_ctl" -D "$directory" -l "${directory%/*}/log" -w -t 60 start >/dev/null 2>&1 </dev/null
  fi
  finish "$what" >/dev/null
  up
  is "$(query "SELECT status FROM replicate.runs ORDER BY id DESC LIMIT 1") $(left) $(sums)" "died 1 $whole" "... its run has died, and left what was done"
  is "$(query "SELECT error LIKE 'ended without a word%', notes, error_hint LIKE format('Call again with jobs, and it goes on with what is done; SELECT replicate_discard(%s) drops that. The server''s log%%', id)
    FROM replicate.runs ORDER BY id DESC LIMIT 1")" 't|{"1 table was left for the next call: see replicate.leftovers"}|t' "... and says how to go on"
  like "$(error_of "SELECT replicate_wait(max(id)) FROM replicate.runs")" 'ERROR:  58000: .*HINT:  Call again with jobs, and it goes on' "... to who waits for it, too"
  no_faults
  [ "$what" = server ] || fault slow_row_us 2000 tap_resume_b
done
is "$(query "$(all)" 2>/dev/null)" "$good" "... and the next one goes on"
is "$(read_by_last) $(sums) $(left) $(schemas)" "bc $whole 0 0" "... to the end"

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in c a b; do tsql "DROP TABLE dbo.tap_resume_$name"; done
