"""What a portrait can show beside the field: nullclines, slow manifold, invariants, EM iterates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from numerics.em import em_of
from numerics.flows import Quantity, System
from numerics.portraits.contours import lines_of_value
from numerics.portraits.curves import Curve
from numerics.portraits.plane import Window, component

__all__ = ["em_over", "levels", "nullclines", "slow_manifold"]

LEVELS = 7


def nullclines(system: System, window: Window) -> list[Curve]:
    """Return the lines on which a component of the field is 0, labelled by the component."""
    return [
        Curve("nullcline", line, label)
        for n, label in enumerate(system.labels)
        for line in lines_of_value(_velocity(system, n), window)
    ]


def slow_manifold(system: System, window: Window, fast: str) -> list[Curve]:
    """Return the nullcline of the fast component where it attracts (df_fast/dy_fast < 0).

    A flow whose component ``fast`` is faster by 1/eps stays within O(eps) of it.

    Raises `ValueError` for an unknown component.
    """
    n = component(system, fast)
    curves = []
    for line in lines_of_value(_velocity(system, n), window):
        attracts = system.jacobian(line)[:, n, n] < 0
        changes = np.flatnonzero(np.diff(attracts)) + 1
        for piece, here in zip(np.split(line, changes), np.split(attracts, changes), strict=True):
            if here[0] and len(piece) > 1:
                curves.append(Curve("slow manifold", piece, fast))
    return curves


def levels(system: System, window: Window, through: Sequence[np.ndarray]) -> list[Curve]:
    """Return level sets of every conserved quantity.

    ``through``  points (2,) whose levels are wanted in any case, such as saddles; the others are
                 spread evenly over the values in the window
    """
    curves = []
    for quantity in (q for q in system.quantities if q.kind == "conserved"):
        for entry in range(len(quantity.values.outputs)):
            value = _quantity(system, quantity, entry)
            curves += [
                Curve("level", line, quantity.name, float(level))
                for level in _spread(value, window, through)
                for line in lines_of_value(value, window, level)
            ]
    return curves


def em_over(system: System) -> System:
    """Return the EM map whose iterates can be laid over a flow.

    Raises `ValueError` for a system to which no EM map belongs, or a slice, which EM leaves.
    """
    if "slice" in system.settings:
        raise ValueError(
            f"EM moves all variables of `{system.name}`, so its iterates leave a slice; "
            "choose settings with two variables."
        )
    return em_of(system)


def _velocity(system: System, n: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: system.velocity(points)[:, n]


def _quantity(system: System, quantity: Quantity, entry: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: system.quantity(quantity, points)[:, entry]


def _spread(
    value: Callable[[np.ndarray], np.ndarray], window: Window, through: Sequence[np.ndarray]
) -> np.ndarray:
    """Return levels: those of the given points, and evenly spread quantiles of the window."""
    x, y = np.linspace(*window[:2], 41), np.linspace(*window[2:], 41)
    values = value(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))
    values = values[np.isfinite(values)]
    if not len(values):
        return np.zeros(0)
    spread = np.quantile(values, (np.arange(LEVELS) + 0.5) / LEVELS)
    given = value(np.array(through)) if len(through) else np.zeros(0)
    return np.unique(np.concatenate([spread, given[np.isfinite(given)]]))
