r"""The atom for what binds indices and is no sum.

    prod[k]{x_k}          product over all k; several bound indices for a double product
    others[k]{x_k}(m)     product over all k but m
    max[k]{x_k}           largest value
    inverse[a,b]{A_ab}(i,j)    entry (i, j) of the inverse matrix
    det[a,b]{A_ab}        determinant

Bound indices have canonical names, as those of sums.  The matrix stands in one of two orientations,
A or its transpose; `render` is the same for both, as it has to be for colouring.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Ix, Polynomial, Renaming

__all__ = ["MATRIX_KINDS", "Ranged", "canonical_names", "named"]

MATRIX_KINDS = frozenset(("inverse", "det"))
MOST_BOUND = 4


class Ranged(Atom):
    """A function of all values of ``body`` over the ranges of ``bound``, taken ``at`` indices."""

    __slots__ = ("at", "body", "bound", "kind")

    def __init__(
        self, kind: str, bound: tuple[Ix, ...], body: Polynomial, at: tuple[Ix, ...] = ()
    ) -> None:
        self.kind, self.bound, self.body, self.at = kind, bound, body, at
        outside = frozenset(k for k in at if k[0][0] != "#")
        self.free = (body.free - frozenset(bound)) | outside
        self.height = 1 + body.height
        self.nonnegative = kind not in MATRIX_KINDS and body.nonnegative
        names, slots = (",".join(map(_show, x)) for x in (bound, at))
        self._finish(f"{kind}[{names}]{{{body.key}}}({slots})")

    @property
    def inside(self) -> tuple[Polynomial, ...]:
        """The body."""
        return (self.body,)

    def render(self, renaming: Renaming) -> str:  # noqa: D102  (see Atom)
        if self.kind not in MATRIX_KINDS:
            hidden = {k: ("*", k[1]) for k in self.bound}
            return self._shown(renaming, hidden, self.at)
        (a, b), turned = self.bound, self.at[::-1]
        one, two = ("*1", a[1]), ("*2", a[1])
        return min(
            self._shown(renaming, {a: one, b: two}, self.at),
            self._shown(renaming, {a: two, b: one}, turned),
        )

    def _shown(self, renaming: Renaming, hidden: Renaming, at: tuple[Ix, ...]) -> str:
        slots = ",".join(_show(renaming.get(k, k)) for k in at)
        names = {**renaming, **hidden}
        body = min(self.body.render(names), (-self.body).render(names))  # see `Base`
        return f"{self.kind}{{{body}}}({slots})"


def _show(index: Ix) -> str:
    return f"{index[0]}:{index[1]}"


def canonical_names(body: Polynomial, bound: tuple[Ix, ...]) -> tuple[Ix, ...]:
    """Return the canonical names of bound indices, in this order."""
    return tuple((f"_{body.height + 1}.{n}", k[1]) for n, k in enumerate(bound))


def named(
    kind: str,
    bound: tuple[Ix, ...],
    body: Polynomial,
    rename: Callable[[Polynomial, dict[Ix, Ix]], Polynomial],
    at: tuple[Ix, ...] = (),
) -> Ranged:
    """Return the atom under canonical names: of all orders of the bound indices the smallest key.

    Raises `AlgebraError` for more bound indices than can be tried out.
    """
    if len(bound) > MOST_BOUND:
        raise AlgebraError(
            f"{kind} over {len(bound)} indices at once; at most {MOST_BOUND} are tried out."
        )
    found = []
    for order in permutations(bound):
        names = canonical_names(body, order)
        found.append(Ranged(kind, names, rename(body, dict(zip(order, names, strict=True))), at))
    return min(found, key=lambda atom: atom.key)
