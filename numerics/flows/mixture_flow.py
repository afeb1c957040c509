"""Gradient flow of the negative log-likelihood F of a Gaussian mixture.

    dv_j/dt = -eps_v dF/dv_j = (eps_v / sigma^2) sum_i r_ij (x_i - v_j)       means
    da_j/dt = -eps_a dF/da_j = eps_a (sum_i r_ij - N pi_j)                    logits of the weights
    dtau/dt = -eps_tau dF/dtau                                                log of the variance

on the model `prototype-mixture-full`, pi = softmax(a), sigma^2 = exp(tau).  Its stationary points
are the fixed points of EM; `em-map` is the map, `numerics.em` compares the two.

A mean far from all data answers for no point: its velocity underflows to exactly 0, though no
stationary point is near.  EM, which divides by that share, leaves in one step.

Source: xu1996convergence, section 2.
"""

from __future__ import annotations

from typing import Any

from numerics.flows import checks
from numerics.flows.building import gradient_flow, rate
from numerics.flows.mixture_settings import mixture
from numerics.flows.system import System

__all__ = ["mixture_flow"]

GRADIENTS = {
    "v": "prototype-gradient", "a": "mixture-logit-gradient", "tau": "log-variance-gradient",
}  # fmt: skip
"""The law behind the velocity of each tensor."""


def mixture_flow(
    *,
    X: Any = None,
    N: int | None = None,
    K: int = 2,
    d_x: int | None = None,
    pi: Any = None,
    sigma2: float = 1.0,
    moves: str = "means",
    eps_v: float = 1.0,
    eps_a: float = 1.0,
    eps_tau: float = 1.0,
    seed: int = 0,
) -> System:
    """Return the flow of the means v (K, d_x), and of a (K,) and tau where they move.

    ``X``        data (N, d_x), or (N,) in one dimension; two bumps drawn from ``seed`` if not given
    ``N, d_x``   points and dimensions: those of ``X``, else 30 and 1
    ``K``        clusters, at most N
    ``pi``       weights (K,), above 0, sum 1; equal if not given
    ``sigma2``   variance that all clusters share, > 0
    ``moves``    "means", with ",weights" and ",variance" where they move too; ``pi`` and ``sigma2``
                 then say around which values the default starts lie
    ``eps_v, eps_a, eps_tau``   rates, > 0

    Raises `ValueError` for settings that make no sense, each with what to do.
    """
    m = mixture(X=X, N=N, K=K, d_x=d_x, pi=pi, sigma2=sigma2, moves=moves, seed=seed)
    rates = {
        "eps_v": checks.positive("eps_v", eps_v, "rate of the means"),
        "eps_a": checks.positive("eps_a", eps_a, "rate of the logits of the weights"),
        "eps_tau": checks.positive("eps_tau", eps_tau, "rate of the log variance"),
    }
    speeds = {x: rate(x) for x in m.moves}
    parameters = [*m.parameters, *speeds.values()]
    return System(
        name="mixture-flow",
        title="gradient flow of a Gaussian mixture",
        kind="flow",
        variables=m.variables,
        field=gradient_flow(m.model, speeds, parameters, m.sizes, "mixture-flow"),
        values=m.values(parameters, **rates),
        settings={**m.settings, **rates},
        starts=m.starts,
        quantities=(m.descent("dissipation", parameters),),
        shifts=m.shifts,
        relabellings=m.relabellings,
        window=m.window,
        laws=(*(GRADIENTS[x] for x in m.moves), "em-fixed-points"),
    )
