"""How much of what was asked went to the server, by what EXPLAIN VERBOSE shows."""

import collections
import re

# What a plan's "Remote SQL" has in it, outside of literals and quoted names.
KINDS = (
    ("WHERE", r"\bWHERE\b"), ("join", r"\bJOIN\b|\bEXISTS\b|\b(CROSS|OUTER) APPLY\b"),
    ("aggregate", r"\b(COUNT|COUNT_BIG|SUM|AVG|MIN|MAX|STDEVP?|VARP?)\s*\("),
    ("GROUP BY", r"\bGROUP BY\b"), ("HAVING", r"\bHAVING\b"), ("DISTINCT", r"\bSELECT DISTINCT\b"), ("sort", r"\bORDER BY\b"),
    ("limit", r"\bTOP\b|\bOFFSET\b"), ("window", r"\bOVER\s*\("), ("parameter", r"@P\d"),
    ("set operation", r"\bUNION\b|\bINTERSECT\b|\bEXCEPT\b"))


def pushed(plan):
    """The kinds of work that the plan leaves to the server."""
    statements = re.findall(r"^\s*Remote SQL: (.*)$", plan, re.MULTILINE)
    bare = [re.sub(r"N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]", "x", statement) for statement in statements]
    return {kind for kind, pattern in KINDS if any(re.search(pattern, statement) for statement in bare)}


class Coverage:
    def __init__(self):
        self.counts, self.forms, self.queries = collections.Counter(), collections.Counter(), 0
        self.anything = self.remote = self.errors = self.invalid = self.rows = self.empty = self.slow = 0

    def add(self, form, plan, answers, failures):
        self.queries += 1
        self.forms[form] += 1
        kinds = pushed(plan)
        self.remote += "Remote SQL" in plan
        self.anything += bool(kinds)
        self.counts.update(kinds)
        self.errors += bool(failures)
        self.invalid += any(failure.sqlstate[:2] in ("42", "0A", "XX") for failure in failures)
        count = sum(len(answer.rows) for answer in answers)
        self.rows += count
        self.empty += not count

    def report(self):
        share = lambda number: f"{number} ({100 * number / max(self.queries, 1):.0f} %)"
        kinds = ", ".join(f"{kind} {self.counts[kind]}" for kind, _ in KINDS)
        forms = ", ".join(f"{form} {number}" for form, number in sorted(self.forms.items()))
        return [f"{self.queries} queries ({forms}), {self.rows} rows, {share(self.empty)} without a row",
                f"asked the server: {share(self.remote)}; left it more than to read a table: {share(self.anything)}",
                f"pushed: {kinds}",
                f"raised an error: {share(self.errors)}, of which {self.invalid} are none of PostgreSQL's queries",
                f"took the local copy too long: {share(self.slow)}"]
