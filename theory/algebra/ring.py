"""Arithmetic of polynomials in normal form: products, sums, rewriting, renaming.

What each operation guarantees:

* products merge powers of one atom and carry out Kronecker deltas (delta_jk f_k = delta_jk f_j);
* sums pull out what does not depend on the bound index, split into connected parts, and give their
  bound indices canonical names;
* rules fire on products and inside sums, and so does what is divided by (see
  `theory.algebra.denominators`).

Powers are in `theory.algebra.powers`, exp, log and |.| in `theory.algebra.functions`.

Equalities hold wherever both sides are defined.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from theory.algebra.canonical import close, connected
from theory.algebra.denominators import denominator_rule
from theory.algebra.entering_sums import beside_sum, joins_two
from theory.algebra.folding import Match, Rule, entry_names, find
from theory.algebra.functions import exp, function, log, merged_powers
from theory.algebra.inverse_rules import beside_inverse
from theory.algebra.limits import MOST_TERMS, MOST_WORK, AlgebraError
from theory.algebra.orders import counted, oriented, simplified
from theory.algebra.polynomial import (
    NUMBER,
    Atom,
    Base,
    Closed,
    Delta,
    Entry,
    Function,
    Ix,
    Monomial,
    Polynomial,
)
from theory.algebra.powers import expandable, power
from theory.algebra.ranged import Ranged
from theory.algebra.ranged_forms import ranged, renamed_ranged
from theory.algebra.ranges import log_of_product, product_of_log, regrouped
from theory.algebra.symbols import ORDER
from theory.algebra.symmetric import SymmetricEntry, symmetries

__all__ = ["Ring"]

Number: TypeAlias = Fraction | int
Factors: TypeAlias = Iterable[tuple[Atom, Number]]
UNIT = Polynomial.of(1)


class Ring:
    """The arithmetic under a set of rewriting rules, those that were ``given``.

    ``used`` collects the hypotheses of the rules that fired, ``spoken`` the names of the
    definitions that those without a hypothesis speak of.  ``orients``: sums over part of a range
    become sums up to an index (`theory.algebra.orders`), which decides more and is harder to read.
    Raises `AlgebraError` when an expression grows beyond the bounds of `theory.algebra.limits`.
    """

    def __init__(self, rules: Iterable[Rule] = (), *, orients: bool = False) -> None:
        self.given = tuple(rules)
        self._symmetries, self.rules = symmetries(self.given)
        self.joining = tuple(rule for rule in self.rules if joins_two(rule))
        self.orients = orients
        self.used, self.spoken = set[str](), set[str]()
        self._work = 0
        self._names = itertools.count()
        self._renamed: dict[tuple, Polynomial] = {}
        self._denominators: dict[tuple[Atom, bool], Rule | None] = {}
        self._folding = True
        self._suspended: set[Rule] = set()

    @property
    def hypotheses(self) -> frozenset[str]:
        """The hypotheses of the rules that fired; facts that follow from definitions have none."""
        return frozenset(h for h in self.used if h)

    # -- products ---------------------------------------------------------------------------

    def multiply(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """Return the product of two polynomials."""
        if left.constant is not None:
            return right.scaled(left.constant)
        if right.constant is not None:
            return left.scaled(right.constant)
        if len(left.terms) * len(right.terms) > MOST_TERMS:
            raise AlgebraError(
                f"a product expands to {len(left.terms) * len(right.terms)} terms; "
                f"the limit is {MOST_TERMS}."
            )
        return Polynomial.add(
            self.assemble((*a.factors, *b.factors)).scaled(c * d)
            for a, c in left.terms.items()
            for b, d in right.terms.items()
        )

    def assemble(self, factors: Factors) -> Polynomial:
        """Return the product of powers of atoms."""
        self._work += 1
        if self._work > MOST_WORK:
            raise AlgebraError(f"the normal form needs more than {MOST_WORK} products; split it.")
        merged: dict[Atom, Number] = {}
        for atom, exponent in factors:
            merged[atom] = merged.get(atom, 0) + exponent
        merged = {a: e for a, e in merged.items() if e}
        for atom in [a for a in merged if isinstance(a, Delta)]:
            if merged[atom] < 0:
                raise AlgebraError(f"division by the Kronecker delta {atom}.")
            merged[atom] = 1
            others = {a: e for a, e in merged.items() if a is not atom}
            if any(atom.second in a.free for a in others):
                product = self._rename_factors(others.items(), {atom.second: atom.first})
                return self.multiply(product, Polynomial.of(atom))
        for atom, exponent in merged.items():
            split = expandable(atom, exponent)
            if split is not None:
                rest = {**merged, atom: exponent - split[1]}
                return self.multiply(self.assemble(rest.items()), self.power(*split))
        again = simplified(self, merged)
        if again is None:
            again = merged_powers(self, merged)
        if again is not None:
            return again
        if self._folding and any(isinstance(atom, Ranged) for atom in merged):
            product = regrouped(self, merged)
            if product is not None:
                return product
        folded = self._fold(frozenset(), merged)
        return folded[0] if folded else Polynomial.of(Monomial(merged.items()))

    # -- powers and functions ---------------------------------------------------------------

    def power(self, value: Polynomial, exponent: Number) -> Polynomial:
        """Return ``value`` to a rational power."""
        return power(self, value, exponent)

    def exp(self, value: Polynomial) -> Polynomial:
        """Return exp of a polynomial."""
        return exp(self, value)

    def log(self, value: Polynomial) -> Polynomial:
        """Return log of a polynomial."""
        return log(self, value)

    def function(self, name: str, arguments: tuple[Polynomial, ...]) -> Polynomial:
        """Return a function of polynomials; all but exp, log, abs and power are opaque."""
        return function(self, name, arguments)

    def product_of_log(self, atom: Closed) -> Polynomial | None:
        """Return prod_k x_k if the sum is that of log x_k, which says that every x_k > 0."""
        return product_of_log(self, atom)

    def log_of_product(self, atom: Ranged) -> Polynomial:
        """Return the sum of log |x_k| for the product of x_k."""
        return log_of_product(self, atom)

    # -- sums -------------------------------------------------------------------------------

    def fresh(self, size: str) -> Ix:
        """Return a new raw bound index."""
        return (f"~{next(self._names)}", size)

    def sum_over(self, bound: Iterable[Ix], value: Polynomial) -> Polynomial:
        """Return the sum of ``value`` over raw bound indices (names from `fresh`)."""
        pending = frozenset(bound)
        return Polynomial.add(self._sum_term(pending, m).scaled(c) for m, c in value.terms.items())

    def _sum_term(self, bound: frozenset[Ix], monomial: Monomial) -> Polynomial:
        """Sum one monomial: open inner sums, carry out deltas, fold, split, name."""
        opened = self._open(bound, monomial)
        if opened is not None:
            return self.sum_over(*opened)
        factors, remaining, outside = dict(monomial.factors), set(bound), []
        for atom in monomial.factors:
            if isinstance(atom[0], Delta) and atom[0].second in remaining:
                del factors[atom[0]]  # the other factors no longer mention this index
                remaining.discard(atom[0].second)
        count = counted(self, frozenset(remaining), factors)
        if count is not None:
            return self.multiply(count, self.assemble(outside))
        for k in sorted(remaining):
            if not any(k in atom.free for atom in factors):
                remaining.discard(k)
                outside.append((Entry(k[1], (), nonnegative=True, size=True), 1))
        outside += [(a, e) for a, e in factors.items() if not a.free & remaining]
        inside = {a: e for a, e in factors.items() if a.free & remaining}
        left = frozenset(remaining)
        turned = oriented(self, left, inside) if self.orients else None
        if turned is not None:
            return self.multiply(self.assemble(outside), self.sum_over(left, turned))
        folded = self._fold(left, inside)
        if folded is not None:
            value, gone = folded
            return self.multiply(self.assemble(outside), self.sum_over(left - gone, value))
        result = self.assemble(outside)
        for part, body in connected(left, inside):
            result = self.multiply(result, close(part, body, self._rename_only))
        return result

    def _open(
        self, bound: frozenset[Ix], monomial: Monomial
    ) -> tuple[frozenset[Ix], Polynomial] | None:
        """Open the first inner sum that mentions ``bound``; None if there is none."""
        for atom, exponent in monomial.factors:
            if isinstance(atom, Closed) and exponent >= 1 and atom.free & bound:
                copies, value = (
                    bound,
                    self.assemble(
                        (a, e - math.floor(e) if a is atom else e) for a, e in monomial.factors
                    ),
                )
                for _ in range(math.floor(exponent)):
                    names = {k: self.fresh(k[1]) for k in atom.bound}
                    copies |= frozenset(names.values())
                    value = self.multiply(value, self.rename_monomial(atom.body, names))
                return copies, value
        return None

    # -- rewriting --------------------------------------------------------------------------

    def _fold(
        self, bound: frozenset[Ix], factors: dict[Atom, Number]
    ) -> tuple[Polynomial, frozenset[Ix]] | None:
        """Apply the first rule or denominator that matches; None if nothing does.

        Returns the new value and the bound indices that the replacement has summed.
        """
        if not self._folding or not factors:
            return None
        met = beside_inverse(self, bound, factors) if bound else None
        if met is not None:
            return met
        present = entry_names(factors)
        for rule in self.rules:
            if not rule.names <= present:
                continue
            if (bound or not rule.bound) and rule not in self._suspended:
                match = find(rule, factors, bound, self.image)
                replaced = self._replaced(rule, match, factors)
                if replaced is not None:
                    self._note(rule)
                    return replaced
        entered = beside_sum(self, factors) if self.joining and not bound else None
        if entered is not None:
            self._note(entered[0])
            return entered[1], bound
        for atom, exponent in factors.items():
            if exponent < 0 and isinstance(atom, Base | Closed):
                rule = self._denominator_rule(atom, bool(bound))
                if rule is None or (rule.bound and not bound):
                    continue
                others = {a: e for a, e in factors.items() if a is not atom}
                match = find(rule, others, bound - atom.free, self.image)
                if match is not None:
                    rest = ((atom, exponent), *match.rest)
                    return self._replace(rule, Match(rest, match.indices))
        return None

    def _note(self, rule: Rule) -> None:
        """Note that a rule has fired."""
        self.used.add(rule.hypothesis)
        if not rule.hypothesis:
            self.spoken.add(rule.of)

    def _replaced(
        self, rule: Rule, match: Match | None, factors: dict[Atom, Number]
    ) -> tuple[Polynomial, frozenset[Ix]] | None:
        """Return what a rule makes of a product, None where it does not match or change it."""
        if match is None or not rule.keeps:
            return None if match is None else self._replace(rule, match)
        self._suspended.add(rule)
        try:
            value, gone = self._replace(rule, match)
        finally:
            self._suspended.discard(rule)
        return None if value == Polynomial.of(Monomial(factors.items())) else (value, gone)

    def _denominator_rule(self, atom: Base | Closed, opened: bool) -> Rule | None:
        if (atom, opened) not in self._denominators:
            self._denominators[atom, opened] = denominator_rule(atom, self, opened)
        return self._denominators[atom, opened]

    def _replace(self, rule: Rule, match: Match) -> tuple[Polynomial, frozenset[Ix]]:
        replacement = self.rename(rule.replacement, match.indices)
        gone = frozenset(match.indices[k] for k in rule.bound)
        return self.multiply(replacement, self.assemble(match.rest)), gone

    # -- renaming ---------------------------------------------------------------------------

    def rename(self, value: Polynomial, renaming: Mapping[Ix, Ix]) -> Polynomial:
        """Return the polynomial with free indices renamed; the renaming may identify indices."""
        if not any(k in renaming for k in value.free):
            return value
        return Polynomial.add(
            self.rename_monomial(m, renaming).scaled(c) for m, c in value.terms.items()
        )

    def rename_monomial(self, monomial: Monomial, renaming: Mapping[Ix, Ix]) -> Polynomial:
        """Return one monomial with free indices renamed."""
        return self._rename_factors(monomial.factors, renaming)

    def rename_only(self, value: Polynomial, renaming: Mapping[Ix, Ix]) -> Polynomial:
        """Return the polynomial with free indices renamed; no rule fires."""
        self._folding, before = False, self._folding
        try:
            return self.rename(value, renaming)
        finally:
            self._folding = before

    def image(self, atom: Atom, renaming: Mapping[Ix, Ix]) -> Polynomial:
        """Rename in a pattern, which no rule may touch."""
        return self._rename_only(Monomial(((atom, 1),)), renaming)

    def _rename_only(self, monomial: Monomial, renaming: Mapping[Ix, Ix]) -> Polynomial:
        """Rename to new distinct names; rules fire before that, and must not depend on names."""
        self._folding, before = False, self._folding
        try:
            return self._rename_factors(monomial.factors, renaming)
        finally:
            self._folding = before

    def _rename_factors(self, factors: Factors, renaming: Mapping[Ix, Ix]) -> Polynomial:
        simple: list[tuple[Atom, Number]] = []
        result = UNIT
        for atom, exponent in factors:
            renamed = self._rename_atom(atom, renaming)
            only = renamed.single
            if only and only[1] == 1 and len(only[0].factors) == 1 and only[0].factors[0][1] == 1:
                simple.append((only[0].factors[0][0], exponent))
            else:
                result = self.multiply(result, self.power(renamed, exponent))
        return self.multiply(self.assemble(simple), result)

    def _rename_atom(self, atom: Atom, renaming: Mapping[Ix, Ix]) -> Polynomial:
        active = {k: v for k, v in renaming.items() if k in atom.free and k != v}
        if not active:
            return Polynomial.of(atom)
        if isinstance(atom, Entry):
            indices = tuple(active.get(k, k) for k in atom.indices)
            if atom.is_number:
                return self.number(indices[0])
            return Polynomial.of(self._entry(atom.name, indices, atom.nonnegative))
        if isinstance(atom, Delta):
            return self.delta(
                active.get(atom.first, atom.first), active.get(atom.second, atom.second)
            )
        key = (atom, tuple(sorted(active.items())), self._folding)
        if key not in self._renamed:
            self._renamed[key] = self._rename_compound(atom, active)
        return self._renamed[key]

    def _rename_compound(self, atom: Atom, renaming: Mapping[Ix, Ix]) -> Polynomial:
        if isinstance(atom, Function):
            return self.function(atom.name, tuple(self.rename(a, renaming) for a in atom.arguments))
        if isinstance(atom, Base):
            return self.rename(atom.polynomial, renaming)
        if isinstance(atom, Closed):
            # names that depend on nothing but what is renamed, so that inner sums are remembered
            names = {k: (f"~{k[0]}", k[1]) for k in atom.bound}
            while not atom.free.union(renaming.values()).isdisjoint(names.values()):
                names = {k: (f"~{name[0]}", name[1]) for k, name in names.items()}
            body = self.rename_monomial(atom.body, {**renaming, **names})
            return self.sum_over(names.values(), body)
        if isinstance(atom, Ranged):
            return renamed_ranged(self, atom, renaming)
        raise AlgebraError(f"`{atom}` holds no index that could be renamed.")

    def ranged(
        self, kind: str, bound: tuple[Ix, ...], body: Polynomial, at: tuple[Ix, ...] = ()
    ) -> Polynomial:
        """Return what `Ranged` stands for, with raw bound indices, in normal form."""
        return ranged(self, kind, bound, body, at)

    def entry(self, name: str, indices: tuple[Ix, ...], nonnegative: bool = False) -> Polynomial:
        """Return the entry of a tensor, or what a rule makes of it."""
        return self.assemble(((self._entry(name, indices, nonnegative), 1),))

    def _entry(self, name: str, indices: tuple[Ix, ...], nonnegative: bool) -> Entry:
        """Return an entry; two of its indices are sorted where a hypothesis allows it."""
        symmetry = self._symmetries.get(name)
        if symmetry is None:
            return Entry(name, indices, nonnegative)
        atom = SymmetricEntry(name, indices, nonnegative, symmetry.slots)
        if atom.indices != indices:
            self.used.add(symmetry.hypothesis)
        return atom

    def number(self, index: Ix) -> Polynomial:
        """Return an index, or a literal position, as a number."""
        if index[0][0] == "#":
            return Polynomial.of(int(index[0][1:]))
        return Polynomial.of(Entry(NUMBER, (index,), nonnegative=True))

    def order(self, high: Ix, low: Ix) -> Polynomial:
        """Return what is 1 where low <= high and 0 elsewhere."""
        return self.entry(f"{ORDER}{high[1]}", (high, low), nonnegative=True)

    def delta(self, first: Ix, second: Ix) -> Polynomial:
        """Return the Kronecker delta of two indices of one size."""
        if first[1] != second[1]:
            raise AlgebraError(f"a Kronecker delta joins {first[1]} and {second[1]}.")
        if first == second:
            return UNIT
        if first[0][0] == "#" and second[0][0] == "#":
            return Polynomial({})
        return Polynomial.of(Delta(first, second))
