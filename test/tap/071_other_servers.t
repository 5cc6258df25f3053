#!/usr/bin/env bash
# Servers that are not SQL Server 2022 with a login that may do everything, and tables that are not ordinary ones. The stand-in poses as each.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 46

# database NAME: a fresh one, which from now on is the source.
database() {
  (
    MSSQL_TEST_DATABASE=master
    tsql "DROP DATABASE IF EXISTS [$1]"
    tsql "CREATE DATABASE [$1]"
  )
  export MSSQL_TEST_DATABASE=$1
}
pose() { tsql "EXEC tds_server_pose $1"; }
findings() { query "SET client_min_messages = error; SELECT f ->> 'severity', f ->> 'object', f ->> 'finding' FROM jsonb_array_elements(_mssql_fdw._model('all', '$1', 't', NULL, NULL, NULL, 'skip', '{}') -> 'findings') AS f"; }
copied() { query "SET client_min_messages = error; SELECT source, rows, status FROM replicate_all('$1', target_schema => '$2') ORDER BY source" 2>&1; }
readonly table="CREATE TABLE dbo.T (id int NOT NULL IDENTITY PRIMARY KEY, name nvarchar(20) NULL)"
readonly rows="INSERT INTO dbo.T (name) VALUES (N'a'), (N'b')"

# ---- older servers
for version in 11.0.7001.0 12.0.6024.0; do
  database mssql_fdw_old
  tsql "$table; $rows; CREATE SEQUENCE dbo.S AS int START WITH 7"
  pose "N'version', N'$version'"
  like "$(tsql "SELECT is_masked FROM sys.columns" 2>&1)" 'Invalid column name' "a server of version $version has not all columns of sys.columns"
  name=old_${version%%.*}
  make_server "$name"
  like "$(copied "$name" "$name")" 'dbo\.T\|2\|ok' "... and is copied"
  is "$(query "SELECT nextval('$name.s')")" 8 "... its sequences count as used"
  query "CREATE SCHEMA f_$name; IMPORT FOREIGN SCHEMA dbo FROM SERVER $name INTO f_$name" 2>/dev/null
  is "$(query "SELECT count(*) FROM f_$name.t")" 2 "... and imported"
done

# ---- newer ones: to clients that do not know its vectors a server sends varchar(max), though it calls their bytes varbinary
database mssql_fdw_new
pose "N'version', N'17.0.1000.7'"
tsql "CREATE TABLE dbo.V (id int NOT NULL PRIMARY KEY, v varchar(max) NULL, word sysname NULL); INSERT INTO dbo.V VALUES (1, '[1.0e+000,2.0e+000]', N'w')"
pose "N'declared_type', N'vector', N'dbo.V', N'v'"
pose "N'declared_length', N'16', N'dbo.V', N'v'"
make_server new
like "$(copied new new_copy)" 'dbo\.V\|1\|ok' "a table with a vector is copied"
is "$(query "SELECT v, word, pg_typeof(v), pg_typeof(word) FROM new_copy.v")" '[1.0e+000,2.0e+000]|w|text|character varying' "... which becomes text"
query "CREATE SCHEMA f_new; IMPORT FOREIGN SCHEMA dbo FROM SERVER new INTO f_new; ANALYZE f_new.v" 2>/dev/null
is "$(query "SELECT v FROM f_new.v")" '[1.0e+000,2.0e+000]' "... here, too"
is "$(query "SELECT attfdwoptions[2] FROM pg_attribute WHERE attrelid = 'f_new.v'::regclass AND attname = 'v'")" 'remote_type=vector' "... under its name"
tsql "ALTER TABLE dbo.V DROP COLUMN v, word; ALTER TABLE dbo.V ADD n nvarchar(max) NULL; UPDATE dbo.V SET n = N'x'"
tsql "EXEC tds_server_answer N'type', N'tensor', N'AS [is_column_set]'"
like "$(copied new newer_copy)" 'dbo\.V\|1\|ok' "a type that is not known yet"
is "$(query "SELECT n, pg_typeof(n), pg_typeof(id) FROM newer_copy.v")" 'x|text|text' "... is text"
like "$(query "SELECT notes FROM replicate.run_tables WHERE source = 'dbo.V' ORDER BY run DESC LIMIT 1")" 'a type that mssql_fdw does not know' "... and said to be one"
query "CREATE SCHEMA f_newer; IMPORT FOREIGN SCHEMA dbo FROM SERVER new INTO f_newer" 2>/dev/null
is "$(query "SELECT n, pg_typeof(n) FROM f_newer.v WHERE n = 'x'")" 'x|text' "... and imported"
no_faults

