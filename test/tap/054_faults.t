#!/usr/bin/env bash
# Runs with workers, each ended at a random moment in a random way, and then called again until it is through. Its tables are as before or
# as after, never a mixture, and in the end all rows are there and nothing else is.
#
#   FAULTS_ROUNDS=100 FAULTS_SEED=4711 bash test/tap/054_faults.t     a longer campaign; the seed is printed, and makes the same again but for
#                                                                     the machine's own moments
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
readonly rounds=${FAULTS_ROUNDS:-10}
seed=${FAULTS_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$((seed % 32768))
plan $((rounds + 2))
diag "FAULTS_SEED=$seed FAULTS_ROUNDS=$rounds"

readonly tables='a b c'
readonly faults=(cancel terminate_leader terminate_worker terminate_keeper kill_worker kill_leader kill_keeper crash shutdown cut_rows cut_bytes error stall deadlocks logins timeout locks rows columns)
directory=$(query "SHOW data_directory")
run() { echo "${3:+SET statement_timeout = $3; }SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', include => ARRAY['dbo.tap_fault%'], jobs => $1, chunk_rows => ${2:-NULL})"; }
up() { until query "SELECT 1" >/dev/null 2>&1; do sleep 0.1; done; }
quiet() { no_workers && wait_until 60 "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'faulty'"; }
process() { query "SELECT pid FROM pg_stat_activity WHERE $1 AND datname = current_database() LIMIT 1"; }

# What the copies are: a generation and a hash for each, or that something is wrong with one.
state() {
  local name sql=
  query "SELECT to_regclass('copies.tap_fault_c') IS NOT NULL" | grep -q t || { echo none; return; }
  for name in $tables; do
    sql+=${sql:+ UNION ALL }"SELECT CASE WHEN count(*) = 2000 + max(gen) AND count(DISTINCT id) = count(*) AND min(gen) = max(gen)
      AND bool_and(t = repeat('grüße ', id % 20) || gen) THEN '$name' || max(gen) ELSE '$name is wrong' END FROM copies.tap_fault_$name"
  done
  query "SET enable_indexscan = off; SET enable_bitmapscan = off; $sql" | tr '\n' ' '
}
# The same by the primary keys' indexes, and what constraints there are.
keys() {
  local name sql=
  for name in $tables; do sql+="${sql:+ || ' ' || }(SELECT count(*) FROM copies.tap_fault_$name WHERE id > 0)"; done
  query "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT $sql || ' ' || (SELECT string_agg(contype::text || convalidated::text, ' ' ORDER BY contype) FROM pg_constraint WHERE connamespace = 'copies'::regnamespace)"
}
leftovers() {
  query "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%') || ' ' || (SELECT count(*) FROM pg_class WHERE relname LIKE 'pg\_temp\_%' AND relkind = 'r')
    || ' ' || (SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND classid IN ('pg_foreign_server'::regclass, 'replicate._runs'::regclass)) || ' ' || (SELECT count(*) FROM replicate.leftovers)"
}

meet() {
  local pid
  case $1 in
  cancel | terminate_leader | kill_leader) pid=$(process "application_name = 'faulty'") ;;
  terminate_worker | kill_worker) pid=$(process "backend_type = 'mssql_fdw worker'") ;;
  terminate_keeper | kill_keeper) pid=$(process "backend_type = 'mssql_fdw keeper'") ;;
  esac
  case $1 in
  cancel) query "SELECT pg_cancel_backend(${pid:-0})" ;;
  terminate*) query "SELECT pg_terminate_backend(${pid:-0})" ;;
  kill*) [ -z "$pid" ] || kill -9 "$pid" ;;
  crash) "$PG_BINDIR/pg_ctl" -D "$directory" -m immediate -w stop ;;
  shutdown) "$PG_BINDIR/pg_ctl" -D "$directory" -m fast -w stop ;;
  # Somebody holds a table here; the source's rows and columns change, and are what they were.
  locks) query "BEGIN; LOCK TABLE copies.tap_fault_a IN ACCESS SHARE MODE; SELECT pg_sleep(1.5)" ;;
  rows) tsql "UPDATE dbo.tap_fault_a SET gen = gen; UPDATE dbo.tap_fault_c SET t = t" ;;
  columns) tsql "ALTER TABLE dbo.tap_fault_c ADD extra int NULL; ALTER TABLE dbo.tap_fault_c DROP COLUMN extra" ;;
  stall) query "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'faulty'" ;;
  esac >/dev/null 2>&1
  case $1 in crash | shutdown) "$PG_BINDIR/pg_ctl" -D "$directory" -l "${directory%/*}/log" -w -t 60 start >/dev/null 2>&1 </dev/null ;; esac
}

