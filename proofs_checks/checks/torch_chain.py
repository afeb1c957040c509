"""Markov chains on a circle, by hand in torch: what the autograd judge trusts about them.

The steps R of `circulant_chain` are drawn by `torch.roll`, the waves of `sticky_chain` by `cos` at
any frequency; transition probabilities, entropy rate and correlation follow by matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from proofs_checks.checks.torch_positive import Arithmetic, distribution, run, run_majorant

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_chain", "markov_chain", "markov_chain_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = {"circulant": ("p", "R"), "sticky": ("w", "rho", "S", "x")}


def markov_chain(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``features["chain"]`` is "circulant" or "sticky".

    Raises `ValueError` for a missing input or one that is not float64.
    """
    kind = str(features["chain"])
    return run(inputs, INPUTS[kind], "the Markov chain", PROGRAMS[kind])


def markov_chain_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `markov_chain` gave as ``at``."""
    kind = str(features["chain"])
    return run_majorant(at, INPUTS[kind], PROGRAMS[kind])


def _circulant(given: Tensors, arithmetic: Arithmetic) -> Tensors:
    p, R = given["p"], given["R"]
    P = torch.tensordot(p, R, dims=1)
    G = torch.tensordot(arithmetic.log(p), R, dims=1)
    return {"P": P, "G": G, "L": arithmetic.minus((P * G).sum(-1).mean())}


def _sticky(given: Tensors, arithmetic: Arithmetic) -> Tensors:
    w, rho, S, x = (given[name] for name in INPUTS["sticky"])
    W = torch.tensordot(w, S, dims=1)
    P = (1 + arithmetic.minus(rho)) * W + rho * torch.eye(len(w), dtype=torch.float64)
    return {"W": W, "P": P, "m": w @ x, "L": (x * (P @ x)).mean()}


PROGRAMS = {"circulant": _circulant, "sticky": _sticky}


def draw_chain(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return positive weights of the steps, the steps, and a wave of some frequency."""
    if features["chain"] == "circulant":
        (size,) = shapes["p"]
        return {"p": distribution((size,), generator), "R": _steps(size)}
    (size,) = shapes["w"]
    R = _steps(size)
    frequency = int(torch.randint(size, (), generator=generator))
    turns = torch.arange(size, dtype=torch.float64) * frequency % size / size
    return {
        "w": distribution((size,), generator),
        "rho": torch.rand((), generator=generator, dtype=torch.float64),
        "S": (R + R.mT) / 2,
        "x": torch.cos(2 * math.pi * turns),
    }


def _steps(size: int) -> torch.Tensor:
    """Return the N permutations round the circle, the first one the identity."""
    eye = torch.eye(size, dtype=torch.float64)
    return torch.stack([eye.roll(d, dims=1) for d in range(size)])
