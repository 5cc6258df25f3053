"""Queries as trees of text, so that a failing one can be cut down: a node's parts are strings and nodes, an Items' may go one by one."""


class Gone(Exception):
    """What another part of the query refers to has been cut away."""


class Node:
    """`type` is an expression's type. Which of several equal values comes is open: `loose`, of numbers (1.0 and 1.00 as one group);
    `blank`, of texts that may be character(n); `approximate`: so are the last bits of a floating-point sum."""

    def __init__(self, type, *parts, loose=False, blank=False, approximate=False):
        self.type, self.parts = type, list(parts)
        self.loose, self.blank, self.approximate = loose, blank, approximate

    def render(self):
        return "".join(part if isinstance(part, str) else part.render() for part in self.parts)

    def children(self):
        return [part for part in self.parts if isinstance(part, Node)]

    def walk(self):
        yield self
        for child in self.children():
            yield from child.walk()

    def has(self, flag):
        return any(getattr(node, flag) for node in self.walk())


class Items(Node):
    """A list of at least `least` nodes, in `before` and `after` where there are any."""

    def __init__(self, separator, *parts, before="", after="", least=0):
        super().__init__("items", *parts)
        self.separator, self.before, self.after, self.least = separator, before, after, least
        self.hidden = False

    def render(self):
        if not self.parts or self.hidden:
            return ""
        return self.before + self.separator.join(part.render() for part in self.parts) + self.after


class Literal(Node):
    """A constant. `others` are as good, for further executions of a prepared query, in which it is parameter `number`."""

    def __init__(self, type, text, others=()):
        super().__init__(type, text)
        self.others, self.number = list(others), None

    def render(self):
        return self.parts[0] if self.number is None else f"${self.number}"

    def value(self, execution):
        values = [self.parts[0]] + self.others
        return values[execution % len(values)]


class Position(Node):
    """An output column by its number, in GROUP BY and ORDER BY."""

    def __init__(self, items, item):
        super().__init__("position")
        self.items, self.item = items, item

    def index(self):
        for index, item in enumerate(self.items.parts):
            if item is self.item:
                return index
        raise Gone()

    def render(self):
        return str(self.index() + 1)


class Order(Node):
    """One key of ORDER BY; `exact` where equal keys are spelled alike, but for the scale of numbers."""

    def __init__(self, key, direction, exact=True):
        super().__init__("order", key, direction)
        self.exact = exact


class Total(Node):
    """The last keys of an ORDER BY that leaves nothing open."""

    def __init__(self, text):
        super().__init__("total", text)


class Select(Node):
    """`values` of the set operations are Selects too: whatever has items, order and limit."""

    def __init__(self, items, source, distinct=None, where=None, group=None, having=None, order=None, limit=None, ctes=None):
        self.items, self.source = items, source
        self.ctes = ctes or Items(", ", before="WITH ", after=" ")
        self.distinct = distinct or Items(" ")
        self.where = where or Items(" AND ", before=" WHERE ")
        self.group = group or Items(", ", before=" GROUP BY ")
        self.having = having or Items(" AND ", before=" HAVING ")
        self.order = order or Items(", ", before=" ORDER BY ")
        self.limit = limit or Items(" ", before=" ")
        super().__init__("select", self.ctes, "SELECT ", self.distinct, items, source, self.where, self.group, self.having, self.order,
                         self.limit)

    def is_total(self):
        return any(isinstance(key, Total) for key in self.order.parts)

    def leading_keys(self):
        """The output columns by which the rows come sorted, first of all; up to the first key that is none, or that ties unlike texts."""
        keys = []
        for key in self.order.parts:
            if isinstance(key, Total) or not isinstance(key.parts[0], Position) or not key.exact:
                break
            keys.append(key.parts[0].index())
        return keys

    def leaves_open(self):
        """Whether LIMIT takes some of several rows that are equally good."""
        return bool(self.limit.parts) and not self.is_total() and not any(part.type == "ties" for part in self.limit.parts)


class SetOperation(Select):
    """Selects joined by UNION and its kin; the first one's items stand for all."""

    def __init__(self, operator, branches, order, limit):
        self.branches = Items(f" {operator} ", *branches, least=1)
        self.items, self.order, self.limit = branches[0].items, order, limit
        self.ctes = Items(", ", before="WITH ", after=" ")
        Node.__init__(self, "select", self.ctes, self.branches, self.order, self.limit)
        self.loose = self.blank = operator != "UNION ALL"
