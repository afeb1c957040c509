"""The nodes of an evaluation graph: arrays with one `Size` per axis, not yet numbers.

    Leaf       an input, a free symbol, a random vector, or pi
    Delta      the identity matrix of a size           Unit     a basis vector
    Extent     a size as a number                      Named    a line of the model
    Position   the numbers 1, 2, ... of the positions
    Product    coefficient * sum over bound labels of a product of entries (an einsum)
    Linear     sum of coefficient * entry, entries broadcast over the axes they lack
    Inverse, Exp, Log, Power (rational exponent), Apply (a function without rules)
    WholePower (exponents that are positions and sizes), SymbolicPower (any exponents)

Labels are small integers inside a node: the axes of the node are 0, 1, ..., rank - 1, and larger
numbers are bound.  Every node has a number larger than those of the nodes it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from theory.algebra.symbols import Index, Size

__all__ = [
    "Apply",
    "Delta",
    "Entry",
    "Exp",
    "Extent",
    "Inverse",
    "Label",
    "Leaf",
    "Linear",
    "Log",
    "Named",
    "Node",
    "NotApplicable",
    "Position",
    "Power",
    "Product",
    "SingularPoint",
    "SymbolicPower",
    "TooLarge",
    "Unit",
    "Unary",
    "WINDOW",
    "WholePower",
]


class NotApplicable(ValueError):
    """The equation holds something that this kind of evaluation has no value for."""


class TooLarge(NotApplicable):
    """The values at these sizes need an array that is too large."""


class SingularPoint(ArithmeticError):
    """The inputs that were drawn make a denominator or the argument of a logarithm zero."""


class Label:
    """A fresh label for an axis of one size; `Index` objects serve as labels too."""

    __slots__ = ("size",)

    def __init__(self, size: Size) -> None:
        self.size = size


AnyLabel: TypeAlias = Label | Index


class Node:
    """What all nodes share: the sizes of the axes, and a number that orders them."""

    __slots__ = ("axes", "number")
    axes: tuple[Size, ...]
    number: int

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes this one is computed from."""
        return ()


class Leaf(Node):
    """An array that is drawn; ``kind`` is "input", "random" or "constant" (pi)."""

    __slots__ = ("kind", "name", "nonnegative")

    def __init__(
        self, name: str, axes: tuple[Size, ...], nonnegative: bool = False, kind: str = "input"
    ) -> None:
        self.name, self.axes, self.nonnegative, self.kind = name, axes, nonnegative, kind


class Delta(Node):
    """The identity matrix."""

    __slots__ = ()

    def __init__(self, size: Size) -> None:
        self.axes = (size, size)


class Unit(Node):
    """The basis vector that is 1 at ``position`` (counted from 1)."""

    __slots__ = ("position",)

    def __init__(self, size: Size, position: int) -> None:
        self.axes, self.position = (size,), position


class Extent(Node):
    """A size as a number."""

    __slots__ = ("size",)

    def __init__(self, size: Size) -> None:
        self.axes, self.size = (), size


class Position(Node):
    """The vector 1, 2, ... of the positions of a size."""

    __slots__ = ()

    def __init__(self, size: Size) -> None:
        self.axes = (size,)


class Unary(Node):
    """A node with one child."""

    __slots__ = ("body",)

    def __init__(self, body: Node) -> None:
        self.axes, self.body = body.axes, body

    @property
    def children(self) -> tuple[Node, ...]:
        """The one child."""
        return (self.body,)


WINDOW = ".window."
"""The name of a condition on indices that is a sum, such as 1 - delta_1k."""


class Named(Unary):
    """A line of the model: same value as its body, but derivatives can be cut here.

    One called `WINDOW` is not multiplied out either: where it is 0, its product has no terms.
    """

    __slots__ = ("name",)

    def __init__(self, name: str, body: Node) -> None:
        super().__init__(body)
        self.name = name


class Inverse(Unary):
    """One divided by the body, entry by entry."""

    __slots__ = ()


