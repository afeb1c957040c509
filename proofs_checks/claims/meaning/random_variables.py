r"""Moments of random variables whose distribution nobody gives: E[a X + b], Var(X), Cov(X, Y).

    E[a X + b] = a E[X] + b     X_\omega has a value for every outcome \omega, a and b are numbers

X becomes an entry over the outcomes wherever it stands, and an equation between random variables
holds for each of them.  Random is what stands alone below a moment, the usual capitals, what stands
below moments but not beside them, and what such variables are computed from, as noise is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, unchanged
from proofs_checks.claims.notation import MOMENTS
from proofs_checks.claims.tree import children, nodes

__all__ = ["over_outcomes"]

LETTERS = ("omega", "xi", "zeta", "varpi")
CONSTANTS = frozenset(("e", "pi", "infty", "1", "I"))
VARIABLES = frozenset("XYZUVTSRN")
"""Capitals that are random variables wherever they stand below a moment."""
USUAL_CONSTANTS = frozenset("a b c k alpha beta lambda mu".split())
"""Letters that are numbers beside such a capital."""


def over_outcomes(roots: Sequence[tree.Node], equations: Sequence[Sequence[tree.Node]]) -> Change:
    """Return what writes the outcome of random variables; ``equations`` are the sides of each."""
    bare = [n for root in roots for n in nodes(root) if _is_bare(n)]
    if not bare:
        return unchanged
    below = {x for call in bare for x in _symbols(call)}
    alone = {x for call in bare for x in _symbols(call) if set(_symbols(call)) == {x}}
    beside = {
        x
        for sides in equations
        if any(_is_bare(n) for side in sides for n in nodes(side))
        for side in sides
        for x in _outside(side)
    }
    by = {x for root in roots for n in nodes(root) for x in _no_variables(n)}
    if any(x.letter in VARIABLES for x in alone):
        beside |= {x for x in below if x.letter in USUAL_CONSTANTS}
    alone |= {x for x in below if x.letter in VARIABLES and not x.font}
    fixed = {x for root in roots for x in _symbols(root) if x.letter in CONSTANTS} | by
    random = _with_their_parts((below - beside) | alone, fixed | beside, equations) - fixed
    random &= {x for root in roots for x in _outside_of_brackets(root)}
    if any(_varies_on_one_side(sides, random) for sides in equations):
        return unchanged  # what stands below a moment is no random variable everywhere
    used = tree.letters(*roots)
    free = [x for x in LETTERS if x not in used]
    if not random or not free:
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        outcome = tree.Name(free[0], span=node.span)
        if isinstance(node, tree.Name) and node in random:
            return tree.Entry(node, (outcome,), span=node.span)
        if isinstance(node, tree.Entry):
            lower = tuple(before(x) or x for x in node.lower)
            upper = tuple(before(x) or x for x in node.upper)
            base = before(node.base)
            if base is not None:
                return replace(node, base=base, lower=(outcome, *lower), upper=upper)
            return replace(node, lower=lower, upper=upper)
        if _is_bare(node):
            return replace(node, lower=(outcome,))
        return node

    def before(node: tree.Node) -> tree.Node | None:
        """Return the name that has just got its outcome, None for any other node."""
        if isinstance(node, tree.Entry) and node.lower == (tree.Name(free[0]),):
            return node.base
        return None

    return change


def _with_their_parts(
    random: set[tree.Name], numbers: set[tree.Name], equations: Sequence[Sequence[tree.Node]]
) -> set[tree.Name]:
    """Return random variables with what they are computed from: the noise in Y = X + noise."""
    several = [
        {x for side in equation for x in _outside(side)}
        for equation in equations
        if not any(_is_bare(n) for side in equation for n in nodes(side))
    ]
    while True:
        found = random.union(*(
            {x for x in names - numbers if x.letter not in USUAL_CONSTANTS}
            for names in several if names & random
        ))  # fmt: skip
        if found == random:
            return found
        random = found


def _varies_on_one_side(sides: Sequence[tree.Node], random: set[tree.Name]) -> bool:
    """Return whether one side of an equation has random variables and another has none."""
    found = [set(_outside(side)) for side in sides]
    varies = [bool(names & random) for names in found if names]
    return any(varies) and not all(varies)


def _is_bare(node: tree.Node) -> bool:
    """Return whether a node is a moment without a distribution."""
    return isinstance(node, tree.Call) and node.function in MOMENTS and not node.lower


def _names(
    node: tree.Node, below: Callable[[tree.Node], Iterable[tree.Node]]
) -> Iterator[tree.Name]:
    """Yield the names that stand as quantities, not as scripts; ``below`` says where to look."""
    if isinstance(node, tree.Name):
        yield node
    for child in (node.base,) if isinstance(node, tree.Entry) else below(node):
        yield from _names(child, below)


def _symbols(node: tree.Node) -> Iterator[tree.Name]:
    """Yield the names below a node, but those of functions."""
    return _names(node, lambda n: n.arguments if isinstance(n, tree.Apply) else children(n))


def _outside_of_brackets(node: tree.Node) -> Iterator[tree.Name]:
    """Yield the names that are more than an argument of a function."""

    def below(node: tree.Node) -> Iterable[tree.Node]:
        if isinstance(node, tree.Apply):
            return (x for x in node.arguments if not isinstance(x, tree.Name | tree.Entry))
        return children(node)

    return _names(node, below)


def _outside(node: tree.Node) -> Iterator[tree.Name]:
    """Yield the names that stand outside of moments."""
    return _names(node, lambda n: () if _is_bare(n) else children(n))


def _no_variables(node: tree.Node) -> Iterator[tree.Name]:
    """Yield by what a node differentiates, or the letters and ends of its sums."""
    if isinstance(node, tree.Derivative | tree.Gradient):
        for by in node.by:
            yield from _symbols(by)
    elif isinstance(node, tree.Bound):
        yield from (x for x in nodes(node) if isinstance(x, tree.Name))
