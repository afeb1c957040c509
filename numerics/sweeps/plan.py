"""The plan of a sweep: everything that its results depend on, and every run by its number.

    run  =  (number of the parameter point) * (starts of each) + (number of the start)

On a grid the last axis moves fastest.  An axis names a setting of the system or a component of its
starts; components that no axis names come from the starts.  Every parameter point has the starts
that its own system draws from the same seed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import shlex
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from numerics.flows import System, settings_of, system_named
from numerics.flows.own_system import system_of_text
from numerics.sweeps.axes import Axis

__all__ = ["Plan"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything that the results of a sweep depend on.

    ``source``    name of a system, or of a file
    ``text``      what stands in the file; None for a system of the catalogue
    ``settings``  settings of every run, without those that vary
    ``axes``      what varies
    ``samples``   points of the Latin hypercube; 0 for a grid
    ``starts``    starts of every parameter point
    ``given``     the starts themselves, a row each; empty to draw them
    ``seed``      of the hypercube and the starts
    ``until``     time at the end of a flow, iterates of a map at most
    ``engine``    that of every run; "auto" until it is chosen, "map" for a map
    ``rtol``      relative tolerance of the integration; the absolute one is a hundredth
    ``chunk``     runs in a chunk
    """

    source: str
    text: str | None
    settings: Mapping[str, Any]
    axes: tuple[Axis, ...]
    samples: int
    starts: int
    given: tuple[tuple[float, ...], ...]
    seed: int
    until: float
    engine: str
    rtol: float
    chunk: int

    @property
    def points(self) -> int:
        """The number of points in the space of the axes."""
        return self.samples or math.prod(len(axis.values) for axis in self.axes)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return self.points * self.starts

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.runs // self.chunk)

    def rows(self, chunk: int) -> range:
        """Return the numbers of the runs in a chunk."""
        return range(chunk * self.chunk, min((chunk + 1) * self.chunk, self.runs))

    def values(self, runs: np.ndarray) -> np.ndarray:
        """Return what the axes are at in these runs, (runs, axes)."""
        points = np.asarray(runs) // self.starts
        if self.samples:
            return self._hypercube[points]
        places = np.unravel_index(points, [len(axis.values) for axis in self.axes])
        columns = [np.array(a.values)[n] for a, n in zip(self.axes, places, strict=True)]
        return np.stack(columns, axis=-1)

    @cached_property
    def _hypercube(self) -> np.ndarray:
        from scipy.stats import qmc

        drawn = qmc.LatinHypercube(len(self.axes), rng=self.seed).random(self.samples)
        return np.stack([a.at(x) for a, x in zip(self.axes, drawn.T, strict=True)], axis=-1)

    def system(self, values: Mapping[str, float]) -> System:
        """Return the system with what the axes are at; those of components are passed over."""
        varied = {x: v for x, v in values.items() if x not in self.labels}
        return self._built({**self.settings, **varied})

    def _built(self, settings: Mapping[str, Any]) -> System:
        if self.text is None:
            return system_named(self.source, **settings)
        return system_of_text(self.text, self.source, **settings)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The components of the state."""
        firsts = {a.name: a.interval[0] for a in self.axes if a.name in self.names}
        return self._built({**self.settings, **firsts}).labels

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The settings that the system has."""
        if self.text is None:
            return tuple(settings_of(self.source))
        return tuple(x for x in self._built(self.settings).settings if x != "file")

    @property
    def kind(self) -> str:
        """Whether the system is a "flow" or a "map"."""
        firsts = {a.name: a.interval[0] for a in self.axes}
        return self.system(firsts).kind

    def command(self, asked_engine: str = "auto") -> str:
        """Return the command that makes this sweep, without its folder and who computes it."""
        words = ["proofhead", "sweep", self.source]
        for name, value in self.settings.items():
            words += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        for axis in self.axes:
            words += ["--over", axis.text]
        for row in self.given:
            words.append("--start=" + ",".join(repr(x) for x in row))
        options = {
            "--samples": self.samples, "--starts": 0 if self.given else self.starts,
            "--seed": self.seed, "--until": self.until, "--rtol": self.rtol, "--chunk": self.chunk,
        }  # fmt: skip
        for option, value in options.items():
            words += [option, f"{value:g}" if float(f"{value:g}") == value else repr(value)]
        words += ["--engine", asked_engine]
        return shlex.join(words)

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {
            **fields, "settings": dict(self.settings), "axes": [a.document() for a in self.axes],
            "given": [list(row) for row in self.given],
        }  # fmt: skip

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Plan:
        """Return the plan that `document` gave."""
        axes = tuple(Axis.of(a) for a in document["axes"])
        given = tuple(tuple(row) for row in document["given"])
        return cls(**{**document, "axes": axes, "given": given})

    @property
    def digest(self) -> str:
        """The SHA-256 of the plan."""
        return hashlib.sha256(json.dumps(self.document(), sort_keys=True).encode()).hexdigest()
