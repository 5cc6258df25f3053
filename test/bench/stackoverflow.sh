# StackOverflow2010's tables at the stand-in: their first 20,000 rows, whose replies are replayed, with keys that count up, until there are as many rows
# as that database has. Sourced by scripts of test/bench, behind lib.sh.

declare -A table_rows=([votes]=10100000 [comments]=3900000 [posts]=3700000 [badges]=1100000 [users]=300000 [postlinks]=160000)
declare -A last_column=([votes]=creationdate [comments]=userid [posts]=viewcount [badges]=date [users]=accountid [postlinks]=linktypeid)
small_tables=(linktypes posttypes votetypes)
percent=100

rows_of() { echo $((${table_rows[$1]} * percent / 100)); }

# The rows that are there are a sample of the table: their keys are as far apart as those of so many rows of all would be, so that bounds of chunks are
# as they would be, too.
fill_stackoverflow() {
  local table n
  tsql "$sources/test/bench/shapes.sql" "$sources/test/bench/stackoverflow.sql" || return 1
  for table in "${!table_rows[@]}"; do
    n=$(rows_of "$table")
    tsql -q "DELETE FROM dbo.$table WHERE id > $n; UPDATE dbo.$table SET id = id * $((n < 20000 ? 1 : n / 20000)); ALTER TABLE dbo.$table ADD CONSTRAINT PK_$table PRIMARY KEY CLUSTERED (id)" &&
      replay_rows "$table" "$n" || return 1
  done
  tell_sizes
}

# replay_rows TABLE N: to us and to tds_fdw, and as what a count counts. The first reply of either is what is recorded.
replay_rows() {
  tsql -q "EXEC tds_server_replay N'[${last_column[$1]}] FROM [dbo].[$1]', $2, N'id'" && tsql -q "EXEC tds_server_replay N'FROM dbo.$1', $2, N'id'" &&
    tsql -q "EXEC tds_server_answer N'rows', N'$2', N'COUNT_BIG(*) AS [rows] FROM [dbo].[$1]'"
}

# What the source's catalog says of pages: the plan goes by that. Of rows it says what is there, so that bounds are those of all of them.
tell_sizes() {
  local table values=
  for table in "${!table_rows[@]}"; do values+=${values:+, }"('$table', $(rows_of "$table"))"; done
  "$("$stand_in_pg_config" --bindir)/psql" -X -q -v ON_ERROR_STOP=1 -h "$(cat "$run/source/socket")" -U sa bench <<SQL
CREATE OR REPLACE FUNCTION tds_meta.pages(stored text) RETURNS int8 LANGUAGE sql STABLE AS \$\$
  SELECT ((pg_table_size(stored::regclass) + 8191) / 8192 * coalesce((SELECT greatest(1, n / 20000.0) FROM (VALUES $values) AS v (name, n)
          WHERE stored::regclass::text ~ ('\y' || name || '\y')), 1))::int8 \$\$
SQL
}
