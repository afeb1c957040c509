"""A portrait in a session: on the user's axes, and as what a notebook shows."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.portraits.figure import Style, draw_on, fill, rendered
from numerics.portraits.looks import settings
from numerics.portraits.plane import size_of
from numerics.portraits.portrait import Portrait

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["described", "drawn", "page", "table"]

DUST = 1e-12  # of the window: a zero is known to rounding only


def drawn(portrait: Portrait, ax: Axes | None, style: Mapping[str, Any]) -> Axes:
    """Return axes with the portrait: the given ones, or those of a new figure."""
    if ax is not None:
        chosen = Style(**{"legend": False, **style})
        entries = draw_on(ax, portrait, chosen)
        if chosen.legend:
            ax.legend(list(entries.values()), list(entries))
        return ax
    import matplotlib as mpl
    from matplotlib import pyplot

    with mpl.rc_context(settings() | {"figure.dpi": 160.0}):
        figure = pyplot.figure(layout="constrained")
        fill(figure, portrait, Style(**style))
    return figure.axes[0]


def described(portrait: Portrait) -> Iterator[tuple[str, str, str]]:
    """Yield for each fixed point, cycle and basin: its kind, where or how large, how sure it is."""
    labels, dust = (
        portrait.system.labels,
        DUST * size_of(portrait.window)[: portrait.system.dimension],
    )
    for n, p in enumerate(portrait.points):
        rounded = np.where(np.abs(p.y) < dust, 0.0, p.y)
        place = ", ".join(f"{x} = {v:.6g}" for x, v in zip(labels, rounded, strict=True))
        inside = f" (in the slice: {portrait.in_slice[n]})" if portrait.in_slice else ""
        yield p.kind + inside, place, p.label
    for c in portrait.cycles:
        many = ", ".join(f"{z.real:.6g}" + f"{z.imag:+.6g}i" * bool(z.imag) for z in c.multipliers)
        word = "multiplier" if len(c.multipliers) == 1 else "multipliers"
        yield c.kind, f"period {c.period_text}, {word} {many}", c.label
    if portrait.basins is not None:
        for n, (name, a) in enumerate(
            zip(portrait.basins.names, portrait.basins.attractors, strict=True)
        ):
            size = f"{100 * portrait.basins.share(n):.3g} % of the window"
            yield f"basin of {name}", f"{a.kind}, {size}", "verified numerically"


def page(portrait: Portrait) -> str:
    """Return the figure and what it shows as HTML, for a notebook."""
    figure = base64.b64encode(rendered(portrait, ".png")).decode("ascii")
    title = escape(f"phase portrait of {portrait.system.title}")
    said = "".join(f"<p>{escape(x)}</p>" for x in (*portrait.said, *portrait.left_out))
    image = f'<img alt="{title}" style="width: 34em" src="data:image/png;base64,{figure}"/>'
    return f"<div>{image}{table(portrait)}{said}</div>"


def table(portrait: Portrait) -> str:
    """Return the fixed points, cycles and basins as a table in HTML."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in described(portrait)
    )
    return f"<table>{rows}</table>"
