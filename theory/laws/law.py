"""What a law is: a statement that ships with its derivation from the loss.

The statement is written independently of the derivation.  The derivation starts from the model's
definitions, never from the claimed result, and its last line must be the statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp

from theory.algebra.expressions import Equation, Relation
from theory.models.model import Model

__all__ = ["Citation", "Law", "ProofStep", "chain"]


@dataclass(frozen=True)
class Citation:
    """Where a law stands: a key of references.bib and a place in that work."""

    key: str
    place: str


@dataclass(frozen=True)
class ProofStep:
    """One line of a derivation: ``left = right`` because of ``reason``, or ``left <= right``.

    Consecutive lines with ``left`` equal to the previous ``right`` read as one chain.  A line of
    an inequality must have a manifest sign (`theory.algebra.signs`).
    """

    left: sp.Expr
    right: sp.Expr
    reason: str
    relation: type[Relation] = Equation

    @property
    def equation(self) -> Relation:
        """The line as a statement."""
        return self.relation(self.left, self.right)


@dataclass(frozen=True)
class Law:
    r"""A named statement about every model in ``models``.

    ``state(model)`` gives the equation or inequality, ``derive(model)`` the lines that end in it:
    the last chain leads from its left to its right side.  ``order`` is
    printed after the right side where terms were dropped, such as "O(\eta^2)".  ``assumptions``
    are in words; hypotheses on inputs belong to the model.
    """

    name: str
    title: str
    citation: Citation
    models: tuple[str, ...]
    state: Callable[[Model], Relation]
    derive: Callable[[Model], tuple[ProofStep, ...]]
    assumptions: tuple[str, ...] = ()
    order: str = ""

    def statement(self, model: Model) -> Relation:
        """Return the law as an equation or inequality of ``model``."""
        return self.state(model)

    def derivation(self, model: Model) -> tuple[ProofStep, ...]:
        """Return the lines of the derivation, from the loss to the statement."""
        return self.derive(model)

    def _repr_latex_(self) -> str:
        from theory.latex.rich import law_latex

        return law_latex(self)

    def _repr_html_(self) -> str:
        from theory.latex.rich import law_html

        return law_html(self)


def chain(first: sp.Expr, *lines: tuple[sp.Expr, str]) -> tuple[ProofStep, ...]:
    """Return the steps first = a = b = ... from (expression, reason) pairs."""
    steps, left = [], first
    for right, reason in lines:
        if right != left:
            steps.append(ProofStep(left, right, reason))
            left = right
    return tuple(steps)
