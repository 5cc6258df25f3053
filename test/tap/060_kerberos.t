#!/usr/bin/env bash
# Integrated logins: Kerberos with the server process's own credentials, and NTLM with a Windows account of the user mapping.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
. "$tap_root/test/tap/lib/cluster.sh"
. "$tap_root/test/tap/lib/kerberos.sh"
needs_stand_in
needs_kdc
readonly driver=${MSSQL_TEST_DRIVER:-native} ctl=$tap_root/test/tds_server/ctl source=$tap_directory/source
plan "$([ "$driver" = native ] && echo 33 || echo 11)"
trap 'status=$?; "$ctl" stop "$source" >/dev/null 2>&1; stop_cluster; (exit $status); tap_end' EXIT

start_realm
export NTLM_USER_FILE=$realm_directory/accounts
printf 'EXAMPLE:bob:hunter2\n' >"$NTLM_USER_FILE"
"$ctl" start "$source" --windows-login 'EXAMPLE\alice' --windows-login 'EXAMPLE\bob' >"$tap_directory/start.log" 2>&1 ||
  bail_out "the stand-in did not start: $(cat "$tap_directory/start.log")"
readonly port=$(cat "$source/port")
unset NTLM_USER_FILE # the accounts are the server's to know
principal "MSSQLSvc/localhost:$port" service.keytab
principal MSSQLSvc/elsewhere:1433 elsewhere.keytab
principal alice users.keytab
principal mallory users.keytab
start_cluster
query 'CREATE EXTENSION mssql_fdw; CREATE ROLE plain'

readonly question="SELECT * FROM mssql_query('sso', 'SELECT SUSER_SNAME(), auth_scheme FROM sys.dm_exec_connections WHERE session_id = @@SPID') AS t(a text, b text)"
# who [SERVER-OPTIONS [MAPPING-OPTIONS]]: whom SQL Server takes us for, and by which scheme; or the error.
who() {
  make "$@"
  answer "$question"
}
make() {
  local options="host 'localhost', port '$port', driver '$driver'"
  [[ ${1:-} != host* ]] || options="driver '$driver'"
  query "SET client_min_messages = error;
    DROP SERVER IF EXISTS sso CASCADE;
    CREATE SERVER sso FOREIGN DATA WRAPPER mssql_fdw OPTIONS ($options${1:+, $1});
    CREATE USER MAPPING FOR CURRENT_USER SERVER sso OPTIONS (${2:-password_required 'true'});"
}
as_plain() { answer "SET ROLE plain; ${1:-$question}"; }
readonly alice='EXAMPLE\alice|KERBEROS' spn="server_spn 'MSSQLSvc/localhost:$port'"

# ------------------------------------------------------------------------------------------------------- with either driver
ticket_for alice
is "$(who)" "$alice" "a ticket of the server process"
is "$(who "encrypt 'request'")" "$alice" "... under TLS for the login alone"
like "$(who "host '127.0.0.1', port '$port'")" '^ERROR:  (28000|08001): ' "a host that Kerberos does not know"
is "$(who "host '127.0.0.1', port '$port', $spn")" "$alice" "... whose service is named by server_spn"
ticket_for mallory
like "$(who)" "ERROR:  28P01: Login failed for user 'EXAMPLE.mallory'" "a principal that has no login"
no_ticket
like "$(who)" '^ERROR:  (28000|08001): .*HINT:  [^.]*ticket' "no ticket"
cp "$realm_directory/users.keytab" "${KRB5_CLIENT_KTNAME#FILE:}"
is "$(who)" "$alice" "a client keytab does without kinit"
rm -f "${KRB5_CLIENT_KTNAME#FILE:}"

ticket_for alice
make
query "GRANT USAGE ON FOREIGN SERVER sso TO plain; CREATE USER MAPPING FOR plain SERVER sso"
like "$(as_plain)" 'ERROR:  2F003: password is required' "who is no superuser has no use of the ticket"
like "$(as_plain "ALTER USER MAPPING FOR plain SERVER sso OPTIONS (ADD password_required 'false'); $question")" '42501' "... and cannot help himself to it"
query "ALTER USER MAPPING FOR plain SERVER sso OPTIONS (ADD password 'x')"
like "$(as_plain)" 'ERROR:  2F003: password is required' "... nor with a password for nobody"
query "DROP USER MAPPING FOR plain SERVER sso; CREATE USER MAPPING FOR plain SERVER sso OPTIONS (password_required 'false')"
is "$(query "SET ROLE plain; $question")" "$alice" "... unless a superuser says so"

[ "$driver" = native ] || exit 0

