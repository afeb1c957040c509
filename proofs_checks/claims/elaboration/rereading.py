"""Reads further equations with what a document has settled: its symbols, shapes and ranges.

Nothing of the document changes by it.  An equation that would need a new symbol, another shape of a
known one, or two ranges to be one, has no meaning here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.attempt import Reading
from proofs_checks.claims.elaboration.determination import undetermined
from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.statements import Statement
from proofs_checks.claims.places import Span
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Size
from theory.models.reverse_mode import reached

__all__ = ["Rereader"]

MOST_SECONDS = 1.0
MOST_ROUNDS = 60  # each learns the range of one more index


class Rereader:
    """Reads equations in the context of one reading of a document."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._number = 1_000_000  # no statement of the document has such a number

    def equation(
        self, sides: Sequence[tree.Node], conditions: tuple[tree.Node, ...] = ()
    ) -> Equation | None:
        """Return what ``left = right`` means in the document, None if it means nothing there."""
        attempt = self.reading.attempt
        if attempt is None:
            return None
        self._number += 1
        statement = Statement(self._number, -1, tuple(sides), False, Span(0, 0), conditions)
        attempt.symbols.deadline = time.monotonic() + MOST_SECONDS
        shapes = _shapes(attempt.symbols.own)
        known = dict(attempt.symbols.own)
        for _ in range(MOST_ROUNDS):
            try:
                found = attempt.claim(statement)
            except Restart:
                if _shapes(known) != shapes or attempt.symbols.own.keys() != known.keys():
                    break
                continue
            except (ElaborationError, ValueError, TypeError, ArithmeticError, RecursionError):
                break
            if attempt.symbols.own.keys() != known.keys() or _shapes(known) != shapes:
                break
            return found if found is not None and self._is_settled(found) else None
        attempt.symbols.own = known
        for symbol, (axes, guessed) in zip(known.values(), shapes, strict=True):
            del symbol.axes[axes:]
            if symbol.guess is not None:
                symbol.guess.axes = guessed
        return None

    def _is_settled(self, equation: Equation) -> bool:
        model, attempt = self.reading.model, self.reading.attempt
        sizes = {s.name for s in model.sizes}
        if attempt is None or any(x.name not in sizes for x in _sizes(equation)):
            return False
        names = set(reached(model))
        return undetermined(equation, model, names, Span(0, 0), attempt.symbols) is None


def _sizes(equation: Equation) -> set[Size]:
    return equation.atoms(Size) | {k.size for k in equation.atoms(Index)}


def _shapes(own: dict) -> list[tuple[int, int]]:
    return [(len(s.axes), s.guess.axes if s.guess else 0) for s in own.values()]
