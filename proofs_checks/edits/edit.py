"""What an edit is, where it happens, and what it may insert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import sympy as sp

from theory.algebra.symbols import Index

__all__ = ["KINDS", "Change", "Edit", "Insertions", "Place", "Role"]

KINDS = (
    "sign",
    "factor",
    "exchanged",
    "transposed",
    "wrong_index",
    "wrong_sum",
    "wrong_axis",
    "wrong_power",
    "extra_term",
    "missing_term",
    "wrong_quantity",
    "extra_factor",
    "missing_factor",
)
"""Every kind of mistake, simplest first."""


@dataclass(frozen=True)
class Edit:
    """An edited expression.

    ``kind`` is the mistake that the edit makes, ``undoes`` the one that it repairs.  ``before`` is
    the part that was changed and ``after`` what stands there now; None where a part was inserted
    or removed.  ``place`` is the subexpression in which that happened, ``is_whole`` whether that
    is the whole expression.
    """

    kind: str
    undoes: str
    before: sp.Basic | None
    after: sp.Basic | None
    place: sp.Basic
    is_whole: bool
    expression: sp.Expr

    @property
    def message(self) -> str:
        """The mistake in plain words."""
        if self.after is None:
            return f"{self.kind}: {self.before} left out"
        return f"{self.kind}: {self.after}" + (f" for {self.before}" if self.before else "")


@dataclass(frozen=True)
class Insertions:
    """What edits may insert.

    ``scalars`` are rates and parameters that may be missing as factors; ``terms`` and ``factors``
    are inserted under every assignment of indices in scope to their free indices.
    """

    scalars: tuple[sp.Expr, ...] = ()
    terms: tuple[sp.Expr, ...] = ()
    factors: tuple[sp.Expr, ...] = ()


class Role(Enum):
    """What a subexpression is to the one around it.

    TERM: the whole, a summand, the argument of exp or log; BODY: what a sum runs over, the base of
    a power; FACTOR: a factor of a product; ENTRY: what is differentiated by.
    """

    TERM = "term"
    BODY = "body"
    FACTOR = "factor"
    ENTRY = "entry"


class Place(NamedTuple):
    """A subexpression, the indices in scope there, and how to put another one in its place."""

    node: Any  # SymPy's annotations stop at Basic where an expression is meant
    scope: tuple[Index, ...]
    role: Role
    rebuild: Callable[[Any], Any]


class Change(NamedTuple):
    """A change of one place: the fields of `Edit`, and what stands there now."""

    kind: str
    undoes: str
    before: Any
    after: Any
    new: Any
