r"""What an equation may mean where it is false as it stands, though nobody said so.

    \partial p_k / \partial z_i = -p_k p_i             for k \ne i, if the prose tells them apart
    S = \sum_i r_i x_i x_i^\top / \sum_i r_i - \mu \mu^\top    if \mu is \hat\mu
    \partial \hat x_i / \partial \mu = -1 / \sigma     if \sigma, computed from \mu, is held fixed
    \partial L / \partial z_i = p_i - y_i              if the labels y of L sum to one
    \sum_{j \le t} x_j - \sum_{j \le i} x_j = \sum_{j=i+1}^t x_j      if i comes before t
    p_1 = e^{z_1} / (e^{z_1} + e^{z_2})                 if there are two entries

Derivatives take all that is computed along, and nothing is assumed that nobody said; but what
holds in another usual meaning is no mistake of its author.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

import sympy as sp

from proofs_checks.checks import modular
from proofs_checks.verdict import Verdict
from theory.algebra.expressions import (
    Equation,
    Relation,
    entry_tensor,
    free_indices,
    slots,
    tensors_in,
)
from theory.algebra.symbols import (
    Flow,
    Partial,
    Step,
    delta,
    is_order,
    order_of,
    scalar,
    total,
)
from theory.models import Constraint, Model
from theory.models.model import Definition, name_of

__all__ = ["Meaning", "other_meanings"]


class Meaning(NamedTuple):
    """A model in which an equation means something else, and what of it nobody said.

    ``relation`` is what it means there; ``sizes`` are those for which alone it does.
    """

    model: Model
    relation: Relation
    doubt: str
    sizes: Mapping[str, int] | None = None

    def holds(self, judge: Callable[[Model, Relation], Verdict]) -> bool:
        """Return whether the equation holds in this meaning."""
        if self.sizes is None:
            verdict = judge(self.model, self.relation)
            seen = [o.agrees for o in verdict.checks]
            return verdict.status == "proved" or (verdict.status == "undecided" and any(seen))
        equation = Equation(self.relation.left, self.relation.right)
        return modular.check(self.model, equation, sizes=self.sizes).agrees is True


def other_meanings(
    model: Model, relation: Relation, cases: Iterable[tuple[str, str]] = ()
) -> Iterator[Meaning]:
    """Yield what else a relation of a document's own symbols may mean.

    ``cases`` are pairs of its indices that the prose tells apart.
    """
    if any(x.atoms(Step, Flow) for x in (relation.left, relation.right)):
        return
    if isinstance(relation, Equation):
        yield from _in_one_case(model, relation, cases)
        yield from _of_estimates(model, relation)
    yield from _held_fixed(model, relation)
    yield from _summing_to_one(model, relation)
    if isinstance(relation, Equation):
        yield from _in_order(model, relation)
        yield from _of_few_entries(model, relation)


def _in_one_case(
    model: Model, relation: Relation, cases: Iterable[tuple[str, str]]
) -> Iterator[Meaning]:
    """Yield the equation for two different indices, and for two equal ones."""
    free = {k.name: k for k in free_indices(relation)}
    for one, other in cases:
        same = delta(free[one], free[other])
        for factor, sign in ((1 - same, r"\ne"), (same, "=")):
            where = _where(factor, relation)
            yield Meaning(model, where, f"whether ${one} {sign} {other}$ is meant is open")


def _where(condition: Any, relation: Relation) -> Equation:
    """Return an equation where a condition, a factor 0 or 1, holds."""
    return Equation(relation.left * condition, relation.right * condition, relation.domain)


def _of_estimates(model: Model, relation: Relation) -> Iterator[Meaning]:
    r"""Yield the model in which an input \mu is the estimate \hat\mu that has a definition."""
    for symbol in model.inputs:
        line = model.by_name.get(f"{name_of(symbol)}_hat")
        if line is None or getattr(line.tensor, "axes", ()) != getattr(symbol, "axes", ()):
            continue
        doubt = f"whether {name_of(symbol)} is its estimate here is open"
        below = model.ancestors.get(line.name, frozenset()) | {line.name}
        if name_of(symbol) in below:  # of the values before, perhaps: those of this equation alone
            left, right = (_renamed(side, symbol, line.tensor) for side in relation.args)
            domain = [_renamed(part, symbol, line.tensor) for part in relation.domain]
            yield Meaning(model, Equation(left, right, domain), doubt)
            continue
        at = slots(line.symbol)
        same = Definition(symbol[at] if at else symbol, line.symbol, "")  # type: ignore[index]
        first = [x for x in model.definitions if x.name in below]
        rest = [x for x in model.definitions if x.name not in below]
        estimated = replace(
            model,
            inputs=tuple(x for x in model.inputs if x != symbol),
            definitions=(*first, same, *rest),
        )
        yield Meaning(estimated, relation, doubt)


def _renamed(side: sp.Basic, old: sp.Basic, new: sp.Basic) -> sp.Basic:
    """Return an expression with another tensor or scalar in the place of one."""
    if isinstance(old, sp.Symbol):
        return side.xreplace({old: new})
    entries = (x for x in side.atoms(sp.Indexed) if entry_tensor(x) == old)
    return side.xreplace({x: new[slots(x)] for x in entries})  # type: ignore[index]


def _held_fixed(model: Model, relation: Relation) -> Iterator[Meaning]:
    """Yield the model in which what lies between a quantity and its variable is an input."""
    partials = {p for side in (relation.left, relation.right) for p in side.atoms(Partial)}
    between = sorted({name for partial in partials for name in _between(model, partial)})
    if not between:
        return
    inputs = [line.tensor for line in model.definitions if line.name in between]
    kept = tuple(line for line in model.definitions if line.name not in between)
    loss = model.loss
    if name_of(loss) in between:  # a partial derivative needs none
        loss = scalar(f"no_{loss}")
        kept = (*kept, Definition(loss, sp.S.Zero, "no loss"))
    held = replace(model, inputs=(*model.inputs, *inputs), definitions=kept, loss=loss)
    verb = "is" if len(between) == 1 else "are"
    doubt = f"whether {' and '.join(between)} {verb} held fixed here is open"
    yield Meaning(held, relation, doubt)


def _between(model: Model, partial: Partial) -> Iterator[str]:
    """Yield what a quantity is computed from beside ``by``, and what is computed from ``by``."""
    quantity, *by = partial.args
    names = {name_of(entry_tensor(x)) for x in by}
    by_name = model.by_name
    lines = (by_name[x].value for x in tensors_in(quantity) if x in by_name)
    for value in (quantity, *lines):
        if names & tensors_in(value):
            yield from (
                x for x in tensors_in(value) - names if names & model.ancestors.get(x, frozenset())
            )


def _summing_to_one(model: Model, relation: Relation) -> Iterator[Meaning]:
    r"""Yield the models in which the weights y of a ``\sum_k y_k \log p_k`` sum to one."""
    supposed = {n for c in model.constraints for n in tensors_in(c.equation)}
    free = {name_of(x) for x in model.inputs} - supposed
    sums = [s for line in model.definitions for s in line.value.atoms(sp.Sum)]
    for weighted in sums:
        index: Any = weighted.limits[-1][0]
        summand: Any = weighted.function
        for factor in sp.Mul.make_args(summand):
            if not isinstance(factor, sp.Indexed) or slots(factor)[-1:] != (index,):
                continue
            name = name_of(entry_tensor(factor))
            if name not in free or not summand.has(sp.log):
                continue
            free.discard(name)
            equation = Equation(total(factor, index), sp.S.One)
            sums_to_one = Constraint(equation, f"{name} sums to one")
            supposing = replace(model, constraints=(*model.constraints, sums_to_one))
            yield Meaning(supposing, relation, f"nothing says that {name} sums to one")


def _in_order(model: Model, relation: Relation) -> Iterator[Meaning]:
    """Yield the equation for each order of two of its free indices that it compares with others."""
    free = free_indices(relation.left) & free_indices(relation.right)
    compared = {
        k
        for x in _entries(relation)
        if is_order(name_of(entry_tensor(x)))
        for k in slots(x)
        if k in free
    }
    for first, last in permutations(sorted(compared, key=str), 2):
        if first.size == last.size:
            ordered = order_of(first.size)[last, first] - delta(first, last)
            where = _where(ordered, relation)
            yield Meaning(model, where, f"whether {first} < {last} is open")


def _of_few_entries(model: Model, relation: Relation) -> Iterator[Meaning]:
    """Yield the equation for as many entries as it names one by one: two of p_1 and p_2."""
    last: dict[str, int] = {}
    for entry in _entries(relation):
        for k, size in zip(slots(entry), entry_tensor(entry).axes, strict=True):
            if isinstance(k, sp.Integer):
                last[size.name] = max(last.get(size.name, 0), int(k))
    for name, count in sorted(last.items()):
        if count > 1:
            yield Meaning(model, relation, f"whether {name} is {count} is open", {name: count})


def _entries(relation: Relation) -> set[sp.Indexed]:
    return relation.left.atoms(sp.Indexed) | relation.right.atoms(sp.Indexed)
