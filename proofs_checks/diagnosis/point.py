"""A float64 point of a model, to sort out quickly the edits that cannot be right.

Thousands of edited equations are compared at one point; only those that agree are handed to the
normal form.  Nothing is concluded from these numbers, so rounding does no harm.

Every line of the theory (definitions, adjoints, vocabulary) is an array; other derivatives are
taken by complex steps, which is faster than to derive them anew for every edit.  Inputs are
random, moved by Newton's method to where the hypotheses of the model hold.
"""

from __future__ import annotations

import copy
import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from theory.algebra.domain import nonnegative_names
from theory.algebra.expressions import (
    Equation,
    bound_of,
    entry_tensor,
    free_indices,
    slots,
    tensors_in,
)
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor
from theory.models import Definition, Model, Theory, theory_of
from theory.models.model import name_of

__all__ = ["NotEvaluable", "Point", "points"]

TOLERANCE = 1e-8  # relative difference below which two values count as equal
ROUNDING = 1e-10  # what may be left of terms of order one that cancel
NEWTON_STEPS = 40
MOST_WORK = 4000  # products in one contraction; beyond, it pays to look for a good order
TINY = 1e-30  # of complex steps
STEP = 1e-7  # of finite differences
SOLVED = 1e-11  # largest violation of a hypothesis
SIZES = ((3, 2, 5, 4, 7, 6), (2, 4, 3, 6, 5, 7))
FUNCTIONS: Mapping[str, Any] = {  # by name: what the theory writes may be a bare name
    "exp": np.exp,
    "log": np.log,
    "Abs": lambda x: np.where(np.real(x) < 0, -x, x),
    "sign": lambda x: np.sign(np.real(x)),
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sech": lambda x: 1 / np.cosh(x),
    "csch": lambda x: 1 / np.sinh(x),
    "coth": lambda x: 1 / np.tanh(x),
}


class NotEvaluable(ValueError):
    """An expression that has no float64 value here; the text says why."""


class Value(NamedTuple):
    """An array and the free index that each of its axes stands for."""

    labels: tuple[Index, ...]
    array: Any


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
    return {size.name: values[n % len(values)] for n, size in enumerate(model.sizes)}


