"""Basins of attraction under a portrait: light shading, with a legend.

Shades differ in lightness, so they are told apart in print and by colour-blind readers; from the
fifth on they repeat with dots.  White is where trajectories leave, hatched what is undecided.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.portraits.basins import BORDER, LEAVES, Basins
from numerics.portraits.looks import DARK, SHADES
from numerics.portraits.plane import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_basins"]

DOTS, LINES = "....", "//"
DISTINCT = 8  # looks
SIGN = re.compile(r"-(?=\d)")
ORDER = 0.5  # below everything else


def draw_basins(axes: Axes, basins: Basins, window: Window) -> dict[str, Any]:
    """Shade the basins; return one handle for each by its words."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    image = np.ones((*basins.labels.shape, 3))
    dotted = np.zeros(basins.labels.shape, dtype=bool)
    entries: dict[str, Any] = {}
    several, last = len(basins.names) > DISTINCT, DISTINCT - 1
    for n, name in enumerate(basins.names):
        here, look = basins.labels == n, min(n, last)
        shade, has_dots = SHADES[look % len(SHADES)], look >= len(SHADES)
        image[here] = to_rgb(shade)
        dotted |= here & has_dots
        words = "other basins" if several and n >= last else "basin of " + SIGN.sub("\u2212", name)
        entries.setdefault(words, Patch(fc=shade, ec=DARK, lw=0.4, hatch=DOTS * has_dots))
    axes.imshow(
        image, extent=window, origin="lower", interpolation="nearest", zorder=ORDER,
        aspect=axes.get_aspect(),
    )  # fmt: skip
    undecided = (basins.labels < 0) & ~np.isin(basins.labels, (LEAVES, BORDER))
    for mask, hatch in ((dotted, DOTS), (undecided, LINES)):
        if mask.any():
            axes.contourf(
                basins.x, basins.y, mask.astype(float), levels=[0.5, 1.5], colors="none",
                hatches=[hatch], zorder=ORDER,
            ).set_edgecolor(DARK)  # fmt: skip
    if basins.share(LEAVES):
        entries["leaves"] = Patch(fc="white", ec=DARK, lw=0.4)
    if undecided.any():
        entries["undecided"] = Patch(fc="white", ec=DARK, lw=0.4, hatch=LINES)
    for words, handle in entries.items():
        handle.set_label(words)
    return entries
