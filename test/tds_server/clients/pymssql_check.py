"""pymssql (DB-Library): pymssql_check.py HOST PORT USER PASSWORD DATABASE"""
import sys

import pymssql

import tap

host, port, user, password, database = sys.argv[1:6]
t = tap.Tap("pymssql")


def connect(**more):
    return pymssql.connect(host, user, password, database, port=port, autocommit=True, **more)


def values():
    cursor = connect().cursor()
    # datetimeoffset and sql_variant come as raw bytes in this client, time without its last digits
    cursor.execute("SELECT * FROM dbo.client_check WHERE id = 1")
    names = [d[0] for d in cursor.description]
    expected = dict(tap.ROW, t=tap.ROW["t"].replace(microsecond=123000), dt2=tap.ROW["dt2"].replace(microsecond=123000))
    return tap.differences(names, cursor.fetchone(), expected, skip=("dto", "v"))


def nulls():
    cursor = connect().cursor()
    cursor.execute("SELECT * FROM dbo.client_check WHERE id = 2")
    row = cursor.fetchone()
    return all(v is None for v in row[1:-2]), row


def parameters():
    cursor = connect().cursor()
    cursor.execute("SELECT id FROM dbo.client_check WHERE nvc = %s AND bi = %d", ("\u65e5\u672c \U0001f600", 9223372036854775807))
    return cursor.fetchall() == [(1,)]


def transactions():
    connection = pymssql.connect(host, user, password, database, port=port)
    cursor = connection.cursor()
    cursor.execute("INSERT INTO dbo.client_check (id) VALUES (100)")
    affected = cursor.rowcount
    connection.rollback()
    cursor.execute("SELECT COUNT(*) FROM dbo.client_check")
    return (affected, cursor.fetchone()[0]) == (1, 2)


def errors():
    cursor = connect().cursor()
    try:
        cursor.execute("SELECT * FROM dbo.no_such_table")
    except pymssql.Error as error:
        return error.args[0] == 208, error
    return False


def wrong_password():
    try:
        pymssql.connect(host, user, password + "x", database, port=port)
    except pymssql.Error as error:
        return "18456" in str(error), error
    return False


t.check("every type", values)
t.check("NULL of every type", nulls)
t.check("parameters", parameters)
t.check("rollback", transactions)
t.check("error 208", errors)
t.check("wrong password is 18456", wrong_password)
t.finish()
