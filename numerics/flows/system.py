"""What every dynamical system here is: generated components, parameter values, what is monitored.

    flow   dy/dt = field(y; parameters)
    map    y -> field(y; parameters), such as one step of EM

The field comes out of a model through `theory.codegen.components`; nothing is typed in by hand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from theory.codegen.components import Components, batch_jacobian, batch_values

__all__ = ["Quantity", "System", "Variable"]


@dataclasses.dataclass(frozen=True)
class Variable:
    """One tensor of the state: its name, shape (one number per axis) and what it is in words."""

    name: str
    shape: tuple[int, ...]
    title: str
    axes: tuple[str, ...] = ()
    units: str = "dimensionless"

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape, dtype=int))


@dataclasses.dataclass(frozen=True)
class Quantity:
    """What a law says about every trajectory, for a run to monitor.

    ``kind`` is "conserved" (its rate is zero) or "decreasing" (its rate is never positive);
    ``values`` computes it from the state and the parameters of the system's field.
    """

    name: str
    law: str
    kind: Literal["conserved", "decreasing"]
    values: Components
    units: str = "dimensionless"


@dataclasses.dataclass(frozen=True)
class System:
    """A system with its parameters, ready to be integrated, iterated or searched for fixed points.

    ``field``          velocity (flow) or image (map); its state is every variable's entries in turn
    ``values``         the parameter vector (m,), in the order of ``field.parameters``
    ``settings``       what the caller chose, defaults included, for provenance
    ``starts``         (generator, n) -> n sensible starting points (n, d)
    ``quantities``     what laws say about every trajectory
    ``shifts``         (k, d) directions along which moving the state changes nothing
    ``relabellings``   permutations of the state that map solutions to solutions
    ``window``         (x_low, x_high, y_low, y_high, ...), a box worth a look, if there is one
    ``periods``        of a map: the period of each variable that is an angle, infinite for others;
                       states that differ by periods are the same; empty if there is none
    ``forcing``        of a driven flow, whose last variable is the time t, the period in which the
                       field repeats, infinite if none is known; None for an autonomous system
    ``laws``           names of the laws the field is made of
    ``plain``          makes the same field as papers write it, for ball arithmetic, where nothing
                       underflows and every detour widens a ball; None if ``field`` is that
    """

    name: str
    title: str
    kind: Literal["flow", "map"]
    variables: tuple[Variable, ...]
    field: Components
    values: np.ndarray
    settings: Mapping[str, Any]
    starts: Callable[[np.random.Generator, int], np.ndarray]
    quantities: tuple[Quantity, ...] = ()
    shifts: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    relabellings: tuple[tuple[int, ...], ...] = ()
    window: tuple[float, ...] | None = None
    periods: tuple[float, ...] = ()
    forcing: float | None = None
    laws: tuple[str, ...] = ()
    plain: Callable[[], Components] | None = None

    @property
    def dimension(self) -> int:
        """The number d of state variables."""
        return self.field.dimension

    @property
    def labels(self) -> tuple[str, ...]:
        """What papers call each state variable: ("s_11", "s_12", ...)."""
        return self.field.labels

    def velocity(self, y: np.ndarray) -> np.ndarray:
        """Return the field at states ``y`` (batch, d) or (d,), in the same shape."""
        points = self._points(y)
        return batch_values(self.field)(points, self.values).reshape(np.shape(y))

    def jacobian(self, y: np.ndarray) -> np.ndarray:
        """Return the derivative of the field at ``y`` (..., d): (..., d, d)."""
        points = self._points(y)
        shape = (*np.shape(y)[:-1], self.dimension, self.dimension)
        return batch_jacobian(self.field)(points, self.values).reshape(shape)

    def quantity(self, q: Quantity, y: np.ndarray) -> np.ndarray:
        """Return a monitored quantity at states ``y`` (..., d): (..., entries of the quantity)."""
        points = self._points(np.reshape(y, (-1, self.dimension)))
        flat = batch_values(q.values)(points, self.values)
        return flat.reshape((*np.shape(y)[:-1], -1))

    def _points(self, y: np.ndarray) -> np.ndarray:
        points = np.atleast_2d(np.asarray(y, dtype=float))
        if points.ndim != 2 or points.shape[1] != self.dimension:
            raise ValueError(
                f"states of `{self.name}` must have {self.dimension} entries "
                f"({', '.join(self.labels[:4])}{', ...' * (self.dimension > 4)}); "
                f"got shape {np.shape(y)}. Give one row for each state."
            )
        return points
