"""From a view to what is shown: the portrait, its trajectories in time, the printed figure.

What a click does not change (field, nullclines, fixed points, manifolds, cycles) is kept from one
view to the next.  The printed figure is computed anew, by what `proofhead portrait` runs, so it is
that file to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from numerics.portraits import (
    PlaneSlice,
    Portrait,
    TimeSeries,
    rendered,
    starts_inside,
    time_series,
    with_starts,
)
from proofs_checks.cli.portraying import computed_portrait, system_of
from proofs_checks.explorer.scene import Scene, scene_of, streamlines
from proofs_checks.explorer.subject import Subject
from proofs_checks.explorer.view import View

__all__ = ["Painter", "Picture"]


@dataclass(frozen=True)
class Picture:
    """A view, computed.

    ``portrait``  with its trajectories
    ``scene``     what is drawn of it
    ``command``   the command line that draws it
    ``series``    the trajectories in time; None without any, or before they are computed
    ``notes``     what is missing, one sentence each
    """

    view: View
    portrait: Portrait
    scene: Scene
    command: str
    series: TimeSeries | None = None
    notes: tuple[str, ...] = ()


class Painter:
    """Who computes the views of a subject, one at a time."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._backdrop: tuple[View, Portrait, list[np.ndarray]] | None = None
        self._whole: tuple[View, Portrait] | None = None

    def pictures(self, view: View, say: Callable[[str], None]) -> Iterator[Picture]:
        """Yield the picture of a view: at first without time series, then with them.

        ``say`` is called with the name of each step; what it raises ends the work.  Starts outside
        the window are left out, and a note says so.

        Raises `ValueError` for a view that has no portrait.
        """
        found, streams = self._without_starts(view, say)
        say("trajectories")
        starts = starts_inside(found, view.starts)
        notes, lost = found.left_out, len(view.starts) - len(starts)
        if found.note:
            notes = (f"{found.note}; time series are of the whole system", *notes)
        if lost:
            notes = (*notes, f"{lost} started outside the window; left out")
        shown = replace(view, starts=tuple(map(tuple, starts.tolist())))
        portrait = with_starts(found, starts, em=view.em)
        command = self._subject.options(shown).command
        picture = Picture(
            shown, portrait, scene_of(portrait, starts, streams), command, None, notes
        )
        yield picture
        if len(starts):
            say("time series")
            series, more = _series(portrait, starts, view.until)
            yield replace(picture, series=series, notes=(*notes, *more))

    def figure(self, view: View, suffix: str) -> tuple[str, bytes]:
        """Return name and bytes of the figure that the command of a view writes.

        Raises `ValueError` for another suffix than a figure's, or a view that has no portrait.
        """
        options = self._subject.options(view, suffix)
        if self._whole is None or self._whole[0] != view:
            self._whole = view, computed_portrait(system_of(options), options, lambda _: None)
        data = rendered(self._whole[1], suffix, options.style, command=options.command)
        return options.output.name, data

    def _without_starts(
        self, view: View, say: Callable[[str], None]
    ) -> tuple[Portrait, list[np.ndarray]]:
        """Return what does not depend on starts: the portrait without any, its streamlines."""
        behind = replace(view, starts=(), em=False, until=1.0)
        if self._backdrop is None or self._backdrop[0] != behind:
            say("system")
            options = self._subject.options(behind)
            found = computed_portrait(system_of(options), options, say)
            say("streamlines")
            self._backdrop = behind, found, streamlines(found)
        return self._backdrop[1:]


def _series(
    portrait: Portrait, starts: np.ndarray, until: float
) -> tuple[TimeSeries | None, Sequence[str]]:
    """Return the trajectories in time, of a slice those of the whole system; what is missing."""
    system, shown = portrait.system, portrait.system.labels
    if isinstance(system, PlaneSlice):
        starts, system = system.lifted(starts), system.whole
    try:
        found = time_series(system, shown, starts=starts, until=until)
    except (ValueError, ArithmeticError) as error:
        return None, [f"no time series: {error}"]
    ends = map(str, found.data["status"].values)
    return found, [f"start {n}: {end}" for n, end in enumerate(ends, 1) if end != "finished"]
