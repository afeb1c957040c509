"""Planes to draw in: two coordinates of a system vary, the others stay where they are.

    dx_a/dt = f_a(x_a, x_b; x_rest),   dx_b/dt = f_b(x_a, x_b; x_rest),   x_rest fixed

A slice of a larger system is itself a system with two variables, whose parameters hold the fixed
coordinates.  It shows the projected field: where the others would move, real trajectories leave
the plane, and a fixed point of the slice is one of the system only if the others rest too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from numerics.flows import System, Variable
from numerics.flows.checks import autonomous
from theory.codegen.components import Components
from theory.codegen.names import nearest

__all__ = ["PlaneSlice", "Window", "component", "restricted", "size_of", "window_around"]

Window = tuple[float, float, float, float]
STARTS, OUTSIDE, ROOM = 256, 0.025, 0.1


@dataclass(frozen=True, kw_only=True)
class PlaneSlice(System):
    """A plane of a larger system: two of its variables move, the others stay.

    ``whole``   the system
    ``at``      (d,) a state of it that lies in the plane
    ``moving``  the numbers of the two variables
    """

    whole: System
    at: np.ndarray
    moving: tuple[int, ...]

    def lifted(self, points: np.ndarray) -> np.ndarray:
        """Return points of the plane (..., 2) as states of the system (..., d)."""
        states = np.broadcast_to(self.at, (*np.shape(points)[:-1], len(self.at))).copy()
        states[..., list(self.moving)] = points
        return states


def size_of(window: Sequence[float]) -> np.ndarray:
    """Return the size of a window in each variable, (d,)."""
    return np.array(window[1::2]) - np.array(window[::2])


def component(system: System, label: str) -> int:
    """Return the number of the state variable with this label.

    Raises `ValueError` with the nearest label if there is none.
    """
    if label not in system.labels:
        raise ValueError(
            f"`{system.name}` has no variable `{label}`.{nearest(label, system.labels)} "
            f"Variables: {', '.join(system.labels)}."
        )
    return system.labels.index(label)


def restricted(system: System, axes: Sequence[str], at: np.ndarray) -> PlaneSlice:
    """Return the slice of a system in which only the two variables ``axes`` move.

    ``at``  (d,) the state through which the slice goes; its entries at ``axes`` do not matter

    Conserved quantities and relabellings of the system are not those of a slice, so it has none;
    the symmetry directions that lie in the plane stay, and so does a window of the system.

    Raises `ValueError` for a driven system, labels that are unknown or equal, a state of the wrong
    shape or not finite.
    """
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(
            f"a slice needs two different variables, such as {','.join(system.labels[:2])}; "
            f"got {','.join(axes)}."
        )
    autonomous(system, "slices")
    at = np.asarray(at, dtype=float)
    if at.shape != (system.dimension,) or not np.isfinite(at).all():
        raise ValueError(
            f"a slice of `{system.name}` goes through a finite state of shape "
            f"({system.dimension},); got {at.tolist()}."
        )
    moving = [component(system, label) for label in axes]
    rest = [n for n in range(system.dimension) if n not in moving]
    program = system.field
    field = Components(
        f"{program.name}, slice",
        tuple(program.state[n] for n in moving),
        (*program.parameters, *(program.state[n] for n in rest)),
        program.stages,
        tuple(program.outputs[n] for n in moving),
        tuple(axes),
    )
    titles = [v.title for v in system.variables for _ in range(v.size)]
    fixed = {system.labels[n]: float(at[n]) for n in rest}
    starts = system.starts
    window = system.window and tuple(x for n in moving for x in system.window[2 * n : 2 * n + 2])
    kept = {f.name: getattr(system, f.name) for f in fields(System)}
    changed = {
        "title": f"slice of {system.title}",
        "variables": tuple(Variable(x, (), titles[n]) for x, n in zip(axes, moving, strict=True)),
        "field": field,
        "values": np.concatenate([system.values, at[rest]]),
        "settings": {**system.settings, "slice": list(axes), "at": fixed},
        "starts": lambda rng, count: starts(rng, count)[:, moving],
        "quantities": (),
        "shifts": _in_plane(system.shifts, moving, rest),
        "relabellings": (),
        "window": window,
        "plain": None,
    }
    return PlaneSlice(**(kept | changed), whole=system, at=at, moving=tuple(moving))


def _in_plane(shifts: np.ndarray, moving: list[int], rest: list[int]) -> np.ndarray:
    """Return the combinations of directions that leave the coordinates ``rest`` alone, (k, 2)."""
    from scipy.linalg import null_space

    if not len(shifts):
        return np.zeros((0, 2))
    if not rest:
        return shifts[:, moving]
    return null_space(shifts[:, rest].T).T @ shifts[:, moving]


def window_around(system: System, points: np.ndarray | None = None) -> Window:
    """Return the window of a two-variable system: its own, or one that holds most of its starts.

    ``points``  (k, 2) states that must be inside too
    """
    if system.window is not None:
        a, b, c, d = system.window
        return a, b, c, d
    starts = system.starts(np.random.default_rng(0), STARTS)
    low, high = np.quantile(starts, [OUTSIDE, 1 - OUTSIDE], axis=0)
    if points is not None and len(points):
        low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
    room = ROOM * np.maximum(high - low, 1e-3 * (1 + np.abs(low) + np.abs(high)))
    ends = [_outward(a, b) for a, b in zip(low - room, high + room, strict=True)]
    return (*ends[0], *ends[1])


def _outward(low: float, high: float) -> tuple[float, float]:
    """Return an interval around this one that ends at round numbers."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    return math.floor(low / step) * step, math.ceil(high / step) * step
