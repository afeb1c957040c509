r"""The definitions in an author's own package or class, and nothing else of it.

The code of a package is full of displays that are none, such as those in the body of
``\newenvironment{claim}{\begin{equation}}{\end{equation}}``.  So only definitions are taken, each
with its place, and directives.  Left out are

- internal commands (``\foo@bar``), what is defined inside them, and what they are used to define:
  papers are sent with copies of packages such as amsmath, whose ``\def\dots{\relax\ifmmode ..}``
  says how a command works and nothing of what it means;
- a command that is defined in two ways under a condition, ``\if.. \else .. \fi``: which one counts
  only TeX can tell, and a guess could make a wrong equation right.
"""

from __future__ import annotations

import re

from proofs_checks.claims.macros import DEFINERS, Macros, define
from proofs_checks.claims.places import View
from proofs_checks.claims.sources.scanning import CONDITIONAL, after_braces

__all__ = ["definitions"]

_NAME = re.compile(r"\s*\{?\s*\\(?P<name>[A-Za-z@]+)\s*\}?")
# Definitions that are not taken: what they define is skipped, so that nothing in it is taken.
_WITH_BODY = re.compile(
    r"\\(?:(?:New|Renew|Provide|Declare)(?:Expandable)?Document(?P<kind>Command|Environment)"
    r"|(?:re)?new(?P<old>environment)|[ex]def)(?![A-Za-z@])\*?"
)
_NAME_PART = re.compile(r"\s*(?:\{[^{}]{0,200}\}|\\[A-Za-z@]+)")
_BETWEEN = re.compile(r"(?:\s|\[[^\[\]]{0,400}\]|#[1-9])*")
_DIRECTIVE = re.compile(r"%+[ \t]*proofhead:")
_MECHANICS = re.compile(
    r"\\(?:[A-Za-z]*@[A-Za-z@]*|if[a-eg-z][A-Za-z]*|relax|expandafter|csname|futurelet|hbox|vbox"
    r"|penalty|mathchardef|mathaccent|mathchar|romannumeral|edef|count)"
    r"(?![A-Za-z@])"
)
_LONGEST = 20_000  # characters of one definition


def definitions(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches of ``text[start:end]`` that define commands, in order."""
    found: list[tuple[str, int, int, bool]] = []
    depth, position, failed = 0, start, 0
    while mark := CONDITIONAL.search(text, position, end):
        position = mark.end()
        if _DIRECTIVE.match(text, mark.start()):
            found.append(("", mark.start(), position, False))
        elif mark["if"]:
            depth += 1
        elif mark["fi"]:
            depth = max(0, depth - 1)
        elif other := _WITH_BODY.match(text, mark.start()):
            groups = {"Command": 2, "Environment": 3, None: 2 if other["old"] else 1}
            last = min(end, other.end() + _LONGEST)
            position = _after_groups(text, other.end(), last, groups[other["kind"]])
        elif (definer := DEFINERS.match(text, mark.start())) and failed < 50:
            stop, name = _definition(text, definer, min(end, mark.start() + _LONGEST))
            failed += stop < 0
            position = max(position, stop)
            if name:
                found.append((name, mark.start(), stop, depth > 0))
    texts: dict[str, set[str]] = {}
    for name, first, last, _ in found:
        texts.setdefault(name or str(first), set()).add(text[first:last])
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
        groups = 2 if "Paired" in definer[0] else 0 if "let" in definer[0] else 1
        return _after_groups(text, definer.end(), end, groups), ""
    scratch: Macros = {}
    stop = define(View(text), definer.start(), end, scratch)
    if stop is None:
        return -1, ""
    is_notation = name["name"] in scratch and not _MECHANICS.search(text, name.end(), stop)
    return stop, name["name"] if is_notation else ""


def _after_groups(text: str, position: int, end: int, groups: int) -> int:
    """Return the position after the name and the groups that follow a definer."""
    name = _NAME_PART.match(text, position, end)
    position = name.end() if name else position
    for _ in range(groups):
        between = _BETWEEN.match(text, position, end)
        start = between.end() if between else position
        stop = after_braces(text, start, end) if text.startswith("{", start) else -1
        if stop < 0:
            return position
        position = stop
    return position
