"""Hidden Markov models written by hand in torch: what the autograd judge trusts.

One step of the filter comes from the joint distribution of both states and the symbol, an array
(S, S, O), by its margins; three observations come from the array (S, S, S) of all hidden paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from proofs_checks.checks.torch_positive import Arithmetic, distribution, run, run_majorant

if TYPE_CHECKING:
    from proofs_checks.checks.torch_draws import Draw

__all__ = ["draw_markov", "hidden_markov", "hidden_markov_majorant"]

Tensors = dict[str, torch.Tensor]
Features = Mapping[str, object]
INPUTS = {"hidden": ("a", "A", "E"), "path": ("pi", "A", "B", "lambda", "mu", "nu")}


def hidden_markov(
    inputs: Mapping[str, torch.Tensor], features: Features, *, through: frozenset[str] = frozenset()
) -> Tensors:
    """Return every named quantity, inputs included, with the graph between them.

    ``features["markov"]`` is "hidden" for one step, "path" for three observations.

    Raises `ValueError` for a missing input or one that is not float64.
    """
    kind = str(features["markov"])
    return run(inputs, INPUTS[kind], "the hidden Markov model", PROGRAMS[kind])


def hidden_markov_majorant(
    at: Mapping[str, torch.Tensor],
    features: Features,
    *,
    through: frozenset[str] = frozenset(),
) -> Tensors:
    """Return the majorant of every quantity that `hidden_markov` gave as ``at``."""
    kind = str(features["markov"])
    return run_majorant(at, INPUTS[kind], PROGRAMS[kind])


def _step(given: Tensors, arithmetic: Arithmetic) -> Tensors:
    b = given["a"] @ given["A"]
    seen = b[:, None] * given["E"]
    e = seen.sum(0)
    f = arithmetic.normalised(seen.mT)
    made = {"b": b, "e": e, "f": f, "h": arithmetic.entropy(f), "L": arithmetic.entropy(e)}
    return made | {"J": torch.einsum("r,rs,so->rso", given["a"], given["A"], given["E"])}


def _path(given: Tensors, arithmetic: Arithmetic) -> Tensors:
    pi, A, B, *likelihoods = (given[name] for name in INPUTS["path"])
    first, second, third = likelihoods
    x = pi * first
    y = (x @ A) * second
    z = (y @ B) * third
    a, b, f = (arithmetic.normalised(message) for message in (x, y, z))
    w = torch.einsum("q,q,qr,r,rs,s->qrs", pi, first, A, second, B, third)
    L = arithmetic.minus(arithmetic.log(z.sum()))
    return {"x": x, "y": y, "z": z, "a": a, "b": b, "f": f, "w": w, "L": L}


PROGRAMS = {"hidden": _step, "path": _path}


def draw_markov(
    shapes: Mapping[str, tuple[int, ...]],
    features: Features,
    draw: Draw,
    generator: torch.Generator,
) -> Tensors:
    """Return positive distributions; likelihoods of observations lie between 0 and 1."""
    inputs = {}
    for name in INPUTS[str(features["markov"])]:
        if name in ("lambda", "mu", "nu"):
            inputs[name] = torch.rand(shapes[name], generator=generator, dtype=torch.float64)
        else:
            inputs[name] = distribution(shapes[name], generator)
    return inputs
