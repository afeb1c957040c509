"""Small sequence models in plain torch: a causal transformer, and the same without attention.

    x <- x + Attention(LayerNorm(x)),   x <- x + MLP(LayerNorm(x)),   logits = W LayerNorm(x)

Attention scores fall off linearly with the distance, with a slope of its own for every head, so the
models read sequences longer than those they were trained on.  The MLP has the same blocks and no
attention; its hidden layers are widened until it has as many parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SequenceModel", "matched_mlp", "parameters"]


class Block(nn.Module):
    """One residual block; ``heads`` 0 is a block without attention."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        if heads:
            self.norm = nn.LayerNorm(width)
            self.qkv = nn.Linear(width, 3 * width)
            self.out = nn.Linear(width, width)
        self.second = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor, bias: Tensor, kept: Tensor | None = None) -> Tensor:
        """Return the residual stream (B, T, width); ``kept`` (heads,) 0 removes a head."""
        if self.heads:
            q, k, v = self.queries_keys_values(x)
            context = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
            if kept is not None:
                context = context * kept[None, :, None, None]
            x = x + self.out(context.transpose(1, 2).flatten(2))
        return x + self.down(functional.gelu(self.up(self.second(x))))

    def queries_keys_values(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values (B, heads, T, width / heads) of the stream."""
        batch, length, width = x.shape
        parts = self.qkv(self.norm(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        return q, k, v


class SequenceModel(nn.Module):
    """Maps embedded sequences (B, T, inputs) to logits (B, T, classes)."""

    def __init__(
        self, inputs: int, classes: int, *, width: int, layers: int, heads: int, hidden: int
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, width)
        self.heads = heads
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(layers))
        self.norm, self.read = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x: Tensor, kept: Mapping[int, Tensor] | None = None) -> Tensor:
        """Return the logits; ``kept`` maps layers to heads that stay (1) or go (0)."""
        return self.read(self.norm(self.streams(x, kept)[-1]))

    def streams(self, x: Tensor, kept: Mapping[int, Tensor] | None = None) -> list[Tensor]:
        """Return the residual stream before the first block and after each."""
        bias = self.bias(x.shape[1], x.device)
        found = [self.embed(x)]
        for n, block in enumerate(self.blocks):
            found.append(block(found[-1], bias, (kept or {}).get(n)))
        return found

    def bias(self, length: int, device: Any) -> Tensor:
        """Return what is added to the scores (heads, T, T): -slope times distance, -inf ahead."""
        if not self.heads:
            return torch.zeros(0)
        place = torch.arange(length, device=device)
        distance = (place[:, None] - place[None, :]).float()
        slopes = torch.tensor([2.0 ** (-8 * (h + 1) / self.heads) for h in range(self.heads)])
        bias = -slopes.to(device)[:, None, None] * distance
        return bias.masked_fill(distance < 0, -math.inf)


def parameters(model: nn.Module) -> int:
    """Return how many parameters a model has."""
    return sum(p.numel() for p in model.parameters())


def matched_mlp(model: SequenceModel, inputs: int, classes: int) -> SequenceModel:
    """Return a model without attention that has as many parameters, to one hidden unit a layer."""
    width, layers = model.embed.out_features, len(model.blocks)
    base = SequenceModel(inputs, classes, width=width, layers=layers, heads=0, hidden=1)
    missing = parameters(model) - parameters(base)
    hidden = 1 + max(0, round(missing / (layers * (2 * width + 1))))
    return SequenceModel(inputs, classes, width=width, layers=layers, heads=0, hidden=hidden)
