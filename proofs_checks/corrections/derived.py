r"""A derived equation in its author's notation: with matrices, and with the author's derivatives.

Three ways to write a derivative of the loss are told apart by what the document itself writes:
``dS``, ``\bar{S}``, ``\nabla_S L``; without any of these it is the quotient of differentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from proofs_checks.claims.claim import Claim
from proofs_checks.corrections.matrices import matrix_form
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import entry_tensor, free_indices
from theory.algebra.symbols import Index, Partial, Tensor
from theory.latex import equation as latex_equation
from theory.latex import expression as latex_of
from theory.latex.names import name_of as latex_name
from theory.latex.names import subscripted
from theory.models.model import name_of

__all__ = ["derived_in_notation"]

STYLES: tuple[tuple[re.Pattern[str], Callable[[str, str], str]], ...] = (
    (re.compile(r"d\\?[A-Za-z]+(?:_.*|\^.*)?"), lambda x, _: f"d{x}"),
    (re.compile(r"\\bar\s*\{?\s*\w+\s*\}?.*"), lambda x, _: rf"\bar{{{x}}}"),
    (re.compile(r"\\nabla.*"), lambda x, loss: rf"\nabla_{{{x}}} {loss}"),
)
QUOTIENT = re.compile(
    r"\\frac\{\\partial (?P<loss>[^{}]+)\}\{\\partial (?P<by>\\?[A-Za-z]+(?:_(?:\w|\{[^{}]*\}))?)\}"
)
IN_BRACKETS = re.compile(
    r"\\[bB]igg?l\((?P<inside>d\\?[A-Za-z]+(?:_(?:\w|\{[^{}]*\}))?)\\[bB]igg?r\)"
)


def derived_in_notation(claim: Claim, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield the repaired equation as two sides in LaTeX: with matrices, then with indices."""
    written, repaired, model = claim.written, verdict.repaired, claim.model
    if written is None or repaired is None or model is None or claim.equation is None:
        return
    style = _style(written.symbols)
    left = written.left.text if repaired.left == claim.equation.left else ""
    axes = _silent(claim)
    if axes and left:
        form = matrix_form(repaired.right, *axes, _named(claim, style))
        if form is not None:
            yield left, form
    printed = latex_equation(repaired, model).split(" = ")
    if len(printed) == 2:
        for text in dict.fromkeys((_styled(printed[1], style), printed[1])):
            yield left or _styled(printed[0], style), text


def _style(symbols: tuple[str, ...]) -> Callable[[str, str], str] | None:
    """Return how the document writes the derivative of the loss by a quantity."""
    for pattern, style in STYLES:
        if any(pattern.fullmatch(s) and s[1:2] != "_" for s in symbols):
            return style
    return None


def _silent(claim: Claim) -> tuple[Index | None, Index | None] | None:
    """Return the axes that both sides share without writing them, None if all are written."""
    if claim.equation is None or claim.written is None:
        return None
    free = free_indices(claim.equation.left) | free_indices(claim.equation.right)
    letters = claim.axes
    if not any(letters) or {k.name for k in free} != {x for x in letters if x}:
        return None
    found = {k.name: k for k in free}
    row, column = (found.get(x) if x else None for x in letters)
    return row, column


def _named(claim: Claim, style: Callable[[str, str], str] | None) -> Callable[[Any], str | None]:
    model = claim.model

    def named(e: Any) -> str | None:
        if model is None:
            return None
        loss = latex_of(model.loss, model)
        if isinstance(e, Partial):
            if len(e.args) != 2 or e.args[0] != model.loss:
                return None
            name = name_of(entry_tensor(e.args[1]))
        elif isinstance(entry_tensor(e), Tensor):
            name = name_of(entry_tensor(e))
            if not name.startswith(f"d{model.loss}_d"):
                return subscripted(latex_name(name))
            name = name.removeprefix(f"d{model.loss}_d")  # the free gradient of an opaque loss
        else:
            return latex_of(e, model) if not free_indices(e) else None
        symbol = subscripted(latex_name(name))
        return style(symbol, loss) if style else rf"\frac{{\partial {loss}}}{{\partial {symbol}}}"

    return named


def _styled(latex: str, style: Callable[[str, str], str] | None) -> str:
    """Return LaTeX with the derivatives of the loss as the author writes them."""
    if style is None:
        return latex
    latex = QUOTIENT.sub(lambda m: style(m["by"], m["loss"]), latex)
    return IN_BRACKETS.sub(lambda m: m["inside"], latex)
