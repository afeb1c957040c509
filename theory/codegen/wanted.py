"""What generated functions are asked for: names, blocks and batches that the model has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import entry_tensor
from theory.algebra.symbols import Tensor
from theory.codegen.assembly import Request, assemble, made_mask
from theory.codegen.batches import Batch
from theory.codegen.dialect import DIALECTS
from theory.codegen.generated import GeneratedFunction
from theory.codegen.names import identifier, nearest
from theory.codegen.patterns import axes_of
from theory.codegen.schedule import needed, scheduled
from theory.models.model import Definition, Model, name_of
from theory.models.resolution import Theory
from theory.models.reverse_mode import reached

__all__ = [
    "batched_inputs",
    "check_block",
    "check_request",
    "checked_wrt",
    "from_lines",
    "gradient_lines",
]


def check_request(model: Model, backend: str, name: str, *, required: bool = False) -> None:
    """Check that there is a model, the backend, and a name that Python accepts."""
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


def batched_inputs(model: Model, batch: Iterable[str]) -> set[str]:
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


def check_block(block: Any) -> None:
    """Check that a block is a number of rows, or left to the code."""
    if block is None or block == "auto":
        return
    if isinstance(block, bool) or not isinstance(block, int) or block < 1:
        raise ValueError(
            f"`block` must be a number of rows, 1 or more, or 'auto'; got {block!r}. "
            "Leave it out to compute all rows at once."
        )


def checked_wrt(theory: Theory, wrt: Iterable[str]) -> list[str]:
    """Return the names in ``wrt``; every one has a derivative of the loss by it."""
    model = theory.model
    if isinstance(wrt, str) or not isinstance(wrt, Iterable):
        got = f"the string {wrt!r}. Use [{wrt!r}]" if isinstance(wrt, str) else f"{wrt!r}. Use []"
        raise TypeError(f"`wrt` must be a list of names; got {got}.")
    names = list(wrt)
    known = [x for x in theory.adjoints if x != model.loss.name and x not in made_mask(model)]
    known += [x for x in map(name_of, model.inputs) if x not in known and x not in made_mask(model)]
    for x in names:
        if x not in known:
            raise ValueError(
                f"`wrt` names quantities from which model `{model.name}` computes its loss; "
                f"got {x!r}.{nearest(str(x), known)} Known: {', '.join(known)}."
            )
        if x in reached(model) and x not in theory.adjoints:
            raise ValueError(
                f"the loss of model `{model.name}` has no derivative by `{x}`: a maximum or "
                "minimum stands between them. Take the gradient by other quantities."
            )
    if len(set(names)) < len(names):
        twice = next(x for x in names if names.count(x) > 1)
        raise ValueError(f"`wrt` names every quantity once; got {twice!r} twice. Drop one.")
    return names


def gradient_lines(
    theory: Theory, wrt: Iterable[str]
) -> tuple[list[Definition], list[tuple[str, sp.Expr]]]:
    """Return the lines of model and adjoints, and for each x the symbol of dL/dx in them."""
    lines = list(theory.lines)
    gradient: list[tuple[str, sp.Expr]] = []
    for x in wrt:
        adjoint = theory.adjoints.get(x)
        if adjoint is None:
            symbol = _zero_line(theory.model, x, lines)
        else:
            symbol = adjoint.symbol
            if adjoint.inline:
                lines.append(Definition(symbol, adjoint.value, f"derivative of the loss by {x}"))
        gradient.append((x, symbol))
    return lines, gradient


def _zero_line(model: Model, x: str, lines: list[Definition]) -> sp.Expr:
    """Append the line dL/dx = 0 for an input on which the loss does not depend."""
    entry = model.entry(model.tensors[x])
    symbol = sp.Symbol(f"d{model.loss.name}_d{x}", real=True)
    if isinstance(entry, sp.Indexed):
        symbol = Tensor(symbol.name, model.tensors[x].axes)[axes_of(entry)]  # type: ignore
    lines.append(Definition(symbol, sp.S.Zero, f"the loss does not depend on {x}"))
    return symbol


def from_lines(
    model: Model,
    lines: Sequence[Definition],
    request: Request,
    backend: str,
    batch: Iterable[str] = (),
) -> GeneratedFunction:
    """Return the function for a request, computed by those of the lines that it needs."""
    targets = [request.loss, *request.returned]
    chosen, constraints = scheduled(needed(lines, targets), targets), model.constraints
    gradient, directions = request.gradient, request.directions
    together = Batch(batched_inputs(model, batch), targets)
    if together.names:
        chosen = tuple(together.lines(chosen))
        gradient = tuple((x, together.expression(symbol)) for x, symbol in gradient)
        constraints = tuple(map(together.constraint, constraints))
        entries = (together.expression(model.entry(t)) for t in directions)
        directions = tuple(map(entry_tensor, entries))
    request = replace(
        request,
        lines=chosen,
        gradient=gradient,
        directions=directions,
        constraints=constraints,
    )
    return GeneratedFunction(assemble(model, request, DIALECTS[backend]))
