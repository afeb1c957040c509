r"""Functions of numbers, which act on every entry of a vector or matrix.

    \exp x,  \log_2 x,  \tanh x,  \sigma(x) = 1 / (1 + e^{-x}),  \sqrt[n]{x},  |x|

The others of the language are in `normalised`, `distributions` and `matrices`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from theory.models.slopes import logistic

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = [
    "ENTRYWISE",
    "entrywise",
    "expect",
    "exponential",
    "log_to_base",
    "no_subscript",
    "power",
    "root",
]


def exponential(x: Any) -> Any:
    """Return exp(x), kept as written where SymPy would forget a domain: exp(log r) needs r > 0."""
    x = sp.sympify(x, strict=True)
    return sp.exp(x, evaluate=False) if x.has(sp.log) else sp.exp(x)


def power(base: Any, exponent: Any) -> Any:
    """Return a real power."""
    return sp.sympify(base, strict=True) ** sp.sympify(exponent, strict=True)


ENTRYWISE: Mapping[str, Callable[[Any], Any]] = {
    "exp": exponential, "log": sp.log, "tanh": sp.tanh, "sinh": sp.sinh, "cosh": sp.cosh,
    "sech": sp.sech, "sigmoid": logistic, "relu": lambda x: sp.Max(x, 0),
    "softplus": lambda x: sp.log(1 + sp.exp(x)), "abs": sp.Abs,
}  # fmt: skip
CORNERED = ("relu", "abs")


def entrywise(typer: Typer, node: tree.Call) -> Value:
    """Return a function of `ENTRYWISE` of every entry."""
    expect(node, 1)
    no_subscript(node)
    value = typer.value(node.arguments[0])
    function = ENTRYWISE[node.function]
    if not node.primes:
        return value.with_expression(function(value.expression))
    if node.function in CORNERED:
        raise MeaningError(f"`{node.function}` has no derivative at 0.", node.span)
    x = sp.Dummy("x", real=True)
    return value.with_expression(sp.diff(function(x), x, node.primes).subs(x, value.expression))


def root(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\sqrt{x}`` or ``\sqrt[n]{x}``."""
    expect(node, 1)
    value = typer.value(node.arguments[0])
    degree = typer.scalar(node.lower[0], "the degree of a root") if node.lower else 2
    return value.with_expression(power(value.expression, sp.Rational(1) / degree))


def log_to_base(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\log_b x``."""
    expect(node, 1)
    base = typer.scalar(node.lower[0], "the base of a logarithm")
    value = typer.value(node.arguments[0])
    return value.with_expression(sp.log(value.expression) / sp.log(base))


def expect(node: tree.Call | tree.Apply, count: int) -> None:
    """Raise `MeaningError` unless a function has ``count`` arguments."""
    if len(node.arguments) != count:
        name = node.function if isinstance(node, tree.Call) else "this function"
        raise MeaningError(
            f"`{name}` takes {count} arguments; got {len(node.arguments)}.", node.span
        )


def no_subscript(node: tree.Call) -> None:
    """Raise `MeaningError` if a function has a subscript."""
    if node.lower:
        raise MeaningError(
            f"the subscript of `{node.function}` is not read.", node.lower[0].span,
            suggestion="write out what it means",
        )  # fmt: skip
