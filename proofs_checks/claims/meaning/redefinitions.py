"""Letters that may be used anew further on: a refutation of what is said of them means nothing.

    Sigmoid    Y = sigma(X)
    Tanh       Y = tanh(X)        after a heading, and of other functions: perhaps another Y
    z = x y => dz/dx = y          "if", rather than a claim about the z = x + y above
    p = x + y, p = x g(y)      of a function that nothing defines
    q = p, or q = p - m        a choice, though the word may stand in the prose

Of the same functions and symbols it is the same quantity, stated again: a wrong sign is a mistake.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.statements import EQUALITIES, Statement, heading_between
from proofs_checks.claims.tree import nodes

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["defined_anew", "doubt_of_two", "said_twice"]


def defined_anew(reading: Reading) -> dict[str, list[Statement]]:
    """Return by symbol the displayed equations that may define it anew."""
    found: dict[str, list[Statement]] = {}
    displayed = [s for s in reading.statements if not s.is_inline]
    for statement in displayed:
        if len(statement.sides) < 2 or statement.kinds[0] not in EQUALITIES:
            continue
        reference = reading.definitions.reference(statement.sides[0])
        first = reading.definitions.found.get(reference.name) if reference is not None else None
        if reference is None or not first or first[0].statement is statement:
            continue
        if any(reading.roles.letter(x) is None for x in reference.indices):
            continue  # a component, such as Y_1
        before = first[0].statement
        if before.is_inline:
            continue
        old, new = before.sides[first[0].right], statement.sides[1]
        is_choice = isinstance(old, tree.Name) and old in nodes(new) and old != new
        if is_choice or (statement.is_premise and old != new):
            found.setdefault(reference.name, []).append(statement)
        elif heading_between(reading.headings, before, statement):
            if _vocabulary(reading, old) != _vocabulary(reading, new):
                found.setdefault(reference.name, []).append(statement)
        elif _unexplained(reading, new) - _applied(reading, old):
            found.setdefault(reference.name, []).append(statement)
    return found


def said_twice(reading: Reading) -> set[str]:
    """Return the symbols with a definition in the text and another one elsewhere."""
    found: set[str] = set()
    definitions = reading.definitions
    for name in definitions.found:
        every = [*definitions.found[name], *definitions.again.get(name, ())]
        left = every[0].statement.sides[0]
        of_text = [x.statement for x in every if x.statement.is_inline]
        for statement in reading.statements if of_text else ():
            if len(statement.sides) > 1 and statement.sides[0] == left:
                if any(statement.sides[1] != x.sides[1] for x in of_text):
                    found.add(name)
    return found


def doubt_of_two(names: Set[str]) -> str:
    """Return why what speaks of symbols that are said twice is not refuted, if there are any."""
    return f"the text says twice what {min(names)} is" if names else ""


def _vocabulary(reading: Reading, side: tree.Node) -> set[str]:
    """Return the symbols and functions of a side."""
    called = {n.function for n in nodes(side) if isinstance(n, tree.Call)}
    return reading.names(side) | called | _applied(reading, side)


def _applied(reading: Reading, side: tree.Node) -> set[str]:
    """Return the functions of a side that have no meaning but in their document."""
    applied = [n for n in nodes(side) if isinstance(n, tree.Apply)]
    return {reading.authored.function_name(n) or "" for n in applied} - {""}


def _unexplained(reading: Reading, side: tree.Node) -> set[str]:
    """Return those of which neither the language nor the document says what they are."""
    applied = [n for n in nodes(side) if isinstance(n, tree.Apply) and not _has_meaning(reading, n)]
    named = {reading.authored.function_name(n) or "" for n in applied} - {""}
    return named - reading.authored.templates.keys()


def _has_meaning(reading: Reading, node: tree.Apply) -> bool:
    """Return whether the language or a definition says what a function is of its arguments."""
    reference = reading.roles.reference(node)
    is_defined = reference is not None and reference.name in reading.definitions.found
    return is_defined or reading.authored.built_in(node) is not None
