"""Opaque functions: f(x), f'(x), d^2 g / dx dy, of which nothing is known but the chain rule.

d/ds f^(n)(x) = f^(n+1)(x) dx/ds          likewise for several arguments, one after the other
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import sympy as sp

__all__ = ["Applied"]


class Applied(sp.Expr):
    """An opaque differentiable function of k scalars, ``orders[m]`` times differentiated by m.

    Raises `ValueError` if the orders are no numbers >= 0, one for each argument.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, name: Any, orders: Iterable[Any], *arguments: Any) -> Self:
        """Return the value at ``arguments`` of a derivative of the function called ``name``."""
        label = sp.Symbol(name if isinstance(name, str) else name.name)
        counts = tuple(sp.sympify(n, strict=True) for n in orders)
        if not arguments or len(counts) != len(arguments):
            raise ValueError(
                f"`{label}` needs one order for each of its arguments, at least one; "
                f"got {len(counts)} orders and {len(arguments)} arguments."
            )
        if not all(isinstance(n, sp.Integer) and n >= 0 for n in counts):
            raise ValueError(f"the orders of `{label}` are whole numbers >= 0; got {counts}.")
        given = (sp.sympify(x, strict=True) for x in arguments)
        return sp.Expr.__new__(cls, label, sp.Tuple(*counts), *given)

    @classmethod
    def of(cls, name: Any, *arguments: Any) -> Self:
        """Return the function itself, not differentiated."""
        return cls(name, (0,) * len(arguments), *arguments)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.args[0].name  # type: ignore[attr-defined]

    @property
    def orders(self) -> tuple[int, ...]:
        """How often it is differentiated by each argument."""
        return tuple(int(n) for n in self.args[1])  # type: ignore[attr-defined]

    @property
    def arguments(self) -> tuple[sp.Expr, ...]:
        """Where it is taken."""
        return self.args[2:]  # type: ignore[return-value]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """The symbols of the arguments; the name of the function is none."""
        return set().union(*(x.free_symbols for x in self.arguments))

    def _eval_derivative(self, s: sp.Basic) -> sp.Expr:
        terms = []
        for m, argument in enumerate(self.arguments):
            inner = argument.diff(s)
            if inner != 0:
                raised = [n + (m == place) for place, n in enumerate(self.orders)]
                terms.append(Applied(self.name, raised, *self.arguments) * inner)
        return sp.Add(*terms)
