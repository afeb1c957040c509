"""Programs of positive quantities in torch, written once for values and for magnitudes.

A program that only adds, multiplies and divides what is >= 0 has no cancellation: with `PLAIN` it
gives its quantities, with `MAJORANT` their majorants (see `torch_majorant`), whose values are the
quantities themselves.  A logarithm is the one thing that changes: its majorant is |log x|.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch

from proofs_checks.checks.torch_inputs import leaves
from proofs_checks.checks.torch_majorant import inverse_majorant, log_majorant

__all__ = [
    "MAJORANT", "PLAIN", "Arithmetic", "distribution", "magnitudes", "run", "run_majorant",
]  # fmt: skip

Array = torch.Tensor
Program = Callable[[dict[str, Array], "Arithmetic"], dict[str, Array]]


@dataclass(frozen=True)
class Arithmetic:
    """What differs between values and majorants: 1/x, log x and -x."""

    inverse: Callable[[Array], Array]
    log: Callable[[Array], Array]
    minus: Callable[[Array], Array]

    def normalised(self, x: Array) -> Array:
        """Return the last axis brought to sum one."""
        return x * self.inverse(x.sum(-1, keepdim=True))

    def entropy(self, p: Array) -> Array:
        """Return -sum p log p over the last axis, nats."""
        return self.minus((p * self.log(p)).sum(-1))


PLAIN = Arithmetic(torch.reciprocal, torch.log, torch.neg)
MAJORANT = Arithmetic(
    lambda x: inverse_majorant(x.detach(), x), lambda x: log_majorant(x.detach(), x), lambda x: x
)


def magnitudes(at: Mapping[str, Array], names: Iterable[str]) -> dict[str, Array]:
    """Return the magnitudes of inputs, as leaves of their own."""
    return {name: at[name].detach().abs().requires_grad_() for name in names}


def run(
    inputs: Mapping[str, Array], names: tuple[str, ...], title: str, program: Program
) -> dict[str, Array]:
    """Return inputs and what a program of positive quantities makes of them, with the graph.

    Raises `ValueError` for a missing input or one that is not float64, naming ``title``.
    """
    given = leaves(inputs, names, title)
    with torch.enable_grad():
        return given | program(given, PLAIN)


def run_majorant(
    at: Mapping[str, Array], names: tuple[str, ...], program: Program
) -> dict[str, Array]:
    """Return the majorants of what `run` gave as ``at``."""
    given = magnitudes(at, names)
    with torch.enable_grad():
        return given | program(given, MAJORANT)


def distribution(shape: tuple[int, ...], generator: torch.Generator) -> Array:
    """Return positive numbers that sum to one along the last axis."""
    return torch.softmax(torch.randn(shape, generator=generator, dtype=torch.float64), dim=-1)
