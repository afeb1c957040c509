"""The gradient of a causal head by torch's autograd, as authors write it: the check and the rival.

eager    scores, mask and softmax as separate operations
fused    the same through `scaled_dot_product_attention`, torch's blocked attention

`milliseconds` times both against the generated gradient.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from numerics.experiments.causal_head import causal_value_and_gradient

if TYPE_CHECKING:
    import torch

__all__ = ["autograd_value_and_gradient", "milliseconds"]


def autograd_value_and_gradient(
    x: torch.Tensor, y: torch.Tensor, weights: Mapping[str, torch.Tensor], *, fused: bool = False
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the summed cross-entropy (nats) and its gradients; shapes as in `causal_head`."""
    import torch
    from torch.nn import functional

    leaves = {n: w.detach().clone().requires_grad_() for n, w in weights.items()}
    q, k, v = (x @ leaves[n] for n in ("W_Q", "W_K", "W_V"))
    if fused:
        q, k, v = (a[None, None] for a in (q, k, v))  # one sequence, one head
        context = functional.scaled_dot_product_attention(q, k, v, is_causal=True)[0, 0]
    else:
        hidden = torch.ones((len(x), len(x)), dtype=torch.bool, device=x.device).triu(1)
        scores = (q @ k.T / math.sqrt(q.shape[1])).masked_fill(hidden, -math.inf)
        context = torch.softmax(scores, dim=1) @ v
    logits = context @ leaves["W_O"].T
    loss = functional.cross_entropy(logits, y.argmax(dim=1), reduction="sum")
    found = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, found, strict=True))


def milliseconds(
    x: torch.Tensor, y: torch.Tensor, weights: Mapping[str, torch.Tensor], repeats: int = 15
) -> dict[str, float]:
    """Return the time of value and gradient, "generated", "eager" and "fused" (ms).

    Medians of calls that take turns, so that other programs slow all three alike.
    """
    ways: dict[str, Callable[..., object]] = {
        "generated": causal_value_and_gradient,
        "eager": autograd_value_and_gradient,
        "fused": partial(autograd_value_and_gradient, fused=True),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way(x, y, weights)
            times[name].append(time.perf_counter() - start)
    return {name: 1e3 * float(np.median(seconds)) for name, seconds in times.items()}
