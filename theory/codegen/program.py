"""A generated function as plain data: its source, its arguments, what must hold for them.

Plain, so that a generated function can be pickled and its source written to a file.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Argument", "Check", "Program"]


@dataclass(frozen=True)
class Argument:
    """One argument: an array with named axes, a scalar (no axes), or a size.

    ``sign`` is "", "positive", "nonnegative" or "nonzero", and ``reason`` says why; ``binary``
    arrays hold zeros and ones; along ``live_axis`` some entry must not be zero.  ``default`` is the
    code of the value where none is given, "" if one must be.
    """

    name: str
    axes: tuple[str, ...] = ()
    is_size: bool = False
    sign: str = ""
    reason: str = ""
    binary: bool = False
    live_axis: int | None = None
    default: str = ""

    @property
    def spelled(self) -> str:
        """The argument as a signature has it."""
        return f"{self.name}={self.default}" if self.default else self.name

    @property
    def shape(self) -> str:
        """The axes as text: (T, d_x), (T,), scalar or size."""
        if self.is_size:
            return "size"
        return f"({', '.join(self.axes)}{',' * (len(self.axes) == 1)})" if self.axes else "scalar"


@dataclass(frozen=True)
class Check:
    """A hypothesis of the model: ``source`` defines ``deviation``, which must return zeros."""

    text: str
    names: tuple[str, ...]
    source: str
    remedy: str


@dataclass(frozen=True)
class Program:
    """A generated function before it is compiled.

    ``made`` are arrays that the code makes itself; ``least`` are lower bounds of sizes, for
    entries at literal positions; ``results`` are the names of what is returned, loss first.
    """

    name: str
    backend: str
    model: str
    arguments: tuple[Argument, ...]
    made: tuple[str, ...]
    source: str
    doc: str
    checks: tuple[Check, ...]
    least: tuple[tuple[str, int], ...]
    results: tuple[str, ...]
