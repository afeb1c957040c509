"""Loss and gradient of a causal head, block after block of query rows.

Generated from the model: the keys that the causal mask hides from a whole block are never touched,
and nothing larger than block x T is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from theory.codegen import GeneratedFunction, value_and_gradient
from theory.models.attention_head import attention_head

if TYPE_CHECKING:
    import torch

__all__ = ["BLOCK", "WEIGHTS", "causal_value_and_gradient"]

WEIGHTS = ("W_Q", "W_K", "W_V", "W_O")
BLOCK = 250  # rows: on CPUs their scores stay in the cache


@cache
def _generated() -> GeneratedFunction:
    model = attention_head("attention-head-causal", mask="causal")
    return value_and_gradient(model, wrt=WEIGHTS, backend="torch", block=BLOCK)


def causal_value_and_gradient(
    x: torch.Tensor, y: torch.Tensor, weights: Mapping[str, torch.Tensor]
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the summed cross-entropy (nats) of a causal head and its gradient by four weights.

    ``x`` (T, d_x), ``y`` (T, C) one-hot, W_Q and W_K (d_x, d_k), W_V (d_x, d_v), W_O (C, d_v).

    Raises `ValueError` for shapes that do not fit.
    """
    return _generated()(X=x, y=y, **weights)
