r"""Forward-mode differentiation of a model's lines: how everything changes along a direction.

    x(t) = x + t dx/dt for every x that moves; for the lines that depend on it, last of all dL/dx,

        dy_a/dt = sum over what y is computed from,  sum_b  dy_a/dx_b  dx_b/dt .

Over the lines of the adjoints this is the Hessian of the loss times the direction, written with the
second-order laws: the change of D_ij = alpha_ij (b_ij - sum_k alpha_ik b_ik) by the changes of
alpha and b.  No matrix of second derivatives is made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sympy as sp

from theory.algebra.expressions import fresh, slots, tensors_in
from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Polynomial
from theory.algebra.reading import Reader, Unfolding
from theory.algebra.ring import Ring
from theory.algebra.symbols import Tensor
from theory.models.model import Definition, Model, name_of
from theory.models.reverse_mode import divides, local_derivative, silent_on

__all__ = ["CHANGE", "DOT", "changes", "direction"]

DOT = "_dot"
"""How names of changes end."""

CHANGE = "change of "
"""How titles of changes begin."""


def direction(tensor: sp.Basic) -> Any:
    """Return the change of a tensor or scalar x along the direction, called x_dot."""
    name = name_of(tensor) + DOT
    return Tensor(name, tensor.axes) if isinstance(tensor, Tensor) else sp.Symbol(name, real=True)


def changes(
    model: Model, lines: Sequence[Definition], wrt: Sequence[str], targets: Collection[str]
) -> list[Definition]:
    """Return the lines that say how each of the ``lines`` changes when every x in ``wrt`` moves.

    What an x is computed from stays fixed.  ``lines`` are in the order of evaluation; those named
    in ``targets`` get a change of zero if they do not move, the others none.

    Raises `AlgebraError` where a line was derived with a hypothesis that binds an x, or with a fact
    about how it is computed: then it does not hold along the direction.  `NoDerivative` where there
    is a maximum.
    """
    found = _Changes(model, wrt)
    for line in lines:
        found.add(line)
    fixed = [line for line in lines if line.name in targets and line.name not in found.of]
    return [*found.lines, *(_change(line, sp.S.Zero) for line in fixed)]


def _change(line: Definition, value: sp.Expr) -> Definition:
    tensor = direction(line.tensor)
    symbol = tensor[line.parameters] if isinstance(tensor, Tensor) else tensor
    return Definition(symbol, value, CHANGE + (line.title or line.name))  # type: ignore[arg-type]


class _Changes:
    """The changes of lines that came before, by name: tensors in ``of``, definitions in ``lines``.

    ``given`` are the directions, which no line defines.
    """

    def __init__(self, model: Model, wrt: Sequence[str]) -> None:
        self.model, self.given = model, frozenset(wrt)
        self.of = {x: direction(model.tensors[x]) for x in wrt}
        self.lines: list[Definition] = []
        self.tensors: dict[str, sp.Basic] = dict(model.tensors)
        self.ring = Ring(silent_on(model, self.given))

    def add(self, line: Definition) -> None:
        """Add the change of one line, unless it does not move."""
        self.tensors[line.name] = line.tensor
        if line.name in self.given:
            return
        sources = [x for x in self.of if x in tensors_in(line.value)]
        if not sources:
            return
        self._check_holds(line)
        change = self._change(line, sources)
        if divides(change):  # by a probability that may vanish, where p_dot / p does not
            change = self._change(line, sources, written_out=True)
        if not change:
            return
        known = self.model.writer([*self.tensors.values(), *self.of.values()])
        self.lines.append(_change(line, known.write(change, [k.name for k in line.parameters])))
        self.of[line.name] = self.lines[-1].tensor

    def _change(
        self, line: Definition, sources: Sequence[str], *, written_out: bool = False
    ) -> Polynomial:
        names = {x + DOT for x in sources} if written_out else set()
        known = {
            other.name: Unfolding(other.parameters, other.value)
            for other in self.lines
            if other.name in names
        }
        reader = Reader(self.ring, known)
        parts = []
        for x in sources:
            tensor: Any = self.tensors[x]
            places = tuple(fresh(k) for k in slots(self.model.entry(tensor)))
            entry, moved = (t[places] if isinstance(t, Tensor) else t for t in (tensor, self.of[x]))
            local, _ = local_derivative(self.model, line, line.symbol, entry, self.given)
            parts.append(reader.total(self.ring.multiply(local, reader.read(moved)), places))
        return Polynomial.add(parts)

    def _check_holds(self, line: Definition) -> None:
        spoken = sorted(line.facts & self.given)
        if spoken:
            raise AlgebraError(
                f"`{line.name}` was derived with a fact about how `{spoken[0]}` is computed, and "
                f"is not known where `{spoken[0]}` moves by itself."
            )
        for c in self.model.constraints:
            bound = sorted(self.given & tensors_in(c.equation))
            if c.text in line.hypotheses and bound:
                raise AlgebraError(
                    f"`{line.name}` was derived with {c.text}, which binds `{bound[0]}`, and is "
                    f"not known where `{bound[0]}` moves."
                )
