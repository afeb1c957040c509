"""The source papers' experiments: run, compared with what was published, drawn.

experiment("sticky-markov")     what it measures, with which tolerances, at which sizes
run(experiment, ...)            every seed, from checkpoints where there are any
table(experiment, runs)         published | ours | tolerance | verdict
"""

from numerics.experiments.catalogue import EXPERIMENTS, experiment
from numerics.experiments.definition import Experiment, Preset, Row
from numerics.experiments.running import Run, run
from numerics.experiments.table import Line, table

__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "Line",
    "Preset",
    "Row",
    "Run",
    "experiment",
    "run",
    "table",
]
