"""Hypotheses that contradict each other, or the definitions: from them everything follows.

A hypothesis is compared under the rules of the others, with the definitions written out one after
the other.  If left - right becomes a number other than 0, or has a sign that can be read off, no
point meets them all:

    w = 1 and w = 2           exp(w) = 0           sum_c p_ic = 2 for a softmax p

That nothing is found does not mean that a point exists.
"""

from __future__ import annotations

from functools import lru_cache

from theory.algebra.limits import AlgebraError
from theory.algebra.reading import Reader
from theory.algebra.ring import Ring
from theory.models.facts import holds_anyway
from theory.models.model import Constraint, Model
from theory.models.resolution import Theory, theory_of

__all__ = ["contradiction"]


@lru_cache(maxsize=64)
def contradiction(model: Model) -> tuple[str, ...]:
    """Return the texts of hypotheses that no inputs meet together; empty if none are seen."""
    for constraint in model.constraints:
        try:
            found = () if holds_anyway(constraint.equation) else _against(model, constraint)
        except (AlgebraError, RecursionError):  # it cannot be read: nothing is seen
            continue
        if found:
            return found
    return ()


def _against(model: Model, constraint: Constraint) -> tuple[str, ...]:
    theory = theory_of(model)
    left, right = (theory.resolve(side) for side in constraint.equation.args)
    if theory.signs.positive(left - right) or theory.signs.positive(right - left):
        return (constraint.text,)
    others = [rule for rule in model.rules if rule.hypothesis != constraint.text]
    for names in _levels(theory):
        ring = Ring(others)
        value = Reader(ring, theory.unfolding(names)).read(left - right).constant
        if value:
            lines = (theory.by_name[name] for name in names if name in theory.by_name)
            used = ring.hypotheses.union(*(line.hypotheses for line in lines))
            return tuple(dict.fromkeys((constraint.text, *sorted(used))))
    return ()


def _levels(theory: Theory) -> list[list[str]]:
    """Return the names to write out: none, and all that the model defines by itself."""
    return [[], [line.name for line in theory.model.definitions]]
