"""Which quantities of a model depend on which, read off the lines as they are written.

A step and a flow depend on all that the loss depends on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra.opaque import Applied
from theory.algebra.symbols import Flow, Index, Size, Step, Tensor

if TYPE_CHECKING:
    from theory.models.model import Definition, Model

__all__ = ["Dependence", "quantity_name"]


def quantity_name(symbol: sp.Basic) -> str:
    """Return the name of a tensor, of the tensor of an entry, or of a scalar."""
    if isinstance(symbol, sp.Indexed):
        symbol = symbol.base
    label = symbol.label if isinstance(symbol, Tensor) else symbol
    return str(getattr(label, "name", label))


class Dependence:
    """The lines of a model by name, and the names that every expression depends on."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.lines: dict[str, Definition] = {}
        for line in (*model.definitions, *model.vocabulary):
            self.lines[line.name] = line
        self.inputs = {quantity_name(x): x for x in model.inputs}
        self._in_expression: dict[sp.Basic, frozenset[str]] = {}
        self._of_name: dict[str, frozenset[str]] = {}
        for line in model.definitions:  # one after the other, as calls cannot be nested so deeply
            self.of_name(line.name)

    def differentiated(self, name: str) -> sp.Basic | None:
        """Return the tensor or scalar x where a name that no line defines is dL_dx."""
        start = f"d{self.model.loss.name}_d"
        rest = name.removeprefix(start)
        if rest == name or name in self.lines or name in self.inputs:
            return None
        if rest in self.lines:
            symbol = self.lines[rest].symbol
            return symbol.base if isinstance(symbol, sp.Indexed) else symbol
        return self.inputs.get(rest)

    def of(self, e: sp.Basic) -> frozenset[str]:
        """Return all names an expression depends on, directly or through lines."""
        if e not in self._in_expression:
            self._in_expression[e] = self._found(e)
        return self._in_expression[e]

    def _found(self, e: sp.Basic) -> frozenset[str]:
        if isinstance(e, sp.Indexed):
            own = self.of_name(quantity_name(e))
            return own.union(*(self.of(x) for x in e.indices))
        if isinstance(e, Size | Index):
            return frozenset()
        if isinstance(e, sp.Symbol | Tensor):
            return self.of_name(quantity_name(e))
        arguments = e.arguments if isinstance(e, Applied) else e.args  # its name is no quantity's
        parts = [self.of(x) for x in arguments]
        if isinstance(e, Step | Flow):
            parts.append(self.of_name(self.model.loss.name))
        return frozenset().union(*parts)

    def of_name(self, name: str) -> frozenset[str]:
        """Return the name and all names that it is computed from."""
        if name not in self._of_name:
            if name in self.lines:
                found = self.of(self.lines[name].value)
            elif (by := self.differentiated(name)) is not None:
                found = self.of_name(self.model.loss.name) | self.of_name(quantity_name(by))
            else:
                found = frozenset()
            self._of_name[name] = found | {name}
        return self._of_name[name]
