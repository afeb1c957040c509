"""What is explored: the options of `proofhead portrait` that stay, the sliders, the first view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from numerics.flows import System, system_from
from numerics.flows.catalogue import settings_of
from numerics.portraits import PlaneSlice, checked_plane, em_over
from proofs_checks.cli.portraying import PortraitOptions, checked_overlays, system_of
from proofs_checks.cli.settings import numbers, settings_from
from proofs_checks.explorer.view import DIGITS, Slider, View, with_start, with_window
from theory.codegen.names import nearest

__all__ = ["Subject", "subject_of"]

CHANGED = 1.01  # factor by which a setting is changed to see whether anything depends on it


@dataclass(frozen=True)
class Subject:
    """A system with what the page may change about it.

    ``base``     options that stay; its window, starts, EM, proofs are those of the first view
    ``system``   the system, or the slice of one, of the first view
    ``sliders``  parameters that can be moved
    ``view``     what is shown first
    ``has_em``   whether iterates of EM can lie over it
    """

    base: PortraitOptions
    system: System
    sliders: tuple[Slider, ...]
    view: View
    has_em: bool

    @property
    def whole(self) -> System:
        """The system itself, of which a slice is shown or not."""
        return self.system.whole if isinstance(self.system, PlaneSlice) else self.system

    def options(self, view: View, suffix: str = ".png") -> PortraitOptions:
        """Return the options of `proofhead portrait` that draw this view."""
        words = {word.partition("=")[0].strip(): word for word in self.base.settings}
        for slider in self.sliders:
            value = view.parameters[slider.name]
            if value != slider.value:
                words[slider.name] = f"{slider.name}={_shortest(value)}"
        return replace(
            self.base,
            output=Path(Path(self.base.source).stem + suffix),
            settings=tuple(words.values()),
            window=view.window and _joined(view.window),
            starts=None if view.starts else 0,
            start=tuple(map(_joined, view.starts)),
            em=view.em,
            prove=view.prove,
        )


def subject_of(options: PortraitOptions, ranges: Sequence[str] = ()) -> Subject:
    """Return what the command line asks to explore.

    ``ranges``  intervals of sliders, such as "mu=0:5"

    Raises `ValueError` for what `proofhead portrait` would refuse, and for intervals of unknown
    parameters or without their present value.
    """
    system = system_of(options)
    whole = system.whole if isinstance(system, PlaneSlice) else system
    if system.dimension != 1:
        system = checked_plane(system)
    checked_overlays(system, options)
    sliders = tuple(_sliders(options, whole, ranges))
    view = View({s.name: s.value for s in sliders}, prove=options.prove)
    count = 2 * system.dimension
    if options.window is not None:
        ends = "x_low,x_high" if count == 2 else "x_low,x_high,y_low,y_high"
        limits = numbers(options.window, count, f"--window {ends}")
        view = with_window(view, limits, system.dimension)
    has_em = False
    with suppress(ValueError):
        em_over(system)
        has_em = system.dimension == 2
    for text in options.start:
        place = numbers(text, system.dimension, f"--start {'x,y' if count == 4 else 'x'}")
        view = with_start(view, view.window or (-np.inf, np.inf) * system.dimension, place)
    return Subject(options, system, sliders, replace(view, em=options.em), has_em)


def _sliders(options: PortraitOptions, system: System, ranges: Sequence[str]) -> list[Slider]:
    """Return a slider for each number that the system depends on."""
    given: dict[str, tuple[float, float]] = {}
    for text in ranges:
        name, interval = _interval(text)
        given[name] = interval
    own = options.source.endswith(".toml")
    values = {k: v for k, v in system.settings.items() if isinstance(v, int | float)}
    if not own:
        defaults = settings_of(options.source)
        values = {
            k: float(v)
            for k, v in values.items()
            if isinstance(defaults.get(k), float) and _matters(options, system, k, float(v))
        }
    for name in given:
        if name not in values:
            raise ValueError(
                f"`--range {name}=...`: `{system.name}` has no such parameter."
                f"{nearest(name, values)} Parameters: {', '.join(values) or 'none'}."
            )
    return [_slider(name, value, given.get(name), own) for name, value in values.items()]


def _interval(text: str) -> tuple[str, tuple[float, float]]:
    """Return name and ends of an interval such as "mu=0:5"."""
    name, _, ends = text.partition("=")
    try:
        low, high = map(float, ends.split(":"))
    except ValueError:
        low = high = math.nan
    if not name.strip() or not (math.isfinite(low) and math.isfinite(high)):
        example = name.strip() or "mu"
        raise ValueError(
            f"`--range` is a parameter and the two ends of its slider, such as {example}=0:2; "
            f"got `{text}`."
        )
    if not low < high:
        raise ValueError(
            f"`--range {text}`: the lower end must come first; got {low:g} and {high:g}."
        )
    return name.strip(), (low, high)


def _matters(options: PortraitOptions, system: System, name: str, value: float) -> bool:
    """Whether another value of a setting makes another system: some rates belong to nothing."""
    settings = settings_from(options.settings)
    other = value * CHANGED if value else CHANGED - 1
    try:
        changed = system_from(options.source, **{**settings, name: other})
    except ValueError:
        return True
    return not np.array_equal(changed.values, system.values)


def _slider(name: str, value: float, interval: tuple[float, float] | None, own: bool) -> Slider:
    """Return a slider over its interval, or one around the value.

    The catalogue's settings are rates, variances and shares, none of which is negative.
    """
    if interval is None:
        size = abs(value) or 0.5
        low, high = value - 2 * size, value + 2 * size
        if not own and value >= 0:
            low, high = (value / 10, 4 * value) if value else (0.0, 1.0)
    else:
        low, high = interval
        if not low <= value <= high:
            raise ValueError(
                f"`--range {name}={low:g}:{high:g}` must hold the present value {value:g}; "
                f"widen it, or `--set {name}=...`."
            )
    low, high = (float(f"{x:.{DIGITS}g}") for x in (low, high))
    return Slider(name, min(low, value), max(high, value), float(value))


def _joined(values: Sequence[float]) -> str:
    return ",".join(map(_shortest, values))


def _shortest(value: float) -> str:
    """Return the shortest text that means this number."""
    return repr(float(value)).removesuffix(".0")
