#!/usr/bin/env bash
# Scheduled runs: pg_cron, in a cluster of its own, calls replicate_all for a role without superuser. One of the jobs waits for its minute; the
# others have the schedule @reboot, for which nobody waits.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
only_native
. "$tap_root/test/tap/lib/cluster.sh"
[ "$(query "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_cron'")" = 1 ] || skip_all "needs pg_cron (postgresql-15-cron and the like)"
plan 25
trap 'status=$?; stop_cluster; (exit $status); tap_end' EXIT

readonly call="SELECT * FROM replicate_all('mssql', target_schema => 'nightly', include => '{dbo.tap_cron}'"
readonly here="$call)" away="$call, options => '{\"wait\": false}')"
# job SCHEDULE SQL: the role's job is this now, its time comes, and it ends. What pg_cron has kept of it:
job() {
  local before
  before=$(query "SELECT count(*) FROM cron.job_run_details")
  query "SET ROLE migrator; SELECT cron.schedule('nightly', '$1', \$job\$$2\$job\$)" >/dev/null
  [ "$1" != @reboot ] || restart_cluster
  wait_until 90 "SELECT count(*) = $before + 1 AND every(end_time IS NOT NULL) FROM cron.job_run_details" || echo "not ended:"
  query "SELECT username, status, return_message FROM cron.job_run_details ORDER BY runid DESC LIMIT 1"
}
# What history has of the last run, when that has ended.
last_run() {
  wait_until 60 "SELECT every(status <> 'running') FROM replicate.runs"
  query "SELECT id, role, status, sqlstate FROM replicate.runs ORDER BY id DESC LIMIT 1"
}
copy() { query "SELECT count(*), sum(id), max(t) FROM nightly.tap_cron"; }
change() { tsql "UPDATE dbo.tap_cron SET t = N'$1' WHERE id = 7"; }
password() { PGUSER=migrator query "ALTER USER MAPPING FOR migrator SERVER mssql OPTIONS (SET password $(quote_literal "$1"))"; }

tsql "CREATE TABLE dbo.tap_cron (id int NOT NULL PRIMARY KEY, t nvarchar(20) NULL)"
tsql "INSERT INTO dbo.tap_cron SELECT n, N'a' FROM $(numbers 500)"
start_cluster "shared_preload_libraries = 'pg_cron'" "cron.host = '$tap_directory'"
query "CREATE EXTENSION mssql_fdw; CREATE EXTENSION pg_cron; CREATE ROLE migrator LOGIN; CREATE SCHEMA nightly AUTHORIZATION migrator;
  GRANT USAGE ON FOREIGN DATA WRAPPER mssql_fdw TO migrator; GRANT USAGE ON SCHEMA cron TO migrator"
PGUSER=migrator make_server

first=@reboot
[ "${MSSQL_TEST_DRIVER:-native}" != native ] || first='* * * * *'
like "$(job "$first" "$here")" '^migrator\|succeeded\|' "a job copies"
is "$(last_run)" '1|migrator|ok|' "... as a run of its role"
is "$(copy)" '500|125250|a' "... all rows"
is "$(query "SELECT c.relowner::regrole, r.rolsuper FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner WHERE c.oid = 'nightly.tap_cron'::regclass")" 'migrator|f' \
  "... into a table of a role without superuser"

# nights RUN LETTER: what comes after the run of that number, and finds that letter.
nights() {
  change "$2 here"
  like "$(job @reboot "$here")" '^migrator\|succeeded\|' "a job refreshes"
  is "$(last_run)" "$(($1 + 1))|migrator|ok|" "... by another run"
  is "$(copy)" "500|125250|$2 here" "... which brings what has changed"
  change "$2 away"
  password wrong
  like "$(job @reboot "$here")" '^migrator\|failed\|.*Login failed for user' "pg_cron tells why a run has failed"
  is "$(last_run)|$(copy)" "$(($1 + 1))|migrator|ok||500|125250|$2 here" "... which leaves the copy as it was, and nothing in history"
  like "$(job @reboot "$away")" '^migrator\|succeeded\|' "a job may start a run in the background"
  is "$(last_run)" "$(($1 + 2))|migrator|failed|28P01" "... of which history tells that it has failed"
  password "$MSSQL_TEST_PASSWORD"
  like "$(job @reboot "$away")" '^migrator\|succeeded\|' "the next night"
  is "$(last_run)" "$(($1 + 3))|migrator|ok|" "... it has not"
  is "$(copy)" "500|125250|$2 away" "... and brings what has changed"
}
nights 1 b # by connections of pg_cron's
query "ALTER SYSTEM SET cron.use_background_workers = on"
nights 4 c
unlike "$(cat "$tap_directory/cluster.log")" 'terminated by signal' "no server process crashed"
tsql "DROP TABLE dbo.tap_cron"
