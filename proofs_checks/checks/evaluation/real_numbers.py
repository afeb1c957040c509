"""Exact rationals, and enclosing balls where exp, log or a root leaves the rationals.

Entries of arrays are `flint.fmpq` as long as they can be: exp(0) = 1, log(1) = 0 and roots of
perfect powers stay rational.  Everything else is a `flint.arb`, a ball that is certain to contain
the real number, so two balls that do not meet prove two numbers different.

Roots of odd order are real for negative numbers too.  A term that does not occur, such as
log w_1 in the sum of [2 <= k] log w_k, need not be defined: where the arithmetic is ``lenient``,
what has no value becomes `UNDEFINED`, and disappears beside a condition on indices that is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpz

from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.nodes import SingularPoint

__all__ = [
    "ABSENT",
    "LARGEST_EXPONENT",
    "UNDEFINED",
    "RealNumbers",
    "array_of",
    "as_text",
    "differ",
    "entrywise",
    "exceed",
    "exp_of",
    "joined",
    "larger",
    "log_of",
    "power_of",
    "radius",
    "rational",
    "rationals",
    "require_defined",
    "require_nonnegative",
    "root_of",
]

LARGEST_EXPONENT = 1000


class Undefined:
    """What has no value; so has everything that is computed from it."""

    def _same(self, _: Any = None) -> Undefined:
        return self

    def _times(self, other: Any) -> Any:
        return other if isinstance(other, Absent) else self

    __add__ = __radd__ = __sub__ = __rsub__ = __pow__ = __neg__ = __abs__ = _same
    __mul__ = __rmul__ = _times


class Absent:
    """The zero of a condition on indices: it makes what stands beside it zero, defined or not."""

    def _same(self, _: Any) -> Absent:
        return self

    def _other(self, other: Any) -> Any:
        return other

    __mul__ = __rmul__ = _same
    __add__ = __radd__ = _other


UNDEFINED, ABSENT = Undefined(), Absent()


def rational(value: Fraction | int) -> fmpq:
    """Return a rational number."""
    return fmpq(value.numerator, value.denominator)


def rationals(values: Array) -> Array:
    """Return an array of `Fraction` or integers as exact rationals."""
    return entrywise(rational, values)


def array_of(value: object) -> Array:
    """Return an array; a number becomes one without axes."""
    if isinstance(value, np.ndarray):
        return value
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def entrywise(function: Callable[[Any], Any], array: Array) -> Array:
    """Return the function of every entry."""
    values = map(function, array.ravel().tolist())
    return np.fromiter(values, dtype=object, count=array.size).reshape(array.shape)


def joined(function: Callable[[Any, Any], Any], arrays: Sequence[Array]) -> Array:
    """Return several arrays joined entry by entry, one after the other."""
    result = np.array(arrays[0], dtype=object)
    for other in arrays[1:]:
        for position in np.ndindex(*result.shape):
            result[position] = function(result[position], other[position])
    return result


def larger(first: Any, second: Any) -> Any:
    """Return the larger of two numbers; of balls one that holds the larger real number."""
    if first is UNDEFINED or second is UNDEFINED:
        return UNDEFINED
    if isinstance(first, fmpq) and isinstance(second, fmpq):
        return max(first, second)
    return arb(first).max(arb(second))


class RealNumbers:
    """The arithmetic of `Evaluator` over rationals and balls."""

    def __init__(self, *, lenient: bool = False) -> None:
        self.lenient = lenient

    def entrywise(self, function: Callable[[Any], Any], array: Array) -> Array:
        """Return the function of every entry; `UNDEFINED` where it has none, if that may be.

        Raises `SingularPoint` where there is no value and that may not be.
        """

        def guarded(x: Any) -> Any:
            try:
                return UNDEFINED if x is UNDEFINED else function(x)
            except SingularPoint:
                if not self.lenient:
                    raise
                return UNDEFINED

        return entrywise(guarded, array)

    def pairwise(self, function: Callable[[Any, Any], Any], first: Array, second: Array) -> Array:
        """Return the function of two arrays of one shape, entry by entry, as `entrywise` does."""
        pairs = np.empty(first.shape, dtype=object)
        for position in np.ndindex(*first.shape):
            pairs[position] = (first[position], second[position])
        return self.entrywise(lambda pair: function(*pair), pairs)

    def number(self, value: Fraction) -> Array:
        """Return a rational number."""
        return array_of(rational(value))

    def integers(self, values: Array) -> Array:
        """Return integers."""
        return entrywise(fmpq, values)

    def add(self, first: Array, second: Array) -> Array:
        """Return the sum."""
        return array_of(first + second)

    def multiply(self, first: Array, second: Array) -> Array:
        """Return the product."""
        return array_of(first * second)

    def total(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Return the sum over axes."""
        return array_of(array.sum(axis=axes))

    def matmul(self, first: Array, second: Array) -> Array:
        """Return the product of stacks of matrices."""
        return array_of(np.matmul(first, second))

    def inverse(self, array: Array) -> Array:
        """Return one divided by every entry."""
        return self.entrywise(_inverse, array)


