"""The prototype mixture written by hand in torch: what the autograd judge trusts about it.

Nothing here is generated from a model or read off a derivation.  Given tensors by the names of
`theory.models.prototype_mixture`, it computes D, d, r and F with `softmax` and `logsumexp`, the
M-step by matrix products, and keeps the graph.

Shapes: x (N, d_x), v (K, d_x), pi (K,), sigma2 (); in the free variant a (K,) and tau () instead
of the last two.

`prototype_mixture_majorant` is the same program with every sign positive (`torch_majorant` says
what a majorant is and why).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import (
    inverse_majorant,
    log_majorant,
    log_sum_majorant,
    softmax_majorant,
)

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_mixture", "prototype_mixture", "prototype_mixture_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]


def prototype_mixture(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity of the mixture, inputs included, with the graph between them.

    ``features["mixture"]`` is "simplex" or "free".  Inputs that do not require a gradient are
    replaced by leaves that do.  The logarithms come as ``log_r`` and ``log_pi``; with
    ``through={"pi"}`` what is computed from the weights of the free variant passes through them.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, _inputs(features), "the prototype mixture")
    with torch.enable_grad():
        if features["mixture"] == "free":
            given["pi"] = torch.softmax(given["a"], dim=-1)
            given["log_pi"] = torch.log_softmax(given["a"], dim=-1)
            given["sigma2"] = given["tau"].exp()
        else:
            given["log_pi"] = given["pi"].log()
        log_pi = given["pi"].log() if "pi" in through else given["log_pi"]
        x, v, sigma2 = given["x"], given["v"], given["sigma2"]
        N, d_x = x.shape
        D = (x[:, None] - v).square().sum(-1)
        made = {"D": D} | _shares("", D, log_pi, sigma2, d_x)
        r = made["r"]
        n = r.sum(0)
        v_star, pi_star = r.mT @ x / n[:, None], n / N
        D_star = (x[:, None] - v_star).square().sum(-1)
        sigma2_new = (r * D_star).sum() / (N * d_x)
        made |= {"n": n, "v_star": v_star, "pi_star": pi_star, "D_star": D_star}
        made |= {"sigma2_star": (r * D).sum() / (N * d_x), "sigma2_new": sigma2_new}
        made |= _shares("_star", D_star, log_pi, sigma2, d_x)
        made |= _shares("_new", D_star, pi_star.log(), sigma2_new, d_x)
    return given | made


def _shares(
    suffix: str, D: torch.Tensor, log_pi: torch.Tensor, sigma2: torch.Tensor, d_x: int
) -> Tensors:
    """Return energies, responsibilities and loss under their names with this suffix."""
    d = D / (2 * sigma2) + d_x / 2 * torch.log(2 * math.pi * sigma2) - log_pi
    made = {"d": d, "r": torch.softmax(-d, dim=-1), "log_r": torch.log_softmax(-d, dim=-1)}
    made["F"] = -torch.logsumexp(-d, dim=-1).sum()
    return {name + suffix: value for name, value in made.items()}


def prototype_mixture_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `prototype_mixture` gave as ``at``."""
    names = _inputs(features)
    given = {name: at[name].detach().abs().requires_grad_() for name in names}

    def value(name: str) -> torch.Tensor:
        return at[name].detach()

    def centred(name: str, x: torch.Tensor) -> torch.Tensor:
        return x - x.detach() + value(name).abs()

    with torch.enable_grad():
        if features["mixture"] == "free":
            a, tau = given["a"], given["tau"]
            given["pi"], log_pi = softmax_majorant(value("pi"), value("log_pi"), a)
            given["sigma2"] = value("sigma2") * torch.exp(tau - tau.detach())
            given["log_pi"] = log_pi
        else:
            given["log_pi"] = log_pi = log_majorant(value("pi"), given["pi"])
        if "pi" in through:
            log_pi = log_majorant(value("pi"), given["pi"])
        x, v, sigma2 = given["x"], given["v"], given["sigma2"]
        N, d_x = x.shape

        def shares(
            suffix: str, D: torch.Tensor, log_pi: torch.Tensor, variance: str, sigma2: torch.Tensor
        ) -> Tensors:
            log_scale = log_majorant(2 * math.pi * value(variance), 2 * math.pi * sigma2)
            d = D * inverse_majorant(value(variance), sigma2) / 2 + d_x / 2 * log_scale + log_pi
            d, at_d, at_r = centred("d" + suffix, d), value("d" + suffix), value("r" + suffix)
            r, log_r = softmax_majorant(at_r, value("log_r" + suffix), d)
            F = log_sum_majorant(at_r, -at_d, d).sum()
            made = {"d": d, "r": r, "log_r": log_r, "F": F}
            return {name + suffix: x for name, x in made.items()}

        D = centred("D", (x[:, None] + v).square().sum(-1))
        made = {"D": D} | shares("", D, log_pi, "sigma2", sigma2)
        r = made["r"]
        n = r.sum(0)
        v_star = centred("v_star", (r.mT @ x) * inverse_majorant(value("n"), n)[:, None])
        D_star = centred("D_star", (x[:, None] + v_star).square().sum(-1))
        sigma2_new = (r * D_star).sum() / (N * d_x)
        made |= {"n": n, "v_star": v_star, "pi_star": n / N, "D_star": D_star}
        made |= {"sigma2_star": (r * D).sum() / (N * d_x), "sigma2_new": sigma2_new}
        made |= shares("_star", D_star, log_pi, "sigma2", sigma2)
        log_pi_star = log_majorant(value("pi_star"), n / N)
        made |= shares("_new", D_star, log_pi_star, "sigma2_new", sigma2_new)
    return given | made


def draw_mixture(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return inputs: normal data and prototypes, weights on the simplex, a variance near 1.

    ``draw.scores`` makes the variance so small that the largest D / (2 sigma^2) is that number.
    """

    def normal(name: str) -> torch.Tensor:
        return torch.randn(shapes[name], generator=generator, dtype=torch.float64)

    inputs = {"x": normal("x"), "v": normal("v")}
    logits = normal("pi")
    sigma2 = torch.rand((), generator=generator, dtype=torch.float64) + 0.5
    if draw.scores is not None:
        farthest = (inputs["x"][:, None] - inputs["v"]).square().sum(-1).max()
        sigma2 = farthest / (2 * draw.scores)
    if features["mixture"] == "free":
        return inputs | {"a": logits, "tau": sigma2.log()}
    return inputs | {"pi": torch.softmax(logits, dim=-1), "sigma2": sigma2}


def _inputs(features: Features) -> tuple[str, ...]:
    return ("x", "v", *(("a", "tau") if features["mixture"] == "free" else ("pi", "sigma2")))
