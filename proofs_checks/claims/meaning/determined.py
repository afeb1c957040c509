"""Is what an equation speaks of determined by the definitions of its document?

A derivative needs a definition through which its variable enters what is differentiated.  What
rests on a symbol whose definition could not be read may be proved, never refuted; so may what
speaks of a symbol that stands on one side of one equation only, for then the document says
elsewhere, in prose perhaps, what it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.doubts import Doubts, updated_in_place
from proofs_checks.claims.meaning.families import EACH, both_halves, doubt_about
from proofs_checks.claims.meaning.recursions import Recursions
from proofs_checks.claims.meaning.redefinitions import doubt_of_two
from proofs_checks.claims.meaning.restrictions import (
    is_restriction,
    is_value,
)
from proofs_checks.claims.meaning.statements import Link, MeaningError
from proofs_checks.claims.notation import FACTORIAL
from proofs_checks.claims.tree import nodes
from theory.algebra.expressions import Equation, Relation, entry_tensor, tensors_in
from theory.algebra.opaque import Applied
from theory.algebra.symbols import Index, Partial
from theory.models.model import name_of
from theory.models.resolution import theory_of

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.document import Reading

__all__ = ["Determination"]


LENGTHS = frozenset("nNmMTKD")
"""Letters that papers give to lengths without saying so."""


class Determination(Recursions):
    """Checks the typed equations of one reading against its model."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.model = reading, reading.model
        self.unknown = reading.unknown
        written = [c for c in reading.constraints if c not in reading.inferred]
        self.declared = {n for c in written for n in tensors_in(c.equation)} | {
            n for line in reading.lines for n in tensors_in(line.value)
        }
        given = [reading.roles.reference(node) for node in reading.inputs]
        self.given = {x.name for x in given if x is not None}  # declared by the author
        self.described = reading.described()
        self.valued = {
            reading.roles.spell(s.sides[0])
            for s in reading.statements
            if s.is_inline and len(s.sides) == 2 and isinstance(s.sides[0], tree.Name)
            and isinstance(s.sides[1], tree.Number)
        }  # fmt: skip
        self.in_passing = {
            found.name
            for s in reading.statements
            if s.is_inline and s.kinds[:1] in (("equality",), ("definition",))
            and (found := reading.roles.reference(s.sides[0])) is not None
        } - self.model.by_name.keys()  # fmt: skip
        self.arbitrary = {reading.roles.spell(x.loss) for x in reading.arbitrary}
        self.shifted = reading.roles.shifted - reading.steps_before
        self.wrong: set[str] = set()  # definitions that mean nothing
        self.solved: set[str] = set()  # what enters equations that are to be solved

    def check(self) -> None:
        """Give statements their errors, and links their hedges."""
        reading = self.reading
        doubts = Doubts(reading)
        try:
            if reading.base is None:
                theory_of(self.model)
        except (ValueError, KeyError, RecursionError) as error:
            for statement in reading.statements:
                meaning = reading.meanings[statement.number]
                meaning.error = meaning.error or MeaningError(str(error), statement.span)
            return
        computed = frozenset(self.model.by_name.keys() | self.unknown)
        for statement in reading.statements:
            meaning = reading.meanings[statement.number]
            sums = any(isinstance(n, tree.Sum) for side in statement.sides for n in nodes(side))
            for link in meaning.links:
                if link.relation is None:
                    continue
                if meaning.error is None or link.kind == "definition":
                    error = self._error(link)
                    if error is not None and link.kind == "definition":
                        self.wrong.add(name_of(entry_tensor(link.relation.left)))
                    meaning.error = meaning.error or error or self.recursion(link)
                    if link.kind in ("claim", "step"):
                        is_sum = sums and isinstance(link.relation, Equation)
                        link.of_inputs = not is_sum and is_restriction(link.relation, computed)
                        link.cases = doubts.cases(statement, link)
                        link.hedge = (
                            link.hedge
                            or doubts.of(statement, link)
                            or self._unsaid(link)
                            or self._hedge(link)
                            or updated_in_place(statement, tree.Name, tree.Entry)
                        )

    def _error(self, link: Link) -> MeaningError | None:
        for node in sp.preorder_traversal(link.relation):
            if not isinstance(node, Partial):
                continue
            quantity, *by = node.args
            names = tensors_in(quantity)
            reached = self.reached(names)
            if len(by) > 1 or quantity.has(Partial):
                for name in sorted(reached & self.reading.stand_ins):
                    return MeaningError(
                        f"the second derivative of {name}, which the document does not define, "
                        "is not determined.", link.span, suggestion=f"define {name}",
                    )  # fmt: skip
            for entry in by:
                target = name_of(entry_tensor(entry))
                half = both_halves({target} | reached, self.model)
                if half and half == target.removesuffix(f"_{EACH}"):
                    return MeaningError(
                        f"{half} with an index is another quantity than {half} alone here, and "
                        "both enter this derivative.", link.span,
                        suggestion="another letter for one of them",
                    )  # fmt: skip
                family = self.recursion_through(entry, reached)
                if family:
                    return MeaningError(
                        f"{family} is defined by recursion, and its earlier values depend on "
                        f"{target} too.", link.span,
                        expected=f"the derivative by {target} of all steps",
                    )  # fmt: skip
                if target in reached or not names:
                    continue
                unknown = sorted(
                    n for n in names if n in self.unknown or n not in self.model.by_name
                ) or sorted(
                    n for n in reached & self.reading.ranks.applied if n not in self.model.by_name
                )
                is_loss = isinstance(quantity, sp.Symbol) and quantity.name in self.model.by_name
                # a sum of what both are computed from: zero by the one, another thing by the other
                is_sibling = bool(self._leaves(names) & self._leaves(frozenset({target})))
                if unknown or is_loss or is_sibling:
                    name = unknown[0] if unknown else min(names)
                    return MeaningError(
                        f"nothing says how {name} depends on {target}.", link.span,
                        expected=f"a definition through which {target} enters {name}",
                        suggestion=f"define {name}",
                    )  # fmt: skip
        return None

    def _defined_again(self, link: Link) -> str:
        """Return why an equation for a defined symbol may be a second definition of it.

        One that is computed from other inputs than the first is; one computed from the same is
        another form of it, right or wrong.
        """
        left, right = link.relation.left, link.relation.right
        if not isinstance(left, sp.Indexed | sp.Symbol):
            return ""
        name = name_of(entry_tensor(left))
        found = self.reading.definitions.found.get(name)
        if found is None or self.reading.base is not None and name in self.reading.base.tensors:
            return ""
        if right.has(left):
            return f"{name} stands on both sides, as in an update in place"
        before = self._leaves(frozenset((name,)))
        after = self._leaves(tensors_in(right))
        if before == after or not before or not after:
            return ""
        return f"{name} is defined already, from other quantities than here"

    def _slopes_of(self, name: str, names: Iterable[str]) -> bool:
        """Return whether derivatives of a quantity enter symbols: g_i = dL/do_i those of L."""
        slopes = (p for value in self.values_below(names) for p in value.atoms(Partial))
        return any(name in tensors_in(p.args[0]) for p in slopes)

    def _leaves(self, names: frozenset[str]) -> frozenset[str]:
        """Return the inputs from which some symbols are computed."""
        reached = self.reached(names)
        return frozenset(n for n in reached if n not in self.model.by_name)

    def _nearest(self, name: str, among: set[str]) -> set[str]:
        """Return which of some symbols a symbol is computed from without others of them between."""
        line = self.model.by_name.get(name)
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(tensors_in(line.value)) if line is not None else []
        while waiting:
            below = waiting.pop()
            if below in among:
                found.add(below)
            elif below not in seen:
                seen.add(below)
                line = self.model.by_name.get(below)
                waiting += tensors_in(line.value) if line is not None else ()
        return found

    def _unlinked(self, partials: set[Partial]) -> str:
        """Return what no definition leads to, where one unknown loss is differentiated by two."""
        by: dict[str, set[str]] = {}
        for partial in partials:
            quantity = partial.args[0]
            if isinstance(quantity, sp.Symbol) and quantity.name in self.reading.context.opaque:
                by.setdefault(quantity.name, set()).update(
                    name_of(entry_tensor(x)) for x in partial.args[1:]
                )
        for names in by.values():
            for name in sorted(names) if len(names) > 1 else ():
                others = names - {name}
                if not any(name in self.inputs_of(x) or x in self.inputs_of(name) for x in others):
                    return f"nothing says how {sorted(others)[0]} and {name} hang together"
        for loss, names in by.items():
            line = self.model.by_name.get(loss)
            ends = tensors_in(line.value) & self.model.by_name.keys() if line else frozenset()
            touched = sorted(e for e in ends if names & self.inputs_of(e))
            if len(touched) > 1:
                return f"nothing says whether {loss} depends on {touched[0]} and {touched[1]} both"
            last = max(names, key=lambda n: (len(self.inputs_of(n)), n))
            for end in sorted(ends - self.reading.targets(loss)) if len(names) > 1 else ():
                if self._nearest(end, names) - {last}:
                    return f"nothing says whether {loss} depends on {end}"
        return ""

    def _unsaid(self, link: Link) -> str:
        """Return which letter may be a length, or a solution, though the document says neither."""
        names = tensors_in(link.relation.left) | tensors_in(link.relation.right)
        if not names & self.model.by_name.keys() and names and names <= self.solved:
            return "this may follow from the equation to be solved before it"
        lengths = LENGTHS & self.reached(names) if self.reading.ranges.invented else ()
        for name in sorted(lengths):
            symbol = self.reading.symbols.table.get(name)
            if symbol is not None and not symbol.is_defined and not symbol.axes.total:
                if name not in self.given and name not in self.reading.roles.differentiated:
                    link.undeclared = (name,)
                    return f"nothing says what {name} is"
        return ""

    # -- hedges -----------------------------------------------------------------------------

    def _hedge(self, link: Link) -> str:
        relation: Relation = link.relation
        sides = [tensors_in(relation.left), tensors_in(relation.right)]
        both = sides[0] | sides[1]
        reached = self.reached(both)
        for name in sorted(reached & self.described.keys()):
            return f"the prose calls {name} {self.described[name]}, which is not read"
        sizes = {k.size.name.removesuffix("_size") for k in relation.atoms(Index)}
        for name in sorted(sizes & self.valued):
            return f"the prose says how large {name} is, which is not read"
        half = both_halves(reached, self.model)
        if half:
            return doubt_about(half)
        capitals = self.reading.roles.capitals
        for letter in sorted(self.reading.apart_letters & capitals.keys()):
            if {letter, capitals[letter], f"{letter}_{EACH}"} & reached:
                return doubt_about(letter)  # the rows of V, or another V
        unread = sorted(reached & self.unknown)
        if unread:
            return f"the definition of {unread[0]} could not be read"
        passing = sorted(reached & self.in_passing)
        if passing:
            return f"what the text says {passing[0]} is could not be used"
        twice = doubt_of_two(reached & self.reading.said_twice)
        if twice:
            return twice
        shifted = sorted(reached & self.shifted)
        if shifted and self.rests_on(shifted, relation):
            return f"{shifted[0].split('_')[0]} is defined by recursion, which is not unrolled"
        partials = {p for p in sp.preorder_traversal(relation) if isinstance(p, Partial)}
        rest = relation.xreplace({p: sp.S.One for p in partials})
        for name in sorted(tensors_in(rest) & self.reading.context.opaque):
            return f"nothing says what {name} is"
        below = self.reached(n for p in partials for n in tensors_in(p.args[0]))
        for name in sorted(below & self.reading.stand_ins - self.arbitrary):
            if "_." in name:  # a function of which only the arguments are said
                return f"nothing says what {name.split('_.')[0]} is"
            mentions = [name in side or self._slopes_of(name, side) for side in sides]
            if sum(mentions) == 1 and relation.right != 0:
                return f"nothing says what {name} is"
            if name not in both and relation.right != 0:
                return f"nothing says how {name} depends on what this is differentiated by"
        through = self.through_another(partials)
        if through:
            return f"nothing says whether {through}"
        for partial in sorted(partials, key=str):
            names = tensors_in(partial.args[0])
            above = self.reached(names)
            for entry in partial.args[1:]:
                target = name_of(entry_tensor(entry))
                if names and target not in above:
                    return f"nothing says how {sorted(names)[0]} depends on {target}"
        ranks = self.reading.ranks
        for name in sorted((reached - both) & ranks.applied):
            at_a_label = "_." in name and max(ranks.slots_seen[name], default=0) == 0  # f(D)
            is_known = name in self.model.by_name or name.split("_.")[0] == FACTORIAL
            if at_a_label and not is_known:
                return f"nothing says what {name.split('_.')[0]} is"
        related = self.related(reached)
        if related:
            return f"nothing says how the values of {related} are related"
        weights = sorted(n for n in reached if n.startswith("prob_"))
        if weights:
            return f"nothing says what the distribution {weights[0].removeprefix('prob_')} is"
        again = self._defined_again(link)
        if again:
            return again
        if both & self.reading.assumed:
            return ""
        target = self.solved_for(relation, tensors_in(rest), reached)
        if target:
            self.solved |= {n for n in reached if n not in self.model.by_name}
            return f"this may be an equation to be solved for {target}"
        if is_value(relation, self._leaves(both)):
            return "this may be a value at one point"
        functions = [
            {str(f.args[0]) for f in side.atoms(Applied)} - {FACTORIAL}  # `Doubts` knows of it
            for side in relation.args[:2]
        ]
        if functions[0] ^ functions[1]:
            return f"nothing says what {min(functions[0] ^ functions[1])} is"
        below = [self.functions_below(side) for side in relation.args[:2]]
        hidden = (below[0] ^ below[1]) - functions[0]
        if hidden:  # A = f(H) and A = exp(H) perhaps say which f is meant
            return f"nothing says what {min(hidden)} is"
        if not isinstance(relation, Equation) and functions[0]:
            return "nothing says what the functions in it are"
        unlinked = self._unlinked(partials)
        if unlinked:
            return unlinked
        link.undeclared = tuple(self.on_one_side(sides))
        if link.undeclared:
            return f"nothing says what {link.undeclared[0]} is"
        alone = {n for names in sides if len(names) == 1 for n in names}
        single = sorted(alone - self.given - self.reading.ranks.applied)
        if link.of_inputs and single:  # S^{-1} = A + B may say what S is
            return f"nothing says what {single[0]} is"
        return self._left_open(relation, reached)

    def _left_open(self, relation: Relation, reached: frozenset[str]) -> str:
        """Return what values, sizes and vectors an equation may rest on without saying so."""
        known = self.model.by_name.keys() - self.reading.stand_ins
        values = sorted(n for n in reached & self.reading.ranks.applied - known if "_." in n)
        if values and (relation.left.is_number or relation.right.is_number):
            return f"nothing says what {values[0].split('_.')[0]} is"  # \sum_x p(x) = 1
        for name in sorted(reached & self.model.by_name.keys()):
            line = self.model.by_name[name]  # y_i = 1, perhaps of the true class alone
            if line.parameters and line.value.is_number and self.reading.base is None:
                return f"what is said of {name} may only say which case is meant"
        if self.of_open_size(relation):
            return "nothing says how large an identity or a vector of ones is here"
        chosen = self.reading.ranks.chosen
        for name in sorted(n for n in reached & chosen.keys() if chosen[n] == "a matrix"):
            if name[:1].islower() and "bf" not in self.reading.ranks.fonts[name]:
                return f"nothing says that {name} is a matrix"
        vector = self.eigenvector(relation)
        return f"this may say that {vector} is an eigenvector" if vector else ""
