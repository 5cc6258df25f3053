#!/usr/bin/env bash
# Runs the newcomer's two commands where a newcomer would: in a fresh system that has the base system and git, from a path with a
# blank in it, as root. Needs root, debootstrap and the network; uses the host's apt configuration.
#
#   bash ci/chroot.sh [OPTION]... [demo|test|STAGE]...   demo and test by default, each twice; a STAGE is one of ci/test.sh
#     --suite SUITE      of Debian or Ubuntu; bookworm by default
#     --postgresql N     an older PostgreSQL beside the suite's own, from the suite of Ubuntu that has it: 14 (in noble)
#     --work-tree        the files as they are; otherwise HEAD is copied
#     --keep             in the system of the last time, with its packages and what was built there; each command once
#
# Systems are kept in $MSSQL_FDW_CHROOTS, /tmp/mssql_fdw_chroot by default. The system under test lives in namespaces of its own
# (mounts, processes), so nothing of it outlives this script; processes left over by a command are reported as a failure.
set -euo pipefail

cache=${MSSQL_FDW_CHROOTS:-/tmp/mssql_fdw_chroot}
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
checkout="/root/a checkout/mssql_fdw"
suite=bookworm
postgresql=
tree=HEAD
keep=
commands=()
stages=

die() {
  echo "chroot.sh: $*" >&2
  exit 1
}

main() {
  while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=${2:?}; shift ;;
    --postgresql) postgresql=${2:?}; shift ;;
    --work-tree) tree= ;;
    --keep) keep=1 ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    demo | test) commands+=("$1") ;;
    lint | unit | asan | valgrind | fuzz | clients | regress | tap) stages+=" $1" ;;
    *) die "unknown argument \"$1\"" ;;
    esac
    shift
  done
  [ -z "$stages" ] || commands+=(test)
  [ ${#commands[@]} -gt 0 ] || commands=(demo test)
  [ "$(id -u)" = 0 ] || die "must be root"
  command -v debootstrap >/dev/null || die "apt-get install debootstrap"

  root=$cache/$suite
  archives=$root.archives
  mkdir -p "$archives/partial"
  if [ -z "$keep" ]; then
    fresh_system
  elif [ ! -e "$root" ]; then
    base_system
    cp -a --reflink=auto "$root.base" "$root"
  fi
  configure_apt
  [ -z "$postgresql" ] || add_postgresql
  copy_checkout
  write_inside
  export ROUNDS="first second" STAGES=$stages TARGET_PG_CONFIG=${postgresql:+/usr/lib/postgresql/$postgresql/bin/pg_config}
  [ -z "$keep" ] || ROUNDS=only
  enter /bin/bash /inside.sh "${commands[@]}"
}

ubuntu() { case $suite in bookworm | trixie | forky | sid) return 1 ;; esac; }

base_system() {
  [ ! -e "$root.base.done" ] || return 0
  echo "base system $suite: debootstrap"
  rm -rf "$root.base"
  local options=(--variant=minbase --include=git)
  # Ubuntu's releases are made alike, also those that this debootstrap does not know. Mirrors are debootstrap's.
  if ubuntu; then
    options+=("--components=main,universe" "--keyring=$(ubuntu_keyring)" "$suite" "$root.base" "" gutsy)
  else
    options+=("$suite" "$root.base" "" sid)
  fi
  debootstrap "${options[@]}" >"$root.debootstrap.log" 2>&1 || { tail -n 20 "$root.debootstrap.log"; exit 1; }
  touch "$root.base.done"
}

# Debian has it from trixie on.
ubuntu_keyring() {
  local file=usr/share/keyrings/ubuntu-archive-keyring.gpg directory
  for directory in / "$cache/trixie/" "$cache/sid/"; do
    [ ! -s "$directory$file" ] || { echo "$directory$file"; return; }
    if [ -x "$directory/usr/bin/apt-get" ] && [ "$directory" != / ]; then
      chroot "$directory" apt-get -q -y install ubuntu-archive-keyring >"$cache/keyring.log" 2>&1 && { echo "$directory$file"; return; }
    fi
  done
  die "no key of Ubuntu's archive: install ubuntu-archive-keyring, or let --suite trixie --keep run before"
}

