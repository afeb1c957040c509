"""Frame-precision dissociation: does routing settle before the values do?

    routing   how far attention rows move between two checkpoints: mean total variation (0 to 1)
    values    how far the values move: |V - V'|_F / |V'|_F

by layer, on the same sequences.  Routing that settles early is the frame; values that go on moving
refine what it carries.

Source: agarwal2025geometry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frames", "frames", "moved", "settled"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Frames:
    """Attention weights (B, heads, T, T) and values (B, heads, T, d) of every layer."""

    attention: list[Array]
    values: list[Array]

    @property
    def entropy(self) -> Array:
        """The mean entropy of attention rows (layers,) in nats."""
        return np.array(
            [-(a * np.log(np.where(a > 0, a, 1))).sum(-1).mean() for a in self.attention]
        )


def frames(model: Any, inputs: NDArray[np.float32], device: str = "cpu") -> Frames:
    """Return the attention and values of a transformer on sequences (B, T, inputs)."""
    import torch

    x = torch.tensor(inputs, device=device)
    attention, values = [], []
    model.eval()
    with torch.no_grad():
        bias = model.bias(x.shape[1], x.device)
        for block, stream in zip(model.blocks, model.streams(x), strict=False):
            q, k, v = block.queries_keys_values(stream)
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
            attention.append(torch.softmax(scores, dim=-1).double().cpu().numpy())
            values.append(v.double().cpu().numpy())
    return Frames(attention, values)


def moved(before: Frames, after: Frames) -> tuple[Array, Array]:
    """Return how far routing and values moved, each by layer (layers,)."""
    routing = [
        np.abs(a - b).sum(axis=-1).mean() / 2
        for a, b in zip(after.attention, before.attention, strict=True)
    ]
    values = [
        float(np.linalg.norm(a - b) / np.linalg.norm(b))
        for a, b in zip(after.values, before.values, strict=True)
    ]
    return np.array(routing), np.array(values)


def settled(curve: Array, steps: float) -> float:
    """Return the step after which a curve stays within a tenth of its change from its end.

    ``curve`` (checkpoints,) covers ``steps`` steps evenly.
    """
    change = abs(curve[-1] - curve[0])
    outside = np.flatnonzero(np.abs(curve - curve[-1]) > 0.1 * change)
    share = (outside[-1] + 1) / len(curve) if len(outside) else 0.0
    return float(share * steps)
