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
from proofs_checks.claims.meaning.redefinitions import doubt_of_two
from proofs_checks.claims.meaning.statements import Meaning, MeaningError, Said, Statement

__all__ = ["Scope", "doubt_of_whole", "is_forced", "is_unread", "read_in_scope"]

WHOLE = "in the document as a whole"
MOST = 40  # statements that one equation rests on
LATER = "read with the last definition before it: the document defines a symbol anew"
NOTE = "read with what it rests on: elsewhere the document uses these letters otherwise"


def read_in_scope(said: Said, reading: Reading) -> None:
    """Give the statements of a reading a meaning that they have in their own scope only."""
    given = {s.number: s for s in said.statements}
    everywhere = [root for s in said.statements for root in s.roots]
    for statement in reading.statements:
        meaning = reading.meanings[statement.number]
        if statement.is_inline or meaning.skipped:
            continue
        scope = Scope(reading, statement)
        if not (scope.is_later or is_unread(meaning)):
            continue
        if scope.is_torn:
            meaning.error, meaning.links = MeaningError(
                f"{scope.is_torn} is defined twice, of other quantities, and both enter here.",
                statement.span, suggestion="another letter for one of them", is_final=True,
            ), []  # fmt: skip
            continue
        if len(scope.numbers) > MOST or scope.numbers >= given.keys():
            continue
        own = [s for n, s in given.items() if n in scope.numbers]
        part = replace(
            said, statements=own, summation=reading.summation, rows=reading.rows,
            apart=reading.apart_letters, elsewhere=everywhere,
        )  # fmt: skip
        alone = Reading(part, reading.base)
        found = alone.meanings[statement.number]
        if scope.is_later:
            meaning.error, meaning.links = found.error, found.links
            for link in found.links:
                link.model, link.notes = alone.model, (*link.notes, LATER)
                link.hedge = link.hedge or doubt_of_two(reading.said_twice & scope.names)
            continue
        if found.error or found.skipped or is_unread(found):
            continue
        if not is_forced(alone, reading, scope.names):
            continue
        told = doubt_of_whole(meaning)
        meaning.error, meaning.links = None, found.links
        for link in found.links:
            link.model, link.notes = alone.model, (*link.notes, NOTE)
            link.hedge = link.hedge or told


def doubt_of_whole(meaning: Meaning) -> str:
    """Return why a statement means nothing certain in the document as a whole, "" if nothing is."""
    told = str(meaning.error or "").rstrip(".")
    told = told or next((x.hedge for x in meaning.links if x.hedge), "")
    return f"{WHOLE} {told}" if told and not told.startswith(WHOLE) else told


def is_unread(meaning: Meaning) -> bool:
    """Return whether a statement has no meaning, or rests on a definition that has none."""
    if meaning.error is not None:
        return not meaning.error.is_final
    return any(link.hedge.endswith("could not be read") for link in meaning.links)


class Scope:
    """What a statement rests on: ``numbers`` of statements, itself included, and ``names``.

    Of several definitions of a symbol the last before its use counts.  ``is_later`` says that one
    is not the first; ``is_torn`` names a symbol of which two are needed.
    """

    def __init__(self, reading: Reading, statement: Statement) -> None:
        self.numbers, self.names = {statement.number}, set[str]()
        self.is_later, self.is_torn = False, ""
        chosen: dict[str, int] = {}
        again = reading.definitions.again
        waiting = [(name, statement) for root in statement.roots for name in reading.names(root)]
        while waiting:
            name, user = waiting.pop()
            later = [f for f in again.get(name, ()) if f.statement.span.start <= user.span.start]
            found = later[-1:] or reading.definitions.found.get(name, [])
            for definition in found:
                number = definition.statement.number
                if (
                    later
                    and chosen.setdefault(name, number) != number
                    or (not later and chosen.get(name, number) != number and name in again)
                ):
                    self.is_torn = name
                chosen.setdefault(name, number)
                self.is_later = self.is_later or bool(later)
                if number not in self.numbers or name not in self.names:
                    self.numbers.add(number)
                    waiting += [
                        (x, definition.statement)
                        for root in definition.statement.roots
                        for x in reading.names(root)
                        if x not in self.names or x in again
                    ]
            self.names.add(name)


def is_forced(alone: Reading, reading: Reading, names: set[str]) -> bool:
    """Return whether no symbol got a shape by choice that it does not have in the document."""
    chosen = names & alone.ranks.chosen.keys() & reading.symbols.table.keys()
    return all(
        alone.symbols.table[name].axes.total == reading.symbols.table[name].axes.total
        for name in chosen
    )
