"""How far the loss falls in one EM step, exactly (law D5).

For every r_i that sums to one, - log sum_k exp(-d_ik) = sum_j r_ij (log r_ij + d_ij) at its own
energies; subtracting the same line at the new ones leaves Kullback-Leibler divergences and what
the M-step gains on the expected energy:

    F - F_star = sum_i KL(r_i || r_star_i) + sum_j n_j |v_star_j - v_j|^2 / (2 sigma^2)

and where the weights and the variance take their steps too,

    F - F_new  = sum_i KL(r_i || r_new_i) + sum_j n_j |v_star_j - v_j|^2 / (2 sigma^2)
                 + N KL(pi_star || pi) + (N d_x / 2) (q - 1 - log q),    q = sigma2_new / sigma^2 .

Every term is >= 0, so EM never raises the loss, and it stands still only at a fixed point.

Source: dempster1977maximum, section 3 (that the likelihood does not fall); the terms are those of
the evidence lower bound.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import total
from theory.laws.em_gradient import BOTH
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.mixture_notation import MixtureNotation
from theory.models.model import Model

__all__ = ["EM_DESCENT"]

DESCENT = Citation("dempster1977maximum", "section 3")
BOUND = "r_i sums to one, and log r_ij + d_ij is minus the log-sum-exp for every j"
TANGENT = "u - 1 - log u is never negative, nor is a square"
SWITCH = "log r_ij + d_ij is minus the log-sum-exp at the new energies, for every j"


def _divergence(x: MixtureNotation, suffix: str) -> sp.Expr:
    return total(x.divergence("r", f"r_{suffix}"), x.i)


def _pull(x: MixtureNotation) -> sp.Expr:
    """sum_j n_j |v_star_j - v_j|^2 / (2 sigma^2)."""
    return total(x.n * total(x.moved(x.j, x.a) ** 2, x.a), x.j) / (2 * x.sigma2)


def _bounds(m: Model, suffix: str) -> tuple[ProofStep, ...]:
    """Return the evidence lower bound, tight at r, before and after the step."""
    x = MixtureNotation(m)
    before, after = m.by_name["F"], m.by_name[f"F_{suffix}"]
    other = x.entry(f"r_{suffix}", x.i, x.j)
    new = x.r * (sp.log(other) + x.entry(f"d_{suffix}", x.i, x.j))
    own = x.r * (sp.log(x.r) + x.entry("d", x.i, x.j))
    return (
        *chain(before.symbol, (before.value, before.title), (total(own, x.i, x.j), BOUND)),
        *chain(after.symbol, (after.value, after.title), (total(new, x.i, x.j), SWITCH)),
    )


def _decrease(m: Model) -> Equation:
    x = MixtureNotation(m)
    return Equation(x.loss - x.entry("F_star"), _divergence(x, "star") + _pull(x))


def _derive_decrease(m: Model) -> tuple[ProofStep, ...]:
    statement = _decrease(m)
    x = MixtureNotation(m)
    energies = x.entry("d", x.i, x.j) - x.entry("d_star", x.i, x.j)
    distances = x.entry("D", x.i, x.j) - x.entry("D_star", x.i, x.j)
    divergence = _divergence(x, "star")
    return (
        *_bounds(m, "star"),
        *chain(
            statement.left,
            (divergence + total(x.r * energies, x.i, x.j), "subtract the two lines"),
            (
                divergence + total(x.r * distances, x.i, x.j) / (2 * x.sigma2),
                "weights and variance stay",
            ),
            (statement.right, "the M-step is the mean of the data under the responsibilities"),
        ),
    )


def _whole_decrease(m: Model) -> Equation:
    x = MixtureNotation(m)
    star, pi, q = x.entry("pi_star", x.j), x.entry("pi", x.j), x.entry("sigma2_new") / x.sigma2
    weights = x.N * total(star * (sp.log(star) - sp.log(pi)), x.j)
    variance = x.N * x.d_x / 2 * (q - 1 - sp.log(q))
    right = _divergence(x, "new") + _pull(x) + weights + variance
    return Equation(x.loss - x.entry("F_new"), right)


def _derive_whole_decrease(m: Model) -> tuple[ProofStep, ...]:
    statement = _whole_decrease(m)
    x = MixtureNotation(m)
    energies = x.entry("d", x.i, x.j) - x.entry("d_new", x.i, x.j)
    q = x.entry("sigma2_new") / x.sigma2
    star, pi = x.entry("pi_star", x.j), x.entry("pi", x.j)
    distances = total(x.r * x.entry("D", x.i, x.j), x.i, x.j) / (2 * x.sigma2)
    weights = total(x.n * (sp.log(star) - sp.log(pi)), x.j)
    constant = x.N * x.d_x / 2 * (1 + sp.log(q))
    divergence = _divergence(x, "new")
    return (
        *_bounds(m, "new"),
        *chain(
            statement.left,
            (divergence + total(x.r * energies, x.i, x.j), "subtract the two lines"),
            (
                divergence + distances - constant + weights,
                "the new variance is the expected squared distance after the step",
            ),
            (
                statement.right,
                "the M-step is the mean of the data under the responsibilities",
            ),
        ),
    )


def _gaps(p: sp.Expr, q: sp.Expr) -> sp.Expr:
    """Return p (u - 1 - log u) with u = q / p: the terms of Gibbs' inequality, each >= 0."""
    return p * (q / p - 1 - sp.log(q / p))


