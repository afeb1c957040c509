"""Functions of one piece on each side of 0, for fields that users write.

    maximum(a, b)     its slopes are step(a - b) and step(b - a)
    step(x)           0 for x < 0, 1 for x > 0, 1/2 at 0; its slope is jump(x)
    jump(x)           0, but for x = 0, where it is undefined

On balls that contain 0, `step` is [0, 1], which is the generalised slope of a maximum, and `jump`
is undefined: no mean-value form holds across a jump, so nothing is concluded there.
"""

from __future__ import annotations

from typing import Any, cast

import sympy as sp

__all__ = ["PIECEWISE", "jump", "maximum", "step"]


class maximum(sp.Function):  # noqa: N801  (the name that generated code calls)
    """The larger of two numbers."""

    nargs = (2,)

    @classmethod
    def eval(cls, *args: Any) -> Any:
        """Return the larger one of equal or known arguments."""
        a, b = args
        if a == b:
            return a
        return (a if a > b else b) if a.is_number and b.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope by the first or the second argument."""
        a, b = cast(tuple[Any, Any], self.args)
        return step(a - b) if argindex == 1 else step(b - a)


class step(sp.Function):  # noqa: N801
    """Heaviside's function, 1/2 at 0."""

    nargs = (1,)

    @classmethod
    def eval(cls, *args: Any) -> Any:
        """Return the value at a known number."""
        (x,) = args
        return (1 + sp.sign(x)) / 2 if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return jump(self.args[0])


class jump(sp.Function):  # noqa: N801
    """The slope of `step`, which is nowhere but at the jump, and 0 elsewhere."""

    nargs = (1,)

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope, which is the same."""
        return jump(self.args[0])


PIECEWISE = ("maximum", "step", "jump")
"""Their names in generated source."""
