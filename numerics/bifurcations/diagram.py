"""Bifurcation diagrams: all branches that starts and branch points lead to, and what is on them.

Cycles are followed from every Hopf point of a flow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.bifurcations.branch import Branch, followed
from numerics.bifurcations.continuation import SAME, corrected, lies_on
from numerics.bifurcations.cycle import CycleBranch
from numerics.bifurcations.cycles import followed_cycles
from numerics.bifurcations.family import Family
from numerics.bifurcations.special import Special, special_points
from numerics.fixed_points import find
from numerics.flows import System

__all__ = ["Diagram", "diagram", "region", "traced"]

SEEDED = 5
"""Values of the parameter at which fixed points are looked for."""
OFF = 5e-3
"""Step from a branch point onto the other branch."""
REACH = 10.0
"""Branches are followed to this multiple of where the starts and fixed points lie."""
MANY = 60
"""Branches at most."""


@dataclass(frozen=True)
class Diagram:
    """Branches of fixed points over one parameter, and of cycles.

    ``name``      of the parameter
    ``branches``  in the order in which they were found
    ``points``    special points, by parameter
    ``cycles``    branches of cycles, by the Hopf point at which they begin
    ``notes``     what could not be followed, in words
    """

    name: str
    family: Family
    branches: tuple[Branch, ...]
    points: tuple[Special, ...]
    cycles: tuple[CycleBranch, ...]
    notes: tuple[str, ...]

    @property
    def system(self) -> System:
        """The system in the middle of the interval."""
        return self.family.system


def diagram(
    build: Callable[[float], System], name: str, low: float, high: float, *, seed: int = 0,
    starts: int = 32, cycles: bool = True, progress: Callable[[str], None] = lambda step: None,
) -> Diagram:  # fmt: skip
    """Return the bifurcation diagram of the systems ``build(p)``, low <= p <= high.

    Fixed points are looked for from ``starts`` starts at `SEEDED` parameters; each is followed both
    ways, and so is what branches off; of a flow also the cycles, unless ``cycles`` is false.  What
    neither reaches is not in the diagram.

    Raises `ValueError` for low >= high, a parameter that changes the form of the equations or does
    not enter them, or where no fixed point is found.
    """
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(
            f"`{name}` must run between finite numbers, low:high; got {low:g}:{high:g}."
        )
    family = Family(build, low, high)
    progress("looking for fixed points")
    seeds, passed = _seeds(family, seed, starts)
    if not seeds:
        degenerate = (
            f" ({passed} degenerate ones, such as continuous families, are not followed)"
        ) * bool(passed)
        raise ValueError(
            f"no fixed point of `{family.system.name}` to follow was found for {name} between "
            f"{low:g} and {high:g} from {starts} starts at {SEEDED} values{degenerate}."
        )
    reach = region(family, seeds, seed)
    branches, points, waiting = traced(family, seeds, reach, progress)
    points.sort(key=lambda x: x.parameter)
    born = _cycles(family, points, reach, name, progress) if cycles else []
    return Diagram(
        name, family, tuple(branches), tuple(points), tuple(born),
        tuple(_notes(name, branches, born, waiting)),
    )  # fmt: skip


def region(family: Family, seeds: Sequence[np.ndarray], seed: int = 0) -> float:
    """Return up to which size of a coordinate branches are followed."""
    centre = family.rows @ np.mean(family.system.starts(np.random.default_rng(seed), 64), axis=0)
    sizes = [np.abs(u[: family.size]).max() for u in seeds]
    return float(REACH * (2 + max(np.abs(centre).max(), *sizes)))


def traced(
    family: Family, seeds: Sequence[np.ndarray], reach: float,
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[list[Branch], list[Special], int]:  # fmt: skip
    """Return the branches through fixed points and what branches off, special points, what is left.

    ``seeds``  fixed points u = (z, q)
    ``reach``  branches end where a coordinate goes beyond
    """
    branches: list[Branch] = []
    points: list[Special] = []
    waiting = list(seeds)
    while waiting and len(branches) < MANY:
        u = waiting.pop(0)
        if any(lies_on(family, branch.u, u) for branch in branches):
            continue
        progress(f"branch {len(branches) + 1}")
        branch = followed(family, u, reach)
        branches.append(branch)
        for point in special_points(family, branch):
            if any(np.abs(point.u - x.u).max() < 100 * SAME for x in points):
                continue
            points.append(point)
            waiting += _beside(family, point)
    return branches, points, len(waiting)


def _seeds(family: Family, seed: int, starts: int) -> tuple[list[np.ndarray], int]:
    """Return fixed points at several values of the parameter, and how many are degenerate."""
    found, passed = [], 0
    for n, q in enumerate((np.arange(SEEDED) + 0.5) / SEEDED):
        p = family.parameter(float(q))
        for point in find(family.build(p), number=starts, seed=seed + n, relabelled=False):
            if point.kind == "degenerate" or point.family:
                passed += 1
            else:
                found.append(family.point(point.y, p))
    return found, passed


def _cycles(
    family: Family, points: Sequence[Special], reach: float, name: str,
    progress: Callable[[str], None],
) -> list[CycleBranch]:  # fmt: skip
    """Return the branches of cycles from the Hopf points, each once."""
    found: list[CycleBranch] = []
    for point in points:
        if point.kind != "Hopf" or any(point is branch.target for branch in found):
            continue
        progress(f"cycles from {name} = {point.parameter:.6g}")
        found += followed_cycles(family, point, points, reach, name)
    return found


def _beside(family: Family, point: Special) -> list[np.ndarray]:
    """Return a point on the branch that crosses at a branch point, if one is reached."""
    if point.turn is None:
        return []
    found = []
    for side in (OFF, -OFF):
        there, _ = corrected(family, point.u + side * point.turn, point.turn)
        if there is not None and 0 <= there[-1] <= 1:
            found.append(there)
    return found


def _notes(
    name: str, branches: Sequence[Branch], cycles: Sequence[CycleBranch], waiting: int
) -> list[str]:
    notes = [
        f"branch {n + 1} was {end}" for n, branch in enumerate(branches)
        for end in dict.fromkeys(branch.ends) if end.startswith("not followed")
    ]  # fmt: skip
    notes += [
        f"cycles from {name} = {branch.origin.parameter:.10g} were {branch.end}"
        for branch in cycles if branch.end.startswith("not followed")
    ]  # fmt: skip
    if waiting:
        notes.append(f"{waiting} more starts were left after {MANY} branches")
    return notes
