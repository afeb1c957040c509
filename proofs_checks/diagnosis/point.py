"""A float64 point of a model, to sort out quickly the edits that cannot be right.

Thousands of edited equations are compared at one point; only those that agree are handed to the
normal form.  Nothing is concluded from these numbers, so rounding does no harm.

Every line of the theory (definitions, adjoints, vocabulary) is an array; other derivatives are
taken by complex steps, which is faster than to derive them anew for every edit.  Inputs are
random, moved by Newton's method to where the hypotheses of the model hold.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from proofs_checks.checks.structured_inputs import Impossible, fitting, floats, kinds_of
from proofs_checks.diagnosis.arrays import Value, letter, mask, newton, onto
from proofs_checks.diagnosis.values import NotEvaluable, Values
from theory.algebra.domain import nonnegative_names
from theory.algebra.expressions import (
    Equation,
    entry_tensor,
    free_indices,
    slots,
    tensors_in,
)
from theory.algebra.symbols import Flow, Partial, Size, Step, Tensor, is_order
from theory.models import Definition, Model, Theory, theory_of
from theory.models.model import name_of

__all__ = ["NotEvaluable", "Point", "points"]

TOLERANCE = 1e-8  # relative difference below which two values count as equal
ROUNDING = 1e-10  # what may be left of terms of order one that cancel
TINY = 1e-30  # of complex steps
NOWHERE: Mapping[str, Any] = {}
SIZES = ((3, 2, 5, 4, 7, 6), (2, 4, 3, 6, 5, 7))


def points(model: Model, *expressions: sp.Basic) -> tuple[Point, ...]:
    """Return two points with different sizes at which the model's hypotheses hold.

    ``expressions`` will be evaluated there: what stands under a logarithm or a root in them is
    drawn positive.

    Raises `NotEvaluable` if Newton's method finds no such point.
    """
    own = [c.equation for c in model.constraints]
    return tuple(
        Point(model, _sizes(model, number), own, expressions, seed=number)
        for number in range(len(SIZES))
    )


def _sizes(model: Model, number: int) -> dict[str, int]:
    """Return small sizes, as different from each other as there are values."""
    values = SIZES[number]
    sizes = {size.name: values[n % len(values)] for n, size in enumerate(model.sizes)}
    return fitting(model, sizes)


class Point(Values):
    """Random inputs of a model at fixed sizes, and the values of expressions there."""

    def __init__(
        self,
        model: Model,
        sizes: Mapping[str, int],
        constraints: Iterable[Equation],
        expressions: Iterable[sp.Basic],
        seed: int,
    ) -> None:
        super().__init__()
        self.model, self.sizes, self.seed = model, sizes, seed
        self.theory: Theory = theory_of(model)
        self._structures = kinds_of(model)
        self._constraints, self._expressions = tuple(constraints), tuple(expressions)
        known = [line.value for line in self.theory.lines]
        signs = (nonnegative_names(e) for e in (*known, *self._expressions))
        self._positive = frozenset().union(*signs)
        self._arrays: dict[str, Any] = {}
        self._meet()

    def under(
        self, constraints: Iterable[Equation], start: Mapping[str, Callable[[Any], Any]] = NOWHERE
    ) -> Point:
        """Return a point near this one at which further constraints hold.

        ``start`` are first guesses for tensors, by name, made from their entries here.

        Raises `NotEvaluable` if none is found.
        """
        moved = copy.copy(self)
        moved._constraints = (*self._constraints, *constraints)
        moved.values = {}
        by_name = self.theory.by_name
        moved._arrays = {name: x for name, x in self._arrays.items() if name not in by_name}
        for x in self.model.inputs:
            if name_of(x) in start:
                moved._arrays[name_of(x)] = start[name_of(x)](self.tensor(x))
        moved._meet()
        return moved

    def agree(self, left: sp.Basic, right: sp.Basic) -> bool:
        """Return whether two resolved expressions have equal values wherever both have one."""
        free = tuple(sorted(free_indices(left) | free_indices(right), key=letter))
        with np.errstate(all="ignore"):
            one, other = (onto(self.value(e), free) for e in (left, right))
            usable = np.isfinite(one) & np.isfinite(other)
            if not usable.any():
                return False
            one, other = (np.broadcast_to(x, usable.shape)[usable] for x in (one, other))
            size = max(np.abs(one).max(), np.abs(other).max())
            return bool(np.abs(one - other).max() <= TOLERANCE * size + ROUNDING)

    # -- inputs -----------------------------------------------------------------------------

    def tensor(self, symbol: sp.Basic) -> Any:
        """Return all entries of a tensor or a scalar."""
        name = name_of(symbol)
        if name not in self._arrays:
            line = self._line(name)
            if line is None:
                self._arrays[name] = self._drawn(name, symbol)
            else:
                shape = self._shape(line.tensor)
                value = onto(self.value(line.value), line.parameters)
                self._arrays[name] = np.broadcast_to(value, shape)
        return self._arrays[name]

    def _line(self, name: str) -> Definition | None:
        """Return the definition of a name: a line of the theory, or an adjoint without one."""
        if name in self.theory.by_name:
            return self.theory.by_name[name]
        adjoint = self.theory.adjoints.get(name.removeprefix(f"d{self.model.loss.name}_d"))
        if adjoint is None or name in self.model.tensors:
            return None
        return Definition(adjoint.partial.args[1], adjoint.value, "")  # type: ignore[arg-type]

    def _drawn(self, name: str, symbol: sp.Basic) -> Any:
        """Return random entries; the same for the same name, seed and shape."""
        generator = np.random.default_rng([zlib.crc32(name.encode()), self.seed])
        shape = self._shape(symbol)
        if is_order(name):
            return np.tril(np.ones(shape))
        if name == "M" and self.model.features.get("mask"):
            return mask(self.model.features["mask"], shape, generator)
        if name in self._structures:
            try:
                return floats(self._structures[name], shape, self.seed, name)
            except Impossible as reason:
                raise NotEvaluable(f"no `{name}` could be drawn: {reason}.") from None
        if self._is_positive(name, symbol):
            return generator.uniform(0.3, 1.7, shape)
        return generator.standard_normal(shape)

    def _is_positive(self, name: str, symbol: sp.Basic) -> bool:
        label = symbol.label if isinstance(symbol, Tensor) else symbol
        return bool(label.is_nonnegative) or name in self._positive

    def _shape(self, symbol: sp.Basic) -> tuple[int, ...]:
        axes = symbol.axes if isinstance(symbol, Tensor) else ()
        return tuple(self.size(axis) for axis in axes)

    def size(self, size: Size) -> int:
        """Return a size as a number."""
        if size.name not in self.sizes:
            raise NotEvaluable(f"the size {size} is none of model `{self.model.name}`.")
        return self.sizes[size.name]

    def _meet(self) -> None:
        """Move the inputs to where the constraints hold, tensors apart if they can be."""
        inputs = {name_of(x) for x in self.model.inputs}
        waiting = list(self._constraints)
        while waiting:
            names, group = tensors_in(waiting[0]), [waiting.pop(0)]
            for other in [*waiting]:
                if tensors_in(other) & names & inputs:
                    names |= tensors_in(other)
                    group.append(other)
                    waiting.remove(other)
            free = names - self._structures.keys()
            self._solve(group, [x for x in self.model.inputs if name_of(x) in free])

    def _solve(self, group: list[Equation], unknown: list[sp.Basic]) -> None:
        """Change the ``unknown`` inputs until the constraints hold, by Gauss-Newton steps.

        Where these leave the positive numbers, the logarithms of what is positive move instead,
        unless only the border will do: labels that are to be one-hot are zeros and ones.
        """
        start = [np.asarray(self.tensor(x)) for x in unknown]
        kept = {name: x for name, x in self._arrays.items() if name not in self.theory.by_name}
        signed = [self._is_positive(name_of(x), x) for x in unknown]
        ends = np.cumsum([x.size for x in start])

        def reach(by_logarithms: list[bool]) -> bool:
            def residual(entries: Any) -> Any:
                self.values, self._arrays = {}, dict(kept)
                parts = zip(unknown, start, by_logarithms, np.split(entries, ends), strict=False)
                for x, old, is_log, new in parts:
                    self._arrays[name_of(x)] = (np.exp(new) if is_log else new).reshape(old.shape)
                return np.concatenate([np.ravel(self._difference(c)) for c in group])

            with np.errstate(all="ignore"):
                pairs = zip(start, by_logarithms, strict=True)
                entries = [np.ravel(np.log(x) if is_log else x) for x, is_log in pairs]
                return newton(residual, np.concatenate([*entries, np.zeros(0)]))

        plain = [False] * len(unknown)
        found = reach(plain)
        if found and any(signed) and not all(map(self._is_inside, unknown, signed)):
            found = reach(signed) or reach(plain)
        if not found:
            raise NotEvaluable("no point was found at which the hypotheses hold.")

    def _is_inside(self, symbol: sp.Basic, is_positive: bool) -> bool:
        return not is_positive or bool((self.tensor(symbol) > -ROUNDING).all())

    def _difference(self, equation: Equation) -> Any:
        return self.value(equation.left - equation.right).array

    # -- derivatives ------------------------------------------------------------------------

    def derivative(self, e: sp.Basic) -> Value:
        """Return the value of a derivative, a step or a flow."""
        if isinstance(e, Step):
            quantity, rate, *moved = e.args
            return self._along(quantity, [(x, rate) for x in moved])
        return self._along(e.args[0], list(e.pairs)) if isinstance(e, Flow) else self._partial(e)

    def _partial(self, e: Any) -> Value:
        quantity, *earlier, entry = e.args
        if quantity == self.model.loss and not earlier:
            return self._loss_gradient(entry)
        inner = Partial(quantity, *earlier) if earlier else quantity
        x = entry_tensor(entry)
        here = np.asarray(self.tensor(x))
        free = tuple(sorted(free_indices(inner), key=letter))
        units = np.eye(here.size).reshape((here.size, *here.shape))
        rows = [self._towards(inner, {x: unit}, free) for unit in units]
        jacobian = np.stack(np.broadcast_arrays(*rows))
        jacobian = jacobian.reshape((*here.shape, *jacobian.shape[1:]))
        full = (*here.shape, *(self.size(k.size) for k in free))
        return self.picked(np.broadcast_to(jacobian, full), entry, free)

    def _loss_gradient(self, entry: sp.Basic) -> Value:
        adjoint = self.theory.adjoints.get(name_of(entry_tensor(entry)))
        return (
            Value((), np.float64(0)) if adjoint is None else self.value(adjoint.at(entry, "value"))
        )

    def _along(self, quantity: sp.Basic, moves: list[tuple[Any, Any]]) -> Value:
        """Return the change of ``quantity`` when every x moves along -rate dL/dx."""
        free = tuple(sorted(free_indices(quantity), key=letter))
        change: Any = np.float64(0)
        for entry, rate in moves:
            x = entry_tensor(entry)
            own = self.model.entry(x)
            gradient = np.broadcast_to(onto(self._loss_gradient(own), slots(own)), self._shape(x))
            change = change - self.value(rate).array * self._towards(quantity, {x: gradient}, free)
        return Value(free, np.broadcast_to(change, tuple(self.size(k.size) for k in free)))

    def _towards(self, quantity: sp.Basic, directions: Mapping[Any, Any], free: Any) -> Any:
        """Return the derivative of ``quantity`` along directions of tensors, cut at these.

        A complex step: the imaginary part of f(x + i h d) / h, with nothing to cancel.  Such steps
        do not nest, so that derivatives in ``quantity`` are given their expressions first.
        """
        quantity = self.theory.resolve(quantity)
        moved = copy.copy(self)
        moved.values = {}
        depends = {name_of(x) for x in directions}
        for line in self.theory.lines:
            if tensors_in(line.value) & depends:
                depends.add(line.name)
        moved._arrays = {n: a for n, a in self._arrays.items() if n not in depends}
        for x, direction in directions.items():
            moved._arrays[name_of(x)] = self.tensor(x) + 1j * TINY * direction
        return np.imag(onto(moved.value(quantity), free)) / TINY
