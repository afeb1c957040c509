"""Canonical names for the bound indices of a connected sum.

Two sums that differ only in the names of their bound indices, or in the order of their factors,
must get one key.  Bound indices are coloured by their size and by how they occur; colours are
refined until they are stable; ties that remain are broken by trying every choice, and the smallest
key wins.  (The plan of every practical graph-isomorphism program.)

If two choices give one key with opposite signs, as in sum_ij g_i g_j / (x_i - x_j), the sum is
zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from theory.algebra.polynomial import Closed, Ix, Monomial, Polynomial

__all__ = ["AlgebraError", "close"]

MOST_LABELLINGS = 20_000


class AlgebraError(ValueError):
    """An expression that the index calculus cannot bring into normal form."""


def close(
    bound: list[Ix], body: Monomial, rename: Callable[[Monomial, dict[Ix, Ix]], Polynomial]
) -> Polynomial:
    """Return the connected sum of ``body`` over ``bound`` under canonical names.

    ``rename`` renames indices in a monomial and simplifies.  Raises `AlgebraError` for a sum with
    more symmetric bound indices than can be tried out.
    """
    level = body.height + 1
    best: tuple[str, Fraction | int, Monomial] | None = None
    names: tuple[Ix, ...] = ()
    for count, order in enumerate(_labellings(bound, body)):
        if count >= MOST_LABELLINGS:
            raise AlgebraError(
                f"a sum over {len(bound)} indices is too symmetric to be given canonical names "
                f"({MOST_LABELLINGS} choices tried); split the expression."
            )
        renaming = {k: (f"_{level}.{n}", k[1]) for n, k in enumerate(order)}
        renamed = rename(body, renaming).single
        if renamed is None:
            raise AlgebraError("renaming bound indices changed the number of terms.")
        monomial, coefficient = renamed
        if best is None or monomial.key < best[0]:
            best, names = (monomial.key, coefficient, monomial), tuple(renaming[k] for k in order)
        elif monomial.key == best[0] and coefficient == -best[1]:
            return Polynomial({})
    if best is None:
        raise AlgebraError("a sum needs at least one bound index; got none.")
    _, coefficient, monomial = best
    return Polynomial.of(Closed(names, monomial)).scaled(coefficient)


def _labellings(bound: list[Ix], body: Monomial) -> Iterator[list[Ix]]:
    """Yield the orders of the bound indices that refinement cannot rule out."""
    if len(bound) == 1:
        yield bound
        return
    yield from _search(body, _refine(body, {k: f"0{k[1]}" for k in bound}))


def _search(body: Monomial, colour: dict[Ix, str]) -> Iterator[list[Ix]]:
    classes: dict[str, list[Ix]] = {}
    for k, c in colour.items():
        classes.setdefault(c, []).append(k)
    tied = min((c for c, members in classes.items() if len(members) > 1), default=None)
    if tied is None:
        yield sorted(colour, key=lambda k: colour[k])
        return
    for chosen in classes[tied]:
        yield from _search(body, _refine(body, {**colour, chosen: colour[chosen] + "!"}))


def _refine(body: Monomial, colour: dict[Ix, str]) -> dict[Ix, str]:
    """Refine colours until the number of classes is stable; colours become short ranks."""
    while True:
        signature = {}
        for k in colour:
            marked = {m: (("@" if m == k else "") + c, m[1]) for m, c in colour.items()}
            seen = sorted(f"{a.render(marked)}^{e}" for a, e in body.factors if k in a.free)
            signature[k] = (colour[k], tuple(seen))
        ranks = {s: f"{n:03d}" for n, s in enumerate(sorted(set(signature.values())))}
        if len(ranks) == len(set(colour.values())):
            return {k: ranks[signature[k]] for k in colour}
        colour = {k: ranks[signature[k]] for k in colour}
