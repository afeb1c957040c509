"""One drawn point of a model: all entries of every quantity, on the graph of the reference.

A `Point` answers two questions for the evaluator of index expressions: what are the entries of the
tensor called so, and what is the derivative of the loss by it.  Derivatives are torch.autograd's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp
import torch

from proofs_checks.checks.torch_reference import Reference
from proofs_checks.checks.torch_terms import Array, Term, Unjudgeable, bounded
from theory.algebra.symbols import Index

__all__ = ["Point", "Whole", "adjoint_source", "jacobian"]


def adjoint_source(name: str, loss: str) -> str:
    """Return s for dL_ds, the name of the derivative of the loss L by s; "" for other names."""
    prefix = f"d{loss}_d"
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


@dataclass(frozen=True)
class Whole:
    """All entries of a tensor: value, magnitude, and where undefined (None: nowhere)."""

    value: Array
    magnitude: Array
    undefined: Array | None = None

    def at(self, positions: Sequence[sp.Basic], before: Sequence[Index] = ()) -> Term:
        """Return the entries at these positions of the last axes; the first axes are ``before``.

        An index that occurs twice takes the diagonal, a number one slice.

        Raises `Unjudgeable` for a number outside the axis, or anything else.
        """
        taken: list[slice | int] = [slice(None)] * len(before)
        labels = list(before)
        for x, length in zip(positions, self.value.shape[len(before) :], strict=True):
            if isinstance(x, Index):
                taken.append(slice(None))
                labels.append(x)
            elif isinstance(x, sp.Integer) and 1 <= int(x) <= length:
                taken.append(int(x) - 1)
            else:
                raise Unjudgeable(f"`{x}` is no index and no position from 1 to {length}")
        arrays = (self.value, self.magnitude, self.undefined)
        value, magnitude, nowhere = (
            None if x is None else _diagonals(x[tuple(taken)], labels) for x in arrays
        )
        return Term(tuple(dict.fromkeys(labels)), value, magnitude, nowhere)  # type: ignore[arg-type]


class Point:
    """The quantities of one reference at one drawn point.

    ``values`` and ``majorant`` come from the reference, ``through`` as given to it: the names that
    something is differentiated by.  ``sizes`` are by name.  ``draw`` adds inputs that the
    reference does not know, from ``generator``.
    """

    def __init__(
        self,
        reference: Reference,
        values: Mapping[str, Array],
        majorant: Mapping[str, Array],
        sizes: Mapping[str, int],
        generator: torch.Generator,
        through: frozenset[str] = frozenset(),
    ) -> None:
        self.sizes = sizes
        self.fixed = reference.fixed
        wholes = {x: Whole(values[x], majorant[x]) for x in values if x in majorant}
        logs = {x: wholes.pop(log) for x, log in reference.logs.items()}
        self.wholes = wholes
        self._logs = {x: log for x, log in logs.items() if x not in through}
        self._through = through
        self._generator = generator
        self._gradients: dict[str, Whole] = {}

    def draw(self, name: str, shape: tuple[int, ...], *, positive: bool) -> Whole:
        """Return a new input: standard normal, or uniform in [0.5, 1.5] if it is positive.

        It is on the graph only if something is differentiated by it.
        """
        if positive:
            x = torch.rand(shape, generator=self._generator, dtype=torch.float64) + 0.5
        else:
            x = torch.randn(shape, generator=self._generator, dtype=torch.float64)
        needed = name in self._through
        self.wholes[name] = Whole(x.requires_grad_(needed), x.abs().detach().requires_grad_(needed))
        return self.wholes[name]

    def stable_log(self, name: str) -> Whole | None:
        """Return log-softmax as the reference computes it, undefined where it is log 0.

        None for what is no softmax, or where the logarithm must pass through the softmax because
        somebody differentiates by it.
        """
        if name not in self._logs:
            return None
        log = self._logs[name]
        nowhere = log.value.detach().isneginf()
        if not bool(nowhere.any()):
            return log
        value, magnitude = (x.masked_fill(nowhere, 0.0) for x in (log.value, log.magnitude))
        return Whole(value, magnitude, nowhere)

    def loss_gradient(self, loss: Whole, name: str, x: Whole) -> Whole:
        """Return the derivative of the loss by a whole tensor, with the graph to go on."""
        if name not in self._gradients:
            value = jacobian(loss.value, x.value, True)
            magnitude = jacobian(loss.magnitude, x.magnitude, True)
            self._gradients[name] = Whole(value, magnitude)
        return self._gradients[name]


def _diagonals(array: Array, labels: Sequence[Index]) -> Array:
    """Return the array with one axis for each distinct label, in order of appearance."""
    axes = list(labels)
    for x in dict.fromkeys(labels):
        while axes.count(x) > 1:
            first, second = [k for k, label in enumerate(axes) if label == x][:2]
            array = array.diagonal(dim1=first, dim2=second).movedim(-1, first)
            axes.pop(second)
    return array


def jacobian(f: Array, x: Array, graph: bool) -> Array:
    """Return df/dx with the axes of f, then those of x; zeros where f does not depend on x.

    ``graph`` keeps the graph of the derivative, for a derivative of it.
    """
    found = None
    if f.requires_grad and x.requires_grad:
        directions = None
        if f.ndim:
            bounded(f.numel() * max(f.numel(), x.numel()))
            directions = torch.eye(f.numel(), dtype=torch.float64).view(-1, *f.shape)
        (found,) = torch.autograd.grad(
            f, x, directions, retain_graph=True, create_graph=graph, allow_unused=True,
            is_grads_batched=f.ndim > 0,
        )  # fmt: skip
    if found is None:
        return torch.zeros((*f.shape, *x.shape), dtype=torch.float64)
    return found.reshape((*f.shape, *x.shape))
