"""Random inputs, and the hypotheses that concern a statement.

Inputs that are declared positive or nonnegative are drawn positive, others with either sign.  The
order of a range is the lower triangle.  A draw depends on its seed and the name of the input only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import sympy as sp

from proofs_checks.checks.plain.dependence import Dependence, quantity_name
from theory.algebra.expressions import Inequality
from theory.algebra.symbols import Tensor, is_order

if TYPE_CHECKING:
    from theory.models.model import Constraint

__all__ = ["Inputs", "is_inequality", "label_of", "names_in", "related"]


class Inputs:
    """Arrays by name; what is not there yet is drawn.  ``solved`` names those found by equations.

    ``signs`` is +1 or -1, which flips the signs of all inputs that may have either, or 0: then
    they are all positive.  ``scale`` is the largest magnitude, ``seed`` fixes the draw.
    """

    def __init__(self, seed: Sequence[int], signs: int = 1, scale: float = 1.6) -> None:
        self.seed, self.signs, self.scale = tuple(seed), signs, scale
        self.arrays: dict[str, np.ndarray] = {}
        self.solved: set[str] = set()

    def gentler(self) -> Inputs:
        """Return inputs half as large; what was given stays as it is."""
        result = Inputs(self.seed, self.signs, self.scale / 2)
        result.arrays = dict(self.arrays)
        return result

    def array(self, symbol: sp.Basic, shape: tuple[int, ...]) -> np.ndarray:
        """Return the array of an input."""
        name = quantity_name(symbol)
        if name not in self.arrays:
            self.arrays[name] = self._drawn(symbol, name, shape)
        return self.arrays[name]

    def _drawn(self, symbol: sp.Basic, name: str, shape: tuple[int, ...]) -> np.ndarray:
        if is_order(name):
            return np.tril(np.ones(shape))
        label = label_of(symbol)
        rng = np.random.default_rng([*self.seed, crc32(name.encode())])
        if label.is_integer:
            return rng.integers(1, 4, shape).astype(float)
        size = rng.uniform(self.scale / 5, self.scale, shape)
        sign = np.where(rng.uniform(size=shape) < 0.5, -1.0, 1.0) * self.signs
        positive = label.is_nonnegative or self.signs == 0
        return np.asarray(size if positive else size * sign)


def related(
    constraints: Iterable[Constraint], dependence: Dependence, *sides: sp.Basic
) -> tuple[Constraint, ...]:
    """Return the hypotheses that bind what the sides depend on, directly or through others.

    Those that bind sizes alone are always among them.
    """
    names = frozenset().union(*(dependence.of(side) for side in sides))
    found = [c for c in constraints if not names_in(c, dependence)]
    waiting = [c for c in constraints if c not in found]
    while True:
        near = [c for c in waiting if not names.isdisjoint(names_in(c, dependence))]
        if not near:
            return tuple(found)
        found += near
        waiting = [c for c in waiting if c not in near]
        names = names.union(*(names_in(c, dependence) for c in near))


def is_inequality(constraint: Constraint) -> bool:
    """Return whether a hypothesis says `left <= right`."""
    return isinstance(constraint.equation, Inequality)


def names_in(constraint: Constraint, dependence: Dependence) -> frozenset[str]:
    """Return all that a hypothesis depends on."""
    return frozenset().union(*(dependence.of(side) for side in constraint.equation.args))


def label_of(symbol: sp.Basic) -> sp.Basic:
    """Return the symbol that carries the name and the declared sign."""
    return symbol.label if isinstance(symbol, Tensor) else symbol  # type: ignore[return-value]
