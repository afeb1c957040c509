"""The population optimum: what minimises the expected cross-entropy (law F1).

With m_i the probability of a context, p_i the posterior predictive and q_i what the model predicts,

    L = H + sum_i m_i KL(p_i || q_i),        dL/dz_ic = m_i (q_ic - p_ic),

H the conditional entropy of the next symbol.  So L >= H (Gibbs' inequality), and because

    KL(p || q) >= sum_c (sqrt p_c - sqrt q_c)^2,

L = H only where q_i = p_i for every context that occurs: the posterior predictive is the only
minimiser.

Source: agarwal2025geometry, section 2.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import total
from theory.laws.entries import Entries
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["POPULATION"]

MODELS = ("posterior-predictive",)
OPTIMUM = Citation("agarwal2025geometry", "section 2")
TANGENT = "u - 1 - log u is never negative"
SUMS = "contexts, posterior predictive and prediction sum to one"


def _divergence(x: Entries) -> sp.Expr:
    p, q = x("p", x.i, x.c), x("q", x.i, x.c)
    return total(x("m", x.i) * p * (sp.log(p) - sp.log(q)), x.i, x.c)


def _split(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), x("H") + _divergence(x))


def _derive_split(m: Model) -> tuple[ProofStep, ...]:
    statement = _split(m)
    x = Entries(m)
    loss = m.by_name["L"]
    surprise = sp.log(x("q", x.i, x.c))
    averaged = total(x("m", x.i) * x("p", x.i, x.c) * surprise, x.i, x.c)
    posterior = x("m", x.i) * x("r", x.i, x.k) * x("t", x.k, x.i, x.c) * surprise
    return chain(
        statement.left,
        (loss.value, loss.title),
        (-total(posterior, x.i, x.k, x.c), "Bayes: pi_k ell_ki = m_i r_ik"),
        (-averaged, "definition of the posterior predictive"),
        (statement.right, "add and subtract the conditional entropy"),
    )


def _gradient(m: Model) -> Equation:
    x = Entries(m)
    error = x("q", x.i, x.c) - x("p", x.i, x.c)
    return Equation(x.gradient("z", x.i, x.c), x("m", x.i) * error)


def _derive_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _gradient(m)
    x = Entries(m)
    joint = x("pi", x.k) * x("ell", x.k, x.i)
    error = x("q", x.i, x.c) - x("t", x.k, x.i, x.c)
    return (
        *derivation_from_loss(m, "z"),
        *chain(
            statement.left,
            (total(joint * error, x.k), "collect, the next symbols of a task sum to one"),
            (statement.right, "definitions of the posterior and of the posterior predictive"),
        ),
    )


def _gaps(x: Entries) -> sp.Expr:
    """Return sum_i m_i sum_c p (u - 1 - log u) with u = q / p, every term >= 0."""
    p, ratio = x("p", x.i, x.c), x("q", x.i, x.c) / x("p", x.i, x.c)
    return total(x("m", x.i) * p * (ratio - 1 - sp.log(ratio)), x.i, x.c)


def _floor(m: Model) -> Inequality:
    x = Entries(m)
    return Inequality(x("H"), x("L"))


def _derive_floor(m: Model) -> tuple[ProofStep, ...]:
    statement = _floor(m)
    x = Entries(m)
    lower = x("L") - _gaps(x)
    return (
        *_derive_split(m),
        *chain(
            statement.left,
            (x("L") - _divergence(x), "the cross-entropy found above"),
            (lower, SUMS),
        ),
        ProofStep(lower, statement.right, TANGENT, Inequality),
    )


def _unique(m: Model) -> Inequality:
    x = Entries(m)
    apart = sp.sqrt(x("p", x.i, x.c)) - sp.sqrt(x("q", x.i, x.c))
    return Inequality(x("H") + total(x("m", x.i) * apart**2, x.i, x.c), x("L"))


def _derive_unique(m: Model) -> tuple[ProofStep, ...]:
    statement = _unique(m)
    x = Entries(m)
    p, root = x("p", x.i, x.c), sp.sqrt(x("q", x.i, x.c) / x("p", x.i, x.c))
    gaps = 2 * total(x("m", x.i) * p * (root - 1 - sp.log(root)), x.i, x.c)
    overlap = total(x("m", x.i) * sp.sqrt(p) * sp.sqrt(x("q", x.i, x.c)), x.i, x.c)
    return (
        *_derive_split(m),
        *chain(
            statement.left,
            (x("H") + 2 - 2 * overlap, "multiply out; " + SUMS),
            (x("L") - gaps, "the cross-entropy found above, log(q/p) = 2 log u at u = sqrt(q/p)"),
        ),
        ProofStep(x("L") - gaps, statement.right, TANGENT, Inequality),
    )


POPULATION = (
    Law(
        "population-cross-entropy", "cross-entropy is conditional entropy plus divergence",
        OPTIMUM, MODELS, _split, _derive_split,
    ),
    Law(
        "population-gradient", "gradient of the population cross-entropy by the logits", OPTIMUM,
        MODELS, _gradient, _derive_gradient,
    ),
    Law(
        "population-floor", "no prediction beats the conditional entropy", OPTIMUM, MODELS,
        _floor, _derive_floor, ("the posterior predictive is positive, so that log p exists",),
    ),
    Law(
        "population-unique", "only the posterior predictive reaches the conditional entropy",
        OPTIMUM, MODELS, _unique, _derive_unique,
        (
            "the posterior predictive is positive, so that log p exists",
            "where L = H every square vanishes: q_i = p_i for each context of positive probability",
        ),
    ),
)  # fmt: skip
"""Law F1."""
