"""Bijection elimination written by hand in torch: what the autograd judge trusts about it.

Given a (V,) and n () it counts the bijections that continue with each value, and takes posterior
and entropy from the counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_positive import MAJORANT, PLAIN, Arithmetic, magnitudes

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["counting", "counting_majorant", "draw_counting"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = ("a", "n")


def counting(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    given = leaves(inputs, INPUTS, "the count of bijections")
    with torch.enable_grad():
        return given | _program(given, PLAIN) | {"m": (1 - given["a"]).sum()}


def counting_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `counting` gave as ``at``."""
    given = magnitudes(at, INPUTS)
    with torch.enable_grad():
        return given | _program(given, MAJORANT) | {"m": (1 + given["a"]).sum()}


def _program(given: Tensors, arithmetic: Arithmetic) -> Tensors:
    c = given["n"] * given["a"]
    C = c.sum()
    p, L = arithmetic.normalised(c), arithmetic.log(C * arithmetic.inverse(given["n"]))
    return {"c": c, "C": C, "p": p, "L": L, "H": p.sum() * L}


def draw_counting(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return a count up to 24, and weights between 0 and 1 of the values.

    One-hot labels ask for weights 0 and 1: values that are free or not, the last one free.
    """
    a = torch.rand(shapes["a"], generator=generator, dtype=torch.float64)
    if draw.labels == "one-hot":
        a = a.round()
    a[-1] = 1.0
    n = torch.randint(1, 25, (), generator=generator).double()
    return {"a": a, "n": n}
