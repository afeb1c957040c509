"""Expectation-maximisation on a Gaussian mixture: the map, and the flow that follows it.

    v_j*      = sum_i r_ij x_i / sum_i r_ij                          M-step of the means
    pi_j*     = sum_i r_ij / N                                       of the weights
    sigma^2*  = sum_ij r_ij |x_i - v_j*|^2 / (N d_x)                 of the variance

`em-map` is y -> M(y), `em-flow` its continuous version dy/dt = M(y) - y, with the same fixed
points.  Weights and variance are kept as a = log pi and tau = log sigma^2.

A mean far from all data has responsibilities below the smallest float, and sum_i r_ij would be 0.
So the shares of the points in a mean are computed from the logarithms l_ij = log r_ij,

    m_j = log sum_i exp(l_ij),    r_ij / sum_m r_mj = exp(l_ij - m_j),    log pi_j* = m_j - log N,

which no distance makes underflow: the step is the one of exact arithmetic.

Source: xu1996convergence, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import sympy as sp

from numerics.flows.mixture_settings import Mixture, mixture
from numerics.flows.system import Quantity, System
from theory.algebra.expressions import slots
from theory.algebra.symbols import Index, Tensor, total
from theory.codegen.components import Components, unroll
from theory.models.model import Definition, Model
from theory.models.resolution import theory_of

__all__ = ["em_flow", "em_map", "log_responsibilities", "m_step"]

LAWS = {"v": "em-prototype-step", "a": "em-weight-step", "tau": "em-variance-step"}
"""The law behind the step of each tensor."""


def em_map(
    *,
    X: Any = None,
    N: int | None = None,
    K: int = 2,
    d_x: int | None = None,
    pi: Any = None,
    sigma2: float = 1.0,
    moves: str = "means",
    seed: int = 0,
) -> System:
    """Return one step of EM on the means v (K, d_x), and on a (K,) and tau where they move.

    ``X``        data (N, d_x), or (N,) in one dimension; two bumps drawn from ``seed`` if not given
    ``N, d_x``   points and dimensions: those of ``X``, else 30 and 1
    ``K``        clusters, at most N
    ``pi``       weights (K,), above 0, sum 1; equal if not given
    ``sigma2``   variance that all clusters share, > 0
    ``moves``    "means", with ",weights" and ",variance" where they move too; ``pi`` and ``sigma2``
                 then say around which values the default starts lie

    Raises `ValueError` for settings that make no sense, each with what to do.
    """
    m = mixture(X=X, N=N, K=K, d_x=d_x, pi=pi, sigma2=sigma2, moves=moves, seed=seed)
    return _system(m, "em-map", "EM on a Gaussian mixture", "map")


def em_flow(
    *,
    X: Any = None,
    N: int | None = None,
    K: int = 2,
    d_x: int | None = None,
    pi: Any = None,
    sigma2: float = 1.0,
    moves: str = "means",
    seed: int = 0,
) -> System:
    """Return the flow dy/dt = M(y) - y of the EM map M; settings as for `em_map`."""
    m = mixture(X=X, N=N, K=K, d_x=d_x, pi=pi, sigma2=sigma2, moves=moves, seed=seed)
    return _system(m, "em-flow", "continuous EM on a Gaussian mixture", "flow")


def _system(m: Mixture, name: str, title: str, kind: Literal["flow", "map"]) -> System:
    parameters = m.parameters
    return System(
        name=name,
        title=title,
        kind=kind,
        variables=m.variables,
        field=_step(m, parameters, name, kind),
        values=m.values(parameters),
        settings=m.settings,
        starts=m.starts,
        quantities=_descent(m, kind),
        shifts=m.shifts,
        relabellings=m.relabellings,
        window=m.window,
        plain=cache(lambda: _plain_step(m, parameters, name, kind)),
        laws=("responsibility", "m-step", *(LAWS[x] for x in m.moves), "em-fixed-points"),
    )


def _descent(m: Mixture, kind: Literal["flow", "map"]) -> tuple[Quantity, ...]:
    """Return the negative log-likelihood where a law says that it falls.

    Not along the flow of a variance that moves: log sigma^2 heads for the variance at the means of
    a whole step, and while they are on their way the likelihood may get worse.
    """
    if kind == "flow":
        laws = () if "tau" in m.moves else ("em-prototype-step",)
    else:
        laws = ("em-decrease" if m.moves == ("v",) else "em-whole-decrease",)
    return tuple(m.descent(law, m.parameters) for law in laws)


def _step(
    m: Mixture, parameters: Sequence[sp.Basic], name: str, kind: Literal["flow", "map"]
) -> Components:
    """Return the M-step of everything that moves, minus the state itself for a flow."""
    outputs = []
    steps = m_step(m.model)
    for x in m.moves:
        entry = m.model.entry(m.model.tensors[x])
        image = steps[x]
        outputs.append((slots(entry), image - entry if kind == "flow" else image))
    lines = (*theory_of(m.model).lines, *log_responsibilities(m.model))
    return unroll(name, lines, m.state, parameters, outputs, m.sizes)


def _plain_step(
    m: Mixture, parameters: Sequence[sp.Basic], name: str, kind: Literal["flow", "map"]
) -> Components:
    """Return the same, written with responsibilities and their sums."""
    tensors: Mapping[str, Any] = m.model.tensors
    r, n, mean, x = (tensors[key] for key in ("r", "n", "v_star", "x"))
    N, K, d_x = (m.model.size_names[key] for key in ("N", "K", "d_x"))
    i, j, a = Index("i", N), Index("j", K), Index("a", d_x)
    spread = total(r[i, j] * (x[i, a] - mean[j, a]) ** 2, i, j, a) / (N * d_x)
    images = {"v": mean[j, a], "a": sp.log(n[j] / N), "tau": sp.log(spread)}
    outputs = []
    for key in m.moves:
        entry = m.model.entry(m.model.tensors[key])
        image = images[key]
        outputs.append((slots(entry), image - entry if kind == "flow" else image))
    lines = (*theory_of(m.model).lines, *m.model.vocabulary)
    return unroll(name, lines, m.state, parameters, outputs, m.sizes)


def log_responsibilities(model: Model) -> tuple[Definition, ...]:
    """Return log r_ij, the share of each point in a prototype, and the step of the prototypes.

    ``l_ij``       log r_ij = -d_ij - log sum_k exp(-d_ik)
    ``m_j``        log sum_i r_ij
    ``omega_ij``   r_ij / sum_m r_mj
    ``mean_ja``    sum_i omega_ij x_ia, the M-step of the prototypes
    """
    tensors: Mapping[str, Any] = model.tensors
    d, x = tensors["d"], tensors["x"]
    N, K, d_x = (model.size_names[name] for name in ("N", "K", "d_x"))
    i, j, k, a = Index("i", N), Index("j", K), Index("k", K), Index("a", d_x)
    log_r, mass = Tensor("l", (N, K)), Tensor("m", (K,))
    omega, mean = Tensor("omega", (N, K), nonnegative=True), Tensor("mean", (K, d_x))
    log_sum = sp.log(total(sp.exp(-d[i, k]), k))
    return (
        Definition(log_r[i, j], -d[i, j] - log_sum, "log responsibilities"),
        Definition(
            mass[j], sp.log(total(sp.exp(log_r[i, j]), i)), "log of the points answered for"
        ),
        Definition(omega[i, j], sp.exp(log_r[i, j] - mass[j]), "share of a point in a prototype"),
        Definition(mean[j, a], total(omega[i, j] * x[i, a], i), "M-step of the prototypes"),
    )


def m_step(model: Model) -> dict[str, sp.Expr]:
    """Return the images of v_ja, a_j and tau under one step of EM, in terms of these lines."""
    lines = {line.name: line.tensor for line in log_responsibilities(model)}
    tensors: Mapping[str, Any] = {**model.tensors, **lines}
    mass, mean, r, x = (tensors[name] for name in ("m", "mean", "r", "x"))
    N, K, d_x = (model.size_names[name] for name in ("N", "K", "d_x"))
    i, j, a = Index("i", N), Index("j", K), Index("a", d_x)
    spread = total(r[i, j] * (x[i, a] - mean[j, a]) ** 2, i, j, a) / (N * d_x)
    return {
        "v": mean[j, a],
        "a": mass[j] - sp.log(N),
        "tau": sp.log(spread),
    }
