"""Names for generated code: identifiers that Python accepts, letters for einsum, safe text.

Everything that reaches generated source passes through here, so no name or title of a model can
become code: identifiers are rebuilt from letters and digits, and texts lose what could end a
comment or a docstring.
"""

from __future__ import annotations

import difflib
import keyword
import re
import string
import unicodedata
from collections.abc import Iterable

from theory.algebra.symbols import Index

__all__ = ["Names", "identifier", "nearest", "plain_text", "subscripts"]

SPOKEN = {"'": "_prime", "*": "_star"}


def identifier(text: str) -> str:
    """Return a Python identifier that resembles ``text``: h' -> h_prime, lambda -> lambda_."""
    spoken = "".join(SPOKEN.get(x) or _spelled(x) for x in text)
    name = re.sub(r"[^0-9A-Za-z_]+", "_", spoken).rstrip("_") or "x"
    if name[0] == "_" and not name.strip("_0123456789"):
        name = "x" + name
    if name[0].isdigit():
        name = f"x{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def _spelled(x: str) -> str:
    """Return a character as it can stand in a name: alpha for the Greek letter, nothing for {}."""
    if x in "{}\\":
        return ""
    is_foreign_letter = x.isalpha() and not x.isascii()
    return unicodedata.name(x, "x").split()[-1].lower() if is_foreign_letter else x


def plain_text(text: str) -> str:
    """Return ``text`` on one line, without what could end a comment or a docstring."""
    return "".join(x if x.isprintable() else " " for x in text).replace("\\", "/").replace('"', "'")


def nearest(word: str, options: Iterable[str]) -> str:
    """Return " Did you mean `...`?" for the option nearest to ``word``, or nothing."""
    known = list(options)
    close = [x for x in known if x.casefold() == word.casefold()]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f" Did you mean `{close[0]}`?" if close else ""


class Names:
    """Identifiers for the symbols of a model and for intermediates, none used twice."""

    def __init__(self) -> None:
        self._taken = {"np", "torch", "math"}
        self._of: dict[str, str] = {}

    def of(self, symbol: str) -> str:
        """Return the identifier of a tensor or a scalar, always the same one."""
        if symbol not in self._of:
            self._of[symbol] = self.new(symbol)
        return self._of[symbol]

    def of_size(self, size: str) -> str:
        """Return the identifier of a size; a tensor may bear the same name."""
        return self.of(f"size {size}") if f"size {size}" in self._of else self._new_size(size)

    def _new_size(self, size: str) -> str:
        self._of[f"size {size}"] = self.new(size)
        return self._of[f"size {size}"]

    def new(self, hint: str) -> str:
        """Return an unused identifier that resembles ``hint``."""
        base = identifier(hint)
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base.rstrip('_')}_{number}", number + 1
        self._taken.add(name)
        return name


def subscripts(operands: Iterable[tuple[Index, ...]], out: tuple[Index, ...]) -> str:
    """Return the einsum subscripts "ij,ja->ia"; every index keeps its own letter if it can."""
    operands = list(operands)
    letters: dict[Index, str] = {}
    for k in (k for axes in (*operands, out) for k in axes):
        if k not in letters:
            own = [x for x in k.name[:1] if x in string.ascii_letters]
            free = (x for x in (*own, *string.ascii_letters) if x not in letters.values())
            letters[k] = next(free)
    words = ["".join(letters[k] for k in axes) for axes in (*operands, out)]
    return f"{','.join(words[:-1])}->{words[-1]}"
