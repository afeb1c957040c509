"""Phase portraits: their data, computed and labelled; figures for papers; both in files."""

from numerics.portraits.curves import Curve
from numerics.portraits.cycles import Cycle
from numerics.portraits.figure import SUFFIXES, Style, draw
from numerics.portraits.files import write_portrait
from numerics.portraits.plane import restricted, window_around
from numerics.portraits.portrait import Portrait, portrait

__all__ = [
    "SUFFIXES",
    "Curve",
    "Cycle",
    "Portrait",
    "Style",
    "draw",
    "portrait",
    "restricted",
    "window_around",
    "write_portrait",
]
