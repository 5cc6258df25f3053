"""The tables that are asked, three schemas of PGDATABASE: "remote" has foreign tables, "local" the same values in plain tables of the
same names, "here" what both see, for joins of remote rows with local ones. A query finds its tables by search_path, so that one text
asks either."""

from postgres import literal

# Foreign tables beside those that IMPORT FOREIGN SCHEMA makes: columns of other types, unknown types, a query, partitions.
MORE = """
CREATE FOREIGN TABLE remote.odd_numbers (
    id bigint OPTIONS (remote_type 'int', key 'true'), k numeric OPTIONS (remote_type 'int'), flag boolean OPTIONS (remote_type 'bit'),
    tiny int OPTIONS (remote_type 'tinyint'), num numeric(12,2) OPTIONS (remote_type 'int'), big numeric OPTIONS (remote_type 'bigint'),
    d2 numeric OPTIONS (remote_type 'decimal(10,2)'), d4 text OPTIONS (remote_type 'decimal(18,4)'),
    r float8 OPTIONS (remote_type 'real'), untyped int OPTIONS (column_name 'num'), untyped_d4 numeric OPTIONS (column_name 'd4'),
    text_id int OPTIONS (remote_type 'int')
) SERVER {server} OPTIONS (schema_name 'differential', table_name 'numbers');
CREATE FOREIGN TABLE remote.odd_moments (
    id int OPTIONS (remote_type 'int', key 'true'), k smallint OPTIONS (remote_type 'int'), d timestamp OPTIONS (remote_type 'date'),
    sdt timestamptz OPTIONS (remote_type 'smalldatetime'), dt timestamptz OPTIONS (remote_type 'datetime'),
    dt23 text OPTIONS (remote_type 'datetime2(3)'),
    dt27 timestamp OPTIONS (column_name 'dt27'), dt26 timestamp(6) OPTIONS (remote_type 'datetime2(6)')
) SERVER {server} OPTIONS (schema_name 'differential', table_name 'moments');
CREATE FOREIGN TABLE remote.asked (
    id int OPTIONS (remote_type 'int', key 'true'), k int OPTIONS (remote_type 'int'), nv varchar(20) OPTIONS (remote_type 'nvarchar(20)'),
    vc text OPTIONS (remote_type 'varchar(20)'), twice int OPTIONS (remote_type 'int')
) SERVER {server} OPTIONS (query 'SELECT id, k, nv, vc, k * 2 AS twice FROM differential.texts WHERE id > 20');
CREATE TABLE remote.parts (a int NOT NULL, b smallint NOT NULL, n numeric(10,2), v varchar(20), t timestamp(3)) PARTITION BY RANGE (a);
CREATE FOREIGN TABLE remote.parts_low (
    a int OPTIONS (remote_type 'int', key 'true') NOT NULL, b smallint OPTIONS (remote_type 'smallint', key 'true') NOT NULL,
    n numeric(10,2) OPTIONS (remote_type 'decimal(10,2)'), v varchar(20) OPTIONS (remote_type 'nvarchar(20)'),
    t timestamp(3) OPTIONS (remote_type 'datetime2(3)')
) SERVER {server} OPTIONS (query 'SELECT a, b, n, v, t FROM differential.pairs WHERE a < 5');
ALTER TABLE remote.parts ATTACH PARTITION remote.parts_low FOR VALUES FROM (MINVALUE) TO (5);
CREATE FOREIGN TABLE remote.parts_high (
    a int OPTIONS (remote_type 'int', key 'true') NOT NULL, b smallint OPTIONS (remote_type 'smallint', key 'true') NOT NULL,
    n numeric(10,2) OPTIONS (remote_type 'decimal(10,2)'), v varchar(20) OPTIONS (remote_type 'nvarchar(20)'),
    t timestamp(3) OPTIONS (remote_type 'datetime2(3)')
) SERVER {server} OPTIONS (query 'SELECT a, b, n, v, t FROM differential.pairs WHERE a >= 5');
ALTER TABLE remote.parts ATTACH PARTITION remote.parts_high FOR VALUES FROM (5) TO (MAXVALUE);
"""

HERE = """
CREATE TABLE here.picks AS
    SELECT n AS id, (n * 7 % 23) - 8 AS k, n * 5 AS number_id,
        (ARRAY['a', 'A', 'ab ', 'ss', 'ß', 'é', NULL, 'Zebra', '', 'zebra'])[n]::text AS word, (n - 5) * 1.25 AS n,
        timestamp '2010-01-02 03:04:05.003' + (n - 5) * interval '3.5 ms' AS t, date '2010-01-01' + n AS d, n % 3 = 0 AS flag
    FROM generate_series(1, 10) AS n;
"""

