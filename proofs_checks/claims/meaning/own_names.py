r"""Compounds that are one name: ``dv``, ``d(x)``, ``\bar{O}``, ``\sigma^2``.

    \mathbf{dv} where v stands nowhere        a name of its own
    RMS(x) where R, M, S stand nowhere else   a function
    d(x y) beside other differentials         a differential
    \bar{O} where only O is known             the derivative of the loss by O
    \sigma^2 = ...                            defines the square; \sigma is its root

Each is decided by the other occurrences of its letter in the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, unchanged
from proofs_checks.claims.places import touch
from proofs_checks.claims.tree import nodes

__all__ = [
    "adjoint_bars",
    "changes",
    "defined_squares",
    "own_words",
    "roots_of_squares",
    "spelled_functions",
    "spelled_words",
]

WORD = 4  # letters of a word that may contain letters of the document


def own_words(roots: Sequence[tree.Node]) -> Change:
    """Make a word such as dv one name where v stands nowhere by itself."""
    plain: set[str] = set()

    for root in roots:
        _see_outside(root, plain)

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Differential) or node.style != "word":
            return node
        name = _stem(node.quantity)
        if (
            not isinstance(name, tree.Name)
            or name.letter in plain
            or name.letter.lower() in {x.lower() for x in plain}
        ):
            return node
        return _renamed(node.quantity, lambda n: replace(n, letter=f"d{n.letter}"))

    return change


def spelled_functions(roots: Sequence[tree.Node]) -> Change:
    """Make ``RMS(x)`` one function where R, M and S stand nowhere but in front of this bracket."""
    total: Counter[str] = Counter()
    spelled: Counter[str] = Counter()
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name):
                total[node.letter] += 1
            elif isinstance(node, tree.Product) and not node.operator:
                for row in _rows(node.factors):
                    spelled.update(row.letters[n:] for n in range(len(row.letters) - 1))
    words = {w for w in spelled if all(total[x] == spelled[w] * w.count(x) for x in w)}
    if not words:
        return unchanged

    def change(factors: list[tree.Node]) -> None:
        for row in reversed(list(_rows(factors))):
            word = next((w for n in range(len(row.letters)) if (w := row.letters[n:]) in words), "")
            if word:
                start, last = row.end - len(word) + 1, factors[row.end]
                name = tree.Name(word, "rm", span=factors[start].span.to(last.span))
                whole, first = _applied_to(last, name), factors[start]
                if isinstance(first, tree.Gradient):
                    whole = replace(first, quantity=whole)
                factors[start : row.end + 1] = [whole]

    return _in_products(change)


def spelled_words(roots: Sequence[tree.Node], lefts: Sequence[tree.Node]) -> Change:
    r"""Make ``KL = ..`` and ``Loss = ..`` define one name: letters without a gap between them.

    They stand nowhere else by themselves; a word of small letters nobody takes for a product.
    """
    words = {word for left in lefts if (word := _word(left)) is not None}
    if not words:
        return unchanged
    total: Counter[str] = Counter()
    spelled: Counter[str] = Counter()
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name) and _is_plain(node):
                total[node.letter] += 1
            elif isinstance(node, tree.Product) and not node.operator:
                spelled.update(word for word in words for _ in _places(node.factors, word))
    words = {
        w for w in words
        if all(total[x] == spelled[w] * w.count(x) for x in w)
        or (len(w) >= WORD and sum(map(str.islower, w)) >= WORD - 1)
    }  # fmt: skip
    if not words:
        return unchanged

    def change(factors: list[tree.Node]) -> None:
        for word in sorted(words, key=len, reverse=True):
            for n in reversed(list(_places(factors, word))):
                end = n + len(word)
                span = factors[n].span.to(factors[end - 1].span)
                name, last = tree.Name(word, "rm", span=span), factors[end - 1]
                is_entry = isinstance(last, tree.Entry)
                factors[n:end] = [replace(last, base=name, span=span) if is_entry else name]

    return _in_products(change)


def _in_products(change: Callable[[list[tree.Node]], None]) -> Change:
    """Return the change of products that joins factors side by side, given as a list, in place."""

    def change_product(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Product) or node.operator:
            return node
        factors = list(node.factors)
        change(factors)
        return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors))

    return change_product


def _word(left: tree.Node) -> str | None:
    """Return the letters that are a whole left side without gaps, its last one perhaps indexed."""
    if not isinstance(left, tree.Product) or left.operator:
        return None
    names = [*left.factors[:-1], tree.stem(left.factors[-1], tree.Entry)]
    if not all(_is_letter(x) for x in names):
        return None
    word = "".join(x.letter for x in names)  # type: ignore[attr-defined]
    return word if next(_places(left.factors, word), None) == 0 else None


def _places(factors: Sequence[tree.Node], word: str) -> Iterator[int]:
    """Yield where the factors of a product spell a word."""
    n = 0
    while n + len(word) <= len(factors):
        run = factors[n : n + len(word)]
        names = [*run[:-1], tree.stem(run[-1], tree.Entry)]
        if touch(names) and all(
            _is_letter(x) and x.letter == letter  # type: ignore[attr-defined]
            for x, letter in zip(names, word, strict=True)
        ):
            yield n
            n += len(word)
        else:
            n += 1


def _is_letter(node: tree.Node) -> bool:
    """Return whether a node is one letter of the alphabet, without a font or an accent."""
    if not isinstance(node, tree.Name) or len(node.letter) != 1 or not node.letter.isascii():
        return False
    return _is_plain(node)


def _is_plain(name: tree.Name) -> bool:
    return not (name.font or name.accents or name.primes)


class _Row(NamedTuple):
    """Capitals in a row, the last of which has a bracket: its factor, and the letters."""

    end: int
    letters: str


def _rows(factors: Sequence[tree.Node]) -> Iterator[_Row]:
    letters = ""
    for n, factor in enumerate(factors):
        base = tree.stem(factor, tree.Power, tree.Entry, tree.Transpose)
        last = tree.stem(factor, tree.Power, tree.Transpose)
        if letters and isinstance(last, tree.Apply) and _is_capital(last.base):
            yield _Row(n, letters + last.base.letter)  # type: ignore[attr-defined]
            letters = ""
        elif base is factor and _is_capital(factor):
            letters += factor.letter  # type: ignore[attr-defined]
        elif isinstance(factor, tree.Gradient) and _is_capital(factor.quantity):
            letters = factor.quantity.letter  # type: ignore[attr-defined]
        else:
            letters = ""


def _is_capital(node: tree.Node) -> bool:
    return _is_letter(node) and node.letter.isupper()  # type: ignore[attr-defined]


def _applied_to(node: tree.Node, name: tree.Name) -> tree.Node:
    """Return an application with another name for its function, below its powers."""
    if isinstance(node, tree.Apply):
        return replace(node, base=name)
    return replace(node, base=_applied_to(node.base, name))  # type: ignore[attr-defined, call-arg]


def changes(roots: Sequence[tree.Node]) -> Change:
    """Read d(...) as a differential where the document has differentials and no symbol d."""
    has_others = bare = False
    applied: set[int] = set()
    for root in roots:
        for node in nodes(root):
            has_others |= isinstance(node, tree.Differential | tree.Directional)
            if isinstance(node, tree.Apply):
                applied.add(id(node.base))
            if isinstance(node, tree.Name) and node.letter == "d" and id(node) not in applied:
                bare = True
    if not has_others or bare:
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Apply) and isinstance(node.base, tree.Name):
            if node.base.letter == "d" and len(node.arguments) == 1:
                return tree.Differential(node.arguments[0], span=node.span)
        return node

    return change


def own_steps(roots: Sequence[tree.Node]) -> Change:
    r"""Make ``\Delta W`` a name where the document descends nothing: W_0 + \Delta W."""
    calculus = (tree.Derivative, tree.Differential, tree.Directional, tree.Gradient, tree.Rate)
    below = [node for root in roots for node in nodes(root)]
    rates = any(isinstance(x, tree.Name) and x.letter == "eta" for x in below)
    sides = {id(root) for root in roots}  # alone on a side it is the step that nobody gave
    used = any(isinstance(x, tree.Step) and id(x) not in sides for x in below)
    if rates or not used or any(isinstance(x, calculus) for x in below):
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Step):
            return node
        whole = node.quantity
        base = whole.base if isinstance(whole, tree.Entry) else whole
        if not isinstance(base, tree.Name):
            return node
        named = replace(base, accents=(*base.accents, "Delta"), span=node.span)
        return replace(whole, base=named) if isinstance(whole, tree.Entry) else named

    return change


def adjoint_bars(roots: Sequence[tree.Node], lefts: Sequence[tree.Node]) -> Change:
    r"""Read ``\bar{O}`` as the derivative of the loss by O where O is known and it is not.

    It is not known where no equation has it alone on its left before it is used on a right side.
    """
    plain = {
        (n.letter, n.primes)
        for root in roots
        for n in nodes(root)
        if isinstance(n, tree.Name) and not n.accents
    }
    first: dict[tuple[str, int], bool] = {}  # whether the first occurrence is alone on a left
    left_ids = {id(_stem(left)) for left in lefts}
    for root in roots:
        for node in nodes(root):
            if isinstance(node, tree.Name) and node.accents == ("bar",):
                first.setdefault((node.letter, node.primes), id(node) in left_ids)
    adjoint = {key for key, alone in first.items() if not alone and key in plain}
    if not adjoint:
        return unchanged

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Differential):
            inner = node.base.quantity
            return tree.Differential(replace(node, base=inner), span=node.span)
        if isinstance(node, tree.Name) and node.accents == ("bar",):
            if (node.letter, node.primes) in plain:
                return tree.Differential(replace(node, accents=()), span=node.span)
        return node

    return change


def defined_squares(lefts: Sequence[tree.Node]) -> Change:
    r"""Let ``\sigma^2 = ...`` define a symbol, the square, wherever it stands."""
    squared = _squared(lefts)

    def change(node: tree.Node) -> tree.Node:
        name = _square_of(node)
        if name in squared and isinstance(node, tree.Power):
            new = replace(_base_name(node.base), letter=f"{name}2")
            return replace(node.base, base=new) if isinstance(node.base, tree.Entry) else new
        return node

    return change if squared else unchanged


def roots_of_squares(
    roots: Sequence[tree.Node], lefts: Sequence[tree.Node], notes: list[str]
) -> Change:
    r"""Let ``\sigma`` be the root of the ``\sigma^2`` that is defined.

    A standard deviation is the root of its variance; of any other letter the sign stays unknown.
    An activation ``\sigma(z)`` beside a variance is none: it has a derivative, or a symbol alone
    for its argument.
    """
    applied = any(map(_is_activation, (x for root in roots for x in nodes(root))))

    def change(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Apply) and applied and isinstance(node.base, tree.Call):
            inner = node.base.arguments[0]
            if node.base.function == "sqrt" and tree.Name("sigma2") == inner:
                return replace(node, base=replace(inner, letter="sigma"))  # type: ignore[type-var]
        if isinstance(node, tree.Name) and node.letter == "sigma" and not node.primes:
            notes.append(r"\sigma is the root of \sigma^2")
            return tree.Call("sqrt", (replace(node, letter="sigma2"),), span=node.span)
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Call):
            inner = node.base.arguments[0]
            if node.base.function == "sqrt" and isinstance(inner, tree.Name):
                if inner.letter == "sigma2":
                    return replace(node.base, arguments=(replace(node, base=inner),))
        return node

    return change if "sigma" in _squared(lefts) else unchanged


def _is_activation(node: tree.Node) -> bool:
    """Return whether a node is sigma'(z) or sigma(z)."""
    if not isinstance(node, tree.Apply) or not isinstance(node.base, tree.Name):
        return False
    alone = len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Name | tree.Entry)
    return node.base.letter == "sigma" and (node.base.primes > 0 or alone)


