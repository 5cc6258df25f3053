#!/usr/bin/env bash
# TLS: what the option encrypt asks for against what the server offers, and whom the certificate makes believe.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
[ "${MSSQL_TEST_DRIVER:-native}" = native ] || skip_all "tests the native driver only"
plan 26

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$tap_directory/key.pem" -out "$tap_directory/cert.pem" 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$tap_directory/other.key" -out "$tap_directory/other.pem" 2>/dev/null
readonly cert="ca_file '$tap_directory/cert.pem'" other="ca_file '$tap_directory/other.pem'"
readonly ctl=$tap_root/test/tds_server/ctl

# start MODE: a stand-in of our own that encrypts so.
start() {
  rm -rf "$tap_directory/server"
  "$ctl" start "$tap_directory/server" --encrypt "$1" --cert "$tap_directory/cert.pem" --key "$tap_directory/key.pem" >/dev/null 2>&1 ||
    { echo "Bail out! the stand-in did not start"; exit 1; }
}
# asked ENCRYPT [OPTIONS [HOST]]: with an empty ENCRYPT by the default; the answer to a query over a new server with these options, or the error. A long value takes many TLS records.
asked() {
  local host=${3:-localhost}
  printf '%s\n' "SET client_min_messages = error;
    DROP SERVER IF EXISTS tls CASCADE;
    CREATE SERVER tls FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '$host', port '$(cat "$tap_directory/server/port")'${1:+, encrypt '$1'}${2:+, $2});
    CREATE USER MAPPING FOR CURRENT_USER SERVER tls OPTIONS (username 'sa', password '$(cat "$tap_directory/server/password")');
    SELECT x, length(t) FROM mssql_query('tls', 'SELECT 1, REPLICATE(CAST(N''x'' AS nvarchar(max)), 300000)') AS q(x int, t text);" |
    psql_tap -v VERBOSITY=verbose -f - 2>&1 | sed 's/^psql:<stdin>:[0-9]*: //'
}
trap 'status=$?; "$ctl" stop "$tap_directory/server" >/dev/null 2>&1; (exit $status); tap_end' EXIT

query 'CREATE EXTENSION mssql_fdw'

start full
like "$(asked off)" 'ERROR:  08001: the server insists on encryption' "off, to a server that insists"
is "$(asked request)" '1|300000' "request, to a server that insists"
is "$(asked require)" '1|300000' "require"
is "$(asked strict)" '1|300000' "strict"
is "$(asked require "$cert")" '1|300000' "require, with the server's authority"
is "$(asked strict "$cert")" '1|300000' "strict, with the server's authority"
like "$(asked require "$other")" 'ERROR:  08001: the server.s certificate is not trusted' "another authority"
like "$(asked strict "$other")" 'ERROR:  08001: the server.s certificate is not trusted' "another authority, strict"
like "$(asked require "ca_file 'system'")" 'ERROR:  08001: the server.s certificate is not trusted' "the system's authorities"
like "$(asked require "$cert" 127.0.0.1)" 'ERROR:  08001: the server.s certificate is not trusted: (IP address|hostname) mismatch' "another name"
is "$(asked require "$cert, verify_host 'off'" 127.0.0.1)" '1|300000' "another name, verify_host off"
is "$(asked require "$cert, tls_name 'localhost'" 127.0.0.1)" '1|300000' "another name, which tls_name tells"
like "$(asked require "$cert, tls_name 'db.example'")" 'hostname mismatch' "... and not any name"
like "$(asked require "ca_file '/nowhere/ca.pem'")" 'ERROR:  22023: could not read ca_file "/nowhere/ca.pem"' "no such ca_file"
"$ctl" stop "$tap_directory/server" >/dev/null

start login
is "$(asked off)" '1|300000' "off, to a server that encrypts the login"
is "$(asked request)" '1|300000' "request: only the login"
is "$(asked request "$cert")" '1|300000' "request, with the server's authority"
like "$(asked request "$other")" 'not trusted' "request, another authority"
is "$(asked require)" '1|300000' "require"
is "$(asked '')" '1|300000' "the default, too"
"$ctl" stop "$tap_directory/server" >/dev/null

start not_supported
is "$(asked request)" '1|300000' "request, to a server without TLS"
like "$(asked request "$cert")" 'ERROR:  08001: the server does not encrypt' "... but not when it is to prove itself"
like "$(asked require)" 'ERROR:  08001: the server does not encrypt' "require, to a server without TLS"
like "$(asked '')" 'ERROR:  08001: the server does not encrypt' "the default, to a server without TLS"
is "$(asked off)" '1|300000' "... which can be had by asking for it"
like "$(asked strict)" 'ERROR:  08001: ' "strict, to a server without TLS"
