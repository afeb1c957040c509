"""What binds indices besides a sum: the common part of inverses, determinants, products, maxima.

    Binder(body, k, ..., i, ...)        k, ... range over their whole sizes inside `body` only;
                                        i, ... stand outside: they are free where the node stands

A bound index is a name without a meaning of its own, as in a sum; `substitute`, `refresh` and
`free_indices` of `theory.algebra.expressions` treat both alike.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sympy as sp

from theory.algebra.symbols import Index

__all__ = ["Binder", "is_masked"]


class Binder(sp.Expr):
    """An unevaluated node: ``args`` are the body, the bound indices, and the slots."""

    slot_count: ClassVar[int] = 0
    is_commutative = True
    is_real = True  # where it is defined; complex numbers are no part of the calculus

    @property
    def body(self) -> sp.Expr:
        """What stands below the bound indices."""
        return self.args[0]  # type: ignore[return-value]

    @property
    def bound(self) -> tuple[Index, ...]:
        """The bound indices."""
        return self.args[1 : len(self.args) - self.slot_count]  # type: ignore[return-value]

    @property
    def slots(self) -> tuple[Any, ...]:
        """The indices (or positions) at which the result is taken."""
        return self.args[len(self.args) - self.slot_count :]

    @property
    def free_symbols(self) -> set[sp.Basic]:
        """The symbols that are not bound here."""
        outside = set().union(*(slot.free_symbols for slot in self.slots))
        return (self.body.free_symbols - set(self.bound)) | outside

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> Any:
        """Substitute in the slots; refuse a capture, which SymPy would not see (sympy#21891)."""
        slots = [slot._subs(old, new) for slot in self.slots]
        if old in self.bound:
            return self.func(*self.args[: len(self.args) - self.slot_count], *slots)
        coming = getattr(new, "free_symbols", set())
        if old in self.body.free_symbols and not coming.isdisjoint(self.bound):
            raise ValueError(
                f"`subs` would capture a bound index of `{self}`; "
                "use `theory.algebra.expressions.substitute`."
            )
        return None


def is_masked(*indices: Any) -> bool:
    """Return whether SymPy has put symbols such as _0 in the place of indices, to compare sums."""
    return any(
        isinstance(k, sp.Symbol) and not isinstance(k, Index) and str(k).startswith("_")
        for k in indices
    )