class Exp(Unary):
    """The exponential, entry by entry."""

    __slots__ = ()


class Log(Unary):
    """The natural logarithm, entry by entry."""

    __slots__ = ()


class Power(Unary):
    """The body to a power that is no integer, entry by entry."""

    __slots__ = ("exponent",)

    def __init__(self, body: Node, exponent: Fraction) -> None:
        super().__init__(body)
        self.exponent = exponent


class WholePower(Node):
    """The base to a power entry by entry; ``exponent`` holds integers from positions and sizes."""

    __slots__ = ("base", "exponent")

    def __init__(self, base: Node, exponent: Node) -> None:
        self.axes, self.base, self.exponent = base.axes, base, exponent

    @property
    def is_uniform(self) -> bool:
        """Whether all entries have one exponent, such as n in (-1)^n."""
        return not self.exponent.axes

    @property
    def children(self) -> tuple[Node, ...]:
        """The base and the exponent."""
        return (self.base, self.exponent)


class SymbolicPower(Unary):
    """The base to a power entry by entry; ``body`` is exp(exponent log base).

    In real numbers it is defined for a negative base too, where the exponent is an integer.
    """

    __slots__ = ("base", "exponent")

    def __init__(self, base: Node, exponent: Node, body: Node) -> None:
        super().__init__(body)
        self.base, self.exponent = base, exponent


class Apply(Node):
    """A function without rules, entry by entry, of arguments with the same axes."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, arguments: tuple[Node, ...]) -> None:
        self.name, self.arguments, self.axes = name, arguments, arguments[0].axes

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


Entry: TypeAlias = tuple[Node, tuple[int, ...]]


class Product(Node):
    """``coefficient`` times the sum over the labels >= rank of a product of entries.

    ``thin``: nothing is summed, and the array has more entries than any factor, or holds a
    Kronecker delta, or is one relabelled factor.  Such products are never stored where they can
    be merged into what uses them; this is what keeps Jacobians from being written out.
    """

    __slots__ = ("coefficient", "factors", "sizes", "thin")

    def __init__(
        self, coefficient: Fraction, factors: tuple[Entry, ...], sizes: tuple[Size, ...], rank: int
    ) -> None:
        self.coefficient, self.factors, self.sizes = coefficient, factors, sizes
        self.axes = sizes[:rank]
        everything = set(range(rank))
        self.thin = rank == len(sizes) and (
            len(factors) <= 1
            or any(isinstance(node, Delta) for node, _ in factors)
            or all(set(labels) < everything for _, labels in factors)
        )

    @property
    def children(self) -> tuple[Node, ...]:
        """The factors."""
        return tuple(node for node, _ in self.factors)


class Linear(Node):
    """The sum of ``coefficient * node[labels]`` over ``terms``; no terms is zero.

    ``thin``: some term lacks an axis of an array with three or more, or is a thin delta.
    """

    __slots__ = ("terms", "thin")

    def __init__(
        self, terms: tuple[tuple[Fraction, Node, tuple[int, ...]], ...], axes: tuple[Size, ...]
    ) -> None:
        self.terms, self.axes = terms, axes
        self.thin = any(_sparse(node, labels, len(axes)) for _, node, labels in terms)

    @property
    def children(self) -> tuple[Node, ...]:
        """The terms."""
        return tuple(node for _, node, _ in self.terms)


def _sparse(node: Node, labels: tuple[int, ...], rank: int) -> bool:
    if isinstance(node, Delta):
        return True
    if isinstance(node, Product) and node.thin:
        return rank >= 3 or any(isinstance(factor, Delta) for factor in node.children)
    return rank >= 3 and len(labels) < rank


def descendants(root: Node, oldest: int = -1) -> Iterator[Node]:
    """Yield ``root`` and all nodes below it with a number above ``oldest``, each once."""
    seen, waiting = {root}, [root]
    while waiting:
        node = waiting.pop()
        yield node
        for child in node.children:
            if child not in seen and child.number > oldest:
                seen.add(child)
                waiting.append(child)