def differ(left: Array, right: Array) -> Array:
    """Return where two arrays are certain to differ.

    Raises `SingularPoint` if an entry is not finite.
    """
    result = np.zeros(left.shape, dtype=bool)
    for position in np.ndindex(*left.shape):
        difference = _defined(left[position] - right[position])
        if isinstance(difference, arb):
            if not difference.is_finite():
                raise SingularPoint("a value is not finite.")
            result[position] = not difference.contains(0)
        else:
            result[position] = difference != 0
    return result


def exceed(left: Array, right: Array, *, strict: bool = False) -> Array:
    """Return where left <= right is certain to be false; left < right if ``strict``.

    Raises `SingularPoint` if an entry is not finite.
    """
    result = np.zeros(left.shape, dtype=bool)
    for position in np.ndindex(*left.shape):
        difference = _defined(left[position] - right[position])
        if isinstance(difference, arb) and not difference.is_finite():
            raise SingularPoint("a value is not finite.")
        result[position] = bool(difference >= 0) if strict else bool(difference > 0)
    return result


def require_defined(array: Array) -> None:
    """Raise `SingularPoint` if an entry has no value."""
    for x in array.ravel():
        if isinstance(_defined(x), arb) and not x.is_finite():
            raise SingularPoint("a value is not finite.")


def _defined(x: Any) -> Any:
    if x is UNDEFINED:
        raise SingularPoint("a part of a side has no value.")
    return x


def require_nonnegative(array: Array) -> None:
    """Raise `SingularPoint` unless every entry is certain to be >= 0."""
    if not all(_defined(x) >= 0 for x in array.flat):
        raise SingularPoint("what is declared nonnegative is not so where the hypotheses hold.")


def radius(array: Array) -> float:
    """Return the largest radius of the balls in an array; 0 if all entries are rational."""
    return max((float(x.rad()) for x in array.ravel() if isinstance(x, arb)), default=0.0)


def as_text(value: object) -> str:
    """Return a rational as a fraction, a ball as a decimal with its radius."""
    if isinstance(value, arb):
        return value.str(12)
    return str(value)


def _inverse(x: Any) -> Any:
    if x == 0 or (isinstance(x, arb) and x.contains(0)):
        raise SingularPoint("a denominator is zero.")
    return 1 / x


def exp_of(x: Any) -> Any:
    """Return e^x."""
    if isinstance(x, fmpq):
        return fmpq(1) if x == 0 else arb(x).exp()
    return x.exp()


def log_of(x: Any) -> Any:
    """Return log x; `SingularPoint` unless x > 0 is certain."""
    if isinstance(x, fmpq) and x == 1:
        return fmpq(0)
    if not x > 0:
        raise SingularPoint("the argument of a logarithm is not positive.")
    return (arb(x) if isinstance(x, fmpq) else x).log()


def root_of(x: Any, exponent: Fraction) -> Any:
    """Return x to a power that is no integer; `SingularPoint` unless it is certain to exist."""
    sign = 1
    if exponent.denominator % 2 and x < 0:  # the real root
        x, sign = -x, (-1) ** exponent.numerator
    if not (x > 0 or (exponent > 0 and x == 0)):
        raise SingularPoint("the base of a root is not positive.")
    if isinstance(x, fmpq):
        root = _exact_root(x, exponent.denominator)
        if root is not None:
            return sign * root**exponent.numerator
    return sign * arb(x).root(exponent.denominator) ** exponent.numerator


def power_of(x: Any, exponent: Any) -> Any:
    """Return x^e: for x > 0, or whole e."""
    if x is UNDEFINED or exponent is UNDEFINED:
        return UNDEFINED
    if isinstance(exponent, fmpq) and exponent.q == 1 and abs(exponent.p) <= LARGEST_EXPONENT:
        power = int(exponent.p)
        return x**power if power >= 0 else _inverse(x) ** -power
    return exp_of(exponent * log_of(x))


def _exact_root(x: fmpq, order: int) -> fmpq | None:
    """Return the rational root if there is one."""
    parts = []
    for number in (x.p, x.q):
        root = fmpz(number).root(order)
        if root**order != number:
            return None
        parts.append(root)
    return fmpq(*parts)
