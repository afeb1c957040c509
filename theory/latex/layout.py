r"""Fitting mathematics to the page: widths, line breaks, align* with reasons.

Widths are estimated from the LaTeX text (Computer Modern at 11pt, measured), a few per cent too
wide rather than too narrow.  A line too long for its column is broken before a plus or minus
outside braces, at the outermost parentheses possible; the delimiters are \bigl( ... \bigr), which
allow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["PAGE_WIDTH", "Row", "aligned", "broken", "width"]

PAGE_WIDTH = 440.0  # points: A4 with margins of 25 mm is 455 wide
REASON_WIDTH = 150.0
GAP = 36.0  # around the relation sign and between the columns of align
INDENT = 22.0

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|\s+|.", re.DOTALL)
COMMANDS = {
    r"\sum": 16.0, r"\log": 16.0, r"\exp": 16.8, r"\partial": 6.3, r"\Delta": 9.2, r"\top": 8.5,
    r"\mathbb": 0.0, r"\mathrm": 0.0, r"\operatorname": 3.0, r"\text": 0.0, r"\lVert": 5.5,
    r"\rVert": 5.5, r"\lvert": 3.1, r"\rvert": 3.1, r"\sqrt": 10.0, r"\quad": 11.0, r"\qquad": 22.0,
    r"\,": 2.0, r"\delta": 5.0, r"\hat": 0.0, r"\bar": 0.0, r"\tilde": 0.0,
}  # fmt: skip
DELIMITERS = {r"\big": 1.5, r"\Big": 3.0, r"\bigg": 4.0}
CHARACTERS = {"(": 4.3, ")": 4.3, "[": 3.1, "]": 3.1, ",": 4.9, "=": 14.6, "+": 13.4, "-": 13.4}
NARROW, WIDE = frozenset("iltIj"), frozenset("MWmw")
LOWER, UPPER, GREEK, SCRIPT, MARGIN = 6.0, 8.9, 6.6, 0.77, 1.03


class Row(NamedTuple):
    """One line of a chain: the left side (empty to continue), right side, reason, sign between."""

    left: str
    right: str
    reason: str = ""
    sign: str = "="


def width(tex: str) -> float:
    """Return the estimated width of display mathematics in points."""
    tokens = [t for t in TOKEN.findall(tex) if not t.isspace()]
    total, position = 0.0, 0
    while position < len(tokens):
        size, position = _one(tokens, position)
        total += size
    return total * MARGIN


def _one(tokens: Sequence[str], at: int) -> tuple[float, int]:
    """Return the width of what starts at a token, with its scripts, and where it ends."""
    token = tokens[at]
    if token == "{":
        size, at = _group(tokens, at)
    elif token == r"\frac":
        above, at = _group(tokens, at + 1)
        below, at = _group(tokens, at)
        size = max(above, below) + 2.4
    else:
        size, at = _token(token), at + 1
    scripts = [0.0]
    while at < len(tokens) and tokens[at] in "^_":
        script, at = _group(tokens, at + 1)
        scripts.append(script * SCRIPT + 0.6)
    # limits stand under a sum, beside anything else
    return (max(size, *scripts) + 2.0 if token == r"\sum" else size + max(scripts)), at


def _group(tokens: Sequence[str], at: int) -> tuple[float, int]:
    if at >= len(tokens):
        return 0.0, at
    if tokens[at] != "{":
        return _token(tokens[at]), at + 1
    total, at = 0.0, at + 1
    while at < len(tokens) and tokens[at] != "}":
        size, at = _one(tokens, at)
        total += size
    return total, at + 1


def _token(token: str) -> float:
    if token in CHARACTERS:
        return CHARACTERS[token]
    if token.startswith("\\") and len(token) > 2:
        if token in COMMANDS:
            return COMMANDS[token]
        return next((w for d, w in DELIMITERS.items() if token in (f"{d}l", f"{d}r")), GREEK)
    if token in COMMANDS or token in "{}^_":
        return COMMANDS.get(token, 0.0)
    base = UPPER if token.isupper() else LOWER
    return base * 0.65 if token in NARROW else base * 1.35 if token in WIDE else base


def broken(tex: str, available: float) -> list[str]:
    """Return the lines of a formula; each begins with its + or -, and fits where it can."""
    lines, room = [], available
    while width(tex) > room:
        breaks = [(d, at) for d, at in _breaks(tex) if width(tex[:at]) <= room]
        if not breaks:
            breaks = sorted(_breaks(tex), key=lambda pair: pair[1])[:1]
        if not breaks:
            break
        outermost = min(d for d, _ in breaks)
        at = max(at for d, at in breaks if d == outermost)
        lines.append(tex[:at].rstrip())
        tex, room = tex[at:].lstrip(), available - INDENT
    return [*lines, tex]


def _breaks(tex: str) -> list[tuple[int, int]]:
    """Return (depth of parentheses, position) of each binary + and - outside braces."""
    braces, depth, found = 0, 0, []
    for match in TOKEN.finditer(tex):
        token = match[0]
        braces += (token == "{") - (token == "}")
        if braces:
            continue
        depth += (token in ("(", "[", r"\lVert")) - (token in (")", "]", r"\rVert"))
        at = match.start()
        if token in "+-" and tex[at - 1 : at + 2] == f" {token} ":
            found.append((depth, at))
    return found


def aligned(rows: Iterable[Row]) -> str:
    r"""Return an align* of the rows, the reasons at the right or, if there is no room, above.

    The reasons are LaTeX text.  A new left side starts a new chain.
    """
    rows = list(rows)
    # a left side that takes up a quarter of the line gets a line of its own
    left = max((width(row.left) for row in rows if width(row.left) < PAGE_WIDTH / 4), default=0.0)
    widest = max((width(row.right) for row in rows), default=0.0)
    beside = PAGE_WIDTH - left - GAP - REASON_WIDTH
    reasons = any(row.reason for row in rows)
    # a few formulas broken once are easier to read than reasons between all of them
    fits = all(width(x) <= beside for row in rows for x in broken(row.right, beside))
    column = reasons and fits
    room = beside if column else PAGE_WIDTH - left - GAP
    text = max(PAGE_WIDTH - left - GAP - min(widest, room), REASON_WIDTH)
    text_lines = [r"\begin{align*}"]
    for place, row in enumerate(rows):
        above = row.reason if reasons and not column else ""
        if above:
            text_lines.append(rf"\intertext{{\small {above}:}}")
        written = _row(row, room, _note(row.reason, text) if column else "", left)
        last = place == len(rows) - 1
        # a little space before a new left side parts the chains
        end = "" if last else r" \\[4pt]" if rows[place + 1].left else r" \\"
        text_lines += [*(f"{line} \\\\" for line in written[:-1]), f"{written[-1]}{end}"]
    return "\n".join((*text_lines, r"\end{align*}"))


def _row(row: Row, room: float, note: str, left: float) -> list[str]:
    """Return the lines of one row, broken to fit into ``room``."""
    first, *others = broken(row.right, room)
    lines = [f"& {row.left}"] if width(row.left) > left else []
    start = "" if lines else row.left
    lines.append(f"{start} &{row.sign} {first}{note}".lstrip())
    return [*lines, *(rf"&\qquad {{}} {part}" for part in others)]


def _note(reason: str, text: float) -> str:
    """Return a reason in its column of width ``text``, in several lines if it is long."""
    if not reason:
        return ""
    plain = re.sub(r"\\[A-Za-z]+|[${}_\\]", "", reason)
    if len(plain) * 5.3 <= text:
        return rf" && \text{{\small {reason}}}"
    return rf" && \parbox[t]{{{text:.0f}pt}}{{\raggedright\small {reason}\strut}}"
