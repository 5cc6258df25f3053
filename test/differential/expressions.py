"""Random expressions over the columns in scope."""

import functions
import tree
from database import NUMBERS
from tree import Literal, Node
from values import DECLARED, make_literal, make_pattern

ANY = (["small"] * 4 + ["int4"] * 3 + ["text"] * 5 + ["numeric"] * 4 + ["timestamp"] * 3 + ["date"] * 3 +
       ["int2", "int8", "int8", "float8", "calm", "float4", "time", "timestamptz", "timestamptz", "uuid", "bytea", "bool", "bool"])
TEXTS = ("text", "varchar", "bpchar")
MOMENTS = ("date", "timestamp", "timestamptz")
COMPARISONS = ("=", "=", "=", "<>", "<", "<=", ">", ">=")
DENSE = ("numeric", "float4", "float8", "calm")  # equal values may be spelled in several ways


def satisfies(column, type):
    """Whether a hole of that type takes the column."""
    if type == "small":
        return column.is_calm() and column.type in ("int2", "int4", "int8")
    if type == "calm":
        return column.type == "float8" and column.is_calm()
    return column.type in TEXTS if type == "text" else column.type == type


class Expressions:
    """`scopes` are the columns of the query at hand and of those around it, the innermost last. `collation` is the one that the texts of
    one expression have; `risk` allows what may raise errors."""

    def __init__(self, random, database):
        self.random, self.database = random, database
        self.scopes, self.collation, self.risk, self.logic = [[]], "default", False, True

    # ------------------------------------------------------------------------------------------------------------ leaves

    def own_columns(self, type=None):
        return [column for column in self.scopes[-1] if type is None or satisfies(column, type)]

    def outer_columns(self, type=None):
        return [column for scope in self.scopes[:-1] for column in scope if type is None or satisfies(column, type)]

    def column(self, type):
        """One of the query's own, now and then one of a query around it; None where there is none."""
        own, outer = self.own_columns(type), self.outer_columns(type)
        if not own and not outer:
            return None
        return self.reference(self.random.choice(outer if not own or (outer and self.random.random() < 0.2) else own), type)

    def reference(self, column, type=None):
        text = f"{column.alias}.{column.name}"
        if column.collation and column.collation != self.collation:
            text = f'({text} COLLATE {self.collation_name()})'
        if type == "small" and column.type != "int4":
            text += "::int4"
        return Node(DECLARED.get(type, column.type), text)

    def collation_name(self):
        return "here.sloppy" if self.collation == "sloppy" else f'"{self.collation}"'

    def literal(self, type, values=(), beyond=False):
        return make_literal(self.random, type, values or self.database.values(type), beyond)

    def some_type(self):
        """Mostly one that a column has, so that expressions are not all of constants."""
        columns = self.own_columns() or self.outer_columns()
        if not columns or self.random.random() < 0.12:
            return self.random.choice(ANY)
        column = self.random.choice(columns)
        for type in ("small", "calm"):
            if satisfies(column, type) and self.random.random() < 0.7:
                return type
        return "text" if column.type in TEXTS else column.type

    def leaf(self, type):
        column = self.column(type) if self.random.random() < 0.88 else None
        return column or self.literal(type)

    # ------------------------------------------------------------------------------------------------------- expressions

    def expression(self, type, depth):
        if depth <= 0 or (type != "bool" and self.random.random() < 0.35):
            return self.leaf(type)
        template = self.template(type)
        return self.fill(template, type, depth - 1) if template else self.leaf(type)

    def template(self, type):
        candidates = functions.scalars[type] + (functions.scalars["any"][:] if self.random.random() < 0.25 else [])
        if type == "int4":
            candidates = candidates + functions.scalars["small"]
        if type == "float8":
            candidates = candidates + functions.scalars["calm"]
        candidates = [one for one in candidates if (self.risk or not one.risky) and (self.logic or not is_logic(one))]
        if self.risk and self.random.random() < 0.6:
            candidates = [one for one in candidates if one.risky] or candidates
        tries = [self.random.choice(candidates) for _ in range(4)] if candidates else [None]
        return next((one for one in tries if one and self.has_columns(one, type)), tries[0])

    def has_columns(self, template, type):
        """Whether there is a column for one of its holes."""
        holes = (type if hole == "any" and template.type == "any" else hole for hole in functions.pieces(template)[1::2])
        return any(hole == "any" or self.own_columns(hole) for hole in holes)

    def fill(self, template, type, depth, hole=None):
        """`hole` makes what only a query knows."""
        parts = []
        common = type if template.type == "any" else self.some_type()
        for index, piece in enumerate(functions.pieces(template)):
            if index % 2 == 0:
                parts.append(piece)
            else:
                parts.append(hole and hole(piece) or self.hole(piece, common, depth))
        node = Node(DECLARED.get(type, type), *parts, approximate=template.approximate)
        return node if is_call(template.text) else Node(node.type, "(", node, ")")

    def hole(self, name, common, depth):
        if ".." in name:
            return str(self.random.randint(*(int(bound) for bound in name.split(".."))))
        if name == "pattern":
            return make_pattern(self.random, self.database.values("varchar"))
        if name == "small_literal":
            return self.literal("small")
        type = common if name == "any" else name
        if type in functions.scalars or type in DECLARED:
            return self.condition(depth) if type == "bool" else self.expression(type, depth)
        return self.random.choice(name.split("|"))

    # -------------------------------------------------------------------------------------------------------- conditions

    def condition(self, depth):
        """A boolean; most of them compare a column, for that is what people write."""
        dice = self.random.random()
        columns = self.own_columns()
        if self.risk and depth > 0 and dice < 0.7:
            return self.expression("bool", depth)
        if columns and dice < 0.45:
            return self.comparison(self.random.choice(columns))
        if columns and dice < 0.55:
            return self.membership(self.random.choice(columns))
        if columns and dice < 0.6:
            return Node("bool", "(", self.reference(self.random.choice(columns)), self.random.choice((" IS NULL)", " IS NOT NULL)")))
        if depth <= 0:
            return self.comparison(self.random.choice(columns)) if columns else self.leaf("bool")
        return self.mixed_comparison(depth) if dice < 0.7 else self.expression("bool", depth)

    def comparison(self, column):
        """`column op constant`, or another column; the constant is one of the column's own values more often than not."""
        if column.type == "bool" and self.random.random() < 0.7:
            test = self.random.choice(("", " = false", " IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE", " IS UNKNOWN", " IS NOT UNKNOWN"))
            return Node("bool", "(", self.reference(column), test + ")")
        kept = self.collation
        if column.collation and "sloppy" in self.database.collations and self.random.random() < 0.1:
            self.collation = "sloppy"
        left = self.reference(column)
        right = self.counterpart(column)
        self.collation = kept
        operator = self.random.choice(COMPARISONS + ("IS DISTINCT FROM", "IS NOT DISTINCT FROM"))
        sides = [left, f" {operator} ", right]
        return Node("bool", "(", *(reversed(sides) if self.random.random() < 0.15 else sides), ")")

    def counterpart(self, column):
        type = "text" if column.type in TEXTS else column.type
        if self.random.random() < 0.2:
            others = [other for other in self.own_columns() + self.outer_columns() if comparable(column.type, other.type)]
            return self.reference(self.random.choice(others))
        if type in ("int2", "int4", "int8", "numeric") and self.random.random() < 0.2:
            type = self.random.choice(("int2", "int4", "int8", "numeric", "float8"))
            return self.literal(type, beyond=True)
        if type in MOMENTS and self.random.random() < 0.5:
            other = self.random.choice([one for one in MOMENTS if one != type])
            return make_literal(self.random, other, self.database.values(other) if self.random.random() < 0.5 else (), beyond=True)
        return self.literal(type, column.values, beyond=True)

    def membership(self, column):
        type = "text" if column.type in TEXTS else column.type
        values = [self.literal(type, column.values, beyond=True) for _ in range(self.random.randint(1, 5))]
        if self.random.random() < 0.15:
            values.append(Literal(DECLARED.get(type, type), "NULL"))
        dice = self.random.random()
        items = tree.Items(", ", *values, least=1)
        if dice < 0.55:
            return Node("bool", "(", self.reference(column), self.random.choice((" IN (", " IN (", " NOT IN (")), items, "))")
        if dice < 0.8:
            array = f"])::{DECLARED.get(type, type)}[]" if type != "text" else "])::text[]"
            operator = self.random.choice((" = ANY (", " <> ALL (", " = ALL (", " <> ANY (", " < ANY (", " >= ALL ("))
            return Node("bool", "(", self.reference(column), operator, "(ARRAY[", items, array, "))")
        operator = self.random.choice((" BETWEEN ", " NOT BETWEEN "))
        return Node("bool", "(", self.reference(column), operator, values[0], " AND ", values[-1], ")")

    def mixed_comparison(self, depth):
        """Sides of different types, which PostgreSQL brings to one."""
        groups = (NUMBERS, NUMBERS, ("text",), MOMENTS)
        types = self.random.choice(groups)
        left, right = (self.expression(self.random.choice(types), depth) for _ in range(2))
        return Node("bool", "(", left, f" {self.random.choice(COMPARISONS)} ", right, ")")


def comparable(one, other):
    return one == other or any(one in group and other in group for group in (NUMBERS, TEXTS, MOMENTS))


def is_logic(template):
    """What need not look at all of its parts."""
    return any(word in template.text for word in (" AND ", " OR ", "coalesce", "CASE", " IN (", "ANY", "ALL"))


def is_call(text):
    return text.endswith(")") and text.partition("(")[0].isidentifier()
