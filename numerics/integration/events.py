"""Events along a trajectory: reaching a fixed point, crossing a section.

    FixedPoint(tolerance)                |dy/dt|_max <= tolerance (1 + |y|_max): ends the trajectory
    Section(component, value, direction) y_component = value, rising (+1), falling (-1) or both (0)

A fixed point is looked for at the output times; a section inside every step, to rounding of the
dense output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from numerics.flows import System
from theory.codegen.names import nearest

__all__ = ["Crossing", "Event", "Events", "FixedPoint", "Section", "sorted_events"]


@dataclass(frozen=True)
class FixedPoint:
    """Ends a trajectory once |dy/dt|_max <= tolerance (1 + |y|_max), seen at an output time."""

    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        """Raise `ValueError` for a tolerance of 0 or below."""
        if not self.tolerance > 0:
            raise ValueError(
                f"the tolerance of `FixedPoint` must be above 0; got {self.tolerance}."
            )

    def reached(self, y: np.ndarray, velocity: np.ndarray) -> np.ndarray:
        """Return for states (..., d) whether they rest."""
        bound = self.tolerance * (1 + np.abs(y).max(axis=-1))
        return np.abs(velocity).max(axis=-1) <= bound


@dataclass(frozen=True)
class Section:
    """The section component = value, crossed in a direction; ``terminal`` ends the trajectory.

    ``component``  its label (such as "s_11") or its number from 0
    """

    component: str | int
    value: float
    direction: int = 0
    terminal: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for a direction other than -1, 0, 1."""
        if self.direction not in (-1, 0, 1):
            raise ValueError(
                f"the direction of a `Section` is -1 (falling), 0 (both) or 1 (rising); "
                f"got {self.direction}."
            )

    def crossed(self, before: float, after: float) -> bool:
        """Whether the component passes the value between two states; leaving it counts not."""
        rises, falls = before < self.value <= after, before > self.value >= after
        return (rises and self.direction >= 0) or (falls and self.direction <= 0)


class Crossing(NamedTuple):
    """A trajectory crossed a section: which section, when, and the state there."""

    section: int
    time: float
    state: np.ndarray


Event: TypeAlias = FixedPoint | Section


@dataclass(frozen=True)
class Events:
    """The events of a run: at most one fixed-point test, sections with their component's number."""

    rest: FixedPoint | None = None
    sections: tuple[Section, ...] = ()
    components: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[Event, ...]:
        """The events."""
        return self.sections if self.rest is None else (self.rest, *self.sections)

    def crossings(
        self, dense: Callable[[float], np.ndarray], before: float, after: float
    ) -> tuple[list[Crossing], bool]:
        """Return the crossings of a step in order, up to one that ends the trajectory; if it does.

        ``dense``  the state at any time of the step; looked at in four pieces, so that only two
                   crossings within a quarter of one step can hide
        """
        from scipy.optimize import brentq

        found = []
        grid = np.linspace(before, after, 5) if self.sections else []
        for m, (section, c) in enumerate(zip(self.sections, self.components, strict=True)):
            levels = [float(dense(t)[c]) for t in grid]
            for n in range(len(grid) - 1):
                if section.crossed(levels[n], levels[n + 1]):
                    gap = lambda t, c=c, value=section.value: dense(t)[c] - value  # noqa: E731
                    root: Any = brentq(gap, grid[n], grid[n + 1], xtol=1e-15)
                    time = float(root)
                    found.append(Crossing(m, time, np.array(dense(time))))
        found.sort(key=lambda x: x.time)
        for n, crossing in enumerate(found):
            if self.sections[crossing.section].terminal:
                return found[: n + 1], True
        return found, False


def sorted_events(system: System, events: Sequence[Event]) -> Events:
    """Return the events with components resolved.

    Raises `ValueError` for an unknown component, a second `FixedPoint`, anything else.
    """
    rest, sections, components = None, [], []
    for event in events:
        if isinstance(event, FixedPoint):
            if rest is not None:
                raise ValueError("a run takes one `FixedPoint` event; got two.")
            rest = event
        elif isinstance(event, Section):
            sections.append(event)
            components.append(_number(system, event.component))
        else:
            raise ValueError(f"an event is a `FixedPoint` or a `Section`; got {event!r}.")
    return Events(rest, tuple(sections), tuple(components))


def _number(system: System, component: str | int) -> int:
    if isinstance(component, str):
        if component not in system.labels:
            raise ValueError(
                f"`{system.name}` has no component `{component}`."
                f"{nearest(component, system.labels)} Components: {', '.join(system.labels)}."
            )
        return system.labels.index(component)
    if not 0 <= component < system.dimension:
        raise ValueError(
            f"`{system.name}` has components 0 to {system.dimension - 1}; got {component}."
        )
    return component
