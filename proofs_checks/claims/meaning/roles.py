r"""What every script, bracket and letter of a document is.

A subscript is an index or part of a name; a superscript an index, part of a name or a power; what
stands in a bracket after a letter an argument or a factor.  The equations decide: a letter that is
summed, quantified or compared is an index wherever it stands in such a slot; one that stands on one
side of an equation only is part of a name (``K = X W_k``); one that is itself a quantity of the
document (``\pi_\theta``) names what the symbol depends on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.spelling import Spelling, flat
from proofs_checks.claims.meaning.statements import Statement
from proofs_checks.claims.tree import children, nodes

__all__ = ["Reference", "Roles"]

FUNCTION_LETTERS = frozenset(
    "f g h F G H J L E R S V Q Z K p q P phi psi varphi varpsi sigma pi ell kappa Phi Psi".split()
)
INDEX_LETTERS = frozenset("ijkl")
BINDERS = ("sum", "prod", "max", "min", "argmax", "argmin", "sup", "inf")


class Reference(NamedTuple):
    """What an occurrence refers to: a symbol, the indices in its slots, what it depends on."""

    name: str
    indices: tuple[tree.Node, ...] = ()
    depends: frozenset[str] = frozenset()


@dataclass
class Slot:
    """The letters and numbers seen in one place of a symbol's scripts."""

    strong: set[str] = field(default_factory=set)  # bound there by a sum
    both: Counter[str] = field(default_factory=Counter)  # free, on both sides of an equation
    stray: Counter[str] = field(default_factory=Counter)  # free on one side only
    numbers: set[str] = field(default_factory=set)

    @property
    def letters(self) -> set[str]:
        """Every letter that stands here."""
        return self.strong | self.both.keys() | self.stray.keys()


Place = tuple[str, str]


