"""Excess risk of linear regression along gradient flow (group H, continued).

Under noise of mean zero and variance sigma^2 the expected excess risk is bias plus variance,

    L = sum_k lambda_k s_k^2 beta_k^2 + (sigma^2/N) sum_k (1 - s_k)^2,

with lambda_k = g_k^2 / N, s_k = exp(-t lambda_k), beta_k = sum_a V_ak (theta_0_a - theta_star_a):
while the start is forgotten, the noise is learned.

Source: xu2023compatibility, section 2.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import total
from theory.laws.entries import Entries
from theory.laws.law import Law, ProofStep, chain
from theory.laws.linear_regression import CLOSED_FORM, POSITIVE, start_coordinate
from theory.models.model import Model

__all__ = ["EXCESS_RISK"]

RISK = ("linear-regression-risk",)
FIXED = "the risk is that of a fixed design: it is taken on the inputs of the data"


def _mean(x: Entries) -> sp.Expr:
    """The expected parameters at the index a."""
    return total(x("q", x.x) * x("theta", x.x, x.a), x.x)


def _bias(x: Entries) -> sp.Expr:
    apart = total(x("X", x.i, x.a) * (_mean(x) - x("theta_star", x.a)), x.a)
    return total(apart**2, x.i) / x.N


def _variance(x: Entries) -> sp.Expr:
    apart = total(x("X", x.i, x.a) * (x("theta", x.w, x.a) - _mean(x)), x.a)
    return total(x("q", x.w) * apart**2, x.w, x.i) / x.N


def _bias_spectrum(x: Entries) -> sp.Expr:
    beta = total(x("V", x.a, x.k) * (x("theta_0", x.a) - x("theta_star", x.a)), x.a)
    eigenvalue = x("g", x.k) ** 2 / x.N
    return total(eigenvalue * sp.exp(-2 * x("t") * eigenvalue) * beta**2, x.k)


def _variance_spectrum(x: Entries) -> sp.Expr:
    left = sp.exp(-x("t") * x("g", x.k) ** 2 / x.N)
    return x("sigma") ** 2 / x.N * total((1 - left) ** 2, x.k)


def _split(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), _bias(x) + _variance(x))


def _derive_split(m: Model) -> tuple[ProofStep, ...]:
    statement = _split(m)
    x = Entries(m)
    loss = m.by_name["L"]
    first = total(x("X", x.i, x.a) * (x("theta", x.w, x.a) - _mean(x)), x.a)
    second = total(x("X", x.i, x.a) * (_mean(x) - x("theta_star", x.a)), x.a)
    return chain(
        statement.left,
        (loss.value, loss.title),
        (
            total(x("q", x.w) * (first + second) ** 2, x.w, x.i) / x.N,
            "add and subtract the expected parameters",
        ),
        (statement.right, "the deviations from the mean are zero on average"),
    )


def _bias_law(m: Model) -> Equation:
    x = Entries(m)
    return Equation(_bias(x), _bias_spectrum(x))


def _variance_law(m: Model) -> Equation:
    x = Entries(m)
    return Equation(_variance(x), _variance_spectrum(x))


def _spectrum(m: Model) -> Equation:
    x = Entries(m)
    return Equation(x("L"), _bias_spectrum(x) + _variance_spectrum(x))


def _coordinate(m: Model) -> tuple[ProofStep, ...]:
    """Return the coordinates of the parameters for one outcome of the noise."""
    x = Entries(m)
    star = total(x("V", x.a, x.k) * x("theta_star", x.a), x.a)
    noise = x("sigma") * total(x("U", x.i, x.k) * x("z", x.w, x.i), x.i) / x("g", x.k)
    solution = star + noise
    moved = x("s", x.k) * (start_coordinate(x, x.k) - x("e", x.w, x.k))
    left = total(x("V", x.a, x.k) * x("theta", x.w, x.a), x.a)
    return (
        ProofStep(x("e", x.w, x.k), solution, "targets; singular vectors are orthonormal"),
        ProofStep(left, x("e", x.w, x.k) + moved, "the flow by singular vectors"),
    )


def _derive_bias(m: Model) -> tuple[ProofStep, ...]:
    statement = _bias_law(m)
    x = Entries(m)
    beta = total(x("V", x.a, x.k) * (x("theta_0", x.a) - x("theta_star", x.a)), x.a)
    modes = total((x("g", x.k) * x("s", x.k) * beta) ** 2, x.k) / x.N
    return (
        *_coordinate(m),
        *chain(
            statement.left,
            (modes, "the noise is zero on average; singular vectors are orthonormal"),
            (statement.right, "what is left of the start"),
        ),
    )


def _derive_variance(m: Model) -> tuple[ProofStep, ...]:
    statement = _variance_law(m)
    x = Entries(m)
    noise = total(x("U", x.i, x.k) * x("z", x.w, x.i), x.i)
    modes = x("q", x.w) * ((1 - x("s", x.k)) * noise) ** 2
    return (
        *_coordinate(m),
        *chain(
            statement.left,
            (
                x("sigma") ** 2 / x.N * total(modes, x.w, x.k),
                "only the noise deviates from the mean",
            ),
            (statement.right, "coordinates of white noise have the variance one"),
        ),
    )


def _derive_spectrum(m: Model) -> tuple[ProofStep, ...]:
    statement = _spectrum(m)
    split = _split(m)
    x = Entries(m)
    return (
        *_derive_split(m),
        *_derive_bias(m),
        *_derive_variance(m),
        *chain(
            statement.left,
            (split.right, "bias and variance"),
            (_bias_spectrum(x) + _variance(x), "bias found above"),
            (statement.right, "variance found above"),
        ),
    )


EXCESS_RISK = (
    Law(
        "risk-split", "excess risk is bias plus variance", CLOSED_FORM, RISK,
        _split, _derive_split, (FIXED,),
    ),
    Law(
        "risk-bias", "bias by the spectrum", CLOSED_FORM, RISK, _bias_law, _derive_bias,
        (POSITIVE, FIXED),
    ),
    Law(
        "risk-variance", "variance by the spectrum", CLOSED_FORM, RISK,
        _variance_law, _derive_variance, (POSITIVE, FIXED),
    ),
    Law(
        "risk-spectrum", "excess risk by the spectrum", CLOSED_FORM, RISK,
        _spectrum, _derive_spectrum, (POSITIVE, FIXED),
    ),
)  # fmt: skip
"""Group H, the excess risk."""
