r"""The sides of one statement, typed as index expressions of one shape.

    y = A x      y[a] and Sum(A[a, k] x[k], k), with the silent axis a

`links` builds on `Sides`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.operators import is_composite
from proofs_checks.claims.meaning.side_conditions import SideConditions
from proofs_checks.claims.meaning.statements import SPREAD, MeaningError, Statement
from proofs_checks.claims.meaning.typing import Typer
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Index, Tensor, scalar, total

__all__ = ["FAILURES", "Sides"]

MOST_ROUNDS = 12  # of one equation, each of which makes two ranges one
FAILURES = (ValueError, TypeError, ArithmeticError, RecursionError, KeyError, StopIteration)


class Sides(SideConditions):
    """Types the sides of the statements of a document."""

    def typer(self, statement: Statement) -> Typer:
        """Return a typer for one statement, set to changes where it is about differentials."""
        typer = Typer(self.context, statement.number)
        typer.moving = self._moving(statement)
        for name in self._held(statement) - set(typer.moving or ()) if typer.moving else ():
            typer.shapes.notes.append(f"{name} is held fixed: no differential of it is written")
        return typer

    def _held(self, statement: Statement) -> set[str]:
        """Return the inputs in what composite differentials are taken of."""
        below = (n for side in statement.sides for n in nodes(side) if is_composite(n))
        names = {name for node in below for name in self.names(node.quantity)}
        return {n for n in names if not self.context.computed.get(n)}

    def _moving(self, statement: Statement) -> dict[str, Any] | None:
        """Return the directions of an equation between differentials, None for adjoints."""
        left = [n for n in nodes(statement.sides[0]) if isinstance(n, tree.Differential)]
        right = [
            n for s in statement.sides[1:] for n in nodes(s) if isinstance(n, tree.Differential)
        ]
        if not left or not right and not any(map(is_composite, left)):
            return None
        if any(getattr(n, "style", "") == "word" for n in left):
            return None
        composite = any(not isinstance(n.quantity, tree.Name | tree.Entry) for n in left)
        from_parts = False
        names: dict[str, None] = {}
        for n in (*left, *right):
            own = self.names(n.quantity)
            if is_composite(n) or not right:
                # the u of d(u v) stays where it is, unless the document has a du somewhere
                names |= dict.fromkeys(sorted(own & self.written_differentials))
            elif n in right:
                names |= dict.fromkeys(sorted(own))
        for n in left:
            for name in self.names(n.quantity):
                above = self.context.computed.get(name, frozenset())
                from_parts |= bool(above & names.keys())
                from_parts |= name == self.loss_name and name not in names
        if not (composite or from_parts):
            return None
        free = list(self._what_moves(names))
        for n in filter(is_composite, (*left, *right)):
            own = self.names(n.quantity)
            if own and not set(free) & set(self._what_moves(own)):
                return None  # d(a b), of an a and a b that do not move, is no zero
        moving: dict[str, Any] = {}
        for name in free:
            if name not in self.symbols.table or name in self.context.opaque:
                continue
            tensor = self.symbols.tensor(name)
            if isinstance(tensor, Tensor):
                moving[name] = Tensor(f"{name}_along", tensor.axes)
            else:
                moving[name] = scalar(f"{name}_along")
        return moving

    @cached_property
    def written_differentials(self) -> frozenset[str]:
        """The symbols of which the document writes differentials."""
        below = (n for s in self.statements for side in s.sides for n in nodes(side))
        plain = (
            n.quantity for n in below if isinstance(n, tree.Differential) and not is_composite(n)
        )
        return frozenset(name for quantity in plain for name in self.names(quantity))

    def _what_moves(self, names: Iterable[str]) -> Iterator[str]:
        """Yield what is free to move when some symbols do: what they are computed from."""
        found: dict[str, None] = {}
        for name in names:
            below = self.context.computed.get(name, frozenset())
            ends = sorted(x for x in below if not self.context.computed.get(x))
            found |= dict.fromkeys(ends or [name])
        yield from found

    def _gather(self, statement: Statement) -> MeaningError | None:
        """Type a statement for what it says about ranges; return why it has no meaning."""
        mark = self.ranges.mark()
        error: MeaningError | None = None
        for _ in range(MOST_ROUNDS):
            before = self.ranges.mark()
            try:
                self._sides(statement)
                error = None
            except MeaningError as found:
                error = found
            except FAILURES as found:
                error = MeaningError(str(found) or "nested too deeply", statement.span)
            if self.ranges.mark() == before:
                break
        if error is not None:
            self.ranges.back(mark)
        return error

    def _sides(self, statement: Statement) -> tuple[Typer, list[Value]]:
        typer = self.typer(statement)
        for letter in self._left_letters(statement):
            typer.index(letter, typer.open("left"), "the left side")
        values = []
        for side in statement.sides:
            side, _ = self.without_order(side)
            values.append(typer.value(side))
        values = _lists_turned(statement.sides, self._summed(values))
        for left, right, span in zip(
            values, values[1:], [s.span for s in statement.sides[1:]], strict=False
        ):
            self._joined(typer, left, right, span)
        for condition in statement.conditions:
            self._condition(typer, condition)
        self._part_and_whole(typer)
        return typer, values

    def _part_and_whole(self, typer: Typer) -> None:
        r"""Refuse ``\sum_{i \in S} x_i = \sum_i x_i``: S may be all of a range, or a part of it."""
        sets = {self.ranges.find(size) for size in (*typer.sets, *self.context.parts)}
        for size, span in typer.unbounded:
            if self.ranges.find(size) in sets:
                raise MeaningError(
                    "whether this sum runs over the set of the other one is open.", span,
                    expected="its bounds, such as i = 1 to n",
                )  # fmt: skip

    def _left_letters(self, statement: Statement) -> list[tree.Node]:
        found = self.definitions.by_side.get((statement.number, 0))
        return [x for x in found.reference.indices if self.roles.letter(x)] if found else []

    def _summed(self, values: list[Value]) -> list[Value]:
        """Sum repeated indices; where nobody asked for it, only those that some side lacks."""
        if not self.summation:
            return values
        kept: frozenset[Index] = frozenset()
        if self.summation == "found":
            free = [free_indices(sp.sympify(v.expression, strict=True)) for v in values]
            kept = frozenset.intersection(*map(frozenset, free)) if free else kept
        return [Value(_einstein(v.expression, (*v.axes, *kept)), v.row, v.column) for v in values]

    def _joined(self, typer: Typer, a: Value, b: Value, span: Any) -> tuple[Value, Value]:
        if a.expression == 0 and a.is_scalar:
            return Value(sp.S.Zero, b.row, b.column), b
        if b.expression == 0 and b.is_scalar:
            return a, Value(sp.S.Zero, a.row, a.column)
        if len(a.axes) != len(b.axes) and (a.is_scalar or b.is_scalar):
            small, large = (a, b) if a.is_scalar else (b, a)
            if not free_indices(small.expression) and isinstance(small.expression, sp.Number):
                typer.shapes.notes.append(SPREAD)
                filled = Value(small.expression, large.row, large.column)
                return (filled, b) if a.is_scalar else (a, filled)
        return typer.shapes.join(a, b, span, "the two sides of an equation")

    def without_order(self, node: tree.Node) -> tuple[tree.Node, tree.Node | None]:
        """Split off dropped terms O(...) at the end of a sum."""
        if isinstance(node, tree.Add) and "O" not in self.symbols.table:
            last = node.terms[-1]
            is_order = (
                isinstance(last, tree.Apply)
                and isinstance(last.base, tree.Name)
                and last.base.letter == "O"
            ) or (isinstance(last, tree.Call) and last.function == "order")
            if is_order:
                kept = node.terms[:-1]
                first = kept[0] if len(kept) == 1 else replace(node, terms=kept)
                return first, last
        return node, None


def _lists_turned(sides: Sequence[tree.Node], values: list[Value]) -> list[Value]:
    """Return the sides with lists as rows where another side is a row: [a, b] may be either."""

    def is_row(value: Value) -> bool:
        return value.row is None and value.column is not None

    if not any(map(is_row, values)):
        return values
    return [
        Value(value.expression, None, value.row)
        if isinstance(side, tree.Sum) and side.operator == "list" and value.column is None
        else value
        for side, value in zip(sides, values, strict=True)
    ]


def _einstein(e: Any, silent: tuple[Index, ...]) -> Any:
    """Sum every term over the indices that stand in it twice (Einstein's convention)."""
    e = sp.sympify(e, strict=True)
    if isinstance(e, sp.Add):
        return sp.Add(*(_einstein(term, silent) for term in e.args))
    if isinstance(e, sp.Function) and e.args:
        inner = e.func(*(_einstein(a, silent) for a in e.args))
        if inner != e:
            return inner
    counts = Counter(
        k
        for node in sp.preorder_traversal(e)
        if isinstance(node, sp.Indexed | sp.KroneckerDelta)
        for k in (node.indices if isinstance(node, sp.Indexed) else node.args[:2])
        if k in free_indices(e) and k not in silent
    )
    return total(e, *(k for k, n in counts.items() if n > 1 and isinstance(k, Index)))
