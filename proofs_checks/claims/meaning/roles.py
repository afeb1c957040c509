r"""What every script, bracket and letter of a document is.

A subscript is an index or part of a name; a superscript an index, part of a name or a power; what
stands in a bracket after a letter an argument or a factor.  The equations decide: a letter that is
summed, quantified or compared is an index wherever it stands in such a slot; one that stands on one
side of an equation only is part of a name (``K = X W_k``); one that is itself a quantity of the
document (``\pi_\theta``) names what the symbol depends on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.omissions import PARAMETERS
from proofs_checks.claims.meaning.scripts import Scripts
from proofs_checks.claims.meaning.slots import INDEX_LETTERS, Place, Reference, stem_of
from proofs_checks.claims.meaning.spelling import Spelling, flat
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import nodes

__all__ = ["INDEX_LETTERS", "Reference", "Roles"]


class Roles(Scripts):
    """The roles in one document.

    ``known`` maps the names of a vocabulary to their number of axes; ``sizes`` are names of ranges
    from elsewhere (a vocabulary, shapes).
    """

    def __init__(
        self,
        statements: Sequence[Statement],
        spell: Spelling,
        known: dict[str, int] | None = None,
        sizes: Iterable[str] = (),
        roots: Sequence[tree.Node] = (),
        *,
        rows: bool = True,
    ) -> None:
        super().__init__(spell, sizes)
        self.known = dict(known or {})
        self.capitals: dict[str, str] = {}
        self.shifted: set[str] = set()  # names of neighbours, as in S_{t-1}
        self.shifted_slots: dict[str, set[int]] = defaultdict(set)
        self.iterates: set[str] = set()
        self.turned: set[tuple[str, str]] = set()
        # "i = j" in the prose compares indices, and makes no quantities of them
        telling = [s for s in statements if not (s.is_inline and _compares_indices(s.sides))]
        every = [root for s in telling for root in s.roots] + list(roots)
        for root in every:
            self.bare_names |= set(self._quantities(root))
            self.turned |= set(self._turned_vectors(root))
        self._find_functions(statements, every)
        self._find_sizes(every, [s.sides for s in statements])
        self._find_letters(every)
        self._find_points(every, [s.sides for s in statements])
        self._find_classes(every, statements)
        for statement in statements:
            self._bind_the_unbound(statement)
            self._take_sides(statement)
        self.iterates = self._iterates()
        if not self.known and rows:
            self._find_capitals([root for s in statements for root in s.sides])

    def _find_classes(self, every: Sequence[tree.Node], statements: Sequence[Statement]) -> None:
        r"""Find the y of ``-\log p_y`` where ``p = \mathrm{softmax}(z)``: an entry of p."""
        weights = {
            s.sides[0] for s in statements
            if isinstance(s.sides[0], tree.Name)
            and any(isinstance(x, tree.Call) and x.function == "softmax" for x in s.sides[1:])
        }  # fmt: skip
        for root in every if weights else ():
            for node in nodes(root):
                if isinstance(node, tree.Entry) and node.base in weights and len(node.lower) == 1:
                    letter = node.lower[0]
                    if isinstance(letter, tree.Name) and letter.letter.islower():
                        self.compared |= {self.spell(letter)} - self.quantities - self.sizes

    def is_index(self, place: Place, item: tree.Node) -> bool:
        """Return whether what stands in a slot is an index."""
        slot = self.slots.get(place)
        letter = self.letter(item)
        if slot is None or (place[1][:1] == "^" and letter in self.iterates):
            return False
        by_number = isinstance(item, tree.Number) and item.text.isdigit() and int(item.text) > 0
        if letter is None and not by_number:
            return False
        if by_number and isinstance(item, tree.Number) and not slot.strong:
            if (place[0], item.text) in self.turned:
                return False  # of a number nobody takes the transpose: x_1 is a vector
        index = bool(slot.strong or slot.letters & self.compared)
        if place[0] == "d" and place[1] == "_0" and (letter or "") in ("k", "v", "q", "h"):
            if not slot.strong and slot.letters <= set("kvqh"):
                return False
        steady = {
            x
            for x, count in slot.both.items()
            if (count >= 2 * slot.stray[x] or x in INDEX_LETTERS)
            and x not in self.quantities
            and x not in self.sizes
            and not x.isupper()  # the K of W_K is a label, if no sum runs over it
        }
        if letter is not None and letter in self.quantities:
            if letter not in self.bound | self.compared:
                return False
        if not slot.both and place[0] in self.mismatched and letter in self.mismatched[place[0]]:
            return True  # c_i = w_k: a wrong index rather than a label
        if letter is not None and letter in self.sizes and letter not in slot.strong:
            return False
        return index or bool(steady)

    def _turned_vectors(self, root: tree.Node) -> Iterator[tuple[str, str]]:
        r"""Yield bold small letters with a number that are transposed: x and 1."""
        for node in nodes(root):
            entry = node.base if isinstance(node, tree.Transpose) else None
            if not isinstance(entry, tree.Entry) or not isinstance(entry.base, tree.Name):
                continue
            number = entry.lower[0] if len(entry.lower) == 1 else None
            if entry.base.font == "bf" and entry.base.letter.islower():
                if isinstance(number, tree.Number):
                    yield self.spell(entry.base), number.text

    def _iterates(self) -> set[str]:
        r"""Return the t of ``\pi_k^{(t)}`` that is an index of some symbols and of others is none.

        It is one and the same in all of them, so it is part of their names.
        """
        above = [
            (place, x) for place, slot in self.slots.items() if place[1][:1] == "^"
            for x in {*slot.both, *slot.stray, *slot.letters} if x not in self.bound
        ]  # fmt: skip
        found = {x: set[bool]() for _, x in above}
        for place, x in above:
            found[x].add(self.is_index(place, tree.Name(x)))
        return {x for x, is_index in found.items() if len(is_index) > 1}

    def is_indexed(self, name: str) -> bool:
        """Return whether a name carries an index somewhere."""
        slot = self.slots.get((name, "_0"))
        return slot is not None and any(
            self.is_index((name, "_0"), tree.Name(x)) for x in slot.letters
        )

    def reference(self, node: tree.Node) -> Reference | None:
        """Return what a name, an entry, an application or an upper index refers to."""
        if isinstance(node, tree.Name):
            return Reference(self.alias(self.spell(node)))
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            return self._entry(node)
        if isinstance(node, tree.Apply):
            return self._application(node)
        stem = stem_of(node)
        if stem is not None and self.spell(stem) in self.upper and isinstance(node, tree.Power):
            inner = self.reference(node.base)
            items = [item for _, item in self._placed(node)]
            if inner is not None and all(
                self.letter(x) or isinstance(x, tree.Number) for x in items
            ):
                return inner._replace(
                    name=f"{inner.name}_.u" if inner.indices else inner.name,
                    indices=(*inner.indices, *items),
                )
        return None

    def alias(self, name: str) -> str:
        """Return the vocabulary's name for a capital (the matrix of its rows) or for ell."""
        if name in self.capitals:
            return self.capitals[name]
        if name in self.known or not self.known:
            return name
        if name == "ell" and "L" in self.known:
            return "L"
        other = name.lower() if name.isupper() else name.upper()
        return other if len(name) == 1 and self.known.get(other) else name

    def _find_capitals(self, every: Sequence[tree.Node]) -> None:
        """Find the capitals that stand for the matrix of the vectors x_1, x_2, ..."""
        scripted: set[str] = set()
        bare: set[str] = set()
        for root in every:
            inside: set[int] = set()
            for node in nodes(root):
                if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
                    inside.add(id(node.base))
                    scripted.add(self.spell(node.base))
                elif isinstance(node, tree.Name) and id(node) not in inside:
                    bare.add(self.spell(node))
        columns = self._columns(every)
        for name in {x for x in bare - scripted - self.upper if x.lower() not in columns}:
            lower = name.lower()
            if len(name) == 1 and name.isupper() and lower not in bare and lower in scripted:
                slots = [self.slots.get((lower, f"_{n}")) for n in range(2)]
                if slots[0] is not None and (slots[0].strong or slots[0].both):
                    self.capitals[name] = lower

    def _columns(self, every: Sequence[tree.Node]) -> set[str]:
        r"""Return the names of vectors that stand side by side: the x of ``[x_1, \dots, x_n]``."""
        below = [node for root in every for node in nodes(root)]
        turned = {id(node.base) for node in below if isinstance(node, tree.Transpose)}
        return {
            self.spell(node.body.base)
            for node in below
            if isinstance(node, tree.Sum) and node.operator in ("list", "row")
            and id(node) not in turned
            and isinstance(node.body, tree.Entry) and isinstance(node.body.base, tree.Name)
        }  # fmt: skip

    def _entry(self, node: tree.Entry) -> Reference:
        base = node.base
        name = self.spell(base) if isinstance(base, tree.Name) else ""
        lower = list(node.lower)
        if len(lower) == 1 and isinstance(lower[0], tree.Number) and len(lower[0].text) == 2:
            slot = self.slots.get((name, "_1"))
            if (slot is not None and slot.letters) or self.known.get(name, 0) >= 2:
                text = lower[0].text
                lower = [tree.Number(x, span=lower[0].span) for x in text]
        indices: list[tree.Node] = []
        labels: list[str] = []
        depends: set[str] = set()
        first = flat(lower[0], self.spell) if lower else ""
        joined = f"{name}_{first}"
        if lower and (joined in self.known or joined in self.sizes):
            name, lower = joined, lower[1:]
        axes = self.known.get(self.alias(name))
        for n, item in enumerate(lower):
            if isinstance(item, tree.Slice):
                indices.append(item)
            elif axes is not None and self._can_index(item):
                indices.append(item)  # one too many is an error that says so
            elif axes is None and self.is_index((name, f"_{n}"), item):
                indices.append(item)
            elif axes is None and (shifted := self._shifted((name, f"_{n}"), item)) is not None:
                indices.append(shifted)
                labels.append("_." + flat(item, self.spell))
                self.shifted.add(name + "".join(labels))
                self.shifted_slots[name + "".join(labels)].add(len(indices) - 1 + len(node.upper))
            else:
                bracket = "in." if isinstance(item, tree.Bracketed) else ""  # x_{(i)} is no x_i
                labels.append(f"_{bracket}{flat(item, self.spell)}")
                depends |= self._parameters(item)
        above: list[tree.Node] = []  # they come first: x^{(i)}_j is the j-th of the vector x^{(i)}
        for n, item in enumerate(node.upper):
            inner = item.body if isinstance(item, tree.Bracketed) else item
            if isinstance(item, tree.Bracketed) and self.is_index((name, f"^{n}"), inner):
                above.append(inner)
            else:
                labels.append("_." + flat(item, self.spell))
        if not labels:
            name = self.alias(name)
        elif (joined := f"{name}{''.join(labels)}".replace("_.", "_")) in self.known:
            name, labels = joined, []  # W^Q is the vocabulary's W_Q
        return Reference(name + "".join(labels), (*above, *indices), frozenset(depends))

    def _shifted(self, place: Place, item: tree.Node) -> tree.Node | None:
        """Return the index i of a neighbour i + 1 or i - 1: the entry is another quantity of i."""
        if isinstance(item, tree.Add) and len(item.terms) == 2:
            first, rest = item.terms
            number = rest.body if isinstance(rest, tree.Negate) else rest
            if isinstance(number, tree.Number) and self.is_index(place, first):
                return first
        return None

    def _can_index(self, item: tree.Node) -> bool:
        return isinstance(item, tree.Name | tree.Entry) or (
            isinstance(item, tree.Number) and item.text.isdigit() and int(item.text) > 0
        )

    def _parameters(self, item: tree.Node) -> set[str]:
        return {
            self.spell(n)
            for n in nodes(item)
            if isinstance(n, tree.Name) and self.spell(n) in self.quantities
        }

    def is_argument_index(self, node: tree.Node) -> bool:
        """Return whether an argument is an index: a letter that is no quantity."""
        letter = self.letter(node)
        if letter is None or (isinstance(node, tree.Entry) and letter not in self.bound):
            return False
        if letter in self.points:
            return False
        may_be_parameter = letter.isupper() or letter in PARAMETERS
        if may_be_parameter and letter not in self.bound | self.compared:
            scripts = (slot for (_, place), slot in self.slots.items() if place[0] != "(")
            if not any(letter in slot.letters for slot in scripts):
                return False  # LL(D), J(w): data, a random variable, parameters
        return letter in self.bound | self.compared or letter not in self.quantities

    def _application(self, node: tree.Apply) -> Reference | None:
        """Return the reference of a function whose arguments name a point, not a computation."""
        base = self.reference(node.base)
        if base is None:
            return None
        indices: list[tree.Node] = []
        depends = set(base.depends)
        pattern: list[str] = []
        for argument in node.arguments:
            if self.is_argument_index(argument):
                indices.append(argument)
                pattern.append(self._outcome(node.base, argument))
            else:
                pattern.append(self._pattern(argument, indices))
                depends |= self._parameters(argument)
        parted = [x for x in node.separators if x != ","]
        signs = "".join("|" if "|" in x else "." if x == ";" else f".{x}." for x in parted)
        several = self.arities.get(self._base(node.base) or "", {len(pattern)})
        # p(x) and p(x, z) are two functions
        plain = not any(pattern) and not signs and len(pattern) == min(several)
        single = "." if len(pattern) == 1 and not signs else ""  # f(x) is no f^x
        name = base.name if plain else f"{base.name}_.{signs}{'.'.join(pattern)}{single}"
        # phi_k(x_i) is an entry of the vector phi(x_i): the argument tells the vectors apart
        return Reference(name, (*indices, *base.indices), frozenset(depends))

    def _outcome(self, function: tree.Node, argument: tree.Node) -> str:
        """Return which distribution an index among the arguments says to be meant, if it does."""
        stem = tree.stem(argument, tree.Entry)
        if not isinstance(stem, tree.Name) or stem.letter in INDEX_LETTERS:
            return ""
        if not self.is_overloaded(function):
            return ""
        return f"{stem.letter}!"

    def _pattern(self, node: tree.Node, indices: list[tree.Node]) -> str:
        """Return the text of an argument, its index letters taken out into ``indices``."""
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            found = self._entry(node)
            indices.extend(found.indices)
            # a_t and a_{it} are points of different spaces: two functions
            return found.name + "'" * max(0, len(found.indices) - 1)
        if isinstance(node, tree.Compare):
            parts = []
            for side in (node.left, node.right):
                if self.is_argument_index(side):
                    indices.append(side)
                    parts.append("")
                else:
                    parts.append(self._pattern(side, indices))
            return ".".join(parts)
        return flat(node, self.spell)


def _compares_indices(sides: Sequence[tree.Node]) -> bool:
    return len(sides) == 2 and all(
        isinstance(x, tree.Name) and x.letter in INDEX_LETTERS for x in sides
    )