# ---- Azure
database mssql_fdw_azure
tsql "$table; $rows"
tsql "ALTER DATABASE mssql_fdw_azure SET ALLOW_SNAPSHOT_ISOLATION ON"
pose "N'edition', N'5'"
pose "N'version', N'16.0.1000.6'"
pose "N'id_shift', N'7'"
make_server azure
tsql "CREATE TABLE dbo.M (id int NULL)"
pose "N'is_memory_optimized', N'1', N'dbo.M'"
like "$(error_of "SELECT * FROM mssql_query('azure', 'SELECT id FROM dbo.M') AS q (id int)")" 41332 "SNAPSHOT is used where DB_ID() is not the number in sys.databases"
tsql "DROP TABLE dbo.M"
like "$(copied azure azure_copy)" 'dbo\.T\|2\|ok' "... and the database is copied"
is "$(query "SELECT isolation FROM replicate.runs ORDER BY id DESC LIMIT 1")" snapshot "... at SNAPSHOT, as history says"
tsql "EXEC tds_server_answer N'log_end_lsn', N'1:1:1', N'sys.dm_db_log_stats'"
is "$(query "SELECT count(*) FROM replicate_all('azure', target_schema => 'azure_copy', jobs => 2); SELECT consistency FROM replicate.runs ORDER BY id DESC LIMIT 1" 2>/dev/null | tail -1)" 'one moment' "... and at one moment, which goes by the database's name, too"
no_faults
for edition in 6 11; do
  pose "N'edition', N'$edition'"
  query "SELECT mssql_disconnect_all()" >/dev/null
  like "$(error_of "SELECT * FROM mssql_query('azure', 'SELECT 1') AS q (n int)")" '0A000: +mssql_fdw does not work with .*Synapse' "EngineEdition $edition is refused in words"
done

# ---- memory-optimized tables
database mssql_fdw_memory
tsql "$table; $rows"
pose "N'is_memory_optimized', N'1', N'dbo.T'"
make_server memory
like "$(error_of "BEGIN; SELECT * FROM mssql_query('memory', 'SELECT id FROM dbo.T') AS q (id int)")" '41368' "a memory-optimized table cannot be read in a transaction at READ COMMITTED"
like "$(copied memory memory_copy)" 'dbo\.T\|2\|ok' "... but is copied, by a table hint"
like "$(findings memory)" 'note\|dbo\.T\|memory-optimized' "... and said to be one"
tsql "ALTER DATABASE mssql_fdw_memory SET ALLOW_SNAPSHOT_ISOLATION ON"
query "SELECT mssql_disconnect_all()" >/dev/null
like "$(error_of "SELECT * FROM replicate_all('memory', target_schema => 'memory_snapshot')")" "isolation 'read_committed'" "at SNAPSHOT the run says what to do"
is "$(query "SELECT to_regnamespace('memory_snapshot') IS NULL")" t "... before anything is done"
query "ALTER SERVER memory OPTIONS (ADD isolation 'read_committed'); SELECT mssql_disconnect_all()" >/dev/null
like "$(copied memory memory_snapshot)" 'dbo\.T\|2\|ok' "... which then works"

