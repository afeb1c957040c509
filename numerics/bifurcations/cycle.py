"""A cycle on a branch, by what a diagram shows of it, and the branch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.special import Special

__all__ = ["Cycle", "CycleBranch"]

NEUTRAL = 1e-9  # of multipliers, as in a family of cycles
SAME = 1e-5  # between two numbers of the same cycle, in their own units


@dataclass(frozen=True)
class Cycle:
    """A cycle, or the fixed point at which they begin.

    ``parameter``    p
    ``period``       in units of time
    ``low, high``    (d,) least and largest value of each variable
    ``multipliers``  (m - 1,) of Floquet, without the 1 along the cycle, largest modulus first
    ``kind``         fold of cycles, period doubling, torus, branch point of cycles, or nothing
    """

    parameter: float
    period: float
    low: np.ndarray
    high: np.ndarray
    multipliers: np.ndarray
    kind: str = ""

    @property
    def unstable(self) -> int:
        """The number of unstable directions; one that is neutral to rounding is not."""
        return int((np.abs(self.multipliers) > 1 + NEUTRAL).sum())

    @property
    def stability(self) -> str:
        """Stable, unstable, or neutral where that is not decided: one of a family of cycles."""
        if self.unstable:
            return "unstable"
        return "stable" if (np.abs(self.multipliers) < 1 - NEUTRAL).all() else "neutral"

    def is_same(self, other: Cycle) -> bool:
        """Whether two cycles are one, as far as their numbers tell."""
        scale = 1e-3 + max(np.abs(self.low).max(), np.abs(self.high).max())
        return (
            abs(self.parameter - other.parameter) < SAME * (1 + abs(self.parameter))
            and abs(self.period - other.period) < SAME * self.period
            and np.abs(self.low - other.low).max() < SAME * scale
            and np.abs(self.high - other.high).max() < SAME * scale
        )


@dataclass(frozen=True)
class CycleBranch:
    """Cycles in order.

    ``origin``  the Hopf point, or the branch point of cycles, at which they begin
    ``cycles``  those from a Hopf point begin with one of no extent
    ``points``  cycles at which something changes, in order
    ``end``     why it ends, in words
    ``target``  the Hopf point at which it ends, if it does
    """

    origin: Special | Cycle
    cycles: tuple[Cycle, ...]
    points: tuple[Cycle, ...]
    end: str
    target: Special | None = None
