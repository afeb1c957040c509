r"""Sentences of laws, reasons and titles in LaTeX: escaped, with their symbols set as mathematics.

The words of a law are plain text such as "the weights alpha_ij sum to one".  Whatever is special
to TeX is escaped; names of the model, Greek letters and single letters become mathematics, and a
hypothesis quoted by its text ("sum_c y_ic = 1") becomes its equation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from theory.latex.names import GREEK, index_name, name_of, subscripted

__all__ = ["escaped", "prose"]

ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}", ">": r"\ensuremath{>}", "|": r"\ensuremath{|}",
    "\u2212": r"\ensuremath{-}", "\u2202": r"\ensuremath{\partial}",
    "\u2211": r"\ensuremath{\sum}", "\u221a": r"\ensuremath{\surd}",
    "\u22a4": r"\ensuremath{\top}", "\u2264": r"\ensuremath{\le}", "\u2265": r"\ensuremath{\ge}",
    "\u2260": r"\ensuremath{\ne}", "\u00d7": r"\ensuremath{\times}",
    "\u00b7": r"\ensuremath{\cdot}", "\u2192": r"\ensuremath{\to}",
    "\u221e": r"\ensuremath{\infty}", "\u2014": "---", "\u2013": "--",
    "\u2018": "`", "\u2019": "'", "\u201c": "``", "\u201d": "''",
    "\u2026": r"\dots{}", "\u00a0": "~",
    **dict(zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        (
            rf"\ensuremath{{\{g}}}"
            for g in (
                "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
                "sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon "
                "Phi Psi Omega"
            ).split()
        ),
        strict=True,
    )),
}  # fmt: skip
LATIN = re.compile(r"[\x20-\x7e\u00c0-\u017f]")  # what pdflatex sets without further packages
WORD = re.compile(
    r"(?P<partial>\bd(?P<of>[A-Za-z])/d(?P<by>[A-Za-z]+(?:_\w+)?))"
    r"|(?:(?<![\w'-])|(?<![\w)])(?P<sign>-))(?P<name>[A-Za-z]+(?:_[A-Za-z0-9]+)?(?![\w'-]))"
)
ENGLISH = frozenset(("a", "A", "I"))  # single letters that are words where they open a sentence


def escaped(text: str) -> str:
    """Return plain text for the body of a LaTeX document.

    Letters that pdflatex cannot set without further packages become "?".
    """
    known = (ESCAPES.get(c, c if LATIN.match(c) or c == "\n" else "?") for c in text)
    return "".join(known)


def prose(
    text: str, known: frozenset[str] = frozenset(), quoted: Mapping[str, str] | None = None
) -> str:
    """Return a sentence with its symbols set as mathematics.

    ``known`` are names of tensors, sizes and scalars; ``quoted`` maps phrases to the mathematics
    that replaces them.
    """
    phrases = {phrase: tex for phrase, tex in (quoted or {}).items() if phrase}
    if phrases:
        pattern = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True))
        pieces = re.split(f"({pattern})", text)
        # text style: inside a display, a sum would stand over its limits and part the lines
        return "".join(
            rf"$\textstyle {phrases[p]}$" if p in phrases else prose(p, known) for p in pieces
        )
    written, end = [], 0
    for match in WORD.finditer(text):
        tex = _mathematics(match, known, match.start() == 0)
        if tex is not None:
            written += [escaped(text[end : match.start()]), f"${tex}$"]
            end = match.end()
    return "".join(written) + escaped(text[end:])


def _mathematics(match: re.Match[str], known: frozenset[str], opens: bool) -> str | None:
    """Return the mathematics for a word, or None if it is a word."""
    if match["partial"]:
        return rf"\partial {match['of']}/\partial {_symbol(match['by'], known) or match['by']}"
    word = match["name"]
    if len(word) == 1 and (word == "a" or (opens and word in ENGLISH)):
        return None
    tex = _symbol(word, known)
    return None if tex is None else f"-{tex}" if match["sign"] else tex


def _symbol(word: str, known: frozenset[str]) -> str | None:
    """Return a name, or a name with indices, in LaTeX; None if it is neither."""
    if word in known or word in GREEK or len(word) == 1:
        return subscripted(name_of(word))
    stem, _, rest = word.partition("_")
    if not rest or not (stem in known or stem in GREEK or stem == "eps" or len(stem) == 1):
        return None
    if stem in known and rest.isalnum() and len(rest) <= 3:
        return subscripted(name_of(stem), [index_name(letter) for letter in rest])
    return subscripted(name_of(word))
