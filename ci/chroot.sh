#!/usr/bin/env bash
# Runs the newcomer's two commands where a newcomer would: in a fresh Debian 12 that has the base system and git, from a path with a
# blank in it, as root. Needs root, debootstrap and the network; uses the host's apt configuration.
#
#   bash ci/chroot.sh [--work-tree] [demo|test]...   both by default; HEAD is copied, or with --work-tree the files as they are
#
# The base system and the packages are kept in /tmp/mssql_fdw_chroot for the next time. The system under test lives in namespaces
# of its own (mounts, processes), so nothing of it outlives this script; processes left over by a command are reported as a failure.
set -euo pipefail

cache=/tmp/mssql_fdw_chroot
root=$cache/root
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
suite=bookworm

tree=HEAD
commands=()
for argument in "$@"; do
  case $argument in
  --work-tree) tree= ;;
  demo | test) commands+=("$argument") ;;
  *) echo "chroot.sh: unknown argument \"$argument\"; it takes --work-tree, demo and test" >&2; exit 2 ;;
  esac
done
[ ${#commands[@]} -gt 0 ] || commands=(demo test)
[ "$(id -u)" = 0 ] || { echo "chroot.sh: must be root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "chroot.sh: apt-get install debootstrap" >&2; exit 1; }

mkdir -p "$cache/archives/partial"
if [ ! -e "$cache/base.done" ]; then
  echo "base system: debootstrap"
  rm -rf "$cache/base"
  debootstrap --variant=minbase --include=git "$suite" "$cache/base" http://deb.debian.org/debian >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 20 "$cache/debootstrap.log"; exit 1; }
  touch "$cache/base.done"
fi

echo "fresh copy: $root"
rm -rf "$root"
cp -a --reflink=auto "$cache/base" "$root"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries)' >"$root/etc/apt/apt.conf.d/99host" || true
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
  rm -f "$root/etc/apt/sources.list"
  cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
elif [ -e /etc/apt/sources.list ]; then
  cp /etc/apt/sources.list "$root/etc/apt/"
fi
checkout="/root/a checkout/mssql_fdw"
mkdir -p "$root$checkout"
if [ -n "$tree" ]; then
  git -C "$repo" archive "$tree" | tar -x -C "$root$checkout"
else
  tar -C "$repo" --exclude=./.git --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='./build*' -c . | tar -x -C "$root$checkout"
fi

# Inside: each command twice, and afterwards nothing may run but this script. The demo ends with --stop.
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
  for round in first second; do
    echo "=== $command, the $round time"
    started=$SECONDS
    bash "$CHECKOUT/ci/$command.sh" || { status=1; echo "=== $command failed"; }
    echo "=== $command took $((SECONDS - started)) s"
  done
  [ "$command" != demo ] || bash "$CHECKOUT/ci/demo.sh" --stop || status=1
  left_over || status=1
done
exit "$status"
INSIDE

exec unshare --mount --pid --fork --kill-child --propagation private bash -c '
  root=$1 archives=$2 checkout=$3
  shift 3
  mount -t proc proc "$root/proc"
  mkdir -p "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount --bind "$archives" "$root/var/cache/apt/archives"
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CHECKOUT="$checkout" \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} chroot "$root" /bin/bash /inside.sh "$@"
' chroot "$root" "$cache/archives" "$checkout" "${commands[@]}"
