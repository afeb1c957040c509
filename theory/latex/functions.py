r"""Powers, roots and functions of scalars: e^{s_{ij}}, \log p_{ic}, \sqrt{d_k}, \sigma(f).

A short exponent is raised, a tall or long one goes to \exp(...).  A function with its argument in
parentheses may stand anywhere in a product; \log p_{ic} without them must come last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from theory.latex.names import name_of, subscripted
from theory.latex.pieces import Kind, Piece, bracketed, parenthesised, raised

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["applied", "power"]

OPERATORS = frozenset("sin cos tan cot sec csc sinh cosh tanh coth max min arg det".split())
LONGEST_EXPONENT = 48  # characters of LaTeX; beyond, a raised exponent is hard to read


def power(base: Piece, exponent: sp.Rational) -> Piece:
    """Return the base to a positive rational power."""
    if exponent == 1:
        return base
    if exponent == sp.Rational(1, 2):
        return Piece(rf"\sqrt{{{base.tex}}}", Kind.PRODUCT, base.height)
    return raised(base, str(exponent))


def applied(printer: Printer, e: sp.Expr) -> Piece:
    """Return a function of scalars, or a power with a symbolic exponent."""
    arguments = [printer.piece(x) for x in e.args]  # type: ignore[arg-type]
    first = arguments[0] if arguments else Piece("")
    if isinstance(e, sp.Pow):
        return raised(first, arguments[1].tex)
    if isinstance(e, sp.exp):
        return _exponential(first)
    if isinstance(e, sp.log):
        return _open_function(r"\log", first)
    if isinstance(e, sp.Abs):
        return bracketed(first, r"\lvert", r"\rvert")
    inside = Piece(", ".join(p.tex for p in arguments), height=max(p.height for p in arguments))
    closed = parenthesised(inside)
    return Piece(f"{_operator(e.func.__name__)}{closed.tex}", Kind.PRODUCT, closed.height)


def _exponential(exponent: Piece) -> Piece:
    if exponent.height < 2 and len(exponent.tex) <= LONGEST_EXPONENT:
        return Piece(f"e^{{{exponent.tex}}}", Kind.PRODUCT)
    closed = parenthesised(exponent)
    return Piece(rf"\exp{closed.tex}", Kind.PRODUCT, closed.height)


def _open_function(name: str, argument: Piece) -> Piece:
    if argument.kind in (Kind.ATOM, Kind.OPEN):
        return Piece(f"{name} {argument.tex}", Kind.OPEN, argument.height)
    closed = parenthesised(argument)
    return Piece(f"{name}{closed.tex}", Kind.PRODUCT, closed.height)


def _operator(name: str) -> str:
    """Return the LaTeX of a function's name."""
    if name.lower() in OPERATORS:
        return f"\\{name.lower()}"
    tex = subscripted(name_of(name))
    return rf"\operatorname{{{name}}}" if tex.startswith(r"\mathrm") and name.isalpha() else tex
