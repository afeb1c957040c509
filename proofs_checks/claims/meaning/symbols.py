"""The symbols of one document: their tensors at the ranges found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from proofs_checks.claims.meaning.ranges import Ranges
from proofs_checks.claims.meaning.shapes import Axes
from theory.algebra.symbols import Size, Tensor, scalar
from theory.models import Model

__all__ = ["Symbol", "Symbols"]

RATES = ("eta", "eps_Q", "eps_K", "eps_V", "eps_O")


@dataclass
class Symbol:
    r"""A symbol: its name, its axes, and what is known of it.

    ``fixed`` are letters of constant positions that its definition mentions (the y of
    ``L = -\log p_y``): they are further slots.  ``known`` is the tensor of a vocabulary.
    """

    name: str
    axes: Axes
    fixed: tuple[str, ...] = ()
    known: Any = None
    nonnegative: bool = False
    is_defined: bool = False
    depends: set[str] = field(default_factory=set)


class Symbols:
    """The table of symbols, and the vocabulary behind it."""

    def __init__(self, ranges: Ranges, model: Model | None) -> None:
        self.ranges, self.model = ranges, model
        self.table: dict[str, Symbol] = {}
        if model is not None:
            for name, tensor in model.tensors.items():
                count = len(tensor.axes) if isinstance(tensor, Tensor) else 0
                self.table[name] = Symbol(name, Axes(count), known=tensor, is_defined=True)
            for name in (*RATES, *(f"eps_{x}" for x in model.tensors)):
                self.table.setdefault(
                    name, Symbol(name, Axes(0), known=scalar(name, positive=True), is_defined=True)
                )

    def sizes(self, symbol: Symbol) -> tuple[Size, ...]:
        """Return the ranges of the symbol's axes, those of fixed positions last."""
        if isinstance(symbol.known, Tensor):
            return symbol.known.axes
        own = [self.ranges.open(f"{symbol.name}.{n}") for n in range(symbol.axes.total)]
        return (*own, *(self.ranges.open(f"!{letter}") for letter in symbol.fixed))

    def tensor(self, name: str) -> Any:
        """Return the SymPy tensor or scalar of a symbol, at the ranges known by now."""
        symbol = self.table[name]
        if symbol.known is not None:
            return symbol.known
        sizes = self.sizes(symbol)
        if not sizes:
            return nonnegative_scalar(name) if symbol.nonnegative else scalar(name)
        return Tensor(name, sizes, nonnegative=symbol.nonnegative)


def nonnegative_scalar(name: str) -> Any:
    """Return a scalar that is >= 0."""
    import sympy as sp

    return sp.Symbol(name, nonnegative=True)
