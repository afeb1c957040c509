r"""Inverse matrices, determinants, products, maxima and opaque functions in LaTeX.

    \Sigma^{-1}_{ij}    (X^\top X + \lambda I)^{-1}_{ij}    \det(A B)    f'(x)    f^{(2)}(x)
    \prod_k x_k         \prod_{k \ne i} x_k                 \max_k x_k

A matrix is written by its name, or as a sum of products of named matrices; any other one by its
entries with the indices of row and column after a bracket, [x_{ab} + \dots]_{ab}.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.expressions import free_indices
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum
from theory.algebra.symbols import Index
from theory.latex.contraction import NotVectorial
from theory.latex.entries import position
from theory.latex.names import Name, index_name, name_of, subscripted
from theory.latex.pieces import (
    Kind,
    Piece,
    bracketed,
    joined,
    minus,
    parenthesised,
    raised,
    transposed,
)

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["binder", "opaque"]


def opaque(printer: Printer, e: Applied) -> Piece:
    """Return an opaque function, with primes or the numbers of derivatives by each argument."""
    arguments = [printer.piece(x) for x in e.arguments]
    inside = Piece(", ".join(p.tex for p in arguments), height=max(p.height for p in arguments))
    closed = parenthesised(inside)
    name = subscripted(name_of(e.name))
    if len(e.orders) == 1 and e.orders[0] <= 1:
        mark = "'" * e.orders[0]
    else:
        mark = f"^{{({','.join(map(str, e.orders))})}}" if any(e.orders) else ""
    return Piece(f"{name}{mark}{closed.tex}", Kind.PRODUCT, closed.height)


def binder(printer: Printer, e: Binder) -> Piece:
    """Return an inverse, a determinant, a product or a maximum.

    Raises `NotVectorial` where indices are dropped that it binds or that stand free in its body.
    """
    if printer.has_slots(e) or any(printer.is_silent(k) for k in e.bound):
        raise NotVectorial
    if isinstance(e, MatrixInverse):
        slots = "".join(position(printer, k) for k in e.slots)
        if any(isinstance(k, sp.Integer) and k > 9 for k in e.slots):
            slots = ",".join(position(printer, k) for k in e.slots)
        inverse = raised(_matrix(printer, e), "-1")
        return Piece(f"{inverse.tex}_{{{slots}}}", Kind.PRODUCT, inverse.height)
    if isinstance(e, Determinant):
        matrix = _matrix(printer, e)
        if matrix.kind is Kind.ATOM:
            return Piece(rf"\det {matrix.tex}", Kind.OPEN, matrix.height)
        closed = parenthesised(matrix)
        return Piece(rf"\det{closed.tex}", Kind.PRODUCT, closed.height)
    return _over_range(printer, e)


def _over_range(printer: Printer, e: Binder) -> Piece:
    sign = r"\max" if isinstance(e, Maximum) else r"\prod"
    body, left_out = _left_out(e)
    with _lettered(printer, e):
        under = ",".join(index_name(printer.letter(k)) for k in e.bound)
        if left_out is not None:
            under = rf"{under} \ne {position(printer, left_out)}"
        inner = printer.piece(body)
    if inner.kind is Kind.PLUS:
        inner = parenthesised(inner)
    whole = joined([Piece(subscripted(Name(sign, (under,))), Kind.PRODUCT, 2), inner])
    return Piece(whole.tex, Kind.OPEN, whole.height)


def _left_out(e: Binder) -> tuple[Any, Any]:
    """Return the body and the index m for a product over all k but m, else None for m."""
    deltas = [
        x for x in e.body.atoms(sp.KroneckerDelta) if len(e.bound) == 1 and e.bound[0] in x.args
    ]
    if len(deltas) != 1 or e.body.xreplace({deltas[0]: sp.S.One}) != 1:
        return e.body, None
    (other,) = [x for x in deltas[0].args[:2] if x != e.bound[0]]
    return e.body.xreplace({deltas[0]: sp.S.Zero}), other


@contextmanager
def _lettered(printer: Printer, e: Binder) -> Iterator[None]:
    """Give the bound indices letters of their own while the body is printed."""
    before = dict(printer.letters)
    for k in e.bound:
        printer.letters[k] = printer.free_letter(k, e.body)
    try:
        yield
    finally:
        printer.letters = before


def _matrix(printer: Printer, e: Binder) -> Piece:
    """Return the matrix of an inverse or a determinant."""
    row, column = e.bound
    terms = [_chain(printer, term, row, column) for term in sp.Add.make_args(e.body)]
    if any(term is None for term in terms):
        with _lettered(printer, e):
            at = "".join(index_name(printer.letter(k)) for k in e.bound)
            closed = bracketed(printer.piece(e.body), "[", "]")
        return Piece(f"{{{closed.tex}_{{{at}}}}}", Kind.ATOM, closed.height)
    pieces = sorted((t for t in terms if t is not None), key=lambda t: (t[1], t[0].tex))
    if len(pieces) == 1:
        return pieces[0][0]
    text = pieces[0][0].tex
    for piece, _ in pieces[1:]:
        text += f" - {piece.tex[1:]}" if piece.tex.startswith("-") else f" + {piece.tex}"
    return Piece(text, Kind.PLUS, max(piece.height for piece, _ in pieces))


def _chain(printer: Printer, term: sp.Expr, row: Index, column: Index) -> tuple[Piece, bool] | None:
    """Return a product of named matrices from row to column, and whether it is minus or I last."""
    bound: set[Any] = {row, column}
    factors = list(sp.Mul.make_args(term))
    sums = [x for x in factors if isinstance(x, sp.Sum)]
    if len(sums) == 1:
        factors.remove(sums[0])
        bound |= {limit[0] for limit in sums[0].limits}
        inner: Any = sums[0].function
        factors += sp.Mul.make_args(inner)
    inside = [x for x in factors if not bound.isdisjoint(free_indices(x))]
    outside = [x for x in factors if x not in inside]
    scales = [x for x in inside if isinstance(x, sp.Indexed) and len(x.indices) == 1]
    names = _walked(printer, [x for x in inside if x not in scales], scales, row, column)
    if names is None:
        return None
    names = [name for name in names if name.tex != "I"] or names[:1]
    scalar = printer.signed(sp.Mul(*outside))
    front = [scalar.piece] if scalar.piece.tex != "1" else []
    whole = joined([*front, *names])
    is_last = names[0].tex == "I" or scalar.negative
    return minus(scalar._replace(piece=whole)), is_last


def _walked(
    printer: Printer, links: list[Any], scales: list[Any], row: Index, column: Index
) -> list[Piece] | None:
    """Return the matrices met on the way from row to column; None if there is no one way."""
    names, here, waiting = [], row, list(scales)
    while True:
        diagonal = [x for x in waiting if x.indices[0] == here]
        names += [_diagonal(x) for x in diagonal]
        waiting = [x for x in waiting if x not in diagonal]
        if not links:
            return names if here == column and not waiting and names else None
        known = ((x, _ends(printer, x)) for x in links)
        found = next(((x, ends) for x, ends in known if ends and here in ends[1:]), None)
        if found is None or here == column:
            return None
        factor, (name, first, second) = found
        links = [x for x in links if x is not factor]
        is_turned = first != here and name.tex != "I"
        names.append(transposed(name) if is_turned else name)
        here = second if first == here else first


def _diagonal(e: Any) -> Piece:
    name = subscripted(name_of(str(e.base.args[0])))
    return Piece(rf"\operatorname{{diag}}({name})", Kind.PRODUCT, 1)


def _ends(printer: Printer, factor: Any) -> tuple[Piece, Any, Any] | None:
    """Return the name of a matrix, its row and its column index."""
    if isinstance(factor, sp.KroneckerDelta):
        return Piece("I"), factor.args[0], factor.args[1]
    if isinstance(factor, MatrixInverse):
        inverse = raised(_matrix(printer, factor), "-1")
        return inverse, factor.slots[0], factor.slots[1]
    if isinstance(factor, sp.Indexed) and len(factor.indices) == 2:
        name = name_of(str(factor.base.args[0]))
        piece = Piece(subscripted(name), Kind.PRODUCT if name.raised else Kind.ATOM)
        return piece, factor.indices[0], factor.indices[1]
    return None