# Local copies are read with pushdown off; nothing else may make them differ.
COPY = """
SET search_path = remote;
SET mssql_fdw.pushdown = off;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'remote'::regnamespace AND relkind IN ('f', 'p')
                    AND NOT relispartition AND relname <> 'odd_moments' LOOP
        EXECUTE format('CREATE TABLE local.%I (LIKE remote.%1$I)', name);
        EXECUTE format('INSERT INTO local.%I SELECT * FROM remote.%1$I', name);
        EXECUTE format('ANALYZE local.%I', name);
    END LOOP;
END
$$;
RESET mssql_fdw.pushdown;
-- What becomes a timestamptz does so under the time zone of the one who reads.
CREATE VIEW local.odd_moments AS
    SELECT id, k::smallint, d::timestamp, sdt::timestamptz, dt::timestamptz, to_char(dt23, 'YYYY-MM-DD HH24:MI:SS.MS') AS dt23,
        dt27::timestamp, dt26
    FROM local.moments;
"""

COLUMNS = """
SELECT c.relname, a.attname, t.typname, coalesce(l.collname, ''),
    coalesce((SELECT 'key=true' = ANY (p.attfdwoptions) FROM pg_attribute AS p
              WHERE p.attname = a.attname
                AND p.attrelid = coalesce((SELECT min(inhrelid::bigint)::oid FROM pg_inherits WHERE inhparent = c.oid), c.oid)), false)
        OR (c.relname = 'picks' AND a.attname = 'id')
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
WHERE c.relkind IN ('f', 'p', 'r') AND NOT c.relispartition AND c.relnamespace IN ('remote'::regnamespace, 'here'::regnamespace)
ORDER BY c.relname, a.attnum
"""

NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")


class Column:
    """What an expression may be made of; `alias` is the table's in the query at hand. `values` are some that the column has, as text."""

    def __init__(self, name, type, collation, key=False, values=(), alias=None):
        self.name, self.type, self.collation, self.key, self.values, self.alias = name, type, collation, key, values, alias

    def of(self, alias):
        return Column(self.name, self.type, self.collation, self.key, self.values, alias)

    def is_calm(self):
        """Arithmetic on it stays within its type's range."""
        return self.type in NUMBERS and bool(self.values) and all(abs(float(value)) <= 2000 for value in self.values)


class Table:
    def __init__(self, name):
        self.name, self.columns = name, []


class Database:
    def __init__(self, session):
        tables = {}
        for table, name, type, collation, key in session.run(COLUMNS).rows:
            schema = "here" if table == "picks" else "local"
            values = session.column(f'SELECT DISTINCT {name}::text COLLATE "C" FROM {schema}.{table} WHERE {name} IS NOT NULL ORDER BY 1')
            tables.setdefault(table, Table(table)).columns.append(Column(name, type, collation, key == "t", values))
        self.tables = list(tables.values())
        known = "SELECT collname FROM pg_collation WHERE collname IN ('C', 'default', 'en-x-icu', 'sloppy') ORDER BY 1"
        self.collations = session.column(known)

    def values(self, type):
        return [value for table in self.tables for column in table.columns if column.type == type for value in column.values]


def make(session, server):
    """Makes the schemas anew."""
    session.run("SET client_min_messages = warning; DROP SCHEMA IF EXISTS remote, local, here CASCADE")
    session.run("CREATE SCHEMA remote; CREATE SCHEMA local; CREATE SCHEMA here")
    session.run(f"IMPORT FOREIGN SCHEMA differential FROM SERVER {server} INTO remote")
    session.run(MORE.replace("{server}", server))
    session.run(HERE)
    session.run(COPY)
    if session.run("SELECT 1 FROM pg_collation WHERE collname = 'en-x-icu'").rows:
        session.run(f"CREATE COLLATION here.sloppy (provider = icu, locale = {literal('und-u-ks-level2')}, deterministic = false)")


def spoil(session):
    """Some values of the local copy are others then, which is to be noticed."""
    for table, column, value in (("numbers", "k", "k + 1"), ("texts", "nv", "nv || 'x'"), ("moments", "dt", "dt + interval '3 ms'"),
                                 ("pairs", "n", "-n")):
        rows = f"SELECT ctid FROM local.{table} WHERE {column} IS NOT NULL LIMIT 3"
        session.run(f"UPDATE local.{table} SET {column} = {value} WHERE ctid IN ({rows})")
