"""Lines for many problems at once: a leading axis in front of some inputs and of what they reach.

    s_ij = sum_r q_ir k_jr / sqrt(d_k)      becomes      s_nij = sum_r q_nir k_njr / sqrt(d_k)

Every problem has its own loss and gradients; what is computed from shared inputs only is computed
once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation, tensors_in
from theory.algebra.symbols import Index, Size, Tensor
from theory.models.model import Constraint, Definition, name_of

__all__ = ["BATCH", "Batch"]

BATCH = Size("batch", feature=True)
"""The number of problems."""

PROBLEM = Index("n'", BATCH)


@dataclass
class Batch:
    """The names of what has a leading axis; `line` adds those of the lines that depend on it.

    What is ``returned`` has one in any case: a gradient has the shape of what it is taken by.
    """

    names: set[str]
    returned: Collection[str]

    def lines(self, lines: Sequence[Definition]) -> list[Definition]:
        """Return the lines with the axis where it belongs."""
        return [self.line(line) for line in lines]

    def line(self, line: Definition) -> Definition:
        """Return one line; its name has the axis from then on, if anything in it has."""
        if line.name in self.returned or not self.names.isdisjoint(tensors_in(line.value)):
            self.names.add(line.name)
        return replace(line, symbol=self.expression(line.symbol), value=self.expression(line.value))

    def expression(self, e: Any) -> Any:
        """Return an expression with the axis."""
        changes: dict[Any, Any] = {}
        for entry in e.atoms(sp.Indexed):
            if name_of(entry.base) in self.names:
                changes[entry] = _with_axis(entry.base, entry.indices)
        for scalar in e.atoms(sp.Symbol):
            if scalar.name in self.names and not isinstance(scalar, Index | Size):
                if not any(scalar == t.label for t in e.atoms(Tensor)):
                    changes[scalar] = _with_axis(scalar, ())
        return e.xreplace(changes)

    def constraint(self, constraint: Constraint) -> Constraint:
        """Return a hypothesis for every problem."""
        sides = (constraint.equation.left, constraint.equation.right)
        return replace(constraint, equation=Equation(*map(self.expression, sides)))


def _with_axis(tensor: Any, indices: Collection[Any]) -> sp.Expr:
    axes = (BATCH, *getattr(tensor, "axes", ()))
    label: Any = tensor.label if isinstance(tensor, Tensor) else tensor
    return Tensor(label, axes)[(PROBLEM, *indices)]
