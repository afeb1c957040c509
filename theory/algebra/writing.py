"""Polynomial in normal form -> SymPy expression that people can read.

Bound indices get letters again, factors common to all terms are taken out, and sums over one index
whose bodies share a factor are joined: sum_c W_ca p_ic - sum_c W_ca y_ic becomes
sum_c W_ca (p_ic - y_ic).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.algebra.nodes import Applied
from theory.algebra.polynomial import (
    Atom,
    Base,
    Closed,
    Delta,
    Entry,
    Function,
    Ix,
    Monomial,
    Polynomial,
    Prime,
)
from theory.algebra.ranged import Ranged
from theory.algebra.reading_nodes import applied_of, node_of
from theory.algebra.symbols import Index, Size, Tensor, order_of, total

__all__ = ["Writer"]

KNOWN: Mapping[str, Any] = {
    "exp": sp.exp, "log": sp.log, "abs": sp.Abs, "power": sp.Pow, "Max": sp.Max, "sign": sp.sign,
}  # fmt: skip
"""Functions that SymPy has, by their names in the normal form."""


class Writer:
    """Writes polynomials with the symbols of one vocabulary; raises `ValueError` for others.

    Sizes need not be in it: every name can be that of a size.

    ``tensors`` maps names to tensors and scalars, ``sizes`` to sizes, ``letters`` gives the
    letters to use for indices over a size, in order of preference.
    """

    def __init__(
        self,
        tensors: Mapping[str, sp.Basic],
        sizes: Mapping[str, Size],
        letters: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.tensors, self.sizes = tensors, sizes
        self.letters = {size: tuple(names) for size, names in (letters or {}).items()}

    def write(self, value: Polynomial, avoid: Iterable[str] = ()) -> sp.Expr:
        """Return ``value`` as a SymPy expression; bound indices avoid the names in ``avoid``."""
        taken = frozenset(avoid) | {k[0] for k in value.free}
        return self._polynomial(value, {}, taken)

    def _polynomial(self, value: Polynomial, scope: Mapping[Ix, Index], taken) -> sp.Expr:
        terms = [(Fraction(c), dict(m.factors)) for m, c in value.terms.items()]
        return self._terms(terms, scope, taken)

    def _terms(self, terms: list[tuple[Fraction, dict]], scope, taken) -> sp.Expr:
        if not terms:
            return sp.S.Zero
        if len(terms) == 1:
            number, factors = terms[0]
            return sp.Mul(_rational(number), *self._factors(factors, scope, taken))
        common = {
            a: min(f.get(a, 0) for _, f in terms) for a in set().union(*(f for _, f in terms))
        }
        common = {a: e for a, e in common.items() if e > 0 or all(f.get(a) for _, f in terms)}
        common = {a: e for a, e in common.items() if e}
        rest = [
            (c, {a: e for a, e in ((a, e - common.get(a, 0)) for a, e in f.items()) if e})
            for c, f in terms
        ]
        rest = self._join_sums(rest)
        number = rest[0][0] if all(abs(c) == abs(rest[0][0]) for c, _ in rest) else Fraction(1)
        if number < 0 and any(c > 0 for c, _ in rest):
            number = -number
        rest.sort(key=lambda term: (term[0] / number < 0, str(sorted(a.key for a in term[1]))))
        written = sp.Add(
            *(sp.Mul(_rational(c / number), *self._factors(f, scope, taken)) for c, f in rest)
        )
        outside = self._factors(common, scope, taken)
        return sp.Mul(_rational(number), *outside, written)

    def _join_sums(self, terms: list[tuple[Fraction, dict]]) -> list[tuple[Fraction, dict]]:
        """Join terms that differ only in the body of one sum over one index."""
        groups: dict[object, list[tuple[Fraction, dict]]] = {}
        for place, (number, factors) in enumerate(terms):
            own = _only_sum(factors)
            others = frozenset((a, e) for a, e in factors.items() if a is not own)
            key = (others, own.bound) if own is not None else place
            groups.setdefault(key, []).append((number, factors))
        result: list[tuple[Fraction, dict]] = []
        for group in groups.values():
            members = sorted(group, key=lambda term: term[0] < 0)  # x - y, not -(y - x)
            sums = [(c, own) for c, f in members if (own := _only_sum(f)) is not None]
            shared = _shared_factors([s for _, s in sums])
            if len(sums) < 2 or not any(a.free & set(sums[0][1].bound) for a in shared):
                result += members
                continue
            lead, (number, factors) = sums[0][1], members[0]
            body = Polynomial.add(Polynomial.of(s.body).scaled(c / number) for c, s in sums)
            outer = {a: e for a, e in factors.items() if a is not lead}
            result.append((number, {**outer, _Joined(lead.bound, body): 1}))
        return result

    def _factors(self, factors: dict, scope, taken) -> list[sp.Expr]:
        written = []
        for atom, exponent in factors.items():
            repeat = isinstance(atom, Closed) and exponent == int(exponent) > 1
            value = self._atom(atom, scope, taken)
            written.append(sp.Pow(value, _rational(Fraction(exponent)), evaluate=not repeat))
        return written

    def _atom(self, atom: Atom, scope, taken) -> sp.Expr:
        if isinstance(atom, Entry):
            if atom.is_number:
                return self._index(atom.indices[0], scope)
            if atom.is_order:
                high, low = (self._index(k, scope) for k in atom.indices)
                return order_of(self._size(atom.indices[0][1]))[high, low]
            symbol = self._symbol(atom)
            if not isinstance(symbol, Tensor):
                return symbol
            return symbol[tuple(self._index(k, scope) for k in atom.indices)]
        if isinstance(atom, Delta):
            return sp.KroneckerDelta(
                self._index(atom.first, scope), self._index(atom.second, scope)
            )
        if isinstance(atom, Prime):
            return sp.Integer(atom.value)
        if isinstance(atom, Base):
            return self._polynomial(atom.polynomial, scope, taken)
        if isinstance(atom, Function):
            return self._function(atom, scope, taken)
        if not isinstance(atom, Closed | Ranged):
            raise TypeError(f"`{atom}` is no atom this writer knows.")
        inner, used = dict(scope), set(taken)
        for k in atom.bound:
            letter = self.letter(k[1], used)
            used.add(letter)
            inner[k] = Index(letter, self._size(k[1]))
        polynomial = Polynomial.of(atom.body) if isinstance(atom.body, Monomial) else atom.body
        body = self._polynomial(polynomial, inner, frozenset(used))
        bound = [inner[k] for k in atom.bound]
        if isinstance(atom, Closed):
            return total(body, *bound)
        return node_of(atom.kind, body, bound, [self._index(k, scope) for k in atom.at])

    def _function(self, atom: Function, scope, taken) -> sp.Expr:
        arguments = [self._polynomial(a, scope, taken) for a in atom.arguments]
        opaque = applied_of(atom)
        if opaque is not None:
            return Applied(*opaque, *arguments)
        return KNOWN.get(atom.name, sp.Function(atom.name))(*arguments)

    def _symbol(self, atom: Entry) -> Any:
        if atom.size:
            return self._size(atom.name)
        symbol = self.tensors.get(atom.name)
        if symbol is None and atom.name.endswith("()"):  # pi and the like
            symbol = getattr(sp, atom.name.removesuffix("()"), None)
        if symbol is None:
            known = ", ".join([*self.tensors, *self.sizes])
            raise ValueError(f"`{atom.name}` is not in the vocabulary: {known}.")
        return symbol

    def letter(self, size: str, used: set[str]) -> str:
        """Return the first letter for an index over ``size`` that is not used."""
        names = self.letters.get(size, ("k",))
        for name in names:
            if name not in used:
                return name
        number = 1
        while f"{names[0]}{number}" in used:
            number += 1
        return f"{names[0]}{number}"

    def _index(self, index: Ix, scope: Mapping[Ix, Index]) -> sp.Expr:
        if index in scope:
            return scope[index]
        if index[0][0] == "#":
            return sp.Integer(index[0][1:])
        return Index(index[0], self._size(index[1]))

    def _size(self, name: str) -> Size:
        """Return the size of this name: that of the vocabulary, if it has one."""
        return self.sizes.get(name) or Size(name)


class _Joined(Closed):
    """A sum whose body is a polynomial: for writing only."""

    __slots__ = ()

    def __init__(self, bound: tuple[Ix, ...], body: Polynomial) -> None:
        self.bound, self.body = bound, body  # type: ignore[assignment]
        self.free = body.free - frozenset(bound)
        self.height, self.nonnegative = 1 + body.height, False
        self._finish(f"joined[{bound}]{{{body.key}}}")


def _shared_factors(sums: list[Closed]) -> set[Atom]:
    bodies = [{a for a, _ in s.body.factors} for s in sums]
    return set.intersection(*bodies) if bodies else set()


def _only_sum(factors: dict) -> Closed | None:
    """Return the sum among the factors if there is just one, over one index."""
    sums = [a for a, e in factors.items() if isinstance(a, Closed) and e == 1]
    return sums[0] if len(sums) == 1 and len(sums[0].bound) == 1 else None


def _rational(value: Fraction) -> Any:
    return sp.Rational(value.numerator, value.denominator)
