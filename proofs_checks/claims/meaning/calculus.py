r"""Derivatives in claims: partial derivatives, gradients, differentials, steps and rates.

Differentiating cuts the model at what is differentiated by.  A derivative by a vector or matrix has
its shape; the derivative of a vector by a vector is the matrix with the rows of the first
(numerator layout).  ``dO`` is the derivative of the loss by O, unless its equation computes the
differential of a quantity from those of its parts: then it is the change along arbitrary
directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from theory.algebra.expressions import entry_tensor, fresh
from theory.algebra.symbols import Flow, Index, Partial, Step, Tensor, scalar, total
from theory.models.model import name_of

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.typing import Typer

__all__ = ["derivative", "differential", "directional", "gradient", "rate", "step"]

DEVIATIONS = ("sigma", "tau")


def derivative(typer: Typer, node: tree.Derivative) -> Value:
    r"""Return ``\\partial quantity / \\partial by``, once or twice."""
    if node.symbol == "d" and len(node.by) == 1 and _is_time(typer, node.by[0]):
        return rate(typer, tree.Rate(node.quantity, span=node.span))
    return _partial(typer, typer.value(node.quantity), node.by, node)


def _is_time(typer: Typer, node: tree.Node) -> bool:
    return (
        isinstance(node, tree.Name)
        and typer.roles.spell(node) == "t"
        and "t" not in typer.authored.taken
    )


def gradient(typer: Typer, node: tree.Gradient) -> Value:
    r"""Return ``\\nabla_by quantity``."""
    by = node.by
    if not by:
        by = _all_it_depends_on(typer, node)
    by = by * 2 if node.order == 2 and len(by) == 1 else by
    return _partial(typer, typer.value(node.quantity), by, node)


def _all_it_depends_on(typer: Typer, node: tree.Gradient) -> tuple[tree.Node, ...]:
    """Return what an unwritten subscript of a gradient means, where there is only one choice."""
    quantity = node.quantity
    while isinstance(quantity, tree.Call) and len(quantity.arguments) == 1:
        quantity = quantity.arguments[0]
    if isinstance(quantity, tree.Apply):
        name = typer.authored.function_name(quantity)
        template = typer.authored.templates.get(name or "")
        formals = template.formals if template else quantity.arguments
        if len(formals) == 1 and isinstance(formals[0], tree.Name):
            if not typer.roles.is_argument_index(formals[0]):
                return formals
    found = sorted(typer.roles.differentiated)
    if len(found) == 1:
        return (tree.Name(found[0], span=node.span),)
    raise MeaningError(
        "a gradient needs what it is taken by.", node.span, suggestion="write \\nabla_{v_j} L"
    )


def _partial(typer: Typer, quantity: Value, by: Sequence[tree.Node], node: tree.Node) -> Value:
    context = typer.context
    name = getattr(quantity.expression, "name", None)
    if name in context.opaque and len(by) > 1:
        raise MeaningError(
            f"the second derivative of {name}, which the document does not define, is not "
            "determined.", node.span, suggestion=f"define {name}",
        )  # fmt: skip
    roots = [_root_of_variance(item) for item in by]
    if len(by) > 1 and any(roots):
        raise MeaningError("a second derivative by a square is not read.", node.span)
    entries = [_entry(typer, root or item) for root, item in zip(roots, by, strict=True)]
    shape = [quantity, *entries]
    axes = [k for value in shape for k in value.axes]
    if len(axes) > 2:
        raise MeaningError(
            f"this derivative has {len(axes)} silent axes; at most two can be silent.", node.span,
            suggestion="write the indices",
        )  # fmt: skip
    expression = Partial(quantity.expression, *(v.expression for v in entries))
    if any(roots):  # d q / d x^2 = (d q / d x) / 2 x
        expression = expression / (2 * entries[0].expression)
    solid = [value for value in shape if not value.is_scalar]
    if len(solid) == 1:
        return Value(expression, solid[0].row, solid[0].column)
    if len(solid) == 2:
        typer.shapes.notes.append(
            "the derivative of a vector by a vector has the rows of the first (numerator layout)"
        )
    row = axes[0] if axes else None
    column = axes[1] if len(axes) > 1 else None
    return Value(expression, row, column)


def _root_of_variance(node: tree.Node) -> tree.Node | None:
    r"""Return the \sigma_k of ``\partial q / \partial \sigma_k^2``, None for any other variable.

    Other squares that people differentiate by are second derivatives, or layers.
    """
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Number):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    is_deviation = isinstance(base, tree.Name) and base.letter in DEVIATIONS
    return node.base if is_deviation and node.exponent.text == "2" else None


def _entry(typer: Typer, node: tree.Node) -> Value:
    """Return the symbol that is differentiated by."""
    value = typer.value(node)
    if not isinstance(value.expression, sp.Indexed | sp.Symbol) or isinstance(
        value.expression, Index
    ):
        raise MeaningError("only a symbol can be differentiated by.", node.span)
    return Value(value.expression, value.row, value.column)


# -- differentials ----------------------------------------------------------------------------


def differential(typer: Typer, node: tree.Differential) -> Value:
    """Return ``dO``: the adjoint of O, or its change where the equation is about changes."""
    inner = node.quantity
    if isinstance(inner, tree.Transpose):  # dS^T is the transpose of dS
        return typer.shapes.transpose(
            differential(typer, tree.Differential(inner.base, span=node.span))
        )
    if typer.moving is not None:
        return _change(typer, inner)
    if isinstance(inner, tree.Apply) and typer.authored.mode(inner) == "product":
        first = tree.Differential(inner.base, span=node.span)
        return typer.value(tree.Product((first, *inner.arguments), span=node.span))
    if not isinstance(inner, tree.Name | tree.Entry | tree.Power | tree.Apply):
        raise MeaningError(
            "the differential of an expression stands in an equation of differentials only.",
            node.span,
        )
    if not typer.context.has_loss:
        raise MeaningError(
            "nothing is differentiated here, so a differential means nothing.", node.span,
            expected="a loss, or an equation between differentials",
        )  # fmt: skip
    return _partial(typer, Value(typer.context.loss), (inner,), node)


def _change(typer: Typer, inner: tree.Node) -> Value:
    """Return the change of a quantity when the symbols of ``moving`` move along directions."""
    value = typer.value(inner)
    parts = []
    entry = value.expression
    base = entry_tensor(entry) if isinstance(entry, sp.Indexed | sp.Symbol) else None
    index = entry.indices if isinstance(entry, sp.Indexed) else ()
    moving = typer.moving or {}
    if base is not None and name_of(base) in moving:
        along = moving[name_of(base)]
        moved: Any = along[index] if isinstance(along, Tensor) else along
        return Value(moved, value.row, value.column)
    for name, along in moving.items():
        symbol = typer.symbols.tensor(name)
        if isinstance(symbol, Tensor):
            bound = tuple(fresh(Index("k", size)) for size in symbol.axes)
            product = Partial(value.expression, symbol[bound]) * along[bound]
            parts.append(total(product, *bound))
        else:
            parts.append(Partial(value.expression, symbol) * along)
    return Value(sp.Add(*parts), value.row, value.column)


def directional(typer: Typer, node: tree.Directional) -> Value:
    """Return the derivative of a quantity along directions."""
    value = typer.value(node.quantity)
    by = node.by
    if not by:
        quantity = node.quantity
        if not isinstance(quantity, tree.Apply):
            raise MeaningError("nothing says by what this is differentiated.", node.span)
        by = quantity.arguments
    if not node.directions:
        raise MeaningError(
            "a derivative along nothing.", node.span, expected="\\cdot and a direction"
        )
    if len(by) == 1 and len(node.directions) > 1 and len(typer.value(by[0]).axes) <= 1:
        by = by * len(node.directions)
    if len(by) > 1 and all(x == by[0] for x in by):
        return _repeated(typer, node, value, by)
    if len(by) != len(node.directions):
        raise MeaningError(
            f"a derivative by {len(by)} arguments needs as many directions; "
            f"got {len(node.directions)}.", node.span,
        )  # fmt: skip
    parts = []
    for symbol, direction in zip(by, node.directions, strict=True):
        entry, along = _entry(typer, symbol), typer.value(direction)
        entry, along = typer.shapes.join(
            typer.shapes.apart(entry), along, direction.span, "a symbol and its direction"
        )
        bound = entry.axes
        product = Partial(value.expression, entry.expression) * along.expression
        parts.append(total(product, *bound))
    return Value(sp.Add(*parts), value.row, value.column)


def _repeated(typer: Typer, node: tree.Directional, value: Value, by: Sequence[tree.Node]) -> Value:
    """Return a higher derivative along several directions."""
    if len(by) != len(node.directions):
        raise MeaningError(
            f"a derivative of order {len(by)} needs as many directions; "
            f"got {len(node.directions)}.", node.span,
        )  # fmt: skip
    entries, factors, bound = [], [], []
    for symbol, direction in zip(by, node.directions, strict=True):
        entry, along = typer.shapes.apart(_entry(typer, symbol)), typer.value(direction)
        entry, along = typer.shapes.join(entry, along, direction.span, "a symbol and its direction")
        entries.append(entry.expression)
        factors.append(along.expression)
        bound += entry.axes
    product = Partial(value.expression, *entries) * sp.Mul(*factors)
    return Value(total(product, *bound), value.row, value.column)


# -- steps and flows --------------------------------------------------------------------------


def step(typer: Typer, node: tree.Step) -> Value:
    r"""Return ``\\Delta v_j``: one gradient step of rate eta, by the chain rule if computed."""
    value, moved = _moving(typer, node.quantity, "\\Delta", node)
    eta = _rate(typer, "eta")
    return Value(Step(value.expression, eta, *moved), value.row, value.column)


def rate(typer: Typer, node: tree.Rate) -> Value:
    r"""Return ``\dot v_j``: the rate along the gradient flow; each symbol has a rate eps.

    Where a document has symbols of its own and writes no such rate, it is 1.
    """
    if node.order != 1:
        raise MeaningError("second derivatives by time are not part of the language.", node.span)
    value, moved = _moving(typer, node.quantity, "d/dt", node)
    pairs = []
    for entry in moved:
        name = name_of(entry_tensor(entry)).removeprefix("W_")
        is_said = bool(typer.roles.known) or f"eps_{name}" in typer.symbols.table
        pairs.append((entry, _rate(typer, f"eps_{name}") if is_said else sp.S.One))
        if not is_said:
            typer.shapes.notes.append("a gradient flow without a rate has the rate 1")
    return Value(Flow(value.expression, *pairs), value.row, value.column)


def _moving(
    typer: Typer, node: tree.Node, what: str, whole: tree.Node
) -> tuple[Value, tuple[Any, ...]]:
    """Return a quantity and the tensors by whose steps it moves."""
    value = typer.value(node)
    context = typer.context
    if not context.has_loss:
        raise MeaningError(
            f"`{what}` means a step of gradient descent, and nothing says of which loss.",
            whole.span, expected="a loss: L = ...",
        )  # fmt: skip
    if not isinstance(value.expression, sp.Indexed | sp.Symbol):
        raise MeaningError(f"`{what}` stands before a symbol.", node.span)
    name = name_of(entry_tensor(value.expression))
    if name in context.coordinates or (name not in context.computed and name not in context.opaque):
        return value, (value.expression,)
    depends = context.computed.get(name, frozenset())
    names = [x for x in context.coordinates if x in depends]
    names = [x for x in names if not any(x in context.computed.get(y, ()) for y in names)] or names
    if not names:
        raise MeaningError(
            f"nothing says what moves when `{name}` changes.", node.span,
            expected="a definition of it from what descends",
        )  # fmt: skip
    free = [x for x in names if not (context.computed.get(x, frozenset()) & set(names))]
    moved = []
    for x in free:
        tensor = typer.symbols.tensor(x)
        moved.append(
            tensor[tuple(fresh(Index("k", size)) for size in tensor.axes)]
            if isinstance(tensor, Tensor)
            else tensor
        )
    return value, tuple(moved)


def _rate(typer: Typer, name: str) -> Any:
    if name in typer.symbols.table:
        return typer.symbols.tensor(name)
    return scalar(name, positive=True)
