#!/usr/bin/env python3
"""Runs T-SQL files against the server that MSSQL_TEST_HOST and its fellows name.

    ci/tsql.py [-d DATABASE] [-v NAME=VALUE]... [-q QUERY | FILE... | -]

A file is split at lines that say GO, as sqlcmd does, and $(NAME) is replaced by what -v gives; `GO n` runs a batch n times.
Result rows are printed tab-separated with `NULL` for NULL, PRINT messages go to standard error. The first error ends the run with exit code 1
and the server's number, state and line. The password comes from the environment only, so it never shows in a process list.
It needs python3-pymssql and assumes UTF-8 input.
"""

import argparse
import os
import re
import sys

from pymssql import _mssql

GO = re.compile(r"^\s*GO(?:\s+(\d+))?\s*;?\s*$", re.IGNORECASE)
DB_LIBRARY = re.compile(r"DB-Lib error message|General SQL Server error: Check messages")
VARIABLE = re.compile(r"\$\((\w+)\)")


def batches(lines):
    """Yields (first line number, text, repetitions) for every batch that is not blank."""
    held, first = [], 1
    for number, line in enumerate(lines, 1):
        match = GO.match(line)
        if match:
            if "".join(held).strip():
                yield first, "".join(held), int(match.group(1) or 1)
            held, first = [], number + 1
        else:
            held.append(line)
    if "".join(held).strip():
        yield first, "".join(held), 1


def substitute(text, variables):
    def value(match):
        if match.group(1) not in variables:
            sys.exit(f"tsql: no -v value for $({match.group(1)})")
        return variables[match.group(1)]

    return VARIABLE.sub(value, text)


def show(value):
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return "0x" + value.hex().upper()
    return str(value)


def connect(database):
    connection = _mssql.connect(
        server=os.environ.get("MSSQL_TEST_HOST", "127.0.0.1"),
        port=os.environ.get("MSSQL_TEST_PORT", "1433"),
        user=os.environ.get("MSSQL_TEST_USER", "sa"),
        password=os.environ.get("MSSQL_TEST_PASSWORD", ""),
        database=database,
        charset="UTF-8",
    )
    connection.set_msghandler(print_message)
    return connection


def print_message(state, severity, server, procedure, line, text):
    if severity <= 10:  # errors come as exceptions
        print(text.decode(errors="replace"), file=sys.stderr)


def run(connection, text, out):
    connection.execute_query(text)
    while True:
        for row in connection:
            print("\t".join(show(row[key]) for key in sorted(key for key in row if isinstance(key, int))), file=out)
        if not connection.nextresult():
            break


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-d", "--database", default=os.environ.get("MSSQL_TEST_DATABASE", "master"))
    parser.add_argument("-v", "--variable", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("-q", "--query")
    parser.add_argument("files", nargs="*", default=["-"])
    arguments = parser.parse_args()
    variables = dict(pair.split("=", 1) for pair in arguments.variable)

    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    try:
        connection = connect(arguments.database)
    except _mssql.MSSQLException as error:
        sys.exit(f"tsql: cannot connect: {message_of(error)}")
    sources = [("query", [arguments.query])] if arguments.query else ((name, read(name)) for name in arguments.files)
    for name, lines in sources:
        for first, text, times in batches(lines):
            for _ in range(times):
                try:
                    run(connection, substitute(text, variables), sys.stdout)
                except _mssql.MSSQLException as error:
                    sys.exit(f"tsql: {name}, batch at line {first}: {message_of(error)}")
    connection.close()


def read(name):
    if name == "-":
        return sys.stdin
    return open(name, encoding="utf-8-sig")


def message_of(error):
    if isinstance(error, _mssql.MSSQLDatabaseException):
        text = error.text.decode(errors="replace") if isinstance(error.text, bytes) else error.text
        lines = [line for line in text.replace("DB-Lib error message", "\nDB-Lib error message").splitlines() if not DB_LIBRARY.match(line)]
        return f"Msg {error.number}, Level {error.severity}, State {error.state}, Line {error.line}: {' '.join(dict.fromkeys(lines)).strip()}"
    return str(error)


if __name__ == "__main__":
    main()
