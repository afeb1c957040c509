"""Float64 values of index expressions, by einsum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import sympy as sp

from proofs_checks.diagnosis.arrays import FUNCTIONS, Value, einsum, letter, onto
from theory.algebra.expressions import bound_of, slots
from theory.algebra.symbols import Flow, Index, Partial, Size, Step

__all__ = ["NotEvaluable", "Values"]


class NotEvaluable(ValueError):
    """An expression that has no float64 value here; the text says why."""


class Values(ABC):
    """Evaluates expressions; what tensors, sizes and derivatives are, a subclass knows."""

    def __init__(self) -> None:
        self.values: dict[sp.Basic, Value] = {}

    @abstractmethod
    def tensor(self, symbol: sp.Basic) -> Any:
        """Return all entries of a tensor or a scalar."""

    @abstractmethod
    def size(self, size: Size) -> int:
        """Return a size as a number."""

    @abstractmethod
    def derivative(self, e: sp.Basic) -> Value:
        """Return the value of a derivative, a step or a flow."""

    def value(self, e: sp.Basic) -> Value:
        """Return the value of a resolved expression.

        Raises `NotEvaluable` if a part has none.
        """
        found = self.values.get(e)
        if found is None:
            found = self.values[e] = self._evaluate(e)
        return found

    def _evaluate(self, e: Any) -> Value:
        if isinstance(e, sp.Rational):
            return Value((), np.float64(float(e)))
        if isinstance(e, sp.NumberSymbol):
            return Value((), np.float64(float(e)))
        if isinstance(e, Size):
            return Value((), np.float64(self.size(e)))
        if isinstance(e, sp.Indexed):
            return self.picked(self.tensor(e.base), e)
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
        if isinstance(e, Partial | Step | Flow):
            return self.derivative(e)
        if isinstance(e, sp.Function) and e.func.__name__ in FUNCTIONS:
            labels, array = self.value(e.args[0])
            return Value(labels, FUNCTIONS[e.func.__name__](array))
        raise NotEvaluable(f"`{e}` ({type(e).__name__}) has no float64 value.")

    def picked(self, array: Any, e: sp.Basic, after: tuple[Index, ...] = ()) -> Value:
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
        free = tuple(sorted(set(labels), key=letter))
        return Value(free, einsum([(array[tuple(at)], tuple(labels))], free))

    def _delta(self, e: sp.KroneckerDelta) -> Value:
        ends: tuple[Any, ...] = e.args[:2]
        if ends[0] == ends[1]:
            return Value((), np.float64(1))
        if not all(isinstance(k, Index) for k in ends):
            raise NotEvaluable(f"`{e}` joins a number.")
        free = tuple(sorted(ends, key=letter))
        return Value(free, np.eye(self.size(free[0].size)))

    def _sum_of_terms(self, e: sp.Add) -> Value:
        parts = [self.value(term) for term in e.args]
        free = tuple(sorted({k for part in parts for k in part.labels}, key=letter))
        return Value(free, sum(onto(part, free) for part in parts))

    def _summed(self, e: Any) -> Value:
        for k, low, high in e.limits:
            if not isinstance(k, Index) or low != 1 or high != k.size:
                raise NotEvaluable(f"the sum over {k} from {low} to {high} is no whole range.")
        return self._contracted(sp.Mul.make_args(e.function), tuple(bound_of(e)))

    def _contracted(self, factors: Iterable[Any], bound: tuple[Index, ...]) -> Value:
        """Return the sum over ``bound`` of a product."""
        parts = [self.value(factor) for factor in factors]
        present = {k for part in parts for k in part.labels}
        free = tuple(sorted(present - set(bound), key=letter))
        array = einsum([(part.array, part.labels) for part in parts], free)
        for k in set(bound) - present:
            array = array * self.size(k.size)
        return Value(free, array)

    def _power(self, e: sp.Pow) -> Value:
        labels, base = self.value(e.base)
        if isinstance(e.exp, sp.Integer):
            return Value(labels, base ** float(e.exp))
        exponent = self.value(e.exp)
        free = tuple(sorted({*labels, *exponent.labels}, key=letter))
        return Value(free, onto(Value(labels, base), free) ** onto(exponent, free))
