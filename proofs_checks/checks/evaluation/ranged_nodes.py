"""Graph nodes that take whole axes together, and opaque functions.

    MatrixInverse   x[.., a, b] -> the inverse of every matrix            same axes
    Determinant     x[.., a, b] -> its determinant                        two axes less
    RangeProduct    x[.., k]    -> the product over k                     one axis less
    Largest         x[.., k, ..] -> the largest value over the last axes  as many axes less
    Greatest        entry by entry the largest of several arrays          same axes
    Opaque          an opaque function or a derivative of it              same axes

`pulled_back` gives their adjoints (see `proofs_checks.checks.evaluation.derivative`):

    X = A^-1        A_ab += - sum_ij a_ij X_ia X_bj
    d = det A       A_ab += a d (A^-1)_ba
    p = prod_k x_k  x_k  += a prod_l [l = k ? 1 : x_l]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from proofs_checks.checks.evaluation.contraction import Factor
from proofs_checks.checks.evaluation.nodes import AnyLabel, Label, Node, NotApplicable

if TYPE_CHECKING:
    from proofs_checks.checks.evaluation.graph import Graph

__all__ = [
    "Determinant",
    "Greatest",
    "Largest",
    "MatrixInverse",
    "Opaque",
    "RangeProduct",
    "RangedNode",
    "pulled_back",
]

ONE = Fraction(1)


class RangedNode(Node):
    """A node with one child, of which it takes the last axes together."""

    __slots__ = ("body",)

    def __init__(self, body: Node, removed: int) -> None:
        self.body, self.axes = body, body.axes[: len(body.axes) - removed]

    @property
    def children(self) -> tuple[Node, ...]:
        """The one child."""
        return (self.body,)


class MatrixInverse(RangedNode):
    """The inverse of the matrices in the last two axes."""

    __slots__ = ()

    def __init__(self, body: Node) -> None:
        super().__init__(body, 0)


class Determinant(RangedNode):
    """The determinant of the matrices in the last two axes."""

    __slots__ = ()

    def __init__(self, body: Node) -> None:
        super().__init__(body, 2)


class RangeProduct(RangedNode):
    """The product over the last axis."""

    __slots__ = ()

    def __init__(self, body: Node) -> None:
        super().__init__(body, 1)


class Largest(RangedNode):
    """The largest value over the last axes."""

    __slots__ = ()


class Greatest(Node):
    """Entry by entry the largest of several arrays with the same axes."""

    __slots__ = ("arguments",)

    def __init__(self, arguments: tuple[Node, ...]) -> None:
        self.arguments, self.axes = arguments, arguments[0].axes

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


class Opaque(Node):
    """An opaque function, ``orders[m]`` times differentiated by argument m, entry by entry."""

    __slots__ = ("arguments", "name", "orders")

    def __init__(self, name: str, orders: tuple[int, ...], arguments: tuple[Node, ...]) -> None:
        self.name, self.orders, self.arguments = name, orders, arguments
        self.axes = arguments[0].axes

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


def pulled_back(
    graph: Graph,
    node: RangedNode | Greatest | Opaque,
    labels: Sequence[AnyLabel],
    seed: Factor,
    front: tuple[AnyLabel, ...],
) -> Iterator[tuple[Node, Node]]:
    """Yield (child, contribution to its adjoint), axes front + child axes.

    ``seed`` is the adjoint with its labels, ``labels`` are those of the node.  Raises
    `NotApplicable` for a maximum.
    """
    match node:
        case MatrixInverse():
            *batch, i, j = labels
            a, b = Label(i.size), Label(i.size)
            factors = [seed, (node, (*batch, i, a)), (node, (*batch, b, j))]
            yield node.body, graph.product(-ONE, factors, (*front, *batch, a, b))
        case Determinant():
            size = node.body.axes[-1]
            a, b = Label(size), Label(size)
            inverse = graph.matrix_inverse(node.body)
            factors = [seed, (node, tuple(labels)), (inverse, (*labels, b, a))]
            yield node.body, graph.product(ONE, factors, (*front, *labels, a, b))
        case RangeProduct():
            k = Label(node.body.axes[-1])
            others = _others(graph, node.body, labels, k)
            factors = [seed, (others, (*labels, k))]
            yield node.body, graph.product(ONE, factors, (*front, *labels, k))
        case Opaque():
            for m, argument in enumerate(node.arguments):
                raised = tuple(n + (m == place) for place, n in enumerate(node.orders))
                changed = graph.opaque(node.name, raised, node.arguments)
                factors = [seed, (changed, tuple(labels))]
                yield argument, graph.product(ONE, factors, (*front, *labels))
        case _:
            raise NotApplicable("a maximum has no derivative where two values are equal.")


def _others(graph: Graph, body: Node, batch: Sequence[AnyLabel], k: Label) -> Node:
    """Return the product over all values but the one at k, with axes batch + k."""
    own = Label(k.size)
    out = (*batch, k, own)
    at = (graph.delta(k.size), (k, own))
    here = graph.product(ONE, [at, (body, (*batch, own))], out)
    terms = [(ONE, *at), (ONE, body, (*batch, own)), (-ONE, here, out)]
    return graph.range_product(graph.linear(terms, out))
