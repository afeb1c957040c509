"""A state that is seen in Gaussian noise, by hand in torch: what the autograd judge trusts.

Given b (S,), mu (S, d), x (d,) and sigma2 () it computes the scores, the filter by `softmax` and
the surprise by `logsumexp`, and keeps the graph.  `noisy_filter_majorant` is the same program with
every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

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
from proofs_checks.checks.torch_positive import distribution, magnitudes

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_noisy", "noisy_filter", "noisy_filter_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("b", "mu", "x", "sigma2")


def noisy_filter(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``log_f`` is log f by `log_softmax`.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the filter in noise")
    with torch.enable_grad():
        b, mu, x, sigma2 = (given[name] for name in INPUTS)
        scores = b.log() - (x - mu).square().sum(-1) / (2 * sigma2)
        f, log_f = torch.softmax(scores, dim=-1), functional.log_softmax(scores, dim=-1)
        return given | {"l": scores, "f": f, "log_f": log_f, "L": -torch.logsumexp(scores, dim=-1)}


def noisy_filter_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `noisy_filter` gave as ``at``."""
    given = magnitudes(at, INPUTS)
    with torch.enable_grad():
        b, mu, x, sigma2 = (given[name] for name in INPUTS)
        apart = (x + mu).square().sum(-1) * inverse_majorant(at["sigma2"].detach(), sigma2) / 2
        scores = log_majorant(at["b"].detach(), b) + apart
        weights = at["f"].detach()
        f, log_f = softmax_majorant(weights, at["log_f"].detach(), scores)
        L = log_sum_majorant(weights, at["l"].detach(), scores)
        return given | {"l": scores, "f": f, "log_f": log_f, "L": L}


def draw_noisy(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return normal means and observation, a positive prediction, a variance near 1.

    ``draw.scores`` makes the variance so small that the largest squared distance over 2 sigma^2 is
    that number.
    """

    def normal(name: str) -> torch.Tensor:
        return torch.randn(shapes[name], generator=generator, dtype=torch.float64)

    b, mu, x = distribution(shapes["b"], generator), normal("mu"), normal("x")
    sigma2 = torch.rand((), generator=generator, dtype=torch.float64) + 0.5
    if draw.scores is not None:
        sigma2 = (x - mu).square().sum(-1).max() / (2 * draw.scores)
    return {"b": b, "mu": mu, "x": x, "sigma2": sigma2}
