"""A vector field at concrete sizes: a straight-line program of scalar expressions.

    y_1 .. y_d, parameters          ->  stages, in order  ->  outputs

Stages keep the names of the theory (alpha_11, g_1, u_1, b_11), so nothing is expanded: a head with
96 variables stays a few hundred short lines.  Three kinds of stage:

    t = expression
    (t_1 .. t_n) = softmax of (e_1 .. e_n), with weights w_j >= 0
    t = log sum_k w_k exp(e_k)

The last two are kept whole because every backend needs its own stable way to compute them, and
because their derivatives are laws: d alpha_j / d e_k = alpha_j (delta_jk - alpha_k).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import sympy as sp

from theory.codegen.components.piecewise import step

__all__ = ["Assign", "Components", "LogSumExp", "Softmax", "Stage", "symbols_of"]


@dataclass(frozen=True)
class Assign:
    """``symbol = value``."""

    symbol: sp.Symbol
    value: sp.Expr

    @property
    def used(self) -> tuple[sp.Expr, ...]:
        """What the stage is computed from."""
        return (self.value,)


@dataclass(frozen=True)
class Softmax:
    """``symbols_j = weights_j exp(exponents_j) / sum_k weights_k exp(exponents_k)``."""

    symbols: tuple[sp.Symbol, ...]
    exponents: tuple[sp.Expr, ...]
    weights: tuple[sp.Expr, ...]

    @property
    def used(self) -> tuple[sp.Expr, ...]:
        """What the stage is computed from."""
        return (*self.exponents, *self.weights)


@dataclass(frozen=True)
class LogSumExp:
    """``symbol = log sum_k weights_k exp(exponents_k)``."""

    symbol: sp.Symbol
    exponents: tuple[sp.Expr, ...]
    weights: tuple[sp.Expr, ...]

    @property
    def used(self) -> tuple[sp.Expr, ...]:
        """What the stage is computed from."""
        return (*self.exponents, *self.weights)


Stage: TypeAlias = Assign | Softmax | LogSumExp


@dataclass(frozen=True)
class Components:
    """A program from a state and parameters to outputs, all of them scalars.

    ``state``        the variables y_1 .. y_d, in the order of the state vector
    ``parameters``   the parameters, in the order of the parameter vector
    ``stages``       intermediates; each uses state, parameters and earlier stages only
    ``outputs``      expressions in all of these (the velocity dy/dt, the image of a map, ...)
    ``labels``       what papers call each state variable: ("s_11", "s_12", ...)

    Exponents and arguments of a `Softmax` or `LogSumExp` are plain symbols or numbers; weights
    hold parameters and numbers only, so that no derivative passes through them.

    Raises `ValueError` when a stage or an output uses a symbol that is not known by then.
    """

    name: str
    state: tuple[sp.Symbol, ...]
    parameters: tuple[sp.Symbol, ...]
    stages: tuple[Stage, ...]
    outputs: tuple[sp.Expr, ...]
    labels: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check the order of the stages, and name the variables."""
        known: set[sp.Basic] = {*self.state, *self.parameters}
        for stage in self.stages:
            self._check(stage.used, known, f"stage `{symbols_of(stage)[0]}`")
            known.update(symbols_of(stage))
        self._check(self.outputs, known, "an output")
        if not self.labels:
            object.__setattr__(self, "labels", tuple(x.name for x in self.state))

    def _check(self, used: tuple[sp.Expr, ...], known: set[sp.Basic], where: str) -> None:
        unknown = sorted(
            str(x) for e in used for x in e.free_symbols if isinstance(x, sp.Symbol)
            if x not in known
        )  # fmt: skip
        if unknown:
            raise ValueError(
                f"program `{self.name}`: {where} uses {unknown}, which is neither state nor "
                "parameter nor an earlier stage."
            )

    @property
    def dimension(self) -> int:
        """The number of state variables."""
        return len(self.state)

    @property
    def jumps(self) -> bool:
        """Whether it has steps, so that the outputs may jump where they are."""
        used = (*(e for stage in self.stages for e in stage.used), *self.outputs)
        return any(e.has(step) for e in used)


def symbols_of(stage: Stage) -> tuple[sp.Symbol, ...]:
    """Return the symbols a stage defines."""
    return stage.symbols if isinstance(stage, Softmax) else (stage.symbol,)


def all_symbols(program: Components) -> Iterator[sp.Symbol]:
    """Yield state, parameters and stage symbols, in the order in which they become known."""
    yield from program.state
    yield from program.parameters
    for stage in program.stages:
        yield from symbols_of(stage)