class Point:
    """Random inputs of a model at fixed sizes, and the values of expressions there."""

    def __init__(
        self,
        model: Model,
        sizes: Mapping[str, int],
        constraints: Iterable[Equation],
        expressions: Iterable[sp.Basic],
        seed: int,
    ) -> None:
        self.model, self.sizes, self.seed = model, sizes, seed
        self.theory: Theory = theory_of(model)
        self._constraints, self._expressions = tuple(constraints), tuple(expressions)
        known = [line.value for line in self.theory.lines]
        signs = (nonnegative_names(e) for e in (*known, *self._expressions))
        self._positive = frozenset().union(*signs)
        self._arrays: dict[str, Any] = {}
        self._values: dict[sp.Basic, Value] = {}
        self._meet()

    def under(self, constraints: Iterable[Equation]) -> Point:
        """Return a point near this one at which further constraints hold.

        Raises `NotEvaluable` if none is found.
        """
        moved = copy.copy(self)
        moved._constraints = (*self._constraints, *constraints)
        moved._values = {}
        by_name = self.theory.by_name
        moved._arrays = {name: x for name, x in self._arrays.items() if name not in by_name}
        moved._meet()
        return moved

    def agree(self, left: sp.Basic, right: sp.Basic) -> bool:
        """Return whether two resolved expressions have equal values wherever both have one."""
        free = tuple(sorted(free_indices(left) | free_indices(right), key=_letter))
        with np.errstate(all="ignore"):
            one, other = (_onto(self.value(e), free) for e in (left, right))
            usable = np.isfinite(one) & np.isfinite(other)
            if not usable.any():
                return False
            one, other = (np.broadcast_to(x, usable.shape)[usable] for x in (one, other))
            size = max(np.abs(one).max(), np.abs(other).max())
            return bool(np.abs(one - other).max() <= TOLERANCE * size + ROUNDING)

    def value(self, e: sp.Basic) -> Value:
        """Return the value of a resolved expression.

        Raises `NotEvaluable` if a part has none.
        """
        found = self._values.get(e)
        if found is None:
            found = self._values[e] = self._evaluate(e)
        return found

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
                value = _onto(self.value(line.value), line.parameters)
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
        if name == "M" and self.model.features.get("mask"):
            return _mask(self.model.features["mask"], shape, generator)
        label = symbol.label if isinstance(symbol, Tensor) else symbol
        if label.is_nonnegative or name in self._positive:
            return generator.uniform(0.3, 1.7, shape)
        return generator.standard_normal(shape)

    def _shape(self, symbol: sp.Basic) -> tuple[int, ...]:
        axes = symbol.axes if isinstance(symbol, Tensor) else ()
        return tuple(self._size(axis) for axis in axes)

    def _size(self, size: Size) -> int:
        if size.name not in self.sizes:
            raise NotEvaluable(f"the size {size} is none of model `{self.model.name}`.")
        return self.sizes[size.name]

    def _meet(self) -> None:
        """Move the inputs to a point at which the constraints hold, tensors apart if they can be."""
        inputs = {name_of(x) for x in self.model.inputs}
        waiting = list(self._constraints)
        while waiting:
            names, group = tensors_in(waiting[0]), [waiting.pop(0)]
            for other in [*waiting]:
                if tensors_in(other) & names & inputs:
                    names |= tensors_in(other)
                    group.append(other)
                    waiting.remove(other)
            self._solve(group, [x for x in self.model.inputs if name_of(x) in names])

    def _solve(self, group: list[Equation], unknown: list[sp.Basic]) -> None:
        """Change the ``unknown`` inputs until the constraints hold, by Gauss-Newton steps."""
        shapes = [np.shape(self.tensor(x)) for x in unknown]
        kept = {name: x for name, x in self._arrays.items() if name not in self.theory.by_name}
        start = [np.ravel(self.tensor(x)) for x in unknown]

        def residual(entries: Any) -> Any:
            self._values, self._arrays = {}, dict(kept)
            place = 0
            for x, shape in zip(unknown, shapes, strict=True):
                size = math.prod(shape)
                self._arrays[name_of(x)] = entries[place : place + size].reshape(shape)
                place += size
            return np.concatenate([np.ravel(self._difference(c)) for c in group])

        with np.errstate(all="ignore"):
            if not _newton(residual, np.concatenate(start or [np.zeros(0)])):
                raise NotEvaluable("no point was found at which the hypotheses hold.")

    def _difference(self, equation: Equation) -> Any:
        return self.value(equation.left - equation.right).array

    # -- expressions ------------------------------------------------------------------------

    def _evaluate(self, e: Any) -> Value:
        if isinstance(e, sp.Rational):
            return Value((), np.float64(float(e)))
        if isinstance(e, sp.NumberSymbol):
            return Value((), np.float64(float(e)))
        if isinstance(e, Size):
            return Value((), np.float64(self._size(e)))
        if isinstance(e, sp.Indexed):
            return self._picked(self.tensor(e.base), e)
        if isinstance(e, sp.KroneckerDelta):
            return self._delta(e)
        if isinstance(e, sp.Symbol) and not isinstance(e, Index):
            return Value((), self.tensor(e))
        if isinstance(e, sp.Add):
            return self._sum_of_terms(e)
        if isinstance(e, sp.Mul):
            return self._contracted(e.args, ())
        if isinstance(e, sp.Sum):
            return self._summed(e)
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, Partial):
            return self._partial(e)
        if isinstance(e, Step):
            quantity, rate, *moved = e.args
            return self._along(quantity, [(x, rate) for x in moved])
        if isinstance(e, Flow):
            return self._along(e.args[0], list(e.pairs))
        if isinstance(e, sp.Function) and e.func.__name__ in FUNCTIONS:
            labels, array = self.value(e.args[0])
            return Value(labels, FUNCTIONS[e.func.__name__](array))
        raise NotEvaluable(f"`{e}` ({type(e).__name__}) has no float64 value.")

    def _picked(self, array: Any, e: sp.Basic, after: tuple[Index, ...] = ()) -> Value:
        """Return entries: an index twice takes the diagonal, a number one slice.

        The first axes of the array are those of ``e``, the others are labelled ``after``.
        """
        at: list[Any] = []
        labels: list[Index] = []
        for index, length in zip(slots(e), array.shape, strict=False):
            if isinstance(index, Index):
                at.append(slice(None))
                labels.append(index)
            elif isinstance(index, sp.Integer) and 1 <= index <= length:
                at.append(int(index) - 1)
            else:
                raise NotEvaluable(f"`{index}` is no position in `{e}` at size {length}.")
        labels += after
        free = tuple(sorted(set(labels), key=_letter))
        return Value(free, _einsum([(array[tuple(at)], tuple(labels))], free))

    def _delta(self, e: sp.KroneckerDelta) -> Value:
        ends = e.args[:2]
        if ends[0] == ends[1]:
            return Value((), np.float64(1))
        if not all(isinstance(k, Index) for k in ends):
            raise NotEvaluable(f"`{e}` joins a number.")
        free = tuple(sorted(ends, key=_letter))
        return Value(free, np.eye(self._size(free[0].size)))  # type: ignore[union-attr,arg-type]

    def _sum_of_terms(self, e: sp.Add) -> Value:
        parts = [self.value(term) for term in e.args]
        free = tuple(sorted({k for part in parts for k in part.labels}, key=_letter))
        return Value(free, sum(_onto(part, free) for part in parts))

    def _summed(self, e: sp.Sum) -> Value:
        for k, low, high in e.limits:
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise NotEvaluable(f"the sum over {k} from {low} to {high} is no whole range.")
        return self._contracted(sp.Mul.make_args(e.function), tuple(bound_of(e)))

    def _contracted(self, factors: Iterable[Any], bound: tuple[Index, ...]) -> Value:
        """Return the sum over ``bound`` of a product."""
        parts = [self.value(factor) for factor in factors]
        present = {k for part in parts for k in part.labels}
        free = tuple(sorted(present - set(bound), key=_letter))
        array = _einsum([(part.array, part.labels) for part in parts], free)
        for k in set(bound) - present:
            array = array * self._size(k.size)
        return Value(free, array)

    def _power(self, e: sp.Pow) -> Value:
        labels, base = self.value(e.base)
        if isinstance(e.exp, sp.Integer):
            return Value(labels, base ** float(e.exp))
        exponent = self.value(e.exp)
        free = tuple(sorted({*labels, *exponent.labels}, key=_letter))
        return Value(free, _onto(Value(labels, base), free) ** _onto(exponent, free))

    # -- derivatives ------------------------------------------------------------------------

    def _partial(self, e: Partial) -> Value:
        quantity, *earlier, entry = e.args
        if quantity == self.model.loss and not earlier:
            return self._loss_gradient(entry)
        inner = self.theory.resolve(Partial(quantity, *earlier)) if earlier else quantity
        x = entry_tensor(entry)
        here = np.asarray(self.tensor(x))
        free = tuple(sorted(free_indices(inner), key=_letter))
        units = np.eye(here.size).reshape(here.size, *here.shape)
        rows = [self._towards(inner, {x: unit}, free) for unit in units]
        jacobian = np.stack(np.broadcast_arrays(*rows))
        jacobian = jacobian.reshape(*here.shape, *jacobian.shape[1:])
        full = (*here.shape, *(self._size(k.size) for k in free))
        return self._picked(np.broadcast_to(jacobian, full), entry, free)

    def _loss_gradient(self, entry: sp.Basic) -> Value:
        adjoint = self.theory.adjoints.get(name_of(entry_tensor(entry)))
        return (
            Value((), np.float64(0)) if adjoint is None else self.value(adjoint.at(entry, "value"))
        )

    def _along(self, quantity: sp.Basic, moves: list[tuple[Any, Any]]) -> Value:
        """Return the change of ``quantity`` when every x moves along -rate dL/dx."""
        free = tuple(sorted(free_indices(quantity), key=_letter))
        change: Any = np.float64(0)
        for entry, rate in moves:
            x = entry_tensor(entry)
            own = self.model.entry(x)
            gradient = np.broadcast_to(_onto(self._loss_gradient(own), slots(own)), self._shape(x))
            change = change - self.value(rate).array * self._towards(quantity, {x: gradient}, free)
        return Value(free, np.broadcast_to(change, tuple(self._size(k.size) for k in free)))

    def _towards(self, quantity: sp.Basic, directions: Mapping[Any, Any], free: Any) -> Any:
        """Return the derivative of ``quantity`` along directions of tensors, cut at these.

        A complex step: the imaginary part of f(x + i h d) / h, with nothing to cancel.
        """
        moved = copy.copy(self)
        moved._values = {}
        depends = {name_of(x) for x in directions}
        for line in self.theory.lines:
            if tensors_in(line.value) & depends:
                depends.add(line.name)
        moved._arrays = {n: a for n, a in self._arrays.items() if n not in depends}
        for x, direction in directions.items():
            moved._arrays[name_of(x)] = self.tensor(x) + 1j * TINY * direction
        return np.imag(_onto(moved.value(quantity), free)) / TINY


