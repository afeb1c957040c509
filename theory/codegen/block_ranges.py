"""The parts of arrays that a block of rows sees: lines whose indices have smaller ranges.

s_ij = sum_r q_ir k_jr   with i over the rows of a block, j over the keys before its end
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import bound_of
from theory.algebra.symbols import Index, Size, Tensor
from theory.codegen.block_roles import NoBlocks
from theory.codegen.patterns import summand
from theory.models.model import Definition, name_of

__all__ = ["ROWS", "SEEN", "Blocked", "Cut", "Part", "Ranges", "Step", "cut_of"]

ROWS, SEEN = "rows", "seen"
"""How an axis is cut: to the rows of the block, to the keys before its end."""

Cut = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """``local`` holds, in a block, the part of the whole ``tensor`` that ``cut`` says."""

    local: Tensor
    tensor: Tensor
    cut: Cut


@dataclass(frozen=True)
class Step:
    """One line inside the walk; with ``into``, where its value goes in an array kept throughout.

    ``adds``: the value is added there, otherwise it is put there.
    """

    line: Definition
    into: sp.Basic | None = None
    cut: Cut = ()
    adds: bool = False


@dataclass
class Blocked:
    """The lines before, in and after the walk over the rows of ``size``.

    ``parts`` are cut out at the beginning of each block, ``kept`` are the arrays that blocks fill.
    """

    size: Size
    before: list[Definition] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    kept: list[sp.Basic] = field(default_factory=list)
    after: list[Definition] = field(default_factory=list)

    @property
    def lines(self) -> list[Definition]:
        """Every line, in the order of evaluation."""
        return [*self.before, *(step.line for step in self.steps), *self.after]

    @property
    def row(self) -> Size:
        """The number of rows of a block."""
        return Size(f"{self.size.name} rows")

    @property
    def seen(self) -> Size:
        """The number of keys that a block sees."""
        return Size(f"{self.size.name} seen")


class Ranges:
    """Rewrites lines for a block.

    ``local`` says how arrays are called that exist in blocks only, ``cuts`` which of their axes are
    cut; ``late`` are the names of what is known after the last block.
    """

    def __init__(self, result: Blocked, mask: Tensor | None) -> None:
        self.result, self.mask = result, mask
        self.local: dict[str, str] = {}
        self.cuts: dict[str, Cut] = {}
        self.late: set[str] = set()

    def localised(self, line: Definition, rows: frozenset, keys: frozenset) -> Definition:
        """Return the line with rows that run over a block, and keys over those that it sees."""
        value = self._local(line.value, rows, keys)
        if not rows.isdisjoint(line.parameters):
            symbol = self._local(line.symbol, rows, keys)
        elif not keys.isdisjoint(line.parameters):
            symbol = self._part_of(line.symbol, rows, keys)
        else:
            symbol = line.symbol
        return replace(line, symbol=symbol, value=value)

    def _part_of(self, entry: Any, rows: frozenset, keys: frozenset) -> sp.Expr:
        """Return an entry of what a block adds to an array that has more keys than it sees."""
        places = tuple(self._index(k, rows, keys) for k in entry.indices)
        return Tensor(f"{name_of(entry.base)} part", [k.size for k in places])[places]

    def _index(self, k: Any, rows: frozenset, keys: frozenset) -> Any:
        if k in rows:
            return Index(k.name, self.result.row)
        return Index(k.name, self.result.seen) if k in keys else k

    def _local(self, e: sp.Basic, rows: frozenset, keys: frozenset) -> sp.Basic:
        if isinstance(e, sp.Indexed):
            return self._local_entry(e, rows, keys)
        if isinstance(e, sp.Sum):
            bound = [self._index(k, rows, keys) for k in bound_of(e)]
            body = self._local(summand(e), rows, keys)
            return sp.Sum(body, *((k, 1, k.size) for k in bound))
        if isinstance(e, sp.KroneckerDelta) and (rows | keys) & e.free_symbols:
            raise NoBlocks("a Kronecker delta stands between rows and other positions")
        if not e.args:
            return e
        return e.func(*(self._local(part, rows, keys) for part in e.args))

    def _local_entry(self, e: sp.Indexed, rows: frozenset, keys: frozenset) -> sp.Expr:
        cut = cut_of(e.indices, rows, keys)
        if self.cuts.get(name_of(e.base), cut) != cut:
            raise NoBlocks(f"`{name_of(e.base)}` is needed at other rows or keys than a block has")
        if not any(cut):
            if e.base == self.mask:
                raise NoBlocks("the mask is needed at other places than rows and keys")
            if name_of(e.base) in self.local or name_of(e.base) in self.late:
                raise NoBlocks(f"`{name_of(e.base)}` is needed before its last row is done")
            return e
        places = tuple(self._index(k, rows, keys) for k in e.indices)
        tensor: Tensor = e.base  # type: ignore[assignment]
        name = name_of(tensor)
        axes = [
            k.size if isinstance(k, Index) else size
            for k, size in zip(places, tensor.axes, strict=True)
        ]
        is_made = name in self.local or tensor == self.mask
        cut_name = " ".join([name, *dict.fromkeys(filter(None, cut))])
        local_name = self.local.get(name, name if is_made else cut_name)
        positive = bool(tensor.label.is_nonnegative)
        local = Tensor(local_name, axes, nonnegative=positive)
        if not is_made:
            self.result.parts.setdefault(local_name, Part(local, tensor, cut))
            if self.result.parts[local_name].cut != cut:
                raise NoBlocks(f"`{name}` is needed at rows along two of its axes")
        return local[places]


def cut_of(places: Sequence[sp.Basic], rows: frozenset, keys: frozenset) -> Cut:
    """Return how the axes are cut at which these indices stand."""
    return tuple(ROWS if k in rows else SEEN if k in keys else "" for k in places)
