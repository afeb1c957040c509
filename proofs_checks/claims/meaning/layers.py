r"""Superscripts that count layers or iterates, and definitions that hold for every one of them.

    z^l = W^l a^{l-1} + b^l      l is a layer: z^l, W^l and a^{l-1} are symbols of their own
    z^{l+1}, where it is used    W^{l+1} a^l + b^{l+1}, the same definition one layer on

A letter counts layers where it stands in superscripts only, alone or with a number added, and
where powers of these symbols would make no sense.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.rewriting import Change, mapped, unchanged
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import children, nodes

__all__ = [
    "FIRST_COPY",
    "counted_below",
    "doubtful",
    "inner_losses",
    "layer_labels",
    "one_layer_on",
]

FIRST_COPY = 800_000  # the number of the first definition that is made for another layer
MANY = 3  # so many symbols that have a letter above them everywhere are no powers of one another
RARELY = 4  # a letter that a sum runs over in more than one equation of so many is an index
INNER = "inner"  # the label of a loss as a function of the layers before the last
DEEPEST = 4  # definitions that a definition of another layer may need


COUNTING = (tree.Name, tree.Number, tree.Add, tree.Negate, tree.Compare, tree.Ranges, tree.ForAll,
            tree.Tuple, tree.Dots)  # fmt: skip


class Layer(NamedTuple):
    """A superscript that counts: its letter, and the number that is added to it."""

    letter: str
    shift: int

    @property
    def label(self) -> str:
        """The label of a symbol in this layer, such as lp1."""
        return self.letter + (f"{'pm'[self.shift < 0]}{abs(self.shift)}" if self.shift else "")


class Counters(NamedTuple):
    """The letters in superscripts that may count, with their symbols and the numbers added.

    ``others`` are letters that stand elsewhere too, ``bare`` symbols without such superscripts,
    ``derived`` letters above an entry by which something is differentiated: no power is.
    ``quantities`` are letters of what is differentiated, as the L of a loss beside a last layer L.
    ``ending`` are letters at which sums end: indices.
    """

    symbols: dict[str, set[str]]
    shifts: dict[str, set[int]]
    others: set[str]
    bare: set[str]
    derived: set[str]
    quantities: set[str]
    ending: set[str]


def _counters(roots: Sequence[tree.Node]) -> Counters:
    found = Counters(defaultdict(set), defaultdict(set), *(set() for _ in range(5)))
    above: Counter[str] = Counter()  # in how many roots a letter stands above
    bound: Counter[str] = Counter()  # and in how many of them a sum or product runs over it
    for root in roots:
        if all(isinstance(x, COUNTING) for x in nodes(root)):
            continue  # "layer l - 1 of L", "for l = 1, .., L" say which layers
        here = set[str]()
        for symbol, layer in _superscripts(root):
            found.symbols[layer.letter].add(symbol)
            found.shifts[layer.letter].add(layer.shift)
            here.add(layer.letter)
        for node in nodes(root):
            is_derivative = isinstance(node, tree.Derivative | tree.Gradient)
            if is_derivative and isinstance(node.quantity, tree.Name):
                found.quantities.add(_letter(node.quantity))
            for by in node.by if is_derivative else ():
                above_entry = _layer_of(by)
                if above_entry is not None and isinstance(above_entry[0], tree.Entry):
                    found.derived.add(above_entry[1].letter)
        bounds = [(_letter(b.index), b) for b in nodes(root)
                  if isinstance(b, tree.Bound) and isinstance(b.index, tree.Name)]  # fmt: skip
        runs = here & {letter for letter, _ in bounds}
        found.ending.update(_letter(n) for _, b in bounds if b.last is not None
                            for n in nodes(b.last) if isinstance(n, tree.Name))  # fmt: skip
        above.update(here)
        bound.update(runs)
        ends = {id(name) for letter, b in bounds if letter in runs
                for name in nodes(b) if isinstance(name, tree.Name)}  # fmt: skip
        in_scripts = {id(n) for node in nodes(root) if isinstance(node, tree.Entry)
                      for script in (*node.lower, *node.upper) for n in nodes(script)}  # fmt: skip
        for name in _elsewhere(root):
            if id(name) in ends:
                continue
            if not name.font and _letter(name) not in runs:  # the L of \mathcal{L} is none
                found.others.add(_letter(name))
            if id(name) not in in_scripts:  # the c of W_c is no quantity c
                found.bare.add(_symbol(name))
    found.others.update(
        x for x in bound if bound[x] * RARELY > above[x] or found.shifts[x] == {0}
    )  # of heads and samples there is no next one
    return found


def doubtful(roots: Sequence[tree.Node]) -> set[str]:
    """Return the letters of superscripts that may be powers, and may count something."""
    found = _counters(roots)
    counts = {x for x in found.symbols if len(found.shifts[x]) > 1} | found.derived
    several = {x for x in found.symbols if len(found.symbols[x]) > 1}
    return several - (found.others - counts)


def layer_labels(roots: Sequence[tree.Node]) -> Change:
    """Return what makes labels of the superscripts that count layers."""
    found = _counters(roots)
    seen, bare = found.symbols, found.bare
    counted = found.derived - (found.others - found.quantities)
    many = {x for x in seen if len(seen[x] - bare) >= MANY} - found.ending
    letters = {x for x in seen if (x not in found.others or x in many) and seen[x] - bare
               and len(found.shifts[x]) > 1} | counted  # fmt: skip
    if not letters:
        return unchanged
    # of the letters that count, most stand above symbols that have such superscripts only; so they
    # are none of the powers of z either where z_j stands as well
    families = set[str]().union(
        *(seen[x] if x in counted or len(seen[x] & bare) < len(seen[x] - bare) else seen[x] - bare
          for x in letters)
    )  # fmt: skip
    # the last layer, in z^L, where no symbol is called L
    letters |= {x for x in seen if seen[x] <= families and x not in found.others}

    def change(node: tree.Node) -> tree.Node:
        found = _layer_of(node)
        if found is None:
            return node
        stem, layer = found
        if layer.letter not in letters or _symbol(_name(stem)) not in families:
            return node
        label = tree.Label(layer.label, span=node.span)
        if isinstance(stem, tree.Entry):
            return replace(stem, upper=(label,), span=node.span)
        return tree.Entry(stem, (), (label,), span=node.span)

    return change


def inner_losses(
    roots: Sequence[tree.Node], equations: Sequence[Sequence[tree.Node]], notes: list[str]
) -> Change:
    r"""Make ``\partial C / \partial z^l`` a derivative of C as an unknown function of inner layers.

    A loss is defined by the last layer, C = |y - a^L|^2; how it depends on layer l through those
    between is said for no l, and is not needed.
    """
    letters = {
        found[0] for root in roots for _, label in _labelled(root)
        if (found := _parted(label)) is not None and found[1]
    }  # fmt: skip
    defined = {
        sides[0] for sides in equations
        if len(sides) > 1 and isinstance(sides[0], tree.Name)
        and not any(layer.letter in letters for x in sides[1:] for _, layer in _superscripts(x))
    }  # fmt: skip

    def change(node: tree.Node) -> tree.Node:
        if not isinstance(node, tree.Derivative | tree.Gradient) or node.quantity not in defined:
            return node
        if not node.by or not all(counted_below(by, letters) for by in node.by):
            return node
        loss = node.quantity
        inner = tree.Entry(loss, (), (tree.Label(INNER, span=loss.span),), span=loss.span)
        notes.append("a loss was taken as an unknown function of the inner layers")
        return replace(node, quantity=inner)

    return change if letters and defined else unchanged


def one_layer_on(statements: Sequence[Statement]) -> list[Statement]:
    """Return the definitions of a document for the other layers that it speaks of.

    A definition is made for another layer if something that it rests on is spoken of there.
    """
    return _Copies(statements).made


class _Copies:
    def __init__(self, statements: Sequence[Statement]) -> None:
        self.made: list[Statement] = []
        self.spoken = {x for s in statements for root in s.roots for x in _labelled(root)}
        parted = [found for _, label in self.spoken if (found := _parted(label)) is not None]
        self.letters = {letter for letter, _ in parted}
        self.defined: dict[tuple[str, str], Statement] = {}
        for s in statements:
            label = _label(s.sides[0])
            if label is not None and len(s.sides) > 1 and s.kinds[0] in ("equality", "definition"):
                self.defined.setdefault((_symbol(_name(s.sides[0])), label), s)
        for symbol, label in sorted(self.spoken - self.defined.keys()):
            self._make(symbol, label, DEEPEST)

    def _make(self, symbol: str, label: str, depth: int) -> bool:
        """Return whether a symbol has a definition in this layer, or gets one."""
        first = next((x for x in self.defined if x[0] == symbol), None)
        if first is None or not depth:
            return False
        if (symbol, label) in self.defined:
            return True
        statement, move = self.defined[first], _move(first[1], label, self.letters)
        if move is None:
            return False
        sides = tuple(mapped(side, move) for side in statement.sides[:2])
        below = set(_labelled(sides[1])) - {(symbol, label)}
        known = [x in self.spoken or self._make(*x, depth - 1) for x in sorted(below)]
        if not any(known) or (symbol, label) in self.defined:
            return (symbol, label) in self.defined
        number = FIRST_COPY + len(self.made)
        copy = replace(
            statement, number=number, sides=sides, kinds=("definition",), defines=True,
            is_inline=True,
        )  # fmt: skip
        self.defined[symbol, label] = copy
        self.made.append(copy)
        return True


def counted_below(node: tree.Node, letters: Collection[str]) -> str | None:
    r"""Return which of some letters counts layers below a node, as the l of ``\sum_l W^l``."""
    below = (n.text for n in nodes(node) if isinstance(n, tree.Label))
    found = (parted[0] for text in below if (parted := _parted(text)) is not None)
    return next((x for x in found if x in letters), None)


def _labelled(root: tree.Node) -> Iterator[tuple[str, str]]:
    """Yield the symbols below a node that have a layer, with its label."""
    for node in nodes(root):
        label = _label(node)
        if label is not None:
            yield _symbol(_name(node)), label


def _move(here: str, there: str, letters: set[str]) -> Change | None:
    """Return what turns every label of one layer's definition into another layer's."""
    old, new = _parted(here), _parted(there)
    if old is None or new is None or old[0] not in letters:
        return None

    def change(node: tree.Node) -> tree.Node:
        found = _parted(node.text) if isinstance(node, tree.Label) else None
        if found is None or found[0] != old[0]:
            return node
        return replace(node, text=Layer(new[0], found[1] - old[1] + new[1]).label)

    return change


def _parted(label: str) -> tuple[str, int] | None:
    """Return the letter and the shift of a label such as lp1, None if it is another label."""
    letter, sign, number = label[:1], label[1:2], label[2:]
    if letter.isalpha() and not sign:
        return letter, 0
    if letter.isalpha() and sign in ("p", "m") and number.isdigit():
        return letter, int(number) * (1 if sign == "p" else -1)
    return None


def _label(node: tree.Node) -> str | None:
    if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name) and len(node.upper) == 1:
        first = node.upper[0]
        if isinstance(first, tree.Label) and _parted(first.text) is not None:
            return first.text
    return None


def _superscripts(root: tree.Node) -> Iterator[tuple[str, Layer]]:
    for node in nodes(root):
        found = _layer_of(node)
        if found is not None:
            yield _symbol(_name(found[0])), found[1]


def _layer_of(node: tree.Node) -> tuple[tree.Name | tree.Entry, Layer] | None:
    """Return the symbol and the layer of ``a^{l+1}``, ``a^{(l)}_j``; None for anything else."""
    if isinstance(node, tree.Power | tree.Transpose):
        if isinstance(node, tree.Transpose):
            layer = Layer("t", 0) if node.mark == "t" else None
        else:
            layer = _counted(node.exponent)
        stem = node.base
        if layer is None:
            return None
        if isinstance(stem, tree.Name):
            return stem, layer
        if isinstance(stem, tree.Entry) and isinstance(stem.base, tree.Name) and not stem.upper:
            return stem, layer
        return None
    if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name) and len(node.upper) == 1:
        inside = node.upper[0]
        if isinstance(inside, tree.Bracketed):
            layer = _counted(inside.body)
            return (replace(node, upper=()), layer) if layer is not None else None
    return None


def _counted(node: tree.Node) -> Layer | None:
    if isinstance(node, tree.Name) and not node.font and len(_letter(node)) == 1:
        return Layer(_letter(node), 0)
    if isinstance(node, tree.Add) and len(node.terms) == 2:
        first, rest = node.terms
        number = rest.body if isinstance(rest, tree.Negate) else rest
        if isinstance(first, tree.Name) and isinstance(number, tree.Number):
            if number.text.isdigit() and len(_letter(first)) == 1:
                shift = int(number.text)
                return Layer(_letter(first), -shift if number is not rest else shift)
    return None


def _letter(name: tree.Name) -> str:
    return "l" if name.letter == "ell" else name.letter


def _elsewhere(node: tree.Node) -> Iterator[tree.Name]:
    """Yield the names below a node that do not stand in a superscript that may count layers."""
    found = _layer_of(node)
    if found is not None:
        stem = found[0]
        for script in stem.lower if isinstance(stem, tree.Entry) else ():
            yield from _elsewhere(script)
        return
    if isinstance(node, tree.Power) and isinstance(node.base, tree.Name):
        if isinstance(node.exponent, tree.Number) and node.exponent.text in ("0", "1"):
            return  # a^0 of the input layer: nobody writes such powers
        if isinstance(node.exponent, tree.Add):
            yield node.base  # the L - k of \delta^{L-k} says nothing of L
            return
    if isinstance(node, tree.Name):
        yield node
    for child in children(node):
        yield from _elsewhere(child)


def _name(node: tree.Node) -> tree.Name:
    base = node.base if isinstance(node, tree.Entry) else node
    assert isinstance(base, tree.Name)
    return base


def _symbol(name: tree.Name) -> str:
    font = "" if name.font == "bf" else name.font  # z^l_j is an entry of bold z^l
    return repr((name.letter, font, name.accents, name.primes))
