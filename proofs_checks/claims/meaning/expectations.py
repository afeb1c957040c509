r"""Expectations, variances and covariances under a distribution that is a vector of weights.

    E_{\alpha_i}[b] = \sum_k \alpha_{ik} b_{ik},   E_{a \sim \pi}[f(a)] = \sum_a \pi(a) f(a)
    Cov(a, b) = E[a b] - E[a] E[b]

Inside the brackets a symbol without its outcome's index has it: b stands for b_ik.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.entrywise import expect
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from theory.algebra.expressions import substitute
from theory.algebra.symbols import Index, total
from theory.models.model import name_of

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["covariance", "expectation", "note_law", "variance"]


def expectation(typer: Typer, node: tree.Call) -> Value:
    """Return the mean of a quantity."""
    expect(node, 1)
    return _mean(typer, node, [lambda: typer.value(node.arguments[0])])[0]


def variance(typer: Typer, node: tree.Call) -> Value:
    """Return the variance of a scalar."""
    expect(node, 1)
    return _covariance_of(typer, node, node.arguments[0], node.arguments[0])


def covariance(typer: Typer, node: tree.Call) -> Value:
    """Return the covariance of two scalars."""
    expect(node, 2)
    return _covariance_of(typer, node, *node.arguments)


def _covariance_of(typer: Typer, node: tree.Call, a: tree.Node, b: tree.Node) -> Value:
    def product() -> Value:
        return typer.shapes.times_entrywise(typer.value(a), typer.value(b), node.span)

    bodies = [product, lambda: typer.value(a), lambda: typer.value(b)]
    both, one, other = _mean(typer, node, bodies)
    if not (both.is_scalar and one.is_scalar and other.is_scalar):
        raise MeaningError("a covariance of vectors is not part of the language.", node.span)
    return Value(both.expression - one.expression * other.expression)


def _mean(typer: Typer, node: tree.Call, bodies: list[Callable[[], Value]]) -> list[Value]:
    """Return the expectations of several bodies under the distribution of ``node``."""
    outer = dict(typer.letters)
    letters = typer.roles.outcomes(node)
    for letter in letters:
        typer.letters[letter] = Index(letter.replace("~", ""), typer.open(letter))
    if letters:
        found = _defined_weights(typer, node, letters)
        bodies_done = [body() for body in bodies]
        if found is None:
            reference = typer.roles.weight(node)
            found = typer.occurrence(reference, node.span).expression
            typer.shapes.notes.append(
                "nothing defines the distribution of an expectation: its weights are any that sum "
                "to one"
            )
        bound = [
            Index(typer.letters[x].name, typer.ranges.find(typer.letters[x].size)) for x in letters
        ]
        note_law(typer, found, bound)
        typer.letters = {
            **{k: v for k, v in typer.letters.items() if k not in letters},
            **{k: v for k, v in outer.items() if k in letters},
        }
        return [Value(total(found * v.expression, *bound), v.row, v.column) for v in bodies_done]
    distribution, letter = _distribution(typer, node)
    axis = distribution.row
    if axis is None:
        raise MeaningError("a distribution needs an axis.", node.span)
    before, typer.mean = typer.mean, (distribution, axis)
    if letter:
        typer.letters[letter] = Index(letter, axis.size)
        named = typer.letters[letter]
        weight = substitute(distribution.expression, {axis: named})
        typer.mean = None
    else:
        named, weight = axis, distribution.expression
    try:
        return [_weighted(typer, weight, named, body()) for body in bodies]
    finally:
        typer.mean = before
        if letter:
            typer.letters.pop(letter, None)
            if letter in outer:
                typer.letters[letter] = outer[letter]


def note_law(typer: Typer, weight: Any, outcomes: Sequence[Index]) -> None:
    """Note that a symbol with indices is a distribution over those of its axes."""
    if isinstance(weight, sp.Indexed):
        names = {k.name for k in outcomes}
        axes = tuple(n for n, k in enumerate(weight.indices) if getattr(k, "name", "") in names)
        if len(axes) == len(names):
            typer.context.laws[name_of(weight.base)] = axes


def _weighted(typer: Typer, weight: Any, axis: Index, value: Value) -> Value:
    axis = Index(axis.name, typer.ranges.find(axis.size))
    if value.row is not None and value.column is None:
        if typer.ranges.find(value.row.size) == axis.size:
            expression = substitute(value.expression, {value.row: axis})
            return Value(total(weight * expression, axis))
    return Value(total(weight * value.expression, axis), value.row, value.column)


def _distribution(typer: Typer, node: tree.Call) -> tuple[Value, str | None]:
    """Return the weights of an expectation as a vector, and the letter of its outcomes."""
    if len(node.lower) != 1:
        raise MeaningError(
            "an expectation needs its distribution as a subscript.", node.span,
            expected="\\mathbb{E}_{\\alpha_i}[b]",
        )  # fmt: skip
    lower, letter = node.lower[0], None
    if isinstance(lower, tree.Compare):
        letter = typer.roles.letter(lower.left)
        if letter is None:
            raise MeaningError("the outcome of an expectation is a letter.", lower.span)
        lower = lower.right
        outcome = _of_outcome(typer, lower, letter)
        if outcome is not None:
            return outcome, letter
    value = typer.value(lower)
    if value.row is None or value.column is not None:
        raise MeaningError(
            f"a distribution is a vector over what it weighs; got {value.shape()}.", lower.span
        )
    return value, letter


def _of_outcome(typer: Typer, node: tree.Node, letter: str) -> Value | None:
    r"""Return the weights of ``a \sim \pi(a \mid s)``, of ``a \sim \pi`` where pi(a) is known."""
    name = tree.Name(letter, span=node.span)
    spellings = [node]
    if isinstance(node, tree.Name | tree.Entry):
        spellings = [tree.Apply(node, (name,), span=node.span)]
    for candidate in spellings:
        if not isinstance(candidate, tree.Apply):
            continue
        reference = typer.roles.reference(candidate)
        if reference is None or reference.name not in typer.symbols.table:
            continue
        if not any(typer.roles.letter(x) == letter for x in reference.indices):
            continue
        value = typer.occurrence(reference, node.span)
        index = typer.letters[letter]
        axis = Index(index.name, typer.ranges.find(index.size))
        return Value(value.expression, axis) if value.is_scalar else None
    return None


def _defined_weights(typer: Typer, node: tree.Call, letters: tuple[str, ...]) -> Any:
    """Return the weight of the outcomes, None where the document does not define them."""
    if len(letters) != 1 or len(node.lower) != 1 or not isinstance(node.lower[0], tree.Compare):
        return None
    found = _of_outcome(typer, node.lower[0].right, letters[0])
    return found.expression if found is not None else None
