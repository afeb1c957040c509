r"""The order of the equations of a document, and the labels that directives give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from proofs_checks.claims.directives import Directive
from proofs_checks.claims.equations import Equation, Unreadable
from proofs_checks.claims.places import Span
from proofs_checks.claims.problems import Refusal

__all__ = ["in_order"]

Item = Equation | Unreadable


def in_order(
    items: Sequence[tuple[int, Item]],
    displays: Mapping[int, Span],
    directives: Sequence[Directive],
) -> tuple[list[Item], list[Refusal]]:
    """Return the equations in the order of the document, and the labels that name none of them.

    ``items`` are pairs of the start of a display and an equation in it, ``displays`` the span of
    every display by its start.  Displays are numbered from 0.
    """
    ordered = sorted(items, key=lambda item: (item[0], item[1].span))
    numbers = {start: number for number, start in enumerate(sorted(displays))}
    given: dict[int, list[str]] = {}
    unused: list[Refusal] = []
    for directive in directives:
        if directive.keyword != "label":
            continue
        at = _labelled(directive, ordered, displays)
        if at is None:
            message = f"the label `{directive.value}` has no equation after it"
            unused.append(Refusal(message, directive.span))
        else:
            given.setdefault(at, []).append(directive.value)
    named = [
        replace(item, display=numbers[start], labels=(*given.get(n, ()), *item.labels))
        for n, (start, item) in enumerate(ordered)
    ]
    return named, unused


def _labelled(
    directive: Directive, ordered: Sequence[tuple[int, Item]], displays: Mapping[int, Span]
) -> int | None:
    """Return the position of the equation that a label names.

    Inside a display it is the one on the same line before it, else the next; outside, the next.
    """
    offset = directive.span.start
    inside = [
        n
        for n, (start, _) in enumerate(ordered)
        if displays[start].start <= offset < displays[start].end
    ]
    for n in reversed(inside):
        item = ordered[n][1]
        if item.span.start < offset and item.line == directive.line:
            return n
    for n, (_, item) in enumerate(ordered):
        if item.span.start >= offset and (not inside or n in inside):
            return n
    return inside[-1] if inside else None
