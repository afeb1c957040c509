"""Programs of scalars in ball arithmetic: enclosures that hold in real arithmetic.

A ball [m +/- r] (`flint.arb`) is certain to contain the real number it stands for.  The functions
here run the same generated source as the fast engines, in the style "pairs", on balls:

    values(y)                   balls of the outputs, for every state in the box y
    linearised(y, directions)   those, and balls of  J(y) directions

Where a function is not defined everywhere on a ball (a root or a logarithm of numbers that may be
negative, a quotient by numbers that may be zero) the result is not finite, so nothing can be
concluded from it.

Number literals of the source become exact balls first, because Python would round 1/3 to a float
before a ball ever sees it.  Squares and powers are enclosed as such: a factor times itself would
forget that both are the same number.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from theory.codegen.compiling import compiled
from theory.codegen.components import (
    FUNCTIONS,
    Components,
    component_source,
    linearisation_source,
    local_derivatives,
)

__all__ = ["BallProgram", "ball_program", "bounds", "box", "exact", "power", "rounded"]

Balls = list[arb]
SHORT = 26


def exact(numbers: Iterable[float]) -> Balls:
    """Return floats as balls of radius 0; every float is a binary fraction, so nothing is lost."""
    return [arb(float(x)) for x in numbers]


def rounded(numbers: Iterable[float]) -> Balls:
    """Return balls of all real numbers that floating point rounds to these floats.

    What is proved for such a ball holds for the float and for the decimal the user wrote.  Numbers
    of at most `SHORT` binary digits (0, 1, 3, 0.375) are taken to be meant exactly.
    """
    return [
        arb(x, 0.0 if _is_short(x) else float(np.spacing(abs(x)) / 2)) for x in map(float, numbers)
    ]


def _is_short(x: float) -> bool:
    mantissa, _ = math.frexp(x)
    return (mantissa * 2.0**SHORT).is_integer()


def box(low: Sequence[float], high: Sequence[float]) -> Balls:
    """Return balls that contain the intervals from ``low`` to ``high``."""
    return [arb(float(a)).union(arb(float(b))) for a, b in zip(low, high, strict=True)]


def bounds(ball: arb) -> tuple[float, float]:
    """Return floats below and above every number of a ball."""
    if not ball.is_finite():
        return -np.inf, np.inf
    low, high = float(ball.lower()), float(ball.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))


def power(x: arb, n: int) -> arb:
    """Return x^n for n >= 0; even powers are never negative."""
    if n <= 1:
        return x if n else arb(1)
    if n % 2:
        return x * power(x, n - 1)
    half = power(x, n // 2)
    if not isinstance(half, arb):  # a power series
        return half * half
    low, high = half.abs_lower(), half.abs_upper()
    return (low * low).union(high * high)


class BallProgram:
    """A program compiled for balls; made by `ball_program`.

    ``functions``  exp, log, ... of what it runs on instead, if that is not balls
    """

    def __init__(
        self, program: Components, functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self.program = program
        self.local = local_derivatives(program)
        lines = linearisation_source(program, self.local, "pairs")
        names = {**_namespace(), **(functions or {})}
        source = component_source(program, "pairs")
        self._values = _compiled(source, "field", program.name, names)
        self._linearised = _compiled(lines, "linearisation", program.name, names)

    def values(self, y: Sequence[arb], p: Sequence[arb]) -> Balls:
        """Return balls of the outputs over the box of states ``y`` and of parameters ``p``."""
        return list(self._values(y, p))

    def linearised(
        self, y: Sequence[arb], p: Sequence[arb], directions: Sequence[Sequence[arb]]
    ) -> tuple[Balls, list[Balls]]:
        """Return the outputs, and the Jacobian over the box times ``directions`` (d rows).

        Forward mode: each node's row is the sum of its local derivatives times earlier rows.
        """
        results = self._linearised(y, p)
        count = len(self.program.outputs)
        rows: list[Balls | None] = [*map(list, directions), *[None] * self.local.nodes]
        d = self.program.dimension
        for node, source, partial in zip(
            self.local.node, self.local.source, results[count:], strict=True
        ):
            row, before = rows[source], rows[d + node]
            if row is not None:
                terms = [partial * x for x in row]
                rows[d + node] = (
                    terms if before is None else [a + b for a, b in zip(before, terms, strict=True)]
                )
        zero = [arb(0)] * len(directions[0])
        return list(results[:count]), [row or list(zero) for row in rows[-count:]]


@cache
def ball_program(program: Components) -> BallProgram:
    """Return the program compiled for balls."""
    return BallProgram(program)


# -- generated source on balls ---------------------------------------------------------------------


@cache
def _namespace() -> Mapping[str, Any]:
    """Return what generated source calls, on balls."""
    with ctx.workprec(1024):  # rounded to the working precision wherever it is used
        pi = arb.pi()
    functions = {name: getattr(arb, name) for name in FUNCTIONS}
    functions |= {"maximum": arb.max, "step": _step, "jump": _jump}
    return {**functions, "ratio": lambda p, q: arb(fmpq(p, q)), "pi": pi}


def _step(x: arb) -> arb:
    if x > 0 or x < 0:
        return arb(int(x > 0))
    return arb(0).union(arb(1)) if x.is_finite() else arb.nan()


def _jump(x: arb) -> arb:
    return arb(0) if x > 0 or x < 0 else arb.nan()


def _compiled(
    source: str, name: str, label: str, names: Mapping[str, Any]
) -> Callable[..., tuple[arb, ...]]:
    prefix = "ball_"
    while prefix in source:  # a variable of the system may bear any name
        prefix += "_"
    exactly = _Exact(prefix)
    text = ast.unparse(ast.fix_missing_locations(exactly.visit(ast.parse(source))))
    extra = {f"{prefix}power": power, **exactly.numbers}
    return compiled(text, name, f"{label}, balls", {**names, **extra})


class _Exact(ast.NodeTransformer):
    """Number literals become names of exact balls, and powers calls of `power`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.numbers: dict[str, arb] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:  # noqa: N802
        if not isinstance(node.value, int | float):
            return node
        text = repr(node.value).translate(str.maketrans({".": "d", "-": "m", "+": "p"}))
        self.numbers[self.prefix + text] = arb(node.value)
        return ast.Name(self.prefix + text, ast.Load())

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:  # noqa: N802
        return node  # y[0], p[0]: positions, not numbers

    def visit_Call(self, node: ast.Call) -> ast.expr:  # noqa: N802
        if isinstance(node.func, ast.Name) and node.func.id == "ratio":
            return node  # of two integers
        self.generic_visit(node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:  # noqa: N802
        if isinstance(node.op, ast.Pow):
            return self._power(self.visit(node.left), node.right)
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult) and ast.dump(node.left) == ast.dump(node.right):
            return self._power(node.left, ast.Constant(2))
        return node

    def _power(self, base: ast.expr, exponent: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(f"{self.prefix}power", ast.Load()), [base, exponent], [])
