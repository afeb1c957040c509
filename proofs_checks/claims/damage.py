r"""Mathematics that a web page has damaged: what was lost, and what it probably was.

Sites eat backslashes (``\frac`` -> ``frac``, ``\[`` -> ``[``) or read them as escapes
(``\bigl`` -> ``igl``, ``\top`` -> a tab and ``op``).  Read as TeX the rest would be products of
letters, so it is never read: every damaged place gets a message and the whole display a repaired
text, for its author to check.

Two kinds of evidence.  *Words*: runs of letters that are a command without its backslash, or what
an escape leaves of one.  *Brackets*: ``[ .. ]`` around a relation and scripts, with such words or
set off by blanks, where ``\[ .. \]`` stood.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from proofs_checks.claims.notation import (
    BARE_FUNCTIONS,
    FUNCTION_COMMANDS,
    FUNCTIONS,
    GREEK,
    KNOWN,
    PLAIN_FUNCTIONS,
    SIZES,
    SPELLED,
)
from proofs_checks.claims.places import View
from proofs_checks.claims.problems import Refusal
from proofs_checks.claims.unicode_mathematics import as_tex

__all__ = ["Loss", "damaged_displays", "losses", "refusals", "repaired"]

_LONGEST_DISPLAY = 4000
_ESCAPES = "abfnrtv"  # \a \b \f \n \r \t \v: letters that an escape takes with it
_BLANKS = " \t\r\n"
_CONTROLS = {"\x07": "a", "\x08": "b", "\x0b": "v", "\x0c": "f"}
# The bracket of a call, as in exp\{z\}.
_BRACKET = re.compile(r"(?:'+|\^(?:\w|\{\w+\}))?(?:\\(?:left|[bB]igg?l?)\s*)?(?:[(\[]|\\[{])")
_OPERAND = re.compile(r"(?:\s|\\[;,:! ]|~)*[A-Za-z0-9(\[\\]")
_WORD = re.compile(r"[A-Za-z]+")
_READ_AS_TEXT = re.compile(
    r"\\(?:text\w*|mbox|hbox|intertext|shortintertext|label|tag\*?|operatorname\*?|mathrm|mathsf"
    r"|mathtt|mathit|begin|end|ref|eqref|cite|color)\s*\{[^{}]*\}|\\bbox\s*\[[^\]]*\]"
    r"|\\[A-Za-z]+|\\.|%[^\n\r]*"
)
_RELATION = re.compile(r":=|[=≔≡≈]|\\(?:le|ge|neq?|equiv|approx|coloneqq)\b")
_SCRIPT = re.compile(r"[A-Za-z}\u0370-\u03ff]\s*[_^]\s*[A-Za-z0-9{\\\u0370-\u03ff]")
_ENVIRONMENT = re.compile(
    r"(?<![\\A-Za-z])(?:b?egin)\{(equation|align|gather|multline|eqnarray)(\*?)\}"
)


class Loss(NamedTuple):
    """One damaged place: the characters start..end of the view, and what they probably were.

    ``weak`` for what may as well be meant as it stands; it counts beside a loss that is not.
    """

    start: int
    end: int
    repair: tuple[str, ...]
    weak: bool = False


def damaged_displays(view: View, occupied: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches ``[ .. ]`` that look like displays without their backslashes.

    ``occupied`` are the stretches of the view that are read otherwise (displays, code, inline
    mathematics); they are left out.
    """
    text = _masked(view.text, occupied)
    found = list(_environments(text))
    taken = 0
    for start, end in sorted(_pairs(_masked(text, found))):
        if start >= taken and _looks_displayed(text, start, end):
            found.append((start, end))
            taken = end
    return sorted(found)


def losses(view: View, start: int, end: int, *, displayed: bool = True) -> list[Loss]:
    """Return the damaged places of a display, in order; empty when nothing seems lost.

    ``displayed`` tells that ``view.text[start:end]`` has its delimiters; where it has not
    (``[ .. ]``) they are losses too, and weak evidence suffices.
    """
    text = view.text[start:end]
    found = [*_controls(text), *_words(_without_commands(text), text), *_eaten_transposes(text)]
    found.sort()
    if displayed and all(loss.weak for loss in found):
        return []
    kept: list[Loss] = []
    for loss in found:
        if not kept or loss.start >= kept[-1].end:
            kept.append(loss)
    if not displayed and text[:1] == "[":
        kept = [Loss(0, 1, ("\\[",)), *kept, Loss(len(text) - 1, len(text), ("\\]",))]
    return [loss._replace(start=loss.start + start, end=loss.end + start) for loss in kept]


