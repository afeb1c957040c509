"""The result of a complete search: what is proved, and the regions that stay undecided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from numerics.fixed_points.points import FixedPoint

__all__ = ["CompleteList", "Region", "joined"]

GAP = 1e-5
"""Part of the window's width within which undecided boxes are reported as one region."""


@dataclass(frozen=True)
class Region:
    """A box in which nothing is decided: fixed points may lie here, or none."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class CompleteList:
    """The fixed points in a closed window.

    ``points``     proved ones; every other fixed point in the window lies in an undecided region
    ``on_edge``    those of them that lie on the window's edge as far as can be said: the proof
                   does not tell whether they are in or just out
    ``undecided``  regions in which the search could not decide, with a little room around them
    ``doubtful``   points that are verified numerically only; they lie in undecided regions
    ``stopped``    why the search ended early, empty if it did not
    ``boxes``      number of boxes looked at, in ``seconds``
    """

    window: tuple[float, ...]
    points: tuple[FixedPoint, ...]
    on_edge: tuple[FixedPoint, ...]
    undecided: tuple[Region, ...]
    doubtful: tuple[FixedPoint, ...]
    stopped: str
    boxes: int
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether it is proved that the window holds the fixed points listed and no others."""
        return not self.undecided

    @property
    def summary(self) -> str:
        """In words: how many, and whether these are all."""
        count = len(self.points)
        found = f"{count} fixed point{'s' * (count != 1)}, proved"
        if self.complete:
            return f"{found}, and no others in the window ({self.boxes} boxes)"
        where = f"{len(self.undecided)} region{'s' * (len(self.undecided) != 1)} undecided"
        return f"{found}; {where}" + (f" because {self.stopped}" if self.stopped else "")


def joined(regions: Iterable[Region], width: np.ndarray) -> list[Region]:
    """Return the boxes around groups of regions that touch each other."""
    regions = list(regions)
    if not regions:
        return []
    low, high = (np.array([getattr(r, side) for r in regions]) for side in ("low", "high"))
    gap = GAP * width
    group = np.full(len(regions), -1)
    count = 0
    for first in range(len(regions)):
        if group[first] >= 0:
            continue
        group[first] = count
        fresh = [first]
        while fresh:
            n = fresh.pop()
            touching = np.all((low <= high[n] + gap) & (high >= low[n] - gap), axis=1)
            for other in np.flatnonzero(touching & (group < 0)).tolist():
                group[other] = count
                fresh.append(other)
        count += 1
    return [Region(low[group == k].min(axis=0), high[group == k].max(axis=0)) for k in range(count)]