# What the source does before the run begins, to a chunk where there are some: the question for their bounds is another statement.
arm() {
  local where=${2:+ WHERE}
  no_faults
  case $1 in
  cut_rows) fault drop_after_rows $((RANDOM % 2000)) "FROM [dbo].[tap_fault_b]$where" ;;
  cut_bytes) fault drop_after_bytes $((RANDOM * 8 % 200000)) "FROM [dbo].[tap_fault_b]$where" ;;
  error) fault error_after_rows $((RANDOM % 2000)) "FROM [dbo].[tap_fault_c]$where" ;;
  stall) fault stall_after_rows $((RANDOM % 2000)) "FROM [dbo].[tap_fault_a]$where" ;;
  logins) tsql "EXEC tds_server_fault N'login_error', 10928, N'', $((1 + RANDOM % 4))" ;;
  deadlocks) tsql "EXEC tds_server_fault N'error_at_statement', 1205, N'FROM [dbo].[tap_fault_', $((1 + RANDOM % 4))" ;;
  *) fault slow_row_us $((RANDOM % 400)) tap_fault_b ;;
  esac
}

for name in a b; do tsql "CREATE TABLE dbo.tap_fault_$name (id int NOT NULL PRIMARY KEY, gen int NOT NULL, t nvarchar(max) NOT NULL)"; done
tsql "CREATE TABLE dbo.tap_fault_c (id int NOT NULL PRIMARY KEY REFERENCES dbo.tap_fault_a (id), gen int NOT NULL, t nvarchar(max) NOT NULL CHECK (LEN(t) > 0))"
# generation NUMBER: so many rows more, and all of them others than before.
generation() {
  local name
  for name in c b a; do tsql "DELETE FROM dbo.tap_fault_$name"; done
  for name in a b c; do
    tsql "INSERT INTO dbo.tap_fault_$name (id, gen, t) SELECT n, $1, REPLICATE(N'grüße ', n % 20) + N'$1' FROM $(numbers $((2000 + $1)))"
  done
}
make_server mssql

now=none
for ((round = 1; round <= rounds; ++round)); do
  what=${faults[RANDOM % ${#faults[@]}]}
  generation "$round"
  chunk_rows=$((RANDOM % 2 ? 700 : 0))
  [ "$chunk_rows" != 0 ] || chunk_rows=
  arm "$what" "$chunk_rows"
  jobs=$((1 + RANDOM % 3))
  pause=$(awk -v r=$RANDOM 'BEGIN { printf "%.2f", 0.1 + r / 32768 * 1.4 }')
  wrong=
  timeout=
  [ "$what" != timeout ] || timeout=$((200 + RANDOM % 1500))
  background faulty "$(run $jobs "$chunk_rows" "$timeout")"
  sleep "$pause"
  meet "$what"
  until [ -s "$tap_directory/faulty.status" ]; do sleep 0.1; done
  up
  quiet || wrong+="processes are left; "
  first=$(query "SELECT coalesce((SELECT status FROM replicate.runs ORDER BY id DESC LIMIT 1), 'none')")
  before=$now
  now=$(state)
  # A run that nobody has heard of never began.
  case $(cat "$tap_directory/faulty.status")$now in
  0*wrong* | 0none) wrong+="it is done, and the copies are not: $now; " ;;
  0*) ;;
  *) [ "$now" = "$before" ] || [[ $first = ok* ]] || wrong+="it has failed, and the copies are not as before: $now, were $before; " ;;
  esac
  no_faults
  for again in 1 2 3; do
    answered=$(query "$(run $jobs)" 2>&1)
    [ "${answered##*$'\n'}" != 3 ] || break
  done
  [ "${answered##*$'\n'}" = 3 ] || wrong+="it does not come through: $answered; "
  quiet || wrong+="processes are left behind; "
  now=$(state)
  case $now in *wrong* | none) wrong+="the copies are $now; " ;; *$round*) ;; *) wrong+="nothing is new: $now; " ;; esac
  expected=$(for name in $tables; do printf '%s ' $((2000 + $(sed "s/.*$name\([0-9]*\).*/\1/" <<<"$now"))); done 2>/dev/null)
  got=$(keys)
  case $got in "${expected}c"*" ftrue"* | "${expected}c"*" ffalse"*) ;; *) wrong+="keys have $got, not $expected; " ;; esac
  [ "$(leftovers)" = "0 0 0 0" ] || wrong+="left: $(leftovers); "
  is "$wrong" '' "round $round: $what after $pause s, $jobs jobs, ${chunk_rows:-all} rows a chunk: $first, then $now"
  [ -z "$wrong" ] || diag "seed $seed"
done
is "$(query "SELECT count(*) FROM replicate.runs WHERE status = 'running'")" 0 "history has no run that works"
generation $((rounds + 1))
query "$(run 2)" >/dev/null 2>&1
is "$(state)" "$(for name in $tables; do printf '%s%s ' "$name" $((rounds + 1)); done)" "and the last one has all of the last rows"

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in c a b; do tsql "DROP TABLE dbo.tap_fault_$name"; done
