r"""A letter that is one quantity alone and a family of others with an index.

    h(x) = g(\theta^T x),  z_i = \theta^T x^{(i)}     x is any input, x^{(i)} the i-th of the data
    C = \frac{1}{n} \sum_i C_i                        C is a number, and each C_i another
    y = w^T x,  \mathbf{y} = [y_1, \dots, y_n]         y_i is an entry of the bold y

Usually x_i is the entry of the vector x.  Where a document contradicts that, and agrees with itself
if the letter with an index is a symbol of its own, it is read so; what speaks of both is proved,
never refuted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.dots import LISTS
from proofs_checks.claims.meaning.rewriting import mapped
from proofs_checks.claims.meaning.roles import Roles
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import children, nodes

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading
    from proofs_checks.claims.meaning.inference import Inference
    from theory.models import Model

__all__ = [
    "EACH",
    "both_halves",
    "doubt_about",
    "in_bold",
    "is_family",
    "stacked",
    "suspects",
    "told_apart",
    "without_marks",
]

EACH = "each!"
"""The accent of the letters that stand with an index; no author can write it."""
WHOLE = "bold!"
"""The accent of a bold letter, and of its entries, beside the same letter in another font."""
MOST = 4  # letters of one document


def without_marks(name: str) -> str:
    """Return a name as its author knows it: J_each! is J."""
    return name.replace(f"_{EACH}", "").replace(f"_{WHOLE}", "")


def doubt_about(letter: str) -> str:
    """Return why what speaks of both halves of a letter is not refuted."""
    return f"{letter} with an index is taken for another quantity than {letter} alone"


def told_apart(node: tree.Node, roles: Roles, apart: Iterable[str]) -> tree.Node:
    """Return a tree in which the letters ``apart`` have another name where they have an index."""

    def changed(below: tree.Node) -> tree.Node:
        if not isinstance(below, tree.Entry) or not isinstance(below.base, tree.Name):
            return below
        if roles.spell(below.base) not in apart:
            return below
        reference = roles.reference(below)
        if reference is None or not reference.indices:
            return below
        base = replace(below.base, accents=(*below.base.accents, EACH))
        return replace(below, base=base)

    return mapped(node, changed) if apart else node


def stacked(statements: Sequence[Statement]) -> frozenset[tree.Name]:
    """Return the letters whose entries some equation says to make up the bold letter."""
    bare = {x for s in statements for root in s.roots for x in _bare(root)}
    found = set()
    for statement in statements:
        whole, *lists = statement.sides
        for side in lists:
            listed = side.base if isinstance(side, tree.Transpose) else side
            if not isinstance(listed, tree.Sum) or listed.operator not in LISTS:
                continue
            entry = listed.body
            if isinstance(entry, tree.Entry) and isinstance(entry.base, tree.Name):
                letter = entry.base
                if not letter.font and whole == replace(letter, font="bf") and letter in bare:
                    found.add(letter)
    return frozenset(found)


def in_bold(node: tree.Node, letters: frozenset[tree.Name]) -> tree.Node:
    """Return a tree in which the entries of letters are those of the bold ones."""
    bold = {replace(x, font="bf") for x in letters}

    def changed(below: tree.Node) -> tree.Node:
        if below in bold and isinstance(below, tree.Name):
            return replace(below, accents=(*below.accents, WHOLE))
        if isinstance(below, tree.Entry) and isinstance(below.base, tree.Name):
            if below.base in letters:
                base = replace(below.base, font="bf", accents=(*below.base.accents, WHOLE))
                return replace(below, base=base)
        return below

    return mapped(node, changed) if letters else node


def _bare(node: tree.Node) -> Iterator[tree.Name]:
    """Yield the names that stand without scripts."""
    if isinstance(node, tree.Name):
        yield node
        return
    for child in children(node):
        if not (isinstance(node, tree.Entry) and child is node.base):
            yield from _bare(child)


def suspects(reading: Inference) -> list[str]:
    r"""Return the letters with and without indices that equations without a meaning mention.

    The z_i of a \mathbf{z} are its entries: nobody means another quantity.
    """
    seen, spell = reading.ranks.slots_seen, reading.roles.spell
    roots = [root for s in reading.statements for root in s.roots]
    bold = {spell(x) for root in roots for x in _bare(root) if x.font == "bf"}
    entries = [n.base for root in roots for n in nodes(root) if isinstance(n, tree.Entry)]
    bold &= {spell(x) for x in entries if isinstance(x, tree.Name) and not x.font}
    found: Counter[str] = Counter()
    for statement in reading.statements:
        if statement.is_inline or reading.meanings[statement.number].error is None:
            continue
        found.update({name for root in statement.roots for name in reading.names(root)})
    both = [n for n, _ in found.most_common() if {0} < seen[n] and not {".", "!"} & set(n)]
    return [n for n in both if n not in bold][:MOST]


def is_family(letter: str, reading: Reading) -> bool:
    """Return whether what defines one half of a letter leaves the other one its own meaning.

    C_i may be what C is computed from, and N a number beside the N_k.  The z_i of z = W x that
    nothing defines are its entries.
    """
    each, defined = f"{letter}_{EACH}", reading.definitions.found
    symbol = reading.symbols.table.get(letter)
    is_number = symbol is not None and not symbol.axes.total
    if letter in defined and each not in defined:
        return each in reading.model.ancestors.get(letter, ()) or is_number and any(
            reading.names(left) == {letter} and each in reading.names(right)
            for s in reading.statements for left, right in pairwise(s.sides)
        )  # fmt: skip
    return letter in defined or each not in defined or is_number


def both_halves(names: Iterable[str], model: Model) -> str:
    """Return a letter that stands among ``names`` alone and as a family, perhaps of one quantity.

    C and C_i that are both defined are two, and so are they in C = C_1 + ... + C_n.
    """
    names = set(names)
    halves = ((n, f"{n}_{EACH}") for n in names if f"{n}_{EACH}" in names)
    return min((n for n, each in halves if not _both_defined(n, each, model)), default="")


def _both_defined(name: str, each: str, model: Model) -> bool:
    defined = model.by_name
    return name in defined and (each in defined or each in model.ancestors.get(name, ()))
