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
from numerics.portraits.figure import SUFFIXES, Style, draw, rendered
from numerics.portraits.files import write_portrait
from numerics.portraits.overlays import em_over
from numerics.portraits.phase_line import phase_line
from numerics.portraits.plane import PlaneSlice, restricted, window_around
from numerics.portraits.portrait import Portrait, checked_plane, portrait
from numerics.portraits.restarting import starts_inside, with_starts
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
    "PlaneSlice",
    "Portrait",
    "Style",
    "TimeSeries",
    "check_animation",
    "checked_plane",
    "draw",
    "em_over",
    "motion",
    "phase_line",
    "portrait",
    "rendered",
    "restricted",
    "starts_inside",
    "time_series",
    "window_around",
    "with_starts",
    "write_film",
    "write_motion",
    "write_portrait",
    "write_series",
]
