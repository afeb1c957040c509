"""Gradient flow and EM from the same starts: where each ends, how fast, and whether they agree.

    flow   dy/dt = -eps dF/dy    rests where dF/dy = 0
    EM     y -> M(y)             rests where M(y) = y, the same points (law `em-fixed-points`)

Both descend F, but along different paths, so a start may end in different fixed points: the basins
differ although the fixed points do not.  Labels matter for basins; agreement up to relabelling of
the clusters is reported beside it.

Each end is reported as the run left it and refined by Newton's method, with how far that went.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.em.iteration import EMRun, iterate
from numerics.em.rates import flow_rate, measured_decay, spectral_radius
from numerics.em.refinement import Canonical, Refined, refined
from numerics.flows import System, system_named
from theory.codegen.components import batch_jacobian, batch_values

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["COUNTERPARTS", "compare", "em_of", "summary"]

COUNTERPARTS = {
    "mixture-flow": "em-map",
    "em-flow": "em-map",
    "em-symmetric-flow": "em-symmetric",
}
"""The map that a flow is compared with; both take the same data."""

SAME = 1e-6
"""Refined fixed points closer than this, relative to their size, are one."""
EMPTY = 1e-3
"""EM moves by sigma^2/n_j times the velocity of a mean.  Where the flow is slower than this part of
an EM step, at a rate of its own of 1, a cluster answers for about this part of a point or less."""
DEGENERATE = 1e-5
"""A largest eigenvalue this close to 1 cannot be told from 1: clusters that coincide, or a weight
on its way to 0."""
OUTPUTS = 240
NOTES = (
    "same fixed point",
    "same up to relabelling",
    "different fixed points",
    "the flow is held by an empty cluster",
    "the flow did not come to rest",
    "EM did not converge",
)
"""What can be said of a start, from best to worst; every start gets one."""


def em_of(flow: System) -> System:
    """Return the EM map on the same data.

    Raises `ValueError` for a system that has none.
    """
    if flow.name not in COUNTERPARTS:
        raise ValueError(
            f"`{flow.name}` has no EM map to compare with; these have: {', '.join(COUNTERPARTS)}."
        )
    rates = {x for x in flow.settings if x.startswith("eps_")}
    settings = {k: v for k, v in flow.settings.items() if k not in rates}
    if flow.name == "em-symmetric-flow":
        settings = {k: v for k, v in settings.items() if k not in ("N", "K")}
    return system_named(COUNTERPARTS[flow.name], **settings)


def compare(
    flow: System,
    starts: np.ndarray,
    *,
    until: float = 1e4,
    rest: float = 1e-10,
    max_steps: int = 20_000,
    engine: str = "auto",
    values: np.ndarray | None = None,
    progress: Any = None,
    command: str = "",
) -> xr.Dataset:
    """Return what flow and EM make of each start, as a dataset over ``trajectory``.

    ``starts``     (batch, d)
    ``until``      time at which the flow is given up, if it has not come to rest
    ``rest``       |dy/dt| <= rest (1 + |y|) is rest
    ``max_steps``  EM steps
    ``engine``     of `numerics.integration`
    ``values``     parameters of each trajectory of the flow (batch, m), for many data sets at once
    ``progress``   called with (trajectories done, all of them)

    Variables: ``flow_end`` and ``em_end`` as the runs left them, ``flow_point`` and ``em_point``
    refined by Newton, ``flow_moved`` and ``em_moved`` how far that went; ``distance`` of the ends,
    ``distance_points`` of the refined points, ``distance_relabelled``; ``flow_em_residual`` the EM
    residual at the end of the flow, ``em_flow_velocity`` the velocity at the end of EM; rates
    ``flow_rate``, ``em_rate`` measured and ``..._theory`` from the derivative at the point;
    ``kind`` of EM's fixed point, "attracting", "saddle" or "degenerate" (largest eigenvalue 1);
    ``same``, ``same_relabelled``; ``status`` of both, ``steps``, and ``note``, one of `NOTES`.

    Raises `ValueError` for a system without an EM map, or starts of the wrong shape.
    """
    from numerics.integration import FixedPoint, integrate

    em = em_of(flow)
    times = np.concatenate([[0.0], np.geomspace(1e-3, until, OUTPUTS)])
    run = integrate(
        flow, starts, times, engine=engine, rtol=1e-12, atol=1e-14, events=(FixedPoint(rest),),
        values=values, progress=progress, command=command,
    )  # fmt: skip
    p = np.broadcast_to(run["parameter_values"], (run.sizes["trajectory"], len(flow.values)))
    shared = len(em.values)  # the flow's parameters are those of the map, then its rates
    if em.field.parameters != flow.field.parameters[:shared]:
        raise ValueError(f"`{flow.name}` and `{em.name}` must share their parameters.")
    steps = iterate(em, starts, max_steps=max_steps, values=p[:, :shared])
    canonical = Canonical(em)
    found = _Compared(flow, canonical, run, p, steps, p[:, :shared])
    return found.dataset(em)


class _Compared:
    """Both runs and what follows from them."""

    def __init__(
        self, flow: System, canonical: Canonical, run: xr.Dataset, p: np.ndarray, steps: EMRun,
        em_p: np.ndarray,
    ) -> None:  # fmt: skip
        self.flow, self.canonical, self.run, self.p, self.steps = flow, canonical, run, p, steps
        self.em_p = em_p
        self.flow_end = np.asarray(run["end"])
        self.status = [str(x) for x in np.asarray(run["status"])]
        self.flow_point = refined(canonical, self.flow_end, em_p)
        self.em_point = refined(canonical, steps.end, em_p)

    def dataset(self, em: System) -> xr.Dataset:
        import xarray as xr

        c, batch = self.canonical, len(self.status)
        points = self.flow_point.y, self.em_point.y
        scale = 1 + np.abs(self.em_point.y).max(axis=1)
        distance = c.distance(*points)
        relabelled = c.distance_relabelled(*points)
        residual = np.abs(c.residual(self.flow_end, self.em_p)).max(axis=1)
        velocity = np.abs(batch_values(self.flow.field)(self.steps.end, self.p)).max(axis=1)
        speed = np.abs(batch_values(self.flow.field)(self.flow_end, self.p)).max(axis=1)
        slopes = batch_jacobian(self.flow.field)(points[0], self.p)
        same, same_relabelled = distance <= SAME * scale, relabelled <= SAME * scale
        measured = [self._decay(n) for n in range(batch)]
        contraction = spectral_radius(c.jacobian(points[1], self.em_p))
        each = {
            "flow_moved": self.flow_point.moved, "em_moved": self.em_point.moved,
            "distance": c.distance(self.flow_end, self.steps.end),
            "distance_points": distance, "distance_relabelled": relabelled,
            "flow_em_residual": residual, "em_flow_velocity": velocity,
            "point_residual": np.maximum(self.flow_point.residual, self.em_point.residual),
            "flow_rate": measured, "flow_rate_theory": flow_rate(slopes, self.flow.shifts),
            "em_rate": self.steps.measured,
            "em_rate_theory": contraction, "kind": np.array([_kind(x) for x in contraction]),
            "em_steps": self.steps.steps, "flow_end_time": np.asarray(self.run["end_time"]),
            "same": same, "same_relabelled": same_relabelled,
            "flow_status": np.array(self.status), "em_status": np.array(self.steps.status),
            "flow_message": np.asarray(self.run["message"]),
            "em_message": np.array(self.steps.message),
            "flow_velocity": speed,
            "note": np.array(self._notes(same, same_relabelled, residual, speed, scale)),
        }  # fmt: skip
        states = {
            "start": self.steps.start, "flow_end": self.flow_end, "em_end": self.steps.end,
            "flow_point": points[0], "em_point": points[1],
        }  # fmt: skip
        data: dict[str, Any] = {name: ("trajectory", x) for name, x in each.items()}
        data |= {name: (("trajectory", "component"), x) for name, x in states.items()}
        attributes = {
            **{k: v for k, v in self.run.attrs.items() if k != "events"},
            "title": f"{self.flow.title}, compared with EM",
            "em_system": em.name,
            "em_settings": json.dumps(dict(em.settings)),
            "same_tolerance": SAME,
        }
        coordinates = {"component": list(self.flow.labels), "trajectory": np.arange(batch)}
        return xr.Dataset(data, coordinates, attributes)

    def _decay(self, n: int) -> float:
        """Return the rate at which the flow approached its fixed point."""
        y = np.asarray(self.run["y"][n])
        kept = np.isfinite(y).all(axis=1)
        away = self.canonical.state(y[kept]) - self.flow_point.y[n]
        scale = float(np.abs(self.flow_point.y[n]).max())
        return measured_decay(
            np.asarray(self.run["time"])[kept], np.linalg.norm(away, axis=1), scale
        )

    def _notes(
        self, same: np.ndarray, relabelled: np.ndarray, residual: np.ndarray, speed: np.ndarray,
        scale: np.ndarray,
    ) -> list[str]:  # fmt: skip
        notes = []
        for n, status in enumerate(self.status):
            if residual[n] > SAME * scale[n] and speed[n] < EMPTY * residual[n]:
                notes.append(NOTES[3])
            elif status != "fixed point" and not self._arrived(self.flow_point, n):
                notes.append(NOTES[4])
            elif not self.steps.converged[n] and not self._arrived(self.em_point, n):
                notes.append(NOTES[5])
            else:
                notes.append(NOTES[0] if same[n] else NOTES[1] if relabelled[n] else NOTES[2])
        return notes

    @staticmethod
    def _arrived(point: Refined, n: int) -> bool:
        """Whether a run that was cut off was close enough for Newton's method to finish it."""
        return bool(point.residual[n] <= 1e-12 * (1 + np.abs(point.y[n]).max()))


