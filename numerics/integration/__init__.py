"""Integration of flows: several engines behind one function, results as labelled datasets."""

from numerics.integration.driving import ENGINES
from numerics.integration.events import FixedPoint, Section
from numerics.integration.integrate import integrate
from numerics.integration.netcdf import load, save

__all__ = ["ENGINES", "FixedPoint", "Section", "integrate", "load", "save"]
