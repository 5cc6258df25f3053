"""Subqueries in conditions and output columns."""

from expressions import TEXTS, comparable
from sources import Sources
from tree import Items, Node, Select


class Subqueries(Sources):
    def subquery_condition(self, depth):
        """EXISTS, IN, ANY, ALL and comparisons with one value; correlated or not, as its conditions come out."""
        dice = self.random.random()
        if dice < 0.35:
            return Node("bool", self.random.choice(("EXISTS (", "NOT EXISTS (")), self.correlated(depth), ")")
        columns = [column for column in self.own_columns() if column.type not in ("bool",)]
        if not columns or dice > 0.85:
            operator = f" {self.random.choice(('=', '<', '>=', '<>'))} "
            return Node("bool", "(", self.rooted(self.expression, "small", 1), operator, self.scalar_subquery(depth, "small"), ")")
        column = self.random.choice(columns)
        left = self.reference(column)
        operator = self.random.choice((" IN (", " IN (", " NOT IN (", " = ANY (", " < ALL (", " >= ANY (", " <> ALL ("))
        return Node("bool", "(", left, operator, self.values_select(column), "))")

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
            select = Select(Items(", ", value, least=1), Node("from", " FROM ", source), where=where)
            select.order.parts.append(self.total(source.key))
            select.limit.parts.append(Node("limit", "LIMIT 1"))
        else:
            value = self.rooted(self.extreme, "small") if type == "small" else self.rooted(self.inner_aggregate, source.key)
            select = Select(Items(", ", value, least=1), Node("from", " FROM ", source), where=where)
        self.scopes.pop()
        return Node(value.type, "(", select, ")")

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
