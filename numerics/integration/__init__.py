"""Integration of flows: several engines behind one function, results as labelled datasets."""

from numerics.integration.dataset import variable_name
from numerics.integration.driving import ENGINES
from numerics.integration.events import FixedPoint, Section
from numerics.integration.netcdf import load, save
from numerics.integration.running import integrate

__all__ = ["ENGINES", "FixedPoint", "Section", "integrate", "load", "save", "variable_name"]
