r"""Unevaluated nodes beyond sums: opaque functions, inverses, determinants, products, maxima.

    Applied(f, (m_1, ..), x_1, ..)      d^{m_1 + ..} f / dx_1^{m_1} .. at x_1, ..
    MatrixInverse(A_ab, a, b, i, j)     (A^{-1})_{ij}
    Determinant(A_ab, a, b)             det A
    ProductOver(x_k, k)                 prod_k x_k
    Maximum(x_k, k, ..)                 max_k x_k

Indices a, b, k are bound: they run over their whole sizes, inside the first argument only.  Every
node but the maximum has a derivative, so that `theory.algebra.expressions.differentiate` works:

    d (A^-1)_ij = - sum_pq (A^-1)_ip dA_pq (A^-1)_qj
    d det A     = det A sum_pq (A^-1)_qp dA_pq                    (where A is regular)
    d prod_k x_k = sum_k dx_k prod_l [l = k ? 1 : x_l]            (right also where a factor is 0)
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import sympy as sp

from theory.algebra.binders import Binder, is_masked
from theory.algebra.expressions import fresh, refresh, substitute
from theory.algebra.limits import NoDerivative
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Index, total

__all__ = ["Applied", "Determinant", "MatrixInverse", "Maximum", "ProductOver", "leaving_out"]


class _MatrixNode(Binder):
    """A function of the square matrix whose entry (a, b) is the body."""

    def __new__(cls, body: Any, *indices: Any) -> Self:
        """Return the node; the two bound indices come first, then the slots.

        Raises `ValueError` unless there are two different bound indices over one size, and as
        slots indices over that size or positions counted from 1.
        """
        body = sp.sympify(body, strict=True)
        given = tuple(sp.sympify(k, strict=True) for k in indices)
        bound, at = given[:2], given[2:]
        if len(bound) < 2 or len(at) != cls.slot_count:
            raise ValueError(
                f"`{cls.__name__}` takes a body, two bound indices and {cls.slot_count} slots; "
                f"got {len(given)} indices."
            )
        if is_masked(*given):
            return sp.Expr.__new__(cls, body, *given)
        a, b = bound
        if not (isinstance(a, Index) and isinstance(b, Index)) or a == b or a.size != b.size:
            raise ValueError(
                f"a square matrix has two different bound indices over one size; got {a} and {b}."
            )
        for slot in at:
            if not _may_stand(slot, a):
                raise ValueError(f"`{slot}` stands in the place of an index over {a.size}.")
        return sp.Expr.__new__(cls, body, *given)

    @property
    def size(self) -> Any:
        """The number of rows."""
        return self.bound[0].size

    def _changed(self, s: sp.Basic) -> tuple[Index, Index, sp.Expr]:
        """Return new names p, q of the bound indices and the derivative of the entry (p, q)."""
        a, b = self.bound
        p, q = fresh(a), fresh(b)
        return p, q, substitute(self.body, {a: p, b: q}).diff(s)

    def _inverse_at(self, i: Any, j: Any) -> sp.Expr:
        return refresh(MatrixInverse(self.body, *self.bound, i, j))


def _may_stand(slot: sp.Basic, index: Index) -> bool:
    if isinstance(slot, Index):
        return slot.size == index.size
    return isinstance(slot, sp.Integer) and slot > 0


class MatrixInverse(_MatrixNode):
    """Entry (i, j) of the inverse of the square matrix with entries ``body`` (a row, b column)."""

    slot_count: ClassVar[int] = 2

    def _eval_derivative(self, s: sp.Basic) -> sp.Expr:
        i, j = self.slots
        p, q, change = self._changed(s)
        if change == 0:
            return sp.S.Zero
        return -total(self._inverse_at(i, p) * change * self._inverse_at(q, j), p, q)


class Determinant(_MatrixNode):
    """The determinant of the square matrix with entries ``body`` (a row, b column)."""

    def _eval_derivative(self, s: sp.Basic) -> sp.Expr:
        p, q, change = self._changed(s)
        if change == 0:
            return sp.S.Zero
        return refresh(self) * total(self._inverse_at(q, p) * change, p, q)


class _RangeNode(Binder):
    """A function of all values that the body takes over whole ranges."""

    most_bound: ClassVar[int | None] = None

    def __new__(cls, body: Any, *bound: Any) -> Self:
        """Return the node.

        Raises `ValueError` unless the bound indices are different indices, one for a product.
        """
        given = tuple(sp.sympify(k, strict=True) for k in bound)
        few = cls.most_bound is None or len(given) <= cls.most_bound
        if not given or not few or len(set(given)) < len(given):
            wanted = "one bound index" if cls.most_bound == 1 else "different bound indices"
            raise ValueError(f"`{cls.__name__}` takes {wanted}; got {given}.")
        if not all(isinstance(k, Index) for k in given) and not is_masked(*given):
            raise ValueError(f"`{cls.__name__}` runs over indices; got {given}.")
        return sp.Expr.__new__(cls, sp.sympify(body, strict=True), *given)


class ProductOver(_RangeNode):
    """The product of ``body`` over the whole range of one index."""

    most_bound: ClassVar[int | None] = 1

    def _eval_derivative(self, s: sp.Basic) -> sp.Expr:
        (k,) = self.bound
        p = fresh(k)
        change = substitute(self.body, {k: p}).diff(s)
        return total(change * leaving_out(self.body, k, p), p) if change != 0 else sp.S.Zero


class Maximum(_RangeNode):
    """The largest value of ``body`` over the whole ranges of the bound indices."""

    def _eval_derivative(self, s: sp.Basic) -> sp.Expr:
        if self.body.diff(s) == 0:
            return sp.S.Zero
        raise NoDerivative(f"the maximum `{self}` has no derivative where two values are equal.")


def leaving_out(body: sp.Expr, k: Index, m: Any) -> ProductOver:
    """Return the product of ``body`` over all k but ``m``, an index over the size of k."""
    own = fresh(k)
    at = sp.KroneckerDelta(own, m)
    return ProductOver(at + (1 - at) * refresh(substitute(body, {k: own})), own)
