"""Pieces of generated code that know which index each of their axes stands for.

A `Value` is the code of an array, the index of every axis, and how tightly the code binds, so that
parentheses are written only where Python needs them (and round every matrix product that is
multiplied, where a reader would wonder).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from theory.algebra.symbols import Index
from theory.codegen.dialect import Dialect

__all__ = [
    "ATOM",
    "MATMUL",
    "POWER",
    "PRODUCT",
    "SUM",
    "Value",
    "align",
    "joined_hints",
    "ordered",
]

SUM, PRODUCT, MATMUL, POWER, ATOM = range(1, 6)

NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(\.m?T)?(\[[:, None]*\])?")


@dataclass(frozen=True)
class Value:
    """The code of an array with one index per axis; ``hint`` is what a name for it would say."""

    code: str
    axes: tuple[Index, ...]
    level: int = ATOM
    hint: str = ""

    def at_least(self, level: int) -> str:
        """Return the code, in parentheses if it binds less tightly than ``level``."""
        return self.code if self.level >= level else f"({self.code})"

    @property
    def is_name(self) -> bool:
        """Whether this is a variable, perhaps transposed or with new axes: nothing is computed."""
        return NAME.fullmatch(self.code) is not None

    @property
    def root(self) -> str:
        """The variable at the beginning of the code."""
        return re.split(r"\W", self.code, maxsplit=1)[0]


def joined_hints(values: Iterable[Value]) -> str:
    """Return a name for something made of these values: their hints, none twice, three at most."""
    return "_".join(list(dict.fromkeys(v.hint for v in values if v.hint))[:3])


def ordered(axes: Iterable[Index], order: Sequence[Index]) -> tuple[Index, ...]:
    """Return the axes in the given order; those it does not mention follow as they come."""
    distinct = list(dict.fromkeys(axes))
    return (*(k for k in order if k in distinct), *(k for k in distinct if k not in order))


def align(value: Value, axes: tuple[Index, ...], dialect: Dialect) -> Value:
    """Return ``value`` ready to broadcast against an array with these ``axes``.

    Axes are permuted into order and new ones inserted; missing leading axes need nothing.
    """
    present = tuple(k for k in axes if k in value.axes)
    if present != value.axes:
        places = tuple(value.axes.index(k) for k in present)
        code = dialect.transposed(value.at_least(ATOM), places)
        value = Value(code, present, ATOM, value.hint)
    if not present:
        return value
    tail = axes[axes.index(present[0]) :]
    if tail == present:
        return value
    slots = [":" if k in present else "None" for k in tail]
    return Value(f"{value.at_least(ATOM)}[{', '.join(slots)}]", axes, ATOM, value.hint)
