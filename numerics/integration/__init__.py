"""Integration of flows: several engines behind one function, results as labelled datasets."""

from numerics.integration.dataset import variable_name
from numerics.integration.engines import ENGINES
from numerics.integration.events import FixedPoint, Section
from numerics.integration.netcdf import growing, load, save
from numerics.integration.running import integrate, integrate_in_parts

__all__ = [
    "ENGINES",
    "FixedPoint",
    "Section",
    "growing",
    "integrate",
    "integrate_in_parts",
    "load",
    "save",
    "variable_name",
]
