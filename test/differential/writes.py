#!/usr/bin/env python3
"""Random INSERT, UPDATE, DELETE, COPY and TRUNCATE, with and without RETURNING, savepoints and rollbacks, on a foreign table and on a
local copy of it: after each of them both give the same rows, and both succeed or both fail with the same SQLSTATE.

usage: writes.py [--seed N] [--count N] > SQL       writes a script for psql

The script runs every statement on both tables in one DO block each and compares; it prints "DIFFERENT ..." for what differs, and at its
end "N statements, M of them failed on both sides"; those of transactions that are rolled back are not counted. What SQL Server and
PostgreSQL do in different ways by design is not generated: values that a column rounds, text that its code page lacks.
"""
import argparse
import random

COLUMNS = {
    "k1": lambda r: str(r.randint(1, 25)),
    "k2": lambda r: quoted(r.choice(["a", "b", "A", "ä", "a ", "", "ж"])),
    "i": lambda r: maybe(r, lambda: str(r.choice([0, 1, -1, 7, 2147483647, -2147483648, r.randint(-1000, 1000)]))),
    "l": lambda r: maybe(r, lambda: str(r.choice([0, 9223372036854775807, r.randint(-10**12, 10**12)]))),
    "d": lambda r: maybe(r, lambda: "%d.%02d" % (r.randint(-99999, 99999), r.randint(0, 99))),
    "f": lambda r: maybe(r, lambda: r.choice(["0.1", "1e300", "-2.5", "1e-300", "0", "123456.789"])),
    "b": lambda r: maybe(r, lambda: r.choice(["true", "false"])),
    "t": lambda r: maybe(r, lambda: quoted(text(r))),
    "v": lambda r: maybe(r, lambda: quoted("".join(r.choice("abc xyz'\\%_[]") for _ in range(r.randint(0, 12))))),
    "ts": lambda r: maybe(r, lambda: "timestamp '%04d-%02d-%02d %02d:%02d:%02d.%03d'" % (
        r.randint(1, 9999), r.randint(1, 12), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), r.randint(0, 59), r.randint(0, 999))),
    "u": lambda r: maybe(r, lambda: "'%032x'::uuid" % r.getrandbits(128)),
    "y": lambda r: maybe(r, lambda: "'\\x%s'::bytea" % ("%02x" % r.randint(0, 255) * r.randint(0, 6))),
}
KEY = ["k1", "k2"]
OTHERS = [name for name in COLUMNS if name not in KEY]


def quoted(value):
    return "'" + value.replace("'", "''") + "'"


def text(r):
    return "".join(r.choice(["a", "Z", "ß", "é", "日", "😀", " ", "'", "\\", "\n", "ж", "%"]) for _ in range(r.randint(0, 15)))


def maybe(r, make):
    return "NULL" if r.random() < 0.2 else make()


def value(r, name):
    return COLUMNS[name](r)


def assignment(r, name):
    choices = [value(r, name)]
    if name == "i":
        choices += ["i + 1", "coalesce(i, 0) / %d" % r.choice([0, 3, 7]), "k1 * 3"]
    if name == "l":
        choices += ["l - i", "-l"]
    if name == "t":
        choices += ["t || 'x'", "upper(left(t, 5))", "v"]
    if name == "d":
        choices += ["d * -1", "round(d)"]
    if name == "b":
        choices += ["NOT b", "i > 0"]
    return r.choice(choices)


def condition(r):
    return r.choice([
        lambda: "k1 = %d" % r.randint(1, 25),
        lambda: "k1 BETWEEN %d AND %d" % (r.randint(1, 12), r.randint(10, 25)),
        lambda: "k1 %% %d = 0" % r.randint(2, 6),
        lambda: "i > %d" % r.randint(-500, 500),
        lambda: "b",
        lambda: "t IS NULL",
        lambda: "k2 COLLATE \"C\" = %s" % value(r, "k2"),
        lambda: "d < %d OR f IS NULL" % r.randint(-100, 100),
        lambda: "k1 IN (SELECT g FROM generate_series(%d, 25, 4) AS g)" % r.randint(1, 5),
    ])()


def returning(r):
    if r.random() < 0.6:
        return ""
    return " RETURNING " + r.choice(["*", "k1, k2", "i, l, coalesce(t, '-')", "k1, d + 1, ts", "octet_length(y), u"])


def insert(r):
    names = KEY + r.sample(OTHERS, r.randint(0, len(OTHERS)))
    r.shuffle(names)
    if r.random() < 0.25:
        rows = r.randint(1, 6)
        given = ", ".join({"k1": "g + %d" % r.randint(0, 20), "k2": value(r, "k2")}.get(n, value(r, n)) for n in names)
        source = "SELECT %s FROM generate_series(1, %d) AS g" % (given, rows)
    else:
        source = "VALUES " + ", ".join("(" + ", ".join(cast(n, value(r, n)) for n in names) + ")" for _ in range(r.choice([1, 1, 1, 2, 4])))
    conflict = " ON CONFLICT DO NOTHING" if r.random() < 0.3 else ""
    return "INSERT INTO %%s (%s) %s%s%s" % (", ".join(names), source.replace("%", "%%"), conflict, returning(r))


