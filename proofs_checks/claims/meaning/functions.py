r"""Functions of the notation: those of the language, and those of the author.

    call                     \mathrm{softmax}(s), \log p: by its name, see `FUNCTIONS`
    built_in                 \sigma(x), H(p), \mathcal{N}(x \mid \mu, \Sigma): usual letters
    unknown                  f(x), f'(x) of a function that the document does not define
    derivative_of_template   f'(x) of one that it does

Each takes the typer and the node, and returns a value with silent axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning import distributions, expectations, matrices, normalised
from proofs_checks.claims.meaning.entrywise import (
    ENTRYWISE,
    entrywise,
    expect,
    log_to_base,
    root,
)
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import substitute
from theory.algebra.nodes import Applied
from theory.latex.names import name_of, subscripted
from theory.models.slopes import logistic

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.authored import Template
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["built_in", "call", "derivative_of_template", "unknown"]


FUNCTIONS: Mapping[str, Callable[[Typer, tree.Call], Value]] = {
    "softmax": normalised.softmax,
    "log_softmax": normalised.log_softmax,
    "lse": normalised.lse,
    "expectation": expectations.expectation,
    "var": expectations.variance,
    "cov": expectations.covariance,
    "entropy": distributions.entropy,
    "kl": distributions.divergence,
    "diag": matrices.diagonal,
    "tr": matrices.trace,
    "rowsum": matrices.row_sums,
    "colsum": matrices.row_sums,
    "rowmax": matrices.row_sums,
    "total": matrices.sum_of_entries,
    "mean": matrices.sum_of_entries,
    "det": matrices.determinant_of,
    "max": matrices.extreme,
    "min": matrices.extreme,
}


def call(typer: Typer, node: tree.Call) -> Value:
    """Return the value of a function of the language."""
    name = node.function
    if node.primes and name not in ENTRYWISE:
        raise MeaningError(f"a derivative of `{name}` by a prime is not read.", node.span)
    if name == "sqrt":
        return root(typer, node)
    if name == "log" and node.lower:
        return log_to_base(typer, node)
    if name in ENTRYWISE:
        return entrywise(typer, node)
    method = FUNCTIONS.get(name)
    if method is None:
        raise MeaningError(
            f"`{name}` is not part of the language.", node.span,
            suggestion="define it, or write out what it means",
        )  # fmt: skip
    return method(typer, node)


def built_in(typer: Typer, node: tree.Apply) -> Value:
    r"""Return ``\sigma(x)``, ``H(p)``, ``\mathcal{N}(x \mid \mu, \Sigma)``."""
    kind = typer.authored.built_in(node)
    if kind == "normal":
        return distributions.normal_density(typer, node)
    if kind == "kl":
        return distributions.divergence(typer, node)
    if kind == "order":
        raise MeaningError("dropped terms O(...) stand at the end of a sum.", node.span)
    expect(node, 1)
    value = typer.value(node.arguments[0])
    if kind == "entropy":
        return distributions.entropy_of(value, node.span)
    name = typer.authored.function_name(node) or ""
    primes = len(name) - len(name.rstrip("'"))
    x = sp.Dummy("x", real=True)
    derived = sp.diff(logistic(x), x, primes) if primes else logistic(x)
    typer.shapes.notes.append("`\\sigma` is the logistic function")
    return value.with_expression(derived.subs(x, value.expression))


def unknown(typer: Typer, node: tree.Apply) -> Value:
    """Return an unknown differentiable function of a number, or of every entry where it is f'."""
    name = typer.authored.function_name(node) or ""
    primes = len(name) - len(name.rstrip("'"))
    stem = name.rstrip("'")
    value = typer.value(node.arguments[0])
    if not value.is_scalar:
        if f"{stem.partition('_')[0]}'" not in typer.roles.functions:
            raise MeaningError(
                f"`{stem}` is a function of a vector that the document does not define.", node.span,
                expected=f"a definition of {stem}",
            )  # fmt: skip
        typer.shapes.notes.append(f"`{subscripted(name_of(stem))}` acts on every entry")
    applied = Applied(sp.Symbol(stem, real=True), sp.Tuple(primes), value.expression)
    return value.with_expression(applied)


def derivative_of_template(
    typer: Typer, template: Template, given: Mapping[str, Value], primes: int, span: Span
) -> Value:
    """Return f'(x) for a function of one number that the document defines."""
    not_of_number = MeaningError(
        "a prime means the derivative of a function of one number.", span, is_final=True
    )
    if len(template.formals) != 1:
        raise not_of_number
    ((name, value),) = given.items()
    x = sp.Symbol(f"{name}.", real=True)
    body = typer.within(template.body, {name: Value(x)}, template.body)
    if not body.is_scalar:
        raise not_of_number
    derived = sp.diff(body.expression, x, primes)
    return value.with_expression(substitute(derived, {x: value.expression}))
