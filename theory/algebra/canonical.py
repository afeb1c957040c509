"""Canonical names for the bound indices of a connected sum.

Two sums that differ only in the names of their bound indices, or in the order of their factors,
must get one key.  Bound indices are coloured by their size and by how they occur; colours are
refined until they are stable; ties that remain are broken by trying every choice, and the smallest
key wins.  A choice that leads to a key already seen beside it is a symmetry of the sum and is not
followed further.  (The plan of every practical graph-isomorphism program.)

If a symmetry changes the sign, as in sum_ij g_i g_j / (x_i - x_j), the sum is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from theory.algebra.limits import AlgebraError
from theory.algebra.polynomial import Atom, Closed, Ix, Monomial, Polynomial

__all__ = ["AlgebraError", "close", "connected"]

MOST_LABELLINGS = 2_000

Colours: TypeAlias = dict[Ix, str]
Rename: TypeAlias = Callable[[Monomial, dict[Ix, Ix]], Polynomial]


class _Named(NamedTuple):
    """A sum's body under one naming of its bound indices."""

    key: str
    coefficient: Fraction | int
    body: Monomial
    names: tuple[Ix, ...]


class _Vanishes(Exception):
    """A symmetry of the sum changes its sign."""


def close(bound: list[Ix], body: Monomial, rename: Rename) -> Polynomial:
    """Return the connected sum of ``body`` over ``bound`` under canonical names.

    ``rename`` renames indices in a monomial and simplifies.  Raises `AlgebraError` for a sum with
    more symmetric bound indices than can be tried out.
    """
    search = _Search(body, rename)
    try:
        best = search.best(search.refined({k: f"0{k[1]}" for k in bound}))[1]
    except _Vanishes:
        return Polynomial({})
    return Polynomial.of(Closed(best.names, best.body)).scaled(best.coefficient)


class _Search:
    """The choices of names for the bound indices of one body."""

    def __init__(self, body: Monomial, rename: Rename) -> None:
        self.body, self.rename, self.level = body, rename, body.height + 1
        self.tried = 0

    def best(self, colours: Colours) -> tuple[_Named, _Named]:
        """Return the first naming below ``colours`` and the one with the smallest key."""
        tied = _tied(colours)
        if not tied:
            only = self.named(colours)
            return only, only
        seen: dict[str, _Named] = {}
        ranked: list[_Named] = []
        for chosen in tied:
            choice = self.refined({**colours, chosen: colours[chosen] + "!"})
            if seen:
                first = self.first(choice)
                twin = seen.get(first.key)
                if twin is not None:
                    if twin.coefficient != first.coefficient:
                        raise _Vanishes
                    continue
            first, smallest = self.best(choice)
            seen[first.key] = first
            ranked.append(smallest)
        smallest = min(ranked, key=lambda n: n.key)
        if any(n.key == smallest.key and n.coefficient != smallest.coefficient for n in ranked):
            raise _Vanishes
        return next(iter(seen.values())), smallest

    def first(self, colours: Colours) -> _Named:
        """Return the naming that always takes the first choice."""
        while tied := _tied(colours):
            colours = self.refined({**colours, tied[0]: colours[tied[0]] + "!"})
        return self.named(colours)

    def named(self, colours: Colours) -> _Named:
        """Return the body with its bound indices named in the order of their colours."""
        self.tried += 1
        if self.tried > MOST_LABELLINGS:
            raise AlgebraError(
                f"a sum over {len(colours)} indices is too symmetric to be given canonical names "
                f"({MOST_LABELLINGS} choices tried); split the expression."
            )
        order = sorted(colours, key=lambda k: colours[k])
        names = {k: (f"_{self.level}.{n}", k[1]) for n, k in enumerate(order)}
        renamed = self.rename(self.body, names).single
        if renamed is None:
            raise AlgebraError("renaming bound indices changed the number of terms.")
        monomial, coefficient = renamed
        return _Named(monomial.key, coefficient, monomial, tuple(names[k] for k in order))

    def refined(self, colours: Colours) -> Colours:
        """Refine colours until the number of classes is stable; colours become short ranks."""
        if len(colours) == 1:
            return colours
        while True:
            signature = {}
            for k in colours:
                marked = {m: (("@" if m == k else "") + c, m[1]) for m, c in colours.items()}
                seen = sorted(
                    f"{a.render(marked)}^{e}" for a, e in self.body.factors if k in a.free
                )
                signature[k] = (colours[k], tuple(seen))
            ranks = {s: f"{n:03d}" for n, s in enumerate(sorted(set(signature.values())))}
            before = len(set(colours.values()))
            colours = {k: ranks[signature[k]] for k in colours}
            if len(ranks) == before:
                return colours


def _tied(colours: Colours) -> list[Ix]:
    """Return the members of the first class of colours that has several, none if all differ."""
    classes: dict[str, list[Ix]] = {}
    for k, c in colours.items():
        classes.setdefault(c, []).append(k)
    return next((members for _, members in sorted(classes.items()) if len(members) > 1), [])


def connected(
    bound: frozenset[Ix], factors: Mapping[Atom, Fraction | int]
) -> Iterable[tuple[list[Ix], Monomial]]:
    """Split factors into groups that share bound indices."""
    groups: list[tuple[set[Ix], list[tuple[Atom, Fraction | int]]]] = []
    for atom, exponent in factors.items():
        mine = (set(atom.free & bound), [(atom, exponent)])
        apart = []
        for group in groups:
            if group[0] & mine[0]:
                mine = (mine[0] | group[0], group[1] + mine[1])
            else:
                apart.append(group)
        groups = [*apart, mine]
    return [(sorted(part), Monomial(body)) for part, body in groups]
