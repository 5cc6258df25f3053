#!/usr/bin/env bash
# Tables that several workers load at once, in ranges of a key: each row once, whatever the key's type, and whatever happens meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
needs_stand_in
only_native
plan 67

# all TABLES [ARGUMENTS [OPTIONS]]
all() { echo "SELECT source, rows, status FROM replicate_all('mssql', target_schema => 'copies', include => '{$1}', jobs => 2, ${2:-chunk_rows => 1000}, options => '{${3:-}}') ORDER BY source"; }
# What the last run has read itself: its chunks, and their rows.
read_by_last() { query "SELECT coalesce(string_agg(substr(source, 15) || chunk || ':' || rows, ' ' ORDER BY source, chunk), 'nothing') FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)"; }
sums() { query "SELECT count(*), sum(v), count(DISTINCT v) FROM copies.tap_chunk_$1"; }
schemas() { no_workers && query "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replicate\__%'"; }
readonly whole='5000|12502500|5000'
tsql "CREATE TABLE dbo.tap_numbers (n int NOT NULL PRIMARY KEY); INSERT INTO dbo.tap_numbers SELECT n FROM $(numbers 5000)"
# table NAME COLUMNS VALUES [ROWS]
table() { tsql "CREATE TABLE dbo.tap_chunk_$1 ($2); INSERT INTO dbo.tap_chunk_$1 SELECT $3 FROM dbo.tap_numbers WHERE n <= ${4:-5000}"; }

table a 'id int NOT NULL PRIMARY KEY, v int NOT NULL' 'n, n'
table b 'tenant smallint NOT NULL, day date NOT NULL, name varchar(20) NOT NULL, v int NULL, PRIMARY KEY (tenant, day, name)' \
  "n % 3, DATEADD(day, n % 100, '2020-01-01'), CONCAT('it''s [', n, ']'), n"
table c 'id int NULL UNIQUE, v int NULL' 'n, n'
table d 'v int NULL' n
table e 'a int NOT NULL, b int NULL, v int NULL, CONSTRAINT tap_chunk_e_key UNIQUE (a, b)' 'n / 10, n, n'
make_server mssql

is "$(query "SELECT substr(source, 15), note FROM replicate_plan('mssql', target_schema => 'copies', include => '{tap_chunk%}', jobs => 2, chunk_rows => 1000) WHERE kind = 'load' ORDER BY source" 2>/dev/null | tr '\n' ' ')" \
  'a|in up to 5 chunks, by ranges of [id] b|in up to 5 chunks, by ranges of [tenant], [day], [name] c| d| e|in up to 5 chunks, by ranges of [a] ' "a plan says which tables are loaded in chunks"
answered=$(answer "$(all 'tap_chunk_a,tap_chunk_b,tap_chunk_c,tap_chunk_d,tap_chunk_e')")
like "$answered" 'table [1-5] of 5: dbo.tap_chunk_a -> copies.tap_chunk_a: 5000 rows, 39 kB in [^,]*, in chunks' "a large table is loaded in chunks, which is told"
is "$(grep -c 'NOTICE:  00000: table [1-5] of 5' <<<"$answered")" 5 "... by one line"
like "$answered" '5 tables: 25000 rows, ' "... and so is the run"
like "$answered" 'dbo.tap_chunk_a\|5000\|ok.dbo.tap_chunk_b\|5000\|ok.dbo.tap_chunk_c\|5000\|ok.dbo.tap_chunk_d\|5000\|ok.dbo.tap_chunk_e\|5000\|ok' "... and is one in the answer"
is "$(query "SELECT string_agg(source || ' ' || chunks || ' ' || rows, ' ' ORDER BY source) FROM (SELECT substr(source, 15) AS source, count(*) AS chunks, sum(rows) AS rows FROM replicate.run_chunks GROUP BY 1) AS x")" \
  'a 5 5000 b 5 5000 c 1 5000 d 1 5000 e 5 5000' "by a key that is never NULL, as far as it is; without one as a whole"
