r"""The symbol table of a document: what was understood, one line a symbol.

    S        matrix, N x N     defined on line 12
    W_q      matrix, d x d_k   input (a name: q is no index)
    β        scalar            input, not defined: any real number

On a terminal the columns are aligned and every line is cut to its width; in a pipe a line is
``file``, ``line``, symbol in LaTeX, kind, origin and note, separated by tabs, and what is said
about the whole document stands on lines that begin with ``#``.  A symbol is shown in unicode where
the terminal can show it and no other symbol of the table looks the same, else in LaTeX.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from proofs_checks.claims.claim import Paper, SymbolEntry
from proofs_checks.reports.text import symbol_as_text
from proofs_checks.reports.wording import one_line, whose

__all__ = ["print_symbol_rows", "print_symbols", "symbol_rows"]

INDENT = 2
GAP = 2
WIDEST = (24, 32)  # columns of symbol and kind, in cells


def symbol_rows(paper: Paper, *, in_unicode: bool = True) -> list[tuple[str, str, str]]:
    """Return (symbol, kind, origin with its note) of every symbol, each on one line."""
    names = [one_line(entry.latex) for entry in paper.symbols]
    if in_unicode:
        names = _told_apart(names)
    return [
        (name, one_line(e.kind), _origin(e)) for name, e in zip(names, paper.symbols, strict=True)
    ]


def print_symbols(console: Console, paper: Paper) -> None:
    """Print the table for people: columns aligned and cut to the width of the terminal."""
    rows = symbol_rows(paper, in_unicode=console.encoding.startswith("utf"))
    widths = _widths(rows, console.width - INDENT)
    for row in rows:
        cells = [_cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        line = Text(" " * INDENT + _padded(cells[0], widths[0]), style="bold")
        line.append(_padded(cells[1], widths[1]), style="not bold")
        line.append(cells[2], style="not bold dim")
        line.rstrip()
        console.print(line, highlight=False, no_wrap=True, overflow="ignore", crop=False)


def print_symbol_rows(console: Console, paper: Paper) -> None:
    """Print the table for programs: one line a symbol, fields separated by tabs."""
    for said in (f"{one_line(paper.name)}: {whose(paper)}", *paper.notes):
        print(f"# {one_line(said)}", file=console.file)
    for entry in paper.symbols:
        fields = (
            paper.name,
            str(entry.line or ""),
            entry.latex,
            entry.kind,
            entry.origin,
            entry.note,
        )
        print(*map(one_line, fields), sep="\t", file=console.file)


def _origin(entry: SymbolEntry) -> str:
    return "; ".join(filter(None, (one_line(entry.origin), one_line(entry.note))))


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return the names in unicode, but in LaTeX where two of them would look the same."""
    shown = [one_line(symbol_as_text(name)) for name in names]
    times = Counter(shown)
    return [text if times[text] == 1 else name for text, name in zip(shown, names, strict=True)]


def _widths(rows: Sequence[tuple[str, str, str]], room: int) -> tuple[int, int, int]:
    """Return the widths of the columns; what is left after two of them is the third's."""
    first, second = (
        min(max((cell_len(row[n]) for row in rows), default=0), WIDEST[n], max(room // 3 - GAP, 1))
        for n in (0, 1)
    )
    return first, second, max(room - first - second - 2 * GAP, 0)


def _padded(text: str, width: int) -> str:
    return set_cell_size(text, width) + " " * GAP


def _cut(text: str, width: int) -> str:
    """Return text cut to a width in cells, with a mark where something is missing."""
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""
