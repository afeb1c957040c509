r"""LaTeX to MathML that browsers show without any script or font from elsewhere.

The converter copies what it does not know into its output unescaped, so its output is never
trusted: it is parsed, and only known elements and attributes of MathML go on.  What cannot be
converted, and every text with `<`, `>` or a control sequence of HTML in it, is shown as escaped
LaTeX source instead.
"""

from __future__ import annotations

import re
from html import escape
from xml.etree import ElementTree

from latex2mathml.converter import convert

from proofs_checks.reports.wording import printable

__all__ = ["mathml", "mixed"]

LONGEST = 4000  # characters; what is longer is shown as source
ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msub msup msubsup munder mover munderover mfrac msqrt mroot "
    "mtable mtr mtd mstyle mpadded mphantom".split()
)
ATTRIBUTES = frozenset(
    "display mathvariant stretchy fence form accent minsize maxsize columnalign linethickness "
    "displaystyle scriptlevel lspace rspace".split()
)
REFUSED = re.compile(r"[<>&]|\\(?:href|style|class)(?![A-Za-z])")
SPACE = "{http://www.w3.org/1998/Math/MathML}"
# what the converter does not know, in what it knows
REPLACED = (
    (re.compile(r"\\[bB]ig{1,2}l(?![A-Za-z])"), r"\\left"),
    (re.compile(r"\\[bB]ig{1,2}r(?![A-Za-z])"), r"\\right"),
    (re.compile(r"\\(?:lVert|rVert|Vert|\|)(?![A-Za-z])"), "\u2016"),
    (re.compile(r"\\langle(?![A-Za-z])"), "\u27e8"),
    (re.compile(r"\\rangle(?![A-Za-z])"), "\u27e9"),
    (re.compile(r"\\mathrm\{([A-Za-z]{2,})\}"), r"\\text{\1}"),
    (re.compile(r"\\mathsf\{T\}"), r"\\top"),
    (re.compile(r"\\(?:label|tag)\{[^{}]*\}"), ""),
)


def mathml(latex: str, *, block: bool = False) -> str:
    """Return MathML for LaTeX, or its source escaped in <code> where that fails."""
    element = _converted(latex, "block" if block else "inline")
    if element is None:
        return f"<code>{escape(printable(latex))}</code>"
    return ElementTree.tostring(element, encoding="unicode")


def mixed(text: str) -> str:
    """Return a sentence as HTML: what stands between $ signs as mathematics, the rest escaped."""
    pieces = text.split("$")
    if len(pieces) % 2 == 0:  # a $ without its partner
        return escape(printable(text))
    return "".join(mathml(p) if n % 2 else escape(printable(p)) for n, p in enumerate(pieces))


def _converted(latex: str, display: str) -> ElementTree.Element | None:
    if (
        len(latex) > LONGEST
        or not latex.strip()
        or re.search(r"[<>&]|\\(?:href|style|class)", latex)
    ):
        return None
    for pattern, replacement in REPLACED:
        latex = pattern.sub(replacement, latex)
    try:
        found = ElementTree.fromstring(convert(latex, display=display))
    except (Exception, RecursionError):  # the converter raises errors of many kinds
        return None
    unknown = any("\\" in (e.text or "") for e in found.iter())
    return None if unknown else _known(found)


def _known(element: ElementTree.Element) -> ElementTree.Element | None:
    """Return a copy with nothing but MathML in it; None if anything else is found."""
    tag = element.tag.removeprefix(SPACE)
    if tag not in ELEMENTS:
        return None
    copy = ElementTree.Element(tag, {k: v for k, v in element.attrib.items() if k in ATTRIBUTES})
    copy.text = element.text
    before = "("
    for child in element:
        inner = _known(child)
        if inner is None:
            return None
        if tag == "mrow" and inner.text == "\u2212" and before in ("=", "(", "[", "+"):
            inner.set("form", "prefix")  # a sign, not a difference
        before = inner.text if inner.tag == "mo" else ""
        copy.append(inner)
    return copy
