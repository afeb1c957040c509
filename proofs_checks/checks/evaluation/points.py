"""Inputs that satisfy the hypotheses of a model, and the sizes an equation needs.

* A hypothesis sum_k x_.k = c on an input x, with c a constant, is met by solving for the last entry
  along k; x_.. = c fixes the input.  Rational points of what is positive are shared out first, so
  that the last entry is positive too.
* One under a condition on indices, [2 <= j] x_j = [2 <= j] f_j, fixes the entries where it holds.
* A hypothesis x_.. = f or f = x_.. with f computed from other inputs fixes the input x as well.
* A hypothesis x_.j x_.k = delta_jk x_.j on such rows makes them one-hot: row i has its 1 in column
  i, counted round, so that every column has one where there are rows enough.
* A mask (feature "mask") has entries 0 and 1 with at least one 1 in every row; the causal mask is
  the lower triangle with its diagonal.
* Inputs with a structure of their own (feature "structured") are made by `structured_inputs`.
* A hypothesis x_ij = x_ji is met by copying the entries with i < j.
* What is declared >= 0 and fixed by a hypothesis has to turn out so.
* Any other hypothesis is tried at the point that was drawn; where it fails, nothing can be said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zlib import crc32

import numpy as np
import sympy as sp

from proofs_checks.checks.evaluation.change import Labelled
from proofs_checks.checks.evaluation.evaluator import Array, Evaluator
from proofs_checks.checks.evaluation.nodes import (
    Extent,
    Leaf,
    Node,
    NotApplicable,
    Unit,
    descendants,
)
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.structured_inputs import Impossible, kinds_of, structured
from theory.algebra.expressions import entry_tensor, is_condition, slots
from theory.algebra.symbols import Index, Size, is_order
from theory.models.model import Constraint

__all__ = ["Hypotheses", "Solved", "Unmet", "least_sizes", "leaves", "sizes_in"]

Positions = tuple[Index, ...]


class Unmet(NotApplicable):
    """A hypothesis does not hold at the point that was drawn."""


@dataclass(frozen=True)
class Solved:
    """A hypothesis that fixes entries of ``leaf``: the last one along ``axis``, or all (None).

    ``right`` is its right side, ``number`` the same if it is a number, else 0.  ``where``: only the
    entries at which this condition on indices is not 0 are fixed.
    """

    leaf: Leaf
    axis: int | None
    right: Labelled
    number: Fraction
    positions: Positions
    where: Labelled | None = None


@dataclass(frozen=True)
class Tried:
    """A hypothesis that can only be tried, and its sides as nodes."""

    constraint: Constraint
    sides: tuple[Node, Node]


class Hypotheses:
    """The hypotheses of one program, sorted by how they are met."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mask = program.model.features.get("mask")
        self.structures = kinds_of(program.model)
        self.solved: dict[Leaf, Solved] = {}
        self.tried: list[Tried] = []
        self.signed: list[Leaf] = []  # declared >= 0, and fixed by a hypothesis
        self.one_hot: set[Leaf] = set()
        self.symmetric: dict[Leaf, tuple[int, int]] = {}
        met_by: dict[Leaf, Constraint] = {}
        for constraint in program.model.constraints:
            pair = self._exchanged_axes(constraint)
            if pair is not None and pair[0].name in self.structures:
                self._try(constraint)
                continue
            if pair is not None and pair[0] not in met_by and not self.is_mask(pair[0]):
                self.symmetric[pair[0]], met_by[pair[0]] = pair[1], constraint
                continue
            self.one_hot |= self._one_hot_rows(constraint)
            rule = self._rule(constraint)
            if rule is None or rule.leaf in met_by or rule.leaf.name in self.structures:
                self._try(constraint)
            else:
                self.solved[rule.leaf], met_by[rule.leaf] = rule, constraint
        for tried in list(self.tried):
            rule = self._assignment(tried.constraint)
            if rule is not None:
                self.tried.remove(tried)
                if rule.leaf in met_by:
                    self._try(met_by[rule.leaf])
                    self.symmetric.pop(rule.leaf, None)
                self.solved[rule.leaf] = rule

    def _try(self, constraint: Constraint) -> None:
        left, right, _ = self.program.sides(constraint.equation)
        self.tried.append(Tried(constraint, (left, right)))

    def _assignment(self, constraint: Constraint) -> Solved | None:
        """Return the rule that gives an input the value of the other side, None if none does.

        That side must not depend on the input, nor on what is fixed by it.
        """
        for entry, value in (constraint.equation.args, constraint.equation.args[::-1]):
            entry, value, condition = _under_condition(entry, value)
            positions = slots(entry)
            if not isinstance(entry, sp.Indexed | sp.Symbol) or isinstance(entry, Index | Size):
                continue
            if len(set(positions)) < len(positions) or not all(
                isinstance(x, Index) for x in positions
            ):
                continue
            leaf, right = self.program.tensor(entry_tensor(entry)), self.program.read(value)
            before = self.solved.get(leaf) if isinstance(leaf, Leaf) else None
            fixed = before is not None and before.axis is None
            if not isinstance(leaf, Leaf) or fixed or not set(right.labels) <= set(positions):
                continue
            if leaf in self.one_hot or self.is_mask(leaf) or leaf in self._behind(right.node):
                continue
            if leaf.name in self.structures:
                continue
            where = None if condition is None else self.program.read(condition)
            if where is not None and not set(where.labels) <= set(positions):
                continue
            return Solved(leaf, None, right, Fraction(0), positions, where)
        return None

    def _behind(self, node: Node) -> set[Node]:
        """Return the inputs that a node depends on, also by way of what fixes others."""
        found, waiting = set[Node](), [node]
        while waiting:
            new = leaves([waiting.pop()]) - found
            found |= new
            waiting += [self.solved[x].right.node for x in new if x in self.solved]  # type: ignore[index]
        return found

    def _rule(self, constraint: Constraint) -> Solved | None:
        left, right = constraint.equation.args
        summed: sp.Basic | None = None
        if isinstance(left, sp.Sum) and len(left.limits) == 1:
            summed, left = left.limits[0][0], left.function
        if not isinstance(left, sp.Indexed | sp.Symbol):
            return None
        positions = slots(left)
        if len(set(positions)) < len(positions):
            return None
        if not all(isinstance(x, Index) for x in positions):
            return None
        if summed is not None and summed not in positions:
            return None
        leaf, value = self.program.tensor(entry_tensor(left)), self.program.read(right)
        if not isinstance(leaf, Leaf) or any(isinstance(n, Leaf) for n in descendants(value.node)):
            return None
        axis = None if summed is None else positions.index(summed)
        if not set(value.labels) <= set(positions) - {summed}:
            return None
        number = Fraction(int(right.p), int(right.q)) if isinstance(right, sp.Rational) else 0
        return Solved(leaf, axis, value, Fraction(number), positions)

    def _one_hot_rows(self, constraint: Constraint) -> set[Leaf]:
        """Return the input of which x_.j x_.k = delta_jk x_.j is said, j and k its last axis."""
        left, right = constraint.equation.args
        entries = sorted(left.atoms(sp.Indexed), key=str)
        if len(entries) != 2 or left != entries[0] * entries[1]:
            return set()
        (*rows, j), (*others, k) = (slots(entry) for entry in entries)
        same = entries[0].base == entries[1].base and rows == others and len(rows) == 1
        if not same or right not in [sp.KroneckerDelta(j, k) * entry for entry in entries]:
            return set()
        leaf = self.program.tensor(entries[0].base)
        return {leaf} if isinstance(leaf, Leaf) else set()

    def _exchanged_axes(self, constraint: Constraint) -> tuple[Leaf, tuple[int, int]] | None:
        """Return the input and the two axes where x_.i.j. = x_.j.i. is said."""
        left, right = constraint.equation.args
        if not isinstance(left, sp.Indexed) or not isinstance(right, sp.Indexed):
            return None
        here, there = slots(left), slots(right)
        moved = [n for n, x in enumerate(here) if there[n : n + 1] != (x,)]
        if left.base != right.base or len(set(here)) < len(here) or len(moved) != 2:
            return None
        first, second = moved
        if (here[first], here[second]) != (there[second], there[first]):
            return None
        leaf = self.program.tensor(entry_tensor(left))
        all_free = all(isinstance(x, Index) for x in here)
        return (leaf, (first, second)) if isinstance(leaf, Leaf) and all_free else None

    def _mirrored(self, leaf: Leaf, drawn: Array) -> Array:
        """Return the array with the entries below the diagonal of two axes those above it."""
        first, second = self.symmetric[leaf]
        rows, columns = np.indices(drawn.shape)[[first, second]]
        return np.where(rows <= columns, drawn, np.swapaxes(drawn, first, second))

    def concerning(self, *roots: Node) -> tuple[Node, ...]:
        """Return these nodes and those of the hypotheses on their inputs; forget the others."""
        nodes, waiting, kept = list(roots), list(self.tried), []
        unsigned = [leaf for leaf in self.solved if leaf.nonnegative]
        while True:
            inputs = set[Node]().union(*(self._behind(node) for node in nodes))
            related = [t for t in waiting if any(inputs & self._behind(side) for side in t.sides)]
            signed = [leaf for leaf in unsigned if inputs & self._behind(leaf)]
            if not related and not signed:
                break
            kept += related
            waiting = [t for t in waiting if t not in related]
            unsigned = [leaf for leaf in unsigned if leaf not in signed]
            nodes += [*signed, *(node for t in related for node in t.sides)]
            self.signed += signed
        self.tried = kept
        rights = [rule.right.node for leaf, rule in self.solved.items() if leaf in inputs]
        return (*nodes, *rights)

    def shared_out(self, leaf: Leaf, drawn: Array) -> Array:
        """Return positive numbers whose sums meet a hypothesis; others as they were drawn."""
        rule = self.solved.get(leaf)
        if rule is None or rule.axis is None or not leaf.nonnegative or rule.number <= 0:
            return drawn
        return drawn * rule.number / drawn.sum(axis=rule.axis, keepdims=True)

    def is_mask(self, leaf: Leaf) -> bool:
        """Return whether the input is the mask of the model, or the order of a range."""
        return self.is_causal(leaf) or (leaf.name == "M" and self.mask == "arbitrary")

    def is_causal(self, leaf: Leaf) -> bool:
        """Return whether the input is the lower triangle: 1 where the second index is no later."""
        return is_order(leaf.name) or (leaf.name == "M" and self.mask == "causal")

    def causal(self, shape: tuple[int, ...]) -> Array:
        """Return the lower triangle as integers."""
        return np.tril(np.ones(shape, dtype=np.int64))

    def complete(self, leaf: Leaf, drawn: Array, run: Evaluator) -> Array:
        """Return the drawn array with the entries that a hypothesis fixes."""
        if leaf.name in self.structures:
            return self._structured(leaf, drawn, run)
        if leaf in self.one_hot:
            columns = np.arange(drawn.shape[0]) % drawn.shape[1]
            places = columns[:, None] == np.arange(drawn.shape[1])
            one, zero = (run.arithmetic.number(Fraction(n)) for n in (1, 0))
            return np.where(places, one, zero)
        if leaf in self.symmetric:
            drawn = self._mirrored(leaf, drawn)
        rule = self.solved.get(leaf)
        if rule is None:
            return drawn
        graph, arithmetic = self.program.graph, run.arithmetic
        others = tuple(x for n, x in enumerate(rule.positions) if n != rule.axis)
        right = run.value(graph.product(Fraction(1), [rule.right], others))
        if rule.where is not None:
            held = run.value(graph.product(Fraction(1), [rule.where], others)) != 0
            return np.where(held, right, drawn)
        if rule.axis is None:
            return np.array(right)
        minus = arithmetic.number(Fraction(-1))
        head, last = np.split(drawn, [drawn.shape[rule.axis] - 1], axis=rule.axis)
        if head.size:
            sums = arithmetic.total(head, (rule.axis,))
            right = arithmetic.add(right, arithmetic.multiply(sums, minus))
        filled = np.asarray(right).reshape(last.shape)
        return np.concatenate((head, filled), axis=rule.axis)

    def _structured(self, leaf: Leaf, drawn: Array, run: Evaluator) -> Array:
        """Return an input with its structure, chosen by what was drawn."""
        seed = crc32(str(drawn.ravel()[:4]).encode())
        try:
            made = structured(self.structures[leaf.name], drawn.shape, seed)
        except Impossible as reason:
            raise Unmet(f"no `{leaf.name}` could be drawn: {reason}.") from None
        entries = [run.arithmetic.number(x)[()] for x in made.flat]
        return np.array(entries, dtype=drawn.dtype).reshape(drawn.shape)

    def verify(self, run: Evaluator, differ: Callable[[Array, Array], bool]) -> None:
        """Raise `NotApplicable` if a hypothesis that could not be solved does not hold."""
        for tried in self.tried:
            left, right = (run.value(side) for side in tried.sides)
            if differ(left, right):
                raise Unmet(f"no inputs with {tried.constraint.text} could be drawn.")

    def free_positions(self, leaf: Leaf, shape: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        """Return the positions that no hypothesis fixes, the first ones first."""
        rule = self.solved.get(leaf)
        if leaf in self.one_hot or (rule is not None and rule.axis is None and not rule.where):
            return []
        if leaf.name in self.structures:
            return []
        if leaf in self.symmetric:
            first, second = self.symmetric[leaf]
            return [x for x in np.ndindex(*shape) if x[first] <= x[second]]
        last = None if rule is None or rule.axis is None else shape[rule.axis] - 1
        return [x for x in np.ndindex(*shape) if last is None or x[rule.axis] != last]  # type: ignore[union-attr,index]


def _under_condition(side: Any, other: Any) -> tuple[Any, Any, sp.Expr | None]:
    """Return (entry, value, condition) of a hypothesis condition * entry = condition * value."""
    if not isinstance(side, sp.Mul):
        return side, other, None
    conditions = [x for x in side.args if is_condition(x)]
    rest = [x for x in side.args if x not in conditions]
    if len(rest) != 1 or not conditions:
        return side, other, None
    if other != 0:
        factors = other.args if isinstance(other, sp.Mul) else (other,)
        if any(x not in factors for x in conditions):
            return side, other, None
        other = sp.Mul(*(x for x in factors if x not in conditions))
    return rest[0], other, sp.Mul(*conditions)


def leaves(roots: Iterable[Node]) -> set[Leaf]:
    """Return the inputs that the values of these nodes depend on."""
    return {node for root in roots for node in descendants(root) if isinstance(node, Leaf)}


def sizes_in(*roots: Node) -> frozenset[str]:
    """Return the names of the sizes that the values of these nodes depend on."""
    nodes = [node for root in roots for node in descendants(root)]
    names = {size.name for node in nodes for size in node.axes}
    return frozenset(names | {node.size.name for node in nodes if isinstance(node, Extent)})


def least_sizes(*roots: Node) -> Mapping[str, int]:
    """Return the largest position that occurs as a number, for each size that has one."""
    least: dict[str, int] = {}
    for root in roots:
        for node in descendants(root):
            if isinstance(node, Unit):
                name = node.axes[0].name
                least[name] = max(least.get(name, 1), node.position)
    return least
