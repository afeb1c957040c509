"""Which single edit of a side makes a refuted equation true?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

import sympy as sp

from proofs_checks.diagnosis.case import Case, Repair
from proofs_checks.diagnosis.words import sentence
from proofs_checks.edits import KINDS, Edit, Insertions, edits
from proofs_checks.edits.factors import scalars_in
from theory.algebra.expressions import Equation, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Step, delta
from theory.models import Model

__all__ = ["Rarity", "defined_term", "edited", "inserted"]

NAMES = ("left", "right")
DERIVATIVES = (Partial, Step, Flow)


class Rarity(Enum):
    """Groups of edits, in the order in which they are worth trying.

    DIAGONAL makes an entry such as b_ii, which people rarely mean; SLOW changes what stands under
    a derivative that must then be taken anew.
    """

    USUAL = "usual"
    DIAGONAL = "diagonal"
    SLOW = "slow"


def edited(
    case: Case, kinds: tuple[str, ...] = KINDS, rarity: Rarity = Rarity.USUAL
) -> Repair | None:
    """Return the first repair that changes or removes something that is written."""
    sides = (*case.sides, *case.resolved)
    scalars = tuple(set().union(*map(scalars_in, sides)) - {case.model.loss})
    return _first(case, Insertions(scalars=scalars), kinds, rarity)


def inserted(case: Case, *, only_written: bool = False, slow: bool = False) -> Repair | None:
    """Return the first repair that inserts a term or a factor.

    Candidates are the quantities in the equation; then, unless ``only_written``, deltas and what
    the derived sides are made of; then all quantities of the model.
    """
    rarity = Rarity.SLOW if slow else Rarity.USUAL
    written = frozenset().union(*map(tensors_in, case.sides))
    found = written.union(*map(tensors_in, case.resolved))
    entries = _entries(case)
    pools = [tuple(e for n, e in entries.items() if n in written)]
    if not only_written:
        near = (e for n, e in entries.items() if n in found - written)
        pools.append((sp.S.One, *_deltas(case.model), *dict.fromkeys(_parts(case)), *near))
        pools.append(tuple(e for n, e in entries.items() if n not in found))
    for pool in pools:
        choice = Insertions(terms=tuple(e for e in pool if not e.is_Add), factors=pool)
        for kind in ("missing_factor", "missing_term"):
            repair = _first(case, choice, (kind,), rarity)
            if repair:
                return repair
    return None


def defined_term(case: Case) -> Repair | None:
    """Return the repair that adds a defined quantity to a sum: minus D_i, say."""
    defined = {line.name for line in (*case.model.definitions, *case.model.vocabulary)}
    terms = tuple(entry for name, entry in _entries(case).items() if name in defined)
    choice = Insertions(terms=terms)
    return _first(case, choice, ("missing_term",), Rarity.USUAL, may_be_whole=True)


def _entries(case: Case) -> dict[str, sp.Expr]:
    """Return one entry of every quantity but the loss, by name."""
    tensors = case.model.tensors
    return {n: case.model.entry(x) for n, x in tensors.items() if x != case.model.loss}


def _first(
    case: Case,
    insertions: Insertions,
    kinds: tuple[str, ...],
    rarity: Rarity,
    *,
    may_be_whole: bool = False,
) -> Repair | None:
    """Return the first edit, simplest kinds first and the right side first, that repairs."""
    found = [
        (side, edit)
        for side, edit, rareness in _all(case, insertions)
        if edit.undoes in kinds
        and rareness is rarity
        and not _is_idle(case, side, edit, may_be_whole=may_be_whole)
    ]
    found.sort(key=lambda item: KINDS.index(item[1].undoes))
    for side, edit in found:
        sides = [*case.sides]
        sides[side] = edit.expression
        # x = x, or the other side put in front of 1: that says nothing
        is_put = edit.is_whole and edit.undoes in ("missing_term", "missing_factor")
        is_bare = isinstance(sides[0], sp.Atom | sp.Indexed) or is_put
        is_idle = sides[0] == sides[1] and is_bare
        if not is_idle and case.holds(*sides):
            message = sentence(edit, NAMES[side], case.model)
            term: Any = edit.after if edit.undoes == "missing_term" else None
            return Repair(edit.undoes, message, Equation(sides[0], sides[1]), term)
    return None


def _all(case: Case, insertions: Insertions) -> list[tuple[int, Edit, Rarity]]:
    """Return the edits of the right side and of the left one; they are listed once for a case.

    Those with the derivative of a number are left out: it is zero whatever was meant.
    """
    if insertions not in case.edits:
        found: list[tuple[int, Edit, Rarity]] = []
        is_of_a_number = cache(lambda e: tensors_in(e.args[0]).isdisjoint(case.model.tensors))
        for side in (1, 0):
            written = case.sides[side].atoms(*DERIVATIVES)
            for edit in edits(case.sides[side], case.model, insertions, case.free):
                case.check_time()
                derivatives = edit.expression.atoms(*DERIVATIVES)
                if not any(map(is_of_a_number, derivatives)):
                    found.append((side, edit, _rarity(edit, derivatives - written)))
        case.edits[insertions] = found
    return case.edits[insertions]


def _is_idle(case: Case, side: int, edit: Edit, *, may_be_whole: bool) -> bool:
    """Return whether it would teach nothing that this insertion makes the equation true.

    A term added to a whole side could be anything unless ``may_be_whole`` says otherwise, and
    nobody forgets a factor in front of what the other side is derived from.
    """
    if edit.is_whole and edit.undoes == "missing_term" and not may_be_whole:
        return True
    if not edit.is_whole or edit.undoes != "missing_factor":
        return False
    return case.determines(case.sides[side]) and not case.determines(case.sides[1 - side])


def _rarity(edit: Edit, new: set[Any]) -> Rarity:
    """Return how rare an edit is that brings ``new`` derivatives."""
    if any(not (isinstance(x, Partial) and isinstance(x.args[0], sp.Symbol)) for x in new):
        return Rarity.SLOW
    entries = edit.after.atoms(sp.Indexed) if edit.after is not None else ()
    if any(len(set(x.indices)) < len(x.indices) for x in entries):  # type: ignore[attr-defined]
        return Rarity.DIAGONAL
    return Rarity.USUAL


def _parts(case: Case) -> Iterator[sp.Expr]:
    """Yield the terms and factors of the resolved sides, and of what those are defined as."""
    waiting: list[sp.Basic] = [*case.resolved]
    names = frozenset().union(*map(tensors_in, case.resolved))
    waiting += [line.value for line in case.theory.lines if line.name in names]
    while waiting:
        e = waiting.pop()
        if isinstance(e, sp.Add | sp.Mul):
            yield from (x for x in e.args if not x.is_Number)  # type: ignore[misc]
        if isinstance(e, sp.Sum):
            yield e
        if not isinstance(e, sp.Indexed | sp.KroneckerDelta | sp.Symbol):
            waiting += [x for x in e.args if isinstance(x, sp.Expr)]


def _deltas(model: Model) -> tuple[sp.Expr, ...]:
    pairs = ((Index(f"{size}'", size), Index(f"{size}''", size)) for size in model.sizes)
    return tuple(delta(*pair) for pair in pairs)