def _squared(lefts: Sequence[tree.Node]) -> set[str]:
    squared = {name for left in lefts if (name := _square_of(left)) is not None}
    for left in lefts:  # v^2 = ... after v = x - y is a claim
        base = left.base if isinstance(left, tree.Entry) else left
        if isinstance(base, tree.Name):
            squared.discard(base.letter)
    return squared


def _base_name(node: tree.Node) -> tree.Name:
    base = node.base if isinstance(node, tree.Entry) else node
    if not isinstance(base, tree.Name):
        raise TypeError("a square that is defined is that of a symbol")
    return base


def _square_of(node: tree.Node) -> str | None:
    """Return the letter of which a node is the square."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Number):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    return base.letter if node.exponent.text == "2" and isinstance(base, tree.Name) else None


def _stem(node: tree.Node) -> tree.Node:
    return tree.stem(node, tree.Entry, tree.Power, tree.Transpose)


def _see_outside(node: tree.Node, plain: set[str]) -> None:
    """Collect the letters that stand outside differentials."""
    if isinstance(node, tree.Differential):
        return
    if isinstance(node, tree.Name):
        plain.add(node.letter)
    for child in tree.children(node):
        _see_outside(child, plain)


def _renamed(node: tree.Node, change: Callable[[tree.Name], tree.Name]) -> tree.Node:
    if isinstance(node, tree.Name):
        return change(node)
    if isinstance(node, tree.Entry | tree.Power | tree.Transpose):
        return replace(node, base=_renamed(node.base, change))
    return node
