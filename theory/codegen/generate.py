"""From a model to functions: the loss with gradients, or one expression.

    f = value_and_gradient(attention_head(), wrt=["W_Q", "W_K"], backend="numpy")
    loss, gradient = f(X=X, W_Q=W_Q, W_K=W_K, W_V=W_V, W_O=W_O, y=y)

    law = function(model, alpha[i, j] * (b[i, j] - total(alpha[i, k] * b[i, k], k)),
                   name="score_gradient", indices=(i, j))
    law(alpha=alpha, b=b)

The code consists of the lines of the model that are needed, then of the adjoint lines of reverse
mode, under their own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import sympy as sp

from theory.algebra.expressions import Equation, free_indices, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Step
from theory.codegen.assembly import Request, assemble, made_mask
from theory.codegen.dialect import DIALECTS
from theory.codegen.generated import GeneratedFunction
from theory.codegen.names import identifier, nearest
from theory.codegen.patterns import occurring, with_sigmoids
from theory.codegen.schedule import needed
from theory.codegen.wanted import (
    check_block,
    check_request,
    checked_wrt,
    from_lines,
    gradient_lines,
)
from theory.models.model import Definition, Model
from theory.models.resolution import theory_of

__all__ = ["function", "value_and_gradient"]


def value_and_gradient(
    model: Model,
    wrt: Iterable[str],
    backend: str = "numpy",
    *,
    name: str = "",
    block: int | Literal["auto"] | None = None,
    batch: Iterable[str] = (),
) -> GeneratedFunction:
    """Return the function that gives ``(loss, {x: dL/dx})`` for every x in ``wrt``.

    Its arguments are the inputs of the model, as keywords; ``.source`` is its code and ``.__doc__``
    lists the shapes.  An x may be an input (W_Q, X, tau) or a quantity on the way (s, v, alpha):
    then everything before it is held fixed, and the gradient is taken at the model's own values.
    A causal mask is made by the code, not given.

    With ``block``, the code walks over blocks of so many query rows (``"auto"``: as many as keep
    their scores in the cache) and never holds an array of queries by keys, unless that is what is
    asked for; keys that a causal mask hides from a block are skipped.  The function then takes
    ``block`` as an argument too.

    The inputs named in ``batch`` have a leading axis, one entry for each of several problems; so
    have the losses and gradients then.

    Raises `ValueError` for an unknown backend, a name that is no Python identifier, an x of which
    the loss is no function, or one named twice, or one from which a maximum leads to the loss; for
    a ``block`` that is no number of rows, and where one walk over rows cannot compute the lines;
    for a name in ``batch`` that is no input.  `TypeError` if ``wrt`` or ``batch`` is no list.
    """
    check_request(model, backend, name)
    check_block(block)
    theory = theory_of(model)
    lines, gradient = gradient_lines(theory, checked_wrt(theory, wrt))
    count = len(gradient)
    gradients = f" and {count} gradient{'s' * (count > 1)}" if count else ""
    request = Request(
        name=name or identifier(model.name) + "_value_and_gradient",
        summary=f"Return the loss of {model.name}{gradients}",
        loss=model.loss.name,
        gradient=tuple(gradient),
        block=block,
    )
    return from_lines(model, lines, request, backend, batch)


def function(
    model: Model,
    expression: sp.Expr | Equation,
    *,
    name: str,
    indices: Sequence[Index] | None = None,
    backend: str = "numpy",
    given: Sequence[str] | None = None,
) -> GeneratedFunction:
    """Return the function that evaluates ``expression`` for all values of its free indices.

    ``indices`` are the axes of the result, in order.  Of an equation the right side is evaluated,
    and the order is that of the left side unless ``indices`` says otherwise.  The arguments are the
    tensors that occur; with ``given`` they are those named there, and every other quantity is
    computed from them by the lines of the model.  Derivatives are replaced by their values first.

    Raises `ValueError` for an unknown backend, a name that is no Python identifier, ``indices``
    that are not the free indices, names in ``given`` that are not needed or do not suffice, sums
    over part of a range, and functions that the backend does not have; `TypeError` for anything
    but an expression.
    """
    check_request(model, backend, name, required=True)
    if not isinstance(expression, sp.Expr | Equation):  # text would be evaluated by SymPy
        raise TypeError(
            f"`expression` must be an index expression or an Equation; got "
            f"{type(expression).__name__}. Build it from the tensors of the model."
        )
    left = expression.left if isinstance(expression, Equation) else None
    body = expression.right if isinstance(expression, Equation) else expression
    theory = theory_of(model)
    if body.has(Partial, Step, Flow):
        body = theory.resolve(body)
    _check_sums(body)
    body = with_sigmoids(body)
    axes = _axes(body, left, indices)
    lines: Sequence[Definition] = ()
    if given is not None:
        lines = _lines_from(model, theory.lines, body, given)
    request = Request(
        name=name,
        summary=f"Return {name.replace('_', ' ')}, model {model.name}",
        lines=lines,
        expression=body,
        indices=axes,
        constraints=model.constraints,
    )
    return GeneratedFunction(assemble(model, request, DIALECTS[backend]))


def _check_sums(body: sp.Expr) -> None:
    for e in sorted(body.atoms(sp.Sum), key=str):
        for k, low, high in e.limits:
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise ValueError(
                    f"a sum must be over the whole range of an index; got the sum over {k} from "
                    f"{low} to {high}. Multiply by a mask, or use an index over a size of its own."
                )


def _lines_from(
    model: Model, lines: Sequence[Definition], body: sp.Expr, given: Sequence[str]
) -> tuple[Definition, ...]:
    chosen = needed(lines, sorted(tensors_in(body)), given)
    used = tensors_in(body).union(*(tensors_in(line.value) for line in chosen))
    idle = [x for x in given if x not in used]
    if idle:
        others = sorted(used - set(given))
        raise ValueError(
            f"`given` names tensors that the expression needs; {idle[0]!r} is not needed."
            f"{nearest(idle[0], others)}"
        )
    missing = sorted(used - set(given) - {line.name for line in chosen} - made_mask(model))
    if missing:
        raise ValueError(
            f"`given` must suffice to compute the expression; {', '.join(missing)} cannot be "
            "computed from it. Add these names."
        )
    return chosen


def _axes(
    body: sp.Expr, left: sp.Expr | None, indices: Sequence[Index] | None
) -> tuple[Index, ...]:
    free = free_indices(body)
    if indices is not None:
        axes = tuple(indices)
    elif left is not None:
        axes = tuple(k for k in occurring(left) if k in free_indices(left))
    else:
        axes = tuple(free) if len(free) == 1 else ()
    are_indices = all(isinstance(k, Index) for k in axes)
    if not are_indices or not free <= set(axes) or len(set(axes)) < len(axes):
        wanted = ", ".join(str(k) for k in occurring(body) if k in free)
        raise ValueError(
            f"`indices` must name every free index of the expression once, {wanted or 'none'}; "
            f"got {', '.join(map(str, axes)) or 'none'}. Their order is that of the axes."
        )
    return axes