# ---- graph, Always Encrypted, column sets, external, ledger, temporal
database mssql_fdw_kinds
tsql "CREATE TABLE dbo.Node (graph_id_1 bigint NOT NULL, node_id_1 nvarchar(1000) NOT NULL, name nvarchar(20) NULL)"
tsql "CREATE UNIQUE INDEX graph_unique ON dbo.Node (graph_id_1)"
tsql "INSERT INTO dbo.Node VALUES (1, N'{\"id\":1}', N'n')"
pose "N'is_node', N'1', N'dbo.Node'"
pose "N'graph_type', N'1', N'dbo.Node', N'graph_id_1'"
pose "N'graph_type', N'2', N'dbo.Node', N'node_id_1'"
tsql "CREATE TABLE dbo.Secret (id int NOT NULL PRIMARY KEY, ssn varbinary(200) NULL)"
tsql "INSERT INTO dbo.Secret VALUES (1, 0x0102)"
pose "N'encryption_type', N'2', N'dbo.Secret', N'ssn'"
pose "N'declared_type', N'nvarchar', N'dbo.Secret', N'ssn'"
pose "N'declared_length', N'22', N'dbo.Secret', N'ssn'"
tsql "CREATE TABLE dbo.Sparse (id int NOT NULL PRIMARY KEY, cs xml NULL); INSERT INTO dbo.Sparse VALUES (1, N'<a>1</a>')"
pose "N'is_column_set', N'1', N'dbo.Sparse', N'cs'"
tsql "CREATE TABLE dbo.Elsewhere (id int NULL)"
pose "N'is_external', N'1', N'dbo.Elsewhere'"
tsql "CREATE TABLE dbo.Ledger (id int NOT NULL PRIMARY KEY, gone int NULL)"
pose "N'ledger_type', N'2', N'dbo.Ledger'"
pose "N'is_dropped_ledger_column', N'1', N'dbo.Ledger', N'gone'"
tsql "CREATE TABLE dbo.Versioned (id int NOT NULL PRIMARY KEY)"
pose "N'temporal_type', N'2', N'dbo.Versioned'"
make_server kinds
like "$(error_of "SELECT * FROM mssql_query('kinds', 'SELECT graph_id_1 FROM dbo.Node') AS q (id bigint)")" 13908 "a graph table has a column that cannot be selected"
like "$(copied kinds kinds)" 'dbo\.Ledger\|0\|ok.*dbo\.Node\|1\|ok.*dbo\.Secret\|1\|ok.*dbo\.Sparse\|1\|ok.*dbo\.Versioned\|0\|ok' "tables of all kinds are copied"
is "$(query "SELECT node_id_1 || name FROM kinds.node")" '{"id":1}n' "... graph tables without that column"
is "$(query "SELECT ssn FROM kinds.secret")" '\x0102' "... encrypted columns as ciphertext"
is "$(query "SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = 'kinds.ledger'::regclass AND attnum > 0")" id "... ledger tables without dropped columns"
is "$(query "SELECT to_regclass('kinds.elsewhere') IS NULL")" t "... but external ones"
said=$(findings kinds)
for word in 'warning|dbo.Secret.ssn|encrypted by the client' 'note|dbo.Sparse.cs|a column set' 'note|dbo.Ledger|a ledger table' \
  'note|dbo.Node|a graph table' 'note|dbo.Versioned|system-versioned'; do
  if [[ $said == *"$word"* ]]; then pass "found: $word"; else fail "found: $word" || diag "$said"; fi
done

# ---- a login that may only read
database mssql_fdw_reader
tsql "CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, pin nvarchar(9) MASKED WITH (FUNCTION = 'default()') NULL); INSERT INTO dbo.T VALUES (1, N'1234')"
pose "N'filter_predicate', N'1', N'dbo.T'"
make_server reader
like "$(error_of "SELECT * FROM replicate_all('reader', target_schema => 'reader_copy')")" 'row-level security of the source may hide rows' "a filter predicate that is seen stops the run"
pose "N'babelfish', N'1'"
unlike "$(query "SELECT f ->> 'finding' FROM jsonb_array_elements(_mssql_fdw._model('all', 'reader', 't', NULL, NULL, NULL, 'skip', '{\"allow_filtered\": true}') -> 'findings') AS f")" 'only a part' "who owns the database sees it all"
key() { query "SELECT k.names FROM _mssql_fdw._range_keys(_mssql_fdw._model('all', 'reader', 't', NULL, NULL, NULL, 'skip', '{\"allow_masked\": true, \"allow_filtered\": true}')) AS k" 2>/dev/null; }
tsql "CREATE TABLE dbo.Hidden (pin int MASKED WITH (FUNCTION = 'default()') NOT NULL PRIMARY KEY)"
is "$(key | tr '\n' ' ')" '{pin} {id} ' "a key is one to divide a table by"
pose "N'reader', N'1'"
is "$(key)" '{id}' "... where it is not masked: masks have another order"
tsql "DROP TABLE dbo.Hidden"
like "$(error_of "SELECT * FROM replicate_all('reader', target_schema => 'reader_copy')")" 'would read masked values' "so does a mask that is not lifted"
pose "N'unmask', N'1'"
like "$(findings reader)" 'warning\|mssql_fdw_reader\|the login may see only a part' "a login that sees no predicates is told so"
like "$(copied reader reader_copy)" 'dbo\.T\|1\|ok' "... and what it sees is copied"
