"""Whether a certificate says what the law says: both, as numbers, at random points.

The certificate is read back from its text; the law is evaluated by the float64 judge's evaluator,
which differentiates the model by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from proofs_checks.certificates.emission import Certificate
from proofs_checks.certificates.reading import (
    Statement,
    UndefinedStatement,
    UnreadableStatement,
    read_statement,
)
from proofs_checks.checks.plain.dependence import Dependence
from proofs_checks.checks.plain.inputs import Inputs, related
from proofs_checks.checks.plain.jets import Unjudgeable
from proofs_checks.checks.plain.points import drawn_inputs
from proofs_checks.checks.plain.surroundings import Circumstances, Surroundings
from theory.algebra.symbols import Index, Tensor

__all__ = ["TOLERANCE", "disagreement"]

TOLERANCE = 1e-8
"""The largest difference from the law, relative to 1 or to the larger side."""

SIZES = (2, 3, 2, 1, 3)
ENTRIES = 3
DRAWS = (1, 0, 0, 1, 0, 1)
"""The signs of the draws, tried in turn until the law is defined; 0 makes inputs positive."""


def disagreement(certificate: Certificate, *, seed: int = 0) -> str:
    """Return how the theorem differs from the law at random points, "" if it does not.

    Raises `Unjudgeable` where the law itself cannot be evaluated.
    """
    try:
        statement = read_statement(certificate.text, certificate.theorem)
    except UnreadableStatement as problem:
        return str(problem)
    model, relation = certificate.problem.model, certificate.problem.statement
    dependence = Dependence(model)
    names = [s.name for s in certificate.sizes.values()]
    constraints = related(model.constraints, dependence, *relation.args[:2])
    reason = Unjudgeable("no point was drawn")
    drawn = [
        (signs, {n: SIZES[(k + number) % len(SIZES)] for k, n in enumerate(names)})
        for number, signs in enumerate(DRAWS)
    ]
    for large in reversed(names):  # premises may want one size to be larger than the others
        drawn.append((1, {n: 6 if n == large else 2 for n in names}))
    for number, (signs, sizes) in enumerate(drawn):
        for place in certificate.places.values():
            sizes |= {n: max(size, place + 1) for n, size in sizes.items()}
        draw = Inputs((seed, number), signs, 0.8)
        try:
            with np.errstate(all="ignore"):
                return _compared(certificate, statement, dependence, sizes, constraints, draw)
        except Unjudgeable as problem:
            reason = problem
    raise reason


def _compared(
    certificate: Certificate,
    statement: Statement,
    dependence: Dependence,
    sizes: Mapping[str, int],
    constraints: Any,
    draw: Inputs,
) -> str:
    relation = certificate.problem.statement
    inputs = drawn_inputs(dependence, sizes, constraints, draw)
    at = Surroundings(Circumstances(dependence, sizes, inputs.array, None, inputs.solved))
    values = {own: _array(at, x).tolist() for own, x in certificate.variables.items()}
    left, right = (_dense(at, side, certificate.free) for side in relation.args[:2])
    given = {own: sizes[s.name] for own, s in certificate.sizes.items()} | dict(certificate.places)
    if len(statement.indices) != len(certificate.free):
        return "the theorem is about other indices than the law"
    for (_, size), k in zip(statement.indices, certificate.free, strict=True):
        if given.get(size) != sizes[k.size.name]:
            return f"the theorem lets an index over {k.size.name} run over {size}"
    rng = np.random.default_rng([11, *draw.seed])
    places = list(np.ndindex(*(sizes[k.size.name] for k in certificate.free)))
    defined = [x for x in places if np.isfinite(left[x]) and np.isfinite(right[x])]
    if not defined:
        raise Unjudgeable("the law is defined at none of the points drawn")
    for number in rng.permutation(len(defined))[:ENTRIES]:
        place = defined[number]
        indices = {name: k for (name, _), k in zip(statement.indices, place, strict=True)}
        try:
            found = statement.sides(given, values, indices)
        except UndefinedStatement as problem:
            raise Unjudgeable(f"the theorem speaks of {problem} at the points drawn") from problem
        except (UnreadableStatement, TypeError, KeyError, IndexError) as problem:
            return f"the theorem cannot be evaluated: {problem}"
        for side, own, wanted in zip(("left", "right"), found, (left, right), strict=True):
            expected = float(wanted[place])
            if abs(mpmath.mpf(own) - expected) > TOLERANCE * max(1.0, abs(expected)):
                return (
                    f"at {_said(sizes)} the {side} side is {mpmath.nstr(own, 12)} in the theorem "
                    f"and {expected:.12g} in the law"
                )
    return ""


def _said(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in sizes.items())


def _array(at: Surroundings, x: Any) -> np.ndarray:
    if not isinstance(x, Tensor):
        return _dense(at, x, ())
    ks = tuple(Index(f"place{n}", size) for n, size in enumerate(x.axes))
    return _dense(at, x[ks], ks)


def _dense(at: Surroundings, e: Any, ks: tuple[Index, ...]) -> np.ndarray:
    labels = [at.common.label(k) for k in ks]
    order = sorted(range(len(labels)), key=labels.__getitem__)
    dense = at.dense(at.settled(e), 0, [labels[n] for n in order])
    return dense.transpose([order.index(n) for n in range(len(order))])
