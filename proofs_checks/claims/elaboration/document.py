"""Elaborating a whole document under one reading: a vocabulary, or its own symbols.

Ranges and axes are inferred by elaborating again whenever something was learned; each time at least
two ranges become one or a symbol gains an axis, so it ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.own_model import own_model
from proofs_checks.claims.elaboration.sizes import Ranges
from proofs_checks.claims.elaboration.statements import (
    Link,
    Meaning,
    Statement,
    nodes,
    symbol_parts,
)
from proofs_checks.claims.elaboration.symbols import Symbol, Symbols, spelling
from proofs_checks.claims.elaboration.values import Guess, Value
from proofs_checks.claims.elaboration.walk import Walker
from theory.algebra.expressions import Equation, free_indices, substitute
from theory.algebra.symbols import Index, Partial, scalar, total
from theory.models import Constraint, Definition, Model

__all__ = ["Reading", "read_as"]

MOST_ROUNDS = 400


@dataclass
class Reading:
    """A document under one reading."""

    model: Model
    meanings: list[Meaning]

    @property
    def problems(self) -> int:
        """The number of statements that have no meaning under this reading."""
        return sum(meaning.error is not None for meaning in self.meanings)


def read_as(
    statements: Sequence[Statement],
    model: Model | None,
    assumptions: Sequence[Statement] = (),
    inputs: Sequence[tree.Node] = (),
    einstein: bool = False,
) -> Reading:
    """Return the document read with the vocabulary of ``model``, or with its own symbols if None."""
    aliases = {} if model is None or "n" in model.size_names else {"n": "T"}
    ranges = Ranges(dict(model.size_names) if model else {}, aliases)
    learned: dict[str, Guess] = {}
    settled = False
    for _ in range(MOST_ROUNDS):
        attempt = _Attempt(statements, model, ranges, learned, assumptions, inputs)
        attempt.einstein = einstein
        try:
            reading = attempt.run()
        except Restart:
            continue
        if settled:
            return reading
        taken = set(attempt.symbols.own) | {x for m in attempt.walkers for x in m.letters}
        ranges.fix(taken)
        settled = True
    raise ElaborationError("the ranges of this document cannot be inferred.", statements[0].span)


class _Attempt:
    """One pass over the document; raises `Restart` as soon as something is learned."""

    def __init__(self, statements, model, ranges, learned, assumptions, inputs) -> None:
        self.statements: Sequence[Statement] = statements
        self.model: Model | None = model
        self.assumptions: Sequence[Statement] = assumptions
        self.einstein = False
        self.symbols = Symbols(ranges, model)
        self.symbols.axes_learned = learned
        self.walkers: list[Walker] = []
        self.definitions: list[Definition] = []
        self.pending: dict[str, Statement] = {}
        self.done: dict[int, Meaning] = {}
        self._scan()
        for node in inputs:
            self._declare(node)

    # -- before elaborating -----------------------------------------------------------------

    def _scan(self) -> None:
        """Collect sizes, losses and which statements define a symbol."""
        everything = [n for s in self.statements for side in s.sides for n in nodes(side)]
        for node in everything:
            if isinstance(node, tree.Bound | tree.Ranges) and isinstance(node.last, tree.Name):
                self.symbols.sizes.add(spelling(node.last))
        losses = [
            spelling(node.quantity)
            for node in everything
            if isinstance(node, tree.Derivative | tree.Gradient)
            and isinstance(node.quantity, tree.Name)
        ]
        self.symbols.scalars.update(losses)
        if self.model is None:
            self.symbols.matrices = _matrices_of_vectors(everything)
        for statement in self.statements:
            name = self._defined_name(statement)
            if name is not None and name not in self.pending:
                self.pending[name] = statement
        if self.model is None:
            undefined = [name for name in dict.fromkeys(losses) if name not in self.pending]
            self.symbols.loss = scalar((undefined or losses or ["L"])[0])
            self.symbols.loss_is_opaque = self.symbols.loss.name not in self.pending

    def _defined_name(self, statement: Statement) -> str | None:
        """Return the new symbol on the left of a statement, if it is one."""
        left = statement.sides[0]
        if isinstance(left, tree.Power) and isinstance(left.exponent, tree.Number):
            left = left.base
        parts = symbol_parts(left)
        if parts is None or len(statement.sides) < 2:
            return None
        base, lower, upper = parts
        letters = [spelling(x) for x in lower if isinstance(x, tree.Name)]
        name = spelling(base)
        if lower and (joined := self.symbols.joined(name, lower[0])) is not None:
            name, letters = joined, letters[1:]
            lower = lower[1:]
        if any(not isinstance(x, tree.Name) for x in lower) or len(set(letters)) < len(letters):
            return None
        if upper or name in self.symbols.vocabulary or self.symbols.is_size(name):
            return None
        if base.letter == "delta" and len(lower) == 2:
            return None
        alias = self.symbols.alias(name)
        if alias is not None and not (letters and not self._looks_restated(alias, letters)):
            return None
        return name

    def _looks_restated(self, alias: str, letters: list[str]) -> bool:
        return len(letters) >= len(self.symbols.vocabulary[alias].axes)

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

    def run(self) -> Reading:
        """Elaborate every statement and build the model."""
        meanings = [self._meaning(statement) for statement in self.statements]
        constraints = [self._assumption(statement) for statement in self.assumptions]
        model = self._model(tuple(c for c in constraints if c is not None))
        self._check_derivatives(model, meanings)
        return Reading(model, meanings)

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
                if waiting is not None and candidate not in self.symbols.own:
                    if waiting.number in self.done and waiting is not statement:
                        continue
                    if waiting is statement:
                        raise ElaborationError(f"`{candidate}` is defined by itself.", base.span)
                    self._meaning(waiting)

        walker = Walker(self.symbols, str(statement.number), before)
        self.walkers.append(walker)
        return walker

    def _take(self, statement: Statement, meaning: Meaning) -> None:
        walker = self._walker(statement)
        name = self._defined_name(statement)
        first = 0
        if name is not None and self.pending.get(name) is statement:
            definition = self._define(statement, name, walker)
            note = f"defines {name}"
            equation = Equation(definition.symbol, definition.value)
            meaning.links.append(
                Link("definition", equation, statement.sides[1].span, notes=(note,))
            )
            first = 1
        for left, right in zip(statement.sides[first:], statement.sides[first + 1 :], strict=False):
            meaning.links.append(self._link(statement, left, right, walker, first))

    def _link(self, statement: Statement, left, right, walker: Walker, first: int) -> Link:
        right, order = _without_order(right, self.symbols)
        left, _ = _without_order(left, self.symbols)
        a, b = self._value(walker, left), self._value(walker, right)
        a, b = _broadcast_zero(a, b)
        a, b = walker.shapes.join(a, b, right.span, "the two sides of an equation")
        _same_free_indices(a, b, right)
        factor = walker.remarks(statement.conditions)
        equation = self._named_axes(Equation(a.expression * factor, b.expression * factor), a)
        restated = self._restated(left)
        notes = (f"restates the vocabulary's {restated}",) if restated else ()
        return Link(
            "step" if len(statement.sides) - first > 2 else "claim",
            equation,
            right.span,
            order,
            notes,
        )

    def _value(self, walker: Walker, side: tree.Node) -> Value:
        value = walker.value(side)
        if not self.einstein:
            return value
        return Value(_summed(value.expression, value.axes), value.row, value.column)

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
        right, _ = _without_order(statement.sides[1], self.symbols)
        letters = [spelling(x) for x in lower]
        for letter, node in zip(letters, lower, strict=True):
            size = walker.ranges.open(
                f"{letter}@{walker.equation}", f"the index {letter}", node.span
            )
            walker.letters.setdefault(letter, Index(letter, size))
        value = self._value(walker, right)
        if name in self.symbols.scalars and not value.is_scalar:
            raise ElaborationError(
                f"`{name}` is differentiated, so it is a scalar; got {value.shape()}.", right.span
            )
        known = {k.name for k in free_indices(value.expression)} - {k.name for k in value.axes}
        stray = sorted(known - set(letters))
        if stray:
            raise ElaborationError(
                f"the index {stray[0]} stands on the right side only.", right.span,
                suggestion=f"write {name}_{{{''.join([*letters, *stray])}}} on the left, or sum over {stray[0]}",
            )  # fmt: skip
        parameters = [
            walker.index(x, walker.letters[spelling(x)].size, "the left side") for x in lower
        ]
        axes = [*parameters, *value.axes]
        symbol = Symbol(name, [k.size for k in axes], defined=True)
        self.symbols.own[name] = symbol
        tensor = self.symbols.tensor(symbol)
        entry = tensor[tuple(axes)] if axes else tensor
        definition = Definition(entry, sp.sympify(value.expression) ** (1 / power), name)
        self.definitions.append(definition)
        return definition

    def _named_axes(self, equation: Equation, value: Value) -> Equation:
        """Give silent axes that both sides share a letter of their own."""
        taken = {k.name for e in equation.args for k in free_indices(e)}
        mapping = {}
        for axis in value.axes:
            letters = self.model.letters.get(axis.size.name, ()) if self.model else ()
            letter = next(
                x for x in (*letters, *"abcdefgh", *(f"a{n}" for n in range(99))) if x not in taken
            )
            taken.add(letter)
            mapping[axis] = Index(letter, axis.size)
        return Equation(*(substitute(e, mapping) for e in equation.args))

    def _assumption(self, statement: Statement) -> Constraint | None:
        walker = self._walker(statement)
        left, right = statement.sides[0], statement.sides[1]
        a, b = walker.shapes.join(
            walker.value(left), walker.value(right), right.span, "the two sides of an assumption"
        )
        equation = self._named_axes(Equation(a.expression, b.expression), a)
        return Constraint(equation, f"{equation.left} = {equation.right}")

    # -- the model --------------------------------------------------------------------------

    def _model(self, constraints: tuple[Constraint, ...]) -> Model:
        if self.model is not None:
            own_inputs = [s for s in self.symbols.own.values() if not s.defined]
            return replace(
                self.model,
                inputs=(*self.model.inputs, *(self.symbols.tensor(s) for s in own_inputs)),
                vocabulary=(*self.model.vocabulary, *self.definitions),
                constraints=(*self.model.constraints, *constraints),
            )
        inputs = {
            s.name: self.symbols.tensor(s) for s in self.symbols.own.values() if not s.defined
        }
        return own_model(
            self.definitions, list(inputs.values()), self.symbols.loss, constraints,
            self.symbols.differentiated, self.symbols.ranges,
        )  # fmt: skip

    def _check_derivatives(self, model: Model, meanings: list[Meaning]) -> None:
        """Reject derivatives of the loss by what it does not depend on."""
        from theory.models import theory_of

        try:
            reached = set(theory_of(model).adjoints)
        except ValueError as error:
            for statement, meaning in zip(self.statements, meanings, strict=True):
                meaning.error = meaning.error or ElaborationError(str(error), statement.span)
            return
        for statement, meaning in zip(self.statements, meanings, strict=True):
            for link in meaning.links:
                for partial in link.equation.atoms(Partial) if link.equation else ():
                    names = [_base_name(entry) for entry in partial.args[1:]]
                    missing = [n for n in names if n not in reached]
                    if partial.args[0] == model.loss and missing:
                        meaning.error = meaning.error or ElaborationError(
                            f"nothing says how {model.loss} depends on {missing[0]}.", statement.span,
                            expected=f"a definition through which {missing[0]} enters {model.loss}",
                        )  # fmt: skip


def _matrices_of_vectors(everything: Sequence[tree.Node]) -> set[str]:
    """Return the capitals that stand bare, with the small letter under one index: X for x_i."""
    bare = {n.letter for n in everything if isinstance(n, tree.Name)}
    indexed: dict[str, set[int]] = {}
    for node in everything:
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            indexed.setdefault(node.base.letter, set()).add(len(node.lower))
    return {
        capital
        for capital in bare
        if len(capital) == 1 and capital.isupper()
        if capital not in indexed and indexed.get(capital.lower()) == {1}
    }


def _summed(e: Any, silent: tuple[Index, ...]) -> Any:
    """Sum every term over the indices that stand in it twice (Einstein's convention)."""
    if isinstance(e, sp.Add):
        return sp.Add(*(_summed(term, silent) for term in e.args))
    counts = Counter(
        k
        for node in sp.preorder_traversal(e)
        if isinstance(node, sp.Indexed)
        for k in node.indices
        if k in free_indices(e) and k not in silent
    )
    return total(e, *(k for k, n in counts.items() if n > 1))


def _base_name(entry: Any) -> str:
    base = entry.base if isinstance(entry, sp.Indexed) else entry
    return str(getattr(base, "label", base))


def _without_order(node: tree.Node, symbols: Symbols) -> tuple[tree.Node, Any]:
    """Split off dropped terms O(...) at the end of a sum."""
    if isinstance(node, tree.Add) and "O" not in symbols.own:
        last = node.terms[-1]
        if isinstance(last, tree.Call) and last.function == "order":
            kept = node.terms[:-1]
            return (kept[0] if len(kept) == 1 else replace(node, terms=kept)), last.span
    return node, None


def _broadcast_zero(a: Value, b: Value) -> tuple[Value, Value]:
    """Let the number 0 stand for a zero vector or matrix."""
    if a.expression == 0 and a.is_scalar:
        return Value(sp.S.Zero, b.row, b.column), b
    if b.expression == 0 and b.is_scalar:
        return a, Value(sp.S.Zero, a.row, a.column)
    return a, b


def _same_free_indices(a: Value, b: Value, where: tree.Node) -> None:
    """Reject an index that stands on one side only, unless the other side has none at all."""
    left, right = (
        {k.name for k in free_indices(sp.sympify(v.expression))} - {k.name for k in v.axes}
        for v in (a, b)
    )
    if not left or not right or left == right:
        return
    stray = sorted(right - left) or sorted(left - right)
    side = "right" if right - left else "left"
    raise ElaborationError(
        f"the index {stray[0]} is free on the {side} side only.", where.span,
        expected="the same free indices on both sides",
        suggestion=f"sum over {stray[0]}, or correct the index",
    )  # fmt: skip