# Of whose chunks and whose rows, as they are here, the hash is another one: none.
hashes() {
  query "SELECT string_agg(source, ' ') FROM (
           SELECT t.source, t.hash, _mssql_fdw._sum_of_hashes(array_agg(c.hash)) AS added,
                  _mssql_fdw._row_hash(t.target::regclass, ARRAY(SELECT attname FROM pg_attribute WHERE attrelid = t.target::regclass AND attnum > 0 ORDER BY attnum)) AS here
           FROM replicate.run_tables AS t JOIN replicate.run_chunks AS c ON c.source = t.source AND c.run IN ($1)
           WHERE t.run = (SELECT max(id) FROM replicate.runs) GROUP BY t.source, t.hash, t.target) AS x WHERE (hash = added AND hash = here) IS NOT TRUE"
}
readonly last='SELECT max(id) FROM replicate.runs'
is "$(hashes "$last")$(query "SELECT count(*), count(DISTINCT hash) FROM replicate.run_chunks")" '17|17' "each chunk has a hash, and they add up to that of the rows that are here"
for name in a b e; do is "$(sums $name)" "$whole" "each row of $name is there once"; done
is "$(query "SELECT rows, bytes FROM replicate.run_tables WHERE source = 'dbo.tap_chunk_a'")" '5000|40000' "history has the table"
is "$(query "SELECT count(*) FROM pg_constraint WHERE conrelid::regclass::text IN ('copies.tap_chunk_a', 'copies.tap_chunk_b') AND contype = 'p'")" 2 "keys are made once"
is "$(query "SELECT min(reltuples) FROM pg_class WHERE relname LIKE 'tap\_chunk\__' AND relkind = 'r'")" 5000 "... and statistics"
is "$(schemas)" 0 "nothing is left"

# A refresh, of tables that are switched and of one that is refilled.
query "CREATE TABLE copies.parted (LIKE copies.tap_chunk_b) PARTITION BY LIST (tenant); CREATE TABLE copies.part PARTITION OF copies.parted DEFAULT; DROP TABLE copies.tap_chunk_b; ALTER TABLE copies.parted RENAME TO tap_chunk_b" 2>/dev/null
tsql "UPDATE dbo.tap_chunk_a SET v = v + 1"
is "$(query "SELECT status FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_chunk_a,tap_chunk_b}', jobs => 3, chunk_rows => 700, on_existing => 'truncate') ORDER BY source" 2>/dev/null | sort -u)" ok "a refresh has chunks, too"
is "$(sums a) $(sums b) $(read_by_last | wc -w)" '5000|12507500|5000 5000|12502500|5000 16' "... and all new rows"
is "$(hashes "$last")" '' "... which their hashes tell"
tsql "UPDATE dbo.tap_chunk_b SET v = v + 1 WHERE v = 7"
answered=$(answer "$(all 'tap_chunk_a,tap_chunk_b' 'chunk_rows => 1000' '"if_changed": true')")
like "$answered" 'dbo.tap_chunk_a..unchanged since run [^|]*dbo.tap_chunk_b.5000.ok' "... by which one stays that has not changed"
is "$(grep -o 'NOTICE:  00000: table [12] of 2.*dbo.tap_chunk_. -> [^:]*: [0-9a-z]*' <<<"$answered" | sed 's/.*: //' | sort | tr '\n' ' ')" '5000 unchanged ' "... and each is told once"
tsql "UPDATE dbo.tap_chunk_b SET v = v - 1 WHERE v = 8 AND CONCAT('it''s [', 7, ']') = name"
tsql "UPDATE dbo.tap_chunk_a SET v = v - 1"
like "$(query "$(all tap_chunk_a 'chunk_rows => 1000' '"row_hash": false')" 2>/dev/null)" '5000.ok' "chunks are loaded without hashes, where that is wanted"
is "$(query "SELECT (SELECT count(hash) FROM replicate.run_tables WHERE run = ($last)), count(*), count(hash) FROM replicate.run_chunks WHERE run = ($last)")" '0|5|0' "... and have none"

