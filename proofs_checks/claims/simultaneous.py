r"""Lists that are equal part by part: ``Q, K, V = X W_Q, X W_K, X W_V``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from proofs_checks.claims.rows import DOTS, Part, is_equality, relations_in
from proofs_checks.claims.tidy import is_relation

__all__ = ["one_by_one"]


def one_by_one(parts: Sequence[Part]) -> list[Part]:
    """Return the parts of a row with one equation for each pair of two equally long lists."""
    for n, part in enumerate(parts):
        relations = list(relations_in(part.lexemes))
        if len(relations) != 1 or not is_equality(relations[0]):
            continue
        first, last = n, n
        while first > 0 and parts[first].before == "list" and _is_side(parts[first - 1]):
            first -= 1
        while last + 1 < len(parts) and parts[last + 1].before == "list":
            if not _is_side(parts[last + 1]):
                break
            last += 1
        if n - first != last - n or first == last:
            continue
        relation, at = relations[0], part.lexemes.index(relations[0])
        lefts = [*(p.lexemes for p in parts[first:n]), part.lexemes[:at]]
        rights = [part.lexemes[at + 1 :], *(p.lexemes for p in parts[n + 1 : last + 1])]
        if all(x.kind == "number" for side in rights for x in side):
            continue  # "i, j = 1, 2" says which i and j
        pairs = zip(lefts, rights, strict=True)
        equations = [replace(part, lexemes=[*a, relation, *b], before="list") for a, b in pairs]
        equations[0].before = parts[first].before
        return [*parts[:first], *equations, *parts[last + 1 :]]
    return list(parts)


def _is_side(part: Part) -> bool:
    """Return whether a part is one member of a list: something without a relation or dots."""
    return bool(part.lexemes) and not any(
        is_relation(x) or x.command(*DOTS, "forall") for x in part.lexemes
    )
