"""Free indices, capture-avoiding substitution and differentiation of index expressions.

SymPy's own `subs` lets a bound index capture a free one (sympy#21891), so substitution here
renames bound indices first.  SymPy differentiates (`diff` by an `Indexed` yields Kronecker
deltas); `differentiate` makes that safe by giving every bound index a name of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Self

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.limits import NoDerivative, bounded
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Flow, Index, Size, Step, Tensor, is_order

__all__ = [
    "Equation",
    "Inequality",
    "OrderEquation",
    "Relation",
    "StrictInequality",
    "differentiate",
    "entry_tensor",
    "free_indices",
    "fresh",
    "is_condition",
    "is_whole",
    "partial_sums",
    "refresh",
    "slots",
    "substitute",
    "taken_terms",
    "tensors_in",
]

_counter = itertools.count()


class Relation(sp.Basic):
    """A statement about two expressions, for all values of the free indices and all sizes."""

    sign = "?"
    """The sign between the sides, in LaTeX."""

    domain: tuple[sp.Basic, ...]

    def __new__(cls, left: Any, right: Any, domain: Iterable[Any] = ()) -> Self:
        """Return the statement.

        It is made for those real values at which the sides are defined, and everything in
        ``domain`` besides: expressions that must be defined, and inequalities and equations that
        must hold.  What SymPy simplifies on the way, exp(log r) to r, is noted there as log r.
        """
        sides = (sp.sympify(side, strict=True) for side in (left, right))
        self = sp.Basic.__new__(cls, *sides)
        self.domain = tuple(sp.sympify(part, strict=True) for part in domain)
        return self

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), *self.domain)

    def __getnewargs__(self) -> tuple[Any, ...]:  # pickling
        return (*self.args, self.domain)

    @property
    def left(self) -> sp.Expr:
        """The left side."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def right(self) -> sp.Expr:
        """The right side."""
        return self.args[1]  # type: ignore[return-value]

    def _latex(self, printer: Any, **_: Any) -> str:
        return f"{printer._print(self.left)} {self.sign} {printer._print(self.right)}"


class Equation(Relation):
    """The statement ``left = right``."""

    sign = "="


class OrderEquation(Relation):
    """The statement ``left = right + O(small^order)`` as ``small`` goes to 0.

    ``small`` is a scalar, ``order`` a positive integer.  It is made for all values of everything
    else at which left and right have ``order`` derivatives by ``small`` at 0.

    Raises `ValueError` for another ``small`` or ``order``.
    """

    sign = "="

    def __new__(
        cls, left: Any, right: Any, small: Any, order: Any, domain: Iterable[Any] = ()
    ) -> Self:
        """Return the statement."""
        if not isinstance(small, sp.Symbol) or isinstance(small, Index | Size):
            raise ValueError(f"what becomes small must be a scalar symbol; got `{small}`.")
        if int(order) != order or order < 1:
            raise ValueError(f"the order of a remainder must be a positive integer; got {order}.")
        parts = (
            *(sp.sympify(side, strict=True) for side in (left, right)),
            small,
            sp.Integer(order),
        )
        self = sp.Basic.__new__(cls, *parts)
        self.domain = tuple(sp.sympify(part, strict=True) for part in domain)
        return self

    @property
    def small(self) -> sp.Symbol:
        """The scalar that goes to 0."""
        return self.args[2]  # type: ignore[return-value]

    @property
    def order(self) -> int:
        """The power of it that the remainder is bounded by."""
        return int(self.args[3])  # type: ignore[arg-type]


class Inequality(Relation):
    """The statement ``left <= right``."""

    sign = r"\le"


class StrictInequality(Inequality):
    """The statement ``left < right``."""

    sign = "<"


def fresh(index: Index) -> Index:
    """Return a new index over the same size, with a name no user can write."""
    return Index(f"{index.name.split('~')[0]}~{next(_counter):09}", index.size)


