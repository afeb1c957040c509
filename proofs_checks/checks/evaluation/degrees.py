"""Degree bounds for the Schwartz-Zippel lemma: how likely a false equation passes one run.

Everything a run computes is a rational function of independent uniform variables: inputs, and one
variable for every exponential or logarithm that is drawn.  A node is a polynomial in these and in
the entries of the arrays that are inverted; its degree is kept as a count for each of these kinds.
If an array R with |R| entries of cleared degree at most c_R occurs with total degree e_R, then
multiplying by the e_R-th power of every entry clears it, so

    cleared degree = e_variables + sum_R e_R |R| c_R .

A non-zero polynomial of degree D vanishes at a random point of S^m with probability at most D/|S|
(S = F_p, or the subgroup in which roots exist).  Two different arguments of exp that happen to have
equal values are counted as a failure too: there are at most m^2/2 pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from proofs_checks.checks.evaluation.field_run import FieldRun, cofactor
from proofs_checks.checks.evaluation.nodes import (
    Apply,
    Exp,
    Inverse,
    Leaf,
    Linear,
    Log,
    Named,
    Node,
    Power,
    Product,
    SymbolicPower,
    WholePower,
)
from proofs_checks.checks.evaluation.opaque_functions import DEGREE
from proofs_checks.checks.evaluation.prime_field import P
from proofs_checks.checks.evaluation.ranged_nodes import (
    Determinant,
    MatrixInverse,
    Opaque,
    RangedNode,
    RangeProduct,
)

__all__ = ["Degrees"]

Degree = Mapping[object, int]
VARIABLES = "variables"


class Degrees:
    """Degree bounds for the nodes of one run."""

    def __init__(self, run: FieldRun) -> None:
        self.run = run
        self._found: dict[Node, Degree] = {}
        self._cleared: dict[object, int] = {}  # of one entry of an inverted array
        self._entries: dict[object, int] = {}

    def failure(self, *sides: Node) -> float:
        """Return a bound on the probability that different sides agree in one run."""
        difference = self.cleared(_largest(self.degree(side) for side in sides))
        drawn = sum(self.run.keyed_nodes.values())
        arguments = _largest(
            self.degree(argument) for node in self.run.keyed_nodes for argument in _keys(node)
        )
        collisions = drawn * (drawn + 1) // 2 * self.cleared(arguments)
        singular = sum(count * self._entries[node] for node, count in self._cleared.items())
        points = (P - 1) // cofactor(self.run.roots)
        return min(1.0, (difference + collisions) / max(1, points - singular))

    def cleared(self, degree: Degree) -> int:
        """Return the degree after all denominators are cleared."""
        return sum(
            count if kind == VARIABLES else count * self._entries[kind] * self._cleared[kind]
            for kind, count in degree.items()
        )

    def degree(self, root: Node) -> Degree:
        """Return how often variables and inverted arrays occur in a node."""
        waiting = [root]
        while waiting:
            node = waiting[-1]
            missing = [x for x in self._needs(node) if x not in self._found]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if node not in self._found:
                self._found[node] = self._degree(node)
        return self._found[root]

    def _needs(self, node: Node) -> tuple[Node, ...]:
        if isinstance(node, RangeProduct):
            return (node.body, *(part for _, part in self._parts(node) if part is not node))
        if isinstance(node, Exp | Log | Power) or _is_uniform(node):
            return tuple(part for _, part in self._parts(node) if part is not node)
        if isinstance(node, Leaf):
            value = self.run.stands_for(node)
            return () if value is None else (value,)
        return node.children

    def _parts(self, node: Node) -> list[tuple[int, Node]]:
        """Return the parts of a node with special values, and how often each is multiplied."""
        structure = self.run.structure
        if isinstance(node, Log):
            return [(1, part) for _, part, _ in structure.terms(node)]
        roots = self.run.roots
        return [
            (int(exponent * roots) if isinstance(part, Exp | Leaf) else int(exponent), part)
            for exponent, part, _ in structure.factors(node)[1]
        ]

    def _degree(self, node: Node) -> Degree:
        match node:
            case Leaf():
                value = self.run.stands_for(node)
                fixed = [] if value is None else [self._found[value]]
                return _largest([{VARIABLES: self.run.roots}, *fixed])
            case Apply():
                return {VARIABLES: 1}
            case Named():
                return self._found[node.body]
            case Linear():
                return _largest(self._found[child] for child in node.children)
            case Product():
                return _total((1, self._found[child]) for child in node.children)
            case Inverse():
                return self._inverted(node, node.body, self._found[node.body])
            case Log():
                parts = [part for _, part in self._parts(node) if part is not node]
                return _largest([{VARIABLES: 1}, *(self._found[part] for part in parts)])
            case WholePower() if not node.is_uniform:
                return self._whole_power(node)
            case SymbolicPower():
                return self._found[node.body]
            case Opaque():
                key = (node.name, len(node.arguments))
                times = self.run.degrees.get(key, DEGREE)
                deepest = _largest(self._found[child] for child in node.children)
                return _total([(1, {VARIABLES: 1}), (times, deepest)])
            case Determinant():
                return _total([(self._length(node), self._found[node.body])])
            case MatrixInverse():
                return self._matrix_inverse(node)
            case RangeProduct() if self._parts(node) == [(1, node)]:
                return _total([(self._length(node), self._found[node.body])])
            case Exp() | Power() | RangeProduct() | WholePower():
                return _total(self._power(count, part, node) for count, part in self._parts(node))
        return {}

    def _length(self, node: RangedNode) -> int:
        return self.run.shape(node.body)[-1]

    def _matrix_inverse(self, node: MatrixInverse) -> Degree:
        """Return the degree of cofactors, divided by the determinant."""
        body, n = self._found[node.body], self._length(node)
        self._entries[node] = prod(self.run.shape(node.body)[:-2])
        self._cleared[node] = self.cleared(_total([(n, body)]))
        return _total([(n - 1, body), (1, {node: 1})])

    def _power(self, count: int, part: Node, node: Node) -> tuple[int, Degree]:
        """Return how often a part is multiplied, and its degree (of its inverse if negative)."""
        one: Degree = {VARIABLES: 1}
        alone = isinstance(part, Exp | Leaf) or part is node
        degree = one if alone else self._found[part]
        if count < 0:
            degree = self._inverted(("inverse", part), part, degree)
        return abs(count), degree

    def _whole_power(self, node: WholePower) -> Degree:
        exponents = self.run.exponents(node)
        top, low = max(0, int(exponents.max(initial=0))), min(0, int(exponents.min(initial=0)))
        base = self._found[node.base]
        parts: list[tuple[int, Degree]] = [(top, base)]
        if low < 0:
            parts.append((-low, self._inverted(("inverse", node.base), node.base, base)))
        return _total(parts)

    def _inverted(self, kind: object, body: Node, degree: Degree) -> Degree:
        self._entries[kind] = prod(self.run.shape(body))
        self._cleared[kind] = self.cleared(degree)
        return {kind: 1}


def _is_uniform(node: Node) -> bool:
    return isinstance(node, WholePower) and node.is_uniform


def _keys(node: Node) -> Iterable[Node]:
    return node.arguments if isinstance(node, Apply) else (node,)


def _largest(degrees: Iterable[Degree]) -> Degree:
    result: dict[object, int] = {}
    for degree in degrees:
        for kind, count in degree.items():
            result[kind] = max(result.get(kind, 0), count)
    return result


def _total(degrees: Iterable[tuple[int, Degree]]) -> Degree:
    result: dict[object, int] = {}
    for times, degree in degrees:
        for kind, count in degree.items():
            result[kind] = result.get(kind, 0) + times * count
    return result
