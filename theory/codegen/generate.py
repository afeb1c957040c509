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
from typing import Any, Literal

import sympy as sp

from theory.algebra.expressions import Equation, entry_tensor, free_indices, tensors_in
from theory.algebra.symbols import Flow, Index, Partial, Step, Tensor
from theory.codegen.assembly import Request, assemble, made_mask
from theory.codegen.batches import Batch
from theory.codegen.dialect import DIALECTS
from theory.codegen.generated import GeneratedFunction
from theory.codegen.names import identifier, nearest
from theory.codegen.patterns import axes_of, occurring, with_sigmoids
from theory.codegen.schedule import needed, scheduled
from theory.models.model import Definition, Model, name_of
from theory.models.resolution import theory_of
from theory.models.reverse_mode import reached

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
    _check_request(model, backend, name)
    _check_block(block)
    if isinstance(wrt, str) or not isinstance(wrt, Iterable):
        got = f"the string {wrt!r}. Use [{wrt!r}]" if isinstance(wrt, str) else f"{wrt!r}. Use []"
        raise TypeError(f"`wrt` must be a list of names; got {got}.")
    wrt = list(wrt)
    theory = theory_of(model)
    known = [x for x in theory.adjoints if x != model.loss.name and x not in made_mask(model)]
    known += [x for x in map(name_of, model.inputs) if x not in known and x not in made_mask(model)]
    for x in wrt:
        if x not in known:
            raise ValueError(
                f"`wrt` names quantities from which model `{model.name}` computes its loss; "
                f"got {x!r}.{nearest(str(x), known)} Known: {', '.join(known)}."
            )
    if len(set(wrt)) < len(wrt):
        twice = next(x for x in wrt if wrt.count(x) > 1)
        raise ValueError(f"`wrt` names every quantity once; got {twice!r} twice. Drop one.")
    lines = list(theory.lines)
    gradient: list[tuple[str, sp.Expr]] = []
    for x in wrt:
        adjoint = theory.adjoints.get(x)
        if adjoint is None and x in reached(model):
            raise ValueError(
                f"the loss of model `{model.name}` has no derivative by `{x}`: a maximum or "
                "minimum stands between them. Take the gradient by other quantities."
            )
        if adjoint is None:
            symbol = _zero_line(model, x, lines)
        else:
            symbol = adjoint.symbol
            if adjoint.inline:
                lines.append(Definition(symbol, adjoint.value, f"derivative of the loss by {x}"))
        gradient.append((x, symbol))
    targets = [model.loss.name, *(name_of(entry_tensor(symbol)) for _, symbol in gradient)]
    chosen, constraints = scheduled(needed(lines, targets), targets), model.constraints
    together = Batch(_batched_inputs(model, batch), targets)
    if together.names:
        chosen = tuple(together.lines(chosen))
        gradient = [(x, together.expression(symbol)) for x, symbol in gradient]
        constraints = tuple(map(together.constraint, constraints))
    gradients = f" and {len(wrt)} gradient{'s' * (len(wrt) > 1)}" if wrt else ""
    request = Request(
        name=name or identifier(model.name) + "_value_and_gradient",
        summary=f"Return the loss of {model.name}{gradients}",
        lines=chosen,
        loss=model.loss.name,
        gradient=tuple(gradient),
        block=block,
        constraints=constraints,
    )
    return GeneratedFunction(assemble(model, request, DIALECTS[backend]))


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
    _check_request(model, backend, name, required=True)
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


def _check_request(model: Model, backend: str, name: str, *, required: bool = False) -> None:
    if not isinstance(model, Model):
        raise TypeError(
            f"`model` must be a Model, such as attention_head(); got {type(model).__name__}."
        )
    if backend not in DIALECTS:
        raise ValueError(
            f"`backend` must be 'numpy' or 'torch'; got {backend!r}."
            f"{nearest(str(backend), DIALECTS)}"
        )
    if (name or required) and identifier(name) != name:
        raise ValueError(
            f"`name` must be a Python identifier; got {name!r}. Try {identifier(name)!r}."
        )


def _batched_inputs(model: Model, batch: Iterable[str]) -> set[str]:
    """Return the names of the inputs that have a leading axis."""
    if isinstance(batch, str):
        raise TypeError(
            f"`batch` must be a list of names; got the string {batch!r}. Use [{batch!r}]."
        )
    known = [x for x in map(name_of, model.inputs) if x not in made_mask(model)]
    names = list(batch)
    for x in names:
        if x not in known:
            raise ValueError(
                f"`batch` names inputs of model `{model.name}`; got {x!r}.{nearest(str(x), known)} "
                f"Inputs: {', '.join(known)}."
            )
    return set(names)


def _check_block(block: Any) -> None:
    if block is None or block == "auto":
        return
    if isinstance(block, bool) or not isinstance(block, int) or block < 1:
        raise ValueError(
            f"`block` must be a number of rows, 1 or more, or 'auto'; got {block!r}. "
            "Leave it out to compute all rows at once."
        )


def _check_sums(body: sp.Expr) -> None:
    for e in sorted(body.atoms(sp.Sum), key=str):
        for k, low, high in e.limits:
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise ValueError(
                    f"a sum must be over the whole range of an index; got the sum over {k} from "
                    f"{low} to {high}. Multiply by a mask, or use an index over a size of its own."
                )


def _zero_line(model: Model, x: str, lines: list[Definition]) -> sp.Expr:
    """Append the line dL/dx = 0 for an input on which the loss does not depend."""
    entry = model.entry(model.tensors[x])
    symbol = sp.Symbol(f"d{model.loss.name}_d{x}", real=True)
    if isinstance(entry, sp.Indexed):
        symbol = Tensor(symbol.name, model.tensors[x].axes)[axes_of(entry)]  # type: ignore
    lines.append(Definition(symbol, sp.S.Zero, f"the loss does not depend on {x}"))
    return symbol


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
