"""Checking the arguments of a generated function before its code sees them.

Every error names the argument, what it must be, what arrived, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from theory.codegen.names import nearest
from theory.codegen.program import Argument, Check, Program

__all__ = ["Backend", "checked", "deviation_allowed"]

Position = tuple[int, ...]


class Backend(Protocol):
    """What the checks need to know about arrays of one library."""

    def converted(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
        """Return the arrays in the type to compute with, and rounding units."""
        ...

    def scalar(self, array: Any) -> Any:
        """Return an array without axes in the form that the code takes."""
        ...

    def offender(self, array: Any, test: str) -> tuple[Position, float] | None:
        """Return the place and value of the first entry that fails a test."""
        ...

    def dead_row(self, array: Any, axis: int) -> Position | None:
        """Return the first place along whose axis all entries are zero."""
        ...

    def largest(self, array: Any) -> tuple[Position, float]:
        """Return the place and size of the entry farthest from zero."""
        ...

    def quietly(self) -> Any:
        """Return a context without floating-point warnings."""
        ...


def checked(
    program: Program, given: Mapping[str, Any], backend: Backend
) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the arguments ready for the code, and the rounding unit each arrived with.

    Raises `TypeError` for missing, unexpected or wrongly typed arguments, `ValueError` for shapes
    and entries that the code cannot take.
    """
    _check_names(program, given)
    sizes = {
        a.name: _size(a.name, given[a.name])
        for a in program.arguments
        if a.is_size and a.name in given
    }
    expected = [a for a in program.arguments if not a.is_size]
    arrays, units = backend.converted({a.name: given[a.name] for a in expected})
    _check_shapes(expected, arrays, dict(program.least))
    for a in expected:
        _check_entries(a, arrays[a.name], backend)
        if not a.axes:
            arrays[a.name] = backend.scalar(arrays[a.name])
    return {**arrays, **sizes}, units


def deviation_allowed(check: Check, units: Mapping[str, float]) -> float:
    """Return how far a hypothesis may be off: 1e-12 for float64, more for coarser types."""
    unit = max(units[name] for name in check.names)
    return min(1e-12 * unit / 2.0**-52, 1e-2)


def _check_names(program: Program, given: Mapping[str, Any]) -> None:
    expected = {a.name: a for a in program.arguments}
    for name in given:
        if name in program.made:
            raise TypeError(
                f"`{program.name}` makes the causal mask `{name}` itself; drop `{name}`."
            )
        if name not in expected:
            raise TypeError(
                f"`{program.name}` has no argument `{name}`.{nearest(name, expected)} "
                f"It takes {', '.join(expected)}."
            )
    missing = [
        f"`{a.name}` {a.shape}" for a in program.arguments if a.name not in given and not a.default
    ]
    if missing:
        raise TypeError(f"`{program.name}` needs {', '.join(missing)}; add what is missing.")


def _size(name: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer; got {type(value).__name__}. Pass an int.")
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1; got {value}. Sizes count entries.")
    return int(value)


def _check_shapes(
    expected: Sequence[Argument],
    arrays: Mapping[str, Any],
    least: Mapping[str, int],
) -> None:
    known: dict[str, tuple[int, str]] = {}
    for a in expected:
        shape = tuple(arrays[a.name].shape)
        if len(shape) != len(a.axes):
            what = f"shape {a.shape}, {len(a.axes)} axes" if a.axes else "no axes (a number)"
            raise ValueError(f"`{a.name}` must have {what}; got shape {shape}. Reshape it.")
        for axis, (size, value) in enumerate(zip(a.axes, shape, strict=True)):
            if value == 0:
                raise ValueError(
                    f"`{a.name}` must have at least one entry along every axis; got shape {shape}, "
                    f"in which axis {axis} ({size}) is 0. Pass at least one."
                )
            if value < least.get(size, 1):
                raise ValueError(
                    f"`{a.name}` must have {size} >= {least[size]}, for the formula uses entry "
                    f"{least[size]} of axis {axis}; got shape {shape}. Pass a longer one."
                )
            wanted, source = known.setdefault(size, (value, a.name))
            if value != wanted:
                raise ValueError(
                    f"`{a.name}` has shape {shape}; axis {axis} is {size} = {wanted} because of "
                    f"`{source}`. Make every axis {size} equally long."
                )


def _check_entries(a: Argument, array: Any, backend: Backend) -> None:
    _check_entry(a, array, "finite", "finite", "Remove nan and inf first", backend)
    if a.binary:
        fix = "A mask keeps (1) or drops (0) a key; use a bias for anything else"
        _check_entry(a, array, "zero or one", "zero or one", fix, backend)
    elif a.sign:
        _check_entry(a, array, a.sign, a.sign, f"It must be so because {a.reason}", backend)
    if a.live_axis is not None:
        place = backend.dead_row(array, a.live_axis)
        if place is not None:
            where = f" at {list(place)}" if place else ""
            raise ValueError(
                f"`{a.name}` must leave something to every softmax: an entry that is not zero "
                f"along axis {a.live_axis}; got only zeros{where}. Unmask at least one key there."
            )


def _check_entry(
    a: Argument, array: Any, test: str, requirement: str, fix: str, backend: Backend
) -> None:
    bad = backend.offender(array, test)
    if bad is not None:
        place, value = bad
        where = f" at {list(place)}" if place else ""
        raise ValueError(
            f"`{a.name}` must be {requirement}{' everywhere' if a.axes else ''}; "
            f"got {value:.6g}{where}. {fix}."
        )
