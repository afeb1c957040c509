r"""A document of several files as one text, each character with its file and place.

    text     ... we minimise \input{loss} over ...      main.tex
    becomes  ... we minimise L = \sum_i p_i over ...    main.tex | loss.tex | main.tex

Everything behind it reads one text; `BundleSource` answers where an offset stands: the file, its
line and its column.  Characters that are in no file, such as the line break between a file without
one and what follows, stand at the place of the character before them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from proofs_checks.claims.places import Source, Span
from proofs_checks.claims.problems import ReadingError, Refusal

__all__ = ["Bundle", "BundleSource", "Piece", "SourceError", "Writer"]


class SourceError(ReadingError):
    """A folder, archive or file from which no document can be read; the message says why."""

    def __init__(self, message: str) -> None:
        """Keep the message; there is no place in a document to point at."""
        super().__init__(())
        self.args = (message,)


class Piece(NamedTuple):
    """From ``start`` on, the text is that of ``file`` from ``origin`` on, ``length`` characters.

    What the piece has beyond its length stands in no file.
    """

    start: int
    file: str
    origin: int
    length: int


@dataclass(frozen=True)
class BundleSource(Source):
    """The text of a document of several files, which knows the place of every character.

    ``pieces`` are in the order of the text; ``files`` holds the text of each file under its name,
    relative to the folder of the main file, which itself has the name "".
    """

    pieces: tuple[Piece, ...] = ()
    files: Mapping[str, Source] = field(default_factory=dict, compare=False, repr=False)
    _begins: list[int] = field(default_factory=list, compare=False, repr=False)
    _by_file: dict[str, list[Piece]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for piece in self.pieces:
            self._begins.append(piece.start)
            self._by_file.setdefault(piece.file, []).append(piece)

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 1), in its file, of an offset."""
        piece = self._piece(offset)
        return self.files[piece.file].place(_inside(piece, offset))

    def file_of(self, offset: int) -> str:
        """Return the name of the file that an offset stands in; empty for the main file."""
        return self._piece(offset).file

    def offset_of(self, file: str, line: int, column: int) -> int:
        """Return the offset of a place; the first one if its file is included several times.

        Raises `ValueError` for a place that is not in the text.
        """
        if file in self._by_file:
            wanted = self.files[file].offset_of("", line, column)
            for beyond in (0, 1):  # the end of a piece only where no other begins
                for piece in self._by_file[file]:
                    if piece.origin <= wanted < piece.origin + piece.length + beyond:
                        return piece.start + wanted - piece.origin
        raise ValueError(f"`{self.name}` has no line {line} of `{file}`: it was not read.")

    def excerpt(self, span: Span) -> tuple[str, str]:
        """Return the line of the file in which the span begins, and carets to stand under it."""
        piece = self._piece(span.start)
        start, end = _inside(piece, span.start), _inside(piece, span.end)
        return self.files[piece.file].excerpt(Span(start, max(start, end)))

    def _piece(self, offset: int) -> Piece:
        return self.pieces[max(0, bisect_right(self._begins, offset) - 1)]


def _inside(piece: Piece, offset: int) -> int:
    return piece.origin + max(0, min(offset - piece.start, piece.length))


@dataclass(frozen=True)
class Bundle:
    """A document as it lies on the author's disk, ready to be read.

    | field | meaning |
    |---|---|
    | source | its text with the places |
    | kind | "tex", "md" or "html", as `read_document` wants it |
    | refusals | what could not be read, such as a missing file, with its place in the text |
    | notes | what was left out on purpose, in words |
    """

    source: BundleSource
    kind: str
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the text is made of besides the main one, in order."""
        return tuple(dict.fromkeys(p.file for p in self.source.pieces if p.file))

    @property
    def size(self) -> int:
        """Bytes of the whole text (UTF-8)."""
        return len(self.source.text.encode("utf-8", "surrogatepass"))


class Writer:
    """Puts a bundle together, piece by piece, up to ``limit`` characters."""

    def __init__(self, name: str, limit: int) -> None:
        """Begin with nothing; ``name`` is the document's."""
        self.name, self.limit = name, limit
        self.length = 0
        self.files: dict[str, Source] = {}
        self._parts: list[str] = []
        self._pieces: list[Piece] = []

    def file(self, name: str, text: str) -> None:
        """Make known the text of a file, of which pieces can then be added."""
        self.files.setdefault(name, Source(name or self.name, text))

    def add(self, file: str, start: int, end: int) -> None:
        """Add the characters start..end of a file."""
        if end > start or not self._pieces:
            self._pieces.append(Piece(self.length, file, start, end - start))
            self._put(self.files[file].text[start:end])

    def stand_for(self, file: str, start: int, end: int, text: str) -> None:
        """Add text that stands for the characters start..end of a file, but is other than they."""
        if text:
            self._pieces.append(Piece(self.length, file, start, min(len(text), end - start)))
            self._put(text)

    def between(self, text: str) -> None:
        """Add characters that stand in no file."""
        if text and self._pieces:
            self._put(text)

    @property
    def is_at_line_start(self) -> bool:
        """Whether the next character begins a line."""
        last = next((part for part in reversed(self._parts) if part), "\n")
        return last.endswith(("\n", "\r"))

    def _put(self, text: str) -> None:
        self.length += len(text)
        if self.length > self.limit:
            raise SourceError(
                f"the document has, with everything it includes, more than {self.limit} "
                "characters; check its parts one by one"
            )
        self._parts.append(text)

    def bundle(
        self, kind: str, refusals: tuple[Refusal, ...] = (), notes: tuple[str, ...] = ()
    ) -> Bundle:
        """Return what was put together."""
        source = BundleSource(
            self.name, "".join(self._parts), pieces=tuple(self._pieces), files=self.files
        )
        return Bundle(source, kind, refusals, notes)
