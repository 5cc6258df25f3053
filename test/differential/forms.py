"""The ways in which a query reaches the executor: as a statement, prepared with a generic or a custom plan, from a loop of PL/pgSQL, by
a cursor. `run` gives an answer an execution, Rows or Failure."""

from postgres import Failure
from queries import Queries
from tree import Items, Literal, Node, Select

SETTINGS = ("enable_hashjoin = off", "enable_mergejoin = off", "enable_nestloop = off", "enable_hashagg = off", "enable_memoize = off",
            "enable_material = off", "enable_sort = off", "join_collapse_limit = 1", "enable_partitionwise_aggregate = on",
            "enable_partitionwise_join = on", "enable_incremental_sort = off")
ZONES = ("UTC", "UTC", "Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "America/New_York")  # the fixture has Berlin's changes of clock


class Statement:
    """`select` is what comes out, `body` the whole of what is random."""

    name = "statement"

    def __init__(self, select):
        self.select, self.body = select, select

    def explained(self):
        return [self.select.render()]

    def statements(self):
        return [self.select.render()]

    def prologue(self):
        return []

    def epilogue(self):
        return []

    def run(self, session):
        for statement in self.prologue():
            session.run(statement)
        try:
            return [attempt(session, statement) for statement in self.statements()]
        finally:
            for statement in self.epilogue():
                attempt(session, statement)

    def text(self):
        return "\n".join(statement + ";" for statement in self.prologue() + self.statements())

    def simpler(self):
        """The same query in a plainer form, or nothing."""
        return None


class Prepared(Statement):
    name = "prepared"

    def __init__(self, select, random):
        super().__init__(select)
        self.plan, self.executions = random.choice(("force_generic_plan", "force_generic_plan", "force_custom_plan")), 3
        for literal in self.literals():
            literal.number = 0 if random.random() < 0.75 else None

    def literals(self):
        return [node for node in self.select.walk() if isinstance(node, Literal)]

    def parameters(self):
        """Numbered as they stand in what is left of the query."""
        parameters = [literal for literal in self.literals() if literal.number is not None]
        for number, literal in enumerate(parameters, 1):
            literal.number = number
        return parameters

    def prologue(self):
        types = ", ".join(parameter.type for parameter in self.parameters())
        return [f"SET plan_cache_mode = {self.plan}", f"PREPARE random_query{f'({types})' if types else ''} AS {self.select.render()}"]

    def statements(self):
        executions = []
        for execution in range(self.executions):
            values = ", ".join(parameter.value(execution) for parameter in self.parameters())
            executions.append(f"EXECUTE random_query{f'({values})' if values else ''}")
        return executions

    def epilogue(self):
        return ["DEALLOCATE random_query"]

    def explained(self):
        return self.statements()[:1]

    def simpler(self):
        """One execution with its values for constants."""
        for literal in self.parameters():
            literal.number = None
        return Statement(self.select)


class Cursor(Statement):
    name = "cursor"

    def prologue(self):
        return ["BEGIN", f"DECLARE random_query CURSOR FOR {self.select.render()}"]

    def statements(self):
        return ["FETCH 2 FROM random_query", "FETCH ALL FROM random_query"]

    def run(self, session):
        """As one answer: where the first piece ends is not the query's affair."""
        try:
            first, rest = super().run(session)
        except Failure as failure:
            attempt(session, "ROLLBACK")
            return [failure]
        if isinstance(first, Failure) or isinstance(rest, Failure):
            return [first if isinstance(first, Failure) else rest]
        first.rows += rest.rows
        return [first]

    def epilogue(self):
        return ["ROLLBACK"]

    def explained(self):
        return [self.select.render()]

    def simpler(self):
        return Statement(self.select)


class Loop(Statement):
    """A query for each row of another one, whose columns are variables of it."""

    name = "loop"

    def __init__(self, outer, inner):
        super().__init__(inner)
        self.outer, self.body = outer, Node("loop", outer, inner)

    def prologue(self):
        return [f"""CREATE OR REPLACE FUNCTION pg_temp.random_query() RETURNS SETOF text LANGUAGE plpgsql AS $function$
DECLARE
    o record;
BEGIN
    FOR o IN {self.outer.render()} LOOP
        RETURN QUERY SELECT concat(o, q) FROM ({self.select.render()}) AS q;
    END LOOP;
END
$function$"""]

    def statements(self):
        return ["SELECT * FROM pg_temp.random_query()"]

    def explained(self):
        return [self.outer.render()]


def attempt(session, statement):
    try:
        return session.run(statement)
    except Failure as failure:
        return failure


def make_loop(queries):
    """The outer query gives few rows, in an order of its own."""
    queries.sums = False  # the rows come as one text each
    queries.scopes.append([])
    source = queries.table()
    while not source.key:
        source = queries.table()
    queries.scopes[-1] = source.columns
    columns = queries.random.sample(source.columns, min(len(source.columns), queries.random.randint(1, 3)))
    items = Items(", ", *(Node(column.type, f"{column.alias}.{column.name} AS {column.name}") for column in columns), least=1)
    outer = Select(items, Node("from", " FROM ", source), order=Items(", ", queries.total(source.key), before=" ORDER BY "),
                   limit=Items(" ", Node("limit", f"LIMIT {queries.random.randint(2, 8)}"), before=" "))
    queries.scopes[-1] = [column.of("o") for column in columns]
    select = queries.settled_select(1, ("plain", "grouped", "grouped"))
    queries.scopes.pop()
    return Loop(outer, select)


class Query:
    """One random query of the seed's, with the settings that it runs under; a query's text depends on nothing but its number."""

    def __init__(self, random, database):
        queries = Queries(random, database)
        queries.risk = random.random() < 0.1
        self.is_strict = queries.risk and random.random() < 0.7
        self.is_risky = queries.risk
        self.settings = [setting for setting in SETTINGS if random.random() < 0.12] + [f"timezone = '{random.choice(ZONES)}'"]
        dice = random.random()
        if self.is_strict:
            self.form = Statement(make_strict(queries))
        elif dice < 0.06:
            self.form = make_loop(queries)
        else:
            select = queries.whole_query()
            self.form = Prepared(select, random) if dice < 0.3 else Cursor(select) if dice < 0.36 else Statement(select)


def make_strict(queries):
    """One table and one condition, all of which is evaluated for every row, so that an error comes on each side or on none."""
    queries.logic = False
    queries.scopes.append([])
    source = queries.table()
    queries.scopes[-1] = source.columns
    where = Items(" AND ", before=" WHERE ")
    if queries.chance(0.6):
        where.parts.append(queries.rooted(queries.expression, "bool", 2))
        items = Items(", ", *queries.key_items(source.key or source.columns[:1]), least=1)
    else:
        items = queries.items(0)
        queries.risk = False
        where.parts += [queries.rooted(queries.condition, 1)] if queries.chance(0.4) else []
    queries.scopes.pop()
    select = Select(items, Node("from", " FROM ", source), where=where)
    select.key, select.keeps_keys = source.key, True
    return select
