"""Taylor coefficients of a flow and of its derivative by the start, as balls.

    y(t) = sum_k y_k t^k,    (k+1) y_{k+1} = f(y)_k
    V(t) = sum_k V_k t^k,    (k+1) V_{k+1} = sum_j J_j V_{k-j},    J(t) = f'(y(t)),  V_0 = 1

The generated source of the field runs on power series whose coefficients are balls (`arb_series`),
so y_k encloses the coefficients for every start in a box, and all parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from flint import arb, arb_mat, arb_series, ctx

from numerics.fixed_points.balls import BallProgram, Balls, rounded
from numerics.flows import System
from theory.codegen.components import PIECEWISE, Components

__all__ = ["FlowSeries", "identity", "length"]

Value = Any
"""A ball, or a series of balls."""


class FlowSeries:
    """The Taylor coefficients of a flow, for all parameters that round to the given ones.

    ``direction``  -1 for the flow backward in time

    Raises `ValueError` if the field has kinks or jumps.
    """

    def __init__(self, system: System, direction: int = 1) -> None:
        program = system.plain() if system.plain else system.field
        program = replace(program, outputs=tuple(direction * e for e in program.outputs))
        if _has_kinks(program):
            raise ValueError("the field is not smooth everywhere")
        self.dimension = program.dimension
        self.program = BallProgram(program, _functions())
        self.parameters = rounded(system.values)

    def velocity(self, y: Sequence[arb]) -> Balls:
        """Return f over a box."""
        return [_coefficient(x, 0) for x in self.program.values(y, self.parameters)]

    def slope(self, y: Sequence[arb]) -> arb_mat:
        """Return f' over a box."""
        _, rows = self.program.linearised(y, self.parameters, identity(self.dimension).tolist())
        return arb_mat(rows)

    def coefficients(self, start: Sequence[arb], order: int) -> list[Balls]:
        """Return y_0 to y_order, (order + 1, d), from a box of starts."""
        rows = [[x] for x in start]
        with length(order + 1):
            for k in range(order):
                y: list[Value] = [arb_series(row, prec=k + 1) for row in rows]
                rates = self.program.values(y, self.parameters)
                for row, rate in zip(rows, rates, strict=True):
                    row.append(_coefficient(rate, k) / (k + 1))
        return [list(column) for column in zip(*rows, strict=True)]

    def derivatives(self, coefficients: Sequence[Balls], order: int) -> list[arb_mat]:
        """Return V_0 to V_order for y_0 to y_order."""
        directions = identity(self.dimension)
        with length(order + 1):
            rows = zip(*coefficients[: order + 1], strict=True)
            y: list[Value] = [arb_series(list(row), prec=order + 1) for row in rows]
            _, slope = self.program.linearised(y, self.parameters, directions.tolist())
        slopes = [
            arb_mat([[_coefficient(x, k) for x in row] for row in slope]) for k in range(order)
        ]
        found = [directions]
        for k in range(order):
            total = slopes[0] * found[k]
            for j in range(1, k + 1):
                total += slopes[j] * found[k - j]
            found.append(total * (arb(1) / (k + 1)))
        return found


def identity(n: int) -> arb_mat:
    """Return the identity."""
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


@contextmanager
def length(terms: int) -> Iterator[None]:
    """Compute with series of so many terms."""
    before, ctx.cap = ctx.cap, terms
    try:
        yield
    finally:
        ctx.cap = before


def _coefficient(value: Value, k: int) -> arb:
    if isinstance(value, arb_series):
        return value[k]
    return arb(value) if k == 0 else arb(0)


def _has_kinks(program: Components) -> bool:
    expressions = [e for stage in program.stages for e in stage.used] + list(program.outputs)
    names = {x.func.__name__ for e in expressions for x in e.atoms(_function())}
    return not names.isdisjoint(PIECEWISE)


def _function() -> Any:
    import sympy as sp

    return sp.Function


@cache
def _functions() -> Mapping[str, Callable[..., Value]]:
    """Return what generated source calls, on balls and on series; by exp and log where needed."""
    both = ("exp", "log", "sqrt", "sin", "cos", "tan", "atan", "asin", "acos", "erf")

    def method(name: str) -> Callable[[Value], Value]:
        return lambda x: getattr(x, name)()

    def tanh(x: Value) -> Value:
        return 1 - 2 / ((2 * x).exp() + 1)

    return {
        **{name: method(name) for name in both},
        "sinh": lambda x: (x.exp() - (-x).exp()) / 2,
        "cosh": lambda x: (x.exp() + (-x).exp()) / 2,
        "tanh": tanh,
        "asinh": lambda x: (x + (x * x + 1).sqrt()).log(),
        "acosh": lambda x: (x + (x - 1).sqrt() * (x + 1).sqrt()).log(),
        "atanh": lambda x: ((1 + x) / (1 - x)).log() / 2,
    }