def _monotone(m: Model) -> Inequality:
    x = MixtureNotation(m)
    return Inequality(x.entry("F_star"), x.loss)


def _derive_monotone(m: Model) -> tuple[ProofStep, ...]:
    x = MixtureNotation(m)
    decrease = _decrease(m)
    gaps = total(_gaps(x.r, x.entry("r_star", x.i, x.j)), x.i, x.j)
    return (
        *_derive_decrease(m),
        *chain(
            x.entry("F_star"),
            (x.loss - decrease.right, "the decrease found above"),
            (x.loss - gaps - _pull(x), "both kinds of responsibilities sum to one"),
        ),
        ProofStep(x.loss - gaps - _pull(x), x.loss, TANGENT, Inequality),
    )


def _whole_monotone(m: Model) -> Inequality:
    x = MixtureNotation(m)
    return Inequality(x.entry("F_new"), x.loss)


def _derive_whole_monotone(m: Model) -> tuple[ProofStep, ...]:
    x = MixtureNotation(m)
    q = x.entry("sigma2_new") / x.sigma2
    gaps = total(_gaps(x.r, x.entry("r_new", x.i, x.j)), x.i, x.j)
    weights = x.N * total(_gaps(x.entry("pi_star", x.j), x.entry("pi", x.j)), x.j)
    variance = x.N * x.d_x / 2 * (q - 1 - sp.log(q))
    lower = x.loss - gaps - _pull(x) - weights - variance
    return (
        *_derive_whole_decrease(m),
        *chain(
            x.entry("F_new"),
            (x.loss - _whole_decrease(m).right, "the decrease found above"),
            (lower, "responsibilities and weights sum to one, before the step and after it"),
        ),
        ProofStep(lower, x.loss, TANGENT, Inequality),
    )


EM_DESCENT = (
    Law(
        "em-decrease", "decrease of the loss when EM moves the prototypes", DESCENT, BOTH,
        _decrease, _derive_decrease, ("weights and variance are held fixed",),
    ),
    Law(
        "em-whole-decrease", "decrease of the loss in a whole EM step", DESCENT, BOTH,
        _whole_decrease, _derive_whole_decrease, ("the variance after the step is positive",),
    ),
    Law(
        "em-monotone", "EM of the prototypes never raises the loss", DESCENT, BOTH,
        _monotone, _derive_monotone, ("weights and variance are held fixed",),
    ),
    Law(
        "em-whole-monotone", "a whole EM step never raises the loss", DESCENT, BOTH,
        _whole_monotone, _derive_whole_monotone, ("the variance after the step is positive",),
    ),
)  # fmt: skip
"""Law D5."""
