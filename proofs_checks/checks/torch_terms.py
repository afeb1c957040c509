"""Arrays with named axes, each with its magnitude beside it: what index expressions evaluate to.

A `Term` holds a value, a magnitude >= |value| on the same axes (the sum of the absolute values of
everything that was added up, see `torch_majorant`: rounding is of the order of eps times it), and
where it stands on a logarithm or quotient that does not exist.  Magnitudes follow the first-order
propagation of errors: a + b has mag(a) + mag(b), a b has mag(a) |b| + |a| mag(b), f(x) has
|f(x)| + |f'(x)| mag(x).

Axes are the free indices of the expression, so a repeated index is one axis and a sum over an index
removes it.  An undefined factor disappears in a product with an exact zero: 0 log 0 = 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from proofs_checks.checks.torch_majorant import TINY
from theory.algebra.symbols import Index

__all__ = [
    "EPS",
    "LARGEST",
    "Array",
    "Term",
    "Unjudgeable",
    "add",
    "bounded",
    "constant",
    "contract",
    "elementwise",
    "power",
    "spread",
    "union",
    "whole_power",
]

Array = torch.Tensor

EPS = torch.finfo(torch.float64).eps

AXES = 24
"""The most axes an array may have; torch.einsum takes 52."""

LARGEST = 10**7
"""The most entries an intermediate array may have: 80 MB each for value and magnitude."""


class Unjudgeable(Exception):
    """The equation is outside what the judge can evaluate; the text says why."""


def bounded(entries: int) -> None:
    """Raise `Unjudgeable` if an array would have more than `LARGEST` entries."""
    if entries > LARGEST:
        raise Unjudgeable(f"an array of {entries} entries is needed; the limit is {LARGEST}")


@dataclass(frozen=True)
class Term:
    """A float64 array with one `Index` an axis.

    ``undefined`` is a boolean array on the same axes, None where everything is defined; the value
    there is an arbitrary finite number.
    """

    labels: tuple[Index, ...]
    value: Array
    magnitude: Array
    undefined: Array | None = None

    def onto(self, labels: Sequence[Index]) -> Term:
        """Return the term on these axes, in this order; axes it lacks get length 1."""
        nowhere = None if self.undefined is None else spread(self.undefined, self.labels, labels)
        value = spread(self.value, self.labels, labels)
        return Term(tuple(labels), value, spread(self.magnitude, self.labels, labels), nowhere)


def constant(number: float) -> Term:
    """Return a number as a term without axes."""
    value = torch.tensor(float(number), dtype=torch.float64)
    return Term((), value, value.abs())


def union(terms: Sequence[Term]) -> tuple[Index, ...]:
    """Return the axes of several terms, each once, in order of appearance."""
    return tuple(dict.fromkeys(x for term in terms for x in term.labels))


def _check_size(terms: Sequence[Term]) -> None:
    """Raise `Unjudgeable` if the terms together have too many axes or entries."""
    length = {x: n for term in terms for x, n in zip(term.labels, term.value.shape, strict=True)}
    if len(length) > AXES:
        raise Unjudgeable(f"{len(length)} indices meet in one product or sum; the limit is {AXES}")
    bounded(math.prod(length.values()))


def spread(array: Array, labels: Sequence[Index], onto: Sequence[Index]) -> Array:
    """Return the array with its axes in the order of ``onto`` and length-1 axes for the others."""
    if tuple(labels) == tuple(onto):
        return array
    array = array.permute([labels.index(x) for x in onto if x in labels])
    return array[tuple(slice(None) if x in labels else None for x in onto)]


def add(terms: Sequence[Term]) -> Term:
    """Return the sum of terms, broadcast over the axes of all of them."""
    labels = union(terms)
    _check_size(terms)
    aligned = [term.onto(labels) for term in terms]
    value, magnitude = aligned[0].value, aligned[0].magnitude
    for term in aligned[1:]:
        value, magnitude = value + term.value, magnitude + term.magnitude
    return Term(labels, value, magnitude, _any([t.undefined for t in aligned], value))


def contract(terms: Sequence[Term], bound: Sequence[Index], sizes: Mapping[str, int]) -> Term:
    """Return the product of terms, summed over the indices ``bound``."""
    labels = union(terms)
    kept = tuple(x for x in labels if x not in bound)
    _check_size(terms)
    copies = math.prod(sizes[x.size.name] for x in bound if x not in labels)
    value = _einsum([t.value for t in terms], terms, kept) * copies
    magnitude = _product_magnitude(terms, kept) * copies + _lost_by_underflow(terms)
    undefined = _undefined_product(terms, labels)
    if undefined is not None and kept != labels:
        undefined = spread(undefined, labels, (*kept, *(x for x in labels if x in bound)))
        undefined = undefined.flatten(len(kept)).any(-1)
    return Term(kept, value, magnitude, undefined)


def _product_magnitude(terms: Sequence[Term], kept: Sequence[Index]) -> Array:
    """Return the magnitude of a product: each factor's magnitude times the others' |value|.

    That is first-order propagation of the factors' errors; the products of two errors are eps
    times smaller.  While a graph is recorded it is the product of the magnitudes, a majorant.
    """
    sizes = [t.magnitude for t in terms]
    if torch.is_grad_enabled() or len(terms) == 1:
        return _einsum(sizes, terms, kept)
    values = [t.value.abs() for t in terms]
    total = EPS * _einsum(sizes, terms, kept)
    for k, size in enumerate(sizes):
        total = total + _einsum([*values[:k], size, *values[k + 1 :]], terms, kept)
    return total


def _lost_by_underflow(terms: Sequence[Term]) -> float | Array:
    """Return TINY, times what an intermediate product that underflowed may be multiplied by."""
    if len(terms) < 3:
        return TINY
    return TINY * math.prod(term.value.detach().abs().max().clamp(min=1) for term in terms)


def _einsum(arrays: list[Array], terms: Sequence[Term], kept: Sequence[Index]) -> Array:
    number = {x: position for position, x in enumerate(union(terms))}
    operands: list[object] = []
    for array, term in zip(arrays, terms, strict=True):
        operands += [array, [number[x] for x in term.labels]]
    return torch.einsum(*operands, [number[x] for x in kept])


def _undefined_product(terms: Sequence[Term], labels: Sequence[Index]) -> Array | None:
    if all(term.undefined is None for term in terms):
        return None
    aligned = [term.onto(labels) for term in terms]
    found = []
    for k, term in enumerate(aligned):
        if term.undefined is not None:
            here = term.undefined
            for other in aligned[:k] + aligned[k + 1 :]:
                here = here & (other.value != 0)
            found.append(here)
    shape = torch.broadcast_shapes(*(term.value.shape for term in aligned))
    return torch.stack([x.expand(shape) for x in found]).any(0)


def _any(masks: Sequence[Array | None], value: Array) -> Array | None:
    present = [mask.expand(value.shape) for mask in masks if mask is not None]
    return torch.stack(present).any(0) if present else None


def elementwise(
    function: Callable[[Array], Array], x: Term, undefined: Array | None = None
) -> Term:
    """Return f(x) with its magnitude |f| + |f'| mag(x), undefined also where the mask says so.

    While a graph is being recorded (inside a derivative) the magnitude is a majorant with first,
    second and third derivatives |f^(n)| + |f^(n+1)| mag(x).
    """
    nowhere = _any([x.undefined, undefined], x.value)
    if nowhere is not None and not bool(nowhere.any()):
        nowhere = None
    at = x.value if nowhere is None else torch.where(nowhere, 1.0, x.value)
    order = 3 if torch.is_grad_enabled() and x.magnitude.requires_grad else 0
    sizes = [d.abs() + TINY for d in _derivatives(function, at.detach(), order + 1)]
    base = x.magnitude.detach()
    magnitude = sizes[0] + sizes[1] * base
    if order:
        delta = x.magnitude - base
        for n in range(1, order + 1):
            coefficient = (sizes[n] + sizes[n + 1] * base) / math.factorial(n)
            magnitude = magnitude + coefficient * delta**n
    return Term(x.labels, function(at), magnitude, nowhere)


def _derivatives(function: Callable[[Array], Array], at: Array, order: int) -> list[Array]:
    """Return f(x), f'(x), ... up to the order."""
    with torch.enable_grad():
        at = at.clone().requires_grad_()
        found = [function(at)]
        for _ in range(order):
            if found[-1].requires_grad:
                found += torch.autograd.grad(found[-1].sum(), at, create_graph=True)
            else:
                found.append(torch.zeros_like(at))
    return [x.detach() for x in found]


