#!/usr/bin/env python3
"""Compares every value of a replicated database with its source, through clients that share no code with mssql_fdw.

The source is read with python-tds (a TDS client in pure Python), the target with psycopg2. Which table went where is read from
replicate.run_tables of the newest run. Rows are compared as multisets of digests, so order and primary keys do not matter, and
memory is a few bytes a row. Prints one TAP line a table; exit status 1 when anything differs.

    compare.py --host H --port P --user U --password W --database D --pg 'host=... dbname=...' [--run N] [--include dbo.Users ...]
"""

import argparse
import collections
import datetime
import decimal
import hashlib
import struct
import sys
import uuid

import psycopg2
import psycopg2.extensions
import pytds


def bracket(name):
    return "[" + name.replace("]", "]]") + "]"


def canonical(value):
    """One spelling for a value, whichever client it came from."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f") if value != 0 else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "x" + bytes(value).hex()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(timespec="microseconds")
    if isinstance(value, datetime.time):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return str(value)


def variant(value):
    """A jsonb {"t": ..., "v": ...} back to its value's spelling; the base type is compared by the value's form only."""
    return canonical(value["v"]) if isinstance(value, dict) and "v" in value else canonical(value)


def convert_as(type_name, convert):
    """Single precision is compared as its four bytes, since the clients print it with different digits; blank padding does not count:
    SQL Server counts it in bytes or UTF-16 units, PostgreSQL in characters."""
    if type_name == "real":
        return lambda value: "\\N" if value is None else struct.pack("<f", value).hex()
    if type_name in ("char", "nchar"):
        return lambda value: convert(value).rstrip(" ")
    return convert


def digest(row):
    text = "\x1f".join(row)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def read_all(cursor, convert, types):
    converters = [convert_as(type_name, convert) for type_name in types]
    counts = collections.Counter()
    while True:
        rows = cursor.fetchmany(5000)
        if not rows:
            return counts
        for row in rows:
            counts[digest([converter(value) for converter, value in zip(converters, row)])] += 1


def source_columns(cursor, schema, table):
    cursor.execute(
        "SELECT c.name, t.name FROM sys.columns c JOIN sys.types t ON t.user_type_id = c.user_type_id "
        "JOIN sys.tables o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id "
        "WHERE s.name = %s AND o.name = %s ORDER BY c.column_id", (schema, table))
    return cursor.fetchall()


def select_list(columns):
    """The columns as the server sends them; only where a type needs a method or a conversion are they named one by one."""
    special = {"hierarchyid": "%s.ToString()", "sql_variant": "CONVERT(nvarchar(4000), %s)"}
    if not any(type_name in special for _, type_name in columns):
        return "*"
    return ", ".join(special.get(type_name, "%s").replace("%s", bracket(name)) for name, type_name in columns)


def source_rows(connection, schema, table):
    with connection.cursor() as cursor:
        columns = source_columns(cursor, schema, table)
        cursor.execute("SELECT " + select_list(columns) + " FROM " + bracket(schema) + "." + bracket(table))
        types = [type_name for _, type_name in columns]
        return read_all(cursor, canonical, types), types


def split_source(text):
    """Reads the run table's [schema].[table] or schema.table."""
    parts, current, quoted, i = [], "", False, 0
    while i < len(text):
        c = text[i]
        if quoted and c == "]" and text[i + 1:i + 2] == "]":
            current += "]"
            i += 1
        elif c == "[" and not quoted and not current:
            quoted = True
        elif c == "]" and quoted:
            quoted = False
        elif c == "." and not quoted:
            parts.append(current)
            current = ""
        else:
            current += c
        i += 1
    return parts + [current]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("host", "port", "user", "password", "database", "pg"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--run", type=int)
    parser.add_argument("--include", nargs="*")
    arguments = parser.parse_args()

    target = psycopg2.connect(arguments.pg)
    target.set_client_encoding("UTF8")
    with target.cursor() as cursor:
        cursor.execute("SELECT source, target FROM replicate.run_tables WHERE run = coalesce(%s, (SELECT max(id) FROM replicate.runs)) ORDER BY 1",
                       (arguments.run,))
        tables = cursor.fetchall()
    source = pytds.connect(arguments.host, arguments.database, arguments.user, arguments.password, port=int(arguments.port), autocommit=True,
                           use_tz=datetime.timezone.utc)

    failed = 0
    for number, (source_name, target_name) in enumerate(tables, 1):
        if arguments.include and source_name not in arguments.include:
            continue
        schema, table = split_source(source_name)
        left, types = source_rows(source, schema, table)
        with target.cursor("compare") as cursor:
            cursor.execute("SELECT * FROM " + target_name)
            right = read_all(cursor, variant, types)
        target.rollback()
        same = left == right
        failed += not same
        print("%s %d - %s = %s: %d rows" % ("ok" if same else "not ok", number, source_name, target_name, sum(left.values())))
        if not same:
            print("# %d rows only in the source, %d only in the target" % (sum((left - right).values()), sum((right - left).values())))
    print("1..%d" % len(tables))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
