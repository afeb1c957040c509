r"""The text of a web page, each character with its place in the HTML.

As a browser with MathJax sees it: tags vanish (a block or a line break ends a line), entities are
decoded, ``script``, ``style``, ``pre``, ``code`` and their like are skipped.  Mathematics that a
page carries in its markup is put back: ``<script type="math/tex; mode=display">`` and the TeX
annotations of MathML in display style.  A tag inside a line of text leaves U+FFFC, which no
equation may contain: it usually is an ``<em>`` that a page made of two underscores.  Comments
vanish, except directives, which stand on a line of their own.

Python's own ``html.parser`` needs time quadratic in the length of a damaged page (40 000 unclosed
tags, 120 kB, take 100 s), so this is one pass of its own, linear in every case.
"""

from __future__ import annotations

import re
from array import array
from html import unescape

from proofs_checks.claims.places import TAG_MARK, View

__all__ = ["page_view"]

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main nav ol option p "
    "pre section select summary table tbody td tfoot th thead title tr ul".split()
)
_INLINE = frozenset(
    "a abbr acronym annotation area audio b base bdi bdo big button canvas cite code col colgroup "
    "data datalist del dfn em embed font i iframe img input ins kbd label legend link map mark "
    "math menu meta meter nobr noscript object output picture progress q s samp script semantics "
    "slot small source span strike strong style sub sup svg template textarea time tt u var video "
    "wbr".split()
)
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe"])
_SKIPPED = frozenset(
    ["pre", "code", "svg", "math", "noscript", "template", "kbd", "samp", "button"]
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)")
_TAG_END = re.compile(r"(?>[^\"'>]*)(?>(?:\"[^\"]*\"|'[^']*')[^\"'>]*)*>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_DIRECTIVE = re.compile(r"proofhead:[^\n\r]*")


def page_view(html: str) -> View:
    """Return what a reader of the page sees, with the places of its characters."""
    return _Page(html).read()


class _Page:
    def __init__(self, html: str) -> None:
        self.html = html
        self.parts: list[str] = []
        self.starts, self.ends = array("q"), array("q")
        self.skipping = ""  # the element whose text is not shown ...
        self.depth = 0  # ... and how often it is open
        self.display_math = False

    def read(self) -> View:
        html, position = self.html, 0
        while (mark := html.find("<", position)) >= 0:
            self._text(position, mark)
            position = self._markup(mark)
            if position < 0:  # a tag that never closes: no tag can follow
                self._text(mark, len(html))
                position = len(html)
        self._text(position, len(html))
        return View("".join(self.parts), self.starts, self.ends)

    # -- writing ----------------------------------------------------------------------------

    def _put(self, text: str, start: int, end: int) -> None:
        """Write characters that all stand for html[start:end]."""
        self.parts.append(text)
        self.starts.extend([start] * len(text))
        self.ends.extend([end] * len(text))

    def _copy(self, start: int, end: int) -> None:
        self.parts.append(self.html[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))

    def _text(self, start: int, end: int) -> None:
        if self.skipping or start >= end:
            return
        for entity in _ENTITY.finditer(self.html, start, end):
            self._copy(start, entity.start())
            self._put(unescape(entity[0]), entity.start(), entity.end())
            start = entity.end()
        self._copy(start, end)

    # -- markup -----------------------------------------------------------------------------

    def _markup(self, mark: int) -> int:
        """Read what begins with ``<``; return the position after it, -1 if it never ends."""
        html = self.html
        if html.startswith("<!--", mark):
            end = html.find("-->", mark + 4)
            end = len(html) if end < 0 else end
            self._comment(mark + 4, end)
            return min(len(html), end + 3)
        if html.startswith(("<!", "<?"), mark):
            end = html.find(">", mark)
            return len(html) if end < 0 else end + 1
        tag = _TAG.match(html, mark)
        name = tag[2].lower() if tag else ""
        if tag is None or not (name in _BLOCKS or name in _INLINE or "-" in name):
            self._text(mark, mark + 1)  # "a <b" in a formula, not a tag
            return mark + 1
        end = _TAG_END.match(html, tag.end())
        if end is None:
            return -1
        attributes = html[tag.end() : end.end() - 1]
        if tag[1]:
            self._close(name, mark, end.end())
            return end.end()
        if name in _RAW:
            return self._raw(name, attributes, mark, end.end())
        self._open(name, attributes, mark, end.end())
        return end.end()

    def _comment(self, start: int, end: int) -> None:
        if self.skipping:
            return
        for line in _DIRECTIVE.finditer(self.html, start, end):
            self._put("\n% ", line.start(), line.start())
            self._copy(line.start(), line.end())
            self._put("\n", line.end(), line.end())

    def _open(self, name: str, attributes: str, start: int, end: int) -> None:
        if name == "annotation" and self.skipping and "application/x-tex" in attributes:
            closing = self.html.find("</annotation", end)
            if self.display_math and closing >= 0:
                held, self.skipping = self.skipping, ""
                self._put("\n\\[", start, end)
                self._text(end, closing)
                self._put("\\]\n", closing, closing)
                self.skipping = held
            return
        if name == "math" and not self.skipping:
            self.display_math = bool(re.search(r"display\s*=\s*[\"']?block", attributes))
        if name == "span" and "katex-display" in attributes:
            self.display_math = True
        if self.skipping:
            self.depth += name == self.skipping
        elif name in _SKIPPED and not attributes.rstrip().endswith("/"):
            self.skipping, self.depth = name, 1
        elif name == "br":
            self._put("\n", start, end)
        else:
            self._put("\n\n" if name in _BLOCKS else TAG_MARK, start, end)

    def _close(self, name: str, start: int, end: int) -> None:
        if not self.skipping:
            self._put("\n\n" if name in _BLOCKS else TAG_MARK, start, end)
        elif name == self.skipping:
            self.depth -= 1
            if self.depth == 0:
                self.skipping = ""
                self.display_math = self.display_math and name != "math"

    def _raw(self, name: str, attributes: str, start: int, end: int) -> int:
        closing = re.compile(rf"</{name}(?![A-Za-z0-9])", re.IGNORECASE).search(self.html, end)
        stop = closing.start() if closing else len(self.html)
        kind = attributes.replace(" ", "")
        if name == "script" and "math/tex" in kind and "mode=display" in kind:
            if not self.skipping:
                self._put("\n\\[", start, end)
                self._copy(end, stop)
                self._put("\\]\n", stop, stop)
        after = self.html.find(">", stop)
        return len(self.html) if after < 0 else after + 1
