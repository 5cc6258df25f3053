#!/usr/bin/env bash
# FreeTDS does not tell whether it encrypts, and takes encryption of the login alone for what was required: nothing of ours must be sent then.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
[ "${MSSQL_TEST_DRIVER:-native}" = freetds ] || skip_all "tests the FreeTDS driver only"
plan 9

readonly ctl=$tap_root/test/tds_server/ctl
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$tap_directory/key.pem" -out "$tap_directory/cert.pem" 2>/dev/null
trap 'status=$?; "$ctl" stop "$tap_directory/server" >/dev/null 2>&1; (exit $status); tap_end' EXIT
"$ctl" start "$tap_directory/server" --encrypt login --cert "$tap_directory/cert.pem" --key "$tap_directory/key.pem" >/dev/null 2>&1 ||
  { echo "Bail out! the stand-in did not start"; exit 1; }
readonly clear=$tap_directory/clear

# asked PORT ENCRYPT: the answer to a query over a new server there, or the error.
asked() {
  printf '%s\n' "SET client_min_messages = error;
    DROP SERVER IF EXISTS tls CASCADE;
    CREATE SERVER tls FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '127.0.0.1', port '$1', encrypt '$2', driver 'freetds', connect_timeout '3');
    CREATE USER MAPPING FOR CURRENT_USER SERVER tls OPTIONS (username 'sa', password '$(cat "$tap_directory/server/password")');
    SELECT x FROM mssql_query('tls', 'SELECT 17 AS secret') AS q(x int);" |
    psql_tap -v VERBOSITY=verbose -f - 2>&1 | sed 's/^psql:<stdin>:[0-9]*: //'
}
# between WAY: somebody on the way, who goes about it so; his port is $port.
between() {
  rm -f "$clear" "$tap_directory/$1.port"
  "${TEST_PYTHON:-python3}" "$tap_root/test/tap/lib/man_in_the_middle.py" "$(cat "$tap_directory/server/port")" "$1" "$clear" >"$tap_directory/$1.port" &
  tap_jobs+=("$1=$!")
  until [ -s "$tap_directory/$1.port" ]; do sleep 0.1; done
  port=$(cat "$tap_directory/$1.port")
}

query 'CREATE EXTENSION mssql_fdw'
is "$(asked "$(cat "$tap_directory/server/port")" require)" 17 "a server that encrypts all when it is asked to"
between plain
is "$(asked "$port" request)" 17 "somebody on the way lets pass what may be in clear text"
like "$(cat "$clear")" secret "... and reads it"
for way in plain disguised; do
  between "$way"
  like "$(asked "$port" require)" 'ERROR:  08001: .*only its login is encrypted' "one who turns the encryption off is noticed, $way"
  unlike "$(cat "$clear")" secret "... before anything of ours is sent"
done
between silent
like "$(asked "$port" require)" 'ERROR:  08001: .*timeout expired' "so is one who waits for the time to pass"
unlike "$(cat "$clear")" secret "... before anything of ours is sent"
