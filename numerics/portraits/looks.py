"""How things look: sizes for a paper's column, colours that colour-blind readers tell apart.

The colours are those of Okabe and Ito.  No two kinds of line differ by colour alone: nullclines are
thin and dashed, levels dotted, stable manifolds thick, unstable ones in long dashes, trajectories
thin with arrows, iterates with marks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from theory.latex.names import name_of, subscripted

__all__ = ["COLUMN", "DARK", "LINES", "MARKS", "SHADES", "Look", "Mark", "mathtext", "settings"]

COLUMN = 3.4
"""Width of a column, inches."""
BLACK, GREY, DARK, PALE = "#000000", "#555555", "#8f8f8f", "#c4c4c4"
ORANGE, SKY, GREEN, BLUE = "#e69f00", "#56b4e9", "#009e73", "#0072b2"
VERMILLION, PURPLE = "#d55e00", "#cc79a7"


class Look(NamedTuple):
    """A kind of line: colour, width (points), dashes, order of drawing, opacity."""

    color: str
    width: float
    dashes: Any = "solid"
    order: float = 3.0
    opacity: float = 1.0

    def line(self) -> dict[str, Any]:
        """Return it as keywords of a line."""
        return {
            "color": self.color, "linewidth": self.width, "linestyle": self.dashes,
            "zorder": self.order, "alpha": self.opacity,
        }  # fmt: skip


LINES: Mapping[str, Look] = {
    "slow manifold": Look(ORANGE, 4.0, "solid", 1.5, 0.55),
    "diagonal": Look(GREY, 0.8, (0, (2.2, 1.4)), 2.0),
    "cobweb": Look(GREEN, 0.55, "solid", 2.2),
    "field": Look(BLUE, 1.5, "solid", 2.5),
    "map": Look(BLUE, 1.5, "solid", 2.5),
    "level": Look(GREY, 0.8, (0, (1, 1.4)), 2.0),
    "first nullcline": Look(BLUE, 1.1, (0, (4, 1.6)), 2.5),
    "second nullcline": Look(VERMILLION, 1.1, (0, (4, 1.4, 1, 1.4)), 2.5),
    "stable manifold": Look(GREEN, 1.5, "solid", 3.0),
    "unstable manifold": Look(PURPLE, 1.6, (0, (6, 0.9)), 3.0),
    "trajectory": Look(BLACK, 0.9, "solid", 3.5),
    "stable limit cycle": Look(SKY, 2.4, "solid", 2.8),
    "unstable limit cycle": Look(SKY, 2.4, (0, (1.6, 0.7)), 2.8),
    "iterates": Look(BLACK, 0.7, "solid", 3.5),
    "orbit": Look(BLACK, 0.0, "none", 3.5),
    "stable cycle": Look(SKY, 0.0, "none", 3.8),
    "em": Look(ORANGE, 0.9, "solid", 4.0),
}


SHADES = ("#fdf1c8", "#a9cfe9", "#f8dac6", "#94bfae")
"""Of basins: tints whose lightness (CIE L*) is 95, 81, 89, 74; streamlines over them are dark."""


class Mark(NamedTuple):
    """The mark of a fixed point: how it is filled, its shape (see matplotlib), a dot inside.

    ``words`` stand in the legend instead of the kind, where that is too long for a column.
    """

    fill: str
    marker: str = "o"
    dot: bool = False
    words: str = ""


MARKS: Mapping[str, Mark] = {
    "stable node": Mark("full"),
    "stable focus": Mark("full", "s"),
    "saddle": Mark("left"),
    "unstable node": Mark("none"),
    "unstable focus": Mark("none", "s"),
    "centre": Mark("none", dot=True),
    "elliptic point": Mark("none", dot=True),
    "degenerate": Mark("none", "D"),
    "zero of the slice only": Mark("none", "X", words="slice only"),
}
"""By the kind of the point, which is its name in the legend too."""


def settings() -> Any:
    """Return matplotlib's settings; the same portrait gives the same bytes."""
    return {
        "font.family": "STIXGeneral",
        "mathtext.fontset": "stix",
        "font.size": 8.0,
        "axes.labelsize": 9.0,
        "xtick.labelsize": 7.5,
        "ytick.labelsize": 7.5,
        "legend.fontsize": 7.5,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.direction": "in",
        "ytick.direction": "in",
        "axes.unicode_minus": True,
        "lines.solid_capstyle": "round",
        "hatch.linewidth": 0.5,
        "svg.hashsalt": "proofhead",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
        "path.simplify": True,
        "figure.dpi": 100.0,
        "savefig.dpi": 400.0,
    }


def mathtext(label: str, accent: str = "%s") -> str:
    """Return the label of a variable for mathtext, without dollars: s_11 -> s_{11}.

    ``accent``  what stands above the letter, such as a dot
    """
    text, *indices = label.split(",")
    name = name_of(_spelled(text))
    name = name._replace(stem=accent % name.stem)
    return subscripted(name, [",".join(indices)] if indices else [])


def _spelled(name: str) -> str:
    """Return Greek letters by their names, which is how symbols are named here."""
    import unicodedata

    def spelled(letter: re.Match[str]) -> str:
        words = unicodedata.name(letter[0], "").split()
        word = words[-1].lower() if words[:1] == ["GREEK"] else letter[0]
        return word.capitalize() if "CAPITAL" in words else word

    return re.sub(r"[^\x00-\x7f]", spelled, name)