def power(
    x: Term, exponent: float, sizes: Mapping[str, int], *, odd_root: bool | None = None
) -> Term:
    """Return x to a rational power; undefined where the real power does not exist.

    Fractional powers are undefined at 0 too: their derivative has no magnitude there.  Roots of
    odd order exist below 0: ``odd_root`` says whether such a power has the sign of x (None: there
    is no root, or one of even order).
    """
    if exponent in (1, 2, 3, 4):
        return contract([x] * int(exponent), (), sizes)
    at = x.value.detach()
    if odd_root is not None:
        return elementwise(lambda t: _odd_root(t, exponent, signed=odd_root), x, at == 0)
    if not float(exponent).is_integer():
        return elementwise(lambda t: t**exponent, x, at <= 0)
    if exponent > 0 or not bool((at == 0).any()):
        return elementwise(lambda t: t**exponent, x)
    found = elementwise(lambda t: t**exponent, x, at == 0)
    # 0/0 after an underflow is no 0: as NaN it counts as an overflow, and a gentler draw is made
    return replace(found, value=torch.where(at == 0, torch.nan, found.value))


def _odd_root(t: Array, exponent: float, *, signed: bool) -> Array:
    size = t.abs() ** exponent
    return size * t.detach().sign() if signed else size


def whole_power(x: Term, exponent: Term) -> Term:
    """Return x^e entry by entry, e whole numbers made of indices and sizes.

    Raises `Unjudgeable` where it is to be differentiated, and for exponents that are no integers.
    """
    if torch.is_grad_enabled() and x.value.requires_grad:
        raise Unjudgeable("a power whose exponent is an index is not differentiated here")
    labels = union((x, exponent))
    _check_size((x, exponent))
    base, power_of = x.onto(labels), exponent.onto(labels).value
    if bool((power_of != power_of.round()).any()):
        raise Unjudgeable("an exponent made of indices is no integer")
    at = base.value
    nowhere = (at == 0) & (power_of < 0)
    value = torch.where(nowhere, 1.0, at) ** power_of
    slope = power_of.abs() * torch.where(nowhere, 1.0, at).abs() ** (power_of - 1).clamp(min=-1e3)
    magnitude = value.abs() + torch.where(power_of == 0, 0.0, slope) * base.magnitude
    undefined = _any([base.undefined, nowhere if bool(nowhere.any()) else None], value)
    return Term(labels, value, magnitude, undefined)
