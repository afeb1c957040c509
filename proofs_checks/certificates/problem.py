"""What is to be certified: a statement of a model, and the reason where it cannot be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theory.algebra.expressions import Equation, Inequality, Relation
from theory.laws import Law
from theory.models import Model

if TYPE_CHECKING:
    from proofs_checks.claims.claim import Claim, Paper

__all__ = ["NotCertified", "Problem", "claim_problem", "claim_problems", "law_problem"]


class NotCertified(Exception):
    """A statement is beyond what certificates are written for; the message says why."""


@dataclass(frozen=True)
class Problem:
    """A statement with its model; ``name`` names the theorem, ``title`` stands above it.

    ``order`` is the LaTeX of dropped terms.  ``shown`` is, of an inequality, what the larger side
    less the smaller is equal to and whose sign can be read off; coqc checks that it is.
    """

    name: str
    title: str
    model: Model
    statement: Relation
    order: str = ""
    shown: Any = None

    @property
    def sides(self) -> tuple[Any, Any]:
        """The two expressions that are to be shown equal.

        Raises `NotCertified` for what is neither an equation nor an inequality.
        """
        left, right = self.statement.left, self.statement.right
        if type(self.statement) is Equation:
            return left, right
        if type(self.statement) is not Inequality:
            raise NotCertified(f"no proof is written for {type(self.statement).__name__}")
        other = left if right == 0 else right - left
        return other, other if self.shown is None else self.shown


def law_problem(law: Law, model: Model, *, is_first: bool = True) -> Problem:
    """Return the statement of a law in a model; the name tells the other models apart."""
    name = law.name if is_first else f"{law.name}--{model.name}"
    statement, shown = law.statement(model), None
    if isinstance(statement, Inequality):
        manifest = [s for s in law.derivation(model) if isinstance(s.equation, Inequality)]
        if manifest:
            step, left, right = manifest[0], statement.left, statement.right
            shown = step.left if right == 0 else step.right - step.left
            shown = step.right if left == 0 else shown
    return Problem(name, law.title, model, statement, law.order, shown)


def claim_problem(paper: Paper, claim: Claim, number: int) -> Problem:
    """Return the equation of a document; ``number`` tells it apart from the others.

    Raises `ValueError` if the claim is no equation of a model.
    """
    if claim.model is None or claim.equation is None:
        raise ValueError(f"line {claim.line} of `{paper.name}` is no equation of a model.")
    stem = re.sub(r"\W", "_", paper.name.rpartition("/")[2].rpartition(".")[0]) or "document"
    title = f"Line {claim.line} of {paper.name.rpartition('/')[2]}: {claim.label or claim.kind}"
    return Problem(f"{stem}_{number + 1}", title, claim.model, claim.equation, claim.order)


def claim_problems(paper: Paper) -> list[Problem]:
    """Return the equations of a document that can be right or wrong, in their order."""
    return [
        claim_problem(paper, claim, number)
        for number, claim in enumerate(paper.claims)
        if claim.kind in ("claim", "step") and claim.model and claim.equation is not None
    ]
