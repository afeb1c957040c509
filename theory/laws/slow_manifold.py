"""The slow manifold of the two-timescale flow (law D9).

With eps_s << eps_v the values relax first, to where

    dL/dv_j = sum_i alpha_ij u_i + lambda v_j = 0,

the slow manifold v = V*(s).  On it the total derivative of the loss by the scores is the partial
one (the envelope theorem), so the reduced flow ds/dt = -eps_s dL/ds (s, V*(s)) is the gradient flow
of the loss as a function of the scores alone, and the scores are still moved by advantages.  For
values that follow the scores with any slope J the exact line is

    dL/ds_ij = alpha_ij (b_ij - E_{alpha_i}[b]) + sum_ka J_kaij (sum_m alpha_mk u_ma + lambda v_ka),

whose last factor is dL/dv_ka.  The curvature in v is a variance plus lambda, so that for positive
position weights and lambda the slow manifold is unique and attracts.

That the flow stays within O(eps_s / eps_v) of it is measured, not proved: the numerics fit the
slope of the distance.  Source: agarwal2025gradient, section 4, for the two timescales.
"""

from __future__ import annotations

from typing import Any

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Partial, Tensor, total
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["SLOW_MANIFOLD"]

MODELS = ("slow-manifold",)
TIMESCALES = Citation("agarwal2025gradient", "section 4")
MEASURED = (
    "that the flow stays within O(eps_s/eps_v) of the slow manifold is measured by the numerics, "
    "not proved here"
)


class _Scores:
    """The letters: i, m over queries, j, k, l over keys, a, b over d_v, c over classes."""

    def __init__(self, model: Model) -> None:
        self.model, self.loss = model, model.loss
        sizes = model.size_names
        self.i, self.m = (Index(x, sizes["T"]) for x in "im")
        self.j, self.k, self.l = (Index(x, sizes["n"]) for x in "jkl")
        self.a, self.b = (Index(x, sizes["d_v"]) for x in "ab")
        self.c, self.d = (Index(x, sizes["C"]) for x in "cd")
        self.decay: Any = model.tensors["lambda"]

    def entry(self, name: str, *index: Index) -> Any:
        tensor: Any = self.model.tensors[name]
        return tensor[index]

    def pull(self, k: Index) -> Any:
        """Return dL/dv_ka: the pulls of the positions and the decay."""
        pulls = total(self.entry("alpha", self.m, k) * self.entry("u", self.m, self.a), self.m)
        return pulls + self.decay * self.entry("v", k, self.a)

    @property
    def routed(self) -> Any:
        """alpha_ij (b_ij - E_{alpha_i}[b]): the score gradient at fixed values."""
        mean = total(self.entry("alpha", self.i, self.k) * self.entry("b", self.i, self.k), self.k)
        return self.entry("alpha", self.i, self.j) * (self.entry("b", self.i, self.j) - mean)


def _stationarity(m: Model) -> Equation:
    x = _Scores(m)
    return Equation(Partial(x.loss, x.entry("v", x.j, x.a)), x.pull(x.j))


def _derive_stationarity(m: Model) -> tuple[ProofStep, ...]:
    statement = _stationarity(m)
    steps = derivation_from_loss(m, "v")
    return (
        *steps,
        *chain(statement.left, (steps[-1].right, "found above"), (statement.right, "collect")),
    )


def _envelope(m: Model) -> Equation:
    x = _Scores(m)
    slope = x.entry("J", x.k, x.a, x.i, x.j)
    follow = total(slope * x.pull(x.k), x.k, x.a)
    return Equation(Partial(x.loss, x.entry("s", x.i, x.j)), x.routed + follow)


def _derive_envelope(m: Model) -> tuple[ProofStep, ...]:
    statement = _envelope(m)
    x = _Scores(m)
    score = x.entry("s", x.i, x.j)
    weights = total(x.entry("b", x.i, x.k) * Partial(x.entry("alpha", x.i, x.k), score), x.k)
    values = Partial(x.loss, x.entry("v", x.k, x.a)) * Partial(x.entry("v", x.k, x.a), score)
    slope = x.entry("J", x.k, x.a, x.i, x.j)
    return (
        *derivation_from_loss(m, "alpha"),
        *_derive_stationarity(m),
        *chain(
            statement.left,
            (weights + total(values, x.k, x.a), "chain rule through the weights and the values"),
            (
                x.routed + total(Partial(x.loss, x.entry("v", x.k, x.a)) * slope, x.k, x.a),
                "softmax Jacobian; the values follow with slope J",
            ),
            (statement.right, "gradient by the values"),
        ),
    )


def _curvature(m: Model) -> Equation:
    x = _Scores(m)
    xi = Tensor("xi", (x.j.size, x.a.size))
    second = Partial(x.loss, x.entry("v", x.j, x.a), x.entry("v", x.l, x.b))
    left = total(xi[x.j, x.a] * second * xi[x.l, x.b], x.j, x.a, x.l, x.b)

    def shift(c: Index) -> Any:
        inside = x.entry("W_O", c, x.a) * x.entry("alpha", x.i, x.k) * xi[x.k, x.a]
        return total(inside, x.k, x.a)

    mean = total(x.entry("p", x.i, x.d) * shift(x.d), x.d)
    spread = x.entry("w", x.i) * x.entry("p", x.i, x.c) * (shift(x.c) - mean) ** 2
    return Equation(left, total(spread, x.i, x.c) + x.decay * total(xi[x.j, x.a] ** 2, x.j, x.a))


def _derive_curvature(m: Model) -> tuple[ProofStep, ...]:
    statement = _curvature(m)
    x = _Scores(m)
    xi = Tensor("xi", (x.j.size, x.a.size))
    by = x.entry("v", x.l, x.b)
    turned = total(x.entry("alpha", x.m, x.j) * Partial(x.entry("u", x.m, x.a), by), x.m)
    direct = x.decay * Partial(x.entry("v", x.j, x.a), by)
    inserted = total(xi[x.j, x.a] * (turned + direct) * xi[x.l, x.b], x.j, x.a, x.l, x.b)
    return (
        *_derive_stationarity(m),
        *chain(
            statement.left,
            (inserted, "gradient by the values; the weights do not depend on them"),
            (
                statement.right,
                "the upstream gradient turns with the covariance of the class probabilities",
            ),
        ),
    )


SLOW_MANIFOLD = (
    Law(
        "slow-manifold", "where the values come to rest", TIMESCALES, MODELS,
        _stationarity, _derive_stationarity,
        ("the slow manifold V*(s) is where the right side vanishes", MEASURED),
    ),
    Law(
        "envelope", "total derivative of the loss when the values follow the scores", TIMESCALES,
        MODELS, _envelope, _derive_envelope,
        (
            "J is the slope of the values in the scores, any numbers",
            "on the slow manifold the last bracket vanishes, which leaves the partial derivative",
            MEASURED,
        ),
    ),
    Law(
        "value-curvature", "curvature of the loss in the values", TIMESCALES, MODELS,
        _curvature, _derive_curvature,
        (
            "xi is any direction; where lambda and the weights of the positions are positive so is "
            "the right side, and the slow manifold is unique",
        ),
    ),
)  # fmt: skip
"""Law D9."""
