#!/usr/bin/env python3
"""Asks random queries three ways, with pushdown, without, and of a local copy, and compares the answers.

    differential.py --server NAME [--seed N] [--start N] [--count N] [--shrink] [--failures N] [--seconds N] [--show] [--spoil]

PGHOST and its fellows name a database with the extension and a foreign server NAME, of which the schema "differential" is read
(test/fixtures/differential.sql); schemas "remote", "local" and "here" are made there anew. Query I of seed S is the same in every run:
`--seed S --start I --count 1` asks it again. Prints each failure with its query, the first differing rows and both plans, then
what was pushed; exit status 1 when anything differs. Needs Python and libpq only. test/tap/080_differential.t runs it."""

import argparse
import random
import sys
import time

sys.dont_write_bytecode = True

import coverage  # noqa: E402
import database  # noqa: E402
from compare import Expectation  # noqa: E402
from forms import Query, attempt  # noqa: E402
from postgres import Failure, Rows, Session  # noqa: E402
from shrink import shrink  # noqa: E402
from tree import Gone  # noqa: E402

LOCAL_TIMEOUT, REMOTE_TIMEOUT, SECONDS_TO_SHRINK = "1s", "30s", 60
TIMED_OUT = "57014"
WAYS = (("pushdown on", "remote", "on"), ("pushdown off", "remote", "off"), ("local copy", "local", "on"))


class Tester:
    def __init__(self, session, tables):
        self.session, self.tables = session, tables
        self.coverage = coverage.Coverage()

    def set_up(self, query, way):
        _, schema, pushdown = way
        timeout = LOCAL_TIMEOUT if schema == "local" else REMOTE_TIMEOUT
        settings = [f"search_path = {schema}, here, public", f"mssql_fdw.pushdown = {pushdown}", "jit = off",
                    f"statement_timeout = '{timeout}'"]
        self.session.run("RESET ALL; " + "; ".join(f"SET {setting}" for setting in settings + query.settings))

    def answers(self, query, way):
        """One an execution; what breaks before the first is the only one. A lost connection is a failure like others."""
        try:
            self.set_up(query, way)
            answers = query.form.run(self.session)
        except Failure as failure:
            answers = [failure]
        if self.session.is_lost():
            self.session.reconnect()
            answers = [Failure("08006", "the server process has ended")]
        return answers

    def all_rows(self, query):
        """The local copy's answers without LIMIT."""
        limit = query.form.select.limit
        limit.hidden = True
        try:
            return self.answers(query, WAYS[2])
        finally:
            limit.hidden = False

    def check(self, query):
        """The first difference from the local copy and in which way it came, or None; and the local copy's answers."""
        expectation = Expectation(query)
        wanted = self.answers(query, WAYS[2])
        if any(isinstance(answer, Failure) and answer.sqlstate == TIMED_OUT for answer in wanted):
            return None, []  # it may as well take for ever
        all_rows = self.all_rows(query) if expectation.leaves_open else wanted
        for way in WAYS[:2]:
            for one, other, choices in zip_answers(wanted, self.answers(query, way), all_rows):
                difference = expectation.compare(one, other, choices)
                if difference:
                    return (difference, way), wanted
        return None, wanted

    def plans(self, query, way):
        try:
            self.set_up(query, way)
            prepared = query.form.name == "prepared"
            for statement in query.form.prologue() if prepared else []:
                self.session.run(statement)
            lines = []
            for statement in query.form.explained():
                answer = attempt(self.session, "EXPLAIN (VERBOSE, COSTS OFF) " + statement)
                lines += [row[0] for row in answer.rows] if isinstance(answer, Rows) else [str(answer)]
            for statement in query.form.epilogue() if prepared else []:
                attempt(self.session, statement)
            return "\n".join(lines)
        except Failure as failure:
            return str(failure)

    def ask(self, seed, index):
        """Query `index`; gives the failure, if it is one, and the query."""
        query = make_query(seed, index, self.tables)
        problem, wanted = self.check(query)
        failures = [answer for answer in wanted if isinstance(answer, Failure)]
        self.coverage.slow += not wanted
        self.coverage.add(query.form.name, self.plans(query, WAYS[0]), [answer for answer in wanted if isinstance(answer, Rows)], failures)
        return problem, query, failures

    def fails_like(self, query, kind, way):
        """For shrink: whether the query still fails in that way, and is still one."""
        try:
            problem, _ = self.check(query)
        except Gone:
            return False
        return problem is not None and problem[0].kind == kind and problem[1] is way

    def report(self, seed, index, problem, query):
        difference, way = problem
        print(f"\nFAILED: seed {seed}, query {index}, {query.form.name}, {way[0]}: {difference.kind}")
        if difference.kind == "scale":
            print("The numbers are equal; only the digits behind the point differ.")
        print(difference.explanation)
        print("\n" + "".join(f"SET {setting};\n" for setting in query.settings) + query.form.text())
        for shown in WAYS[:2]:
            print(f"\nPlan with {shown[0]}:\n{self.plans(query, shown)}")
        sys.stdout.flush()


def zip_answers(wanted, got, all_rows):
    """Pairs of executions. Where one side did not come to the first, its error stands against each."""
    count = max(len(wanted), len(got))
    fill = lambda answers: answers * count if len(answers) == 1 else answers
    return zip(fill(wanted), fill(got), fill(all_rows))


def make_query(seed, index, tables):
    return Query(random.Random(f"{seed}:{index}"), tables)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="mssql")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31), help="random by default, and printed")
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=1e9, help="ends earlier after so long")
    parser.add_argument("--failures", type=int, default=5, help="ends after so many")
    parser.add_argument("--shrink", action="store_true", help="cuts failing queries down")
    parser.add_argument("--spoil", action="store_true", help="changes the local copy first, so that queries have to fail")
    parser.add_argument("--show", action="store_true", help="prints each query, and the errors that the local copy raises")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    session = Session()
    database.make(session, arguments.server)
    if arguments.spoil:
        database.spoil(session)
    tester = Tester(session, database.Database(session))
    print(f"seed {arguments.seed}")
    failed, started = 0, time.monotonic()
    for index in range(arguments.start, arguments.start + arguments.count):
        problem, query, errors = tester.ask(arguments.seed, index)
        if arguments.show:
            print(f"-- {index}\n{query.form.text()}", *errors, sep="\n")
        if problem:
            failed += 1
            if arguments.shrink:
                shrink(query, lambda: tester.fails_like(query, problem[0].kind, problem[1]), SECONDS_TO_SHRINK)
                problem = tester.check(query)[0] or problem
            tester.report(arguments.seed, index, problem, query)
        if failed >= arguments.failures or time.monotonic() - started > arguments.seconds:
            break
    print(*tester.coverage.report(), sep="\n")
    print(f"{failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
