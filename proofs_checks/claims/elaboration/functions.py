"""Functions of the notation: softmax, expectations, entropies, norms, linear algebra.

A function of numbers acts entrywise on vectors and matrices; softmax and log-sum-exp act on a
vector, or on every row of a matrix; expectations run over the silent axis of their distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError, Restart
from proofs_checks.claims.elaboration.statements import nodes, symbol_parts
from proofs_checks.claims.elaboration.symbols import spelling
from proofs_checks.claims.elaboration.values import Value, vector_like
from theory.algebra.expressions import fresh, substitute
from theory.algebra.symbols import Index, delta, total

if TYPE_CHECKING:
    from proofs_checks.claims.elaboration.walk import Walker

__all__ = ["call", "entrywise", "norm", "product_letter"]

LETTER = {"entropy": "H", "sigmoid": "sigma", "order": "O", "exp": "e"}


def call(walker: Walker, node: tree.Call) -> Value:
    """Return the value of a function, or of a product where the letter is a symbol."""
    letter = LETTER.get(node.function)
    if not node.certain and letter is not None and _is_symbol(walker, letter):
        return _as_product(walker, node, letter)
    if node.function in _ENTRYWISE:
        _expect(node, 1)
        return entrywise(walker, _ENTRYWISE[node.function], node.arguments[0], node)
    method = _FUNCTIONS.get(node.function)
    if method is None:
        raise ElaborationError(f"`{node.function}` cannot stand here.", node.span)
    return method(walker, node)


def product_letter(walker: Walker, node: tree.Node) -> str | None:
    r"""Return H where H(..) is a product because H is a symbol of the document, else None.

    What stands after the bracket then belongs to the bracket alone: H (A + B)^\top.
    """
    if not isinstance(node, tree.Call) or node.certain or node.lower:
        return None
    letter = LETTER.get(node.function)
    found = letter is not None and letter != "e" and _is_symbol(walker, letter)
    return letter if found and len(node.arguments) == 1 else None


def _is_symbol(walker: Walker, letter: str) -> bool:
    return letter in walker.symbols.own or letter in walker.symbols.vocabulary


def _as_product(walker: Walker, node: tree.Call, letter: str) -> Value:
    name = tree.Name(letter, span=node.span)
    if node.function == "exp":
        return walker.value(tree.Power(name, node.arguments[0], span=node.span))
    first: tree.Node = tree.Entry(name, node.lower, span=node.span) if node.lower else name
    return walker.value(tree.Product((first, *node.arguments), span=node.span))


def _expect(node: tree.Call, count: int) -> None:
    if len(node.arguments) != count:
        raise ElaborationError(
            f"`{node.function}` takes {count} arguments; got {len(node.arguments)}.", node.span
        )


def entrywise(
    walker: Walker, function: Callable[[Any], Any], body: tree.Node, node: tree.Call | None = None
) -> Value:
    """Return a function of every entry; ``sqrt[n]`` has its degree in ``node.lower``."""
    value = walker.value(body)
    if node is not None and node.function == "sqrt" and node.lower:
        degree = walker.scalar(node.lower[0], "the degree of a root")
        return value.with_expression(value.expression ** (1 / degree))
    return value.with_expression(function(value.expression))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


_ENTRYWISE: Mapping[str, Callable[[Any], Any]] = {
    "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt, "tanh": sp.tanh, "sinh": sp.sinh,
    "cosh": sp.cosh, "sech": sp.sech, "sigmoid": _sigmoid,
}  # fmt: skip


def _along(walker: Walker, node: tree.Call) -> tuple[Value, Index]:
    """Return the argument of a softmax or log-sum-exp and the axis it runs over."""
    _expect(node, 1)
    body = node.arguments[0]
    letter = node.lower[0] if node.lower else None
    value = walker.value(body)
    if isinstance(letter, tree.Name) and value.is_scalar and spelling(letter) in walker.letters:
        index = walker.letters[spelling(letter)]
        return value, Index(index.name, walker.ranges.find(index.size))
    if value.is_scalar and value.guess is not None:
        value.guess.more()
    axis = value.column if value.column is not None else value.row
    if axis is None:
        raise ElaborationError(f"`{node.function}` needs a vector; got {value.shape()}.", body.span)
    return value, axis


def _softmax(walker: Walker, node: tree.Call) -> Value:
    value, axis = _along(walker, node)
    return value.with_expression(sp.exp(value.expression) / _normaliser(value.expression, axis))


def _log_softmax(walker: Walker, node: tree.Call) -> Value:
    value, axis = _along(walker, node)
    return value.with_expression(value.expression - sp.log(_normaliser(value.expression, axis)))


def _normaliser(expression: Any, axis: Index) -> Any:
    other = fresh(axis)
    return total(sp.exp(substitute(expression, {axis: other})), other)


def _lse(walker: Walker, node: tree.Call) -> Value:
    value, axis = _along(walker, node)
    row = value.row if value.column is not None else None
    return Value(sp.log(_normaliser(value.expression, axis)), row)


# -- probability ------------------------------------------------------------------------------


def _distribution(walker: Walker, node: tree.Call) -> tuple[Value, str | None]:
    if len(node.lower) != 1:
        raise ElaborationError(
            "an expectation needs its distribution as a subscript.", node.span,
            expected="\\mathbb{E}_{\\alpha_i}[b]",
        )  # fmt: skip
    lower, letter = node.lower[0], None
    if isinstance(lower, tree.Compare):
        if not isinstance(lower.left, tree.Name):
            raise ElaborationError("the index of an expectation is a letter.", lower.span)
        letter, lower = spelling(lower.left), lower.right
    value = walker.value(lower)
    if value.is_scalar and value.guess is not None:
        value.guess.more()
    if value.row is None or value.column is not None:
        raise ElaborationError(
            f"a distribution is a vector over what it weighs; got {value.shape()}.", lower.span
        )
    return value, letter


def _mean(walker: Walker, node: tree.Call, bodies: list[Callable[[], Any]]) -> list[Value]:
    """Return the expectations of several bodies under the distribution of ``node``."""
    distribution, letter = _distribution(walker, node)
    axis = distribution.row
    if axis is None:
        raise ElaborationError("a distribution needs an axis.", node.span)
    before, walker.mean = walker.mean, (distribution, axis)
    outer = walker.letters.get(letter) if letter else None
    if letter:
        walker.letters[letter] = Index(letter, axis.size)
        named = walker.letters[letter]
        weight = substitute(distribution.expression, {axis: named})
        walker.mean = None
    else:
        named, weight = axis, distribution.expression
    try:
        return [_weighted(walker, weight, named, body(), node) for body in bodies]
    finally:
        walker.mean = before
        if letter:
            walker.letters.pop(letter)
            if outer is not None:
                walker.letters[letter] = outer


def _weighted(walker: Walker, weight: Any, axis: Index, value: Value, node: tree.Call) -> Value:
    if value.row is not None and value.row.size == axis.size and value.column is None:
        expression = substitute(value.expression, {value.row: axis})
        return Value(total(weight * expression, axis))
    return Value(total(weight * value.expression, axis), value.row, value.column)


def _expectation(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    return _mean(walker, node, [lambda: walker.value(node.arguments[0])])[0]


def _variance(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    return _covariance_of(walker, node, node.arguments[0], node.arguments[0])


def _covariance(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 2)
    return _covariance_of(walker, node, *node.arguments)


def _covariance_of(walker: Walker, node: tree.Call, a: tree.Node, b: tree.Node) -> Value:
    def product() -> Value:
        return walker.shapes.times_entrywise(walker.value(a), walker.value(b), node.span)

    bodies = [product, lambda: walker.value(a), lambda: walker.value(b)]
    both, one, other = _mean(walker, node, bodies)
    if not (both.is_scalar and one.is_scalar and other.is_scalar):
        raise ElaborationError("a covariance of vectors is not part of the language.", node.span)
    return Value(both.expression - one.expression * other.expression)


def _entropy(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    p = walker.value(node.arguments[0])
    if p.is_scalar and p.guess is not None:
        p.guess.more()
    if p.is_scalar:
        raise ElaborationError("an entropy needs a distribution; got a scalar.", node.span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    return Value(-total(p.expression * sp.log(p.expression), axis), row)  # type: ignore[arg-type]


def _kl(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 2)
    p, q = (walker.value(argument) for argument in node.arguments)
    for value in (p, q):
        if value.is_scalar and value.guess is not None:
            value.guess.more()
    p, q = walker.shapes.join(p, q, node.span, "the two distributions")
    if p.is_scalar:
        raise ElaborationError("a divergence needs distributions; got scalars.", node.span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    ratio = sp.log(p.expression) - sp.log(q.expression)
    return Value(total(p.expression * ratio, axis), row)  # type: ignore[arg-type]


# -- linear algebra ---------------------------------------------------------------------------


def _diag(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    value = walker.value(node.arguments[0])
    if value.is_scalar and value.guess is not None:
        value.guess.more()
    if value.row is None:
        raise ElaborationError(f"`diag` needs a vector; got {value.shape()}.", node.span)
    if value.column is None:
        other = fresh(value.row)
        return Value(delta(value.row, other) * value.expression, value.row, other)
    walker.shapes.square(value, "`diag`", node.span)
    return Value(substitute(value.expression, {value.column: value.row}), value.row)


def _trace(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    value = walker.value(node.arguments[0])
    if value.row is None or value.column is None:
        raise ElaborationError(f"a trace needs a matrix; got {value.shape()}.", node.span)
    walker.shapes.square(value, "a trace", node.span)
    return Value(total(substitute(value.expression, {value.column: value.row}), value.row))


def _rowsum(walker: Walker, node: tree.Call) -> Value:
    _expect(node, 1)
    value = walker.value(node.arguments[0])
    if value.row is None or value.column is None:
        raise ElaborationError(f"a row sum needs a matrix; got {value.shape()}.", node.span)
    if node.function == "colsum":
        return Value(total(value.expression, value.row), value.column)
    return Value(total(value.expression, value.column), value.row)


def _order(_: Walker, node: tree.Call) -> Value:
    raise ElaborationError("dropped terms O(...) stand at the end of a sum.", node.span)


def norm(walker: Walker, node: tree.Norm) -> Value:
    """Return a norm: Euclidean or Frobenius, 1 where the subscript says so, |x| of a scalar."""
    value = walker.value(node.body)
    kind = node.order
    text = spelling(kind) if isinstance(kind, tree.Name) else getattr(kind, "text", "")
    if node.bars == 2 and value.is_scalar:
        _make_vectors(walker, node.body)
    if text not in ("", "1", "2", "F"):
        raise ElaborationError(
            f"the norm with subscript {text} is not part of the language.", node.span
        )
    if value.is_scalar:
        return Value(sp.Abs(value.expression))
    if text == "1":
        return Value(total(sp.Abs(value.expression), *value.axes))
    return Value(sp.sqrt(total(value.expression**2, *value.axes)))


def _make_vectors(walker: Walker, body: tree.Node) -> None:
    r"""Give the symbols of ``\|x_i - v_j\|`` the silent axis that the double bars ask for."""
    guesses = []
    for node in nodes(body):
        parts = symbol_parts(node)
        if parts is None:
            continue
        name = walker.symbols.joined(spelling(parts[0]), parts[1][0]) if parts[1] else None
        symbol = walker.symbols.own.get(name or spelling(parts[0]))
        if symbol is not None and symbol.guess is not None and symbol.guess not in guesses:
            if symbol.guess.axes == len(parts[1]) and vector_like(symbol.guess):
                guesses.append(symbol.guess)
    for guess in guesses:
        guess.axes += 1
    if guesses:
        raise Restart


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "softmax": _softmax, "log_softmax": _log_softmax, "lse": _lse, "expectation": _expectation,
    "var": _variance, "cov": _covariance, "entropy": _entropy, "kl": _kl, "diag": _diag,
    "tr": _trace, "rowsum": _rowsum, "colsum": _rowsum, "order": _order,
}  # fmt: skip
