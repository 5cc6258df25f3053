#!/usr/bin/env bash
# Answers of another shape than the question has: from anybody whom a role that may create servers names as one.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 3

"${TEST_PYTHON:-python3}" "$tap_root/test/tap/lib/one_column_server.py" >"$tap_directory/port" &
tap_jobs+=("server=$!")
until [ -s "$tap_directory/port" ]; do sleep 0.1; done

query "CREATE EXTENSION mssql_fdw;
  CREATE SERVER odd FOREIGN DATA WRAPPER mssql_fdw OPTIONS (host '127.0.0.1', port '$(cat "$tap_directory/port")', encrypt 'off', driver '${MSSQL_TEST_DRIVER:-native}');
  CREATE USER MAPPING FOR CURRENT_USER SERVER odd OPTIONS (username 'u', password 'p')"
error=$(error_of "SELECT * FROM mssql_query('odd', 'SELECT 1') AS t(a int)")
like "$error" 'HV000: the server.s answer has an unexpected shape' "one column in the place of two"
like "$error" 'has 1 column\.' "... is counted"
unlike "$error" 'x{20}' "... and nothing of it shown"
