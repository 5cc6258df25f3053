# Shared by the scripts of ci/: packages, an unprivileged user, staged builds, scratch servers, TAP counting. Sourced, never run.
#
# Everything happens in directories under /tmp with short names: a Unix socket path holds 107 bytes, another user must be able
# to enter, and make cannot build a path with a blank in it. The checkout itself is only read, nothing is installed into the system's
# PostgreSQL (the extension goes into a private copy of its installation, as PostgreSQL's own `make check` does), and no
# system cluster is made or touched. No process substitution and no ps: both need /proc, which a bare chroot does not have.

set -u -o pipefail
umask 022
export LC_ALL=C.UTF-8
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGOPTIONS PGSSLMODE PGCLIENTENCODING CDPATH DESTDIR MAKEFLAGS MAKELEVEL

repo_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
uid=$(id -u)
work=/tmp/mssql_fdw_ci.$uid.$(printf %s "$repo_root" | cksum | cut -d' ' -f1) # staged sources and objects, kept for the next run
sources=$work/src
export MSSQL_TEST_VECTORS=${MSSQL_TEST_VECTORS:-$repo_root/../shared/vectors} # the staged sources have no such neighbour
jobs=$(nproc 2>/dev/null || echo 2)

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# A directory that is ours, not one that somebody else put there first.
claim_directory() {
  mkdir -p "$1" 2>/dev/null
  { [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]; } || die "$1 is not a directory of user $(id -un): move it away and try again"
}

seconds() { printf '%d s' "$((SECONDS - $1))"; }

# task LABEL COMMAND...: runs it with its output in a log, prints the label and the time; on failure the end of the log, and 1.
task() {
  local label=$1 started=$SECONDS log
  shift
  log=$logs/$(printf %s "$label" | tr -c 'A-Za-z0-9\n' '_').log
  printf '  %-44s' "$label"
  if run_guarded 3600 "$log" "$@"; then
    printf '%7s\n' "$(seconds "$started")"
  else
    printf 'failed\n\n'
    tail -n 30 "$log" | sed 's/^/    /'
    printf '\n  The whole log: %s\n' "$log"
    return 1
  fi
}

# run_guarded SECONDS LOG COMMAND...: in a process group of its own (set -m), which dies with this script or after SECONDS.
# It is a subshell: what it finds out goes through files, not variables.
guarded=
watchdog=
run_guarded() {
  local limit=$1 log=$2 status
  shift 2
  set -m
  ("$@") >"$log" 2>&1 </dev/null &
  guarded=$!
  (
    sleep "$limit"
    echo "# ended after $limit s" >>"$log"
    kill -TERM -- "-$guarded"
    sleep 20
    kill -KILL -- "-$guarded"
  ) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  set +m
  wait "$guarded" 2>/dev/null
  status=$?
  guarded=
  stop_guarded
  return "$status"
}

stop_guarded() {
  [ -z "$guarded" ] || { kill -TERM -- "-$guarded" && wait "$guarded"; } 2>/dev/null
  [ -z "$watchdog" ] || { kill -KILL -- "-$watchdog" && wait "$watchdog"; } 2>/dev/null
  guarded=
  watchdog=
}

# ---------------------------------------------------------------------------------------------- packages and users

# The PostgreSQL to build for: PG_CONFIG, else the newest installed one that has its server headers, else the distribution's default.
# The stand-in has its PostgreSQL, from 15 on, behind it: STAND_IN_PG_CONFIG, else the same one, else the newest that will do.
find_pg_config() {
  pg_config=$(chosen_pg_config "${PG_CONFIG:-}") || exit 1
  [ -n "$pg_config" ] || pg_config=$(newest_pg_config 14 has_headers)
  stand_in_pg_config=$(chosen_pg_config "${STAND_IN_PG_CONFIG:-}") || exit 1
  if [ -z "$stand_in_pg_config" ] && [ -n "$pg_config" ]; then
    if [ "$(pg_major "$pg_config")" -ge 15 ]; then stand_in_pg_config=$pg_config; else stand_in_pg_config=$(newest_pg_config 15 true); fi
  fi
}

chosen_pg_config() {
  [ -z "$1" ] || command -v "$1" || die "PG_CONFIG or STAND_IN_PG_CONFIG is $1, which cannot be run"
}

