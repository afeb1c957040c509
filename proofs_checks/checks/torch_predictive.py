"""Prediction under a latent task, written by hand in torch: what the autograd judge trusts.

Given pi (K,), ell (K, N), t (K, N, C) and logits z (N, C) it forms the joint distribution of task,
context and symbol as one array, and takes everything from its margins; the loss is
`cross_entropy` with the joint of context and symbol as soft labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import softmax_majorant
from proofs_checks.checks.torch_positive import (
    MAJORANT,
    PLAIN,
    Arithmetic,
    distribution,
    magnitudes,
)

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_predictive", "predictive", "predictive_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("pi", "ell", "t", "z")


def predictive(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``log_q`` is log q by `log_softmax`.  Nothing depends on ``features``; with ``through={"q"}``
    the loss passes through q.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the posterior predictive")
    with torch.enable_grad():
        both, made = _margins(given, PLAIN)
        q, log_q = torch.softmax(given["z"], dim=-1), functional.log_softmax(given["z"], dim=-1)
        if "q" in through:
            L = -(both * q.log()).sum()
        else:
            L = functional.cross_entropy(given["z"], both, reduction="sum")
    return given | made | {"q": q, "log_q": log_q, "L": L}


def _margins(given: Tensors, arithmetic: Arithmetic) -> tuple[torch.Tensor, Tensors]:
    """Return the joint distribution of context and symbol, and what follows from all margins."""
    tasks = given["pi"][:, None] * given["ell"]
    both = (tasks[..., None] * given["t"]).sum(0)
    m = tasks.sum(0)
    r = tasks.mT * arithmetic.inverse(m)[:, None]
    p = torch.einsum("ik,kic->ic", r, given["t"])
    return both, {"m": m, "r": r, "p": p, "H": (m * arithmetic.entropy(p)).sum()}


def predictive_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `predictive` gave as ``at``."""
    given = magnitudes(at, INPUTS)
    with torch.enable_grad():
        both, made = _margins(given, MAJORANT)
        q, log_q = softmax_majorant(at["q"].detach(), at["log_q"].detach(), given["z"])
        surprise = log_q
        if "q" in through:
            relative = (q - q.detach()) / at["q"].detach()
            surprise = at["log_q"].detach().abs() - torch.log1p(-relative)
    return given | made | {"q": q, "log_q": log_q, "L": (both * surprise).sum()}


def draw_predictive(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return positive distributions and normal logits; ``draw.scores`` is the largest |z|."""
    inputs = {name: distribution(shapes[name], generator) for name in ("pi", "ell", "t")}
    z = torch.randn(shapes["z"], generator=generator, dtype=torch.float64)
    if draw.scores is not None:
        z *= draw.scores / z.abs().max()
    return inputs | {"z": z}
