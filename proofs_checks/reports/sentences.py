r"""Sentences of the reader and the judges as HTML, with the mathematics in them set.

    nothing says what P_theta is                       names of symbols, as the reader spells them
    `\log \frac{p}{q}` was read as the log of ...      what stands in backticks: LaTeX, or code
    the baseline $\mathbb{E}_{\alpha_i}[b]$ is ...     what stands between $ signs

Everything else is escaped text.  Hypotheses are shown as the equations that they are.
"""

from __future__ import annotations

import re
from html import escape

from proofs_checks.reports.mathml import as_mathml, as_written, mathml
from proofs_checks.reports.wording import one_line, printable
from theory.latex.names import GREEK, name_of, subscripted

__all__ = ["as_html", "hypothesis", "mixed", "name_as_html"]

STEM = rf"(?:[A-Za-z]|[A-Z]{{2,3}}|prob|eps|{'|'.join(sorted(GREEK))})"
NAME = re.compile(  # a, A and I are words as well, so that they stay as they are
    rf"(?<![\w\\./'^-])({STEM}(?:_[^\W_]+'*|_\.[\w.|']*[\w'])+"
    rf"|{'|'.join(sorted(GREEK - {'ell'}))}|[B-HJ-Zb-z])(?![\w'(/-]|\.\w)"
)
LATEX = re.compile(
    r"((?<!\S)[^\s\\]{0,9}\\\S*(?:\s+(?:[^\s\\]{0,3}\\\S*|[A-Za-z<>=+-](?!\w)\S*))*[^\s,.])"
)
SHAPE = re.compile(r"\b(?:matrix|array) \w+(?: x \w+)+")
LETTERS = re.compile(r"([A-Za-z]+)(?:_([A-Za-z0-9]+))?")
COMMAND = re.compile(r"\\([A-Za-z]+)")


def as_html(text: str, *, to_write: bool = False) -> str:
    """Return a sentence as HTML, its symbols and what it quotes set as mathematics or code.

    Advice on what to write (``to_write``) quotes LaTeX as code.
    """
    pieces = one_line(text).split("`")
    if len(pieces) % 2 == 0:  # a backtick without its partner
        return mixed(text)
    quoted = _code if to_write else _quoted
    return "".join(quoted(p) if n % 2 else _plain(p) for n, p in enumerate(pieces))


def mixed(text: str) -> str:
    """Return a sentence as HTML: what stands between $ signs as mathematics, the rest escaped."""
    pieces = text.split("$")
    if len(pieces) % 2 == 0:  # a $ without its partner
        return escape(printable(text))
    return "".join(mathml(p) if n % 2 else _with_names(p) for n, p in enumerate(pieces))


def name_as_html(name: str) -> str:
    """Return the name of a symbol or a size, as the reader spells it, as mathematics."""
    return mathml(subscripted(name_of(name)))


def hypothesis(text: str) -> str:
    """Return a hypothesis that a proof used as an equation, where it is one.

    ``text`` is how its model names it: the author's LaTeX, or letters such as "sum_c y_ic = 1".
    """
    if "\\" in text:
        return as_written(text) or as_html(text)
    is_formula = "=" in text and re.search(r"(?<![A-Za-z])(?!sum_)[A-Za-z]{4,} ", text) is None
    return (as_mathml(LETTERS.sub(_letters, text)) if is_formula else "") or as_html(text)


def _letters(match: re.Match[str]) -> str:
    stem = rf"\{match[1]}" if match[1] == "sum" or match[1] in GREEK else match[1]
    return f"{stem}_{{{match[2]}}} " if match[2] else f"{stem} "


def _quoted(text: str) -> str:
    r"""Return what stands in backticks: LaTeX with a meaning is set, words and commands are code.

    A sentence that quotes \because or \text{...} speaks of the command itself.
    """
    command = COMMAND.fullmatch(text)
    names_it = command is not None and command[1] not in GREEK or "..." in text or "%" in text
    if text in GREEK:
        return name_as_html(text)
    is_word = "\\" not in text and re.search(r"[A-Za-z]{2}", text) is not None
    if not names_it and not is_word and text[-1:].isalnum() | text.endswith(("}", ")", "]")):
        shown = as_written(text)
        if shown:
            return shown
    return _code(text)


def _code(text: str) -> str:
    return f"<code>{escape(printable(text))}</code>"


def _plain(text: str) -> str:
    """Return what stands outside of backticks; LaTeX is code there."""
    pieces = [text] if "$" in text else LATEX.split(text)
    return "".join(_code(p) if n % 2 else mixed(p) for n, p in enumerate(pieces))


def _with_names(text: str) -> str:
    """Return text escaped, with the names of symbols in it set."""
    shown = SHAPE.sub(lambda m: m[0].replace(" x ", " \u00d7 "), printable(text))
    pieces = NAME.split(shown)
    return "".join(name_as_html(p) if n % 2 else escape(p) for n, p in enumerate(pieces))
