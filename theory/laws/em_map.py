"""The derivative of the EM map and its rate (law D7).

EM sends v to v_star.  Its derivative is a covariance, and differs from that of preconditioned
gradient descent, I - sigma^2 diag(1/n) Hess F, by a term with the factor v_star - v: at a fixed
point the two agree, and n dv_star/dv is symmetric.  There, with c_ij = sum_a (x_ia - v_ja) xi_ja
for a direction xi,

    sum n_j xi_ja (dv_star_ja/dv_lb) xi_lb = (1/sigma^2) sum_i Var_{r_i}(c_i)   >= 0
    sum n_j |xi_j|^2  -  the same          = sigma^2  sum xi (Hess F) xi .

So the eigenvalues of the derivative at a fixed point are real and >= 0 (the first line: a fraction
of missing information), and all are < 1 exactly if Hess F is positive definite (the second): the
largest is the rate at which EM converges to a strict minimum, and a saddle has one above 1.

Sources: xu1996convergence, section 4; the missing information is dempster1977maximum, section 3.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Index, Partial, Tensor, delta, total
from theory.laws.em_gradient import BOTH, _derive_prototype_gradient
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.laws.mixture_notation import MixtureNotation
from theory.models.model import Model

__all__ = ["EM_MAP"]

RATE = Citation("xu1996convergence", "section 4")
MISSING = Citation("dempster1977maximum", "section 3")
FIXED = "at a fixed point v_star = v the last term vanishes"


def _spread(x: MixtureNotation) -> sp.Expr:
    """r_ij (delta_jl - r_il): the Jacobian of a softmax."""
    return x.r * (delta(x.j, x.l) - x.entry("r", x.i, x.l))


def _hessian(x: MixtureNotation) -> Partial:
    return Partial(x.loss, x.entry("v", x.j, x.a), x.entry("v", x.l, x.b))


def _map_derivative(m: Model) -> Equation:
    x = MixtureNotation(m)
    from_new = x.entry("x", x.i, x.a) - x.entry("v_star", x.j, x.a)
    from_old = x.entry("x", x.i, x.b) - x.entry("v", x.l, x.b)
    right = total(_spread(x) * from_new * from_old, x.i) / (x.sigma2 * x.n)
    return Equation(Partial(x.entry("v_star", x.j, x.a), x.entry("v", x.l, x.b)), right)


def _derive_map_derivative(m: Model) -> tuple[ProofStep, ...]:
    statement = _map_derivative(m)
    x = MixtureNotation(m)
    data, star, by = x.entry("x", x.i, x.a), x.entry("v_star", x.j, x.a), x.entry("v", x.l, x.b)
    line = m.by_name["v_star"]
    change = _spread(x) * (x.entry("x", x.i, x.b) - by) / x.sigma2
    return (
        *derivation_from_loss(m, "d"),
        ProofStep(line.symbol, line.value, line.title),
        *chain(
            statement.left,
            (
                total(Partial(x.r, by) * data, x.i) / x.n
                - star * total(Partial(x.r, by), x.i) / x.n,
                "quotient rule",
            ),
            (total(Partial(x.r, by) * (data - star), x.i) / x.n, "one sum over the data"),
            (
                total(change * (data - star), x.i) / x.n,
                "softmax Jacobian; only the energies of prototype l move",
            ),
            (statement.right, "take out the variance"),
        ),
    )


def _loss_hessian(m: Model) -> Equation:
    x = MixtureNotation(m)
    first = x.entry("x", x.i, x.a) - x.entry("v", x.j, x.a)
    second = x.entry("x", x.i, x.b) - x.entry("v", x.l, x.b)
    complete = x.n * delta(x.j, x.l) * delta(x.a, x.b)
    right = (complete - total(_spread(x) * first * second, x.i) / x.sigma2) / x.sigma2
    return Equation(_hessian(x), right)


def _derive_loss_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _loss_hessian(m)
    x = MixtureNotation(m)
    v, by = x.entry("v", x.j, x.a), x.entry("v", x.l, x.b)
    apart = v - x.entry("x", x.i, x.a)
    pull = total(x.r * apart, x.i) / x.sigma2
    complete = x.n * delta(x.j, x.l) * delta(x.a, x.b)
    return (
        *_derive_prototype_gradient(m),
        *chain(
            statement.left,
            (Partial(pull, by), "gradient by the prototypes"),
            (
                (complete + total(Partial(x.r, by) * apart, x.i)) / x.sigma2,
                "product rule",
            ),
            (statement.right, "softmax Jacobian"),
        ),
    )


def _map_and_hessian(m: Model) -> Equation:
    x = MixtureNotation(m)
    star, by = x.entry("v_star", x.j, x.a), x.entry("v", x.l, x.b)
    identity = delta(x.j, x.l) * delta(x.a, x.b)
    left = x.n * (identity - Partial(star, by))
    return Equation(left, x.sigma2 * _hessian(x) + x.moved(x.j, x.a) * Partial(x.n, by))


def _derive_map_and_hessian(m: Model) -> tuple[ProofStep, ...]:
    statement = _map_and_hessian(m)
    x = MixtureNotation(m)
    v, by = x.entry("v", x.j, x.a), x.entry("v", x.l, x.b)
    step = x.moved(x.j, x.a)
    gradient = -x.n / x.sigma2 * step
    return (
        *_derive_prototype_gradient(m),
        *chain(
            _hessian(x),
            (Partial(gradient, by), "gradient by the prototypes, with the M-step inserted"),
            (
                (x.n * Partial(v - x.entry("v_star", x.j, x.a), by) - step * Partial(x.n, by))
                / x.sigma2,
                "product rule",
            ),
        ),
        *chain(
            statement.left,
            (x.n * Partial(v - x.entry("v_star", x.j, x.a), by), "derivative of v by itself"),
            (statement.right, "solve the line above for it"),
        ),
    )


def _direction(x: MixtureNotation) -> Tensor:
    """An arbitrary direction xi in the space of all prototypes."""
    return Tensor("xi", (x.j.size, x.d_x))


def _along(x: MixtureNotation, j: Index) -> sp.Expr:
    """c_ij = sum_a (x_ia - v_ja) xi_ja."""
    xi = _direction(x)
    return total((x.entry("x", x.i, x.a) - x.entry("v", j, x.a)) * xi[j, x.a], x.a)


def _variance(x: MixtureNotation) -> sp.Expr:
    mean = total(x.entry("r", x.i, x.k) * _along(x, x.k), x.k)
    return total(x.r * (_along(x, x.j) - mean) ** 2, x.i, x.j) / x.sigma2


def _missing_information(m: Model) -> Equation:
    x = MixtureNotation(m)
    xi = _direction(x)
    metric = total(x.n * total(xi[x.j, x.a] ** 2, x.a), x.j)
    curvature = total(xi[x.j, x.a] * _hessian(x) * xi[x.l, x.b], x.j, x.l, x.a, x.b)
    return Equation(metric - x.sigma2 * curvature, _variance(x))


def _derive_missing_information(m: Model) -> tuple[ProofStep, ...]:
    statement = _missing_information(m)
    x = MixtureNotation(m)
    first, second = _along(x, x.j), _along(x, x.l)
    return (
        *_derive_loss_hessian(m),
        *chain(
            statement.left,
            (
                total(_spread(x) * first * second, x.i, x.j, x.l) / x.sigma2,
                "insert the Hessian; the complete-data part cancels",
            ),
            (statement.right, "a covariance of r_i as a mean of squares"),
        ),
    )


def _missing_sign(m: Model) -> Inequality:
    return Inequality(0, _missing_information(m).left)


def _derive_missing_sign(m: Model) -> tuple[ProofStep, ...]:
    identity = _missing_information(m)
    left, right = identity.left, identity.right
    return (
        *_derive_missing_information(m),
        ProofStep(sp.S.Zero, right, "a mean of squares with nonnegative weights", Inequality),
        *chain(right, (left, "the line above, read backwards")),
    )


EM_MAP = (
    Law(
        "em-map-derivative", "derivative of the EM map", RATE, BOTH,
        _map_derivative, _derive_map_derivative, ("weights and variance are held fixed",),
    ),
    Law(
        "mixture-hessian", "Hessian of the loss by the prototypes", RATE, BOTH,
        _loss_hessian, _derive_loss_hessian,
    ),
    Law(
        "em-map-hessian", "EM and the Hessian: the rate of EM", RATE, BOTH,
        _map_and_hessian, _derive_map_and_hessian,
        (FIXED, "weights and variance are held fixed"),
    ),
    Law(
        "missing-information", "the missing information is a variance", MISSING, BOTH,
        _missing_information, _derive_missing_information,
        ("xi is any direction; at a fixed point the left side is that of the EM map along it",),
    ),
    Law(
        "missing-information-sign", "no eigenvalue of the EM map at a fixed point is negative",
        MISSING, BOTH, _missing_sign, _derive_missing_sign,
        (
            "xi is any direction; at a fixed point the right side is that of the EM map along it",
            "so is its difference from the complete information: below 1 exactly where the Hessian "
            "is positive",
        ),
    ),
)  # fmt: skip
"""Law D7."""
