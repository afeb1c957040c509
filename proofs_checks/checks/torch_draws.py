"""The points at which the autograd judge looks: shapes, labels, score scales, seeded inputs.

Four draws a check, chosen for where formulas and float64 break: one position or datum
(T = n = N = 1); one dimension (d_x = d_k = d_v = 1) with T != n and one-hot labels; a plain one
with soft labels, all sizes at least 2 and different, so that 1/sqrt(d_v) is not taken for
1/sqrt(d_k); and one whose largest score (|s|, or the largest D / (2 sigma^2) of a mixture) is 700,
near the end of what exp can hold, so that rows of the softmax are saturated and weights underflow.

The reference makes inputs of these shapes that meet the hypotheses of its models.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import sympy as sp
import torch

from proofs_checks.checks.structured_inputs import fitting
from proofs_checks.checks.torch_reference import Reference
from proofs_checks.checks.torch_terms import bounded
from theory.algebra.expressions import Relation, entry_tensor
from theory.algebra.symbols import Index, Size, Tensor
from theory.models.model import Model

__all__ = ["EXTREME", "Draw", "Labels", "battery", "draw_inputs", "draws_for"]

EXTREME = 700.0
"""The largest |s| of the extreme draw; exp(709.8) is the end of float64."""

Labels = Literal["soft", "one-hot"]


@dataclass(frozen=True)
class Draw:
    """One point to look at: its name in reports, sizes by name, kind of labels, largest |s|.

    ``scores`` None leaves the scores as the standard-normal inputs make them, of order one.
    """

    name: str
    sizes: Mapping[str, int]
    labels: Labels
    scores: float | None = None

    def gentler(self) -> Draw | None:
        """Return the draw with scores half as large, None once they are of order ten."""
        if self.scores is None or self.scores < 20:
            return None
        return replace(self, scores=self.scores / 2)


def battery(names: Iterable[str], seed: int) -> tuple[Draw, ...]:
    """Return the four draws for these size names."""
    rng = random.Random(seed)

    def sizes(**chosen: int) -> dict[str, int]:
        return {name: chosen.get(name) or rng.choice((2, 3)) for name in names}

    names = tuple(names)
    different = dict(zip(names, rng.sample(range(2, 2 + len(names)), len(names)), strict=True))
    T2, n2 = rng.sample((2, 3, 4), 2)
    return (
        Draw("one row", sizes(T=1, n=1, N=1), "soft"),
        Draw("d = 1", sizes(T=6, n=5, N=6, K=4, d_x=1, d_k=1, d_v=1), "one-hot"),
        Draw("plain", different, "soft"),
        Draw("extreme scores", sizes(T=T2, n=n2), "one-hot", EXTREME),
    )


def draws_for(
    model: Model,
    equation: Relation,
    seed: int,
    sizes: Mapping[str, int],
    scores_scale: float | None = None,
    labels: Labels | None = None,
) -> tuple[Draw, ...]:
    """Return the battery for an equation, with the caller's choices in every draw.

    Sizes are large enough for the numbers that the equation uses as indices, as in s_12.

    Raises `ValueError` for a size that is unknown or not positive, a scale outside (0, 700] and
    unknown labels.
    """
    mentioned = {*equation.atoms(Size), *(x.size for x in equation.atoms(Index))}
    names = sorted({size.name for size in (*model.sizes, *mentioned)})
    for name, size in sizes.items():
        if name not in names or not isinstance(size, int) or size < 1:
            raise ValueError(
                f"`sizes` maps names among {', '.join(names)} to positive integers; "
                f"got {name!r}: {size!r}."
            )
    if scores_scale is not None and not 0 < scores_scale <= EXTREME:
        raise ValueError(f"`scores_scale` must lie in (0, {EXTREME:g}]; got {scores_scale!r}.")
    if labels not in (None, "soft", "one-hot"):
        raise ValueError(f"`labels` must be 'soft', 'one-hot' or None; got {labels!r}.")
    least = _least_sizes(equation)
    found = []
    for draw in battery(names, seed):
        enough = {name: max(size, least.get(name, 1)) for name, size in draw.sizes.items()}
        enough = fitting(model, enough)
        changed = replace(draw, sizes={**enough, **sizes}, labels=labels or draw.labels)
        found.append(changed if scores_scale is None else replace(changed, scores=scores_scale))
    return tuple(found)


def _least_sizes(equation: Relation) -> dict[str, int]:
    """Return the smallest sizes at which entries such as s_12 and delta_1j exist."""
    least: dict[str, int] = {}
    for entry in equation.atoms(sp.Indexed):
        axes = entry_tensor(entry).axes  # type: ignore[attr-defined]
        for x, size in zip(entry.indices, axes, strict=True):
            if isinstance(x, sp.Integer):
                least[size.name] = max(least.get(size.name, 1), int(x))
    for d in equation.atoms(sp.KroneckerDelta):
        numbers = [int(x) for x in d.args[:2] if isinstance(x, sp.Integer)]
        for x in d.args[:2]:
            if isinstance(x, Index):
                least[x.size.name] = max(least.get(x.size.name, 1), *numbers, 1)
    return least


def draw_inputs(
    model: Model, reference: Reference, draw: Draw, generator: torch.Generator
) -> dict[str, torch.Tensor]:
    """Return float64 inputs of a model at the sizes, labels and score scale of a draw.

    Raises `Unjudgeable` if a quantity of the model would be too large.
    """
    shapes = {}
    for name, tensor in model.tensors.items():
        axes = tensor.axes if isinstance(tensor, Tensor) else ()
        shapes[name] = tuple(draw.sizes[axis.name] for axis in axes)
        bounded(math.prod(shapes[name]))
    return reference.draw(shapes, model.features, draw, generator)