pg_major() { "$1" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/'; }

has_headers() { [ -f "$("$1" --includedir-server)/postgres.h" ]; }

# newest_pg_config OLDEST CONDITION: of the installed servers, or nothing.
newest_pg_config() {
  local candidate version
  for ((version = 18; version >= $1; --version)); do
    for candidate in /usr/lib/postgresql/$version/bin/pg_config /usr/pgsql-$version/bin/pg_config; do
      if [ -x "$candidate" ] && [ -x "$("$candidate" --bindir)/postgres" ] && "$2" "$candidate"; then
        echo "$candidate"
        return
      fi
    done
  done
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'; }

as_root() {
  if [ "$uid" = 0 ]; then
    "$@"
  elif sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    die "These packages are missing and only root may install them:" "  apt-get install $missing"
  fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold "$@"; }

# install_packages EXTRA...: what building and running need, and EXTRA; only what is missing, so mostly nothing. postgresql-N-NAME is
# an extension for the server's version N, which not every distribution has.
install_packages() {
  local wanted="g++ make cmake pkg-config freetds-dev libkrb5-dev libpq-dev libssl-dev libxxhash-dev openssl libgtest-dev python3-pymssql $*" package version updated=
  missing=
  if ! command -v apt-get >/dev/null; then
    command -v g++ make cmake python3 >/dev/null && [ -n "$pg_config" ] ||
      die "This is not a Debian or Ubuntu system. Install by hand: a C++20 compiler, make, cmake, PostgreSQL with its server headers, FreeTDS, MIT Kerberos, OpenSSL, xxHash (0.8 or later) and GoogleTest headers, python3 with pymssql."
    return 0
  fi
  if [ -z "$pg_config" ]; then
    [ -n "$(apt-cache pkgnames postgresql 2>/dev/null | head -n 1)" ] || { missing="postgresql $wanted"; apt_get update && updated=1; }
    version=$(apt-cache depends postgresql | sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    [ -n "$version" ] || die "apt knows no package postgresql: is its package list readable?"
    wanted="postgresql-$version postgresql-client-$version postgresql-server-dev-$version $wanted"
  else
    version=$(pg_major "$pg_config")
  fi
  for package in $wanted; do
    case $package in postgresql-N-*) package=${package/N/$version}; apt-cache show "$package" >/dev/null 2>&1 || continue ;; esac
    installed "$package" || missing+=" $package"
  done
  [ -n "$missing" ] || return 0
  [ -n "$updated" ] || apt_get update || return 1
  # PostgreSQL's package would make and start a cluster "main". Nobody asked for one.
  local no_cluster=/etc/postgresql-common/createcluster.d/mssql_fdw_ci.conf
  if [ -z "$pg_config" ]; then
    as_root mkdir -p "${no_cluster%/*}" && echo "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
  fi
  # shellcheck disable=SC2086 # a list of words
  apt_get install --no-install-recommends $missing
  local status=$?
  [ ! -e "$no_cluster" ] || as_root rm -f "$no_cluster"
  for package in $missing; do
    case $package in krb5-kdc | krb5-admin-server) keep_from_boot "$package" ;; esac
  done
  return "$status"
}

# The tests want a package's programs. Its daemon, which ended at once for lack of a realm, shall not be tried at every boot; links are
# removed by hand because a chroot has the links but no systemctl.
keep_from_boot() {
  as_root systemctl stop "$1" >/dev/null 2>&1
  as_root update-rc.d "$1" disable >/dev/null 2>&1
  as_root rm -f "/etc/systemd/system/multi-user.target.wants/$1.service"
}

# The server refuses to run as root: then it runs as the package's user, or as one that is made here.
find_server_user() {
  server_user=$(id -un)
  [ "$uid" = 0 ] || return 0
  server_user=postgres
  id -u "$server_user" >/dev/null 2>&1 && return 0
  server_user=mssql_fdw_ci
  id -u "$server_user" >/dev/null 2>&1 || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin "$server_user"
}

as_server_user() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && HOME=/nonexistent exec runuser -u "$server_user" -- "$@")
  else
    (cd / && HOME=/nonexistent exec "$@")
  fi
}

# packages, pg_config, server_user, python: what every script needs first.
prepare_machine() {
  claim_directory "$work"
  find_pg_config
  task "packages" install_packages "$@" || return 1
  find_pg_config
  [ -n "$pg_config" ] || die "no PostgreSQL with server headers was found; set PG_CONFIG"
  [ -n "$stand_in_pg_config" ] || [ -n "${MSSQL_TEST_HOST:-}" ] ||
    die "The SQL Server stand-in needs PostgreSQL 15 or later behind it, and only $("$pg_config" --version) was found." \
      "Install another server beside it, or set STAND_IN_PG_CONFIG to its pg_config, or MSSQL_TEST_HOST to a SQL Server."
  bindir=$("$pg_config" --bindir)
  find_server_user
  for python in /usr/bin/python3 python3; do
    "$python" -c 'import pymssql' 2>/dev/null && break
  done
  export pg_config bindir server_user python STAND_IN_PG_CONFIG=$stand_in_pg_config
}

# --------------------------------------------------------------------------------------------------------- building

