r"""The elements of one piece of MathML, each with its place in the page.

Python's parsers of XML refuse what pages hold (entities, unclosed elements, no namespace), so this
is one pass over tags, linear in the length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

__all__ = ["DEEPEST", "Element", "elements"]

DEEPEST = 64  # elements inside one another

_TOKEN = re.compile(
    r"<!--(?:[^-]|-(?!->))*+(?:-->)?|<(?P<close>/?)(?P<name>[A-Za-z][\w.:-]*)"
    r"(?P<attributes>(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*+)>|[^<]+|<"
)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_EMPTY = frozenset(["mspace", "none", "mprescripts", "malignmark", "maligngroup"])


@dataclass
class Element:
    """An element: its name without prefix, attributes, children, and the text directly in it.

    It stands at the characters start..end of the page.
    """

    name: str
    start: int
    end: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""
    is_too_deep: bool = False


def elements(html: str, start: int, end: int) -> Element:
    """Return the tree of ``html[start:end]``, in an element of its own.

    What is deeper than `DEEPEST` is left out, and its parent marked ``is_too_deep``.
    """
    root = Element("", start, end)
    stack = [root]
    for token in _TOKEN.finditer(html, start, end):
        name = (token["name"] or "").lower().rpartition(":")[2]
        if not name:
            if not token[0].startswith("<!--"):
                stack[-1].text += unescape(token[0])
        elif token["close"]:
            _close(stack, name, token.end())
        else:
            element = Element(name, token.start(), token.end())
            if len(stack) > DEEPEST:
                stack[-1].is_too_deep = True
                continue
            element.attributes = {
                a[1].lower(): unescape(a[2] or a[3] or a[4] or "")
                for a in _ATTRIBUTE.finditer(token["attributes"])
            }
            stack[-1].children.append(element)
            if name not in _EMPTY and not token["attributes"].rstrip().endswith("/"):
                stack.append(element)
    return root


def _close(stack: list[Element], name: str, end: int) -> None:
    """End the innermost element of this name, and with it those inside that were left open."""
    if all(element.name != name for element in stack[1:]):
        return
    while len(stack) > 1:
        element = stack.pop()
        element.end = end
        if element.name == name:
            return
