r"""Recursions: definitions by an earlier step, which are not unrolled.

    h_t = w h_{t-1} + x_t     the derivative by w has a part in every step before

An equation that differs only by what the step itself brings in is wrong all the same:
S_t = S_{t-1} + 2 k_t beside S_t = S_{t-1} + k_t.

`determined` builds on `Recursions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy as sp

from proofs_checks.claims.meaning.statements import Link, MeaningError
from proofs_checks.claims.meaning.unsaid import Unsaid
from theory.algebra.expressions import Relation, entry_tensor, slots, tensors_in
from theory.algebra.symbols import Index
from theory.models.model import name_of
from theory.models.resolution import theory_of

__all__ = ["Recursions"]

NEIGHBOUR = re.compile(r"_\.?(?P<letter>[A-Za-z])(?P<shift>[pm]\d+)?$")
"""The end of the name of what is one step from its family, such as h_tm1 or a_.lm1."""


class Recursions(Unsaid):
    """What rests on earlier steps; ``shifted`` are names one or more steps from their family."""

    shifted: set[str]

    def recursion_through(self, entry: sp.Basic, reached: frozenset[str]) -> str:
        """Return what reaches a variable through steps that are not written out, if anything does.

        Of h_t = w h_{t-1} + x_t the derivative by w has a part in every step before; that by the
        x of this step has none.
        """
        target = name_of(entry_tensor(entry))
        letters = {k.name for k in slots(entry) if isinstance(k, Index)}
        label = NEIGHBOUR.search(target)
        for name in sorted(reached - self.model.by_name.keys()):
            found = NEIGHBOUR.search(name)
            if found is None or not found["shift"] or name == target:
                continue
            stem, letter = name[: found.start()], found["letter"]
            family = [n for n in self.model.by_name if n.split("_")[0] == stem.split("_")[0]]
            above = {n.split("_")[0] for n in self.reached(family)}
            is_here = label is not None and target in reached  # one layer's, not every step's
            of_this_step = letter in letters and not (label and label["shift"])
            if family and target.split("_")[0] in above and not is_here and not of_this_step:
                return stem
        return ""

    def recursion(self, link: Link) -> MeaningError | None:
        """Return why a definition has no meaning that is computed from a recursion.

        The recursion itself is a definition as it stands: nothing is asked of it.
        """
        if link.kind != "definition":
            return None
        names = tensors_in(link.relation)
        reached = self.reached(names)
        stems = {n.split("_.")[0] for n in reached & self.shifted}
        own = name_of(entry_tensor(link.relation.left))
        for name in sorted(stems & reached & self.model.by_name.keys()):
            if name == own:
                link.notes = (*link.notes, f"{name} is defined by recursion, which is not unrolled")
                continue
            return MeaningError(
                f"{name} is defined by recursion over its index, which is not unrolled.", link.span,
                expected="a closed form, such as a sum over s \\le t",
            )  # fmt: skip
        return None

    def rests_on(self, shifted: Sequence[str], relation: Relation) -> bool:
        """Return whether the sides differ by something that earlier steps of a recursion enter."""
        try:
            residual = theory_of(self.model).prove(relation).residual
        except (ValueError, KeyError, RecursionError):
            return True
        left = frozenset().union(*(monomial.names for monomial in residual.terms))
        earlier = {x for x in shifted if NEIGHBOUR.sub("", x) in self.model.by_name}
        return not residual.terms or bool(left & (earlier | self.model.by_name.keys()))
