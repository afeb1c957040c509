"""Sums over indices: what can be a matrix product becomes one, in the best order of pairs.

Before the factors are contracted,

* Kronecker deltas that mention a bound index are carried out;
* sums inside the product are opened, so that the order of contraction is free, unless their value
  is needed elsewhere too;
* a factor such as (v_ja - g_ia), larger than its own terms, is multiplied out: it would be a
  temporary of shape (T, n, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra import symbols
from theory.algebra.expressions import bound_of, free_indices, substitute
from theory.algebra.symbols import Index
from theory.codegen import arithmetic, exponentials
from theory.codegen.contraction import contract, extent
from theory.codegen.patterns import canonical, factors_of, occurring, summand, unused
from theory.codegen.values import ATOM, Value, ordered

if TYPE_CHECKING:
    from theory.codegen.writer import Writer

__all__ = ["total"]

Order = Sequence[Index]


def total(w: Writer, e: sp.Sum, order: Order) -> Value:
    """Return a sum; one that occurs twice becomes a variable."""
    text, free = canonical(e)
    if text not in w.facts.shared:
        return _sum_over(w, bound_of(e), summand(e), order)
    if text not in w.known:
        value = w.named(_sum_over(w, bound_of(e), summand(e), order))
        w.known[text] = (value.code, tuple(free.index(k) for k in value.axes))
    code, places = w.known[text]
    return Value(code, tuple(free[n] for n in places), ATOM, code)


def _sum_over(w: Writer, bound: Sequence[Index], body: sp.Expr, order: Order) -> Value:
    bound, body = _without_deltas(list(bound), body)
    used = [k for k in dict.fromkeys(bound) if k in free_indices(body)]
    if len(used) < len(bound) or not bound:
        idle = list(bound)
        for k in used:
            idle.remove(k)
        rest = symbols.total(body, *used)
        return w.value(sp.Mul(*(k.size for k in idle), rest), order)
    terms = sp.Add.make_args(body)
    if len(terms) > 1:
        if _same_shape(terms):
            return _contracted(w, [w.value(body)], bound, order)
        return w.value(sp.Add(*(symbols.total(t, *bound) for t in terms)), order)
    expanded = _multiplied_out(body, bound)
    if expanded is not None:
        return _sum_over(w, bound, expanded, order)
    return _sum_of_product(w, bound, body, order)


def _without_deltas(bound: list[Index], body: sp.Expr) -> tuple[list[Index], sp.Expr]:
    """Carry out the deltas that mention a bound index: sum_k delta_jk f_k = f_j."""
    while True:
        for factor in sp.Mul.make_args(body):
            ends = factor.args[:2] if isinstance(factor, sp.KroneckerDelta) else ()
            gone = next((k for k in ends if k in bound), None)
            if gone is not None:
                other = next(k for k in ends if k != gone)
                bound = [k for k in bound if k != gone]
                body = substitute(sp.Mul(*_others(body, factor)), {gone: other})
                break
        else:
            return bound, body


def _others(body: sp.Expr, factor: sp.Basic) -> list[sp.Expr]:
    factors = list(sp.Mul.make_args(body))
    factors.remove(factor)  # type: ignore[arg-type]
    return factors


def _same_shape(terms: Sequence[sp.Expr]) -> bool:
    """Return whether all terms are entries with the same indices, up to numbers."""
    plain = [term.as_coeff_Mul()[1] for term in terms]
    return all(isinstance(t, sp.Indexed) for t in plain) and (
        len({free_indices(t) for t in plain}) == 1
    )


def _multiplied_out(body: sp.Expr, bound: Sequence[Index]) -> sp.Expr | None:
    """Return the product with one factor (a + b) multiplied out, None if none needs it."""
    for factor in sp.Mul.make_args(body):
        base, n = (factor.base, factor.exp) if isinstance(factor, sp.Pow) else (factor, sp.S.One)
        if not isinstance(base, sp.Add) or not (n.is_integer and n.is_positive):
            continue
        mine = free_indices(base)
        grows = len(mine) > 2 and all(free_indices(t) != mine for t in base.args)
        has_delta = any(mine & set(bound) and t.has(sp.KroneckerDelta) for t in base.args)
        if (grows and mine & set(bound)) or has_delta:
            others = sp.Mul(*_others(body, factor))
            terms = sp.expand(factor, deep=False).args if n != 1 else base.args
            return sp.Add(*(t * others for t in terms))
    return None


def _sum_of_product(w: Writer, bound: Sequence[Index], body: sp.Expr, order: Order) -> Value:
    coefficient, rest = body.as_coeff_Mul()
    values, rest = exponentials.taken_out(w, rest, ())
    bound, rest = _opened(w, list(bound), rest)
    inside = {b: n for b, n in factors_of(rest).items() if free_indices(b) & set(bound)}
    outside = sp.Mul(*(b**n for b, n in factors_of(rest).items() if b not in inside))
    operands = values + _operands(w, inside)
    above, below = arithmetic.quotient(w, outside, order)
    if not any(v.axes for v in (*above, *below)) and (coefficient not in (1, -1) or above or below):
        place = _smallest(operands, bound)
        if place is not None:  # a number scales queries sooner than scores
            factors = [*above, operands[place]]
            scale = abs(coefficient)
            operands[place] = arithmetic.multiplied(w, scale, factors, below, operands[place].axes)
            coefficient, above, below = coefficient / scale, [], []
    result = _contracted(w, operands, bound, order)
    return arithmetic.multiplied(w, coefficient, [*above, result], below, order)


def _smallest(operands: Sequence[Value], bound: Sequence[Index]) -> int | None:
    """Return the place of the smallest operand if it is smaller than the contracted result."""
    sizes = [extent(frozenset(v.axes)) for v in operands]
    result = extent(frozenset(k for v in operands for k in v.axes if k not in bound))
    if min(sizes) >= result:
        return None
    return max(n for n, size in enumerate(sizes) if size == min(sizes))


def _opened(w: Writer, bound: list[Index], product: sp.Expr) -> tuple[list[Index], sp.Expr]:
    """Open the sums among the factors that mention a bound index."""
    while True:
        for factor in sp.Mul.make_args(product):
            if not isinstance(factor, sp.Sum) or not free_indices(factor) & set(bound):
                continue
            if isinstance(summand(factor), sp.Add) or canonical(factor)[0] in w.facts.shared:
                continue
            others = sp.Mul(*_others(product, factor))
            body = summand(factor)
            for k in bound_of(factor):
                new = unused(k, (*bound, *occurring(others)))
                body = substitute(body, {k: new}) if new != k else body
                if new in free_indices(body):
                    bound = [*bound, new]
                else:
                    others *= k.size
            product = others * body
            break
        else:
            return bound, product


def _operands(w: Writer, powers: dict[sp.Expr, sp.Expr]) -> list[Value]:
    """Return the factors as arrays.

    A square is the array twice; a divisor joins the entry that it divides.
    """
    divisors = {b: n for b, n in powers.items() if n.could_extract_minus_sign()}
    above = {b: n for b, n in powers.items() if b not in divisors}
    operands: list[Value] = []
    for base, n in divisors.items():
        divided = next((b for b, m in above.items() if m == 1 and _covers(b, base)), sp.S.One)
        above.pop(divided, None)
        operands.append(w.value(divided * base**n))
    for base, n in above.items():
        if n == 2:
            operands += [w.named(w.value(base))] * 2
        else:
            operands.append(w.value(base**n))
    return operands


def _covers(larger: sp.Expr, smaller: sp.Expr) -> bool:
    return isinstance(larger, sp.Indexed) and free_indices(larger) >= free_indices(smaller)


def _contracted(w: Writer, operands: list[Value], bound: Sequence[Index], order: Order) -> Value:
    axes = ordered((k for v in operands for k in v.axes), order)
    out = tuple(k for k in axes if k not in bound)
    return contract(operands, out, w.dialect, w.fit)
