"""The autograd judge: float64 agreement with a head written by hand in torch.nn.functional.

Both sides of an equation are evaluated at drawn points; every quantity takes its value from the
hand-written reference, every derivative from torch.autograd.  An entry agrees if

    |left - right| <= 1e-13 * max(mag(left), mag(right)),

mag being the sum of the absolute values of all that was added up to get a side, through every
step of the chain rule and before cancellation (`torch_majorant`).  In a saturated softmax the
result may be far smaller than its terms; it is then judged on the scale of the terms, as float64
can do no better.  Entries smaller than eps times the largest of the draw are judged on that scale:
a derivative may have underflowed on its way to them.  On the plain draw results are of the order of
their terms, so that a wrong coefficient 1 + 1e-9 is seen.

An agreement is evidence, no proof; a difference refutes unless float64 misled us, which the other
judges settle.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
import torch

from proofs_checks.checks.outcome import Outcome, why
from proofs_checks.checks.torch_draws import Draw, Labels, draw_inputs, draws_for
from proofs_checks.checks.torch_evaluator import Evaluator, differentiated
from proofs_checks.checks.torch_point import Point
from proofs_checks.checks.torch_reference import Reference, reference_for
from proofs_checks.checks.torch_terms import EPS, Term, Unjudgeable, bounded, union
from theory.algebra.expressions import (
    Inequality,
    Relation,
    StrictInequality,
    entry_tensor,
    slots,
)
from theory.algebra.symbols import Index
from theory.models.model import Constraint, Model, name_of

__all__ = ["TOLERANCE", "check"]

TOLERANCE = 1e-13
"""The largest difference that counts as rounding, relative to the magnitude of the terms."""


HYPOTHESIS_TOLERANCE = 1e-11
"""The largest relative difference up to which a hypothesis counts as met."""


@dataclass(frozen=True)
class _Question:
    """What is asked; ``through`` are the names that something is differentiated by."""

    model: Model
    reference: Reference
    equation: Relation
    through: frozenset[str]


@dataclass(frozen=True)
class _Comparison:
    """Both sides at one point: the worst entry, and how many entries could be compared."""

    draw: Draw
    relative: float
    entry: Mapping[str, int]
    left: float
    right: float
    compared: int
    skipped: int
    overflowed: int


def check(
    model: Model,
    equation: Relation,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    scores_scale: float | None = None,
    labels: Labels | None = None,
) -> Outcome:
    """Return whether both sides agree with the hand-written reference at four drawn points.

    ``sizes`` (by name, positive integers), ``scores_scale`` (the largest |s|, dimensionless, at
    most 700) and ``labels`` ("soft" or "one-hot") override those of every draw.  Entries at which a
    side is undefined (log 0 of a masked weight, division by 0) are skipped and counted; a draw that
    overflows is repeated with scores half as large.  ``agrees`` is None for a model nobody has
    written by hand, and for what has no float64 value.

    Raises `ValueError` for a size that is unknown or not positive, a scale outside (0, 700] and
    unknown labels.
    """
    start = time.perf_counter()
    draws = draws_for(model, equation, seed, sizes or {}, scores_scale, labels)
    reference = reference_for(model)
    if reference is None:
        detail = f"no hand-written torch implementation for model `{model.name}`"
        return _abstain(detail, seed, start)
    sides = (*equation.args, *(line.value for line in model.by_name.values()))
    question = _Question(model, reference, equation, differentiated(model.loss.name, *sides))
    with _one_thread():
        seen, used, unmet = [], [], ""
        for number, draw in enumerate(draws):
            try:
                seen.append(_compare(question, draw, len(draws) * seed + number))
                used.append(draw)
            except (Unjudgeable, RecursionError) as reason:
                return _abstain(why(reason), seed, start)
            except _Unmet as reason:
                unmet = f"no inputs with {reason} could be drawn"
    return _outcome(seen, used, seed, start) if seen else _abstain(unmet, seed, start)


def _abstain(detail: str, seed: int, start: float) -> Outcome:
    return Outcome("autograd", None, detail, seed=seed, seconds=time.perf_counter() - start)


def _outcome(
    seen: Sequence[_Comparison], draws: Sequence[Draw], seed: int, start: float
) -> Outcome:
    compared = sum(c.compared for c in seen)
    if not compared:
        return _abstain("both sides are undefined or overflow at every drawn point", seed, start)
    worst = max((c for c in seen if c.compared), key=lambda c: c.relative)
    agrees = worst.relative <= TOLERANCE
    skipped, overflowed = sum(c.skipped for c in seen), sum(c.overflowed for c in seen)
    detail = f"{compared} entries in {len(seen)} draws, largest relative error {worst.relative:.1e}"
    if not agrees:
        place = ", ".join(f"{name}={at}" for name, at in worst.entry.items())
        detail += (
            f" (allowed {TOLERANCE:.0e}), draw `{worst.draw.name}`"
            f"{' at ' + place if place else ''}: left {worst.left!r}, right {worst.right!r}"
        )
    detail += f"; {skipped} undefined entries skipped" if skipped else ""
    detail += f"; {overflowed} overflowing entries skipped" if overflowed else ""
    for c, draw in zip(seen, draws, strict=True):
        if c.draw.scores != draw.scores:
            detail += f"; |s| up to {c.draw.scores:g} only, as {draw.scores:g} overflows"
    found = {
        "draw": worst.draw.name,
        "labels": worst.draw.labels,
        "scores": worst.draw.scores,
        "entry": dict(worst.entry),
        "left": worst.left,
        "right": worst.right,
        "relative_error": worst.relative,
    }
    return Outcome(
        "autograd",
        agrees,
        detail,
        error_bound=f"{worst.relative:.1e}",
        sizes=dict(worst.draw.sizes),
        seed=seed,
        worst=found,
        seconds=time.perf_counter() - start,
    )


def _compare(question: _Question, draw: Draw, seed: int) -> _Comparison:
    """Return the comparison at one draw, at a gentler one while entries overflow."""
    result = _compare_once(question, draw, seed)
    while result.overflowed:
        gentler = result.draw.gentler()
        if gentler is None:
            break
        result = _compare_once(question, gentler, seed)
    return result


def _compare_once(question: _Question, draw: Draw, seed: int) -> _Comparison:
    generator = torch.Generator().manual_seed(seed)
    inputs = draw_inputs(question.model, question.reference, draw, generator)
    evaluator = _evaluator(question, draw, inputs, generator)
    unmet = _unmet(question.model, evaluator)
    if _fix_inputs(unmet, evaluator, inputs):
        evaluator = _evaluator(question, draw, inputs, generator)
        unmet = _unmet(question.model, evaluator)
    if unmet:
        raise _Unmet(unmet[0].text)
    with torch.no_grad():
        left, right = (evaluator.evaluate(side) for side in question.equation.args)
        right = _restricted(right, question.equation, evaluator)
        return _worst_entry(left, right, draw, is_order=isinstance(question.equation, Inequality))


def _evaluator(
    question: _Question, draw: Draw, inputs: dict[str, torch.Tensor], generator: torch.Generator
) -> Evaluator:
    model, reference, through = question.model, question.reference, question.through
    values = reference.values(inputs, model.features, through=through)
    majorant = reference.majorant(values, model.features, through=through)
    return Evaluator(model, Point(reference, values, majorant, draw.sizes, generator, through))


class _Unmet(Exception):
    """A hypothesis does not hold at the point that was drawn."""


def _unmet(model: Model, evaluator: Evaluator) -> list[Constraint]:
    """Return the hypotheses that the point does not meet."""
    unmet = []
    with torch.no_grad():
        for c in model.constraints:
            left, right = (evaluator.evaluate(side) for side in c.equation.args)
            if not (_Errors.of(left, right).worst <= HYPOTHESIS_TOLERANCE):
                unmet.append(c)
    return unmet


def _fix_inputs(
    unmet: Sequence[Constraint], evaluator: Evaluator, inputs: dict[str, torch.Tensor]
) -> bool:
    """Give inputs the values that hypotheses x = f ask for; return whether any was changed."""
    changed = False
    with torch.no_grad():
        for c in unmet:
            for entry, value in (c.equation.args, c.equation.args[::-1]):
                at = slots(entry)
                name = name_of(entry_tensor(entry))
                is_entry = isinstance(entry, sp.Indexed | sp.Symbol) and name in inputs
                if (
                    not is_entry
                    or len(set(at)) < len(at)
                    or any(not isinstance(k, Index) for k in at)
                ):
                    continue
                found = evaluator.evaluate(value)
                if found.undefined is None and set(found.labels) <= set(at):
                    inputs[name] = found.onto(at).value.expand(inputs[name].shape).clone()
                    changed = True
                    break
    return changed


def _restricted(side: Term, statement: Relation, evaluator: Evaluator) -> Term:
    """Return a side, undefined wherever the domain of the statement is left."""
    masks = []
    for part in statement.domain:
        if isinstance(part, Relation):
            left, right = (evaluator.evaluate(x) for x in part.args)
            labels = union((left, right))
            a, b = left.onto(labels).value, right.onto(labels).value
            if isinstance(part, StrictInequality):
                outside = a >= b
            else:
                outside = a > b if isinstance(part, Inequality) else a != b
            masks.append(outside)
        else:
            found = evaluator.evaluate(part)
            if found.undefined is not None:
                masks.append(found.undefined)
    # an equation with free indices is defined where it is for all of them
    if any(bool(outside.any()) for outside in masks):
        return replace(side, undefined=torch.ones_like(side.value, dtype=torch.bool))
    return side


@dataclass(frozen=True)
class _Errors:
    """The relative error of every entry, -1 where there is none; what was left out is counted."""

    labels: tuple[Index, ...]
    sides: tuple[Term, Term]
    relative: torch.Tensor
    skipped: int
    overflowed: int

    @staticmethod
    def of(left: Term, right: Term, *, is_order: bool = False) -> _Errors:
        """Return the errors of two sides; of an inequality, the excess of the left one."""
        labels = tuple(sorted(union((left, right)), key=lambda x: x.name))
        a, b = left.onto(labels), right.onto(labels)
        bounded(math.prod(np.broadcast_shapes(a.value.shape, b.value.shape)))
        difference = a.value - b.value
        difference = difference.clamp(min=0) if is_order else difference.abs()
        magnitude = torch.maximum(a.magnitude, b.magnitude)
        usable = torch.ones_like(difference, dtype=torch.bool)
        for side in (a, b):
            if side.undefined is not None:
                usable &= ~side.undefined
        skipped = int((~usable).sum())
        finite = difference.isfinite() & magnitude.isfinite()
        overflowed = int((usable & ~finite).sum())
        usable &= finite
        floor = EPS * magnitude[usable].max() if bool(usable.any()) else 0.0
        relative = torch.where(difference == 0, 0.0, difference / (magnitude + floor))
        relative = torch.where(usable, relative, -1.0)
        return _Errors(labels, (a, b), relative, skipped, overflowed)

    @property
    def worst(self) -> float:
        """The largest relative error, 0 if there is none."""
        return max(float(self.relative.max()), 0.0)


def _worst_entry(left: Term, right: Term, draw: Draw, *, is_order: bool) -> _Comparison:
    """Return the entry with the largest difference; of an inequality, the largest excess."""
    errors = _Errors.of(left, right, is_order=is_order)
    relative = errors.relative
    where = tuple(map(int, np.unravel_index(int(relative.argmax()), relative.shape)))
    left_value, right_value = (
        float(side.value.expand(relative.shape)[where]) for side in errors.sides
    )
    return _Comparison(
        draw=draw,
        relative=errors.worst,
        entry={x.name: k + 1 for x, k in zip(errors.labels, where, strict=True)},
        left=left_value,
        right=right_value,
        compared=int((relative >= 0).sum()),
        skipped=errors.skipped,
        overflowed=errors.overflowed,
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run torch on one thread: at these sizes a second one only costs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
