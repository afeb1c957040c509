"""What a user types about a system: `--set name=value`, numbers and labels between commas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numerics.flows import System

__all__ = ["labels_in", "numbers", "numbers_wanted", "settings_from"]


def settings_from(words: Sequence[str]) -> dict[str, Any]:
    """Return the settings that words such as "eps_v=10", "X=[-1, 1]", "moves=means" give.

    A value is JSON (a number, a list, true, null) or, where it is not, a text.

    Raises `ValueError` for a word without `=` or a name that stands twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ValueError(f"a setting is name=value, such as eps_v=10; got `{word}`.")
        if name in found:
            raise ValueError(f"the setting `{name}` is given twice; give it once.")
        found[name] = _value(text.strip())
    return found


def numbers(text: str, count: int, what: str) -> list[float]:
    """Return ``count`` numbers that commas part, such as "-4,4,-6,6".

    Raises `ValueError` that says what they should have been.
    """
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count:
        raise ValueError(f"{what}: {numbers_wanted(count)}; got `{text}`.")
    return found


def numbers_wanted(count: int) -> str:
    """Return how one types so many numbers, in words."""
    return "a number" if count == 1 else f"{count} numbers with commas between them"


def labels_in(text: str, system: System) -> list[str]:
    """Return the labels in "A,B,C"; labels such as W_Q,11 have commas of their own."""
    parts, found = [part.strip() for part in text.split(",")], []
    while parts:  # the longest label that the text begins with
        lengths = range(len(parts), 0, -1)
        n = next((k for k in lengths if ",".join(parts[:k]) in system.labels), 1)
        found.append(",".join(parts[:n]))
        parts = parts[n:]
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return float(text)  # .5 and +1 are numbers too, though JSON does not know them
    except ValueError:
        return text
