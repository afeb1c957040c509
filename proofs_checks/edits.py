"""The single edits that turn a right equation into the wrong ones that people write.

One list serves two purposes: mutation tests apply the edits to true statements, and diagnosis
applies them to a refuted one to see which edit makes it true.

Every edit is named by its kind:

    sign                 a term, or the whole side, with the other sign
    factor               2, 1/2, a rate, a size or the root of a size too many or missing
    missing_term         a term of a sum dropped (a dropped baseline is one of them)
    missing_factor       a factor of a product dropped
    wrong_index          one index of one entry replaced by another over the same size
    transposed           two indices of one entry exchanged
    exchanged            two quantities of the same shape exchanged, such as p and y
    wrong_power          a square for a first power or the other way round
    wrong_sum            a sum over another index
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.algebra.expressions import bound_of, entry_tensor, free_indices
from theory.algebra.symbols import Index, Size, Tensor
from theory.models import Model

__all__ = ["Edit", "edits"]

Rebuild = Callable[[Any], Any]
# SymPy's annotations stop at Basic where an expression is meant, hence Any for nodes of the tree


@dataclass(frozen=True)
class Edit:
    """An edited expression: what kind of edit, in words, and where."""

    kind: str
    message: str
    place: sp.Basic
    expression: sp.Expr


def edits(expression: sp.Expr, model: Model) -> Iterator[Edit]:
    """Yield every single edit of ``expression``, without repetition, simplest kinds first.

    Edits that leave it as it is, or that use an index which is neither free in the original nor
    bound, are left out.
    """
    seen = {expression}
    allowed = free_indices(expression)
    for edit in _all_edits(expression, model):
        if edit.expression not in seen and free_indices(edit.expression) <= allowed:
            seen.add(edit.expression)
            yield edit


def _all_edits(expression: sp.Expr, model: Model) -> Iterator[Edit]:
    free = tuple(sorted(free_indices(expression), key=str))
    places = list(_places(expression, free, lambda new: new))
    for make in (
        _signs,
        _terms,
        _factors,
        _indices,
        _transpositions,
        _sums,
        _powers,
        _replacements,
    ):
        for node, scope, rebuild in places:
            for kind, message, new in make(node, scope, model):
                yield Edit(kind, message, node, rebuild(new))
    yield from _exchanges(expression, model)
    for factor in _plausible_factors(expression, model):
        yield Edit("factor", f"a factor {factor} too many", expression, expression * factor)


def _places(
    node: Any, scope: tuple[Index, ...], rebuild: Rebuild
) -> Iterator[tuple[Any, tuple[Index, ...], Rebuild]]:
    """Yield every subexpression, the indices in scope, and how to put another expression there."""
    yield node, scope, rebuild
    if isinstance(node, sp.Sum):
        inner = (*scope, *bound_of(node))

        def outside(new: Any, node: sp.Sum = node) -> Any:
            return rebuild(sp.Sum(new, *node.limits))

        yield from _places(node.function, inner, outside)
    elif isinstance(node, sp.Add | sp.Mul | sp.Pow | sp.exp | sp.log):
        for n, argument in enumerate(node.args):
            if argument.is_Number or isinstance(argument, Size):
                continue

            def beside(new: Any, node: Any = node, n: int = n) -> sp.Expr:
                return rebuild(node.func(*node.args[:n], new, *node.args[n + 1 :]))

            yield from _places(argument, scope, beside)


def _signs(node: Any, _, __) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, sp.Add):
        for term in node.args:
            yield "sign", f"the sign of {term}", node - 2 * term
    yield "sign", f"the sign of {node}", -node


def _terms(node: Any, _, __) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, sp.Add):
        for term in node.args:
            kind = "missing_term"
            yield kind, f"the term {term} is missing", sp.Add(*(t for t in node.args if t != term))


def _factors(node: Any, _, model: Model) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, sp.Add):
        for term in node.args:
            for factor in (2, sp.Rational(1, 2)):
                yield "factor", f"a factor {factor} at {term}", node + (factor - 1) * term
    if isinstance(node, sp.Mul):
        for factor in node.args:
            if factor == -1:
                continue
            kind = "factor" if factor.is_Number or not free_indices(factor) else "missing_factor"
            yield kind, f"the factor {factor} is missing", node / factor


def _plausible_factors(expression: sp.Expr, model: Model) -> Iterator[Any]:
    yield from (sp.Integer(2), sp.Rational(1, 2))
    for size in model.sizes:
        yield from (1 / sp.sqrt(size), sp.sqrt(size), 1 / size, sp.sympify(size))
    for symbol in sorted(expression.atoms(sp.Symbol), key=str):
        if not isinstance(symbol, Index | Size) and symbol.is_positive:
            yield from (symbol, 1 / symbol)


def _indices(node: Any, scope, _) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(node, sp.Indexed):
        return
    for slot, index in enumerate(node.indices):
        for other in scope:
            if other != index and isinstance(index, Index) and other.size == index.size:
                given = (*node.indices[:slot], other, *node.indices[slot + 1 :])
                yield "wrong_index", f"{other} for {index} in {node}", entry_tensor(node)[given]


def _transpositions(node: Any, _, __) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(node, sp.Indexed):
        return
    tensor = entry_tensor(node)
    for first in range(len(node.indices)):
        for second in range(first + 1, len(node.indices)):
            given = list(node.indices)
            given[first], given[second] = given[second], given[first]
            if tensor.axes[first] == tensor.axes[second]:
                yield "transposed", f"the indices of {node} exchanged", tensor[tuple(given)]


def _sums(node: Any, scope, _) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(node, sp.Sum):
        return
    for n, k in enumerate(bound_of(node)):
        inside = sorted(free_indices(node.function) | set(scope), key=str)
        for other in inside:
            if other != k and isinstance(other, Index) and other.size == k.size:
                limits: list[Any] = list(node.limits)
                limits[n] = (other, 1, other.size)
                yield "wrong_sum", f"a sum over {other} for {k}", sp.Sum(node.function, *limits)


def _powers(node: Any, _, __) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, sp.Pow) and node.exp.is_Integer and node.exp > 1:
        yield "wrong_power", f"{node.base} for {node}", node.base
    elif isinstance(node, sp.Indexed):
        yield "wrong_power", f"the square of {node}", node**2


def _replacements(node: Any, _, model: Model) -> Iterator[tuple[str, str, Any]]:
    """One entry replaced by the same entry of another quantity of that shape."""
    if isinstance(node, sp.Indexed):
        for other in _same_shape(node.base, model):
            yield "exchanged", f"{other} for {node.base}", other[tuple(node.indices)]


def _exchanges(expression: Any, model: Model) -> Iterator[Edit]:
    """Two quantities of one shape exchanged throughout."""
    present = sorted({entry.base for entry in expression.atoms(sp.Indexed)}, key=str)
    for first in present:
        for second in _same_shape(first, model):
            if second in present and str(first) < str(second):
                new = expression.xreplace({first: second, second: first})
                yield Edit("exchanged", f"{first} and {second}", expression, new)


def _same_shape(tensor: Any, model: Model) -> list[Tensor]:
    others = (t for t in model.tensors.values() if isinstance(t, Tensor))
    return [t for t in others if t != tensor and t.axes == tensor.axes]
