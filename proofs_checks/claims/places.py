r"""Where things stand in a document: spans, lines, columns and the excerpt with a caret.

Offsets count characters of the decoded document, from 0; lines and columns count from 1, and a
line ends at ``\n``, ``\r\n`` or ``\r``.  A tab is one column.  Nothing here changes the text: a
position always refers to the document as the user wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

__all__ = ["TAG_MARK", "Source", "Span", "View", "decode", "touch"]

TAG_MARK = "\ufffc"  # stands in a view where a tag of a web page interrupts a line

_LINE_END = re.compile(r"\r\n|\n|\r")
_EXCERPT_WIDTH = 96  # characters of a line that are shown; pasted pages are one endless line


class Span(NamedTuple):
    """The characters ``start`` to ``end`` (exclusive) of a document."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the span that covers this one and ``other``."""
        # The parts of an expanded macro stand at its call, in no order.
        return Span(min(self.start, other.start), max(self.end, other.end))


class Placed(Protocol):
    """What stands at a place: a lexeme, a node."""

    @property
    def span(self) -> Span:
        """Its place."""
        ...


def touch(parts: Iterable[Placed]) -> bool:
    """Return whether each part begins where the one before it ends."""
    return all(a.span.end == b.span.start for a, b in pairwise(parts))


@dataclass(frozen=True)
class Source:
    """A decoded document and the map from offsets to lines and columns."""

    name: str
    text: str
    _starts: list[int] = field(default_factory=list, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._starts.append(0)
        self._starts.extend(match.end() for match in _LINE_END.finditer(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 1) of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def file_of(self, offset: int) -> str:
        """Return the file that an offset stands in; empty for the document itself.

        A document of several files answers with the name of one (`sources.bundle`), and its
        `place` counts the lines of that file.
        """
        return ""

    def offset_of(self, file: str, line: int, column: int) -> int:
        """Return the offset of a place, so that places of several files can be put in order.

        Raises `ValueError` for a file that is none of the document's.
        """
        if file:
            raise ValueError(f"`{self.name}` has no file `{file}`: it is the only one.")
        return self._starts[line - 1] + column - 1

    def where(self, offset: int) -> str:
        """Return a place in words, such as "line 3, column 7 of sections/method.tex"."""
        (line, column), file = self.place(offset), self.file_of(offset)
        return f"line {line}, column {column}" + (f" of {file}" if file else "")

    def excerpt(self, span: Span) -> tuple[str, str]:
        """Return the line in which the span begins, and a line of carets that stands under it.

        A long line is cut around the place.  Characters two cells wide (Chinese, Japanese) get
        two carets or blanks, combining ones none, so the carets are right in a terminal.
        """
        line, column = self.place(span.start)
        first = self._starts[line - 1]
        last = self._starts[line] if line < len(self._starts) else len(self.text)
        text = self.text[first:last].rstrip("\r\n")
        begin, end = column - 1, max(column, min(span.end - first, len(text)))
        left = max(0, begin - _EXCERPT_WIDTH // 2)
        right = min(len(text), max(left + _EXCERPT_WIDTH, min(end, begin + _EXCERPT_WIDTH) + 8))
        before, after = ("… " if left else ""), (" …" if right < len(text) else "")
        shown = before + "".join(map(_printable, text[left:right])) + after
        blank = " " * len(before) + "".join(_blank(c) for c in text[left:begin])
        return shown, blank + "^" * max(1, sum(map(_cells, text[begin : min(end, right)])))


class View(NamedTuple):
    """Text to read, with the place of each of its characters in the original document.

    A TeX document is its own view (``starts`` and ``ends`` are None); the view of a web page
    has lost its tags and has its entities decoded.  Where ``is_markdown``, a backslash before an
    underscore keeps Markdown from reading it as emphasis, and TeX never sees it.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    is_markdown: bool = False

    def span(self, start: int, end: int) -> Span:
        """Return the span, in the original document, of the characters start..end of the view."""
        if self.starts is None or self.ends is None:
            return Span(start, end)
        if start >= len(self.starts):
            last = self.ends[-1] if self.ends else 0
            return Span(last, last)
        first = self.starts[start]
        return Span(first, self.ends[end - 1] if end > start else first)


def decode(data: bytes) -> tuple[str, int | None]:
    """Return the text of ``data`` and the offset of the first byte that could not be decoded.

    UTF-8 with or without a mark, UTF-16 with one.  Undecodable bytes become U+FFFD, which no
    equation may contain; the offset is None when there are none.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8"
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, errors="replace")
        return data.decode(encoding, errors="replace"), len(before)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _blank(character: str) -> str:
    return "\t" if character == "\t" else " " * _cells(character)


def _printable(character: str) -> str:
    # A control character in a terminal could hide or forge what is shown.
    if character != "\t" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return "\N{REPLACEMENT CHARACTER}"
    return character
