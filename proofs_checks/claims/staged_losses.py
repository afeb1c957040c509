r"""The lines of a loss as derivations and code want them.

    A = softmax(Q K^T / sqrt d)      becomes      S = Q K^T / sqrt d,  A = softmax(S)

What a softmax, a log-sum-exp, a logistic function or a whole line is taken of gets a name, sizes
that softmaxes run over are told from those of features, and weights of exponentials are >= 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import Equation, free_indices, substitute
from theory.algebra.symbols import Index, Size, Tensor, total
from theory.codegen.patterns import (
    ExponentialSum,
    exponential_sum,
    occurring,
    softmax_in,
    unused,
)
from theory.models.model import Definition, Model, name_of
from theory.models.slopes import logistic, logistic_argument

__all__ = ["staged"]

SCORES = ("S", "Z", "E", "H", *(f"S_{n}" for n in range(1, 100)))
"""Names for the arguments of softmaxes and functions that a document does not name."""

LETTERS = ("i", "j", "k", "l", *"abcdefghmnopqrstuvwxyz", *(f"i_{n}" for n in range(1, 100)))


def staged(model: Model) -> Model:
    """Return the model with its lines in stages, and what is known of sizes and weights."""
    lines = _with_scores([_plain(line) for line in model.definitions], set(model.tensors))
    return _with_weights(_with_features(replace(model, definitions=lines)))


def _plain(line: Definition) -> Definition:
    """Return a line whose indices have one letter each, whatever was read before."""
    found = [k for k in sp.preorder_traversal(line.value) if isinstance(k, Index)]
    every = list(dict.fromkeys((*line.parameters, *found)))
    taken = {k.name for k in every if len(k.name) == 1}
    new = {}
    for k in every:
        if len(k.name) > 1:
            letter = next(x for x in LETTERS if x not in taken)
            taken.add(letter)
            new[k] = Index(letter, k.size)
    return replace(line, symbol=line.symbol.xreplace(new), value=line.value.xreplace(new))


def _with_scores(lines: list[Definition], taken: set[str]) -> tuple[Definition, ...]:
    """Return the lines with names for what softmaxes, log-sum-exps and functions are taken of.

    So `A = softmax(QK^T)` is differentiated by way of its scores, and A stays A.
    """
    staged: list[Definition] = []
    for line in lines:
        found = _argument(line)
        if found is not None:
            inside, axes = found
            name = next(x for x in SCORES if x not in taken)
            taken.add(name)
            sizes = [k.size for k in axes]
            symbol = Tensor(name, sizes)[axes] if axes else sp.Symbol(name, real=True)
            staged.append(Definition(symbol, inside, f"argument of {line.name}"))
            line = replace(line, value=_rewritten(line, inside, symbol))
        staged.append(line)
    return tuple(staged)


def _argument(line: Definition) -> tuple[sp.Expr, tuple[Index, ...]] | None:
    """Return what a softmax, a log-sum-exp, or the function that a line is, is taken of.

    With its axes; None if it has a name already, or fewer axes than the line.
    """
    axes = line.parameters
    found = softmax_in(line.value)
    if found is not None and found[0].is_whole and found[1] == 1 and found[0].weight == 1:
        inside = found[0].exponent
    elif isinstance(line.value, sp.Function) and len(line.value.args) == 1:
        inside = line.value.args[0]
    elif (sigmoid := logistic_argument(line.value)) is not None:
        inside = sigmoid
    elif (summed := _log_of_exponentials(line.value)) is not None:
        inside = summed.exponent
        axes = tuple(k for k in occurring(inside) if k in free_indices(inside))
    else:
        return None
    if isinstance(inside, sp.Indexed | sp.Symbol) or set(axes) != free_indices(inside):
        return None
    return inside, axes  # type: ignore[return-value]


def _log_of_exponentials(e: sp.Expr) -> ExponentialSum | None:
    """Return the first sum of exponentials, in the order of the text, whose logarithm is taken."""
    logs = sorted(e.atoms(sp.log), key=str)
    sums = (exponential_sum(node.args[0], signed=True) for node in logs)
    return next((found for found in sums if found is not None), None)


def _rewritten(line: Definition, inside: sp.Expr, symbol: sp.Expr) -> Any:
    found = softmax_in(line.value)
    if found is not None and found[0].exponent == inside:
        along = found[0].along
        other = unused(along, line.parameters)
        row = total(sp.exp(substitute(symbol, {along: other})), other)
        return sp.exp(symbol) / row
    if logistic_argument(line.value) is not None:
        return logistic(symbol)
    if isinstance(line.value, sp.Function):
        return line.value.func(symbol)
    return line.value.xreplace({sp.exp(inside): sp.exp(symbol)})


def _with_features(model: Model) -> Model:
    """Return the model with every size marked as one of features that no softmax runs over.

    So scores (n x n) are told from queries (n x d); without a softmax nothing is changed.
    """
    softmaxes = [line for line in model.definitions if softmax_in(line.value) is not None]
    positions = {k.size.name for line in softmaxes for k in line.parameters}
    if not positions:
        return model
    marked: dict[Any, Any] = {
        size: Size(size.name, feature=size.name not in positions) for size in model.sizes
    }
    for tensor in _tensors_of(model):
        axes = [marked.get(size, size) for size in tensor.axes]
        marked[tensor] = Tensor(tensor.label, axes)  # type: ignore[arg-type]
    for k in {k for e in _expressions_of(model) for k in e.atoms(Index)}:
        marked[k] = Index(k.name, marked.get(k.size, k.size))
    return _replaced(model, marked)


def _with_weights(model: Model) -> Model:
    """Return the model with inputs that weight the exponentials of a log-sum-exp declared >= 0.

    The code then absorbs them into the exponents, so that nothing overflows, and checks them.
    """
    found: dict[Any, Any] = {}
    inputs = set(model.inputs)
    for line in model.definitions:
        summed = _log_of_exponentials(line.value)
        for factor in sp.Mul.make_args(summed.weight) if summed is not None else ():
            tensor = factor.base if isinstance(factor, sp.Indexed) else None
            if isinstance(tensor, Tensor) and tensor in inputs:
                found[tensor] = Tensor(name_of(tensor), tensor.axes, nonnegative=True)
    return _replaced(model, found) if found else model


def _expressions_of(model: Model) -> list[sp.Expr]:
    sides = [e for c in model.constraints for e in (c.equation.left, c.equation.right)]
    return [e for line in model.definitions for e in (line.symbol, line.value)] + sides


def _tensors_of(model: Model) -> set[Any]:
    inputs: set[Any] = {x for x in model.inputs if isinstance(x, Tensor)}
    return inputs.union(*(e.atoms(Tensor) for e in _expressions_of(model)))


def _replaced(model: Model, changes: dict[Any, Any]) -> Model:
    """Return the model with sizes, tensors and indices exchanged for others of the same name."""
    return replace(
        model,
        sizes=tuple(changes.get(size, size) for size in model.sizes),
        inputs=tuple(changes.get(x, x) for x in model.inputs),
        definitions=tuple(
            replace(line, symbol=line.symbol.xreplace(changes), value=line.value.xreplace(changes))
            for line in model.definitions
        ),
        constraints=tuple(
            replace(c, equation=Equation(*(e.xreplace(changes) for e in c.equation.args)))  # type: ignore[arg-type]
            for c in model.constraints
        ),
    )
