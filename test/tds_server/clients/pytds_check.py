"""python-tds: pytds_check.py HOST PORT USER PASSWORD DATABASE"""
import datetime
import sys
import time
import uuid
from decimal import Decimal

import pytds

import tap

host, port, user, password, database = sys.argv[1:6]
t = tap.Tap("python-tds")


def connect(**more):
    return pytds.connect(**{"dsn": host, "port": int(port), "user": user, "password": password, "database": database,
                            "autocommit": True, **more})


def query(sql, parameters=None, **more):
    with connect(**more) as connection:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return [d[0] for d in cursor.description], cursor.fetchall()


def values(version):
    def work():
        names, rows = query("SELECT * FROM dbo.client_check WHERE id = 1", tds_version=version)
        expected, skip = dict(tap.ROW), ()
        if version < pytds.tds_base.TDS73A:  # the new date types come as text
            expected.update(da="9999-12-31", t="23:59:58.1234567", dt2="2020-02-29 01:02:03.1234567",
                            dto="2020-01-01 00:30:00.123 +01:00")
        if version < pytds.tds_base.TDS72:
            skip = ("v",)  # this client cannot read sql_variant then
        return tap.differences(names, rows[0], expected, skip)
    return work


def nulls():
    _, rows = query("SELECT * FROM dbo.client_check WHERE id = 2")
    return all(v is None for v in rows[0][1:-2]), rows[0]


def parameters():
    given = (1, 2**40, "a\u20ac\U0001f600", 1.5, Decimal("12.34"), datetime.datetime(2020, 1, 2, 3, 4, 5, 678900),
             datetime.date(2020, 2, 3), datetime.time(1, 2, 3, 4), uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"), True,
             "z" * 9000)
    sql = "SELECT " + ", ".join(f"%s AS c{i}" for i in range(len(given)))
    _, rows = query(sql, given)
    return rows[0] == given, rows[0]


def small_packets():
    names, rows = query("SELECT * FROM dbo.client_check WHERE id = 1", blocksize=512)
    return tap.differences(names, rows[0])


def prepared():
    """sp_prepexec hands out a handle, sp_execute takes it, sp_unprepare gives it back; an unknown one is error 8179."""
    with connect() as connection, connection.cursor() as cursor:
        def call(procedure, *given):
            results = cursor.callproc(procedure, given)
            rows = cursor.fetchall() if cursor.description else []
            while cursor.nextset():
                pass
            return rows, cursor.get_proc_outputs() if procedure == "sp_prepexec" else results

        rows, outputs = call("sp_prepexec", pytds.output(param_type=int), "@a int, @b nvarchar(20)", "SELECT @a + 1, @b + N'!'", 41, "x")
        handle = outputs[0]
        if rows != [(42, "x!")] or not isinstance(handle, int):
            return False, (rows, outputs)
        for n in (1, 2):
            rows, _ = call("sp_execute", handle, n, "y")
            if rows != [(n + 1, "y!")]:
                return False, rows
        call("sp_unprepare", handle)
        for procedure in ("sp_execute", "sp_unprepare"):
            try:
                call(procedure, handle, *((1, "z") if procedure == "sp_execute" else ()))
                return False, procedure + " takes a handle that is gone"
            except pytds.Error as error:
                if error.msg_no != 8179:
                    return False, error
        return True, None


def commit_and_rollback():
    with connect(autocommit=False) as connection:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO dbo.client_check (id) VALUES (200)")
            connection.rollback()
            cursor.execute("INSERT INTO dbo.client_check (id) VALUES (201)")
            connection.commit()
            cursor.execute("SELECT id FROM dbo.client_check WHERE id >= 200")
            found = cursor.fetchall()
            cursor.execute("DELETE FROM dbo.client_check WHERE id >= 200")
            connection.commit()
    return found == [(201,)], found


def unknown_database():
    try:
        connect(database="no such database")
    except pytds.Error as error:
        return "no such database" in str(error) or "Login failed" in str(error), error
    return False


def error_goes_on():
    with connect() as connection:
        with connection.cursor() as cursor:
            try:
                cursor.execute("SELECT * FROM dbo.no_such_table")
            except pytds.Error as error:
                number = error.msg_no
            cursor.execute("SELECT 1")
            return number == 208 and cursor.fetchall() == [(1,)], number


def attention():
    with connect(timeout=1) as connection:
        with connection.cursor() as cursor:
            started = time.time()
            try:
                cursor.execute("WAITFOR DELAY '00:00:20'")
                return False, "no timeout"
            except Exception:
                waited = time.time() - started
    return waited < 15, waited


def is_stand_in():
    try:
        query("EXEC tds_server_stats")
        return True
    except pytds.Error:
        return False


def statistics(name):
    names, rows = query("EXEC tds_server_stats")
    return dict(zip(names, rows[0]))[name]


def cancel_is_counted():
    before = statistics("attentions")
    with connect() as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT a.id FROM dbo.client_check a CROSS JOIN dbo.client_check b")
            cursor.fetchone()
            cursor.cancel()
            cursor.execute("SELECT 1")
            good = cursor.fetchall() == [(1,)]
    return good and statistics("attentions") > before


def fault(order, patience=60, sql="SELECT id FROM dbo.client_check"):
    """What a client that waits for so many seconds sees of a fault: the text of the error, or how many rows came."""
    with connect() as connection:
        with connection.cursor() as cursor:
            cursor.execute("EXEC tds_server_fault " + order)
    try:
        return len(query(sql, timeout=patience, login_timeout=patience)[1])
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def faults():
    seen = {}
    for order, part in (("N'drop_after_rows', 1", "losed"), ("N'drop_after_bytes', 20", "losed"),
                        ("N'stall_after_rows', 1", "imeout"), ("N'error_after_rows', 1", "Conversion failed"),
                        ("N'error_at_statement', 1205", "deadlock"), ("N'garble_after_rows', 1", "marker"),
                        ("N'refuse_login', 1", "Login failed"), ("N'drop_at_login', 1", "losed")):
        result = fault(order, patience=2 if part == "imeout" else 60)
        if part not in str(result) or fault("N'clear'") != 2:
            seen[order] = result
    return not seen, seen


def no_leak():
    time.sleep(0.5)
    opened = statistics("connections_open")
    return opened <= 2, opened


def nocrash():
    import socket
    for garbage in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x12\x01\xff\xff\x00\x00\x01\x00" + b"\xff" * 200, b"\x10\x01\x00\x09\x00\x00\x01\x00\x00"):
        with socket.create_connection((host, int(port)), timeout=3) as raw:
            raw.sendall(garbage)
    return query("SELECT 1")[1] == [(1,)]


for label, version in (("7.1", pytds.tds_base.TDS71), ("7.2", pytds.tds_base.TDS72), ("7.3", pytds.tds_base.TDS73B),
                       ("7.4", pytds.tds_base.TDS74)):
    t.check("every type, TDS " + label, values(version))
t.check("NULL of every type", nulls)
t.check("packets of 512 bytes", small_packets)
t.check("parameters", parameters)
t.check("prepared statement", prepared)
t.check("commit and rollback", commit_and_rollback)
t.check("unknown database", unknown_database)
t.check("a session goes on after an error", error_goes_on)
t.check("attention ends a waiting statement", attention)
t.check("garbage on the port", nocrash)
if is_stand_in():
    t.check("an attention is counted", cancel_is_counted)
    t.check("faults", faults)
    t.check("no connection leaks", no_leak)
t.finish()
