#!/usr/bin/env bash
# What a role without rights may do to tables and schemas while a superuser's run is at work gives it none of his.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 18

readonly run="SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'mine', include => ARRAY['dbo.tap_trust%'])"
readonly mallory=tap_mallory_$$ reader=tap_reader_$$

tsql "CREATE TABLE dbo.tap_trust_a (id int NOT NULL PRIMARY KEY)"
tsql "CREATE TABLE dbo.tap_trust_b (id int NOT NULL PRIMARY KEY)"
tsql "INSERT INTO dbo.tap_trust_a SELECT TOP 100 ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) FROM sys.columns"
tsql "INSERT INTO dbo.tap_trust_b VALUES (1), (2)"
make_server mssql
# `stolen` counts even what is rolled back. The load of a waits for who holds the gate.
query "SET client_min_messages = warning;
  CREATE ROLE $mallory; CREATE ROLE $reader; GRANT CREATE ON DATABASE \"$PGDATABASE\" TO $mallory; CREATE SCHEMA mine AUTHORIZATION $mallory;
  CREATE SEQUENCE public.stolen; GRANT ALL ON SEQUENCE public.stolen TO PUBLIC;
  CREATE FUNCTION public.steal() RETURNS int LANGUAGE sql AS 'SELECT nextval(''public.stolen'')::int FROM pg_roles WHERE rolname = current_user AND rolsuper';
  CREATE FUNCTION public.gate() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_advisory_xact_lock_shared(4711)'"
query "SET ROLE $mallory; CREATE TYPE mine.e AS ENUM ('x');
  CREATE FUNCTION mine.to_int(mine.e) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM public.steal(); RETURN 1; END';
  CREATE CAST (mine.e AS int) WITH FUNCTION mine.to_int AS IMPLICIT;
  CREATE FUNCTION mine.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.steal(); RETURN NEW; END';
  GRANT ALL ON SCHEMA mine TO PUBLIC"
reset() {
  query "SET client_min_messages = warning; DROP PUBLICATION IF EXISTS p; DROP TABLE IF EXISTS mine.child, mine.tap_trust_a, mine.tap_trust_b;
    DROP SCHEMA IF EXISTS moved CASCADE" && query "$run" >/dev/null 2>&1 &&
    query "ALTER TABLE mine.tap_trust_a ADD gate int DEFAULT public.gate(); GRANT REFERENCES ON mine.tap_trust_b TO $mallory"
}
# in_load SQL: what she does while a is loaded; what she cannot do then is no matter.
in_load() {
  background keeper "SELECT pg_advisory_lock(4711); SELECT pg_sleep(600)"
  wait_until 30 "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'keeper' AND wait_event = 'PgSleep'" || echo "no gate"
  rm -f "$tap_directory/run" "$tap_directory/run.status"
  background run "$run"
  wait_until 30 "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted" || echo "no load"
  query "SET ROLE $mallory; SET lock_timeout = '1s'; BEGIN; $1; COMMIT" 2>"$tap_directory/attack" >/dev/null
  query "SELECT pg_terminate_backend($(backend_of keeper))" >/dev/null
  finish keeper >/dev/null 2>&1
  rm -f "$tap_directory/keeper.status"
  finish run
}
stolen() { query "SELECT is_called FROM public.stolen"; }
swap="CREATE TABLE mine.tap_trust_b (id int PRIMARY KEY); GRANT ALL ON mine.tap_trust_b TO PUBLIC;
  CREATE TRIGGER t BEFORE TRUNCATE ON mine.tap_trust_b EXECUTE FUNCTION mine.fire(); CREATE TRIGGER i BEFORE INSERT ON mine.tap_trust_b FOR EACH ROW EXECUTE FUNCTION mine.fire()"

