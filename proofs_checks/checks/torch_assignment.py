"""Prototypes under squared error, written by hand in torch: what the autograd judge trusts.

Given alpha (N, K), v (K, d_v) and t (N, d_v) it computes the context by `matmul`, the loss by
`mse_loss`, prototype means and overlaps by matrix products, and keeps the graph.
`soft_assignment_majorant` is the same program with every sign positive (see `torch_majorant`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import inverse_majorant

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_assignment", "soft_assignment", "soft_assignment_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("alpha", "v", "t")


def soft_assignment(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    Nothing depends on ``features`` or ``through``.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the soft assignment")
    with torch.enable_grad():
        alpha, v, t = (given[name] for name in INPUTS)
        g = alpha @ v
        made = {"g": g, "L": functional.mse_loss(g, t, reduction="sum") / 2}
        made |= {"n": alpha.sum(0), "G": alpha.mT @ alpha}
        made["m"] = alpha.mT @ t / made["n"][:, None]
    return given | made


def soft_assignment_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `soft_assignment` gave as ``at``."""
    given = {name: at[name].detach().abs().requires_grad_() for name in INPUTS}
    with torch.enable_grad():
        alpha, v, t = (given[name] for name in INPUTS)
        g = alpha @ v
        g = g - g.detach() + at["g"].detach().abs()
        made = {"g": g, "L": (g + t).square().sum() / 2}
        made |= {"n": alpha.sum(0), "G": alpha.mT @ alpha}
        made["m"] = (alpha.mT @ t) * inverse_majorant(at["n"].detach(), made["n"])[:, None]
    return given | made


def draw_assignment(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return inputs: weights by softmax, or one-hot with a point for every prototype if possible.

    ``draw.scores`` is the largest score of the softmax.
    """

    def normal(name: str) -> torch.Tensor:
        return torch.randn(shapes[name], generator=generator, dtype=torch.float64)

    scores = normal("alpha")
    if draw.scores is not None:
        scores *= draw.scores / scores.abs().max()
    rows, columns = shapes["alpha"]
    if features["assignment"] == "hard":
        own = scores.argmax(-1)
        own[: min(rows, columns)] = torch.arange(min(rows, columns))
        alpha = functional.one_hot(own, columns).double()
    else:
        alpha = torch.softmax(scores, dim=-1)
    return {"alpha": alpha, "v": normal("v"), "t": normal("t")}
