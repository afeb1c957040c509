"""Sweeps: many runs over parameters and starts, in chunks that survive whatever ends the work.

plan(system, axes, ...)     what shall be run, checked
sweep(plan, folder, ...)    runs what is missing, and sums up; here, on processes, or on Dask
"""

from numerics.sweeps.axes import Axis, axis_from
from numerics.sweeps.plan import Plan
from numerics.sweeps.planning import plan
from numerics.sweeps.running import Sweep, sweep

__all__ = ["Axis", "Plan", "Sweep", "axis_from", "plan", "sweep"]
