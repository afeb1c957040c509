"""What must hold for the arguments of a generated function, read off its expressions.

A scalar declared positive is positive, a tensor declared nonnegative has no entry below zero;
what is divided by is not zero, what stands under a root is not negative, the argument of a
logarithm is positive (zero is allowed where a factor beside the logarithm makes the product zero);
a mask holds zeros and ones and leaves something to every softmax; sizes cover literal positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from theory.algebra.expressions import entry_tensor
from theory.algebra.symbols import Index, Tensor
from theory.codegen.patterns import exponential_sum
from theory.codegen.program import Argument
from theory.codegen.writer import Facts
from theory.models.model import name_of

__all__ = ["argument", "least_sizes"]

DECLARED = "the model declares it so"
Requirement = tuple[str, str]


def argument(
    tensor: sp.Basic, name: str, expressions: Sequence[sp.Basic], facts: Facts
) -> Argument:
    """Return the argument called ``name`` that holds ``tensor``."""
    symbol = name_of(tensor)
    sign, reason = _strongest(
        [*_declared(tensor), *_logarithm(symbol, facts), *_powers(symbol, expressions, facts)]
    )
    return Argument(
        name=name,
        axes=tuple(size.name for size in tensor.axes) if isinstance(tensor, Tensor) else (),
        sign=sign,
        reason=reason,
        binary=symbol in facts.masks,
        live_axis=_live_axis(symbol, expressions),
    )


def least_sizes(expressions: Iterable[sp.Basic]) -> tuple[tuple[str, int], ...]:
    """Return the sizes of which an entry at a literal position is used, with that position."""
    literal: list[tuple[sp.Basic, str]] = []
    for expression in expressions:
        for entry in expression.atoms(sp.Indexed):
            axes = getattr(entry_tensor(entry), "axes", ())
            literal += zip(entry.indices, (size.name for size in axes), strict=True)
        for delta in expression.atoms(sp.KroneckerDelta):
            sizes = [k.size.name for k in delta.args[:2] if isinstance(k, Index)]
            literal += ((k, sizes[0]) for k in delta.args[:2])
    least: dict[str, int] = {}
    for place, size in literal:
        if isinstance(place, sp.Integer):
            least[size] = max(least.get(size, 1), int(place))
    return tuple(sorted(least.items()))


def _declared(tensor: sp.Basic) -> list[Requirement]:
    symbol = tensor.label if isinstance(tensor, Tensor) else tensor
    if symbol.is_positive:
        return [("positive", DECLARED)]
    return [("nonnegative", DECLARED)] if symbol.is_nonnegative else []


def _logarithm(symbol: str, facts: Facts) -> list[Requirement]:
    if symbol not in facts.logs:
        return []
    sign = "nonnegative" if facts.logs[symbol] is not None else "positive"
    return [(sign, "its logarithm is taken")]


def _powers(symbol: str, expressions: Iterable[sp.Basic], facts: Facts) -> list[Requirement]:
    found: list[Requirement] = []
    for power in (e for expression in expressions for e in expression.atoms(sp.Pow)):
        base = power.base.base if isinstance(power.base, sp.Indexed) else power.base
        if not isinstance(base, Tensor | sp.Symbol) or name_of(base) != symbol:
            continue
        divides = power.exp.could_extract_minus_sign() and symbol not in facts.softmaxes
        if not power.exp.is_integer:
            found.append(("nonnegative", "a root of it is taken"))
        if divides:
            found.append(("nonzero", "the formula divides by it"))
    return sorted(found)


def _strongest(found: Sequence[Requirement]) -> Requirement:
    """Return one requirement that says what all of them say."""
    signs = {sign: reason for sign, reason in reversed(found)}
    if "positive" in signs:
        return "positive", signs["positive"]
    if len(signs) == 2:
        return "positive", signs["nonzero"]
    return next(iter(signs.items()), ("", ""))


def _live_axis(symbol: str, expressions: Iterable[sp.Basic]) -> int | None:
    """Return the axis along which the tensor weights a sum of exponentials that is divided by."""
    sums = {node for expression in expressions for node in expression.atoms(sp.Sum)}
    weighted = [(e, parts) for e in sums if (parts := exponential_sum(e)) and parts.weight != 1]
    for _, parts in sorted(weighted, key=lambda pair: str(pair[0])):
        weight = parts.weight
        if isinstance(weight, sp.Indexed) and name_of(weight.base) == symbol:
            along = [n for n, k in enumerate(weight.indices) if k in parts.bound]
            if along:
                return along[0]
    return None
