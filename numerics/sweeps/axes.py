"""What a sweep varies: one parameter or one component of the starts, and the values it takes.

    k=0:2:5          5 values from 0 to 2
    k=0.01:10:4:log  4 values with equal ratios
    k=0.5,1,4        these values
    k=0:2            an interval, for a Latin hypercube

Both ends of an interval belong to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Axis", "axis_from"]

FORMS = "k=low:high:n, k=low:high:n:log, k=value,value,... or, with `--samples`, k=low:high"


@dataclass(frozen=True)
class Axis:
    """A parameter or a component of the starts, with its values or the interval they lie in.

    ``name``      the parameter or the component
    ``values``    what it takes on a grid, in order; empty for a Latin hypercube
    ``interval``  the ends of the interval
    ``log``       whether equal steps are equal ratios
    """

    name: str
    values: tuple[float, ...]
    interval: tuple[float, float]
    log: bool = False

    @property
    def is_grid(self) -> bool:
        """Whether the values are given, rather than drawn."""
        return bool(self.values)

    def at(self, fractions: np.ndarray) -> np.ndarray:
        """Return the values at parts of the interval between 0 and 1."""
        low, high = self.interval
        if self.log:
            return low * (high / low) ** fractions
        return low + (high - low) * fractions

    @property
    def text(self) -> str:
        """The text that `axis_from` makes the axis of."""
        low, high = (_shown(x) for x in self.interval)
        ends, count = f"{self.name}={low}:{high}", len(self.values)
        for steps, space in (("", np.linspace), (":log", np.geomspace)):
            if steps == ":log" and not self.interval[0] > 0:
                continue
            if not count and self.log == bool(steps):
                return ends + steps
            if count > 1 and tuple(space(*self.interval, count).tolist()) == self.values:
                return f"{ends}:{count}{steps}"
        return f"{self.name}={','.join(_shown(x) for x in self.values)}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "name": self.name, "values": list(self.values), "interval": list(self.interval),
            "log": self.log,
        }  # fmt: skip

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Axis:
        """Return the axis that `document` gave."""
        low, high = document["interval"]
        return cls(document["name"], tuple(document["values"]), (low, high), document["log"])


def axis_from(text: str) -> Axis:
    """Return the axis that a text such as "sigma2=0.1:2:20" describes.

    Raises `ValueError` for a text of none of the forms above, numbers that are not finite or in the
    wrong order, logarithmic steps from 0 or below, a value that stands twice.
    """
    name, equals, range_ = text.partition("=")
    name = name.strip()
    if not equals or not name or not range_.strip():
        raise ValueError(f"`--over` takes {FORMS}; got `{text}`.")
    if ":" not in range_:
        values = tuple(_number(x, text) for x in range_.split(","))
        if len(set(values)) < len(values):
            raise ValueError(f"`--over {text}`: a value stands twice; give each once.")
        return Axis(name, values, (min(values), max(values)))
    parts = [x.strip() for x in range_.split(":")]
    log = parts[-1] == "log"
    parts = parts[: len(parts) - log]
    if len(parts) not in (2, 3):
        raise ValueError(f"`--over` takes {FORMS}; got `{text}`.")
    low, high = (_number(x, text) for x in parts[:2])
    if not low < high:
        raise ValueError(f"`--over {text}`: low must be below high; got {low:g} and {high:g}.")
    if log and low <= 0:
        raise ValueError(f"`--over {text}`: equal ratios need values above 0; got {low:g}.")
    drawn = Axis(name, (), (low, high), log)
    if len(parts) == 2:
        return drawn
    count = _count(parts[2], text)
    values = np.linspace(low, high, count) if not log else np.geomspace(low, high, count)
    return Axis(name, tuple(values.tolist()), (low, high), log)


def _shown(value: float) -> str:
    return repr(value).removesuffix(".0")


def _number(word: str, text: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"`--over {text}`: `{word}` must be a finite number. {FORMS}.")
    return value


def _count(word: str, text: str) -> int:
    if not word.isdecimal() or int(word) < 2:
        raise ValueError(
            f"`--over {text}`: the number of values must be a whole number of at least 2; "
            f"got `{word}`."
        )
    return int(word)
