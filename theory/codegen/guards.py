"""Logarithms beside zeros: where x log x and y log p are zero, whatever the logarithm is.

For every tensor x whose logarithm is taken, look for a tensor that multiplies the logarithm, with
the same indices, each time: x_ij in x_ij (log x_ij + H_i), or y_ic in y_ic log p_ic.  Where that
factor is zero the product is, and the code may put any number for the logarithm.  A logarithm that
stands alone in a line of its own, as in dL/dx_ij = -log x_ij - 1, is followed to its uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sympy as sp

from theory.algebra.expressions import substitute
from theory.algebra.symbols import Index
from theory.codegen.patterns import axes_of, factors_of, summand
from theory.models.model import Definition, name_of

__all__ = ["used_plainly", "zero_guards"]

Factors = frozenset[sp.Indexed]


class _Use(NamedTuple):
    """An entry, or its logarithm, in line number ``line``, and the entries that multiply it."""

    line: int
    entry: sp.Indexed
    is_log: bool
    beside: Factors


def zero_guards(
    lines: Sequence[Definition], last: sp.Basic | None = None, returned: Iterable[str] = ()
) -> dict[str, str | None]:
    """Return, for each tensor whose logarithm is taken, a tensor that multiplies it every time.

    The tensor itself if it does, else the first by name; None if there is no such tensor, so that
    the logarithm of zero cannot be avoided.  ``last`` is an expression that follows the lines;
    what is ``returned`` to the caller is multiplied by nothing.
    """
    values = [line.value for line in lines] + ([] if last is None else [last])
    uses = [
        _Use(n, *found) for n, value in enumerate(values) for found in _walk(value, frozenset())
    ]
    defined = {line.name: n for n, line in enumerate(lines)}
    multipliers: list[Factors] = [frozenset()] * len(values)
    for n in reversed(range(len(lines))):  # the lines that use it come later
        if lines[n].name not in returned:
            own = [u for u in uses if name_of(u.entry.base) == lines[n].name]
            multipliers[n] = _common(own, axes_of(lines[n].symbol), multipliers, lines)
    beside: dict[str, frozenset[str]] = {}
    for u in (u for u in uses if u.is_log):
        # a factor known from later lines must exist already where the logarithm is written
        early = (f for f in multipliers[u.line] if defined.get(name_of(f.base), -1) < u.line)
        same = (f for f in (*u.beside, *early) if f.indices == u.entry.indices)
        names = frozenset(name_of(f.base) for f in same)
        tensor = name_of(u.entry.base)
        beside[tensor] = beside.get(tensor, names) & names
    return {x: x if x in names else min(names, default=None) for x, names in beside.items()}


def used_plainly(expressions: Iterable[sp.Basic]) -> frozenset[str]:
    """Return the tensors of which more than the logarithm occurs."""
    found = (use for e in expressions for use in _walk(e, frozenset()))
    return frozenset(name_of(entry.base) for entry, is_log, _ in found if not is_log)


def _common(
    uses: Sequence[_Use],
    parameters: tuple[Index, ...],
    multipliers: Sequence[Factors],
    lines: Sequence[Definition],
) -> Factors:
    """Return the entries that multiply a tensor in all its uses, at its own parameters."""
    found: list[Factors] = []
    for u in uses:
        factors = set(u.beside)
        if u.line < len(lines):
            factors |= multipliers[u.line]
        here = dict(zip(u.entry.indices, parameters, strict=True))
        known = {f for f in factors if set(f.indices) <= set(here)}
        found.append(frozenset(substitute(f, here) for f in known) if not u.is_log else frozenset())
    return frozenset.intersection(*found) if found else frozenset()


def _walk(e: sp.Basic, beside: Factors) -> Iterator[tuple[sp.Indexed, bool, Factors]]:
    """Yield every entry and every logarithm of an entry, with the entries that multiply it."""
    if isinstance(e, sp.Indexed):
        yield e, False, beside
    elif isinstance(e, sp.log) and isinstance(e.args[0], sp.Indexed):
        yield e.args[0], True, beside
    elif isinstance(e, sp.Mul):
        own = {b for b, n in factors_of(e).items() if isinstance(b, sp.Indexed) and n.is_positive}
        for argument in e.args:
            yield from _walk(argument, beside | own)
    elif isinstance(e, sp.Sum):
        yield from _walk(summand(e), beside)
    elif isinstance(e, sp.Add):
        for argument in e.args:
            yield from _walk(argument, beside)
    elif isinstance(e, sp.Pow) and e.exp.is_positive and e.exp.is_integer:
        yield from _walk(e.base, beside)
    else:
        for argument in e.args:
            yield from _walk(argument, frozenset())
