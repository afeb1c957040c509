"""`proofhead laws`, `derive` and `latex`: showing what the theory holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from proofs_checks.cli.outputs import LATEX, PDF, checked_output
from proofs_checks.cli.selection import selected_laws
from proofs_checks.reports import print_laws
from proofs_checks.reports.machine import SCHEMA
from proofs_checks.reports.text import as_text
from theory.codegen import value_and_gradient
from theory.files import write_atomically
from theory.latex import chain as latex_chain
from theory.latex import compile_pdf, derivation, document
from theory.latex import equation as latex_equation
from theory.laws import ProofStep
from theory.laws.from_loss import derivation_from_loss
from theory.models import Model, model_named

__all__ = ["run_derive", "run_latex", "run_laws"]


def run_laws(paper: str | None, *, as_json: bool) -> int:
    """List the catalogue."""
    laws = selected_laws([], paper)
    if not as_json:
        print_laws(Console(), laws)
        return 0
    entries = []
    for law in laws:
        model = model_named(law.models[0])
        entries.append(
            {
                "name": law.name,
                "title": law.title,
                "statement": latex_equation(law.statement(model), model, law.order),
                "source": asdict(law.citation),
                "assumptions": [*law.assumptions, *(c.text for c in model.constraints)],
                "models": list(law.models),
            }
        )
    print(json.dumps({"schema": SCHEMA, "laws": entries}, ensure_ascii=False, indent=1))
    return 0


def run_derive(name: str, wrt: str, format: str, *, as_json: bool) -> int:
    """Print the derivation of dL/d wrt, or the code that computes it."""
    model = model_named(name)
    steps = derivation_from_loss(model, wrt)
    lines = [
        {"equation": latex_equation(step.equation, model), "reason": step.reason} for step in steps
    ]
    code = ""
    if format in ("numpy", "torch"):
        code = value_and_gradient(model, wrt=[wrt], backend=format).source
    if as_json:
        body = {"schema": SCHEMA, "model": name, "wrt": wrt, "steps": lines, "source": code or None}
        print(json.dumps(body, ensure_ascii=False, indent=1))
    elif code:
        print(code)
    elif format == "latex":
        print(derivation(steps, model))
    else:
        _print_steps(steps, model)
    return 0


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


def run_latex(
    names: Sequence[str], paper: str | None, output: Path, *, pdf: bool, force: bool, as_json: bool
) -> int:
    """Write the document, and compile it where asked; the PDF stands beside it."""
    checked_output(output, LATEX, force=force)
    if pdf:
        checked_output(output.with_suffix(".pdf"), PDF, force=force)
    source = document(selected_laws(names, paper))
    write_atomically(output, source)
    written = [str(output)]
    if pdf:
        target = output.with_suffix(".pdf")
        compile_pdf(source, target)
        written.append(str(target))
    if as_json:
        print(json.dumps({"schema": SCHEMA, "written": written}))
    else:
        print(f"wrote {' and '.join(written)}", file=sys.stderr)
    return 0