class Roles:
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
    ) -> None:
        self.spell, self.known = spell, dict(known or {})
        self.sizes = set(sizes)
        self.bound: set[str] = set()  # letters that some operator binds
        self.compared: set[str] = set()  # letters that are quantified or compared with indices
        self.quantities: set[str] = set()  # names that stand as quantities
        self.differentiated: set[str] = set()
        self.functions: set[str] = set()
        self.loose: set[str] = set()
        self.defined_functions: dict[str, tuple[tree.Node, ...]] = {}
        self.upper: set[str] = set()  # names whose exponents are indices
        self.bound_by: dict[int, tuple[str, ...]] = {}  # what a sum binds besides its own letters
        self.slots: dict[Place, Slot] = defaultdict(Slot)
        self.capitals: dict[str, str] = {}
        self.mismatched: dict[str, set[str]] = defaultdict(set)  # indices that agree with nothing
        self.shifted: set[str] = set()  # names of neighbours, as in S_{t-1}
        every = [root for s in statements for root in s.roots] + list(roots)
        self.bare_names: set[str] = set()  # symbols that stand as terms or factors
        for root in every:
            self.bare_names |= set(self._quantities(root))
        self._find_functions(statements, every)
        self._find_sizes(every)
        self._find_letters(every)
        for statement in statements:
            self._bind_the_unbound(statement)
            self._take_sides(statement)
        if not self.known:
            self._find_capitals([root for s in statements for root in s.sides])

    # -- letters ----------------------------------------------------------------------------

    def letter(self, node: tree.Node) -> str | None:
        """Return the index letter that a node is, None if it cannot be one."""
        if isinstance(node, tree.Name):
            return self.spell(node)
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            return flat(node, self.spell)
        return None

    def binds(self, node: tree.Sum) -> tuple[str, ...]:
        """Return the letters that a sum binds."""
        own = [self.letter(bound.index) for bound in node.bounds]
        extra = self.bound_by.get(id(node), ())
        return tuple(dict.fromkeys([x for x in own if x is not None] + list(extra)))

    def outcomes(self, node: tree.Call) -> tuple[str, ...]:
        r"""Return the letters of the outcomes that an expectation runs over.

        They stand before the \sim, or alone where they are arguments of what is expected.
        """
        found: list[str] = []
        arguments = {
            name
            for argument in node.arguments
            for below in nodes(argument)
            if isinstance(below, tree.Apply)
            for x in below.arguments
            if (name := self.letter(x)) is not None
        }
        for low in node.lower:
            if isinstance(low, tree.Compare) and low.relation == "~":
                listed = low.left.entries if isinstance(low.left, tree.Tuple) else (low.left,)
                found += [x for item in listed if (x := self.letter(item)) is not None]
            elif isinstance(low, tree.Name):
                name = self.spell(low)
                if name in arguments or (name not in self.quantities and not self._scripted(name)):
                    found.append(name)
        return tuple(dict.fromkeys(found))

    def _scripted(self, name: str) -> bool:
        return name in self.bare_names

    def weight(self, node: tree.Call) -> Reference:
        """Return the symbol of the weights of a distribution that the document does not define."""
        letters = self.outcomes(node)
        laws = [
            flat(low.right if isinstance(low, tree.Compare) else low, self.spell)
            for low in node.lower
        ]
        indices = tuple(tree.Name(x, span=node.span) for x in letters)
        return Reference(f"prob_{'.'.join(laws)}", indices)

    def _find_sizes(self, every: Sequence[tree.Node]) -> None:
        """Find the letters at which sums end: lengths, unless they are indices more often."""
        scripts: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        for root in every:
            here: set[str] = set()
            last: set[str] = set()
            for node in nodes(root):
                if isinstance(node, tree.Entry):
                    here |= {self.spell(x) for x in node.lower if isinstance(x, tree.Name)}
                elif isinstance(node, tree.Sum):
                    own = {self.letter(b.index) for b in node.bounds}
                    last |= {
                        name
                        for b in node.bounds
                        if b.last is not None
                        and (name := self.size_name(b.last)) not in own
                        and name is not None
                    }
                elif isinstance(node, tree.Ranges):
                    if (name := self.size_name(node.last)) is not None:
                        self.sizes.add(name)
                elif isinstance(node, tree.Space):
                    self.sizes |= {x for d in node.dims if (x := self.size_name(d)) is not None}
            scripts.update(here)
            ends.update(last)
        for name, count in ends.items():
            if name.isupper() or count > scripts[name]:
                self.sizes.add(name)

    def size_name(self, node: tree.Node) -> str | None:
        """Return the name of a range: n, d_k, N."""
        if isinstance(node, tree.Name):
            return self.spell(node)
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name) and not node.upper:
            labels = [flat(x, self.spell) for x in node.lower]
            return "_".join([self.spell(node.base), *labels])
        return None

    def _find_letters(self, every: Sequence[tree.Node]) -> None:
        for root in every:
            for node in nodes(root):
                if isinstance(node, tree.Sum):
                    self.bound |= {x for b in node.bounds if (x := self.letter(b.index))}
                elif isinstance(node, tree.Ranges | tree.ForAll):
                    self.compared |= {x for i in node.indices if (x := self.letter(i))}
                elif isinstance(node, tree.Call) and node.function == "expectation":
                    self.bound |= set(self.outcomes(node))
                elif isinstance(node, tree.Derivative | tree.Gradient | tree.Directional):
                    for by in node.by:
                        base = by.base if isinstance(by, tree.Entry) else by
                        if isinstance(base, tree.Name):
                            self.quantities.add(self.spell(base))
                            self.differentiated.add(self.spell(base))
                elif isinstance(node, tree.Indicator | tree.Branch):
                    for compare in node.conditions:
                        self._compared(compare)
                elif isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
                    if self.spell(node.base) == "delta" and len(node.lower) == 2:
                        self.compared |= {x for i in node.lower if (x := self.letter(i))}
                if isinstance(node, tree.Sum) and node.operator in ("column", "row"):
                    listed = {self.letter(b.index) for b in node.bounds}
                    for below in nodes(node.body):
                        if isinstance(below, tree.Power) and isinstance(below.base, tree.Name):
                            if self.letter(below.exponent) in listed:
                                self.upper.add(self.spell(below.base))
                if isinstance(node, tree.Derivative | tree.Gradient):
                    for by in node.by:  # nobody differentiates by a power
                        if isinstance(by, tree.Power) and isinstance(by.base, tree.Name):
                            if self._letters_of(by.exponent):
                                self.upper.add(self.spell(by.base))
            for name in self._quantities(root):
                self.quantities.add(name)
        for root in every:
            for node in nodes(root):
                if isinstance(node, tree.Compare):
                    self._compared(node)
                stem = _stem(node)
                if stem is not None and (stem.font == "bf" or len(stem.letter) > 1 and stem.font):
                    letters = self._letters_of(node.exponent)  # type: ignore[attr-defined]
                    if letters and not set(letters) & self.quantities:
                        self.upper.add(self.spell(stem))
                if isinstance(node, tree.Power) and isinstance(node.base, tree.Name):
                    factors = self._letters_of(node.exponent)
                    is_index = all(x in self.bound | self.compared for x in factors)
                    if len(factors) > 1 and (is_index or self._many_letters(node.exponent)):
                        self.upper.add(self.spell(node.base))
        numbered: dict[str, set[str]] = defaultdict(set)
        has_dots = any(isinstance(n, tree.Dots) for root in every for n in nodes(root))
        for root in every if has_dots else ():
            for node in nodes(root):
                if isinstance(node, tree.Power) and isinstance(node.base, tree.Name):
                    if isinstance(node.exponent, tree.Number | tree.Name):
                        numbered[self.spell(node.base)].add(flat(node.exponent, self.spell))
        for name, seen in numbered.items():
            if "1" in seen and seen & (self.sizes | self.bound):
                self.upper.add(name)

    def _letters_of(self, node: tree.Node) -> list[str]:
        if isinstance(node, tree.Product) and not node.operator:
            return [self.spell(x) for x in node.factors if isinstance(x, tree.Name)]
        return [self.spell(node)] if isinstance(node, tree.Name) else []

    def _many_letters(self, node: tree.Node) -> bool:
        return isinstance(node, tree.Product) and all(
            isinstance(x, tree.Name) and len(x.letter) == 1 and x.letter in "ijklmnabcd"
            for x in node.factors
        )

    def _compared(self, node: tree.Node) -> None:
        if not isinstance(node, tree.Compare):
            return
        ends = [node.left, node.right]
        letters = [x for end in ends if (x := self._comparable(end)) is not None]
        plain = all(isinstance(e, tree.Number) or self._comparable(e) for e in ends)
        if node.relation == "in" and not isinstance(node.right, tree.Space):
            letters, plain = letters[:1], self._comparable(node.left) is not None
        if plain and letters and not any(x in self.quantities for x in letters):
            self.compared |= set(letters)
        elif plain and node.relation in ("=", "!=") and len(letters) == 2:
            if any(x in self.bound | self.compared for x in letters):
                self.compared |= set(letters)

    def _comparable(self, node: tree.Node) -> str | None:
        if isinstance(node, tree.Add) and len(node.terms) == 2:
            return self._comparable(node.terms[0])
        return self.letter(node) if isinstance(node, tree.Name | tree.Entry) else None

    def _quantities(self, node: tree.Node) -> Iterator[str]:
        """Yield the names that stand as terms, factors, powers: not as scripts or arguments."""
        if isinstance(node, tree.Name):
            yield self.spell(node)
        elif isinstance(node, tree.Entry):
            if not isinstance(node.base, tree.Name):
                yield from self._quantities(node.base)
            elif node.base.letter != "delta":
                yield self.spell(node.base)
        elif isinstance(node, tree.Apply):
            is_function = self.is_function(node.base)
            for argument in node.arguments:
                if not is_function or not isinstance(argument, tree.Name | tree.Compare):
                    yield from self._quantities(argument)
        elif isinstance(node, tree.Indicator | tree.Ranges | tree.ForAll | tree.Space):
            return
        elif isinstance(node, tree.Compare):
            for side in (node.left, node.right):
                if not isinstance(side, tree.Name):
                    yield from self._quantities(side)
        elif isinstance(node, tree.Branch):
            yield from self._quantities(node.value)
        elif isinstance(node, tree.Sum):
            yield from self._quantities(node.body)
        elif isinstance(node, tree.Call) and node.function == "expectation":
            for argument in node.arguments:
                yield from self._quantities(argument)
        elif isinstance(node, tree.Power):
            yield from self._quantities(node.base)
            if not isinstance(node.exponent, tree.Name):
                yield from self._quantities(node.exponent)
        else:
            for child in children(node):
                yield from self._quantities(child)

    # -- functions --------------------------------------------------------------------------

    def _base(self, node: tree.Node) -> str | None:
        base = node.base if isinstance(node, tree.Entry) else node
        return self.spell(base) if isinstance(base, tree.Name) else None

    def is_function(self, base: tree.Node) -> bool:
        """Return whether a bracket after this name holds its arguments."""
        return self._base(base) in self.functions

    def is_application(self, node: tree.Apply) -> bool:
        """Return whether the bracket holds arguments: s_i(z) does, s_i (1 - s_i) does not."""
        if not self.is_function(node.base):
            return False
        name = self._base(node.base)
        computed = any(isinstance(x, tree.Add | tree.Negate) for x in node.arguments)
        return not (computed and name in self.loose and len(node.arguments) == 1)

    def _find_functions(self, statements: Sequence[Statement], every: Sequence[tree.Node]) -> None:
        bare: Counter[str] = Counter()
        loose: Counter[str] = Counter()  # bare, and not below a derivative
        applied: dict[str, list[tree.Apply]] = defaultdict(list)

        def visit(node: tree.Node, derived: bool) -> None:
            if isinstance(node, tree.Apply):
                name = self._base(node.base)
                if name is not None:
                    applied[name].append(node)
                for argument in node.arguments:
                    visit(argument, False)
                return
            if isinstance(node, tree.Name) or (
                isinstance(node, tree.Entry) and isinstance(node.base, tree.Name)
            ):
                name = self._base(node)
                if name is not None:
                    bare[name] += 1
                    loose[name] += not derived
                return
            inner = isinstance(
                node, tree.Derivative | tree.Gradient | tree.Differential | tree.Directional
            )
            for child in children(node):
                visit(child, inner)

        for root in every:
            visit(root, False)
        for statement in statements:
            for side in statement.sides[: 1 if len(statement.sides) == 1 else None]:
                if isinstance(side, tree.Apply) and all(map(_is_formal, side.arguments)):
                    name = self._base(side.base)
                    if name is not None and _is_formal(side.arguments[0]):
                        if side is statement.sides[0] or name not in bare:
                            self.functions.add(name)
        self.loose = {name for name, count in loose.items() if count}
        for name, calls in applied.items():
            letter = name.rstrip("'").split("_")[0]
            several = any(len(a.arguments) > 1 or set(a.separators) - {","} for a in calls)
            simple = all(all(map(_is_formal, a.arguments)) for a in calls)
            word = len(letter) > 2 and letter not in ("eta", "eps", "tau", "phi", "psi", "rho")
            usual = letter in FUNCTION_LETTERS or "'" in name
            if (
                several
                or "'" in name
                or (not loose[name] and (simple or usual))
                or (usual and simple and not loose[name.rstrip("'")])
                or (word and not bare[name] and letter not in VARIABLE_WORDS)
            ):
                self.functions.add(name)
        primed = {name.rstrip("'") for name in self.functions if name.endswith("'")}
        self.functions |= primed & applied.keys()

    # -- free and bound ---------------------------------------------------------------------

    def _bind_the_unbound(self, statement: Statement) -> None:
        """Let a sum bind what its conditions mention and nothing else binds."""
        for side in statement.sides:
            for node, above in _sums(side, self):
                own = {self.letter(b.index) for b in node.bounds} | above
                if not node.bounds and not node.conditions:
                    found = self._script_letters(node.body) - self.quantities
                    if len(found) == 1:
                        self.bound_by[id(node)] = tuple(found)
                        self.bound |= found
                    continue
                said = {
                    x
                    for c in node.conditions
                    if c.relation in ("!=", "<", ">")
                    for end in (c.left, c.right)
                    if (x := self._comparable(end)) is not None
                }
                elsewhere: set[str] = set()
                for other in statement.roots:
                    elsewhere |= self._free(other, frozenset(), node)
                new = tuple(sorted(said - own - elsewhere - self.sizes))
                if new:
                    self.bound_by[id(node)] = new
                    self.bound |= set(new)

    def _script_letters(self, node: tree.Node) -> set[str]:
        found = set()
        for below in nodes(node):
            if isinstance(below, tree.Entry):
                found |= {x for i in below.lower if (x := self.letter(i)) is not None}
        return found - self.sizes

    def _free(self, node: tree.Node, bound: frozenset[str], but: tree.Node) -> set[str]:
        """Return the script letters that stand free outside the node ``but``."""
        if node is but:
            return set()
        found: set[str] = set()
        if isinstance(node, tree.Entry):
            found |= {x for i in node.lower if (x := self.letter(i)) is not None}
        if isinstance(node, tree.Compare | tree.Indicator | tree.Bound):
            found |= {self.spell(n) for n in nodes(node) if isinstance(n, tree.Name)}
        inner = bound | set(self.binds(node)) if isinstance(node, tree.Sum) else bound
        found -= inner
        for child in children(node):
            found |= self._free(child, inner, but)
        return found - inner

    def _take_sides(self, statement: Statement) -> None:
        """Note for every slot whether its letters are bound, on both sides, or stray."""
        sides: list[dict[str, set[Place]]] = []
        for side in statement.sides:
            free: dict[str, set[Place]] = defaultdict(set)
            self._scripts(side, frozenset(), free)
            sides.append(free)
        # a side without symbols, such as 0 or 1/n, says nothing about letters
        telling = [
            free
            for free, side in zip(sides, statement.sides, strict=True)
            if free or self._has_symbols(side)
        ]
        everywhere = set.intersection(*(set(s) for s in telling)) if telling else set()
        if len(telling) > 1 and not everywhere and all(telling):
            for free in telling:
                for letter, places in free.items():
                    for name, _ in places if letter in INDEX_LETTERS else ():
                        if name.islower() and len(name) == 1 and name != "d":
                            self.mismatched[name].add(letter)
        said = {
            self.spell(n)
            for c in statement.conditions
            for n in nodes(c)
            if isinstance(n, tree.Name)
        }
        for free in sides:
            for letter, places in free.items():
                for place in places:
                    slot = self.slots[place]
                    (slot.both if letter in everywhere | said else slot.stray)[letter] += 1

    def _has_symbols(self, node: tree.Node) -> bool:
        return any(
            isinstance(n, tree.Name) and self.spell(n) not in self.sizes for n in nodes(node)
        )

    def _scripts(self, node: tree.Node, bound: frozenset[str], free: dict[str, set[Place]]) -> None:
        if isinstance(node, tree.Sum):
            for bnd in node.bounds:
                for end in (bnd.first, bnd.last):
                    if end is not None:
                        self._scripts(end, bound, free)
            bound = bound | set(self.binds(node))
            for condition in node.conditions:
                self._scripts(condition, bound, free)
            self._scripts(node.body, bound, free)
            return
        if isinstance(node, tree.Call) and node.function in ("expectation", "var", "cov"):
            bound = bound | set(self.outcomes(node))
        for place, item in self._placed(node):
            if isinstance(item, tree.Number):
                self.slots[place].numbers.add(item.text)
                continue
            letter = self.letter(item)
            if letter is None:
                continue
            if letter in bound:
                self.slots[place].strong.add(letter)
            else:
                free[letter].add(place)
        for child in children(node):
            self._scripts(child, bound, free)

    def _placed(self, node: tree.Node) -> Iterator[tuple[Place, tree.Node]]:
        """Yield the scripts of a symbol with their places."""
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            name = self.spell(node.base)
            for n, item in enumerate(node.lower):
                yield (name, f"_{n}"), item
            for n, item in enumerate(node.upper):
                if isinstance(item, tree.Bracketed):
                    yield (name, f"^{n}"), item.body
        elif isinstance(node, tree.Apply) and self.is_function(node.base):
            name = self._base(node.base) or ""
            for n, item in enumerate(node.arguments):
                if isinstance(item, tree.Name):
                    yield (name, f"({n}"), item
        elif (stem := _stem(node)) is not None and isinstance(node, tree.Power):
            name = self.spell(stem)
            if name in self.upper:
                factors = (
                    node.exponent.factors
                    if isinstance(node.exponent, tree.Product)
                    else (node.exponent,)
                )
                for n, item in enumerate(factors):
                    yield (name, f"^^{n}"), item

    # -- answers ----------------------------------------------------------------------------

    def is_index(self, place: Place, item: tree.Node) -> bool:
        """Return whether what stands in a slot is an index."""
        slot = self.slots.get(place)
        if slot is None:
            return False
        letter = self.letter(item)
        by_number = isinstance(item, tree.Number) and item.text.isdigit() and int(item.text) > 0
        if letter is None and not by_number:
            return False
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
        }
        if letter is not None and letter in self.quantities:
            if letter not in self.bound | self.compared:
                return False
        if not slot.both and place[0] in self.mismatched and letter in self.mismatched[place[0]]:
            return True  # c_i = w_k: a wrong index rather than a label
        if letter is not None and letter in self.sizes and letter not in slot.strong:
            return False
        return index or bool(steady)

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
        stem = _stem(node)
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
        for name in bare - scripted - self.upper:
            lower = name.lower()
            if len(name) == 1 and name.isupper() and lower not in bare and lower in scripted:
                slots = [self.slots.get((lower, f"_{n}")) for n in range(2)]
                if slots[0] is not None and (slots[0].strong or slots[0].both):
                    self.capitals[name] = lower

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
            else:
                labels.append("_" + flat(item, self.spell))
                depends |= self._parameters(item)
        for n, item in enumerate(node.upper):
            inner = item.body if isinstance(item, tree.Bracketed) else item
            if isinstance(item, tree.Bracketed) and self.is_index((name, f"^{n}"), inner):
                indices.append(inner)
            else:
                labels.append("_." + flat(item, self.spell))
        if not labels:
            name = self.alias(name)
        return Reference(name + "".join(labels), tuple(indices), frozenset(depends))

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
        return letter in self.bound | self.compared or letter not in self.quantities

    def _application(self, node: tree.Apply) -> Reference | None:
        """Return the reference of a function whose arguments name a point, not a computation."""
        base = self.reference(node.base)
        if base is None:
            return None
        indices: list[tree.Node] = list(base.indices)
        depends = set(base.depends)
        pattern: list[str] = []
        for argument in node.arguments:
            if self.is_argument_index(argument):
                indices.append(argument)
                pattern.append("")
            else:
                pattern.append(self._pattern(argument, indices))
                depends |= self._parameters(argument)
        signs = "".join("|" if "|" in x else "." for x in node.separators if x != ",")
        plain = not any(pattern) and not signs
        name = base.name if plain else f"{base.name}_.{signs}{'.'.join(pattern)}"
        return Reference(name, tuple(indices), frozenset(depends))

    def _pattern(self, node: tree.Node, indices: list[tree.Node]) -> str:
        """Return the text of an argument, its index letters taken out into ``indices``."""
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name):
            found = self._entry(node)
            indices.extend(found.indices)
            return found.name
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


def _sums(
    node: tree.Node, roles: Roles, above: frozenset[str | None] = frozenset()
) -> Iterator[tuple[tree.Sum, frozenset[str | None]]]:
    """Yield every sum below a node with the letters that sums around it bind."""
    if isinstance(node, tree.Sum):
        yield node, above
        above = above | {roles.letter(b.index) for b in node.bounds}
    for child in children(node):
        yield from _sums(child, roles, above)


VARIABLE_WORDS = frozenset(
    "alpha beta gamma delta epsilon zeta theta iota lambda upsilon omega".split()
)


def _stem(node: tree.Node) -> tree.Name | None:
    """Return the name whose power a node is, with or without indices below it."""
    if not isinstance(node, tree.Power):
        return None
    base = node.base.base if isinstance(node.base, tree.Entry) else node.base
    return base if isinstance(base, tree.Name) else None


def _is_formal(node: tree.Node) -> bool:
    """Return whether an argument can be the formal one of a definition: a name, perhaps indexed."""
    if isinstance(node, tree.Entry):
        return isinstance(node.base, tree.Name)
    if isinstance(node, tree.Compare):
        return True
    return isinstance(node, tree.Name | tree.Tuple | tree.Dots | tree.Bracketed)
