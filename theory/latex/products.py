r"""Products in the order in which papers write them.

    -\frac{\eta}{2 \sqrt{d_k}} \delta_{jk} \alpha_{ij} u_i^\top v_j (b_{ij} - c_i) \sum_l D_{il} x_l

First the sign, then numbers, scalars and sizes (as one fraction if some divide), Kronecker deltas,
attention weights, entries, derivatives, means, products u^T v and norms, brackets, functions, sums;
the column or the matrix comes last.  Denominators that carry indices make a fraction of their own
with the entries above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.expressions import bound_of
from theory.algebra.symbols import Flow, Index, Partial, Size, Step
from theory.latex.contraction import Contraction, NotVectorial
from theory.latex.functions import power
from theory.latex.pieces import Piece, Signed, fraction, joined, minus
from theory.latex.recognition import Entropy, Mean, axes, is_full, label, limits_of

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["Factors", "assembled", "flattened_product"]

(
    CONSTANT, DELTA, WEIGHT, ENTRY, FEATURED, DERIVATIVE, MEAN, CHAIN, BRACKET, FUNCTION, SUM
) = range(11)  # fmt: skip


@dataclass(frozen=True)
class Factors:
    """A number, (base, exponent) pairs, and the silent indices the product is summed over."""

    number: Any  # a rational of SymPy
    factors: list[tuple[sp.Expr, Any]]
    bound: frozenset[Index]

    @property
    def alone(self) -> sp.Expr | None:
        """The only factor, if the product is nothing else."""
        if self.number == 1 and len(self.factors) == 1 and self.factors[0][1] == 1:
            return self.factors[0][0]
        return None


def flattened_product(printer: Printer, expression: sp.Expr, bound: frozenset[Index]) -> Factors:
    """Return the factors of a product; sums over silent indices are opened and join it.

    Raises `NotVectorial` for a power of a column other than its square.
    """
    number: Any = sp.S.One
    factors: list[tuple[sp.Expr, Any]] = []
    waiting: list[Any] = [expression]
    while waiting:
        e = waiting.pop()
        if isinstance(e, sp.Float):
            e = sp.Rational(str(e))
        if isinstance(e, sp.Rational):
            number *= e
        elif isinstance(e, sp.Mul):
            waiting += reversed(e.args)
        elif isinstance(e, sp.Pow) and printer.has_slots(e):
            if e.exp != 2:
                raise NotVectorial
            factors += [(e.base, sp.S.One)] * 2
        elif isinstance(e, sp.Pow) and isinstance(e.exp, sp.Rational):
            factors.append((e.base, e.exp))
        elif isinstance(e, sp.Sum) and all(printer.is_silent(k) for k in bound_of(e)):
            if not all(map(is_full, limits_of(e))):
                raise NotVectorial
            if isinstance(e.function, sp.Add):
                inside: Any = [sp.Sum(term, *limits_of(e)) for term in e.function.args]
                factors.append((sp.Add(*inside), sp.S.One))
            else:
                bound |= frozenset(bound_of(e))
                waiting.append(e.function)
        else:
            factors.append((e, sp.S.One))
    return Factors(number, factors, bound)


def assembled(printer: Printer, product: Factors, chains: Contraction) -> Signed:
    """Return the product of scalars and chains as a sign and a piece."""
    negative = bool(product.number < 0) ^ chains.negative
    number = abs(product.number)
    constants: list[tuple[tuple, Piece]] = []
    above: list[tuple[tuple, Piece]] = [((CHAIN,), piece) for piece in chains.scalars]
    below_constants: list[tuple[tuple, Piece]] = []
    below: list[tuple[tuple, Piece]] = []
    for base, exponent in product.factors:
        if printer.has_slots(base):
            continue
        signed = printer.signed(base)
        if exponent.p % 2 and exponent.q == 1:  # (-x)^3 = -(x^3)
            negative ^= signed.negative
        else:
            signed = Signed(False, minus(signed))
        kind = _kind(printer, base)
        written = power(signed.piece, abs(exponent))
        key = (kind, exponent.q != 1, *_key(printer, base, kind), written.tex)
        if kind == CONSTANT:
            (constants if exponent > 0 else below_constants).append((key, written))
        else:
            (above if exponent > 0 else below).append((key, written))
    top = _numbered(number.p, constants)
    bottom = _numbered(number.q, below_constants)
    pieces = _fractions(top, bottom, sorted(above, key=_first), _sorted(below), chains.array)
    return Signed(negative, joined(pieces))


def _fractions(
    top: list[Piece],
    bottom: list[Piece],
    above: list[tuple[tuple, Piece]],
    below: list[Piece],
    array: Piece | None,
) -> list[Piece]:
    """Return the factors, with constants and indexed factors in fractions of their own."""
    deltas = [piece for key, piece in above if key[0] == DELTA]
    simple = [piece for key, piece in above if DELTA < key[0] < BRACKET]
    rest = [piece for key, piece in above if key[0] >= BRACKET]
    rest += [array] if array else []
    if below and not (deltas or simple or rest):
        return [fraction(_product(top), _product([*bottom, *below]))]
    front = [*([fraction(_product(top), _product(bottom))] if bottom else top), *deltas]
    if not below:
        return [*front, *simple, *rest] or [Piece("1")]
    if not simple and len(rest) == 1:
        return [*front, fraction(rest[0], _product(below))]
    return [*front, fraction(_product(simple), _product(below)), *rest]


def _product(pieces: list[Piece]) -> Piece:
    return joined(pieces) if pieces else Piece("1")


def _numbered(number: int, constants: list[tuple[tuple, Piece]]) -> list[Piece]:
    return [*([Piece(str(number))] if number != 1 else []), *_sorted(constants)]


def _first(pair: tuple[tuple, Piece]) -> tuple:
    return pair[0]


def _sorted(pairs: list[tuple[tuple, Piece]]) -> list[Piece]:
    return [piece for _, piece in sorted(pairs, key=_first)]


def _kind(printer: Printer, base: sp.Expr) -> int:
    """Return the place of a factor among the kinds of factors."""
    if isinstance(base, sp.Indexed):
        if any(isinstance(n, Size) and n.feature for n in axes(base)):
            return FEATURED
        return WEIGHT if label(base) in printer.weights else ENTRY
    table: tuple[tuple[type | tuple[type, ...], int], ...] = (
        (sp.KroneckerDelta, DELTA),
        ((Partial, Flow), DERIVATIVE),
        ((Mean, Entropy), MEAN),
        (sp.Sum, SUM),
        (Step, FUNCTION),
    )
    for types, kind in table:
        if isinstance(base, types):
            return kind
    if not base.has(sp.Indexed, sp.Sum, Index, Partial, Step, Flow, Mean, Entropy):
        return CONSTANT
    if isinstance(base, sp.Add):
        return BRACKET
    return FEATURED if isinstance(base, sp.exp) else FUNCTION


def _key(printer: Printer, base: sp.Expr, kind: int) -> tuple:
    """Return the key among factors of one kind."""
    if kind == CONSTANT:
        return (isinstance(base, Size), str(base))
    return printer.rank(base)
