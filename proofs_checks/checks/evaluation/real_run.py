"""One evaluation in real numbers, at rational points or on boxes of them.

Values are those of `proofs_checks.checks.evaluation.real_numbers`: rationals and enclosing balls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, fmpq

from proofs_checks.checks.evaluation.elimination import real_determinant, real_inverse
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
)
from proofs_checks.checks.evaluation.real_numbers import (
    ABSENT,
    LARGEST_EXPONENT,
    UNDEFINED,
    RealNumbers,
    array_of,
    entrywise,
    exp_of,
    joined,
    larger,
    log_of,
    power_of,
    root_of,
)
from theory.algebra.symbols import is_order

__all__ = ["RealRun", "is_condition", "whole_numbers"]

LARGEST_ARRAY = 1 << 13


class RealRun(Evaluator):
    """Values in real numbers; ``draw`` gives the rational array of a leaf when it is needed.

    ``functions`` are the polynomials that stand for opaque functions.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        draw: Callable[[Leaf, RealRun], Array],
        given: Mapping[Node, Array] | None = None,
        *,
        functions: Polynomials | None = None,
        lenient: bool = False,
    ) -> None:
        self.numbers = RealNumbers(lenient=lenient)
        super().__init__(self.numbers, sizes, given or {})
        self._draw = draw
        self._functions = functions or Polynomials()
        self._conditions: dict[Node, Array] = {}  # as factors

    def by_itself(self, node: Node) -> bool:
        """Return whether `special` finds the arrays it needs itself."""
        return isinstance(node, SymbolicPower)

    def factor(self, node: Node) -> Array:
        """Return the array of a factor; the zeros of conditions on indices are `ABSENT`."""
        if not (self.numbers.lenient and is_condition(node)):
            return super().factor(node)
        if node not in self._conditions:
            array = super().factor(node)
            self._conditions[node] = entrywise(lambda x: ABSENT if x == 0 else x, array)
        return self._conditions[node]

    def product(self, node: Product) -> Array:
        """Return the array of a product."""
        array = super().product(node)
        if self.numbers.lenient and any(is_condition(child) for child, _ in node.factors):
            return entrywise(lambda x: fmpq(0) if x is ABSENT else x, array)
        return array

    @property
    def largest(self) -> int:
        """The number of entries an array may have; every entry is an object of its own."""
        return LARGEST_ARRAY

    def leaf(self, node: Leaf) -> Array:
        """Return the array of an input, or pi."""
        if node.kind == "constant":
            return array_of(arb.pi())
        return self._draw(node, self)

    def special(self, node: Node) -> Array:
        """Return the array of a node whose values are not those of an einsum or a sum."""
        function_of = self.numbers.entrywise
        match node:
            case Exp():
                return function_of(exp_of, self.value(node.body))
            case Log():
                return function_of(log_of, self.value(node.body))
            case Power():
                return function_of(lambda x: root_of(x, node.exponent), self.value(node.body))
            case WholePower() | SymbolicPower():
                base, exponent = self.value(node.base), self.value(node.exponent)
                return self.numbers.pairwise(power_of, base, np.broadcast_to(exponent, base.shape))
            case MatrixInverse():
                return self._matrixwise(real_inverse, node)
            case Determinant():
                return self._matrixwise(real_determinant, node)
            case RangeProduct():
                return array_of(multiplied(self, self.value(node.body)))
            case Largest():
                return self._largest(self.value(node.body), len(node.axes))
            case Greatest():
                return joined(larger, [self.value(x) for x in node.arguments])
            case Opaque():
                return array_of(opaque_value(self, node, self._coefficients(node)))
            case Apply(name="Abs"):
                return function_of(abs, self.value(node.arguments[0]))
        raise NotApplicable(f"`{getattr(node, 'name', node)}` has no value in real numbers.")

    def _matrixwise(
        self, function: Callable[[Array], Any], node: Determinant | MatrixInverse
    ) -> Array:
        """Return the function of every matrix; `UNDEFINED` where it has none, if that may be."""
        stack, result = self.value(node.body), np.empty(self.shape(node), dtype=object)
        for place in np.ndindex(*stack.shape[:-2]):
            is_known = not any(x is UNDEFINED for x in stack[place].flat)
            try:
                result[place] = function(stack[place]) if is_known else UNDEFINED
            except SingularPoint:
                if not self.numbers.lenient:
                    raise
                result[place] = UNDEFINED
        return result

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
        return joined(larger, [rows[..., n] for n in range(rows.shape[-1])])


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
