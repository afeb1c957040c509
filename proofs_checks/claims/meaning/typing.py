r"""Every node of a tree as a typed value: an index expression with silent axes.

    typer.value(tree of ``P V``)    Sum(P[i, k] V[k, c], k) with the silent axes i and c

`METHODS` says what types each kind of node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import (
    arithmetic,
    calculus,
    conditions,
    expectations,
    functions,
    matrices,
)
from proofs_checks.claims.meaning.authored import Template
from proofs_checks.claims.meaning.context import Context
from proofs_checks.claims.meaning.laws import outcomes_of
from proofs_checks.claims.meaning.occurrences import Occurrences
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import free_indices

__all__ = ["Context", "Typer"]

LAWS = frozenset(("p", "q", "P", "Q", "pi", "Pr"))
"""Letters that are distributions where their bracket has a bar."""
DEEPEST = 4  # templates inside templates


class Typer(Occurrences):
    """Types the trees of one statement."""

    def value(self, node: tree.Node) -> Value:
        """Return the meaning of a node.

        Raises `MeaningError` with the place of what has none.
        """
        method = METHODS.get(type(node))
        if method is None:
            words = WORDS.get(type(node), f"a {type(node).__name__.lower()}")
            if isinstance(node, tree.Matrix) and any(isinstance(x, tree.Dots) for x in nodes(node)):
                words = "a matrix whose entries follow no plain pattern to its dots"
            raise MeaningError(f"{words} cannot stand here.", node.span)
        return method(self, node)

    def apply(self, node: tree.Apply) -> Value:
        """Return a product with a bracket, or the value of a function."""
        mode = self.authored.mode(node)
        if mode == "product":
            if len(node.arguments) != 1:
                raise MeaningError(
                    "a bracket with several entries after a symbol that is no function.", node.span,
                    suggestion="define the function: f(x, y) = ...",
                )  # fmt: skip
            return self.shapes.multiply(
                self.value(node.base), self.value(node.arguments[0]), node.span
            )
        if mode == "built-in":
            return functions.built_in(self, node)
        if mode == "template":
            return self._template(node)
        if mode == "unknown":
            return functions.unknown(self, node)
        reference = self.authored.quantity(node)
        if reference is None:
            raise MeaningError("this function is not read.", node.span)
        found = self.occurrence(reference, node.span)
        self._note_law(node, reference.name, found)
        return found

    def _note_law(self, node: tree.Apply, name: str, weight: Value) -> None:
        r"""Note that ``p(z \mid x)`` is a distribution of z, where the document sums over z."""
        stem = tree.stem(node.base, tree.Entry, tree.Power)
        if not isinstance(stem, tree.Name) or stem.letter not in LAWS:
            return
        outcomes = outcomes_of(node) if "|" in node.separators else ()
        letters = [self.roles.letter(x) for x in outcomes]
        if not letters or not weight.is_scalar or not all(x in self.roles.bound for x in letters):
            return
        over = [self.letters[x] for x in letters if x in self.letters]
        if len(over) == len(letters):
            expectations.note_law(self, weight.expression, over)

    def _template(self, node: tree.Apply) -> Value:
        """Return the definition of a function with the arguments put in."""
        name = self.authored.function_name(node) or ""
        template, primes = self.authored.template_of(node)
        if self._depth >= DEEPEST:
            raise MeaningError("this function is defined by itself.", node.span)
        if len(node.arguments) != len(template.formals):
            raise MeaningError(
                f"`{name}` takes {len(template.formals)} arguments; got {len(node.arguments)}.",
                node.span,
            )
        given: dict[str, Value] = {}
        for formal, argument in zip(template.formals, node.arguments, strict=True):
            if not isinstance(formal, tree.Name):
                raise MeaningError(
                    f"`{name}` is defined for {flat(formal, self.roles.spell)} only.", argument.span
                )
            value = given[self.roles.spell(formal)] = self.value(argument)
            self._check_rank(name, formal, value, argument.span)
        if primes or (template.formals and self._is_entrywise(template, given)):
            return functions.derivative_of_template(self, template, given, primes, node.span)
        found = self.within(template.body, given, node)
        left = {k.name for k in free_indices(sp.sympify(found.expression, strict=True))}
        for letter in sorted(left & given.keys()):
            raise MeaningError(
                f"`{name}` is defined for an index {letter.split('_of_')[0]}; here it is taken of "
                "another argument.", node.span,
            )  # fmt: skip
        return found

    def _is_entrywise(self, template: Template, given: Mapping[str, Value]) -> bool:
        return self.authored.is_of_number(template) and not any(v.is_scalar for v in given.values())

    def _check_rank(self, name: str, formal: tree.Name, value: Value, span: Span) -> None:
        """Refuse a number for the vector of a function that is not taken entry by entry."""
        table = self.symbols.table
        own, function = table.get(self.roles.spell(formal)), table.get(name)
        if own is None or function is None or own.axes.total == function.axes.total:
            return
        if len(value.axes) < own.axes.total:
            raise MeaningError(
                f"`{name}` is defined for {SHAPES[own.axes.total]}; got {value.shape()}.", span
            )

    def within(self, body: tree.Node, given: Mapping[str, Value], node: tree.Node) -> Value:
        """Return the value of a function's body with values for its formal arguments."""
        before, letters = self.scope, self.letters
        self.scope, self.letters = {**before, **given}, dict(letters)
        self._depth += 1
        try:
            found = self.value(body)
        except MeaningError as error:
            raise MeaningError(
                f"with these arguments: {error}", node.span, suggestion=error.suggestion
            ) from None
        finally:
            self.scope, self.letters = before, letters
            self._depth -= 1
        return found

    def inner(self, node: tree.Inner) -> Value:
        r"""Return ``\langle a, b \rangle``, of vectors or, with F, of matrices."""
        order = node.order
        is_plain = isinstance(order, tree.Space) or getattr(order, "letter", "") in ("F", "Fro")
        if order is not None and not is_plain:
            raise MeaningError(
                "an inner product with this subscript is not part of the language.", order.span,
                suggestion="a^\\top M b for the weight M",
            )  # fmt: skip
        return self.shapes.inner(self.value(node.left), self.value(node.right), node.span)


SHAPES = {1: "a vector", 2: "a matrix"}

WORDS = {
    tree.Dots: "dots whose pattern is not plain",
    tree.Tuple: "a list in brackets",
    tree.SetOf: "a set",
    tree.Space: "a space",
    tree.Slice: "a colon",
    tree.Compare: "a comparison",
    tree.Matrix: "a matrix written out with a fixed number of entries",
}

METHODS: Mapping[type, Callable[[Typer, Any], Value]] = {
    tree.Number: arithmetic.number,
    tree.Name: Typer.name,
    tree.Entry: Typer.entry,
    tree.Add: arithmetic.add,
    tree.Negate: arithmetic.negate,
    tree.Product: arithmetic.product,
    tree.Quotient: arithmetic.quotient,
    tree.Power: arithmetic.power,
    tree.Transpose: arithmetic.transpose,
    tree.Apply: Typer.apply,
    tree.Sum: conditions.big,
    tree.Indicator: conditions.indicator,
    tree.Cases: conditions.cases,
    tree.Inner: Typer.inner,
    tree.Norm: matrices.norm,
    tree.Call: functions.call,
    tree.Derivative: calculus.derivative,
    tree.Gradient: calculus.gradient,
    tree.Differential: calculus.differential,
    tree.Directional: calculus.directional,
    tree.Step: calculus.step,
    tree.Rate: calculus.rate,
}
