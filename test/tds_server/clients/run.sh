#!/bin/bash
# Runs every installed client that we did not write against a TDS server and prints TAP; see README.md beside it.
# usage: run.sh HOST PORT USER PASSWORD DATABASE
set -u
if [ $# -ne 5 ]; then
  sed -n '2,3s/^# //p' "$0" >&2
  exit 2
fi
host=$1 port=$2 user=$3 password=$4 database=$5
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-/usr/bin/python3}
failed=0
count=0

# Numbers the TAP lines that pass through it; must not run in a subshell of its own.
number() {
  local line
  while IFS= read -r line; do
    case $line in
      ok\ *) count=$((count + 1)); echo "ok $count${line#ok}" ;;
      not\ ok\ *) count=$((count + 1)); failed=$((failed + 1)); echo "not ok $count${line#not ok}" ;;
      *) echo "$line" ;;
    esac
  done
}

# report NAME STATUS [FILE with what to show]
report() {
  if [ "$2" -eq 0 ]; then echo "ok - $1"; return; fi
  echo "not ok - $1"
  if [ $# -gt 2 ]; then sed 's/^/#   /' "$3" | cut -c1-300 | tail -15; fi
}
skip() { echo "ok - $1 # SKIP not installed"; }

freetds() {
  printf '[global]\ntds version = 7.4\nclient charset = UTF-8\ntext size = 2147483647\n' >"$work/freetds.conf"
  printf '[default]\ndate format = %%Y-%%m-%%d %%H:%%M:%%S.%%z\n' >"$work/locales.conf"
  export FREETDSCONF=$work/freetds.conf FREETDS=$work/freetds.conf
  local out=$work/out err=$work/err

  timeout 60 tsql -H "$host" -p "$port" -U "$user" -P "$password" -D "$database" <"$here/setup.sql" >"$out" 2>&1
  ! grep -q 'Msg [0-9]* (severity 1[1-9]' "$out"
  report "tsql: makes and fills the tables" $? "$out"

  printf "SELECT id, bi, d, m, vc, nvc, cyr, u8, g FROM dbo.client_check ORDER BY id\ngo\n" |
    timeout 60 tsql -o fhq -t '|' -H "$host" -p "$port" -U "$user" -P "$password" -D "$database" >"$out" 2>"$err"
  printf '%s\n' '1|9223372036854775807|-1234567890123456789012345678.0123456789|-922337203685477.5808|café|日本 😀|Привет|€😀|6F9619FF-8B86-D011-B42D-00C04FC964FF' \
    '2|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL' >"$work/expected"
  diff "$work/expected" "$out" >"$work/diff"
  report "tsql: values" $? "$work/diff"

  printf 'SELECT 1/0\ngo\nSELECT * FROM dbo.no_such_table\ngo\n' |
    timeout 60 tsql -H "$host" -p "$port" -U "$user" -P "$password" -D "$database" >"$out" 2>&1
  grep -q 'Msg 8134 (severity 16' "$out" && grep -q 'Msg 208 (severity 16' "$out"
  report "tsql: errors 8134 and 208" $? "$out"

  timeout 60 tsql -H "$host" -p "$port" -U "$user" -P "wrong$password" -D "$database" </dev/null >"$out" 2>&1
  grep -q 'Msg 18456 (severity 14' "$out"
  report "tsql: wrong password is 18456" $? "$out"

  printf 'SELECT id, si, LEN(vcm), DATALENGTH(nvm), vc FROM dbo.client_check ORDER BY id\n' |
    timeout 60 bsqldb -S "$host:$port" -U "$user" -P "$password" -D "$database" -q -t '|' >"$out" 2>"$err"
  printf '%s\n' '1|-32768|70001|200000|café' '2|NULL|NULL|NULL|NULL' >"$work/expected"
  diff <(sed 's/[[:blank:]]*|[[:blank:]]*/|/g; s/^[[:blank:]]*//; s/[[:blank:]]*$//' "$out") "$work/expected" >"$work/diff"
  report "bsqldb: values" $? "$work/diff"

  freebcp_both_ways
}

freebcp_both_ways() {
  local out=$work/out i
  for i in $(seq 1 5000); do printf '%d\t%d\t%d.2500\t0.5\t2020-02-29 01:02:03.123\tv%d é\tn%d €\n' "$i" "$((i % 30000))" "$i" "$i" "$i"; done >"$work/in.txt"
  printf 'DELETE FROM dbo.client_copy\ngo\n' | timeout 60 tsql -H "$host" -p "$port" -U "$user" -P "$password" -D "$database" >"$out" 2>&1
  timeout 60 freebcp dbo.client_copy in "$work/in.txt" -S "$host:$port" -U "$user" -P "$password" -D "$database" -c -b 1000 >"$out" 2>&1
  grep -q '^5000 rows copied' "$out"
  report "freebcp: copies 5000 rows in" $? "$out"

  timeout 60 freebcp "SELECT * FROM dbo.client_copy ORDER BY id" queryout "$work/back.txt" -S "$host:$port" -U "$user" -P "$password" -D "$database" -c >"$out" 2>&1
  cmp -s "$work/in.txt" "$work/back.txt"
  report "freebcp: copies them out unchanged" $? <(diff "$work/in.txt" "$work/back.txt" | head -5; tail -3 "$out")

  # all but the sql_variant, which freebcp cannot turn into text
  timeout 60 freebcp "SELECT id,b,ti,si,bi,d,m,sm,r,f,da,t,sdt,dt,dt2,dto,c,vc,vcm,nc,nvc,nvm,cyr,u8,tx,ntx,img,bin,vb,vbm,g,x,n,rv FROM dbo.client_check" \
    queryout "$work/all.txt" -S "$host:$port" -U "$user" -P "$password" -D "$database" -c -T 2147483647 >"$out" 2>&1
  grep -q '^2 rows copied' "$out" && [ "$(grep -o 'y€y' "$work/all.txt" | wc -l)" -gt 20000 ]
  report "freebcp: every type out" $? "$out"
}

# MODULE FILE
run_python() {
  if ! "$python" -c "import $1" 2>/dev/null; then skip "$1"; return; fi
  timeout 120 "$python" "$here/$2" "$host" "$port" "$user" "$password" "$database" 2>&1 || echo "# $2 ended with status $?"
}

run_jtds() {
  local jar=${JTDS_JAR:-/usr/share/java/jtds.jar}
  if [ ! -e "$jar" ] || ! command -v java >/dev/null; then skip jTDS; return; fi
  timeout 120 java -cp "$jar" "$here/Jtds.java" "$host" "$port" "$user" "$password" "$database" 2>&1 ||
    echo "# Jtds.java ended with status $?"
}

run_tedious() {
  if ! command -v node >/dev/null || ! node -e "require('tedious')" 2>/dev/null; then skip tedious; return; fi
  timeout 120 node "$here/tedious_check.js" "$host" "$port" "$user" "$password" "$database" 2>&1 ||
    echo "# tedious_check.js ended with status $?"
}

number < <(
  if command -v tsql >/dev/null; then freetds; else echo "not ok - freetds-bin is needed: tsql makes the tables"; fi
  run_python pymssql pymssql_check.py
  run_python pytds pytds_check.py
  run_python socket wire_check.py
  run_jtds
  run_tedious
)
echo "1..$count"
[ "$failed" -eq 0 ]
