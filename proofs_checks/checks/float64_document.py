"""The float64 judge for any model: the statement as it is written, at drawn points.

A document with symbols of its own has no reference written by hand.  Its lines are evaluated in
NumPy just as they stand, and differentiated forwards (`proofs_checks.checks.plain`); no normal
form, no reverse mode and no evaluation graph takes part, and nothing of the reader.

An entry agrees if

    |left - right| <= 1e-12 * max(|left|, |right|, mag),

mag being the scale on which the entry is sensitive to rounding: how far left - right moves when
every intermediate result is changed at random by a relative 1e-9, divided by 1e-9.  It is looked at
only where the sides differ by more than 1e-12 of themselves.  Entries that are undefined (log of a
negative number, division by 0) or overflow are skipped and counted; a draw at which something
underflows, or no entry is left, is repeated with inputs half as large.  A draw outside the domain
of the statement counts for nothing.

An agreement is evidence, no proof; a difference refutes unless float64 misled us, which the other
judges settle.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import sympy as sp

from proofs_checks.checks.entries import entry_name
from proofs_checks.checks.outcome import Outcome
from proofs_checks.checks.plain.dependence import Dependence, quantity_name
from proofs_checks.checks.plain.inputs import Inputs, related
from proofs_checks.checks.plain.jets import NOISE, Unjudgeable
from proofs_checks.checks.plain.points import drawn_inputs
from proofs_checks.checks.plain.surroundings import Circumstances, Surroundings
from proofs_checks.checks.structured_inputs import fitting
from theory.algebra.expressions import (
    Inequality,
    Relation,
    StrictInequality,
    free_indices,
)
from theory.algebra.symbols import Index, Size, Tensor, is_order

if TYPE_CHECKING:
    from proofs_checks.verdict import Counterexample
    from theory.models.model import Model

__all__ = ["TOLERANCE", "check"]

JUDGE = "float64"

TOLERANCE = 1e-12
"""The largest difference that counts as rounding, relative to the scale of the terms."""

NOISY_RUNS = 3
DRAWS = ((1, 1.6), (-1, 1.6), (0, 1.6), (1, 3.0))
"""Signs and largest magnitude of the inputs of each draw; the second has the signs of the first
turned round, in the third everything is positive."""

GENTLER = 4
"""How often a draw is tried, with inputs half as large each time."""

SIZES = ((3, 2, 4), (2, 4, 3))
"""Values that sizes take in turn, in the first two draws and in the others; there every third size
starts one later, so that no two of nine sizes are equal throughout."""


@dataclass(frozen=True)
class _Seen:
    """Both sides at one point: the worst entry, and how many entries could be compared."""

    sizes: Mapping[str, int]
    compared: int
    skipped: int
    relative: float = 0.0
    entry: Mapping[str, int] = field(default_factory=dict)
    left: float = 0.0
    right: float = 0.0


def check(
    model: Model,
    statement: Relation,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    point: Counterexample | None = None,
) -> Outcome:
    """Return whether both sides are equal, or in order, at four drawn points.

    ``sizes`` (by name) overrides those drawn.  With ``point`` the sides are compared there and
    nowhere else; inputs it does not name are drawn.  ``agrees`` is None where nothing can be
    evaluated, the sides are undefined, or no inputs meet the hypotheses.
    """
    start = time.perf_counter()

    def outcome(agrees: bool | None, detail: str, **more) -> Outcome:
        spent = time.perf_counter() - start
        return Outcome(JUDGE, agrees, detail, seed=seed, seconds=spent, **more)

    seen: list[_Seen] = []
    reasons: list[str] = []
    try:
        question = _Question(model, statement)
        with np.errstate(all="ignore", under="raise"):
            for plan, draw in question.points(seed, sizes or {}, point):
                try:
                    seen.append(question.seen(plan, draw))
                except Unjudgeable as reason:
                    reasons.append(str(reason))
    except RecursionError:
        return outcome(None, "the statement is nested too deeply")
    compared = sum(x.compared for x in seen)
    if not compared:
        none = "both sides are undefined or overflow at every drawn point"
        return outcome(None, reasons[0] if reasons and not seen else none)
    worst = max((x for x in seen if x.compared), key=lambda x: x.relative)
    detail = f"{compared} entries in {len(seen)} draws, largest relative error {worst.relative:.1e}"
    agrees = worst.relative <= TOLERANCE
    if not agrees:
        at = ", ".join(f"{name}={n}" for name, n in worst.entry.items())
        detail += f" (allowed {TOLERANCE:.0e}){' at ' + at if at else ''}"
        detail += f": left {worst.left!r}, right {worst.right!r}"
    skipped = sum(x.skipped for x in seen)
    detail += f"; {skipped} undefined entries skipped" if skipped else ""
    found = {
        "entry": dict(worst.entry),
        "left": worst.left,
        "right": worst.right,
        "relative_error": worst.relative,
    }
    bound = f"{worst.relative:.1e}"
    return outcome(agrees, detail, error_bound=bound, sizes=dict(worst.sizes), worst=found)


class _Question:
    """A statement of a model, and the hypotheses that concern it."""

    def __init__(self, model: Model, statement: Relation) -> None:
        self.model, self.statement = model, statement
        self.dependence = Dependence(model)
        self.domain = [x.args if isinstance(x, Relation) else (x,) for x in statement.domain]
        self.parts = [*statement.args, *(e for sides in self.domain for e in sides)]
        self.constraints = related(model.constraints, self.dependence, *self.parts)
        self.names, self.least = self._sizes()
        self.free = tuple(sorted(free_indices(statement), key=lambda k: (k.name, k.size.name)))

    def points(
        self, seed: int, given: Mapping[str, int], point: Counterexample | None
    ) -> Iterator[tuple[dict[str, int], Inputs]]:
        """Yield sizes and undrawn inputs."""
        if point is not None:
            sizes = self._plan({**given, **point.sizes})
            inputs = Inputs((seed, 0))
            inputs.arrays = self._at(point, sizes)
            yield sizes, inputs
            return
        for n, (signs, scale) in enumerate(DRAWS):
            apart = 0 if signs == -1 else n  # the signs are those of the first draw, turned round
            plan = self._plan(given, is_shifted=n >= len(DRAWS) // 2)
            yield plan, Inputs((seed, apart), signs, scale)

    def _expressions(self) -> list[sp.Basic]:
        lines = [x for line in self.dependence.lines.values() for x in (line.symbol, line.value)]
        sides = [side for c in self.model.constraints for side in c.equation.args]
        return [*self.parts, *lines, *sides]

    def _sizes(self) -> tuple[list[str], dict[str, int]]:
        """Return the names of all sizes, and the largest position that occurs of each."""
        names = [size.name for size in self.model.sizes]
        least: dict[str, int] = {}

        def occurs(size: Size, position: sp.Basic) -> None:
            if isinstance(position, sp.Integer):
                least[size.name] = max(least.get(size.name, 1), int(position))

        for e in self._expressions():
            parts = e.atoms(Size, Index, sp.Indexed, sp.KroneckerDelta)
            found = {x.name for x in parts if isinstance(x, Size)}
            found |= {x.size.name for x in parts if isinstance(x, Index)}
            for x in parts:
                if isinstance(x, sp.Indexed) and isinstance(x.base, Tensor):
                    found |= {size.name for size in x.base.axes}
                    for size, position in zip(x.base.axes, x.indices, strict=False):
                        occurs(size, position)
                elif isinstance(x, sp.KroneckerDelta):
                    first, second = x.args[:2]
                    for index, position in ((first, second), (second, first)):
                        if isinstance(index, Index):
                            occurs(index.size, position)
            names += sorted(found.difference(names))
        return names, least

    def _plan(self, given: Mapping[str, int], *, is_shifted: bool = False) -> dict[str, int]:
        """Return the value of every size: large enough for the positions that occur."""
        drawn = {}
        for n, name in enumerate(self.names):
            pattern = SIZES[is_shifted]
            usual = pattern[(n + is_shifted * (n // len(pattern))) % len(pattern)]
            drawn[name] = max(usual, self.least.get(name, 1))
        return {**fitting(self.model, drawn), **{x: given[x] for x in given if x in drawn}}

    def _at(self, point: Counterexample, sizes: Mapping[str, int]) -> dict[str, np.ndarray]:
        """Return the inputs that a counterexample lists completely, as numbers."""
        found = {}
        symbols = {quantity_name(x): x for e in self._expressions() for x in e.atoms(Tensor)}
        symbols |= {name: x for name, x in self.dependence.inputs.items()}
        for e in self._expressions():
            for x in e.atoms(sp.Symbol):
                symbols.setdefault(x.name, x)
        for name, symbol in symbols.items():
            axes = symbol.axes if isinstance(symbol, Tensor) else ()
            array = np.empty(tuple(sizes[x.name] for x in axes))
            texts = [point.point.get(entry_name(name, at)) for at in np.ndindex(*array.shape)]
            numbers = [_number(text) for text in texts]
            if not is_order(name) and None not in numbers:
                array.reshape(-1)[:] = numbers  # type: ignore[assignment]
                found[name] = array
        return found

    def seen(self, sizes: Mapping[str, int], draw: Inputs) -> _Seen:
        """Return what is seen at one point, at a gentler one where float64 does not reach.

        Raises `Unjudgeable` if there is no value, or no point.
        """
        found = _Seen(sizes, 0, 0)
        for _ in range(GENTLER):
            try:
                found = self._compared(sizes, draw)
            except FloatingPointError:  # digits are lost to an underflow
                found = _Seen(sizes, 0, 1)
            if found.compared:
                return found
            draw = draw.gentler()
        return found

    def _compared(self, sizes: Mapping[str, int], draw: Inputs) -> _Seen:
        inputs = drawn_inputs(self.dependence, sizes, self.constraints, draw)
        left, right = self._sides(sizes, inputs)
        usable = np.isfinite(left) & np.isfinite(right) & self._is_in_domain(sizes, inputs)
        difference = np.where(usable, left - right, 0.0)
        if isinstance(self.statement, Inequality):
            difference = np.maximum(difference, 0.0)
        else:
            difference = np.abs(difference)
        scale = np.maximum(np.abs(left), np.abs(right))
        if (difference > TOLERANCE * np.where(usable, scale, 0.0)).any():
            scale = np.maximum(scale, self._sensitivity(sizes, inputs, left - right))
            usable &= np.isfinite(scale)
        count = int(usable.sum())
        if not count:
            return _Seen(sizes, 0, usable.size)
        relative = np.zeros(difference.shape)
        np.divide(difference, scale, out=relative, where=usable & (difference > 0))
        place = np.unravel_index(int(relative.argmax()), relative.shape)
        entry = {k.name: int(at) + 1 for k, at in zip(self.free, place, strict=True)}
        skipped = usable.size - count
        sides = (float(side[place]) for side in (left, right))
        return _Seen(sizes, count, skipped, float(relative[place]), entry, *sides)

    def _is_in_domain(self, sizes: Mapping[str, int], inputs: Inputs) -> bool:
        """Return whether everything besides the sides is defined, and holds, for all indices."""
        at = Surroundings(Circumstances(self.dependence, sizes, inputs.array, None, inputs.solved))
        for part, sides in zip(self.statement.domain, self.domain, strict=True):
            jets = [at.settled(side) for side in sides]
            labels = tuple(sorted({x for jet in jets for x in jet[0][0]}))
            values = [at.dense(jet, 0, labels) for jet in jets]
            if not all(np.isfinite(value).all() for value in values):
                return False
            if isinstance(part, Relation) and not _holds(part, *values).all():
                return False
        return True

    def _sides(
        self, sizes: Mapping[str, int], inputs: Inputs, noise: np.random.Generator | None = None
    ) -> list[np.ndarray]:
        common = Circumstances(self.dependence, sizes, inputs.array, noise, inputs.solved)
        at = Surroundings(common)
        labels = [at.common.label(k) for k in self.free]
        order = sorted(range(len(labels)), key=labels.__getitem__)
        found = []
        for side in self.statement.args:
            dense = at.dense(at.settled(side), 0, [labels[n] for n in order])
            found.append(dense.transpose([order.index(n) for n in range(len(order))]))
        return found

    def _sensitivity(
        self, sizes: Mapping[str, int], inputs: Inputs, difference: np.ndarray
    ) -> np.ndarray:
        """Return how far left - right moves under relative changes of all results by one."""
        largest = np.zeros(difference.shape)
        for n in range(NOISY_RUNS):
            rng = np.random.default_rng([n, *inputs.seed])
            left, right = self._sides(sizes, inputs, rng)
            largest = np.maximum(largest, np.abs(left - right - difference))
        return largest / NOISE


def _holds(relation: Relation, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return where a relation between numbers holds; equal numbers may differ by rounding."""
    if isinstance(relation, StrictInequality):
        return left < right
    if isinstance(relation, Inequality):
        return left <= right
    return np.abs(left - right) <= TOLERANCE * np.maximum(np.abs(left), np.abs(right))


def _number(text: str | None) -> float | None:
    """Return a rational number given as text, None for anything else."""
    if text is None:
        return None
    try:
        return float(Fraction(text))
    except ValueError:
        return None
