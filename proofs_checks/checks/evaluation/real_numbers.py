"""Exact rationals, and enclosing balls where exp, log or a root leaves the rationals.

Entries of arrays are `flint.fmpq` as long as they can be: exp(0) = 1, log(1) = 0 and roots of
perfect powers stay rational.  Everything else is a `flint.arb`, a ball that is certain to contain
the real number, so two balls that do not meet prove two numbers different.

Roots of odd order are real for negative numbers too.  A term that does not occur, such as
log w_1 in the sum of [2 <= k] log w_k, need not be defined: where a run is ``lenient``, what has no
value becomes `UNDEFINED`, and disappears beside a condition on indices that is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpz

from proofs_checks.checks.evaluation.evaluator import Array, Evaluator
from proofs_checks.checks.evaluation.nodes import (
    WINDOW,
    Apply,
    Delta,
    Exp,
    Leaf,
    Log,
    Named,
    Node,
    NotApplicable,
    Power,
    Product,
    SingularPoint,
    SymbolicPower,
    Unit,
    WholePower,
)
from theory.algebra.symbols import is_order

__all__ = [
    "RealNumbers",
    "RealRun",
    "as_text",
    "differ",
    "exceed",
    "is_condition",
    "radius",
    "rational",
    "rationals",
    "require_defined",
    "whole_numbers",
]

LARGEST_ARRAY = 1 << 13
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
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def rationals(values: Array) -> Array:
    """Return an array of `Fraction` or integers as exact rationals."""
    result = np.empty(values.shape, dtype=object)
    for position, value in np.ndenumerate(values):
        result[position] = rational(value)
    return result


def _array(value: object) -> Array:
    if isinstance(value, np.ndarray):
        return value
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def _entrywise(function: Callable[[Any], Any], array: Array) -> Array:
    result = np.empty(array.shape, dtype=object)
    for position in np.ndindex(*array.shape):
        result[position] = function(array[position])
    return result


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

        return _entrywise(guarded, array)

    def number(self, value: Fraction) -> Array:
        """Return a rational number."""
        return _array(rational(value))

    def integers(self, values: Array) -> Array:
        """Return integers."""
        return rationals(np.vectorize(int, otypes=[object])(values))

    def add(self, first: Array, second: Array) -> Array:
        """Return the sum."""
        return _array(first + second)

    def multiply(self, first: Array, second: Array) -> Array:
        """Return the product."""
        return _array(first * second)

    def total(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Return the sum over axes."""
        return _array(array.sum(axis=axes))

    def matmul(self, first: Array, second: Array) -> Array:
        """Return the product of stacks of matrices."""
        return _array(np.matmul(first, second))

    def inverse(self, array: Array) -> Array:
        """Return one divided by every entry."""
        return self.entrywise(_inverse, array)


class RealRun(Evaluator):
    """Values in real numbers; ``draw`` gives the rational array of a leaf when it is needed."""

    def __init__(
        self,
        sizes: Mapping[str, int],
        draw: Callable[[Leaf, RealRun], Array],
        given: Mapping[Node, Array] | None = None,
        *,
        lenient: bool = False,
    ) -> None:
        self.numbers = RealNumbers(lenient=lenient)
        super().__init__(self.numbers, sizes, given or {})
        self._draw = draw

    def by_itself(self, node: Node) -> bool:
        """Return whether `special` finds the arrays it needs itself."""
        return isinstance(node, SymbolicPower)

    def factor(self, node: Node) -> Array:
        """Return the array of a factor; the zeros of conditions on indices are `ABSENT`."""
        array = super().factor(node)
        if self.numbers.lenient and is_condition(node):
            return _entrywise(lambda x: ABSENT if x == 0 else x, array)
        return array

    def product(self, node: Product) -> Array:
        """Return the array of a product."""
        array = super().product(node)
        if self.numbers.lenient:
            return _entrywise(lambda x: fmpq(0) if x is ABSENT else x, array)
        return array

    @property
    def largest(self) -> int:
        """The number of entries an array may have; every entry is an object of its own."""
        return LARGEST_ARRAY

    def leaf(self, node: Leaf) -> Array:
        """Return the array of an input, or pi."""
        if node.kind == "constant":
            return _array(arb.pi())
        return self._draw(node, self)

    def special(self, node: Node) -> Array:
        """Return the array of an Exp, Log, Power or Apply node."""
        entrywise = self.numbers.entrywise
        match node:
            case Exp():
                return entrywise(_exp, self.value(node.body))
            case Log():
                return entrywise(_log, self.value(node.body))
            case Power():
                return entrywise(lambda x: _power(x, node.exponent), self.value(node.body))
            case WholePower() | SymbolicPower():
                base, exponent = self.value(node.base), self.value(node.exponent)
                pairs = np.empty(base.shape, dtype=object)
                for position in np.ndindex(*base.shape):
                    pairs[position] = (base[position], exponent[position])
                return entrywise(lambda pair: _symbolic_power(*pair), pairs)
            case Apply(name="Abs"):
                return entrywise(abs, self.value(node.arguments[0]))
        raise NotApplicable(f"`{getattr(node, 'name', node)}` has no value in real numbers.")


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


def is_condition(node: Node) -> bool:
    """Return whether the entries are 0 or more by conditions on indices alone."""
    if isinstance(node, Leaf):
        return is_order(node.name)
    return isinstance(node, Delta | Unit) or (isinstance(node, Named) and node.name == WINDOW)


def whole_numbers(node: Node, sizes: Mapping[str, int]) -> Array:
    """Return the integers that a node made of positions and sizes has, as Python integers.

    Raises `NotApplicable` for what is no integer, or too large for an exponent.
    """

    def refused(leaf: Leaf, _: RealRun) -> Array:
        raise NotApplicable(f"`{leaf.name}` stands in an exponent.")

    values = RealRun(sizes, refused).value(node)
    result = np.empty(values.shape, dtype=object)
    for position, value in np.ndenumerate(values):
        if value.q != 1 or abs(value.p) > LARGEST_EXPONENT:
            raise NotApplicable(f"the exponent {value} is no integer up to {LARGEST_EXPONENT}.")
        result[position] = int(value.p)
    return result


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


def _exp(x: Any) -> Any:
    if isinstance(x, fmpq):
        return fmpq(1) if x == 0 else arb(x).exp()
    return x.exp()


def _log(x: Any) -> Any:
    if isinstance(x, fmpq) and x == 1:
        return fmpq(0)
    if not x > 0:
        raise SingularPoint("the argument of a logarithm is not positive.")
    return (arb(x) if isinstance(x, fmpq) else x).log()


def _power(x: Any, exponent: Fraction) -> Any:
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


def _symbolic_power(x: Any, exponent: Any) -> Any:
    """Return x^e: for x > 0, or whole e."""
    if x is UNDEFINED or exponent is UNDEFINED:
        return UNDEFINED
    if isinstance(exponent, fmpq) and exponent.q == 1 and abs(exponent.p) <= LARGEST_EXPONENT:
        power = int(exponent.p)
        return x**power if power >= 0 else _inverse(x) ** -power
    return _exp(exponent * _log(x))


def _exact_root(x: fmpq, order: int) -> fmpq | None:
    """Return the rational root if there is one."""
    parts = []
    for number in (x.p, x.q):
        root = fmpz(number).root(order)
        if root**order != number:
            return None
        parts.append(root)
    return fmpq(*parts)
