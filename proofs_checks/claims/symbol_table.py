"""The symbol table of a document: what was understood, one line for each symbol and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs_checks.claims.claim import SymbolEntry
from proofs_checks.claims.document import Document
from proofs_checks.claims.spoken import written

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["symbol_entries"]


def symbol_entries(document: Document, reading: Reading) -> tuple[SymbolEntry, ...]:
    """Return an entry for every symbol that the document uses, in the order of their first use."""
    entries = []
    lines = {}
    for found in reading.definitions.by_side.values():
        start = found.statement.span.start
        lines.setdefault(found.name, document.source.place(start)[0])
    for name in reading.ranks.order:
        symbol = reading.symbols.table.get(name)
        if symbol is None:
            continue
        sizes = [_length(reading.ranges.find(s).name) for s in reading.symbols.sizes(symbol)]
        origin, line = _origin(reading, name, lines)
        note = ""
        if name in reading.ranks.chosen and symbol.known is None:
            note = f"nothing decides; taken for {reading.ranks.chosen[name]}"
        latex = written(document, reading, name)
        entries.append(SymbolEntry(latex, _kind(sizes), origin, note, line))
    return tuple(entries)


def _in_words(kind: str) -> str:
    """Return "one of 0, 1" or "between 0 and 1" for the kind of numbers that an input is."""
    word, _, rest = kind.partition(" ")
    if word == "between":
        return f"between {rest.replace(' ', ' and ')}"
    return f"one of {', '.join(rest.split()[1:])}"


def _length(size: str) -> str:
    return "?" if size.startswith("?") else size  # a name that only the reader needs


def _kind(sizes: list[str]) -> str:
    what = ("scalar", "vector", "matrix")[len(sizes)] if len(sizes) < 3 else "array"
    return f"{what}, {' x '.join(sizes)}" if sizes else what


def _origin(reading: Reading, name: str, lines: dict[str, int]) -> tuple[str, int]:
    symbol = reading.symbols.table[name]
    if symbol.known is not None:
        return f"of the vocabulary {reading.base.name}" if reading.base else "known", 0
    if name in lines:
        return f"defined on line {lines[name]}", lines[name]
    if name in reading.context.opaque:
        return "not defined: an arbitrary differentiable function", 0
    if symbol.depends:
        return f"not defined: depends on {', '.join(sorted(symbol.depends))}", 0
    if name in reading.values:
        return f"input, not defined: {_in_words(reading.values[name])}", 0
    return "input, not defined: any real number" + ("s" if symbol.axes.total else ""), 0
