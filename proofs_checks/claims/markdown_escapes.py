r"""Formulas in Markdown whose author wrote every backslash as Markdown wants it.

    \mathbb{E}\_{a \sim \pi}[r] \\;      for   \mathbb{E}_{a \sim \pi}[r] \;

Some site generators take one backslash away before mathematics is set.  Their pages are read as
they look there; every character keeps its place.
"""

from __future__ import annotations

import re

__all__ = ["without_escapes"]

EVIDENCE = re.compile(r"(?:\}|\\[A-Za-z]+)\\_(?=[A-Za-z0-9{\\])")
ENOUGH = 3  # such scripts in a page, none of which TeX would set
ESCAPES = re.compile(r"\\\\\\(?=\r?\n)|\\\\(?=[,;:!|{}>])|\\(?=[_*])")
INSTEAD = {3: "\\\\ ", 2: " \\", 1: " "}


def without_escapes(text: str) -> str:
    r"""Return a text of the same length with ``\_`` read as ``_`` and ``\\;`` as ``\;``.

    A text without such scripts is returned as it is.
    """
    if len(EVIDENCE.findall(text)) < ENOUGH:
        return text
    return ESCAPES.sub(lambda found: INSTEAD[len(found[0])], text)
