#!/usr/bin/env bash
# Databases of encodings that lack characters of the source (LATIN1), and of one that counts bytes (SQL_ASCII).
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
plan 24

(
  MSSQL_TEST_DATABASE=master
  tsql "DROP DATABASE IF EXISTS mssql_fdw_scripts"
  tsql "CREATE DATABASE mssql_fdw_scripts"
)
export MSSQL_TEST_DATABASE=mssql_fdw_scripts
tsql "CREATE TABLE dbo.Größe (id int NOT NULL CONSTRAINT pk_größe PRIMARY KEY, wort nvarchar(5) NOT NULL, fest nchar(5) NOT NULL, schmal varchar(5) NOT NULL)"
tsql "INSERT INTO dbo.Größe VALUES (1, N'äöüßé', N'äö', 'éèêëç')"
tsql "CREATE TABLE dbo.Дом (id int NOT NULL PRIMARY KEY, größe int NULL CONSTRAINT fk_größe REFERENCES dbo.Größe (id))"
tsql "INSERT INTO dbo.Дом VALUES (1, 1)"
tsql "CREATE TABLE dbo.Mixed (id int NOT NULL PRIMARY KEY, имя int NULL, a int NULL CONSTRAINT ck_a CHECK (a > 0), b nvarchar(20) NULL CONSTRAINT df_b DEFAULT (N'дом'))"
tsql "CREATE UNIQUE INDEX ux_both ON dbo.Mixed (a, имя)"
tsql "CREATE INDEX ix_a ON dbo.Mixed (a)"
tsql "INSERT INTO dbo.Mixed VALUES (1, 2, 3, N'b')"
tsql "EXEC sp_addextendedproperty N'MS_Description', N'дом', N'SCHEMA', N'dbo', N'TABLE', N'Mixed'"
tsql "CREATE SEQUENCE dbo.Номер AS int"

# target NAME ENCODING: a database, which from now on is the target.
target() {
  PGDATABASE=postgres query "DROP DATABASE IF EXISTS $1" 2>/dev/null
  PGDATABASE=postgres query "CREATE DATABASE $1 TEMPLATE template0 ENCODING '$2' LOCALE 'C'"
  export PGDATABASE=$1 PGCLIENTENCODING=UTF8
  [ "$2" != SQL_ASCII ] || unset PGCLIENTENCODING
  make_server mssql
}
first_database=$PGDATABASE
copied() { query "SET client_min_messages = error; SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copy') ORDER BY source COLLATE \"C\"" 2>&1; }
findings() { query "SET client_min_messages = error; SELECT f ->> 'severity', f ->> 'object', f ->> 'finding' FROM jsonb_array_elements(_mssql_fdw._model('all', 'mssql', 'copy', NULL, NULL, NULL, 'skip', '{}') -> 'findings') AS f"; }

target "tap_latin_$$" LATIN1
said=$(findings)
like "$said" 'warning\|\[dbo\]\.\[\?+\]\|set aside: its name' "LATIN1: a table that cannot be named is a finding"
like "$said" 'warning\|dbo\.Mixed\.\?+\|set aside: the column' "... a column"
like "$said" 'warning\|dbo\.Mixed\.ux_both\|set aside' "... an index over such a column"
like "$said" 'warning\|\[dbo\]\.\[\?+\]\|set aside: the sequence' "... a sequence"
like "$said" 'note\|dbo\.Mixed\|its comment' "... a comment"
unlike "$said" 'fk_größe' "... but not what stands on a table that is set aside"
like "$(copied)" '\[dbo\]\.\[Größe\]\|1\|ok.*dbo\.Mixed\|1\|ok, with notes' "all others are copied"
like "$(query "SELECT notes FROM replicate.run_tables WHERE source = 'dbo.Mixed'")" 'dbo.Mixed.ux_both: set aside' "... and say what they lack"
is "$(query "SELECT wort, length(wort), fest, schmal FROM copy.größe")" 'äöüßé|5|äö   |éèêëç' "... with lengths in characters"
is "$(query "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'copy.mixed'::regclass AND attnum > 0")" 'id,a,b' "... without the column"
is "$(query "SELECT string_agg(indexrelid::regclass::text, ',' ORDER BY 1) FROM pg_index WHERE indrelid = 'copy.mixed'::regclass AND NOT indisprimary")" 'copy.ix_a' \
  "... with the index that does without it"
is "$(query "SELECT count(*) FROM pg_constraint WHERE conrelid = 'copy.mixed'::regclass AND contype = 'c'")" 1 "... with its check"
imported=$(query "CREATE SCHEMA f; SET client_min_messages = notice; IMPORT FOREIGN SCHEMA dbo FROM SERVER mssql INTO f OPTIONS (import_default 'true')" 2>&1)
like "$imported" 'table "\?+" is left out: this database.s encoding lacks' "IMPORT FOREIGN SCHEMA leaves the table out, and says so"
like "$imported" 'column "\?+" of table "Mixed" is left out' "... the column"
like "$imported" 'default of column "b" of table "Mixed" is left out' "... the default"
is "$(query "SELECT wort FROM f.größe")" 'äöüßé' "... and reads the others"
is "$(query "SELECT id, a, b FROM f.mixed")" '1|3|b' "... also the one with fewer columns"
like "$(error_of "SELECT * FROM mssql_query('mssql', 'SELECT NCHAR(1044)') AS t (a text)")" '22P05.*HINT: .*LATIN1' "a value that cannot be kept says why"
PGDATABASE=$first_database query "DROP DATABASE tap_latin_$$ WITH (FORCE)"

target "tap_ascii_$$" SQL_ASCII
is "$(findings)" '' "SQL_ASCII: everything can be named"
like "$(copied)" '\[dbo\]\.\[Größe\]\|1\|ok.*\[dbo\]\.\[Дом\]\|1\|ok.*dbo\.Mixed\|1\|ok' "... and copied"
is "$(query "SELECT wort, octet_length(wort), schmal, octet_length(fest) FROM copy.\"größe\"")" 'äöüßé|10|éèêëç|7' "... with room for the source's characters"
ok "query 'CREATE TABLE copy.again (LIKE copy.\"größe\"); INSERT INTO copy.again SELECT * FROM copy.\"größe\"'" "... in the type, so that they can be written again"
query "CREATE SCHEMA f; IMPORT FOREIGN SCHEMA dbo FROM SERVER mssql INTO f" 2>/dev/null
is "$(query "SELECT wort, schmal FROM f.\"größe\"")" 'äöüßé|éèêëç' "foreign tables have it too"
is "$(query "SELECT count(*) FROM f.\"Дом\"")" 1 "... under names of any script"
PGDATABASE=$first_database query "DROP DATABASE tap_ascii_$$ WITH (FORCE)"
export PGDATABASE=$first_database
