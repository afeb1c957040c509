r"""Derivatives, gradient steps and rates of the gradient flow.

    \frac{\partial L}{\partial s_{ij}}     \frac{\partial^2 L}{\partial v_j \partial v_l}
    \Delta v_j                             \frac{dL}{dt}

With silent axes dropped, the derivative of a scalar by a column is a column and by a matrix a
matrix of the same shape (the gradient); the derivative of a column by a column has the numerator's
entries as rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra.symbols import Flow, Index, Partial, Step
from theory.latex.names import Name, name_of, subscripted
from theory.latex.pieces import TALL, Kind, Piece, fraction, joined, minus, parenthesised, raised

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["flattened", "moved_names", "moved_subscript", "partial", "rate", "step"]

Order = tuple[Index, ...]


def flattened(e: Partial) -> Partial:
    """Return a derivative of a derivative as one derivative of higher order."""
    quantity = e.args[0]
    if not isinstance(quantity, Partial):
        return e
    return flattened(Partial(quantity.args[0], *quantity.args[1:], *e.args[1:]))


def partial(printer: Printer, e: Partial) -> Piece:
    """Return the derivative with the axes in their own order."""
    quantity, *entries = e.args
    above = _quantity(printer, quantity)
    below = [printer.signed(x, printer.own_order(x) or ()).piece for x in entries]  # type: ignore[arg-type]
    times = len(entries)
    sign = r"\partial" if times == 1 else rf"\partial^{times}"
    if times > 1 and len(set(below)) == 1:
        variables = Piece(rf"\partial {raised(below[0], str(times)).tex}")
    else:
        variables = Piece(" ".join(rf"\partial {piece.tex}" for piece in below))
    if above.kind in (Kind.ATOM, Kind.OPEN) and above.height < TALL:
        return fraction(Piece(f"{sign} {above.tex}"), variables)
    operator = fraction(Piece(sign), variables)
    return joined([operator, parenthesised(above)])


def step(printer: Printer, e: Step, order: Order) -> Piece:
    """Return the change of a quantity under a gradient step."""
    quantity = _quantity(printer, e.args[0], order)
    sign = rf"\Delta{moved_subscript(printer, e)}"
    if quantity.kind is Kind.ATOM:
        return Piece(f"{sign} {quantity.tex}", Kind.OPEN, quantity.height)
    closed = parenthesised(quantity)
    return Piece(f"{sign}{closed.tex}", Kind.PRODUCT, closed.height)


def rate(printer: Printer, e: Flow, order: Order) -> Piece:
    """Return the rate of a quantity along the gradient flow."""
    quantity = _quantity(printer, e.args[0], order)
    moved = moved_subscript(printer, e)
    suffix = rf"\Bigr|{moved}" if moved else ""
    if quantity.kind is Kind.ATOM and quantity.height < TALL:
        whole = fraction(Piece(f"d{quantity.tex}"), Piece("dt"))
        return whole._replace(tex=whole.tex + suffix)
    operator = fraction(Piece("d"), Piece("dt"))
    operator = operator._replace(tex=operator.tex + suffix)
    if quantity.kind is Kind.OPEN:
        return joined([operator, quantity])
    return joined([operator, parenthesised(quantity)])


def moved_names(e: Step | Flow) -> tuple[str, ...]:
    """Return the names of the tensors that a step or a flow moves."""
    entries = e.args[2:] if isinstance(e, Step) else e.args[1::2]
    return tuple(sorted({str(x.base.label) if x.args else str(x) for x in entries}))  # type: ignore[attr-defined]


def moved_subscript(printer: Printer, e: Step | Flow) -> str:
    """Return the subscript that says what moves, empty where all that the statement moves does."""
    names = moved_names(e)
    if frozenset(names) == printer.moving.get(type(e), frozenset(names)):
        return ""
    return subscripted(Name("", (",".join(subscripted(name_of(x)) for x in names),)))


def _quantity(printer: Printer, quantity: sp.Basic, order: Order | None = None) -> Piece:
    if order is None:
        order = printer.silent_slots(quantity)
    return minus(printer.signed(quantity, order))  # type: ignore[arg-type]
