"""The value of an expression at a point, as it is written: no rule of algebra is applied.

A `Surroundings` knows the values of all quantities.  `Partial(q, x)` is evaluated in new ones, in
which x has become an input that carries an infinitesimal: everything that is computed from x is
computed again there, and what comes along with the infinitesimal is dq/dx.  Nested derivatives are
nested surroundings.

An index as a number has the values 1..n; a Kronecker delta compares numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import sympy as sp

from proofs_checks.checks.plain.dependence import Dependence, quantity_name
from proofs_checks.checks.plain.dispatch import evaluation_of
from proofs_checks.checks.plain.jets import Arithmetic, Jet, Place, Unjudgeable, onto
from theory.algebra.symbols import Index, Tensor

__all__ = ["Circumstances", "Surroundings"]


class Circumstances:
    """What is the same in all surroundings: sizes, labels, inputs and the arithmetic.

    ``array(x, shape)`` gives the numbers of an input x, without noise.  Those in ``solved`` come
    from equations, which fix digits relative to the largest entry; noise changes them likewise.
    """

    def __init__(
        self,
        dependence: Dependence,
        sizes: Mapping[str, int],
        array: Callable[[sp.Basic, tuple[int, ...]], np.ndarray],
        noise: np.random.Generator | None = None,
        solved: Collection[str] = (),
    ) -> None:
        self.dependence, self.sizes, self.array = dependence, sizes, array
        self.solved = solved
        self.arithmetic = Arithmetic(noise)
        self._labels: dict[Index, int] = {}
        self._slots: dict[str, tuple[int, ...]] = {}

    def length(self, name: str) -> int:
        """Return the value of a size."""
        return self.sizes[name]

    def label(self, index: Index) -> int:
        """Return the label of an index."""
        if index not in self._labels:
            self._labels[index] = self.arithmetic.new_label(self.length(index.size.name))
        return self._labels[index]

    def slots(self, tensor: sp.Basic) -> tuple[int, ...]:
        """Return the labels under which the entries of a tensor are kept."""
        name = quantity_name(tensor)
        axes = tensor.axes if isinstance(tensor, Tensor) else ()
        lengths = [self.length(size.name) for size in axes]
        if name not in self._slots:
            self._slots[name] = tuple(map(self.arithmetic.new_label, lengths))
        if [self.arithmetic.lengths[x] for x in self._slots[name]] != lengths:
            raise Unjudgeable(f"`{name}` stands with other indices elsewhere")
        return self._slots[name]

    def apart(self, tensor: sp.Basic) -> tuple[int, ...]:
        """Return new labels for the axes of a tensor."""
        lengths = (self.arithmetic.lengths[x] for x in self.slots(tensor))
        return tuple(map(self.arithmetic.new_label, lengths))


class Surroundings:
    """The values of all quantities, where the quantities in ``cuts`` carry infinitesimals."""

    def __init__(
        self,
        common: Circumstances,
        parent: Surroundings | None = None,
        cut: sp.Basic | None = None,
    ) -> None:
        self.common, self.parent = common, parent
        self.arithmetic = common.arithmetic
        self.cut = "" if cut is None else quantity_name(cut)
        self.level = 0 if parent is None else parent.level + 1
        self.cuts: tuple[str, ...] = (*parent.cuts, self.cut) if parent else ()
        self.directions: tuple[int, ...] = ()
        self._tensors: dict[str, Jet] = {}
        self._values: dict[sp.Basic, Jet] = {}
        self._inside: dict[str, Surroundings] = {}
        if parent is not None and cut is not None:
            self._free(parent, cut)

    def _free(self, parent: Surroundings, cut: sp.Basic) -> None:
        """Give the quantity that is cut its value, and one direction for every entry."""
        slots, self.directions = self.common.slots(cut), self.common.apart(cut)
        lengths = [self.arithmetic.lengths[x] for x in slots]
        seed = np.eye(math.prod(lengths)).reshape((*lengths, *lengths))
        value = parent.tensor(cut)
        self._tensors[self.cut] = {**value, 1 << self.level: ((*slots, *self.directions), seed)}

    def settled(self, e: sp.Basic) -> Jet:
        """Return the value of an expression, that of every line it depends on first.

        A model may have hundreds of lines, more than calls can be nested.
        """
        dependence = self.common.dependence
        needed = dependence.of(e)
        for line in dependence.model.definitions:
            if line.name in needed and (not self.cut or self.cut in dependence.of_name(line.name)):
                self.tensor(line.tensor)
        return self.value(e)

    def value(self, e: sp.Basic) -> Jet:
        """Return the value of an expression."""
        parent = self.parent
        if parent is not None and self.cut not in self.common.dependence.of(e):
            return parent.value(e)
        if e not in self._values:
            self._values[e] = evaluation_of(e)(self, e)
        return self._values[e]

    def tensor(self, symbol: sp.Basic) -> Jet:
        """Return the value of a whole tensor or a scalar, on the labels of its slots."""
        name, dependence = quantity_name(symbol), self.common.dependence
        if name not in self._tensors:
            parent = self.parent
            if parent is not None and self.cut not in dependence.of_name(name):
                self._tensors[name] = parent.tensor(symbol)
            else:
                self._tensors[name] = self._computed(name, symbol)
        return self._tensors[name]

    def _computed(self, name: str, symbol: sp.Basic) -> Jet:
        dependence, slots = self.common.dependence, self.common.slots(symbol)
        line = dependence.lines.get(name)
        if line is not None:
            value = self.value(line.value)
            parameters = map(self.common.label, line.parameters)
            places = {k: (slot, 0) for k, slot in zip(parameters, slots, strict=True)}
            return self._within_domain(line.tensor, self.arithmetic.relabelled(value, places))
        by = dependence.differentiated(name)
        if by is not None:
            return self.derivative(dependence.model.loss, by, [(x, 0) for x in slots])
        shape = tuple(self.arithmetic.lengths[x] for x in slots)
        array = self.common.array(symbol, shape)
        if name in self.common.solved:
            array = self.arithmetic.shaken(array)
        return {0: (slots, self.arithmetic.rounded(array))}

    def _within_domain(self, tensor: sp.Basic, value: Jet) -> Jet:
        """Return the value of a line; one below zero contradicts that it was declared >= 0."""
        label = tensor.label if isinstance(tensor, Tensor) else tensor
        if label.is_nonnegative and bool((value[0][1] < 0).any()):  # type: ignore[attr-defined]
            raise Unjudgeable(f"`{tensor}`, declared nonnegative, is negative where it was tried")
        return value

    # -- derivatives ------------------------------------------------------------------------

    def within(self, cut: sp.Basic) -> Surroundings:
        """Return the surroundings in which a quantity is an input with an infinitesimal."""
        name = quantity_name(cut)
        if name not in self._inside:
            for earlier in self.cuts:
                if earlier != name and name in self.common.dependence.of_name(earlier):
                    raise Unjudgeable(
                        f"a derivative by `{name}` is differentiated by `{earlier}`, which is "
                        "computed from it"
                    )
            self._inside[name] = Surroundings(self.common, self, cut)
        return self._inside[name]

    def derivative(self, quantity: sp.Basic, by: sp.Basic, places: Sequence[Place]) -> Jet:
        """Return d quantity / d by at these places: the entries of ``by`` that are meant."""
        inner = self.within(by)
        bit = 1 << inner.level
        found = {
            levels ^ bit: part for levels, part in inner.settled(quantity).items() if levels & bit
        }
        found.setdefault(0, ((), np.zeros(())))
        return self.arithmetic.relabelled(found, dict(zip(inner.directions, places, strict=True)))

    def dense(self, jet: Jet, levels: int, labels: Sequence[int]) -> np.ndarray:
        """Return one part of a jet with every axis at its full length."""
        if levels in jet and not set(jet[levels][0]) <= set(labels):
            raise Unjudgeable("an index stands free inside a step or a derivative")
        shape = tuple(self.arithmetic.lengths[x] for x in labels)
        if levels not in jet:
            return np.zeros(shape)
        return np.broadcast_to(onto(jet[levels], labels), shape)
