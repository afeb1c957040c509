"""One pass over a document: every statement and every hypothesis gets its meaning, or an error.

Whenever something is learned about ranges, axes or what defines what, the pass is broken off by
`Restart`, and `document` begins another one that knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.determination import undetermined
from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.own_model import empty_model, order_constraints, own_model
from proofs_checks.claims.elaboration.scanning import Learned, defined_name, scan
from proofs_checks.claims.elaboration.sides import (
    broadcast_zero,
    named_axes,
    same_free_indices,
    summed,
    without_order,
)
from proofs_checks.claims.elaboration.statements import (
    Link,
    Meaning,
    Statement,
    subscripts,
    symbol_parts,
)
from proofs_checks.claims.elaboration.sums import remarks
from proofs_checks.claims.elaboration.symbols import Symbol, Symbols, spelling
from proofs_checks.claims.elaboration.values import Guess, Value
from proofs_checks.claims.elaboration.walk import Walker
from theory.algebra.expressions import Equation, free_indices
from theory.latex import equation as latex_equation
from theory.models import Constraint, Definition, Model, theory_of
from theory.models.reverse_mode import reached

__all__ = ["Attempt", "Reading"]

MOST_SYMBOLS = 300


@dataclass
class Reading:
    """A document under one reading."""

    model: Model
    meanings: list[Meaning]
    refused: dict[int, ElaborationError] = field(default_factory=dict)  # hypotheses by number
    attempt: Attempt | None = None  # what `Rereader` reads further equations with

    @property
    def problems(self) -> int:
        """The number of statements and hypotheses that have no meaning under this reading."""
        return sum(meaning.error is not None for meaning in self.meanings) + len(self.refused)

    @property
    def claims(self) -> int:
        """The number of links to be judged, which define nothing."""
        return sum(link.kind != "definition" for m in self.meanings for link in m.links)


class Attempt:
    """One pass over the document; raises `Restart` as soon as something is learned."""

    def __init__(self, statements, model, ranges, learned, assumptions, inputs, broken) -> None:
        self.statements: Sequence[Statement] = statements
        self.model: Model | None = model
        self.assumptions: Sequence[Statement] = assumptions
        self.einstein = False
        self.symbols = Symbols(ranges, model)
        self.symbols.axes_learned = learned.axes
        self.learned: Learned = learned
        self.stack: list[Statement] = []  # the definitions that are being elaborated
        self.constraints: list[Constraint] = []
        self.refused: dict[int, ElaborationError] = {}
        self.definitions: list[Definition] = []
        self.done: dict[int, Meaning] = {}
        self.pending = scan(statements, self.symbols, learned, broken)
        for node in inputs:
            self._declare(node)

    # -- before elaborating -----------------------------------------------------------------

    def _declare(self, node: tree.Node) -> None:
        parts = symbol_parts(node)
        if parts is None:
            raise ElaborationError("`input` needs a symbol such as M_{ij}.", node.span)
        base, lower, _ = parts
        name = spelling(base)
        guess = self.symbols.axes_learned.setdefault(name, Guess(name, len(lower)))
        symbol = Symbol(name, guess=guess)
        self.symbols.own[name] = symbol
        self.symbols.fit(symbol, node.span)

    # -- elaborating ------------------------------------------------------------------------

    def elaborate(self) -> None:
        """Give every statement and every hypothesis its meaning."""
        for statement in self.statements:
            self._meaning(statement)
        for statement in self.assumptions:
            try:
                self.constraints.append(self._assumption(statement))
            except ElaborationError as error:
                self.refused[statement.number] = error

    def reading(self) -> Reading:
        """Return what was elaborated, with its model."""
        meanings = [self.done[statement.number] for statement in self.statements]
        try:
            if len(self.symbols.own) > MOST_SYMBOLS:
                raise ValueError(
                    f"the document has {len(self.symbols.own)} symbols; at most {MOST_SYMBOLS} "
                    "are taken. Write families as tensors with an index, or split the document."
                )
            model = self._model(tuple(self.constraints))
            self._check_derivatives(model, meanings)
        except (ValueError, KeyError, RecursionError) as error:
            told = str(error) or "the definitions are nested too deeply."
            for statement, meaning in zip(self.statements, meanings, strict=True):
                meaning.error = meaning.error or ElaborationError(told, statement.span)
            model = self.model or empty_model(self.symbols.loss)
        return Reading(model, meanings, self.refused, self)

    def _meaning(self, statement: Statement) -> Meaning:
        if statement.number not in self.done:
            meaning = Meaning()
            self.done[statement.number] = meaning  # also ends circular definitions
            try:
                self._take(statement, meaning)
            except ElaborationError as error:
                meaning.error = error
            except (ValueError, TypeError, RecursionError, ArithmeticError) as error:
                meaning.error = ElaborationError(str(error) or "too deeply nested", statement.span)
        return self.done[statement.number]

    def _walker(self, statement: Statement) -> Walker:
        def before(base: tree.Name, lower: tuple) -> None:
            name = spelling(base)
            for candidate in (name, self.symbols.joined(name, lower[0]) if lower else None):
                waiting = self.pending.get(candidate) if candidate else None
                if candidate is None or waiting is None or candidate in self.symbols.own:
                    continue
                if waiting is statement:
                    raise ElaborationError(f"`{candidate}` is defined by itself.", base.span)
                if waiting in self.stack:
                    self._cut(candidate, waiting, base)
                elif waiting.number not in self.done:
                    self._meaning(waiting)

        walker = Walker(self.symbols, str(statement.number), before)
        walker.subscripts = subscripts(statement.sides) - self.symbols.ranges.named.keys()
        return walker

    def _cut(self, name: str, waiting: Statement, base: tree.Name) -> None:
        """Of definitions in a circle, take the last one that is written with `=` for a claim."""
        circle = self.stack[self.stack.index(waiting) :]
        claims = [statement for statement in circle if not statement.defines]
        if not claims:
            raise ElaborationError(f"`{name}` is defined in a circle.", base.span)
        self.learned.claims.add(max(claims, key=lambda statement: statement.number).number)
        raise Restart

    def _take(self, statement: Statement, meaning: Meaning) -> None:
        walker = self._walker(statement)
        name = defined_name(statement, self.symbols)
        first = 0
        if name is not None and self.pending.get(name) is statement:
            self.stack.append(statement)
            try:
                definition = self._define(statement, name, walker)
            except ElaborationError:
                self.symbols.broken.add(name)
                raise
            finally:
                self.stack.pop()
            notes = (f"defines {name}", *dict.fromkeys(walker.shapes.notes))
            walker.shapes.notes.clear()
            equation = Equation(definition.symbol, definition.value)
            meaning.links.append(Link("definition", equation, statement.sides[1].span, notes=notes))
            first = 1
        for left, right in zip(statement.sides[first:], statement.sides[first + 1 :], strict=False):
            meaning.links.append(self._link(statement, left, right, walker, first))

    def claim(self, statement: Statement) -> Equation | None:
        """Return the equation that a statement claims, of whose symbols none is new."""
        walker = self._walker(statement)
        left, right = statement.sides
        return self._link(statement, left, right, walker, 0).equation

    def _link(self, statement: Statement, left, right, walker: Walker, first: int) -> Link:
        right, order = without_order(right, self.symbols)
        left, _ = without_order(left, self.symbols)
        a, b = self._value(walker, left), self._value(walker, right)
        a, b = broadcast_zero(a, b)
        a, b = walker.shapes.join(a, b, right.span, "the two sides of an equation")
        same_free_indices(a, b, right)
        factor = remarks(walker, statement.conditions)
        both = Equation(a.expression * factor, b.expression * factor)
        equation, axes = named_axes(both, a, self.model)
        restated = self._restated(left)
        notes = (f"restates the vocabulary's {restated}",) if restated else ()
        notes += tuple(dict.fromkeys(walker.shapes.notes))
        walker.shapes.notes.clear()
        return Link(
            "step" if len(statement.sides) - first > 2 else "claim",
            equation,
            right.span,
            order,
            notes,
            axes,
        )

    def _value(self, walker: Walker, side: tree.Node) -> Value:
        value = walker.value(side)
        if not self.einstein:
            return value
        return Value(summed(value.expression, value.axes), value.row, value.column)

    def _restated(self, left: tree.Node) -> str | None:
        """Return the vocabulary symbol that stands alone on the left, if one does."""
        parts = symbol_parts(left)
        if parts is None or self.model is None:
            return None
        found = self.symbols.find(*parts)
        return found.symbol.name if found.symbol.known is not None else None

    def _define(self, statement: Statement, name: str, walker: Walker) -> Definition:
        left = statement.sides[0]
        power = sp.S.One
        if isinstance(left, tree.Power):
            power = sp.Rational(left.exponent.text)  # type: ignore[attr-defined]
            left = left.base
        base, lower, _ = symbol_parts(left)  # type: ignore[misc]
        if self.symbols.joined(spelling(base), lower[0]) == name if lower else False:
            lower = lower[1:]
        right, _ = without_order(statement.sides[1], self.symbols)
        letters = [spelling(x) for x in lower if isinstance(x, tree.Name)]
        _refuse_conditions(statement, letters)
        walker.first.update((letter, x.span) for letter, x in zip(letters, lower, strict=True))
        value = self._value(walker, right)
        if name in self.symbols.scalars and not value.is_scalar:
            self.learned.vectors.add(name)
            raise Restart
        known = {k.name for k in free_indices(value.expression)} - {k.name for k in value.axes}
        stray = sorted(known - set(letters))
        if stray:
            whole = f"{name}_{{{''.join([*letters, *stray])}}}"
            raise ElaborationError(
                f"the index {stray[0]} stands on the right side only.", right.span,
                suggestion=f"write {whole} on the left, or sum over {stray[0]}",
            )  # fmt: skip
        parameters = [walker.left_index(x) for x in lower if isinstance(x, tree.Name)]
        axes = [*parameters, *value.axes]
        symbol = Symbol(name, [k.size for k in axes], defined=True, positive=power == 2)
        symbol.source = value.guess
        self.symbols.own[name] = symbol
        tensor = self.symbols.tensor(symbol)
        entry = tensor[tuple(axes)] if axes else tensor
        definition = Definition(
            entry, sp.sympify(value.expression, strict=True) ** (1 / power), name
        )
        self.definitions.append(definition)
        return definition

    def _assumption(self, statement: Statement) -> Constraint:
        walker = self._walker(statement)
        left, right = statement.sides[0], statement.sides[1]
        a, b = walker.shapes.join(
            walker.value(left), walker.value(right), right.span, "the two sides of an assumption"
        )
        equation, _ = named_axes(Equation(a.expression, b.expression), a, self.model)
        return Constraint(equation, latex_equation(equation, self.model))

    # -- the model --------------------------------------------------------------------------

    def _model(self, constraints: tuple[Constraint, ...]) -> Model:
        orders = list(self.symbols.orders.values())
        constraints += tuple(c for tensor in orders for c in order_constraints(tensor))
        if self.model is not None:
            own_inputs = [s for s in self.symbols.own.values() if not s.defined]
            return replace(
                self.model,
                inputs=(
                    *self.model.inputs,
                    *(self.symbols.tensor(s) for s in own_inputs),
                    *orders,
                ),
                vocabulary=(*self.model.vocabulary, *self.definitions),
                constraints=(*self.model.constraints, *constraints),
            )
        inputs = {
            s.name: self.symbols.tensor(s) for s in self.symbols.own.values() if not s.defined
        }
        return own_model(
            self.definitions, [*inputs.values(), *orders], self.symbols.loss, constraints,
            self.symbols.differentiated, self.symbols.ranges,
        )  # fmt: skip

    def _check_derivatives(self, model: Model, meanings: list[Meaning]) -> None:
        """Reject derivatives of the loss by what it does not depend on, and values it lacks."""
        if self.model is None:
            theory_of(model)  # raises for definitions from which nothing can be derived
        found = set(reached(model))
        for statement, meaning in zip(self.statements, meanings, strict=True):
            for link in meaning.links:
                error = undetermined(link.equation, model, found, statement.span, self.symbols)
                meaning.error = meaning.error or error


def _refuse_conditions(statement: Statement, letters: list[str]) -> None:
    """Reject a definition that holds for some indices only: the others would go unsaid."""
    for item in statement.conditions:
        if isinstance(item, tree.Compare) and isinstance(item.left, tree.Name):
            if spelling(item.left) in letters and not isinstance(item.right, tree.Slice):
                if item.relation in ("=", "!=", "<", ">", "<=", ">=") and _is_index(item, letters):
                    raise ElaborationError(
                        "a definition must hold for all values of its indices.", item.span,
                        suggestion="write the other indices too, with \\begin{cases}",
                    )  # fmt: skip


def _is_index(item: tree.Compare, letters: list[str]) -> bool:
    """Whether the right side of a condition restricts the index on the left."""
    return isinstance(item.right, tree.Number) or (
        isinstance(item.right, tree.Name) and spelling(item.right) in letters
    )
