"""The statements of a walk over blocks of rows: a loop, what it cuts out, what it adds up."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.algebra.symbols import Tensor
from theory.codegen.block_ranges import ROWS, SEEN, Blocked, Step
from theory.codegen.patterns import axes_of
from theory.codegen.program import Argument
from theory.codegen.schedule import spoken
from theory.codegen.writer import Statement, Writer
from theory.models.model import name_of

__all__ = ["Walk", "write_walk"]

CACHE, MOST, USUAL, FEWEST = 2**20, 2**22, 256, 16
"""Rows chosen automatically: as many as keep their scores in ``CACHE`` bytes; or ``USUAL``, with
which matrix products are fast, as far as ``MOST`` bytes allow; but not fewer than ``FEWEST``.
"""


@dataclass(frozen=True)
class Walk:
    """Names of the variables that a loop over blocks uses."""

    block: str
    first: str
    last: str

    @staticmethod
    def named(w: Writer) -> Walk:
        """Return three new names."""
        return Walk(*map(w.names.new, ("block", "first", "last")))

    def argument(self, block: int | str) -> Argument:
        """Return the argument that says how many rows a block has."""
        return Argument(self.block, is_size=True, default="None" if block == "auto" else str(block))

    def index(self, cut: tuple[str, ...]) -> str:
        """Return the subscript that cuts a part out of an array."""
        slices = {ROWS: f"{self.first}:{self.last}", SEEN: f":{self.last}"}
        places = [slices.get(c, ":") for c in cut]
        while places and places[-1] == ":":
            places.pop()
        return f"[{', '.join(places)}]" if places else ""


def write_walk(
    w: Writer, blocked: Blocked, walk: Walk, mask: Tensor | None, *, chosen: bool
) -> None:
    """Append the loop over blocks; what comes before and after it is written by the caller.

    ``chosen``: the code chooses how many rows a block has, unless it is told.
    """
    length = w.size(blocked.size)
    for tensor in blocked.kept:
        axes = getattr(tensor, "axes", ())
        zeros = w.dialect.filled("zeros", [w.size(s) for s in axes], w.facts.like)
        w.assign(w.names.of(name_of(tensor)), zeros if axes else "0.0")
    if chosen:
        _choose_rows(w, blocked, walk)
    w.control(f"for {walk.first} in range(0, {length}, {walk.block}):")
    w.assign(walk.last, f"min({walk.first} + {walk.block}, {length})")
    start = len(w.statements)
    if mask is not None and _uses(blocked, mask):
        w.assign(w.names.of(name_of(mask)), _mask(w, blocked, walk), "causal mask")
    for part in blocked.parts.values():
        whole = w.names.of(name_of(part.tensor))
        w.assign(w.names.of(name_of(part.local)), whole + walk.index(part.cut))
    for step in blocked.steps:
        _write_step(w, step, walk)
    _name_sizes(w, blocked, walk, start)
    w.depth -= 1


def _choose_rows(w: Writer, blocked: Blocked, walk: Walk) -> None:
    """Append how many rows a block has if the caller does not say."""
    local = [axes_of(s.line.symbol) for s in blocked.steps if not s.adds]
    largest = max(local, key=lambda axes: sum(not k.size.feature for k in axes))
    others = [k.size for k in largest if k.size != blocked.row]
    width = [w.size(blocked.size if s == blocked.seen else s) for s in others]
    w.control(f"if {walk.block} is None:", "a block whose scores stay in the cache")
    row = w.names.new("row")
    w.assign(row, " * ".join([*width, f"{w.facts.like}.itemsize"]), "bytes")
    rows = f"max({FEWEST}, {CACHE} // {row}, min({USUAL}, {MOST} // {row}))"
    w.assign(walk.block, rows)
    w.depth -= 1


def _uses(blocked: Blocked, mask: Tensor) -> bool:
    return any(
        t.label == mask.label for step in blocked.steps for t in step.line.value.atoms(Tensor)
    )


def _mask(w: Writer, blocked: Blocked, walk: Walk) -> str:
    """Return the rows of the lower triangle, up to the last key that a block sees."""
    sees = any(blocked.seen in t.axes for s in blocked.steps for t in s.line.value.atoms(Tensor))
    columns = walk.last if sees else w.size(blocked.size)
    return w.dialect.lower_rows(f"{walk.last} - {walk.first}", columns, walk.first, w.facts.like)


def _write_step(w: Writer, step: Step, walk: Walk) -> None:
    line = step.line
    if not step.adds:
        w.define(line.symbol, line.value, spoken(line), own=False)
        if step.into is not None:
            local, whole = (w.names.of(name_of(_tensor(e))) for e in (line.symbol, step.into))
            w.assign(whole + walk.index(step.cut), local)
        return
    minus = line.value.could_extract_minus_sign()
    code = w.complete(-line.value if minus else line.value, axes_of(line.symbol), own=False)
    target = w.names.of(name_of(_tensor(step.into))) + walk.index(step.cut)
    w.assign(target, code, spoken(line), "-=" if minus else "+=")


def _name_sizes(w: Writer, blocked: Blocked, walk: Walk, start: int) -> None:
    """Insert, at the beginning of the loop, the sizes of a block that its code uses."""
    meanings = {blocked.row: f"{walk.last} - {walk.first}", blocked.seen: walk.last}
    for size, code in meanings.items():
        if size.name in w.sizes:
            del w.sizes[size.name]
            name = w.names.of_size(size.name)
            w.statements.insert(start, Statement(name, "=", code, "", w.depth))


def _tensor(symbol: sp.Basic | None) -> sp.Basic:
    return symbol.base if isinstance(symbol, sp.Indexed) else symbol  # type: ignore[return-value]
