"""What ball arithmetic certifies about one fixed point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from flint import acb, arb

from numerics.fixed_points.balls import bounds

__all__ = ["Proof", "Verdict"]

Verdict = Literal["proved", "excluded", "not proved"]


@dataclass(frozen=True)
class Proof:
    """The outcome of a proof; every number in it is an enclosure, valid in real arithmetic.

    ``verdict``      "proved": a fixed point lies in ``enclosure``, the only one in ``unique``;
                     "excluded": certainly none near the state that was asked about;
                     "not proved": neither, with the ``reason``
    ``enclosure``    (d,) balls that contain the fixed point
    ``unique``       (d,) balls of the box in which it is the only one; where there are shifts, the
                     only one on the slice across them through the middle of the box
    ``eigenvalues``  (m,) balls of the eigenvalues on the quotient; empty if they have no enclosure
    ``stability``    "stable", "unstable", or "not proved"
    ``index``        number of unstable directions, None if not proved
    ``assumptions``  what the proof takes from declared laws
    ``bits``         working precision
    """

    verdict: Verdict
    reason: str
    enclosure: tuple[arb, ...] = ()
    unique: tuple[arb, ...] = ()
    eigenvalues: tuple[acb, ...] = ()
    stability: Literal["stable", "unstable", "not proved"] = "not proved"
    index: int | None = None
    assumptions: tuple[str, ...] = ()
    bits: int = 0

    @property
    def holds(self) -> bool:
        """Whether existence and uniqueness are proved."""
        return self.verdict == "proved"

    @property
    def box(self) -> np.ndarray:
        """Bounds of the fixed point, (d, 2), rounded outwards."""
        return np.array([bounds(x) for x in self.enclosure]).reshape(-1, 2)

    @property
    def unique_box(self) -> np.ndarray:
        """Bounds of the box in which it is the only fixed point, (d, 2), rounded inwards."""
        outward = np.array([bounds(x) for x in self.unique]).reshape(-1, 2)
        middle = outward.mean(axis=1, keepdims=True)
        return np.nextafter(np.nextafter(outward, middle), middle)

    @property
    def summary(self) -> str:
        """In words: what is proved and what is not."""
        if not self.holds:
            return f"{self.verdict}: {self.reason}"
        if self.stability == "not proved":
            return f"exists, proved; stability not proved: {self.reason}"
        return f"{self.stability}, proved"
