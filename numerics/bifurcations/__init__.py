"""Bifurcation diagrams: branches of fixed points over a parameter, and what happens on them."""

from numerics.bifurcations.branch import Branch
from numerics.bifurcations.closed_forms import ClosedForm, closed_form
from numerics.bifurcations.diagram import Diagram, diagram
from numerics.bifurcations.figure import diagram_dataset, write_diagram
from numerics.bifurcations.special import Special

__all__ = [
    "Branch",
    "ClosedForm",
    "Diagram",
    "Special",
    "closed_form",
    "diagram",
    "diagram_dataset",
    "write_diagram",
]
