"""How a product of arrays is taken: in pairs, smallest intermediate result first.

A label is summed as soon as no other factor holds it.  So sum_ja u_ia alpha_ij v_ja is never an
array with axes i, j, a.  The way depends on labels and lengths alone, not on the numbers, so it is
found once for all products of one shape: at every point, in every statement and every arithmetic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple, TypeAlias

__all__ = ["Labels", "Pairing", "Step", "pairing", "transposition"]

Labels: TypeAlias = tuple[int, ...]
Shape: TypeAlias = tuple[int, ...]
Axes: TypeAlias = tuple[int, ...]

MOST_PAIRINGS = 1 << 14


class Side(NamedTuple):
    """What is done with a factor first: axes to sum over, and how to order those that are left."""

    summed: Axes
    order: Axes | None


class Step(NamedTuple):
    """Two factors become one, which goes to the end of the list.

    Their arrays are stacks of matrices, ``stack`` times (``rows`` x ``inner``) and (``inner`` x
    ``columns``); without anything to sum over, ``inner`` is 0.  ``shape`` is that of the result.
    """

    first: int
    second: int
    left: Side
    right: Side
    stack: int
    rows: int
    inner: int
    columns: int
    shape: Shape


class Pairing(NamedTuple):
    """The steps of a product, and what is done with the last factor; ``labels`` are its axes."""

    steps: tuple[Step, ...]
    last: Side
    labels: Labels


@lru_cache(MOST_PAIRINGS)
def pairing(factors: tuple[Labels, ...], rank: int, lengths: tuple[int, ...]) -> Pairing:
    """Return how to multiply factors with these labels, none twice in one, into labels < rank.

    ``lengths`` are those of the labels.
    """
    kept, parts, steps = frozenset(range(rank)), list(factors), []
    while len(parts) > 1:
        first, second = _cheapest(parts, kept, lengths)
        others = [x for n, x in enumerate(parts) if n not in (first, second)]
        step, labels = _step(parts, first, second, kept.union(*others), lengths)
        steps.append(step)
        parts = [*others, labels]
    labels = parts[0] if parts else ()
    summed = tuple(n for n, x in enumerate(labels) if x not in kept)
    left = tuple(x for x in labels if x in kept)
    wanted = tuple(sorted(left))
    return Pairing(tuple(steps), Side(summed, transposition(left, wanted)), wanted)


def transposition(labels: Labels, wanted: Labels) -> Axes | None:
    """Return the order of axes that makes ``wanted`` of ``labels``; None if they are so already."""
    return None if labels == wanted else tuple(labels.index(x) for x in wanted)


def _step(
    parts: Sequence[Labels],
    first: int,
    second: int,
    needed: frozenset[int],
    lengths: tuple[int, ...],
) -> tuple[Step, Labels]:
    """Return how two factors become one, summed over what no other needs, and its labels."""
    a, summed_a = _reduced(parts[first], needed | {*parts[second]})
    b, summed_b = _reduced(parts[second], needed | {*a})
    batch = tuple(x for x in a if x in b and x in needed)
    inner = tuple(x for x in a if x in b and x not in needed)
    rows = tuple(x for x in a if x not in b)
    columns = tuple(x for x in b if x not in a)
    labels = batch + rows + columns
    step = Step(
        first,
        second,
        Side(summed_a, transposition(a, batch + rows + inner)),
        Side(summed_b, transposition(b, batch + inner + columns)),
        prod(lengths[x] for x in batch),
        prod(lengths[x] for x in rows),
        prod(lengths[x] for x in inner) if inner else 0,
        prod(lengths[x] for x in columns),
        tuple(lengths[x] for x in labels),
    )
    return step, labels


def _reduced(labels: Labels, kept: frozenset[int]) -> tuple[Labels, Axes]:
    """Return the labels that are kept, and the axes of the others."""
    summed = tuple(n for n, x in enumerate(labels) if x not in kept)
    return tuple(x for x in labels if x in kept), summed


def _cheapest(
    parts: Sequence[Labels], kept: frozenset[int], lengths: tuple[int, ...]
) -> tuple[int, int]:
    """Return the pair whose product is smallest; among equals the one with the least work."""
    held = Counter(label for labels in parts for label in labels)
    best: tuple[int, int, int, int] | None = None
    for first, ours in enumerate(parts):
        for second in range(first + 1, len(parts)):
            both = {*ours, *parts[second]}
            size = work = 1
            for label in both:
                work *= lengths[label]
                if label in kept or held[label] > (label in ours) + (label in parts[second]):
                    size *= lengths[label]
            cost = (size, work, first, second)
            best = cost if best is None or cost < best else best
    assert best is not None
    return best[2], best[3]
