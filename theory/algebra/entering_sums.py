"""Factors beside a sum that a rule joins with the terms of the sum.

y_ic y_id -> delta_cd y_ic        y_ic sum_d y_id f_d = y_ic f_c
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from theory.algebra.folding import Rule, entry_names, find
from theory.algebra.polynomial import Atom, Closed, Entry, Polynomial

if TYPE_CHECKING:
    from theory.algebra.ring import Ring

__all__ = ["beside_sum", "joins_two"]

Number: TypeAlias = Fraction | int


def joins_two(rule: Rule) -> bool:
    """Return whether a rule joins two entries, and sums over nothing."""
    count = sum(e for atom, e in rule.pattern.factors if isinstance(atom, Entry) and e >= 1)
    return not rule.bound and not rule.keeps and count >= 2


def beside_sum(ring: Ring, factors: Mapping[Atom, Number]) -> tuple[Rule, Polynomial] | None:
    """Return the rule that joins a factor with a sum beside it, and the product after that.

    None where there is no such factor.
    """
    for closed, outer, rule in _meetings(ring, factors):
        names = {k: ring.fresh(k[1]) for k in closed.bound}
        body = ring.rename_only(Polynomial.of(closed.body), names).single
        if body is None:
            continue
        together = dict(body[0].factors) | {outer: 1}
        match = find(rule, together, frozenset(names.values()), ring.image)
        if match is not None and outer not in dict(match.rest):
            replacement = ring.rename(rule.replacement, match.indices)
            terms = ring.multiply(replacement, ring.assemble(match.rest))
            left = {**factors, closed: factors[closed] - 1, outer: factors[outer] - 1}
            entered = ring.sum_over(names.values(), terms)
            return rule, ring.multiply(ring.assemble(left.items()), entered)
    return None


def _meetings(ring: Ring, factors: Mapping[Atom, Number]) -> Iterator[tuple[Closed, Entry, Rule]]:
    """Yield the sums, the entries beside them and the rules whose entries both have."""
    sums = [x for x, e in factors.items() if isinstance(x, Closed) and e >= 1]
    beside = [x for x, e in factors.items() if isinstance(x, Entry) and e >= 1]
    for closed, rule, outer in product(sums, ring.joining, beside):
        within = entry_names(x for x, _ in closed.body.factors) & rule.names
        if within and outer.name in rule.names and rule.names <= within | {outer.name}:
            yield closed, outer, rule
