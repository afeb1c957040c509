"""How every kind of node is evaluated in its surroundings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from proofs_checks.checks.plain.dependence import quantity_name
from proofs_checks.checks.plain.functions import (
    ELEMENTARY,
    opaque_coefficients,
    opaque_wave,
    power,
)
from proofs_checks.checks.plain.jets import Jet, Unjudgeable
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor

if TYPE_CHECKING:
    from proofs_checks.checks.plain.evaluator import Surroundings

__all__ = ["evaluation_of"]

Evaluation: TypeAlias = "Callable[[Surroundings, Any], Jet]"


def evaluation_of(e: sp.Basic) -> Evaluation:
    """Return how to evaluate an expression of this kind."""
    for kinds, evaluation in _EVALUATIONS:
        if isinstance(e, kinds):
            return evaluation
    if type(e) in ELEMENTARY:
        return _elementary
    raise Unjudgeable(f"`{e}` ({type(e).__name__}) has no float64 value here")


# -- numbers and entries --------------------------------------------------------------------------


def _number(at: Surroundings, e: Any) -> Jet:
    number = float(e)
    if not math.isfinite(number):
        raise Unjudgeable(f"`{e}` is no number that float64 can hold")
    return at.arithmetic.number(number)


def _size(at: Surroundings, e: Size) -> Jet:
    return at.arithmetic.number(at.common.length(e.name))


def _index(at: Surroundings, e: Index) -> Jet:
    label = at.common.label(e)
    return {0: ((label,), np.arange(1.0, at.arithmetic.lengths[label] + 1))}


def _scalar(at: Surroundings, e: sp.Symbol) -> Jet:
    found = at.tensor(e)
    if at.common.slots(e):
        raise Unjudgeable(f"`{e}` stands without its indices")
    return found


def _entry(at: Surroundings, e: sp.Indexed) -> Jet:
    if not isinstance(e.base, Tensor) or len(e.indices) != len(e.base.axes):
        raise Unjudgeable(f"`{e}` has other indices than its tensor")
    places = {}
    slots = at.common.slots(e.base)
    for slot, index, size in zip(slots, e.indices, e.base.axes, strict=True):
        places[slot] = _place(at, e, index, size)
    return at.arithmetic.relabelled(at.tensor(e.base), places)


def _place(at: Surroundings, e: sp.Basic, index: Any, size: Size) -> tuple[int | None, int]:
    """Return the label of an index, or the position it fixes."""
    if isinstance(index, Index):
        if index.size != size:
            raise Unjudgeable(f"`{index}` stands in `{e}` for an index over {size}")
        return at.common.label(index), 0
    length = at.common.length(size.name)
    position = length if index == size else int(index) if isinstance(index, sp.Integer) else 0
    if not 1 <= position <= length:
        raise Unjudgeable(f"`{index}` stands in `{e}` for an index over {size}, here 1..{length}")
    return None, position - 1


def _delta(at: Surroundings, e: sp.KroneckerDelta) -> Jet:
    """Return where two numbers made of indices, sizes and integers are equal."""
    first, second = e.args[:2]
    loose = (first.free_symbols | second.free_symbols) - {
        x for x in e.free_symbols if isinstance(x, Index | Size)
    }
    if loose:
        raise Unjudgeable(f"`{e}` does not compare indices")
    return _compared(at, np.equal, at.value(first), at.value(second))


def _compared(at: Surroundings, relation: Callable[..., Any], first: Jet, second: Jet) -> Jet:
    labels = tuple(sorted({*first[0][0], *second[0][0]}))
    arrays = [at.dense(jet, 0, labels).round(3) for jet in (first, second)]  # noise counts for 0
    return {0: (labels, relation(*arrays).astype(float))}


# -- sums and products ----------------------------------------------------------------------------


def _sum_of_terms(at: Surroundings, e: sp.Add) -> Jet:
    return at.arithmetic.add(at.value(x) for x in e.args)


def _product(at: Surroundings, e: sp.Mul) -> Jet:
    return at.arithmetic.product([at.value(x) for x in e.args])


def _sum(at: Surroundings, e: sp.Sum) -> Jet:
    """Return a sum over whole ranges, or over the part between limits made of numbers."""
    bound, inside = [], []
    for index, low, high in e.limits:
        if not isinstance(index, Index):
            raise Unjudgeable(f"`{index}` is summed over and ranges over no size")
        bound.append(at.common.label(index))
        if low != 1 or high != index.size:
            inside += _between(at, index, low, high)
    terms = e.function.args if isinstance(e.function, sp.Add) else (e.function,)
    return at.arithmetic.add(_summed(at, term, bound, inside) for term in terms)


def _summed(at: Surroundings, e: sp.Basic, bound: Sequence[int], inside: Sequence[Jet]) -> Jet:
    factors = e.args if isinstance(e, sp.Mul) else (e,)
    return at.arithmetic.product([*inside, *(at.value(x) for x in factors)], bound)


def _between(at: Surroundings, index: Index, low: sp.Basic, high: sp.Basic) -> list[Jet]:
    """Return where low <= index <= high."""
    ends = [at.value(x) for x in (low, high)]
    length = at.common.length(index.size.name)
    if ends[0][0][1].min() < 1 or ends[1][0][1].max() > length:
        raise Unjudgeable(f"the sum over {index} from {low} to {high} leaves the range of {index}")
    own = _index(at, index)
    return [
        _compared(at, np.greater_equal, own, ends[0]),
        _compared(at, np.less_equal, own, ends[1]),
    ]


# -- functions ------------------------------------------------------------------------------------


def _elementary(at: Surroundings, e: Any) -> Jet:
    return at.arithmetic.function(ELEMENTARY[type(e)], at.value(e.args[0]))


def _power(at: Surroundings, e: sp.Pow) -> Jet:
    if e.base is sp.E:
        return at.arithmetic.function(ELEMENTARY[sp.exp], at.value(e.exp))
    base, exponent = at.value(e.base), at.value(e.exp)
    if len(exponent) == 1:
        labels, values = exponent[0]
        if not labels:
            return at.arithmetic.function(power(values), base)
        if not any(base.keys()):
            both = tuple(sorted({*labels, *base[0][0]}))
            first, second = (at.dense(jet, 0, both) for jet in (base, exponent))
            return at.arithmetic.function(power(second), {0: (both, first)})
        spread = {0: (labels, np.zeros_like(values))}  # gives the base the labels of the exponent
        base = at.arithmetic.add([base, spread])
        aligned = at.dense(exponent, 0, base[0][0])
        return at.arithmetic.function(power(aligned), base)
    log = at.arithmetic.function(ELEMENTARY[sp.log], base)
    return at.arithmetic.function(ELEMENTARY[sp.exp], at.arithmetic.product([exponent, log]))


def _hyperbolic(at: Surroundings, e: Any) -> Jet:
    x = e.args[0]
    sinh, cosh = sp.sinh(x, evaluate=False), sp.cosh(x, evaluate=False)
    over, under = {
        sp.tanh: (sinh, cosh), sp.coth: (cosh, sinh),
        sp.sech: (sp.S.One, cosh), sp.csch: (sp.S.One, sinh),
        sp.tan: (sp.sin(x, evaluate=False), sp.cos(x, evaluate=False)),
    }[type(e)]  # fmt: skip
    inverse = at.arithmetic.function(power(np.float64(-1)), at.value(under))
    return at.arithmetic.product([at.value(over), inverse])


def _extreme(at: Surroundings, e: Any) -> Jet:
    """Return the largest or smallest argument; where two tie, it has no derivative."""
    result, *others = (at.value(x) for x in e.args)
    for other in others:
        labels = tuple(sorted({*result[0][0], *other[0][0]}))
        first, second = (at.dense(jet, 0, labels) for jet in (result, other))
        chosen = first > second if isinstance(e, sp.Max) else first < second
        result = at.arithmetic.choose((labels, chosen), result, other)
        kink = {0: (labels, np.where(first == second, np.nan, 0.0))}
        smooth = {levels: kink[0] for levels in result if levels}
        result = at.arithmetic.add([result, smooth]) if smooth else result
    return result


def _opaque(at: Surroundings, e: AppliedUndef) -> Jet:
    return opaque(at, e.func.__name__, [at.value(x) for x in e.args])


def opaque(at: Surroundings, name: str, arguments: Sequence[Jet]) -> Jet:
    """Return a function of these arguments that nobody has defined."""
    wave = opaque_wave(name)
    parts = [at.arithmetic.function(wave, x) for x in arguments]
    if len(arguments) > 1:
        weights = opaque_coefficients(f"{name}, together", len(arguments))
        mixed = at.arithmetic.add(
            at.arithmetic.scale(x, c) for x, c in zip(arguments, weights, strict=True)
        )
        parts.append(at.arithmetic.function(opaque_wave(f"{name}, together"), mixed))
    return at.arithmetic.add(parts)


# -- derivatives ----------------------------------------------------------------------------------


def _partial(at: Surroundings, e: Partial) -> Jet:
    quantity, *earlier, entry = e.args
    if earlier:
        quantity = Partial(quantity, *earlier)
    tensor = _moving(entry)
    if not isinstance(entry, sp.Indexed):
        return at.derivative(quantity, tensor, ())
    axes = entry.base.axes
    if len(entry.indices) != len(axes):
        raise Unjudgeable(f"`{entry}` has other indices than its tensor")
    places = [_place(at, entry, k, size) for k, size in zip(entry.indices, axes, strict=True)]
    return at.derivative(quantity, tensor, places)


def _moving(entry: Any) -> Any:
    """Return the tensor or scalar to differentiate by."""
    if isinstance(entry, sp.Indexed) and isinstance(entry.base, Tensor):
        return entry.base
    if isinstance(entry, sp.Symbol) and not isinstance(entry, Index | Size):
        return entry
    raise Unjudgeable(f"`{entry}` is no entry and no scalar to differentiate by")


def _step(at: Surroundings, e: Step) -> Jet:
    quantity, rate, *moved = e.args
    return _along(at, quantity, [(x, rate) for x in moved])


def _flow(at: Surroundings, e: Flow) -> Jet:
    return _along(at, e.args[0], e.pairs)


def _along(at: Surroundings, quantity: sp.Basic, moves: Iterable[tuple[Any, Any]]) -> Jet:
    """Return the change of a quantity when every x moves along -rate dL/dx."""
    moves, dependence = list(moves), at.common.dependence
    names = [quantity_name(_moving(x)) for x, _ in moves]
    for name in names:
        if any(other != name and other in dependence.of_name(name) for other in names):
            raise Unjudgeable(f"`{name}` moves together with what it is computed from")
    parts = []
    for entry, rate in moves:
        tensor = _moving(entry)
        if isinstance(entry, sp.Indexed) and not all(isinstance(x, Index) for x in entry.indices):
            raise Unjudgeable(f"`{entry}` is one entry; what moves is the whole tensor")
        apart = at.common.apart(tensor)
        places = [(x, 0) for x in apart]
        change = at.derivative(quantity, tensor, places)
        gradient = at.derivative(dependence.model.loss, tensor, places)
        speed = at.arithmetic.scale(at.value(rate), -1)
        inner = at.arithmetic.product([change, gradient], apart)
        parts.append(at.arithmetic.product([speed, inner]))
    return at.arithmetic.add(parts)


_EVALUATIONS: tuple[tuple[Any, Evaluation], ...] = (
    ((sp.Rational, sp.Float, sp.NumberSymbol), _number),
    (Size, _size),
    (Index, _index),
    (sp.Indexed, _entry),
    (sp.Symbol, _scalar),
    (sp.Add, _sum_of_terms),
    (sp.Mul, _product),
    (sp.Sum, _sum),
    (sp.Pow, _power),
    (sp.KroneckerDelta, _delta),
    ((sp.tanh, sp.coth, sp.sech, sp.csch, sp.tan), _hyperbolic),
    ((sp.Max, sp.Min), _extreme),
    (AppliedUndef, _opaque),
    (Partial, _partial),
    (Step, _step),
    (Flow, _flow),
)
