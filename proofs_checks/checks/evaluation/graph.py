"""Building evaluation graphs: equal nodes are one node, deltas are contracted on the spot.

The two constructors that matter are `Graph.product` (an einsum) and `Graph.linear`.  They apply
only rules of finite sums:

    sum_b delta_ab x_b = x_a                         a delta with a bound label
    x . (sum_t y_t) = sum_t x . y_t                  only where y is an array better not stored
    sum_jk x_ij y_ik = (sum_j x_ij) (sum_k y_ik)     factors that share no bound label

so a Jacobian such as d alpha_ij / d s_mk, which holds delta_im, never becomes an array with four
axes.  Nothing else is simplified; equality is decided by numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from proofs_checks.checks.evaluation.contraction import (
    Factor,
    Summand,
    contract_deltas,
    few,
    fresh,
    looked_through,
    merged,
)
from proofs_checks.checks.evaluation.nodes import (
    AnyLabel,
    Apply,
    Delta,
    Exp,
    Extent,
    Inverse,
    Leaf,
    Linear,
    Log,
    Named,
    Node,
    Position,
    Power,
    Product,
    SymbolicPower,
    Unit,
    WholePower,
)
from proofs_checks.checks.evaluation.ranged_nodes import (
    Determinant,
    Greatest,
    Largest,
    MatrixInverse,
    Opaque,
    RangeProduct,
)
from theory.algebra.symbols import Size

__all__ = ["Graph"]

N = TypeVar("N", bound=Node)

ONE = Fraction(1)


class Graph:
    """The nodes made so far; every constructor returns the existing node if there is one."""

    def __init__(self) -> None:
        self._nodes: dict[tuple, Node] = {}
        self.jacobians: dict[tuple[Node, Node], Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def _intern(self, key: tuple, make: Callable[[], N]) -> N:
        node = self._nodes.get(key)
        if node is None:
            node = make()
            node.number = len(self._nodes)
            self._nodes[key] = node
        return node  # type: ignore[return-value]

    # -- nodes without structure ----------------------------------------------------------------

    def leaf(
        self, name: str, axes: tuple[Size, ...], nonnegative: bool = False, kind: str = "input"
    ) -> Leaf:
        """Return the array called ``name``."""
        return self._intern(
            ("leaf", kind, name, axes, nonnegative), lambda: Leaf(name, axes, nonnegative, kind)
        )

    def delta(self, size: Size) -> Delta:
        """Return the identity matrix."""
        return self._intern(("delta", size), lambda: Delta(size))

    def unit(self, size: Size, position: int) -> Unit:
        """Return a basis vector."""
        return self._intern(("unit", size, position), lambda: Unit(size, position))

    def extent(self, size: Size) -> Extent:
        """Return a size as a number."""
        return self._intern(("extent", size), lambda: Extent(size))

    def position(self, size: Size) -> Position:
        """Return the positions of a size as numbers."""
        return self._intern(("position", size), lambda: Position(size))

    def whole_power(self, base: Node, exponent: Node) -> Node:
        """Return the base to powers that are integers made of positions and sizes.

        The exponents have the axes of the base, or none where they are made of sizes alone.
        """
        return self._intern(("whole", base, exponent), lambda: WholePower(base, exponent))

    def symbolic_power(self, base: Node, exponent: Node) -> Node:
        """Return the base to a power; both have the same axes."""
        labels = fresh(base)
        product = self.product(ONE, [(self.log(base), labels), (exponent, labels)], labels)
        body = self.exp(product)
        key = ("symbolic", base, exponent)
        return self._intern(key, lambda: SymbolicPower(base, exponent, body))

    def constant(self, value: Fraction) -> Node:
        """Return a rational number."""
        return self.product(value, (), ())

    def named(self, name: str, body: Node) -> Named:
        """Return a line of the model."""
        return self._intern(("named", name, body), lambda: Named(name, body))

    def exp(self, body: Node) -> Node:
        """Return the exponential."""
        return self._intern(("exp", body), lambda: Exp(body))

    def log(self, body: Node) -> Node:
        """Return the natural logarithm."""
        return self._intern(("log", body), lambda: Log(body))

    def inverse(self, body: Node) -> Node:
        """Return one divided by the body."""
        return self._intern(("inverse", body), lambda: Inverse(body))

    def apply(self, name: str, arguments: tuple[Node, ...]) -> Apply:
        """Return a function without rules."""
        return self._intern(("apply", name, arguments), lambda: Apply(name, arguments))

    def opaque(self, name: str, orders: tuple[int, ...], arguments: tuple[Node, ...]) -> Opaque:
        """Return an opaque function, or a derivative of one."""
        key = ("opaque", name, orders, arguments)
        return self._intern(key, lambda: Opaque(name, orders, arguments))

    def matrix_inverse(self, body: Node) -> Node:
        """Return the inverse of the matrices in the last two axes."""
        return self._intern(("matrix inverse", body), lambda: MatrixInverse(body))

    def determinant(self, body: Node) -> Node:
        """Return the determinant of the matrices in the last two axes."""
        if isinstance(body, MatrixInverse):
            return self.inverse(self.determinant(body.body))
        return self._intern(("determinant", body), lambda: Determinant(body))

    def range_product(self, body: Node) -> Node:
        """Return the product over the last axis; of exponentials it is that of the sum."""
        if isinstance(body, Exp):
            *kept, k = fresh(body)
            return self.exp(self.product(ONE, [(body.body, (*kept, k))], kept))
        return self._intern(("range product", body), lambda: RangeProduct(body))

    def largest(self, body: Node, axes: int) -> Node:
        """Return the largest value over the last axes."""
        return self._intern(("largest", body, axes), lambda: Largest(body, axes))

    def greatest(self, arguments: tuple[Node, ...]) -> Node:
        """Return entry by entry the largest of several arrays."""
        return self._intern(("greatest", arguments), lambda: Greatest(arguments))

    def power(self, body: Node, exponent: Fraction) -> Node:
        """Return the body to a rational power, entry by entry; integers by repeated squaring."""
        if exponent.denominator != 1:
            return self._intern(("power", body, exponent), lambda: Power(body, exponent))
        if exponent < 0:
            return self.power(self.inverse(body), -exponent)
        if exponent == 1:
            return body
        labels = fresh(body)
        if exponent == 0:
            return self.product(ONE, (), labels)
        half = self.power(body, Fraction(int(exponent) // 2))
        factors = [(half, labels), (half, labels)]
        if exponent % 2:
            factors.append((body, labels))
        return self.product(ONE, factors, labels)

    # -- sums -----------------------------------------------------------------------------------

    def zero(self, axes: tuple[Size, ...]) -> Linear:
        """Return the zero array."""
        return self._intern(("linear", (), axes), lambda: Linear((), axes))

    def linear(self, terms: Iterable[Summand], out: Sequence[AnyLabel]) -> Node:
        """Return the array with axes ``out`` that is the sum of ``coefficient * node[labels]``.

        The labels of a term are distinct and among ``out``.
        """
        place = {label: position for position, label in enumerate(out)}
        collected: dict[tuple[Node, tuple[int, ...]], Fraction] = {}
        for coefficient, node, labels in merged(terms):
            key = (node, tuple(place[label] for label in labels))
            collected[key] = collected.get(key, Fraction(0)) + coefficient
        kept = tuple(
            (coefficient, node, at)
            for (node, at), coefficient in sorted(
                collected.items(), key=lambda item: (item[0][0].number, item[0][1])
            )
            if coefficient
        )
        axes = tuple(label.size for label in out)
        if len(kept) == 1:
            coefficient, node, at = kept[0]
            return self.product(coefficient, [(node, tuple(out[a] for a in at))], out)
        return self._intern(("linear", kept, axes), lambda: Linear(kept, axes))

    # -- products -------------------------------------------------------------------------------

    def product(
        self,
        coefficient: Fraction,
        factors: Iterable[Factor],
        out: Sequence[AnyLabel],
        bound: Iterable[AnyLabel] = (),
    ) -> Node:
        """Return the array with axes ``out``: the product summed over all other labels.

        ``bound`` names further labels to sum over; each gives a factor of its size if no factor
        has it.
        """
        given = [(node, tuple(labels)) for node, labels in factors]
        summed = {label for _, labels in given for label in labels} | set(bound)
        return self._product(coefficient, given, tuple(out), summed - set(out))

    def _product(
        self,
        coefficient: Fraction,
        factors: list[Factor],
        out: tuple[AnyLabel, ...],
        bound: set[AnyLabel],
    ) -> Node:
        coefficient, factors = looked_through(coefficient, factors)
        if coefficient == 0 or any(isinstance(n, Linear) and not n.terms for n, _ in factors):
            return self.zero(tuple(label.size for label in out))
        for position, (node, labels) in enumerate(factors):
            if isinstance(node, Linear) and node.thin and few(factors):
                rest = factors[:position] + factors[position + 1 :]
                parts = [(c, part, tuple(labels[a] for a in at)) for c, part, at in node.terms]
                products = [
                    self._product(coefficient * c, [*rest, (part, at)], out, set(bound))
                    for c, part, at in parts
                ]
                return self.linear(((ONE, product, out) for product in products), out)
        factors, bound = contract_deltas(factors, set(bound))
        present = {label for _, labels in factors for label in labels}
        factors += [(self.extent(label.size), ()) for label in bound - present]
        return self._canonical(coefficient, self._components(factors, bound & present), out)

    def _components(self, factors: list[Factor], bound: set[AnyLabel]) -> list[Factor]:
        """Return the factors with every connected sum made a node of its own.

        If one sum connects all factors, they are returned as they are.
        """
        groups: list[tuple[list[Factor], set[AnyLabel]]] = []
        for factor in factors:
            group, touched = [factor], bound.intersection(factor[1])
            apart = []
            for other in groups:
                if other[1] & touched:
                    group, touched = other[0] + group, other[1] | touched
                else:
                    apart.append(other)
            groups = [*apart, (group, touched)]
        if len(groups) <= 1:
            return factors
        result: list[Factor] = []
        for group, touched in groups:
            if not touched:
                result += group
                continue
            free = tuple(dict.fromkeys(x for _, labels in group for x in labels if x not in bound))
            result.append((self._canonical(ONE, group, free), free))
        return result

    def _canonical(
        self, coefficient: Fraction, factors: list[Factor], out: tuple[AnyLabel, ...]
    ) -> Node:
        factors = sorted(factors, key=lambda factor: factor[0].number)
        if coefficient == 1 and len(factors) == 1 and factors[0][1] == out:
            return factors[0][0]
        numbers: dict[AnyLabel, int] = {label: number for number, label in enumerate(out)}
        for _, labels in factors:
            for label in labels:
                numbers.setdefault(label, len(numbers))
        sizes = tuple(label.size for label in numbers)
        entries = tuple((node, tuple(numbers[x] for x in labels)) for node, labels in factors)
        key = ("product", coefficient, entries, sizes, len(out))
        return self._intern(key, lambda: Product(coefficient, entries, sizes, len(out)))
