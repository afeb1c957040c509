r"""Inverse matrices and determinants in normal form.

    (D A E)^{-1}_ij = A^{-1}_ij / (e_i d_j)     D, E diagonal     det (D A E) = prod d det A prod e
    (A B)^{-1} = B^{-1} A^{-1}                   A, B square         det (A B)   = det A det B
    (A^{-1})^{-1} = A                                                det A^{-1}  = 1 / det A
    (A^T)^{-1}_ij = A^{-1}_ji                                        det A^T     = det A
    I^{-1} = I                                                       det I       = 1

A matrix is a polynomial with two raw bound indices, its row a and its column b.  A product of
square matrices is regular exactly if all of them are, so nothing is defined on one side only.  What
cannot be taken apart is an atom.  A A^{-1} = I is found by `theory.algebra.inverse_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from theory.algebra.functions import symbolic_power
from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Closed, Delta, Ix, Monomial, Polynomial
from theory.algebra.ranged import Ranged, canonical_names
from theory.algebra.ranges import product_over, size_of

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["determinant", "inverse"]

Number: TypeAlias = Fraction | int
Factors: TypeAlias = list[tuple[Atom, Number]]
UNIT = Polynomial.of(1)


class _Scaled(NamedTuple):
    """A matrix: number * scalar * row_a * column_b * core_ab."""

    number: Fraction
    scalar: Factors
    rows: Factors
    columns: Factors
    core: Polynomial


class _Named(NamedTuple):
    """A matrix as an atom holds it: the sign taken out, and whether it was transposed."""

    sign: int
    bound: tuple[Ix, Ix]
    body: Polynomial
    turned: bool
    symmetry: int  # 1 for a symmetric matrix, -1 for an antisymmetric one, else 0


def inverse(ring: Ring, a: Ix, b: Ix, body: Polynomial, i: Ix, j: Ix) -> Polynomial:
    """Return entry (i, j) of the inverse of the matrix with entries ``body``, a row and b column.

    Raises `AlgebraError` for the zero matrix.
    """
    matrix = _scaled(ring, a, b, body)
    core = _inverse_of_core(ring, a, b, matrix.core, i, j)
    outside = [(atom, -e) for atom, e in matrix.scalar]
    result = ring.multiply(ring.assemble(outside), core).scaled(1 / matrix.number)
    for factors, old, new in ((matrix.rows, a, j), (matrix.columns, b, i)):
        scale = ring.assemble((atom, -e) for atom, e in factors)
        result = ring.multiply(ring.rename(scale, {old: new}), result)
    return result


def determinant(ring: Ring, a: Ix, b: Ix, body: Polynomial) -> Polynomial:
    """Return the determinant of the matrix with entries ``body``, a row and b column.

    Raises `AlgebraError` for the zero matrix.
    """
    matrix = _scaled(ring, a, b, body)
    result = symbolic_power(ring, Polynomial.of(matrix.number), size_of(a))
    for atom, e in matrix.scalar:
        power = symbolic_power(ring, ring.power(Polynomial.of(atom), e), size_of(a))
        result = ring.multiply(result, power)
    for factors, k in ((matrix.rows, a), (matrix.columns, b)):
        result = ring.multiply(result, product_over(ring, k, ring.assemble(factors)))
    return ring.multiply(result, _determinant_of_core(ring, a, b, matrix.core))


def _scaled(ring: Ring, a: Ix, b: Ix, body: Polynomial) -> _Scaled:
    """Return what stands in front of all entries, of every row, and of every column."""
    if not body:
        raise AlgebraError("the inverse or determinant of a matrix of zeros.")
    terms = [_Term(ring, a, b, m, c) for m, c in body.terms.items()]
    number = Fraction(
        gcd(*(t.number.numerator for t in terms)), lcm(*(t.number.denominator for t in terms))
    )
    if len(terms) == 1 and terms[0].number < 0:
        number = -number
    parts = []
    for here, there in ((a, b), (b, a), (None, None)):
        if here is not None and there is not None:
            for term in terms:
                term.turn(there, here)
        parts.append(_common(terms, here, a, b))
        for term in terms:
            term.divide(parts[-1])
    core = Polynomial.add(term.value().scaled(1 / number) for term in terms)
    rows, columns, scalar = parts
    return _Scaled(number, scalar, rows, columns, core)


class _Term:
    """One term of a matrix; on the diagonal its row and its column are the same index."""

    def __init__(self, ring: Ring, a: Ix, b: Ix, monomial: Monomial, number: Number) -> None:
        self.ring, self.number = ring, Fraction(number)
        self.factors = dict(monomial.factors)
        self.diagonal = Delta(a, b)
        self.is_diagonal = self.factors.pop(self.diagonal, 0) != 0

    def turn(self, old: Ix, new: Ix) -> None:
        """Write what stands on the diagonal with the other index."""
        if not self.is_diagonal:
            return
        renamed = self.ring.rename_only(Polynomial.of(Monomial(self.factors.items())), {old: new})
        if renamed.single is not None:
            self.factors = dict(renamed.single[0].factors)
            self.number *= Fraction(renamed.single[1])

    def divide(self, factors: Factors) -> None:
        """Divide by common factors."""
        for atom, e in factors:
            self.factors[atom] = self.factors.get(atom, 0) - e
        self.factors = {atom: e for atom, e in self.factors.items() if e}

    def value(self) -> Polynomial:
        """Return the term."""
        diagonal = [(self.diagonal, 1)] if self.is_diagonal else []
        return self.ring.assemble((*self.factors.items(), *diagonal)).scaled(self.number)


def _common(terms: list[_Term], here: Ix | None, a: Ix, b: Ix) -> Factors:
    """Return the factors of all terms that mention, of row and column, only the one ``here``."""
    found: Factors = []
    wanted = frozenset(() if here is None else (here,))
    for atom in sorted({x for t in terms for x in t.factors}, key=lambda x: x.key):
        e = min(t.factors.get(atom, 0) for t in terms)
        if e and not isinstance(atom, Delta) and atom.free & {a, b} == wanted:
            found.append((atom, e))
    return found


def _inverse_of_core(ring: Ring, a: Ix, b: Ix, core: Polynomial, i: Ix, j: Ix) -> Polynomial:
    atom = _only_atom(core)
    if isinstance(atom, Delta) and {atom.first, atom.second} == {a, b}:
        return ring.delta(i, j)
    if isinstance(atom, Ranged) and _is_inverse(atom, a, b):
        places = (i, j) if atom.at == (a, b) else (j, i)
        return ring.rename(atom.body, dict(zip(atom.bound, places, strict=True)))
    split = _split(ring, a, b, atom) if isinstance(atom, Closed) else None
    if split is not None:
        k, left, right = split
        m = ring.fresh(a[1])
        first = inverse(ring, k, b, right, i, m)
        second = inverse(ring, a, k, left, m, j)
        return ring.sum_over((m,), ring.multiply(first, second))
    found = _named(ring, a, b, core)
    first, second = (j, i) if found.turned else (i, j)
    sign = found.sign
    if found.symmetry:
        if first == second and found.symmetry < 0:
            return Polynomial({})
        if first != second and Delta(first, second).first != first:
            first, second, sign = second, first, sign * found.symmetry
    result = Ranged("inverse", found.bound, found.body, (first, second))
    return ring.assemble(((result, 1),)).scaled(sign)


def _determinant_of_core(ring: Ring, a: Ix, b: Ix, core: Polynomial) -> Polynomial:
    atom = _only_atom(core)
    if isinstance(atom, Delta) and {atom.first, atom.second} == {a, b}:
        return UNIT
    if isinstance(atom, Ranged) and _is_inverse(atom, a, b):
        row, column = (ring.fresh(a[1]) for _ in atom.bound)
        renamed = ring.rename(atom.body, dict(zip(atom.bound, (row, column), strict=True)))
        inner = determinant(ring, row, column, renamed)
        return ring.power(inner, -1)
    split = _split(ring, a, b, atom) if isinstance(atom, Closed) else None
    if split is not None:
        k, left, right = split
        return ring.multiply(determinant(ring, a, k, left), determinant(ring, k, b, right))
    found = _named(ring, a, b, core)
    sign = symbolic_power(ring, Polynomial.of(found.sign), size_of(a))
    atom = Ranged("det", found.bound, found.body)
    return ring.multiply(sign, ring.assemble(((atom, 1),)))


def _only_atom(core: Polynomial) -> Atom | None:
    only = core.single
    if only is None or only[1] != 1 or len(only[0].factors) != 1 or only[0].factors[0][1] != 1:
        return None
    return only[0].factors[0][0]


def _is_inverse(atom: Ranged, a: Ix, b: Ix) -> bool:
    return atom.kind == "inverse" and set(atom.at) == {a, b} and not atom.body.free & {a, b}


def _split(ring: Ring, a: Ix, b: Ix, atom: Closed) -> tuple[Ix, Polynomial, Polynomial] | None:
    """Return (k, A_ak, B_kb) if the sum is that over k of A_ak B_kb with k over the size of a."""
    names = {k: ring.fresh(k[1]) for k in atom.bound}
    opened = ring.rename_only(Polynomial.of(atom.body), names).single
    if opened is None:
        return None
    factors, number = opened
    for k in names.values():
        if k[1] != a[1]:
            continue
        inner = frozenset(names.values()) - {k}
        left = _reached(factors, a, inner)
        right = [pair for pair in factors.factors if pair not in left]
        if any(a in x.free for x, _ in right) or any(b in x.free for x, _ in left):
            continue
        if not any(k in x.free for x, _ in left) or not any(k in x.free for x, _ in right):
            continue
        sums = []
        for side, end in ((left, a), (right, b)):
            bound = [m for m in inner if any(m in x.free for x, _ in side)]
            value = ring.sum_over(bound, ring.assemble(side))
            sums.append(value if end in value.free else None)
        if sums[0] is not None and sums[1] is not None:
            return k, sums[0].scaled(number), sums[1]
    return None


def _reached(monomial: Monomial, start: Ix, inner: Iterable[Ix]) -> Factors:
    """Return the factors that hang together with ``start`` by way of the indices ``inner``."""
    inner, reached = frozenset(inner), {start}
    found: Factors = []
    waiting = list(monomial.factors)
    while True:
        new = [pair for pair in waiting if pair[0].free & reached]
        if not new:
            return found
        found += new
        waiting = [pair for pair in waiting if pair not in new]
        reached |= {k for atom, _ in new for k in atom.free & inner}


def _named(ring: Ring, a: Ix, b: Ix, core: Polynomial) -> _Named:
    """Return the matrix or its transpose, with a first term that is positive."""
    first, second = canonical_names(core, (a, b))
    straight = ring.rename_only(core, {a: first, b: second})
    turned = ring.rename_only(core, {a: second, b: first})
    signs = [
        1 if m.terms[min(m.terms, key=lambda t: t.key)] > 0 else -1 for m in (straight, turned)
    ]
    one, other = straight.scaled(signs[0]), turned.scaled(signs[1])
    bound = (first, second)
    if one == other:
        return _Named(signs[0], bound, one, False, signs[0] * signs[1])
    if one.key < other.key:
        return _Named(signs[0], bound, one, False, 0)
    return _Named(signs[1], bound, other, True, 0)
