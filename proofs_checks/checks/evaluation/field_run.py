"""One evaluation over F_p, with exp and log as random homomorphisms.

The parts that `Structure` finds get random values that depend on the value of the part alone:

    exp(c_1 x_1 + c_2 x_2 + ...) = h(x_1)^c_1 h(x_2)^c_2 ...        log y = l(y)

with h and l pseudo-random functions of 61-bit numbers, different in every run.  Equal arguments,
however they are written, get equal exponentials.

Roots: for an integer B let G be the subgroup of F_p* whose order is prime to B.  In G every element
has exactly one b-th root, b dividing B, and taking it is a homomorphism.  When an equation needs
roots, h and the non-negative inputs are drawn in G.  The root of a size exists if the size lies in
G; `UnsuitableSize` asks for another one where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm
from zlib import crc32

import numpy as np

from proofs_checks.checks.evaluation.elimination import field_determinant, field_inverse
from proofs_checks.checks.evaluation.evaluator import Array, Evaluator, aligned
from proofs_checks.checks.evaluation.nodes import (
    Apply,
    Exp,
    Extent,
    Leaf,
    Log,
    Node,
    NotApplicable,
    Power,
    Product,
    SymbolicPower,
    WholePower,
)
from proofs_checks.checks.evaluation.opaque_functions import (
    DEGREE,
    Exponents,
    differentiated,
    monomials,
    multiplied,
    opaque_value,
)
from proofs_checks.checks.evaluation.parts import Part, itself, prime_powers
from proofs_checks.checks.evaluation.prime_field import P, PrimeField, modulo
from proofs_checks.checks.evaluation.ranged_nodes import (
    Determinant,
    Greatest,
    Largest,
    MatrixInverse,
    Opaque,
    RangeProduct,
)
from proofs_checks.checks.evaluation.real_run import whole_numbers
from proofs_checks.checks.evaluation.structure import Structure
from theory.algebra.symbols import Size

__all__ = ["FieldRun", "RootsNeeded", "UnsuitableSize", "cofactor"]


class RootsNeeded(Exception):
    """The run has to be repeated with values that have roots of this order."""

    def __init__(self, order: int) -> None:
        super().__init__(f"roots of order {order} are needed")
        self.order = order


class UnsuitableSize(Exception):
    """The value of a size has no root of the needed order in F_p."""

    def __init__(self, size: Size) -> None:
        super().__init__(f"{size} has no root in the field")
        self.size = size


def cofactor(roots: int) -> int:
    """Return N such that the N-th powers are the elements with unique roots of this order."""
    result, rest = 1, P - 1
    while (common := gcd(rest, roots)) > 1:
        result *= common
        rest //= common
    return result


class FieldRun(Evaluator):
    """Values over F_p; ``salts`` are two random numbers, ``roots`` the order B of roots."""

    def __init__(
        self,
        structure: Structure,
        given: Mapping[Node, Array],
        salts: tuple[int, int],
        roots: int = 1,
    ) -> None:
        super().__init__(PrimeField(), structure.sizes, given)
        self.structure = structure
        self.roots = roots
        self.field = PrimeField()
        self.keyed = 0  # how many values were drawn by value
        self.keyed_nodes: dict[Node, int] = {}
        self._exponents: dict[Node, Array] = {}
        self.degrees: Mapping[tuple[str, int], int] = {}
        self._exp_salt, self._log_salt = (np.uint64(salt) for salt in salts)

    def stands_for(self, leaf: Leaf) -> Node | None:
        """Return what an input was computed from to meet a hypothesis, None if it was drawn."""
        return None

    def is_drawn(self, leaf: Leaf) -> bool:
        """Return whether every entry of an input was drawn, so that it has its roots."""
        return True

    def by_itself(self, node: Node) -> bool:
        """Return whether the node is evaluated through its parts."""
        if isinstance(node, WholePower):
            return node.is_uniform
        return isinstance(node, Exp | Log | Power | RangeProduct)

    def special(self, node: Node) -> Array:
        """Return the array of a node whose values are not those of an einsum or a sum."""
        match node:
            case Apply():
                return self._unknown(node)
            case WholePower() if not node.is_uniform:
                return self._whole_power(node)
            case SymbolicPower():
                return self.value(node.body)
            case MatrixInverse():
                return field_inverse(self.value(node.body))
            case Determinant():
                return field_determinant(self.value(node.body))
            case Opaque():
                return opaque_value(self, node, self.coefficients(node))
            case Largest() | Greatest():
                raise NotApplicable("a largest value has no meaning over a finite field.")
        if isinstance(node, Log):
            parts = self.structure.terms(node)
            if parts == (itself(node),):
                return self._draw(node.body, self._log_salt)
            return self._sum(node, parts)
        coefficient, parts = self.structure.factors(node)
        if parts == (itself(node),):
            if isinstance(node, Exp):
                return self._primitive_exp(node)
            if isinstance(node, RangeProduct):
                return multiplied(self, self.value(node.body))
        return self._product_of(node, coefficient, parts)

    def coefficients(self, node: Opaque) -> Mapping[Exponents, Array]:
        """Return the polynomial that stands for an opaque function, as it is differentiated."""
        count = len(node.arguments)
        name = f"{node.name}/{count}"
        degree = self.degrees.get((node.name, count), DEGREE)
        result: dict[Exponents, Array] = {}
        for n, exponents in enumerate(monomials(count, degree)):
            factor = sum(differentiated({exponents: 1}, node.orders).values())
            if factor:
                seed = np.array((crc32(name.encode()) + (n << 32)) % P, dtype=np.uint64)
                drawn = keyed(seed, self._exp_salt + np.uint64(3))
                lowered = tuple(e - m for e, m in zip(exponents, node.orders, strict=True))
                result[lowered] = self.field.multiply(drawn, self.field.number(Fraction(factor)))
        return result

    def _draw(self, node: Node, salt: np.uint64) -> Array:
        """Return random units that depend on the values of ``node``."""
        values = self.value(node)
        self.keyed_nodes[node] = values.size
        return keyed(values, salt)

    def _primitive_exp(self, node: Exp) -> Array:
        drawn = self.field.power(self._draw(node.body, self._exp_salt), cofactor(self.roots))
        return np.where(self.value(node.body) == 0, np.uint64(1), drawn)

    def _sum(self, node: Node, parts: tuple[Part, ...]) -> Array:
        rank = len(node.axes)
        result = self.arithmetic.number(Fraction(0))
        for coefficient, part, at in parts:
            term = aligned(self.value(part), at, rank)
            term = self.field.multiply(term, self.field.number(coefficient))
            result = self.field.add(result, term)
        return np.broadcast_to(result, self.shape(node))

    def _product_of(self, node: Node, coefficient: Fraction, parts: tuple[Part, ...]) -> Array:
        rank = len(node.axes)
        result = self.field.number(coefficient)
        for exponent, part, at in parts:
            factor = aligned(self._to_the(part, exponent), at, rank)
            result = self.field.multiply(factor, result)
        return np.broadcast_to(result, self.shape(node))

    def _to_the(self, part: Node, exponent: Fraction) -> Array:
        """Return the values of a part to a rational power."""
        base, root = self.value(part), exponent.denominator
        if root > 1:
            base = self._root(part, base, root)
        if exponent < 0:
            base = self.field.inverse(base)
        return self.field.power(base, abs(exponent.numerator))

    def _root(self, part: Node, values: Array, root: int) -> Array:
        """Return the root in G; what the part is decides whether it lies in G."""
        if self.roots % root:
            raise RootsNeeded(lcm(self.roots, root))
        drawn = isinstance(part, Exp | Leaf)
        if isinstance(part, Leaf) and not self.is_drawn(part):
            raise NotApplicable(f"a root of `{part.name}`, which a hypothesis fixes.")
        order = (P - 1) // cofactor(self.roots)
        if not drawn and isinstance(part, Extent | Product):
            if isinstance(part, Extent):
                return self._size_root(part, root, order)
            if np.any(self.field.power(values, order) != 1):
                raise NotApplicable("a product that has no root in the field.")
        elif not drawn:
            raise NotApplicable("a root of a sum.")
        return self.field.power(values, pow(root, -1, order))

    def _size_root(self, part: Extent, root: int, order: int) -> Array:
        """Return the root of a size as the product of the roots of its primes."""
        result = 1
        for prime, power in prime_powers(Fraction(self.sizes[part.size.name])).items():
            whole, rest = divmod(power, root)
            if rest and pow(prime, order, P) != 1:
                raise UnsuitableSize(part.size)
            result = result * pow(prime, whole, P) % P
            result = result * pow(prime, rest * pow(root, -1, order), P) % P
        return np.array(result, dtype=np.uint64)

    def exponents(self, node: WholePower) -> Array:
        """Return the exponents as integers; they depend on the sizes alone."""
        if node not in self._exponents:
            self._exponents[node] = whole_numbers(node.exponent, self.sizes)
        return self._exponents[node]

    def _whole_power(self, node: WholePower) -> Array:
        exponents, base = self.exponents(node), self.value(node.base)
        result = np.zeros_like(base)
        for exponent in sorted(set(exponents.ravel().tolist())):
            there = exponents == exponent
            part = base[there]
            if exponent < 0:
                part = self.field.inverse(part)
            result[there] = self.field.power(part, abs(exponent))
        return result

    def _unknown(self, node: Apply) -> Array:
        """Return random values that depend on the name and the values of the arguments."""
        name = sum(ord(letter) << (7 * n % 56) for n, letter in enumerate(node.name))
        result = keyed(np.array(name % P, dtype=np.uint64), self._log_salt + np.uint64(1))
        for argument in node.arguments:
            mixed = self.field.add(result, keyed(self.value(argument), self._exp_salt))
            result = keyed(mixed, self._log_salt + np.uint64(2))
        self.keyed_nodes[node] = result.size
        return result


def keyed(values: Array, salt: np.uint64) -> Array:
    """Return pseudo-random units of F_p, a function of the values (two rounds of splitmix64)."""
    mixed = values
    with np.errstate(over="ignore"):  # wraps around modulo 2^64, as it should
        for _ in range(2):
            mixed = mixed + salt
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed = mixed ^ (mixed >> np.uint64(31))
    return np.maximum(modulo(mixed), np.uint64(1))
