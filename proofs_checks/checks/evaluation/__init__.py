"""Evaluating models and statements by numbers alone, independently of the index calculus.

`Program` turns SymPy trees into a graph of labelled arrays and differentiates it; `FieldRun` gives
the graph values over a prime field, `RealRun` in rationals and balls.
"""

from proofs_checks.checks.evaluation.degrees import Degrees
from proofs_checks.checks.evaluation.field_run import FieldRun, RootsNeeded, UnsuitableSize
from proofs_checks.checks.evaluation.nodes import Leaf, Node, NotApplicable, SingularPoint
from proofs_checks.checks.evaluation.points import Hypotheses, least_sizes, sizes_in
from proofs_checks.checks.evaluation.program import Program
from proofs_checks.checks.evaluation.real_run import RealRun
from proofs_checks.checks.evaluation.structure import Structure

__all__ = [
    "Degrees",
    "FieldRun",
    "Hypotheses",
    "Leaf",
    "Node",
    "NotApplicable",
    "Program",
    "RealRun",
    "RootsNeeded",
    "SingularPoint",
    "Structure",
    "UnsuitableSize",
    "least_sizes",
    "sizes_in",
]
