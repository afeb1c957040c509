"""Lines of a model at concrete sizes: one line of scalars for every entry.

s_ij at T = n = 2 becomes s_11, s_12, s_21, s_22; sums are written out and Kronecker deltas are 0 or
1.  Axes of size 1 are not named: with d_v = 1 the entry of g_1 is g_1.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.expressions import bound_of, entry_tensor, slots
from theory.algebra.nodes import Applied
from theory.algebra.symbols import Index, Size, Tensor
from theory.models.model import Definition, Model, name_of

__all__ = ["expanded_lines"]


def expanded_lines(
    model: Model, sizes: Mapping[str, int], given: Mapping[str, Mapping[tuple[int, ...], sp.Expr]]
) -> tuple[Definition, ...]:
    """Return the lines that compute the loss, in order, from entries that are ``given``.

    ``given`` maps a name to the value of each of its entries, counted from 1; its own definition,
    and lines that nothing needs any more, are left out.

    Raises `ValueError` for an input of which an entry is needed and not given.
    """
    work = _Expansion(model, sizes, given)
    work.entry(model.loss, ())
    return tuple(work.lines)


class _Expansion:
    def __init__(
        self,
        model: Model,
        sizes: Mapping[str, int],
        given: Mapping[str, Mapping[tuple[int, ...], sp.Expr]],
    ) -> None:
        self.model, self.sizes = model, sizes
        self.lines: list[Definition] = []
        self.known = {(name, at): e for name, entries in given.items() for at, e in entries.items()}

    def entry(self, tensor: sp.Basic, at: tuple[int, ...]) -> sp.Expr:
        """Return the symbol or value of an entry, adding its line if it has none yet."""
        name = name_of(tensor)
        if (name, at) not in self.known:
            line = self.model.by_name.get(name)
            if line is None:
                raise ValueError(
                    f"model `{self.model.name}`: the entry {at} of the input `{name}` is needed; "
                    f"got values for {sorted(self.known)}."
                )
            value = self.value(line.value, dict(zip(line.parameters, at, strict=True)))
            symbol = self.symbol(tensor, at)
            self.lines.append(Definition(symbol, value, line.title))
            self.known[name, at] = symbol
        return self.known[name, at]

    def symbol(self, tensor: sp.Basic, at: Sequence[int]) -> sp.Symbol:
        """Return the scalar that stands for an entry."""
        if not isinstance(tensor, Tensor):
            return tensor  # type: ignore[return-value]
        named = zip(at, tensor.axes, strict=True)
        place = "".join(str(n) for n, size in named if self.sizes[size.name] > 1)
        name = f"{name_of(tensor)}_{place}" if place else name_of(tensor)
        return sp.Symbol(name, **{"nonnegative" if tensor.label.is_nonnegative else "real": True})

    def value(self, e: sp.Basic, at: Mapping[Index, int]) -> sp.Expr:
        """Return an expression with its indices replaced by numbers and its sums written out."""
        if isinstance(e, Index):
            return sp.Integer(at[e])
        if isinstance(e, Size):
            return sp.Integer(self.sizes[e.name])
        if isinstance(e, sp.Indexed | sp.Symbol):
            place = tuple(int(self.value(k, at)) for k in slots(e))
            return self.entry(entry_tensor(e), place)
        if isinstance(e, sp.Sum):
            bound = bound_of(e)
            ranges = (range(1, self.sizes[k.size.name] + 1) for k in bound)
            places = itertools.product(*ranges)
            terms = (
                self.value(e.function, {**at, **dict(zip(bound, n, strict=True))}) for n in places
            )
            return sp.Add(*terms)
        if isinstance(e, Binder | Applied):
            raise ValueError(
                f"`{e}` cannot be written out entry by entry; only sums over indices can."
            )
        if not e.args:
            return e  # type: ignore[return-value]
        return e.func(*(self.value(argument, at) for argument in e.args))  # type: ignore[return-value]
