"""`integrate`: trajectories of a system as a labelled dataset, whatever the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from numerics.flows import System
from numerics.integration.automatic import COMPILING, chosen
from numerics.integration.engines import COMPILED, ENGINES, engine_named, threads_here
from numerics.integration.events import Event, sorted_events
from numerics.integration.invariants import Monitored, monitored, step_tolerance
from numerics.integration.problem import Problem, Solution
from theory.codegen.names import nearest

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Part", "Request", "integrate", "integrate_in_parts", "parts", "requested"]

OUTPUTS = 101
"""Output times of a run that is given its length only."""

LARGEST = 4_000_000_000
"""Bytes of trajectories that a run may hold in memory."""

PART = 64_000_000
"""Bytes of trajectories in a part of a run that is done part by part."""

Progress = Callable[[int, int], None]


class Request(NamedTuple):
    """A checked call of `integrate`: forward in time, whatever the direction asked for.

    ``work``  operations that it would cost SciPy, if the engine was chosen, see `automatic`
    """

    system: System
    starts: np.ndarray
    times: np.ndarray
    problem: Problem
    values: np.ndarray
    rtol: float
    atol: float
    engine: str
    threads: int
    device: str
    work: float = 0.0


class Part(NamedTuple):
    """Successive trajectories, finished: which rows, what was monitored."""

    rows: slice
    quantities: dict[str, Monitored]


def integrate(
    system: System,
    starts: np.ndarray,
    times: np.ndarray | Sequence[float] | float,
    *,
    engine: str = "auto",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    events: Sequence[Event] = (),
    progress: Progress | None = None,
    values: np.ndarray | None = None,
    threads: int | None = None,
    device: str = "cpu",
    keep_partial: bool = False,
    command: str = "",
) -> xr.Dataset:
    """Return the trajectories of a flow from ``starts``.

    ``starts``        (batch, d), or (d,) for one
    ``times``         output times, strictly increasing or decreasing, the first that of the starts;
                      or a number T other than 0 for 101 times from 0 to T
    ``engine``        one of `ENGINES`
    ``rtol, atol``    tolerances of a step, relative and absolute; steps are made more careful where
                      a conserved quantity is not linear (attributes ``step_rtol, step_atol``)
    ``events``        `FixedPoint`, `Section`
    ``progress``      called with (trajectories done, all of them)
    ``values``        parameters of each trajectory (batch, m), instead of ``system.values``
    ``threads``       how many; as many as there are processors if not given
    ``device``        for the engine `torch`: where
    ``keep_partial``  on an interrupt return what is finished, with the attribute ``interrupted``
    ``command``       for provenance: what the user ran

    The dataset holds ``y`` (trajectory, time, component), NaN after the end of a trajectory;
    ``status`` ("finished", "fixed point", "section", or the failure "step too small",
    "not finite", "blow-up", "too many steps"), ``end_time``, ``end`` and ``message`` of each
    trajectory; every monitored quantity of the system with its ``drift_...``; crossings of sections
    if there are any; attributes with the system, its settings, laws, engine, tolerances, versions.

    Raises `ValueError` for a map, starts of the wrong shape or not finite, times that do not run in
    one direction, tolerances that make no sense, an unknown engine or component.
    """
    from numerics.integration.dataset import dataset

    request = requested(
        system, starts, times, engine, rtol, atol, events,
        values=values, threads=threads, device=device,
    )  # fmt: skip
    if engine == "auto":
        request = without_waiting(request)
    found = Solution.room(request.problem, len(request.starts))
    quantities: list[dict[str, Monitored]] = []
    done = 0
    try:
        for part in parts(request, found):
            quantities.append(part.quantities)
            done = part.rows.stop
            if progress is not None:
                progress(done, len(request.starts))
    except KeyboardInterrupt:
        if not keep_partial or not done:
            raise
    return dataset(request, found, done, quantities, command)


def integrate_in_parts(
    system: System, starts: np.ndarray, times: np.ndarray | Sequence[float] | float, *,
    engine: str = "auto", progress: Progress | None = None, size: int = PART, **options: Any,
) -> Iterator[xr.Dataset]:  # fmt: skip
    """Yield the trajectories as datasets, one part after the other: any number in bounded memory.

    ``size``     bytes of trajectories in a part
    ``options``  what `integrate` takes, but no ``values``

    The engine that `auto` chooses for all of them does every part.  With ``keep_partial`` an
    interrupted part is the last, and may be empty.  `growing` writes parts to one file.
    """
    y, t = _starts(system, starts), _times(times)
    count, found = max(1, size // (8 * len(t) * system.dimension)), None
    if engine == "auto":
        request = requested(system, y[:count], t, engine, many=len(y))
        engine = without_waiting(request).engine
    for first in range(0, len(y), count):
        rows = y[first : first + count]
        tell = None if progress is None else _counted(progress, first, len(y))
        try:
            found = integrate(system, rows, t, engine=engine, progress=tell, **options)
        except KeyboardInterrupt:
            if found is None or not options.get("keep_partial"):
                raise
            found = found.isel(trajectory=slice(0))
        engine, done = found.attrs["engine"], first + found.sizes["trajectory"]
        if found.sizes["trajectory"] < len(rows):
            found.attrs["interrupted"] = f"{done} of {len(y)} trajectories finished"
        yield found.assign_coords(trajectory=np.arange(first, done))
        if "interrupted" in found.attrs:
            return


def _counted(progress: Progress, first: int, of: int) -> Progress:
    return lambda done, _: progress(first + done, of)


def requested(
    system: System, starts: np.ndarray, times: np.ndarray | Sequence[float] | float, engine: str,
    rtol: float = 1e-8, atol: float = 1e-10, events: Sequence[Event] = (), *,
    values: np.ndarray | None = None, threads: int | None = None, device: str = "cpu",
    many: int | None = None,
) -> Request:  # fmt: skip
    """Return a checked request; raises what `integrate` says.

    ``many``  of how many trajectories these are the first, for the choice of the engine
    """
    if system.kind != "flow":
        raise ValueError(
            f"`{system.name}` is a map, and only flows are integrated; iterate it with "
            "`numerics.em.iterate`."
        )
    if engine not in ENGINES:
        raise ValueError(
            f"`{engine}` is no engine.{nearest(engine, ENGINES)} Engines: {', '.join(ENGINES)}."
        )
    y, t = _starts(system, starts), _times(times)
    for name, value, least in (("rtol", rtol, 1e-15), ("atol", atol, 0.0)):
        if not (least <= value <= 0.1):
            raise ValueError(f"`{name}` must lie between {least:g} and 0.1; got {value:g}.")
    field, forward, direction = system.field, t, 1
    if t[-1] < t[0]:  # backward in time is the reversed field forward
        field = replace(field, outputs=tuple(-e for e in field.outputs))
        forward, direction = -t, -1
    problem = Problem(
        field, forward, step_tolerance(system, rtol), step_tolerance(system, atol),
        sorted_events(system, events), direction=direction,
    )  # fmt: skip
    _check_memory(len(y), len(t), system.dimension)
    if values is None:
        p = np.broadcast_to(system.values, (len(y), len(system.values)))
    else:
        p = np.asarray(values, dtype=float)
        if p.shape != (len(y), len(system.values)) or not np.isfinite(p).all():
            raise ValueError(
                f"`values` must be finite and have shape {(len(y), len(system.values))} "
                f"(trajectories, parameters of `{system.name}`); got shape {p.shape}."
            )
    work = 0.0
    if engine == "auto":
        engine, work = chosen(problem, y, p, many or len(y))
    threads = threads or threads_here()
    return Request(system, y, t, problem, p, rtol, atol, engine, threads, device, work)


def without_waiting(request: Request) -> Request:
    """Return a request for SciPy if that would be done before this machine has the chosen engine.

    Its loop is compiled once, see `Engine.is_ready`; from then on the choice stands.
    """
    if request.engine not in COMPILED or request.work >= COMPILING:
        return request
    if engine_named(request.engine).is_ready():
        return request
    return request._replace(engine="scipy-lsoda" if request.engine == "stiff" else "scipy")


def parts(request: Request, into: Solution) -> Iterator[Part]:
    """Integrate into a solution with room; yield what is finished, in order, as the laws see it."""
    problem, backward = request.problem, request.times[-1] < request.times[0]
    engine = engine_named(request.engine, request.device)
    for rows in engine.drive(problem, request.starts, request.values, into, request.threads):
        quantities = {
            q.name: monitored(q, into.y[rows], request.values[rows], request.rtol)
            for q in request.system.quantities
            if not (backward and q.kind == "decreasing")  # backward in time it increases
        }
        if backward:
            into.end_time[rows] *= -1
            for n in filter(into.crossings.get, range(rows.start, rows.stop)):
                into.crossings[n] = [x._replace(time=-x.time) for x in into.crossings[n]]
        yield Part(rows, quantities)


def _check_memory(batch: int, count: int, dimension: int) -> None:
    """Raise `ValueError` if so many trajectories do not fit into memory."""
    size = 8 * batch * count * dimension
    if size > LARGEST:
        raise ValueError(
            f"{batch} trajectories at {count} output times would take {size / 1e9:.1f} GB, more "
            f"than {LARGEST / 1e9:.0f}; ask for fewer times (two keep the ends) or take "
            "`integrate_in_parts`."
        )


def _starts(system: System, starts: np.ndarray) -> np.ndarray:
    y = np.atleast_2d(np.array(starts, dtype=float))
    if y.ndim != 2 or y.shape[1] != system.dimension or not len(y):
        raise ValueError(
            f"`starts` of `{system.name}` must have shape (trajectories, {system.dimension}), "
            f"at least one row; got {np.shape(starts)}."
        )
    if not np.isfinite(y).all():
        row = int(np.argwhere(~np.isfinite(y))[0, 0])
        raise ValueError(f"`starts` must be finite; row {row} is {y[row].tolist()}.")
    return y


def _times(times: np.ndarray | Sequence[float] | float) -> np.ndarray:
    if np.ndim(times) == 0:
        end = float(times)  # type: ignore[arg-type]
        if not np.isfinite(end) or end == 0:
            raise ValueError(f"`times` as a number is the end of the run, not 0; got {end:g}.")
        return np.linspace(0.0, end, OUTPUTS)
    t = np.asarray(times, dtype=float)
    steps = np.diff(t) if t.ndim == 1 else np.zeros(0)
    one_way = len(steps) and bool((steps > 0).all() or (steps < 0).all())
    if not one_way or not np.isfinite(t).all():
        raise ValueError(
            "`times` must be at least two finite numbers that strictly increase or decrease, "
            f"the first the time of the starts; got {np.array2string(t, threshold=6)}."
        )
    return t
