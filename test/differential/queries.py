"""Random queries: output columns, aggregates, windows, set operations, ORDER BY and LIMIT."""

import functions
from expressions import ANY, DENSE, TEXTS, satisfies
from subqueries import Subqueries
from tree import Items, Literal, Node, Order, Position, Select, SetOperation, Total
from values import DECLARED

GROUPABLE = [type for type in ANY if type != "calm"]
DIRECTIONS = ("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST", " ASC NULLS LAST", " DESC NULLS FIRST")


class Queries(Subqueries):
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
        select.loose, select.blank = is_loose(items.parts), is_blank(items.parts)
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
        picks_one = template.type == "any" and not is_column(node.parts[1])
        node.loose = picks_one and type in DENSE or "DISTINCT {numeric" in template.text or "percentile" in template.text
        node.blank = picks_one and type == "text"
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
            return Node(node.type, node, " FILTER (WHERE ", filter, ")")
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
        select.loose, select.blank = is_loose(keys), is_blank(keys)
        self.group(select, keys)
        if self.chance(0.2):
            select.having.parts.append(self.having(key))
        return select

    def extreme(self, type):
        return Node(DECLARED.get(type, type), self.random.choice(("min(", "max(")), self.own(type, 1), ")", loose=type in DENSE, blank=type == "text")

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
                test = self.random.choice((" IS NOT NULL", " IS NULL", " IS TRUE" if node.type == "bool" else " IS NULL"))
                return Node("bool", "(", node, ")", test)
            return Node("bool", "(", node, ")", f" {self.random.choice(('=', '<>', '<', '>', '>='))} ", self.literal(node.type))
        return self.rooted(condition)

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
        operator = self.random.choice(["UNION ALL"] * 3 + ["UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"])
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


def is_loose(items):
    """Whether equal numbers of one of them may be spelled in several ways: not in a column of one scale."""
    return any(item.type in DENSE and (item.origin is None or item.origin.type != "numeric") for item in items)


def is_blank(items):
    return any(item.type in TEXTS and item.origin is None for item in items)


def is_column(node):
    """Nothing but a column whose values are spelled in one way."""
    return isinstance(node, Node) and not isinstance(node, Literal) and len(node.parts) == 1 and node.type not in ("float4", "float8")


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
