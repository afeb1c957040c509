r"""Names of symbols and indices in LaTeX.

    alpha  ->  \alpha        W_O     ->  W_O            eps_s   ->  \epsilon_s
    d_k    ->  d_k           v_star  ->  v^{*}          rate    ->  \mathrm{rate}
    sigma2 ->  \sigma^{2}    sigma2_star  ->  \sigma^{2*}
    m_.1   ->  m^{(1)}       m_.star ->  m^{*}        a_.lm1  ->  a^{l-1}
    f_.x.y ->  f(\cdot)        f_.x.  ->  f(\cdot)            J_each! ->  J
    x_in.i ->  x_{(i)}
    p_y_given_x  ->  p_{y \mid x}    t_k_given_km1  ->  t_{k \mid k-1}

A name is a stem and subscripts, parted by underscores; the endings hat, bar, tilde and star are
accents.  Indices follow the name's own subscript after a comma: W_O[c, a] is W_{O,ca}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

__all__ = ["GREEK", "Name", "index_name", "name_of", "subscripted"]

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega ell Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi "
    "Omega".split()
)
SQUARES = {"sigma2": r"\sigma^{2}"}
"""Variances: parameters of their own, written as the squares that they are."""
ALIASES = {"eps": "epsilon", "lam": "lambda"}
ACCENTS = {"hat": r"\hat{%s}", "bar": r"\bar{%s}", "tilde": r"\tilde{%s}", "star": "%s^{*}",
           "bold!": r"\mathbf{%s}"}  # fmt: skip
FAMILY = "_each!"
"""Tells a family of quantities from another one of the same letter; nobody writes it."""
RAISED = re.compile(r"\.[A-Za-z0-9]+'*")
"""Labels that stand above: a layer, the number of a block, the star of an optimum."""
ARGUMENTS = re.compile(r"(?P<function>.+?)_\.(?=[^_]*[.|])")
"""The beginning of a function's name that goes on with several arguments, or with a bar."""
GIVEN = "given"
"""What a bar between two subscripts is called."""
BRACKETED = "in."
"""Begins a subscript that stands in brackets."""
NEIGHBOUR = re.compile(r"([A-Za-z])([pm])(\d+)")
"""A subscript one or more steps from an index: km1 is k-1."""
STEP = re.compile(r"(?P<stem>.+)\^\{(?P<shifted>(?P<index>[A-Za-z])[+-]\d+)\}")
"""A stem that is raised to a step beside an index."""
SPECIAL = {c: f"\\{c}" for c in "_%#&${}"} | {
    "\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim "
}  # fmt: skip


class Name(NamedTuple):
    """A stem with its own subscripts; ``raised`` says that it carries a superscript."""

    stem: str
    subscripts: tuple[str, ...] = ()
    raised: bool = False


@lru_cache(maxsize=4096)
def name_of(text: str) -> Name:
    """Return the parts of a symbol's name, each in LaTeX."""
    text = text.partition("_of_")[0].replace(FAMILY, "")  # the argument x of a function f is x
    applied = ARGUMENTS.match(text)
    if applied is not None:
        return Name(rf"{subscripted(name_of(applied['function']))}(\cdot)")
    parts = [part for part in text.split("_") if part] or [text]
    stem, subscripts, is_raised = _word(parts[0]), [], parts[0] in SQUARES
    for part in parts[1:]:
        if part == "star" and is_raised and parts[0] in SQUARES:
            stem = f"{stem[:-1]}*}}"  # one superscript holds both
        elif part in ACCENTS and not is_raised:
            stem = ACCENTS[part] % stem
            is_raised = part == "star"
        elif RAISED.fullmatch(part) and not is_raised:
            stem = f"{stem}^{{{_above(part[1:])}}}"
            is_raised = True
        else:
            subscripts.append(_subscript(part))
    subscripts = _with_bars(subscripts)
    trailing = re.fullmatch(r"([A-Za-z]+)(\d+)", parts[0])
    if trailing and parts[0] not in SQUARES:
        stem, subscripts = _word(trailing[1]), [trailing[2], *subscripts]
    return Name(stem, tuple(subscripts), is_raised or "'" in stem)


def index_name(text: str) -> str:
    """Return an index's name: a letter, with a number as its subscript."""
    text = text.partition("_of_")[0]  # the argument x of r is x
    if "." in text:
        return subscripted(name_of(text.replace(".", "_")))
    trailing = re.fullmatch(r"([A-Za-z]+)(\d+)", text)
    return f"{_word(trailing[1])}_{_braced(trailing[2])}" if trailing else _word(text)


def subscripted(name: Name, indices: Iterable[str] = ()) -> str:
    """Return the name with its own subscripts and then the indices.

    What is one step before its own index t is written S_{t-1}; h^{(l-1)} has no index l.
    """
    own, at, stem = list(name.subscripts), list(indices), name.stem
    step = STEP.fullmatch(stem)
    if step is not None and step["index"] in at:
        stem, at[at.index(step["index"])] = step["stem"], step["shifted"]
    # side by side only where it can be read in one way: single letters, single digits
    together = " " if any(x.startswith("\\") for x in at) else ""
    slots = (together if all(_is_single(x) for x in at) else ",").join(at)
    inside = ",".join([*own, *([slots] if slots else [])])
    return f"{stem}_{_braced(inside)}" if inside else stem


def _above(text: str) -> str:
    return "*" if text == "star" else f"({text})" if text.isdigit() else _subscript(text)


def _subscript(text: str) -> str:
    if text.startswith(BRACKETED):
        return f"({_subscript(text.removeprefix(BRACKETED))})"
    if "." in text.strip("."):
        return ",".join(_subscript(x) for x in text.split(".") if x)
    shifted = NEIGHBOUR.fullmatch(text)
    if shifted is None:
        return text if text == GIVEN else _word(text)
    return f"{shifted[1]}{'+' if shifted[2] == 'p' else '-'}{shifted[3]}"


def _with_bars(subscripts: list[str]) -> list[str]:
    """Return subscripts with those that a bar parts joined by it; one with no neighbour is a word.

    More than one bar cannot be read, and each but the first is a word too.
    """
    if GIVEN not in subscripts:
        return subscripts
    at = subscripts.index(GIVEN)
    before, after = subscripts[:at], subscripts[at + 1 :]
    after = [_word(x) if x == GIVEN else x for x in after]
    if not before or not after:
        return [*before, _word(GIVEN), *after]
    return [rf"{','.join(before)} \mid {','.join(after)}"]


def _word(text: str) -> str:
    """Return a letter as it is, a Greek name as its letter, any other word upright."""
    word = ALIASES.get(text, text)
    if word in SQUARES:
        return SQUARES[word]
    if word.rstrip("'") in GREEK:
        return f"\\{word}"
    if re.fullmatch(r"[A-Za-z]'*|\d+", word):
        return word
    return rf"\mathrm{{{''.join(SPECIAL.get(c, c) for c in word)}}}"


def _is_single(tex: str) -> bool:
    return re.fullmatch(r"[A-Za-z]'*|\d|\\[A-Za-z]+", tex) is not None


def _braced(tex: str) -> str:
    return tex if len(tex) == 1 else f"{{{tex}}}"
