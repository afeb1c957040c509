"""Signs that can be read off: why an expression is >= 0 for all real inputs and all sizes.

An expression is *manifestly* nonnegative if it is built from squares, exponentials and quantities
that are >= 0 by sums, products and powers that keep that.  Besides

    x - 1 - log x >= 0        for x > 0 (the tangent of the logarithm at 1)

is known, from which Gibbs' inequality and Jensen's for the logarithm follow.  Nothing is expanded
or simplified: a sum of squares has to be written as one, and the normal form then proves that it
is what was asked about.  The answer "no" means "not to be seen".
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import sympy as sp

from theory.algebra.expressions import entry_tensor, tensors_in
from theory.algebra.symbols import Index, Size, Tensor

__all__ = ["Known", "Line", "Signs", "keeps_no_sign"]


class Known(NamedTuple):
    """What is seen of a value; a zero is both >= 0 and <= 0."""

    nonnegative: bool = False
    nonpositive: bool = False
    nonzero: bool = False

    @property
    def signed(self) -> bool:
        """Whether the value is on one side of zero."""
        return self.nonnegative or self.nonpositive


UNKNOWN, POSITIVE, NONNEGATIVE = Known(), Known(True, False, True), Known(True)


class Line(Protocol):
    """What is needed of a definition."""

    @property
    def value(self) -> sp.Expr:
        """The right side."""
        ...


class Signs:
    """Signs of expressions; names with a line in ``lines`` have the sign of its value.

    Names without a line are inputs: they are >= 0 if they are declared so, which is a hypothesis.
    """

    def __init__(self, lines: Mapping[str, Line] | None = None) -> None:
        self.lines = dict(lines or {})
        self._names: dict[str, Known] = {}

    def nonnegative(self, e: sp.Basic) -> bool:
        """Return whether ``e`` is manifestly >= 0 wherever it is defined."""
        return self.known(e).nonnegative

    def positive(self, e: sp.Basic) -> bool:
        """Return whether ``e`` is manifestly > 0 wherever it is defined."""
        seen = self.known(e)
        return seen.nonnegative and seen.nonzero

    def known(self, e: Any) -> Known:
        """Return what can be read off the expression."""
        match e:
            case sp.Number() | sp.NumberSymbol():
                return Known(bool(e >= 0), bool(e <= 0), bool(e != 0))
            case Size() | Index() | sp.exp() | sp.cosh() | sp.sech():
                return POSITIVE
            case sp.Abs():
                return NONNEGATIVE._replace(nonzero=self.known(e.args[0]).nonzero)
            case sp.KroneckerDelta():
                return NONNEGATIVE
            case sp.Symbol() | sp.Indexed():
                return self._name(entry_tensor(e))
            case sp.sinh() | sp.tanh():
                return self.known(e.args[0])
            case sp.Sum():  # every size is at least 1
                body = self.known(e.function)
                return body if body.signed else UNKNOWN
            case sp.Add():
                return self._sum(e)
            case sp.Mul():
                return self._product([self.known(factor) for factor in e.args])
            case sp.Pow():
                return self._power(e)
        return UNKNOWN

    def _name(self, tensor: Any) -> Known:
        symbol: Any = tensor.label if isinstance(tensor, Tensor) else tensor
        if symbol.name not in self.lines:
            if symbol.is_positive:
                return POSITIVE
            return NONNEGATIVE if symbol.is_nonnegative and not symbol.is_integer else UNKNOWN
        waiting = [] if symbol.name in self._names else [symbol.name]
        while waiting:  # hundreds of lines may stand in a chain
            used = tensors_in(self.lines[waiting[-1]].value) & self.lines.keys()
            missing = sorted(used - self._names.keys() - set(waiting))
            if missing:
                waiting += missing
                continue
            name = waiting.pop()
            self._names.setdefault(name, UNKNOWN)  # a circle shows nothing
            self._names[name] = self.known(self.lines[name].value)
        return self._names[symbol.name]

    def _sum(self, e: sp.Add) -> Known:
        terms = [self.known(term) for term in e.args]
        up, down = (all(getattr(t, side) for t in terms) for side in ("nonnegative", "nonpositive"))
        if not (up or down):
            return NONNEGATIVE if _is_tangent_gap(e) else Known(nonpositive=_is_tangent_gap(-e))
        return Known(up, down, any(t.nonzero for t in terms))

    @staticmethod
    def _product(factors: list[Known]) -> Known:
        if not all(f.signed for f in factors):
            return UNKNOWN
        is_zero = any(f.nonnegative and f.nonpositive for f in factors)
        is_minus = sum(f.nonpositive for f in factors) % 2 == 1
        nonzero = all(f.nonzero for f in factors)
        return Known(is_zero or not is_minus, is_zero or is_minus, nonzero)

    def _power(self, e: sp.Pow) -> Known:
        base, exponent = self.known(e.base), e.exp
        if not isinstance(exponent, sp.Rational):
            return base if base.nonnegative else UNKNOWN
        nonzero = base.nonzero or bool(exponent < 0)  # it would not be defined at zero
        if base.nonnegative or keeps_no_sign(Fraction(int(exponent.p), int(exponent.q))):
            return Known(True, False, nonzero)  # even roots are those of what is >= 0
        return Known(False, True, nonzero) if base.nonpositive else UNKNOWN


def keeps_no_sign(exponent: Fraction | int) -> bool:
    """Return whether x^e, real, is >= 0 for every x: an even power, or a root of even order."""
    return exponent.denominator * exponent.numerator % 2 == 0


def _is_tangent_gap(e: Any) -> bool:
    """Return whether the sum is x - 1 - log x."""
    if not isinstance(e, sp.Add):
        return False
    logs = [term for term in e.args if isinstance(-term, sp.log)]
    return len(logs) == 1 and e - logs[0] + 1 == (-logs[0]).args[0]
