"""Loss and gradient of a causal head, block after block of query rows.

The loss is a sum over queries, so it splits into blocks of them: the queries of a block see the
keys up to its end, which is the head with separate queries and keys under a mask.  Its gradient is
generated from that model; the keys that the causal mask hides from a whole block are never touched,
and nothing larger than block x T is held.

The arguments are checked once, by a call with a single key, which costs T scores; checked in every
block they would cost as much as half of the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["BLOCK", "WEIGHTS", "causal_value_and_gradient"]

WEIGHTS = ("W_Q", "W_K", "W_V", "W_O")
BLOCK = 250  # rows: on CPUs their scores stay in the cache


@cache
def _generated() -> Any:
    from theory.codegen import value_and_gradient
    from theory.models.attention_head import attention_head

    model = attention_head("attention-head-rows", cross=True, mask="arbitrary")
    return value_and_gradient(model, wrt=list(WEIGHTS), backend="torch")


def causal_value_and_gradient(
    x: torch.Tensor, y: torch.Tensor, weights: Mapping[str, torch.Tensor], *, block: int = BLOCK
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return the summed cross-entropy (nats) of a causal head and its gradient by four weights.

    ``x`` (T, d_x), ``y`` (T, C) one-hot, W_Q and W_K (d_x, d_k), W_V (d_x, d_v), W_O (C, d_v).

    Raises `ValueError` for a block of less than one row, shapes that do not fit, entries that are
    not finite, or rows of y that do not sum to one.
    """
    import torch

    if block < 1:
        raise ValueError(f"`block` must be 1 row or more; got {block}.")
    function, length = _generated(), len(x)
    if not length:
        raise ValueError("`x` must have one row or more; got none.")
    one_key = torch.ones((length, 1), dtype=x.dtype, device=x.device)
    function(X=x, X_K=x[:1], y=y, M=one_key, **weights)
    loss, gradient = x.new_zeros(()), {}
    for first in range(0, length, block):
        last = min(first + block, length)
        mask = torch.ones((last - first, last), dtype=x.dtype, device=x.device).tril(first)
        own, part = function.raw(X=x[first:last], X_K=x[:last], y=y[first:last], M=mask, **weights)
        loss = loss + own
        gradient = {n: gradient[n] + g if n in gradient else g for n, g in part.items()}
    return loss, gradient
