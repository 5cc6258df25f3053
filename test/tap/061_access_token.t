#!/usr/bin/env bash
# Logins with an access token of Entra ID: the file that holds it, who may name one, and that it travels under TLS only.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
readonly driver=${MSSQL_TEST_DRIVER:-native} ctl=$tap_root/test/tds_server/ctl
readonly accepted=$tap_directory/accepted token_file=$tap_directory/token
plan "$([ "$driver" = native ] && echo 28 || echo 1)"
trap 'status=$?; "$ctl" stop "$tap_directory/source" >/dev/null 2>&1; (exit $status); tap_end' EXIT

query "SET client_min_messages = warning; CREATE EXTENSION mssql_fdw"
umask 077
echo eyJ.first.token >"$token_file"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$tap_directory/key.pem" -out "$tap_directory/cert.pem" 2>/dev/null

readonly question="SELECT * FROM mssql_query('entra', 'SELECT SUSER_SNAME()') AS t(a text)"
# who [SERVER-OPTIONS [CA_FILE [PORT]]]: whom SQL Server takes us for, or the error.
who() {
  query "SET client_min_messages = error;
    DROP SERVER IF EXISTS entra CASCADE;
    CREATE SERVER entra FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '127.0.0.1', port '${3:-$port}', driver '$driver', ca_file '${2:-$tap_directory/cert.pem}'${1:+, $1});
    CREATE USER MAPPING FOR CURRENT_USER SERVER entra OPTIONS (access_token_file '$token_file')"
  answer "$question"
}
start() {
  rm -rf "$tap_directory/source"
  "$ctl" start "$tap_directory/source" --cert "$tap_directory/cert.pem" --key "$tap_directory/key.pem" "$@" >/dev/null 2>&1 || { echo "Bail out! the stand-in did not start"; exit 1; }
  port=$(cat "$tap_directory/source/port")
}
# The only token that the server accepts from now on.
accept() { echo "alice@example.org $1" >"$accepted"; }

if [ "$driver" = freetds ]; then
  like "$(who '' '' "$MSSQL_TEST_PORT")" 'ERROR:  0A000: FreeTDS cannot log in with an access token.*HINT: .*"native"' "FreeTDS has no access tokens"
  exit 0
fi

start
like "$(who)" 'ERROR:  28P01: Login failed for user' "a server that knows no tokens"
"$ctl" stop "$tap_directory/source" >/dev/null

start --access-token-file "$accepted"
accept eyJ.first.token
is "$(who)" alice@example.org "a token"
is "$(who "encrypt 'request'")" alice@example.org "... under TLS throughout, though it is asked for the login alone"
is "$(who "encrypt 'strict'")" alice@example.org "... over TDS 8.0"
query "ALTER SERVER entra OPTIONS (DROP ca_file, SET encrypt 'off')"
like "$(answer "$question")" 'ERROR:  08001: an access token is sent under TLS only.*HINT: .*"encrypt"' "... not without TLS"
like "$(who '' system)" 'ERROR:  08001: the server.s certificate is not trusted' "a certificate that the system does not trust"
query "ALTER SERVER entra OPTIONS (DROP ca_file)"
like "$(answer "$question")" 'ERROR:  08001: the server.s certificate is not trusted' "... which is what counts without a ca_file"
printf 'eyJ.first.token\r\n\n' >"$token_file"
is "$(who)" alice@example.org "line ends do not count"

# Something else renews the file.
accept eyJ.second.token
renewed=$(answer "$question"; echo eyJ.second.token >"$token_file"; answer "$question")
like "$renewed" 'ERROR:  28P01: Login failed for user .<token-identified principal>.*alice@example.org' "the file is read at each login"
echo eyJ.wrong.token >"$token_file"
like "$(who)" 'ERROR:  28P01: Login failed for user' "a wrong token"
unlike "$(who)" 'eyJ|wrong' "... does not show"
long=$(head -c 32768 /dev/zero | tr '\0' x)
accept "$long"
echo "$long" >"$token_file"
is "$(who)" alice@example.org "a token of 32 KB"
echo "x$long" >"$token_file"
like "$(who)" 'ERROR:  28000: could not use access token file.*more than 32768 bytes' "a longer one"
accept eyJ.first.token

rm "$token_file"
like "$(who)" "ERROR:  28000: could not use access token file \"$token_file\".*does not exist" "no file"
: >"$token_file"
like "$(who)" 'ERROR:  28000: could not use access token file.*It is empty' "an empty file"
echo '{"accessToken": "eyJ.first.token"}' >"$token_file"
like "$(who)" 'ERROR:  28000: could not use access token file.*something else.*HINT: .*--query accessToken' "JSON"
unlike "$(who)" 'eyJ' "... does not show"
printf 'eyJ.first token' >"$token_file"
like "$(who)" 'ERROR:  28000: could not use access token file.*something else' "two words"
echo eyJ.first.token >"$token_file"
chmod 644 "$token_file"
like "$(who)" 'ERROR:  28000: could not use access token file.*HINT:  Make it mode 0600' "a file that others may read"
chmod 600 "$token_file"
is "$(who)" alice@example.org "the token again"

own_source "$tap_directory/source" fault unproven_login 1
like "$(who)" 'ERROR:  08001: .*DETAIL:  the server did not acknowledge the access token' "a server that has not looked at the token"

# Who may name a file.
query "CREATE ROLE tap_plain_$$; GRANT USAGE ON FOREIGN SERVER entra TO tap_plain_$$; CREATE USER MAPPING FOR tap_plain_$$ SERVER entra"
readonly plain="SET ROLE tap_plain_$$;"
like "$(answer "$plain ALTER USER MAPPING FOR CURRENT_USER SERVER entra OPTIONS (ADD access_token_file '$token_file')")" \
  'ERROR:  42501: permission denied to set option "access_token_file"' "naming a file takes pg_read_server_files"
like "$(answer "$plain $question")" 'ERROR:  2F003: password is required' "without a token of his own a user is not let in"
query "ALTER USER MAPPING FOR tap_plain_$$ SERVER entra OPTIONS (ADD access_token_file '$token_file')"
is "$(query "$plain $question")" alice@example.org "... and with it he is"
query "DROP OWNED BY tap_plain_$$; DROP ROLE tap_plain_$$"
like "$(answer "ALTER USER MAPPING FOR CURRENT_USER SERVER entra OPTIONS (ADD username 'x')")" 'ERROR:  42601: options "access_token_file" and "username" exclude each other' \
  "a username has no place beside it"
like "$(answer "ALTER USER MAPPING FOR CURRENT_USER SERVER entra OPTIONS (SET access_token_file 'token')")" 'ERROR:  22023: invalid value' "the path is absolute"
"$ctl" stop "$tap_directory/source" >/dev/null

start --access-token-file "$accepted" --encrypt not_supported
like "$(who)" 'ERROR:  08001: the server does not encrypt, and an access token is sent under TLS only' "a server without TLS"
"$ctl" stop "$tap_directory/source" >/dev/null
start --access-token-file "$accepted" --encrypt full
is "$(who)" alice@example.org "a server that encrypts throughout"
