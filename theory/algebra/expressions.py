"""Free indices, capture-avoiding substitution and differentiation of index expressions.

SymPy's own `subs` lets a bound index capture a free one (sympy#21891), so substitution here
renames bound indices first.  SymPy differentiates (`diff` by an `Indexed` yields Kronecker
deltas); `differentiate` makes that safe by giving every bound index a name of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import sympy as sp

from theory.algebra.symbols import Index, Tensor

__all__ = [
    "Equation",
    "differentiate",
    "entry_tensor",
    "free_indices",
    "fresh",
    "refresh",
    "slots",
    "substitute",
    "tensors_in",
]

_counter = itertools.count()


class Equation(sp.Basic):
    """The statement ``left = right``, for all values of the free indices and all sizes."""

    def __new__(cls, left: Any, right: Any) -> Equation:
        """Return the equation."""
        return sp.Basic.__new__(cls, sp.sympify(left), sp.sympify(right))

    @property
    def left(self) -> sp.Expr:
        """The left side."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def right(self) -> sp.Expr:
        """The right side."""
        return self.args[1]  # type: ignore[return-value]


def fresh(index: Index) -> Index:
    """Return a new index over the same size, with a name no user can write."""
    return Index(f"{index.name.split('~')[0]}~{next(_counter)}", index.size)


def bound_of(expression: sp.Sum) -> list[Index]:
    """Return the bound indices of a sum, outermost last as SymPy stores them."""
    return [limit[0] for limit in expression.limits]  # type: ignore[misc]


@lru_cache(maxsize=65536)
def free_indices(expression: sp.Basic) -> frozenset[Index]:
    """Return the indices of ``expression`` that no sum binds."""
    if isinstance(expression, Index):
        return frozenset((expression,))
    if isinstance(expression, sp.Sum):
        return free_indices(expression.function) - frozenset(bound_of(expression))
    if isinstance(expression, Tensor):
        return frozenset()
    if not expression.args:
        return frozenset()
    return frozenset().union(*(free_indices(argument) for argument in expression.args))


def substitute(expression: sp.Basic, mapping: Mapping[Any, Any]) -> Any:
    """Replace subexpressions (indices, entries, scalars) without capture by bound indices.

    A sum whose bound index is mentioned by a replacement, or is itself replaced, gets a fresh
    bound index first.
    """
    if not mapping:
        return expression
    danger = frozenset().union(*(free_indices(sp.sympify(v)) for v in mapping.values()))
    danger |= frozenset(k for k in mapping if isinstance(k, Index))
    return _substitute(expression, {k: sp.sympify(v) for k, v in mapping.items()}, danger)


def _substitute(expression: sp.Basic, mapping: dict, danger: frozenset) -> sp.Basic:
    if expression in mapping:
        return mapping[expression]
    if isinstance(expression, sp.Sum):
        renaming = {k: fresh(k) for k in bound_of(expression) if k in danger}
        body = expression.function
        if renaming:
            body = _substitute(body, renaming, frozenset(renaming.values()))
        body = _substitute(body, mapping, danger)
        limits: list[Any] = [
            (renaming.get(k, k), *limit[1:])
            for k, limit in zip(bound_of(expression), expression.limits, strict=True)
        ]
        return sp.Sum(body, *limits)
    if not expression.args or isinstance(expression, Tensor):
        return expression
    arguments = [_substitute(argument, mapping, danger) for argument in expression.args]
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    return expression.func(*arguments)


def refresh(expression: sp.Basic) -> Any:
    """Return the expression with every bound index renamed to a fresh one."""
    if isinstance(expression, sp.Sum):
        renaming = {k: fresh(k) for k in bound_of(expression)}
        body = refresh(_substitute(expression.function, renaming, frozenset(renaming.values())))
        return sp.Sum(body, *((renaming[k], a, b) for k, a, b in expression.limits))  # type: ignore[index]
    if not expression.args or isinstance(expression, Tensor | sp.Indexed):
        return expression
    return expression.func(*(refresh(argument) for argument in expression.args))


def differentiate(expression: sp.Basic, entry: sp.Basic) -> sp.Expr:
    """Return the derivative of ``expression`` by one tensor entry or scalar.

    The indices of ``entry`` stay free and count as different from every other index, so the
    result holds Kronecker deltas: d s_ij / d s_kl = delta_ik delta_jl.
    """
    return sp.diff(refresh(expression), entry)


def entry_tensor(entry: sp.Basic) -> Any:
    """Return the tensor of an entry, or the scalar itself."""
    return entry.base if isinstance(entry, sp.Indexed) else entry


def slots(entry: sp.Basic) -> tuple[Any, ...]:
    """Return the indices of an entry, none for a scalar."""
    return tuple(entry.indices) if isinstance(entry, sp.Indexed) else ()


@lru_cache(maxsize=65536)
def tensors_in(expression: sp.Basic) -> frozenset[str]:
    """Return the names of the tensors and scalars that occur (sizes and indices do not count)."""
    return frozenset(_names(expression))


def _names(expression: sp.Basic) -> Iterator[str]:
    for node in sp.preorder_traversal(expression):
        if isinstance(node, sp.Indexed):
            yield str(entry_tensor(node).label)
        elif isinstance(node, sp.Symbol) and not isinstance(node, Index) and not node.is_integer:
            yield node.name
