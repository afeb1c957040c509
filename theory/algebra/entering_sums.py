"""Factors beside a sum that a rule joins with the terms of the sum.

y_ic y_id -> delta_cd y_ic        y_ic sum_d y_id f_d = y_ic f_c
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
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
    for atom, e in factors.items():
        if not isinstance(atom, Closed) or e < 1:
            continue
        within = entry_names(x for x, _ in atom.body.factors)
        for rule in ring.joining:
            for outer, power in factors.items():
                if not isinstance(outer, Entry) or power < 1 or outer.name not in rule.names:
                    continue
                if not rule.names <= within | {outer.name} or not within & rule.names:
                    continue
                names = {k: ring.fresh(k[1]) for k in atom.bound}
                body = ring.rename_only(Polynomial.of(atom.body), names).single
                inside = {} if body is None else dict(body[0].factors)
                together = inside | {outer: inside.get(outer, 0) + 1}
                match = find(rule, together, frozenset(names.values()), ring.image)
                if match is None or dict(match.rest).get(outer, 0) > inside.get(outer, 0):
                    continue
                replacement = ring.rename(rule.replacement, match.indices)
                terms = ring.multiply(replacement, ring.assemble(match.rest))
                left = {**factors, atom: e - 1, outer: power - 1}
                entered = ring.sum_over(names.values(), terms)
                return rule, ring.multiply(ring.assemble(left.items()), entered)
    return None
