"""Float64 points of a model: inputs drawn at random, moved to where the hypotheses hold.

* A mask (feature "mask", or M^2 = M) is 0 or 1 with at least one 1 in every row;
  x_j x_k = delta_jk x_j makes rows one-hot.
* Inputs with a structure of their own (feature "structured") are made by `structured_inputs`.
* Nonnegative rows with a given sum are scaled.
* All other hypotheses are equations for the remaining inputs, solved by Gauss-Newton steps of least
  length from the drawn point.  Only convergence to the last digit counts: where the equations are
  degenerate (x^2 = 0) the point is none.

At the end every hypothesis is tried.  A point that violates one is no point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import sympy as sp

from proofs_checks.checks.plain.dependence import Dependence, quantity_name
from proofs_checks.checks.plain.inputs import Inputs, is_inequality, label_of, names_in
from proofs_checks.checks.plain.jets import Unjudgeable
from proofs_checks.checks.plain.surroundings import Circumstances, Surroundings
from proofs_checks.checks.structured_inputs import Impossible, floats, kinds_of
from theory.algebra.symbols import Index, Tensor, is_order

if TYPE_CHECKING:
    from theory.models.model import Constraint

__all__ = ["drawn_inputs"]

STEPS = 30  # of Gauss-Newton; three to eight are usual
ATTEMPTS = 4
CONVERGED = 1e-13
HOLDS = 1e-10


def drawn_inputs(
    dependence: Dependence,
    sizes: Mapping[str, int],
    constraints: Sequence[Constraint],
    draw: Inputs,
) -> Inputs:
    """Return inputs that meet the hypotheses.

    Raises `Unjudgeable` if none are found.
    """
    reason = Unjudgeable("no inputs could be drawn")
    for attempt in range(ATTEMPTS):
        inputs = Inputs((*draw.seed, attempt), draw.signs, draw.scale)
        inputs.arrays = {name: array.copy() for name, array in draw.arrays.items()}
        try:
            _Fitting(dependence, sizes, constraints, inputs).fit()
        except Unjudgeable as problem:
            reason = problem
            continue
        return inputs
    raise reason


class _Fitting:
    """The work of moving drawn inputs to where the hypotheses hold."""

    def __init__(
        self,
        dependence: Dependence,
        sizes: Mapping[str, int],
        constraints: Sequence[Constraint],
        inputs: Inputs,
    ) -> None:
        self.dependence, self.sizes = dependence, sizes
        self.constraints, self.inputs = constraints, inputs
        self.fixed = {name for name in inputs.arrays}

    def fit(self) -> None:
        self._mask()
        self._structured()
        for constraint in self.constraints:
            self._discrete(*constraint.equation.args)
        for constraint in self.constraints:
            self._scaled(*constraint.equation.args)
        if self.constraints:
            self._solve()
            self._verify()

    def _at(self) -> Surroundings:
        return Surroundings(Circumstances(self.dependence, self.sizes, self.inputs.array))

    def _array(self, symbol: sp.Basic) -> np.ndarray:
        axes = symbol.axes if isinstance(symbol, Tensor) else ()
        return self.inputs.array(symbol, tuple(self.sizes[x.name] for x in axes))

    def _is_free(self, symbol: sp.Basic) -> bool:
        name = quantity_name(symbol)
        is_computed = name in self.dependence.lines or self.dependence.differentiated(name)
        return not is_computed and name not in self.fixed and not is_order(name)

    # -- hypotheses with a pattern ----------------------------------------------------------

    def _mask(self) -> None:
        kind = self.dependence.model.features.get("mask")
        symbol = self.dependence.inputs.get("M")
        if kind and symbol is not None:
            shape = self._array(symbol).shape
            array = np.tril(np.ones(shape)) if kind == "causal" else self._zeros_and_ones(shape)
            self._fix(symbol, array)

    def _structured(self) -> None:
        """Draw the inputs with a structure of their own."""
        for name, kind in kinds_of(self.dependence.model).items():
            symbol = self.dependence.inputs[name]
            shape = self._array(symbol).shape
            try:
                self._fix(symbol, floats(kind, shape, sum(self.inputs.seed), name))
            except Impossible as reason:
                raise Unjudgeable(f"no inputs `{name}` could be drawn: {reason}") from None

    def _fix(self, symbol: sp.Basic, array: np.ndarray) -> None:
        self.inputs.arrays[quantity_name(symbol)] = array
        self.fixed.add(quantity_name(symbol))

    def _zeros_and_ones(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return zeros and ones, with at least one 1 in every row."""
        rng = np.random.default_rng([*self.inputs.seed, 1])
        array = rng.integers(0, 2, shape).astype(float)
        return np.maximum(array, self._one_hot(shape)) if shape else array

    def _one_hot(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return rows with a single 1; they take all columns in turn."""
        rng = np.random.default_rng([*self.inputs.seed, 2])
        order = rng.permutation(shape[-1])
        rows = np.arange(int(np.prod(shape[:-1]))).reshape(shape[:-1])
        return np.eye(shape[-1])[order[rows % shape[-1]]]

    def _discrete(self, left: sp.Basic, right: sp.Basic) -> None:
        """Draw what x^2 = x and x_j x_k = delta_jk x_j are said of."""
        if isinstance(left, sp.Pow) and left.exp == 2 and left.base == right:
            if isinstance(right, sp.Indexed | sp.Symbol) and self._is_free(_tensor(right)):
                symbol = _tensor(right)
                self._fix(symbol, self._zeros_and_ones(self._array(symbol).shape))
        if not isinstance(left, sp.Mul) or len(left.args) != 2:
            return
        first, second = left.args
        if not isinstance(first, sp.Indexed) or not isinstance(second, sp.Indexed):
            return
        if first.base != second.base or first.indices[:-1] != second.indices[:-1]:
            return
        same = sp.KroneckerDelta(first.indices[-1], second.indices[-1])
        if right in (same * first, same * second) and self._is_free(_tensor(first)):
            self._fix(_tensor(first), self._one_hot(self._array(_tensor(first)).shape))

    def _scaled(self, left: sp.Basic, right: sp.Basic) -> None:
        """Scale nonnegative rows to the sum they must have."""
        if not isinstance(left, sp.Sum) or len(left.limits) != 1 or not right.is_positive:
            return
        entry, (k, low, high) = left.function, left.limits[0]
        if not isinstance(entry, sp.Indexed) or list(entry.indices).count(k) != 1:
            return
        symbol = _tensor(entry)
        whole = low == 1 and isinstance(k, Index) and high == k.size
        if not whole or not isinstance(right, sp.Rational) or not self._is_free(symbol):
            return
        array = self._array(symbol)
        if label_of(symbol).is_nonnegative:
            sums = array.sum(axis=entry.indices.index(k), keepdims=True)
            self.inputs.arrays[quantity_name(symbol)] = array * float(right) / sums

    # -- all others -------------------------------------------------------------------------

    def _solve(self) -> None:
        """Move the inputs by Gauss-Newton steps until they stay where they are."""
        names = frozenset().union(*(names_in(c, self.dependence) for c in self.constraints))
        known = {**self.dependence.inputs, **self._strangers()}
        unknown = [known[n] for n in sorted(names & known.keys()) if self._is_free(known[n])]
        for _ in range(STEPS):
            residual, jacobian = self._linearised(unknown)
            if not np.isfinite(residual).all() or not np.isfinite(jacobian).all():
                raise Unjudgeable("the hypotheses are undefined where they were tried")
            if not jacobian.size or not residual.any():
                return
            step = np.linalg.lstsq(jacobian, -residual, rcond=1e-10)[0]
            self._move(unknown, step)
            self.inputs.solved.update(map(quantity_name, unknown))
            size = max((np.abs(self._array(x)).max(initial=1.0) for x in unknown), default=1.0)
            if np.abs(step).max(initial=0.0) <= CONVERGED * size:
                return
        self._violated()

    def _strangers(self) -> dict[str, sp.Basic]:
        """Return the symbols of hypotheses that are no quantity of the model."""
        found = {}
        for constraint in self.constraints:
            tensors = constraint.equation.atoms(Tensor)
            labels = {tensor.label for tensor in tensors}
            scalars = constraint.equation.atoms(sp.Symbol) - labels
            for symbol in (*tensors, *(x for x in scalars if not x.is_integer)):
                if self._is_free(symbol):
                    found[quantity_name(symbol)] = symbol
        return found

    def _linearised(self, unknown: Sequence[sp.Basic]) -> tuple[np.ndarray, np.ndarray]:
        """Return left - right of all hypotheses, and its derivatives by the unknown inputs."""
        at, equations = self._at(), [c for c in self.constraints if not is_inequality(c)]
        differences = [sp.Add(*_sides(c), evaluate=False) for c in equations]
        values = [at.settled(e) for e in differences]
        labels = [jet[0][0] for jet in values]
        residual = [at.dense(jet, 0, x).reshape(-1) for jet, x in zip(values, labels, strict=True)]
        columns = []
        for x in unknown:
            inner = at.within(x)
            bit, moves = 1 << inner.level, inner.directions
            count = int(np.prod([at.arithmetic.lengths[m] for m in moves]))
            rows = [
                at.dense(inner.settled(e), bit, (*own, *moves)).reshape(-1, count)
                for e, own in zip(differences, labels, strict=True)
            ]
            columns.append(np.concatenate([np.zeros((0, count)), *rows]))
        total = np.concatenate([np.zeros(0), *residual])
        return total, np.concatenate(columns, 1) if columns else np.zeros((total.size, 0))

    def _move(self, unknown: Sequence[sp.Basic], step: np.ndarray) -> None:
        start = 0
        for x in unknown:
            array = self._array(x)
            part = step[start : start + array.size].reshape(array.shape)
            self.inputs.arrays[quantity_name(x)] = array + part
            start += array.size

    def _verify(self) -> None:
        """Raise `Unjudgeable` where a hypothesis or a declared sign does not hold."""
        at = self._at()
        for constraint in self.constraints:
            left, right = (at.settled(side) for side in constraint.equation.args)
            labels = tuple(sorted({*left[0][0], *right[0][0]}))
            a, b = (at.dense(jet, 0, labels) for jet in (left, right))
            excess = a - b if is_inequality(constraint) else np.abs(a - b)
            if not (excess <= HOLDS * np.maximum(1.0, np.abs(a))).all():
                self._violated(constraint)
        for symbol in (*self.dependence.inputs.values(), *self._strangers().values()):
            array = self.inputs.arrays.get(quantity_name(symbol))
            if array is not None and label_of(symbol).is_nonnegative:
                if (array < 0).any() or (label_of(symbol).is_positive and (array == 0).any()):
                    raise Unjudgeable(f"`{symbol}` would be negative where the hypotheses hold")

    def _violated(self, constraint: Constraint | None = None) -> None:
        texts = "; ".join(c.text for c in ([constraint] if constraint else self.constraints))
        raise Unjudgeable(f"no inputs with {texts} could be drawn")


def _sides(constraint: Constraint) -> tuple[sp.Expr, sp.Expr]:
    return constraint.equation.left, sp.Mul(-1, constraint.equation.right, evaluate=False)


def _tensor(entry: sp.Basic) -> sp.Basic:
    return entry.base if isinstance(entry, sp.Indexed) else entry
