"""How every kind of node is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import sympy as sp
from sympy.core.function import AppliedUndef

from proofs_checks.checks.plain import calculus, entries, ranged, special
from proofs_checks.checks.plain.functions import ELEMENTARY
from proofs_checks.checks.plain.jets import Jet, Unjudgeable
from theory.algebra.nodes import Applied, Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.symbols import Flow, Index, Partial, Size, Step

if TYPE_CHECKING:
    from proofs_checks.checks.plain.surroundings import Surroundings

__all__ = ["evaluation_of"]

Evaluation: TypeAlias = "Callable[[Surroundings, Any], Jet]"


def evaluation_of(e: sp.Basic) -> Evaluation:
    """Return how to evaluate an expression of this kind."""
    for kinds, evaluation in _EVALUATIONS:
        if isinstance(e, kinds):
            return evaluation
    raise Unjudgeable(f"`{e}` ({type(e).__name__}) has no float64 value here")


_EVALUATIONS: tuple[tuple[Any, Evaluation], ...] = (
    ((sp.Rational, sp.Float, sp.NumberSymbol), entries.number),
    (Size, entries.size),
    (Index, entries.index_value),
    (sp.Indexed, entries.entry),
    (sp.Symbol, entries.scalar),
    (sp.Add, entries.sum_of_terms),
    (sp.Mul, entries.product),
    (sp.Sum, entries.summation),
    (sp.KroneckerDelta, entries.kronecker_delta),
    (sp.Pow, special.power_of),
    (tuple(ELEMENTARY), special.elementary),
    ((sp.tanh, sp.coth, sp.sech, sp.csch, sp.tan), special.hyperbolic),
    ((sp.Max, sp.Min), special.extreme),
    (AppliedUndef, special.undefined),
    (Applied, special.applied),
    (MatrixInverse, ranged.inverse),
    (Determinant, ranged.determinant),
    (ProductOver, ranged.product_over),
    (Maximum, ranged.maximum),
    (Partial, calculus.partial),
    (Step, calculus.step),
    (Flow, calculus.flow),
)
