"""`proofhead derive`: from a model, or the loss of a document, to its gradient and code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from proofs_checks.cli.documents import STANDARD_INPUT, documents_named, named_in_refusals
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports.machine import SCHEMA
from proofs_checks.reports.text import as_text
from theory.codegen import value_and_gradient
from theory.latex import chain as latex_chain
from theory.latex import derivation
from theory.latex import equation as latex_equation
from theory.laws import ProofStep
from theory.laws.from_loss import derivation_from_loss
from theory.laws.law import chain
from theory.models import MODELS, Definition, Model, model_named

__all__ = ["run_derive"]

ARGUMENT = "argument of"  # begins the titles of names that `losses` introduces
LOOKS_LIKE_A_FILE = re.compile(r"[/\\]|\.[A-Za-z]+$")


def run_derive(
    name: str, wrt: Sequence[str], format: str, *, loss: str = "", as_json: bool = False
) -> int:
    """Print the derivation of the gradients by ``wrt``, or the code that computes them.

    ``name`` is a model, or a file whose document defines the loss (``-``: standard input).
    """
    model, quantities = _model(name, wrt, loss)
    steps = [step for line in model.definitions for step in _introduced(line)]
    steps += dict.fromkeys(s for x in quantities for s in derivation_from_loss(model, x))
    code = ""
    if format in ("numpy", "torch"):
        code = value_and_gradient(model, wrt=quantities, backend=format).source
    if as_json:
        lines = [
            {"equation": latex_equation(step.equation, model), "reason": step.reason}
            for step in steps
        ]
        body = {"schema": SCHEMA, "model": name, "wrt": ", ".join(quantities), "steps": lines}
        print_json({**body, "source": code or None})
    elif code:
        print(code)
    elif format == "latex":
        print(derivation(steps, model))
    else:
        _print_steps(steps, model)
    return 0


def _model(name: str, wrt: Sequence[str], loss: str) -> tuple[Model, list[str]]:
    """Return the model that is meant, and the quantities in its names."""
    is_file = name == STANDARD_INPUT or LOOKS_LIKE_A_FILE.search(name) or Path(name).exists()
    if name in MODELS or not is_file:
        if loss:
            raise ValueError("`--loss` chooses a scalar of a document; a model has one loss.")
        return model_named(name), list(wrt)
    from proofs_checks.claims.losses import quantity_named

    model = _read(name, loss)
    return model, [quantity_named(model, x) for x in wrt]


def _introduced(line: Definition) -> tuple[ProofStep, ...]:
    """Return the line that says what a name stands for that the document does not have."""
    if not line.title.startswith(ARGUMENT):
        return ()
    return chain(line.symbol, (line.value, f"name for the {line.title}"))


def _read(name: str, loss: str) -> Model:
    """Return the model of the loss in a file, a folder or an archive that holds one document."""
    from proofs_checks.claims.losses import read_loss

    with named_in_refusals(name):
        found = documents_named(name)
        if len(found) != 1:
            names = ", ".join(opened.name for opened in found) or "none"
            raise ValueError(f"`{name}` must hold one document; it holds {names}. Name one file.")
        return read_loss(found[0].read(), found[0].name, loss)


def _chains(steps: Sequence[ProofStep]) -> list[list[ProofStep]]:
    """Group steps whose left side is the right side before."""
    chains: list[list[ProofStep]] = []
    for step in steps:
        if chains and chains[-1][-1].right == step.left:
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


def _print_steps(steps: Sequence[ProofStep], model: Model) -> None:
    """Print a derivation with one line a step; a chain goes on with "= ..." lines."""
    rows = []
    for members in _chains(steps):
        first, *others = map(
            as_text, latex_chain([members[0].left, *(s.right for s in members)], model)
        )
        lefts = [first, *[""] * (len(others) - 1)]
        reasons = (step.reason for step in members)
        for row, before in zip(
            zip(lefts, others, reasons, strict=True), [first, *others], strict=False
        ):
            if row[1] != before:  # contracting a silent delta changes nothing that is printed
                rows.append(row)
    widths = [max(len(row[n]) for row in rows) for n in (0, 1)]
    for left, right, reason in rows:
        print(f"{left:>{widths[0]}} = {right:<{widths[1]}}   {reason}")