# Brings the checkout's sources to $sources: only files whose content differs are written, so that make rebuilds only what changed.
stage_sources() {
  local file
  mkdir -p "$sources" && cd "$repo_root" || return 1
  find . \( -name .git -o -path './build*' -o -path ./.cache -o -path ./.demo -o -path ./results -o -path ./tmp_check \) -prune \
    -o -type f ! -name '*.o' ! -name '*.d' ! -name '*.so' ! -path './mssql_fdw--*.sql' -print | LC_ALL=C sort >"$work/files" || return 1
  while IFS= read -r file; do
    cmp -s "$file" "$sources/$file" && continue
    mkdir -p "$sources/${file%/*}" && cp -f "$file" "$sources/$file.new" && mv -f "$sources/$file.new" "$sources/$file" || return 1
  done <"$work/files"
  cd "$sources" || return 1
  find . -type f ! -name '*.o' ! -name '*.d' ! -name '*.so' ! -path './mssql_fdw--*.sql' -print | LC_ALL=C sort >"$work/staged"
  LC_ALL=C comm -13 "$work/files" "$work/staged" | while IFS= read -r file; do rm -f "$file"; done
  chmod -R a+rX "$sources"
}

# Objects of another server version or compiler are of no use.
build_extension() {
  local stamp
  stamp="$("$pg_config" --version) $(g++ -dumpfullversion)"
  cd "$sources" || return 1
  [ "$(cat "$work/stamp" 2>/dev/null)" = "$stamp" ] || make -s PG_CONFIG="$pg_config" clean || return 1
  printf '%s\n' "$stamp" >"$work/stamp"
  make -j"$jobs" PG_CONFIG="$pg_config" WERROR="$(strict && echo -Werror)" all
}

# Whether warnings are errors: in CI, and with the compiler that the code is written with. Another one may warn of what nobody has seen.
strict() { [ "${CI:-}" = true ] || [ "$(g++ -dumpversion)" = 12 ]; }

# cmake_build DIRECTORY TARGET [CMAKE OPTION]...
cmake_build() {
  local directory=$work/$1 target=$2
  shift 2
  cmake -S "$sources" -B "$directory" -DMSSQL_FDW_WERROR="$(strict && echo ON || echo OFF)" "$@" && cmake --build "$directory" --target "$target" -j"$jobs"
}

# make_prefix DIRECTORY: a private copy of the PostgreSQL installation with the extension in it, and
# with the SQL of versions before. The server finds its files relative to its own executable, so copied
# executables and links for the rest are enough.
make_prefix() {
  local prefix=$1 share library file
  share=$("$pg_config" --sharedir)
  library=$("$pg_config" --pkglibdir)
  rm -rf "$prefix"
  mkdir -p "$prefix$bindir" "$prefix$library" "$prefix$share/extension" || return 1
  cp -L "$bindir"/* "$prefix$bindir/" || return 1
  for file in "$library"/* "$share"/* "$share"/extension/*; do
    case $file in
    */mssql_fdw* | "$share/extension") ;;
    *) ln -sfn "$file" "$prefix$file" ;;
    esac
  done
  make -s -C "$sources" PG_CONFIG="$pg_config" DESTDIR="$prefix" install || return 1
  cp "$sources"/test/upgrade/mssql_fdw--*.sql "$prefix$share/extension/" && chmod -R a+rX "$prefix"
}

stand_in_binary() { echo "$work/build/test/tds_server/tds_server"; }

# ---------------------------------------------------------------------------------------------------- scratch servers

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000)) # below the ephemeral range
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

random_password() { od -An -N12 -tx1 /dev/urandom | tr -d ' \n'; }

# start_postgres PREFIX DIRECTORY: a scratch cluster, superuser "postgres". Its socket directory is closed to others and asks for no
# password; TCP on 127.0.0.1 asks for the one in DIRECTORY/password. use_postgres reads where it is.
start_postgres() {
  local bin=$1$bindir directory=$2 pg_host=$2/socket pg_port attempt
  mkdir -p "$directory" && chmod 711 "$directory" || return 1
  (umask 077 && random_password >"$directory/password")
  mkdir -p "$pg_host" "$directory/data" && chmod 700 "$pg_host" "$directory/data" || return 1
  [ "$uid" != 0 ] || chown -R "$server_user" "$directory" || return 1
  as_server_user "$bin/initdb" -D "$directory/data" -U postgres -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --pwfile="$directory/password" --no-sync || return 1
  as_server_user tee "$directory/data/pg_hba.conf" >/dev/null <<'HBA' || return 1
local all all trust
host all all 127.0.0.1/32 scram-sha-256
HBA
  for attempt in 1 2 3 4 5; do
    pg_port=$(free_port)
    as_server_user tee "$directory/data/postgresql.auto.conf" >/dev/null <<CONF || return 1
listen_addresses = '127.0.0.1'
port = $pg_port
unix_socket_directories = '$pg_host'
fsync = off
full_page_writes = off
synchronous_commit = off
max_wal_size = '4GB'
max_prepared_transactions = 4
checkpoint_timeout = '30min'
log_line_prefix = '%m [%p] %a '
lc_messages = 'C'
timezone = 'UTC'
CONF
    if as_server_user "$bin/pg_ctl" -D "$directory/data" -l "$directory/log" -w -t 120 start </dev/null >/dev/null; then
      printf '%s\n' "$pg_port" >"$directory/port"
      return 0
    fi
    grep -q 'could not bind\|Address already in use' "$directory/log" 2>/dev/null || break
  done
  tail -n 20 "$directory/log" >&2
  return 1
}

