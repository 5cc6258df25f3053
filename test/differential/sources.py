"""What stands in FROM: tables, joins, subselects, series."""

from database import Column
from expressions import DENSE, TEXTS, Expressions, comparable
from tree import Items, Node

RARELY = {"picks": 0.4, "hollow": 0.15, "odd_numbers": 0.5, "odd_moments": 0.5, "asked": 0.5, "parts": 0.6}


class Source(Node):
    """What stands in FROM, and the columns that it brings; `key` are those that tell its rows apart, None where none do."""

    def __init__(self, columns, key, *parts):
        super().__init__("source", *parts)
        self.columns, self.key = columns, key


class Sources(Expressions):
    def __init__(self, random, database):
        super().__init__(random, database)
        self.aliases, self.ctes, self.fixed, self.sums = 0, [], False, True

    def alias(self, prefix="x"):
        self.aliases += 1
        return f"{prefix}{self.aliases}"

    def chance(self, probability):
        return self.random.random() < probability

    def rooted(self, make, *arguments):
        """An expression whose texts have one collation, chosen here."""
        if self.fixed:
            return make(*arguments)
        kept = self.collation
        self.collation = self.random.choice([name for name in self.database.collations if name != "sloppy"] + ["default"] * 5)
        try:
            return make(*arguments)
        finally:
            self.collation = kept

    def table(self):
        return self.source_of(self.random.choices(self.database.tables, [RARELY.get(table.name, 1) for table in self.database.tables])[0])

    def source_of(self, table):
        alias = self.alias()
        columns = [column.of(alias) for column in table.columns]
        return Source(columns, [column for column in columns if column.key], f"{table.name} AS {alias}")

    def source(self, depth):
        dice = self.random.random()
        if self.ctes and dice < 0.6:
            return self.cte_reference()
        if depth > 0 and dice < 0.14:
            return self.derived(depth - 1)
        if dice < 0.17:
            return self.series()
        return self.table()

    def series(self):
        alias = self.alias("g")
        column = Column("n", "int4", "", True, [str(n) for n in range(1, 6)], alias)
        return Source([column], [column], f"generate_series(1, {self.random.randint(1, 6)}) AS {alias}(n)")

    def cte_reference(self):
        name, columns, has_key = self.random.choice(self.ctes)
        alias = self.alias()
        columns = [column.of(alias) for column in columns]
        return Source(columns, [column for column in columns if column.key] if has_key else None, f"{name} AS {alias}")

    def derived(self, depth, lateral=""):
        """A subselect in FROM. It sees the columns before it only when it is LATERAL."""
        kept = self.scopes
        self.scopes = kept if lateral else [[]]
        select, columns, has_key = self.named_select(depth)
        self.scopes = kept
        alias = self.alias("y")
        columns = [column.of(alias) for column in columns]
        return Source(columns, [column for column in columns if column.key] if has_key else None, lateral, "(", select, f") AS {alias}")

    def named_select(self, depth):
        """A subselect whose items have the names c1, c2, ...; its columns, and whether some of them tell its rows apart."""
        select = self.settled_select(depth, ("plain", "plain", "grouped", "distinct"))
        columns, keys = [], set()
        for number, item in enumerate(select.items.parts, 1):
            origin = item.origin
            columns.append(Column(f"c{number}", item.type, origin.collation if origin else "unknown" if item.type in TEXTS else "",
                                  bool(origin and origin.key and select.keeps_keys), origin.values if origin else ()))
            if columns[-1].key:
                keys.add((origin.alias, origin.name))
            item.parts.append(f" AS c{number}")
        wanted = {(column.alias, column.name) for column in select.key or ()}
        return select, columns, bool(wanted) and select.keeps_keys and wanted <= keys

    def settled_select(self, depth, shapes):
        """A subselect that leaves nothing open, for that may show in any way outside."""
        while True:
            select = self.select(depth, shape=self.random.choice(shapes), inner=True)
            if not select.has("loose") and not select.has("blank"):
                return select

    def join(self, left, depth):
        if depth > 0 and self.chance(0.1):
            self.scopes[-1] = left.columns
            right = self.derived_lateral(depth)
            joint = self.random.choice((" CROSS JOIN ", " LEFT JOIN "))
            return joined(left, right, joint, Node("on", " ON true") if joint == " LEFT JOIN " else None)
        right = self.source(depth)
        kind = self.random.choice((" JOIN ", " JOIN ", " JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "))
        equality = self.equality(left.columns, right.columns)
        if equality is None:
            return joined(left, right, " CROSS JOIN ", None) if small(right) else left
        self.scopes[-1] = left.columns + right.columns
        conditions = Items(" AND ", equality, before=" ON ", least=1)
        if kind != " FULL JOIN " and self.chance(0.3):
            conditions.parts.append(self.rooted(self.condition, 1))
        if kind == " JOIN " and self.chance(0.06) and len(left.columns) < 20:
            conditions.parts[0] = self.rooted(self.condition, 1)
        return joined(left, right, kind, conditions)

    def derived_lateral(self, depth):
        self.scopes.append([])
        source = self.derived(depth - 1, "LATERAL ")
        self.scopes.pop()
        return source

    def equality(self, left, right):
        pairs = [(a, b) for a in left for b in right if comparable(a.type, b.type) and a.type != "bool"]
        narrow = [(a, b) for a, b in pairs if a.is_calm() and b.is_calm() and a.type not in DENSE and "id" in a.name + b.name]
        pairs = narrow if narrow and self.chance(0.75) else pairs
        if not pairs:
            return None
        a, b = self.random.choice(pairs)
        return self.rooted(lambda: Node("bool", self.reference(a), " = ", self.reference(b)))

    def sources(self, depth, most):
        source = self.source(depth)
        self.scopes[-1] = source.columns
        for _ in range(most - 1):
            source = self.join(source, depth)
            self.scopes[-1] = source.columns
        return source


def joined(left, right, joint, on):
    key = left.key + right.key if left.key and right.key else None
    return Source(left.columns + right.columns, key, left, joint, right, *([on] if on else []))


def small(source):
    return any(name in source.render() for name in ("generate_series", "picks AS", "hollow AS"))
