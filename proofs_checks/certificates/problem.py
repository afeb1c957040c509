"""What is to be certified: a statement of a model, and the reason where it cannot be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theory.algebra.expressions import Relation
from theory.laws import Law
from theory.models import Model

if TYPE_CHECKING:
    from proofs_checks.claims.claim import Claim, Paper

__all__ = ["NotCertified", "Problem", "claim_problem", "claim_problems", "law_problem"]


class NotCertified(Exception):
    """A statement is beyond what certificates are written for; the message says why."""


@dataclass(frozen=True)
class Problem:
    """A statement with its model; ``name`` names the theorem, ``title`` stands above it."""

    name: str
    title: str
    model: Model
    statement: Relation
    order: str = ""


def law_problem(law: Law, model: Model, *, is_first: bool = True) -> Problem:
    """Return the statement of a law in a model; the name tells the other models apart."""
    name = law.name if is_first else f"{law.name}--{model.name}"
    return Problem(name, law.title, model, law.statement(model), law.order)


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
