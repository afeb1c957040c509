"""A whole document under one reading: a vocabulary, or its own symbols.

Roles, shapes and ranges are inferred over all equations; then every equation is typed once for what
it says about ranges, and once more for its meaning.  What cannot be typed takes nothing with it:
the symbol that it would have defined is unknown, and what rests on it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.equations import has_numbers
from proofs_checks.claims.meaning.assembly import Assembly
from proofs_checks.claims.meaning.determined import Determination
from proofs_checks.claims.meaning.dots import LISTS
from proofs_checks.claims.meaning.redefinitions import said_twice
from proofs_checks.claims.meaning.sides import FAILURES
from proofs_checks.claims.meaning.statements import MeaningError, Said, Statement
from proofs_checks.claims.meaning.typing import Typer
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import Relation
from theory.algebra.symbols import Index
from theory.models import Model

__all__ = ["Reading"]

A_NAME = "a name for a list, with which nothing is computed"


class Reading(Assembly):
    """A document under one reading."""

    def __init__(self, said: Said, model: Model | None) -> None:
        super().__init__(said, model)
        self._find_fixed_positions()
        self._find_loss()
        self._type()

    def _type(self) -> None:
        every = [s for s in (*self.statements, *self.assumptions)]
        every = [s for s in every if not s.is_inline or self._is_used(s)]
        failed: dict[int, MeaningError] = {}
        self._say_dimensions()
        lists = {s.number for s in every if self._lists_entries(s)}
        for statement in sorted(every, key=lambda s: s.number in lists):
            skipped = _no_claim(statement)
            if skipped:
                self.meanings[statement.number].skipped = skipped
                continue
            mark = self.ranges.mark()
            error = self._gather(statement)
            if statement.number in lists and (
                error is not None or not self._is_identity(statement)
            ):
                self.meanings[statement.number].skipped = A_NAME
                self.ranges.back(mark)
            elif error is not None:
                failed[statement.number] = error
        for node in self.inputs:
            self._declare(node)
        self._show_named_sizes()
        self.ranges.settle(self.roles.sizes | set(self.symbols.table))
        self.unknown = self._unread(failed)
        self.assumed = {n for s in self.assumptions for r in s.roots for n in self.names(r)}
        every.sort(key=lambda s: s not in self.assumptions)
        for statement in every:
            meaning = self.meanings[statement.number]
            if meaning.skipped:
                continue
            if statement.number in failed:
                meaning.error = failed[statement.number]
                continue
            try:
                if statement in self.assumptions:
                    self._assume(statement)
                else:
                    self._take(statement, meaning)
            except MeaningError as error:
                meaning.error = error
            except FAILURES as error:
                told = str(error) or "this is nested too deeply."
                meaning.error = MeaningError(told, statement.span)
        self._define_steps_before()
        self.unknown |= self._unread({n: m.error for n, m in self.meanings.items() if m.error})
        said = list(self.constraints)
        self._make_model()
        while wrong := self._check() & {line.name for line in self.lines}:
            # what is differentiated by something it does not depend on is not zero, but unknown
            self.lines = [line for line in self.lines if line.name not in wrong]
            self.unknown |= wrong
            self.constraints = list(said)
            self._make_model()

    def _say_dimensions(self) -> None:
        r"""Give the axes of symbols the ranges that the document states: ``x \in \mathbb{R}^n``."""
        for number, stated in enumerate(self.stated):
            before = self.ranges.mark()
            try:
                self._dimensions(Typer(self.context, -2 - number), stated)
            except (MeaningError, *FAILURES):
                self.ranges.back(before)

    def _show_named_sizes(self) -> None:
        for name in sorted(self.roles.sizes):
            if name not in self.ranges.named and name not in self.ranges.aliases:
                if name not in self.definitions.found:
                    self.ranges.declare(name)

    def _declare(self, node: tree.Node) -> None:
        reference = self.roles.reference(node)
        if reference is None or reference.name not in self.symbols.table:
            raise MeaningError("`input` needs a symbol such as M_{ij}.", node.span)

    def _unread(self, failed: dict[int, Any]) -> set[str]:
        """Return the symbols whose definition could not be read."""
        names = set(self.broken) - self.definitions.found.keys()
        stems = {name for name in names if "_" not in name}
        names |= {
            name
            for name in self.symbols.table
            if name.split("_")[0] in stems and name not in self.definitions.found
        }
        for (number, _), found in self.definitions.by_side.items():
            if number in failed or (
                self.meanings[number].skipped and not self._lists_itself(found.statement)
            ):
                names.add(found.name)
        return names

    def _lists_entries(self, statement: Statement) -> bool:
        r"""Return whether all that an equation says is how the entries of a vector are called."""
        left, *rest = (x.base if isinstance(x, tree.Transpose) else x for x in statement.sides)
        return isinstance(left, tree.Name) and bool(rest) and all(
            isinstance(x, tree.Sum) and x.operator in LISTS
            and self.names(x.body) <= self.names(left)
            for x in rest
        )  # fmt: skip

    def _is_identity(self, statement: Statement) -> bool:
        """Return whether the sides of a statement are the same entry by entry."""
        typer, values = self._sides(statement)
        pairs = [self._joined(typer, values[0], x, statement.span) for x in values[1:]]
        return all(a.expression == b.expression for a, b in pairs)

    def _lists_itself(self, statement: Statement) -> bool:
        r"""Return whether an equation lists a vector's own entries, as in x = (x_1, \dots, x_n)."""
        left, *rest = statement.sides
        return all(self.names(side) <= self.names(left) for side in rest)

    def _check(self) -> set[str]:
        """Reject what the definitions do not determine, and hedge what rests on the unknown.

        Returns the symbols whose definitions mean nothing.
        """
        determination = Determination(self)
        determination.check()
        return determination.wrong

    def equation(
        self, sides: Sequence[tree.Node], near: tuple[tree.Node, ...] = ()
    ) -> Relation | None:
        """Return what ``left = right`` means in the document, None if it means nothing there."""
        roots = tuple(self._spoken(self.rewriting.of(x)) for x in sides)
        statement = Statement(1_000_000, -1, roots, ("equality",), False, sides[0].span, near)
        mark = self.ranges.mark()
        try:
            typer, values = self._sides(statement)
            factor = sp.S.One
            for condition in near:
                factor *= self._condition(typer, condition).factor
            link = self._link(statement, 0, "equality", values, typer, factor)
            open_range = any(k.size.name.startswith("?") for k in link.relation.atoms(Index))
            return None if open_range else link.relation
        except (MeaningError, *FAILURES):
            return None
        finally:
            self.ranges.back(mark)

    @cached_property
    def said_twice(self) -> set[str]:
        """The symbols with a definition in the text and another one elsewhere."""
        return said_twice(self)

    @property
    def problems(self) -> int:
        """The number of displayed equations and hypotheses without a meaning in this reading."""
        shown = [s for s in (*self.statements, *self.assumptions) if not s.is_inline]
        return sum(self.meanings[s.number].error is not None for s in shown)

    @property
    def claims(self) -> int:
        """The number of links that are to be judged."""
        return sum(
            link.kind in ("claim", "step") for m in self.meanings.values() for link in m.links
        )


def _no_claim(statement: Statement) -> str:
    """Return why an equation claims nothing that is computed, the empty text if it may."""
    if _names_a_list(statement):
        return A_NAME
    if _takes_argmax(statement):
        return "where a maximum or minimum is reached is not computed"
    if any(map(has_numbers, statement.sides)):
        return "the numbers of an example, which are no claim"
    return ""


def _takes_argmax(statement: Statement) -> bool:
    r"""Return whether a side of an equation is ``\arg\max``, alone or of something else."""
    below = (node for side in statement.sides for node in nodes(side))
    return any(isinstance(x, tree.Sum) and x.operator in ("argmax", "argmin") for x in below)


def _names_a_list(statement: Statement) -> bool:
    r"""Return whether an equation only names a list or a set, as in \\tau = (s_1, a_1, \\dots)."""
    left, *rest = statement.sides
    name = tree.stem(left, tree.Entry, tree.Power)
    return isinstance(name, tree.Name) and any(isinstance(x, tree.Tuple | tree.SetOf) for x in rest)
