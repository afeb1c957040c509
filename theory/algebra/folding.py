"""Rewriting by hypotheses and by denominators: finding a pattern inside a product of factors.

A `Rule` replaces a product by a polynomial, for instance

    sum_c y_ic          ->  1                 a row that sums to one
    y_ic y_id           ->  delta_cd y_ic     a one-hot row
    m_ij^2              ->  m_ij              a mask of zeros and ones

Its free indices are variables; its bound indices must, in the product, occur in the matched
factors and nowhere else.  The same search finds sum_k exp(s_ik) in a product that is divided by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

from theory.algebra.polynomial import Atom, Entry, Ix, Monomial, Polynomial

__all__ = ["Match", "Rule", "entry_names", "find"]

Factors = dict[Atom, "Fraction | int"]


@dataclass(frozen=True)
class Rule:
    """Replace ``pattern``, summed over ``bound``, by ``replacement``.

    Indices whose name starts with "?" are variables.  ``hypothesis`` is the text reported when
    the rule was used; it is empty for facts that follow from definitions, and ``of`` is then the
    name of the definition.  ``keeps``: what is replaced occurs in the replacement again, as in
    w_j -> delta_1j w_1; such a rule is applied only where it changes something.
    """

    bound: tuple[Ix, ...]
    pattern: Monomial
    replacement: Polynomial
    hypothesis: str = ""
    of: str = ""
    keeps: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the entries that the pattern multiplies; others need not be tried."""
        return entry_names(atom for atom, _ in self.pattern.factors)

    @cached_property
    def wanted(self) -> tuple[tuple[Atom, Fraction | int], ...]:
        """The factors of the pattern; the most constrained first: wrong guesses die early."""
        return tuple(
            sorted(
                self.pattern.factors,
                key=lambda pair: (not isinstance(pair[0], Entry), -len(pair[0].free)),
            )
        )


@dataclass(frozen=True)
class Match:
    """Where a pattern was found: what is left, and what its indices stand for."""

    rest: tuple[tuple[Atom, Fraction | int], ...]
    indices: dict[Ix, Ix]


def entry_names(atoms: Iterable[Atom]) -> frozenset[str]:
    """Return the names of those atoms that are entries."""
    return frozenset(atom.name for atom in atoms if isinstance(atom, Entry))


def find(rule: Rule, factors: Factors, bound: frozenset[Ix], rename) -> Match | None:
    """Return the first place where ``rule`` matches, or None.

    ``bound`` holds the indices the product is summed over; ``rename(atom, mapping)`` renames
    indices inside an atom and returns a polynomial.
    """
    for rest, indices in _match(rule.wanted, factors, {}, rule, bound, rename):
        images = [indices[k] for k in rule.bound]
        elsewhere = {image for k, image in indices.items() if k not in rule.bound}
        if len(set(images)) < len(images) or not elsewhere.isdisjoint(images):
            continue  # sum_j alpha_jj is no row sum
        if any(k in atom.free for k in images for atom in rest):
            continue
        return Match(tuple(rest.items()), indices)
    return None


def _match(wanted, factors, indices, rule, bound, rename) -> Iterator[tuple[Factors, dict]]:
    if not wanted:
        yield factors, indices
        return
    (atom, exponent), *later = wanted
    for candidate, available in factors.items():
        if not _alike(candidate, atom) or not _covers(available, exponent):
            continue
        for extended in _unify(atom, candidate, indices, rule, bound, rename):
            rest = dict(factors)
            if available == exponent:
                del rest[candidate]
            else:
                rest[candidate] = available - exponent
            yield from _match(later, rest, extended, rule, bound, rename)


def _covers(available: Fraction | int, exponent: Fraction | int) -> bool:
    return available == exponent or (available > exponent > 0) or (available < exponent < 0)


def _unify(atom: Atom, candidate: Atom, indices, rule, bound, rename) -> Iterator[dict]:
    """Yield the assignments of pattern indices under which ``atom`` becomes ``candidate``."""
    if isinstance(atom, Entry) and isinstance(candidate, Entry):
        if atom.name != candidate.name or len(atom.indices) != len(candidate.indices):
            return
        for theirs in candidate.orders:
            extended = _unify_indices(atom.indices, theirs, indices, rule, bound)
            if extended is not None:
                yield extended
        return
    unknown = [k for k in sorted(atom.free) if _variable(k, rule) and k not in indices]
    choices = [[x for x in candidate.free if _allowed(k, x, rule, bound)] for k in unknown]
    for assignment in product(*choices):
        extended = {**indices, **dict(zip(unknown, assignment, strict=True))}
        renamed = rename(atom, {k: v for k, v in extended.items() if k in atom.free})
        if renamed == rename(candidate, {}):  # a sum, as a factor, stands for its terms
            yield extended


def _alike(candidate: Atom, atom: Atom) -> bool:
    return type(candidate) is type(atom) or (
        isinstance(candidate, Entry) and isinstance(atom, Entry)
    )


def _unify_indices(pattern, found, indices, rule, bound) -> dict | None:
    extended = dict(indices)
    for mine, theirs in zip(pattern, found, strict=True):
        if mine in extended or not _variable(mine, rule):
            if extended.get(mine, mine) != theirs:
                return None
        elif not _allowed(mine, theirs, rule, bound):
            return None
        else:
            extended[mine] = theirs
    return extended


def _variable(index: Ix, rule: Rule) -> bool:
    return index[0][0] == "?" or index in rule.bound


def _allowed(index: Ix, image: Ix, rule: Rule, bound: frozenset[Ix]) -> bool:
    return index[1] == image[1] and (index not in rule.bound or image in bound)
