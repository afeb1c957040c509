"""What the page of the explorer shows, and the checks of everything that arrives from it.

A `View` is a value: a change gives a new one or raises `ValueError` with a sentence for the page.
What arrives may be anything at all; nothing of it is run, and only finite numbers under known
names get in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numerics.portraits.starts import checked_window
from proofs_checks.cli.settings import numbers, numbers_wanted

__all__ = [
    "Slider", "View", "clicked", "entered", "with_end", "with_number", "with_start", "with_window",
]  # fmt: skip

DIGITS = 10  # of a number from a slider, so that it is written as one would type it
STEPS = 200  # of a slider
FINE = 1000  # parts of the window to which a click is exact
MOST_STARTS, LAST = 48, 10_000.0
LONGEST_TEXT, QUOTED = 200, 40  # characters that are read, and that a sentence quotes


@dataclass(frozen=True)
class Slider:
    """A parameter that can be moved: its name, its interval, and where it stands at first."""

    name: str
    low: float
    high: float
    value: float

    @property
    def step(self) -> float:
        """The length of a step: 1, 2 or 5 times a power of ten, about 1/200 of the interval."""
        rough = (self.high - self.low) / STEPS
        power = 10.0 ** math.floor(math.log10(rough))
        return next((k * power for k in (1, 2, 5) if k * power >= rough), 10 * power)


@dataclass(frozen=True)
class View:
    """What is shown.

    ``parameters``  the sliders' values, by name
    ``window``      limits of each variable in turn; None for the system's own
    ``starts``      of trajectories, points of the plane or the line
    ``em``          whether iterates of EM from the same starts lie over the flow
    ``prove``       whether the fixed points are proved
    ``until``       the end of the time series
    """

    parameters: Mapping[str, float]
    window: tuple[float, ...] | None = None
    starts: tuple[tuple[float, ...], ...] = ()
    em: bool = False
    prove: bool = True
    until: float = 50.0


def with_number(view: View, sliders: Sequence[Slider], name: Any, value: Any) -> View:
    """Return the view with another value of a parameter.

    Raises `ValueError` for an unknown name or a value that is no number of the slider's interval.
    """
    slider = next((s for s in sliders if s.name == name), None)
    if slider is None:
        known = ", ".join(s.name for s in sliders) or "none"
        raise ValueError(f"there is no slider {_shown(name)}. Sliders: {known}.")
    number = _number(value, f"the parameter {slider.name}")
    if not slider.low <= number <= slider.high:
        raise ValueError(
            f"the parameter {slider.name} must lie in its slider's interval "
            f"[{slider.low:g}, {slider.high:g}]; got {number:g}. "
            f"Another interval is given by `--range {slider.name}=low:high`."
        )
    rounded = min(max(float(f"{number:.{DIGITS}g}"), slider.low), slider.high)
    return replace(view, parameters={**view.parameters, slider.name: rounded})


def with_start(view: View, window: Sequence[float], point: Sequence[Any]) -> View:
    """Return the view with one more trajectory.

    ``window``  the limits in which it must start, two for each entry of ``point``

    Raises `ValueError` for a point that is not finite or lies outside, or for too many.
    """
    place = [_number(x, "a start's coordinate") for x in point]
    for x, low, high in zip(place, window[::2], window[1::2], strict=True):
        if not low <= x <= high:
            inside, got = (", ".join(f"{n:g}" for n in part) for part in (window, place))
            raise ValueError(f"a trajectory must start in the window [{inside}]; got {got}.")
    if len(view.starts) >= MOST_STARTS:
        raise ValueError(f"there are {MOST_STARTS} trajectories, which is the most; clear some.")
    return replace(view, starts=(*view.starts, tuple(place)))


def clicked(window: Sequence[float], point: Sequence[Any]) -> list[float]:
    """Return where a click is meant: rounded to a thousandth of the window, inside it."""
    place = []
    for x, low, high in zip(point, window[::2], window[1::2], strict=True):
        digits = max(0, math.ceil(math.log10(FINE / (high - low))))
        number = round(_number(x, "a start's coordinate"), digits)
        place.append(number + 0.0 if low <= number <= high else float(x))
    return place


def with_window(view: View, limits: Sequence[Any], dimension: int) -> View:
    """Return the view of another window.

    Raises `ValueError` for other than ``low < high``, finite, of each variable.
    """
    finite = [_number(x, "a limit of the window") for x in limits]
    return replace(view, window=checked_window(finite, dimension))


def with_end(view: View, text: Any, *, whole: bool) -> View:
    """Return the view with another end of the time series, of a map a ``whole`` number.

    Raises `ValueError` for a text that is no such time.
    """
    what = f"the end of the time series ({'iterates' if whole else 'time'})"
    (end,) = entered(text, 1, what)
    if not 0 < end <= LAST or (whole and not end.is_integer()):
        raise ValueError(
            f"{what} must be a {'whole ' * whole}number above 0, at most {LAST:g}; got {end:g}."
        )
    return replace(view, until=end)


def entered(text: Any, count: int, what: str) -> list[float]:
    """Return the ``count`` numbers between commas of a text field.

    Raises `ValueError` that says what they should have been.
    """
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ValueError(f"{what}: {numbers_wanted(count)}; got {_shown(text)}.")
    return numbers(text, count, what)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} must be a finite number; got {_shown(value)}.")
    return float(value)


def _shown(value: Any) -> str:
    """Return what arrived as a sentence can quote it: short."""
    text = value if isinstance(value, str) else repr(value)
    return f"`{text[:QUOTED]}{'...' * (len(text) > QUOTED)}`"
