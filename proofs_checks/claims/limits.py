"""How much a document may ask of the reader.

Reading is total: any byte string ends in a document or in a `ReadingError`, in bounded time and
memory.  Every limit has its own message.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one reading.

    | field | unit | beyond it |
    |---|---|---|
    | document_bytes | bytes (UTF-8) | the document is refused |
    | equations | equations | the document is refused |
    | seconds | s of reading | the displays that remain are unreadable |
    | equation_characters | characters | the display is unreadable |
    | equation_lexemes | commands, letters, numbers, signs | the display is unreadable |
    | nesting | brackets inside one another | the equation is unreadable |
    | macro_lexemes | lexemes one display gains by expanding macros | the display is unreadable |
    | problems | problems | further ones of the same equation are not listed |
    """

    document_bytes: int = 2 * 1024 * 1024
    equations: int = 2000
    seconds: float = 20.0
    equation_characters: int = 50_000
    equation_lexemes: int = 10_000
    nesting: int = 64
    macro_lexemes: int = 10_000
    problems: int = 20
