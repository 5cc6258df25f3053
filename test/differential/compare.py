"""Whether two answers to a query are the same. What PostgreSQL itself leaves open is no difference: the order of rows that no ORDER BY
settles, which of them a LIMIT takes then, how one of several equal numbers is spelled, the last bits of a floating-point sum, and
which of several parts of a query raises its error."""

import collections

from postgres import Failure

NUMERIC, FLOAT4, FLOAT8, BPCHAR = 1700, 700, 701, 1042
DATA_EXCEPTION = "22"
CARDINALITY_VIOLATION = "21"


class Difference:
    """`kind`: rows, order, count, scale (the same numbers with other digits behind the point), types, or an error's SQLSTATE."""

    def __init__(self, kind, explanation):
        self.kind, self.explanation = kind, explanation


def canonical(type, value):
    """One spelling for equal values."""
    if type == BPCHAR and value:
        return value.rstrip(" ")
    if value is None or type not in (NUMERIC, FLOAT4, FLOAT8):
        return value
    if "." in value and type == NUMERIC:
        value = value.rstrip("0").rstrip(".")
    return "0" if value == "-0" else value


def number(text):
    """None of NULL, and of what is no number, as a comparison with a sum."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def is_near(one, other):
    a, b = number(one), number(other)
    if one == other or a is None or b is None:
        return one == other
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b)) + 1e-6


class Expectation:
    """What of a query's answer is settled, read from its tree."""

    def __init__(self, query):
        select = query.form.select
        self.is_loop = query.form.name == "loop"
        self.is_risky, self.is_strict = query.is_risky, query.is_strict
        self.loose, self.blank = query.form.body.has("loose"), query.form.body.has("blank")
        self.approximate = not self.is_loop and [index for index, item in enumerate(select.items.parts) if item.has("approximate")]
        self.is_total = not self.is_loop and select.is_total()
        self.keys = [] if self.is_loop else select.leading_keys()
        self.leaves_open = not self.is_loop and select.leaves_open()

    def cells(self, answer, row, loose):
        is_open = lambda type: self.blank if type == BPCHAR else loose
        return tuple(canonical(type, value) if is_open(type) else value for type, value in zip(answer.types, row))

    def compare(self, wanted, got, all_rows=None):
        """None where `got` is as good as `wanted`; `all_rows` is the answer without LIMIT where that leaves rows to choose from."""
        if isinstance(wanted, Failure) or isinstance(got, Failure):
            return self.compare_failures(wanted, got)
        if wanted.types != got.types:
            return Difference("types", f"columns of types {wanted.types}, not {got.types}")
        if self.leaves_open:
            return self.compare_choices(wanted, got, all_rows)
        difference = self.compare_rows(wanted, got, self.loose)
        if difference and not self.loose and not self.compare_rows(wanted, got, True):
            return Difference("scale", difference.explanation)
        return difference

    def compare_failures(self, wanted, got):
        if isinstance(wanted, Failure) and isinstance(got, Failure):
            return None if wanted.sqlstate[:2] == got.sqlstate[:2] else Difference(got.sqlstate, f"{got}\nnot {wanted}")
        failure = wanted if isinstance(wanted, Failure) else got
        is_open = failure.sqlstate[:2] in (DATA_EXCEPTION, CARDINALITY_VIOLATION) and not self.is_strict
        if is_open and (self.is_risky or failure is wanted):
            return None
        return Difference(failure.sqlstate, f"{'no rows but' if failure is got else 'rows where there should be'} {failure}")

    def compare_rows(self, wanted, got, loose):
        left, right = ([self.cells(answer, row, loose) for row in answer.rows] for answer in (wanted, got))
        if self.approximate:
            return self.compare_sums(left, right)
        surplus, missing = collections.Counter(right), collections.Counter(left)
        surplus, missing = surplus - missing, missing - surplus
        if surplus or missing:
            return Difference("rows", f"{len(left)} rows, not {len(right)}\nmissing: {first(missing)}\nwrong:   {first(surplus)}")
        if self.is_total and left != right:
            return Difference("order", "rows in another order\n" + first_unequal(left, right))
        return self.compare_keys(wanted, got)

    def compare_sums(self, left, right):
        """With sums of floating-point numbers side by side, sorted by what is exact."""
        exact = lambda row: tuple(str(value) for index, value in enumerate(row) if index not in self.approximate)
        near = lambda row: tuple(number(row[index]) or 0.0 for index in self.approximate)
        left, right = (sorted(rows, key=lambda row: (exact(row), near(row))) for rows in (left, right))
        for one, other in zip(left, right):
            if exact(one) != exact(other) or not all(is_near(one[index], other[index]) for index in self.approximate):
                return Difference("rows", f"missing: {one}\nwrong:   {other}")
        return None if len(left) == len(right) else Difference("rows", f"{len(left)} rows, not {len(right)}")

    def compare_keys(self, wanted, got):
        keys = lambda answer: [tuple(canonical(answer.types[key], row[key]) for key in self.keys) for row in answer.rows]
        left, right = keys(wanted), keys(got)
        return None if left == right else Difference("order", "rows in another order\n" + first_unequal(left, right))

    def compare_choices(self, wanted, got, all_rows):
        if len(wanted.rows) != len(got.rows):
            return Difference("count", f"{len(wanted.rows)} rows, not {len(got.rows)}")
        if self.approximate or isinstance(all_rows, Failure):
            return None
        wrong = collections.Counter(self.cells(got, row, True) for row in got.rows)
        wrong -= collections.Counter(self.cells(all_rows, row, True) for row in all_rows.rows)
        return Difference("rows", f"not in the whole answer: {first(wrong)}") if wrong else self.compare_keys(wanted, got)


def first(rows):
    return "; ".join(str(row) for row in sorted(rows, key=str)[:3]) or "none"


def first_unequal(left, right):
    for number, (one, other) in enumerate(zip(left, right), 1):
        if one != other:
            return f"row {number}: {one}, not {other}"
    return f"{len(left)} rows, not {len(right)}"
