"""Derivatives along a direction: Hessian- and Jacobian-vector products.

    product = hessian_vector_product(model, wrt=["W_Q", "W_K"], backend="torch")
    loss, hv = product(X=X, y=y, W_Q=W_Q, ..., W_Q_dot=direction_q, W_K_dot=direction_k)

    change = jacobian_vector_product(model, of="g", wrt=["W_V"])
    g, g_dot = change(X=X, W_Q=W_Q, W_K=W_K, W_V=W_V, W_V_dot=direction)

The code is that of loss and gradient, each line followed by how it changes (`forward_mode`), so a
product takes about twice the time of the gradient, and no matrix of second derivatives is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from theory.algebra.expressions import entry_tensor
from theory.algebra.limits import AlgebraError
from theory.codegen.assembly import Request
from theory.codegen.generated import GeneratedFunction
from theory.codegen.names import identifier, nearest
from theory.codegen.schedule import needed
from theory.codegen.wanted import (
    check_block,
    check_request,
    checked_wrt,
    from_lines,
    gradient_lines,
)
from theory.models.forward_mode import DOT, changes, direction
from theory.models.model import Definition, Model, name_of
from theory.models.resolution import Theory, theory_of
from theory.models.reverse_mode import computed_from

__all__ = ["hessian_vector_product", "jacobian_vector_product"]

Block = int | Literal["auto"] | None


def hessian_vector_product(
    model: Model,
    wrt: Iterable[str],
    backend: str = "numpy",
    *,
    name: str = "",
    block: Block = None,
    batch: Iterable[str] = (),
) -> GeneratedFunction:
    """Return the function that gives ``(loss, {x: (Hv)_x})`` for every x in ``wrt``.

    H is the Hessian of the loss in all x together, v the direction: its part in x is the argument
    ``x_dot``, with the shape of x.  The other arguments, ``block`` and ``batch`` are those of
    `value_and_gradient`; directions may be named in ``batch`` as well (``"W_Q_dot"``), for many
    directions at one point.

    Raises what `value_and_gradient` raises, and `ValueError` if one x is computed from another, or
    if the gradient was derived with a hypothesis that binds an x (labels y that sum to one).
    """
    check_request(model, backend, name)
    check_block(block)
    theory = theory_of(model)
    names = checked_wrt(theory, wrt)
    for undefined in model.features.get("stand_ins") or ():  # type: ignore[union-attr]
        raise ValueError(
            f"`{undefined}` of model `{model.name}` stands for a quantity that nothing defines: it "
            "has first derivatives only. Define it to take second ones."
        )
    lines, gradient = gradient_lines(theory, names)
    adjoints = [name_of(entry_tensor(symbol)) for _, symbol in gradient]
    moved, lines = _moved(theory, names, lines, adjoints)
    products = zip(names, (moved.by_name[a + DOT].symbol for a in adjoints), strict=True)
    request = Request(
        name=name or identifier(model.name) + "_hessian_vector_product",
        summary=f"Return the loss of {model.name} and its Hessian times a direction",
        loss=model.loss.name,
        gradient=tuple(products),
        second="product",
        meaning="change of d{loss}/d{x} along the direction",
        block=block,
        directions=tuple(moved.tensors[x + DOT] for x in names),
    )
    return from_lines(moved, lines, request, backend, batch)


def jacobian_vector_product(
    model: Model,
    of: str,
    wrt: Iterable[str],
    backend: str = "numpy",
    *,
    name: str = "",
    block: Block = None,
    batch: Iterable[str] = (),
) -> GeneratedFunction:
    """Return the function that gives ``(y, y_dot)``: a quantity y and its change.

    ``of`` names y, a line of the model (``"L"``, ``"g"``) or one derived from it (``"u"``, ``"D"``,
    ``"dL_dW_Q"``); every x in ``wrt`` moves along the argument ``x_dot``.  The other arguments,
    ``block`` and ``batch`` are those of `value_and_gradient`.

    Raises what `hessian_vector_product` raises, and `ValueError` if y is no line, or one x itself,
    or depends on an x by way of a maximum.
    """
    check_request(model, backend, name)
    check_block(block)
    theory = theory_of(model)
    names = checked_wrt(theory, wrt)
    if of not in theory.by_name or of in names:
        known = [x for x in theory.by_name if x not in names]
        raise ValueError(
            f"`of` names a quantity that model `{model.name}` computes, and none that moves; got "
            f"{of!r}.{nearest(str(of), known)} Known: {', '.join(known)}."
        )
    moved, lines = _moved(theory, names, theory.lines, [of])
    request = Request(
        name=name or f"{identifier(model.name)}_{identifier(of)}_jacobian_vector_product",
        summary=f"Return {of} of {model.name} and its change along a direction",
        loss=of,
        gradient=((of + DOT, moved.by_name[of + DOT].symbol),),
        second="",
        meaning=f"change of {of} along the direction",
        block=block,
        directions=tuple(moved.tensors[x + DOT] for x in names),
    )
    return from_lines(moved, lines, request, backend, batch)


def _moved(
    theory: Theory, wrt: Sequence[str], lines: Sequence[Definition], targets: Sequence[str]
) -> tuple[Model, Sequence[Definition]]:
    """Return the model with the directions as inputs, and all its lines with those of the changes.

    Raises `ValueError` where something does not hold along the direction.
    """
    model = theory.model
    for x in wrt:
        above = computed_from(x, model.definitions).intersection(wrt)
        if above:
            raise ValueError(
                f"`wrt` names quantities that can move by themselves; `{min(above)}` of model "
                f"`{model.name}` is computed from `{x}`. Drop one of the two."
            )
    try:
        changed = changes(model, needed(lines, targets, wrt), wrt, targets)
    except AlgebraError as reason:
        raise ValueError(
            f"model `{model.name}` has no derivative along `{', '.join(wrt)}` that could be "
            f"written: {reason}"
        ) from None
    kept = [*needed(lines, [model.loss.name, *targets]), *changed]
    directions = (direction(model.tensors[x]) for x in wrt)
    inputs = (*model.inputs, *directions)
    return replace(model, inputs=inputs, definitions=tuple(kept), vocabulary=()), kept
