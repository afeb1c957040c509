"""Inputs of the hand-written references: float64 leaves that record a graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch

__all__ = ["leaves"]


def leaves(
    inputs: Mapping[str, torch.Tensor],
    needed: Sequence[str],
    owner: str,
    constant: Collection[str] = (),
) -> dict[str, torch.Tensor]:
    """Return the inputs ``needed`` by ``owner``; those without a graph become leaves.

    ``constant`` inputs are left as they are.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    missing = [name for name in needed if name not in inputs]
    if missing:
        raise ValueError(
            f"{owner} needs the inputs {', '.join(needed)}; "
            f"missing: {', '.join(missing)}. Pass one float64 tensor for each."
        )
    given: dict[str, torch.Tensor] = {}
    for name in needed:
        x = inputs[name]
        if x.dtype != torch.float64:
            raise ValueError(f"`{name}` must be float64; got {x.dtype}. Use `{name}.double()`.")
        keeps = x.requires_grad or name in constant
        given[name] = x if keeps else x.detach().clone().requires_grad_()
    return given
