"""Derivatives in closed form, for Coq to check: nothing here has to be trusted.

d(softmax)_j = softmax_j (de_j - sum_k softmax_k de_k); everything else goes along the structure.
Deltas under a sum over one of their indices are contracted, so that second derivatives stay short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from proofs_checks.certificates.problem import NotCertified
from proofs_checks.certificates.program import Program, instance
from theory.algebra.expressions import (
    entry_tensor,
    free_indices,
    fresh,
    refresh,
    slots,
    substitute,
    tensors_in,
)
from theory.algebra.symbols import Flow, Index, Partial
from theory.models.model import name_of

__all__ = ["closed_form", "contracted"]

Seeds = Mapping[str, Callable[[tuple[Any, ...]], Any]]


def closed_form(program: Program, e: Any) -> Any:
    """Return ``e`` without derivatives, in terms of the lines of the program."""
    if isinstance(e, Partial):
        quantity, entry = e.args
        name, at = name_of(entry_tensor(entry)), slots(entry)

        def seed(idx: tuple[Any, ...]) -> Any:
            return sp.Mul(*(sp.KroneckerDelta(p, q) for p, q in zip(idx, at, strict=True)))

        inner = refresh(closed_form(program, quantity))
        return contracted(_tangent(program, inner, {name: seed}))
    if isinstance(e, Flow):
        seeds = {}
        for x, rate in e.pairs:
            seeds[name_of(entry_tensor(x))] = _descent(program, x, rate)
        inner = refresh(closed_form(program, e.args[0]))
        return contracted(_tangent(program, inner, seeds))
    if not e.has(Partial, Flow):
        return e
    return e.func(*(closed_form(program, x) for x in e.args))


def _descent(program: Program, x: Any, rate: Any) -> Callable[[tuple[Any, ...]], Any]:
    def seed(idx: tuple[Any, ...]) -> Any:
        tensor = entry_tensor(x)
        entry = tensor[idx] if idx else tensor
        return -rate * closed_form(program, Partial(program.model.loss, entry))

    return seed


def _tangent(program: Program, e: Any, seeds: Seeds) -> Any:
    varying = set(seeds) | set(program.computed(seeds))

    def go(e: Any) -> Any:
        if not tensors_in(e) & varying:
            return sp.S.Zero
        if isinstance(e, sp.Indexed | sp.Symbol):
            return entry(name_of(entry_tensor(e)), slots(e))
        if isinstance(e, sp.Add):
            return sp.Add(*map(go, e.args))
        if isinstance(e, sp.Mul):
            return sp.Add(*(sp.Mul(*e.args[:n], go(a), *e.args[n + 1 :])
                            for n, a in enumerate(e.args)))  # fmt: skip
        if isinstance(e, sp.Sum):
            inner = go(e.function)
            return sp.Sum(inner, *e.limits) if inner != 0 else inner
        if isinstance(e, sp.Pow) and not tensors_in(e.exp) & varying:
            return e.exp * e.base ** (e.exp - 1) * go(e.base)
        if type(e) in SLOPES:
            return SLOPES[type(e)](e.args[0]) * go(e.args[0])
        raise NotCertified(f"the derivative of {type(e).__name__} is not written out")

    def entry(name: str, at: tuple[Any, ...]) -> Any:
        if name in seeds:
            return seeds[name](at)
        line, share = program.lines[name], program.shares.get(name)
        if share is None:
            return go(refresh(instance(line, at)))
        if tensors_in(share.weight) & varying:
            raise NotCertified(f"the weights of the share `{name}` vary")
        tensor, k = entry_tensor(line.symbol), fresh(share.own)
        here = dict(zip(line.parameters, at, strict=True))
        slope = go(refresh(substitute(share.exponent, here)))
        other = go(refresh(substitute(share.exponent, {**here, share.own: k})))
        mean = sp.Sum(tensor[(*at[:-1], k)] * other, (k, 1, k.size)) if other != 0 else 0
        return tensor[at] * (slope - mean)

    return go(e)


SLOPES: dict[Any, Callable[[Any], Any]] = {
    sp.exp: sp.exp,
    sp.log: lambda x: 1 / x,
    sp.sinh: sp.cosh,
    sp.cosh: sp.sinh,
    sp.tanh: lambda x: 1 - sp.tanh(x) ** 2,
    sp.sech: lambda x: -sp.sech(x) * sp.tanh(x),
}


def contracted(e: Any) -> Any:
    """Return ``e`` with the deltas under sums over their indices contracted."""
    return sp.Add(*_terms(e))


def _terms(e: Any) -> list[Any]:
    if not e.has(sp.KroneckerDelta):
        return [e]
    if isinstance(e, sp.Add):
        return [t for a in e.args for t in _terms(a)]
    if isinstance(e, sp.Mul):
        result = [sp.S.One]
        for a in e.args:
            result = [r * t for r in result for t in _terms(a)]
        return result
    if isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp > 1:
        return _terms(sp.Mul(*(refresh(e.base) for _ in range(int(e.exp))), evaluate=False))
    if isinstance(e, sp.Sum):
        bound: list[Any] = [limit[0] for limit in e.limits]
        found = []
        for t in _terms(e.function):
            found += _summed(t, bound)
        return found
    return [e]


def _summed(term: Any, bound: list[Index]) -> list[Any]:
    """Return the sum of a product over the bound indices, deltas contracted."""
    factors = list(sp.Mul.make_args(term))
    for k in bound:
        for factor in factors:
            if isinstance(factor, sp.KroneckerDelta) and k in factor.args:
                other = next(x for x in factor.args if x != k)
                rest = sp.Mul(*(f for f in factors if f is not factor))
                left = [b for b in bound if b != k]
                reduced = substitute(rest, {k: other})
                return [t for r in _terms(reduced) for t in _summed(r, left)]
    outside = [f for f in factors if not free_indices(f) & set(bound)]
    inside = [f for f in factors if free_indices(f) & set(bound)]
    used = [k for k in bound if any(k in free_indices(f) for f in inside)]
    count = sp.Mul(*(k.size for k in bound if k not in used))
    body = sp.Mul(*inside)
    summed = sp.Sum(body, *((k, 1, k.size) for k in used)) if used else body
    return [count * sp.Mul(*outside) * summed]
