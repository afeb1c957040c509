"""Powers and functions of jets: elementary, piecewise, and those that nobody has defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from proofs_checks.checks.plain.functions import (
    ELEMENTARY,
    Derivatives,
    differentiated,
    opaque_coefficients,
    opaque_wave,
    power,
)
from proofs_checks.checks.plain.jets import Jet
from theory.algebra.opaque import Applied

if TYPE_CHECKING:
    from proofs_checks.checks.plain.surroundings import Surroundings

__all__ = ["applied", "elementary", "extreme", "hyperbolic", "larger", "power_of", "undefined"]


def elementary(at: Surroundings, e: Any) -> Jet:
    """Return a function of one number whose derivatives are known."""
    return at.arithmetic.function(ELEMENTARY[type(e)], at.value(e.args[0]))


def power_of(at: Surroundings, e: sp.Pow) -> Jet:
    """Return a power; with an exponent that varies it is exp(exponent log base)."""
    if e.base is sp.E:
        return at.arithmetic.function(ELEMENTARY[sp.exp], at.value(e.exp))
    base, exponent = at.value(e.base), at.value(e.exp)
    if len(exponent) > 1:
        log = at.arithmetic.function(ELEMENTARY[sp.log], base)
        return at.arithmetic.function(ELEMENTARY[sp.exp], at.arithmetic.product([exponent, log]))
    labels, values = exponent[0]
    if not set(labels) <= set(base[0][0]):  # gives the base an axis for every index of the exponent
        base = at.arithmetic.add([base, {0: (labels, np.zeros_like(values))}])
    return at.arithmetic.function(power(at.dense(exponent, 0, base[0][0])), base)


def hyperbolic(at: Surroundings, e: Any) -> Jet:
    """Return tanh and the like as a quotient."""
    x = e.args[0]
    sinh, cosh = sp.sinh(x, evaluate=False), sp.cosh(x, evaluate=False)
    over, under = {
        sp.tanh: (sinh, cosh), sp.coth: (cosh, sinh),
        sp.sech: (sp.S.One, cosh), sp.csch: (sp.S.One, sinh),
        sp.tan: (sp.sin(x, evaluate=False), sp.cos(x, evaluate=False)),
    }[type(e)]  # fmt: skip
    inverse = at.arithmetic.function(power(np.array(-1.0)), at.value(under))
    return at.arithmetic.product([at.value(over), inverse])


def extreme(at: Surroundings, e: Any) -> Jet:
    """Return the largest or the smallest argument."""
    values = [at.value(x) for x in e.args]
    if isinstance(e, sp.Max):
        return larger(at, values)
    return at.arithmetic.scale(larger(at, [at.arithmetic.scale(x, -1) for x in values]), -1)


def larger(at: Surroundings, values: Sequence[Jet]) -> Jet:
    """Return the largest value; where two tie it has no derivative."""
    result, *others = values
    for other in others:
        labels = tuple(sorted({*result[0][0], *other[0][0]}))
        first, second = (at.dense(jet, 0, labels) for jet in (result, other))
        result = at.arithmetic.choose((labels, first > second), result, other)
        kink = (labels, np.where(first == second, np.nan, 0.0))
        if len(result) > 1:
            smooth = {levels: kink for levels in result if levels}
            result = at.arithmetic.add([result, {0: (labels, np.zeros_like(first)), **smooth}])
    return result


def undefined(at: Surroundings, e: AppliedUndef) -> Jet:
    """Return a SymPy function without a definition."""
    arguments = [at.value(x) for x in e.args]
    return _opaque(at, e.func.__name__, (0,) * len(arguments), arguments)


def applied(at: Surroundings, e: Applied) -> Jet:
    """Return an opaque function, or a partial derivative of it."""
    return _opaque(at, e.name, e.orders, [at.value(x) for x in e.arguments])


def _opaque(at: Surroundings, name: str, orders: Sequence[int], arguments: Sequence[Jet]) -> Jet:
    """Return a derivative of  sum_k w_k(x_k) + w(sum_k c_k x_k)  by its arguments."""
    total, parts = sum(orders), []
    for k, x in enumerate(arguments):
        if total == orders[k]:
            parts.append(at.arithmetic.function(_wave(f"{name} {k}", total), x))
    weights = opaque_coefficients(f"{name} together", len(arguments))
    mixed = at.arithmetic.add(
        at.arithmetic.scale(x, c) for x, c in zip(arguments, weights, strict=True)
    )
    factor = float(np.prod(np.power(weights, orders)))
    whole = at.arithmetic.function(_wave(f"{name} together", total), mixed)
    return at.arithmetic.add([*parts, at.arithmetic.scale(whole, factor)])


def _wave(name: str, order: int) -> Derivatives:
    return differentiated(opaque_wave(name), order)
