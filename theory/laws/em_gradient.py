"""EM on a mixture is gradient descent with a preconditioner (laws D1 to D4).

The responsibilities are the gradient of the log-sum-exp, so the loss and the M-step meet:

    dF/dv_j = sum_i r_ij (v_j - x_i) / sigma^2 = (n_j / sigma^2) (v_j - v_star_j)

Every fixed point of EM is a stationary point of F and the other way round, wherever each prototype
answers for some point (n_j > 0, as it always does where all weights are positive).  Solved for the
step, EM moves along minus the gradient with a positive (semi)definite factor in front:

    v_star_j - v_j    = - (sigma^2 / n_j) dF/dv_j
    pi_star - pi      = - (1/N) (diag(pi) - pi pi^T) dF/dpi
    sigma2_star - s   = - (2 s^2 / (N d_x)) dF/ds,      s = sigma^2, prototypes held fixed

Sources: xu1996convergence, theorem 1; the log-sum-exp reading is oursland2025implicit.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, delta, total
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.mixture_notation import MixtureNotation
from theory.models.model import Model
from theory.models.prototype_mixture import PROTOTYPE_MIXTURES

__all__ = ["BOTH", "EM_GRADIENT"]

BOTH = tuple(PROTOTYPE_MIXTURES)
FREE = tuple(name for name, features in PROTOTYPE_MIXTURES.items() if features.get("free"))
IMPLICIT = Citation("oursland2025implicit", "log-sum-exp objectives")
EM_STEP = Citation("xu1996convergence", "theorem 1")
M_STEP = Citation("xu1996convergence", "section 2")


def _responsibility(m: Model) -> Equation:
    x = MixtureNotation(m)
    normaliser = total(sp.exp(-x.entry("d", x.i, x.k)), x.k)
    return Equation(Partial(-sp.log(normaliser), x.entry("d", x.i, x.j)), x.r)


def _derive_responsibility(m: Model) -> tuple[ProofStep, ...]:
    statement = _responsibility(m)
    x = MixtureNotation(m)
    normaliser = total(sp.exp(-x.entry("d", x.i, x.k)), x.k)
    energy = x.entry("d", x.i, x.j)
    loss = m.by_name[m.loss.name]
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            statement.left,
            (-Partial(normaliser, energy) / normaliser, "derivative of the logarithm"),
            (sp.exp(-energy) / normaliser, "only the term of prototype j depends on its energy"),
            (statement.right, "definition of the responsibilities"),
        ),
    )


def _prototype_gradient(m: Model) -> Equation:
    x = MixtureNotation(m)
    pull = x.r * (x.entry("v", x.j, x.a) - x.entry("x", x.i, x.a))
    return Equation(x.grad("v", x.j, x.a), total(pull, x.i) / x.sigma2)


def _derive_prototype_gradient(m: Model) -> tuple[ProofStep, ...]:
    statement = _prototype_gradient(m)
    x = MixtureNotation(m)
    apart = x.entry("D", x.i, x.j)
    half = x.r / (2 * x.sigma2)
    return (
        *derivation_from_loss(m, "D"),
        *chain(
            statement.left,
            (
                total(half * Partial(apart, x.entry("v", x.j, x.a)), x.i),
                "chain rule through the squared distances",
            ),
            (statement.right, "derivative of a square"),
        ),
    )


def _m_step(m: Model) -> Equation:
    x = MixtureNotation(m)
    apart = x.entry("v_star", x.j, x.a) - x.entry("x", x.i, x.a)
    return Equation(total(x.r * apart, x.i), 0)


def _derive_m_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _m_step(m)
    x = MixtureNotation(m)
    star = x.entry("v_star", x.j, x.a)
    data = total(x.r * x.entry("x", x.i, x.a), x.i)
    loss = m.by_name[m.loss.name]
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            statement.left,
            (star * x.n - data, "the new prototype does not depend on i"),
            (data / x.n * x.n - data, "M-step of the prototypes"),
            (sp.S.Zero, "the two are equal"),
        ),
    )


def _fixed_points(m: Model) -> Equation:
    x = MixtureNotation(m)
    return Equation(x.grad("v", x.j, x.a), -x.n / x.sigma2 * x.moved(x.j, x.a))


def _derive_fixed_points(m: Model) -> tuple[ProofStep, ...]:
    statement = _fixed_points(m)
    x = MixtureNotation(m)
    v = x.entry("v", x.j, x.a)
    data = total(x.r * x.entry("x", x.i, x.a), x.i)
    return (
        *_derive_prototype_gradient(m),
        *chain(
            statement.left,
            ((x.n * v - data) / x.sigma2, "gradient by the prototypes, summed over the data"),
            (statement.right, "M-step of the prototypes"),
        ),
    )


def _prototype_step(m: Model) -> Equation:
    x = MixtureNotation(m)
    return Equation(x.moved(x.j, x.a), -x.sigma2 / x.n * x.grad("v", x.j, x.a))


def _derive_prototype_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _prototype_step(m)
    x = MixtureNotation(m)
    v = x.entry("v", x.j, x.a)
    data = total(x.r * x.entry("x", x.i, x.a), x.i)
    gradient = _prototype_gradient(m).right
    return (
        *_derive_prototype_gradient(m),
        *chain(
            statement.left,
            (data / x.n - v, "M-step of the prototypes"),
            (-x.sigma2 / x.n * gradient, "bring both over the number of points"),
            (statement.right, "gradient by the prototypes"),
        ),
    )


def _weight_step(m: Model) -> Equation:
    x = MixtureNotation(m)
    pi_j, pi_k = x.entry("pi", x.j), x.entry("pi", x.k)
    metric = delta(x.j, x.k) * pi_j - pi_j * pi_k
    right = -total(metric * x.grad("pi", x.k), x.k) / x.N
    return Equation(x.entry("pi_star", x.j) - pi_j, right)


def _derive_weight_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _weight_step(m)
    x = MixtureNotation(m)
    pi_j = x.entry("pi", x.j)
    along = total(x.entry("pi", x.k) * x.grad("pi", x.k), x.k)
    return (
        *derivation_from_loss(m, "pi"),
        *chain(
            statement.left,
            (x.n / x.N - pi_j, "M-step of the weights"),
            (
                -(pi_j * x.grad("pi", x.j) + x.N * pi_j) / x.N,
                "gradient by the weights: n_j = -pi_j dF/dpi_j",
            ),
            (
                -(pi_j * x.grad("pi", x.j) - pi_j * along) / x.N,
                "summed over j that is N, for the responsibilities of a point sum to one",
            ),
            (statement.right, "written as a matrix"),
        ),
    )


def _variance_step(m: Model) -> Equation:
    x = MixtureNotation(m)
    rate = 2 * x.sigma2**2 / (x.N * x.d_x)
    return Equation(x.entry("sigma2_star") - x.sigma2, -rate * x.grad("sigma2"))


def _derive_variance_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _variance_step(m)
    x = MixtureNotation(m)
    spread = total(x.r * x.entry("D", x.i, x.j), x.i, x.j)
    gradient = (x.N * x.d_x * x.sigma2 - spread) / (2 * x.sigma2**2)
    return (
        *derivation_from_loss(m, "sigma2"),
        *chain(
            statement.left,
            (spread / (x.N * x.d_x) - x.sigma2, "M-step of the variance"),
            (
                -2 * x.sigma2**2 / (x.N * x.d_x) * gradient,
                "bring both over the number of coordinates",
            ),
            (statement.right, "gradient by the variance"),
        ),
    )


def _logit_gradient(m: Model) -> Equation:
    x = MixtureNotation(m)
    return Equation(x.grad("a", x.j), -x.N * (x.entry("pi_star", x.j) - x.entry("pi", x.j)))


def _log_variance_gradient(m: Model) -> Equation:
    x = MixtureNotation(m)
    right = -x.N * x.d_x / 2 * (x.entry("sigma2_star") / x.sigma2 - 1)
    return Equation(x.grad("tau"), right)


def _from_loss(name: str, state, reason: str):
    def derive(m: Model) -> tuple[ProofStep, ...]:
        statement = state(m)
        steps = derivation_from_loss(m, name)
        return (*steps, *chain(statement.left, (steps[-1].right, "found above"),
                               (statement.right, reason)))  # fmt: skip

    return derive


EM_GRADIENT = (
    Law(
        "responsibility", "responsibilities are the gradient of log-sum-exp", IMPLICIT, BOTH,
        _responsibility, _derive_responsibility,
    ),
    Law(
        "prototype-gradient", "gradient by the prototypes", EM_STEP, BOTH,
        _prototype_gradient, _derive_prototype_gradient,
    ),
    Law(
        "m-step", "the M-step is where the expected distance is stationary", M_STEP, BOTH,
        _m_step, _derive_m_step, ("responsibilities are held fixed at their values before it",),
    ),
    Law(
        "em-fixed-points", "fixed points of EM are the stationary points of the loss", EM_STEP,
        BOTH, _fixed_points, _derive_fixed_points,
        ("n_j > 0, so that the left side vanishes exactly where v_star = v",),
    ),
    Law(
        "em-prototype-step", "EM of the prototypes is preconditioned gradient descent", EM_STEP,
        BOTH, _prototype_step, _derive_prototype_step,
    ),
    Law(
        "em-weight-step", "EM of the weights is preconditioned gradient descent", EM_STEP, BOTH,
        _weight_step, _derive_weight_step,
    ),
    Law(
        "em-variance-step", "EM of the variance is preconditioned gradient descent", EM_STEP, BOTH,
        _variance_step, _derive_variance_step, ("the prototypes are held fixed",),
    ),
    Law(
        "mixture-logit-gradient", "gradient by the logits of the weights", EM_STEP, FREE,
        _logit_gradient, _from_loss("a", _logit_gradient, "M-step of the weights"),
    ),
    Law(
        "log-variance-gradient", "gradient by the log-variance", EM_STEP, FREE,
        _log_variance_gradient,
        _from_loss("tau", _log_variance_gradient, "gradient by the variance, its M-step"),
        ("the prototypes are held fixed",),
    ),
)  # fmt: skip
"""Laws D1 to D4."""