def _kind(contraction: float) -> str:
    """Return what a fixed point of EM is, by the largest eigenvalue of the map's derivative."""
    if abs(contraction - 1) <= DEGENERATE:
        return "degenerate"
    return "attracting" if contraction < 1 else "saddle"


def summary(found: xr.Dataset) -> list[tuple[str, str]]:
    """Return what a comparison shows, as (what, figure) lines for a table."""
    notes = np.asarray(found["note"])
    lines = [(note, str(int((notes == note).sum()))) for note in NOTES if (notes == note).any()]
    settled = np.isin(notes, NOTES[:3])
    if not settled.any():
        return lines
    agreed = notes == NOTES[0]
    if agreed.any():
        lines.append(("largest distance of agreeing ends", _most(found["distance"], agreed)))
        lines.append(("the same, refined by Newton", _most(found["distance_points"], agreed)))
    lines.append(
        ("largest EM residual at an end of the flow", _most(found["flow_em_residual"], settled))
    )
    lines.append(("largest velocity at an end of EM", _most(found["em_flow_velocity"], settled)))
    kinds = np.asarray(found["kind"])
    for kind in ("saddle", "degenerate"):
        if (here := settled & (kinds == kind)).any():
            lines.append((f"ends of EM that are {kind}", str(int(here.sum()))))
    for name, what, kind_of_error in (
        ("em", "EM rate", "absolute error"), ("flow", "flow rate", "relative error"),
    ):  # fmt: skip
        measured, theory = (np.asarray(found[f"{name}_rate{x}"]) for x in ("", "_theory"))
        good = settled & (kinds == "attracting") & np.isfinite(measured)
        if good.any():
            off = np.abs(measured[good] - theory[good]) / (1 if name == "em" else theory[good])
            span = f"{theory[good].min():.4g} to {theory[good].max():.4g}"
            figure = f"median {np.median(off):.1e}, most {off.max():.1e}"
            lines.append((f"{what} by theory", span))
            lines.append((f"{what}, measured, {kind_of_error}", figure))
    points = _distinct(found, np.flatnonzero(settled))
    lines.append(("fixed points reached, up to relabelling", str(points)))
    return lines


def _most(x: Any, where: np.ndarray) -> str:
    return f"{float(np.asarray(x)[where].max()):.1e}"


def _distinct(found: xr.Dataset, rows: np.ndarray) -> int:
    """Count the fixed points that EM or the flow reached; relabelled ones are one."""
    settings = json.loads(found.attrs["em_settings"])
    canonical = Canonical(system_named(found.attrs["em_system"], **_known(found, settings)))
    kept: list[np.ndarray] = []
    for y in np.concatenate([np.asarray(found[x])[rows] for x in ("em_point", "flow_point")]):
        if all(
            canonical.distance_relabelled(y[None], z[None])[0] > SAME * (1 + np.abs(y).max())
            for z in kept
        ):
            kept.append(y)
    return len(kept)


def _known(found: xr.Dataset, settings: dict[str, Any]) -> dict[str, Any]:
    drop = ("N", "K") if found.attrs["em_system"] == "em-symmetric" else ()
    return {k: v for k, v in settings.items() if k not in drop}