# Every type that a bound can have.
types=('bigint|n * 10000000000' 'smallint|n - 250' 'tinyint|n % 256' 'decimal(20,5)|n * 1.5 - 100' 'money|n * 1.25 - 3' "date|DATEADD(day, n, '1990-01-01')"
  "datetime|DATEADD(second, n * 7, '1990-01-01')" "datetime2(7)|DATEADD(microsecond, n * 7, CONVERT(datetime2(7), '0001-01-01'))" "smalldatetime|DATEADD(minute, n, '1990-01-01')"
  "datetimeoffset(3)|TODATETIMEOFFSET(DATEADD(second, n, CONVERT(datetime2(3), '2001-01-01')), '+02:00')" "time(3)|DATEADD(second, n * 100, CONVERT(time(3), '00:00'))" "char(8)|CONCAT('k', n)"
  "nvarchar(20)|CONCAT(N'grüße ''', NCHAR(913 + n % 20), n)" 'uniqueidentifier|NEWID()' 'binary(4)|CONVERT(binary(4), n * 70000)' 'varbinary(8)|CONVERT(varbinary(8), n * 70000)')
for i in "${!types[@]}"; do table "t$i" "k ${types[i]%%|*} NOT NULL PRIMARY KEY, v int NULL" "${types[i]#*|}, n" 250; done
is "$(query "$(all 'tap_chunk_t%' 'chunk_rows => 50')" 2>/dev/null | cut -d'|' -f2- | sort | uniq -c | sed 's/^ *//')" "${#types[@]} 250|ok" "keys of all types that have bounds"
is "$(query "SELECT count(*), min(rows), max(rows) FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)")" "$((5 * ${#types[@]}))|50|50" "... divide the rows evenly"
table x 'k sql_variant NOT NULL PRIMARY KEY, v int NULL' 'n, n' 250
table y "k varchar(10) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, v int NULL" "CONCAT(CASE n % 2 WHEN 0 THEN 'a' ELSE 'B' END, n), n" 250
is "$(query "$(all 'tap_chunk_x,tap_chunk_y' 'chunk_rows => 50')" 2>/dev/null | cut -d'|' -f2- | tr '\n' ' ')$(read_by_last | wc -w)" '250|ok 250|ok 6' "... one whose type has none is read as a whole, and one of a collation in its order"

# Whether a table is split at all.
is "$(query "SELECT _mssql_fdw._too_large('{1000000000,1000000000}', 2), _mssql_fdw._too_large('{1000000000,1000000000,1000000000}', 2), _mssql_fdw._too_large('{2000000000,100000000,90000000}', 4), _mssql_fdw._too_large('{60000000,1}', 2), _mssql_fdw._too_large('{2000000000}', 1)")" \
  '{f,f}|{f,f,t}|{t,f,f}|{f,f}|{f}' "a table is split that would leave workers idle, and no other"
is "$(query "$(all 'tap_chunk_a' 'chunk_rows => NULL')" 2>/dev/null)$(read_by_last)" 'dbo.tap_chunk_a|5000|oka1:5000' "... which a small one does not"
like "$(answer "SELECT count(*) FROM replicate_all('mssql', target_schema => 'copies', include => '{tap_chunk_a}', chunk_rows => 10)")" 'NOTICE:  00000: chunk_rows has no effect, for no workers load' "without workers there are no chunks, which is told"

