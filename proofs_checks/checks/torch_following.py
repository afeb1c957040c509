"""Attention whose values follow its scores, by hand in torch: what the autograd judge trusts.

Given s (T, n), v_0 (n, d_v), J (n, d_v, T, n), W_O (C, d_v), y (T, C), w (T,) and lambda () it
computes the values by `einsum`, the weights by `softmax`, the loss by `cross_entropy`, and keeps
the graph; u is a gradient taken by autograd.  `following_majorant` is the same program with every
sign positive (see `torch_majorant`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as functional

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import softmax_majorant

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_following", "following", "following_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("s", "v_0", "J", "W_O", "y", "w", "lambda")


def following(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``log_alpha`` and ``log_p`` are by `log_softmax`.  With ``through={"p"}`` the loss passes
    through p.  Nothing depends on ``features``.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "attention whose values follow its scores")
    with torch.enable_grad():
        s = given["s"]
        v = given["v_0"] + torch.einsum("jaik,ik->ja", given["J"], s)
        alpha, log_alpha = torch.softmax(s, dim=-1), torch.log_softmax(s, dim=-1)
        g = alpha @ v
        z = functional.linear(g, given["W_O"])
        p, log_p = torch.softmax(z, dim=-1), torch.log_softmax(z, dim=-1)
        if "p" in through:
            each = -(given["y"] * p.log()).sum(-1)
        else:
            each = functional.cross_entropy(z, given["y"], reduction="none")
        L = (given["w"] * each).sum() + given["lambda"] / 2 * v.square().sum()
        (u,) = torch.autograd.grad(L, g, create_graph=True)
        made = {"v": v, "alpha": alpha, "log_alpha": log_alpha, "g": g, "z": z, "p": p}
        made |= {"log_p": log_p, "L": L, "u": u, "b": u @ v.mT}
    return given | made


def following_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `following` gave as ``at``."""
    given = {name: at[name].detach().abs().requires_grad_() for name in INPUTS}

    def centred(name: str, x: torch.Tensor) -> torch.Tensor:
        return x - x.detach() + at[name].detach().abs()

    with torch.enable_grad():
        s = given["s"]
        v = centred("v", given["v_0"] + torch.einsum("jaik,ik->ja", given["J"], s))
        alpha, log_alpha = softmax_majorant(at["alpha"].detach(), at["log_alpha"].detach(), s)
        g = centred("g", alpha @ v)
        z = centred("z", g @ given["W_O"].mT)
        p, log_p = softmax_majorant(at["p"].detach(), at["log_p"].detach(), z)
        if "p" in through:
            relative = (p - p.detach()) / at["p"].detach()
            log_p = at["log_p"].detach().abs() - torch.log1p(-relative)
        each = (given["y"] * log_p).sum(-1)
        L = (given["w"] * each).sum() + given["lambda"] / 2 * v.square().sum()
        (u,) = torch.autograd.grad(L, g, create_graph=True)
        made = {"v": v, "alpha": alpha, "log_alpha": log_alpha, "g": g, "z": z, "p": p}
        made |= {"log_p": log_p, "L": L, "u": u, "b": u @ v.mT}
    return given | made


def draw_following(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return normal inputs with the labels and the largest score of a draw.

    The slopes are so small that values stay of order one.
    """
    inputs = {
        name: torch.randn(shapes[name], generator=generator, dtype=torch.float64) for name in INPUTS
    }
    if draw.scores is not None:
        inputs["s"] *= draw.scores / inputs["s"].abs().max()
    inputs["J"] /= inputs["s"].numel() * inputs["s"].abs().max().clamp(min=1)
    inputs["W_O"] /= math.sqrt(shapes["W_O"][-1])
    if draw.labels == "soft":
        inputs["y"] = torch.softmax(3 * inputs["y"], dim=-1)
    else:
        inputs["y"] = functional.one_hot(inputs["y"].argmax(-1), shapes["y"][-1]).double()
    return inputs
