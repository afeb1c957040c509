"""What an experiment is: sizes, what it measures, and what would count as reproduced.

A tolerance is stated here, with its reason, before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["Advance", "Drawing", "Experiment", "Preset", "Row", "State"]

State: TypeAlias = dict[str, Any]
"""All that a run needs to go on: names to arrays and numbers (`numpy.ndarray`, int, float)."""

Advance: TypeAlias = Callable[[State, int], State]
"""Takes a state by so many steps on."""

Drawing: TypeAlias = Callable[[list[State]], Mapping[str, Any]]
"""Makes matplotlib figures, by name, of the final states of all seeds."""


@dataclass(frozen=True)
class Row:
    """One line of the results: a measured number beside the published one.

    ``measure`` names the number in what a run measures; ``published`` is None where the paper has
    no such number: the row is then a control, and is shown without a verdict.  ``comparison`` is
    "equal" (|mean - published| <= tolerance), "at least" or "at most" (published, within the
    tolerance).  A tolerance of None is two standard errors of the difference between one run, which
    is what was published, and the mean of ours.  ``sizes`` is "paper" where only a run of the
    published size can be compared, "any" where a smaller one can too.
    """

    measure: str
    label: str
    unit: str = ""
    published: float | None = None
    tolerance: float | None = None
    reason: str = ""
    comparison: str = "equal"
    sizes: str = "paper"


@dataclass(frozen=True)
class Preset:
    """Sizes of a run: ``steps`` of training, ``settings`` by name, and the time it takes."""

    settings: Mapping[str, float]
    steps: int
    time: str
    every: int = 50  # steps between two checkpoints


def _nothing(measured: list[dict[str, float]]) -> str:
    """Remark on nothing; a seed's process is sent the experiment, which no lambda survives."""
    return ""


@dataclass(frozen=True)
class Experiment:
    """An experiment of a source paper.

    ``begin(settings, seed, device)`` returns the first state, ``advance(settings, device)`` what
    takes a state on, ``measure(settings, state)`` the numbers of a finished run, ``draw`` its
    figures.  ``remark(runs)`` says in one sentence what the controls say of the paper's claim.
    """

    name: str
    title: str
    source: str
    presets: Mapping[str, Preset]
    rows: tuple[Row, ...]
    begin: Callable[[Mapping[str, float], int, str], State]
    advance: Callable[[Mapping[str, float], str], Advance]
    measure: Callable[[Mapping[str, float], State], dict[str, float]]
    draw: Callable[[Mapping[str, float], list[State]], Mapping[str, Any]]
    remark: Callable[[list[dict[str, float]]], str] = _nothing

    def preset(self, name: str) -> Preset:
        """Return the preset of this name.

        Raises `ValueError` for another name.
        """
        if name not in self.presets:
            known = " or ".join(f"`{x}`" for x in self.presets)
            raise ValueError(f"`{self.name}` has the presets {known}; got `{name}`.")
        return self.presets[name]


def folder_of(folder: Path, seed: int) -> Path:
    """Return where a seed keeps its checkpoints and its result."""
    return folder / f"seed-{seed}"