fresh_system() {
  base_system
  root=$root.fresh
  echo "fresh copy: $root"
  rm -rf "$root"
  cp -a --reflink=auto "$cache/$suite.base" "$root"
}

configure_apt() {
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-Valid-Until|Check-Date)' >"$root/etc/apt/apt.conf.d/99host" || true
  # The host's own sources, security updates among them, where it is of that suite.
  local sources=/etc/apt/sources.list.d/debian.sources
  if grep -q "^Suites:.*\b$suite\b" "$sources" 2>/dev/null; then
    rm -f "$root/etc/apt/sources.list"
    cp "$sources" "$root/etc/apt/sources.list.d/"
  fi
}

# The older server and its headers from the release before; the suite's own server stays, for the stand-in.
add_postgresql() {
  [ "$suite $postgresql" = "noble 14" ] || die "PostgreSQL $postgresql is known for noble (14) only"
  [ ! -e "$root/usr/lib/postgresql/$postgresql/bin/postgres" ] || return 0
  echo "PostgreSQL $postgresql from jammy"
  sed 's/ noble / jammy /' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/jammy.list"
  printf 'Package: *\nPin: release n=jammy\nPin-Priority: 100\n' >"$root/etc/apt/preferences.d/jammy"
  mkdir -p "$root/etc/postgresql-common/createcluster.d"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/chroot.conf"
  enter /bin/sh -c "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends postgresql \
    postgresql-$postgresql postgresql-client-$postgresql postgresql-server-dev-$postgresql" >"$root.postgresql.log" 2>&1 ||
    { tail -n 20 "$root.postgresql.log"; exit 1; }
}

copy_checkout() {
  rm -rf "${root:?}$checkout"
  mkdir -p "$root$checkout"
  if [ -n "$tree" ]; then
    git -C "$repo" archive "$tree" | tar -x -C "$root$checkout"
  else
    tar -C "$repo" --exclude=./.git --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='./build*' -c . | tar -x -C "$root$checkout"
  fi
}

# Inside: each command twice in a fresh system, and afterwards nothing may run but this script. The demo ends with --stop.
write_inside() {
  cat >"$root/inside.sh" <<'INSIDE'
cd /
left_over() {
  local directory count=0
  sleep 1
  for directory in /proc/[0-9]*; do
    case ${directory#/proc/} in 1 | $$ | "$BASHPID") continue ;; esac
    [ -e "$directory/cmdline" ] || continue
    printf 'left over: %s\n' "$(tr '\0' ' ' <"$directory/cmdline")"
    count=$((count + 1))
  done
  return "$((count > 0))"
}
status=0
for command in "$@"; do
  arguments=
  [ "$command" != test ] || arguments=$STAGES
  for round in $ROUNDS; do
    echo "=== $command$arguments, the $round time"
    started=$SECONDS
    bash "$CHECKOUT/ci/$command.sh" $arguments || { status=1; echo "=== $command failed"; }
    echo "=== $command took $((SECONDS - started)) s"
  done
  [ "$command" != demo ] || bash "$CHECKOUT/ci/demo.sh" --stop || status=1
  left_over || status=1
done
exit "$status"
INSIDE
}

# enter COMMAND...: as the newcomer's root, in namespaces of its own.
enter() {
  unshare --mount --pid --fork --kill-child --propagation private bash -c '
    root=$1 archives=$2 checkout=$3
    shift 3
    mount -t proc proc "$root/proc"
    mkdir -p "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount --bind "$archives" "$root/var/cache/apt/archives"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CHECKOUT="$checkout" ROUNDS="${ROUNDS:-}" \
      STAGES="${STAGES:-}" ${CI:+CI="$CI"} ${TARGET_PG_CONFIG:+PG_CONFIG="$TARGET_PG_CONFIG"} \
      ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} chroot "$root" "$@"
  ' chroot "$root" "$archives" "$checkout" "$@"
}

main "$@"
