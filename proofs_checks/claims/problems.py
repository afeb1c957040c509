"""What could not be read: the place, what was expected, and what was probably meant.

A `Problem` belongs to one place of a document.  A document with problems is still read: the
equations concerned are unreadable and the others are not.  Only a document that is too large, or
holds too many equations, is refused as a whole, with a `ReadingError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proofs_checks.claims.places import Source, Span

__all__ = ["Problem", "ReadingError", "Refusal", "Refusals", "nearest", "problem_at"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One place that could not be read, or that needs the author's attention.

    ``excerpt`` is the line of the document (cut when long) and ``caret`` the line to print under
    it.  ``expected`` and ``suggestion`` are empty where there is nothing to say.
    """

    message: str
    file: str
    line: int
    column: int
    span: Span
    excerpt: str
    caret: str
    expected: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        lines = [f"{self.file}:{self.line}:{self.column}: {self.message}"]
        lines += ["    " + self.excerpt, "    " + self.caret]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.suggestion:
            lines.append(f"  suggestion: {self.suggestion}")
        return "\n".join(lines)


class ReadingError(Exception):
    """A document that is refused as a whole; ``problems`` says where and why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; the message is the text of all of them."""
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Refusal(Exception):
    """Inside the reader: one place of an equation that cannot be read.

    The reader turns it into a `Problem` of the equation; it never leaves `read_document`.
    """

    def __init__(
        self, message: str, span: Span, *, expected: str = "", suggestion: str = ""
    ) -> None:
        """Keep the place and the words."""
        self.message, self.span = message, span
        self.expected, self.suggestion = expected, suggestion
        super().__init__(message)


class Refusals(Exception):  # noqa: N818  (it carries several of them)
    """Several places of one formula that cannot be read."""

    def __init__(self, refusals: list[Refusal]) -> None:
        """Keep them in the order of the document."""
        self.refusals = refusals
        super().__init__("; ".join(refusal.message for refusal in refusals))


def problem_at(source: Source, refusal: Refusal) -> Problem:
    """Return the problem that a refusal describes, with its line, column and caret."""
    line, column = source.place(refusal.span.start)
    excerpt, caret = source.excerpt(refusal.span)
    return Problem(
        refusal.message,
        source.file_of(refusal.span.start) or source.name,
        line,
        column,
        refusal.span,
        excerpt,
        caret,
        refusal.expected,
        refusal.suggestion,
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like ``word``, or None when none is near.

    Only words of about the same length are compared, so that the search stays cheap when a
    hostile document holds thousands of unknown words.
    """
    if len(word) > 40:
        return None
    from difflib import get_close_matches  # only where something is wrong

    margin = 1 + len(word) // 4
    near = [k for k in known if abs(len(k) - len(word)) <= margin]
    found = get_close_matches(word, near, n=1, cutoff=0.7)
    return found[0] if found else None
