"""Exact rationals, and enclosing balls where exp, log or a root leaves the rationals.

Entries of arrays are `flint.fmpq` as long as they can be: exp(0) = 1, log(1) = 0 and roots of
perfect powers stay rational.  Everything else is a `flint.arb`, a ball that is certain to contain
the real number, so two balls that do not meet prove two numbers different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpz

from proofs_checks.checks.evaluation.elimination import real_determinant, real_inverse
from proofs_checks.checks.evaluation.evaluator import Array, Evaluator
from proofs_checks.checks.evaluation.nodes import (
    Apply,
    Exp,
    Leaf,
    Log,
    Node,
    NotApplicable,
    Power,
    SingularPoint,
)
from proofs_checks.checks.evaluation.opaque_functions import (
    Exponents,
    Polynomials,
    differentiated,
    multiplied,
    opaque_value,
)
from proofs_checks.checks.evaluation.ranged_nodes import (
    Determinant,
    Greatest,
    Largest,
    MatrixInverse,
    Opaque,
    RangeProduct,
    SizePower,
)

__all__ = [
    "RealNumbers",
    "RealRun",
    "as_text",
    "differ",
    "exceed",
    "radius",
    "rational",
    "rationals",
]

LARGEST_ARRAY = 1 << 13


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


def _entrywise_of(function: Callable[[Any, Any], Any], arrays: Sequence[Array]) -> Array:
    """Return several arrays joined entry by entry, one after the other."""
    result = np.array(arrays[0], dtype=object)
    for other in arrays[1:]:
        for position in np.ndindex(*result.shape):
            result[position] = function(result[position], other[position])
    return result


def _larger(first: Any, second: Any) -> Any:
    """Return the larger of two numbers; of balls one that holds the larger real number."""
    if isinstance(first, fmpq) and isinstance(second, fmpq):
        return max(first, second)
    return arb(first).max(arb(second))


class RealNumbers:
    """The arithmetic of `Evaluator` over rationals and balls."""

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
        return _entrywise(_inverse, array)


class RealRun(Evaluator):
    """Values in real numbers; ``draw`` gives the rational array of a leaf when it is needed.

    ``functions`` are the polynomials that stand for opaque functions.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        draw: Callable[[Leaf, RealRun], Array],
        given: Mapping[Node, Array] | None = None,
        functions: Polynomials | None = None,
    ) -> None:
        super().__init__(RealNumbers(), sizes, given or {})
        self._draw = draw
        self._functions = functions or Polynomials()

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
        """Return the array of a node whose values are not those of an einsum or a sum."""
        match node:
            case Exp():
                return _entrywise(_exp, self.value(node.body))
            case Log():
                return _entrywise(_log, self.value(node.body))
            case Power():
                return _entrywise(lambda x: _power(x, node.exponent), self.value(node.body))
            case MatrixInverse():
                return real_inverse(self.value(node.body))
            case Determinant():
                return real_determinant(self.value(node.body))
            case RangeProduct():
                return _array(multiplied(self, self.value(node.body)))
            case SizePower():
                count = node.at(self.sizes)
                return _entrywise(lambda x: _whole_power(x, count), self.value(node.body))
            case Largest():
                return self._largest(self.value(node.body), len(node.axes))
            case Greatest():
                return _entrywise_of(_larger, [self.value(x) for x in node.arguments])
            case Opaque():
                return _array(opaque_value(self, node, self._coefficients(node)))
            case Apply(name="Abs"):
                return _entrywise(abs, self.value(node.arguments[0]))
        raise NotApplicable(f"`{getattr(node, 'name', node)}` has no value in real numbers.")

    def _coefficients(self, node: Opaque) -> dict[Exponents, Array]:
        terms = self._functions.terms(node.name, len(node.arguments))
        return {
            exponents: self.arithmetic.number(Fraction(c))
            for exponents, c in differentiated(terms, node.orders).items()
        }

    @staticmethod
    def _largest(values: Array, rank: int) -> Array:
        """Return the largest values over all axes beyond the first ``rank``."""
        rows = values.reshape((*values.shape[:rank], -1))
        return _entrywise_of(_larger, [rows[..., n] for n in range(rows.shape[-1])])


def differ(left: Array, right: Array) -> Array:
    """Return where two arrays are certain to differ.

    Raises `SingularPoint` if an entry is not finite.
    """
    result = np.zeros(left.shape, dtype=bool)
    for position in np.ndindex(*left.shape):
        difference = left[position] - right[position]
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
        difference = left[position] - right[position]
        if isinstance(difference, arb) and not difference.is_finite():
            raise SingularPoint("a value is not finite.")
        result[position] = bool(difference >= 0) if strict else bool(difference > 0)
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
    if not (x > 0 or (exponent > 0 and x == 0)):
        raise SingularPoint("the base of a root is not positive.")
    if isinstance(x, fmpq):
        root = _exact_root(x, exponent.denominator)
        if root is not None:
            return root**exponent.numerator
    return arb(x).root(exponent.denominator) ** exponent.numerator


def _whole_power(x: Any, exponent: int) -> Any:
    return _inverse(x) ** -exponent if exponent < 0 else x**exponent


def _exact_root(x: fmpq, order: int) -> fmpq | None:
    """Return the rational root if there is one."""
    parts = []
    for number in (x.p, x.q):
        root = fmpz(number).root(order)
        if root**order != number:
            return None
        parts.append(root)
    return fmpq(*parts)
