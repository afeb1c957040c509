"""The values of an evaluation graph at given sizes, in a given arithmetic.

An `Arithmetic` supplies arrays of numbers with elementwise operations and a batched matrix product;
`Evaluator` does the rest: it visits the nodes below those asked for once, and takes every product
in pairs (`proofs_checks.checks.evaluation.pairing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Protocol, TypeAlias

import numpy as np

from proofs_checks.checks.evaluation.nodes import (
    Delta,
    Extent,
    Inverse,
    Leaf,
    Linear,
    Named,
    Node,
    NotApplicable,
    Position,
    Product,
    TooLarge,
    Unit,
)
from proofs_checks.checks.evaluation.pairing import Labels, Side, Step, pairing, transposition

__all__ = ["LARGEST_ARRAY", "Arithmetic", "Array", "Evaluator", "aligned"]

Array: TypeAlias = np.ndarray

LARGEST_ARRAY = 1 << 23
"""Entries of the largest intermediate array, 64 MiB of 64-bit numbers."""


class Arithmetic(Protocol):
    """Numbers in arrays; arrays of one operation broadcast against each other."""

    def number(self, value: Fraction) -> Array:
        """Return a rational number as an array without axes."""
        ...

    def integers(self, values: Array) -> Array:
        """Return an array of small integers in this arithmetic."""
        ...

    def add(self, first: Array, second: Array) -> Array:
        """Return the sum, entry by entry."""
        ...

    def multiply(self, first: Array, second: Array) -> Array:
        """Return the product, entry by entry."""
        ...

    def total(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Return the sum over axes."""
        ...

    def matmul(self, first: Array, second: Array) -> Array:
        """Return the product of stacks of matrices."""
        ...

    def inverse(self, array: Array) -> Array:
        """Return one divided by every entry; `SingularPoint` if one is zero."""
        ...


