"""Equations that their document as a whole does not type, read with what they rest on.

Papers use a letter for one thing in one section and for another in the next: A is m x n in a rule
about traces, and square in the rule after it.  One inference over all equations finds that these
clash.  Such an equation is read once more, with the definitions that it rests on and nothing else.
That reading stands where it leaves nothing to choice that the document has otherwise: a symbol
that gets another shape than in the document must have it by force of these equations alone.  A
refutation of an equation that the document contradicts would mean nothing; a proof does.
"""

from __future__ import annotations

from dataclasses import replace

from proofs_checks.claims.meaning.document import Reading
from proofs_checks.claims.meaning.statements import Meaning, Said, Statement

__all__ = ["read_in_scope"]

MOST = 40  # statements that one equation rests on
NOTE = "read with what it rests on: elsewhere the document uses these letters otherwise"


def read_in_scope(said: Said, reading: Reading) -> None:
    """Give the statements of a reading a meaning that they have in their own scope only."""
    given = {s.number: s for s in said.statements}
    for statement in reading.statements:
        meaning = reading.meanings[statement.number]
        if statement.is_inline or not _is_unread(meaning):
            continue
        numbers, names = _scope(reading, statement)
        if len(numbers) > MOST or numbers >= given.keys():
            continue
        own = [s for n, s in given.items() if n in numbers]
        part = replace(said, statements=own, summation=reading.summation, rows=reading.rows)
        alone = Reading(part, reading.base)
        found = alone.meanings[statement.number]
        if found.error or found.skipped or _is_unread(found):
            continue
        if not _is_forced(alone, reading, names):
            continue
        told = str(meaning.error or "").rstrip(".")
        meaning.error, meaning.links = None, found.links
        for link in found.links:
            link.model, link.notes = alone.model, (*link.notes, NOTE)
            if told and not link.hedge:
                link.hedge = f"in the document as a whole {told}"


def _is_unread(meaning: Meaning) -> bool:
    if meaning.error is not None:
        return not meaning.error.is_final
    return any(link.hedge.endswith("could not be read") for link in meaning.links)


def _scope(reading: Reading, statement: Statement) -> tuple[set[int], set[str]]:
    """Return the numbers of the statements that one rests on, itself included, and the symbols."""
    numbers, names = {statement.number}, set()
    waiting = [name for root in statement.roots for name in reading.names(root)]
    while waiting:
        name = waiting.pop()
        if name in names:
            continue
        names.add(name)
        for found in reading.definitions.found.get(name, ()):
            numbers.add(found.statement.number)
            waiting += [x for root in found.statement.roots for x in reading.names(root)]
    return numbers, names


def _is_forced(alone: Reading, reading: Reading, names: set[str]) -> bool:
    """Return whether no symbol got a shape by choice that it does not have in the document."""
    chosen = names & alone.ranks.chosen.keys() & reading.symbols.table.keys()
    return all(
        alone.symbols.table[name].axes.total == reading.symbols.table[name].axes.total
        for name in chosen
    )
