"""LaTeX mathematics as one line of unicode text, for terminals."""

from __future__ import annotations

from functools import cache
from typing import Any

from pylatexenc.latex2text import (
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)

__all__ = ["as_text"]


def as_text(latex: str) -> str:
    """Return LaTeX mathematics as unicode; fractions keep the brackets they need on a line."""
    return " ".join(_converter().latex_to_text(latex).split())


@cache
def _converter() -> LatexNodes2Text:
    context: Any = get_default_latex_context_db()
    macros = [
        MacroTextSpec("frac", simplify_repl=_fraction),
        MacroTextSpec("log", simplify_repl="log "),
        MacroTextSpec("top", simplify_repl="⊤ "),
    ]
    context.add_context_category("one-line", prepend=True, macros=macros)
    return LatexNodes2Text(math_mode="text", latex_context=context)


def _fraction(node: Any, l2tobj: LatexNodes2Text) -> str:
    above, below = (str(l2tobj.node_arg_to_text(node, n)).strip() for n in (0, 1))
    if above.startswith(("∂", "d")) and below.startswith(("∂", "d")):
        return f"{above}/{below}"
    text = "/".join(f"({x})" if any(c in x for c in " +-") else x for x in (above, below))
    return f"({text})"
