"""How NumPy and torch spell what generated code needs.

Only texts: nothing here imports torch, so source for torch can be written where it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

__all__ = ["DIALECTS", "Dialect"]

FUNCTIONS = ("exp", "log", "sinh", "cosh", "tanh", "sign")


@dataclass(frozen=True)
class Dialect:
    """The spelling of one library; ``module`` is the name its functions are called on."""

    name: str
    module: str
    imports: tuple[str, ...]
    axis: str
    keepdims: str
    transpose: str
    copy: str
    functions: Mapping[type, str]

    def call(self, function: str, *arguments: str) -> str:
        """Return a call of one of the library's functions."""
        return f"{self.module}.{function}({', '.join(arguments)})"

    def total(self, code: str, axes: Sequence[int], rank: int) -> str:
        """Return the sum over some axes of an array with ``rank`` axes."""
        return f"{code}.sum({self.over(axes, rank) if len(axes) < rank else ''})"

    def over(self, axes: Sequence[int], rank: int) -> str:
        """Return ``axis=...``; the last axis is -1."""
        places = [-1 if a == rank - 1 else a for a in sorted(axes)]
        return f"{self.axis}={places[0] if len(places) == 1 else tuple(places)}"

    def transposed(self, code: str, places: tuple[int, ...]) -> str:
        """Return the array with its axes permuted: ``.T``, ``.mT``, or the permutation."""
        if places == (1, 0):
            return f"{code}.T"
        if places == (*range(len(places) - 2), len(places) - 1, len(places) - 2):
            return f"{code}.mT"
        return f"{code}.{self.transpose}({', '.join(map(str, places))})"

    def einsum(self, letters: str, operands: Sequence[str], as_product: bool) -> str:
        """Return an einsum; NumPy hands it to its matrix product only if asked to optimize."""
        optimize = ["optimize=True"] if as_product and self.name == "numpy" else []
        return self.call("einsum", f'"{letters}"', *operands, *optimize)

    def where(self, condition: str, value: str, otherwise: str) -> str:
        """Return the elementwise choice."""
        return self.call("where", condition, value, otherwise)

    def filled(self, function: str, shape: Sequence[str], like: str | None) -> str:
        """Return ``zeros``, ``ones`` or ``eye``, of the type and device of ``like``."""
        inside = ", ".join(shape) if function == "eye" else f"({_tuple_body(shape)})"
        if self.name == "numpy":
            return self.call(function, inside)
        of = f"dtype={like}.dtype, device={like}.device" if like else "dtype=torch.float64"
        return self.call(function, inside, of)

    def lower_triangle(self, size: str, like: str | None) -> str:
        """Return the lower triangle of ones, diagonal included."""
        if self.name == "numpy":
            return f"np.tri({size})"
        return f"{self.filled('ones', (size, size), like)}.tril()"

    def lower_rows(self, rows: str, columns: str, first: str, like: str | None) -> str:
        """Return rows of the lower triangle, beginning with row number ``first`` (from 0)."""
        if self.name == "numpy":
            return f"np.tri({rows}, {columns}, {first})"
        return f"{self.filled('ones', (rows, columns), like)}.tril({first})"


def _tuple_body(items: Sequence[str]) -> str:
    return f"{items[0]}," if len(items) == 1 else ", ".join(items)


def _functions(module: str, absolute: str) -> dict[type, str]:
    known: dict[type, str] = {getattr(sp, name): f"{module}.{name}" for name in FUNCTIONS}
    return {**known, sp.Abs: absolute}


DIALECTS = {
    "numpy": Dialect(
        name="numpy",
        module="np",
        imports=("import numpy as np",),
        axis="axis",
        keepdims="keepdims",
        transpose="transpose",
        copy="copy",
        functions=_functions("np", "np.abs"),
    ),
    "torch": Dialect(
        name="torch",
        module="torch",
        imports=("import torch",),
        axis="dim",
        keepdims="keepdim",
        transpose="permute",
        copy="clone",
        functions=_functions("torch", "torch.abs"),
    ),
}
"""The two libraries by name."""
