"""Which axes of which arrays are walked over in blocks of rows.

The large arrays of a program, such as s_ij, alpha_ij and D_ij, share their first axis: whatever
line one stands in, the same index stands there.  Axes that meet in this way form a class; one class
is the rows.  What has an axis in it exists block by block, what is summed over it is accumulated,
and everything else is computed before the walk or after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from theory.algebra.expressions import bound_of, entry_tensor, substitute, tensors_in
from theory.algebra.symbols import Index
from theory.codegen.patterns import (
    axes_of,
    centred_product,
    is_large,
    occurring,
    softmax_in,
    summand,
    unused,
)
from theory.models.model import Definition, name_of

__all__ = ["Axis", "NoBlocks", "Roles", "apart", "axis_classes", "entries"]

Axis = tuple[str, int]
"""The name of a tensor and the place of one of its axes."""


class NoBlocks(ValueError):
    """The lines cannot be computed in one walk over blocks of rows; the text says why."""


def apart(line: Definition) -> Definition:
    """Return the line with another letter for each bound index, the same ones in every run.

    Patterns that say one expression twice, a softmax and a centred product, stay as they are.
    """
    if softmax_in(line.value) is not None or centred_product(line.value) is not None:
        return line
    taken: set[Index] = set(line.parameters)

    def renamed(e: sp.Basic) -> sp.Basic:
        if isinstance(e, sp.Sum):
            new = {}
            for k in bound_of(e):
                new[k] = unused(k, taken)
                taken.add(new[k])
            body = renamed(substitute(summand(e), {k: n for k, n in new.items() if k != n}))
            return sp.Sum(body, *((n, 1, n.size) for n in new.values()))
        if not e.args or isinstance(e, sp.Indexed):
            return e
        return e.func(*map(renamed, e.args))

    return replace(line, value=renamed(line.value))  # type: ignore[arg-type]


def entries(e: sp.Basic) -> Iterator[tuple[Axis, Index]]:
    """Yield every axis of every entry of an expression with the index that stands there."""
    for entry in e.atoms(sp.Indexed):
        for place, k in enumerate(entry.indices):
            if isinstance(k, Index):
                yield (name_of(entry.base), place), k


@dataclass
class Roles:
    """The axes that are rows, and those that a causal mask limits to the keys seen so far."""

    rows: set[Axis] = field(default_factory=set)
    keys: set[Axis] = field(default_factory=set)

    def of(self, line: Definition) -> tuple[frozenset[Index], frozenset[Index]]:
        """Return the indices of a line that run over rows, and those that run over keys."""
        found = [*entries(line.value), *entries(line.symbol)]
        rows = frozenset(k for axis, k in found if axis in self.rows)
        keys = frozenset(k for axis, k in found if axis in self.keys)
        if rows & keys:
            raise NoBlocks(f"in the line of `{line.name}` one index runs over rows and over keys")
        return rows, keys


def axis_classes(lines: Sequence[Definition], inputs: Iterable[sp.Basic]) -> list[set[Axis]]:
    """Return the classes of axes of the large arrays and of what is computed from them.

    A small array that no other line needs joins no classes: dL/dX_i adds what comes from queries to
    what comes from keys.
    """
    heavy: set[str] = {name_of(t) for t in inputs if _counts(t)}
    for line in lines:
        if is_large(line.parameters) or tensors_in(line.value) & heavy:
            heavy.add(line.name)
    needed = frozenset().union(*(tensors_in(line.value) for line in lines))
    classes: list[set[Axis]] = []
    for line in lines:
        if line.name not in heavy or not (line.name in needed or is_large(line.parameters)):
            continue
        together: dict[Index, set[Axis]] = {}
        for axis, k in [*entries(line.symbol), *entries(line.value)]:
            if axis[0] in heavy:
                together.setdefault(k, set()).add(axis)
        for k in dict.fromkeys((*axes_of(line.symbol), *occurring(line.value))):
            joined = together.get(k, set())
            touching = [c for c in classes if c & joined]
            classes = [c for c in classes if not c & joined]
            if joined:
                classes.append(joined.union(*touching))
    return classes


def _counts(tensor: sp.Basic) -> bool:
    axes = getattr(entry_tensor(tensor), "axes", ())
    return sum(not size.feature for size in axes) > 1
