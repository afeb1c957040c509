r"""Cuts a display into rows at ``\\``, and rows into parts at whatever separates equations.

A block that stands for itself (``aligned`` inside ``\[..\]``, a ``cases`` that holds equations)
has rows of the display; the lines of a block inside a formula only break it for the eye.  In
``align`` and its kin every second ``&`` separates two equations of one row; in ``eqnarray`` and
``array`` none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import (
    CONNECTING_WORDS,
    DEFINITIONS,
    LOOSE_OPERATORS,
    QUADS,
    function_named,
)
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.tidy import is_relation

__all__ = ["DOTS", "Part", "Row", "depth_step", "is_equality", "joins", "parts", "relations_in",
           "rows"]  # fmt: skip

_BLOCKS = frozenset(
    "align alignat flalign xalignat gather multline eqnarray equation split aligned alignedat "
    "gathered array IEEEeqnarray cases".split()
)
# Those whose lines, inside a formula, are broken for the eye only.
_LINES = _BLOCKS - {"cases", "array"}
_TABLES = frozenset(
    "cases matrix bmatrix pmatrix vmatrix Bmatrix Vmatrix smallmatrix array".split()
)
"""Those whose rows and cells are entries."""
_THREE_COLUMNS = frozenset(["eqnarray", "array", "IEEEeqnarray", "cases"])
_ONE_EQUATION = frozenset(["multline", "dmath"])
DOTS = ("ldots", "dots", "cdots", "dotsc", "dotsb")
INTEGRALS = ("int", "iint", "iiint", "oint")
_UPRIGHT_SEPARATORS = frozenset(["and", "or", "where", "if", "for", "with"])


@dataclass(frozen=True)
class Row:
    """One row: its lexemes, the environment that says what ``&`` means, its labels and tags."""

    lexemes: list[Lexeme]
    base: str
    remarks: list[Lexeme]


@dataclass
class Part:
    """A stretch of lexemes between two separators.

    ``before`` is the separator in front ("", "row", "cell", "list", "quad", "text"); ``words``
    the text in front; ``indented`` when its row has a ``&`` before anything else.
    """

    lexemes: list[Lexeme]
    before: str
    words: str = ""
    indented: bool = False
    row: int = 0


def is_equality(lexeme: Lexeme) -> bool:
    """Tell whether a lexeme makes a claim or a definition."""
    return lexeme.sign("=") or (lexeme.kind == "command" and lexeme.text in DEFINITIONS)


def depth_step(lexeme: Lexeme) -> int:
    """Return how much deeper in brackets the text is after this lexeme."""
    if lexeme.kind == "sign":
        return (lexeme.text in "([{") - (lexeme.text in ")]}")
    if lexeme.kind == "command":
        return (lexeme.text in {"{", "langle"}) - (lexeme.text in {"}", "rangle"})
    return (lexeme.kind == "begin") - (lexeme.kind == "end")


def relations_in(content: list[Lexeme]) -> Iterator[Lexeme]:
    """Yield the relations that stand outside every bracket."""
    depth = 0
    for lexeme in content:
        depth = max(0, depth + depth_step(lexeme))
        if depth == 0 and is_relation(lexeme):
            yield lexeme


def rows(found: list[Lexeme], base: str) -> Iterator[Row]:
    r"""Yield the rows of a display whose environment is ``base`` (without a star).

    Raises `Refusal` for a ``\\`` inside a formula where the lines do not visibly join, and for
    matrices.
    """
    row: list[Lexeme] = []
    marks: list[Lexeme] = []
    blocks: list[str] = []
    opened: list[str] = []  # blocks whose rows are rows of the display
    depth = 0
    for i, lexeme in enumerate(found):
        if depth == 0 and lexeme.kind == "begin" and _opens_rows(found, i, row):
            if row:
                yield Row(row, opened[-1] if opened else base, marks)
                row, marks = [], []
            opened.append(lexeme.text.rstrip("*"))
            continue
        if depth == 0 and lexeme.kind == "end" and opened:
            yield Row(row, opened.pop(), marks)
            row, marks = [], []
            continue
        depth = max(0, depth + depth_step(lexeme))
        _follow(blocks, lexeme)
        if lexeme.kind in {"label", "tag"}:
            marks.append(lexeme)
        elif lexeme.kind != "row" or (blocks and blocks[-1] in _TABLES):
            row.append(lexeme)
        elif depth == 0 and base not in _ONE_EQUATION:
            yield Row(row, opened[-1] if opened else base, marks)
            row, marks = [], []
        elif not blocks or blocks[-1] in _LINES:
            _check_joined(row, found[i + 1 : i + 6], lexeme)
        if blocks and blocks[-1] in _LINES and lexeme.sign("&"):
            _check_aligned(found[i - 1], found[i + 1])
    yield Row(row, base, marks)


def _opens_rows(found: list[Lexeme], at: int, row: list[Lexeme]) -> bool:
    """Tell whether the block that begins here stands for itself: its rows are equations."""
    base = found[at].text.rstrip("*")
    if base not in _BLOCKS:
        return False
    before = next((x for x in reversed(row) if not x.sign("&")), None)
    alone = before is None or before.sign(",", ";") or before.command(*QUADS)
    return alone and (base != "cases" or _holds_equations(found[at + 1 :]))


def _check_joined(row: list[Lexeme], following: list[Lexeme], mark: Lexeme) -> None:
    """Refuse a line break inside a formula that no sign on either side of it bridges."""
    before = next((x for x in reversed(row) if not _is_layout(x)), mark)
    after = next((x for x in following if not _is_layout(x)), mark)
    if before.kind in {"begin", "row"} or after.kind in {"end", "row"}:
        return
    if any(joins(x) or is_relation(x) for x in (before, after)):
        return
    raise Refusal(
        "this line break stands inside a formula, and no sign joins the lines",
        mark.span,
        expected="a sign before or after it",
    )


def _is_layout(lexeme: Lexeme) -> bool:
    return lexeme.sign("&") or lexeme.command(*QUADS) or lexeme.kind in {"label", "tag"}


def _check_aligned(before: Lexeme, after: Lexeme) -> None:
    """Refuse a ``&`` inside a formula that separates two entries instead of aligning a line."""
    line_begins = before.kind in {"begin", "row"} or before.sign("&")
    if not line_begins and not any(joins(x) or is_relation(x) for x in (before, after)):
        raise Refusal(
            "matrices written entry by entry are not in the claims language",
            before.span.to(after.span),
            expected="entries by indices",
        )


def joins(lexeme: Lexeme) -> bool:
    """Tell whether a lexeme needs something on both of its sides."""
    if lexeme.kind == "command":
        return lexeme.text in LOOSE_OPERATORS
    return lexeme.sign("+", "-", "*", "/")


def parts(row: Row, number: int) -> Iterator[Part]:
    """Yield the parts of a row, the ``number``-th of its display."""
    part = Part([], "row" if number else "", row=number)
    blocks: list[str] = []
    depth, cell, seen = 0, 0, False
    integrals = 0  # whose dx is to come: the comma of \int f(x), dx parts nothing
    for i, lexeme in enumerate(row.lexemes):
        integrals += lexeme.command(*INTEGRALS)
        integrals -= integrals and lexeme.kind == "letter" and lexeme.text == "d"
        depth = max(0, depth + depth_step(lexeme))
        _follow(blocks, lexeme)
        if lexeme.kind in {"begin", "end"} and lexeme.text.rstrip("*") in _LINES:
            continue
        if lexeme.sign("&") and not (blocks and blocks[-1] in _TABLES):
            if depth == 0:
                cell += 1
                part.indented = part.indented or not seen
                if row.base not in _THREE_COLUMNS and cell % 2 == 0:
                    yield part
                    part = Part([], "cell", row=number)
            continue
        separator = _separator(lexeme, row.lexemes, i) if depth == 0 and not integrals else None
        if separator is None:
            part.lexemes.append(lexeme)
            seen = True
        elif part.before == "text" and not part.lexemes and separator in {"text", "quad"}:
            part.words += f" {lexeme.text}" if separator == "text" else ""
        else:
            yield part
            part = Part([], separator, lexeme.text if separator == "text" else "", row=number)
            if lexeme.command("forall"):
                part.lexemes.append(lexeme)
    yield part


def _follow(blocks: list[str], lexeme: Lexeme) -> None:
    if lexeme.kind == "begin":
        blocks.append(lexeme.text.rstrip("*"))
    elif lexeme.kind == "end" and blocks:
        blocks.pop()


def _holds_equations(inside: list[Lexeme]) -> bool:
    """Tell whether the first cell of a ``cases`` holds an equation: then it is a system.

    So it is where a block of lines stands in it.
    """
    first = next((x for x in inside if not _is_layout(x) and x.kind != "row"), None)
    if first is not None and first.kind == "begin":
        return first.text.rstrip("*") in _LINES
    for lexeme in inside:
        if lexeme.sign("&") or lexeme.kind == "row":
            return False
        if is_equality(lexeme):
            return True
    return False


def _separator(lexeme: Lexeme, row: list[Lexeme], i: int) -> str | None:
    if lexeme.sign(",", ";"):
        return "list"
    if lexeme.kind == "command" and lexeme.text in QUADS:
        return "quad"
    if lexeme.command("because", "therefore"):
        return "quad"  # signs between equations, as a space is
    if lexeme.command("forall"):
        return "list" if i else None
    if lexeme.kind == "text" and _is_comment(lexeme, row, i):
        return "text"
    if lexeme.kind == "word" and lexeme.text.lower() in _UPRIGHT_SEPARATORS:
        return "text"
    return None


def _is_comment(lexeme: Lexeme, row: list[Lexeme], i: int) -> bool:
    r"""Tell a remark from a name such as ``\text{loss}(x)`` or ``L_\text{CE}``."""
    if i and row[i - 1].sign("_", "^"):
        return False
    words = re.findall(r"[^\W\d_]+", lexeme.text.lower())
    if words and words[0] in CONNECTING_WORDS:
        return True
    if function_named(lexeme.text) is not None:
        return False
    following = row[i + 1] if i + 1 < len(row) else None
    return len(words) != 1 or following is None or not following.sign("(", "[", "_", "^")
