r"""Pieces of LaTeX that know when they need parentheses.

Every printed expression is a `Piece`: its text, how it may stand beside others, and how tall it is.
A minus sign never hides inside a product: printers carry it separately, as the flag ``negative``
of a `Signed` pair, and write it once, in front.

Parentheses are \bigl( \bigr) and friends, not \left( \right), so that a long line may be broken
inside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

__all__ = [
    "TALL",
    "Kind",
    "Piece",
    "Signed",
    "bracketed",
    "fraction",
    "joined",
    "minus",
    "norm",
    "parenthesised",
    "raised",
    "transposed",
]

SIZES = ("", r"\big", r"\Big", r"\bigg")
TALL = 2  # the height of a fraction or a sum in display style


class Kind(Enum):
    """How a piece may stand beside others."""

    ATOM = "may carry a superscript"
    PRODUCT = "may stand anywhere in a product"
    OPEN = "reaches as far to the right as it can: a sum, a logarithm; must come last"
    PLUS = "has terms or a leading minus"


class Piece(NamedTuple):
    """LaTeX with its kind and its height: 0 plain, 1 has parentheses, 2 a sum or fraction, 3."""

    tex: str
    kind: Kind = Kind.ATOM
    height: int = 0


class Signed(NamedTuple):
    """A piece and the minus sign in front of it."""

    negative: bool
    piece: Piece


def minus(signed: Signed) -> Piece:
    """Return a signed piece as one piece, with its minus sign written."""
    if not signed.negative:
        return signed.piece
    inner = signed.piece if signed.piece.kind is not Kind.PLUS else parenthesised(signed.piece)
    return Piece(f"-{inner.tex}", Kind.PLUS, inner.height)


def bracketed(piece: Piece, opening: str, closing: str) -> Piece:
    """Return the piece between delimiters of the right size, such as ``[`` and ``]``."""
    size = SIZES[min(piece.height, 3)]
    left, right = (f"{size}l", f"{size}r") if size else ("", "")
    inside = f" {piece.tex} " if opening[0] == "\\" else piece.tex
    return Piece(f"{left}{opening}{inside}{right}{closing}", Kind.ATOM, min(piece.height + 1, 3))


def parenthesised(piece: Piece) -> Piece:
    """Return the piece in parentheses."""
    return bracketed(piece, "(", ")")


def joined(pieces: Iterable[Piece]) -> Piece:
    """Return the product of the pieces in this order, with the parentheses it needs."""
    factors = list(pieces)
    if len(factors) == 1:
        return factors[0]
    written = []
    for place, piece in enumerate(factors):
        last = place == len(factors) - 1
        wrap = piece.kind is Kind.PLUS or (piece.kind is Kind.OPEN and not last)
        written.append(parenthesised(piece) if wrap else piece)
    kind = Kind.OPEN if written[-1].kind is Kind.OPEN else Kind.PRODUCT
    return Piece(" ".join(p.tex for p in written), kind, max(p.height for p in written))


def raised(piece: Piece, exponent: str) -> Piece:
    """Return ``piece^{exponent}``."""
    base = piece if piece.kind is Kind.ATOM else parenthesised(piece)
    exponent = exponent if len(exponent) == 1 or exponent == r"\top" else f"{{{exponent}}}"
    return Piece(f"{base.tex}^{exponent}", Kind.PRODUCT, base.height)


def transposed(piece: Piece) -> Piece:
    r"""Return ``piece^\top``."""
    return raised(piece, r"\top")


def norm(piece: Piece, suffix: str = "") -> Piece:
    r"""Return ``\lVert piece \rVert^2``, with a subscript such as ``_F`` if asked for."""
    inside = bracketed(piece, r"\lVert", r"\rVert")
    return Piece(f"{inside.tex}{suffix}^2", Kind.PRODUCT, inside.height)


def fraction(numerator: Piece, denominator: Piece) -> Piece:
    """Return the fraction of two pieces; inside it nothing needs parentheses."""
    tall = max(numerator.height, denominator.height) >= TALL
    return Piece(
        rf"\frac{{{numerator.tex}}}{{{denominator.tex}}}", Kind.PRODUCT, 3 if tall else TALL
    )
