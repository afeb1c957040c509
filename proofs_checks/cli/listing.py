"""`proofhead laws` and `latex`: showing what the theory holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from proofs_checks.cli.outputs import LATEX, PDF, checked_output
from proofs_checks.cli.selection import selected_laws
from proofs_checks.cli.standard_output import print_json
from proofs_checks.reports import print_laws
from proofs_checks.reports.machine import SCHEMA
from theory.files import write_atomically
from theory.latex import compile_pdf, document
from theory.latex import equation as latex_equation
from theory.models import model_named

__all__ = ["run_latex", "run_laws"]


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
    print_json({"schema": SCHEMA, "laws": entries})
    return 0


def run_latex(
    names: Sequence[str],
    paper: str | None,
    output: Path,
    *,
    pdf: bool,
    force: bool,
    as_json: bool,
    fragment: bool = False,
) -> int:
    """Write the document, and compile it where asked; or a part for the reader's own document.

    The PDF stands beside it.
    """
    if fragment and pdf:
        raise ValueError(
            "a fragment has no preamble to compile with; drop `--pdf` or `--fragment`."
        )
    checked_output(output, LATEX, force=force)
    if pdf:
        checked_output(output.with_suffix(".pdf"), PDF, force=force)
    source = document(selected_laws(names, paper), fragment=fragment)
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
