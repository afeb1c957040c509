"""Bifurcation diagrams: branches of fixed points and cycles over a parameter, what is on them."""

from numerics.bifurcations.branch import Branch
from numerics.bifurcations.closed_forms import ClosedForm, closed_form
from numerics.bifurcations.cycles import Cycle, CycleBranch
from numerics.bifurcations.diagram import Diagram, diagram
from numerics.bifurcations.files import diagram_dataset, write_diagram
from numerics.bifurcations.special import Special

__all__ = [
    "Branch",
    "ClosedForm",
    "Cycle",
    "CycleBranch",
    "Diagram",
    "Special",
    "closed_form",
    "diagram",
    "diagram_dataset",
    "write_diagram",
]
