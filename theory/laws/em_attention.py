"""Where EM is exact for attention, and where it is not (law D8).

Under squared error at fixed weights the values that minimise the loss solve the normal equations

    dL/dv_j = sum_i alpha_ij (sum_k alpha_ik v_k - t_i) = 0,     V* = (alpha^T alpha)^-1 alpha^T t .

The prototype mean m_j = sum_i alpha_ij t_i / sum_i alpha_ij, which is the M-step of a mixture,
leaves the gradient sum_k G_jk (m_k - m_j) with the overlap G = alpha^T alpha: prototypes that share
points pull at each other.  With one-hot weights G is diagonal, and the two agree.

Source: oursland2025implicit: EM is exact where the log-sum-exp stands in the objective itself.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.symbols import Index, Partial, delta, total
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import Citation, Law, ProofStep, chain
from theory.models.model import Model
from theory.models.soft_assignment import SOFT_ASSIGNMENTS

__all__ = ["EM_ATTENTION"]

BOTH = tuple(SOFT_ASSIGNMENTS)
HARD = tuple(name for name, features in SOFT_ASSIGNMENTS.items() if features.get("hard"))
IMPLICIT = Citation("oursland2025implicit", "log-sum-exp objectives")


class _Values:
    """The letters: i over points, j, k over prototypes, a over d_v."""

    def __init__(self, model: Model) -> None:
        sizes, tensors = model.size_names, model.tensors
        self.loss: Any = model.loss
        self.i, self.a = Index("i", sizes["N"]), Index("a", sizes["d_v"])
        self.j, self.k = (Index(x, sizes["K"]) for x in "jk")
        names = ("alpha", "v", "t", "n", "m", "G")
        arrays: list[Any] = [tensors[name] for name in names]
        self.alpha, self.v, self.t, self.n, self.m, self.G = arrays
        self.own = self.alpha[self.i, self.j]
        self.target = self.t[self.i, self.a]

    def error(self, values: Any) -> Any:
        """Return sum_k alpha_ik values_k - t_i."""
        mixed = total(self.alpha[self.i, self.k] * values[self.k, self.a], self.k)
        return mixed - self.target

    def residual(self, values: Any) -> Any:
        """Return the gradient at these values: sum_i alpha_ij (sum_k alpha_ik values_k - t_i)."""
        return total(self.own * self.error(values), self.i)

    def at(self, values: Any, j: Index | None = None) -> Any:
        return values[j or self.j, self.a]

    @property
    def overlap(self) -> Any:
        return self.G[self.j, self.k]

    @property
    def gradient(self) -> Partial:
        return Partial(self.loss, self.at(self.v))


def _normal_equations(m: Model) -> Equation:
    x = _Values(m)
    return Equation(x.gradient, x.residual(x.v))


def _derive_normal_equations(m: Model) -> tuple[ProofStep, ...]:
    statement = _normal_equations(m)
    steps = derivation_from_loss(m, "v")
    return (
        *steps,
        *chain(
            statement.left,
            (steps[-1].right, "found above"),
            (statement.right, "insert the gradient by the context and the context"),
        ),
    )


def _mean_gap(m: Model) -> Equation:
    x = _Values(m)
    apart = x.at(x.m, x.k) - x.at(x.m)
    return Equation(x.residual(x.m), total(x.overlap * apart, x.k))


def _split(x: _Values) -> list[tuple[Any, str]]:
    """Return the lines from the residual of the prototype means to its two parts."""
    mixed = total(x.overlap * x.at(x.m, x.k), x.k)
    data = total(x.own * x.target, x.i)
    return [
        (mixed - data, "definition of the overlap"),
        (mixed - x.n[x.j] * x.at(x.m), "definition of the prototype mean"),
    ]


def _derive_mean_gap(m: Model) -> tuple[ProofStep, ...]:
    statement = _mean_gap(m)
    x = _Values(m)
    return (
        *_derive_normal_equations(m),
        *chain(
            statement.left,
            *_split(x),
            (statement.right, "the rows of weights sum to one"),
        ),
    )


def _hard_overlap(m: Model) -> Equation:
    x = _Values(m)
    return Equation(x.overlap, delta(x.j, x.k) * x.n[x.j])


def _derive_hard_overlap(m: Model) -> tuple[ProofStep, ...]:
    statement = _hard_overlap(m)
    x = _Values(m)
    loss = m.by_name["L"]
    product = x.own * x.alpha[x.i, x.k]
    return (
        ProofStep(loss.symbol, loss.value, loss.title),
        *chain(
            statement.left,
            (total(product, x.i), "definition of the overlap"),
            (delta(x.j, x.k) * total(x.own, x.i), "every row is one-hot"),
            (statement.right, "definition of n"),
        ),
    )


def _agreement(m: Model) -> Equation:
    x = _Values(m)
    return Equation(x.residual(x.m), 0)


def _derive_agreement(m: Model) -> tuple[ProofStep, ...]:
    x = _Values(m)
    return (
        *_derive_normal_equations(m),
        *_derive_hard_overlap(m),
        *chain(
            _agreement(m).left,
            *_split(x),
            (sp.S.Zero, "the overlap is diagonal"),
        ),
    )


def _hard_step(m: Model) -> Equation:
    x = _Values(m)
    return Equation(x.gradient, x.n[x.j] * (x.at(x.v) - x.at(x.m)))


def _derive_hard_step(m: Model) -> tuple[ProofStep, ...]:
    statement = _hard_step(m)
    x = _Values(m)
    data = total(x.own * x.target, x.i)
    return (
        *_derive_normal_equations(m),
        *chain(
            statement.left,
            (total(x.overlap * x.at(x.v, x.k), x.k) - data, "normal equations"),
            (x.n[x.j] * x.at(x.v) - data, "the overlap is diagonal"),
            (statement.right, "definition of the prototype mean"),
        ),
    )


EM_ATTENTION = (
    Law(
        "normal-equations", "the values that minimise squared error at fixed weights", IMPLICIT,
        BOTH, _normal_equations, _derive_normal_equations,
        ("the weights alpha are held fixed",),
    ),
    Law(
        "prototype-mean-gap", "gradient of the squared error at the prototype means", IMPLICIT,
        BOTH, _mean_gap, _derive_mean_gap, ("n_j > 0 for every prototype",),
    ),
    Law(
        "one-hot-overlap", "one-hot weights do not overlap", IMPLICIT, HARD,
        _hard_overlap, _derive_hard_overlap,
    ),
    Law(
        "one-hot-agreement", "with one-hot weights the prototype means solve the normal equations",
        IMPLICIT, HARD, _agreement, _derive_agreement, ("n_j > 0 for every prototype",),
    ),
    Law(
        "one-hot-step", "with one-hot weights the gradient is that of a mixture", IMPLICIT, HARD,
        _hard_step, _derive_hard_step, ("n_j > 0 for every prototype",),
    ),
)  # fmt: skip
"""Law D8."""
