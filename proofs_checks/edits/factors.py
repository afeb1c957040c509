"""Edits of factors and powers: constants, sizes and rates, dropped factors, wrong powers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp

from proofs_checks.edits.edit import Change, Insertions, Place, Role
from proofs_checks.edits.terms import assignments
from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Index, Size
from theory.models import Model

__all__ = ["factors_inserted", "factors_removed", "powers", "scalars_in", "scaled"]

HALF = sp.Rational(1, 2)
DIMENSIONS = ("d", "n", "N")  # stems of scalars that documents use as sizes: d, d_k


def scaled(place: Place, model: Model, inserted: Insertions) -> Iterator[Change]:
    """A constant factor too many or too few, or one size in the place of another."""
    node = place.node
    if place.role is not Role.TERM or node.is_zero:
        return
    own = _powers_of(node)
    for base, steps in _constants(node, model, inserted):
        for step in steps:
            had, has = (base**e for e in (own.get(base, 0), own.get(base, 0) + step))
            if base == 2:
                had, has = own[sp.S.One], own[sp.S.One] * base**step
            before, after = (x if x != 1 else None for x in (had, has))
            yield Change("factor", "factor", before, after, node * base**step)
    for base, power in own.items():
        for other in model.sizes:
            if isinstance(base, Size) and other != base:
                new = node * (other / base) ** power
                yield Change("factor", "factor", base**power, other**power, new)


def _powers_of(node: Any) -> dict[Any, Any]:
    """Return the powers of what is multiplied, also within sums; 1 stands for the number."""
    number, rest = node.as_coeff_Mul()
    found: dict[Any, Any] = {sp.S.One: abs(number)}
    for base, exponent in rest.as_powers_dict().items():
        if isinstance(base, sp.Sum) and exponent == 1:
            inner = _powers_of(base.function)
            found[sp.S.One] *= inner.pop(sp.S.One)
        else:
            inner = {base: exponent}
        for one, power in inner.items():
            found[one] = found.get(one, 0) + power
    return found


def _constants(
    node: Any, model: Model, inserted: Insertions
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield what may be a factor too many or too few, with the powers by which it may be off."""
    yield sp.Integer(2), (1, -1)
    for size in model.sizes:
        yield size, (-HALF, HALF, -1, 1)
    for scalar in sorted({*scalars_in(node), *inserted.scalars} - {model.loss}, key=str):
        is_dimension = scalar.name.split("_")[0] in DIMENSIONS
        yield scalar, (-HALF, HALF, -1, 1) if is_dimension else (1, -1)


def scalars_in(e: sp.Basic) -> frozenset[sp.Symbol]:
    """Return the rates and parameters that occur: symbols that are no index, size or tensor."""
    if isinstance(e, sp.Indexed | Index | Size):
        return frozenset()
    if isinstance(e, sp.Symbol):
        return frozenset((e,))
    return frozenset().union(*(scalars_in(argument) for argument in e.args))


def factors_removed(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """A factor dropped; constants are dropped by `scaled` already."""
    if isinstance(place.node, sp.Mul) and place.role is not Role.ENTRY:
        for factor in place.node.args:
            if factor != -1:
                is_constant = not free_indices(factor) and not factor.has(sp.Sum)
                made, undone = (
                    ("factor", "factor") if is_constant else ("missing_factor", "extra_factor")
                )
                yield Change(made, undone, factor, None, place.node / factor)


def factors_inserted(place: Place, _: Model, inserted: Insertions) -> Iterator[Change]:
    """A factor, or its inverse, multiplied to a summand or to what a sum runs over."""
    if place.role not in (Role.TERM, Role.BODY) or place.node.is_zero:
        return
    for pattern in inserted.factors:
        for factor in assignments(pattern, place.scope):
            for power in _either_power(factor):
                yield Change("extra_factor", "missing_factor", None, power, place.node * power)


def _either_power(factor: sp.Expr) -> Iterable[sp.Expr]:
    is_zero_somewhere = isinstance(factor, sp.KroneckerDelta)
    return (factor,) if is_zero_somewhere else (factor, 1 / factor)


def powers(place: Place, _: Model, __: Insertions) -> Iterator[Change]:
    """A square for a first power, a quotient for a product, squares inside a sum."""
    node = place.node
    if place.role is Role.ENTRY:
        return
    for new in _other_powers(node):
        yield Change("wrong_power", "wrong_power", node, new, new)


def _other_powers(node: Any) -> Iterator[Any]:
    if isinstance(node, sp.Pow):
        if node.exp.is_Integer and node.exp > 1:
            yield node.base ** (node.exp / 2 if node.exp.is_even else 1)
            if isinstance(node.base, sp.Sum):
                yield sp.Sum(node.base.function**node.exp, *node.base.limits)
                yield from _fewer_inside(node, ())
        if node.exp.is_Rational and not isinstance(node.base, sp.Sum):
            yield 1 / node
    elif isinstance(node, sp.Indexed):
        yield node**2
    elif scalars_in(node) == {node}:
        yield 1 / node
    elif isinstance(node, sp.Sum):
        yield node**2
        yield from _squares_of_sums(node)
        if isinstance(node.function, sp.Pow) and isinstance(node.function.base, sp.Sum):
            yield from _fewer_inside(node.function, tuple(node.limits))


def _fewer_inside(power: Any, outer: tuple[Any, ...]) -> Iterator[Any]:
    """Yield sum_j (sum_i x)^2 for (sum_ij x)^2."""
    limits = power.base.limits
    for count in range(1, len(limits)):
        for inner in itertools.combinations(limits, count):
            moved = (limit for limit in limits if limit not in inner)
            square = sp.Sum(power.base.function, *inner) ** power.exp
            yield sp.Sum(square, *moved, *outer)


def _squares_of_sums(node: Any) -> Iterator[Any]:
    """Yield (sum_i x)^2 for sum_i x^2, and (sum_ij x)^2 for sum_j (sum_i x)^2."""
    roots = [_root(factor) for factor in sp.Mul.make_args(node.function)]
    if any(root is None for root in roots):
        return
    root, limits = sp.Mul(*roots), tuple(node.limits)
    for count in range(1, len(limits) + 1):
        for inner in itertools.combinations(limits, count):
            outer = [limit for limit in limits if limit not in inner]
            within: Any = sp.Sum(root, *inner)
            square = within**2
            yield sp.Sum(square, *outer) if outer else square


def _root(factor: Any) -> Any:
    """Return x for x^2, None for what is no square."""
    return factor.base if isinstance(factor, sp.Pow) and factor.exp == 2 else None
