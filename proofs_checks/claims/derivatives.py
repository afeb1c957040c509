r"""Derivatives, put together from the halves ``\partial L`` and ``\partial s_{ij}``."""

from __future__ import annotations

from proofs_checks.claims import tree
from proofs_checks.claims.pieces import Change, DerivativeOperator, product, refuse, spelled
from proofs_checks.claims.places import Span
from proofs_checks.claims.settling import settled

__all__ = ["derivative_of", "halves", "is_half"]


def is_half(node: tree.Node) -> bool:
    """Tell whether a node is half of a derivative."""
    return isinstance(node, Change)


def halves(above: tree.Node, below: tree.Node) -> tree.Node | None:
    r"""Return the derivative that ``\frac{above}{below}`` is, or None when it is a quotient."""
    upper = _numerator(above)
    if upper is None or not _all_changes(below):
        return None
    return derivative_of(upper, below)


def derivative_of(above: tree.Node, below: tree.Node) -> tree.Node:
    """Return the derivative of ``above`` by ``below``.

    ``above`` is a `Change` and ``below`` a product of them; or ``above`` is a
    `DerivativeOperator` and ``below`` what it applies to.  Raises `Refusal` when the halves do
    not fit together.
    """
    span = above.span.to(below.span)
    if isinstance(above, DerivativeOperator):
        return _finished(below, above.by, above.symbol, span)
    changes = [x for x in _factors(below) if isinstance(x, Change)]
    if not isinstance(above, Change) or not changes:
        raise refuse("this is no derivative", span)
    if any(change.symbol != above.symbol for change in changes):
        raise refuse("`\\partial` and `d` do not make a derivative together", span)
    by: list[tree.Node] = []
    for change in changes:
        if change.quantity is None:
            raise refuse("nothing stands after this sign of differentiation", change)
        by.extend(_variables(settled(change.quantity), above.order))
    if len(by) != above.order:
        mark = "\\partial" if above.symbol == "partial" else "d"
        raise refuse(
            f"a derivative of order {above.order} above, by {len(by)} variables below",
            span,
            expected=f"`{mark}^{len(by)}` above" if len(by) > 1 else "one variable below",
        )
    if above.quantity is None:
        return DerivativeOperator(tuple(by), above.symbol, span=span)
    return _finished(settled(above.quantity), tuple(by), above.symbol, span)


def _finished(quantity: tree.Node, by: tuple[tree.Node, ...], symbol: str, span: Span) -> tree.Node:
    if symbol == "d" and all(spelled(x, "t") for x in by):
        return tree.Rate(quantity, len(by), span=span)
    return tree.Derivative(quantity, by, symbol, span=span)


def _numerator(node: tree.Node) -> Change | None:
    r"""Read ``\partial^2 L``, ``\partial``, ``d``, ``d^2 x``: all of it is differentiated."""
    first, *rest = _factors(node)
    if isinstance(first, Change):
        if not rest:
            return first
        if first.quantity is None:
            return None
        return Change(
            first.symbol,
            product([first.quantity, *rest]),
            first.order,
            first.tight,
            span=node.span,
        )
    order = 1
    if isinstance(first, tree.Power) and isinstance(first.exponent, tree.Number):
        order = int(first.exponent.text) if first.exponent.text in {"2", "3"} else 0
        first = first.base
    if order and spelled(first, "d") and first.font in {"", "rm"}:  # type: ignore[attr-defined]
        quantity = product(rest) if rest else None
        return Change("d", quantity, order, tight=not rest, span=node.span)
    return None


def _variables(node: tree.Node, order: int) -> list[tree.Node]:
    r"""Return what one ``\partial x`` differentiates by: x, or x and x for ``\partial x^2``."""
    if order > 1 and isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number):
        times = int(node.exponent.text) if node.exponent.text in {"2", "3"} else 1
        if times > 1:
            return [node.base] * times
    return [node]


def _factors(node: tree.Node) -> tuple[tree.Node, ...]:
    if isinstance(node, tree.Product) and node.operator == "":
        return node.factors
    return (node,)


def _all_changes(node: tree.Node) -> bool:
    return all(isinstance(x, Change) for x in _factors(node))
