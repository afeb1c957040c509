"""The modular judge: both sides over F_p, p = 2^61 - 1, at random inputs (Schwartz-Zippel).

An equation between rational functions that is false fails at a random point with probability at
least 1 - D/p, D a bound on the degree of the difference.  D is computed from the evaluation itself
(`Degrees`), and runs with new inputs are added until the bound is below ``target``.

exp and log are no functions on F_p.  They get random values that respect
exp(a + b) = exp(a) exp(b), exp(c a) = exp(a)^c, log(a b) = log a + log b and exp(log a) = a
(`FieldRun`); derivatives use d exp = exp dx and d log = dx/x.  An equation that holds for such free
exponentials holds for the real ones.  The converse needs all relations to be seen, so a difference
that involves them counts only if real values differ as well: `agrees` is None otherwise.

All entries are compared.  Where they would be too many, both sides are first contracted with
random vectors along the free indices.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import prod
from zlib import crc32

import numpy as np

from proofs_checks.checks.evaluation.degrees import Degrees
from proofs_checks.checks.evaluation.evaluator import Array
from proofs_checks.checks.evaluation.field_run import (
    FieldRun,
    RootsNeeded,
    UnsuitableSize,
    cofactor,
)
from proofs_checks.checks.evaluation.nodes import Leaf, Node, NotApplicable, SingularPoint
from proofs_checks.checks.evaluation.opaque_functions import degrees_in
from proofs_checks.checks.evaluation.points import Hypotheses, least_sizes, leaves, sizes_in
from proofs_checks.checks.evaluation.prime_field import P
from proofs_checks.checks.evaluation.program import Program, program_of
from proofs_checks.checks.evaluation.rational_points import RealStatement
from proofs_checks.checks.evaluation.structure import Structure
from proofs_checks.checks.outcome import Outcome, why
from proofs_checks.checks.structured_inputs import fitting, is_among_numbers
from theory.algebra.expressions import Equation
from theory.models.model import Model

__all__ = ["check"]

SIZES = {"T": 11, "n": 13, "d_x": 6, "d_k": 5, "d_v": 7, "C": 4, "H": 3}
OTHER_SIZES = (8, 9, 10, 12, 14, 15, 16, 17)
COMPARED = 1 << 16  # entries that are compared one by one
MOST_RUNS = 8


def check(
    model: Model,
    equation: Equation,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    target: float = 1e-15,
) -> Outcome:
    """Return whether both sides agree over F_p.

    ``sizes`` fixes sizes by name; a size whose square root occurs and does not exist in F_p is
    replaced by the next larger one that has one.  The outcome holds the sizes that were used.
    `agrees` is None where equal runs do not bring the error bound below ``target``.
    """
    start = time.perf_counter()
    try:
        statement = _Statement(program_of(model), equation, sizes or {}, seed)
        agrees, detail, bound, worst = statement.judge(target)
    except (NotApplicable, RecursionError) as reason:
        return Outcome("modular", None, why(reason), seconds=time.perf_counter() - start)
    return Outcome(
        "modular",
        agrees,
        detail,
        error_bound=f"{bound:.1e}" if agrees else "",
        sizes=statement.sizes,
        seed=seed,
        worst=worst,
        seconds=time.perf_counter() - start,
    )


class _Statement:
    """One equation at certain sizes; `judge` repeats runs."""

    def __init__(
        self, program: Program, equation: Equation, sizes: Mapping[str, int], seed: int
    ) -> None:
        self.program = program
        self.equation = equation
        self.hypotheses = Hypotheses(program)
        self.left, self.right, self.free = program.sides(equation)
        for leaf in leaves([self.left, self.right]):
            if is_among_numbers(self.hypotheses.structures.get(leaf.name, "")):
                raise NotApplicable(f"`{leaf.name}` is among some numbers, no element of a field.")
        self.degrees = degrees_in((self.left, self.right))
        self.seed = seed
        self.roots = 1
        self.any_mask = True
        self.sizes = self._sizes(sizes)
        self.projected = self._projected()

    def _sizes(self, given: Mapping[str, int]) -> dict[str, int]:
        nodes = self.hypotheses.concerning(self.left, self.right)
        used = sizes_in(*nodes) | {index.size.name for index in self.free}
        others = iter(OTHER_SIZES * len(used))
        least = least_sizes(*nodes)
        names = [s.name for s in self.program.model.sizes if s.name in used]
        names += sorted(used - set(names))
        usual = {x: SIZES.get(x) or next(others) for x in names}
        chosen = {
            **fitting(self.program.model, usual),
            **{x: given[x] for x in given if x in usual},
        }
        return {name: max(value, least.get(name, 1)) for name, value in chosen.items()}

    def _projected(self) -> Node | None:
        """Return the difference contracted with random vectors, where there are many entries."""
        lengths = [self.sizes[index.size.name] for index in self.free]
        if len(lengths) < 3 or prod(lengths) <= COMPARED:
            return None
        return self.program.contracted_difference(self.equation)

    def judge(self, target: float) -> tuple[bool | None, str, float, dict[str, object]]:
        """Return (agrees, detail, error bound, worst entry)."""
        bound, runs, attempt = 1.0, 0, 0
        while bound > target and runs < MOST_RUNS:
            attempt += 1
            if attempt > 100:
                raise NotApplicable("no inputs were found at which both sides are defined.")
            try:
                equal, worst, failure, keyed = self._one_run(attempt)
            except UnsuitableSize as size:
                self.sizes[size.size.name] += 1
                bound, runs = 1.0, 0
            except RootsNeeded as needed:
                self.roots = needed.order
                bound, runs = 1.0, 0
            except SingularPoint:
                if not self._loosen_mask(attempt):
                    raise NotApplicable("a denominator or logarithm of zero occurs.") from None
                bound, runs = 1.0, 0
            else:
                if not equal:
                    return (*self._difference(keyed), 1.0, worst)
                bound *= failure
                runs += 1
        if bound > target:
            raise NotApplicable(f"after {runs} equal runs the error bound is only {bound:.1e}.")
        detail = f"equal in {runs} random run{'s' if runs > 1 else ''}" + self._remark()
        return True, detail, bound, {}

    def _loosen_mask(self, attempt: int) -> bool:
        """Return whether to try again, with a mask of any non-zero weights if there is one."""
        if self.hypotheses.mask and self.any_mask:
            self.any_mask = False
            return True
        return attempt < 4

    def _remark(self) -> str:
        return "" if self.any_mask else " (non-zero weights for the mask: log 0 occurs)"

    def _difference(self, keyed: bool) -> tuple[bool | None, str]:
        if not keyed and self.any_mask:
            return False, "a difference over F_p"
        if real_difference(self.program, self.equation):
            return False, "a difference over F_p, and in real numbers at small sizes"
        return None, "a difference over F_p for free exponentials, none found in real numbers"

    def _one_run(self, attempt: int) -> tuple[bool, dict[str, object], float, bool]:
        """Return (equal, worst entry, bound on a wrong "equal", whether exp or log occurred)."""
        salts = np.random.default_rng([self.seed, attempt, 1]).integers(1, P, 2)
        structure = Structure(self.program.graph, self.sizes)
        run = _Run(self, structure, attempt, (int(salts[0]), int(salts[1])))
        worst: dict[str, object] = {}
        if self.projected is not None:
            sides: tuple[Node, ...] = (self.projected,)
            equal = not run.value(self.projected)
        else:
            sides = (self.left, self.right)
            left, right = run.value(self.left), run.value(self.right)
            equal = np.array_equal(left, right)
            if not equal:
                worst = self._worst(left, right)
        self.hypotheses.verify(run, lambda a, b: not np.array_equal(a, b))
        failure = Degrees(run).failure(*sides) if equal else 1.0
        return bool(equal), worst, failure, bool(run.keyed_nodes)

    def _worst(self, left: Array, right: Array) -> dict[str, object]:
        position = tuple(int(x) for x in np.argwhere(left != right)[0])
        indices = {x.name: n + 1 for x, n in zip(self.free, position, strict=True)}
        return {"indices": indices, "left": int(left[position]), "right": int(right[position])}


class _Run(FieldRun):
    """A run that draws the inputs of a statement when they are needed."""

    def __init__(
        self, statement: _Statement, structure: Structure, attempt: int, salts: tuple[int, int]
    ) -> None:
        super().__init__(structure, {}, salts, statement.roots)
        self.degrees = statement.degrees
        self.statement = statement
        self.attempt = attempt

    def stands_for(self, leaf: Leaf) -> Node | None:
        """Return what an input was computed from to meet a hypothesis, None if it was drawn."""
        rule = self.statement.hypotheses.solved.get(leaf)
        return rule.right.node if rule is not None and rule.axis is None else None

    def is_drawn(self, leaf: Leaf) -> bool:
        """Return whether every entry of an input was drawn, so that it has its roots."""
        hypotheses = self.statement.hypotheses
        return leaf not in hypotheses.solved and leaf.name not in hypotheses.structures

    def leaf(self, node: Leaf) -> Array:
        """Return random values of an input, with the hypotheses met."""
        shape, hypotheses = self.shape(node), self.statement.hypotheses
        rng = np.random.default_rng([self.statement.seed, self.attempt, crc32(node.name.encode())])
        if hypotheses.is_mask(node) and self.statement.any_mask:
            return self._mask(node, shape, rng)
        drawn = np.asarray(rng.integers(1, P, shape, dtype=np.uint64))
        if node.nonnegative:
            drawn = self.field.power(drawn, cofactor(self.roots))
        return hypotheses.complete(node, drawn, self)

    def _mask(self, node: Leaf, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if self.statement.hypotheses.is_causal(node):
            return self.statement.hypotheses.causal(shape).astype(np.uint64)
        mask = rng.integers(0, 2, shape, dtype=np.uint64)
        rows = np.arange(shape[0])
        mask[rows, rows % shape[1]] = 1
        return mask


def real_difference(program: Program, equation: Equation) -> bool:
    """Return whether both sides differ, in rationals or balls, at some small point."""
    statement = RealStatement(program, equation)
    try:
        return any(
            found.differs.any()
            for plan in reversed(statement.plans())
            for _, found in statement.defined(plan, (1, 2))
        )
    except (NotApplicable, RecursionError):
        return False