# --------------------------------------------------------------------------------------------------------- the native driver
is "$(query "ALTER SERVER sso OPTIONS (DROP driver); $question")" "$alice" "the driver that is chosen by itself"
like "$(who "host '127.0.0.1', port '$port'")" 'could not log in with Kerberos.*Server MSSQLSvc/127.0.0.1:[0-9]*@EXAMPLE.ORG not found.*HINT: .*server_spn' \
  "what the KDC says of an unknown service"
like "$(who "server_spn 'MSSQLSvc/elsewhere:1433'")" 'ERROR:  28000: Login failed. The login is from an untrusted domain.*18452' \
  "a ticket for another service is refused"
is "$(who "server_spn 'MSSQLSvc/localhost:$port@EXAMPLE.ORG', encrypt 'strict'")" "$alice" "a service with its realm, over TDS 8.0"
like "$(who "host '$MSSQL_TEST_HOST', port '$MSSQL_TEST_PORT', $spn")" 'ERROR:  28000: Login failed. The login is from an untrusted domain' \
  "a server without integrated logins"
own_source "$source" fault unproven_login 1
like "$(who)" 'ERROR:  28000: the server accepted the login and did not prove who it is' "an impostor"
is "$(who)" "$alice" "... and the right one"
no_ticket
like "$(who)" 'ERROR:  28000: could not log in with Kerberos.*DETAIL:  GSSAPI reports: No credentials cache found' "no ticket, in words"
ticket_for alice
expire_ticket
like "$(who)" 'ERROR:  28000: could not log in with Kerberos.*expired.*HINT: .*keytab' "an expired ticket, in words"
: >"${KRB5CCNAME#FILE:}"
like "$(who)" "ERROR:  28000: could not log in with Kerberos.*The ticket cache is \"$KRB5CCNAME\"" "an empty ticket cache"

ticket_for alice
printf '[stand_in]\nhost = localhost\nport = %s\ntds version = 7.4\n' "$port" >"$tap_directory/freetds.conf"
if freetds=$(type -P tsql); then
  like "$(printf 'SELECT SUSER_SNAME()\ngo\n' | FREETDSCONF=$tap_directory/freetds.conf timeout 60 "$freetds" -S stand_in 2>&1)" 'EXAMPLE.alice' "FreeTDS logs in to the stand-in, too"
else
  pass "FreeTDS logs in to the stand-in, too # skip freetds-bin is not installed"
fi
stop_kdc
like "$(who "server_spn 'MSSQLSvc/unheard.of:1433'")" 'ERROR:  28000: could not log in with Kerberos.*Cannot contact any KDC' "no KDC"

# -------------------------------------------------------------------------------------------------------------------- NTLM
readonly bob="username 'EXAMPLE\\bob', password 'hunter2'"
like "$(who '' "username 'EXAMPLE\\bob'")" 'ERROR:  28000: a Windows account needs a password' "a Windows account without a password"
ntlm=$(who '' "$bob")
if [[ $ntlm == *'unsupported mechanism'* ]]; then
  like "$ntlm" 'HINT: .*gss-ntlmssp' "NTLM without gss-ntlmssp is an error with a hint"
  for test in "NTLM" "over TLS" "non-superuser" "wrong password" "secret" "domain" "server"; do pass "$test # skip gss-ntlmssp is not installed"; done
else
  is "$ntlm" 'EXAMPLE\bob|NTLM' "a Windows account goes by NTLM"
  is "$(who "encrypt 'request'" "$bob")" 'EXAMPLE\bob|NTLM' "... under TLS for the login alone"
  query "GRANT USAGE ON FOREIGN SERVER sso TO plain; CREATE USER MAPPING FOR plain SERVER sso OPTIONS ($bob)"
  is "$(query "SET ROLE plain; $question")" 'EXAMPLE\bob|NTLM' "... also for who is no superuser"
  wrong=$(who '' "username 'EXAMPLE\\bob', password 'hunter3'")
  like "$wrong" 'ERROR:  28000: Login failed.*18452' "a wrong password"
  unlike "$wrong" 'hunter' "... does not show"
  like "$(who '' "username 'ELSEWHERE\\bob', password 'hunter2'")" 'ERROR:  28' "another domain"
  like "$(who "host '$MSSQL_TEST_HOST', port '$MSSQL_TEST_PORT'" "$bob")" 'ERROR:  28000: Login failed.*18452' "a server without integrated logins"
  is "$(who '' "username 'sa', password '$(cat "$source/password")'")" 'sa|SQL' "a SQL login is none of all this"
fi
unlike "$(cat "$tap_directory/cluster.log")" 'terminated by signal' "no server process crashed"
