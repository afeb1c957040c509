"""Small sizes and simple rational inputs, in a fixed order, and both sides of an equation there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple
from zlib import crc32

import numpy as np
import sympy as sp
from flint import ctx

from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.nodes import (
    Leaf,
    Node,
    SingularPoint,
    TooLarge,
    descendants,
)
from proofs_checks.checks.evaluation.opaque_functions import Polynomials, degrees_in
from proofs_checks.checks.evaluation.points import Hypotheses, Unmet, least_sizes, sizes_in
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.evaluation.ranged_nodes import Opaque, RangedNode
from proofs_checks.checks.evaluation.real_numbers import (
    differ,
    exceed,
    radius,
    rationals,
    require_defined,
    require_nonnegative,
)
from proofs_checks.checks.evaluation.real_run import RealRun, is_condition
from proofs_checks.checks.evaluation.shared_runs import SharedRuns
from proofs_checks.checks.structured_inputs import fitting
from theory.algebra.expressions import Inequality, Relation, StrictInequality
from theory.algebra.symbols import Index

__all__ = ["Comparison", "Point", "RealStatement"]

SIMPLE = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "3", "1/3", "-3", "-1/3")))
"""Entries of points, simplest first."""

SPARE = range(10, 22)
"""Varieties that are tried where others make a matrix singular, or something negative."""

BY_PLACE = range(1000, 1004)
"""Varieties for statements of which a part has to be defined under conditions on indices only."""

CONSTANT = range(2000, 2006)
"""Varieties with one simple value for all entries, where a hypothesis can only be tried."""

PROBABLE = range(3000, 3004)
"""Varieties of numbers between 0 and 1, where positive ones are not in the domain: log(1 - p)."""

BETWEEN = tuple(map(Fraction, ("1/3", "2/3", "1/2", "1/4", "3/4", "2/5", "1/5")))

BITS = (200, 400, 800, 1600)
SHARP = 1e-30

shared_runs = SharedRuns()
"""The values that statements of one program have in common."""


class Point:
    """Rational values of the inputs; those that are asked for are made up on the spot.

    ``variety`` 0 gives every free entry its simplest value (0, or 1 for what cannot be negative);
    1, 2, ... give different fixed mixtures of simple non-zero values, -1, -2, ... of positive ones.
    Those of `BY_PLACE` are positive but for the entries on one side of, or on, the diagonal, the
    first or last of a vector; those of `CONSTANT` have one value for all, those of `PROBABLE` lie
    between 0 and 1.
    Opaque functions are polynomials of the given ``degrees``.
    """

    def __init__(
        self,
        hypotheses: Hypotheses,
        sizes: Mapping[str, int],
        variety: int,
        degrees: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self.hypotheses = hypotheses
        self.functions = Polynomials(degrees, abs(variety), positive=variety < 0)
        self.sizes = dict(sizes)
        self.variety = variety
        self.arrays: dict[Leaf, Array] = {}

    def draw(self, leaf: Leaf, run: RealRun) -> Array:
        """Return the exact array of an input."""
        if leaf not in self.arrays:
            drawn = self._made_up(leaf, run.shape(leaf))
            self.arrays[leaf] = self.hypotheses.shared_out(leaf, drawn)
        return self.hypotheses.complete(leaf, rationals(self.arrays[leaf]), run)

    def candidates(self, leaf: Leaf) -> Sequence[Fraction]:
        """Return the values an entry of this input may take, simplest first."""
        if self.hypotheses.is_mask(leaf):
            return (Fraction(1), Fraction(0))
        return [x for x in SIMPLE if x > 0] if leaf.nonnegative else SIMPLE

    def _made_up(self, leaf: Leaf, shape: tuple[int, ...]) -> Array:
        result = np.empty(shape, dtype=object)
        values = self.candidates(leaf)
        if not self.variety:
            result[...] = values[0]
        elif self.variety in CONSTANT and not self.hypotheses.is_mask(leaf):
            result[...] = values[(self.variety - CONSTANT.start) % len(values)]
        else:
            if self.variety in PROBABLE and not self.hypotheses.is_mask(leaf):
                values = BETWEEN
            elif self.variety < 0:
                values = [x for x in values if x > 0]
            elif not self.hypotheses.is_mask(leaf):
                values = [x for x in values if x]
            seed = crc32(leaf.name.encode())
            if not shape:  # two varieties never give a scalar one value, such as 1
                result[...] = values[(seed + self.variety) % len(values)]
            rng = np.random.default_rng([abs(self.variety), seed])
            for position in np.ndindex(*shape) if shape else ():
                value = values[int(rng.integers(len(values)))]
                if self.variety in BY_PLACE and not leaf.nonnegative:
                    value = -abs(value) if self._is_apart(position, shape) else abs(value)
                result[position] = value
        if self.hypotheses.is_mask(leaf):
            if self.hypotheses.is_causal(leaf):
                return self.hypotheses.causal(shape).astype(object)
            for row in range(shape[0]):
                result[row, row % shape[1]] = Fraction(1)
        return result

    def _is_apart(self, position: tuple[int, ...], shape: tuple[int, ...]) -> bool:
        """Return whether an entry is one of those that are negative."""
        offset = self.variety - BY_PLACE.start
        if len(position) == 1:
            return position[0] == (shape[0] - 1 if offset % 2 else 0)
        first, last = position[0], position[-1]
        return first == last or (offset == 2 and last > first) or (offset == 3 and last < first)


class Comparison(NamedTuple):
    """Both sides at a point, where they differ, and the largest radius (0 where rational).

    For an inequality ``differs`` is where it is false.
    """

    left: Array
    right: Array
    differs: Array
    radius: float


class Domain:
    """What has to be defined, or to hold, besides the sides of a statement."""

    def __init__(self, program: Program, parts: Iterable[sp.Basic]) -> None:
        self.defined: list[Node] = []
        self.holds: list[tuple[Relation, Node, Node]] = []
        for part in parts:
            if isinstance(part, Relation):
                self.holds.append((part, *program.sides(part)[:2]))
            else:
                self.defined.append(program.read(part).node)

    @property
    def nodes(self) -> list[Node]:
        """Everything that is looked at."""
        return [*self.defined, *(side for _, *sides in self.holds for side in sides)]

    def require(self, run: RealRun) -> None:
        """Raise `SingularPoint` unless it is certain that the point lies in the domain."""
        for node in self.defined:
            require_defined(run.value(node))
        for relation, *sides in self.holds:
            left, right = (run.value(side) for side in sides)
            if isinstance(relation, Inequality):
                is_strict = isinstance(relation, StrictInequality)
                certain = exceed(right, left, strict=not is_strict)
                if not certain.all():
                    raise SingularPoint("a condition on the inputs does not hold.")
            elif differ(left, right).any():
                raise SingularPoint("a condition on the inputs does not hold.")


class RealStatement:
    """An equation or inequality of a program, to be evaluated at rational points."""

    def __init__(self, program: Program, relation: Relation) -> None:
        self.relation, self.program, self.model = relation, program, program.model
        self.hypotheses = Hypotheses(program)
        self.left, self.right, self.free = program.sides(relation)
        self.domain = Domain(program, relation.domain)
        nodes = self.hypotheses.concerning(self.left, self.right, *self.domain.nodes)
        below = {node for root in nodes for node in descendants(root)}
        self.lenient = any(map(is_condition, below))
        used = sizes_in(*nodes) | {index.size.name for index in self.free}
        self.names = tuple(size.name for size in program.model.sizes if size.name in used)
        self.names += tuple(sorted(used - set(self.names)))
        self.least = least_sizes(*nodes)
        self.degrees = degrees_in(nodes)
        self.redraws = any(isinstance(x, RangedNode | Opaque) for x in below)
        self.redraws |= bool(self.hypotheses.signed)

    def compare(self, point: Point, *, is_shared: bool = False) -> Comparison:
        """Return both sides at a point.

        With ``is_shared`` what other statements needed at the same point is not evaluated again,
        and ``point.arrays`` need not hold all inputs.

        Raises `SingularPoint` where a side has no value.
        """
        for bits in BITS:
            with ctx.workprec(bits):
                key = ("point", point.variety, bits) if is_shared else None
                run = self.run(point.sizes, point.draw, point.functions, key)
                left, right = run.value(self.left), run.value(self.right)
                self.hypotheses.verify(run, lambda a, b: bool(differ(a, b).any()))
                differs = self.against(left, right)
                rough = max(radius(left), radius(right))
            if differs.any() or rough < SHARP:
                return Comparison(left, right, differs, rough)
        raise SingularPoint("the balls do not become small.")

    def run(
        self,
        sizes: Mapping[str, int],
        draw: Callable[[Leaf, RealRun], Array],
        functions: Polynomials,
        key: Hashable = None,
    ) -> RealRun:
        """Return the values at a point in the domain of the statement, with signs as declared.

        Those with one ``key`` have their values in common where sizes, opaque functions and
        leniency are the same as well; the key has to say how the inputs are drawn, and how sharply.

        Raises `SingularPoint` where it does not.
        """

        def new() -> RealRun:
            return RealRun(sizes, draw, functions=functions, lenient=self.lenient)

        if key is None:
            run = new()
        else:
            alike = (self.program, tuple(sizes.items()), tuple(sorted(self.degrees.items())))
            run = shared_runs.run((*alike, self.lenient, key), new)
        self.domain.require(run)
        for leaf in self.hypotheses.signed:
            require_nonnegative(run.value(leaf))
        return run

    def against(self, left: Array, right: Array) -> Array:
        """Return where the values of both sides are certain to contradict the statement."""
        if isinstance(self.relation, Inequality):
            return exceed(left, right, strict=isinstance(self.relation, StrictInequality))
        return differ(left, right)

    def defined(
        self, sizes: Mapping[str, int], varieties: Sequence[int]
    ) -> Iterator[tuple[Point, Comparison]]:
        """Yield points at which both sides are defined, and their values there.

        If at some points they are not, as many with positive inputs are tried in their place, then
        with inputs between 0 and 1, and some more where matrices may be singular or opaque
        functions negative.
        There are none at sizes that need too large arrays.  Raises `NotApplicable` if no point
        meets the hypotheses.
        """
        waiting = [*varieties, *(BY_PLACE if self.lenient else ())]
        waiting += CONSTANT if self.hypotheses.tried else ()
        spare, probable = list(SPARE) if self.redraws else [], list(PROBABLE)
        unmet: Unmet | None = None
        any_found = False
        while waiting:
            variety = waiting.pop(0)
            point = Point(self.hypotheses, sizes, variety, self.degrees)
            try:
                found = self.compare(point, is_shared=True)
                if found.differs.any():  # whoever looks for the reason needs all inputs
                    found = self.compare(point)
            except Unmet as reason:
                unmet = reason
                continue
            except SingularPoint:
                if 0 <= variety < SPARE.start:
                    waiting.append(-1 - variety)
                elif variety < 0 and probable:
                    waiting.append(probable.pop(0))
                elif spare:
                    waiting.append(spare.pop(0))
                continue
            except TooLarge:
                return
            any_found = True
            yield point, found
        if unmet is not None and not any_found:
            raise unmet

    def plans(self) -> list[dict[str, int]]:
        """Return a few sizes: all as small as possible, all 2, and some that are unequal.

        At 1 and 2 many quantities vanish or are tied: with one class there is no error, with two
        keys the advantages of a row are opposite.  So 3 stands beside 2 in both orders.
        """
        patterns: tuple[tuple[int, ...], ...] = ((1,), (2,), (2, 3, 1), (3, 2), (2, 3))
        plans = [fitting(self.model, self._at_least(pattern)) for pattern in patterns]
        return [plan for n, plan in enumerate(plans) if plan not in plans[:n]]

    def _at_least(self, pattern: tuple[int, ...]) -> dict[str, int]:
        return {
            name: max(self.least.get(name, 1), pattern[n % len(pattern)])
            for n, name in enumerate(self.names)
        }

    def by_total(self, largest: int) -> Iterator[dict[str, int]]:
        """Yield all sizes up to ``largest`` (or what is needed), smallest total first."""
        ranges = [
            range(self.least.get(name, 1), max(largest, self.least.get(name, 1)) + 1)
            for name in self.names
        ]
        lowest = sum(r.start for r in ranges)
        for excess in range(sum(len(r) - 1 for r in ranges) + 1):
            for sizes in product(*(r[: excess + 1] for r in ranges)):
                plan = dict(zip(self.names, sizes, strict=True))
                if sum(sizes) == lowest + excess and plan == fitting(self.model, plan):
                    yield plan

    def indices_at(self, position: tuple[int, ...]) -> dict[str, int]:
        """Return the free indices, counted from 1, at a position of the sides."""
        free: tuple[Index, ...] = self.free
        return {index.name: n + 1 for index, n in zip(free, position, strict=True)}
