"""Random queries: sources and joins, subqueries, aggregates, windows, set operations, ORDER BY and LIMIT."""

import functions
from database import Column
from expressions import ANY, DENSE, TEXTS, Expressions, comparable, satisfies
from tree import Items, Literal, Node, Order, Position, Select, SetOperation, Total
from values import DECLARED

GROUPABLE = [type for type in ANY if type != "calm"]
RARELY = {"picks": 0.4, "hollow": 0.15, "odd_numbers": 0.5, "odd_moments": 0.5, "asked": 0.5, "parts": 0.6}
DIRECTIONS = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST", " DESC NULLS FIRST")


class Source(Node):
    """What stands in FROM, and the columns that it brings; `key` are those that tell its rows apart, None where none do."""

    def __init__(self, columns, key, *parts):
        super().__init__("source", *parts)
        self.columns, self.key = columns, key


class Queries(Expressions):
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

    # ----------------------------------------------------------------------------------------------------------- sources

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
        select = self.select(depth, shape=self.random.choice(("plain", "plain", "grouped", "distinct")), inner=True)
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

    # ----------------------------------------------------------------------------------------------------------- selects

    def select(self, depth, shape=None, inner=False, types=None):
        """A whole query, in a scope of its own within those that there are. `types` are the items', of a branch of a set operation."""
        self.scopes.append([])
        shape = shape or self.random.choices(("plain", "grouped", "distinct", "window", "distinct on"), (50, 26, 10, 9, 5))[0]
        source = self.sources(depth, self.random.choices((1, 2, 3), (55, 35, 10))[0])
        where = Items(" AND ", *(self.rooted(self.filter, depth) for _ in range(self.random.choices((0, 1, 2, 3), (25, 50, 20, 5))[0])),
                      before=" WHERE ")
        select = getattr(self, shape.replace(" ", "_"))(Node("from", " FROM ", source), source.key, depth, types)
        select.where.parts = where.parts
        select.key, select.keeps_keys = source.key, shape in ("plain", "window")
        if inner:
            self.limit_inner(select, source.key if shape == "plain" else None)
        self.scopes.pop()
        return select

    def filter(self, depth):
        if depth > 0 and self.chance(0.16):
            return self.subquery_condition(depth - 1)
        return self.condition(self.random.choice((1, 1, 2)))

    def item(self, depth, types=None, index=0):
        """An output column; `origin` is the column that it is, where it is one."""
        type = types[index] if types else self.some_type()
        columns = [column for column in self.own_columns() if types is None or satisfies(column, type)]
        if columns and self.chance(0.5):
            column = self.random.choice(columns)
            return as_item(self.reference(column) if self.fixed else self.as_it_is(column), column)
        if depth > 0 and self.chance(0.08) and types is None:
            return as_item(self.scalar_subquery(depth - 1))
        return as_item(self.condition(1) if type == "bool" else self.expression(type, self.random.choice((1, 1, 2))))

    def as_it_is(self, column):
        """Under its own collation."""
        kept, self.collation = self.collation, column.collation.replace("unknown", "default")
        node = self.reference(column)
        self.collation = kept
        return node

    def items(self, depth, types=None):
        count = len(types) if types else self.random.choices((1, 2, 3, 4), (30, 35, 20, 15))[0]
        return Items(", ", *(self.rooted(self.item, depth, types, index) for index in range(count)), least=1)

    def key_items(self, key):
        return [as_item(self.reference(column), column) for column in key]

    def plain(self, source, key, depth, types):
        items = self.items(depth, types)
        if key and types is None and self.chance(0.6):
            items.parts = self.key_items(key) + items.parts
        if types is None and self.chance(0.04):
            items.parts.append(self.whole_row())
        return Select(items, source)

    def whole_row(self):
        alias = self.random.choice(self.scopes[-1]).alias
        type, test = self.random.choice((("text", "::text"), ("bool", " IS NOT NULL"), ("bool", " IS NULL")))
        return as_item(Node(type, alias, test))

    def distinct(self, source, key, depth, types):
        items = self.items(0, types)
        select = Select(items, source, distinct=Items(" ", Node("distinct", "DISTINCT ")))
        select.loose = any(is_loose(item) for item in items.parts)
        return select

    def distinct_on(self, source, key, depth, types):
        if not key:
            return self.distinct(source, key, depth, types)
        select = self.plain(source, key, depth, types)
        select.distinct.parts.append(Node("distinct", "DISTINCT ON (", by := self.rooted(self.column_reference), ") "))
        select.order.parts += [Order(by, self.random.choice(DIRECTIONS)), self.total(key)]
        return select

    def column_reference(self):
        return self.reference(self.random.choice(self.scopes[-1]))

    def window(self, source, key, depth, types):
        select = self.plain(source, key, depth, types)
        if key:
            for _ in range(self.random.randint(1, 2)):
                select.items.parts.append(as_item(self.rooted(self.from_table, functions.windows, key)))
        return select

    def from_table(self, templates, key):
        """An aggregate or a window function over the query's own columns."""
        type = self.random.choice([type for type in templates for _ in templates[type]])
        template = self.random.choice(templates[type])
        if type == "any":
            type = self.random.choice(functions.ORDERED)
        kept, self.scopes = self.scopes, self.scopes[-1:]
        holes = {"key": lambda: Node("key", ", ".join(self.reference(column).render() for column in key or self.scopes[-1][:1])),
                 "by": self.column_reference}
        node = self.fill(template, type, 1, lambda name: holes[name]() if name in holes else None)
        self.scopes = kept
        node.loose = template.type == "any" and type in DENSE or "DISTINCT {numeric" in template.text or "percentile" in template.text
        return node

    def aggregate(self, key):
        while True:
            node = self.from_table(functions.aggregates, key)
            text = node.render()
            if (key or "ORDER BY" not in text or "WITHIN" in text) and (self.sums or not node.has("approximate")):
                break
        if self.chance(0.15) and is_plain_call(text):
            kept, self.scopes = self.scopes, self.scopes[-1:]
            filter = self.rooted(self.condition, 1)
            self.scopes = kept
            return Node(node.type, node, " FILTER (WHERE ", filter, ")", loose=node.loose, approximate=node.has("approximate"))
        return node

    def grouped(self, source, key, depth, types):
        kept, self.scopes = self.scopes, self.scopes[-1:]
        keys = [self.rooted(self.item, 0) for _ in range(self.random.choices((0, 1, 2), (35, 45, 20))[0])] if types is None else []
        keys = [item for item in keys if not isinstance(item.parts[0], Literal) and item.type != "interval"]
        self.scopes = kept
        items = Items(", ", *keys, least=1)
        for index in range(len(types) if types else self.random.randint(1, 3)):
            items.parts.append(as_item(self.rooted(self.extreme, types[index]) if types else self.rooted(self.aggregate, key)))
        select = Select(items, source)
        select.loose = any(is_loose(item) for item in keys)
        self.group(select, keys)
        if self.chance(0.2):
            select.having.parts.append(self.having(key))
        return select

    def extreme(self, type):
        return Node(DECLARED.get(type, type), self.random.choice(("min(", "max(")), self.own(type, 1), ")", loose=type in DENSE)

    def group(self, select, keys):
        positions = [Position(select.items, item) for item in keys]
        if len(positions) > 1 and self.chance(0.3):
            before = self.random.choice((" GROUP BY ROLLUP (", " GROUP BY CUBE (", " GROUP BY GROUPING SETS ((), "))
            select.group = Items(", ", *positions, before=before, after=")")
            select.parts[6] = select.group
        else:
            select.group.parts += positions

    def having(self, key):
        def condition():
            node = self.aggregate(key)
            while node.type in TEXTS or node.has("approximate"):
                node = self.aggregate(key)
            if node.type == "bool" or self.chance(0.2):
                return Node("bool", "(", node, ")", self.random.choice((" IS NOT NULL", " IS NULL", " IS TRUE" if node.type == "bool" else " IS NULL")))
            return Node("bool", "(", node, ")", f" {self.random.choice(('=', '<>', '<', '>', '>='))} ", self.literal(node.type))
        return self.rooted(condition)

    # -------------------------------------------------------------------------------------------------------- subqueries

    def subquery_condition(self, depth):
        """EXISTS, IN, ANY, ALL and comparisons with one value; correlated or not, as its conditions come out."""
        dice = self.random.random()
        if dice < 0.35:
            return Node("bool", self.random.choice(("EXISTS (", "NOT EXISTS (")), self.correlated(depth), ")")
        columns = [column for column in self.own_columns() if column.type not in ("bool",)]
        if not columns or dice > 0.85:
            return Node("bool", "(", self.mixed_side(), f" {self.random.choice(('=', '<', '>=', '<>'))} ", self.scalar_subquery(depth, "small"), ")")
        column = self.random.choice(columns)
        left = self.reference(column)
        operator = self.random.choice((" IN (", " IN (", " NOT IN (", " = ANY (", " < ALL (", " >= ANY (", " <> ALL ("))
        return Node("bool", "(", left, operator, self.values_select(column), "))")

    def mixed_side(self):
        return self.rooted(self.expression, "small", 1)

    def correlated(self, depth):
        """A subselect that mostly asks for equality with a column around it."""
        self.scopes.append([])
        source = self.source(depth)
        outer, self.scopes[-1] = self.outer_columns(), source.columns
        where = Items(" AND ", before=" WHERE ")
        equality = self.equality(outer, source.columns) if outer and self.chance(0.85) else None
        where.parts += [equality] if equality else []
        if self.chance(0.5):
            where.parts.append(self.rooted(self.condition, 1))
        self.scopes.pop()
        return Select(Items(", ", Node("int4", "1"), least=1), Node("from", " FROM ", source), where=where)

    def values_select(self, column):
        """A subselect of values that compare with the column."""
        type = "text" if column.type in TEXTS else column.type
        self.scopes.append([])
        source = self.table()
        self.scopes[-1] = source.columns
        candidates = [one for one in source.columns if comparable(one.type, column.type)]
        value = self.reference(self.random.choice(candidates)) if candidates and self.chance(0.8) else self.expression(type, 1)
        where = Items(" AND ", *([self.rooted(self.condition, 1)] if self.chance(0.6) else []), before=" WHERE ")
        self.scopes.pop()
        return Select(Items(", ", value, least=1), Node("from", " FROM ", source), where=where)

    def scalar_subquery(self, depth, type=None):
        """One value: an aggregate, or the first row by a total order."""
        self.scopes.append([])
        source = self.table() if depth <= 0 else self.source(depth)
        self.scopes[-1] = source.columns
        where = Items(" AND ", *([self.rooted(self.condition, 1)] if self.chance(0.7) else []), before=" WHERE ")
        outer = self.outer_columns()
        if outer and self.chance(0.5):
            equality = self.equality(outer, source.columns)
            where.parts += [equality] if equality else []
        if type is None and source.key and self.chance(0.35):
            value = self.rooted(self.item, 0)
            select = Select(Items(", ", value, least=1), Node("from", " FROM ", source), where=where, order=Items(", ", self.total(source.key), before=" ORDER BY "),
                            limit=Items(" ", Node("limit", "LIMIT 1"), before=" "))
        else:
            value = Node("int4", self.random.choice(("max(", "min(")), self.own("small"), ")") if type == "small" else self.rooted(self.inner_aggregate, source.key)
            select = Select(Items(", ", value, least=1), Node("from", " FROM ", source), where=where)
        self.scopes.pop()
        return Node(value.type, "(", select, ")", loose=value.has("loose"))

    def inner_aggregate(self, key):
        while True:
            node = self.aggregate(key)
            if not node.has("approximate"):
                return node

    def own(self, type, depth=0):
        """An expression of the innermost query's columns alone: an aggregate of others would belong to a query around it."""
        kept, self.scopes = self.scopes, self.scopes[-1:]
        node = self.expression(type, depth)
        self.scopes = kept
        return node

    # ---------------------------------------------------------------------------------------------------- order and limit

    def total(self, key):
        return Total(", ".join(self.reference(column).render() for column in key))

    def count(self, most):
        numbers = [str(self.random.randint(0, most)) for _ in range(3)]
        return Literal("int8", numbers[0], numbers[1:])

    def limit_inner(self, select, key):
        """In a subselect a LIMIT has to say which rows."""
        if key and not select.order.parts and self.chance(0.12):
            select.order.parts += self.order_keys(select) + [self.total(key)]
            select.limit.parts.append(Node("limit", "LIMIT ", self.count(12)))

    def order_keys(self, select):
        keys = []
        for item in self.random.sample(select.items.parts, min(len(select.items.parts), self.random.choice((1, 1, 2)))):
            if item.type not in ("interval", "text whole"):
                keys.append(Order(Position(select.items, item), self.random.choice(DIRECTIONS), not item.has("approximate")))
        return keys

    def finish(self, select):
        """ORDER BY and LIMIT of the outermost query."""
        if not select.order.parts and self.chance(0.6):
            select.order.parts += self.order_keys(select)
            if select.key and select.keeps_keys and self.chance(0.45):
                self.scopes.append([])
                select.order.parts.append(self.total(select.key))
                self.scopes.pop()
        if self.chance(0.3):
            if select.order.parts and self.chance(0.15) and not isinstance(select, SetOperation):
                select.limit.parts.append(Node("ties", "FETCH FIRST (", self.positive(), ") ROWS WITH TIES"))
                return
            select.limit.parts.append(Node("limit", "LIMIT ", self.count(15)))
            if self.chance(0.4):
                select.limit.parts.append(Node("offset", "OFFSET ", self.count(6)))

    def positive(self):
        return Literal("int8", str(self.random.randint(1, 12)), [str(self.random.randint(1, 12))])

    def probes(self):
        """Conditions on one column each, side by side: what a larger query would hide."""
        branches = [self.probe(number) for number in range(1, self.random.randint(6, 12))]
        operation = SetOperation("UNION ALL", branches, Items(", ", before=" ORDER BY "), Items(" ", before=" "))
        operation.key, operation.keeps_keys = None, False
        return operation

    def probe(self, number):
        columns = [(table, column) for table in self.database.tables for column in table.columns if table.name != "hollow"]
        table, column = self.random.choice(columns)
        source = self.source_of(table)
        self.scopes.append([one for one in source.columns if one.name == column.name])
        dice = self.random.random()
        if dice < 0.5:
            condition = self.rooted(self.comparison, self.scopes[-1][0])
        elif dice < 0.7:
            condition = self.rooted(self.membership, self.scopes[-1][0])
        else:
            condition = self.rooted(self.expression, "bool", self.random.choice((1, 1, 2)))
        if self.chance(0.15):
            condition = Node("bool", "NOT (", condition, ")")
        self.scopes.pop()
        keys = ", ".join(f"{one.alias}.{one.name}" for one in source.key)
        items = Items(", ", as_item(Node("int4", str(number))), as_item(Node("text", f"concat_ws('/', {keys})")), least=1)
        return Select(items, Node("from", " FROM ", source), where=Items(" AND ", condition, before=" WHERE "))

    def whole_query(self):
        """The query, with its ORDER BY and LIMIT."""
        if self.chance(0.22):
            return self.probes()
        if self.chance(0.09):
            return self.set_operation()
        ctes = Items(", ", before="WITH ", after=" ")
        if self.chance(0.07):
            select, columns, has_key = self.named_select(1)
            name = self.alias("z")
            ctes.parts.append(Node("cte", f"{name} AS {self.random.choice(('', 'MATERIALIZED ', 'NOT MATERIALIZED '))}(", select, ")"))
            self.ctes.append((name, columns, has_key))
        select = self.select(2)
        if ctes.parts:
            select.ctes.parts += ctes.parts
        self.finish(select)
        return select

    def set_operation(self):
        types = [self.random.choice(GROUPABLE) for _ in range(self.random.randint(1, 3))]
        operator = self.random.choice(("UNION ALL", "UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"))
        shapes = ["plain", "plain", "distinct"] + ["grouped"] * all(type in functions.ORDERED for type in types)
        branches = []
        self.fixed = True  # the branches' texts have to have one collation
        for _ in range(self.random.choice((2, 2, 3))):
            branches.append(self.select(1, shape=self.random.choice(shapes), types=types))
        self.fixed = False
        operation = SetOperation(operator, branches, Items(", ", before=" ORDER BY "), Items(" ", before=" "))
        operation.key, operation.keeps_keys = None, False
        self.finish(operation)
        return operation


def as_item(node, origin=None):
    item = Node(node.type, node)
    item.origin = origin
    return item


def is_loose(item):
    return item.type in DENSE and (item.origin is None or item.origin.type != "numeric") or item.type == "numeric" and item.origin is None


def is_plain_call(text):
    """name(...) and nothing behind it, which FILTER may follow."""
    name, _, rest = text.partition("(")
    if not name.isidentifier() or not rest.endswith(")"):
        return False
    level = 1
    for character in rest[:-1]:
        level += (character == "(") - (character == ")")
        if level == 0:
            return False
    return name not in ("round", "coalesce")


def joined(left, right, joint, on):
    key = left.key + right.key if left.key and right.key else None
    return Source(left.columns + right.columns, key, left, joint, right, *([on] if on else []))


def small(source):
    return any(name in source.render() for name in ("generate_series", "picks AS", "hollow AS"))
