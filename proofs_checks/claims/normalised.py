r"""What a document says in passing of the sum of a symbol's entries.

    "where $y$ is one-hot"                 \sum_k y_k = 1
    \underbrace{\sum_j y_j}_{= 1}          \sum_j y_j = 1

Labels that are one-hot sum to one, which is what the gradients of a cross-entropy need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.equations import Equation, Relation
from proofs_checks.claims.lexemes import after_group
from proofs_checks.claims.parser import parse_formula
from proofs_checks.claims.problems import Refusal, Refusals
from proofs_checks.claims.prose import Prose

__all__ = ["sums_to_one"]

UNDERBRACE = re.compile(r"\\underbrace\s*(?=\{)")
IS_ONE = re.compile(r"\s*_\s*(?:\{\s*=\s*1\s*\})")
ONE_HOT_AFTER = re.compile(
    r"[$)\\]*\s*(?:\(?(?:is|be|are|as|denotes?|being|,|:)\s+(?:(?:the|a|an|our|its)\s+)?"
    r"(?:[a-z]+\s+){0,2}?|[\u662f\u4e3a\u70ba]\s*)one[- ]hot\b",  # also Chinese: is
    re.IGNORECASE,
)
ONE_HOT_BEFORE = re.compile(r"\bone[- ]hot(?:[- ][a-z]+){0,4}\s*[$(\\]*\Z", re.IGNORECASE)
REACH = 60  # characters of the sentence that are looked at


def sums_to_one(prose: Prose, inline: Sequence[tuple[int, int]]) -> Iterator[Equation]:
    """Yield the equations that say of a symbol that its entries sum to one."""
    text = prose.view.text
    for match in UNDERBRACE.finditer(text):
        try:
            end, _ = after_group(prose.view, match.end(), len(text), prose.view.span(*match.span()))
            if IS_ONE.match(text, end):
                yield _is_one(prose, _parsed(prose, match.end() + 1, end - 1), match.start(), end)
        except (Refusal, Refusals):
            continue
    for start, end in inline:
        around = text[max(0, start - REACH) : start], text[end : end + REACH]
        if end - start > 40 or not (
            ONE_HOT_BEFORE.search(around[0]) or ONE_HOT_AFTER.match(around[1])
        ):
            continue
        try:
            total = _total(_parsed(prose, start, end), text)
        except (Refusal, Refusals):
            continue
        if total is not None:
            yield _is_one(prose, total, start, end)


def _parsed(prose: Prose, start: int, end: int) -> tree.Node:
    return parse_formula(prose.lexemes(start, end), prose.limits)


def _is_one(prose: Prose, total: tree.Node, start: int, end: int) -> Equation:
    span = prose.view.span(start, end)
    line, column = prose.source.place(span.start)
    one = tree.Number("1", span=span)
    relation = Relation("equality", span)
    return Equation((total, one), (relation,), (), prose.text(span), span, line, column, -2)


def _total(symbol: tree.Node, text: str) -> tree.Node | None:
    """Return the sum over the entries of a symbol, over its last index if it is written."""
    span = symbol.span
    if isinstance(symbol, tree.Name):
        letter = _letter_of(symbol, text)
        index = tree.Name(letter, span=span)
        entry: tree.Node = tree.Entry(symbol, (index,), span=span)
    elif (
        isinstance(symbol, tree.Entry) and symbol.lower and isinstance(symbol.lower[-1], tree.Name)
    ):
        index, entry = symbol.lower[-1], symbol
    else:
        return None
    return tree.Sum((tree.Bound(index, span=span),), entry, span=span)


def _letter_of(symbol: tree.Name, text: str) -> str:
    """Return the letter with which a document numbers the entries of a symbol."""
    found = re.search(rf"{re.escape(symbol.letter)}\}}*_\{{?([a-z])(?![a-z])", text)
    return found[1] if found else "k"
