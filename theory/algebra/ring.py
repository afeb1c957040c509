"""Arithmetic of polynomials in normal form: products, powers, exp, log, sums, renaming.

What each operation guarantees:

* products merge powers of one atom and carry out Kronecker deltas (delta_jk f_k = delta_jk f_j);
* powers distribute over products; fractional powers only over factors known to be >= 0;
* exp turns sums into products and undoes log; log turns products into sums and undoes exp,
  so exp(s - lse) is the softmax and softmax^2 is exp(2s)/Z^2;
* sums pull out what does not depend on the bound index, split into connected parts, and give their
  bound indices canonical names;
* what is divided by is recognised in the numerator: sum_k exp(s_ik) / Z_i = 1, and for a
  denominator with several terms its leading monomial is rewritten, x/(1+x) = 1 - 1/(1+x).

Equalities hold wherever both sides are defined: log x is read as log|x| while products are split.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

import sympy as sp

from theory.algebra.canonical import AlgebraError, close
from theory.algebra.folding import Match, Rule, find
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

__all__ = ["Ring"]

Number = Fraction | int
Factors = Iterable[tuple[Atom, Number]]
UNIT = Polynomial.of(1)


class Ring:
    """The arithmetic under a set of rewriting rules.

    ``used`` collects the hypotheses of the rules that fired; ``most_terms`` bounds the size of an
    expanded product.  Raises `AlgebraError` when an expression grows beyond it.
    """

    def __init__(self, rules: Iterable[Rule] = (), most_terms: int = 20_000) -> None:
        self.rules = tuple(rules)
        self.most_terms = most_terms
        self.used: set[str] = set()
        self._names = itertools.count()
        self._renamed: dict[tuple, Polynomial] = {}
        self._folding = True

    # -- products ---------------------------------------------------------------------------

    def multiply(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """Return the product of two polynomials."""
        if left.constant is not None:
            return right.scaled(left.constant)
        if right.constant is not None:
            return left.scaled(right.constant)
        if len(left.terms) * len(right.terms) > self.most_terms:
            raise AlgebraError(
                f"a product expands to {len(left.terms) * len(right.terms)} terms; "
                f"the limit is {self.most_terms}."
            )
        return Polynomial.add(
            self.assemble((*a.factors, *b.factors)).scaled(c * d)
            for a, c in left.terms.items()
            for b, d in right.terms.items()
        )

    def assemble(self, factors: Factors) -> Polynomial:
        """Return the product of powers of atoms."""
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
            split = _expandable(atom, exponent)
            if split is not None:
                rest = {**merged, atom: exponent - split[1]}
                return self.multiply(self.assemble(rest.items()), self.power(*split))
        folded = self._fold(frozenset(), merged)
        return folded[0] if folded else Polynomial.of(Monomial(merged.items()))

    # -- powers -----------------------------------------------------------------------------

    def power(self, value: Polynomial, exponent: Number) -> Polynomial:
        """Return ``value`` to a rational power."""
        if exponent == 0:
            return UNIT
        if exponent == 1:
            return value
        if not value:
            if exponent < 0:
                raise AlgebraError("division by an expression that is identically zero.")
            return value
        if value.single is not None:
            return self._power_of_product(*value.single, exponent)
        if Fraction(exponent).denominator == 1 and exponent > 0:
            result = UNIT
            for _ in range(int(exponent)):
                result = self.multiply(result, value)
            return result
        content, coefficient, primitive = self._primitive(value, exponent)
        outside = self._power_of_product(content, coefficient, exponent)
        if primitive.single is not None:
            return self.multiply(outside, self._power_of_product(*primitive.single, exponent))
        return self.multiply(outside, self.assemble(((Base(primitive), exponent),)))

    def _power_of_product(
        self, monomial: Monomial, coefficient: Number, exponent: Number
    ) -> Polynomial:
        if Fraction(exponent).denominator == 1:
            product = self.assemble((a, e * exponent) for a, e in monomial.factors)
            return product.scaled(Fraction(coefficient) ** int(exponent))
        number, primes = _rational_power(abs(Fraction(coefficient)), exponent)
        splitting, kept = list(primes), []
        for atom, e in monomial.factors:
            if atom.nonnegative or e.denominator != 1:
                splitting.append((atom, e * exponent))
            elif e % 2 == 0:  # (x^2)^(1/2) = |x|, not x
                splitting.append((Function("abs", (Polynomial.of(atom),)), e * exponent))
            else:
                kept.append((atom, e))
        negative = coefficient < 0
        if kept and not negative and len(kept) == 1 and kept[0][1] == 1:
            splitting.append((kept[0][0], exponent))
        elif kept or negative:
            inside = Polynomial({Monomial(kept): -1 if negative else 1})
            splitting.append((Base(inside), exponent))
        return self.assemble(splitting).scaled(number)

    def _primitive(
        self, value: Polynomial, exponent: Number
    ) -> tuple[Monomial, Fraction, Polynomial]:
        """Return (content monomial, content number, primitive part) of a sum of terms."""
        whole = Fraction(exponent).denominator == 1
        common = _common_factors(value)
        if not whole:
            common = {a: e for a, e in common.items() if a.nonnegative}
        coefficients = [Fraction(c) for c in value.terms.values()]
        number = Fraction(
            math.gcd(*(c.numerator for c in coefficients)),
            math.lcm(*(c.denominator for c in coefficients)),
        )
        if whole and value.terms[min(value.terms, key=lambda m: m.key)] < 0:
            number = -number
        primitive = Polynomial.add(
            self.assemble((*m.factors, *((a, -e) for a, e in common.items()))).scaled(
                Fraction(c) / number
            )
            for m, c in value.terms.items()
        )
        return Monomial(common.items()), number, primitive

    # -- functions --------------------------------------------------------------------------

    def exp(self, value: Polynomial) -> Polynomial:
        """Return exp of a polynomial: a product with one factor for each term."""
        result = UNIT
        for monomial, coefficient in value.terms.items():
            inner = _argument_of_log(monomial)
            if inner is not None:
                factor = self.power(inner, coefficient)
            else:
                atom = Function("exp", (Polynomial.of(monomial),))
                factor = self.assemble(((atom, coefficient),))
            result = self.multiply(result, factor)
        return result

    def log(self, value: Polynomial) -> Polynomial:
        """Return log of a polynomial: a sum with one term for each factor."""
        if not value:
            raise AlgebraError("logarithm of an expression that is identically zero.")
        if value.single is None:
            common = Monomial(_common_factors(value).items())
            rest = self.multiply(value, self._power_of_product(common, 1, -1))
            content = self.log(Polynomial.of(common))
            if rest.single is not None:
                return content + self.log(rest)
            return content + Polynomial.of(Function("log", (rest,)))
        monomial, coefficient = value.single
        if coefficient < 0:
            return Polynomial.of(Function("log", (value,)))
        parts = [
            Polynomial.of(Function("log", (Polynomial.of(prime),))).scaled(e)
            for prime, e in _factorise(Fraction(coefficient)).items()
        ]
        for atom, e in monomial.factors:
            parts.append(self._log_of_atom(atom).scaled(e))
        return Polynomial.add(parts)

    def _log_of_atom(self, atom: Atom) -> Polynomial:
        if isinstance(atom, Function) and atom.name == "exp":
            return atom.arguments[0]
        if isinstance(atom, Prime):
            return Polynomial.of(Function("log", (Polynomial.of(atom.value),)))
        inner = atom.polynomial if isinstance(atom, Base) else Polynomial.of(atom)
        return Polynomial.of(Function("log", (inner,)))

    def function(self, name: str, arguments: tuple[Polynomial, ...]) -> Polynomial:
        """Return a function of polynomials; all but exp, log and abs are opaque."""
        if name == "exp":
            return self.exp(arguments[0])
        if name == "log":
            return self.log(arguments[0])
        if name == "abs":
            return self._absolute(arguments[0])
        return Polynomial.of(Function(name, arguments))

    def _absolute(self, value: Polynomial) -> Polynomial:
        if all(c > 0 and m.nonnegative for m, c in value.terms.items()):
            return value
        if min(value.terms.items(), key=lambda term: term[0].key)[1] < 0:
            value = -value
        return Polynomial.of(Function("abs", (value,)))

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
        for k in sorted(remaining):
            if not any(k in atom.free for atom in factors):
                remaining.discard(k)
                outside.append((Entry(k[1], (), nonnegative=True, size=True), 1))
        outside += [(a, e) for a, e in factors.items() if not a.free & remaining]
        inside = {a: e for a, e in factors.items() if a.free & remaining}
        left = frozenset(remaining)
        folded = self._fold(left, inside)
        if folded is not None:
            value, gone = folded
            return self.multiply(self.assemble(outside), self.sum_over(left - gone, value))
        result = self.assemble(outside)
        for part, body in _connected(left, inside):
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
        for rule in self.rules:
            if bound or not rule.bound:
                match = find(rule, factors, bound, self._image)
                if match is not None:
                    self.used.add(rule.hypothesis)
                    return self._replace(rule, match)
        for atom, exponent in factors.items():
            if exponent < 0 and isinstance(atom, Base | Closed):
                rule = _denominator_rule(atom, self, opened=bool(bound))
                if rule is None or (rule.bound and not bound):
                    continue
                others = {a: e for a, e in factors.items() if a is not atom}
                match = find(rule, others, bound - atom.free, self._image)
                if match is not None:
                    rest = ((atom, exponent), *match.rest)
                    return self._replace(rule, Match(rest, match.indices))
        return None

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

    def _image(self, atom: Atom, renaming: Mapping[Ix, Ix]) -> Polynomial:
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
            return Polynomial.of(Entry(atom.name, indices, atom.nonnegative, atom.size))
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
            names = {k: self.fresh(k[1]) for k in atom.bound}
            body = self.rename_monomial(atom.body, {**renaming, **names})
            return self.sum_over(names.values(), body)
        raise AlgebraError(f"`{atom}` holds no index that could be renamed.")

    def delta(self, first: Ix, second: Ix) -> Polynomial:
        """Return the Kronecker delta of two indices of one size."""
        if first[1] != second[1]:
            raise AlgebraError(f"a Kronecker delta joins {first[1]} and {second[1]}.")
        if first == second:
            return UNIT
        if first[0][0] == "#" and second[0][0] == "#":
            return Polynomial({})
        return Polynomial.of(Delta(first, second))


def _expandable(atom: Atom, exponent: Number) -> tuple[Polynomial, int] | None:
    """Return (value, whole power) for the part of a power that is to be multiplied out."""
    whole = math.floor(exponent)
    if isinstance(atom, Prime) and whole:
        return Polynomial.of(Fraction(atom.value)), whole
    if isinstance(atom, Base) and whole >= 1:
        return atom.polynomial, whole
    if isinstance(atom, Function) and atom.name == "abs" and exponent == whole and whole % 2 == 0:
        return atom.arguments[0], whole
    return None


def _denominator_rule(atom: Base | Closed, ring: Ring, opened: bool) -> Rule | None:
    """Return the rule that rewrites the leading monomial of a denominator.

    ``opened``: sums inside the pattern stand open, as they do among the factors of a sum.
    """
    if isinstance(atom, Closed):
        return Rule(atom.bound, atom.body, Polynomial.of(atom))
    lead = max(atom.polynomial.terms, key=_order)
    if not lead.factors or any(e < 0 or isinstance(a, Delta) for a, e in lead.factors):
        return None
    coefficient = Fraction(atom.polynomial.terms[lead])
    rest = Polynomial({m: c for m, c in atom.polynomial.terms.items() if m != lead})
    # the denominator itself, as an atom: it cancels against its own negative power
    replacement = (Polynomial.of(atom) - rest).scaled(1 / coefficient)
    bound: list[Ix] = []
    pattern: list[tuple[Atom, Number]] = []
    for factor, exponent in lead.factors:
        if opened and isinstance(factor, Closed) and Fraction(exponent).denominator == 1:
            for _ in range(int(exponent)):
                names = {k: ring.fresh(k[1]) for k in factor.bound}
                inside = ring.rename_monomial(factor.body, names).single
                if inside is None or inside[1] != 1:
                    return None
                bound += names.values()
                pattern += inside[0].factors
        else:
            pattern.append((factor, exponent))
    if len({a for a, _ in pattern}) < len(pattern):
        return None
    return Rule(tuple(bound), Monomial(pattern), replacement)


def _order(monomial: Monomial) -> tuple:
    """Degree first (sums count more than entries), then lexicographic: a monomial order.

    Atoms with more indices come first, so that d_i leads in lambda + d_i: it stands inside
    the sums in which the denominator stands.
    """
    degree = sum(
        e * (len(a.body.factors) + 1 if isinstance(a, Closed) else 1) for a, e in monomial.factors
    )
    ranked = sorted((((len(a.free), a.key), e) for a, e in monomial.factors), reverse=True)
    return (degree, ranked)


def _connected(
    bound: frozenset[Ix], factors: dict[Atom, Number]
) -> Iterable[tuple[list[Ix], Monomial]]:
    """Split factors into groups that share bound indices."""
    groups: list[tuple[set[Ix], list[tuple[Atom, Number]]]] = []
    for atom, exponent in factors.items():
        mine = (set(atom.free & bound), [(atom, exponent)])
        apart = []
        for group in groups:
            if group[0] & mine[0]:
                mine = (mine[0] | group[0], group[1] + mine[1])
            else:
                apart.append(group)
        groups = [*apart, mine]
    return [(sorted(part), Monomial(body)) for part, body in groups]


def _common_factors(value: Polynomial) -> dict[Atom, Number]:
    """Return the atoms of all terms with their least exponents (absent counts as 0)."""
    atoms = {a for m in value.terms for a, _ in m.factors if not isinstance(a, Delta)}
    least = {a: min(m.exponent(a) for m in value.terms) for a in atoms}
    return {a: e for a, e in least.items() if e}


def _argument_of_log(monomial: Monomial) -> Polynomial | None:
    if len(monomial.factors) == 1:
        atom, exponent = monomial.factors[0]
        if exponent == 1 and isinstance(atom, Function) and atom.name == "log":
            return atom.arguments[0]
    return None


def _factorise(value: Fraction) -> dict[int, int]:
    primes = dict(sp.factorint(value.numerator))
    for prime, e in sp.factorint(value.denominator).items():
        primes[prime] = primes.get(prime, 0) - e
    return {int(p): int(e) for p, e in primes.items() if e}


def _rational_power(
    value: Fraction, exponent: Number
) -> tuple[Fraction, list[tuple[Atom, Number]]]:
    """Return value^exponent as a rational number times fractional powers of primes."""
    number, primes = Fraction(1), []
    for prime, e in _factorise(value).items():
        whole = math.floor(e * exponent)
        number *= Fraction(prime) ** whole
        if e * exponent != whole:
            primes.append((Prime(prime), e * exponent - whole))
    return number, primes
