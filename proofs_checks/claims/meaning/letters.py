r"""Which letters are indices, which are ranges, and which are quantities.

    \sum_{j=1}^n s_j        j is bound, n is a range, s a quantity
    i \neq j, \forall i     i and j are compared or quantified
    \partial L/\partial x    x is a quantity, and differentiated

`scripts` builds on `Letters`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.applications import Applications
from proofs_checks.claims.meaning.dots import LISTS
from proofs_checks.claims.meaning.omissions import SET
from proofs_checks.claims.meaning.slots import INDEX_LETTERS, Reference, stem_of
from proofs_checks.claims.meaning.spelling import Spelling, flat
from proofs_checks.claims.notation import MOMENTS, OVER_AN_INDEX
from proofs_checks.claims.tree import children, nodes

__all__ = ["Letters"]


class Letters(Applications):
    """The letters of one document.

    | attribute | meaning |
    |---|---|
    | sizes | names of ranges |
    | bound | letters that some operator binds |
    | compared | letters that are quantified or compared with indices |
    | quantities | names that stand as quantities |
    | upper | names whose exponents are indices |
    | bound_by | by the id of a sum: what it binds besides its own letters |
    | bare_names | symbols that stand as terms or factors |
    | points | arguments of distributions over which nothing runs: the x of p(z | x) |
    """

    def __init__(self, spell: Spelling, sizes: Iterable[str] = ()) -> None:
        super().__init__(spell)
        self.sizes = set(sizes)
        self.bound: set[str] = set()
        self.compared: set[str] = set()
        self.quantities: set[str] = set()
        self.differentiated: set[str] = set()
        self.upper: set[str] = set()
        self.bound_by: dict[int, tuple[str, ...]] = {}
        self.bare_names: set[str] = set()
        self.points: set[str] = set()

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

        They stand before the \sim, or alone where they are arguments of what is expected, or
        where the document sums over them elsewhere.
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
                is_new = name not in self.quantities and not self._scripted(name)
                if name in arguments or name in self.bound or is_new:
                    found.append(name)
        return tuple(dict.fromkeys(found))

    def runs_over(self, node: tree.Node) -> str | None:
        r"""Return the letter over which a softmax runs: the j of ``\mathrm{softmax}_j(s_{ij})``."""
        if isinstance(node, tree.Call) and node.function in OVER_AN_INDEX and len(node.lower) == 1:
            letter = self.letter(node.lower[0])
            below = (x for n in nodes(node.arguments[0]) if isinstance(n, tree.Entry)
                     for x in n.lower)  # fmt: skip
            return letter if letter in map(self.letter, below) else None
        return None

    def _scripted(self, name: str) -> bool:
        return name in self.bare_names

    def weight(self, node: tree.Call) -> Reference:
        r"""Return the symbol of the weights of a distribution that the document does not define.

        Those of y \sim \pi(y | x) are weights of y for every x that is an outcome elsewhere.
        """
        letters = self.outcomes(node)
        given = [
            x
            for low in node.lower
            if isinstance(low, tree.Compare) and isinstance(low.right, tree.Apply)
            for argument in low.right.arguments
            if (x := self.letter(argument)) in self.bound and x not in letters
        ]
        letters = (*letters, *dict.fromkeys(x for x in given if x is not None))
        laws = [
            flat(low.right if isinstance(low, tree.Compare) else low, self.spell)
            for low in node.lower
        ]
        indices = tuple(tree.Name(x, span=node.span) for x in letters)
        return Reference(f"prob_{'.'.join(laws)}", indices)

    def _find_sizes(
        self, every: Sequence[tree.Node], equations: Sequence[Sequence[tree.Node]]
    ) -> None:
        r"""Find the letters at which sums end: lengths, unless they are indices more often.

        One that is a script of the left side is an index: ``o_t = \sum_{i=1}^t x_i``, for every t.
        """
        scripts: Counter[str] = Counter()
        ends: Counter[str] = Counter()
        for root in every:
            here: set[str] = set()
            last: set[str] = set()
            for node in nodes(root):
                if isinstance(node, tree.Entry):
                    here |= self._below(node)
                elif isinstance(node, tree.Sum):
                    last |= self._ends(node)
                elif isinstance(node, tree.Name) and node.accents[-1:] == (SET,):
                    self.sizes.add(self.spell(node))
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
        for left, *rest in equations:
            here = self._below(left)
            below = (n for side in rest for n in nodes(side) if isinstance(n, tree.Sum))
            self.compared |= set().union(*(here & self._ends(n) for n in below)) - self.sizes

    def _below(self, node: tree.Node) -> set[str]:
        """Return the letters below a symbol."""
        if not isinstance(node, tree.Entry):
            return set()
        return {self.spell(x) for x in node.lower if isinstance(x, tree.Name)}

    def _ends(self, node: tree.Sum) -> set[str]:
        """Return the letters at which a sum ends."""
        own = {self.letter(b.index) for b in node.bounds}
        ends = {self.size_name(b.last) for b in node.bounds if b.last is not None}
        return {x for x in ends - own if x is not None}

    def size_name(self, node: tree.Node) -> str | None:
        """Return the name of a range: n, d_k, N."""
        if isinstance(node, tree.Name):
            return self.spell(node)
        if isinstance(node, tree.Entry) and isinstance(node.base, tree.Name) and not node.upper:
            labels = [flat(x, self.spell) for x in node.lower]
            return "_".join([self.spell(node.base), *labels])
        return None

    def _find_letters(self, every: Sequence[tree.Node]) -> None:
        for root in every:  # before expectations, which run over what is summed elsewhere
            for node in nodes(root):
                if isinstance(node, tree.Sum):
                    self.bound |= {x for b in node.bounds if (x := self.letter(b.index))}
        for root in every:
            for node in nodes(root):
                if (over := self.runs_over(node)) is not None:
                    self.bound.add(over)
                if isinstance(node, tree.Ranges | tree.ForAll):
                    self.compared |= {x for i in node.indices if (x := self.letter(i))}
                elif isinstance(node, tree.Call) and node.function in MOMENTS:
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
                if isinstance(node, tree.Sum) and node.operator in LISTS:
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
                stem = stem_of(node)
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

    def _find_points(
        self, every: Sequence[tree.Node], equations: Sequence[Sequence[tree.Node]]
    ) -> None:
        """Find the letters that are arguments of distributions and nothing else.

        Equations with p(x) and p(z | x) hold at each x.  Where one of them does not mention x on
        both sides, nothing runs over x and no x' or x_i is another one, p(x) is a number and
        p(. | x) a vector.
        """
        given: set[str] = set()  # arguments of what has a bar
        others: set[str] = set()
        spellings: dict[str, set[str]] = defaultdict(set)

        def visit(node: tree.Node) -> None:
            if isinstance(node, tree.Name):
                spellings[node.letter].add(self.spell(node))
                others.add(self.spell(node))
                return
            if not isinstance(node, tree.Apply) or not self.is_function(node.base):
                for child in children(node):
                    visit(child)
                return
            visit(node.base)
            for argument in node.arguments:
                if isinstance(argument, tree.Name):
                    spellings[argument.letter].add(self.spell(argument))
                    given.update([self.spell(argument)] if "|" in node.separators else [])
                else:
                    visit(argument)

        for root in every:
            visit(root)
        alone = {x for found in spellings.values() if len(found) == 1 for x in found}
        taken = others | self.bound | self.compared | self.quantities | self.sizes
        found = (given & alone) - taken - INDEX_LETTERS
        stray: set[str] = set()
        for sides in equations if found else ():
            here = [{self.spell(n) for n in nodes(x) if isinstance(n, tree.Name)} for x in sides]
            here = [letters for letters in here if letters]
            stray |= set().union(*here) - set(here[0]).intersection(*here) if here else set()
        self.points = found & stray

    def is_point(self, node: tree.Node) -> bool:
        """Return whether an argument is a point, which is part of its function's name."""
        return isinstance(node, tree.Name) and self.spell(node) in self.points

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
        elif isinstance(node, tree.Call) and (
            node.function in MOMENTS or self.runs_over(node) is not None
        ):
            for argument in node.arguments:
                yield from self._quantities(argument)
        elif isinstance(node, tree.Power):
            yield from self._quantities(node.base)
            is_exponential = isinstance(node.base, tree.Name) and node.base.letter == "e"
            if is_exponential or not isinstance(node.exponent, tree.Name):
                yield from self._quantities(node.exponent)
        else:
            for child in children(node):
                yield from self._quantities(child)
