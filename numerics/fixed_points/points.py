"""What was found, and how sure it is.

A fixed point is ``proved`` (ball arithmetic certifies that it exists and is the only one nearby) or
``verified numerically`` (the residual is at rounding level).  The two are never blurred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, overload

import numpy as np

from numerics.fixed_points.proof import Proof

__all__ = ["FixedPoint", "FixedPoints", "Label", "Lost"]

Label = Literal["proved", "verified numerically"]


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point and what the linearisation says about it, on the quotient by the symmetries.

    ``y``            (d,) one state of it
    ``kind``         stable node, stable focus, unstable node, unstable focus, saddle, centre
                     (of a map: elliptic point), degenerate; of a map by the modulus of its
                     eigenvalues
    ``stable``       True, False, or None where the linearisation does not decide
    ``index``        number of unstable directions
    ``eigenvalues``  (m,) complex, those of declared symmetries left out; ascending in stability:
                     the least stable first
    ``residual``     largest entry of field(y), of field(y) - y for a map
    ``copies``       how many fixed points the relabellings make of it, itself included
    ``family``       number of directions of a continuous family that it belongs to, 0 if isolated
    ``proof``        what ball arithmetic says, None if it was not asked
    """

    y: np.ndarray
    kind: str
    stable: bool | None
    index: int
    eigenvalues: np.ndarray
    residual: float
    copies: int = 1
    family: int = 0
    proof: Proof | None = None

    @property
    def label(self) -> Label:
        """How sure it is that there is a fixed point here."""
        proved = self.proof is not None and self.proof.holds
        return "proved" if proved else "verified numerically"


@dataclass(frozen=True)
class Lost:
    """A start from which no fixed point was reached, and why."""

    start: int
    reason: str


@dataclass(frozen=True)
class FixedPoints(Sequence[FixedPoint]):
    """The fixed points found, each once up to symmetry, and the starts that led to none."""

    points: tuple[FixedPoint, ...]
    lost: tuple[Lost, ...] = field(default=())

    @overload
    def __getitem__(self, place: int) -> FixedPoint: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[FixedPoint]: ...
    def __getitem__(self, place: int | slice) -> FixedPoint | Sequence[FixedPoint]:
        """Return one point, or some."""
        return self.points[place]

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[FixedPoint]:
        return iter(self.points)

    @property
    def summary(self) -> str:
        """In words: how many were found, and why starts led to none."""
        found = f"{len(self)} fixed point{'s' * (len(self) != 1)}" if self.points else "not found"
        reasons: dict[str, int] = {}
        for lost in self.lost:
            reasons[lost.reason] = reasons.get(lost.reason, 0) + 1
        return "; ".join([found, *(f"{n} starts: {why}" for why, n in reasons.items())])
