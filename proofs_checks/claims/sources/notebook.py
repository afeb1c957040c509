r"""A Jupyter notebook as one document: its Markdown, its LaTeX cells and its LaTeX outputs.

Cells are read in their order; reports name the cell, counted from 1 over cells of every kind, and
the line in it.  Code is not read, except for cells that begin with ``%%latex``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from proofs_checks.claims.limits import Limits
from proofs_checks.claims.sources.bundle import Bundle, SourceError, Writer
from proofs_checks.claims.sources.files import decoded

__all__ = ["notebook_bundle"]

NOTEBOOK_BYTES = 64 * 1024 * 1024  # pictures in the outputs included

_FENCE = re.compile(r"(?m)^[ \t]*(`{3,}|~{3,})")
_MAGIC = re.compile(r"\s*%%latex[^\n]*(?:\n|\Z)")
# What SymPy prints: inline mathematics that stands on a line of its own.
_SHOWN = re.compile(r"\s*\$\s*\\displaystyle(?![A-Za-z])(?P<inside>[^$]*)\$\s*")


def notebook_bundle(data: bytes, name: str, file: str, *, limits: Limits | None = None) -> Bundle:
    """Return the document that a notebook is; ``file`` is how reports call the notebook's cells.

    Raises `SourceError` if the bytes are no notebook, or too many, or the text of its cells is
    too long.
    """
    limits = limits or Limits()
    if len(data) > NOTEBOOK_BYTES:
        raise SourceError(
            f"`{file}` has {len(data)} bytes; at most {NOTEBOOK_BYTES} of a notebook are read: "
            "clear its outputs"
        )
    writer = Writer(name, limits.document_bytes)
    writer.file("", "")
    writer.add("", 0, 0)
    for number, cell in enumerate(_cells(data, file), 1):
        for label, text in _texts(cell, number):
            _write(writer, f"{file}:{label}", text)
    return writer.bundle("md")


def _cells(data: bytes, file: str) -> list[Any]:
    text, _ = decoded(data, file)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(f"`{file}` is no notebook: line {error.lineno}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise SourceError(f"`{file}` is no notebook: its JSON is too deep or too long") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if cells is None and isinstance(content, dict):  # before version 4
        sheets = content.get("worksheets")
        first = sheets[0] if isinstance(sheets, list) and sheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise SourceError(f"`{file}` is no notebook: it has no list of cells")
    return cells


def _texts(cell: Any, number: int) -> Iterator[tuple[str, str]]:
    """Yield (label, text) of what is to be read in a cell."""
    if not isinstance(cell, dict):
        return
    kind, source = cell.get("cell_type"), _joined(cell.get("source", cell.get("input")))
    metadata = cell.get("metadata")
    form = (
        metadata.get("raw_mimetype", metadata.get("format")) if isinstance(metadata, dict) else ""
    )
    if kind == "markdown" or (kind == "raw" and form in ("text/latex", "text/markdown")):
        yield f"cell {number}", source
    if kind != "code":
        return
    if _MAGIC.match(source):
        yield f"cell {number}", source
        return
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        held = output.get("data", output) if isinstance(output, dict) else {}
        latex = _joined(held.get("text/latex", held.get("latex"))) if isinstance(held, dict) else ""
        if latex:
            yield f"cell {number} output", latex


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def _write(writer: Writer, label: str, text: str) -> None:
    """Write a cell, set off from the others; what it leaves open ends with it."""
    while label in writer.files and writer.files[label].text != text:
        label += "'"  # a second output of one cell
    writer.file(label, text)
    magic, shown = _MAGIC.match(text), _SHOWN.fullmatch(text)
    if shown is not None:
        writer.between("\\[")
        writer.add(label, shown.start("inside"), shown.end("inside"))
        writer.between("\\]")
    else:
        writer.add(label, magic.end() if magic else 0, len(text))
        writer.between(_closing_fence(text))
    writer.between("\n\n")


def _closing_fence(text: str) -> str:
    """Return the end of a code block that the cell never closes."""
    open_fence = ""
    for mark in _FENCE.finditer(text):
        if not open_fence:
            open_fence = mark[1]
        elif mark[1].startswith(open_fence):
            open_fence = ""
    return f"\n{open_fence}" if open_fence else ""
