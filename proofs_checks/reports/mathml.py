r"""LaTeX to MathML that browsers show without any script or font from elsewhere.

The converter copies what it does not know into its output unescaped, so its output is never
trusted: it is parsed, and only known elements and attributes of MathML go on.  What cannot be
converted, and every text with `<`, `>` or a control sequence of HTML in it, is shown as escaped
LaTeX source instead.

Browsers know no font but the upright one by attribute, so letters of other fonts become characters
of their own: without that a bold x would look like x.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from xml.etree import ElementTree

from latex2mathml.converter import convert

from proofs_checks.reports.wording import printable

__all__ = ["as_mathml", "as_written", "mathml"]

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
    (re.compile(r":\s*="), r"\\coloneqq "),
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\operatorname{arg}"),
)


FONTS = {
    "bold": "BOLD",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "script": "SCRIPT",
    "fraktur": "FRAKTUR",
    "sans-serif": "SANS-SERIF",
    "monospace": "MONOSPACE",
}
RELATIONS = {"~": "\u223c", ":": ":", "\u2236": ":"}  # which the converter takes for letters
UPRIGHT = frozenset(
    "\u0393\u0394\u0398\u039b\u039e\u03a0\u03a3\u03a5\u03a6\u03a8\u03a9"
)  # capital Greek
SCRIPTED = frozenset("msub msup msubsup munder mover munderover".split())
THIN = "0.1667em"
WIDTH = re.compile(r"[0-2]?(\.[0-9]+)?em")
DISPLAYED = re.compile(r"\s*(?:\$\$(.*)\$\$|\$(.*)\$|\\\[(.*)\\\]|\\\((.*)\\\))\s*", re.DOTALL)
# how an author lays an equation out, which is not part of what it says
LAYOUT = (
    (re.compile(r"((?:^|[^\\])(?:\\\\)*)%[^\n]*"), r"\1"),
    (re.compile(r"\\\\\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]"), r"\\\\"),
    (re.compile(r"\\(?:label|tag\*?)\{[^{}]*\}"), ""),
    (re.compile(r"\\(?:nonumber|notag|displaystyle|limits|nolimits)(?![A-Za-z])"), ""),
)
END = re.compile(r"(?<!\\)(?<!\\right)[.,;\s]+$")
OF_ROWS = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered|alignedat)\}")
ENVIRONMENT = re.compile(r"(\\begin\{(\w+\*?)\}.*?\\end\{\2\})", re.DOTALL)


def mathml(latex: str, *, block: bool = False) -> str:
    """Return MathML for LaTeX, or its source escaped in <code> where that fails."""
    return as_mathml(latex, block=block) or f"<code>{escape(printable(latex))}</code>"


def as_mathml(latex: str, *, block: bool = False) -> str:
    """Return MathML for LaTeX, empty where that fails."""
    if REFUSED.search(latex):
        return ""
    return _serialized(latex, block)


def as_written(source: str, *, block: bool = False) -> str:
    """Return MathML for an equation as its author wrote it, empty where that fails.

    Labels, comments, the marks of alignment and those around a display are left out.
    """
    displayed = DISPLAYED.fullmatch(source)
    if displayed is not None:
        source = next(inside for inside in displayed.groups() if inside is not None)
    for pattern, replacement in LAYOUT:
        source = pattern.sub(replacement, source)
    source = OF_ROWS.sub(_rows, source)
    # what stands between environments has an even place: there & and \\ only align
    pieces = ENVIRONMENT.split(source)
    inner = [pieces[n] for n in range(1, len(pieces), 3)]
    outer = [re.sub(r"(?<!\\)&|\\\\", " ", pieces[n]) for n in range(0, len(pieces), 3)]
    joined = outer[0] + "".join(a + b for a, b in zip(inner, outer[1:], strict=True))
    latex = joined.replace("<", r"\lt ").replace(">", r"\gt ").replace("&", " & ")
    if REFUSED.search(latex.replace(" & ", "")):
        return ""
    return _serialized(END.sub("", latex), block)


def _rows(match: re.Match[str]) -> str:
    return rf"\{match[1]}{{array}}" + ("{rl}" if match[1] == "begin" else "")


def _serialized(latex: str, block: bool) -> str:
    element = _converted(latex, "block" if block else "inline")
    return "" if element is None else ElementTree.tostring(element, encoding="unicode")


def _converted(latex: str, display: str) -> ElementTree.Element | None:
    if len(latex) > LONGEST or not latex.strip():
        return None
    for pattern, replacement in REPLACED:
        latex = pattern.sub(replacement, latex)
    try:
        found = ElementTree.fromstring(convert(latex, display=display))
    except (Exception, RecursionError):  # the converter raises errors of many kinds
        return None
    unknown = any("\\" in (e.text or "") or e.text == "&" for e in found.iter())
    return None if unknown else _known(found)


def _known(element: ElementTree.Element) -> ElementTree.Element | None:
    """Return a copy with nothing but MathML in it; None if anything else is found."""
    tag = element.tag.removeprefix(SPACE)
    if tag not in ELEMENTS:
        return None
    if tag == "mi" and element.text in RELATIONS:
        tag, element.text = "mo", RELATIONS[element.text]
    copy = ElementTree.Element(tag, {k: v for k, v in element.attrib.items() if k in ATTRIBUTES})
    copy.text = _in_font(element.text, copy.attrib.get("mathvariant", ""))
    if tag == "mo" and copy.text == "|" and "fence" not in copy.attrib:  # of |x|, not of p(x | y)
        copy.attrib.update(stretchy="false", lspace="0em", rspace="0em")
    if tag == "mi" and copy.text in UPRIGHT:
        copy.attrib.setdefault("mathvariant", "normal")
    if copy.text != element.text:
        del copy.attrib["mathvariant"]
    if tag == "mspace" and WIDTH.fullmatch(element.get("width", "")):
        copy.set("width", element.get("width", ""))
    before = "("
    for child in element:
        inner = _known(child)
        if inner is None:
            return None
        if tag == "mrow" and inner.text == "\u2212" and before in ("=", "(", "[", "+"):
            inner.set("form", "prefix")  # a sign, not a difference
        before = inner.text if inner.tag == "mo" else ""
        copy.append(inner)
    if tag in ("math", "mrow", "mtd", "mstyle", "msqrt"):
        _space_functions(copy)
    return copy


def _space_functions(row: ElementTree.Element) -> None:
    """Set the names of functions off from what stands beside them, but not from their brackets."""
    for n, child in enumerate(row):
        core = child[0] if child.tag in SCRIPTED and len(child) else child
        if core.tag not in ("mi", "mo") or not re.fullmatch("[a-zA-Z]{2,}", core.text or ""):
            continue
        core.tag = "mo"
        alone = n == 0 or row[n - 1].tag == "mo"
        bracketed = n + 1 == len(row) or (_first(row[n + 1]).text or "") in tuple("([{|\u2016")
        core.set("lspace", "0em" if alone else THIN)
        core.set("rspace", "0em" if bracketed else THIN)


def _first(element: ElementTree.Element) -> ElementTree.Element:
    return _first(element[0]) if element.tag == "mrow" and len(element) else element


def _in_font(text: str | None, variant: str) -> str | None:
    """Return text in the characters that a font has in Unicode, where it has them all."""
    if not text or variant not in FONTS:
        return text
    try:
        return "".join(_character(c, FONTS[variant]) for c in text)
    except (KeyError, ValueError):  # no such character; the attribute remains
        return text


def _character(character: str, font: str) -> str:
    name = unicodedata.name(character).removeprefix("LATIN ").removeprefix("GREEK ")
    name = name.replace(" LETTER", "")
    if name.startswith("DIGIT"):
        font = font.replace("BOLD ITALIC", "BOLD")
    try:
        return unicodedata.lookup(f"MATHEMATICAL {font} {name}")
    except KeyError:  # one of those that were there before, such as the double-struck R
        return unicodedata.lookup(f"{font} {name}")