ok reset "copies that are switched"
like "$(in_load "CREATE TABLE mine.child (a mine.e); INSERT INTO mine.child VALUES ('x');
  ALTER TABLE mine.child ADD FOREIGN KEY (a) REFERENCES mine.tap_trust_b")" 'tap_trust_b\|2\|ok' "a key of a type with a cast"
is "$(stolen)" f "... is not compared"
ok reset "copies of which one is refilled"
query "CREATE PUBLICATION p FOR TABLE mine.tap_trust_b" 2>/dev/null
query "SET ROLE $mallory; CREATE TABLE mine.child (a int REFERENCES mine.tap_trust_b); INSERT INTO mine.child VALUES (1)"
like "$(in_load "ALTER TABLE mine.child DROP CONSTRAINT child_a_fkey; ALTER TABLE mine.child ALTER a TYPE mine.e USING 'x';
  ALTER TABLE mine.child ADD CONSTRAINT child_a_fkey FOREIGN KEY (a) REFERENCES mine.tap_trust_b")" 'tap_trust_b\|2\|ok' "a key that becomes one of such a type"
is "$(stolen)" f "... is not compared"
ok reset "the same copies"
query "CREATE PUBLICATION p FOR TABLE mine.tap_trust_b" 2>/dev/null
like "$(in_load "DROP TABLE mine.tap_trust_b; $swap")" 'tap_trust_b\|2\|ok' "another table in the place of one that is refilled"
is "$(stolen)" f "... is not filled"
like "$(in_load "ALTER SCHEMA mine RENAME TO moved; CREATE SCHEMA mine; $swap")" 'tap_trust_b\|2\|ok' "one in another schema of that name"
is "$(stolen)" f "... is not filled"
ok reset "copies that are switched"
like "$(in_load "ALTER SCHEMA mine RENAME TO moved; CREATE SCHEMA mine; GRANT ALL ON SCHEMA mine TO PUBLIC;
  CREATE VIEW mine.tap_trust_a AS SELECT public.steal() AS id; GRANT ALL ON mine.tap_trust_a TO PUBLIC")" 'tap_trust_b\|2\|ok' "a view in another schema of that name"
is "$(stolen)" f "... is not counted"
is "$(query "SELECT count(*) FROM pg_namespace WHERE nspname = 'moved'")" 0 "schemas keep their names as long as a run is at work"

ok reset "copies"
query "CREATE USER MAPPING FOR PUBLIC SERVER mssql OPTIONS (username $(quote_literal "$MSSQL_TEST_USER"), password $(quote_literal "$MSSQL_TEST_PASSWORD"));
  GRANT USAGE ON FOREIGN SERVER mssql TO $reader; GRANT SELECT ON mine.tap_trust_a TO $reader; ALTER TABLE mine.tap_trust_b OWNER TO $mallory"
query "SET ROLE $mallory; GRANT SELECT ON mine.tap_trust_b TO $reader"
background keeper "BEGIN; LOCK TABLE mine.tap_trust_a; SELECT pg_sleep(600)"
wait_until 30 "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'keeper' AND wait_event = 'PgSleep'"
background verify "SET ROLE $reader; SELECT target, status FROM replicate_verify('mssql', target_schema => 'mine', include => ARRAY['dbo.tap_trust%'])"
ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE relation = 'mine.tap_trust_a'::regclass AND NOT granted\"" "another role counts tables"
query "SET ROLE $mallory; CREATE POLICY p ON mine.tap_trust_b USING (public.steal() > 0); ALTER TABLE mine.tap_trust_b ENABLE ROW LEVEL SECURITY"
query "SELECT pg_terminate_backend($(backend_of keeper))" >/dev/null
like "$(finish verify)" 'table "tap_trust_b" belongs to another role' "... and evaluates no policy that one of them gets meanwhile"
query "SET client_min_messages = warning; DROP SCHEMA mine CASCADE; DROP OWNED BY $mallory, $reader; DROP ROLE $mallory, $reader"
tsql "DROP TABLE dbo.tap_trust_a, dbo.tap_trust_b"
