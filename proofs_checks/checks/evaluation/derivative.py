"""Reverse-mode differentiation of evaluation graphs; the result is a graph again.

For f with axes I and x with axes J, `jacobian` returns df_I / dx_J with axes I + J.  Going from f
towards x, every node t between them gets its adjoint a_t = df/dt, from what uses it:

    t = c sum prod_m x_m      x_m += c sum a_t prod of the others
    t = sum_m c_m x_m         x_m += c_m a_t
    t = 1/x, exp x, log x, x^r    x += -a_t t^2,  a_t t,  a_t / x,  r a_t x^(r-1)

(the integers that are made of positions and sizes depend on no x; inverse matrices, determinants,
products and opaque functions: see `ranged_nodes`).

x itself is a leaf here, however it was computed: the model is cut at x.  For a vector-valued f the
adjoints start from delta_II'; `Graph.product` contracts such deltas, so the same code does what
forward mode would where that is cheaper.  Because adjoints are nodes, they can be differentiated
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from proofs_checks.checks.evaluation.contraction import Factor, fresh
from proofs_checks.checks.evaluation.graph import Graph
from proofs_checks.checks.evaluation.nodes import (
    AnyLabel,
    Apply,
    Exp,
    Inverse,
    Label,
    Linear,
    Log,
    Named,
    Node,
    NotApplicable,
    Power,
    Product,
    SymbolicPower,
    WholePower,
    descendants,
)
from proofs_checks.checks.evaluation.ranged_nodes import (
    Greatest,
    Opaque,
    RangedNode,
    pulled_back,
)

__all__ = ["jacobian"]

ONE = Fraction(1)
Adjoint = tuple[Fraction, Node]


def jacobian(graph: Graph, quantity: Node, variable: Node) -> Node:
    """Return the derivative of every entry of ``quantity`` by every entry of ``variable``."""
    key = (quantity, variable)
    if key not in graph.jacobians:
        graph.jacobians[key] = _jacobian(graph, quantity, variable)
    return graph.jacobians[key]


def _jacobian(graph: Graph, quantity: Node, variable: Node) -> Node:
    front = fresh(quantity)
    between = _between(quantity, variable)
    if quantity not in between:
        return graph.zero(quantity.axes + variable.axes)
    own = fresh(quantity)
    start = [(graph.delta(a.size), (a, b)) for a, b in zip(front, own, strict=True)]
    adjoints: dict[Node, list[Node]] = {quantity: [graph.product(ONE, start, front + own)]}
    for node in sorted(between, key=lambda n: -n.number):
        labels = fresh(node)
        out = front + labels
        adjoint = graph.linear(((ONE, part, out) for part in adjoints.get(node, ())), out)
        if node is variable:
            return adjoint
        for child, part in _pull_back(graph, node, labels, adjoint, front):
            if child in between:
                adjoints.setdefault(child, []).append(part)
    raise AssertionError("the variable is one of the nodes between")  # pragma: no cover


def _between(quantity: Node, variable: Node) -> set[Node]:
    """Return the nodes on the paths from ``quantity`` down to ``variable``, both included."""
    below = sorted(descendants(quantity, variable.number - 1), key=lambda n: n.number)
    found = {variable} if variable in below else set()
    for node in below:
        if any(child in found for child in node.children):
            found.add(node)
    return found


def _pull_back(
    graph: Graph,
    node: Node,
    labels: tuple[Label, ...],
    adjoint: Node,
    front: tuple[AnyLabel, ...],
) -> Iterator[tuple[Node, Node]]:
    """Yield (child, contribution to its adjoint); contributions have axes front + child axes."""
    seed: Factor = (adjoint, (*front, *labels))

    def scaled(coefficient: Fraction, *factors: Node) -> Node:
        """Return coefficient * adjoint * factors, entry by entry."""
        parts = [seed, *((factor, labels) for factor in factors)]
        return graph.product(coefficient, parts, (*front, *labels))

    match node:
        case Named():
            yield node.body, adjoint
        case Linear():
            for coefficient, child, at in node.terms:
                out = (*front, *(labels[a] for a in at))
                yield child, graph.product(coefficient, [seed], out)
        case Product():
            yield from _through_product(graph, node, labels, seed, front)
        case Inverse():
            yield node.body, scaled(-ONE, node, node)
        case Exp():
            yield node.body, scaled(ONE, node)
        case Log():
            yield node.body, scaled(ONE, graph.inverse(node.body))
        case Power():
            lowered = graph.power(node.body, node.exponent - 1)
            yield node.body, scaled(node.exponent, lowered)
        case WholePower():
            at = () if node.is_uniform else labels
            one = graph.product(ONE, (), at)
            lowered = graph.linear([(ONE, node.exponent, at), (-ONE, one, at)], at)
            power = (graph.whole_power(node.base, lowered), labels)
            factors = [seed, (node.exponent, at), power]
            yield node.base, graph.product(ONE, factors, (*front, *labels))
        case SymbolicPower():
            yield node.body, adjoint
        case RangedNode() | Greatest() | Opaque():
            yield from pulled_back(graph, node, labels, seed, front)
        case Apply(name="Abs"):  # |x| / x, where it has one
            (argument,) = node.arguments
            yield argument, scaled(ONE, node, graph.inverse(argument))
        case Apply():
            raise NotApplicable(f"the derivative of `{node.name}` is not known.")


def _through_product(
    graph: Graph,
    node: Product,
    labels: tuple[Label, ...],
    seed: Factor,
    front: tuple[AnyLabel, ...],
) -> Iterator[tuple[Node, Node]]:
    everything = labels + tuple(Label(size) for size in node.sizes[len(labels) :])
    entries = [(child, tuple(everything[a] for a in at)) for child, at in node.factors]
    for position, (child, at) in enumerate(entries):
        others = entries[:position] + entries[position + 1 :]
        own: list[Label] = []
        links: list[Factor] = []
        for label in at:  # a diagonal such as x_ii is x_ij delta_ij
            if label in own:
                copy = Label(label.size)
                links.append((graph.delta(label.size), (label, copy)))
                label = copy
            own.append(label)
        yield (
            child,
            graph.product(node.coefficient, [seed, *others, *links], (*front, *own), everything),
        )
