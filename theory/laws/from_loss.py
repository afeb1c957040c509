"""Derivations that start from the loss and go back through the model, line by line.

For every quantity on the way from the loss to the one asked for:

    dL/dx = chain rule = local derivatives inserted = contracted = its name in the vocabulary.
"""

from __future__ import annotations

from theory.algebra.expressions import entry_tensor
from theory.laws.law import ProofStep, chain
from theory.models.model import Model, name_of
from theory.models.resolution import theory_of
from theory.models.reverse_mode import Adjoint, reached

__all__ = ["derivation_from_loss", "last_stage"]


def derivation_from_loss(model: Model, name: str) -> tuple[ProofStep, ...]:
    """Return the lines that lead from the loss to the derivative by the quantity ``name``.

    Raises `ValueError` if the loss does not depend on it, or by way of a maximum.
    """
    theory = theory_of(model)
    if name not in theory.adjoints and name in reached(model):
        raise ValueError(
            f"the loss of model `{model.name}` has no derivative by `{name}`: "
            "a maximum or minimum stands between them."
        )
    if name not in theory.adjoints:
        raise ValueError(
            f"the loss of model `{model.name}` does not depend on `{name}`; "
            f"it depends on {', '.join(theory.adjoints)}."
        )
    needed, frontier = set(), [name]
    while frontier:
        current = frontier.pop()
        if current not in needed:
            needed.add(current)
            frontier += theory.adjoints[current].through
    loss = model.by_name[model.loss.name]
    reason = "definition of the loss" if loss.title == loss.name else loss.title
    steps = list(chain(loss.symbol, (loss.value, reason)))
    for quantity, adjoint in theory.adjoints.items():
        if quantity in needed and quantity != model.loss.name:
            steps += _stage(model, adjoint)
    return tuple(steps)


def last_stage(model: Model, name: str) -> tuple[ProofStep, ...]:
    """Return only the lines about dL/d name, for laws that build on earlier ones."""
    return _stage(model, theory_of(model).adjoints[name])


def _stage(model: Model, adjoint: Adjoint) -> tuple[ProofStep, ...]:
    named = {line.name: line for line in model.vocabulary}
    through = " and ".join(_title(model, x) for x in adjoint.through)
    contract = "contract the deltas"
    if adjoint.hypotheses:
        contract += f", with {', '.join(adjoint.hypotheses)}"
    lines = [
        (adjoint.chain, f"chain rule through {through}"),
        (adjoint.inserted, "insert the local derivatives"),
        (adjoint.value, contract),
    ]
    symbol = adjoint.symbol
    name = name_of(entry_tensor(symbol))
    if name in named:
        lines.append((symbol, f"definition of the {named[name].title}"))
    return chain(adjoint.partial, *lines)


def _title(model: Model, name: str) -> str:
    """Return the words for a quantity; a document's own has only its name."""
    if name == model.loss.name:
        return "the loss"
    title = model.by_name[name].title
    return f"the definition of {name}" if title == name else f"the {title}"
