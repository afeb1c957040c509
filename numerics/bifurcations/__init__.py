"""Bifurcations: fixed points and cycles over one parameter, curves of codimension 1 over two."""

from numerics.bifurcations.branch import Branch
from numerics.bifurcations.closed_forms import ClosedForm, closed_form
from numerics.bifurcations.cycle import Cycle, CycleBranch
from numerics.bifurcations.diagram import Diagram, diagram
from numerics.bifurcations.files import diagram_dataset, write_diagram
from numerics.bifurcations.regime_files import regime_dataset, write_regimes
from numerics.bifurcations.regimes import Regimes, regimes
from numerics.bifurcations.special import Special

__all__ = [
    "Branch",
    "ClosedForm",
    "Cycle",
    "CycleBranch",
    "Diagram",
    "Regimes",
    "Special",
    "closed_form",
    "diagram",
    "diagram_dataset",
    "regime_dataset",
    "regimes",
    "write_diagram",
    "write_regimes",
]
