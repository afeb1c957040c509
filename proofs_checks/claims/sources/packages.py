r"""The definitions in an author's own package or class, and nothing else of it.

The code of a package is full of displays that are none, such as those in the body of
``\newenvironment{claim}{\begin{equation}}{\end{equation}}``.  So only definitions are taken, each
with its place.  Left out are those of internal commands (``\foo@bar``) and what is defined inside
them, and a command that is defined in two ways under a condition, ``\if.. \else .. \fi``: which one
counts only TeX can tell, and a guess could make a wrong equation right.
"""

from __future__ import annotations

import re

from proofs_checks.claims.macros import DEFINERS, Macros, define
from proofs_checks.claims.places import View
from proofs_checks.claims.sources.scanning import CONDITIONAL, after_braces

__all__ = ["definitions"]

_NAME = re.compile(r"\s*\{?\s*\\(?P<name>[A-Za-z@]+)\s*\}?")
_WITH_BODY = re.compile(
    r"\\(?:(?:New|Renew|Provide|Declare)(?:Expandable)?DocumentCommand"
    r"|(?:re)?newenvironment|(?:New|Renew|Provide|Declare)DocumentEnvironment|edef|xdef)"
    r"(?![A-Za-z@])\*?"
)
_GROUP = re.compile(r"\s*(?=\{)|\s*\[[^\[\]]{0,400}\]|\s*\\[A-Za-z@]+|\s*(?:#[1-9])+")
_LONGEST = 20_000  # characters of one definition


def definitions(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches of ``text[start:end]`` that define commands, in order."""
    found: list[tuple[str, int, int, bool]] = []
    depth, position, failed = 0, start, 0
    while mark := CONDITIONAL.search(text, position, end):
        position = mark.end()
        if mark["if"]:
            depth += 1
        elif mark["fi"]:
            depth = max(0, depth - 1)
        elif _WITH_BODY.match(text, mark.start()):
            position = _after_groups(text, mark.end(), min(end, mark.end() + _LONGEST))
        elif (definer := DEFINERS.match(text, mark.start())) and failed < 50:
            stop, name = _definition(text, definer, min(end, mark.start() + _LONGEST))
            failed += stop < 0
            position = max(position, stop)
            if name:
                found.append((name, mark.start(), stop, depth > 0))
    texts: dict[str, set[str]] = {}
    for name, first, last, _ in found:
        texts.setdefault(name, set()).add(text[first:last])
    unsure = {name for name, *_, conditional in found if conditional and len(texts[name]) > 1}
    return [(first, last) for name, first, last, _ in found if name not in unsure]


def _definition(text: str, definer: re.Match[str], end: int) -> tuple[int, str]:
    """Return the position after a definition (-1: it never ends), and the command it defines.

    The name is empty when the definition is not to be taken.
    """
    name = _NAME.match(text, definer.end(), end)
    if name is None:
        return definer.end(), ""
    if "@" in name["name"]:
        return max(definer.end(), _after_groups(text, definer.end(), end)), ""
    scratch: Macros = {}
    stop = define(View(text), definer.start(), end, scratch)
    if stop is None:
        return -1, ""
    return stop, name["name"] if name["name"] in scratch else ""


def _after_groups(text: str, position: int, end: int) -> int:
    """Return the position after the name, options and groups that follow a definer."""
    while part := _GROUP.match(text, position, end):
        stop = part.end()
        if text.startswith("{", stop):
            stop = after_braces(text, stop, end)
            if stop < 0:
                return position
        if stop == position:
            return position
        position = stop
    return position