# What fails is one chunk's: what has been loaded stays for the next call.
fails() { no_faults && fault error_after_rows 500 "N''3001''"; }
fails
like "$(error_of "$(all 'tap_chunk_a,tap_chunk_d' 'chunk_rows => 1000')")" "ERROR:  22P02: .*FROM \\[dbo\\].\\[tap_chunk_a\\] WHERE ... /\\* chunk [0-9] of 5 \\*/" "an error says which chunk, and not which values"
no_workers
like "$(query "SELECT status || ': ' || error_context FROM replicate.runs ORDER BY id DESC LIMIT 1")" 'failed: .*load of dbo.tap_chunk_a into .*, chunk [0-9] of 5, after ' "... as history does"
done_before=$(read_by_last)
count_a=$(echo "$done_before" | tr ' ' '\n' | grep -c '^a')
is "$(query "SELECT tables > 0 FROM replicate.leftovers")$([ "$count_a" -lt 5 ] && echo some)" 'tsome' "... and what is done is left"
no_faults
query "UPDATE replicate._chunks SET finished = finished - interval '13 hours' WHERE chunk = 0"
answered=$(answer "$(all 'tap_chunk_a,tap_chunk_d' 'chunk_rows => NULL')")
like "$answered" "dbo.tap_chunk_a -> copies.tap_chunk_a: $count_a of 5 chunks, [0-9]+ rows, as run [0-9]+ has loaded them until" "the next call goes on with that, whatever it says of chunks itself, and whenever the table was begun"
like "$answered" "2 tables: [0-9]+ rows, .*; [0-9]+ rows, [0-9]+ (kB|bytes) by earlier runs" "... and tells what is its own"
is "$(sed -nE 's/.*2 tables: ([0-9]+) row.*; ([0-9]+) row.* by earlier.*/\1 + \2/p' <<<"$answered" | xargs expr)" 10000 "... of all"
is "$(echo "$done_before $(read_by_last)" | tr ' ' '\n' | grep '^a' | sort | tr '\n' ' ')$(sums a)" "a1:1000 a2:1000 a3:1000 a4:1000 a5:1000 $whole" "... each chunk is read once"
is "$(schemas) $(query "SELECT count(*) FROM replicate.leftovers")" '0 0' "... and nothing is left"
# A crash in mid-chunk, twice.
tsql "EXEC tds_server_fault N'slow_row_us', 800, N'[tap_chunk_a] WHERE', 1000"
before=$(query "SELECT max(id) FROM replicate.runs")
for round in 1 2; do
  background "crash$round" "$(all 'tap_chunk_a')"
  ok "wait_until 60 \"SELECT count(*) >= $round FROM replicate.run_chunks WHERE run > $before\" && wait_until 60 \"SELECT count(*) = 2 FROM replicate.progress WHERE phase = 'load'\"" "before crash $round"
  kill -9 "$(query "SELECT min(pid) FROM replicate.progress WHERE phase = 'load'")"
  finish "crash$round" >/dev/null
  until query "SELECT 1" >/dev/null 2>&1; do sleep 0.1; done
