r"""Presentation MathML as LaTeX, each part with the place of its element in the page.

    <mfrac><mi>a</mi><msub><mi>b</mi><mi>i</mi></msub></mfrac>   is   \frac{a}{b_{i}}

An element that has no counterpart becomes a command that nobody knows, ``\mathmlmaction``, so that
its equation is reported as unreadable instead of being read without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from proofs_checks.claims.sources.mathml_tree import Element, elements
from proofs_checks.claims.unicode_mathematics import as_tex

__all__ = ["Part", "latex_of"]

_ROWS = frozenset(["", "math", "mrow", "mstyle", "mpadded"])
_TOKENS = frozenset(["mi", "mn", "mo", "mtext", "ms"])
_FONTS = {
    "bold": r"\mathbf", "bold-italic": r"\boldsymbol", "double-struck": r"\mathbb",
    "script": r"\mathcal", "bold-script": r"\mathcal", "fraktur": r"\mathfrak",
    "bold-fraktur": r"\mathfrak", "sans-serif": r"\mathsf", "monospace": r"\mathtt",
    "normal": r"\mathrm",
}  # fmt: skip
_ACCENTS = {
    "^": "hat", "ˆ": "hat", "\u0302": "hat", "~": "tilde", "˜": "tilde", "∼": "tilde",
    "\u0303": "tilde", "¯": "bar", "‾": "bar", "ˉ": "bar", "\u0304": "bar", "\u0305": "bar",
    "―": "bar", "˙": "dot", "\u0307": "dot", "¨": "ddot", "\u0308": "ddot", "→": "vec",
    "\u20d7": "vec", "⏞": "overbrace", "⏟": "underbrace", "_": "underline", "\u0332": "underline",
}  # fmt: skip
_LIMITS = frozenset("∑∏∐∫⋂⋃⨁⨂⋁⋀") | frozenset(
    "max min sup inf lim argmax argmin arg max arg min limsup liminf det Pr".split()
)
_COMMANDS = frozenset("exp log ln sin cos tan sinh cosh tanh max min sup inf lim det".split())
_INVISIBLE = {"\u2061": "", "\u2062": " ", "\u2063": ",", "\u2064": "+", "\u200b": "", "": ""}
_ESCAPED = {"{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
            "\\": r"\backslash", "~": r"\sim", "^": r"\wedge"}  # fmt: skip
_PRIMES = {"'": "'", "′": "'", "″": "''", "‴": "'''"}
_COMMAND = re.compile(r"\\[A-Za-z]+\Z")
_QUAD = re.compile(r"(\d*\.?\d+)\s*em")


class Part(NamedTuple):
    """A stretch of LaTeX that stands for the element at start..end of the page."""

    text: str
    start: int
    end: int


def latex_of(html: str, start: int, end: int) -> list[Part]:
    """Return the LaTeX of the MathML in ``html[start:end]``, in time linear in its length."""
    parts: list[Part] = []
    before = ""
    for part in _row(elements(html, start, end)):
        text = part.text
        if not text:
            continue
        if (_COMMAND.search(before) and text[0].isalpha()) or (
            before[-1:].isdigit() and text[0].isdigit()
        ):
            text = " " + text
        parts.append(part._replace(text=text))
        before = text
    return parts


def _row(element: Element) -> Iterator[Part]:
    """Yield what stands in an element, one after the other."""
    children = [c for c in element.children if c.name not in {"annotation", "annotation-xml"}]
    if element.is_too_deep:
        yield _part(r"\mathmltoodeep", element)
    for n, child in enumerate(children):
        table = _sole(children[n + 1], "mtable") if n + 1 < len(children) else None
        if child.name == "mo" and child.text.strip() == "{" and table is not None:
            closes = any(c.name == "mo" and c.text.strip() == "}" for c in children[n + 2 :])
            if not closes:  # cases
                yield from _table(table, "cases")
                yield from _row(Element("mrow", 0, 0, {}, children[n + 2 :]))
                return
        yield from _one(child)


def _sole(element: Element, name: str) -> Element | None:
    """Return the element of this name that ``element`` is or holds alone."""
    while element.name in _ROWS and len(element.children) == 1:
        element = element.children[0]
    return element if element.name == name else None


def _one(element: Element) -> Iterator[Part]:
    name, children = element.name, element.children
    if name in _ROWS or name == "semantics":
        if name == "math" and len(children) == 1 and (table := _sole(children[0], "mtable")):
            yield from _table(table, "aligned")
        else:
            yield from _row(element)
    elif name in _TOKENS:
        yield _part(_token(element), element)
    elif name in {"msub", "msup", "msubsup", "munder", "mover", "munderover"}:
        yield from _scripted(element)
    elif name == "mfrac" and len(children) == 2 and _is_line(element):
        yield from _command(r"\frac", element, children)
    elif name == "msqrt":
        yield _part(r"\sqrt{", element)
        yield from _row(element)
        yield _part("}", element)
    elif name == "mroot" and len(children) == 2:
        yield _part(r"\sqrt[", element)
        yield from _one(children[1])
        yield from _between("]{", [children[0]], "}", element)
    elif name == "mspace":
        yield _part(_space(element), element)
    elif name == "mtable":
        yield from _table(element, "matrix")
    elif name == "mfenced":
        yield from _fenced(element)
    elif name == "mmultiscripts":
        yield from _multiscripts(element)
    elif name not in {"mphantom", "none", "malignmark", "maligngroup"}:
        word = re.sub("[^A-Za-z]", "", name)
        yield _part(rf"\mathml{word}", element)


def _part(text: str, element: Element) -> Part:
    return Part(text, element.start, element.end)


def _between(
    opening: str, inside: Sequence[Element], closing: str, element: Element
) -> Iterator[Part]:
    yield _part(opening, element)
    for child in inside:
        yield from _one(child)
    yield _part(closing, element)


def _command(command: str, element: Element, arguments: Sequence[Element]) -> Iterator[Part]:
    yield _part(command, element)
    for argument in arguments:
        yield from _between("{", [argument], "}", argument)


def _is_line(element: Element) -> bool:
    """Whether a fraction has its line: without one it is a binomial coefficient or a stack."""
    thickness = element.attributes.get("linethickness", "1").strip()
    return not re.fullmatch(r"0*\.?0*\s*[a-z%]*", thickness)


# -- tokens -----------------------------------------------------------------------------------


def _token(element: Element) -> str:
    text = " ".join(element.text.split())
    if element.children:
        return rf"\mathml{re.sub('[^A-Za-z]', '', element.children[0].name)}"
    if element.name in {"mtext", "ms"}:
        plain = text.strip(" \u00a0")
        return rf"\text{{ {_plain(plain)} }}" if plain else " "
    if element.name == "mn":
        return _symbols(text)
    if element.name == "mo":
        return _operator(text, element.attributes.get("form", ""))
    return _identifier(text, element.attributes.get("mathvariant", ""))


def _operator(text: str, form: str) -> str:
    if text in _INVISIBLE:
        return _INVISIBLE[text]
    if text in {"|", "∣"} and form in {"prefix", "postfix"}:
        return r"\lvert" if form == "prefix" else r"\rvert"
    if text in {"‖", "∥"} and form in {"prefix", "postfix"}:
        return r"\lVert" if form == "prefix" else r"\rVert"
    if re.fullmatch("[A-Za-z]{2,}( [A-Za-z]+)?", text):
        return _named(text)
    return _symbols(text)


def _identifier(text: str, variant: str) -> str:
    if re.fullmatch("[A-Za-z]{2,}( [A-Za-z]+)?", text) and variant in {"", "normal"}:
        return _named(text)
    font = _FONTS.get(variant, "") if text != "" else ""
    if font == r"\mathrm" and not text.isalpha():
        font = ""  # upright signs, such as ∂ and ∞
    return f"{font}{{{_symbols(text)}}}" if font else _symbols(text)


def _named(text: str) -> str:
    word = text.replace(" ", "").replace("\u00a0", "")
    if word in _COMMANDS:
        return rf"\{word}"
    return rf"\mathrm{{{word}}}"


def _symbols(text: str) -> str:
    """Return the LaTeX of characters; those that are no mathematics stay as they are."""
    words: list[str] = []
    for character in text:
        if character.isascii():
            found: tuple[str, ...] = (_ESCAPED.get(character, character),)
        else:
            found = as_tex(character) or (character,)
        for word in found:
            if words and _COMMAND.search(words[-1]) and word[0].isalpha():
                words.append(" ")
            words.append(word)
    return "".join(words)


def _plain(text: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in text)


def _space(element: Element) -> str:
    if element.attributes.get("linebreak") == "newline":
        return r"\\ "
    width = _QUAD.search(element.attributes.get("width", ""))
    return r"\quad " if width is not None and float(width[1]) >= 1 else " "


# -- scripts ----------------------------------------------------------------------------------


def _scripted(element: Element) -> Iterator[Part]:
    name, children = element.name, element.children
    if len(children) != (3 if name in {"msubsup", "munderover"} else 2):
        yield _part(rf"\mathml{name}", element)
        return
    base, *scripts = children
    marks = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}.get(name, "_^")
    if name in {"munder", "mover"}:
        accent = _ACCENTS.get(scripts[0].text.strip()) if scripts[0].name == "mo" else None
        if accent is not None and (accent != "overbrace" or name == "mover"):
            yield from _command(rf"\{accent}", element, [base])
            return
    if name.startswith(("munder", "mover")) and not _takes_limits(base):
        if name == "munderover":
            yield _part(r"\mathmlmunderover", element)
        else:
            over = r"\overset" if name == "mover" else r"\underset"
            yield from _command(over, element, [scripts[0], base])
        return
    yield from _base(base)
    for mark, script in zip(marks, scripts, strict=True):
        yield from _script(mark, script)


def _takes_limits(base: Element) -> bool:
    while base.name in _ROWS and len(base.children) == 1:
        base = base.children[0]
    word = " ".join(base.text.split())
    is_brace = base.name in {"mover", "munder"} and any(
        c.text.strip() in {"⏞", "⏟"} for c in base.children[1:]
    )
    return is_brace or word in _LIMITS or word.replace(" ", "") in _LIMITS


def _base(base: Element) -> Iterator[Part]:
    while base.name in _ROWS and len(base.children) == 1:
        base = base.children[0]
    if base.name in _TOKENS:
        yield from _one(base)
    elif base.name == "mover" or (base.name == "munder" and _takes_limits(base)):
        yield from _one(base)
    else:
        yield from _between("{", [base], "}", base)


def _script(mark: str, script: Element) -> Iterator[Part]:
    text = "".join(c.text for c in script.children) if script.name in _ROWS else script.text
    primes = text.strip()
    if mark == "^" and primes and all(c in _PRIMES for c in primes):
        yield _part("".join(_PRIMES[c] for c in primes), script)
    elif script.name != "none" and (script.children or script.text.strip()):
        yield from _between(f"{mark}{{", [script], "}", script)


def _multiscripts(element: Element) -> Iterator[Part]:
    children = element.children
    plain = len(children) == 3 and all(c.name != "mprescripts" for c in children)
    if not plain:
        yield _part(r"\mathmlmmultiscripts", element)
        return
    yield from _base(children[0])
    yield from _script("_", children[1])
    yield from _script("^", children[2])


# -- tables and fences ------------------------------------------------------------------------


def _table(table: Element, environment: str) -> Iterator[Part]:
    yield _part(rf"\begin{{{environment}}}", table)
    for n, row in enumerate(table.children):
        if row.name not in {"mtr", "mlabeledtr"}:
            yield _part(rf"\mathml{re.sub('[^A-Za-z]', '', row.name)}", row)
            continue
        if n:
            yield _part(r"\\ ", row)
        cells = row.children[1:] if row.name == "mlabeledtr" else row.children  # its number
        for m, cell in enumerate(cells):
            if m:
                yield _part("& ", cell)
            yield from _row(cell)
    yield _part(rf"\end{{{environment}}}", table)


def _fenced(element: Element) -> Iterator[Part]:
    attributes = element.attributes
    separators = attributes.get("separators", ",").replace(" ", "")
    yield _part(rf"\left{_fence(attributes.get('open', '('))}", element)
    for n, child in enumerate(element.children):
        if n and separators:
            yield _part(_symbols(separators[min(n, len(separators)) - 1]), child)
        yield from _one(child)
    yield _part(rf"\right{_fence(attributes.get('close', ')'))}", element)


def _fence(text: str) -> str:
    return _symbols(text.strip()) or "."
