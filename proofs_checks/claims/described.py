r"""What a document says of a symbol in words, or in passing.

    "where $y$ is one-hot", "a probability vector $p$"     \sum_k y_k = 1
    \underbrace{\sum_j y_j}_{= 1}                          \sum_j y_j = 1
    \underbrace{x - \mu}_{r}                              r = x - \mu
    "the matrix $A$ is symmetric"                          A = A^\top
    "for an orthogonal matrix $Q$"                         not read: what fails may hold for such Q

Labels that are one-hot sum to one, which is what the gradients of a cross-entropy need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from proofs_checks.claims import tree
from proofs_checks.claims.equations import Equation, Relation
from proofs_checks.claims.lexemes import after_group
from proofs_checks.claims.parser import parse_formula
from proofs_checks.claims.problems import Refusal, Refusals
from proofs_checks.claims.prose import IN, Prose

__all__ = ["in_other_words", "named_below_braces", "sums_to_one", "symmetric"]

UNDERBRACE = re.compile(r"\\underbrace\s*(?=\{)")
IS_ONE = re.compile(r"\s*_\s*(?:\{\s*=\s*1\s*\})")
NAME = re.compile(r"\s*_\s*(?=\{)")
SUMS_TO_ONE = r"one[- ]hot|(?:discrete |categorical )?probability (?:vector|distribution)"
SYMMETRIC = r"symmetric"
OTHERS = (
    r"orthogonal(?! to\b| projection| complement| direction)|orthonormal|unitary|"
    r"diagonal(?! of\b| elements?| entr| terms?)|triangular|idempotent|projection(?! of\b| on)|"
    r"permutation matrix|"
    r"unit(?:[- ]norm| vector)|normali[sz]ed|eigenvector|(?:row-|doubly )?stochastic|"
    r"(?:skew-|anti-?)symmetric|positive[- ](?:semi-?)?definite|cent(?:er|re)d|zero-mean|"
    r"binary(?![- ](?:cross|class))"
)
NOT = re.compile(r"\b(?:not|no|non)\b", re.IGNORECASE)
NEXT = re.compile(r"(?:[- ][a-z]+){0,3}\s*[$(\\]")
REACH = 60  # characters of the sentence that are looked at


def sums_to_one(prose: Prose, inline: Sequence[tuple[int, int]]) -> Iterator[Equation]:
    """Yield the equations that say of a symbol that its entries sum to one."""
    text = prose.view.text
    for match in UNDERBRACE.finditer(text):
        try:
            end = _after_braces(prose, match)
            if IS_ONE.match(text, end):
                total = _parsed(prose, match.end() + 1, end - 1)
                one = tree.Number("1", span=total.span)
                yield _equation(prose, total, one, match.start(), end)
        except (Refusal, Refusals):
            continue
    for symbol, _, start, end in _described(prose, inline, SUMS_TO_ONE):
        total = _total(symbol, text)
        if total is not None:
            yield _equation(prose, total, tree.Number("1", span=total.span), start, end)


def named_below_braces(prose: Prose) -> Iterator[Equation]:
    """Yield the equations that say what the symbols below braces are."""
    text = prose.view.text
    for match in UNDERBRACE.finditer(text):
        try:
            end = _after_braces(prose, match)
            name = NAME.match(text, end)
            if name is None:
                continue
            last = _after_braces(prose, name)
            symbol = _parsed(prose, name.end() + 1, last - 1)
            if isinstance(tree.stem(symbol, tree.Entry), tree.Name):
                inside = _parsed(prose, match.end() + 1, end - 1)
                yield _equation(prose, symbol, inside, match.start(), last)
        except (Refusal, Refusals):
            continue


def symmetric(prose: Prose, inline: Sequence[tuple[int, int]]) -> Iterator[Equation]:
    """Yield the equations that say of a matrix that it is its own transpose."""
    for symbol, _, start, end in _described(prose, inline, SYMMETRIC):
        if isinstance(symbol, tree.Name):
            turned = tree.Transpose(symbol, "top", span=symbol.span)
            yield _equation(prose, symbol, turned, start, end)


def in_other_words(
    prose: Prose, inline: Sequence[tuple[int, int]]
) -> Iterator[tuple[tree.Node, str]]:
    """Yield symbols of which something is said that is not read, with the word for it."""
    for symbol, word, _, _ in _described(prose, inline, OTHERS):
        yield symbol, word


def _described(
    prose: Prose, inline: Sequence[tuple[int, int]], words: str
) -> Iterator[tuple[tree.Node, str, int, int]]:
    """Yield the symbols that one of some words is said of, the word, and their places."""
    before, behind = _before(words), _after(words)
    text = prose.view.text
    for start, end in inline:
        space = IN.search(text, start, end)  # $y \in \{0, 1\}^C$ is one-hot
        last = end if space is None else space.start()
        if last - start > 40:
            continue
        found = before.search(text[max(0, start - REACH) : start])
        found = found or behind.match(text[end : end + REACH])
        if found is None or NOT.search(found[0]):
            continue
        after = text[end + found.end() : end + found.end() + REACH]
        if found.re is not before and found[0].lstrip("$) \\")[:1] == "," and NEXT.match(after):
            continue  # "of $x$, the normalized output $y$" speaks of y
        try:
            symbol = _parsed(prose, start, last)
        except (Refusal, Refusals):
            continue
        if isinstance(symbol, tree.Name | tree.Entry):
            yield symbol, found["word"].lower(), start, end


@cache
def _before(words: str) -> re.Pattern[str]:
    """Match what stands before a symbol: "the symmetric positive definite matrix $"."""
    return re.compile(
        rf"(?<![\w-])(?P<word>{words})\b(?:[- ][a-z]+){{0,4}}\s*[$(\\]*\Z", re.IGNORECASE
    )


@cache
def _after(words: str) -> re.Pattern[str]:
    """Match what stands after it: "$ is a real symmetric", "$ one-hot", also Chinese."""
    return re.compile(
        r"[$)\\]*\s*(?:\(?(?:is|be|are|as|denotes?|being|,|:)\s+(?:(?:the|a|an|our|its)\s+)?"
        rf"(?:[a-z]+\s+){{0,2}}?|[\u662f\u4e3a\u70ba]\s*|)(?P<word>{words})\b",
        re.IGNORECASE,
    )


def _after_braces(prose: Prose, opening: re.Match[str]) -> int:
    """Return where the group ends that stands behind a command or a script."""
    owner = prose.view.span(*opening.span())
    return after_group(prose.view, opening.end(), len(prose.view.text), owner)[0]


def _parsed(prose: Prose, start: int, end: int) -> tree.Node:
    return parse_formula(prose.lexemes(start, end), prose.limits)


def _equation(prose: Prose, left: tree.Node, right: tree.Node, start: int, end: int) -> Equation:
    span = prose.view.span(start, end)
    line, column = prose.source.place(span.start)
    relation = Relation("equality", span)
    return Equation((left, right), (relation,), (), prose.text(span), span, line, column, -2)


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