done
no_faults
is "$(query "$(all 'tap_chunk_a')" 2>/dev/null)" 'dbo.tap_chunk_a|5000|ok' "after two crashes the third call"
is "$(hashes "SELECT id FROM replicate.runs WHERE id > $before")" '' "... of which the hashes add up, whichever run has loaded a chunk"
is "$(query "SELECT count(*), count(DISTINCT chunk), sum(rows), count(DISTINCT run) > 1 FROM replicate.run_chunks WHERE source = 'dbo.tap_chunk_a' AND run > $before") $(sums a) $(schemas)" "5|5|5000|t $whole 0" "... has read what was missing, and no more"
# An error that may pass, rows that have been written meanwhile, and what one has altered.
fault error_at_statement 1205 "N''3001''"
like "$(answer "$(all 'tap_chunk_a')")" 'WARNING:  01000: attempt 1 at dbo.tap_chunk_a, chunk [34] of 5, has failed.*dbo.tap_chunk_a\|5000\|ok' "an error that may pass ends one attempt at one chunk"
is "$(query "SELECT sum(attempts), count(*), count(error), max(error) FILTER (WHERE attempts = 2) ~ 'deadlock' FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)") $(sums a)" "6|5|1|t $whole" "... and no other, which history has with its error"
no_faults
fails
query "$(all 'tap_chunk_a')" >/dev/null 2>&1
no_workers
query "INSERT INTO $(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND source = 'dbo.tap_chunk_a'") VALUES (-1, -1)"
no_faults
like "$(answer "$(all 'tap_chunk_a')")" 'left of dbo.tap_chunk_a is loaded anew.*rows have been changed' "what has another's row is loaded anew"
is "$(sums a)" "$whole" "... without it"
tsql "EXEC tds_server_fault N'slow_row_us', 800, N'[tap_chunk_a] WHERE', 1000"
background altered "$(all 'tap_chunk_a')"
ok "wait_until 60 \"SELECT count(*) = 2 FROM replicate.progress WHERE phase = 'load'\"" "while chunks are loaded"
ok "wait_until 30 \"SELECT count(*) = 2 AND count(DISTINCT chunk) = 2 AND bool_and(chunk BETWEEN 1 AND 5 AND chunks = 5 AND estimated_rows = 1000) FROM replicate.progress WHERE phase = 'load'\"" "... each is seen"
relation=$(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND chunk = 0")
like "$(error_of "SET lock_timeout = '200ms'; CREATE INDEX ON $relation (v)")" 'ERROR:  55P03: ' "... their table is altered by nobody"
query "SET lock_timeout = '30s'; CREATE FUNCTION copies.evil() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RETURN NULL; END \$\$; CREATE TRIGGER evil BEFORE INSERT ON $relation FOR EACH ROW EXECUTE FUNCTION copies.evil()" 2>/dev/null
no_faults
like "$(finish altered)" "what workers load for dbo.tap_chunk_a has been changed.*nobody else is to alter it" "... nor between them: the run ends"
no_workers
query "$(all 'tap_chunk_a')" >/dev/null 2>&1
is "$(sums a)" "$whole" "... and what it has left is of no use"
# What is locked is that relation, whatever it is by now: nothing that somebody has made it read. (A table becomes a view before 16 only.)
if [ "$(query "SHOW server_version_num")" -lt 160000 ]; then
  tsql "EXEC tds_server_fault N'slow_row_us', 800, N'[tap_chunk_a] WHERE', 1000"
  query "CREATE TABLE copies.held (id int, v int)"
  background viewed "SET client_min_messages = warning; $(all 'tap_chunk_a' 'chunk_rows => 1000' '"resume": false')"
  ok "wait_until 60 \"SELECT count(*) = 2 FROM replicate.progress WHERE phase = 'load'\"" "while chunks are loaded"
  background holds "BEGIN; LOCK TABLE copies.held IN SHARE MODE; SELECT pg_sleep(600)"
  ok "wait_until 30 \"SELECT count(*) = 1 FROM pg_locks WHERE relation = 'copies.held'::regclass AND mode = 'ShareLock' AND granted\"" "... and another session holds a table"
  relation=$(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND chunk = 0")
  query "SET lock_timeout = '30s'; BEGIN; TRUNCATE $relation; CREATE RULE \"_RETURN\" AS ON SELECT TO $relation DO INSTEAD SELECT id, v FROM copies.held; COMMIT" 2>/dev/null
  no_faults
  like "$(finish viewed)" "what workers load for dbo.tap_chunk_a has been changed" "... which the run does not wait for, where its table has become a view of that"
  query "SELECT pg_cancel_backend($(backend_of holds))" >/dev/null
  finish holds >/dev/null
  no_workers
else
  for name in "a table becomes a view" "whose tables are not locked" "before 16 only"; do pass "$name"; done
fi
# Its place taken by another one, and statistics that would call the user's code.
tsql "EXEC tds_server_fault N'slow_row_us', 800, N'[tap_chunk_a] WHERE', 1000"
background replaced "SET client_min_messages = warning; $(all 'tap_chunk_a' 'chunk_rows => 1000' '"resume": false')"
ok "wait_until 60 \"SELECT count(*) = 2 FROM replicate.progress WHERE phase = 'load'\"" "while chunks are loaded"
relation=$(query "SELECT relation::regclass FROM replicate._chunks WHERE kept_by IS NOT NULL AND chunk = 0")
query "CREATE STATISTICS copies.evil ON (v + 1), id FROM $relation"
no_faults
like "$(finish replaced)" "what workers load for dbo.tap_chunk_a has been changed" "statistics that ANALYZE would evaluate end the run"
no_workers
# A source that falls silent in one chunk.
no_faults && tsql "EXEC tds_server_fault N'stall_after_rows', 600, N'[tap_chunk_a] WHERE', 1"
background silent "SET statement_timeout = '13s'; $(all 'tap_chunk_a' 'chunk_rows => 1000' '"resume": false')"
like "$(finish silent)" 'NOTICE:  0 of 1 tables done, 4600 rows, .* after 1[0-9] s, about .*DETAIL:  load of dbo.tap_chunk_a, chunk [1-5] of 5: 600 rows, waits for source' "what workers wait for is told now and then"
no_workers
# Another key is another division: its bounds are none of the new one's.
table k 'a int NOT NULL, b int NOT NULL, v int NOT NULL' 'n / 10, n, (n + 2500) % 5000 + 1'
tsql "CREATE CLUSTERED INDEX one ON dbo.tap_chunk_k (a, b); CREATE INDEX two ON dbo.tap_chunk_k (v)"
no_faults && fault error_after_rows 500 "N''3001''"
query "$(all 'tap_chunk_k')" >/dev/null 2>&1
no_workers
no_faults
is "$(query "SELECT tables FROM replicate.leftovers")" 1 "some chunks of a table by one key"
tsql "DROP INDEX one ON dbo.tap_chunk_k; DROP INDEX two ON dbo.tap_chunk_k; CREATE INDEX one ON dbo.tap_chunk_k (a, b); CREATE CLUSTERED INDEX two ON dbo.tap_chunk_k (v)"
like "$(answer "$(all 'tap_chunk_k')")" 'dbo.tap_chunk_k is loaded anew: .*Its keys, indexes or checks are others.*dbo.tap_chunk_k\|5000\|ok' "... are not gone on with by another one"
is "$(query "SELECT count(*), count(DISTINCT v), count(DISTINCT b) FROM copies.tap_chunk_k")" '5000|5000|5000' "... and each row is there once"
# A row that has moved from one chunk to the next, in a refresh.
fails
query "$(all 'tap_chunk_a')" >/dev/null 2>&1
no_faults
tsql "UPDATE dbo.tap_chunk_a SET id = 5001 WHERE id = 1"
query "CREATE UNIQUE INDEX ON copies.tap_chunk_a (v)"
query "DROP INDEX copies.tap_chunk_a_v_idx"
query "$(all 'tap_chunk_a')" >/dev/null 2>&1
is "$(query "$(all 'tap_chunk_a')" 2>/dev/null)" 'dbo.tap_chunk_a|5000|ok' "one that has moved meanwhile is right with the next call but one, at the latest"
tsql "UPDATE dbo.tap_chunk_a SET id = 1 WHERE id = 5001"
query "$(all 'tap_chunk_a')" >/dev/null 2>&1
is "$(sums a)" "$whole" "... and so are all others"
# Bounds that are no values of the key fail, and the next call asks for others.
tsql "EXEC tds_server_answer N'', N'abc', N'ROW_NUMBER() OVER (ORDER BY s.'"
like "$(error_of "$(all 'tap_chunk_a')")" 'ERROR:  22P02: ' "bounds that are none"
no_faults
is "$(query "$(all 'tap_chunk_a')" 2>/dev/null) $(read_by_last | wc -w)" 'dbo.tap_chunk_a|5000|ok 5' "... are asked for again by the next call"
is "$(no_workers && query "SELECT count(*) FROM replicate._chunks WHERE bounds IS NOT NULL OR outcomes IS NOT NULL")" 0 "of what is done no values of rows are kept"
# The leader, which waits, has no transaction at the source.
tsql "CREATE INDEX tap_chunk_k_b ON dbo.tap_chunk_k (b)"
tsql "EXEC tds_server_fault N'slow_row_us', 4000, N'[tap_chunk_a]', 1000"
background reads "$(all 'tap_chunk_a,tap_chunk_k' 'chunk_rows => NULL' '"resume": false')"
ok "wait_until 60 \"SELECT count(*) = 1 FROM replicate.run_chunks WHERE run = (SELECT max(id) FROM replicate.runs)\"" "while a table is loaded and another one has been"
ok "timeout 60 ${TEST_PYTHON:-python3} '$tap_root/ci/tsql.py' -q 'DROP INDEX tap_chunk_k_b ON dbo.tap_chunk_k' && query \"SELECT 1 / count(*) FROM replicate.progress WHERE phase = 'load'\"" "... that one is altered at the source"
no_faults
query "SELECT pg_cancel_backend($(backend_of reads))" >/dev/null
finish reads >/dev/null
no_workers
# A server that gives no bounds.
fault error_at_statement 494 'ROW_NUMBER() OVER (ORDER BY s.'
like "$(answer "$(all 'tap_chunk_a')")" 'NOTICE:  00000: dbo.tap_chunk_a is loaded by one worker, for the source gives no bounds of its chunks: .*dbo.tap_chunk_a\|5000\|ok' "a server that gives no bounds is read all the same"
no_faults
is "$(query "SELECT consistency FROM replicate.runs ORDER BY id DESC LIMIT 1") $(sums a) $(schemas)" "a moment a chunk $whole 0" "... and history says what the copy is a picture of"

query "DROP SCHEMA copies CASCADE" 2>/dev/null
for name in $(tsql "SELECT name FROM sys.tables WHERE name LIKE 'tap_chunk_%' OR name = 'tap_numbers'"); do tsql "DROP TABLE dbo.$name"; done
