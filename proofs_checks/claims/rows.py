r"""Cuts a display into rows at ``\\``, and rows into parts at whatever separates equations.

A display that is one block (``aligned`` inside ``\[..\]``, a ``cases`` that holds equations) has
the rows of the block; the lines of a block inside a formula only break it for the eye.  In
``align`` and its kin every second ``&`` separates two equations of one row; in ``eqnarray`` and
``array`` none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import DEFINITIONS, QUADS, function_named

__all__ = ["Part", "Row", "depth_step", "is_equality", "parts", "rows"]

_BLOCKS = frozenset(
    "align alignat flalign xalignat gather multline eqnarray equation split aligned alignedat "
    "gathered array IEEEeqnarray cases".split()
)
_THREE_COLUMNS = frozenset(["eqnarray", "array", "IEEEeqnarray", "cases"])
_ONE_EQUATION = frozenset(["multline", "dmath"])
_CONNECTING_WORDS = frozenset(
    "if for when whenever provided assuming given such all any each every unless except and where "
    "with so thus hence then while since because or i.e. by using from as in on to otherwise else "
    "that which we have also but therefore namely e.g. see cf".split()
)
_UPRIGHT_SEPARATORS = frozenset(["and", "where", "if", "for", "with"])


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


def rows(found: list[Lexeme], base: str) -> Iterator[Row]:
    """Yield the rows of a display whose environment is ``base`` (without a star)."""
    remarks = [x for x in found if x.kind in {"label", "tag"}]
    block = _whole_block([x for x in found if x.kind not in {"label", "tag"}])
    if block is not None:
        first = next(i for i, x in enumerate(found) if x.kind == "begin")
        last = next(i for i in range(len(found) - 1, -1, -1) if found[i].kind == "end")
        yield from rows(found[first + 1 : last], block)
        inner = {x.span for x in found[first:last]}
        yield Row([], block, [x for x in remarks if x.span not in inner])
        return
    row: list[Lexeme] = []
    marks: list[Lexeme] = []
    blocks: list[str] = []
    depth = 0
    for lexeme in found:
        depth = max(0, depth + depth_step(lexeme))
        _follow(blocks, lexeme)
        if lexeme.kind in {"label", "tag"}:
            marks.append(lexeme)
        elif lexeme.kind != "row" or (blocks and blocks[-1] == "cases"):
            row.append(lexeme)
        elif depth == 0 and base not in _ONE_EQUATION:
            yield Row(row, base, marks)
            row, marks = [], []
    yield Row(row, base, marks)


def parts(row: Row, number: int) -> Iterator[Part]:
    """Yield the parts of a row, the ``number``-th of its display."""
    part = Part([], "row" if number else "", row=number)
    blocks: list[str] = []
    depth, cell, seen = 0, 0, False
    for i, lexeme in enumerate(row.lexemes):
        depth = max(0, depth + depth_step(lexeme))
        _follow(blocks, lexeme)
        if lexeme.kind in {"begin", "end"} and lexeme.text.rstrip("*") in _BLOCKS - {"cases"}:
            continue
        if lexeme.sign("&") and not (blocks and blocks[-1] == "cases"):
            if depth == 0:
                cell += 1
                part.indented = part.indented or not seen
                if row.base not in _THREE_COLUMNS and cell % 2 == 0:
                    yield part
                    part = Part([], "cell", row=number)
            continue
        separator = _separator(lexeme, row.lexemes, i) if depth == 0 else None
        if separator is None:
            part.lexemes.append(lexeme)
            seen = True
        elif separator == "text" and part.before == "text" and not part.lexemes:
            part.words += " " + lexeme.text
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


def _whole_block(plain: list[Lexeme]) -> str | None:
    """Return the block of rows that the lexemes are, or None when they are something else."""
    end = len(plain)
    while end and (plain[end - 1].sign(",", ".", ";") or plain[end - 1].command(*QUADS)):
        end -= 1
    if end < 2 or plain[0].kind != "begin" or plain[end - 1].kind != "end":
        return None
    base = plain[0].text.rstrip("*")
    depth = 0
    for lexeme in plain[: end - 1]:
        depth += (lexeme.kind == "begin") - (lexeme.kind == "end")
        if depth == 0:
            return None
    if base == "cases" and not _holds_equations(plain[1:end]):
        return None
    return base if base in _BLOCKS else None


def _holds_equations(inside: list[Lexeme]) -> bool:
    """Tell whether the first cell of a ``cases`` holds an equation: then it is a system."""
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
    if words and words[0] in _CONNECTING_WORDS:
        return True
    if function_named(lexeme.text) is not None:
        return False
    following = row[i + 1] if i + 1 < len(row) else None
    return len(words) != 1 or following is None or not following.sign("(", "[", "_", "^")
