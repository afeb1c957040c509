r"""Distributions of outcomes that are named with their arguments, written as expectations.

    \mathbb{E}_{q(z \mid x)}[f]        E over z \sim q(z \mid x)
    \mathbb{E}_q[\log q(z)]            the same, where q is written with these arguments only
    \mathbb{E}_{x \sim p}[f(x)]        x \sim p(x), where p is written so elsewhere
    a \sim \pi(\cdot \mid s)            a \sim \pi(a \mid s)
    D_{KL}(q(z) \| p(z))               E over z \sim q(z) of \log q(z) - \log p(z)

The outcomes are the arguments before the bar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, unchanged
from proofs_checks.claims.notation import MOMENTS
from proofs_checks.claims.tree import nodes

__all__ = ["laws_of_outcomes", "outcomes_of"]

GIVEN = ("|", ";")


def laws_of_outcomes(roots: Sequence[tree.Node]) -> Change:
    """Return what gives expectations and divergences their outcomes."""
    written: dict[tree.Node, dict[tree.Apply, None]] = defaultdict(dict)
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Apply) and outcomes_of(node):
                written[node.base].setdefault(node)

    def only(law: tree.Node, near: tree.Node, like: tree.Apply | None = None) -> tree.Apply | None:
        """Return a law with its arguments: as it stands ``near``, else where there is one way."""
        if isinstance(law, tree.Apply) and outcomes_of(law):
            return law
        found = dict(written.get(law.base if isinstance(law, tree.Apply) else law, {}))
        if isinstance(law, tree.Apply):  # \pi(\cdot | s)
            found = {x: None for x in found if _fills(x, law)}
        if like is not None:
            found = {x: None for x in found if outcomes_of(x) == outcomes_of(like)}
        here = [x for x in dict.fromkeys(nodes(near)) if x in found] or [*found]
        return here[0] if len(here) == 1 else None  # type: ignore[return-value]

    def of(law: tree.Apply) -> tree.Compare:
        listed = outcomes_of(law)
        left = listed[0] if len(listed) == 1 else tree.Tuple(listed, span=law.span)
        return tree.Compare(left, "~", law, span=law.span)

    def below(node: tree.Node, moment: tree.Call) -> tree.Node:
        if isinstance(node, tree.Compare):
            if isinstance(node.right, tree.Apply) and node.relation == "~":
                given = node.right.arguments
                filled = tuple(node.left if isinstance(x, tree.Slice) else x for x in given)
                return replace(node, right=replace(node.right, arguments=filled))
            single = [x for x in written.get(node.right, ()) if len(x.arguments) == 1]
            if node.relation == "~" and single and isinstance(node.left, tree.Name):
                law = tree.Apply(node.right, (node.left,), span=node.right.span)
                return replace(node, right=law)
            return node
        law = only(node, moment)
        return node if law is None else of(law)

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Call) and node.function in MOMENTS and len(node.lower) == 1:
            return replace(node, lower=(below(node.lower[0], node),))
        if _is_divergence(node):
            one, other = node.arguments  # type: ignore[attr-defined]
            first = only(one, node)
            second = only(other, node, first)
            if first is not None and second is not None:
                if set(outcomes_of(first)) <= set(second.arguments):
                    logs = [tree.Call("log", (law,), span=law.span) for law in (first, second)]
                    gap = tree.Add((logs[0], tree.Negate(logs[1], span=node.span)), span=node.span)
                    return tree.Call("expectation", (gap,), (of(first),), span=node.span)
        return node

    return change if written else unchanged


def outcomes_of(law: tree.Apply) -> tuple[tree.Node, ...]:
    r"""Return the arguments before the bar, none where one of them is no letter."""
    bars = [n for n, sign in enumerate(law.separators) if sign in GIVEN]
    listed = law.arguments[: bars[0] + 1] if bars else law.arguments
    return listed if all(isinstance(x, tree.Name | tree.Entry) for x in listed) else ()


def _fills(law: tree.Apply, open_law: tree.Apply) -> bool:
    r"""Return whether ``\pi(a | s)`` is ``\pi(\cdot | s)`` with its outcomes written."""
    return law.separators == open_law.separators and all(
        isinstance(y, tree.Slice) or x == y
        for x, y in zip(law.arguments, open_law.arguments, strict=False)
    )


def _is_divergence(node: tree.Node) -> bool:
    if isinstance(node, tree.Call):
        return node.function == "kl" and len(node.arguments) == 2 and not node.lower
    if not isinstance(node, tree.Apply) or len(node.arguments) != 2:
        return False
    base = node.base
    if isinstance(base, tree.Entry) and base.base == tree.Name("D", span=base.base.span):
        letters = [n.letter for x in base.lower for n in nodes(x) if isinstance(n, tree.Name)]
        return "".join(letters).upper() == "KL" and not base.upper
    return False