def refusals(view: View, found: list[Loss]) -> Iterator[Refusal]:
    """Yield a message for each damaged place."""
    for loss in found:
        text = view.text[loss.start : loss.end]
        lost = text.strip(_BLANKS)
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in lost)
        likely = " or ".join(f"`{repair.strip()}`" for repair in loss.repair)
        if lost in {"[", "]"}:
            message = f"`{lost}` does not delimit an equation; {likely} does"
        else:
            message = f"`{shown}` is not known; {likely} is"
        start = loss.start + len(text) - len(text.lstrip(_BLANKS))
        yield Refusal(message, view.span(start, loss.end), suggestion=likely)


def repaired(view: View, start: int, end: int, found: list[Loss]) -> str:
    """Return the display as it probably was: the first likely repair of every loss."""
    parts: list[str] = []
    position = start
    for loss in found:
        parts.append(view.text[position : loss.start])
        repair = loss.repair[0]
        following = view.text[loss.end : loss.end + 1]
        if repair[-1:].isalpha() and following.isalpha() and following.isascii():
            repair += " "
        parts.append(repair)
        position = loss.end
    parts.append(view.text[position:end])
    return "".join(parts).strip()


# -- words ----------------------------------------------------------------------------------


@cache
def _whole() -> dict[str, str]:
    """Words that are commands without their backslash."""
    names = {name for name in KNOWN if name.isalpha() and name.isascii() and len(name) >= 3}
    names -= {*SPELLED, "newline", "null", "par", "page", "space", "break", "transpose", "tran"}
    words = {name: "\\" + name for name in names}
    upright = {name for name in FUNCTIONS if len(name) >= 4} | FUNCTION_COMMANDS.keys()
    upright -= {"exp", "log", "ln", "tanh", "sinh", "cosh", "sqrt"}
    return words | {name: rf"\mathrm{{{name}}}" for name in upright if len(name) >= 3}


@cache
def _eaten() -> dict[str, tuple[str, ...]]:
    """What an escape leaves of a command -> the commands."""
    left: dict[str, tuple[str, ...]] = {}
    for name in sorted(KNOWN):
        if name.isalpha() and name.isascii() and name[0] in _ESCAPES and len(name) >= 3:
            left[name[1:]] = (*left.get(name[1:], ()), "\\" + name)
    left.pop("old", None)  # \theta^{old}
    return left


def _words(text: str, written: str) -> Iterator[Loss]:
    """Yield the words of a text without commands, which ``written`` has."""
    for match in _WORD.finditer(text):
        word, start, end = match[0], match.start(), match.end()
        if not 2 <= len(word) <= 60 or text[max(0, start - 4) : start] in {"gin{", "end{"}:
            continue
        before = text[max(0, start - 20) : start].rstrip()[-2:]
        following = text[end : end + 1]
        in_subscript = before.endswith("_") or before == "_{"
        repair, weak = _repair(word, following)
        # exp(z) in plain letters is read as it is, if nothing else is damaged
        is_call = _BRACKET.match(written, end) is not None
        is_bare = word in BARE_FUNCTIONS and _OPERAND.match(written, end) is not None
        weak = weak or (is_call and word in PLAIN_FUNCTIONS) or is_bare
        if not repair or (in_subscript and not _is_symbol(repair[0]) and following != "{"):
            continue
        greek = _greek_before(text, start)
        if greek:
            tex = "".join("".join(as_tex(c) or (c,)) for c in text[greek:start])
            repair = tuple(tex + r for r in repair)
            start = greek
        if repair[0].lstrip("\\") in SIZES and following and following in "()[]|{}":
            end, repair = end + 1, tuple(r + following for r in repair)
        yield Loss(start, end, repair, weak)


@lru_cache(maxsize=4096)
def _repair(word: str, following: str) -> tuple[tuple[str, ...], bool]:
    """Return what a word probably was, likeliest first, and whether that is weak evidence."""
    whole, eaten = _whole().get(word), _eaten().get(word, ())
    if whole is not None:
        return (whole, *(e for e in eaten if len(word) <= 3)), False
    if eaten and len(word) >= 3:
        return eaten, False
    if eaten:
        return eaten, following != "{"
    joined = _joined(word)
    if joined:
        return (joined,), False
    short = {"pi", "mu", "nu", "xi", "le", "ge", "ne", "in", "to"}
    return (("\\" + word,), True) if word in short else ((), True)


