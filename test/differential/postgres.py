"""A session with PostgreSQL through libpq alone, which is there wherever psql is."""

import ctypes
import ctypes.util

COMMAND_OK, TUPLES_OK = 1, 2
SEVERITY, SQLSTATE, MESSAGE, DETAIL, CONTEXT = ord("S"), ord("C"), ord("M"), ord("D"), ord("W")


def load():
    for name in ("libpq.so.5", ctypes.util.find_library("pq")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            library = None
        if library is not None:
            return declare(library)
    raise SystemExit("differential: there is no libpq")


def declare(library):
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, *arguments in (
        ("PQconnectdb", pointer, text), ("PQstatus", number, pointer), ("PQerrorMessage", text, pointer), ("PQfinish", None, pointer),
        ("PQexec", pointer, pointer, text), ("PQresultStatus", number, pointer), ("PQresultErrorField", text, pointer, number),
        ("PQntuples", number, pointer), ("PQnfields", number, pointer), ("PQftype", ctypes.c_uint, pointer, number),
        ("PQgetisnull", number, pointer, number, number), ("PQgetvalue", text, pointer, number, number), ("PQclear", None, pointer),
        ("PQsetNoticeProcessor", pointer, pointer, pointer, pointer)):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


libpq = load()
ignore_notice = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda argument, message: None)


class Failure(Exception):
    """What PostgreSQL said, with its SQLSTATE; 08006 where it said no more."""

    def __init__(self, sqlstate, message, detail="", context=""):
        super().__init__(message)
        self.sqlstate, self.message, self.detail, self.context = sqlstate, message, detail, context

    def __str__(self):
        return "\n".join(line for line in (f"{self.sqlstate}: {self.message}", self.detail, self.context) if line)


class Rows:
    """The answer as text, None for NULL, and the types' OIDs."""

    def __init__(self, types, rows):
        self.types, self.rows = types, rows


class Session:
    """PGHOST and its fellows say where, unless `conninfo` does."""

    def __init__(self, conninfo=""):
        self.conninfo = conninfo
        self.connect()

    def connect(self):
        self.connection = libpq.PQconnectdb(f"{self.conninfo} client_encoding=UTF8 application_name=differential".strip().encode())
        if self.is_lost():
            raise SystemExit("differential: " + text_of(libpq.PQerrorMessage(self.connection)))
        libpq.PQsetNoticeProcessor(self.connection, ctypes.cast(ignore_notice, ctypes.c_void_p), None)

    def is_lost(self):
        return libpq.PQstatus(self.connection) != 0

    def reconnect(self):
        libpq.PQfinish(self.connection)
        self.connect()

    def run(self, sql):
        """The rows of the last statement; the first error is a Failure."""
        result = libpq.PQexec(self.connection, sql.encode())
        try:
            if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                raise self.failure(result)
            return read_rows(result)
        finally:
            libpq.PQclear(result)

    def failure(self, result):
        field = lambda code: text_of(libpq.PQresultErrorField(result, code))
        message = field(MESSAGE) or text_of(libpq.PQerrorMessage(self.connection))
        return Failure(field(SQLSTATE) or "08006", message, field(DETAIL), field(CONTEXT))

    def column(self, sql):
        return [row[0] for row in self.run(sql).rows]


def read_rows(result):
    columns = range(libpq.PQnfields(result))
    value = lambda row, column: (
        None if libpq.PQgetisnull(result, row, column) else libpq.PQgetvalue(result, row, column).decode())
    rows = [tuple(value(row, column) for column in columns) for row in range(libpq.PQntuples(result))]
    return Rows([libpq.PQftype(result, column) for column in columns], rows)


def text_of(value):
    return value.decode(errors="replace").strip() if value else ""


def literal(text):
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'" if "\\" in text else "'" + text.replace("'", "''") + "'"
