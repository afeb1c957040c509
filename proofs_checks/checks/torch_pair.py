"""The symmetric pair written by hand in torch: what the autograd judge trusts about it.

Given x (N,), theta () and sigma2 () it computes the energies, the responsibilities by `sigmoid`,
the loss by `logaddexp` and the M-step as a mean, and keeps the graph.
`symmetric_pair_majorant` is the same program with every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import (
    inverse_majorant,
    log_majorant,
    log_sum_majorant,
    softmax_majorant,
)

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_pair", "symmetric_pair", "symmetric_pair_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("x", "theta", "sigma2")


def symmetric_pair(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity of the pair, inputs included, with the graph between them.

    ``log_r`` is log r by `logsigmoid`.  Nothing depends on ``features`` or ``through``.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the symmetric pair")
    with torch.enable_grad():
        x, theta, sigma2 = (given[name] for name in INPUTS)
        constant = torch.log(2 * math.pi * sigma2) / 2 + math.log(2)
        above = (x - theta).square() / (2 * sigma2) + constant
        below = (x + theta).square() / (2 * sigma2) + constant
        r, log_r = torch.sigmoid(below - above), functional.logsigmoid(below - above)
        made = {"d_plus": above, "d_minus": below, "r": r, "log_r": log_r}
        made["F"] = -torch.logaddexp(-above, -below).sum()
        made["theta_star"] = ((2 * r - 1) * x).mean()
    return given | made


def symmetric_pair_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `symmetric_pair` gave as ``at``."""
    given = {name: at[name].detach().abs().requires_grad_() for name in INPUTS}

    def centred(name: str, x: torch.Tensor) -> torch.Tensor:
        return x - x.detach() + at[name].detach().abs()

    with torch.enable_grad():
        x, theta, sigma2 = (given[name] for name in INPUTS)
        variance = at["sigma2"].detach()
        constant = log_majorant(2 * math.pi * variance, 2 * math.pi * sigma2) / 2 + math.log(2)
        energy = (x + theta).square() * inverse_majorant(variance, sigma2) / 2 + constant
        above, below = centred("d_plus", energy), centred("d_minus", energy)
        r, log_r = at["r"].detach(), at["log_r"].detach()
        scores = torch.stack((above, below), -1)
        values = torch.stack((at["d_plus"], at["d_minus"]), -1).detach()
        other = functional.logsigmoid(values[:, 0] - values[:, 1])
        weights, logs = torch.stack((r, other.exp()), -1), torch.stack((log_r, other), -1)
        r, log_r = (both[:, 0] for both in softmax_majorant(weights, logs, scores))
        made = {"d_plus": above, "d_minus": below, "r": r, "log_r": log_r}
        made["F"] = log_sum_majorant(weights, -values, scores).sum()
        made["theta_star"] = ((2 * r + 1) * x).mean()
    return given | made


def draw_pair(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return inputs: normal data, a normal theta (0 at the origin), a variance near 1.

    ``draw.scores`` makes the variance so small that the largest squared distance over 2 sigma^2 is
    that number.
    """
    x = torch.randn(shapes["x"], generator=generator, dtype=torch.float64)
    theta = torch.randn((), generator=generator, dtype=torch.float64)
    sigma2 = torch.rand((), generator=generator, dtype=torch.float64) + 0.5
    if features["pair"] == "origin":
        theta = torch.zeros_like(theta)
    if draw.scores is not None:
        sigma2 = (x.abs() + theta.abs()).square().max() / (2 * draw.scores)
    return {"x": x, "theta": theta, "sigma2": sigma2}
