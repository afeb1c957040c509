r"""Code in Markdown: fenced blocks and spans, which hold no mathematics.

Two kinds of fence are no code: `````math``, a display, and the blocks of MyST Markdown
(`````{admonition}``), whose content is Markdown again.  ``quoted'' is how TeX writes quotation
marks and no code either.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

__all__ = ["Code"]

_FENCE = re.compile(r"`{3,}|~{3,}")
_BLOCK = re.compile(r"\{(?:prf:)?([a-z]+)\}")
_TRANSPARENT = frozenset(
    "admonition attention caution danger dropdown error hint important note seealso tip warning "
    "proof theorem lemma definition corollary example remark exercise solution margin card".split()
)


_OPTIONS = re.compile(r"[ \t]*\r?\n(?:[ \t]*:[\w-]+:[^\n]*(?:\n|\Z))+")


def _is_math(info: str) -> bool:
    return info.lower().split(maxsplit=1)[:1] in (["math"], ["{math}"])


class Code:
    """Finds the ends of code in one text; ``paragraph_end`` gives the end of a paragraph."""

    def __init__(self, text: str, paragraph_end: Callable[[int], int]) -> None:
        """Prepare to read ``text``, from its beginning to its end."""
        self.text, self.paragraph_end = text, paragraph_end
        self._open_blocks: list[str] = []
        self._runs: dict[int, list[int]] | None = None

    def skip(self, mark: str, start: int, after: int) -> tuple[int, int | None]:
        """Return where to go on after ``mark`` (a fence with its line, or backticks).

        For a math fence the second value is the end of what it holds, else None.
        """
        stripped = mark.lstrip(" \t>")
        fence = _FENCE.match(stripped)
        if fence is None or (stripped[0] == "`" and "`" in stripped[fence.end() :]):
            run = re.compile(r"`+").match(self.text, start + len(mark) - len(stripped))
            return (self._span_end(run) if run else after), None
        info = stripped[fence.end() :].strip()
        if self._transparent(fence[0], info):
            return after, None
        closing = re.compile(
            rf"(?m)^[ \t]*(?:>[ \t]*)*{re.escape(fence[0])}{re.escape(fence[0][0])}*[ \t]*\r?$"
        ).search(self.text, after)
        stop, end = closing.span() if closing else (len(self.text), len(self.text))
        return end, (stop if _is_math(info) else None)

    def content_start(self, inside: int) -> int:
        """Return where a math fence's content begins: after MyST's options, ``:label: loss``."""
        options = _OPTIONS.match(self.text, inside)
        return options.end() if options else inside

    def _transparent(self, fence: str, info: str) -> bool:
        """Tell whether a fence opens or closes a block of text, such as an admonition."""
        name = _BLOCK.match(info)
        if name and name[1] in _TRANSPARENT:
            self._open_blocks.append(fence)
            return True
        if not info and self._open_blocks and fence.startswith(self._open_blocks[-1]):
            self._open_blocks.pop()
            return True
        return False

    def _span_end(self, run: re.Match[str]) -> int:
        """Return the end of the code span that a run of backticks opens, or that of the run."""
        if self._runs is None:
            self._runs = {}
            for found in re.finditer(r"`+", self.text):
                self._runs.setdefault(len(found[0]), []).append(found.start())
        length, first = len(run[0]), run.end()
        alike = self._runs.get(length, [])
        at = bisect_left(alike, first)
        if at == len(alike) or alike[at] > self.paragraph_end(first):
            return first
        if length == 2 and "''" in self.text[first : alike[at]]:
            return first
        return alike[at] + length
