"""Bijection elimination: the posterior predictive of a random bijection (law F2).

With a_y = 1 for the values that m = k - 1 pairs have left free, and 0 for the others,

    p_y = a_y / (V - m),        H = log(V - m) nats = log2(V - k + 1) bits.

What the calculus takes as given is the symmetry of the uniform prior: every free value is continued
by the same number n of bijections, a taken one by none.  That, the number itself and the entropy
-sum_y p_y log p_y are counted over all permutations of small V by the judge `enumeration`.

Source: agarwal2025geometry, section 3.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import total
from theory.laws.entries import Entries
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["BIJECTION"]

MODELS = ("bijection",)
ELIMINATION = Citation("agarwal2025geometry", "section 3")
FREE = "a_y is 1 for the values that are free and 0 for those that the pairs show"


def _left_over(x: Entries) -> sp.Expr:
    return x.V - x("m")


def _count(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("C"), x("n") * _left_over(x))


def _derive_count(m: Model) -> tuple[ProofStep, ...]:
    statement = _count(m)
    x = Entries(m)
    line = m.by_name["C"]
    free = x("n") * total(x("a", x.y), x.y)
    return chain(
        statement.left,
        (line.value, line.title),
        (free, "every free value is continued by n bijections, a taken one by none"),
        (statement.right, "V - m values are free"),
    )


def _posterior(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("p", x.y), x("a", x.y) / _left_over(x))


def _derive_posterior(m: Model) -> tuple[ProofStep, ...]:
    statement = _posterior(m)
    x = Entries(m)
    line = m.by_name["p"]
    return (
        *_derive_count(m),
        *chain(
            statement.left,
            (line.value, "Bayes: all bijections are equally likely"),
            (x("n") * x("a", x.y) / x("C"), "bijections that continue with the value"),
            (statement.right, "bijections that agree with the pairs"),
        ),
    )


def _entropy(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("H"), sp.log(_left_over(x)))


def _derive_entropy(m: Model) -> tuple[ProofStep, ...]:
    statement = _entropy(m)
    x = Entries(m)
    loss, line = m.by_name["L"], m.by_name["H"]
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *_derive_count(m),
        *chain(
            statement.left,
            (line.value, line.title),
            (x("L"), "the posterior predictive sums to one"),
            (sp.log(x("C")) - sp.log(x("n")), "surprise at a free value"),
            (statement.right, "bijections that agree with the pairs"),
        ),
    )


BIJECTION = (
    Law(
        "bijection-count", "each pair divides the number of bijections by the free values",
        ELIMINATION, MODELS, _count, _derive_count, (FREE,),
    ),
    Law(
        "bijection-posterior", "the next value is uniform over those that are free", ELIMINATION,
        MODELS, _posterior, _derive_posterior, (FREE,),
    ),
    Law(
        "bijection-entropy", "entropy of the next value", ELIMINATION, MODELS, _entropy,
        _derive_entropy, (FREE, "in nats; divided by log 2 it is log2(V - k + 1) bits"),
    ),
)  # fmt: skip
"""Law F2."""
