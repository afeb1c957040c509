"""Elementwise arithmetic with broadcasting: sums of terms, products, quotients, powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.expressions import free_indices
from theory.algebra.symbols import Index, Size
from theory.codegen import exponentials
from theory.codegen.patterns import canonical, exponential_sum, is_large, summand
from theory.codegen.values import ATOM, POWER, PRODUCT, SUM, Value, align, joined_hints, ordered
from theory.models.model import name_of
from theory.models.slopes import logistic_argument

if TYPE_CHECKING:
    from theory.codegen.writer import Writer

__all__ = ["is_plain", "multiplied", "number", "product", "quotient", "sum_of_terms"]

Order = Sequence[Index]
LONGEST_TERM = 64  # characters, before axes are added


def is_plain(e: sp.Basic) -> bool:
    """Return whether an expression holds numbers and sizes only, so that `math` computes it."""
    return e.free_symbols <= e.atoms(Size)


def number(e: sp.Rational | sp.NumberSymbol) -> Value:
    """Return a number: 3, 1 / 2, math.pi."""
    if isinstance(e, sp.Rational):
        return Value(str(e.p) if e.q == 1 else f"{e.p} / {e.q}", (), ATOM if e.q == 1 else PRODUCT)
    known = {sp.pi: "math.pi", sp.E: "math.e"}
    return Value(known.get(e) or repr(float(e)), ())


def sum_of_terms(w: Writer, e: sp.Add, order: Order, *, whole: bool = False) -> Value:
    """Return a sum of terms, those with a minus sign last.

    ``whole``: it is a whole right side, which may be as long as it likes.
    """
    signed = [_coefficient(term) for term in _small_joined(e)]
    signed.sort(key=lambda pair: bool(pair[0].is_negative))
    signs = ["-" if c.is_negative else "+" for c, _ in signed]
    values = [w.value(abs(c) * rest, order) for c, rest in signed]
    axes = ordered((k for v in values for k in v.axes), order)
    values = [w.fit([v], LONGEST_TERM)[0] for v in values] if whole else w.fit(values)
    aligned = [align(v, axes, w.dialect) for v in values]
    first, *others = (v.at_least(PRODUCT) for v in aligned)
    code = ("-" if signs[0] == "-" else "") + first
    code += "".join(f" {sign} {term}" for sign, term in zip(signs[1:], others, strict=True))
    return Value(code, axes, SUM, joined_hints(aligned))


def _small_joined(e: sp.Add) -> list[sp.Expr]:
    """Return the terms; those that are rows beside large arrays are one term: one pass fewer."""
    terms: list[Any] = list(e.as_ordered_terms())
    rows = [t for t in terms if free_indices(t) and not is_large(free_indices(t))]
    if len(rows) < 2 or not is_large(free_indices(e)) or len({free_indices(t) for t in rows}) > 1:
        return terms
    sign = -1 if all(t.could_extract_minus_sign() for t in rows) else 1
    joined = sp.Mul(sign, sp.Add(*(sign * t for t in rows)), evaluate=False)
    return [*(t for t in terms if t not in rows), joined]


def _coefficient(term: Any) -> tuple[Any, Any]:
    """Return the number in front of a term, also those inside its sums."""
    number, rest = term.as_coeff_Mul()
    factors = []
    for factor in sp.Mul.make_args(rest):
        if isinstance(factor, sp.Sum):
            inside, body = summand(factor).as_coeff_Mul()
            number, factor = number * inside, sp.Sum(body, *factor.limits)
        factors.append(factor)
    return number, sp.Mul(*factors)


def product(w: Writer, e: sp.Expr, order: Order) -> Value:
    """Return a product or a power."""
    x = logistic_argument(e)
    if x is not None and not is_plain(e):
        return _logistic(w, x, order)
    scaled = _scale_inside(w, e)
    if scaled is not None:
        return w.value(scaled, order)
    coefficient, rest = e.as_coeff_Mul()
    above, below = quotient(w, rest, order)
    return multiplied(w, coefficient, above, below, order)


def _logistic(w: Writer, x: sp.Expr, order: Order) -> Value:
    """Return 1/(1 + e^-x), which neither overflows nor loses small values."""
    if w.dialect.name == "torch":
        (value,) = w.fit([w.value(x, order)])
        return Value(f"torch.sigmoid({value.code})", value.axes, ATOM, f"sigmoid_{value.hint}")
    below = w.value(sp.log(1 + sp.exp(-x)), order)
    return Value(f"np.exp(-{below.at_least(POWER)})", below.axes, ATOM, f"sigmoid_{below.hint}")


def _scale_inside(w: Writer, e: sp.Expr) -> Any:
    """Return c sum_k f_k as sum_k c f_k, so that c can scale a small operand; None if it is not."""
    factors = sp.Mul.make_args(e)
    made = [f for f in factors if free_indices(f)]
    if len(factors) == 1 or len(made) != 1 or not isinstance(made[0], sp.Sum):
        return None
    if exponential_sum(made[0]) is not None or canonical(made[0])[0] in w.facts.shared:
        return None
    return sp.Sum(sp.Mul(*(f for f in factors if f != made[0]), summand(made[0])), *made[0].limits)


def quotient(w: Writer, e: sp.Expr, order: Order) -> tuple[list[Value], list[Value]]:
    """Return the factors above and below the fraction bar."""
    above, e = exponentials.taken_out(w, e, order)
    below: list[Value] = []
    factors = [f for f in sp.Mul.make_args(e) if f != 1]
    entries = {f.indices: name_of(f.base) for f in factors if isinstance(f, sp.Indexed)}
    for factor in sorted(factors, key=lambda f: not isinstance(f, sp.Indexed)):
        if not isinstance(factor, sp.Pow):
            above.append(w.value(factor, order))
        elif not factor.exp.could_extract_minus_sign():
            above.append(_power(w, factor.base, factor.exp, order))
        elif factor.exp == -1 and isinstance(factor.base, sp.Indexed):
            below.append(_divisor(w, factor.base, entries.get(factor.base.indices)))
        else:
            below.append(_power(w, factor.base, -factor.exp, order))
    return above, below


def _divisor(w: Writer, entry: sp.Indexed, beside: str | None) -> Value:
    """Return the entry that a fraction divides by.

    A softmax may underflow to zero.  Where the factor ``beside`` it above the fraction bar is zero,
    so is the quotient.
    """
    value = w.entry(entry)
    if beside is None or name_of(entry.base) not in w.facts.softmaxes:
        return value
    present = f"{w.names.of(beside)} != 0"
    return Value(w.dialect.where(present, value.code, "1.0"), value.axes, ATOM, value.hint)


def _power(w: Writer, base: sp.Expr, exponent: sp.Expr, order: Order) -> Value:
    (value,) = w.fit([w.value(base, order)])
    if exponent == 1:
        return value
    if exponent == sp.Rational(1, 2):
        root = "math.sqrt" if is_plain(base) else w.dialect.call("sqrt")[:-2]
        return Value(f"{root}({value.code})", value.axes, ATOM, f"sqrt_{value.hint}")
    power = w.value(exponent, order)
    axes = ordered((*value.axes, *power.axes), order)
    left, right = (align(v, axes, w.dialect).at_least(ATOM) for v in (value, power))
    mark = "**" if left.isidentifier() and right.isalnum() else " ** "
    return Value(f"{left}{mark}{right}", axes, POWER, value.hint)


def multiplied(
    w: Writer,
    coefficient: sp.Expr,
    above: Sequence[Value],
    below: Sequence[Value],
    order: Order,
) -> Value:
    """Return coefficient * above / below, broadcast; numbers stand first."""
    axes = ordered((k for v in (*above, *below) for k in v.axes), order)
    aligned = [align(v, axes, w.dialect) for v in w.fit([*above, *below])]
    top = sorted(aligned[: len(above)], key=lambda v: bool(v.axes))
    bottom = aligned[len(above) :]
    numerator, denominator = sp.fraction(coefficient)
    if abs(numerator) != 1:
        top.insert(0, Value(str(abs(numerator)), ()))
    if denominator != 1:
        bottom.insert(0, Value(str(denominator), ()))
    minus = bool(numerator.is_negative)
    if not minus and len(top) == 1 and not bottom:
        return top[0]
    first, *others = top or [Value("1", ())]
    code = ("-" if minus else "") + first.at_least(POWER if minus or others else PRODUCT)
    code += "".join(f" * {v.at_least(POWER)}" for v in others)
    if bottom:
        under = " * ".join(v.at_least(POWER) for v in bottom)
        code += f" / {under}" if len(bottom) == 1 else f" / ({under})"
    return Value(code, axes, PRODUCT, joined_hints(top))
