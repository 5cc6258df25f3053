"""TAP for the Python clients, and the values that setup.sql wrote."""
import datetime
import sys
import traceback
import uuid
from decimal import Decimal

ROW = {
    "id": 1, "b": True, "ti": 255, "si": -32768, "bi": 9223372036854775807,
    "d": Decimal("-1234567890123456789012345678.0123456789"), "m": Decimal("-922337203685477.5808"),
    "sm": Decimal("214748.3647"), "r": 1.5, "f": -2.5e300,
    "da": datetime.date(9999, 12, 31), "t": datetime.time(23, 59, 58, 123456),
    "sdt": datetime.datetime(2079, 6, 6, 23, 59), "dt": datetime.datetime(1753, 1, 1, 12, 0, 0, 997000),
    "dt2": datetime.datetime(2020, 2, 29, 1, 2, 3, 123456),
    "dto": datetime.datetime(2020, 1, 1, 0, 30, 0, 123000, datetime.timezone(datetime.timedelta(hours=1))),
    "c": "abc       ", "vc": "caf\u00e9", "vcm": "x" * 70001, "nc": "n         ", "nvc": "\u65e5\u672c \U0001f600",
    "nvm": "\u20acy" * 50000, "cyr": "\u041f\u0440\u0438\u0432\u0435\u0442", "u8": "\u20ac\U0001f600", "tx": "text",
    "ntx": "ntext \u20ac", "img": b"image", "bin": b"12345678", "vb": b"\x00\x01\x02", "vbm": b"\x01\x02\x03\xff",
    "g": uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"), "x": "<a>\u00e9</a>", "v": 42, "n": Decimal("1234567.89"),
}


class Tap:
    def __init__(self, client):
        self.client = client
        self.failed = False

    def check(self, name, work):
        """Runs work(); an exception or a false result fails the check."""
        try:
            result = work()
            ok, why = (result if isinstance(result, tuple) else (result, ""))
        except Exception:  # a client may raise anything
            ok, why = False, "".join(traceback.format_exc().splitlines(True)[-4:])
        print(f"{'ok' if ok else 'not ok'} - {self.client}: {name}", flush=True)
        if not ok:
            self.failed = True
            for line in str(why).splitlines():
                print("#   " + line, flush=True)

    def finish(self):
        sys.exit(1 if self.failed else 0)


def differences(names, row, expected=None, skip=()):
    """(True, "") when the row has the expected values, else (False, which columns differ)."""
    expected = ROW if expected is None else expected
    wrong = [f"{name}: {value!r:.80} instead of {expected[name]!r:.80}" for name, value in zip(names, row)
             if name in expected and name not in skip and value != expected[name]]
    return (not wrong, "\n".join(wrong))
