"""The interval judge: both sides in ball arithmetic on boxes, at sizes beyond the exact judge's.

Every input is a ball around a drawn number, so one evaluation speaks of a whole box of points.
python-flint's `arb` encloses exp, log, roots and everything computed from them: the enclosure is
valid in real arithmetic, whatever rounding did.

* An equation is refuted where the enclosure of left - right excludes 0.  Where it contains 0,
  |left - right| is at most the stated bound at every point of the boxes.
* An inequality is refuted where left > right is certain in a whole box, and verified on the boxes
  where left <= right is.  A box that decides neither is replaced by thinner ones.  What is verified
  holds on these boxes; beyond them nothing is claimed.

Inputs that must meet a hypothesis (labels that sum to one) are completed in ball arithmetic, so a
box contains all points that meet it.  The model itself is evaluated and differentiated: neither the
index calculus nor SymPy's simplifier takes part.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from flint import arb, ctx, fmpq

from proofs_checks.checks.entries import entry_name
from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.nodes import Leaf, NotApplicable, SingularPoint, TooLarge
from proofs_checks.checks.evaluation.opaque_functions import Polynomials
from proofs_checks.checks.evaluation.points import Hypotheses
from proofs_checks.checks.evaluation.program import program_of
from proofs_checks.checks.evaluation.rational_points import RealStatement
from proofs_checks.checks.evaluation.real_numbers import as_text, differ
from proofs_checks.checks.evaluation.real_run import RealRun
from proofs_checks.checks.outcome import Outcome, why
from proofs_checks.checks.structured_inputs import fitting
from proofs_checks.verdict import Counterexample
from theory.algebra.expressions import Inequality, Relation, StrictInequality
from theory.models.model import Model

__all__ = ["BOXES", "ORDER_BOXES", "check", "counterexample"]

SIZES = {"T": 6, "n": 7, "d_x": 3, "d_k": 4, "d_v": 5, "C": 5, "H": 2}
OTHER_SIZES = (4, 5, 6)
BOXES, ORDER_BOXES = 2, 8
"""Boxes that are looked at for an equation, and for an inequality."""

REDRAWN = 16
"""Further boxes where matrices may be singular, determinants or opaque functions negative."""

BITS = 256
THIN = 2.0**-96
WIDTHS = (2.0**-6, 2.0**-12, 2.0**-24, 2.0**-48, THIN)
SHARP = 1e-18  # an enclosure of left - right wider than this, relative to the sides, shows little


class Box:
    """Balls of one half-width around drawn inputs; hypotheses of the model are met inside.

    Midpoints lie in [-2, 2], those of nonnegative inputs, or of all where ``positive``, in
    [1/2, 3/2]; masks are 0 or 1 exactly.
    """

    def __init__(
        self,
        hypotheses: Hypotheses,
        sizes: Mapping[str, int],
        seed: int,
        width: float,
        degrees: Mapping[tuple[str, int], int] | None = None,
        positive: bool = False,
    ) -> None:
        self.hypotheses, self.sizes = hypotheses, dict(sizes)
        self.functions = Polynomials(degrees, seed, positive)
        self.positive = positive
        self.seed, self.width = seed, width
        self.drawn: dict[Leaf, Array] = {}

    def draw(self, leaf: Leaf, run: RealRun) -> Array:
        """Return the balls of an input."""
        if leaf not in self.drawn:
            self.drawn[leaf] = self._made(leaf, run)
        return self.drawn[leaf]

    def _made(self, leaf: Leaf, run: RealRun) -> Array:
        shape = run.shape(leaf)
        rng = np.random.default_rng([self.seed, crc32(leaf.name.encode())])
        if self.hypotheses.is_mask(leaf):
            return self._mask(leaf, shape, rng)
        low, high = (0.5, 1.5) if leaf.nonnegative or self.positive else (-2.0, 2.0)
        middle = self.hypotheses.shared_out(leaf, rng.uniform(low, high, shape))
        balls = np.empty(shape, dtype=object)
        for position in np.ndindex(*shape):
            balls[position] = arb(float(middle[position]), self.width)
        return self.hypotheses.complete(leaf, balls, run)

    def _mask(self, leaf: Leaf, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if self.hypotheses.is_causal(leaf):
            mask = self.hypotheses.causal(shape)
        else:
            mask = rng.integers(0, 2, shape)
            rows = np.arange(shape[0])
            mask[rows, rows % shape[1]] = 1
        exact = np.empty(shape, dtype=object)
        for position in np.ndindex(*shape):
            exact[position] = fmpq(int(mask[position]))
        return exact


@dataclass(frozen=True)
class _Look:
    """What is seen on one box: where the statement is certainly false, and what is shown.

    ``bound`` is the largest |left - right| that the enclosures allow; ``is_decided`` whether they
    are sharp enough (an equation), or the order is certain everywhere (an inequality).
    """

    box: Box
    false: Array
    worst: Mapping[str, object]
    bound: float
    is_decided: bool


def check(
    model: Model,
    statement: Relation,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
) -> Outcome:
    """Return whether both sides are equal, or in order, on a few boxes.

    ``sizes`` fixes sizes by name.  ``error_bound`` is the largest |left - right| that the
    enclosures of an equation allow.
    """
    start = time.perf_counter()

    def outcome(agrees: bool | None, detail: str, **more) -> Outcome:
        spent = time.perf_counter() - start
        return Outcome("interval", agrees, detail, seed=seed, seconds=spent, **more)

    try:
        seen = list(_looks(model, statement, seed, sizes or {}))
    except (NotApplicable, RecursionError) as reason:
        return outcome(None, why(reason))
    if not seen:
        return outcome(None, "both sides are defined on none of the boxes tried")
    used = seen[0].box.sizes
    for look in seen:
        if look.false.any():
            worst = look.worst
            detail = f"left {worst['left']}, right {worst['right']}" + _where(worst)
            return outcome(False, detail, sizes=used, worst=worst)
    if not all(look.is_decided for look in seen):
        return outcome(None, "the enclosures are too wide to tell", sizes=used)
    boxes = f"{len(seen)} boxes of half-width {_span({look.box.width for look in seen})}"
    if isinstance(statement, Inequality):
        return outcome(True, f"in order on {boxes}", sizes=used)
    bound = f"{max(look.bound for look in seen):.1e}"
    detail = f"|left - right| <= {bound} on {boxes}"
    return outcome(True, detail, sizes=used, error_bound=bound)


def counterexample(
    model: Model, statement: Relation, *, seed: int = 0, sizes: Mapping[str, int] | None = None
) -> Counterexample | None:
    """Return a box on which the statement is certainly false, or None if none was found."""
    try:
        for look in _looks(model, statement, seed, sizes or {}):
            if look.false.any():
                worst = look.worst
                entries = look.box.functions.texts() | {
                    entry_name(leaf.name, position): as_text(value)
                    for leaf, array in look.box.drawn.items()
                    for position, value in np.ndenumerate(array)
                }
                indices: Mapping[str, int] = worst["indices"]  # type: ignore[assignment]
                left, right = str(worst["left"]), str(worst["right"])
                return Counterexample(look.box.sizes, entries, indices, left, right)
    except (NotApplicable, RecursionError):
        pass
    return None


def _looks(
    model: Model, statement: Relation, seed: int, given: Mapping[str, int]
) -> Iterator[_Look]:
    """Yield what is seen on each box; those on which a side is not defined are left out."""
    is_order = isinstance(statement, Inequality)
    reading = RealStatement(program_of(model), statement)
    others = iter(OTHER_SIZES * (1 + len(reading.names)))
    usual = {x: SIZES.get(x) or next(others) for x in reading.names}
    sizes = {**fitting(model, usual), **{x: given[x] for x in given if x in usual}}
    sizes = {x: max(n, reading.least.get(x, 1)) for x, n in sizes.items()}
    count = ORDER_BOXES if is_order else BOXES
    tried, found = count + (REDRAWN if reading.redraws else 0), 0
    for number in range(tried):
        if found == count:
            break
        last = None
        for width in WIDTHS if is_order else (THIN,):
            own = ORDER_BOXES * seed + number
            positive = number >= count and number % 2 == 1
            box = Box(reading.hypotheses, sizes, own, width, reading.degrees, positive)
            try:
                last = _look(reading, box, is_shared=True)
                if last.false.any():  # whoever looks for the reason needs all inputs
                    last = _look(reading, box)
            except SingularPoint:
                continue
            except TooLarge as reason:
                raise NotApplicable(str(reason)) from None
            if last.is_decided or last.false.any():
                break
        if last is not None:
            found += 1
            yield last


def _look(reading: RealStatement, box: Box, *, is_shared: bool = False) -> _Look:
    key = ("box", box.seed, box.width, box.positive) if is_shared else None
    with ctx.workprec(BITS):
        run = reading.run(box.sizes, box.draw, box.functions, key)
        left, right = run.value(reading.left), run.value(reading.right)
        reading.hypotheses.verify(run, lambda a, b: bool(differ(a, b).any()))
        false = reading.against(left, right)
        pairs = list(zip(left.flat, right.flat, strict=True))
        bound = max((_largest(a - b) for a, b in pairs), default=0.0)
        if isinstance(reading.relation, StrictInequality):
            is_decided = all(a < b for a, b in pairs)
        elif isinstance(reading.relation, Inequality):
            is_decided = all(a <= b for a, b in pairs)
        else:
            scale = max((_largest(x) for x in left.flat), default=0.0)
            is_decided = bound <= SHARP * max(1.0, scale)
    worst: dict[str, object] = {}
    if false.any():
        position = tuple(int(x) for x in np.argwhere(false)[0])
        worst = {
            "indices": reading.indices_at(position),
            "left": as_text(left[position]),
            "right": as_text(right[position]),
        }
    return _Look(box, false, worst, bound, is_decided)


def _largest(value: arb | fmpq) -> float:
    """Return an upper bound of the magnitude."""
    return float(abs(arb(value)).upper())


def _where(worst: Mapping[str, object]) -> str:
    indices: Mapping[str, int] = worst["indices"]  # type: ignore[assignment]
    return f" at {', '.join(f'{k} = {n}' for k, n in indices.items())}" if indices else ""


def _span(widths: set[float]) -> str:
    low, high = min(widths), max(widths)
    return f"{low:.1e}" if low == high else f"{low:.1e} to {high:.1e}"
