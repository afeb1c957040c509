"""Evaluations that statements of one program have in common.

A node of a program has one value at a point, whichever statement it stands in: a law after the
other needs the scores, the weights and their derivatives at the same few points.  So a run is kept,
with all its values, for the statements to come, as long as there is room.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from proofs_checks.checks.evaluation.real_run import RealRun

__all__ = ["SharedRuns"]

MOST_ENTRIES = 1 << 20
"""Entries of all arrays that are kept; each is a number of some hundred bytes."""


class SharedRuns:
    """Runs by a key that says all that their values depend on; the oldest make room."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self.most = most
        self._runs: OrderedDict[Hashable, RealRun] = OrderedDict()
        self._entries: dict[Hashable, int] = {}  # when the run was last asked for
        self._total = 0

    def run(self, key: Hashable, new: Callable[[], RealRun]) -> RealRun:
        """Return the run with this key, a new one if there is none."""
        self._make_room()
        if key not in self._runs:
            self._runs[key] = new()
        self._runs.move_to_end(key)
        return self._runs[key]

    def _make_room(self) -> None:
        """Count what the last run has grown by, and forget runs where that is too much."""
        if self._runs:
            last, run = next(reversed(self._runs.items()))
            self._total += run.entries - self._entries.get(last, 0)
            self._entries[last] = run.entries
        while self._total > self.most:
            oldest, _ = self._runs.popitem(last=False)
            self._total -= self._entries.pop(oldest)
