#!/usr/bin/env bash
# Random queries have one answer: with pushdown on, with it off, and of a local copy. test/differential has the generator; by hand:
#   DIFFERENTIAL="--seed 7 --count 100000 --shrink" bash test/tap/080_differential.t
. "$(dirname "${BASH_SOURCE[0]}")/lib/tap.sh"
plan 4

# The driver only carries the answers: a few queries are enough for the other one. A slow machine asks fewer in its time.
count=2000
[ "${MSSQL_TEST_DRIVER:-native}" = native ] || count=200
differential() { "${TEST_PYTHON:-python3}" "$tap_root/test/differential/differential.py" --server mssql "$@"; }

make_server mssql
read -ra arguments <<<"${DIFFERENTIAL:---count $count --seconds 150 --shrink --failures 3}"
differential "${arguments[@]}" >"$tap_directory/report" 2>&1
status=$?
is "$status" 0 "random queries have the answers of a local copy"
diag "$(cat "$tap_directory/report")"

# What the test is worth: queries that reach the server, that leave work to it, and that PostgreSQL can run.
share() { sed -n "s/.*$1: [0-9]* (\([0-9]*\) %).*/\1/p" "$tap_directory/report" | tail -n 1; }
at_most "$((100 - $(share 'asked the server')))" 25 "most of them ask the server (%, of those that do not)"
at_most "$(share 'raised an error')" 8 "few raise errors (%)"

# The tester's own test: values that differ do not escape it.
is "$(differential --spoil --count 400 --failures 1 | sed -n 's/^\([0-9]*\) failed.*/\1/p')" 1 "a wrong row is found"
