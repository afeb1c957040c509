r"""Would the equation be true under one more hypothesis?

    rows (or columns) of a tensor that sum to one      \sum_c y_{ic} = 1
    zeros and ones                                     M_{ij}^2 = M_{ij}
    one-hot rows                                       y_{ic} y_{id} = \delta_{cd} y_{ic} as well
    a symmetric matrix                                 W_{ab} = W_{ba}

A hypothesis is tried at a point first; the proof under it is a proof in a model that has it as a
constraint, or, for symmetry, in which W is defined as half of S + S^T for any S.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from proofs_checks.diagnosis.case import Case, Repair
from proofs_checks.diagnosis.point import NotEvaluable
from theory.algebra.canonical import AlgebraError
from theory.algebra.expressions import Equation, slots, tensors_in
from theory.algebra.symbols import Index, Tensor, delta, is_order, total
from theory.latex import equation as latex_equation
from theory.models import Constraint, Definition, Model, theory_of
from theory.models.model import name_of

__all__ = ["missing_hypothesis"]


@dataclass(frozen=True)
class _Hypothesis:
    """Equations to assume, and the model in which they hold.

    ``tensor`` is what they are about, and ``made`` gives entries that meet them from others.
    """

    equations: tuple[Equation, ...]
    model: Model
    tensor: Tensor
    made: Callable[[Any], Any]


def missing_hypothesis(case: Case) -> Repair | None:
    """Return the hypothesis under which the equation is true, with the equation as it is."""
    for hypothesis in _hypotheses(case):
        case.check_time()
        if _may_hold(case, hypothesis) and _holds(case, hypothesis):
            said = ", ".join(f"${latex_equation(e, case.model)}$" for e in hypothesis.equations)
            return Repair("missing_hypothesis", f"true if {said}", case.equation)
    return None


def _may_hold(case: Case, hypothesis: _Hypothesis) -> bool:
    """Return whether the sides agree at points where the hypothesis holds."""
    if not case.points:
        return True
    try:
        start = {name_of(hypothesis.tensor): hypothesis.made}
        moved = (point.under(hypothesis.equations, start) for point in case.points)
        return all(point.agree(*case.sides) for point in moved)
    except NotEvaluable:
        return False


def _holds(case: Case, hypothesis: _Hypothesis) -> bool:
    try:
        return theory_of(hypothesis.model).prove(case.equation).proved
    except (AlgebraError, ValueError):
        return False


def _hypotheses(case: Case) -> Iterator[_Hypothesis]:
    """Yield hypotheses on the inputs that matter: sums first, then kinds of entries, symmetry."""
    model = case.model
    given = {c.equation for c in model.constraints}
    needed = {name for name in _needed(case) if not is_order(name)}
    tensors = [x for x in model.inputs if isinstance(x, Tensor) and name_of(x) in needed]
    for last in (True, False):
        for x in tensors:
            entry = model.entry(x)
            if len(x.axes) > (0 if last else 1):
                axis = -1 if last else -2
                equation = Equation(total(entry, slots(entry)[axis]), 1)
                if equation not in given:
                    yield _assumed(model, x, partial(_summing_to_one, axis=axis), equation)
    for x in tensors:
        entry = model.entry(x)
        yield from _kinds_of_entries(model, x, entry)
    for x in tensors:
        yield from _symmetric(model, x)


def _kinds_of_entries(model: Model, x: Tensor, entry: sp.Expr) -> Iterator[_Hypothesis]:
    k = slots(entry)[-1]
    other = Index(model.letter(k.size, {i.name for i in slots(entry)}), k.size)
    product = entry * x[(*slots(entry)[:-1], other)]
    one_hot = Equation(product, delta(k, other) * entry)
    sums = Equation(total(entry, k), 1)
    yield _assumed(model, x, _zeros_and_ones, Equation(entry**2, entry))
    yield _assumed(model, x, _one_hot, one_hot, sums)


def _symmetric(model: Model, x: Tensor) -> Iterator[_Hypothesis]:
    if len(x.axes) != 2 or x.axes[0] != x.axes[1]:
        return
    entry = model.entry(x)
    a, b = slots(entry)
    mirrored = Equation(entry, x[b, a])
    source = Tensor(f"{name_of(x)}'", x.axes)
    line = Definition(entry, (source[a, b] + source[b, a]) / 2, "symmetric part")
    inputs = tuple(source if name_of(y) == name_of(x) else y for y in model.inputs)
    changed = replace(
        model,
        name=f"{model.name} with {name_of(x)} symmetric",
        inputs=inputs,
        definitions=(line, *model.definitions),
    )
    yield _Hypothesis((mirrored,), changed, x, lambda entries: (entries + entries.T) / 2)


def _summing_to_one(entries: Any, axis: int) -> Any:
    return entries - (entries.sum(axis, keepdims=True) - 1) / entries.shape[axis]


def _zeros_and_ones(entries: Any) -> Any:
    return (entries > np.median(entries)).astype(float)


def _one_hot(entries: Any) -> Any:
    return np.eye(entries.shape[-1])[entries.argmax(-1)]


def _assumed(
    model: Model, x: Tensor, made: Callable[[Any], Any], *equations: Equation
) -> _Hypothesis:
    constraints = tuple(Constraint(e, "missing hypothesis") for e in equations)
    name = f"{model.name} assuming {equations[0]}"
    changed = replace(model, name=name, constraints=(*model.constraints, *constraints))
    return _Hypothesis(equations, changed, x, made)


def _needed(case: Case) -> frozenset[str]:
    """Return the names on which either side depends."""
    names = set().union(*map(tensors_in, case.resolved))
    for line in reversed(case.theory.lines):
        if line.name in names:
            names |= tensors_in(line.value)
    return frozenset(names)
