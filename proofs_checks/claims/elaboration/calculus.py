"""Derivatives in claims: partial derivatives, gradients, adjoint shorthand, steps and rates.

Differentiating cuts the model at what is differentiated by.  A derivative by a vector or matrix has
its shape; the derivative of a vector by a vector is the matrix with the rows of the first
(numerator layout).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.values import Value
from theory.algebra.symbols import Flow, Partial, Step, scalar

if TYPE_CHECKING:
    from proofs_checks.claims.elaboration.walk import Walker

__all__ = ["derivative", "differential", "gradient", "rate", "step"]


def derivative(walker: Walker, node: tree.Derivative) -> Value:
    r"""Return ``\\partial quantity / \\partial by``, once or twice."""
    return _partial(walker, walker.value(node.quantity), node.by, node)


def gradient(walker: Walker, node: tree.Gradient) -> Value:
    r"""Return ``\\nabla_by quantity``."""
    if not node.by:
        raise ElaborationError(
            "a gradient needs what it is taken by.", node.span, suggestion="write \\nabla_{v_j} L"
        )
    by = node.by * 2 if node.order == 2 and len(node.by) == 1 else node.by
    return _partial(walker, walker.value(node.quantity), by, node)


def differential(walker: Walker, node: tree.Differential) -> Value:
    """Return the adjoint: ``dO`` is the derivative of the loss by O."""
    if isinstance(node.quantity, tree.Transpose):  # dS^T is the transpose of dS
        inner = tree.Differential(node.quantity.base, span=node.span)
        return walker.shapes.transpose(differential(walker, inner))
    return _partial(walker, Value(walker.symbols.loss), (node.quantity,), node)


def _partial(walker: Walker, quantity: Value, by: tuple[tree.Node, ...], node: tree.Node) -> Value:
    if quantity.expression == walker.symbols.loss and len(by) > 1 and walker.symbols.loss_is_opaque:
        raise ElaborationError(
            "the second derivative of a loss that the document does not define is not determined.",
            node.span, suggestion="define the loss",
        )  # fmt: skip
    entries = [_entry(walker, item) for item in by]
    shape = [quantity, *entries]
    axes = [k for value in shape for k in value.axes]
    if len(axes) > 2 or any(len(v.axes) == 2 for v in shape) and len(axes) > 2:
        raise ElaborationError(
            f"this derivative has {len(axes)} silent axes; at most two can be silent.", node.span,
            suggestion="write the indices",
        )  # fmt: skip
    expression = Partial(quantity.expression, *(v.expression for v in entries))
    solid = [value for value in shape if not value.is_scalar]
    if len(solid) == 1:
        return Value(expression, solid[0].row, solid[0].column, guess=_guess(solid[0]))
    row = axes[0] if axes else None
    column = axes[1] if len(axes) > 1 else None
    guess = entries[0].guess if len(entries) == 1 and quantity.is_scalar else None
    return Value(expression, row, column, guess=guess)


def _guess(value: Value) -> Any:
    return value.guess


def _entry(walker: Walker, node: tree.Node) -> Value:
    """Return the symbol that is differentiated by."""
    if not isinstance(node, tree.Name | tree.Entry):
        raise ElaborationError("only a symbol can be differentiated by.", node.span)
    value = walker.value(node)
    if not isinstance(value.expression, sp.Indexed | sp.Symbol):
        raise ElaborationError("only a symbol can be differentiated by.", node.span)
    base = value.expression.base if isinstance(value.expression, sp.Indexed) else value.expression
    walker.symbols.differentiated.add(str(getattr(base, "label", base)))
    return Value(value.expression, value.row, value.column, guess=value.guess)


def step(walker: Walker, node: tree.Step) -> Value:
    r"""Return ``\\Delta v_j``: one gradient step of rate eta."""
    value = _moving(walker, node.quantity, "\\Delta")
    eta = _rate(walker, "eta")
    return Value(Step(value.expression, eta, value.expression), value.row, value.column)


def rate(walker: Walker, node: tree.Rate) -> Value:
    r"""Return ``\\dot v_j``: the rate along the gradient flow, with the symbol's own rate eps."""
    if node.order != 1:
        raise ElaborationError(
            "second derivatives by time are not part of the language.", node.span
        )
    value = _moving(walker, node.quantity, "d/dt")
    base = value.expression.base if isinstance(value.expression, sp.Indexed) else value.expression
    name = str(getattr(base, "label", base)).removeprefix("W_")
    epsilon = _rate(walker, f"eps_{name}")
    flow = Flow(value.expression, (value.expression, epsilon))
    return Value(flow, value.row, value.column)


def _moving(walker: Walker, node: tree.Node, what: str) -> Value:
    value = walker.value(node)
    if not isinstance(value.expression, sp.Indexed | sp.Symbol):
        raise ElaborationError(f"`{what}` stands before a symbol.", node.span)
    if value.expression == walker.symbols.loss:
        raise ElaborationError(
            f"`{what}` of the loss needs to say what moves.", node.span,
            suggestion="write the derivatives: \\sum \\frac{\\partial L}{\\partial v_j} ...",
        )  # fmt: skip
    return value


def _rate(walker: Walker, name: str) -> Any:
    known = walker.symbols.vocabulary.get(name) or walker.symbols.own.get(name)
    return walker.symbols.tensor(known) if known else scalar(name, positive=True)
