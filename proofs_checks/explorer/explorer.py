"""The explorer without its page: the view asked for, the picture computed, what there is to say.

Whoever listens hears of every change.  One thread computes, always the newest view: an older one
is given up at its next step.  A view that cannot be computed is taken back, with a sentence.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proofs_checks.explorer import view as checks
from proofs_checks.explorer.painter import Painter, Picture
from proofs_checks.explorer.subject import Subject
from proofs_checks.explorer.view import View

__all__ = ["Explorer"]

LOG = logging.getLogger(__name__)
PATIENCE = 3.0  # seconds that closing waits for the step that runs


class _Superseded(Exception):
    """Something newer is asked for, or nothing any more."""


class Explorer:
    """A subject, how it is looked at, and what that shows.

    ``view``       what is asked for
    ``picture``    what was computed last; None at first
    ``working``    the step of the computation that runs, empty if none does
    ``complaint``  why the last change was refused, or could not be computed; empty if it was not
    ``listeners``  called without arguments after every change of these, in any thread
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.view = subject.view
        self.picture: Picture | None = None
        self.working = ""
        self.complaint = ""
        self.listeners: list[Callable[[], None]] = []
        self._painter = Painter(subject)
        self._wanted: View | None = None
        self._closed = False
        self._news = threading.Condition()
        self._computing = threading.Lock()  # ball arithmetic and figures have global settings
        self._thread = threading.Thread(target=self._run, name="explorer", daemon=True)

    def open(self) -> None:
        """Begin to compute."""
        self._ask(self.view)
        self._thread.start()

    def close(self) -> None:
        """End the computation at its next step."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    # -- what arrives from the page -------------------------------------------------------------

    def move(self, name: Any, value: Any) -> None:
        """Give a parameter another value."""
        self._change(lambda view: checks.with_number(view, self.subject.sliders, name, value))

    def click(self, x: Any, y: Any) -> None:
        """Start a trajectory near a point of the plane; of one variable only x counts."""
        place = (x, y)[: self.subject.system.dimension]
        self._change(
            lambda view: checks.with_start(view, self.limits, checks.clicked(self.limits, place))
        )

    def start(self, text: Any) -> None:
        """Start a trajectory from the point that a text field names."""
        labels = self.subject.system.labels
        what = f"a start ({','.join(labels)})"
        self._change(
            lambda view: checks.with_start(
                view, self.limits, checks.entered(text, len(labels), what)
            )
        )

    def clear(self, last: bool = False) -> None:
        """Take back the last trajectory, or all."""
        self._change(lambda view: replace(view, starts=view.starts[:-1] if last else ()))

    def look(self, limits: Any) -> None:
        """Show another window: numbers, or the text of a field; none is the system's own."""
        d = self.subject.system.dimension

        def looking(view: View) -> View:
            if isinstance(limits, str) and not limits.strip():
                return replace(view, window=None)
            what = "a window (low,high of each variable)"
            found = limits if isinstance(limits, list) else checks.entered(limits, 2 * d, what)
            return checks.with_window(view, found, d)

        self._change(looking)

    def switch(self, what: str, on: Any) -> None:
        """Turn ``em`` or ``prove`` on or off."""
        if what == "em" and not self.subject.has_em:
            self._refuse(f"no EM map belongs to `{self.subject.system.name}`.")
        else:
            self._change(lambda view: replace(view, **{what: bool(on)}))

    def until(self, text: Any) -> None:
        """Let the time series end at another time."""
        is_map = self.subject.system.kind == "map"
        self._change(lambda view: checks.with_end(view, text, whole=is_map))

    @property
    def limits(self) -> tuple[float, ...]:
        """The limits in which trajectories start, two for each variable."""
        d = self.subject.system.dimension
        if self.view.window is not None:
            return self.view.window
        if self.picture is None:
            raise ValueError("there is no portrait yet; wait until it is computed.")
        return tuple(self.picture.portrait.window[: 2 * d])

    def figure(self, suffix: str) -> tuple[str, bytes]:
        """Return name and bytes of the figure that the command of the picture writes.

        Raises `ValueError` before there is a picture, or for another suffix than a figure's.
        """
        with self._computing:
            if self.picture is None:
                raise ValueError("there is no portrait yet; wait until it is computed.")
            return self._painter.figure(self.picture.view, suffix)

    # -- computing ------------------------------------------------------------------------------

    def _change(self, how: Callable[[View], View]) -> None:
        try:
            view = how(self.view)
        except ValueError as error:
            self._refuse(str(error))
            return
        self.complaint = ""
        if view != self.view:
            self._ask(view)
        self._tell()

    def _refuse(self, sentence: str) -> None:
        self.complaint = sentence
        self._tell()

    def _ask(self, view: View) -> None:
        with self._news:
            self.view, self._wanted = view, view
            self.working = "system"
            self._news.notify_all()

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closed or self._wanted is not None)
                view, self._wanted = self._wanted, None
            if self._closed or view is None:
                return
            try:
                with self._computing:
                    for picture in self._painter.pictures(view, self._say):
                        self._show(picture)
            except _Superseded:
                continue
            except (ValueError, ArithmeticError, OSError) as error:
                self._take_back(str(error))
            except Exception as error:
                LOG.exception("a view could not be computed")
                self._take_back(f"a defect of proofhead: {type(error).__name__}: {error}")
            with self._news:
                if self._wanted is None:
                    self.working = ""
            self._tell()

    def _take_back(self, sentence: str) -> None:
        with self._news:
            self.complaint = sentence
            if self._wanted is None and self.picture is not None:
                self.view = self.picture.view

    def _say(self, step: str) -> None:
        with self._news:
            if self._closed or self._wanted is not None:
                raise _Superseded
            self.working = step
        self._tell()

    def _show(self, picture: Picture) -> None:
        with self._news:
            self.picture = picture
            if self._wanted is None:
                self.view = picture.view
        self._tell()
