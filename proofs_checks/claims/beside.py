r"""What stands beside an equation and is none: (1), (Mean), i = j."""

from __future__ import annotations

from itertools import pairwise

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.places import touch
from proofs_checks.claims.rows import depth_step
from proofs_checks.claims.tidy import is_relation

__all__ = ["in_brackets", "is_manual_tag", "names_case", "without_heading"]


def in_brackets(content: list[Lexeme]) -> list[Lexeme]:
    """Return what is inside when the whole content is one pair of brackets."""
    if len(content) < 3 or not content[0].sign("(", "["):
        return []
    depth = 0
    for i, lexeme in enumerate(content):
        depth += depth_step(lexeme)
        if depth == 0:
            return content[1:-1] if i == len(content) - 1 else []
    return []


def without_heading(content: list[Lexeme]) -> list[Lexeme]:
    r"""Return a part without a word in brackets before it: ``(Mean) \mu = ...``."""
    end = next((i for i, x in enumerate(content) if x.sign(")")), 0)
    letters = content[1:end]
    if len(letters) < 4 or not content[0].sign("(") or any(x.kind != "letter" for x in letters):
        return content
    is_word = touch(letters) and "".join(x.text for x in letters).istitle()
    after = content[end + 1 :]
    return after if is_word and after and not is_relation(after[0]) else content


def names_case(content: list[Lexeme], equation: list[Lexeme]) -> bool:
    r"""Tell whether ``i = j`` or ``k = 1`` beside an equation is about its subscripts."""
    if len(content) != 3 or content[0].kind != "letter" or not content[1].sign("="):
        return False
    found: set[str] = set()
    depth = 0  # in the braces of a subscript
    for before, lexeme in pairwise(equation):
        if before.sign("_"):
            depth = lexeme.sign("{")
            found.add(lexeme.text)
        elif depth:
            depth += lexeme.sign("{") - lexeme.sign("}")
            found.add(lexeme.text)
    return content[0].text in found and (content[2].kind == "number" or content[2].text in found)


def is_manual_tag(content: list[Lexeme]) -> bool:
    """Tell whether a part is a number or a mark in brackets: (1), (*)."""
    inner = in_brackets(content)
    return len(inner) == 1 and (
        inner[0].kind == "number"
        or inner[0].sign("*")
        or inner[0].command("star", "ast", "dagger", "ddagger")
    )
