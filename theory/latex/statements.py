r"""Statements in LaTeX: one expression, one equation, a chain of equal expressions.

The silent axes of a statement are dropped on both sides or on neither.  They are dropped where
every side is a chain of vectors and matrices; otherwise every index is printed, which is always
possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.expressions import Relation, free_indices, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Size, Step
from theory.latex.calculus import moved_names
from theory.latex.contraction import NotVectorial, Order
from theory.latex.layout import Row, aligned
from theory.latex.printer import Printer
from theory.latex.prose import prose
from theory.latex.recognition import prepared, silent_free
from theory.models.model import Model

if TYPE_CHECKING:
    from theory.laws.law import ProofStep

__all__ = ["chain", "derivation", "equation", "expression", "phrases"]


def expression(expr: Any, model: Model | None = None) -> str:
    r"""Return a SymPy index expression in LaTeX, in the notation of papers.

    The ``model`` supplies the letters of its indices, the tensors whose rows sum to one (sums
    weighted by them become \mathbb{E}), and the order of factors.  Free silent indices are dropped
    where the expression is a vector or a matrix: W_O^\top (p_i - y_i).
    """
    return chain([expr], model)[0]


def equation(eq: Relation, model: Model | None = None, order: str = "") -> str:
    r"""Return ``left = right`` in LaTeX; ``order`` is what was dropped, such as "O(\eta^2)".

    Of an inequality it is ``left \le right`` or ``left < right``.
    """
    left, right = chain([eq.left, eq.right], model)
    return f"{left} {eq.sign} {right}{f' + {order}' if order else ''}"


def derivation(steps: Iterable[ProofStep], model: Model | None = None) -> str:
    r"""Return the lines of a derivation as an align* environment with their reasons.

    A step whose left side is the right side before it continues the chain.  Reasons are plain text;
    names in them are set as mathematics.  Raises `ValueError` if there are no steps.
    """
    chains: list[list[tuple[Any, str, str]]] = []
    for item in steps:
        if not chains or chains[-1][-1][0] != item.left:
            chains.append([(item.left, "", "")])
        chains[-1].append((item.right, item.reason, item.relation.sign))
    if not chains:
        raise ValueError("a derivation needs at least one step; got none.")
    known, quoted = phrases(model)
    rows = []
    for members in dict.fromkeys(map(tuple, chains)):  # what stands there twice is said once
        left, *others = chain([member for member, *_ in members], model)
        before = ""
        for right, (_, reason, sign) in zip(others, members[1:], strict=True):
            if right != before:  # two forms may look the same without their silent indices
                rows.append(Row(left, right, prose(reason, known, quoted), sign))
            left, before = "", right
    return aligned(rows)


def phrases(model: Model | None) -> tuple[frozenset[str], dict[str, str]]:
    """Return what `prose` needs: the names of a model and its hypotheses by their texts."""
    if model is None:
        return frozenset(), {}
    names = frozenset((*model.tensors, *model.size_names, model.loss.name))
    return names, {c.text: equation(c.equation, model) for c in model.constraints}


def chain(members: Sequence[Any], model: Model | None = None) -> list[str]:
    """Return expressions that are equal to each other, all in one notation."""
    ready = [prepared(member, model) for member in members]
    letters = _letters(map(sp.sympify, members), model)
    names = frozenset(model.tensors if model else ()).union(*map(tensors_in, ready))
    moving = {
        kind: {name for e in ready for node in e.atoms(kind) for name in moved_names(node)}
        for kind in (Step, Flow)
    }
    try:
        printer = Printer(model, True, letters, names, moving)
        order = _silent_order(ready, model, printer)
        if any(silent_free(e) != frozenset(order) and e != 0 for e in ready):
            raise NotVectorial
        return [printer.piece(e, order if e != 0 else ()).tex for e in ready]
    except NotVectorial:
        printer = Printer(model, False, letters, names, moving)
        return [printer.piece(e).tex for e in ready]


def _letters(expressions: Iterable[sp.Basic], model: Model | None) -> dict[Index, str]:
    """Return a letter for every free index; machine-made names such as k~7 get a new one."""
    free = sorted(
        frozenset().union(*map(_printed_free, expressions)), key=lambda k: (k.name, str(k.size))
    )
    letters: dict[Index, str] = {}
    for k in free:
        if "~" not in k.name and k.name not in letters.values():
            letters[k] = k.name
    for k in free:
        if k not in letters:
            letters[k] = Printer(model, False, letters, ()).free_letter(k)
    return letters


def _printed_free(e: sp.Basic) -> frozenset[Index]:
    """Return the free indices that are printed: those of what a step moves are not."""
    moves = {node: node.args[0] for node in e.atoms(Step, Flow)}
    return free_indices(e.xreplace(moves))


def _silent_order(expressions: Iterable[sp.Expr], model: Model | None, printer: Printer) -> Order:
    """Return the silent free indices, rows first.

    The rows are those of the first derivative or entry that has all of them; failing that, the
    order of the axes of a tensor of the model with these sizes; failing that, of the sizes.
    """
    for e in expressions:
        silent = silent_free(e)
        if not silent:
            continue
        if len(silent) > 2:
            raise NotVectorial
        if len(silent) == 1:
            return tuple(silent)
        nodes = [*_nodes(e, Partial, printer), *_nodes(e, sp.Indexed, printer)]
        for node in nodes:
            if frozenset(own := printer.silent_slots(node)) == silent:
                return own
        first, second = sorted(silent, key=lambda k: (str(k.size), printer.letter(k)))
        return (second, first) if _is_reversed(first.size, second.size, model) else (first, second)
    return ()


def _nodes(e: sp.Expr, kind: type, printer: Printer) -> list[sp.Basic]:
    return sorted(e.atoms(kind), key=lambda node: (printer.rank(node), str(node)))


def _is_reversed(first: Size, second: Size, model: Model | None) -> bool:
    """Return whether the model has a matrix with rows ``second`` and columns ``first``."""
    shapes = [tuple(getattr(t, "axes", ()))[-2:] for t in model.tensors.values()] if model else []
    return (second, first) in shapes and (first, second) not in shapes
