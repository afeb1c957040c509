"""Labelled arrays that carry derivatives along: nilpotent infinitesimals, one kind for each cut.

A jet is  sum over sets S of levels of  a_S eps_S,  where eps_l eps_l = 0 at every level l.  The
part a_S is an array with one axis for each label: the free indices of the expression and, for each
level in S, the directions x may move in.  So the part of {l} of a quantity f holds df/dx where x
was cut at level l, and that of {l, m} second derivatives.  Then

    (a b)_S = sum over R in S of a_R b_{S - R},
    f(a) = sum_k f^(k)(a_0) (a - a_0)^k / k!        which ends, as every eps is nilpotent.

Labels are integers, the axes of an array always in their order; sets of levels are bit masks.  With
``noise`` every result is changed by a relative 1e-9 at most: how far the final numbers move says
how large rounding errors can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np

__all__ = ["NOISE", "Arithmetic", "Jet", "Part", "Place", "Unjudgeable", "onto"]

Array: TypeAlias = np.ndarray
Part: TypeAlias = tuple[tuple[int, ...], Array]
Jet: TypeAlias = dict[int, Part]
Place: TypeAlias = tuple[int | None, int]
Derivatives: TypeAlias = Callable[[Array, int], Sequence[Array]]

NOISE = 1e-9
"""The largest relative change of a result where noise is asked for."""

LARGEST = 1 << 20
"""The most entries of an array."""


class Unjudgeable(Exception):
    """The statement is outside what can be evaluated; the text says why."""


def onto(part: Part, labels: Sequence[int]) -> Array:
    """Return the array with one axis for each label, of length 1 where it lacks the label."""
    own, array = part
    order = [own.index(x) for x in labels if x in own]
    array = array.transpose(order)
    return array[tuple(slice(None) if x in own else None for x in labels)]


class Arithmetic:
    """Sums, products, functions and relabelling of jets; ``lengths`` holds that of every label."""

    def __init__(self, noise: np.random.Generator | None = None) -> None:
        self.lengths: list[int] = []
        self._noise = noise

    def new_label(self, length: int) -> int:
        """Return a label nobody else has, of an axis of this length."""
        self.lengths.append(length)
        return len(self.lengths) - 1

    def number(self, value: float) -> Jet:
        """Return a number."""
        return {0: ((), np.float64(value))}  # type: ignore[dict-item]

    def add(self, jets: Iterable[Jet]) -> Jet:
        """Return the sum."""
        result: Jet = {}
        for jet in jets:
            for levels, part in jet.items():
                self._accumulate(result, levels, part)
        return result or self.number(0)

    def scale(self, jet: Jet, factor: float) -> Jet:
        """Return a multiple."""
        return {levels: (x, self.rounded(a * factor)) for levels, (x, a) in jet.items()}

    def product(self, factors: Sequence[Jet], bound: Iterable[int] = ()) -> Jet:
        """Return the product of the factors, summed over the labels ``bound``.

        A label is summed as soon as no later factor has it.
        """
        waiting = set(bound)
        result = factors[0] if factors else self.number(1)
        for n, factor in enumerate(factors[1:], start=2):
            later = {x for jet in factors[n:] for labels, _ in jet.values() for x in labels}
            ripe = waiting - later if n < len(factors) else waiting
            result = self._times(result, factor, ripe)
            waiting -= ripe
        return self.total(result, waiting)

    def total(self, jet: Jet, bound: Iterable[int]) -> Jet:
        """Return the sum over labels; what does not have a label is added up that often."""
        bound = set(bound)
        if not bound:
            return jet
        return {levels: self._summed(part, bound) for levels, part in jet.items()}

    def function(self, derivatives: Derivatives, jet: Jet) -> Jet:
        """Return f(jet); ``derivatives(x, n)`` are f(x), f'(x), ..., the n-th derivative."""
        labels, at = jet[0]
        order = reduce(int.__or__, jet).bit_count()
        found = [self.rounded(np.asarray(x)) for x in derivatives(at, order)]
        result: Jet = {0: (labels, found[0])}
        small = {levels: part for levels, part in jet.items() if levels}
        power = small
        for n in range(1, order + 1):
            taylor = {0: (labels, found[n] / math.factorial(n))}
            for levels, part in self._times(taylor, power, ()).items():
                self._accumulate(result, levels, part)
            power = self._times(power, small, ())
        return result

    def choose(self, condition: Part, first: Jet, second: Jet) -> Jet:
        """Return ``first`` where the condition holds, else ``second``."""
        result: Jet = {}
        for levels in first.keys() | second.keys():
            one, other = (jet.get(levels, ((), np.float64(0))) for jet in (first, second))
            labels = tuple(sorted({*condition[0], *one[0], *other[0]}))  # type: ignore[misc]
            arrays = [onto(part, labels) for part in (condition, one, other)]  # type: ignore[arg-type]
            result[levels] = (labels, np.where(*arrays))
        return result

    def relabelled(self, jet: Jet, places: Mapping[int, Place]) -> Jet:
        """Return the jet with labels replaced: (new label, -), or (None, position counted from 0).

        Two axes that get one label become their diagonal.
        """
        result: Jet = {}
        for levels, (labels, array) in jet.items():
            kept: list[int] = []
            for label in labels:
                new, at = places.get(label, (label, 0))
                if new is None:
                    array = np.take(array, at, axis=len(kept))
                else:
                    kept.append(new)
            result[levels] = _sorted(kept, array)
        return result

    def _accumulate(self, result: Jet, levels: int, part: Part) -> None:
        if levels not in result:
            result[levels] = part
            return
        before = result[levels]
        labels = before[0] if before[0] == part[0] else tuple(sorted({*before[0], *part[0]}))
        self._bounded(labels)
        result[levels] = (labels, self.rounded(onto(before, labels) + onto(part, labels)))

    def _times(self, first: Jet, second: Jet, bound: Iterable[int]) -> Jet:
        result: Jet = {}
        for levels, a in first.items():
            for others, b in second.items():
                if not levels & others:
                    labels = a[0] if a[0] == b[0] else tuple(sorted({*a[0], *b[0]}))
                    self._bounded(labels)
                    array = self.rounded(onto(a, labels) * onto(b, labels))
                    part = self._summed((labels, array), bound)
                    self._accumulate(result, levels | others, part)
        return result

    def _summed(self, part: Part, bound: Iterable[int]) -> Part:
        labels, array = part
        axes = tuple(n for n, label in enumerate(labels) if label in bound)
        copies = math.prod(self.lengths[x] for x in bound if x not in labels)
        if axes:
            array = self.rounded(array.sum(axis=axes))
        return tuple(x for x in labels if x not in bound), array * copies if copies > 1 else array

    def _bounded(self, labels: Iterable[int]) -> None:
        entries = math.prod(self.lengths[x] for x in labels)
        if entries > LARGEST:
            raise Unjudgeable(f"an array of {entries} entries is needed; the limit is {LARGEST}")

    def rounded(self, array: Array) -> Array:
        """Return the result of an operation, changed a little where noise is asked for."""
        if self._noise is None:
            return array
        return array * (1 + NOISE * self._noise.uniform(-1, 1, np.shape(array)))

    def shaken(self, array: Array) -> Array:
        """Return the array, where noise is asked for changed relative to its largest entry."""
        if self._noise is None:
            return array
        largest = max(1.0, float(np.abs(array).max(initial=0.0)))
        return array + NOISE * largest * self._noise.uniform(-1, 1, np.shape(array))


def _sorted(labels: list[int], array: Array) -> Part:
    """Return the part with its labels in order, each once."""
    while len(set(labels)) < len(labels):
        label = next(x for x in labels if labels.count(x) > 1)
        first = labels.index(label)
        second = labels.index(label, first + 1)
        array = np.diagonal(array, axis1=first, axis2=second)
        labels = [x for n, x in enumerate(labels) if n not in (first, second)] + [label]
    order = sorted(range(len(labels)), key=labels.__getitem__)
    return tuple(labels[n] for n in order), array.transpose(order)
