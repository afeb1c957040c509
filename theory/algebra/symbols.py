"""Symbols of the index calculus: sizes, indices, tensors and the operators of gradient theory.

Expressions are SymPy objects.  What SymPy lacks is added here: an index that carries the size it
ranges over, a tensor that checks its slots, and unevaluated nodes for "the partial derivative of
a quantity of a model", "its first-order change under a gradient step" and "its rate along the
gradient flow".  A `theory.models.Model` gives these nodes their values.

Conventions: an index over a size ``n`` takes the values 1..n; a sum without bounds written down
by `total` runs over the whole range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy.core.symbol import Symbol
from sympy.printing.precedence import PRECEDENCE

__all__ = [
    "Flow",
    "Index",
    "ORDER",
    "Partial",
    "Size",
    "Step",
    "Tensor",
    "delta",
    "indices",
    "is_order",
    "order_of",
    "scalar",
    "total",
]


ORDER = ".order."  # begins the names of orders; no quantity of a paper is called so


class Size(Symbol):
    """A symbolic dimension, a positive integer such as ``T`` (positions) or ``d_v`` (features).

    ``feature=True`` marks an axis that papers do not write: in ``v_j`` the axis of size ``d_v`` is
    silent.  It changes how equations are printed, never what they mean.
    """

    feature: bool

    def __new__(cls, name: str, *, feature: bool = False) -> Size:
        """Return the size called ``name``."""
        self = Symbol.__xnew__(cls, name, integer=True, positive=True)
        self.feature = feature
        return self

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.feature)

    def __getnewargs_ex__(self) -> Any:  # pickling: SymPy's own would drop `feature`
        return (self.name,), {"feature": self.feature}


class Index(Symbol):
    """An index that ranges over one `Size`; two indices of different sizes never meet."""

    size: Size

    def __new__(cls, name: str, size: Size) -> Index:
        """Return the index ``name`` over ``size``."""
        self = Symbol.__xnew__(cls, name, integer=True, positive=True)
        self.size = size
        return self

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.size)

    def __getnewargs_ex__(self) -> Any:
        return (self.name, self.size), {}


def indices(names: str, size: Size) -> tuple[Index, ...]:
    """Return one index over ``size`` for each of the blank-separated ``names``."""
    return tuple(Index(name, size) for name in names.split())


class Tensor(sp.IndexedBase):
    """A named array of real numbers with one `Size` per axis.

    ``nonnegative=True`` declares entries >= 0 (variances, masks); only then are square roots of
    its entries split.

    Raises `ValueError` from ``tensor[i, j]`` when an index has the wrong size or their number is
    wrong: the message names the slot, the size it needs and the index that arrived.
    """

    def __new__(cls, name: str | Symbol, axes: Iterable[Size], *, nonnegative: bool = False) -> Any:
        """Return the tensor called ``name`` with these axes."""
        if isinstance(name, str):
            name = Symbol(name, nonnegative=True) if nonnegative else Symbol(name, real=True)
        return super().__new__(cls, name, shape=sp.Tuple(*axes))

    @property
    def axes(self) -> tuple[Size, ...]:
        """The size of every axis, in order."""
        return tuple(self.shape)  # type: ignore[arg-type]

    def __getitem__(self, index: Any, **_: Any) -> Any:
        """Return the entry at ``index``: indices over the right sizes, or positive integers."""
        given = index if isinstance(index, tuple) else (index,)
        if any(isinstance(item, str) for item in given):  # SymPy would evaluate the text
            raise TypeError(f"`{self}` takes indices and positions, not text; got {given}.")
        if len(given) != len(self.axes):
            raise ValueError(
                f"`{self}` has {len(self.axes)} axes {self.axes}; got {len(given)} indices {given}."
            )
        for slot, (item, size) in enumerate(zip(given, self.axes, strict=True), start=1):
            if isinstance(item, Index) and item.size != size:
                raise ValueError(
                    f"slot {slot} of `{self}` ranges over {size}; "
                    f"got the index {item}, which ranges over {item.size}."
                )
        return sp.Indexed(self, *given)

    # SymPy's printers would take us for its own class of this name
    def _latex(self, printer: Any, **_: Any) -> str:
        return printer._print(self.label)

    def _pretty(self, printer: Any, **_: Any) -> Any:
        return printer._print(self.label)


def order_of(size: Size) -> Tensor:
    """Return the tensor whose entry [j, k] is 1 where k <= j and 0 elsewhere.

    What sums over part of a range are written with: the sum over k <= j of f_k is that over all k
    of order[j, k] f_k.
    """
    return Tensor(f"{ORDER}{size.name}", (size, size), nonnegative=True)


def is_order(name: str) -> bool:
    """Return whether a tensor of this name is the order of a range."""
    return name.startswith(ORDER)


def scalar(name: str, *, positive: bool = False) -> Symbol:
    """Return a real scalar symbol; ``positive=True`` for rates, temperatures and variances."""
    return Symbol(name, positive=True) if positive else Symbol(name, real=True)


def _expression(value: Any) -> sp.Basic:
    """Return a number or an expression; a string is refused, because SymPy would evaluate it."""
    return sp.sympify(value, strict=True)


def _factor(printer: Any, expression: sp.Basic) -> str:
    """Return an expression in LaTeX, in brackets unless it can stand beside a factor."""
    return printer.parenthesize(expression, PRECEDENCE["Mul"], strict=True)


def total(body: Any, *bound: Index) -> Any:
    """Return the sum of ``body`` over the whole range of each bound index."""
    body = _expression(body)
    if not bound:
        return body
    return sp.Sum(body, *((k, 1, k.size) for k in bound))


def delta(i: Any, j: Any) -> sp.Expr:
    """Return the Kronecker delta of two indices of one size.

    Raises `ValueError` if the sizes differ.
    """
    if isinstance(i, Index) and isinstance(j, Index) and i.size != j.size:
        raise ValueError(
            f"a Kronecker delta needs two indices of one size; "
            f"got {i} over {i.size} and {j} over {j.size}."
        )
    return sp.KroneckerDelta(i, j)


class Partial(sp.Expr):
    """The partial derivative of ``args[0]`` by the entries ``args[1:]``, not yet evaluated.

    It cuts the model at what it differentiates by: in ``Partial(L, s[i, j])`` the scores are free
    inputs, and everything computed from them varies with them.
    """

    def __new__(cls, quantity: Any, *by: Any) -> Partial:
        """Return the unevaluated derivative."""
        if not by:
            raise ValueError("`Partial` needs at least one entry to differentiate by; got none.")
        return sp.Expr.__new__(cls, *map(_expression, (quantity, *by)))

    def _latex(self, printer: Any, **_: Any) -> str:
        quantity, *by = self.args
        power = f"^{{{len(by)}}}" if len(by) > 1 else ""
        below = " ".join(rf"\partial {printer._print(x)}" for x in by)
        return rf"\frac{{\partial{power} {_factor(printer, quantity)}}}{{{below}}}"


class Step(sp.Expr):
    """The first-order change of ``args[0]`` under one gradient step of rate ``args[1]``.

    The step moves the whole tensors whose entries are ``args[2:]``: each x becomes
    x - rate * dL/dx.  Terms of order rate^2 are dropped; for a quantity linear in x nothing is.
    """

    def __new__(cls, quantity: Any, rate: Any, *moved: Any) -> Step:
        """Return the unevaluated change."""
        if not moved:
            raise ValueError("`Step` needs at least one tensor that moves; got none.")
        return sp.Expr.__new__(cls, *map(_expression, (quantity, rate, *moved)))

    def _latex(self, printer: Any, **_: Any) -> str:
        return rf"\Delta {_factor(printer, self.args[0])}"


class Flow(sp.Expr):
    """The rate d/dt of ``args[0]`` along the gradient flow dx/dt = -rate_x dL/dx.

    The remaining arguments are pairs (entry of x, rate_x), flattened.
    """

    def __new__(cls, quantity: Any, *pairs: Any) -> Flow:
        """Return the unevaluated rate; ``pairs`` are (entry, rate) tuples."""
        if not pairs:
            raise ValueError("`Flow` needs at least one (tensor, rate) pair; got none.")
        flat = [item for pair in pairs for item in (pair if isinstance(pair, tuple) else (pair,))]
        return sp.Expr.__new__(cls, *map(_expression, (quantity, *flat)))

    def _latex(self, printer: Any, **_: Any) -> str:
        return rf"\frac{{d}}{{dt}} {_factor(printer, self.args[0])}"

    @property
    def pairs(self) -> tuple[tuple[Any, Any], ...]:
        """The (entry, rate) pairs."""
        return tuple(zip(self.args[1::2], self.args[2::2], strict=True))
