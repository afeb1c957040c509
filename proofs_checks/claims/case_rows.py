r"""The columns of ``cases``: the ``&`` before the condition, also where the author left it out.

People write ``a & \text{if } j = k``, ``a, & j = k``, ``a \quad \text{if } j = k`` and
``a & \text{for $j = k$,}``.  All of them become ``a & j = k``.
"""

from __future__ import annotations

import re

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.notation import QUADS
from proofs_checks.claims.problems import Refusal

__all__ = ["with_columns"]

_IF = frozenset(["if", "for", "when", "whenever", "where", "provided", "in", "all", "case"])
_OTHERWISE = frozenset(["otherwise", "else", "elsewhere"])


def with_columns(found: list[Lexeme]) -> list[Lexeme]:
    r"""Return the lexemes with every row of every ``cases`` in two columns.

    Raises `Refusal` for conditions joined by "or".
    """
    if not any(x.kind == "begin" and x.text == "cases" for x in found):
        return found
    out: list[Lexeme] = []
    # For every open environment: has its row had its "&" yet?  None outside of cases.
    rows: list[bool | None] = []
    for lexeme in found:
        inside = bool(rows) and rows[-1] is not None
        if lexeme.kind == "begin":
            rows.append(False if lexeme.text == "cases" else None)
        elif lexeme.kind in {"end", "row"} and inside:
            _drop_commas(out)
            rows[-1] = False
            rows[-1:] = rows[-1:] if lexeme.kind == "row" else []
        elif lexeme.kind == "end":
            rows[-1:] = []
        elif lexeme.sign("&") and inside:
            if rows[-1]:
                continue  # a third column holds nothing of its own
            _drop_commas(out)
            rows[-1] = True
        elif inside and lexeme.kind in {"text", "word"}:
            words = re.findall(r"[^\W\d_]+", lexeme.text.lower())
            if words and (words[0] in _IF | _OTHERWISE or rows[-1]):
                if not rows[-1]:
                    _drop_commas(out)
                    out.append(Lexeme("sign", "&", lexeme.span))
                    rows[-1] = True
                out.extend(_meaning(words, lexeme))
                continue
        elif inside and lexeme.kind == "command" and lexeme.text in QUADS:
            continue
        out.append(lexeme)
    return out


def _drop_commas(out: list[Lexeme]) -> None:
    while out and out[-1].sign(",", ".", ";"):
        out.pop()


def _meaning(words: list[str], lexeme: Lexeme) -> list[Lexeme]:
    """Return what a text beside a condition adds to it."""
    if words[0] in _OTHERWISE:
        return [Lexeme("command", "otherwise", lexeme.span)]
    if words[0] in {"or", "unless", "except"}:
        raise Refusal(f"a condition with `{words[0]}` is not read", lexeme.span)
    if words[0] == "and":
        return [Lexeme("sign", ",", lexeme.span)]
    return []