def _onto(value: Value, free: tuple[Index, ...]) -> Any:
    """Return the array with one axis for each of ``free``, of length 1 where it lacks one."""
    order = [value.labels.index(k) for k in free if k in value.labels]
    array = np.transpose(value.array, order) if order else np.asarray(value.array)
    return array[tuple(slice(None) if k in value.labels else None for k in free)]


def _einsum(parts: list[tuple[Any, tuple[Index, ...]]], free: tuple[Index, ...]) -> Any:
    numbers: dict[Index, int] = {}
    work = 1
    for array, labels in parts:
        for k, size in zip(labels, array.shape, strict=True):
            if k not in numbers:
                numbers[k] = len(numbers)
                work *= size
    operands = [x for array, labels in parts for x in (array, [numbers[k] for k in labels])]
    return np.einsum(*operands, [numbers[k] for k in free], optimize=work > MOST_WORK)


def _mask(kind: object, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    """Return zeros and ones with at least one 1 in every row."""
    if kind == "causal":
        return np.tril(np.ones(shape))
    mask = (generator.random(shape) > 0.4).astype(float)
    mask[np.arange(shape[0]), generator.integers(0, shape[1], shape[0])] = 1
    return mask


def _letter(k: Index) -> str:
    return k.name


def _newton(residual: Any, x: Any) -> bool:
    """Go to a root near ``x``; False if none is near.  The last call is at the root."""
    for _ in range(NEWTON_STEPS):
        value = residual(x)
        if not np.isfinite(value).all():
            return False
        if np.abs(value).max(initial=0.0) < SOLVED:
            return True
        columns = [(residual(x + STEP * unit) - value) / STEP for unit in np.eye(x.size)]
        if not columns:
            return False
        x = x - np.linalg.lstsq(np.array(columns).T, value, rcond=1e-9)[0]
    return False
