r"""A web page whose displays are MathML without TeX, with LaTeX in their place.

TeX that a page brings along is left where it is: the scripts of MathJax and the annotations of
KaTeX, Pandoc and Wikipedia are read from the page itself (`webpages`).  Here are put into LaTeX

- ``<math display="block">`` without an annotation in TeX, as MathJax 3 and hand-written pages have;
- the tables that LaTeXML makes of an ``align``, as in the HTML of arXiv: one display a table, of
  the TeX of its cells.
"""

from __future__ import annotations

import re
from html import escape

from proofs_checks.claims.limits import Limits
from proofs_checks.claims.sources.bundle import Bundle, Writer
from proofs_checks.claims.sources.mathml import latex_of

__all__ = ["page_bundle"]

_PREFIX = r"(?:[A-Za-z]{1,8}:)?"
_START = re.compile(
    rf"<!--|<(?P<raw>script|style|textarea|pre|code|template)(?![\w-])"
    rf"|<(?P<math>{_PREFIX}math)(?![\w:-])(?P<attributes>[^<>]{{0,4000}})>"
    rf"|<(?P<table>table|tbody|div)(?=\s)(?P<class>[^<>]{{0,1000}}ltx_eqn_(?:align|gather|eqnarray)"
    rf"[^<>]{{0,1000}})>",
    re.IGNORECASE,
)
_DISPLAY = re.compile(r"(?:display\s*=\s*[\"']?block|mode\s*=\s*[\"']?display)", re.IGNORECASE)
_CELL = re.compile(
    r"<(?P<row>tr)(?![\w-])|<(?P<cell>td)(?![\w-])(?P<class>[^<>]{0,1000})>"
    r"|<annotation(?=\s)[^<>]{0,400}application/x-tex[^<>]{0,400}>(?P<tex>[^<]{0,50000})"
    r"</annotation\s*>",
    re.IGNORECASE,
)
_MATHJAX_2 = re.compile(r"type\s*=\s*[\"']?math/tex", re.IGNORECASE)


def page_bundle(html: str, name: str, *, limits: Limits | None = None) -> Bundle | None:
    """Return the page with LaTeX for its MathML, None if there is nothing to put into LaTeX."""
    limits = limits or Limits()
    page = _Page(html, name, limits)
    return page.run()


class _Page:
    def __init__(self, html: str, name: str, limits: Limits) -> None:
        self.html, self.limits = html, limits
        # escaping makes the text of a page longer
        self.writer = Writer(name, 4 * limits.document_bytes)
        self.writer.file("", html)
        self.has_tex_of_its_own = bool(_MATHJAX_2.search(html))
        self.absent: set[str] = set()
        self.done = 0

    def run(self) -> Bundle | None:
        position, count = 0, 0
        while mark := _START.search(self.html, position):
            position = mark.end()
            if mark["math"]:
                after = self._math(mark)
            elif mark["table"]:
                after = self._table(mark)
            else:
                closing = f"</{mark['raw'].lower()}" if mark["raw"] else "-->"
                position = max(position, self._find(closing, position))
                continue
            if after >= 0:
                position, self.done, count = after, after, count + 1
        if not count:
            return None
        self.writer.add("", self.done, len(self.html))
        return self.writer.bundle("html")

    def _find(self, mark: str, position: int) -> int:
        """Return where a mark (in lower case) begins, -1 if nowhere."""
        if mark in self.absent:
            return -1
        found = re.compile(re.escape(mark), re.IGNORECASE).search(self.html, position)
        if found is None:
            self.absent.add(mark)
        return found.start() if found else -1

    def _math(self, mark: re.Match[str]) -> int:
        """Put one element into LaTeX; return the position after it, -1 if it stays."""
        if not _DISPLAY.search(mark["attributes"]) or self.has_tex_of_its_own:
            return -1
        closing = f"</{mark['math'].lower()}"
        stop = self._find(closing, mark.end())
        if stop < 0 or "application/x-tex" in self.html[mark.end() : stop]:
            return -1
        if not self.html[mark.end() : stop].strip():
            return -1
        after = self.html.find(">", stop) + 1 or len(self.html)
        self.writer.add("", self.done, mark.start())
        self.writer.between("\n\\[")
        for part in latex_of(self.html, mark.start(), after):
            self.writer.stand_for("", part.start, part.end, escape(part.text, quote=False))
        self.writer.between("\\]\n")
        return after

    def _table(self, mark: re.Match[str]) -> int:
        """Put a table of LaTeXML into one display; return the position after it, -1 if it stays."""
        stop = self._find(f"</{mark['table'].lower()}", mark.end())
        if stop < 0 or "application/x-tex" not in self.html[mark.end() : stop]:
            return -1
        self.writer.add("", self.done, mark.start())
        self.writer.between("\n\\begin{align*}")
        is_first_row, is_first_cell = True, True
        for found in _CELL.finditer(self.html, mark.end(), stop):
            if found["row"]:
                self.writer.between("" if is_first_row else "\\\\\n")
                is_first_row, is_first_cell = False, True
            elif found["cell"] and "_pad" not in found["class"] and "eqno" not in found["class"]:
                self.writer.between("" if is_first_cell else "&amp;")
                is_first_cell = False
            elif found["tex"] is not None:
                self.writer.add("", found.start("tex"), found.end("tex"))
        self.writer.between("\\end{align*}\n")
        return stop
