# A Kerberos realm for tests, EXAMPLE.ORG: a KDC on a port of its own with all of its files in one directory. Sourced after tap.sh
# and cluster.sh. Environment variables say where Kerberos finds all that, so a server that is to take part must be started with them:
# start_cluster.
# shellcheck shell=bash

PATH=$PATH:/usr/sbin:/sbin # krb5kdc and its like
realm_directory=$tap_directory/realm

needs_kdc() {
  local program
  for program in krb5kdc kdb5_util kadmin.local kinit; do
    command -v "$program" >/dev/null || skip_all "needs $program (krb5-kdc, krb5-admin-server, krb5-user)"
  done
}

# start_realm: the KDC, and KRB5_CONFIG, KRB5CCNAME and KRB5_CLIENT_KTNAME for its clients (there is neither ticket nor keytab yet).
start_realm() {
  mkdir "$realm_directory"
  export KRB5_CONFIG=$realm_directory/krb5.conf KRB5_KDC_PROFILE=$realm_directory/kdc.conf
  export KRB5CCNAME=FILE:$realm_directory/tickets KRB5_CLIENT_KTNAME=FILE:$realm_directory/client.keytab KRB5_KTNAME=FILE:$realm_directory/service.keytab
  export KRB5RCACHENAME=none: # or it would be outside of the directory
  kdc_port=0
  configure_realm
  kdb5_util create -s -P "master key" >"$realm_directory/create.log" 2>&1 || bail_out "no Kerberos database: $(cat "$realm_directory/create.log")"
  start_kdc
}

configure_realm() {
  cat >"$KRB5_CONFIG" <<CONF
[libdefaults]
  default_realm = EXAMPLE.ORG
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  udp_preference_limit = 1
[realms]
  EXAMPLE.ORG = {
    kdc = 127.0.0.1:$kdc_port
  }
[logging]
  kdc = FILE:$realm_directory/kdc.log
CONF
  cat >"$KRB5_KDC_PROFILE" <<CONF
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:$kdc_port
[realms]
  EXAMPLE.ORG = {
    database_name = $realm_directory/principals
    key_stash_file = $realm_directory/stash
  }
CONF
}

# On a free port below the ephemeral range; it ends when it cannot have the port.
start_kdc() {
  local attempt
  for attempt in 1 2 3 4 5; do
    kdc_port=$((20000 + RANDOM % 12000))
    configure_realm
    krb5kdc -n >"$realm_directory/kdc.out" 2>&1 &
    kdc_pid=$!
    tap_jobs+=("kdc=$kdc_pid")
    while kill -0 "$kdc_pid" 2>/dev/null; do
      (exec 3<>"/dev/tcp/127.0.0.1/$kdc_port") 2>/dev/null && return
      sleep 0.1
    done
  done
  bail_out "no KDC after $attempt attempts: $(tail -n 3 "$realm_directory/kdc.out" "$realm_directory/kdc.log")"
}

stop_kdc() {
  kill "$kdc_pid"
  wait "$kdc_pid" 2>/dev/null
}

# principal NAME KEYTAB: a principal with a random key, which goes into KEYTAB (a file in the realm's directory).
principal() {
  kadmin.local -q "addprinc -randkey $1" >>"$realm_directory/kadmin.log" 2>&1
  kadmin.local -q "ktadd -k $realm_directory/$2 $1" >>"$realm_directory/kadmin.log" 2>&1
}

# ticket_for NAME: in the place of whatever tickets there were.
ticket_for() {
  no_ticket
  kinit -k -t "$realm_directory/users.keytab" "$1"
}
no_ticket() { rm -f "${KRB5CCNAME#FILE:}"; }

# The times of a ticket stand in the cache beside it: start, and end as kinit asks for it a day later. They become those of long ago.
expire_ticket() {
  "${TEST_PYTHON:-python3}" - "${KRB5CCNAME#FILE:}" <<'PYTHON'
import struct, sys
cache = bytearray(open(sys.argv[1], "rb").read())
for at in range(len(cache) - 12):
    issued, start, end = struct.unpack_from(">III", cache, at)
    if issued == start > 0 and end == start + 86400:
        struct.pack_into(">III", cache, at, issued - 10 * 86400, start - 10 * 86400, end - 10 * 86400)
open(sys.argv[1], "wb").write(cache)
PYTHON
}