class Evaluator:
    """Values of nodes, kept; `special` gives those of Exp, Log, Power and Apply.

    Nodes in ``given`` have these values, however they are defined.
    """

    def __init__(
        self, arithmetic: Arithmetic, sizes: Mapping[str, int], given: Mapping[Node, Array]
    ) -> None:
        self.arithmetic = arithmetic
        self.sizes = dict(sizes)
        self._values: dict[Node, Array] = {**given}
        self.entries = 0  # of all arrays that were evaluated

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return the shape of the array of a node."""
        return tuple(self.sizes[size.name] for size in node.axes)

    def value(self, root: Node) -> Array:
        """Return the array of a node."""
        if root not in self._values:
            for node in sorted(self._missing(root), key=lambda n: n.number):
                self._values[node] = self._evaluate(node)
                self.entries += self._values[node].size
        return self._values[root]

    def special(self, node: Node) -> Array:
        """Return the array of an Exp, Log, Power or Apply node."""
        raise NotImplementedError

    def by_itself(self, node: Node) -> bool:
        """Return whether `special` finds the arrays it needs itself."""
        return False

    def leaf(self, node: Leaf) -> Array:
        """Return the array of a leaf that was not given."""
        raise NotApplicable(f"`{node.name}` has no value.")

    @property
    def largest(self) -> int:
        """The number of entries an array may have."""
        return LARGEST_ARRAY

    def _bounded(self, shape: tuple[int, ...]) -> None:
        if prod(shape) > self.largest:
            raise TooLarge(f"an array of shape {shape} is needed.")

    def _missing(self, root: Node) -> list[Node]:
        found, seen, waiting = [], {root}, [root]
        while waiting:
            node = waiting.pop()
            found.append(node)
            for child in () if self.by_itself(node) else node.children:
                if child not in seen and child not in self._values:
                    seen.add(child)
                    waiting.append(child)
        return found

    def _evaluate(self, node: Node) -> Array:
        self._bounded(self.shape(node))
        match node:
            case Named():
                return self._values[node.body]
            case Product():
                return self.product(node)
            case Linear():
                return self._linear(node)
            case Inverse():
                return self.arithmetic.inverse(self._values[node.body])
            case Extent():
                return self.arithmetic.number(Fraction(self.sizes[node.size.name]))
            case Delta():
                return self.arithmetic.integers(np.eye(*self.shape(node), dtype=np.int64))
            case Position():
                return self.arithmetic.integers(np.arange(1, self.shape(node)[0] + 1))
            case Unit():
                row = np.arange(1, self.shape(node)[0] + 1) == node.position
                return self.arithmetic.integers(row.astype(np.int64))
            case Leaf():
                return self.leaf(node)
        return self.special(node)

    def _linear(self, node: Linear) -> Array:
        shape, result = self.shape(node), None
        for coefficient, child, labels in node.terms:
            term = aligned(self._values[child], labels, len(shape))
            if coefficient != 1:
                term = self.arithmetic.multiply(term, self.arithmetic.number(coefficient))
            result = term if result is None else self.arithmetic.add(result, term)
        if result is None:
            result = self.arithmetic.number(Fraction(0))
        return _broadcast(result, shape)

    def factor(self, node: Node) -> Array:
        """Return the array of a node that stands as a factor."""
        return self._values[node]

    def product(self, node: Product) -> Array:
        """Return the array of a product."""
        lengths = tuple(self.sizes[size.name] for size in node.sizes)
        rank = len(node.axes)
        parts = [_diagonal(self.factor(child), labels) for child, labels in node.factors]
        arrays = [array for array, _ in parts] or [self.arithmetic.number(Fraction(1))]
        way = pairing(tuple(labels for _, labels in parts), rank, lengths)
        for step in way.steps:
            product = self._pair(arrays[step.first], arrays[step.second], step)
            arrays = [x for n, x in enumerate(arrays) if n not in (step.first, step.second)]
            arrays.append(product)
        array = _spread(self._prepared(arrays[0], way.last), way.labels, rank)
        if node.coefficient != 1:
            array = self.arithmetic.multiply(array, self.arithmetic.number(node.coefficient))
        return _broadcast(array, lengths[:rank])

    def _prepared(self, array: Array, side: Side) -> Array:
        """Return a factor summed over what is not needed, with its axes in order."""
        if side.summed:
            array = self.arithmetic.total(array, side.summed)
        return array if side.order is None else array.transpose(side.order)

    def _pair(self, first: Array, second: Array, step: Step) -> Array:
        """Return the product of two factors, summed over what no other factor needs."""
        self._bounded(step.shape)
        a, b = self._prepared(first, step.left), self._prepared(second, step.right)
        stack, m, k, n = step.stack, step.rows, step.inner, step.columns
        if not k:
            product = self.arithmetic.multiply(a.reshape(stack, m, 1), b.reshape(stack, 1, n))
        elif m == n == 1:
            product = self.arithmetic.multiply(a.reshape(stack, k), b.reshape(stack, k))
            product = self.arithmetic.total(product, (1,))
        else:
            product = self.arithmetic.matmul(a.reshape(stack, m, k), b.reshape(stack, k, n))
        return product.reshape(step.shape)


def _broadcast(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else np.broadcast_to(array, shape)


def _diagonal(array: Array, labels: Labels) -> tuple[Array, Labels]:
    """Return the diagonal where a label is repeated."""
    while len(set(labels)) < len(labels):
        label = next(x for x in labels if labels.count(x) > 1)
        first = labels.index(label)
        second = labels.index(label, first + 1)
        array = np.diagonal(array, axis1=first, axis2=second)
        rest = [x for n, x in enumerate(labels) if n not in (first, second)]
        labels = (*rest, label)
    return array, labels


def aligned(array: Array, labels: Labels, rank: int) -> Array:
    """Return the array with its axes in order and axes of length one where it lacks a label."""
    array, labels = _diagonal(array, labels)  # alpha_ii has one axis
    wanted = tuple(sorted(labels))
    order = transposition(labels, wanted)
    return _spread(array if order is None else array.transpose(order), wanted, rank)


def _spread(array: Array, labels: Labels, rank: int) -> Array:
    """Return an array with ordered axes, and axes of length one where it lacks a label."""
    if len(labels) == rank:
        return array
    lengths = dict(zip(labels, array.shape, strict=True))
    return array.reshape(tuple(lengths.get(x, 1) for x in range(rank)))