def bound_of(expression: sp.Sum) -> list[Index]:
    """Return the bound indices of a sum, outermost last as SymPy stores them."""
    return [limit[0] for limit in expression.limits]  # type: ignore[misc]


@bounded
@lru_cache(maxsize=65536)
def free_indices(expression: sp.Basic) -> frozenset[Index]:
    """Return the indices of ``expression`` that no sum binds."""
    if isinstance(expression, Index):
        return frozenset((expression,))
    if isinstance(expression, sp.Sum):
        return free_indices(expression.function) - frozenset(bound_of(expression))
    if isinstance(expression, Binder):
        outside = frozenset().union(*(free_indices(slot) for slot in expression.slots))
        return (free_indices(expression.body) - frozenset(expression.bound)) | outside
    if isinstance(expression, Tensor):
        return frozenset()
    if isinstance(expression, Step | Flow):  # the indices of what moves are summed over
        return free_indices(expression.args[0])
    if not expression.args:
        return frozenset()
    return frozenset().union(*(free_indices(argument) for argument in expression.args))


@bounded
def substitute(expression: sp.Basic, mapping: Mapping[Any, Any]) -> Any:
    """Replace subexpressions (indices, entries, scalars) without capture by bound indices.

    Inside a sum its bound indices are not those of ``mapping``: what mentions them is not
    replaced, and a bound index that a replacement mentions gets a fresh name first.
    """
    return _substitute(expression, {k: sp.sympify(v, strict=True) for k, v in mapping.items()})


def _substitute(expression: sp.Basic, mapping: Mapping[Any, Any]) -> Any:
    if expression in mapping:
        return mapping[expression]
    if isinstance(expression, sp.Sum):
        inner, apart = _below(bound_of(expression), mapping)
        body = _substitute(expression.function, apart) if apart else expression.function
        return sp.Sum(_substitute(body, inner) if inner else body, *_limits(expression, apart))
    if isinstance(expression, Binder):
        bound, outside = expression.bound, [_substitute(x, mapping) for x in expression.slots]
        inner, apart = _below(bound, mapping)
        body = _substitute(expression.body, apart) if apart else expression.body
        names = [apart.get(k, k) for k in bound]
        return expression.func(_substitute(body, inner) if inner else body, *names, *outside)
    if not expression.args or isinstance(expression, Tensor):
        return expression
    arguments = [_substitute(argument, mapping) for argument in expression.args]
    make: Any = expression.func
    if isinstance(expression, Relation):
        return make(*arguments, [_substitute(part, mapping) for part in expression.domain])
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    return make(*arguments)


def _below(bound: Iterable[Index], mapping: Mapping[Any, Any]) -> tuple[dict, dict]:
    """Return what of ``mapping`` holds below bound indices, and the new names that they need."""
    own = frozenset(bound)
    inner = {k: v for k, v in mapping.items() if own.isdisjoint(free_indices(k))}
    coming = frozenset().union(*(free_indices(v) for v in inner.values()))
    return inner, {k: fresh(k) for k in sorted(own & coming, key=str)}


