r"""Directives: what an author tells the reader in comments.

| comment | meaning |
|---|---|
| ``% proofhead: model = NAME`` | the vocabulary |
| ``% proofhead: summation = einstein`` | an index that stands twice is summed |
| ``% proofhead: assume \sum_c y_{ic} = 1`` | a hypothesis |
| ``% proofhead: input M_{ij}`` | declares tensors (several, with commas) |
| ``% proofhead: label NAME`` | names the equation that follows, or around it |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from proofs_checks.claims import tree
from proofs_checks.claims.equations import Equation
from proofs_checks.claims.places import Span, View
from proofs_checks.claims.problems import Refusal, nearest

__all__ = ["KEYWORDS", "Directive", "read_directive"]

KEYWORDS = ("model", "summation", "assume", "input", "label")
_SUMMATIONS = ("einstein", "explicit")
_FORM = re.compile(r"\s*([A-Za-z]+)\s*(=(?!=)|:)?\s*(.*?)\s*(?:-->.*)?\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: ``keyword``, its ``value`` as text, and what the value says.

    ``equations`` holds the hypotheses of "assume", ``symbols`` the tensors of "input".
    ``offset`` is its place in the document, to be compared with the spans of equations.
    """

    keyword: str
    value: str
    span: Span
    line: int
    column: int
    equations: tuple[Equation, ...] = ()
    symbols: tuple[tree.Node, ...] = ()


def read_directive(
    view: View,
    start: int,
    end: int,
    place: Callable[[int], tuple[int, int]],
    equations: Callable[[int, int], list[Equation]],
    formulae: Callable[[int, int], tuple[tree.Node, ...]],
) -> Directive:
    """Return the directive that stands at ``view.text[start:end]``.

    ``place`` gives line and column of an offset; ``equations`` and ``formulae`` read the
    mathematics between two positions of the view.  Raises `Refusal` for an unknown keyword or a
    value that the keyword cannot have.
    """
    text = view.text[start:end]
    span = view.span(start, max(start + 1, start + len(text.rstrip())))
    form = _FORM.fullmatch(text)
    if form is None:
        raise Refusal("a directive without a keyword", span, expected=", ".join(KEYWORDS))
    keyword, value = form[1].lower(), form[3]
    if keyword not in KEYWORDS:
        near = nearest(keyword, KEYWORDS)
        raise Refusal(
            f"the directive `{form[1]}` is not known",
            view.span(start + form.start(1), start + form.end(1)),
            expected="one of " + ", ".join(KEYWORDS),
            suggestion=f"`{near}`" if near else "",
        )
    if not value:
        raise Refusal(f"the directive `{keyword}` needs a value", span)
    first, last = start + form.start(3), start + form.end(3)
    line, column = place(span.start)
    directive = Directive(keyword, value, span, line, column)
    if keyword == "summation" and value not in _SUMMATIONS:
        near = nearest(value, _SUMMATIONS)
        raise Refusal(
            f"the summation `{value}` is not known",
            view.span(first, last),
            expected=" or ".join(_SUMMATIONS),
            suggestion=f"`{near}`" if near else "",
        )
    if keyword == "assume":
        found = equations(first, last)
        if not found:
            raise Refusal(
                "a hypothesis needs an equation, or a sign such as a > 0",
                view.span(first, last), expected="`=`",
            )  # fmt: skip
        return Directive(keyword, value, span, line, column, equations=tuple(found))
    if keyword == "input":
        symbols = formulae(first, last)
        for symbol in symbols:
            base = symbol.base if isinstance(symbol, tree.Entry) else symbol
            if not isinstance(base, tree.Name):
                raise Refusal(
                    "an input is a symbol with its indices", symbol.span, expected="`M_{ij}`"
                )
        return Directive(keyword, value, span, line, column, symbols=symbols)
    return directive
