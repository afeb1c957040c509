r"""Which bracket closes which, and which side of an expression a bar is on.

``|`` and ``\|`` look alike on both sides.  On one level of brackets they open and close in turn;
one alone inside brackets separates, as in ``\mathrm{KL}(p \| q)``.  Two bars side by side are a
double bar, as people write ``KL(p||q)``, unless single ones stand on the same level.
"""

from __future__ import annotations

from proofs_checks.claims.lexemes import Lexeme
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.problems import Refusal

__all__ = ["with_sides"]

_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "\\langle": "\\rangle"}
_OPENED_BY = {close: opening for opening, close in _CLOSED_BY.items()}


def with_sides(found: list[Lexeme], limits: Limits) -> list[Lexeme]:
    r"""Return the lexemes with every bar made "open", "close" or "middle".

    Raises `Refusal` for brackets that do not match, naming both, or nest too deeply.
    """
    out = list(found)
    stack: list[tuple[str, Lexeme]] = []
    levels: list[list[int]] = [[]]
    for i, lexeme in enumerate(found):
        mark = _mark(lexeme)
        if lexeme.kind == "bar":
            levels[-1].append(i)
        elif mark in _CLOSED_BY or lexeme.kind == "open":
            stack.append((_CLOSED_BY.get(mark, mark), lexeme))
            levels.append([])
            if len(stack) > limits.nesting:
                raise Refusal(f"more than {limits.nesting} nested brackets", lexeme.span)
        elif mark in _OPENED_BY or lexeme.kind == "close":
            if not stack:
                hint = "values at a point are not in the claims language" if mark[0] == "|" else ""
                raise Refusal(f"`{mark}` closes nothing", lexeme.span, suggestion=hint)
            expected, opening = stack.pop()
            if expected != mark:
                raise Refusal(
                    f"`{_mark(opening)}` is closed by `{mark}`",
                    lexeme.span,
                    expected=f"`{expected}`",
                )
            _settle(out, levels.pop())
    if stack:
        expected, opening = stack[-1]
        raise Refusal(f"`{_mark(opening)}` is never closed", opening.span, expected=f"`{expected}`")
    _settle(out, levels.pop())
    return [lexeme for lexeme in out if lexeme.kind != "gone"]


def _mark(lexeme: Lexeme) -> str:
    if lexeme.kind == "command" and lexeme.text in {"{", "}", "langle", "rangle"}:
        return "\\" + lexeme.text
    return lexeme.text if lexeme.kind in {"sign", "open", "close"} else ""


def _settle(out: list[Lexeme], bars: list[int]) -> None:
    """Give the bars of one level their sides."""
    singles = [i for i in bars if out[i].text == "|"]
    adjacent = {
        (i, j) for i, j in zip(singles, singles[1:], strict=False)
        if j == i + 1 and out[i].span.end == out[j].span.start
    }  # fmt: skip
    if adjacent and len({k for pair in adjacent for k in pair}) == len(singles):
        taken: set[int] = set()
        for i, j in sorted(adjacent):
            if i not in taken:
                out[i] = Lexeme("bar", "||", out[i].span.to(out[j].span))
                out[j] = out[j]._replace(kind="gone")
                taken |= {i, j}
        bars = [i for i in bars if out[i].kind == "bar"]
    if len(bars) == 1:
        out[bars[0]] = out[bars[0]]._replace(kind="middle")
        return
    opened: list[int] = []
    for i in bars:
        if opened and out[opened[-1]].text == out[i].text:
            first = opened.pop()
            out[first] = out[first]._replace(kind="open")
            out[i] = out[i]._replace(kind="close")
        else:
            opened.append(i)
    if opened:
        bar = out[opened[0]]
        raise Refusal(
            f"`{_shown(bar)}` has no partner",
            bar.span,
            expected="bars in pairs",
            suggestion=f"`\\left{_shown(bar)} .. \\right{_shown(bar)}`",
        )


def _shown(bar: Lexeme) -> str:
    return "|" if bar.text == "|" else "\\|"
