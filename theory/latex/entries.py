r"""Entries of tensors, columns and matrices by their names; means and entropies of rows.

s_{ij}      W_{O,ca}      v_j      x_i      W_O      \mathbb{E}_{\alpha_i}[b]      H(\alpha_i)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.symbols import Index, Size, Step, is_order
from theory.latex.calculus import moved_subscript
from theory.latex.contraction import NotVectorial
from theory.latex.names import Name, index_name, name_of, subscripted
from theory.latex.pieces import Kind, Piece, bracketed
from theory.latex.recognition import Entropy, axes, label

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["entry", "is_feature", "mean", "named", "position"]


def is_feature(size: sp.Basic) -> bool:
    """Return whether papers leave out the axis of this size."""
    return isinstance(size, Size) and size.feature


def named(name: Name, indices: Iterable[str] = ()) -> Piece:
    """Return a name with its indices."""
    return Piece(subscripted(name, indices), Kind.PRODUCT if name.raised else Kind.ATOM)


def entry(printer: Printer, e: Any) -> Piece:
    """Return an entry, or the column or matrix that it is without its silent indices."""
    name = label(e)
    if is_order(name):
        later, earlier = (position(printer, k) for k in e.indices)
        return Piece(rf"\mathbb{{1}}[{earlier} \le {later}]", height=1)
    shown = [
        position(printer, k)
        for k, n in zip(e.indices, axes(e), strict=True)
        if not (printer.silent and is_feature(n))
    ]
    if shown and len(e.indices) - len(shown) == 1:
        name = _column_name(printer, name)
    return named(name_of(name), shown)


def position(printer: Printer, k: Any) -> str:
    """Return what stands in a slot: the letter of an index, or a number.

    Raises `NotVectorial` for a silent index in a visible slot.
    """
    if isinstance(k, Index):
        if printer.is_silent(k):
            raise NotVectorial
        return index_name(printer.letter(k))
    return printer.piece(k).tex


def mean(printer: Printer, e: sp.Expr) -> Piece:
    """Return a `Mean` or an `Entropy` of a row."""
    weights: Any = e.args[0]
    at = [position(printer, k) for k in weights.indices[:-1]]
    under = subscripted(name_of(label(weights)), at)
    if isinstance(e, Entropy):
        return Piece(f"H({under})", height=1)
    value: Any = e.args[1]
    moves = isinstance(value, Step)
    bare = subscripted(name_of(label(value.args[0] if moves else value)))
    inside = Piece(rf"\Delta{moved_subscript(printer, value)} {bare}" if moves else bare)
    return Piece(rf"\mathbb{{E}}_{{{under}}}{bracketed(inside, '[', ']').tex}", height=1)


def _column_name(printer: Printer, name: str) -> str:
    """Return the name of a column of a matrix: x for X, x_K for X_K."""
    stem, *rest = name.split("_")
    lower = "_".join((stem.lower(), *rest))
    return lower if len(stem) == 1 and lower not in printer.names else name
