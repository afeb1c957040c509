"""How far the two-timescale flow stays from its slow manifold, against eps = eps_s/eps_v.

At a fixed slow time, after the fast transient, the distance |v - V*(s)| is c eps (1 + O(eps)):

    v - V* = -(1/eps_v) H^{-1} dV*/dt + ...,    dV*/ds = -H^{-1} d2L/dvds,    H = d2L/dv2

so log distance against log eps has slope 1.  What the fit leaves over is no noise but the next
order, which is proportional to eps: residuals are weighted by 1/eps, and the ratios stand two to a
decade, since closer ones have the same next order and would make the interval narrower without
knowing more.  The coefficient c is compared with the formula above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.em.slow_manifold import SlowManifold
from numerics.flows import System, system_named

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["EPS", "slope_interval", "timescale_summary", "timescales"]

EPS = tuple(np.geomspace(1e-1, 1e-4, 7).tolist())
"""Ratios of the rates, two to a decade."""

TRANSIENT = 20.0
"""The fast transient must fall by exp(-20) before the distance is taken."""

ERROR = 1e-12
"""Absolute error of the integration; a distance must be a thousand times larger."""


def timescales(
    system: System,
    starts: np.ndarray,
    *,
    eps: tuple[float, ...] = EPS,
    slow_time: float = 5.0,
    engine: str = "scipy-radau",
    progress: Any = None,
    command: str = "",
) -> xr.Dataset:
    """Return the distance to the slow manifold over (trajectory, eps), and the fitted slopes.

    ``system``     an `attention-flow`; its ``eps_s`` is kept, ``eps_v`` becomes eps_s/eps
    ``starts``     (batch, d)
    ``eps``        ratios in (0, 1), at least four
    ``slow_time``  time at which the distance is taken, times eps_s
    ``engine``     of `numerics.integration`, one for stiff systems

    Variables: ``distance``, ``distance_theory`` (first order, from the derivatives at the slow
    manifold); attributes ``slope``, ``slope_low``, ``slope_high`` (95 %) of the geometric mean over
    the starts.

    Raises `ValueError` for another system, ratios outside (0, 1) or fewer than four, a slow
    manifold that is not unique, a time at which the fast transient is still felt or the distance
    has fallen to the error of the integration, or a trajectory that fails.
    """
    import xarray as xr

    from numerics.integration import integrate

    ratios = np.asarray(eps, dtype=float)
    if len(ratios) < 4 or not ((ratios > 0) & (ratios < 1)).all():
        raise ValueError(f"`eps` must be at least four ratios between 0 and 1; got {list(eps)}.")
    manifold = SlowManifold(system)
    rate = manifold.blocks.eps_s
    y = np.atleast_2d(np.asarray(starts, dtype=float))
    _check_transient(manifold, y, ratios.max(), slow_time)
    values = np.stack([_values(system, rate / x) for x in ratios])
    run = integrate(
        system, np.repeat(y, len(ratios), axis=0), np.array([0.0, slow_time / rate]),
        engine=engine, rtol=1e-10, atol=ERROR, values=np.tile(values, (len(y), 1)),
        progress=progress, command=command,
    )  # fmt: skip
    status = np.asarray(run["status"])
    if (status != "finished").any():
        row = int(np.flatnonzero(status != "finished")[0])
        raise ValueError(
            f"the trajectory from start {row // len(ratios)} at eps = "
            f"{ratios[row % len(ratios)]:.1e} ended with `{status[row]}`: "
            f"{run['message'].values[row]}"
        )
    ends = np.asarray(run["end"])
    distance = manifold.distance(ends).reshape(len(y), -1)
    if distance.min() < 1e3 * ERROR * (1 + np.abs(ends).max()):
        raise ValueError(
            f"at slow time {slow_time:g} the distance to the slow manifold has fallen to "
            f"{distance.min():.1e}, the error of the integration; take a shorter `slow_time`."
        )
    theory = manifold.first_order(ends).reshape(len(y), -1) * ratios / _ratio(manifold)
    mean = np.log(distance).mean(axis=0)
    slope, low, high = slope_interval(ratios, mean)
    attributes = {
        **run.attrs,
        "title": f"{system.title}: distance to the slow manifold",
        "slope": slope, "slope_low": low, "slope_high": high, "slow_time": slow_time,
    }  # fmt: skip
    over = ("trajectory", "eps")
    return xr.Dataset(
        {
            "distance": (over, distance, {"long_name": "|v - V*(s)|"}),
            "distance_theory": (over, theory, {"long_name": "first order in eps"}),
            "start": (("trajectory", "component"), y),
        },
        {"eps": ratios, "trajectory": np.arange(len(y)), "component": list(system.labels)},
        attributes,
    )


def slope_interval(eps: np.ndarray, logs: np.ndarray) -> tuple[float, float, float]:
    """Return slope and 95 % interval of ``logs`` against log eps, residuals weighted by 1/eps.

    The interval is the one of Student's t with two parameters fitted.
    """
    from scipy.stats import t as student

    weights = 1 / np.asarray(eps)
    matrix = np.stack([np.log(eps), np.ones_like(weights)], axis=1) * weights[:, None]
    found, *_ = np.linalg.lstsq(matrix, logs * weights, rcond=None)
    free = len(weights) - 2
    variance = float(((logs * weights - matrix @ found) ** 2).sum()) / free
    spread = np.sqrt(variance * np.linalg.inv(matrix.T @ matrix)[0, 0])
    width = float(student.ppf(0.975, free) * spread)
    return float(found[0]), float(found[0]) - width, float(found[0]) + width


def timescale_summary(found: xr.Dataset) -> list[tuple[str, str]]:
    """Return what a study shows, as (what, figure) lines for a table."""
    x = found.attrs
    smallest = found.isel(eps=int(np.argmin(np.asarray(found["eps"]))))
    off = np.abs(np.asarray(smallest["distance"] / smallest["distance_theory"]) - 1)
    eps = np.asarray(found["eps"])
    interval = f"{x['slope']:.5f}, 95 % interval [{x['slope_low']:.5f}, {x['slope_high']:.5f}]"
    return [
        ("starts, ratios eps", f"{found.sizes['trajectory']}, {eps.max():.0e} to {eps.min():.0e}"),
        ("slope of the distance against eps", interval),
        ("coefficient against first order, smallest eps", f"relative error {off.max():.1e}"),
    ]


def _values(system: System, eps_v: float) -> np.ndarray:
    """Return the parameters of the same system with another rate of the values."""
    return system_named(system.name, **{**system.settings, "eps_v": eps_v}).values


def _ratio(manifold: SlowManifold) -> float:
    return manifold.blocks.eps_s / manifold.blocks.eps_v


def _check_transient(manifold: SlowManifold, y: np.ndarray, eps: float, slow_time: float) -> None:
    """Check that the slowest fast direction is attracted by the time the distance is taken."""
    slowest = manifold.attraction(y[:, : manifold.blocks.scores]).min()
    needed = TRANSIENT * eps / slowest
    if slow_time < needed:
        raise ValueError(
            f"at slow time {slow_time:g} the fast transient is still felt (the values relax at "
            f"{slowest:.2g} per unit of eps_v); take a `slow_time` of at least {needed:.3g}, a "
            "smaller largest `eps`, or a larger `decay`."
        )
