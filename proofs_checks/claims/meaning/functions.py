"""Functions of the notation: softmax, expectations, entropies, norms, determinants.

A function of numbers acts entrywise on vectors and matrices; softmax and log-sum-exp act on a
vector, or on every row of a matrix; expectations run over the outcomes of their distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.meaning.spelling import flat
from proofs_checks.claims.meaning.statements import MeaningError
from proofs_checks.claims.meaning.values import Value
from proofs_checks.claims.places import Span
from theory.algebra.expressions import fresh, substitute
from theory.algebra.nodes import Applied, Determinant, Maximum
from theory.algebra.symbols import Index, delta, total

if TYPE_CHECKING:
    from proofs_checks.claims.meaning.authored import Template
    from proofs_checks.claims.meaning.typing import Typer

__all__ = [
    "built_in",
    "call",
    "derivative_of_template",
    "exponential",
    "norm",
    "power",
    "unknown",
]


def exponential(x: Any) -> Any:
    """Return exp(x), kept as written where SymPy would forget a domain: exp(log r) needs r > 0."""
    x = sp.sympify(x, strict=True)
    return sp.exp(x, evaluate=False) if x.has(sp.log) else sp.exp(x)


def power(base: Any, exponent: Any) -> Any:
    """Return a real power."""
    return sp.sympify(base, strict=True) ** sp.sympify(exponent, strict=True)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


ENTRYWISE: Mapping[str, Callable[[Any], Any]] = {
    "exp": exponential, "log": sp.log, "tanh": sp.tanh, "sinh": sp.sinh, "cosh": sp.cosh,
    "sech": sp.sech, "sigmoid": _sigmoid, "relu": lambda x: sp.Max(x, 0),
    "softplus": lambda x: sp.log(1 + sp.exp(x)), "abs": sp.Abs,
}  # fmt: skip


def call(typer: Typer, node: tree.Call) -> Value:
    """Return the value of a function of the language."""
    upper = getattr(node, "upper", ())
    if upper:
        raise MeaningError(
            f"the superscript of `{node.function}` is not read.", upper[0].span
        )
    name = node.function
    if name == "sqrt":
        return _root(typer, node)
    if name == "log" and node.lower:
        return _log_to_base(typer, node)
    if name in ENTRYWISE:
        _expect(node, 1)
        _no_subscript(node)
        value = typer.value(node.arguments[0])
        return value.with_expression(ENTRYWISE[name](value.expression))
    method = _FUNCTIONS.get(name)
    if method is None:
        raise MeaningError(
            f"`{name}` is not part of the language.", node.span,
            suggestion="define it, or write out what it means",
        )  # fmt: skip
    return method(typer, node)


def _expect(node: tree.Call | tree.Apply, count: int) -> None:
    if len(node.arguments) != count:
        name = node.function if isinstance(node, tree.Call) else "this function"
        raise MeaningError(
            f"`{name}` takes {count} arguments; got {len(node.arguments)}.", node.span
        )


def _no_subscript(node: tree.Call) -> None:
    if node.lower:
        raise MeaningError(
            f"the subscript of `{node.function}` is not read.", node.lower[0].span,
            suggestion="write out what it means",
        )  # fmt: skip


def _root(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    value = typer.value(node.arguments[0])
    degree = typer.scalar(node.lower[0], "the degree of a root") if node.lower else 2
    return value.with_expression(power(value.expression, sp.Rational(1) / degree))


def _log_to_base(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    base = typer.scalar(node.lower[0], "the base of a logarithm")
    value = typer.value(node.arguments[0])
    return value.with_expression(sp.log(value.expression) / sp.log(base))


# -- softmax and its kin ----------------------------------------------------------------------


def _along(typer: Typer, node: tree.Call) -> tuple[Value, Index]:
    """Return the argument of a softmax or log-sum-exp and the axis it runs over.

    A subscript is the index it runs over, or the temperature by which its argument is divided.
    """
    _expect(node, 1)
    body = node.arguments[0]
    value = typer.value(body)
    if len(node.lower) > 1:
        raise MeaningError(f"the subscript of `{node.function}` is not read.", node.span)
    if node.lower:
        letter = typer.roles.letter(node.lower[0])
        if letter is not None and letter in typer.letters and value.is_scalar:
            index = typer.letters[letter]
            return value, Index(index.name, typer.ranges.find(index.size))
        if node.function == "lse":
            raise MeaningError("the subscript of this log-sum-exp is not read.", node.lower[0].span)
        temperature = typer.scalar(node.lower[0], "the temperature of a softmax")
        typer.shapes.notes.append(
            f"the subscript {flat(node.lower[0], typer.roles.spell)} of the softmax is its "
            "temperature"
        )
        value = value.with_expression(value.expression / temperature)
    axis = value.column if value.column is not None else value.row
    if axis is None:
        raise MeaningError(f"`{node.function}` needs a vector; got {value.shape()}.", body.span)
    return value, axis


def _normaliser(expression: Any, axis: Index) -> Any:
    other = fresh(axis)
    return total(exponential(substitute(expression, {axis: other})), other)


def _softmax(typer: Typer, node: tree.Call) -> Value:
    value, axis = _along(typer, node)
    above = exponential(value.expression)
    return value.with_expression(above / _normaliser(value.expression, axis))


def _log_softmax(typer: Typer, node: tree.Call) -> Value:
    value, axis = _along(typer, node)
    return value.with_expression(value.expression - sp.log(_normaliser(value.expression, axis)))


def _lse(typer: Typer, node: tree.Call) -> Value:
    if len(node.arguments) == 2:  # lse(beta, x): with inverse temperature
        beta = typer.scalar(node.arguments[0], "an inverse temperature")
        value = typer.value(node.arguments[1])
        axis = value.column if value.column is not None else value.row
        if axis is None:
            raise MeaningError(f"`lse` needs a vector; got {value.shape()}.", node.span)
        row = value.row if value.column is not None else None
        return Value(sp.log(_normaliser(beta * value.expression, axis)) / beta, row)
    value, axis = _along(typer, node)
    row = value.row if value.column is not None else None
    return Value(sp.log(_normaliser(value.expression, axis)), row)


# -- probability ------------------------------------------------------------------------------


def _distribution(typer: Typer, node: tree.Call) -> tuple[Value, str | None]:
    """Return the weights of an expectation as a vector, and the letter of its outcomes."""
    if len(node.lower) != 1:
        raise MeaningError(
            "an expectation needs its distribution as a subscript.", node.span,
            expected="\\mathbb{E}_{\\alpha_i}[b]",
        )  # fmt: skip
    lower, letter = node.lower[0], None
    if isinstance(lower, tree.Compare):
        letter = typer.roles.letter(lower.left)
        if letter is None:
            raise MeaningError("the outcome of an expectation is a letter.", lower.span)
        lower = lower.right
        outcome = _of_outcome(typer, lower, letter)
        if outcome is not None:
            return outcome, letter
    value = typer.value(lower)
    if value.row is None or value.column is not None:
        raise MeaningError(
            f"a distribution is a vector over what it weighs; got {value.shape()}.", lower.span
        )
    return value, letter


def _of_outcome(typer: Typer, node: tree.Node, letter: str) -> Value | None:
    r"""Return the weights of ``a \sim \pi(a \mid s)``, or of ``a \sim \pi`` where pi(a) is known."""
    name = tree.Name(letter, span=node.span)
    spellings = [node]
    if isinstance(node, tree.Name | tree.Entry):
        spellings = [tree.Apply(node, (name,), span=node.span)]
    for candidate in spellings:
        if not isinstance(candidate, tree.Apply):
            continue
        reference = typer.roles.reference(candidate)
        if reference is None or reference.name not in typer.symbols.table:
            continue
        if not any(typer.roles.letter(x) == letter for x in reference.indices):
            continue
        value = typer.occurrence(reference, node.span)
        index = typer.letters[letter]
        axis = Index(index.name, typer.ranges.find(index.size))
        return Value(value.expression, axis) if value.is_scalar else None
    return None


def _defined_weights(typer: Typer, node: tree.Call, letters: tuple[str, ...]) -> Any:
    """Return the weight of the outcomes, None where the document does not define them."""
    if len(letters) != 1 or len(node.lower) != 1 or not isinstance(node.lower[0], tree.Compare):
        return None
    found = _of_outcome(typer, node.lower[0].right, letters[0])
    return found.expression if found is not None else None


def _mean(
    typer: Typer, node: tree.Call, bodies: list[Callable[[], Value]]
) -> list[Value]:
    """Return the expectations of several bodies under the distribution of ``node``."""
    outer = dict(typer.letters)
    letters = typer.roles.outcomes(node)
    for letter in letters:
        typer.letters[letter] = Index(letter.replace("~", ""), typer.open(letter))
    if letters:
        found = _defined_weights(typer, node, letters)
        bodies_done = [body() for body in bodies]
        if found is None:
            reference = typer.roles.weight(node)
            found = typer.occurrence(reference, node.span).expression
            typer.shapes.notes.append(
                "nothing defines the distribution of an expectation: its weights are arbitrary"
            )
        bound = [
            Index(typer.letters[x].name, typer.ranges.find(typer.letters[x].size)) for x in letters
        ]
        typer.letters = {
            **{k: v for k, v in typer.letters.items() if k not in letters},
            **{k: v for k, v in outer.items() if k in letters},
        }
        return [
            Value(total(found * v.expression, *bound), v.row, v.column) for v in bodies_done
        ]
    distribution, letter = _distribution(typer, node)
    axis = distribution.row
    if axis is None:
        raise MeaningError("a distribution needs an axis.", node.span)
    before, typer.mean = typer.mean, (distribution, axis)
    if letter:
        typer.letters[letter] = Index(letter, axis.size)
        named = typer.letters[letter]
        weight = substitute(distribution.expression, {axis: named})
        typer.mean = None
    else:
        named, weight = axis, distribution.expression
    try:
        return [_weighted(typer, weight, named, body()) for body in bodies]
    finally:
        typer.mean = before
        if letter:
            typer.letters.pop(letter, None)
            if letter in outer:
                typer.letters[letter] = outer[letter]


def _weighted(typer: Typer, weight: Any, axis: Index, value: Value) -> Value:
    axis = Index(axis.name, typer.ranges.find(axis.size))
    if value.row is not None and value.column is None:
        if typer.ranges.find(value.row.size) == axis.size:
            expression = substitute(value.expression, {value.row: axis})
            return Value(total(weight * expression, axis))
    return Value(total(weight * value.expression, axis), value.row, value.column)


def _expectation(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    return _mean(typer, node, [lambda: typer.value(node.arguments[0])])[0]


def _variance(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    return _covariance_of(typer, node, node.arguments[0], node.arguments[0])


def _covariance(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 2)
    return _covariance_of(typer, node, *node.arguments)


def _covariance_of(typer: Typer, node: tree.Call, a: tree.Node, b: tree.Node) -> Value:
    def product() -> Value:
        return typer.shapes.times_entrywise(typer.value(a), typer.value(b), node.span)

    bodies = [product, lambda: typer.value(a), lambda: typer.value(b)]
    both, one, other = _mean(typer, node, bodies)
    if not (both.is_scalar and one.is_scalar and other.is_scalar):
        raise MeaningError("a covariance of vectors is not part of the language.", node.span)
    return Value(both.expression - one.expression * other.expression)


def entropy_of(p: Value, span: Span) -> Value:
    """Return the entropy of a distribution, or of every row of a matrix, in nats."""
    if p.is_scalar:
        raise MeaningError("an entropy needs a distribution; got a scalar.", span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    return Value(-total(p.expression * sp.log(p.expression), axis), row)  # type: ignore[arg-type]


def _entropy(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    _no_subscript(node)
    return entropy_of(typer.value(node.arguments[0]), node.span)


def _kl(typer: Typer, node: tree.Call | tree.Apply) -> Value:
    _expect(node, 2)
    if isinstance(node, tree.Call):
        _no_subscript(node)
    p, q = (typer.value(argument) for argument in node.arguments)
    p, q = typer.shapes.join(p, q, node.span, "the two distributions")
    if p.is_scalar:
        raise MeaningError("a divergence needs distributions; got scalars.", node.span)
    axis = p.column if p.column is not None else p.row
    row = p.row if p.column is not None else None
    ratio = sp.log(p.expression) - sp.log(q.expression)
    return Value(total(p.expression * ratio, axis), row)  # type: ignore[arg-type]


def _normal(typer: Typer, node: tree.Apply) -> Value:
    r"""Return the density of the normal distribution, ``\mathcal{N}(x \mid \mu, \Sigma)``."""
    if len(node.arguments) != 3:
        raise MeaningError(
            "a normal density needs its argument, mean and variance.", node.span,
            expected="\\mathcal{N}(x \\mid \\mu, \\Sigma)",
        )  # fmt: skip
    x, mean, variance = (typer.value(argument) for argument in node.arguments)
    x, mean = typer.shapes.join(x, mean, node.span, "the argument and the mean of a density")
    gap = Value(x.expression - mean.expression, x.row, x.column)
    if gap.is_scalar:
        square, root = gap.expression**2 / variance.expression, variance.expression
        if not variance.is_scalar:
            raise MeaningError("a number has a variance that is a number.", node.span)
        return Value(sp.exp(-square / 2) / sp.sqrt(2 * sp.pi * root))
    if gap.row is None or gap.column is not None:
        raise MeaningError(f"a density is of a vector; got {gap.shape()}.", node.span)
    size = typer.ranges.find(gap.row.size)
    if variance.is_scalar:
        square = typer.shapes.inner(gap, gap, node.span).expression / variance.expression
        root = variance.expression**size
    else:
        inverse = typer.inverse(variance, node.span)
        row = typer.shapes.transpose(gap)
        product = typer.shapes.multiply(row, inverse, node.span)
        square = typer.shapes.multiply(product, gap, node.span).expression
        root = determinant(typer, variance, node.span)
    return Value(sp.exp(-square / 2) / ((2 * sp.pi) ** (size / sp.Integer(2)) * sp.sqrt(root)))


# -- functions of the author ------------------------------------------------------------------


def built_in(typer: Typer, node: tree.Apply) -> Value:
    r"""Return ``\sigma(x)``, ``H(p)``, ``\mathcal{N}(x \mid \mu, \Sigma)``."""
    kind = typer.authored.built_in(node)
    if kind == "normal":
        return _normal(typer, node)
    if kind == "kl":
        return _kl(typer, node)
    if kind == "order":
        raise MeaningError("dropped terms O(...) stand at the end of a sum.", node.span)
    _expect(node, 1)
    value = typer.value(node.arguments[0])
    if kind == "entropy":
        return entropy_of(value, node.span)
    name = typer.authored.function_name(node) or ""
    primes = len(name) - len(name.rstrip("'"))
    x = sp.Dummy("x", real=True)
    derived = sp.diff(_sigmoid(x), x, primes) if primes else _sigmoid(x)
    typer.shapes.notes.append("`\\sigma` is the logistic function")
    return value.with_expression(derived.subs(x, value.expression))


def unknown(typer: Typer, node: tree.Apply) -> Value:
    """Return an unknown differentiable function of a number, or of every entry where it is f'."""
    name = typer.authored.function_name(node) or ""
    primes = len(name) - len(name.rstrip("'"))
    stem = name.rstrip("'")
    value = typer.value(node.arguments[0])
    if not value.is_scalar:
        if f"{stem}'" not in typer.roles.functions:
            raise MeaningError(
                f"`{stem}` is a function of a vector that the document does not define.", node.span,
                expected=f"a definition of {stem}",
            )  # fmt: skip
        typer.shapes.notes.append(f"`{stem}` acts on every entry")
    applied = Applied(sp.Symbol(stem, real=True), sp.Tuple(primes), value.expression)
    return value.with_expression(applied)


