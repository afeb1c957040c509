r"""Products over silent axes as chains of vectors and matrices.

    sum_a u_ia v_ja                       u_i^\top v_j
    sum_c W_ca (p_ic - y_ic)              W^\top (p_i - y_i)            a free: a column
    (p_ic - y_ic) g_ia                    (p_i - y_i) g_i^\top          c, a free: a matrix
    sum_a x_ia x_ia                       \lVert x_i \rVert^2
    sum_cd W_ca (delta_cd p_c) W_db       W^\top \operatorname{diag}(p) W

The factors are the nodes of a graph, the silent indices its edges.  A factor with one silent index
is a column, one with two a matrix; every silent index joins two slots, or one slot and an end of
the result.  Whatever is not of this kind raises `NotVectorial`, and index notation is used instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from theory.algebra.symbols import Index
from theory.latex.pieces import Kind, Piece, bracketed, joined, norm, transposed

if TYPE_CHECKING:
    from theory.latex.printer import Printer

__all__ = ["Contraction", "NotVectorial", "contract"]

Slot = tuple[Index, int]  # an index; the number parts the two sides of a diagonal matrix
Order = tuple[Index, ...]


class NotVectorial(Exception):
    """The expression cannot be written with its silent axes dropped."""


@dataclass(frozen=True)
class Contraction:
    """A product: its sign, its scalars such as u_i^T v_j, and its vector or matrix part."""

    negative: bool
    scalars: tuple[Piece, ...]
    array: Piece | None


@dataclass(frozen=True)
class _Factor:
    """A factor with its slots; ``diagonal`` turns a vector into a diagonal matrix."""

    expression: sp.Expr
    slots: tuple[Slot, ...]
    diagonal: bool = False


@dataclass(frozen=True)
class _Link:
    """One member of a chain; ``piece`` is None for an identity matrix."""

    piece: Piece | None
    transpose: bool = False
    symmetric: bool = False

    def flipped(self) -> _Link:
        """Return the link as it stands in the transposed chain."""
        return replace(self, transpose=not self.transpose)

    @property
    def written(self) -> Piece | None:
        """The piece, transposed if it must be."""
        if self.piece is None or self.symmetric or not self.transpose:
            return self.piece
        return transposed(self.piece)


def contract(
    printer: Printer, factors: Iterable[sp.Expr], bound: frozenset[Index], order: Order
) -> Contraction:
    """Return the product of ``factors``, summed over ``bound``, as an array with axes ``order``.

    Raises `NotVectorial` if it is no chain.
    """
    nodes = [_Factor(f, tuple((k, 0) for k in printer.silent_slots(f))) for f in factors]
    return _Network(printer, _with_diagonals(printer, nodes, bound, order), order).solve()


def _with_diagonals(
    printer: Printer, nodes: list[_Factor], bound: frozenset[Index], order: Order
) -> list[_Factor]:
    """Return factors in which every silent index joins exactly two slots or ends."""
    if any(len(node.slots) > 2 for node in nodes):
        raise NotVectorial
    seen = {k for node in nodes for k, _ in node.slots}
    if not seen <= bound | set(order):
        raise NotVectorial
    for k in sorted(bound | set(order), key=printer.letter):
        holders = [n for n, node in enumerate(nodes) for slot in node.slots if slot[0] == k]
        count = len(holders) + (k in order)
        if count == 2 and len(set(holders)) == len(holders):
            continue
        vectors = [n for n in holders if len(nodes[n].slots) == 1]
        if count != 3 or not vectors or len(set(holders)) < len(holders):
            raise NotVectorial
        middle = min(vectors, key=lambda n: printer.rank(nodes[n].expression))
        other = next(n for n in reversed(holders) if n != middle)
        nodes[middle] = replace(nodes[middle], slots=((k, 0), (k, 1)), diagonal=True)
        moved = tuple((k, 1) if slot[0] == k else slot for slot in nodes[other].slots)
        nodes[other] = replace(nodes[other], slots=moved)
    return nodes


class _Network:
    """Walks the chains of one product."""

    def __init__(self, printer: Printer, nodes: list[_Factor], order: Order) -> None:
        self.printer, self.order = printer, order
        self.left = list(range(len(nodes)))  # numbers of the factors not yet used
        self.nodes = nodes
        self.negative = False

    def solve(self) -> Contraction:
        array = self._array()
        scalars = []
        while self.left:
            ends = [n for n in self.left if len(self.nodes[n].slots) == 1]
            scalars.append(self._scalar(ends) if ends else self._trace())
        return Contraction(self.negative, tuple(scalars), array)

    def _array(self) -> Piece | None:
        ends = [(k, 0) for k in self.order]
        if not ends:
            return None
        links, last = self._walk(ends[0])
        if len(ends) == 1:
            if last is not None:
                raise NotVectorial
            return _product(links)
        if last == ends[1]:
            return _product(links)
        if last is not None:
            raise NotVectorial
        second, last = self._walk(ends[1])
        if last is not None:
            raise NotVectorial
        # the two columns x and y of an outer product x y^T
        return _product([*links, *(link.flipped() for link in reversed(second))])

    def _scalar(self, ends: list[int]) -> Piece:
        """Return x^T M y; the end that comes first in the paper's order stands left."""
        first = min(ends, key=lambda n: self.printer.rank(self.nodes[n].expression))
        self.left.remove(first)
        node = self.nodes[first]
        start = _Link(self._piece(node, ()), transpose=True)
        links, _ = self._walk(node.slots[0])
        middle, last = links[:-1], links[-1]
        if last.piece == start.piece and all(link.piece is None for link in middle):
            return norm(last.piece)  # type: ignore[arg-type]
        return _product([start, *links])

    def _trace(self) -> Piece:
        first = min(self.left, key=lambda n: self.printer.rank(self.nodes[n].expression))
        self.left.remove(first)
        node = self.nodes[first]
        enter, leave = node.slots
        links, _ = self._walk(leave, stop=enter)
        links = [self._link(node, enter, leave), *links]
        pieces = [link for link in links if link.piece is not None]
        if len(pieces) == 2 and pieces[0].piece == pieces[1].piece:
            if pieces[0].transpose != pieces[1].transpose:
                return norm(pieces[0].piece, "_F")  # type: ignore[arg-type]
        inside = bracketed(_product(links), "(", ")")
        return Piece(rf"\operatorname{{tr}}{inside.tex}", Kind.PRODUCT, inside.height)

    def _walk(self, at: Slot, stop: Slot | None = None) -> tuple[list[_Link], Slot | None]:
        """Return the links from a slot to a vector (None) or to a free end of the result."""
        links: list[_Link] = []
        while True:
            found = [n for n in self.left if at in self.nodes[n].slots]
            if not found:
                return links, at
            node = self.nodes[found[0]]
            self.left.remove(found[0])
            if len(node.slots) == 1:
                links.append(_Link(self._piece(node, (at[0],))))
                return links, None
            leave = node.slots[1] if node.slots[0] == at else node.slots[0]
            links.append(self._link(node, at, leave))
            at = leave
            if at == stop:
                return links, at

    def _link(self, node: _Factor, enter: Slot, leave: Slot) -> _Link:
        e = node.expression
        if isinstance(e, sp.KroneckerDelta):
            return _Link(None)
        if node.diagonal:
            inside = bracketed(self._piece(node, (enter[0],)), "(", ")")
            tex = rf"\operatorname{{diag}}{inside.tex}"
            return _Link(Piece(tex, Kind.PRODUCT, inside.height), symmetric=True)
        axes = self.printer.own_order(e)
        if axes is None:
            return _Link(self._piece(node, (enter[0], leave[0])))
        if len(self.nodes) > 1 and self.printer.is_jacobian(e):
            # numerator or denominator layout: a product of Jacobians would leave it open
            raise NotVectorial
        return _Link(self._piece(node, axes), transpose=axes != (enter[0], leave[0]))

    def _piece(self, node: _Factor, axes: Order) -> Piece:
        """Return a factor alone; its sign goes to the front of the product."""
        axes = axes or tuple(k for k, _ in node.slots)
        negative, piece = self.printer.signed(node.expression, axes)
        self.negative ^= negative
        return piece


def _product(links: list[_Link]) -> Piece:
    pieces = [link.written for link in links if link.written is not None]
    return joined(pieces) if pieces else Piece("I")
