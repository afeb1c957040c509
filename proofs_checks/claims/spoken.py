r"""Names of symbols in messages: as the author writes them where no plain name does.

nothing says how p_.|x.mu depends on mu    ->    nothing says how `p(x | \mu)` depends on mu
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from proofs_checks.claims.document import Document
from theory.latex.names import name_of, subscripted

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["Spoken", "written"]

POINT = "_."
"""Stands in names that say less than their author does: values of functions, labels above."""
INTERNAL = (POINT, "!")
"""What no name that an author could type contains."""


def written(document: Document, reading: Reading, name: str) -> str:
    """Return a symbol in LaTeX: the author's where its name tells less than that."""
    latex = subscripted(name_of(name))
    if POINT in name and name in reading.ranks.order:
        place = reading.ranks.order[name]
        return " ".join(document.source.text[slice(*place)].split()) or latex
    return latex


class Spoken:
    """Puts the author's symbols into the messages about one document."""

    def __init__(self, document: Document, reading: Reading) -> None:
        names = [n for n in reading.ranks.order if any(x in n for x in INTERNAL)]
        self._symbols = {name: written(document, reading, name) for name in names}
        longest = sorted(map(re.escape, names), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w.])`?({'|'.join(longest)})`?(?![\w.|!'])")

    def __call__(self, message: str) -> str:
        """Return a message with the symbols of the author."""
        if not self._symbols or not any(x in message for x in INTERNAL):
            return message
        return self._pattern.sub(lambda found: f"`{self._symbols[found[1]]}`", message)
