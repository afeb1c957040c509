"""Phase portraits: their data, computed and labelled; figures for papers; both in files."""

from numerics.portraits.animation import (
    ANIMATIONS,
    Motion,
    check_animation,
    motion,
    write_film,
    write_motion,
)
from numerics.portraits.basins import RESOLUTION, Attractor, Basins
from numerics.portraits.curves import Curve
from numerics.portraits.cycles import Cycle
from numerics.portraits.figure import SUFFIXES, Style, draw
from numerics.portraits.files import write_portrait
from numerics.portraits.phase_line import phase_line
from numerics.portraits.plane import restricted, window_around
from numerics.portraits.portrait import Portrait, portrait
from numerics.portraits.series import TimeSeries, time_series, write_series

__all__ = [
    "ANIMATIONS",
    "RESOLUTION",
    "SUFFIXES",
    "Attractor",
    "Basins",
    "Curve",
    "Cycle",
    "Motion",
    "Portrait",
    "Style",
    "TimeSeries",
    "check_animation",
    "draw",
    "motion",
    "phase_line",
    "portrait",
    "restricted",
    "time_series",
    "window_around",
    "write_film",
    "write_motion",
    "write_portrait",
    "write_series",
]
