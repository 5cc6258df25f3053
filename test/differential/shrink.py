"""Cuts a failing query down to what it takes to fail in the same way."""

import time

from tree import Items, Literal, Node, Order, Position, Total

PLAIN = {"bool": "true", "int4": "1", "int2": "1::int2", "int8": "1::int8", "text": "'a'", "numeric": "1.5", "float8": "1.5::float8"}


def edits(root):
    """Each is a pair of calls: one that changes the tree, one that undoes it. The large cuts come first."""
    for node in list(root.walk()):
        if isinstance(node, Items):
            yield from removals(node)
    for node in list(root.walk()):
        for index, child in enumerate(node.parts):
            if isinstance(child, Node):
                yield from replacements(node, index, child)


def removals(items):
    if items.parts and items.least == 0:
        yield assignment(items, [])
    for index in range(len(items.parts)):
        if len(items.parts) > max(items.least, 1):
            yield assignment(items, items.parts[:index] + items.parts[index + 1:])


def assignment(items, parts):
    before = items.parts

    def change():
        items.parts = parts

    def undo():
        items.parts = before
    return change, undo


def replacements(parent, index, child):
    """By a part of its own of the same type, or by something plain."""
    if isinstance(child, (Items, Literal, Position, Order, Total)) or child.type in ("on", "from", "limit", "ties"):
        return
    for node in child.walk():
        if node is not child and node.type == child.type and not isinstance(node, Position):
            yield substitution(parent, index, node)
    if child.type in PLAIN and len(child.render()) > 12:
        yield substitution(parent, index, Node(child.type, PLAIN[child.type]))


def substitution(parent, index, node):
    before = parent.parts[index]
    if hasattr(before, "origin") and not hasattr(node, "origin"):
        node = wrapped(node)

    def change():
        parent.parts[index] = node

    def undo():
        parent.parts[index] = before
    return change, undo


def wrapped(node):
    item = Node(node.type, node)
    item.origin = None
    return item


def shrink(query, fails, seconds):
    """`fails` says whether the query, as it now stands, still fails; it is left as the smallest one found. Gives the number of cuts."""
    cuts, deadline = 0, time.monotonic() + seconds
    plainer = query.form.simpler()
    if plainer:
        kept, query.form = query.form, plainer
        if not fails():
            query.form = kept
    cuts += try_settings(query, fails)
    progress = True
    while progress and time.monotonic() < deadline:
        progress = False
        for change, undo in edits(query.form.body):
            if time.monotonic() > deadline:
                break
            change()
            if fails():
                cuts, progress = cuts + 1, True
                break
            undo()
    return cuts


def try_settings(query, fails):
    cuts = 0
    for setting in list(query.settings):
        query.settings.remove(setting)
        if fails():
            cuts += 1
        else:
            query.settings.append(setting)
    return cuts
