r"""From an index expression to the notions of papers, before it is printed.

    dL_dz[i, c]                          ->  the partial derivative of L by z_ic
    sum_k alpha_ik b_ik                  ->  the mean E_{alpha_i}[b]
    - sum_k alpha_ik log alpha_ik        ->  the entropy H(alpha_i), in nats

A mean needs weights whose sum over k is one: that is read off the model's rules, never off a name.
Every bound index gets a name of its own here, so that products and sums may be taken apart freely.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.expressions import bound_of, free_indices, substitute
from theory.algebra.polynomial import Entry
from theory.algebra.symbols import Flow, Index, Partial, Step, Tensor
from theory.models.model import Model

__all__ = [
    "Entropy",
    "Mean",
    "axes",
    "is_full",
    "label",
    "limits_of",
    "prepared",
    "silent_free",
    "stochastic_tensors",
]

ADJOINT = re.compile(r"d([A-Za-z]+)_d(\w+)")


class Mean(sp.Expr):
    """The mean of the entry ``args[1]`` under the weights ``args[0]``, over their last index."""


class Entropy(sp.Expr):
    """The entropy in nats of the weights ``args[0]``, over their last index."""


def label(e: Any) -> str:
    """Return the name of an entry's tensor."""
    return str(e.base.label)


def axes(e: Any) -> tuple[Any, ...]:
    """Return the sizes of an entry's slots."""
    return tuple(e.base.shape)


def limits_of(e: sp.Basic) -> list[tuple[Any, Any, Any]]:
    """Return the (index, first, last) of a sum."""
    return [tuple(limit) for limit in e.limits]  # type: ignore[attr-defined]


def is_full(limit: tuple[Any, Any, Any]) -> bool:
    """Return whether the limits of a sum are the whole range of an index."""
    k, low, high = limit
    return isinstance(k, Index) and low == 1 and high == k.size


@lru_cache(maxsize=16384)
def silent_free(e: sp.Basic) -> frozenset[Index]:
    """Return the free indices over features; what a `Step` or `Flow` moves does not count."""
    if isinstance(e, Index):
        return frozenset((e,)) if e.size.feature else frozenset()
    if isinstance(e, Step | Flow):
        return silent_free(e.args[0])
    if isinstance(e, Binder):
        outside = frozenset().union(*map(silent_free, e.slots))
        return (silent_free(e.body) - frozenset(e.bound)) | outside
    if not e.args or isinstance(e, Tensor):
        return frozenset()
    inner = frozenset().union(*(silent_free(x) for x in e.args))
    return inner - frozenset(bound_of(e)) if isinstance(e, sp.Sum) else inner


@lru_cache(maxsize=64)
def stochastic_tensors(model: Model | None) -> frozenset[str]:
    """Return the names of the tensors whose sum over the last axis is one by the model's rules."""
    names = set()
    for rule in model.rules if model else ():
        factors = rule.pattern.factors
        if len(rule.bound) != 1 or len(factors) != 1 or rule.replacement.constant != 1:
            continue
        atom, exponent = factors[0]
        if isinstance(atom, Entry) and exponent == 1 and atom.indices[-1:] == rule.bound:
            others = atom.indices[:-1]
            if all(k[0][0] == "?" for k in others) and len(set(others)) == len(others):
                names.add(atom.name)
    return frozenset(names)


def prepared(expression: sp.Expr, model: Model | None = None) -> sp.Expr:
    """Return the expression with adjoints, means and entropies recognised.

    Bound indices are renamed apart: "k" becomes "k~~1", "k~~2", ...
    """
    return _Recogniser(model).read(sp.sympify(expression, strict=True))


_INDEXED = (sp.Indexed, sp.Sum, Index, Partial, Step, Flow, Mean, Entropy)


class _Recogniser:
    def __init__(self, model: Model | None) -> None:
        known = frozenset(model.tensors) if model else frozenset()
        # an undefined loss has free inputs for its derivatives; they are printed as such
        self.known = known - {f"d{model.loss.name}_d{x}" for x in known if model}
        self.weights = stochastic_tensors(model)
        self.numbers: Iterator[int] = itertools.count(1)

    def read(self, e: Any) -> Any:
        if isinstance(e, sp.Indexed):
            return self._entry(e)
        if isinstance(e, Tensor | Index) or (not e.args and not isinstance(e, sp.Symbol)):
            return e
        if isinstance(e, sp.Symbol):
            found = self._adjoint(e.name)
            return Partial(*(sp.Symbol(x, real=True) for x in found)) if found else e
        if isinstance(e, sp.Sum):
            return self._sum(e)
        if isinstance(e, Step | Flow):
            # what moves is no part of the value: only the quantity is printed
            return e.func(self.read(e.args[0]), *e.args[1:])
        return e.func(*(self.read(argument) for argument in e.args))

    def _adjoint(self, name: str) -> tuple[str, str] | None:
        match = None if name in self.known else ADJOINT.fullmatch(name)
        return (match[1], match[2]) if match else None

    def _entry(self, e: sp.Indexed) -> sp.Expr:
        found = self._adjoint(label(e))
        if not found:
            return e
        loss, name = found
        return Partial(sp.Symbol(loss, real=True), Tensor(name, axes(e))[tuple(e.indices)])

    def _sum(self, e: sp.Sum) -> sp.Expr:
        renaming: dict[Any, Any] = {}
        limits: list[Any] = []
        for k, low, high in limits_of(e):
            new = self._apart(k) if isinstance(k, Index) else k
            renaming.setdefault(k, new)  # of two limits with one name the inner one binds
            limits.append((new, low, high))
        limits = [(k, substitute(a, renaming), substitute(b, renaming)) for k, a, b in limits]
        body = self.read(substitute(e.function, renaming))
        if len(limits) == 1 and is_full(limits[0]) and not limits[0][0].size.feature:
            found = self._mean(body, limits[0][0])
            if found is not None:
                return found
        constant, body = body.as_independent(*_INDEXED, as_Add=False)
        if isinstance(body, sp.Sum) and all(map(is_full, (*limits, *limits_of(body)))):
            body, limits = body.function, [*limits, *limits_of(body)]
        return constant * sp.Sum(body, *limits)

    def _apart(self, k: Index) -> Index:
        # two marks: names made by `fresh` have one, and both occur in one expression
        return Index(f"{k.name.split('~')[0]}~~{next(self.numbers)}", k.size)

    def _mean(self, body: sp.Expr, k: Index) -> sp.Expr | None:
        """Return the mean or the entropy that a sum over ``k`` is, or None."""
        factors = sp.Mul.make_args(body)
        inside = [f for f in factors if k in free_indices(f)]
        weights = next((f for f in inside if self._weighs(f, k)), None)
        if weights is None or len(inside) != 2:
            return None
        value = inside[0] if inside[1] == weights else inside[1]
        outside = sp.Mul(*(f for f in factors if f not in inside))
        if value == sp.log(weights) and "H" not in self.known:
            return -outside * Entropy(weights)
        entry = value.args[0] if isinstance(value, Step) else value
        if isinstance(entry, sp.Indexed) and entry.indices == tuple(weights.args[1:]):
            return outside * Mean(weights, value)
        return None

    def _weighs(self, factor: sp.Expr, k: Index) -> bool:
        """Return whether a factor is an entry that sums to one over ``k`` and nothing else."""
        return (
            isinstance(factor, sp.Indexed)
            and label(factor) in self.weights
            and factor.indices[-1] == k
            and list(factor.indices).count(k) == 1
        )
