"""Exponentials, their sums and logarithms, written so that nothing overflows.

The patterns are found in `patterns`, the statements they become stand in `stable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra.expressions import bound_of, free_indices, substitute
from theory.algebra.symbols import Index, total
from theory.codegen import arithmetic, stable
from theory.codegen.patterns import (
    ExponentialSum,
    Softmax,
    canonical,
    exponential_sum,
    exponential_terms,
    occurring,
    softmax_in,
    summand,
    unused,
)
from theory.codegen.values import ATOM, POWER, Value, align, ordered
from theory.models.model import name_of

if TYPE_CHECKING:
    from theory.codegen.writer import Writer

__all__ = ["define_softmax", "log", "taken_out"]

Order = Sequence[Index]
NOTE = "0 log 0 = 0"
LONGEST_EXPONENT = 48  # characters; what is longer is given a name before it is exponentiated


def define_softmax(
    w: Writer, tensor: str, value: sp.Expr, axes: tuple[Index, ...], comment: str
) -> bool:
    """Append a line that is a softmax, with its logarithm if the program takes it.

    Returns False, and appends nothing, if the value is anything else.
    """
    found = softmax_in(value)
    if found is None or not found[0].is_whole or found[1] != 1:
        return False
    if free_indices(value) != set(axes):
        return False
    name = w.names.of(tensor)
    exponent = align(_exponent(w, found[0], axes), axes, w.dialect)
    axis = axes.index(found[0].along)
    if tensor not in w.facts.logs:
        _append(w, stable.softmax(name, exponent, axis, w.dialect), comment)
        return True
    variable = w.names.new(f"log_{name}")
    kept = name if tensor in w.facts.used else ""
    _append(w, stable.log_softmax(variable, kept, exponent, axis, w.dialect), comment)
    w.logs[tensor] = variable
    if w.facts.softmaxes[tensor]:
        w.unguarded.add(tensor)
    return True


def _prepare_log(w: Writer, tensor: str) -> None:
    """Append the logarithm of a tensor as a variable that is 0 where the factor beside it is.

    Written where the logarithm is first used, for only there is that factor known.  A softmax
    without weights is never zero, and its logarithm is a variable already.
    """
    guard = w.facts.logs.get(tensor)
    if guard is None or (tensor in w.logs and tensor not in w.unguarded):
        return
    present = f"{w.names.of(guard)} != 0"
    if tensor in w.unguarded:
        w.unguarded.remove(tensor)
        w.assign(w.logs[tensor], w.dialect.where(present, w.logs[tensor], "0.0"), NOTE)
        return
    name = w.names.of(tensor)
    w.logs[tensor] = w.names.new(f"log_{name}")
    kept = w.dialect.where(present, name, "1.0")
    w.assign(w.logs[tensor], w.dialect.call("log", kept), NOTE)


def log(w: Writer, e: sp.log, order: Order) -> Value:
    """Return a logarithm."""
    argument = e.args[0]
    parts = exponential_sum(argument)
    if parts is not None:
        return _log_sum_exp(w, argument, parts)
    terms = exponential_terms(argument)
    if terms is not None and not arithmetic.is_plain(argument):
        return _log_of_terms(w, *terms, order)
    if isinstance(argument, sp.Indexed):
        tensor = name_of(argument.base)
        _prepare_log(w, tensor)
        if tensor in w.logs:
            return w.entry(argument, w.logs[tensor])
    factors = sp.Mul.make_args(argument)
    is_product = len(factors) > 1 or isinstance(argument, sp.Pow)
    if is_product and any(_is_exponential(f) for f in factors):
        return w.value(sp.Add(*map(_log_of_factor, factors)), order)
    return w.function(e, order)


def taken_out(w: Writer, e: sp.Expr, order: Order) -> tuple[list[Value], sp.Expr]:
    """Take the softmaxes and the quotients by sums of exponentials out of a product.

    Returns their values and the product of what is left.
    """
    values: list[Value] = []
    e = _divisors_moved_inside(e)
    while (found := softmax_in(e)) is not None:
        pattern, e = found
        inside = sp.Tuple(pattern.exponent, pattern.weight)
        axes = ordered((k for k in occurring(inside) if k in free_indices(inside)), order)
        name = w.names.new("softmax")
        exponent = align(_exponent(w, pattern, axes), axes, w.dialect)
        _append(w, stable.softmax(name, exponent, axes.index(pattern.along), w.dialect), "")
        power = "" if pattern.is_whole else f"**{pattern.power}"
        values.append(Value(name + power, axes, POWER if power else ATOM, name))
    factors = sp.Mul.make_args(e)
    divisors = [f for f in factors if isinstance(f, sp.Pow) and _is_exponential(f)]
    if divisors:
        taken = [*divisors, *(f for f in factors if isinstance(f, sp.exp))]
        exponent = w.value(sp.Add(*map(_log_of_factor, taken)), order)
        code = w.dialect.call("exp", exponent.code)
        values.append(w.named(Value(code, exponent.axes, ATOM, "ratio")))
        e = sp.Mul(*(f for f in factors if f not in taken))
    return values, e


def _divisors_moved_inside(e: sp.Expr) -> sp.Expr:
    """Return the product with sum_k exp(E_k) f_k / Z written as sum_k (exp(E_k) / Z) f_k."""
    factors = sp.Mul.make_args(e)
    divisors = [f for f in factors if isinstance(f, sp.Pow) and _is_exponential(f)]
    for f in factors if divisors else ():
        if not isinstance(f, sp.Sum):
            continue
        if any(isinstance(g, sp.exp) for g in sp.Mul.make_args(summand(f))):
            others = [g for g in factors if g is not f and g not in divisors]
            apart = {k: unused(k, occurring(e)) for k in bound_of(f)}
            body = substitute(summand(f), apart) * sp.Mul(*divisors)
            return sp.Mul(total(body, *apart.values()), *others)
    return e


def _log_of_terms(
    w: Writer, exponents: Sequence[sp.Expr], weights: Sequence[sp.Expr], order: Order
) -> Value:
    """Return log(c_0 + c_1 exp(E_1) + ...), as logaddexp has it: finite for every E."""
    total: Value | None = None
    for exponent, weight in reversed([*zip(exponents, weights, strict=True)]):
        term = w.value(exponent + sp.log(weight), order)
        if total is None:
            total = term
            continue
        one, two = w.fit([term, total])
        axes = ordered((*one.axes, *two.axes), order)
        one, two = (align(v, axes, w.dialect) for v in (one, two))
        number = one.code
        if w.dialect.name == "torch" and not one.axes:  # which takes no plain number
            number = f"torch.full_like({two.code}, {one.code})"
        code = w.dialect.call("logaddexp", number, two.code)
        total = Value(code, axes, ATOM, f"log_{two.hint}")
    assert total is not None
    return total


def _is_exponential(factor: sp.Basic) -> bool:
    """Return whether a factor is exp(...) or a power of a sum of exponentials."""
    if isinstance(factor, sp.exp):
        return True
    base = factor.base if isinstance(factor, sp.Pow) else factor
    return exponential_sum(base) is not None or exponential_terms(base) is not None


def _log_of_factor(factor: sp.Expr) -> sp.Expr:
    if isinstance(factor, sp.exp):
        return factor.args[0]  # type: ignore[return-value]
    if isinstance(factor, sp.Pow):
        return factor.exp * sp.log(factor.base)
    return sp.log(factor)


def _exponent(w: Writer, e: Softmax | ExponentialSum, order: Order) -> Value:
    """Return the exponent with its weight absorbed."""
    (value,) = w.fit([w.value(e.exponent, order)], LONGEST_EXPONENT)
    if e.weight == 1:
        return value
    mask = isinstance(e.weight, sp.Indexed) and name_of(e.weight.base) in w.facts.masks
    value, weight = w.fit([value, w.value(e.weight, order)])
    return stable.weighted(value, weight, mask, order, w.dialect)


def _log_sum_exp(w: Writer, e: sp.Basic, parts: ExponentialSum) -> Value:
    """Return the variable that holds the logarithm of a sum of exponentials."""
    text, free = canonical(e)
    if text not in w.known:
        exponent = _exponent(w, parts, occurring(parts.exponent))
        axes = tuple(k for k in exponent.axes if k not in parts.bound)
        name = w.names.new("log_sum")
        top = w.names.new("top") if w.dialect.name == "numpy" else ""
        over = [exponent.axes.index(k) for k in parts.bound]
        _append(w, stable.log_sum_exp(name, top, exponent, over, w.dialect), "")
        w.known[text] = (name, tuple(free.index(k) for k in axes))
    name, places = w.known[text]
    return Value(name, tuple(free[n] for n in places), ATOM, name)


def _append(w: Writer, statements: stable.Statements, comment: str) -> None:
    for name, operator, code in statements:
        w.assign(name, code, comment, operator)
        comment = ""