def _joined(word: str) -> str:
    r"""Read ``etasum`` as ``\eta\sum``: commands side by side, with at most two letters."""
    whole = _whole()
    # best[i]: (letters left over, -commands' letters, text) for the first i characters
    best: list[tuple[int, str] | None] = [(0, "")] + [None] * len(word)
    for i in range(1, len(word) + 1):
        for j in range(max(0, i - 12), i):
            reached, piece = best[j], word[j:i]
            if reached is None or not (piece in whole or len(piece) == 1):
                continue
            letters = reached[0] + (len(piece) == 1)
            gap = " " if reached[1][-1:].isalpha() and len(piece) == 1 else ""
            option = (letters, reached[1] + (whole[piece] if len(piece) > 1 else gap + piece))
            current = best[i]
            if current is None or option < current:
                best[i] = option
    last = best[len(word)]
    if last is None or last[0] > 2 or len(word) - last[0] < 4:
        return ""
    return last[1]


def _is_symbol(repair: str) -> bool:
    return repair.lstrip("\\") in GREEK


def _greek_before(text: str, start: int) -> int | None:
    """Return where Greek letters begin that touch the word, as in ``ηsum``."""
    first = start
    while first > 0 and unicodedata.name(text[first - 1], "").startswith("GREEK"):
        first -= 1
    return first if first < start else None


def _eaten_transposes(text: str) -> Iterator[Loss]:
    for match in re.finditer(r"\^(\{?\s*op)(?![A-Za-z])", text):
        start, end = match.span(1)
        braced = match[1].startswith("{")
        yield Loss(start + braced, end, ("\\top",))


def _controls(text: str) -> Iterator[Loss]:
    for match in re.finditer("[\x07\x08\x0b\x0c]([A-Za-z]*)", text):
        word = _CONTROLS[match[0][0]] + match[1]
        longest = next((word[:n] for n in range(len(word), 1, -1) if word[:n] in KNOWN), None)
        if longest is not None:
            yield Loss(match.start(), match.start() + len(longest), ("\\" + longest,))


def _without_commands(text: str) -> str:
    """Blank out what still has its backslash, and words that TeX reads as words."""
    return _READ_AS_TEXT.sub(lambda match: "\0" * len(match[0]), text)


# -- brackets -------------------------------------------------------------------------------


def _masked(text: str, occupied: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end in sorted(occupied):
        if end <= position:
            continue
        start = max(start, position)
        parts += [text[position:start], "\0" * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def _environments(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := _ENVIRONMENT.search(text, position):
        closing = f"end{{{match[1]}{match[2]}}}"
        end = text.find(closing, match.end(), match.end() + _LONGEST_DISPLAY)
        position = match.end() if end < 0 else end + len(closing)
        if end >= 0:
            yield match.start(), position


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Yield matching square brackets of each paragraph, outer ones too."""
    # Only the latest openings are kept: displays hold few brackets, hostile pages many.
    stack: deque[int] = deque(maxlen=8)
    for match in re.finditer(r"[\[\]]|\n[ \t]*\r?\n|\0", text):
        mark = match[0]
        if mark == "[":
            stack.append(match.start())
        elif mark != "]":
            stack.clear()
        elif stack:
            start = stack.pop()
            if match.end() - start <= _LONGEST_DISPLAY:
                yield start, match.end()


def _looks_displayed(text: str, start: int, end: int) -> bool:
    inside = text[start + 1 : end - 1]
    if text[end : end + 1] in {"(", "["} or "://" in inside or '"' in inside:
        return False  # links of Markdown, addresses, code
    if not (_RELATION.search(inside) and _SCRIPT.search(inside)):
        return False
    words = _WORD.findall(_without_commands(inside))
    commands = [word for word in words if len(word) >= 3 and _repair(word, "")[0]]
    prose = [word for word in words if len(word) >= 4 and not _repair(word, "")[0]]
    if commands:
        return len(prose) <= 2
    return not prose and inside[:1].isspace() and inside[-1:].isspace()