TYPES = {"k1": "int", "k2": "text", "i": "int", "l": "bigint", "d": "numeric", "f": "float8", "b": "boolean", "t": "text", "v": "text",
         "ts": "timestamp", "u": "uuid", "y": "bytea"}


def cast(name, expression):
    return "CAST(%s AS %s)" % (expression, TYPES[name])


def update(r):
    names = r.sample(OTHERS, r.randint(1, 5))
    where = condition(r)
    # Of one number, whose rows cannot meet each other: else it depends on their order whether a key is there already.
    if r.random() < 0.15:
        names.append("k1")
        where = "k1 = %d" % r.randint(1, 25)
    sets = ", ".join("%s = %s" % (n, "k1 + %d" % r.randint(-3, 3) if n == "k1" else assignment(r, n)) for n in names)
    return "UPDATE %%s SET %s WHERE %s%s" % (sets.replace("%", "%%"), where.replace("%", "%%"), returning(r))


def delete(r):
    return "DELETE FROM %%s WHERE %s%s" % (condition(r).replace("%", "%%"), returning(r))


def statement(r):
    kind = r.random()
    if kind < 0.5:
        return insert(r)
    if kind < 0.8:
        return update(r)
    return delete(r) if kind < 0.98 else "TRUNCATE %s"


PREAMBLE = r"""
CREATE TABLE here (k1 int NOT NULL, k2 varchar(10) NOT NULL COLLATE "C", i int, l bigint, d numeric(12,2), f float8, b boolean, t varchar(200), v varchar(40),
    ts timestamp(3), u uuid, y bytea, PRIMARY KEY (k1, k2));
-- Runs one statement on a table: the rows that it returns, or the SQLSTATE of its error.
CREATE FUNCTION run(statement text, target text, returns boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    IF returns THEN
        EXECUTE format('WITH changed AS (' || statement || ') SELECT coalesce(string_agg(changed::text, E''\n'' ORDER BY changed::text COLLATE "C"), ''no rows'') FROM changed', target) INTO result;
    ELSE
        EXECUTE format(statement, target);
    END IF;
    RETURN coalesce(result, 'done');
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE;
END
$$;
CREATE FUNCTION same() RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT EXISTS ((SELECT here::text FROM here EXCEPT ALL SELECT there::text FROM there) UNION ALL (SELECT there::text FROM there EXCEPT ALL SELECT here::text FROM here)) $$;
CREATE TABLE counts (statements int, failed int);
INSERT INTO counts VALUES (0, 0);
CREATE FUNCTION compare(statement text, returns boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one text := run(statement, 'here', returns);
    other text := run(statement, 'there', returns);
BEGIN
    UPDATE counts SET statements = statements + 1, failed = failed + (one LIKE 'error %')::int;
    -- Which of two errors comes first, one of a row's values or one of another row's constraint, depends on the order of the rows.
    IF one ~ '^error 2[23]' AND other ~ '^error 2[23]' AND left(one, 8) <> left(other, 8) THEN
        other := one;
    END IF;
    IF one <> other OR NOT same() THEN
        RETURN NEXT format(E'DIFFERENT: %s\n here:  %s\n there: %s\n rows are the same: %s', statement, one, other, same());
    END IF;
END
$$;
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=300)
    arguments = parser.parse_args()
    r = random.Random(arguments.seed)
    print(PREAMBLE)
    open_transaction = False
    for number in range(arguments.count):
        if not open_transaction and r.random() < 0.15:
            print("BEGIN;")
            open_transaction = True
        if open_transaction and r.random() < 0.3:
            print(r.choice(["SAVEPOINT s;", "SAVEPOINT s;", "SAVEPOINT s; SELECT * FROM compare('DELETE FROM %s', false); ROLLBACK TO s;"]))
        made = statement(r)
        print("SELECT * FROM compare(%s, %s);" % (quoted(made), "true" if " RETURNING " in made else "false"))
        if open_transaction and r.random() < 0.25:
            print(r.choice(["COMMIT;", "ROLLBACK;"]))
            print("SELECT 'DIFFERENT after the end of a transaction, before statement %d' WHERE NOT same();" % (number + 2))
            open_transaction = False
    if open_transaction:
        print("COMMIT;")
    print("SELECT 'DIFFERENT at the end' WHERE NOT same();")
    print("SELECT format('%s statements, %s of them failed on both sides', statements, failed) FROM counts;")


main()
