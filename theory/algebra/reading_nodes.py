"""The nodes of `theory.algebra.nodes` -> polynomials, and back; Max and Min among them.

Min(x, y) = -Max(-x, -y)        f^(2)(x) is an opaque function of its own
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.nodes import (
    Applied,
    Determinant,
    MatrixInverse,
    Maximum,
    ProductOver,
    leaving_out,
)
from theory.algebra.polynomial import Function, Ix, Polynomial
from theory.algebra.symbols import Index

if TYPE_CHECKING:
    from theory.algebra.reading import Reader

__all__ = ["applied", "applied_name", "applied_of", "extremum", "node_of", "ranged"]

Scope = Mapping[Index, Ix]
KINDS: dict[type[Binder], str] = {
    MatrixInverse: "inverse",
    Determinant: "det",
    ProductOver: "prod",
    Maximum: "max",
}
MARK = "^("  # no function of a user is called so


def ranged(reader: Reader, e: Any, scope: Scope) -> Polynomial:
    """Return an inverse, a determinant, a product or a maximum."""
    ring, inner, bound = reader.ring, dict(scope), []
    for k in e.bound:
        inner[k] = ring.fresh(reader.size_name(k))
        bound.append(inner[k])
    at = tuple(reader.position(x, e.bound[0].size, scope) for x in e.slots)
    return ring.ranged(KINDS[type(e)], tuple(bound), reader.read_in(e.body, inner), at)


def node_of(kind: str, body: Any, bound: Sequence[Index], at: Sequence[Any]) -> sp.Expr:
    """Return the node that the atom of this kind was read from."""
    if kind == "prod":
        for k in bound:
            body = ProductOver(body, k)
        return body
    if kind == "others":
        return leaving_out(body, bound[0], at[0])
    makers = {name: node for node, name in KINDS.items()}
    return makers[kind](body, *bound, *at)


def applied(reader: Reader, e: Applied, scope: Scope) -> Polynomial:
    """Return an opaque function of polynomials."""
    arguments = tuple(reader.read_in(x, scope) for x in e.arguments)
    return reader.ring.function(applied_name(reader.checked(e.name), e.orders), arguments)


def applied_name(name: str, orders: tuple[int, ...]) -> str:
    """Return how the normal form names a derivative of an opaque function."""
    return f"{name}{MARK}{','.join(map(str, orders))})"


def applied_of(atom: Function) -> tuple[str, tuple[int, ...]] | None:
    """Return name and orders of an opaque function, None for any other."""
    name, mark, orders = atom.name.partition(MARK)
    return (name, tuple(map(int, orders[:-1].split(",")))) if mark else None


def extremum(reader: Reader, e: Any, scope: Scope, sign: int) -> Polynomial:
    """Return Max (sign 1) or Min (-1) of several values."""
    arguments = tuple(reader.read_in(x, scope).scaled(sign) for x in e.args)
    return reader.ring.function("Max", arguments).scaled(sign)
