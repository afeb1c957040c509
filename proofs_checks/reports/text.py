"""LaTeX mathematics as one line of unicode text, for terminals."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pylatexenc.latex2text import (
    LatexNodes2Text,
    MacroTextSpec,
    get_default_latex_context_db,
)
from pylatexenc.latexwalker import LatexWalker, LatexWalkerError

__all__ = ["as_text", "symbol_as_text"]

CONTROL = re.compile(r"\\([A-Za-z]+|.|$)")
FAITHFUL = frozenset(
    "mathrm text operatorname mathbf mathcal mathbb mathsf mathtt mathit mathfrak bar dot ddot hat "
    "tilde top frac".split()
)  # what the converter writes so that it can be told from what is without it
LONGEST_SYMBOL = 200  # characters
SCRIPT = re.compile(r"[_^]\s*\{")
ONE = re.compile(r"[-+]?[^\W_]+(,[^\W_]+)*[′'*]*|\([^()]*\)|[^\w\s]")
"""A script that is one thing on a line: letters, a number with its sign, a bracket, a star."""


def as_text(latex: str) -> str:
    """Return LaTeX mathematics as unicode; fractions and scripts keep the brackets they need."""
    return " ".join(_converter().latex_to_text(_scripts(latex)).split())


def _scripts(latex: str) -> str:
    """Return LaTeX in which every script that would run into what follows stands in brackets."""
    out, at = "", 0
    for found in SCRIPT.finditer(latex):
        end = _closed(latex, found.end() - 1)
        if found.start() < at or end is None:
            continue
        inner = _scripts(latex[found.end() : end])
        is_one = ONE.fullmatch(as_text(inner)) is not None
        out += latex[at : found.end()] + (f"{inner}}}" if is_one else f"({inner})}}")
        at = end + 1
    return out + latex[at:]


def _closed(latex: str, opening: int) -> int | None:
    """Return where the brace closes that opens at ``opening``; None if nowhere."""
    walker = LatexWalker(latex, tolerant_parsing=False)
    try:
        _, start, length = walker.get_latex_braced_group(opening)
    except LatexWalkerError:
        return None
    return start + length - 1


def symbol_as_text(latex: str) -> str:
    r"""Return a symbol as unicode; as it is where that would lose something (``\widehat{y}``)."""
    if len(latex) > LONGEST_SYMBOL or re.search(r"[$%&~#`\"]", latex):
        return latex
    if not all(_is_kept(name) for name in CONTROL.findall(latex)):
        return latex
    return as_text(latex) or latex


def _is_kept(control: str) -> bool:
    if control in FAITHFUL:
        return True
    replacement = getattr(_context().get_macro_spec(control), "simplify_repl", None)
    return isinstance(replacement, str) and replacement.strip() != "" and "%" not in replacement


@cache
def _context() -> Any:
    return get_default_latex_context_db()


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