def derivative_of_template(
    typer: Typer, template: Template, given: Mapping[str, Value], primes: int, span: Span
) -> Value:
    """Return f'(x) for a function of one number that the document defines."""
    if len(template.formals) != 1:
        raise MeaningError("a prime means the derivative of a function of one number.", span)
    ((name, value),) = given.items()
    x = sp.Symbol(f"{name}.", real=True)
    body = typer.within(template.body, {name: Value(x)}, template.body)
    if not body.is_scalar:
        raise MeaningError("a prime means the derivative of a function of one number.", span)
    derived = sp.diff(body.expression, x, primes)
    return value.with_expression(substitute(derived, {x: value.expression}))


# -- linear algebra ---------------------------------------------------------------------------


def _diag(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    _no_subscript(node)
    value = typer.value(node.arguments[0])
    axis = value.row if value.row is not None else value.column
    if axis is None:
        raise MeaningError(f"`diag` needs a vector; got {value.shape()}.", node.span)
    if not value.is_matrix:
        other = fresh(axis)
        return Value(delta(axis, other) * value.expression, axis, other)
    typer.shapes.square(value, "`diag`", node.span)
    return Value(substitute(value.expression, {value.column: value.row}), value.row)


def _trace(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    _no_subscript(node)
    value = typer.value(node.arguments[0])
    if value.row is None or value.column is None:
        raise MeaningError(f"a trace needs a matrix; got {value.shape()}.", node.span)
    typer.shapes.square(value, "a trace", node.span)
    size = typer.ranges.find(value.row.size)
    k = fresh(Index("k", size))
    return Value(total(substitute(value.expression, {value.column: k, value.row: k}), k))


def _rowsum(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    _no_subscript(node)
    value = typer.value(node.arguments[0])
    if value.row is None or value.column is None:
        raise MeaningError(f"a row sum needs a matrix; got {value.shape()}.", node.span)
    if node.function == "colsum":
        return Value(total(value.expression, value.row), value.column)
    return Value(total(value.expression, value.column), value.row)


def determinant(typer: Typer, value: Value, span: Span) -> Any:
    """Return the determinant of a matrix."""
    if value.row is None or value.column is None:
        raise MeaningError(f"a determinant needs a matrix; got {value.shape()}.", span)
    typer.shapes.square(value, "a determinant", span)
    size = typer.ranges.find(value.row.size)
    a, b = (fresh(Index(x, size)) for x in "ab")
    return Determinant(substitute(value.expression, {value.row: a, value.column: b}), a, b)


def _det(typer: Typer, node: tree.Call) -> Value:
    _expect(node, 1)
    _no_subscript(node)
    return Value(determinant(typer, typer.value(node.arguments[0]), node.span))


def _extreme(typer: Typer, node: tree.Call) -> Value:
    r"""Return ``\max(a, b)``, or the largest entry of one vector."""
    _no_subscript(node)
    arguments = node.arguments
    if len(arguments) == 1 and isinstance(arguments[0], tree.SetOf | tree.Tuple):
        arguments = arguments[0].entries
    values = [typer.value(argument) for argument in arguments]
    is_max = node.function == "max"
    if len(values) == 1:
        value = values[0]
        if value.is_scalar:
            return value
        sign = 1 if is_max else -1
        return Value(sign * Maximum(sign * value.expression, *value.axes))
    result = values[0]
    for other in values[1:]:
        result, other = typer.shapes.join(result, other, node.span, "what is compared")
        function = sp.Max if is_max else sp.Min
        result = result.with_expression(
            function(sp.sympify(result.expression), sp.sympify(other.expression))
        )
    return result


def norm(typer: Typer, node: tree.Norm) -> Value:
    r"""Return a norm: Euclidean, of Frobenius, or the subscript's; |x| of a number; |A| as det A."""
    value = typer.value(node.body)
    kind = node.order
    text = "" if kind is None else flat(kind, typer.roles.spell)
    if node.bars == 1 and value.is_matrix and not text:
        return Value(determinant(typer, value, node.span))
    if value.is_scalar:
        if text not in ("", "1", "2", "F"):
            raise MeaningError(f"the norm with subscript {text} is not read.", node.span)
        return Value(sp.Abs(value.expression))
    if value.is_matrix and text != "F":
        what = f"with subscript {text}" if text else "without a subscript"
        raise MeaningError(
            f"the norm of a matrix {what} is not read.", node.span,
            expected="\\|A\\|_F, the root of the sum of all squares",
        )  # fmt: skip
    if text not in ("", "1", "2", "F"):
        raise MeaningError(
            f"the norm with subscript {text} is not part of the language.", node.span
        )
    if text == "1":
        return Value(total(sp.Abs(value.expression), *value.axes))
    return Value(sp.sqrt(total(value.expression**2, *value.axes)))


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "softmax": _softmax, "log_softmax": _log_softmax, "lse": _lse, "expectation": _expectation,
    "var": _variance, "cov": _covariance, "entropy": _entropy, "kl": _kl, "diag": _diag,
    "tr": _trace, "rowsum": _rowsum, "colsum": _rowsum, "det": _det, "max": _extreme,
    "min": _extreme,
}  # fmt: skip
