r"""How laws and models show themselves in a notebook: LaTeX that MathJax sets, and HTML around it.

Objects call these from `_repr_latex_` and `_repr_html_`, which notebooks ask for.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from theory.latex.statements import chain, equation
from theory.models import model_named
from theory.models.model import Model

if TYPE_CHECKING:
    from theory.laws.law import Law

__all__ = ["law_html", "law_latex", "model_latex"]


def law_latex(law: Law) -> str:
    """Return the statement of a law, in the symbols of its first model, as a display."""
    model = model_named(law.models[0])
    return rf"$\displaystyle {equation(law.statement(model), model, law.order)}$"


def law_html(law: Law) -> str:
    """Return title, statement, assumptions, source and models of a law."""
    rows = [
        ("assumptions", "; ".join(law.assumptions)),
        ("source", ", ".join(filter(None, (law.citation.key, law.citation.place)))),
        ("models", ", ".join(law.models)),
    ]
    small = "".join(f"<br><small>{name}: {escape(text)}</small>" for name, text in rows if text)
    return (
        f"<div><b>{escape(law.title)}</b> <code>{escape(law.name)}</code>"
        f"<p>{escape(law_latex(law))}</p>{small.removeprefix('<br>')}</div>"
    )


def model_latex(model: Model) -> str:
    """Return the definitions of a model, one a line, and its hypotheses."""
    lines = [chain([line.symbol, line.value], model) for line in model.definitions]
    rows = [f"{left} &= {right}" for left, right in lines]
    held = [equation(c.equation, model).replace("=", "&=", 1) for c in model.constraints]
    rows += [rf"\text{{where }} {text}" for text in held]
    return "$\\displaystyle \\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"
