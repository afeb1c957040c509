"""EM on a symmetric pair of prototypes, and its pitchfork (law D6).

    theta_star = (1/N) sum_i x_i tanh(x_i theta / sigma^2)

is odd in theta, so theta = 0 is a fixed point for all data.  At it the map has the expansion

    theta_star = q theta - (1/3) (1/N) sum_i x_i^4 / sigma^6 theta^3 + O(theta^5),
    q = (1/N) sum_i x_i^2 / sigma^2 .

For q < 1 the fixed point is stable, for q > 1 it is not, and the cubic term is negative: two stable
fixed points branch off at q = 1 (a supercritical pitchfork).  For data +a and -a the map is
a tanh(a theta / sigma^2).

Source: xu1996convergence, section 2, for two components.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation, Inequality
from theory.algebra.symbols import Index, Partial, total
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model

__all__ = ["EM_PAIR"]

ANYWHERE, ORIGIN = ("symmetric-pair",), ("symmetric-pair-origin",)
PAIR = Citation("xu1996convergence", "section 2")


class _Pair:
    """The letters of the pair; ``mean`` is (1/N) sum_i."""

    def __init__(self, model: Model) -> None:
        data: Any = model.tensors["x"]
        self.N = model.size_names["N"]
        self.i = Index("i", self.N)
        self.x: Any = data[self.i]
        shares: Any = model.tensors["r"]
        self.r = shares[self.i]
        scalars: list[Any] = [model.tensors[name] for name in ("theta", "sigma2", "theta_star")]
        self.theta, self.sigma2, self.star = scalars
        self.loss: Any = model.loss
        self.tanh: Any = sp.tanh(self.x * self.theta / self.sigma2)

    def mean(self, body: Any) -> Any:
        return total(body, self.i) / self.N

    def derivative(self, order: int) -> Partial:
        return Partial(self.star, *[self.theta] * order)


def _map(m: Model) -> Equation:
    p = _Pair(m)
    return Equation(p.star, p.mean(p.x * p.tanh))


def _derive_map(m: Model) -> tuple[ProofStep, ...]:
    statement = _map(m)
    p = _Pair(m)
    loss, share = m.by_name["F"], m.by_name["r"]
    logistic = 1 / (1 + sp.exp(-2 * p.x * p.theta / p.sigma2))
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            share.symbol,
            (share.value, share.title),
            (logistic, "insert the energies; what they share cancels"),
        ),
        *chain(
            statement.left,
            (p.mean((2 * p.r - 1) * p.x), "M-step of the pair"),
            (p.mean((2 * logistic - 1) * p.x), "responsibilities"),
            (statement.right, "definition of the hyperbolic tangent"),
        ),
    )


def _step(m: Model) -> Equation:
    p = _Pair(m)
    return Equation(p.star - p.theta, -p.sigma2 / p.N * Partial(p.loss, p.theta))


def _derive_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _step(m)
    p = _Pair(m)
    gradient = (p.theta - p.mean((2 * p.r - 1) * p.x)) * p.N / p.sigma2
    loss = m.by_name["F"]
    pulls = p.r * (p.theta - p.x) + (1 - p.r) * (p.theta + p.x)
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            Partial(p.loss, p.theta),
            (total(pulls, p.i) / p.sigma2, "each prototype is pulled by its responsibilities"),
            (gradient, "collect"),
        ),
        *chain(
            statement.left,
            (-p.sigma2 / p.N * gradient, "M-step of the pair"),
            (statement.right, "gradient by the prototype"),
        ),
    )


def _slope(m: Model) -> Equation:
    p = _Pair(m)
    return Equation(p.derivative(1), p.mean(p.x**2 * (1 - p.tanh**2)) / p.sigma2)


def _derive_slope(m: Model) -> tuple[ProofStep, ...]:
    statement = _slope(m)
    p = _Pair(m)
    return (
        *_derive_map(m),
        *chain(
            statement.left,
            (Partial(p.mean(p.x * p.tanh), p.theta), "the EM map of the pair"),
            (statement.right, "derivative of the hyperbolic tangent"),
        ),
    )


def _rate(m: Model) -> Equation:
    p = _Pair(m)
    curvature = Partial(p.loss, p.theta, p.theta)
    return Equation(p.derivative(1), 1 - p.sigma2 / p.N * curvature)


def _derive_rate(m: Model) -> tuple[ProofStep, ...]:
    statement = _rate(m)
    p = _Pair(m)
    moved = p.theta - p.sigma2 / p.N * Partial(p.loss, p.theta)
    return (
        *_derive_step(m),
        *chain(
            statement.left,
            (Partial(moved, p.theta), "EM is a gradient step"),
            (statement.right, "differentiate"),
        ),
    )


def _at_origin(order: int):
    """Return the statement about the derivative of this order at theta = 0."""
    values = {
        0: lambda p: sp.S.Zero,
        1: lambda p: p.mean(p.x**2) / p.sigma2,
        2: lambda p: sp.S.Zero,
        3: lambda p: -2 * p.mean(p.x**4) / p.sigma2**3,
    }

    def state(m: Model) -> Equation:
        p = _Pair(m)
        return Equation(p.derivative(order) if order else p.star, values[order](p))

    return state


def _derive_at_origin(order: int):
    """Return the derivation: the derivatives of tanh are polynomials in tanh."""
    forms = {
        0: lambda p: p.mean(p.x * p.tanh),
        1: lambda p: p.mean(p.x**2 * (1 - p.tanh**2)) / p.sigma2,
        2: lambda p: -2 * p.mean(p.x**3 * (p.tanh - p.tanh**3)) / p.sigma2**2,
        3: lambda p: -2 * p.mean(p.x**4 * (1 - 4 * p.tanh**2 + 3 * p.tanh**4)) / p.sigma2**3,
    }

    def derive(m: Model) -> tuple[ProofStep, ...]:
        statement = _at_origin(order)(m)
        p = _Pair(m)
        loss = m.by_name["F"]
        lines = [
            (Partial(p.star, *[p.theta] * n) if n else p.star, forms[n](p))
            for n in range(order + 1)
        ]
        before = [
            ProofStep(left, right, "differentiate" if n else "the EM map of the pair")
            for n, (left, right) in enumerate(lines[:-1])
        ]
        reason = "differentiate" if order else "the EM map of the pair"
        return (
            ProofStep(loss.symbol, loss.value, loss.title),
            *before,
            *chain(statement.left, (lines[-1][1], reason), (statement.right, "tanh 0 = 0")),
        )

    return derive


def _supercritical(m: Model) -> Inequality:
    return Inequality(_Pair(m).derivative(3), 0)


def _derive_supercritical(m: Model) -> tuple[ProofStep, ...]:
    steps = _derive_at_origin(3)(m)
    return (*steps, ProofStep(steps[-1].right, sp.S.Zero, "minus a mean of squares", Inequality))


EM_PAIR = (
    Law(
        "pair-em-map", "the EM map of a symmetric pair", PAIR, ANYWHERE, _map, _derive_map,
        ("the two prototypes stay symmetric: the M-step is that of their common parameter",),
    ),
    Law(
        "pair-em-step", "EM of a symmetric pair is gradient descent", PAIR, ANYWHERE,
        _step, _derive_step,
    ),
    Law(
        "pair-map-derivative", "derivative of the EM map of a symmetric pair", PAIR, ANYWHERE,
        _slope, _derive_slope,
    ),
    Law(
        "pair-rate", "rate of EM on a symmetric pair", PAIR, ANYWHERE, _rate, _derive_rate,
    ),
    Law(
        "pair-origin", "zero is a fixed point of EM on a symmetric pair", PAIR, ORIGIN,
        _at_origin(0), _derive_at_origin(0),
    ),
    Law(
        "pair-pitchfork", "multiplier of EM at the symmetric fixed point", PAIR, ORIGIN,
        _at_origin(1), _derive_at_origin(1),
        ("stable below 1, unstable above: the pitchfork is at 1",),
    ),
    Law(
        "pair-no-quadratic-term", "the EM map has no quadratic term at the symmetric fixed point",
        PAIR, ORIGIN, _at_origin(2), _derive_at_origin(2),
    ),
    Law(
        "pair-cubic-term", "third derivative of the EM map at the symmetric fixed point", PAIR,
        ORIGIN, _at_origin(3), _derive_at_origin(3),
    ),
    Law(
        "pair-supercritical", "the pitchfork of EM is supercritical", PAIR, ORIGIN,
        _supercritical, _derive_supercritical,
        ("at multiplier 1 two stable fixed points branch off, unless all data are zero",),
    ),
)  # fmt: skip
"""Law D6."""
