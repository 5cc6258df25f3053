"""The bytes themselves: wire_check.py HOST PORT USER PASSWORD DATABASE

A minimal TDS 7.4 client that keeps what the server sent, compared with MS-TDS by hand: drivers are too forgiving to show
a wrong flag or a length that happens to work. Assumes setup.sql's tables and a server that does not insist on TLS.
"""
import socket
import struct
import sys

import tap

host, port, user, password, database = sys.argv[1:6]
t = tap.Tap("bytes")
BATCH, RPC, ATTENTION, BULK, TRANSACTION, LOGIN, PRELOGIN = 0x01, 0x03, 0x06, 0x07, 0x0E, 0x10, 0x12


class Raw:
    def __init__(self, version=0x74000004):
        self.version = version
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.descriptor = 0
        self.send(PRELOGIN, bytes.fromhex("00000b0006 0100110001 ff".replace(" ", "")) + b"\x0b\0\0\0\0\0" + b"\x02")
        self.prelogin = self.receive()
        self.send(LOGIN, self.login())
        self.welcome = self.receive()

    def send(self, kind, payload, status=1):
        self.socket.sendall(struct.pack(">BBHHBB", kind, status, len(payload) + 8, 0, 1, 0) + payload)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            part = self.socket.recv(n - len(data))
            if not part:
                raise EOFError("connection closed")
            data += part
        return data

    def receive(self):
        """One message, which may be several packets."""
        payload = b""
        while True:
            header = self.exactly(8)
            payload += self.exactly(struct.unpack(">H", header[2:4])[0] - 8)
            if header[1] & 1:
                return payload

    def login(self):
        hidden = bytes(((b << 4 | b >> 4) & 0xFF) ^ 0xA5 for b in password.encode("utf-16le"))
        fields = [b"", user.encode("utf-16le"), hidden, b"wire_check".decode().encode("utf-16le"), b"", b"", b"", b"",
                  database.encode("utf-16le")]
        fixed, rest = b"", b""
        for field in fields:
            fixed += struct.pack("<HH", 94 + len(rest), len(field) // 2)
            rest += field
        fixed += b"\0" * 6 + struct.pack("<HHHHHHI", 94, 0, 94, 0, 94, 0, 0)
        body = struct.pack("<IIIIIBBBBii", self.version, 4096, 0, 1, 0, 0, 0, 0, 0, 0, 0) + fixed + rest
        return struct.pack("<I", len(body) + 4) + body

    def headers(self):
        return struct.pack("<IIHQI", 22, 18, 2, self.descriptor, 1) if self.version >= 0x72090002 else b""

    def batch(self, sql, status=1):
        self.send(BATCH, self.headers() + sql.encode("utf-16le"), status)
        return self.receive()

    def select(self, expression):
        """TYPE_INFO and value of one expression's first row, both as hexadecimal digits."""
        reply = self.batch("SELECT " + expression)
        assert reply[:3] == b"\x81\x01\x00", reply[:200]
        return reply


def hexes(text):
    return bytes.fromhex(text.replace(" ", ""))


connection = Raw()


def column(sql, metadata, row):
    """Checks TYPE_INFO (between flags and name) and what follows the ROW token of a one-column result named x."""
    def work():
        reply = connection.select(sql)
        name = b"\x01x\x00"
        wanted = hexes(metadata) + name
        got = reply[9:9 + len(wanted)]
        if got != wanted:
            return False, f"metadata {got.hex(' ')} instead of {wanted.hex(' ')}"
        value = hexes(row)
        got = reply[9 + len(wanted):][:len(value)]
        return got == value, f"row {got.hex(' ')} instead of {value.hex(' ')}"
    t.check(sql[:60], work)


LATIN = "09 04 d0 00 34"


def of(name, where="id = 1"):
    return f"{name} AS x FROM dbo.client_check WHERE {where}"


# NOT NULL columns of the old types have no length byte, nullable ones have.
column(of("id"), "38", "d1 01 00 00 00 fd")
column(of("b"), "68 01", "d1 01 01 fd")
column(of("ti"), "26 01", "d1 01 ff fd")
column(of("si"), "26 02", "d1 02 00 80 fd")
column(of("bi"), "26 08", "d1 08 ff ff ff ff ff ff ff 7f fd")
column(of("bi", "id = 2"), "26 08", "d1 00 fd")
column(of("n"), "6c 05 09 02", "d1 05 01 15 cd 5b 07 fd")
column(of("d"), "6a 11 26 0a", "d1 11 00")
column(of("m"), "6e 08", "d1 08 00 00 00 80 00 00 00 00 fd")
column(of("sm"), "6e 04", "d1 04 ff ff ff 7f fd")
column(of("r"), "6d 04", "d1 04 00 00 c0 3f fd")
column(of("da"), "28", "d1 03 da b9 37 fd")
column(of("t"), "29 07", "d1 05")
column(of("sdt"), "6f 04", "d1 04 ff ff 9f 05 fd")
column(of("dt"), "6f 08", "d1 08 46 2e ff ff 2b c2 c5 00 fd")
column(of("dt2"), "2a 07", "d1 08")
column(of("dto"), "2b 03", "d1 09")
column(of("c"), "af 0a 00 " + LATIN, "d1 0a 00 61 62 63 20 20 20 20 20 20 20 fd")
column(of("vc"), "a7 32 00 " + LATIN, "d1 04 00 63 61 66 e9 fd")
column(of("cyr"), "a7 32 00 19 04 d0 00 00", "d1 06 00 cf f0 e8 e2 e5 f2 fd")
column(of("nc"), "ef 14 00 " + LATIN, "d1 14 00 6e 00 20 00")
column(of("nvc"), "e7 64 00 " + LATIN, "d1 0a 00 e5 65 2c 67 20 00 3d d8 00 de fd")
column(of("vcm"), "a7 ff ff " + LATIN, "d1 fe ff ff ff ff ff ff ff")
column(of("vbm"), "a5 ff ff", "d1 04 00 00 00 00 00 00 00 04 00 00 00 01 02 03 ff 00 00 00 00 fd")
column(of("bin"), "ad 08 00", "d1 08 00 31 32 33 34 35 36 37 38 fd")
column(of("vb"), "a5 32 00", "d1 03 00 00 01 02 fd")
column(of("g"), "24 10", "d1 10 ff 19 96 6f 86 8b 11 d0 b4 2d 00 c0 4f c9 64 ff fd")
column(of("x"), "f1 00", "d1 10 00 00 00 00 00 00 00 10 00 00 00 3c 00 61 00 3e 00 e9 00 3c 00 2f 00 61 00 3e 00 00 00 00 00 fd")
column(of("v"), "62 49 1f 00 00", "d1 06 00 00 00 38 00 2a 00 00 00 fd")
# NBCROW where its bitmap costs less than the NULL: one byte against eight.
column(of("vbm", "id = 2"), "a5 ff ff", "d2 01 fd")
column(of("v", "id = 2"), "62 49 1f 00 00", "d2 01 fd")


def text_column():
    reply = connection.select(of("tx"))
    wanted = hexes("23 ff ff ff 7f " + LATIN) + b"\x01\x00\x00" + b"\x01x\x00" + b"\xd1\x10"
    value = reply[9 + len(wanted) + 24:]
    return reply[9:9 + len(wanted)] == wanted and value[:9] == hexes("04 00 00 00 74 65 78 74 fd"), reply.hex(" ")


def user_types_and_flags():
    reply = connection.batch("SELECT id, b, rv FROM dbo.client_check WHERE id = 1")
    wanted = hexes("81 03 00  00000000 0800 38 02 6900 6400  00000000 0900 68 01 01 6200  50000000 0000 ad 0800 02 7200 7600 d1")
    return reply[:len(wanted)] == wanted, reply[:len(wanted)].hex(" ")


def login_reply():
    wanted = hexes("ad 36 00 01 74 00 00 04 16") + "Microsoft SQL Server\0\0".encode("utf-16le")
    environment = hexes("e3 08 00 07 05 " + LATIN + " 00")
    return wanted in connection.welcome and environment in connection.welcome, connection.welcome.hex(" ")


def counts():
    reply = connection.batch("UPDATE dbo.client_check SET b = b SELECT 1 AS x WHERE 1 = 0")
    return (reply.startswith(hexes("fd 11 00 c5 00 02 00 00 00 00 00 00 00 81")) and
            reply.endswith(hexes("fd 10 00 c1 00 00 00 00 00 00 00 00 00"))), reply.hex(" ")


def error_token():
    reply = connection.batch("SELECT * FROM dbo.no_such_table")
    return reply[0] == 0xAA and reply[3:9] == struct.pack("<iBB", 208, 1, 16) and reply[-13:-10] == b"\xfd\x02\x00", reply.hex(" ")


def begin():
    connection.send(TRANSACTION, connection.headers() + b"\x05\x00\x02\x00")
    reply = connection.receive()
    assert reply[:5] == hexes("e3 0b 00 08 08") and reply[13] == 0, reply.hex(" ")
    connection.descriptor = struct.unpack("<Q", reply[5:13])[0]


def end(kind):
    connection.send(TRANSACTION, connection.headers() + struct.pack("<HBB", kind, 0, 0))
    reply = connection.receive()
    connection.descriptor = 0
    return reply


def transactions():
    begin()
    mine = connection.descriptor
    connection.descriptor = 0
    refused = connection.batch("SELECT 1")
    connection.descriptor = mine
    committed = end(7)
    begin()
    rolled_back = end(8)
    lost = connection.batch("COMMIT")
    return (refused[0] == 0xAA and refused[3:7] == struct.pack("<i", 3989) and committed[:5] == hexes("e3 0b 00 09 00") and
            rolled_back[:5] == hexes("e3 0b 00 0a 00") and lost[3:7] == struct.pack("<i", 3902)), (refused, committed, rolled_back)


def call(sql):
    text = sql.encode("utf-16le")
    return hexes("ff ff 0a 00 00 00") + b"\x00\x00\xe7" + struct.pack("<H", 8000) + hexes(LATIN) + struct.pack("<H", len(text)) + text


def two_calls():
    connection.send(RPC, connection.headers() + call("SELECT 7 AS x") + b"\xff" + call("SELECT 8 AS x"))
    reply = connection.receive()
    middle = hexes("ff 11 00 c1 00 01 00 00 00 00 00 00 00 79 00 00 00 00 fe 01 00")  # DONEINPROC, RETURNSTATUS, DONEPROC with more
    return middle in reply and reply[-13:-10] == hexes("fe 00 00"), reply.hex(" ")


def reset():
    connection.batch("SET TEXTSIZE 10")
    reply = connection.batch("SELECT @@TEXTSIZE AS x", 0x09)
    return reply.startswith(hexes("e3 03 00 12 00 00")) and reply[6] == 0x81 and b"\x0a\x00\x00\x00\xfd" not in reply, reply.hex(" ")


def reset_keeping_the_transaction():
    begin()
    connection.batch("SET TEXTSIZE 10")
    kept = connection.batch("SELECT @@TRANCOUNT AS x WHERE @@TEXTSIZE > 10", 0x11)
    connection.descriptor = 0
    gone = connection.batch("SELECT @@TRANCOUNT AS x", 0x09)
    reset_done = hexes("e3 03 00 12 00 00")
    return (kept.startswith(reset_done + b"\x81") and b"\x01\x00\x00\x00\xfd" in kept and
            gone.startswith(reset_done + hexes("e3 0b 00 0a 00")) and b"\x00\x00\x00\x00\xfd" in gone), (kept.hex(" "), gone.hex(" "))


def attentions():
    connection.send(ATTENTION, b"")
    idle = connection.receive()
    connection.send(BATCH, connection.headers() + "WAITFOR DELAY '00:00:20'".encode("utf-16le"))
    connection.send(ATTENTION, b"")
    connection.receive()
    running = connection.receive()
    acknowledged = hexes("fd 20 00 00 00 00 00 00 00 00 00 00 00")
    return idle == acknowledged and running == acknowledged and connection.batch("SELECT 1 AS x")[0] == 0x81, (idle, running)


def bulk(done):
    def work():
        connection.batch("DELETE FROM dbo.client_copy")
        answer = connection.batch("INSERT BULK dbo.client_copy (id int, nvc nvarchar(50))")
        assert answer[0] == 0xFD and answer[1] & 2 == 0, answer.hex(" ")
        name = "nvc".encode("utf-16le")
        data = (hexes("81 02 00  00000000 0800 38 02 6900 6400  00000000 0900 e7 6400") + hexes(LATIN) + b"\x03" + name +
                hexes("d1 01000000 0200 4100") + hexes("d2 02 02000000") + hexes("d1 03000000 ffff"))
        if done:
            data += hexes("fd 00 00 00 00 00 00 00 00 00 00 00 00")
        half = len(data) // 2
        connection.send(BULK, data[:half], 0)
        connection.send(BULK, data[half:])
        reply = connection.receive()
        count = connection.batch("SELECT COUNT(*) AS x FROM dbo.client_copy WHERE id <= 3 AND (nvc = N'A' OR nvc IS NULL)")
        return reply[5:13] == struct.pack("<Q", 3) and b"\x03\x00\x00\x00\xfd" in count, (reply, count)
    return work


def replay():
    sql = "SELECT id, nvc FROM dbo.client_copy ORDER BY id"
    connection.batch("EXEC tds_server_replay N'client_copy', 0")
    first = connection.batch(sql)
    connection.batch("DELETE FROM dbo.client_copy")
    same = connection.batch(sql)
    connection.batch("EXEC tds_server_replay N'client_copy', 7")
    more = connection.batch(sql)
    connection.batch("EXEC tds_server_replay N'clear'")
    none = connection.batch(sql)
    row = hexes("d1 01000000 0200 4100")
    return (first == same and first.count(row) == 1 and more.startswith(first[:-13]) and more.count(row) == 3 and
            more.endswith(row + hexes("fd 10 00 c1 00 07 00 00 00 00 00 00 00")) and row not in none), (first, same, more, none)


def numbered_replay():
    connection.batch("DELETE FROM dbo.client_copy; INSERT INTO dbo.client_copy (id, nvc) VALUES (8, N'A'), (9, NULL)")
    connection.batch("EXEC tds_server_replay N'[nvc] FROM dbo.client_copy', 5, N'id'")
    connection.batch("SELECT id, [nvc] FROM dbo.client_copy")
    def rows(condition=""):
        reply = connection.batch("SELECT id, [nvc] FROM dbo.client_copy" + condition)
        return reply[reply.index(b"n\0v\0c\0") + 6:]
    def numbered(*numbers):
        row = [b"\xd1%s\x02\0A\0", b"\xd2\x02%s"]
        return b"".join(row[(n - 1) % 2] % struct.pack("<I", n) for n in numbers) + hexes("fd 10 00 c1 00") + struct.pack("<Q", len(numbers))
    got = [rows(), rows(" WHERE ([id] >= CONVERT(int, N'2') AND [id] < CONVERT(int, N'4'))"), rows(" WHERE ([id] < CONVERT(int, N'2'))"),
           rows(" WHERE ([id] >= CONVERT(int, N'5'))"), rows(" WHERE ([id] >= CONVERT(int, N'6'))")]
    real = rows(" WHERE id >= 9")
    connection.batch("EXEC tds_server_replay N'clear'")
    wanted = [numbered(1, 2, 3, 4, 5), numbered(2, 3), numbered(1), numbered(5), numbered()]
    return got == wanted and real.startswith(b"\xd2\x02\x09\0\0\0\xfd"), (got, wanted, real)


def old_row_counts():
    old = Raw(0x71000001)
    reply = old.batch("SELECT id AS x FROM dbo.client_check WHERE id = 1")
    return reply == hexes("81 01 00 0000 0800 38 01 7800 d1 01000000 fd 1000 c100 01000000"), reply.hex(" ")


t.check("text with its pointer", text_column)
t.check("user types and flags", user_types_and_flags)
t.check("LOGINACK and collation", login_reply)
t.check("DONE flags and counts", counts)
t.check("ERROR 208", error_token)
t.check("transaction requests", transactions)
t.check("two calls in one request", two_calls)
t.check("reset connection", reset)
t.check("reset connection, transaction kept", reset_keeping_the_transaction)
t.check("attention, idle and running", attentions)
t.check("bulk load with DONE", bulk(True))
t.check("bulk load without DONE", bulk(False))
if connection.batch("EXEC tds_server_stats")[0] == 0x81:
    t.check("a replayed reply is the first one", replay)
    t.check("replayed rows of a table with a key, and ranges of it", numbered_replay)
t.check("TDS 7.1 widths", old_row_counts)
t.finish()