# Sets pg_host (the socket directory), pg_port and pg_password for the cluster in DIRECTORY.
use_postgres() {
  pg_host=$1/socket
  pg_port=$(cat "$1/port")
  pg_password=$(cat "$1/password")
}

stop_postgres() {
  local bin=$1$bindir directory=$2
  [ -f "$directory/data/postmaster.pid" ] || return 0
  as_server_user "$bin/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null 2>&1
}

# T-SQL for the server that MSSQL_TEST_HOST and its fellows name.
tsql() { "$python" "$sources/ci/tsql.py" "$@"; }

# ---------------------------------------------------------------------------------------------------------------- TAP

# count_tap FILE STATUS: adds the results in a TAP stream to passed, failed and skipped. A missing or short plan and a bad exit
# status without a failed test are failures too: a test that dies early must not look like one that passed.
count_tap() {
  local file=$1 status=$2 ok not_ok skip planned
  ok=$(grep -cE '^ok\b' "$file")
  not_ok=$(grep -E '^not ok\b' "$file" | grep -cviE '# (todo|skip)')
  skip=$(grep -cE '^ok\b.*# skip|^1\.\.0 # skip' -i "$file")
  planned=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$file" | head -n 1)
  local counted_skips
  counted_skips=$(grep -ciE '^ok\b.*# skip' "$file")
  stage_passed=$((ok - counted_skips))
  stage_failed=$not_ok
  stage_skipped=$skip
  local seen=$((ok + $(grep -cE '^not ok\b' "$file")))
  if [ -z "$planned" ]; then
    stage_failed=$((stage_failed + 1))
    echo "# no plan in the output" >>"$file"
  elif ((seen != planned)); then
    stage_failed=$((stage_failed + (planned > seen ? planned - seen : 1)))
    echo "# planned $planned tests but ran $seen" >>"$file"
  elif ((status != 0 && stage_failed == 0)); then
    stage_failed=1
    echo "# all tests passed, but the exit status was $status" >>"$file"
  fi
}

# ------------------------------------------------------------------------------------------- the SQL Server to talk to

# start_stand_in DIRECTORY: the SQL Server stand-in (test/tds_server) with a scratch PostgreSQL behind it.
start_stand_in() {
  mkdir -p "$1" && chmod 711 "$1" || return 1
  [ "$uid" != 0 ] || chown "$server_user" "$1" || return 1
  stand_in_ctl start "$1" && return
  tail -n 20 "$1"/*.log >&2 # the directory will be gone when this is read
  return 1
}

stand_in_ctl() { as_server_user env STAND_IN_PG_CONFIG="$stand_in_pg_config" TDS_SERVER_BIN="$2/../tds_server" bash "$sources/test/tds_server/ctl" "$1" "$2"; }

stop_stand_in() {
  [ -d "$1" ] || return 0
  stand_in_ctl stop "$1"
}

# keep_logs TARGET SOURCE: what the servers wrote, before their directories go.
keep_logs() {
  local file
  cp "$1/log" "$logs/postgres.log" 2>/dev/null
  for file in "$2"/*.log; do
    [ ! -s "$file" ] || cp "$file" "$logs/stand_in_${file##*/}"
  done
}

# Points MSSQL_TEST_* at the stand-in in DIRECTORY.
use_stand_in() {
  MSSQL_TEST_HOST=127.0.0.1 MSSQL_TEST_PORT=$(cat "$1/port") MSSQL_TEST_USER=sa MSSQL_TEST_PASSWORD=$(cat "$1/password")
  export MSSQL_TEST_HOST MSSQL_TEST_PORT MSSQL_TEST_USER MSSQL_TEST_PASSWORD
}

# create_database NAME: unless it is there already.
create_database() {
  local literal=${1//\'/\'\'} identifier=${1//]/]]}
  [ "$(tsql -d master -q "SELECT COUNT(*) FROM sys.databases WHERE name = N'$literal'")" != 0 ] ||
    tsql -d master -q "CREATE DATABASE [$identifier]"
}