def _limits(expression: sp.Sum, renaming: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
    limits: list[Any] = list(expression.limits)
    return [(renaming.get(k, k), *ends) for k, *ends in limits]


@bounded
def refresh(expression: sp.Basic) -> Any:
    """Return the expression with every bound index renamed to a fresh one."""
    if isinstance(expression, sp.Sum):
        apart = {k: fresh(k) for k in bound_of(expression)}
        body = refresh(_substitute(expression.function, apart))
        return sp.Sum(body, *_limits(expression, apart))
    if isinstance(expression, Binder):
        apart = {k: fresh(k) for k in expression.bound}
        body = refresh(_substitute(expression.body, apart))
        return expression.func(body, *apart.values(), *expression.slots)
    if not expression.args or isinstance(expression, Tensor | sp.Indexed):
        return expression
    return expression.func(*(refresh(argument) for argument in expression.args))


@bounded
def differentiate(expression: sp.Basic, entry: sp.Basic) -> sp.Expr:
    """Return the derivative of ``expression`` by one tensor entry or scalar.

    The indices of ``entry`` stay free and count as different from every other index, so the
    result holds Kronecker deltas: d s_ij / d s_kl = delta_ik delta_jl.

    Raises `NoDerivative` for a maximum or minimum of what varies with the entry.
    """
    result = sp.diff(refresh(expression), entry)
    if result.has(sp.Heaviside) and not expression.has(sp.Heaviside):  # from Max and Min
        raise NoDerivative(
            f"`{expression}` has no derivative by `{entry}` where two values are equal."
        )
    return result


def is_condition(expression: sp.Basic) -> bool:
    """Return whether the value is made of conditions on indices, such as 1 - delta_1k."""
    if isinstance(expression, sp.KroneckerDelta):
        return True
    if isinstance(expression, sp.Indexed):
        return is_order(str(expression.base))
    if isinstance(expression, sp.Add | sp.Mul):
        parts = [x for x in expression.args if not isinstance(x, sp.Rational)]
        return bool(parts) and all(is_condition(x) for x in parts)
    return isinstance(expression, sp.Pow) and is_condition(expression.base)


def is_whole(expression: sp.Basic) -> bool:
    """Return whether the value is an integer because it is made of indices and sizes alone."""
    symbols = expression.free_symbols
    return bool(expression.is_integer) and all(isinstance(x, Index | Size) for x in symbols)


def taken_terms(e: sp.Add) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (sum, term, place) where one of its terms, that at a place, is taken from a sum."""
    for term in e.args:
        number, body = term.as_coeff_Mul()
        if isinstance(body, sp.Sum) and len(body.limits) == 1:
            k: Any = body.limits[0][0]
            for other in e.args:
                for place in _places(other, k) if other is not term else ():
                    if number * substitute(body.function, {k: place}) == -other:
                        yield term, other, place


def partial_sums(e: sp.Add) -> sp.Expr:
    """Return a sum of terms with sum_k f_k - f_1 written as the sum of (1 - delta_1k) f_k."""
    for term, other, place in taken_terms(e):
        number, body = term.as_coeff_Mul()
        k: Any = body.limits[0][0]
        part = sp.Sum((1 - sp.KroneckerDelta(k, place)) * body.function, *body.limits)
        rest = [x for x in e.args if x not in (term, other)]
        return sp.Add(number * part, *rest)
    return e


def _places(e: sp.Basic, k: Index) -> set[sp.Basic]:
    """Return the positions, and the free indices over the size of k, at which entries stand."""
    found: set[Any] = {place for entry in e.atoms(sp.Indexed) for place in entry.indices}
    free = free_indices(e)
    return {x for x in found if (x in free and x.size == k.size) or isinstance(x, sp.Integer)}


def entry_tensor(entry: sp.Basic) -> Any:
    """Return the tensor of an entry, or the scalar itself."""
    return entry.base if isinstance(entry, sp.Indexed) else entry


def slots(entry: sp.Basic) -> tuple[Any, ...]:
    """Return the indices of an entry, none for a scalar."""
    return tuple(entry.indices) if isinstance(entry, sp.Indexed) else ()


@bounded
@lru_cache(maxsize=65536)
def tensors_in(expression: sp.Basic) -> frozenset[str]:
    """Return the names of the tensors and scalars that occur (sizes and indices do not count)."""
    return frozenset(_names(expression))


def _names(expression: sp.Basic) -> Iterator[str]:
    traversal = sp.preorder_traversal(expression)
    for node in traversal:
        if isinstance(node, Applied):
            traversal.skip()  # the name of a function is none of a tensor
            for argument in node.arguments:
                yield from _names(argument)
        elif isinstance(node, sp.Indexed):
            yield str(entry_tensor(node).label)
        elif isinstance(node, sp.Symbol) and not isinstance(node, Index) and not node.is_integer:
            yield node.name
