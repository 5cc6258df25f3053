"""Constants of each type: values that the tables have, their neighbours, and the edges."""

import re

from postgres import literal
from tree import Literal

EDGES = {
    "bool": ["true", "false"],
    "int2": ["0", "1", "-1", "255", "256", "-32768", "32767"],
    "int4": ["0", "1", "-1", "2147483647", "-2147483648", "255", "256", "32768"],
    "small": ["0", "1", "-1", "2", "3", "5", "10", "-7", "20", "50"],
    "int8": ["0", "1", "9223372036854775807", "-9223372036854775808", "2147483648", "3000000000"],
    "numeric": ["0", "0.5", "1.50", "1.5", "2.345", "-0.005", "1e20", "10",
                "99999999999999999999999999999999999999", "0.00000000000000000001"],
    "float4": ["0", "-0", "0.1", "1.5", "3.4028235e38", "16777216"],
    "float8": ["0", "-0", "0.1", "0.3", "0.30000000000000004", "1e15", "9007199254740993", "1.7976931348623157e308", "2.5"],
    "calm": ["0", "0.5", "1.5", "-2.5", "0.1", "100", "33.333"],
    "text": ["", " ", "a", "A", "b", "ab", "z", "é", "ß", "ss", "日本", "😀", "%", "a%", "[a-c]", "\\", "it's"],
    "date": ["2010-01-02", "1900-01-01", "0001-01-01", "9999-12-31", "1753-01-01", "1752-12-31", "2000-02-29"],
    "time": ["00:00:00", "23:59:59.999999", "12:34:56.789", "12:34:56.789123", "12:34:56.5"],
    "timestamp": ["2010-01-02 03:04:05.003", "2010-01-02 03:04:05.004", "1753-01-01", "1752-12-31 23:59:59.999", "9999-12-31 23:59:59.997",
                  "9999-12-31 23:59:59.999999", "0001-01-01", "1900-01-01", "2079-06-06 23:59:00", "2010-03-28 02:30:00"],
    "timestamptz": ["2010-01-02 03:04:05.678+00", "2010-03-28 01:30:00+00", "2010-03-28 00:30:00+00", "2010-10-31 00:30:00+00",
                    "2010-10-31 00:45:00+00", "2010-10-31 01:30:00+00", "0001-01-02 00:00:00+00", "2010-01-02 00:00:00+05:30"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "00112233-4455-6677-8899-aabbccddeeff", "ff112233-4455-6677-8899-aabbccddee00"],
    "bytea": ["\\x", "\\x00", "\\x01", "\\x0100", "\\x01020304", "\\xffffffff", "\\x616263"],
    "interval": ["1 day", "1 hour", "1 month", "-1 day", "00:00:00.003", "1 year", "90 minutes", "0"],
}
# What SQL Server has no value for: beside a column only, because arithmetic on them may fail.
BEYOND = {
    "numeric": ["NaN", "1e40", "-1e40", "1.00000000000000000000000000000000000000001"], "float4": ["NaN", "Infinity", "-Infinity"],
    "float8": ["NaN", "Infinity", "-Infinity"], "date": ["infinity", "-infinity", "4713-01-01 BC", "10000-01-01"], "time": ["24:00:00"],
    "timestamp": ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01 00:00:00"],
    "timestamptz": ["infinity", "-infinity", "10000-01-01 00:00:00+00"],
}
DECLARED = {"small": "int4", "calm": "float8"}


def spelled(random, type, value):
    """As SQL: with its type, or bare where the parser gives it that type anyway."""
    if type in ("int4", "small") and re.fullmatch(r"-?\d{1,9}", value):
        return value if not value.startswith("-") else f"({value})"
    if type == "numeric" and re.fullmatch(r"\d+\.\d+", value) and random.random() < 0.7:
        return value
    if type == "bool":
        return value
    if type == "text" and random.random() < 0.5:
        return literal(value)
    return f"{literal(value)}::{DECLARED.get(type, type)}"


def neighbour(random, type, value):
    """A value near to this one, or the same."""
    if type in ("int2", "int4", "int8"):
        near = int(value) + random.choice((-1, 1))
        return str(near) if abs(near) < 1 << {"int2": 15, "int4": 31, "int8": 63}[type] else value
    if type == "numeric" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value + random.choice(("0", "5", "01") if "." in value else (".0", ".5", ".01"))
    if type in ("timestamp", "time") and "BC" not in value and "infinity" not in value:
        return value.partition(".")[0] + random.choice(("", ".003", ".0035", ".004", ".5", ".678912", ".678913", ".999"))
    if type == "bytea":
        return random.choice((value + "00", value[:-2] if value.endswith("00") and len(value) > 2 else value + "01"))
    if type == "uuid":
        return random.choice((value[-12:-4] + value[8:-12] + value[:8] + value[-4:], value[:-1] + random.choice("0f")))
    if type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return value[:8] + random.choice(("01", "02", "28"))
    if type == "timestamptz" and re.search(r"[+]00$", value):
        return value[:-3] + random.choice(("+01", "-01", ".5+00" if "." not in value else "+00"))
    if type == "text":
        return random.choice((value.swapcase(), value + " ", value.rstrip(), value[:-1], value.replace("ß", "ss"),
                              value.replace("é", "e"),
                              " " + value))
    return value


def choose(random, type, values, beyond):
    dice = random.random()
    if values and dice < 0.75:
        value = random.choice(values)
        return neighbour(random, type, value) if random.random() < 0.3 else value
    if beyond and dice > 0.95 and type in BEYOND:
        return random.choice(BEYOND[type])
    return random.choice(EDGES[type])


def make_literal(random, type, values=(), beyond=False, nullable=True):
    """A constant that is as good as any of `values`. NULL among those of further executions."""
    if type in ("small", "calm"):
        values = ()
    draw = lambda: spelled(random, type, choose(random, type, values, beyond))
    declared = DECLARED.get(type, type)
    others = [draw(), f"NULL::{declared}" if nullable and random.random() < 0.15 else draw()]
    return Literal(declared, draw(), others)


def make_pattern(random, values):
    """For LIKE, by what the columns have: prefixes, suffixes, T-SQL's own wildcards, escapes."""
    def draw():
        value = random.choice(values) if values and random.random() < 0.8 else random.choice(EDGES["text"])
        start, end = value[:random.randint(0, 3)], value[-random.randint(1, 3):]
        pattern = random.choice((start + "%", "%" + end, "%" + start + "%", "_" + value[1:], value, start + "_", "[" + start + "]%",
                                 start + "\\%", start + "%" + end, "[^a]%", "%", "", value.replace("_", "\\_"), start + "\\_%",
                                 start.swapcase() + "%"))
        return literal(pattern.rstrip("\\") if re.search(r"(?<!\\)(\\\\)*\\$", pattern) else pattern)
    return Literal("text", draw(), [draw(), draw()])
