# A PostgreSQL of the test's own, for what takes settings or an environment of the server process. Sourced after tap.sh.
# shellcheck shell=bash

# start_cluster [SETTING]...: a PostgreSQL in this environment, which becomes the target of query(); stop_cluster goes back to the one of
# before. Like the other one it trusts who comes by its socket.
start_cluster() {
  cluster=$tap_directory/cluster
  "$PG_BINDIR/initdb" -D "$cluster" -U "$PGUSER" -E UTF8 --locale=C.UTF-8 --auth=trust --no-sync >"$tap_directory/initdb.log" 2>&1 ||
    bail_out "initdb: $(tail -n 3 "$tap_directory/initdb.log")"
  printf '%s\n' "listen_addresses = ''" "port = 5432" "unix_socket_directories = '$tap_directory'" "fsync = off" "lc_messages = 'C'" "$@" >>"$cluster/postgresql.conf"
  cluster_ctl start || bail_out "$(tail -n 3 "$tap_directory/cluster.log")"
  cluster_before=("$PGHOST" "$PGPORT" "$PGDATABASE")
  export PGHOST=$tap_directory PGPORT=5432 PGDATABASE=postgres
}
restart_cluster() { cluster_ctl -m fast restart; }
stop_cluster() {
  [ -n "${cluster_before:-}" ] || return 0
  cluster_ctl -m immediate stop
  export PGHOST=${cluster_before[0]} PGPORT=${cluster_before[1]} PGDATABASE=${cluster_before[2]}
}
cluster_ctl() { "$PG_BINDIR/pg_ctl" -D "$cluster" -l "$tap_directory/cluster.log" -w "$@" >/dev/null 2>&1; }
